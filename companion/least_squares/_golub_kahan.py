"""Golub–Kahan bidiagonalization: a small bidiagonal matrix grown from products with A and Aᵀ.

From b it builds vectors u₁, u₂, … and v₁, v₂, …, each set orthonormal, such that A is bidiagonal
between them::

    A vⱼ  = αⱼ uⱼ + βⱼ₊₁ uⱼ₊₁        b   = β₁ u₁
    Aᵀuⱼ = αⱼ vⱼ + βⱼ vⱼ₋₁          Aᵀb = α₁ β₁ v₁

After k steps, x = V y turns ½‖Ax − b‖² into ½‖B y − β₁ e₁‖², where the k + 1 by k matrix B has the
αs on its diagonal and β₂, …, βₖ₊₁ beneath. The span of V is the Krylov space of AᵀA and Aᵀb, and
‖V y‖ = ‖y‖.

Within that space a regularized problem is small, and :func:`solve_in_krylov` enlarges the space
until what is missing is small, too.
"""

from math import hypot, sqrt

import numpy as np
from numpy.linalg import norm

from companion._shared.floats import EPS
from companion.least_squares._linear_systems import Operator
from companion.least_squares._regularized import rounding_of_rank

BYTES = 1_000_000_000


class Bidiagonalization:
    """Golub–Kahan bidiagonalization of A, started from b; each ``grow`` adds a column to B.

    Only the vs are stored, and each new one is orthogonalized against all of them: rounding would
    otherwise let ‖V y‖ drift from ‖y‖. As long as B is far from singular, the us need no such care
    (Simon & Zha).

    Parameters
    ----------
    A : array, shape (m, n), or anything with ``.shape``, ``@`` and ``.T``
        An (m, n) matrix or operator.
    b : array, shape (m,)
        The right-hand side.

    Attributes
    ----------
    V : array, shape (n, k)
        Orthonormal columns v₁, …, vₖ.
    alphas, betas : list of float
        α₁, …, αₖ₊₁ and β₁, …, βₖ₊₁.

    Raises
    ------
    ValueError
        If a product with A or A.T is not a real, finite vector of the right length.

    References
    ----------
    C. C. Paige and M. A. Saunders, "LSQR: An algorithm for sparse linear equations and sparse least
    squares", ACM Transactions on Mathematical Software 8 (1982), section 3.

    Examples
    --------
    >>> import numpy as np
    >>> from companion.least_squares._golub_kahan import Bidiagonalization
    >>> basis = Bidiagonalization(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.ones(3))
    >>> basis.grow()
    >>> basis.grow()
    >>> print(np.round(basis.V.T @ basis.V, 12) + 0.0)
    [[1. 0.]
     [0. 1.]]
    """

    def __init__(self, A, b):
        self.A = A if isinstance(A, np.ndarray | Operator) else Operator(A)
        self.At = self.A.T
        self.u, beta = _normalized(b)
        self.v, alpha = _normalized(self.At @ self.u)
        self.alphas = [alpha]
        self.betas = [beta]
        self._rows = np.empty((8, A.shape[1]))
        self.k = 0
        self.noise = rounding_of_rank(*A.shape)

    @property
    def V(self):
        """The basis v₁, …, vₖ in columns, shape (n, k)."""
        return self._rows[: self.k].T

    @property
    def norm_Atb(self):
        """‖Aᵀb‖ = α₁ β₁."""
        return self.alphas[0] * self.betas[0]

    def grow(self):
        """Add vₖ₊₁ to the basis, and find αₖ₊₂, βₖ₊₂ and the next pair of vectors."""
        self._append(self.v)
        Av = self.A @ self.v
        self.u, beta = _normalized(Av - self.alphas[-1] * self.u)
        v = self._orthogonal(self.At @ self.u - beta * self.v)
        self.v, alpha = _normalized(v)
        self.alphas.append(alpha)
        self.betas.append(beta)

    def drop(self):
        """Take the last vector out of the basis again; it cannot grow after that."""
        self.k -= 1
        self.alphas.pop()
        self.betas.pop()

    def solve(self, lam):
        """The y that minimizes ½‖B y − β₁ e₁‖² + λ‖y‖², and q with ‖q‖² = yᵀ(BᵀB + 2λI)⁻¹y.

        Rotations reduce B with √(2λ) I beneath it to an upper bidiagonal R, with ρ on its diagonal
        and θ above it; then R y = φ and Rᵀq = y. It costs O(k), so it is done in plain floats.
        """
        rho, theta, phi = self._rotate(sqrt(2 * lam))
        y = [phi[-1] / rho[-1]]
        for j in range(self.k - 2, -1, -1):
            y.append((phi[j] - theta[j] * y[-1]) / rho[j])
        y.reverse()
        q = [y[0] / rho[0]]
        for j in range(1, self.k):
            q.append((y[j] - theta[j - 1] * q[-1]) / rho[j])
        return np.array(y), np.array(q)

    def residual(self, y):
        """‖AᵀAx − Aᵀb + 2λx‖ at x = V y(λ): all of it lies along the next v."""
        return self.alphas[-1] * self.betas[-1] * abs(y[-1])

    def misfit(self, y, lam):
        """√(‖Ax − b‖² + 2λ‖x‖²) at x = V y, that is ‖B y − β₁ e₁‖ and its damping."""
        r = np.append(self.alphas[: self.k] * y, 0.0)
        r[1:] += self.betas[1:] * y
        r[0] -= self.betas[0]
        return hypot(norm(r), sqrt(2 * lam) * norm(y))

    def inverse_curvature(self, lam):
        """An upper bound of ‖(BᵀB + 2λI)⁻¹‖, never more than k times too large.

        It is the sum of the squares of all entries of R⁻¹, whose columns follow from each other.
        """
        rho, theta, _ = self._rotate(sqrt(2 * lam))
        total = column = 0.0
        for j in range(self.k):
            above = theta[j - 1] ** 2 * column if j else 0.0
            column = (1 + above) / rho[j] ** 2
            total += column
        return total

    def norm_A(self):
        """A lower bound of ‖A‖: the largest column of B."""
        return max(map(hypot, self.alphas, self.betas[1:]), default=0.0)

    def largest_singular_value(self):
        """That of B: a lower bound of ‖A‖, too, and a close one where b is random."""
        B = np.zeros((self.k + 1, self.k))
        np.fill_diagonal(B, self.alphas)
        np.fill_diagonal(B[1:], self.betas[1:])
        return float(norm(B, 2))

    def _rotate(self, damping):
        rho, theta, phi = [], [], []
        rho_bar, phi_bar = self.alphas[0], self.betas[0]
        for j in range(self.k):
            # One rotation removes the damping below the diagonal, the next one β.
            damped = hypot(rho_bar, damping)
            phi_bar *= rho_bar / damped
            rho.append(hypot(damped, self.betas[j + 1]))
            c, s = damped / rho[-1], self.betas[j + 1] / rho[-1]
            theta.append(s * self.alphas[j + 1])
            rho_bar = -c * self.alphas[j + 1]
            phi.append(c * phi_bar)
            phi_bar *= s
        return rho, theta, phi

    def _orthogonal(self, v):
        """What is left of v beside the basis; where little is left, that needs a second pass.

        If that takes most of it again, v lies in the space (Kahan; Parlett 1998, section 6.9).
        """
        for _ in range(2):
            before = norm(v)
            v = v - self.V @ (self.V.T @ v)
            if norm(v) > before / 2:
                return v
        return np.zeros_like(v)

    def _append(self, v):
        if self.k == len(self._rows):
            self._rows = np.concatenate([self._rows, np.empty_like(self._rows)])
        self._rows[self.k] = v
        self.k += 1


def solve_in_krylov(basis, choose, tol, limit):
    """Enlarge the space until what is missing of the solution x = V y is small.

    At x the gradient g = AᵀAx − Aᵀb + 2λx points along the next v. So the remaining step is
    −(AᵀA + 2λI)⁻¹g, and its length is judged by the least curvature in the space with this v in it.
    A space on which A is singular to working precision holds nothing more to be found. And x must
    solve a problem close to this one: with Ax − b above √(2λ) x in one vector r, either r is small
    beside b, or a change of A by ‖g‖/‖r‖, which makes x exact, is small. That reveals directions
    that no v has shown yet.

    Parameters
    ----------
    basis : Bidiagonalization
    choose : callable
        basis ↦ (y, λ), the solution within the space.
    tol : float
        Tolerance on the remaining step, relative to ‖x‖, and on the change, relative to A.
    limit : int
        Most vectors in the basis.

    Returns
    -------
    y : array, shape (k,)
        The coefficients of x; empty if Aᵀb = 0.
    error : float
        The larger of these two, or what rounding may have done to x, if that is more.
    complete : bool
        Whether the error is not for want of vectors.

    References
    ----------
    C. C. Paige and M. A. Saunders, as above, section 6.

    Examples
    --------
    >>> import numpy as np
    >>> from companion.least_squares._golub_kahan import Bidiagonalization, solve_in_krylov
    >>> basis = Bidiagonalization(np.diag([1.0, 1e-3, 0.0]), np.array([1.0, 1e-3, 1.0]))
    >>> y, error, _ = solve_in_krylov(basis, lambda basis: (basis.solve(0.0)[0], 0.0), 1e-9, 3)
    >>> print(np.round(basis.V @ y, 6) + 0.0, error < 1e-9)
    [1. 1. 0.] True
    """
    if basis.norm_Atb == 0:
        return np.zeros(0), 0.0, True
    basis.grow()
    while True:
        y, lam = choose(basis)
        rounding = EPS * basis.norm_A() * sqrt(basis.inverse_curvature(lam))
        missing, left = basis.residual(y), basis.misfit(y, lam)
        if missing == 0:
            return y, rounding, True
        basis.grow()
        if basis.inverse_curvature(0.0) * (basis.noise * basis.norm_A()) ** 2 >= 1:
            error = 0.0
        else:
            error = missing * basis.inverse_curvature(lam) / float(norm(y))
            if left > tol * basis.betas[0]:
                error = max(error, missing / left / basis.norm_A())
        if error <= tol or basis.k > limit:
            basis.drop()
            return y, max(error, rounding), error <= tol


def most_vectors(A):
    """How many vectors a basis may have: min(m, n), or as many as fit into a gigabyte."""
    m, n = A.shape
    return max(1, min(m, n, BYTES // (8 * n)))


def _normalized(vector):
    length = float(norm(vector))
    return (vector / length if length > 0 else vector), length

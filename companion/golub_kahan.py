"""Golub–Kahan bidiagonalization: a small bidiagonal matrix grown from products with A and Aᵀ.

From b it builds vectors u₁, u₂, … and v₁, v₂, …, each set orthonormal, such that A is bidiagonal
between them::

    A vⱼ  = αⱼ uⱼ + βⱼ₊₁ uⱼ₊₁        b   = β₁ u₁
    Aᵀuⱼ = αⱼ vⱼ + βⱼ vⱼ₋₁          Aᵀb = α₁ β₁ v₁

After k steps, x = V y turns ½‖Ax − b‖² into ½‖B y − β₁ e₁‖², where the k + 1 by k matrix B has the
αs on its diagonal and β₂, …, βₖ₊₁ beneath. The span of V is the Krylov space of AᵀA and Aᵀb, and
‖V y‖ = ‖y‖.
"""

from math import hypot, sqrt

import numpy as np
from numpy.linalg import norm

from companion.validation import evaluate, in_range


class Bidiagonalization:
    """Golub–Kahan bidiagonalization of A, started from b; each ``grow`` adds a column to B.

    Only the vs are stored, and each new one is orthogonalized against all of them: rounding would
    otherwise let ‖V y‖ drift from ‖y‖. The us need no such care (Simon & Zha).

    Parameters
    ----------
    A : anything with ``.shape``, ``@`` and ``.T``
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
        If a product with A or A.T is not a real, finite vector of the right length, or if A.T is
        not the transpose of A.

    References
    ----------
    C. C. Paige and M. A. Saunders, "LSQR: An algorithm for sparse linear equations and sparse least
    squares", ACM Transactions on Mathematical Software 8 (1982), section 3.

    Examples
    --------
    >>> import numpy as np
    >>> from companion.golub_kahan import Bidiagonalization
    >>> basis = Bidiagonalization(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.ones(3))
    >>> basis.grow()
    >>> basis.grow()
    >>> print(np.round(basis.V.T @ basis.V, 12) + 0.0)
    [[1. 0.]
     [0. 1.]]
    """

    def __init__(self, A, b):
        self.A = A
        self.At = A.T
        self.u, beta = _normalized(b)
        self.v, alpha = _normalized(in_range(self._times_At(self.u), "A.T @ b"))
        self.alphas = [alpha]
        self.betas = [beta]
        self._rows = np.empty((8, A.shape[1]))
        self.k = 0

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
        Av = self._times_A(self.v)
        if self.k == 1:
            self._check_transpose(Av)
        self.u, beta = _normalized(Av - self.alphas[-1] * self.u)
        v = self._times_At(self.u) - beta * self.v
        V = self.V
        v -= V @ (V.T @ v)
        self.v, alpha = _normalized(v)
        self.alphas.append(alpha)
        self.betas.append(beta)

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

    def norm_A(self):
        """A lower bound of ‖A‖: the largest column of B."""
        return max(map(hypot, self.alphas, self.betas[1:]), default=0.0)

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

    def _append(self, v):
        if self.k == len(self._rows):
            self._rows = np.concatenate([self._rows, np.empty_like(self._rows)])
        self._rows[self.k] = v
        self.k += 1

    def _times_A(self, v):
        return _product(self.A, v, "A @ x", (self.A.shape[0],))

    def _times_At(self, u):
        return _product(self.At, u, "A.T @ x", (self.A.shape[1],))

    def _check_transpose(self, Av):
        # uᵀ(Av) and (Aᵀu)ᵀv are one number, α₁.
        uAv, alpha = self.u @ Av, self.alphas[0]
        if abs(uAv - alpha) > 1e-6 * (norm(Av) + alpha):
            raise ValueError(
                f"A.T must be the transpose of A; uᵀ(A @ v) = {uAv:g} but (A.T @ u)ᵀv = {alpha:g}"
            )


def _product(A, x, name, shape):
    """A @ x, checked. Neither it nor x is changed by us, so that a good one needs no copy."""
    y = A @ x
    if isinstance(y, np.ndarray) and y.dtype == float and y.shape == shape and y @ y < np.inf:
        return y
    return evaluate(lambda x: A @ x, x, name, shape=shape)  # which says what is wrong with it


def _normalized(vector):
    length = float(norm(vector))
    return (vector / length if length > 0 else vector), length

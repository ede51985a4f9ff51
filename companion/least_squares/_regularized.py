"""Regularized least squares for every multiplier λ, from one singular value decomposition."""

import numpy as np

from companion._shared.floats import EPS


class RegularizedLeastSquares:
    """x(λ) = (AᵀA + 2λI)⁻¹Aᵀb for any λ ≥ 0, without AᵀA (eq:ls-solution).

    With A = U Σ Vᵀ and c = Uᵀb, the coefficients y = Vᵀx of the solution are yᵢ = sᵢcᵢ/(sᵢ² + 2λ)
    (eq:ls-filter). A tall A is first reduced to the triangle R of its QR factorization, whose
    singular values and right singular vectors are those of A.

    Singular values that are zero to rounding, below ``rcond`` times the largest, are left out,
    whatever λ is. Each is known up to such an error only; where that decides s/(s² + 2λ), it would
    turn noise into the solution, and where it does not, the term is too small to matter.

    Parameters
    ----------
    A : array, shape (m, n)
    b : array, shape (m,)
    rcond : float, optional
        Singular values are kept above ``rcond`` times the largest. Default: the machine epsilon
        times √(mn), since the rounding errors of long sums mostly cancel.

    Attributes
    ----------
    s : array, shape (r,)
        The singular values kept, largest first.
    c : array, shape (r,)
        Uᵀb.
    V : array, shape (n, r)
        Orthonormal columns.
    norm_A : float
        The largest singular value.

    References
    ----------
    Å. Björck, Numerical Methods for Least Squares Problems (SIAM, 1996), section 2.7.

    Examples
    --------
    >>> import numpy as np
    >>> from companion.least_squares._regularized import RegularizedLeastSquares
    >>> path = RegularizedLeastSquares(np.array([[2.0, 0.0], [0.0, 1.0]]), np.array([2.0, 3.0]))
    >>> for lam in (0.0, 0.5, 5.0):
    ...     print(np.round(path.x(lam), 4))
    [1. 3.]
    [0.8 1.5]
    [0.2857 0.2727]
    """

    def __init__(self, A, b, *, rcond=None):
        m, n = A.shape
        if rcond is None:
            rcond = rounding_of_rank(m, n)
        if m > n:
            triangle = np.linalg.qr(np.column_stack([A, b]), mode="r")
            A, b = triangle[:n, :n], triangle[:n, n]
        U, s, Vt = np.linalg.svd(A, full_matrices=False)
        kept = s > rcond * s[0]
        self.s = s[kept]
        self.c = U.T[kept] @ b
        self.V = Vt[kept].T
        self.norm_A = s[0]

    def solve(self, lam):
        """y = Vᵀx(λ), and q with ‖q‖² = xᵀ(AᵀA + 2λI)⁻¹x."""
        with np.errstate(all="ignore"):
            sigma = np.hypot(self.s, np.sqrt(2 * lam))  # the singular values of A above √(2λ) I
            y = self.s / sigma * self.c / sigma
            return y, y / sigma

    def x(self, lam):
        """x(λ), shape (n,)."""
        y, _ = self.solve(lam)
        return self.V @ y


def rounding_of_rank(m, n):
    """What the smallest singular value of a singular matrix may be, relative to the largest.

    Rounding errors of sums are as often up as down: those of m terms grow like √m, not like m.
    """
    return EPS * np.sqrt(m * n)

"""Regularized least squares for every multiplier λ, from one singular value decomposition."""

import numpy as np


class RegularizedLeastSquares:
    """x(λ) = (AᵀA + 2λI)⁻¹Aᵀb for any λ ≥ 0, without AᵀA (eq:ls-solution).

    With A = U Σ Vᵀ and c = Uᵀb, the coefficients y = Vᵀx of the solution are yᵢ = sᵢcᵢ/(sᵢ² + 2λ).
    A tall A is first reduced to the triangle R of its QR factorization, whose singular values and
    right singular vectors are those of A.

    Singular values that are zero to rounding, below ``rcond`` times the largest, are left out: they
    would turn noise into the solution. Those that √(2λ) lifts above it may stay: see `damping`.

    Parameters
    ----------
    A : array, shape (m, n)
    b : array, shape (m,)
    rcond : float, optional
        Singular values are kept above ``rcond`` times the largest. Default: the machine epsilon
        times max(m, n), as ``numpy.linalg.lstsq`` has it.
    damping : float, optional
        √(2λ), where no smaller λ will be asked for: all √(sᵢ² + 2λ) above the threshold are kept.

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
    >>> from companion.regularized import RegularizedLeastSquares
    >>> path = RegularizedLeastSquares(np.array([[2.0, 0.0], [0.0, 1.0]]), np.array([2.0, 3.0]))
    >>> for lam in (0.0, 0.5, 5.0):
    ...     print(np.round(path.x(lam), 4))
    [1. 3.]
    [0.8 1.5]
    [0.2857 0.2727]
    """

    def __init__(self, A, b, *, rcond=None, damping=0.0):
        m, n = A.shape
        if rcond is None:
            rcond = np.finfo(float).eps * max(m, n)
        if m > n:
            triangle = np.linalg.qr(np.column_stack([A, b]), mode="r")
            A, b = triangle[:n, :n], triangle[:n, n]
        U, s, Vt = np.linalg.svd(A, full_matrices=False)
        kept = np.hypot(s, damping) > rcond * s[0]
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

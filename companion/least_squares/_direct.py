"""Least squares by linear algebra: normal equations, QR, pseudoinverse."""

import numpy as np
from numpy.linalg import qr, solve, svd

from companion._shared.arguments import as_nonnegative
from companion.least_squares._linear_systems import as_system
from companion.least_squares._regularized import RegularizedLeastSquares, rounding_of_rank


def normal_equations(A, b):
    """Minimize ½‖Ax − b‖² (eq:least-squares) by solving AᵀAx = Aᵀb.

    These are the normal equations (eq:normal-equations): about half the work of QR where A is tall,
    and one step of Newton's method. It squares the condition number: with cond(A) = 10ᵏ some 2k of
    the 16 digits are lost, and beyond 10⁸ none is sure. That is the condition number of A with
    columns of about length 1: they are scaled first.

    Parameters
    ----------
    A : array, shape (m, n)
        Of full column rank.
    b : array, shape (m,)
        The right-hand side.

    Returns
    -------
    array, shape (n,)

    Raises
    ------
    ValueError
        If A or b is not real, finite and of fitting shape; if A is wide or rank-deficient, or AᵀA
        is singular to working precision; if x is out of the range of doubles.

    References
    ----------
    Å. Björck, Numerical Methods for Least Squares Problems (SIAM, 1996), section 2.2.

    Examples
    --------
    >>> import numpy as np
    >>> from companion.least_squares import normal_equations
    >>> A, b = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), np.array([1.0, 3.0, 5.0])
    >>> print(np.round(normal_equations(A, b), 6))
    [1. 2.]
    """
    system = as_system(A, b, each_column=True)
    A, b = system.A, system.b
    require_full_column_rank(A)
    try:
        return system.x(solve(A.T @ A, A.T @ b))
    except np.linalg.LinAlgError:
        raise ValueError("A must be better conditioned: AᵀA is singular; use qr_solve") from None


def qr_solve(A, b):
    """Minimize ½‖Ax − b‖² (eq:least-squares) through A = QR: solve Rx = Qᵀb.

    That is (eq:ls-qr). R has the condition number of A, not its square.

    Parameters
    ----------
    A : array, shape (m, n)
        Of full column rank.
    b : array, shape (m,)
        The right-hand side.

    Returns
    -------
    array, shape (n,)

    Raises
    ------
    ValueError
        If A or b is not real, finite and of fitting shape; if A is wide, or rank-deficient to
        working precision once its columns are scaled; if x is out of the range of doubles.

    References
    ----------
    L. N. Trefethen and D. Bau, Numerical Linear Algebra (SIAM, 1997), lecture 11.

    Examples
    --------
    >>> import numpy as np
    >>> from companion.least_squares import qr_solve
    >>> A, b = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), np.array([1.0, 3.0, 5.0])
    >>> print(np.round(qr_solve(A, b), 6))
    [1. 2.]
    """
    system = as_system(A, b, each_column=True)
    A, b = system.A, system.b
    require_full_column_rank(A)
    Q, R = qr(A)
    return system.x(solve(R, Q.T @ b))


def pseudoinverse_solve(A, b, *, rcond=None):
    """The x of least norm among those that minimize ½‖Ax − b‖²: x = A⁺b.

    Computed from the singular value decomposition A = UΣVᵀ: x = V Σ⁺ Uᵀb (eq:ls-svd).

    Parameters
    ----------
    A : array, shape (m, n)
        Any shape and rank.
    b : array, shape (m,)
        The right-hand side.
    rcond : float, optional
        Singular values up to ``rcond`` times the largest count as zero. Default: the machine
        epsilon times √(mn).

    Returns
    -------
    array, shape (n,)

    Raises
    ------
    ValueError
        If A or b is not real, finite and of fitting shape, or rcond is negative; if x is out of
        the range of doubles.

    References
    ----------
    L. N. Trefethen and D. Bau, Numerical Linear Algebra (SIAM, 1997), lecture 11.

    Examples
    --------
    >>> import numpy as np
    >>> from companion.least_squares import pseudoinverse_solve
    >>> print(np.round(pseudoinverse_solve([[1, 1], [1, 1]], [1, 3]), 6))
    [1. 1.]
    """
    system = as_system(A, b)
    rcond = None if rcond is None else as_nonnegative(rcond, "rcond")
    return system.x(RegularizedLeastSquares(system.A, system.b, rcond=rcond).x(0.0))


RANK_DEFICIENT = (
    "A must have full column rank; its columns are linearly dependent to working precision: "
    "use pseudoinverse_solve, or remove columns"
)


def require_full_column_rank(A):
    """The columns of A are scaled to one size: different units are no sign of dependence."""
    m, n = A.shape
    if m < n:
        raise ValueError(
            f"A must have at least as many rows as columns; its shape is {A.shape}: "
            "use pseudoinverse_solve"
        )
    s = svd(A, compute_uv=False)
    if s[-1] <= rounding_of_rank(m, n) * s[0]:
        raise ValueError(RANK_DEFICIENT)

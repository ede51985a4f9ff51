"""Least squares to nearly all digits, by refinement."""

import numpy as np
from numpy.linalg import norm, qr, solve

from companion._shared.floats import EPS
from companion.least_squares._direct import RANK_DEFICIENT, require_full_column_rank
from companion.least_squares._double_double import multiply_add, two_sum
from companion.least_squares._linear_systems import as_system

REFINEMENTS = 40  # enough even where each correction gains but half a digit


def accurate_solve(A, b):
    """Minimize ½‖Ax − b‖² to all digits that A and b, as stored, determine, but for a last few.

    With the columns of A scaled, QR gives a first x. What is still wrong in the two equations

        r + Ax = b,   Aᵀr = 0

    of x and its residual r (eq:ls-augmented) is then computed with twice the digits, the same
    factors give corrections of x and r together, and this repeats until the corrections cease to
    fall. Each multiplies the error by some cond(A) times the machine epsilon, with the scaled A, so
    x gains digits as long as that is below 1; entries a million times smaller than others may lack
    a last few. Not mended is what rounding the data to doubles has done.

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
    Å. Björck, "Iterative refinement of linear least squares solutions I", BIT 7 (1967).

    Examples
    --------
    >>> import numpy as np
    >>> from companion.least_squares import accurate_solve, qr_solve
    >>> t = np.arange(21.0)
    >>> A = t[:, None] ** np.arange(6)
    >>> b = A.sum(axis=1)  # exactly, x = (1, 1, 1, 1, 1, 1)
    >>> print((accurate_solve(A, b) == 1).all(), (qr_solve(A, b) == 1).all())
    True False
    """
    system = as_system(A, b, each_column=True)
    A, b = system.A, system.b
    require_full_column_rank(A)
    Q, R = qr(A)
    x, r = _solve_augmented(Q, R, b, np.zeros(A.shape[1]))
    x_low, size = np.zeros_like(x), np.inf
    for _ in range(REFINEMENTS):
        # What is wrong in r + A(x + x_low) = b and Aᵀr = 0; small entries of x need x_low.
        f = multiply_add(-A, x, b, -r) - A @ x_low
        g = multiply_add(-A.T, r)
        dx, dr = _solve_augmented(Q, R, f, g)
        x, x_low = two_sum(x, x_low + dx)
        r = r + dr
        size, last_size = norm(dx), size
        if last_size / 2 <= size <= EPS * norm(x):
            break
    if size > 1e-8 * (norm(x) + norm(b)):
        raise ValueError(RANK_DEFICIENT)
    return system.x(x)


def _solve_augmented(Q, R, f, g):
    """x and r such that r + Ax = f and Aᵀr = g, where A = QR."""
    h = solve(R.T, g)
    x = solve(R, Q.T @ f - h)
    r = f - Q @ (Q.T @ f) + Q @ h
    return x, r

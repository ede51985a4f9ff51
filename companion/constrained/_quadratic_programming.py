"""Quadratic programs in which a violation may be bought: the subproblem of SQP."""

import numpy as np

from companion._shared.floats import power_of_two


def solve_qp(H, g, J, c, is_eq, cap):
    """Minimize a convex quadratic; linear constraints are met unless that costs more than `cap`.

    The problem solved is

        minimize  g·d + ½ dᵀHd + cap · ‖v‖₁

    where v is the violation of the constraints c + Jd = 0 (or ≤ 0). It always has a solution, and
    just one. Where the constraints can be met at prices below the cap, v = 0.

    Each constraint has a price, its multiplier: between 0 and the cap for an inequality, between
    −cap and cap for an equality. At the prices y the best step is d = −H⁻¹(g + Jᵀy). All prices
    start at zero. As long as a constraint is violated, raise the price of the worst one, and with
    it change the prices of those that hold already, so that they go on holding; stop when it is
    satisfied, or at the cap. A price that falls to zero on the way is dropped. This is Goldfarb
    and Idnani's method; the cap is what makes it work for contradictory constraints too.

    Parameters
    ----------
    H : array, shape (n, n)
        Symmetric and positive definite.
    g : array, shape (n,)
        The gradient at d = 0.
    J, c : arrays, shapes (m, n) and (m,)
        The constraints c + Jd.
    is_eq : array of bool, shape (m,)
        Which of them are equalities.
    cap : float
        The highest price.

    Returns
    -------
    d : array, shape (n,)
        The minimizer.
    y : array, shape (m,)
        The prices: Hd + g + Jᵀy = 0. A constraint that is satisfied strictly has the price 0.

    Examples
    --------
    The point of the line d₁ + d₂ = 1 nearest to the origin, and the same with a price too low:

    >>> from companion.constrained._quadratic_programming import solve_qp
    >>> import numpy as np
    >>> line = np.ones((1, 2)), np.array([-1.0]), np.array([True])
    >>> print(*solve_qp(np.eye(2), np.zeros(2), *line, cap=10.0))
    [0.5 0.5] [-0.5]
    >>> print(*solve_qp(np.eye(2), np.zeros(2), *line, cap=0.3))
    [0.3 0.3] [-0.3]

    References
    ----------
    D. Goldfarb and A. Idnani, "A numerically stable dual method for solving strictly convex
    quadratic programs", *Mathematical Programming* 27 (1983), 1–33.
    """
    # A power of two for the unit of force rounds nothing; a root of it, as in C, might.
    unit = power_of_two(np.abs(H).max())
    H, g, cap = H / unit, g / unit, cap / unit
    # With H = CCᵀ and z = Cᵀd the quadratic is ½‖z + b‖², and constraint i has the normal N_i.
    C = np.linalg.cholesky(H)
    b, N = np.linalg.solve(C, g), np.linalg.solve(C, J.T).T
    lower = np.where(is_eq, -cap, 0.0)
    size = np.linalg.norm(N, axis=1)
    y, working = np.zeros(len(c)), []
    # Each change of prices raises the dual function, so that none recurs, except by rounding.
    for _ in range(50 * (len(c) + 1)):
        r = c - N @ (b + N.T @ y)
        rounding = 1e-12 * (np.abs(c) + size * (np.linalg.norm(b) + 1e-3 * (size @ np.abs(y))))
        unsettled = np.where(r > 0, y < cap, y > lower) & (np.abs(r) > rounding)
        unsettled[working] = False
        if not unsettled.any():
            break
        worst = np.argmax(np.abs(r) * unsettled)
        y, working = _change_price(worst, r[worst], y, working, N, lower, cap)
    d = -np.linalg.solve(C.T, b + N.T @ y)
    if working:
        # Prices as high as the cap cost digits of d: put the constraints that hold right again.
        d -= np.linalg.lstsq(J[working], (c + J @ d)[working])[0]
    return d, y * unit


def _change_price(i, r, y, working, N, lower, cap):
    """Raise (or lower) the price of constraint i until its residual r is zero, or to its end.

    The constraints in `working` keep a residual of zero, unless one's price comes to an end.
    """
    y, working = y.copy(), list(working)
    while True:
        change = np.zeros(len(y))
        change[i] = np.sign(r)
        if working:
            change[working] = -np.sign(r) * np.linalg.lstsq(N[working].T, N[i])[0]
        # Per unit of price, r moves towards zero by the square of what the others leave of N_i.
        speed = np.sum((N.T @ change) ** 2)
        if speed <= 1e-20 * (N[i] @ N[i]):
            speed = 0.0
        enough = abs(r) / speed if speed > 0 else np.inf
        room = np.full(len(y), np.inf)
        moving = change != 0
        room[moving] = (np.where(change > 0, cap, lower) - y)[moving] / change[moving]
        first = np.argmin(room)
        if enough <= room[first]:
            return y + enough * change, [*working, i]
        y += room[first] * change
        y[first] = cap if change[first] > 0 else lower[first]
        r -= np.sign(r) * speed * room[first]
        if first == i:
            return y, working
        working.remove(first)

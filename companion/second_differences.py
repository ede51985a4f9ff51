"""Second derivatives from values of f alone: ∂²f/∂x_i∂x_j by differences of differences.

With a step h the rounding error is about eps ``|f|`` / h², so that steps are longer than for first
derivatives: eps^(1/4) of the scale of x_j for central differences.
"""

import numpy as np

from companion.extrapolation import extrapolate, most_trusted
from companion.finite_differences import EPS, SMALL, Room, growing, scales
from companion.line_check import direction
from companion.results import describe

UNIT = {"forward": EPS ** (1 / 3), "central": EPS ** (1 / 4), "richardson": 0.1}


def second_differences(batch, x, F0, method):
    """The Hessian of a scalar f by "forward", "central" or "richardson" second differences.

    Parameters
    ----------
    batch : Batch
        f on columns, scalar.
    x : array, shape (n,)
        The point.
    F0 : float
        f(x).
    method : str
        Forward differences have an error of order h, central ones of order h²; Richardson's
        extrapolates central ones.

    Returns
    -------
    array, shape (n, n)
        H, symmetric.

    Examples
    --------
    >>> from companion.sampling import Batch
    >>> from companion.second_differences import second_differences
    >>> import numpy as np
    >>> f, x = lambda x: x[0] ** 2 * x[1], np.array([1.0, 2.0])
    >>> print(np.round(second_differences(Batch(f, vectorized=False), x, f(x), "central"), 4))
    [[4. 2.]
     [2. 0.]]

    References
    ----------
    J. E. Dennis and R. B. Schnabel, Numerical Methods for Unconstrained Optimization and Nonlinear
    Equations (1983), section 5.6.
    """
    formula = _forward if method == "forward" else _central
    scale, top = scales(x, Room())

    def difference(scale):
        h = (x + UNIT[method] * scale) - x
        if method != "richardson":
            return formula(batch, x, F0, h)
        best, least = extrapolate(lambda rung: formula(batch, x, F0, h / 2**rung), 4.0)
        return best, lambda: least

    with np.errstate(all="ignore"):
        if (scale < SMALL * top).any():
            return most_trusted(difference, growing(scale, top), 1 if method == "forward" else 2)
        return difference(scale)[0]


def check_bend(batch, x, F0, H, method):
    """Raise a ValueError where H contradicts what f does along a line through x.

    Along v the second differences of a smooth f on both sides of x differ by a term in t³. Where
    the slope of f has a kink they differ by one in t². In any case their mean must be vᵀHv.
    """
    scale, top = scales(x, Room())
    v = UNIT["central"] / 4 * np.maximum(scale, SMALL * top) * direction(len(x))
    t = np.array([1.0, 2, 4, 8])
    X = x[:, None] + np.multiply.outer(v, np.concatenate([t, -t]))
    F = batch(X)
    ahead, behind = F[:4] - F0, F[4:] - F0
    bend = ahead + behind
    twist = (ahead[1::2] - 2 * ahead[::2]) - (behind[1::2] - 2 * behind[::2])
    noise = 64 * np.sqrt(len(x)) * EPS * (np.abs(F0) + np.abs(F).max())
    kink = abs(twist[0]) > abs(twist[1]) / 32 + 0.02 * np.abs(bend).max() + noise
    vHv = v @ H @ v
    truncation = 2 * abs(bend[3] / 64 - bend[0])
    if method == "forward":
        truncation += 0.1 * abs(twist[1])
    wrong = abs(vHv - bend[0]) > 1e-3 * (np.abs(v) @ np.abs(H) @ np.abs(v)) + truncation + noise
    if np.isfinite(F).all() and (kink or wrong):
        raise ValueError(
            f"{batch.name} at x = {describe(x)} has no Hessian that differences can find: along "
            f"a line through x it bends by {bend[0]:.6g}, but vᵀHv is {vHv:.6g}. "
            "Its slope may have a kink there, or it changes too fast; try grad"
        )


def check_digits(batch, x, F0, H, method):
    """Raise a ValueError where H may be rounding error, and longer steps show how f bends.

    Along two lines through x, f is asked for its second difference at a twentieth of the scale of
    x, and at half of that. Where both are clear of rounding and agree, or both are nothing but
    rounding, they are believed rather than H, if rounding can explain why vᵀHv is something else,
    or could reach a quarter of it.
    """
    if method == "richardson":
        return  # its steps are as long as these
    scale, top = scales(x, Room())
    climbed = (scale < SMALL * top).any()
    scale = 0.05 * np.maximum(scale, SMALL * top)
    V = scale * np.stack([direction(len(x)), np.abs(direction(len(x)))])
    V = np.concatenate([V, V / 2])
    F = batch(np.concatenate([x + V, x - V]).T)
    if not np.isfinite(F).all():
        return
    bend = F[:4] + F[4:] - 2 * F0
    long, half = bend[:2], 4 * bend[2:]
    rounding = EPS * np.abs(F0)
    steady = np.abs(long) > 1000 * rounding
    steady &= np.abs(long - half) <= 0.05 * np.abs(long)
    straight = np.maximum(np.abs(long), np.abs(half)) <= 1000 * rounding
    vHv = np.einsum("ki,ij,kj->k", V[:2], H, V[:2])
    noise = rounding * len(x) * (0.05 / UNIT[method]) ** 2  # in vᵀHv, of n² entries
    gap = np.abs(vHv - long)
    lost = steady & (gap > 0.1 * np.abs(long)) & (gap <= 16 * noise)
    lost |= steady & (noise > np.abs(long) / 4) & (not climbed)
    lost |= straight & (gap > 0.1 * np.abs(F - F0).max() + 1e4 * rounding) & (gap <= 16 * noise)
    if lost.any():
        k = np.argmax(lost)
        raise ValueError(
            f"{batch.name} at x = {describe(x)} has too few digits for the steps taken: along v, "
            f"on longer steps, it bends by {long[k]:.6g}, but vᵀHv is {vHv[k]:.6g}, "
            f"give or take {noise:.2g}. Try 'richardson', 'forward-mode' or grad"
        )


def _forward(batch, x, F0, h):
    """(f(x + hᵢ + hⱼ) − f(x + hᵢ) − f(x + hⱼ) + f(x)) / hᵢhⱼ."""
    single = batch(x[:, None] + np.diag(h))
    double = _pairs(batch, x, h)
    H = double - (single[:, None] + single) + F0
    return _quotient(H, double, single, h)


def _central(batch, x, F0, h):
    """The mean of the forward formulas for h and −h, whose errors of order h cancel."""
    ahead, behind = batch(x[:, None] + np.diag(h)), batch(x[:, None] - np.diag(h))
    double = _pairs(batch, x, h) + _pairs(batch, x, -h)
    single = ahead + behind
    H = (double - (single[:, None] + single) + 2 * F0) / 2
    np.fill_diagonal(H, single - 2 * F0)
    return _quotient(H, double, single, h)


def _quotient(H, double, single, h):
    """H / hᵢhⱼ, and a bound for its rounding error, which is unknown where f does not move."""
    hh = np.outer(h, h)
    size = np.maximum(np.abs(double), np.maximum(np.abs(single[:, None]), np.abs(single)))

    def rounding():
        error = 16 * EPS * (size + 4 * (H == 0)) / np.abs(hh)
        return np.where((H == 0) & (size != 0), np.inf, error)

    return H / hh, rounding


def _pairs(batch, x, h):
    """f(x + hᵢ + hⱼ) for all i and j."""
    n = len(x)
    double = np.empty((n, n))
    for i in range(n):
        X = x[:, None] + np.diag(h)[:, i:]
        X[i] += h[i]
        double[i, i:] = double[i:, i] = batch(X)
    return double

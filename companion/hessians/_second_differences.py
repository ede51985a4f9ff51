"""Second derivatives from values of f alone: ∂²f/∂x_i∂x_j by differences of differences.

The simplest takes the four corners of a square of side h (eq:second-difference).

With a step h the rounding error is about eps ``|f|`` / h², so that steps are longer than for first
derivatives: eps^(1/4) of the scale of x_j for central differences.
"""

from itertools import islice

import numpy as np

from companion._shared.floats import EPS
from companion.jacobians.directional_check import DIGITS
from companion.jacobians.extrapolation import MARGIN, emerge, extrapolate, most_trusted
from companion.jacobians.finite_differences import SMALL, Room, growing, lost, reach, scales

UNIT = {"forward": EPS ** (1 / 3), "central": EPS ** (1 / 4), "richardson": 0.1}


def second_differences(batch, x, F0, method, noise=0.0):
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
    noise : float
        What rounding does to f, with a margin.

    Returns
    -------
    array, shape (n, n)
        H, symmetric.

    Examples
    --------
    >>> from companion.jacobians._seeds import Batch
    >>> from companion.hessians._second_differences import second_differences
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

    def doubt(error):  # besides rounding
        return MARGIN * error() if method == "richardson" else 0.0

    with np.errstate(all="ignore"):
        # Rounding, as a share of a Hessian of f's size over top², is eps (top / h)².
        small, off = max(SMALL, np.sqrt(EPS / DIGITS) / UNIT[method]), 0.0
        order = 1 if method == "forward" else 2
        if (scale < small * top).any():
            H = most_trusted(difference, growing(scale, top), order)
        else:
            H, error = difference(scale)
            off = doubt(error)
        far = reach(scale, top, small)
        size = np.outer(far, far)
        which = (top < 1) & (size < small) & lost(H, size, noise / EPS, MARGIN * small**2)
        if not which.any():
            return H
        if np.isinf(noise):  # f stands still
            return np.where(which, most_trusted(difference, growing(scale, 1.0), order), H)
        # The best of Richardson's steps is rarely shorter than an eighth of the first.
        unit = (UNIT[method] / (8 if method == "richardson" else 1)) ** 2

        def further(scale):
            longer, error = difference(scale)
            return longer, unit * np.outer(scale, scale), doubt(error)

        steps = islice(growing(far, 1.0), 1, None)
        return emerge(further, steps, H, unit * size, noise, which, off)


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

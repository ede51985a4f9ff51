"""What a gradient promises: f(x + td) = f(x) + t g·d + O(t²), whatever the direction d."""

from dataclasses import dataclass

import numpy as np

from companion.finite_differences import EPS

HALVINGS = 46
WINDOW = 5


@dataclass(frozen=True, repr=False, eq=False)
class GradientCheck:
    """Whether a gradient is right, and where it is furthest off.

    Attributes
    ----------
    passed : bool
        Whether the slope is at least 1.5 (or nan) and the relative error at most 1e-3.
    slope : float
        How the remainder f(x + td) − f(x) − t g·d shrinks with t: 2 when g is right, 1 when it is
        wrong, nan where the remainder is all rounding, as for a linear f.
    worst : int
        The component with the largest relative error.
    analytic, numeric : float
        That component, as given and as an extrapolated difference of f.
    relative_error : float
        Their difference, relative to the larger of the two, or to what a difference of f can
        resolve in that component.
    """

    passed: bool
    slope: float
    worst: int
    analytic: float
    numeric: float
    relative_error: float

    def __repr__(self):
        return (
            f"GradientCheck: {'passed' if self.passed else 'FAILED'}, "
            f"slope of the Taylor remainder {self.slope:.2f} (2 when right)\n"
            f"  worst component {self.worst}: analytic {self.analytic:.6g}, "
            f"numeric {self.numeric:.6g}\n  relative error {self.relative_error:.1e}"
        )


def remainder(f, g, x, d):
    """The slope of ``|f(x + td) − f(x) − t g·d|`` in t (eq:taylor-remainder), and the change of f.

    Parameters
    ----------
    f : callable
        Maps an array of shape (n,) to a number.
    g : array, shape (n,)
        The gradient to be judged.
    x, d : arrays, shape (n,)
        The point and the direction; t runs over 1/4, 1/8, ….

    Returns
    -------
    slope : float
        The mean of a few where t is smallest and they are steady; nan where they never are.
    change : float
        How much f changes along d: the largest of the finite ``|f(x + td) − f(x)|``.

    Examples
    --------
    >>> from companion.gradient_check import remainder
    >>> import numpy as np
    >>> x, d = np.array([1.0, 2.0]), np.array([0.3, -0.4])
    >>> f = lambda x: x[0] ** 2 * x[1]
    >>> right, wrong = np.array([4.0, 1.0]), np.array([4.0, 2.0])
    >>> print(f"{remainder(f, right, x, d)[0]:.1f} {remainder(f, wrong, x, d)[0]:.1f}")
    2.0 1.0
    """
    t = 0.5 ** np.arange(2, 2 + HALVINGS)
    with np.errstate(all="ignore"):
        F0, F = f(x), np.array([f(x + tk * d) for tk in t])
        rest = np.abs(F - F0 - t * (g @ d))
    finite = np.isfinite(rest)
    change = np.max(np.abs(F - F0), initial=0.0, where=finite)
    # Rounding: what f still does at the shortest t; more where it does nothing at all, as its
    # values are then rounded more coarsely than they show. And no g is asked for ten digits.
    rounding = 10 * np.max(rest[-HALVINGS // 4 :]) + EPS * (100 * abs(F0) + 64 * (F == F0).any())
    rounding = rounding + 1e-9 * t * change
    usable = finite & (rest > rounding)
    with np.errstate(all="ignore"):
        slopes = np.log2(rest[:-1] / rest[1:])
    slopes[~(usable[:-1] & usable[1:])] = np.nan
    # Where t is smallest, the first slopes that are steady; those of rounding are not.
    for k in range(len(slopes) - WINDOW, -1, -1):
        window = slopes[k : k + WINDOW]
        if np.ptp(window) <= 0.5:
            return float(window.mean()), float(change)
    return np.nan, float(change)

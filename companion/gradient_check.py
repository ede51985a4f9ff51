"""What a gradient promises: f(x + td) = f(x) + t g·d + O(t²), whatever the direction d."""

from dataclasses import dataclass

import numpy as np

from companion.finite_differences import EPS

HALVINGS = 46
WINDOW = 8


@dataclass(frozen=True, repr=False, eq=False)
class GradientCheck:
    """Whether a gradient is right, and where it is furthest off.

    Attributes
    ----------
    passed : bool
        Whether the slope is at least 1.5 (or nan) and the relative error at most 1e-4.
    slope : float
        How the remainder f(x + td) − f(x) − t g·d shrinks with t: 2 when g is right, 1 when it is
        wrong, nan where the remainder is all rounding, as for a linear f.
    worst : int
        The component with the largest relative error.
    analytic, numeric : float
        That component, as given and as a central difference of f.
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
            f"numeric {self.numeric:.6g}, relative error {self.relative_error:.1e}"
        )


def remainder(f, g, x, d):
    """The slope of |f(x + td) − f(x) − t g·d| in t, and how much f changes along d.

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
        Fitted where t is small and the remainder still stands out from rounding; or nan.
    change : float
        The largest of the finite ``|f(x + td) − f(x)|``.

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
        rounding = 100 * EPS * (np.abs(F0) + np.abs(F) + t * np.abs(g @ d))
    change = np.max(np.abs(F - F0), initial=0.0, where=np.isfinite(F))
    (stands_out,) = np.nonzero(np.isfinite(rest) & (rest > rounding))
    k = stands_out[-WINDOW:]
    slope = np.polyfit(np.log(t[k]), np.log(rest[k]), 1)[0] if len(k) >= 3 else np.nan
    return float(slope), float(change)

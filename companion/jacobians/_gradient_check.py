"""What a gradient promises: f(x + td) = f(x) + t g·d + O(t²), whatever the direction d."""

from dataclasses import dataclass

import numpy as np

from companion._shared.arguments import as_count, as_function, as_vector
from companion._shared.calls import Batch, evaluate
from companion._shared.floats import EPS
from companion.jacobians._jacobian import gradient
from companion.jacobians.directional_check import judge, measure
from companion.jacobians.finite_differences import SMALL, Room, lost, reach, scales

HALVINGS = 46
WINDOW = 5


@dataclass(frozen=True, repr=False, eq=False)
class GradientCheck:
    """Whether a gradient is right, and where it is furthest off.

    Attributes
    ----------
    passed : bool
        Whether g·d is the slope of f along the direction, and the relative error at most 1e-3.
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


def check_gradient(f, grad, x, *, seed=0):
    """Is grad the gradient of f? Asked along a random direction, and component by component.

    Along a direction d the remainder f(x + td) − f(x) − t g·d shrinks like t² when g is right, and
    only like t when g·d is wrong (eq:taylor-remainder). Whether g·d is the slope of f along d is
    decided as `jacobian` decides whether to believe its differences, in the precision that f
    returns. Extrapolated differences then show which component is furthest off.

    Parameters
    ----------
    f : callable
        Maps an array of shape (n,) to a number.
    grad : callable
        Maps an array of shape (n,) to the gradient, shape (n,).
    x : array, shape (n,)
        The point. One where no component is special is best.
    seed : int
        Of the random direction.

    Returns
    -------
    GradientCheck
        ``.passed``, and what it rests on.

    Raises
    ------
    ValueError
        If f or grad returns anything else than finite real numbers of the right shape, or f jumps
        at x, has a kink there, or too few digits to tell.

    Examples
    --------
    >>> from companion.jacobians import check_gradient
    >>> import numpy as np
    >>> f = lambda x: x[0] ** 2 * x[1]
    >>> check_gradient(f, lambda x: np.array([2 * x[0] * x[1], x[1] ** 2]), [1, 2])
    GradientCheck: FAILED, slope of the Taylor remainder 1.00 (2 when right)
      worst component 1: analytic 4, numeric 1
      relative error 7.5e-01

    References
    ----------
    J. Nocedal and S. J. Wright, Numerical Optimization, 2nd ed. (2006), section 8.1.
    """
    x = as_vector(x, "x")
    as_function(grad, "grad")
    numeric = gradient(f, x, "richardson")
    analytic = evaluate(grad, x, "grad", shape=x.shape)
    scale, top = scales(x, Room())
    d = scale * np.random.default_rng(as_count(seed, "seed", least=0)).standard_normal(len(x))
    line = measure(Batch(f, vectorized=False), x, Room(), v=d)
    agrees = judge(line, analytic @ line.v, promise=1e-5) is None
    slope, change = remainder(f, analytic, x, d)
    # A difference sees a component only if it changes f by some share of what all of them do, over
    # the length of x, or over 1 where steps of that length were needed to see it.
    far = lost(numeric, reach(scale, top), line.noise() / line.batch.eps)
    top = np.where(far, max(1.0, top), top)
    resolved = 1e-4 * (abs(f(x)) + change) / np.maximum(scale, SMALL * top)
    size = np.maximum(np.maximum(np.abs(analytic), np.abs(numeric)), resolved)
    error = np.abs(analytic - numeric) / np.where(size > 0, size, 1.0)
    worst = int(error.argmax())
    return GradientCheck(
        passed=bool(error[worst] <= 1e-3 and agrees),
        slope=slope,
        worst=worst,
        analytic=float(analytic[worst]),
        numeric=float(numeric[worst]),
        relative_error=float(error[worst]),
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
    >>> from companion.jacobians._gradient_check import remainder
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
        eps = np.finfo(F.dtype).eps if F.dtype.kind == "f" else EPS
        rest = np.abs(F - F0 - t * (g @ d))
    finite = np.isfinite(rest)
    change = np.max(np.abs(F - F0), initial=0.0, where=finite)
    # Rounding: what f still does at the shortest t; more where it does nothing at all, as its
    # values are then rounded more coarsely than they show. And no g is asked for ten digits.
    rounding = 10 * np.max(rest[-HALVINGS // 4 :]) + eps * (100 * abs(F0) + 64 * (F == F0).any())
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

"""What a slider's picture is of: a chapter's problem or the reader's, and axes that fit it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from companion._shared.arguments import as_function, as_vector
from companion._shared.calls import evaluate
from companion._shared.iteration import value
from companion.autodiff import TracingError
from companion.descent import gradient_descent, newton
from companion.hessians import hessian
from companion.jacobians import gradient, jacobian
from companion.problems import Problem
from companion.problems.maps import Map

OUTSIDE = (TypeError, ValueError, ArithmeticError, IndexError)  # how a function says that it ends
GRID = 61  # points along a side, for contours


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """What is drawn, whatever the value of the slider.

    A drawing has one scene as its default, that of the chapter, whose axes are chosen by hand. The
    reader's is made by the function beside it, whose axes are chosen by `around` and `square`.

    Attributes
    ----------
    f : Problem, Map or callable
        The function; it takes many points at once, as `Columns` does.
    x0 : array or float
        The point.
    A, b : array
        What stands for f in least squares.
    minimum : array
        Where a run is to lead.
    size : float
        A length in the plane.
    steps : int
        Most steps of a run.
    values : sequence of float
        Those of the reader's handle; the chapter's stand in the table.
    room : sequence of (float, float)
        How far each entry of x₀ may be moved.
    number : str
        How a number reads.
    axes : dict
        {panel: what its Axes are set to}
    levels : sequence of float
        Of the contour lines.
    labels : dict
        {text: where it stands}
    """

    f: Callable | None = None
    x0: np.ndarray | float | None = None
    A: np.ndarray | None = None
    b: np.ndarray | None = None
    minimum: np.ndarray | None = None
    size: float = 1.0
    steps: int = 600
    values: np.ndarray | None = None
    room: Sequence = ()
    number: str = ".4g"
    axes: dict = field(default_factory=dict)
    levels: list | np.ndarray | None = None
    labels: dict = field(default_factory=dict)

    def say(self, value):
        """A number as it reads here."""
        return f"{value:{self.number}}"


# ---------------------------------------------------------------------------------------------
# Axes


def around(*values, margin=0.12):
    """Limits from the least to the greatest of the finite values, and a share more either way."""
    numbers = np.concatenate([np.ravel(value) for value in values])
    numbers = numbers[np.isfinite(numbers)]
    low, high = float(numbers.min()), float(numbers.max())
    room = margin * (high - low) if high > low else abs(high) or 1.0
    return low - room, high + room


def square(*points, margin=0.12):
    """Limits around some points of a plane, equally long in both directions."""
    limits = np.array([around(*x, margin=margin) for x in np.transpose(points)])
    middle, half = limits.mean(axis=1), np.ptp(limits, axis=1).max() / 2
    (left, bottom), (right, top) = middle - half, middle + half
    return {"xlim": (left, right), "ylim": (bottom, top)}


def reach(x0):
    """The length that x₀ gives; 1 where it gives none."""
    return float(np.linalg.norm(x0)) or 1.0


def contour_levels(f, xlim, ylim):
    """Values of f between which a tenth, a quarter, … of the plane lies."""
    x, y = np.meshgrid(np.linspace(*xlim, GRID), np.linspace(*ylim, GRID))
    values = f(np.stack([x, y]))
    return np.unique(np.nanquantile(values, [0.02, 0.1, 0.25, 0.45, 0.7]))


# ---------------------------------------------------------------------------------------------
# The reader's function


class Columns:
    """f at many points at once: in one call where f takes them, or one after the other.

    Where f has no value it is NaN. Of each shape, what was asked for last is kept.

    >>> f = Columns(lambda x: x @ x)
    >>> f(np.array([[3.0, 0.0], [4.0, 1.0]]))
    array([25.,  1.])
    """

    def __init__(self, f):
        self.f, self.last = f, {}

    def __call__(self, X):
        if X.ndim < 2:
            return self.f(X)
        before, values = self.last.get(X.shape, (None, None))
        if before is None or not np.array_equal(before, X):
            values = self._values(X)
            self.last[X.shape] = X.copy(), values
        return values

    def _values(self, X):
        points = X.reshape(len(X), -1)
        some = [0, points.shape[1] // 2, -1]
        with np.errstate(all="ignore"):
            alone = [_value(self.f, points[:, k]) for k in some]
            together = _value(self.f, points)
            shape = next((value.shape for value in alone if value.ndim), ())
            if together.shape == shape + points.shape[1:]:
                alone = np.stack([np.broadcast_to(value, shape) for value in alone], axis=-1)
                if np.allclose(together[..., some], alone, equal_nan=True):
                    return together.reshape(shape + X.shape[1:])
            rows = [np.broadcast_to(_value(self.f, x), shape) for x in points.T]
        return np.stack(rows, axis=-1).reshape(shape + X.shape[1:])


def _value(f, x):
    try:
        value = np.asarray(f(x.copy()))
        if value.dtype.kind == "c":
            return np.array(np.nan)
        return np.where(np.isfinite(value), value, np.nan).astype(float)
    except OUTSIDE:
        return np.array(np.nan)


def as_start(f, x0):
    """x₀ of the plane: the one that is given, or that of the problem."""
    if x0 is None:
        if not isinstance(f, Problem):
            raise ValueError("x0 must be given with an f that is no Problem")
        x0 = f.x0
    return as_vector(x0, "x0", size=2)


def as_problem(f, x0):
    """The reader's f: R² → R as a Problem. The derivatives that it does not bring are computed."""
    as_function(f, "f")
    value(f, x0, "f", (), finite=True)
    if isinstance(f, Problem):
        evaluate(f.grad, x0, "f.grad", shape=(2,))
        evaluate(f.hess, x0, "f.hess", shape=(2, 2))
        return replace(f, f=Columns(f.f), x0=x0)
    method = _method(gradient, f, x0)

    def grad(x):
        return gradient(f, x, method)

    @_remembered
    def hess(x):
        return hessian(f, x, method=method)

    return Problem("yours", Columns(f), grad, hess, x0, np.empty((0, 2)))


def as_map(f, x0):
    """The reader's f: R² → R² as a Map. The Jacobian that it does not bring is computed."""
    as_function(f, "f")
    value(f, x0, "f", (2,), finite=True)
    if isinstance(f, Map):
        evaluate(f.jac, x0, "f.jac", shape=(2, 2))
        return replace(f, f=Columns(f.f))
    method = _method(jacobian, f, x0)
    return Map("yours", Columns(f), _remembered(lambda x: jacobian(f, x, method)))


def _remembered(derivative):
    """What is asked for in every frame, at the same few points, is computed once."""
    kept = lru_cache(maxsize=8)(lambda *x: derivative(np.array(x)))
    return lambda x: kept(*x)


def _method(differentiate, f, x):
    """Reverse mode, or central differences of an f that it cannot follow."""
    try:
        differentiate(f, x, "reverse-mode")
    except TracingError:
        differentiate(f, x, "central")
        return "central"
    return "reverse-mode"


def slope_at(f, x0):
    """The gradient at x₀, which must not be 0."""
    g = evaluate(f.grad, x0, "f.grad", shape=(2,))
    if not g.any():
        raise ValueError("x0 must not be a critical point; the gradient of f is 0 there")
    return g


def minimum_from(f, x0):
    """The minimum to which a descent from x₀ leads: a known one, if it is, or by Newton's steps."""
    slope_at(f, x0)
    end = gradient_descent(f, f.grad, x0, "armijo", max_iter=2000)
    if not end.converged:
        raise ValueError(
            f"f must have a minimum to which a descent from x0 leads; its end: {end.status.message}"
        )
    found = newton(f, f.grad, f.hess, end.x)
    smallest, largest = np.linalg.eigvalsh(f.hess(found.x))
    if not found.converged or smallest <= 1e-8 * largest:
        raise ValueError(
            "f must curve upwards in every direction at its minimum; "
            f"the curvatures there are {smallest:.3g} and {largest:.3g}"
        )
    known = [x for x in f.minimizers if np.linalg.norm(x - found.x) <= 1e-6 * reach(x0)]
    return known[0] if known else found.x

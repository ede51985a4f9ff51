"""What every method of `companion.jacobians.jacobian` has in common: checks, blocks, seeds."""

from math import prod

import numpy as np

from companion.complex_step import ComplexSteps
from companion.finite_differences import Differences, Room, scales
from companion.forward_mode import forward_jacobian, jvp
from companion.line_check import Line
from companion.results import describe
from companion.reverse_mode import reverse_jacobian, vjp
from companion.sampling import Batch, dense_seeds
from companion.sparse_jacobians import SparseJacobian, color_columns, sparse_seeds
from companion.validation import as_choice, as_function, as_positive, as_vector

EXACT = ("forward-mode", "reverse-mode")
METHODS = ("forward", "central", "richardson", "complex-step", *EXACT)


def differentiate(
    f, x, method, *, step=None, vectorized=False, bounds=None, sparsity=None, name="f"
):
    """The Jacobian of f at x, as `companion.jacobians.jacobian` describes it.

    Parameters
    ----------
    f, x, method, step, vectorized, bounds, sparsity
        As for `companion.jacobians.jacobian`.
    name : str
        What messages call f.

    Returns
    -------
    array, shape f(x).shape + (n,), or SparseJacobian
        J.
    """
    x = as_vector(x, "x")
    as_function(f, name)
    as_choice(method, "method", METHODS)
    step = None if step is None else _as_step(step, len(x))
    room = _as_room(bounds, x)
    if method in EXACT:
        if step is not None:
            raise ValueError(f"step must be None: method {method!r} takes no steps")
        return _exact(f, x, method, vectorized, sparsity, name)

    batch = Batch(f, vectorized, name)
    scale, top = scales(x, room)
    line = Line(batch, x, room, scale=scale)
    if vectorized:
        line.check_columns()
    entries = _Entries(line.F0.shape, len(x), sparsity, name)
    if method == "complex-step":
        formula = ComplexSteps(batch, x, scale, step)
        entries.fill(formula)
    else:
        formula = Differences(batch, x, line.F0, room, method, step, (scale, top))
        entries.fill(formula)
        if (small := formula.small()).size:
            entries.fill(formula.climb, small)
    J = entries.result()
    line.check_finite(J)
    if step is None:
        try:
            line.check(J, method, sparse=sparsity is not None)
        except ValueError:
            options = {"vectorized": vectorized, "bounds": bounds, "sparsity": sparsity}
            # Forward differences err by the curvature along each axis, which a line may not show.
            if method != "forward" or not _agrees(
                J, differentiate(f, x, "central", name=name, **options), line.v
            ):
                raise
        if method != "richardson":
            line.check_digits(J, method)
        return J
    # At a step that was given, J may be as far off as the caller likes; all else must hold.
    if method == "complex-step":
        line.check(formula.along, method)
    if sparsity is not None:
        pattern = entries.coloring
        differentiate(f, x, "central", vectorized=vectorized, bounds=bounds, sparsity=pattern)
    return J


class _Entries:
    """The entries of a Jacobian, dense or sparse, filled seed by seed."""

    def __init__(self, shape, n, sparsity, name):
        self.m, self.n = prod(shape), n
        if sparsity is None:
            self.coloring, self.values = None, np.empty((*shape, n))
        else:
            self.coloring = color_columns(sparsity, (_length(shape, name), n))
            self.values = np.empty(len(self.coloring.rows))

    def fill(self, formula, components=None):
        """Put formula(seed) in its place for every seed, or for those of some components."""
        if self.coloring is None:
            seeds = dense_seeds(self.m, self.n, components)
        else:
            seeds = sparse_seeds(self.coloring, components)
        for seed in seeds:
            if self.coloring is None and len(seed.component) == self.n:
                self.values = formula(seed)  # all of them in one block
            else:
                self.values[..., seed.place] = formula(seed)

    def result(self):
        if self.coloring is None:
            return self.values
        pattern = self.coloring
        return SparseJacobian(pattern.rows, pattern.cols, self.values, pattern.shape)


def _agrees(J, better, v):
    """Whether two Jacobians are the same to three digits, along v."""
    if isinstance(J, SparseJacobian):
        J, gap = (
            SparseJacobian(J.rows, J.cols, np.abs(values), J.shape)
            for values in (better.values, J.values - better.values)
        )
    else:
        J, gap = np.abs(better), np.abs(J - better)
    return (gap @ np.abs(v) <= 1e-3 * (J @ np.abs(v))).all()


def _exact(f, x, method, vectorized, sparsity, name):
    """The Jacobian by automatic differentiation."""
    g = (lambda z: f(z[:, None])[..., 0]) if vectorized else f
    if sparsity is None:
        return forward_jacobian(g, x) if method == "forward-mode" else reverse_jacobian(g, x)
    m, n = _length(Batch(f, vectorized, name)(x[:, None]).shape[:-1], name), len(x)
    pattern = color_columns(sparsity, (m, n))
    if method == "forward-mode":
        J = _sweeps(lambda v: jvp(g, x, v), pattern)
    else:
        transposed = color_columns((pattern.cols, pattern.rows), (n, m))
        J = _sweeps(lambda w: vjp(g, x, w), transposed).T
    v = np.linspace(1, 2, n)
    size = SparseJacobian(J.rows, J.cols, np.abs(J.values), J.shape) @ v
    if (np.abs(J @ v - jvp(g, x, v)) > 1e-9 * size).any():
        raise ValueError(f"sparsity misses nonzeros of {name} at x = {describe(x)}")
    return J


def _sweeps(product, coloring):
    """The nonzeros of a matrix from its products with the sum of the columns of each colour."""
    values = np.empty(len(coloring.rows))
    for color in range(coloring.count):
        own = coloring.colors[coloring.cols] == color
        values[own] = product((coloring.colors == color).astype(float))[coloring.rows[own]]
    return SparseJacobian(coloring.rows, coloring.cols, values, coloring.shape)


def _length(shape, name):
    if len(shape) != 1:
        raise ValueError(
            f"{name} must return shape (m,) where sparsity is given; it returned {shape}"
        )
    return shape[0]


def _as_step(step, n):
    """One positive step for each component."""
    if np.ndim(step) == 0:
        return np.full(n, as_positive(step, "step"))
    step = as_vector(step, "step", size=n)
    if (step <= 0).any():
        raise ValueError(f"step must be positive; it is {describe(step)}")
    return step


def _as_room(bounds, x):
    """The box of `bounds`, which must hold x."""
    if bounds is None:
        return Room()
    if not isinstance(bounds, tuple | list) or len(bounds) != 2:
        raise ValueError(f"bounds must be a pair (lower, upper); it is {bounds!r}")
    try:
        lower, upper = (np.broadcast_to(np.asarray(part, float), x.shape) for part in bounds)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"bounds must be two numbers or arrays of shape {x.shape}; they are {bounds!r}"
        ) from error
    if not ((lower <= x) & (x <= upper)).all():
        raise ValueError(
            f"bounds must hold x = {describe(x)}; they are {describe(lower)} and {describe(upper)}"
        )
    return Room(lower, upper)

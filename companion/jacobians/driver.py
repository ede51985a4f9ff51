"""What every method of `companion.jacobians.jacobian` has in common: checks, blocks, seeds."""

from contextlib import suppress
from math import prod

import numpy as np

from companion._shared.arguments import as_choice, as_function, as_positive, as_vector
from companion._shared.calls import Batch
from companion.autodiff import forward_jacobian, jvp, reverse_jacobian, vjp
from companion.jacobians._seeds import MIN_WIDTH, dense_seeds
from companion.jacobians._sparse_jacobians import SparseJacobian, color_columns, sparse_seeds
from companion.jacobians.complex_step import ComplexSteps
from companion.jacobians.directional_check import DIGITS, MARGIN, judge, measure
from companion.jacobians.finite_differences import UNIT, Differences, Room, scales
from companion.results import describe

EXACT = ("forward-mode", "reverse-mode")
DIFFERENCES = ("forward", "central", "richardson")  # each better than the one before
METHODS = (*DIFFERENCES, "complex-step", *EXACT)


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
    line = measure(batch, x, room, scale)
    if vectorized:
        check_columns(line)
    entries = _Entries(batch, len(x), sparsity)

    def believed(method, step):
        """J by that method, or by the next better differences where f contradicts it."""
        better = DIFFERENCES[DIFFERENCES.index(method) :] if method in DIFFERENCES else [method]
        for name in better:
            if name == "complex-step":
                formula = ComplexSteps(batch, x, scale, step)
            else:
                formula = Differences(batch, x, line.F0, room, name, step, (scale, top), line.noise)
            J = entries.fill(formula)
            Jv = J @ line.v
            if not np.isfinite(Jv).all():
                raise ValueError(_word_infinite(J, line))
            doubt = _doubt(line, J, name, formula, step, entries.climbed)
            if doubt is None:
                return J
            if doubt.kind != "wrong":
                break
        raise ValueError(_word(doubt, line, method, sparsity is not None))

    if step is not None and sparsity is not None:
        believed("central", None)  # a step may be as poor as one likes, but not the pattern
    return believed(method, step)


def _doubt(line, J, method, formula, step, climbed):
    """What `judge` says of J v. At a step that was given, J may be as far off as one likes."""
    if method == "complex-step":
        return judge(line, J @ line.v if step is None else formula.along(line.v), promise=1e-8)
    if step is not None:
        return None
    n, h = len(line.x), None if method == "richardson" else UNIT[method]
    Jv = J @ line.v
    if climbed:  # on steps longer than the line is, more may have shown
        Jv = np.where(line.still, 0.0, Jv)
    doubt = judge(
        line,
        Jv,
        rounding=lambda seen: n**0.5 * seen.rounding(h),
        cancels=n > 1 and method != "forward" and not climbed,
    )
    if climbed and doubt and doubt.kind == "digits" and not formula.room.bounded:
        # The line is too short to tell. One as long as the steps were may bear J out.
        with suppress(ValueError, ArithmeticError):  # f may have no values so far away
            far = measure(line.batch, line.x, formula.room, formula.scale / formula.top)
            if not far.contradicts((J @ far.v).reshape(-1)).any():
                return None
    return doubt


def _word(doubt, line, method, sparse):
    """What contradicts J, and what to try."""
    name, x = line.batch.name, describe(line.x)
    where = f"{name}{list(doubt.place) if doubt.place else ''} at x = {x}"
    numbers = f"along v it changes by {doubt.seen:.6g}, but J v is {doubt.claimed:.6g}"
    others = "'forward-mode'" if method == "richardson" else "'richardson', 'forward-mode'"
    if doubt.kind == "kink":
        return (
            f"{where} is not differentiable: it jumps, has a kink or is mostly rounding error. "
            "At a jump or a kink there is no derivative; "
            "for rounding try 'forward-mode', or a step suited to f"
        )
    if method == "complex-step":
        reason = "is not analytic, as abs, conj, real and imag are not"
        if doubt.error > 1e-6 * abs(doubt.seen):
            reason = "is not analytic, or has too few digits to tell"
        gap = " (or sparsity misses nonzeros of it)" if sparse else ""
        return f"{where} {reason}{gap}: {numbers}. Try 'forward-mode' or 'richardson'"
    if doubt.kind == "digits":
        return (
            f"{where} has too few digits for the steps taken: {numbers}. "
            f"Try {others}, or a longer step"
        )
    if sparse:
        return (
            f"sparsity misses nonzeros of {where}: {numbers}. "
            "Try it dense, in a small case, and look at the nonzeros"
        )
    return (
        f"{where} is not differentiable, or changes too fast for the steps: {numbers}. "
        f"Try {others}, or a step suited to f"
    )


def check_columns(line):
    """Raise a ValueError if a vectorized f gives a point another value when it is alone."""
    k = line.inside + 1
    point = line.x + line.t[k] * line.v
    alone = (line.batch(point[:, None].copy())[..., 0] - line.F0).reshape(-1)
    change = line.rise[0, k]
    rounding = MARGIN * line.batch.eps * np.abs(line.F0).max()
    if (np.abs(alone - change) > DIGITS * np.abs(change).max() + rounding).any():
        raise ValueError(
            f"{line.batch.name}, vectorized, must treat each column by itself; "
            f"the value at x = {describe(point)} depends on the other columns"
        )


def _word_infinite(J, line):
    """Which entry of J is not finite."""
    values = J if isinstance(J, np.ndarray) else J.values
    j = np.argwhere(~np.isfinite(values))[0][-1]
    j = j if isinstance(J, np.ndarray) else J.cols[j]
    return (
        f"{line.batch.name} must return finite values; near x = {describe(line.x)} it does "
        f"not, where x[{j}] moves by a step. Try bounds, or a shorter step"
    )


class _Entries:
    """The entries of a Jacobian, dense or sparse, filled seed by seed."""

    def __init__(self, batch, n, sparsity):
        self.m, self.n = prod(batch.shape), n
        self.least = MIN_WIDTH if batch.vectorized else 1
        if sparsity is None:
            self.coloring, self.values = None, batch.columns(batch.shape, n)
        else:
            self.coloring = color_columns(sparsity, (_length(batch.shape, batch.name), n))
            self.values = np.empty(len(self.coloring.rows))

    def fill(self, formula):
        """J by a formula: formula(seed) in its place for every seed, and where steps climb."""
        self._fill(formula)
        if (small := formula.small()).size:
            self._fill(formula.climb, small)
        lost = self._lost(formula) if formula.has_room else small[:0]
        if lost.size:
            self._fill(formula.climb_on, lost, again=True)
        self.climbed = small.size + lost.size > 0
        if self.coloring is None:
            return self.values
        pattern = self.coloring
        return SparseJacobian(pattern.rows, pattern.cols, self.values, pattern.shape)

    def _lost(self, formula):
        """The components by which some entry is lost."""
        if self.coloring is None:
            lost = formula.lost(self.values, np.arange(self.n), formula.noise[..., None])
            return np.flatnonzero(lost.reshape(-1, self.n).any(axis=0))
        rows, cols = self.coloring.rows, self.coloring.cols
        return np.unique(cols[formula.lost(self.values, cols, formula.noise[rows])])

    def _fill(self, formula, components=None, again=False):
        if self.coloring is None:
            seeds = dense_seeds(self.m, self.n, components, self.least)
        else:
            seeds = sparse_seeds(self.coloring, components)
        for seed in seeds:
            known = (self.values[..., seed.place],) if again else ()
            entries = formula(seed, *known)
            if self.coloring is None and len(seed.component) == self.n:
                self.values = entries  # all of them in one block
            else:
                self.values[..., seed.place] = entries


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
        raise ValueError(
            f"bounds must be a pair (lower, upper), each a number or an array; it is {bounds!r}"
        )
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
    if all(isinstance(part, tuple | list) for part in bounds) and len(x) == 2:
        pairs = np.asarray(bounds, float)
        if pairs[0, 1] != pairs[1, 0] and ((pairs[:, 0] <= x) & (x <= pairs[:, 1])).all():
            raise ValueError(
                f"bounds may be (lower, upper), or a pair for each component: {bounds!r}. Write "
                "(np.array(lower), np.array(upper))"
            )
    return Room(lower, upper)

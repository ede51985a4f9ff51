"""What all descents share: one loop that runs their steps, and what decides how it ends."""

from collections import deque
from dataclasses import dataclass

import numpy as np

from companion._shared.calls import evaluate
from companion._shared.floats import EPS, near_one, norm
from companion.results import History, Status, describe

# Armijo: the fraction of the promised decrease that a step must deliver.
SUFFICIENT = 1e-4

# How much of f its rounding may be.
NOISE = 1e4 * EPS

# Who is so many times farther away than the start was, or the first step led, has run away.
LOST = 1e50


@dataclass(frozen=True, eq=False)
class Iterate:
    """x with f and ∇f there.

    Attributes
    ----------
    x : array, shape (n,)
        The point.
    fun : float
        f(x).
    g : array, shape (n,)
        ∇f(x).
    epsilon : float
        The size of the step that led there.
    """

    x: np.ndarray
    fun: float
    g: np.ndarray
    epsilon: float = 0.0

    @property
    def is_finite(self):
        """Whether f and ∇f are finite here."""
        return bool(np.isfinite(self.fun) and np.isfinite(self.g).all())


def look(f, grad, x, epsilon=0.0, *, finite=False):
    """The iterate at x; with ``finite``, f and ∇f must be."""
    fun = value(f, x, "f", (), finite=finite)
    return Iterate(x, float(fun), value(grad, x, "grad", x.shape, finite=finite), epsilon)


def value(f, x, name, shape, *, finite=False):
    """f(x); NaN where x has overflowed and, unless it must be finite, where f raises an error.

    A function may say that it ends here by an error too: math.log does so.
    """
    if not np.isfinite(x).all():
        return np.full(shape, np.nan)

    def guarded(z):
        try:
            return f(z)
        except (ValueError, ArithmeticError) as error:
            if finite:
                raise ValueError(
                    f"{name} must have a value at x = {describe(x)}; it raised {error!r}"
                ) from error
            return np.full(shape, np.inf if isinstance(error, OverflowError) else np.nan)

    return evaluate(guarded, x, name, shape=shape, finite=finite)


@np.errstate(all="ignore")  # what overflows when iterates run away is looked at, not warned of
def iterate(step, f, grad, x0, tol, max_iter, project=lambda x: x, *, momentum=0.0):
    """Take steps from x0; the last finite point, how it ended, the path.

    A solver is its step: ``step(here, previous)`` estimates how far the answer is from `here`, and
    returns this distance and a function that makes the step. With ``momentum``, a path that turns
    may rest for a step: it stalls where it rests for two.

    The run has converged where that distance is at most tol times the larger of ‖x‖ and the
    distance travelled from x0: lengths that the problem itself supplies, in its own unit.
    """
    start = here = look(f, grad, x0, finite=True)
    previous, path, unit = None, History(), norm(x0)
    path.append(x0)

    def ending(status):
        if here.fun > start.fun and norm(here.g) > 1e3 * norm(start.g):
            return here, Status.DIVERGED, path
        if status is not Status.DIVERGED and is_rounding(grad, here, size, project):
            return here, Status.CONVERGED, path
        forever = _falls_forever(f, here, size, project)
        return here, Status.UNBOUNDED if forever else status, path

    while True:
        length = max(norm(here.x), norm(here.x - x0))
        size = length or 1.0  # for looks around; x₀ = 0 has no length to be within tol of
        if not here.g.any() or (previous is None and is_rounding(grad, here, size, project)):
            return here, Status.CONVERGED, path
        distance, move = step(here, previous)
        if distance <= tol * length:
            return here, Status.CONVERGED, path
        if path.count > max_iter:
            return ending(Status.MAX_ITER)
        there = move()
        moving = momentum > 0 and previous is not None and not np.array_equal(here.x, previous.x)
        if not moving and np.array_equal(there.x, here.x):
            return ending(Status.STALLED)
        if there.fun == -np.inf:
            return here, Status.UNBOUNDED, path
        if previous is None:
            unit = max(unit, norm(there.x - here.x))
        if not there.is_finite:
            # Overflow explains NaN where the iterates have run away; nearer, it is an error.
            if np.isnan([there.fun, *there.g]).any() and norm(there.x) <= 1e8 * unit:
                look(f, grad, there.x, finite=True)
            return ending(Status.DIVERGED)
        here, previous = there, here
        path.append(here.x)
        if norm(here.x) > LOST * unit:
            # Does f fall here as steeply as it has fallen, on the whole, on the way?
            falls = 0 < start.fun - here.fun < 1e3 * norm(here.g) * norm(here.x)
            return here, Status.UNBOUNDED if falls else Status.DIVERGED, path


class Gauge:
    """Estimates how far a critical point is: ‖g‖ over the smallest curvature seen of late.

    On a quadratic whose smallest eigenvalue in size is μ, ‖x − x*‖ ≤ ‖g‖/μ. An iterate sees the
    curvatures sᵀy/sᵀs, where s and y are the differences of x and g between here and each of the
    last ten iterates, and one from about half the run ago (where steps are short, rounding hides
    what neighbours differ by); and the smallest one in the plane of the last two steps. Spikes of
    g hide level directions: so what the last ten iterates have seen counts, and nothing before
    step n + 1 or the tenth: the first ones may all go down one steep side.

    References
    ----------
    S. Boyd and L. Vandenberghe, *Convex Optimization* (2004), equation 9.11.
    """

    def __init__(self):
        self.last, self.seen = deque(maxlen=10), deque(maxlen=10)
        self.count, self.half, self.next = 0, None, None

    def distance(self, x, g):
        """The estimate at x, the next iterate, where the gradient is g."""
        if self.last:
            points = [*self.last] if self.half is None else [self.half, *self.last]
            S, Y = (
                here - np.array(there)
                for here, there in zip((x, g), zip(*points, strict=True), strict=True)
            )
            seen = [*curvatures(S, Y), least_curvature(S[-2:], Y[-2:])]
            self.seen.append(min((abs(c) for c in seen if c != 0), default=np.inf))
        self.last.append((x, g))
        self.count += 1
        if self.count & (self.count - 1) == 0:  # a power of two
            self.half, self.next = self.next, (x, g)
        mu = min(self.seen, default=np.inf)
        return norm(g) / mu if self.count > min(len(x) + 1, 10) and mu < np.inf else np.inf


def curvatures(S, Y):
    """sᵀHs/sᵀs, the curvature along each row s of S, where the row y of Y is Hs; 0 where s = 0."""
    (S, lengths), (Y, changes) = near_one(S), near_one(Y)
    squares = (S * S).sum(axis=1)
    ratios = (S * Y).sum(axis=1) / np.where(squares > 0, squares, 1)
    return np.ldexp(ratios, changes - lengths)


def least_curvature(S, Y):
    """The smallest curvature in the plane of S's two rows s, where Y holds Hs; 0 where in doubt."""
    lengths = [norm(s) for s in S]
    if len(S) < 2 or min(lengths) == 0:
        return 0.0
    (q, p), (Hq, Hp) = ([v / length for v, length in zip(V, lengths, strict=True)] for V in (S, Y))
    along = p @ q
    q, Hq = q - along * p, Hq - along * Hp
    length = norm(q)
    if length <= np.sqrt(EPS):  # the two are parallel, to half of their digits
        return 0.0
    q, Hq = q / length, Hq / length
    a, b, c, d = p @ Hp, q @ Hq, p @ Hq, q @ Hp
    least = (a + b) / 2 - norm(np.array([a - b, c + d])) / 2
    # H is symmetric: what c and d differ by is rounding, or how H changes.
    return float(least) if abs(least) > abs(c - d) else 0.0


def trial(here, previous):
    """The ε to begin a search with: Barzilai and Borwein's sᵀs/sᵀy, or ten times the last.

    The first step is as long as x, or 1 where x = 0, which gives no unit.
    """
    if previous is None:
        epsilon = (norm(here.x) or 1.0) / norm(here.g)
    else:
        (c,) = curvatures(here.x[None] - previous.x, here.g[None] - previous.g)
        epsilon = min(1 / c, 100 * here.epsilon) if c > 0 else 10 * here.epsilon
    return min(epsilon, np.finfo(float).max)


def backtrack(f, grad, here, move, epsilon, highest):
    """Halve ε until f at move(ε) is below `highest` by 10⁻⁴ ‖s‖²/ε, where s = move(ε) − x.

    So are steps halved that leave the domain of f. Where the fall may be lost in the rounding of
    f, the trapezoidal rule along s shows it. Returns `here` where no step falls.
    """
    while True:
        x = move(epsilon)
        s = x - here.x
        if not s.any():
            return here
        fun = float(value(f, x, "f", ()))
        enough = SUFFICIENT * norm(s) * (norm(s) / epsilon)
        falls = highest - fun >= enough
        if falls or abs(here.fun - fun) <= NOISE * abs(here.fun):
            there = Iterate(x, fun, value(grad, x, "grad", x.shape), epsilon)
            falls = falls or _gradients_show(here, there, enough)
            if falls and (there.is_finite or fun == -np.inf):
                return there
        epsilon /= 2


def _gradients_show(here, there, enough):
    """Whether f falls enough by the trapezoidal rule, but for the rounding of s, and is convex."""
    s, slope = there.x - here.x, norm(here.g)
    falls = EPS * norm(here.x) * slope - (here.g / 2 + there.g / 2) @ s >= enough
    return bool(falls and (there.g - here.g) @ s >= 0)


def is_rounding(grad, here, size, project):
    """Whether a step as long as `size` leads no farther than rounding explains.

    That is, than −∇f would lead if each x_i were a few units of rounding larger or smaller.
    """
    epsilon = size / norm(here.g)
    nearby = here.x + 4 * EPS * np.abs(here.x) * np.sign(here.g)
    change = norm(value(grad, nearby, "grad", nearby.shape) - here.g)
    moved = norm(project(here.x - epsilon * here.g) - here.x)
    return bool(moved <= epsilon * change + 4 * EPS * norm(here.x) and change < np.inf)


def _falls_forever(f, here, size, project):
    """Whether f falls at each look farther along −∇f, by 10¹⁰⁰ times what ∇f promises at first.

    Or until x overflows.
    """
    ahead, lowest = -size * (here.g / norm(here.g)), here.fun
    for length in 10.0 ** np.arange(0, 201, 10):
        x = here.x + length * ahead
        if not np.isfinite(x).all():
            return length > 1
        fun = value(f, project(x), "f", ())
        if not fun < lowest:
            return False
        if fun == -np.inf or here.fun - fun > 1e100 * size * norm(here.g):
            return True
        lowest = fun
    return False

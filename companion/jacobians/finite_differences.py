"""Difference quotients: where to evaluate f, and how to make the most of its values.

A difference with step h has two errors. Truncation grows with h; rounding, about eps ``|f|`` / h,
shrinks with it. Steps are therefore a small multiple of the *scale* of x_j, the distance over which
f is expected to change:

1. The scale of x_j is ``|x_j|``; for x_j = 0, which has no unit, it is the largest ``|x_i|``, or
   1 if that is smaller or 0. It is no more than the distance from x_j to a bound, unless x_j stands
   on the bound.
2. Forward differences step eps^(1/2) of the scale (eq:forward-error), central ones eps^(1/3);
   Richardson's table starts at a fifth of it.
3. Where the scale is below a thousandth of the largest ``|x_i|``, rounding may drown the
   difference: 1 + h = 1. There the step climbs, some 30-fold at a time, and each entry takes the
   step whose value agrees best with that of the next (`extrapolation.most_trusted`).
4. All of x may be small beside what f changes over: in sin(1 + x) at 1e-9. The values of f tell:
   where an entry times the scale is below a thousandth of f, rounding may drown it. Only there the
   step climbs on, as long as what it finds lies within what rounding did to the step before
   (`extrapolation.emerge`), until it is a share of 1. Where f stands still within a share of
   10⁻⁸ of x, it climbs as in 3.
5. What stands still on short steps may be flat, or too coarse to show its slope. A coarse f stands
   still on short steps far from x, too, and long ones agree on its slope; otherwise it is flat.

So x in another unit gives the same shares of x as steps, and all that is not lost comes out the
same, to the last bit if the units differ by a power of two and no x_j is 0. What is lost is found
better where all ``|x_i|`` are below 1, and never worse than rounding leaves it at its first step.
"""

from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise

import numpy as np

from companion._shared.floats import EPS
from companion.jacobians.extrapolation import MARGIN, emerge, extrapolate, most_trusted

# The last is irrational, so that the steps are no whole periods of f where x is.
UNIT = {"forward": EPS ** (1 / 2), "central": EPS ** (1 / 3), "richardson": (5**0.5 - 1) / 6}
SMALL, CLIMB = 1e-3, 30.0
SMALLEST_SCALE = 1e-300


class Room:
    """The box that no evaluation leaves: lower <= x <= upper, or all of Rⁿ."""

    def __init__(self, lower=-np.inf, upper=np.inf):
        self.lower, self.upper = lower, upper
        self.bounded = bool(np.isfinite(lower).any() or np.isfinite(upper).any())

    def sides(self, x):
        """The distances from x down to the lower bound and up to the upper one."""
        return x - self.lower, self.upper - x

    def clip(self, x):
        """The nearest point of the box."""
        return np.minimum(np.maximum(x, self.lower), self.upper) if self.bounded else x


@dataclass(frozen=True)
class Nodes:
    """Where each component is moved to: (f(first) − f(second)) / (first − second) is a quotient.

    `one_sided` components have no room for second = x − h. A central difference takes
    second = x + 2h there, and a formula of the same order.
    """

    first: np.ndarray
    second: np.ndarray
    one_sided: np.ndarray


def scales(x, room):
    """The scale of each component, and the scale at which climbing ends: (n,) and a number.

    >>> scale, top = scales(np.array([0.5, 0.0, 1e-8]), Room())
    >>> print(scale, top)
    [5.e-01 5.e-01 1.e-08] 0.5
    """
    size = np.abs(x)
    top = max(size.max() or 1.0, SMALLEST_SCALE)
    scale = np.where(size > 0, size, min(1.0, top))
    if room.bounded:
        for side in room.sides(x):
            scale = np.where(side > 0, np.minimum(scale, side), scale)
    return np.maximum(scale, SMALLEST_SCALE), top


def growing(scale, top):
    """The scale, and ever larger ones up to the top: thirtyfold at first, and nine at most.

    >>> print(*growing(np.array([1.0, 1e-3]), 1.0))
    [1.    0.001] [1.   0.03] [1.  0.9] [1. 1.]
    """
    for _ in range(3):
        yield scale
        scale = np.minimum(CLIMB * scale, top)
    (high, high_exponent), (low, low_exponent) = np.frexp(top), np.frexp(scale)
    rise = np.log(high / low) + np.log(2) * (high_exponent - low_exponent)  # of top over scale
    count = min(5, int(np.ceil(rise.max() / np.log(CLIMB))))
    for k in range(count):
        root = np.exp(rise * k / count / 2)
        yield np.minimum(scale * root * root, top)
    yield np.full_like(scale, top)


def reach(scale, top, small=SMALL):
    """How far the steps went: as far as the scale, or up to the top where that is small."""
    return np.where(scale < small * top, top, scale)


def lost(entries, reach, noise, small=SMALL):
    """Which entries rounding may drown: over the reach they change f by a small share of it.

    Parameters
    ----------
    entries : array
        Derivatives by differences.
    reach : array
        The scale that the step of each was a share of; of second derivatives, the two scales'
        product.
    noise : array
        What rounding does to f, with its margin, divided by eps: ``|f|`` at least.
    small : float
        The share.
    """
    return MARGIN * np.abs(entries) * reach <= small * noise


def place(x, h, room, method):
    """The nodes of a difference with steps h > 0: as wide as the room allows, and distinct."""
    # On the coarser side of x first, so that x + h and x − h are both exact.
    h, one_sided = np.copysign(h, x), np.full(len(x), method == "forward")
    if room.bounded:
        h, one_sided = _inward(x, np.abs(h), room, method)
    first = room.clip(x + h)
    h = first - x
    if not h.all():
        j = np.flatnonzero(h == 0)[0]
        raise ValueError(
            f"step must change x; it is lost beside x[{j}] = {x[j]:g}, "
            "or bounds leave no room there"
        )
    second = x - h
    if one_sided.any():
        second = np.where(one_sided, x + 2 * h if method == "central" else x, second)
    return Nodes(first, room.clip(second), one_sided)


def _inward(x, h, room, method):
    """Signed steps that stay in the room, and which of them have none on the other side."""
    down, up = room.sides(x)
    reach = 2 if method == "central" else 1
    h = np.minimum(h, np.maximum(down, up) / reach)
    one_sided = (np.minimum(down, up) < h) | (method == "forward")
    inward = np.where(up >= h * reach, 1.0, -1.0)
    return np.where(one_sided, inward, np.where(x < 0, -1.0, 1.0)) * h, one_sided


class Differences:
    """Quotients of f around x: called with a `Seed`, gives its entries of the Jacobian.

    The difference may be forward, central (eq:central-difference), or Richardson's.

    Parameters
    ----------
    batch : Batch
        f on columns.
    x : array, shape (n,)
        The point.
    F0 : array
        f(x).
    room : Room
        The box that no evaluation leaves.
    method : str
        "forward", "central" or "richardson".
    step : array, shape (n,), optional
        By default a multiple of the scale of each component.
    scale_and_top : tuple, optional
        What `scales` says of x, where it has been asked already.
    noise : callable, optional
        Returns what rounding does to f, with a margin, shape of F0; asked where steps may climb.
    """

    def __init__(self, batch, x, F0, room, method, step=None, scale_and_top=None, noise=None):
        self.batch, self.x, self.F0, self.room = batch, x, F0, room
        self.method, self.step, self._noise = method, step, noise
        self.scale, self.top = scale_and_top or scales(x, room)
        self.reach = reach(self.scale, self.top)
        self.has_room = step is None and (self.reach < SMALL).any()  # to climb on
        self.nodes = self._nodes(self.scale)

    @cached_property
    def noise(self):
        """What rounding does to f, with a margin: shape of F0."""
        return self._noise()

    def __call__(self, seed):
        return self._quotient(seed, self.nodes)[0]

    def small(self):
        """The components whose scale is so small that the step should climb."""
        climbs = self.scale < SMALL * self.top if self.step is None else np.zeros(0)
        return np.flatnonzero(climbs)

    def climb(self, seed):
        """The same for small scales: each entry by the step that can be trusted most."""
        return self._trusted(seed, self.scale, self.top)

    def _trusted(self, seed, scale, top):
        nodes, values, errors = list(map(self._nodes, growing(scale, top))), [], []
        for step in nodes:
            try:
                value, error = self._quotient(seed, step)
            except (ValueError, ArithmeticError):
                if not values:
                    raise
                break  # f has no values so far away
            values.append(value)
            errors.append(error())
        if (values[0] == 0).any():
            try:
                self._confirm(seed, nodes, values, errors)
            except (ValueError, ArithmeticError):
                values = values[:1]
        order = 1 if self.method == "forward" else 2
        return most_trusted(lambda k: (values[k], lambda: errors[k]), range(len(values)), order)

    def _confirm(self, seed, nodes, values, errors):
        """Make 0 what longer steps find where f stands still on short ones, if it is flat there.

        It might be too coarse to show a slope. It is flat where it moves steadily farther away, by
        steps as short as those on which it stands still here, as behind a kink. And what it does
        farther away is a slope only once two neighbouring steps agree on it, by a factor of 2; on
        that of the longest, one of a quarter of it.
        """
        last = nodes[len(values) - 1]
        n_still = np.logical_and.accumulate([value == 0 for value in values]).sum(axis=0)
        unsure, flat = n_still > 0, False
        for k in np.unique(n_still[unsure & (n_still < len(values))]):
            flat |= (n_still == k) & self._moves_steadily(seed, nodes[k], nodes[k - 1])
        first, second = (self.x + (end - self.x) / 4 for end in (last.first, last.second))
        quarter, _ = self._quotient(seed, Nodes(first, second, last.one_sided))
        for k, (value, other) in enumerate(pairwise([*values, quarter])):
            with np.errstate(all="ignore"):
                agree = np.abs(other - value) <= np.minimum(np.abs(value), np.abs(other))
            unsure = unsure & (flat | (value == 0) | ~agree)
            values[k] = np.where(unsure, 0.0, value)
            errors[k] = np.where(unsure, np.inf, errors[k])

    def _moves_steadily(self, seed, far, near):
        """Which entries move on, each time, by three short steps back from an end of a long one."""
        steady, share = False, (near.first - self.x) / (far.first - self.x) / 64
        for end in (far.first, far.second):
            points = [end + k * share * (self.x - end) for k in range(4)]
            with np.errstate(all="ignore"):
                values = [np.array(F) for F in seed.sample(self.batch, self.x, *points)]
                change = np.diff(values, axis=0)
            steady = steady | (change > 0).all(axis=0) | (change < 0).all(axis=0)
        return steady

    def lost(self, entries, column, noise):
        """Which entries rounding may drown although the steps are a share of all of x."""
        reach = self.reach[column]
        return (reach < SMALL) & lost(entries, reach, noise / self.batch.eps)

    def climb_on(self, seed, entries):
        """The entries, and where these are lost better ones by steps that are longer than x."""

        def unit(nodes):
            h = np.abs(nodes.first - self.x)[seed.column]
            return h / 8 if self.method == "richardson" else h  # where its best step may be

        def difference(nodes):
            longer, error = self._quotient(seed, nodes)
            return longer, unit(nodes), MARGIN * error() if self.method == "richardson" else 0.0

        noise = seed.center(self.noise)
        lost = self.lost(entries, seed.column, noise)
        if (still := lost & np.isinf(noise)).any():
            entries = np.where(still, self._trusted(seed, self.scale, 1.0), entries)
        first, *longer = map(self._nodes, growing(self.reach, 1.0))
        return emerge(difference, longer, entries, unit(first), noise, lost & ~still)

    def _nodes(self, scale):
        if self.step is not None:
            return place(self.x, self.step, self.room, self.method)
        h = UNIT[self.method] * scale
        if self.room.bounded:  # a bound close by must leave a few units in the last place of x
            h = np.maximum(h, 4 * np.spacing(np.abs(self.x)))
        return place(self.x, h, self.room, self.method)

    def _quotient(self, seed, nodes):
        """The entries of a seed, and a function that estimates their error."""
        with np.errstate(all="ignore"):
            if self.method == "richardson":
                return self._extrapolated(seed, nodes)
            points = (nodes.first,) if self.method == "forward" else (nodes.first, nodes.second)
            F, C = seed.sample(self.batch, self.x, *points), seed.center(self.F0)
            h = (nodes.first - self.x)[seed.column]
            D = (forward if self.method == "forward" else central)(*F, C, h)
            if self.method == "central" and nodes.one_sided.any():
                D = np.where(nodes.one_sided[seed.column], inward(*F, C, h), D)
            return D, partial(self._doubt, F[0], F[-1] if len(F) > 1 else C, h)

    def _extrapolated(self, seed, nodes):
        """Central differences at ever shorter steps; forward ones where there is room for these."""
        offsets = nodes.first - self.x, nodes.second - self.x

        def difference(rung):
            first, second = (self.x + offset / 2**rung for offset in offsets)
            A, B = seed.sample(self.batch, self.x, first, second)
            h = (first - second)[seed.column]
            return forward(A, B, h), partial(self._rounding, A, B, h)

        best, least = extrapolate(difference, np.where(nodes.one_sided, 2.0, 4.0)[seed.column])
        return best, lambda: least

    def _rounding(self, A, B, h):
        """A bound for the error of a quotient by h that comes from rounding A and B, with a margin.

        Where f does not move, its values may be rounded more coarsely than they show, as 1 − cos x
        is.
        """
        size, stuck = np.abs(A), A == B
        np.maximum(size, np.abs(B), out=size)
        if stuck.any():
            np.copyto(size, 1001 * size + 4, where=stuck)
        size *= 16 * self.batch.eps / np.abs(h)
        return size

    def _doubt(self, A, B, h):
        """The same, but infinite where f does not move: its slope is unknown."""
        return np.where(A == B, np.inf, self._rounding(A, B, h))


def forward(A, C, h):
    """(f(x + h) − f(x)) / h = f′ + O(h) (eq:forward-error), of A = f(x + h) and C = f(x)."""
    return (A - C) / h


def central(A, B, C, h):
    """(f(x + h) − f(x − h)) / 2h = f′ + O(h²) (eq:central-difference), of A and B = f(x − h)."""
    return (A - B) / (2 * h)


def inward(A, B, C, h):
    """The same order where there is room on one side only, of A and B = f(x + 2h)."""
    return (4 * (A - C) - (B - C)) / (2 * h)

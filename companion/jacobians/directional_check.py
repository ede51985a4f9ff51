"""Does J v agree with what f does along v? No derivative by steps is believed before it does.

Measure: f on a line through x, along one direction v that moves every component by its scale, on
both sides of x, at steps from an eighth of v down to where rounding prevails. Differences of these
values are extrapolated to t = 0, on each side for itself, and the steps tell how far to trust them
(`limit`). Judge: the two sides must agree, or f has a kink at x, and J v must lie between them.
Word: what contradicts J, and what to try.

One line is no proof. A kink or a jump farther away than the steps of the method does no harm and
is not looked for, and an error of J that is 0 along v is not seen.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from companion._shared.floats import EPS
from companion.jacobians.extrapolation import MARGIN
from companion.jacobians.finite_differences import scales
from companion.results import describe

EXPONENTS = np.array([3, 6, 10, 15, 21, 27, 33, 44])  # f is evaluated at t = 2^−3, 2^−6, …
DIGITS = 2.0**-10  # three digits of a derivative: how far off one by steps may be
FLAT = 1e-6  # where it is 0, the same as a share of what f does farther away


@dataclass(frozen=True, eq=False)
class Line:
    """f at x, and on the line through x along v.

    Attributes
    ----------
    batch, x, v
        f on columns, the point, and the direction.
    sides : array
        [1, −1], or [1] where there is no room behind x.
    t : array, shape (K,)
        The steps, the longest first.
    F0 : array
        f(x); of m values, say.
    rise : array, shape (sides, K, m)
        f(x ± tv) − f(x).
    """

    batch: object
    x: np.ndarray
    v: np.ndarray
    sides: np.ndarray
    t: np.ndarray
    F0: np.ndarray
    rise: np.ndarray

    @property
    def inside(self):
        """The longest of the steps at which f is finite."""
        return min(int(np.argmax(np.isfinite(self.rise).all(axis=(0, 2)))), len(self.t) - 3)

    @property
    def still(self):
        """Which values of f do not move at all on the line: shape of f(x)."""
        return (self.rise == 0).all(axis=(0, 1)).reshape(self.F0.shape)

    def noise(self):
        """What rounding does to f, by its size and as the shortest steps show: shape of f(x).

        It is unknown, infinite, where f stands still on the shortest of them.
        """
        rise, share = self.rise[:, -3:], self.t[-2:] / self.t[-3:-1]
        with np.errstate(all="ignore"):
            uneven = np.abs(rise[:, 1:] - rise[:, :-1] * share[:, None]).max(axis=(0, 1))
            if len(self.sides) == 2:
                uneven = np.maximum(uneven, np.abs(rise.sum(axis=0)).max(axis=0))
        still = (rise == 0).all(axis=(0, 1))
        noise = np.where(still, np.inf, MARGIN * uneven).reshape(self.F0.shape)
        return noise + MARGIN * self.batch.eps * np.abs(self.F0)

    def contradicts(self, slope, promise=DIGITS):
        """Where chords differ from a slope in its first three digits: short ones on any side.

        Longer ones, of both sides together, would see f move in steps; extrapolated, they tell
        more digits, where those are promised.
        """
        with np.errstate(all="ignore"):
            chord = self.sides[:, None, None] * self.rise[:, 2:6] / self.t[2:6, None]
            chord[:, :2] = chord[:, :2].mean(axis=0)
            chord -= slope
            size = np.abs(slope)
            agrees = (np.abs(chord) <= DIGITS * size).all(axis=(0, 1))
            if promise < DIGITS:
                long, short = chord[0, :2]
                share = 1 / ((self.t[2] / self.t[3]) ** len(self.sides) - 1)
                agrees &= np.abs(short + share * (short - long)) <= promise * size
            return ~agrees | (slope == 0) & (self.rise[:, 0] != 0).any(axis=0)

    def evidence(self, which):
        """What is known of some values of f: shape (m,) of bool."""
        rise, size = self.rise[:, :, which], np.abs(self.F0.reshape(-1)[which])
        with np.errstate(all="ignore"):
            known = (
                MARGIN
                * self.batch.eps
                * np.maximum(size, np.abs(self.F0.reshape(-1)[which] + rise))
            )
            noise = known + MARGIN * _raggedness(self.t, rise, known[0, -1])
            noise += _coarseness(self, rise, noise, which)
        return Evidence(self, rise, np.where(np.isfinite(rise), noise, np.inf))


@dataclass(frozen=True, eq=False)
class Evidence:
    """How some values of f change from x on, and how well that is known.

    Attributes
    ----------
    line : Line
        The line.
    rise : array, shape (sides, K, m)
        f(x ± tv) − f(x).
    noise : array, shape (sides, K, m)
        What rounding may do to these.
    """

    line: Line
    rise: np.ndarray
    noise: np.ndarray

    @property
    def movement(self):
        """The largest slope of long chords, beyond rounding."""
        k = self.line.inside
        seen = (np.abs(self.rise) - 2 * self.noise)[:, k : k + 2] / self.line.t[k : k + 2, None]
        return max(0.0, seen[np.isfinite(seen)].max(initial=0.0))

    def rounding(self, step, order=1):
        """What rounding does to a difference of this order and step, a share of v: shape (m,).

        Without a step, to the difference whose step suits it best.
        """
        noise = self.noise.max(axis=0)
        if step is None:
            return (noise / self.line.t[:, None] ** order).min(axis=0)
        return noise[(self.line.t > step).sum()] / step**order

    def derivative(self, order):
        """That of order 1 or 2 along v, and its error: for t > 0, for t < 0, and for both together.

        Shape (1 or 3, m). Together, odd powers of t cancel, if there is no kink at x.
        """
        t = self.line.t
        chord = self.line.sides[:, None, None] * self.rise / t[:, None]
        noise = self.noise / t[:, None]
        if order == 1:
            one = chord, noise, t
            both = chord.mean(axis=0), noise.max(axis=0)
        else:
            apart = -np.diff(t)[:, None] / 2 * self.line.sides[:, None, None]
            one = (
                -np.diff(chord, axis=1) / apart,
                (noise[:, 1:] + noise[:, :-1]) / np.abs(apart),
                t[1:] + t[:-1],
            )
            both = (chord[0] - chord[-1]) / t[:, None], noise.sum(axis=0) / t[:, None]
        # f at x is no better known than x itself: a slope is uncertain by the bend times that.
        x, v = self.line.x, self.line.v
        blur = np.max(np.spacing(np.abs(x[v != 0])) / np.abs(v[v != 0]), initial=EPS)
        value, error, change = limit(*one)
        if len(chord) == 2:
            more = limit(both[0][None], both[1][None], t**2)
            value, error = np.concatenate([value, more[0]]), np.concatenate([error, more[1]])
        return value, error + MARGIN * blur * np.abs(change).max(axis=0)


def measure(batch, x, room, scale=None, v=None):
    """f on the line through x along v, or along a v that moves every component by its scale."""
    finest = EXPONENTS[-1]
    if v is None:
        v = direction(len(x)) * (scales(x, room)[0] if scale is None else scale)
    else:
        finest = 33  # so that v is what was asked for, to the precision of x at the shortest step
    sides = np.array([1.0, -1.0])
    if room.bounded:
        down, up = room.sides(x)
        if ((down == 0) | (up == 0)).any():  # there the line leaves x to one side
            sides, v = sides[:1], np.where(up == 0, -np.abs(v), np.where(down == 0, np.abs(v), v))
    t, v = _representable(x, v, finest)
    steps = np.append(0.0, np.multiply.outer(sides, t))
    X = room.clip(x + np.multiply.outer(steps, v))
    F = batch(X.T)
    shape = F.shape[:-1]
    F = np.ascontiguousarray(F.reshape(-1, len(steps)).T)
    for k in (0, *range(len(t), len(steps), len(t))):
        if not np.isfinite(F[k]).all():
            raise ValueError(
                f"{batch.name} must return finite values; at x = {describe(X[k])} "
                f"it returned {describe(F[k].reshape(shape))}"
            )
    with np.errstate(all="ignore"):
        rise = (F[1:] - F[0]).reshape(len(sides), len(t), -1)
    return Line(batch, x, v, sides, t, F[0].reshape(shape), rise)


def _representable(x, v, finest):
    """Steps t and a v such that all x + tv are exact: what does not move far enough stays."""
    bits = np.frexp(v)[1] - np.frexp(np.spacing(np.abs(x)))[1] - 2
    v = np.where(bits >= EXPONENTS[0] + len(EXPONENTS), v, 0.0)
    least = bits[v != 0].min(initial=finest)
    exponents = EXPONENTS
    if least < EXPONENTS[-1]:  # beside a bound x has few digits left
        exponents = np.round(np.linspace(EXPONENTS[0], least, len(EXPONENTS)))
    t = 2.0**-exponents
    return t, ((x + t[-1] * v) - x) / t[-1]


def _raggedness(t, rise, known):
    """By how much f misses a straight line on the shortest steps on which it moves at all.

    If it is a jump, it is the same on all of them, and no rounding. If f does not move although
    its precision would show it, it moves in steps.
    """
    share = t[1:] / t[:-1]
    last, before = (np.abs(rise[:, k] - rise[:, k - 1] * share[k]).max(axis=0) for k in (-1, -2))
    stuck = (rise == 0).all(axis=0)
    least = np.where(rise == 0, np.inf, np.abs(rise)).min(axis=0)
    for k in (-1, -2):
        step = stuck[k] & (least[k - 1] * share[k] > known) & np.isfinite(least[k - 1])
        before = np.where(step, np.maximum(before, least[k - 1]), before)
    ragged = np.where(stuck[-1], before, last)
    short = rise[:, -5:]
    jump = np.abs(short).max(axis=(0, 1))
    steady = (np.ptp(short, axis=1) <= jump / 10).all(axis=0) & (jump > 2 * known)
    return np.where(steady | ~np.isfinite(ragged), 0.0, ragged)


def _coarseness(line, rise, noise, which):
    """The least change of f beyond a straight line, where f or a part of it moves in steps.

    Close to x such an f has another slope than farther away, where slopes agree; close to another
    point of the line it has the same one again. Behind a kink, and where f bends, it has not.
    """
    t = line.t
    chord, uncertain = rise / t[:, None], 2 * (noise / t[:, None])[:, -2]
    short, long = chord[:, -2], chord[:, 1:4]
    off = np.abs(long - short[:, None])
    agree = 2 * np.abs(np.diff(chord[:, :4], axis=1))
    doubtful = (off > uncertain[:, None] + agree).any(axis=1)
    if not doubtful.any():
        return np.zeros(rise.shape[-1])
    ends = np.multiply.outer(line.sides, t[0] - np.array([0.0, t[-2]]))
    X = line.x + np.multiply.outer(ends.ravel(), line.v)
    F = line.batch(X.T).reshape(-1, *ends.shape)[which]
    local = ((F[..., 0] - F[..., 1]) / t[-2]).T
    again = (doubtful & (np.abs(local - short) <= uncertain + off.max(axis=1) / 1e3)).any(axis=0)
    beyond = np.abs(rise - short[:, None] * t[:, None])
    least = np.where(beyond > noise + uncertain[:, None] * t[:, None], beyond, np.inf)
    least = least.min(axis=(0, 1))
    return np.where(again & np.isfinite(least), least, 0.0)


def limit(Q, noise, t):
    """The limit of Q(t) = Q₀ + ct + … as t → 0, and its error, from values at ever shorter steps.

    Neighbours are extrapolated to 0. What a value differs from that of the next shorter steps is
    its truncation; noise is added. Long steps have less noise and more truncation. Of all values
    whose interval meets those of all shorter steps, the one with the least error is taken: what
    shorter steps contradict was good by chance, or f is another function there.

    Parameters
    ----------
    Q, noise : arrays, shape (sides, K, m)
        The values and bounds of their rounding errors.
    t : array, shape (K,)
        The steps, falling.

    Returns
    -------
    value, error, change : arrays, shape (sides, m)
        The limits, their errors, infinite where nothing is known, and c.

    Examples
    --------
    >>> t = 2.0 ** -np.arange(3, 30, 3)
    >>> Q = (np.exp(t) - 1) / t
    >>> value, error, _ = limit(Q[None, :, None], 2e-16 / t[None, :, None], t)
    >>> print(f"{value.item():.9f} {error.item():.0e}")
    1.000000000 1e-10

    References
    ----------
    O. V. Lepski, "On a Problem of Adaptive Estimation in Gaussian White Noise", Theory of
    Probability and its Applications 35 (1991).
    """
    with np.errstate(all="ignore"):
        share = (1 / (t[:-1] / t[1:] - 1))[:, None]
        value, error = Q.copy(), noise.copy()
        value[:, :-1] = Q[:, 1:] + share * (Q[:, 1:] - Q[:, :-1])
        error[:, :-1] = noise[:, 1:] + share * (noise[:, 1:] + noise[:, :-1])
        gap = 2 * np.abs(np.diff(value, axis=1))
        error[:, :-1] += gap
        error[:, -1:] += gap[:, -1:]
        error[~(np.isfinite(value) & np.isfinite(error))] = np.inf
        value[~np.isfinite(value)] = 0.0
        low = np.maximum.accumulate((value - error)[:, ::-1], axis=1)[:, ::-1]
        high = np.minimum.accumulate((value + error)[:, ::-1], axis=1)[:, ::-1]
        meets = (value - error <= high) & (value + error >= low)
        change = np.diff(Q, axis=1) / np.diff(t)[:, None]
        change = np.nan_to_num(np.concatenate([change, change[:, -1:]], axis=1))
    best = np.where(meets, error, np.inf).argmin(axis=1)[:, None]
    return tuple(np.take_along_axis(a, best, axis=1)[:, 0] for a in (value, error, change))


@dataclass(frozen=True)
class Doubt:
    """Why a derivative along v is not believed.

    Attributes
    ----------
    kind : str
        "kink": f has no derivative at x; "wrong": it has another one; "digits": the steps lose it
        to rounding.
    place : tuple
        Which value of f.
    seen, error : float
        The derivative along v, as f shows it, and how well that is known.
    claimed : float
        The derivative along v, as it was given.
    """

    kind: str
    place: tuple
    seen: float
    error: float
    claimed: float


def judge(
    line,
    claimed=None,
    order=1,
    promise=DIGITS,
    terms=0.0,
    rounding=None,
    together=False,
    cancels=False,
):
    """None, or the `Doubt` that a claimed derivative along v leaves.

    Two numbers decide, of each value of f: how far the claim is from what is seen, and by how much
    it may be: the error of what is seen, the share that the method promises, and what rounding
    explains, where that is little beside the movement of f.

    Parameters
    ----------
    line : Line
        What was measured.
    claimed : array, shape of f(x), optional
        The derivative to be judged. Without it, only a kink is a doubt.
    order : int
        1 for a slope, 2 for a bend.
    promise : float
        The relative error that the method promises.
    terms : float
        What the parts of the claim amount to, where the promise is about these and they cancel.
    rounding : callable, optional
        What rounding may do to the claim, where it was found by differences: a function of the
        `Evidence`.
    together : bool
        Whether all values of f have one size, that of the largest.
    cancels : bool
        Whether rounding errors of the claim may cancel along v, and be larger elsewhere.
    """
    doubtful, believed = np.full(line.F0.size, True), 0.0  # the largest slope that is beyond doubt
    if claimed is not None:
        claimed = claimed.reshape(-1)
        if order == 1:
            doubtful = line.contradicts(claimed, promise)
            if not doubtful.any():
                return None
            believed = np.abs(claimed[~doubtful]).max(initial=0.0)
    seen = line.evidence(doubtful)
    with np.errstate(all="ignore"):
        value, error = seen.derivative(order)
        best = error.argmin(axis=0)[None]
        middle, err = (np.take_along_axis(a, best, axis=0)[0] for a in (value, error))
        claimed = middle if claimed is None else claimed[doubtful]
        size = np.abs(value).max(axis=0)
        kink = np.ptp(value[:2], axis=0) > error[:2].sum(axis=0) + DIGITS * size
        size, gap = np.maximum(np.abs(claimed), np.abs(middle)), np.abs(claimed - middle)
        movement = max(seen.movement, (np.abs(middle) - err).max(), believed)
        size = np.maximum(size, terms)
        may = err if rounding else MARGIN * err  # of what is exact, nothing else explains a gap
        may = may + promise * (max(size.max(), believed) if together else size)
        may += np.where(np.abs(middle) <= err, FLAT * movement, 0.0)
        wrong, lost = gap > may, np.zeros(len(gap), bool)
        if rounding is not None:
            explained = rounding(seen)
            wrong = gap > may + explained
            if movement > 0:
                lost = gap > may + np.minimum(explained, DIGITS * movement)
                lost |= err > movement / 128
                if cancels:
                    lost |= (explained > movement / 64) & (claimed != 0)
    for kind, which in (("kink", kink), ("wrong", wrong), ("digits", lost)):
        if which.any():
            i = int(np.argmax(which))
            place = np.unravel_index(np.flatnonzero(doubtful)[i], line.F0.shape)
            numbers = float(middle[i]), float(err[i]), float(claimed[i])
            return Doubt(kind, tuple(map(int, place)), *numbers)
    return None


@lru_cache(maxsize=4)
def direction(n):
    """Signs at random, and sizes between 0.3 and 1; always the same for the same n."""
    rng = np.random.default_rng(0)
    return rng.choice([-1.0, 1.0], n) * rng.uniform(0.3, 1.0, n)

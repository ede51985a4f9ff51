"""Does J v agree with what f does along v? No Jacobian by steps is believed before it does."""

from functools import lru_cache
from math import sqrt

import numpy as np

from companion.finite_differences import EPS, UNIT, scales
from companion.results import describe

SHRINK = 2.0**12

# Where on the line f is evaluated, and what makes differences of these values: in the rows,
# the first and the second difference at a distance of 1, and both at a distance of 8. Where there
# is room on one side only, they are those of the parabola through the values at 0, t and 2t.
TWO_SIDED = np.array([0.0, 1, -1, 8, -8])
TWO_SIDED_DIFFERENCES = np.array(
    [[0, 1 / 2, -1 / 2, 0, 0], [-2, 1, 1, 0, 0], [0, 0, 0, 1 / 2, -1 / 2], [-2, 0, 0, 1, 1]]
)
ONE_SIDED = np.array([0.0, 1, 2, 8, 16])
ONE_SIDED_DIFFERENCES = np.array(
    [[-3 / 2, 2, -1 / 2, 0, 0], [1, -2, 1, 0, 0], [-3 / 2, 0, 0, 2, -1 / 2], [1, 0, 0, -2, 1]]
)


class Line:
    """f at x and at four more points on a line through x, along a v that moves every component.

    Along v the first differences of a smooth f grow like t or faster, and its second differences
    like t² or faster. Across a jump neither grows; beside a kink the second differences grow like
    t.

    Parameters
    ----------
    batch : Batch
        f on columns.
    x : array, shape (n,)
        The point.
    room : Room
        The box that no evaluation leaves. In a box the line leaves x to one side.
    shrink : float
        How many times shorter than usual v is; longer, if less than 1.
    scale : array, shape (n,), optional
        The scales of x, where they are known.

    Attributes
    ----------
    F0 : array
        f(x).
    v : array, shape (n,)
        The direction, and the shortest distance along it.
    slope, bend, far_slope, far_bend : arrays
        The first and second differences of f along v, and along 8v.
    """

    def __init__(self, batch, x, room, shrink=1.0, scale=None):
        self.batch, self.x, self.room = batch, x, room
        self._last = None, None
        scale = scales(x, room)[0] if scale is None else scale
        v, t, differences = direction(len(x)) * scale, TWO_SIDED, TWO_SIDED_DIFFERENCES
        v *= UNIT["central"] / shrink
        if room.bounded:
            down, up = room.sides(x)
            v = np.where(up >= down, 1.0, -1.0) * np.minimum(np.abs(v), np.maximum(down, up) / 16)
            t, differences = ONE_SIDED, ONE_SIDED_DIFFERENCES
        for shorter in (1, 64):
            self.v = (x + v / shorter) - x
            X = room.clip(x + t[:, None] * self.v)
            F = batch(X.T.copy(), copy=False)
            F = F.transpose(-1, *range(F.ndim - 1)).copy()  # its values at a point are a row now
            if (all_finite := np.isfinite(F).all()) or not np.isfinite(F[0]).all():
                break
        if not all_finite:
            k = next(k for k in range(len(t)) if not np.isfinite(F[k]).all())
            raise ValueError(
                f"{batch.name} must return finite values; at x = {describe(X[k])} "
                f"it returned {describe(F[k])}"
            )
        self.F0, self.A, self.beside = F[0], F[1], X[1, :, None]
        away = F - F[0]
        D = differences @ away.reshape(len(t), -1)
        self.slope, self.bend, self.far_slope, self.far_bend = D.reshape(4, *self.F0.shape)
        self.change = np.abs(away).max(axis=0)
        # Where f does not move at all, its values are rounded more coarsely than they show.
        stuck = (away[1] == 0) | (away[2] == 0)
        self.noise = 64 * sqrt(len(x)) * EPS * (np.abs(self.F0) + self.change + stuck)

    def check(self, J=None, method="central", sparse=False):
        """Raise a ValueError where f is rough or J v contradicts it, with what may be the reason.

        A v that is too long for f, or so short that rounding prevails, may find a contradiction
        where there is none. One is believed if it persists along shorter and longer ones.

        Parameters
        ----------
        J : array, SparseJacobian, or a function of v, optional
            The Jacobian. Without it, f is only asked whether it jumps or has a kink.
        method : str
            How J was found. Forward differences are allowed to miss the curvature of f.
        sparse : bool
            Whether J was found by a pattern of nonzeros.
        """
        Jv = self._product(J)
        rough, wrong = self._rough(), self._wrong(Jv, method)
        if method == "forward" and wrong.any():
            # They err by the curvature along each component, which may cancel on the line.
            wrong &= np.abs(Jv - self.slope) > 0.01 * self._bend_elsewhere()
        if not (rough.any() or wrong.any()):
            return
        rough_or_wrong = rough | wrong
        contradiction = np.maximum(np.abs(Jv - self.slope), np.abs(self.bend))
        for shrink in (SHRINK, SHRINK**2, 1 / SHRINK, 1 / SHRINK**2):
            try:
                other = Line(self.batch, self.x, self.room, shrink)
            except (ValueError, ArithmeticError):
                continue
            # Whether the contradiction would show there too, if it were one. A jump does not grow
            # with v; but one of the size of rounding errors is no jump.
            tells = contradiction / shrink > 4 * other._slack(method)
            tells &= (shrink > 1) | (contradiction < 1e6 * EPS * (np.abs(self.F0) + self.change))
            rough = rough & (other._rough() | ~tells)
            still = other._rough() | other._wrong(other._product(J), method)
            if not still.any() and tells[rough_or_wrong].all():
                return
        i = np.unravel_index(np.argmax(rough_or_wrong), self.F0.shape)
        where = f"{self.batch.name}{list(map(int, i)) if i else ''} at x = {describe(self.x)}"
        numbers = f"along v it changes by {self.slope[i]:.6g}, but J v is {Jv[i]:.6g}"
        if rough.any():
            reason = (
                f"{where} jumps, has a kink or is mostly rounding error, within the steps taken"
            )
            advice = "Try 'forward-mode', or a step suited to f"
        elif method == "complex-step":
            gap = " (or sparsity misses nonzeros of it)" if sparse else ""
            reason = f"{where} is not analytic, as abs, conj, real and imag are not{gap}: {numbers}"
            advice = "Try 'forward-mode' or 'richardson'"
        elif sparse:
            reason = f"sparsity misses nonzeros of {where}: {numbers}"
            advice = "Try it dense, in a small case, and look at the nonzeros"
        else:
            reason = f"{where} is not differentiable, or changes too fast for the steps: {numbers}"
            advice = "Try 'richardson', 'forward-mode', or a step suited to f"
        raise ValueError(f"{reason}. {advice}")

    def check_digits(self, J, method):
        """Raise a ValueError where f changes steadily along longer steps, and J is rounding error.

        Asked only where rounding may reach J v; a slope that is the same at two long steps is
        then believed rather than J.
        """
        Jv = self._product(J)
        doubtful = np.abs(Jv) <= 1.25 * self._noise(method)
        if self.room.bounded or not doubtful.any():
            return
        t = 0.01 / UNIT["central"]  # a hundredth of the scale of x
        F = self.batch(self.x[:, None] + self.v[:, None] * np.array([t, -t, t / 2, -t / 2]))
        if not np.isfinite(F).all():
            return
        long, half = (F[..., 0] - F[..., 1]) / (2 * t), (F[..., 2] - F[..., 3]) / t
        clear = np.abs(long) > 100 * EPS * np.abs(self.F0) / t
        steady = clear & (np.abs(long - half) <= 0.02 * np.abs(long))
        lost = doubtful & steady & (np.abs(Jv - long) > 0.05 * np.abs(long))
        if lost.any():
            i = np.unravel_index(np.argmax(lost), self.F0.shape)
            if method == "complex-step":
                raise ValueError(
                    f"{self.batch.name} at x = {describe(self.x)} is not analytic, or has too few "
                    f"digits to tell: along v, on longer steps, it changes by {long[i]:.6g}, but "
                    f"J v is {Jv[i]:.6g}. Try 'forward-mode' or 'richardson'"
                )
            raise ValueError(
                f"{self.batch.name} at x = {describe(self.x)} has too few digits for the steps "
                f"taken: along v, on longer steps, it changes by {long[i]:.6g}, but J v is "
                f"{Jv[i]:.6g}. Try a longer step, 'richardson' or 'forward-mode'"
            )

    def _rough(self):
        """Where differences at t and 8t do not grow as those of a smooth f."""
        noise = self.noise + 64 * EPS
        jump = np.abs(self.slope) > np.abs(self.far_slope) / 4 + 0.1 * self.change + noise
        kink = np.abs(self.bend) > np.abs(self.far_bend) / 32 + 1e-4 * self.change + noise
        return jump | kink

    def _product(self, J):
        """J v, which is computed once."""
        if J is None:
            return self.slope
        if self._last[0] is not J:
            self._last = J, J(self.v) if callable(J) else J @ self.v
        return self._last[1]

    def _bend_elsewhere(self):
        """The second difference of f at a distance of 8 along another line."""
        if self.room.bounded:
            return 0.0
        d = direction(len(self.x))
        v = 8 * (self.v / d * d[::-1])[:, None]
        F = self.batch(self.x[:, None] + np.concatenate([v, -v], axis=1))
        return np.abs(F[..., 0] + F[..., 1] - 2 * self.F0)

    def _wrong(self, Jv, method):
        """Where J v is not the slope of f along v, as far as the values of f can tell."""
        share = 1e-8 if method == "complex-step" else 1e-6  # of what J itself may be off by
        noise = self._noise(method)
        near = np.abs(Jv - self.slope) > share * self.change + noise
        if near.any():  # by more than it may?
            near = np.abs(Jv - self.slope) > share * self.change + self._slack(method)
        far = np.abs(Jv - self.far_slope / 8) > 0.2 * self.change + noise
        return near | far

    def _noise(self, method):
        """Rounding in f along v, and in J v where differences were taken."""
        if method == "complex-step":
            return self.noise
        shorter = UNIT["central"] / UNIT["forward"] if method == "forward" else 1
        return (self.noise + 64 * EPS) * shorter

    def _slack(self, method):
        """By how much J v and the slope may differ: by noise, and by what t and 8t do not share."""
        truncation = 2 * np.abs(self.far_slope / 8 - self.slope)
        noise = 4 * np.abs(self.bend - self.far_bend / 64)
        slack = self._noise(method) + truncation + noise
        return slack + 0.01 * np.abs(self.far_bend) if method == "forward" else slack

    def check_columns(self):
        """Raise a ValueError if a vectorized f gives a point another value when it is alone."""
        if self._mixes() and Line(self.batch, self.x, self.room, 1 / SHRINK)._mixes():
            raise ValueError(
                f"{self.batch.name}, vectorized, must treat each column by itself; "
                f"the value at x = {describe(self.beside[:, 0])} depends on the other columns"
            )

    def _mixes(self):
        """Whether f at x + v is not what it is alone. (At x, a mean of all columns would be.)"""
        alone = self.batch(self.beside)[..., 0]
        return (np.abs(alone - self.A) > 1e-4 * self.change + self.noise).any()

    def check_finite(self, J):
        """Raise a ValueError if an entry of J is not finite."""
        with np.errstate(invalid="ignore"):
            if np.isfinite(self._product(J)).all():
                return
        values = J if isinstance(J, np.ndarray) else J.values
        j = np.argwhere(~np.isfinite(values))[0][-1]
        j = j if isinstance(J, np.ndarray) else J.cols[j]
        raise ValueError(
            f"{self.batch.name} must return finite values; near x = {describe(self.x)} it does "
            f"not, where x[{j}] moves by a step. Try bounds, or a shorter step"
        )


@lru_cache(maxsize=4)
def direction(n):
    """Signs at random, and sizes between 0.3 and 1; always the same for the same n."""
    rng = np.random.default_rng(0)
    return rng.choice([-1.0, 1.0], n) * rng.uniform(0.3, 1.0, n)

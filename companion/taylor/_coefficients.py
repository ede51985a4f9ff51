"""Taylor coefficients by Cauchy's integral: values of f on circles, and their Fourier transforms.

On the circle z = a + r e^{iθ} an analytic f is Σ c_k rᵏ e^{ikθ}, a Fourier series without negative
frequencies. Its coefficients are found to about eps max|f|, so c_k to about eps max|f| / rᵏ: each
k has a circle of its own that serves it best. Negative frequencies that stand out betray an f that
is not analytic inside the circle.
"""

import warnings
from dataclasses import dataclass

import numpy as np

from companion._shared.arguments import as_count, as_function, as_positive
from companion._shared.floats import EPS, TINY
from companion.results import describe

DOUBLINGS = 30  # of the radius, either way from 1 and |a|
HALVINGS = 30  # of the gap between two circles
LARGEST = 2.0**1000  # radius
MOST_SAMPLES = 2**13
NOISE = 64 * EPS
HUGE = 1e300
PARTS = ("c", "size", "error", "rest")
ENOUGH = 3  # bits that another circle might gain, and none is tried
UNSEEN, SIX_DIGITS = 6, 20  # bits
ENDLESS = 300  # bits by which f or r has grown, and no later coefficient shows


def taylor_coefficients(f, a, order, *, radius=None):
    """The coefficients f⁽ᵏ⁾(a)/k! of the Taylor series at a, k = 0, …, order (eq:taylor-1d).

    Cauchy's integral over a circle about a, c_k = 1/(2πi) ∮ f(z) / (z − a)ᵏ⁺¹ dz, is a mean over
    points of the circle (eq:cauchy-mean); equally spaced ones give it to rounding once they are
    many enough for the order and the radius.

    Parameters
    ----------
    f : callable
        An analytic function of one complex variable. It may take arrays of complex numbers, or
        single ones.
    a : float or complex
        The point.
    order : int
        The order of the last coefficient, 0 or more.
    radius : float, optional
        That of the circle, inside which f must be analytic. By default many are tried, and each
        coefficient takes the one that serves it best.

    Returns
    -------
    array, shape (order + 1,)
        The coefficients: real where a is, and where their imaginary parts are rounding errors.
        The error of c_k is about 1e-15 of max|f| / rᵏ on the circle that serves it best: six
        digits of c_k at the least, or a c_k that is 0.

    Raises
    ------
    ValueError
        If f is not analytic at a (abs, conj, real and imag are not), or not inside the circle of
        the radius given; if that radius is so small or large that rounding swamps a coefficient;
        if f does not return one number for one number. If a coefficient drowns in the rounding
        errors of f on every circle, or is smaller or larger than a double can be, as 1/171! is.

    Examples
    --------
    >>> from companion.taylor import taylor_coefficients
    >>> import numpy as np
    >>> c = taylor_coefficients(np.exp, 0, 4)
    >>> print(" ".join(f"{ck:.6f}" for ck in c))  # 1, 1, 1/2, 1/6, 1/24
    1.000000 1.000000 0.500000 0.166667 0.041667

    References
    ----------
    F. Bornemann, "Accuracy and Stability of Computing High-Order Derivatives of Analytic Functions
    by Cauchy Integrals", Foundations of Computational Mathematics 11 (2011).
    """
    as_function(f, "f")
    a = _as_complex(a, "a")
    order = as_count(order, "order", least=0)
    f = _Complex(f)
    samples = max(64, 4 * 2 ** int(order).bit_length())
    best = found = _best_circles(f, a, order, samples)
    if radius is not None:
        found = _one_circle(f, a, order, samples, as_positive(radius, "radius"))
        _check_radius(found, best)
    is_real = a.imag == 0 and (np.abs(found.c.imag) <= 64 * np.exp2(found.error) + TINY).all()
    return found.c.real.copy() if is_real else found.c


@dataclass(frozen=True)
class _Circle:
    """What the Fourier transform of f on a circle says.

    `verdict` is "valid" where negative frequencies vanish, "singular" where they stand out,
    "emerging" where they just do, "unresolved" where all high frequencies are alike (too few
    samples, or noise), and "infinite" where f has no finite values. In units of rᵏ, `size` is log₂
    of |c_k|, `error` of its error, and `rest` of the largest term from c_k on.
    """

    r: float
    verdict: str
    c: np.ndarray = None
    size: np.ndarray = None
    error: np.ndarray = None
    rest: np.ndarray = None
    is_constant: bool = False  # but for rounding

    def agrees(self, other):
        """Whether the coefficients of another circle are the same, as far as either can tell."""
        with np.errstate(over="ignore"):
            tolerance = 64 * (np.exp2(self.error) + np.exp2(other.error))
        return bool((np.abs(self.c - other.c) <= tolerance).all())


def _circle(f, a, order, samples, r):
    """The coefficients of f from a circle of radius r, and a verdict on them."""
    with np.errstate(all="ignore"):
        F = f(a + r * np.exp(2j * np.pi * np.arange(samples) / samples))
    largest = np.abs(F).max()
    if not largest < HUGE:
        return _Circle(r, "infinite")
    spectrum = np.fft.fft(F) / samples
    size = np.abs(spectrum)
    half, quarter = samples // 2, samples // 4
    negative, high = size[half:].max(), size[quarter:half].max()
    # z is rounded, too, by eps |z|, and f′ makes of that what may be more than eps max|f|.
    slope = (np.arange(half) * size[:half]).max() / r
    rounding = NOISE * (largest + slope * (abs(a) + r))
    if negative <= rounding:
        verdict = "valid"
    elif negative <= 6 * high:
        verdict = "unresolved"
    else:
        verdict = "singular" if negative > 16 * rounding else "emerging"
    k = np.arange(order + 1.0)
    with np.errstate(all="ignore"):
        c = spectrum[: order + 1] / r ** (k // 2) / r ** (k - k // 2)  # rᵏ itself may overflow
        power, noise = k * np.log2(r), np.log2(max(EPS * largest, negative, TINY))
        rest = np.log2(np.maximum.accumulate(size[samples // 2 :: -1])[::-1])
        size, is_constant = np.log2(size), bool(rest[1] <= np.log2(NOISE * largest))
    return _Circle(
        r,
        verdict,
        np.where(np.isfinite(c), c, 0),
        size[: order + 1] - power,
        noise - power,
        rest[: order + 1] - power,
        is_constant,
    )


def _best(circles):
    """Of each coefficient the best that some circles give; r is that of the largest."""
    error = np.array([circle.error for circle in circles])
    at = error.argmin(axis=0), np.arange(error.shape[1])
    parts = (np.array([getattr(x, name) for x in circles])[at] for name in PARTS)
    return _Circle(circles[-1].r, "valid", *parts)


def _one_circle(f, a, order, samples, radius):
    """The coefficients from one circle, with as many samples as it takes."""
    while True:
        circle = _circle(f, a, order, samples, radius)
        if circle.verdict == "valid":
            return circle
        if samples >= MOST_SAMPLES:
            raise ValueError(
                f"radius must be such that f is analytic inside the circle about a = {_short(a)}; "
                f"it is {radius:g}, and f is {circle.verdict} there"
            )
        samples *= 2


def _check_radius(circle, best):
    """Raise a ValueError where rounding, eps max|f| / rᵏ, has swamped a coefficient."""
    swamped = np.abs(circle.c - best.c) > 1e-6 * np.abs(best.c) + 1e3 * np.exp2(best.error)
    if swamped.any():
        raise ValueError(
            f"radius must suit the order: it is {circle.r:g}, a circle on which rounding errors "
            f"swamp the coefficient of order {swamped.argmax()}; without radius, one is chosen"
        )


def _best_circles(f, a, order, samples):
    """Each coefficient from a circle that serves it about as well as any, or a ValueError.

    The error of c_k is eps M(r) / rᵏ, where M(r) = max|f| on the circle. M grows with r, and log M
    is convex in log r (Hadamard's three circles). So two circles beside the best bound what those
    between them could gain; where that is much, the next one is put half-way.
    """
    circles, edge = _run(f, a, order, samples)
    samples, beyond = max(MOST_SAMPLES // 8, 4 * samples), edge.r
    for _ in range(HALVINGS):
        root = np.sqrt([circle.r for circle in circles] + [beyond])
        for r in (root[:-1] * root[1:])[(_gains(circles, beyond) > ENOUGH).any(axis=1)]:
            circles, beyond = _put(_circle(f, a, order, samples, r), circles, beyond)
    best = _best(circles)
    _check_digits(best, _is_polynomial(best, circles, edge, a))
    return best


def _check_digits(best, is_polynomial):
    """Raise a ValueError for the first coefficient that f does not tell, or no double can hold.

    One that does not stand out of rounding errors is 0 if later ones do, or if f is a polynomial.
    """
    seen, rest = best.size - best.error, best.rest - best.error  # log₂, in units of the error
    is_zero = (seen < UNSEEN) & ((rest > SIX_DIGITS) | is_polynomial)
    for fault, why in (
        ((seen < SIX_DIGITS) & ~is_zero, "drowns in rounding errors of f"),
        (~is_zero & (best.size < np.log2(TINY)), "is too small for a double"),
        (~is_zero & (best.size >= 1024), "is too large for a double"),
    ):
        if fault.any():
            k = fault.argmax()
            raise ValueError(f"order must be less than {k}: the coefficient of order {k} {why}")


def _is_polynomial(best, circles, edge, a):
    """For each order, whether f shows no more terms on circles as large as one can ask for.

    As far as doubles go; or, where a singularity ends them, so far that the terms cannot matter at
    a distance of |a|.
    """
    first, last = circles[0], circles[-1]
    if max(last.error[0] - first.error[0], np.log2(last.r) - np.log2(first.r)) > ENDLESS:
        return True
    if not a or edge.verdict != "singular":
        return False
    power = np.arange(len(best.c)) * np.log2(abs(a))
    terms = (best.size + power)[best.size > best.error + UNSEEN]
    return best.error + power < np.max(terms, initial=-np.inf) - SIX_DIGITS


def _put(circle, circles, beyond):
    """Circles with one more, if f is analytic inside it; if not, those inside of it."""
    if circle.r >= beyond:
        return circles, beyond
    if circle.verdict == "valid" and _best(circles).agrees(circle):
        return sorted([*circles, circle], key=lambda each: each.r), beyond
    return [each for each in circles if each.r < circle.r], circle.r


def _gains(circles, beyond):
    """log₂ of what a circle in each gap between neighbours could gain, at most: (gaps, order + 1).

    The last gap ends at `beyond`. Only those beside the best circle of a coefficient can gain.
    """
    radii = np.array([circle.r for circle in circles] + [beyond])
    error = np.array([circle.error for circle in circles])
    k, gains = np.arange(error.shape[1]), np.zeros(error.shape)
    best, width = error.argmin(axis=0), np.diff(np.log2(radii))
    worse = np.pad(error, ((1, 1), (0, 0)), constant_values=np.inf) - error[best, k]
    before, after = worse[best, k], worse[best + 2, k]  # than the best, by how much
    w = np.append(width, np.inf)  # w[-1] stands before the first circle
    with np.errstate(invalid="ignore"):
        gains[best, k] = np.fmin(k * w[best], before * (w[best] / w[best - 1]))
        inner = best > 0
        left = np.fmin(k * w[best - 1] - before, after * (w[best - 1] / w[best]))
    gains[best[inner] - 1, k[inner]] = left[inner]
    return gains


def _run(f, a, order, samples):
    """Circles on which f is analytic, and one on which it is not.

    An analytic f is valid on all circles up to its nearest singularity, and they agree. So the
    longest run of agreeing circles is taken; but not one that begins next to a smaller circle
    where f is singular, or otherwise: that one is right for Laurent's series, not for Taylor's.
    Nor one that ends where negative frequencies emerge from rounding: a circle that crosses a
    singularity has large ones, one about a point where f is not analytic has ever smaller ones.
    Circles on which f is constant say little: rounding may have made it so.
    """
    smallest = min(1.0, max(abs(a), 1e-12)) if a else 1.0
    first = np.floor(np.log2(smallest)) - DOUBLINGS
    last = np.ceil(np.log2(max(1.0, abs(a)))) + DOUBLINGS
    for smaller in range(1 if a else 10):  # another unit of z may have another range
        radii = 2.0 ** (np.arange(first, last + 1) - smaller * DOUBLINGS)
        circles = [_circle(f, a, order, samples, r) for r in radii]
        runs, run, best, before = [], [], None, "unresolved"
        for circle in circles:
            if run and circle.verdict == "valid" and best.agrees(circle):
                run.append(circle)
            else:
                if runs and run is runs[-1] and circle.verdict == "emerging":
                    runs.pop()
                run = [circle] if circle.verdict == "valid" else []
                if run and before == "unresolved":
                    runs.append(run)
            best, before = _best([best, circle]) if len(run) > 1 else circle, circle.verdict
        run = max(runs, key=lambda run: (sum(not c.is_constant for c in run), len(run)), default=[])
        if len(run) >= 3:
            break
    else:
        raise ValueError(
            f"f must be analytic near a = {_short(a)}: on no circles about it do its values fit a "
            "Taylor series (those of abs, conj, real and imag never do)"
        )
    larger = [x for x in circles if x.r > run[-1].r and x.verdict != "unresolved"]
    return run, larger[0] if larger else _Circle(LARGEST, "infinite")


class _Complex:
    """f on an array of complex numbers, whether it takes arrays or not."""

    def __init__(self, f):
        self.f, self.takes_arrays = f, None

    def __call__(self, z):
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            if self.takes_arrays is None:
                self.takes_arrays = self._matches_single_values(z)
            if self.takes_arrays:
                return np.asarray(self.f(z), dtype=complex)
            return np.array([self._single(w) for w in z])

    def _matches_single_values(self, z):
        try:
            F = np.asarray(self.f(z))
        except Exception:
            return False
        if F.shape != z.shape or F.dtype.kind not in "buifc":
            return False
        G = np.array([self._single(w) for w in z[:3]])
        return bool(np.allclose(F[:3], G, rtol=1e-6, atol=0, equal_nan=True))

    def _single(self, w):
        try:
            value = np.asarray(self.f(w))
        except (OverflowError, ZeroDivisionError):
            return complex(np.nan)
        except (TypeError, np.exceptions.ComplexWarning) as error:
            kind = type(error).__name__
            raise ValueError(f"f must take complex numbers; it raised {kind}: {error}") from error
        if value.shape != () or value.dtype.kind not in "buifc":
            raise ValueError(
                f"f must return a number for a number; at z = {_short(w)} it returned "
                f"{describe(value)}"
            )
        return complex(value)


def _as_complex(value, name):
    """A finite complex number."""
    number = np.asarray(value)
    if number.shape != () or number.dtype.kind not in "buifc" or not np.isfinite(number):
        raise ValueError(f"{name} must be a finite number, real or complex; it is {value!r}")
    return complex(number)


def _short(z):
    """A complex number in a message."""
    return f"{z:g}" if z.imag else f"{z.real:g}"

"""Taylor coefficients by Cauchy's integral: values of f on circles, and their Fourier transforms.

On the circle z = a + r e^{iθ} an analytic f is Σ c_k rᵏ e^{ikθ}, a Fourier series without negative
frequencies. Its coefficients are found to about eps max|f|, so c_k to about eps max|f| / rᵏ: each
k has a circle of its own that serves it best. Negative frequencies that stand out betray an f that
is not analytic inside the circle.
"""

import warnings
from dataclasses import dataclass

import numpy as np

from companion.finite_differences import EPS
from companion.results import describe
from companion.validation import as_count, as_function, as_positive

DOUBLINGS = 30  # of the radius, either way from 1 and |a|
REFINEMENTS = 8  # of the radius, between one that is good and its double
MOST_SAMPLES = 2**13
NOISE = 64 * EPS
HUGE = 1e300


def taylor_coefficients(f, a, order, *, radius=None):
    """The coefficients f⁽ᵏ⁾(a)/k! of the Taylor series at a, k = 0, …, order (eq:taylor-1d).

    Cauchy's integral over a circle about a, c_k = 1/(2πi) ∮ f(z) / (z − a)ᵏ⁺¹ dz, is a mean over
    equally spaced points, and exact but for rounding as soon as they are enough.

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
        The error of c_k is about 1e-15 of max|f| / rᵏ on the best circle.

    Raises
    ------
    ValueError
        If f is not analytic at a (abs, conj, real and imag are not), or not inside the circle of
        the radius given; if that radius is so small or large that rounding swamps a coefficient;
        if f does not return one number for one number.

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
    if radius is None:
        c, error = _best_circles(f, a, order, samples)
    else:
        radius = as_positive(radius, "radius")
        c, error = _one_circle(f, a, order, samples, radius)
        _check_radius(c, _best_circles(f, a, order, samples), radius)
    is_real = a.imag == 0 and (np.abs(c.imag) <= 64 * error).all()
    return c.real.copy() if is_real else c


@dataclass(frozen=True)
class _Circle:
    """What the Fourier transform of f on a circle says.

    `verdict` is "valid" where negative frequencies vanish, "singular" where they stand out,
    "emerging" where they just do, "unresolved" where all high frequencies are alike (too few
    samples, or noise), and "infinite" where f has no finite values.
    """

    verdict: str
    c: np.ndarray
    error: np.ndarray


def _circle(f, a, order, samples, r):
    """The coefficients of f from a circle of radius r, and a verdict on them."""
    z = a + r * np.exp(2j * np.pi * np.arange(samples) / samples)
    F = f(z)
    largest = np.abs(F).max()
    if not largest < HUGE:
        return _Circle("infinite", None, None)
    spectrum = np.fft.fft(F) / samples
    negative = np.abs(spectrum[samples // 2 :]).max()
    high = np.abs(spectrum[samples // 4 : samples // 2]).max()
    with np.errstate(all="ignore"):
        power = r ** np.arange(order + 1.0)
        c, error = spectrum[: order + 1] / power, EPS * largest / power
    usable = np.isfinite(c) & np.isfinite(error) & (power < np.inf)
    c, error = np.where(usable, c, 0), np.where(usable, error, np.inf)
    if negative <= NOISE * largest:
        verdict = "valid"
    elif negative <= 6 * high:
        verdict = "unresolved"
    else:
        verdict = "singular" if negative > 16 * NOISE * largest else "emerging"
    return _Circle(verdict, c, error)


def _one_circle(f, a, order, samples, radius):
    """The coefficients from one circle, with as many samples as it takes."""
    while True:
        circle = _circle(f, a, order, samples, radius)
        if circle.verdict == "valid":
            return circle.c, circle.error
        if samples >= MOST_SAMPLES:
            raise ValueError(
                f"radius must be such that f is analytic inside the circle about a = {_short(a)}; "
                f"it is {radius:g}, and f is {circle.verdict} there"
            )
        samples *= 2


def _check_radius(c, best, radius):
    """Raise a ValueError where rounding, eps max|f| / rᵏ, has swamped a coefficient."""
    right, error = best
    swamped = np.abs(c - right) > 1e-6 * np.abs(right) + 1e3 * error
    if swamped.any():
        raise ValueError(
            f"radius must suit the order: it is {radius:g}, a circle on which rounding errors "
            f"swamp the coefficient of order {swamped.argmax()}; without radius, one is chosen"
        )


def _best_circles(f, a, order, samples):
    """Each coefficient from the circle that serves it best.

    An analytic f is valid on all circles up to its nearest singularity, and they agree. So the
    longest run of agreeing circles is taken; but not one that begins next to a smaller circle
    where f is singular, or otherwise: that one is right for Laurent's series, not for Taylor's.
    Nor one that ends where negative frequencies emerge from rounding: a circle that crosses a
    singularity has large ones, one about a point where f is not analytic has ever smaller ones.
    """
    smallest = min(1.0, max(abs(a), 1e-12)) if a else 1.0
    first = np.floor(np.log2(smallest)) - DOUBLINGS
    last = np.ceil(np.log2(max(1.0, abs(a)))) + DOUBLINGS
    runs, run, before = [], None, "unresolved"
    for r in 2.0 ** np.arange(first, last + 1):
        circle = _circle(f, a, order, samples, r)
        if run and circle.verdict == "valid" and run.agrees(circle):
            run.add(circle, r)
        else:
            if run in runs and circle.verdict == "emerging":
                runs.remove(run)
            run = _Run(circle, r) if circle.verdict == "valid" else None
            if run and before == "unresolved":
                runs.append(run)
        before = circle.verdict
    best = max(runs, key=lambda run: run.length, default=None)
    if best is None or best.length < 3:
        raise ValueError(
            f"f must be analytic near a = {_short(a)}: on no circles about it do its values fit a "
            "Taylor series (those of abs, conj, real and imag never do)"
        )
    r = best.radius
    for k in range(1, REFINEMENTS):
        circle = _circle(f, a, order, max(samples, MOST_SAMPLES // 8), r * 2 ** (k / REFINEMENTS))
        if circle.verdict != "valid" or not best.agrees(circle):
            break
        best.add(circle, r)
    return best.c, best.error


class _Run:
    """Circles that agree, and the best of their coefficients."""

    def __init__(self, circle, r):
        self.c, self.error, self.radius, self.length = circle.c, circle.error, r, 1

    def agrees(self, circle):
        """Whether the coefficients of another circle are the same, as far as either can tell."""
        with np.errstate(over="ignore"):
            tolerance = 64 * (self.error + circle.error)
        return bool((np.abs(self.c - circle.c) <= tolerance).all())

    def add(self, circle, r):
        """Take in the coefficients of a larger circle where they are better."""
        better = circle.error < self.error
        self.c = np.where(better, circle.c, self.c)
        self.error = np.where(better, circle.error, self.error)
        self.radius, self.length = r, self.length + 1


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

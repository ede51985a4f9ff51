"""Hessians: H_ij = ∂²f/∂x_i∂x_j, their products with vectors, and what their eigenvalues tell."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from companion.complex_step import IMAGINARY_UNIT, imaginary_part
from companion.differentiation import EXACT, METHODS, differentiate
from companion.finite_differences import EPS, SMALL, UNIT, Room, scales
from companion.lanczos import ExtremeEigenvalues, extreme_eigenvalues
from companion.line_check import Line
from companion.results import describe
from companion.sampling import Batch
from companion.second_differences import check_bend, check_digits, second_differences
from companion.validation import (
    as_choice,
    as_function,
    as_matrix,
    as_positive,
    as_vector,
    evaluate,
)

__all__ = [
    "CriticalPoint",
    "ExtremeEigenvalues",
    "classify_critical_point",
    "directional_curvature",
    "extreme_eigenvalues",
    "hessian",
    "hessian_vector_product",
]

CHECKED_SIZE = 1000  # up to which n every product H v is checked, which takes more gradients
STEEP = 1e-3  # a gradient that changes by this share of itself within a step may well jump


def hessian(f, x, *, grad=None, method="central", vectorized=False):
    """All second partial derivatives of f at x: H_ij = ∂²f/∂x_i∂x_j (eq:hessian).

    The Hessian is the Jacobian of the gradient. Where the gradient is given, it is computed as
    that; otherwise from second differences of f.

    Parameters
    ----------
    f : callable
        Maps an array of shape (n,) to a number. It is not called where `grad` is given.
    x : array, shape (n,)
        The point.
    grad : callable, optional
        Maps an array of shape (n,) to the gradient, shape (n,).
    method : str
        With `grad`, any method of `companion.jacobians.jacobian`. Without it, ``"forward"``,
        ``"central"`` and ``"richardson"`` are second differences of f, with relative errors near
        1e-5, 1e-8 and 1e-11 where f is well scaled; ``"complex-step"``, ``"forward-mode"`` and
        ``"reverse-mode"`` find gradients exactly, and central differences of those, 1e-10.
    vectorized : bool
        Whether `grad` maps (n, k) to (n, k), each column by itself.

    Returns
    -------
    array, shape (n, n)
        H, exactly symmetric.

    Raises
    ------
    ValueError
        If an argument is not what it must be; if a function returns NaN, infinity, complex
        numbers or the wrong shape; if f or its slope jumps at x,
        or f has too few digits there; if the Jacobian of `grad` is not
        symmetric, so that `grad` is no gradient, or its derivatives do not commute at x.

    Examples
    --------
    >>> from companion.hessians import hessian
    >>> import numpy as np
    >>> print(np.round(hessian(lambda x: x[0] ** 2 * x[1], [1, 2]), 4))
    [[4. 2.]
     [2. 0.]]

    References
    ----------
    J. Nocedal and S. J. Wright, Numerical Optimization, 2nd ed. (2006), section 8.1.
    """
    x = as_vector(x, "x")
    as_choice(method, "method", METHODS)
    if grad is not None:
        return _hessian_from_gradient(grad, x, method, vectorized)
    as_function(f, "f")
    if vectorized:
        raise ValueError("vectorized must be False without grad: it says how grad is called")
    if method == "complex-step" or method in EXACT:
        return _hessian_from_gradient(lambda z: _gradient(f, z, method), x, "central", False)

    batch = Batch(f, vectorized=False)
    line = Line(batch, x, Room())
    if line.F0.shape != ():
        raise ValueError(f"f must return a number; it returned shape {line.F0.shape}")
    line.check()
    H = second_differences(batch, x, line.F0, method)
    if not np.isfinite(H).all():
        raise ValueError(f"f must return finite values; near x = {describe(x)} it does not")
    check_bend(batch, x, line.F0, H, method)
    check_digits(batch, x, line.F0, H, method)
    return H


def _gradient(f, x, method):
    g = differentiate(f, x, method)
    if g.shape != x.shape:
        raise ValueError(f"f must return a number; it returned shape {g.shape[:-1]}")
    return g


def _hessian_from_gradient(grad, x, method, vectorized):
    """The Jacobian of the gradient, if it is symmetric; and then exactly so."""
    H = differentiate(grad, x, method, vectorized=vectorized, name="grad")
    if H.shape != (len(x), len(x)):
        raise ValueError(f"grad must return shape {x.shape}; it returned {H.shape[:-1]}")
    if not _is_symmetric(H, x):
        _check_symmetry(grad, x, H, vectorized)
    H = H + H.T
    H /= 2
    return H


def _check_symmetry(grad, x, H, vectorized):
    """Raise a ValueError unless H lacks symmetry only by what differences of grad may be off."""
    g = Batch(grad, vectorized, "grad")(x[:, None])[..., 0]
    if not _is_symmetric(H, x, g):
        # Forward differences may lack symmetry where H is 0; the best of differences decide.
        best = differentiate(grad, x, "richardson", vectorized=vectorized, name="grad")
        if not _is_symmetric(best, x, g):
            raise ValueError(
                f"grad must be the gradient of a smooth f; at x = {describe(x)} "
                "its Jacobian is not symmetric"
            )


def _is_symmetric(H, x, g=0.0):
    """Whether uᵀHv = vᵀHu for u and v at random, relative to their terms and to the gradient."""
    scale, top = scales(x, Room())
    U = np.maximum(scale, SMALL * top) * _two_directions(len(x))
    HU = U @ H.T
    (u, v), (Hu, Hv) = U, HU
    (size_u, size_v), (size_Hu, size_Hv) = np.abs(U), np.abs(HU) + 1e-5 * np.abs(g)
    return abs(u @ Hv - v @ Hu) <= 1e-4 * (size_u @ size_Hv + size_v @ size_Hu)


@lru_cache(maxsize=4)
def _two_directions(n):
    """At random, and always the same for the same n."""
    return np.random.default_rng(0).standard_normal((2, n))


def hessian_vector_product(grad, x, v, *, method="central"):
    """H v from two gradients (or one), without H: H v = (g(x + hv) − g(x − hv)) / 2h (eq:hvp).

    Parameters
    ----------
    grad : callable
        Maps an array of shape (n,) to the gradient, shape (n,).
    x : array, shape (n,)
        The point.
    v : array, shape (n,)
        The direction, of any length; v = 0 gives 0.
    method : str
        ``"central"``, with an error of order h² and two gradients; ``"forward"``, of order h, and
        cheaper only where g(x) is at hand; ``"complex-step"``, exact to rounding, for a gradient
        that computes with complex numbers. h is such that the step is a small share of the size
        of x in the direction of v.

    Returns
    -------
    array, shape (n,)
        H v. Four arrays of length n are needed at a time, besides those that grad makes.

    Raises
    ------
    ValueError
        If an argument is not what it must be, or grad returns anything else than finite real
        numbers of shape (n,), or, for complex steps, is not analytic; or if grad jumps within the
        step, has a kink at x, or too few digits. To tell takes more gradients: two where
        n <= 1000, six more where grad changes fast or hardly at all. In large problems a kink
        that changes grad but little goes unnoticed.

    Examples
    --------
    >>> from companion.hessians import hessian_vector_product
    >>> import numpy as np
    >>> grad = lambda x: np.array([2 * x[0] * x[1], x[0] ** 2])  # of x² y
    >>> print(np.round(hessian_vector_product(grad, [1, 2], [1, 10]), 6))
    [24.  2.]

    References
    ----------
    J. Nocedal and S. J. Wright, Numerical Optimization, 2nd ed. (2006), section 8.1.
    """
    x = as_vector(x, "x", copy=False)
    v = as_vector(v, "v", size=len(x), copy=False)
    as_function(grad, "grad")
    as_choice(method, "method", ("forward", "central", "complex-step"))
    return quick_product(grad, x, v, method, check=True)


def quick_product(grad, x, v, method="central", *, check=False):
    """The same without checks, for a caller that can make use of a poor H v."""
    length = _largest(v)
    if length == 0:
        return np.zeros(len(x))
    top = max(1.0, _largest(x))
    size = _size_along(x, v / length)
    if not (0 < size < top):
        size = top
    exact = _complex_product(grad, x, v, top / length) if method == "complex-step" else None
    # Complex steps are checked on one side only: at 0 central differences take ``|x|`` for smooth.
    kind = "central" if method == "central" else "forward"
    h = UNIT[kind] * size / length
    Hv, rounding, change = _difference(grad, x, v, h, kind)
    if size < SMALL * top and change < 1e7 * rounding:
        h = UNIT[kind] * top / length
        Hv, rounding, change = _difference(grad, x, v, h, kind)
    if exact is None:
        if check and change <= 64 * rounding:
            _check_digits(grad, x, v, 1e-2 * size / length, Hv)
        if check and (len(x) <= CHECKED_SIZE or change > STEEP * rounding / EPS):
            _check_smooth(grad, x, v, h, kind, Hv, rounding)
        return Hv
    gap = np.abs(exact - Hv).max()
    if gap > 1e-3 * max(_largest(exact), _largest(Hv)) + 64 * rounding:
        closer, rounding, _ = _difference(grad, x, v, h / 8, kind)
        if np.abs(exact - closer).max() <= gap / 2 + 64 * rounding:  # it was truncation
            return exact
        raise ValueError(
            f"grad at x = {describe(x)} is not analytic, as abs, conj, real and imag are not: "
            f"differences of it and complex steps differ by {gap:.6g}. Try 'central'"
        )
    return exact


def directional_curvature(hvp, d):
    """The curvature of f along d: dᵀHd / dᵀd (eq:directional-curvature).

    It is a mean of the eigenvalues of H, weighted by how much of d lies along their eigenvectors;
    so it lies between the smallest and the largest.

    Parameters
    ----------
    hvp : callable
        Maps v, shape (n,), to Hv, shape (n,).
    d : array, shape (n,)
        The direction, of any length but 0.

    Returns
    -------
    float
        The curvature.

    Raises
    ------
    ValueError
        If d is 0, or hvp returns anything else than finite real numbers of shape (n,).

    Examples
    --------
    >>> from companion.hessians import directional_curvature
    >>> import numpy as np
    >>> H = np.array([[1, 0], [0, -3]])
    >>> print(f"{directional_curvature(lambda v: H @ v, [1, 1]):.4f}")
    -1.0000

    References
    ----------
    I. Goodfellow, Y. Bengio and A. Courville, Deep Learning (2016), section 4.3.1.
    """
    d = as_vector(d, "d")
    if not d.any():
        raise ValueError("d must not be 0")
    d /= _largest(d)
    d /= np.linalg.norm(d)
    return float(d @ evaluate(as_function(hvp, "hvp"), d, "hvp", shape=d.shape))


@dataclass(frozen=True, repr=False, eq=False)
class CriticalPoint:
    """What the second derivative test says of a point.

    Attributes
    ----------
    kind : str
        "minimum", "maximum" or "saddle" where the eigenvalues decide; "degenerate" where some are
        0 and the others of one sign, so that higher derivatives decide; "not critical" where the
        gradient is not 0.
    eigenvalues : array, shape (n,)
        Those of H, ascending.
    """

    kind: str
    eigenvalues: np.ndarray

    def __repr__(self):
        return f"CriticalPoint: {self.kind}, eigenvalues {describe(self.eigenvalues)}"


def classify_critical_point(g, H, *, tol=1e-8):
    """Minimum, maximum, saddle, or undecided: the second derivative test.

    Parameters
    ----------
    g : array, shape (n,)
        The gradient. It counts as 0 when ‖g‖ <= tol max(1, ``max|λ|``).
    H : array, shape (n, n)
        The Hessian, symmetric.
    tol : float
        An eigenvalue λ counts as 0 when ``|λ| <= tol max|λ|``.

    Returns
    -------
    CriticalPoint
        The kind, and the eigenvalues that it rests on.

    Raises
    ------
    ValueError
        If H is not symmetric, or an argument has the wrong shape or is not finite.

    Examples
    --------
    >>> from companion.hessians import classify_critical_point
    >>> import numpy as np
    >>> classify_critical_point([0, 0], np.diag([2, -1]))
    CriticalPoint: saddle, eigenvalues [-1, 2]
    >>> classify_critical_point([0], [[0]]).kind  # x³, x⁴ or −x⁴: H cannot tell
    'degenerate'

    References
    ----------
    J. Nocedal and S. J. Wright, Numerical Optimization, 2nd ed. (2006), section 2.1.
    """
    g = as_vector(g, "g")
    H = as_matrix(H, "H", shape=(len(g), len(g)))
    tol = as_positive(tol, "tol")
    if np.abs(H - H.T).max() > 1e-6 * np.abs(H).max():
        raise ValueError(f"H must be symmetric; H − Hᵀ has entries up to {np.abs(H - H.T).max():g}")
    eigenvalues = np.linalg.eigvalsh((H + H.T) / 2)
    largest = np.abs(eigenvalues).max()
    positive = (eigenvalues > tol * largest).sum()
    negative = (eigenvalues < -tol * largest).sum()
    if np.linalg.norm(g) > tol * max(1.0, largest):
        kind = "not critical"
    elif positive and negative:
        kind = "saddle"
    elif positive == len(g):
        kind = "minimum"
    elif negative == len(g):
        kind = "maximum"
    else:
        kind = "degenerate"
    return CriticalPoint(kind, eigenvalues)


def _largest(x):
    """max ``|x_i|``, without an array of absolute values."""
    return float(max(x.max(), -x.min()))


def _size_along(x, v):
    """The size of x in the components where v is large: a mean of ``|x_i|``, weighted by v."""
    norm = np.linalg.norm(v)
    v *= x
    with np.errstate(over="ignore"):
        return np.linalg.norm(v) / norm


def _difference(grad, x, v, h, method):
    """H v by a difference with step h, its rounding error, and its largest component."""
    y = v * h
    y += x
    Hv = evaluate(grad, y, "grad", shape=x.shape)
    if method == "central":
        np.multiply(v, -h, out=y)
        y += x
        h = 2 * h
    else:
        y[:] = x
    rounding = EPS * _largest(Hv) / h
    Hv -= evaluate(grad, y, "grad", shape=x.shape)
    Hv /= h
    return Hv, rounding, _largest(Hv)


def _check_smooth(grad, x, v, h, kind, Hv, rounding):
    """Raise a ValueError if grad jumps or has a kink within the step.

    Products with a step on one side of x and with steps on both differ by a term in h where grad
    is smooth, and by a constant at a kink. A product with a shorter step is another at a jump. All
    this counts only if it is much, compared with the products themselves and with those of longer
    steps: where H v = 0, what is left is truncation, which grows with the step.
    """
    other_kind = "forward" if kind == "central" else "central"
    wide = np.abs(_difference(grad, x, v, h, other_kind)[0] - Hv).max()
    steep = _largest(Hv) > STEEP * rounding / EPS
    if not steep and wide <= 1e-3 * _largest(Hv) + 64 * rounding:
        return
    closer, rounding, _ = _difference(grad, x, v, h / 8, kind)
    narrow = np.abs(_difference(grad, x, v, h / 8, other_kind)[0] - closer).max()
    try:
        far = _largest(_difference(grad, x, v, 64 * h, kind)[0])
    except ValueError:  # outside the domain of grad
        far = 0.0
    least = 1e-2 * max(_largest(closer), _largest(Hv), 3 * far) + 64 * rounding
    if np.abs(closer - Hv).max() > least or narrow > max(least, wide / 2):
        raise ValueError(
            f"grad at x = {describe(x)} jumps, has a kink, or changes too fast for the steps "
            f"taken: along v, with steps of {h:.3g} and {h / 8:.3g}, it gives different H v"
        )


def _check_digits(grad, x, v, h, Hv):
    """Raise a ValueError if H v is nothing but rounding error, and longer steps show what it is."""
    try:
        long, rounding, size = _difference(grad, x, v, h, "central")
        half = _difference(grad, x, v, h / 2, "central")[0]
    except ValueError:  # outside the domain of grad
        return
    steady = size > 100 * rounding and np.abs(long - half).max() <= 0.02 * size
    if steady and np.abs(long - Hv).max() > 0.05 * size:
        raise ValueError(
            f"grad at x = {describe(x)} has too few digits for the steps taken: along v, on longer "
            "steps, it changes steadily, but not on these. Try 'central' or 'complex-step'"
        )


def _complex_product(grad, x, v, unit):
    """Im g(x + ihv) / h."""
    h = IMAGINARY_UNIT * unit
    X = x + 1j * h * v
    return imaginary_part(Batch(grad, vectorized=False, name="grad"), X[:, None])[:, 0] / h

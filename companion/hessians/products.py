"""Products of the Hessian with vectors, without the Hessian."""

import numpy as np

from companion._shared.arguments import as_choice, as_function, as_vector
from companion._shared.calls import Batch, evaluate
from companion._shared.floats import EPS, largest
from companion.jacobians.complex_step import IMAGINARY_UNIT, imaginary_part
from companion.jacobians.directional_check import DIGITS, MARGIN, judge, measure
from companion.jacobians.finite_differences import SMALL, UNIT, Room
from companion.results import describe


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
        H v. Seven arrays of length n are needed at a time, besides those that grad makes.

    Raises
    ------
    ValueError
        If an argument is not what it must be, or grad returns anything else than finite real
        numbers of shape (n,), or, for complex steps, is not analytic; or if grad jumps within the
        step, has a kink at x, or too few digits. To tell takes a third gradient, and where that
        leaves a doubt 17 more, as for `companion.jacobians.jacobian`. What changes H v by less
        than a thousandth of its largest entry goes unnoticed.

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
    if not v.any():
        return np.zeros(len(x))
    exact = method == "complex-step"
    Hv, gap, rounding, unit = _chord(grad, x, v, "forward" if exact else method, check=True)
    if exact:
        chord, Hv = Hv, _complex_product(grad, x, v)
        gap = np.abs(chord - Hv).max()
    # Chords nearby differ by a term in h, and by more where there is any doubt.
    if max(gap, rounding) > DIGITS * largest(Hv):
        _check(Batch(grad, vectorized=False, name="grad"), x, unit * v, unit * Hv, method)
    return Hv


def quick_product(grad, x, v):
    """H v by a central difference, without checks: for a caller that can use a poor one."""
    return _chord(grad, x, v, "central")[0] if v.any() else np.zeros(len(x))


def _size_along(x, v):
    """The size of x in the components where v is large: a mean of ``|x_i|``, weighted by v."""
    norm = np.linalg.norm(v)
    v *= x
    with np.errstate(over="ignore"):
        return np.linalg.norm(v) / norm


def _chord(grad, x, v, method, check=False):
    """H v by a difference; by how much another one differs, rounding, and the unit of its step."""
    found = None
    for unit in _units(x, v):
        h = UNIT[method] * unit
        try:
            ahead = _gradient_at(grad, x, v, h)
            behind = _gradient_at(grad, x, v, -h if method == "central" else 0)
        except (ValueError, ArithmeticError):
            if not found:
                raise
            break
        rounding = MARGIN * EPS * largest(ahead) / h
        Hv = (ahead - behind) / (2 * h if method == "central" else h)
        if found and largest(Hv - found[0]) > found[1]:  # more than rounding may have done
            break
        found = Hv, rounding, h, ahead
        if largest(Hv) * unit > SMALL * largest(ahead):
            break
    Hv, rounding, h, ahead = found
    if not check:
        return Hv, 0.0, rounding, h / UNIT[method]
    near = h / 8 if method == "central" else -h / 8  # the two of them on both sides of x
    ahead -= _gradient_at(grad, x, v, near)
    ahead /= h - near
    ahead -= Hv
    return Hv, largest(ahead), rounding, h / UNIT[method]


def _units(x, v):
    """The length that v must have to be of the size of x along v; a larger one if that is small."""
    length, top = largest(v), largest(x) or 1.0
    size = _size_along(x, v / length)
    if 0 < size < top:
        yield size / length
    if not SMALL * top <= size < top:
        yield top / length
    if top < SMALL:
        yield 1 / length


def _gradient_at(grad, x, v, h):
    return evaluate(grad, x + h * v, "grad", shape=x.shape)


def _check(batch, x, v, Hv, method):
    """Raise a ValueError if H v is not the derivative of grad along v."""
    line, h = measure(batch, x, Room(), v=v), UNIT.get(method)
    if method == "complex-step":
        Hv = _complex_product(batch.f, x, line.v)
        doubt = judge(line, Hv, promise=1e-8, together=True)
    else:
        doubt = judge(line, Hv, rounding=lambda seen: seen.rounding(h), together=True)
    if doubt is None:
        return
    numbers = f"along v, grad[{doubt.place[0]}] changes by {doubt.seen:.6g}, but H v is "
    numbers += f"{doubt.claimed:.6g}"
    if method == "complex-step":
        reason = "is not analytic, as abs, conj, real and imag are not"
        advice = "Try 'central'"
    elif (
        doubt.kind == "digits"
        and MARGIN * batch.eps * np.abs(line.F0).max() > abs(doubt.seen) * h / 1e3
    ):
        reason = "has too few digits for the steps taken"
        advice = "Try 'complex-step'" if method == "central" else "Try 'central' or 'complex-step'"
    else:
        reason = "jumps, has a kink, or changes too fast for the steps taken"
        advice = "Try 'complex-step'"
    raise ValueError(f"grad at x = {describe(x)} {reason}: {numbers}. {advice}")


def _complex_product(grad, x, v):
    """Im g(x + ihv) / h."""
    h = IMAGINARY_UNIT * (largest(x) or 1.0) / largest(v)
    X = x + 1j * h * v
    return imaginary_part(Batch(grad, vectorized=False, name="grad"), X[:, None])[:, 0] / h

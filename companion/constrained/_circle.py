"""The unit circle, by its angle."""

import numpy as np

from companion._shared.arguments import as_count, as_function, as_positive
from companion._shared.calls import evaluate
from companion.jacobians import gradient
from companion.results import Result, Status

GOLDEN = (np.sqrt(5) - 1) / 2


def minimize_on_circle(f, *, samples=64, tol=1e-10):
    """Minimize f over the unit circle, by minimizing φ(θ) = f(cos θ, sin θ) over the angle.

    The derivative is φ′(θ) = ∇f(x)ᵀv, with v along the circle (eq:circle-slope).

    1. Sample φ evenly. The three lowest samples that are no higher than their neighbours are
       each a bracket of a local minimum.
    2. Shrink each bracket by golden section to a thousandth, and keep the lowest.
    3. Find the zero of φ′ in what is left, by the secant through its ends or, where that does not
       halve the bracket, by bisection. Values of φ alone leave half of θ's digits unknown: close to
       a minimum φ changes by less than its rounding error. Its derivative changes sign there.

    A minimum narrower than 2π/samples may be missed.

    Parameters
    ----------
    f : callable
        f(x), a number for x of shape (2,).
    samples : int
        The number of samples, at least 3.
    tol : float
        Converged when ``|φ′(θ)|``, the derivative along the tangent, is at most tol times the
        largest ``|φ|`` of the samples. Below about 1e-13 it is all rounding.

    Returns
    -------
    Result
        x = (cos θ, sin θ), and the refinement's path on the circle. STALLED where φ′ is not zero
        at the lowest point: at a kink, say.

    Raises
    ------
    ValueError
        If an argument is not as above, or f returns something else than a finite number.

    Examples
    --------
    >>> from companion.constrained import minimize_on_circle
    >>> print(minimize_on_circle(lambda x: x[0] + x[1]).x)
    [-0.70710678 -0.70710678]

    References
    ----------
    R. P. Brent, *Algorithms for Minimization without Derivatives* (1973), Chapters 4 and 5.
    """
    as_function(f, "f")
    samples, tol = as_count(samples, "samples", least=3), as_positive(tol, "tol")
    spacing = 2 * np.pi / samples

    def phi(theta):
        return float(evaluate(f, _on_circle(theta), "f", shape=()))

    def slope(theta):
        return gradient(lambda t: phi(t[0]), [theta], "richardson", step=spacing / 4)[0]

    angles = spacing * np.arange(samples)
    values = np.array([phi(theta) for theta in angles])
    is_low = (values <= np.roll(values, 1)) & (values <= np.roll(values, -1))
    lowest = sorted(np.flatnonzero(is_low), key=lambda i: values[i])[:3]
    brackets = [_golden_section(phi, angles[i] - spacing, angles[i] + spacing) for i in lowest]
    a, b, path = min(brackets, key=lambda bracket: phi(bracket[2][-1]))
    small = tol * np.abs(values).max()
    path += _zero(slope, a, b, small)

    theta = path[-1]
    status = Status.CONVERGED if abs(slope(theta)) <= small else Status.STALLED
    points = np.array([_on_circle(angle) for angle in path])
    return Result(points[-1], phi(theta), status, len(path) - 1, points)


def _on_circle(theta):
    return np.array([np.cos(theta), np.sin(theta)])


def _golden_section(phi, a, b):
    """Shrink the bracket [a, b] of a minimum to a thousandth; also, the best points on the way."""
    c, d = b - GOLDEN * (b - a), a + GOLDEN * (b - a)
    phi_c, phi_d = phi(c), phi(d)
    path, width = [(a + b) / 2], 1e-3 * (b - a)
    while b - a > width:
        if phi_c <= phi_d:
            b, d, phi_d = d, c, phi_c
            c = b - GOLDEN * (b - a)
            phi_c = phi(c)
        else:
            a, c, phi_c = c, d, phi_d
            d = a + GOLDEN * (b - a)
            phi_d = phi(d)
        path.append(c if phi_c <= phi_d else d)
    return a, b, path


def _zero(slope, a, b, small):
    """Points on the way to a zero of the slope in [a, b]: by secants, or by bisection."""
    slope_a, slope_b = slope(a), slope(b)
    path, by_secant = [], True
    while True:
        t = (a + b) / 2
        if by_secant and slope_a * slope_b < 0:
            t = a - slope_a * (b - a) / (slope_b - slope_a)
        slope_t, width = slope(t), b - a
        path.append(t)
        if abs(slope_t) <= small / 10 or width <= 1e-15:
            return path
        if slope_t > 0:
            b, slope_b = t, slope_t
        else:
            a, slope_a = t, slope_t
        by_secant = b - a <= width / 2

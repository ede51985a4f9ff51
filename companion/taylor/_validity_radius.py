"""How far the quadratic model can be trusted."""

import numpy as np

from companion._shared.arguments import as_function, as_positive, as_vector
from companion._shared.calls import Batch, evaluate
from companion.jacobians.directional_check import judge, measure
from companion.jacobians.finite_differences import Room
from companion.results import describe
from companion.taylor._step import analyze_step


def validity_radius(f, x0, g, Hg, *, tol=0.1):
    """The largest ε up to which the model's decrease along −g is right to within tol.

    Right means: what f loses, f(x₀) − f(x₀ − εg), differs from what the model loses, ε gᵀg − ½ ε²
    gᵀHg, by at most tol times the latter, and by what rounding explains. Their ratio is
    (eq:decrease-ratio).

    Parameters
    ----------
    f : callable
        Maps an array of shape (n,) to a number.
    x0 : array, shape (n,)
        The point.
    g, Hg : arrays, shape (n,)
        The gradient there, and the Hessian times it.
    tol : float
        The relative error allowed.

    Returns
    -------
    float
        The radius: inf for a quadratic f, where the model is f, and where g = 0; 0 where f falls
        at another rate than gᵀg along −g, so that g is not its gradient. A step to where f is not
        finite counts as wrong.

    Raises
    ------
    ValueError
        If the shapes differ, a number is not finite, or f does not return a number; if f has a
        kink at x₀.

    Notes
    -----
    ε is scanned from 2⁻⁴⁰ to 2⁴⁰ times its natural scales, four values to a doubling, and then
    bisected. An excursion between two neighbours of the scan is missed, but for the one where the
    model comes back to f(x₀), at 2ε*.

    Examples
    --------
    >>> from companion.taylor import validity_radius
    >>> import numpy as np
    >>> f = lambda x: np.cos(x[0])
    >>> x0 = np.array([0.5])
    >>> g, Hg = -np.sin(x0), np.cos(x0) * np.sin(x0)
    >>> radius = validity_radius(f, x0, g, Hg)
    >>> print(f"{radius:.4f}")
    1.8692

    References
    ----------
    J. Nocedal and S. J. Wright, Numerical Optimization, 2nd ed. (2006), section 4.1.
    """
    x0 = as_vector(x0, "x0")
    g = as_vector(g, "g", size=len(x0))
    tol = as_positive(tol, "tol")
    f0 = float(evaluate(as_function(f, "f"), x0.copy(), "f", shape=()))
    step = analyze_step(f0, g, Hg)
    if step.slope == 0:
        return np.inf
    batch = Batch(f, vectorized=False)
    unit = (np.abs(x0).max() or 1.0) / np.abs(g).max()
    line = measure(batch, x0, Room(), v=-unit * g)
    doubt = judge(line, np.array(g @ line.v), promise=1e-5)
    if doubt and doubt.kind == "kink":
        raise ValueError(f"f must have a slope at x0 along −g; at {describe(x0)} it has none")
    if doubt:
        return 0.0

    def right(epsilon):
        f1 = float(evaluate(f, x0 - epsilon * g, "f", shape=(), finite=False))
        promised, taken = epsilon * step.slope, epsilon**2 * step.alpha / 2
        moved = np.abs(x0) @ np.abs(g)  # x0 − εg is rounded too
        rounding = 64 * batch.eps * (abs(f0) + abs(f1) + abs(promised) + abs(taken) + moved)
        error = abs((f0 - f1) - (promised - taken))
        return np.isfinite(f1) and error <= tol * abs(promised - taken) + rounding

    good = 0.0
    for bad in _scan(x0, g, step):
        if not right(bad):
            break
        good = bad
    else:
        return np.inf
    while bad - good > 1e-12 * bad:
        middle = (good + bad) / 2
        if middle in (good, bad):  # no number lies between
            break
        good, bad = (middle, bad) if right(middle) else (good, middle)
    return good


def _scan(x0, g, step):
    """Values of ε, ascending: about all natural scales of a step, and where the model returns."""
    length = np.linalg.norm(g)
    scales = [1 / length, np.linalg.norm(x0) / length]
    if step.alpha:
        scales.append(step.slope / abs(step.alpha))
    scales = [scale for scale in scales if 1e-100 < scale < 1e100]
    exponents = np.arange(np.log2(min(scales)) - 40, np.log2(max(scales)) + 40, 0.25)
    epsilon = 2.0**exponents
    return np.sort(np.append(epsilon, 2 * step.slope / step.alpha)) if step.alpha > 0 else epsilon

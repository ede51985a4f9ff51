"""Descent made of steps: along −∇f with a length you choose, and Newton's."""

from dataclasses import dataclass

import numpy as np

from companion.hessians import classify_critical_point, quick_product
from companion.iterates import BOTTOMLESS, SUFFICIENT, is_far, look, norm, refuse_nan
from companion.results import History, Result, Status
from companion.validation import (
    as_choice,
    as_count,
    as_function,
    as_positive,
    as_vector,
    evaluate,
)

# Beyond this distance x counts as lost, long before xᵀx overflows.
LOST = 1e100


def gradient_descent(f, grad, x0, epsilon, *, hvp=None, tol=1e-8, max_iter=10_000):
    """Minimize f by steps x ← x − εg along the gradient g = ∇f(x) (eq:step).

    The step size ε is

    - a number: the same at every step. On a quadratic with eigenvalues in (0, λ_max] the iterates
      converge for 0 < ε < 2/λ_max, and grow without limit beyond.
    - ``"armijo"``: a trial, halved until f falls by at least 10⁻⁴ ε gᵀg. The trial is Barzilai and
      Borwein's sᵀs/sᵀy, where s and y are the last changes of x and ∇f, or ten times the last ε
      where sᵀy ≤ 0. Where the fall is lost in the rounding of f, the gradient must shrink instead.
    - ``"optimal"``: ε* = gᵀg / gᵀHg (eq:optimal-step), the bottom of the second-order model,
      whether or not f falls; and Armijo's step wherever gᵀHg ≤ 0.

    Parameters
    ----------
    f : callable
        f(x), a number for x of shape (n,).
    grad : callable
        ∇f(x), shape (n,).
    x0 : array, shape (n,)
        The start.
    epsilon : float or str
        A positive number, ``"armijo"`` or ``"optimal"``.
    hvp : callable, optional
        hvp(x, v) = H(x) v, shape (n,), for ``"optimal"``; differences of grad where it is None.
    tol : float
        Converged when ‖∇f(x)‖ ≤ tol ‖∇f(x₀)‖, which does not depend on the units of f and x. For a
        start that is all but optimal, the bound is the change in ∇f(x₀) when rounding changes x₀.
    max_iter : int
        The largest number of steps.

    Returns
    -------
    Result
        Its status is CONVERGED, or: STALLED, where no step changes x; UNBOUNDED, where f fell below
        −10¹⁰⁰ or does so farther along −∇f; DIVERGED, where f grew, and its gradient or x too;
        MAX_ITER.

    Raises
    ------
    ValueError
        If an argument is not as above; if f, grad or hvp returns something of the wrong shape or
        type, or NaN. (Where the iterates have run far away, overflow and NaN mean DIVERGED.)

    Examples
    --------
    >>> from companion.descent import gradient_descent
    >>> from companion.problems import bowl
    >>> f = bowl([1, 10])
    >>> gradient_descent(f, f.grad, f.x0, 2 / 11).n_iter
    92
    >>> gradient_descent(f, f.grad, f.x0, 0.21).status.name
    'DIVERGED'

    References
    ----------
    J. Nocedal and S. J. Wright, *Numerical Optimization*, 2nd ed., Sections 3.1 and 3.3.
    """
    as_function(f, "f")
    as_function(grad, "grad")
    if hvp is not None:
        as_function(hvp, "hvp")

    def fixed(here, _):
        return look(f, grad, here.x - epsilon * here.g)

    def armijo(here, previous):
        return _backtrack(f, grad, here, _trial(here, previous))

    def optimal(here, previous):
        x, g = here.x, here.g
        if hvp is None:
            Hg = quick_product(grad, x, g)
        else:
            Hg = evaluate(lambda x: hvp(x, g.copy()), x, "hvp", shape=x.shape)
        alpha = g @ Hg
        if alpha <= 0:
            return armijo(here, previous)
        return look(f, grad, x - (g @ g) / alpha * g)

    steps = {"armijo": armijo, "optimal": optimal}
    if isinstance(epsilon, str):
        step = steps[as_choice(epsilon, "epsilon", tuple(steps))]
    else:
        epsilon, step = as_positive(epsilon, "epsilon"), fixed
    here, status, path = _iterate(step, f, grad, x0, tol, max_iter)
    return Result(here.x, here.fun, status, path.count - 1, path.array())


@dataclass(frozen=True, repr=False, eq=False)
class NewtonResult(Result):
    """A :class:`~companion.results.Result` that says what kind of point was found.

    Attributes
    ----------
    kind : str
        ``"minimum"``, ``"maximum"``, ``"saddle"`` or ``"degenerate"``, by the eigenvalues of the
        Hessian at x, in units in which its diagonal is ±1; those that the next step would change
        much count as zero. ``"not critical"`` unless the status is CONVERGED.
    """

    kind: str


def newton(f, grad, hess, x0, *, tol=1e-10, max_iter=50):
    """Find a critical point, ∇f(x) = 0, by Newton's steps x ← x − H⁻¹∇f(x).

    Each step leads to the critical point of the second-order model at x (eq:taylor-2), be it a
    minimum, a saddle or a maximum: ``kind`` says which it is. Close to one whose Hessian is
    regular, the number of correct digits doubles at each step. Nothing forces convergence from
    afar. Where H is singular, the step d is the shortest of those that bring Hd nearest to −∇f,
    each variable measured in units in which ``|H_ii|`` is 1.

    Parameters
    ----------
    f : callable
        f(x), a number for x of shape (n,).
    grad : callable
        ∇f(x), shape (n,).
    hess : callable
        ∇²f(x), shape (n, n).
    x0 : array, shape (n,)
        The start.
    tol : float
        Converged when ‖∇f(x)‖ ≤ tol ‖∇f(x₀)‖, which does not depend on the units of f and x. For a
        start that is all but critical, the bound is the change in ∇f(x₀) when rounding changes x₀.
    max_iter : int
        The largest number of steps.

    Returns
    -------
    NewtonResult
        A Result with ``kind``. Its status is CONVERGED, or: STALLED, where the step is too short
        to change x; UNBOUNDED, where f fell below −10¹⁰⁰ or does so farther along −∇f; DIVERGED,
        where f grew, and its gradient or x too; MAX_ITER.

    Raises
    ------
    ValueError
        If an argument is not as above; if f, grad or hess returns something of the wrong shape or
        type, or NaN.

    Examples
    --------
    >>> from companion.descent import newton
    >>> from companion.problems import saddle
    >>> f = saddle()
    >>> result = newton(f, f.grad, f.hess, f.x0)
    >>> print(result.status.name, result.n_iter, result.kind)
    CONVERGED 1 saddle

    References
    ----------
    J. Nocedal and S. J. Wright, *Numerical Optimization*, 2nd ed., Section 3.3.
    """
    as_function(f, "f")
    as_function(grad, "grad")
    as_function(hess, "hess")

    def hessian(x):
        return evaluate(hess, x, "hess", shape=(len(x), len(x)))

    def step(here, _):
        return look(f, grad, here.x + _newton_step(hessian(here.x), here.g))

    here, status, path = _iterate(step, f, grad, x0, tol, max_iter)
    kind = _kind(hessian, here) if status is Status.CONVERGED else "not critical"
    return NewtonResult(here.x, here.fun, status, path.count - 1, path.array(), kind)


@np.errstate(all="ignore")  # what overflows when iterates run away is looked at, not warned of
def _iterate(step, f, grad, x0, tol, max_iter):
    """Repeat here ← step(here, previous) from x0; the last finite point, how it ended, the path."""
    x0 = as_vector(x0, "x0")
    tol, max_iter = as_positive(tol, "tol"), as_count(max_iter, "max_iter")
    start = here = look(f, grad, x0, finite=True)
    target = max(tol * norm(start.g), _rounding(grad, start))
    path, previous = History(), None
    path.append(x0)
    while True:
        if norm(here.g) <= target:
            return here, Status.CONVERGED, path
        if here.fun < BOTTOMLESS:
            return here, Status.UNBOUNDED, path
        if path.count > max_iter:
            return here, _unfinished(Status.MAX_ITER, f, here, start), path
        there = step(here, previous)
        if np.array_equal(there.x, here.x):
            return here, _unfinished(Status.STALLED, f, here, start), path
        refuse_nan(f, grad, there, start)
        if not there.is_finite:
            return here, Status.UNBOUNDED if there.fun == -np.inf else Status.DIVERGED, path
        here, previous = there, here
        path.append(here.x)
        if is_far(here, start) and (here.fun > start.fun or norm(here.x) > LOST):
            return here, _unfinished(Status.DIVERGED, f, here, start), path


def _trial(here, previous):
    """Barzilai and Borwein's ε = sᵀs/sᵀy; the first is a step as long as x, or 1."""
    if previous is None:
        return max(1, norm(here.x)) / norm(here.g)
    s, y = here.x - previous.x, here.g - previous.g
    last = norm(s) / norm(previous.g)
    return min(s @ s / (s @ y), 100 * last) if s @ y > 0 else 10 * last


def _backtrack(f, grad, here, epsilon):
    """Halve ε until x − εg is sufficiently below x, or is x."""
    gg = here.g @ here.g
    noise = 10 * np.finfo(float).eps * abs(here.fun)
    while True:
        there = look(f, grad, here.x - epsilon * here.g)
        fall = here.fun - there.fun
        flatter = abs(fall) <= noise and norm(there.g) < norm(here.g)
        if fall >= SUFFICIENT * epsilon * gg or flatter or np.array_equal(there.x, here.x):
            return there
        epsilon /= 2


def _newton_step(H, g):
    """d with Hd = −g; of least norm, in the units of `_units`, where H is singular."""
    units = _units(H)
    return -units * np.linalg.lstsq(units[:, None] * H * units, units * g)[0]


def _units(H):
    """For each variable the unit in which its own curvature is ±1."""
    curvature = np.abs(np.diag(H))
    return 1 / np.sqrt(np.where(curvature > 0, curvature, 1))


def _kind(hessian, here):
    """The kind of the critical point that is a Newton step away, or less."""
    H = hessian(here.x)
    change = hessian(here.x + _newton_step(H, here.g)) - H
    # A change of units keeps the signs of the eigenvalues, and makes their sizes comparable.
    units = _units(H)
    H, change = (units[:, None] * M * units for M in (H, change))
    tol = max(1e-8, 10 * norm(change) / max(norm(H), np.finfo(float).tiny))
    # ∇f is zero to within the tolerance met: only the eigenvalues are left to decide.
    return classify_critical_point(np.zeros_like(here.g), H, tol=tol).kind


def _rounding(grad, point):
    """How far ∇f moves when each x_i moves by a few units of rounding, uphill."""
    nearby = point.x + 4 * np.finfo(float).eps * np.abs(point.x) * np.sign(point.g)
    change = norm(evaluate(grad, nearby, "grad", shape=nearby.shape, finite=False) - point.g)
    return change if np.isfinite(change) else 0.0


def _unfinished(status, f, here, start):
    """The status of a run that met no tolerance: is it `status`, or worse?"""
    if here.fun > start.fun and norm(here.g) > 1e3 * norm(start.g):
        return Status.DIVERGED
    return Status.UNBOUNDED if _falls_forever(f, here) else status


def _falls_forever(f, here):
    """Whether f falls, at each look farther along −∇f, until it is below −10¹⁰⁰."""
    direction, lowest = -here.g / norm(here.g), here.fun
    for length in (1 + norm(here.x)) * 10.0 ** np.arange(0, 201, 10):
        try:
            fun = evaluate(f, here.x + length * direction, "f", shape=(), finite=False)
        except (ArithmeticError, ValueError):
            return False
        if not fun < lowest:
            return False
        if fun < BOTTOMLESS:
            return True
        lowest = fun
    return False

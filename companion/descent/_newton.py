"""Newton's step, where the quadratic model has its critical point."""

from dataclasses import dataclass

import numpy as np

from companion._shared.arguments import as_function, as_run
from companion._shared.calls import evaluate
from companion._shared.floats import exponent, halved_to_one, norm
from companion._shared.iteration import iterate, look
from companion.hessians import classify_critical_point
from companion.results import Result, Status


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

    Each step (eq:newton-step) leads to the critical point of the second-order model at x
    (eq:taylor-2), be it a minimum, a saddle or a maximum: ``kind`` says which it is. Close to one
    whose Hessian is regular, if f has three continuous derivatives, the number of correct digits
    about doubles at each step. Nothing forces convergence from afar. Where H is singular, the step
    d is the shortest of those that bring Hd nearest to −∇f, each variable measured in units in
    which ``|H_ii|`` is 1.

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
        Converged when the next step d is at most tol times the larger of ‖x‖ and ‖x − x₀‖, where H
        has a step: Hd + ∇f(x) is at most half of ∇f(x). Also where ∇f is 0 to within what rounding
        x changes it by. At x₀ = 0 there is no length yet, and a step is taken.
    max_iter : int
        The largest number of steps.

    Returns
    -------
    NewtonResult
        A Result with ``kind``. Its status is as for `gradient_descent`; STALLED is where the step
        is too short to change x.

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
        d, solves = _newton_step(hessian(here.x), here.g)
        return norm(d) if solves else np.inf, lambda: look(f, grad, here.x + d)

    x0, tol, max_iter = as_run(x0, tol, max_iter)
    here, status, path = iterate(step, f, grad, x0, tol, max_iter)
    kind = _kind(hessian, here) if status is Status.CONVERGED else "not critical"
    return NewtonResult(here.x, here.fun, status, path.count - 1, path.array(), kind)


def _newton_step(H, g):
    """d with Hd = −g, and whether there is one; of least norm, in the units of `_in_units`."""
    A, units = _in_units(H)
    b = units * halved_to_one(g)
    d = -np.linalg.lstsq(A, b)[0]
    # Less than half of g is left: d is a step to where it vanishes.
    solves = bool(norm(A @ d + b) <= norm(b) / 2)
    return np.ldexp(units * d, exponent(g) - exponent(H)), solves


def _in_units(H):
    """H with each variable in the unit in which its own curvature is ±1, and those units.

    First H is multiplied by a power of two that makes its largest entry about 1.
    """
    H = halved_to_one(H)
    curvature = np.abs(np.diag(H))
    units = 1 / np.sqrt(np.where(curvature > 0, curvature, 1))
    return units[:, None] * H * units, units


def _kind(hessian, here):
    """The kind of the critical point that is a Newton step away, or less."""
    H = hessian(here.x)
    d, _ = _newton_step(H, here.g)
    change = np.ldexp(hessian(here.x + d) - H, -exponent(H))
    # A change of units keeps the signs of the eigenvalues, and makes their sizes comparable.
    H, units = _in_units(H)
    doubt = norm((units[:, None] * change * units).ravel())
    tol = max(1e-8, 10 * doubt / max(norm(H.ravel()), np.finfo(float).tiny))
    # ∇f is zero to within the tolerance met: only the eigenvalues are left to decide.
    return classify_critical_point(np.zeros_like(here.g), H, tol=tol).kind

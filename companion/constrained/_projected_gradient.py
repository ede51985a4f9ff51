"""Gradient steps, each followed by a projection."""

from collections import deque

import numpy as np

from companion._shared.arguments import as_choice, as_count, as_function, as_positive, as_vector
from companion._shared.calls import evaluate
from companion._shared.floats import norm
from companion._shared.iteration import Gauge, backtrack, iterate, look, trial
from companion.results import Result, describe


def projected_gradient(f, grad, project, x0, epsilon, *, tol=1e-8, max_iter=10_000):
    """Minimize f over a convex set S: step along the gradient, then project back, x ← P(x − εg).

    That is the step of (eq:projected-step), with P onto any convex S. x is a minimum of a convex f
    over S just where no step leads away, x = P(x − εg), whatever ε > 0. So (x − P(x − εg))/ε,
    which is g where x lies inside S, takes the place of the gradient.

    Parameters
    ----------
    f : callable
        f(x), a number for x of shape (n,).
    grad : callable
        ∇f(x), shape (n,).
    project : callable
        P(x), the point of S nearest to x, shape (n,): ``project_ball``, say.
    x0 : array, shape (n,)
        The start, projected onto S first.
    epsilon : float or str
        The step size, a positive number; below 2/L it converges for every convex f whose curvatures
        are at most L and that has a minimum on S. Or ``"armijo"``: a trial, halved until f falls
        at least 10⁻⁴ ‖s‖²/ε below the highest of its last ten values, where s is the change of x;
        trials are as for `companion.descent.gradient_descent`.
    tol : float
        Converged when the remaining step is at most tol times the larger of ‖x‖ and the distance
        from P(x0): the next step, or where that is longer (x − P(x − εg))/ε over the smallest
        curvature seen of late (`companion._shared.iteration.Gauge`).
    max_iter : int
        The largest number of steps.

    Returns
    -------
    Result
        Its status, as for `companion.descent.gradient_descent`.

    Raises
    ------
    ValueError
        If an argument is not as above; if f, grad or project returns something of the wrong shape
        or type, or NaN at an ordinary point; if P(P(x0)) is not P(x0).

    Examples
    --------
    The point of the unit disc nearest to (3, 4):

    >>> from companion.constrained import project_ball, projected_gradient
    >>> import numpy as np
    >>> a = np.array([3.0, 4.0])
    >>> result = projected_gradient(
    ...     lambda x: (x - a) @ (x - a), lambda x: 2 * (x - a), project_ball, [0, 0], 0.1
    ... )
    >>> print(result.status.name, np.round(result.x, 6))
    CONVERGED [0.6 0.8]

    References
    ----------
    E. G. Birgin, J. M. Martínez and M. Raydan, "Nonmonotone spectral projected gradient methods on
    convex sets", *SIAM Journal on Optimization* 10 (2000), 1196–1211.
    """
    as_function(f, "f")
    as_function(grad, "grad")
    as_function(project, "project")
    x0, tol, max_iter = as_vector(x0, "x0"), as_positive(tol, "tol"), as_count(max_iter, "max_iter")
    if isinstance(epsilon, str):
        as_choice(epsilon, "epsilon", ("armijo",))
    else:
        epsilon = as_positive(epsilon, "epsilon")

    def onto(x):
        return evaluate(project, x, "project", shape=x.shape) if np.isfinite(x).all() else x

    recent, gauge = deque(maxlen=10), Gauge()

    def step(here, previous):
        recent.append(here.fun)
        first = trial(here, previous) if epsilon == "armijo" else epsilon

        def move(size):
            return onto(here.x - size * here.g)

        def search():
            if epsilon == "armijo":
                return backtrack(f, grad, here, move, first, max(recent))
            return look(f, grad, there)

        # Of the gradient, −s/ε is what the projection leaves.
        there = move(first)
        s = there - here.x
        return max(norm(s), gauge.distance(here.x, -s / first)), search

    x0 = _feasible_start(onto, x0)
    here, status, path = iterate(step, f, grad, x0, tol, max_iter, onto)
    return Result(here.x, here.fun, status, path.count - 1, path.array())


def _feasible_start(onto, x0):
    """P(x0), which P must leave where it is."""
    x = onto(x0)
    again = onto(x)
    if norm(again - x) > 1e-6 * max(norm(x), norm(x0)):
        raise ValueError(
            "project must leave its own values where they are; "
            f"it moves {describe(x)} to {describe(again)}"
        )
    return x

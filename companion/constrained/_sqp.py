"""Sequential quadratic programming: a quadratic model, linear constraints, and again from there."""

import numpy as np

from companion._shared.floats import norm
from companion.constrained._augmented_lagrangian import least_violation
from companion.constrained._endings import (
    finish,
    finish_infeasible,
    is_bottomless,
    is_infeasible,
    unfinished,
)
from companion.constrained._kkt import residuals
from companion.constrained._kkt_step import settle
from companion.constrained._linearization import start_at
from companion.constrained._sqp_step import Model, first_rho, first_sigma
from companion.results import History, Status

MAX_IDLE = 10
MAX_RESTARTS = 5


def sqp(problem, x0, tol, max_iter):
    """Minimize f subject to eq(x) = 0 and ineq(x) ≤ 0, by a sequence of quadratic programs.

    At each point x:

    1. Replace f by a quadratic with the slope of f and the curvature of the Lagrangian, and the
       constraints by their tangents; solve this quadratic program for a step d and multipliers y.
    2. If x, y satisfy the KKT conditions, or Newton's method on these finds a solution close by,
       that is the answer.
    3. Go to x + d if it is better by the merit f + ρ‖v‖₁; if not, damp the model and solve again.
    4. Where no step is better although constraints are violated, go to where they are violated
       least. If that is still too much, the problem is infeasible there.

    `companion.constrained.minimize_constrained` checks the arguments and calls this.

    Parameters
    ----------
    problem : ConstrainedProblem
        f, eq, ineq and their derivatives.
    x0 : array, shape (n,)
        The start.
    tol : float
        The largest residual of the KKT conditions.
    max_iter : int
        The largest number of steps.

    Returns
    -------
    KKTResult
        The last point, with its multipliers and residuals.

    Examples
    --------
    >>> from companion.problems import hs71
    >>> from companion.constrained._sqp import sqp
    >>> result = sqp(hs71(), hs71().x0, tol=1e-8, max_iter=200)
    >>> print(f"{result.fun:.5f} {result.status.name}")
    17.01402 CONVERGED

    References
    ----------
    J. Nocedal and S. J. Wright, *Numerical Optimization*, 2nd ed., Chapter 18.
    """
    start = here = start_at(problem, x0)
    y, rho, sigma = _begin(here)
    idle, restarts, tried = 0, 0, np.inf
    path = History()
    path.append(x0)
    while True:
        model = Model(here, y)
        step = model.steer(rho, sigma)
        # Looking on costs as much as some steps; where it was in vain, it waits until much nearer.
        if norm(step.d) <= min(1e-3 * here.length, tried / 4):
            if solved := settle(here, step.y, tol):
                return finish(*solved, Status.CONVERGED, path)
            tried = norm(step.d)
        if is_bottomless(here, start, step.d):
            return finish(here, step.y, Status.UNBOUNDED, path)
        if path.count > max_iter:
            return finish(here, step.y, unfinished(here, start, Status.MAX_ITER), path)

        infeasible = residuals(here, step.y).primal > tol
        there = None
        # To first order, can no step bring the constraints much nearer? Then take none.
        if not infeasible or step.left <= 0.9 * model.violation:
            there, step, sigma, visible = model.take(step)
            idle = 0 if visible else idle + 1
        if there is not None and idle < MAX_IDLE:
            here, y, rho = there, step.y, _next_rho(step, here)
        elif infeasible and restarts < MAX_RESTARTS:
            here = least_violation(here)
            if is_infeasible(here, tol):
                return finish_infeasible(here, path)
            y, rho, sigma = _begin(here)
            idle, restarts, tried = 0, restarts + 1, np.inf
        else:
            return finish(here, step.y, unfinished(here, start, Status.STALLED), path)
        path.append(here.x)


def _begin(here):
    """The first multipliers, ρ and σ."""
    return np.zeros(len(here.c)), first_rho(here), 0.1 * first_sigma(here)


def _next_rho(step, here):
    """A tenth where a hundredth was price enough: too high a ρ makes short steps along curves."""
    cheap = (np.abs(step.y) * here.unit).max(initial=0) < step.rho / 100
    return max(step.rho / 10, 1e-6 * first_rho(here)) if cheap else step.rho

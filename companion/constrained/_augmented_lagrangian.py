"""The augmented Lagrangian: a penalty for violations, and multipliers that learn from it."""

import numpy as np

from companion._shared.floats import norm
from companion.constrained._endings import (
    falls_forever,
    finish,
    finish_infeasible,
    is_infeasible,
    unfinished,
)
from companion.constrained._kkt import residuals
from companion.constrained._kkt_step import settle
from companion.constrained._linearization import start_at
from companion.constrained._sqp_step import Model, first_rho, first_sigma
from companion.results import History, Status

WEIGHT_MAX = 1e10
MAX_IDLE = 3
MAX_INNER = 100
MAX_ROUNDS = 30


def augmented_lagrangian(problem, x0, tol, max_iter):
    """Minimize f subject to eq(x) = 0 and ineq(x) ≤ 0, by a sequence of unconstrained problems.

    Repeat:

    1. Minimize the augmented Lagrangian ψ(x; y, ρ) over x, from the last point.
    2. Take its multipliers for the next y: y + ρc, and no less than 0 for an inequality.
    3. Where a violation has not shrunk to a quarter, make its ρ ten times larger. Where the search
       has left the constraints and found no minimum, begin it again so.
    4. Where no ρ is large enough, go to where the constraints are violated least. If that is still
       too much, the problem is infeasible there; if not, and here it is, begin again, once, where
       they are violated least near x₀, with a heavier penalty.

    If the KKT conditions hold for x, y, or Newton's method on these finds a solution close by,
    that is the answer.

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
        The largest number of minimizations of ψ, each of at most 100 steps.

    Returns
    -------
    KKTResult
        The last point, with its multipliers and residuals.

    Examples
    --------
    >>> from companion.constrained._augmented_lagrangian import augmented_lagrangian
    >>> from companion.problems import hs71
    >>> result = augmented_lagrangian(hs71(), hs71().x0, tol=1e-8, max_iter=200)
    >>> print(f"{result.fun:.5f} {result.status.name}")
    17.01402 CONVERGED

    References
    ----------
    J. Nocedal and S. J. Wright, *Numerical Optimization*, 2nd ed., Section 17.3.
    """
    start = here = start_at(problem, x0)
    unit, stiffness, y, weight, gap, accuracy = _begin(here)
    restarted, path = False, History()
    path.append(x0)
    while True:
        if solved := settle(here, y, tol):
            return finish(*solved, Status.CONVERGED, path)
        if path.count > max_iter:
            return finish(here, y, unfinished(here, start, Status.MAX_ITER), path)

        begin = AugmentedLagrangian(here, y, stiffness * weight / unit / unit)
        psi = minimize(begin, accuracy)
        if not _is_minimum(psi, accuracy) and falls_forever(psi.local, psi.x - here.x):
            return finish(psi.local, y, Status.UNBOUNDED, path)
        if _is_bottomless(psi, begin) or _is_lost(psi, begin):
            psi, slow = begin, np.full(len(y), True)  # The penalty is too light.
        else:
            # |c_i|, or for an inequality that is satisfied how far its price has yet to fall.
            last, gap = gap, np.abs(psi.multipliers - y) / (psi.rho * unit)
            slow, y = gap > np.maximum(last / 4, 1e-12 * here.reach), psi.multipliers

        unmoved = accuracy <= tol and not slow.any() and np.array_equal(psi.x, here.x)
        here = psi.local
        if unmoved or (slow & (weight >= WEIGHT_MAX)).any():
            nearest = least_violation(here)
            if is_infeasible(nearest, tol):
                return finish_infeasible(nearest, path)
            stuck = restarted or residuals(here, y).primal <= tol
            again = here if stuck else least_violation(start)
            if stuck or residuals(again, y).primal > tol:
                return finish(here, y, unfinished(here, start, Status.STALLED), path)
            restarted, here = True, again
            unit, stiffness, y, weight, gap, accuracy = _begin(here, weight=1e3)
        else:
            weight, accuracy = np.where(slow, 10 * weight, weight), max(accuracy / 10, tol / 10)
        path.append(here.x)


def _begin(here, weight=10.0):
    """The units in which all constraints weigh the same, and the stiffness that f has here.

    Then the first multipliers, weights, gaps and accuracy.
    """
    stiffness, k = (norm(here.g) or first_rho(here)) / here.reach, len(here.c)
    return here.unit, stiffness, np.zeros(k), np.full(k, weight), np.full(k, np.inf), 0.1


class AugmentedLagrangian:
    """ψ(x; y, ρ) = f + Σ (z_i² − y_i²)/(2ρ_i), where z = y + ρc, and max(0, ·) of it if ineq.

    Where z = y + ρc, that is f + y·c + ½ Σ ρ_i c_i² (eq:augmented-lagrangian), and with y = 0 a
    penalty (eq:penalty). Its gradient, g + Jᵀz, is that of the Lagrangian with the multipliers z
    (eq:multiplier-step). The class offers what `Local` offers, as a problem without
    constraints, so that the steps of ``_sqp_step`` minimize it.

    Parameters
    ----------
    local : Local
        The constrained problem at the point.
    y, rho : arrays, shape (p + q,)
        A multiplier and a positive weight for each constraint.

    Examples
    --------
    >>> from companion.constrained._augmented_lagrangian import AugmentedLagrangian
    >>> from companion.constrained._linearization import start_at
    >>> from companion.problems import ConstrainedProblem
    >>> import numpy as np
    >>> line = ConstrainedProblem(lambda x: x @ x, lambda x: 2 * x, eq=lambda x: x[:1] + x[1:])
    >>> psi = AugmentedLagrangian(start_at(line, np.ones(2)), np.array([1.0]), np.array([10.0]))
    >>> print(psi.f)  # f + y c + ½ρc² = 2 + 2 + 20
    24.0
    """

    def __init__(self, local, y, rho, objective=1.0):
        self.local, self.y, self.rho, self.objective = local, y, rho, objective
        self.x = local.x
        self.c = self.v = self.unit = np.zeros(0)
        self.J = np.zeros((0, len(local.x)))
        self.is_eq = np.zeros(0, dtype=bool)
        self.has_values = local.has_values
        if local.has_values:
            shifted = y + rho * local.c
            self.multipliers = np.where(local.is_eq, shifted, np.maximum(shifted, 0))
            penalty = ((self.multipliers - y) / rho * (self.multipliers + y)).sum() / 2
            self.f = objective * local.f + penalty

    def at(self, x):
        """The same function at another point."""
        return AugmentedLagrangian(self.local.at(x), self.y, self.rho, self.objective)

    @property
    def has_derivatives(self):
        return self.local.has_derivatives

    @property
    def length(self):
        return self.local.length

    @property
    def reach(self):
        return self.local.reach

    @property
    def least_force(self):
        return self.local.least_force

    @property
    def curvature(self):
        return self.local.curvature

    @property
    def g(self):
        return self.objective * self.local.g + self.local.J.T @ self.multipliers

    def hessian(self, _):
        """∇²L + Σ ρ_i ∇c_i ∇c_iᵀ over the active constraints."""
        active = self.local.is_eq | (self.multipliers != 0)
        J = self.local.J[active]
        H = self.local.hessian(self.multipliers, self.objective)
        return H + J.T @ (self.rho[active, None] * J)


def minimize(psi, accuracy):
    """The unconstrained minimum, by the steps of SQP: to ‖∇ψ‖ ≤ accuracy times the forces in it.

    Ends early where ψ falls very low, or no longer visibly.
    """
    start, no_multipliers = psi, np.zeros(0)
    sigma, idle = 0.1 * first_sigma(psi), 0
    for _ in range(MAX_INNER):
        if _is_minimum(psi, accuracy) or _is_bottomless(psi, start) or idle == MAX_IDLE:
            break
        model = Model(psi, no_multipliers)
        there, _, sigma, visible = model.take(model.steer(1.0, sigma))
        if there is None:
            break
        psi, idle = there, 0 if visible else idle + 1
    return psi


def least_violation(here):
    """A point near `here` where the constraints are violated least, by ½ Σ (v_i/u_i)².

    That is ψ without f, with y = 0 and ρ_i = 1/u_i², where u_i is the unit of c_i, at that point:
    a few rounds make it so. The search stays where f is defined. It starts a nudge away, because
    where the violation is largest its gradient is zero too.
    """
    nudge = 1e-3 * here.reach * np.cos(np.arange(1, len(here.x) + 1))
    nudged = here.at(here.x + nudge)
    start = nudged if nudged.has_derivatives else here
    for _ in range(MAX_ROUNDS):
        prices, weights = np.zeros(len(here.c)), 1 / here.unit / here.unit
        psi = AugmentedLagrangian(start, prices, weights, objective=0.0)
        last, here = here, minimize(psi, accuracy=1e-14).local
        start = here
        left = (np.abs(here.v) / here.unit).max(initial=0)
        if left <= 1e-6 * here.length or norm(here.x - last.x) <= 1e-9 * here.length:
            break
    return here


def _is_minimum(psi, accuracy):
    forces = psi.objective * norm(psi.local.g) + np.abs(psi.multipliers) @ norm(psi.local.J)
    return norm(psi.g) <= accuracy * forces


def _is_bottomless(psi, start):
    """Whether ψ has fallen, or x has gone, beyond all measure."""
    fallen = start.f - psi.f > 1e15 * max(abs(start.f), norm(start.g) * start.reach)
    return fallen or norm(psi.x - start.x) > 1e10 * start.reach


def _is_lost(psi, start):
    """Whether the search has left the constraints, and is nowhere near a minimum."""
    before, after = (np.abs(local.v) @ (1 / start.local.unit) for local in (start.local, psi.local))
    return bool(after > before and not _is_minimum(psi, 0.1))

"""The augmented Lagrangian: a penalty for violations, and multipliers that learn from it."""

from dataclasses import replace

import numpy as np

from companion.kkt import (
    falls_forever,
    finish,
    finish_infeasible,
    is_infeasible,
    settle,
    unfinished,
)
from companion.local_model import Local, start_at
from companion.results import History, Status
from companion.sqp_step import Model, first_sigma

WEIGHT_MAX = 1e10
MAX_IDLE = 3
MAX_INNER = 100


def augmented_lagrangian(problem, x0, tol, max_iter):
    """Minimize f subject to eq(x) = 0 and ineq(x) ≤ 0, by a sequence of unconstrained problems.

    Repeat:

    1. Minimize the augmented Lagrangian ψ(x; y, ρ) over x, from the last point.
    2. Take its multipliers for the next y: y + ρc, and no less than 0 for an inequality.
    3. Where a violation has not shrunk to a quarter, make its ρ ten times larger.

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
    >>> from companion.augmented_lagrangian import augmented_lagrangian
    >>> from companion.problems import hs71
    >>> result = augmented_lagrangian(hs71(), hs71().x0, tol=1e-8, max_iter=200)
    >>> print(f"{result.fun:.5f} {result.status.name}")
    17.01402 CONVERGED

    References
    ----------
    J. Nocedal and S. J. Wright, *Numerical Optimization*, 2nd ed., Section 17.3.
    """
    start = here = start_at(problem, x0)
    # In the unit in which c_i has a gradient of length 1, all constraints weigh the same.
    unit = np.linalg.norm(here.J, axis=1)
    unit = np.where(unit > 1e-6, unit, 1.0)
    y, weight = np.zeros(len(here.c)), np.full(len(here.c), 10.0)
    gap, accuracy = np.full(len(y), np.inf), 0.1
    path = History()
    path.append(x0)
    while True:
        if solved := settle(here, y, tol):
            return finish(*solved, Status.CONVERGED, path)
        if path.count > max_iter:
            return finish(here, y, unfinished(here, start, Status.MAX_ITER), path)

        begin = AugmentedLagrangian(here, y, weight / unit**2)
        psi = minimize(begin, accuracy)
        if not _is_minimum(psi, accuracy) and falls_forever(psi.local, psi.x - here.x):
            return finish(psi.local, y, Status.UNBOUNDED, path)
        if _is_bottomless(psi, begin):
            psi, slow = begin, np.full(len(y), True)  # The penalty is too light.
        else:
            # |c_i|, or for an inequality that is satisfied how far its price has yet to fall.
            last, gap = gap, np.abs(psi.multipliers - y) / psi.rho / unit
            slow, y = gap > np.maximum(last / 4, 1e-12), psi.multipliers

        unmoved = accuracy <= tol and not slow.any() and np.array_equal(psi.x, here.x)
        here = psi.local
        if unmoved or (slow & (weight >= WEIGHT_MAX)).any():
            nearest = least_violation(here)
            if is_infeasible(nearest, tol):
                return finish_infeasible(nearest, path)
            return finish(here, y, unfinished(here, start, Status.STALLED), path)
        weight, accuracy = np.where(slow, 10 * weight, weight), max(accuracy / 10, tol / 10)
        path.append(here.x)


class AugmentedLagrangian:
    """ψ(x; y, ρ) = f + Σ (z_i² − y_i²)/(2ρ_i), where z = y + ρc, and max(0, ·) of it if ineq.

    Where z = y + ρc, that is f + y·c + ½ Σ ρ_i c_i². Its gradient, g + Jᵀz, is that of the
    Lagrangian with the multipliers z. The class offers what `Local` offers, as a problem without
    constraints, so that the steps of `companion.sqp_step` minimize it.

    Parameters
    ----------
    local : Local
        The constrained problem at the point.
    y, rho : arrays, shape (p + q,)
        A multiplier and a positive weight for each constraint.

    Examples
    --------
    >>> from companion.augmented_lagrangian import AugmentedLagrangian
    >>> from companion.local_model import Local, start_at
    >>> from companion.problems import ConstrainedProblem
    >>> import numpy as np
    >>> line = ConstrainedProblem(lambda x: x @ x, lambda x: 2 * x, eq=lambda x: x[:1] + x[1:])
    >>> psi = AugmentedLagrangian(Local(line, np.ones(2)), np.array([1.0]), np.array([10.0]))
    >>> print(psi.f)  # f + y c + ½ρc² = 2 + 2 + 20
    24.0
    """

    def __init__(self, local, y, rho):
        self.local, self.y, self.rho = local, y, rho
        self.x = local.x
        self.c = self.v = np.zeros(0)
        self.J = np.zeros((0, len(local.x)))
        self.is_eq = np.zeros(0, dtype=bool)
        self.has_values = local.has_values
        if local.has_values:
            shifted = y + rho * local.c
            self.multipliers = np.where(local.is_eq, shifted, np.maximum(shifted, 0))
            self.f = local.f + ((self.multipliers**2 - y**2) / (2 * rho)).sum()

    def at(self, x):
        """The same function at another point."""
        return AugmentedLagrangian(self.local.at(x), self.y, self.rho)

    @property
    def has_derivatives(self):
        return self.local.has_derivatives

    @property
    def g(self):
        return self.local.g + self.local.J.T @ self.multipliers

    def hessian(self, _):
        """∇²L + Σ ρ_i ∇c_i ∇c_iᵀ over the active constraints."""
        active = self.local.is_eq | (self.multipliers != 0)
        J = self.local.J[active]
        return self.local.hessian(self.multipliers) + J.T @ (self.rho[active, None] * J)


def minimize(psi, accuracy):
    """The unconstrained minimum, by the steps of SQP: to ‖∇ψ‖ ≤ accuracy (1 + ‖g‖).

    Ends early where ψ falls very low, or no longer visibly.
    """
    start, no_multipliers = psi, np.zeros(0)
    sigma, idle = 0.1 * first_sigma(psi) or 1.0, 0
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
    """A point near `here` where the constraints are violated least, by ½‖v‖².

    That is ψ without f, with y = 0 and ρ = 1. The search starts a nudge away, because where the
    violation is largest its gradient is zero too.
    """
    n, m = len(here.x), len(here.c)
    problem = replace(here.problem, f=lambda x: 0.0, grad=np.zeros_like)
    nudge = 1e-3 * (1 + np.linalg.norm(here.x)) * np.cos(np.arange(1, n + 1))
    nearby = Local(problem, here.x + nudge, here.counts)
    nudged = AugmentedLagrangian(nearby, np.zeros(m), np.ones(m))
    start = nudged if nudged.has_derivatives else nudged.at(here.x)
    return here.at(minimize(start, accuracy=1e-14).x)


def _is_minimum(psi, accuracy):
    return np.linalg.norm(psi.g) <= accuracy * (1 + np.linalg.norm(psi.local.g))


def _is_bottomless(psi, start):
    return psi.f < -1e15 * (1 + abs(start.f))

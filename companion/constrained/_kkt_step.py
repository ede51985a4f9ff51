"""Newton's step on the KKT conditions: what remains to be walked."""

import numpy as np

from companion._shared.floats import EPS, norm, power_of_two
from companion.constrained._kkt import largest_share, residuals
from companion.constrained._linearization import SQRT_EPS

FEW, MANY = 6, 200

# ---------------------------------------------------------------------------------------------
# What remains: the step of Newton's method on the KKT conditions


def settle(here, y, tol):
    """A point and multipliers that solve the problem: these, or some of Newton's steps away.

    Near a solution Newton's method on the KKT conditions, with the active inequalities taken for
    equalities, doubles the number of correct digits at each step. Where the curvature vanishes with
    the slope, as for x⁴, each step is only a part of the last; more of them are then made, but not
    where the multipliers go on changing, as at a cusp. It leads to saddles too: a point that it has
    moved to must be a minimum to second order. Returns None where nothing is found.
    """
    if not here.g.any():
        y = np.zeros_like(y)  # where f is level, no price is needed
    best, last = None, 0.01 * here.length
    for k in range(MANY):
        newton = NewtonStep(here, y, tol)
        there, z = here.at(here.x + newton.d), _updated(y, newton.dy, here.is_eq)
        if is_solved(here, y, newton, tol) and _is_borne_out(here, y, there, z, newton, tol):
            if k > 0 and not newton.is_curved_up:
                return None
            best = here, y
        if not norm(newton.d) <= last or not there.has_derivatives:
            break
        is_slow = norm(newton.d) >= 0.99 * last
        if k >= FEW and (is_slow or not _is_priced(here, y, newton, tol)):
            break
        # From a start far away tol lengths may be much of x; then a step or two more cost little.
        if best and (not newton.is_curved_up or norm(newton.d) <= tol * norm(here.x)):
            best = min((here, y), (there, z), key=_left)
            break
        here, y, last = there, z, norm(newton.d)
    return None if best is None or _is_above_start(best[0]) else best


def _is_borne_out(here, y, there, z, newton, tol):
    """Whether the step to `there` leaves less than 1/e of ∇L, where more than rounding is left.

    Where ∇L vanishes like x^m Newton's step leaves (1 − 1/m)^m of it, less than 1/e; near a pole,
    like x^(−m), (1 + 1/m)^(−m), which is more; and what it finds is chance where differences across
    a pole pass for H. Rounding x moves ∇L by eps of H x: that excuses what is left where H is exact
    and bends up, as beside a wall; elsewhere, rounding of the terms of ∇f does.
    """
    if not there.has_derivatives:
        return False
    before, after = (norm(local.g + local.J.T @ w) for local, w in ((here, y), (there, z)))
    steep = here.is_traced and newton.is_curved_up
    rounding = 4 * EPS * here.least_force if steep else 64 * EPS * norm(here.slopes)
    return bool(after <= max(before / np.e, tol * np.abs(y) @ norm(here.J), rounding))


def _is_above_start(here):
    """Whether f is higher than at the start, which was feasible: no such point is a solution."""
    start = here.start
    return not start.v.any() and here.f > start.f + 8 * EPS * (abs(here.f) + abs(start.f))


def _left(end):
    here, y = end
    return residuals(here, y, here.least_force).max


def _updated(y, dy, is_eq):
    """The next multipliers: one that cancels to rounding is 0, that of an inequality at least 0."""
    z = np.where(np.abs(y + dy) > 8 * EPS * np.abs(y), y + dy, 0)
    return np.where(is_eq, z, np.maximum(z, 0))


def is_solved(here, y, newton, tol):
    """Whether the remaining step is at most tol, and the KKT conditions hold to within it.

    The step in x is judged by the length of x. That the multipliers have ceased to change is asked
    to half the digits, as far as forces below those of a step of tol can tell: at a cusp, where
    there are none, they double with each step. So is y ∘ c = 0, for the equalities too: a price
    times a violation is what the violation is worth in f, and is judged by the forces in f alone,
    since prices that cancel may be large.
    """
    if not (newton.is_level and norm(newton.d) <= tol * here.length):
        return False
    if not _is_priced(here, y, newton, tol):
        return False
    force = max(norm(here.g), here.least_force)
    worth = largest_share(np.abs(y * here.c), force * here.length)
    return worth <= tol and residuals(here, y, here.least_force).max + EPS <= tol


def _is_priced(here, y, newton, tol):
    """Whether the multipliers have all but ceased to change."""
    change = np.abs(newton.dy) @ norm(here.J)
    return bool(change <= max(np.sqrt(tol) * here.forces(y), tol * here.least_force))


class NewtonStep:
    """Newton's step on the KKT conditions: H d + Jᵀdy = −∇L, J d = −c, for active constraints.

    Its first part leads to the constraints by the shortest way, its second along them, to where
    the slope of the Lagrangian vanishes; dy balances what is left across them. Constraints that
    depend on others to half the digits count as dependent. A curvature below the error of H is
    taken to be that error; but where the slope is level there, no step is made, since rounding
    alone would make it long.

    Parameters
    ----------
    here : Local
        The point.
    y : array, shape (p + q,)
        The multipliers. An inequality is active where its multiplier is not 0.
    tol : float
        The part of the forces of the constraints that passes for level.

    Attributes
    ----------
    d, dy : arrays, shapes (n,) and (p + q,)
        The step.
    is_level : bool
        Whether the slope vanishes, to within tol or rounding, wherever H shows no curvature.
    is_curved_up : bool
        Whether no direction along the constraints has negative curvature.

    References
    ----------
    J. Nocedal and S. J. Wright, *Numerical Optimization*, 2nd ed., Section 16.2 (the null-space
    method).
    """

    def __init__(self, here, y, tol):
        active = here.is_eq | (y != 0)
        unit = here.unit[active]
        U, s, Vt = np.linalg.svd(here.J[active] / unit[:, None])
        rank = int((s > SQRT_EPS).sum())
        U, s, across, along = U[:, :rank], s[:rank], Vt[:rank], Vt[rank:]
        (H, error), slope = here.hessian_with_error(y), here.g + here.J.T @ y
        force = power_of_two(np.abs(H).max())
        H, slope = H / force, slope / force
        d = -across.T @ (U.T @ (here.c[active] / unit) / s)
        w, V = np.linalg.eigh(along @ H @ along.T)
        V, size = along.T @ V, error * np.abs(H).max()
        bent, left = np.abs(w) > size, V.T @ (slope + H @ d)
        level = np.maximum(tol * np.abs(y) @ norm(here.J), 16 * EPS * np.abs(V.T) @ here.slopes)
        self.is_level = bool((np.abs(left) * force <= level)[~bent].all())
        taken = bent | (size > 0 and not self.is_level)
        d = d - V[:, taken] @ (left / np.where(bent, w, size or 1))[taken]
        self.d, self.dy = d, np.zeros(len(y))
        self.dy[active] = -U @ (across @ (slope + H @ d) / s) * force / unit
        self.is_curved_up = bool((w >= -size).all())


# ---------------------------------------------------------------------------------------------
# What is said where nothing is solved


def least_squares_prices(here):
    """v_i/u_i²: how ½ Σ (v_i/u_i)² changes with each c_i, where u is the unit of each."""
    return here.v / here.unit / here.unit

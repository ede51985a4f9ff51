"""How a run ends, and the certificate that it returns."""

from dataclasses import dataclass

import numpy as np

from companion._shared.calls import evaluate
from companion._shared.floats import norm
from companion.constrained._kkt import KKTResiduals, residuals
from companion.constrained._kkt_step import least_squares_prices
from companion.results import Report, Status


@dataclass(frozen=True, repr=False, eq=False)
class KKTResult(Report):
    """Where a constrained minimization ended, with its multipliers and its own certificate.

    Attributes
    ----------
    x : array, shape (n,)
        The last iterate.
    fun : float
        f(x).
    lam, mu : arrays, shapes (p,) and (q,)
        The multipliers of eq and of ineq, as in L = f + λ·eq + μ·ineq. When the status is
        INFEASIBLE there are none; these are then a direction y = (λ, μ) that proves it to first
        order: Jᵀy = 0 although y·(eq, ineq) > 0, with μ ≥ 0.
    residuals : KKTResiduals
        The residuals of the KKT conditions at x, λ, μ.
    status : Status
        How the run ended. CONVERGED: ``residuals.max`` is within tolerance.
    n_iter : int
        Number of steps taken.
    path : array, shape (n_iter + 1, n)
        The iterates, one a row, thinned where they would pass 100 MB.
    """

    x: np.ndarray
    fun: float
    lam: np.ndarray
    mu: np.ndarray
    residuals: KKTResiduals
    status: Status
    n_iter: int
    path: np.ndarray


def finish(here, y, status, path):
    """The `KKTResult` of a run that ended at `here`, a `Local`, with the multipliers y."""
    if not np.array_equal(path.last, here.x):
        path.append(here.x)
    lam, mu = y[here.is_eq], y[~here.is_eq]
    certificate = residuals(here, y, here.least_force)
    return KKTResult(here.x, here.f, lam, mu, certificate, status, path.count - 1, path.array())


def finish_infeasible(here, path):
    """The `KKTResult` where no point nearby satisfies the constraints, with the proof for y."""
    y = least_squares_prices(here)
    return finish(here, y / norm(y), Status.INFEASIBLE, path)


def is_infeasible(here, tol):
    """v ≠ 0, and Newton's method on ½ Σ (v_i/u_i)² promises no improvement that is worth a step."""
    if residuals(here, np.zeros(len(here.c))).primal <= tol:
        return False
    v, y = here.v / here.unit, least_squares_prices(here)
    J = here.J[y != 0] / here.unit[y != 0][:, None]
    w, V = np.linalg.eigh(J.T @ J + here.hessian(y, objective=0.0))
    size = np.abs(w).max()
    slope = V.T @ (here.J.T @ y)
    if size == 0 or w[0] < -1e-6 * size:
        return not slope.any()
    improvement = slope @ (slope / np.maximum(w, 1e-12 * size))
    return bool(improvement <= 1e-8 * (v @ v))


def unfinished(here, start, status):
    """The status of a run from `start` that stopped unsolved: is it `status`, or worse?"""
    if falls_forever(here, here.x - start.x):
        return Status.UNBOUNDED
    return Status.DIVERGED if here.length > 1e12 * start.reach else status


def is_bottomless(here, start, d):
    """Whether f has fallen far, and there is proof that it falls without limit."""
    fallen = start.f - here.f
    far = 1e15 * max(np.abs(start.f), norm(start.g) * start.reach)
    return fallen > far and falls_forever(here, d)


@np.errstate(over="ignore")
def falls_forever(here, d):
    """Whether along d from x all is feasible, and f falls at each look, ever more.

    The looks are ten powers of ten apart, from one length to 10¹⁵⁰ of them. By then the fall must
    have grown 10⁵⁰ times, or be infinite: faster than a logarithm.
    """
    if not d.any():
        return False
    direction, reach, falls = d / norm(d), here.reach, [0.0]
    for t in reach * 10.0 ** np.arange(0, 151, 10):
        there = here.at(here.x + t * direction)
        if not np.isfinite(there.x).all():
            break
        try:
            fun = evaluate(here.problem.f, there.x, "f", shape=(), finite=False)
            falls.append(here.f - float(fun))
            if not (falls[-1] > falls[-2] and _is_feasible(there)):
                return False
        except (ValueError, ArithmeticError):
            return False
        if falls[-1] == np.inf:
            return True
    return bool(falls[-1] > 1e50 * falls[1])


def _is_feasible(here):
    """Up to the rounding error of constraints at points as large as x."""
    return bool((np.abs(here.v) <= 1e-8 * here.terms).all())

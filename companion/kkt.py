"""The KKT conditions: how far a point is from meeting them, and what to say where none does."""

from dataclasses import astuple, dataclass

import numpy as np

from companion.local_model import Local
from companion.results import Report, Status
from companion.validation import as_vector, evaluate


def lagrangian(problem, x, lam, mu):
    """L(x, λ, μ) = f(x) + λ·eq(x) + μ·ineq(x) (eq:lagrangian).

    Parameters
    ----------
    problem : ConstrainedProblem
        Minimize f(x) subject to eq(x) = 0 and ineq(x) ≤ 0.
    x : array, shape (n,)
        The point.
    lam, mu : arrays, shapes (p,) and (q,)
        A multiplier for each equality, and for each inequality; empty or None where there are none.

    Returns
    -------
    float
        L(x, λ, μ).

    Raises
    ------
    ValueError
        If x, lam or mu is not as above, or the problem is not defined at x.

    Examples
    --------
    >>> from companion.kkt import lagrangian
    >>> from companion.problems import ConstrainedProblem
    >>> import numpy as np
    >>> disc = ConstrainedProblem(
    ...     f=lambda x: x[0], grad=lambda x: np.array([1.0, 0.0]), ineq=lambda x: x[:1] ** 2 - 1
    ... )
    >>> print(lagrangian(disc, [2, 0], None, [0.5]))
    3.5

    References
    ----------
    J. Nocedal and S. J. Wright, *Numerical Optimization*, 2nd ed., Section 12.3.
    """
    here, y = _checked(problem, x, lam, mu)
    return float(here.f + y @ here.c)


def kkt_residuals(problem, x, lam, mu):
    """How far x, with the multipliers λ and μ, is from the four KKT conditions (eq:kkt).

    Parameters
    ----------
    problem : ConstrainedProblem
        Minimize f(x) subject to eq(x) = 0 and ineq(x) ≤ 0.
    x : array, shape (n,)
        The point.
    lam, mu : arrays, shapes (p,) and (q,)
        The multipliers of eq and of ineq; empty or None where there are none.

    Returns
    -------
    KKTResiduals
        All zero where the conditions hold. ``.max`` is the largest.

    Raises
    ------
    ValueError
        If x, lam or mu is not as above, or the problem is not defined at x.

    Examples
    --------
    The lowest point of x₁ + x₂ on the unit circle; its multiplier is 1/√2.

    >>> from companion.kkt import kkt_residuals
    >>> from companion.problems import ConstrainedProblem
    >>> import numpy as np
    >>> circle = ConstrainedProblem(
    ...     f=lambda x: x.sum(), grad=np.ones_like,
    ...     eq=lambda x: np.array([x @ x - 1]), eq_jac=lambda x: 2 * x[None],
    ... )
    >>> x = -np.ones(2) / np.sqrt(2)
    >>> print(kkt_residuals(circle, x, [np.sqrt(0.5)], None).max < 1e-15)
    True
    >>> print(f"{kkt_residuals(circle, x, [0.5], None).stationarity:.4f}")
    0.1716

    References
    ----------
    J. Nocedal and S. J. Wright, *Numerical Optimization*, 2nd ed., Theorem 12.1.
    """
    return residuals(*_checked(problem, x, lam, mu))


@dataclass(frozen=True, repr=False)
class KKTResiduals:
    """What is left of the KKT conditions at (x, λ, μ), each in proportion to its natural scale.

    Attributes
    ----------
    stationarity : float
        ‖∇ₓL‖ / (1 + ‖∇f‖).
    primal : float
        The largest violation of a constraint, each divided by 1 + ‖its gradient‖: about the
        distance in x.
    dual : float
        The largest of −μ and 0.
    complementarity : float
        The largest ``|μ_j ineq_j|`` / (1 + ‖∇f‖).
    """

    stationarity: float
    primal: float
    dual: float
    complementarity: float

    @property
    def max(self):
        """The largest of the four."""
        return max(astuple(self))

    def __repr__(self):
        return (
            f"KKTResiduals: stationarity {self.stationarity:.1e}, primal {self.primal:.1e}, "
            f"dual {self.dual:.1e}, complementarity {self.complementarity:.1e}"
        )


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
    certificate = residuals(here, y)
    return KKTResult(here.x, here.f, lam, mu, certificate, status, path.count - 1, path.array())


def finish_infeasible(here, path):
    """The `KKTResult` where no point nearby satisfies the constraints: y is along v."""
    return finish(here, here.v / np.linalg.norm(here.v), Status.INFEASIBLE, path)


def residuals(here, y):
    """The `KKTResiduals` at `here`, a `Local`, with the multipliers y = (λ, μ)."""
    scale = 1 + np.linalg.norm(here.g)
    mu, ineq = y[~here.is_eq], here.c[~here.is_eq]
    distances = np.abs(here.v) / (1 + np.linalg.norm(here.J, axis=1))
    return KKTResiduals(
        stationarity=float(np.linalg.norm(here.g + here.J.T @ y) / scale),
        primal=float(distances.max(initial=0)),
        dual=float(np.abs(np.minimum(mu, 0)).max(initial=0)),
        complementarity=float(np.abs(mu * ineq).max(initial=0) / scale),
    )


def settle(here, y, tol):
    """A point and multipliers that solve the problem: these, or a few of Newton's steps away.

    Returns None where there are none.
    """
    if is_solved(here, y, tol):
        return here, y
    return polish(here, y, tol) if residuals(here, y).max < 1e-4 else None


def is_solved(here, y, tol):
    """Whether the KKT conditions hold to within tol, and y ∘ c = 0 also for the equalities.

    A price times a violation is what the violation is worth in f. At a cusp the prices grow
    without bound, and a violation within tol may hide a large change of f.
    """
    worth = np.abs(y * here.c).max(initial=0) / (1 + np.linalg.norm(here.g))
    return bool(worth <= tol and residuals(here, y).max <= tol)


def polish(here, y, tol, steps=4):
    """Newton's method on the KKT conditions, with the active inequalities taken for equalities.

    Near a solution it doubles the number of correct digits at each step.
    """
    for _ in range(steps):
        there, z = _newton_step(here, y)
        if not there.has_derivatives or residuals(there, z).max > residuals(here, y).max:
            return None
        if is_solved(there, z, tol):
            return there, z
        here, y = there, z
    return None


def _newton_step(here, y):
    """[H Jᵀ; J 0] (d, z) = −(g, c) for the active constraints; of least norm if they depend."""
    n = len(here.x)
    active = here.is_eq | (y != 0)
    J, c = here.J[active], here.c[active]
    K = np.block([[here.hessian(y), J.T], [J, np.zeros((len(c), len(c)))]])
    solution = np.linalg.lstsq(K, -np.concatenate([here.g, c]), rcond=1e-13)[0]
    z = np.zeros(len(y))
    z[active] = solution[n:]
    z = np.where(here.is_eq, z, np.maximum(z, 0))
    return here.at(here.x + solution[:n]), z


def is_infeasible(here, tol):
    """v ≠ 0 and ∇½‖v‖² = Jᵀv = 0: to first order, no step brings the constraints nearer.

    Jᵀv is compared with what its terms would be if they did not cancel.
    """
    size = np.abs(here.v) @ (1 + np.linalg.norm(here.J, axis=1))
    far = residuals(here, np.zeros(len(here.c))).primal > tol
    return bool(far and np.linalg.norm(here.J.T @ here.v) <= 1e-8 * size)


def unfinished(here, start, status):
    """The status of a run from `start` that stopped unsolved: is it `status`, or worse?"""
    if falls_forever(here, here.x - start.x):
        return Status.UNBOUNDED
    grew = np.linalg.norm(here.x) > 1e12 * (1 + np.linalg.norm(start.x))
    return Status.DIVERGED if grew else status


def is_bottomless(here, start, d):
    """Whether f has fallen very low, and there is proof that it falls without limit."""
    if here.f < -1e100 and _is_feasible(here):
        return True
    return here.f < -1e15 * (1 + abs(start.f)) and falls_forever(here, d)


@np.errstate(over="ignore")
def falls_forever(here, d):
    """Whether along d from x all is feasible, and f falls at each look until it is below −10¹⁰⁰."""
    direction, size = d / max(np.linalg.norm(d), 1e-300), 1 + np.linalg.norm(here.x)
    lowest = here.f
    for t in size * 10.0 ** np.arange(0, 151, 10):
        there = here.at(here.x + t * direction)
        try:
            fun = evaluate(here.problem.f, there.x, "f", shape=(), finite=False)
            if not (fun < lowest and _is_feasible(there)):
                return False
        except (ValueError, ArithmeticError):
            return False
        if fun < -1e100:
            return True
        lowest = fun
    return False


def _is_feasible(here):
    """Up to the rounding error of constraints at points as large as x."""
    scale = np.linalg.norm(here.J, axis=1) * np.linalg.norm(here.x)
    return bool((np.abs(here.v) <= 1e-8 * (1 + scale)).all())


def _checked(problem, x, lam, mu):
    """The problem at x and the stacked multipliers y = (λ, μ)."""
    here = Local(problem, as_vector(x, "x"))
    parts = [
        np.zeros(0)
        if count == 0 and (value is None or len(value) == 0)
        else as_vector(value, name, size=count)
        for value, name, count in zip((lam, mu), ("lam", "mu"), here.counts, strict=True)
    ]
    return here, np.concatenate(parts)

"""Hock and Schittkowski's problems by our two methods and by scipy's SLSQP at three settings."""

import time

import numpy as np
import scipy.optimize

from companion.constrained import minimize_constrained
from companion.problems.hock_schittkowski import PROBLEMS

from measure import Figure

CERTIFIED = 1e-8


def slsqp(printed, x0, **options):
    problem, constraints = printed.problem(), []
    if problem.eq is not None:
        constraints.append({"type": "eq", "fun": problem.eq, "jac": problem.eq_jac})
    if problem.ineq is not None:
        negative = {"fun": lambda x: -problem.ineq(x), "jac": lambda x: -problem.ineq_jac(x)}
        constraints.append({"type": "ineq"} | negative)
    with np.errstate(all="ignore"):
        found = scipy.optimize.minimize(
            problem.f,
            x0,
            jac=problem.grad,
            method="SLSQP",
            constraints=constraints,
            options=options,
        )
    return found.x, found.success


def ours(printed, x0, method):
    result = minimize_constrained(printed.problem(), x0, method=method)
    return result.x, result.converged


# ftol is the only tolerance of SLSQP: 1e-6 as it comes, 0 to go on while f still falls.
SOLVERS = {
    "sqp": lambda printed, x0: ours(printed, x0, "sqp"),
    "augmented-lagrangian": lambda printed, x0: ours(printed, x0, "augmented-lagrangian"),
    "SLSQP, ftol 1e-6": slsqp,
    "SLSQP, ftol 1e-14": lambda printed, x0: slsqp(printed, x0, ftol=1e-14, maxiter=1000),
    "SLSQP, ftol 0": lambda printed, x0: slsqp(printed, x0, ftol=0, maxiter=1000),
}


def figures(tables):
    table = tables["constrained"] = solve_all()
    of = f"problems of {len(table)}"
    for solver, bar in (("sqp", 30), ("augmented-lagrangian", 25)):
        column = [row[solver] for row in table]
        solved = sum(cell["outcome"] == "solved" for cell in column)
        wrong = sum(cell["claimed"] and cell["residual"] > CERTIFIED for cell in column)
        yield Figure("Constrained", f"{solver}: solved", solved, of, ">=", bar)
        name = f"{solver}: CONVERGED with a residual above 1e-8"
        yield Figure("Constrained", name, wrong, of, "<=", 0)


def solve_all(numbers=PROBLEMS):
    """One row a problem: for each solver how it ended, its KKT residual, f and its seconds."""
    table = []
    for number in numbers:
        printed = PROBLEMS[number]
        x0 = np.array(printed.x0, dtype=float)
        row = {"problem": number, "least": float(printed.least)}
        for solver, solve in SOLVERS.items():
            begun = time.perf_counter()
            x, claimed = solve(printed, x0)
            seconds = time.perf_counter() - begun
            row[solver] = judge(printed, x, bool(claimed)) | {"seconds": seconds}
        table.append(row)
    return table


def judge(printed, x, claimed):
    """How a run ended, by the point alone; what its solver says of it decides only the last two."""
    residual, violation = kkt_residual(printed, x)
    value = float(printed.objective(x))
    least = abs(value - printed.least) <= 1e-6 * max(1.0, abs(printed.least))
    if least and residual <= CERTIFIED:
        outcome = "solved"
    elif least and violation <= 1e-6:
        outcome = "least value, residual above 1e-8"
    elif residual <= 1e-6:
        outcome = "another KKT point"
    else:
        outcome = "stopped elsewhere, as a success" if claimed else "gave up"
    return {"outcome": outcome, "claimed": claimed, "residual": residual, "value": value}


def kkt_residual(printed, x):
    """The largest residual of the KKT conditions, with the multipliers that suit x best, and the
    largest violation alone.

    Both are shares: of the gradient, here or at the start, and of a change of x as long as x is or
    the way to it was. The multipliers are found here, by bounded least squares, so that SLSQP,
    which returns none, is judged as the others are.
    """
    problem, x0 = printed.problem(), np.array(printed.x0, dtype=float)
    if not np.isfinite(x).all():
        return 1.0, 1.0
    g, n = problem.grad(x), len(x)
    eq = problem.eq(x) if problem.eq else np.zeros(0)
    ineq = problem.ineq(x) if problem.ineq else np.zeros(0)
    J = problem.eq_jac(x) if problem.eq else np.zeros((0, n))
    K = problem.ineq_jac(x) if problem.ineq else np.zeros((0, n))
    size = max(np.linalg.norm(x), np.linalg.norm(x - x0))
    force = max(np.linalg.norm(g), np.linalg.norm(problem.grad(x0)))
    change_eq, change_ineq = (size * np.linalg.norm(rows, axis=1) for rows in (J, K))
    violation = max(share(np.abs(eq), change_eq), share(np.maximum(ineq, 0), change_ineq))
    best = 1.0
    # Which inequalities count as active decides between stationarity and complementarity.
    for near in (1e-9, 1e-7, 1e-5, 1e-3):
        active = ineq > -near * change_ineq
        columns = np.concatenate([J, K[active]])
        y = np.zeros(len(columns))
        if len(columns):
            lower = np.concatenate([np.full(len(J), -np.inf), np.zeros(active.sum())])
            y = scipy.optimize.lsq_linear(
                columns.T, -g, (lower, np.inf), tol=1e-15, method="bvls"
            ).x
        stationarity = share(np.linalg.norm(g + columns.T @ y), force)
        complementarity = share(np.abs(y[len(J) :] * ineq[active]), force * size)
        best = min(best, max(stationarity, complementarity))
    return max(best, violation), violation


def share(parts, wholes):
    """The largest part of its whole, at most 1; nothing of nothing is 0."""
    parts, wholes = np.broadcast_arrays(np.atleast_1d(parts), wholes)
    shares = np.divide(parts, wholes, out=np.sign(parts), where=parts < wholes)
    return float(shares.max(initial=0))

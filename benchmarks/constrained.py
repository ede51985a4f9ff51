"""Hock and Schittkowski's problems by our two methods and by scipy's SLSQP."""

import numpy as np
import scipy.optimize

from companion.constrained import minimize_constrained
from companion.hock_schittkowski import PROBLEMS

from measure import Bar

CERTIFIED = 1e-8


def bars():
    table = solve_all()
    for method, bar in (("sqp", 30), ("augmented-lagrangian", 25)):
        column = [row[method] for row in table]
        solved = sum(cell["outcome"] == "solved" for cell in column)
        false = sum(cell["outcome"] == "false success" for cell in column)
        yield Bar("Constrained", f"{method}: problems solved, of {len(table)}", solved, ">=", bar)
        yield Bar("Constrained", f"{method}: false claims of success", false, "<=", 0)
    column = [row["SLSQP"] for row in table]
    solved = sum(cell["outcome"] == "solved" for cell in column)
    loosely = sum(cell["residual"] <= 1e-6 and cell["at the least value"] for cell in column)
    false = sum(cell["outcome"] == "false success" for cell in column)
    yield Bar("Constrained", f"scipy SLSQP: problems solved to 1e-8, of {len(table)}", solved)
    yield Bar("Constrained", "scipy SLSQP: to 1e-6 only", loosely)
    yield Bar("Constrained", "scipy SLSQP: false claims of success (residual above 1e-6)", false)


def solve_all():
    """One row a problem: for each method its outcome, KKT residual and value of f.

    Every residual is computed here, from the printed functions, with the multipliers that suit the
    point best, so that SLSQP, which returns none, is judged like the others.
    """
    table = []
    for number, printed in PROBLEMS.items():
        row = {"problem": number, "least": float(printed.least)}
        x0 = np.array(printed.x0, dtype=float)
        for method in ("sqp", "augmented-lagrangian"):
            result = minimize_constrained(printed.problem(), x0, method=method)
            row[method] = judge(printed, result.x, result.converged, CERTIFIED)
            row[method]["status"] = result.status.name
        found = slsqp(printed, x0)
        # It is not asked for more than 1e-6.
        row["SLSQP"] = judge(printed, found.x, found.success, 1e-6)
        row["SLSQP"]["status"] = "success" if found.success else "failure"
        table.append(row)
    return table


def slsqp(printed, x0):
    problem, constraints = printed.problem(), []
    if problem.eq is not None:
        constraints.append({"type": "eq", "fun": problem.eq, "jac": problem.eq_jac})
    if problem.ineq is not None:
        negative = {"fun": lambda x: -problem.ineq(x), "jac": lambda x: -problem.ineq_jac(x)}
        constraints.append({"type": "ineq"} | negative)
    with np.errstate(all="ignore"):
        return scipy.optimize.minimize(
            problem.f, x0, jac=problem.grad, method="SLSQP", constraints=constraints
        )


def judge(printed, x, claimed, tolerance):
    residual = kkt_residual(printed, x)
    value = float(printed.objective(x))
    least = abs(value - printed.least) <= 1e-6 * max(1.0, abs(printed.least))
    if residual <= CERTIFIED and least:
        outcome = "solved"
    elif residual <= tolerance:
        outcome = "another KKT point" if not least else "solved less precisely"
    else:
        outcome = "false success" if claimed else "gave up"
    return {
        "outcome": outcome,
        "residual": residual,
        "value": value,
        "at the least value": bool(least),
    }


def kkt_residual(printed, x):
    """The largest residual of the KKT conditions, with the best multipliers, by bounded lstsq."""
    problem = printed.problem()
    if not np.isfinite(x).all():
        return float("inf")
    g, n = problem.grad(x), len(x)
    eq = problem.eq(x) if problem.eq else np.zeros(0)
    ineq = problem.ineq(x) if problem.ineq else np.zeros(0)
    J = problem.eq_jac(x) if problem.eq else np.zeros((0, n))
    K = problem.ineq_jac(x) if problem.ineq else np.zeros((0, n))
    violation = [
        *(np.abs(eq) / (1 + np.linalg.norm(J, axis=1))),
        *(np.maximum(ineq, 0) / (1 + np.linalg.norm(K, axis=1))),
    ]
    scale = 1 + np.linalg.norm(g)
    best = np.inf
    # Which inequalities count as active decides between stationarity and complementarity.
    for near in (1e-9, 1e-7, 1e-5, 1e-3):
        active = ineq > -near
        columns = np.concatenate([J, K[active]])
        y = np.zeros(len(columns))
        if len(columns):
            lower = np.concatenate([np.full(len(J), -np.inf), np.zeros(active.sum())])
            y = scipy.optimize.lsq_linear(
                columns.T, -g, (lower, np.inf), tol=1e-15, method="bvls"
            ).x
        stationarity = np.linalg.norm(g + columns.T @ y) / scale
        complementarity = np.abs(y[len(J) :] * ineq[active]).max(initial=0) / scale
        best = min(best, max(stationarity, complementarity))
    return float(max([best, *violation]))

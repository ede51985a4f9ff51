"""The printed problems: their derivatives, and their least values by an independent solver."""

import numpy as np
import pytest
from scipy.optimize import minimize

from companion.hock_schittkowski import PROBLEMS
from companion.jacobians import gradient, jacobian

each_problem = pytest.mark.parametrize("number", PROBLEMS)


def test_there_are_51_of_all_kinds():
    assert len(PROBLEMS) == 51
    assert sum(p.eq is not None for p in PROBLEMS.values()) >= 15
    assert sum(p.ineq is not None for p in PROBLEMS.values()) >= 25
    assert sum(bool(p.lower or p.upper) for p in PROBLEMS.values()) >= 20


@each_problem
def test_derivatives_are_those_of_the_functions(number):
    printed = PROBLEMS[number]
    problem, x = printed.problem(), np.array(printed.x0, dtype=float) + 0.01
    expected = gradient(problem.f, x)
    np.testing.assert_allclose(problem.grad(x), expected, rtol=1e-6, atol=1e-4)
    for c, jac in ((problem.eq, problem.eq_jac), (problem.ineq, problem.ineq_jac)):
        if c is not None:
            np.testing.assert_allclose(jac(x), jacobian(c, x), rtol=1e-6, atol=1e-4)


# 13 ends in a cusp, where a violation of 1e-9 is worth 1e-3.
@pytest.mark.parametrize("number", [number for number in PROBLEMS if number != 13])
def test_no_feasible_point_that_scipy_finds_is_lower_than_the_printed_value(number):
    printed, least = PROBLEMS[number], PROBLEMS[number].least
    constraints = [
        {"type": "eq", "fun": printed.equalities},
        {"type": "ineq", "fun": lambda x: -printed.inequalities(x)},
    ]
    constraints = [c for c in constraints if len(c["fun"](np.array(printed.x0, dtype=float)))]
    start = np.array(printed.x0, dtype=float)
    for shift in (0.0, 0.1, -0.1):
        with np.errstate(all="ignore"):
            found = minimize(
                printed.objective, start + shift, method="SLSQP", constraints=constraints
            )
            x = found.x
            gaps = [*np.abs(printed.equalities(x)), *np.maximum(printed.inequalities(x), 0)]
        if np.isfinite(found.fun) and max(gaps) <= 1e-9:
            assert found.fun >= least - 1e-5 * max(1, abs(least))

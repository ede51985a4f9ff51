"""The helper that puts a problem in other units: its derivatives are those of its values."""

import numpy as np
import pytest
from units import farther, lifted, scaled

from companion.jacobians import jacobian
from companion.problems import UNCONSTRAINED, hs71, rosenbrock


@pytest.mark.parametrize("make", [*UNCONSTRAINED, hs71], ids=lambda make: make.__name__)
def test_a_problem_in_other_units_has_the_derivatives_of_its_values(make):
    p, u = make(), 3.7
    q = scaled(p, 1e3, u, eq=np.array([5.0]), ineq=0.1)
    assert q.f(q.x0) == pytest.approx(1e3 * p.f(p.x0))
    pairs = [(q.f, q.grad)]
    if make is hs71:
        pairs += [(q.eq, q.eq_jac), (q.ineq, q.ineq_jac)]
        np.testing.assert_allclose(q.eq(q.x0), 5 * p.eq(p.x0))
        np.testing.assert_allclose(q.ineq(q.x0), 0.1 * p.ineq(p.x0))
    else:
        pairs += [(q.grad, q.hess)]
    for value, derivative in pairs:
        numeric, exact = jacobian(value, q.x0, "richardson"), derivative(q.x0)
        np.testing.assert_allclose(numeric, exact, atol=1e-6 * np.abs(exact).max())
    for x, there in zip(p.minimizers, q.minimizers, strict=True):
        np.testing.assert_array_equal(there, u * x)


def test_powers_of_two_change_no_digit():
    p = rosenbrock()
    q = scaled(p, 2.0**-31, 2.0**17)
    x = np.array([-0.7, 1.3])
    assert q.f(2.0**17 * x) == 2.0**-31 * p.f(x)
    np.testing.assert_array_equal(q.grad(2.0**17 * x), 2.0**-48 * p.grad(x))


def test_a_constant_and_a_start_farther_away():
    p = rosenbrock()
    assert lifted(p, 5.0).f(p.x0) == p.f(p.x0) + 5
    np.testing.assert_array_equal(farther(p, 1e3).x0, 1e3 * p.x0)

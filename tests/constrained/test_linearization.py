import math

import numpy as np
import pytest

from companion.constrained._linearization import Local, convexify, start_at, violation
from companion.problems import ConstrainedProblem, hs71, rosenbrock


def test_constraints_are_stacked_equalities_first():
    problem, x = hs71(), np.array([1.0, 5, 5, 1])
    here = Local(problem, x)
    assert here.counts == (1, 9)
    assert here.is_eq.tolist() == [True] + [False] * 9
    np.testing.assert_array_equal(here.c, np.concatenate([problem.eq(x), problem.ineq(x)]))
    np.testing.assert_array_equal(here.J, np.vstack([problem.eq_jac(x), problem.ineq_jac(x)]))
    np.testing.assert_array_equal(here.g, problem.grad(x))
    assert here.f == problem.f(x)


def test_only_what_breaks_a_constraint_is_a_violation():
    c, is_eq = np.array([-2.0, 3, -4, 5]), np.array([True, True, False, False])
    np.testing.assert_array_equal(violation(c, is_eq), [-2, 3, 0, 5])


def test_without_constraints_everything_has_length_zero():
    here = Local(ConstrainedProblem(lambda x: x @ x, lambda x: 2 * x), np.ones(3))
    assert here.c.shape == here.v.shape == here.is_eq.shape == (0,)
    assert here.J.shape == (0, 3)


# Not made for tracing: these need differences.
OPAQUE = {
    "eq": lambda x: np.array([math.exp(x[0]) - x[1], math.sin(x[1])]),
    "ineq": lambda x: np.array([math.cosh(x[0] * x[1])]),
}
TRACEABLE = {
    "eq": lambda x: np.array([np.exp(x[0]) - x[1], np.sin(x[1])]),
    "ineq": lambda x: np.cosh(x[:1] * x[1:]),
}


@pytest.mark.parametrize(("functions", "accuracy"), [(TRACEABLE, 1e-14), (OPAQUE, 1e-8)])
def test_missing_jacobians_are_computed_and_exactly_where_possible(functions, accuracy):
    a, b = x = np.array([0.3, -1.2])
    here = Local(ConstrainedProblem(lambda x: 0.0, np.zeros_like, **functions), x)
    expected = [[np.exp(a), -1], [0, np.cos(b)], [b * np.sinh(a * b), a * np.sinh(a * b)]]
    np.testing.assert_allclose(here.J, expected, atol=accuracy)


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e3, 1e9])
def test_differences_of_an_active_constraint_are_not_drowned_by_its_cancellation(unit):
    # c = 0 by cancellation at (0, 1); its derivative in x₁ there must not be lost.
    def c(x):
        return np.array([unit * (float(8 * x[1]) - float(x[0]) ** 2 - float(x[0]) - 8)])

    problem = ConstrainedProblem(lambda x: 0.0, np.zeros_like, eq=c)
    for tiny in (0.0, 1e-15, 1e-12, 1e-9, -1e-6, 1e-3):
        J = Local(problem, np.array([tiny, 1.0])).J / unit
        np.testing.assert_allclose(J, [[-1 - 2 * tiny, 8]], atol=1e-7)


def test_the_hessian_is_that_of_the_lagrangian():
    problem, x = hs71(), np.array([1.1, 4.7, 3.8, 1.4])
    y = np.arange(10) / 10
    H = Local(problem, x).hessian(y)
    a, b, c, d = x
    objective = [[2 * d, d, d, 2 * a + b + c], [d, 0, 0, a], [d, 0, 0, a], [2 * a + b + c, a, a, 0]]
    pairs = [[0, c * d, b * d, b * c], [0, 0, a * d, a * c], [0, 0, 0, a * b], [0] * 4]
    inequality = np.array(pairs) + np.array(pairs).T
    expected = np.array(objective) + y[0] * 2 * np.eye(4) - y[1] * inequality
    np.testing.assert_allclose(H, expected, atol=1e-6)
    np.testing.assert_array_equal(H, H.T)


def test_the_hessian_is_the_identity_where_differences_leave_the_domain():
    root = ConstrainedProblem(lambda x: x[0] ** 1.5, lambda x: 1.5 * np.sqrt(x))
    np.testing.assert_array_equal(Local(root, np.zeros(1)).hessian(np.zeros(0)), [[1]])


def test_a_gradient_that_fills_one_array_again_and_again_does_no_harm():
    buffer, f = np.zeros(2), rosenbrock()

    def grad(x):
        buffer[:] = f.grad(x)
        return buffer

    here = Local(ConstrainedProblem(f.f, grad), np.array([-1.2, 1]))
    before = here.g.copy()
    _ = here.at(np.zeros(2)).g
    np.testing.assert_array_equal(here.g, before)


def test_it_is_known_where_the_problem_is_defined():
    def inverse_log(x):
        if x[0] == 4:
            raise ZeroDivisionError
        return np.log(x[0])

    here = Local(ConstrainedProblem(inverse_log, lambda x: 1 / (x - 2)), np.array([1.0]))
    assert here.has_derivatives
    assert not here.at(np.array([-1.0])).has_values
    assert not here.at(np.array([4.0])).has_values
    assert not here.at(np.array([np.inf])).has_values
    assert here.at(np.array([2.0])).has_values
    assert not here.at(np.array([2.0])).has_derivatives


def test_a_constraint_may_not_change_its_length():
    changing = ConstrainedProblem(
        lambda x: 0.0, np.zeros_like, eq=lambda x: x if x[0] > 0 else x[:1]
    )
    here = start_at(changing, np.ones(2))
    with pytest.raises(ValueError, match=r"eq must return an array of shape \(2,\)"):
        _ = here.at(-np.ones(2)).c


def test_a_start_must_be_defined():
    with pytest.raises(ValueError, match="grad must return finite values; at x = "):
        start_at(
            ConstrainedProblem(lambda x: np.sqrt(x[0]), lambda x: 0.5 / np.sqrt(x)), np.zeros(1)
        )


def test_convexifying_keeps_eigenvectors_and_absolute_eigenvalues():
    Q, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))
    w = np.array([-3.0, -1e-20, 0.5, 2])
    convex = convexify((Q * w) @ Q.T)
    np.testing.assert_allclose(convex, (Q * np.abs(w)) @ Q.T, atol=1e-11)
    assert np.linalg.eigvalsh(convex)[0] > 1e-12
    np.testing.assert_array_equal(convexify(np.zeros((2, 2))), np.zeros((2, 2)))

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from units import scaled

from companion.constrained import KKTResiduals, kkt_residuals, lagrangian
from companion.constrained._endings import falls_forever, is_bottomless, is_infeasible, unfinished
from companion.constrained._kkt import residuals
from companion.constrained._kkt_step import NewtonStep, is_solved, settle
from companion.constrained._linearization import Local
from companion.problems import ConstrainedProblem, hs71
from companion.results import Status

SEEDS = st.integers(0, 2**32 - 1)
FEW = settings(deadline=None, derandomize=True, max_examples=25)

# minimize x₁ + x₂ on the unit circle and x₂ ≤ 5: the minimum is −(1, 1)/√2, λ = 1/√2, μ = 0.
CIRCLE = ConstrainedProblem(
    f=lambda x: x.sum(),
    grad=np.ones_like,
    eq=lambda x: np.array([x @ x - 1]),
    eq_jac=lambda x: 2 * x[None],
    ineq=lambda x: x[1:] - 5,
    ineq_jac=lambda x: np.array([[0.0, 1.0]]),
)
MINIMUM, PRICE = -np.ones(2) / np.sqrt(2), np.sqrt(0.5)
FREE = ConstrainedProblem(lambda x: x @ x, lambda x: 2 * x)


# ---------------------------------------------------------------------------------------------
# The Lagrangian and its residuals


@given(SEEDS)
@FEW
def test_the_lagrangian_adds_each_constraint_times_its_multiplier(seed):
    rng = np.random.default_rng(seed)
    x, lam, mu = rng.normal(size=4), rng.normal(size=1), rng.normal(size=9)
    problem = hs71()
    expected = problem.f(x) + lam[0] * problem.eq(x)[0] + sum(mu * problem.ineq(x))
    assert lagrangian(problem, x, lam, mu) == pytest.approx(expected)


@given(SEEDS)
@FEW
def test_stationarity_is_the_slope_of_the_lagrangian(seed):
    rng = np.random.default_rng(seed)
    x, lam, mu = 1 + rng.uniform(size=4), rng.normal(size=1), rng.normal(size=9)
    problem, h = hs71(), 1e-6
    slopes = [
        (lagrangian(problem, x + h * e, lam, mu) - lagrangian(problem, x - h * e, lam, mu))
        / (2 * h)
        for e in np.eye(4)
    ]
    y, rows = np.r_[lam, mu], np.vstack([problem.eq_jac(x), problem.ineq_jac(x)])
    forces = np.linalg.norm(problem.grad(x)) + np.abs(y) @ np.linalg.norm(rows, axis=1)
    expected = np.linalg.norm(slopes) / forces
    assert kkt_residuals(problem, x, lam, mu).stationarity == pytest.approx(expected, rel=1e-6)


def test_all_residuals_vanish_at_the_minimum_with_its_multipliers():
    residuals = kkt_residuals(CIRCLE, MINIMUM, [PRICE], [0])
    assert residuals.max <= 1e-15
    assert residuals.dual == residuals.complementarity == 0


def test_each_residual_is_what_its_definition_says():
    # At x = (3, 6): ∇f = (1, 1), eq = 44 with gradient (6, 12), ineq = 1 with gradient (0, 1).
    left = kkt_residuals(CIRCLE, [3, 6], [2], [-0.5])
    forces = np.sqrt(2) + 2 * np.sqrt(180) + 0.5
    assert left.stationarity == pytest.approx(np.hypot(1 + 12, 1 + 24 - 0.5) / forces)
    assert left.primal == pytest.approx(44 / np.hypot(6 * 3, 12 * 6))
    assert left.dual == pytest.approx(0.5 / forces)
    assert left.complementarity == pytest.approx(0.5 / (forces * np.sqrt(45)))
    assert left.max == left.stationarity


def test_the_largest_violation_counts_and_a_satisfied_inequality_does_not():
    problem = ConstrainedProblem(
        lambda x: 0.0, np.zeros_like, ineq=lambda x: np.array([3 * x[0] - 5, -x[0], x[0] / 2 - 4])
    )
    assert kkt_residuals(problem, [2], None, [0, 0, 0]).primal == pytest.approx(1 / 6)
    assert kkt_residuals(problem, [10], None, [0, 0, 0]).primal == pytest.approx(25 / 30)
    assert kkt_residuals(problem, [-2], None, [0, 0, 0]).primal == 1
    assert kkt_residuals(problem, [1.5], None, [0, 0, 0]).primal == 0


def test_a_gradient_without_multipliers_is_judged_by_the_terms_that_cancel_in_it():
    # ∇f = 2(x − 3): at 3(1 + δ) it is 6δ, beside 2x.
    f = ConstrainedProblem(lambda x: (x[0] - 3) ** 2, lambda x: 2 * (x - 3))
    assert kkt_residuals(f, [3 + 3e-9], None, None).stationarity == pytest.approx(1e-9, rel=1e-6)
    assert kkt_residuals(f, [3e-9], None, None).stationarity == 1
    assert kkt_residuals(f, [0], None, None).stationarity == 1


POWERS = st.integers(-40, 40)


@given(SEEDS, POWERS, POWERS, POWERS)
@FEW
def test_units_change_no_residual(seed, f, x, rows):
    rng = np.random.default_rng(seed)
    point, lam, mu = 1 + rng.uniform(size=4), rng.normal(size=1), rng.normal(size=9)
    s, u = 2.0**f, 2.0**x
    eq, ineq = 2.0**rows, 2.0 ** rng.integers(-30, 30, 9)
    other = scaled(hs71(), s, u, eq=eq, ineq=ineq)
    left = kkt_residuals(other, u * point, s / eq * lam, s / ineq * mu)
    assert left == kkt_residuals(hs71(), point, lam, mu)


@pytest.mark.parametrize("none", [None, [], np.zeros(0)])
def test_absent_multipliers_may_be_none_or_empty(none):
    assert lagrangian(FREE, [1, 2], none, none) == 5
    assert kkt_residuals(FREE, [0, 0], none, none).max == 0
    assert kkt_residuals(FREE, [3, 4], none, none).stationarity == 1


def test_a_negative_violation_of_an_equality_is_a_violation():
    assert kkt_residuals(CIRCLE, [0.8, 0], [0], [0]).primal == pytest.approx(0.36 / (1.6 * 0.8))


def test_the_report_is_short():
    assert repr(KKTResiduals(1e-9, 2e-8, 0.0, 3.0)) == (
        "KKTResiduals: stationarity 1.0e-09, primal 2.0e-08, dual 0.0e+00, complementarity 3.0e+00"
    )


@pytest.mark.parametrize("function", [lagrangian, kkt_residuals])
@pytest.mark.parametrize(
    ("x", "lam", "mu", "message"),
    [
        ([1, np.nan], [1], [1], "x must be finite"),
        ([1, 2], [1, 2], [1], "lam must have length 1; its length is 2"),
        ([1, 2], None, [1], "lam must hold real numbers"),
        ([1, 2], [1], [], "mu must not be empty"),
        ([1, 2], [1], [np.inf], "mu must be finite"),
        ([1, 2], 1.0, [1], "lam must have 1 axes"),
        ([1, 2], [1], 0.0, "mu must have 1 axes"),
    ],
)
def test_bad_arguments_are_named(function, x, lam, mu, message):
    with pytest.raises(ValueError, match=message):
        function(CIRCLE, x, lam, mu)


def test_multipliers_for_constraints_that_are_not_there_are_refused():
    with pytest.raises(ValueError, match="mu must have length 0; its length is 2"):
        kkt_residuals(FREE, [1, 2], None, [1, 2])


@pytest.mark.parametrize("function", [lagrangian, kkt_residuals])
def test_a_number_for_no_multipliers_and_what_is_no_problem_are_refused(function):
    with pytest.raises(ValueError, match="lam must have 1 axes"):
        function(FREE, [1.0, 2.0], 0.0, None)
    with pytest.raises(ValueError, match="problem must be a ConstrainedProblem; it is 3"):
        function(3, [1.0], None, None)


def test_a_function_that_is_not_defined_at_x_is_named():
    problem = ConstrainedProblem(lambda x: np.log(x[0]), lambda x: 1 / x)
    with pytest.raises(ValueError, match="f must return finite values"):
        lagrangian(problem, [-1], None, None)


# ---------------------------------------------------------------------------------------------
# Certificates, and what is said without one


def test_newtons_step_solves_the_linearized_conditions():
    here, y = Local(CIRCLE, np.array([-0.6, -0.9])), np.array([0.7, 0.0])
    newton = NewtonStep(here, y, 1e-8)
    H, J = here.hessian(y), here.J[:1]
    K = np.block([[H, J.T], [J, np.zeros((1, 1))]])
    right = -np.concatenate([here.g + here.J.T @ y, here.c[:1]])
    expected = np.linalg.solve(K, right)
    np.testing.assert_allclose([*newton.d, newton.dy[0]], expected, rtol=1e-12)
    assert newton.dy[1] == 0
    assert newton.is_curved_up


def test_newtons_step_is_the_shortest_where_constraints_depend_and_f_is_flat():
    # x₁ + x₂ = 2 twice, f = 0: the nearest point, and no price.
    twice = ConstrainedProblem(
        lambda x: 0.0, np.zeros_like, eq=lambda x: (x[0] + x[1] - 2) * np.array([1.0, 3.0])
    )
    newton = NewtonStep(Local(twice, np.array([0.0, 0.0, 5.0])), np.zeros(2), 1e-8)
    np.testing.assert_allclose(newton.d, [1, 1, 0], atol=1e-15)
    np.testing.assert_allclose(newton.dy, 0, atol=1e-15)


def test_newtons_step_knows_a_saddle():
    saddle = ConstrainedProblem(lambda x: x[0] ** 2 - x[1] ** 2, lambda x: np.array([2, -2]) * x)
    assert not NewtonStep(Local(saddle, np.array([0.1, 0.1])), np.zeros(0), 1e-8).is_curved_up
    # From near by Newton's method would go there; that is not called a solution.
    here = Local(saddle, np.array([1e-3, 1e-3]), Local(saddle, np.ones(2)))
    assert settle(here, np.zeros(0), 1e-8) is None


def test_settling_takes_the_point_itself_or_one_nearby_but_none_far_off():
    y = np.array([PRICE, 0])
    solved, _ = settle(Local(CIRCLE, MINIMUM), y, 1e-8)
    np.testing.assert_allclose(solved.x, MINIMUM, rtol=1e-15)
    near, z = settle(Local(CIRCLE, MINIMUM + 1e-3), y, 1e-8)
    np.testing.assert_allclose(near.x, MINIMUM, rtol=1e-14)
    np.testing.assert_allclose(z, [PRICE, 0], rtol=1e-14)
    assert settle(Local(CIRCLE, MINIMUM + 0.1), y, 1e-8) is None


def test_settling_gives_up_outside_the_domain_and_above_the_start():
    root = ConstrainedProblem(lambda x: np.sqrt(x[0]), lambda x: 0.5 / np.sqrt(x))
    assert settle(Local(root, np.array([1.0])), np.zeros(0), 1e-8) is None
    well = ConstrainedProblem(lambda x: np.cos(x[0]) + x[0] / 10, lambda x: 0.1 - np.sin(x))
    start = Local(well, np.array([2.0]))
    higher = np.array([9.3246])  # a minimum, though f is higher there
    assert settle(start.at(higher), np.zeros(0), 1e-8) is None
    assert settle(Local(well, higher), np.zeros(0), 1e-8) is not None


def test_a_violation_within_tolerance_that_is_worth_a_lot_is_not_a_solution():
    # x² = 0 at x = −5e-6: the multiplier 1e5 makes ∇L vanish, but 1e5 · x² is far above 1e-8.
    degenerate = ConstrainedProblem(
        lambda x: x[0], np.ones_like, eq=lambda x: x**2, eq_jac=lambda x: 2 * x[None]
    )
    start = Local(degenerate, np.array([1.0]))
    here, y = start.at(np.array([-5e-6])), np.array([1e5])
    newton = NewtonStep(here, y, 1e-8)
    assert residuals(here, y).stationarity <= 1e-10
    assert not is_solved(here, y, newton, 1e-5)
    # Nor is it one nearer by: there is no multiplier, and they go on doubling.
    here, y = start.at(np.array([-5e-13])), np.array([1e12])
    newton = NewtonStep(here, y, 1e-8)
    assert newton.d == pytest.approx(2.5e-13)
    assert newton.dy == pytest.approx(1e12, rel=0.6)
    assert not is_solved(here, y, newton, 1e-8)


def test_infeasibility_needs_a_violation_and_no_way_to_lessen_it():
    lines = ConstrainedProblem(
        lambda x: 0.0,
        np.zeros_like,
        eq=lambda x: np.array([x[0] - 1, x[0] - 2]),
        eq_jac=lambda x: np.array([[1.0, 0], [1.0, 0]]),
    )
    assert is_infeasible(Local(lines, np.array([1.5, 7])), 1e-8)
    assert not is_infeasible(Local(lines, np.array([1.4, 7])), 1e-8)
    assert not is_infeasible(Local(lines, np.array([1.5, 7])), 1.0)
    assert not is_infeasible(Local(CIRCLE, MINIMUM), 1e-8)
    shell = ConstrainedProblem(
        lambda x: 0.0, np.zeros_like, eq=lambda x: x**2 - 1, eq_jac=lambda x: 2 * x[None]
    )
    # The violation is largest at 0, not least.
    assert not is_infeasible(Local(shell, np.array([1e-7])), 1e-8)


def half_plane(f, grad):
    return ConstrainedProblem(f, grad, ineq=lambda x: -x[:1], ineq_jac=lambda x: -np.eye(2)[:1])


def test_a_ray_proves_unboundedness_only_if_f_falls_and_all_of_it_is_feasible():
    here = Local(half_plane(lambda x: -x[0], lambda x: np.array([-1.0, 0])), np.ones(2))
    assert falls_forever(here, np.array([1e-9, 0]))
    assert falls_forever(here, np.array([1.0, -5.0]))
    assert not falls_forever(here, np.array([0.0, 1.0]))
    assert not falls_forever(here, np.zeros(2))
    left = Local(half_plane(lambda x: x[0], lambda x: np.array([1.0, 0])), np.ones(2))
    assert not falls_forever(left, np.array([-1.0, 0]))


def test_a_function_that_falls_slowly_or_is_undefined_far_away_is_not_called_unbounded():
    slow = ConstrainedProblem(lambda x: -np.log(x[0]), lambda x: -1 / x)
    assert not falls_forever(Local(slow, np.array([1.0])), np.array([1.0]))
    for root in (np.sqrt, math.sqrt):  # the first returns NaN, the second raises
        edge = ConstrainedProblem(lambda x, r=root: -x[0] + 0 * r(9 - x[0]), lambda x: -np.ones(1))
        assert not falls_forever(Local(edge, np.array([1.0])), np.array([1.0]))


def test_a_constraint_that_levels_off_still_bars_the_ray():
    problem = ConstrainedProblem(
        lambda x: -x[0],
        lambda x: -np.ones(1),
        ineq=lambda x: np.arctan(x) - 1,
        ineq_jac=lambda x: 1 / (1 + x[None] ** 2),
    )
    assert not falls_forever(Local(problem, np.zeros(1)), np.ones(1))


def test_overflow_to_minus_infinity_counts_as_falling():
    problem = ConstrainedProblem(lambda x: -np.exp(x[0]), lambda x: -np.exp(x))
    assert falls_forever(Local(problem, np.array([1.0])), np.array([1.0]))


def test_bottomless_means_low_and_proved():
    down = ConstrainedProblem(lambda x: -x[0], lambda x: -np.ones(1))
    start, far = Local(down, np.array([1.0])), Local(down, np.array([1e16]))
    assert is_bottomless(far, start, np.ones(1))
    assert not is_bottomless(far, start, -np.ones(1))
    assert not is_bottomless(Local(down, np.array([1e10])), start, np.ones(1))
    held = half_plane(lambda x: x[0], lambda x: np.array([1.0, 0]))
    assert not is_bottomless(
        Local(held, np.array([-1e101, 0])), Local(held, np.ones(2)), np.array([-1.0, 0])
    )


@pytest.mark.parametrize("unit", [1e-200, 1e-9, 1.0, 1e9])
def test_what_falls_forever_does_so_in_any_unit(unit):
    down = ConstrainedProblem(lambda x: -unit * x[0], lambda x: -unit * np.ones(1))
    assert falls_forever(Local(down, np.array([1.0])), np.ones(1))
    flat = ConstrainedProblem(lambda x: unit / x[0], lambda x: -unit / x**2)
    assert not falls_forever(Local(flat, np.array([1.0])), np.ones(1))


def test_a_run_that_ends_unsolved_says_the_worst_that_is_true():
    flat = ConstrainedProblem(lambda x: 1 / (1 + x @ x), lambda x: -2 * x / (1 + x @ x) ** 2)
    start = Local(flat, np.array([1.0]))
    assert unfinished(start.at(np.array([2.0])), start, Status.STALLED) is Status.STALLED
    assert unfinished(start.at(np.array([1e13])), start, Status.STALLED) is Status.DIVERGED
    down = Local(ConstrainedProblem(lambda x: -x[0], lambda x: -np.ones(1)), np.array([1.0]))
    assert unfinished(down.at(np.array([2.0])), down, Status.MAX_ITER) is Status.UNBOUNDED

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.kkt import (
    KKTResiduals,
    falls_forever,
    is_bottomless,
    is_infeasible,
    is_solved,
    kkt_residuals,
    lagrangian,
    polish,
    settle,
    unfinished,
)
from companion.local_model import Local
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
    expected = np.linalg.norm(slopes) / (1 + np.linalg.norm(problem.grad(x)))
    assert kkt_residuals(problem, x, lam, mu).stationarity == pytest.approx(expected, rel=1e-6)


def test_all_residuals_vanish_at_the_minimum_with_its_multipliers():
    residuals = kkt_residuals(CIRCLE, MINIMUM, [PRICE], [0])
    assert residuals.max <= 1e-15
    assert residuals.dual == residuals.complementarity == 0


def test_each_residual_is_what_its_definition_says():
    # At x = (3, 6): ∇f = (1, 1), eq = 44 with gradient (6, 12), ineq = 1 with gradient (0, 1).
    residuals = kkt_residuals(CIRCLE, [3, 6], [2], [-0.5])
    scale = 1 + np.sqrt(2)
    assert residuals.stationarity == pytest.approx(np.hypot(1 + 12, 1 + 24 - 0.5) / scale)
    assert residuals.primal == pytest.approx(44 / (1 + np.sqrt(180)))
    assert residuals.dual == 0.5
    assert residuals.complementarity == pytest.approx(0.5 / scale)
    assert residuals.max == residuals.stationarity


def test_the_largest_violation_counts_and_a_satisfied_inequality_does_not():
    problem = ConstrainedProblem(
        lambda x: 0.0, np.zeros_like, ineq=lambda x: np.array([3 * x[0], -10 * x[0], x[0] / 2])
    )
    assert kkt_residuals(problem, [2], None, [0, 0, 0]).primal == pytest.approx(6 / 4)
    assert kkt_residuals(problem, [-2], None, [0, 0, 0]).primal == pytest.approx(20 / 11)


@pytest.mark.parametrize("none", [None, [], np.zeros(0)])
def test_absent_multipliers_may_be_none_or_empty(none):
    assert lagrangian(FREE, [1, 2], none, none) == 5
    assert kkt_residuals(FREE, [0, 0], none, none).max == 0
    assert kkt_residuals(FREE, [3, 4], none, none).stationarity == pytest.approx(10 / 11)


def test_a_negative_violation_of_an_equality_is_a_violation():
    assert kkt_residuals(CIRCLE, [0.5, 0], [0], [0]).primal == pytest.approx(0.75 / 2)


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
    ],
)
def test_bad_arguments_are_named(function, x, lam, mu, message):
    with pytest.raises(ValueError, match=message):
        function(CIRCLE, x, lam, mu)


def test_multipliers_for_constraints_that_are_not_there_are_refused():
    with pytest.raises(ValueError, match="mu must have length 0; its length is 2"):
        kkt_residuals(FREE, [1, 2], None, [1, 2])


def test_a_function_that_is_not_defined_at_x_is_named():
    problem = ConstrainedProblem(lambda x: np.log(x[0]), lambda x: 1 / x)
    with pytest.raises(ValueError, match="f must return finite values"):
        lagrangian(problem, [-1], None, None)


# ---------------------------------------------------------------------------------------------
# Certificates, and what is said without one


def test_newtons_method_on_the_conditions_doubles_the_digits():
    start = Local(CIRCLE, MINIMUM + np.array([1e-3, -2e-3]))
    there, y = polish(start, np.array([0.7, 0.0]), tol=1e-14)
    np.testing.assert_allclose(there.x, MINIMUM, atol=1e-14)
    np.testing.assert_allclose(y, [PRICE, 0], atol=1e-13)
    # One step squares the error of 2e-3, two leave 1e-11 or so.
    assert polish(start, np.array([0.7, 0.0]), tol=1e-4, steps=1) is not None
    assert polish(start, np.array([0.7, 0.0]), tol=1e-9, steps=1) is None
    assert polish(start, np.array([0.7, 0.0]), tol=1e-9, steps=2) is not None


def test_newtons_method_keeps_an_equality_whose_multiplier_is_zero():
    constant = ConstrainedProblem(lambda x: 0.0, np.zeros_like, CIRCLE.eq, CIRCLE.eq_jac)
    there, y = polish(Local(constant, np.array([0.7, 0.8])), np.zeros(1), tol=1e-12)
    assert np.linalg.norm(there.x) == pytest.approx(1, abs=1e-12)
    np.testing.assert_array_equal(y, [0])


def test_newtons_method_gives_up_where_it_gets_no_nearer_or_leaves_the_domain():
    cubic = ConstrainedProblem(lambda x: x[0] ** 4 / 4 + x[0], lambda x: x**3 + 1)
    assert polish(Local(cubic, np.array([0.1])), np.zeros(0), tol=1e-8) is None
    root = ConstrainedProblem(lambda x: np.sqrt(x[0]), lambda x: 0.5 / np.sqrt(x))
    assert polish(Local(root, np.array([1.0])), np.zeros(0), tol=1e-8) is None


def test_settling_takes_the_point_itself_or_one_nearby_but_none_far_off():
    here = Local(CIRCLE, MINIMUM)
    assert settle(here, np.array([PRICE, 0]), 1e-8)[0] is here
    near, _ = settle(Local(CIRCLE, MINIMUM + 1e-5), np.array([PRICE, 0]), 1e-8)
    np.testing.assert_allclose(near.x, MINIMUM, atol=1e-8)
    assert settle(Local(CIRCLE, MINIMUM + 0.1), np.array([PRICE, 0]), 1e-8) is None


def test_a_violation_within_tolerance_that_is_worth_a_lot_is_not_a_solution():
    # x² = 0 at x = −5e-6: the multiplier 1e5 makes ∇L vanish, but 1e5 · x² is far above 1e-8.
    degenerate = ConstrainedProblem(
        lambda x: x[0], np.ones_like, eq=lambda x: x**2, eq_jac=lambda x: 2 * x[None]
    )
    here, y = Local(degenerate, np.array([-5e-6])), np.array([1e5])
    assert kkt_residuals(degenerate, here.x, y, None).max <= 1e-10
    assert not is_solved(here, y, 1e-8)
    assert is_solved(here, y, 1e-5)


def test_infeasibility_needs_a_violation_and_no_slope_of_it():
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
    # Below −10¹⁰⁰ at a feasible point there is nothing more to prove.
    assert is_bottomless(Local(down, np.array([1e101])), start, np.zeros(1))
    held = half_plane(lambda x: x[0], lambda x: np.array([1.0, 0]))
    assert not is_bottomless(
        Local(held, np.array([-1e101, 0])), Local(held, np.ones(2)), np.zeros(2)
    )


def test_a_run_that_ends_unsolved_says_the_worst_that_is_true():
    flat = ConstrainedProblem(lambda x: 1 / (1 + x @ x), lambda x: -2 * x / (1 + x @ x) ** 2)
    start = Local(flat, np.array([1.0]))
    assert unfinished(start.at(np.array([2.0])), start, Status.STALLED) is Status.STALLED
    assert unfinished(start.at(np.array([1e13])), start, Status.STALLED) is Status.DIVERGED
    down = Local(ConstrainedProblem(lambda x: -x[0], lambda x: -np.ones(1)), np.array([1.0]))
    assert unfinished(down.at(np.array([2.0])), down, Status.MAX_ITER) is Status.UNBOUNDED

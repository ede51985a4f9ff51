import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.constrained._augmented_lagrangian import (
    AugmentedLagrangian,
    augmented_lagrangian,
    least_violation,
    minimize,
)
from companion.constrained._endings import is_infeasible
from companion.constrained._linearization import Local
from companion.problems import ConstrainedProblem, hs71, rosenbrock
from companion.results import Status

SEEDS = st.integers(0, 2**32 - 1)
FEW = settings(deadline=None, derandomize=True, max_examples=20)


def random_psi(seed):
    rng = np.random.default_rng(seed)
    y = np.concatenate([rng.normal(size=1), rng.exponential(size=9)])
    return AugmentedLagrangian(Local(hs71(), 1 + 4 * rng.uniform(size=4)), y, rng.uniform(1, 9, 10))


def discs_apart(gap):
    return ConstrainedProblem(
        lambda x: x[0],
        lambda x: np.array([1.0, 0]),
        ineq=lambda x: np.array([x @ x - 1, (x[0] - 2 - gap) ** 2 + x[1] ** 2 - 1]),
        ineq_jac=lambda x: 2 * np.array([x, x - np.array([2 + gap, 0])]),
    )


# ---------------------------------------------------------------------------------------------
# ψ


@given(SEEDS)
@FEW
def test_psi_is_the_lagrangian_plus_a_penalty_where_constraints_are_active(seed):
    psi = random_psi(seed)
    here, y, rho = psi.local, psi.y, psi.rho
    shifted = y + rho * here.c
    active = here.is_eq | (shifted > 0)
    terms = np.where(active, y * here.c + rho * here.c**2 / 2, -(y**2) / (2 * rho))
    assert psi.f == pytest.approx(here.f + terms.sum())


@given(SEEDS)
@FEW
def test_its_gradient_is_its_slope(seed):
    psi, h = random_psi(seed), 1e-6
    slopes = [(psi.at(psi.x + h * e).f - psi.at(psi.x - h * e).f) / (2 * h) for e in np.eye(4)]
    np.testing.assert_allclose(psi.g, slopes, rtol=1e-5, atol=1e-4)


@given(SEEDS)
@FEW
def test_its_hessian_is_the_slope_of_its_gradient(seed):
    psi, h = random_psi(seed), 1e-7
    shifted = psi.y + psi.rho * psi.local.c
    if np.abs(shifted[1:]).min() > 1e-3:  # away from where the Hessian jumps
        columns = [(psi.at(psi.x + h * e).g - psi.at(psi.x - h * e).g) / (2 * h) for e in np.eye(4)]
        np.testing.assert_allclose(psi.hessian(None), np.array(columns).T, rtol=1e-4, atol=1e-1)


def test_at_a_solution_with_its_multipliers_psi_is_stationary_for_any_rho():
    result = augmented_lagrangian(hs71(), hs71().x0, 1e-12, 200)
    here, y = Local(hs71(), result.x), np.concatenate([result.lam, result.mu])
    for rho in (1e-2, 1.0, 1e4):
        psi = AugmentedLagrangian(here, y, np.full(10, rho))
        np.testing.assert_allclose(psi.g, 0, atol=1e-7)
        np.testing.assert_allclose(psi.multipliers, y, atol=1e-7)


def test_it_is_known_where_psi_is_defined():
    problem = ConstrainedProblem(lambda x: np.log(x[0]), lambda x: 1 / x, eq=lambda x: x - 1)
    psi = AugmentedLagrangian(Local(problem, np.ones(1)), np.zeros(1), np.ones(1))
    assert psi.has_values
    assert psi.has_derivatives
    assert not psi.at(-np.ones(1)).has_values
    assert not psi.at(-np.ones(1)).has_derivatives


# ---------------------------------------------------------------------------------------------
# Its parts


def test_without_constraints_the_minimizer_is_newtons_method_that_descends():
    f = rosenbrock()
    psi = AugmentedLagrangian(
        Local(ConstrainedProblem(f.f, f.grad), f.x0), np.zeros(0), np.zeros(0)
    )
    there = minimize(psi, accuracy=1e-8)
    np.testing.assert_allclose(there.x, [1, 1], atol=1e-6)
    assert np.linalg.norm(there.g) <= 1e-8 * (1 + np.linalg.norm(there.g))


def test_the_minimizer_ends_where_psi_falls_forever_or_no_step_is_good():
    none = np.zeros(0)
    down = ConstrainedProblem(lambda x: -(x[0] ** 2), lambda x: -2 * x)
    there = minimize(AugmentedLagrangian(Local(down, np.ones(1)), none, none), 1e-8)
    assert there.f < -1e15
    lie = ConstrainedProblem(lambda x: x[0], lambda x: -np.ones(1))
    there = minimize(AugmentedLagrangian(Local(lie, np.ones(1)), none, none), 1e-8)
    np.testing.assert_array_equal(there.x, [1])


def test_least_violation_finds_feasible_points_where_there_are_some():
    there = least_violation(Local(discs_apart(-0.5), np.array([5.0, 4])))
    assert there.v.max() < 1e-7
    assert not is_infeasible(there, 1e-6)


def test_least_violation_finds_the_middle_where_there_are_none():
    there = least_violation(Local(discs_apart(1.0), np.array([5.0, 4])))
    np.testing.assert_allclose(there.x, [1.5, 0], atol=1e-7)
    assert is_infeasible(there, 1e-8)


def test_least_violation_leaves_a_point_where_the_violation_is_greatest():
    shell = ConstrainedProblem(
        lambda x: 0.0,
        np.zeros_like,
        eq=lambda x: np.array([x @ x - 1]),
        eq_jac=lambda x: 2 * x[None],
    )
    there = least_violation(Local(shell, np.zeros(2)))
    assert np.linalg.norm(there.x) == pytest.approx(1, abs=1e-6)


def test_least_violation_keeps_to_where_the_constraints_are_defined():
    # A nudge from x = 0 to the left would leave the domain of the square root.
    problem = ConstrainedProblem(
        lambda x: 0.0,
        np.zeros_like,
        eq=lambda x: np.array([np.sqrt(1e-4 - x[0])]),
        eq_jac=lambda x: -0.5 / np.sqrt(1e-4 - x)[None],
    )
    there = least_violation(Local(problem, np.zeros(1)))
    assert there.x[0] <= 1e-4
    assert there.f == 0


# ---------------------------------------------------------------------------------------------
# The method


def test_the_multipliers_converge_to_the_price_and_the_weights_need_not_grow():
    # minimize ½‖x‖² subject to x₁ + x₂ = 2: λ = −1.
    problem = ConstrainedProblem(
        lambda x: x @ x / 2,
        lambda x: x,
        eq=lambda x: x[:1] + x[1:] - 2,
        eq_jac=lambda x: np.ones((1, 2)),
    )
    result = augmented_lagrangian(problem, np.array([5.0, -3]), 1e-8, 200)
    assert result.converged
    np.testing.assert_allclose(result.lam, [-1], atol=1e-7)
    # Each minimization of ψ divides the distance to the constraint by 1 + 2ρ, at least.
    distance = np.abs(result.path.sum(axis=1) - 2)
    assert (distance[2:] <= distance[1:-1] / 4 + 1e-12).all()


def test_too_light_a_penalty_is_made_heavier():
    # x³ falls faster than a light quadratic penalty of x ≥ −10 rises.
    problem = ConstrainedProblem(
        lambda x: 100 * x[0] ** 3,
        lambda x: 300 * x**2,
        ineq=lambda x: -x - 10,
        ineq_jac=lambda x: -np.eye(1),
    )
    result = augmented_lagrangian(problem, np.array([-9.0]), 1e-8, 200)
    assert result.converged
    np.testing.assert_allclose(result.x, [-10], atol=1e-6)
    np.testing.assert_allclose(result.mu, [30_000], rtol=1e-6)


def test_where_no_penalty_is_heavy_enough_it_begins_again_among_the_feasible():
    # exp beats every quadratic penalty, from afar.
    problem = ConstrainedProblem(
        lambda x: -np.exp(x[0]),
        lambda x: -np.exp(x),
        ineq=lambda x: x - 1,
        ineq_jac=lambda x: np.eye(1),
    )
    result = augmented_lagrangian(problem, np.array([30.0]), 1e-8, 200)
    assert result.converged
    np.testing.assert_allclose(result.x, [1], rtol=1e-8)
    np.testing.assert_allclose(result.mu, [np.e], rtol=1e-7)


def test_a_pole_of_f_beyond_a_constraint_is_no_minimum():
    problem = ConstrainedProblem(
        lambda x: -np.tan(x[0]),
        lambda x: -1 / np.cos(x) ** 2,
        ineq=lambda x: np.concatenate([x - 1.5, -1.5 - x]),
        ineq_jac=lambda x: np.array([[1.0], [-1.0]]),
    )
    result = augmented_lagrangian(problem, np.array([0.0]), 1e-8, 200)
    assert result.converged
    np.testing.assert_allclose(result.x, [1.5], rtol=1e-8)


def test_it_stalls_where_no_step_is_good():
    lie = ConstrainedProblem(lambda x: x[0], lambda x: -np.ones(1))
    result = augmented_lagrangian(lie, np.ones(1), 1e-8, 200)
    assert result.status is Status.STALLED
    assert result.n_iter < 20

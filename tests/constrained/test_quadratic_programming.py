import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, minimize

from companion.constrained._quadratic_programming import solve_qp

SEEDS = st.integers(0, 2**32 - 1)


def random_qp(seed, *, n=4, m=6, p=2):
    """A convex quadratic and m constraints, the first p equalities, that some point satisfies."""
    rng = np.random.default_rng(seed)
    R = rng.normal(size=(n, n))
    J = rng.normal(size=(m, n))
    slack = np.where(np.arange(m) < p, 0.0, rng.exponential(size=m))
    c = -J @ rng.normal(size=n) - slack
    return R @ R.T + 0.1 * np.eye(n), rng.normal(size=n), J, c, np.arange(m) < p


def violation(r, is_eq):
    return np.where(is_eq, r, np.maximum(r, 0))


def check_optimality(H, g, J, c, is_eq, cap):
    """The conditions under which d minimizes g·d + ½dᵀHd + cap ‖v‖₁, and y proves it."""
    d, y = solve_qp(H, g, J, c, is_eq, cap)
    r = c + J @ d
    tol = 1e-8 * (1 + np.abs(c).max())
    np.testing.assert_allclose(H @ d + g + J.T @ y, 0, atol=1e-8 * (1 + cap * np.abs(J).max()))
    assert (y <= cap).all()
    assert (y >= np.where(is_eq, -cap, 0)).all()
    assert (y[r > tol] == cap).all()
    assert (y[r < -tol] == np.where(is_eq, -cap, 0)[r < -tol]).all()
    return d, y, r


@given(SEEDS)
@settings(deadline=None, derandomize=True, max_examples=60)
def test_the_solution_satisfies_its_optimality_conditions(seed):
    problem = random_qp(seed)
    for cap in (0.1, 1.0, 1e4):
        check_optimality(*problem, cap)


@given(SEEDS)
@settings(deadline=None, derandomize=True, max_examples=30)
def test_contradictory_and_repeated_constraints_have_a_solution_too(seed):
    H, g, J, c, is_eq = random_qp(seed, n=3, m=4, p=1)
    J, c = np.vstack([J, J[::-1], -J]), np.concatenate([c, c[::-1], c + 1])
    is_eq = np.concatenate([is_eq, is_eq[::-1], is_eq])
    check_optimality(H, g, J, c, is_eq, 10.0)


@given(SEEDS)
@settings(deadline=None, derandomize=True, max_examples=15)
def test_it_agrees_with_slsqp_where_the_constraints_can_be_met(seed):
    H, g, J, c, is_eq = random_qp(seed)
    d, _ = solve_qp(H, g, J, c, is_eq, 1e4)
    oracle = minimize(
        lambda d: g @ d + d @ H @ d / 2,
        np.zeros(4),
        jac=lambda d: g + H @ d,
        method="SLSQP",
        constraints=[
            {"type": "eq", "fun": lambda d: (c + J @ d)[is_eq], "jac": lambda d: J[is_eq]},
            {"type": "ineq", "fun": lambda d: -(c + J @ d)[~is_eq], "jac": lambda d: -J[~is_eq]},
        ],
        options={"ftol": 1e-12, "maxiter": 200},
    )
    np.testing.assert_allclose(d, oracle.x, atol=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_a_high_cap_finds_the_least_sum_of_violations(seed):
    rng = np.random.default_rng(seed)
    n, m = 3, 9
    J, c = rng.normal(size=(m, n)), rng.normal(size=m) + 1
    is_eq = np.arange(m) < 4
    d, _ = solve_qp(1e-4 * np.eye(n), np.zeros(n), J, c, is_eq, 1e4)
    # minimize Σt subject to −t ≤ c + Jd ≤ t for equalities, c + Jd ≤ t, t ≥ 0
    A = np.block([[J, -np.eye(m)], [-J[is_eq], -np.eye(m)[is_eq]]])
    least = linprog(
        np.r_[np.zeros(n), np.ones(m)],
        A_ub=A,
        b_ub=np.r_[-c, c[is_eq]],
        bounds=[(None, None)] * n + [(0, None)] * m,
    ).fun
    assert np.abs(violation(c + J @ d, is_eq)).sum() == pytest.approx(least, rel=1e-6)


@given(SEEDS, st.sampled_from([0.1, 5.0, 1e4]))
@settings(deadline=None, derandomize=True, max_examples=100)
def test_more_constraints_than_any_step_can_meet_have_a_solution(seed, cap):
    """Prices rise, come to the cap or fall back to an end: whatever the way, the end is proved."""
    H, g, J, c, is_eq = random_qp(seed, n=3, m=12, p=2)
    check_optimality(H, g, J, c + 3 * np.random.default_rng(seed).normal(size=12), is_eq, cap)


def test_without_constraints_it_is_newtons_step():
    H, g, *_ = random_qp(0)
    d, y = solve_qp(H, g, np.zeros((0, 4)), np.zeros(0), np.zeros(0, dtype=bool), 1.0)
    np.testing.assert_allclose(H @ d, -g)
    assert y.shape == (0,)


def test_a_constraint_that_no_step_moves_has_the_price_of_the_cap():
    H, g, J, c = np.eye(2), np.ones(2), np.zeros((2, 2)), np.array([1.0, -1.0])
    d, y = solve_qp(H, g, J, c, np.array([False, False]), 5.0)
    np.testing.assert_allclose(d, -g)
    np.testing.assert_array_equal(y, [5.0, 0.0])


def test_satisfied_constraints_have_a_price_of_exactly_zero():
    for seed in range(20):
        *_, y, r = check_optimality(*random_qp(seed, p=0), 1e4)
        assert (y[r < -1e-6] == 0).all()


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_the_step_does_not_depend_on_the_units_of_the_constraints(scale):
    H, g, J, c, is_eq = random_qp(3)
    expected, _ = solve_qp(H, g, J, c, is_eq, 1e4)
    d, _ = solve_qp(H, g, scale * J, scale * c, is_eq, 1e4 / scale)
    np.testing.assert_allclose(d, expected, rtol=1e-9, atol=1e-9)

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, minimize

from companion.quadratic_programming import _change_price, solve_qp

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


@given(SEEDS)
@settings(deadline=None, derandomize=True, max_examples=60)
def test_each_change_of_prices_raises_the_dual_and_keeps_what_holds(seed):
    _, _, N, c, is_eq = random_qp(seed, n=3, m=7, p=1)
    c = c + np.random.default_rng(seed).normal(size=7)  # which may contradict each other
    b, cap, lower = N[0] - N[1], 5.0, np.where(is_eq, -5.0, 0.0)
    y, working = np.zeros(7), []

    def residual(y):
        return c - N @ (b + N.T @ y)

    def dual(y):
        return c @ y - np.sum((b + N.T @ y) ** 2) / 2

    for _ in range(30):
        r = residual(y)
        free = np.where(r > 0, y < cap, y > lower) & (np.abs(r) > 1e-9)
        free[working] = False
        if not free.any():
            break
        i = np.argmax(np.abs(r) * free)
        before, held = dual(y), working
        y, working = _change_price(i, r[i], y, working, N, lower, cap)
        assert dual(y) > before
        assert (y >= lower).all()
        assert (y <= cap).all()
        np.testing.assert_allclose(residual(y)[working], 0, atol=1e-8)
        assert ((lower < y) & (y < cap) | is_eq)[working].all()
        # A constraint is let go only where its price came to an end.
        assert all(y[k] in (lower[k], cap) for k in held if k not in working)
    assert not free.any()


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

"""Each labelled equation of the least-squares chapter, checked on random instances."""

from fractions import Fraction
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.linalg import norm, qr, solve, svd
from scipy.stats import norm as norm_of_scipy

from companion import least_squares
from companion.least_squares import norm_constrained, regularized_solve, tsqr, two_sum
from companion.least_squares._double_double import multiply_add
from companion.problems.maps import two_link_arm

SEEDS = range(20)
seeds = pytest.mark.parametrize("seed", SEEDS)


def system(seed, m=7, n=4):
    """A, b and a point x."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((m, n)), rng.standard_normal(m), rng.standard_normal(n)


def f(A, b, x):
    return sum((row @ x - entry) ** 2 for row, entry in zip(A, b, strict=True)) / 2


def gradient_by_differences(function, x, h=1e-5):
    steps = h * np.eye(len(x))
    return np.array([(function(x + e) - function(x - e)) / (2 * h) for e in steps])


# The function, and descent on it


@pytest.mark.equation("eq:least-squares")
@seeds
def test_the_solvers_minimize_half_the_sum_of_squares(seed):
    A, b, d = system(seed)
    for solver in (least_squares.qr_solve, least_squares.normal_equations):
        x = solver(A, b)
        assert norm(A @ x - b) ** 2 / 2 == pytest.approx(f(A, b, x))
        # Exactly quadratic around the minimum: ½‖Ad‖² is added.
        for t in (1e-3, 1.0, -5.0):
            added = f(A, b, x + t * d) - f(A, b, x)
            assert added == pytest.approx(t**2 * norm(A @ d) ** 2 / 2, rel=1e-6)
    assert least_squares.gradient_descent(A, b).fun == pytest.approx(f(A, b, x))


@pytest.mark.equation("eq:ls-gradient")
@seeds
def test_the_gradient_is_that_of_f(seed):
    A, b, x = system(seed)
    numeric = gradient_by_differences(lambda x: f(A, b, x), x)
    np.testing.assert_allclose(A.T @ (A @ x - b), numeric, atol=1e-7)
    epsilon = 0.1 / norm(A, 2) ** 2
    there = least_squares.gradient_descent(A, b, epsilon, x0=x, max_iter=1).path[1]
    np.testing.assert_allclose((x - there) / epsilon, numeric, atol=1e-7)


@pytest.mark.equation("eq:ls-hessian")
@seeds
def test_the_hessian_is_the_second_difference_of_f(seed):
    A, b, x = system(seed)
    d = np.random.default_rng(seed + 100).standard_normal(4)
    second = f(A, b, x + d) - 2 * f(A, b, x) + f(A, b, x - d)
    assert d @ (A.T @ A) @ d == pytest.approx(second)
    assert d @ (A.T @ A) @ d == pytest.approx(norm(A @ d) ** 2)


@pytest.mark.equation("eq:ls-alpha")
@seeds
def test_descent_stops_at_the_first_alpha_within_delta(seed):
    A, b, x0 = system(seed)
    run = least_squares.gradient_descent(A, b, x0=x0, tol=1e-5)
    assert run.converged
    alpha = [norm(gradient_by_differences(lambda x: f(A, b, x), x)) for x in run.path[-3:]]
    for x, size in zip(run.path[-3:], alpha, strict=True):
        assert norm(A.T @ A @ x - A.T @ b) == pytest.approx(size, rel=1e-3, abs=1e-9)
    # δ is the tolerance times ‖x‖ and the curvature along the last gradient; and x is exact for a
    # matrix that differs from A by less than the tolerance.
    gradients = (run.path @ A.T - b) @ A
    slope = norm(A @ gradients[0]) / norm(gradients[0])
    for k, met in ((-2, False), (-1, True)):
        g, x = gradients[k - 1], run.path[k]
        delta = 1e-5 * norm(A @ g) ** 2 / norm(g) ** 2 * norm(x)
        ratio = norm(gradients[k]) / min(delta, 1e-5 * slope * norm(A @ x - b))
        assert ratio <= 1.001 if met else ratio > 0.999


@pytest.mark.equation("eq:ls-beta")
@seeds
def test_a_step_of_the_descent_is_epsilon_down_the_gradient(seed):
    A, b, x0 = system(seed)
    epsilon = 0.01
    path = least_squares.gradient_descent(A, b, epsilon, x0=x0, max_iter=3).path
    for x, beta in pairwise(path):
        np.testing.assert_allclose(beta, x - epsilon * (A.T @ A @ x - A.T @ b), rtol=1e-12)
        numeric = x - epsilon * gradient_by_differences(lambda x: f(A, b, x), x)
        np.testing.assert_allclose(beta, numeric, atol=1e-8)


@pytest.mark.equation("eq:ls-error")
@seeds
def test_the_error_is_multiplied_direction_by_direction(seed):
    A, b, x0 = system(seed)
    best, (_, s, Vt) = np.linalg.pinv(A) @ b, svd(A)
    epsilon = 1.5 / s[0] ** 2
    path = least_squares.gradient_descent(A, b, epsilon, x0=x0, max_iter=6).path
    errors = (path - best) @ Vt.T
    np.testing.assert_allclose(errors[1:], errors[:-1] * (1 - epsilon * s**2), atol=1e-12)
    by_matrix = (np.eye(4) - epsilon * A.T @ A) @ (path[0] - best)
    np.testing.assert_allclose(path[1] - best, by_matrix, atol=1e-12)


@pytest.mark.equation("eq:ls-range")
@seeds
def test_descent_converges_just_below_the_limit_and_diverges_just_above(seed):
    A, b, x0 = system(seed, m=12, n=3)
    limit = 2 / svd(A)[1][0] ** 2
    below = least_squares.gradient_descent(A, b, 0.99 * limit, x0=x0)
    above = least_squares.gradient_descent(A, b, 1.01 * limit, x0=x0)
    assert (below.status.name, above.status.name) == ("CONVERGED", "DIVERGED")


@pytest.mark.equation("eq:ls-best")
@seeds
def test_no_constant_step_has_a_smaller_worst_factor(seed):
    s = svd(system(seed)[0])[1]
    best, kappa = 2 / (s[0] ** 2 + s[-1] ** 2), s[0] / s[-1]

    def worst(epsilon):
        return np.abs(1 - epsilon * s**2).max()

    assert worst(best) == pytest.approx((kappa**2 - 1) / (kappa**2 + 1))
    others = best * np.r_[np.linspace(0.01, 0.999, 100), np.linspace(1.001, 3, 100)]
    assert min(map(worst, others)) > worst(best)


# Linear algebra


@pytest.mark.equation("eq:projection")
@seeds
def test_the_best_fit_is_the_shadow_of_b(seed):
    A, b, d = system(seed)
    P = A @ np.linalg.inv(A.T @ A) @ A.T
    np.testing.assert_allclose(A @ least_squares.qr_solve(A, b), P @ b, atol=1e-12)
    np.testing.assert_allclose(P @ P, P, atol=1e-12)
    np.testing.assert_allclose(P.T, P, atol=1e-12)
    np.testing.assert_allclose(P @ A, A, atol=1e-12)
    assert np.trace(P) == pytest.approx(A.shape[1])
    # No other point of the range is as near.
    assert norm(b - P @ b) < norm(b - A @ d)
    assert norm(b) ** 2 == pytest.approx(norm(P @ b) ** 2 + norm(b - P @ b) ** 2)


@pytest.mark.equation("eq:normal-equations")
@seeds
def test_the_normal_equations_hold_at_the_minimum_and_make_r_perpendicular(seed):
    A, b, _ = system(seed)
    x = np.linalg.lstsq(A, b)[0]
    np.testing.assert_allclose(A.T @ A @ x, A.T @ b, atol=1e-12)
    np.testing.assert_allclose(least_squares.normal_equations(A, b), x, rtol=1e-9)
    for column in A.T:
        assert abs(column @ (A @ x - b)) < 1e-12


@pytest.mark.equation("eq:ls-qr")
@seeds
def test_the_triangle_gives_the_minimum(seed):
    A, b, _ = system(seed)
    Q, R = qr(A)
    x = np.linalg.lstsq(A, b)[0]
    np.testing.assert_allclose(R @ x, Q.T @ b, atol=1e-12)
    np.testing.assert_allclose(least_squares.qr_solve(A, b), x, rtol=1e-9)


@pytest.mark.equation("eq:ls-svd")
@seeds
def test_the_pseudoinverse_gives_the_shortest_minimum(seed):
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((5, 2)) @ rng.standard_normal((2, 4))  # of rank 2
    b = rng.standard_normal(5)
    U, s, Vt = svd(A, full_matrices=False)
    x = Vt.T @ np.where(s > 1e-12, (U.T @ b) / np.maximum(s, 1e-12), 0)
    np.testing.assert_allclose(least_squares.pseudoinverse_solve(A, b), x, atol=1e-12)
    np.testing.assert_allclose(A.T @ (A @ x - b), 0, atol=1e-11)
    for unseen in svd(A)[2][2:]:
        assert norm(A @ (x + 0.1 * unseen) - b) == pytest.approx(norm(A @ x - b))
        assert norm(x + 0.1 * unseen) > norm(x)


@pytest.mark.equation("eq:two-sum")
@settings(deadline=None, derandomize=True, max_examples=200)
@given(
    a=st.floats(-1e100, 1e100, allow_subnormal=False),
    b=st.floats(-1e100, 1e100, allow_subnormal=False),
)
def test_a_sum_and_its_error_are_exact(a, b):
    s, e = two_sum(a, b)
    assert s == a + b
    assert Fraction(s) + Fraction(e) == Fraction(a) + Fraction(b)


@pytest.mark.equation("eq:ls-augmented")
@seeds
def test_accurate_solve_satisfies_both_equations_to_the_last_digit(seed):
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((9, 3)) @ np.diag([1, 1e-3, 1e-5])
    b = rng.standard_normal(9)
    x = least_squares.accurate_solve(A, b)
    m, n = A.shape
    # The two equations as one system, of n + m unknowns, solved in exact fractions.
    K = np.block([[np.eye(m), A], [A.T, np.zeros((n, n))]])
    exact = fraction_solve(K, np.r_[b, np.zeros(n)])
    np.testing.assert_allclose(x, [float(value) for value in exact[m:]], rtol=3e-16)
    r = np.array([float(value) for value in exact[:m]])
    np.testing.assert_allclose(multiply_add(-A, x, b), r, rtol=1e-9, atol=1e-13)


def fraction_solve(K, c):
    size = len(c)
    rows = [[Fraction(v) for v in [*row, value]] for row, value in zip(K.tolist(), c, strict=True)]
    for i in range(size):
        pivot = next(k for k in range(i, size) if rows[k][i] != 0)
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [v / rows[i][i] for v in rows[i]]
        for k in range(size):
            if k != i and rows[k][i] != 0:
                factor = rows[k][i]
                rows[k] = [p - factor * q for p, q in zip(rows[k], rows[i], strict=True)]
    return [row[-1] for row in rows]


# Conjugate gradients


@pytest.mark.equation("eq:conjugate")
@seeds
def test_each_step_of_conjugate_gradients_is_conjugate_to_all_others(seed):
    A, b, x0 = system(seed)
    steps = np.diff(least_squares.conjugate_gradient(A, b, x0=x0).path[:5], axis=0)
    products = (A @ steps.T).T @ (A @ steps.T)
    sizes = np.sqrt(np.diag(products))
    np.testing.assert_allclose(products / np.outer(sizes, sizes), np.eye(4), atol=1e-8)
    # So a step keeps the gradient perpendicular to the direction of each before it.
    for k, x in enumerate(np.cumsum(steps, axis=0) + x0):
        slopes = steps[: k + 1] @ (A.T @ (A @ x - b))
        np.testing.assert_allclose(slopes, 0, atol=1e-8)


@pytest.mark.equation("eq:ls-cg")
@seeds
def test_the_four_lines_give_the_path_of_conjugate_gradients(seed):
    A, b, x = system(seed)
    path = least_squares.conjugate_gradient(A, b, x0=x).path
    p = s = A.T @ (b - A @ x)
    for there in path[1:5]:
        alpha = (s @ s) / ((A @ p) @ (A @ p))
        x = x + alpha * p
        np.testing.assert_allclose(x, there, atol=1e-9)
        s, before = A.T @ (b - A @ x), s
        p = s + (s @ s) / (before @ before) * p


@pytest.mark.equation("eq:cg-rate")
@seeds
def test_conjugate_gradients_keep_within_their_bound(seed):
    A, b, x0 = system(seed, m=60, n=30)
    path = least_squares.conjugate_gradient(A, b, x0=x0).path
    s = svd(A)[1]
    errors = norm(A @ (path - np.linalg.pinv(A) @ b).T, axis=0)
    factor = (s[0] - s[-1]) / (s[0] + s[-1])
    bound = 2 * factor ** np.arange(len(path)) * errors[0]
    assert (errors <= bound + 1e-9 * errors[0]).all()


# Noise


@pytest.mark.equation("eq:ls-likelihood")
@seeds
def test_minus_the_logarithm_of_the_likelihood_is_f_and_a_constant(seed):
    A, b, x = system(seed)
    tau = np.random.default_rng(seed).uniform(0.1, 3)
    best = least_squares.qr_solve(A, b)
    for at in (x, best):
        density = norm_of_scipy.logpdf(b - A @ at, scale=tau).sum()
        assert -density == pytest.approx(
            f(A, b, at) / tau**2 + 7 * np.log(tau * np.sqrt(2 * np.pi))
        )
    # So the least f is the largest likelihood.
    assert density > norm_of_scipy.logpdf(b - A @ x, scale=tau).sum()


@pytest.mark.equation("eq:ls-covariance")
@seeds
def test_the_covariance_is_the_mean_square_of_the_errors(seed):
    """Over all signs of errors of size τ, whose mean is 0 and whose mean square is τ² I."""
    A, _, x = system(seed)
    tau = np.random.default_rng(seed).uniform(0.1, 3)
    signs = tau * np.array(list(product([-1, 1], repeat=7)))
    errors = np.array([least_squares.qr_solve(A, A @ x + e) - x for e in signs])
    np.testing.assert_allclose(errors.mean(axis=0), 0, atol=1e-11)
    C = tau**2 * np.linalg.inv(A.T @ A)
    np.testing.assert_allclose(errors.T @ errors / len(signs), C, atol=1e-10 * norm(C))


# The norm constraint


def lagrangian(A, b, x, lam, Delta=1.0):
    return f(A, b, x) + lam * (x @ x - Delta**2)


@pytest.mark.equation("eq:ls-lagrangian")
@seeds
def test_the_solution_is_a_saddle_point_of_the_lagrangian(seed):
    A, b, _ = system(seed)
    Delta = norm(np.linalg.pinv(A) @ b) * 0.6
    solution = norm_constrained(A, b, Delta)
    x, lam = solution.x, solution.lam
    value = lagrangian(A, b, x, lam, Delta)
    assert value == pytest.approx(solution.fun)
    rng = np.random.default_rng(seed)
    for _ in range(50):
        assert lagrangian(A, b, x + rng.standard_normal(4), lam, Delta) > value
        assert lagrangian(A, b, x, lam * rng.uniform(0, 3), Delta) == pytest.approx(value)
        # Weak duality: min over x of L, at any λ ≥ 0, is not above the constrained minimum.
        other = lam * rng.uniform(0, 3)
        lowest = lagrangian(A, b, regularized_solve(A, b, other), other, Delta)
        assert lowest <= value * (1 + 1e-12)


@pytest.mark.equation("eq:ls-stationarity")
@seeds
def test_stationarity_is_the_gradient_of_the_lagrangian_in_x(seed):
    A, b, x = system(seed)
    lam = np.random.default_rng(seed).uniform(0, 5)
    numeric = gradient_by_differences(lambda x: lagrangian(A, b, x, lam), x)
    np.testing.assert_allclose(A.T @ A @ x - A.T @ b + 2 * lam * x, numeric, atol=1e-6)
    x = norm_constrained(A, b, 0.2)
    left = A.T @ A @ x.x - A.T @ b + 2 * x.lam * x.x
    np.testing.assert_allclose(left, 0, atol=1e-12)


@pytest.mark.equation("eq:ls-solution")
@seeds
def test_the_solution_formula_minimizes_the_lagrangian(seed):
    A, b, _ = system(seed)
    lam = np.random.default_rng(seed).uniform(0.01, 5)
    x = solve(A.T @ A + 2 * lam * np.eye(4), A.T @ b)
    np.testing.assert_allclose(regularized_solve(A, b, lam), x, rtol=1e-10)
    # Independently: least squares with √(2λ) I beneath A.
    stacked, zeros = np.vstack([A, np.sqrt(2 * lam) * np.eye(4)]), np.zeros(4)
    np.testing.assert_allclose(x, np.linalg.lstsq(stacked, np.r_[b, zeros])[0], rtol=1e-10)
    numeric = gradient_by_differences(lambda x: lagrangian(A, b, x, lam), x)
    np.testing.assert_allclose(numeric, 0, atol=1e-6)


@pytest.mark.equation("eq:ls-dual-gradient")
@seeds
def test_the_dual_gradient_is_that_of_the_least_lagrangian(seed):
    A, b, x = system(seed)
    lam, h = np.random.default_rng(seed).uniform(0.1, 5), 1e-5
    fixed = (lagrangian(A, b, x, lam + h) - lagrangian(A, b, x, lam - h)) / (2 * h)
    assert x @ x - 1 == pytest.approx(fixed, abs=1e-6)

    def least(lam):
        return lagrangian(A, b, regularized_solve(A, b, lam), lam)

    x = regularized_solve(A, b, lam)
    assert x @ x - 1 == pytest.approx((least(lam + h) - least(lam - h)) / (2 * h), abs=1e-6)
    # Climbing along it ends where it is zero.
    climb = norm_constrained(A, b, 0.2, method="dual-ascent")
    (first, norm_first), (second, _) = climb.path[:2]
    assert (second - first) * (norm_first**2 - 0.2**2) > 0
    assert climb.x @ climb.x - 0.2**2 == pytest.approx(0, abs=1e-14)


@pytest.mark.equation("eq:ls-price")
@seeds
def test_lambda_is_the_price_of_the_squared_radius(seed):
    A, b, _ = system(seed)
    square, h = 0.3 * norm(np.linalg.pinv(A) @ b) ** 2, 1e-5

    def least(square):
        return norm_constrained(A, b, np.sqrt(square)).fun

    slope = (least(square * (1 + h)) - least(square * (1 - h))) / (2 * h * square)
    assert slope == pytest.approx(-norm_constrained(A, b, np.sqrt(square)).lam, rel=1e-6)


@pytest.mark.equation("eq:ls-newton")
@seeds
def test_the_leap_is_newtons_step_on_the_reciprocal_of_the_norm(seed):
    A, b, _ = system(seed)
    Delta, lam, h = 0.2, np.random.default_rng(seed).uniform(0.1, 3), 1e-5

    def gap(lam):
        return 1 / norm(regularized_solve(A, b, lam)) - 1 / Delta

    by_differences = lam - gap(lam) / ((gap(lam + h) - gap(lam - h)) / (2 * h))
    x = regularized_solve(A, b, lam)
    slope = -2 * solve(A.T @ A + 2 * lam * np.eye(4), x)
    after, before = (regularized_solve(A, b, lam + step) for step in (h, -h))
    np.testing.assert_allclose(slope, (after - before) / (2 * h), atol=1e-7)
    leap = lam - norm(x) ** 2 / (x @ slope) * (norm(x) - Delta) / Delta
    assert leap == pytest.approx(by_differences, rel=1e-6)
    path = norm_constrained(A, b, Delta).path
    for (lam, size), (after, _) in pairwise(path):
        x = regularized_solve(A, b, lam)
        slope = -2 * solve(A.T @ A + 2 * lam * np.eye(4), x)
        leap = lam - size**2 / (x @ slope) * (size - Delta) / Delta
        assert after == pytest.approx(leap, rel=1e-9)


@pytest.mark.equation("eq:ls-filter")
@seeds
def test_each_direction_is_turned_down_on_its_own(seed):
    A, b, _ = system(seed, m=4, n=6)
    lam = np.random.default_rng(seed).uniform(0.01, 5)
    U, s, Vt = svd(A, full_matrices=False)
    terms = s / (s**2 + 2 * lam) * (U.T @ b)
    x = sum(term * v for term, v in zip(terms, Vt, strict=True))
    by_matrix = solve(A.T @ A + 2 * lam * np.eye(6), A.T @ b)
    np.testing.assert_allclose(x, by_matrix, atol=1e-12)
    np.testing.assert_allclose(x, regularized_solve(A, b, lam), atol=1e-12)


@pytest.mark.equation("eq:weight-decay")
@seeds
def test_weight_decay_is_descent_on_the_lagrangian_and_ends_at_x_of_lambda(seed):
    A, b, x = system(seed)
    lam = np.random.default_rng(seed).uniform(0.1, 2)
    epsilon = 1 / (norm(A, 2) ** 2 + 2 * lam)
    gradient = gradient_by_differences(lambda x: lagrangian(A, b, x, lam), x)
    decayed = (1 - 2 * epsilon * lam) * x - epsilon * A.T @ (A @ x - b)
    np.testing.assert_allclose(decayed, x - epsilon * gradient, atol=1e-7)
    for _ in range(3000):
        x = (1 - 2 * epsilon * lam) * x - epsilon * A.T @ (A @ x - b)
    np.testing.assert_allclose(x, regularized_solve(A, b, lam), rtol=1e-9, atol=1e-12)


@pytest.mark.equation("eq:leashed-step")
@seeds
def test_no_step_within_the_leash_comes_closer_in_the_model(seed):
    rng = np.random.default_rng(seed)
    hand, theta, cup = two_link_arm(), rng.uniform(-2, 2, 2), rng.uniform(-2, 2, 2)
    J, gap, Delta = hand.jac(theta), cup - hand(theta), 0.3
    d = norm_constrained(J, gap, Delta).x
    assert norm(d) <= Delta * (1 + 1e-12)
    angles = rng.uniform(0, 2 * np.pi, 500)
    others = Delta * np.sqrt(rng.uniform(0, 1, 500)) * np.array([np.cos(angles), np.sin(angles)])
    assert norm(J @ others - gap[:, None], axis=0).min() >= norm(J @ d - gap) - 1e-12


# Rows in blocks


def blocks_of(A, b, seed):
    """Two to five blocks of rows, cut at random places; some may be empty."""
    rng = np.random.default_rng(seed)
    ends = np.sort(rng.integers(0, len(b), rng.integers(1, 5)))
    return list(zip(np.split(A, ends), np.split(b, ends), strict=True))


@pytest.mark.equation("eq:reduced")
@seeds
def test_the_misfit_of_every_x_is_that_of_the_triangle_and_the_rest(seed):
    A, b, x = system(seed, m=40)
    tall = tsqr(blocks_of(A, b, seed))
    for t in (0.0, 1.0, -100.0):
        reduced = norm(tall.R @ (t * x) - tall.c) ** 2 + tall.rest**2
        assert reduced == pytest.approx(norm(A @ (t * x) - b) ** 2, rel=1e-12)
    # The rest is what the best x leaves.
    assert tall.rest == pytest.approx(norm(A @ least_squares.qr_solve(A, b) - b), rel=1e-12)


@pytest.mark.equation("eq:tsqr")
@seeds
def test_the_triangle_of_two_triangles_is_that_of_all_rows(seed):
    A, b, _ = system(seed, m=23)
    upper, lower = A[:11], A[11:]
    (Q1, R1), (Q2, R2) = qr(upper), qr(lower)
    Q12, R = qr(np.vstack([R1, R2]))
    zeros = np.zeros((11, 4)), np.zeros((12, 4))
    Q = np.block([[Q1, zeros[0]], [zeros[1], Q2]]) @ Q12
    np.testing.assert_allclose(Q @ R, A, atol=1e-13)
    np.testing.assert_allclose(Q.T @ Q, np.eye(4), atol=1e-13)
    signs = np.sign(np.diag(R))[:, None]
    tall = tsqr([(upper, b[:11]), (lower, b[11:])])
    np.testing.assert_allclose(tall.R, signs * R, atol=1e-12)
    np.testing.assert_allclose(tall.c, (signs.T * Q).T @ b, atol=1e-12)

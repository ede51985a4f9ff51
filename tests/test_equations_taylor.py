"""Each labelled equation of the Taylor chapter, checked on random instances."""

from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.datasets import load
from companion.descent import gradient_descent, newton
from companion.problems import bowl, himmelblau, rosenbrock
from companion.taylor import (
    analyze_step,
    quadratic_model,
    taylor_coefficients,
    validity_radius,
)

seeds = st.integers(0, 2**32 - 1).map(np.random.default_rng)


random_instances = settings(deadline=None, derandomize=True, max_examples=25)


def along(f, x0, d):
    """The coefficients in t of f(x₀ + td), for a polynomial f of degree 4 at most."""
    size = 1 / np.linalg.norm(d)
    t = size * np.arange(-2, 3)
    c = np.linalg.solve(np.vander(t / size, increasing=True), [f(x0 + s * d) for s in t])
    return c / size ** np.arange(5)


def definite(rng, n, kappa=50.0):
    """A random symmetric matrix with eigenvalues from 1 to kappa."""
    Q = np.linalg.qr(rng.standard_normal((n, n)))[0]
    return Q * np.geomspace(1, kappa, n) @ Q.T


class Quartic:
    """A random polynomial of degree 4 in n variables, with its derivatives."""

    def __init__(self, rng, n=3):
        self.a, self.B = rng.standard_normal((2, n)), rng.standard_normal((2, n, n))

    def __call__(self, x):
        (u, v), (p, q) = self.a @ x, (x @ B @ x for B in self.B)
        return u + p + u * q + q * q + v**3

    def grad(self, x):
        (u, v), (_, q) = self.a @ x, (x @ B @ x for B in self.B)
        dp, dq = ((B + B.T) @ x for B in self.B)
        return self.a[0] * (1 + q) + dp + (u + 2 * q) * dq + 3 * v**2 * self.a[1]

    def hess(self, x):
        (u, v), (_, q) = self.a @ x, (x @ B @ x for B in self.B)
        (_, dq), (P, Q) = ((B + B.T) @ x for B in self.B), (B + B.T for B in self.B)
        mixed = np.outer(self.a[0], dq)
        twos = mixed + mixed.T + 2 * np.outer(dq, dq) + 6 * v * np.outer(*self.a[[1, 1]])
        return P + (u + 2 * q) * Q + twos


# Series


@pytest.mark.equation("eq:taylor-1d")
@random_instances
@given(seeds)
def test_coefficients_are_derivatives_over_factorials(rng):
    p = np.polynomial.Polynomial(rng.standard_normal(7))
    a, x = rng.uniform(-2, 2, 2)
    c = taylor_coefficients(p, a, 6)
    expected = [p(a), *(p.deriv(k)(a) / factorial(k) for k in range(1, 7))]
    np.testing.assert_allclose(c, expected, rtol=1e-9, atol=1e-9)
    assert sum(c[k] * (x - a) ** k for k in range(7)) == pytest.approx(p(x), abs=1e-6)


@pytest.mark.equation("eq:cauchy-mean")
@random_instances
@given(seeds)
def test_coefficients_are_means_over_a_circle(rng):
    s, a, r = rng.uniform(0.5, 2), complex(*rng.standard_normal(2)), rng.uniform(0.5, 2)
    theta = 2 * np.pi * np.arange(128) / 128
    f = np.exp(s * (a + r * np.exp(1j * theta)))
    for k in range(6):
        mean = np.mean(f * np.exp(-1j * k * theta)) / r**k
        assert mean == pytest.approx(np.exp(s * a) * s**k / factorial(k), rel=1e-9)


@pytest.mark.equation("eq:lagrange-remainder")
@random_instances
@given(seeds, st.integers(0, 6))
def test_some_point_between_gives_the_remainder(rng, n):
    s, a = rng.uniform(0.3, 2), rng.uniform(-1, 1)
    x = a + rng.uniform(0.3, 1.5) * rng.choice([-1, 1])
    c = [s**k * np.exp(s * a) / factorial(k) for k in range(n + 1)]
    R_n = np.exp(s * x) - sum(c[k] * (x - a) ** k for k in range(n + 1))
    ratio = R_n * factorial(n + 1) / (x - a) ** (n + 1)  # f⁽ⁿ⁺¹⁾(ξ) = sⁿ⁺¹ exp(sξ)
    xi = np.log(ratio / s ** (n + 1)) / s
    assert min(a, x) < xi < max(a, x)


@pytest.mark.equation("eq:witch-remainder")
@random_instances
@given(st.floats(-2, 2).filter(lambda x: abs(x) > 0.2), st.integers(0, 8))
def test_what_the_geometric_sum_leaves_out(x, half):
    n = 2 * half
    left = 1 / (1 + x**2) - sum((-1) ** j * x ** (2 * j) for j in range(half + 1))
    assert abs(left) == pytest.approx(abs(x) ** (n + 2) / (1 + x**2), abs=1e-11)


@pytest.mark.equation("eq:convergence-radius")
@random_instances
@given(seeds)
def test_the_radius_is_the_distance_to_the_nearest_pole(rng):
    poles, a = (rng.standard_normal((3, 2)) @ [1, 1j]), complex(*rng.standard_normal(2))
    near = np.abs(poles - a)
    if near.min() < 0.1 or np.sort(near)[1] < 1.2 * near.min():
        return  # two poles at all but one distance: the limes superior comes slowly
    k = np.arange(40, 81)
    c = -((poles[:, None] - a) ** -(k + 1.0)).sum(axis=0)  # of Σ 1/(z − s), a geometric series
    measured = 1 / np.max(np.abs(c) ** (1 / k))
    assert measured == pytest.approx(near.min() ** (1 + 1 / 40), rel=0.06)


@pytest.mark.equation("eq:taylor-line")
@random_instances
@given(seeds)
def test_the_terms_along_a_line_are_powers_of_d_nabla(rng):
    d, x0 = rng.standard_normal((2, 2))
    i, j = 3, 2  # f = x₁³ x₂²: (dᵀ∇)ᵏ f by the product rule
    c = taylor_coefficients(lambda t: (x0[0] + t * d[0]) ** i * (x0[1] + t * d[1]) ** j, 0, 5)

    def partial(p, q):
        def one(x, power, times):
            return factorial(power) / factorial(power - times) * x ** (power - times)

        return one(x0[0], i, p) * one(x0[1], j, q) if p <= i and q <= j else 0.0

    for k in range(6):
        binomial = [factorial(k) / factorial(p) / factorial(k - p) for p in range(k + 1)]
        power = sum(
            binomial[p] * d[0] ** p * d[1] ** (k - p) * partial(p, k - p) for p in range(k + 1)
        )
        assert c[k] == pytest.approx(power / factorial(k), abs=1e-9)
    total = (x0[0] + d[0]) ** i * (x0[1] + d[1]) ** j
    assert c.sum() == pytest.approx(total, rel=1e-6, abs=1e-8)


@pytest.mark.equation("eq:taylor-2")
@random_instances
@given(seeds)
def test_the_quadratic_model_leaves_slope_3(rng):
    f, x0, d = Quartic(rng), rng.standard_normal(3), rng.standard_normal(3)
    g, H = f.grad(x0), f.hess(x0)
    model = quadratic_model(f(x0), g, H)
    assert model(d) == pytest.approx(f(x0) + g @ d + d @ H @ d / 2)
    cubic = along(f, x0, d)[3:]
    h = np.geomspace(1e-3, 1e-2, 5)
    errors = [f(x0 + size * d) - model(size * d) for size in h]
    expected = cubic[0] * h**3 + cubic[1] * h**4
    np.testing.assert_allclose(errors, expected, rtol=1e-3, atol=1e-10)


@pytest.mark.equation("eq:gentle-valley")
@random_instances
@given(seeds)
def test_the_gentle_valley_is_rosenbrocks_with_steepness_1(rng):
    x1, x2 = rng.uniform(-2, 2, 2)
    f = rosenbrock(steepness=1)
    assert f(np.array([x1, x2])) == pytest.approx((1 - x1) ** 2 + (x2 - x1**2) ** 2)


@pytest.mark.equation("eq:valley-derivatives")
def test_the_derivatives_by_pencil():
    f, x0 = rosenbrock(steepness=1), np.array([-0.5, 1.5])
    np.testing.assert_array_equal(f.grad(x0), [-0.5, 2.5])
    np.testing.assert_array_equal(f.hess(x0), [[-1, 2], [2, 2]])
    assert f(x0) == 9 / 4 + 25 / 16
    near = np.linalg.eigvalsh(f.hess(np.ones(2)))
    assert near[1] == pytest.approx(6 + np.sqrt(32))


# One step


@pytest.mark.equation("eq:step")
@random_instances
@given(seeds)
def test_descent_takes_the_step_against_the_gradient(rng):
    f, x0, epsilon = Quartic(rng), rng.standard_normal(3), 10 ** rng.uniform(-6, -3)
    path = gradient_descent(f, f.grad, x0, epsilon, max_iter=1).path
    np.testing.assert_allclose(path[1], x0 - epsilon * f.grad(x0), rtol=1e-14)


@pytest.mark.equation("eq:step-model")
@random_instances
@given(seeds)
def test_the_model_of_a_step_leaves_slope_3(rng):
    f, x0 = Quartic(rng), rng.standard_normal(3)
    g = f.grad(x0)
    Hg = f.hess(x0) @ g
    step = analyze_step(f(x0), g, Hg)
    c = along(f, x0, -g)
    epsilon = np.geomspace(1e-3, 1e-2, 5) / np.linalg.norm(g)
    np.testing.assert_allclose(
        step.predict(epsilon), f(x0) - epsilon * (g @ g) + epsilon**2 * (g @ Hg) / 2
    )
    errors = [f(x0 - e * g) - step.predict(e) for e in epsilon]
    np.testing.assert_allclose(
        errors, c[3] * epsilon**3 + c[4] * epsilon**4, rtol=1e-3, atol=1e-9 * (1 + abs(f(x0)))
    )


@pytest.mark.equation("eq:alpha")
@random_instances
@given(seeds)
def test_alpha_is_the_second_derivative_along_the_step(rng):
    f, x0 = Quartic(rng), rng.standard_normal(3)
    g = f.grad(x0)
    second = 2 * along(f, x0, -g)[2]
    alpha = analyze_step(f(x0), g, f.hess(x0) @ g).alpha
    assert alpha == pytest.approx(second, rel=1e-7, abs=1e-7 * (g @ g))


@pytest.mark.equation("eq:optimal-step")
@random_instances
@given(seeds, st.integers(1, 6))
def test_the_best_step_is_that_of_a_dense_search(rng, n):
    H, x0 = definite(rng, n), rng.standard_normal(n)
    g = H @ x0
    step = analyze_step(x0 @ g / 2, g, H @ g)
    epsilon = np.linspace(0, 2 * step.optimal_epsilon, 20_001)
    X = x0[:, None] - epsilon * g[:, None]
    values = (X * (H @ X)).sum(axis=0) / 2
    assert epsilon[values.argmin()] == pytest.approx(g @ g / (g @ H @ g), rel=1e-3)
    assert step.optimal_epsilon == pytest.approx(epsilon[values.argmin()], rel=1e-3)


@pytest.mark.equation("eq:best-decrease")
@random_instances
@given(seeds, st.integers(1, 6))
def test_the_best_decrease_is_what_a_quadratic_loses(rng, n):
    H, x0 = definite(rng, n), rng.standard_normal(n)
    g = H @ x0
    step = analyze_step(x0 @ g / 2, g, H @ g)
    x = x0 - step.optimal_epsilon * g
    lost = (x0 @ H @ x0 - x @ H @ x) / 2
    assert lost == pytest.approx((g @ g) ** 2 / (g @ H @ g) / 2, rel=1e-9)
    assert step.predicted_decrease == pytest.approx(lost, rel=1e-9)


@pytest.mark.equation("eq:step-range")
@random_instances
@given(seeds, st.integers(2, 6))
def test_the_best_step_lies_between_the_inverse_eigenvalues(rng, n):
    H, g = definite(rng, n), rng.standard_normal(n)
    lam, Q = np.linalg.eigh(H)

    def best(g):
        return analyze_step(0.0, g, H @ g).optimal_epsilon

    assert 1 / lam[-1] <= best(g) <= 1 / lam[0]
    assert best(Q[:, -1]) == pytest.approx(1 / lam[-1])
    assert best(Q[:, 0]) == pytest.approx(1 / lam[0])
    indefinite = H - rng.uniform(lam[0], lam[-1]) * np.eye(n)
    step = analyze_step(0.0, g, indefinite @ g)
    if step.alpha > 0:
        assert step.optimal_epsilon >= 1 / np.linalg.eigvalsh(indefinite)[-1] * (1 - 1e-12)


@pytest.mark.equation("eq:decrease-ratio")
@random_instances
@given(seeds)
def test_the_ratio_is_1_minus_the_cubic_term(rng):
    f, x0 = Quartic(rng), rng.standard_normal(3)
    g = f.grad(x0)
    step = analyze_step(f(x0), g, f.hess(x0) @ g)
    c = along(f, x0, -g)
    for epsilon in np.array([0.01, 0.1, 1]) / (np.linalg.norm(g) * (1 + np.linalg.norm(g))):
        promised = f(x0) - step.predict(epsilon)
        rho = (f(x0) - f(x0 - epsilon * g)) / promised
        expected = 1 - (c[3] * epsilon**3 + c[4] * epsilon**4) / promised
        assert rho == pytest.approx(expected, rel=1e-5, abs=1e-5 * (1 + abs(expected)))


@pytest.mark.equation("eq:decrease-ratio")
def test_the_validity_radius_is_where_the_ratio_leaves_its_band():
    f, x0 = rosenbrock(steepness=1), np.array([-0.5, 1.5])
    g = f.grad(x0)
    Hg = f.hess(x0) @ g
    radius, step = validity_radius(f, x0, g, Hg, tol=0.1), analyze_step(f(x0), g, Hg)
    rho = (f(x0) - f(x0 - radius * g)) / (f(x0) - step.predict(radius))
    assert rho == pytest.approx(0.9, abs=1e-9)


@pytest.mark.equation("eq:armijo")
@random_instances
@given(seeds)
def test_steps_of_the_line_search_fall_by_enough(rng):
    f = himmelblau()
    run = gradient_descent(f, f.grad, rng.uniform(-4, 4, 2), "armijo", max_iter=10)
    for x, new in zip(run.path[:-1], run.path[1:], strict=True):
        g = f.grad(x)
        epsilon = np.linalg.norm(new - x) / np.linalg.norm(g)
        assert f(new) <= f(x) - 1e-4 * epsilon * (g @ g) + 1e-12 * (1 + f(x))


@pytest.mark.equation("eq:trust-step")
@random_instances
@given(seeds)
def test_no_step_along_the_gradient_within_the_region_does_better(rng):
    A = rng.standard_normal((3, 3))
    H, g, Delta = A + A.T, rng.standard_normal(3), rng.uniform(0.1, 3)
    model, step = quadratic_model(0.0, g, H), analyze_step(0.0, g, H @ g)
    epsilon = min(step.optimal_epsilon, Delta / np.linalg.norm(g))
    trials = -np.linspace(0, Delta / np.linalg.norm(g), 501) * g[:, None]
    assert np.linalg.norm(trials, axis=0).max() <= Delta * (1 + 1e-12)
    assert model(-epsilon * g) <= model(trials).min() + 1e-12 * (1 + abs(model(-epsilon * g)))
    if np.isfinite(step.optimal_epsilon) and epsilon == step.optimal_epsilon:
        assert model(-epsilon * g) == pytest.approx(-step.predicted_decrease)


# Many steps


@pytest.mark.equation("eq:descent-modes")
@random_instances
@given(seeds, st.integers(1, 5))
def test_each_eigendirection_is_multiplied_by_its_own_factor(rng, n):
    H, x_star = definite(rng, n), rng.standard_normal(n)
    lam, Q = np.linalg.eigh(H)
    epsilon, x0 = rng.uniform(0.1, 2.2) / lam[-1], x_star + rng.standard_normal(n)
    run = gradient_descent(
        lambda x: (x - x_star) @ H @ (x - x_star) / 2, lambda x: H @ (x - x_star), x0, epsilon,
        tol=1e-300, max_iter=8,
    )  # fmt: skip
    for k, x in enumerate(run.path):
        z = (1 - epsilon * lam) ** k * (Q.T @ (x0 - x_star))
        np.testing.assert_allclose(Q.T @ (x - x_star), z, atol=1e-9 * 2**k)


@pytest.mark.equation("eq:stable-steps")
@random_instances
@given(seeds, st.floats(0.02, 0.995), st.floats(1.005, 3))
def test_descent_converges_below_2_over_the_largest_eigenvalue_and_not_above(rng, low, high):
    p = bowl([1, rng.uniform(1, 20), 20])
    x0 = rng.standard_normal(3) + 2
    below = gradient_descent(p, p.grad, x0, low * 2 / 20, tol=1e-4, max_iter=20_000)
    assert below.converged
    above = gradient_descent(p, p.grad, x0, high * 2 / 20, tol=1e-4, max_iter=20_000)
    assert above.status.name == "DIVERGED"


@pytest.mark.equation("eq:best-constant-step")
@random_instances
@given(seeds, st.floats(1.1, 1e4))
def test_no_constant_step_has_a_smaller_factor(rng, kappa):
    scale = rng.uniform(0.1, 10)
    lam = scale * np.append(rng.uniform(1, kappa, 5), [1, kappa])

    def factor(epsilon):
        return np.max(np.abs(1 - epsilon * lam))

    best = 2 / (lam.min() + lam.max())
    assert factor(best) == pytest.approx((kappa - 1) / (kappa + 1))
    assert all(factor(best * c) > factor(best) for c in (0.5, 0.99, 1.01, 1.5))


def test_the_factors_named_in_the_text():
    assert f"{9 / 11:.2f}" == "0.82"
    assert f"{999 / 1001:.3f}" == "0.998"


@pytest.mark.equation("eq:descent-rate")
@random_instances
@given(seeds, st.integers(2, 6))
def test_exact_steps_fall_at_least_by_the_rate_and_from_the_worst_start_by_no_more(rng, n):
    kappa = rng.uniform(2, 200)
    rate = ((kappa - 1) / (kappa + 1)) ** 2

    def falls(p, x0):
        run = gradient_descent(p, p.grad, x0, "optimal", max_iter=10, tol=1e-30)
        values = p(run.path.T)
        return values[1:] / values[:-1]

    p = bowl(np.geomspace(1, kappa, n), angle=1.0)
    assert falls(p, rng.standard_normal(n)).max() <= rate + 1e-6
    worst = falls(bowl([1, kappa], angle=0), np.array([kappa, 1.0]))
    np.testing.assert_allclose(worst, rate, rtol=1e-5)


@pytest.mark.equation("eq:newton-step")
@random_instances
@given(seeds, st.integers(1, 6))
def test_newtons_step_leads_to_the_critical_point_of_the_model(rng, n):
    A = rng.standard_normal((n, n))
    H, g = A + A.T + 0.1 * np.eye(n), rng.standard_normal(n)
    if np.abs(np.linalg.eigvalsh(H)).min() < 1e-3:
        return
    m = quadratic_model(1.0, g, H)
    run = newton(m, lambda d: g + H @ d, lambda d: H, np.zeros(n), max_iter=1)
    d = run.path[1]
    np.testing.assert_allclose(H @ d, -g, atol=1e-9)
    for v in rng.standard_normal((4, n)):
        assert m(d + 1e-3 * v) - m(d) == pytest.approx(1e-6 * v @ H @ v / 2, abs=1e-11)


# What the solutions of the exercises say


def test_solution_1_doubling_halves_the_best_step():
    p = bowl([1, 10])
    g, Hg = p.grad(p.x0), p.hess(p.x0) @ p.grad(p.x0)
    one = analyze_step(p(p.x0), g, Hg).optimal_epsilon
    assert analyze_step(2 * p(p.x0) + 3, 2 * g, 4 * Hg).optimal_epsilon == pytest.approx(one / 2)
    assert validity_radius(p, p.x0, g, Hg) == np.inf


@pytest.mark.parametrize("kappa", [3.0, 17.0])
def test_solution_2_the_worst_start_is_its_own_mirror_image(kappa):
    x0 = np.array([kappa, 1.0])
    H = np.diag([1.0, kappa])
    g = H @ x0
    epsilon = analyze_step(0.0, g, H @ g).optimal_epsilon
    assert epsilon == pytest.approx(2 / (1 + kappa))
    np.testing.assert_allclose(
        x0 - epsilon * g, (kappa - 1) / (kappa + 1) * np.array([kappa, -1.0])
    )


def test_solution_4_a_damped_step_leaves_the_maximum_and_keeps_the_saddles():
    f = himmelblau()

    def end(x):
        for _ in range(60):
            g = f.grad(x)
            if np.linalg.norm(g) < 1e-10:
                break
            d = np.linalg.solve(f.hess(x), -g)
            d = d if g @ d < 0 else -g
            t = 1.0
            while f(x + t * d) > f(x) + 1e-4 * t * (g @ d):
                t /= 2
            x = x + t * d
        return x

    np.testing.assert_allclose(end(np.zeros(2)), [3, 2])
    for start in ([3.0, 0.0], [0.0, 3.0]):
        x = end(np.array(start))
        assert np.prod(np.linalg.eigvalsh(f.hess(x))) < 0


def test_solution_5_the_series_of_exp_drowns_at_minus_30():
    c = [1 / factorial(k) if k < 171 else 0.0 for k in range(200)]
    total = sum(c[k] * (-30.0) ** k for k in range(200))
    assert abs(total) > 1e6 * np.exp(-30)
    assert 30**30 / factorial(30) == pytest.approx(8e11, rel=0.05)
    there = 1 / sum(c[k] * 30.0**k for k in range(200))
    assert there == pytest.approx(np.exp(-30), rel=1e-13)


def test_solution_6_the_loss_falls_with_ten_times_the_inverse_eigenvalue_and_not_with_forty():
    data = load("breast_cancer")
    A, sign = (data.X - data.X.mean(axis=0)) / data.X.std(axis=0), 2 * data.y - 1

    def loss(x):
        return np.logaddexp(0, -sign * (A @ x)).mean() + x @ x / 200

    def grad(x):
        return A.T @ (-sign / (1 + np.exp(sign * (A @ x)))) / len(A) + x / 100

    def top(x):
        p = 1 / (1 + np.exp(-A @ x))
        return np.linalg.eigvalsh(A.T @ (A * (p * (1 - p))[:, None]) / len(A))[-1] + 0.01

    for factor, falls in ((1, True), (3, True), (10, True), (40, False)):
        epsilon = factor / top(np.zeros(30))
        path = gradient_descent(loss, grad, np.zeros(30), epsilon, max_iter=200, tol=1e-14).path
        assert (np.diff([loss(x) for x in path]) < 1e-13).all() == falls
        if factor == 10:
            assert top(path[-1]) < top(path[0]) / 10


@pytest.mark.parametrize("kappa", [2.0, 3.0, 10.0, 100.0])
def test_solution_7_two_steps_in_turn_beat_one_constant(kappa):
    lam = np.geomspace(1, kappa, 101)
    epsilon = 1 / ((kappa + 1) / 2 + np.array([1, -1]) * (kappa - 1) / (2 * np.sqrt(2)))
    product = np.abs((1 - epsilon[0] * lam) * (1 - epsilon[1] * lam)).max()
    assert product < ((kappa - 1) / (kappa + 1)) ** 2
    assert (epsilon.max() > 2 / kappa) == (kappa > 1 + np.sqrt(2))

"""Each labelled equation of the Taylor chapter, checked on random instances."""

from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import combinations, pairwise
from math import factorial

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from solutions import defined

from companion.datasets import load
from companion.descent import gradient_descent, newton, stochastic_gradient_descent
from companion.problems import bowl, himmelblau, rosenbrock
from companion.taylor import analyze_step, quadratic_model, taylor_coefficients, validity_radius

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
        c = taylor_coefficients(lambda z: np.exp(s * z), a, k)
        assert mean == pytest.approx(c[k], rel=1e-9)


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
@given(seeds, st.floats(0.1, 0.98), st.floats(1.05, 3))
@example(np.random.default_rng(0), 0.02, 1.005)
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


# The descent lemma


class Waves:
    """f(x) = ½ xᵀHx + Σ cᵢ cos(aᵢᵀx + bᵢ), and an L above all curvatures."""

    def __init__(self, rng, n, convex=False):
        self.c = rng.uniform(0.1, 1, 4)
        self.a, self.b = rng.standard_normal((4, n)), rng.uniform(0, 6, 4)
        most = np.linalg.eigvalsh((self.a.T * self.c) @ self.a)[-1]  # of each Hessian of the waves
        self.nu = 0.5
        self.H = definite(rng, n, 5) * 0.2 + (most + self.nu if convex else 0) * np.eye(n)
        self.L = np.linalg.eigvalsh(self.H)[-1] + most

    def __call__(self, x):
        return x @ self.H @ x / 2 + self.c @ np.cos(self.a @ x + self.b)

    def grad(self, x):
        return self.H @ x - (self.c * np.sin(self.a @ x + self.b)) @ self.a

    def hess(self, x):
        return self.H - (self.a.T * (self.c * np.cos(self.a @ x + self.b))) @ self.a


@pytest.mark.equation("eq:curvature-bound")
@pytest.mark.equation("eq:descent-lemma")
@random_instances
@given(seeds, st.integers(1, 4), st.floats(0.01, 3))
def test_a_step_falls_by_what_the_lemma_promises(rng, n, share):
    f, x = Waves(rng, n), 3 * rng.standard_normal(n)
    d = rng.standard_normal(n)
    assert d @ f.hess(x) @ d <= f.L * d @ d * (1 + 1e-12)
    epsilon, g = share / f.L, f.grad(x)
    new = gradient_descent(f, f.grad, x, epsilon, max_iter=1).path[-1]
    assert f(new) <= f(x) - epsilon * (1 - epsilon * f.L / 2) * g @ g + 1e-12 * (1 + abs(f(x)))


@pytest.mark.equation("eq:descent-lemma")
def test_the_lemma_is_an_equation_along_the_steepest_direction_of_a_bowl():
    p, x = bowl([1, 10], angle=0), np.array([0.0, 2.0])
    g = p.grad(x)
    for epsilon in (0.05, 0.1, 0.2, 0.3):
        new = gradient_descent(p, p.grad, x, epsilon, max_iter=1).path[-1]
        assert p(new) == pytest.approx(p(x) - epsilon * (1 - epsilon * 10 / 2) * g @ g)


@pytest.mark.equation("eq:logistic-bound")
@random_instances
@given(seeds, st.integers(1, 4))
def test_no_curvature_of_a_logistic_loss_is_above_its_bound(rng, n):
    A, w, nu = rng.standard_normal((9, n)), rng.standard_normal(n), rng.uniform(0, 1)
    L = np.linalg.norm(A, 2) ** 2 / (4 * len(A)) + nu

    def top(w):
        p = 1 / (1 + np.exp(-A @ w))
        return np.linalg.eigvalsh((A.T * (p * (1 - p))) @ A / len(A) + nu * np.eye(n))[-1]

    assert top(w) <= L * (1 + 1e-12)
    assert top(0 * w) == pytest.approx(L)


@pytest.mark.equation("eq:gradient-rate")
@random_instances
@given(seeds, st.integers(1, 3), st.integers(1, 60))
def test_the_least_gradient_is_as_small_as_promised(rng, n, steps):
    f, x0 = Waves(rng, n), 3 * rng.standard_normal(n)
    lowest = -f.c.sum()  # f is nowhere less
    path = gradient_descent(f, f.grad, x0, 1 / f.L, tol=1e-300, max_iter=steps).path
    least = min(f.grad(x) @ f.grad(x) for x in path[:steps])
    assert least <= 2 * f.L * (f(x0) - lowest) / steps


@pytest.mark.equation("eq:licensed-rate")
@random_instances
@given(seeds, st.integers(1, 3))
def test_with_a_least_curvature_each_step_falls_by_the_rate(rng, n):
    f, x0 = Waves(rng, n, convex=True), 3 * rng.standard_normal(n)
    best = newton(f, f.grad, f.hess, np.zeros(n), max_iter=200)
    assert best.converged
    path = gradient_descent(f, f.grad, x0, 1 / f.L, tol=1e-300, max_iter=10).path
    gap = np.array([f(x) - best.fun for x in path])
    assert (gap[1:] <= (1 - f.nu / f.L) * gap[:-1] + 1e-12 * (1 + abs(best.fun))).all()


# Momentum


def slope_of(H, x_star):
    return lambda x: (x - x_star) @ H @ (x - x_star) / 2, lambda x: H @ (x - x_star)


def long_run(step, beta):
    """The factor a step of a direction with ελ = step, from the roots of its recursion."""
    return np.abs(np.roots([1, -(1 + beta - step), beta])).max()


@pytest.mark.equation("eq:momentum")
@random_instances
@given(seeds, st.floats(0.01, 0.99))
def test_each_step_is_one_of_descent_and_a_part_of_the_last(rng, beta):
    f, x0, epsilon = Quartic(rng), rng.standard_normal(3), 10 ** rng.uniform(-6, -4)
    x = gradient_descent(f, f.grad, x0, epsilon, momentum=beta, max_iter=5).path
    np.testing.assert_allclose(x[1], x0 - epsilon * f.grad(x0), rtol=1e-14)
    for k in range(1, 5):
        expected = x[k] - epsilon * f.grad(x[k]) + beta * (x[k] - x[k - 1])
        np.testing.assert_allclose(x[k + 1], expected, rtol=1e-13, atol=1e-14)


@pytest.mark.equation("eq:ball")
@random_instances
@given(seeds, st.floats(0.01, 0.99))
def test_the_slope_and_a_friction_change_the_velocity_of_the_ball(rng, beta):
    f, x0, epsilon = Quartic(rng), rng.standard_normal(3), 10 ** rng.uniform(-6, -4)
    x = gradient_descent(f, f.grad, x0, epsilon, momentum=beta, max_iter=5).path
    v = np.diff(x, axis=0, prepend=x[:1])  # from rest
    for k in range(5):
        force = -epsilon * f.grad(x[k]) - (1 - beta) * v[k]
        np.testing.assert_allclose(v[k + 1] - v[k], force, rtol=1e-9, atol=1e-14)


@pytest.mark.equation("eq:momentum-modes")
@pytest.mark.equation("eq:momentum-roots")
@random_instances
@given(seeds, st.floats(0.05, 0.95), st.integers(1, 4))
def test_each_eigendirection_is_a_recursion_of_two_terms_solved_by_powers(rng, beta, n):
    H, x_star = definite(rng, n), rng.standard_normal(n)
    lam, Q = np.linalg.eigh(H)
    epsilon, x0 = rng.uniform(0.1, 2) / lam[-1], x_star + rng.standard_normal(n)
    options = {"momentum": beta, "tol": 1e-300, "max_iter": 12}
    run = gradient_descent(*slope_of(H, x_star), x0, epsilon, **options)
    z = (run.path - x_star) @ Q
    for k in range(1, 12):
        expected = (1 + beta - epsilon * lam) * z[k] - beta * z[k - 1]
        np.testing.assert_allclose(z[k + 1], expected, atol=1e-10)
    for i in range(n):
        roots = np.roots([1, -(1 + beta - epsilon * lam[i]), beta])
        assert np.prod(roots) == pytest.approx(beta)
        if abs(roots[0] - roots[1]) > 1e-2:
            c = np.linalg.solve([[1, 1], roots], z[:2, i].astype(complex))
            powers = (c * roots ** np.arange(13)[:, None]).sum(axis=1)
            np.testing.assert_allclose(powers, z[:, i], atol=1e-9)


@pytest.mark.equation("eq:momentum-window")
@random_instances
@given(st.floats(0.01, 0.98), st.floats(0.01, 0.99), st.floats(1.02, 3))
def test_within_the_window_every_direction_shrinks_by_the_root_of_beta(beta, place, beyond):
    low, high = (1 - np.sqrt(beta)) ** 2, (1 + np.sqrt(beta)) ** 2
    assert long_run(low + place * (high - low), beta) == pytest.approx(np.sqrt(beta), rel=1e-6)
    for step in (low / beyond, high * beyond):
        assert long_run(step, beta) > np.sqrt(beta) * (1 + 1e-3 * (1 - np.sqrt(beta)))
    assert (long_run(high * beyond, beta) < 1) == (high * beyond < 2 * (1 + beta))


@pytest.mark.equation("eq:momentum-window")
def test_what_the_package_measures_is_the_root_of_beta_in_the_window():
    beta, lam = 0.81, np.array([1.0, 3.0, 60.0])
    epsilon = 0.04  # ελ from 0.04 to 2.4, in the window from 0.01 to 3.61
    f, grad = slope_of(np.diag(lam), np.zeros(3))
    options = {"momentum": beta, "tol": 1e-300, "max_iter": 300}
    away = np.abs(gradient_descent(f, grad, np.ones(3), epsilon, **options).path)
    # It swings, half a period in 17 steps at most: the largest of twenty, two hundred steps apart.
    factor = (away[280:].max(axis=0) / away[80:101].max(axis=0)) ** (1 / 200)
    np.testing.assert_allclose(factor, 0.9, rtol=0.01)  # 0.9 ** (17 / 200) is 0.99


@pytest.mark.equation("eq:best-momentum")
@random_instances
@given(seeds, st.floats(1.5, 1e4))
def test_no_other_ball_has_a_smaller_largest_factor(rng, kappa):
    scale = rng.uniform(0.1, 10)
    lam = scale * np.append(rng.uniform(1, kappa, 5), [1, kappa])
    low, high = np.sqrt([lam.min(), lam.max()])
    epsilon, beta = (2 / (high + low)) ** 2, ((high - low) / (high + low)) ** 2

    def factor(epsilon, beta):
        return max(long_run(step, beta) for step in epsilon * lam)

    best = factor(epsilon, beta)
    assert best == pytest.approx((np.sqrt(kappa) - 1) / (np.sqrt(kappa) + 1), abs=1e-6)
    others = [(c * epsilon, 1 - d * (1 - beta)) for c in (0.8, 1, 1.2) for d in (0.8, 1, 1.2)]
    assert all(factor(*other) > best for other in others if other[1] > 0 and other != others[4])


@pytest.mark.equation("eq:momentum-kappa")
@random_instances
@given(st.floats(0.05, 0.999), st.floats(1.01, 2))
def test_a_momentum_is_the_best_for_its_kappa_and_for_no_other(beta, other):
    root = (1 + np.sqrt(beta)) / (1 - np.sqrt(beta))
    assert root == pytest.approx((1 + np.sqrt(beta)) ** 2 / (1 - beta))
    assert beta < 0.9 or 3.79 < root * (1 - beta) < 4

    def factor(kappa, beta):  # with the best step, in fractions of 1/λ_min
        epsilon = min(2 * (1 + beta) / (1 + kappa), (1 - beta) / np.sqrt(kappa))
        return max(long_run(epsilon, beta), long_run(epsilon * kappa, beta))

    best = factor(root**2, beta)
    assert best == pytest.approx(np.sqrt(beta), rel=1e-6)
    for change in (1 / other, other):
        assert factor(root**2, 1 - change * (1 - beta) if change < 1 else beta / change) > best


@pytest.mark.equation("eq:best-momentum")
@pytest.mark.parametrize("kappa", [25, 400])
def test_the_package_measures_the_root_of_kappa(kappa):
    root = np.sqrt(kappa)
    rate, p = (root - 1) / (root + 1), bowl([1, kappa], angle=0)
    options = {"momentum": rate**2, "tol": 1e-300, "max_iter": int(20 * root)}
    run = gradient_descent(p, p.grad, [1.0, 1.0], 4 / (root + 1) ** 2, **options)
    away = np.linalg.norm(run.path, axis=1)[1:] / np.arange(1, len(run.path))  # like k rateᵏ
    late = len(away) // 2
    assert (away[-1] / away[late]) ** (1 / (len(away) - 1 - late)) == pytest.approx(rate, rel=0.01)


@random_instances
@given(st.floats(0.0, 0.98), st.floats(1.2, 1e3), st.floats(0.3, 3))
def test_the_step_of_the_momentum_slider_is_the_best_for_its_momentum(beta, kappa, other):
    """ε = min(2(1 + β)/(λ_min + λ_max), (1 − β)/√(λ_min λ_max)), with eigenvalues 1 and κ."""

    def factor(epsilon):
        return max(long_run(epsilon, beta), long_run(epsilon * kappa, beta))

    best = min(2 * (1 + beta) / (1 + kappa), (1 - beta) / np.sqrt(kappa))
    assert factor(best) <= factor(other * best) + 1e-6


def three_slopes(x):
    return 25 * x if x < 1 else x + 24 if x < 2 else 25 * x - 24


def test_the_best_ball_for_a_bowl_goes_round_for_ever_elsewhere():
    """A cycle of three, in fractions; the ball comes to it, as every step there shrinks by 2/3."""
    cycle = [Fraction(792, 1225), Fraction(-2208, 1225), Fraction(2592, 1225)]
    for k in range(3):
        before, x, after = (cycle[(k + j) % 3] for j in range(3))
        assert after == x - three_slopes(x) / 9 + Fraction(4, 9) * (x - before)
    run = gradient_descent(
        lambda x: 0.0, lambda x: np.array([three_slopes(x[0])]), [3.3], 1 / 9,
        momentum=4 / 9, max_iter=1000,
    )  # fmt: skip
    np.testing.assert_allclose(sorted(run.path[-3:, 0]), sorted(map(float, cycle)), rtol=1e-12)
    assert not run.converged


# Noise


class Rows:
    """f(x) = ½ mean (Ax − b)², with the gradient of the mean over some of the rows."""

    def __init__(self, rng, m, n):
        self.A, self.b, self.m = rng.standard_normal((m, n)), rng.standard_normal(m), m
        self.x, *_ = np.linalg.lstsq(self.A, self.b)
        self.asked = []

    def grad(self, x, rows):
        self.asked.append(rows)
        A = self.A[rows]
        return A.T @ (A @ x - self.b[rows]) / len(rows)


def all_batches(p, x, size):
    """The gradient of each batch of that size, and that of all rows."""
    g = [p.grad(x, np.array(B)) for B in combinations(range(p.m), size)]
    return np.array(g), p.grad(x, np.arange(p.m))


@pytest.mark.equation("eq:minibatch")
@random_instances
@given(seeds, st.integers(1, 7), st.integers(1, 7))
def test_the_gradient_of_a_batch_is_unbiased(rng, m, size):
    p, x = Rows(rng, m, 2), rng.standard_normal(2)
    g, whole = all_batches(p, x, min(size, m))
    np.testing.assert_allclose(g.mean(axis=0), whole, atol=1e-13 * (1 + np.abs(g).max()))
    # And the batches that the package deals in one epoch are, each with its number of rows.
    p.asked.clear()
    stochastic_gradient_descent(p.grad, m, x, 1e-3, batch_size=size, epochs=1)
    mean = sum(len(rows) / m * p.grad(x, rows) for rows in list(p.asked))
    np.testing.assert_allclose(mean, whole, atol=1e-13 * (1 + np.abs(g).max()))


@pytest.mark.equation("eq:batch-variance")
@random_instances
@given(seeds, st.integers(2, 8), st.integers(1, 8))
def test_the_error_of_a_batch_is_the_spread_of_a_row_over_its_size(rng, m, size):
    size = min(size, m)
    p, x = Rows(rng, m, 3), rng.standard_normal(3)
    g, whole = all_batches(p, x, size)
    one, _ = all_batches(p, x, 1)
    trace = np.trace(np.atleast_2d(np.cov(one.T, bias=True)))
    counted = ((g - whole) ** 2).sum(axis=1).mean()
    expected = trace / size * (m - size) / (m - 1)
    assert counted == pytest.approx(expected, abs=1e-12 * (1 + trace))


@pytest.mark.equation("eq:noise-floor")
@random_instances
@given(seeds, st.integers(1, 4))
def test_the_floor_is_a_quarter_of_the_step_times_the_noise(rng, n):
    """The cloud that a step leaves as it is, S = (I − εH)S(I − εH) + ε²C, on a bowl."""
    H, M = definite(rng, n, 10), rng.standard_normal((n, n))
    C = M @ M.T
    lam, Q = np.linalg.eigh(H)
    for epsilon in (1e-2, 1e-3):
        shrink = np.outer(1 - epsilon * lam, 1 - epsilon * lam)
        S = Q @ (epsilon**2 * (Q.T @ C @ Q) / (1 - shrink)) @ Q.T
        descent = np.eye(n) - epsilon * H
        step = descent @ S @ descent + epsilon**2 * C
        np.testing.assert_allclose(step, S, atol=1e-12 * np.trace(C))
        floor = np.trace(H @ S) / 2
        assert floor == pytest.approx(epsilon / 4 * np.trace(C), rel=epsilon * lam[-1])
        assert floor >= epsilon / 4 * np.trace(C) * (1 - 1e-9)


@pytest.mark.equation("eq:noise-floor")
def test_a_cloud_of_fresh_batches_is_as_high_as_said():
    """All rows are dealt at once, to many runs in parallel; one epoch is one step of each."""
    rng = np.random.default_rng(0)
    p, size, epsilon = Rows(rng, 200, 2), 4, 0.05
    H = p.A.T @ p.A / p.m
    C = np.cov(all_batches(p, p.x, 1)[0].T, bias=True)
    X, gaps = np.tile(p.x, (500, 1)), []
    for k in range(600):
        B = rng.integers(p.m, size=(500, size))
        r = np.einsum("kij,kj->ki", p.A[B], X) - p.b[B]
        X = X - epsilon * np.einsum("kij,ki->kj", p.A[B], r) / size
        if k >= 200:
            gaps.append(np.einsum("ki,ij,kj->", X - p.x, H, X - p.x) / 2 / 500)
    said = epsilon / 4 * np.trace(C) / size
    assert np.mean(gaps) == pytest.approx(said, rel=0.15)


@pytest.mark.equation("eq:momentum-floor")
@random_instances
@given(seeds, st.integers(1, 3), st.floats(0.05, 0.95))
def test_the_floor_of_a_ball_is_that_of_a_step_longer_by_what_it_remembers(rng, n, beta):
    """The cloud of (xₖ, xₖ₋₁) that a step leaves as it is, on a bowl."""
    H, M = definite(rng, n, 10), rng.standard_normal((n, n))
    C, one = M @ M.T, np.eye(n)
    for epsilon in (1e-2, 1e-3):
        T = np.block([[(1 + beta) * one - epsilon * H, -beta * one], [one, 0 * one]])
        noise = np.zeros((2 * n, 2 * n))
        noise[:n, :n] = epsilon**2 * C
        S = np.linalg.solve(np.eye(4 * n * n) - np.kron(T, T), noise.ravel()).reshape(2 * n, -1)
        np.testing.assert_allclose(T @ S @ T.T + noise, S, atol=1e-7 * np.abs(S).max())
        floor = np.trace(H @ S[:n, :n]) / 2
        said = epsilon / (1 - beta) / 4 * np.trace(C)
        assert floor == pytest.approx(said, rel=epsilon * np.linalg.eigvalsh(H)[-1])
        assert floor >= said * (1 - 1e-6)
    slow = 0.01 * (1 - np.sqrt(beta)) ** 2  # ελ far below the window
    assert 1 - long_run(slow, beta) == pytest.approx(slow / (1 - beta), rel=0.03)


@pytest.mark.equation("eq:averaged")
@random_instances
@given(seeds, st.integers(1, 4), st.floats(0.05, 1.5))
def test_a_mean_of_iterates_has_no_floor_and_no_step_in_its_height(rng, n, share):
    """Of k iterates on a bowl, from the minimizer; the mean of a·bar is a sum of powers."""
    H, M = definite(rng, n, 10), rng.standard_normal((n, n))
    lam, Q = np.linalg.eigh(H)
    epsilon, k = share / lam[-1], 200_000
    C = np.diag(Q.T @ M @ M.T @ Q)  # on the diagonal is all that the trace sees
    power = (1 - epsilon * lam) ** np.arange(1, k)[:, None]
    # x̄ is −(1/k) Σ (1 − (1 − ελ)^(k−1−j)) n_j / λ, over j < k − 1
    spread = C / lam**2 * ((1 - power) ** 2).sum(axis=0) / k**2
    height = (lam * spread).sum() / 2
    said = np.trace(np.linalg.solve(H, M @ M.T)) / (2 * k)
    assert height == pytest.approx(said, rel=3 / (k * epsilon * lam[0]))


@pytest.mark.equation("eq:averaged")
def test_the_mean_of_noisy_iterates_is_as_high_as_said():
    """Many runs in parallel, for two steps: each ends at the same height."""
    rng = np.random.default_rng(2)
    H, center, root = definite(rng, 2, 4), rng.standard_normal(2), rng.standard_normal((2, 2))
    said = np.trace(np.linalg.solve(H, root @ root.T)) / (2 * 2000)
    for epsilon in (0.1, 0.3):
        x, total = np.tile(center, (2000, 1)), 0
        for _ in range(2000):
            total = total + x
            x = x - epsilon * ((x - center) @ H + rng.standard_normal((2000, 2)) @ root.T)
        off = total / 2000 - center
        height = ((off @ H) * off).sum(axis=1).mean() / 2
        assert height == pytest.approx(said, rel=0.15)


@random_instances
@given(seeds, st.integers(1, 4), st.floats(3, 50))
def test_steps_that_are_halved_keep_a_part_of_the_start(rng, n, half):
    """On average, on a bowl: Π(1 − εₖλ), about e^(−λΣεₖ), since the steps have a finite sum."""
    H, x0 = definite(rng, n, 5), rng.standard_normal(n)
    lam, Q = np.linalg.eigh(H)
    steps = 0.1 / lam[-1] / 2 ** (np.arange(60 * int(half + 1)) / half)
    x = x0
    for epsilon in steps:
        x = x - epsilon * H @ x
    kept = np.prod(1 - steps[:, None] * lam, axis=0)
    np.testing.assert_allclose(Q.T @ x, kept * (Q.T @ x0), atol=1e-10)
    total = 0.1 / lam[-1] / (1 - 2 ** (-1 / half))
    assert steps.sum() == pytest.approx(total, rel=1e-9)
    assert (kept <= np.exp(-lam * total) * (1 + 1e-9)).all()
    assert (kept >= np.exp(-lam * total * 1.06)).all()


@pytest.mark.equation("eq:schedule")
def test_steps_of_the_schedule_fall_below_the_floor_of_a_constant_one():
    p = Rows(np.random.default_rng(1), 300, 2)

    def schedule(k):
        return 0.4 / (1 + k / 50)

    def gap(epsilon, seed):
        options = {"batch_size": 4, "epochs": 60, "seed": seed}
        run = stochastic_gradient_descent(p.grad, p.m, np.zeros(2), epsilon, **options)
        off = run.path[-1000:] - p.x
        return np.mean((off @ p.A.T) ** 2) / 2

    constant, shrinking = (np.mean([gap(eps, k) for k in range(3)]) for eps in (0.4, schedule))
    assert shrinking < constant / 20
    k = np.arange(10**6)
    assert schedule(k).sum() > 0.4 * 50 * np.log(1 + 10**6 / 50)
    assert (schedule(k) ** 2).sum() < 0.4**2 * 51


@random_instances
@given(seeds, st.integers(2, 6))
def test_the_draws_that_vary_least_are_proportional_to_the_lengths(rng, m):
    G = rng.standard_normal((m, 3))

    def variance(p):
        estimates = G / (m * p[:, None])
        np.testing.assert_allclose(p @ estimates, G.mean(axis=0), atol=1e-12)
        return p @ ((estimates - G.mean(axis=0)) ** 2).sum(axis=1)

    lengths = np.linalg.norm(G, axis=1)
    best = lengths / lengths.sum()
    other = best * np.exp(0.3 * rng.standard_normal(m))
    assert variance(best) <= variance(other / other.sum()) + 1e-12


# Between descent and Newton


@pytest.mark.equation("eq:scaled-step")
@random_instances
@given(seeds, st.integers(1, 4))
def test_a_scaled_step_is_descent_in_other_variables(rng, n):
    H, B, x = definite(rng, n), definite(rng, n), rng.standard_normal(n)
    lam, Q = np.linalg.eigh(B)
    root = Q * np.sqrt(lam) @ Q.T
    G = root @ H @ root
    epsilon, z = 0.01 / np.linalg.norm(G, 2), np.linalg.solve(root, x)
    there = gradient_descent(
        lambda z: z @ G @ z / 2, lambda z: G @ z, z, epsilon, tol=1e-300, max_iter=1
    ).path[-1]
    np.testing.assert_allclose(root @ there, x - epsilon * B @ H @ x, atol=1e-10)


@random_instances
@given(seeds, st.floats(0.2, 5))
def test_no_diagonal_does_better_than_that_of_the_hessian_in_two_variables(rng, other):
    H = definite(rng, 2)
    root = np.diag(np.diag(H) ** -0.5)
    changed = root @ np.diag([1.0, other])
    assert np.linalg.cond(root @ H @ root) <= np.linalg.cond(changed @ H @ changed) * (1 + 1e-9)


@pytest.mark.equation("eq:adam")
@random_instances
@given(seeds, st.integers(1, 4), st.integers(-20, 20))
def test_adam_is_its_formula_and_feels_no_unit_of_f(rng, n, power):
    adam, H, x = defined("taylor/scalings")["adam"], definite(rng, n), rng.standard_normal(n)
    path = adam(lambda x: H @ x, x, 0.1, 5, delta=0)
    m = v = 0
    for k in range(1, 6):
        g = H @ path[k - 1]
        m, v = 0.9 * m + (1 - 0.9) * g, 0.999 * v + (1 - 0.999) * g**2
        step = 0.1 * (m / (1 - 0.9**k)) / np.sqrt(v / (1 - 0.999**k))
        np.testing.assert_allclose(path[k], path[k - 1] - step, atol=1e-12)
    np.testing.assert_allclose(np.abs(path[1] - path[0]), 0.1, rtol=1e-9)
    other = adam(lambda x: 2.0**power * (H @ x), x, 0.1, 5, delta=0)
    np.testing.assert_array_equal(other, path)


def test_on_scaled_data_adam_gains_what_momentum_alone_gains():
    """Steps until the logistic loss is a millionth above its minimum, and what Adam's ε does."""
    page, nu, w0 = defined("taylor/scalings"), 0.01, np.zeros(31)
    loss, slope, licence = page["logistic"](page["scaled"])

    def f(w):
        return loss(w) + nu / 2 * w @ w

    def grad(w):
        return slope(w) + nu * w

    least = gradient_descent(f, grad, w0, "armijo", tol=1e-12).fun

    def gaps(path):
        return np.array([f(w) for w in path]) - least

    def steps(path):
        return 1 + np.flatnonzero(gaps(path) > 1e-6)[-1]

    counts = [steps(page["adam"](grad, w0, eps, 2000)) for eps in (0.01, 0.02, 0.05, 0.08)]
    np.testing.assert_allclose(counts, [943, 493, 205, 133], atol=2)
    options = {"momentum": 0.9, "max_iter": 2000}
    ball = gradient_descent(f, grad, w0, 1 / (1 / licence + nu), **options)
    assert steps(ball.path) == pytest.approx(127, abs=2)
    long = gaps(page["adam"](grad, w0, 0.2, 3000))
    first = np.flatnonzero(long < 1e-6)[0]
    assert first == pytest.approx(123, abs=5)
    assert long[first + 100 :].max() > 1e-5  # it does not stay
    columns = page["scaled"]
    np.testing.assert_allclose((columns**2).mean(axis=0) / 4, 1 / 4)  # the diagonal of H


@pytest.mark.equation("eq:bfgs")
@random_instances
@given(seeds, st.sampled_from([2, 3, 5, 10, 31]))
def test_bfgs_learns_the_inverse_hessian_of_a_bowl_in_n_steps(rng, n):
    update, H = defined("taylor/bfgs")["update"], definite(rng, n, 20)
    B, x = np.eye(n), rng.standard_normal(n)
    for _ in range(n):
        g = H @ x
        d = -B @ g
        s = d * (-(g @ d) / (d @ H @ d))  # the best step
        B, x = update(B, s, H @ s), x + s
        np.testing.assert_allclose(B @ H @ s, s, atol=1e-8)
        np.testing.assert_allclose(B, B.T, atol=1e-8)
        assert np.linalg.eigvalsh(B)[0] > 0
    np.testing.assert_allclose(x, 0, atol=1e-7)
    np.testing.assert_allclose(B @ H, np.eye(n), atol=1e-5)


def test_bfgs_that_arrives_sooner_knows_the_inverse_only_along_its_steps():
    update, H = defined("taylor/bfgs")["update"], np.diag([1.0, 4.0, 4.0, 4.0])
    B, x = np.eye(4), np.ones(4)
    for _ in range(2):  # as many as there are eigenvalues
        g = H @ x
        d = -B @ g
        s = d * (-(g @ d) / (d @ H @ d))
        B, x = update(B, s, H @ s), x + s
        np.testing.assert_allclose(B @ H @ s, s, atol=1e-12)
    np.testing.assert_allclose(x, 0, atol=1e-12)
    assert np.abs(B @ H - np.eye(4)).max() > 0.5


@random_instances
@given(seeds)
def test_bfgs_of_the_page_finds_the_minimum_of_a_bowl(rng):
    H, x = definite(rng, 4, 10), rng.standard_normal(4)
    path = defined("taylor/bfgs")["bfgs"](lambda x: x @ H @ x / 2, lambda x: H @ x, x, 25)
    assert np.linalg.norm(path[-1]) < 1e-5 * np.linalg.norm(x)


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


def test_newtons_quotients_stay_bounded_and_need_not_settle():
    quotients = []
    with localcontext() as context:
        context.prec = 400
        x, y = Decimal("-0.5"), Decimal("1.5")  # in the gentle valley
        far = [((x - 1) ** 2 + (y - 1) ** 2).sqrt()]
        for _ in range(14):
            g1, g2 = -2 * (1 - x) - 4 * x * (y - x * x), 2 * (y - x * x)
            a, b = 2 - 4 * y + 12 * x * x, -4 * x
            x, y = x - (2 * g1 - b * g2) / (2 * a - b * b), y - (a * g2 - b * g1) / (2 * a - b * b)
            far.append(((x - 1) ** 2 + (y - 1) ** 2).sqrt())
        quotients = [float(e / d**2) for d, e in pairwise(far[4:])]
    assert max(quotients) < 0.51
    np.testing.assert_allclose(quotients[-4::2], 2 * [quotients[-2]], rtol=1e-3)
    np.testing.assert_allclose(sorted(quotients[-2:]), [0.474, 0.505], atol=1e-3)


def test_two_steps_have_a_smaller_largest_factor_and_do_not_win_everywhere():
    lam, c, s = np.linspace(1, 100, 9901), 50.5, 49.5
    first, second = 1 / (c + s / np.sqrt(2)), 1 / (c - s / np.sqrt(2))
    two = np.abs((1 - first * lam) * (1 - second * lam))
    constant = (1 - 2 / 101 * lam) ** 2
    assert two.max() < constant.max()
    assert two[lam == 50.5] > constant[lam == 50.5]
    assert np.mean(two > constant) == pytest.approx(0.57, abs=0.01)


@random_instances
@given(seeds)
def test_exact_steps_feel_no_rotation_and_no_common_scale_and_newtons_no_linear_change(rng):
    H, x = definite(rng, 3), rng.standard_normal(3)
    Q, S = np.linalg.qr(rng.standard_normal((3, 3)))[0], np.diag([1.0, 3.0, 0.5])

    def exact(H, x):
        g = H @ x
        return x - (g @ g) / (g @ H @ g) * g

    for T in (Q, 1000 * np.eye(3)):  # x = T y
        np.testing.assert_allclose(T @ exact(T.T @ H @ T, np.linalg.solve(T, x)), exact(H, x))
    assert np.abs(S @ exact(S @ H @ S, np.linalg.solve(S, x)) - exact(H, x)).max() > 1e-6


def test_a_long_first_step_on_the_logistic_loss_is_overstated_by_its_model():
    data = load("breast_cancer")
    scaled, y = (data.X - data.X.mean(axis=0)) / data.X.std(axis=0), data.y
    A, nu = np.hstack([np.ones((len(y), 1)), scaled]), 0.01

    def loss(w):
        return np.mean(np.logaddexp(0, A @ w) - y * (A @ w)) + nu / 2 * w @ w

    g = A.T @ (0.5 - y) / len(y)
    H = A.T @ A / (4 * len(y)) + nu * np.eye(A.shape[1])
    bound, start = 2 / np.linalg.eigvalsh(H)[-1], np.log(2)
    said = [start - e * g @ g + e**2 / 2 * g @ H @ g for e in (5 * bound, 20 * bound)]
    true = [loss(-e * g) for e in (5 * bound, 20 * bound)]
    assert true[0] < start < true[1]
    assert said[0] > 20
    assert (np.array(said) > 10 * np.array(true)).all()

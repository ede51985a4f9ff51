"""The equations of the chapter on constraints, and its exercises' answers, on random instances."""

from dataclasses import replace
from itertools import combinations, pairwise, product

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.constrained import (
    kkt_residuals,
    lagrangian,
    minimize_constrained,
    minimize_on_circle,
    project_ball,
    projected_gradient,
)
from companion.constrained._augmented_lagrangian import AugmentedLagrangian, minimize
from companion.constrained._linearization import start_at
from companion.constrained._quadratic_programming import solve_qp
from companion.problems import ConstrainedProblem, bowl

SEEDS = st.integers(0, 2**32 - 1)
FEW = settings(deadline=None, derandomize=True, max_examples=25)


def random_problem(rng, n=4, p=2, q=5):
    """A strictly convex quadratic program, feasible at 0; also the arrays that it is made of."""
    M = rng.normal(size=(n, n))
    H, c = M @ M.T + np.eye(n), 3 * rng.normal(size=n)
    A, G, h = rng.normal(size=(p, n)), rng.normal(size=(q, n)), -rng.uniform(0.1, 1, q)
    problem = ConstrainedProblem(
        lambda x: c @ x + x @ H @ x / 2,
        lambda x: H @ x + c,
        eq=lambda x: A @ x,
        eq_jac=lambda x: A,
        ineq=lambda x: G @ x + h,
        ineq_jac=lambda x: G,
    )
    return problem, (H, c, A, G, h)


def by_enumeration(H, c, A, G, h, b=None, d=None):
    """The solution of ½xᵀHx + cᵀx, Ax = b, Gx + h ≤ d, by trying each set of active constraints."""
    b = np.zeros(len(A)) if b is None else b
    h = h if d is None else h - d
    best = None
    for size in range(len(c) - len(A) + 1):
        for active in map(list, combinations(range(len(G)), size)):
            J = np.vstack([A, G[active]])
            K = np.block([[H, J.T], [J, np.zeros((len(J), len(J)))]])
            z = np.linalg.solve(K, np.concatenate([-c, b, -h[active]]))
            x, y = z[: len(c)], z[len(c) :]
            fun = c @ x + x @ H @ x / 2
            if (G @ x + h).max() <= 1e-9 and (best is None or fun < best[0]):
                mu = np.zeros(len(G))
                mu[active] = y[len(A) :]
                best = fun, x, y[: len(A)], mu
    return best


def circle_function(rng):
    """A quartic of the plane with its gradient and Hessian."""
    a = rng.normal(size=(6, 2))

    def f(x):
        return ((a @ x) ** 4).sum() / 8 + a[0] @ x

    def grad(x):
        return a.T @ (a @ x) ** 3 / 2 + a[0]

    def hess(x):
        return 1.5 * (a.T * (a @ x) ** 2) @ a

    return f, grad, hess


def on_circle(theta):
    return np.array([np.cos(theta), np.sin(theta)]), np.array([-np.sin(theta), np.cos(theta)])


@pytest.mark.equation("eq:feasible-set")
@given(SEEDS)
@FEW
def test_a_point_is_feasible_just_where_no_constraint_is_violated(seed):
    rng = np.random.default_rng(seed)
    problem, (_, _, A, G, h) = random_problem(rng)
    null = np.linalg.svd(A)[2][len(A) :].T
    for _ in range(20):
        on_plane = null @ rng.normal(size=null.shape[1])
        primal = kkt_residuals(problem, on_plane, [0, 0], np.zeros(5)).primal
        assert (primal <= 1e-14) == bool((G @ on_plane + h <= 1e-14).all())
        off = on_plane + 0.1 * A[0]
        assert kkt_residuals(problem, off, [0, 0], np.zeros(5)).primal > 1e-3


@pytest.mark.equation("eq:lagrangian")
@given(SEEDS)
@FEW
def test_the_lagrangian_is_f_plus_the_weighted_constraints(seed):
    rng = np.random.default_rng(seed)
    problem, (H, c, A, G, h) = random_problem(rng)
    x, lam, mu = rng.normal(size=4), rng.normal(size=2), rng.uniform(size=5)
    total = c @ x + x @ H @ x / 2
    total += sum(lam[i] * (A[i] @ x) for i in range(2))
    total += sum(mu[j] * (G[j] @ x + h[j]) for j in range(5))
    assert lagrangian(problem, x, lam, mu) == pytest.approx(total, rel=1e-12, abs=1e-12)


@pytest.mark.equation("eq:min-max")
@given(SEEDS)
@FEW
def test_the_opponent_can_do_nothing_where_x_is_feasible_and_anything_where_not(seed):
    rng = np.random.default_rng(seed)
    problem, (H, c, A, G, h) = random_problem(rng)
    fun, x, lam, mu = by_enumeration(H, c, A, G, h)
    inside = 0.5 * x  # between the solution and the feasible point 0
    tries = [(10 * rng.normal(size=2), 10 * rng.exponential(size=5)) for _ in range(50)]
    best = max(lagrangian(problem, inside, *y) for y in [*tries, ([0, 0], np.zeros(5))])
    assert best == pytest.approx(problem.f(inside), rel=1e-9)
    outside = 10 * rng.normal(size=4)
    for t in (1e3, 1e6):
        y = t * np.sign(A @ outside), t * (G @ outside + h > 0)
        worth = np.abs(A @ outside).sum() + np.maximum(G @ outside + h, 0).sum()
        raised = lagrangian(problem, outside, *y) - problem.f(outside)
        assert raised == pytest.approx(t * worth, rel=1e-9)
    # min max = max min: for the right multipliers the lowest value of L over all x is the answer.
    lowest = scipy.optimize.minimize(lambda z: lagrangian(problem, z, lam, mu), np.zeros(4)).fun
    assert lowest == pytest.approx(fun, abs=1e-6)


@pytest.mark.equation("eq:kkt")
@given(SEEDS)
@FEW
def test_the_four_conditions_hold_at_the_solution_and_at_no_other_point(seed):
    rng = np.random.default_rng(seed)
    problem, (H, c, A, G, h) = random_problem(rng)
    _, x, lam, mu = by_enumeration(H, c, A, G, h)
    assert np.linalg.norm(problem.grad(x) + A.T @ lam + G.T @ mu) < 1e-9
    assert mu.min() > -1e-9
    assert np.abs(mu * problem.ineq(x)).max() < 1e-9
    assert kkt_residuals(problem, x, lam, np.maximum(mu, 0)).max < 1e-9
    result = minimize_constrained(problem, np.zeros(4))
    assert result.converged
    np.testing.assert_allclose(result.x, x, atol=1e-6)
    np.testing.assert_allclose(result.mu, mu, atol=1e-5)
    # Nowhere else do any multipliers do: the distance of −∇f to the cone of what they can make.
    elsewhere = 0.6 * x
    touched = np.abs(problem.ineq(elsewhere)) < 1e-9
    cone = np.column_stack([A.T, -A.T, G[touched].T])
    assert scipy.optimize.nnls(cone, -problem.grad(elsewhere))[1] > 1e-6


@pytest.mark.equation("eq:projected-step")
@given(SEEDS)
@FEW
def test_the_projected_step_rests_where_minus_g_points_straight_out(seed):
    rng = np.random.default_rng(seed)
    z = rng.uniform(0.1, 2) * rng.normal(size=3)
    P = z / max(1, np.linalg.norm(z))
    np.testing.assert_allclose(project_ball(z), P, rtol=1e-14)
    others = rng.normal(size=(200, 3))
    others /= np.maximum(1, np.linalg.norm(others, axis=1))[:, None]
    assert np.linalg.norm(z - P) <= np.linalg.norm(z - others, axis=1).min()
    f = bowl([1, 4], angle=rng.uniform(0, 3), center=2 * P[:2] + [2, 0.3])
    x = projected_gradient(f, f.grad, project_ball, [0, 0], 0.1, tol=1e-12).x
    np.testing.assert_allclose(project_ball(x - 0.3 * f.grad(x)), x, atol=1e-10)
    lam = -f.grad(x) @ x / 2
    assert lam >= 0
    np.testing.assert_allclose(f.grad(x) + 2 * lam * x, 0, atol=1e-9)


@pytest.mark.equation("eq:tangent-step")
@given(SEEDS)
@FEW
def test_the_tangent_step_stays_on_the_circle_and_goes_down_as_foreseen(seed):
    rng = np.random.default_rng(seed)
    f, grad, _ = circle_function(rng)
    x, tau = on_circle(rng.uniform(0, 6))
    g = grad(x)
    d = -(np.eye(2) - np.outer(x, x)) @ g
    np.testing.assert_allclose(d, -g + (g @ x) * x, atol=1e-12)
    assert abs(d @ x) < 1e-12 * (1 + np.linalg.norm(g))
    np.testing.assert_allclose(d, -(g @ tau) * tau, atol=1e-10 * (1 + np.linalg.norm(g)))
    # f falls by ε‖d‖², up to a remainder of second order.
    remainder = []
    for epsilon in (1e-4, 5e-5):
        moved = x + epsilon * d / (1 + np.linalg.norm(d))
        fall = f(x) - f(moved / np.linalg.norm(moved))
        remainder.append(abs(fall - epsilon * (d @ d) / (1 + np.linalg.norm(d))))
    assert remainder[1] <= 0.3 * remainder[0] + 1e-12 * (1 + abs(f(x)))


@pytest.mark.equation("eq:circle-slope")
@given(SEEDS)
@FEW
def test_the_slope_along_the_circle_is_the_gradient_along_the_tangent(seed):
    rng = np.random.default_rng(seed)
    f, grad, _ = circle_function(rng)
    theta, h = rng.uniform(0, 6), 1e-5
    x, tau = on_circle(theta)
    difference = (f(on_circle(theta + h)[0]) - f(on_circle(theta - h)[0])) / (2 * h)
    assert grad(x) @ tau == pytest.approx(difference, rel=1e-6, abs=1e-5)
    lowest = minimize_on_circle(f).x  # where the slope is zero
    assert abs(grad(lowest) @ [-lowest[1], lowest[0]]) <= 1e-6 * np.linalg.norm(grad(lowest))


@pytest.mark.equation("eq:circle-curvature")
@given(SEEDS)
@FEW
def test_the_curvature_of_the_lagrangian_is_that_along_the_circle(seed):
    rng = np.random.default_rng(seed)
    f, grad, hess = circle_function(rng)
    theta = np.arctan2(*minimize_on_circle(f).x[::-1])
    x, tau = on_circle(theta)
    lam, h = -grad(x) @ x / 2, 1e-4
    np.testing.assert_allclose(grad(x) + 2 * lam * x, 0, atol=1e-6 * (1 + abs(lam)))
    values = [f(on_circle(theta + k * h)[0]) for k in (-1, 0, 1)]
    difference = (values[0] - 2 * values[1] + values[2]) / h**2
    curvature = tau @ (hess(x) + 2 * lam * np.eye(2)) @ tau
    assert curvature == pytest.approx(difference, rel=1e-4, abs=1e-4 * (1 + abs(lam)))


@pytest.mark.equation("eq:convex-certificate")
@given(SEEDS)
@FEW
def test_the_multipliers_prove_that_no_feasible_point_is_lower(seed):
    rng = np.random.default_rng(seed)
    problem, (H, c, A, G, h) = random_problem(rng)
    fun, x, lam, mu = by_enumeration(H, c, A, G, h)
    assert lagrangian(problem, x, lam, mu) == pytest.approx(fun, abs=1e-8)
    null = np.linalg.svd(A)[2][len(A) :].T
    for _ in range(30):
        z = null @ rng.normal(size=null.shape[1])
        z *= min(1, 0.99 / max((G @ z / -h).max(), 1e-3))  # feasible, as 0 is
        assert (G @ z + h).max() <= 0
        L = lagrangian(problem, z, lam, mu)
        assert problem.f(z) >= L - 1e-9
        assert fun - 1e-9 <= L


@pytest.mark.equation("eq:price")
@given(SEEDS)
@FEW
def test_each_multiplier_is_the_price_of_its_constraint(seed):
    rng = np.random.default_rng(seed)
    problem, arrays = random_problem(rng)
    result = minimize_constrained(problem, np.zeros(4))
    h = 1e-6
    for i in range(2):
        e = h * np.eye(2)[i]
        slope = (by_enumeration(*arrays, b=e)[0] - by_enumeration(*arrays, b=-e)[0]) / (2 * h)
        assert slope == pytest.approx(-result.lam[i], rel=1e-4, abs=1e-4)
    for j in range(5):
        e = h * np.eye(5)[j]
        slope = (by_enumeration(*arrays, d=e)[0] - by_enumeration(*arrays, d=-e)[0]) / (2 * h)
        assert slope == pytest.approx(-result.mu[j], rel=1e-4, abs=1e-4)


@pytest.mark.equation("eq:ball-price")
@given(SEEDS)
@FEW
def test_the_multiplier_of_the_ball_is_the_price_of_its_squared_radius(seed):
    rng = np.random.default_rng(seed)
    c, angle = 2 * rng.normal(size=2), rng.uniform(0, 3)
    f = bowl([1, 4], angle=angle, center=c)
    H, r2 = f.hess(c), rng.uniform(0.2, 3)

    def by_bisection(r2):
        """λ ≥ 0 and f(x), with (H + 2λI)x = Hc and xᵀx = r²."""

        def x(lam):
            return np.linalg.solve(H + 2 * lam * np.eye(2), H @ c)

        if c @ c <= r2:
            return 0.0, 0.0
        lam = scipy.optimize.brentq(lambda lam: x(lam) @ x(lam) - r2, 0, 1e4, xtol=1e-14)
        return lam, f(x(lam))

    ball = ConstrainedProblem(f.f, f.grad, ineq=lambda x: np.array([x @ x - r2]))
    lam, fun = by_bisection(r2)
    result = minimize_constrained(ball, [0, 0])
    assert result.mu[0] == pytest.approx(lam, rel=1e-5, abs=1e-6)
    assert result.fun == pytest.approx(fun, rel=1e-6, abs=1e-8)
    h = 1e-5
    slope = (by_bisection(r2 + h)[1] - by_bisection(r2 - h)[1]) / (2 * h)
    assert slope == pytest.approx(-result.mu[0], rel=1e-3, abs=1e-4)


# The dual


def lowest_lagrangian(arrays, lam, mu):
    """Where the Lagrangian of a `random_problem` is lowest over all x."""
    H, c, A, G, _ = arrays
    return np.linalg.solve(H, -c - A.T @ lam - G.T @ mu)


def random_prices(rng):
    return 3 * rng.normal(size=2), 3 * rng.exponential(size=5) * (rng.uniform(size=5) < 0.6)


@pytest.mark.equation("eq:weak-duality")
@given(SEEDS)
@FEW
def test_the_dual_function_bounds_every_feasible_value_and_reaches_the_least(seed):
    rng = np.random.default_rng(seed)
    problem, arrays = random_problem(rng)
    fun, _, *best = by_enumeration(*arrays)

    def q(lam, mu):
        return lagrangian(problem, lowest_lagrangian(arrays, lam, mu), lam, mu)

    assert q(*best) == pytest.approx(fun, rel=1e-7, abs=1e-7)
    null = np.linalg.svd(arrays[2])[2][2:].T
    prices = [random_prices(rng) for _ in range(20)]
    for _ in range(20):
        z = null @ rng.normal(size=2)
        z *= min(1, 0.99 / max((arrays[3] @ z / -arrays[4]).max(), 1e-3))  # feasible, as 0 is
        assert max(q(*y) for y in prices) <= problem.f(z)
    # Concave: above its chords.
    for (lam, mu), (lam2, mu2) in pairwise(prices):
        middle = q((lam + lam2) / 2, (mu + mu2) / 2)
        assert middle >= (q(lam, mu) + q(lam2, mu2)) / 2 - 1e-9 * abs(middle)


@pytest.mark.equation("eq:dual-slope")
@given(SEEDS)
@FEW
def test_the_slope_of_the_dual_function_is_the_constraint_where_the_lagrangian_is_lowest(seed):
    rng = np.random.default_rng(seed)
    problem, arrays = random_problem(rng)
    lam, mu = random_prices(rng)
    x = lowest_lagrangian(arrays, lam, mu)

    def q(mu):
        return lagrangian(problem, lowest_lagrangian(arrays, lam, mu), lam, mu)

    # q is quadratic here: a central difference with a long step has no error but rounding.
    slopes = [(q(mu + e) - q(mu - e)) / 2 for e in np.eye(5)]
    np.testing.assert_allclose(slopes, problem.ineq(x), rtol=1e-7, atol=1e-7 * (1 + abs(q(mu))))


@pytest.mark.equation("eq:dual-support")
@given(SEEDS)
@FEW
def test_the_dual_function_is_where_a_line_below_the_least_values_meets_the_axis(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, 6))
    wave = np.arange(1, 7)
    problem = ConstrainedProblem(
        lambda x: a @ np.sin(wave * x[0]),
        lambda x: np.array([a * wave @ np.cos(wave * x[0])]),
        ineq=lambda x: np.array([b @ np.cos(wave * x[0])]),
    )
    points = np.linspace(0, 2 * np.pi, 101)[:, None]  # all x there are
    moved = np.array([problem.ineq(x)[0] for x in points])
    f = np.array([problem.f(x) for x in points])
    F = np.array([f[moved <= wall].min() for wall in moved])
    for mu in rng.exponential(size=5):
        q = min(lagrangian(problem, x, None, [mu]) for x in points)
        assert q == pytest.approx((F + mu * moved).min(), rel=1e-12, abs=1e-12)
        assert (q - mu * moved <= F + 1e-12 * (1 + mu)).all()


@pytest.mark.equation("eq:gap-terms")
@given(SEEDS)
@FEW
def test_no_part_of_a_gap_is_negative_and_a_closed_one_has_none(seed):
    rng = np.random.default_rng(seed)
    problem, arrays = random_problem(rng)
    _, x_best, lam_best, mu_best = by_enumeration(*arrays)

    def parts(x, lam, mu):
        lowest = lagrangian(problem, lowest_lagrangian(arrays, lam, mu), lam, mu)
        terms = np.append(lagrangian(problem, x, lam, mu) - lowest, -mu * problem.ineq(x))
        scale = 1 + abs(problem.f(x)) + abs(lowest)
        assert problem.f(x) - lowest == pytest.approx(terms.sum(), abs=1e-10 * scale)
        assert terms.min() >= -1e-7 * scale
        return terms / scale

    null = np.linalg.svd(arrays[2])[2][2:].T
    for _ in range(10):
        z = null @ rng.normal(size=2)
        z *= min(1, 0.99 / max((arrays[3] @ z / -arrays[4]).max(), 1e-3))  # feasible, as 0 is
        parts(z, *random_prices(rng))
    np.testing.assert_allclose(parts(x_best, lam_best, mu_best), 0, atol=1e-7)


@pytest.mark.equation("eq:linear-dual")
@given(SEEDS)
@FEW
def test_the_multipliers_of_a_linear_programs_dual_are_its_answer(seed):
    """A is positive, so that the diet is possible and the prices are bounded."""
    rng = np.random.default_rng(seed)
    A, b, c = rng.uniform(0.1, 3, (3, 4)), rng.uniform(1, 5, 3), rng.uniform(1, 5, 4)
    program = ConstrainedProblem(
        lambda mu: -b @ mu, lambda mu: -b, ineq=lambda mu: np.append(A.T @ mu - c, -mu)
    )
    sale = minimize_constrained(program, np.zeros(3))
    assert sale.converged
    bought = scipy.optimize.linprog(c, A_ub=-A, b_ub=-b)
    assert -sale.fun == pytest.approx(bought.fun, rel=1e-7)
    np.testing.assert_allclose(sale.mu[:4], bought.x, atol=1e-6)
    np.testing.assert_allclose(sale.x, -bought.ineqlin.marginals, atol=1e-6)
    np.testing.assert_allclose(sale.mu[:4] * (c - A.T @ sale.x), 0, atol=1e-6)
    # It is the lowest Lagrangian: with ν = c − Aᵀμ it is bᵀμ for every x.
    mu, x = rng.exponential(size=3), rng.normal(size=4)
    L = c @ x + mu @ (b - A @ x) - (c - A.T @ mu) @ x
    assert pytest.approx(b @ mu) == L


@pytest.mark.equation("eq:max-min")
@given(SEEDS)
@FEW
def test_who_moves_second_is_never_worse_off(seed):
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(5, 7))  # any table: a row for each x, a column for each price
    assert table.min(axis=0).max() <= table.max(axis=1).min()
    # And of a convex problem both orders give the answer: its x and prices are a saddle.
    problem, arrays = random_problem(rng)
    fun, x, lam, mu = by_enumeration(*arrays)
    for _ in range(20):
        assert lagrangian(problem, x, *random_prices(rng)) <= fun + 1e-7 * (1 + abs(fun))
        assert lagrangian(problem, x + rng.normal(size=4), lam, mu) >= fun - 1e-7 * (1 + abs(fun))


def support_vector_machine(X, s, C):
    """The problem of eq:svm in z = (w, b, ξ), its walls in the two kinds."""
    m, n = X.shape
    G = np.block([[-s[:, None] * X, -s[:, None], -np.eye(m)], [np.zeros((m, n + 1)), -np.eye(m)]])
    h = np.repeat([1.0, 0.0], m)
    weight = np.concatenate([np.ones(n), np.zeros(m + 1)])
    return ConstrainedProblem(
        lambda z: weight @ z**2 / 2 + C * z[n + 1 :].sum(),
        lambda z: weight * z + C * np.repeat([0.0, 1.0], [n + 1, m]),
        ineq=lambda z: G @ z + h,
        ineq_jac=lambda z: G,
    )


def two_clouds(seed, m=12):
    rng = np.random.default_rng(seed)
    s = np.where(np.arange(m) < m // 2, -1.0, 1.0)
    return rng, rng.normal(size=(m, 2)) + 0.8 * s[:, None], s, rng.uniform(0.3, 3)


def svm_cost(w, b, X, s, C):
    return w @ w / 2 + C * np.maximum(0, 1 - s * (X @ w + b)).sum()


def hard_margin(X, s):
    """The problem of eq:hard-margin in z = (w, b)."""
    G = -s[:, None] * np.column_stack([X, np.ones(len(s))])
    weight = np.array([1.0, 1, 0])
    return ConstrainedProblem(
        lambda z: weight @ z**2 / 2, lambda z: weight * z, ineq=lambda z: 1 + G @ z
    )


@pytest.mark.equation("eq:hard-margin", "eq:street-width")
@pytest.mark.parametrize("seed", range(8))
def test_the_widest_street_is_as_wide_as_the_clouds_are_apart(seed):
    rng = np.random.default_rng(seed)
    s = np.repeat([-1.0, 1.0], 6)
    X = rng.normal(size=(12, 2))
    normal = rng.normal(size=2)
    X += s[:, None] * normal * (1 + np.abs(X @ normal).max()) / (normal @ normal)
    end = minimize_constrained(hard_margin(X, s), np.zeros(3))
    assert end.converged
    w, b = end.x[:2], end.x[2]
    width = 2 / np.linalg.norm(w)
    # Between the hulls the shortest distance is that of two corners, or a corner and a side.
    nearest = []
    for one, other in ((X[s < 0], X[s > 0]), (X[s > 0], X[s < 0])):
        for p in one:
            for q, r in product(other, other):
                t = np.clip((p - q) @ (r - q) / max((r - q) @ (r - q), 1e-30), 0, 1)
                nearest.append(np.linalg.norm(p - q - t * (r - q)))
    assert width == pytest.approx(min(nearest), rel=1e-6)
    assert (s * (X @ w + b)).min() == pytest.approx(1, rel=1e-7)
    # The rows with a price alone have the same street; so has a soft margin that is dear enough.
    np.testing.assert_allclose(end.mu @ (s[:, None] * X), w, rtol=1e-7, atol=1e-9)
    held = end.mu > 0
    alone = minimize_constrained(hard_margin(X[held], s[held]), np.zeros(3))
    np.testing.assert_allclose(alone.x, end.x, rtol=1e-6, atol=1e-8)
    soft = minimize_constrained(
        support_vector_machine(X, s, 1.01 * end.mu.max()), np.append(end.x, np.zeros(12))
    )
    np.testing.assert_allclose(soft.x[:3], end.x, rtol=1e-5, atol=1e-7)


@pytest.mark.equation("eq:svm", "eq:svm-weights")
@pytest.mark.parametrize("seed", range(8))
def test_the_multipliers_of_the_widest_street_are_its_weights(seed):
    rng, X, s, C = two_clouds(seed)
    end = minimize_constrained(support_vector_machine(X, s, C), np.zeros(15))
    assert end.converged
    w, b, mu = end.x[:2], end.x[2], end.mu[:12]
    assert end.fun == pytest.approx(svm_cost(w, b, X, s, C), rel=1e-6)
    np.testing.assert_allclose(mu @ (s[:, None] * X), w, atol=1e-6)
    for size in (1e-3, 0.1, 1, 10):
        for d in size * rng.normal(size=(50, 3)):
            assert svm_cost(w + d[:2], b + d[2], X, s, C) >= end.fun * (1 - 1e-6)
    # The edges of the street, s (wᵀx + b) = 1, are 2/‖w‖ apart.
    edges = [(side - b) * w / (w @ w) for side in (1, -1)]
    assert np.linalg.norm(edges[0] - edges[1]) == pytest.approx(2 / np.linalg.norm(w))


@pytest.mark.equation("eq:svm-dual")
@pytest.mark.parametrize("seed", range(8))
def test_the_dual_of_the_widest_street_is_its_lowest_lagrangian(seed):
    rng, X, s, C = two_clouds(seed)
    problem = support_vector_machine(X, s, C)

    def q(mu):
        return mu.sum() - np.sum((mu @ (s[:, None] * X)) ** 2) / 2

    end = minimize_constrained(problem, np.zeros(15))
    assert q(end.mu[:12]) == pytest.approx(end.fun, rel=1e-6)
    mu = rng.uniform(size=12)
    mu[s > 0] *= mu[s < 0].sum() / mu[s > 0].sum()
    mu *= C / mu.max()
    assert q(mu) <= end.fun * (1 + 1e-9)
    w = mu @ (s[:, None] * X)
    for _ in range(10):
        prices = np.concatenate([mu, C - mu])
        rest = 3 * rng.normal(size=13)  # b and ξ do not matter
        assert lagrangian(problem, [*w, *rest], None, prices) == pytest.approx(q(mu))
        elsewhere = [*(w + rng.normal(size=2)), *rest]
        assert lagrangian(problem, elsewhere, None, prices) > q(mu)


@pytest.mark.equation("eq:svm-gap")
@pytest.mark.parametrize("seed", range(8))
def test_the_gap_of_the_widest_street_is_a_sum_over_the_rows(seed):
    rng, X, s, C = two_clouds(seed)
    problem = support_vector_machine(X, s, C)
    mu = rng.uniform(size=12)
    mu[s > 0] *= mu[s < 0].sum() / mu[s > 0].sum()
    w, b = mu @ (s[:, None] * X), rng.normal()
    for xi in rng.uniform(0, 3, (5, 12)):
        gap = problem.f(np.array([*w, b, *xi])) - (mu.sum() - w @ w / 2)
        parts = mu * (s * (X @ w + b) - 1 + xi) + (C - mu) * xi
        assert gap == pytest.approx(parts.sum(), abs=1e-12 * (1 + np.abs(parts).sum()))


# Bent landscapes


@pytest.mark.equation("eq:penalty")
@given(SEEDS)
@FEW
def test_a_penalty_pays_with_violations(seed):
    rng = np.random.default_rng(seed)
    problem, (H, c, A, G, h) = random_problem(rng)
    rho, x = 10 ** rng.uniform(0, 3), rng.normal(size=4)

    def bent(x):
        return AugmentedLagrangian(start_at(problem, x), np.zeros(7), np.full(7, rho))

    squares = np.sum((A @ x) ** 2) + np.sum(np.maximum(0, G @ x + h) ** 2)
    assert bent(x).f == pytest.approx(problem.f(x) + rho / 2 * squares, rel=1e-9, abs=1e-9)
    lowest = minimize_constrained(
        ConstrainedProblem(lambda x: bent(x).f, lambda x: bent(x).g), np.zeros(4)
    )
    assert lowest.converged
    lam, mu = rho * (A @ lowest.x), rho * np.maximum(0, G @ lowest.x + h)
    pull = problem.grad(lowest.x) + A.T @ lam + G.T @ mu
    assert np.linalg.norm(pull) <= 1e-5 * (1 + np.linalg.norm(c))
    assert lowest.fun <= by_enumeration(H, c, A, G, h)[0] + 1e-9


@pytest.mark.equation("eq:barrier")
@given(SEEDS)
@FEW
def test_at_the_lowest_point_of_a_barrier_the_gap_is_its_weight_for_each_wall(seed):
    rng = np.random.default_rng(seed)
    whole, (H, c, _, G, h) = random_problem(rng)
    problem = replace(whole, eq=None, eq_jac=None)
    t = 10 ** rng.uniform(-2, 1)
    lowest = minimize_constrained(
        ConstrainedProblem(
            lambda x: problem.f(x) - t * np.log(-problem.ineq(x)).sum(),
            lambda x: problem.grad(x) + G.T @ (t / -problem.ineq(x)),
        ),
        np.zeros(4),
    )
    assert lowest.converged
    mu = t / -problem.ineq(lowest.x)
    assert mu.min() > 0
    bottom = np.linalg.solve(H, -c - G.T @ mu)  # of L at these prices: the same point
    np.testing.assert_allclose(bottom, lowest.x, atol=1e-5 * (1 + np.abs(bottom).max()))
    q = lagrangian(problem, bottom, None, mu)
    assert problem.f(lowest.x) - q == pytest.approx(5 * t, rel=1e-4, abs=1e-6)
    answer = by_enumeration(H, c, np.zeros((0, 4)), G, h)[0]
    assert answer - 1e-9 <= problem.f(lowest.x) <= answer + 5 * t + 1e-6


@pytest.mark.equation("eq:augmented-lagrangian")
@given(SEEDS)
@FEW
def test_with_the_right_multipliers_the_answer_is_lowest_at_any_weight(seed):
    rng = np.random.default_rng(seed)
    problem, (H, c, A, G, h) = random_problem(rng)
    fun, answer, lam, mu = by_enumeration(H, c, A, G, h)
    for rho in (0.1, 10, 1e3):
        x, rhos = rng.normal(size=4), np.full(7, rho)
        squares = np.maximum(0, mu + rho * (G @ x + h)) ** 2 - mu**2
        psi = problem.f(x) + lam @ A @ x + rho / 2 * np.sum((A @ x) ** 2)
        here = AugmentedLagrangian(start_at(problem, x), np.concatenate([lam, mu]), rhos)
        assert here.f == pytest.approx(psi + squares.sum() / (2 * rho), rel=1e-8, abs=1e-8)
        there = AugmentedLagrangian(start_at(problem, answer), np.concatenate([lam, mu]), rhos)
        assert there.f == pytest.approx(fun, rel=1e-8, abs=1e-8)
        assert np.linalg.norm(there.g) <= 1e-8 * (1 + rho) * (1 + np.linalg.norm(c))
        assert here.f >= there.f - 1e-8 * (1 + abs(there.f))


@pytest.mark.equation("eq:multiplier-step")
@given(SEEDS)
@FEW
def test_the_better_multipliers_balance_the_bent_landscape_and_lead_to_the_right_ones(seed):
    rng = np.random.default_rng(seed)
    problem, (H, c, A, G, h) = random_problem(rng)
    y, rho, x = np.zeros(7), 1e3, np.zeros(4)
    for _ in range(12):
        psi = minimize(AugmentedLagrangian(start_at(problem, x), y, np.full(7, rho)), 1e-9)
        x = psi.x
        np.testing.assert_allclose(psi.g, H @ psi.x + c + np.vstack([A, G]).T @ psi.multipliers)
        shifted = y + rho * np.concatenate([A @ psi.x, G @ psi.x + h])
        y = np.concatenate([shifted[:2], np.maximum(0, shifted[2:])])
        np.testing.assert_allclose(psi.multipliers, y, rtol=1e-9, atol=1e-9)
    answer = by_enumeration(H, c, A, G, h)[1]
    np.testing.assert_allclose(psi.x, answer, atol=1e-4 * (1 + np.abs(answer).max()))


@pytest.mark.equation("eq:multiplier-rate")
@given(SEEDS)
@FEW
def test_a_round_divides_the_error_of_the_multiplier_by_one_plus_rho_sigma(seed):
    rng = np.random.default_rng(seed)
    M, c, a = rng.normal(size=(4, 4)), rng.normal(size=4), rng.normal(size=4)
    H = M @ M.T + np.eye(4)
    sigma, rho = a @ np.linalg.solve(H, a), 10 ** rng.uniform(-1, 2)
    right = rng.uniform(1, 2)
    b = a @ np.linalg.solve(H, -c - right * a)  # so that the wall aᵀx ≤ b has that price
    problem = ConstrainedProblem(
        lambda x: x @ H @ x / 2 + c @ x,
        lambda x: H @ x + c,
        ineq=lambda x: np.array([a @ x - b]),
        ineq_jac=lambda x: a[None],
    )
    mu = right + rng.uniform(-0.5, 0.5)
    psi = AugmentedLagrangian(start_at(problem, np.zeros(4)), np.array([mu]), np.array([rho]))
    (after,) = minimize(psi, 1e-12).multipliers
    assert after - right == pytest.approx((mu - right) / (1 + rho * sigma), rel=1e-4, abs=1e-7)


# Sequential quadratic programming


@pytest.mark.equation("eq:sqp-step")
@given(SEEDS)
@FEW
def test_a_step_of_sqp_squares_the_error(seed):
    rng = np.random.default_rng(seed)
    f = bowl([1, 4], angle=rng.uniform(0, 3), center=[2.4, 0.9])
    disc = ConstrainedProblem(
        f.f,
        f.grad,
        ineq=lambda x: np.array([x @ x - 1]),
        ineq_jac=lambda x: 2 * x[None],
    )
    solved = minimize_constrained(disc, [1.0, 0.5], tol=1e-12)
    answer, away = np.append(solved.x, solved.mu), rng.normal(size=3)
    errors = []
    for size in (1e-2, 1e-3):
        *x, mu = answer + size * away / np.linalg.norm(away)
        x = np.array(x)
        H = f.hess(x) + 2 * mu * np.eye(2)
        program = H, f.grad(x), disc.ineq_jac(x), disc.ineq(x), np.array([False])
        d, price = solve_qp(*program, cap=1e6)
        np.testing.assert_allclose(f.grad(x) + H @ d + disc.ineq_jac(x).T @ price, 0, atol=1e-9)
        assert disc.ineq(x) + disc.ineq_jac(x) @ d == pytest.approx(0, abs=1e-9)
        errors.append(np.linalg.norm(np.append(x + d, price) - answer))
    assert errors[0] <= 1e-3
    assert errors[1] <= errors[0] / 50 + 1e-9


# The answers to the exercises


NEAR = bowl([1, 4], angle=0, center=[0.5, 0.1])
FAR = bowl([1, 4], angle=0, center=[2.4, 0.9])


@pytest.mark.parametrize(("r2", "price"), [(1.0, 0.0), (0.09, 0.3684)])
def test_exercise_1(r2, price):
    disc = ConstrainedProblem(NEAR.f, NEAR.grad, ineq=lambda x: np.array([x @ x - r2]))
    assert minimize_constrained(disc, [0, 0]).mu[0] == pytest.approx(price, abs=5e-5)
    assert np.linalg.norm(NEAR.minimizers[0]) == pytest.approx(0.51, abs=0.005)


def test_exercise_2():
    for sign in (1, -1):
        x, lam = -sign * np.ones(2) / np.sqrt(2), sign / np.sqrt(2)
        np.testing.assert_allclose(1 + 2 * lam * x, 0, atol=1e-15)
    np.testing.assert_allclose(minimize_on_circle(np.sum).x, -np.ones(2) / np.sqrt(2), atol=1e-9)


def test_exercise_4():
    a, b = np.ones(2), 1.0

    def project(z):
        return z - max(0, (a @ z - b) / (a @ a)) * a

    result = projected_gradient(FAR, FAR.grad, project, [0, 0], 0.2)
    np.testing.assert_allclose(result.x, [0.56, 0.44], atol=1e-7)
    np.testing.assert_allclose(-FAR.grad(result.x), 1.84 * a, atol=1e-6)


@given(SEEDS)
@FEW
def test_exercise_5(seed):
    _, (H, c, A, _, _) = random_problem(np.random.default_rng(seed))

    def solve(b):
        K = np.block([[H, A.T], [A, np.zeros((2, 2))]])
        z = np.linalg.solve(K, np.concatenate([-c, b]))
        x = z[:4]
        return c @ x + x @ H @ x / 2, z[4:]

    fun, lam = solve(np.zeros(2))
    for i in range(2):
        assert solve(1e-6 * np.eye(2)[i])[0] - fun == pytest.approx(-1e-6 * lam[i], abs=1e-9)


@pytest.mark.parametrize(("start", "angle", "value"), [(-1, 171, 1.1130), (1, 7, 0.1222)])
def test_exercise_6(start, angle, value):
    x = np.array([start, 0.0])
    for _ in range(300):
        z = x - 0.1 * NEAR.grad(x)
        x = z / np.linalg.norm(z)
    assert np.degrees(np.arctan2(x[1], x[0])) == pytest.approx(angle, abs=0.5)
    assert NEAR(x) == pytest.approx(value, abs=5e-5)


def test_exercise_7():
    deviation, r = np.array([5.0, 12, 20]), np.array([4.0, 7, 10])
    C = (0.2 + 0.8 * np.eye(3)) * np.outer(deviation, deviation)

    def solve(least):
        return minimize_constrained(
            ConstrainedProblem(
                lambda w: w @ C @ w,
                lambda w: 2 * C @ w,
                eq=lambda w: np.array([w.sum() - 1]),
                ineq=lambda w: np.array([least - r @ w, *-w]),
            ),
            np.ones(3) / 3,
        )

    result = solve(7.5)
    np.testing.assert_allclose(result.x, [0.170, 0.494, 0.336], atol=6e-4)
    assert result.fun == pytest.approx(101.4, abs=0.05)
    assert np.sqrt(result.fun) == pytest.approx(10.1, abs=0.05)
    assert result.mu[0] == pytest.approx(48.3, abs=0.05)
    assert solve(7.6).fun == pytest.approx(106.3, abs=0.05)
    assert solve(7.6).fun - result.fun == pytest.approx(4.9, abs=0.05)


def test_exercise_9():
    a = np.array([3.0, 1, 4, 2])
    problem = ConstrainedProblem(
        lambda x: (a @ x) ** 2 / 2, lambda x: (a @ x) * a, eq=lambda x: x**2 - 1
    )
    for signs in product((-1.0, 1.0), repeat=4):
        x = np.array(signs)
        lam = -x * problem.grad(x) / 2
        assert kkt_residuals(problem, x, lam, None).max < 1e-10

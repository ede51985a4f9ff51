"""The equations of the chapter on constraints, and its exercises' answers, on random instances."""

from itertools import combinations, product

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

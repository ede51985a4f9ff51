import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls
from units import assert_same_path, scaled

from companion.constrained import project_ball, project_box, project_simplex, projected_gradient
from companion.problems import UNCONSTRAINED
from companion.results import Status

SEEDS = st.integers(0, 2**32 - 1)
FEW = settings(deadline=None, derandomize=True, max_examples=40)

LOWER, UPPER = np.array([-1.0, 0.0, -np.inf, 2.0, -np.inf]), np.array([1, np.inf, 0.5, 2, np.inf])
# Each projection, and points of its set to hold it against.
SETS = {
    "ball": (lambda x: project_ball(x, 2.0), lambda rng, n: 2 * unit(rng, n) * rng.uniform()),
    "box": (
        lambda x: project_box(x, LOWER[: len(x)], UPPER[: len(x)]),
        lambda rng, n: np.clip(3 * rng.normal(size=n), LOWER[:n], UPPER[:n]),
    ),
    "simplex": (lambda x: project_simplex(x, 3.0), lambda rng, n: 3 * rng.dirichlet(np.ones(n))),
}
EACH = pytest.mark.parametrize("name", SETS)


def unit(rng, n):
    z = rng.normal(size=n)
    return z / np.linalg.norm(z)


def points(seed):
    rng = np.random.default_rng(seed)
    n = rng.integers(1, 6)
    return rng, n, 10.0 ** rng.uniform(-3, 3) * rng.normal(size=(2, n))


# ---------------------------------------------------------------------------------------------
# What makes P(x) the nearest point


@EACH
@given(seed=SEEDS)
@FEW
def test_the_way_to_x_makes_an_obtuse_angle_with_every_way_into_the_set(name, seed):
    project, sample = SETS[name]
    rng, n, (x, _) = points(seed)
    P = project(x)
    for _ in range(10):
        z = sample(rng, n)
        assert (x - P) @ (z - P) <= 1e-12 * (1 + x @ x)


@EACH
@given(seed=SEEDS)
@FEW
def test_projecting_twice_is_projecting_once_and_distances_do_not_grow(name, seed):
    project, _ = SETS[name]
    _, _, (x, z) = points(seed)
    np.testing.assert_allclose(project(project(x)), project(x), rtol=1e-14, atol=1e-14)
    distance = np.linalg.norm(project(x) - project(z))
    assert distance <= (1 + 1e-14) * np.linalg.norm(x - z) + 1e-14


@EACH
@given(seed=SEEDS)
@FEW
def test_points_of_the_set_stay_and_inputs_are_not_modified(name, seed):
    project, sample = SETS[name]
    rng, n, (x, _) = points(seed)
    z = sample(rng, n)
    np.testing.assert_allclose(project(z), z, atol=1e-14)
    before = x.copy()
    project(x)[:] = 7
    np.testing.assert_array_equal(x, before)


def test_the_ball_is_exact_at_extreme_magnitudes():
    np.testing.assert_allclose(project_ball([3e200, -4e200]), [0.6, -0.8], rtol=1e-15)
    np.testing.assert_allclose(project_ball([3e-200, 4e-200], 1e-200), [6e-201, 8e-201])
    np.testing.assert_array_equal(project_ball([0, 0]), [0, 0])
    np.testing.assert_array_equal(project_ball([0.6, 0.8], 1.5), [0.6, 0.8])


def test_the_simplex_agrees_with_bisection_on_its_threshold():
    rng = np.random.default_rng(0)
    for n in (1, 2, 7, 50):
        x = rng.normal(size=n)
        low, high = x.min() - 1, x.max()
        for _ in range(100):
            tau = (low + high) / 2
            low, high = (tau, high) if np.maximum(x - tau, 0).sum() > 1 else (low, tau)
        np.testing.assert_allclose(project_simplex(x), np.maximum(x - low, 0), atol=1e-14)


@pytest.mark.parametrize("shift", [0.0, 1e8, -1e15, 1e300])
@pytest.mark.parametrize("total", [1e-10, 1.0, 1e10])
def test_the_simplex_holds_its_sum_at_any_magnitude(shift, total):
    rng = np.random.default_rng(1)
    P = project_simplex(shift + total * rng.normal(size=20), total)
    assert P.sum() == pytest.approx(total, rel=1e-13)
    assert (P >= 0).all()


def test_the_simplex_takes_no_notice_of_a_constant_added_to_x():
    x = np.array([0.25, 1.0, -0.5])
    np.testing.assert_array_equal(project_simplex(x + 2**20), project_simplex(x))
    np.testing.assert_array_equal(project_simplex([-1.7e308, 1.7e308]), [0, 1])
    np.testing.assert_allclose(project_simplex([5, 5, 5]), 1 / 3)


def test_integers_and_single_numbers_are_welcome():
    np.testing.assert_array_equal(project_ball([-7]), [-1])
    np.testing.assert_array_equal(project_box([3], 0, 1), [1])
    np.testing.assert_array_equal(project_simplex([9]), [1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: project_ball([1, np.nan]), "x must be finite"),
        (lambda: project_ball([[1]]), "x must have 1 axes"),
        (lambda: project_ball([1], 0), "radius must be positive; it is 0"),
        (lambda: project_ball([1], np.inf), "radius must be finite"),
        (lambda: project_box([], 0, 1), "x must not be empty"),
        (lambda: project_box([1, 2], 0, [1, -1]), "component 1 has 0 and -1"),
        (lambda: project_box([1], np.inf, np.inf), "component 0 has inf and inf"),
        (lambda: project_box([1], -np.inf, -np.inf), "component 0 has -inf and -inf"),
        (lambda: project_box([1], np.nan, 1), "lower must not be NaN"),
        (lambda: project_box([1], 0, None), "upper must hold real numbers"),
        (lambda: project_box([1, 2], 0, [1, 2, 3]), r"upper must be a number or have shape \(2,\)"),
        (lambda: project_simplex([np.inf]), "x must be finite"),
        (lambda: project_simplex([1, 2], -1), "total must be positive; it is -1"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# ---------------------------------------------------------------------------------------------
# Projected gradient


def least_squares(A, b):
    return lambda x: (A @ x - b) @ (A @ x - b) / 2, lambda x: A.T @ (A @ x - b)


def nonnegative(x):
    return project_box(x, 0, np.inf)


@pytest.mark.parametrize("epsilon", ["fixed", "armijo"])
@pytest.mark.parametrize("seed", range(4))
def test_nonnegative_least_squares_agrees_with_scipy(seed, epsilon):
    rng = np.random.default_rng(seed)
    A, b = rng.normal(size=(12, 5)), rng.normal(size=12)
    epsilon = 1 / np.linalg.norm(A, 2) ** 2 if epsilon == "fixed" else epsilon
    result = projected_gradient(*least_squares(A, b), nonnegative, np.ones(5), epsilon)
    assert result.converged
    np.testing.assert_allclose(result.x, nnls(A, b)[0], atol=1e-7)


@EACH
@pytest.mark.parametrize("epsilon", [0.05, "armijo"])
def test_the_certificate_holds_on_every_set(name, epsilon):
    project, sample = SETS[name]
    rng = np.random.default_rng(2)
    A = rng.normal(size=(5, 5))
    f, grad = least_squares(A, 3 * rng.normal(size=5))
    x0 = 10 * rng.normal(size=5)
    result = projected_gradient(f, grad, project, x0, epsilon, tol=1e-9)
    assert result.converged
    step = result.x - project(result.x - grad(result.x))
    travelled = np.linalg.norm(result.x - result.path[0])
    steepest = np.linalg.norm(A, 2) ** 2  # a step with ε = 1 is so many times the distance, at most
    assert np.linalg.norm(step) <= 1e-9 * steepest * max(np.linalg.norm(result.x), travelled)
    # f is convex: no sampled point of the set is lower.
    assert all(f(sample(rng, 5)) >= result.fun for _ in range(100))
    # The start is projected, and the whole path is feasible.
    np.testing.assert_array_equal(result.path[0], project(x0))
    for x in result.path:
        np.testing.assert_allclose(project(x), x, atol=1e-13)
    assert result.path.shape == (result.n_iter + 1, 5)
    assert result.fun == f(result.x)


def test_armijo_needs_no_step_size_and_few_steps():
    # Condition number 10⁴: the best fixed step takes a hundred thousand.
    scale = np.logspace(0, 4, 6)
    a = np.array([1, -1, 2, -2, 3, -3.0])
    f, grad = lambda x: scale @ (x - a) ** 2 / 2, lambda x: scale * (x - a)
    result = projected_gradient(f, grad, nonnegative, np.full(6, 5.0), "armijo")
    assert result.converged
    np.testing.assert_allclose(result.x, np.maximum(a, 0), atol=1e-6)
    assert result.n_iter < 100
    slow = projected_gradient(f, grad, nonnegative, np.full(6, 5.0), 2e-4, max_iter=1000)
    assert slow.status is Status.MAX_ITER


def test_armijo_sees_a_descent_that_rounding_hides_in_f():
    scale = np.logspace(0, 2, 8)
    f, grad = lambda x: 1e12 + scale @ (x - 1) ** 2 / 2, lambda x: scale * (x - 1)
    result = projected_gradient(f, grad, nonnegative, np.arange(8.0), "armijo", tol=1e-12)
    assert result.converged
    np.testing.assert_allclose(result.x, 1, atol=1e-11)


def test_armijo_descends_where_curvature_is_negative():
    f, grad = lambda x: -x @ x / 2 + x[0] / 10, lambda x: -x + np.array([0.1, 0])
    result = projected_gradient(f, grad, project_ball, [-0.1, 0], "armijo")
    assert result.converged
    np.testing.assert_allclose(result.x, [-1, 0], atol=1e-8)


def test_armijo_shortens_a_step_that_leaves_the_domain():
    def f(x):
        return x[0] - np.log(x[0])

    result = projected_gradient(f, lambda x: 1 - 1 / x, lambda x: x, [100.0], "armijo")
    assert result.converged
    np.testing.assert_allclose(result.x, 1, atol=1e-7)


def test_too_long_a_step_diverges_on_an_unbounded_set():
    f, grad = lambda x: x @ x, lambda x: 2 * x
    for max_iter in (200, 5000):
        result = projected_gradient(f, grad, lambda x: x, [1.0, -1.0], 1.5, max_iter=max_iter)
        assert result.status is Status.DIVERGED
        assert np.isfinite(result.path).all()
        assert result.fun > 1e6
        assert result.path.shape == (result.n_iter + 1, 2)


def test_overflow_of_the_point_itself_is_divergence():
    result = projected_gradient(
        lambda x: x[0], lambda x: -1e300 * np.maximum(x, 1), lambda x: x, [1.0], 1e10
    )
    assert result.status is Status.DIVERGED
    assert np.isfinite(result.x).all()


def test_too_long_a_step_bounces_for_ever_on_a_bounded_set():
    result = projected_gradient(
        lambda x: x @ x, lambda x: 2 * x, project_ball, [1.0, 1.0], 3.0, max_iter=50
    )
    assert result.status is Status.MAX_ITER
    assert result.n_iter == 50


def test_a_step_too_short_to_move_stalls():
    result = projected_gradient(lambda x: x @ x, lambda x: 2 * x, project_ball, [1, 0], 1e-30)
    assert result.status is Status.STALLED
    assert result.n_iter == 0


@pytest.mark.no_cover
@pytest.mark.parametrize("epsilon", [1e99, "armijo"])
def test_a_function_without_bound_is_reported(epsilon):
    def f(x):
        return -x[0] if np.abs(x[0]) < 1e120 else -np.inf

    result = projected_gradient(f, lambda x: -np.ones(1), nonnegative, [1], epsilon)
    assert result.status is Status.UNBOUNDED


def test_minus_infinity_is_unbounded_too():
    result = projected_gradient(
        lambda x: -np.exp(x[0]), lambda x: -np.exp(x), nonnegative, [1], 300.0
    )
    assert result.status is Status.UNBOUNDED
    assert np.isfinite(result.fun)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"f": 1}, "f must be callable"),
        ({"grad": 1}, "grad must be callable"),
        ({"project": None}, "project must be callable"),
        ({"x0": [np.inf]}, "x0 must be finite"),
        ({"epsilon": 0}, "epsilon must be positive"),
        ({"epsilon": "optimal"}, "epsilon must be one of 'armijo'"),
        ({"tol": -1}, "tol must be positive"),
        ({"max_iter": 1.5}, "max_iter must be an integer"),
        ({"grad": lambda x: x[:1]}, r"grad must return an array of shape \(2,\)"),
        ({"project": lambda x: x[:1]}, r"project must return an array of shape \(2,\)"),
        ({"project": lambda x: x / 2}, "project must leave its own values where they are"),
        ({"f": lambda x: np.nan}, r"f must return finite values; at x = \[0.6, 0.8\]"),
        # Defined at the start only:
        ({"f": lambda x: np.nan if x[0] < 0.6 else 1.0}, r"f must return finite values"),
        ({"grad": lambda x: x * (np.nan if x[0] < 0.6 else 1)}, "grad must return finite values"),
    ],
)
def test_bad_arguments_of_projected_gradient_are_named(change, message):
    arguments = {
        "f": lambda x: x @ x,
        "grad": lambda x: 2 * x,
        "project": project_ball,
        "x0": [3, 4],
        "epsilon": 0.1,
    }
    with pytest.raises(ValueError, match=message):
        projected_gradient(**(arguments | change))


# ---------------------------------------------------------------------------------------------
# Other units

# A start at 0 would give a search no unit.
PLANE = [problem for make in UNCONSTRAINED if len((problem := make()).x0) == 2 and problem.x0.any()]


def in_units(name, u):
    """The projection of that name with the set u times as large."""
    if name == "box":
        return lambda x: project_box(x, -u * np.ones(len(x)), u * np.array([0.5, 2.0]))
    return lambda x: {"ball": project_ball, "simplex": project_simplex}[name](x, 2 * u)


@pytest.mark.no_cover
@EACH
@pytest.mark.parametrize("epsilon", ["armijo", 2.0**-11])
@pytest.mark.parametrize("problem", PLANE, ids=lambda problem: problem.name)
def test_powers_of_two_as_units_change_no_bit_of_the_path(problem, epsilon, name):
    plain = projected_gradient(
        problem.f, problem.grad, in_units(name, 1.0), problem.x0, epsilon, max_iter=60
    )
    for s, u in ((2.0**-33, 1.0), (2.0**21, 2.0**-17), (1.0, 2.0**40)):
        other = scaled(problem, s, u)
        step = epsilon if epsilon == "armijo" else epsilon * u**2 / s
        result = projected_gradient(
            other.f, other.grad, in_units(name, u), other.x0, step, max_iter=60
        )
        assert_same_path(result, plain, u)


@pytest.mark.parametrize("epsilon", ["armijo", 0.1e18])
@pytest.mark.parametrize("far", [0.0, 1.0, 1e3, 1e6])
def test_a_large_ball_and_a_small_slope_hide_no_error(far, epsilon):
    target = np.array([3.0, 4.0])
    result = projected_gradient(
        lambda x: (x / 1e9 - target) @ (x / 1e9 - target),
        lambda x: 2e-9 * (x / 1e9 - target),
        lambda x: project_ball(x, 1e9),
        far * 1e9 * np.array([-1.0, 0.3]),
        epsilon,
    )
    assert result.converged
    np.testing.assert_allclose(result.x, [0.6e9, 0.8e9], rtol=1e-7)

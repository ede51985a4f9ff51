"""Descent: certificates and rates, what each ending means, scipy as an oracle."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given, settings
from hypothesis import strategies as st
from units import assert_same_path, scaled

from companion import problems
from companion.descent import NewtonResult, gradient_descent, newton
from companion.problems import UNCONSTRAINED, bowl, himmelblau, rosenbrock, saddle
from companion.results import Result, Status

TOL = {"armijo": 1e-8, "optimal": 1e-8, "newton": 1e-10}


def run(method, p, **options):
    if method == "newton":
        return newton(p.f, p.grad, p.hess, p.x0, **options)
    return gradient_descent(p.f, p.grad, p.x0, method, hvp=lambda x, v: p.hess(x) @ v, **options)


def norm(v, axis=None):
    return np.linalg.norm(v, axis=axis)


def assert_certified(result, f, grad, tol):
    """What a result claims, computed anew."""
    assert result.path.shape == (result.n_iter + 1, len(result.x))
    assert np.array_equal(result.path[-1], result.x)
    assert result.fun == f(result.x)
    # Close to a critical point, if converged: no component of g is far above rounding.
    if result.converged:
        assert norm(grad(result.x)) <= 1e4 * tol * max(norm(grad(x)) for x in result.path)


def random_quadratic(seed, signs=(1,)):
    """f = ½ (x − c)ᵀH(x − c), with the eigenvalues' signs drawn from `signs`."""
    rng = np.random.default_rng(seed)
    n = rng.integers(2, 6)
    Q, _ = np.linalg.qr(rng.normal(size=(n, n)))
    eigenvalues = rng.uniform(0.5, 5, n) * rng.choice(signs, n)
    H, c = Q * eigenvalues @ Q.T, rng.normal(size=n)
    H = (H + H.T) / 2
    return (
        lambda x: (x - c) @ H @ (x - c) / 2,
        lambda x: H @ (x - c),
        H,
        eigenvalues,
        c + rng.normal(size=n),
        c,
    )


seeds = st.integers(0, 10**6)
few = settings(deadline=None, derandomize=True, max_examples=30)


# ---- one table of problems crosses all methods

# How each ends within 1500 steps; the start and the known minimizers are those of the collection.
ENDINGS = {
    "bowl": ("CONVERGED", "CONVERGED", "minimum"),
    "valley": ("CONVERGED", "CONVERGED", "degenerate"),
    "saddle": ("UNBOUNDED", "UNBOUNDED", "saddle"),
    "monkey saddle": ("UNBOUNDED", "UNBOUNDED", "degenerate"),
    "hill and hollow": ("CONVERGED", "CONVERGED", "minimum"),
    "Booth": ("CONVERGED", "CONVERGED", "minimum"),
    "Himmelblau": ("CONVERGED", "CONVERGED", "maximum"),
    "Rastrigin": ("CONVERGED", "CONVERGED", "MAX_ITER"),
    "Rosenbrock": ("CONVERGED", "MAX_ITER", "minimum"),
    "Freudenstein–Roth": ("CONVERGED", "MAX_ITER", "minimum"),
    "Powell badly scaled": ("MAX_ITER", "MAX_ITER", "saddle"),
    "Brown badly scaled": ("MAX_ITER", "CONVERGED", "MAX_ITER"),
    "Beale": ("CONVERGED", "CONVERGED", "saddle"),
    "helical valley": ("CONVERGED", "MAX_ITER", "minimum"),
    "Box three-dimensional": ("CONVERGED", "MAX_ITER", "minimum"),
    "Powell singular": ("MAX_ITER", "MAX_ITER", "MAX_ITER"),
    "Wood": ("CONVERGED", "MAX_ITER", "saddle"),
    "Brown–Dennis": ("CONVERGED", "CONVERGED", "minimum"),
    "variably dimensioned": ("CONVERGED", "CONVERGED", "minimum"),
    "trigonometric": ("CONVERGED", "CONVERGED", "minimum"),
}
# Descent from the start leads to a local minimizer that is not in the list of known ones.
ELSEWHERE = ("Rastrigin", "trigonometric")


@pytest.mark.no_cover
@pytest.mark.parametrize("method", TOL)
@pytest.mark.parametrize("make", UNCONSTRAINED, ids=lambda make: make.__name__)
def test_every_problem_by_every_method(make, method):
    p = make()
    result = run(method, p, **({} if method == "newton" else {"max_iter": 1500}))
    assert_certified(result, p.f, p.grad, TOL[method])
    ending = ENDINGS[p.name][list(TOL).index(method)]
    if method == "newton" and result.converged:
        assert result.kind == ending
    else:
        assert result.status.name == ending
    if ending in ("CONVERGED", "minimum") and p.name not in ELSEWHERE:
        least = p.f(min(p.minimizers, key=lambda x: norm(x - result.x)))
        assert result.fun - least <= 1e-7 * (p.f(p.x0) - least)


def test_the_table_is_complete():
    assert list(ENDINGS) == [make().name for make in UNCONSTRAINED]


def test_scipy_ends_in_the_same_minimum():
    """On a strictly convex function that is no polynomial."""
    rng = np.random.default_rng(0)
    A, b = rng.normal(size=(12, 4)), rng.normal(size=12)

    def f(x):
        return np.logaddexp(0, A @ x - b).sum() + x @ x / 2

    def grad(x):
        return A.T @ (1 / (1 + np.exp(b - A @ x))) + x

    def hess(x):
        s = 1 / (1 + np.exp(b - A @ x))
        return (A.T * (s * (1 - s))) @ A + np.eye(4)

    x0 = np.ones(4)
    oracle = scipy.optimize.minimize(f, x0, jac=grad, hess=hess, method="trust-exact", tol=1e-12)
    results = [gradient_descent(f, grad, x0, epsilon) for epsilon in (0.1, "armijo", "optimal")]
    for result in [*results, newton(f, grad, hess, x0)]:
        assert result.converged
        np.testing.assert_allclose(result.x, oracle.x, atol=1e-6)


# ---- a fixed step


def test_each_step_goes_against_the_gradient():
    p = himmelblau()
    path = gradient_descent(p.f, p.grad, p.x0, 0.01).path
    for x, after in pairwise(path):
        assert np.array_equal(after, x - 0.01 * p.grad(x))


@pytest.mark.parametrize("kappa", [2, 10, 100])
def test_the_best_fixed_step_contracts_by_kappa_minus_1_over_kappa_plus_1(kappa):
    p = bowl([1, kappa])
    result = gradient_descent(p.f, p.grad, p.x0, 2 / (1 + kappa))
    errors = norm(result.path, axis=1)
    np.testing.assert_allclose(errors[1:] / errors[:-1], (kappa - 1) / (kappa + 1), rtol=1e-6)
    # So must the error, by 10⁻⁸; the estimate of it may be larger, by no more than κ.
    least, most = np.log([1e-8, 1e-8 / kappa]) / np.log((kappa - 1) / (kappa + 1))
    assert least <= result.n_iter <= most + 1


@few
@given(seed=seeds, fraction=st.floats(0.1, 0.95))
def test_a_step_below_2_over_the_top_eigenvalue_converges(seed, fraction):
    f, grad, _, eigenvalues, x0, c = random_quadratic(seed)
    result = gradient_descent(f, grad, x0, 2 * fraction / eigenvalues.max())
    assert_certified(result, f, grad, 1e-8)
    assert result.converged
    np.testing.assert_allclose(result.x, c, atol=1e-6)
    values = np.array([f(x) for x in result.path])
    assert (np.diff(values) <= 1e-15).all()


@pytest.mark.no_cover
@few
@given(seed=seeds, excess=st.floats(1.02, 3))
def test_a_step_beyond_2_over_the_top_eigenvalue_diverges(seed, excess):
    f, grad, _, eigenvalues, x0, _ = random_quadratic(seed)
    result = gradient_descent(f, grad, x0, 2 * excess / eigenvalues.max())
    assert result.status is Status.DIVERGED
    assert_certified(result, f, grad, 1e-8)
    assert np.isfinite(result.path).all()
    assert np.isfinite(result.fun)
    assert result.fun > 1e3 * f(x0)


def test_a_step_just_beyond_diverges_slowly():
    p = bowl([1, 10])
    result = gradient_descent(p.f, p.grad, p.x0, 0.2001)
    assert result.status is Status.DIVERGED
    assert result.n_iter == 10_000
    assert norm(result.x) < 1e5


def test_at_2_over_the_top_eigenvalue_it_swings_forever():
    result = gradient_descent(lambda x: x @ x, lambda x: 2 * x, [1.0], 1.0, max_iter=5)
    assert result.status is Status.MAX_ITER
    assert result.path.ravel().tolist() == [1, -1, 1, -1, 1, -1]


# ---- ε*


@few
@given(seed=seeds)
def test_the_optimal_step_is_the_bottom_of_a_quadratic(seed):
    f, grad, H, eigenvalues, x0, _ = random_quadratic(seed)
    result = gradient_descent(f, grad, x0, "optimal", hvp=lambda x, v: H @ v)
    assert result.converged
    kappa = eigenvalues.max() / eigenvalues.min()
    for x, after in pairwise(result.path[:4]):
        g = grad(x)
        np.testing.assert_allclose(after, x - (g @ g) / (g @ H @ g) * g, rtol=1e-12, atol=1e-14)
        # The next gradient is orthogonal, and f falls at least as Kantorovich's inequality says.
        assert abs(g @ grad(after)) <= 1e-12 * (g @ g)
        assert f(after) <= ((kappa - 1) / (kappa + 1)) ** 2 * f(x) * (1 + 1e-9) + 1e-15


def test_the_worst_start_zigzags_at_kantorovichs_rate():
    kappa = 50
    result = gradient_descent(
        *(lambda x: (x[0] ** 2 + kappa * x[1] ** 2) / 2, lambda x: np.array([x[0], kappa * x[1]])),
        [kappa, 1],
        "optimal",
        hvp=lambda x, v: v * [1, kappa],
    )
    values = (result.path**2 @ [1, kappa]) / 2
    np.testing.assert_allclose(
        values[1:] / values[:-1], ((kappa - 1) / (kappa + 1)) ** 2, rtol=1e-6
    )


def test_differences_of_the_gradient_stand_in_for_hvp():
    p = rosenbrock()
    exact = gradient_descent(
        p.f, p.grad, p.x0, "optimal", hvp=lambda x, v: p.hess(x) @ v, max_iter=5
    )
    differences = gradient_descent(p.f, p.grad, p.x0, "optimal", max_iter=5)
    np.testing.assert_allclose(differences.path, exact.path, rtol=1e-5)


def test_the_optimal_step_is_taken_even_where_f_rises():
    """At the end of a flat stretch the model's bottom is far too far."""
    result = gradient_descent(
        lambda x: np.sqrt(1 + x @ x), lambda x: x / np.sqrt(1 + x @ x), [3.0], "optimal", max_iter=1
    )
    # ε* = 1/φ'' with φ'' = (1 + x²)^(-3/2): x − x(1 + x²) = −x³.
    np.testing.assert_allclose(result.x, [-27], rtol=1e-6)


@pytest.mark.parametrize("curvature", [0, -1])
def test_without_positive_curvature_the_step_is_armijos(curvature):
    p = rosenbrock()

    def hvp(x, v):
        return curvature * v

    optimal = gradient_descent(p.f, p.grad, p.x0, "optimal", hvp=hvp, max_iter=20)
    armijo = gradient_descent(p.f, p.grad, p.x0, "armijo", max_iter=20)
    assert np.array_equal(optimal.path, armijo.path)


# ---- Armijo


@pytest.mark.parametrize("make", UNCONSTRAINED, ids=lambda make: make.__name__)
def test_every_armijo_step_falls_enough(make):
    p = make()
    path = gradient_descent(p.f, p.grad, p.x0, "armijo", max_iter=50).path
    for x, after in pairwise(path):
        # ε gᵀg = ‖x − x₊‖ ‖g‖, as x − x₊ = εg.
        promised = norm(x - after) * norm(p.grad(x))
        assert p.f(x) - p.f(after) >= 0.99e-4 * promised - 3e-15 * abs(p.f(x))
        cosine = (x - after) @ p.grad(x) / promised
        assert cosine == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(("share", "halvings"), [(1e-3, 0), (1e-5, 1), (0, 1)])
def test_armijo_halves_a_step_that_falls_less_than_promised(share, halvings):
    """On (x − c)², the first trial is as long as x₀: ε = x₀/g, and falls by (1 − ε) εgᵀg."""
    c = 1 - 1 / (2 - 2 * share)  # g = 2 (1 − c) = 1/(1 − share) at x₀ = 1
    result = gradient_descent(
        lambda x: (x - c) @ (x - c), lambda x: 2 * (x - c), [1.0], "armijo", max_iter=1
    )
    np.testing.assert_allclose(result.x, 1 - 2.0**-halvings, atol=1e-12)


def test_armijos_steps_grow_where_nothing_curves():
    result = gradient_descent(lambda x: x[0], lambda x: np.array([1.0]), [0.0], "armijo")
    steps = -np.diff(result.path[:, 0])
    np.testing.assert_allclose(steps[1:] / steps[:-1], 10)


def test_rounding_in_f_does_not_stall_armijo():
    p = rosenbrock()
    result = gradient_descent(lambda x: p.f(x) + 1e8, p.grad, p.x0, "armijo")
    assert result.converged
    np.testing.assert_allclose(result.x, [1, 1], atol=1e-4)


def test_armijo_steps_back_from_the_edge_of_the_domain():
    result = gradient_descent(lambda x: x[0] - np.log(x[0]), lambda x: 1 - 1 / x, [1e-3], "armijo")
    assert result.converged
    np.testing.assert_allclose(result.x, [1], atol=1e-4)


# ---- units


def each_method(p, s=1.0, u=1.0, **options):
    """The runs of all methods on p, whose f has been multiplied by s and x by u."""
    options = {"max_iter": 40, **options}
    yield gradient_descent(p.f, p.grad, p.x0, 1e-3 * u * u / s, **options)
    for epsilon in ("armijo", "optimal"):
        yield gradient_descent(p.f, p.grad, p.x0, epsilon, **options)
    yield gradient_descent(p.f, p.grad, p.x0, "optimal", hvp=lambda x, v: p.hess(x) @ v, **options)
    yield newton(p.f, p.grad, p.hess, p.x0, **options)


def with_a_unit(make):
    """The problem, from a start that is not 0: that gives no unit of x."""
    p = make()
    return p if p.x0.any() else replace(p, x0=p.x0 + 0.5)


EVERY_PROBLEM = pytest.mark.parametrize("make", UNCONSTRAINED, ids=lambda make: make.__name__)


@pytest.mark.no_cover
@EVERY_PROBLEM
@pytest.mark.parametrize(
    ("s", "u"), [(2.0**31, 1.0), (2.0**-40, 1.0), (1.0, 2.0**17), (2.0**9, 2.0**-23)]
)
def test_powers_of_two_as_units_change_no_bit(make, s, u):
    p = with_a_unit(make)
    pairs = zip(each_method(scaled(p, s, u), s, u), each_method(p), strict=True)
    for result, plain in pairs:
        assert_same_path(result, plain, u)


# The path of a run that wanders for a hundred steps is another: on these all runs are long.
WANDERING = ("monkey_saddle", "helical_valley", "powell_singular", "trigonometric")


@pytest.mark.no_cover
@pytest.mark.parametrize("make", [p for p in UNCONSTRAINED if p.__name__ not in WANDERING])
@pytest.mark.parametrize(("s", "u"), [(1e-9, 1.0), (1e7, 3.7), (1.0, 1e-9), (0.3, 1e7)])
def test_other_units_change_no_answer(make, s, u):
    p, compared = with_a_unit(make), 0
    pairs = zip(each_method(scaled(p, s, u), s, u), each_method(p), strict=True)
    for result, plain in pairs:
        if plain.converged and plain.n_iter < 30:
            compared += 1
            assert result.converged
            size = max(norm(plain.x), norm(plain.x - p.x0))
            np.testing.assert_allclose(result.x / u, plain.x, rtol=0, atol=1e-6 * size)
    assert compared


@pytest.mark.no_cover
@pytest.mark.parametrize("factor", [1, 1e3, 1e6])
@pytest.mark.parametrize("tol", [1e-4, 1e-6, 1e-8, 1e-10])
def test_converged_is_as_close_as_it_says_from_near_and_far(tol, factor):
    c = np.array([1.0, -2.0])
    p = bowl([1, 100], center=c)
    x0 = factor * p.x0
    for epsilon in (1 / 100, 1.9 / 100, 2 / 101, "armijo", "optimal"):
        result = gradient_descent(p.f, p.grad, x0, epsilon, tol=tol)
        size = max(norm(result.x), norm(result.x - x0))
        assert result.converged
        assert norm(result.x - c) <= 1.5 * tol * size


@pytest.mark.parametrize("tol", [1e-4, 1e-8])
@pytest.mark.parametrize("method", ["armijo", "newton"])
@EVERY_PROBLEM
def test_converged_is_close_to_a_critical_point(make, method, tol):
    """As Newton's method finds one from there; where the Hessian is singular, that is slow."""
    p = make()
    result = run(method, p, tol=tol, **({} if method == "newton" else {"max_iter": 200}))
    if result.converged:
        x = result.x
        for _ in range(30):
            x = x - np.linalg.lstsq(p.hess(x), p.grad(x), rcond=None)[0]
        assert norm(x - result.x) <= 5 * tol * max(norm(result.x), norm(result.x - p.x0))
    else:
        assert result.status in (Status.MAX_ITER, Status.UNBOUNDED)


def test_a_first_step_down_a_steep_side_is_not_the_end():
    """Of κ = 10⁶ after a few steps only the level direction is left: short steps, far to go."""
    for start in ([1.0, 1.0], [1e6, 1.0], [1.0, 1e-3]):
        p = bowl([1, 1e6], angle=0, center=[1.7, 1.7])
        for share in (0.05, 1, 1.5, 1.9, 2 / (1 + 1e-6)):
            result = gradient_descent(
                p.f, p.grad, p.minimizers[0] + start, share / 1e6, tol=1e-4, max_iter=300
            )
            assert result.status is Status.MAX_ITER
    p = problems.powell_badly_scaled()
    result = gradient_descent(p.f, p.grad, p.x0, "armijo", tol=1e-4, max_iter=200)
    assert result.status is Status.MAX_ITER


@pytest.mark.parametrize("x0", [50.0, -20.0, 1e-3])
def test_newton_on_cosh_goes_all_the_way(x0):
    result = newton(
        lambda x: np.cosh(x[0]), np.sinh, lambda x: np.cosh(x)[:, None], [x0], max_iter=100
    )
    assert result.converged
    assert abs(result.x[0]) <= 1e-10 * abs(x0)


@pytest.mark.parametrize("s", [1e-290, 1e-200, 1e200, 1e290])
def test_squares_that_overflow_or_vanish_hide_nothing(s):
    def f(x):
        return s * (x @ x)

    def grad(x):
        return 2 * s * x

    runs = [gradient_descent(f, grad, [3.0, 4.0], epsilon) for epsilon in (0.1 / s, "armijo")]
    runs += [gradient_descent(f, grad, [3.0, 4.0], "optimal", hvp=lambda x, v: 2 * s * v)]
    runs += [newton(f, grad, lambda x: 2 * s * np.eye(2), [3.0, 4.0])]
    for result in runs:
        assert result.converged
        assert result.n_iter > 0
        np.testing.assert_allclose(result.x, 0, atol=5e-8)


@pytest.mark.parametrize("constant", [1e6, -1e6, 1e9])
def test_a_constant_added_to_f_changes_only_its_rounding(constant):
    p = himmelblau()
    for epsilon in (0.01, "armijo", "optimal"):
        result = gradient_descent(lambda x: p.f(x) + constant, p.grad, [1.0, 1.0], epsilon)
        assert result.converged
        np.testing.assert_allclose(result.x, [3, 2], rtol=1e-6)
    slope = gradient_descent(lambda x: x[0] + constant, np.ones_like, [1.0], "armijo")
    assert slope.status is Status.UNBOUNDED


def test_a_step_out_of_the_domain_of_f_is_shortened():
    """math.log says that it ends at 0 by an error, np.log by NaN."""
    for log in (math.log, np.log):
        result = gradient_descent(
            lambda x, log=log: x[0] - log(x[0]), lambda x: 1 - 1 / x, [1e-3], "armijo"
        )
        assert result.converged
        np.testing.assert_allclose(result.x, [1], atol=1e-7)


def test_outside_the_domain_is_an_error_that_gives_the_point():
    def f(x):
        return x[0] - math.log(x[0])

    for x0, epsilon, point in ([-1.0], "armijo", "-1"), ([3.0], 10.0, "-3.66667"):
        with pytest.raises(ValueError, match=rf"f must have a value at x = \[{point}\]; it raised"):
            gradient_descent(f, lambda x: 1 - 1 / x, x0, epsilon)


def test_a_critical_point_is_met_at_once_and_a_level_f_too():
    for epsilon in (0.1, "armijo", "optimal"):
        for f, grad in (lambda x: 1.0, np.zeros_like), (lambda x: x[0] ** 3, lambda x: 3 * x**2):
            result = gradient_descent(f, grad, [0.0], epsilon)
            assert result.converged
            assert result.n_iter == 0


def test_newton_does_not_mind_the_units_of_x():
    p, units = rosenbrock(), np.array([2.0**30, 2.0**-30])
    result = newton(
        lambda x: p.f(units * x),
        lambda x: units * p.grad(units * x),
        lambda x: units[:, None] * p.hess(units * x) * units,
        p.x0 / units,
        tol=1e-14,
    )
    assert result.converged
    np.testing.assert_allclose(units * result.x, [1, 1], rtol=1e-9)


@pytest.mark.parametrize("make", UNCONSTRAINED, ids=lambda make: make.__name__)
def test_a_start_at_the_optimum_takes_no_step(make):
    p = make()
    for x0 in p.minimizers:
        # Where rounding leaves a gradient, a unit of rounding in x must explain it.
        assert newton(p.f, p.grad, p.hess, x0).n_iter <= 1
        assert newton(p.f, p.grad, p.hess, x0).converged
        if np.array_equal(p.grad(x0), 0 * x0) or make is himmelblau:
            for epsilon in (1e-3, "armijo", "optimal"):
                result = gradient_descent(p.f, p.grad, x0, epsilon)
                assert result.converged
                assert result.n_iter == 0
                assert np.array_equal(result.path, [x0])


def test_a_start_close_to_the_optimum_is_no_trap():
    p = himmelblau()
    for x in p.minimizers:
        for epsilon in (0.005, "armijo", "optimal"):
            result = gradient_descent(p.f, p.grad, x * (1 + 1e-12), epsilon)
            assert result.converged


# ---- endings


@pytest.mark.parametrize("epsilon", [0.1, "armijo", "optimal"])
def test_a_function_that_falls_forever_is_unbounded(epsilon):
    result = gradient_descent(
        lambda x: x[0], lambda x: np.array([1.0]), [0.0], epsilon, max_iter=1000
    )
    assert result.status is Status.UNBOUNDED
    assert np.isfinite(result.path).all()
    p = saddle()
    assert gradient_descent(p.f, p.grad, p.x0, epsilon).status is Status.UNBOUNDED


@pytest.mark.parametrize("units", [1e-150, 1e-60, 1e60])
def test_a_slope_in_any_units_is_unbounded(units):
    result = gradient_descent(
        lambda x: units * x[0], lambda x: np.array([units]), [0.0], "armijo", max_iter=500
    )
    assert result.status is Status.UNBOUNDED
    assert np.isfinite(result.path).all()


def test_minus_infinity_is_unbounded():
    result = gradient_descent(
        lambda x: -np.exp(x[0]), lambda x: -np.exp(x), [0.0], 1.0, max_iter=100
    )
    assert result.status is Status.UNBOUNDED
    assert np.isfinite(result.fun)


@pytest.mark.parametrize(
    ("f", "grad"),
    [
        (lambda x: np.exp(-x[0]), lambda x: -np.exp(-x)),  # falls, to 0
        (lambda x: -np.log(1 + x[0]), lambda x: -1 / (1 + x)),  # falls forever, but not in floats
        (lambda x: np.sqrt(1 + x[0] ** 2), lambda x: x / np.sqrt(1 + x**2)),
    ],
)
def test_a_bounded_function_is_not_called_unbounded(f, grad):
    result = gradient_descent(f, grad, [1.0], 0.1, max_iter=50)
    assert result.status is Status.MAX_ITER
    assert result.n_iter == 50


def test_a_value_that_only_overflow_explains_is_not_called_unbounded():
    def f(x):
        return x @ x if norm(x) < 1e20 else -1e200

    result = gradient_descent(f, lambda x: 2 * x, [1.0], 0.1, max_iter=5)
    assert result.status is Status.MAX_ITER


def test_a_function_that_cannot_look_far_is_not_called_unbounded():
    def f(x):
        if abs(x[0]) > 100:
            raise OverflowError("math range error")
        return -x[0]

    result = gradient_descent(f, lambda x: np.array([-1.0]), [0.0], 0.1, max_iter=5)
    assert result.status is Status.MAX_ITER


def test_overflow_after_a_long_step_is_divergence():
    result = gradient_descent(lambda x: np.exp(x @ x), lambda x: 2 * x * np.exp(x @ x), [1.5], 1.0)
    assert result.status is Status.DIVERGED
    assert result.x.tolist() == [1.5]
    p = rosenbrock()
    result = gradient_descent(p.f, p.grad, p.x0, 0.1)
    assert result.status is Status.DIVERGED
    assert np.isfinite([*result.x, result.fun]).all()


def test_an_iterate_that_overflows_is_divergence():
    result = gradient_descent(
        lambda x: 1e10 * np.hypot(1, x[0]), lambda x: 1e10 * x / np.hypot(1, x), [3.0], 1e300
    )
    assert result.status is Status.DIVERGED
    assert result.x.tolist() == [3.0]


def test_a_step_too_short_to_move_x_stalls():
    p = rosenbrock()
    result = gradient_descent(p.f, p.grad, p.x0, 1e-30)
    assert result.status is Status.STALLED
    assert result.n_iter == 0


def test_a_gradient_of_the_wrong_sign_stalls():
    result = gradient_descent(lambda x: x @ x, lambda x: -2 * x, [1.3, 2.0], "armijo")
    assert result.status is Status.STALLED


def test_the_iterations_run_out():
    p = rosenbrock()
    result = gradient_descent(p.f, p.grad, p.x0, "armijo", max_iter=3)
    assert result.status is Status.MAX_ITER
    assert result.n_iter == 3
    assert newton(p.f, p.grad, p.hess, p.x0, max_iter=2).status is Status.MAX_ITER


# ---- Newton


def test_newtons_error_is_squared_at_each_step():
    result = newton(
        lambda x: np.exp(x[0]) - 2 * x[0],
        lambda x: np.exp(x) - 2,
        lambda x: np.exp(x)[:, None],
        [1.2],
    )
    errors = norm(result.path - np.log(2), axis=1)
    errors = errors[errors > 1e-13]
    assert len(errors) >= 4
    slopes = np.diff(np.log(errors[1:])) / np.diff(np.log(errors[:-1]))
    assert slopes[-1] == pytest.approx(2, abs=0.05)
    # e₊ = ½ (f‴/f″) e² to leading order, and f‴ = f″ here.
    assert errors[-1] / errors[-2] ** 2 == pytest.approx(0.5, rel=0.01)


@few
@given(seed=seeds)
def test_newton_finds_the_critical_point_of_a_quadratic_in_one_step(seed):
    f, grad, H, eigenvalues, x0, c = random_quadratic(seed, signs=(-1, 1))
    result = newton(f, grad, lambda x: H, x0)
    assert_certified(result, f, grad, 1e-10)
    assert result.n_iter == 1
    np.testing.assert_allclose(result.x, c, atol=1e-12)
    below = (eigenvalues < 0).mean()
    assert result.kind == {0: "minimum", 1: "maximum"}.get(below, "saddle")


@pytest.mark.parametrize("name", ["powell_badly_scaled", "brown_badly_scaled"])
def test_bad_scaling_does_not_hide_a_minimum(name):
    p = getattr(problems, name)()
    eigenvalues = np.linalg.eigvalsh(p.hess(p.minimizers[0]))
    assert 0 < eigenvalues[0] < 1e-11 * eigenvalues[-1]
    assert newton(p.f, p.grad, p.hess, p.minimizers[0]).kind == "minimum"


@pytest.mark.parametrize(
    ("f", "grad", "hess"),
    [
        (lambda x: x[0] ** 3, lambda x: 3 * x**2, lambda x: 6 * x[:, None]),
        (lambda x: x[0] ** 4, lambda x: 4 * x**3, lambda x: 12 * x[:, None] ** 2),
    ],
)
def test_an_inconclusive_hessian_is_called_degenerate(f, grad, hess):
    result = newton(f, grad, hess, [1.0], max_iter=100)
    assert result.converged
    assert result.kind == "degenerate"


def test_a_singular_hessian_gives_the_shortest_step():
    a = np.array([1.0, 1.0, -1.0])
    result = newton(
        lambda x: (a @ x - 1) ** 2,
        lambda x: 2 * a * (a @ x - 1),
        lambda x: 2 * np.outer(a, a),
        [3.0, 1.0, 0.0],
    )
    assert result.n_iter == 1
    assert result.kind == "degenerate"
    # x − a(aᵀx − 1)/aᵀa is the nearest point of the plane aᵀx = 1.
    np.testing.assert_allclose(result.x, [2, 0, 1], atol=1e-14)


def test_newton_stalls_where_the_hessian_offers_no_step():
    result = newton(lambda x: x @ x, lambda x: 2 * x, lambda x: np.zeros((1, 1)), [1.0])
    assert result.status is Status.STALLED
    assert result.kind == "not critical"


def test_newton_may_cycle_and_may_diverge():
    cycle = newton(
        lambda x: x[0] ** 4 / 4 - x[0] ** 2 + 2 * x[0],
        lambda x: x**3 - 2 * x + 2,
        lambda x: (3 * x**2 - 2)[:, None],
        [0.0],
    )
    assert cycle.status is Status.MAX_ITER
    assert set(cycle.path.ravel()) == {0.0, 1.0}

    def well(x0):
        return newton(
            lambda x: np.sqrt(1 + x[0] ** 2),
            lambda x: x / np.sqrt(1 + x**2),
            lambda x: (1 + x[:, None] ** 2) ** -1.5,
            [x0],
        )

    assert well(1.1).status is Status.DIVERGED
    assert well(0.9).converged


def test_newtons_result_is_a_result_that_reports_its_kind():
    p = saddle()
    result = newton(p.f, p.grad, p.hess, p.x0)
    assert isinstance(result, Result)
    assert isinstance(result, NewtonResult)
    assert repr(result).startswith("NewtonResult: CONVERGED after 1 iteration.")
    assert "  kind = saddle" in repr(result)


# ---- what is promised of inputs


def test_inputs_are_left_alone_and_integers_do():
    p = himmelblau()
    x0 = np.array([1, 2])
    for method in ("armijo", "optimal"):
        from_ints = gradient_descent(p.f, p.grad, x0, method)
        from_floats = gradient_descent(p.f, p.grad, [1.0, 2.0], method)
        assert np.array_equal(from_ints.path, from_floats.path)
    assert np.array_equal(newton(p.f, p.grad, p.hess, x0).path[0], [1, 2])
    assert x0.tolist() == [1, 2]


def test_a_gradient_may_fill_the_same_array_again():
    p, buffer = rosenbrock(), np.empty(2)

    def grad(x):
        buffer[:] = p.grad(x)
        return buffer

    for epsilon in (1e-3, "armijo"):
        reused = gradient_descent(p.f, grad, p.x0, epsilon, max_iter=30)
        fresh = gradient_descent(p.f, p.grad, p.x0, epsilon, max_iter=30)
        assert np.array_equal(reused.path, fresh.path)


P = rosenbrock()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"f": 1}, "f must be callable"),
        ({"grad": None}, "grad must be callable"),
        ({"hvp": 3}, "hvp must be callable"),
        ({"x0": []}, "x0 must not be empty"),
        ({"x0": [[1.0, 2.0]]}, "x0 must have 1 axes"),
        ({"x0": [np.nan, 1]}, "x0 must be finite"),
        ({"x0": [1j, 1]}, "x0 must hold real numbers"),
        ({"epsilon": 0}, "epsilon must be positive; it is 0"),
        ({"epsilon": -0.1}, r"epsilon must be positive; it is -0\.1"),
        ({"epsilon": np.inf}, "epsilon must be finite"),
        ({"epsilon": None}, "epsilon must hold real numbers"),
        ({"epsilon": "wolfe"}, "epsilon must be one of 'armijo', 'optimal'; it is 'wolfe'"),
        ({"tol": 0}, "tol must be positive; it is 0"),
        ({"max_iter": 0}, "max_iter must be an integer of at least 1; it is 0"),
        ({"max_iter": 1.5}, "max_iter must be an integer"),
        ({"f": lambda x: x}, r"f must return an array of shape \(\); at x = \[-1.2, 1\]"),
        ({"f": lambda x: 1j}, "f must return real numbers"),
        ({"f": lambda x: np.nan}, r"f must return finite values; at x = \[-1.2, 1\]"),
        ({"grad": lambda x: x[:1]}, r"grad must return an array of shape \(2,\)"),
        ({"grad": lambda x: x * np.inf}, "grad must return finite values"),
        ({"hvp": lambda x, v: v[:1], "epsilon": "optimal"}, "hvp must return .* shape"),
        ({"hvp": lambda x, v: v * np.nan, "epsilon": "optimal"}, "hvp must return finite"),
    ],
)
def test_bad_arguments_of_gradient_descent_are_named(changes, message):
    arguments = {"f": P.f, "grad": P.grad, "x0": P.x0, "epsilon": "armijo", **changes}
    with pytest.raises(ValueError, match=message):
        gradient_descent(**arguments)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"f": 1}, "f must be callable"),
        ({"grad": 1}, "grad must be callable"),
        ({"hess": 1}, "hess must be callable"),
        ({"x0": 1.0}, "x0 must have 1 axes"),
        ({"tol": -1}, "tol must be positive"),
        ({"max_iter": "3"}, "max_iter must be an integer"),
        ({"grad": lambda x: 1.0}, "grad must return an array of shape"),
        ({"hess": lambda x: x}, r"hess must return an array of shape \(2, 2\)"),
        ({"hess": lambda x: np.full((2, 2), np.nan)}, "hess must return finite values"),
    ],
)
def test_bad_arguments_of_newton_are_named(changes, message):
    arguments = {"f": P.f, "grad": P.grad, "hess": P.hess, "x0": P.x0, **changes}
    with pytest.raises(ValueError, match=message):
        newton(**arguments)


def test_nan_at_an_ordinary_point_is_an_error_that_gives_the_point():
    with pytest.raises(ValueError, match=r"f must return finite values; at x = \[-3.66667\]"):
        gradient_descent(lambda x: x[0] - np.log(x[0]), lambda x: 1 - 1 / x, [3.0], 10.0)
    with pytest.raises(ValueError, match=r"grad must return finite values; at x = \[0, 0\]"):
        gradient_descent(norm, lambda x: x / norm(x), [3.0, 4.0], 5.0)


@pytest.mark.parametrize("epsilon", [0.1, "armijo", "optimal"])
def test_a_gradient_that_writes_on_its_argument_moves_nothing(epsilon):
    A = np.diag([1.0, 10.0])

    def grad(x):
        g = A @ x
        x += 5
        return g

    result = gradient_descent(lambda x: x @ A @ x / 2, grad, [10.0, 1.0], epsilon)
    np.testing.assert_allclose(result.x, 0, atol=1e-6)
    assert result.converged


@pytest.mark.parametrize("answer", [1e-12, 1.0, 1e12])
def test_a_start_at_zero_lends_no_unit_to_the_tolerance(answer):
    def f(x):
        return (x[0] - answer) ** 2

    for result in (
        newton(f, lambda x: 2 * (x - answer), lambda x: np.array([[2.0]]), [0.0]),
        gradient_descent(f, lambda x: 2 * (x - answer), [0.0], 0.3),
    ):
        assert result.converged
        np.testing.assert_allclose(result.x, [answer], rtol=1e-7)

"""The functions to minimize: exact derivatives, published values, known minimizers."""

from types import FunctionType

import numpy as np
import pytest
import scipy.optimize

from companion import problems
from companion.problems import (
    CONSTRAINED,
    UNCONSTRAINED,
    ConstrainedProblem,
    Problem,
    bowl,
    helical_valley,
    hill_and_hollow,
    hs71,
    rastrigin,
    rosenbrock,
    trigonometric,
    variably_dimensioned,
)

PROBLEMS = [
    *(make() for make in UNCONSTRAINED),
    bowl([1, 3, 20], angle=1.0),
    bowl([1, 4], center=[2.4, 0.9]),
    rastrigin(1),
    rosenbrock(5),
    rosenbrock(3, steepness=1),
    variably_dimensioned(1),
    trigonometric(2),
]
HS71 = hs71()


def each(cases):
    return pytest.mark.parametrize("p", cases, ids=lambda p: f"{p.name}-{len(p.x0)}")


def near_start(p, seed=0):
    """A point where nothing vanishes by chance."""
    return p.x0 + 0.3 * np.random.default_rng(seed).uniform(-1, 1, len(p.x0))


def complex_step(f, x, h=1e-30):
    """The Jacobian of f by Im f(x + ih eⱼ)/h: exact to rounding where f is analytic."""
    columns = [f(x + 1j * h * e).imag / h for e in np.eye(len(x))]
    return np.stack(columns, axis=-1)


def assert_close(actual, expected, tol=1e-12):
    assert np.shape(actual) == np.shape(expected)
    assert np.linalg.norm(actual - expected) <= tol * (1e-300 + np.linalg.norm(expected))


# ---- derivatives


@each(PROBLEMS)
def test_gradient_is_the_complex_step_of_f(p):
    for seed in range(3):
        x = near_start(p, seed)
        assert_close(p.grad(x), complex_step(p.f, x))


@each(PROBLEMS)
def test_hessian_is_the_complex_step_of_the_gradient(p):
    for seed in range(3):
        x = near_start(p, seed)
        assert_close(p.hess(x), complex_step(p.grad, x))


@each(PROBLEMS)
def test_hessian_is_symmetric(p):
    H = p.hess(near_start(p))
    assert H.shape == (len(p.x0), len(p.x0))
    assert H.dtype == float
    np.testing.assert_allclose(H, H.T, rtol=0, atol=1e-14 * np.abs(H).max())


@each(PROBLEMS)
def test_gradient_agrees_with_scipys_differences(p):
    x = near_start(p)
    numeric = scipy.optimize.approx_fprime(x, p.f, 1e-7 * np.maximum(1, np.abs(x)))
    error = np.abs(numeric - p.grad(x)).max()
    assert error <= 1e-6 * (np.abs(p.hess(x)).max() + np.abs(p.f(x)))


# Brown's f, of size 10¹², hides its remainders in its rounding.
@each([p for p in PROBLEMS if p.name != "Brown badly scaled"])
def test_taylor_remainders_shrink_like_the_second_and_third_power(p):
    x = near_start(p)
    d = np.random.default_rng(1).normal(size=len(x)) * np.maximum(0.5, np.abs(x))
    f0, g, H = p.f(x), p.grad(x), p.hess(x)
    t = np.array([8, 4, 2, 1]) * 6e-4
    change = np.array([p.f(x + t_k * d) for t_k in t]) - f0
    first = np.abs(change - t * (g @ d))
    second = np.abs(change - t * (g @ d) - t**2 / 2 * (d @ H @ d))
    assert np.polyfit(np.log(t), np.log(first), 1)[0] == pytest.approx(2, abs=0.15)
    if p.name in ("bowl", "valley", "saddle", "Booth"):
        assert second.max() <= 1e-14 * (1 + abs(f0))
    else:
        assert np.polyfit(np.log(t), np.log(second), 1)[0] == pytest.approx(3, abs=0.15)


def test_rosenbrock_agrees_with_scipys():
    p = rosenbrock(6)
    for seed in range(3):
        x = near_start(p, seed)
        assert p.f(x) == pytest.approx(scipy.optimize.rosen(x), rel=1e-13)
        assert_close(p.grad(x), scipy.optimize.rosen_der(x))
        assert_close(p.hess(x), scipy.optimize.rosen_hess(x))


def test_helical_valley_has_the_published_angle():
    p = helical_valley()
    for x in np.random.default_rng(0).normal(size=(50, 3)):
        x1, x2, x3 = x
        theta = np.arctan(x2 / x1) / (2 * np.pi) + (0.5 if x1 < 0 else 0)
        published = 100 * ((x3 - 10 * theta) ** 2 + (np.hypot(x1, x2) - 1) ** 2) + x3**2
        assert p.f(x) == pytest.approx(published, rel=1e-11)


# ---- shapes


@each(PROBLEMS)
def test_f_and_gradient_map_columns_to_columns(p):
    X = p.x0[:, None, None] + np.random.default_rng(2).normal(size=(len(p.x0), 2, 3))
    f, g = p.f(X), p.grad(X)
    assert f.shape == (2, 3)
    assert g.shape == X.shape
    for i, j in np.ndindex(2, 3):
        assert f[i, j] == pytest.approx(p.f(X[:, i, j]), rel=1e-12)
        assert_close(g[:, i, j], p.grad(X[:, i, j]))


@each(PROBLEMS)
def test_inputs_are_left_alone_and_integers_do(p):
    x = np.arange(1, len(p.x0) + 1)
    expected = p.f(x.astype(float)), p.grad(x.astype(float)), p.hess(x.astype(float))
    for value, float_value in zip((p.f(x), p.grad(x), p.hess(x)), expected, strict=True):
        np.testing.assert_allclose(value, float_value, rtol=1e-14)
    assert np.array_equal(x, np.arange(1, len(p.x0) + 1))


@each(PROBLEMS)
def test_a_problem_is_called_like_its_f(p):
    assert p(p.x0) == p.f(p.x0)
    assert np.ndim(p(p.x0)) == 0


def test_each_call_makes_new_arrays():
    first = rosenbrock()
    first.x0[:] = 7
    first.minimizers[:] = 7
    H = bowl().hess(np.zeros(2))
    H[:] = 7
    assert rosenbrock().x0.tolist() == [-1.2, 1]
    assert rosenbrock().minimizers.tolist() == [[1, 1]]
    p = bowl()
    p.hess(p.x0)[:] = 7
    assert p.hess(p.x0)[0, 0] != 7


# ---- minimizers and published values


@each(PROBLEMS)
def test_minimizers_are_critical_points_without_downward_curvature(p):
    assert p.minimizers.shape[1] == len(p.x0)
    for x in p.minimizers:
        H = p.hess(x)
        assert np.linalg.norm(p.grad(x)) <= 1e-14 * np.abs(H).max() * (1 + np.linalg.norm(x))
        eigenvalues = np.linalg.eigvalsh(H)
        assert eigenvalues[0] >= -1e-14 * eigenvalues[-1]


@each(PROBLEMS)
def test_no_point_nearby_is_lower_than_a_minimizer(p):
    rng = np.random.default_rng(3)
    for x in p.minimizers:
        nearby = x[:, None] + 1e-2 * np.maximum(1e-3, np.abs(x))[:, None] * rng.normal(
            size=(len(x), 200)
        )
        assert p.f(nearby).min() >= p.f(x)


@each(PROBLEMS)
def test_the_lowest_minimizer_comes_first(p):
    values = [p.f(x) for x in p.minimizers]
    assert all(values[0] <= value + 1e-20 for value in values)


def test_a_hill_a_hollow_and_two_passes():
    p = hill_and_hollow()
    eigenvalues = {(1, 0): [6, 18], (-1, 0): [-18, -6], (0, 1): [-6, 18], (0, -1): [-18, 6]}
    for x, expected in eigenvalues.items():
        assert np.array_equal(p.grad(np.array(x)), [0, 0])
        np.testing.assert_allclose(np.linalg.eigvalsh(p.hess(np.array(x))), expected)


def test_saddles_have_no_minimizer_and_a_flat_point_at_0():
    without = [p.name for p in PROBLEMS if len(p.minimizers) == 0]
    assert without == ["saddle", "monkey saddle"]
    for p in PROBLEMS:
        if p.name in without:
            assert np.array_equal(p.grad(np.zeros(2)), np.zeros(2))
            eigenvalues = np.linalg.eigvalsh(p.hess(np.array([0.1, 0.2])))
            assert eigenvalues[0] < 0 < eigenvalues[-1]


@pytest.mark.parametrize(
    ("name", "start", "least"),
    [
        # f at the standard start, and the least f, as published with the collection.
        ("rosenbrock", 24.2, 0),
        ("freudenstein_roth", 400.5, 0),
        ("powell_badly_scaled", 1.13526172, 0),
        ("brown_badly_scaled", 999998000003.0, 0),
        ("beale", 14.203125, 0),
        ("helical_valley", 2500, 0),
        ("box_three_dimensional", 1031.15381, 0),
        ("powell_singular", 215, 0),
        ("wood", 19192, 0),
        ("brown_dennis", 7926693.336997432, 85822.2016263563),
        ("variably_dimensioned", 2198551.1625, 0),
        ("trigonometric", 0.00707575946622, 0),
        ("himmelblau", 170, 0),
        ("booth", 74, 0),
    ],
)
def test_published_values(name, start, least):
    p = getattr(problems, name)()
    assert p(p.x0) == pytest.approx(start, rel=1e-8)
    assert p(p.minimizers[0]) == pytest.approx(least, rel=1e-12, abs=1e-25)


@each([p for p in PROBLEMS if len(p.minimizers)])
def test_scipy_finds_nothing_lower(p):
    result = scipy.optimize.minimize(p.f, p.x0, jac=p.grad, hess=p.hess, method="trust-exact")
    assert p.f(p.minimizers[0]) <= result.fun + 1e-12 * abs(result.fun)


def test_freudenstein_roths_local_minimizer_traps():
    p = problems.freudenstein_roth()
    result = scipy.optimize.minimize(p.f, p.x0, jac=p.grad, hess=p.hess, method="trust-exact")
    np.testing.assert_allclose(result.x, p.minimizers[1], rtol=1e-6)
    assert p(p.minimizers[1]) == pytest.approx(48.98425367924, rel=1e-12)


def test_box_is_zero_wherever_its_exponentials_cancel():
    p = problems.box_three_dimensional()
    assert p(np.array([3.0, 3.0, 0.0])) == 0


# ---- shapes of the plane


def test_bowl_has_the_eigenvalues_asked_for():
    eigenvalues = [7, 1, 30, 2]
    p = bowl(eigenvalues, angle=0.4)
    H = p.hess(p.x0)
    np.testing.assert_allclose(np.linalg.eigvalsh(H), sorted(eigenvalues), rtol=1e-13)
    assert np.count_nonzero(np.abs(H) < 1e-3) == 0


def test_bowl_turns_by_its_angle():
    p = bowl([1, 4], angle=0.3)
    axis = np.array([np.cos(0.3), np.sin(0.3)])
    np.testing.assert_allclose(p.hess(p.x0) @ axis, axis, rtol=1e-14)
    assert p(axis) == pytest.approx(0.5)


def test_bowl_without_angle_is_diagonal():
    assert bowl([2, 5], angle=0).hess(np.zeros(2)).tolist() == [[2, 0], [0, 5]]


def test_bowl_has_its_bottom_at_its_center():
    center = np.array([1.0, -2.0, 0.5])
    p, q, d = bowl([1, 3, 20], center=center), bowl([1, 3, 20]), np.array([0.3, 0.1, -0.7])
    assert p(center) == 0
    assert p(center + d) == pytest.approx(q(d), rel=1e-13)
    np.testing.assert_array_equal(p.minimizers, [center])


def test_valley_is_level_along_its_floor():
    p = problems.valley()
    assert p(np.array([0.0, 123.0])) == 0
    assert p(np.array([3.0, 123.0])) == 4.5


def test_rastrigin_has_local_minimizers_near_the_integers():
    p = rastrigin()
    result = scipy.optimize.minimize(p.f, [1, 1], jac=p.grad, hess=p.hess, method="trust-exact")
    np.testing.assert_allclose(result.x, [0.99496, 0.99496], atol=1e-5)
    assert p(result.x) > p(p.minimizers[0]) + 1


# ---- with constraints


def test_hs71_derivatives_are_the_complex_steps():
    x = HS71.x0 + np.array([0.1, -0.2, 0.3, 0.4])
    assert_close(HS71.grad(x), complex_step(HS71.f, x))
    assert_close(HS71.eq_jac(x), complex_step(HS71.eq, x))
    assert_close(HS71.ineq_jac(x), complex_step(HS71.ineq, x))
    assert HS71.eq(x).shape == (1,)
    assert HS71.ineq(x).shape == (9,)


def test_hs71_satisfies_the_kkt_conditions_at_its_minimizer():
    (x,) = HS71.minimizers
    assert HS71.f(x) == pytest.approx(17.0140172891563, rel=1e-14)
    assert abs(HS71.eq(x)[0]) < 1e-13
    ineq = HS71.ineq(x)
    active = np.flatnonzero(ineq > -1e-9)
    assert active.tolist() == [0, 1]
    assert ineq.max() < 1e-13
    J = np.vstack([HS71.eq_jac(x), HS71.ineq_jac(x)[active]])
    multipliers, *_ = np.linalg.lstsq(J.T, -HS71.grad(x))
    assert np.linalg.norm(HS71.grad(x) + J.T @ multipliers) < 1e-13
    # As published: λ = 0.1615, and 0.5523 and 1.0879 for the product and the bound on x₁.
    np.testing.assert_allclose(multipliers, [0.16147, 0.55229, 1.08787], atol=1e-5)


def test_scipy_agrees_on_hs71():
    result = scipy.optimize.minimize(
        HS71.f,
        HS71.x0,
        jac=HS71.grad,
        method="SLSQP",
        options={"ftol": 1e-12},
        constraints=[
            {"type": "eq", "fun": HS71.eq, "jac": HS71.eq_jac},
            {"type": "ineq", "fun": lambda x: -HS71.ineq(x), "jac": lambda x: -HS71.ineq_jac(x)},
        ],
    )
    np.testing.assert_allclose(result.x, HS71.minimizers[0], atol=1e-6)


def test_constrained_problems_come_with_start_and_minimizer():
    for make in CONSTRAINED:
        p = make()
        assert p.name
        assert p.minimizers.shape[1] == len(p.x0)


# ---- the tables and the two classes


def test_the_table_names_every_problem_once():
    makers = {
        value
        for name, value in vars(problems).items()
        if callable(value) and isinstance(value, FunctionType)
        if name[0] != "_" and name[0].islower()
    }
    assert makers == {*UNCONSTRAINED, *CONSTRAINED}
    names = [make().name for make in (*UNCONSTRAINED, *CONSTRAINED)]
    assert len(set(names)) == len(names)


def parabola(**changes):
    parts = {
        "name": "parabola",
        "f": lambda x: x @ x,
        "grad": lambda x: 2 * x,
        "hess": lambda x: 2 * np.eye(2),
        "x0": [1, 2],
        "minimizers": [[0, 0]],
    }
    return Problem(**{**parts, **changes})


def test_a_problem_keeps_float_arrays():
    p = parabola()
    assert p.x0.dtype == p.minimizers.dtype == float
    assert repr(p) == "Problem: parabola, n = 2"
    assert parabola(minimizers=np.empty((0, 2))).minimizers.shape == (0, 2)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"f": 1}, "f must be callable; it is 1"),
        ({"grad": None}, "grad must be callable; it is None"),
        ({"hess": "H"}, "hess must be callable"),
        ({"x0": [[1.0]]}, "x0 must have 1 axes"),
        ({"x0": [np.nan, 0]}, "x0 must be finite"),
        ({"minimizers": [0, 0]}, "minimizers must have 2 axes"),
        ({"minimizers": [[0, 0, 0]]}, "minimizers must have rows as long as x0, 2; .* is 3"),
    ],
)
def test_bad_parts_of_a_problem_are_named(changes, message):
    with pytest.raises(ValueError, match=message):
        parabola(**changes)


def test_a_constrained_problem_needs_f_and_grad_only():
    p = ConstrainedProblem(lambda x: x @ x, lambda x: 2 * x)
    assert p.eq is p.eq_jac is p.ineq is p.ineq_jac is p.x0 is p.minimizers is None
    assert repr(p) == "ConstrainedProblem with no constraint"
    assert repr(HS71) == "ConstrainedProblem: HS71, with eq and ineq"
    by_position = ConstrainedProblem(*(getattr(HS71, name) for name in ("f", "grad", "eq")))
    assert by_position.eq is HS71.eq
    assert repr(by_position) == "ConstrainedProblem with eq"
    assert ConstrainedProblem(HS71.f, HS71.grad, minimizers=[[1, 2]]).minimizers.shape == (1, 2)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"f": 0}, "f must be callable"),
        ({"grad": 0}, "grad must be callable"),
        ({"eq": 0}, "eq must be callable"),
        ({"ineq": [1]}, "ineq must be callable"),
        ({"eq": HS71.eq, "eq_jac": 0}, "eq_jac must be callable"),
        ({"ineq_jac": HS71.ineq_jac}, "ineq_jac must come with ineq; ineq is None"),
        ({"eq_jac": HS71.eq_jac}, "eq_jac must come with eq; eq is None"),
        ({"x0": []}, "x0 must not be empty"),
        ({"x0": [1, 2], "minimizers": [[1]]}, "minimizers must have rows as long as x0"),
    ],
)
def test_bad_parts_of_a_constrained_problem_are_named(parts, message):
    with pytest.raises(ValueError, match=message):
        ConstrainedProblem(**{"f": HS71.f, "grad": HS71.grad, **parts})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: bowl([1, 0]), "eigenvalues must be positive; the smallest is 0"),
        (lambda: bowl([]), "eigenvalues must not be empty"),
        (lambda: bowl(angle=np.inf), "angle must be finite"),
        (lambda: bowl([1, 2], center=[1]), "center must be as long as eigenvalues, 2"),
        (lambda: rosenbrock(1), "n must be an integer of at least 2; it is 1"),
        (lambda: rosenbrock(steepness=0), "steepness must be positive; it is 0"),
        (lambda: rastrigin(0), "n must be an integer of at least 1; it is 0"),
        (lambda: trigonometric(2.5), "n must be an integer"),
        (lambda: variably_dimensioned(True), "n must be an integer"),
    ],
)
def test_bad_sizes_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()

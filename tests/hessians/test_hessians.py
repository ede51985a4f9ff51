"""Hessians and their products: symmetry first, derivatives by hand, then what must be refused."""

import tracemalloc
from contextlib import nullcontext, suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import differentiate

from companion import problems
from companion.hessians import (
    classify_critical_point,
    directional_curvature,
    hessian,
    hessian_vector_product,
)
from companion.jacobians import METHODS, jacobian

TOLERANCE = dict(zip(METHODS, (1e-3, 1e-6, 1e-9, 1e-8, 1e-8, 1e-8), strict=True))
WITH_GRADIENT = dict(zip(METHODS, (1e-5, 1e-8, 1e-10, 1e-13, 1e-13, 1e-13), strict=True))
PRODUCTS = ("forward", "central", "complex-step")

each_method = pytest.mark.parametrize("method", METHODS)
each_product = pytest.mark.parametrize("method", PRODUCTS)
points = st.lists(
    st.floats(-1.5, 1.5).map(lambda t: t + np.copysign(0.5, t)), min_size=2, max_size=5
).map(np.array)


def f(x):
    return np.sum(np.exp(x / 2)) + x[0] ** 2 * np.sin(x[1])


def grad(x):
    head = [2 * x[0] * np.sin(x[1]), x[0] ** 2 * np.cos(x[1])]
    return np.exp(x / 2) / 2 + np.concatenate([np.stack(head), 0 * x[2:]])


def hess(x):
    H = np.diag(np.exp(x / 2) / 4)
    H[0, 0] += 2 * np.sin(x[1])
    H[0, 1] = H[1, 0] = 2 * x[0] * np.cos(x[1])
    H[1, 1] -= x[0] ** 2 * np.sin(x[1])
    return H


def peano(x):
    a, b = x
    return a * b * (a**2 - b**2) / (a**2 + b**2) if x.any() else 0.0


def peano_grad(x):
    a, b = x
    if not x.any():
        return np.zeros(2)
    common = (a**2 + b**2) ** 2
    return np.array(
        [
            b * (a**4 + 4 * a**2 * b**2 - b**4) / common,
            a * (a**4 - 4 * a**2 * b**2 - b**4) / common,
        ]
    )


# hessian


@each_method
@given(points)
@settings(deadline=None, derandomize=True, max_examples=15)
def test_is_exactly_symmetric_and_agrees_with_derivatives_by_hand(method, x):
    size = max(1.0, np.abs(hess(x)).max())
    for H, tolerance in (
        (hessian(f, x, method=method), TOLERANCE[method]),
        (hessian(f, x, grad=grad, method=method), WITH_GRADIENT[method]),
    ):
        np.testing.assert_array_equal(H, H.T)
        assert np.abs(H - hess(x)).max() <= tolerance * size


@pytest.mark.parametrize("x", [[-1.59375, 0.59375, -1.5], [-1.27065117, 1.11183097, -0.9544656]])
def test_what_cancels_along_the_line_of_the_check_is_no_false_alarm(x):
    """H's entries are near 1, and vᵀHv is some hundredths."""
    x = np.array(x)
    assert np.abs(hessian(f, x, method="forward") - hess(x)).max() <= TOLERANCE["forward"]


@each_method
@pytest.mark.parametrize("n", [2, 7, 300])
def test_a_gradient_of_columns_gives_the_same(method, n):
    x = np.linspace(0.5, 1.5, n)
    H = hessian(f, x, grad=grad, method=method, vectorized=True)
    assert np.abs(H - hess(x)).max() <= WITH_GRADIENT[method] * np.abs(hess(x)).max()
    np.testing.assert_array_equal(H, H.T)


def test_agrees_with_scipy():
    x = np.array([0.4, -1.2])
    theirs = differentiate.hessian(lambda x: np.exp(x).sum(axis=0) + x[0] ** 2 * x[1], x).ddf
    ours = hessian(lambda x: np.exp(x).sum() + x[0] ** 2 * x[1], x)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("make", problems.UNCONSTRAINED)
def test_hessians_of_the_problems(make):
    problem = make()
    for x in (problem.x0, *problem.minimizers):
        H = hessian(problem.f, x, grad=problem.grad)
        assert np.abs(H - problem.hess(x)).max() <= 1e-5 * np.abs(problem.hess(x)).max()


@pytest.mark.parametrize(("method", "slope"), [("forward", 1), ("central", 2)])
def test_second_differences_have_the_error_of_their_order(method, slope):
    # The step is a fixed share of x: so is the error, of a function of the same shape.
    errors = []
    for k in (1, 10, 100):
        H = hessian(lambda x, k=k: np.exp(k * x[0]), [1.0 * 40 / k], method=method).item()
        errors.append(abs(H / (k**2 * np.exp(40.0)) - 1))
    assert np.ptp(errors) <= 0.5 * max(errors)
    steeper = hessian(lambda x: np.exp(80 * x[0]), [1.0], method=method).item()
    ratio = abs(steeper / (80**2 * np.exp(80.0)) - 1) / errors[0]
    assert np.log2(ratio) == pytest.approx(slope, abs=0.3)


@each_method
def test_flat_points(method):
    for power, expected in ((2, 2), (3, 0), (4, 0)):
        H = hessian(lambda x, power=power: x[0] ** power, [0.0], method=method)
        assert H.item() == pytest.approx(expected, abs=1e-4)
    monkey = hessian(lambda x: x[0] ** 3 - 3 * x[0] * x[1] ** 2, [0, 0], method=method)
    np.testing.assert_allclose(monkey, 0, atol=1e-4)


@each_method
def test_an_odd_gradient_at_a_flat_point(method):
    H = hessian(
        None, [0, 0], grad=lambda x: np.stack([3 * x[0] ** 2, -6 * x[1] ** 2]), method=method
    )
    np.testing.assert_allclose(H, 0, atol=1e-6)


@each_method
def test_the_function_is_not_called_where_the_gradient_is_given(method):
    def refuse(x):
        raise AssertionError

    np.testing.assert_allclose(
        hessian(refuse, [1.0, 2.0], grad=lambda x: x, method=method), np.eye(2), atol=1e-6
    )


@each_method
def test_symmetry_fails_for_peano_and_that_is_reported(method):
    with pytest.raises(ValueError, match=r"symmetric|no Hessian|not differentiable|must be diff"):
        hessian(peano, [0.0, 0.0], method=method)


def test_the_mixed_derivatives_of_peano_differ():
    # At a step of one's own the Jacobian of the gradient is not checked; the Hessian always is.
    J = jacobian(peano_grad, [0.0, 0.0], step=1e-3)
    np.testing.assert_allclose(J, [[0, -1], [1, 0]], atol=1e-9)
    with pytest.raises(ValueError, match="grad"):
        hessian(peano, [0.0, 0.0], grad=peano_grad)


@each_method
@pytest.mark.parametrize(
    "wrong", [lambda x: x[::-1] * [1, 2], lambda x: np.stack([x[1], -x[0]]), lambda x: x * x[0]]
)
def test_what_is_not_a_gradient_is_refused(method, wrong):
    with pytest.raises(ValueError, match="grad must be the gradient of a smooth f; at x = "):
        hessian(None, [1.0, 2.0], grad=lambda x: wrong(x * np.ones(2)), method=method)


@each_method
def test_what_is_no_gradient_of_columns_is_refused_too(method):
    def columns_only(X):
        assert X.ndim == 2
        return X[::-1] * np.array([[1], [2]])

    with pytest.raises(ValueError, match="grad must be the gradient of a smooth f"):
        hessian(None, [1.0, 2.0], grad=columns_only, method=method, vectorized=True)


def test_rounding_in_a_gradient_is_no_asymmetry():
    def rounded(x):
        return np.array([3.0, -2.0]) + 1e-16 * np.sin(1e9 * x[::-1] + [1, 2])

    np.testing.assert_allclose(hessian(None, [1.0, 2.0], grad=rounded), 0, atol=1e-9)


@pytest.mark.parametrize("method", ["forward", "central", "richardson"])
@pytest.mark.parametrize("kinked", [lambda x: abs(x[0]), lambda x: x[0] * abs(x[0])])
def test_kinks_are_refused(method, kinked):
    with pytest.raises(ValueError, match=r"f at x = \[0\] (jumps|has no Hessian)"):
        hessian(kinked, [0.0], method=method)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": []}, "x must not be empty"),
        ({"method": "newton"}, "method must be one of"),
        ({"f": 1}, "f must be callable"),
        ({"grad": 1}, "grad must be callable"),
        ({"vectorized": True}, "vectorized must be False without grad"),
        ({"f": lambda x: x}, r"f must return a number; it returned shape \(2,\)"),
        ({"f": lambda x: x, "method": "complex-step"}, "f must return a number; it returned"),
        ({"f": lambda x: np.nan}, "f must return finite values"),
        ({"grad": lambda x: x[:1]}, r"grad must return shape \(2,\); it returned \(1,\)"),
        ({"grad": lambda x: x[[0, 1, 1]]}, r"grad must return shape \(2,\); it returned \(3,\)"),
        (
            {"grad": lambda x: x[:, None] * x},
            r"grad must return shape \(2,\); it returned \(2, 2\)",
        ),
        ({"grad": lambda x: x * np.nan}, "grad must return finite values"),
    ],
)
def test_bad_arguments_of_hessian_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        hessian(**{"f": f, "x": [1.0, 2.0]} | arguments)


def test_a_second_difference_that_leaves_the_domain_is_reported():
    with pytest.raises(
        ValueError, match=r"f must return finite values; near x = \[1\] it does not"
    ):
        hessian(lambda x: np.sqrt(x[0] - 1 + 1e-4), [1.0])


# hessian_vector_product


@each_product
@given(points, st.integers(0, 2**31), st.sampled_from([1e-8, 1.0, 1e8]))
@settings(deadline=None, derandomize=True, max_examples=20)
def test_a_product_is_that_of_the_hessian(method, x, seed, length):
    v = np.random.default_rng(seed).standard_normal(len(x)) * length
    Hv = hessian_vector_product(grad, x, v, method=method)
    tolerance = {"forward": 1e-5, "central": 1e-8, "complex-step": 1e-13}[method]
    assert np.abs(Hv - hess(x) @ v).max() <= tolerance * np.abs(v).max() * np.abs(hess(x)).sum()


@each_product
def test_products_are_linear_and_symmetric(method):
    x, (u, v) = np.array([0.5, 1.0, -0.7]), np.random.default_rng(0).standard_normal((2, 3))
    Hu, Hv, Huv = (hessian_vector_product(grad, x, w, method=method) for w in (u, v, 2 * u - 3 * v))
    np.testing.assert_allclose(Huv, 2 * Hu - 3 * Hv, atol=1e-5)
    assert u @ Hv == pytest.approx(v @ Hu, abs=1e-6)


@each_product
def test_nothing_times_zero(method):
    np.testing.assert_array_equal(
        hessian_vector_product(grad, [1.0, 2.0], [0, 0], method=method), [0, 0]
    )


@each_product
@pytest.mark.parametrize("size", [1e-8, 1e-3, 1.0, 1e8])
def test_products_suit_the_scale_of_x(method, size):
    x = np.array([1.0, 2.0]) * size
    Hv = hessian_vector_product(lambda x: 1 / x, x, [size, size], method=method)
    np.testing.assert_allclose(Hv, -size / x**2, rtol=1e-6)
    Hv = hessian_vector_product(lambda x: x + 1, x, [1, -1], method=method)
    np.testing.assert_allclose(Hv, [1, -1], rtol=1e-4 if method == "forward" else 1e-6)


@each_product
@pytest.mark.parametrize("x", [[0.0, 0.0], [1.0, 0.0], [1.0, 1e-12], [1e10, 1.0]])
def test_products_along_small_components(method, x):
    Hv = hessian_vector_product(lambda x: np.sin(x) + np.cos(x[0] - x[0]), x, [0, 1], method=method)
    np.testing.assert_allclose(Hv, [0, np.cos(x[1])], atol=1e-6)


@pytest.mark.parametrize("method", ["forward", "central"])
def test_a_gradient_that_reuses_its_memory_does_no_harm(method):
    out = np.empty(2)

    def reusing(x):
        out[:] = x**2
        return out

    def returning(x):
        return x

    x = np.array([1.0, 2.0])
    Hv = hessian_vector_product(reusing, x, [1.0, 1.0], method=method)
    np.testing.assert_allclose(Hv, [2, 4], rtol=1e-6)
    Hv = hessian_vector_product(returning, x, [1.0, 3.0], method=method)
    np.testing.assert_allclose(Hv, [1, 3], rtol=1e-6)
    np.testing.assert_array_equal(x, [1.0, 2.0])


@pytest.mark.parametrize("method", ["central", "forward"])
def test_a_product_takes_three_gradients_and_memory_linear_in_n(method):
    n, calls = 100_000, []

    def cubic(x):
        calls.append(1)
        return x**3

    x, v = np.random.default_rng(0).standard_normal((2, n))
    tracemalloc.start()
    Hv = hessian_vector_product(cubic, x, v, method=method)
    peak = tracemalloc.get_traced_memory()[1] / x.nbytes
    tracemalloc.stop()
    np.testing.assert_allclose(Hv, 3 * x**2 * v, atol=1e-4)
    assert len(calls) == 3  # one of them to see whether the other two can be believed
    assert peak <= 7


def test_complex_products_of_what_is_not_analytic_are_refused():
    for wrong in (np.abs, np.conj, lambda x: x * np.abs(x)):
        with pytest.raises(ValueError, match=r"grad at x = .* is not analytic"):
            hessian_vector_product(wrong, [1.0, -2.0], [1.0, 1.0], method="complex-step")
    with pytest.raises(ValueError, match="needs grad to compute with complex numbers"):
        hessian_vector_product(np.floor, [1.5], [1.0], method="complex-step")


JUMPS = [np.sign, lambda x: np.tanh(1e9 * x)]
KINKS = [np.abs, np.cbrt, np.floor, lambda x: np.maximum(x, 0)]


@pytest.mark.parametrize("method", ["forward", "central"])
@pytest.mark.parametrize(
    ("rough", "n"), [*((f, 2) for f in JUMPS + KINKS), *((f, 2000) for f in JUMPS)]
)
def test_a_gradient_that_jumps_or_has_a_kink_has_no_product(rough, n, method):
    x = np.zeros(n)
    x[1] = 1.5
    with pytest.raises(ValueError, match="jumps, has a kink, or changes too fast"):
        hessian_vector_product(rough, x, np.ones(n), method=method)


@pytest.mark.parametrize("size", [1e-6, 1e3])
def test_a_jump_inside_the_step_is_found_even_if_it_is_small(size):
    with pytest.raises(ValueError, match="jumps"):
        hessian_vector_product(lambda x: x + np.where(x > 1 + 1e-6, size, 0), [1.0, 1.0], [1, 1])


@each_product
@pytest.mark.parametrize("power", [2, 3, 5])
def test_where_the_product_is_zero_truncation_is_no_jump(power, method):
    Hv = hessian_vector_product(lambda x: x**power, [0.0, 0.0], [1.0, 2.0], method=method)
    np.testing.assert_allclose(Hv, 0, atol=1e-7)


def test_steep_but_smooth_gradients_have_products():
    x, k = np.array([1.0, 0.5]), 1e4
    Hv = hessian_vector_product(lambda x: np.tanh(k * (x - 1)), x, [1.0, 1.0])
    np.testing.assert_allclose(Hv, [k, 0], rtol=2e-3, atol=1e-6)
    A = np.array([[2.0, 1.0], [1.0, 3.0]])  # at its minimum, where the gradient is 0
    np.testing.assert_allclose(hessian_vector_product(lambda z: A @ (z - x), x, [1, 1]), [3, 4])


def test_a_product_that_is_lost_to_rounding_is_refused():
    with pytest.raises(ValueError, match=r"grad at x = .* has too few digits"):
        hessian_vector_product(lambda x: 1e8 + np.sin(x), [1.0, 1.0], [1, 1], method="forward")
    Hv = hessian_vector_product(lambda x: 1e8 + 0 * x, [1.0, 1.0], [1, 1], method="forward")
    np.testing.assert_array_equal(Hv, 0)


@pytest.mark.parametrize("x", [[1.0], [1.0, 2.0]])
@pytest.mark.parametrize(
    ("method", "offset"), [("central", 1e7), ("central", 1e8), ("forward", 1e6)]
)
def test_a_hessian_that_is_lost_to_rounding_is_refused(method, offset, x):
    def f(x):
        return offset + np.sin(x[0]) * np.cos(x[-1])

    with pytest.raises(ValueError, match="too few digits for the steps taken: along v"):
        hessian(f, x, method=method)


@pytest.mark.parametrize("method", ["forward", "central", "richardson"])
@pytest.mark.parametrize(
    ("f", "x", "exact"),
    [
        (lambda x: np.abs(x[0] - 1) + x[0] ** 2, [1 + 1e-8], 2),
        (lambda x: np.maximum(x[0] - 1, 0) + x[0] ** 2, [1 - 1e-7], 2),
        (lambda x: 1e11 + x[0] ** 2, [1.3], 2),
        (lambda x: (x[0] - 1e6) ** 4, [1e6 + 0.3], 12 * 0.3**2),
        (lambda x: np.float32(x[0]) ** 2, [1.3], 2),
        (lambda x: np.sin(1e5 * x[0]) / 1e5, [0.7], -1e5 * np.sin(7e4)),
    ],
)
def test_a_hessian_is_right_or_refused(f, x, exact, method):
    with suppress(ValueError):
        assert hessian(f, x, method=method).item() == pytest.approx(exact, rel=1e-2)


def test_a_product_is_right_or_refused():
    for k in 10.0 ** np.arange(9):
        with suppress(ValueError) if k > 1e2 else nullcontext():
            Hv = hessian_vector_product(lambda x, k=k: np.sin(k * x) / k, [0.7, 1.0], [1.0, 0.0])
            np.testing.assert_allclose(Hv, [np.cos(0.7 * k), 0], atol=1e-2)


def test_a_hessian_that_is_rounding_error_of_zero_is_refused_too():
    with pytest.raises(ValueError, match="too few digits for the steps taken: along v"):
        hessian(lambda x: 1e8 + x[0] - x[1], [0.0, 1.0], method="forward")


@pytest.mark.parametrize("method", ["forward", "central", "richardson"])
@pytest.mark.parametrize("f", [lambda x: x[0] - x[1], lambda x: x[0] ** 4, lambda x: 1e8])
def test_a_hessian_that_is_zero_is_not_lost(f, method):
    np.testing.assert_allclose(hessian(f, [0.0, 1.0], method=method), 0, atol=1e-4)


@each_product
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": []}, "x must not be empty"),
        ({"v": [1.0]}, "v must have length 2"),
        ({"v": [np.inf, 1.0]}, "v must be finite"),
        ({"grad": 1}, "grad must be callable"),
        ({"grad": lambda x: x[:1]}, r"grad must return an array of shape \(2,\)|same shape"),
        ({"grad": lambda x: x + np.nan}, "grad must return finite values"),
    ],
)
def test_bad_arguments_of_a_product_are_named(method, arguments, message):
    with pytest.raises(ValueError, match=message):
        hessian_vector_product(
            **{"grad": grad, "x": [1.0, 2], "v": [1.0, 2]} | arguments, method=method
        )


def test_only_some_methods_make_products():
    with pytest.raises(ValueError, match="method must be one of 'forward', 'central', 'complex-st"):
        hessian_vector_product(grad, [1.0, 2.0], [1.0, 2.0], method="reverse-mode")


# directional_curvature


@given(st.integers(1, 6), st.integers(0, 2**31), st.sampled_from([1e-200, 1.0, 1e200]))
@settings(deadline=None, derandomize=True, max_examples=30)
def test_a_curvature_lies_between_the_extreme_eigenvalues(n, seed, length):
    rng = np.random.default_rng(seed)
    A, d = rng.standard_normal((n, n)), rng.standard_normal(n)
    H = A + A.T
    eigenvalues, Q = np.linalg.eigh(H)
    curvature = directional_curvature(lambda v: H @ v, d * length)
    assert eigenvalues[0] - 1e-12 <= curvature <= eigenvalues[-1] + 1e-12
    weights = (Q.T @ d) ** 2 / (d @ d)
    assert curvature == pytest.approx(weights @ eigenvalues, abs=1e-10)
    assert directional_curvature(lambda v: H @ v, Q[:, 0]) == pytest.approx(eigenvalues[0])


def test_bad_directions_are_reported():
    with pytest.raises(ValueError, match="d must not be 0"):
        directional_curvature(lambda v: v, [0.0, 0.0])
    with pytest.raises(ValueError, match=r"hvp must return an array of shape \(2,\)"):
        directional_curvature(lambda v: 1.0, [1.0, 2.0])


# classify_critical_point


@pytest.mark.parametrize(
    ("H", "kind"),
    [
        ([[2, 0], [0, 1]], "minimum"),
        ([[-2, 0], [0, -1]], "maximum"),
        ([[2, 0], [0, -1]], "saddle"),
        ([[0, 1], [1, 0]], "saddle"),
        ([[2, 0], [0, 0]], "degenerate"),
        ([[0, 0], [0, 0]], "degenerate"),
        ([[-1, 0], [0, 1e-9]], "degenerate"),
        ([[1e-20, 0], [0, 2e-20]], "minimum"),
        (np.diag([1, 0, -1]), "saddle"),
    ],
)
def test_the_second_derivative_test(H, kind):
    found = classify_critical_point(np.zeros(len(H)), H)
    assert found.kind == kind
    np.testing.assert_allclose(found.eigenvalues, np.linalg.eigvalsh(H), atol=1e-15)
    assert repr(found).startswith(f"CriticalPoint: {kind}, eigenvalues [")


def test_a_gradient_comes_first():
    assert classify_critical_point([1e-3, 0], np.eye(2)).kind == "not critical"
    assert classify_critical_point([1e-3, 0], np.eye(2), tol=1e-2).kind == "minimum"
    assert classify_critical_point([1e-3, 0], 1e6 * np.eye(2)).kind == "minimum"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0, 0], [[1, 2], [0, 1]]), "H must be symmetric"),
        (([0, 0], np.eye(3)), r"H must have shape \(2, 2\)"),
        (([0, np.nan], np.eye(2)), "g must be finite"),
        (([], np.eye(2)), "g must not be empty"),
    ],
)
def test_bad_arguments_of_the_test_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        classify_critical_point(*arguments)
    with pytest.raises(ValueError, match="tol must be positive"):
        classify_critical_point([0], [[1]], tol=0)


@pytest.mark.parametrize("x", [[0.0, 0.0, 0.0], [1.0, -2.0, 3.0]])
def test_a_complex_step_on_a_kink_is_refused(x):
    with pytest.raises(ValueError, match="is not analytic, as abs"):
        hessian_vector_product(np.abs, x, [1.0, 2.0, 0.0], method="complex-step")

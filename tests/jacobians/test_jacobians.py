"""Jacobians by every method: identities, slopes of the errors, hard scales, honest refusals."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import differentiate, optimize

from companion import problems
from companion.autodiff import jvp, vjp
from companion.jacobians import (
    METHODS,
    SparseJacobian,
    check_gradient,
    color_columns,
    gradient,
    jacobian,
)

DIFFERENCES = METHODS[:3]
STEPPING = METHODS[:4]
# The relative errors that the docstring promises where f is well scaled.
TOLERANCE = dict(zip(METHODS, (1e-5, 1e-7, 1e-10, 1e-13, 1e-13, 1e-13), strict=True))

each_method = pytest.mark.parametrize("method", METHODS)
each_stepping = pytest.mark.parametrize("method", STEPPING)
points = st.lists(
    st.floats(-3, 3).map(lambda t: t + 0.01 if abs(t) < 0.01 else t), min_size=1, max_size=6
).map(np.array)


def example(x):
    """The chapter's function of two variables."""
    return np.stack([x[0] ** 2 * x[1], 5 * x[0] + np.sin(x[1])])


def example_jacobian(x):
    return np.array([[2 * x[0] * x[1], x[0] ** 2], [5, np.cos(x[1])]])


def smooth(x):
    """A function of any number of variables, with values of the same shape."""
    return np.exp(-x / 2) * x + np.sin(x[::-1]) + 0.5 * x[:1] ** 2


def smooth_jacobian(x):
    J = np.diag(np.exp(-x / 2) * (1 - x / 2)) + np.diag(np.cos(x[::-1]))[:, ::-1]
    J[:, 0] += x[0]
    return J


def close(J, exact, method):
    return np.abs(J - exact).max() <= TOLERANCE[method] * max(1.0, np.abs(exact).max())


# Identities


@each_method
def test_the_example_of_the_chapter(method):
    x = np.array([1.0, 2.0])
    assert close(jacobian(example, x, method), example_jacobian(x), method)


@each_method
@given(points)
@settings(deadline=None, derandomize=True, max_examples=25)
def test_agrees_with_derivatives_by_hand(method, x):
    assert close(jacobian(smooth, x, method), smooth_jacobian(x), method)


@each_method
@given(points, st.integers(0, 2**31))
@settings(deadline=None, derandomize=True, max_examples=10)
def test_a_linear_map_is_its_own_jacobian(method, x, seed):
    A = np.random.default_rng(seed).standard_normal((3, len(x)))
    assert close(jacobian(lambda x: A @ x, x, method), A, method)


@each_method
@given(points)
@settings(deadline=None, derandomize=True, max_examples=10)
def test_chain_rule(method, x):
    def outer(y):
        return np.stack([y.sum(), (y * y).sum()])

    J = jacobian(lambda x: outer(smooth(x)), x, method)
    chained = jacobian(outer, smooth(x), method) @ jacobian(smooth, x, method)
    assert np.abs(J - chained).max() <= 10 * TOLERANCE[method] * max(1, np.abs(chained).max())


@each_method
@given(points)
@settings(deadline=None, derandomize=True, max_examples=10)
def test_product_rule(method, x):
    def f(x):
        return np.sin(x).sum()

    def g(x):
        return (x * x).sum()

    product = gradient(lambda x: f(x) * g(x), x, method)
    expected = f(x) * gradient(g, x, method) + g(x) * gradient(f, x, method)
    assert np.abs(product - expected).max() <= 50 * TOLERANCE[method] * max(1, g(x))


@given(points, st.integers(0, 2**31))
@settings(deadline=None, derandomize=True, max_examples=20)
def test_products_are_adjoint_and_those_of_the_jacobian(x, seed):
    v, w = np.random.default_rng(seed).standard_normal((2, len(x)))
    J = jacobian(smooth, x, "reverse-mode")
    np.testing.assert_allclose(jvp(smooth, x, v), J @ v, atol=1e-12)
    np.testing.assert_allclose(vjp(smooth, x, w), w @ J, atol=1e-12)
    assert abs(w @ jvp(smooth, x, v) - vjp(smooth, x, w) @ v) <= 1e-11


@pytest.mark.parametrize(("method", "slope"), [("forward", 1), ("central", 2), ("complex-step", 2)])
def test_the_error_shrinks_with_the_step_at_the_slope_of_the_method(method, slope):
    x, h = np.array([0.7, -1.3]), np.array([1e-1, 1e-2, 1e-3])
    errors = [np.abs(jacobian(smooth, x, method, step=t) - smooth_jacobian(x)).max() for t in h]
    assert np.polyfit(np.log(h), np.log(errors), 1)[0] == pytest.approx(slope, abs=0.1)


def test_a_one_sided_central_difference_has_the_slope_of_the_others():
    x, h = np.array([0.7, -1.3]), np.array([1e-1, 1e-2, 1e-3])
    errors = [
        np.abs(jacobian(smooth, x, step=t, bounds=(x, np.inf)) - smooth_jacobian(x)).max()
        for t in h
    ]
    assert np.polyfit(np.log(h), np.log(errors), 1)[0] == pytest.approx(2, abs=0.1)


def test_the_error_of_a_difference_has_a_bottom_and_that_of_a_complex_step_has_none():
    x = np.array([0.7])

    def error(method, h):
        return abs(jacobian(np.exp, x, method, step=h).item() - np.exp(0.7))

    assert error("central", 1e-13) > 1e-5 > 1e-9 > error("central", 1e-5)
    assert error("complex-step", 1e-200) <= 1e-15


# Independent answers


def test_agrees_with_scipy():
    x = np.array([0.4, -1.2, 2.5])
    ours = jacobian(smooth, x)
    np.testing.assert_allclose(ours, differentiate.jacobian(smooth, x).df, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(
        jacobian(smooth, x, "forward"), optimize.approx_fprime(x, smooth), rtol=1e-6, atol=1e-6
    )


@each_method
@pytest.mark.parametrize("make", problems.UNCONSTRAINED)
def test_gradients_of_the_problems_at_their_starts(method, make):
    problem = make()
    x, g = problem.x0, problem.grad(problem.x0)
    scale = np.where(x == 0, 1.0, np.abs(x))
    error = np.abs(gradient(problem.f, x, method) - g) * scale
    if method == "forward":  # its error is h f″ / 2
        g = g + problem.hess(x) @ scale
    assert error.max() <= TOLERANCE[method] * (np.abs(g * scale).max() + abs(problem(x)))


def chain(x):
    return 100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2


@pytest.mark.parametrize("sparse", [False, True])
def test_curvature_that_the_checking_line_misses_is_no_contradiction(sparse):
    # In some of many rows f is nearly straight along the line, but curved along each component.
    n = 1000
    x = np.random.default_rng(0).uniform(0.5, 2, n)
    i = np.arange(n - 1)
    pattern = (np.concatenate([i, i]), np.concatenate([i, i + 1])) if sparse else None
    J = jacobian(chain, x, "forward", vectorized=True, sparsity=pattern)
    J = J.toarray() if sparse else J
    exact = jacobian(chain, x, "forward-mode")
    assert np.abs(J - exact).max() <= 1e-4


def test_a_complex_step_that_rounding_hides_is_checked_on_longer_steps():
    # numpy's sign of a complex number is no step function: its imaginary part is not 0.
    with pytest.raises(ValueError, match="is not analytic, or has too few digits to tell"):
        jacobian(lambda x: 1e9 + np.sin(x) + np.sign(x), [1.0], "complex-step")


def test_a_kink_that_changes_the_slope_by_a_hundredth_is_refused():
    for method in DIFFERENCES:
        with pytest.raises(ValueError, match="jumps, has a kink"):
            jacobian(lambda x: 100 * x + np.abs(x - 1), [1.0], method)


def test_an_oscillation_that_the_steps_do_not_resolve_is_refused():
    def f(x):
        return x + 0.05 * np.sin(x)  # twenty thousand waves between 0 and x

    for method in ("central", "richardson"):
        with pytest.raises(ValueError, match=r"changes too fast for the steps|jumps"):
            jacobian(f, [139246.9], method)


# Shapes and inputs


@each_method
def test_the_shape_is_that_of_f_then_that_of_x(method):
    x = np.array([1.0, 2.0, 3.0])
    assert jacobian(lambda x: (x * x).sum(), x, method).shape == (3,)
    assert jacobian(lambda x: x[:1] * x[1], x, method).shape == (1, 3)
    assert jacobian(lambda x: np.stack([x, x * x]), x, method).shape == (2, 3, 3)
    assert gradient(lambda x: x[0], x[:1], method).shape == (1,)


@each_method
def test_the_entry_ij_is_that_of_value_i_and_component_j(method):
    J = jacobian(lambda x: np.stack([x[1], 0 * x[0], 3 * x[2]]), [1.0, 2.0, 3.0], method)
    np.testing.assert_allclose(J, [[0, 1, 0], [0, 0, 0], [0, 0, 3]], atol=1e-7)


@each_method
def test_integers_work_and_the_input_stays(method):
    x = np.array([1, 2])
    assert close(jacobian(example, x, method), example_jacobian(x), method)
    y = np.array([1.0, 2.0])
    jacobian(example, y, method)
    np.testing.assert_array_equal(y, [1.0, 2.0])


@each_stepping
@pytest.mark.parametrize("x", [[1.0, 2.0], [1e-8, 2.0, 0.0, 1e5], np.linspace(1, 2, 300)])
def test_a_vectorized_function_may_fill_the_same_array_at_each_call(method, x):
    arrays = {}

    def f(X):
        F = arrays.setdefault((X.shape, X.dtype), np.empty_like(X))
        F[:] = X * X
        return F

    J = jacobian(f, x, method, vectorized=True)
    np.testing.assert_allclose(J, np.diag(2 * np.array(x)), rtol=1e-5, atol=1e-3)


@each_stepping
def test_a_function_that_gives_back_or_changes_its_argument_does_no_harm(method):
    x = np.array([1.0, 2.0])
    np.testing.assert_allclose(jacobian(lambda x: x, x, method), np.eye(2), atol=1e-7)

    def doubling(x):
        x *= 2
        return x

    np.testing.assert_allclose(jacobian(doubling, x, method), 2 * np.eye(2), atol=1e-7)
    np.testing.assert_array_equal(x, [1.0, 2.0])


@each_stepping
def test_functions_may_return_lists_numbers_and_integers(method):
    np.testing.assert_allclose(jacobian(lambda x: [x[0], 2 * x[0]], [3.0], method), [[1], [2]])
    np.testing.assert_array_equal(jacobian(lambda x: 3, [1.0, 2.0], method), [0, 0])


# Many columns at once


@each_method
@pytest.mark.parametrize("n", [1, 2, 9, 400])
def test_vectorized_gives_the_same(method, n):
    x = np.linspace(0.5, 1.5, n)
    by_columns = jacobian(smooth, x, method, vectorized=True)
    assert close(by_columns, smooth_jacobian(x), method)
    if n < 10:
        np.testing.assert_allclose(by_columns, jacobian(smooth, x, method), rtol=1e-6, atol=1e-6)


@each_method
def test_vectorized_gradient(method):
    def f(X):
        return (X * X).sum(axis=0)

    np.testing.assert_allclose(gradient(f, [1.0, 2.0], method, vectorized=True), [2, 4], rtol=1e-6)


def test_vectorized_is_called_on_blocks():
    widths = []

    def f(X):
        widths.append(X.shape[1])
        return X**2

    jacobian(f, np.ones(1000), vectorized=True)
    assert sum(widths) == 2 * 1000 + 17 + 1  # columns, a line, and one of its points alone
    assert 1 < max(widths) < 200


@pytest.mark.parametrize("step", [None, 1e-4])
@each_stepping
def test_a_vectorized_f_that_mixes_columns_is_found_out(method, step):
    x = np.array([1.0, 2.0, 4.0])
    with pytest.raises(ValueError, match="must treat each column by itself"):
        jacobian(lambda X: X**2 / X.real.max(), x, method, vectorized=True, step=step)


@pytest.mark.parametrize("f", [lambda X: X.sum(), lambda X: X.T, lambda X: X[:, 0]])
def test_a_vectorized_f_with_the_wrong_shape_is_found_out(f):
    with pytest.raises(ValueError, match=r"must map shape \(n, k\) to \(m, k\)"):
        jacobian(f, np.ones(7), vectorized=True)


# Scales


@each_method
@pytest.mark.parametrize("size", [1e-60, 1e-8, 1e-3, 1.0, 1e3, 1e10, 1e60])
@pytest.mark.parametrize(
    ("f", "df"),
    [
        (np.log, lambda x: 1 / x),
        (np.sqrt, lambda x: 0.5 / np.sqrt(x)),
        (lambda x: x**3, lambda x: 3 * x**2),
        (lambda x: 1 / x, lambda x: -1 / x**2),
    ],
)
def test_steps_suit_the_scale_of_x(method, size, f, df):
    x = np.array([0.7, 1.0, 1.9]) * size
    error = np.diag(jacobian(f, x, method)) / df(x) - 1
    assert np.abs(error).max() <= 10 * TOLERANCE[method]


@each_method
def test_zeros_and_small_entries_among_large_ones(method):
    x = np.array([1e10, 0.0, 1e-8, 1.0])
    J = jacobian(lambda x: x**3, x, method)
    np.testing.assert_allclose(np.diag(J), 3 * x**2, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(J - np.diag(np.diag(J)), 0, atol=1e-9)
    np.testing.assert_allclose(gradient(lambda x: x.sum(), x, method), 1, rtol=1e-6)


@each_method
def test_each_entry_takes_the_step_that_suits_it(method):
    # The step that resolves x₁ beside x₀ = 1 would leave the domain of the logarithm.
    def f(x):
        return np.stack([x[0] + x[1], x[0] * np.log(x[1])])

    J = jacobian(f, [1.0, 1e-12], method)
    np.testing.assert_allclose(J, [[1, 1], [np.log(1e-12), 1e12]], rtol=1e-6)


@each_method
def test_a_slope_is_found_where_f_is_rounded_more_coarsely_than_it_shows(method):
    x = np.array([1e-9, 0.3])
    J = gradient(lambda x: (1 - np.cos(x)).sum(), x, method)
    np.testing.assert_allclose(J, np.sin(x), rtol=1e-2, atol=1e-7)


def test_a_longer_step_that_f_refuses_is_not_taken():
    def f(x):
        if x[0] <= 0:
            raise ValueError("math domain error")
        return np.log(x[0]) * x[1]

    np.testing.assert_allclose(gradient(f, [1e-8, 1.0]), [1e8, np.log(1e-8)], rtol=1e-7)


@pytest.mark.parametrize("frequency", [1.0, 1e3, 1e5])
def test_richardson_finds_its_step(frequency):
    x = np.array([1.0])
    J = jacobian(lambda x: np.sin(frequency * x), x, "richardson").item()
    np.testing.assert_allclose(J, frequency * np.cos(frequency), rtol=1e-8)


def test_richardson_is_not_fooled_by_whole_periods():
    for x in (5.0, 40.0, 320.0):
        J = jacobian(lambda x: np.sin(2 * np.pi * x), [x], "richardson")
        assert J.item() == pytest.approx(2 * np.pi, rel=1e-10)


@each_method
def test_flat_points_are_no_reason_to_refuse(method):
    for power in (2, 3, 4, 5):
        J = jacobian(lambda x, power=power: x**power, [0.0, 0.0], method)
        np.testing.assert_allclose(J, 0, atol=1e-7)
    saddle = gradient(lambda x: x[0] ** 3 - 3 * x[0] * x[1] ** 2, [0.0, 0.0], method)
    np.testing.assert_allclose(saddle, 0, atol=1e-7)


@each_method
def test_rounding_is_no_reason_to_refuse(method):
    for f in (lambda x: np.sin(x) ** 2 + np.cos(x) ** 2 - 1, lambda x: (1 + x) ** 3 - 1):
        assert jacobian(f, [0.3, 1e-9], method).shape == (2, 2)


def test_a_complex_step_is_believed_where_differences_are_too_coarse():
    for x in (1e5, 1e10):
        J = gradient(lambda x: np.sin(x[0]), [x], "complex-step")
        assert J.item() == pytest.approx(np.cos(x), rel=1e-14)


@each_stepping
def test_the_largest_numbers_leak_no_warning(method):
    assert gradient(lambda x: 1e300 * np.exp(x[0]), [1.0], method) == pytest.approx(
        1e300 * np.e, rel=1e-6
    )


# Bounds


@each_method
@pytest.mark.parametrize("x", [[0.0, 1.0, 0.3], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [1e-9, 0.5, 1]])
def test_no_evaluation_crosses_a_bound(method, x):
    lower, upper = 0.0, np.array([1.0, 1.0, 1.0])

    def f(x):
        if method in STEPPING:
            assert (x.real >= lower).all()
            assert (x.real <= upper).all()
        return np.exp(x) * x[0]

    x = np.array(x)
    exact = np.diag(np.exp(x) * x[0])
    exact[:, 0] += np.exp(x)
    assert close(jacobian(f, x, method, bounds=(lower, upper)), exact, method)


@each_stepping
@pytest.mark.parametrize("gap", [1e-12, 1e-9, 1e-3])
def test_a_logarithm_next_to_its_bound(method, gap):
    x = np.array([gap])
    J = jacobian(np.log, x, method, bounds=(0, np.inf))
    assert J.item() == pytest.approx(1 / gap, rel=1e-6)
    x = np.array([1 + gap])
    J = jacobian(lambda x: np.log(x - 1), x, method, bounds=(1, np.inf))
    assert J.item() == pytest.approx(1 / (x[0] - 1), rel=1e-3 if gap < 1e-9 else 1e-5)


@pytest.mark.parametrize("method", DIFFERENCES)
def test_a_step_is_shortened_to_the_room_there_is(method):
    inside = []

    def f(x):
        inside.append(0 <= x[0] <= 1e-3)
        return x[0] ** 2

    J = gradient(f, [5e-4], method, step=1.0, bounds=(0, 1e-3))
    assert J.item() == pytest.approx(1e-3, abs=1e-3)
    assert all(inside)


def test_without_room_there_is_no_difference():
    with pytest.raises(ValueError, match=r"bounds leave no room"):
        jacobian(np.exp, [1.0, 2.0], bounds=([1.0, 0.0], [1.0, 3.0]))


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        (3, "bounds must be a pair"),
        ((0, 1, 2), "bounds must be a pair"),
        (([0, 0, 0], 1), r"bounds must be two numbers or arrays of shape \(2,\)"),
        (("a", 1), "bounds must be two numbers or arrays"),
        ((1.5, 3), r"bounds must hold x = \[1, 2\]"),
        ((0, np.nan), "bounds must hold x"),
        ([(0, 2)], r"bounds must be a pair \(lower, upper\), each a number or an array"),
        ([(0, 1.5), (1.8, 5)], r"bounds may be \(lower, upper\), or a pair for each component"),
        (((0, 1.9), (1.5, 5)), r"Write \(np\.array\(lower\), np\.array\(upper\)\)"),
    ],
)
@each_method
def test_bounds_must_be_a_box_around_x(method, bounds, message):
    with pytest.raises(ValueError, match=message):
        jacobian(example, [1.0, 2.0], method, bounds=bounds)


# Honest refusals


@pytest.mark.parametrize("method", DIFFERENCES)
@pytest.mark.parametrize(
    ("f", "x"),
    [
        (np.sign, [0.0]),
        (np.floor, [1.0, 3.0]),
        (lambda x: np.where(x[0] > x[1], 1.0, 0.0), [2.0, 2.0]),
        (lambda x: x + 1e-3 * (x > 1), [1.0]),
        (np.abs, [0.0, 1.0]),
        (lambda x: np.maximum(x[0], x[1]), [1.0, 1.0]),
    ],
)
def test_a_jump_or_a_kink_within_the_steps_is_reported(method, f, x):
    with pytest.raises(ValueError, match=r"at x = .* (jumps|is not differentiable)"):
        jacobian(f, x, method)


@pytest.mark.parametrize("method", DIFFERENCES)
def test_at_a_kink_another_method_is_no_help(method):
    with pytest.raises(ValueError, match="At a jump or a kink there is no derivative; for"):
        jacobian(np.abs, [0.0], method)


@pytest.mark.parametrize("method", DIFFERENCES)
@pytest.mark.parametrize("offset", [-5e-6, -2e-6, 2e-6, 5e-6])
def test_a_jump_nearby_is_reported_or_has_no_effect(method, offset):
    with suppress(ValueError):
        assert jacobian(lambda x: np.floor(x - offset), [1.0], method).item() == 0


@pytest.mark.parametrize("method", DIFFERENCES)
@pytest.mark.parametrize("kind", [bool, np.int8, np.int32, np.uint64, np.float16])
def test_values_of_every_real_kind_are_numbers(method, kind):
    J = jacobian(lambda x: np.array([x[0] > 5, 1], dtype=kind), [1.0, 2.0], method)
    np.testing.assert_array_equal(J, np.zeros((2, 2)))


def test_a_jump_in_a_box_is_reported_too():
    with pytest.raises(ValueError, match="is not differentiable"):
        jacobian(np.floor, [1.0], bounds=(0, 2))


@each_method
def test_a_kink_elsewhere_is_none_of_our_business(method):
    J = jacobian(lambda x: np.maximum(x, 0) ** 2, [1.0, -1.0], method)
    np.testing.assert_allclose(J, [[2, 0], [0, 0]], atol=1e-6)


@pytest.mark.parametrize(
    "f",
    [
        np.abs,
        np.conj,
        lambda x: x.real + 0j,
        np.linalg.norm,
        lambda x: x + np.abs(x),
        lambda x: x * np.conj(x),
        lambda x: 1e3 * x + 1e-3 * np.abs(x) ** 2,
        lambda x: 1e-20 * np.abs(x),
    ],
)
@pytest.mark.parametrize("step", [None, 1e-30])
def test_complex_step_refuses_what_is_not_analytic(f, step):
    with pytest.raises(ValueError, match=r"is not analytic|must return real numbers"):
        jacobian(f, [1.0, -2.0], "complex-step", step=step)


def test_complex_step_takes_branches_on_the_real_part():
    J = jacobian(lambda x: np.where(x.real > 0, x**2, -x), [3.0, -1.0], "complex-step")
    np.testing.assert_allclose(J, [[6, 0], [0, -1]])


def test_complex_step_refuses_what_cannot_take_complex_numbers():
    def f(x):
        y = np.zeros(2)
        y[:] = x
        return y

    with pytest.raises(ValueError, match="to compute with complex numbers; it raised ComplexWarn"):
        jacobian(f, [1.0, 2.0], "complex-step")
    with pytest.raises(ValueError, match="to compute with complex numbers; it raised TypeError"):
        jacobian(np.floor, [1.5], "complex-step")


@each_method
def test_nan_and_infinity_are_reported_with_the_point(method):
    with pytest.raises(ValueError, match="f must return finite values"):
        jacobian(lambda x: np.sqrt(x - 1), [0.5], method)
    with pytest.raises(ValueError, match="f must return finite values"):
        jacobian(lambda x: 1 / x, [0.0], method)


@each_stepping
def test_nan_inside_the_stencil_is_reported(method):
    with pytest.raises(ValueError, match=r"f must return finite values; at x = \[-"):
        jacobian(np.sqrt, [0.0], method)


def test_the_component_whose_step_meets_nan_is_named():
    # The check along a line does not come so far.
    with pytest.raises(ValueError, match=r"where x\[1\] moves by a step. Try bounds"):
        jacobian(lambda x: np.sqrt(x - 1), [3.0, 1.5], step=[1.0, 0.75])
    pattern = (np.arange(2), np.arange(2))
    with pytest.raises(ValueError, match=r"where x\[1\] moves by a step. Try bounds"):
        jacobian(lambda x: np.sqrt(x - 1), [3.0, 1.5], step=[1.0, 0.75], sparsity=pattern)


def test_nan_beyond_the_stencil_is_no_reason_to_refuse():
    x = np.array([1.0])
    J = jacobian(lambda x: np.where(np.abs(x - 1) < 1e-5, x**2, np.nan), x)
    assert J.item() == pytest.approx(2, rel=1e-8)


@each_stepping
def test_complex_values_and_changing_shapes_are_reported(method):
    with pytest.raises(ValueError, match="f must return real numbers"):
        jacobian(lambda x: x + 0j, [1.0], method)
    with pytest.raises(ValueError, match="the same shape everywhere"):
        jacobian(lambda x: np.ones(2 if x[0].real <= 1 else 3) * x[0], [1.0], method)
    with pytest.raises(ValueError, match="must return real numbers"):
        jacobian(lambda x: "one", [1.0], method)
    with pytest.raises(ValueError, match="must not return an empty array"):
        jacobian(lambda x: x[:0], [1.0], method)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": [[1.0]]}, "x must have 1 axes"),
        ({"x": []}, "x must not be empty"),
        ({"x": [np.nan, 1]}, "x must be finite"),
        ({"x": [1j]}, "x must hold real numbers"),
        ({"f": 3}, "f must be callable"),
        ({"method": "newton"}, "method must be one of 'forward', 'central', 'richardson'"),
        ({"step": 0.0}, "step must be positive"),
        ({"step": [1e-3, -1e-3]}, "step must be positive"),
        ({"step": [1e-3]}, "step must have length 2"),
        ({"step": 1e-30}, r"step must change x; it is lost beside x\[0\] = 1"),
        ({"step": 1e-3, "method": "forward-mode"}, "step must be None: method 'forward-mode'"),
        ({"step": 1e-3, "method": "reverse-mode"}, "step must be None: method 'reverse-mode'"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        jacobian(**{"f": example, "x": [1.0, 2.0]} | arguments)


@each_method
def test_a_gradient_is_that_of_a_number(method):
    with pytest.raises(ValueError, match=r"f must return a number; it returned shape \(2,\)"):
        gradient(example, [1.0, 2.0], method)


def test_a_step_that_is_given_is_taken_as_it_is():
    seen = []

    def f(x):
        seen.append(x[0])
        return x[0] ** 2

    assert gradient(f, [1.0], "forward", step=0.5).item() == 2.5
    assert 1.5 in seen
    # No check of smoothness then: one may look at a kink on purpose.
    assert gradient(lambda x: abs(x[0]), [0.0], "forward", step=0.5).item() == 1.0


# Sparse


def band(x):
    return x**3 + np.concatenate([x[1:] ** 2, x[:1] * 0]) + np.concatenate([x[:1] * 0, x[:-1]])


@each_method
@pytest.mark.parametrize("vectorized", [False, True])
def test_a_sparse_jacobian_is_the_dense_one(method, vectorized):
    n = 40
    x = np.linspace(1, 2, n)
    pattern = np.eye(n) + np.eye(n, k=1) + np.eye(n, k=-1)
    J = jacobian(band, x, method, sparsity=pattern, vectorized=vectorized)
    assert isinstance(J, SparseJacobian)
    assert J.shape == (n, n)
    np.testing.assert_allclose(J.toarray(), jacobian(band, x, "reverse-mode"), atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_a_colouring_is_made_once_and_used_again(method):
    calls = []

    def f(x):
        calls.append(1)
        return x**2

    coloring = color_columns((np.arange(50), np.arange(50)), (50, 50))
    J = jacobian(f, np.linspace(1, 2, 50), method, sparsity=coloring)
    np.testing.assert_allclose(J.toarray(), 2 * np.diag(np.linspace(1, 2, 50)), atol=1e-6)
    assert coloring.count == 1
    assert len(calls) <= 60  # and not 50 n: the table of Richardson takes the most


@pytest.mark.parametrize("method", ["forward", "complex-step"])
def test_more_colours_than_a_block_is_wide(method):
    n = 300
    pattern, w = np.eye(n), np.arange(1.0, n + 1)
    pattern[0] = 1

    def f(x):
        return np.append(w @ x, x[1:] ** 2)

    J = jacobian(f, np.ones(n), method, sparsity=pattern)
    np.testing.assert_allclose(J.toarray(), np.vstack([w, 2 * np.eye(n)[1:]]), rtol=1e-6)


@each_method
def test_small_scales_climb_in_sparse_jacobians_too(method):
    x = np.array([1.0, 1e-12, 2.0, 1e-9])
    pattern = np.ones((4, 4))
    J = jacobian(lambda x: x.sum() + 0 * x, x, method, sparsity=pattern)
    np.testing.assert_allclose(J.toarray(), 1, rtol=1e-6)


@pytest.mark.parametrize("step", [None, 1e-4])
@each_method
def test_a_pattern_that_misses_nonzeros_is_found_out(method, step):
    step = step if method in STEPPING else None
    with pytest.raises(ValueError, match="sparsity misses nonzeros"):
        jacobian(example, [1.0, 2.0], method, step=step, sparsity=([0, 1, 1], [0, 0, 1]))


@each_method
def test_an_empty_pattern_is_right_for_a_constant(method):
    empty = np.array([], int)
    J = jacobian(lambda x: 0 * x + 1, [1.0, 2.0], method, sparsity=(empty, empty))
    np.testing.assert_array_equal(J.toarray(), np.zeros((2, 2)))


@each_method
def test_sparsity_needs_a_vector_function(method):
    with pytest.raises(ValueError, match=r"f must return shape \(m,\) where sparsity is given"):
        jacobian(lambda x: x.sum(), [1.0, 2.0], method, sparsity=np.ones((1, 2)))


# Checking a gradient


def f_of(x):
    return np.exp(x[0]) * x[1] ** 2 + np.sin(x[2])


def gradient_of(x):
    return np.array([np.exp(x[0]) * x[1] ** 2, 2 * np.exp(x[0]) * x[1], np.cos(x[2])])


@given(points, st.integers(0, 100))
@settings(deadline=None, derandomize=True, max_examples=25)
def test_a_right_gradient_passes_with_slope_two(x, seed):
    check = check_gradient(lambda x: np.exp(x).sum(), np.exp, x, seed=seed)
    assert check.passed
    assert check.slope == pytest.approx(2, abs=0.1)
    assert check.relative_error <= 1e-6


@pytest.mark.parametrize(
    "wrong",
    [
        lambda g: -g,
        lambda g: 2 * g,
        lambda g: 1.001 * g,
        lambda g: g[[1, 0, 2]],
        lambda g: g + np.array([0, 1e-3, 0]),
        lambda g: g * [1, 1, 0],
    ],
)
def test_a_wrong_gradient_fails_with_slope_one(wrong):
    check = check_gradient(f_of, lambda x: wrong(gradient_of(x)), [0.3, -1.2, 2.0])
    assert not check.passed
    assert check.slope == pytest.approx(1, abs=0.1)


def test_the_worst_component_is_named_with_both_numbers():
    x = [0.3, -1.2, 2.0]
    check = check_gradient(f_of, lambda x: gradient_of(x) * [1, 1.5, 1.1], x)
    assert check.worst == 1
    assert check.analytic == pytest.approx(1.5 * gradient_of(x)[1])
    assert check.numeric == pytest.approx(gradient_of(x)[1], rel=1e-9)
    assert check.relative_error == pytest.approx(1 / 3, rel=1e-6)
    assert repr(check).startswith("GradientCheck: FAILED, slope of the Taylor remainder 1.0")
    assert "worst component 1: analytic" in repr(check)


@pytest.mark.parametrize("size", [1e-8, 1.0, 1e10])
def test_a_check_suits_the_scale_of_x(size):
    x = np.array([1.0, 2.0, 3.0]) * size
    assert check_gradient(lambda x: (x**3).sum(), lambda x: 3 * x**2, x).passed
    assert not check_gradient(lambda x: (x**3).sum(), lambda x: 2 * x**2, x).passed
    x = np.array([1e-8, 1.0, 1e10])
    scaled = np.array([1e16, 1.0, 1e-20])
    assert check_gradient(lambda x: scaled @ x**2, lambda x: 2 * scaled * x, x).passed
    swapped = scaled[[1, 0, 2]]
    assert not check_gradient(lambda x: scaled @ x**2, lambda x: 2 * swapped * x, x).passed


def test_a_component_is_judged_where_the_direction_does_not_reach_it():
    def f(x):
        return x[0] ** 2 + 5 * x[1]

    x = [1.0, 1e-30]
    assert check_gradient(f, lambda x: np.array([2 * x[0], 5.0]), x).passed
    check = check_gradient(f, lambda x: np.array([2 * x[0], 6.0]), x)
    assert not check.passed
    assert check.worst == 1
    assert check.slope == pytest.approx(2, abs=0.1)
    assert check.relative_error == pytest.approx(1 / 6, rel=1e-6)


def test_a_linear_function_has_no_remainder():
    check = check_gradient(lambda x: 2 * x[0] - x[1], lambda x: np.array([2.0, -1]), [1.0, 3.0])
    assert check.passed
    assert np.isnan(check.slope)
    assert not check_gradient(lambda x: 2 * x[0], lambda x: np.array([2.0, 1.0]), [1.0, 3.0]).passed


@pytest.mark.parametrize("make", problems.UNCONSTRAINED)
def test_the_gradients_of_the_problems_pass_at_starts_and_minimizers(make):
    problem = make()
    for x in (problem.x0, *problem.minimizers):
        assert check_gradient(problem.f, problem.grad, x).passed


def test_a_check_reports_what_it_cannot_judge():
    with pytest.raises(ValueError, match=r"grad must return an array of shape \(2,\)"):
        check_gradient(lambda x: x[0] * x[1], lambda x: x[:1], [1.0, 2.0])
    with pytest.raises(ValueError, match="grad must be callable"):
        check_gradient(lambda x: x[0], 3, [1.0])
    with pytest.raises(ValueError, match="f must return a number"):
        check_gradient(example, example, [1.0, 2.0])


@pytest.mark.parametrize("method", ["forward", "central", "richardson"])
def test_a_function_may_fill_the_same_array_at_each_call(method):
    buffer = np.empty(2)
    J = jacobian(lambda x: np.multiply(x, 3, out=buffer), [1.0, 2.0], method)
    np.testing.assert_allclose(J, 3 * np.eye(2), rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize("method", ["forward", "central", "richardson", "complex-step"])
def test_columns_that_mix_only_off_centre_are_found(method):
    with pytest.raises(ValueError, match="must treat each column by itself"):
        jacobian(lambda X: X - X.mean(), [1.0, 2.0, 4.0], method, vectorized=True)


def test_bounds_that_can_be_read_in_one_way_are():
    x, J = [1.0, 2.0], jacobian(example, [1.0, 2.0], "central")
    for bounds in (
        (np.array([0, 1.5]), np.array([1.8, 5])),
        ((0, 0), (3, 3)),
        [[0.5, 1.5], [1.5, 5]],
    ):
        assert np.abs(jacobian(example, x, "central", bounds=bounds) - J).max() < 1e-6

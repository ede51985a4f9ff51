"""Every line of the table of derivatives, in both modes, against differences and complex steps."""

import numpy as np
import pytest

from companion.autodiff import forward_jacobian, jvp, reverse_jacobian, vjp
from companion.autodiff._derivative_rules import BINARY, UNARY, WITHOUT_DERIVATIVE

JACOBIANS = [forward_jacobian, reverse_jacobian]
x0, y0 = np.array([0.3, 0.62, 0.85]), np.array([1.3, 2.45, -0.7])
POINTS = {
    np.arccosh: x0 + 1,
    np.floor: 3 * x0 + 0.05,
    np.ceil: -3 * x0 + 0.05,
    np.trunc: -3 * x0 + 0.05,
    np.rint: 3 * x0 + 0.05,
}
POSITIVE_EXPONENTS = {np.power, np.float_power}
COMPLEX = [
    ufunc for ufunc in UNARY if any(t == "D->D" for t in ufunc.types) and ufunc is not np.conjugate
]


def name(ufunc):
    return ufunc.__name__


def differences(f, x):
    """df/dx for a function that acts on each entry, by the fourth-order central difference."""
    h = 1e-3
    near, far = f(x + h) - f(x - h), f(x + 2 * h) - f(x - 2 * h)
    return (8 * near - far) / (12 * h)


@pytest.mark.parametrize("jacobian", JACOBIANS)
@pytest.mark.parametrize("ufunc", UNARY)
def test_functions_of_one_variable(ufunc, jacobian):
    x = POINTS.get(ufunc, x0)
    J = jacobian(ufunc, x)
    np.testing.assert_allclose(np.diag(J), differences(ufunc, x), rtol=1e-8, atol=1e-10)
    np.testing.assert_array_equal(J, np.diag(np.diag(J)))


@pytest.mark.parametrize("jacobian", JACOBIANS)
@pytest.mark.parametrize("ufunc", sorted(set(COMPLEX) - {np.sign}, key=name), ids=name)
def test_derivatives_are_exact_to_rounding(ufunc, jacobian):
    x = POINTS.get(ufunc, x0)
    complex_step = ufunc(x + 1e-30j).imag / 1e-30
    np.testing.assert_allclose(np.diag(jacobian(ufunc, x)), complex_step, rtol=4e-15)


@pytest.mark.parametrize("jacobian", JACOBIANS)
@pytest.mark.parametrize("ufunc", BINARY)
def test_functions_of_two_variables(ufunc, jacobian):
    y = np.abs(y0) if ufunc in POSITIVE_EXPONENTS else y0
    in_first = np.diag(jacobian(lambda x: ufunc(x, y), x0))
    in_second = np.diag(jacobian(lambda y: ufunc(x0, y), y))
    in_both = np.diag(jacobian(lambda t: ufunc(x0 + t, y + 2 * t), np.zeros(3)))
    np.testing.assert_allclose(in_first, differences(lambda x: ufunc(x, y), x0), rtol=1e-8)
    np.testing.assert_allclose(in_second, differences(lambda y: ufunc(x0, y), y), rtol=1e-8)
    np.testing.assert_allclose(in_both, in_first + 2 * in_second, rtol=1e-13)


@pytest.mark.parametrize("jacobian", JACOBIANS)
@pytest.mark.parametrize("ufunc", sorted(WITHOUT_DERIVATIVE, key=name), ids=name)
def test_comparisons_give_plain_booleans(ufunc, jacobian):
    def f(x):
        result = ufunc(x, y0) if ufunc.nin == 2 else ufunc(x)
        assert isinstance(result, np.ndarray)
        assert result.dtype == bool
        return np.where(result, x, 2 * x)

    chosen = ufunc(x0, y0) if ufunc.nin == 2 else ufunc(x0)
    np.testing.assert_array_equal(np.diag(jacobian(f, x0)), np.where(chosen, 1.0, 2.0))


@pytest.mark.parametrize("jacobian", JACOBIANS)
@pytest.mark.parametrize(
    ("f", "x", "slope"),
    [
        (lambda x: x**0, 0.0, 0.0),
        (lambda x: x**1, 0.0, 1.0),
        (lambda x: x**2, 0.0, 0.0),
        (lambda x: x**2.5, 0.0, 0.0),
        (lambda x: x**0.0, -2.0, 0.0),
        (lambda x: x**3, -2.0, 12.0),
        (lambda x: x**-1, -2.0, -0.25),
        (lambda x: x ** np.array([3]), -2.0, 12.0),
        (lambda x: 0.0**x, 2.0, 0.0),
        (lambda x: 0**x, 2.0, 0.0),
        (lambda x: 2**x, 3.0, 8 * np.log(2)),
        (lambda x: x**x, 2.0, 4 * (np.log(2) + 1)),
        (lambda x: np.float_power(x, 2), 0.0, 0.0),
        (lambda x: np.square(x), 0.0, 0.0),
    ],
)
def test_powers_at_and_below_zero(f, x, slope, jacobian):
    np.testing.assert_allclose(jacobian(f, [x]), [[slope]], rtol=1e-15)


@pytest.mark.parametrize("jacobian", JACOBIANS)
@pytest.mark.parametrize(
    ("f", "x"),
    [
        (np.sqrt, 0.0),
        (np.cbrt, 0.0),
        (lambda x: np.cbrt(x) ** 3, 0.0),
        (lambda x: x**0.5, 0.0),
        (lambda x: 0**x, 0.0),
        (lambda x: x**x, -2.0),
        (np.sign, 0.0),
        (np.floor, 2.0),
        (np.ceil, -1.0),
        (np.trunc, 1.0),
        (np.rint, 0.5),
        (lambda x: x // 2, 4.0),
        (lambda x: x % 2, 4.0),
        (lambda x: 4 % x, 2.0),
        (lambda x: np.fmod(x, 2), -4.0),
        (lambda x: np.heaviside(x, 0.5), 0.0),
        (lambda x: np.hypot(x, 0 * x), 0.0),
        (lambda x: np.arctan2(x, -1.0), 0.0),
        (np.arcsin, 1.0),
        (np.arccosh, 1.0),
    ],
)
def test_where_there_is_no_derivative_none_is_given(f, x, jacobian):
    with pytest.raises(ValueError, match=r"f must have a finite derivative; at x = \["):
        jacobian(f, [x])


@pytest.mark.parametrize("jacobian", JACOBIANS)
def test_truncation_does_not_jump_at_zero(jacobian):
    np.testing.assert_array_equal(jacobian(np.trunc, [0.0]), [[0.0]])
    np.testing.assert_allclose(jacobian(lambda x: np.fmod(x, 2.0), [0.0]), [[1.0]])


def test_large_arguments_do_not_overflow():
    x = np.array([800.0, -800.0])
    np.testing.assert_array_equal(jvp(np.tanh, x, [1.0, 1.0]), [0.0, 0.0])
    np.testing.assert_array_equal(vjp(lambda x: np.logaddexp(x, 0.0), x, [1.0, 1.0]), [1.0, 0.0])
    np.testing.assert_allclose(jvp(np.arcsinh, [1e200], [1.0]), [1e-200])
    np.testing.assert_allclose(jvp(lambda x: np.hypot(x, 1e200), [1e200], [1.0]), [np.sqrt(0.5)])


@pytest.mark.parametrize("jacobian", JACOBIANS)
@pytest.mark.parametrize("dtype", [np.uint8, np.int64, bool, np.float32])
@pytest.mark.parametrize("ufunc", BINARY)
def test_constants_of_other_types_act_as_floats(ufunc, dtype, jacobian):
    c = np.array([1, 1, 1], dtype=dtype)
    for f, plain in (
        (lambda x: ufunc(c, x), lambda x: ufunc(np.ones(3), x)),
        (lambda x: ufunc(x, c), lambda x: ufunc(x, np.ones(3))),
    ):
        np.testing.assert_allclose(jacobian(f, x0), jacobian(plain, x0), rtol=1e-14)

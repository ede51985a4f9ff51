"""Second differences: exact for quadratics, of the promised order, at every scale of x."""

import numpy as np
import pytest

from companion._shared.calls import Batch
from companion.hessians._second_differences import second_differences

METHODS = ("forward", "central", "richardson")
TOLERANCE = dict(zip(METHODS, (1e-4, 1e-6, 1e-9), strict=True))

each_method = pytest.mark.parametrize("method", METHODS)


def hessian(f, x, method):
    x = np.array(x, float)
    return second_differences(Batch(f, False), x, f(x), method)


def f(x):
    return np.exp(x[0]) * x[1] ** 2 + np.sin(x[1] * x[2])


def exact(x):
    a, b, c = x
    H = np.zeros((3, 3))
    H[0, 0], H[0, 1] = np.exp(a) * b**2, 2 * np.exp(a) * b
    H[1, 1] = 2 * np.exp(a) - c**2 * np.sin(b * c)
    H[1, 2] = np.cos(b * c) - b * c * np.sin(b * c)
    H[2, 2] = -(b**2) * np.sin(b * c)
    return np.triu(H) + np.triu(H, 1).T


@each_method
def test_agrees_with_derivatives_by_hand(method):
    x = [0.4, -1.2, 2.0]
    H = hessian(f, x, method)
    assert np.abs(H - exact(x)).max() <= TOLERANCE[method] * np.abs(exact(x)).max()
    np.testing.assert_array_equal(H, H.T)


@each_method
def test_a_quadratic_has_no_truncation(method):
    A = np.array([[2.0, 1, 0], [1, -3, 0.5], [0, 0.5, 4]])
    H = hessian(lambda x: x @ A @ x / 2, [1.0, 2.0, -1.5], method)
    np.testing.assert_allclose(H, A, rtol=0, atol=4 * TOLERANCE[method])


@each_method
@pytest.mark.parametrize("size", [1e-8, 1.0, 1e8])
def test_steps_suit_the_scale(method, size):
    x = np.array([1.0, 2.0]) * size
    H = hessian(lambda x: np.log(x[0]) * np.log(x[1]), x, method)
    a, b = x
    expected = np.array([[-np.log(b) / a**2, 1 / (a * b)], [1 / (a * b), -np.log(a) / b**2]])
    np.testing.assert_allclose(H * size**2, expected * size**2, atol=100 * TOLERANCE[method])


@each_method
def test_small_components_climb(method):
    H = hessian(lambda x: x[0] * x[1] + x[1] ** 2, [1.0, 1e-12], method)
    np.testing.assert_allclose(H, [[0, 1], [1, 2]], atol=1e-4)


@pytest.mark.parametrize("method", ["forward", "central", "richardson"])
@pytest.mark.parametrize("ratio", 10.0 ** -np.arange(0, 9))
def test_a_component_that_is_small_beside_the_others_has_its_digits_too(method, ratio):
    # Steps in proportion to it would drown in the rounding of f: its share of H is eps (1/ratio)².
    rng = np.random.default_rng(0)
    A = rng.standard_normal((4, 4))
    x = np.array([ratio, -1.1, -ratio, 0.6])
    H = (A.T * np.exp(A @ x / 2)) @ A / 4
    found = hessian(lambda x: np.exp(A @ x / 2).sum(), x, method)
    np.testing.assert_allclose(found, H, atol=1e-2 * np.abs(H).max())

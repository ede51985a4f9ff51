"""Taylor coefficients by Cauchy's integral: known series, identities of series, honest refusals."""

import cmath
import math
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.cauchy import taylor_coefficients

POINTS = [0, 1, -3.0, 10, 1 + 2j, -0.5j, 100.0]


def sin_derivative(a, k):
    return [np.sin(a), np.cos(a), -np.sin(a), -np.cos(a)][k % 4]


# name: f, a, c_k
SERIES = {
    "cos": (np.cos, 0, lambda k: (-1) ** (k // 2) / factorial(k) if k % 2 == 0 else 0),
    "gauss": (
        lambda z: np.exp(-(z**2)),
        0,
        lambda k: (-1) ** (k // 2) / factorial(k // 2) if k % 2 == 0 else 0,
    ),
    "polynomial": (lambda z: 3 + z**3 - z**20, 0, lambda k: {0: 3, 3: 1, 20: -1}.get(k, 0)),
    "geometric": (lambda z: 1 / (1 - z), 0, lambda k: 1),
    "Runge": (lambda z: 1 / (1 + z**2), 0, lambda k: (-1) ** (k // 2) if k % 2 == 0 else 0),
    "log": (np.log, 1, lambda k: (-1) ** (k + 1) / k if k else 0),
    "log near 0": (np.log, 1e-8, lambda k: (-1) ** (k + 1) / k * 1e8**k if k else np.log(1e-8)),
    "sqrt": (
        np.sqrt,
        4.0,
        lambda k: 2 * math.prod(0.5 - j for j in range(k)) / factorial(k) / 4**k,
    ),
    "pole nearby": (lambda z: 1 / (z - 1e-6), 0, lambda k: -(1e6 ** (k + 1))),
    "sinc": (
        lambda z: np.sin(z) / z,
        0,
        lambda k: (-1) ** (k // 2) / factorial(k + 1) if k % 2 == 0 else 0,
    ),
    "with cancellation": (
        lambda z: (1 - np.cos(z)) / z**2,
        0,
        lambda k: (-1) ** (k // 2) / factorial(k + 2) if k % 2 == 0 else 0,
    ),
    "constant": (lambda z: 3.0, 0, lambda k: 3 if k == 0 else 0),
    "zero": (lambda z: 0 * z, 0, lambda k: 0),
    "imaginary": (lambda z: 1j * z, 0, lambda k: 1j if k == 1 else 0),
    "tiny and steep": (
        lambda z: 1e-20 * np.exp(1e5 * z),
        0,
        lambda k: 1e-20 * 1e5**k / factorial(k),
    ),
    "huge": (lambda z: 1e290 * np.exp(z), 0, lambda k: 1e290 / factorial(k)),
}


@pytest.mark.parametrize("a", POINTS)
def test_entire_functions_to_order_20(a):
    c = taylor_coefficients(np.exp, a, 20)
    exact = np.array([np.exp(a) / factorial(k) for k in range(21)])
    assert (np.abs(c - exact) <= 1e-12 * np.abs(exact)).all()
    c = taylor_coefficients(np.sin, a, 20)
    exact = np.array([sin_derivative(a, k) / factorial(k) for k in range(21)])
    r = np.arange(1.0, 21)
    best = np.array([1.0] + [(np.cosh(r + abs(np.imag(a))) / r**k).min() for k in range(1, 21)])
    error = np.abs(c - exact)
    assert ((error <= 1e-12 * np.abs(exact)) | (error <= 1e-12 * best)).all()


@pytest.mark.parametrize("name", SERIES)
def test_known_series(name):
    f, a, c = SERIES[name]
    found = taylor_coefficients(f, a, 20)
    exact = np.array([c(k) for k in range(21)])
    assert found.shape == (21,)
    size = np.abs(exact).max()
    nonzero = exact != 0
    tolerance = 1e-11 if name == "log near 0" else 1e-12
    assert (np.abs(found - exact)[nonzero] <= tolerance * np.abs(exact)[nonzero]).all()
    assert (np.abs(found[~nonzero]) <= 1e-12 * size).all()
    assert found.dtype == (complex if name == "imaginary" else float)


def test_high_and_low_orders():
    exact = np.array([1 / factorial(k) for k in range(81)])
    np.testing.assert_allclose(taylor_coefficients(np.exp, 0, 80), exact, rtol=1e-11)
    np.testing.assert_allclose(taylor_coefficients(np.exp, 0, 0), [1], rtol=1e-15)


@given(st.floats(-3, 3), st.floats(-3, 3))
@settings(deadline=None, derandomize=True, max_examples=20)
def test_the_coefficients_of_a_product_are_a_convolution(re, im):
    a = complex(re, im)
    f, g = (taylor_coefficients(function, a, 10) for function in (np.exp, np.cos))
    product = taylor_coefficients(lambda z: np.exp(z) * np.cos(z), a, 10)
    scale = np.abs(np.convolve(np.abs(f), np.abs(g))[:11])
    assert (np.abs(product - np.convolve(f, g)[:11]) <= 1e-11 * scale.max()).all()


@given(st.floats(-5, 5))
@settings(deadline=None, derandomize=True, max_examples=20)
def test_real_functions_have_real_coefficients_that_sum_to_f(a):
    c = taylor_coefficients(np.sin, a, 20)
    assert c.dtype == float
    x = a + 0.7
    assert np.polynomial.polynomial.polyval(x - a, c) == pytest.approx(np.sin(x), abs=1e-14)


def test_functions_of_one_number_work_too():
    exact = [1 / factorial(k) for k in range(6)]
    np.testing.assert_allclose(taylor_coefficients(cmath.exp, 0, 5), exact, rtol=1e-13)

    def branching(z):
        return z * z if abs(z) < 2 else z * z + 0  # not for arrays

    np.testing.assert_allclose(taylor_coefficients(branching, 1, 3), [1, 2, 1, 0], atol=1e-13)
    np.testing.assert_allclose(
        taylor_coefficients(lambda z: 1 / (1 - z) if z != 1 else 1 / 0, 0, 3), 1, rtol=1e-13
    )


def test_a_function_that_mixes_its_arguments_is_asked_one_by_one():
    c = taylor_coefficients(lambda z: np.exp(z - np.sum(z) + np.sum(z)) + 0 * np.size(z), 0, 3)
    np.testing.assert_allclose(c, [1, 1, 1 / 2, 1 / 6], rtol=1e-12)
    c = taylor_coefficients(lambda z: np.exp(z) * np.size(z), 0, 3)
    np.testing.assert_allclose(c, [1, 1, 1 / 2, 1 / 6], rtol=1e-12)


@pytest.mark.parametrize(
    ("f", "a"),
    [
        (np.abs, 1),
        (np.abs, 0),
        (lambda z: np.abs(z) ** 2, 0),
        (lambda z: 1 + np.abs(z) ** 2, 0.3),
        (np.conj, 1j),
        (np.real, 2),
        (np.imag, 2),
        (lambda z: np.exp(z) + 1e-8 * np.abs(z), 1.0),
        (lambda z: np.exp(-1 / z**2), 0),
        (lambda z: 1 / z, 0),
        (np.sqrt, 0),
        (np.log, 0),
        (lambda z: np.where(z.real > 0, 1.0, -1.0), 0),
        (lambda z: z * np.nan, 0),
    ],
)
def test_what_is_not_analytic_is_refused(f, a):
    with pytest.raises(ValueError, match="f must be analytic near a = "):
        taylor_coefficients(f, a, 5)


def test_what_is_analytic_only_nearby_is_not():
    c = taylor_coefficients(lambda z: np.where(np.abs(z) < 1, np.exp(z), 0), 0, 3)
    np.testing.assert_allclose(c, [1, 1, 1 / 2, 1 / 6], rtol=1e-10)
    c = taylor_coefficients(lambda z: np.where(z.real > 0, z, -z), 0.5, 3)
    np.testing.assert_allclose(c, [0.5, 1, 0, 0], atol=1e-14)


def test_a_radius_of_ones_own():
    exact = [1 / factorial(k) for k in range(6)]
    for radius in (0.1, 1.0, 3.0):
        np.testing.assert_allclose(
            taylor_coefficients(np.exp, 0, 5, radius=radius), exact, rtol=1e-9
        )
    c = taylor_coefficients(lambda z: 1 / (1 + z**2), 0, 5, radius=0.98)
    np.testing.assert_allclose(c, [1, 0, -1, 0, 1, 0], atol=1e-12)


@pytest.mark.parametrize("radius", [1.0, 1.5, 0.9999])
def test_a_radius_beyond_a_singularity_is_refused(radius):
    with pytest.raises(ValueError, match="radius must be such that f is analytic inside"):
        taylor_coefficients(lambda z: 1 / (1 + z**2), 0, 5, radius=radius)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"f": 1}, "f must be callable"),
        ({"a": np.nan}, "a must be a finite number"),
        ({"a": [1, 2]}, "a must be a finite number"),
        ({"a": "0"}, "a must be a finite number"),
        ({"order": -1}, "order must be an integer of at least 0"),
        ({"order": 2.5}, "order must be an integer"),
        ({"radius": 0}, "radius must be positive"),
        ({"f": math.exp}, "f must take complex numbers; it raised"),
        ({"f": lambda z: np.eye(2)}, "f must return a number for a number"),
        ({"f": lambda z: "z"}, "f must return a number for a number"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        taylor_coefficients(**{"f": np.exp, "a": 0, "order": 3} | arguments)


@pytest.mark.parametrize(("radius", "order"), [(1e-3, 5), (1e-2, 10), (1e-300, 5), (50.0, 5)])
@pytest.mark.parametrize("f", [np.exp, np.sin])
def test_a_radius_at_which_rounding_swamps_a_coefficient_is_refused(f, radius, order):
    with pytest.raises(ValueError, match="radius must suit the order: it is"):
        taylor_coefficients(f, 0.0, order, radius=radius)

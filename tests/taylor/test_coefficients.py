"""Taylor coefficients by Cauchy's integral: known series, identities of series, honest refusals."""

import cmath
import math
from fractions import Fraction
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.taylor import taylor_coefficients

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


# As high as doubles go, and no higher; against exact rational numbers

one = Fraction(1)
HIGH = {
    "exp": (np.exp, 0, 170, lambda k: one / factorial(k)),
    "cosh": (np.cosh, 0, 170, lambda k: one * (k % 2 == 0) / factorial(k)),
    "sin": (np.sin, 0, 170, lambda k: one * [0, 1, 0, -1][k % 4] / factorial(k)),
    "exp(z²)": (lambda z: np.exp(z**2), 0, 300, lambda k: one * (k % 2 == 0) / factorial(k // 2)),
    "Bessel": (
        lambda z: sum((-z * z / 4) ** k / factorial(k) ** 2 for k in range(80)),
        0,
        60,
        lambda k: (-one / 4) ** (k // 2) / factorial(k // 2) ** 2 if k % 2 == 0 else 0 * one,
    ),
    "geometric": (lambda z: 1 / (1 - z), 0, 400, lambda k: one),
    "fifth power": (lambda z: (1 - z) ** -5.0, 0, 400, lambda k: one * math.comb(k + 4, 4)),
    "Runge": (lambda z: 1 / (1 + z * z), 0, 400, lambda k: one * [1, 0, -1, 0][k % 4]),
    "gaps": (lambda z: 1 / (1 - z**50), 0, 400, lambda k: one * (k % 50 == 0)),
    "log": (lambda z: np.log(1 + z), 0, 300, lambda k: (-one) ** (k + 1) / k if k else 0 * one),
    "pole": (lambda z: 1 / (z - 1e-6), 0, 50, lambda k: -1 / Fraction(1e-6) ** (k + 1)),
    "pole beside 1": (lambda z: 1 / (z - 1 - 2**-20), 1, 50, lambda k: -one * 2 ** (20 * k + 20)),
    "polynomial": (lambda z: 3 - z**20, 0, 300, lambda k: one * {0: 3, 20: -1}.get(k, 0)),
    "square at ¾": (lambda z: z * z, 0.75, 30, lambda k: Fraction([9 / 16, 1.5, 1, *28 * [0]][k])),
    "offset": (lambda z: 1e8 + np.exp(z), 0, 60, lambda k: one / factorial(k) + 10**8 * (k == 0)),
}  # fmt: skip


def log2(number):
    return math.log2(abs(number.numerator)) - math.log2(number.denominator) if number else -np.inf


@pytest.mark.no_cover
@pytest.mark.parametrize("name", HIGH)
@pytest.mark.parametrize(("s", "u"), [(1.0, 1.0), (2.0**-60, 1.0), (2.0**60, 1.0), (1.0, 1.25)])
def test_high_orders_in_any_unit(name, s, u):
    f, a, order, c = HIGH[name]
    exact = [Fraction(s) * c(k) / Fraction(u) ** k for k in range(order + 1)]
    size = np.array([log2(each) for each in exact])
    order = np.argmax([*(np.isfinite(size) & (np.abs(size) > 1022)), True])  # the first too many
    found = taylor_coefficients(lambda z: s * f(z / u), a * u, order - 1)
    for k, (ck, right) in enumerate(zip(found, exact[:order], strict=True)):
        t = np.linspace(-20, 20, 401)[:, None]  # log₂ r: Cauchy's bound is the least of max|f| / rᵏ
        bound = np.min(np.max(size + t * (np.arange(len(size)) - k), axis=1))
        assert log2(Fraction(ck) - right) <= (size[k] - 23 if right else bound - 33)


@pytest.mark.parametrize(
    ("f", "a", "order", "message"),
    [
        (np.exp, 0, 171, "order must be less than 171: the coefficient of order 171 is too small"),
        (lambda z: 1e-300 * np.exp(z), 0, 30, "order must be less than 12: .* is too small"),
        (lambda z: 1 / (z - 1e-6), 0, 60, "order must be less than 51: .* is too large"),
        (lambda z: 1e12 + 1 / (1 - z), 0, 4, "order must be less than 1: .* drowns"),
        (lambda z: 1e16 * z + 1 / (1 - z), 0, 4, "order must be less than 2: .* drowns"),
        (lambda z: 1e20 + 1 / (1 - z), 0, 4, "order must be less than 1: .* drowns"),
        (np.log, -1 + 1e-8j, 9, "order must be less than 2: .* drowns"),  # the cut is near
        (lambda z: np.exp(np.asarray(z, dtype=np.complex64)), 0, 4, "drowns"),
        (lambda z: np.where(np.abs(z) < 1, np.exp(z), 0), 0, 40, "drowns"),
        (lambda z: sum(2.0 ** (-j * j) * z**j for j in range(33)), 0, 32, "drowns"),
    ],
)
def test_what_doubles_do_not_carry_is_refused(f, a, order, message):
    with pytest.raises(ValueError, match=message):
        taylor_coefficients(f, a, order)


@given(st.integers(0, 2**31))
@settings(deadline=None, derandomize=True, max_examples=25)
def test_sums_of_poles_are_right_or_refused(seed):
    rng = np.random.default_rng(seed)
    order, a = rng.integers(1, 150), complex(*rng.standard_normal(2))
    away = (rng.standard_normal(3) + 1j * rng.standard_normal(3)) * 10.0 ** rng.integers(-2, 3)
    weights = rng.standard_normal(3) * 10.0 ** rng.integers(-3, 3, 3)

    def f(z):
        return (weights / (np.asarray(z)[..., None] - a - away)).sum(axis=-1)

    try:
        found = taylor_coefficients(f, a, order)
    except ValueError as error:
        found = str(error)
    if isinstance(found, str):
        assert "order must be less than" in found
        return
    with np.errstate(all="ignore"):
        terms = -weights * np.cumprod(np.tile(1 / away, (order + 1, 1)), axis=0)
    assert (np.abs(found - terms.sum(axis=1)) <= 1e-7 * np.abs(terms).sum(axis=1)).all()

"""Digits against exact arithmetic, and the promise against methods of known conditioning."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.digits import common_digits, digits_left


@settings(deadline=None, derandomize=True)
@given(st.floats(1e-3, 1e25))
def test_ten_times_cond_epsilon_stays_below_the_last_digit(cond):
    k, error = digits_left(cond), 10 * Fraction(cond) / 2**52
    assert k >= 0
    assert k == 0 or error <= Fraction(1, 10**k) * (1 + Fraction(1, 10**12))
    assert error >= Fraction(1, 10 ** (k + 1)) * (1 - Fraction(1, 10**12))


@pytest.mark.parametrize("k", range(1, 14))
def test_numbers_that_differ_in_a_digit_agree_in_those_before_it(k):
    y = np.array([1.0, -3.0, 0.25])
    x = y + np.array([0, 2 * 10.0**-k, 0])  # relative to 3, between 10⁻ᵏ and 10⁻ᵏ⁻¹
    assert common_digits(x, y) == k
    assert common_digits(2.0**40 * x, 2.0**40 * y) == k
    assert common_digits(x, y, 1e13) == min(k, digits_left(1e13))


def test_equal_and_unrelated_numbers():
    assert common_digits([1, 2], [1, 2]) == digits_left() == 14
    assert common_digits(np.zeros(3), 0) == 14
    assert common_digits(1e-300, 0.0) == 0
    assert common_digits(-1.0, 1.0) == 0
    assert common_digits([[1.0, 1.0]], 1.0) == 14


def test_a_system_keeps_the_digits_that_its_condition_number_leaves():
    rng = np.random.default_rng(0)
    for cond in (1e1, 1e5, 1e9):
        for _ in range(20):
            U, V = (np.linalg.qr(rng.standard_normal((5, 5)))[0] for _ in range(2))
            A = U * np.geomspace(1, 1 / cond, 5) @ V.T
            x = rng.standard_normal(5)
            assert common_digits(np.linalg.solve(A, A @ x), x, cond) == digits_left(cond)


def test_differences_keep_the_digits_that_the_step_leaves():
    x = np.linspace(1, 1.5, 50)
    for h in (1e-7, 1e-6, 1e-5):
        slope = (np.sin(x + h) - np.sin(x - h)) / (2 * h)
        assert common_digits(slope, np.cos(x), 1 / h) == digits_left(1 / h)


def test_bad_arguments_are_named():
    for cond in (0.0, -1.0, np.inf, np.nan, "many"):
        with pytest.raises(ValueError, match="cond must"):
            digits_left(cond)
    with pytest.raises(ValueError, match=r"x must be finite and not empty; it is nan"):
        common_digits(np.nan, 1.0)
    with pytest.raises(ValueError, match=r"y must be finite and not empty; it is \[\]"):
        common_digits(1.0, [])
    with pytest.raises(ValueError, match=r"x must have y's shape \(3,\); its shape is \(2,\)"):
        common_digits([1, 2], [1, 2, 3])

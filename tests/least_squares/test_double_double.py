"""Error-free transformations are checked against exact rational arithmetic."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.least_squares import two_sum
from companion.least_squares._double_double import multiply_add, split, sum_accurately, two_product

moderate = st.floats(-1e100, 1e100, allow_subnormal=False).filter(
    lambda x: x == 0 or abs(x) > 1e-100
)
exactly = settings(deadline=None, derandomize=True, max_examples=200)


def exact(*numbers):
    return sum(Fraction(float(number)) for number in numbers)


@exactly
@given(moderate, moderate)
def test_two_sum_loses_nothing(a, b):
    s, e = two_sum(a, b)
    assert s == a + b
    assert exact(s, e) == exact(a, b)


@exactly
@given(moderate, moderate)
def test_two_product_loses_nothing(a, b):
    p, e = two_product(a, b)
    assert p == a * b
    assert exact(p, e) == Fraction(a) * Fraction(b)


@exactly
@given(moderate)
def test_split_halves_have_26_bits_and_add_up(a):
    high, low = split(a)
    assert high + low == a
    for half in (high, low):
        significand, _ = np.frexp(half)
        assert (significand * 2**26).is_integer()


@pytest.mark.parametrize("a", [2.0**995, -(2.0**995)])
def test_split_works_up_to_its_limit(a):
    assert split(a) == (a, 0.0)


@exactly
@given(st.lists(moderate, min_size=1, max_size=20))
def test_sum_is_as_good_as_with_32_digits(numbers):
    terms = np.array([*numbers, *(-np.array(numbers[::-1]) * (1 + 2.0**-40))])
    true = float(exact(*terms))
    bound = 2.0**-53 * abs(true) + len(terms) ** 2 * 2.0**-104 * float(abs(terms).sum())
    assert abs(sum_accurately(terms, np.zeros(len(terms))) - true) <= bound


def test_sum_adds_the_errors_too():
    assert sum_accurately(np.array([1e20, 1.0, -1e20]), np.array([0.5, 0.25, 0.125])) == 1.875


@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (3, 8), (64, 1), (1, 33)])
def test_multiply_add_rounds_an_exact_residual_once(shape):
    rng = np.random.default_rng(shape[0])
    A, x = rng.standard_normal(shape), rng.standard_normal(shape[1])
    r = rng.standard_normal(shape[0]) * 1e-9
    b = A @ x + r
    computed = multiply_add(A, x, -b, r)
    for i, row in enumerate(A):
        true = sum(Fraction(a) * Fraction(t) for a, t in zip(row, x, strict=True))
        true = float(true - Fraction(b[i]) + Fraction(r[i]))
        assert abs(computed[i] - true) <= 2.0**-52 * abs(true) + 2.0**-98
    # Plain arithmetic has no digit right here.
    plain = A @ x - b + r
    assert np.linalg.norm(plain - computed) >= 0.05 * np.linalg.norm(computed)


def test_inputs_stay_as_they_were():
    A, x, b = np.ones((3, 2)), np.ones(2), np.ones(3)
    multiply_add(A, x, b)
    sum_accurately(b, b)
    for array in (A, x, b):
        assert (array == 1).all()

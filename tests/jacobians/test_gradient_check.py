"""The slope of the Taylor remainder tells a right gradient from a wrong one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.jacobians import GradientCheck
from companion.jacobians._gradient_check import remainder


def f(x):
    return np.exp(x[0]) * x[1] ** 2


def g(x):
    return np.array([np.exp(x[0]) * x[1] ** 2, 2 * np.exp(x[0]) * x[1]])


@given(st.floats(-2, 2), st.floats(0.5, 2), st.integers(0, 99))
@settings(deadline=None, derandomize=True, max_examples=30)
def test_two_when_right_and_one_when_wrong(a, b, seed):
    x, d = np.array([a, b]), np.random.default_rng(seed).uniform(0.5, 1.5, 2)
    assert remainder(f, g(x), x, d)[0] == pytest.approx(2, abs=0.1)
    for error in (1.0, 1e-3, 1e-5):
        assert remainder(f, g(x) * (1 + error), x, d)[0] == pytest.approx(1, abs=0.1)


def test_three_where_the_curvature_vanishes():
    x = np.array([0.0])
    assert remainder(lambda x: x[0] + x[0] ** 3, np.ones(1), x, np.ones(1))[0] == pytest.approx(3)


def test_rounding_has_no_slope():
    x, d = np.array([0.3, 0.7]), np.array([1.0, -1.0])
    assert np.isnan(remainder(lambda x: 2 * x[0] + x[1] / 3, np.array([2, 1 / 3]), x, d)[0])
    assert np.isnan(remainder(lambda x: 5.0, np.zeros(2), x, d)[0])


def test_a_zero_residual_has_the_slope_of_others():
    x, d = np.array([1.0, 1.0]), np.array([0.4, -0.3])

    def rosenbrock(x):
        return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2

    assert remainder(rosenbrock, np.zeros(2), x, d)[0] == pytest.approx(2, abs=0.1)


def test_points_outside_the_domain_are_passed_over():
    x, d = np.array([0.1]), np.array([-1.0])
    slope, change = remainder(lambda x: np.log(x[0]), np.array([10.0]), x, d)
    assert slope == pytest.approx(2, abs=0.1)
    assert np.isfinite(change)


def test_the_change_is_the_largest():
    change = remainder(lambda x: x[0] ** 2, np.zeros(1), np.zeros(1), np.array([4.0]))[1]
    assert change == 1.0


def test_a_check_reads_as_a_report():
    check = GradientCheck(True, 2.0, 3, 1.5, 1.5, 0.0)
    assert repr(check) == (
        "GradientCheck: passed, slope of the Taylor remainder 2.00 (2 when right)\n"
        "  worst component 3: analytic 1.5, numeric 1.5\n  relative error 0.0e+00"
    )

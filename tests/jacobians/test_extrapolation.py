"""Tables of differences: the orders they remove, the errors they admit, the steps they trust."""

import numpy as np
import pytest

from companion.jacobians.extrapolation import MAX_RUNGS, extrapolate, most_trusted

EPS = np.finfo(float).eps


def central(f, x, h, calls=None):
    def difference(rung):
        t = h / 2**rung
        A, B = f(x + t), f(x - t)
        if calls is not None:
            calls.append(t)
        return (A - B) / (2 * t), lambda: 16 * EPS * np.maximum(np.abs(A), np.abs(B)) / t

    return difference


@pytest.mark.parametrize(
    ("f", "df"),
    [
        (np.exp, np.exp),
        (np.sin, np.cos),
        (lambda x: 1 / x, lambda x: -1 / x**2),
        (np.log, lambda x: 1 / x),
    ],
)
def test_the_error_is_below_its_estimate_and_small(f, df):
    x = np.linspace(0.5, 3, 20)
    best, least = extrapolate(central(f, x, 0.2 * x), 4.0)
    assert (np.abs(best - df(x)) <= 4 * least).all()
    assert (np.abs(best - df(x)) <= 1e-11 * np.abs(df(x)).max()).all()


def test_one_sided_differences_have_all_orders():
    x = np.linspace(0.5, 3, 20)

    def difference(rung):
        t = 0.2 / 2**rung
        A, B = np.exp(x + t), np.exp(x)
        return (A - B) / t, lambda: 16 * EPS * A / t

    best, _ = extrapolate(difference, 2.0)
    np.testing.assert_allclose(best, np.exp(x), rtol=1e-10)


def test_a_cubic_is_exact_after_one_extrapolation():
    calls = []
    best, _ = extrapolate(central(lambda x: x**3, np.array([2.0]), 0.5, calls), 4.0)
    assert best.item() == pytest.approx(12, rel=1e-13)
    assert len(calls) < 10


def test_each_entry_stops_for_itself():
    x = np.array([1.0])

    def f(x):
        return np.concatenate([np.sin(1e4 * x), x**2])

    best, _ = extrapolate(central(f, x, 0.2), 4.0)
    np.testing.assert_allclose(best, [1e4 * np.cos(1e4), 2], rtol=1e-8)
    assert abs(best[1] - 2) <= 1e-13


def test_whole_periods_are_not_taken_for_a_constant():
    # The first steps of 1.3, 0.65, … are far from the limit; those of 4 and 2 would look constant.
    best, _ = extrapolate(central(lambda x: np.sin(2 * np.pi * x), np.array([0.0]), 4.0), 4.0)
    assert best.item() == pytest.approx(2 * np.pi, rel=1e-10)


def test_what_is_nowhere_finite_stays_so_and_ends():
    calls = []
    with np.errstate(all="ignore"):
        best, least = extrapolate(central(np.log, np.array([-1.0]), 0.2, calls), 4.0)
    assert np.isnan(best).all()
    assert np.isinf(least).all()
    assert len(calls) == MAX_RUNGS


def test_nan_at_long_steps_is_passed_over():
    with np.errstate(all="ignore"):
        best, _ = extrapolate(central(np.log, np.array([0.1]), 1.0), 4.0)
    assert best.item() == pytest.approx(10, rel=1e-10)


STEPS = 1e-14 * 30.0 ** np.arange(9)


def trusted(f, x, steps=STEPS):
    def difference(h):
        A, B = f(x + h), f(x - h)
        return (A - B) / (2 * h), lambda: 16 * EPS * (np.maximum(abs(A), abs(B)) + 4 * (A == B)) / h

    with np.errstate(all="ignore"):
        return most_trusted(difference, steps, 2)


def test_long_steps_are_taken_where_short_ones_round():
    assert trusted(lambda h: 1 + h, np.array([0.0])).item() == pytest.approx(1, rel=1e-10)
    assert trusted(lambda h: 1 + np.sin(h), np.array([0.0])).item() == pytest.approx(1, rel=1e-7)


def test_short_steps_are_taken_where_long_ones_are_wrong():
    x = np.array([1e-8])
    assert trusted(np.log, x).item() == pytest.approx(1e8, rel=1e-8)
    assert trusted(np.sqrt, x).item() == pytest.approx(0.5e4, rel=1e-8)


def test_of_the_two_that_agree_best_the_shorter_is_taken_if_truncation_prevails():
    x = np.array([1e-5])
    found = trusted(np.log, x, 6e-11 * 30.0 ** np.arange(5)).item()
    assert found == pytest.approx(1e5, rel=1e-9)  # the longer of them is off by 1e-8


def test_each_entry_takes_its_own_step():
    x = np.array([1e-8])
    found = trusted(lambda t: np.concatenate([1 + t, np.log(t)]), x)
    np.testing.assert_allclose(found, [1, 1e8], rtol=1e-7)


def test_zero_stays_zero():
    assert trusted(lambda h: 0 * h + 3.0, np.array([0.0])).item() == 0
    # A parabola at its vertex, on top of numbers that are rounded.
    assert abs(trusted(lambda h: 1 + h**2, np.array([0.0])).item()) <= 1e-9


def test_a_step_that_raises_ends_the_search():
    def f(t):
        if t <= 0:
            raise ValueError("math domain error")
        return np.log(t)

    assert trusted(f, np.array([1e-8])).item() == pytest.approx(1e8, rel=1e-6)
    with pytest.raises(ValueError, match="math domain error"):
        trusted(f, np.array([-1.0]))

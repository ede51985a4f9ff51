"""What the descents share: where f and ∇f are looked at, how far it still is, when to stop."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion._shared.floats import norm
from companion._shared.iteration import (
    Gauge,
    Iterate,
    _gradients_show,
    curvatures,
    least_curvature,
    look,
    value,
)

START = look(np.sum, np.ones_like, np.array([1.0, 2.0]))
FEW = settings(deadline=None, derandomize=True, max_examples=40)


def root(x):
    return np.sqrt(x[0] - 2)


def test_an_iterate_holds_f_and_its_gradient():
    assert (START.fun, *START.g) == (3.0, 1.0, 1.0)
    assert START.is_finite
    assert not Iterate(START.x, np.inf, START.g).is_finite


def test_where_x_has_overflowed_nothing_is_called():
    there = look(None, None, np.array([np.inf, 0.0]))
    assert np.isnan([there.fun, *there.g]).all()
    assert not there.is_finite


def test_nan_is_data_unless_finite_values_are_asked_for():
    x = np.array([1.0, 1.0])
    assert np.isnan(look(root, np.ones_like, x).fun)
    with pytest.raises(ValueError, match=r"f must return finite values; at x = \[1, 1\]"):
        look(root, np.ones_like, x, finite=True)


def test_an_error_of_f_is_nan_and_overflow_is_infinity():
    assert np.isnan(value(lambda x: math.log(x[0]), np.array([-1.0]), "f", ()))
    assert np.isnan(value(lambda x: 1 / int(x[0]), np.array([0.0]), "f", ()))
    assert value(lambda x: math.exp(x[0]), np.array([1e3]), "f", ()) == np.inf
    with pytest.raises(ValueError, match=r"f must have a value at x = \[-1\]; it raised ValueE"):
        value(lambda x: math.log(x[0]), np.array([-1.0]), "f", (), finite=True)
    # What f returns must be right all the same.
    with pytest.raises(ValueError, match="f must return an array of shape"):
        value(lambda x: x, np.array([1.0, 2.0]), "f", ())


# ---- how far it is


@given(seed=st.integers(0, 10**6))
@FEW
def test_curvatures_lie_between_the_eigenvalues_and_a_plane_shows_its_least(seed):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(4, 4))
    H = A + A.T
    low, *_, high = np.linalg.eigvalsh(H)
    S = rng.normal(size=(2, 4))
    for s, c in zip(S, curvatures(S, S @ H), strict=True):
        assert c == pytest.approx(s @ H @ s / (s @ s))
        assert low - 1e-9 <= c <= high + 1e-9
    Q, _ = np.linalg.qr(S.T)
    least = np.linalg.eigvalsh(Q.T @ H @ Q)[0]
    assert least_curvature(S, S @ H) == pytest.approx(least, abs=1e-6)


def test_a_plane_in_doubt_shows_no_curvature():
    S = np.array([[1.0, 0.0], [1.0, 1.0]])
    assert least_curvature(S, S) == pytest.approx(1)
    assert least_curvature(S[[0, 0]], S) == 0
    assert least_curvature(0 * S, S) == 0
    assert least_curvature(S[:1], S[:1]) == 0
    # No symmetric H maps these so.
    assert least_curvature(S, np.array([[6.0, 1.0], [1.0, 1.0]])) == 0
    assert curvatures(0 * S, S).tolist() == [0, 0]


@given(seed=st.integers(0, 10**6), log_kappa=st.floats(0, 5), share=st.floats(0.05, 1.95))
@FEW
def test_the_estimate_bounds_the_distance_on_a_bowl_of_two_variables(seed, log_kappa, share):
    """From four iterates on, whatever the start and the length of a fixed step."""
    rng = np.random.default_rng(seed)
    Q, _ = np.linalg.qr(rng.normal(size=(2, 2)))
    H = Q * [1, 10**log_kappa] @ Q.T
    H = (H + H.T) / 2
    x, gauge = Q @ (rng.normal(size=2) * 10.0 ** rng.uniform(-4, 4, 2)), Gauge()
    for k in range(30):
        estimate = gauge.distance(x, H @ x)
        if k < 3:
            assert estimate == np.inf
        assert estimate >= 0.99 * norm(x)
        x = x - share / 10**log_kappa * (H @ x)


def test_where_steps_are_short_an_older_iterate_shows_the_curvature():
    mu, gauge = 3.0, Gauge()
    for k in range(60):
        x = np.array([0.5**k])
        g = mu * x + 1e-7 * (k % 11)  # rounding, by which any two neighbours differ
        estimate = gauge.distance(x, g)
    assert estimate == pytest.approx(norm(g) / mu, rel=0.02)


# ---- norms


@pytest.mark.parametrize("power", [-1000, -600, -1, 600, 1020])
def test_a_power_of_two_as_a_factor_comes_out_of_a_norm_unchanged(power):
    v = np.random.default_rng(0).uniform(-1, 1, 7)
    assert norm(np.ldexp(v, power)) == np.ldexp(norm(v), power)


def test_the_norm_of_a_matrix_is_that_of_its_rows():
    rows = np.array([[3.0, 4.0], [0.0, 0.0], [3e300, 4e300], [5e-324, 0.0]])
    np.testing.assert_allclose(norm(rows), [5.0, 0.0, 5e300, 5e-324], rtol=1e-15)
    assert norm(np.zeros((0, 3))).shape == (0,)


def test_the_norm_of_what_has_overflowed_says_so():
    assert norm(np.zeros(3)) == norm(np.zeros(0)) == 0
    assert norm(np.array([1.0, -np.inf])) == np.inf
    assert np.isnan(norm(np.array([1.0, np.nan])))
    assert norm(np.array([1.5e308, 1.5e308])) == np.inf


@FEW
@given(seed=st.integers(0, 2**32 - 1), exponent=st.sampled_from([-60, 0, 60]))
def test_on_a_bowl_gradients_show_by_how_much_f_falls_and_on_a_dome_nothing(seed, exponent):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 6))
    A, u = rng.standard_normal((n, n)), 2.0**exponent
    H, x = A @ A.T + np.eye(n), u * rng.standard_normal(n)
    d = -(H @ x) / np.linalg.norm(H, 2)
    fall = x @ H @ x / 2 - (x + d) @ H @ (x + d) / 2
    here, there = (Iterate(at, np.nan, H @ at) for at in (x, x + d))
    assert _gradients_show(here, there, 0.99 * fall)
    assert not _gradients_show(here, there, 1.01 * fall)
    here, there = (Iterate(at, np.nan, -H @ at) for at in (x, x - d))
    assert not _gradients_show(here, there, 0.0)

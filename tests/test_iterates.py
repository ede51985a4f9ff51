"""What the descents share: where f and ∇f are looked at, and what counts as having run away."""

import numpy as np
import pytest

from companion.iterates import is_far, look, norm, refuse_nan

START = look(np.sum, np.ones_like, np.array([1.0, 2.0]))


def root(x):
    return np.sqrt(x[0] - 2)


def test_an_iterate_holds_f_and_its_gradient():
    assert (START.fun, *START.g) == (3.0, 1.0, 1.0)
    assert START.is_finite


def test_where_x_has_overflowed_nothing_is_called():
    there = look(None, None, np.array([np.inf, 0.0]))
    assert np.isnan([there.fun, *there.g]).all()
    assert not there.is_finite


def test_nan_is_data_unless_finite_values_are_asked_for():
    x = np.array([1.0, 1.0])
    assert np.isnan(look(root, np.ones_like, x).fun)
    with pytest.raises(ValueError, match=r"f must return finite values; at x = \[1, 1\]"):
        look(root, np.ones_like, x, finite=True)


@pytest.mark.parametrize(("size", "far"), [(1e8, False), (1e10, True), (1e200, True)])
def test_far_is_measured_from_the_size_of_the_start(size, far):
    there = look(np.sum, np.ones_like, np.array([size, 0.0]))
    assert is_far(there, START) is far
    lost = look(None, None, np.array([np.nan, 0.0]))
    assert is_far(lost, START)


def test_nan_is_refused_at_an_ordinary_point_with_the_culprit_named():
    x = np.array([1.0, 1.0])
    with pytest.raises(ValueError, match=r"f must return finite values; at x = \[1, 1\]"):
        refuse_nan(root, np.ones_like, look(root, np.ones_like, x), START)

    def log(x):
        return np.log(-x)

    with pytest.raises(ValueError, match=r"grad must return finite values; at x = \[1, 1\]"):
        refuse_nan(np.sum, log, look(np.sum, log, x), START)


def test_nan_far_away_and_infinity_pass():
    far = np.array([-1e10, 0.0])
    refuse_nan(root, np.ones_like, look(root, np.ones_like, far), START)
    refuse_nan(np.sum, np.ones_like, START, START)


def test_a_norm_that_overflows_is_infinite_without_a_warning():
    assert norm(np.array([1e200, 1e200])) == np.inf
    assert norm(np.array([3.0, 4.0])) == 5.0

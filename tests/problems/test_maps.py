"""The example maps: their Jacobians, their geometry, and the linear model on a neighbourhood."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.problems.maps import arm_joints, bend, magnify, polar, two_link_arm

MAPS = [bend, polar, two_link_arm(), two_link_arm((2.0, 0.7))]
points = st.tuples(st.floats(-3, 3), st.floats(-3, 3)).map(np.array)


@pytest.mark.parametrize("f", MAPS, ids=lambda f: f.name)
@settings(deadline=None, derandomize=True, max_examples=25)
@given(x=points, v=points)
def test_the_jacobian_is_the_complex_derivative(f, x, v):
    exact = np.imag(f(x + 1e-100j * v)) / 1e-100
    assert f.jac(x) @ v == pytest.approx(exact, rel=1e-13, abs=1e-13)


@pytest.mark.parametrize("f", MAPS, ids=lambda f: f.name)
def test_many_points_at_once_give_what_one_at_a_time_gives(f):
    X = np.random.default_rng(0).standard_normal((2, 5))
    assert f(X).shape == (2, 5)
    assert f.jac(X).shape == (2, 2, 5)
    for k, x in enumerate(X.T):
        np.testing.assert_allclose(f(X)[:, k], f(x), rtol=1e-15)
        np.testing.assert_allclose(f.jac(X)[..., k], f.jac(x), rtol=1e-15)


def test_integer_points_are_taken_as_real_ones():
    np.testing.assert_array_equal(bend.jac(np.array([2, 0])), [[0, 4], [5, 1]])


@settings(deadline=None, derandomize=True, max_examples=50)
@given(x=points)
def test_the_polar_determinant_is_the_radius(x):
    assert np.linalg.det(polar.jac(x)) == pytest.approx(x[0], abs=1e-14)


@settings(deadline=None, derandomize=True, max_examples=50)
@given(theta=points, lengths=st.tuples(st.floats(0.1, 5), st.floats(0.1, 5)))
def test_the_links_keep_their_lengths_and_end_in_the_hand(theta, lengths):
    joints = arm_joints(theta, lengths)
    assert np.linalg.norm(np.diff(joints, axis=0), axis=1) == pytest.approx(lengths, rel=1e-12)
    np.testing.assert_array_equal(joints[-1], two_link_arm(lengths)(theta))
    det = np.linalg.det(two_link_arm(lengths).jac(theta))
    assert det == pytest.approx(lengths[0] * lengths[1] * np.sin(theta[1]), abs=1e-12)


@pytest.mark.parametrize("f", MAPS, ids=lambda f: f.name)
def test_the_gap_of_the_linear_model_has_slope_2(f):
    x = np.array([1.3, 0.4])
    h = np.array([1e-2, 1e-3])
    gap = [magnify(f, f.jac(x), x, size).gap for size in h]
    assert np.log10(gap[0] / gap[1]) == pytest.approx(2, abs=0.02)


def test_the_gap_of_any_other_matrix_has_slope_1():
    x = np.array([2.0, 0.5])
    wrong = bend.jac(x) + np.diag([0.1, 0])
    gap = [magnify(bend, wrong, x, h).gap for h in (1e-4, 1e-5)]
    assert np.log10(gap[0] / gap[1]) == pytest.approx(1, abs=0.02)


def test_a_neighbourhood_holds_the_grid_and_both_images():
    x, h = np.array([2.0, 0.5]), 0.25
    view = magnify(bend, bend.jac(x), x, h, points=5)
    assert view.square.shape == view.bent.shape == view.sheared.shape == (2, 5, 5)
    np.testing.assert_allclose(view.square[:, 0, 0], x - h)
    np.testing.assert_allclose(view.square[:, -1, -1], x + h)
    np.testing.assert_allclose(view.bent * h + bend(x)[:, None, None], bend(view.square))
    np.testing.assert_allclose(view.sheared[:, -1, -1], bend.jac(x).sum(axis=1))
    apart = np.linalg.norm((view.bent - view.sheared) * h, axis=0)
    assert view.gap == pytest.approx(apart.max(), rel=1e-12)


def test_a_linear_map_leaves_no_gap():
    J = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert magnify(lambda x: J @ x, J, [0, 0], 1.0).gap == pytest.approx(0, abs=1e-14)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"h": 0}, "h must be positive; it is 0"),
        ({"h": np.inf}, "h must be finite"),
        ({"x": [1, 2, 3]}, "x must have length 2"),
        ({"J": np.eye(3)}, r"J must have shape \(2, 2\)"),
        ({"points": 1}, "points must be an integer of at least 2"),
        ({"f": lambda x: x[0]}, "f must return an array of shape"),
        ({"f": lambda x: x / 0}, "f must return finite values"),
    ],
)
def test_magnify_names_the_bad_argument(arguments, message):
    good = {"f": polar, "J": np.eye(2), "x": np.ones(2), "h": 0.1}
    with pytest.raises(ValueError, match=message):
        magnify(**good | arguments)


def test_an_arm_needs_two_positive_lengths():
    with pytest.raises(ValueError, match="lengths must be positive; it is -1"):
        two_link_arm((1, -1))
    with pytest.raises(ValueError, match="lengths must have length 2"):
        two_link_arm((1, 1, 1))
    with pytest.raises(ValueError, match="theta must have length 2"):
        arm_joints([0.0])

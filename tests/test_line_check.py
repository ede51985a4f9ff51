"""What f does along a line contradicts a wrong Jacobian, and nothing else."""

import numpy as np
import pytest

from companion.finite_differences import Room
from companion.jacobians import jacobian
from companion.line_check import Line, direction
from companion.sampling import Batch

BOX = Room(np.array([0.0, 0.0]), np.array([1.0, 5.0]))


def f(x):
    return np.stack([x[0] ** 2 * x[1], np.sin(x[1])])


def line(f, x, room=BOX, vectorized=False):
    return Line(Batch(f, vectorized), np.array(x), room)


def exact(x):
    return np.array([[2 * x[0] * x[1], x[0] ** 2], [0, np.cos(x[1])]])


@pytest.mark.parametrize("room", [Room(), BOX])
@pytest.mark.parametrize("method", ["forward", "central", "complex-step"])
def test_the_right_jacobian_passes(room, method):
    x = np.array([1.0, 2.0])
    line(f, x, room).check(exact(x), method)
    line(f, x, room).check(lambda v: exact(x) @ v, method)
    line(f, x, room).check()


@pytest.mark.parametrize("room", [Room(), BOX])
@pytest.mark.parametrize("i", [0, 1])
@pytest.mark.parametrize("j", [0, 1])
def test_a_wrong_entry_is_found(room, i, j):
    x = np.array([1.0, 2.0])
    J = exact(x)
    J[i, j] += 1e-4
    with pytest.raises(ValueError, match=rf"f\[{i}\] at x = \[1, 2\] is not differentiable, or"):
        line(f, x, room).check(J)
    with pytest.raises(ValueError, match=rf"f\[{i}\] at x = \[1, 2\] is not analytic"):
        line(f, x, room).check(J, "complex-step")
    with pytest.raises(ValueError, match=rf"sparsity misses nonzeros of f\[{i}\]"):
        line(f, x, room).check(J, sparse=True)


def test_a_number_has_no_index_in_the_message():
    with pytest.raises(ValueError, match=r"^f at x = \[1\] jumps"):
        line(lambda x: np.floor(x[0]), [1.0], Room()).check()


@pytest.mark.parametrize("f", [np.abs, np.sign, np.floor, lambda x: np.maximum(x, 0)])
def test_jumps_and_kinks_are_rough(f):
    with pytest.raises(ValueError, match="jumps, has a kink or is mostly rounding error"):
        line(f, [0.0], Room()).check()


def test_a_kink_at_a_bound_is_not_seen_from_inside():
    line(np.abs, [0.0], Room(0.0, 10.0)).check()


def test_a_line_stays_in_the_box():
    for x in ([0.0, 5.0], [1.0, 0.0], [0.5, 1e-9]):
        seen = []

        def f(x):
            seen.append(x)  # noqa: B023
            return x

        line(f, x)
        assert (np.array(seen) >= 0).all()
        assert (np.array(seen) <= [1.0, 5.0]).all()


def test_the_direction_moves_every_component_and_is_always_the_same():
    v = direction(1000)
    assert (np.abs(v) >= 0.3).all()
    assert (np.abs(v) <= 1).all()
    assert abs(np.sign(v).sum()) < 150
    np.testing.assert_array_equal(v, direction(1000))


def test_the_value_at_x_must_be_finite():
    with pytest.raises(ValueError, match=r"f must return finite values; at x = \[0\] it returned"):
        line(lambda x: np.log(x[0]), [0.0], Room())


@pytest.mark.parametrize(
    ("f", "method"),
    [
        (lambda x: 1e8 + np.sin(x), "forward"),
        (lambda x: 1e10 + np.sin(x), "central"),
        (lambda x: np.sin(x.astype(np.float32)), "forward"),
        (lambda x: np.round(np.sin(x), 6), "forward"),
    ],
)
def test_a_slope_that_is_lost_to_rounding_is_refused(f, method):
    with pytest.raises(ValueError, match="too few digits for the steps taken: along v"):
        jacobian(f, [1.0, 2.0], method)


@pytest.mark.parametrize("method", ["forward", "central"])
@pytest.mark.parametrize(
    "f", [lambda x: 1e8 + 0 * x, np.cos, lambda x: 1e8 + x**2, lambda x: x**3, np.exp]
)
def test_a_slope_that_is_zero_or_shows_is_not_lost(f, method):
    J = jacobian(f, [0.0, 0.0], method)
    slope = 1.0 if f is np.exp else 0.0
    np.testing.assert_allclose(J, slope * np.eye(2), atol=1e-7)


def test_no_evaluation_leaves_the_box_to_look_for_lost_digits():
    points = []

    def f(x):
        points.append(x.copy())
        return 1e10 + np.sin(x)

    jacobian(f, [1.0], bounds=(1.0, 2.0))
    assert min(points) >= 1.0


def test_where_a_long_step_leaves_the_domain_nothing_is_said():
    with np.errstate(all="ignore"):
        J = jacobian(lambda x: 1e8 + np.sqrt(1e-6 - (x - 1) ** 2), [1.0], "forward")
    assert np.abs(J[0, 0]) < 1

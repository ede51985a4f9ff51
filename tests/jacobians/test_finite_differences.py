"""Where differences are taken: scales, nodes within bounds, and quotients of the promised order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion._shared.calls import Batch
from companion._shared.floats import EPS
from companion.jacobians._seeds import dense_seeds
from companion.jacobians.finite_differences import Differences, Room, growing, place, scales

numbers = st.floats(-1e12, 1e12).filter(lambda t: t == 0 or abs(t) > 1e-12)


def test_the_scale_is_the_size_of_a_component():
    scale, top = scales(np.array([5.0, -1e-8, 1e10]), Room())
    np.testing.assert_array_equal(scale, [5, 1e-8, 1e10])
    assert top == 1e10


@pytest.mark.parametrize(
    ("x", "expected"),
    [([0.0, 0.0], [1, 1]), ([1e10, 0], [1e10, 1]), ([1e-8, 0], [1e-8, 1e-8]), ([1e-320], [1e-300])],
)
def test_the_scale_of_zero(x, expected):
    np.testing.assert_array_equal(scales(np.array(x), Room())[0], expected)


def test_a_bound_nearby_is_a_scale_and_one_that_is_touched_is_not():
    x = np.array([1.0, 1.0, 1.0])
    room = Room(np.array([0.75, 1.0, -np.inf]), np.array([5.0, 5.0, 1.5]))
    np.testing.assert_array_equal(scales(x, room)[0], [0.25, 1, 0.5])


@given(st.lists(numbers, min_size=1, max_size=5), st.sampled_from([1e-3, 1e-8]))
@settings(deadline=None, derandomize=True, max_examples=100)
def test_steps_are_representable(x, share):
    x = np.array(x)
    h = share * scales(x, Room())[0]
    nodes = place(x, h, Room(), "central")
    np.testing.assert_array_equal(nodes.first - x, x - nodes.second)
    np.testing.assert_allclose(np.abs(nodes.first - x), h, rtol=1e-6)


@given(st.floats(0, 1), st.floats(1e-9, 3), st.sampled_from(["forward", "central", "richardson"]))
@settings(deadline=None, derandomize=True, max_examples=200)
def test_nodes_stay_in_the_box(x, h, method):
    room = Room(np.array([0.0]), np.array([1.0]))
    nodes = place(np.array([x]), np.array([h]), room, method)
    for point in (nodes.first, nodes.second):
        assert 0 <= point.item() <= 1
    assert nodes.first.item() != x
    assert nodes.first.item() != nodes.second.item()


@pytest.mark.parametrize("method", ["forward", "central", "richardson"])
def test_rounding_does_not_push_a_node_out_of_the_box(method):
    rng = np.random.default_rng(0)
    x, upper = rng.uniform(-1, 0, 10_000), rng.uniform(0, 0.5, 10_000)
    assert (x + (upper - x) > upper).any()
    nodes = place(x, np.full(10_000, 10.0), Room(x, upper), method)
    assert (nodes.first <= upper).all()
    assert (nodes.second <= upper).all()
    nodes = place(-x, np.full(10_000, 10.0), Room(-upper, -x), method)
    assert (nodes.first >= -upper).all()
    assert (nodes.second >= -upper).all()


@given(st.floats(1e-200, 1), st.floats(1, 1e200))
@settings(deadline=None, derandomize=True, max_examples=50)
def test_scales_grow_to_the_top_in_nine_steps_at_most(scale, top):
    rungs = list(growing(np.array([scale, top]), top))
    assert len(rungs) <= 9
    np.testing.assert_array_equal(rungs[0], [scale, top])
    np.testing.assert_array_equal(rungs[-1], [top, top])
    assert (np.diff(rungs, axis=0) >= -1e-12 * np.array(rungs[1:])).all()


@pytest.mark.parametrize(("method", "order"), [("forward", 1), ("central", 2)])
@pytest.mark.parametrize("bound", [-np.inf, 0.7])
def test_quotients_have_the_promised_order(method, order, bound):
    x, errors = np.array([0.7]), []
    for h in (1e-1, 1e-2, 1e-3):
        room = Room(np.array([bound]), np.array([np.inf]))
        quotient = Differences(Batch(np.exp, False), x, np.exp(x), room, method, np.array([h]))
        (seed,) = dense_seeds(1, 1)
        errors.append(abs(quotient(seed).item() - np.exp(0.7)))
    slope = np.polyfit(np.log([1e-1, 1e-2, 1e-3]), np.log(errors), 1)[0]
    assert slope == pytest.approx(order, abs=0.1)


def test_small_components_are_those_below_a_thousandth():
    x = np.array([1.0, 1e-4, 0.0, 1e-2])
    quotient = Differences(Batch(np.exp, False), x, np.exp(x), Room(), "central")
    np.testing.assert_array_equal(quotient.small(), [1])
    step = np.full(4, 1e-3)
    quotient = Differences(Batch(np.exp, False), x, np.exp(x), Room(), "central", step)
    assert quotient.small().size == 0


def test_the_default_step_is_the_cube_root_of_eps():
    x = np.array([2.0])
    nodes = Differences(Batch(np.exp, False), x, np.exp(x), Room(), "central").nodes
    assert (nodes.first - x).item() == pytest.approx(2 * EPS ** (1 / 3), rel=1e-6)

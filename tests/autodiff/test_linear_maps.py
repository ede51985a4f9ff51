import numpy as np
import pytest

from companion.autodiff._linear_maps import (
    CumulativeSum,
    Diagonal,
    EinsumFactor,
    Erased,
    Gather,
    MatrixTimes,
    MatrixTimesVector,
    Pick,
    Placed,
    Reshape,
    Scale,
    Scatter,
    Share,
    SolveMatrix,
    Sum,
    TimesMatrix,
    unbroadcast,
)
from companion.autodiff._reverse_mode import Segment

rng = np.random.default_rng(0)
A, B = rng.normal(size=(4, 3)), rng.normal(size=(3, 5))
stack = rng.normal(size=(2, 3, 3))
mask = np.array([True, False, True])

# Each map with the shape of its operand.
MAPS = {
    "Scale": (Scale(rng.normal(size=(4, 3)), (4, 3)), (4, 3)),
    "Scale by a number": (Scale(-2.0, (4, 3)), (4, 3)),
    "Scale by 1": (Scale(1, (4, 3)), (4, 3)),
    "Scale, broadcast along a new axis": (Scale(rng.normal(size=(4, 3)), (4, 3)), (3,)),
    "Scale, broadcast along an old axis": (Scale(rng.normal(size=(4, 3)), (4, 3)), (4, 1)),
    "Scale by 1, broadcast": (Scale(1, (4, 3)), (1, 3)),
    "Share": (Share(rng.random((4, 3))), (3,)),
    "Pick a row": (Pick(1), (4, 3)),
    "Pick after an ellipsis": (Pick((Ellipsis, 1)), (4, 3)),
    "Pick a new axis": (Pick((slice(None), None, slice(0, 2))), (4, 3)),
    "Pick entries twice": (Pick((np.array([0, 0, 2]), 1)), (4, 3)),
    "Pick by a mask": (Pick((Ellipsis, mask)), (4, 3)),
    "Reshape": (Reshape((2, 6)), (4, 3)),
    "Gather": (Gather(np.array([[3, 3], [-1, 0]])), (2, 2)),
    "Scatter": (Scatter(np.array([3, 0, 3, 1]), 5), (4,)),
    "Placed": (Placed(np.array([[5, 0], [2, 3]]), (3, 2)), (2, 2)),
    "Placed, one": (Placed(np.array(2), (3, 2)), ()),
    "Placed, broadcast": (Placed(np.array([[5, 0], [2, 3]]), (3, 2)), (2,)),
    "Placed twice": (Placed(np.array([4, 4, 1]), (3, 2)), (3,)),
    "Erased": (Erased(np.array([4, 4, 1])), (3, 2)),
    "Sum over an axis": (Sum((1,), False), (4, 3)),
    "Sum over all": (Sum((0, 1), True), (4, 3)),
    "CumulativeSum": (CumulativeSum(1), (4, 3)),
    "TimesMatrix": (TimesMatrix(B), (4, 3)),
    "TimesMatrix, stacked": (TimesMatrix(stack), (4, 3)),
    "MatrixTimes": (MatrixTimes(A), (3, 5)),
    "MatrixTimes, stacked": (MatrixTimes(stack), (3, 5)),
    "MatrixTimesVector": (MatrixTimesVector(A), (3,)),
    "SolveMatrix": (SolveMatrix(stack), (2, 3, 5)),
    "EinsumFactor, first": (EinsumFactor(["ij", "jk"], "ik", [A, B], 0), (4, 3)),
    "EinsumFactor, last": (EinsumFactor(["ij", "jk"], "ki", [A, B], 1), (3, 5)),
    "EinsumFactor, alone": (EinsumFactor(["ij"], "ji", [A], 0), (4, 3)),
}


@pytest.mark.parametrize(("linear_map", "shape"), MAPS.values(), ids=MAPS)
def test_pull_is_the_transpose_of_push(linear_map, shape):
    T = rng.normal(size=(*shape, 2))
    pushed = linear_map.push(T)
    g = rng.normal(size=pushed.shape[:-1])
    adjoint = np.zeros(shape)
    linear_map.pull(g, adjoint)
    for j in range(2):
        left, right = np.sum(g * pushed[..., j]), np.sum(adjoint * T[..., j])
        assert left == pytest.approx(right, rel=1e-12, abs=1e-12), f"{left} ≠ {right}"


@pytest.mark.parametrize(("linear_map", "shape"), MAPS.values(), ids=MAPS)
def test_pull_adds_to_what_has_arrived(linear_map, shape):
    g = rng.normal(size=linear_map.push(np.zeros((*shape, 1))).shape[:-1])
    alone, after = np.zeros(shape), np.ones(shape)
    linear_map.pull(g, alone)
    linear_map.pull(g, after)
    np.testing.assert_allclose(after, 1 + alone, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "linear_map",
    [
        Scale(rng.normal(size=5), (5,)),
        Scale(-2.0, (5,)),
        Scale(rng.normal(size=(2, 5)), (2, 5)),
        MatrixTimesVector(rng.normal(size=(3, 5))),
        Share(np.array([0.0, 0.5, 1.0, 0.0, 2.0])),
        Share(rng.random((2, 5))),
        Pick(1),
        Pick((None, slice(None, None, -1))),
        Pick(np.array([[2, 2], [0, -1]])),
        Sum((0,), False),
    ],
    ids=lambda linear_map: type(linear_map).__name__,
)
def test_diagonal_tangents_give_what_dense_ones_give(linear_map):
    D = Diagonal(rng.normal(size=2), 1, 5)
    pushed = linear_map.push_diagonal(D)
    dense = pushed.dense() if isinstance(pushed, Diagonal) else pushed
    np.testing.assert_allclose(dense, linear_map.push(D.dense()), rtol=1e-14)


def test_a_diagonal_block_is_columns_of_a_diagonal_matrix():
    block = Diagonal(np.array([2.0, 3.0]), 1, 4)
    np.testing.assert_array_equal(block.dense(), np.diag([0.0, 2.0, 3.0, 0.0])[:, 1:3])
    np.testing.assert_array_equal((block + block).dense(), 2 * block.dense())
    np.testing.assert_array_equal(block + np.ones((4, 2)), 1 + block.dense())
    np.testing.assert_array_equal(np.ones((4, 2)) + block, 1 + block.dense())


def test_a_segment_is_pulled_back_to_its_place():
    adjoint = np.ones((2, 2))
    Segment(1, 5).pull(np.arange(6.0), adjoint)
    np.testing.assert_array_equal(adjoint, [[2, 3], [4, 5]])


@pytest.mark.parametrize("shape", [(), (3,), (1,), (2, 1), (1, 3), (2, 3), (4, 2, 3), (1, 1, 1)])
def test_unbroadcast_is_the_transpose_of_broadcasting(shape):
    x, g = rng.normal(size=shape), rng.normal(size=(4, 2, 3))
    back = unbroadcast(g, shape)
    assert back.shape == shape
    assert np.sum(g * np.broadcast_to(x, g.shape)) == pytest.approx(np.sum(back * x), rel=1e-12)


def test_an_entry_that_has_no_share_is_not_looked_at():
    share = Share(np.array([1.0, 0.0]))
    np.testing.assert_array_equal(share.push(np.array([[2.0], [np.nan]])), [[2.0], [0.0]])
    adjoint = np.zeros(2)
    share.pull(np.array([2.0, np.nan]), adjoint)
    np.testing.assert_array_equal(adjoint, [2.0, 0.0])

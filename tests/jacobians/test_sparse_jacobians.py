"""Colourings that no row sees twice, and sparse matrices that act as their dense selves."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from companion.jacobians import SparseJacobian, color_columns
from companion.jacobians._sparse_jacobians import Coloring, sparse_seeds

patterns = st.tuples(st.integers(1, 12), st.integers(1, 12), st.integers(0, 2**31)).map(
    lambda t: np.random.default_rng(t[2]).random(t[:2]) < 0.3
)


def a_matrix():
    A = np.array([[0.0, 2, 0], [3, 0, 0], [0, 0, 0], [0, 5, 7]])
    rows, cols = A.nonzero()
    return A, SparseJacobian(rows, cols, A[rows, cols], A.shape)


@given(patterns)
@settings(deadline=None, derandomize=True, max_examples=100)
def test_columns_of_one_colour_share_no_row(pattern):
    coloring = color_columns(pattern, pattern.shape)
    for color in range(coloring.count):
        assert pattern[:, coloring.colors == color].sum(axis=1).max() <= 1
    np.testing.assert_array_equal(coloring.colors == -1, ~pattern.any(axis=0))
    rebuilt = np.zeros(pattern.shape, bool)
    rebuilt[coloring.nonzero()] = True
    np.testing.assert_array_equal(rebuilt, pattern)


@pytest.mark.parametrize("bandwidth", [0, 1, 2, 5])
def test_a_band_needs_as_many_colours_as_it_is_wide(bandwidth):
    n = 50
    pattern = sum(np.eye(n, k=k) for k in range(-bandwidth, bandwidth + 1))
    assert color_columns(pattern, (n, n)).count == 2 * bandwidth + 1


def test_a_full_row_needs_a_colour_for_each_column():
    pattern = np.eye(30)
    pattern[0] = 1
    assert color_columns(pattern, (30, 30)).count == 30


def test_a_large_band_is_coloured_quickly():
    n = 100_000
    i = np.arange(n)
    rows, cols = np.concatenate([i, i[1:], i[:-1]]), np.concatenate([i, i[:-1], i[1:]])
    start = time.perf_counter()
    coloring = color_columns((rows, cols), (n, n))
    assert time.perf_counter() - start < 5  # 0.15 s where nothing else runs
    assert coloring.count == 3


def test_patterns_come_in_many_forms():
    dense = np.array([[1, 0, 2], [0, 3, 0]])
    for pattern in (dense, dense.nonzero(), sparse.csr_array(dense), sparse.coo_matrix(dense)):
        coloring = color_columns(pattern, (2, 3))
        np.testing.assert_array_equal(coloring.colors, [0, 0, 1])
    assert color_columns(coloring, (2, 3)) is coloring
    assert repr(coloring) == "Coloring: 2 × 3 with 3 nonzeros, in 2 colours"


def test_a_place_that_is_named_twice_counts_once():
    coloring = color_columns(([0, 0, 1], [1, 1, 0]), (2, 2))
    assert len(coloring.rows) == 2


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        (([0, 1], [0]), "two index arrays of one length"),
        (([[0]], [[0]]), "two index arrays of one length"),
        (([0], [0], [0]), "must be a pair"),
        (([0.0], [0]), "must hold integers; the dtype of rows is float64"),
        (([0, 2], [0, 1]), r"within shape \(2, 3\); rows runs from 0 to 2"),
        (([0, 1], [0, 3]), r"within shape \(2, 3\); cols runs from 0 to 3"),
        (([0, -1], [0, 1]), r"within shape \(2, 3\); rows runs from -1 to 0"),
        (
            Coloring(np.array([0]), np.array([0]), np.array([0]), (1, 1)),
            r"must have shape \(2, 3\)",
        ),
    ],
)
def test_bad_patterns_are_reported(pattern, message):
    with pytest.raises(ValueError, match=f"sparsity .*{message}"):
        color_columns(pattern, (2, 3))


@given(patterns, st.integers(1, 5))
@settings(deadline=None, derandomize=True, max_examples=50)
def test_seeds_yield_each_entry_once(pattern, every):
    m, n = pattern.shape
    coloring = color_columns(pattern, (m, n))
    for components in (None, np.arange(0, n, every)):
        seen = np.zeros(len(coloring.rows), int)
        for seed in sparse_seeds(coloring, components):
            seen[seed.place] += 1
            np.testing.assert_array_equal(coloring.cols[seed.place], seed.column)
            np.testing.assert_array_equal(coloring.rows[seed.place], seed.rows)
            assert (coloring.colors[seed.column] - seed.slots).max(initial=0) < coloring.count
        chosen = np.isin(coloring.cols, np.arange(n) if components is None else components)
        np.testing.assert_array_equal(seen, chosen)


def test_a_sparse_jacobian_acts_as_its_dense_self():
    A, J = a_matrix()
    v, V = np.array([1.0, -2, 3]), np.arange(6.0).reshape(3, 2)
    np.testing.assert_array_equal(J.toarray(), A)
    np.testing.assert_allclose(J @ v, A @ v)
    np.testing.assert_allclose(J @ V, A @ V)
    np.testing.assert_array_equal(J.T.toarray(), A.T)
    np.testing.assert_allclose(J.T @ np.ones(4), A.T @ np.ones(4))
    assert J.shape == (4, 3)
    assert repr(J) == "SparseJacobian: 4 × 3 with 4 entries"
    np.testing.assert_array_equal(color_columns(J, J.shape).colors, [0, 0, 1])


def test_entries_in_the_same_place_are_added():
    J = SparseJacobian(np.array([0, 0]), np.array([1, 1]), np.array([2.0, 3.0]), (1, 2))
    np.testing.assert_array_equal(J.toarray(), [[0, 5]])
    np.testing.assert_array_equal(J @ [0, 1], [5])


@pytest.mark.parametrize("v", [np.ones(4), np.ones((2, 3)), 1.0, np.ones((3, 1, 1))])
def test_a_factor_of_the_wrong_shape_is_reported(v):
    _, J = a_matrix()
    with pytest.raises(ValueError, match=r"the right factor must have shape \(3,\) or \(3, k\)"):
        J @ v

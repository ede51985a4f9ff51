"""Calls of f on columns: the same values, the shape promised, blocks that fit the cache."""

import numpy as np
import pytest

from companion._shared.calls import Batch
from companion.jacobians._seeds import BLOCK_BYTES, MAX_BYTES, MIN_WIDTH, block_width, dense_seeds

X = np.array([[1.0, 2, 3], [4, 5, 6]])


def test_columns_give_the_same_values_one_by_one_and_together():
    def f(x):
        return np.stack([x[0] * x[1], x[0] - x[1], 0 * x[0]])

    one_by_one, together = Batch(f, False)(X), Batch(f, True)(X)
    np.testing.assert_array_equal(one_by_one, [[4, 10, 18], [-3, -3, -3], [0, 0, 0]])
    np.testing.assert_array_equal(one_by_one, together)


def test_a_number_gives_a_row():
    np.testing.assert_array_equal(Batch(lambda x: x.sum(), False)(X), [5, 7, 9])


def test_f_gets_an_array_of_its_own():
    def f(x):
        assert x.flags.c_contiguous
        x *= 0
        return x

    Batch(f, False)(X)
    np.testing.assert_array_equal(X[0], [1, 2, 3])


def test_values_that_are_not_finite_pass_without_a_warning():
    assert np.isnan(Batch(lambda x: np.log(-x[0]), False)(X)).all()


def test_the_function_is_called_by_its_name():
    with pytest.raises(ValueError, match=r"grad must return real numbers; at x = \[1, 4\]"):
        Batch(lambda x: x + 1j, False, "grad")(X)
    with pytest.raises(ValueError, match=r"grad must return real numbers; on points of shape"):
        Batch(lambda x: x + 1j, True, "grad")(X)
    assert Batch(lambda x: x + 1j, True)(X + 0j).dtype == complex


@pytest.mark.parametrize(("m", "n"), [(1, 1), (3, 100), (1000, 10), (10**6, 10**6)])
def test_blocks_fit_the_cache_or_have_the_least_width_and_are_never_empty(m, n):
    width = block_width(m, n)
    size = 8 * width * max(m, n)
    assert width >= 1
    assert size <= BLOCK_BYTES or (width <= MIN_WIDTH and size <= MAX_BYTES)


@pytest.mark.parametrize("components", [None, np.array([1, 4, 900])])
def test_seeds_move_each_component_in_a_column_of_its_own(components):
    x = np.arange(1000.0)
    moved = []
    for seed in dense_seeds(1, 1000, components):
        (F,) = seed.sample(lambda X, copy: X, x, x + 0.5)
        assert F.shape == (1000, seed.width)
        difference = F - x[:, None]
        assert (np.count_nonzero(difference, axis=0) == 1).all()
        np.testing.assert_array_equal(difference.argmax(axis=0), seed.column)
        moved.extend(seed.column)
    np.testing.assert_array_equal(moved, np.arange(1000) if components is None else components)

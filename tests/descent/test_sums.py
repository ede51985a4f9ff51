"""Sums over blocks of rows: what one block gives, to rounding, whatever the blocks."""

import re

import numpy as np
import pytest

from companion.datasets import load
from companion.descent import gradient_descent, newton, sum_over_blocks
from companion.jacobians import gradient


def softplus(x, A, b):
    z = A @ x
    return np.logaddexp(0, z).sum() - b @ z


def slope(x, A, b):
    return A.T @ (1 / (1 + np.exp(-A @ x)) - b)


def curvature(x, A, b):
    p = 1 / (1 + np.exp(-A @ x))
    return (A.T * (p * (1 - p))) @ A


def product(x, v, A, b):
    p = 1 / (1 + np.exp(-A @ x))
    return A.T @ (p * (1 - p) * (A @ v))


def rows(m=200, n=4):
    """Rows of two classes that overlap."""
    rng = np.random.default_rng(0)
    A = np.column_stack([np.ones(m), rng.standard_normal((m, n - 1))])
    b = (A @ np.arange(1.0, n + 1) + 3 * rng.standard_normal(m) > 0).astype(float)
    return A, b


def cut(A, b, ends):
    return list(zip(np.split(A, ends), np.split(b, ends), strict=True))


ENDS = pytest.mark.parametrize("ends", [[], [100], [0, 1, 2, 150, 150], list(range(1, 200))])


@ENDS
def test_value_gradient_and_products_are_those_of_one_block(ends):
    A, b = rows()
    blocks = cut(A, b, ends)
    x, v = np.array([0.1, -0.2, 0.3, 0.4]), np.array([1.0, 2.0, -1.0, 0.5])
    for term, at in ((softplus, (x,)), (slope, (x,)), (curvature, (x,)), (product, (x, v))):
        total = sum_over_blocks(term, blocks)
        whole = np.asarray(term(*at, A, b))
        assert total(*at).shape == whole.shape
        # Of sums of at most 200 terms, none of which is larger than a few.
        np.testing.assert_allclose(total(*at), whole, rtol=0, atol=1e-11)
        np.testing.assert_array_equal(total(*at), total(*at))


@ENDS
def test_logistic_regression_on_blocks_is_that_on_one(ends):
    A, b = rows()
    f, grad, hess, hvp = (
        sum_over_blocks(term, cut(A, b, ends)) for term in (softplus, slope, curvature, product)
    )
    whole = newton(
        *(lambda x, term=term: term(x, A, b) for term in (softplus, slope, curvature)), np.zeros(4)
    )
    result = newton(f, grad, hess, np.zeros(4))
    assert whole.converged
    assert result.converged
    np.testing.assert_allclose(result.x, whole.x, rtol=1e-9)
    steps = gradient_descent(f, grad, np.zeros(4), "optimal", hvp=hvp, tol=1e-7)
    assert steps.converged
    np.testing.assert_allclose(steps.x, whole.x, rtol=1e-5)


def test_classes_of_a_real_set_by_blocks():
    data = load("breast_cancer")
    A = np.column_stack([np.ones(len(data.A)), data.A[:, :3]])
    A = A / abs(A).max(axis=0)
    blocks = cut(A, data.y, [100, 300])
    x = np.zeros(4)
    np.testing.assert_allclose(
        sum_over_blocks(slope, blocks)(x), slope(x, A, data.y), atol=1e-12 * len(A)
    )


def test_blocks_may_be_made_anew_for_each_sum():
    A, b = rows()

    class Stream:
        begun = 0

        def __iter__(self):
            self.begun += 1
            yield from cut(A, b, [50])

    stream = Stream()
    f = sum_over_blocks(softplus, stream)
    assert f(np.zeros(4)) == f(np.zeros(4))
    assert stream.begun == 2


def test_bad_blocks_and_terms_are_named():
    A, b = rows()
    x = np.zeros(4)
    with pytest.raises(ValueError, match="term must be callable"):
        sum_over_blocks(3, [(A, b)])
    with pytest.raises(ValueError, match="a generator can be gone through only once"):
        sum_over_blocks(softplus, (block for block in [(A, b)]))
    for blocks, message in (
        ([], "blocks must hold at least one block"),
        (3, "blocks must be an iterable of pairs"),
        ([(A, b), (A, b, b)], "block 1 is a tuple of length 3"),
        ([A, A], "block 0 is a ndarray"),
    ):
        with pytest.raises(ValueError, match=message):
            sum_over_blocks(softplus, blocks)(x)
    for first, second in ((A, A[:1]), (A[:1], A)):
        said = f"it returned ({len(first)},) for block 0 and ({len(second)},) for block 1"
        with pytest.raises(ValueError, match=re.escape(said)):
            sum_over_blocks(lambda x, A, b: A @ x, [(first, b), (second, b)])(x)
    for value in (None, "a", [[1.0], [1.0, 2.0]]):
        with pytest.raises(ValueError, match="term must return numbers; for block 0 it returned"):
            sum_over_blocks(lambda x, A, b, value=value: value, [(A, b), (A, b)])(x)


def test_a_term_may_return_one_buffer_and_write_on_what_it_is_called_with():
    A, b = rows()
    blocks, x, buffer = cut(A, b, [50, 120]), np.full(4, 0.1), np.empty(4)

    def careless(x, A, b):
        buffer[:] = slope(x, A, b)
        x[:] = np.nan
        return buffer

    np.testing.assert_array_equal(
        sum_over_blocks(careless, blocks)(x), sum_over_blocks(slope, blocks)(x)
    )
    np.testing.assert_array_equal(x, 0.1)


@pytest.mark.parametrize("value", [np.int8(100), True, np.float32(0.1), 1.5, 1j])
def test_whatever_numbers_the_terms_are_their_sum_is_a_double(value):
    """Of bytes, counts would overflow; of bool, any two be one."""
    A, b = rows()
    for ends, count in (([], 1), ([50, 120], 3)):
        total = sum_over_blocks(lambda A, b: value, cut(A, b, ends))()
        assert total == count * np.asarray(value, np.result_type(value, float))
        assert isinstance(total, float | complex)


@pytest.mark.parametrize("method", ["complex-step", "forward-mode", "reverse-mode"])
def test_a_sum_has_derivatives_by_every_method(method):
    A, b = rows()

    def halved_squares(x, A, b):
        return ((A @ x - b) ** 2).sum() / 2

    x = np.full(4, 0.1)
    for ends in ([], [50, 120]):
        g = gradient(sum_over_blocks(halved_squares, cut(A, b, ends)), x, method)
        np.testing.assert_allclose(g, A.T @ (A @ x - b), rtol=0, atol=1e-11)


def test_a_value_that_is_not_finite_is_told_by_the_solver():
    A, b = rows()
    f = sum_over_blocks(lambda x, A, b: np.nan, [(A, b)])
    with pytest.raises(ValueError, match="f must return finite values"):
        gradient_descent(f, sum_over_blocks(slope, [(A, b)]), np.zeros(4), 0.1)


def test_dask_blocks_give_what_they_give_here():
    dask = pytest.importorskip("dask")
    A, b = rows()
    blocks = cut(A, b, [20, 50, 180])
    x, v = np.full(4, 0.1), np.arange(4.0)
    pairs = [dask.delayed(block) for block in blocks]
    for scheduler in ("synchronous", "threads"):
        with dask.config.set(scheduler=scheduler):
            for term, at in ((softplus, (x,)), (slope, (x,)), (product, (x, v))):
                np.testing.assert_allclose(
                    sum_over_blocks(term, pairs)(*at), term(*at, A, b), rtol=0, atol=1e-11
                )
            f, grad = sum_over_blocks(softplus, pairs), sum_over_blocks(slope, pairs)
            assert gradient_descent(f, grad, x, 0.01, max_iter=3).n_iter == 3

"""The door: units that are powers of two, and matrices that are known by their products."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array, csr_array, csr_matrix
from scipy.sparse.linalg import LinearOperator, aslinearoperator

from companion.least_squares._linear_systems import (
    Operator,
    as_operator,
    as_system,
    exponent_of,
    probe,
    rescaled,
)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(
    p=st.integers(-1000, 1000), q=st.integers(-1000, 1000), each_column=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_a_system_has_entries_near_one_and_no_units(p, q, each_column, seed):
    rng = np.random.default_rng(seed)
    A, b = rng.standard_normal((5, 3)), rng.standard_normal(5)
    system = as_system(np.ldexp(A, p), np.ldexp(b, q), each_column=each_column)
    plain = as_system(A, b, each_column=each_column)
    np.testing.assert_array_equal(system.A, plain.A)
    np.testing.assert_array_equal(system.b, plain.b)
    largest = abs(system.A).max(axis=0 if each_column else None)
    assert (largest >= 0.5).all()
    assert (largest < 1).all()
    np.testing.assert_array_equal(np.ldexp(system.A, system.p), np.ldexp(A, p))
    np.testing.assert_array_equal(np.ldexp(system.b, system.q), np.ldexp(b, q))
    if abs(q - p) < 1000:
        np.testing.assert_array_equal(
            system.x(np.ones(3)), np.ldexp(np.ones(3), system.q - system.p)
        )


def test_zeros_have_exponent_zero():
    assert exponent_of(np.zeros(3)) == 0
    np.testing.assert_array_equal(exponent_of(np.array([[0.0, 8.0]]), axis=0), [0, 4])


def test_what_leaves_the_range_is_refused():
    for value, exponent in [(1.0, 1024), (1.0, -1030), (np.nan, 0), (np.inf, -3)]:
        with pytest.raises(
            ValueError, match="A must be rescaled: λ is out of the range of doubles"
        ):
            rescaled(value, exponent, "A", "λ")
    assert rescaled(0.0, -2000, "A", "λ") == 0
    assert rescaled(1.0, -2000, "A", "λ", least=0.0) == 0
    # Beside large entries small ones may vanish.
    np.testing.assert_array_equal(
        rescaled(np.array([1.0, 1e-30]), -1000, "A", "x"), [2.0**-1000, 0]
    )


@pytest.mark.parametrize("wrap", [csr_array, csr_matrix, aslinearoperator, Operator, as_operator])
def test_an_operator_has_the_products_of_its_matrix(wrap):
    A = np.random.default_rng(0).standard_normal((5, 3))
    operator = as_operator(wrap(A if wrap is not as_operator else csr_array(A)))
    p = operator.exponent
    np.testing.assert_allclose(operator @ np.ones(3), A.sum(axis=1) / 2.0**p, rtol=1e-14)
    np.testing.assert_allclose(operator.T @ np.ones(5), A.sum(axis=0) / 2.0**p, rtol=1e-14)
    assert (operator.shape, operator.T.shape, operator.T.T.shape) == ((5, 3), (3, 5), (5, 3))


@pytest.mark.parametrize("p", [-900, -30, 1, 900])
def test_an_operator_has_no_units(p):
    A, x = np.random.default_rng(0).standard_normal((5, 3)), np.array([1.0, 1e-200, 1e200])
    plain, scaled = as_operator(csr_array(A)), as_operator(csr_array(np.ldexp(A, p)))
    assert scaled.exponent == plain.exponent + p
    np.testing.assert_array_equal(scaled @ x, plain @ x)


def test_a_matrix_sees_vectors_near_one_only():
    seen = []

    class Recorded:
        shape = (2, 2)

        def __matmul__(self, x):
            seen.append(abs(x).max())
            return x

    y = Operator(Recorded()) @ np.array([3e300, 1.0])
    assert y[0] == 3e300
    assert 0.5 <= seen[0] < 1
    assert np.isnan(Operator(Recorded()) @ np.array([np.inf, 1.0])).all()
    assert len(seen) == 1


class Matrix:
    """Products alone, each by a function."""

    def __init__(self, times, times_transposed, shape):
        self.times, self.times_transposed, self.shape = times, times_transposed, shape

    def __matmul__(self, x):
        return self.times(x)

    @property
    def T(self):
        return Matrix(self.times_transposed, self.times, self.shape[::-1])


def keep(x):
    return x


@pytest.mark.parametrize(
    ("A", "message"),
    [
        (Matrix(keep, keep, (3,)), r"A must be a matrix, or have \.shape = \(m, n\), @ and \.T"),
        (Matrix(keep, keep, (3, 0)), "A must be a matrix"),
        (coo_array(np.ones(3)), "A must be a matrix"),
        (Matrix(keep, keep, (3, 2)), r"A\.T @ x must return an array of shape \(2,\)"),
        (Matrix(lambda x: x * np.inf, keep, (3, 3)), "A @ x must return finite values"),
        (Matrix(keep, lambda x: x * 1j, (3, 3)), r"A\.T @ x must return real numbers"),
        (Matrix(keep, lambda x: 2 * x, (3, 3)), r"A\.T must be the transpose of A; wᵀ\(A @ z\)"),
        (csr_array(np.eye(3) * np.nan), r"A\.T @ x must return finite values"),
        (csr_array(np.eye(3) * 1j), "A must hold real numbers; its dtype is complex128"),
        (aslinearoperator(np.eye(3) * 1j), "A must hold real numbers"),
        (LinearOperator((3, 3), matvec=keep, dtype=float), r"A\.T @ x must be implemented"),
    ],
)
def test_what_is_no_operator_is_named(A, message):
    with pytest.raises(ValueError, match=message):
        as_operator(A)


def test_a_transpose_that_is_no_transpose_is_found_out():
    A = np.random.default_rng(0).standard_normal((5, 5))
    with pytest.raises(ValueError, match=r"A\.T must be the transpose of A"):
        as_operator(Matrix(A.__matmul__, A.__matmul__, (5, 5)))
    as_operator(Matrix(A.__matmul__, A.T.__matmul__, (5, 5)))
    as_operator(csr_array((4, 3)))  # all zero


def test_a_dense_array_is_asked_for_by_name():
    with pytest.raises(
        ValueError, match=r"A must be a dense array here; it is a csr_array: use meth"
    ):
        as_system(csr_array(np.eye(3)), np.ones(3))
    assert isinstance(as_system(csr_array(np.eye(3)), np.ones(3), operators=True).A, Operator)
    with pytest.raises(ValueError, match="b must have length 3; its length is 2"):
        as_system(csr_array(np.eye(3)), np.ones(2), operators=True)


def test_inputs_stay_as_they_were():
    A, b = np.eye(3) * 12, np.ones(3)
    system = as_system(A, b)
    system.A[:], system.b[:] = 7, 7
    assert (np.eye(3) * 12 == A).all()
    assert (b == 1).all()


def test_the_probe_is_the_same_every_time():
    np.testing.assert_array_equal(probe(5), probe(5))

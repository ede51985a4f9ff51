"""Every bad input is a ValueError that names the argument, what it was and what it must be."""

import warnings
from fractions import Fraction

import numpy as np
import pytest
from scipy.sparse import csr_array, csr_matrix
from scipy.sparse.linalg import aslinearoperator

from companion._shared.arguments import (
    as_choice,
    as_count,
    as_function,
    as_matrix,
    as_number,
    as_positive,
    as_real,
    as_vector,
    is_operator,
)
from companion._shared.calls import evaluate


def raises(message):
    return pytest.raises(ValueError, match=message)


# ---- what passes


@pytest.mark.parametrize("value", [[1, 2], (1, 2), np.array([1, 2]), np.array([True, True])])
def test_as_vector_makes_floats(value):
    vector = as_vector(value, "x")
    assert vector.dtype == float
    assert vector.shape == (2,)


def test_the_result_is_a_copy():
    x, A = np.zeros(2), np.zeros((2, 2))
    as_vector(x, "x")[:] = 1
    as_matrix(A, "A")[:] = 1
    assert not x.any()
    assert not A.any()


def test_numbers_pass():
    assert as_number(np.float32(0.5), "a") == 0.5
    assert type(as_number(3, "a")) is float
    assert as_positive(1e-300, "a") == 1e-300
    assert as_vector([5], "x", size=1).tolist() == [5]
    assert as_matrix([[1, 2]], "A", shape=(1, 2)).tolist() == [[1, 2]]
    assert as_real(np.ones((1, 2, 3)), "T", ndim=3).shape == (1, 2, 3)


def test_counts_pass():
    assert as_count(np.int64(4), "n") == 4
    assert type(as_count(np.int64(4), "n")) is int
    assert as_count(0, "n", least=0) == 0


def test_choices_and_functions_pass():
    assert as_choice("b", "method", ("a", "b")) == "b"
    assert as_function(abs, "f") is abs


# ---- what does not


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([[1.0]], r"x must have 1 axes; its shape is \(1, 1\)"),
        (1.0, r"x must have 1 axes; its shape is \(\)"),
        ([], r"x must not be empty; its shape is \(0,\)"),
        ([1, np.nan], r"x must be finite; it is \[1, nan\]"),
        ([-np.inf], r"x must be finite; it is \[-inf\]"),
        ([1j], "x must hold real numbers; its dtype is complex128"),
        (["a"], "x must hold real numbers; its dtype is <U1"),
        ([None], "x must hold real numbers; its dtype is object"),
        ([[1], [2, 3]], "x must hold real numbers; .*inhomogeneous"),
    ],
)
def test_bad_vectors(value, message):
    with raises(message):
        as_vector(value, "x")


def test_bad_sizes_and_shapes():
    with raises("x must have length 3; its length is 2"):
        as_vector([1, 2], "x", size=3)
    with raises("A must have 2 axes"):
        as_matrix([1, 2], "A")
    with raises(r"A must have shape \(2, 1\); its shape is \(1, 2\)"):
        as_matrix([[1, 2]], "A", shape=(2, 1))
    with raises(r"A must not be empty; its shape is \(0, 2\)"):
        as_matrix(np.empty((0, 2)), "A")


def test_bad_numbers():
    with raises("tol must have 0 axes"):
        as_number([1.0], "tol")
    with raises("tol must be finite; it is nan"):
        as_number(np.nan, "tol")
    with raises("tol must hold real numbers"):
        as_number("1", "tol")
    with raises("radius must be positive; it is 0"):
        as_positive(0, "radius")
    with raises(r"radius must be positive; it is -0\.5"):
        as_positive(-0.5, "radius")
    with raises("radius must be finite; it is inf"):
        as_positive(np.inf, "radius")


@pytest.mark.parametrize("value", [0, -1, 1.0, True, "3", None, np.nan])
def test_bad_counts(value):
    with raises(f"max_iter must be an integer of at least 1; it is {value!r}"):
        as_count(value, "max_iter")


def test_bad_choices_list_the_known_ones():
    with raises("method must be one of 'a', 'b'; it is 'c'"):
        as_choice("c", "method", ("a", "b"))


def test_bad_functions():
    with raises(r"grad must be callable; it is \[1\]"):
        as_function([1], "grad")


# ---- containers


class Lazy:
    """As Dask's collections: a graph, and numpy may ask for the entries."""

    shape, dtype = (2, 2), np.dtype(float)

    def __init__(self, graph):
        self.graph = graph

    def __dask_graph__(self):
        return self.graph

    def __array__(self, dtype=None, copy=None):
        assert self.graph is None, "computed in silence"
        return np.ones((2, 2))


class Sparse:
    """As PyData's sparse arrays: numpy asks in vain, or worse, is given a dense array."""

    shape, dtype, nnz = (2, 2), np.dtype(float), 2

    def __array__(self, dtype=None, copy=None):
        raise AssertionError("made dense in silence")


class Frame:
    """As data frames whose columns have types of their own."""

    def __init__(self, entries, dtypes):
        self.entries, self.dtypes = np.array(entries, dtype=object), dtypes

    def __array__(self, dtype=None, copy=None):
        return self.entries


class OnDevice:
    shape = (2, 2)

    def __array__(self, dtype=None, copy=None):
        raise TypeError("implicit conversion is not allowed")


class NA:
    pass


SPARSE = csr_array(np.eye(2))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (Lazy({"a": 1}), r"A must be in memory; it is a lazy Lazy: call its \.compute\(\) first"),
        ([Lazy({"a": 1}), [1, 2]], "A must be in memory"),
        (Sparse(), r"A must be a dense array; it is a sparse Sparse: make it one with \.toarray"),
        (SPARSE, "A must be a dense array; it is a sparse csr_array"),
        (csr_matrix(SPARSE), "A must be a dense array; it is a sparse csr_matrix"),
        ([SPARSE, SPARSE], "A must be a dense array"),
        (Frame([[1.0, 2.0]], ["float64", "Sparse[float64, 0]"]), "it is a sparse Frame: make it"),
        (aslinearoperator(SPARSE), "A must be an array; it is a MatrixLinearOperator"),
        (
            np.ma.array([[1.0, 2.0]], mask=[[0, 1]]),
            r"A must not be masked: fill it in with \.filled",
        ),
        (np.ma.array([[1.0, 2.0]]), "A must not be masked"),
        ([np.ma.array([1.0, 2.0]), [3, 4]], "A must not be masked"),
        ([[1.0, np.ma.masked]], "A must not be masked"),
        (
            Frame([[1.0, NA()]], ["Float64"]),
            "A must hold real numbers; its dtype is object, with NA",
        ),
        (OnDevice(), "A must hold real numbers; implicit conversion is not allowed"),
        ([[10**400]], "A must hold real numbers; int too large"),
        (np.array([[1.0, "a"]], dtype=object), "its dtype is object, with str in it"),
        (np.array([["2026-11-28"]], dtype="M8[D]"), r"its dtype is datetime64\[D\]"),
        (np.array([["1e400"]]).astype(np.longdouble), "A must be finite"),
    ],
)
def test_what_is_no_plain_array_is_named_with_advice(value, message):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with raises(message):
            as_matrix(value, "A")


@pytest.mark.parametrize(
    "value",
    [
        Frame([[1.0, 2.0]], ["Float64", "Int64"]),
        Lazy(None),
        np.array([[Fraction(1), 2, True, np.float32(3)]], dtype=object),
        np.ones((2, 2), dtype=np.float16),
        np.asfortranarray(np.ones((2, 2))),
        memoryview(np.ones((2, 2))),
        np.ones((2, 2)).astype(np.longdouble),
        np.ones((4, 4))[::2, ::-2],
    ],
)
def test_what_numpy_makes_an_array_of_is_taken(value):
    A = as_matrix(value, "A")
    assert A.dtype == float
    assert A.ndim == 2


def test_operators_are_told_from_arrays():
    for value in (SPARSE, Sparse(), aslinearoperator(SPARSE), csr_matrix(SPARSE)):
        assert is_operator(value)
    for value in (
        np.ones(2),
        [[1.0]],
        3.0,
        Frame([[1.0]], []),
        Lazy(None),
        memoryview(b"a"),
        OnDevice(),
    ):
        assert not is_operator(value)


# ---- evaluate


def test_evaluate_returns_floats_of_the_asked_shape():
    value = evaluate(lambda x: [1, 2], np.zeros(1), shape=(2,))
    assert value.dtype == float
    assert value.tolist() == [1, 2]
    assert evaluate(lambda x: 3, np.zeros(1), shape=()) == 3


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda x: 1j, r"f must return real numbers; at x = \[2\] it returned complex128"),
        (lambda x: None, r"f must return real numbers; at x = \[2\] it returned object"),
        (lambda x: x, r"shape \(\); at x = \[2\] it returned shape \(1,\)"),
        (lambda x: np.nan, r"f must return finite values; at x = \[2\] it returned nan"),
        (lambda x: -np.inf, r"f must return finite values; at x = \[2\] it returned -inf"),
    ],
)
def test_evaluate_names_the_function_and_the_point(f, message):
    with raises(message):
        evaluate(f, np.array([2.0]), shape=())
    with raises(message.replace("f must", "grad must")):
        evaluate(f, np.array([2.0]), "grad", shape=())


def test_evaluate_lets_infinities_through_where_asked():
    assert np.isnan(evaluate(lambda x: np.nan, np.zeros(1), finite=False))
    with raises("real numbers"):
        evaluate(lambda x: 1j, np.zeros(1), finite=False)
    with raises("shape"):
        evaluate(lambda x: x, np.zeros(1), shape=(), finite=False)


def test_evaluate_keeps_the_functions_warnings_to_itself():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with raises("it returned inf"):
            evaluate(lambda x: np.exp(x[0]), np.array([1e4]))


def test_evaluate_does_not_hide_the_functions_own_errors():
    with pytest.raises(ZeroDivisionError):
        evaluate(lambda x: 1 / 0, np.zeros(1))


def test_a_function_may_write_on_its_argument_and_return_the_same_array_again():
    x, buffer = np.array([1.0, 2.0]), np.empty(2)

    def f(x):
        np.multiply(x, 3, out=buffer)
        x += 5
        return buffer

    first = evaluate(f, x)
    evaluate(f, x + 1)
    np.testing.assert_array_equal(x, [1, 2])
    np.testing.assert_array_equal(first, [3, 6])

"""What ordinary numpy code meets when its arrays are traced: objects, changes in place, errors."""

import math

import numpy as np
import pytest

from companion.forward_mode import Dual, forward_jacobian, jvp
from companion.linear_maps import TracingError
from companion.reverse_mode import Tape, Variable, reverse_jacobian, vjp

JACOBIANS = [forward_jacobian, reverse_jacobian]
x0 = np.array([0.3, 1.2, 0.7])
A = np.array([[1.0, 2.0, 3.0], [0.0, -1.0, 4.0], [2.0, 2.0, 0.5]])


def by_index(x):
    y = np.zeros_like(x)
    y[0] = x[0] * x[1]
    y[1:] = x[:2] ** 2
    y[1] += x[2]
    y[[0, 0]] = np.stack([x[0], 3 * x[2]])  # the last one stays
    return y


def in_place(x):
    y = A @ x
    y -= x
    y *= y
    y **= 2.0
    y /= 3.0
    return y


def through_another_name(x):
    y = x + 0.0
    z = y
    z += 1.0
    return y * x


def of_a_number(x):
    y = x[0]
    z = y
    z += 1.0
    return y * z


def of_an_array_without_axes(x):
    y = np.zeros_like(x, shape=())
    z = y
    np.multiply(x[0], x[1], out=y)
    y[...] = 2 * z
    return z


def accumulated(x):
    total = 0.0
    for i, entry in enumerate(x):
        total += entry**i if entry > 0.5 else np.sin(entry)
    return total


def as_objects(x):
    x = np.asarray(x)
    y = np.array([x[0] * x[1], np.sin(x[2]), x[0]])
    y[2] = x[0] / x[1]
    return np.concatenate(
        [np.exp(y), A @ y, np.abs(y), [y.sum(), y.mean(), np.std(y), np.linalg.norm(y), 1.0]]
    )


# Each f with its Jacobian at x0, or with the same f in other words.
CODE = {
    "array of numbers": (lambda x: np.array([x[0] * x[1], 5 * x[2]]), [[1.2, 0.3, 0], [0, 0, 5]]),
    "array of numbers and constants": (
        lambda x: np.array([x[2] ** 2, 1]),
        [[0, 0, 1.4], [0, 0, 0]],
    ),
    "matrix of numbers": (lambda x: np.array([[x[0], x[1]]]), [[[1, 0, 0], [0, 1, 0]]]),
    "array of arrays": (lambda x: np.array([x, 2 * x]), [np.eye(3), 2 * np.eye(3)]),
    "list": (lambda x: [x[1], 2.0], [[0, 1, 0], [0, 0, 0]]),
    "tuple of arrays": (lambda x: (x, A @ x), [np.eye(3), A]),
    "number": (lambda x: x[0] * x[1], [1.2, 0.3, 0]),
    "x itself": (lambda x: x, np.eye(3)),
    "constant": (lambda x: np.ones((2, 2)), np.zeros((2, 2, 3))),
    "constant number": (lambda x: 7, np.zeros(3)),
    "list of constants": (lambda x: [1.0, 2], np.zeros((2, 3))),
    "comparison": (lambda x: x > 0.5, np.zeros((3, 3))),
    "objects times traced": (lambda x: np.array([x[0], 1.0, x[2]]) * x, np.diag([0.6, 1, 1.4])),
    "function of objects": (lambda x: np.sin(np.array([x[0], x[1]])), np.diag(np.cos(x0))[:2]),
    "arctan2 of objects": (
        lambda x: np.arctan2(np.array([x[0]]), np.array([x[1]])),
        lambda x: np.arctan2(x[:1], x[1:2]),
    ),
    "object methods": (
        as_objects,
        lambda x: np.concatenate(
            [
                np.exp(y := np.stack([x[0] * x[1], np.sin(x[2]), x[0] / x[1]])),
                A @ y,
                np.abs(y),
                np.stack([np.sum(y), np.mean(y), np.std(y), np.linalg.norm(y), 1.0]),
            ]
        ),
    ),
    "vectorize": (lambda x: np.vectorize(lambda t: t * t)(x), np.diag(2 * x0)),
    "np.r_": (lambda x: np.r_[x, 2 * x], np.vstack([np.eye(3), 2 * np.eye(3)])),
    "np.full": (lambda x: np.full(2, x[1]), [[0, 1, 0], [0, 1, 0]]),
    "astype": (lambda x: x.astype(float) + x.astype("f8", copy=False), 2 * np.eye(3)),
    "unpacking": (lambda x: (lambda a, b, c: a * b * c)(*x), x0.prod() / x0),
    "sum of a generator": (lambda x: sum(t * t for t in x), 2 * x0),
    "max of Python": (lambda x: max(x) + min(x), [1, 1, 0]),
    "branch": (lambda x: x[0] if x[0] > x[1] else x[2], [0, 0, 1]),
    "format": (lambda x: x if f"{x[0]}" else 0, np.eye(3)),
    "by index": (by_index, [[0, 0, 3], [0.6, 0, 1], [0, 2.4, 0]]),
    "in place": (in_place, lambda x: (A @ x - x) ** 4 / 3),
    "through another name": (through_another_name, np.diag(2 * x0 + 1)),
    "of a number": (of_a_number, [2 * 0.3 + 1, 0, 0]),
    "of an array without axes": (of_an_array_without_axes, [2.4, 0.6, 0]),
    "accumulated": (accumulated, [np.cos(0.3), 1, 1.4]),
}


@pytest.mark.parametrize("jacobian", JACOBIANS)
@pytest.mark.parametrize(("f", "J"), CODE.values(), ids=CODE)
def test_ordinary_code_is_traced(f, J, jacobian):
    J = jacobian(J, x0) if callable(J) else J
    np.testing.assert_allclose(jacobian(f, x0), J, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("f", [f for f, _ in CODE.values()], ids=CODE)
def test_its_values_are_those_of_numpy(f):
    value = f(Dual(x0, np.eye(3)))
    value = getattr(value, "value", value)
    if np.asarray(value).dtype != object:
        np.testing.assert_allclose(value, f(x0), rtol=1e-14)


def fill_floats(x):
    y = np.zeros(3)
    y[0] = x[0] * 2
    return y


def fill_slice(x):
    y = np.zeros(3)
    y[1:] = x[:2]
    return y


def add_to_floats(x):
    y = np.zeros(3)
    y += x
    return y


def change_a_view(x):
    y = x.copy()
    z = y[1:]
    z += 1
    return y


def change_what_has_a_slice(x):
    y = 2 * x
    z = y[1:]
    y += 1
    return z


def change_what_has_a_view(x):
    y = 2 * x
    z = y.reshape(3, 1)
    y[0] = 1.0
    return z


def change_what_has_one_of_several_views(x):
    y, _ = np.atleast_1d(x, 2 * x)
    y += 1
    return x


def compare_in_place(x):
    return np.greater(x, x, out=x)


@pytest.mark.parametrize("jacobian", JACOBIANS)
@pytest.mark.parametrize(
    ("f", "message"),
    [
        (fill_floats, r"cannot become a float.*np\.stack.*np\.zeros_like"),
        (fill_slice, r"cannot become a float.*np\.zeros_like"),
        (lambda x: np.array([x[0], x[1]], dtype=float), "cannot become a float"),
        (lambda x: np.asarray(x, dtype=float), "cannot become a float"),
        (lambda x: np.asarray(x).astype(float), "cannot become a float"),
        (lambda x: np.fromiter((t for t in x), float), "cannot become a float"),
        (lambda x: float(x[0]), "cannot become a float"),
        (lambda x: int(x[0]), "cannot become a float"),
        (lambda x: complex(x[0]), "cannot become a float"),
        (lambda x: math.sin(x[0]), r"Use np\.sin for math\.sin"),
        (
            add_to_floats,
            r"np\.add cannot write traced numbers into an array of floats: use y = y \+",
        ),
        (lambda x: np.multiply(x, x, out=np.zeros(3)), r"np\.multiply cannot write traced numbers"),
        (lambda x: np.add(x0, x0, out=x), r"np\.add cannot write"),
        (compare_in_place, r"np\.greater is not traced"),
        (change_a_view, r"cannot be changed in place once it has views.*x = x\.copy\(\)"),
        (change_what_has_a_slice, "cannot be changed in place once it has views"),
        (change_what_has_a_view, "cannot be changed in place once it has views"),
        (change_what_has_one_of_several_views, "cannot be changed in place once it has views"),
        (lambda x: x.astype(int), "would drop the derivative"),
        (lambda x: x[x], r"cannot be an index"),
        (lambda x: A[:, 0][x[0],], "cannot become a float|cannot be an index|only integers"),
        (lambda x: np.sin(np.array([x[0], 1.0])), r"array of objects.*use np\.stack\(\[\.\.\.\]\)"),
        (lambda x: np.isnan(np.array([x[0], 1.0])), r"array of objects.*use np\.stack"),
        (lambda x: np.linalg.solve(A, np.array([x[0], x[1], 1.0])), r"use np\.stack"),
        (lambda x: np.inner(x, [x[0], 1.0, 2.0]), r"a list or an array of objects.*use np\.stack"),
        (lambda x: Dual(1.0, [1.0]), "of another run"),
        (lambda x: x[0] * Dual(1.0, [1.0]), "two different runs meet"),
        (lambda x: x[0] * Variable(1.0, Tape()), "two different runs meet"),
        (lambda x: np.stack([x[0], Dual(1.0, [1.0])]), "two different runs meet"),
        (lambda x: jvp(lambda y: y * x, x0, x0), "derivatives of derivatives are not traced"),
        (lambda x: vjp(lambda y: y * x, x0, x0), "derivatives of derivatives are not traced"),
    ],
)
def test_what_would_drop_the_derivative_raises(f, message, jacobian):
    with pytest.raises((TracingError, IndexError), match=message):
        jacobian(f, x0)


@pytest.mark.parametrize("jacobian", JACOBIANS)
def test_errors_of_f_itself_come_through(jacobian):
    def f(x):
        if x[0] > 0:
            raise ValueError("x[0] must not be positive")

    with pytest.raises(ValueError, match=r"^x\[0\] must not be positive$"):
        jacobian(f, x0)
    with pytest.raises(TypeError, match=r"^unsupported operand"):
        jacobian(lambda x: None + 1, x0)


@pytest.mark.parametrize("jacobian", JACOBIANS)
@pytest.mark.parametrize(
    ("f", "message"),
    [
        (
            lambda x: np.log(-x),
            r"f must return finite values; at x = \[0\.3, 1\.2, 0\.7\] it returned",
        ),
        (
            lambda x: np.exp(1e4 * x),
            r"f must return finite values; at x = \[0\.3.* it returned \[inf",
        ),
        (lambda x: np.full(2, np.nan), "f must return finite values; at x = "),
        (
            lambda x: x * 1j,
            r"real numbers; at x = \[0\.3, 1\.2, 0\.7\] an operation returned complex",
        ),
        (lambda x: np.stack([x[0], 1j]), "an operation returned complex128"),
        (lambda x: 1j * np.ones(2), "f must return real numbers; at x = .* it returned complex128"),
        (lambda x: None, "f must return real numbers; at x = .* it returned object"),
        (
            lambda x: [x, x[0]],
            "f must return an array, or numbers in lists of equal lengths; at x =",
        ),
        (lambda x: "text", "f must return real numbers; at x = "),
        (lambda x: np.linalg.norm(x - x0), "f must have a finite derivative; at x = "),
    ],
)
def test_a_function_that_returns_no_finite_real_array_is_reported(f, message, jacobian):
    with pytest.raises(ValueError, match=message):
        jacobian(f, x0)


@pytest.mark.parametrize("jacobian", JACOBIANS)
@pytest.mark.parametrize(
    ("f", "J"),
    [
        (lambda x: np.where(x > 0, np.sqrt(x), 0.0), np.diag([0.0, 0.25, 0.0])),
        (lambda x: np.where(x > 0, np.log(x), x), np.diag([1.0, 0.25, 1.0])),
        (lambda x: np.maximum(np.sqrt(x * x), 1.0), np.diag([0.0, 1.0, 0.0])),
        (lambda x: np.sqrt(np.append(0.0, x[1:2])), [[0, 0, 0], [0, 0.25, 0]]),
        (lambda x: np.sqrt(np.zeros_like(x)) + x, np.eye(3)),
        (lambda x: np.linalg.norm(np.outer(np.arange(2), x), axis=1)[1], [0, 1, 0]),
        (lambda x: np.sqrt(x)[1], [0, 0.25, 0]),
    ],
)
def test_an_infinite_slope_that_nothing_passes_does_no_harm(f, J, jacobian):
    np.testing.assert_array_equal(jacobian(f, [0.0, 4.0, 0.0]), J)


@pytest.mark.parametrize("jacobian", JACOBIANS)
@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.where(x >= 0, np.sqrt(x), 0.0),
        lambda x: np.sqrt(x) ** 2,
        lambda x: np.linalg.norm(x[::2]) ** 2,
        lambda x: x * np.sqrt(x),
    ],
)
def test_an_infinite_slope_that_something_passes_is_reported(f, jacobian):
    with pytest.raises(ValueError, match="f must have a finite derivative"):
        jacobian(f, [0.0, 4.0, 0.0])


def test_directions_and_weights_that_pass_no_infinite_slope():
    x = [4.0, 0.0]
    np.testing.assert_array_equal(jvp(np.sqrt, x, [1.0, 0.0]), [0.25, 0.0])
    np.testing.assert_array_equal(vjp(np.sqrt, x, [1.0, 0.0]), [0.25, 0.0])
    with pytest.raises(ValueError, match="f must have a finite derivative"):
        jvp(np.sqrt, x, [0.0, 1.0])
    with pytest.raises(ValueError, match="f must have a finite derivative"):
        vjp(np.sqrt, x, [1.0, 1.0])


@pytest.mark.parametrize("x", [Dual(2.0, [1.0]), Variable(2.0, Tape())])
def test_a_number_has_no_length(x):
    with pytest.raises(TypeError, match="len"):
        len(x)
    with pytest.raises(TypeError, match="len"):
        list(x)


def test_shapes_are_checked_where_arrays_are_changed():
    x = Dual(x0, np.eye(3))
    y = x.copy()
    with pytest.raises(ValueError, match=r"shape \(3,\) cannot become \(2, 3\)"):
        y += np.ones((2, 3))
    with pytest.raises(ValueError, match="could not broadcast"):
        y[:2] = x


def test_missing_attributes_are_named():
    with pytest.raises(AttributeError, match="traced arrays have no attribute 'partition'"):
        Dual(x0, np.eye(3)).partition(1)


def test_ties_give_nan_in_a_run_of_no_function():
    y = np.abs(Dual([0.0, -2.0], [[1.0], [1.0]]))
    np.testing.assert_array_equal(y.tangent, [[np.nan], [-1.0]])

"""What ordinary numpy code meets when its arrays are traced: objects, changes in place, errors."""

import copy
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.autodiff import TracingError, forward_jacobian, jvp, reverse_jacobian, vjp
from companion.autodiff._forward_mode import Dual
from companion.autodiff._reverse_mode import Tape, Variable
from companion.jacobians import jacobian as by_differences

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
    y[...] += x[0]
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
    "of an array without axes": (of_an_array_without_axes, [3.4, 0.6, 0]),
    "accumulated": (accumulated, [np.cos(0.3), 1, 1.4]),
}


@pytest.mark.parametrize("jacobian", JACOBIANS)
@pytest.mark.parametrize(("f", "J"), CODE.values(), ids=CODE)
def test_ordinary_code_is_traced(f, J, jacobian):
    J = jacobian(J, x0) if callable(J) else J
    np.testing.assert_allclose(jacobian(f, x0), J, rtol=1e-14, atol=1e-15)


def plain(y):
    """The values of y, which is traced, or not, or holds traced numbers or arrays."""
    if isinstance(y, Dual | Variable):
        return y.value
    return [plain(part) for part in y] if np.asarray(y).dtype == object else y


@pytest.mark.parametrize("f", [f for f, _ in CODE.values()], ids=CODE)
def test_its_values_are_those_of_numpy(f):
    for x in (Dual(x0, np.eye(3)), Variable(x0, Tape())):
        np.testing.assert_allclose(plain(f(x)), f(x0), rtol=1e-14)


def like_x(x):
    y = np.zeros((2, 3), like=x)
    y[0] = x
    y[1, :2] = np.array([x[0] * x[1], 1.0], like=x)
    z = np.empty(2, like=x)
    z[:] = np.asarray([x[0], 2], like=x)
    return np.append(y, z * np.full(2, x[1], like=x)) * np.ones(8, dtype=float, like=x)


LIKE_X = [
    like_x,
    lambda x: np.linalg.det(np.array([[x[0], x[1]], [x[1], x[2]]], like=x)),
    lambda x: np.linalg.solve(np.array([[x[0], 1], [x[1], x[2]]], like=x), np.ones(2)),
    lambda x: np.linalg.eigvalsh(np.block([[x[0], x[1]], [x[1], x[2]]])),
    lambda x: np.linalg.inv(np.stack([np.stack([x[0], x[1]]), np.stack([x[2], 1.0])])),
    lambda x: np.eye(3, like=x) * x + np.arange(3.0, like=x) + np.identity(3, like=x),
    lambda x: np.array([x, [1.0, x[0], 2.0]], like=x) @ x,
    lambda x: np.array(x, like=x) * np.array([[1, 2, 3]], like=x),
]


@pytest.mark.parametrize("f", LIKE_X)
def test_arrays_are_made_like_x(f):
    J = by_differences(f, x0, "central")
    np.testing.assert_allclose(forward_jacobian(f, x0), J, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(reverse_jacobian(f, x0), J, rtol=1e-7, atol=1e-8)


def test_an_array_made_like_x_is_new():
    x = Dual(x0, np.eye(3))
    y = np.array(x, like=x)
    y[0] = 7.0
    assert x.value[0] == 0.3
    with pytest.raises(TracingError, match="with dtype float, like=x"):
        np.array([x[0]], dtype=int, like=x)


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


# Changes in place, of an array and of its views.


def add_to_a_slice(x):
    y = x.copy()
    y[2:4] += x[:2]
    return y


def assign_twice_a_slice(x):
    y = x.copy()
    y[1:] = 2 * y[:-1]
    return y


def euler(x):
    y = np.zeros_like(x, shape=(4, 6))
    y[0] = x
    for k in range(3):
        y[k + 1] = y[k] + 0.1 * np.sin(y[k])
    return y


def keep_a_view(x):
    y = x**2
    z = y[1:4]
    y[2] = 3 * x[0]
    first = z * x[:3]
    y *= x
    return np.concatenate([first, z])


def write_a_view_of_a_view(x):
    y = np.sin(x)
    z = y[1:]
    z[::2][1:] *= x[0]
    z[-1] = x[1]
    np.multiply(z, x[1:], out=z)
    return np.stack([y[1:], z])


def views_that_overlap(x):
    y = x * x
    u, v = y[:4], y[2:]
    u[1:] += v[1:]
    v *= u
    return np.concatenate([u, v, y])


def add_to_rows(x):
    y = np.outer(x[:3], x[3:])
    for k in range(1, 3):
        y[k] += y[k - 1] * x[k]
        y[:, k] -= y[0]
        y[k, 0] *= x[5]
    for row in y:
        row /= 2
    return y


def swap(x):
    y = np.outer(np.sin(x), x[:2])
    y[[0, 1]] = y[[1, 0]]
    y[:, 0], y[:, 1] = y[:, 1].copy(), y[:, 0].copy()
    y[2], y[3] = y[3], y[2]  # as in numpy, views: both rows become the same
    return y


def write_a_view_of_itself(x):
    y = np.exp(x)
    y[1:] = y[:-1]
    y[::-1] += y
    y[:] = y[::-1]
    y[2:4] = y[2:4]
    return y


def change_x(x):
    z = x[2:]
    z *= x[0]
    x[:2] = z[1:3]
    x -= 1
    return np.append(x, z)


def new_axes_and_ellipsis(x):
    y = np.cos(x)
    y[:, None][1:3] *= x[:2, None]
    y[None, ..., 3:][0, 1] = x[0] * x[1]
    y[..., 0][...] = x[5]
    entry = y[5, ...]
    entry += x[0]
    y[5] *= 2
    return np.append(y, entry)


def by_lists_and_masks(x):
    y = x * x
    z = y[2:]
    z[[0, 2]] *= x[:2]
    z[np.array([False, True, False, True])] = x[4]
    picked = z[[1, 0]]  # a copy
    z[:2] = 0.0
    picked *= 2
    return np.concatenate([picked, y])


def two_names(x):
    y = x + 1
    z = y[:3]
    w = z
    flat = y.flatten()
    w += x[3:]
    z[0] += 5
    flat[1] *= x[0]
    return np.concatenate([y, w, z, flat])


def copy_before_the_change(x):
    y = x * x
    z = y.reshape(2, 3).T
    y = y.copy()
    y[2:4] += 1
    return y * z.ravel()


def used_in_between(x):
    y = np.zeros_like(x, shape=(4, 6))
    y[0] = x
    for k in range(3):
        y[k + 1] = np.linalg.solve(np.eye(6) + 0.1 * np.outer(y[k], y[k]), y[k])
        y[k + 1, 1:] += np.diff(y[k]) * np.average(y[k], weights=x**2)
    z = np.diff(y, axis=0)
    z[0] *= 2
    y[1] *= np.kron(y[0, :2], x[:3]) + np.multiply.outer(y[0], x)[1] + np.cumprod(y[1])
    return np.append(y, z)


IN_PLACE = [
    *(add_to_a_slice, assign_twice_a_slice, euler, keep_a_view, write_a_view_of_a_view),
    *(views_that_overlap, add_to_rows, swap, write_a_view_of_itself, change_x),
    *(new_axes_and_ellipsis, by_lists_and_masks, two_names, copy_before_the_change),
    used_in_between,
]
x6 = np.array([0.7, -1.3, 0.4, 2.1, -0.6, 1.7])


@pytest.mark.parametrize("f", IN_PLACE)
def test_views_are_changed_as_in_numpy(f):
    x = x6.copy()
    for start in (Dual(x, np.eye(6)), Variable(x, Tape())):
        np.testing.assert_allclose(f(start).value, f(x6.copy()), rtol=1e-14, atol=1e-15)
    np.testing.assert_array_equal(x, x6)


@pytest.mark.parametrize("jacobian", JACOBIANS)
@pytest.mark.parametrize("f", IN_PLACE)
def test_changes_in_place_are_differentiated(f, jacobian):
    x = x6.copy()
    J = by_differences(lambda x: f(x.copy()), x6, "central")
    np.testing.assert_allclose(jacobian(f, x), J, rtol=1e-7, atol=1e-8)
    np.testing.assert_array_equal(x, x6)


KEYS = [slice(1, None), slice(None, -1), slice(None, None, -1), 0, -1, None, Ellipsis]
KEYS += [(Ellipsis, 0), (slice(None), 1), [0, 1], (None, slice(0, 2))]


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["view", "write", "add", "whole"]),
            st.sampled_from(KEYS),
            st.integers(0, 9),
            st.integers(0, 9),
        ),
        min_size=4,
        max_size=14,
    )
)
def test_any_chain_of_views_and_changes_is_as_in_numpy(steps):
    def f(x):
        arrays = [np.outer(x, x[:3]) + 0.0, np.sin(x)]
        for action, key, i, j in steps:
            y, z = arrays[i % len(arrays)], arrays[j % len(arrays)]
            if np.ndim(y) == 0:
                continue
            try:
                if action == "view":
                    arrays.append(y[key])
                elif action == "write":
                    y[key] = z
                elif action == "add":
                    y[key] += 0.5 * z
                else:
                    y *= 0.7
            except (IndexError, ValueError, TypeError):  # of shapes that do not fit
                continue
        return np.concatenate([np.ravel(y + 0.0) for y in arrays])

    np.testing.assert_allclose(f(Dual(x6, np.eye(6))).value, f(x6), rtol=1e-13, atol=1e-15)
    J = forward_jacobian(f, x6)
    np.testing.assert_allclose(J, by_differences(f, x6, "central"), rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(reverse_jacobian(f, x6), J, rtol=1e-13, atol=1e-14)


def test_a_view_keeps_step_with_its_base_and_others_do_not():
    y = Dual(x0, np.eye(3)) * 2
    view, number, picked = y[1:], y[1], y[[1, 2]]
    y[1] = 0.0
    np.testing.assert_array_equal(view.tangent, [[0, 0, 0], [0, 0, 2]])
    np.testing.assert_array_equal(number.tangent, [0, 2, 0])
    np.testing.assert_array_equal(picked.tangent, [[0, 2, 0], [0, 0, 2]])
    assert view[:1].base is y


def test_an_assignment_of_a_view_to_itself_is_not_recorded():
    tape = Tape()
    y = Variable(x6, tape) * 2
    y[2:4] += 1
    assert len(tape.nodes) == 5  # x, 2x, the view, the view + 1, 2x with it in its place


@pytest.mark.parametrize("x", [Dual(x6, np.eye(6)), Variable(x6, Tape())])
def test_values_can_be_printed(x):
    assert f"{x[0]:.3f} {x[1]:8.2e}" == "0.700 -1.30e+00"
    assert f"{x[0]}" == str(x[0])
    with pytest.raises(TypeError, match="unsupported format string"):
        f"{x:.3f}"


def test_a_tracing_error_is_an_error_of_type_and_of_value():
    for kind in (TypeError, ValueError):
        with pytest.raises(kind, match="is not traced"):
            forward_jacobian(np.unique, x0)


def change_what_has_a_view(x):
    y = 2 * x
    z = y.reshape(3, 1)
    y[0] = 1.0
    return z


def change_what_came_of_a_number(x):
    y = x[0]
    z = y[None]
    z += 1.0
    return y


def change_a_slice_of_what_has_a_view(x):
    y = 2 * x
    z = y[1:].T
    y[:1] += 1.0
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
        (
            change_what_has_a_view,
            r"cannot be changed in place once .*y = y\.copy\(\) just before.*np\.stack",
        ),
        (change_what_came_of_a_number, "cannot be changed in place once"),
        (change_a_slice_of_what_has_a_view, "cannot be changed in place once"),
        (change_what_has_one_of_several_views, "cannot be changed in place once"),
        (lambda x: [x, np.stack([x[0], Dual(1.0, [1.0]), x[1]])], "two different runs meet"),
        (lambda x: [x[0], Dual(1.0, [1.0])], "two different runs meet"),
        (lambda x: x.astype(int), "would drop the derivative"),
        (lambda x: x[x], r"cannot be an index"),
        (lambda x: A[:, 0][x[0],], "cannot become a float|cannot be an index|only integers"),
        (lambda x: np.sin(np.array([x[0], 1.0])), r"array of objects.*use np\.stack\(\[\.\.\.\]\)"),
        (lambda x: np.isnan(np.array([x[0], 1.0])), r"array of objects.*use np\.stack"),
        (lambda x: np.linalg.solve(A, np.array([x[0], x[1], 1.0])), r"use np\.stack"),
        (lambda x: np.linalg.det(np.array([[x[0], 1], [x[1], 2]])), r"use .* np\.array.* like=x"),
        (lambda x: np.linalg.det([[x[0], 1], [x[1], 2]]), r"use .* np\.array.* like=x"),
        (lambda x: np.linalg.qr(np.array([[x[0], 1], [x[1], 2]])), r"np\.array.* like=x"),
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


BRANCHES = [
    lambda x: x[0] ** 2 if np.isscalar(x[0]) else 0 * x[0],
    lambda x: x[0] ** 2 if isinstance(x, np.ndarray) else x[0],
    lambda x: np.stack([x[0] * 1e20, x[1] if type(x[1]) is np.float64 else 1.001 * x[1]]),
    lambda x: 1e-30 * (x if isinstance(x[0], float) else 2 * x),
    lambda x: x if isinstance(x, np.ndarray) else np.append(x, 1.0),
    lambda x: 1e9 - (0 if isinstance(x, np.ndarray) else 1e3) + x[0],
]


@pytest.mark.parametrize("f", BRANCHES)
def test_a_traced_function_that_is_another_function_is_refused(f):
    x = [3.0, 1.0]
    w = np.ones_like(f(np.array(x)))
    for derivative in (
        lambda: forward_jacobian(f, x),
        lambda: reverse_jacobian(f, x),
        lambda: jvp(f, x, [1.0, 1.0]),
        lambda: vjp(f, x, [1.0] * 3 if f is BRANCHES[4] else w),
    ):
        with pytest.raises(ValueError, match="f must compute the same with traced arrays as with"):
            derivative()


@pytest.mark.parametrize("jacobian", JACOBIANS)
def test_a_sum_in_another_order_is_the_same_function(jacobian):
    def f(x):
        y = x if isinstance(x, np.ndarray) else x[::-1]
        return (y[0] + y[1]) + y[2] - 0.6

    x = np.array([0.1, 0.2, 0.3])
    assert f(x) != f(list(x))  # 1.1e-16 and 0
    np.testing.assert_array_equal(jacobian(f, x), [1, 1, 1])


@pytest.mark.parametrize("jacobian", JACOBIANS)
def test_a_function_that_changes_from_call_to_call_is_refused(jacobian):
    calls, random = [], np.random.default_rng(0)
    for f in (lambda x: (calls.append(1), x * len(calls))[1], lambda x: x + random.random()):
        with pytest.raises(
            ValueError, match=r"f must compute the same .* or a random number makes"
        ):
            jacobian(f, x0)


@pytest.mark.parametrize("jacobian", JACOBIANS)
def test_a_function_that_is_rounding_there_is_the_same_function(jacobian):
    A = np.random.default_rng(2).normal(size=(3, 3))
    b = A @ x0
    # Objects are multiplied in another order than by BLAS: another residual, of rounding.
    J = jacobian(lambda x: A @ np.array([x[0], x[1], x[2]]) - b, x0)
    np.testing.assert_allclose(J, A, rtol=1e-14)
    J = jacobian(lambda x: A @ np.array([np.cos(x[0]), x[1], x[2]]) - A[:, 0], [0.0, 0.0, 0.0])
    np.testing.assert_allclose(J, A * [0, 1, 1], rtol=1e-14)
    J = jacobian(lambda x: A @ np.array([1 / (1 + t * t) for t in x]) - A @ (1 / (1 + x0**2)), x0)
    np.testing.assert_allclose(J, A * (-2 * x0 / (1 + x0**2) ** 2), rtol=1e-13)
    J = jacobian(lambda x: np.array([x[0], x[1], 3.0]) @ A[0] - np.dot([*x[:2], 3], A[0]), x0)
    np.testing.assert_allclose(J, 0, atol=1e-15)
    J = jacobian(lambda x: (x - np.mean(x)) * 1e20, [0.1, 0.1, 0.1])
    np.testing.assert_allclose(J, 1e20 * (np.eye(3) - 1 / 3), rtol=1e-14)


@pytest.mark.parametrize("jacobian", JACOBIANS)
@pytest.mark.parametrize(
    ("f", "x", "message"),
    [
        (lambda x: 1 / (1 + np.exp(-x)), [-800.0], r"np\.exp gives inf on the way: an overflow"),
        (lambda x: 1 / (1 + np.square(1e200 * x) ** 2), [1.0], r"np\.square gives inf on the way"),
        (lambda x: np.log(1 + np.sqrt(x)), [0.0], r"the slope of np\.sqrt is infinite"),
        (lambda x: np.std(x), [1.0, 1.0], r"the slope of np\.sqrt is infinite"),
        (lambda x: 2 + np.floor(x / 2), [4.0], r"the slope of np\.floor is infinite or undefined"),
        (lambda x: np.sum(np.arcsin(x)), [0.5, 1.0], r"the slope of np\.arcsin is infinite"),
        (lambda x: np.exp(-1 / (x - 1) ** 2), [1.0], r"np\.divide gives -inf on the way"),
    ],
)
def test_what_spoils_a_derivative_is_named(f, x, message, jacobian):
    with pytest.raises(ValueError, match=r"f must have a finite derivative; at x = .*" + message):
        jacobian(f, x)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda x: copy.deepcopy([x])[0]])
@pytest.mark.parametrize("jacobian", JACOBIANS)
def test_copies_are_of_the_same_run(copied, jacobian):
    def f(x):
        y = copied(x)
        y[0] = 0.0
        return x * copied(y[1:])[0] + y

    np.testing.assert_allclose(jacobian(f, x0), [[1.2, 0.3, 0], [0, 3.4, 0], [0, 0.7, 2.2]])


def test_an_array_that_became_another_does_not_write_to_it():
    x = Dual(x0, np.eye(3))
    w, y = 2 * x, np.zeros_like(x)
    y[0] = 1.0
    np.add(w, 0.0, out=y)  # the sum may share the tangents of w
    y[1] = 5.0
    np.testing.assert_array_equal(w.tangent, 2 * np.eye(3))
    np.testing.assert_array_equal(w.value, 2 * x0)


def test_shapes_are_checked_where_arrays_are_changed():
    x = Dual(x0, np.eye(3))
    y = x.copy()
    with pytest.raises(ValueError, match=r"shape \(3,\) cannot become \(2, 3\)"):
        y += np.ones((2, 3))
    with pytest.raises(ValueError, match="could not be broadcast"):
        y[:2] = x


def test_missing_attributes_are_named():
    with pytest.raises(AttributeError, match="traced arrays have no attribute 'partition'"):
        Dual(x0, np.eye(3)).partition(1)


def test_ties_give_nan_in_a_run_of_no_function():
    y = np.abs(Dual([0.0, -2.0], [[1.0], [1.0]]))
    np.testing.assert_array_equal(y.tangent, [[np.nan], [-1.0]])

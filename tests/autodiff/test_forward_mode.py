import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.autodiff import _forward_mode as forward_mode
from companion.autodiff import forward_jacobian, jvp
from companion.autodiff._forward_mode import Dual
from companion.autodiff._reverse_mode import Tape, Variable
from companion.autodiff._traced_array import TracedArray


def polar(x):
    """(r, θ) ↦ (r cos θ, r sin θ)."""
    return np.array([x[0] * np.cos(x[1]), x[0] * np.sin(x[1])])


def polar_jacobian(x):
    r, c, s = x[0], np.cos(x[1]), np.sin(x[1])
    return np.array([[c, -r * s], [s, r * c]])


def chapter(x):
    return np.array([x[0] ** 2 * x[1], 5 * x[0] + np.sin(x[1])])


def chapter_jacobian(x):
    return np.array([[2 * x[0] * x[1], x[0] ** 2], [5, np.cos(x[1])]])


EXACT = [
    (polar, polar_jacobian),
    (chapter, chapter_jacobian),
    (lambda x: np.sum(x**2), lambda x: 2 * x),
    (lambda x: np.exp(x) / x, lambda x: np.diag(np.exp(x) * (x - 1) / x**2)),
    (
        lambda x: np.outer(x, x),
        lambda x: np.eye(2)[:, None] * x[:, None] + x[:, None, None] * np.eye(2),
    ),
    (lambda x: (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2, None),
]


def rosenbrock_gradient(x):
    r = x[1] - x[0] ** 2
    return np.array([-2 * (1 - x[0]) - 400 * x[0] * r, 200 * r])


@pytest.mark.parametrize(("f", "jacobian"), EXACT)
@settings(deadline=None, derandomize=True, max_examples=25)
@given(x=st.tuples(st.floats(0.1, 3), st.floats(-3, -0.1)).map(np.array))
def test_jacobians_are_exact_to_rounding(f, jacobian, x):
    J = (jacobian or rosenbrock_gradient)(x)
    np.testing.assert_allclose(forward_jacobian(f, x), J, rtol=1e-14, atol=1e-14 * np.abs(J).max())


@pytest.mark.parametrize("f", [polar, lambda x: np.sum(x**2), lambda x: np.outer(x, x)])
def test_jvp_is_the_jacobian_times_v(f):
    x, v = np.array([1.3, -0.4]), np.array([0.7, 2.0])
    Jv = jvp(f, x, v)
    np.testing.assert_allclose(Jv, forward_jacobian(f, x) @ v, rtol=1e-14)
    assert np.shape(Jv) == np.shape(f(x))


def test_jvp_is_linear_in_v():
    x, u, v = np.array([1.3, -0.4]), np.array([0.7, 2.0]), np.array([-1.0, 0.5])
    np.testing.assert_allclose(
        jvp(polar, x, 2 * u - 3 * v), 2 * jvp(polar, x, u) - 3 * jvp(polar, x, v), rtol=1e-14
    )


def test_the_chain_rule_holds():
    x = np.array([1.3, -0.4])
    J = forward_jacobian(chapter, polar(x)) @ forward_jacobian(polar, x)
    np.testing.assert_allclose(forward_jacobian(lambda x: chapter(polar(x)), x), J, rtol=1e-14)


FUNCTIONS = [
    lambda x: np.sin(x) * np.exp(-x),
    lambda x: np.sin(x) * (np.vander(np.cos(np.arange(5)), 7) @ x),
    lambda x: x[1:] * x[:-1] - np.roll(x, 2)[1:],
    lambda x: np.tile(x, (2, 1)) * np.sum(x),
]


@pytest.mark.parametrize("f", FUNCTIONS[:1] + FUNCTIONS[2:])
@pytest.mark.parametrize("block", [1, 7, 21, 22, 10**6])
def test_blocks_of_columns_make_one_jacobian(f, block, monkeypatch):
    x = np.linspace(0.3, 2.0, 7)
    columns = [jvp(f, x, e) for e in np.eye(7)]
    monkeypatch.setattr(forward_mode, "BLOCK", block)
    J = forward_jacobian(f, x)
    np.testing.assert_allclose(J, np.stack(columns, axis=-1), rtol=1e-14, atol=1e-16)


def test_f_is_called_once_for_each_block(monkeypatch):
    calls = []
    monkeypatch.setattr(forward_mode, "BLOCK", 21)
    forward_jacobian(lambda x: calls.append(1) or x * x, np.ones(7))
    assert len(calls) == 3 + 1  # and once with plain numbers
    jvp(lambda x: calls.append(1) or x * x, np.ones(7), np.ones(7))
    assert len(calls) == 4 + 2


def test_blocks_are_wide_where_f_computes_with_single_numbers(monkeypatch):
    calls = []

    def f(x):
        calls.append(1)
        return sum(t * t for t in x)

    monkeypatch.setattr(forward_mode, "BLOCK", 60)
    x = np.linspace(1, 2, 30)
    np.testing.assert_allclose(forward_jacobian(f, x), 2 * x, rtol=1e-15)
    assert len(calls) == 2 + 1  # two columns, which show it, and all the others


@pytest.mark.parametrize("x", [Dual(np.ones(50), np.eye(50)), Variable(np.ones(50), Tape())])
def test_an_array_that_is_filled_entry_by_entry_is_copied_once(x, monkeypatch):
    copies, own = [], TracedArray._own
    monkeypatch.setattr(TracedArray, "_own", lambda y: (copies.append(y.size), own(y)))
    y = np.zeros_like(x)
    y[0] = x[0]
    for i in range(1, 50):
        y[i] = y[i - 1] * x[i] + y[i - 1]
    assert sorted(copies) == [1] * (len(copies) - 1) + [50]
    z = y + 0.0  # may keep the arrays of y
    y[0] = 7.0
    assert sorted(copies) == [1] * (len(copies) - 2) + [50, 50]
    assert z.value[0] == 1.0


@pytest.mark.parametrize("shape", [(), (1,), (2, 3), (0,)])
def test_shapes_are_as_promised(shape):
    def f(x):
        return np.sum(x) * np.ones(shape)

    assert forward_jacobian(f, np.ones(4)).shape == (*shape, 4)
    assert jvp(f, np.ones(4), np.ones(4)).shape == shape


def test_a_point_of_length_one_and_of_integers():
    np.testing.assert_array_equal(forward_jacobian(lambda x: x**3, [2]), [[12.0]])
    assert jvp(lambda x: x[0] ** 3, [2], [1]) == 12.0
    np.testing.assert_array_equal(forward_jacobian(lambda x: x / 2, [1, 2]), np.eye(2) / 2)


def test_inputs_are_untouched():
    def f(x):
        x *= 2
        x[0] = 1.0
        return x

    x, v = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    np.testing.assert_array_equal(forward_jacobian(f, x), [[0, 0], [0, 2]])
    np.testing.assert_array_equal(jvp(f, x, v), [0, 8])
    np.testing.assert_array_equal(x, [1, 2])
    np.testing.assert_array_equal(v, [3, 4])


def test_the_jacobian_can_be_written_to():
    for J in (forward_jacobian(lambda x: x + np.zeros(2), np.ones(2)), jvp(np.exp, [1.0], [1.0])):
        J += 1


def test_many_operations_in_a_row():
    def f(x):
        y = x[0]
        for _ in range(10_000):
            y = 1 + y / 2
        return y - 2

    np.testing.assert_allclose(jvp(f, [3.0], [1.0]), 0.0, atol=1e-300)


def test_a_dual_number_made_by_hand():
    x = Dual(2.0, [1.0, 10.0])
    y = x**2
    assert y.value == 4.0
    np.testing.assert_array_equal(y.tangent, [4.0, 40.0])
    np.testing.assert_array_equal((x * Dual(3.0, [0.0, 1.0])).tangent, [3.0, 32.0])
    assert repr(y) == "Dual(value=4, tangent=[4, 40])"


@pytest.mark.parametrize("tangent", [1.0, [1.0], np.ones((3, 2)), np.ones((2, 3, 1))])
def test_a_tangent_must_have_the_shape_of_the_value(tangent):
    with pytest.raises(
        ValueError, match=r"tangent must have the shape of value, \(2,\), and one axis"
    ):
        Dual([1.0, 2.0], tangent)


@pytest.mark.parametrize(
    ("f", "x", "v", "message"),
    [
        (1, [1.0], [1.0], "f must be callable; it is 1"),
        (np.sin, 1.0, [1.0], "x must have 1 axes"),
        (np.sin, [], [], "x must not be empty"),
        (np.sin, [np.nan], [1.0], "x must be finite"),
        (np.sin, [1j], [1.0], "x must hold real numbers"),
        (np.sin, Dual([1.0], [[1.0]]), [1.0], "x must be an array of plain numbers; it is traced"),
        (np.sin, [1.0], [1.0, 2.0], "v must have length 1"),
        (np.sin, [1.0], [np.inf], "v must be finite"),
    ],
)
def test_bad_input_is_named(f, x, v, message):
    with pytest.raises(ValueError, match=message):
        jvp(f, x, v)
    if not message.startswith("v"):
        with pytest.raises(ValueError, match=message):
            forward_jacobian(f, x)

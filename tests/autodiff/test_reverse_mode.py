import weakref

import numpy as np
import pytest
from cost import calls
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.autodiff import forward_jacobian, jvp, reverse_jacobian, vjp
from companion.autodiff._reverse_mode import Tape, Variable
from companion.jacobians import jacobian as by_differences

numbers = st.floats(0.2, 2.0)
B = np.vander(np.cos(np.arange(4.0)), 4)

# Steps from a vector of four to a vector of four; each f below is a chain of some of them.
STEPS = [
    np.sin,
    np.exp,
    lambda x: x**2,
    lambda x: np.sqrt(1 + x * x),
    lambda x: x / (2 + np.cos(x)),
    lambda x: B @ x,
    lambda x: x @ B,
    lambda x: np.outer(x, np.sin(x)).sum(axis=0),
    lambda x: np.linalg.solve(4 * np.eye(4) + np.outer(np.sin(x), np.cos(x)), x),
    lambda x: np.concatenate([x[2:], x[:1] * x[1:2], [x[0]]]),
    lambda x: np.where(x > 0.5, x, np.exp(x)),
    lambda x: x - x.mean(),
    lambda x: np.cumsum(x)[::-1],
    lambda x: np.stack([x[0], x[1] * x[2], np.sin(x[3]), x[0] / (2 + x[1])]),
    lambda x: x.reshape(2, 2).T.ravel() * np.linalg.norm(1 + x**2),
    lambda x: np.tanh(x[[3, 3, 0, 1]]),
]


def chain(steps):
    def f(x):
        for step in steps:
            x = np.tanh(step(x))
        return x

    return f


@settings(deadline=None, derandomize=True, max_examples=80)
@given(
    steps=st.lists(st.sampled_from(STEPS), min_size=1, max_size=4),
    x=st.lists(numbers, min_size=4, max_size=4).map(np.array),
    v=st.lists(numbers, min_size=4, max_size=4).map(np.array),
    w=st.lists(numbers, min_size=4, max_size=4).map(np.array),
)
def test_forward_and_reverse_mode_are_adjoint(steps, x, v, w):
    f = chain(steps)
    Jv, wJ = jvp(f, x, v), vjp(f, x, w)
    assert w @ Jv == pytest.approx(wJ @ v, rel=1e-10, abs=1e-12), f"{w @ Jv} ≠ {wJ @ v}"
    h = 1e-4
    near, far = f(x + h * v) - f(x - h * v), f(x + 2 * h * v) - f(x - 2 * h * v)
    np.testing.assert_allclose(Jv, (8 * near - far) / (12 * h), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("step", STEPS)
def test_both_modes_give_the_same_jacobian(step):
    x = np.array([0.3, 1.2, 0.7, 1.9])
    forward, reverse = forward_jacobian(step, x), reverse_jacobian(step, x)
    np.testing.assert_allclose(reverse, forward, rtol=1e-14, atol=1e-15 * np.abs(forward).max())


def test_jacobians_are_exact_to_rounding():
    x = np.array([1.3, -0.4])
    J = [[2 * x[0] * x[1], x[0] ** 2], [5, np.cos(x[1])]]
    f = lambda x: np.array([x[0] ** 2 * x[1], 5 * x[0] + np.sin(x[1])])  # noqa: E731
    np.testing.assert_allclose(reverse_jacobian(f, x), J, rtol=1e-15)
    np.testing.assert_allclose(vjp(f, x, [2.0, -3.0]), np.array([2, -3]) @ J, rtol=1e-15)


def test_the_gradient_of_a_quadratic_is_exact():
    Q = B + B.T
    x = np.array([1.0, 2.0, -3.0, 4.0])
    np.testing.assert_allclose(reverse_jacobian(lambda x: x @ Q @ x / 2, x), Q @ x, rtol=1e-14)


def test_a_node_with_several_children_adds_their_adjoints():
    def f(x):
        y = np.sin(x[0])
        return y + y * y + x[0] * y

    x, (s, c) = 0.7, (np.sin(0.7), np.cos(0.7))
    np.testing.assert_allclose(vjp(f, [x], 1.0), [c + 2 * s * c + s + x * c], rtol=1e-15)


def test_a_result_used_long_before_others_is_swept_once_all_have_arrived():
    # 2ⁿ paths lead from x to the result: a sweep that follows paths would not end.
    def f(x):
        for _ in range(60):
            x = x + x
        return x

    np.testing.assert_array_equal(reverse_jacobian(f, [1.0]), [[2.0**60]])


def test_f_is_recorded_once():
    calls = []
    reverse_jacobian(lambda x: calls.append(1) or np.outer(x, x), np.ones(3))
    assert len(calls) == 1 + 1  # and once with plain numbers
    vjp(lambda x: calls.append(1) or x, np.ones(3), np.ones(3))
    assert len(calls) == 2 + 2


@pytest.mark.no_cover
def test_a_hundred_thousand_operations_in_a_row():
    def f(x):
        y = x[0]
        for _ in range(100_000):
            y = -y
        return 2 * y + 3 * x[0]

    np.testing.assert_array_equal(vjp(f, [3.0], 1.0), [5.0])


def test_the_tape_is_freed_afterwards():
    tapes = []

    def f(x):
        if isinstance(x, Variable):
            tapes.append(weakref.ref(x.run))
        return np.sin(x) * x

    vjp(f, [1.0], [1.0])
    reverse_jacobian(f, [1.0])
    assert [tape() for tape in tapes] == [None, None]


@pytest.mark.parametrize("shape", [(), (1,), (2, 3)])
def test_shapes_are_as_promised(shape):
    def f(x):
        return np.sum(x) * np.ones(shape)

    assert reverse_jacobian(f, np.ones(4)).shape == (*shape, 4)
    assert vjp(f, np.ones(4), np.ones(shape)).shape == (4,)


def test_constants_have_no_derivative():
    np.testing.assert_array_equal(
        vjp(lambda x: np.ones((2, 2)), [1.0, 2.0], np.ones((2, 2))), [0, 0]
    )
    np.testing.assert_array_equal(vjp(lambda x: np.ones_like(x), [1.0, 2.0], [1.0, 1.0]), [0, 0])


def test_integers_and_a_length_of_one():
    np.testing.assert_array_equal(reverse_jacobian(lambda x: x**3, [2]), [[12.0]])
    np.testing.assert_array_equal(vjp(lambda x: x / 2, [1, 2], [2, 4]), [1, 2])


def test_inputs_are_untouched():
    def f(x):
        x *= 2
        x[0] = 1.0
        return x

    x, w = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    np.testing.assert_array_equal(reverse_jacobian(f, x), [[0, 0], [0, 2]])
    np.testing.assert_array_equal(vjp(f, x, w), [0, 8])
    wJ = vjp(lambda x: x, x, w)
    wJ += 1
    np.testing.assert_array_equal(x, [1, 2])
    np.testing.assert_array_equal(w, [3, 4])


def test_a_tape_made_by_hand():
    tape = Tape()
    x = Variable([1.0, 2.0], tape)
    y = x[0] * np.stack([x[1], 3.0])
    assert repr(y) == "Variable(value=[2, 3])"
    assert repr(tape).splitlines()[:3] == [
        "0: shape (2,)",
        "1: shape () from 0 by Pick",
        "2: shape () from 0 by Pick",
    ]
    np.testing.assert_array_equal(tape.sweep(y, [1.0, 0.0]), [2.0, 1.0])
    np.testing.assert_array_equal(tape.sweep(y, [1.0, 1.0]), [5.0, 1.0])
    np.testing.assert_array_equal(tape.sweep(x, [7.0, 8.0]), [7.0, 8.0])
    np.testing.assert_array_equal(tape.sweep(np.zeros_like(x), [7.0, 8.0]), [0.0, 0.0])


@pytest.mark.parametrize(
    ("f", "x", "w", "message"),
    [
        (1, [1.0], [1.0], "f must be callable; it is 1"),
        (np.sin, 1.0, [1.0], "x must have 1 axes"),
        (np.sin, [], [], "x must not be empty"),
        (np.sin, [np.nan], [1.0], "x must be finite"),
        (np.sin, [1j], [1.0], "x must hold real numbers"),
        (
            np.sin,
            Variable([1.0], Tape()),
            [1.0],
            "x must be an array of plain numbers; it is traced",
        ),
        (
            np.sin,
            [1.0],
            [1.0, 2.0],
            r"w must have the shape of f\(x\), \(1,\); its shape is \(2,\)",
        ),
        (np.sum, [1.0], [1.0], "w must have 0 axes"),
        (np.sin, [1.0], [np.inf], "w must be finite"),
    ],
)
def test_bad_input_is_named(f, x, w, message):
    with pytest.raises(ValueError, match=message):
        vjp(f, x, w)
    if not message.startswith("w"):
        with pytest.raises(ValueError, match=message):
            reverse_jacobian(f, x)


def test_a_sweep_visits_only_what_its_output_depends_on():
    def squares(m):
        return reverse_jacobian(lambda x: [1.0, *(t**2 for t in x), 2.0], np.linspace(1, 2, m))

    J = squares(60)
    np.testing.assert_allclose(J[1:-1], np.diag(2 * np.linspace(1, 2, 60)))
    np.testing.assert_array_equal(J[[0, -1]], 0)
    # Twice the outputs, twice the work, and not four times.
    assert calls(lambda: squares(400)) <= 2.2 * calls(lambda: squares(200))


def test_an_adjoint_is_handed_on_through_entries_that_are_written(monkeypatch):
    adjoints = []
    zeros = np.zeros
    n = 40

    def f(x):
        y = np.zeros_like(x)
        for i in range(n):
            y[i] = x[i] * (y[i - 1] + 1)
        return y

    x = np.linspace(0.5, 1.5, n)
    J = by_differences(f, x, "central")
    tape = Tape()
    y = f(Variable(x, tape))
    shapes = [shape for shape, _ in tape.nodes]
    monkeypatch.setattr(np, "zeros", lambda shape: adjoints.append(shape) or zeros(shape))
    g = tape.sweep(y, np.ones(n))
    assert shapes.count((n,)) > n
    assert adjoints.count((n,)) == 1  # that of x
    np.testing.assert_allclose(g, J.sum(axis=0), rtol=1e-6)


def test_of_entries_written_to_one_place_the_last_stays():
    def f(x):
        y = np.zeros_like(x, shape=(2, 2))
        y[[0, 0], [1, 1]] = x[:2]
        y[1] = x[2:][None, :1]
        y[:, 0] = x[2] * y[:, 1]
        return y

    J = reverse_jacobian(f, [1.0, 2.0, 3.0, 4.0])
    np.testing.assert_allclose(J, forward_jacobian(f, [1.0, 2.0, 3.0, 4.0]))
    np.testing.assert_array_equal(J[0, 1], [0, 1, 0, 0])


def test_an_adjoint_that_happens_to_be_zero_is_no_path_that_ends():
    # √x · √x is x: its slope is 1, although the adjoint of √x is 0 at 0, where its slope is ∞.
    with pytest.raises(ValueError, match="must have a finite derivative"):
        vjp(lambda x: np.concatenate([np.sqrt(x), x]) ** 2, [0.0], [1.0, 1.0])

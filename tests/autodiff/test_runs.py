"""Ties: kinks that cancel are no kinks, and all others are found."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.autodiff import forward_jacobian, jvp, reverse_jacobian, vjp
from companion.autodiff._forward_mode import Dual
from companion.autodiff._runs import Run, Scout

JACOBIANS = [forward_jacobian, reverse_jacobian]
A = np.random.default_rng(1).normal(size=(7, 3))
y = np.array([1.0, -1, 1, 1, -1, 1, -1])


def stable_log_loss(w):
    z = -y * (A @ w)
    return np.sum(np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z))))


def softplus_by_max(w):
    z = A @ w
    m = np.maximum.reduce(np.stack([z, 0 * z]))
    return np.sum(m + np.log(np.exp(z - m) + np.exp(-m)))


def relu(z):
    return (z + np.abs(z)) / 2


# Differentiable at 0, although what they are made of is not; with the Jacobian there.
SMOOTH = {
    "log loss": (stable_log_loss, -A.T @ y / 2),
    "softplus": (softplus_by_max, A.sum(axis=0) / 2),
    "max and min": (lambda x: np.maximum(x, 1e5 * x) + np.minimum(x, 1e5 * x), 100001 * np.eye(3)),
    "max − abs / 2": (lambda x: np.maximum(A @ x, 0) - np.abs(A @ x) / 2, A / 2),
    "relu(z) − relu(−z)": (lambda x: relu(A @ x) - relu(-(A @ x)), A),
    "clip from both sides": (lambda x: np.clip(x, 0, 1) + np.clip(x, -1, 0), np.eye(3)),
    "abs of other size": (lambda x: np.abs(2.0**28 * x) - 2**28 * np.abs(x) + x, np.eye(3)),
    "abs that is moved": (lambda x: np.abs(x[::-1])[::-1] - np.abs(-x) + x[0], [[1, 0, 0]] * 3),
    "max of both": (lambda x: np.max(x) + np.min(-x), [0, 0, 0]),
    "max + min of two": (lambda x: np.max(x[:2]) + np.min(1.0 * x[:2]), [1, 1, 0]),
    "ptp": (lambda x: np.ptp(x) - np.max(x) + np.min(x), [0, 0, 0]),
    "max by rows": (
        lambda x: np.max(np.stack([x, 0 * x]), 0) + np.min(np.stack([0 * x, x]), 0),
        np.eye(3),
    ),
    "norms": (lambda x: np.linalg.norm(x, 1) - np.sum(np.abs(x)) + x[2], [0, 0, 1]),
    "shifted": (lambda x: np.maximum(x[0] + x[1], x[1]) - np.maximum(x[0], 0), [0, 1, 0]),
    "times 0": (lambda x: x * np.abs(x) + np.maximum(x, 0) ** 2, np.zeros((3, 3))),
    "a kink through a map": (
        lambda x: A.T @ np.abs(A @ x) - A.T @ np.maximum(2 * A @ x, 0) + A.T @ A @ x,
        np.zeros((3, 3)),
    ),
}


@pytest.mark.parametrize("jacobian", JACOBIANS)
@pytest.mark.parametrize(("f", "J"), SMOOTH.values(), ids=SMOOTH)
def test_kinks_that_cancel_are_no_kinks(f, J, jacobian):
    J = np.asarray(J)
    np.testing.assert_allclose(
        jacobian(f, np.zeros(3)), J, rtol=1e-12, atol=1e-12 * (1 + np.abs(J).max())
    )


@pytest.mark.parametrize(("f", "J"), SMOOTH.values(), ids=SMOOTH)
def test_kinks_that_cancel_cancel_along_directions_and_for_weights(f, J):
    J = np.asarray(J, dtype=float)
    v, w = np.array([1.0, -2.0, 0.5]), np.ones(J.shape[:-1])
    size = 1 + np.abs(J).max()
    np.testing.assert_allclose(jvp(f, np.zeros(3), v), J @ v, rtol=1e-12, atol=1e-11 * size)
    wJ = np.tensordot(w, J, axes=w.ndim)
    np.testing.assert_allclose(vjp(f, np.zeros(3), w), wJ, rtol=1e-12, atol=1e-11 * size)


KINKS = {
    "abs(x) + abs(y) − abs(x + y)": lambda x: np.abs(x[0]) + np.abs(x[1]) - np.abs(x[0] + x[1]),
    "nearly the same": lambda x: np.abs(x[0]) - np.abs(x[0] + 1e-4 * x[1]),
    "of two sizes": lambda x: np.abs(1e6 * x[0]) - 1e6 * np.abs(x[0]) + 1e-3 * np.abs(x[1]),
    "median by maxima": lambda x: np.maximum(
        np.minimum(x[0], x[1]), np.minimum(0, np.maximum(x[0], x[1]))
    ),
    "triangle": lambda x: np.max(t := np.stack([x[0], x[1], -x[0] - x[1]])) + np.min(t),
    "of one side": lambda x: np.maximum(x[0], 0) + np.minimum(x[1], 0),
    "half": lambda x: np.maximum(x[0], x[1]) - (x[0] + x[1]) / 2,
    "abs of abs": lambda x: np.abs(np.abs(x[0]) - np.abs(x[1])),
    "leaky": lambda x: np.maximum(x, 0.01 * x) - np.abs(x) / 2,
}


@pytest.mark.parametrize("jacobian", JACOBIANS)
@pytest.mark.parametrize("f", KINKS.values(), ids=KINKS)
def test_kinks_that_remain_are_found(f, jacobian):
    with pytest.raises(ValueError, match=r"it has a kink, where two branches tie: in np\."):
        jacobian(f, [0.0, 0.0])


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-3, 3)), min_size=1, max_size=6))
def test_sums_of_kinks_are_differentiable_if_those_of_each_line_cancel(terms):
    lines = np.array([[1.0, 0, 0], [1, 1, 0], [0, 2, -1], [1, 1, 1e-3]])
    totals = np.zeros(4)
    for i, c in terms:
        totals[i] += c

    def f(x):
        d = lines @ x
        return sum(c * (np.abs(d[i]) if c > 0 else 2 * np.maximum(d[i], 0)) for i, c in terms)

    if (totals == 0).all():
        slopes = sum((c * lines[i] for i, c in terms if c < 0), start=np.zeros(3))
        for jacobian in JACOBIANS:
            np.testing.assert_allclose(jacobian(f, np.zeros(3)), slopes, atol=1e-11)
    else:
        for jacobian in JACOBIANS:
            with pytest.raises(ValueError, match="it has a kink"):
                jacobian(f, np.zeros(3))


def test_weights_do_not_depend_on_scale_or_shift_and_mirror_for_the_minimum():
    scout = Scout(np.zeros(2))
    x, z = Dual(np.zeros(2), scout.lines(), scout)
    np.maximum(x, z), np.maximum(1e6 * x, 1e6 * z), np.maximum(x + 5 * z, 6 * z)
    np.minimum(z, x), np.maximum(z, x)
    first, *others, swapped = scout.weights
    for weights in others:
        np.testing.assert_allclose(weights, first, rtol=1e-9)
    np.testing.assert_allclose(swapped, first[::-1], rtol=1e-12)
    assert (first > 0).all()


def test_what_is_drawn_comes_again_in_a_second_pass():
    run = Run(np.zeros(1), seed=3)
    first = run.draw("np.linalg.eigh", (2,)), run.draw("np.linalg.eigh", ())
    run.begin()
    np.testing.assert_array_equal(run.draw("np.linalg.eigh", (2,)), first[0])
    np.testing.assert_array_equal(run.draw("np.linalg.eigh", ()), first[1])
    assert list(run.ties) == ["np.linalg.eigh"]
    assert np.isnan(Run().draw("np.linalg.eigh", (2,))).all()

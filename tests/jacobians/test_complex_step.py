"""Derivatives from imaginary parts: exact to rounding, for any step, of analytic functions."""

import numpy as np
import pytest

from companion._shared.calls import Batch
from companion.jacobians._seeds import dense_seeds
from companion.jacobians.complex_step import ComplexSteps, imaginary_part


def f(x):
    return np.exp(x) / (1 + x[::-1] ** 2)


def jacobian(steps, n):
    return np.hstack([steps(seed) for seed in dense_seeds(n, n)])


@pytest.mark.parametrize("step", [None, 1e-10, 1e-100, 1e-200])
def test_every_small_step_is_exact(step):
    x = np.array([0.3, -1.7, 2.2])
    step = None if step is None else np.full(3, step)
    J = jacobian(ComplexSteps(Batch(f, False), x, np.abs(x), step), 3)
    exact = np.diag(f(x))
    for i in range(3):
        exact[i, 2 - i] -= f(x)[i] * 2 * x[2 - i] / (1 + x[2 - i] ** 2)
    np.testing.assert_allclose(J, exact, rtol=1e-14, atol=1e-16)


def test_a_direction_takes_one_step():
    x, v = np.array([0.3, -1.7, 2.2]), np.array([1.0, 1e-9, -5.0])
    steps = ComplexSteps(Batch(f, False), x, np.abs(x))
    np.testing.assert_allclose(steps.along(v), jacobian(steps, 3) @ v, rtol=1e-14)


def test_real_values_have_no_imaginary_part():
    assert imaginary_part(Batch(lambda x: 3.0, False), np.array([[1 + 1j]])) == [0]


def test_errors_say_what_to_try():
    def f(x):
        return np.floor(x)

    with pytest.raises(
        ValueError, match=r"grad to compute with .* TypeError: .* Try 'forward-mode'"
    ):
        imaginary_part(Batch(f, False, "grad"), np.array([[1 + 1j]]))

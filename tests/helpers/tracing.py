"""What the tests of all traced functions share: inputs, differences, what is asked of a case."""

import numpy as np
import pytest

from companion.autodiff import forward_jacobian, reverse_jacobian
from companion.autodiff._forward_mode import Dual
from companion.autodiff._linear_maps import Operand
from companion.autodiff._reverse_mode import Tape, Variable

JACOBIANS = [forward_jacobian, reverse_jacobian]
rng = np.random.default_rng(3)
x0 = np.array([0.7, -1.3, 0.4, 2.1, -0.6, 1.7])
A, c, cube = rng.normal(size=(3, 2)), rng.normal(size=6), rng.normal(size=(2, 3, 4))
square = rng.normal(size=(3, 3)) + 3 * np.eye(3)


def M(x):
    """x as a matrix, shape (2, 3)."""
    return x.reshape(2, 3)


def Q(x):
    """A well-conditioned matrix that depends on x, shape (3, 3)."""
    return square + x[:3, None] * x[3:]


def S(x):
    """A stack of two matrices, shape (2, 2, 2)."""
    return np.stack([2 * np.eye(2), 3 * np.eye(2)]) + np.sin(x[:2, None, None] * M(x)[:, :2])


def each_case(table):
    """Run a test for each function of x in a table of lists of them."""
    params = [
        pytest.param(f, id=f"{getattr(function, '__name__', function)}-{i}")
        for function, functions in table.items()
        for i, f in enumerate(functions)
    ]
    return pytest.mark.parametrize("f", params)


def differences(f, x):
    """∂f/∂x by the sixth-order central difference, shape f(x).shape + (n,)."""
    h = 1e-3
    columns = []
    for e in h * np.eye(len(x)):
        d = [np.asarray(f(x + k * e)) - f(x - k * e) for k in (1, 2, 3)]
        columns.append((45 * d[0] - 9 * d[1] + d[2]) / (60 * h))
    return np.stack(columns, axis=-1)


def assert_derivatives_match_differences(f):
    J = differences(f, x0)
    forward, reverse = forward_jacobian(f, x0), reverse_jacobian(f, x0)
    assert forward.shape == reverse.shape == J.shape
    size = 1 + np.abs(J).max(initial=0.0)
    np.testing.assert_allclose(forward, J, rtol=1e-7, atol=1e-8 * size)
    np.testing.assert_allclose(reverse, forward, rtol=1e-11, atol=1e-12 * size)


def assert_values_are_those_of_numpy(f):
    for y in (f(Dual(x0, np.eye(6))), f(Variable(x0, Tape()))):
        value = (
            y.value if isinstance(y, Operand) else [getattr(entry, "value", entry) for entry in y]
        )
        np.testing.assert_allclose(value, f(x0), rtol=1e-12, atol=1e-14)

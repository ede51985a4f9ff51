"""How products of arrays act on arrays with derivatives: each is linear in each of its factors."""

from string import ascii_letters

import numpy as np

from companion.autodiff._linear_maps import (
    EinsumFactor,
    MatrixTimes,
    MatrixTimesVector,
    Operand,
    TimesMatrix,
    TracingError,
    derive,
    value_of,
)


def matmul(A, B):
    """d(AB) = dA·B + A·dB."""
    Y = value_of(A) @ value_of(B)
    if A.ndim == 2 and B.ndim == 1 and not isinstance(A, Operand):
        return derive(Y, (B, MatrixTimesVector(A)))
    if A.ndim == 1:
        return (A[None, :] @ B)[..., 0, :] if B.ndim > 1 else (A[None, :] @ B)[0]
    if B.ndim == 1:
        return (A @ B[:, None])[..., 0]
    return derive(Y, (A, TimesMatrix(value_of(B))), (B, MatrixTimes(value_of(A))))


def dot(a, b):
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return a * b
    if np.ndim(b) <= 2:
        return np.matmul(a, b)
    return np.tensordot(a, b, (-1, -2))


def inner(a, b):
    return a * b if np.ndim(a) == 0 or np.ndim(b) == 0 else np.tensordot(a, b, (-1, -1))


def kron(a, b):
    """The products of all entries, those of b varying the faster along every axis."""
    n = max(np.ndim(a), np.ndim(b))
    of_a, of_b = ((1,) * (n - np.ndim(x)) + np.shape(x) for x in (a, b))
    a = np.expand_dims(np.reshape(a, of_a), tuple(range(1, 2 * n, 2)))
    b = np.expand_dims(np.reshape(b, of_b), tuple(range(0, 2 * n, 2)))
    return np.reshape(a * b, tuple(i * j for i, j in zip(of_a, of_b, strict=True)))


def tensordot(a, b, axes=2):
    """An einsum in which the axes summed over share their letter."""
    in_a, in_b = (range(-axes, 0), range(axes)) if isinstance(axes, int) else axes
    of_a = list(ascii_letters[: np.ndim(a)])
    of_b = list(ascii_letters[np.ndim(a) : np.ndim(a) + np.ndim(b)])
    for i, j in zip(np.atleast_1d(in_a), np.atleast_1d(in_b), strict=True):
        of_b[j] = of_a[i]
    output = [letter for letter in of_a + of_b if (letter in of_a) != (letter in of_b)]
    return np.einsum(f"{''.join(of_a)},{''.join(of_b)}->{''.join(output)}", a, b)


def einsum(subscripts, *operands, optimize=True):
    """A product of factors, linear in each."""
    inputs, output, operands = spelled_out(subscripts, operands)
    subscripts = f"{','.join(inputs)}->{output}"
    value = np.einsum(subscripts, *map(value_of, operands), optimize=optimize)
    factors = []
    for i, x in enumerate(operands):
        others = "".join([output, *inputs[:i], *inputs[i + 1 :]])
        factor, inputs[i] = without_private_axes(x, inputs[i], others)
        factors.append(factor)
    values = [value_of(x) for x in factors]
    maps = (EinsumFactor(inputs, output, values, i) for i in range(len(factors)))
    return derive(value, *zip(factors, maps, strict=True))


def spelled_out(subscripts, operands):
    """The letters of each factor and of the result, with letters for the axes of '...'."""
    if not isinstance(subscripts, str):
        raise TracingError("np.einsum is traced with a letter for each axis, in a text: 'ij,j->i'")
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    inputs = inputs.split(",")
    free = [letter for letter in ascii_letters if letter not in subscripts]
    dots = [
        max(0, np.ndim(x) - len(labels.replace("...", ""))) if "..." in labels else 0
        for labels, x in zip(inputs, operands, strict=True)
    ]
    widest = "".join(free[: max(dots)])
    inputs = [
        labels.replace("...", widest[len(widest) - k :])
        for labels, k in zip(inputs, dots, strict=True)
    ]
    if not arrow:
        letters = sorted("".join(inputs))
        once = [letter for letter in letters if letters.count(letter) == 1]
        output = "..." + "".join(letter for letter in once if letter not in widest)
    return inputs, output.replace("...", widest), operands


def without_private_axes(x, labels, others):
    """Take the diagonal over a label that x repeats, and the sum over one that only x has."""
    for letter in dict.fromkeys(labels):
        while labels.count(letter) > 1:
            i, j = labels.index(letter), labels.rindex(letter)
            x = np.diagonal(x, 0, i, j)
            labels = labels[:i] + labels[i + 1 : j] + labels[j + 1 :] + letter
    private = tuple(i for i, letter in enumerate(labels) if letter not in others)
    kept = "".join(letter for letter in labels if letter in others)
    return (np.sum(x, private) if private else x), kept


def cross(a, b):
    if np.shape(a)[-1:] != (3,) or np.shape(b)[-1:] != (3,):
        raise TracingError(
            "np.cross is traced for vectors of three entries, in the last axis; in the plane it is "
            "x[0] * y[1] - x[1] * y[0]"
        )
    i, j = np.array([1, 2, 0]), np.array([2, 0, 1])
    a, b = (x if isinstance(x, Operand) else np.asarray(x) for x in (a, b))
    return a[..., i] * b[..., j] - a[..., j] * b[..., i]


PRODUCT_UFUNCS = {
    np.matmul: matmul,
    np.vecdot: lambda x, y: np.sum(x * y, -1),
    np.matvec: lambda A, x: (A @ x[..., None])[..., 0],
    np.vecmat: lambda x, A: (x[..., None, :] @ A)[..., 0, :],
}

PRODUCTS = {
    np.dot: dot,
    np.vdot: lambda a, b: np.ravel(a) @ np.ravel(b),
    np.inner: inner,
    np.outer: lambda a, b: np.ravel(a)[:, None] * np.ravel(b),
    np.tensordot: tensordot,
    np.kron: kron,
    np.einsum: einsum,
    np.cross: cross,
}

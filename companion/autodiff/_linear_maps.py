"""What each operation does to derivatives: near a point it is a linear map, and its transpose.

Forward mode pushes tangents through the maps, in the order of the computation. Reverse mode pulls
adjoints back through their transposes, in the opposite order. Both use the maps of this module.

A block of k tangents of an array of shape s is an array of shape s + (k,). An adjoint has shape s.
"""

from math import prod
from string import ascii_letters
from types import EllipsisType, NoneType

import numpy as np


class TracingError(TypeError, ValueError):
    """An operation whose derivative cannot be followed; the message says what to use instead.

    The type of x is at fault, as Python sees it, and f, as the caller of this package sees it.
    """


class Operand:
    """An array with a derivative: it has a ``value``, a ``run``, and two ways to go on from it.

    ``derive(value, terms)`` makes a result whose derivative is the sum of the terms, each a pair
    of an operand and its linear map. ``join(operands)`` lays arrays end to end in one vector.
    """


def value_of(x):
    """The plain array that x stands for."""
    return x.value if isinstance(x, Operand) else x


def derive(value, *terms):
    """The result `value`, whose derivative is the sum of the terms of operands that have one.

    A term is an operand and its linear map. Without any such operand, the value itself.
    """
    active = [(x, linear_map) for x, linear_map in terms if isinstance(x, Operand)]
    return leader([x for x, _ in active]).derive(value, active) if active else value


def join(operands):
    """All the entries of the operands, one of which has a derivative, in one vector."""
    return leader([x for x in operands if isinstance(x, Operand)]).join(operands)


def leader(operands):
    """The first of some operands, all of which must come from the same run."""
    if any(x.run is not operands[0].run for x in operands):
        raise TracingError(
            "traced arrays of two different runs meet in one operation: derivatives of "
            "derivatives are not traced. Differentiate an exact gradient, or take differences of it"
        )
    return operands[0]


class Diagonal:
    """Columns start, …, start + k − 1 of an n × n diagonal matrix.

    Such are the tangents of x itself, and elementwise operations keep them so: k numbers do for
    the n·k of the block.
    """

    __array_ufunc__ = None  # an array + a diagonal is left to __radd__

    def __init__(self, d, start, n):
        self.d = d
        self.start = start
        self.columns = slice(start, start + len(d))
        self.shape = (n, len(d))

    def dense(self):
        """The block as an array, shape (n, k)."""
        T = np.zeros(self.shape)
        np.fill_diagonal(T[self.columns], self.d)
        return T

    def rows(self, positions):
        """Some rows of the block, shape of positions + (k,)."""
        T = np.zeros((*np.shape(positions), len(self.d)))
        columns = positions - self.start
        inside = (columns >= 0) & (columns < len(self.d))
        T[inside, columns[inside]] = self.d[columns[inside]]
        return T

    def __add__(self, other):
        if isinstance(other, Diagonal):
            return Diagonal(self.d + other.d, self.start, self.shape[0])
        T = np.array(other)
        np.einsum("ii->i", T[self.columns])[...] += self.d  # on the diagonal, in place
        return T

    __radd__ = __add__


class LinearMap:
    """A linear map from an operand to a result.

    ``push(T)`` takes tangents of the operand to those of the result. ``pull(g, adjoint)`` adds the
    transposed map's image of g, an adjoint of the result, to the adjoint of the operand.
    """

    def push_diagonal(self, D):
        """As push, for diagonal tangents; where it can be, the result is diagonal again."""
        return self.push(D.dense())

    def restricted(self, reached):
        """The same map, without the slopes of entries that are not reached (see `Run`)."""
        return self


class Scale(LinearMap):
    """dy = slope · dx, entry by entry; x is broadcast to the shape of y."""

    def __init__(self, slope, shape):
        self.slope = slope
        self.shape = shape

    def push(self, T):
        if isinstance(self.slope, np.ndarray | np.generic):
            T = self.slope[..., None] * T
        elif self.slope != 1:
            T = self.slope * T
        shape = (*self.shape, T.shape[-1])
        return T if T.shape == shape else np.broadcast_to(T, shape)

    def push_diagonal(self, D):
        if self.shape != D.shape[:1]:
            return self.push(D.dense())
        slopes = np.broadcast_to(self.slope, self.shape)
        return Diagonal(slopes[D.columns] * D.d, D.start, D.shape[0])

    def pull(self, g, adjoint):
        adjoint += unbroadcast(g * self.slope, adjoint.shape)

    def restricted(self, reached):
        return Scale(np.where(reached, self.slope, 0.0), self.shape)


class Share(LinearMap):
    """dy = weight · dx where the weight is not 0; elsewhere x is not looked at, NaN or not."""

    def __init__(self, weight):
        self.weight = np.asarray(weight, dtype=float)

    def push(self, T):
        weight = self.weight[..., None]
        return np.where(weight == 0, 0.0, weight * T)

    def push_diagonal(self, D):
        if self.weight.shape != D.shape[:1]:
            return self.push(D.dense())
        weight = self.weight[D.columns]
        return Diagonal(np.where(weight == 0, 0.0, weight * D.d), D.start, D.shape[0])

    def pull(self, g, adjoint):
        share = np.where(self.weight == 0, 0.0, self.weight * g)
        adjoint += unbroadcast(share, adjoint.shape)


class Pick(LinearMap):
    """y = x[key]."""

    def __init__(self, key):
        self.key = key if isinstance(key, tuple) else (key,)
        self.basic = all(is_basic(k) for k in self.key)
        self.has_ellipsis = any(k is Ellipsis for k in self.key)

    def push(self, T):
        # An ellipsis stands for axes of x alone, not for that of the tangents.
        return T[(*self.key, slice(None))] if self.has_ellipsis else T[self.key]

    def push_diagonal(self, D):
        return D.rows(np.arange(D.shape[0])[self.key])

    def pull(self, g, adjoint):
        if self.basic:
            adjoint[self.key] += g
        else:
            np.add.at(adjoint, self.key, g)


class Reshape(LinearMap):
    """The same entries in the same order."""

    def __init__(self, shape):
        self.shape = shape

    def push(self, T):
        return T.reshape(*self.shape, T.shape[-1])

    def pull(self, g, adjoint):
        adjoint += g.reshape(adjoint.shape)


class Gather(LinearMap):
    """Each entry of y is the entry of x, counted row by row, at `positions`; at −1 it is 0."""

    def __init__(self, positions):
        self.positions = positions

    def push(self, T):
        if T.size == 0:
            return np.zeros((*self.positions.shape, T.shape[-1]))
        rows = T.reshape(-1, T.shape[-1])[self.positions]
        rows[self.positions < 0] = 0.0
        return rows

    def pull(self, g, adjoint):
        kept = self.positions >= 0
        totals = np.bincount(self.positions[kept], g[kept], minlength=adjoint.size)
        adjoint += totals.reshape(adjoint.shape)


class Scatter(LinearMap):
    """y has so many entries; each entry of x is added to the one at its place in `positions`."""

    def __init__(self, positions, length):
        self.positions = positions
        self.length = length

    def push(self, T):
        y = np.zeros((self.length, T.shape[-1]))
        np.add.at(y, self.positions, T)
        return y

    def pull(self, g, adjoint):
        adjoint += g[self.positions]


class Placed(LinearMap):
    """y is 0 but for x, broadcast to `positions`, where it is written in their order."""

    def __init__(self, positions, shape):
        self.positions = positions
        self.shape = shape

    def push(self, T):
        y = np.zeros((prod(self.shape), T.shape[-1]))
        y[self.positions] = T
        return y.reshape(*self.shape, -1)

    def pull(self, g, adjoint):
        g, positions = g.reshape(-1), self.positions
        share = g[positions]
        if positions.size > 1:  # of entries written to one place, the last one stays
            last = np.empty(g.size, dtype=int)
            order = np.arange(positions.size).reshape(positions.shape)
            last[positions] = order
            share = np.where(last[positions] == order, share, 0.0)
        adjoint += unbroadcast(share, adjoint.shape)


class Erased(LinearMap):
    """y is x, and 0 at `positions`."""

    def __init__(self, positions):
        self.positions = positions

    def push(self, T):
        y = T.reshape(-1, T.shape[-1]).copy()
        y[self.positions] = 0.0
        return y.reshape(T.shape)

    def pull(self, g, adjoint):
        adjoint += self.erase(g.copy())

    def erase(self, g):
        """Set entries of g to 0, in place."""
        g.reshape(-1)[self.positions] = 0.0
        return g


class Sum(LinearMap):
    """y = np.sum(x, axes), with axes counted from the front."""

    def __init__(self, axes, keepdims):
        self.axes = axes
        self.keepdims = keepdims

    def push(self, T):
        return T.sum(axis=self.axes, keepdims=self.keepdims)

    def pull(self, g, adjoint):
        adjoint += g if self.keepdims else np.expand_dims(g, self.axes)


class CumulativeSum(LinearMap):
    """y = np.cumsum(x, axis), with the axis counted from the front."""

    def __init__(self, axis):
        self.axis = axis

    def push(self, T):
        return np.cumsum(T, self.axis)

    def pull(self, g, adjoint):
        adjoint += np.flip(np.cumsum(np.flip(g, self.axis), self.axis), self.axis)


class TimesMatrix(LinearMap):
    """dY = dX B, for stacks of matrices."""

    def __init__(self, B):
        self.B = B

    def push(self, T):
        product = np.swapaxes(T, -1, -2) @ self.B[..., None, :, :]
        return np.swapaxes(product, -1, -2)

    def pull(self, g, adjoint):
        adjoint += unbroadcast(g @ np.swapaxes(self.B, -1, -2), adjoint.shape)


class MatrixTimesVector(LinearMap):
    """dy = A dx, for one matrix A."""

    def __init__(self, A):
        self.A = A

    def push(self, T):
        return self.A @ T

    def push_diagonal(self, D):
        return self.A[:, D.columns] * D.d

    def pull(self, g, adjoint):
        adjoint += g @ self.A


class MatrixTimes(LinearMap):
    """dY = A dX, for stacks of matrices."""

    def __init__(self, A):
        self.A = A

    def push(self, T):
        return on_columns(lambda columns: self.A @ columns, T)

    def pull(self, g, adjoint):
        adjoint += unbroadcast(np.swapaxes(self.A, -1, -2) @ g, adjoint.shape)


class SolveMatrix(LinearMap):
    """A dY = dX, for stacks of matrices."""

    def __init__(self, A):
        self.A = A

    def push(self, T):
        return on_columns(lambda columns: np.linalg.solve(self.A, columns), T)

    def pull(self, g, adjoint):
        adjoint += np.linalg.solve(np.swapaxes(self.A, -1, -2), g)


class EinsumFactor(LinearMap):
    """The i-th factor of ``np.einsum``, the others held fixed.

    Each of its labels occurs in it once, and once or more in the other factors or the output.
    """

    def __init__(self, inputs, output, values, i):
        self.labels, self.output = inputs[i], output
        self.before, self.after = inputs[:i], inputs[i + 1 :]
        self.others = values[:i] + values[i + 1 :]
        self.i = i

    def push(self, T):
        # The axis of the tangents gets a letter that the subscripts do not use.
        used = "".join([self.output, self.labels, *self.before, *self.after])
        free = next(letter for letter in ascii_letters if letter not in used)
        inputs = ",".join([*self.before, self.labels + free, *self.after])
        factors = [*self.others[: self.i], T, *self.others[self.i :]]
        return np.einsum(f"{inputs}->{self.output + free}", *factors, optimize=True)

    def pull(self, g, adjoint):
        inputs = ",".join([self.output, *self.before, *self.after])
        product = np.einsum(f"{inputs}->{self.labels}", g, *self.others, optimize=True)
        adjoint += unbroadcast(product, adjoint.shape)


def unbroadcast(g, shape):
    """The transpose of broadcasting from `shape`: sums over the axes that broadcasting repeats."""
    if g.shape == shape:
        return g
    added = g.ndim - len(shape)
    stretched = (added + i for i, length in enumerate(shape) if length == 1)
    return g.sum(axis=(*range(added), *stretched)).reshape(shape)


def on_columns(apply, T):
    """Apply a map of matrices to tangents (…, n, p, k), whose last two axes become its columns."""
    columns = apply(T.reshape(*T.shape[:-2], T.shape[-2] * T.shape[-1]))
    return columns.reshape(*columns.shape[:-1], *T.shape[-2:])


def is_basic(key):
    """Whether one part of an index is basic: it selects no entry twice."""
    basic = int | np.integer | slice | NoneType | EllipsisType
    return isinstance(key, basic) and not isinstance(key, bool)

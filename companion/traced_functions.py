"""How numpy's functions act on arrays with derivatives: four tables, and the rules they name.

`UFUNCS` and `FUNCTIONS` hold a rule for each function. Most rules combine other functions of numpy,
which are traced in their turn; the few that do not give `derive` a value and its linear maps.
`MOVES` lists functions that move entries about, `OF_VALUES` those that look at values alone.
"""

import operator
from functools import partial, reduce
from itertools import accumulate
from string import ascii_letters

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from companion.derivative_rules import BINARY, UNARY, elementwise
from companion.linear_maps import (
    CumulativeSum,
    EinsumFactor,
    Gather,
    MatrixTimes,
    MatrixTimesVector,
    Operand,
    Reshape,
    Scale,
    Share,
    SolveMatrix,
    Sum,
    TimesMatrix,
    TracingError,
    derive,
    join,
    leader,
    value_of,
)

# ---------------------------------------------------------------- sums, products, order


def sum_(a, axis=None, *, keepdims=False):
    total = np.sum(a.value, axis, keepdims=keepdims)
    return derive(total, (a, Sum(axes_of(a, axis), keepdims)))


def mean(a, axis=None, *, keepdims=False):
    return np.sum(a, axis, keepdims=keepdims) / count(a, axis)


def average(a, axis=None, weights=None, *, keepdims=False):
    if weights is None:
        return np.mean(a, axis, keepdims=keepdims)
    a = a if isinstance(a, Operand) else np.asarray(a)
    if np.shape(weights) != a.shape:
        axes = axes_of(a, axis)
        others = tuple(i for i in range(a.ndim) if i not in axes)
        weights = np.expand_dims(np.transpose(weights, np.argsort(axes)), others)
    weights = np.broadcast_to(weights, a.shape)
    return np.sum(weights * a, axis, keepdims=keepdims) / np.sum(weights, axis, keepdims=keepdims)


def var(a, axis=None, *, ddof=0, keepdims=False):
    deviation = a - np.mean(a, axis, keepdims=True)
    return np.sum(deviation**2, axis, keepdims=keepdims) / (count(a, axis) - ddof)


def std(a, axis=None, *, ddof=0, keepdims=False):
    return np.sqrt(np.var(a, axis, ddof=ddof, keepdims=keepdims))


def cumsum(a, axis=None):
    if axis is None:
        a, axis = np.ravel(a), 0
    (axis,) = axes_of(a, axis)
    return derive(np.cumsum(a.value, axis), (a, CumulativeSum(axis)))


def prod(a, axis=None, *, keepdims=False):
    """∂(Πx)/∂x_j is the product of the other entries: of those before j and of those after."""
    axes = axes_of(a, axis)
    last = range(-len(axes), 0)
    moved = np.moveaxis(a.value, axes, last)
    x = moved.reshape(*moved.shape[: a.ndim - len(axes)], -1)
    ones = np.ones((*x.shape[:-1], 1))
    before = np.cumprod(np.concatenate([ones, x[..., :-1]], axis=-1), axis=-1)
    after = np.cumprod(np.concatenate([ones, x[..., :0:-1]], axis=-1), axis=-1)[..., ::-1]
    slopes = np.moveaxis((before * after).reshape(moved.shape), last, axes)
    return sum_of_slopes(np.prod(a.value, axis, keepdims=keepdims), a, slopes, axes, keepdims)


def cumprod(a, axis=None):
    if axis is None:
        a, axis = np.ravel(a), 0
    rows = np.moveaxis(a, axis, 0)
    return np.moveaxis(np.stack(list(accumulate(rows, operator.mul))), 0, axis)


def extreme(function, a, axis=None, *, keepdims=False):
    """np.max or np.min: the slopes are 1 at the extreme entry, 0 elsewhere, shared at a tie."""
    axes = axes_of(a, axis)
    hits = a.value == function(a.value, axis, keepdims=True)
    value = function(a.value, axis, keepdims=keepdims)
    return sum_of_slopes(value, a, a.run.share(function, [a.value], hits, axes), axes, keepdims)


def sum_of_slopes(value, a, slopes, axes, keepdims):
    """A `value` with dy = Σ slopes · da, over some axes."""
    return derive(value, (derive(a.value, (a, Share(slopes))), Sum(axes, keepdims)))


def sort(a, axis=-1):
    """The permuted entries; none of those that are tied has a derivative."""
    if axis is None:
        a, axis = np.ravel(a), 0
    y = np.take_along_axis(a, np.argsort(a.value, axis), axis)
    shape = list(y.shape)
    shape[axis] = 1
    equal, end = np.diff(y.value, axis=axis) == 0, np.zeros(shape, dtype=bool)
    tied = np.concatenate([equal, end], axis) | np.concatenate([end, equal], axis)
    return derive(y.value, (y, Scale(np.where(tied, np.nan, 1.0), y.shape)))


def median(a, axis=None):
    x = np.sort(a, axis)
    n = count(a, axis)
    middle = np.take(x, [(n - 1) // 2, n // 2], 0 if axis is None else axis)
    return np.mean(middle, axis)


def logsumexp(a, axis=0):
    """np.logaddexp.reduce, with exponents that cannot overflow."""
    top = np.max(a, axis, keepdims=True)
    return np.squeeze(top, axis) + np.log(np.sum(np.exp(a - top), axis))


def diff(a, n=1, axis=-1):
    a = np.moveaxis(a, axis, 0).copy()
    for _ in range(n):
        a = a[1:] - a[:-1]
    return np.moveaxis(a, 0, axis)


def trapezoid(y, x=None, dx=1.0, axis=-1):
    y = np.moveaxis(y, axis, -1)
    widths = dx if x is None else np.diff(x) if np.ndim(x) == 1 else np.diff(x, axis=axis)
    if np.ndim(widths) > 1:
        widths = np.moveaxis(widths, axis, -1)
    return np.sum(widths * (y[..., 1:] + y[..., :-1]) / 2, -1)


# ---------------------------------------------------------------- branches


def where(condition, x, y):
    """The slopes of the branch taken: nothing of the other one enters, be it NaN."""
    x, y = assemble(x), assemble(y)
    value = np.where(value_of(condition), value_of(x), value_of(y))
    taken = np.broadcast_to(value_of(condition), value.shape).astype(bool)
    return derive(value, (x, Share(taken)), (y, Share(~taken)))


def select(condlist, choicelist, default=0.0):
    result = default
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        result = np.where(condition, choice, result)
    return result


def larger_or_smaller(ufunc, x, y):
    """np.maximum and its kin: the slopes of the operand chosen, shared at a tie."""
    values = [value_of(x), value_of(y)]
    z = ufunc(*values)
    hits = np.stack([np.broadcast_to(value, z.shape) == z for value in values])
    run = leader([a for a in (x, y) if isinstance(a, Operand)]).run
    shares = run.share(ufunc, values, hits, (0,))
    return derive(z, (x, Share(shares[0])), (y, Share(shares[1])))


def absolute(x):
    """max(x, −x)."""
    signs = np.stack([x.value >= 0, x.value <= 0])
    shares = x.run.share(np.absolute, [x.value], signs, (0,))
    return derive(np.abs(x.value), (x, Scale(shares[0] - shares[1], x.shape)))


def clip(a, a_min=None, a_max=None, *, min=None, max=None):
    lower, upper = (a_min if min is None else min), (a_max if max is None else max)
    a = a if lower is None else np.maximum(a, lower)
    return a if upper is None else np.minimum(a, upper)


def round_(a, decimals=0):
    """Flat, as np.rint is."""
    slopes = UNARY[np.rint](a.value * 10.0**decimals)
    return derive(np.round(a.value, decimals), (a, Scale(slopes, a.shape)))


def sinc(x):
    """(sin t)/t with t = πx; near 0, where its derivative would cancel, that is a series in t."""
    t = np.pi * x.value
    small = np.abs(t) < 0.2
    u = np.where(small, 1.0, t)
    t = np.where(small, t, 0.0)
    series = t * (
        -1 / 3 + t**2 * (1 / 30 + t**2 * (-1 / 840 + t**2 * (1 / 45360 - t**2 / 3991680)))
    )
    slopes = np.pi * np.where(small, series, (np.cos(u) - np.sin(u) / u) / u)
    return derive(np.sinc(x.value), (x, Scale(slopes, x.shape)))


# ---------------------------------------------------------------- products of arrays


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
    if not isinstance(subscripts, str) or "." in subscripts:
        raise TracingError("np.einsum is traced with a letter for every axis, without '...'")
    value = np.einsum(subscripts, *map(value_of, operands), optimize=optimize)
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    if not arrow:
        letters = sorted(inputs.replace(",", ""))
        output = "".join(letter for letter in letters if letters.count(letter) == 1)
    inputs = inputs.split(",")
    factors = []
    for i, x in enumerate(operands):
        others = "".join([output, *inputs[:i], *inputs[i + 1 :]])
        factor, inputs[i] = without_private_axes(x, inputs[i], others)
        factors.append(factor)
    values = [value_of(x) for x in factors]
    maps = (EinsumFactor(inputs, output, values, i) for i in range(len(factors)))
    return derive(value, *zip(factors, maps, strict=True))


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
        raise TracingError("np.cross is traced for vectors of three entries, in the last axis")
    i, j = np.array([1, 2, 0]), np.array([2, 0, 1])
    a, b = (x if isinstance(x, Operand) else np.asarray(x) for x in (a, b))
    return a[..., i] * b[..., j] - a[..., j] * b[..., i]


# ---------------------------------------------------------------- linear algebra


def solve(A, b):
    """AX = B gives A·dX = dB − dA·X."""
    if np.ndim(b) == 1:
        return np.linalg.solve(A, np.expand_dims(b, 1))[..., 0]
    X = np.linalg.solve(value_of(A), value_of(b))
    return derive(X, (b - A @ X, SolveMatrix(value_of(A))))


def inv(a):
    return np.linalg.solve(a, np.broadcast_to(np.eye(a.shape[-1]), a.shape))


def det(a):
    """∂det A/∂A_ij is the cofactor of A_ij; A = UΣVᵀ gives them all, for a singular A too."""
    U, s, Vt = np.linalg.svd(a.value)
    others = np.where(np.eye(s.shape[-1]) == 1, 1.0, s[..., None, :]).prod(axis=-1)
    signs = np.linalg.det(U) * np.linalg.det(Vt)
    cofactors = signs[..., None, None] * (U * others[..., None, :]) @ Vt
    return sum_of_slopes(np.linalg.det(a.value), a, cofactors, axes_of(a, (-2, -1)), False)


def slogdet(a):
    """∂log|det A|/∂A is the inverse of Aᵀ."""
    result = np.linalg.slogdet(a.value)
    slopes = np.swapaxes(np.linalg.inv(a.value), -1, -2)
    logabsdet = sum_of_slopes(result.logabsdet, a, slopes, axes_of(a, (-2, -1)), False)
    return result._replace(logabsdet=logabsdet)


def norm(x, ord=None, axis=None, *, keepdims=False):
    is_vector = len(axes_of(x, axis)) == 1
    if ord is None or (ord == "fro" and not is_vector) or (ord == 2 and is_vector):
        return np.sqrt(np.sum(x * x, axis, keepdims=keepdims))
    if is_vector and ord == np.inf:
        return np.max(np.abs(x), axis, keepdims=keepdims)
    if is_vector and not isinstance(ord, str) and ord >= 1:
        return np.sum(np.abs(x) ** ord, axis, keepdims=keepdims) ** (1 / ord)
    raise TracingError(
        f"np.linalg.norm with ord={ord!r} is not traced for an array of shape {x.shape}. Use the "
        "Euclidean or Frobenius norm (ord=None), or ord from 1 to np.inf for vectors"
    )


# ---------------------------------------------------------------- construction


def like(number, a, dtype=None, *, shape=None):
    """np.zeros_like and its kin: constants that can be filled with traced entries."""
    constant = np.full(a.shape if shape is None else shape, number, dtype or float)
    return a.derive(constant, []) if dtype is None else constant


def full_like(a, fill_value, *, shape=None):
    return np.zeros_like(a, shape=shape) + fill_value


def linspace(start, stop, num=50, endpoint=True):
    t = np.linspace(0.0, 1.0, num, endpoint)
    start, stop = np.expand_dims(start, 0), np.expand_dims(stop, 0)
    t = t.reshape(-1, *[1] * (max(np.ndim(start), np.ndim(stop)) - 1))
    return start * (1 - t) + stop * t


def polyval(p, x):
    y = np.zeros(np.shape(x))
    for coefficient in p:
        y = y * x + coefficient
    return y


def pad(array, pad_width, mode="constant"):
    if mode not in ("constant", "edge", "reflect", "symmetric", "wrap"):
        raise TracingError(f"np.pad with mode={mode!r} is not traced; use np.concatenate")
    return move(np.pad, (0,), array, pad_width, mode)


# ---------------------------------------------------------------- moving entries


def assemble(x):
    """An array or list in which traced numbers stand, as one traced array; others as arrays."""
    if not isinstance(x, np.ndarray | list | tuple):
        return x
    array = np.asarray(x)
    entries = list(array.flat) if array.dtype == object else []
    if not any(isinstance(entry, Operand) for entry in entries):
        return array
    return np.reshape(join(entries), array.shape)


def move(function, which, *args, **kwargs):
    """Apply a function that only moves entries to their positions, and follow those.

    Positions count from 1, through all the arguments `which` that hold entries: where the
    function itself writes a zero, there is no entry.
    """
    operands, places, start = [], [], 1

    def lay_out(x):
        nonlocal start
        if isinstance(x, list | tuple):
            return type(x)([lay_out(entry) for entry in x])
        operands.append(x)
        places.append(np.arange(start, start + np.size(x)).reshape(np.shape(x)))
        start += np.size(x)
        return places[-1]

    args = [lay_out(x) if i in which else x for i, x in enumerate(args)]
    if any(isinstance(x, Operand) for x in [*args, *kwargs.values()]):
        raise TracingError(f"np.{function.__name__} moves the entries of its first arguments only")
    moved = function(*args, **kwargs)
    source = operands[0] if len(operands) == 1 else join(operands)

    def follow(index):
        result = gather(source, np.asarray(index) - 1)
        for x, place in zip(operands, places, strict=True):
            if isinstance(x, Operand) and np.may_share_memory(index, place):
                x.owner.aliased = result.aliased = True
        return result

    return type(moved)(map(follow, moved)) if isinstance(moved, list | tuple) else follow(moved)


def of_values(function, *args, **kwargs):
    """Apply a function whose result has no derivative."""
    kwargs = {name: value_of(x) for name, x in kwargs.items()}
    return function(*map(value_of, args), **kwargs)


def gather(x, positions):
    """The entries of x at `positions`, counted row by row; 0 at −1."""
    if np.array_equal(positions.ravel(), np.arange(x.size)):
        return derive(x.value.reshape(positions.shape), (x, Reshape(positions.shape)))
    entries = np.append(x.value, 0.0)
    return derive(entries[positions], (x, Gather(positions)))


# ---------------------------------------------------------------- helpers


def axes_of(a, axis):
    """The axes that `axis` names, counted from the front; all of them for None."""
    return tuple(range(a.ndim)) if axis is None else normalize_axis_tuple(axis, a.ndim)


def count(a, axis):
    """The number of entries along some axes."""
    return int(np.prod([a.shape[i] for i in axes_of(a, axis)]))


# ---------------------------------------------------------------- the tables

UFUNCS = {
    **{ufunc: partial(elementwise, ufunc) for ufunc in (*UNARY, *BINARY)},
    np.absolute: absolute,
    np.fabs: absolute,
    np.maximum: partial(larger_or_smaller, np.maximum),
    np.minimum: partial(larger_or_smaller, np.minimum),
    np.fmax: partial(larger_or_smaller, np.fmax),
    np.fmin: partial(larger_or_smaller, np.fmin),
    np.divmod: lambda x, y: (x // y, x % y),
    np.matmul: matmul,
    np.vecdot: lambda x, y: np.sum(x * y, -1),
    np.matvec: lambda A, x: (A @ x[..., None])[..., 0],
    np.vecmat: lambda x, A: (x[..., None, :] @ A)[..., 0, :],
}

REDUCTIONS = {
    np.add: np.sum,
    np.multiply: np.prod,
    np.maximum: np.max,
    np.minimum: np.min,
    np.logaddexp: logsumexp,
}

ACCUMULATIONS = {np.add: np.cumsum, np.multiply: np.cumprod}

# Each function with the arguments whose entries it moves.
MOVES = {
    np.append: (0, 1),
    np.array_split: (0,),
    np.atleast_1d: range(100),
    np.atleast_2d: range(100),
    np.atleast_3d: range(100),
    np.block: (0,),
    np.broadcast_arrays: range(100),
    np.broadcast_to: (0,),
    np.column_stack: (0,),
    np.compress: (1,),
    np.concatenate: (0,),
    np.copy: (0,),
    np.delete: (0,),
    np.diag: (0,),
    np.diagflat: (0,),
    np.diagonal: (0,),
    np.dsplit: (0,),
    np.dstack: (0,),
    np.expand_dims: (0,),
    np.extract: (1,),
    np.flip: (0,),
    np.fliplr: (0,),
    np.flipud: (0,),
    np.hsplit: (0,),
    np.hstack: (0,),
    np.insert: (0, 2),
    np.matrix_transpose: (0,),
    np.meshgrid: range(100),
    np.moveaxis: (0,),
    np.ravel: (0,),
    np.repeat: (0,),
    np.reshape: (0,),
    np.resize: (0,),
    np.roll: (0,),
    np.rollaxis: (0,),
    np.rot90: (0,),
    np.split: (0,),
    np.squeeze: (0,),
    np.stack: (0,),
    np.swapaxes: (0,),
    np.take: (0,),
    np.take_along_axis: (0,),
    np.tile: (0,),
    np.transpose: (0,),
    np.tril: (0,),
    np.triu: (0,),
    np.unstack: (0,),
    np.vsplit: (0,),
    np.vstack: (0,),
}

OF_VALUES = {
    np.all,
    np.allclose,
    np.any,
    np.argmax,
    np.argmin,
    np.argsort,
    np.argwhere,
    np.array_equal,
    np.count_nonzero,
    np.flatnonzero,
    np.isclose,
    np.iscomplexobj,
    np.isrealobj,
    np.ndim,
    np.nonzero,
    np.result_type,
    np.searchsorted,
    np.shape,
    np.size,
}

FUNCTIONS = {
    np.sum: sum_,
    np.mean: mean,
    np.average: average,
    np.var: var,
    np.std: std,
    np.cumsum: cumsum,
    np.prod: prod,
    np.cumprod: cumprod,
    np.max: partial(extreme, np.max),
    np.min: partial(extreme, np.min),
    np.amax: partial(extreme, np.max),
    np.amin: partial(extreme, np.min),
    np.ptp: lambda a, axis=None: np.max(a, axis) - np.min(a, axis),
    np.sort: sort,
    np.median: median,
    np.diff: diff,
    np.trapezoid: trapezoid,
    np.trace: lambda a, offset=0, axis1=0, axis2=1: np.sum(
        np.diagonal(a, offset, axis1, axis2), -1
    ),
    np.where: where,
    np.select: select,
    np.clip: clip,
    np.round: round_,
    np.around: round_,
    np.sinc: sinc,
    np.dot: dot,
    np.vdot: lambda a, b: np.ravel(a) @ np.ravel(b),
    np.inner: inner,
    np.outer: lambda a, b: np.ravel(a)[:, None] * np.ravel(b),
    np.tensordot: tensordot,
    np.kron: kron,
    np.einsum: einsum,
    np.cross: cross,
    np.linalg.solve: solve,
    np.linalg.inv: inv,
    np.linalg.det: det,
    np.linalg.slogdet: slogdet,
    np.linalg.norm: norm,
    np.linalg.multi_dot: lambda arrays: reduce(np.dot, arrays),
    np.zeros_like: partial(like, 0),
    np.empty_like: partial(like, 0),
    np.ones_like: partial(like, 1),
    np.full_like: full_like,
    np.linspace: linspace,
    np.polyval: polyval,
    np.pad: pad,
    np.real: lambda val: val,
    np.imag: lambda val: np.zeros_like(val),
    **{function: partial(move, function, which) for function, which in MOVES.items()},
    **{function: partial(of_values, function) for function in OF_VALUES},
}

# What to use instead of some functions that cannot be traced.
INSTEAD = {
    "np.add.at": "y[i] = y[i] + ..., or the product with a matrix of zeros and ones",
    "np.copyto": "np.stack or np.broadcast_to, or y = np.zeros_like(x, shape=...) and y[...] = ...",
    "np.fft.fft": "the product with the Fourier matrix, its real and imaginary parts apart",
    "np.fill_diagonal": "np.where(np.eye(n) == 1, ...), or + np.diag(...)",
    "np.interp": "np.where on the pieces",
    "np.linalg.cholesky": "np.linalg.solve, np.linalg.det or np.linalg.slogdet",
    "np.linalg.lstsq": "np.linalg.solve(A.T @ A, A.T @ b)",
    "np.linalg.pinv": "np.linalg.solve(A.T @ A, A.T @ b)",
    "np.piecewise": "np.where or np.select",
    "np.put": "y = x.copy() and y[...] = ...",
}

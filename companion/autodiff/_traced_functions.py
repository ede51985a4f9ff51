"""How numpy's functions act on arrays with derivatives: tables, and the rules that they name.

Products, linear algebra and samples have tables of their own, in modules of those names. `UFUNCS`
and `FUNCTIONS` hold a rule for each function. Most rules combine other functions of numpy, which
are traced in their turn; the few that do not give `derive` a value and its linear maps. `MOVES`
lists functions that move entries about, `OF_VALUES` those that look at values alone.
"""

import operator
from functools import partial

import numpy as np

from companion.autodiff._derivative_rules import BINARY, UNARY, elementwise
from companion.autodiff._linear_maps import (
    Gather,
    Operand,
    Reshape,
    Scale,
    Share,
    TracingError,
    derive,
    join,
    value_of,
)
from companion.autodiff._traced_products import PRODUCT_UFUNCS, PRODUCTS
from companion.autodiff._traced_reductions import (
    accumulated,
    average,
    cumsum,
    extreme,
    larger_or_smaller,
    mean,
    prod,
    sort,
    std,
    sum_,
    var,
)

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


def absolute(x):
    """max(x, −x)."""
    signs = np.stack([x.value >= 0, x.value <= 0])
    shares = x.run.share("np.abs", signs, lambda: np.stack([x.tangent, -x.tangent]), (0,))
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
    **PRODUCT_UFUNCS,
}

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
    np.isin,
    np.iscomplexobj,
    np.isrealobj,
    np.linalg.matrix_rank,
    np.ndim,
    np.digitize,
    np.nanargmax,
    np.nanargmin,
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
    np.cumprod: lambda a, axis=None: accumulated(operator.mul, a, axis),
    np.max: partial(extreme, np.max),
    np.min: partial(extreme, np.min),
    np.amax: partial(extreme, np.max),
    np.amin: partial(extreme, np.min),
    np.ptp: lambda a, axis=None: np.max(a, axis) - np.min(a, axis),
    np.sort: sort,
    np.trace: lambda a, offset=0, axis1=0, axis2=1: np.sum(
        np.diagonal(a, offset, axis1, axis2), -1
    ),
    np.where: where,
    np.select: select,
    np.clip: clip,
    np.round: round_,
    np.around: round_,
    np.sinc: sinc,
    np.zeros_like: partial(like, 0),
    np.empty_like: partial(like, 0),
    np.ones_like: partial(like, 1),
    np.full_like: full_like,
    np.linspace: linspace,
    np.polyval: polyval,
    np.pad: pad,
    np.real: lambda val: val,
    np.imag: lambda val: np.zeros_like(val),
    **PRODUCTS,
    **{function: partial(move, function, which) for function, which in MOVES.items()},
    **{function: partial(of_values, function) for function in OF_VALUES},
}

# What to use instead of some functions that cannot be traced.
INSTEAD = {
    "np.add.at": "y[i] = y[i] + ..., or the product with a matrix of zeros and ones",
    "np.copyto": "np.stack or np.broadcast_to, or y = np.zeros_like(x, shape=...) and y[...] = ...",
    **{
        f"np.fft.{name}": "the product with the Fourier matrix, its real and imaginary parts apart"
        for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft", "fft2", "ifft2", "fftn")
    },
    "np.fill_diagonal": "np.where(np.eye(n) == 1, ...), or + np.diag(...)",
    "np.linalg.eig": "np.linalg.eigh, for a symmetric matrix",
    "np.linalg.eigvals": "np.linalg.eigvalsh, for a symmetric matrix",
    "np.piecewise": "np.where or np.select",
    "np.put": "y = x.copy() and y[...] = ...",
}

"""Sums, products, extremes and orders of arrays with derivatives."""

from functools import partial
from itertools import accumulate

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from companion.autodiff._linear_maps import (
    CumulativeSum,
    Operand,
    Reshape,
    Share,
    Sum,
    derive,
    leader,
    value_of,
)

# ---------------------------------------------------------------- sums, products, order


def sum_(a, axis=None, *, keepdims=False, initial=0.0, where=True):
    a = a if where is True else np.where(where, a, 0.0)
    total = np.sum(a.value, axis, keepdims=keepdims)
    total = derive(total, (a, Sum(axes_of(a, axis), keepdims)))
    return total if np.ndim(initial) == 0 and value_of(initial) == 0 else total + initial


def mean(a, axis=None, *, keepdims=False, where=True):
    n = count(a, axis) if where is True else taken(a, axis, where, keepdims)
    return np.sum(a, axis, keepdims=keepdims, where=where) / n


def taken(a, axis, where, keepdims):
    """How many entries along some axes have a true condition."""
    return np.sum(np.broadcast_to(where, a.shape), axis, float, keepdims=keepdims)


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


def var(a, axis=None, *, ddof=0, keepdims=False, where=True):
    deviation = a - np.mean(a, axis, keepdims=True, where=where)
    n = count(a, axis) if where is True else taken(a, axis, where, keepdims)
    return np.sum(deviation**2, axis, keepdims=keepdims, where=where) / (n - ddof)


def std(a, axis=None, *, ddof=0, keepdims=False, where=True):
    return np.sqrt(np.var(a, axis, ddof=ddof, keepdims=keepdims, where=where))


def cumsum(a, axis=None):
    if axis is None:
        a, axis = np.ravel(a), 0
    (axis,) = axes_of(a, axis)
    return derive(np.cumsum(a.value, axis), (a, CumulativeSum(axis)))


def prod(a, axis=None, *, keepdims=False, initial=1.0, where=True):
    product = product_of(a if where is True else np.where(where, a, 1.0), axis, keepdims)
    return product if np.ndim(initial) == 0 and value_of(initial) == 1 else product * initial


def product_of(a, axis, keepdims):
    """∂(Πx)/∂x_j is the product of the other entries: of those before j and of those after."""
    axes = axes_of(a, axis)
    last = range(-len(axes), 0)
    moved = np.moveaxis(a.value, axes, last)
    n = count(a, axis)
    x = moved.reshape(*moved.shape[: a.ndim - len(axes)], n)
    ones = np.ones((*x.shape[:-1], 1))
    before = np.cumprod(np.concatenate([ones, x], axis=-1), axis=-1)[..., :n]
    after = np.cumprod(np.concatenate([ones, x[..., ::-1]], axis=-1), axis=-1)[..., :n][..., ::-1]
    slopes = np.moveaxis((before * after).reshape(moved.shape), last, axes)
    return sum_of_slopes(np.prod(a.value, axis, keepdims=keepdims), a, slopes, axes, keepdims)


def accumulated(function, a, axis=0):
    """The results of a function of two numbers, along an axis; of all entries for None."""
    if axis is None:
        a, axis = np.ravel(a), 0
    rows = list(accumulate(np.moveaxis(a, axis, 0), function))
    return np.moveaxis(np.stack(rows), 0, axis) if rows else a + 0.0


def extreme(function, a, axis=None, *, keepdims=False, initial=None, where=True):
    """np.max or np.min, of the entries where a condition holds, and of an initial value."""
    ufunc, least = (np.maximum, -np.inf) if function is np.max else (np.minimum, np.inf)
    if where is not True:
        a = np.where(where, a, least)
    if initial is None:
        return extreme_entry(function, a, axis, keepdims)
    if count(a, axis) == 0:
        return np.sum(a, axis, keepdims=keepdims) + initial
    return larger_or_smaller(ufunc, extreme_entry(function, a, axis, keepdims), initial)


def extreme_entry(function, a, axis, keepdims):
    """The slopes are 1 at the extreme entry, 0 elsewhere, shared at a tie."""
    axes = axes_of(a, axis)
    hits = a.value == function(a.value, axis, keepdims=True)
    value = function(a.value, axis, keepdims=keepdims)
    sign = 1 if function is np.max else -1
    shares = a.run.share(f"np.{function.__name__}", hits, lambda: sign * a.tangent, axes)
    return sum_of_slopes(value, a, shares, axes, keepdims)


def sum_of_slopes(value, a, slopes, axes, keepdims):
    """A `value` with dy = Σ slopes · da, over some axes."""
    return derive(value, (derive(a.value, (a, Share(slopes))), Sum(axes, keepdims)))


def sort(a, axis=-1):
    """The permuted entries; those that tie share their slopes."""
    if axis is None:
        a, axis = np.ravel(a), 0
    y = np.moveaxis(np.take_along_axis(a, np.argsort(a.value, axis), axis), axis, -1)
    starts = np.ones(y.shape, dtype=bool)
    starts[..., 1:] = np.diff(y.value, axis=-1) != 0
    if not starts.all():
        y = derive(y.value, (shared_in_groups(np.ravel(y), starts), Reshape(y.shape)))
    return np.moveaxis(y, -1, axis)


def shared_in_groups(y, starts):
    """Give the k entries of each group that ties, which starts where it is said, these slopes:

        y_i′ = mean + r_i (top − mean), where Σ r_i = 0, r is random and top that of a maximum.

    Their sum keeps its slope; in all else r remains, unless all slopes of the group are the same.
    """
    first = np.flatnonzero(starts)
    lengths = np.diff(first, append=y.size)
    y = y.copy()
    for k in np.unique(lengths[lengths > 1]):
        places = first[lengths == k][:, None] + np.arange(k)
        group = y[places]
        hits = np.ones(group.shape, dtype=bool)
        run = y.run
        shares = run.share("np.sort (a tie in a sort)", hits, lambda T=group: T.tangent, (1,))
        r = np.random.default_rng([run.seed, k]).standard_normal(k)
        top = np.sum((shares - 1 / k) * group, 1, keepdims=True)
        y[places] = np.mean(group, 1, keepdims=True) + (r - r.mean()) * top
    return y


def logsumexp(a, axis=0):
    """np.logaddexp.reduce, with exponents that cannot overflow."""
    top = np.max(a, axis, keepdims=True)
    return np.squeeze(top, axis) + np.log(np.sum(np.exp(a - top), axis))


def larger_or_smaller(ufunc, x, y):
    """np.maximum and its kin: the slopes of the operand chosen, shared at a tie."""
    values = [value_of(x), value_of(y)]
    z = ufunc(*values)
    hits = np.stack([np.broadcast_to(value, z.shape) == z for value in values])
    traced = leader([a for a in (x, y) if isinstance(a, Operand)])
    sign = -1 if ufunc in (np.minimum, np.fmin) else 1

    def slopes():
        """Those of x and y, shape (2,) + z.shape + (k,)."""
        zero = traced.derive(np.zeros(z.shape), [])
        return np.stack([(sign * (zero + a)).tangent for a in (x, y)])

    shares = traced.run.share(f"np.{ufunc.__name__}", hits, slopes, (0,))
    return derive(z, (x, Share(shares[0])), (y, Share(shares[1])))


# ---------------------------------------------------------------- helpers


def axes_of(a, axis):
    """The axes that `axis` names, counted from the front; all of them for None."""
    return tuple(range(a.ndim)) if axis is None else normalize_axis_tuple(axis, a.ndim)


def count(a, axis):
    """The number of entries along some axes."""
    return int(np.prod([a.shape[i] for i in axes_of(a, axis)]))


REDUCTIONS = {
    np.add: np.sum,
    np.multiply: np.prod,
    np.maximum: np.max,
    np.minimum: np.min,
    np.logaddexp: logsumexp,
}

ACCUMULATIONS = {
    np.add: np.cumsum,
    np.multiply: np.cumprod,
    np.maximum: partial(accumulated, np.maximum),
    np.minimum: partial(accumulated, np.minimum),
    np.logaddexp: partial(accumulated, np.logaddexp),
}

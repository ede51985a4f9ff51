"""How numpy's functions of samples and of sequences act on arrays with derivatives.

All but `np.bincount` combine other functions of numpy, which are traced in their turn.
"""

import numpy as np

from companion.autodiff._linear_maps import Operand, Scatter, TracingError, derive, value_of
from companion.autodiff._traced_functions import gather
from companion.autodiff._traced_reductions import axes_of, count

# ---------------------------------------------------------------- samples


def cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None):
    """Variables in the rows of X; frequencies count observations, other weights have no unit."""
    X = np.atleast_2d(m)
    X = X if rowvar or np.ndim(m) < 2 else X.T
    if y is not None:
        Y = np.atleast_2d(y)
        X = np.concatenate([X, Y if rowvar or np.ndim(y) < 2 else Y.T])
    f, a = (
        np.ones(X.shape[1]) if w is None else w if isinstance(w, Operand) else np.asarray(w)
        for w in (fweights, aweights)
    )
    w = f * a
    ddof = (0 if bias else 1) if ddof is None else ddof
    deviation = X - np.expand_dims(X @ w / np.sum(w), 1)
    return np.squeeze(
        (deviation * w) @ deviation.T / (np.sum(w) - ddof * np.sum(w * a) / np.sum(w))
    )


def corrcoef(x, y=None, rowvar=True):
    C = np.cov(x, y, rowvar)
    if np.ndim(C) == 0:
        return C / C
    d = np.sqrt(np.diagonal(C))
    return C / d[:, None] / d


def quantile(a, q, axis=None, *, method="linear", keepdims=False):
    """The entry with rank q(n − 1) among the sorted; between two, the line through them."""
    if method not in BETWEEN or isinstance(q, Operand):
        raise TracingError(
            f"np.quantile is traced for a plain q, with method one of {', '.join(BETWEEN)}"
        )
    axes = axes_of(a, axis)
    others = [a.shape[i] for i in range(a.ndim) if i not in axes]
    last = np.moveaxis(a, axes, range(-len(axes), 0))
    n = count(a, axis)
    ranked = np.moveaxis(np.sort(np.reshape(last, (*others, n))), -1, 0)
    rank = np.asarray(q, float) * (n - 1)
    below = np.floor(rank).astype(int)
    share = BETWEEN[method](rank - below)
    above = np.minimum(below + 1, n - 1)
    share = np.reshape(share, np.shape(share) + (1,) * len(others))
    result = ranked[below] + share * (ranked[above] - ranked[below])
    return np.expand_dims(result, tuple(np.ndim(q) + i for i in axes)) if keepdims else result


BETWEEN = {
    "linear": lambda share: share,
    "lower": lambda share: 0.0 * share,
    "higher": lambda share: 1.0 * (share > 0),
    "midpoint": lambda share: 0.5 * (share > 0),
}


def known(a, fill):
    """The entries that are not NaN, and a number in the place of the others."""
    return np.where(np.isnan(a), fill, a)


def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    """A copy, whatever `copy` says."""
    largest = np.finfo(float).max
    x = np.where(x == np.inf, largest if posinf is None else posinf, known(x, nan))
    return np.where(x == -np.inf, -largest if neginf is None else neginf, x)


# ---------------------------------------------------------------- sequences


def bincount(x, /, weights=None, minlength=0):
    bins = np.bincount(x, value_of(weights), minlength)
    return derive(bins, (weights, Scatter(np.asarray(x), len(bins))))


def convolve(a, v, mode="full"):
    """y_k = Σ_j a_(k−j) v_j, the entries outside of a being 0."""
    if mode not in ("full", "same", "valid"):
        raise TracingError(
            f"np.convolve is traced with mode 'full', 'same' or 'valid', not {mode!r}"
        )
    a, v = np.atleast_1d(a), np.atleast_1d(v)
    a, v = (a, v) if len(a) >= len(v) else (v, a)
    n, m = len(a), len(v)
    first, length = {
        "full": (0, n + m - 1),
        "same": ((m - 1) // 2, n),
        "valid": (m - 1, n - m + 1),
    }[mode]
    k = first + np.arange(length)[:, None] - np.arange(m)
    k = np.where((k >= 0) & (k < n), k, -1)
    return (gather(a, k) if isinstance(a, Operand) else np.append(a, 0.0)[k]) @ v


def correlate(a, v, mode="valid"):
    if np.size(v) > np.size(a):
        return np.correlate(v, a, mode)[::-1]
    return np.convolve(a, np.flip(v), mode)


def diff(a, n=1, axis=-1, prepend=None, append=None):
    def slab(x):
        """The entries to set before or after, one or more along the axis."""
        one = [1 if i == axis % np.ndim(a) else length for i, length in enumerate(np.shape(a))]
        return np.broadcast_to(x, one) if np.ndim(x) == 0 else x

    parts = [slab(x) for x in (prepend, a, append) if x is not None]
    a = np.moveaxis(np.concatenate(parts, axis), axis, 0).copy()
    for _ in range(n):
        a = a[1:] - a[:-1]
    return np.moveaxis(a, 0, axis)


def gradient(f, *spacing, axis=None, edge_order=1):
    """The slopes of the parabolas through neighbours; at the ends, of lines or of the parabolas."""
    axes = axes_of(f, axis)
    spacing = spacing * len(axes) if len(spacing) == 1 else spacing or (1.0,) * len(axes)
    if len(spacing) != len(axes):
        raise TracingError("np.gradient is traced with one spacing, or one for each axis")
    slopes = [slope_along(f, h, i, edge_order) for h, i in zip(spacing, axes, strict=True)]
    return slopes[0] if len(axes) == 1 else tuple(slopes)


def slope_along(f, spacing, axis, edge_order):
    y = np.moveaxis(f, axis, -1)
    h = np.diff(spacing) if np.ndim(spacing) else spacing * np.ones(y.shape[-1] - 1)
    s = (y[..., 1:] - y[..., :-1]) / h
    left, right = h[:-1], h[1:]
    inner = (right * s[..., :-1] + left * s[..., 1:]) / (left + right)
    first, last = s[..., :1], s[..., -1:]
    if edge_order == 2:
        bend = (s[..., 1:] - s[..., :-1]) / (left + right)
        first, last = first - h[0] * bend[..., :1], last + h[-1] * bend[..., -1:]
    return np.moveaxis(np.concatenate([first, inner, last], -1), -1, axis)


def interp(x, xp, fp):
    """f_j + s_j·max(d, 0) + s_(j−1)·min(d, 0), where d = x − x_j; constant beyond the ends."""
    xp, fp = (p if isinstance(p, Operand) else np.asarray(p, float) for p in (xp, fp))
    s = np.concatenate([[0.0], np.diff(fp) / np.diff(xp), [0.0]])
    j = np.maximum(np.searchsorted(value_of(xp), value_of(x), "right") - 1, 0)
    d = x - xp[j]
    return fp[j] + s[j + 1] * np.maximum(d, 0.0) + s[j] * np.minimum(d, 0.0)


def trapezoid(y, x=None, dx=1.0, axis=-1):
    y = np.moveaxis(y, axis, -1)
    widths = dx if x is None else np.diff(x) if np.ndim(x) == 1 else np.diff(x, axis=axis)
    if np.ndim(widths) > 1:
        widths = np.moveaxis(widths, axis, -1)
    return np.sum(widths * (y[..., 1:] + y[..., :-1]) / 2, -1)


def vander(x, N=None, increasing=False):
    powers = np.arange(len(x) if N is None else N)
    return np.expand_dims(x, 1) ** (powers if increasing else powers[::-1])


# ---------------------------------------------------------------- the table

SAMPLES = {
    np.cov: cov,
    np.corrcoef: corrcoef,
    np.bincount: bincount,
    np.convolve: convolve,
    np.correlate: correlate,
    np.quantile: quantile,
    np.percentile: lambda a, q, *args, **kwargs: np.quantile(
        a, np.true_divide(q, 100), *args, **kwargs
    ),
    np.median: lambda a, axis=None, *, keepdims=False: quantile(a, 0.5, axis, keepdims=keepdims),
    np.nansum: lambda a, axis=None, **kwargs: np.sum(known(a, 0.0), axis, **kwargs),
    np.nanprod: lambda a, axis=None, **kwargs: np.prod(known(a, 1.0), axis, **kwargs),
    np.nanmean: lambda a, axis=None, **kwargs: np.mean(a, axis, where=~np.isnan(a), **kwargs),
    np.nanvar: lambda a, axis=None, **kwargs: np.var(a, axis, where=~np.isnan(a), **kwargs),
    np.nanstd: lambda a, axis=None, **kwargs: np.std(a, axis, where=~np.isnan(a), **kwargs),
    np.nanmax: lambda a, axis=None, **kwargs: np.max(known(a, -np.inf), axis, **kwargs),
    np.nanmin: lambda a, axis=None, **kwargs: np.min(known(a, np.inf), axis, **kwargs),
    np.nancumsum: lambda a, axis=None: np.cumsum(known(a, 0.0), axis),
    np.nan_to_num: nan_to_num,
    np.diff: diff,
    np.ediff1d: lambda ary: np.diff(np.ravel(ary)),
    np.gradient: gradient,
    np.interp: interp,
    np.trapezoid: trapezoid,
    np.vander: vander,
}

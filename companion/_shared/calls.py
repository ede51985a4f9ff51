"""Calls of the reader's functions: one point, or many side by side."""

import numpy as np

from companion._shared.floats import EPS
from companion.results import describe


def evaluate(f, x, name="f", *, shape=None, finite=True):
    """f(x) as a float array: real, finite and of the given shape, or an error that gives the point.

    Both x and the result are copied: f may write on its argument, and return the same array again.
    With ``finite=False`` NaN and infinity pass, for a caller that treats them as data.

    >>> evaluate(lambda x: x[0] / np.float64(0.0) * 0, np.array([2.0]), shape=())
    Traceback (most recent call last):
    ValueError: f must return finite values; at x = [2] it returned nan
    """
    with np.errstate(all="ignore"):
        value = f(x.copy())
    try:
        value = np.asarray(value)
    except ValueError as error:  # ragged
        raise ValueError(
            f"{name} must return real numbers; at x = {describe(x)} it returned {value!r}: {error}"
        ) from None
    if value.dtype.kind not in "buif":
        raise ValueError(
            f"{name} must return real numbers; at x = {describe(x)} it returned {value.dtype}"
        )
    if shape is not None and value.shape != shape:
        raise ValueError(
            f"{name} must return an array of shape {shape}; "
            f"at x = {describe(x)} it returned shape {value.shape}"
        )
    if finite and not np.isfinite(value).all():
        raise ValueError(
            f"{name} must return finite values; at x = {describe(x)} it returned {describe(value)}"
        )
    return value.astype(float)


class Batch:
    """f on the columns of X, shape (n, k): an array of shape f(x).shape + (k,).

    The shape that f returns first is the shape that it must keep. Real points must give real
    values. Values that are not finite pass: whoever asked for them knows what they mean.

    Parameters
    ----------
    f : callable
        Maps an array of shape (n,) to a number or an array; where ``vectorized``, maps (n, k) to
        an array whose last axis is k.
    vectorized : bool
        Whether f takes all columns in one call.
    name : str
        What messages call f.

    Attributes
    ----------
    eps : float
        The coarsest precision in which f has returned values: 2⁻⁵², or 2⁻²³ for single precision.

    Examples
    --------
    >>> Batch(lambda x: x[0] * x[1], vectorized=False)(np.array([[1, 2], [3, 4.0]]))
    array([3., 8.])
    """

    def __init__(self, f, vectorized, name="f"):
        self.f, self.vectorized, self.name = f, vectorized, name
        self.shape, self.eps = None, EPS

    def __call__(self, X, *, copy=True):
        """The values; a copy of them, as f may fill the same array at its next call.

        Where f takes one point at a time, the columns may come as `Moved` ones.
        """
        with np.errstate(all="ignore"):
            if self.vectorized:
                return self._checked(np.asarray(self.f(X)), X, copy)
            points = X.T.copy() if isinstance(X, np.ndarray) else X
            rows = None
            for k, x in enumerate(points):
                dtype, F = x.dtype, self.f(x)
                known = isinstance(F, np.ndarray | np.generic)
                if not known or F.dtype != dtype or F.shape != self.shape:
                    F = self._checked(np.asarray(F), x, False)
                if rows is None:
                    rows = np.empty((len(points), *self.shape), dtype)
                rows[k] = F
        return np.moveaxis(rows, 0, -1)

    def columns(self, shape, k, dtype=float):
        """Memory for k columns, shape ``(*shape, k)``, in the order in which f reads it."""
        if self.vectorized:
            return np.empty((*shape, k), dtype)
        return np.moveaxis(np.empty((k, *shape), dtype), 0, -1)

    def _checked(self, F, X, copy):
        allowed = "buifc" if X.dtype.kind == "c" else "buif"
        if F.dtype.kind not in allowed:
            raise ValueError(
                f"{self.name} must return real numbers; {_at(X)} it returned {F.dtype}"
            )
        if F.dtype.kind == "f" and F.dtype.itemsize < 8:
            self.eps = max(self.eps, float(np.finfo(F.dtype).eps))
        points = X.shape[1:]
        if F.shape[F.ndim - len(points) :] != points:
            raise ValueError(
                f"{self.name}, vectorized, must map shape (n, k) to (m, k), or to (k,); "
                f"it mapped {X.shape} to {F.shape}"
            )
        shape = F.shape[: F.ndim - len(points)]
        if self.shape is None:
            if 0 in shape:
                raise ValueError(f"{self.name} must not return an empty array; {_at(X)} it did")
            self.shape = shape
        if shape != self.shape:
            raise ValueError(
                f"{self.name} must return the same shape everywhere; it returned {self.shape}, "
                f"and {_at(X)} it returned {shape}"
            )
        return F.astype(complex if F.dtype.kind == "c" else float, copy=copy)


def _at(X):
    return f"at x = {describe(X)}" if X.ndim == 1 else f"on points of shape {X.shape}"

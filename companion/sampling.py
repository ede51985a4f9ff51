"""f at many points near x: which components move together, and calls of f on blocks of columns."""

from dataclasses import dataclass

import numpy as np

from companion.results import describe

# A block of columns that fits the cache, with all that f makes of it. It has at least some columns
# even where they are long: a product W @ X reads all of W, however few columns X has.
BLOCK_BYTES, MIN_WIDTH, MAX_BYTES = 2**17, 128, 2**26


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

    Examples
    --------
    >>> Batch(lambda x: x[0] * x[1], vectorized=False)(np.array([[1, 2], [3, 4.0]]))
    array([3., 8.])
    """

    def __init__(self, f, vectorized, name="f"):
        self.f, self.vectorized, self.name = f, vectorized, name
        self.shape = None

    def __call__(self, X, *, copy=True):
        """The values; a copy of them, as f may fill the same array at its next call."""
        with np.errstate(all="ignore"):
            if self.vectorized:
                return self._checked(np.asarray(self.f(X)), X, copy)
            columns = [self._checked(np.asarray(self.f(x)), x, True) for x in X.T.copy()]
        return np.stack(columns, axis=-1)

    def _checked(self, F, X, copy):
        allowed = "buifc" if X.dtype.kind == "c" else "buif"
        if F.dtype.kind not in allowed:
            raise ValueError(
                f"{self.name} must return real numbers; {_at(X)} it returned {F.dtype}"
            )
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


@dataclass(frozen=True)
class Seed:
    """Some components of x, each moved in one column of X, and where their derivatives are read.

    Attributes
    ----------
    place : slice or array
        Where the entries that this seed yields stand, on the last axis of all entries.
    component : array, shape (c,)
        The components of x that move.
    slot : array, shape (c,)
        The column of X in which each moves.
    width : int
        The number of columns of X.
    column : array
        For each entry, the component that it is a derivative by.
    rows, slots : arrays or None
        For each entry of a sparse Jacobian, where it is read; None reads everything.
    """

    place: object
    component: np.ndarray
    slot: np.ndarray
    width: int
    column: np.ndarray
    rows: np.ndarray | None = None
    slots: np.ndarray | None = None

    def read(self, F):
        """The entries of F, an array of shape (m, width)."""
        return F if self.rows is None else F[self.rows, self.slots]

    def center(self, F0):
        """The value at x that belongs to each entry."""
        return F0[..., None] if self.rows is None else F0[self.rows]

    def sample(self, batch, x, *points):
        """f where component j is moved to points[·][j]: the entries, for each of the points.

        The last of them may be in an array that f fills again when it is called again.
        """
        entries = []
        for left, point in zip(reversed(range(len(points))), points, strict=True):
            X = np.empty((len(x), self.width), dtype=point.dtype)
            X[...] = x[:, None]
            X[self.component, self.slot] = point[self.component]
            entries.append(self.read(batch(X, copy=left > 0)))
        return entries


def dense_seeds(m, n, columns=None):
    """Every component (or those in `columns`) in a column of its own, in blocks."""
    width = block_width(m, n)
    if columns is None:
        for start in range(0, n, width):
            component = np.arange(start, min(start + width, n))
            place = slice(start, start + len(component))
            yield Seed(place, component, component - start, len(component), component)
    else:
        for start in range(0, len(columns), width):
            part = columns[start : start + width]
            yield Seed(part, part, np.arange(len(part)), len(part), part)


def block_width(m, n):
    """How many columns of length n, and of length m in the image, make a block."""
    column = 8 * max(n, m)
    return max(1, BLOCK_BYTES // column, min(MIN_WIDTH, MAX_BYTES // column))


def _at(X):
    return f"at x = {describe(X)}" if X.ndim == 1 else f"on points of shape {X.shape}"

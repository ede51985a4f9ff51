"""Which components of x move together, in blocks of columns."""

from dataclasses import dataclass

import numpy as np

from companion._shared.calls import Batch

# A block of columns that fits the cache, with all that f makes of it. It has at least some columns
# even where they are long: a product W @ X reads all of W, however few columns X has.
BLOCK_BYTES, MIN_WIDTH, MAX_BYTES = 2**17, 128, 2**26


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
        alone = isinstance(batch, Batch) and not batch.vectorized
        for left, point in zip(reversed(range(len(points))), points, strict=True):
            X = Moved(x, point, self) if alone else self._columns(x, point)
            entries.append(self.read(batch(X, copy=left > 0)))
        return entries

    def _columns(self, x, point):
        X = np.empty((len(x), self.width), point.dtype)
        X[...] = x[:, None]
        X[self.component, self.slot] = point[self.component]
        return X


class Moved:
    """The same columns one by one, each in memory of its own."""

    def __init__(self, x, point, seed):
        self.x, self.point, self.seed = x.astype(point.dtype), point, seed

    def __len__(self):
        return self.seed.width

    def __iter__(self):
        parts, slots = self.seed.component, range(len(self))
        if not np.array_equal(self.seed.slot, slots):
            parts = np.split(parts, np.searchsorted(self.seed.slot, slots[1:]))
        for part in parts:
            x = self.x.copy()
            x[part] = self.point[part]
            yield x


def dense_seeds(m, n, columns=None, least=MIN_WIDTH):
    """Every component (or those in `columns`) in a column of its own, in blocks."""
    width = block_width(m, n, least)
    if columns is None:
        for start in range(0, n, width):
            component = np.arange(start, min(start + width, n))
            place = slice(start, start + len(component))
            yield Seed(place, component, component - start, len(component), component)
    else:
        for start in range(0, len(columns), width):
            part = columns[start : start + width]
            yield Seed(part, part, np.arange(len(part)), len(part), part)


def block_width(m, n, least=MIN_WIDTH):
    """How many columns of length n, and of length m in the image, make a block; some at least."""
    column = 8 * max(n, m)
    return max(1, BLOCK_BYTES // column, min(least, MAX_BYTES // column))

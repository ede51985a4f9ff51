"""Jacobians that are mostly zeros: columns that share no row are found by one difference.

That difference is along the sum of their unit vectors (eq:colored-difference).

Greedy colouring, as Curtis, Powell and Reid proposed: each column takes the first colour that no
column with a nonzero in the same row has taken. A band of width w needs w colours, whatever n is.
"""

from dataclasses import dataclass

import numpy as np

from companion.jacobians._seeds import Seed, block_width


@dataclass(frozen=True, repr=False, eq=False)
class SparseJacobian:
    """A Jacobian by its nonzeros: J[rows[k], cols[k]] = values[k], and 0 elsewhere.

    Attributes
    ----------
    rows, cols : arrays of integers, shape (nnz,)
        Where the entries stand.
    values : array, shape (nnz,)
        The entries. Entries in the same place are added.
    shape : tuple
        (m, n).

    Examples
    --------
    >>> J = SparseJacobian(np.array([0, 1]), np.array([1, 0]), np.array([2.0, 3.0]), (2, 2))
    >>> J @ np.array([1.0, 10.0])
    array([20.,  3.])
    """

    rows: np.ndarray
    cols: np.ndarray
    values: np.ndarray
    shape: tuple

    def __matmul__(self, v):
        """J v, or J V for a matrix V of shape (n, k)."""
        v = np.asarray(v)
        if v.ndim not in (1, 2) or len(v) != self.shape[1]:
            raise ValueError(
                f"the right factor must have shape ({self.shape[1]},) or ({self.shape[1]}, k); "
                f"its shape is {v.shape}"
            )
        if v.ndim == 2:
            return np.stack([self @ column for column in v.T], axis=1)
        return np.bincount(self.rows, self.values * v[self.cols], minlength=self.shape[0])

    @property
    def T(self):
        """The transpose, sparse too."""
        return SparseJacobian(self.cols, self.rows, self.values, self.shape[::-1])

    def nonzero(self):
        """Where the entries stand: (rows, cols), the pattern for another Jacobian."""
        return self.rows, self.cols

    def toarray(self):
        """The same as a dense array, shape (m, n)."""
        J = np.zeros(self.shape)
        np.add.at(J, (self.rows, self.cols), self.values)
        return J

    def __repr__(self):
        m, n = self.shape
        return f"SparseJacobian: {m} × {n} with {len(self.values)} entries"


@dataclass(frozen=True, repr=False, eq=False)
class Coloring:
    """A pattern of nonzeros and the colours of its columns; made once, used for many Jacobians.

    Attributes
    ----------
    rows, cols : arrays of integers, shape (nnz,)
        Where nonzeros may stand, in the order of the colours, without repetition.
    colors : array of integers, shape (n,)
        No two columns with a nonzero in the same row have the same colour; −1 for a column
        without nonzeros.
    shape : tuple
        (m, n).
    """

    rows: np.ndarray
    cols: np.ndarray
    colors: np.ndarray
    shape: tuple

    @property
    def count(self):
        """How many colours there are: how many differences the Jacobian takes."""
        return int(self.colors.max(initial=-1)) + 1

    def nonzero(self):
        """Where nonzeros may stand: (rows, cols)."""
        return self.rows, self.cols

    def __repr__(self):
        m, n = self.shape
        return f"Coloring: {m} × {n} with {len(self.rows)} nonzeros, in {self.count} colours"


def color_columns(sparsity, shape):
    """Colour the columns of a pattern of shape (m, n) so that no row meets a colour twice.

    Parameters
    ----------
    sparsity : tuple (rows, cols), or anything with ``.nonzero()``
        Where nonzeros may stand.
    shape : tuple
        (m, n).

    Returns
    -------
    Coloring
        The pattern with its colours. It can be passed to ``jacobian`` as ``sparsity``.

    Raises
    ------
    ValueError
        If the pattern is not a pair of integer arrays of one length within the shape.

    Examples
    --------
    >>> from companion.jacobians import color_columns
    >>> color_columns(np.eye(5) + np.eye(5, k=1), (5, 5)).colors
    array([0, 1, 0, 1, 0])

    References
    ----------
    A. R. Curtis, M. J. D. Powell and J. K. Reid, "On the Estimation of Sparse Jacobian Matrices",
    IMA Journal of Applied Mathematics 13 (1974).
    """
    if isinstance(sparsity, Coloring):
        if sparsity.shape != tuple(shape):
            raise ValueError(f"sparsity must have shape {shape}; its shape is {sparsity.shape}")
        return sparsity
    m, n = shape
    rows, cols = _pattern(sparsity, m, n)
    colors = _first_fit(rows, cols, m, n)
    order = np.argsort(colors[cols], kind="stable")
    return Coloring(rows[order], cols[order], colors, (m, n))


def _pattern(sparsity, m, n):
    """rows and cols, sorted by column, each place once."""
    pair = sparsity.nonzero() if hasattr(sparsity, "nonzero") else sparsity
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise ValueError(
            f"sparsity must be a pair (rows, cols), or have .nonzero(); it is {pair!r:.60}"
        )
    rows, cols = (np.asarray(part) for part in pair)
    if rows.ndim != 1 or rows.shape != cols.shape:
        raise ValueError(
            "sparsity must be two index arrays of one length; "
            f"their shapes are {rows.shape} and {cols.shape}"
        )
    for name, index, size in (("rows", rows, m), ("cols", cols, n)):
        if index.size and index.dtype.kind not in "iu":
            raise ValueError(f"sparsity must hold integers; the dtype of {name} is {index.dtype}")
        if index.size and not (index.min() >= 0 and index.max() < size):
            raise ValueError(
                f"sparsity must lie within shape {(m, n)}; "
                f"{name} runs from {index.min()} to {index.max()}"
            )
    place = np.unique(cols.astype(np.int64) * m + rows)
    return place % m, place // m


def _first_fit(rows, cols, m, n):
    """Each column takes the first colour that is free in all of its rows."""
    taken = [0] * m  # taken[i] has bit c set where a column with a nonzero in row i has colour c
    colors = np.full(n, -1)
    starts = np.searchsorted(cols, np.arange(n + 1)).tolist()
    rows = rows.tolist()
    for j in range(n):
        column = rows[starts[j] : starts[j + 1]]
        if column:
            union = 0
            for i in column:
                union |= taken[i]
            free = ~union & (union + 1)  # the lowest bit not set
            for i in column:
                taken[i] |= free
            colors[j] = free.bit_length() - 1
    return colors


def sparse_seeds(coloring, components=None):
    """All columns of a colour (or those in `components`) in one column of X, in blocks."""
    m, n = coloring.shape
    width = block_width(m, n)
    moving = np.arange(n) if components is None else components
    moving = moving[np.argsort(coloring.colors[moving], kind="stable")]
    moves = np.isin(np.arange(n), moving)
    moving_color, entry_color = coloring.colors[moving], coloring.colors[coloring.cols]
    for start in range(0, coloring.count, width):
        stop = min(start + width, coloring.count)
        component = moving[slice(*np.searchsorted(moving_color, [start, stop]))]
        entries = slice(*np.searchsorted(entry_color, [start, stop]))
        if components is not None:
            entries = entries.start + np.flatnonzero(moves[coloring.cols[entries]])
        yield Seed(
            place=entries,
            component=component,
            slot=coloring.colors[component] - start,
            width=stop - start,
            column=coloring.cols[entries],
            rows=coloring.rows[entries],
            slots=entry_color[entries] - start,
        )

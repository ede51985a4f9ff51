"""The triangle of a QR factorization of more rows than memory holds."""

from dataclasses import dataclass

import numpy as np

from companion._shared.arguments import as_matrix, as_vector
from companion._shared.blocks import pair, reduce_blocks

# Rows factorized at once, beside columns: few enough for the processor's cache, and so many that
# the triangles, which are factorized again, are a twentieth of all.
TALL = 20


@dataclass(frozen=True, eq=False)
class TallQR:
    """What is left of ‖Ax − b‖ when its rows are reduced: ‖Ax − b‖² = ‖Rx − c‖² + rest² for all x.

    Attributes
    ----------
    R : array, shape (min(m, n), n)
        Upper triangular, with no negative number on its diagonal; RᵀR = AᵀA.
    c : array, shape (min(m, n),)
        With Rᵀc = Aᵀb.
    rest : float
        The distance of b from the range of A, where A has full column rank.
    n_rows : int
        m.
    """

    R: np.ndarray
    c: np.ndarray
    rest: float
    n_rows: int


def tsqr(blocks):
    """Reduce the rows of ‖Ax − b‖ to a triangle R, in one pass over blocks of them.

    With A = QR and c = Qᵀb, ‖Ax − b‖² = ‖Rx − c‖² + rest² (eq:reduced), where rest² is what no x
    can change. So, but for rounding, a method for A and b gives the same x from R and c, which are
    small: as many rows as A has columns. Of two blocks, the triangles on top of each other have the
    triangle of both (eq:tsqr). So each block is reduced by itself, and triangles are joined two by
    two, whose rounding errors grow with log₂ of the number of blocks. In memory are one block, and
    no more triangles than that logarithm.

    Parameters
    ----------
    blocks : iterable
        Pairs (Aₖ, bₖ), Aₖ of shape (mₖ, n) and bₖ of shape (mₖ,), of any mₖ ≥ 0: a generator, a
        list, files. Or Dask's delayed pairs, or one pair (A, b) of Dask arrays: then blocks are
        reduced where they are, and joined in the same way, by the caller's scheduler.

    Returns
    -------
    TallQR
        R, c, rest and the number of rows. Of the same blocks, the same bits. R is as close to the
        triangle of a matrix within rounding of A as one QR factorization of all rows is.

    Raises
    ------
    ValueError
        If there is no row; or with the number of the block, from 0: if it is no pair, if A or b is
        not real, finite and of fitting shape, has another number of columns than another block's,
        or columns so long that their length overflows.
        What an iterable itself raises, or a delayed block on a cluster, is passed on, with the
        number in a note.

    References
    ----------
    J. Demmel, L. Grigori, M. Hoemmen and J. Langou, "Communication-optimal parallel and sequential
    QR and LU factorizations", SIAM Journal on Scientific Computing 34 (2012), A206–A239.

    Examples
    --------
    >>> import numpy as np
    >>> from companion.least_squares import qr_solve, tsqr
    >>> def blocks():
    ...     for k in range(100):
    ...         t = np.arange(1000 * k, 1000 * k + 1000) / 1e5
    ...         yield np.column_stack([np.ones(1000), t]), 3 + 2 * t
    >>> tall = tsqr(blocks())
    >>> print(tall.R.shape, tall.n_rows, np.round(qr_solve(tall.R, tall.c), 6))
    (2, 2) 100000 [3. 2.]
    """
    T, n_rows, _ = reduce_blocks(_reduced, _joined, blocks)
    if n_rows == 0:
        raise ValueError("blocks must hold at least one row; all of them are empty")
    n = T.shape[1] - 1
    # One triangle has no negative number on its diagonal: blocks of other sizes lead to it, too.
    # To add 0 leaves all but −0.
    T = np.where(np.diag(T) < 0, -1.0, 1.0)[:, None] * T + 0.0
    return TallQR(T[:n, :n], T[:n, n], float(T[n, n]) if len(T) > n else 0.0, n_rows)


def _reduced(k, block):
    """The triangle of [A b] for block k, its number of rows, and k."""
    A, b = pair(k, block)
    if len(_shape(A)) == 2 and _shape(A)[0] == 0 < _shape(A)[1] and _shape(b) == (0,):
        return np.zeros((0, _shape(A)[1] + 1)), 0, k
    A = as_matrix(A, f"A in block {k}", copy=False)
    m, n = A.shape
    b = as_vector(b, f"b in block {k}", size=m, copy=False)
    step = TALL * (n + 1)
    starts = range(0, m, step)
    parts = [_triangle(np.column_stack([A[i : i + step], b[i : i + step]]), k) for i in starts]
    return parts[0] if len(parts) == 1 else _triangle(np.vstack(parts), k), m, k


def _shape(value):
    try:
        return np.shape(value)
    except ValueError:  # ragged
        return ()


def _joined(upper, lower):
    """The triangle of two on top of each other."""
    (T, m, first), (U, more, k) = upper, lower
    if T.shape[1] != U.shape[1]:
        raise ValueError(
            "A must have the same number of columns in each block; "
            f"{T.shape[1] - 1} in block {first}, {U.shape[1] - 1} in block {k}"
        )
    return _triangle(np.vstack([T, U]), k), m + more, first


def _triangle(B, k):
    T = np.linalg.qr(B, mode="r") if len(B) else B
    if not np.isfinite(T).all():
        raise ValueError(f"A or b must be rescaled: the length of a column overflows at block {k}")
    return T

"""Rows in blocks: what each block gives, put together, here or where the blocks lie.

Dask is imported only where the caller passes its objects.
"""

from contextlib import contextmanager
from functools import partial
from itertools import chain, count, islice

import numpy as np

from companion._shared.arguments import is_lazy


def reduce_blocks(leaf, combine, blocks):
    """leaf(0, block₀), leaf(1, block₁), …, put together two by two, in this order, by `combine`.

    Blocks from any iterable are taken one after the other, and none is kept. Where they are Dask's
    delayed objects, or one pair of its arrays, cut into blocks along the rows, a leaf runs where
    its block is, and neighbours are combined, in the same tree, by the caller's scheduler; the last
    result alone comes back. What an iterable or a leaf raises has the block's number in a note, and
    so has what a delayed block raises on a cluster.

    >>> reduce_blocks(lambda k, block: sum(block), lambda a, b: a + b, [[1, 2], [3], []])
    6
    """
    if isinstance(blocks, tuple | list) and len(blocks) == 2 and any(map(_is_collection, blocks)):
        blocks = _cut(*blocks)
    if is_lazy(blocks) and not _can_be_unpacked(blocks):
        raise ValueError(
            "blocks must be an iterable of pairs (A_k, b_k), or a pair of Dask arrays; "
            f"it is a {type(blocks).__name__}, which is lazy"
        )
    try:
        blocks = _each(iter(blocks))
    except TypeError:
        raise ValueError(
            f"blocks must be an iterable of pairs (A_k, b_k); it is a {type(blocks).__name__}"
        ) from None
    first = list(islice(blocks, 1))
    if not first:
        raise ValueError("blocks must hold at least one block; there is none")
    lazy = _is_lazy_block(first[0])
    blocks, leaf = chain(iter(first), blocks), partial(_noting, leaf)
    del first  # nobody keeps it while others come
    reduced = _on_dask if lazy else _here
    return reduced(leaf, combine, blocks)


def _here(leaf, combine, blocks):
    return _two_by_two(combine, map(leaf, count(), blocks))


def _on_dask(leaf, combine, blocks):
    from dask import delayed
    from dask.base import get_scheduler

    parts = list(map(delayed(leaf), count(), blocks))
    cluster = getattr(get_scheduler(collections=parts), "__self__", None)
    is_cluster = hasattr(cluster, "futures_of")
    if is_cluster:
        parts = cluster.persist(parts)  # it remembers which of them failed
    try:
        return _two_by_two(delayed(combine), parts).compute()
    except Exception as error:
        futures = cluster.futures_of(parts) if is_cluster else []
        failed = [k for k, future in enumerate(futures) if future.status == "error"]
        if failed:
            _add_note(error, failed[0])
        raise


def _each(blocks):
    for k in count():
        with _note(k):
            block = list(islice(blocks, 1))
        if not block:
            return
        yield block.pop()


def _noting(leaf, k, block):
    with _note(k):
        return leaf(k, block)


@contextmanager
def _note(k):
    try:
        yield
    except Exception as error:
        _add_note(error, k)
        raise


def _add_note(error, k):
    note = f"This was block {k}."
    if note not in getattr(error, "__notes__", ()):
        error.add_note(note)


def pair(k, block):
    """(A_k, b_k) of block k."""
    if is_lazy(block):
        raise ValueError(f"blocks must all be Dask's, or none; block {k} is Dask's, block 0 is not")
    if not isinstance(block, tuple | list) or len(block) != 2:
        raise ValueError(
            f"blocks must be pairs (A_k, b_k); block {k} is a {type(block).__name__}"
            + (f" of length {len(block)}" if isinstance(block, tuple | list) else "")
        )
    return block


def _two_by_two(combine, parts):
    """A tree, since rounding errors add up with its height: log₂ of the number of parts.

    That many of them are kept at a time: equals are combined as soon as there are two.
    """
    kept, heights = [], []
    for part in parts:
        height = 0
        while heights and heights[-1] == height:
            part, height = combine(kept.pop(), part), heights.pop() + 1
        kept.append(part)
        heights.append(height)
    part = kept.pop()
    while kept:
        part = combine(kept.pop(), part)
    return part


def _is_lazy_block(block):
    return is_lazy(block) or (isinstance(block, tuple | list) and any(map(is_lazy, block)))


def _can_be_unpacked(lazy):
    """Whether its parts are lazy, too: to go through a collection would gather its rows here."""
    try:
        return len(lazy) > 0 and not _is_collection(lazy)
    except TypeError:
        return False


def _is_collection(value):
    return is_lazy(value) and hasattr(type(value), "to_delayed")


def _cut(A, b):
    """Delayed pairs of the rows of two Dask arrays: A's blocks, with all columns, and b's rows."""
    for value, name in ((A, "A"), (b, "b")):
        if not (is_lazy(value) and hasattr(value, "numblocks")):
            raise ValueError(
                f"A and b must both be arrays of Dask; {name} is a {type(value).__name__}"
            )
    if (A.ndim, b.ndim) != (2, 1):
        raise ValueError(f"A must have 2 axes and b 1; their shapes are {A.shape} and {b.shape}")
    if A.numblocks[1] > 1:
        A = A.rechunk({1: -1})
    if np.isfinite([*A.chunks[0], *b.chunks[0]]).all():
        if len(A) != len(b):
            raise ValueError(f"b must have length {len(A)}; its length is {len(b)}")
        b = b.rechunk((A.chunks[0],))
    elif A.numblocks[0] != b.numblocks[0]:  # of unknown lengths
        raise ValueError(
            f"b must have as many blocks as A; they have {b.numblocks[0]} and {A.numblocks[0]}"
        )
    return list(zip(A.to_delayed().ravel(), b.to_delayed().ravel(), strict=True))

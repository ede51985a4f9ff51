"""Functions that are sums over rows, which come in blocks."""

from collections.abc import Iterator
from copy import copy

import numpy as np

from companion._shared.arguments import as_function
from companion._shared.blocks import pair, reduce_blocks


def sum_over_blocks(term, blocks):
    """The function x ↦ Σₖ term(x, Aₖ, bₖ), a sum over blocks (Aₖ, bₖ) of rows.

    A loss that is a sum over rows is such a sum, and so are its gradient, its Hessian, and the
    product of the Hessian with a vector: what `gradient_descent` and `newton` take. Only one block
    is in memory at a time, unless they all were. Those that Dask holds stay where they are: x goes
    to them, and a sum comes back.

    Parameters
    ----------
    term : callable
        term(x, A, b), a number or an array, the same shape for each block; or term(x, v, A, b):
        what the sum is called with comes first, in a copy for each block.
    blocks : iterable
        Pairs (Aₖ, bₖ), anything that can be gone through more than once: a list, not a generator.
        Or Dask's delayed pairs, or one pair (A, b) of Dask arrays.

    Returns
    -------
    callable
        Maps its arguments to the sum, added up two by two, in the order of the blocks. (On Dask,
        companion and term must be known to the workers.)

    Raises
    ------
    ValueError
        If term is not callable, or blocks can be gone through only once; and from the sum, if there
        is no block, or blocks are no pairs, or the terms are no numbers or have different shapes.
        What term raises is passed on, with the number of the block in a note.

    Examples
    --------
    >>> import numpy as np
    >>> from companion.descent import gradient_descent, sum_over_blocks
    >>> blocks = [(np.array([[1.0], [1.0]]), np.array([1.0, 2.0])), (np.eye(1), np.array([6.0]))]
    >>> f = sum_over_blocks(lambda x, A, b: (A @ x - b) @ (A @ x - b) / 2, blocks)
    >>> grad = sum_over_blocks(lambda x, A, b: A.T @ (A @ x - b), blocks)
    >>> hvp = sum_over_blocks(lambda x, v, A, b: A.T @ (A @ v), blocks)
    >>> print(gradient_descent(f, grad, [0.0], "optimal", hvp=hvp).x)
    [3.]

    References
    ----------
    L. Bottou, F. E. Curtis and J. Nocedal, "Optimization methods for large-scale machine learning",
    *SIAM Review* 60 (2018), 223–311, section 2.
    """
    as_function(term, "term")
    if isinstance(blocks, Iterator):
        raise ValueError(
            f"blocks must be there for more than one sum; a {type(blocks).__name__} can be gone "
            "through only once: make it a list, or an object whose __iter__ begins anew"
        )

    def total(*at):
        return reduce_blocks(lambda k, block: _term(term, at, k, block), _add, blocks)[1][()]

    return total


def _term(term, at, k, block):
    """Its number, and a copy of what term returns, which may return one buffer each time."""
    value = term(*map(copy, at), *pair(k, block))
    try:
        terms = np.asarray(value)
    except ValueError:  # ragged
        terms = np.asarray(None)
    if terms.dtype.kind in "buifc":
        return k, terms.astype(np.result_type(terms, float))
    if terms.dtype.kind == "O" and all(hasattr(entry, "__add__") for entry in terms.flat):
        return k, terms  # of a derivative's pass, say
    raise ValueError(f"term must return numbers; for block {k} it returned {value!r}")


def _add(one, other):
    (first, a), (k, b) = one, other
    if a.shape != b.shape:
        raise ValueError(
            "term must return the same shape for each block; "
            f"it returned {a.shape} for block {first} and {b.shape} for block {k}"
        )
    return first, a + b

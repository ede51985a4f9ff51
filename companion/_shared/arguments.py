"""Arguments as readers give them: each becomes what it must be, or a ValueError that names it."""

from numbers import Real

import numpy as np

from companion.results import describe


def as_real(value, name, *, ndim, copy=True):
    """A float copy of `value`, which must be real, finite, not empty, and have `ndim` axes.

    Whatever numpy can make an array of is taken, among it data frames, and objects that are real
    numbers. With ``copy=False`` a float array is given back as it is, for a caller that leaves it
    so. What is lazy, sparse or masked is not turned into a dense array in silence.

    >>> as_real(np.ma.array([1.0, 2.0], mask=[0, 1]), "x", ndim=1)
    Traceback (most recent call last):
    ValueError: x must not be masked: fill it in with .filled(), or leave out what is masked
    """
    fault = _not_plain(value)
    if fault:
        raise ValueError(f"{name} must {fault}")
    try:
        array = np.asarray(value)
        if array.dtype.kind == "O":
            array = _as_float_objects(array)
    except (ValueError, TypeError, RuntimeError, OverflowError) as error:
        raise ValueError(f"{name} must hold real numbers; {error}") from None
    if array.dtype.kind not in "buif":
        raise ValueError(f"{name} must hold real numbers; its dtype is {array.dtype}")
    if array.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} axes; its shape is {array.shape}")
    if array.size == 0:
        raise ValueError(f"{name} must not be empty; its shape is {array.shape}")
    with np.errstate(all="ignore"):
        numbers = array.astype(float, copy=copy)
    if not np.isfinite(numbers).all():
        raise ValueError(f"{name} must be finite; it is {describe(array)}")
    return numbers


def as_vector(value, name, *, size=None, copy=True):
    """A float copy of a 1-D array, of length `size` where one is given.

    >>> as_vector([1, 2], "x", size=3)
    Traceback (most recent call last):
    ValueError: x must have length 3; its length is 2
    """
    vector = as_real(value, name, ndim=1, copy=copy)
    if size is not None and len(vector) != size:
        raise ValueError(f"{name} must have length {size}; its length is {len(vector)}")
    return vector


def as_matrix(value, name, *, shape=None, copy=True):
    """A float copy of a 2-D array, of the given shape where there is one."""
    matrix = as_real(value, name, ndim=2, copy=copy)
    if shape is not None and matrix.shape != shape:
        raise ValueError(f"{name} must have shape {shape}; its shape is {matrix.shape}")
    return matrix


def as_number(value, name):
    """A finite float."""
    return float(as_real(value, name, ndim=0))


def as_positive(value, name):
    """A finite float greater than zero.

    >>> as_positive(-1, "radius")
    Traceback (most recent call last):
    ValueError: radius must be positive; it is -1
    """
    number = as_number(value, name)
    if number <= 0:
        raise ValueError(f"{name} must be positive; it is {number:g}")
    return number


def as_count(value, name, *, least=1):
    """An int not less than `least`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ValueError(f"{name} must be an integer of at least {least}; it is {value!r}")
    return int(value)


def as_choice(value, name, choices):
    """One of the known `choices`; the message lists them."""
    if value not in choices:
        known = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"{name} must be one of {known}; it is {value!r}")
    return value


def as_function(value, name):
    """Something that can be called."""
    if not callable(value):
        raise ValueError(f"{name} must be callable; it is {value!r}")
    return value


def is_operator(value):
    """Whether it is a matrix known by its products: sparse, or with a shape but no entries."""
    if isinstance(value, np.ndarray | np.generic | memoryview):
        return False
    entries = ("__array__", "__array_interface__", "__array_struct__")
    return hasattr(type(value), "nnz") or (
        hasattr(value, "shape") and not any(hasattr(value, protocol) for protocol in entries)
    )


def is_lazy(value):
    """Whether it is a collection of Dask: not in memory, but a graph of what would make it."""
    is_collection = callable(getattr(type(value), "__dask_graph__", None))
    return is_collection and value.__dask_graph__() is not None


def _not_plain(value):
    """What `value` must be instead, where it is lazy, sparse or masked, or holds such a thing."""
    kind = type(value)
    if kind in (float, int, np.ndarray):
        return None
    if isinstance(value, list | tuple):
        return next(filter(None, map(_not_plain, value)), None)
    if isinstance(value, np.ma.MaskedArray):
        return "not be masked: fill it in with .filled(), or leave out what is masked"
    if is_lazy(value):
        return f"be in memory; it is a lazy {kind.__name__}: call its .compute() first"
    dtypes = np.ravel(getattr(value, "dtypes", getattr(value, "dtype", None)))
    if hasattr(kind, "nnz") or any(str(dtype).startswith("Sparse") for dtype in dtypes):
        return (
            f"be a dense array; it is a sparse {kind.__name__}: "
            "make it one with .toarray(), .todense() or .sparse.to_dense()"
        )
    if is_operator(value):
        return f"be an array; it is a {kind.__name__}"
    return None


def _as_float_objects(array):
    for entry in array.flat:
        if not isinstance(entry, Real):
            raise ValueError(f"its dtype is object, with {type(entry).__name__} in it")
    return array.astype(float)


def as_nonnegative(value, name):
    number = as_number(value, name)
    if number < 0:
        raise ValueError(f"{name} must not be negative; it is {number:g}")
    return number


def as_run(x0, tol, max_iter):
    return as_vector(x0, "x0"), as_positive(tol, "tol"), as_count(max_iter, "max_iter")

"""Checks at the door: every bad input is a ``ValueError`` that names the argument."""

import numpy as np

from companion.results import describe


def as_real(value, name, *, ndim, copy=True):
    """A float copy of `value`, which must be real, finite, not empty, and have `ndim` axes.

    With ``copy=False`` a float array is given back as it is, for a caller that leaves it so.
    """
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} must hold real numbers; {error}") from None
    if array.dtype.kind not in "buif":
        raise ValueError(f"{name} must hold real numbers; its dtype is {array.dtype}")
    if array.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} axes; its shape is {array.shape}")
    if array.size == 0:
        raise ValueError(f"{name} must not be empty; its shape is {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite; it is {describe(array)}")
    return array.astype(float, copy=copy)


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


def as_matrix(value, name, *, shape=None):
    """A float copy of a 2-D array, of the given shape where there is one."""
    matrix = as_real(value, name, ndim=2)
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


def evaluate(f, x, name="f", *, shape=None, finite=True):
    """f(x) as a float array: real, finite and of the given shape, or an error that gives the point.

    Both x and the result are copied: f may write on its argument, and return the same array again.
    With ``finite=False`` NaN and infinity pass, for a caller that treats them as data.

    >>> evaluate(lambda x: x[0] / np.float64(0.0) * 0, np.array([2.0]), shape=())
    Traceback (most recent call last):
    ValueError: f must return finite values; at x = [2] it returned nan
    """
    with np.errstate(all="ignore"):
        value = np.asarray(f(x.copy()))
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


def in_range(array, name, *, least=1e-50, most=1e50):
    """The array itself: all zero, or its largest magnitude within bounds that squares can bear.

    >>> in_range(np.array([1e200, 1.0]), "A")
    Traceback (most recent call last):
    ValueError: A must be rescaled: its largest magnitude must lie in [1e-50, 1e+50]; it is 1e+200
    """
    largest = np.abs(array).max()
    if largest != 0 and not least <= largest <= most:
        raise ValueError(
            f"{name} must be rescaled: its largest magnitude must lie in [{least:g}, {most:g}]; "
            f"it is {largest:g}"
        )
    return array

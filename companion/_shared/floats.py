"""Floating-point numbers: their precision, and lengths that neither overflow nor vanish."""

import numpy as np

EPS = float(np.finfo(float).eps)
TINY = float(np.finfo(float).tiny)  # below this, doubles lose digits


def norm(v):
    """‖v‖, of entries of any size: their squares neither overflow nor underflow.

    For a matrix, the norm of each row. A power of two as a factor comes out to the last bit.

    >>> print(f"{norm(np.array([3e200, 4e200])):.2g} {norm(np.array([3e-200, 4e-200])):.2g}")
    5e+200 5e-200
    """
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        squares = np.vecdot(v, v)
        if ((squares > 1e-200) & (squares < 1e200)).all():
            return np.sqrt(squares)
        _, exponent = np.frexp(np.abs(v).max(axis=-1, initial=0.0))
        scaled = np.ldexp(v, -exponent[..., None])
        return np.ldexp(np.sqrt(np.vecdot(scaled, scaled)), exponent)


def power_of_two(size):
    """The largest power of two that is at most `size`, or 1 for 0: dividing by it rounds nothing.

    >>> print(power_of_two(10.0))
    8.0
    """
    return np.ldexp(0.5, np.frexp(size or 1.0)[1])


def near_one(V):
    """Each row of V times the power of two that makes its largest entry about 1, and the powers."""
    _, exponents = np.frexp(np.abs(V).max(axis=1))
    return np.ldexp(V, -exponents[:, None]), exponents


def exponent(v):
    """k such that the largest entry of v lies between 2ᵏ⁻¹ and 2ᵏ."""
    return np.frexp(np.abs(v).max())[1]


def halved_to_one(v):
    """v times the power of two that brings its largest entry into [½, 1): squares are safe."""
    return np.ldexp(v, -exponent(v))


def largest(x):
    """max ``|x_i|``, without an array of absolute values."""
    return float(max(x.max(), -x.min()))

"""How many digits of a computed number may be shown: its condition number decides."""

import numpy as np

from companion._shared.arguments import as_positive
from companion._shared.floats import EPS

__all__ = ["common_digits", "digits_left"]


def digits_left(cond=1.0):
    """The significant digits of a result that rounding leaves on every machine.

    To change the data by a factor 1 + ε changes the result by up to cond · ε, relative to its size.
    A backward stable method does no more harm than to change the data by a few ε = 2⁻⁵², so that
    −log₁₀(cond · ε) digits are right, but for the last one, which is set aside for "a few". Which
    of them are right beyond that is a matter of the processor and of luck.

    Parameters
    ----------
    cond : float
        The condition number of the result as a function of the data, positive. Where a method is
        not backward stable, the factor by which it magnifies rounding: 1/h for a difference with
        step h, the square of A's condition number for the normal equations.

    Returns
    -------
    int
        From 14 for a cond of 1 down to 0.

    Raises
    ------
    ValueError
        If cond is not a finite, positive number.

    References
    ----------
    N. J. Higham, Accuracy and Stability of Numerical Algorithms (SIAM, 2nd edition 2002), section
    1.6.

    Examples
    --------
    >>> import numpy as np
    >>> from companion.digits import digits_left
    >>> print(digits_left(), digits_left(1e6), digits_left(1e12), digits_left(1e20))
    14 8 2 0

    A number is printed to the digits that it has: this one subtracts two that are a million times
    larger.

    >>> x = (1e6 + 1 / 3) - 1e6
    >>> print(x, f"{x:.{digits_left(1e6)}g}")
    0.33333333337213844 0.33333333
    """
    lost = np.log10(10 * EPS * as_positive(cond, "cond"))
    return max(0, int(-lost))


def common_digits(x, y, cond=1.0):
    """The significant digits in which x and y agree, counted no further than rounding leaves any.

    Digits are those of the largest entry: max|x − y| ≤ 10⁻ᵏ max|y|. For two ways to compute one
    thing, of which the worse has the condition number ``cond``, theory promises the count
    `digits_left` (cond) on every machine; the count is lower where one of them is wrong.

    Parameters
    ----------
    x : array
        Of any shape that fits y's.
    y : array
        What x should be.
    cond : float
        As for `digits_left`.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If x or y is not finite, their shapes do not fit, or cond is not a finite, positive number.

    References
    ----------
    B. D. McCullough, "Assessing the reliability of statistical software: part I", The American
    Statistician 52 (1998).

    Examples
    --------
    >>> import numpy as np
    >>> from companion.digits import common_digits
    >>> print(common_digits(np.sin(np.pi / 6), 0.5), common_digits(np.sin(3.1), np.pi - 3.1))
    14 3
    """
    left = digits_left(cond)
    x, y = np.asarray(x, float), np.asarray(y, float)
    for name, array in (("x", x), ("y", y)):
        if array.size == 0 or not np.isfinite(array).all():
            raise ValueError(f"{name} must be finite and not empty; it is {array}")
    try:
        error, size = np.abs(x - y).max(), np.abs(y).max()
    except ValueError:
        raise ValueError(f"x must have y's shape {y.shape}; its shape is {x.shape}") from None
    # 10⁻ᵏ is compared, and not the logarithm of an error, which may be 0.
    return next((k for k in range(left, 0, -1) if error <= 10.0**-k * size), 0)

"""Double-double arithmetic: sums and products that keep their own rounding errors.

A floating-point sum s = fl(a + b) is off by an error e that is itself a floating-point number, and
a few more operations find it; so it is with products. A number kept as such a pair, s + e, has
about 32 digits. Everything here works elementwise on arrays of doubles, without extended precision
and without fused multiply-add. It is exact as long as nothing overflows or underflows: the entries
are best scaled to lie near 1.

References
----------
T. Ogita, S. M. Rump and S. Oishi, "Accurate sum and dot product", SIAM Journal on Scientific
Computing 26 (2005), sections 2 to 4.
"""

import numpy as np


def two_sum(a, b):
    """s and e such that s = fl(a + b) and s + e = a + b exactly (eq:two-sum), unless s overflows.

    Examples
    --------
    >>> from companion.least_squares._double_double import two_sum
    >>> s, e = two_sum(1.0, 1e-20)
    >>> print(f"{s} + {e}")
    1.0 + 1e-20
    """
    s = a + b
    b_seen = s - a  # the part of b that reached s
    a_seen = s - b_seen
    return s, (a - a_seen) + (b - b_seen)


def split(a):
    """High and low halves of a, 26 bits each, whose products are exact (Veltkamp).

    ``|a|`` must be below 2⁹⁹⁶, or the multiplication by 2²⁷ + 1 overflows.

    Examples
    --------
    >>> from companion.least_squares._double_double import split
    >>> high, low = split(0.1)
    >>> print(high + low == 0.1, (high * 2**29).is_integer())
    True True
    """
    shifted = (2.0**27 + 1) * a
    high = shifted - (shifted - a)
    return high, a - high


def two_product(a, b):
    """p and e such that p = fl(a b) and p + e = a b exactly (Dekker), barring over- and underflow.

    Examples
    --------
    >>> from companion.least_squares._double_double import two_product
    >>> p, e = two_product(1 + 2.0**-30, 1 - 2.0**-30)  # 1 − 2⁻⁶⁰, which no double holds
    >>> print(p, e == -(2.0**-60))
    1.0 True
    """
    p = a * b
    a_high, a_low = split(a)
    b_high, b_low = split(b)
    return p, ((a_high * b_high - p) + a_high * b_low + a_low * b_high) + a_low * b_low


def sum_accurately(terms, errors):
    """Σ terms + Σ errors over the first axis, rounded as if computed with about 32 digits.

    Terms are added in pairs, then the sums in pairs, and so on. The rounding errors, small as they
    are, need only ordinary additions.

    Parameters
    ----------
    terms, errors : array, shape (k, ...)
        The numbers to add, and small corrections to them.

    Returns
    -------
    array, shape (...)

    Examples
    --------
    >>> import numpy as np
    >>> from companion.least_squares._double_double import sum_accurately
    >>> print(sum_accurately(np.array([1e20, 1.0, -1e20]), np.zeros(3)))
    1.0
    """
    errors = errors.sum(axis=0)
    while len(terms) > 1:
        paired = len(terms) // 2 * 2
        sums, e = two_sum(terms[0:paired:2], terms[1:paired:2])
        errors = errors + e.sum(axis=0)
        terms = np.concatenate([sums, terms[paired:]])
    return terms[0] + errors


def multiply_add(A, x, *others):
    """A x + Σ others, rounded once: products and sums are in double-double arithmetic.

    The entries of A and x must be below 2⁹⁹⁶ in magnitude, and their products must not overflow.

    Parameters
    ----------
    A : array, shape (m, n)
    x : array, shape (n,)
    others : arrays, shape (m,)

    Returns
    -------
    array, shape (m,)

    Examples
    --------
    >>> import numpy as np
    >>> from companion.least_squares._double_double import multiply_add
    >>> A, x = np.array([[0.1]]), np.array([10.0])  # the double 0.1 is not one tenth
    >>> print(A @ x - 1.0, multiply_add(A, x, np.array([-1.0])))
    [0.] [5.55111512e-17]
    """
    products, errors = two_product(A.T, x[:, None])
    return sum_accurately(np.vstack([products, *others]), errors)

"""Forward mode: dual numbers, which carry derivatives along with values.

A dual number is x + tε with ε² = 0, so that f(x + tε) = f(x) + f′(x)t ε. Each operation of f maps
the value x to a value, and the tangent t to a tangent, by the linear map that is its derivative.
"""

import operator
from functools import reduce

import numpy as np

from companion.linear_maps import Diagonal, Operand, value_of
from companion.results import describe
from companion.traced_array import Run, TracedArray, call, checked, current, settled
from companion.validation import as_vector

BLOCK = 2**17  # numbers in a block of tangents of x: a megabyte, which fits the cache
NO_RUN = Run()


class Dual(TracedArray):
    """An array with a block of k tangents: the values x and their derivatives in k directions.

    Numpy's functions and operators take it as they take an array, and give one (eq:dual).

    Parameters
    ----------
    value : array, shape s
        The values, real.
    tangent : array, shape s + (k,)
        Their derivatives, one direction in each entry of the last axis.
    run : Run, optional
        The run of f it belongs to; those of different runs must not meet.

    Raises
    ------
    ValueError
        If the tangent does not have the shape of the value and one axis more.
    TypeError
        From an operation that has no rule; the message names it and says what to use instead.

    Examples
    --------
    The derivative of x² sin x at x = 2, exact to rounding:

    >>> import numpy as np
    >>> from companion.forward_mode import Dual
    >>> x = Dual(2.0, [1.0])
    >>> x**2 * np.sin(x)
    Dual(value=3.63719, tangent=[1.9726])
    >>> print(f"{2 * 2 * np.sin(2) + 2**2 * np.cos(2):.4f}")
    1.9726

    References
    ----------
    A. Griewank and A. Walther, *Evaluating Derivatives*, 2nd edition, SIAM, 2008, section 3.1.
    """

    STATE = ("value", "_tangent")
    _tangent = current("_tangent")

    def __init__(self, value, tangent, run=NO_RUN):
        super().__init__(value, run)
        if not isinstance(tangent, Diagonal):
            tangent = np.asarray(tangent, dtype=float)
        if tangent.shape[:-1] != self.shape or len(tangent.shape) != self.ndim + 1:
            raise ValueError(
                f"tangent must have the shape of value, {self.shape}, and one axis more; "
                f"its shape is {tangent.shape}"
            )
        self._tangent = tangent

    @property
    def tangent(self):
        """The derivatives, shape s + (k,)."""
        if isinstance(self._tangent, Diagonal):
            self._tangent = self._tangent.dense()
        return self._tangent

    def derive(self, value, terms):
        """The dual number of a result: its tangent is the sum of the terms' maps of tangents."""
        if not terms:
            return Dual(value, np.zeros((*np.shape(value), self._tangent.shape[-1])), self.run)
        return Dual(value, reduce(operator.add, [x._pushed(m) for x, m in terms]), self.run)

    def _pushed(self, linear_map):
        """The tangents of a result: the image of these under a linear map."""
        if isinstance(self._tangent, Diagonal):
            return linear_map.push_diagonal(self._tangent)
        if self.run.careful:
            linear_map = linear_map.restricted(np.isnan(self._tangent[..., -1]))
        return linear_map.push(self._tangent)

    def join(self, operands):
        """The operands' entries in one vector, and their tangents in rows beside them."""
        k = self.tangent.shape[-1]
        tangents = [
            x.tangent.reshape(-1, k) if isinstance(x, Operand) else np.zeros((np.size(x), k))
            for x in operands
        ]
        values = [np.ravel(value_of(x)) for x in operands]
        return Dual(np.concatenate(values), np.concatenate(tangents), self.run)

    def __repr__(self):
        return f"Dual(value={describe(self.value)}, tangent={describe(self.tangent)})"


def jvp(f, x, v):
    """J v, the derivative of f at x in the direction v, by one forward pass (eq:chain-rule).

    Parameters
    ----------
    f : callable
        Takes an array, shape (n,), and returns an array of any shape, or a list of numbers. It is
        ordinary numpy code; a branch (``if``, ``np.where``) is differentiated as it is taken.
    x : array, shape (n,)
        The point.
    v : array, shape (n,)
        The direction.

    Returns
    -------
    array, shape of f(x)
        J v, exact to rounding.

    Raises
    ------
    ValueError
        If x or v is not a finite real vector, or their lengths differ; if f returns anything but
        finite real numbers, or has no finite derivative at x along v (at a kink or a jump).
    TypeError
        If f uses a function whose derivative cannot be followed; the message names it and says
        what to use instead.

    Examples
    --------
    >>> import numpy as np
    >>> from companion.forward_mode import jvp
    >>> f = lambda x: np.array([x[0] ** 2 * x[1], 5 * x[0] + np.sin(x[1])])
    >>> print(np.round(jvp(f, [1.0, 2.0], [1.0, 0.0]), 4))
    [4. 5.]

    References
    ----------
    A. Griewank and A. Walther, *Evaluating Derivatives*, 2nd edition, SIAM, 2008, section 3.1.
    """
    f, x = checked(f, x)
    v = as_vector(v, "v", size=len(x))

    def differentiate(run):
        return tangents(f, x, v[:, None], run)[..., 0]

    return settled(differentiate, Run, x)[()]


def forward_jacobian(f, x):
    """The Jacobian matrix of f at x, J_ij = ∂f_i/∂x_j (eq:jacobian), by forward mode.

    All the columns of a block, as many as fit the cache, are tangents of one pass: f is called
    once for each block. The cost is that of n directions, whatever the number of outputs.

    Parameters
    ----------
    f : callable
        Takes an array, shape (n,), and returns an array of any shape, or a list of numbers. It is
        ordinary numpy code; a branch (``if``, ``np.where``) is differentiated as it is taken.
    x : array, shape (n,)
        The point.

    Returns
    -------
    array, shape f(x).shape + (n,)
        The Jacobian, exact to rounding; for a scalar f, its gradient.

    Raises
    ------
    ValueError
        If x is not a finite real vector; if f returns anything but finite real numbers, or has
        no finite derivative at x (at a kink or a jump).
    TypeError
        If f uses a function whose derivative cannot be followed; the message names it and says
        what to use instead.

    Examples
    --------
    >>> import numpy as np
    >>> from companion.forward_mode import forward_jacobian
    >>> f = lambda x: np.array([x[0] ** 2 * x[1], 5 * x[0] + np.sin(x[1])])
    >>> print(np.round(forward_jacobian(f, [1.0, 2.0]), 4))
    [[ 4.      1.    ]
     [ 5.     -0.4161]]

    References
    ----------
    A. Griewank and A. Walther, *Evaluating Derivatives*, 2nd edition, SIAM, 2008, section 3.1.
    """
    f, x = checked(f, x)
    n = len(x)
    width = max(1, BLOCK // n)

    def differentiate(run):
        J = None
        for start in range(0, n, width):
            k = min(width, n - start)
            columns = tangents(f, x, Diagonal(np.ones(k), start, n), run)
            J = np.empty((*columns.shape[:-1], n)) if J is None else J
            J[..., start : start + k] = columns
        return J

    return settled(differentiate, Run, x)


def tangents(f, x, T, run):
    """The tangents of f(x) for tangents T of x; those of a constant are zero."""
    k = T.shape[-1]
    if run.careful:
        T = T.dense() if isinstance(T, Diagonal) else T
        marks = np.where(T.any(axis=-1, keepdims=True), np.nan, 0.0)
        T = np.concatenate([T, marks], axis=-1)
    y = call(f, Dual(x, T, run))
    return y.tangent[..., :k] if isinstance(y, Dual) else np.zeros((*y.shape, k))

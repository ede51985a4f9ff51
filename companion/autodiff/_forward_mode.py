"""Forward mode: dual numbers, which carry derivatives along with values.

A dual number is x + tε with ε² = 0, so that f(x + tε) = f(x) + f′(x)t ε. Each operation of f maps
the value x to a value, and the tangent t to a tangent, by the linear map that is its derivative.
"""

import operator
from functools import reduce

import numpy as np

from companion._shared.arguments import as_vector
from companion._shared.calls import evaluate
from companion.autodiff._calls import call, checked
from companion.autodiff._linear_maps import Diagonal, Operand, value_of
from companion.autodiff._runs import Run, Scout
from companion.autodiff._traced_array import TracedArray, current, name_of
from companion.results import describe

BLOCK = 2**17  # numbers in a block of tangents of x: a megabyte, which fits the cache
HALF = np.sqrt(np.finfo(float).eps)  # half the digits of a double
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
    >>> from companion.autodiff._forward_mode import Dual
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
        self.run.count(value.size)
        if not terms:
            tangent = np.zeros((*np.shape(value), self._tangent.shape[-1]))
        else:
            tangent = reduce(operator.add, [x._pushed(m) for x, m in terms])
        return type(self)(value, tangent, self.run)

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
        return type(self)(np.concatenate(values), np.concatenate(tangents), self.run)

    def _put(self, positions, entries):
        if isinstance(self.current__tangent, Diagonal):
            self._tangent = self.current__tangent.dense()
        rows = self.current__tangent.reshape(self.size, -1)
        rows[positions] = entries.tangent if isinstance(entries, Operand) else 0.0

    def __repr__(self):
        return f"Dual(value={describe(self.value)}, tangent={describe(self.tangent)})"


def jvp(f, x, v):
    """J v, the derivative of f at x in the direction v, by one forward pass (eq:chain-rule).

    For one output and a unit vector v it is the directional derivative (eq:directional-derivative).

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
        J v of the branches that f takes at x, with the rounding of its operations as the only
        error.

    Raises
    ------
    ValueError
        If x or v is not a finite real vector, or their lengths differ; if f returns anything but
        finite real numbers, or has no finite derivative at x along v (at a kink or a jump); if it
        computes something else with traced arrays than with a plain x, on which it is called once.
    TypeError
        If f uses a function whose derivative cannot be followed; the message names it and says
        what to use instead.

    Examples
    --------
    >>> import numpy as np
    >>> from companion.autodiff import jvp
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

    return settled(f, x, differentiate, Run)[()]


def forward_jacobian(f, x):
    """The Jacobian matrix of f at x, J_ij = ∂f_i/∂x_j (eq:jacobian), by forward mode.

    All the columns of a block are tangents of one pass: f is called once for each block, whose
    arrays fit the cache. The cost is that of n directions, whatever the number of outputs.

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
        The Jacobian of the branches that f takes at x, with the rounding of its operations as the
        only error; for a scalar f, its gradient.

    Raises
    ------
    ValueError
        If x is not a finite real vector; if f returns anything but finite real numbers, or has
        no finite derivative at x (at a kink or a jump); if it computes something else with traced
        arrays than with a plain x, on which it is called once.
    TypeError
        If f uses a function whose derivative cannot be followed; the message names it and says
        what to use instead.

    Examples
    --------
    >>> import numpy as np
    >>> from companion.autodiff import forward_jacobian
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

    def differentiate(run):
        columns = tangents(f, x, Diagonal(np.ones(min(n, width(n, n))), 0, n), run)
        J = np.empty((*columns.shape[:-1], n))
        J[..., : (k := columns.shape[-1])] = columns
        while k < n:
            T = Diagonal(np.ones(min(n - k, width(run.mean, run.largest))), k, n)
            J[..., k : k + T.shape[-1]] = tangents(f, x, T, run)
            k += T.shape[-1]
        return J

    return settled(f, x, differentiate, Run)


def width(mean, largest):
    """The columns of a block whose arrays have so many entries, in the mean and at most.

    Where f computes with single numbers, its calls take longer than their arithmetic: few wide
    blocks do. Where it computes with vectors, those that fit the cache are the fastest.
    """
    return max(1, min(int(BLOCK / mean), 64 * BLOCK // largest))


def tangents(f, x, T, run, kind=Dual):
    """The tangents of f(x) for tangents T of x; those of a constant are zero."""
    k = T.shape[-1]
    if run.careful:
        T = T.dense() if isinstance(T, Diagonal) else T
        marks = np.where(T.any(axis=-1, keepdims=True), np.nan, 0.0)
        T = np.concatenate([T, marks], axis=-1)
    y = call(f, kind(x, T, run))
    return y.tangent[..., :k] if isinstance(y, Dual) else np.zeros((*y.shape, k))


# ------------------------------------------------------------------ what is believed


def settled(f, x, differentiate, start):
    """A derivative at x that is finite, that of f, and the same however ties are settled.

    Differentiate takes a run, which start(x, seed, careful, weights) makes.
    """
    for careful in (False, True):
        run = start(x, careful=careful)
        J = loose = differentiate(run)
        if run.ties:
            J, other = (
                differentiate(start(x, seed, careful, weights_at_ties(f, x, seed, careful)))
                for seed in (0, 1)
            )
        if np.isfinite(J).all():
            break
    else:
        raise ValueError(
            f"f must have a finite derivative; at x = {describe(x)} {first_fault(f, x)}"
        )
    if run.ties and not agree(J, other, loose):
        raise ValueError(
            f"f must be differentiable; at x = {describe(x)} it has a kink, where two branches "
            f"tie: in {', '.join(run.ties)}"
        )
    same_function(f, x, run.value)
    return J


def agree(J, other, loose):
    """Whether two derivatives are the same, to rounding.

    With weights that are any, kinks do not cancel: that derivative has the size of what does.
    """
    size = max(np.abs(J).max(initial=0.0), np.abs(loose).max(initial=0.0))
    return np.allclose(J, other, rtol=1e-9, atol=1e-12 * size)


def weights_at_ties(f, x, seed, careful):
    """The weights of all ties that f meets at x."""
    scout = Scout(x, seed, careful)
    tangents(f, x, scout.lines(), scout)
    return scout.weights


def first_fault(f, x):
    """The function that spoils the derivative of f at x, in words."""
    run = Run(x, careful=True)
    run.fault = "a slope is infinite or undefined"
    v = np.random.default_rng(0).standard_normal((len(x), 1))
    tangents(f, x, v, run, Watched)
    return run.fault


class Watched(Dual):
    """A dual number that tells its run of the first function without a finite value or slope."""

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        result = super().__array_ufunc__(ufunc, method, *inputs, **kwargs)
        return self._watch(result, name_of(ufunc, method))

    def __array_function__(self, function, types, args, kwargs):
        result = super().__array_function__(function, types, args, kwargs)
        return self._watch(result, name_of(function, "__call__"))

    def _watch(self, result, name):
        if not isinstance(result, Dual) or self.run.fault != "a slope is infinite or undefined":
            return result
        bad = result.value[~np.isfinite(result.value)]
        if bad.size:
            self.run.fault = f"{name} gives {bad[0]:g} on the way: an overflow, or no number at all"
        elif not np.isfinite(result.tangent[..., :-1]).all():
            self.run.fault = (
                f"the slope of {name} is infinite or undefined (a root of 0, a jump, a tie in a "
                "sort)"
            )
        return result


def same_function(f, x, value):
    """Raise a ValueError unless the traced f returned f(x), to half the digits.

    Where f(x) is what remains of larger numbers, its digits are those of its terms: the values
    may differ by what they change when every operation of f loses half its digits.
    """
    plain = evaluate(f, x)
    if plain.shape == value.shape:
        gap = np.abs(plain - value)
        if (gap <= HALF * np.abs(plain)).all():
            return
        runs = [Run(x, seed) for seed in range(3)]
        for run in runs:
            tangents(f, x, np.zeros((len(x), 1)), run, Noisy)
        noise = np.max([np.abs(run.value - value) for run in runs], axis=0)
        if (gap <= noise).all() and np.array_equal(evaluate(f, x), plain):
            return
    raise ValueError(
        f"f must compute the same with traced arrays as with plain ones; at x = {describe(x)} it "
        f"returned {describe(plain)} for a plain x, and {describe(value)} for a traced one. A "
        "branch on the type of x (isinstance, np.isscalar) or a random number makes it another "
        "function"
    )


class Noisy(Dual):
    """A dual number whose operations lose half their digits."""

    def derive(self, value, terms):
        noise = self.run.random(np.shape(value))
        return super().derive(value * (1 + HALF * noise), terms)

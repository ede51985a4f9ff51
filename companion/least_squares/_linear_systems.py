"""The problem minimize ½‖Ax − b‖² at the door: checked, and in units of its own.

With A = 2ᵖ Â and b = 2ᑫ b̂, where the largest entries of Â and b̂ lie in [½, 1), the problem of Â
and b̂ has the solution x̂, and x = 2ᑫ⁻ᵖ x̂. A power of two scales without rounding. So a solver that
works on Â and b̂ takes the same steps when A or b is multiplied by a power of two, to the last bit,
and nothing that it squares overflows.

A sparse matrix, or an operator that is known by its products alone, is scaled within its products.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from companion._shared.arguments import as_matrix, as_vector, is_operator
from companion._shared.calls import evaluate
from companion._shared.floats import TINY, norm
from companion.results import Result, describe

FARTHEST = 1e100  # ‖x0‖, where Aᵀb and A are about 1


@dataclass(frozen=True, eq=False)
class System:
    """Â and b̂, with the exponents that lead back to A and b.

    Attributes
    ----------
    A : array or Operator, shape (m, n)
        Â.
    b : array, shape (m,)
        b̂.
    p : int, or array of ints, shape (n,)
        A = 2ᵖ Â; an array where each column has an exponent of its own.
    q : int
        b = 2ᑫ b̂.

    Examples
    --------
    >>> import numpy as np
    >>> from companion.least_squares._linear_systems import as_system
    >>> system = as_system([[3e200, 0.0], [0.0, 1e200]], [6.0, 1.0])
    >>> print(system.A.max() < 1, system.x(np.linalg.solve(system.A, system.b)))
    True [2.e-200 1.e-200]
    """

    A: object
    b: np.ndarray
    p: object
    q: int

    def x(self, x_hat):
        """x = 2ᑫ⁻ᵖ x̂, in the units of the caller."""
        return rescaled(x_hat, self.q - self.p, "A or b", "x")

    def shifted(self, e):
        """The same system with 2ᵉ as a further factor in the unit of b."""
        return replace(self, b=np.ldexp(self.b, -e), q=self.q + e)


def as_system(A, b, *, each_column=False, operators=False):
    """The system of A and b, which must be real and finite, and fit together.

    Parameters
    ----------
    A : array, shape (m, n)
    b : array, shape (m,)
    each_column : bool
        Whether each column of A gets an exponent of its own.
    operators : bool
        Whether A may be sparse, or anything with ``.shape``, ``@`` and ``.T``.

    Returns
    -------
    System

    Raises
    ------
    ValueError
        If A or b is not what it must be.
    """
    if is_operator(A):
        if not operators:
            raise ValueError(
                f"A must be a dense array here; it is a {type(A).__name__}: "
                "use method='golub-kahan' of norm_constrained, or gradient_descent or "
                "regularized_solve, for sparse matrices and operators, or make it dense"
            )
        A = as_operator(A)
        p = A.exponent
    else:
        A = as_matrix(A, "A", copy=False)
        p = exponent_of(A, axis=0 if each_column else None)
        A = np.ldexp(A, -p)
    b = as_vector(b, "b", size=A.shape[0], copy=False)
    q = exponent_of(b)
    return System(A, np.ldexp(b, -q), p, q)


def as_iteration(A, b, x0):
    """The system for an iteration from x0, in a unit of b in which Aᵀb is near 1, and its start.

    Where Aᵀb is zero, Ax₀ gives the unit.
    """
    system = as_system(A, b, operators=True)
    A, p = system.A, system.p
    rescaled(system.b @ system.b / 2, 2 * system.q, "b", "½‖b‖²")
    x0 = np.zeros(A.shape[1]) if x0 is None else as_vector(x0, "x0", size=A.shape[1])
    Atb = A.T @ system.b
    system = system.shifted(exponent_of(Atb) if Atb.any() else exponent_of(x0) + p - system.q)
    with np.errstate(all="ignore"):
        x = np.ldexp(x0, p - system.q)
    if not norm(x) < FARTHEST:
        raise ValueError(f"x0 must be nearer to the solution; it is {describe(x0)}")
    return system, x


def ending(system, status, path):
    """What an iteration on the system returns, in the units of the caller."""
    with np.errstate(all="ignore"):
        misfit = float(np.ldexp(norm(system.A @ path.last - system.b), system.q))
        fun = misfit * misfit / 2
    rows = rescaled(path.array(), system.q - system.p, "A, b or x0", "x")
    return Result(system.x(path.last), fun, status, path.count - 1, rows)


def exponent_of(array, axis=None):
    """The exponent e of 2 for which the largest magnitude lies in [½, 1) 2ᵉ; 0 for zero."""
    return np.frexp(np.abs(array).max(axis=axis))[1]


def rescaled(value, exponent, name, what, *, least=TINY):
    """`value` times 2 to the exponent, or an error where that is infinite, or all below `least`.

    >>> rescaled(np.array([1.0]), -1100, "b", "x")
    Traceback (most recent call last):
    ValueError: b must be rescaled: x is out of the range of doubles
    """
    with np.errstate(all="ignore"):
        result = np.ldexp(value, exponent)
        largest = np.abs(result).max()
    if not largest < np.inf or (largest < least and np.any(value)):
        raise ValueError(f"{name} must be rescaled: {what} is out of the range of doubles")
    return result


class Operator:
    """A matrix that is known by its products, each of them checked and divided by 2ᵖ.

    It is shown vectors with entries near 1 only, so that no product overflows; of x that has
    overflowed itself, the product is NaN.

    Parameters
    ----------
    matrix : anything with ``.shape``, ``@`` and ``.T``
        An (m, n) matrix or operator.
    exponent : int
        p.
    name : str
        How messages name it.

    Examples
    --------
    >>> import numpy as np
    >>> from companion.least_squares._linear_systems import Operator
    >>> print(Operator(np.array([[2.0, 4.0]]), exponent=1) @ np.array([1.0, 1.0]))
    [3.]
    """

    def __init__(self, matrix, *, exponent=0, name="A"):
        self.matrix = matrix
        self.exponent = exponent
        self.name = name
        self.shape = tuple(matrix.shape)

    def __matmul__(self, x):
        if not np.isfinite(x).all():
            return np.full(self.shape[0], np.nan)
        e = exponent_of(x)
        name, shape = f"{self.name} @ x", self.shape[:1]
        try:
            y = evaluate(lambda x: self.matrix @ x, np.ldexp(x, -e), name, shape=shape)
        except NotImplementedError as error:
            raise ValueError(f"{name} must be implemented; it says: {error}") from error
        return np.ldexp(y, e - self.exponent)

    @cached_property
    def T(self):
        """The transposed operator."""
        return Operator(self.matrix.T, exponent=self.exponent, name=f"{self.name}.T")


def as_operator(A):
    """The operator of a matrix A with ``.shape``, ``@`` and ``.T``, tried on one vector.

    Its unit 2ᵖ is the size of a product Aᵀw with a random w (of fixed seed).

    Raises
    ------
    ValueError
        If it is no such matrix, or complex, or a product is not a real, finite vector of the right
        length, or if A.T is not the transpose of A.
    """
    if isinstance(A, Operator):
        return A
    shape = getattr(A, "shape", ())
    if not hasattr(A, "T") or not hasattr(A, "__matmul__") or len(shape) != 2 or 0 in shape:
        raise ValueError(
            f"A must be a matrix, or have .shape = (m, n), @ and .T; it is a {type(A).__name__}"
        )
    if getattr(getattr(A, "dtype", None), "kind", "f") not in "buif":
        raise ValueError(f"A must hold real numbers; its dtype is {A.dtype}")
    w = probe(shape[0])
    z = Operator(A).T @ w
    e = exponent_of(z)
    z = np.ldexp(z, -e)
    A = Operator(A, exponent=e)
    # wᵀ(Az) and (Aᵀw)ᵀz are one number.
    Az = A @ z
    if abs(w @ Az - z @ z) > 1e-6 * (np.linalg.norm(w) * np.linalg.norm(Az) + z @ z):
        raise ValueError(
            f"A.T must be the transpose of A; wᵀ(A @ z) = {w @ Az:g} but (A.T @ w)ᵀz = {z @ z:g}"
        )
    return A


def probe(n):
    """A random vector of length n, always the same: no direction is likely to escape it."""
    return np.random.default_rng(0).standard_normal(n)

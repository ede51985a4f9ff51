"""What a problem is: a function, its derivatives, a start, and what is known of its solutions."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from companion._shared.arguments import as_function, as_real, as_vector


@dataclass(frozen=True, repr=False, eq=False)
class Problem:
    """Minimize f: Rⁿ → R.

    The functions of this module also take x of shape (n, ...): then f(x) has shape (...) and
    grad(x) shape (n, ...), one value for each column. That draws contours, and lets differences
    be taken in one call.

    Attributes
    ----------
    name : str
        What the problem is called.
    f : callable
        f(x), a number for x of shape (n,). The problem itself may be called in its place.
    grad : callable
        ∇f(x), shape (n,).
    hess : callable
        ∇²f(x), shape (n, n), for x of shape (n,).
    x0 : array, shape (n,)
        The customary start.
    minimizers : array, shape (k, n)
        The known minimizers, one a row: the lowest first, then some that are only local.

    Examples
    --------
    >>> from companion.problems import Problem
    >>> import numpy as np
    >>> parabola = Problem(
    ...     "parabola", lambda x: x[0] ** 2, lambda x: 2 * x, lambda x: 2 * np.eye(1), [3], [[0]]
    ... )
    >>> parabola
    Problem: parabola, n = 1
    >>> print(parabola(parabola.x0))
    9.0
    """

    name: str
    f: Callable
    grad: Callable
    hess: Callable
    x0: np.ndarray
    minimizers: np.ndarray

    def __post_init__(self):
        for name in ("f", "grad", "hess"):
            as_function(getattr(self, name), name)
        x0 = as_vector(self.x0, "x0")
        object.__setattr__(self, "x0", x0)
        object.__setattr__(self, "minimizers", _as_points(self.minimizers, len(x0)))

    def __call__(self, x):
        """f(x)."""
        return self.f(x)

    def __repr__(self):
        return f"Problem: {self.name}, n = {len(self.x0)}"


@dataclass(frozen=True, repr=False, eq=False)
class ConstrainedProblem:
    """Minimize f(x) over the feasible set: eq(x) = 0 and ineq(x) ≤ 0 (eq:feasible-set).

    Attributes
    ----------
    f : callable
        f(x), a number for x of shape (n,).
    grad : callable
        ∇f(x), shape (n,).
    eq, ineq : callable, optional
        The constraints: eq(x) = 0, shape (p,), and ineq(x) ≤ 0, shape (q,).
    eq_jac, ineq_jac : callable, optional
        Their Jacobians, shapes (p, n) and (q, n). A missing one is left to the solver.
    name : str, optional
        What the problem is called.
    x0 : array, shape (n,), optional
        The customary start.
    minimizers : array, shape (k, n), optional
        The known minimizers, one a row.

    Examples
    --------
    The point of the line x₁ + x₂ = 1 nearest to the origin:

    >>> from companion.problems import ConstrainedProblem
    >>> nearest = ConstrainedProblem(
    ...     f=lambda x: x @ x, grad=lambda x: 2 * x, eq=lambda x: x[:1] + x[1:] - 1
    ... )
    >>> nearest
    ConstrainedProblem with eq
    """

    f: Callable
    grad: Callable
    eq: Callable | None = None
    eq_jac: Callable | None = None
    ineq: Callable | None = None
    ineq_jac: Callable | None = None
    name: str = field(default="", kw_only=True)
    x0: np.ndarray | None = field(default=None, kw_only=True)
    minimizers: np.ndarray | None = field(default=None, kw_only=True)

    def __post_init__(self):
        as_function(self.f, "f")
        as_function(self.grad, "grad")
        for kind in ("eq", "ineq"):
            constraint, jac = getattr(self, kind), getattr(self, f"{kind}_jac")
            if constraint is not None:
                as_function(constraint, kind)
            if jac is not None:
                as_function(jac, f"{kind}_jac")
                if constraint is None:
                    raise ValueError(f"{kind}_jac must come with {kind}; {kind} is None")
        if self.x0 is not None:
            object.__setattr__(self, "x0", as_vector(self.x0, "x0"))
        if self.minimizers is not None:
            n = None if self.x0 is None else len(self.x0)
            object.__setattr__(self, "minimizers", _as_points(self.minimizers, n))

    def __repr__(self):
        kinds = [kind for kind in ("eq", "ineq") if getattr(self, kind) is not None]
        name = f": {self.name}," if self.name else ""
        return f"ConstrainedProblem{name} with {' and '.join(kinds) or 'no constraint'}"


def _as_points(value, n):
    """Points of length n, one a row; there may be none."""
    points = np.asarray(value)
    if points.ndim == 2 and len(points) == 0:
        return points.astype(float)
    points = as_real(points, "minimizers", ndim=2)
    if n is not None and points.shape[1] != n:
        raise ValueError(
            f"minimizers must have rows as long as x0, {n}; their length is {points.shape[1]}"
        )
    return points

"""A constrained problem seen from one point: its values, its derivatives, its curvature."""

from functools import cached_property

import numpy as np

from companion.jacobians import jacobian
from companion.validation import evaluate


class Local:
    """What a `ConstrainedProblem` is at the point x; each part is computed when first asked for.

    The constraints are stacked, c = (eq, ineq), and so are their multipliers, y = (λ, μ). The
    Lagrangian is then f + y·c, and its gradient g + Jᵀy.

    Attributes
    ----------
    f, g : float and array, shape (n,)
        The objective and its gradient.
    c, J : arrays, shapes (p + q,) and (p + q, n)
        The constraints and their Jacobian; a missing one is computed by `companion.jacobians`.
    v : array, shape (p + q,)
        The violation: c itself for an equality, max(c, 0) for an inequality.
    is_eq : array of bool, shape (p + q,)
        Which constraints are equalities: the first p.

    Examples
    --------
    >>> from companion.local_model import Local
    >>> from companion.problems import hs71
    >>> here = Local(hs71(), hs71().x0)
    >>> here.f, here.J.shape, here.is_eq.sum()
    (16.0, (10, 4), np.int64(1))
    """

    def __init__(self, problem, x, counts=None):
        self.problem = problem
        self.x = x
        self._counts = counts

    def at(self, x):
        """The same problem, seen from another point."""
        return Local(self.problem, x, self.counts)

    @property
    def counts(self):
        """How many constraints there are: (p, q)."""
        if self._counts is None:
            self._counts = tuple(_count(self.problem, kind, self.x) for kind in ("eq", "ineq"))
        return self._counts

    @cached_property
    def f(self):
        return float(evaluate(self.problem.f, self.x, "f", shape=()))

    @cached_property
    def g(self):
        return evaluate(self.problem.grad, self.x, "grad", shape=self.x.shape)

    @cached_property
    def c(self):
        return np.concatenate([self._values("eq"), self._values("ineq")])

    @cached_property
    def J(self):
        return np.concatenate([self._jacobian("eq"), self._jacobian("ineq")])

    @property
    def is_eq(self):
        p, q = self.counts
        return np.arange(p + q) < p

    @property
    def v(self):
        return violation(self.c, self.is_eq)

    @cached_property
    def has_values(self):
        """Whether f and c are defined here: a search may step outside their domain."""
        return bool(np.isfinite(self.x).all()) and _succeeds(lambda: (self.f, self.c))

    @cached_property
    def has_derivatives(self):
        """Whether f, c, g and J are defined here."""
        return self.has_values and _succeeds(lambda: (self.g, self.J))

    def hessian(self, y):
        """∇²(f + y·c), by central differences of the gradient; I where they leave the domain."""

        def gradient(x):
            there = self.at(x)
            return there.g + there.J.T @ y

        try:
            # A given step is not searched for kinks: H shapes the steps, and proves nothing.
            H = jacobian(gradient, self.x, step=6e-6 * np.maximum(np.abs(self.x), 1e-2))
        except (ValueError, ArithmeticError):
            return np.eye(len(self.x))
        return (H + H.T) / 2

    def _values(self, kind):
        count = self.counts[kind == "ineq"]
        if count == 0:
            return np.zeros(0)
        return evaluate(getattr(self.problem, kind), self.x, kind, shape=(count,))

    def _jacobian(self, kind):
        count, n = self.counts[kind == "ineq"], len(self.x)
        if count == 0:
            return np.zeros((0, n))
        jac = getattr(self.problem, f"{kind}_jac")
        if jac is None:
            return _differentiate(getattr(self.problem, kind), self.x)
        return evaluate(jac, self.x, f"{kind}_jac", shape=(count, n))


def start_at(problem, x0):
    """The problem at x0, where everything must be defined."""
    here = Local(problem, x0)
    _ = here.f, here.g, here.c, here.J
    return here


def violation(c, is_eq):
    """c for an equality, max(c, 0) for an inequality."""
    return np.where(is_eq, c, np.maximum(c, 0))


def convexify(H):
    """``|H|``: the eigenvectors of H, with the absolute values of its eigenvalues.

    So that the result is regular, none is less than 10⁻¹² times the largest.

    >>> from companion.local_model import convexify
    >>> import numpy as np
    >>> print(convexify(np.diag([2.0, -3.0])))
    [[2. 0.]
     [0. 3.]]
    """
    w, V = np.linalg.eigh(H)
    w = np.maximum(np.abs(w), 1e-12 * np.abs(w).max())
    return (V * w) @ V.T


def _count(problem, kind, x):
    function = getattr(problem, kind)
    if function is None:
        return 0
    value = evaluate(function, x, kind)
    if value.ndim != 1:
        raise ValueError(f"{kind} must return an array with 1 axis; its shape is {value.shape}")
    return len(value)


def _differentiate(constraint, x):
    """The Jacobian that the user did not give: exact, or by central differences if need be.

    (Forward mode raises TypeError where it meets something else than numpy.)
    """
    try:
        return jacobian(constraint, x, "forward-mode")
    except (ValueError, TypeError):
        return jacobian(constraint, x)


def _succeeds(compute):
    try:
        compute()
    except (ValueError, ArithmeticError):
        return False
    return True

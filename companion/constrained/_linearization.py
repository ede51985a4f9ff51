"""A constrained problem seen from one point: its values, its derivatives, its units."""

from functools import cached_property

import numpy as np

from companion._shared.calls import evaluate
from companion._shared.floats import EPS, norm, power_of_two
from companion.jacobians import jacobian
from companion.results import describe

# A component of x is known to be at least this part of ‖x‖: less is lost in rounding elsewhere.
SQRT_EPS = 2.0**-26


class Undefined(ValueError):
    """A function of the problem has no finite value at a point: outside its domain, say."""


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
    length : float
        The unit of x: the larger of ‖x‖ and the distance from the start. It is 0 at a start of 0.
    reach : float
        How far away something may be expected: the largest of ``length``, of the distances to the
        constraints that are violated, and of that to where f is level, as far as derivatives tell.
        Where all are 0, the distance to the nearest constraint, or 1.
    unit : array, shape (p + q,)
        The unit of each constraint: its change as x moves by one. Where that is (all but) zero, a
        violation counts as a distance of a thousand lengths.
    sizes : array, shape (n,)
        For each component the larger of ``|x_j|`` and its change since the start.
    terms : array, shape (p + q,)
        For each constraint what its terms J_ij x_j amount to, x_j being of that size, and at least
        10⁻⁸ of the length. A violation is judged by these: it is what is left when they cancel.
    least_force : float
        The same for ∇f: ‖``|∇²f|`` sizes‖. A gradient is zero when it is little beside this.
    slopes : array, shape (n,)
        What the terms of each component of ∇f amount to: ``|∇²f| sizes`` again, each entry of ∇²f
        being the lesser of here and at the start. Close to a pole of f its curvature tells nothing
        about the terms along the pole.
    curvature : float
        ‖∇²f‖.
    is_traced : bool
        Whether Hessians are exact: the derivatives that came with the problem can be traced.

    Examples
    --------
    >>> from companion.constrained._linearization import Local
    >>> from companion.problems import hs71
    >>> here = Local(hs71(), hs71().x0)
    >>> here.f, here.J.shape, here.is_eq.sum()
    (16.0, (10, 4), np.int64(1))
    """

    def __init__(self, problem, x, start=None):
        self.problem = problem
        self.x = x
        self.start = start or self

    def at(self, x):
        """The same problem, seen from another point."""
        return Local(self.problem, x, self.start)

    @property
    def counts(self):
        """How many constraints there are: (p, q)."""
        return self.start._counts

    @cached_property
    def _counts(self):
        return tuple(_count(self.problem, kind, self.x) for kind in ("eq", "ineq"))

    @cached_property
    def f(self):
        return float(_value(self.problem.f, self.x, "f", ()))

    @cached_property
    def g(self):
        return _value(self.problem.grad, self.x, "grad", self.x.shape)

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
        return bool(np.isfinite(self.x).all()) and _is_defined(lambda: (self.f, self.c))

    @cached_property
    def has_derivatives(self):
        """Whether f, c, g and J are defined here."""
        return self.has_values and _is_defined(lambda: (self.g, self.J))

    @cached_property
    def length(self):
        return max(norm(self.x), norm(self.x - self.start.x))

    @cached_property
    def reach(self):
        away = np.abs(self.v) / self.unit
        level = norm(self.g) / self.curvature if self.curvature > 0 else 0.0
        return max(self.length, away.max(initial=0), level) or self._nearest

    @cached_property
    def _nearest(self):
        """The distance to the nearest of the constraints that are not met exactly."""
        away = (np.abs(self.c) / self.unit)[self.c != 0]
        return away.min() if len(away) else 1.0

    @cached_property
    def unit(self):
        slopes = norm(self.J)
        least = np.abs(self.c) / (1000 * self.length) if self.length > 0 else 0.0
        unit = np.maximum(slopes, least)
        return np.where(unit > 0, unit, np.where(self.c != 0, np.abs(self.c), 1.0))

    @cached_property
    def sizes(self):
        return np.maximum(np.abs(self.x), np.abs(self.x - self.start.x))

    @cached_property
    def terms(self):
        return norm(self.J * np.maximum(self.sizes, SQRT_EPS * self.length))

    @cached_property
    def least_force(self):
        return norm(np.abs(self._objective_hessian) @ self.sizes)

    @cached_property
    def slopes(self):
        H, first = np.abs(self._objective_hessian), np.abs(self.start._objective_hessian)
        return np.minimum(H, first) @ self.sizes

    @cached_property
    def curvature(self):
        return norm(self._objective_hessian.ravel())

    @cached_property
    def _objective_hessian(self):
        return self.hessian(np.zeros(len(self.c)))

    def forces(self, y):
        """‖∇f‖ + Σ|y_i|‖∇c_i‖: the terms that cancel where the gradient of the Lagrangian is 0."""
        return norm(self.g) + np.abs(y) @ norm(self.J)

    def hessian(self, y, objective=1.0):
        """∇²(f + y·c): exact where the gradients can be traced, else by central differences.

        Where these leave the domain, a multiple of I that makes g as long a step as x. f may count
        less, or not at all, by ``objective``.
        """
        return self.hessian_with_error(y, objective)[0]

    def hessian_with_error(self, y, objective=1.0):
        """The same, and what part of its largest entry the error of an entry may be.

        Differences that are not symmetric have met a pole, say: their error is that at least.
        """
        if self.is_traced:
            try:
                return self._traced_hessian(y, objective), len(self.x) * EPS
            except (ValueError, TypeError, ArithmeticError):
                pass  # at a kink, say

        def gradient(x):
            there = self.at(x)
            return objective * there.g + there.J.T @ y

        length = self.length or self._nearest
        try:
            # A given step is not searched for kinks.
            step = 6e-6 * np.maximum(np.abs(self.x), length / 128)
            H = jacobian(gradient, self.x, step=step)
        except (ValueError, ArithmeticError):
            return (norm(self.g) / length or 1.0) * np.eye(len(self.x)), 1.0
        odd = np.abs(H - H.T).max()
        return (H + H.T) / 2, max(SQRT_EPS, odd / np.abs(H).max() if odd > 0 else 0.0)

    @property
    def is_traced(self):
        return self.start._is_traceable

    @cached_property
    def _is_traceable(self):
        """Whether the derivatives that the problem came with can be differentiated exactly."""
        try:
            self._traced_hessian(np.ones(len(self.c)), 1.0)
        except (ValueError, TypeError, ArithmeticError, AttributeError):
            return False
        return True

    def _traced_hessian(self, y, objective):
        parts = list(zip(("eq", "ineq"), np.split(y, self.counts[:1]), strict=True))

        def gradient(x):
            total = objective * self.problem.grad(x) if objective else 0 * x
            for kind, part in parts:
                if part.any():
                    total = total + getattr(self.problem, f"{kind}_jac")(x).T @ part
            return total

        H = jacobian(gradient, self.x, "forward-mode")
        return (H + H.T) / 2

    def _values(self, kind):
        count = self.counts[kind == "ineq"]
        if count == 0:
            return np.zeros(0)
        return _value(getattr(self.problem, kind), self.x, kind, (count,))

    def _jacobian(self, kind):
        count, n = self.counts[kind == "ineq"], len(self.x)
        if count == 0:
            return np.zeros((0, n))
        jac = getattr(self.problem, f"{kind}_jac")
        if jac is None:
            return _differentiate(getattr(self.problem, kind), self.x, kind)
        return _value(jac, self.x, f"{kind}_jac", (count, n))


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

    >>> from companion.constrained._linearization import convexify
    >>> import numpy as np
    >>> print(convexify(np.diag([2.0, -3.0])))
    [[2. 0.]
     [0. 3.]]
    """
    size = power_of_two(np.abs(H).max())
    w, V = np.linalg.eigh(H / size)
    w = np.maximum(np.abs(w), 1e-12 * np.abs(w).max())
    return size * ((V * w) @ V.T)


def _value(function, x, name, shape=None):
    """What the function returns at x; `Undefined` where that is not finite, or it raises."""
    try:
        with np.errstate(all="ignore"):
            value = function(x.copy())
    except (ValueError, ArithmeticError) as error:
        raise Undefined(
            f"{name} must be defined at x = {describe(x)}; it raised "
            f"{type(error).__name__}: {error}"
        ) from error
    value = evaluate(lambda _: value, x, name, shape=shape, finite=False)
    if not np.isfinite(value).all():
        raise Undefined(
            f"{name} must return finite values; at x = {describe(x)} it returned {describe(value)}"
        )
    return value


def _count(problem, kind, x):
    function = getattr(problem, kind)
    if function is None:
        return 0
    value = _value(function, x, kind)
    if value.ndim != 1:
        raise ValueError(f"{kind} must return an array with 1 axis; its shape is {value.shape}")
    return len(value)


def _differentiate(constraint, x, kind):
    """The Jacobian that the user did not give: exact, or by central differences if need be.

    (Forward mode raises TypeError where it meets something else than numpy.)
    """
    try:
        return jacobian(constraint, x, "forward-mode")
    except (ValueError, TypeError, ArithmeticError):
        pass
    try:
        return jacobian(constraint, x)
    except (ValueError, ArithmeticError) as error:
        raise Undefined(
            f"{kind}_jac must be given: differences find no Jacobian of {kind} at x = {describe(x)}"
        ) from error


def _is_defined(compute):
    try:
        compute()
    except Undefined:
        return False
    return True

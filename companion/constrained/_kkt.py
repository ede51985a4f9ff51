"""The Lagrangian, and the KKT conditions: how far a point is from meeting them."""

from dataclasses import astuple, dataclass

import numpy as np

from companion._shared.arguments import as_vector
from companion._shared.floats import norm
from companion.constrained._linearization import Local
from companion.problems import ConstrainedProblem


def lagrangian(problem, x, lam, mu):
    """L(x, λ, μ) = f(x) + λ·eq(x) + μ·ineq(x) (eq:lagrangian).

    Parameters
    ----------
    problem : ConstrainedProblem
        Minimize f(x) subject to eq(x) = 0 and ineq(x) ≤ 0.
    x : array, shape (n,)
        The point.
    lam, mu : arrays, shapes (p,) and (q,)
        A multiplier for each equality, and for each inequality; empty or None where there are none.

    Returns
    -------
    float
        L(x, λ, μ).

    Raises
    ------
    ValueError
        If x, lam or mu is not as above, or the problem is not defined at x.

    Examples
    --------
    >>> from companion.constrained import lagrangian
    >>> from companion.problems import ConstrainedProblem
    >>> import numpy as np
    >>> disc = ConstrainedProblem(
    ...     f=lambda x: x[0], grad=lambda x: np.array([1.0, 0.0]), ineq=lambda x: x[:1] ** 2 - 1
    ... )
    >>> print(lagrangian(disc, [2, 0], None, [0.5]))
    3.5

    References
    ----------
    J. Nocedal and S. J. Wright, *Numerical Optimization*, 2nd ed., Section 12.3.
    """
    here, y = _checked(problem, x, lam, mu)
    return float(here.f + y @ here.c)


def kkt_residuals(problem, x, lam, mu):
    """How far x, with the multipliers λ and μ, is from the four KKT conditions (eq:kkt).

    Parameters
    ----------
    problem : ConstrainedProblem
        Minimize f(x) subject to eq(x) = 0 and ineq(x) ≤ 0.
    x : array, shape (n,)
        The point.
    lam, mu : arrays, shapes (p,) and (q,)
        The multipliers of eq and of ineq; empty or None where there are none.

    Returns
    -------
    KKTResiduals
        All zero where the conditions hold. ``.max`` is the largest.

    Raises
    ------
    ValueError
        If x, lam or mu is not as above, or the problem is not defined at x.

    Examples
    --------
    The lowest point of x₁ + x₂ on the unit circle; its multiplier is 1/√2.

    >>> from companion.constrained import kkt_residuals
    >>> from companion.problems import ConstrainedProblem
    >>> import numpy as np
    >>> circle = ConstrainedProblem(
    ...     f=lambda x: x.sum(), grad=np.ones_like,
    ...     eq=lambda x: np.array([x @ x - 1]), eq_jac=lambda x: 2 * x[None],
    ... )
    >>> x = -np.ones(2) / np.sqrt(2)
    >>> print(kkt_residuals(circle, x, [np.sqrt(0.5)], None).max < 1e-15)
    True
    >>> print(f"{kkt_residuals(circle, x, [0.5], None).stationarity:.4f}")
    0.1716

    References
    ----------
    J. Nocedal and S. J. Wright, *Numerical Optimization*, 2nd ed., Theorem 12.1.
    """
    here, y = _checked(problem, x, lam, mu)
    return residuals(here, y, 0.0 if y.any() else here.least_force)


@dataclass(frozen=True, repr=False)
class KKTResiduals:
    """What is left of the KKT conditions at (x, λ, μ), as a share of the terms that cancel in it.

    None has a unit, so that f, a constraint or x in other units changes none of them. They lie
    between 0, where a condition holds, and 1, where nothing cancels. The terms are those of
    ∇ₓL = ∇f + Σ yᵢ∇cᵢ, whose sizes add up to S = ‖∇f‖ + Σ ``|yᵢ|``‖∇cᵢ‖ with the multipliers
    y = (λ, μ), and those of cᵢ, Tᵢ = ‖(∂cᵢ/∂xⱼ xⱼ)ⱼ‖.

    Attributes
    ----------
    stationarity : float
        ‖∇ₓL‖ / S. Where all y are 0, S is at least ‖``|∇²f||x|``‖: terms that cancel in ∇f itself.
    primal : float
        The largest violation of a constraint, each divided by its Tᵢ.
    dual : float
        The largest −μ_j‖∇c_j‖ / S.
    complementarity : float
        The largest ``|μ_j c_j|`` / (S ‖x‖), c_j being that inequality.

    In the ``residuals`` of a result, what may vanish at a solution is replaced by what it was on
    the way there: for ``|xⱼ|`` stands the larger of it and its change since the start, for ‖x‖ the
    larger of it and the distance from the start, and S is at least ‖``|∇²f||x|``‖.
    """

    stationarity: float
    primal: float
    dual: float
    complementarity: float

    @property
    def max(self):
        """The largest of the four."""
        return max(astuple(self))

    def __repr__(self):
        return (
            f"KKTResiduals: stationarity {self.stationarity:.1e}, primal {self.primal:.1e}, "
            f"dual {self.dual:.1e}, complementarity {self.complementarity:.1e}"
        )


def residuals(here, y, least=0.0):
    """The `KKTResiduals` at `here`, a `Local`, with y = (λ, μ), where S is at least `least`."""
    forces = max(here.forces(y), least)
    slopes, is_ineq = norm(here.J), ~here.is_eq
    mu, ineq = y[is_ineq], here.c[is_ineq]
    return KKTResiduals(
        stationarity=largest_share(norm(here.g + here.J.T @ y), forces),
        primal=largest_share(np.abs(here.v), here.terms),
        dual=largest_share(np.maximum(-mu, 0) * slopes[is_ineq], forces),
        complementarity=largest_share(np.abs(mu * ineq), forces * here.length),
    )


def largest_share(parts, wholes):
    """The largest part/whole; 0 for a part of 0, and 1 where a part exceeds its whole."""
    parts, wholes = np.broadcast_arrays(np.atleast_1d(parts), wholes)
    left = parts != 0
    return float((parts[left] / np.maximum(parts, wholes)[left]).max(initial=0))


def _checked(problem, x, lam, mu):
    """The problem at x and the stacked multipliers y = (λ, μ)."""
    if not isinstance(problem, ConstrainedProblem):
        raise ValueError(f"problem must be a ConstrainedProblem; it is {problem!r}")
    here = Local(problem, as_vector(x, "x"))
    parts = [
        np.zeros(0)
        if count == 0 and (value is None or np.shape(value) == (0,))
        else as_vector(value, name, size=count)
        for value, name, count in zip((lam, mu), ("lam", "mu"), here.counts, strict=True)
    ]
    return here, np.concatenate(parts)

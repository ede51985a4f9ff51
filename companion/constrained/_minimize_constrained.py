"""The door to the solvers."""

import numpy as np

from companion._shared.arguments import as_choice, as_count, as_positive, as_vector
from companion.constrained._augmented_lagrangian import augmented_lagrangian
from companion.constrained._sqp import sqp
from companion.problems import ConstrainedProblem

METHODS = {"sqp": sqp, "augmented-lagrangian": augmented_lagrangian}


def minimize_constrained(problem, x0, *, method="sqp", tol=1e-8, max_iter=200):
    """Minimize f(x) subject to eq(x) = 0 and ineq(x) ≤ 0; certify it by the multipliers.

    The result is a point where the KKT conditions hold (eq:kkt). Only for a convex problem does
    that make it the minimum; for others it may be a local one, or a saddle.

    Parameters
    ----------
    problem : ConstrainedProblem
        f, grad, and the constraints. A Jacobian that is missing is computed by differences.
    x0 : array, shape (n,)
        The start, feasible or not. f, the constraints and their derivatives must be defined there.
    method : str
        ``"sqp"``, by quadratic programs (``_sqp``), or ``"augmented-lagrangian"``, by
        unconstrained minimizations (``_augmented_lagrangian``).
    tol : float
        Converged when the next step of Newton's method on the KKT conditions is at most tol times
        the larger of ‖x‖ and ‖x − x0‖, and has all but settled the multipliers; where rounding
        hides the curvature, the slope of L must be at most tol of the forces that the constraints
        exert, or rounding as well; the step must leave less than 1/e of that slope, as near a
        pole of f it would not; ``residuals.max`` is at most tol; and so is the worth of what
        violation is left, ``|λ_i eq_i|`` beside the terms of ∇f times that length. All of these
        are plain numbers: f, a constraint or x in other units changes no verdict. (A start at 0
        gives x no unit until the first step.)
    max_iter : int
        The largest number of steps: each a quadratic program, or a minimization.

    Returns
    -------
    KKTResult
        x, fun, lam, mu and the residuals of the KKT conditions. Its status is

        - CONVERGED: they hold to within tol, and f is not above that of a feasible start;
        - INFEASIBLE: constraints are violated at x, and to first order nothing nearby is better;
        - UNBOUNDED: on a ray from x all is feasible, and f falls ever more, by 10⁵⁰ times what it
          falls at first, or to −∞;
        - STALLED: no step helps, for instance where no multipliers exist, as at a cusp;
        - DIVERGED: x grew without limit;
        - MAX_ITER.

    Raises
    ------
    ValueError
        If an argument is not as above; if a function of the problem returns something of the
        wrong shape or type, or at x0 something not finite.

    Examples
    --------
    The lowest point of x₁ + x₂ on the unit disc, and its price:

    >>> from companion.constrained import ConstrainedProblem, minimize_constrained
    >>> import numpy as np
    >>> disc = ConstrainedProblem(
    ...     f=lambda x: x.sum(), grad=np.ones_like, ineq=lambda x: np.array([x @ x - 1])
    ... )
    >>> result = minimize_constrained(disc, [1, 0])
    >>> print(np.round(result.x, 6), np.round(result.mu, 6), result.residuals.max <= 1e-8)
    [-0.707107 -0.707107] [0.707107] True

    References
    ----------
    J. Nocedal and S. J. Wright, *Numerical Optimization*, 2nd ed., Chapters 17 and 18.
    """
    if not isinstance(problem, ConstrainedProblem):
        raise ValueError(f"problem must be a ConstrainedProblem; it is {problem!r}")
    x0 = as_vector(x0, "x0")
    solve = METHODS[as_choice(method, "method", tuple(METHODS))]
    tol, max_iter = as_positive(tol, "tol"), as_count(max_iter, "max_iter")
    # Trial points may lie so far out that norms overflow; they are then refused.
    with np.errstate(over="ignore", invalid="ignore"):
        return solve(problem, x0, tol, max_iter)

"""A problem with constraints that textbooks share."""

import numpy as np

from companion.problems._problem import ConstrainedProblem

# ---------------------------------------------------------------------------------------------
# With constraints, from the collection of Hock and Schittkowski


def hs71():
    """Hock and Schittkowski's problem 71: minimize x₁x₄(x₁ + x₂ + x₃) + x₃.

    Subject to x₁² + x₂² + x₃² + x₄² = 40, x₁x₂x₃x₄ ≥ 25 and 1 ≤ xᵢ ≤ 5.

    Returns
    -------
    ConstrainedProblem
        With start (1, 5, 5, 1) and f = 17.0140173 at the minimizer. ineq, shape (9,), holds
        25 − x₁x₂x₃x₄, then 1 − xᵢ, then xᵢ − 5; the first two are active at the minimizer.

    Examples
    --------
    >>> from companion.problems import hs71
    >>> problem = hs71()
    >>> print(f"{problem.f(problem.minimizers[0]):.7f}")
    17.0140173

    References
    ----------
    W. Hock and K. Schittkowski, *Test Examples for Nonlinear Programming Codes*, Springer, 1981,
    problem 71.
    """

    def f(x):
        x1, x2, x3, x4 = x
        return x1 * x4 * (x1 + x2 + x3) + x3

    def grad(x):
        x1, x2, x3, x4 = x
        return np.stack([x4 * (2 * x1 + x2 + x3), x1 * x4, x1 * x4 + 1, x1 * (x1 + x2 + x3)])

    def eq(x):
        return np.stack([(x**2).sum(axis=0) - 40])

    def ineq(x):
        x1, x2, x3, x4 = x
        return np.concatenate([np.stack([25 - x1 * x2 * x3 * x4]), 1 - x, x - 5])

    def eq_jac(x):
        return np.stack([2 * x])

    def ineq_jac(x):
        x1, x2, x3, x4 = x
        product = np.array([x2 * x3 * x4, x1 * x3 * x4, x1 * x2 * x4, x1 * x2 * x3])
        return np.vstack([-product, -np.eye(4), np.eye(4)])

    minimizer = [1, 4.742999637264417, 3.821149984184874, 1.3794082931726724]
    return ConstrainedProblem(
        f, grad, eq, eq_jac, ineq, ineq_jac, name="HS71", x0=[1, 5, 5, 1], minimizers=[minimizer]
    )

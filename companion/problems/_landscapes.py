"""Functions with several critical points, or a degenerate one."""

import numpy as np

from companion._shared.arguments import as_count
from companion.problems._problem import Problem


def monkey_saddle():
    """A saddle with room for a tail: f(x) = x₁³ − 3 x₁x₂².

    At its critical point 0 the Hessian is the zero matrix, which decides nothing.

    Returns
    -------
    Problem
        With n = 2 and no minimizer.

    Examples
    --------
    >>> from companion.problems import monkey_saddle
    >>> f = monkey_saddle()
    >>> print(f(f.x0))
    0.25

    References
    ----------
    D. Hilbert and S. Cohn-Vossen, *Geometry and the Imagination*, Section 29.
    """

    def f(x):
        x1, x2 = x
        return x1**3 - 3 * x1 * x2**2

    def grad(x):
        x1, x2 = x
        return np.stack([3 * x1**2 - 3 * x2**2, -6 * x1 * x2])

    def hess(x):
        x1, x2 = x
        return np.array([[6 * x1, -6 * x2], [-6 * x2, -6 * x1]])

    return Problem("monkey saddle", f, grad, hess, [1, 0.5], np.empty((0, 2)))


def hill_and_hollow():
    """A hill, a hollow, two passes: f(x) = 2x₁³ + 3x₁²x₂ + 6x₁x₂² + x₂³ − 6x₁ − 3x₂.

    f and its gradient are those of (eq:hill-and-hollow), H that of (eq:hill-and-hollow-hessian).

    The critical points are a minimum at (1, 0), a maximum at (−1, 0), and saddles at (0, 1) and
    (0, −1). Both extrema are only local: along x₁ the function falls, and grows, without bound.

    Returns
    -------
    Problem
        With n = 2 and the local minimizer (1, 0).

    Examples
    --------
    >>> from companion.problems import hill_and_hollow
    >>> f = hill_and_hollow()
    >>> print(f(f.minimizers[0]), f(-f.minimizers[0]))
    -4.0 4.0

    References
    ----------
    J. Nocedal and S. J. Wright, *Numerical Optimization*, 2nd ed., Section 2.1, for what makes a
    minimizer local.
    """

    def f(x):
        x1, x2 = x
        cubic = 2 * x1**3 + 3 * x1**2 * x2 + 6 * x1 * x2**2 + x2**3
        return cubic - 6 * x1 - 3 * x2

    def grad(x):
        x1, x2 = x
        squares, product = x1**2 + x2**2 - 1, x1 * x2
        return np.stack([6 * (squares + product), 3 * (squares + 4 * product)])

    def hess(x):
        x1, x2 = x
        along, across = 12 * x1 + 6 * x2, 6 * x1 + 12 * x2
        return np.array([[along, across], [across, along]])

    return Problem("hill and hollow", f, grad, hess, [1, 0.5], [[1, 0]])


def rastrigin(n=2):
    """A bowl with many local minima: f(x) = Σ (xᵢ² + 10 − 10 cos 2πxᵢ).

    Parameters
    ----------
    n : int

    Returns
    -------
    Problem
        With minimizer 0, and a local one near every point with integer coordinates close by.

    Examples
    --------
    >>> from companion.problems import rastrigin
    >>> f = rastrigin()
    >>> print(f"{f(f.x0):.4f}")
    21.8997

    References
    ----------
    H. Mühlenbein, M. Schomisch and J. Born, "The parallel genetic algorithm as function
    optimizer", Parallel Computing 17 (1991).
    """
    n = as_count(n, "n")

    def f(x):
        return (x**2 + 10 - 10 * np.cos(2 * np.pi * x)).sum(axis=0)

    def grad(x):
        return 2 * x + 20 * np.pi * np.sin(2 * np.pi * x)

    def hess(x):
        return np.diag(2 + 40 * np.pi**2 * np.cos(2 * np.pi * x))

    return Problem("Rastrigin", f, grad, hess, np.resize([2.2, -1.8], n), np.zeros((1, n)))

"""Least squares by gradient steps."""

from math import sqrt

import numpy as np
from numpy.linalg import norm

from companion._shared.arguments import as_count, as_positive
from companion._shared.floats import EPS
from companion._shared.floats import norm as length
from companion.least_squares._golub_kahan import Bidiagonalization, most_vectors
from companion.least_squares._linear_systems import Operator, as_iteration, ending, probe
from companion.results import History, Status


def gradient_descent(A, b, epsilon=None, *, x0=None, tol=1e-10, max_iter=100_000):
    """Minimize ½‖Ax − b‖² (eq:least-squares) by gradient steps of fixed length.

    The gradient is Aᵀ(Ax − b) (eq:ls-gradient). With a step ε and a tolerance δ: repeat x ← β while
    α > δ, where α = ‖AᵀAx − Aᵀb‖ (eq:ls-alpha) and β = x − ε(AᵀAx − Aᵀb) (eq:ls-beta). It converges
    for 0 < ε < 2/σ² (eq:ls-range), where σ is the largest singular value of A.

    At a distance d from the solution, along a direction of curvature c, the gradient is α = c d. So
    α ≤ δ says that d ≤ ``tol`` ‖x‖, in any units, if δ = c ``tol`` ‖x‖, and that is δ here. The
    curvature c is that along the last gradient, known from how much it fell. Near the end that is
    the flattest of the directions that are still wrong, and d the distance to the solution. There
    may be flatter ones, which the gradient hardly shows. So x must also be exact for a matrix that
    differs from A by no more than ``tol``: α ≤ ``tol`` a ‖Ax − b‖, where a ≤ σ is ‖Ag‖/‖g‖ for the
    first gradient g; unless Ax − b is small beside b.

    Parameters
    ----------
    A : array, shape (m, n)
        Any shape and rank; or anything with ``.shape``, ``@`` and ``.T``, such as a sparse matrix.
    b : array, shape (m,)
        The right-hand side.
    epsilon : float, optional
        The step, positive. Default: 1/σ². Where only products with A are known, σ comes from 30
        steps of the Golub–Kahan process, which all but surely keep ε below 2/σ².
    x0 : array, shape (n,), optional
        The start. Default: zero, from which the iterates lead to the solution of least norm.
    tol : float
        Tolerance on the distance to the solution, relative to ‖x‖.
    max_iter : int
        Most steps.

    Returns
    -------
    Result
        ``CONVERGED`` if α ≤ δ at x (where Aᵀb is zero, so that x is too, with the machine epsilon
        times ‖x0‖ for ``tol`` ‖x‖); ``DIVERGED``, with the iterates up to there, before α would
        rise above 10⁸ times its first value, or where it has grown when the steps run out;
        ``STALLED`` where a step no longer changes x. Rounding in AᵀAx hides what is wrong along
        directions with singular values below some 10⁻⁸ σ, and keeps δ out of reach where there are
        any below 10⁻³ σ, unless ``tol`` is larger than its default.

    Raises
    ------
    ValueError
        If A, b or x0 is not real, finite and of fitting shape, or epsilon, tol or max_iter is not
        positive, or x or ½‖b‖² is out of the range of doubles, or x0 10¹⁰⁰ times too far away.

    References
    ----------
    I. Goodfellow, Y. Bengio and A. Courville, Deep Learning (MIT Press, 2016), section 4.5.

    Examples
    --------
    >>> import numpy as np
    >>> from companion.least_squares import gradient_descent
    >>> A, b = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), np.array([1.0, 3.0, 5.0])
    >>> result = gradient_descent(A, b)
    >>> print(result.status.name, np.round(result.x, 6))
    CONVERGED [1. 2.]
    >>> print(gradient_descent(A, b, 0.5).status.message)
    The iterates grew without limit. Try a shorter step.
    """
    system, x = as_iteration(A, b, x0)
    A, b, p = system.A, system.b, system.p
    if epsilon is None:
        epsilon = _default_step(A)
    else:
        with np.errstate(all="ignore"):
            epsilon = np.ldexp(as_positive(epsilon, "epsilon"), 2 * p)
    tol = as_positive(tol, "tol")
    max_iter = as_count(max_iter, "max_iter")
    Atb = A.T @ b

    def gradient(x):
        return A.T @ (A @ x) - Atb

    with np.errstate(all="ignore"):
        g = gradient(x)
        alpha = first = norm(g)
        slope = norm(A @ (g / alpha)) if alpha > 0 else 0.0
        # Where Aᵀb = 0, x = 0 has no size to be compared with.
        least = 0.0 if Atb.any() else EPS * norm(x)

        def tolerance(x, curvature):
            delta = curvature * max(tol * sqrt(x @ x), least)
            if alpha <= delta and Atb.any():
                misfit = length(A @ x - b)
                if misfit > tol * length(b):
                    return min(delta, tol * slope * misfit)
            return delta

        delta = tolerance(x, slope**2)
        # I − εAᵀA is symmetric: α grows only if one of its eigenvalues is below −1.
        runaway = 1e8 * max(first, norm(Atb))
        path = History()
        path.append(x)
        while not alpha <= delta:
            if path.count > max_iter:
                status = Status.DIVERGED if alpha > first else Status.MAX_ITER
                break
            beta = x - epsilon * g
            if np.array_equal(beta, x):
                status = Status.STALLED
                break
            last, g = g, gradient(beta)
            curvature = last @ (last - g) / (epsilon * alpha**2)
            x, alpha = beta, sqrt(g @ g)
            if not alpha <= runaway:
                status = Status.DIVERGED
                break
            path.append(x)
            delta = tolerance(x, curvature)
        else:
            status = Status.CONVERGED
    return ending(system, status, path)


def _default_step(A):
    if isinstance(A, Operator):
        basis = Bidiagonalization(A, probe(A.shape[0]))
        while basis.k < min(30, most_vectors(A)) and basis.norm_Atb * basis.alphas[-1] > 0:
            basis.grow()
        sigma = basis.largest_singular_value() if basis.k else 0.0
    else:
        sigma = norm(A, 2)
    return 1 / sigma**2 if sigma > 0 else 1.0  # with A = 0 no step is taken

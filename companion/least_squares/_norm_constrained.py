"""Least squares under a bound on the norm: minimize ½‖Ax − b‖² subject to xᵀx ≤ radius²."""

from dataclasses import dataclass

import numpy as np
from numpy.linalg import norm

from companion._shared.arguments import as_choice, as_count, as_positive
from companion._shared.floats import EPS
from companion.least_squares._golub_kahan import Bidiagonalization, most_vectors, solve_in_krylov
from companion.least_squares._linear_systems import as_system, rescaled
from companion.least_squares._regularized import RegularizedLeastSquares
from companion.results import Report, Status

KRYLOV_TOL = 1e-9
SHORTEST = 1e-50  # the radius, where 1 is as long as b over the largest entry of A


@dataclass(frozen=True, repr=False, eq=False)
class NormConstrained(Report):
    """The least squares solution within a ball, and the multiplier that proves it.

    Attributes
    ----------
    x : array, shape (n,)
        The minimizer.
    lam : float
        The multiplier λ ≥ 0 of L(x, λ) = ½‖Ax − b‖² + λ(xᵀx − radius²).
    fun : float
        ½‖Ax − b‖².
    active : bool
        Whether the constraint holds x back: λ > 0 and ‖x‖ = radius.
    status : Status
        ``CONVERGED`` if the optimality conditions, computed anew at x, hold to the tolerance.
    n_iter : int
        Steps in λ for "newton" and "dual-ascent"; size of the basis for "golub-kahan".
    path : array, shape (n_iter + 1, 2)
        Rows (λ, ‖x(λ)‖), the last one for the solution. For "golub-kahan" row k is the solution
        within the first k vectors of its basis.
    """

    x: np.ndarray
    lam: float
    fun: float
    active: bool
    status: Status
    n_iter: int
    path: np.ndarray


def norm_constrained(A, b, radius=1.0, *, method="newton", tol=None, max_iter=None):
    """Minimize ½‖Ax − b‖² subject to xᵀx ≤ radius².

    If the minimum-norm solution A⁺b lies within the radius, it is the answer, and λ = 0. Otherwise
    the gradient of the Lagrangian (eq:ls-lagrangian) by x is zero (eq:ls-stationarity): the answer
    is x(λ) = (AᵀA + 2λI)⁻¹Aᵀb (eq:ls-solution) for the one λ > 0 with ‖x(λ)‖ = radius. The methods
    differ in how they look for λ. It is a price: with F the least value of f, dF/d(radius²) = −λ
    (eq:ls-price). A step that may be no longer than radius is such a problem (eq:leashed-step).

    "newton" takes Newton's steps on 1/‖x(λ)‖ = 1/radius, which is nearly linear in λ, and mostly
    needs a handful. "dual-ascent" climbs along the derivative ∂L/∂λ = xᵀx − radius²
    (eq:ls-dual-gradient) until it is zero: it takes longer, and shows the way. Both rest on a
    singular value decomposition of A, so no digit is lost to AᵀA. "golub-kahan" is for large sparse
    matrices and operators. It solves the problem within the Krylov space of AᵀA and Aᵀb, by
    Newton's steps on a small bidiagonal matrix, and enlarges the space until the whole problem is
    solved.

    Parameters
    ----------
    A : array, shape (m, n)
        Any shape and rank. For "golub-kahan" also anything with ``.shape``, ``@`` and ``.T``, such
        as a sparse matrix.
    b : array, shape (m,)
        The right-hand side.
    radius : float
        The bound on ‖x‖, positive.
    method : {"newton", "dual-ascent", "golub-kahan"}
        How λ is found.
    tol : float, optional
        Tolerance on ‖AᵀAx − Aᵀb + 2λx‖ relative to the terms that cancel in it, ‖Aᵀb‖ and
        ‖A‖‖Ax − b‖; on ‖x‖ − radius relative to the radius; for "golub-kahan" also on the step from
        x to the solution, as it estimates it, relative to ‖x‖. Default: as far as rounding allows,
        the machine epsilon times 100 + max(m, n), relative to ‖A‖(‖A‖‖x‖ + ‖b‖) and the radius.
        The default of "golub-kahan" is 1e-9, or what rounding allows, whichever is larger.
    max_iter : int, optional
        Most steps. Default: 100 for "newton", 10 000 for "dual-ascent"; for "golub-kahan"
        min(m, n), or as many as keep its basis, 8n bytes a step, below 1 GB.

    Returns
    -------
    NormConstrained
        The solution, with λ and the path that led to it.

    Raises
    ------
    ValueError
        If A is not a real, finite matrix, b does not fit it, radius, tol or max_iter is not
        positive, the method is unknown, A is sparse or an operator and the method needs an array,
        x, λ or ½‖b‖² is out of the range of doubles, or the radius is below 1e-50 of ‖b‖/‖A‖.

    Notes
    -----
    A, b and the radius may have any units: a power of two as a factor changes no step. Singular
    values of A below the machine epsilon times √(mn), relative to the largest, count as zero.
    "golub-kahan" waits until x is exact for a matrix that differs from A by less than ``tol``, too,
    since it cannot see directions in which Aᵀb has next to nothing; and with a condition number
    beyond ``tol`` over the machine epsilon, and hardly any constraint, it ends ``STALLED`` for want
    of digits.

    References
    ----------
    A. R. Conn, N. I. M. Gould and Ph. L. Toint, Trust-Region Methods (SIAM, 2000), section 7.3.

    Examples
    --------
    >>> import numpy as np
    >>> from companion.least_squares import norm_constrained
    >>> solution = norm_constrained(np.array([[2.0, 0.0], [0.0, 1.0]]), np.array([2.0, 3.0]))
    >>> solution.active, solution.converged
    (True, True)
    >>> print(f"x = {np.round(solution.x, 4)}, λ = {solution.lam:.4f}")
    x = [0.5943 0.8042], λ = 1.3652
    """
    find = METHODS[as_choice(method, "method", tuple(METHODS))]
    system = as_system(A, b, operators=method == "golub-kahan")
    A, b, p, q = system.A, system.b, system.p, system.q
    rescaled(b @ b / 2, 2 * q, "b", "½‖b‖²")
    radius = as_positive(radius, "radius")
    tol = None if tol is None else as_positive(tol, "tol")
    max_iter = None if max_iter is None else as_count(max_iter, "max_iter")
    most = max_iter or MOST[method](A)
    with np.errstate(all="ignore"):
        r_hat = np.ldexp(radius, p - q)
        if r_hat < SHORTEST and b.any():
            raise ValueError(f"radius must be rescaled, or longer; it is {radius:g}")
        x, path, norm_A, error, complete = find(A, b, r_hat, tol, most)
        lam = float(path[-1][0])
        r = A @ x - b
        stationarity = norm(A.T @ r + 2 * lam * x)
        limit, slack = _tolerances(A, b, x, r, norm_A, tol, method)
        gap = norm(x) - r_hat if lam == 0 else abs(norm(x) - r_hat)
        if stationarity <= limit and max(gap / r_hat, error) <= slack:
            status = Status.CONVERGED
        else:
            status = Status.STALLED if complete else Status.MAX_ITER
        path = np.ldexp(path, [2 * p, q - p])
    return NormConstrained(
        system.x(x),
        float(rescaled(lam, 2 * p, "A", "λ")),
        float(np.ldexp(r @ r / 2, 2 * q)),
        lam > 0,
        status,
        len(path) - 1,
        path,
    )


# Each way to find λ returns x, its path, ‖A‖, the relative error of x as far as it is known, and
# whether that is not for want of steps.


def _newton(A, b, radius, tol, max_iter):
    problem = RegularizedLeastSquares(A, b)
    # Each term alone keeps ‖x(λ)‖ ≥ sᵢ|cᵢ|/(sᵢ² + 2λ) above the radius up to some λ.
    bounds = problem.s * (abs(problem.c) / radius - problem.s) / 2
    start = float(np.max(bounds, initial=0.0))
    y, path = solve_secular(problem.solve, radius, start, tol=tol or 8 * EPS, max_iter=max_iter)
    return problem.V @ y, path, problem.norm_A, 0.0, len(path) <= max_iter


def solve_secular(solve, radius, lam, *, tol, max_iter):
    """Newton's method for 1/‖x(λ)‖ = 1/radius, or λ = 0 where ‖x(0)‖ is less than the radius.

    Its step is (eq:ls-newton).

    The function is increasing and concave in λ, so that, but for rounding, steps from the left of
    the root do not pass it, and a step from the right leads to the left.

    Parameters
    ----------
    solve : callable
        λ ↦ (y, q) with ‖y‖ = ‖x(λ)‖ and ‖q‖² = xᵀ(AᵀA + 2λI)⁻¹x.
    radius : float
        The norm that x(λ) shall have.
    lam : float
        Where to start.
    tol : float
        Tolerance on ‖x(λ)‖ relative to the radius.
    max_iter : int
        Most steps.

    Returns
    -------
    y : array
        The coefficients of x(λ) at the last λ.
    path : list of (float, float)
        Rows (λ, ‖x(λ)‖).

    Examples
    --------
    >>> import numpy as np
    >>> from companion.least_squares._norm_constrained import solve_secular
    >>> s, c = np.array([2.0, 1.0]), np.array([2.0, 3.0])
    >>> def solve(lam):
    ...     y = s * c / (s**2 + 2 * lam)
    ...     return y, y / np.sqrt(s**2 + 2 * lam)
    >>> y, path = solve_secular(solve, 1.0, 0.0, tol=1e-12, max_iter=50)
    >>> for lam, norm_x in path:
    ...     print(f"{lam:.6f} {norm_x:.6f}")
    0.000000 3.162278
    1.168799 1.098311
    1.363258 1.000857
    1.365152 1.000000
    1.365153 1.000000
    """
    path = []
    while True:
        y, q = solve(lam)
        norm_x = norm(y)
        path.append((lam, norm_x))
        gap = norm_x - radius
        settled = abs(gap) <= tol * radius or (lam == 0 and gap <= 0)
        # The gap falls at every step until it is nothing but rounding.
        stuck = len(path) > 1 and not abs(gap) < abs(path[-2][1] - radius)
        if settled or stuck or len(path) > max_iter:
            return y, path
        # d(1/‖x‖)/d(2λ) = ‖q‖²/‖x‖³
        lam = max(0.0, lam + (norm_x / norm(q)) ** 2 * gap / radius / 2)


def _dual_ascent(A, b, radius, tol, max_iter):
    problem = RegularizedLeastSquares(A, b)
    tol = tol or 8 * EPS
    lam, path = 0.0, []
    # The slope of L(x(λ), λ) falls by 4‖q‖² per unit of λ, fastest at λ = 0: a safe first step.
    step = 1 / (4 * norm(problem.solve(lam)[1]) ** 2)
    while True:
        norm_x = norm(problem.solve(lam)[0])
        path.append((lam, norm_x))
        gap = norm_x - radius
        settled = abs(gap) <= tol * radius or (lam == 0 and gap <= 0)
        if settled or len(path) > max_iter:
            return problem.x(lam), path, problem.norm_A, 0.0, settled
        if len(path) > 1:
            # Longer while it climbs, shorter once it has passed the top.
            step *= 0.5 if gap * (path[-2][1] - radius) < 0 else 2
        lam = max(0.0, lam + step * (norm_x**2 - radius**2))  # ∂L/∂λ = xᵀx − radius²


def _golub_kahan(A, b, radius, tol, max_iter):
    tol = tol or KRYLOV_TOL
    basis = Bidiagonalization(A, b)
    path = [(0.0, 0.0)]

    def choose(basis):
        # ‖x(λ)‖ grows with the space, so the last λ lies to the left of the next.
        y, steps = solve_secular(basis.solve, radius, path[-1][0], tol=tol / 10, max_iter=100)
        path.append(steps[-1])
        return y, path[-1][0]

    y, error, complete = solve_in_krylov(basis, choose, tol, max_iter)
    return basis.V @ y, path, basis.norm_A(), error, complete


METHODS = {"newton": _newton, "dual-ascent": _dual_ascent, "golub-kahan": _golub_kahan}
MOST = {"newton": lambda A: 100, "dual-ascent": lambda A: 10_000, "golub-kahan": most_vectors}


def _tolerances(A, b, x, r, norm_A, tol, method):
    """Limits on the stationarity (absolute), and on lengths (relative to the radius or to ‖x‖)."""
    lowest = 0.0
    if tol is None:
        rounding = EPS * (100 + max(A.shape))
        lowest = rounding * norm_A * (norm_A * norm(x) + norm(b))
        tol = max(rounding, KRYLOV_TOL) if method == "golub-kahan" else rounding
    return max(tol * (norm(A.T @ b) + norm_A * norm(r)), lowest), tol

"""Least squares under a bound on the norm: minimize ½‖Ax − b‖² subject to xᵀx ≤ radius²."""

from dataclasses import dataclass

import numpy as np
from numpy.linalg import norm

from companion.golub_kahan import Bidiagonalization
from companion.regularized import RegularizedLeastSquares
from companion.results import Report, Status
from companion.validation import (
    as_choice,
    as_count,
    as_matrix,
    as_positive,
    as_vector,
    in_range,
)

EPS = float(np.finfo(float).eps)
KRYLOV_TOL = 1e-9
KRYLOV_BYTES = 1_000_000_000


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
    differ in how they look for λ.

    "newton" takes Newton's steps on 1/‖x(λ)‖ = 1/radius, which is nearly linear in λ, and needs a
    handful. "dual-ascent" climbs along the derivative ∂L/∂λ = xᵀx − radius² (eq:ls-dual-gradient)
    until it is zero: it takes longer, and shows the way. Both rest on a singular value
    decomposition of A, so no digit is lost to AᵀA. "golub-kahan" is for large sparse matrices and
    operators. It solves the problem within the Krylov space of AᵀA and Aᵀb, by Newton's steps on a
    small bidiagonal matrix, and enlarges the space until the whole problem is solved.

    Parameters
    ----------
    A : array, shape (m, n)
        Any shape and rank. For "golub-kahan" also anything with ``.shape``, ``@`` and ``.T``.
    b : array, shape (m,)
        The right-hand side.
    radius : float
        The bound on ‖x‖, positive.
    method : {"newton", "dual-ascent", "golub-kahan"}
        How λ is found.
    tol : float, optional
        Tolerance on ‖AᵀAx − Aᵀb + 2λx‖ relative to ‖Aᵀb‖, and on ‖x‖ − radius relative to the
        radius. Default: as far as rounding allows, that is, the machine epsilon times
        100 + max(m, n), relative to ‖A‖(‖A‖‖x‖ + ‖b‖) and to the radius. The default of
        "golub-kahan" is 1e-9, or what rounding allows, whichever is larger.
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
        positive, the method is unknown, A is an operator and the method needs an array, or the
        largest magnitude in A or b is out of range (1e-50 to 1e50), or the radius below it.

    Notes
    -----
    Singular values of A below the machine epsilon times max(m, n), relative to the largest, count
    as zero, except for "golub-kahan", which never sees them: with a condition number beyond 10⁸ and
    hardly any constraint, it may end ``STALLED`` for want of digits.

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
    A = _as_matrix_or_operator(A, method)
    b = in_range(as_vector(b, "b", size=A.shape[0]), "b")
    radius = in_range(as_positive(radius, "radius"), "radius", most=np.inf)
    tol = None if tol is None else as_positive(tol, "tol")
    max_iter = None if max_iter is None else as_count(max_iter, "max_iter")
    with np.errstate(all="ignore"):
        x, path, norm_A, exhausted = find(A, b, radius, tol, max_iter)
        lam = float(path[-1][0])
        r = A @ x - b
        stationarity = norm(A.T @ r + 2 * lam * x)
        limit, slack = _tolerances(A, b, x, norm_A, tol, method)
        gap = norm(x) - radius if lam == 0 else abs(norm(x) - radius)
        if stationarity <= limit and gap <= slack * radius:
            status = Status.CONVERGED
        else:
            status = Status.MAX_ITER if exhausted else Status.STALLED
        fun = float(r @ r) / 2
    return NormConstrained(x, lam, fun, lam > 0, status, len(path) - 1, np.array(path))


def _newton(A, b, radius, tol, max_iter):
    problem = RegularizedLeastSquares(A, b)
    # Each term alone keeps ‖x(λ)‖ ≥ sᵢ|cᵢ|/(sᵢ² + 2λ) above the radius up to some λ.
    bounds = problem.s * (abs(problem.c) / radius - problem.s) / 2
    start = float(np.max(bounds, initial=0.0))
    limit = max_iter or 100
    y, path = solve_secular(problem.solve, radius, start, tol=tol or 8 * EPS, max_iter=limit)
    return problem.V @ y, path, problem.norm_A, len(path) > limit


def solve_secular(solve, radius, lam, *, tol, max_iter):
    """Newton's method for 1/‖x(λ)‖ = 1/radius, or λ = 0 where ‖x(0)‖ is less than the radius.

    The function is increasing and concave in λ, so that steps from the left of the root never pass
    it, and a step from the right leads to the left.

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
    >>> from companion.norm_constrained import solve_secular
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
    limit = max_iter or 10_000
    tol = tol or 8 * EPS
    lam, path = 0.0, []
    # The slope of L(x(λ), λ) falls by 4‖q‖² per unit of λ, fastest at λ = 0: a safe first step.
    step = 1 / (4 * norm(problem.solve(lam)[1]) ** 2)
    while True:
        norm_x = norm(problem.solve(lam)[0])
        path.append((lam, norm_x))
        gap = norm_x - radius
        settled = abs(gap) <= tol * radius or (lam == 0 and gap <= 0)
        if settled or len(path) > limit:
            return problem.x(lam), path, problem.norm_A, not settled
        if len(path) > 1:
            # Longer while it climbs, shorter once it has passed the top.
            step *= 0.5 if gap * (path[-2][1] - radius) < 0 else 2
        lam = max(0.0, lam + step * (norm_x**2 - radius**2))  # ∂L/∂λ = xᵀx − radius²


def _golub_kahan(A, b, radius, tol, max_iter):
    m, n = A.shape
    tol = tol or KRYLOV_TOL
    limit = max_iter or max(1, min(m, n, KRYLOV_BYTES // (8 * n)))
    basis = Bidiagonalization(A, b)
    path = [(0.0, 0.0)]
    settled = basis.norm_Atb == 0
    x = np.zeros(n)
    while not settled and len(path) <= limit:
        basis.grow()
        # ‖x(λ)‖ grows with the space, so the last λ lies to the left of the next.
        y, steps = solve_secular(basis.solve, radius, path[-1][0], tol=tol / 10, max_iter=100)
        path.append(steps[-1])
        settled = basis.residual(y) <= 0.9 * tol * basis.norm_Atb
    if len(path) > 1:
        x = basis.V @ y
    return x, path, basis.norm_A(), not settled


METHODS = {"newton": _newton, "dual-ascent": _dual_ascent, "golub-kahan": _golub_kahan}


def _tolerances(A, b, x, norm_A, tol, method):
    """Limits on the stationarity (absolute) and on ‖x‖ − radius (relative to the radius)."""
    if tol is None:
        rounding = EPS * (100 + max(A.shape))
        tol = max(rounding, KRYLOV_TOL) if method == "golub-kahan" else rounding
        lowest = rounding * norm_A * (norm_A * norm(x) + norm(b))
    else:
        lowest = 0.0
    return max(tol * norm(A.T @ b), lowest), tol


def _as_matrix_or_operator(A, method):
    if isinstance(A, np.ndarray) or not hasattr(A, "shape") or np.asarray(A).dtype.kind != "O":
        return in_range(as_matrix(A, "A"), "A")
    if method != "golub-kahan":
        raise ValueError(
            f"A must be a dense array for method={method!r}; it is a {type(A).__name__}: "
            "use method='golub-kahan' for sparse matrices and operators"
        )
    if not hasattr(A, "T") or not hasattr(A, "__matmul__") or len(A.shape) != 2 or 0 in A.shape:
        raise ValueError(
            f"A must be a matrix, or have .shape = (m, n), @ and .T; it is a {type(A).__name__}"
        )
    return A

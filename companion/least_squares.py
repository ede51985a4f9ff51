"""Linear least squares, minimize ½‖Ax − b‖²: by gradient steps, and by linear algebra."""

import numpy as np
from numpy.linalg import norm, qr, solve, svd

from companion.double_double import multiply_add, two_sum
from companion.norm_constrained import NormConstrained, norm_constrained
from companion.regularized import RegularizedLeastSquares
from companion.results import History, Result, Status
from companion.validation import (
    as_count,
    as_matrix,
    as_number,
    as_positive,
    as_vector,
    in_range,
)

__all__ = [
    "NormConstrained",
    "accurate_solve",
    "gradient_descent",
    "norm_constrained",
    "normal_equations",
    "pseudoinverse_solve",
    "qr_solve",
    "regularized_solve",
]

EPS = float(np.finfo(float).eps)
REFINEMENTS = 40  # enough even where each correction gains but half a digit


def gradient_descent(A, b, epsilon=None, *, x0=None, tol=1e-10, max_iter=100_000):
    """Minimize ½‖Ax − b‖² (eq:least-squares) by gradient steps of fixed length.

    The gradient is Aᵀ(Ax − b) (eq:ls-gradient). With a step ε and a tolerance δ = ``tol`` ‖Aᵀb‖:
    repeat x ← β while α > δ, where α = ‖AᵀAx − Aᵀb‖ (eq:ls-alpha) and β = x − ε(AᵀAx − Aᵀb)
    (eq:ls-beta). It converges for 0 < ε < 2/σ², where σ is the largest singular value of A.

    Parameters
    ----------
    A : array, shape (m, n)
        Any shape and rank.
    b : array, shape (m,)
        The right-hand side.
    epsilon : float, optional
        The step, positive. Default: 1/σ².
    x0 : array, shape (n,), optional
        The start. Default: zero, from which the iterates lead to the solution of least norm.
    tol : float
        Tolerance on α, relative to ‖Aᵀb‖.
    max_iter : int
        Most steps.

    Returns
    -------
    Result
        ``CONVERGED`` if α ≤ δ at x; ``DIVERGED``, with the iterates up to there, once α is above
        10⁸ times its first value, or where it has grown when the steps run out; ``STALLED`` where
        a step no longer changes x.

    Raises
    ------
    ValueError
        If A, b or x0 is not real, finite and of fitting shape, or epsilon, tol or max_iter is not
        positive, or the largest magnitude in A, b or x0 is out of range (1e-50 to 1e50), so that
        squares would overflow.

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
    A, b = _as_system(A, b)
    n = A.shape[1]
    x = np.zeros(n) if x0 is None else in_range(as_vector(x0, "x0", size=n), "x0", least=0.0)
    epsilon = _default_step(A) if epsilon is None else as_positive(epsilon, "epsilon")
    tol = as_positive(tol, "tol")
    max_iter = as_count(max_iter, "max_iter")

    def gradient(x):
        return A.T @ (A @ x) - Atb

    Atb = A.T @ b
    delta = tol * norm(Atb)
    g = gradient(x)
    alpha = first = norm(g)
    # I − εAᵀA is symmetric: α grows only if one of its eigenvalues is below −1.
    runaway = 1e8 * max(first, norm(Atb))
    path = History()
    path.append(x)
    with np.errstate(all="ignore"):
        while alpha > delta:
            if alpha > runaway or path.count > max_iter:
                status = Status.DIVERGED if alpha > first else Status.MAX_ITER
                break
            beta = x - epsilon * g
            g = gradient(beta)
            if not norm(g) < np.inf:
                status = Status.DIVERGED
                break
            if np.array_equal(beta, x):
                status = Status.STALLED
                break
            x, alpha = beta, norm(g)
            path.append(x)
        else:
            status = Status.CONVERGED
        fun = float(norm(A @ x - b) ** 2) / 2
    return Result(x, fun, status, path.count - 1, path.array())


def normal_equations(A, b):
    """Minimize ½‖Ax − b‖² (eq:least-squares) by solving AᵀAx = Aᵀb.

    The cheapest way, and one step of Newton's method. It squares the condition number: with
    cond(A) = 10ᵏ some 2k of the 16 digits are lost, and beyond 10⁸ none is left.

    Parameters
    ----------
    A : array, shape (m, n)
        Of full column rank.
    b : array, shape (m,)
        The right-hand side.

    Returns
    -------
    array, shape (n,)

    Raises
    ------
    ValueError
        If A or b is not real, finite and of fitting shape, or its largest magnitude is out of range
        (1e-50 to 1e50); if A is wide or rank-deficient, or AᵀA is singular to working precision.

    References
    ----------
    Å. Björck, Numerical Methods for Least Squares Problems (SIAM, 1996), section 2.2.

    Examples
    --------
    >>> import numpy as np
    >>> from companion.least_squares import normal_equations
    >>> A, b = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), np.array([1.0, 3.0, 5.0])
    >>> print(np.round(normal_equations(A, b), 6))
    [1. 2.]
    """
    A, b = _as_system(A, b)
    _require_full_column_rank(A)
    try:
        return solve(A.T @ A, A.T @ b)
    except np.linalg.LinAlgError:
        raise ValueError("A must be better conditioned: AᵀA is singular; use qr_solve") from None


def qr_solve(A, b):
    """Minimize ½‖Ax − b‖² (eq:least-squares) through A = QR: solve Rx = Qᵀb.

    R has the condition number of A, not its square.

    Parameters
    ----------
    A : array, shape (m, n)
        Of full column rank.
    b : array, shape (m,)
        The right-hand side.

    Returns
    -------
    array, shape (n,)

    Raises
    ------
    ValueError
        If A or b is not real, finite and of fitting shape; if A is wide or rank-deficient.

    References
    ----------
    L. N. Trefethen and D. Bau, Numerical Linear Algebra (SIAM, 1997), lecture 11.

    Examples
    --------
    >>> import numpy as np
    >>> from companion.least_squares import qr_solve
    >>> A, b = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), np.array([1.0, 3.0, 5.0])
    >>> print(np.round(qr_solve(A, b), 6))
    [1. 2.]
    """
    A = as_matrix(A, "A")
    b = as_vector(b, "b", size=A.shape[0])
    _require_full_column_rank(A)
    Q, R = qr(A)
    return solve(R, Q.T @ b)


def pseudoinverse_solve(A, b, *, rcond=None):
    """The x of least norm among those that minimize ½‖Ax − b‖²: x = A⁺b.

    Computed from the singular value decomposition A = UΣVᵀ: x = V Σ⁺ Uᵀb.

    Parameters
    ----------
    A : array, shape (m, n)
        Any shape and rank.
    b : array, shape (m,)
        The right-hand side.
    rcond : float, optional
        Singular values up to ``rcond`` times the largest count as zero. Default: the machine
        epsilon times max(m, n).

    Returns
    -------
    array, shape (n,)

    Raises
    ------
    ValueError
        If A or b is not real, finite and of fitting shape, or rcond is negative.

    References
    ----------
    L. N. Trefethen and D. Bau, Numerical Linear Algebra (SIAM, 1997), lecture 11.

    Examples
    --------
    >>> import numpy as np
    >>> from companion.least_squares import pseudoinverse_solve
    >>> print(np.round(pseudoinverse_solve([[1, 1], [1, 1]], [1, 3]), 6))
    [1. 1.]
    """
    A = as_matrix(A, "A")
    b = as_vector(b, "b", size=A.shape[0])
    rcond = None if rcond is None else _as_nonnegative(rcond, "rcond")
    return RegularizedLeastSquares(A, b, rcond=rcond).x(0.0)


def accurate_solve(A, b):
    """Minimize ½‖Ax − b‖² to as many digits as A and b, as stored, determine.

    With the columns of A scaled, QR gives a first x. What is still wrong in the two equations

        r + Ax = b,   Aᵀr = 0

    of x and its residual r is then computed with twice the digits, the same factors give
    corrections of x and r together, and this repeats until the corrections cease to fall. Each
    leaves an error of only cond(A) times the machine epsilon, with the scaled A, so x gains digits
    until it has them all, but for a last few in entries a million times smaller than others. What
    remains is what rounding the data to doubles has done.

    Parameters
    ----------
    A : array, shape (m, n)
        Of full column rank.
    b : array, shape (m,)
        The right-hand side.

    Returns
    -------
    array, shape (n,)

    Raises
    ------
    ValueError
        If A or b is not real, finite and of fitting shape; if A is wide, or rank-deficient to
        working precision once its columns are scaled.

    References
    ----------
    Å. Björck, "Iterative refinement of linear least squares solutions I", BIT 7 (1967).

    Examples
    --------
    >>> import numpy as np
    >>> from companion.least_squares import accurate_solve, qr_solve
    >>> t = np.arange(21.0)
    >>> A = t[:, None] ** np.arange(6)
    >>> b = A.sum(axis=1)  # exactly, x = (1, 1, 1, 1, 1, 1)
    >>> print((accurate_solve(A, b) == 1).all(), (qr_solve(A, b) == 1).all())
    True False
    """
    A = as_matrix(A, "A")
    b = as_vector(b, "b", size=A.shape[0])
    _require_full_column_rank(A)
    # Powers of two scale without rounding, and keep double-double arithmetic within range.
    A, exponents = _scaled(A)
    b, exponent = _scaled(b)
    Q, R = qr(A)
    x, r = _solve_augmented(Q, R, b, np.zeros(A.shape[1]))
    x_low, size = np.zeros_like(x), np.inf
    for _ in range(REFINEMENTS):
        # What is wrong in r + A(x + x_low) = b and Aᵀr = 0; small entries of x need x_low.
        f = multiply_add(-A, x, b, -r) - A @ x_low
        g = multiply_add(-A.T, r)
        dx, dr = _solve_augmented(Q, R, f, g)
        x, x_low = two_sum(x, x_low + dx)
        r = r + dr
        size, last_size = norm(dx), size
        if last_size / 2 <= size <= EPS * norm(x):
            break
    if size > 1e-8 * (norm(x) + norm(b)):
        raise ValueError(_RANK_DEFICIENT)
    with np.errstate(all="ignore"):
        return np.ldexp(x, exponent - exponents)


def regularized_solve(A, b, lam):
    """Minimize ½‖Ax − b‖² + λ‖x‖²: x = (AᵀA + 2λI)⁻¹Aᵀb (eq:ls-solution).

    In other words ridge regression with penalty 2λ, or Tikhonov regularization. Computed from the
    singular values of A, without AᵀA: xᵢ = sᵢcᵢ/(sᵢ² + 2λ) along the i-th right singular vector.

    Parameters
    ----------
    A : array, shape (m, n)
        Any shape and rank.
    b : array, shape (m,)
        The right-hand side.
    lam : float
        λ ≥ 0. At 0, x is the limit for λ → 0: the solution of least norm.

    Returns
    -------
    array, shape (n,)

    Raises
    ------
    ValueError
        If A or b is not real, finite and of fitting shape, or lam is negative.

    References
    ----------
    A. E. Hoerl and R. W. Kennard, "Ridge regression: biased estimation for nonorthogonal
    problems", Technometrics 12 (1970).

    Examples
    --------
    >>> import numpy as np
    >>> from companion.least_squares import regularized_solve
    >>> A, b, lam = np.array([[2.0, 0.0], [0.0, 1.0]]), np.array([2.0, 3.0]), 0.5
    >>> print(np.round(regularized_solve(A, b, lam), 6))
    [0.8 1.5]
    >>> print(np.round(np.linalg.solve(A.T @ A + 2 * lam * np.eye(2), A.T @ b), 6))
    [0.8 1.5]
    """
    A = as_matrix(A, "A")
    b = as_vector(b, "b", size=A.shape[0])
    lam = _as_nonnegative(lam, "lam")
    return RegularizedLeastSquares(A, b, damping=np.sqrt(2 * lam)).x(lam)


_RANK_DEFICIENT = (
    "A must have full column rank; its columns are linearly dependent to working precision: "
    "use pseudoinverse_solve, or remove columns"
)


def _as_system(A, b):
    A = in_range(as_matrix(A, "A"), "A")
    return A, in_range(as_vector(b, "b", size=A.shape[0]), "b")


def _default_step(A):
    sigma = norm(A, 2)
    return 1 / sigma**2 if sigma > 0 else 1.0  # with A = 0 no step is taken


def _scaled(A):
    """A, its columns scaled to a largest entry in [½, 1), and the exponents of 2 removed."""
    _, exponents = np.frexp(abs(A).max(axis=0))
    return np.ldexp(A, -exponents), exponents


def _require_full_column_rank(A):
    m, n = A.shape
    if m < n:
        raise ValueError(
            f"A must have at least as many rows as columns; its shape is {A.shape}: "
            "use pseudoinverse_solve"
        )
    # Columns in different units are no sign of dependence: they are scaled first.
    s = svd(_scaled(A)[0], compute_uv=False)
    if s[-1] <= EPS * m * s[0]:
        raise ValueError(_RANK_DEFICIENT)


def _solve_augmented(Q, R, f, g):
    """x and r such that r + Ax = f and Aᵀr = g, where A = QR."""
    h = solve(R.T, g)
    x = solve(R, Q.T @ f - h)
    r = f - Q @ (Q.T @ f) + Q @ h
    return x, r


def _as_nonnegative(value, name):
    number = as_number(value, name)
    if number < 0:
        raise ValueError(f"{name} must not be negative; it is {number:g}")
    return number

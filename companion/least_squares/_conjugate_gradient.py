"""Least squares by conjugate gradients."""

from math import sqrt

import numpy as np

from companion._shared.arguments import as_count, as_positive
from companion._shared.floats import EPS, norm
from companion.least_squares._linear_systems import as_iteration, ending
from companion.results import History, Status


def conjugate_gradient(A, b, *, x0=None, tol=1e-10, max_iter=None):
    """Minimize ½‖Ax − b‖² (eq:least-squares) by conjugate gradients on AᵀAx = Aᵀb, without AᵀA.

    With the residual r = b − Ax, s = Aᵀr is minus the gradient. The first step goes along p = s.
    Each step leads to the lowest point along p; and the next p is the new s, with as much of the
    last p added as makes (Ap)ᵀ(Aq) = 0 (eq:conjugate) for all directions p ≠ q so far (eq:ls-cg):

        α = sᵀs / (Ap)ᵀ(Ap),   x ← x + αp,   r ← r − αAp,   s₊ = Aᵀr,   p ← s₊ + (s₊ᵀs₊ / sᵀs) p.

    In exact arithmetic xₖ is the lowest point of all that k gradient steps from x₀, of whatever
    lengths, could reach; it ends after at most as many steps as AᵀA has distinct eigenvalues other
    than zero, and ‖A(xₖ − x)‖ ≤ 2((κ − 1)/(κ + 1))ᵏ‖A(x₀ − x)‖ (eq:cg-rate), where κ is the ratio
    of the largest singular value of A to the smallest that is not zero. Rounding delays the end
    where κ is large.

    The distance to the solution is at most ‖s‖/σ², and at most ‖r‖/σ, where σ is that smallest
    singular value; it has converged where the smaller of both is at most ``tol`` ‖x‖. Taken for
    1/σ² is the sum of 1/c over all directions so far, the next one included, where c = ‖Ap‖²/‖p‖²
    is the curvature along p: the trace of the inverse of AᵀA within their span. There may be
    flatter directions, which s hardly shows. So x must also be exact for a matrix that differs from
    A by no more than ``tol``: ‖s‖ ≤ ``tol`` a ‖r‖, where a² is the largest c; unless r is small
    beside b.

    Parameters
    ----------
    A : array, shape (m, n)
        Any shape and rank; or anything with ``.shape``, ``@`` and ``.T``, such as a sparse matrix.
    b : array, shape (m,)
        The right-hand side.
    x0 : array, shape (n,), optional
        The start. Default: zero, from which the iterates lead to the solution of least norm.
    tol : float
        Tolerance on the distance to the solution, relative to ‖x‖.
    max_iter : int, optional
        Most steps. Default: 10 min(m, n).

    Returns
    -------
    Result
        ``CONVERGED`` as above, with r and s computed anew at x; also where the distance is at most
        what rounding b or Ax₀ makes of it, so that x may be zero. ``STALLED`` where s is nothing
        but rounding, or starting anew from x does not halve it: where κ² is larger than ``tol`` has
        digits left, or κ where b = Ax. ``MAX_ITER``.

    Raises
    ------
    ValueError
        If A, b or x0 is not real, finite and of fitting shape, or tol or max_iter is not positive,
        or x or ½‖b‖² is out of the range of doubles, or x0 10¹⁰⁰ times too far away.

    References
    ----------
    Å. Björck, Numerical Methods for Least Squares Problems (SIAM, 1996), section 7.4.

    Examples
    --------
    >>> import numpy as np
    >>> from companion.least_squares import conjugate_gradient
    >>> A, b = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), np.array([1.0, 3.0, 5.0])
    >>> result = conjugate_gradient(A, b)
    >>> print(result.status.name, result.n_iter, np.round(result.x, 6))
    CONVERGED 2 [1. 2.]
    """
    system, x = as_iteration(A, b, x0)
    A, b = system.A, system.b
    tol = as_positive(tol, "tol")
    max_iter = 10 * min(A.shape) if max_iter is None else as_count(max_iter, "max_iter")
    # The terms of a sum are as often rounded up as down; what is that small beside them is noise.
    rounding = EPS * sqrt(max(A.shape))
    r = b - A @ x
    s = p = A.T @ r
    scale = norm(b if (A.T @ b).any() else r)
    a = inverse = 0.0
    fresh, last = True, np.inf  # whether r is that of x, and ‖s‖ where it last was
    path = History()
    path.append(x)
    while True:
        Ap = A @ p
        c = (Ap @ Ap) / (p @ p) if p.any() else 0.0
        a = max(a, sqrt(c))
        slope, misfit, size = norm(s), norm(r), norm(x)
        noise = c == 0 or slope <= rounding * a * misfit or misfit <= rounding * a * size
        if c > 0 and (inverse == 0 or not noise):
            inverse += 1 / c
        distance = min(slope * inverse, misfit * sqrt(inverse))
        near = a * distance <= max(tol * a * size, rounding * scale)
        near = near and (misfit <= tol * scale or slope <= tol * a * misfit)
        over = path.count > max_iter
        if fresh:
            if near or over or noise or slope > last / 2:
                break
            last = slope
        elif near or over or noise:
            r, fresh = b - A @ x, True
            s = p = A.T @ r
            continue
        alpha = (s @ s) / (Ap @ Ap)
        x, r = x + alpha * p, r - alpha * Ap
        s, before = A.T @ r, s
        p = s + (s @ s) / (before @ before) * p
        path.append(x)
        fresh = False
    failure = Status.MAX_ITER if over and not noise else Status.STALLED
    return ending(system, Status.CONVERGED if near else failure, path)

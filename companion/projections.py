"""Projections onto convex sets, and descent that stays in such a set."""

from collections import deque

import numpy as np

from companion.iterates import BOTTOMLESS, SUFFICIENT, is_far, look, norm, refuse_nan
from companion.results import History, Result, Status, describe
from companion.validation import (
    as_choice,
    as_count,
    as_function,
    as_positive,
    as_vector,
    evaluate,
)


def project_ball(x, radius=1.0):
    """The point of the ball {z : ‖z‖ ≤ radius} nearest to x.

    Parameters
    ----------
    x : array, shape (n,)
        Any point.
    radius : float
        Positive.

    Returns
    -------
    array, shape (n,)
        x itself where ‖x‖ ≤ radius, else radius · x/‖x‖.

    Raises
    ------
    ValueError
        If x is not a finite vector, or radius not a positive number.

    Examples
    --------
    >>> from companion.constrained import project_ball
    >>> print(project_ball([3, 4]))
    [0.6 0.8]

    References
    ----------
    S. Boyd and L. Vandenberghe, *Convex Optimization* (2004), Section 8.1.
    """
    x, radius = as_vector(x, "x"), as_positive(radius, "radius")
    largest = np.abs(x).max()
    # ‖x‖ = largest · ‖x/largest‖, which neither overflows nor underflows.
    direction = x / (largest or 1.0)
    length = np.linalg.norm(direction)
    return x if largest <= radius / max(length, 1.0) else radius * (direction / length)


def project_box(x, lower, upper):
    """The point of the box {z : lower ≤ z ≤ upper} nearest to x.

    Parameters
    ----------
    x : array, shape (n,)
        Any point.
    lower, upper : float or array, shape (n,)
        The bounds; −inf and inf where there is none.

    Returns
    -------
    array, shape (n,)
        x, with each component that is out of its bounds moved to the nearer one.

    Raises
    ------
    ValueError
        If x is not a finite vector, or the bounds are not as above, or lower > upper somewhere.

    Examples
    --------
    >>> from companion.constrained import project_box
    >>> import numpy as np
    >>> print(project_box([-2, 0.5, 7], 0, [1, 1, np.inf]))
    [0.  0.5 7. ]

    References
    ----------
    S. Boyd and L. Vandenberghe, *Convex Optimization* (2004), Section 8.1.
    """
    x = as_vector(x, "x")
    lower, upper = _as_bound(lower, "lower", x), _as_bound(upper, "upper", x)
    crossed = np.flatnonzero((lower > upper) | (lower == np.inf) | (upper == -np.inf))
    if crossed.size:
        j = crossed[0]
        raise ValueError(
            "lower must not exceed upper, and numbers must lie between them; "
            f"component {j} has {lower[j]:g} and {upper[j]:g}"
        )
    return np.clip(x, lower, upper)


def project_simplex(x, total=1.0):
    """The point of the simplex {z : z ≥ 0, Σz = total} nearest to x.

    It is max(x − τ, 0), for the one τ that makes the sum right. If the k largest components are
    those that stay positive, τ is (their sum − total)/k; k is the largest number for which the
    k-th component exceeds that τ.

    Parameters
    ----------
    x : array, shape (n,)
        Any point.
    total : float
        Positive.

    Returns
    -------
    array, shape (n,)
        The projection.

    Raises
    ------
    ValueError
        If x is not a finite vector, or total not a positive number.

    Examples
    --------
    >>> from companion.constrained import project_simplex
    >>> print(project_simplex([2, 1.5, -1]))
    [0.75 0.25 0.  ]

    References
    ----------
    J. Duchi, S. Shalev-Shwartz, Y. Singer and T. Chandra, "Efficient projections onto the ℓ1-ball
    for learning in high dimensions", *ICML* (2008), Figure 1.
    """
    x, total = as_vector(x, "x"), as_positive(total, "total")
    with np.errstate(over="ignore"):
        # A constant added to x changes nothing. What is lost in subtracting, the clipping hides.
        x = np.maximum(x - x.max(), -2 * total)
    largest_first = np.sort(x)[::-1]
    tau = (np.cumsum(largest_first) - total) / np.arange(1, len(x) + 1)
    k = np.flatnonzero(largest_first > tau)[-1]
    return np.maximum(x - tau[k], 0)


def projected_gradient(f, grad, project, x0, epsilon, *, tol=1e-8, max_iter=10_000):
    """Minimize f over a convex set S: step along the gradient, then project back, x ← P(x − εg).

    x is a minimum of a convex f over S just where x = P(x − g). So ‖x − P(x − g)‖ is the residual;
    where x lies inside S it is ‖g‖.

    Parameters
    ----------
    f : callable
        f(x), a number for x of shape (n,).
    grad : callable
        ∇f(x), shape (n,).
    project : callable
        P(x), the point of S nearest to x, shape (n,): ``project_ball``, say.
    x0 : array, shape (n,)
        The start, projected onto S first.
    epsilon : float or str
        The step size, a positive number. Or ``"armijo"``: a trial, halved until f falls at least
        10⁻⁴ ‖s‖²/ε below the highest of its last ten values, where s is the change of x. The next
        trial is Barzilai and Borwein's sᵀs/sᵀy, where y is the change of ∇f, or ten times ε where
        that is longer or sᵀy ≤ 0.
    tol : float
        Converged when ‖x − P(x − g)‖ ≤ tol (1 + ‖P(x0)‖), and ‖x‖ ≤ 10⁸ (1 + ‖P(x0)‖): farther
        away, a gradient would be lost in the rounding of x.
    max_iter : int
        The largest number of steps.

    Returns
    -------
    Result
        CONVERGED, or: STALLED, where no step changes x; UNBOUNDED, where f fell below −10¹⁰⁰;
        DIVERGED, where f overflowed, or f and the residual grew; MAX_ITER.

    Raises
    ------
    ValueError
        If an argument is not as above; if f, grad or project returns something of the wrong shape
        or type, or NaN at an ordinary point; if P(P(x0)) is not P(x0).

    Examples
    --------
    The point of the unit disc nearest to (3, 4):

    >>> from companion.constrained import project_ball, projected_gradient
    >>> import numpy as np
    >>> a = np.array([3.0, 4.0])
    >>> result = projected_gradient(
    ...     lambda x: (x - a) @ (x - a), lambda x: 2 * (x - a), project_ball, [0, 0], 0.1
    ... )
    >>> print(result.status.name, np.round(result.x, 6))
    CONVERGED [0.6 0.8]

    References
    ----------
    E. G. Birgin, J. M. Martínez and M. Raydan, "Nonmonotone spectral projected gradient methods on
    convex sets", *SIAM Journal on Optimization* 10 (2000), 1196–1211.
    """
    as_function(f, "f")
    as_function(grad, "grad")
    as_function(project, "project")
    x0, tol, max_iter = as_vector(x0, "x0"), as_positive(tol, "tol"), as_count(max_iter, "max_iter")
    if isinstance(epsilon, str):
        as_choice(epsilon, "epsilon", ("armijo",))
    else:
        epsilon = as_positive(epsilon, "epsilon")

    start = here = look(f, grad, _feasible_start(project, x0), finite=True)
    target = tol * (1 + norm(start.x))
    recent, trial, path = deque([start.fun], maxlen=10), None, History()
    path.append(here.x)
    while True:
        if _residual(project, here) <= target and not is_far(here, start):
            status = Status.CONVERGED
            break
        if here.fun < BOTTOMLESS:
            status = Status.UNBOUNDED
            break
        if path.count > max_iter:
            grew = here.fun > start.fun and is_far(here, start)
            status = Status.DIVERGED if grew else Status.MAX_ITER
            break
        if epsilon == "armijo":
            there, trial = _search(f, grad, project, here, max(recent), trial)
        else:
            there = look(f, grad, _move(project, here, epsilon))
        if not there.is_finite:
            refuse_nan(f, grad, there, start)
            status = Status.UNBOUNDED if there.fun == -np.inf else Status.DIVERGED
            break
        if np.array_equal(there.x, here.x):
            status = Status.STALLED
            break
        here = there
        recent.append(here.fun)
        path.append(here.x)
    return Result(here.x, here.fun, status, path.count - 1, path.array())


def _as_bound(value, name, x):
    """The bound of each component of x; it may be infinite."""
    bound = np.asarray(value)
    if bound.dtype.kind not in "buif":
        raise ValueError(f"{name} must hold real numbers; its dtype is {bound.dtype}")
    if bound.shape not in ((), x.shape):
        raise ValueError(f"{name} must be a number or have shape {x.shape}; it has {bound.shape}")
    if np.isnan(bound).any():
        raise ValueError(f"{name} must not be NaN; it is {describe(bound)}")
    return np.broadcast_to(bound, x.shape)


def _feasible_start(project, x0):
    """P(x0), which P must leave where it is."""
    x = _project(project, x0)
    again = _project(project, x)
    if norm(again - x) > 1e-6 * (1 + norm(x)):
        raise ValueError(
            "project must leave its own values where they are; "
            f"it moves {describe(x)} to {describe(again)}"
        )
    return x


def _project(project, x):
    """P(x), and NaN for an x that has overflowed."""
    if not np.isfinite(x).all():
        return np.full(x.shape, np.nan)
    return evaluate(project, x, "project", shape=x.shape)


def _move(project, here, epsilon):
    """P(x − εg)."""
    with np.errstate(over="ignore"):
        return _project(project, here.x - epsilon * here.g)


def _residual(project, here):
    """‖x − P(x − g)‖."""
    return norm(here.x - _move(project, here, 1.0))


def _search(f, grad, project, here, highest, epsilon):
    """Halve ε until f(P(x − εg)) is enough below `highest`, or that is x. Also: the next trial."""
    if epsilon is None:
        epsilon = (1 + norm(here.x)) / norm(here.g)
    eps = np.finfo(float).eps
    while True:
        there = look(f, grad, _move(project, here, epsilon))
        s, y = there.x - here.x, there.g - here.g
        fall = highest - there.fun
        if abs(here.fun - there.fun) <= 10 * eps * abs(here.fun):
            # Lost in the rounding of f; not by the trapezoidal rule along s, but for that of s.
            rounding = eps * norm(here.g) * norm(here.x)
            fall = max(fall, rounding - (here.g + there.g) @ s / 2)
        if fall >= SUFFICIENT * (s @ s) / epsilon or not s.any():
            longest = 10 * epsilon
            return there, min(s @ s / (s @ y), longest) if s @ y > 0 else longest
        epsilon /= 2

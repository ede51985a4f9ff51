"""The nearest feasible point: projections onto a ball, a box and a simplex."""

import numpy as np

from companion._shared.arguments import as_positive, as_vector
from companion.results import describe


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

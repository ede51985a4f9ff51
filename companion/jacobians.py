"""Jacobians: J_ij = ∂f_i/∂x_j of f: Rⁿ → Rᵐ, by differences, by complex steps, and exactly."""

import numpy as np

from companion.differentiation import METHODS, differentiate
from companion.finite_differences import SMALL, Room, scales
from companion.forward_mode import jvp
from companion.gradient_check import GradientCheck, remainder
from companion.reverse_mode import vjp
from companion.sparse_jacobians import SparseJacobian, color_columns
from companion.validation import as_count, as_function, as_vector, evaluate

__all__ = [
    "METHODS",
    "GradientCheck",
    "SparseJacobian",
    "check_gradient",
    "color_columns",
    "gradient",
    "jacobian",
    "jvp",
    "vjp",
]


def jacobian(f, x, method="central", *, step=None, vectorized=False, bounds=None, sparsity=None):
    """All partial derivatives of f at x: J_ij = ∂f_i/∂x_j (eq:jacobian).

    Parameters
    ----------
    f : callable
        Maps an array of shape (n,) to a number, or to an array of any shape.
    x : array, shape (n,)
        The point.
    method : str
        ========================  ===================================  ==========================
        method                    error, relative, of a well-scaled f  calls of f
        ========================  ===================================  ==========================
        ``"forward"``             1e-8                                 n, and 5 for checks
        ``"central"``             1e-10                                2n, and 5 for checks
        ``"richardson"``          1e-13                                10n to 80n, and 5 for checks
        ``"complex-step"``        rounding                             n complex, and 5 for checks
        ``"forward-mode"``        rounding                             one pass, n tangents
        ``"reverse-mode"``        rounding                             one pass, and m sweeps back
        ========================  ===================================  ==========================

    step : float or array of shape (n,), optional
        The step of each component, absolute; where ``"richardson"`` starts; the imaginary step of
        ``"complex-step"``. By default in proportion to the scale of each component of x, as
        `companion.finite_differences` explains. A step that you give is taken as it is: f is then
        not checked for jumps inside it.
    vectorized : bool
        Whether f maps (n, k) to (m, k), or to (k,), each column by itself. It is then called on
        blocks of columns that fit the cache.
    bounds : tuple (lower, upper), optional
        Numbers or arrays of shape (n,) between which x lies, and which no evaluation crosses.
    sparsity : tuple (rows, cols), or anything with ``.nonzero()``, optional
        Where J may have nonzeros; f then returns shape (m,). Columns that share no row are found
        together. A `Coloring` made by `color_columns` is used as it is.

    Returns
    -------
    array, shape f(x).shape + (n,), or SparseJacobian
        J; with `sparsity`, a `SparseJacobian`.

    Raises
    ------
    ValueError
        If an argument is not what it must be; if f returns NaN, infinity, complex numbers or
        changing shapes; if f jumps or has a kink within the steps, or too few digits for them; if
        f is not analytic where complex steps need that; if a vectorized f mixes its columns; if
        `sparsity` misses nonzeros; if `step` is given to a method that takes no steps.

    Examples
    --------
    >>> from companion.jacobians import jacobian
    >>> import numpy as np
    >>> f = lambda x: np.array([x[0] ** 2 * x[1], 5 * x[0] + np.sin(x[1])])
    >>> print(np.round(jacobian(f, [1, 2]), 4))
    [[ 4.      1.    ]
     [ 5.     -0.4161]]

    References
    ----------
    J. Nocedal and S. J. Wright, Numerical Optimization, 2nd ed. (2006), chapter 8.
    """
    return differentiate(
        f, x, method, step=step, vectorized=vectorized, bounds=bounds, sparsity=sparsity
    )


def gradient(f, x, method="central", *, step=None, vectorized=False, bounds=None):
    """The gradient of a scalar f at x: g_j = ∂f/∂x_j, the one row of J (eq:jacobian).

    Parameters
    ----------
    f : callable
        Maps an array of shape (n,) to a number.
    x : array, shape (n,)
        The point.
    method, step, vectorized, bounds
        As for `jacobian`; a vectorized f maps (n, k) to (k,).

    Returns
    -------
    array, shape (n,)
        g.

    Raises
    ------
    ValueError
        As `jacobian` does, and if f does not return a number.

    Examples
    --------
    >>> from companion.jacobians import gradient
    >>> import numpy as np
    >>> print(np.round(gradient(lambda x: x[0] ** 2 + 3 * x[1], [2, 1]), 6))
    [4. 3.]

    References
    ----------
    J. Nocedal and S. J. Wright, Numerical Optimization, 2nd ed. (2006), chapter 8.
    """
    g = jacobian(f, x, method, step=step, vectorized=vectorized, bounds=bounds)
    if g.ndim != 1:
        raise ValueError(f"f must return a number; it returned shape {g.shape[:-1]}")
    return g


def check_gradient(f, grad, x, *, seed=0):
    """Is grad the gradient of f? Asked along a random direction, and component by component.

    Along a direction d the remainder f(x + td) − f(x) − t g·d shrinks like t² when g is right, and
    only like t when it is wrong (eq:taylor-remainder). Extrapolated differences then show which
    component is furthest off.

    Parameters
    ----------
    f : callable
        Maps an array of shape (n,) to a number.
    grad : callable
        Maps an array of shape (n,) to the gradient, shape (n,).
    x : array, shape (n,)
        The point. One where no component is special is best.
    seed : int
        Of the random direction.

    Returns
    -------
    GradientCheck
        ``.passed``, and what it rests on.

    Raises
    ------
    ValueError
        If f or grad returns anything else than finite real numbers of the right shape, or f jumps
        at x.

    Examples
    --------
    >>> from companion.jacobians import check_gradient
    >>> import numpy as np
    >>> f = lambda x: x[0] ** 2 * x[1]
    >>> check_gradient(f, lambda x: np.array([2 * x[0] * x[1], x[1] ** 2]), [1, 2])
    GradientCheck: FAILED, slope of the Taylor remainder 1.00 (2 when right)
      worst component 1: analytic 4, numeric 1
      relative error 7.5e-01

    References
    ----------
    J. Nocedal and S. J. Wright, Numerical Optimization, 2nd ed. (2006), section 8.1.
    """
    x = as_vector(x, "x")
    as_function(grad, "grad")
    numeric = gradient(f, x, "richardson")
    analytic = evaluate(grad, x, "grad", shape=x.shape)
    scale, top = scales(x, Room())
    d = scale * np.random.default_rng(as_count(seed, "seed", least=0)).standard_normal(len(x))
    slope, change = remainder(f, analytic, x, d)
    # A difference sees a component only if it changes f by some share of what all of them do.
    resolved = 1e-4 * (abs(f(x)) + change) / np.maximum(scale, SMALL * top)
    size = np.maximum(np.maximum(np.abs(analytic), np.abs(numeric)), resolved)
    error = np.abs(analytic - numeric) / np.where(size > 0, size, 1.0)
    worst = int(error.argmax())
    return GradientCheck(
        passed=bool(error[worst] <= 1e-3 and not slope < 1.5),
        slope=slope,
        worst=worst,
        analytic=float(analytic[worst]),
        numeric=float(numeric[worst]),
        relative_error=float(error[worst]),
    )

"""The Jacobian and the gradient, as the reader asks for them."""

from companion.jacobians.driver import differentiate


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
        ``"forward"``             1e-8                                 n, and 17 for checks
        ``"central"``             1e-10                                2n, and 17 for checks
        ``"richardson"``          1e-13                                10n to 80n, and 17 for checks
        ``"complex-step"``        rounding                             n complex, and 17 for checks
        ``"forward-mode"``        rounding                             one pass, n tangents
        ``"reverse-mode"``        rounding                             one pass, and m sweeps back
        ========================  ===================================  ==========================

    step : float or array of shape (n,), optional
        The step of each component, absolute; where ``"richardson"`` starts; the imaginary step of
        ``"complex-step"``. By default in proportion to the scale of each component of x, as
        ``finite_differences`` explains. A step that you give is taken as it is: f is then not
        checked for jumps inside it.
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
        changing shapes; if f jumps or has a kink at x, or changes too fast or has too few digits
        for the steps; if f is not analytic where complex steps need that; if a vectorized f mixes
        its columns; if `sparsity` misses nonzeros; if `step` is given to a method that takes no
        steps.

    Notes
    -----
    What steps find is compared with what f does along one line through x, which moves every
    component by its scale (``directional_check``): f at 16 points, at a tenth of the scale and
    less, on both sides. J v must be what these values tend to, to three digits, or as far as their
    rounding lets one see. Where all of x is so small that rounding hides f on this line, and steps
    climbed up to 1, a line as long as they are may bear J out, 17 points more. Where J v is not
    that, and longer or shorter steps could do better, the next better differences are taken,
    ``"central"`` or ``"richardson"``; otherwise that is an error. One line is no proof: an error of
    J that is 0 along it is not seen, a component that is small beside the others may have fewer
    digits than they, and what f does farther away than the steps, or in ripples finer than 10⁻¹⁰ of
    the scale, is not asked for.

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

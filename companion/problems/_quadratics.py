"""Quadratic functions."""

import numpy as np

from companion._shared.arguments import as_number, as_vector
from companion.problems._problem import Problem

# ---------------------------------------------------------------------------------------------
# Shapes of the plane


def bowl(eigenvalues=(1.0, 10.0), *, angle=np.pi / 6, center=None):
    """A quadratic with the eigenvalues you choose: f(x) = ½ (x − c)ᵀH(x − c).

    H = Q diag(eigenvalues) Qᵀ, where Q rotates by `angle` in the plane of each two neighbouring
    axes, one after the other. The condition number is the ratio of the extreme eigenvalues.

    Parameters
    ----------
    eigenvalues : array, shape (n,)
        All positive.
    angle : float
        In radians; 0 leaves the axes of the ellipses along the axes of coordinates.
    center : array, shape (n,), optional
        The minimizer c; 0 where it is not given.

    Returns
    -------
    Problem
        With minimizer c and start c + (1, …, 1).

    Raises
    ------
    ValueError
        If an eigenvalue is not positive, or center is not as long as eigenvalues.

    Examples
    --------
    >>> from companion.problems import bowl
    >>> import numpy as np
    >>> f = bowl([1, 100])
    >>> print(f"{np.linalg.cond(f.hess(f.x0)):.4f}")
    100.0000

    References
    ----------
    S. Boyd and L. Vandenberghe, *Convex Optimization*, Section 9.3.2.
    """
    eigenvalues, angle = as_vector(eigenvalues, "eigenvalues"), as_number(angle, "angle")
    if eigenvalues.min() <= 0:
        raise ValueError(f"eigenvalues must be positive; the smallest is {eigenvalues.min():g}")
    n = len(eigenvalues)
    center = np.zeros(n) if center is None else as_vector(center, "center")
    if len(center) != n:
        raise ValueError(f"center must be as long as eigenvalues, {n}; its length is {len(center)}")
    Q, c, s = np.eye(n), np.cos(angle), np.sin(angle)
    for i in range(n - 1):
        Q[:, i : i + 2] = Q[:, i : i + 2] @ [[c, -s], [s, c]]
    return _quadratic("bowl", Q * eigenvalues @ Q.T, center + 1, center[None], center)


def valley():
    """A valley with a level floor: f(x) = ½ x₁².

    Returns
    -------
    Problem
        With n = 2. Every point of the line x₁ = 0 is a minimizer; the one given is 0.

    Examples
    --------
    >>> from companion.problems import valley
    >>> f = valley()
    >>> print(f(f.x0))
    0.5

    References
    ----------
    J. Nocedal and S. J. Wright, *Numerical Optimization*, 2nd ed., Section 2.1.
    """
    return _quadratic("valley", np.diag([1.0, 0.0]), [1, 1], [[0, 0]])


def saddle():
    """A saddle: f(x) = ½ (x₁² − x₂²).

    Returns
    -------
    Problem
        With n = 2 and no minimizer; the critical point is 0.

    Examples
    --------
    >>> from companion.problems import saddle
    >>> f = saddle()
    >>> print(f.grad(f.x0))
    [ 1.  -0.5]

    References
    ----------
    I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning*, Section 4.3.1.
    """
    return _quadratic("saddle", np.diag([1.0, -1.0]), [1, 0.5], np.empty((0, 2)))


def dot(a, x):
    """Σ aᵢxᵢ for x of shape (n, ...)."""
    return (column(a, x) * x).sum(axis=0)


def column(a, x):
    """The vector a, shaped to multiply x of shape (n, ...)."""
    return a.reshape((len(a),) + (1,) * (x.ndim - 1))


def _quadratic(name, H, x0, minimizers, c=None):
    """f(x) = ½ (x − c)ᵀH(x − c) for x of shape (n, ...)."""
    H = (H + H.T) / 2
    c = np.zeros(len(H)) if c is None else c

    def grad(x):
        d = x - column(c, x)
        return (d.T @ H).T  # Hd, as H is symmetric; the transposes let x have more axes

    def f(x):
        return ((x - column(c, x)) * grad(x)).sum(axis=0) / 2

    return Problem(name, f, grad, lambda x: H.copy(), x0, minimizers)

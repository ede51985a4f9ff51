"""The Hessian itself: H_ij = ∂²f/∂x_i∂x_j."""

from functools import lru_cache

import numpy as np

from companion._shared.arguments import as_choice, as_function, as_vector
from companion._shared.calls import Batch
from companion.hessians import _second_differences as second
from companion.jacobians import METHODS
from companion.jacobians.directional_check import judge, measure
from companion.jacobians.driver import DIFFERENCES, EXACT, differentiate
from companion.jacobians.finite_differences import SMALL, Room, scales
from companion.results import describe


def hessian(f, x, *, grad=None, method="central", vectorized=False):
    """All second partial derivatives of f at x: H_ij = ∂²f/∂x_i∂x_j (eq:hessian).

    The Hessian is the Jacobian of the gradient. Where the gradient is given, it is computed as
    that; otherwise from second differences of f.

    Parameters
    ----------
    f : callable
        Maps an array of shape (n,) to a number. It is not called where `grad` is given.
    x : array, shape (n,)
        The point.
    grad : callable, optional
        Maps an array of shape (n,) to the gradient, shape (n,).
    method : str
        With `grad`, any method of `companion.jacobians.jacobian`. Without it, ``"forward"``,
        ``"central"`` and ``"richardson"`` are second differences of f, with relative errors near
        1e-5, 1e-8 and 1e-11 where f is well scaled; ``"complex-step"``, ``"forward-mode"`` and
        ``"reverse-mode"`` find gradients to rounding, and central differences of those, 1e-10.
    vectorized : bool
        Whether `grad` maps (n, k) to (n, k), each column by itself.

    Returns
    -------
    array, shape (n, n)
        H, exactly symmetric.

    Raises
    ------
    ValueError
        If an argument is not what it must be; if a function returns NaN, infinity, complex
        numbers or the wrong shape; if f or its slope jumps at x, or f changes too fast or has too
        few digits for the steps; if the Jacobian of `grad` is not symmetric, so that `grad` is no
        gradient, or its derivatives do not commute at x.

    Notes
    -----
    Differences are compared with how f, or `grad`, changes along one line through x, as the notes
    of `companion.jacobians.jacobian` say; of f it is the bend vᵀHv. Where they contradict it, the
    next better differences are taken. Rounding hides from differences of f what f does not bend
    over the length of x: entries far below ``|f|`` / max ``|x_i|``² may be rounding alone. Give
    `grad`, or take ``"forward-mode"``, where they matter.

    Examples
    --------
    >>> from companion.hessians import hessian
    >>> import numpy as np
    >>> print(np.round(hessian(lambda x: x[0] ** 2 * x[1], [1, 2]), 4))
    [[4. 2.]
     [2. 0.]]

    References
    ----------
    J. Nocedal and S. J. Wright, Numerical Optimization, 2nd ed. (2006), section 8.1.
    """
    x = as_vector(x, "x")
    as_choice(method, "method", METHODS)
    if grad is not None:
        return _hessian_from_gradient(grad, x, method, vectorized)
    as_function(f, "f")
    if vectorized:
        raise ValueError("vectorized must be False without grad: it says how grad is called")
    if method == "complex-step" or method in EXACT:
        return _hessian_from_gradient(
            lambda z: _gradient(f, z, method), x, "central", name="the gradient of f"
        )

    batch = Batch(f, vectorized=False)
    line = measure(batch, x, Room())
    if line.F0.shape != ():
        raise ValueError(f"f must return a number; it returned shape {line.F0.shape}")
    if judge(line):
        raise ValueError(f"f at x = {describe(x)} jumps or has a kink")
    for better in DIFFERENCES[DIFFERENCES.index(method) :]:
        H = second.second_differences(batch, x, line.F0, better, line.noise())
        if not np.isfinite(H).all():
            raise ValueError(f"f must return finite values; near x = {describe(x)} it does not")
        h = None if better == "richardson" else second.UNIT[better]
        doubt = judge(
            line,
            line.v @ H @ line.v,
            order=2,
            terms=np.abs(line.v) @ np.abs(H) @ np.abs(line.v),
            rounding=lambda seen, h=h: 4 * len(x) * seen.rounding(h, order=2),
        )
        if doubt is None or doubt.kind != "wrong":
            break
    if doubt:
        raise ValueError(_word(doubt, x, method))
    return H


def _word(doubt, x, method):
    """What contradicts H, and what to try."""
    numbers = f"along v it bends by {doubt.seen:.6g}, but vᵀHv is {doubt.claimed:.6g}"
    if doubt.kind == "digits":
        others = "" if method == "richardson" else "'richardson', "
        return (
            f"f at x = {describe(x)} has too few digits for the steps taken: {numbers}. "
            f"Try {others}'forward-mode' or grad"
        )
    return (
        f"f at x = {describe(x)} has no Hessian that differences can find: {numbers}. "
        "Its slope may have a kink there, or it changes too fast; try grad"
    )


def _gradient(f, x, method):
    g = differentiate(f, x, method)
    if g.shape != x.shape:
        raise ValueError(f"f must return a number; it returned shape {g.shape[:-1]}")
    return g


def _hessian_from_gradient(grad, x, method, vectorized=False, name="grad"):
    """The Jacobian of the gradient, if it is symmetric; and then exactly so."""
    H = differentiate(grad, x, method, vectorized=vectorized, name=name)
    if H.shape != (len(x), len(x)):
        raise ValueError(f"{name} must return shape {x.shape}; it returned {H.shape[:-1]}")
    if not _is_symmetric(H, x):
        _check_symmetry(grad, x, H, vectorized, name)
    H = H + H.T
    H /= 2
    return H


def _check_symmetry(grad, x, H, vectorized, name):
    """Raise a ValueError unless H lacks symmetry only by what differences of grad may be off."""
    g = Batch(grad, vectorized, name)(x[:, None])[..., 0]
    if not _is_symmetric(H, x, g):
        # Forward differences may lack symmetry where H is 0; the best of differences decide.
        best = differentiate(grad, x, "richardson", vectorized=vectorized, name=name)
        if not _is_symmetric(best, x, g):
            raise ValueError(
                f"{name} must be the gradient of a smooth f; at x = {describe(x)} "
                "its Jacobian is not symmetric"
            )


def _is_symmetric(H, x, g=0.0):
    """Whether uᵀHv = vᵀHu for u and v at random, relative to their terms and to the gradient."""
    scale, top = scales(x, Room())
    U = np.maximum(scale, SMALL * top) * _two_directions(len(x))
    HU = U @ H.T
    (u, v), (Hu, Hv) = U, HU
    (size_u, size_v), (size_Hu, size_Hv) = np.abs(U), np.abs(HU) + 1e-5 * np.abs(g)
    return abs(u @ Hv - v @ Hu) <= 1e-4 * (size_u @ size_Hv + size_v @ size_Hu)


@lru_cache(maxsize=4)
def _two_directions(n):
    """At random, and always the same for the same n."""
    return np.random.default_rng(0).standard_normal((2, n))

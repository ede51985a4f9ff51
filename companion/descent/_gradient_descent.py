"""Descent made of steps along −∇f, with a length you choose."""

import numpy as np

from companion._shared.arguments import (
    as_choice,
    as_function,
    as_nonnegative,
    as_positive,
    as_run,
)
from companion._shared.calls import evaluate
from companion._shared.floats import exponent, halved_to_one
from companion._shared.iteration import Gauge, backtrack, iterate, look, trial
from companion.hessians.products import quick_product
from companion.results import Result


def gradient_descent(f, grad, x0, epsilon, *, momentum=0.0, hvp=None, tol=1e-8, max_iter=10_000):
    """Minimize f by steps x ← x − εg along the gradient g = ∇f(x) (eq:step).

    The step size ε is

    - a number: the same at every step. On a quadratic with eigenvalues in (0, λ_max] the iterates
      converge for 0 < ε < 2/λ_max (eq:stable-steps); beyond, they grow without limit from almost
      every start.
    - ``"armijo"``: a trial, halved until f falls by at least 10⁻⁴ ε gᵀg (eq:armijo). The trial is
      Barzilai and Borwein's sᵀs/sᵀy, where s and y are the last changes of x and ∇f, or ten times
      the last ε where sᵀy ≤ 0. The first is a step as long as x₀, or as 1 where x₀ = 0, which
      gives no unit. A trial outside the domain of f is halved too: there f is NaN or raises an
      error. Where the fall may be lost in the rounding of f, the gradients at both ends show it
      instead.
    - ``"optimal"``: ε* = gᵀg / gᵀHg (eq:optimal-step), the bottom of the second-order model along
      −g, whether or not f falls; and Armijo's step wherever gᵀHg ≤ 0.

    Momentum β keeps a part of the last step, as a heavy ball would: xₖ₊₁ = xₖ − εgₖ + β(xₖ − xₖ₋₁)
    (eq:momentum), from rest, x₋₁ = x₀. On that quadratic the iterates converge for
    0 < ε < 2(1 + β)/λ_max; beyond, they grow without limit from almost every start. With
    κ = λ_max/λ_min, the error there shrinks in the long run by (√κ − 1)/(√κ + 1) a step where
    √ε = 2/(√λ_max + √λ_min) and √β is that factor (eq:best-momentum); with one ε and no momentum,
    by (κ − 1)/(κ + 1) for the best ε. On the way f may rise.

    Parameters
    ----------
    f : callable
        f(x), a number for x of shape (n,).
    grad : callable
        ∇f(x), shape (n,).
    x0 : array, shape (n,)
        The start.
    epsilon : float or str
        A positive number, ``"armijo"`` or ``"optimal"``.
    momentum : float
        β, in [0, 1). Other than 0 with a number for epsilon only.
    hvp : callable, optional
        hvp(x, v) = H(x) v, shape (n,), for ``"optimal"``; differences of grad where it is None.
    tol : float
        Converged when the remaining step, ‖∇f(x)‖ over the smallest curvature seen of late
        (a `Gauge`), is at most tol times the larger of ‖x‖ and ‖x − x₀‖. It depends on no unit.
    max_iter : int
        The largest number of steps.

    Returns
    -------
    Result
        Its status is CONVERGED, also where ∇f is 0 to within what rounding x changes it by; or:
        STALLED, where no step changes x; UNBOUNDED, where f falls without limit, 10⁵⁰ times as far
        away as the start was, or farther along −∇f; DIVERGED, where x went so far, or f and its
        gradient grew; MAX_ITER.

    Raises
    ------
    ValueError
        If an argument is not as above; if f, grad or hvp returns something of the wrong shape or
        type, or NaN, or has no value at an iterate. (Where the iterates have run far away,
        overflow and NaN mean DIVERGED.)

    Examples
    --------
    >>> from companion.descent import gradient_descent
    >>> from companion.problems import bowl
    >>> f = bowl([1, 10])
    >>> gradient_descent(f, f.grad, f.x0, 2 / 11).n_iter
    97
    >>> gradient_descent(f, f.grad, f.x0, 0.21).status.name
    'DIVERGED'
    >>> kappa = 10
    >>> epsilon, beta = 4 / (1 + kappa**0.5) ** 2, ((kappa**0.5 - 1) / (kappa**0.5 + 1)) ** 2
    >>> gradient_descent(f, f.grad, f.x0, epsilon, momentum=beta).n_iter < 97 / 2
    True

    References
    ----------
    J. Nocedal and S. J. Wright, *Numerical Optimization*, 2nd ed., Sections 3.1 and 3.3.
    B. T. Polyak, "Some methods of speeding up the convergence of iteration methods", *USSR
    Computational Mathematics and Mathematical Physics* 4 (1964), 1–17.
    """
    as_function(f, "f")
    as_function(grad, "grad")
    if hvp is not None:
        as_function(hvp, "hvp")

    def fixed(here, _):
        return look(f, grad, here.x - epsilon * here.g)

    def heavy_ball(here, previous):
        last = here if previous is None else previous
        return look(f, grad, here.x - epsilon * here.g + momentum * (here.x - last.x))

    def armijo(here, previous):
        def move(epsilon):
            return here.x - epsilon * here.g

        return backtrack(f, grad, here, move, trial(here, previous), here.fun)

    def optimal(here, previous):
        v = halved_to_one(here.g)
        if hvp is None:
            Hv = _product(grad, here.x, v)
        else:
            Hv = evaluate(lambda x: hvp(x, v.copy()), here.x, "hvp", shape=v.shape)
        alpha = v @ Hv
        if alpha <= 0:
            return armijo(here, previous)
        best = (v @ v) / alpha
        return look(f, grad, here.x - best * here.g, best)

    moves = {"armijo": armijo, "optimal": optimal}
    momentum = as_nonnegative(momentum, "momentum")
    if momentum >= 1:
        raise ValueError(f"momentum must be less than 1; it is {momentum:g}")
    if isinstance(epsilon, str):
        move = moves[as_choice(epsilon, "epsilon", tuple(moves))]
        if momentum > 0:
            raise ValueError(f"momentum must be 0 where epsilon is {epsilon!r}; it is {momentum:g}")
    else:
        epsilon, move = as_positive(epsilon, "epsilon"), heavy_ball if momentum > 0 else fixed
    gauge = Gauge()

    def step(here, previous):
        return gauge.distance(here.x, here.g), lambda: move(here, previous)

    x0, tol, max_iter = as_run(x0, tol, max_iter)
    here, status, path = iterate(step, f, grad, x0, tol, max_iter, momentum=momentum)
    return Result(here.x, here.fun, status, path.count - 1, path.array())


def _product(grad, x, v):
    """H v by differences of grad, in a unit of x in which x is about as long as 1."""
    unit = np.ldexp(1.0, exponent(x))
    return quick_product(lambda z: grad(unit * z), x / unit, v) / unit

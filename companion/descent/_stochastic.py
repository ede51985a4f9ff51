"""Descent by the gradient of a few rows at a time."""

import numpy as np

from companion._shared.arguments import as_count, as_function, as_positive, as_vector
from companion._shared.calls import evaluate
from companion._shared.floats import norm
from companion._shared.iteration import LOST, Gauge, Iterate, is_rounding, value
from companion.results import History, Result, Status


def stochastic_gradient_descent(
    grad, n_rows, x0, epsilon, *, f=None, tol=None, batch_size=32, epochs=10, seed=0
):
    """Minimize a mean over rows, f(x) = (1/m) Σᵢ fᵢ(x), by steps along gradients of few of them.

    In each epoch the rows are dealt, in random order, into batches, and each batch B gives a step
    x ← x − εg with g = (1/``|B|``) Σ ∇fᵢ(x) over the rows i in B (eq:minibatch). Each row is dealt
    once an epoch; the last batch may be smaller. Every g is unbiased: at a fixed x, its mean over
    all ways to deal is ∇f(x), and so is the mean of one epoch's gradients, each weighted by its
    number of rows.

    With a constant ε the iterates do not settle, unless all ∇fᵢ vanish at the minimizer: they
    wander in a cloud around it. For ε small beside 1/λ, where λ are the curvatures, f exceeds its
    minimum there by an amount proportional to ε, if an epoch has many more steps than 1/(ελ). In
    shorter epochs it is less, since what one batch has too much of, the others lack. Where no
    curvature is below ν > 0, steps that shrink like c/k, c > 1/(2ν), lead into the middle of the
    cloud.

    Parameters
    ----------
    grad : callable
        grad(x, rows), the gradient at x of the mean of fᵢ over those rows, shape (n,). ``rows``
        are row numbers in ascending order: an array of ints.
    n_rows : int
        m, the number of rows.
    x0 : array, shape (n,)
        The start.
    epsilon : float or callable
        The step ε, positive; or epsilon(k), that of step k = 0, 1, 2, …
    f : callable, optional
        f(x), a number. It decides nothing, and is called at the two ends of the run only.
    tol : float, optional
        Converged when the remaining step is at most tol times the larger of ‖x‖ and ‖x − x₀‖, as
        for `gradient_descent`. It is judged by the gradient of all rows, grad(x, [0, …, m − 1]), at
        x₀ and after each epoch: one more pass over the rows for each. Without it none is made.
    batch_size : int
        The number of rows in a batch; all of them, where it is larger than m.
    epochs : int
        The largest number of passes over the rows.
    seed : int
        Of the random order. The same seed gives the same iterates.

    Returns
    -------
    Result
        ``path`` holds the iterates of all steps, ``n_iter`` of them after x₀; ``fun`` is NaN
        without f. The status is CONVERGED, only with ``tol``; STALLED, where with ``tol`` an epoch
        does not change x; DIVERGED, where x is 10⁵⁰ times as far away as the start was or the first
        step led, or overflows; or else MAX_ITER.

    Raises
    ------
    ValueError
        If an argument is not as above; if grad, f or epsilon returns something of the wrong shape
        or type, or not finite. (Where the iterates have run far away, that means DIVERGED.)

    Examples
    --------
    >>> import numpy as np
    >>> from companion.descent import stochastic_gradient_descent
    >>> y = np.array([1.0, 2.0, 3.0, 6.0])  # fᵢ = ½ (x − yᵢ)²: the minimizer is the mean of y
    >>> result = stochastic_gradient_descent(
    ...     lambda x, rows: x - y[rows].mean(), 4, [0.0], lambda k: 1 / (k + 1), batch_size=1
    ... )
    >>> print(result.n_iter, np.round(result.x, 6))
    40 [3.]

    References
    ----------
    L. Bottou, F. E. Curtis and J. Nocedal, "Optimization methods for large-scale machine learning",
    *SIAM Review* 60 (2018), 223–311, section 4.
    """
    as_function(grad, "grad")
    n_rows, x0 = as_count(n_rows, "n_rows"), as_vector(x0, "x0")
    if not callable(epsilon):
        epsilon = as_positive(epsilon, "epsilon")
    if f is not None:
        evaluate(as_function(f, "f"), x0, shape=())
    tol = None if tol is None else as_positive(tol, "tol")
    batch_size, epochs = as_count(batch_size, "batch_size"), as_count(epochs, "epochs")
    rng = np.random.default_rng(as_count(seed, "seed", least=0))

    def size(k):
        return as_positive(epsilon(k), f"epsilon({k})") if callable(epsilon) else epsilon

    def gradient(x, rows, unit):
        """∇f over the rows; overflow explains NaN where x has run away, nearer it is an error."""

        def of_rows(x):
            return grad(x, rows.copy())

        g = value(of_rows, x, "grad", x.shape, finite=unit is None)
        if np.isnan(g).any() and norm(x) <= 1e8 * unit:
            value(of_rows, x, "grad", x.shape, finite=True)
        return g

    def deal():
        order = rng.permutation(n_rows)
        return [np.sort(order[k : k + batch_size]) for k in range(0, n_rows, batch_size)]

    judge = _no_judge if tol is None else _Judge(gradient, n_rows, x0, tol)
    x, status, path = _run(gradient, size, deal, x0, judge, epochs)
    fun = np.nan if f is None else value(f, x, "f", (), finite=status is not Status.DIVERGED)
    return Result(x, float(fun), status, path.count - 1, path.array())


@np.errstate(all="ignore")  # what overflows when iterates run away is looked at, not warned of
def _run(gradient, size, deal, x, judge, epochs):
    """Step after step; where it ended, how, and the path."""
    path, unit = History(), None  # the unit of lengths is known once a step has been taken
    path.append(x)
    for _ in range(epochs):
        if status := judge(x, unit):
            return x, status, path
        start = x
        for rows in deal():
            there = x - size(path.count - 1) * gradient(x, rows, unit)
            if not np.isfinite(there).all():
                return x, Status.DIVERGED, path
            unit = unit or max(norm(x), norm(there - x))
            x = there
            path.append(x)
            if norm(x) > LOST * unit:
                return x, Status.DIVERGED, path
        if judge is not _no_judge and np.array_equal(x, start):
            return x, judge(x, unit, last=True) or Status.STALLED, path
    return x, judge(x, unit, last=True) or Status.MAX_ITER, path


def _no_judge(x, unit, last=False):
    return None


class _Judge:
    """Whether x is within tol of a critical point, by the gradient of all rows."""

    def __init__(self, gradient, n_rows, x0, tol):
        self.gradient, self.rows = gradient, np.arange(n_rows)
        self.x0, self.tol, self.gauge = x0, tol, Gauge()

    def __call__(self, x, unit, last=False):
        """How the run ends at x, or None. At its two ends, a gradient may be all rounding, too."""

        def whole(x):
            return self.gradient(x, self.rows, unit)

        g, length = whole(x), max(norm(x), norm(x - self.x0))
        if not np.isfinite(g).all():
            return Status.DIVERGED
        arrived = not g.any() or self.gauge.distance(x, g) <= self.tol * length
        if not arrived and (last or unit is None):
            arrived = is_rounding(whole, Iterate(x, np.nan, g), length or 1.0, lambda x: x)
        return Status.CONVERGED if arrived else None

"""What all descents share: a point with f and ∇f there, and when it has run away."""

from dataclasses import dataclass

import numpy as np

from companion.validation import evaluate

# Armijo: the fraction of the promised decrease that a step must deliver.
SUFFICIENT = 1e-4
# An f below this is taken to fall without limit.
BOTTOMLESS = -1e100


@dataclass(frozen=True, eq=False)
class Iterate:
    """x with f and ∇f there.

    Attributes
    ----------
    x : array, shape (n,)
        The point.
    fun : float
        f(x).
    g : array, shape (n,)
        ∇f(x).
    """

    x: np.ndarray
    fun: float
    g: np.ndarray

    @property
    def is_finite(self):
        """Whether f and ∇f are finite here."""
        return bool(np.isfinite(self.fun) and np.isfinite(self.g).all())


def look(f, grad, x, *, finite=False):
    """The iterate at x. With ``finite``, f and ∇f must be; where x has overflowed, they are NaN."""
    if not np.isfinite(x).all():
        return Iterate(x, np.nan, np.full(x.shape, np.nan))
    fun = evaluate(f, x, "f", shape=(), finite=finite)
    return Iterate(x, float(fun), evaluate(grad, x, "grad", shape=x.shape, finite=finite))


def is_far(there, start):
    """Whether the iterates have run so far away that overflow is no surprise; NaN is far."""
    return not norm(there.x) <= 1e8 * (1 + norm(start.x))


def refuse_nan(f, grad, there, start):
    """Raise a ValueError that gives the point, where f or ∇f is NaN at one that is not far."""
    if np.isnan([there.fun, *there.g]).any() and not is_far(there, start):
        evaluate(f, there.x, "f")
        evaluate(grad, there.x, "grad")


def norm(v):
    """‖v‖, inf where its square overflows."""
    with np.errstate(over="ignore"):
        return np.linalg.norm(v)

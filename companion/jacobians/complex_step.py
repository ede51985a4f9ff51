"""The complex step: ∂f/∂xⱼ = Im f(x + ih eⱼ) / h + O(h²), without a difference."""

import warnings
from functools import partial

import numpy as np

IMAGINARY_UNIT = 1e-20


class ComplexSteps:
    """Im f(x + ih eⱼ) / h (eq:complex-step): called with a `Seed`, gives its entries of J.

    No two values of f are subtracted, so h adds no cancellation to that of f itself, and can be as
    small as 1e-20 of the scale of xⱼ; the error h² is then below rounding. It takes an
    analytic f: Im f of ``abs``, ``conj`` or ``real`` says nothing of their slope.

    Parameters
    ----------
    batch : Batch
        f on columns.
    x : array, shape (n,)
        The point.
    scale : array, shape (n,)
        The distance over which f is expected to change, one a component.
    step : array, shape (n,), optional
        The imaginary step of each component, in place of 1e-20 of its scale.

    References
    ----------
    W. Squire and G. Trapp, "Using Complex Variables to Estimate Derivatives of Real Functions",
    SIAM Review 40 (1998).
    """

    has_room = False  # to climb: nothing is rounded away

    def __init__(self, batch, x, scale, step=None):
        self.batch, self.x = batch, x
        self.h = np.maximum(IMAGINARY_UNIT * scale, 1e-305) if step is None else step

    def __call__(self, seed):
        (D,) = seed.sample(partial(imaginary_part, self.batch), self.x, self.x + 1j * self.h)
        return D / self.h[seed.column]

    def small(self):
        """No component needs a step of another kind."""
        return np.zeros(0, int)

    def along(self, v):
        """The derivative along v, which moves x by its scale: one step is enough."""
        h = max(IMAGINARY_UNIT, 1e-305 / np.abs(v).max())
        return imaginary_part(self.batch, (self.x + 1j * h * v)[:, None])[..., 0] / h


def imaginary_part(batch, X, *, copy=True):
    """Im f of the complex columns of X; a ValueError if f cannot compute with them."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            return np.imag(batch(X, copy=copy))
    except (TypeError, np.exceptions.ComplexWarning) as error:
        raise ValueError(
            f"method 'complex-step' needs {batch.name} to compute with complex numbers; "
            f"it raised {type(error).__name__}: {error}. Try 'forward-mode' or 'richardson'"
        ) from error

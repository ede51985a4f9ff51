"""The quadratic model, and the step along −g that it judges best."""

from dataclasses import dataclass

import numpy as np

from companion._shared.arguments import as_matrix, as_number, as_real, as_vector
from companion._shared.floats import TINY


def quadratic_model(f0, g, H):
    """The second-order model of f about a point: m(d) = f0 + g·d + ½ dᵀHd (eq:taylor-2).

    Parameters
    ----------
    f0 : float
        f at the point.
    g : array, shape (n,)
        Its gradient there.
    H : array, shape (n, n)
        Its Hessian there.

    Returns
    -------
    callable
        Maps d, shape (n,), to m(d); and many of them in columns, shape (n, k), to shape (k,).

    Raises
    ------
    ValueError
        If the shapes do not match or a number is not finite; the model raises one for a d of the
        wrong shape.

    Examples
    --------
    >>> from companion.taylor import quadratic_model
    >>> m = quadratic_model(1, [2, 0], [[2, 0], [0, 4]])
    >>> print(f"{m([0.5, 1]):.4f}")  # 1 + 1 + ½ (0.5 + 4)
    4.2500

    References
    ----------
    I. Goodfellow, Y. Bengio and A. Courville, Deep Learning (2016), section 4.3.1.
    """
    f0, g = as_number(f0, "f0"), as_vector(g, "g")
    H = as_matrix(H, "H", shape=(len(g), len(g)))

    def model(d):
        d = as_real(d, "d", ndim=np.ndim(d))
        if d.ndim not in (1, 2) or len(d) != len(g):
            raise ValueError(f"d must have shape ({len(g)},) or ({len(g)}, k); it is {d.shape}")
        return f0 + g @ d + (d * (H @ d)).sum(axis=0) / 2

    return model


@dataclass(frozen=True, repr=False, eq=False)
class StepAnalysis:
    """The model along a step: f(x₀ − εg) ≈ f0 − ε slope + ½ ε² alpha.

    Attributes
    ----------
    f0 : float
        Where you are.
    slope : float
        gᵀg: what the slope promises for each unit of ε.
    alpha : float
        gᵀHg: what the curvature takes back, or adds.
    optimal_epsilon : float
        ε* = slope / alpha, where the model is lowest; inf where alpha <= 0, and 0 where g = 0.
    predicted_decrease : float
        slope² / (2 alpha), what the model falls by until there; inf and 0 likewise.
    """

    f0: float
    slope: float
    alpha: float
    optimal_epsilon: float
    predicted_decrease: float

    def predict(self, epsilon):
        """The model's value after a step ε: f0 − ε gᵀg + ½ ε² gᵀHg (eq:step-model).

        Parameters
        ----------
        epsilon : float or array
            One step, or many.

        Returns
        -------
        float or array of the shape of epsilon
            The model.
        """
        epsilon = as_real(epsilon, "epsilon", ndim=np.ndim(epsilon))
        return (self.f0 - epsilon * self.slope + epsilon**2 * self.alpha / 2)[()]

    def __repr__(self):
        first = f"f0 = {_short(self.f0)}, slope gᵀg = {_short(self.slope)}"
        head = f"StepAnalysis: {first}, alpha gᵀHg = {_short(self.alpha)}"
        if self.slope == 0:
            return f"{head}\n  g = 0: a critical point, from which no step leads along −g"
        if self.alpha <= 0:
            return f"{head}\n  alpha <= 0: the model falls without end along −g (f need not)"
        return (
            f"{head}\n  best step ε* = {_short(self.optimal_epsilon)}, "
            f"predicted decrease {_short(self.predicted_decrease)}"
        )


def analyze_step(f0, g, Hg):
    """What the second-order model promises of a step along −g, and the best ε on it.

    Parameters
    ----------
    f0 : float
        f(x₀).
    g : array, shape (n,)
        The gradient at x₀.
    Hg : array, shape (n,)
        The Hessian at x₀ times g.

    Returns
    -------
    StepAnalysis
        The slope gᵀg, alpha = gᵀHg (eq:alpha), the best step ε* = gᵀg / gᵀHg (eq:optimal-step)
        and the decrease ½ (gᵀg)² / gᵀHg that the model predicts for it (eq:best-decrease).

    Raises
    ------
    ValueError
        If the shapes differ, a number is not finite, or the products are too large or too small
        for doubles.

    Examples
    --------
    >>> from companion.taylor import analyze_step
    >>> import numpy as np
    >>> H = np.array([[1.0, 0.0], [0.0, 4.0]])
    >>> g = np.array([2.0, 1.0])
    >>> analyze_step(3.25, g, H @ g)
    StepAnalysis: f0 = 3.2500, slope gᵀg = 5.0000, alpha gᵀHg = 8.0000
      best step ε* = 0.6250, predicted decrease 1.5625

    References
    ----------
    I. Goodfellow, Y. Bengio and A. Courville, Deep Learning (2016), section 4.3.1, equation 4.10.
    """
    f0, g = as_number(f0, "f0"), as_vector(g, "g")
    Hg = as_vector(Hg, "Hg", size=len(g))
    with np.errstate(over="ignore", invalid="ignore"):
        slope, alpha = float(g @ g), float(g @ Hg)
    if not np.isfinite([slope, alpha]).all():
        raise ValueError(f"g must be scaled down: gᵀg is {slope:g}, gᵀHg is {alpha:g}")
    if g.any() and (
        slope < TINY or (abs(alpha) < TINY and unit_entries(g) @ unit_entries(Hg) != 0)
    ):
        raise ValueError(f"g must be scaled up: gᵀg is {slope:g}, gᵀHg is {alpha:g}")
    if slope == 0:
        optimal_epsilon = predicted_decrease = 0.0
    elif alpha <= 0:
        optimal_epsilon = predicted_decrease = np.inf
    else:
        optimal_epsilon = slope / alpha
        predicted_decrease = slope * optimal_epsilon / 2
    return StepAnalysis(f0, slope, alpha, optimal_epsilon, predicted_decrease)


def unit_entries(a):
    """The vector scaled to entries of at most 1."""
    return a / (np.abs(a).max() or 1.0)


def _short(value):
    """Four decimals, or four digits where those would say too little."""
    return f"{value:.4f}" if value == 0 or 1e-2 <= abs(value) < 1e6 else f"{value:.4e}"

"""One step of SQP: what a violation costs, and how far to trust the model."""

from dataclasses import dataclass

import numpy as np

from companion.local_model import convexify, violation
from companion.quadratic_programming import solve_qp

RHO_MAX = 1e10


@dataclass(frozen=True, eq=False)
class Step:
    """A step d, and how it was made.

    Attributes
    ----------
    d : array, shape (n,)
        The step.
    y : array, shape (p + q,)
        The multipliers that go with it.
    left : float
        The sum of violations that the linearized constraints still have at d.
    rho, sigma : float
        The ρ and σ of the quadratic program that d solves.
    """

    d: np.ndarray
    y: np.ndarray
    left: float
    rho: float
    sigma: float


class Model:
    """The problem around a point, as a quadratic program that always has a solution.

    With v the violation of the linearized constraints c + Jd, it is

        minimize  g·d + ½ dᵀHd + ½ σ‖d‖² + ρ‖v‖₁

    H is the Hessian of the Lagrangian, made positive definite. A larger σ makes a shorter step,
    more like steepest descent; a larger ρ, one that cares more for the constraints.

    Parameters
    ----------
    here : Local
        The point.
    y : array, shape (p + q,)
        The multipliers in the Hessian of the Lagrangian.
    """

    def __init__(self, here, y):
        self.here = here
        self.H = convexify(here.hessian(y))
        self.violation = np.abs(here.v).sum()

    def minimize(self, rho, sigma):
        """The `Step` to the minimizer."""
        here = self.here
        H = self.H + sigma * np.eye(len(here.x))
        d, y = solve_qp(H, here.g, here.J, here.c, here.is_eq, cap=rho)
        left = np.abs(violation(here.c + here.J @ d, here.is_eq)).sum()
        return Step(d, y, left, rho, sigma)

    def steer(self, rho, sigma):
        """A step that halves the violation to first order, if some ρ does; else the cheapest."""
        least = 1e-6 * first_sigma(self.here) + 1e-12 * np.abs(self.H).max()
        first = step = self.minimize(rho, max(sigma, least))
        while step.left > max(self.violation / 2, 1e-9) and step.rho < RHO_MAX:
            step = self.minimize(10 * step.rho, step.sigma)
        return step if step.left <= 0.9 * first.left else first

    def take(self, step):
        """Go to x + d if f + ρ‖v‖₁ falls as the model foresees; else raise σ, and try again.

        Returns
        -------
        there : Local or None
            The new point; None if not even the tiniest step is good.
        step : Step
            The step that led there.
        sigma : float
            The σ to begin with there.
        visible : bool
            Whether the gain foreseen was larger than the rounding error of the values compared.
        """
        here = self.here
        rounding = 1e-15 * (abs(here.f) + step.rho * self.violation) + 1e-300
        while np.linalg.norm(step.d) > 1e-15 * (1 + np.linalg.norm(here.x)):
            foreseen = (
                -here.g @ step.d
                - step.d @ self.H @ step.d / 2
                + step.rho * (self.violation - step.left)
            )
            for there in self._candidates(step):
                gain = _merit(here, step.rho) - _merit(there, step.rho)
                ratio = (gain + rounding) / (foreseen + rounding)
                if ratio >= 0.1 and there.has_derivatives:
                    sigma = step.sigma / 10 if ratio > 0.7 else step.sigma
                    return there, step, sigma, foreseen > rounding
            step = self.minimize(step.rho, max(4 * step.sigma, 1e-3 * np.abs(self.H).max()))
        return None, step, step.sigma, False

    def _candidates(self, step):
        """x + d; then x + d + s, where s brings it back to the active constraints, which curve.

        Without the second, a merit function may refuse good steps near a solution: Maratos' effect.
        """
        there = self.here.at(self.here.x + step.d)
        yield there
        active = self.here.is_eq | (step.y != 0)
        if active.any() and there.has_values:
            s = np.linalg.lstsq(self.here.J[active], -there.c[active])[0]
            yield self.here.at(there.x + s)


def first_sigma(here):
    """The σ with which, were there no curvature and no constraint, ‖d‖ would be 1 + ‖x‖."""
    return np.linalg.norm(here.g) / (1 + np.linalg.norm(here.x))


def _merit(here, rho):
    return here.f + rho * np.abs(here.v).sum() if here.has_values else np.inf

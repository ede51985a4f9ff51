"""One step of SQP: what a violation costs, and how far to trust the model."""

from dataclasses import dataclass

import numpy as np

from companion._shared.floats import EPS, norm
from companion.constrained._linearization import convexify, violation
from companion.constrained._quadratic_programming import solve_qp

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
        The sum of violations that the linearized constraints still have at d, each in its unit.
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

    Each constraint is divided by its unit, the length of its gradient: c and its violation v are
    then distances, and the price ρ of a violation is a force, like g. With v that of c + Jd, it is

        minimize  g·d + ½ dᵀHd + ½ σ‖d‖² + ρ‖v‖₁

    With σ = 0 and prices below ρ that is the step of (eq:sqp-step).

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
        self.c, self.J = here.c / here.unit, here.J / here.unit[:, None]
        self.violation = self._violation(self.c)

    def minimize(self, rho, sigma):
        """The `Step` to the minimizer."""
        here = self.here
        H = self.H + sigma * np.eye(len(here.x))
        d, price = solve_qp(H, here.g, self.J, self.c, here.is_eq, cap=rho)
        return Step(d, price / here.unit, self._violation(self.c + self.J @ d), rho, sigma)

    def steer(self, rho, sigma):
        """A step that halves the violation to first order, if some ρ does; else the cheapest."""
        here = self.here
        least = 1e-6 * norm(here.g) / (here.length or here.reach) + 1e-12 * np.abs(self.H).max()
        least = least or first_rho(here) / here.reach
        first = step = self.minimize(rho, max(sigma, least))
        enough = max(self.violation / 2, 1e-9 * here.length)
        if step.left > enough:
            highest = RHO_MAX * first_rho(here)
            while step.left > enough and step.rho < highest:
                step = self.minimize(10 * step.rho, step.sigma)
        return step if step.left <= 0.9 * first.left else first

    def take(self, step):
        """Go to x + d if f + ρ‖v‖₁ falls as the model foresees; else raise σ, and try again.

        Where x + d lies outside the domain of f or c, d is halved until it does not.

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
        rounding = 4 * EPS * (abs(here.f) + step.rho * self.violation)
        shortest = 4 * EPS * max(here.length, norm(step.d))
        while norm(step.d) > shortest:
            d = step.d
            while not here.at(here.x + d).has_values and norm(d) > shortest:
                d = d / 2
            foreseen = self._foreseen(d, step.rho)
            for there in self._candidates(d, step.y):
                gain = self._merit(here, step.rho) - self._merit(there, step.rho)
                if gain + rounding >= 0.1 * (foreseen + rounding) and there.has_derivatives:
                    bold = gain + rounding > 0.7 * (foreseen + rounding)
                    sigma = step.sigma / 10 if bold else step.sigma
                    return there, step, sigma, foreseen > rounding
            step = self.minimize(step.rho, max(4 * step.sigma, 1e-3 * np.abs(self.H).max()))
        return None, step, step.sigma, False

    def _foreseen(self, d, rho):
        """By how much the model says that f + ρ‖v‖₁ falls at d."""
        left = self._violation(self.c + self.J @ d)
        return -self.here.g @ d - d @ self.H @ d / 2 + rho * (self.violation - left)

    def _candidates(self, d, y):
        """x + d; then x + d + s, where s brings it back to the active constraints, which curve.

        Without the second, a merit function may refuse good steps near a solution: Maratos' effect.
        """
        there = self.here.at(self.here.x + d)
        yield there
        active = self.here.is_eq | (y != 0)
        if active.any() and there.has_values:
            s = np.linalg.lstsq(self.J[active], -(there.c / self.here.unit)[active])[0]
            yield self.here.at(there.x + s)

    def _violation(self, c):
        return np.abs(violation(c, self.here.is_eq)).sum()

    def _merit(self, there, rho):
        """f + ρ‖v‖₁, with the units of this point."""
        return (
            there.f + rho * self._violation(there.c / self.here.unit)
            if there.has_values
            else np.inf
        )


def first_sigma(here):
    """The σ with which, were there no curvature and no constraint, ‖d‖ would be the reach."""
    return norm(here.g) / here.reach


def first_rho(here):
    """A force of the size of ∇f; where that is all but zero, of the terms that cancel in it.

    Where these are zero too, its change over the reach; where f is constant, what is worth f.
    """
    largest = max(norm(here.g), here.least_force)
    return largest or here.curvature * here.reach or abs(here.f) / here.reach or 1.0

"""Maps f: Rⁿ → Rᵐ with exact Jacobians, and a glass to look at them through.

Every f and jac takes x of shape (n,), or (n, ...) for many points at once, and returns f(x) of
shape (m, ...) and J of shape (m, n, ...).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from companion._shared.arguments import as_count, as_matrix, as_positive, as_vector
from companion._shared.calls import evaluate
from companion.results import describe


@dataclass(frozen=True)
class Map:
    """A map f: Rⁿ → Rᵐ with its exact Jacobian; ``map(x)`` is ``map.f(x)``.

    Examples
    --------
    >>> from companion.problems.maps import bend
    >>> print(bend(np.array([2.0, 0.0])))
    [ 0. 10.]
    >>> print(bend.jac(np.array([2.0, 0.0])))
    [[0. 4.]
     [5. 1.]]
    """

    name: str
    f: Callable
    jac: Callable

    def __call__(self, x):
        return self.f(x)


def _bend(p):
    x, y = p
    return np.stack([x**2 * y, 5 * x + np.sin(y)])


def _bend_jac(p):
    x, y = np.asarray(p, dtype=float)
    return np.array([[2 * x * y, x**2], [5 + 0 * x, np.cos(y)]])


def _polar(p):
    r, theta = p
    return np.stack([r * np.cos(theta), r * np.sin(theta)])


def _polar_jac(p):
    r, theta = np.asarray(p, dtype=float)
    return np.array([[np.cos(theta), -r * np.sin(theta)], [np.sin(theta), r * np.cos(theta)]])


bend = Map("f(x, y) = (x²y, 5x + sin y)", _bend, _bend_jac)
"""Two inputs, two outputs, and J = [[2xy, x²], [5, cos y]] (eq:bend-jacobian)."""

polar = Map("(r, θ) ↦ (r cos θ, r sin θ)", _polar, _polar_jac)
"""Polar coordinates, det J = r (eq:polar-area)."""


def two_link_arm(lengths=(1.0, 1.0)):
    """The hand of an arm with two links, from its two joint angles.

    The hand stands at (l₁ cos θ₁ + l₂ cos(θ₁ + θ₂), l₁ sin θ₁ + l₂ sin(θ₁ + θ₂)), with the
    shoulder at the origin and θ₂ measured from the direction of the upper arm (eq:arm).

    Parameters
    ----------
    lengths : array, shape (2,)
        The lengths l₁, l₂ of upper arm and forearm, positive.

    Returns
    -------
    Map
        From angles in radians to the hand's position in the unit of `lengths`.

    Raises
    ------
    ValueError
        If `lengths` is not two positive numbers.

    Examples
    --------
    >>> from companion.problems.maps import two_link_arm
    >>> print(two_link_arm((2.0, 1.0))(np.array([0.0, np.pi / 2])))
    [2. 1.]

    References
    ----------
    Lynch and Park, *Modern Robotics*, Cambridge University Press, 2017, section 5.1.
    """
    l1, l2 = (as_positive(length, "lengths") for length in as_vector(lengths, "lengths", size=2))

    def hand(theta):
        upper, fore = theta[0], theta[0] + theta[1]
        return np.stack(
            [l1 * np.cos(upper) + l2 * np.cos(fore), l1 * np.sin(upper) + l2 * np.sin(fore)]
        )

    def jac(theta):
        upper, fore = theta[0], theta[0] + theta[1]
        by_fore = np.array([-l2 * np.sin(fore), l2 * np.cos(fore)])
        by_upper = np.array([-l1 * np.sin(upper), l1 * np.cos(upper)])
        return np.stack([by_upper + by_fore, by_fore], axis=1)

    return Map(f"two-link arm with lengths {l1:g} and {l2:g}", hand, jac)


def arm_joints(theta, lengths=(1.0, 1.0)):
    """Shoulder, elbow and hand of the two-link arm at the angles theta, in rows, shape (3, 2).

    Examples
    --------
    >>> from companion.problems.maps import arm_joints
    >>> print(arm_joints(np.array([0.0, np.pi / 2])).round(12))
    [[0. 0.]
     [1. 0.]
     [1. 1.]]
    """
    theta = as_vector(theta, "theta", size=2)
    hand = two_link_arm(lengths)(theta)
    elbow = lengths[0] * np.array([np.cos(theta[0]), np.sin(theta[0])])
    return np.stack([np.zeros(2), elbow, hand])


@dataclass(frozen=True, repr=False, eq=False)
class Neighbourhood:
    """A square about x, and its image under f and under the linear model of f, magnified 1/h.

    Attributes
    ----------
    h : float
        Half the side of the square.
    square : array, shape (2, k, k)
        The grid of points x + hu, u in [−1, 1]².
    bent : array, shape (2, k, k)
        (f(x + hu) − f(x)) / h.
    sheared : array, shape (2, k, k)
        J u, to which `bent` tends as h → 0.
    gap : float
        The largest ‖f(x + hu) − f(x) − J hu‖ over the grid: the error of the model, not magnified.
    """

    h: float
    square: np.ndarray
    bent: np.ndarray
    sheared: np.ndarray
    gap: float

    def __repr__(self):
        gap = f"model off by at most {describe(self.gap)}, {describe(self.gap / self.h)} of h"
        return f"Neighbourhood: h = {describe(self.h)}, {gap}"


def magnify(f, J, x, h, *, points=7):
    """Compare f with its linear model f(x) + Jd on a square of half-width h (eq:linearization).

    Parameters
    ----------
    f : callable
        From (2, k) to (2, k), one point a column.
    J : array, shape (2, 2)
        The Jacobian of f at x.
    x : array, shape (2,)
        The centre of the square.
    h : float
        Half the side of the square, positive.
    points : int
        Grid points along a side.

    Returns
    -------
    Neighbourhood

    Raises
    ------
    ValueError
        If an argument has the wrong shape or sign, or f returns what is not finite.

    Examples
    --------
    >>> from companion.problems.maps import bend, magnify
    >>> x = np.array([2.0, 0.5])
    >>> magnify(bend, bend.jac(x), x, h=0.5)
    Neighbourhood: h = 0.5, model off by at most 1.25235, 2.50471 of h
    >>> magnify(bend, bend.jac(x), x, h=0.05)
    Neighbourhood: h = 0.05, model off by at most 0.0113917, 0.227835 of h
    """
    J, x = as_matrix(J, "J", shape=(2, 2)), as_vector(x, "x", size=2)
    h, points = as_positive(h, "h"), as_count(points, "points", least=2)
    side = np.linspace(-1, 1, points)
    offset = np.array(np.meshgrid(side, side)).reshape(2, -1)
    square = x[:, None] + h * offset
    value = evaluate(f, x, shape=(2,))[:, None]
    change = evaluate(f, square, shape=square.shape) - value
    error = np.linalg.norm(change - J @ (h * offset), axis=0)
    grid = (2, points, points)
    return Neighbourhood(
        h,
        square=square.reshape(grid),
        bent=(change / h).reshape(grid),
        sheared=(J @ offset).reshape(grid),
        gap=float(error.max()),
    )

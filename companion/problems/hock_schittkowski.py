"""Classical problems of constrained optimization, as Hock and Schittkowski printed them.

`PROBLEMS` holds 51 of their collection by its numbers: linear and nonlinear constraints, equalities
and inequalities, bounds, nonconvex ones, some with degenerate multipliers, and one, 13, with none
at all: its minimum lies at a cusp. Each has the start and the least value that the book gives:
W. Hock and K. Schittkowski, *Test Examples for Nonlinear Programming Codes* (1981).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy import cos, exp, log, pi, sin, sqrt

from companion.problems._problem import ConstrainedProblem

STEP = 1e-30


@dataclass(frozen=True, repr=False, eq=False)
class HockSchittkowski:
    """Minimize f subject to eq = 0, ineq >= 0 and lower <= x <= upper.

    The functions take the variables one by one, as the book writes them.

    Attributes
    ----------
    x0 : tuple
        The start.
    least : float
        The least value of f.
    f : callable
        f(x₁, …, xₙ), a number.
    eq, ineq : callable, optional
        They return a list of numbers.
    lower, upper : tuple, optional
        The bounds; None where there is none.

    Examples
    --------
    >>> from companion.problems.hock_schittkowski import PROBLEMS
    >>> from companion.constrained import minimize_constrained
    >>> printed = PROBLEMS[35]
    >>> result = minimize_constrained(printed.problem(), printed.x0)
    >>> print(f"{result.fun:.8f} {printed.least:.8f} {result.status.name}")
    0.11111111 0.11111111 CONVERGED
    """

    x0: tuple
    least: float
    f: Callable
    eq: Callable | None = None
    ineq: Callable | None = None
    lower: tuple = ()
    upper: tuple = ()

    def objective(self, x):
        """f of the array x."""
        return self.f(*x)

    def equalities(self, x):
        """All that must be 0, shape (p,)."""
        return np.array(self.eq(*x)) if self.eq else np.zeros(0)

    def inequalities(self, x):
        """All that must be at most 0, bounds too, shape (q,)."""
        values = [-g for g in self.ineq(*x)] if self.ineq else []
        values += [bound - t for bound, t in zip(self.lower, x, strict=False) if bound is not None]
        values += [t - bound for bound, t in zip(self.upper, x, strict=False) if bound is not None]
        return np.array(values)

    def problem(self):
        """The same as a `ConstrainedProblem`, with derivatives that are exact to rounding."""
        given = {"f": self.objective, "grad": _derivative(self.objective)}
        if self.eq is not None:
            given |= {"eq": self.equalities, "eq_jac": _derivative(self.equalities)}
        if len(self.inequalities(self.x0)):
            given |= {"ineq": self.inequalities, "ineq_jac": _derivative(self.inequalities)}
        return ConstrainedProblem(**given)


def _derivative(f):
    """The gradient or Jacobian of an analytic f, by complex steps."""

    def derivative(x):
        columns = [np.imag(f(x + STEP * 1j * e)) / STEP for e in np.eye(len(x))]
        return np.array(columns).T

    return derivative


def _rosenbrock(x, y):
    return 100 * (y - x**2) ** 2 + (1 - x) ** 2


def _product(*x):
    return np.prod(x)


def _sphere_and_others(a, b, c, d, e):
    return a**2 + b**2 + c**2 + d**2 + e**2 - 10, b * c - 5 * d * e, a**3 + b**3 + 1


NONE = None
PROBLEMS = {
    1: HockSchittkowski((-2, 1), 0, _rosenbrock, lower=(NONE, -1.5)),
    2: HockSchittkowski((-2, 1), 0.0504261879, _rosenbrock, lower=(NONE, 1.5)),
    3: HockSchittkowski((10, 1), 0, lambda x, y: y + 1e-5 * (y - x) ** 2, lower=(NONE, 0)),
    4: HockSchittkowski((1.125, 0.125), 8 / 3, lambda x, y: (x + 1) ** 3 / 3 + y, lower=(1, 0)),
    5: HockSchittkowski(
        (0, 0),
        -sqrt(3) / 2 - pi / 3,
        lambda x, y: sin(x + y) + (x - y) ** 2 - 1.5 * x + 2.5 * y + 1,
        lower=(-1.5, -3),
        upper=(4, 3),
    ),
    6: HockSchittkowski((-1.2, 1), 0, lambda x, y: (1 - x) ** 2, lambda x, y: [10 * (y - x**2)]),
    7: HockSchittkowski(
        (2, 2),
        -sqrt(3),
        lambda x, y: log(1 + x**2) - y,
        lambda x, y: [(1 + x**2) ** 2 + y**2 - 4],
    ),
    8: HockSchittkowski(
        (2, 1), -1, lambda x, y: -1 + 0 * x, lambda x, y: [x**2 + y**2 - 25, x * y - 9]
    ),
    9: HockSchittkowski(
        (0, 0), -0.5, lambda x, y: sin(pi * x / 12) * cos(pi * y / 16), lambda x, y: [4 * x - 3 * y]
    ),
    10: HockSchittkowski(
        (-10, 10),
        -1,
        lambda x, y: x - y,
        ineq=lambda x, y: [-3 * x**2 + 2 * x * y - y**2 + 1],
    ),
    11: HockSchittkowski(
        (4.9, 0.1),
        -8.498464223,
        lambda x, y: (x - 5) ** 2 + y**2 - 25,
        ineq=lambda x, y: [y - x**2],
    ),
    12: HockSchittkowski(
        (0, 0),
        -30,
        lambda x, y: 0.5 * x**2 + y**2 - x * y - 7 * x - 7 * y,
        ineq=lambda x, y: [25 - 4 * x**2 - y**2],
    ),
    13: HockSchittkowski(
        (-2, -2),
        1,
        lambda x, y: (x - 2) ** 2 + y**2,
        ineq=lambda x, y: [(1 - x) ** 3 - y],
        lower=(0, 0),
    ),
    14: HockSchittkowski(
        (2, 2),
        9 - 2.875 * sqrt(7),
        lambda x, y: (x - 2) ** 2 + (y - 1) ** 2,
        lambda x, y: [x - 2 * y + 1],
        lambda x, y: [-0.25 * x**2 - y**2 + 1],
    ),
    15: HockSchittkowski(
        (-2, 1),
        306.5,
        _rosenbrock,
        ineq=lambda x, y: [x * y - 1, x + y**2],
        upper=(0.5, NONE),
    ),
    16: HockSchittkowski(
        (-2, 1),
        0.25,
        _rosenbrock,
        ineq=lambda x, y: [x + y**2, x**2 + y],
        lower=(-0.5, NONE),
        upper=(0.5, 1),
    ),
    17: HockSchittkowski(
        (-2, 1),
        1,
        _rosenbrock,
        ineq=lambda x, y: [y**2 - x, x**2 - y],
        lower=(-0.5, NONE),
        upper=(0.5, 1),
    ),
    18: HockSchittkowski(
        (2, 2),
        5,
        lambda x, y: 0.01 * x**2 + y**2,
        ineq=lambda x, y: [x * y - 25, x**2 + y**2 - 25],
        lower=(2, 0),
        upper=(50, 50),
    ),
    19: HockSchittkowski(
        (20.1, 5.84),
        -6961.81388,
        lambda x, y: (x - 10) ** 3 + (y - 20) ** 3,
        ineq=lambda x, y: [
            (x - 5) ** 2 + (y - 5) ** 2 - 100,
            -((y - 5) ** 2) - (x - 6) ** 2 + 82.81,
        ],
        lower=(13, 0),
        upper=(100, 100),
    ),
    21: HockSchittkowski(
        (-1, -1),
        -99.96,
        lambda x, y: 0.01 * x**2 + y**2 - 100,
        ineq=lambda x, y: [10 * x - y - 10],
        lower=(2, -50),
        upper=(50, 50),
    ),
    22: HockSchittkowski(
        (2, 2),
        1,
        lambda x, y: (x - 2) ** 2 + (y - 1) ** 2,
        ineq=lambda x, y: [2 - x - y, y - x**2],
    ),
    23: HockSchittkowski(
        (3, 1),
        2,
        lambda x, y: x**2 + y**2,
        ineq=lambda x, y: [
            x + y - 1,
            x**2 + y**2 - 1,
            9 * x**2 + y**2 - 9,
            x**2 - y,
            y**2 - x,
        ],
        lower=(-50, -50),
        upper=(50, 50),
    ),
    24: HockSchittkowski(
        (1, 0.5),
        -1,
        lambda x, y: ((x - 3) ** 2 - 9) * y**3 / (27 * sqrt(3)),
        ineq=lambda x, y: [x / sqrt(3) - y, x + sqrt(3) * y, 6 - x - sqrt(3) * y],
        lower=(0, 0),
    ),
    26: HockSchittkowski(
        (-2.6, 2, 2),
        0,
        lambda x, y, z: (x - y) ** 2 + (y - z) ** 4,
        lambda x, y, z: [(1 + y**2) * x + z**4 - 3],
    ),
    27: HockSchittkowski(
        (2, 2, 2),
        0.04,
        lambda x, y, z: 0.01 * (x - 1) ** 2 + (y - x**2) ** 2,
        lambda x, y, z: [x + z**2 + 1],
    ),
    28: HockSchittkowski(
        (-4, 1, 1),
        0,
        lambda x, y, z: (x + y) ** 2 + (y + z) ** 2,
        lambda x, y, z: [x + 2 * y + 3 * z - 1],
    ),
    29: HockSchittkowski(
        (1, 1, 1),
        -16 * sqrt(2),
        lambda x, y, z: -x * y * z,
        ineq=lambda x, y, z: [48 - x**2 - 2 * y**2 - 4 * z**2],
    ),
    30: HockSchittkowski(
        (1, 1, 1),
        1,
        lambda x, y, z: x**2 + y**2 + z**2,
        ineq=lambda x, y, z: [x**2 + y**2 - 1],
        lower=(1, -10, -10),
        upper=(10, 10, 10),
    ),
    31: HockSchittkowski(
        (1, 1, 1),
        6,
        lambda x, y, z: 9 * x**2 + y**2 + 9 * z**2,
        ineq=lambda x, y, z: [x * y - 1],
        lower=(-10, 1, -10),
        upper=(10, 10, 1),
    ),
    32: HockSchittkowski(
        (0.1, 0.7, 0.2),
        1,
        lambda x, y, z: (x + 3 * y + z) ** 2 + 4 * (x - y) ** 2,
        lambda x, y, z: [1 - x - y - z],
        lambda x, y, z: [6 * y + 4 * z - x**3 - 3],
        lower=(0, 0, 0),
    ),
    33: HockSchittkowski(
        (0, 0, 3),
        sqrt(2) - 6,
        lambda x, y, z: (x - 1) * (x - 2) * (x - 3) + z,
        ineq=lambda x, y, z: [z**2 - y**2 - x**2, x**2 + y**2 + z**2 - 4],
        lower=(0, 0, 0),
        upper=(NONE, NONE, 5),
    ),
    34: HockSchittkowski(
        (0, 1.05, 2.9),
        -log(log(10)),
        lambda x, y, z: -x,
        ineq=lambda x, y, z: [y - exp(x), z - exp(y)],
        lower=(0, 0, 0),
        upper=(100, 100, 10),
    ),
    35: HockSchittkowski(
        (0.5, 0.5, 0.5),
        1 / 9,
        lambda x, y, z: (
            9 - 8 * x - 6 * y - 4 * z + 2 * x**2 + 2 * y**2 + z**2 + 2 * x * y + 2 * x * z
        ),
        ineq=lambda x, y, z: [3 - x - y - 2 * z],
        lower=(0, 0, 0),
    ),
    36: HockSchittkowski(
        (10, 10, 10),
        -3300,
        lambda x, y, z: -x * y * z,
        ineq=lambda x, y, z: [72 - x - 2 * y - 2 * z],
        lower=(0, 0, 0),
        upper=(20, 11, 42),
    ),
    39: HockSchittkowski(
        (2, 2, 2, 2),
        -1,
        lambda x, y, z, w: -x,
        lambda x, y, z, w: [y - x**3 - z**2, x**2 - y - w**2],
    ),
    40: HockSchittkowski(
        (0.8, 0.8, 0.8, 0.8),
        -0.25,
        lambda x, y, z, w: -x * y * z * w,
        lambda x, y, z, w: [x**3 + y**2 - 1, x**2 * w - z, w**2 - y],
    ),
    41: HockSchittkowski(
        (2, 2, 2, 2),
        52 / 27,
        lambda x, y, z, w: 2 - x * y * z,
        lambda x, y, z, w: [x + 2 * y + 2 * z - w],
        lower=(0, 0, 0, 0),
        upper=(1, 1, 1, 2),
    ),
    43: HockSchittkowski(
        (0, 0, 0, 0),
        -44,
        lambda x, y, z, w: x**2 + y**2 + 2 * z**2 + w**2 - 5 * x - 5 * y - 21 * z + 7 * w,
        ineq=lambda x, y, z, w: [
            8 - x**2 - y**2 - z**2 - w**2 - x + y - z + w,
            10 - x**2 - 2 * y**2 - z**2 - 2 * w**2 + x + w,
            5 - 2 * x**2 - y**2 - z**2 - 2 * x + y + w,
        ],
    ),
    46: HockSchittkowski(
        (sqrt(2) / 2, 1.75, 0.5, 2, 2),
        0,
        lambda a, b, c, d, e: (a - b) ** 2 + (c - 1) ** 2 + (d - 1) ** 4 + (e - 1) ** 6,
        lambda a, b, c, d, e: [a**2 * d + sin(d - e) - 1, b + c**4 * d**2 - 2],
    ),
    48: HockSchittkowski(
        (3, 5, -3, 2, -2),
        0,
        lambda a, b, c, d, e: (a - 1) ** 2 + (b - c) ** 2 + (d - e) ** 2,
        lambda a, b, c, d, e: [a + b + c + d + e - 5, c - 2 * (d + e) + 3],
    ),
    61: HockSchittkowski(
        (0, 0, 0),
        -143.6461422,
        lambda x, y, z: 4 * x**2 + 2 * y**2 + 2 * z**2 - 33 * x + 16 * y - 24 * z,
        lambda x, y, z: [3 * x - 2 * y**2 - 7, 4 * x - z**2 - 11],
    ),
    63: HockSchittkowski(
        (2, 2, 2),
        961.7151721,
        lambda x, y, z: 1000 - x**2 - 2 * y**2 - z**2 - x * y - x * z,
        lambda x, y, z: [8 * x + 14 * y + 7 * z - 56, x**2 + y**2 + z**2 - 25],
        lower=(0, 0, 0),
    ),
    64: HockSchittkowski(
        (1, 1, 1),
        6299.842428,
        lambda x, y, z: 5 * x + 50000 / x + 20 * y + 72000 / y + 10 * z + 144000 / z,
        ineq=lambda x, y, z: [1 - 4 / x - 32 / y - 120 / z],
        lower=(1e-5, 1e-5, 1e-5),
    ),
    65: HockSchittkowski(
        (-5, 5, 0),
        0.9535288567,
        lambda x, y, z: (x - y) ** 2 + (x + y - 10) ** 2 / 9 + (z - 5) ** 2,
        ineq=lambda x, y, z: [48 - x**2 - y**2 - z**2],
        lower=(-4.5, -4.5, -5),
        upper=(4.5, 4.5, 5),
    ),
    72: HockSchittkowski(
        (1, 1, 1, 1),
        727.67937,
        lambda x, y, z, w: 1 + x + y + z + w,
        ineq=lambda x, y, z, w: [
            0.0401 - 4 / x - 2.25 / y - 1 / z - 0.25 / w,
            0.010085 - 0.16 / x - 0.36 / y - 0.64 / z - 0.64 / w,
        ],
        lower=(0.001, 0.001, 0.001, 0.001),
        upper=(4e5, 3e5, 2e5, 1e5),
    ),
    73: HockSchittkowski(
        (1, 1, 1, 1),
        29.8943782,
        lambda x, y, z, w: 24.55 * x + 26.75 * y + 39 * z + 40.5 * w,
        lambda x, y, z, w: [x + y + z + w - 1],
        lambda x, y, z, w: [
            2.3 * x + 5.6 * y + 11.1 * z + 1.3 * w - 5,
            12 * x
            + 11.9 * y
            + 41.8 * z
            + 52.1 * w
            - 21
            - 1.645 * sqrt(0.28 * x**2 + 0.19 * y**2 + 20.5 * z**2 + 0.62 * w**2),
        ],
        lower=(0, 0, 0, 0),
    ),
    76: HockSchittkowski(
        (0.5, 0.5, 0.5, 0.5),
        -4.681818182,
        lambda x, y, z, w: (
            x**2 + 0.5 * y**2 + z**2 + 0.5 * w**2 - x * z + z * w - x - 3 * y + z - w
        ),
        ineq=lambda x, y, z, w: [
            5 - x - 2 * y - z - w,
            4 - 3 * x - y - 2 * z + w,
            y + 4 * z - 1.5,
        ],
        lower=(0, 0, 0, 0),
    ),
    77: HockSchittkowski(
        (2, 2, 2, 2, 2),
        0.24150513,
        lambda a, b, c, d, e: (
            (a - 1) ** 2 + (a - b) ** 2 + (c - 1) ** 2 + (d - 1) ** 4 + (e - 1) ** 6
        ),
        lambda a, b, c, d, e: [
            a**2 * d + sin(d - e) - 2 * sqrt(2),
            b + c**4 * d**2 - 8 - sqrt(2),
        ],
    ),
    78: HockSchittkowski((-2, 1.5, 2, -1, -1), -2.91970041, _product, _sphere_and_others),
    80: HockSchittkowski(
        (-2, 2, 2, -1, -1),
        0.0539498478,
        lambda *x: exp(_product(*x)),
        _sphere_and_others,
        lower=(-2.3, -2.3, -3.2, -3.2, -3.2),
        upper=(2.3, 2.3, 3.2, 3.2, 3.2),
    ),
    100: HockSchittkowski(
        (1, 2, 0, 4, 0, 1, 1),
        680.6300573,
        lambda a, b, c, d, e, f, g: (
            (a - 10) ** 2
            + 5 * (b - 12) ** 2
            + c**4
            + 3 * (d - 11) ** 2
            + 10 * e**6
            + 7 * f**2
            + g**4
            - 4 * f * g
            - 10 * f
            - 8 * g
        ),
        ineq=lambda a, b, c, d, e, f, g: [
            127 - 2 * a**2 - 3 * b**4 - c - 4 * d**2 - 5 * e,
            282 - 7 * a - 3 * b - 10 * c**2 - d + e,
            196 - 23 * a - b**2 - 6 * f**2 + 8 * g,
            -4 * a**2 - b**2 + 3 * a * b - 2 * c**2 - 5 * f + 11 * g,
        ],
    ),
}

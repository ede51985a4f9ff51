"""Functions to minimize, maps, and constrained problems, with exact derivatives and known answers.

Read first what a :class:`Problem` and a :class:`ConstrainedProblem` are (``_problem``), then the
problems themselves: ``_quadratics``, ``_landscapes`` with several critical points,
``_sums_of_squares``, and one with constraints (``_constrained``). ``UNCONSTRAINED`` and
``CONSTRAINED`` list them (``_tables``), for a table that crosses problems with methods.
``companion.problems.maps`` has maps f: Rⁿ → Rᵐ, ``companion.problems.hock_schittkowski``
constrained problems from the collection of Hock and Schittkowski. Variables are numbered from 1,
as in the literature.
"""

from companion.problems._constrained import hs71
from companion.problems._landscapes import hill_and_hollow, monkey_saddle, rastrigin
from companion.problems._problem import ConstrainedProblem, Problem
from companion.problems._quadratics import bowl, saddle, valley
from companion.problems._sums_of_squares import (
    beale,
    booth,
    box_three_dimensional,
    brown_badly_scaled,
    brown_dennis,
    freudenstein_roth,
    helical_valley,
    himmelblau,
    powell_badly_scaled,
    powell_singular,
    rosenbrock,
    trigonometric,
    variably_dimensioned,
    wood,
)
from companion.problems._tables import CONSTRAINED, UNCONSTRAINED

__all__ = [
    "CONSTRAINED",
    "UNCONSTRAINED",
    "ConstrainedProblem",
    "Problem",
    "beale",
    "booth",
    "bowl",
    "box_three_dimensional",
    "brown_badly_scaled",
    "brown_dennis",
    "freudenstein_roth",
    "helical_valley",
    "hill_and_hollow",
    "himmelblau",
    "hs71",
    "monkey_saddle",
    "powell_badly_scaled",
    "powell_singular",
    "rastrigin",
    "rosenbrock",
    "saddle",
    "trigonometric",
    "valley",
    "variably_dimensioned",
    "wood",
]

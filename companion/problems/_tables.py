"""All problems, for a table that crosses problems with methods."""

from companion.problems._constrained import hs71
from companion.problems._landscapes import hill_and_hollow, monkey_saddle, rastrigin
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

UNCONSTRAINED = (
    bowl,
    valley,
    saddle,
    monkey_saddle,
    hill_and_hollow,
    booth,
    himmelblau,
    rastrigin,
    rosenbrock,
    freudenstein_roth,
    powell_badly_scaled,
    brown_badly_scaled,
    beale,
    helical_valley,
    box_three_dimensional,
    powell_singular,
    wood,
    brown_dennis,
    variably_dimensioned,
    trigonometric,
)

CONSTRAINED = (hs71,)

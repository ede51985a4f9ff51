"""Descent made of steps: along −∇f with a length you choose, and Newton's; along a part of −∇f.

Read ``_gradient_descent``, then ``_newton``. Each is its step; the loop that runs the steps, and
decides how a run ends, is ``companion._shared.iteration``. Where f is a sum over many rows,
``_stochastic`` steps along the gradient of a few of them, and ``_sums`` adds up what blocks of
rows give.
"""

from companion.descent._gradient_descent import gradient_descent
from companion.descent._newton import NewtonResult, newton
from companion.descent._stochastic import stochastic_gradient_descent
from companion.descent._sums import sum_over_blocks

__all__ = [
    "NewtonResult",
    "gradient_descent",
    "newton",
    "stochastic_gradient_descent",
    "sum_over_blocks",
]

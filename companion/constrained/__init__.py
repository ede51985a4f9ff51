"""Constrained optimization: projections, the circle, the Lagrangian, and solvers that certify.

The feasible set is S = {x : eq(x) = 0, ineq(x) ≤ 0} (eq:feasible-set). Multipliers are those of L
= f + λ·eq + μ·ineq (eq:lagrangian), with μ ≥ 0. They are prices: if the constraints are relaxed to
eq(x) = b and ineq(x) ≤ b, the least value F of f on S changes by dF/db = −λ, and −μ (eq:price).

Read ``_projections`` and ``_projected_gradient``, ``_circle``, then ``_kkt``: the four conditions.
The solvers are ``_sqp`` and ``_augmented_lagrangian``, behind ``_minimize_constrained``; both walk
over the problem as it is near a point (``_linearization``), sqp by the steps of ``_sqp_step``,
which solve a quadratic program (``_quadratic_programming``). ``_kkt_step`` says whether a run has
arrived, and ``_endings`` what it returns.
"""

from companion.constrained._circle import minimize_on_circle
from companion.constrained._endings import KKTResult
from companion.constrained._kkt import KKTResiduals, kkt_residuals, lagrangian
from companion.constrained._minimize_constrained import minimize_constrained
from companion.constrained._projected_gradient import projected_gradient
from companion.constrained._projections import project_ball, project_box, project_simplex
from companion.problems import ConstrainedProblem

__all__ = [
    "ConstrainedProblem",
    "KKTResiduals",
    "KKTResult",
    "kkt_residuals",
    "lagrangian",
    "minimize_constrained",
    "minimize_on_circle",
    "project_ball",
    "project_box",
    "project_simplex",
    "projected_gradient",
]

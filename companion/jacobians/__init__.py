"""Jacobians: J_ij = ∂f_i/∂x_j of f: Rⁿ → Rᵐ, by differences, by complex steps, and by tracing.

Read the formulas first: ``finite_differences``, ``extrapolation`` (Richardson's),
``complex_step``. Then which components of x move together (``_seeds``, ``_sparse_jacobians``), how
a method is driven over them (``driver``), and what the reader calls (``_jacobian``). What decides
whether a derivative is believed is one comparison along one line, ``directional_check``;
``_gradient_check`` is the check of a gradient that somebody else wrote. Modules without an
underscore serve the packages above, too.
"""

from companion.autodiff import jvp, vjp
from companion.jacobians._gradient_check import GradientCheck, check_gradient
from companion.jacobians._jacobian import gradient, jacobian
from companion.jacobians._sparse_jacobians import SparseJacobian, color_columns
from companion.jacobians.driver import METHODS

__all__ = [
    "METHODS",
    "GradientCheck",
    "SparseJacobian",
    "check_gradient",
    "color_columns",
    "gradient",
    "jacobian",
    "jvp",
    "vjp",
]

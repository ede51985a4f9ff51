"""Linear least squares, minimize ½‖Ax − b‖²: by gradient steps, by linear algebra, on a leash.

Read ``_gradient_descent`` and ``_conjugate_gradient``, ``_direct`` (normal equations, QR,
pseudoinverse) and ``_refinement`` (nearly all digits, by ``_double_double``); then the penalty on
‖x‖² (``_regularized``, called by ``_regularized_solve``) and the bound on ‖x‖
(``_norm_constrained``, for large sparse A by ``_golub_kahan``). ``_tall_qr`` reduces rows that come
in blocks to as many as A has columns. ``_linear_systems`` takes A and b in the forms in which
readers have them, and in their units.
"""

from companion.least_squares._conjugate_gradient import conjugate_gradient
from companion.least_squares._direct import normal_equations, pseudoinverse_solve, qr_solve
from companion.least_squares._double_double import two_sum
from companion.least_squares._gradient_descent import gradient_descent
from companion.least_squares._norm_constrained import NormConstrained, norm_constrained
from companion.least_squares._refinement import accurate_solve
from companion.least_squares._regularized_solve import regularized_solve
from companion.least_squares._tall_qr import TallQR, tsqr

__all__ = [
    "NormConstrained",
    "TallQR",
    "accurate_solve",
    "conjugate_gradient",
    "gradient_descent",
    "norm_constrained",
    "normal_equations",
    "pseudoinverse_solve",
    "qr_solve",
    "regularized_solve",
    "tsqr",
    "two_sum",
]

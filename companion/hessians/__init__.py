"""Hessians: H_ij = ∂²f/∂x_i∂x_j, their products with vectors, and what their eigenvalues tell.

Read ``_hessian`` (from gradients, or from f alone by ``_second_differences``), then ``products``
for H v without H, ``_curvature`` along a direction, ``_lanczos`` for the extreme eigenvalues of a
matrix that nobody stores, and ``_critical_points`` for what eigenvalues say.
"""

from companion.hessians._critical_points import CriticalPoint, classify_critical_point
from companion.hessians._curvature import directional_curvature
from companion.hessians._hessian import hessian
from companion.hessians._lanczos import ExtremeEigenvalues, extreme_eigenvalues
from companion.hessians.products import hessian_vector_product

__all__ = [
    "CriticalPoint",
    "ExtremeEigenvalues",
    "classify_critical_point",
    "directional_curvature",
    "extreme_eigenvalues",
    "hessian",
    "hessian_vector_product",
]

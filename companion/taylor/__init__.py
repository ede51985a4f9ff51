"""Taylor's series, the quadratic model that it begins with, and how long a step to take on it.

Read ``_step`` (the model and the step that it judges best), ``_validity_radius`` (how far it can
be trusted), and ``_coefficients`` (the series itself, by Cauchy's integral).
"""

from companion.taylor._coefficients import taylor_coefficients
from companion.taylor._step import StepAnalysis, analyze_step, quadratic_model
from companion.taylor._validity_radius import validity_radius

__all__ = [
    "StepAnalysis",
    "analyze_step",
    "quadratic_model",
    "taylor_coefficients",
    "validity_radius",
]

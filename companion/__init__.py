"""Reference code for *Gradient-Based Optimization: a course you can run*, in plain numpy.

=====================================  =========================================================
chapter                                package
=====================================  =========================================================
1 Jacobians                            ``companion.jacobians``, over ``companion.autodiff``
2 Hessians                             ``companion.hessians``
3 Taylor series and the step           ``companion.taylor``, ``companion.descent``
4 Constrained optimization             ``companion.constrained``
5 Linear least squares                 ``companion.least_squares``
all: problems, data, what is returned  ``companion.problems``, ``.datasets``, ``.results``
all: pictures, sliders, exercises      ``companion.plots``, ``.widgets``, ``.checks``
=====================================  =========================================================

Each package's ``__init__`` is its public face: what it is for, in which order to read its modules,
and ``__all__``. A module whose name begins with an underscore is private to its package. Nothing is
re-exported here, so that a chapter says where a name comes from:
``from companion.taylor import analyze_step``.
"""

__version__ = "0.1.0"

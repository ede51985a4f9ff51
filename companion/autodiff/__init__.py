"""Forward and reverse mode: derivatives to rounding, from what a program computes with.

Both are one table of rules, applied in two orders. Read the linear maps that rules are made of
(``_linear_maps``), the rules (``_derivative_rules``; for numpy's functions of arrays
``_traced_reductions``, ``_traced_functions``, ``_traced_linalg``, ``_traced_products``,
``_traced_samples``), the array that follows a program through them (``_traced_array``), the call of
the program (``_calls``), and what becomes of its steps: Jacobian times vector going forward
(``_forward_mode``), vector times Jacobian going back (``_reverse_mode``). ``_runs`` runs the
program more than once, and believes what all runs agree on.
"""

from companion.autodiff._forward_mode import forward_jacobian, jvp
from companion.autodiff._linear_maps import TracingError
from companion.autodiff._reverse_mode import reverse_jacobian, vjp

__all__ = [
    "TracingError",
    "forward_jacobian",
    "jvp",
    "reverse_jacobian",
    "vjp",
]

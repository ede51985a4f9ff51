"""Calls of the function that is traced, and what an error in it means."""

import numpy as np

from companion._shared.arguments import as_function, as_vector
from companion._shared.calls import evaluate
from companion.autodiff._linear_maps import Operand, TracingError, value_of
from companion.autodiff._traced_array import STACK
from companion.autodiff._traced_functions import assemble
from companion.results import describe

# ------------------------------------------------------------------ running f


def checked(f, x):
    """f and x, if f is a function and x a plain vector."""
    if isinstance(x, Operand):
        raise ValueError(
            "x must be an array of plain numbers; it is traced already: derivatives of derivatives "
            "are not traced. Differentiate an exact gradient, or take differences of it"
        )
    return as_function(f, "f"), as_vector(x, "x")


def call(f, x):
    """f(x) for a traced x: a traced array of the same run or, where f ignores x, a plain one."""
    x.run.begin()
    with np.errstate(all="ignore"):
        try:
            result = f(x)
        except (TypeError, ValueError) as error:
            if explanation := explained(error):
                raise explanation from error
            raise
    try:
        result = assemble(result)
    except TracingError:
        raise
    except ValueError as error:
        raise ValueError(
            f"f must return an array, or numbers in lists of equal lengths; "
            f"at x = {describe(x.run.x)} it did not"
        ) from error
    value = x.run.value = evaluate(lambda _: value_of(result), x.run.x)
    if not isinstance(result, Operand):
        return value
    if result.run is not x.run:
        raise TracingError("f returned a traced array of another run: it must compute from its x")
    return result


def explained(error):
    """What to do about an error that numpy raised because it wants floats; None for others."""
    if isinstance(error.__cause__, TracingError):
        return error.__cause__
    if not isinstance(error, TypeError) or "ufunc" not in str(error):
        return None
    return TracingError(
        f"{error}. An array of objects, as np.array([...]) makes of traced numbers, does not know "
        f"this function; {STACK}"
    )

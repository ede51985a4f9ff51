"""Listings show the code that runs, without its docstring."""

import numpy as np
import pytest

from companion.jacobians import jacobian
from companion.source import listing


def documented(x):
    """Twice x."""
    return 2 * x


def undocumented(x):
    return 3 * x


@pytest.mark.parametrize(("function", "factor"), [(documented, 2), (undocumented, 3)])
def test_a_listing_is_the_whole_code_and_runs(function, factor):
    head, *code, tail = listing(function).data.splitlines()
    assert (head, tail) == ("```python", "```")
    assert len(code) == 2
    namespace = {}
    exec("\n".join(code), namespace)
    assert namespace[function.__name__](7) == 7 * factor


def test_a_nested_function_is_shown_from_the_margin():
    def inner(x):
        return x

    assert listing(inner).data.splitlines()[1] == "def inner(x):"


def test_a_long_docstring_is_left_out():
    assert "Parameters" in jacobian.__doc__
    assert "Parameters" not in listing(jacobian).data


def test_what_has_no_source_is_refused():
    with pytest.raises(TypeError):
        listing(np.sin)

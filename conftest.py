"""A test leaves the process as it found it, or fails: another would fail in its place, some day."""

import os
import sys

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def nothing_left_behind():
    with np.printoptions(), np.errstate():
        before = state()
        yield
        after = state()
    changed = [name for name in before if before[name] != after[name]]
    assert not changed, f"the test leaves other {' and '.join(changed)} than it found"


def state():
    """What Python, numpy and matplotlib keep for a whole process."""
    kept = {
        "print options": np.get_printoptions(),
        "handling of floating-point errors": np.geterr(),
        "environment": {name: text for name, text in os.environ.items() if "PYTEST" not in name},
        "folder": os.getcwd(),
    }
    if "matplotlib" in sys.modules:  # the backend is found out when it is first needed
        style = sys.modules["matplotlib"].rcParams
        names = [name for name in style if not name.startswith("backend")]
        kept["style of figures"] = {name: style[name] for name in names}
    return kept

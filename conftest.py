"""A test leaves the process as it found it, or fails: another would fail in its place, some day."""

import os

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
    """What Python and numpy keep for a whole process."""
    environment = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    return {
        "print options": np.get_printoptions(),
        "handling of floating-point errors": np.geterr(),
        "environment": environment,
        "folder": os.getcwd(),
    }

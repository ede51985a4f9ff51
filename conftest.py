"""What holds for all tests and notebooks: they do not disturb each other."""

import os
import sys
import tempfile
from uuid import uuid4

import numpy as np
import pytest


def pytest_configure(config):
    """Speak to the kernels of notebooks through files: two that start at once may pick one port."""
    if os.name != "posix" or not config.getoption("nbval"):
        return
    import nbval.kernel

    folder, manager = tempfile.TemporaryDirectory(dir="/tmp"), nbval.kernel.KernelManager
    config.add_cleanup(folder.cleanup)

    def through_files(**options):
        file = f"{folder.name}/{uuid4()}.json"
        return manager(transport="ipc", connection_file=file, **options)

    nbval.kernel.KernelManager = through_files


@pytest.fixture(autouse=True)
def nothing_left_behind():
    """A test leaves the process as it found it, or fails: another would fail in its place."""
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

"""What holds for all tests and notebooks: they do not disturb each other."""

import os
import sys
from contextlib import ExitStack

import forked_kernels
import numpy as np
import pytest
import transport


def pytest_configure(config):
    """Speak to the kernels of notebooks as the tools do, and have them begin quickly."""
    if not config.getoption("nbval", False):
        return
    import nbval.kernel
    from jupyter_client.provisioning import local_provisioner

    manager, stack = nbval.kernel.KernelManager, ExitStack()
    config.add_cleanup(stack.close)

    def own_manager(**options):
        return manager(**options, **stack.enter_context(transport.settings()))

    nbval.kernel.KernelManager = own_manager
    if sys.platform == "linux":
        local_provisioner.launch_kernel = stack.enter_context(forked_kernels.launcher())


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session):
    """End the counting of lines that pytest-cov begins before it knows that this is a worker.

    Its results are for nobody, and it would go on where a test is marked `no_cover`.
    """
    counting = session.config.pluginmanager.get_plugin("_cov")
    if counting and counting.cov_controller and hasattr(session.config, "workerinput"):
        counting.cov_controller.cov.stop()


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

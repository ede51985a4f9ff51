"""Kernels that are forked for the notebooks' tests are as those that a system starts."""

import sys

import forked_kernels
import psutil
import pytest
import transport
from jupyter_client.manager import KernelManager
from jupyter_client.provisioning import local_provisioner

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux")


@pytest.fixture
def begin(monkeypatch, tmp_path):
    """begin(): a kernel's manager and client, of a server of its own."""
    with forked_kernels.launcher() as launch, transport.settings() as settings:
        monkeypatch.setattr(local_provisioner, "launch_kernel", launch)
        manager = KernelManager(**settings)
        manager.start_kernel(cwd=str(tmp_path))
        client = manager.client()
        client.start_channels()
        client.wait_for_ready(timeout=60)
        yield manager, client
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def said(client, code):
    text = []
    client.execute_interactive(
        code, output_hook=lambda message: text.append(message["content"].get("text", ""))
    )
    return "".join(text)


def test_it_runs_in_its_folder_and_knows_nothing_by_name(begin, tmp_path):
    _, client = begin
    code = "import os; print(os.getcwd(), {'np', 'plt', 'json', 'psutil'} & set(globals()))"
    assert said(client, code) == f"{tmp_path} set()\n"
    assert said(client, "import sys; print('companion' in sys.modules)") == "False\n"


def test_it_is_interrupted_and_ends(begin):
    manager, client = begin
    pid = int(said(client, "import os; print(os.getpid())"))
    asked = client.execute("print('on', flush=True)\nwhile True: pass")
    while client.get_iopub_msg(timeout=10)["msg_type"] != "stream":
        pass
    manager.interrupt_kernel()
    reply = client.get_shell_msg(timeout=10)
    assert reply["parent_header"]["msg_id"] == asked
    assert reply["content"]["ename"] == "KeyboardInterrupt"
    manager.shutdown_kernel()
    assert not psutil.pid_exists(pid)


def test_its_death_is_seen(begin):
    manager, client = begin
    process = psutil.Process(int(said(client, "import os; print(os.getpid())")))
    assert manager.is_alive()
    client.execute("os._exit(3)")
    process.wait(timeout=20)
    assert not manager.is_alive()

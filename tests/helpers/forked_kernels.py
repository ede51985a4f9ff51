"""Kernels that begin with what takes them longest: forked from one process that has imported it.

What that process imported is in no notebook's namespace: a cell that does not import what it uses
fails as it would in a kernel of its own.
"""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress

import psutil


class Kernel(psutil.Process):
    """A forked kernel, with what jupyter_client asks of a `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def poll(self):
        return None if self.is_running() else 0

    def send_signal(self, signal):
        with suppress(psutil.NoSuchProcess):
            super().send_signal(signal)


@contextmanager
def launcher():
    """A function that stands for jupyter_client's `launch_kernel`."""
    begin = [sys.executable, "-Xfrozen_modules=off", __file__]
    server = subprocess.Popen(begin, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def launch(command, *, cwd=None, env=None, **streams):
        options = command[command.index("ipykernel_launcher") + 1 :]
        environment = dict(os.environ if env is None else env, JPY_PARENT_PID=str(server.pid))
        print(json.dumps([options, cwd, environment]), file=server.stdin, flush=True)
        return Kernel(int(server.stdout.readline()))

    try:
        yield launch
    finally:
        server.communicate()


def serve():
    """Fork a kernel for each line of the input, and print its number."""
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"  # as kernels do
    import ipywidgets  # noqa: F401
    import matplotlib.backends.backend_agg
    import matplotlib.pyplot  # noqa: F401
    from ipykernel import kernelapp

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # one that has ended is forgotten
    while line := sys.stdin.readline():
        if os.fork() == 0:
            break
    else:
        return
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    options, folder, environment = json.loads(line)
    os.setsid()
    print(os.getpid(), flush=True)
    with open(os.devnull, "r+b", buffering=0) as nothing:
        for stream in (sys.stdin, sys.stdout, sys.stderr):
            os.dup2(nothing.fileno(), stream.fileno())
    os.chdir(folder or ".")
    os.environ.clear()
    os.environ.update(environment)
    kernelapp.launch_new_instance(options)


if __name__ == "__main__":
    del sys.path[0]  # the folder of this file
    serve()

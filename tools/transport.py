"""How the tools speak to kernels: through files, where a system has sockets among them.

Ports are picked before a kernel takes them, so two that start at once may have picked the same one;
and all who use the machine can listen at a port.
"""

import os
import tempfile
from contextlib import contextmanager
from uuid import uuid4

KIND = "ipc" if os.name == "posix" else "tcp"
FOLDER = "/tmp" if os.name == "posix" else None  # the names of sockets must be short


@contextmanager
def settings():
    """Of a kernel's manager, for one kernel."""
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        yield {"transport": KIND, "connection_file": f"{folder}/{uuid4()}.json"}

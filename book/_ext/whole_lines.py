"""Keep a line whole that a notebook prints in parts.

The kernel sends on what was printed whenever it pleases, also between the parts of one line.
myst_nb would end the line there. nbclient, which runs the notebooks, can join the parts as they
are; this asks it to.
"""

from functools import partial

import nbclient
from jupyter_cache.executors import utils


def setup(app):
    utils.executenb = partial(nbclient.execute, coalesce_streams=True)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

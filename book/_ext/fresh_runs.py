"""Run the notebooks again when the code that they import has changed.

Sphinx reads a page again when its source has changed, and jupyter-cache runs a notebook again when
its cells have. Neither sees a change of ``companion/``, ``requirements.txt`` or the benchmarks'
results. So the cache lies in a folder named after their digest: a new digest means a new, empty
cache and, because the path is a configuration value, makes Sphinx read every page again.
"""

import hashlib
import shutil
from pathlib import Path


def setup(app):
    app.connect("config-inited", choose_cache)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def choose_cache(app, config):
    caches = Path(app.outdir).parent / ".jupyter_cache"
    current = caches / digest(Path(app.srcdir))
    for cache in caches.glob("*"):
        if cache != current:
            shutil.rmtree(cache, ignore_errors=True)
    config.nb_execution_cache_path = str(current)


def digest(root):
    """A short name for the present state of all that notebooks read."""
    files = [path for path in sorted(root.glob("companion/**/*")) if path.is_file()]
    sources = [path for path in files if path.suffix != ".pyc"] + [root / "requirements.txt"]
    sources += root.glob("benchmarks/results.json")
    content = b"".join(bytes(path.relative_to(root)) + path.read_bytes() for path in sources)
    return hashlib.sha256(content).hexdigest()[:16]

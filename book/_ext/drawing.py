"""Draw in other processes while Sphinx reads the pages, and keep what was drawn.

Drawing takes longer than all else in a build. What is drawn is kept in a folder that is named after
the digest of what everything is drawn by, so that a build draws only what would be another picture.
"""

import hashlib
import json
import multiprocessing
import shutil
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path


def setup(app):
    app.connect("builder-inited", start, priority=400)  # before those who ask for drawings
    app.connect("build-finished", stop)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def start(app):
    app.drawing_digest = digest(Path(app.srcdir))
    app.drawing_folder = Path(app.outdir).parent / ".drawings" / app.drawing_digest
    if not app.drawing_folder.is_dir():
        shutil.rmtree(app.drawing_folder.parent, ignore_errors=True)
        app.drawing_folder.mkdir(parents=True)
    app.drawing = ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn"))


def stop(app, exception):
    app.drawing.shutdown(cancel_futures=True)


def digest(root):
    """A short name for the present state of all that pictures are drawn by."""
    files = [path for path in sorted(root.glob("companion/**/*")) if path.is_file()]
    sources = [path for path in files if path.suffix != ".pyc"] + [root / "requirements.txt"]
    content = b"".join(bytes(path.relative_to(root)) + path.read_bytes() for path in sources)
    return hashlib.sha256(content).hexdigest()[:16]


def drawn(app, name, draw, *arguments):
    """What draw(*arguments) returns, later: a future. It is drawn, or read if it has been kept."""
    return app.drawing.submit(keep, app.drawing_folder / f"{name}.json", draw, *arguments)


def keep(file, draw, *arguments):
    if not file.is_file():
        part = file.with_suffix(".part")  # a build that is stopped leaves no half of a file
        part.write_text(json.dumps(draw(*arguments)), encoding="utf-8")
        part.replace(file)
    return json.loads(file.read_text(encoding="utf-8"))

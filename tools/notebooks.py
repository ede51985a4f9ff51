"""Run the notebooks of the book, from fresh kernels, and write them with their outputs.

With arguments, only these: a chapter (``taylor``), a page of it (``taylor/step``) or pages of that
name (``exercises``).

Nothing is kept that changes from run to run: no widget state nor reference to it, no times, no
version of Python. A notebook whose outputs are as before stays the same file.
"""

import base64
import io
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import transport
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from PIL import Image
from traitlets.config import Config

BOOK = Path(__file__).parents[1] / "book"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def main(*names):
    paths = [path for path in sorted(BOOK.rglob("*.ipynb")) if is_meant(path, names)]
    if not paths:
        sys.exit(f"no notebook of the book is called {' or '.join(names)}")
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # each notebook has a process of its own
        for report in pool.map(renew, paths):
            print(report, flush=True)


def is_meant(path, names):
    """Is this notebook, its page or its chapter among the names? All are if there are none."""
    place = path.relative_to(BOOK).with_suffix("")
    own = {place.as_posix(), place.name, place.parent.as_posix()}
    return ".ipynb_checkpoints" not in path.parts and (not names or not own.isdisjoint(names))


def renew(path):
    """Run a notebook and write it if it is not as before; a line that says so."""
    name = path.relative_to(BOOK.parent)
    before = path.read_text(encoding="utf-8")
    try:
        notebook = run(nbformat.reads(before, as_version=4), path.parent)
    except CellExecutionError as error:
        sys.exit(f"{name}: {error}")
    after = nbformat.writes(clean(notebook)) + "\n"
    if after != before:
        path.write_text(after, encoding="utf-8")
    return f"{name} {'unchanged' if after == before else 'written'}"


def run(notebook, folder):
    """The notebook with the outputs of all its cells, run in `folder`."""
    with transport.settings() as own:
        client = NotebookClient(
            notebook,
            timeout=600,
            resources={"metadata": {"path": str(folder)}},
            coalesce_streams=True,
            record_timing=False,
            store_widget_state=False,
            config=Config(KernelManager=own),
        )
        return client.execute()


def clean(notebook):
    """The notebook without what the next run would change."""
    notebook.metadata["language_info"] = {"name": "python"}
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            data.pop(WIDGET_VIEW, None)
            if "image/png" in data:
                data["image/png"] = lighter(data["image/png"])
    return notebook


def lighter(png):
    """A picture in 64 colours: less than half of the bytes, and lines and letters look the same."""
    image, file = Image.open(io.BytesIO(base64.b64decode(png))), io.BytesIO()
    image.convert("RGB").quantize(64).save(file, "PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode()


if __name__ == "__main__":
    main(*sys.argv[1:])

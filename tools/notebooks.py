"""Run the notebooks of the book, from fresh kernels, and write them with their outputs.

With arguments, only the notebooks of these names.

Nothing is kept that changes from run to run: no widget state nor reference to it, no times, no
version of Python. A notebook whose outputs are as before stays the same file.
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

BOOK = Path(__file__).parents[1] / "book"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def main(*names):
    for path in sorted(BOOK.rglob("*.ipynb")):
        if ".ipynb_checkpoints" in path.parts or (names and path.stem not in names):
            continue
        name = path.relative_to(BOOK.parent)
        before = path.read_text(encoding="utf-8")
        try:
            notebook = run(nbformat.reads(before, as_version=4), path.parent)
        except CellExecutionError as error:
            sys.exit(f"{name}: {error}")
        after = nbformat.writes(clean(notebook)) + "\n"
        if after != before:
            path.write_text(after, encoding="utf-8")
        print(name, "unchanged" if after == before else "written", flush=True)


def run(notebook, folder):
    """The notebook with the outputs of all its cells, run in `folder`."""
    client = NotebookClient(
        notebook,
        timeout=600,
        resources={"metadata": {"path": str(folder)}},
        coalesce_streams=True,
        record_timing=False,
        store_widget_state=False,
    )
    return client.execute()


def clean(notebook):
    """The notebook without what the next run would change."""
    notebook.metadata["language_info"] = {"name": "python"}
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET_VIEW, None)
    return notebook


if __name__ == "__main__":
    main(*sys.argv[1:])

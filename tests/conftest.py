"""The figures of a chapter, drawn as its notebook draws them, for tests to look at."""

import functools
import json
from pathlib import Path

import matplotlib
import numpy as np
import pytest

BOOK = Path(__file__).parents[1] / "book"


@functools.cache
def draw(chapter):
    """Run a notebook's code cells here; its figures, by the name in their cell's metadata."""
    import matplotlib.pyplot as plt

    cells = json.loads((BOOK / f"{chapter}.ipynb").read_text(encoding="utf-8"))["cells"]
    names, figures = {}, {}
    with (
        pytest.MonkeyPatch.context() as patch,
        matplotlib.rc_context({"backend": "agg"}),
        np.printoptions(),  # which a notebook sets for itself
    ):
        patch.setattr("companion.widgets.slider", lambda name: None)  # has tests of its own
        patch.setattr("builtins.print", lambda *args, **options: None)  # nbval compares it
        for cell in cells:
            if cell["cell_type"] == "code":
                exec(compile("".join(cell["source"]), chapter, "exec"), names)
                if plt.get_fignums():
                    figures[cell["metadata"]["figure"]] = plt.gcf()
                    plt.close("all")
    return figures


@pytest.fixture(scope="session")
def figures():
    """figures("taylor")["validity"]: the figure of that name in that chapter."""
    return draw

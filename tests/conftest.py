"""The figures of the book, drawn as its notebooks draw them, and what tests print at the end."""

import base64
import functools
import io

import matplotlib
import numpy as np
import pytest
from PIL import Image
from solutions import BOOK, cells

TABLE = "table: "  # marks what tests record to be printed


@functools.cache
def draw(path):
    """Run a notebook's code cells here; its figures, by the name in their cell's metadata."""
    import matplotlib.pyplot as plt

    names, figures = {}, {}
    style = matplotlib.rc_context({"backend": "agg"})
    with pytest.MonkeyPatch.context() as patch, style, np.printoptions():
        patch.setattr("companion.widgets.slider", lambda name: None)  # has tests of its own
        patch.setattr("builtins.print", lambda *args, **options: None)  # nbval compares it
        for cell in cells(path):
            exec(compile(cell["source"], path.stem, "exec"), names)
            if plt.get_fignums():
                figures[cell["metadata"]["figure"]] = plt.gcf()
                plt.close("all")
    return figures


class Figures(dict):
    """{name: figure} of a chapter, or of a notebook that is none; a page is run when asked for.

    What is drawn is compared with the picture that the notebook holds, and the book shows.
    """

    def __init__(self, chapter):
        pages = [*BOOK.glob(f"{chapter}.ipynb"), *sorted(BOOK.glob(f"{chapter}/*.ipynb"))]
        drawing = [(page, cell) for page in pages for cell in cells(page)]
        drawing = [(page, cell) for page, cell in drawing if "figure" in cell["metadata"]]
        self.places = {cell["metadata"]["figure"]: (page, cell) for page, cell in drawing}
        assert len(self.places) == len(drawing), "two figures share a name"

    def __missing__(self, name):
        page, cell = self.places[name]
        figure = draw(page)[name]
        (stored,) = [output["data"]["image/png"] for output in cell["outputs"]]
        distance = np.abs(look(base64.b64decode(stored)) - look(picture(figure))).mean()
        assert distance < SAME, f"{page.name} holds another picture: run `make notebooks`"
        return figure


# The mean difference of two pictures of one figure is below a half of this, where rounding moves a
# mark or the layout settles elsewhere; two figures are farther apart.
SAME = 0.008


def picture(figure):
    """A figure as a notebook stores it."""
    from companion import plots

    file = io.BytesIO()
    with matplotlib.rc_context(plots.STYLE):
        figure.savefig(file, format="png", bbox_inches="tight", facecolor="white")
    return file.getvalue()


def look(png):
    """What is seen of a picture from afar: 32 by 32 colours."""
    seen = Image.open(io.BytesIO(png)).convert("RGB").resize((32, 32), Image.Resampling.BOX)
    return np.asarray(seen, dtype=float) / 255


@pytest.fixture(scope="session")
def figures():
    """figures("taylor")["validity"]: the figure of that name in that chapter."""
    return Figures


@pytest.fixture
def printed(record_property):
    """printed(table, line): a line of a table that is printed when all tests have run."""
    return lambda table, line: record_property(TABLE + table, line)


def pytest_terminal_summary(terminalreporter):
    tables = {}
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, line in report.user_properties:
            if name.startswith(TABLE):
                tables.setdefault(name.removeprefix(TABLE), []).append(line)
    for table, lines in tables.items():
        terminalreporter.section(table, "-")
        for line in sorted(lines):
            terminalreporter.write_line(line)

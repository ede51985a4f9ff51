"""Draw the figures of the notebooks as SVG, in the place of the bitmaps that are stored in them.

A cell that draws has the name of its figure in its metadata, and its alt text. The cells of a
notebook are run up to the last of these, in another process, while Sphinx reads (`drawing`). What
is drawn is kept for as long as those cells stay as they are.
"""

import contextlib
import hashlib
import io
import json
from pathlib import Path

from docutils import nodes
from drawing import drawn
from sphinx.util import logging


def setup(app):
    app.connect("builder-inited", start_drawing)
    app.connect("env-get-outdated", outdated)
    app.connect("doctree-read", leave_places, priority=400)  # before Sphinx collects the images
    app.connect("doctree-resolved", write_pictures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def start_drawing(app):
    """Begin to draw; `app.pictures` is {page: its pictures by name, later}."""
    app.pictures, app.picture_digests = {}, {}
    for path in sorted(Path(app.srcdir).glob("book/**/*.ipynb")):
        cells = [] if ".ipynb_checkpoints" in path.parts else drawing_cells(path)
        if cells:
            page = path.relative_to(app.srcdir).with_suffix("").as_posix()
            own = hashlib.sha256(json.dumps(cells).encode()).hexdigest()[:16]
            app.picture_digests[page] = app.drawing_digest + own
            app.pictures[page] = drawn(app, f"{path.stem}-{own}", pictures, page, cells)


def drawing_cells(path):
    """(source, name of its figure, alt text) of the cells of a notebook up to the last figure."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    cells = [(c["source"], c["metadata"]) for c in cells if c["cell_type"] == "code"]
    while cells and "figure" not in cells[-1][1]:
        cells.pop()
    return [
        ("".join(source), about.get("figure"), about.get("mystnb", {}).get("image", {}).get("alt"))
        for source, about in cells
    ]


def pictures(page, cells):
    """{name: its pictures, as HTML} of the figures that the cells of a page draw."""
    import matplotlib
    import numpy as np

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    import companion.widgets
    from companion import plots

    companion.widgets.slider = lambda name: None  # drawn elsewhere
    plt.close("all")  # what a page that failed has left
    found, names = {}, {}
    quiet = contextlib.redirect_stdout(io.StringIO())
    with quiet, matplotlib.rc_context(), np.printoptions():
        for source, name, alt in cells:
            exec(compile(source, page, "exec"), names)
            if plt.get_fignums():
                columns = plots.pictures(plt.gcf())
                found[name] = plots.described([column.svg() for column in columns], alt)
                plt.close("all")
    return found


def outdated(app, env, added, changed, removed):
    """The pages to be written again, since their pictures are others than in the last build."""
    before = getattr(env, "picture_digests", {})
    env.picture_digests = app.picture_digests
    there = env.all_docs.keys() - removed
    return [
        page
        for page, own in app.picture_digests.items()
        if before.get(page) != own and page in there
    ]


def leave_places(app, doctree):
    """Leave a place for each figure, so that its bitmap is no part of the site."""
    for cell in doctree.findall(
        lambda node: "figure" in getattr(node, "attributes", {}).get("cell_metadata", {})
    ):
        for output in cell.findall(is_image):
            place = nodes.raw("", "", format="html", picture=cell["cell_metadata"]["figure"])
            output.replace_self(place)


def is_image(node):
    return (
        isinstance(node, nodes.container)
        and node.get("nb_element") == "mime_bundle"
        and any(node.findall(nodes.image))
    )


def write_pictures(app, doctree, docname):
    for place in doctree.findall(nodes.raw):
        if "picture" in place:
            try:
                text = app.pictures[docname].result()[place["picture"]]
            except Exception as error:
                text = ""
                logging.getLogger(__name__).warning(
                    "the figure %s cannot be drawn: %r", place["picture"], error, location=place
                )
            place.children = [nodes.Text(text)]

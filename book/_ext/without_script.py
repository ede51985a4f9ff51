"""Show the starting frame of each slider to a reader without JavaScript.

A notebook's widgets reach the page as JSON, which scripts turn into sliders. The frame that a
slider starts on stands there already, as HTML: it is written once more, into <noscript>, so that it
is seen where no script runs, and not otherwise.
"""

import json
from html import escape

from docutils import nodes
from myst_nb.core.render import WIDGET_VIEW_MIMETYPE
from myst_nb.sphinx_ import NbMetadataCollector

PREFIX = "IPY_MODEL_"  # before the id of another widget


def setup(app):
    app.connect("doctree-resolved", add_first_frames)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def add_first_frames(app, doctree, docname):
    files = NbMetadataCollector.get_js_files(app.env, docname)
    if "ipywidgets_state" not in files:
        return
    _, script = files["ipywidgets_state"]
    models = json.loads(script["body"])["state"]
    for view in list(doctree.findall(nodes.raw)):
        if view.astext().startswith(f'<script type="{WIDGET_VIEW_MIMETYPE}">'):
            shown = json.loads(view.astext().partition(">")[2].removesuffix("</script>"))
            text = first_frame(models, shown["model_id"])
            view.parent.insert(view.parent.index(view), nodes.raw("", text, format="html"))


def first_frame(models, box):
    """What stands for a box of a handle and its stack of frames where no script runs."""

    def children(model):
        names = models[model]["state"]["children"]
        return [name.removeprefix(PREFIX) for name in names]

    handle, stack = children(box)
    frame = children(stack)[models[stack]["state"]["selected_index"]]
    handle = models[handle]["state"]
    value = handle["_options_labels"][handle["index"]]
    legend = escape(f"{handle['description']}: {value}. The slider needs JavaScript.")
    return f"<noscript><p>{legend}</p>{models[frame]['state']['value']}</noscript>"

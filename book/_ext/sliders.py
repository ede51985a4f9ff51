"""Write the sliders of a notebook into its page, as plain HTML that needs no kernel.

A notebook's widgets reach Sphinx as JSON, meant for a library of two megabytes. All that a slider
is to be in a page is in that JSON: a handle with its label and readouts, and a frame for each
value. So it is written as a range input and images, all but the starting one hidden; sliders.js
shows the one that belongs to the value. A reader without JavaScript sees the starting one.
"""

import json
from html import escape

from docutils import nodes
from myst_nb.core.render import WIDGET_VIEW_MIMETYPE
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.util import logging

VIEW = f'<script type="{WIDGET_VIEW_MIMETYPE}">'

PAGE = """<div class="slider">
<label for="{name}">{label}</label> <span class="value">{value}</span>
<input type="range" id="{name}" class="pst-js-only" min="0" max="{last}" value="{start}"
 aria-valuetext="{value}" autocomplete="off">
{frames}
</div>"""
FRAME = '<div class="frame" data-value="{value}"{hidden}>{image}</div>'


def setup(app):
    app.connect("doctree-resolved", write_sliders)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write_sliders(app, doctree, docname):
    files = NbMetadataCollector.get_js_files(app.env, docname)
    _, script = files.pop("ipywidgets_state", (None, None))
    models = json.loads(script["body"])["state"] if script else {}
    views = [raw for raw in doctree.findall(nodes.raw) if raw.astext().startswith(VIEW)]
    for number, view in enumerate(views, start=1):
        content = json.loads(view.astext().removeprefix(VIEW).removesuffix("</script>"))
        try:
            text = slider(models, content["model_id"], f"slider-{number}")
        except (KeyError, ValueError):
            text = ""
            logging.getLogger(__name__).warning(
                "a page can show the sliders of companion.widgets, and no other widget",
                location=view,
            )
        view.replace_self(nodes.raw("", text, format="html"))


def slider(models, box, name):
    """The HTML of a box that holds a SelectionSlider and a Stack of HTML frames."""

    def children(model):
        links = models[model]["state"]["children"]
        return [link.removeprefix("IPY_MODEL_") for link in links]

    handle, stack = children(box)
    images = [models[frame]["state"]["value"] for frame in children(stack)]
    handle = models[handle]["state"]
    values = [escape(value) for value in handle["_options_labels"]]
    start = handle["index"]
    frames = [
        FRAME.format(value=value, image=image, hidden="" if index == start else " hidden")
        for index, (value, image) in enumerate(zip(values, images, strict=True))
    ]
    return PAGE.format(
        name=name,
        label=escape(handle["description"]),
        value=values[start],
        start=start,
        last=len(values) - 1,
        frames="\n".join(frames),
    )

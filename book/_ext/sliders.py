"""Draw the sliders into their pages, as plain HTML that needs no kernel.

A cell that says ``slider("step")`` is the place of that slider; on a page without cells the
directive ``{slider} step`` is. All that it is to be in a page stands in the table of
``companion.widgets``: a label, a readout and a frame for each value. So it is written as a range
input and pictures, in which what is not the same for all values stands in a group for each;
sliders.js shows the one that belongs to the value. A reader without JavaScript sees the starting
one.
"""

import re
from pathlib import Path

from docutils import nodes
from drawing import drawn
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

CALL = re.compile(r'^slider\("([\w-]+)"\)$', re.MULTILINE)


class Slider(SphinxDirective):
    required_arguments = 1

    def run(self):
        return [nodes.container(slider=self.arguments[0])]


def setup(app):
    app.add_directive("slider", Slider)
    app.connect("builder-inited", start_drawing)
    app.connect("env-get-outdated", pages_with_sliders)
    app.connect("doctree-resolved", write_sliders)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def start_drawing(app):
    """Begin to draw; `app.sliders` is {name: its frames, later}."""
    from companion.widgets import SLIDERS, frames

    app.sliders = {name: drawn(app, name, frames, name) for name in SLIDERS}


def pages_with_sliders(app, env, added, changed, removed):
    """The pages to be written again, since their sliders are others than in the last build."""
    if getattr(env, "sliders_digest", None) == app.drawing_digest:
        return []
    env.sliders_digest = app.drawing_digest
    there = env.all_docs.keys() - removed
    texts = {name: Path(env.doc2path(name)).read_text(encoding="utf-8") for name in there}
    return [name for name, text in texts.items() if 'slider(\\"' in text or "{slider}" in text]


def write_sliders(app, doctree, docname):
    for number, (place, name) in enumerate(places(doctree), 1):
        text = slider(app, name, f"slider-{number}")
        place.children = [nodes.raw("", text, format="html")]


def places(doctree):
    """(element, name) of each slider of a page: what it is to be written into."""
    for element in list(doctree.findall(nodes.container)):
        if "slider" in element:
            yield element, element["slider"]
        elif has_class(element, "cell"):
            source = next(
                filter(lambda node: has_class(node, "cell_input"), element.findall()), None
            )
            call = source and CALL.search(source.astext())
            for output in filter(lambda node: has_class(node, "cell_output"), element.children):
                if call:
                    yield output, call[1]
                elif is_widget(output.astext()):
                    logging.getLogger(__name__).warning(
                        "a page can show the sliders of companion.widgets, drawn beforehand, and "
                        "no other widget: one of the reader's own function needs a kernel",
                        location=element,
                    )


def is_widget(text):
    """Is this how a widget prints itself, ``IntSlider(value=3)``?"""
    import ipywidgets

    kind = getattr(ipywidgets, text.partition("(")[0], None)
    return isinstance(kind, type) and issubclass(kind, ipywidgets.Widget)


def has_class(node, name):
    return isinstance(node, nodes.Element) and name in node["classes"]


def slider(app, name, place):
    """The HTML of a slider of the table."""
    from companion.widgets import plain

    return plain(name, place, app.sliders[name].result())

"""The kernel of a page that is run: ``python tools/kernel.py -f CONNECTION``.

What its cells show is what the build writes into pages: figures are SVG in the colours of the page
(`companion.plots`), sliders plain HTML, Markdown and formulas are set (`typeset`). A slider of the
reader's own function is drawn here, when the page asks for it (`move`).
"""

import signal
import sys
from functools import partial
from html import escape
from pathlib import Path
from uuid import uuid4

signal.signal(signal.SIGINT, signal.SIG_IGN)  # until there are cells to stop
sys.path.insert(0, str(Path(__file__).parents[1] / "book" / "_ext"))  # how the build sets formulas

import matplotlib.pyplot as plt
import zmq
from ipykernel.kernelapp import IPKernelApp
from IPython.core.formatters import DisplayFormatter
from IPython.core.pylabtools import print_figure
from IPython.display import HTML, Image, display
from matplotlib.figure import Figure
from typeset import typeset

from companion import plots, widgets

UNNAMED = "What the cell above draws"
HANDLE = """<label for="{place}">{label}</label> <span class="value">{said}</span>
<input type="range" id="{place}" min="{low}" max="{high}" step="{step}" value="{value}"
 aria-valuetext="{said}" autocomplete="off">"""

slider, own = widgets.slider, {}  # own: by the names that the page has for them


class App(IPKernelApp):
    def init_iopub(self, context):
        context.setsockopt(zmq.SNDHWM, 0)  # else what waits is dropped, the end of a run too
        super().init_iopub(context)


class Formatter(DisplayFormatter):
    def format(self, obj, include=None, exclude=None):
        data, metadata = super().format(obj, include, exclude)
        return typeset(data), metadata


def main():
    sys.modules["page"] = sys.modules[__name__]  # which is soon the module of the cells
    app = App.instance(exec_PYTHONSTARTUP=False)
    app.initialize()
    app.shell.display_formatter = Formatter(parent=app.shell)
    app.shell.display_formatter.ipython_display_formatter.for_type(Figure, show_figure)
    app.shell.enable_matplotlib("inline")
    plt.uninstall_repl_displayhook()  # else a figure is drawn as a bitmap first, and laid out twice
    widgets.slider = slider_in_page
    app.start()


def show_figure(figure):
    try:
        drawn = HTML(plots.described([part.svg() for part in plots.pictures(figure)], UNNAMED))
    except ValueError:  # of colours, say, that a page does not know
        drawn = Image(print_figure(figure))
    display(drawn)


def slider_in_page(name, *args, **given):
    """`slider`; one of the course's is what the build makes of it."""
    if args or given or name not in widgets.SLIDERS:
        box = slider(name, *args, **given)
        box._ipython_display_ = partial(show_own, box)
        return box
    return HTML(widgets.plain(name, f"slider-{uuid4()}"))


def show_own(box):
    name = str(uuid4())
    own[name] = box
    *handles, picture = box.children
    rows = [row(handle, f"{name}-{k}") for k, handle in enumerate(handles)]
    rows.append(f'<div class="frame">{picture.value}</div>')
    display(HTML(f'<div class="slider" data-own="{name}">{"".join(rows)}</div>'))


def row(handle, place):
    """A handle as HTML: one with readouts stands at their number."""
    if hasattr(handle, "options"):
        limits = (0, len(handle.options) - 1, 1, handle.index)
    else:
        limits = (handle.min, handle.max, handle.step, handle.value)
    numbers = dict(zip(("low", "high", "step", "value"), limits, strict=True))
    label, now = escape(handle.description), escape(said(handle))
    return HANDLE.format(place=place, label=label, said=now, **numbers)


def said(handle):
    return handle.value if hasattr(handle, "options") else f"{handle.value:.3g}"


def move(name, *places):
    """Show the picture of a slider for these places of its handles, and what the handles say."""
    *handles, picture = own[name].children
    for handle, place in zip(handles, places, strict=True):
        setattr(handle, "index" if hasattr(handle, "options") else "value", place)
    readouts = "\n".join(map(said, handles))
    display({"text/html": picture.value, "text/plain": readouts}, raw=True)


if __name__ == "__main__":
    del sys.path[:2]  # the folders of the build and of this file
    main()

"""A slider over pictures: drawn beforehand, or of the reader's own function as it is moved."""

import gc
from contextlib import contextmanager
from difflib import SequenceMatcher
from functools import cache, lru_cache, reduce
from html import escape

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from companion import plots
from companion._shared.arguments import as_choice
from companion.widgets._table import SLIDERS

HIDDEN = ' display="none"'
FRAME = plots.STYLE | {"axes.titley": 1.0}  # to look for a place is a quarter of a frame's cost
WHOLE = {"description_width": "initial"}  # however long the description is
ENTRIES = ("first entry of x₀", "second entry of x₀")
PAGE = """<div class="slider">
<label for="{place}">{label}</label> <span class="value">{value}</span>
<input type="range" id="{place}" class="pst-js-only" min="0" max="{last}" value="{start}"
 aria-valuetext="{value}" autocomplete="off">
{frames}
</div>"""


def slider(name, f=None, x0=None, *, A=None, b=None):
    """The slider of that name: a handle joined to a stack of frames, one for each value.

    The link between them is made in the browser (`jslink`), so that it holds while the kernel is
    busy. The book's build writes the same handle and frames as plain HTML, which needs no kernel.

    With a function of your own, or data, the picture is of that. It needs a kernel, which draws
    each frame when it is asked for. The axes and the range of the handle are chosen from what you
    give; derivatives that f does not bring are computed, in reverse mode or, where that cannot
    follow f, by central differences. Where x₀ may be anywhere, handles below the first move it: the
    plane, the range of the first handle and the minimum to which a run leads stay those of the x₀
    that you gave. A frame that cannot be drawn says why in its place.

    =====================  ==========================================================
    name                   what may be your own
    =====================  ==========================================================
    ``"neighbourhood"``    f, a `Map` or any f: R² → R²; x0
    ``"compass"``          f; x0, where the gradient is not 0
    ``"direction"``        f; x0
    ``"degree"``           f of one variable, analytic; x0, a number
    ``"step"``             f; x0, where the gradient is not 0
    ``"path"``             f; x0, from which a descent leads to a minimum
    ``"momentum"``         f; x0, likewise
    ``"circle"``           f
    ``"ls-step"``          A of two columns; b; x0, by default 0
    ``"multiplier"``       A of two independent columns; b
    =====================  ==========================================================

    Parameters
    ----------
    name : str
        A key of ``SLIDERS``.
    f : Problem, Map or callable, optional
        f(x), a number for x of shape (2,), where the table does not say otherwise. It may take many
        points at once, in columns.
    x0 : array, shape (2,), or float, optional
        The point. By default that of a Problem.
    A : array, shape (m, 2), optional
        The matrix of ½‖Ax − b‖².
    b : array, shape (m,), optional
        Its right-hand side.

    Returns
    -------
    ipywidgets.VBox

    Raises
    ------
    ValueError
        If there is no slider of that name, or it does not take what is given; if an argument is not
        as above, or f is not finite at x0.

    Examples
    --------
    >>> from companion.widgets import SLIDERS, slider
    >>> handle, stack = slider("neighbourhood").children
    >>> len(stack.children) == len(SLIDERS["neighbourhood"].values)
    True

    A function of your own, from a point of your own:

    >>> own = slider("step", f=lambda x: x[0] ** 2 + x[1] ** 4, x0=[1, 2])
    >>> handle, x1, x2, picture = own.children
    >>> x1.value, x2.value
    (1.0, 2.0)
    """
    spec = SLIDERS[as_choice(name, "name", tuple(SLIDERS))]
    given = {"f": f, "x0": x0, "A": A, "b": b}
    given = {argument: value for argument, value in given.items() if value is not None}
    if given:
        return _live(name, spec, given)
    readouts = [spec.readout.format(value) for value in spec.values]
    handle = _handle(spec.label, readouts, spec.start)
    stack = ipywidgets.Stack(
        [ipywidgets.HTML(frame(name, value)) for value in spec.values], selected_index=spec.start
    )
    ipywidgets.jslink((handle, "index"), (stack, "selected_index"))
    return ipywidgets.VBox([handle, stack])


def _live(name, spec, given):
    """A slider whose frames are drawn when they are asked for."""
    for argument in given:
        if argument not in spec.takes:
            raise ValueError(f"{argument} must not be given to {name!r}, which takes {_all(spec)}")
    for argument in spec.takes:
        if argument != "x0" and argument not in given:
            raise ValueError(f"{argument} must be given to {name!r}, which takes {_all(spec)}")
    first = spec.own(**given)
    values, start = first.values, len(first.values) * spec.start // len(spec.values)
    places = _places(spec.draw, values[start], first)
    readouts = [spec.readout.format(value) for value in values]
    if len(set(readouts)) < len(values):
        readouts = [f"{value:.4g}" for value in values]
    handle, picture = _handle(spec.label, readouts, start), ipywidgets.HTML()
    moves = [_move(*place) for place in zip(ENTRIES, np.ravel(first.x0), first.room, strict=False)]

    @lru_cache(maxsize=1)
    def scene(*x0):
        if np.allclose(x0, np.ravel(first.x0), rtol=0, atol=1e-6 * moves[0].step):
            return first
        return spec.own(**given | {"x0": np.reshape(x0, np.shape(first.x0))}, first=first)

    def draw(_):
        try:
            with _swept():
                now = scene(*(move.value for move in moves)) if moves else first
                drawing = _drawing(spec.draw, values[handle.index], now, places=places)
            picture.value = _html(*drawing)
        except Exception as error:  # of a function that is not ours
            picture.value = f'<p role="alert">{escape(f"{error}")}</p>'

    draw(None)
    handle.observe(draw, "index")
    for move in moves:
        move.observe(draw, "value")
    return ipywidgets.VBox([handle, *moves, picture])


@contextmanager
def _swept():
    """Collect what a figure leaves at once: later it takes a look at all that the kernel holds."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.collect(0)
        gc.enable()


def _all(spec):
    """The arguments that a slider takes, in words."""
    *others, last = spec.takes or ["no function or data of yours"]
    return " and ".join(filter(None, [", ".join(others), last]))


def _handle(label, readouts, start):
    return ipywidgets.SelectionSlider(
        options=readouts, index=start, description=label, style=WHOLE, layout={"width": "100%"}
    )


def _move(label, value, limits):
    """A handle for one entry of x₀, which is one of its steps: the browser rounds to these."""
    low, high = limits
    step = (high - low) / 100
    return ipywidgets.FloatSlider(
        float(value),
        min=value - np.ceil((value - low) / step) * step,
        max=value + np.ceil((high - value) / step) * step,
        step=step,
        readout_format=".3g",
        description=label,
        style=WHOLE,
        layout={"width": "100%"},
    )


def frame(name, value):
    """One frame of a slider, as HTML: its pictures, with the text that stands for them.

    Parameters
    ----------
    name : str
        A key of ``SLIDERS``.
    value : float
        The value to be drawn.

    Returns
    -------
    str

    Examples
    --------
    >>> from companion.widgets import frame
    >>> frame("neighbourhood", 1.0)[:52]
    '<div class="pictures" role="img" aria-label="h = 1: '
    """
    return _html(*_drawn(name, value))


def frames(name):
    """All frames of a slider in one, as HTML: what they share once, the rest in groups.

    Of the elements in each ``<g class="values">`` one is shown, that of the value; those of the
    first such hold the readout (``data-value``) and the text (``data-text``) of each value.

    Parameters
    ----------
    name : str
        A key of ``SLIDERS``.

    Returns
    -------
    str
    """
    spec = SLIDERS[name]
    texts, drawn = zip(*(_drawn(name, value) for value in spec.values), strict=True)
    words = [
        f' data-value="{escape(spec.readout.format(value))}" data-text="{escape(text)}"'
        for value, text in zip(spec.values, texts, strict=True)
    ]
    columns = []
    for column in zip(*drawn, strict=True):
        inside, is_worded = _stacked([picture.marks for picture in column], spec.start, words)
        if is_worded:
            words = [""] * len(words)
        columns.append(plots.Picture(_around([picture.box for picture in column]), ()).svg(inside))
    return plots.described(columns, texts[spec.start])


def plain(name, place, drawn=None):
    """A slider as HTML, which needs no kernel: a range input over all its frames.

    ``sliders.js`` shows the frame of the value, as the page's own script.

    Parameters
    ----------
    name : str
        A key of ``SLIDERS``.
    place : str
        What the input is called in its page.
    drawn : str, optional
        What ``frames(name)`` returned.

    Returns
    -------
    str
    """
    spec = SLIDERS[name]
    return PAGE.format(
        place=place,
        label=escape(spec.label),
        value=escape(spec.readout.format(spec.values[spec.start])),
        start=spec.start,
        last=len(spec.values) - 1,
        frames=frames(name) if drawn is None else drawn,
    )


@cache
def _drawn(name, value):
    """The text of a frame, and its pictures. Their panels stand where those of the start do."""
    return _drawing(SLIDERS[name].draw, value, places=_places_of(name))


@cache
def _places_of(name):
    spec = SLIDERS[name]
    return _places(spec.draw, spec.values[spec.start])


def _drawing(draw, *what, places):
    """The text of what is drawn, and its pictures, with the panels in these places."""
    with plt.rc_context(FRAME):
        figure = Figure()
        text = draw(figure, *what)
        figure.set_layout_engine("none")
        for axes, place in zip(figure.axes, places, strict=True):
            axes.set_position(place)
        return text, plots.pictures(figure)


def _places(draw, *what):
    """Where the panels of what is drawn stand."""
    with plt.rc_context(FRAME):
        figure = Figure()
        draw(figure, *what)
        figure.draw_without_rendering()
        return [axes.get_position(original=True) for axes in figure.axes]


def _html(text, pictures):
    return plots.described([picture.svg() for picture in pictures], text)


def _stacked(layers, start, words):
    """Some pictures, one on the other, of which one is shown; and whether they differ.

    Of what lies between two marks that all have, each has a group of its own, with its words.
    """
    shared = reduce(_common, layers)
    own = [_between(shared, marks) for marks in layers]
    parts, run, is_worded = [], [], False
    for place in range(len(shared) + 1):
        stack = [between[place] for between in own]
        if any(stack):
            parts.append(plots.written(run))
            groups = [
                f"<g{'' if is_worded else word}{'' if index == start else HIDDEN}>"
                f"{plots.written(marks)}</g>"
                for index, (word, marks) in enumerate(zip(words, stack, strict=True))
            ]
            parts += ['<g class="values">', *groups, "</g>"]
            run, is_worded = [], True
        run += shared[place : place + 1]
    return "".join([*parts, plots.written(run)]), is_worded


def _common(marks, others):
    """The marks that both have, in the same order."""
    blocks = SequenceMatcher(None, marks, others, autojunk=False).get_matching_blocks()
    return [mark for block in blocks for mark in marks[block.a : block.a + block.size]]


def _between(shared, marks):
    """What stands before, between and after the shared ones among some marks."""
    parts = [[]]
    for mark in marks:
        if len(parts) <= len(shared) and mark == shared[len(parts) - 1]:
            parts.append([])
        else:
            parts[-1].append(mark)
    return parts


def _around(boxes):
    """The smallest box (left, top, width, height) around some boxes."""
    left, top = (min(box[k] for box in boxes) for k in (0, 1))
    right, bottom = (max(box[k] + box[k + 2] for box in boxes) for k in (0, 1))
    return left, top, right - left, bottom - top

"""A slider over pictures that are drawn beforehand."""

from difflib import SequenceMatcher
from functools import cache, reduce
from html import escape

import ipywidgets
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from companion import plots
from companion._shared.arguments import as_choice
from companion.widgets._table import SLIDERS

HIDDEN = ' display="none"'


def slider(name):
    """The slider of that name: a handle joined to a stack of frames, one for each value.

    The link between them is made in the browser (`jslink`), so that it holds while the kernel is
    busy. The book's build writes the same handle and frames as plain HTML, which needs no kernel.

    Parameters
    ----------
    name : str
        A key of ``SLIDERS``.

    Returns
    -------
    ipywidgets.VBox

    Raises
    ------
    ValueError
        If there is no slider of that name.

    Examples
    --------
    >>> from companion.widgets import SLIDERS, slider
    >>> handle, stack = slider("neighbourhood").children
    >>> len(stack.children) == len(SLIDERS["neighbourhood"].values)
    True
    """
    spec = SLIDERS[as_choice(name, "name", tuple(SLIDERS))]
    handle = ipywidgets.SelectionSlider(
        options=[spec.readout.format(value) for value in spec.values],
        index=spec.start,
        description=spec.label,
        style={"description_width": "initial"},
        layout={"width": "100%"},
    )
    stack = ipywidgets.Stack(
        [ipywidgets.HTML(frame(name, value)) for value in spec.values], selected_index=spec.start
    )
    ipywidgets.jslink((handle, "index"), (stack, "selected_index"))
    return ipywidgets.VBox([handle, stack])


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
    text, pictures = _drawn(name, value)
    return plots.described([picture.svg() for picture in pictures], text)


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


@cache
def _drawn(name, value):
    """The text of a frame, and its pictures. Their panels stand where those of the start do."""
    with plt.rc_context(plots.STYLE):
        figure = Figure()
        text = SLIDERS[name].draw(figure, value)
        figure.set_layout_engine("none")
        for axes, place in zip(figure.axes, _places(name), strict=True):
            axes.set_position(place)
        return text, plots.pictures(figure)


@cache
def _places(name):
    """Where the panels of a slider stand."""
    spec, figure = SLIDERS[name], Figure()
    spec.draw(figure, spec.values[spec.start])
    figure.draw_without_rendering()
    return [axes.get_position(original=True) for axes in figure.axes]


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

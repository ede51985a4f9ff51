"""Sliders over pictures that are drawn beforehand, so that they move with a kernel and without one.

``SLIDERS`` is a table: one entry for each slider of the course. To add one, write its frame in
``companion.frames``, add its entry, and call ``slider(name)`` in a chapter.
"""

import base64
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from companion import frames, plots
from companion.validation import as_choice

WIDTH = 720  # of a frame, in dots: a page holds dozens of frames


@dataclass(frozen=True)
class Slider:
    """A quantity to be moved, and how to draw the picture for each of its values.

    Attributes
    ----------
    label : str
        What the handle is called, symbol included.
    values : sequence of float
        The values, in the order of the slider.
    start : int
        Index of the value shown first.
    readout : str
        Format of a value, its unit included, as in ``"{:.2f} rad"``.
    draw : callable
        Takes a Figure and a value; draws the frame, and returns the text that stands for it.
    """

    label: str
    values: Sequence[float]
    start: int
    readout: str
    draw: Callable


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
    """One frame of a slider, as an HTML image with its alt text.

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
    >>> frame("neighbourhood", 1.0).startswith('<img src="data:image/webp;base64,')
    True
    """
    with plt.rc_context(plots.STYLE):
        canvas = FigureCanvasAgg(Figure())
        alt = SLIDERS[name].draw(canvas.figure, value)
        canvas.figure.set_dpi(WIDTH / canvas.figure.get_figwidth())
        canvas.draw()
    data = base64.b64encode(webp(canvas.buffer_rgba())).decode("ascii")
    source = f"data:image/webp;base64,{data}"
    return f'<img src="{source}" alt="{escape(alt)}" style="max-width: 100%" decoding="sync">'


def webp(pixels):
    """The bytes of a picture in 16 shades of each colour channel, without further loss.

    For lines and letters this weighs a quarter less than WebP that is good to look at but lossy,
    and stays sharp.
    """
    packed = io.BytesIO()
    shades = [17 * round(shade / 17) for shade in range(256)]
    picture = Image.fromarray(np.asarray(pixels)).convert("RGB").point(shades * 3)
    picture.save(packed, "webp", lossless=True)
    return packed.getvalue()


SLIDERS = {
    "neighbourhood": Slider(
        label="half-width h of the neighbourhood",
        values=np.geomspace(0.01, 1.0, 41),
        start=34,
        readout="{:.3g}",
        draw=frames.neighbourhood,
    ),
    "direction": Slider(
        label="angle of the direction d",
        values=np.linspace(0, 180, 37),
        start=18,
        readout="{:.0f}°",
        draw=frames.direction,
    ),
    "degree": Slider(
        label="degree of the polynomial",
        values=np.arange(0, 62, 2),
        start=6,
        readout="{:d}",
        draw=frames.degree,
    ),
    "step": Slider(
        label="step ε",
        values=np.sort(np.append(np.geomspace(0.02, 1.2, 32), 26 / 29)),  # and ε*
        start=13,
        readout="{:.3f}",
        draw=frames.step,
    ),
    "path": Slider(
        label="step ε of the whole path",
        values=np.sort([*np.arange(2, 10) / 100, *np.arange(20, 45) / 200, 2 / 11]),  # the best
        start=8,
        readout="{:.4f}",
        draw=frames.path,
    ),
    "circle": Slider(
        label="angle θ on the circle",
        values=np.linspace(0, 360, 37),
        start=13,
        readout="{:.0f}°",
        draw=frames.circle,
    ),
    "ls-step": Slider(
        label="step ε of the least-squares descent",
        values=np.sort(
            np.r_[
                np.geomspace(0.005, 0.1, 20),
                [0.103, 0.107, frames.LINE_BEST, 0.113, 0.115, 0.117],
                [frames.LINE_LIMIT, 0.12, 0.123, 0.13, 0.14, 0.16],
            ]
        ),
        start=9,
        readout="{:.4f}",
        draw=frames.ls_step,
    ),
    "multiplier": Slider(
        label="multiplier λ of the norm constraint",
        values=np.sort(np.r_[0, np.geomspace(0.01, 100, 33), frames.LINE_LAM]),
        start=13,
        readout="{:.3g}",
        draw=frames.multiplier,
    ),
}

"""All sliders: what each moves, and what it draws."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from companion.widgets import (
    _pictures_constrained,
    _pictures_hessians,
    _pictures_jacobians,
    _pictures_least_squares,
    _pictures_taylor,
)


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
        Takes a Figure, a value and a `Scene`, by default that of the chapter; draws the frame, and
        returns the text that stands for it.
    takes : tuple of str
        The arguments of the reader's that make another scene, if any.
    own : callable, optional
        Makes it from these; also from another x₀, with ``first``, the scene that was made before,
        whose plane stays.
    """

    label: str
    values: Sequence[float]
    start: int
    readout: str
    draw: Callable
    takes: tuple = ()
    own: Callable | None = None


SLIDERS = {
    "neighbourhood": Slider(
        label="half-width h of the neighbourhood",
        values=np.geomspace(0.01, 1.0, 41),
        start=34,
        readout="{:.3g}",
        draw=_pictures_jacobians.neighbourhood,
        takes=("f", "x0"),
        own=_pictures_jacobians.own_neighbourhood,
    ),
    "compass": Slider(
        label="heading of the walk",
        values=np.sort(np.r_[np.linspace(0, 360, 37), _pictures_jacobians.HEADINGS]),
        start=12,
        readout="{:.0f}°",
        draw=_pictures_jacobians.compass,
        takes=("f", "x0"),
        own=_pictures_jacobians.own_compass,
    ),
    "elbow": Slider(
        label="angle of the elbow",
        values=np.linspace(-160, 160, 33),
        start=23,
        readout="{:.0f}°",
        draw=_pictures_jacobians.elbow,
    ),
    "direction": Slider(
        label="angle of the direction d",
        values=np.linspace(0, 180, 37),
        start=18,
        readout="{:.0f}°",
        draw=_pictures_hessians.direction,
        takes=("f", "x0"),
        own=_pictures_hessians.own_direction,
    ),
    "degree": Slider(
        label="degree of the polynomial",
        values=np.arange(0, 62, 2),
        start=6,
        readout="{:d}",
        draw=_pictures_taylor.degree,
        takes=("f", "x0"),
        own=_pictures_taylor.own_degree,
    ),
    "step": Slider(
        label="step ε",
        values=np.sort(np.append(np.geomspace(0.019, 1.2, 32).round(3), 26 / 29)),  # and ε*
        start=24,
        readout="{:.3f}",
        draw=_pictures_taylor.step,
        takes=("f", "x0"),
        own=_pictures_taylor.own_step,
    ),
    "path": Slider(
        label="step ε of the whole path",
        values=np.sort([*np.arange(2, 10) / 100, *np.arange(20, 45) / 200, 2 / 11]),  # the best
        start=8,
        readout="{:.4f}",
        draw=_pictures_taylor.path,
        takes=("f", "x0"),
        own=_pictures_taylor.own_path,
    ),
    "momentum": Slider(
        label="momentum β",
        values=np.sort(np.append(np.arange(33) * 0.03, 4 / 9)),  # the best
        start=6,
        readout="{:.3f}",
        draw=_pictures_taylor.momentum,
        takes=("f", "x0"),
        own=_pictures_taylor.own_momentum,
    ),
    "circle": Slider(
        label="angle θ on the circle",
        values=np.sort(np.r_[np.linspace(0, 360, 37), _pictures_constrained.CIRCLE_FLAT]),
        start=15,
        readout="{:.0f}°",
        draw=_pictures_constrained.circle,
        takes=("f",),
        own=_pictures_constrained.own_circle,
    ),
    "ls-step": Slider(
        label="step ε of the least-squares descent",
        values=np.sort(
            np.r_[
                np.geomspace(0.005, 0.1, 20),
                [0.05, 0.103, 0.107, _pictures_least_squares.LINE_BEST, 0.113, 0.115, 0.117],
                [_pictures_least_squares.LINE_LIMIT, 0.12, 0.123, 0.13, 0.14, 0.16],
            ]
        ),
        start=15,
        readout="{:.4f}",
        draw=_pictures_least_squares.ls_step,
        takes=("A", "b", "x0"),
        own=_pictures_least_squares.own_ls_step,
    ),
    "multiplier": Slider(
        label="multiplier λ of the norm constraint",
        values=np.sort(np.r_[0, np.geomspace(0.01, 100, 33), _pictures_least_squares.LINE_LAM]),
        start=13,
        readout="{:.3g}",
        draw=_pictures_least_squares.multiplier,
        takes=("A", "b"),
        own=_pictures_least_squares.own_multiplier,
    ),
}

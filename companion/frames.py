"""The pictures behind the sliders: one function for each, which draws the frame for one value.

It takes a Figure and the value, draws what the package computes for that value, and returns the
text that stands for the picture, with its numbers. Axes are the same in all frames of a slider.
"""

import numpy as np

from companion import plots
from companion.maps import bend, magnify


def neighbourhood(figure, h):
    """Jacobians: a square of half-width h, bent by f and sheared by J."""
    x = np.array([2.0, 0.5])
    view = magnify(bend, bend.jac(x), x, h)
    domain, image = figure.subplots(1, 2)
    plots.neighbourhood(domain, image, view)
    domain.set(title=f"half-width h = {h:.3g}", xlim=(0.8, 3.2), ylim=(-0.7, 1.7))
    image.set(title=f"error {view.gap:.2g} = {view.gap / h:.2g} h", xlim=(-8, 13), ylim=(-10, 11))
    return (
        f"h = {h:.3g}: the grid bent by f and the grid sheared by J "
        f"are at most {view.gap:.2g} apart, which is {view.gap / h:.2g} times h."
    )

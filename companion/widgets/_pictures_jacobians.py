"""The slider of Jacobians: the frame for one value."""

import numpy as np

from companion import plots
from companion.problems.maps import bend, magnify


def neighbourhood(figure, h):
    """Jacobians: a square of half-width h, bent by f and sheared by J."""
    x = np.array([2.0, 0.5])
    view = magnify(bend, bend.jac(x), x, h)
    figure.set_size_inches(6.4, 3.4)
    domain, image = figure.subplots(1, 2)
    plots.neighbourhood(domain, image, view)
    domain.set(title=f"half-width h = {h:.3g}", xlim=(0.8, 3.2), ylim=(-0.7, 1.7))
    if h < 0.25:
        glass = domain.inset_axes([0.6, 0.6, 0.38, 0.38])
        plots.grid_lines(glass, view.square, plots.STEP, linewidth=1)
        glass.set(xticks=[], yticks=[], aspect="equal", xlabel=f"× {1 / h:.0f}")
    image.set(title=f"error {view.gap:.2g} = {view.gap / h:.2g} h", xlim=(-8, 13), ylim=(-10, 11))
    return (
        f"h = {h:.3g}: the grid bent by f and the grid sheared by J "
        f"are at most {view.gap:.2g} apart, which is {view.gap / h:.2g} times h."
    )

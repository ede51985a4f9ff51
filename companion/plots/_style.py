"""The colours of the course, each with one meaning throughout, and the style of its figures."""

import matplotlib.pyplot as plt
from matplotlib import colors

TRUTH = "#333333"  # the function as it is
MODEL = "#E69F00"  # what a model says of it
STEP = "#0072B2"  # a step, a path
GRADIENT = "#D55E00"  # a gradient
FEASIBLE = "#009E73"  # a feasible set
OPTIMUM = "#000000"  # an optimum, always a star
QUIET = "#999999"  # guides and what is left behind

# Of three kinds of place, the first has the ground of the page, the others two shades of grey.
SHADES = colors.ListedColormap([colors.to_rgba(QUIET, alpha) for alpha in (0, 0.4, 1)])

# In a page letters of 12 points are as large as its text. On a phone a figure of 4.3 inches is a
# little smaller, and two panels of 3.5 inches stand under each other at their full size.
WIDE = (7.1, 3.3)

STYLE = {
    "figure.figsize": (4.3, 3.0),
    "figure.dpi": 144,
    "figure.constrained_layout.use": True,
    "font.size": 12,
    "axes.titlesize": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": plt.cycler(color=[TRUTH, MODEL, STEP, GRADIENT, FEASIBLE]),
    "lines.linewidth": 2,
    "legend.frameon": False,
    "grid.color": QUIET,
    "grid.alpha": 0.4,
    **{f"axes3d.{axis}axis.panecolor": colors.to_rgba(QUIET, 0.1) for axis in "xyz"},
}


def use_style():
    """Draw every later figure in the style of the course."""
    plt.rcParams.update(STYLE)


def ink(color, *, lightness=0.62):
    """A darker shade of `color`, which can be read as text on white."""
    return tuple(lightness * channel for channel in colors.to_rgb(color))

"""Pictures of results, each on the Axes it is given. Nothing is computed here but where to draw.

Colours are the Okabe–Ito palette, and each has one meaning throughout the course.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import colors

TRUTH = "#333333"  # the function as it is
MODEL = "#E69F00"  # what a model says of it
STEP = "#0072B2"  # a step, a path
GRADIENT = "#D55E00"  # a gradient
FEASIBLE = "#009E73"  # a feasible set
OPTIMUM = "#000000"  # an optimum, always a star
QUIET = "#999999"  # guides and what is left behind

STYLE = {
    "figure.figsize": (6.4, 3.6),
    "figure.dpi": 144,
    "figure.constrained_layout.use": True,
    "font.size": 13,
    "axes.titlesize": 13,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": plt.cycler(color=[TRUTH, MODEL, STEP, GRADIENT, FEASIBLE]),
    "lines.linewidth": 2,
    "legend.frameon": False,
}


def use_style():
    """Draw every later figure in the style of the course."""
    plt.rcParams.update(STYLE)


def ink(color, *, lightness=0.62):
    """A darker shade of `color`, which can be read as text on white."""
    return tuple(lightness * channel for channel in colors.to_rgb(color))


def label(axes, x, y, text, color, **options):
    """Write `text` beside a line, in the line's own colour, instead of in a legend."""
    return axes.annotate(
        text,
        (x, y),
        color=ink(color),
        **{"xytext": (6, 0), "textcoords": "offset points", "va": "center"} | options,
    )


def grid_lines(axes, points, color, **options):
    """Draw a curvilinear grid; `points` has shape (2, rows, columns)."""
    across = axes.plot(*points, color=color, **options)
    along = axes.plot(*points.transpose(0, 2, 1), color=color, **options)
    return across + along


def neighbourhood(domain, image, view):
    """A square about a point, and its image under f (bent) and under its linear model (sheared).

    Parameters
    ----------
    domain, image : Axes
        Where the square and its image are drawn.
    view : companion.maps.Neighbourhood
        What `magnify` returns.
    """
    grid_lines(domain, view.square, STEP, linewidth=1)
    grid_lines(image, view.bent, TRUTH, linewidth=1.6)
    grid_lines(image, view.sheared, MODEL, linewidth=1.6, linestyle="--")
    domain.set(xlabel="$x$", ylabel="$y$", aspect="equal")
    image.set(
        xlabel="change of $f_1$, over $h$", ylabel="change of $f_2$, over $h$", aspect="equal"
    )
    corner = {"xycoords": "axes fraction", "xytext": (0, 0)}
    label(image, 0.03, 0.95, "solid: f bends", TRUTH, **corner)
    label(image, 0.97, 0.05, "dashed: J shears", MODEL, ha="right", **corner)


def cells(domain, image, f, grid, *, shaded=()):
    """A grid of rectangles and its image under f, with some of the cells filled in both.

    Parameters
    ----------
    domain, image : Axes
        Where the grid and its image are drawn.
    f : callable
        From (2, k, k) to (2, k, k).
    grid : array, shape (2, k, k)
        The corners of the cells.
    shaded : sequence of (int, int)
        Column and row of each cell to be filled.
    """
    for axes, points in ((domain, grid), (image, f(grid))):
        grid_lines(axes, points, TRUTH, linewidth=1)
        for column, row in shaded:
            corners = points[:, row : row + 2, column : column + 2].reshape(2, 4)
            axes.fill(*corners[:, [0, 1, 3, 2]], color=QUIET)


def loglog(axes, h, errors, color, text, *, at=-1, side="above", **options):
    """A curve of errors against h on logarithmic axes, named above or below its point `at`."""
    (line,) = axes.loglog(h, errors, color=color, **options)
    place = {
        "above": {"xytext": (-6, 6), "ha": "right", "va": "bottom"},
        "below": {"xytext": (6, -6), "ha": "left", "va": "top"},
    }
    label(axes, h[at], errors[at], text, color, **place[side])
    return line


def optimum(axes, x, y):
    """A black star at the best point, as everywhere in the course."""
    (star,) = axes.plot(x, y, "*", color=OPTIMUM, markersize=13, zorder=5)
    return star


def arm(axes, joints, color=STEP, **options):
    """A robot arm; `joints` has shape (k, 2): the shoulder, the elbow, …, the hand."""
    (line,) = axes.plot(*np.transpose(joints), "o-", color=color, **options)
    axes.set(xlabel="$x$", ylabel="$y$", aspect="equal")
    return line

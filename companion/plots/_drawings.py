"""Pictures of results, each on the Axes it is given. Nothing is computed here but where to draw."""

import numpy as np

from companion.plots._style import FEASIBLE, GRADIENT, MODEL, OPTIMUM, QUIET, STEP, TRUTH, ink

# Where a name stands, seen from the point that it names.
SIDES = {
    "right": {"xytext": (6, 0), "ha": "left", "va": "center"},
    "left": {"xytext": (-6, 0), "ha": "right", "va": "center"},
    "above": {"xytext": (-6, 6), "ha": "right", "va": "bottom"},
    "below": {"xytext": (6, -6), "ha": "left", "va": "top"},
}

# A surface is made of a thousand faces: in a page it is an image, among lines and letters. Smoothed
# edges of faces would show the ground through their seams, as a net that is not there.
SOLID = {"alpha": 1, "linewidth": 0, "antialiased": False, "rasterized": True}

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def label(axes, x, y, text, color, **options):
    """Write `text` beside a line, in the line's own colour, instead of in a legend."""
    return axes.annotate(
        text,
        (x, y),
        color=ink(color),
        **{"xytext": (6, 0), "textcoords": "offset points", "va": "center"} | options,
    )


def number(value, digits=2):
    """A number in a picture, to so many digits: 8.3·10¹⁰ rather than 8.3e+10.

    From a hundredth to ten thousand it needs no power of ten.

    >>> number(8.3e10), number(1e-6, 1), number(0.0512), number(1234.0)
    ('8.3·10¹⁰', '10⁻⁶', '0.051', '1200')
    """
    if not (value and np.isfinite(value)):
        return f"{value:g}"
    rounded = f"{value:.{digits - 1}e}"
    factor, power = rounded.split("e")
    sign, factor = "−" if value < 0 else "", factor.removeprefix("-")
    if -2 <= int(power) < 4:
        return f"{sign}{abs(float(rounded)):.{max(digits - 1 - int(power), 0)}f}"
    ten = "10" + str(int(power)).translate(SUPERSCRIPTS)
    return sign + (ten if factor == "1" else f"{factor}·{ten}")


def curve(axes, x, y, color, text="", *, at=-1, side="right", **options):
    """A line, with its name beside its point `at`: "right", "left", "above" or "below" it."""
    (line,) = axes.plot(x, y, color=color, **options)
    if text:
        label(axes, x[at], y[at], text, color, **SIDES[side])
    return line


def contours(axes, f, xlim, ylim, *, levels=14, points=121, **options):
    """Contour lines of f: R² → R, for f that takes x of shape (2, ...)."""
    x, y = np.meshgrid(np.linspace(*xlim, points), np.linspace(*ylim, points))
    style = {"colors": QUIET, "linewidths": 0.8} | options
    lines = axes.contour(x, y, f(np.stack([x, y])), levels, **style)
    axes.set(xlabel="$x_1$", ylabel="$x_2$", aspect="equal")
    return lines


def surface(axes, f, xlim, ylim, *, points=61, color=MODEL, **options):
    """The graph of f: R² → R on three-dimensional axes, for f that takes x of shape (2, ...)."""
    x, y = np.meshgrid(np.linspace(*xlim, points), np.linspace(*ylim, points))
    style = SOLID | {"color": color} | options
    graph = axes.plot_surface(x, y, f(np.stack([x, y])), **style)
    axes.set(xlabel="$x_1$", ylabel="$x_2$")
    return graph


def dome(axes, f, center, radius, *, points=25, color=MODEL, **options):
    """The graph of f: R² → R over a disc, for f that takes x of shape (2, ...).

    The radius is a number, or one for each of 4 `points` angles from 0 to 2π.
    """
    r, t = np.meshgrid(np.linspace(0, 1, points), np.linspace(0, 2 * np.pi, 4 * points))
    r = r * np.reshape(radius, (-1, 1))
    x, y = center[0] + r * np.cos(t), center[1] + r * np.sin(t)
    style = SOLID | {"color": color} | options
    graph = axes.plot_surface(x, y, f(np.stack([x, y])), rstride=1, cstride=1, **style)
    axes.set(xlabel="$x_1$", ylabel="$x_2$")
    return graph


def path(axes, points, color=STEP, **options):
    """The iterates of a method in the plane, one a row, joined in their order."""
    style = {"marker": "o", "markersize": 3.5, "linewidth": 1.2} | options
    (line,) = axes.plot(*np.transpose(points), color=color, **style)
    return line


def arrow(axes, start, vector, color, text="", **options):
    """An arrow from `start` along `vector`, named at its tip."""
    end = np.add(start, vector)
    style = {"arrowstyle": "-|>", "color": color, "linewidth": 2, "shrinkA": 0, "shrinkB": 0}
    tip = axes.annotate("", end, start, arrowprops=style | options)
    if text:
        label(axes, *end, text, color)
    return tip


def edge(axes, start, end, color, text="", *, above=9, **options):
    """An arrow from one node to another; beside its middle, what it does to what passes it."""
    tip = arrow(axes, start, np.subtract(end, start), color, **options)
    if text:
        label(axes, *np.mean([start, end], axis=0), text, TRUTH, xytext=(0, above), ha="center")
    return tip


def node(axes, x, y, name, value, arrived, color):
    """A number of a program: its name, its value in a box, and below what has arrived there."""
    middle = {"xytext": (0, 0), "ha": "center"}
    box = {"boxstyle": "round", "facecolor": "none", "edgecolor": TRUTH}
    label(axes, x, y, value, TRUTH, bbox=box, **middle)
    label(axes, x, y, name, TRUTH, **middle | {"xytext": (0, 40)})
    label(axes, x, y, arrived, color, **middle | {"xytext": (0, -36), "va": "top"})


def matrix(axes, x, y, shape, color, name, *, side="above"):
    """A matrix as a rectangle about (x, y), a unit for each row and column, with name and shape."""
    height, width = shape
    across, up = np.array([-1, 1, 1, -1]) * width / 2, np.array([-1, -1, 1, 1]) * height / 2
    (patch,) = axes.fill(x + across, y + up, color=color, alpha=0.6, linewidth=0)
    sign = {"above": 1, "below": -1}[side]
    place = {"xytext": (0, 4 * sign), "ha": "center", "va": SIDES[side]["va"]}
    label(axes, x, y + sign * height / 2, f"{name}\n{height} × {width}", color, **place)
    return patch


def region(axes, inside, xlim, ylim, *, points=401, color=FEASIBLE, alpha=0.25):
    """Fill the points where `inside` holds; it takes x of shape (2, ...) and returns booleans."""
    x, y = np.meshgrid(np.linspace(*xlim, points), np.linspace(*ylim, points))
    mask = np.asarray(inside(np.stack([x, y])), dtype=float)
    return axes.contourf(x, y, mask, [0.5, 1.5], colors=[color], alpha=alpha)


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
    view : companion.problems.maps.Neighbourhood
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
    across, along = _subdivided(grid), _subdivided(grid.transpose(0, 2, 1))
    for axes, g in ((domain, np.asarray), (image, f)):
        for lines in (across, along):
            axes.plot(*g(lines), color=TRUTH, linewidth=1)
        for column, row in shaded:
            corners = grid[:, row : row + 2, column : column + 2].reshape(2, 4)
            edge = _subdivided(corners[:, [0, 1, 3, 2, 0], None])[..., 0]
            axes.fill(*g(edge), color=QUIET)


def _subdivided(lines, pieces=8):
    """Lines through the points `lines[:, :, k]`, with more points between each two of them."""
    count = lines.shape[1]
    fine = np.linspace(0, count - 1, pieces * (count - 1) + 1)
    weights = np.maximum(0, 1 - np.abs(fine[:, None] - np.arange(count)))
    return weights @ lines


def loglog(axes, h, errors, color, text, *, at=-1, side="above", **options):
    """A curve of errors against h on logarithmic axes, named above or below its point `at`."""
    axes.set(xscale="log", yscale="log")
    return curve(axes, h, errors, color, text, at=at, side=side, **options)


def optimum(axes, x, y):
    """A black star at the best point, as everywhere in the course."""
    (star,) = axes.plot(x, y, "*", color=OPTIMUM, markersize=13, zorder=5)
    return star


def arm(axes, joints, color=STEP, **options):
    """A robot arm; `joints` has shape (k, 2): the shoulder, the elbow, …, the hand."""
    (line,) = axes.plot(*np.transpose(joints), "o-", color=color, **options)
    axes.set(xlabel="$x$", ylabel="$y$", aspect="equal")
    return line


def step_parts(axes, step, epsilon):
    """The three parts of the model at ε: the value, what the slope promises, what curvature adds.

    The value is a dotted line, the promise a bar down from it, to the broken line of the slope,
    and the correction a bar from there to the model.

    Parameters
    ----------
    axes : Axes
        With ε to the right, between its limits, and values of f upwards.
    step : companion.taylor.StepAnalysis
        What `analyze_step` returns.
    epsilon : float
        The step.
    """
    promise, model = step.f0 - epsilon * step.slope, step.predict(epsilon)
    end = axes.get_xlim()[1]
    aside, bar = 0.012 * end, {"linewidth": 5, "solid_capstyle": "butt"}
    axes.axhline(step.f0, color=QUIET, linewidth=1.2, linestyle=":")
    slope = axes.plot([0, end], [step.f0, step.f0 - end * step.slope], color=GRADIENT)
    slope[0].set(linewidth=1.2, linestyle="-.")
    axes.plot([epsilon - aside] * 2, [step.f0, promise], color=GRADIENT, **bar)
    axes.plot([epsilon + aside] * 2, [promise, model], color=MODEL, **bar)
    axes.set(xlabel=r"step $\varepsilon$")

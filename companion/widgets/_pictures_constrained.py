"""The slider of constraints: the frame for one value."""

import numpy as np

from companion import plots
from companion.constrained import minimize_on_circle
from companion.problems import bowl
from companion.widgets._scene import Scene, around, as_problem, contour_levels

PLANE = {"xlim": (-2, 2), "ylim": (-2, 2)}

NEAR = Scene(
    f=bowl([1, 4], angle=0, center=[0.5, 0.1]),
    number=".3f",
    axes={"curve": {"ylim": (0, 2.8)}},
    levels=6,
    labels={"slope": "+.2f"},
)

# The four angles in degrees where f has no slope along the circle: with z = cos θ + i sin θ that
# slope, 3 sin θ cos θ + 0.5 sin θ − 0.4 cos θ, is the imaginary part of 1.5 z² + (0.5 − 0.4i) z.
CIRCLE_FLAT = np.degrees(np.angle(np.roots([1.5, 0.5 - 0.4j, 0, -0.5 - 0.4j, -1.5]))) % 360


def circle(figure, theta, scene=NEAR):
    """Constraints: a walk around the unit circle, θ in degrees, and f along it."""
    f, angles = scene.f, np.linspace(0, 360, 181)
    rim, (x, v) = _on_circle(angles)[0], _on_circle(theta)
    value, g = f(x), f.grad(x)
    slope = g @ v if abs(g @ v) > 1e-9 * np.linalg.norm(g) else 0.0  # but for rounding
    slope = _signed(slope, scene.labels["slope"])
    lowest = minimize_on_circle(f)
    figure.set_size_inches(6.4, 3.4)
    plane, curve = figure.subplots(1, 2)

    plots.contours(plane, f, *PLANE.values(), levels=scene.levels, points=41)
    plots.curve(plane, *rim, plots.FEASIBLE, linewidth=2.5)
    plots.curve(plane, *np.transpose([x - 0.7 * v, x + 0.7 * v]), plots.TRUTH, ls="--", lw=1.2)
    if g.any():
        arrow = 0.8 * g / np.linalg.norm(g)
        beside = {"xytext": 12 * arrow[::-1] * [-1, 1], "ha": "center"}
        plots.arrow(plane, x, arrow, plots.GRADIENT)
        plots.label(plane, *(x + arrow / 2), "$g$", plots.GRADIENT, **beside)
    plots.curve(curve, angles, f(rim), plots.TRUTH)
    for axes, here, star in (
        (plane, x, lowest.x),
        (curve, (theta, value), (_angle(lowest.x), lowest.fun)),
    ):
        plots.optimum(axes, *star)
        axes.plot(*here, "o", color=plots.STEP, markersize=8, zorder=6)
    plane.set(title=f"θ = {theta:.0f}°", **PLANE)
    curve.set(
        title=f"f = {scene.say(value)}   slope {slope}",
        xlabel="θ in degrees",
        xticks=np.arange(0, 361, 90),
        xlim=(-12, 372),
        **scene.axes["curve"],
    )
    return (
        f"θ = {theta:.0f}°: f = {scene.say(value)} on the circle, and its derivative along the "
        f"circle is {slope} per radian. The lowest value is {scene.say(lowest.fun)}."
    )


def own_circle(f, first=None):
    """The scene of your function on the unit circle; the angle of its star is among the values."""
    f = as_problem(f, _on_circle(0)[0])
    heights = f(_on_circle(np.linspace(0, 360, 181))[0])
    lowest = minimize_on_circle(f)
    return Scene(
        f=f,
        values=np.unique(np.r_[np.linspace(0, 360, 37), _angle(lowest.x)]),
        axes={"curve": {"ylim": around(heights)}},
        levels=contour_levels(f, *PLANE.values()),
        labels={"slope": "+.3g"},
    )


def _on_circle(degrees):
    """The point of the unit circle at that angle, and its tangent."""
    theta = np.radians(degrees)
    return np.array([[np.cos(theta), np.sin(theta)], [-np.sin(theta), np.cos(theta)]])


def _angle(x):
    return np.degrees(np.arctan2(*x[::-1])) % 360


def _signed(value, number):
    """A number with its sign, and no minus before a zero."""
    text = f"{value:{number}}"
    return text.replace("-", "−" if float(text) else "+")

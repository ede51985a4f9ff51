"""The sliders of Jacobians: the frame for one value."""

import numpy as np

from companion import plots
from companion.problems import bowl
from companion.problems.maps import arm_joints, bend, magnify, two_link_arm
from companion.widgets._scene import (
    GRID,
    Scene,
    around,
    as_map,
    as_problem,
    as_start,
    contour_levels,
    reach,
    slope_at,
    square,
)

HEADINGS = np.degrees(np.arctan2(4, 3)) + np.array([0, 90, 180, 270])  # steepest, and level
PAPER = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}  # behind letters among lines

BEND = Scene(
    f=bend,
    x0=np.array([2.0, 0.5]),
    axes={
        "domain": {"xlim": (0.8, 3.2), "ylim": (-0.7, 1.7)},
        "image": {"xlim": (-8, 13), "ylim": (-10, 11)},
    },
)


def neighbourhood(figure, h, scene=BEND):
    """Jacobians: a square of half-width h, bent by f and sheared by J."""
    f, x = scene.f, scene.x0
    view = magnify(f, f.jac(x), x, h)
    figure.set_size_inches(6.4, 3.4)
    domain, image = figure.subplots(1, 2)
    plots.neighbourhood(domain, image, view)
    domain.set(title=f"half-width h = {h:.3g}", **scene.axes["domain"])
    if h < 0.25 * scene.size:
        glass = domain.inset_axes([0.6, 0.6, 0.38, 0.38])
        plots.grid_lines(glass, view.square, plots.STEP, linewidth=1)
        glass.set(xticks=[], yticks=[], aspect="equal", xlabel=f"× {scene.size / h:.0f}")
    image.set(title=f"error {view.gap:.2g} = {view.gap / h:.2g} h", **scene.axes["image"])
    return (
        f"h = {h:.3g}: the grid bent by f and the grid sheared by J "
        f"are at most {view.gap:.2g} apart, which is {view.gap / h:.2g} times h."
    )


def own_neighbourhood(f, x0=None, first=None):
    """The scene of your map at x₀, with squares up to half as wide as x₀ is long."""
    x0 = as_start(f, x0)
    f, size = (first.f, first.size) if first else (as_map(f, x0), reach(x0) / 2)
    J, side = f.jac(x0), np.linspace(-1, 1, 7)
    offset = np.array(np.meshgrid(side, side)).reshape(2, -1)
    seen = [J @ offset]
    for h in (0.1 * size, 0.5 * size, size):
        seen.append((f(x0[:, None] + h * offset) - f(x0)[:, None]) / h)
    corners = x0 - size, x0 + size
    return Scene(
        f=f,
        x0=x0,
        size=size,
        values=size * np.geomspace(0.01, 1, 41),
        room=np.transpose(corners),
        axes={
            "domain": first.axes["domain"] if first else square(*corners),
            "image": square(*np.hstack(seen).T),
        },
    )


BOWL = Scene(
    f=bowl([1, 4], angle=0),
    x0=np.array([3.0, 1.0]),
    number=".2f",
    axes={
        "plane": {"xlim": (0.5, 5.5), "ylim": (-1.1, 3.9)},
        "curve": {"ylim": (-6.2, 6.2), "yticks": [-4, 0, 4]},
    },
    levels=6.5 * 2.0 ** np.arange(-2, 4),
)


def compass(figure, degrees, scene=BOWL):
    """Jacobians: the slope of a bowl along the direction at this angle."""
    f, x, size, headings = scene.f, scene.x0, scene.size, np.linspace(0, 360, 121)
    g = f.grad(x)
    d, steepest = _unit(degrees), np.linalg.norm(g)
    slope = 0.0 if abs(g @ d) <= 1e-9 * steepest else g @ d
    share = 2 * size / steepest

    figure.set_size_inches(6.4, 3.4)
    plane, curve = figure.subplots(1, 2)
    window = scene.axes["plane"]
    plots.contours(plane, f, window["xlim"], window["ylim"], points=GRID, levels=scene.levels)
    # Names stand beyond the tips, that of d turned away from g, on paper: none crosses a line.
    turned = degrees + (50 if g[0] * d[1] - g[1] * d[0] > 1e-9 * steepest else -50)
    name = "$d$" if size == 1 else rf"${size:.2g}\,d$"
    for vector, color, text, way in (
        (share * g, plots.GRADIENT, rf"${share:.2g}\,g$", 18 * g / steepest),
        (size * d, plots.STEP, name, 12 * _unit(turned)),
    ):
        plots.arrow(plane, x, vector, color)
        beyond = {"xytext": tuple(way), "ha": "center"}
        plots.label(plane, *(x + vector), text, color, **beyond, bbox=PAPER)
    plane.set(title=f"heading {degrees:.0f}°", **window)

    plots.curve(curve, headings, g @ _unit(headings), plots.TRUTH)
    for level, text in ((-steepest, r"$-\Vert g\Vert$"), (0.0, ""), (steepest, r"$\Vert g\Vert$")):
        curve.plot([-12, 372], [level, level], color=plots.QUIET, linewidth=0.8)
        plots.label(curve, 372, level, text, plots.TRUTH, xytext=(3, 0))
    curve.plot(degrees, slope, "o", color=plots.STEP, markersize=9)
    title = rf"$g^T\!d$ = {scene.say(slope)}".replace("-", "−")
    curve.set(title=title, xlabel="heading of $d$, degrees")
    curve.set(xlim=(-12, 470), xticks=[0, 90, 180, 270, 360], **scene.axes["curve"])

    way = "climbs" if slope > 0 else "falls" if slope < 0 else "is level"
    return (
        f"heading {degrees:.0f}°: gᵀd = {scene.say(slope)}, of at most {scene.say(steepest)}; "
        f"along d the ground {way}."
    )


def own_compass(f, x0=None, first=None):
    """The scene of your function at x₀, with directions a third as long as x₀."""
    x0 = as_start(f, x0)
    f, size = (first.f, first.size) if first else (as_problem(f, x0), reach(x0) / 3)
    steepest = np.linalg.norm(slope_at(f, x0))
    corners = x0 - 2.5 * size, x0 + 2.5 * size
    plane = first.axes["plane"] if first else square(*corners, margin=0)
    return Scene(
        f=f,
        x0=x0,
        size=size,
        values=np.linspace(0, 360, 37),
        room=np.transpose([x0 - size, x0 + size]),
        axes={"plane": plane, "curve": {"ylim": around(-steepest, steepest)}},
        levels=contour_levels(f, **plane),
    )


def elbow(figure, degrees):
    """Jacobians: what the hand of an arm makes of a small circle in its two angles."""
    hand, theta, h = two_link_arm(), np.radians([30, degrees]), 0.25
    J, d = hand.jac(theta), h * _unit(np.linspace(0, 360, 121))
    bent = np.linspace(-170, 170, 171)
    sigma = _stretches(hand, np.radians([30 + 0 * bent, bent]))
    # To the digits that rounding leaves, so that 0 is 0.
    largest, smallest = np.round(_stretches(hand, theta), 9)

    figure.set_size_inches(6.4, 3.4)
    curve, plane = figure.subplots(1, 2)
    for each, value, text in zip(sigma.T, (largest, smallest), "12", strict=True):
        plots.curve(curve, bent, each, plots.TRUTH, rf"$\sigma_{text}$", side="right")
        curve.plot(degrees, value, "o", color=plots.STEP, markersize=9)
    curve.set(title=f"elbow at {degrees:.0f}°", xlabel=r"elbow $\theta_2$, degrees")
    curve.set(xlim=(-180, 225), ylim=(-0.1, 2.6), xticks=[-90, 0, 90])

    plots.arm(plane, arm_joints(theta))
    plots.curve(plane, *hand(theta[:, None] + d), plots.TRUTH)
    plots.curve(plane, *(hand(theta)[:, None] + J @ d), plots.MODEL, linestyle="--")
    plane.set(title=rf"$\sigma_1$ = {largest:.2f}, $\sigma_2$ = {smallest:.2f}")
    plane.set(xlim=(-1.3, 2.7), ylim=(-1.6, 2.4))
    return (
        f"elbow at {degrees:.0f}°: the circle becomes an ellipse "
        f"{largest:.2f} times as long and {smallest:.2f} times as wide."
    )


def _stretches(f, x):
    """The singular values of J at points x, shape (n, ...): the last axis, the largest first."""
    return np.linalg.svd(np.moveaxis(f.jac(x), (0, 1), (-2, -1)), compute_uv=False)


def _unit(degrees):
    return np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])

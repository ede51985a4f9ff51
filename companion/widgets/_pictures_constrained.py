"""The slider of constraints: the frame for one value."""

import numpy as np

from companion import plots
from companion.constrained import minimize_on_circle
from companion.problems import bowl

BOWL = bowl([1, 4], angle=0, center=[0.5, 0.1])

# The four angles in degrees where f has no slope along the circle: with z = cos θ + i sin θ that
# slope, 3 sin θ cos θ + 0.5 sin θ − 0.4 cos θ, is the imaginary part of 1.5 z² + (0.5 − 0.4i) z.
CIRCLE_FLAT = np.degrees(np.angle(np.roots([1.5, 0.5 - 0.4j, 0, -0.5 - 0.4j, -1.5]))) % 360


def circle(figure, theta):
    """Constraints: a walk around the unit circle, θ in degrees, and f along it."""
    f, angles = BOWL, np.linspace(0, 360, 181)
    rim, (x, v) = _on_circle(angles)[0], _on_circle(theta)
    value, slope = f(x), f.grad(x) @ v
    lowest = minimize_on_circle(f)
    figure.set_size_inches(6.4, 3.4)
    plane, curve = figure.subplots(1, 2)

    plots.contours(plane, f, (-2, 2), (-2, 2), levels=6, points=41)
    plots.curve(plane, *rim, plots.FEASIBLE, linewidth=2.5)
    plots.curve(plane, *np.transpose([x - 0.7 * v, x + 0.7 * v]), plots.TRUTH, ls="--", lw=1.2)
    plots.arrow(plane, x, 0.8 * f.grad(x) / np.linalg.norm(f.grad(x)), plots.GRADIENT)
    plots.curve(curve, angles, f(rim), plots.TRUTH)
    for axes, here, star in (
        (plane, x, lowest.x),
        (curve, (theta, value), (np.degrees(np.arctan2(*lowest.x[::-1])) % 360, lowest.fun)),
    ):
        plots.optimum(axes, *star)
        axes.plot(*here, "o", color=plots.STEP, markersize=8, zorder=6)
    plane.set(title=f"θ = {theta:.0f}°", xlim=(-2, 2), ylim=(-2, 2))
    curve.set(
        title=f"f = {value:.3f}   slope {_signed(slope)}",
        xlabel="θ in degrees",
        xticks=np.arange(0, 361, 90),
        xlim=(-12, 372),
        ylim=(0, 2.8),
    )
    return (
        f"θ = {theta:.0f}°: f = {value:.3f} on the circle, and its derivative along the circle "
        f"is {_signed(slope)} per radian. The lowest value is {lowest.fun:.3f}."
    )


def _on_circle(degrees):
    """The point of the unit circle at that angle, and its tangent."""
    theta = np.radians(degrees)
    return np.array([[np.cos(theta), np.sin(theta)], [-np.sin(theta), np.cos(theta)]])


def _signed(value):
    """Two decimals with a sign, and no minus before a zero."""
    return f"{round(value, 2) + 0.0:+.2f}".replace("-", "−")

"""The pictures behind the sliders: one function for each, which draws the frame for one value.

It takes a Figure and the value, draws what the package computes for that value, and returns the
text that stands for the picture, with its numbers. Axes are the same in all frames of a slider.
"""

import matplotlib.pyplot as plt
import numpy as np

from companion import plots
from companion.constrained import minimize_on_circle
from companion.maps import bend, magnify
from companion.problems import bowl


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


def circle(figure, theta):
    """Constraints: a walk around the unit circle, θ in degrees, and f along it."""
    f = bowl([1, 4], angle=0, center=[0.5, 0.1])
    angles = np.linspace(0, 360, 181)
    rim, (x, tau) = _on_circle(angles)[0], _on_circle(theta)
    value, slope = f(x), f.grad(x) @ tau
    lowest = minimize_on_circle(f)
    figure.set_size_inches(4.8, 2.6)
    with plt.rc_context({"font.size": 11, "axes.titlesize": 11}):
        plane, curve = figure.subplots(1, 2)

    plots.contours(plane, f, (-2, 2), (-2, 2), levels=6, points=41)
    plots.curve(plane, *rim, plots.FEASIBLE, linewidth=2.5)
    plots.curve(plane, *np.transpose([x - 0.7 * tau, x + 0.7 * tau]), plots.TRUTH, ls="--", lw=1.2)
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

"""The slider of Hessians: the frame for one value."""

import numpy as np

from companion import plots
from companion.hessians import directional_curvature
from companion.problems import hill_and_hollow


def direction(figure, degrees):
    """Hessians: how f bends at a saddle, along the direction at this angle."""
    f, x = hill_and_hollow(), np.array([0.0, 1.0])
    H, t = f.hess(x), np.linspace(-0.5, 0.5, 41)
    d = _unit(degrees)
    # To the twelve decimals that rounding leaves, so that 0 is 0.
    curvature = round(directional_curvature(lambda v: H @ v, d), 12) + 0.0
    smallest, largest = np.linalg.eigvalsh(H)

    figure.set_size_inches(6.4, 3.8)
    axes = figure.subplot_mosaic([["plane", "cut"], ["plane", "curve"]], width_ratios=[1.05, 1])
    plane, cut, curve = axes["plane"], axes["cut"], axes["curve"]

    levels = np.array([-1, 0, 1, 3])
    style = {
        "levels": f(x) + levels,
        "linestyles": np.where(levels < 0, "dashed", "solid"),
        "colors": np.where(levels == 0, plots.TRUTH, plots.QUIET),
    }
    xlim, ylim = (x[0] - 1.1, x[0] + 1.1), (x[1] - 1.3, x[1] + 1.3)
    plots.contours(plane, f, xlim, ylim, points=60, **style)
    plane.axline(x, x + d, color=plots.QUIET, linewidth=0.8)
    plots.arrow(plane, x, d, plots.STEP)
    plane.set(title=f"angle {degrees:.0f}°", xlim=xlim, ylim=ylim, xticks=[-1, 1], yticks=[0, 2])

    plots.curve(cut, t, f(x[:, None] + d[:, None] * t) - f(x), plots.TRUTH)
    plots.curve(cut, t, curvature / 2 * t**2, plots.MODEL, linestyle="--")
    cut.set(title=rf"$d^T\!Hd$ = {curvature:.2f}", xlabel="$t$", ylim=(-1.5, 3), yticks=[0, 2])
    plots.label(cut, 0, 2, "$f(x+td)-f(x)$", plots.TRUTH, ha="center", xytext=(0, 0))
    plots.label(cut, 0, -1, r"½$\,t^2d^T\!Hd$, dashed", plots.MODEL, ha="center", xytext=(0, 0))

    angles = np.linspace(0, 180, 61)
    D = _unit(angles)
    plots.curve(curve, angles, (D * (H @ D)).sum(axis=0), plots.TRUTH)
    for level, style in ((smallest, "--"), (0.0, "-"), (largest, "--")):
        curve.axhline(level, color=plots.QUIET, linewidth=0.8, linestyle=style)
    above, below = ({"xytext": (0, y), "va": va} for y, va in ((2, "bottom"), (-2, "top")))
    plots.label(curve, 80, largest, rf"$\lambda_{{\max}}={largest:.0f}$", plots.TRUTH, **above)
    plots.label(curve, 0, smallest, rf"$\lambda_{{\min}}={smallest:.0f}$", plots.TRUTH, **below)
    curve.plot(degrees, curvature, "o", color=plots.STEP, markersize=9)
    curve.set(xlabel="angle, degrees", ylabel=r"$d^T\!Hd$", xticks=[0, 45, 90, 135, 180])
    curve.set(xlim=(-6, 186), ylim=(-17, 28), yticks=[0, 20])

    bends = "up" if curvature > 0 else "down" if curvature < 0 else "neither up nor down"
    return f"angle {degrees:.0f}°: dᵀHd = {curvature:.2f}; along d the surface bends {bends}."


def _unit(degrees):
    return np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])

"""The slider of Hessians: the frame for one value."""

import numpy as np

from companion import plots
from companion.hessians import directional_curvature
from companion.problems import hill_and_hollow
from companion.widgets._scene import (
    GRID,
    Scene,
    around,
    as_problem,
    as_start,
    reach,
    square,
)

SADDLE = Scene(
    f=hill_and_hollow(),
    x0=np.array([0.0, 1.0]),
    number=".2f",
    axes={
        "plane": {"xlim": (-1.1, 1.1), "ylim": (-0.3, 2.3), "xticks": [-1, 1], "yticks": [0, 2]},
        "cut": {"ylim": (-1.7, 3.2), "xticks": [-0.5, 0, 0.5], "yticks": [0, 2]},
        "curve": {"ylim": (-15, 27), "yticks": [0, 10, 20]},
    },
    levels=np.array([-1, 0, 1, 3]),
    labels={
        "truth": 2.2,
        "model": -1.2,
        "levels": [(0.75, 0.5), (0.2, 0.5), (0.7, 0.88), (0.55, 1.2), (0.05, 0.2), (-0.2, 0)],
    },
)


def direction(figure, degrees, scene=SADDLE):
    """Hessians: how f bends at a saddle, along the direction at this angle."""
    f, x, size = scene.f, scene.x0, scene.size
    g, H, t = f.grad(x), f.hess(x), size * np.linspace(-0.5, 0.5, 41)
    d = _unit(degrees)
    smallest, largest = np.linalg.eigvalsh(H)
    curvature = directional_curvature(lambda v: H @ v, d)
    rounding = 1e-9 * max(-smallest, largest)  # or what differences leave of 0
    smallest, largest, curvature = (
        0.0 if abs(value) <= rounding else value for value in (smallest, largest, curvature)
    )

    figure.set_size_inches(6.4, 4.0)
    axes = figure.subplot_mosaic([["plane", "cut"], ["plane", "curve"]], height_ratios=[1, 1.15])
    plane, cut, curve = axes["plane"], axes["cut"], axes["curve"]

    style = {
        "levels": f(x) + scene.levels,
        "linestyles": np.where(scene.levels < 0, "dashed", "solid"),
        "colors": np.where(scene.levels == 0, plots.TRUTH, plots.QUIET),
    }
    window = scene.axes["plane"]
    lines = plots.contours(plane, f, window["xlim"], window["ylim"], points=2 * GRID - 2, **style)
    plane.set(title=f"angle {degrees:.0f}°", **window)
    if "levels" in scene.labels:  # places for the names of the contours
        rises = dict(zip(lines.levels, map(_signed, scene.levels), strict=True))
        plane.clabel(lines, fmt=rises, fontsize=10, manual=scene.labels["levels"])
    plane.axline(x, x + size * d, color=plots.QUIET, linewidth=0.8)
    plots.arrow(plane, x, size * d, plots.STEP)
    bends = "up" if curvature > 0 else "down" if curvature < 0 else "neither up nor down"

    plots.curve(cut, t, f(x[:, None] + d[:, None] * t) - f(x), plots.TRUTH)
    plots.curve(cut, t, t * (g @ d) + curvature / 2 * t**2, plots.MODEL, linestyle="--")
    cut.axhline(0, color=plots.QUIET, linewidth=0.8)
    said = _signed(curvature, scene.number)
    cut.set(title=rf"$d^T\!Hd$ = {said}", xlabel="$t$", **scene.axes["cut"])
    model = r"$t\,g^T\!d\,+\,$" if g.any() else ""
    middle = {"ha": "center", "xytext": (0, 0)}
    plots.label(cut, 0, scene.labels["truth"], "$f(x+td)-f(x)$", plots.TRUTH, **middle)
    plots.label(
        cut, 0, scene.labels["model"], model + r"½$\,t^2d^T\!Hd$, dashed", plots.MODEL, **middle
    )

    angles = np.linspace(0, 180, 61)
    D = _unit(angles)
    plots.curve(curve, angles, (D * (H @ D)).sum(axis=0), plots.TRUTH)
    for level, style in ((smallest, "--"), (0.0, "-"), (largest, "--")):
        curve.axhline(level, color=plots.QUIET, linewidth=0.8, linestyle=style)
    above, below = ({"xytext": (0, y), "va": va} for y, va in ((2, "bottom"), (-2, "top")))
    for angle, level, name, side in ((80, largest, "max", above), (0, smallest, "min", below)):
        text = rf"$\lambda_{{\{name}}}$ = {_signed(level)}"
        plots.label(curve, angle, level, text, plots.TRUTH, **side)
    plots.label(curve, 186, 0, "no bend", plots.QUIET, xytext=(3, 0))
    curve.plot(degrees, curvature, "o", color=plots.STEP, markersize=9)
    curve.set(xlabel="angle, degrees", ylabel=r"$d^T\!Hd$", xticks=[0, 45, 90, 135, 180])
    curve.set(xlim=(-6, 186), **scene.axes["curve"])

    return f"angle {degrees:.0f}°: dᵀHd = {said}; along d the surface bends {bends}."


def own_direction(f, x0=None, first=None):
    """The scene of your function at x₀, with directions as long as x₀."""
    x0 = as_start(f, x0)
    f, size = (first.f, first.size) if first else (as_problem(f, x0), reach(x0))
    plane = first.axes["plane"] if first else square(x0 - 2 * size, x0 + 2 * size, margin=0)
    eigenvalues = np.linalg.eigvalsh(f.hess(x0))
    rise = np.linalg.norm(f.grad(x0)) * size / 2
    bend = eigenvalues * size**2 / 8
    low, high = around(bend - rise, bend + rise, 0, margin=0.5)
    x, y = (np.linspace(*plane[side], GRID) for side in ("xlim", "ylim"))
    heights = np.abs(f(np.stack(np.meshgrid(x, y))) - f(x0))
    unit = np.nanquantile(heights, 0.2) or 1.0
    return Scene(
        f=f,
        x0=x0,
        size=size,
        values=np.linspace(0, 180, 37),
        room=np.transpose([x0 - size, x0 + size]),
        axes={
            "plane": plane,
            "cut": {"ylim": (low, high)},
            "curve": {"ylim": around(eigenvalues, 0, margin=0.45)},
        },
        levels=unit * np.array([-3, -1, 0, 1, 3]),
        labels={"truth": high - 0.1 * (high - low), "model": low + 0.1 * (high - low)},
    )


def _signed(value, number=".3g"):
    """A number with its sign; 0 has none."""
    return f"{value:{'+' if value > 0 else ''}{number}}".replace("-", "\N{MINUS SIGN}")


def _unit(degrees):
    return np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])

"""The sliders of Taylor series and the step: the frame for one value."""

from dataclasses import replace

import numpy as np

from companion import plots
from companion._shared.arguments import as_function, as_number
from companion._shared.iteration import value
from companion.descent import gradient_descent
from companion.problems import bowl, rosenbrock
from companion.taylor import analyze_step, taylor_coefficients
from companion.widgets._scene import (
    GRID,
    Columns,
    Scene,
    around,
    as_problem,
    as_start,
    contour_levels,
    minimum_from,
    reach,
    slope_at,
    square,
)

# ---------------------------------------------------------------------------------------------
# The degree of the polynomial

WITCH = Scene(
    f=lambda x: 1 / (1 + x**2),
    x0=0.0,
    size=1.0,
    axes={
        "both": {"xlim": (-1.6, 1.6), "xticks": [-1, 0, 1]},
        "left": {"ylim": (-0.5, 1.8), "yticks": [0, 1]},
        "right": {"ylim": (1e-9, 1e6), "yticks": [1e-6, 1e-3, 1, 1e3]},
    },
    labels={"polynomial": (-0.8, 1.5), "$f$": (-1.5, 0.05), "walls": (-1, 1)},
)


def degree(figure, n, scene=WITCH):
    """Taylor: the polynomial of degree n of 1/(1 + x²) about 0, and its error."""
    f, a = scene.f, scene.x0

    def polynomial(x):
        return np.polynomial.polynomial.polyval(x - a, c)

    def error(x):
        return np.abs(f(x) - polynomial(x))

    x, c = np.linspace(*scene.axes["both"]["xlim"], 321), taylor_coefficients(f, a, n)
    near, far = a + 0.8 * scene.size, a + 1.2 * scene.size
    inside, outside = error(np.array([near, far]))
    left, right = _panels(figure, left=0.06, right=0.98, bottom=0.16, top=0.83, wspace=0.28)
    plots.curve(left, x, f(x), plots.TRUTH, linewidth=3)
    plots.curve(left, x, polynomial(x), plots.MODEL, ls="--")
    least = 1e-9 * scene.axes["right"]["ylim"][0]
    plots.curve(right, x, np.maximum(error(x), least), plots.MODEL, ls="--")
    right.plot([near, far], [inside, outside], "o", color=plots.TRUTH, markersize=6)
    for axes in (left, right):
        axes.set(xlabel="$x$", **scene.axes["both"])
        for wall in scene.labels["walls"]:
            axes.axvline(wall, color=plots.QUIET, linewidth=1, linestyle=":")
    for text, color in (("polynomial", plots.MODEL), ("$f$", plots.TRUTH)):
        plots.label(left, *scene.labels[text], text, color, xytext=(0, 0))
    left.set(title=f"degree {n}", **scene.axes["left"])
    right.set(yscale="log", **scene.axes["right"])
    right.minorticks_off()
    inside, outside = plots.number(inside), plots.number(outside)
    right.set(title=f"error at {near:.3g}: {inside}\nat {far:.3g}: {outside}")
    return (
        f"Degree {n}: the polynomial is off by {inside} at x = {near:.3g} "
        f"and by {outside} at x = {far:.3g}."
    )


def own_degree(f, x0=None, first=None):
    """The scene of your function about x₀, as far as its series may converge."""
    if x0 is None:
        raise ValueError("x0 must be given: the place about which f is expanded")
    a = as_number(x0, "x0")
    g = first.f if first else _OnLine(as_function(f, "f"))
    value(f, np.array(a), "f", (), finite=True)
    for order in (40, 20, 10):
        try:
            c = taylor_coefficients(f, a, order)
            break
        except ValueError:
            if order == 10:
                raise
    k = np.arange(order // 2, order + 1)
    with np.errstate(divide="ignore"):
        radius = 1 / np.max(np.abs(c[k]) ** (1 / k))
    size = min(radius, 3 * reach(a))
    window = first.axes["both"]["xlim"] if first else (a - 1.6 * size, a + 1.6 * size)
    heights = g(np.linspace(a - 0.8 * size, a + 0.8 * size, 81))
    low, high = around(heights, margin=0.6)
    top = np.nanmax(np.abs(heights)) or 1.0
    corner = window[0] + 0.05 * (window[1] - window[0])
    return Scene(
        f=g,
        x0=a,
        size=size,
        values=np.arange(order + 1),
        room=[window],
        axes={
            "both": {"xlim": window},
            "left": {"ylim": (low, high)},
            "right": {"ylim": (1e-9 * top, 1e6 * top)},
        },
        labels={
            "polynomial": (corner, low + 0.94 * (high - low)),
            "$f$": (corner, low + 0.84 * (high - low)),
            "walls": [a - radius, a + radius] if size == radius else [],
        },
    )


class _OnLine:
    """A function of one variable at many real points; complex ones are left to f."""

    def __init__(self, f):
        self.f, self.columns = f, Columns(lambda x: f(x[0]))

    def __call__(self, x):
        if np.iscomplexobj(x) or np.ndim(x) == 0:
            return self.f(x)
        return self.columns(x[None])


# ---------------------------------------------------------------------------------------------
# One step

VALLEY = Scene(
    f=rosenbrock(steepness=1),
    x0=np.array([-0.5, 1.5]),
    minimum=np.array([1.0, 1.0]),
    number=".4f",
    axes={
        "plane": {
            "xlim": (-1.4, 1.5),
            "ylim": (-1.7, 2),
            "xticks": [-1, 0, 1],
            "yticks": [-1, 0, 1, 2],
        },
        "along": {"xlim": (0, 1.24), "ylim": (-4.2, 4.6), "yticks": [-4, -2, 0, 2, 4]},
    },
    levels=[0.3, 1.5, 6],
    labels={"end": 1.2, "f": 108, "model": (0.9, 0.2), "slope alone": (0.86, -2.8)},
)


def step(figure, epsilon, scene=VALLEY):
    """Taylor: one step down a gentle valley, what its model promises and what f does."""
    f, x0, say = scene.f, scene.x0, scene.say
    g = f.grad(x0)
    model = analyze_step(f(x0), g, f.hess(x0) @ g)
    x, said = x0 - epsilon * g, model.predict(epsilon)
    promised, taken = epsilon * model.slope, said - model.f0 + epsilon * model.slope
    margins = {"left": 0.13, "right": 0.99, "bottom": 0.16, "top": 0.83, "wspace": 0.22}
    plane, along = _panels(figure, width_ratios=[1, 1.7], **margins)
    _contours(plane, scene)
    plots.path(plane, [x0, x], markersize=6, linewidth=2)
    if scene.minimum is not None:
        plots.optimum(plane, *scene.minimum)
    plots.label(plane, *x0, "$x_0$", plots.STEP, xytext=(-6, 0), ha="right")
    plane.set(title=rf"$\varepsilon$ = {say(epsilon)}", **scene.axes["plane"])
    eps = np.linspace(0, scene.labels["end"], 121)
    along.set(**scene.axes["along"])
    plots.step_parts(along, model, epsilon)
    truth = f(x0[:, None] - eps * g[:, None])
    plots.curve(along, eps, truth, plots.TRUTH, "f", at=scene.labels["f"], side="above")
    plots.curve(along, eps, model.predict(eps), plots.MODEL, ls="--")
    plots.label(along, *scene.labels["model"], "model", plots.MODEL, xytext=(0, 0))
    at = scene.labels["slope alone"]
    plots.label(along, *at, "slope alone", plots.GRADIENT, xytext=(0, 0), ha="right")
    if np.isfinite(model.optimal_epsilon):
        plots.optimum(along, model.optimal_epsilon, model.predict(model.optimal_epsilon))
    along.plot(epsilon, f(x), "o", color=plots.STEP, markersize=8, zorder=6)
    parts = f"{say(model.f0)} − {say(promised)} {'+' if taken >= 0 else '−'} {say(abs(taken))}"
    off = f(x) - said
    if abs(off) <= 1e-8 * (abs(model.f0) + promised + abs(taken)):  # what differences leave of 0
        off = 0.0
    side = "below" if off < 0 else "above"
    along.set_title(
        f"{parts} = {say(said)}\nf = {say(f(x))}, {side} it by {say(abs(off))}", loc="right"
    )
    return (
        f"ε = {say(epsilon)}: the step lands at f = {say(f(x))}; the model says {say(said)}, "
        f"which is {parts}."
    )


def own_step(f, x0=None, first=None):
    """The scene of your function at x₀, with steps up to 2.4 times the best of its model."""
    x0 = as_start(f, x0)
    f = first.f if first else as_problem(f, x0)
    g = slope_at(f, x0)
    model = analyze_step(f(x0), g, f.hess(x0) @ g)
    if first:
        values, window, levels = first.values, first.axes["plane"], first.levels
    else:
        best = model.optimal_epsilon
        if not np.isfinite(best):
            best = reach(x0) / np.linalg.norm(g)
        values = best * np.unique(np.r_[np.geomspace(0.02, 2.4, 40), 1])
        room = reach(x0) / 2
        window = square(x0 - room, x0 + room, x0 - values[-1] * g, *f.minimizers[:1])
        levels = contour_levels(f, **window)
    end = values[-1]
    eps = np.linspace(0, end, 121)
    said, truth = model.predict(eps), f(x0[:, None] - eps * g[:, None])
    drop = np.abs(said - model.f0).max()
    low, high = around(
        said, np.clip(truth, model.f0 - 3 * drop, model.f0 + 3 * drop), model.f0 - 2.2 * drop
    )
    seen = np.flatnonzero((low <= truth) & (truth <= high))
    height = high - low
    middle = 0.55 if np.isfinite(model.optimal_epsilon) else 0.3
    under = max(low + 0.1 * height, model.f0 - 0.9 * end * model.slope)
    return Scene(
        f=f,
        x0=x0,
        minimum=f.minimizers[0] if len(f.minimizers) else None,
        values=values,
        room=(window["xlim"], window["ylim"]),
        axes={"plane": window, "along": {"xlim": (0, 1.03 * end), "ylim": (low, high)}},
        levels=levels,
        labels={
            "end": end,
            "f": seen[int(0.9 * (len(seen) - 1))],
            "model": (middle * end, model.predict(0.5 * end) - 0.08 * height),
            "slope alone": ((model.f0 - under) / model.slope - 0.03 * end, under),
        },
    )


# ---------------------------------------------------------------------------------------------
# Many steps

BOWL = {"x0": np.array([1.3, 1.8]), "minimum": np.zeros(2), "number": ".4f"}

PATH = Scene(
    f=bowl([1, 10]),
    axes={
        "plane": {
            "xlim": (-2.2, 2.2),
            "ylim": (-2.2, 2.2),
            "xticks": [-2, 0, 2],
            "yticks": [-2, 0, 2],
        },
        "rate": {"ylim": (0.75, 1.3), "yticks": [0.8, 1, 1.2]},
    },
    levels=[0.2, 1.5, 6],
    **BOWL,
)

MOMENTUM = Scene(
    f=bowl([1, 25]),
    axes={
        "plane": {
            "xlim": (-2.5, 2.5),
            "ylim": (-2.5, 2.5),
            "xticks": [-2, 0, 2],
            "yticks": [-2, 0, 2],
        }
    },
    levels=[0.3, 2, 8],
    **BOWL,
)


def path(figure, epsilon, scene=PATH):
    """Taylor: twenty steps of one length down a bowl with eigenvalues 1 and 10."""
    f, x0 = scene.f, scene.x0
    smallest, largest = np.linalg.eigvalsh(f.hess(scene.minimum))
    points = gradient_descent(f, f.grad, x0, epsilon, tol=1e-300, max_iter=20).path
    away = np.linalg.norm(points - scene.minimum, axis=1)
    count, end = len(points) - 1, f(points[-1])
    last = max(1, np.flatnonzero(away > 1e-6 * away[0])[-1])  # closer by, all is rounding
    measured = away[last] / away[last - 1]
    product = epsilon * largest
    factor = max(abs(1 - epsilon * smallest), abs(1 - product))
    best = 2 * largest / (smallest + largest)
    plane, rate = _panels(figure, left=0.13, right=0.98, bottom=0.16, top=0.83, wspace=0.4)
    _contours(plane, scene)
    plots.path(plane, _near(points, scene))
    plots.optimum(plane, *scene.minimum)
    plane.set(**scene.axes["plane"])
    s = np.array([0, best, 2.4])
    rate.axvline(2, color=plots.QUIET, linewidth=1, linestyle=":")
    rate.axhline(1, color=plots.QUIET, linewidth=1, linestyle=":")
    plots.curve(
        rate, s, np.maximum(abs(1 - s * smallest / largest), abs(1 - s)), plots.MODEL, ls="--"
    )
    plots.optimum(rate, best, best - 1)
    rate.plot(product, measured, "o", color=plots.STEP, markersize=8, zorder=6)
    rate.set(xlabel=r"$\varepsilon\,\lambda_\mathrm{max}$", ylabel="factor a step")
    rate.set(xlim=(0, 2.4), xticks=[0, 1, 2], **scene.axes["rate"])
    plane.set_title(
        rf"$\varepsilon$ = {scene.say(epsilon)}"
        "\n"
        rf"$\varepsilon\,\lambda_{{\mathrm{{max}}}}$ = {product:.3f}"
    )
    end = plots.number(end)
    rate.set_title(f"line {factor:.2f}, dot {measured:.2f}\nafter {count}: f = {end}")
    return (
        f"ε = {scene.say(epsilon)}, ε λ_max = {product:.3f}: after {count} steps f = {end}; "
        f"the slower direction changes by the factor {factor:.3f} a step, "
        f"the distance in the last one by {measured:.3f}."
    )


def own_path(f, x0=None, first=None):
    """The scene of your function from x₀, with steps up to 2.2/λ_max of its minimum."""
    scene, smallest, largest = _own_run(f, x0, first, margin=0.12)
    best = 2 * largest / (smallest + largest)
    products = np.r_[np.arange(2, 10) / 10, np.arange(20, 45) / 20, best]
    axes = scene.axes | {"rate": {"ylim": around(best - 1, 1.25)}}
    return replace(scene, values=np.unique(products) / largest, axes=axes)


def momentum(figure, beta, scene=MOMENTUM):
    """Taylor: momentum on a bowl with eigenvalues 1 and 25, with the best ε for this β."""
    f, x0 = scene.f, scene.x0
    ends = np.linalg.eigvalsh(f.hess(scene.minimum))
    epsilon = min(2 * (1 + beta) / ends.sum(), (1 - beta) / np.sqrt(ends.prod()))
    half = (1 + beta - epsilon * ends) / 2
    root = np.sqrt(half**2 - beta + 0j)
    factor = np.abs([half + root, half - root]).max()
    options = {"momentum": beta, "tol": 1e-300, "max_iter": scene.steps}
    points = gradient_descent(f, f.grad, x0, epsilon, **options).path
    away = np.linalg.norm(points - scene.minimum, axis=1) / np.linalg.norm(x0 - scene.minimum)
    count = 1 + np.flatnonzero(away > 1e-3)[-1]
    arrives = f"{count} steps" if count < len(away) else f"over {count - 1} steps"
    plane, decay = _panels(figure, left=0.13, right=0.95, bottom=0.16, top=0.83, wspace=0.5)
    _contours(plane, scene)
    plots.path(plane, _near(points[:41], scene), markersize=2.5)
    plots.optimum(plane, *scene.minimum)
    plane.set(**scene.axes["plane"])
    shown = min(scene.steps, 100)
    k = np.arange(shown + 1)
    decay.axhline(1e-3, color=plots.QUIET, linewidth=1, linestyle=":")
    plots.curve(decay, k, factor**k, plots.MODEL, ls="--")
    plots.curve(decay, k[: len(away)], away[: shown + 1], plots.STEP)
    decay.set(xlabel="$k$", ylabel="distance", yscale="log", xlim=(0, shown), ylim=(1e-6, 4))
    decay.set(xticks=[0, shown // 2, shown], yticks=[1e-6, 1e-3, 1])
    decay.minorticks_off()
    plane.set_title(rf"$\beta$ = {beta:.3f}" + "\n" + rf"$\varepsilon$ = {scene.say(epsilon)}")
    decay.set_title(f"factor {factor:.3f}\n1/1000: {arrives}")
    return (
        f"β = {beta:.3f}, ε = {scene.say(epsilon)}: within a thousandth of the way after {arrives};"
        f" in the long run the distance changes by the factor {factor:.3f} a step."
    )


def own_momentum(f, x0=None, first=None):
    """The scene of your function from x₀, with the best ε for the curvatures at its minimum."""
    scene, smallest, largest = _own_run(f, x0, first, margin=0.2)
    root = np.sqrt(largest / smallest)
    best = ((root - 1) / (root + 1)) ** 2
    return replace(scene, values=np.unique(np.r_[np.arange(33) * 0.03, best]), steps=50)


def _own_run(f, x0, first, margin):
    """The scene of a run from x₀, and the extreme curvatures at the minimum where it is to end."""
    x0 = as_start(f, x0)
    if first:
        slope_at(first.f, x0)
        scene = replace(first, x0=x0)
    else:
        f = as_problem(f, x0)
        minimum = minimum_from(f, x0)
        window = square(x0, 2 * minimum - x0, margin=margin)
        levels = contour_levels(f, **window)
        scene = Scene(
            f=f,
            x0=x0,
            minimum=minimum,
            room=(window["xlim"], window["ylim"]),
            axes={"plane": window},
            levels=levels,
        )
    return scene, *np.linalg.eigvalsh(scene.f.hess(scene.minimum))


# ---------------------------------------------------------------------------------------------
# What they share


def _contours(axes, scene):
    """The contours of f in the plane of a scene."""
    window = scene.axes["plane"]
    plots.contours(axes, scene.f, window["xlim"], window["ylim"], levels=scene.levels, points=GRID)


def _near(points, scene):
    """The points up to the first that is a million times as far away as the plane is wide."""
    (left, right), middle = scene.axes["plane"]["xlim"], scene.minimum
    far = np.abs(points - middle).max(axis=1) > 1e6 * (right - left)
    return points[: np.argmax(far)] if far.any() else points


def _panels(figure, *, width_ratios=(1, 1), **margins):
    """Two axes on a small figure, so that its letters are large on a phone; nothing else moves."""
    figure.set_size_inches(6.4, 3.6)
    figure.set_layout_engine("none")  # fitting the layout again is most of a frame's cost
    return figure.subplots(1, 2, width_ratios=width_ratios, gridspec_kw=margins)

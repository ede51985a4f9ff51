"""The sliders of least squares: the frame for one value."""

from dataclasses import replace

import numpy as np

from companion import least_squares, plots
from companion._shared.arguments import as_matrix, as_vector
from companion.least_squares import norm_constrained, regularized_solve
from companion.widgets._scene import Scene, around, contour_levels, square

# Least squares: the line x₁ + x₂ t through (0, 1), (1, 3), (2, 2) and (3, 5).
LINE_A = np.column_stack([np.ones(4), np.arange(4.0)])

LINE_B = np.array([1.0, 3.0, 2.0, 5.0])

LINE_SQUARES = np.linalg.svd(LINE_A, compute_uv=False) ** 2

LINE_LIMIT = 2 / LINE_SQUARES[0]

LINE_BEST = 2 / (LINE_SQUARES[0] + LINE_SQUARES[1])

LINE_LAM = norm_constrained(LINE_A, LINE_B).lam

TURN = np.linspace(0, 2 * np.pi, 121)

# ---------------------------------------------------------------------------------------------
# The step

DOWNHILL = Scene(
    A=LINE_A,
    b=LINE_B,
    x0=np.array([4.0, 0.0]),
    steps=3000,
    number=".4f",
    axes={
        "plane": {"xlim": (-0.6, 4.6), "ylim": (-1.8, 2.4)},
        "decay": {"ylim": (1e-6, 1e3), "yticks": [1e-6, 1e-3, 1, 1e3]},
    },
    levels=[1.6, 3.5, 8, 16, 30],
)


def ls_step(figure, epsilon, scene=DOWNHILL):
    """Least squares: descent with the step ε, and how its α falls or grows."""
    A, b, most = scene.A, scene.b, scene.steps
    limit, product = 2 / np.linalg.norm(A, 2) ** 2, epsilon * np.linalg.norm(A, 2) ** 2
    run = least_squares.gradient_descent(A, b, epsilon, x0=scene.x0, max_iter=most)
    alpha = np.linalg.norm((run.path @ A.T - b) @ A, axis=1)
    delta = 1e-6 * (np.linalg.norm(A.T @ b) or alpha[0])
    arrived = np.flatnonzero(alpha <= delta)[:1]
    if arrived.size:
        alpha = alpha[: arrived[0] + 1]
        end = f"{arrived[0]} steps until α ≤ δ"
    elif np.isclose(epsilon, limit):
        end = "does not end"
    else:
        end = "diverges" if epsilon > limit else f"over {most} steps until α ≤ δ"
    title = end.replace(" until", "\nuntil") if " until" in end else f"{end}\n"

    figure.set_size_inches(6.4, 3.4)
    plane, decay = figure.subplots(1, 2)
    _contours(plane, scene)
    plots.path(plane, run.path[: len(alpha)][:61], markersize=2.5)
    plots.optimum(plane, *_nearest(A, b, scene.x0))
    plane.set(title=f"ε = {scene.say(epsilon)}\nε σ²max = {product:.3f}", **scene.axes["plane"])
    plots.curve(decay, np.arange(len(alpha))[:201], alpha[:201], plots.STEP)
    decay.axhline(delta, color=plots.QUIET, linestyle="--", linewidth=1)
    plots.label(decay, 0, delta, "δ", plots.QUIET, va="bottom")
    decay.set(xlabel="$k$", ylabel=r"$\alpha$", yscale="log", xlim=(0, 200), title=title)
    decay.set(**scene.axes["decay"])
    decay.minorticks_off()
    return f"ε = {scene.say(epsilon)}, ε times σ²max = {product:.3f}: {end}."


def own_ls_step(A, b, x0=None, first=None):
    """The scene of your A and b, from x₀ or 0, with steps up to 1.3 times the longest."""
    A, b = _as_data(A, b)
    x0 = np.zeros(2) if x0 is None else as_vector(x0, "x0", size=2)
    squares = np.linalg.svd(A, compute_uv=False) ** 2
    if not squares[0]:
        raise ValueError("A must not be 0: it has no curvature to descend along")
    alpha = np.linalg.norm(A.T @ (A @ x0 - b))
    if alpha <= 1e-12 * squares[0] * np.linalg.norm(x0) + 1e-12 * np.linalg.norm(A.T @ b):
        raise ValueError("x0 must not solve the problem; the gradient Aᵀ(Ax0 − b) is 0 there")
    delta = 1e-6 * (np.linalg.norm(A.T @ b) or alpha)
    best = squares[0] / squares[:2].sum()
    products = np.r_[np.geomspace(0.04, 0.84, 20), np.linspace(0.86, 1.04, 10), best, 1, 1.1, 1.3]
    solution = _nearest(A, b, x0)
    window = first.axes["plane"] if first else square(x0, 2 * solution - x0)
    scene = Scene(
        A=A,
        b=b,
        x0=x0,
        room=(window["xlim"], window["ylim"]),
        steps=1000,
        values=np.unique(products.round(12)) * 2 / squares[0],
        axes={
            "plane": window,
            "decay": {"ylim": (delta / 30, 100 * alpha)},
        },
    )
    return _with_levels(scene)


def _nearest(A, b, x0):
    """The solution nearest to x₀, to which the descent leads."""
    return x0 + regularized_solve(A, b - A @ x0, 0)


# ---------------------------------------------------------------------------------------------
# The multiplier

LEASH = Scene(
    A=LINE_A,
    b=LINE_B,
    number=".3f",
    axes={
        "plane": {
            "xlim": (-0.2, 1.4),
            "ylim": (-0.2, 1.4),
            "xticks": [0, 0.5, 1],
            "yticks": [0, 0.5, 1],
        },
        "climb": {"ylim": (-1.1, 1.6)},
    },
    levels=[2.5, 5, 9, 14, 20],
)


def multiplier(figure, lam, scene=LEASH):
    """Least squares on the unit disc: x(λ), its norm, and which way ∂L/∂λ points."""
    A, b, unit, say = scene.A, scene.b, scene.size, scene.say
    lams = unit * np.r_[0, np.geomspace(1e-2, 1e2, 41)]
    points = np.array([regularized_solve(A, b, value) for value in lams])
    best = norm_constrained(A, b)
    x = regularized_solve(A, b, lam)
    is_there = np.isclose(lam, best.lam, atol=0)
    f, slope = _misfit(A, b, x), 0.0 if is_there and best.active else x @ x - 1

    figure.set_size_inches(6.4, 3.4)
    plane, climb = figure.subplots(1, 2)
    window = scene.axes["plane"]
    limits = window["xlim"], window["ylim"]
    circle = np.array([np.cos(TURN), np.sin(TURN)])
    plots.region(plane, lambda x: (x**2).sum(axis=0) <= 1, *limits, points=201)
    plots.curve(plane, *circle, plots.FEASIBLE, linewidth=1)
    plots.label(plane, 0.4, 0.1, "‖x‖ ≤ 1", plots.FEASIBLE, xytext=(0, 0))
    _contours(plane, scene)
    # The contour of f through x(λ): ½‖A(z − x(0))‖² = f − f(x(0)).
    _, s, Vt = np.linalg.svd(A, full_matrices=False)
    level = points[0] + np.sqrt(2 * max(0, f - _misfit(A, b, points[0]))) * (circle.T / s) @ Vt
    plots.curve(plane, *level.T, plots.TRUTH, linewidth=1.5)
    plots.curve(plane, *points.T, plots.MODEL, "x(λ)", at=32)
    plots.path(plane, [x], markersize=7, zorder=6)
    plane.set(title=f"λ = {lam:.3g}\nf = {say(f)}", **window)

    plots.curve(climb, lams, (points**2).sum(axis=1) - 1, plots.MODEL)
    climb.axhline(0, color=plots.FEASIBLE, linewidth=1)
    plots.path(climb, [[lam, slope]], markersize=7, zorder=6)
    if is_there:
        plots.optimum(plane, *x).set_zorder(7)
        plots.optimum(climb, lam, slope).set_zorder(7)
    climb.set_xscale("symlog", linthresh=1e-2 * unit)
    ticks = [0, *(unit * np.array([0.1, 1, 10, 100]))]
    climb.set(xlabel=r"$\lambda$", ylabel="xᵀx − 1", **scene.axes["climb"])
    climb.set(xlim=(-1e-3 * unit, 150 * unit), xticks=ticks)
    climb.set_xticklabels([f"{tick:g}" for tick in ticks])
    climb.minorticks_off()
    climb.set_title(f"‖x‖ = {np.linalg.norm(x):.3f}\n∂L/∂λ = {slope:+.3f}".replace("-", "−"))
    return (
        f"λ = {lam:.3g}: x = ({x[0]:.3f}, {x[1]:.3f}), ‖x‖ = {np.linalg.norm(x):.3f}, "
        f"f = {say(f)}; ∂L/∂λ = {slope:+.3f}."
    )


def own_multiplier(A, b, first=None):
    """The scene of your A and b, with λ beside a power of ten in the unit of AᵀA."""
    A, b = _as_data(A, b)
    s = np.linalg.svd(A, compute_uv=False)
    if len(s) < 2 or s[1] <= 1e-8 * s[0]:
        raise ValueError("A must have two independent columns; along one direction Ax hardly moves")
    unit = 10.0 ** np.floor(np.log10(s.prod()))
    best = norm_constrained(A, b)
    lams = unit * np.r_[0, np.geomspace(0.01, 1, 9)]
    points = np.array([regularized_solve(A, b, lam) for lam in lams])
    heights = (points**2).sum(axis=1) - 1
    climb = {"ylim": around(-1, 0, heights)}
    if heights.max() > 6:
        climb = {"yscale": "symlog", "ylim": (-1.5, 2 * heights.max())}
    scene = Scene(
        A=A,
        b=b,
        size=unit,
        values=np.unique(np.r_[0, unit * np.geomspace(0.01, 100, 33), best.lam]),
        axes={
            "plane": square((-1, -1), (1, 1), *np.clip(points, -5, 5)),
            "climb": climb,
        },
    )
    return _with_levels(scene)


# ---------------------------------------------------------------------------------------------
# What they share


def _as_data(A, b):
    """A of two columns, and a b as long as they are."""
    A = as_matrix(A, "A")
    if A.shape[1] != 2:
        raise ValueError(f"A must have two columns, one for each axis; its shape is {A.shape}")
    return A, as_vector(b, "b", size=len(A))


def _with_levels(scene):
    """The scene, with the levels of its contours."""
    window = scene.axes["plane"]
    levels = contour_levels(lambda x: _misfit(scene.A, scene.b, x), window["xlim"], window["ylim"])
    return replace(scene, levels=levels)


def _contours(axes, scene):
    window = scene.axes["plane"]
    plots.contours(
        axes,
        lambda x: _misfit(scene.A, scene.b, x),
        window["xlim"],
        window["ylim"],
        levels=scene.levels,
        points=61,
    )


def _misfit(A, b, x):
    """½‖Ax − b‖² for x of shape (2, ...)."""
    return 0.5 * ((np.tensordot(A, x, 1).T - b) ** 2).sum(axis=-1).T

"""The pictures behind the sliders: one function for each, which draws the frame for one value.

It takes a Figure and the value, draws what the package computes for that value, and returns the
text that stands for the picture, with its numbers. Axes are the same in all frames of a slider.
"""

import matplotlib.pyplot as plt
import numpy as np

from companion import least_squares, plots
from companion.constrained import minimize_on_circle
from companion.descent import gradient_descent
from companion.hessians import directional_curvature
from companion.least_squares import norm_constrained, regularized_solve
from companion.maps import bend, magnify
from companion.problems import bowl, hill_and_hollow, rosenbrock
from companion.taylor import analyze_step, taylor_coefficients


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


def direction(figure, degrees):
    """Hessians: how f bends at a saddle, along the direction at this angle."""
    f, x = hill_and_hollow(), np.array([0.0, 1.0])
    H, t = f.hess(x), np.linspace(-0.5, 0.5, 41)
    d = _unit(degrees)
    # To the twelve decimals that rounding leaves, so that 0 is 0.
    curvature = round(directional_curvature(lambda v: H @ v, d), 12) + 0.0
    smallest, largest = np.linalg.eigvalsh(H)

    figure.set_size_inches(6.0, 3.4)
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


def degree(figure, n):
    """Taylor: the polynomial of degree n of 1/(1 + x²) about 0, and its error."""

    def f(x):
        return 1 / (1 + x**2)

    def error(x):
        return np.abs(f(x) - np.polynomial.polynomial.polyval(x, c))

    x, c = np.linspace(-1.6, 1.6, 321), taylor_coefficients(f, 0, n)
    inside, outside = error(0.8), error(1.2)
    left, right = _panels(figure, left=0.06, right=0.98, bottom=0.16, top=0.83, wspace=0.28)
    plots.curve(left, x, f(x), plots.TRUTH, linewidth=3)
    plots.curve(left, x, np.polynomial.polynomial.polyval(x, c), plots.MODEL, ls="--")
    plots.curve(right, x, np.maximum(error(x), 1e-18), plots.MODEL, ls="--")
    right.plot([0.8, 1.2], [inside, outside], "o", color=plots.TRUTH, markersize=6)
    for axes in (left, right):
        axes.set(xlabel="$x$", xlim=(-1.6, 1.6))
        for wall in (-1, 1):
            axes.axvline(wall, color=plots.QUIET, linewidth=1, linestyle=":")
    plots.label(left, -0.8, 1.5, "polynomial", plots.MODEL, xytext=(0, 0))
    plots.label(left, -1.5, 0.05, "$f$", plots.TRUTH, xytext=(0, 0))
    left.set(title=f"degree {n}", ylim=(-0.5, 1.8), xticks=[-1, 0, 1], yticks=[0, 1])
    right.set(yscale="log", ylim=(1e-9, 1e6), xticks=[-1, 0, 1])
    right.set(yticks=[1e-6, 1e-3, 1, 1e3])
    right.minorticks_off()
    right.set(title=f"error at 0.8: {inside:.1e}\nat 1.2: {outside:.1e}")
    return (
        f"Degree {n}: the polynomial is off by {inside:.1e} at x = 0.8 "
        f"and by {outside:.1e} at x = 1.2."
    )


def step(figure, epsilon):
    """Taylor: one step down a gentle valley, what its model promises and what f does."""
    f, x0 = rosenbrock(steepness=1), np.array([-0.5, 1.5])
    g = f.grad(x0)
    model = analyze_step(f(x0), g, f.hess(x0) @ g)
    x, said = x0 - epsilon * g, model.predict(epsilon)
    promised, taken = epsilon * model.slope, said - model.f0 + epsilon * model.slope
    margins = {"left": 0.13, "right": 0.99, "bottom": 0.16, "top": 0.83, "wspace": 0.22}
    plane, along = _panels(figure, width_ratios=[1, 1.7], **margins)
    plots.contours(plane, f, (-1.4, 1.5), (-1.7, 2), levels=[0.3, 1.5, 6], points=61)
    plots.path(plane, [x0, x], markersize=6, linewidth=2)
    plots.optimum(plane, *f.minimizers[0])
    plots.label(plane, *x0, "$x_0$", plots.STEP, xytext=(-6, 0), ha="right")
    plane.set(title=rf"$\varepsilon$ = {epsilon:.3f}", xticks=[-1, 0, 1], yticks=[-1, 0, 1, 2])
    eps = np.linspace(0, 1.2, 121)
    along.set(xlim=(0, 1.24), ylim=(-4.2, 4.6), yticks=[-4, -2, 0, 2, 4])
    plots.step_parts(along, model, epsilon)
    plots.curve(
        along, eps, f(x0[:, None] - eps * g[:, None]), plots.TRUTH, "f", at=108, side="above"
    )
    plots.curve(along, eps, model.predict(eps), plots.MODEL, ls="--")
    plots.label(along, 0.9, 0.2, "model", plots.MODEL, xytext=(0, 0))
    plots.label(along, 0.86, -2.8, "slope alone", plots.GRADIENT, xytext=(0, 0), ha="right")
    plots.optimum(along, model.optimal_epsilon, model.predict(model.optimal_epsilon))
    along.plot(epsilon, f(x), "o", color=plots.STEP, markersize=8, zorder=6)
    along.set_title(
        f"{model.f0:.3f} − {promised:.3f} + {taken:.3f} = {said:.3f}\n"
        f"f = {f(x):.3f}, above it by {f(x) - said:.3f}",
        loc="right",
    )
    return (
        f"ε = {epsilon:.3f}: the step lands at f = {f(x):.3f}; the model says {said:.3f}, "
        f"which is {model.f0:.3f} − {promised:.3f} + {taken:.3f}."
    )


def path(figure, epsilon):
    """Taylor: twenty steps of one length down a bowl with eigenvalues 1 and 10."""
    f, x0 = bowl([1, 10]), np.array([1.3, 1.8])
    points = gradient_descent(f, f.grad, x0, epsilon, tol=1e-300, max_iter=20).path
    end, factor = f(points[-1]), max(abs(1 - epsilon), abs(1 - 10 * epsilon))
    measured = np.linalg.norm(points[-1]) / np.linalg.norm(points[-2])
    plane, rate = _panels(figure, left=0.13, right=0.98, bottom=0.16, top=0.83, wspace=0.4)
    plots.contours(plane, f, (-2.2, 2.2), (-2.2, 2.2), levels=[0.2, 1.5, 6], points=41)
    plots.path(plane, points)
    plots.optimum(plane, 0, 0)
    plane.set(xlim=(-2.2, 2.2), ylim=(-2.2, 2.2), xticks=[-2, 0, 2], yticks=[-2, 0, 2])
    s = np.array([0, 20 / 11, 2.4])
    rate.axvline(2, color=plots.QUIET, linewidth=1, linestyle=":")
    rate.axhline(1, color=plots.QUIET, linewidth=1, linestyle=":")
    plots.curve(rate, s, np.maximum(abs(1 - s / 10), abs(1 - s)), plots.MODEL, ls="--")
    plots.optimum(rate, 20 / 11, 9 / 11)
    rate.plot(10 * epsilon, measured, "o", color=plots.STEP, markersize=8, zorder=6)
    rate.set(xlabel=r"$\varepsilon\,\lambda_\mathrm{max}$", ylabel="factor a step")
    rate.set(xlim=(0, 2.4), ylim=(0.75, 1.3), xticks=[0, 1, 2], yticks=[0.8, 1, 1.2])
    product = rf"$\varepsilon\,\lambda_{{\mathrm{{max}}}}$ = {10 * epsilon:.3f}"
    plane.set_title(rf"$\varepsilon$ = {epsilon:.4f}" + "\n" + product)
    rate.set_title(f"factor {factor:.3f} a step\nafter 20: f = {end:.2g}")
    return (
        f"ε = {epsilon:.4f}, ε λ_max = {10 * epsilon:.3f}: after 20 steps f = {end:.2g}; "
        f"the slowest direction changes by the factor {factor:.3f} a step."
    )


def _panels(figure, *, width_ratios=(1, 1), **margins):
    """Two axes on a small figure, so that its letters are large on a phone; nothing else moves."""
    figure.set_size_inches(5.2, 3.7)
    figure.set_layout_engine("none")  # fitting the layout again is most of a frame's cost
    return figure.subplots(1, 2, width_ratios=width_ratios, gridspec_kw=margins)


def circle(figure, theta):
    """Constraints: a walk around the unit circle, θ in degrees, and f along it."""
    f = bowl([1, 4], angle=0, center=[0.5, 0.1])
    angles = np.linspace(0, 360, 181)
    rim, (x, v) = _on_circle(angles)[0], _on_circle(theta)
    value, slope = f(x), f.grad(x) @ v
    lowest = minimize_on_circle(f)
    figure.set_size_inches(4.8, 2.6)
    with plt.rc_context({"font.size": 11, "axes.titlesize": 11}):
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


# Least squares: the line x₁ + x₂ t through (0, 1), (1, 3), (2, 2) and (3, 5).
LINE_A = np.column_stack([np.ones(4), np.arange(4.0)])
LINE_B = np.array([1.0, 3.0, 2.0, 5.0])
LINE_SQUARES = np.linalg.svd(LINE_A, compute_uv=False) ** 2
LINE_LIMIT = 2 / LINE_SQUARES[0]
LINE_BEST = 2 / (LINE_SQUARES[0] + LINE_SQUARES[1])
LINE_LAM = norm_constrained(LINE_A, LINE_B).lam
TURN = np.linspace(0, 2 * np.pi, 121)


def ls_step(figure, epsilon):
    """Least squares: descent with the step ε, and how its α falls or grows."""
    tol, start = 1e-6, np.array([4.0, 0.0])
    run = least_squares.gradient_descent(LINE_A, LINE_B, epsilon, x0=start, tol=tol, max_iter=3000)
    alpha = np.linalg.norm((run.path @ LINE_A.T - LINE_B) @ LINE_A, axis=1)
    marks = {"best": LINE_BEST, "2/σ²max": LINE_LIMIT}
    here = "".join(f" = {name}" for name, mark in marks.items() if np.isclose(epsilon, mark))
    product = epsilon * LINE_SQUARES[0]
    if run.converged:
        end = f"{run.n_iter} steps until α ≤ δ"
    else:
        end = "does not end" if here else "diverges"
    title = end.replace(" until", "\nuntil") if run.converged else f"{end}\n"

    figure.set_size_inches(4.8, 2.8)
    plane, decay, strip = figure.subplot_mosaic(
        [["plane", "decay"], ["strip", "strip"]], height_ratios=[1, 0.1]
    ).values()
    xlim, ylim = (-0.6, 4.6), (-1.8, 2.4)
    levels = [1.6, 3.5, 8, 16, 30]
    plots.contours(plane, _line_misfit, xlim, ylim, levels=levels, points=61)
    plots.path(plane, run.path[:61], markersize=2.5)
    plots.optimum(plane, 1.1, 1.1)
    plane.set(title=f"ε = {epsilon:.4f}{here}\nε σ²max = {product:.3f}", xlim=xlim, ylim=ylim)
    plots.curve(decay, np.arange(len(alpha))[:121], alpha[:121], plots.STEP)
    delta = tol * np.linalg.norm(LINE_A.T @ LINE_B)
    decay.axhline(delta, color=plots.QUIET, linestyle="--", linewidth=1)
    plots.label(decay, 0, delta, "δ", plots.QUIET, va="bottom")
    decay.set(xlabel="$k$", ylabel=r"$\alpha$", yscale="log", xlim=(0, 120), ylim=(1e-6, 1e3))
    decay.set(title=title, yticks=[1e-6, 1e-3, 1, 1e3])
    decay.minorticks_off()
    plots.scale(strip, epsilon, marks, (0, 0.165))
    return f"ε = {epsilon:.4f}{here}, ε times σ²max = {product:.3f}: {end}."


def multiplier(figure, lam):
    """Least squares on the unit disc: x(λ), its norm, and which way ∂L/∂λ points."""
    lams = np.r_[0, np.geomspace(1e-2, 1e2, 41)]
    points = np.array([regularized_solve(LINE_A, LINE_B, value) for value in lams])
    x = regularized_solve(LINE_A, LINE_B, lam)
    f, slope = _line_misfit(x), x @ x - 1
    if np.isclose(lam, LINE_LAM):
        advice, slope = "= 0: there", 0.0
    else:
        advice = "> 0: raise λ" if slope > 0 else "< 0: lower λ"

    figure.set_size_inches(5.3, 3.1)
    plane, climb = figure.subplots(1, 2)
    limits = (-0.2, 1.4)
    circle = np.array([np.cos(TURN), np.sin(TURN)])
    plots.region(plane, lambda x: (x**2).sum(axis=0) <= 1, limits, limits, points=201)
    plots.curve(plane, *circle, plots.FEASIBLE, linewidth=1)
    plots.contours(plane, _line_misfit, limits, limits, levels=[2.5, 5, 9, 14, 20], points=61)
    # The contour of f through x(λ): ½‖A(z − x(0))‖² = f − f(x(0)).
    _, s, Vt = np.linalg.svd(LINE_A, full_matrices=False)
    level = points[0] + np.sqrt(2 * max(0, f - _line_misfit(points[0]))) * (circle.T / s) @ Vt
    plots.curve(plane, *level.T, plots.TRUTH, linewidth=1.5)
    plots.curve(plane, *points.T, plots.MODEL, "x(λ)", at=32)
    plots.optimum(plane, *regularized_solve(LINE_A, LINE_B, LINE_LAM))
    plots.path(plane, [x], markersize=7, zorder=6)
    plane.set(title=f"λ = {lam:.3g}\nf = {f:.3f}", xlim=limits, ylim=limits)
    plane.set(xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])

    plots.curve(climb, lams, (points**2).sum(axis=1) - 1, plots.MODEL)
    climb.axhline(0, color=plots.FEASIBLE, linewidth=1)
    plots.optimum(climb, LINE_LAM, 0)
    plots.path(climb, [[lam, slope]], markersize=7, zorder=6)
    climb.set_xscale("symlog", linthresh=1e-2)
    climb.set(xlabel=r"$\lambda$", ylabel="xᵀx − 1")
    climb.set(xlim=(-1e-3, 150), ylim=(-1.1, 1.6), xticks=[0, 0.1, 1, 10, 100])
    climb.set_xticklabels(["0", "0.1", "1", "10", "100"])
    climb.minorticks_off()
    climb.set_title(f"‖x‖ = {np.linalg.norm(x):.3f}\n∂L/∂λ {advice}")
    return (
        f"λ = {lam:.3g}: x = ({x[0]:.3f}, {x[1]:.3f}), ‖x‖ = {np.linalg.norm(x):.3f}, "
        f"f = {f:.3f}; ∂L/∂λ = {slope:.3f} {advice}."
    )


def _line_misfit(x):
    """½‖Ax − b‖² for x of shape (2, ...)."""
    return 0.5 * ((np.tensordot(LINE_A, x, 1).T - LINE_B) ** 2).sum(axis=-1).T

"""The sliders of least squares: the frame for one value."""

import numpy as np

from companion import least_squares, plots
from companion.least_squares import norm_constrained, regularized_solve

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
    start, delta = np.array([4.0, 0.0]), 1e-6 * np.linalg.norm(LINE_A.T @ LINE_B)
    run = least_squares.gradient_descent(LINE_A, LINE_B, epsilon, x0=start, max_iter=3000)
    alpha = np.linalg.norm((run.path @ LINE_A.T - LINE_B) @ LINE_A, axis=1)
    arrived = np.flatnonzero(alpha <= delta)[:1]
    if arrived.size:
        alpha = alpha[: arrived[0] + 1]
    if arrived.size:
        end = f"{arrived[0]} steps until α ≤ δ"
    else:
        end = "does not end" if np.isclose(epsilon, LINE_LIMIT) else "diverges"
    title = end.replace(" until", "\nuntil") if arrived.size else f"{end}\n"
    product = epsilon * LINE_SQUARES[0]

    figure.set_size_inches(6.4, 3.4)
    plane, decay = figure.subplots(1, 2)
    xlim, ylim = (-0.6, 4.6), (-1.8, 2.4)
    levels = [1.6, 3.5, 8, 16, 30]
    plots.contours(plane, _line_misfit, xlim, ylim, levels=levels, points=61)
    plots.path(plane, run.path[: len(alpha)][:61], markersize=2.5)
    plots.optimum(plane, 1.1, 1.1)
    plane.set(title=f"ε = {epsilon:.4f}\nε σ²max = {product:.3f}", xlim=xlim, ylim=ylim)
    plots.curve(decay, np.arange(len(alpha))[:121], alpha[:121], plots.STEP)
    decay.axhline(delta, color=plots.QUIET, linestyle="--", linewidth=1)
    plots.label(decay, 0, delta, "δ", plots.QUIET, va="bottom")
    decay.set(xlabel="$k$", ylabel=r"$\alpha$", yscale="log", xlim=(0, 120), ylim=(1e-6, 1e3))
    decay.set(title=title, yticks=[1e-6, 1e-3, 1, 1e3])
    decay.minorticks_off()
    return f"ε = {epsilon:.4f}, ε times σ²max = {product:.3f}: {end}."


def multiplier(figure, lam):
    """Least squares on the unit disc: x(λ), its norm, and which way ∂L/∂λ points."""
    lams = np.r_[0, np.geomspace(1e-2, 1e2, 41)]
    points = np.array([regularized_solve(LINE_A, LINE_B, value) for value in lams])
    x = regularized_solve(LINE_A, LINE_B, lam)
    is_there = np.isclose(lam, LINE_LAM)
    f, slope = _line_misfit(x), 0.0 if is_there else x @ x - 1

    figure.set_size_inches(6.4, 3.4)
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
    plots.path(plane, [x], markersize=7, zorder=6)
    plane.set(title=f"λ = {lam:.3g}\nf = {f:.3f}", xlim=limits, ylim=limits)
    plane.set(xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])

    plots.curve(climb, lams, (points**2).sum(axis=1) - 1, plots.MODEL)
    climb.axhline(0, color=plots.FEASIBLE, linewidth=1)
    plots.path(climb, [[lam, slope]], markersize=7, zorder=6)
    if is_there:
        plots.optimum(plane, *x).set_zorder(7)
        plots.optimum(climb, lam, 0).set_zorder(7)
    climb.set_xscale("symlog", linthresh=1e-2)
    climb.set(xlabel=r"$\lambda$", ylabel="xᵀx − 1")
    climb.set(xlim=(-1e-3, 150), ylim=(-1.1, 1.6), xticks=[0, 0.1, 1, 10, 100])
    climb.set_xticklabels(["0", "0.1", "1", "10", "100"])
    climb.minorticks_off()
    climb.set_title(f"‖x‖ = {np.linalg.norm(x):.3f}\n∂L/∂λ = {slope:+.3f}".replace("-", "−"))
    return (
        f"λ = {lam:.3g}: x = ({x[0]:.3f}, {x[1]:.3f}), ‖x‖ = {np.linalg.norm(x):.3f}, "
        f"f = {f:.3f}; ∂L/∂λ = {slope:+.3f}."
    )


def _line_misfit(x):
    """½‖Ax − b‖² for x of shape (2, ...)."""
    return 0.5 * ((np.tensordot(LINE_A, x, 1).T - LINE_B) ** 2).sum(axis=-1).T

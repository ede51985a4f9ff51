"""The pictures behind the sliders: one function for each, which draws the frame for one value.

It takes a Figure and the value, draws what the package computes for that value, and returns the
text that stands for the picture, with its numbers. Axes are the same in all frames of a slider.
"""

import numpy as np

from companion import plots
from companion.descent import gradient_descent
from companion.maps import bend, magnify
from companion.problems import bowl, rosenbrock
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


def degree(figure, n):
    """Taylor: the polynomial of degree n of 1/(1 + x²) about 0, and its error."""

    def f(x):
        return 1 / (1 + x**2)

    def error(x):
        return np.abs(f(x) - np.polynomial.polynomial.polyval(x, c))

    x, c = np.linspace(-1.6, 1.6, 321), taylor_coefficients(f, 0, n)
    inside, outside = error(0.8), error(1.2)
    left, right = figure.subplots(1, 2)
    plots.curve(left, x, f(x), plots.TRUTH, linewidth=3)
    plots.curve(left, x, np.polynomial.polynomial.polyval(x, c), plots.MODEL, ls="--")
    plots.curve(right, x, np.maximum(error(x), 1e-18), plots.MODEL, ls="--")
    right.plot([0.8, 1.2], [inside, outside], "o", color=plots.TRUTH, markersize=6)
    for axes in (left, right):
        axes.set(xlabel="$x$", xlim=(-1.6, 1.6))
        for wall in (-1, 1):
            axes.axvline(wall, color=plots.QUIET, linewidth=1, linestyle=":")
    plots.label(left, -0.6, 1.35, "polynomial", plots.MODEL, xytext=(0, 0))
    plots.label(left, -1.45, 0.15, "$f$", plots.TRUTH, xytext=(0, 0))
    left.set(title=f"degree {n}", ylim=(-0.5, 1.8))
    right.set(yscale="log", ylim=(1e-9, 1e6), ylabel="error")
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
    plane, along = figure.subplots(1, 2, width_ratios=[1, 1.9])
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
    plots.label(along, 0.94, 0.2, "model", plots.MODEL, xytext=(0, 0))
    plots.label(along, 0.86, -2.8, "slope alone", plots.GRADIENT, xytext=(0, 0), ha="right")
    plots.optimum(along, model.optimal_epsilon, model.predict(model.optimal_epsilon))
    along.plot(epsilon, f(x), "o", color=plots.STEP, markersize=8, zorder=6)
    along.set_title(
        f"{model.f0:.3f} − {promised:.3f} + {taken:.3f} = {said:.3f}\n"
        f"f = {f(x):.3f}, above it by {f(x) - said:.3f}"
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
    plane, rate = figure.subplots(1, 2)
    plots.contours(plane, f, (-2.2, 2.2), (-2.2, 2.2), levels=[0.2, 1.5, 6], points=61)
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

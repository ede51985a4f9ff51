"""The sliders of Taylor series and the step: the frame for one value."""

import numpy as np

from companion import plots
from companion.descent import gradient_descent
from companion.problems import bowl, rosenbrock
from companion.taylor import analyze_step, taylor_coefficients


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
    rate.set_title(f"line {factor:.2f}, dot {measured:.2f}\nafter 20: f = {end:.2g}")
    return (
        f"ε = {epsilon:.4f}, ε λ_max = {10 * epsilon:.3f}: after 20 steps f = {end:.2g}; "
        f"the slower direction changes by the factor {factor:.3f} a step, "
        f"the distance in the last one by {measured:.3f}."
    )


def momentum(figure, beta):
    """Taylor: momentum on a bowl with eigenvalues 1 and 25, with the best ε for this β."""
    f, x0 = bowl([1, 25]), np.array([1.3, 1.8])
    epsilon = min(2 * (1 + beta) / 26, (1 - beta) / 5)
    half = (1 + beta - epsilon * np.array([1, 25])) / 2
    root = np.sqrt(half**2 - beta + 0j)
    factor = np.abs([half + root, half - root]).max()
    options = {"momentum": beta, "tol": 1e-300, "max_iter": 600}
    points = gradient_descent(f, f.grad, x0, epsilon, **options).path
    away = np.linalg.norm(points, axis=1) / np.linalg.norm(x0)
    count = 1 + np.flatnonzero(away > 1e-3)[-1]
    plane, decay = _panels(figure, left=0.13, right=0.95, bottom=0.16, top=0.83, wspace=0.5)
    plots.contours(plane, f, *[(-2.5, 2.5)] * 2, levels=[0.3, 2, 8], points=61)
    plots.path(plane, points[:41], markersize=2.5)
    plots.optimum(plane, 0, 0)
    plane.set(xlim=(-2.5, 2.5), ylim=(-2.5, 2.5), xticks=[-2, 0, 2], yticks=[-2, 0, 2])
    k = np.arange(101)
    decay.axhline(1e-3, color=plots.QUIET, linewidth=1, linestyle=":")
    plots.curve(decay, k, factor**k, plots.MODEL, ls="--")
    plots.curve(decay, k, away[:101], plots.STEP)
    decay.set(xlabel="$k$", ylabel="distance", yscale="log", xlim=(0, 100), ylim=(1e-6, 4))
    decay.set(xticks=[0, 50, 100], yticks=[1e-6, 1e-3, 1])
    decay.minorticks_off()
    plane.set_title(rf"$\beta$ = {beta:.3f}" + "\n" + rf"$\varepsilon$ = {epsilon:.4f}")
    decay.set_title(f"factor {factor:.3f}\n1/1000: {count} steps")
    return (
        f"β = {beta:.3f}, ε = {epsilon:.4f}: within a thousandth of the way after {count} steps; "
        f"in the long run the distance changes by the factor {factor:.3f} a step."
    )


def _panels(figure, *, width_ratios=(1, 1), **margins):
    """Two axes on a small figure, so that its letters are large on a phone; nothing else moves."""
    figure.set_size_inches(6.4, 3.6)
    figure.set_layout_engine("none")  # fitting the layout again is most of a frame's cost
    return figure.subplots(1, 2, width_ratios=width_ratios, gridspec_kw=margins)

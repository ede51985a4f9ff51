"""What the figures and frames of the Taylor chapter claim, asserted on their data."""

from decimal import Decimal
from math import factorial

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from companion import plots
from companion.problems import bowl, himmelblau, rosenbrock
from companion.taylor import analyze_step
from companion.widgets import SLIDERS
from companion.widgets import _pictures_taylor as pictures

VALLEY = rosenbrock(steepness=1)
X0 = np.array([-0.5, 1.5])
G = VALLEY.grad(X0)
STEP = analyze_step(VALLEY(X0), G, VALLEY.hess(X0) @ G)


def curves(axes):
    """The data of each curve, by its colour; the first of a colour counts."""
    return {line.get_color(): np.array(line.get_data()) for line in reversed(axes.lines)}


def marks(axes, marker):
    """Where the markers of that kind are."""
    lines = [line for line in axes.lines if line.get_marker() == marker]
    return np.array([np.transpose(line.get_data())[-1] for line in lines], dtype=float)


def slope(x, y):
    return np.polyfit(np.log(x), np.log(y), 1)[0]


def at(curve, x):
    return np.interp(x, *curve)


# Sliders


def positions(name):
    values = SLIDERS[name].values
    return [values[k] for k in (0, SLIDERS[name].start, len(values) // 2, -1)]


@pytest.mark.parametrize("n", positions("degree"))
def test_the_polynomial_fits_inside_the_disc_and_fails_outside(n):
    figure = Figure()
    alt = pictures.degree(figure, n)
    left, right = figure.axes
    inside, outside = (x ** (n + 2) / (1 + x**2) for x in (0.8, 1.2))
    assert alt.startswith(f"Degree {n}:")
    inside_said, outside_said = plots.number(inside), plots.number(outside)
    assert f"{inside_said} at x = 0.8" in alt
    assert f"{outside_said} at x = 1.2" in alt
    assert left.get_title() == f"degree {n}"
    assert right.get_title() == f"error at 0.8: {inside_said}\nat 1.2: {outside_said}"
    x, f = curves(left)[plots.TRUTH]
    np.testing.assert_allclose(f, 1 / (1 + x**2))
    x, p = curves(left)[plots.MODEL]
    near = np.abs(x) < 1
    expected = np.abs(x) ** (n + 2) / (1 + x**2)
    np.testing.assert_allclose(np.abs(p - 1 / (1 + x**2))[near], expected[near], atol=1e-12)
    dots = next(line for line in right.lines if line.get_marker() == "o")
    np.testing.assert_allclose(dots.get_data(), [[0.8, 1.2], [inside, outside]], rtol=1e-4)


def test_the_error_falls_by_a_third_inside_and_grows_by_almost_half_outside():
    inside, outside = 0.8**2, 1.2**2
    assert inside == pytest.approx(2 / 3, abs=0.03)
    assert outside == pytest.approx(1.44)
    assert (np.diff(SLIDERS["degree"].values) == 2).all()


@pytest.mark.parametrize("epsilon", [*positions("step"), 26 / 29])
def test_a_step_shows_its_three_parts_and_where_it_lands(epsilon):
    figure = Figure()
    alt = pictures.step(figure, epsilon)
    plane, along = figure.axes
    said, lands = STEP.predict(epsilon), VALLEY(X0 - epsilon * G)
    promise, correction = epsilon * STEP.slope, epsilon**2 * STEP.alpha / 2
    parts = f"{STEP.f0:.4f} − {promise:.4f} + {correction:.4f}"
    assert alt == (
        f"ε = {epsilon:.4f}: the step lands at f = {lands:.4f}; the model says {said:.4f}, "
        f"which is {parts}."
    )
    first, second = along.get_title(loc="right").splitlines()
    assert first == f"{parts} = {said:.4f}"
    assert second == f"f = {lands:.4f}, above it by {lands - said:.4f}"
    path = next(line for line in plane.lines if line.get_color() == plots.STEP)
    np.testing.assert_allclose(path.get_xydata(), [X0, X0 - epsilon * G])
    np.testing.assert_allclose(marks(along, "o"), [[epsilon, lands]])
    np.testing.assert_allclose(marks(along, "*"), [[26 / 29, STEP.predict(26 / 29)]])
    bars = [line.get_ydata() for line in along.lines if line.get_linewidth() == 5]
    np.testing.assert_allclose(bars[0], [STEP.f0, STEP.f0 - promise])
    np.testing.assert_allclose(bars[1], [STEP.f0 - promise, said])


def test_the_parts_of_each_step_add_up_as_they_are_written():
    for epsilon in SLIDERS["step"].values:
        sentence = pictures.step(Figure(), epsilon).replace("−", "-").rstrip(".")
        said, parts = sentence.split("the model says ")[1].split(", which is ")
        value, _, promise, sign, correction = parts.split()
        total = Decimal(value) - Decimal(promise) + Decimal(sign + correction)
        assert Decimal(said) == total, sentence


def test_model_and_truth_are_hardly_told_apart_up_to_0_4_and_truth_turns_first():
    figure = Figure()
    pictures.step(figure, 0.1)
    along = figure.axes[1]
    truth = next(line for line in along.lines if line.get_color() == plots.TRUTH)
    model = next(line for line in along.lines if line.get_linestyle() == "--")
    eps, f, m = truth.get_xdata(), truth.get_ydata(), model.get_ydata()
    assert np.abs(f - m)[eps <= 0.4].max() < 0.08  # less than a hundredth of the height
    assert eps[f.argmin()] < 0.7 < eps[m.argmin()]
    assert 26 / 29 in SLIDERS["step"].values


@pytest.mark.parametrize("epsilon", [*positions("path"), 0.2, 2 / 11])
def test_the_path_tells_its_factor_and_measures_it(epsilon):
    figure = Figure()
    alt = pictures.path(figure, epsilon)
    plane, rate = figure.axes
    f = bowl([1, 10])
    H, x = f.hess(np.zeros(2)), np.array([1.3, 1.8])
    path = next(line for line in plane.lines if line.get_color() == plots.STEP).get_xydata()
    for point in path:
        np.testing.assert_allclose(point, x, atol=1e-12 * (1 + np.abs(x).max()))
        x = x - epsilon * H @ x
    assert len(path) == 21
    factor = max(abs(1 - epsilon), abs(1 - 10 * epsilon))
    assert f"ε = {epsilon:.4f}, ε λ_max = {10 * epsilon:.3f}:" in alt
    said = plots.number(f(path[-1]))
    assert f"after 20 steps f = {said};" in alt
    ((product, measured),) = marks(rate, "o")
    assert f"by the factor {factor:.3f} a step, " in alt
    assert alt.endswith(f"the distance in the last one by {measured:.3f}.")
    assert rate.get_title() == (f"line {factor:.2f}, dot {measured:.2f}\nafter 20: f = {said}")
    assert product == pytest.approx(10 * epsilon)
    assert measured == pytest.approx(factor, abs=0.02)
    assert at(curves(rate)[plots.MODEL], product) == pytest.approx(factor)
    np.testing.assert_allclose(marks(rate, "*"), [[20 / 11, 9 / 11]])


def test_the_path_creeps_then_jumps_then_blows_up():
    def ends(epsilon):
        figure = Figure()
        pictures.path(figure, epsilon)
        line = next(line for line in figure.axes[0].lines if line.get_color() == plots.STEP)
        return bowl([1, 10])(line.get_xydata().T)

    values = SLIDERS["path"].values
    last = {epsilon: ends(epsilon)[-1] for epsilon in values}
    assert 0.17 <= min(last, key=last.get) <= 2 / 11  # in twenty steps; in the long run, 2/11
    assert last[0.02] > 0.1 * ends(0.02)[0]
    at_bound = ends(0.2)  # the steep direction keeps its size for ever
    assert at_bound[-1] == pytest.approx(at_bound[-2], rel=1e-3)
    beyond = values[values > 0.2 + 1e-12]
    assert len(beyond) >= 4
    assert all((np.diff(ends(epsilon)[5:]) > 0).all() for epsilon in beyond)


# Figures


def test_towers_stand_at_the_poles_and_the_error_is_small_in_the_disc(figures):
    towers, plane = figures("taylor")["poles"].axes
    ((x, y, z),) = [line.get_data_3d() for line in towers.lines]
    np.testing.assert_allclose(z, 1 / (1 + x**2))
    assert np.abs(y).max() == 0
    assert z.max() == pytest.approx(1, abs=1e-3)
    poles = next(line for line in plane.lines if line.get_marker() == "X")
    np.testing.assert_array_equal(poles.get_xydata(), [[0, -1], [0, 1]])
    circle = next(line for line in plane.lines if line.get_linestyle() == "--")
    np.testing.assert_allclose(np.hypot(*circle.get_data()), 1)
    for path, error in zip(plane.collections[0].get_paths(), (1e-6, 1e-3, 1, 1e3), strict=True):
        radius = np.hypot(*path.vertices.T)  # of |z|²² = error |1 + z²|
        assert error ** (1 / 22) * 0.5 < radius.min()
        assert radius.max() < 1.06 or error > 1
        if error == 1e3:
            assert radius.min() > 1.25
        if error < 1:
            assert radius.max() / radius.min() < 1.06


def test_flat_on_the_real_axis_and_huge_on_the_imaginary_one(figures):
    real, both = figures("taylor")["flat"].axes
    x, f = curves(real)[plots.TRUTH]
    assert f[np.abs(x) < 0.2].max() < 1e-10
    assert not curves(real)[plots.MODEL][1].any()
    x, f = curves(both)[plots.TRUTH]
    y, g = curves(both)[plots.GRADIENT]
    np.testing.assert_allclose(f * g, 1)
    np.testing.assert_allclose(g, np.exp(1 / y**2))
    assert g[y <= 0.2].min() > 1e10


def test_the_model_touches_the_valley_and_is_a_saddle(figures):
    (plane,) = figures("taylor")["models"].axes
    truth, model = plane.collections[:2]

    def by_hand(x):
        d = x - X0
        return 3.8125 + np.array([-0.5, 2.5]) @ d + d @ np.array([[-1, 2], [2, 2]]) @ d / 2

    assert to_hex(truth.get_edgecolor()[0]) == plots.TRUTH
    assert to_hex(model.get_edgecolor()[0]) == plots.MODEL.lower()
    np.testing.assert_array_equal(truth.levels, model.levels)
    level = list(truth.levels).index(VALLEY(X0))
    for lines in (truth, model):  # the contour of f(x₀) passes through x₀ in both
        points = lines.get_paths()[level].vertices
        assert np.linalg.norm(points - X0, axis=1).min() < 0.03
    for lines, exact in ((truth, VALLEY), (model, by_hand)):
        for height, path in zip(lines.levels, lines.get_paths(), strict=True):
            near = path.vertices[np.linalg.norm(path.vertices - X0, axis=1) < 0.5]
            np.testing.assert_allclose([exact(x) for x in near], height, atol=0.01)
            assert all(abs(VALLEY(x) - height) < 0.5 for x in near)
    up = X0 + np.outer([-1, -0.3, 0.5, 1], [0, 1])
    np.testing.assert_allclose([VALLEY(x) for x in up], [by_hand(x) for x in up])
    for lines, exact, color in ((truth, VALLEY, plots.TRUTH), (model, by_hand, plots.MODEL)):
        named = {text.get_text(): text.get_position() for text in lines.labelTexts}
        assert set(named) == {"2.5", "3.8", "5.5"}  # each on its line, in the colour of its line
        assert all(abs(exact(np.array(x)) - float(name)) < 0.1 for name, x in named.items())
        assert {to_hex(text.get_color()) for text in lines.labelTexts} == {to_hex(plots.ink(color))}
    np.testing.assert_allclose(np.linalg.eigvalsh(VALLEY.hess(X0)), [-2, 3])
    assert marks(plane, "o").tolist() == [X0.tolist()]


def test_each_term_adds_1_to_the_slope_of_the_error(figures):
    (axes,) = figures("taylor")["orders"].axes
    data = curves(axes)
    expected = {plots.GRADIENT: (2, 5e-5), plots.MODEL: (3, 2e-6), plots.TRUTH: (4, 1e-8)}
    for color, (order, error) in expected.items():
        h, errors = data[color]
        assert slope(h[:41], errors[:41]) == pytest.approx(order, abs=0.05)
        assert errors[np.argmin(np.abs(h - 0.01))] == pytest.approx(error, rel=0.1)
    (h, tangent), (_, quadratic) = data[plots.GRADIENT], data[plots.MODEL]
    assert (tangent > quadratic)[h < 0.11].all()
    assert (tangent < quadratic)[h > 0.12].all()
    dip = tangent[h > 0.12].argmin()
    assert h[h > 0.12][dip] == pytest.approx(0.22, abs=0.01)
    assert tangent[h > 0.12][dip] < min(tangent[h > 0.12][[dip - 3, dip + 3]]) / 10


def test_the_cosine_turns_at_pi_and_its_model_never(figures):
    (axes,) = figures("taylor")["cosine"].axes
    data = curves(axes)
    (turn,) = marks(axes, "*")
    assert turn[0] == pytest.approx(5.5, abs=0.05)
    assert 0.5 + turn[0] * np.sin(0.5) == pytest.approx(np.pi)
    e, f = data[plots.TRUTH]
    assert e[f.argmin()] == pytest.approx(turn[0], abs=0.05)
    e, model = data[plots.MODEL]
    assert (np.diff(model) < 0).all()
    assert at(data[plots.MODEL], turn[0]) < -3


def test_each_polynomial_keeps_to_the_sine_for_a_while_and_leaves_it(figures):
    (axes,) = figures("taylor")["sine"].axes
    x, sine = curves(axes)[plots.TRUTH]
    np.testing.assert_allclose(sine, np.sin(x))
    drawn = [line.get_ydata() for line in axes.lines if line.get_color() == plots.MODEL]
    names = [int(text.get_text().removeprefix("degree ")) for text in axes.texts[:-1]]
    left = []
    for n, p in zip(names, drawn, strict=True):
        terms = [(-1) ** (k // 2) * x**k / factorial(k) for k in range(1, n + 1, 2)]
        np.testing.assert_allclose(p, sum(terms), atol=1e-6)
        off = p - np.sin(x)
        left.append(x[off > 0.1][0])
        assert (off[x >= left[-1]] > 0.1).all()  # for good, and upwards
    assert names == [1, 5, 9, 13, 17]
    assert left[0] == pytest.approx(1, abs=0.15)
    assert left[-1] == pytest.approx(7, abs=0.15)
    assert np.diff(left) == pytest.approx(1.5, abs=0.15)


def test_three_steps_and_what_they_delivered(figures):
    (axes,) = figures("taylor")["trust"].axes
    data = curves(axes)
    for color in (plots.MODEL, plots.GRADIENT, plots.TRUTH):
        assert data[color][1][0] == pytest.approx(1, abs=0.01)
    assert at(data[plots.MODEL], 1) == pytest.approx(0.74, abs=0.005)
    part, second = data[plots.GRADIENT]
    assert second[part >= 0.3].max() < 0
    part, third = data[plots.TRUTH]
    assert third[part <= 1].min() > 1 - 1e-9
    assert third[part <= 1].max() < 1.1
    assert at(data[plots.TRUTH], 1) == pytest.approx(1.09, abs=0.005)
    (band,) = axes.patches
    assert [band.get_y(), band.get_y() + band.get_height()] == pytest.approx([0.9, 1.1])


def test_the_line_search_refuses_what_lies_above_its_line(figures):
    (axes,) = figures("taylor")["armijo"].axes
    data = curves(axes)
    line = data[plots.GRADIENT]
    assert np.diff(line[1])[0] / np.diff(line[0])[0] == pytest.approx(-0.3 * 20)
    assert "30 % of the slope's promise" in {text.get_text() for text in axes.texts}
    ((refused, high),) = marks(axes, "X")
    ((accepted, low),) = marks(axes, "o")
    assert (refused, accepted) == (0.625, 0.3125)
    assert high > at(line, refused)
    assert low < at(line, accepted)
    y = np.array([0.0, 2.0])
    assert VALLEY(y - 1.25 * VALLEY.grad(y)) > 7  # outside the picture


def test_exact_steps_zigzag_at_right_angles(figures):
    (axes,) = figures("taylor")["zigzag"].axes
    path = next(line for line in axes.lines if line.get_color() == plots.STEP).get_xydata()
    assert len(path) == 21
    steps = np.diff(path, axis=0)
    lengths = np.linalg.norm(steps, axis=1)
    np.testing.assert_allclose((steps[1:] * steps[:-1]).sum(axis=1), 0, atol=1e-10)
    np.testing.assert_allclose(lengths[1:] / lengths[:-1], 9 / 11, rtol=1e-8)
    assert axes.get_aspect() == 1
    low, high = np.transpose([axes.get_xlim(), axes.get_ylim()])
    assert (low < path.min(axis=0)).all()
    assert (high > path.max(axis=0)).all()


def test_steps_grow_like_the_condition_number_and_newtons_do_not(figures):
    (axes,) = figures("taylor")["rates"].axes
    kappa, predicted = curves(axes)[plots.MODEL]
    np.testing.assert_allclose(predicted, kappa * np.log(1e6) / 2)
    for marker in ("o", "x"):
        (line,) = [line for line in axes.lines if line.get_marker() == marker]
        np.testing.assert_allclose(line.get_ydata(), predicted, rtol=0.04)
        assert line.get_ydata()[[1, -1]] == pytest.approx([69, 6908], abs=1)
    (line,) = [line for line in axes.lines if line.get_marker() == "s"]
    assert set(line.get_ydata()) == {1}


def test_newton_climbs_and_then_drops_while_descent_creeps(figures):
    (axes,) = figures("taylor")["newton"].axes
    (newton,) = [line for line in axes.lines if line.get_marker() == "s"]
    far = newton.get_ydata()
    assert len(far) == 7
    assert far.argmax() == 2
    assert far[2] == pytest.approx(4.2, abs=0.05)
    assert far[-1] < 1e-9
    steps, far = curves(axes)[plots.STEP]
    assert steps[-1] == pytest.approx(32_401)
    assert far[-1] < 1e-3 < far[steps < 15_000].min()


def test_newtons_basins_hold_minima_saddles_and_the_maximum(figures):
    (axes,) = figures("taylor")["basins"].axes
    (image,) = axes.images
    kind = np.asarray(image.get_array())
    side = np.linspace(-5, 5, kind.shape[0])

    def basin(point):
        column, row = (np.abs(side - coordinate).argmin() for coordinate in point)
        return kind[row, column]

    f = himmelblau()
    found = {0: marks(axes, "*"), 1: marks(axes, "X"), 2: marks(axes, "^")}
    assert [len(points) for points in found.values()] == [4, 4, 1]
    for number, points in found.items():
        assert len(np.unique(points.round(3), axis=0)) == len(points)
        for point in points:
            np.testing.assert_allclose(f.grad(point), 0, atol=1e-6)
            assert (np.linalg.eigvalsh(f.hess(point)) < 0).sum() == number
            assert basin(point) == number


def ball(beta, steps=600):
    """The slider's run with momentum β, by its recursion, and how far it is at each step."""
    epsilon = min(2 * (1 + beta) / 26, (1 - beta) / 5)
    H, path = bowl([1, 25]).hess(np.zeros(2)), [np.array([1.3, 1.8])] * 2
    for _ in range(steps):
        path.append(path[-1] - epsilon * H @ path[-1] + beta * (path[-1] - path[-2]))
    away = np.linalg.norm(path[1:], axis=1) / np.linalg.norm(path[0])
    return epsilon, np.array(path[1:]), away


def arrives(beta):
    """The first step from which on it is within a thousandth of the way."""
    return 1 + np.flatnonzero(ball(beta)[2] > 1e-3)[-1]


@pytest.mark.parametrize("beta", [*positions("momentum"), 4 / 9])
def test_a_ball_shows_its_path_and_how_far_it_is(beta):
    figure = Figure()
    alt = pictures.momentum(figure, beta)
    plane, decay = figure.axes
    epsilon, path, away = ball(beta)
    steps = [epsilon, 25 * epsilon]
    factor = max(np.abs(np.roots([1, s - 1 - beta, beta])).max() for s in steps)
    drawn = next(line for line in plane.lines if line.get_color() == plots.STEP).get_xydata()
    np.testing.assert_allclose(drawn, path[:41], atol=1e-10)
    low, high = np.transpose([plane.get_xlim(), plane.get_ylim()])
    assert ((low < drawn) & (drawn < high)).all()
    k, measured = curves(decay)[plots.STEP]
    np.testing.assert_allclose(measured, away[:101], rtol=1e-6, atol=1e-12)
    k, predicted = curves(decay)[plots.MODEL]
    np.testing.assert_allclose(predicted, factor**k, rtol=1e-5)
    assert curves(decay)[plots.QUIET][1][0] == 1e-3
    count = arrives(beta)
    assert decay.get_title() == f"factor {factor:.3f}\n1/1000: {count} steps"
    assert alt.startswith(f"β = {beta:.3f}, ε = {epsilon:.4f}: ")
    assert f"after {count} steps" in alt
    assert alt.endswith(f"the factor {factor:.3f} a step.")


def test_all_paths_of_the_ball_stay_in_the_picture():
    assert max(np.abs(ball(beta, 60)[1]).max() for beta in SLIDERS["momentum"].values) < 2.5


def test_the_fewest_steps_are_at_about_half_and_nine_tenths_is_worse_than_none():
    counts = {round(float(beta), 3): arrives(beta) for beta in SLIDERS["momentum"].values}
    assert min(counts, key=counts.get) == 0.48
    assert [counts[beta] for beta in (0, 0.444, 0.48, 0.9)] == [87, 25, 20, 125]


def test_the_step_is_the_diagonal_between_what_is_kept_and_the_pull(figures):
    (axes,) = figures("taylor")["shares"].axes
    arrows = {
        to_hex(text.arrow_patch.get_edgecolor()): np.subtract(text.xy, text.get_position())
        for text in axes.texts
        if text.arrow_patch is not None
    }
    colors = (plots.QUIET, plots.TRUTH, plots.GRADIENT, plots.STEP)
    last, kept, pull, step = (arrows[to_hex(color)] for color in colors)
    np.testing.assert_allclose(step, kept + pull)
    np.testing.assert_allclose(kept, 0.6 * last)
    (x,) = marks(axes, "o")
    ends = [text.xy for text in axes.texts if text.arrow_patch is not None]
    starts = [text.get_position() for text in axes.texts if text.arrow_patch is not None]
    np.testing.assert_allclose([ends[0], *starts[1:]], [x] * 4)  # it comes in, the others leave
    low, high = np.transpose([axes.get_xlim(), axes.get_ylim()])
    assert ((low < [*starts, *ends]) & ([*starts, *ends] < high)).all()
    np.testing.assert_allclose(pull, -0.03 * bowl([1, 25]).grad(x))
    assert np.linalg.norm(step) < min(np.linalg.norm(kept), np.linalg.norm(pull))
    assert kept @ pull < 0


def test_the_window_is_where_the_factor_is_level_and_the_bar_just_fits(figures):
    (axes,) = figures("taylor")["damping"].axes
    edges = [line.get_data() for line in axes.lines if line.get_color() == plots.MODEL]
    for x, beta in edges:
        np.testing.assert_allclose((1 + beta - x) ** 2, 4 * beta, atol=1e-9)
    assert edges[0][0][-1] < 1 < edges[1][0][-1]
    bars = [line.get_xydata() for line in axes.lines if line.get_color() == plots.STEP]
    assert [bar[0, 1] for bar in bars] == pytest.approx([0, 4 / 9, 0.9])
    for bar in bars:
        assert bar[1, 0] / bar[0, 0] == pytest.approx(25)

    def window(beta):
        return (1 - np.sqrt(beta)) ** 2, (1 + np.sqrt(beta)) ** 2

    np.testing.assert_allclose(bars[1][:, 0], window(4 / 9))
    low, high = window(0.9)
    assert low < bars[2][0, 0] < bars[2][1, 0] < high
    assert bars[0][0, 0] < 1 < bars[0][1, 0]
    ((x, beta),) = marks(axes, "*")
    assert (x**2, beta) == pytest.approx((1 / 9 * 25 / 9, 4 / 9))  # the middle of the bar
    levels = axes.collections[0].levels
    assert 2 / 3 in levels
    words = {text.get_text(): text.xy for text in axes.texts if hasattr(text, "xy")}
    assert words["creeps"][0] < window(words["creeps"][1])[0]
    low, high = window(words["swings"][1])
    assert low < words["swings"][0] < high
    assert window(words["jumps"][1])[1] < words["jumps"][0]
    assert levels[-1] == 1
    x, beta = axes.collections[0].get_paths()[-1].vertices.T  # beyond it the jumps grow
    np.testing.assert_allclose(x, 2 * (1 + beta), rtol=0.02)


def test_steps_grow_like_the_root_of_the_condition_number_with_momentum(figures):
    (axes,) = figures("taylor")["root"].axes
    dashed = [line.get_data() for line in axes.lines if line.get_color() == plots.MODEL]
    kappa = dashed[0][0]
    np.testing.assert_allclose(dashed[0][1], kappa * np.log(1e6) / 2)
    np.testing.assert_allclose(dashed[1][1], np.sqrt(kappa) * np.log(1e6) / 2)
    counts = {line.get_marker(): line.get_ydata() for line in axes.lines}
    assert slope(kappa, counts["o"]) == pytest.approx(1, abs=0.05)
    assert slope(kappa, counts["s"]) == pytest.approx(0.5, abs=0.05)
    assert (counts["s"] >= dashed[1][1]).all()
    assert (counts["s"] <= 1.6 * dashed[1][1]).all()


def test_a_constant_step_ends_on_a_floor_proportional_to_it_and_the_schedule_below(figures):
    (axes,) = figures("taylor")["floors"].axes
    data = curves(axes)
    colors = {0.4: plots.GRADIENT, 0.1: plots.MODEL, "schedule": plots.STEP}
    late = {name: data[color][1][-8:].mean() for name, color in colors.items()}
    assert late[0.4] / late[0.1] == pytest.approx(4.6, abs=1)  # 4, and more for a step so long
    assert late[0.4] == pytest.approx(0.004, rel=0.2)
    assert late[0.1] == pytest.approx(0.001, rel=0.2)
    assert late["schedule"] < late[0.1] / 10
    k, gap = data[plots.STEP]
    assert gap[-1] == pytest.approx(2e-5, rel=0.5)
    assert slope(k[k > 200], gap[k > 200]) == pytest.approx(-1, abs=0.3)
    ten = {name: at(data[color], 11) for name, color in colors.items()}
    assert ten[0.4] < 0.01 < ten[0.1]
    where = {text.get_text(): text.xy for text in axes.texts}
    step, gap = where["way down"]
    assert at(data[plots.GRADIENT], step) < gap < 3 * at(data[plots.MODEL], step)
    step, gap = where["floor"]
    assert late[0.4] < gap < 5 * late[0.4]
    assert 100 < step < 8000
    steps, whole = data[plots.TRUTH]
    np.testing.assert_array_equal(steps, 36 * np.arange(1, 101))  # a step of descent is a pass
    below = {name: at((steps, whole), 36 * passes) for name, passes in (("one", 1), ("all", 100))}
    assert below["one"] > 10 * max(at(data[color], 36) for color in colors.values())
    assert below["all"] < 0.1 * min(at(data[color], 3600) for color in colors.values())
    assert where["descent, all rows"][1] > at((steps, whole), where["descent, all rows"][0])


def test_a_quarter_of_the_step_has_a_cloud_of_half_the_width(figures):
    panels = figures("taylor")["clouds"].axes
    clouds = [axes.lines[0].get_xydata() for axes in panels]
    (star,) = marks(panels[0], "*")
    (other,) = marks(panels[1], "*")
    np.testing.assert_array_equal(star, other)
    np.testing.assert_allclose(star, [0.32, 0.30], atol=0.005)
    for cloud in clouds:
        np.testing.assert_allclose(cloud.mean(axis=0), star, atol=0.01)
    wide, narrow = (cloud.std(axis=0) for cloud in clouds)
    np.testing.assert_allclose(wide / narrow, 2, atol=0.4)
    assert (wide[1] > wide[0]) & (narrow[1] > narrow[0])
    for axes in panels:
        low, high = np.transpose([axes.get_xlim(), axes.get_ylim()])
        assert all(((low < cloud) & (cloud < high)).all() for cloud in clouds)


def test_halved_steps_freeze_and_means_come_down_on_their_line(figures):
    (axes,) = figures("taylor")["ways-out"].axes
    data = curves(axes)
    k, halved = data[plots.QUIET]
    np.testing.assert_allclose(halved[k > 1000], 3e-4, rtol=0.2)
    k, said = data[plots.TRUTH]
    np.testing.assert_allclose(said * k, said[0] * k[0])
    k, short = data[plots.MODEL]
    assert (short[k < 100] > 5 * said[k < 100]).all()
    late = k > 2000
    assert (short[late] < 2 * said[late]).all()
    k, long = data[plots.GRADIENT]
    assert long[-1] == pytest.approx(3e-5, rel=0.4)
    _, schedule = data[plots.STEP]
    assert at(data[plots.GRADIENT], 1067) < at(data[plots.STEP], 1067)
    assert at(data[plots.MODEL], 1067) < at(data[plots.STEP], 1067)
    assert schedule[-1] < halved[-1] / 5


def test_the_bound_touches_at_the_start_and_lies_above_all_along(figures):
    (axes,) = figures("taylor")["licence"].axes
    data = curves(axes)
    (step, f), (_, bound) = data[plots.TRUTH], data[plots.MODEL]
    assert f[0] == bound[0]
    assert (bound >= f - 1e-12).all()
    assert (bound[1] - bound[0]) / (f[1] - f[0]) == pytest.approx(1, abs=0.02)  # the same slope
    assert step[bound.argmin()] == pytest.approx(1)
    assert at(data[plots.MODEL], 2) == pytest.approx(f[0])
    ((x, y),) = marks(axes, "o")
    assert (x, y) == pytest.approx((1, at(data[plots.TRUTH], 1)))
    assert data[plots.QUIET][1][0] == f[0]
    assert f[-1] < 0.4 < 1.85 < f[0]


def test_adam_reaches_the_star_along_an_axis_and_creeps_across_the_axes(figures):
    paths = [axes.lines[0].get_xydata() for axes in figures("taylor")["turned"].axes]
    across = np.array([[1, 1], [-1, 1]]) / np.sqrt(2)  # rows: along the turned valley, across it
    np.testing.assert_allclose(across @ paths[1][0], paths[0][0])
    straight, turned = paths[0], paths[1] @ across.T
    assert np.linalg.norm(straight[-1]) < 0.01
    assert abs(turned[35:, 1]).max() < 0.1  # on the floor
    assert abs(straight[35:, 1]).max() < 0.1
    way = turned[0, 0] - turned[:, 0]
    assert 0 < way[-1] < 0.2
    np.testing.assert_allclose(way[:20], 0, atol=0.01)
    for axes, path in zip(figures("taylor")["turned"].axes, paths, strict=True):
        low, high = np.transpose([axes.get_xlim(), axes.get_ylim()])
        assert ((low < path) & (path < high)).all()
        np.testing.assert_array_equal(marks(axes, "*"), [[0, 0]])


def test_momentum_and_adam_come_down_together_between_descent_and_bfgs(figures):
    (axes,) = figures("taylor")["between"].axes
    curves_of = [line.get_xydata() for line in axes.lines[:5]]
    names = [text.get_text() for text in axes.texts]
    assert names == ["descent", "momentum", "Adam", "BFGS", "Newton"]
    assert [text.get_color() for text in axes.texts] == [
        plots.ink(line.get_color()) for line in axes.lines[:5]
    ]
    (dotted,) = [line for line in axes.lines if line.get_linestyle() == ":"]
    assert dotted.get_ydata()[0] == 1e-6
    last = {
        name: curve[curve[:, 1] > 1e-6][-1, 0] for name, curve in zip(names, curves_of, strict=True)
    }
    assert 920 <= last["descent"] <= 932
    assert 120 <= last["momentum"] <= last["Adam"] <= 140
    assert last["BFGS"] <= 40
    assert last["Newton"] <= 6
    for curve in curves_of[1:3]:  # a hump on the way
        falls = np.diff(curve[curve[:, 1] > 1e-3][:, 1])
        assert falls[0] < 0 < falls.max()

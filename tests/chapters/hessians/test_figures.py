"""What the figures and frames of the Hessians chapter claim, asserted on their data."""

import numpy as np
import pytest
from matplotlib import colors
from matplotlib.contour import QuadContourSet
from matplotlib.figure import Figure

from companion import plots
from companion.hessians import classify_critical_point
from companion.problems import (
    bowl,
    hill_and_hollow,
    himmelblau,
    monkey_saddle,
    rastrigin,
    saddle,
    valley,
)
from companion.widgets import SLIDERS
from companion.widgets import _pictures_hessians as pictures


def curves(axes):
    """The data of each curve, by its colour."""
    return {line.get_color(): np.array(line.get_data()) for line in axes.lines}


def vertices(axes):
    """The corners of the surfaces on three-dimensional axes, shape (3, k), and their colour."""
    return [(graph._faces.reshape(-1, 3).T, graph) for graph in axes.collections]


def slope(x, y):
    return np.polyfit(np.log(x), np.log(y), 1)[0]


@pytest.mark.parametrize("degrees", SLIDERS["direction"].values[[0, 9, 18, 21, 27, 33, 36]])
def test_a_direction_tells_its_curvature(degrees):
    expected = 6 + 12 * np.sin(np.radians(2 * degrees))
    figure = Figure()
    alt = pictures.direction(figure, degrees)
    said = f"{expected:+.2f}".replace("-", "−") if abs(expected) > 1e-9 else "0.00"
    assert f"angle {degrees:.0f}°: dᵀHd = {said};" in alt
    way = "neither up nor down" if abs(expected) < 1e-9 else "up" if expected > 0 else "down"
    assert alt.endswith(f"bends {way}.")
    plane, cut, curve = figure.axes
    assert plane.get_title() == f"angle {degrees:.0f}°"
    assert cut.get_title().endswith(f" = {said}")

    f, x = hill_and_hollow(), np.array([0.0, 1.0])
    d = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
    (arrow,) = [text for text in plane.texts if getattr(text, "arrow_patch", None)]
    np.testing.assert_allclose(np.subtract(arrow.xy, arrow.xyann), d, atol=1e-12)
    np.testing.assert_allclose(arrow.xyann, x)
    data = curves(cut)
    s, truth = data[plots.TRUTH]
    np.testing.assert_allclose(truth, [f(x + t * d) - f(x) for t in s], atol=1e-12)
    s, model = data[plots.MODEL]
    np.testing.assert_allclose(model, expected / 2 * s**2, atol=1e-9)
    angles, values = data_of(curve.lines[0])
    np.testing.assert_allclose(values, 6 + 12 * np.sin(np.radians(2 * angles)), atol=1e-12)
    np.testing.assert_allclose(data_of(curve.lines[-1]).ravel(), [degrees, expected], atol=1e-9)


def data_of(line):
    return np.array(line.get_data())


def test_the_extremes_of_the_direction_are_eigenvalues_and_are_among_its_values():
    figure = Figure()
    pictures.direction(figure, 90.0)
    *_, curve = figure.axes
    levels = sorted(line.get_ydata()[0] for line in curve.lines[1:4])
    np.testing.assert_allclose(levels, [-6, 0, 18])
    named = {text.xy[1]: text.get_text() for text in curve.texts}
    assert named == {
        levels[0]: r"$\lambda_{\min}$ = −6",
        0: "no bend",
        levels[2]: r"$\lambda_{\max}$ = +18",
    }
    _, values = data_of(curve.lines[0])
    np.testing.assert_allclose([values.min(), values.max()], [-6, 18])
    assert {45, 105, 135, 165} <= set(SLIDERS["direction"].values)


def test_the_contour_through_the_saddle_leaves_along_the_directions_without_curvature():
    f, x = hill_and_hollow(), np.array([0.0, 1.0])
    for degrees in (105, 165):
        t = np.radians(degrees)
        d = np.array([np.cos(t), np.sin(t)])
        h = np.array([1e-2, 1e-3])
        change = np.abs([f(x + k * d) - f(x) for k in h])
        assert slope(h, change) == pytest.approx(3, abs=0.01)


def test_the_dark_contour_of_the_slider_meets_itself_at_the_saddle():
    figure = Figure()
    pictures.direction(figure, 45.0)
    lines = figure.axes[0].collections[0]
    (level,) = np.flatnonzero(lines.levels == hill_and_hollow()(np.array([0.0, 1.0])))
    branches = lines.get_paths()[level].to_polygons(closed_only=False)
    gaps = [np.hypot(*(branch - [0, 1]).T).min() for branch in branches]
    assert len(gaps) == 3  # two, of which one makes room for its name
    assert sorted(gaps)[1] < 0.02  # of a window 2.2 wide


def test_the_contours_of_the_slider_are_named_by_what_they_rise_above_the_point():
    figure = Figure()
    pictures.direction(figure, 45.0)
    f, plane = hill_and_hollow(), figure.axes[0]
    named = [text for text in plane.texts if not getattr(text, "arrow_patch", None)]
    assert {text.get_text() for text in named} == {"−1", "0", "+1", "+3"}
    for text in named:
        place = np.array(text.get_position())
        rise = f(place) - f(np.array([0.0, 1.0]))
        assert rise == pytest.approx(float(text.get_text().replace("−", "-")), abs=0.1)


def test_a_step_along_an_axis_changes_the_gradient_by_nearly_h_times_a_column(figures):
    (axes,) = figures("hessians")["changes"].axes
    x, h = np.array([2.0, 0.5]), 0.5
    H = np.array([[1.0, 4.0], [4.0, -np.sin(0.5)]])

    def grad(x):
        return np.array([2 * x[0] * x[1], x[0] ** 2 + np.cos(x[1])])

    arrows = {}
    for text in axes.texts:
        if text.arrow_patch:
            way = np.array([text.xyann, np.subtract(text.xy, text.xyann)])
            hue = colors.to_hex(text.arrow_patch.get_edgecolor()).upper()
            arrows.setdefault(hue, []).append(way)
    size = np.linalg.norm(arrows[plots.GRADIENT][0][1]) / np.linalg.norm(grad(x))
    for start, vector in arrows[plots.GRADIENT]:
        np.testing.assert_allclose(vector, size * grad(start))
    (_, first), *new = arrows[plots.GRADIENT]
    drawn = zip(np.eye(2), arrows[plots.STEP], arrows[plots.QUIET], new, strict=True)
    for (e, step, old, (there, after)), (tip, change) in zip(
        drawn, arrows[plots.TRUTH], strict=True
    ):
        np.testing.assert_allclose(step, [x, h * e])
        np.testing.assert_allclose(old, [x + h * e, first])
        np.testing.assert_allclose(there, x + h * e)
        np.testing.assert_allclose([tip, tip + change], [there + first, there + after])
        column = size * h * H @ e
        assert np.linalg.norm(change - column) < 0.15 * np.linalg.norm(column)
    apart = [np.diff(ticks) for ticks in (axes.get_xticks(), axes.get_yticks())]
    np.testing.assert_allclose(np.concatenate(apart), h)
    across, up = arrows[plots.TRUTH][1][1][0], arrows[plots.TRUTH][0][1][1]
    assert across == pytest.approx(up, rel=0.15)  # about as much


def test_the_second_remainder_has_slopes_3_2_and_1(figures):
    data = curves(figures("hessians")["slopes"].axes[0])
    for color, expected in ((plots.TRUTH, 3), (plots.MODEL, 2), (plots.GRADIENT, 1)):
        h, remainder = data[color]
        assert slope(h[3:], remainder[3:]) == pytest.approx(expected, abs=0.05)


def test_bowl_valley_and_saddle_stand_above_their_contours(figures):
    axes = figures("hessians")["shapes"].axes
    shapes = bowl([1, 3]), valley(), saddle()
    for k, shape in enumerate(shapes):
        top, low = axes[2 * k : 2 * k + 2]
        assert top.get_title() == shape.name
        ((xyz, _),) = vertices(top)
        np.testing.assert_allclose(xyz[2], shape(xyz[:2]), atol=1e-12)
        if shape.name == "valley":  # over a square: on a disc it would look like the saddle
            np.testing.assert_allclose(
                [xyz[:2].min(axis=1), xyz[:2].max(axis=1)], [2 * [-1], 2 * [1]]
            )
        else:
            assert np.hypot(*xyz[:2]).max() <= 1 + 1e-12
        names = {float(text.get_text().replace("\N{MINUS SIGN}", "-")) for text in low.texts}
        assert names <= {-0.3, 0.15, 0.6}
        assert names
        assert xyz[2].max() == pytest.approx(0.5)
        assert xyz[2].min() == pytest.approx(-0.5 if shape.name == "saddle" else 0, abs=1e-3)
        (lines,) = low.collections
        for level, segments in zip(
            lines.levels, lines.allsegs if hasattr(lines, "allsegs") else [], strict=False
        ):
            for segment in segments:
                np.testing.assert_allclose(shape(segment.T), level, atol=2e-3)
        assert low.get_aspect() == 1
    ((xyz, _),) = vertices(axes[0])
    outside = shapes[0](1.001 * xyz[:2]) > 0.5  # the rim of the bowl is level
    np.testing.assert_allclose(xyz[2][outside], 0.5, atol=2e-3)
    assert outside.sum() >= 100
    lam = [np.linalg.eigvalsh(shape.hess(shape.x0)) for shape in shapes]
    np.testing.assert_allclose(lam, [[1, 3], [0, 1], [-1, 1]], atol=1e-12)


def test_minus_g_points_at_the_centre_of_a_circle_and_across_a_long_ellipse(figures):
    panels = figures("hessians")["round-and-long"].axes
    for axes, kappa in zip(panels, (1, 10), strict=True):
        f = bowl([1, kappa])
        lam, Q = np.linalg.eigh(f.hess(f.x0))
        long, short, steps, star = axes.lines
        tips = np.transpose([line.get_xydata()[1] for line in (long, short)])
        np.testing.assert_allclose(f(tips), 0.5)
        np.testing.assert_allclose(np.linalg.norm(tips, axis=0), 1 / np.sqrt(lam))
        np.testing.assert_allclose(f.hess(f.x0) @ tips, lam * tips, atol=1e-12)
        assert [line.get_color() for line in (long, short)] == 2 * [plots.QUIET]
        assert star.get_color() == plots.OPTIMUM
        assert star.get_xydata().tolist() == [[0, 0]]
        (lines,) = axes.collections
        dark = colors.to_rgb(plots.TRUTH)
        assert [
            level
            for level, hue in zip(lines.levels, lines.get_edgecolor(), strict=True)
            if tuple(hue[:3]) == dark
        ] == [0.5]
        (arrow,) = [text for text in axes.texts if getattr(text, "arrow_patch", None)]
        x, way = np.array(arrow.xyann), np.subtract(arrow.xy, arrow.xyann)
        assert f(x) == pytest.approx(0.5)
        g = f.grad(x)
        np.testing.assert_allclose(way / np.linalg.norm(way), -g / np.linalg.norm(g))
        names = [text.get_text() for text in axes.texts if not getattr(text, "arrow_patch", None)]
        assert names == ["1/√λ₁", "1/√λ₂", "$-g$"]
        walked, size = steps.get_xydata(), 1 if kappa == 1 else 0.18
        np.testing.assert_array_equal(walked[0], x)
        np.testing.assert_allclose(
            np.diff(walked, axis=0), [-size * f.grad(y) for y in walked[:-1]], atol=1e-12
        )
        to_centre = -way @ x / np.linalg.norm(way) / np.linalg.norm(x)
        if kappa == 1:
            assert to_centre == pytest.approx(1)
        else:
            across = abs(way @ Q[:, 1]) / np.linalg.norm(way)
            assert np.degrees(np.arccos(to_centre)) > 50
            assert np.degrees(np.arccos(across)) < 20


def quartic(x):
    return 3 * x**4 - 4 * x**3 - 12 * x**2


def test_the_pieces_touch_the_quartic_and_bend_as_it_does(figures):
    axes = figures("hessians")["sketched"].axes[0]
    bits = [data_of(line) for line in axes.lines if line.get_color() == plots.MODEL]
    dots = [data_of(line).ravel() for line in axes.lines if line.get_marker() == "o"]
    assert len(bits) == len(dots) == 5
    for (x, y), (a, height) in zip(bits, dots, strict=True):
        assert height == pytest.approx(quartic(a))
        c2, c1, c0 = np.polyfit(x - a, y, 2)
        assert c0 == pytest.approx(quartic(a))
        assert c1 == pytest.approx(12 * a * (a + 1) * (a - 2), abs=1e-9)
        assert 2 * c2 == pytest.approx(36 * a**2 - 24 * a - 24, abs=1e-9)
    np.testing.assert_allclose(dots[:3], [[-1, -5], [0, 0], [2, -32]])
    np.testing.assert_allclose([dot[0] for dot in dots[3:]], [-0.55, 1.22], atol=0.01)
    ends = sorted(end for x, _ in bits for end in (x[0], x[-1]))
    assert [end for x, _ in sorted(bits, key=lambda bit: bit[0][0]) for end in x[[0, -1]]] == ends
    names = sorted((text.xy[0], text.get_text()) for text in axes.texts)
    assert [name for _, name in names][:-1] == ["cup", "straight", "cap", "straight", "cup"]


def test_the_true_quartic_runs_through_all_pieces(figures):
    axes = figures("hessians")["sketched"].axes[0]
    (truth,) = [
        data_of(line)
        for line in axes.lines
        if line.get_color() == plots.TRUTH and line.get_marker() != "o"
    ]
    np.testing.assert_allclose(truth[1], quartic(truth[0]))
    for line in axes.lines:
        if line.get_marker() == "o":
            x, y = data_of(line).ravel()
            assert np.interp(x, *truth) == pytest.approx(y, abs=0.05)
    assert truth[1, 0] > 20
    assert truth[1, -1] > 20


def test_contours_of_the_four_models_nearly_meet_those_of_the_function(figures):
    left, *_ = figures("hessians")["landscape"].axes
    f, points = hill_and_hollow(), np.array([[1.0, 0], [0, 1], [0, -1], [-1, 0]])
    around, *small = left.collections
    assert len(small) == 4
    for level, path in zip(around.levels, around.get_paths(), strict=True):
        np.testing.assert_allclose(f(path.vertices.T), level, atol=0.02)
    circles = [data_of(line) for line in left.lines if line.get_linestyle() == "--"]
    for circle, x in zip(circles, points, strict=True):
        np.testing.assert_allclose(np.linalg.norm(circle.T - x, axis=1), 0.5)
    for lines, x in zip(small, points, strict=True):
        np.testing.assert_array_equal(lines.levels, around.levels)
        np.testing.assert_array_equal(lines.get_edgecolor()[0, :3], colors.to_rgb(plots.MODEL))
        assert f(x) in lines.levels
        for level, path in zip(lines.levels, lines.get_paths(), strict=True):
            if not len(path.vertices):
                continue
            d = path.vertices.T - x[:, None]
            assert np.linalg.norm(d, axis=0).max() <= 0.5
            height = f(x) + np.einsum("ik,ij,jk->k", d, f.hess(x), d) / 2
            np.testing.assert_allclose(height, level, atol=2e-3)
            error = np.abs(f(x[:, None] + d) - height).max()
            assert error < 1.1 * np.diff(lines.levels)[0]  # a contour's distance, at most
    kinds = [classify_critical_point(f.grad(x), f.hess(x)).kind for x in points]
    assert kinds == ["minimum", "saddle", "saddle", "maximum"]
    heights = [text for text in left.texts if text.get_text().lstrip("−").isdigit()]
    assert {text.get_text() for text in heights} == {"−3", "0", "3"}
    for text in heights:
        height = float(text.get_text().replace("−", "-"))
        assert f(np.array(text.get_position())) == pytest.approx(height, abs=0.15)
    names = [text for text in left.texts if " " in text.get_text()]
    dots = [line for line in left.lines if line.get_marker() == "o"]
    for kind, x, text, dot in zip(kinds, points, names, dots, strict=True):
        name, height = text.get_text().split()
        assert kind.startswith(name)
        assert float(height.replace("−", "-")) == f(x)
        assert np.linalg.norm(points - text.xy, axis=1).argmin() == points.tolist().index(
            x.tolist()
        )
        np.testing.assert_array_equal(data_of(dot).ravel(), x)


def test_a_saddle_is_a_cup_along_one_line_and_a_cap_along_the_other(figures):
    plane, *panels = figures("hessians")["landscape"].axes
    f, ways = hill_and_hollow(), [line for line in plane.lines if line.get_linestyle() == ":"]
    seen = []
    for axes, way in zip(panels, ways, strict=True):
        truth, *rest = axes.lines
        t, height = data_of(truth)
        x = data_of(way)
        np.testing.assert_allclose(height, f(x))
        np.testing.assert_allclose(np.linalg.norm(x - x[:, :1], axis=0), t - t[0], atol=1e-12)
        for piece, dot, text in zip(rest[::2], rest[1::2], axes.texts, strict=True):
            assert piece.get_color() == plots.MODEL
            ((at,), (level,)) = data_of(dot)
            point = x[:, 0] + (at - t[0]) * (x[:, -1] - x[:, 0]) / (t[-1] - t[0])
            np.testing.assert_allclose(f.grad(point), 0, atol=1e-12)
            lam, slope, middle = np.polyfit(data_of(piece)[0] - at, data_of(piece)[1], 2)
            np.testing.assert_allclose([slope, middle], [0, level], atol=1e-9)
            assert np.isclose(np.linalg.eigvalsh(f.hess(point)), 2 * lam).any()
            name = f"{'cup' if lam > 0 else 'cap'}, λ = {2 * lam:.0f}".replace("-", "−")
            assert text.get_text() == name
            seen.append((*point.round(9), name.split(",")[0]))
    assert seen == [(-1, 0, "cap"), (0, 1, "cup"), (0, 1, "cap"), (1, 0, "cup")]


def test_three_curves_share_what_the_test_sees_and_the_monkey_has_three_ways_down(figures):
    left, right = figures("hessians")["inconclusive"].axes
    data = curves(left)
    for color, power, sign in ((plots.TRUTH, 3, 1), (plots.STEP, 4, 1), (plots.GRADIENT, 4, -1)):
        t, y = data[color]
        np.testing.assert_allclose(y, sign * t**power)
    (drawn,) = [lines for lines in right.collections if isinstance(lines, QuadContourSet)]
    f = monkey_saddle()
    for level, path in zip(drawn.levels, drawn.get_paths(), strict=True):
        np.testing.assert_allclose(f(path.vertices.T), level, atol=2e-3)
    arrows = [text for text in right.texts if getattr(text, "arrow_patch", None)]
    assert len(arrows) == 3
    for arrow in arrows:
        r = np.hypot(*arrow.xy)
        assert f(np.array(arrow.xy)) == pytest.approx(-(r**3))  # as steep as can be
    t = np.linspace(0, 2 * np.pi, 1000, endpoint=False)
    below = f(np.stack([np.cos(t), np.sin(t)])) < 0
    assert np.sum(below & ~np.roll(below, 1)) == 3


def test_himmelblau_has_nine_critical_points_and_rastrigin_eleven_minima(figures):
    left, right = figures("hessians")["many-minima"].axes
    found = {"*": [], "X": [], "^": []}
    for line in left.lines:
        found[line.get_marker()].append(data_of(line).ravel())
    f = himmelblau()
    for marker, kind, count in (("*", "minimum", 4), ("X", "saddle", 4), ("^", "maximum", 1)):
        assert len(found[marker]) == count
        for x in found[marker]:
            assert np.abs(f.grad(x)).max() < 0.05  # rounded to four decimals
            assert classify_critical_point([0, 0], f.hess(x)).kind == kind
    curve, star = right.lines
    t, y = data_of(curve)
    np.testing.assert_allclose(y, rastrigin(1)(t[None]))
    inside = np.flatnonzero((y[1:-1] < y[:-2]) & (y[1:-1] < y[2:])) + 1
    assert len(inside) == 11
    assert data_of(star).ravel().tolist() == [0, 0]
    assert star.get_color() == plots.OPTIMUM


def test_the_patient_descent_turns_near_the_saddle_and_wakes_a_unit(figures):
    (axes,) = figures("hessians")["patience"].axes
    path, stop, saddle = (data_of(line) for line in axes.lines)
    size, loss = path
    assert (np.diff(loss) <= 0).all()  # a descent
    turn = size.argmin()
    assert (np.diff(size[1:turn]) < 0).all()
    assert (np.diff(size[turn:]) > 0).mean() > 0.9
    assert saddle[0] == pytest.approx(0, abs=1e-3)
    assert 0.03 < size[turn] < 0.15  # near the saddle, not at it
    assert abs(loss[turn] - saddle[1]) < 1.5e-4
    assert stop[0] > size[turn]  # the impatient one had stopped before
    assert stop[1] > loss[turn]
    assert (size < 0.25).sum() >= 4  # the dots crowd, as at the end
    assert size[-1] > 1.2
    assert loss[-1] < saddle[1] - 2e-4


def test_the_spectrum_loses_its_negative_part_in_training(figures):
    (axes,) = figures("hessians")["spectra"].axes
    rows = {}
    for line in axes.lines:
        if line.get_marker() == "|" and len(line.get_xdata()):
            (row,) = set(line.get_ydata())
            rows.setdefault(int(-row), []).append(line)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["start", "saddle", "trained"]
    start, at_saddle, trained = (
        np.concatenate([line.get_xdata() for line in rows[row]]) for row in range(3)
    )
    assert len(start) == len(at_saddle) == len(trained) == 97
    assert (start < -1e-4).sum() == 25
    assert (at_saddle < 0).sum() == 1
    assert trained.min() > 0
    assert np.median(np.abs(trained)) < 0.01
    for row in (1, 2):
        (outliers,) = [line for line in rows[row] if line.get_color() == plots.TRUTH]
        assert len(outliers.get_xdata()) == 3
        bulk = np.sort(np.setdiff1d((at_saddle, trained)[row - 1], outliers.get_xdata()))
        assert outliers.get_xdata().min() - bulk[-1] > 5 * np.diff(bulk[-10:]).mean()
    assert np.abs(start).max() < axes.get_xlim()[1]


def test_each_mend_makes_the_long_bowl_shorter(figures):
    (axes,) = figures("hessians")["long-bowls"].axes
    assert [text.get_text() for text in axes.get_yticklabels()] == [
        "raw",
        "standardized",
        "+ decay",
        "+ fit",
    ]
    raw, standardized, decay, end = (line.get_xdata() for line in axes.lines)
    np.testing.assert_array_equal([line.get_ydata()[0] for line in axes.lines], [0, -1, -2, -3])
    np.testing.assert_allclose(decay, standardized + 1e-3)
    ends = np.array([lam[[0, -1]] for lam in (raw, standardized, decay, end)])
    np.testing.assert_allclose(
        ends, [[1.8e-6, 1.4e5], [7.1e-5, 1.37], [1.07e-3, 1.37], [1.01e-3, 0.135]], rtol=0.05
    )
    kappa = ends[:, 1] / ends[:, 0]
    assert (np.diff(kappa) < 0).all()
    np.testing.assert_allclose(kappa, [8e10, 2e4, 1280, 134], rtol=0.1)
    low, high = axes.get_xlim()
    assert low < ends.min()
    assert ends.max() < high
    assert axes.get_xscale() == "log"
    names = [text.get_text() for text in axes.texts]
    assert names == ["κ = 8·10¹⁰", "κ = 2·10⁴", "κ = 1280", "κ = 134"]


def test_two_beads_stand_apart_from_the_chain_and_are_found_first(figures):
    (axes,) = figures("hessians")["chain"].axes
    (band,) = axes.patches
    np.testing.assert_allclose([band.get_y(), band.get_y() + band.get_height()], [2, 3])
    lifted, stretched, *columns = axes.lines
    ends = [line.get_ydata()[0] for line in (lifted, stretched)]
    np.testing.assert_allclose(ends, [-0.541381, 11.513878], atol=1e-6)
    for k, dots in enumerate(columns, start=1):
        products, theta = data_of(dots)
        assert set(products) == {k}
        assert len(theta) == k
        if k >= 8:
            np.testing.assert_allclose([theta.min(), theta.max()], ends, atol=1e-3)
            assert ((theta >= 2) & (theta <= 3)).sum() == k - 2
    assert [text.get_text() for text in axes.texts] == [
        "all others\n2 to 3",
        "lifted\n−0.54",
        "stretched\n11.51",
    ]


def test_ritz_values_settle_from_the_outside_in(figures):
    (axes,) = figures("hessians")["ritz-values"].axes
    apart = np.array([-2, -1.5, 1.6, 2.5])
    lam = np.concatenate([apart, np.linspace(-1, 1, 496)])
    sure, open_ = [
        np.concatenate([data_of(line).T for line in axes.lines if line.get_color() == color])
        for color in (plots.STEP, plots.TRUTH)
    ]
    for k in range(1, 31):
        assert (sure[:, 0] == k).sum() + (open_[:, 0] == k).sum() == k
    assert np.abs(sure[:, 1:] - lam).min(axis=1).max() <= 0.02
    first = [sure[np.abs(sure[:, 1] - value) < 0.02, 0].min() for value in apart]
    assert 9 <= min(first) <= max(first) <= 14  # each from then on
    for value, k in zip(apart, first, strict=True):
        assert (np.abs(sure[:, 1] - value) < 0.02).sum() == 31 - k
    assert sure[np.abs(sure[:, 1]) < 1.1, 0].min() > 20  # the crowd comes later
    assert np.abs(sure[np.abs(sure[:, 1]) < 1.1, 1]).min() > 0.9  # and from its rims


def test_without_orthogonality_there_are_ever_more_values_outside(figures):
    (axes,) = figures("hessians")["ghosts"].axes
    data = curves(axes)
    k, full = data[plots.STEP]
    _, bare = data[plots.MODEL]
    assert (full[k >= 15] == 4).all()
    np.testing.assert_array_equal(full[:20], bare[:20])
    assert (bare[(k >= 15) & (k <= 26)] == 4).all()
    assert bare[-1] >= 10
    assert bare.max() < axes.get_ylim()[1]
    assert [text.get_text() for text in axes.texts] == ["full", "bare"]


def test_outliers_are_those_of_gauss_newton_and_signs_those_of_the_rest(figures):
    panels = figures("hessians")["two-parts"].axes
    assert [axes.get_title() for axes in panels] == ["start", "trained"]
    spectra = []
    for axes in panels:
        strokes = [line for line in axes.lines if line.get_marker() == "|"]
        assert [line.get_color() for line in strokes] == [plots.TRUTH, plots.MODEL, plots.QUIET]
        H, G, S = (line.get_xdata() for line in strokes)
        assert len(H) == len(G) == len(S) == 97
        assert G.min() > -1e-10
        moved = H - 1e-3 - G  # Weyl
        assert S[0] - 1e-6 <= moved.min()
        assert moved.max() <= S[-1] + 1e-6
        assert axes.get_xlim()[0] < min(H[0], S[0])
        assert max(H[-1], S[-1]) < axes.get_xlim()[1]
        spectra.append((H, G, S))
    (H, _, S), (H_end, G_end, S_end) = spectra
    assert (H < -1e-4).sum() == 25
    assert (S < -0.25).sum() == (S > 0.25).sum() == 8
    assert H_end[0] > 0
    assert S_end[-1] - S_end[0] < 0.06
    assert (G_end > 0.15).sum() == (H_end > 0.15).sum() == 3

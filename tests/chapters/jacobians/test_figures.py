"""What the figures and frames of the Jacobians chapter claim, asserted on their data."""

import re
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from solutions import BOOK, cells

from companion import plots
from companion.problems.maps import bend, magnify, polar
from companion.widgets import SLIDERS
from companion.widgets import _pictures_jacobians as pictures


def curves(axes):
    """The data of each curve, by its colour."""
    return {line.get_color(): np.array(line.get_data()) for line in axes.lines}


def slope(x, y):
    return np.polyfit(np.log(x), np.log(y), 1)[0]


@pytest.mark.parametrize("h", SLIDERS["neighbourhood"].values[[0, 34, -1]])
def test_the_neighbourhood_tells_its_numbers(h):
    x = np.array([2.0, 0.5])
    gap = magnify(bend, bend.jac(x), x, h).gap
    figure = Figure()
    alt = pictures.neighbourhood(figure, h)
    assert f"h = {h:.3g}:" in alt
    assert f"at most {gap:.2g} apart, which is {gap / h:.2g} times h" in alt
    domain, image = figure.axes
    assert domain.get_title() == f"half-width h = {h:.3g}"
    assert image.get_title() == f"error {gap:.2g} = {gap / h:.2g} h"
    square = np.array([line.get_xdata() for line in domain.lines[:7]])
    assert np.ptp(square) == pytest.approx(2 * h)
    if h < 0.25:  # a dot: once more, magnified, and clear of it
        (glass,) = domain.child_axes
        np.testing.assert_array_equal([line.get_xdata() for line in glass.lines[:7]], square)
        assert glass.get_xlabel() == f"× {1 / h:.0f}"
        assert square.max() < 0.8 + 0.6 * 2.4


def test_h_times_a_column_leads_nearly_to_where_the_outputs_come(figures):
    left, right = figures("jacobians")["columns"].axes
    x, h = np.array([2.0, 0.5]), 0.5
    J = np.array([[2.0, 4.0], [5.0, np.cos(0.5)]])

    def ways(axes):
        patches = [text for text in axes.texts if text.arrow_patch]
        return [(text.xyann, np.subtract(text.xy, text.xyann)) for text in patches]

    dots = [line.get_xydata()[0] for line in right.lines]
    for e, (start, step), (bent, along), dot in zip(
        np.eye(2), ways(left), ways(right), dots, strict=True
    ):
        np.testing.assert_allclose([start, step], [x, h * e])
        np.testing.assert_allclose([bent, along], [bend(x), h * J @ e])
        np.testing.assert_allclose(dot, bend(x + h * e))
        off = np.linalg.norm(dot - bent - along)
        assert 0.03 * np.linalg.norm(along) < off < 0.05 * np.linalg.norm(along)


def test_the_right_matrix_leaves_slope_2_and_a_wrong_one_bends_to_slope_1(figures):
    data = curves(figures("jacobians")["slopes"].axes[0])
    h, right = data[plots.TRUTH]
    assert slope(h, right) == pytest.approx(2, abs=0.05)
    h, wrong = data[plots.MODEL]
    assert slope(h[:8], wrong[:8]) == pytest.approx(1, abs=0.02)
    assert slope(h[-4:], wrong[-4:]) == pytest.approx(2, abs=0.1)
    bend_at = h[np.argmax(wrong > 2 * 0.01 * h)]
    assert 5e-4 < bend_at < 8e-3


def test_two_ways_lead_from_r_to_the_first_output_and_their_products_add_up(figures):
    axes = figures("jacobians")["ways"].axes[0]
    coloured = [
        text
        for text in axes.texts
        if text.arrow_patch and text.arrowprops["color"] == plots.GRADIENT
    ]
    ends = {tuple(np.round([*text.xyann, *text.xy]).astype(int)) for text in coloured}
    assert ends == {(0, 0, 1, 0), (0, 0, 1, -1), (1, 0, 2, 0), (1, -1, 2, 0)}
    told, p = [], np.array([2.0, 0.3])
    x, y = polar(p)
    meant = {"cos 0.3": np.cos(0.3), "sin 0.3": np.sin(0.3), "$2xy$": 2 * x * y, "$x^2$": x**2}
    for text in axes.texts:
        if "\n= " in text.get_text():
            formula, number = text.get_text().split("\n= ")
            assert float(number) == pytest.approx(meant.pop(formula), abs=5e-5)
            told.append(float(number))
    assert not meant
    by_x, by_y = np.array([polar.jac(p)[:, 0], bend.jac(polar(p))[0]]).T
    np.testing.assert_allclose(sorted(told), sorted([*by_x, *by_y]), atol=5e-5)
    *parts, whole = map(float, re.findall(r"\d\.\d{4}", axes.get_title()))
    assert axes.get_title().startswith("by $x$")
    np.testing.assert_allclose(parts, [np.prod(by_x), np.prod(by_y)], atol=5e-5)
    assert whole == pytest.approx((bend.jac(polar(p)) @ polar.jac(p))[0, 0], abs=5e-5)


def test_the_outer_shaded_cell_is_19_tenths_of_the_inner(figures):
    domain, image = figures("jacobians")["areas"].axes
    assert len(domain.patches) == len(image.patches) == 2

    def area(patch):
        x, y = patch.get_xy()[:-1].T
        return abs(x @ np.roll(y, 1) - y @ np.roll(x, 1)) / 2

    inner, outer = map(area, domain.patches)
    assert outer == pytest.approx(inner)
    inner, outer = map(area, image.patches)
    assert outer / inner == pytest.approx(17 / 9, abs=1e-3)  # arcs, not chords
    corners = domain.patches[1].get_xy()[:-1]
    assert corners[:, 0].mean() == pytest.approx(2.1, abs=0.05)
    np.testing.assert_allclose(polar(corners.T).T, image.patches[1].get_xy()[:-1])


def test_the_v_is_the_sum_of_what_is_left_out_and_what_is_rounded_off(figures):
    axes = figures("jacobians")["v-curve"].axes[0]
    left_out, rounded = [line.get_data() for line in axes.lines if line.get_linestyle() == "--"]
    assert slope(*left_out) == pytest.approx(1)
    assert slope(*rounded) == pytest.approx(-1)
    h, bound = left_out[0], left_out[1] + rounded[1]
    (star,) = [line.get_xydata()[0] for line in axes.lines if line.get_marker() == "*"]
    np.testing.assert_allclose(star, [2e-8, 2.5e-8], rtol=0.2)
    assert star[1] <= bound.min() == pytest.approx(star[1], rel=0.06)
    assert h[np.argmin(bound)] == pytest.approx(star[0], rel=0.5)  # as far as steps are apart
    error = curves(axes)[plots.TRUTH][1]
    assert np.all(error < 2 * bound)  # the worst of some steps, up to 1.4 h
    large = (h > 1e-6) & (h < 1e-2)
    np.testing.assert_allclose(error[large], 1.4 * left_out[1][large], rtol=0.05)
    small = h < 1e-10
    assert slope(h[small], error[small]) == pytest.approx(-1, abs=0.1)
    told = {text.get_text(): text.xy for text in axes.texts}
    assert told.keys() == {"left out", "rounded off", "error", "least bound"}
    assert told["left out"][0] > star[0] > told["rounded off"][0]


def test_central_differences_make_a_lower_v_and_the_complex_step_makes_none(figures):
    axes = figures("jacobians")["v-curves"].axes[0]
    data = curves(axes)
    (star,) = [line.get_xydata()[0] for line in axes.lines if line.get_marker() == "*"]
    np.testing.assert_allclose(star, [7e-6, 3e-11], rtol=0.2)
    for color, (best, error) in ((plots.TRUTH, (2e-8, 2.5e-8)), (plots.STEP, star)):
        h, errors = data[color]
        assert best / 10 < h[np.argmin(errors)] < best * 10
        assert error / 30 < errors.min() < error * 3
    h, errors = data[plots.GRADIENT]
    assert errors[h < 1e-8].max() < 1e-15
    large = h > 1e-4
    np.testing.assert_allclose(errors[large], data[plots.STEP][1][large], rtol=0.3)


def number(text):
    """What a sum, product or cosine in the picture of the tape comes to."""
    text = re.sub(r"(cos|sin) 4", r"\1(4)", text.split("=")[0].replace("\n", " "))
    return eval(re.sub(r"(\d) (?=cos|sin)", r"\1 * ", text), {"cos": np.cos, "sin": np.sin})


def test_slopes_multiply_along_the_edges_of_the_tape_and_add_where_these_meet(figures):
    for axes, way, color in zip(
        figures("jacobians")["tape"].axes, (1, -1), (plots.STEP, plots.GRADIENT), strict=True
    ):
        arrived = {}
        for text in axes.texts:
            if text.get_color() == plots.ink(color):
                arrived[text.xy[0]] = number(text.get_text())
                for told in re.findall(r"= (.+)", text.get_text().replace("−", "-")):
                    assert float(told) == pytest.approx(number(text.get_text()), abs=5e-5)
        boxed = [text.get_text() for text in axes.texts if text.get_bbox_patch()]
        np.testing.assert_allclose([number(text) for text in boxed], [2, 4, np.sin(4)])
        brought = {place: [] for place in arrived}
        edges = arrows(axes)
        labels = [text for text in axes.texts if text.get_text().startswith("×")]
        for (tail, vector), text in zip(edges, labels, strict=True):
            assert np.sign(vector[0]) == way
            np.testing.assert_allclose(tail + vector / 2, text.xy)
            source, target = np.rint([tail[0], tail[0] + vector[0]])
            brought[target].append(arrived[source] * number(text.get_text()[2:]))
        start = min(arrived, key=lambda place: way * place)
        assert arrived[start] == 1
        assert sorted(map(len, brought.values())) == [0, 1, 2]  # 2 was used twice
        for place in arrived.keys() - {start}:
            assert arrived[place] == pytest.approx(sum(brought[place]))
        assert arrived[max(arrived, key=lambda place: way * place)] == pytest.approx(4 * np.cos(4))


def test_the_picture_of_the_tape_says_what_the_run_leaves_on_it(figures):
    page, found = BOOK / "jacobians/without_a_step.ipynb", {"np": np, "print": lambda text: None}
    for cell in cells(page):
        if "tape" in cell["source"]:
            exec(compile(cell["source"], page.stem, "exec"), found)
    tape, axes = found["tape"], figures("jacobians")["tape"].axes[1]
    values = [text for text in axes.texts if text.get_bbox_patch()]
    adjoints = [text for text in axes.texts if text.get_color() == plots.ink(plots.GRADIENT)]
    for k, (entry, value, adjoint) in enumerate(zip(tape, values, adjoints, strict=True)):
        assert value.xy == adjoint.xy == (k, 0)
        assert number(value.get_text()) == pytest.approx(entry.a)
        assert number(adjoint.get_text()) == pytest.approx(entry.adjoint)
    drawn = [
        (*np.rint([tail[0], tail[0] + vector[0]]), number(text.get_text()[2:]))
        for (tail, vector), text in zip(
            arrows(axes),
            [text for text in axes.texts if text.get_text().startswith("×")],
            strict=True,
        )
    ]
    passed = [
        (tape.index(entry), tape.index(source), slope)
        for entry in tape
        for source, slope in entry.sources
    ]
    np.testing.assert_allclose(drawn, passed)


def test_each_product_of_the_layer_fits_and_gives_the_adjoint_its_shape(figures):
    axes = figures("jacobians")["layer"].axes[0]
    boxes = [patch.get_xy()[:-1] for patch in axes.patches]
    centers = np.array([box.mean(axis=0) for box in boxes])
    told = [text.get_text().split("\n") for text in axes.texts if "\n" in text.get_text()]
    shapes = {}
    for box, (name, shape) in zip(boxes, told, strict=True):
        shapes[name] = tuple(map(int, shape.split(" × ")))
        assert shapes[name] == tuple(np.ptp(box, axis=0)[::-1])
    names, rows = list(shapes), {"X": (64, 20), "W1": (20, 12), "W2": (12, 5)}
    assert {name: shapes[name] for name in rows} == rows
    assert (
        shapes["U_bar"] == (eval("X @ W1", {k: np.zeros(shape) for k, shape in rows.items()})).shape
    )
    assert shapes["Z_bar"] == shapes["P"]
    for name in ("A", "W1", "W2"):
        assert shapes[name] == shapes[f"{name}_bar"]
        above, below = centers[[names.index(name), names.index(f"{name}_bar")]]
        assert above[0] == below[0]
        assert above[1] > below[1]

    def nearest(point):
        gaps = [
            np.maximum(abs(box.mean(axis=0) - point) - np.ptp(box, axis=0) / 2, 0) for box in boxes
        ]
        return names[np.argmin(np.linalg.norm(gaps, axis=1))]

    texts = {text.get_text(): text.xy for text in axes.texts}
    products = {"@ W1, tanh": ("X", "A"), "@ W2, softmax": ("A", "P"), "@ W2.T": ("Z_bar", "A_bar")}
    products |= {"A.T @": ("Z_bar", "W2_bar"), "X.T @": ("U_bar", "W1_bar")}
    products |= {"(P − Y) / N": ("P", "Z_bar"), "* (1 − A²)": ("A_bar", "U_bar")}
    upright = [tail for tail, vector in arrows(axes) if vector[0] == 0 and tail[1] > 0]
    weights = centers[[names.index("W1"), names.index("W2")]]
    np.testing.assert_array_equal([tail[0] for tail in upright], weights[:, 0])  # from above
    drawn = {
        (nearest(tail), nearest(tail + vector)): tail + vector / 2
        for tail, vector in arrows(axes)
        if vector[0] or tail[1] < 0
    }
    assert drawn.keys() == {*products.values()}
    matrices = {name: np.zeros(shape) for name, shape in shapes.items()}
    for text, (source, target) in products.items():
        np.testing.assert_allclose(texts[text], drawn[source, target])  # each at its own arrow
        product = text.split(",")[0]
        if "@" in product:
            whole = f"{product} {source}" if product.endswith("@") else f"{source} {product}"
            assert eval(whole, matrices).shape == shapes[target]


def test_the_remainder_has_slope_2_with_the_right_gradient_and_1_with_the_wrong(figures):
    data = curves(figures("jacobians")["remainder"].axes[0])
    for color, expected in ((plots.TRUTH, 2), (plots.GRADIENT, 1)):
        h, remainder = data[color]
        clear = (h > 1e-6) & (h < 1e-2)
        assert slope(h[clear], remainder[clear]) == pytest.approx(expected, abs=0.05)
    h, right = data[plots.TRUTH]
    wrong = data[plots.GRADIENT][1]
    # A sum of 20 logarithms and a square, of size 30, is right to some roundings of that size.
    rounding = 20 * 30 * 2.0**-53
    assert right[h < 1e-9].max() < rounding < 0.1 * wrong[0]


def test_the_drawn_arm_has_its_lengths_and_its_angles(figures):
    axes = figures("jacobians")["arm"].axes[0]
    told = {text.get_text(): np.array(text.xy) for text in axes.texts}
    (links,) = (line.get_xydata() for line in axes.lines if line.get_color() == plots.STEP)
    (shoulder, elbow, hand), guides = links, []
    np.testing.assert_allclose([told["shoulder"], told["elbow"], told["hand"]], links)
    np.testing.assert_allclose(told["$l_1$"], (shoulder + elbow) / 2)
    np.testing.assert_allclose(told["$l_2$"], (elbow + hand) / 2)
    guides = [line.get_xydata() for line in axes.lines if line.get_color() == plots.QUIET]
    arcs = [line.get_xydata() for line in axes.lines if line.get_color() == plots.TRUTH]
    turns = (elbow - shoulder, hand - elbow)
    for joint, turn, guide, arc, name in zip(links, turns, guides, arcs, "12", strict=False):
        np.testing.assert_allclose(guide[0], joint)  # measured from the guide to the link
        for end, way in ((0, guide[1] - guide[0]), (-1, turn)):
            along = arc[end] - joint
            assert along @ way == pytest.approx(np.linalg.norm(along) * np.linalg.norm(way))
        middle = arc[len(arc) // 2]
        np.testing.assert_allclose(told[rf"$\theta_{name}$"], middle)
    level, extended = (guide[1] - guide[0] for guide in guides)
    assert level[1] == 0 < level[0]
    assert extended @ turns[0] == pytest.approx(np.linalg.norm(extended) * np.linalg.norm(turns[0]))


def test_the_hand_stays_on_its_line_while_the_arm_moves(figures):
    *arms, line = figures("jacobians")["reaching"].axes[0].lines
    assert len(arms) == 5
    start, end = np.transpose(line.get_data())[[0, -1]]
    assert start[0] > end[0]
    assert start[1] < end[1]
    across = np.array([start[1] - end[1], end[0] - start[0]]) / np.linalg.norm(end - start)
    for arm in arms:
        assert abs((np.transpose(arm.get_data())[-1] - start) @ across) < 5e-3
    alphas = [arm.get_alpha() for arm in arms]
    assert alphas == sorted(alphas)


def test_no_row_of_the_coloured_band_meets_a_colour_twice(figures):
    pattern, compressed = figures("jacobians")["coloring"].axes
    left = [(*map(int, text.get_position()), int(text.get_text())) for text in pattern.texts]
    right = [(*map(int, text.get_position()), int(text.get_text())) for text in compressed.texts]
    assert len(left) == len(right) == 34  # three squares a row, two in the first and the last
    assert all(abs(i - j) <= 1 and color == j % 3 for j, i, color in left)
    assert len({(i, color) for _, i, color in left}) == 34
    assert sorted((i, color) for _, i, color in left) == sorted((i, j) for j, i, _ in right)
    assert all(j == color for j, _, color in right)


def test_one_pass_fills_a_column_and_one_sweep_a_row_of_as_many_as_are_told(figures):
    axes = figures("jacobians")["rectangles"].axes
    for ax, (m, n) in zip(axes, ((8, 2), (2, 8)), strict=True):
        told = f"$n={n}$ inputs, $m={m}$ outputs:\n{n} passes or {m} sweeps"
        assert ax.get_title() == told
        column, row = (np.ptp(patch.get_xy(), axis=0) for patch in ax.patches)
        np.testing.assert_array_equal([column, row], [[1, m], [n, 1]])
        assert [patch.get_facecolor() for patch in ax.patches] == [
            to_rgba(color, 0.6) for color in (plots.STEP, plots.GRADIENT)
        ]
        lines = np.array([line.get_xydata()[[0, -1]] for line in ax.lines])
        upright, level = (np.sum(np.ptp(lines, axis=1)[:, k] == 0) for k in (0, 1))
        assert (upright, level) == (n + 1, m + 1)
        assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first row on top


@pytest.mark.parametrize("degrees", SLIDERS["compass"].values)
def test_the_compass_tells_the_slope_along_its_heading(degrees):
    figure, g = Figure(), np.array([3, 4])
    d = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
    alt = pictures.compass(figure, degrees)
    assert f"gᵀd = {round(g @ d, 9) + 0.0:.2f}, of at most 5.00" in alt
    assert alt.split()[-1] == (
        "level." if abs(g @ d) < 1e-9 else "climbs." if g @ d > 0 else "falls."
    )
    *_, dot = figure.axes[1].lines
    np.testing.assert_allclose(np.ravel(dot.get_data()), [degrees, g @ d], atol=1e-8)
    (curve,) = (line for line in figure.axes[1].lines if line.get_color() == plots.TRUTH)
    assert np.abs(curve.get_ydata()).max() == pytest.approx(5, rel=1e-3)


@pytest.mark.parametrize("degrees", SLIDERS["compass"].values[::4])
def test_no_name_of_the_compass_meets_an_arrow_or_a_line(degrees):
    with plt.rc_context(plots.STYLE):
        figure = Figure()
        renderer = FigureCanvasAgg(figure).get_renderer()
        pictures.compass(figure, degrees)
    plane, curve = figure.axes
    assert "-" not in curve.get_title()
    figure.draw_without_rendering()
    names = [text for text in plane.texts if text.get_text()]
    assert [text.get_text() for text in names] == [r"$0.4\,g$", "$d$"]
    boxes = [text.get_window_extent(renderer).padded(2) for text in names]
    for tail, vector in arrows(plane):
        along = plane.transData.transform(tail + np.linspace(0, 1, 101)[:, None] * vector)
        assert not any(box.count_contains(along) for box in boxes)
    assert not boxes[0].overlaps(boxes[1])
    assert all(text.get_bbox_patch().get_facecolor() == (1, 1, 1, 1) for text in names)
    for text in curve.texts:
        left = curve.transData.inverted().transform(text.get_window_extent(renderer))[0, 0]
        if text.get_text():
            assert all(
                line.get_xdata().max() < left for line in curve.lines if line.get_xdata().size
            )


def test_the_compass_stops_where_the_slope_is_greatest_least_and_none():
    slopes = {
        f"{degrees:.0f}": pictures.compass(Figure(), degrees) for degrees in pictures.HEADINGS
    }
    assert [text.split(": ")[1].split(",")[0] for text in slopes.values()] == [
        "gᵀd = 5.00",
        "gᵀd = 0.00",
        "gᵀd = -5.00",
        "gᵀd = 0.00",
    ]


def arrows(axes):
    """Tail and vector of each arrow."""
    pairs = [(text.xyann, text.xy) for text in axes.texts if text.arrow_patch]
    return [(np.array(tail), np.subtract(tip, tail)) for tail, tip in pairs]


def test_the_arrows_are_at_right_angles_to_their_level_line_and_mostly_miss_the_lowest_point(
    figures,
):
    axes = figures("jacobians")["level-lines"].axes[0]
    found = arrows(axes)
    assert len(found) == 3
    on_axes = 0
    for (x, y), arrow in found:
        assert x**2 / 2 + 2 * y**2 == pytest.approx(6.5)
        tangent = np.array([-4 * y, x])
        np.testing.assert_allclose(arrow, -np.array([x, 4 * y]) / 5, atol=1e-9)
        assert abs(arrow @ tangent) < 1e-9
        on_axes += abs(x * arrow[1] - y * arrow[0]) < 1e-9
    assert on_axes == 1
    dashed = [line.get_xydata() for line in axes.lines if line.get_linestyle() == "--"]
    for (tail, arrow), (start, nearest) in zip(found, dashed, strict=True):
        np.testing.assert_allclose(start, tail)
        onward = nearest - start
        assert arrow[0] * onward[1] - arrow[1] * onward[0] == pytest.approx(0, abs=1e-9)
        assert nearest @ arrow == pytest.approx(0, abs=1e-9)  # no point of the line is nearer to 0
        assert onward @ arrow > arrow @ arrow  # beyond the tip
    dots = [line.get_xydata()[0] for line in axes.lines if line.get_marker() == "o"]
    np.testing.assert_array_equal(dots, [nearest for _, nearest in dashed])
    misses = sorted(np.linalg.norm(nearest) for _, nearest in dashed)
    assert misses[0] < 1e-9
    assert misses[1] > 1.4
    tails = sorted(np.sort(line[:, 0]).tolist() for line in dashed)
    assert all(one[1] < other[0] for one, other in pairwise(tails))  # apart


def test_cross_entropy_pulls_where_the_squared_error_has_died(figures):
    data = curves(figures("jacobians")["pull"].axes[0])
    z, entropy = data[plots.GRADIENT]
    squares = data[plots.MODEL][1]
    p = 1 / (1 + np.exp(-z))
    losses = [lambda z: np.log1p(np.exp(-z)), lambda z: (1 / (1 + np.exp(-z)) - 1) ** 2 / 2]
    for slopes, loss in zip((entropy, squares), losses, strict=True):
        h = 1e-5
        np.testing.assert_allclose(slopes, (loss(z + h) - loss(z - h)) / (2 * h), atol=1e-9)
    assert entropy[0] < -0.9999
    assert abs(squares[0]) < 1e-4
    assert np.abs(squares).max() == pytest.approx(4 / 27, abs=1e-3)
    assert p[0] < 1e-4


def test_rows_grow_or_shrink_like_powers(figures):
    (axes,) = figures("jacobians")["depth"].axes
    measured = [line.get_ydata() for line in axes.lines if line.get_color() == plots.GRADIENT]
    powers = [line.get_ydata() for line in axes.lines if line.get_color() == plots.QUIET]
    for s, length, power in zip((0.8, 1.0, 1.25), measured, powers, strict=True):
        np.testing.assert_allclose(power, s ** np.arange(61))
        # The logarithm of a length has a standard deviation of √(k/2n) after k layers of width n.
        assert np.abs(np.log(length / power)).max() < 6 * np.sqrt(60 / 128)


def test_random_products_keep_few_directions_and_residual_ones_keep_them(figures):
    (axes,) = figures("jacobians")["spread"].axes
    random = [line.get_ydata() for line in axes.lines if line.get_color() == plots.TRUTH]
    residual = [line.get_ydata() for line in axes.lines if line.get_color() == plots.STEP]
    middle, largest = random
    assert np.all((largest > 0.1) & (largest < 10))
    assert 1e-10 < middle[-1] / largest[-1] < 1e-9
    assert 0.8 < residual[0].min() < residual[1].max() < 3
    told = {text.get_text(): text.xy[1] for text in axes.texts}
    assert told.keys() == {"random: largest", "random: eighth", "residual: both"}
    assert told["random: largest"] > largest.max() > told["random: eighth"] > middle[-1]


def test_each_side_of_a_kink_goes_on_past_it_with_its_own_slope(figures):
    axes = figures("jacobians")["kinks"].axes
    for ax, f, slopes in zip(
        axes, (np.abs, lambda z: np.maximum(z, 0)), ((-1, 1), (0, 1)), strict=True
    ):
        z, graph = curves(ax)[plots.TRUTH]
        np.testing.assert_array_equal(graph, f(z))
        shown = [text.get_text() for text in ax.get_yticklabels() if text.get_visible()]
        assert shown == ["−1", "0", "1"]  # on both panels, which a phone shows one by one
        beyond = [line.get_xydata() for line in ax.lines if line.get_color() == plots.MODEL]
        for side, half, told in zip((-1, 1), beyond, slopes, strict=True):
            near, far = half[np.argsort(np.abs(half[:, 0]))]
            np.testing.assert_array_equal(near, [0, 0])
            assert np.sign(far[0]) == -side  # on the other side of the kink
            measured = (f(2e-6 * side) - f(1e-6 * side)) / (1e-6 * side)
            assert far[1] / far[0] == pytest.approx(measured) == told
            assert f"slope {told}".replace("-", "−") in [text.get_text() for text in ax.texts]


def test_the_subgradients_of_the_absolute_value_stay_below_it(figures):
    axes = figures("jacobians")["subgradients"].axes[0]
    z, V = curves(axes)[plots.TRUTH]
    lines = [line.get_ydata() for line in axes.lines if line.get_color() == plots.MODEL]
    assert [line[-1] for line in lines] == [-1, -0.5, 0, 0.5, 1]
    named = {text.xy[1]: text.get_text() for text in axes.texts if text.get_text()[:3] == "$g$"}
    assert named == {-1: "$g$ = −1", -0.5: "$g$ = −½", 0: "$g$ = 0", 0.5: "$g$ = ½", 1: "$g$ = 1"}
    for line in lines:
        assert np.all(line <= V)
        assert line[1] == V[1] == 0
    np.testing.assert_array_equal(V, np.abs(z))


@pytest.mark.parametrize("degrees", SLIDERS["elbow"].values[[0, 16, 23, -1]])
def test_the_elbow_tells_the_axes_of_the_ellipse(degrees):
    figure, (t1, t2) = Figure(), np.radians([30, degrees])
    alt = pictures.elbow(figure, degrees)
    J = np.array(
        [
            [-np.sin(t1) - np.sin(t1 + t2), -np.sin(t1 + t2)],
            [np.cos(t1) + np.cos(t1 + t2), np.cos(t1 + t2)],
        ]
    )
    eigenvalues = np.linalg.eigvalsh(J.T @ J)
    largest, smallest = np.sqrt(np.maximum(eigenvalues[::-1], 0))
    assert f"{largest:.2f} times as long and {smallest:.2f} times as wide" in alt
    curve, plane = figure.axes
    ellipse = curves(plane)[plots.MODEL]
    around = np.linspace(0, 2 * np.pi, 121)
    hand = [np.cos(t1) + np.cos(t1 + t2), np.sin(t1) + np.sin(t1 + t2)]
    image = J @ (0.25 * np.array([np.cos(around), np.sin(around)]))
    np.testing.assert_allclose(ellipse, np.transpose([hand]) + image, atol=1e-12)
    dots = [line.get_ydata()[0] for line in curve.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(dots, [largest, smallest], atol=1e-7)


def test_two_poses_reach_one_point_with_mirrored_ellipses(figures):
    axes = figures("jacobians")["elbows"].axes[0]
    one, other = (
        np.transpose(line.get_data())
        for line in axes.lines
        if line.get_color() in (plots.STEP, plots.FEASIBLE)
    )
    np.testing.assert_allclose(one[[0, 2]], other[[0, 2]], atol=1e-12)
    for arm in (one, other):
        np.testing.assert_allclose(np.linalg.norm(np.diff(arm, axis=0), axis=1), 1)
    across = np.array([-one[2, 1], one[2, 0]]) / np.linalg.norm(one[2])
    assert one[1] @ across == pytest.approx(-other[1] @ across)
    first, second = (
        np.transpose(line.get_data()) - one[2]
        for line in axes.lines
        if line.get_color() == plots.MODEL
    )
    mirrored = first - 2 * np.outer(first @ across, across)
    nearest = np.linalg.norm(mirrored[::100, None] - second[None], axis=2).min(axis=1)
    assert nearest.max() < 1e-3


def test_the_tangent_of_the_implicit_curve_touches_it_and_the_dots_are_its_turns(figures):
    axes = figures("jacobians")["implicit"].axes[0]
    data = curves(axes)
    x, y = data[plots.TRUTH]
    np.testing.assert_allclose(y**3 - y, x)
    (x0, x1), (y0, y1) = data[plots.MODEL]
    slope = (y1 - y0) / (x1 - x0)
    near = np.abs(y - 1.1).argmin()
    assert slope == pytest.approx(
        (y[near + 1] - y[near - 1]) / (x[near + 1] - x[near - 1]), rel=0.02
    )
    touches = 1.1**3 - 1.1
    assert y0 + slope * (touches - x0) == pytest.approx(1.1)
    for turn_x, turn_y in data[plots.GRADIENT].T:
        assert 3 * turn_y**2 == pytest.approx(1)
        assert turn_y**3 - turn_y == pytest.approx(turn_x)

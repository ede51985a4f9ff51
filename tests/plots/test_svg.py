"""A figure as SVG: marks where the data are, colours by name, text as text, the same each time."""

import re
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from companion import plots


@pytest.fixture
def axes():
    """A panel of 100 by 100 points, 50 from the left and the bottom, for x and y from 0 to 1."""
    figure = Figure(figsize=(200 / 72, 200 / 72))
    axes = figure.add_axes([0.25, 0.25, 0.5, 0.5], xlim=(0, 1), ylim=(0, 1), autoscale_on=False)
    axes.set_axis_off()
    return axes


def add_axes(figure, *place):
    return figure.add_axes(place, xticks=[], yticks=[])


def marks(axes):
    (picture,) = plots.pictures(axes.figure)
    return picture.marks


def points(data):
    """The points of a path of straight lines, in points of the figure."""
    (start, steps) = re.fullmatch(r"M([-\d ]+)(?:l([-\d ]+))?z?", data).groups()
    numbers = [np.array(re.findall(r"-?\d+", text or ""), dtype=float) for text in (start, steps)]
    return np.cumsum(np.concatenate(numbers).reshape(-1, 2), axis=0) / 10


def test_a_line_runs_through_its_data(axes):
    x, y = np.array([0, 0.25, 1]), np.array([0, 1, 0.5])
    axes.plot(x, y, color=plots.STEP, linewidth=1.5)
    (line,) = marks(axes)
    np.testing.assert_allclose(
        points(line.body), np.transpose([50 + 100 * x, 150 - 100 * y]), atol=0.05
    )
    assert 'stroke="var(--plot-step,#0072b2)" stroke-width="15"' in line.tag
    assert "fill" not in line.tag
    assert line.window == (500, 500, 1000, 1000)


def test_a_long_line_keeps_to_its_curve_with_fewer_points(axes):
    x = np.linspace(0, 1, 2001)
    axes.plot(x, x**2, color=plots.TRUTH)
    (line,) = marks(axes)
    found = (points(line.body) - [50, 150]) / [100, -100]
    assert 5 < len(found) < 200
    between = np.interp(x, *found.T)
    np.testing.assert_allclose(between, x**2, atol=3e-3)


def test_what_lies_far_outside_is_not_written(axes):
    x = np.linspace(-50, 50, 1001)
    axes.plot(x, x, color=plots.TRUTH)
    axes.plot(x, 0 * x + 0.5, "o", color=plots.STEP)
    line, dots = marks(axes)
    assert len(points(line.body)) <= 3
    assert dots.body.count("M") == 11


def test_markers_stand_at_their_data_and_circles_are_arcs(axes):
    axes.plot([0.5], [0.25], "o", color=plots.STEP, markersize=8, markeredgewidth=0)
    axes.plot([0.5, 0.75], [0.25, 0.5], "s", color=plots.STEP, markersize=8)
    dot, squares = marks(axes)
    assert dot.body == "M960 1250a40 40 0 1 0 80 0a40 40 0 1 0-80 0"
    corners = [points(square) for square in re.findall("M[^M]*", squares.body)]
    centres = [(square.min(axis=0) + square.max(axis=0)) / 2 for square in corners]
    np.testing.assert_allclose(centres, [[100, 125], [125, 100]], atol=0.1)


def test_text_is_text_at_its_place(axes):
    axes.text(0.5, 0.5, "a < b", ha="right", va="baseline", fontsize=11)
    axes.text(0.5, 0.5, "turned", rotation=90, rotation_mode="anchor", va="baseline")
    text, turned = marks(axes)
    assert text.tag.startswith('text x="1000" y="1000" font-size="110" fill="var(--plot-ink,#000')
    assert 'text-anchor="end"' in text.tag
    assert text.body == "a &lt; b"
    assert 'transform="rotate(-90 1000 1000)"' in turned.tag


def test_a_formula_is_text_in_pieces(axes):
    axes.text(0, 0, r"$x_1$ or $10^{-6}$", fontsize=12)
    (text,) = marks(axes)
    pieces = ElementTree.fromstring(f"<text>{text.body}</text>")
    assert "".join(pieces.itertext()).replace(" ", "") == "x1or10−6"
    slanted = [piece.text for piece in pieces if piece.get("font-style")]
    assert slanted == ["x"]
    sizes = {float(piece.get("font-size", 120)) for piece in pieces}
    assert min(sizes) == 96  # four fifths
    assert sum(float(piece.get("dy", 0)) for piece in pieces) != 0  # it ends in an exponent


def test_a_fraction_is_refused(axes):
    axes.text(0, 0, r"$\frac{1}{2}$")
    with pytest.raises(ValueError, match="rule, as of a fraction"):
        marks(axes)


@pytest.mark.parametrize("name", ["TRUTH", "MODEL", "STEP", "GRADIENT", "FEASIBLE", "QUIET"])
def test_each_colour_and_its_ink_have_a_name(axes, name):
    color = getattr(plots, name)
    axes.axvspan(0, 1, color=color, alpha=0.25, linewidth=0)
    plots.label(axes, 0.5, 0.5, "here", color)
    area, text = marks(axes)
    variable = f"var(--plot-{name.lower()},{color.lower()})"
    assert area.tag == f'path fill="{variable}" fill-opacity="0.25"'
    assert f'fill="var(--plot-{name.lower()}-ink,#' in text.tag


def test_a_colour_of_no_meaning_is_refused(axes):
    axes.plot([0, 1], [0, 1], color="tab:pink")
    with pytest.raises(ValueError, match="#e377c2 is none of the colours"):
        marks(axes)


def test_panels_above_each_other_are_one_picture_those_beside_are_two():
    figure = Figure(figsize=(6, 4))
    add_axes(figure, 0.6, 0.1, 0.3, 0.8)
    add_axes(figure, 0.1, 0.1, 0.3, 0.3)
    add_axes(figure, 0.1, 0.6, 0.3, 0.3)
    left, right = plots.pictures(figure)
    assert left.box[0] + left.box[2] < right.box[0]
    assert left.box[1::2] == right.box[1::2]  # so that they are level beside each other
    assert (len(left.marks), len(right.marks)) == (8, 4)


def test_a_box_holds_what_is_drawn(axes):
    axes.text(0, 0, "x" * 20, ha="right")
    axes.text(1, 1, "y", va="bottom")
    (picture,) = plots.pictures(axes.figure)
    left, top, width, height = picture.box
    assert left < 500 - 20 * 50
    assert top < 500 - 80
    assert left + width >= 1500
    assert top + height >= 1500


def test_an_image_lies_over_its_place(axes):
    square = {"extent": (0, 1, 0, 1), "origin": "lower", "interpolation": "nearest"}
    axes.imshow(np.eye(3), cmap=plots.SHADES, **square)
    (image,) = marks(axes)
    tag = 'image x="(.+)" y="(.+)" width="(.+)" height="(.+)" href="data:image/webp;base64,.+"'
    place = np.array(re.fullmatch(tag, image.tag).groups(), dtype=int)
    np.testing.assert_allclose(place, [500, 500, 1000, 1000], atol=4)  # a dot is 3.6 units


def test_a_surface_is_an_image_among_lines():
    with plt.rc_context(plots.STYLE):
        axes = Figure().add_subplot(projection="3d")
        plots.surface(axes, lambda x: x[0] * x[1], (0, 1), (0, 1), points=11)
        with_surface = [mark.tag.split()[0] for mark in marks(axes)]
    assert with_surface.count("image") == 1
    assert with_surface.count("text") > 5


def test_lines_of_one_style_that_follow_each_other_are_one_element(axes):
    axes.plot([0, 1], [0, 1], color=plots.STEP)
    axes.plot([0, 1], [1, 0], color=plots.STEP)
    axes.plot([0, 1], [1, 1], color=plots.MODEL)
    (picture,) = plots.pictures(axes.figure)
    root = ElementTree.fromstring(picture.svg())
    assert [path.get("d").count("M") for path in root.iter("path")] == [2, 1]


def test_a_picture_is_the_same_each_time():
    def picture():
        figure = Figure(layout="constrained", dpi=100)
        plots.loglog(figure.subplots(), [1, 2], [1, 2], plots.TRUTH, "line")
        (picture,) = plots.pictures(figure)
        assert figure.dpi == 100
        return picture.svg()

    assert picture() == picture()
    assert not re.search(r"\b(id|class)=", picture())


def test_described_pictures_are_one_image_with_its_text():
    root = ElementTree.fromstring(plots.described(["<svg/>", "<svg/>"], 'a "b" & c'))
    assert (root.get("role"), root.get("aria-label")) == ("img", 'a "b" & c')
    assert len(root) == 2

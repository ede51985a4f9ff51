"""What the pictures show, asserted on the data of their artists."""

import numpy as np
import pytest
from matplotlib import colors
from matplotlib.figure import Figure

from companion import plots
from companion.problems.maps import arm_joints, bend, magnify, polar
from companion.taylor import analyze_step

X = np.array([2.0, 0.5])


@pytest.fixture
def axes():
    return Figure().subplots()


@pytest.fixture
def pair():
    return Figure().subplots(1, 2)


def drawn(axes, color):
    """The polylines of that colour, as arrays of shape (2, k)."""
    return [np.array(line.get_data()) for line in axes.lines if line.get_color() == color]


@pytest.mark.parametrize(
    ("value", "digits", "said"),
    [
        (8.3e10, 2, "8.3·10¹⁰"),
        (8.3e10, 1, "8·10¹⁰"),
        (-2.96e-3, 2, "−3.0·10⁻³"),
        (1e-14, 1, "10⁻¹⁴"),
        (0.00999, 2, "0.010"),
        (0.0512, 2, "0.051"),
        (-2.0, 2, "−2.0"),
        (9990.0, 2, "1.0·10⁴"),
        (8740.0, 2, "8700"),
        (0.0, 2, "0"),
        (np.inf, 2, "inf"),
    ],
)
def test_a_number_in_a_picture_has_a_power_of_ten_only_where_it_needs_one(value, digits, said):
    assert plots.number(value, digits) == said


def test_the_neighbourhood_shows_the_square_and_both_images(pair):
    view = magnify(bend, bend.jac(X), X, 0.5)
    plots.neighbourhood(*pair, view)
    domain, image = pair
    for axis, color, points in (
        (domain, plots.STEP, view.square),
        (image, plots.TRUTH, view.bent),
        (image, plots.MODEL, view.sheared),
    ):
        lines = drawn(axis, color)
        assert len(lines) == 2 * 7
        for k in range(7):
            np.testing.assert_array_equal(lines[k], points[:, :, k])
            np.testing.assert_array_equal(lines[7 + k], points[:, k, :])
        assert axis.get_aspect() == 1
    assert all(line.get_linestyle() == "--" for line in image.lines[14:])


def test_the_model_can_be_told_from_the_truth_without_colour(pair):
    plots.neighbourhood(*pair, magnify(bend, bend.jac(X), X, 0.5))
    texts = {text.get_text() for text in pair[1].texts}
    assert texts == {"solid: f bends", "dashed: J shears"}


def test_shaded_cells_are_the_same_in_both_pictures(pair):
    r, theta = np.meshgrid(np.linspace(1, 2, 3), np.linspace(0, 1, 4))
    plots.cells(*pair, polar, np.stack([r, theta]), shaded=[(1, 2)])
    corners = np.array([[1.5, 2 / 3], [2, 2 / 3], [2, 1], [1.5, 1]])
    for axes, expected in zip(pair, (corners, polar(corners.T).T), strict=True):
        (patch,) = axes.patches
        assert {*map(tuple, expected.round(12))} <= {*map(tuple, patch.get_xy().round(12))}
        assert len(axes.lines) == 3 + 4
    x, y = pair[1].patches[0].get_xy().T
    assert np.hypot(x, y).min() == pytest.approx(1.5)  # arcs, where chords would cut inside
    arcs = [np.hypot(*line.get_data()) for line in pair[1].lines]
    np.testing.assert_allclose(
        sorted(np.ptp(radius) for radius in arcs), 3 * [0] + 4 * [1], atol=1e-12
    )


def test_a_cell_keeps_its_corners_in_order_around_it(pair):
    grid = np.array(np.meshgrid([0.0, 2.0], [0.0, 3.0]))
    plots.cells(*pair, lambda x: x, grid, shaded=[(0, 0)])
    x, y = pair[0].patches[0].get_xy()[:-1].T
    area = abs(x @ np.roll(y, 1) - y @ np.roll(x, 1)) / 2
    assert area == pytest.approx(6)


def test_an_error_curve_shows_its_data_on_logarithmic_axes(axes):
    h = np.geomspace(1e-3, 1, 4)
    line = plots.loglog(axes, h, h**2, plots.TRUTH, "slope 2", at=1)
    np.testing.assert_array_equal(line.get_xdata(), h)
    np.testing.assert_array_equal(line.get_ydata(), h**2)
    assert axes.get_xscale() == axes.get_yscale() == "log"
    (text,) = axes.texts
    assert text.get_text() == "slope 2"
    assert text.xy == (h[1], h[1] ** 2)


def test_an_arm_is_drawn_joint_by_joint(axes):
    joints = arm_joints([0.3, 0.5])
    line = plots.arm(axes, joints)
    np.testing.assert_array_equal(np.transpose(line.get_data()), joints)
    assert axes.get_aspect() == 1


@pytest.mark.parametrize("name", ["TRUTH", "MODEL", "STEP", "GRADIENT", "FEASIBLE", "OPTIMUM"])
def test_every_label_can_be_read_on_white(name):
    # WCAG 2.2, success criterion 1.4.3: a contrast of at least 4.5 for text.
    channels = np.array(plots.ink(getattr(plots, name)))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    assert 1.05 / (luminance + 0.05) >= 4.5


def test_each_meaning_has_its_own_colour():
    names = ["TRUTH", "MODEL", "STEP", "GRADIENT", "FEASIBLE", "OPTIMUM", "QUIET"]
    assert len({colors.to_rgb(getattr(plots, name)) for name in names}) == len(names)


def test_the_style_is_applied_to_later_figures():
    import matplotlib.pyplot as plt

    with plt.rc_context():
        plots.use_style()
        assert plt.figure().get_dpi() == plots.STYLE["figure.dpi"]
        plt.close()


def test_a_curve_is_named_on_the_side_asked_for(axes):
    h = np.geomspace(1e-3, 1, 4)
    for side, sign in (("above", 1), ("below", -1)):
        plots.loglog(axes, h, h, plots.TRUTH, side, side=side)
        assert np.sign(axes.texts[-1].xyann[1]) == sign


def test_an_optimum_is_a_black_star(axes):
    star = plots.optimum(axes, 2.0, 3.0)
    assert (*star.get_xdata(), *star.get_ydata()) == (2.0, 3.0)
    assert (star.get_marker(), star.get_color()) == ("*", plots.OPTIMUM)


def test_a_curve_without_a_name_has_no_text(axes):
    line = plots.curve(axes, [0, 1, 2], [3, 4, 5], plots.MODEL)
    np.testing.assert_array_equal(line.get_ydata(), [3, 4, 5])
    assert not axes.texts


def test_contours_lie_on_their_levels(axes):
    lines = plots.contours(axes, lambda x: x[0] ** 2 + x[1] ** 2, (-2, 2), (-1, 1), levels=[0.25])
    (circle,) = lines.allsegs[0]
    np.testing.assert_allclose(np.linalg.norm(circle, axis=1), 0.5, atol=1e-3)
    assert axes.get_aspect() == 1


def test_a_surface_stands_over_its_square_at_the_height_of_f():
    axes = Figure().add_subplot(projection="3d")
    graph = plots.surface(axes, lambda x: x[0] + 10 * x[1], (0, 1), (0, 2), points=3)
    x, y, z = graph._faces.reshape(-1, 3).T
    np.testing.assert_allclose(z, x + 10 * y)
    assert (x.min(), x.max(), y.min(), y.max()) == (0, 1, 0, 2)


def test_a_dome_stands_over_its_disc_at_the_height_of_f():
    axes = Figure().add_subplot(projection="3d")
    graph = plots.dome(axes, lambda x: x[0] + 10 * x[1], (3, 4), 2, points=13)
    x, y, z = graph._faces.reshape(-1, 3).T
    np.testing.assert_allclose(z, x + 10 * y)
    assert np.hypot(x - 3, y - 4).max() == pytest.approx(2)


def test_a_domes_rim_may_have_a_radius_for_each_angle():
    axes = Figure().add_subplot(projection="3d")
    angles = np.linspace(0, 2 * np.pi, 52)
    graph = plots.dome(axes, lambda x: x[0], (0, 0), 2 + np.cos(angles), points=13)
    x, y, _ = graph._faces.reshape(-1, 3).T
    r, t = np.hypot(x, y), np.arctan2(y, x)
    assert (r <= 2 + np.cos(t) + 1e-12).all()
    assert (r.max(), -x.min()) == (pytest.approx(3), pytest.approx(1, abs=0.01))


def test_a_path_joins_the_iterates_in_order(axes):
    points = np.array([[0.0, 1.0], [2.0, 3.0], [1.0, -1.0]])
    line = plots.path(axes, points)
    np.testing.assert_array_equal(np.transpose(line.get_data()), points)
    assert line.get_color() == plots.STEP


def test_an_arrow_goes_from_its_start_along_its_vector(axes):
    tip = plots.arrow(axes, [1.0, 2.0], [0.5, -1.0], plots.GRADIENT, "g")
    assert tip.xyann == (1.0, 2.0)
    assert tuple(tip.xy) == (1.5, 1.0)
    assert axes.texts[-1].get_text() == "g"


def test_a_region_is_filled_where_its_condition_holds(axes):
    disc = plots.region(axes, lambda x: np.hypot(*x) <= 1, (-2, 2), (-2, 2))
    vertices = np.concatenate([path.vertices for path in disc.get_paths()])
    np.testing.assert_allclose(np.linalg.norm(vertices, axis=1), 1, atol=0.02)


def test_the_three_parts_of_a_step_are_a_line_and_two_bars(axes):
    step = analyze_step(5.0, np.array([2.0, 0.0]), np.array([6.0, 0.0]))  # slope 4, alpha 12
    axes.set_xlim(0, 2)
    plots.step_parts(axes, step, 0.5)
    value, slope, promise, correction = axes.lines
    assert set(value.get_ydata()) == {5}
    np.testing.assert_allclose(slope.get_xydata(), [[0, 5], [2, 5 - 2 * 4]])
    np.testing.assert_allclose(promise.get_ydata(), [5, 3])
    np.testing.assert_allclose(correction.get_ydata(), [3, 4.5])
    assert promise.get_color() == slope.get_color() == plots.GRADIENT
    assert correction.get_color() == plots.MODEL
    assert promise.get_xdata()[0] < 0.5 < correction.get_xdata()[0]


@pytest.mark.parametrize("above", [9, -23])
def test_an_edge_says_beside_its_middle_what_it_does(axes, above):
    tip = plots.edge(axes, (0, 1), (4, 3), plots.STEP, "× 2", above=above)
    assert (tip.xyann, tuple(tip.xy)) == ((0, 1), (4, 3))
    assert tip.arrow_patch
    text = axes.texts[-1]
    assert (text.get_text(), tuple(text.xy), text.xyann) == ("× 2", (2, 2), (0, above))
    assert len(axes.texts) == 2


def test_an_edge_without_words_has_none(axes):
    plots.edge(axes, (0, 1), (4, 3), plots.STEP)
    assert [text.get_text() for text in axes.texts] == [""]


def test_a_node_has_its_name_above_and_what_has_arrived_below(axes):
    plots.node(axes, 1, 2, "end", "sin 4", "cos 4", plots.GRADIENT)
    value, name, arrived = axes.texts
    assert [text.get_text() for text in axes.texts] == ["sin 4", "end", "cos 4"]
    assert {text.xy for text in axes.texts} == {(1, 2)}
    assert name.xyann[1] > value.xyann[1] == 0 > arrived.xyann[1]
    assert value.get_bbox_patch()
    assert not name.get_bbox_patch()
    assert arrived.get_color() == plots.ink(plots.GRADIENT)


@pytest.mark.parametrize(("side", "sign"), [("above", 1), ("below", -1)])
def test_a_matrix_is_as_high_as_its_rows_and_as_wide_as_its_columns(axes, side, sign):
    patch = plots.matrix(axes, 10, -5, (6, 4), plots.STEP, "X", side=side)
    corners = patch.get_xy()[:-1]
    np.testing.assert_array_equal(corners.mean(axis=0), [10, -5])
    np.testing.assert_array_equal(np.ptp(corners, axis=0), [4, 6])
    (text,) = axes.texts
    assert text.get_text() == "X\n6 × 4"
    assert text.xy == (10, -5 + 3 * sign)
    assert text.get_va() == {1: "bottom", -1: "top"}[sign]
    assert np.sign(text.xyann[1]) == sign

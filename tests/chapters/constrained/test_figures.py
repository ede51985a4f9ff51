"""What the figures and frames of the chapter on constraints claim, asserted on their data."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from companion import plots
from companion.constrained import minimize_constrained
from companion.problems import ConstrainedProblem, bowl
from companion.widgets import SLIDERS
from companion.widgets import _pictures_constrained as pictures

FAR = bowl([1, 4], angle=0, center=[2.4, 0.9])
NEAR = bowl([1, 4], angle=0, center=[0.5, 0.1])
BEST = np.array([0.8, 0.6])


@pytest.fixture
def drawn(figures):
    return lambda name: figures("constrained")[name].axes


def lines(axes, color, marker=None):
    """The data of the lines of that colour and marker, each of shape (k, 2)."""
    chosen = [line for line in axes.lines if line.get_color() == color]
    return [np.array(x.get_xydata()) for x in chosen if marker in (None, x.get_marker())]


def stars(axes):
    return np.array([data[0] for data in lines(axes, plots.OPTIMUM, "*")])


def arrows(axes, color):
    """Start and vector of each arrow of that colour, by its order."""
    notes = [note for note in axes.texts if getattr(note, "arrow_patch", None) is not None]
    chosen = [note for note in notes if note.arrowprops["color"] == color]
    return [(np.array(note.xyann), np.subtract(note.xy, note.xyann)) for note in chosen]


def texts(axes):
    return [text.get_text() for text in axes.texts]


# The slider


@pytest.mark.parametrize("theta", SLIDERS["circle"].values[[0, 1, 2, 15, 20, 30, -1]])
def test_the_walk_around_the_circle_tells_its_numbers(theta):
    x = np.array([np.cos(np.radians(theta)), np.sin(np.radians(theta))])
    tau = np.array([-x[1], x[0]])
    slope = f"{round(NEAR.grad(x) @ tau, 2) + 0.0:+.2f}".replace("-", "−")
    figure = Figure()
    alt = pictures.circle(figure, theta)
    assert alt.startswith(f"θ = {theta:.0f}°: f = {NEAR(x):.3f} on the circle")
    assert f"is {slope} per radian" in alt
    assert "The lowest value is 0.122." in alt
    plane, curve = figure.axes
    assert plane.get_title() == f"θ = {theta:.0f}°"
    assert curve.get_title() == f"f = {NEAR(x):.3f}   slope {slope}"
    (dot,) = lines(plane, plots.STEP, "o")
    np.testing.assert_allclose(dot, [x], atol=1e-12)
    ((start, gradient),) = arrows(plane, plots.GRADIENT)
    np.testing.assert_allclose(start, x)
    np.testing.assert_allclose(gradient, 0.8 * NEAR.grad(x) / np.linalg.norm(NEAR.grad(x)))
    (dashed,) = (line for line in plane.lines if line.get_linestyle() == "--")
    along = np.diff(dashed.get_xydata(), axis=0)[0]
    assert abs(along @ x) < 1e-12
    for axes in figure.axes:
        low, high = np.array([axes.get_xlim(), axes.get_ylim()]).T
        for tip in (*lines(axes, plots.STEP, "o")[0], *stars(axes)):
            assert (low < tip).all()
            assert (tip < high).all()
    low, high = np.array([plane.get_xlim(), plane.get_ylim()]).T
    assert (low < x + gradient).all()
    assert (x + gradient < high).all()


def test_the_curve_has_two_valleys_and_its_star_at_the_lower_one():
    figure = Figure()
    pictures.circle(figure, 130)
    angle, value = lines(figure.axes[1], plots.TRUTH)[0].T
    value, angle = value[:-1], angle[:-1]
    low = (value < np.roll(value, 1)) & (value < np.roll(value, -1))
    np.testing.assert_allclose(angle[low], [6, 170], atol=2)
    assert value[low][1] / value[low][0] == pytest.approx(9, abs=0.5)
    np.testing.assert_allclose(stars(figure.axes[1]), [[6.556, 0.12215]], rtol=1e-3)
    np.testing.assert_allclose(np.linalg.norm(stars(figure.axes[0])), 1)


def test_the_four_angles_without_slope_are_among_the_values():
    theta = np.radians(SLIDERS["circle"].values)
    x = np.array([np.cos(theta), np.sin(theta)])
    slope = (NEAR.grad(x) * [-x[1], x[0]]).sum(axis=0)
    flat = np.degrees(theta[np.abs(slope) < 1e-12])
    np.testing.assert_allclose(flat, [6.5562, 101.1206, 170.7687, 261.5545], atol=1e-4)


def test_no_slope_of_the_slider_is_a_minus_zero():
    for theta in SLIDERS["circle"].values:
        assert "−0.00" not in pictures.circle(Figure(), theta)


# The figures


def test_two_intervals_have_other_winners_at_the_same_critical_points(drawn):
    left, right = drawn("interval")
    np.testing.assert_allclose(stars(left), [[1, -2]], atol=1e-12)
    np.testing.assert_allclose(stars(right), [[-2.5, -8.125]])
    for axes, ends, high in ((left, (-1.5, 2.5), 2.5), (right, (-2.5, 1.5), -1.0)):
        (places,) = lines(axes, plots.STEP, "o")
        np.testing.assert_allclose(sorted(places[:, 0]), sorted([*ends, -1, 1]), atol=1e-12)
        np.testing.assert_allclose(places[:, 1], places[:, 0] ** 3 - 3 * places[:, 0])
        t, f = lines(axes, plots.TRUTH)[0].T
        assert (t[0], t[-1]) == ends
        assert stars(axes)[0, 1] <= f.min() + 1e-9
        assert places[:, 1].max() >= f.max()
        (note,) = axes.texts
        assert note.xy[0] == pytest.approx(high)
    # The slope at the end that wins, of the cubic that is drawn.
    drawn_cubic = np.polynomial.Polynomial.fit(*lines(left, plots.TRUTH)[0].T, 3)
    assert drawn_cubic.deriv()(2.5) == pytest.approx(15.75)


def test_five_candidates_lie_in_the_triangle_and_the_star_is_the_lowest(drawn):
    (axes,) = drawn("triangle")

    def f(x):
        return x[0] ** 2 / 2 - 2 * x[0] * x[1] + x[1] ** 2 / 2 + 0.4 * x[0] + x[1]

    dots = [line for line in axes.lines if line.get_marker() == "o"]
    inside = [x.get_xydata()[0] for x in dots if x.get_markerfacecolor() == plots.STEP]
    outside = [x.get_xydata()[0] for x in dots if x.get_markerfacecolor() == "white"]
    assert len(inside) == 5
    assert len(outside) == 2
    assert all(x.min() >= -1e-12 and x.sum() <= 3 + 1e-12 for x in inside)
    assert all(x.min() < -0.1 for x in outside)
    np.testing.assert_allclose(inside[0], [0.8, 0.6])
    np.testing.assert_allclose(stars(axes), [[1.6, 1.4]])
    assert f([1.6, 1.4]) == pytest.approx(-0.18)
    grid = np.random.default_rng(0).dirichlet(np.ones(3), 5000) @ [[0, 0], [3, 0], [0, 3]]
    assert f(grid.T).min() >= -0.18
    assert f(grid.T).max() <= 7.5


def test_three_paths_inside_the_disc_get_stuck_at_three_wrong_points(drawn):
    (axes,) = drawn("stuck")
    paths = lines(axes, plots.STEP, "o")
    for path, value in zip(paths, (1.53, 1.93, 1.48), strict=True):
        assert np.linalg.norm(path, axis=1).max() <= 1
        assert np.linalg.norm(path[-1]) == pytest.approx(1, abs=1e-9)
        assert FAR(path[-1]) == pytest.approx(value, abs=0.005)
        assert -FAR.grad(path[-1]) @ path[-1] > 0.5  # outwards
        (name,) = (text for text in axes.texts if f"$f = {value:.2f}$" in text.get_text())
        np.testing.assert_array_equal(name.xy, path[0])  # at its start, where nothing crowds
    for (start, vector), path in zip(arrows(axes, plots.GRADIENT), paths, strict=True):
        np.testing.assert_allclose(start, path[-1])
        np.testing.assert_allclose(vector, -FAR.grad(start) / 5, atol=1e-12)
    np.testing.assert_allclose(stars(axes), [BEST], atol=1e-4)
    assert FAR(BEST) == pytest.approx(1.46)


def test_projected_steps_go_out_and_back_and_the_tangent_step_is_what_is_left(drawn):
    left, right = drawn("two-cures")
    (path,) = lines(left, plots.STEP, "o")
    np.testing.assert_allclose(path[0], [-0.6, 0.75])
    np.testing.assert_allclose(path[-1], BEST, atol=1e-4)
    detours = lines(left, plots.GRADIENT)
    assert len(detours) == 12
    for (start, out, back), a, b in zip(detours, path[:-1], path[1:], strict=True):
        np.testing.assert_allclose(start, a)
        np.testing.assert_allclose(out, a - 0.2 * FAR.grad(a))
        np.testing.assert_allclose(back, b)
        np.testing.assert_allclose(b, out / max(1, np.linalg.norm(out)))
    ((x, g),) = arrows(right, plots.GRADIENT)
    ((start, d),) = arrows(right, plots.STEP)
    assert np.degrees(np.arctan2(x[1], x[0])) == pytest.approx(65, abs=0.5)
    np.testing.assert_allclose(start, x)
    np.testing.assert_allclose(g, -0.3 * FAR.grad(x))
    assert abs(d @ x) < 1e-12
    assert g @ x > 0
    assert d @ (BEST - x) > 0
    np.testing.assert_allclose(stars(right), [BEST], atol=1e-4)


def test_the_right_parabola_has_its_bottom_at_the_answer(drawn):
    left, right = drawn("game")
    parabolas = lines(left, plots.MODEL)
    for data, mu in zip(parabolas, (0, 0.5, 1, 1.5, 2), strict=True):
        x, L = data.T
        np.testing.assert_allclose(L, x**2 / 2 + mu * (1 - x))
        assert x[np.argmin(L)] == pytest.approx(mu, abs=0.02)
        assert np.interp(1, x, L) == pytest.approx(0.5, abs=1e-3)
    np.testing.assert_array_equal(stars(left), [[1, 0.5]])
    mu, lowest = lines(right, plots.MODEL)[0].T
    assert lowest.max() == pytest.approx(0.5)
    assert mu[np.argmax(lowest)] == pytest.approx(1)
    for m, value in zip(mu[::20], lowest[::20], strict=True):
        t = np.linspace(-5, 5, 100_001)
        assert value == pytest.approx((t**2 / 2 + m * (1 - t)).min(), abs=1e-7)


def test_descent_in_both_runs_off_and_descent_with_ascent_finds_the_saddle(drawn):
    (axes,) = drawn("saddle")
    (away,) = lines(axes, plots.GRADIENT, "s")
    (spiral,) = lines(axes, plots.STEP, "o")
    (newton,) = lines(axes, plots.TRUTH)
    for path in (away, spiral, newton):
        np.testing.assert_allclose(path[0], [0.2, 0])
    assert np.linalg.norm(away[-1] - [1, -1]) > 4
    assert away[-1][0] < 0 < away[-1][1]
    assert np.linalg.norm(spiral[-1] - [1, -1]) < 1e-2
    assert len(newton) == 2
    np.testing.assert_allclose(newton[1], [1, -1], atol=1e-12)
    np.testing.assert_array_equal(stars(axes), [[1, -1]])


def test_the_wall_pushes_where_it_is_touched(drawn):
    left, right = drawn("active")
    np.testing.assert_allclose(stars(left), [[0.5, 0.1]], atol=1e-6)
    np.testing.assert_allclose(stars(right), [BEST], atol=1e-6)
    assert (left.get_title(), right.get_title()) == ("bottom inside", "bottom outside")
    assert not arrows(left, plots.GRADIENT)
    ((_, g),) = arrows(right, plots.GRADIENT)
    ((_, push),) = arrows(right, plots.FEASIBLE)
    np.testing.assert_allclose(g, [0.8, 0.6], atol=1e-6)  # both at half their length
    np.testing.assert_allclose(push, -g, atol=1e-6)
    assert not arrows(left, plots.FEASIBLE)


def test_a_candidate_passes_where_its_gradient_lies_in_the_cone_of_the_walls(drawn):
    (axes,) = drawn("balance")
    walls, forces = arrows(axes, plots.FEASIBLE), arrows(axes, plots.GRADIENT)
    verdicts = [text for text in texts(axes) if "pass" in text]
    expected = ["passes", "passes", "does not pass"]
    assert verdicts == expected
    for (x, force), verdict in zip(forces, expected, strict=True):
        J = np.array([n for start, n in walls if np.allclose(start, x)])
        weights = np.linalg.lstsq(J.T, force)[0]
        np.testing.assert_allclose(J.T @ weights, force, atol=1e-12)
        assert (weights.min() >= 0) == (verdict == "passes")
    np.testing.assert_array_equal(stars(axes), [[1.6, 1.4]])


def test_the_walks_around_the_pond_end_at_five_points_of_the_shore(drawn):
    (axes,) = drawn("pond")
    around, *ends = lines(axes, plots.STEP, "o")
    assert len(around) == 20
    ends = np.concatenate(ends)
    angle, r = np.arctan2(*ends.T[::-1]), np.linalg.norm(ends, axis=1)
    np.testing.assert_allclose(r, 1 + 0.3 * np.cos(5 * angle), atol=1e-6)
    assert len(np.unique(ends.round(3), axis=0)) == 5
    np.testing.assert_allclose(r, 0.7, atol=0.02)  # the heads of the capes
    (star,) = stars(axes)
    assert np.degrees(np.arctan2(star[1], star[0])) == pytest.approx(36, abs=0.5)
    distance = np.linalg.norm(ends - [0.2, 0.1], axis=1)
    assert np.linalg.norm(star - [0.2, 0.1]) <= distance.min() + 1e-9
    assert [f"{d**2 / 2:.2f}" for d in distance] == texts(axes)[:-1]  # the last: the fountain


def test_at_the_cusp_the_walls_push_up_and_down_only(drawn):
    (axes,) = drawn("cusp")
    np.testing.assert_array_equal(stars(axes), [[1, 0]])
    up, down = (vector for _, vector in arrows(axes, plots.FEASIBLE))
    np.testing.assert_allclose([up, down], [[0, 0.5], [0, -0.5]])
    ((start, force),) = arrows(axes, plots.GRADIENT)
    np.testing.assert_array_equal(start, [1, 0])
    assert force[0] > 0
    assert force[1] == 0


def test_the_prices_are_the_slopes_of_tangents_below_the_curve(drawn):
    (axes,) = drawn("price")
    ((r2, F),) = [data for data in map(np.transpose, lines(axes, plots.TRUTH)) if len(data[0]) > 1]
    assert F[0] == pytest.approx(3.3, abs=0.05)
    assert F[r2 > 6.6].max() < 1e-9
    assert (np.diff(F[r2 < 6.4]) < 0).all()
    tangents = lines(axes, plots.MODEL)
    for data, r, slope in zip(tangents, (0.25, 1, 4), (-2.98, -1, -0.16), strict=True):
        t, line = data.T
        assert np.diff(line) / np.diff(t) == pytest.approx(slope, abs=0.005)
        disc = ConstrainedProblem(FAR.f, FAR.grad, ineq=lambda x, r=r: np.array([x @ x - r]))
        assert np.interp(r, t, line) == pytest.approx(minimize_constrained(disc, [0, 0]).fun)
        on = (r2 > t[0]) & (r2 < t[1])
        assert (np.interp(r2[on], t, line) <= F[on] + 1e-9).all()
    assert FAR.minimizers[0] @ FAR.minimizers[0] == pytest.approx(6.57)


def test_the_lightest_truss_is_where_both_limits_cross(drawn):
    left, right = drawn("truss")
    bars = [line for line in left.lines if line.get_color() == plots.TRUTH]
    width = np.array([bar.get_linewidth() for bar in bars]) / 1.4
    np.testing.assert_allclose(width, [5.29, 1.66, 5.29], atol=0.005)
    moved = np.array([data[1] for data in lines(left, plots.STEP)])
    np.testing.assert_allclose(moved, [[0.3 * 0.9, -0.3 * 0.6238]] * 3, atol=1e-4)
    np.testing.assert_allclose(stars(right), [[5.291, 1.6565]], atol=1e-3)
    lines_of_limits = [np.concatenate(c.allsegs[0]) for c in right.collections[2:4]]
    for segment in lines_of_limits:
        assert np.linalg.norm(segment - stars(right)[0], axis=1).min() < 0.1
    np.testing.assert_allclose(lines_of_limits[1][:, 0], 5.291, atol=1e-2)  # the sway, dashed
    filled = right.collections[0]
    region = np.concatenate([path.vertices for path in filled.get_paths()])
    mass = region @ (0.785 * np.array([2 * np.sqrt(2), 1]))
    assert 13.048 < mass.min() < 13.08  # the corner of the region, on this grid

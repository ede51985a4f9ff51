"""What the figures and frames of the chapter on constraints claim, asserted on their data."""

import numpy as np
import pytest
from matplotlib import colors
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
    (name,) = (text for text in plane.texts if text.get_text() == "$g$")
    np.testing.assert_allclose(name.xy, x + gradient / 2)
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
        np.testing.assert_array_equal(name.xy, path[-1])
    for (start, vector), path in zip(arrows(axes, plots.GRADIENT), paths, strict=True):
        np.testing.assert_allclose(start, path[-1])
        np.testing.assert_allclose(vector, -FAR.grad(start) / 8, atol=1e-12)
    np.testing.assert_allclose(stars(axes), [BEST], atol=1e-4)
    assert FAR(BEST) == pytest.approx(1.46)


def test_projected_steps_go_out_and_back(drawn):
    (axes,) = drawn("out-and-back")
    (path,) = lines(axes, plots.STEP, "o")
    np.testing.assert_allclose(path[0], [-0.6, 0.75])
    away = np.linalg.norm(path - BEST, axis=1)
    assert (np.diff(away) < 0).all()
    assert away[-1] < 0.02
    detours = lines(axes, plots.GRADIENT)
    assert len(detours) == 5
    for (start, out, back), a, b in zip(detours, path[:-1], path[1:], strict=True):
        np.testing.assert_allclose(start, a)
        np.testing.assert_allclose(out, a - 0.2 * FAR.grad(a))
        np.testing.assert_allclose(back, b)
        np.testing.assert_allclose(b, out / max(1, np.linalg.norm(out)))
    np.testing.assert_allclose(stars(axes), [BEST], atol=1e-4)


def test_the_tangent_step_is_what_is_left_of_the_gradient(drawn):
    (axes,) = drawn("tangent-part")
    ((x, g),) = arrows(axes, plots.GRADIENT)
    ((start, d),) = arrows(axes, plots.STEP)
    assert np.degrees(np.arctan2(x[1], x[0])) == pytest.approx(65, abs=0.5)
    np.testing.assert_allclose(start, x)
    np.testing.assert_allclose(g, -0.3 * FAR.grad(x))
    assert abs(d @ x) < 1e-12
    assert g @ x > 0
    (out,) = lines(axes, plots.QUIET)
    np.testing.assert_allclose(out, [x + g, x + d])
    assert d @ (BEST - x) > 0
    np.testing.assert_allclose(stars(axes), [BEST], atol=1e-4)


def test_the_right_parabola_has_its_bottom_at_the_answer(drawn):
    left, right = drawn("game")
    parabolas, bottoms = lines(left, plots.MODEL, "None"), lines(left, plots.MODEL, "o")
    assert len(bottoms) == len(parabolas)
    for data, mu in zip(parabolas, (0, 0.5, 1, 1.5, 2), strict=True):
        x, L = data.T
        np.testing.assert_allclose(L, x**2 / 2 + mu * (1 - x))
        assert x[np.argmin(L)] == pytest.approx(mu, abs=0.02)
        assert np.interp(1, x, L) == pytest.approx(0.5, abs=1e-3)
    for (bottom,), mu in zip(bottoms, (0, 0.5, 1, 1.5, 2), strict=True):
        t = np.linspace(-5, 5, 100_001)
        L = t**2 / 2 + mu * (1 - t)
        np.testing.assert_allclose(bottom, [t[L.argmin()], L.min()], atol=1e-4)
        assert np.array_equal(bottom, [1, 0.5]) == (mu == 1)  # the crossing
    np.testing.assert_array_equal(stars(left), [[1, 0.5]])
    heights = [bottom[0, 1] for bottom in bottoms]
    dots = np.concatenate(lines(right, plots.MODEL, "o"))
    np.testing.assert_array_equal(dots, np.transpose([(0, 0.5, 1, 1.5, 2), heights]))
    ((mu, lowest),) = map(np.transpose, lines(right, plots.MODEL, "None"))
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
    quiet = colors.to_rgb(plots.QUIET)
    shaded = [p for p in axes.patches if p.get_facecolor()[:3] == quiet]
    for (x, force), cone, verdict in zip(forces, shaded, expected, strict=True):
        if np.any(x != [1.6, 1.4]):  # there it is a line
            here, _, _, _, back = cone.get_xy()
            np.testing.assert_array_equal([here, back], [x, x])
            assert cone.get_path().contains_point(x + force / 2) == (verdict == "passes")
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
    assert texts(axes)[-1] == "bottom inside,\n$\\lambda = 0$"
    tangents, touched = lines(axes, plots.MODEL, "None"), lines(axes, plots.MODEL, "o")
    claims = zip(tangents, touched, (0.25, 1, 4), (-2.98, -1, -0.16), strict=True)
    for data, ((at, height),), r, slope in claims:
        t, line = data.T
        assert at == r
        assert height == pytest.approx(np.interp(r, t, line))
        assert np.diff(line) / np.diff(t) == pytest.approx(slope, abs=0.005)
        disc = ConstrainedProblem(FAR.f, FAR.grad, ineq=lambda x, r=r: np.array([x @ x - r]))
        assert np.interp(r, t, line) == pytest.approx(minimize_constrained(disc, [0, 0]).fun)
        on = (r2 > t[0]) & (r2 < t[1])
        assert (np.interp(r2[on], t, line) <= F[on] + 1e-9).all()
    assert FAR.minimizers[0] @ FAR.minimizers[0] == pytest.approx(6.57)
    np.testing.assert_array_equal(lines(axes, plots.TRUTH, "o"), [[[6.57, 0]]])


def test_of_three_points_that_pass_one_is_a_saddle_with_two_ways_down(drawn):
    (axes,) = drawn("passing")

    def f(x):
        return x[0] ** 2 / 2 - 2 * x[0] * x[1] + x[1] ** 2 / 2 + 0.4 * x[0] + x[1]

    (dots,) = lines(axes, plots.STEP, "o")
    passing = np.array([*dots, *stars(axes)])
    np.testing.assert_allclose(passing, [[0.8, 0.6], [0, 0], [1.6, 1.4]])
    assert [name for name in texts(axes) if name] == [f"$f = {f(x):.3g}$" for x in passing]
    for start, way in arrows(axes, plots.GRADIENT):
        np.testing.assert_array_equal(start, passing[0])
        values = [f(start + t * way) for t in np.linspace(0, 1, 11)]
        assert (np.diff(values) < 0).all()
        end = start + way
        assert end.min() >= -1e-12
        assert end.sum() <= 3
    assert len(arrows(axes, plots.GRADIENT)) == 2
    along, _ = (way for _, way in arrows(axes, plots.GRADIENT))
    np.testing.assert_allclose(along / along[0], (passing[2] - passing[0]) / 0.8)  # to the star
    (level,) = axes.collections
    points = np.concatenate([path.vertices for path in level.get_paths()])
    np.testing.assert_allclose(f(points.T), 0.46, atol=2e-3)
    a, b = np.linalg.eigh([[1, -2], [-2, 1]])[1].T @ (points - passing[0]).T
    np.testing.assert_allclose(np.abs(a), np.sqrt(3) * np.abs(b), atol=0.05)  # two lines


def test_three_bars_meet_at_the_joint_and_the_load_pulls_it_down_at_45_degrees(drawn):
    (axes,) = drawn("three-bars")
    bars = [line.get_xydata() for line in axes.lines if len(line.get_xydata()) == 2]
    np.testing.assert_array_equal(bars, [[[x, 1], [0, 0]] for x in (-1, 0, 1)])
    names = {text.get_text(): np.array(text.xy) for text in axes.texts if text.get_text()}
    assert {"outer", "middle", "load"} == set(names)
    np.testing.assert_array_equal(names["middle"], [0, 0.5])
    pulls = arrows(axes, plots.GRADIENT)
    for (start, load), side in zip(pulls, (-1, 1), strict=True):
        np.testing.assert_array_equal(start, [0, 0])
        np.testing.assert_allclose(load / 0.45, [side, -1])
    np.testing.assert_allclose(names["load"], pulls[1][1])


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


def test_the_dual_hill_is_climbed_and_its_bounds_close_in(drawn):
    hill, bounds = drawn("dual-hill")
    (climb,) = lines(hill, plots.STEP, "o")

    def q(mu):
        x = np.linalg.solve(
            np.diag([1.0, 4]) + 2 * mu[0] * np.eye(2), [2.4, 3.6 - mu[1]]
        )  # where L is lowest
        return FAR(x) + mu[0] * (x @ x - 1) + mu[1] * (x[1] - 0.4)

    assert climb.min() >= 0
    np.testing.assert_array_equal(climb[0], [0, 0])
    np.testing.assert_allclose(stars(hill), [[0.81, 1.35]], atol=5e-3)
    np.testing.assert_allclose(climb[-1], stars(hill)[0])
    named = {int(note.get_text()): note.xy for note in hill.texts[-4:]}
    for k, place in named.items():
        np.testing.assert_array_equal(place, climb[k])
    heights = [q(mu) for mu in climb]
    assert np.flatnonzero(np.diff(heights) < -1e-2).tolist() == [3]  # the fourth goes too far
    beside = stars(hill)[0] + 0.05 * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])
    assert max(map(q, beside)) < q(stars(hill)[0])
    (upper,), (lower,) = lines(bounds, plots.TRUTH, "o"), lines(bounds, plots.MODEL, "o")
    np.testing.assert_array_equal(upper[:, 0], np.arange(9))
    assert (np.diff(upper[:, 1]) <= 0).all()
    assert (np.diff(lower[:, 1]) >= 0).all()
    assert upper[0, 1] == pytest.approx(2.08, abs=0.005)
    assert lower[0, 1] == pytest.approx(0, abs=1e-9)
    answer = q(stars(hill)[0])
    assert answer == pytest.approx(1.60, abs=0.005)
    assert lower[-1, 1] <= answer + 1e-9
    assert answer <= upper[-1, 1] + 1e-9 < answer + 0.01


def test_no_line_below_the_least_values_reaches_the_answer(drawn):
    left, right = drawn("dual-gap")

    def f(x):
        return (x**2 - 1) ** 2 - x / 2

    ((b, F),) = map(np.transpose, lines(left, plots.TRUTH, "None"))
    x = np.linspace(-3, 3, 60_001)
    for moved, least in zip(b[::50], F[::50], strict=True):
        assert least == pytest.approx(f(x[x <= 0.5 + moved + 1e-9]).min(), abs=1e-4)
    best, bid = map(np.transpose, lines(left, plots.MODEL, "None"))
    for (t, line), slope, bound in ((best, -0.5, -0.25), (bid, -2, -2.62)):
        np.testing.assert_allclose(np.diff(line) / np.diff(t), slope)
        assert np.interp(0, t, line) == pytest.approx(bound, abs=0.005)
        assert (line <= F + 1e-6).all()
    touched = b[best[1] > F - 1e-3]
    assert touched.min() == pytest.approx(-1.5, abs=0.05)
    assert touched.max() == pytest.approx(0.5, abs=0.05)
    np.testing.assert_allclose(stars(left), [[0, 0.3125]])
    np.testing.assert_allclose(stars(right), [[2, 0.3125]], atol=1e-6)
    ((mu, q),) = map(np.transpose, lines(right, plots.MODEL))
    assert mu[q.argmax()] == pytest.approx(0.5)
    assert q.max() == pytest.approx(-0.25, abs=1e-6)
    for price, bound in zip(mu[::40], q[::40], strict=True):
        assert bound == pytest.approx((f(x) + price * (x - 0.5)).min(), abs=1e-6)
    (answer,) = lines(right, plots.TRUTH)
    np.testing.assert_allclose(answer[:, 1], 0.3125)


def test_no_row_is_in_the_hard_street_and_three_touch_it(drawn):
    (axes,) = drawn("hard-margin")
    lower, middle, upper = lines(axes, plots.MODEL)
    along = np.diff(middle, axis=0)[0]
    normal = np.array([-along[1], along[0]]) / np.linalg.norm(along)
    half = (upper[0] - middle[0]) @ normal
    assert abs(2 * half) == pytest.approx(0.2249, abs=1e-4)
    assert (lower[0] - middle[0]) @ normal == pytest.approx(-half)
    touching = 0
    for marker, sign in (("o", -1), ("^", 1)):
        (rows,) = lines(axes, plots.QUIET, marker)
        side = sign * (rows - middle[0]) @ normal / half
        assert side.min() == pytest.approx(1, abs=1e-6)
        (held,) = lines(axes, plots.GRADIENT, marker)
        assert {tuple(row) for row in held} == {tuple(row) for row in rows[side < 1 + 1e-6]}
        touching += len(held)
    assert touching == 3


def test_the_support_vectors_are_the_rows_in_the_street_and_beyond_it(drawn):
    (axes,) = drawn("street")
    lower, middle, upper = lines(axes, plots.MODEL)
    along = np.diff(middle, axis=0)[0]
    normal = np.array([along[1], -along[0]]) / np.linalg.norm(along)
    normal *= np.sign(normal[0])

    def side(points):
        """The distance from the middle, in halves of the street."""
        half = abs((upper[0] - middle[0]) @ normal)
        return (points - middle[0]) @ normal / half

    np.testing.assert_allclose(side(lower), -1)
    np.testing.assert_allclose(side(upper), 1)
    everybody = {marker: lines(axes, plots.QUIET, marker)[0] for marker in ("o", "^")}
    pushing = {marker: lines(axes, plots.GRADIENT, marker)[0] for marker in ("o", "^")}
    assert [len(rows) for rows in everybody.values()] == [357, 212]
    assert sum(map(len, pushing.values())) == 84
    for marker, sign in (("o", -1), ("^", 1)):
        reached = {tuple(row) for row in everybody[marker] if sign * side(row) < 1 + 1e-6}
        assert reached == {tuple(row) for row in pushing[marker]}
    (edge,) = lines(axes, plots.TRUTH, "s")
    assert len(edge) == 3
    np.testing.assert_allclose(np.abs(side(edge)), 1, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "weights", "first"),
    [("penalty", (1, 10, 100), [1.07, 0.69]), ("barrier", (1, 0.1, 0.01), [0.50, 0.46])],
)
def test_the_lowest_points_of_bent_landscapes_come_to_the_answer(drawn, name, weights, first):
    panels = drawn(name)
    assert len(panels) == 3
    for k, (axes, weight) in enumerate(zip(panels, weights, strict=True)):
        assert axes.get_title().rstrip("$").endswith(f" {weight:g}")
        (points,) = lines(axes, plots.STEP, "o")
        assert len(points) == k + 1
        np.testing.assert_allclose(points[0], first, atol=0.005)
        np.testing.assert_array_equal(stars(axes), [BEST])
        away = np.linalg.norm(points - BEST, axis=1)
        assert (away[1:] < away[:-1] / 3).all()
        outside = (points**2).sum(axis=1) > 1
        assert outside.all() if name == "penalty" else not outside.any()
        # The contours are lines of equal height of the bent function, about its lowest point.
        levels = axes.collections[-1]
        for height, line in zip(levels.levels, levels.allsegs, strict=True):
            for x in np.concatenate(line)[::40] if line else []:
                c = x @ x - 1
                bend = weight / 2 * max(0, c) ** 2 if name == "penalty" else -weight * np.log(-c)
                assert FAR(x) + bend == pytest.approx(height, abs=0.3 if c > -1e-2 else 0.05)


def test_each_round_divides_the_error_of_the_multiplier_by_what_the_line_says(drawn):
    (axes,) = drawn("multiplier-rounds")
    assert axes.get_yscale() == "log"
    weights = [int(text.strip("$").split("=")[1]) for text in texts(axes)]
    assert weights == [1, 10, 100]
    L = FAR.hess(BEST) + 2 * np.eye(2)
    sigma = 2 * BEST @ np.linalg.solve(L, 2 * BEST)
    told, errors = lines(axes, plots.MODEL), lines(axes, plots.STEP, "o")
    for weight, line, dots in zip(weights, told, errors, strict=True):
        np.testing.assert_array_equal(line[:, 0], dots[:, 0])
        factor = 1 / (1 + weight * sigma)
        np.testing.assert_allclose(line[:, 1], factor ** line[:, 0])
        shrunk = dots[1:, 1] / dots[:-1, 1]
        assert shrunk[-1] == pytest.approx(factor, rel=0.02)
    rounds, left = np.transpose([dots[-1] for dots in errors])
    assert rounds.tolist() == [8, 5, 3]
    assert left[0] == pytest.approx(0.002, abs=2e-4)
    assert (left[1:] < 1e-5).all()
    assert all(dots[-2, 1] > 1e-5 for dots in errors[1:])  # and a round before not yet


def test_each_step_of_sqp_ends_at_the_lowest_point_of_its_parabola_on_the_tangent(drawn):
    panels = sorted(drawn("sqp-steps"), key=lambda axes: axes.get_title())
    answer = np.array([1.23477, 1.52466])
    ends = [[5, 0], [2.525, 0.248], [1.424, 0.816], [1.219, 1.445]]
    start = np.array([0.0, 3])
    for k, (axes, end) in enumerate(zip(panels, ends, strict=True)):
        title = axes.get_title()
        assert title.startswith(f"step {k + 1}")
        mu = float(title.split("=")[1].rstrip("$"))
        ((x, d),) = arrows(axes, plots.STEP)
        np.testing.assert_allclose(x, start, atol=1e-3)
        np.testing.assert_allclose(x + d, end, atol=1e-3)
        (tangent,) = lines(axes, plots.FEASIBLE)
        slope = np.diff(tangent[:, 1]) / np.diff(tangent[:, 0])
        assert slope == pytest.approx(2 * x[0])
        height = tangent[0, 1] + slope * (x[0] + d[0] - tangent[0, 0])
        assert x[1] + d[1] == pytest.approx(height, abs=1e-9)
        # Along the tangent the parabola is level there.
        g, H = np.array([2 * (x[0] - 5), 2 * x[1]]), np.array([2 + 2 * mu, 2])
        along = np.array([1, slope[0]]) / np.hypot(1, slope[0])
        assert along @ (g + H * d) == pytest.approx(0, abs=0.03)
        np.testing.assert_allclose(stars(axes), [answer], atol=1e-4)
        start = x + d

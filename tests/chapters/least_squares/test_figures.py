"""What the figures and frames of the least-squares chapter claim, asserted on their data."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from numpy.linalg import cond, norm, solve

from companion import least_squares, plots
from companion.datasets import load
from companion.digits import digits_left
from companion.problems.maps import two_link_arm
from companion.widgets import SLIDERS
from companion.widgets import _pictures_least_squares as pictures

A = np.column_stack([np.ones(4), np.arange(4.0)])
B = np.array([1.0, 3.0, 2.0, 5.0])
BEST, LIMIT = 1 / 9, 2 / norm(A, 2) ** 2


def lines(axes, color, marker=None):
    """The data of the curves of that colour, and of that marker where one is given."""
    found = [line for line in axes.lines if line.get_color() == color]
    found = [line for line in found if marker in (None, line.get_marker())]
    return [np.array(line.get_data(), dtype=float) for line in found]


def star(axes):
    (point,) = lines(axes, plots.OPTIMUM, "*")
    return point.ravel()


def drawn(frame, value):
    figure = Figure()
    return figure, frame(figure, value)


# The slider of ε


def steps_until_delta(epsilon):
    x, k = np.array([4.0, 0.0]), 0
    while norm(A.T @ (A @ x - B)) > 1e-6 * norm(A.T @ B):
        x, k = x - epsilon * A.T @ (A @ x - B), k + 1
    return k


@pytest.mark.parametrize("epsilon", SLIDERS["ls-step"].values)
def test_each_frame_of_the_step_says_how_the_descent_ends(epsilon):
    _, alt = drawn(pictures.ls_step, epsilon)
    assert f"ε = {epsilon:.4f}" in alt
    assert f"ε times σ²max = {epsilon * norm(A, 2) ** 2:.3f}" in alt
    if np.isclose(epsilon, LIMIT, rtol=1e-12):
        assert alt.endswith("2.000: does not end.")
    elif epsilon > LIMIT:
        assert alt.endswith(": diverges.")
    else:
        assert alt.endswith(f": {steps_until_delta(epsilon)} steps until α ≤ δ.")


@pytest.mark.parametrize("epsilon", [0.005, BEST, LIMIT, 0.16])
def test_the_frame_of_a_step_shows_its_path_and_its_alpha(epsilon):
    figure, _ = drawn(pictures.ls_step, epsilon)
    plane, decay = figure.axes
    (path,) = lines(plane, plots.STEP)
    np.testing.assert_array_equal(path[:, 0], [4, 0])
    g = A.T @ (A @ path[:, 0] - B)
    np.testing.assert_allclose(path[:, 1], path[:, 0] - epsilon * g)
    np.testing.assert_allclose(star(plane), [1.1, 1.1])
    ((k, alpha),) = lines(decay, plots.STEP)
    assert alpha[0] == pytest.approx(norm(g))
    # Per step, the slower of the two factors |1 − εσ²| at the end.
    factor = np.abs(1 - epsilon * np.linalg.svd(A)[1] ** 2).max()
    assert alpha[-1] / alpha[-2] == pytest.approx(factor, rel=1e-3)
    assert k[0] == 0
    # The answers to the question before the slider stand in no frame.
    assert not [text for axes in figure.axes for text in axes.texts if "best" in text.get_text()]


def test_the_slider_of_the_step_says_what_the_text_says_of_it():
    values = SLIDERS["ls-step"].values
    assert values[SLIDERS["ls-step"].start] == 0.05  # of the page's first run, 195 steps
    assert steps_until_delta(0.05) == 195
    for mark in (BEST, LIMIT):
        assert np.isclose(values, mark, rtol=1e-12).sum() == 1
    counts = {float(e): steps_until_delta(e) for e in values[values < 0.1189]}
    fewest = min(counts, key=counts.get)
    assert fewest == pytest.approx(BEST)
    # Below 0.06: twice the step, half the steps.
    small = [(e, c) for e, c in counts.items() if e < 0.06]
    np.testing.assert_allclose([e * c for e, c in small], 9.9, atol=0.4)
    assert pytest.approx(1.07, abs=0.005) == LIMIT / BEST


# The slider of λ


@pytest.mark.parametrize("lam", SLIDERS["multiplier"].values)
def test_each_frame_of_the_multiplier_says_where_to_go(lam):
    figure, alt = drawn(pictures.multiplier, lam)
    x = solve(A.T @ A + 2 * lam * np.eye(2), A.T @ B)
    f = 0.5 * norm(A @ x - B) ** 2
    assert alt.startswith(f"λ = {lam:.3g}: x = ({x[0]:.3f}, {x[1]:.3f}), ‖x‖ = {norm(x):.3f}, ")
    slope = x @ x - 1 if abs(x @ x - 1) > 1e-9 else 0.0
    assert alt.endswith(f"f = {f:.3f}; ∂L/∂λ = {slope:+.3f}.")
    plane, climb = figure.axes
    assert plane.get_title() == f"λ = {lam:.3g}\nf = {f:.3f}"
    shown = f"‖x‖ = {norm(x):.3f}\n∂L/∂λ = {slope:+.3f}".replace("-", "−")
    assert climb.get_title() == shown
    ((place, name),) = [(np.array(text.xy), text.get_text()) for text in plane.texts[:1]]
    assert (name, norm(place) < 0.8) == ("‖x‖ ≤ 1", True)  # in the disc
    assert len(lines(climb, plots.OPTIMUM, "*")) == (slope == 0)  # no answer before its question
    np.testing.assert_allclose(lines(plane, plots.STEP)[0].ravel(), x)
    np.testing.assert_allclose(lines(climb, plots.STEP)[0].ravel(), [lam, x @ x - 1], atol=1e-12)


def test_the_dark_contour_touches_the_disc_at_the_star_and_only_there():
    for lam in SLIDERS["multiplier"].values:
        figure, _ = drawn(pictures.multiplier, lam)
        (level,) = lines(figure.axes[0], plots.TRUTH)
        values = [0.5 * norm(A @ x - B) ** 2 for x in level.T]
        x = solve(A.T @ A + 2 * lam * np.eye(2), A.T @ B)
        np.testing.assert_allclose(values, 0.5 * norm(A @ x - B) ** 2, rtol=1e-9)
        nearest = norm(level, axis=0).min()
        if lam < 3.9:
            assert nearest > 1.01
        elif lam < 3.95:
            assert nearest == pytest.approx(1, abs=1e-3)
        else:
            assert nearest < 0.999


def test_the_star_of_the_multiplier_is_one_of_its_values():
    values = SLIDERS["multiplier"].values
    figure, _ = drawn(pictures.multiplier, values[np.abs(values - 3.9193).argmin()])
    plane, climb = figure.axes
    lam, slope = star(climb)
    assert lam in values
    assert slope == 0
    assert lam == pytest.approx(3.92, abs=0.005)
    np.testing.assert_allclose(norm(star(plane)), 1)
    np.testing.assert_allclose(star(plane), least_squares.norm_constrained(A, B).x, rtol=1e-9)
    lams, slopes = lines(climb, plots.MODEL)[0]
    assert (np.diff(slopes) < 0).all()
    assert lams[0] == 0
    # For large λ, x(λ) goes to 0 along Aᵀb.
    x = lines(plane, plots.MODEL)[0][:, -1]
    assert x @ [1, 2] / norm(x) / np.sqrt(5) > 0.9999


# The figures


def test_the_fit_and_its_residuals(figures):
    fit, plane = figures("least_squares")["fit"].axes
    strokes = [abs(np.ptp(line[1])) for line in lines(fit, plots.GRADIENT)]
    np.testing.assert_allclose(strokes, [0.1, 0.8, 1.3, 0.6])
    fit.figure.canvas.draw()
    sizes = [axes.get_window_extent().size for axes in (fit, plane)]
    np.testing.assert_allclose(sizes[0], sizes[1], rtol=0.02)
    ((t, line),) = lines(fit, plots.MODEL)
    np.testing.assert_allclose(line, 1.1 + 1.1 * t)
    np.testing.assert_allclose(star(plane), [1.1, 1.1])
    # The star covers no label of a contour.
    point = plane.transData.transform(star(plane))
    assert len(plane.texts) > 4
    gaps = [norm(plane.transData.transform(text.get_position()) - point) for text in plane.texts]
    assert min(gaps) > 20


def test_the_shadow_lies_straight_below_b(figures):
    (axes,) = figures("least_squares")["shadow"].axes
    assert axes.get_aspect() == 1
    arrows = [text for text in axes.texts if text.arrow_patch]
    first, second, readings, shadow, left = arrows
    np.testing.assert_array_equal([arrow.xyann for arrow in arrows[:4]], 0)
    np.testing.assert_allclose(left.xyann, shadow.xy)
    np.testing.assert_allclose(left.xy, readings.xy)
    assert left.xy[0] == pytest.approx(shadow.xy[0])  # upright,
    assert left.xy[1] - shadow.xy[1] == pytest.approx(np.sqrt(1.5))  # as long as the residual
    # The best line through the three readings is 1.5 + 0.5 t.
    np.testing.assert_allclose(
        np.add(1.5 * np.array(first.xy), 0.5 * np.array(second.xy)), shadow.xy
    )
    # The mark of the right angle: one side along the shadow, one along the residual.
    (mark,) = [line.get_xydata() for line in axes.lines if line.get_color() == plots.TRUTH]
    foot = np.array(shadow.xy)
    sides = np.array([mark[0] - foot, mark[2] - foot])
    np.testing.assert_allclose(sides.sum(axis=0), mark[1] - foot)
    np.testing.assert_allclose(sides[0], -0.22 * foot / np.linalg.norm([1.5, 2, 2.5]))
    np.testing.assert_allclose(sides[1], [0, 0.22], atol=1e-12)
    names = [text.get_text() for text in axes.texts if text.get_text()]
    assert names == ["(1, 1, 1)", "(0, 1, 2)", "$b$", r"$A\hat x$", "$-r$"]
    (floor,) = axes.patches
    assert all(
        floor.contains_point(axes.transData.transform(arrow.xy))
        for arrow in (first, second, shadow)
    )


def test_the_columns_in_perpendicular_axes_are_the_columns_of_R(figures):
    (axes,) = figures("least_squares")["axes"].axes
    assert axes.get_aspect() == 1
    tips = np.array([text.xy for text in axes.texts if text.arrow_patch])
    R = np.abs(np.linalg.qr(A)[1])
    np.testing.assert_allclose(tips, [*R.T, [1, 0], [0, 1]], atol=1e-12)
    np.testing.assert_allclose(R, [[2, 3], [0, 2.236]], atol=5e-4)
    ((drop, _),) = lines(axes, plots.QUIET)
    np.testing.assert_allclose(drop, R[0, 1])


def test_steps_grow_with_the_square_of_the_condition_number(figures):
    (axes,) = figures("least_squares")["condition"].axes
    ((kappa, steps),) = lines(axes, plots.STEP)
    np.testing.assert_array_equal(kappa, [3, 10, 30, 100])
    assert (steps[0], steps[-1]) == (79, 92100)
    assert np.polyfit(np.log(kappa), np.log(steps), 1)[0] == pytest.approx(2, abs=0.03)
    ((kappa, guide),) = lines(axes, plots.QUIET)
    assert np.polyfit(np.log(kappa), np.log(guide), 1)[0] == pytest.approx(2)


def test_the_digits_of_each_method(figures):
    (axes,) = figures("least_squares")["digits"].axes
    sets = ["longley", "norris", *(f"wampler{k}" for k in range(1, 6))]
    assert [text.get_text() for text in axes.get_yticklabels()] == sets
    right = {line.get_label(): line.get_xdata() for line in axes.lines}
    rows = np.concatenate([line.get_ydata() for line in axes.lines])
    assert np.diff(np.sort(rows)).min() > 0.1  # no mark hides another
    assert list(right) == ["normal equations", "QR", "SVD", "accurate_solve"]
    assert (right["accurate_solve"] >= 13).all()
    # What theory promises of the others, for the worst coefficient; the SVD minds units.
    for name, by_qr, by_squares in zip(sets, right["QR"], right["normal equations"], strict=True):
        data = load(name)
        size = norm(data.A, axis=0)
        x, r = size * data.certified.x, data.A @ data.certified.x - data.y
        kappa, worst = cond(data.A / size), norm(x) / abs(x).min()
        promise = worst * kappa * (1 + kappa * norm(r) / norm(x))
        assert by_qr >= digits_left(promise)
        assert by_squares >= digits_left(kappa * promise)


def test_the_best_lines_lie_as_the_contours_do(figures):
    _, axes = figures("least_squares")["dials"].axes
    (dots,) = lines(axes, plots.STEP)
    assert dots.shape == (2, 400)
    np.testing.assert_array_equal(star(axes), [1, 1])
    rings = lines(axes, plots.TRUTH)
    for k, ring, share in zip((1, 2), rings, (0.393, 0.865), strict=True):
        d = ring - 1
        np.testing.assert_allclose(((A @ d) ** 2).sum(axis=0) / 2, k**2 / 2)
        inside = ((A @ (dots - 1)) ** 2).sum(axis=0) <= k**2
        assert inside.mean() == pytest.approx(share, abs=0.05)
    assert axes.get_aspect() == 1


def test_the_best_lines_of_thirty_dials_agree_best_in_the_middle(figures):
    dial, cloud = figures("least_squares")["dials"].axes
    bundle, (dots,) = lines(dial, plots.STEP), lines(cloud, plots.STEP)
    assert len(bundle) == 30
    for (t, b), x in zip(bundle, dots.T, strict=False):
        np.testing.assert_allclose(b, x[0] + x[1] * t)  # each is one of the dots
    spread = np.std([b for _, b in bundle], axis=0)
    theory = np.sqrt(np.diag(A @ np.linalg.inv(A.T @ A) @ A.T))
    np.testing.assert_allclose(spread, theory, rtol=0.25)
    assert theory[0] / 0.5 == pytest.approx(1.7, abs=0.05)  # 0.5 at t = 1.5
    ((t, b),) = lines(dial, plots.TRUTH)
    np.testing.assert_allclose(b, 1 + t)


def test_one_reading_drags_the_line_by_squares_and_not_that_by_sizes(figures):
    (axes,) = figures("least_squares")["outlier"].axes
    ((t, b),) = lines(axes, plots.TRUTH)
    ((_, squares),) = lines(axes, plots.GRADIENT)
    ((_, sizes),) = lines(axes, plots.STEP)
    without = np.polyval(np.polyfit(t[:-1], b[:-1], 1), t)
    assert len(t) == 21
    np.testing.assert_allclose(sizes, 0.480 + 1.017 * t, atol=0.02)
    assert abs(sizes - without).max() < 1.5
    assert squares[-1] - without[-1] > 5
    assert squares[0] - without[0] < -2
    np.testing.assert_allclose(squares, np.polyval(np.polyfit(t, b, 1), t))


def test_descent_ends_at_the_shortest_only_from_zero(figures):
    (axes,) = figures("least_squares")["shortest"].axes
    first, second = lines(axes, plots.STEP)
    np.testing.assert_allclose(first[:, -1], [1, 2], atol=1e-6)
    np.testing.assert_allclose(second[:, -1], [4.6, 0.2], atol=1e-6)
    np.testing.assert_allclose(star(axes), [1, 2])
    ((x, y),) = lines(axes, plots.TRUTH)
    np.testing.assert_allclose(x + 2 * y, 5)
    along = np.array([x[1] - x[0], y[1] - y[0]])
    assert (first[:, -1] - first[:, 0]) @ along == pytest.approx(0, abs=1e-6)


def test_two_conjugate_steps_arrive_and_steepest_ones_turn_by_right_angles(figures):
    (axes,) = figures("least_squares")["conjugate"].axes
    (steepest,), (conjugate,) = lines(axes, plots.MODEL), lines(axes, plots.STEP)
    np.testing.assert_allclose(star(axes), [1.1, 1.1])
    assert conjugate.shape == (2, 3)
    np.testing.assert_allclose(conjugate[:, -1], [1.1, 1.1])
    np.testing.assert_allclose(conjugate[:, :2], steepest[:, :2])
    steps = np.diff(steepest[:, :8], axis=1)
    np.testing.assert_allclose((steps[:, 1:] * steps[:, :-1]).sum(axis=0), 0, atol=1e-9)
    p, q = np.diff(conjugate, axis=1).T
    assert (A @ p) @ (A @ q) == pytest.approx(0, abs=1e-9)
    assert steepest.shape[1] > 20


def test_descent_pays_the_square_of_kappa_and_conjugate_gradients_kappa(figures):
    (axes,) = figures("least_squares")["kappa-steps"].axes
    ((kappa, slow),), ((_, fast),) = lines(axes, plots.MODEL), lines(axes, plots.STEP)
    np.testing.assert_array_equal(kappa, [3, 10, 30, 100])
    assert np.polyfit(np.log(kappa), np.log(slow), 1)[0] == pytest.approx(2, abs=0.1)
    # Of an error in Ax that is κ times smaller than that of x, where x is along the weakest.
    assert (fast <= np.log(2 * kappa / 1e-5) / np.log((kappa + 1) / (kappa - 1))).all()
    assert 0.5 < np.polyfit(np.log(kappa), np.log(fast), 1)[0] < 1.1


def test_one_over_the_norm_is_nearly_straight_and_the_norm_is_not(figures):
    plain, reciprocal = figures("least_squares")["secular"].axes
    np.testing.assert_allclose(star(plain), [40.8, 0.25], atol=0.05)
    np.testing.assert_allclose(star(reciprocal), [40.8, 4], atol=0.05)
    landings = [line[0, 1] for line in lines(plain, plots.STEP)]
    np.testing.assert_allclose(landings, [2.8, 11.3], atol=0.05)
    landings = [line[0, 1] for line in lines(reciprocal, plots.STEP)]
    np.testing.assert_allclose(landings, [17.4, 40.8], atol=0.05)
    assert landings[0] / star(reciprocal)[0] == pytest.approx(2 / 5, abs=0.05)
    (near,) = reciprocal.child_axes
    ((lam, value),) = lines(near, plots.TRUTH)
    first = lines(near, plots.STEP)[0]
    x = solve(A.T @ A, A.T @ B)
    slope = 2 * x @ solve(A.T @ A, x) / norm(x) ** 3  # of 1/‖x(λ)‖ at 0
    assert np.diff(first[1])[0] / np.diff(first[0])[0] == pytest.approx(slope)
    assert slope > 2 * np.diff(value[-2:])[0] / np.diff(lam[-2:])[0]  # which soon halves
    for axes, bound in ((plain, 0.3), (reciprocal, 0.01)):
        lam, value = lines(axes, plots.TRUTH)[0]
        lam, value = lam[lam >= 5], value[lam >= 5]
        chord = np.interp(lam, lam[[0, -1]], value[[0, -1]])
        bent = np.abs(value - chord).max() / np.ptp(value)
        assert (bent > bound) if axes is plain else (bent < bound)


def test_the_tangents_of_the_reciprocal_reach_the_star_and_those_of_the_square_fall_short(figures):
    square, reciprocal = figures("least_squares")["leaps"].axes
    for axes, p in ((square, 2), (reciprocal, -1)):
        np.testing.assert_allclose(star(axes), [3.9193, 1], atol=5e-5)
        ((lams, values),) = lines(axes, plots.TRUTH)
        norms = [norm(solve(A.T @ A + 2 * lam * np.eye(2), A.T @ B)) for lam in lams]
        np.testing.assert_allclose(values, np.power(norms, p))
        first, second = lines(axes, plots.STEP)
        slope = np.diff(first[1])[0] / np.diff(first[0])[0]
        h, x, y = 1e-6, *(solve(A.T @ A + 2 * lam * np.eye(2), A.T @ B) for lam in (0, 1e-6))
        assert slope == pytest.approx((norm(y) ** p - norm(x) ** p) / h, rel=1e-4)
        assert (first[1, 1], second[1, 1]) == (1, 1)
        assert first[0, 1] == second[0, 0]
        landings = first[0, 1], second[0, 1]
        expected = {2: (0.98, 2.79), -1: (1.85, 3.89)}[p]
        np.testing.assert_allclose(landings, expected, atol=0.005)


def test_the_leash_cures_the_arm(figures):
    poses, off = figures("least_squares")["cured"].axes
    thrown, rest = (lines(poses, color, "o") for color in (plots.GRADIENT, plots.STEP))
    assert len(thrown) == 6
    (rest,) = rest
    np.testing.assert_allclose(star(poses), [1.7889, 0.8944], atol=5e-5)
    assert norm(rest[:, -1] - star(poses)) < 1e-4
    assert norm(rest[:, 1] - star(poses) / 2) < 1e-3  # stretched out
    # Newton's elbows lie on both sides of the line to the cup, far from it.
    sides = [joints[0, 1] - 2 * joints[1, 1] for joints in thrown]
    assert max(sides) > 0.3
    assert min(sides) < -0.3
    # How far from the star: thrown, swinging for ever, at rest.
    ((_, newton),) = lines(off, plots.GRADIENT)
    ((_, fixed),) = lines(off, plots.MODEL)
    ((tried, halved),) = lines(off, plots.STEP)
    assert newton[4] < 1e-3
    assert newton[5:].max() > 0.3
    np.testing.assert_allclose(fixed[6:], np.where(np.arange(6, 25) % 2, 0.0081, 0.044), rtol=0.05)
    np.testing.assert_array_equal(tried, np.arange(25))  # the start, and 24 steps
    assert (np.diff(halved) < 1e-6).all()
    assert (halved[0], halved[-1] < 1e-4) == (newton[0], True)
    assert (np.diff(halved) == 0).sum() > 8  # refused
    # The disc is what the hand can reach.
    theta = np.random.default_rng(0).uniform(-np.pi, np.pi, (2, 100))
    assert norm(two_link_arm()(theta), axis=0).max() <= 2


def test_the_sea_of_october_foretells_december(figures):
    (axes,) = figures("least_squares")["sea"].axes
    sea = load("el_nino")
    groups = [line for color in (plots.STEP, plots.TRUTH) for line in lines(axes, color)]
    assert [group.shape[1] for group in groups] == [35, 13]  # the last 13 are not to be looked at
    october, december = np.concatenate(groups, axis=1)
    np.testing.assert_array_equal(december, sea.y[:48])
    np.testing.assert_array_equal(october, sea.X[:48, 9])
    assert np.corrcoef(october, december)[0, 1] > 0.9
    assert (october[35:48].max().round(1), december.max().round(1)) == (24.6, 27.1)
    # No name lies on a point.
    axes.figure.canvas.draw()
    points = axes.transData.transform(np.transpose([october, december]))
    for text in axes.texts:
        box = text.get_window_extent()
        assert not box.count_contains(points), text.get_text()


def test_the_fit_gets_better_with_the_radius_and_the_prediction_turns(figures):
    (axes,) = figures("least_squares")["radius"].axes
    ((radius, fitted),) = lines(axes, plots.STEP)
    ((_, held_out),) = lines(axes, plots.TRUTH)
    assert (np.diff(fitted) <= 1e-12).all()
    assert (fitted[0], fitted[-1]) == pytest.approx((0.82, 0.31), abs=0.005)
    best = held_out.argmin()
    np.testing.assert_allclose(star(axes), [radius[best], held_out[best]])
    np.testing.assert_allclose(star(axes), [0.75, 0.46], atol=0.005)
    assert (held_out[0], held_out[-1]) == pytest.approx((1.19, 0.53), abs=0.005)
    slack = radius >= 1.35 - 1e-9
    assert np.ptp(held_out[slack]) < 1e-9
    assert held_out[~slack][-1] != held_out[-1]


def test_every_year_in_turn_is_nearly_flat_where_the_leash_is_long(figures):
    (axes,) = figures("least_squares")["in-turn"].axes
    ((radius, crossed),) = lines(axes, plots.TRUTH)
    best = crossed.argmin()
    np.testing.assert_allclose(star(axes), [radius[best], crossed[best]])
    np.testing.assert_allclose(star(axes), [1.10, 0.445], atol=0.0051)
    assert np.ptp(crossed[radius > 0.89]) < 0.025
    # A leash that is hardly taut: what one fit gives for all rows, r over 1 − Pᵢᵢ.
    sea = load("el_nino")
    M, y = np.column_stack([np.ones(48), sea.X[:48, :10]]), sea.y[:48]
    P = M @ np.linalg.pinv(M)
    honest = (P @ y - y) / (1 - np.diag(P))
    assert crossed[-1] == pytest.approx(np.sqrt(np.mean(honest**2)), rel=0.01)


def test_four_blocks_become_triangles_and_two_triangles_one(figures):
    (axes,) = figures("least_squares")["triangles"].axes
    assert axes.get_aspect() == 1
    shapes = [(patch.get_facecolor(), patch.get_xy()) for patch in axes.patches]
    blocks = [xy for color, xy in shapes if to_hex(color) == plots.QUIET]
    triangles = [xy for color, xy in shapes if to_hex(color).upper() == plots.STEP]
    assert len(blocks) + len(triangles) == len(shapes)
    columns = dict.fromkeys(sorted({xy[:, 0].min() for xy in triangles}), 0)
    for xy in triangles:
        columns[xy[:, 0].min()] += 1
        size = np.ptp(xy, axis=0)
        assert size[0] == size[1] == np.ptp(blocks[0][:, 0])  # as many rows as columns
    assert (len(blocks), *columns.values()) == (4, 4, 2, 1)
    assert np.ptp(blocks[0][:, 1]) > size[1]
    names = [text.get_text().strip("$") for text in axes.texts if text.get_text()]
    expected = ["A_1", "A_2", "A_3", "A_4", "R_1", "R_2", "R_3", "R_4", "R_{12}", "R_{34}", "R"]
    assert names == expected
    # An arrow for each block and for each two triangles, each ending beside what it makes.
    ends = [text.xy for text in axes.texts if getattr(text, "arrow_patch", None)]
    assert len(ends) == 7
    for x, y in ends:
        gaps = [(xy[:, 0].min() - x, abs(xy[:, 1].mean() - y)) for xy in triangles]
        assert min(abs(across - 1) + max(0, up - 3) for across, up in gaps) < 0.5


def test_blocks_lose_the_digits_that_one_block_loses(figures):
    (axes,) = figures("least_squares")["ways"].axes
    ((kappa, squares),) = lines(axes, plots.GRADIENT)
    ((_, triangles),) = lines(axes, plots.STEP)
    ((_, gradients),) = lines(axes, plots.MODEL)
    np.testing.assert_allclose(kappa, 10.0 ** np.arange(1, 9))
    for k, by_triangles, by_squares in zip(kappa, triangles, squares, strict=True):
        assert by_triangles <= 10.0 ** -digits_left(10 * k)
        assert by_squares <= 10.0 ** -digits_left(10 * k**2) or k > 1e6
    assert gradients[0] < 1e-8
    assert (gradients[1:] > 0.2).all()


def test_the_folds_choose_a_radius_from_their_triangles(figures):
    (axes,) = figures("least_squares")["folds"].axes
    ((radius, excess),) = lines(axes, plots.TRUTH)
    best = excess.argmin()
    assert excess[best] == 0
    np.testing.assert_array_equal(star(axes), [radius[best], 0])
    assert radius[best] == 3
    assert (np.diff(excess[: best + 1]) < 0).all()
    assert (np.diff(excess[best:]) > -0.01).all()
    assert excess[-1] == pytest.approx(12.9, abs=0.05)


# What the text claims besides


def test_equal_singular_values_make_the_reciprocal_straight():
    Q = np.linalg.qr(np.random.default_rng(0).standard_normal((6, 3)))[0]
    solution = least_squares.norm_constrained(3 * Q, np.arange(6.0), 0.1, tol=1e-12)
    assert solution.n_iter <= 1

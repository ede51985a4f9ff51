"""What the figures and frames of the least-squares chapter claim, asserted on their data."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.linalg import norm, solve

from companion import frames, least_squares, plots
from companion.maps import two_link_arm
from companion.widgets import SLIDERS

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


@pytest.mark.parametrize("epsilon", SLIDERS["ls-step"].values)
def test_each_frame_of_the_step_says_how_the_descent_ends(epsilon):
    _, alt = drawn(frames.ls_step, epsilon)
    assert f"ε = {epsilon:.4f}" in alt
    assert f"ε times σ²max = {epsilon * norm(A, 2) ** 2:.3f}" in alt
    if np.isclose(epsilon, LIMIT, rtol=1e-12):
        assert "= 2/σ²max" in alt
        assert alt.endswith("2.000: does not end.")
    elif epsilon > LIMIT:
        assert alt.endswith(": diverges.")
    else:
        x, k = np.array([4.0, 0.0]), 0
        while norm(A.T @ (A @ x - B)) > 1e-6 * norm(A.T @ B):
            x, k = x - epsilon * A.T @ (A @ x - B), k + 1
        assert alt.endswith(f": {k} steps until α ≤ δ.")


@pytest.mark.parametrize("epsilon", [0.005, BEST, LIMIT, 0.16])
def test_the_frame_of_a_step_shows_its_path_and_its_alpha(epsilon):
    figure, _ = drawn(frames.ls_step, epsilon)
    plane, decay, strip = figure.axes
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
    best, limit = (line[0, 0] for line in lines(strip, plots.GRADIENT))
    assert (best, limit) == pytest.approx((BEST, LIMIT))
    ((dot, _),) = lines(strip, plots.STEP)
    assert dot == pytest.approx(epsilon)


def test_the_slider_of_the_step_says_what_the_text_says_of_it():
    values = SLIDERS["ls-step"].values
    for mark in (BEST, LIMIT):
        assert np.isclose(values, mark, rtol=1e-12).sum() == 1
    counts = {}
    for epsilon in values[values < 0.1189]:
        run = least_squares.gradient_descent(A, B, epsilon, x0=[4.0, 0.0], tol=1e-6)
        counts[float(epsilon)] = run.n_iter
    fewest = min(counts, key=counts.get)
    assert fewest == pytest.approx(BEST)
    # Below 0.06: twice the step, half the steps.
    small = [(e, c) for e, c in counts.items() if e < 0.06]
    np.testing.assert_allclose([e * c for e, c in small], 9.9, atol=0.4)
    assert pytest.approx(1.07, abs=0.005) == LIMIT / BEST


# The slider of λ


@pytest.mark.parametrize("lam", SLIDERS["multiplier"].values)
def test_each_frame_of_the_multiplier_says_where_to_go(lam):
    figure, alt = drawn(frames.multiplier, lam)
    x = solve(A.T @ A + 2 * lam * np.eye(2), A.T @ B)
    f = 0.5 * norm(A @ x - B) ** 2
    assert alt.startswith(f"λ = {lam:.3g}: x = ({x[0]:.3f}, {x[1]:.3f}), ‖x‖ = {norm(x):.3f}, ")
    slope = x @ x - 1
    if abs(slope) < 1e-9:
        end = "0.000 = 0: there."
    else:
        end = f"{slope:.3f} > 0: raise λ." if slope > 0 else f"{slope:.3f} < 0: lower λ."
    assert alt.endswith(f"f = {f:.3f}; ∂L/∂λ = {end}")
    plane, climb = figure.axes
    assert plane.get_title() == f"λ = {lam:.3g}\nf = {f:.3f}"
    assert climb.get_title().startswith(f"‖x‖ = {norm(x):.3f}\n∂L/∂λ ")
    np.testing.assert_allclose(lines(plane, plots.STEP)[0].ravel(), x)
    np.testing.assert_allclose(lines(climb, plots.STEP)[0].ravel(), [lam, x @ x - 1], atol=1e-12)


def test_the_dark_contour_touches_the_disc_at_the_star_and_only_there():
    for lam in SLIDERS["multiplier"].values:
        figure, _ = drawn(frames.multiplier, lam)
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
    figure, _ = drawn(frames.multiplier, 1.0)
    plane, climb = figure.axes
    lam, slope = star(climb)
    assert lam in SLIDERS["multiplier"].values
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
    ((t, line),) = lines(fit, plots.MODEL)
    np.testing.assert_allclose(line, 1.1 + 1.1 * t)
    np.testing.assert_allclose(star(plane), [1.1, 1.1])


def test_steps_grow_with_the_square_of_the_condition_number(figures):
    (axes,) = figures("least_squares")["condition"].axes
    ((kappa, steps),) = lines(axes, plots.STEP)
    np.testing.assert_array_equal(kappa, [3, 10, 30, 100])
    assert (steps[0], steps[-1]) == (76, 88634)
    assert np.polyfit(np.log(kappa), np.log(steps), 1)[0] == pytest.approx(2, abs=0.03)
    ((kappa, guide),) = lines(axes, plots.QUIET)
    assert np.polyfit(np.log(kappa), np.log(guide), 1)[0] == pytest.approx(2)


def test_the_digits_of_each_method(figures):
    (axes,) = figures("least_squares")["digits"].axes
    sets = ["longley", "norris", *(f"wampler{k}" for k in range(1, 6))]
    assert [text.get_text() for text in axes.get_yticklabels()] == sets
    right = {line.get_label(): line.get_xdata() for line in axes.lines}
    assert (right["accurate_solve"] >= 13).all()
    normal = dict(zip(sets, right["normal equations"], strict=True))
    assert all(digits < 10 for name, digits in normal.items() if name != "norris")
    for method in ("QR", "SVD", "numpy's lstsq"):
        longley, norris, *wampler = right[method]
        assert 9.5 <= longley <= 12.5
        assert 11 <= norris <= 14
        assert 4.5 <= wampler[-1] <= 7.5


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


def test_one_over_the_norm_is_nearly_straight_and_the_norm_is_not(figures):
    plain, reciprocal = figures("least_squares")["secular"].axes
    np.testing.assert_allclose(star(plain), [40.8, 0.25], atol=0.05)
    np.testing.assert_allclose(star(reciprocal), [40.8, 4], atol=0.05)
    landings = [line[0, 1] for line in lines(plain, plots.STEP)]
    np.testing.assert_allclose(landings, [2.8, 11.3], atol=0.05)
    landings = [line[0, 1] for line in lines(reciprocal, plots.STEP)]
    np.testing.assert_allclose(landings, [17.4, 40.8], atol=0.05)
    assert pytest.approx(2 / 5, abs=0.05) == 17.4 / 40.8
    for axes, bound in ((plain, 0.3), (reciprocal, 0.01)):
        lam, value = lines(axes, plots.TRUTH)[0]
        lam, value = lam[lam >= 5], value[lam >= 5]
        chord = np.interp(lam, lam[[0, -1]], value[[0, -1]])
        bent = np.abs(value - chord).max() / np.ptp(value)
        assert (bent > bound) if axes is plain else (bent < bound)


def test_the_leash_cures_the_arm(figures):
    thrown, cured = figures("least_squares")["cured"].axes
    arms = {axes: lines(axes, plots.STEP, "o") for axes in (thrown, cured)}
    hands = {axes: np.array([arm[:, -1] for arm in arms[axes]]) for axes in arms}
    assert len(hands[thrown]) == 6
    np.testing.assert_allclose(star(cured), [1.7889, 0.8944], atol=5e-5)
    away = norm(hands[cured] - star(cured), axis=1)
    assert (np.diff(away) < 1e-6).all()
    assert away[-1] < 1e-4
    # Newton's elbows lie on both sides of the line to the cup, far from it.
    sides = [arm[0, 1] - 2 * arm[1, 1] for arm in arms[thrown]]
    assert max(sides) > 0.3
    assert min(sides) < -0.3
    # The disc is what the hand can reach.
    theta = np.random.default_rng(0).uniform(-np.pi, np.pi, (2, 100))
    assert norm(two_link_arm()(theta), axis=0).max() <= 2


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


# What the text claims besides


def test_equal_singular_values_make_the_reciprocal_straight():
    Q = np.linalg.qr(np.random.default_rng(0).standard_normal((6, 3)))[0]
    solution = least_squares.norm_constrained(3 * Q, np.arange(6.0), 0.1, tol=1e-12)
    assert solution.n_iter <= 1

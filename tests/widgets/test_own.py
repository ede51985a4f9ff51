"""Sliders of the reader's own function: its numbers, axes that fit, handles for x₀, errors."""

import gc
import math
import re
import time
from dataclasses import replace
from html import unescape

import numpy as np
import pytest
from matplotlib.figure import Figure

from companion import plots
from companion.hessians import hessian
from companion.jacobians import gradient
from companion.problems import (
    Problem,
    bowl,
    himmelblau,
    powell_singular,
    rosenbrock,
    saddle,
    valley,
)
from companion.problems.maps import bend, polar
from companion.widgets import SLIDERS, frame, slider
from companion.widgets import _pictures_constrained as constrained
from companion.widgets import _pictures_hessians as hessians
from companion.widgets import _pictures_jacobians as jacobians
from companion.widgets import _pictures_least_squares as least_squares
from companion.widgets import _pictures_taylor as taylor
from companion.widgets._scene import Columns, around, square
from companion.widgets._slider import _drawing, _html, _places_of

CHAPTERS = {
    "neighbourhood": jacobians.BEND,
    "compass": jacobians.BOWL,
    "direction": hessians.SADDLE,
    "degree": taylor.WITCH,
    "step": taylor.VALLEY,
    "path": taylor.PATH,
    "momentum": taylor.MOMENTUM,
    "circle": constrained.NEAR,
    "ls-step": least_squares.DOWNHILL,
    "multiplier": least_squares.LEASH,
}
OWN = [name for name, spec in SLIDERS.items() if spec.own]
OF_F = [name for name, spec in SLIDERS.items() if "f" in spec.takes]
OF_THE_PLANE = [name for name in OF_F if name not in ("neighbourhood", "degree")]
WITH_X0 = [name for name, spec in SLIDERS.items() if "x0" in spec.takes]


def quadratic(seed):
    """f = ½ (x − c)ᵀH(x − c) with eigenvalues between 1 and 9, as a function that takes one x."""
    rng = np.random.default_rng(seed)
    Q = np.linalg.qr(rng.normal(size=(2, 2)))[0]
    H, c = Q * rng.uniform(1, 9, 2) @ Q.T, rng.normal(size=2)
    return lambda x: (x - c) @ H @ (x - c) / 2, H, c, c + rng.uniform(1, 2, 2)


def plain(x):
    return np.exp(x[0] / 2) - x[0] + (x[1] - x[0] / 3) ** 2


def untraced(x):
    return math.exp(float(x[0]) / 2) - float(x[0]) + (float(x[1]) - float(x[0]) / 3) ** 2


def curl(x):
    return np.array([math.sin(x[0]) * x[1], x[0] - x[1] ** 2])


def own(name, **given):
    """The widgets of a slider: the first handle, those of x₀, the picture."""
    given = {key: value for key, value in given.items() if key in SLIDERS[name].takes}
    handle, *moves, picture = slider(name, **given).children
    return handle, moves, picture


def data(seed):
    rng = np.random.default_rng(seed)
    return {"A": rng.normal(size=(5, 2)), "b": rng.normal(size=5)}


def given(name, seed=0):
    """Something of one's own for that slider, a plain function where it takes one."""
    some = {"neighbourhood": {"f": curl}, "degree": {"f": np.exp, "x0": 1.0}}
    some |= {"ls-step": data(seed), "multiplier": data(seed)}
    return {"f": plain, "x0": [-1.0, 2.0]} | some.get(name, {})


def alt(picture):
    return unescape(re.search('aria-label="([^"]*)"', picture.value)[1])


# ---------------------------------------------------------------------------------------------
# What is drawn


@pytest.mark.parametrize("name", OWN)
def test_on_the_axes_of_the_chapter_its_own_problem_gives_its_own_frames(name):
    spec, chapter = SLIDERS[name], CHAPTERS[name]
    arguments = {key: getattr(chapter, key) for key in spec.takes}
    mine = spec.own(**arguments)
    same = {key: getattr(mine, key) for key in ("f", "x0", "A", "b")}
    if name in ("path", "momentum"):
        np.testing.assert_allclose(mine.minimum, chapter.minimum, atol=1e-9)
    for value in (spec.values[0], spec.values[spec.start], spec.values[-1]):
        drawing = _drawing(spec.draw, value, replace(chapter, **same), places=_places_of(name))
        assert _html(*drawing) == frame(name, value)


@pytest.mark.no_cover
@pytest.mark.parametrize("name", OF_THE_PLANE)
@pytest.mark.parametrize("f", [plain, untraced])
def test_derivatives_that_f_does_not_bring_are_computed(name, f):
    def grad(x):
        return np.array([np.exp(x[0] / 2) / 2 - 1, 0]) + bent(x) * np.array([-1 / 3, 1])

    def bent(x):
        return 2 * (x[1] - x[0] / 3)

    def hess(x):
        return np.array([[np.exp(x[0] / 2) / 4 + 2 / 9, -2 / 3], [-2 / 3, 2]])

    x0 = [-1.0, 2.0]
    known = Problem("known", plain, grad, hess, x0, np.empty((0, 2)))
    np.testing.assert_allclose(gradient(plain, x0), grad(np.array(x0)))
    np.testing.assert_allclose(hessian(plain, x0), hess(np.array(x0)), rtol=1e-5)
    numbers = [
        [float(text) for text in re.findall(r"-?\d+\.\d+", alt(own(name, f=g, x0=x0)[2]))]
        for g in (f, known)
    ]
    np.testing.assert_allclose(*numbers, rtol=2e-3)


@pytest.mark.parametrize("seed", range(3))
def test_a_step_on_your_quadratic_lands_where_its_model_says(seed):
    f, H, c, x0 = quadratic(seed)
    handle, _, picture = own("step", f=f, x0=x0)
    g = H @ (x0 - c)
    best = (g @ g) / (g @ H @ g)
    values = np.array([float(text) for text in handle.options])
    assert np.isclose(values, best, rtol=1e-3).any()
    assert values[-1] == pytest.approx(2.4 * best, rel=1e-3)
    for index in (0, 17, len(values) - 1):
        handle.index = index
        epsilon, lands, model = map(
            float,
            re.search(r"ε = (.*): .* at f = (.*); the model says (.*), ", alt(picture)).groups(),
        )
        assert lands == model
        assert lands == pytest.approx(f(x0 - epsilon * g), rel=1e-2)
    assert "above it by 0<" in picture.value


@pytest.mark.parametrize("seed", range(3))
def test_a_path_on_your_quadratic_has_its_eigenvalues_and_its_minimum(seed):
    f, H, c, x0 = quadratic(seed)
    scene = SLIDERS["path"].own(f=f, x0=x0)
    smallest, largest = np.linalg.eigvalsh(H)
    np.testing.assert_allclose(scene.minimum, c, atol=1e-7)
    assert np.isclose(scene.values, 2 / (smallest + largest)).any()
    epsilon = 0.5 / largest
    text = SLIDERS["path"].draw(Figure(), epsilon, scene)
    factor = 1 - epsilon * smallest
    least = plots.number(f(end(H, c, x0, epsilon)))
    assert f"ε λ_max = 0.500: after 20 steps f = {least};" in text
    assert f"by the factor {factor:.3f} a step" in text


def end(H, c, x, epsilon):
    for _ in range(20):
        x = x - epsilon * H @ (x - c)
    return x


@pytest.mark.parametrize("seed", range(3))
def test_momentum_on_your_quadratic_has_the_best_of_its_condition_number(seed):
    f, H, _, x0 = quadratic(seed)
    scene = SLIDERS["momentum"].own(f=f, x0=x0)
    root = np.sqrt(np.linalg.cond(H))
    factor = (root - 1) / (root + 1)
    assert np.isclose(scene.values, factor**2, rtol=1e-5).any()
    text = SLIDERS["momentum"].draw(Figure(), factor**2, scene)
    assert float(re.search(r"the factor ([\d.]+) a step", text)[1]) == pytest.approx(
        factor, abs=2e-3
    )


@pytest.mark.no_cover
@pytest.mark.parametrize("seed", range(3))
def test_a_heading_on_your_quadratic_has_its_slope(seed):
    f, H, c, x0 = quadratic(seed)
    _, _, picture = own("compass", f=f, x0=x0)
    told = re.search(r"heading (\d+)°: gᵀd = (.+), of at most (.+); along d", alt(picture))
    degrees, slope, steepest = map(float, told.groups())
    g = H @ (x0 - c)
    d = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
    assert slope == pytest.approx(g @ d, abs=1e-3 * steepest)
    assert steepest == pytest.approx(np.linalg.norm(g), rel=1e-3)


@pytest.mark.no_cover
@pytest.mark.parametrize("seed", range(3))
def test_a_direction_on_your_quadratic_has_its_curvature(seed):
    f, H, _, x0 = quadratic(seed)
    _, _, picture = own("direction", f=f, x0=x0)
    assert alt(picture) == f"angle 90°: dᵀHd = +{H[1, 1]:.4g}; along d the surface bends up."


def test_the_model_of_a_cut_has_the_slope_of_f_where_x0_is_not_critical():
    scene, figure = SLIDERS["direction"].own(f=plain, x0=[-1.0, 2.0]), Figure()
    SLIDERS["direction"].draw(figure, 90.0, scene)  # along which f is quadratic
    (t, truth), (_, model) = (line.get_data() for line in figure.axes[1].lines[:2])
    np.testing.assert_allclose(model, truth, atol=1e-6)
    np.testing.assert_allclose(truth, 14 / 3 * t + t**2)
    assert any("g^T" in text.get_text() for text in figure.axes[1].texts)


@pytest.mark.parametrize("seed", range(3))
def test_a_walk_around_the_circle_of_your_quadratic_finds_its_lowest_point(seed):
    f, H, c, _ = quadratic(seed)
    scene = SLIDERS["circle"].own(f=f)
    angles = np.radians(np.linspace(0, 360, 20_001))
    heights = [f(np.array(x)) for x in zip(np.cos(angles), np.sin(angles), strict=True)]
    assert np.isclose(scene.values, np.degrees(angles[np.argmin(heights)]), atol=0.02).any()
    text = SLIDERS["circle"].draw(Figure(), 90.0, scene)
    assert f"θ = 90°: f = {f(np.array([0.0, 1.0])):.4g} on the circle" in text
    lowest = float(re.search(r"The lowest value is (.*)\.$", text)[1])
    assert lowest == pytest.approx(min(heights), rel=2e-3)
    slope = float(re.search(r"is ([+−].*) per radian", text)[1].replace("−", "-"))
    assert slope == pytest.approx(-(H @ ([0, 1] - c))[0], rel=1e-2)


def test_a_neighbourhood_of_your_map_shows_how_far_it_is_from_its_jacobian():
    x0 = np.array([0.5, 2.0])
    scene = SLIDERS["neighbourhood"].own(f=curl, x0=x0)
    h = scene.values[20]
    J = [[np.cos(0.5) * 2, np.sin(0.5)], [1, -4]]
    np.testing.assert_allclose(scene.f.jac(x0), J, rtol=1e-8)
    side = np.linspace(-1, 1, 7)
    gap = max(
        np.linalg.norm(curl(x0 + h * d) - curl(x0) - J @ (h * d))
        for d in np.array(np.meshgrid(side, side)).reshape(2, -1).T
    )
    assert f"at most {gap:.2g} apart" in SLIDERS["neighbourhood"].draw(Figure(), h, scene)


def test_the_polynomial_of_your_function_is_off_by_what_it_leaves_out():
    scene = SLIDERS["degree"].own(f=lambda z: 1 / (3 - z), x0=1.0)  # Σ (z − 1)ᵏ / 2ᵏ⁺¹
    assert scene.size == pytest.approx(2, rel=0.06)  # up to the pole
    assert scene.labels["walls"] == pytest.approx([-1, 3], abs=0.1)
    scene = replace(scene, size=2)
    text = SLIDERS["degree"].draw(Figure(), 6, scene)
    near, far = plots.number(0.8**7 / 0.4), plots.number(1.2**7 / 0.4)
    assert f"by {near} at x = 2.6 and by {far} at x = 3.4" in text


def test_a_function_of_single_complex_numbers_has_its_polynomials():
    import cmath

    _, _, picture = own(
        "degree", f=lambda z: cmath.exp(z) if isinstance(z, complex) else math.exp(z), x0=1
    )
    assert alt(picture).startswith("Degree")


@pytest.mark.parametrize("seed", range(3))
def test_a_descent_on_your_data_and_its_multiplier(seed):
    A, b = data(seed).values()
    scene = SLIDERS["ls-step"].own(A=A, b=b, x0=np.array([3.0, 1.0]))
    limit = 2 / np.linalg.norm(A, 2) ** 2
    assert np.isclose(scene.values, limit).any()
    assert SLIDERS["ls-step"].draw(Figure(), limit, scene).endswith("2.000: does not end.")
    assert SLIDERS["ls-step"].draw(Figure(), 1.1 * limit, scene).endswith(": diverges.")
    steps = SLIDERS["ls-step"].draw(Figure(), 0.5 * limit, scene)
    assert re.search(r"steps until α ≤ δ\.$", steps)

    scene = SLIDERS["multiplier"].own(A=4 * A, b=20 * b)
    (lam,) = [
        value
        for value in scene.values
        if np.isclose(np.linalg.norm(ridge(4 * A, 20 * b, value)), 1)
    ]
    text = SLIDERS["multiplier"].draw(Figure(), lam, scene)
    assert "‖x‖ = 1.000" in text
    assert text.endswith("∂L/∂λ = +0.000.")


def ridge(A, b, lam):
    return np.linalg.solve(A.T @ A + 2 * lam * np.eye(2), A.T @ b)


def test_a_disc_that_holds_your_solution_has_its_star_at_zero():
    scene = SLIDERS["multiplier"].own(A=np.eye(2), b=np.array([0.3, 0.2]))
    text = SLIDERS["multiplier"].draw(Figure(), 0.0, scene)
    assert text.endswith(f"∂L/∂λ = {0.3**2 + 0.2**2 - 1:+.3f}.")


def test_data_of_dependent_columns_lead_to_the_nearest_solution():
    A, b, x0 = np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([1.0, 1.0]), np.array([2.0, 0.0])
    scene, figure = SLIDERS["ls-step"].own(A=A, b=b, x0=x0), Figure()
    SLIDERS["ls-step"].draw(figure, scene.values[9], scene)
    star = next(line for line in figure.axes[0].lines if line.get_marker() == "*")
    np.testing.assert_allclose(star.get_xydata(), [[1.5, -0.5]])


def test_a_problem_is_asked_at_its_own_start_and_shows_its_own_minimum():
    f = himmelblau()
    _, moves, _ = own("path", f=f)
    assert [move.value for move in moves] == list(f.x0)
    assert SLIDERS["path"].own(f=f).minimum in f.minimizers
    assert (SLIDERS["step"].own(f=rosenbrock()).minimum == [1, 1]).all()
    assert SLIDERS["neighbourhood"].own(f=polar, x0=[1, 1]).f.jac is polar.jac


# ---------------------------------------------------------------------------------------------
# Axes


def test_the_rule_of_the_axes_holds_all_that_is_finite():
    rng = np.random.default_rng(0)
    for scale in (1e-9, 1.0, 1e9):
        values = scale * rng.normal(size=50)
        low, high = around(values, np.nan, np.inf)
        assert low < values.min() <= values.max() < high
        assert high - low == pytest.approx(1.24 * np.ptp(values))
        plane = square(*scale * rng.normal(size=(5, 2)))
        assert np.ptp(plane["xlim"]) == pytest.approx(np.ptp(plane["ylim"]))
    assert around([3.0, 3.0]) == (0, 6)
    assert around(0.0) == (-1, 1)


@pytest.mark.parametrize("name", WITH_X0)
def test_the_axes_follow_the_units_of_your_function(name):
    plane = {"neighbourhood": "domain", "degree": "both"}.get(name, "plane")
    some = given(name)
    if name == "ls-step":
        some |= {"x0": [3.0, 1.0]}
        small = some | {"A": some["A"] * 2**20}
    else:
        small = some | {"f": lambda x: some["f"](2**20 * x)}
    small |= {"x0": np.asarray(some["x0"]) / 2**20}
    windows = []
    for arguments in (some, small):
        arguments = {key: arguments[key] for key in SLIDERS[name].takes}
        windows.append(np.array(SLIDERS[name].own(**arguments).axes[plane]["xlim"]))
    np.testing.assert_allclose(windows[1], windows[0] / 2**20, rtol=1e-5)


@pytest.mark.no_cover
@pytest.mark.parametrize("name", OWN)
def test_the_axes_stay_while_the_first_handle_moves_and_hold_its_dots(name):
    some = {key: value for key, value in given(name).items() if key in SLIDERS[name].takes}
    scene, places = SLIDERS[name].own(**some), []
    for value in scene.values[:: len(scene.values) // 4]:
        figure = Figure()
        SLIDERS[name].draw(figure, value, scene)
        places.append([axes.axis() for axes in figure.axes])
    np.testing.assert_allclose(places, [places[0]] * len(places))


# ---------------------------------------------------------------------------------------------
# Handles


@pytest.mark.no_cover
@pytest.mark.parametrize("name", OWN)
def test_each_value_is_drawn_when_it_is_chosen_and_not_before(name):
    calls = []
    some = given(name)
    if "f" in some:
        f = some["f"]
        some["f"] = lambda x: calls.append(1) or f(x)
    handle, _, picture = own(name, **some)
    assert len(set(handle.options)) == len(handle.options)
    before, asked, seen = alt(picture), len(calls), set()
    for index in (0, len(handle.options) // 2, len(handle.options) - 1):
        handle.index = index
        seen.add(alt(picture))
    assert len(seen) == 3
    handle.index = len(handle.options) * SLIDERS[name].start // len(SLIDERS[name].values)
    assert alt(picture) == before
    if "f" in SLIDERS[name].takes:
        assert len(calls) > asked or name in ("direction",)


@pytest.mark.parametrize("name", OWN)
def test_x0_has_handles_where_it_may_be_anywhere(name):
    _, moves, picture = own(name, **given(name))
    assert len(moves) == {"degree": 1, "circle": 0, "multiplier": 0}.get(name, 2)
    assert len({move.description for move in moves}) == len(moves)
    before = picture.value
    for move in moves:
        assert move.min < move.value < move.max
        first, move.value = move.value, 0.4 * move.min + 0.6 * move.max
        assert picture.value != before
        move.value = first
        assert picture.value == before


def test_a_moved_x0_has_its_own_frame_in_the_same_plane_for_the_same_values():
    spec, f = SLIDERS["step"], rosenbrock()
    handle, (x1, x2), picture = own("step", f=f)
    first, options = spec.own(f=f), handle.options
    x1.value = 0.5
    x0 = np.array([0.5, x2.value])
    moved = spec.own(f=f, x0=x0, first=first)
    assert moved.axes["plane"] == first.axes["plane"]
    assert moved.axes["along"] != first.axes["along"]
    epsilon = first.values[len(first.values) * spec.start // len(spec.values)]
    assert alt(picture) == spec.draw(Figure(), epsilon, moved)
    assert f"f = {f(x0 - epsilon * f.grad(x0)):.4g};" in alt(picture)
    assert handle.options == options


def test_a_frame_that_cannot_be_drawn_says_why_in_its_place():
    def f(x):
        return np.array([np.log(x[0] - 0.3), x[1]])

    handle, (x1, _), picture = own("neighbourhood", f=f, x0=[1, 0.9])
    handle.index = 20
    good = picture.value
    x1.value = 0.31
    assert picture.value.startswith('<p role="alert">f must return finite values')
    x1.value = 1.0
    assert picture.value == good
    _, (x1, x2), picture = own("step", f=plain, x0=[-1, 2])
    x1.value, x2.value = 2 * math.log(2), 2 * math.log(2) / 3
    x1.value = 2 * math.log(2)
    assert "role" in picture.value


def test_garbage_is_collected_after_a_frame_as_before(monkeypatch):
    handle, (x1, _), picture = own("step", f=plain, x0=[-1, 2])
    handle.index = 3
    x1.value = 1e9  # is held back at the end of its handle
    assert gc.isenabled()
    gc.disable()
    try:
        handle.index = 4
        assert not gc.isenabled()
    finally:
        gc.enable()
    monkeypatch.setattr("companion.widgets._slider._drawing", None)  # fails
    handle.index = 5
    assert "alert" in picture.value
    assert gc.isenabled()


# ---------------------------------------------------------------------------------------------
# Many points at once


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x[0] ** 2 * x[1],
        lambda x: (x**2).sum(axis=0),
        lambda x: x @ x,
        lambda x: np.sum(x),
        lambda x: math.sqrt(x[0]) + x[1],
        curl,
        bend.f,
    ],
)
def test_a_function_of_one_point_is_taken_to_many(f):
    X = np.random.default_rng(1).uniform(0.5, 2, size=(2, 4, 5))
    one_by_one = np.moveaxis(
        [[f(X[:, i, j]) for j in range(5)] for i in range(4)], (0, 1), (-2, -1)
    )
    np.testing.assert_allclose(Columns(f)(X), one_by_one)


def test_where_a_function_has_no_value_it_is_nan_and_a_grid_is_asked_for_once():
    calls = []

    def f(x):
        calls.append(1)
        return math.log(x[0]) + x[1]

    X = np.array([[-1.0, 0.0, 1.0, 2.0], [1.0, 1.0, 1.0, 1.0]])
    columns = Columns(f)
    np.testing.assert_allclose(columns(X), [np.nan, np.nan, 1, 1 + math.log(2)])
    count = len(calls)
    columns(X.copy())
    assert len(calls) == count
    np.testing.assert_allclose(columns(X + 1), [np.nan, 2, 2 + math.log(2), 2 + math.log(3)])


# ---------------------------------------------------------------------------------------------
# Errors

WRONG = {
    "f is no function": ("step", {"f": 3, "x0": [1, 2]}, "f must be callable; it is 3"),
    "no f": ("step", {"x0": [1, 2]}, "f must be given to 'step', which takes f and x0"),
    "no x0": ("step", {"f": plain}, "x0 must be given with an f that is no Problem"),
    "x0 of three": (
        "step",
        {"f": plain, "x0": [1, 2, 3]},
        "x0 must have length 2; its length is 3",
    ),
    "f of four": ("path", {"f": powell_singular()}, "x0 must have length 2; its length is 4"),
    "x0 not finite": ("path", {"f": plain, "x0": [np.nan, 1]}, "x0 must be finite"),
    "f is no number": (
        "direction",
        {"f": lambda x: x, "x0": [1, 2]},
        r"f must return an array of shape \(\)",
    ),
    "f not finite": (
        "step",
        {"f": lambda x: np.log(x[0]), "x0": [-1, 2]},
        "f must return finite values; at x",
    ),
    "f raises": (
        "step",
        {"f": lambda x: math.log(x[0]), "x0": [-1, 2]},
        "f must have a value at x",
    ),
    "f is complex": (
        "step",
        {"f": lambda x: x[0] * 1j, "x0": [-1, 2]},
        "f must return real numbers",
    ),
    "grad of another shape": (
        "step",
        {"f": Problem("p", plain, lambda x: x[:1], np.diag, [1, 2], np.empty((0, 2)))},
        r"f\.grad must return an array of shape \(2,\)",
    ),
    "no slope": ("step", {"f": bowl([1, 2]), "x0": [0, 0]}, "x0 must not be a critical point"),
    "no way": ("momentum", {"f": bowl([1, 2]), "x0": [0, 0]}, "x0 must not be a critical point"),
    "no minimum": (
        "path",
        {"f": saddle()},
        "f must have a minimum to which a descent from x0 leads",
    ),
    "a level floor": ("path", {"f": valley()}, "f must curve upwards in every direction"),
    "no map": (
        "neighbourhood",
        {"f": plain, "x0": [1, 2]},
        r"f must return an array of shape \(2,\)",
    ),
    "a hole in the map": (
        "neighbourhood",
        {"f": lambda x: np.log(x - 0.9), "x0": [1, 1]},
        "f must return finite values",
    ),
    "no place": ("degree", {"f": np.exp}, "x0 must be given: the place"),
    "a place in the plane": ("degree", {"f": np.exp, "x0": [1, 2]}, "x0 must have 0 axes"),
    "not analytic": ("degree", {"f": np.abs, "x0": 0}, "f must be analytic"),
    "a pole": ("degree", {"f": lambda x: 1 / x, "x0": 0}, "f must"),
    "x0 on the circle": (
        "circle",
        {"f": plain, "x0": [1, 2]},
        "x0 must not be given to 'circle', which takes f",
    ),
    "f for what has none": ("elbow", {"f": plain}, "'elbow', which takes no function or data"),
    "A for f": ("circle", {"A": np.eye(2)}, "A must not be given to 'circle'"),
    "f for A": (
        "multiplier",
        {"f": plain},
        "f must not be given to 'multiplier', which takes A and b",
    ),
    "no b": ("ls-step", {"A": np.eye(2)}, "b must be given to 'ls-step', which takes A, b and x0"),
    "three columns": ("ls-step", {"A": np.eye(3), "b": np.ones(3)}, "A must have two columns"),
    "a long b": ("multiplier", {"A": np.eye(2), "b": np.ones(3)}, "b must have length 2"),
    "A is 0": ("ls-step", {"A": np.zeros((3, 2)), "b": np.ones(3)}, "A must not be 0"),
    "there already": (
        "ls-step",
        {"A": np.eye(2), "b": np.ones(2), "x0": [1, 1]},
        "x0 must not solve the problem",
    ),
    "a zero column": (
        "multiplier",
        {"A": np.array([[1.0, 0], [2, 0]]), "b": np.ones(2)},
        "A must have two independent columns",
    ),
    "one row": ("multiplier", {"A": [[1, 2]], "b": [1]}, "A must have two independent columns"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_drawn_is_an_error_that_names_the_argument(what):
    name, arguments, message = WRONG[what]
    with pytest.raises(ValueError, match=message):
        slider(name, **arguments)


# ---------------------------------------------------------------------------------------------
# Time


# What a frame of the chapter takes on a machine of the usual speed, in seconds.
USUAL = 0.06


@pytest.mark.no_cover
@pytest.mark.parametrize("name", OWN)
def test_a_frame_of_your_own_is_there_at_once(name, printed):
    """As a machine of the usual speed would take it: times on a slower one are shortened alike.

    They are the processor's, so that other tests may run meanwhile.
    """
    handle, moves, picture = own(name, **given(name))
    work, places = SLIDERS["circle"].draw, _places_of("circle")

    def p95():
        times, usual = [], []
        for index in range(0, len(handle.options), 2):
            times.append(seconds(lambda index=index: setattr(handle, "index", index)))
            usual.append(seconds(lambda: _drawing(work, 90.0, places=places)))
        for move in moves:
            for value in np.linspace(move.min, move.max, 9)[1:-1]:
                times.append(seconds(lambda move=move, value=value: setattr(move, "value", value)))
        assert 'role="alert"' not in picture.value
        return np.quantile(times, 0.95), max(1.0, np.median(usual) / USUAL)

    for _ in range(3):  # other work makes a time longer, never shorter
        taken, slowness = p95()
        if taken / slowness <= 0.15:
            break
    said = f"{name:15} {1e3 * taken:4.0f} ms, on a machine {slowness:.2f} times as slow as usual"
    printed("a frame of your own: p95", said)
    assert taken / slowness <= 0.15


def seconds(act):
    begun = time.process_time()
    act()
    return time.process_time() - begun

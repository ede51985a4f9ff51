"""The quadratic model and the step on it: slopes of 3, best steps against a dense search."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion import problems
from companion.taylor import analyze_step, quadratic_model, taylor_coefficients, validity_radius

seeds = st.integers(0, 2**31)


def quadratic(seed, n, definite=True):
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((n, n))
    H = A @ A.T + 0.1 * np.eye(n) if definite else A + A.T
    return rng.standard_normal(n), H, rng.standard_normal(n)


# quadratic_model


@given(st.integers(1, 6), seeds)
@settings(deadline=None, derandomize=True, max_examples=30)
def test_the_model_of_a_quadratic_is_the_quadratic(n, seed):
    b, H, x0 = quadratic(seed, n, definite=False)

    def f(x):
        return 2 + b @ x + x @ H @ x / 2

    m = quadratic_model(f(x0), b + H @ x0, H)
    D = np.random.default_rng(seed).standard_normal((n, 4))
    for d in D.T:
        assert m(d) == pytest.approx(f(x0 + d), rel=1e-10, abs=1e-10)
    np.testing.assert_allclose(m(D), [m(d) for d in D.T])


@pytest.mark.parametrize("make", [problems.rosenbrock, problems.beale, problems.wood])
def test_the_error_of_the_model_has_slope_three(make):
    f = make()
    x0, t = f.x0, np.array([1e-2, 1e-3, 1e-4])
    m = quadratic_model(f(x0), f.grad(x0), f.hess(x0))
    d = np.cos(np.arange(1.0, len(x0) + 1))
    errors = [abs(f(x0 + s * d) - m(s * d)) for s in t]
    assert np.polyfit(np.log(t), np.log(errors), 1)[0] == pytest.approx(3, abs=0.1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, [1, 2], np.eye(3)), r"H must have shape \(2, 2\)"),
        ((np.nan, [1], [[1]]), "f0 must be finite"),
        ((1, [], [[1]]), "g must not be empty"),
    ],
)
def test_bad_models_are_reported(arguments, message):
    with pytest.raises(ValueError, match=message):
        quadratic_model(*arguments)


@pytest.mark.parametrize("d", [1.0, np.ones(3), np.ones((2, 1, 1))])
def test_a_step_of_the_wrong_shape_is_reported(d):
    with pytest.raises(ValueError, match=r"d must have shape \(2,\) or \(2, k\)"):
        quadratic_model(1, [1, 2], np.eye(2))(d)


# analyze_step


@given(st.integers(1, 6), seeds)
@settings(deadline=None, derandomize=True, max_examples=50)
def test_the_best_step_beats_a_dense_search(n, seed):
    b, H, x0 = quadratic(seed, n)
    g = b + H @ x0

    def f(x):
        return b @ x + x @ H @ x / 2

    step = analyze_step(f(x0), g, H @ g)
    best = step.optimal_epsilon
    lowest = min(f(x0 - epsilon * g) for epsilon in np.linspace(0, 3, 301) * best)
    assert f(x0 - best * g) == pytest.approx(lowest, abs=1e-9 * abs(lowest) + 1e-12)
    assert f(x0) - f(x0 - best * g) == pytest.approx(step.predicted_decrease, rel=1e-6)
    assert step.predict(best) == pytest.approx(f(x0) - step.predicted_decrease)
    assert 1 / np.linalg.eigvalsh(H)[-1] <= best * (1 + 1e-12)


@given(st.integers(1, 6), seeds, st.floats(-2, 2))
@settings(deadline=None, derandomize=True, max_examples=30)
def test_the_prediction_is_the_model_along_the_gradient(n, seed, epsilon):
    b, H, x0 = quadratic(seed, n, definite=False)
    g = b + H @ x0
    step = analyze_step(1.5, g, H @ g)
    assert step.slope == pytest.approx(g @ g)
    assert step.alpha == pytest.approx(g @ H @ g)
    assert step.predict(epsilon) == pytest.approx(quadratic_model(1.5, g, H)(-epsilon * g))


def test_the_worst_case_is_the_top_eigenvector():
    H = np.diag([1.0, 2.0, 8.0])
    assert analyze_step(0, [0, 0, 3], H @ [0, 0, 3]).optimal_epsilon == pytest.approx(1 / 8)
    assert analyze_step(0, [3, 0, 0], H @ [3, 0, 0]).optimal_epsilon == pytest.approx(1)


def test_predictions_of_many_steps():
    step = analyze_step(3.25, [3.0, 0.5], [9.0, 1.5])
    epsilon = np.array([[0.0, 1.0, 2.0]])
    np.testing.assert_allclose(step.predict(epsilon), [[3.25, 7.875, 40.25]])
    assert step.predict(epsilon).shape == (1, 3)
    assert isinstance(step.predict(0), float)
    assert step.predict(0) == 3.25


def test_it_reads_as_a_report():
    g = np.array([3.0, 0.5])
    assert repr(analyze_step(3.25, g, 3 * g)) == (
        "StepAnalysis: f0 = 3.2500, slope gᵀg = 9.2500, alpha gᵀHg = 27.7500\n"
        "  best step ε* = 0.3333, predicted decrease 1.5417"
    )
    assert "alpha <= 0: the model falls without end" in repr(analyze_step(1, g, -g))
    assert "alpha gᵀHg = 0.0000" in repr(analyze_step(1, g, 0 * g))
    assert "g = 0: a critical point" in repr(analyze_step(1, 0 * g, 0 * g))
    assert "ε* = 1.0000e-08" in repr(analyze_step(1, g, 1e8 * g))


@pytest.mark.parametrize("Hg", [[-1.0, -1.0], [0.0, 0.0], [1.0, -1.0]])
def test_without_curvature_the_model_falls_without_end(Hg):
    step = analyze_step(1.0, [1.0, 1.0], Hg)
    assert step.optimal_epsilon == np.inf
    assert step.predicted_decrease == np.inf


def test_at_a_critical_point_there_is_no_step():
    step = analyze_step(1.0, [0, 0], [0, 0])
    assert (step.slope, step.alpha) == (0, 0)
    assert (step.optimal_epsilon, step.predicted_decrease) == (0, 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, [1, 2], [1]), "Hg must have length 2"),
        ((1, [[1]], [1]), "g must have 1 axes"),
        ((np.inf, [1], [1]), "f0 must be finite"),
    ],
)
def test_bad_steps_are_reported(arguments, message):
    with pytest.raises(ValueError, match=message):
        analyze_step(*arguments)


# validity_radius


def radius(f, x0, tol=0.1):
    g = f.grad(x0)
    return validity_radius(f, x0, g, f.hess(x0) @ g, tol=tol)


@given(st.integers(1, 5), seeds, st.booleans())
@settings(deadline=None, derandomize=True, max_examples=30)
def test_a_quadratic_is_its_model_everywhere(n, seed, definite):
    b, H, x0 = quadratic(seed, n, definite)
    g = b + H @ x0
    assert validity_radius(lambda x: 2 + b @ x + x @ H @ x / 2, x0, g, H @ g) == np.inf


@pytest.mark.parametrize(
    "make", [problems.rosenbrock, problems.beale, problems.wood, problems.himmelblau]
)
@pytest.mark.parametrize("tol", [0.01, 0.1, 0.5])
def test_the_model_is_right_up_to_the_radius_and_wrong_beyond(make, tol):
    f = make()
    x0 = f.x0 + 0.1
    g = f.grad(x0)
    step = analyze_step(f(x0), g, f.hess(x0) @ g)

    def error(epsilon):
        promised = f(x0) - step.predict(epsilon)
        return abs(f(x0) - f(x0 - epsilon * g) - promised) / abs(promised)

    found = radius(f, x0, tol)
    assert 0 < found < np.inf
    for share in (0.1, 0.5, 0.9, 0.999):
        assert error(share * found) <= tol
    assert error(found * (1 + 1e-6)) > tol


def test_a_tighter_tolerance_has_a_smaller_radius():
    f = problems.rosenbrock()
    assert radius(f, f.x0, 0.01) < radius(f, f.x0, 0.1) < radius(f, f.x0, 0.5)


def test_a_cubic_by_its_formula():
    # f = x + x²/2 + x³ at 0: g = Hg = 1. The model loses ε − ε²/2 and f loses ε³ more, so that the
    # radius solves ε² = tol (1 − ε/2).
    tol = 0.1
    exact = (-tol / 2 + np.sqrt(tol**2 / 4 + 4 * tol)) / 2
    found = validity_radius(lambda x: x[0] + x[0] ** 2 / 2 + x[0] ** 3, [0.0], [1.0], [1.0])
    assert found == pytest.approx(exact, rel=1e-9)


def test_the_return_of_the_model_is_not_stepped_over():
    # The model is back at f(x₀) where ε = 2ε* = 2; there the smallest error is infinitely large.
    def f(x):
        return (x[0] + 0.7) ** 2 / 2 + 1e-9 * np.sin(5 * x[0])

    g, H = 1 + 5e-9 * np.cos(1.5), 1 - 25e-9 * np.sin(1.5)
    found = validity_radius(f, [0.3], [g], [H * g])
    assert found == pytest.approx(2, rel=1e-6)


def test_a_step_out_of_the_domain_is_wrong():
    found = validity_radius(lambda x: np.log(x[0]) if x[0] > 0 else np.nan, [1.0], [1.0], [-1.0])
    assert 0 < found < 1
    found = validity_radius(lambda x: x[0] if x[0] > -3 else np.inf, [0.0], [1.0], [0.0])
    assert found == pytest.approx(3)


@pytest.mark.parametrize("shift", [0.0, 1e6])
def test_rounding_is_not_taken_for_an_error(shift):
    found = validity_radius(lambda x: shift + np.cos(x[0]), [0.5], -np.sin([0.5]), [0.42073549])
    assert found == pytest.approx(1.8692, rel=1e-2)


def test_where_the_gradient_is_zero_there_is_no_step_to_be_wrong():
    assert validity_radius(lambda x: x[0] ** 4, [0.0], [0.0], [0.0]) == np.inf


@pytest.mark.parametrize("u", [1e-30, 1e-12, 1e-6, 1e6, 1e12])
def test_the_radius_is_the_same_in_any_unit_of_x(u):
    def in_units(u):
        g, Hg = -np.sin(0.5) / u, np.cos(0.5) * np.sin(0.5) / u**3
        return validity_radius(lambda x: np.cos(x[0] / u), [0.5 * u], [g], [Hg]) / u**2

    assert in_units(u) == pytest.approx(in_units(1.0), rel=1e-9)


def test_a_wrong_gradient_has_no_radius():
    assert validity_radius(lambda x: x[0] ** 2, [1.0], [4.0], [8.0]) <= 1e-10


@pytest.mark.parametrize("unit", [1e-3, 1.0, 1e3])
def test_a_gradient_that_is_wrong_by_less_than_tol_has_none_either(unit):
    assert validity_radius(lambda x: unit * x[0] ** 2, [1.0], [2 * unit], [4 * unit**2]) > 0
    assert validity_radius(lambda x: unit * x[0] ** 2, [1.0], [2.02 * unit], [4 * unit**2]) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"g": [1.0, 2.0]}, "g must have length 1"),
        ({"Hg": [1.0, 2.0]}, "Hg must have length 1"),
        ({"tol": 0}, "tol must be positive"),
        ({"f": 1}, "f must be callable"),
        ({"f": lambda x: x}, r"f must return an array of shape \(\)"),
        ({"f": lambda x: np.nan}, "f must return finite values"),
    ],
)
def test_bad_arguments_of_the_radius_are_named(arguments, message):
    given = {"f": lambda x: x[0] ** 2, "x0": [1.0], "g": [2.0], "Hg": [4.0]}
    with pytest.raises(ValueError, match=message):
        validity_radius(**given | arguments)


def test_coefficients_are_importable_from_here():
    np.testing.assert_allclose(taylor_coefficients(np.exp, 0, 2), [1, 1, 0.5])


def test_a_step_analysis_that_overflows_is_refused():
    with pytest.raises(ValueError, match="g must be scaled down: gᵀg is inf"):
        analyze_step(0.0, [1e200], [1e200])


@pytest.mark.parametrize(
    ("g", "Hg"), [([1e-170], [1e-170]), ([1e-155, 0], [1e-150, 0]), ([1e-100], [1e-250])]
)
def test_a_step_analysis_that_underflows_is_refused(g, Hg):
    with pytest.raises(ValueError, match="g must be scaled up: gᵀg is"):
        analyze_step(0.0, g, Hg)


def test_an_alpha_that_is_zero_has_not_underflowed():
    assert analyze_step(0.0, [1e-100, 0], [0, 1e-100]).alpha == 0


def test_a_radius_has_the_digits_of_f():
    def f(x):
        return np.cos(np.float32(x[0]))

    found = validity_radius(f, [0.5], -np.sin([0.5]), [0.42073549])
    assert found == pytest.approx(1.8692, rel=1e-2)


@pytest.mark.parametrize("unit", [1e-3, 1.0, 1e3])
def test_a_kink_has_no_radius(unit):
    with pytest.raises(ValueError, match="f must have a slope at x0 along −g; at"):
        validity_radius(lambda x: unit * abs(x[0] - 1), [1.0], [unit], [0.0])
    with pytest.raises(ValueError, match="f must have a slope at x0 along −g; at"):
        validity_radius(lambda x: unit * abs(x[0]), [0.0], [unit], [0.0])


@pytest.mark.parametrize("power", [0.5, 1.5])
def test_a_model_that_is_wrong_however_short_the_step_has_the_radius_0(power):
    assert validity_radius(lambda x: 1e9 * abs(x[0]) ** power, [0.0], [1.0], [0.0]) == 0


def test_model_and_prediction_refuse_what_is_not_a_finite_number():
    with pytest.raises(ValueError, match="d must be finite"):
        quadratic_model(0.0, [1.0], [[1.0]])([np.nan])
    with pytest.raises(ValueError, match="epsilon must hold real numbers"):
        analyze_step(0.0, [1.0], [1.0]).predict("a")

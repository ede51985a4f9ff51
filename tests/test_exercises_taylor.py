"""Plausible wrong answers to the third chapter's exercises, and what each is told."""

from math import exp, factorial

import numpy as np
import pytest
from wrong_answers import WrongAnswers

from companion.checks import check
from companion.exercises_taylor import EXERCISES


def exact_step(kappa, gradient):
    x, H = np.array([kappa, 1.0]), np.diag([1.0, kappa])
    g = gradient(x, kappa)
    return x - (g @ g) / (g @ H @ g) * g


def stop_at(bound):
    """The first n at which a bound holds."""

    def enough(x, tol):
        n = 0
        while bound(x, n) > tol and n < 150:
            n += 1
        return n

    return enough


def search(x, f, d, enough):
    t = 1.0
    while not enough(f(x + t * d), f(x), t) and t > 1e-16:
        t /= 2
    return x + t * d


def newton_with_search(f, grad, hess, x):
    g = grad(x)
    d = np.linalg.solve(hess(x), -g)
    return search(x, f, d, lambda new, old, t: new <= old + 1e-4 * t * (g @ d))


def whole_promise(f, grad, hess, x):
    g = grad(x)
    d = np.linalg.solve(hess(x), -g)
    d = d if g @ d < 0 else -g
    return search(x, f, d, lambda new, old, t: new < old + t * (g @ d))


def wrong_test(f, grad, hess, x):
    g = grad(x)
    d = np.linalg.solve(hess(x), -g)
    d = d if g @ d > 0 else -g
    return search(x, f, d, lambda new, old, t: new <= old + 1e-4 * t * (g @ d))


def half_first(f, grad, hess, x):
    g = grad(x)
    d = np.linalg.solve(hess(x), -g)
    d = d if g @ d < 0 else -g
    return search(x, f, d / 2, lambda new, old, t: new <= old + 1e-4 * t * (g @ d))


def series(x, terms):
    return sum(x**k / factorial(k) for k in range(terms))


def curvature(w, A):
    p = 1 / (1 + np.exp(-A @ w))
    return A.T @ ((p * (1 - p))[:, None] * A)


def top(H):
    return np.linalg.eigvalsh(H)[-1]


# name: [(answer, words of the verdict)]
WRONG = {
    "taylor-2": [
        (lambda k: exact_step(k, lambda x, k: np.array([x[0], x[1]])), "second entry is κx₂"),
        (lambda k: np.array([k, 1]) - np.array([k, k]) / k, "worst case only"),
        (lambda k: np.array([k, 1]) + 2 / (1 + k) * np.array([k, k]), "uphill"),
        (lambda k: -2 / (1 + k) * np.array([k, k]), "not the point"),
        (lambda k: ((k - 1) / (k + 1)) ** 2 * np.array([k, 1]), "after two steps"),
        (lambda k: (k - 1) / (k + 1) * np.array([k, 1]), "across the valley"),
        (lambda k: np.array([k, 1]) - 1 / (1 + k) * np.array([k, k]), "Half of it"),
        (lambda k: (k - 1) / (k + 1), "Its shape is ()"),
    ],
    "taylor-3": [
        (stop_at(lambda x, n: abs(x) ** n / factorial(n)), "This is n + 1"),
        (stop_at(lambda x, n: abs(x) ** (n + 2) / factorial(n + 2)), "one term short"),
        (stop_at(lambda x, n: x ** (n + 1) / factorial(n + 1)), "about |x|"),
        (stop_at(lambda x, n: abs(x) ** (n + 1)), "expected was"),
        (stop_at(lambda x, n: abs(x) ** (2 * n + 1) / factorial(2 * n + 1)), "of odd powers"),
    ],
    "taylor-4": [
        (lambda f0, g, H, e: f0 - e * g @ g + e**2 * g @ H @ g, "A ½ is missing"),
        (lambda f0, g, H, e: f0 + e * g @ g + e**2 * g @ H @ g / 2, "promise has the wrong sign"),
        (lambda f0, g, H, e: f0 - e * g @ g - e**2 * g @ H @ g / 2, "two minuses"),
        (lambda f0, g, H, e: f0 - e * (g @ g) + e * (g @ H @ g) / 2, "goes with ε²"),
        (lambda f0, g, H, e: f0 - e**2 * g @ g + e**2 * g @ H @ g / 2, "used twice"),
        (lambda f0, g, H, e: f0 - e * g @ g, "slope alone"),
        (lambda f0, g, H, e: f0 - e * g + e**2 * H @ g / 2, "Its shape is (2,)"),
    ],
    "taylor-5": [
        (lambda g, H, Delta: g @ g / (g @ H @ g), "radius is ignored"),
        (lambda g, H, Delta: min(g @ g / (g @ H @ g), Delta), "Δ/‖g‖, not Δ"),
        (
            lambda g, H, Delta: min(g @ g / (g @ H @ g), Delta / np.linalg.norm(g)),
            "behind you",
        ),
        (
            lambda g, H, Delta: min(abs(g @ g / (g @ H @ g)), Delta / np.linalg.norm(g)),
            "no ε* exists",
        ),
        (lambda g, H, Delta: 2 * g @ g / (g @ H @ g), "back at f(x₀)"),
        (lambda g, H, Delta: 1 / top(H), "worst case"),
        (lambda g, H, Delta: g @ H @ g / (g @ g), "This is 1/ε*"),
        (lambda g, H, Delta: g @ g / (g @ H @ g) * g, "Its shape is (2,)"),
    ],
    "taylor-6": [
        (lambda f, grad, hess, x: x - np.linalg.solve(hess(x), grad(x)), "bare Newton step"),
        (lambda f, grad, hess, x: x - hess(x) @ grad(x), "expected was"),
        (lambda f, grad, hess, x: x + np.linalg.solve(hess(x), grad(x)), "d = −H⁻¹g"),
        (newton_with_search, "points uphill"),
        (whole_promise, "not moved"),
        (wrong_test, "always goes along −g"),
        (half_first, "expected was"),
    ],
    "taylor-7": [
        (lambda x: series(x, 160), "terms of both signs cancel"),
        (lambda x: series(x, 21), "Too few terms"),
        (lambda x: series(abs(x), 160), "turn it over"),
        (lambda x: 1 / series(x, 160), "This is exp(−x)"),
        (lambda x: series(x, 20_000), "raised OverflowError"),
    ],
    "taylor-8": [
        (lambda w, A, nu: 2 / (top(curvature(w, A)) + nu), "mean is missing"),
        (lambda w, A, nu: 1 / (top(curvature(w, A)) / len(A) + nu), "half of what is asked"),
        (lambda w, A, nu: 2 / (top(curvature(w, A)) / len(A)), "weight decay is missing"),
        (lambda w, A, nu: 2 / (top(curvature(w, A)) / len(A) + nu / 2), "not ½νI"),
        (lambda w, A, nu: 2 / (top(A.T @ A) / len(A) / 4 + nu), "at w = 0"),
        (lambda w, A, nu: 2 / (top(A.T @ A) / len(A) + nu), "D is missing"),
        (lambda w, A, nu: top(curvature(w, A)) / len(A) + nu, "This is λ_max"),
        (lambda w, A, nu: curvature(w, A) / len(A), "Its shape is (2, 2)"),
    ],
    "taylor-9": [
        (lambda low, high: (2 / (low + high), 2 / (low + high)), "best constant steps"),
        (lambda low, high: (1 / low, 1 / high), "does not shrink at all"),
        (lambda low, high: (1 / high, 2 / high), "is multiplied by 0.7200"),
        (lambda low, high: (1 / high, -1 / high), "is multiplied by 0.9900"),
        (lambda low, high: 2 / (low + high), "its shape is ()"),
    ],
}


class TestWrongAnswers(WrongAnswers):
    chapter, table = "taylor", WRONG


def test_other_ways_to_the_right_answer_pass():
    def halved(x):
        value = series(x / 64, 30)
        for _ in range(6):
            value = value * value
        return value

    assert check("taylor-7", halved)
    assert check("taylor-7", exp)
    assert check("taylor-8", lambda w, A, nu: 2 / (top(curvature(w, A) / len(A)) + nu))


@pytest.mark.parametrize(("share", "passes"), [(0.5, True), (0.7, True), (0.95, False)])
def test_more_than_one_pair_of_steps_beats_the_constant_one(share, passes):
    def pair(low, high):
        middle, away = (low + high) / 2, share * (high - low) / 2
        return 1 / (middle + away), 1 / (middle - away)

    assert check("taylor-9", pair).passed == passes


def test_the_right_step_is_where_the_model_is_lowest_within_the_radius():
    right = EXERCISES["taylor-5"].right
    rng = np.random.default_rng(1)
    for _ in range(50):
        g, M, Delta = rng.standard_normal(3), rng.standard_normal((3, 3)), rng.uniform(0.1, 3)
        H = M + M.T
        most = Delta / np.linalg.norm(g)
        epsilon = np.linspace(0, most, 20_001)
        model = -epsilon * (g @ g) + epsilon**2 * (g @ H @ g) / 2
        assert right(g, H, Delta) == pytest.approx(epsilon[model.argmin()], abs=1e-4 * most)

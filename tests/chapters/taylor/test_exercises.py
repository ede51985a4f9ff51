"""Plausible wrong answers to the third chapter's exercises, and what each is told."""

from math import exp, factorial

import numpy as np
import pytest
from wrong_answers import WrongAnswers

from companion.checks import EXERCISES, check


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


def best_step(least=min, length=np.linalg.norm, otherwise=None):
    def answer(g, H, Delta):
        most, alpha = Delta / length(g), g @ H @ g
        return least(g @ g / alpha, most) if alpha > 0 else most if otherwise is None else otherwise

    return answer


def by_trace(g, H, Delta):
    most = Delta / np.linalg.norm(g)
    return min(g @ g / (g @ H @ g), most) if np.trace(H) > 0 else most


def along_the_gradient(f, grad, hess, x):
    g = grad(x)
    return search(x, f, -g, lambda new, old, t: new <= old - 1e-4 * t * (g @ g))


def safe_newton(share, without_t=False):
    def answer(f, grad, hess, x):
        g = grad(x)
        d = np.linalg.solve(hess(x), -g)
        d = d if g @ d < 0 else -g
        return search(
            x, f, d, lambda new, old, t: new <= old + share * t ** (not without_t) * (g @ d)
        )

    return answer


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


def roots(step, beta):
    return np.roots([1, -(1 + beta - step), beta])


def by_cases(step, beta):
    """√β inside the window; outside, the root of the equation as it is for a positive one."""
    middle = (1 + beta - step) / 2
    inside = middle**2 < beta
    return np.sqrt(beta) if inside else middle + np.sqrt(middle**2 - beta)


def best_momentum(low, high, power=2):
    a, b = np.sqrt([low, high])
    return 4 / (a + b) ** 2, ((b - a) / (b + a)) ** power


def adam_step(*, corrected=True, count=0, root=np.sqrt, sign=1, late=False, along_g=False):
    """Adam's step, with one thing wrong with it."""

    def answer(x, g, m, v, k, epsilon):
        new_m, new_v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        m, v = (m, v) if late else (g if along_g else new_m, new_v)
        first, second = (1 - b ** (k + count) if corrected else 1 for b in (0.9, 0.999))
        first = 1 if along_g else first
        return x - sign * epsilon * (m / first) / (root(v / second) + 1e-8)

    return answer


def learnt(B, s, y, *, rho=None, left=lambda V: V, right=lambda V: V.T):
    rho = 1 / (y @ s) if rho is None else rho
    V = np.eye(len(s)) - rho * np.outer(s, y)
    return left(V) @ B @ right(V) + rho * np.outer(s, s)


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
        (lambda f0, g, H, e: f0 - e * np.linalg.norm(g) + e**2 * g @ H @ g / 2, "not the norm"),
        (lambda f0, g, H, e: -e * g @ g + e**2 * g @ H @ g / 2, "value f(x₀) is missing"),
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
        (by_trace, "expected was"),
        (best_step(max), "The larger of the two"),
        (best_step(length=lambda g: g @ g), "not ε gᵀg"),
        (best_step(otherwise=0.0), "go there"),
        (lambda g, H, Delta: Delta / np.linalg.norm(g), "This goes to the radius"),
    ],
    "taylor-6": [
        (lambda f, grad, hess, x: x - np.linalg.solve(hess(x), grad(x)), "bare Newton step"),
        (lambda f, grad, hess, x: x - hess(x) @ grad(x), "expected was"),
        (lambda f, grad, hess, x: x + np.linalg.solve(hess(x), grad(x)), "d = −H⁻¹g"),
        (newton_with_search, "points uphill"),
        (whole_promise, "not moved"),
        (wrong_test, "expected was"),
        (along_the_gradient, "always goes along −g"),
        (half_first, "expected was"),
        *((safe_newton(share), "expected was") for share in (0, 1e-3, 2e-4, 9e-5, 0.1, 0.5)),
        (safe_newton(1e-4, without_t=True), "expected was"),
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
        (lambda w, A, nu: 2 / (np.linalg.eigvalsh(curvature(w, A))[0] / len(A) + nu), "2/λ_min"),
        (lambda w, A, nu: 2 / (top(curvature(w, A)) / len(A) + 2 * nu), "not 2νI"),
        (
            lambda w, A, nu: 2 / (np.trace(curvature(w, A)) / len(A) + len(w) * nu),
            "the trace, the sum of all eigenvalues",
        ),
        (lambda w, A, nu: curvature(w, A) / len(A), "Its shape is (2, 2)"),
    ],
    "taylor-9": [
        (lambda low, high: (2 / (low + high), 2 / (low + high)), "best constant steps"),
        (lambda low, high: (1 / low, 1 / high), "does not shrink at all"),
        (lambda low, high: (1 / high, 2 / high), "is multiplied by 0.7200"),
        (lambda low, high: (1 / high, -1 / high), "is multiplied by 0.9900"),
        (lambda low, high: 2 / (low + high), "its shape is ()"),
    ],
    "taylor-10": [
        (lambda step, beta: np.sqrt(beta), "inside the window"),
        (lambda step, beta: abs(1 - step), "without momentum"),
        (lambda step, beta: min(abs(roots(step, beta))), "the smaller of the two"),
        (lambda step, beta: max(abs(roots(step, beta).real)), "larger real part"),
        (lambda step, beta: max(abs(np.roots([1, step - 1 - beta, -beta]))), "as β zₖ₋₁ was"),
        (lambda step, beta: max(abs(np.roots([1, step - 1, beta]))), "A β is missing"),
        (lambda step, beta: abs(np.prod(roots(step, beta))), "product of the two"),
        (by_cases, "expected was"),
        (lambda step, beta: max(roots(step, beta)), "should not be complex"),
        (lambda step, beta: abs(roots(step, beta)), "Its shape is (2,)"),
        (lambda step, beta: max(abs(1 - step), np.sqrt(beta)), "expected was"),
    ],
    "taylor-11": [
        (lambda low, high: best_momentum(low, high, 1), "β must be squared"),
        (
            lambda low, high: (best_momentum(low, high)[0], ((high - low) / (high + low)) ** 2),
            "roots of the eigenvalues",
        ),
        (lambda low, high: (2 / (low + high), best_momentum(low, high)[1]), "without momentum"),
        (
            lambda low, high: (best_momentum(low, high)[0] ** 0.5, best_momentum(low, high)[1]),
            "ε must be squared",
        ),
        (lambda low, high: best_momentum(low, high)[::-1], "changed places"),
        (lambda low, high: (1 / high, best_momentum(low, high)[1]), "expected was"),
        (lambda low, high: best_momentum(low, high)[1], "Its shape is ()"),
    ],
    "taylor-12": [
        (lambda G, p, i: G[i], "row i as it is"),
        (lambda G, p, i: G[i] / p[i], "for the sum of all rows"),
        (lambda G, p, i: G[i] * p[i] * len(G), "divide by p"),
        (lambda G, p, i: G.mean(axis=0), "may look at row i only"),
        (lambda G, p, i: p @ G, "an average with the weights p"),
        (lambda G, p, i: G[i] / len(G), "1/p too few"),
        (lambda G, p, i: G[i] / (G.shape[1] * p[i]), "expected was"),
    ],
    "taylor-13": [
        (lambda G, size: G.var(axis=0).sum() / size, "with replacement"),
        (lambda G, size: G.var(axis=0).sum() / size * (1 - size / len(G)), "m − 1, not m"),
        (
            lambda G, size: G.var(axis=0).sum() * (len(G) - size) / (len(G) - 1),
            "1/|B| of the spread",
        ),
        (
            lambda G, size: np.mean((G**2).sum(axis=1)) * (len(G) / size - 1) / (len(G) - 1),
            "was not subtracted",
        ),
        (
            lambda G, size: np.sqrt(G.var(axis=0).sum() * (len(G) / size - 1) / (len(G) - 1)),
            "This is its root",
        ),
        (
            lambda G, size: G.var(axis=0).mean() * (len(G) / size - 1) / (len(G) - 1),
            "mean over entries",
        ),
        (lambda G, size: G.var(axis=0) * (len(G) / size - 1) / (len(G) - 1), "Its shape is"),
    ],
    "taylor-14": [
        (lambda L, gap, e, N: gap / (N * e * (1 - e * L / 2)), "take the root"),
        (lambda L, gap, e, N: np.sqrt(2 * L * gap / N), "for ε = 1/L"),
        (lambda L, gap, e, N: np.sqrt(gap / (N * e * abs(1 - e * L))), "A ½ is missing"),
        (lambda L, gap, e, N: np.sqrt(gap / (N * e)), "takes the slope at its word"),
        (lambda L, gap, e, N: np.sqrt(gap / (N * (1 - e * L / 2))), "An ε is missing"),
        (lambda L, gap, e, N: np.sqrt(gap / (e * (1 - e * L / 2))), "N is missing"),
        (lambda L, gap, e, N: np.sqrt(gap / (N * e * (1 + e * L / 2))), "expected was"),
    ],
    "taylor-15": [
        (adam_step(corrected=False), "too small at first"),
        (adam_step(count=1), "for another count"),
        (adam_step(root=lambda v: v), "The root is missing"),
        (adam_step(sign=-1), "goes uphill"),
        (adam_step(late=True), "those of the step before"),
        (adam_step(along_g=True), "not along the last one"),
        (lambda x, *rest: adam_step()(x, *rest) - x, "not the point"),
        (lambda x, g, m, v, k, epsilon: x - epsilon * np.sign(g), "expected was"),
    ],
    "taylor-16": [
        (lambda B, s, y: learnt(B, y, s), "s and y have changed places"),
        (lambda B, s, y: learnt(B, s, y) - np.outer(s, s) / (y @ s), "last term"),
        (lambda B, s, y: learnt(B, s, y, rho=y @ s), "ρ is 1/yᵀs"),
        (lambda B, s, y: learnt(B, s, y, left=lambda V: V.T, right=lambda V: V), "two brackets"),
        (lambda B, s, y: learnt(B, s, y, right=lambda V: V), "must be the transpose"),
        (lambda B, s, y: learnt(np.eye(len(s)), s, y), "the old B is not in it"),
        (
            lambda B, s, y: B + np.outer(s - B @ y, s - B @ y) / ((s - B @ y) @ y),
            "symmetric update of rank one",
        ),
        (lambda B, s, y: learnt(B, s, y) @ y, "Its shape is (2,)"),
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

    def by_the_formula(step, beta):
        middle = (1 + beta - step) / 2
        root = np.sqrt(middle**2 - beta + 0j)
        return max(abs(middle + root), abs(middle - root))

    assert check("taylor-7", halved)
    assert check("taylor-10", by_the_formula)
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

"""Plausible wrong answers to the third chapter's exercises, and what each is told."""

from itertools import combinations
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


def best_step(least=min, first=min, most=None, otherwise=None):
    """The best step within a box, with one thing wrong with it."""

    def answer(g, H, Delta):
        wall = first(Delta[g != 0] / abs(g[g != 0])) if most is None else most(g, Delta)
        alpha = g @ H @ g
        return least(g @ g / alpha, wall) if alpha > 0 else wall if otherwise is None else otherwise

    return answer


def wall(g, Delta):
    return min(Delta[g != 0] / abs(g[g != 0]))


def by_trace(g, H, Delta):
    return min(g @ g / (g @ H @ g), wall(g, Delta)) if np.trace(H) > 0 else wall(g, Delta)


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


def ahead(step, beta, *, middle=1, sign=1):
    left = 1 - step
    return np.roots([1, -middle * left * (1 + beta), sign * left * beta])


def by_cases(step, beta):
    """The size of a complex pair; of two real roots, the larger one as it is for positive ones."""
    half = (1 - step) * (1 + beta) / 2
    inside = half**2 < (1 - step) * beta
    return np.sqrt((1 - step) * beta) if inside else half + np.sqrt(half**2 - (1 - step) * beta)


def ends(epsilon, low, high):
    return 1 - np.sqrt(epsilon * low), np.sqrt(epsilon * high) - 1


def best_of_all(epsilon, low, high):
    a, b = np.sqrt([low, high])
    return ((b - a) / (b + a)) ** 2


def rows(off, *, allowed=lambda g, theta: theta**2 * (g @ g), more=0):
    """A count up to the first size that is right by some formula."""

    def answer(G, theta):
        size = 1
        while off(G, size) > allowed(G.mean(axis=0), theta) and size < 10_000:
            size += 1
        return size + more

    return answer


def off(G, size):
    return G.var(axis=0).sum() / size * (len(G) - size) / (len(G) - 1)


def adams_step(
    k, epsilon, beta, *, corrected=True, count=0, weight=None, gradient=lambda j: (-1) ** j
):
    """How long Adam's k-th step is, by steps, with one thing wrong with it."""
    m, weight = 0.0, 1 - beta if weight is None else weight
    for j in range(k):
        m = beta * m + weight * gradient(j)
    return epsilon * abs(m) / (1 - beta ** (k + count) if corrected else 1)


def matrix(S, Y, *, left=lambda V: V, last=1):
    B = np.eye(S.shape[1])
    for s, y in zip(S, Y, strict=True):
        V = left(np.eye(len(s)) - np.outer(s, y) / (y @ s))
        B = V @ B @ V.T + last * np.outer(s, s) / (y @ s)
    return B


def two_loops(S, Y, g):
    """As Nocedal and Wright have it, algorithm 7.4."""
    a = np.zeros(len(S))
    for i in reversed(range(len(S))):
        a[i] = S[i] @ g / (Y[i] @ S[i])
        g = g - a[i] * Y[i]
    for i in range(len(S)):
        g = g + (a[i] - Y[i] @ g / (Y[i] @ S[i])) * S[i]
    return g


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
        (lambda f0, g, d, f1: -(g @ d) / (f1 - f0 - g @ d), "back at f0 there"),
        (lambda f0, g, d, f1: -(g @ d) / (2 * (f1 - f0)), "slope's promise is missing"),
        (lambda f0, g, d, f1: -(g @ d) / (2 * (f1 - f0 + g @ d)), "slope has the wrong sign"),
        (lambda f0, g, d, f1: g @ g / (2 * (f1 - f0 + g @ g)), "for a step along −g"),
        (lambda f0, g, d, f1: -(g @ d) / (2 * (f1 - f0 - g @ d)) * d, "asked is t"),
        (lambda f0, g, d, f1: (g @ d) / (2 * (f1 - f0 - g @ d)), "but for the sign"),
        (lambda f0, g, d, f1: 0.5, "expected was"),
    ],
    "taylor-5": [
        (lambda g, H, Delta: g @ g / (g @ H @ g), "box is ignored"),
        (best_step(most=lambda g, Delta: min(Delta)), "Δᵢ/|gᵢ|, not Δᵢ"),
        (lambda g, H, Delta: min(g @ g / (g @ H @ g), wall(g, Delta)), "behind you"),
        (lambda g, H, Delta: min(abs(g @ g / (g @ H @ g)), wall(g, Delta)), "no ε* exists"),
        (lambda g, H, Delta: 2 * g @ g / (g @ H @ g), "back at f(x₀)"),
        (lambda g, H, Delta: 1 / top(H), "worst case"),
        (lambda g, H, Delta: g @ H @ g / (g @ g), "This is 1/ε*"),
        (lambda g, H, Delta: g @ g / (g @ H @ g) * g, "Its shape is (2,)"),
        (by_trace, "expected was"),
        (best_step(max), "The larger of the two"),
        (best_step(first=max), "The first wall"),
        (
            best_step(most=lambda g, Delta: np.linalg.norm(Delta) / np.linalg.norm(g)),
            "as a ball would",
        ),
        (best_step(otherwise=0.0), "go there"),
        (lambda g, H, Delta: wall(g, Delta), "This goes to the wall"),
        (best_step(most=lambda g, Delta: min(Delta / g)), "expected was"),
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
        (lambda x: series(x, 160) if x > -10 else 1 / series(-x, 160), "For x = -8.8"),
        (lambda x: np.float32(exp(x)), "Too few terms leave such an error"),
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
        (lambda low, high: (1 / high, 2 / high), "is multiplied by 0.72, and by 0.669421 with"),
        (lambda low, high: (1 / high, -1 / high), "is multiplied by 0.99, and by 0.669421 with"),
        (lambda low, high: 2 / (low + high), "its shape is ()"),
        (
            lambda low, high: (2 / (low + high), (2 + 1e-8) / (low + high)),
            "is multiplied by 0.669421495, and by 0.669421488 with",
        ),
    ],
    "taylor-10": [
        (
            lambda step, beta: max(abs(np.roots([1, step - 1 - beta, beta]))),
            "the factor of the ball",
        ),
        (
            lambda step, beta: np.sqrt(beta * abs(1 - step)),
            "where the two roots are a complex pair",
        ),
        (lambda step, beta: abs(1 - step), "without momentum"),
        (lambda step, beta: min(abs(ahead(step, beta))), "the smaller of the two"),
        (lambda step, beta: max(abs(ahead(step, beta).real)), "larger real part"),
        (lambda step, beta: max(abs(ahead(step, beta, sign=-1))), "as β zₖ₋₁ is subtracted"),
        (lambda step, beta: abs(np.prod(ahead(step, beta))), "product of the two"),
        (by_cases, "expected was"),
        (lambda step, beta: np.sqrt(beta), "expected was"),
        (lambda step, beta: max(ahead(step, beta)), "should not be complex"),
        (lambda step, beta: abs(ahead(step, beta)), "Its shape is (2,)"),
        (lambda step, beta: max(abs(ahead(step, beta, middle=1 / (1 + beta)))), "expected was"),
    ],
    "taylor-11": [
        (lambda *a: max(ends(*a)), "Square it"),
        (lambda *a: ends(*a)[0] ** 2, "suits the flattest"),
        (lambda *a: ends(*a)[1] ** 2, "suits the steepest"),
        (lambda *a: min(x**2 for x in ends(*a)), "lesser of two demands"),
        (best_of_all, "goes with one ε only"),
        (
            lambda e, low, high: max(1 - e * low, e * high - 1) ** 2,
            "ends of the window are squares",
        ),
        (lambda *a: ends(*a), "Its shape is (2,)"),
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
        (rows(lambda G, size: G.var(axis=0).sum() / size), "with replacement"),
        (rows(lambda G, size: off(G, size) * (len(G) - 1) / len(G)), "m − 1, not m"),
        (
            rows(
                lambda G, k: (G**2).sum() / len(G) / k * (len(G) - k) / (len(G) - 1),
            ),
            "was not subtracted",
        ),
        (
            rows(off, allowed=lambda g, theta: theta * np.linalg.norm(g)),
            "the square of the error",
        ),
        (rows(off, allowed=lambda g, theta: theta * (g @ g)), "θ must be squared"),
        (rows(off, allowed=lambda g, theta: theta**2), "a share θ of the gradient"),
        (rows(off, more=-1), "one row too few"),
        (rows(off, more=1), "One row fewer"),
        (rows(lambda G, size: G.var(axis=0).sum() / size**2), "expected was"),
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
        (lambda *a: adams_step(*a, gradient=lambda j: 1), "stays the same"),
        (lambda k, epsilon, beta: epsilon * (1 - beta) / (1 + beta), "what it tends to"),
        (lambda *a: adams_step(*a, corrected=False), "too small at first"),
        (lambda *a: adams_step(*a, corrected=False, weight=1), "the ball's step"),
        (lambda *a: adams_step(*a, count=1), "for another count"),
        (lambda k, *rest: (-1) ** k * adams_step(k, *rest), "Asked is its length"),
        (lambda k, epsilon, beta: epsilon / (1 + beta), "expected was"),
    ],
    "taylor-16": [
        (lambda S, Y, g: two_loops(S[::-1], Y[::-1], g), "other way round"),
        (lambda S, Y, g: two_loops(S[-1:], Y[-1:], g), "Only the newest pair"),
        (lambda S, Y, g: two_loops(Y, S, g), "s and y have changed places"),
        (lambda S, Y, g: matrix(S, Y, last=0) @ g, "last term"),
        (lambda S, Y, g: matrix(S, Y, left=np.transpose) @ g, "two brackets"),
        (lambda S, Y, g: matrix(S, Y) @ g, "an n × n matrix was made"),
        (lambda S, Y, g: matrix(S, Y), "Its shape is (2, 2)"),
        (lambda S, Y, g: g, "expected was"),
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
        half, product = (1 - step) * (1 + beta) / 2, (1 - step) * beta
        root = np.sqrt(half**2 - product + 0j)
        return max(abs(half + root), abs(half - root))

    def solved(G, theta):
        spread, most, m = G.var(axis=0).sum(), theta**2 * np.sum(G.mean(axis=0) ** 2), len(G)
        return max(1, int(np.ceil(m * spread / (spread + (m - 1) * most))))

    def apart_by_little(low, high):
        return 2.002 / (low + high), 1.998 / (low + high)

    assert check("taylor-7", halved)
    assert check("taylor-9", apart_by_little)
    assert check("taylor-10", by_the_formula)
    assert check("taylor-13", solved)
    assert check("taylor-15", adams_step)
    assert check("taylor-16", two_loops)
    assert check("taylor-7", exp)
    assert check("taylor-8", lambda w, A, nu: 2 / (top(curvature(w, A) / len(A)) + nu))


@pytest.mark.parametrize(("share", "passes"), [(0.5, True), (0.7, True), (0.95, False)])
def test_more_than_one_pair_of_steps_beats_the_constant_one(share, passes):
    def pair(low, high):
        middle, away = (low + high) / 2, share * (high - low) / 2
        return 1 / (middle + away), 1 / (middle - away)

    assert check("taylor-9", pair).passed == passes


def test_the_right_step_is_where_the_model_is_lowest_within_the_box():
    right = EXERCISES["taylor-5"].right
    rng = np.random.default_rng(1)
    for _ in range(50):
        g, M, Delta = rng.standard_normal(3), rng.standard_normal((3, 3)), rng.uniform(0.1, 3, 3)
        H = M + M.T
        most = np.min(Delta / abs(g))
        epsilon = np.linspace(0, most, 20_001)
        model = -epsilon * (g @ g) + epsilon**2 * (g @ H @ g) / 2
        assert right(g, H, Delta) == pytest.approx(epsilon[model.argmin()], abs=1e-4 * most)


def test_the_turning_point_is_that_of_the_interpolating_parabola():
    exercise = EXERCISES["taylor-4"]
    for (f0, g, d, f1), right in zip(
        map(dict.values, exercise.inputs), exercise.rights, strict=True
    ):
        half = f0 + g @ d / 2 + (f1 - f0 - g @ d) / 4  # the parabola at ½
        a, b, _ = np.polyfit([0, 0.5, 1], [f0, half, f1], 2)
        assert a > 0 > g @ d
        assert right == pytest.approx(-b / (2 * a))


def test_the_variant_shrinks_by_the_right_factor_in_the_long_run():
    right = EXERCISES["taylor-10"].right
    for step, beta in [(0.001, 0.9), (1.3, 0.9), (1.45, 0.5), (0.02, 0.5)]:  # of two real roots
        z = [1.0, 1.0]
        for _ in range(400):
            y = z[-1] + beta * (z[-1] - z[-2])
            z.append(y - step * y)
        assert abs(z[-1] / z[-2]) == pytest.approx(right(step, beta), rel=1e-4)


def test_the_right_beta_is_that_of_a_dense_search():
    exercise = EXERCISES["taylor-11"]
    beta = np.linspace(0, 0.9999, 10_000)
    for (epsilon, low, high), right in zip(
        map(dict.values, exercise.inputs), exercise.rights, strict=True
    ):
        assert 0 < epsilon < 4 / high
        worst = 0.0
        for lam in np.linspace(low, high, 101):
            half = (1 + beta - epsilon * lam) / 2
            root = np.sqrt(half**2 - beta + 0j)
            worst = np.maximum(worst, np.maximum(abs(half + root), abs(half - root)))
        assert right == pytest.approx(beta[worst.argmin()], abs=2e-4)


def test_the_right_number_of_rows_is_counted_over_all_batches():
    exercise = EXERCISES["taylor-13"]
    for (G, theta), right in zip(map(dict.values, exercise.inputs), exercise.rights, strict=True):
        if len(G) > 9:
            continue
        g = G.mean(axis=0)
        for size in (right - 1, right):
            means = (
                [G[list(B)].mean(axis=0) for B in combinations(range(len(G)), size)] if size else []
            )
            counted = np.mean([((mean - g) ** 2).sum() for mean in means]) if size else np.inf
            assert (counted <= theta**2 * (g @ g) * (1 + 1e-9) + 1e-30) == (size == right)

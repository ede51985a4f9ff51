"""Plausible wrong answers to the first chapter's exercises, and what each is told."""

import math

import numpy as np
import pytest
from wrong_answers import WrongAnswers

from companion.checks import check


def column_by_column(quotient):
    """A Jacobian from a difference quotient of f at x along e."""
    return lambda f, x: np.column_stack([quotient(f, x, e) for e in np.eye(len(x))])


def central(h):
    return column_by_column(lambda f, x, e: (f(x + h * e) - f(x - h * e)) / (2 * h))


def forward(h):
    return column_by_column(lambda f, x, e: (f(x + h * e) - f(x)) / h)


def scaled_central(f, x):
    steps = 1e-6 * np.diag(x)  # no step at all where x_j = 0
    return np.column_stack([(f(x + d) - f(x - d)) / (2 * d.sum()) for d in steps])


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def unit(d):
    return d / np.linalg.norm(d)


def levers(theta, lengths):
    """The vector from each joint to the hand, one a row, by walking along the arm."""
    joints = [np.zeros(2)]
    for phi, length in zip(np.add.accumulate(theta), lengths, strict=True):
        joints.append(joints[-1] + length * np.array([np.cos(phi), np.sin(phi)]))
    return joints[-1] - np.array(joints[:-1])


def turned(vectors):
    return np.array([[-y, x] for x, y in vectors]).T


def to_scores(P, P_bar):
    """The adjoint of the scores, through the Jacobian of each row."""
    return np.array(
        [p_bar @ (np.diag(p) - np.outer(p, p)) for p, p_bar in zip(P, P_bar, strict=True)]
    )


def rounds(f, x, k, product=lambda K, J: K @ J):
    J = f.jac(x)
    for _ in range(k - 1):
        x = f(x)
        J = product(f.jac(x), J)
    return J


def forwards(Ws, x, w=None):
    for W in Ws:
        x = np.tanh(W @ x)
    return x


def chain_row(Ws, x, w, slope=lambda y: 1 - y**2):
    for k in range(len(Ws), 0, -1):
        w = (w * slope(forwards(Ws[:k], x))) @ Ws[k - 1]
    return w


def active(A, b, x):
    """The rows that attain the maximum."""
    return A[A @ x + b == (A @ x + b).max()]


def by_halves(k, ahead=1 / 2, both=False):
    """Results kept and layers run, by a sweep that counts them."""
    kept, most, runs = 0, 0, 0

    def store(change):
        nonlocal kept, most
        kept += change
        most = max(most, kept)

    def sweep(k):
        nonlocal runs
        if k == 1:
            runs += 1
            store(1)
            store(0 if both else -1)
            return
        runs += int(ahead * k)
        store(1)
        sweep(k - k // 2)
        store(0 if both else -1)
        sweep(k // 2)

    store(1)
    sweep(k)
    return most, runs


def iterated(f, x, k):
    for _ in range(k):
        x = f(x)
    return x


def length(z):
    return abs(z)


also_abs = np.absolute


# name: [(answer, words of the verdict)]
WRONG = {
    "jacobians-1": [
        (max, "the slower one is what is left"),
        (lambda p, q: 2, "What is left out here, and are they?"),
        (lambda p, q: max(2, min(p, q)), "Are they at 0?"),
        (lambda p, q: min(2, p, q), "The theorem gives a bound"),
        (lambda p, q: p + q, "not multiplied"),
        (lambda p, q: (p, q), "Its shape is (2,)"),
        (lambda p, q: np.hypot(p, q), "expected was"),
    ],
    "jacobians-2": [
        (lambda x: 2 * x, "gradient of ‖x‖²"),
        (lambda x: x, "gradient of ½‖x‖²"),
        (lambda x: x / (x @ x), "divides twice"),
        (lambda x: 0.5 * (x @ x) ** -0.5 * np.ones(len(x)), "expected was"),
        (lambda x: 0.5 * (x @ x) ** -0.5, "slope of the root alone"),
        (lambda x: 0.5 * (x @ x) ** -0.5 * x, "2 of the squares"),
        (lambda x: -x / np.linalg.norm(x), "right but for the sign"),
        (lambda x: x / x.sum(), "For x = [3, 4]"),
        (lambda x: np.linalg.norm(x), "f itself"),
        (lambda x: (x / np.linalg.norm(x)).reshape(1, -1), "Its shape is (1, 2)"),
    ],
    "jacobians-3": [
        (lambda f, x: central(1e-6)(f, x).T, "This is Jᵀ"),
        (lambda f, x: 2 * central(1e-6)(f, x), "This is 2J"),
        (column_by_column(lambda f, x, e: (f(x + 1e-6 * e) - f(x)) / 2e-6), "This is ½J"),
        (
            column_by_column(lambda f, x, e: (f(x - 1e-6 * e) - f(x + 1e-6 * e)) / 2e-6),
            "This is −J",
        ),
        (lambda f, x: (f(x + 1e-6) - f(x - 1e-6)) / 2e-6, "one input should move at a time"),
        (lambda f, x: np.diag(central(1e-6)(f, x)), "the diagonal of J alone"),
        (forward(1e-6), "A forward difference leaves such an error"),
        (forward(1e-8), "A forward difference leaves such an error"),
        (central(1e-12), "far from 1e-5"),
        (central(1e-2), "far from 1e-5"),
        (lambda f, x: central(1e-6)(f, x)[0], "Its shape is (2,)"),
        (scaled_central, "not all of it is finite"),
    ],
    "jacobians-4": [
        (lambda u, f, f3: (3 * u * f / f3) ** (1 / 3), "should not be complex"),
        (lambda u, f, f3: np.cbrt(3 * u * f / f3), "The sizes"),
        (lambda u, f, f3: 2 * np.sqrt(u * abs(f) / abs(f3)), "best step of the forward"),
        (lambda u, f, f3: np.cbrt(u * abs(f) / abs(f3)), "The 3 is missing"),
        (lambda u, f, f3: np.cbrt(6 * u * abs(f) / abs(f3)), "makes the two errors equal"),
        (lambda u, f, f3: u ** (1 / 3), "expected was"),
        (lambda u, f, f3: np.sqrt(3 * u * abs(f) / abs(f3)), "cube root"),
        (lambda u, f, f3: 3 * u * abs(f) / abs(f3) ** 1 / 3, "expected was"),
    ],
    "jacobians-5": [
        (lambda a, b, c, d: (a / c, (a * d - b * c) / c**2), "sign of the slope"),
        (lambda a, b, c, d: (a / c, (b * c - a * d) / c), "divided by c²"),
        (lambda a, b, c, d: (a / c, b / d), "not the quotient of the slopes"),
        (lambda a, b, c, d: (a / c, b / c), "the divisor moves too"),
        (lambda a, b, c, d: (a * c, a * d + b * c), "the product"),
        (lambda a, b, c, d: (a / c, (b * c + a * d) / c**2), "has a plus"),
        (lambda a, b, c, d: (b * c - a * d) / c**2, "Its shape is ()"),
    ],
    "jacobians-6": [
        (lambda x: x @ x, "The complex step is right about it"),
        (lambda x: np.exp(x[0]) * np.sin(x[1]), "The complex step is right about it"),
        (lambda x: 3.0, "The complex step is right about it"),
        (lambda x: np.arctan2(x[0], x[1]), "raises TypeError: that is saying so"),
        (lambda x: x**2, "It should be one number"),
        (lambda x: abs(x[0]) ** 2, "It calls abs"),
        (lambda x: np.absolute(x) @ [3.0, 1.0], "It calls abs"),
        (lambda x: sum(abs(each) for each in x), "It calls abs"),
        (lambda x: length(x[0]) + x[1], "It calls abs"),
        (lambda x: also_abs(x).sum(), "It calls abs"),
        (lambda x: math.sqrt(x[0] ** 2 + x[1] ** 2), "raises ComplexWarning: that is saying so"),
        (lambda x: np.linalg.norm(x - [1.0, 0.5]), "has no slope here"),
        (lambda x: np.sqrt(x[0] - 1) if x[0] > 1 else -np.sqrt(1 - x[0]), "has no slope here"),
        (lambda x: x[0] ** 2 if np.isrealobj(x) else np.nan, "not finite: that is saying so"),
    ],
    "jacobians-7": [
        (
            lambda theta, r: turned(np.diff(levers(theta, r), axis=0, append=0) * -1),
            "all links beyond",
        ),
        (
            lambda theta, r: turned(
                levers(theta, r)[0] - np.vstack([levers(theta, r)[1:], [[0, 0]]])
            ),
            "lead from the shoulder",
        ),
        (lambda theta, r: levers(theta, r).T, "at right angles to them"),
        (lambda theta, r: turned(levers(np.diff(theta, prepend=0), r)), "from the link before"),
        (
            lambda theta, r: turned(0 * levers(theta, r) + levers(theta, r)[0]),
            "lever of the shoulder",
        ),
        (lambda theta, r: -turned(levers(theta, r)), "right but for the sign"),
        (lambda theta, r: turned(levers(theta, r)).T, "the transpose"),
        (lambda theta, r: turned(levers(theta, r))[0], "Its shape is (2,)"),
    ],
    "jacobians-8": [
        (lambda w, A, y: A.T @ (y - sigmoid(A @ w)), "The sign is turned"),
        (lambda w, A, y: A.T @ (sigmoid(A @ w) - y) / len(y), "the mean"),
        (lambda w, A, y: A.T @ (A @ w - y), "The sigmoid is missing"),
        (lambda w, A, y: A.T @ sigmoid(A @ w), "is missing"),
        (lambda w, A, y: A.T @ (sigmoid(-A @ w) - y), "sigmoid of −Aw"),
        (lambda w, A, y: sigmoid(A @ w) - y, "an entry for each row"),
        (lambda w, A, y: A @ (sigmoid(A @ w) - y), "raised ValueError in line"),
        (lambda w, A, y: 2 * A.T @ (sigmoid(A @ w) - y), "twice what is asked"),
    ],
    "jacobians-10": [
        (lambda g, a: g - (a @ g) / (a @ a) * a, "not of length 1"),
        (lambda g, a: g / np.linalg.norm(g), "steepest d of all"),
        (lambda g, a: unit((a @ g) / (a @ a) * a), "the part of g along a"),
        (lambda g, a: unit(g - (a @ g) * a), "aᵀa is missing"),
        (lambda g, a: unit(g - (a @ g) / np.linalg.norm(a) * a), "not by ‖a‖"),
        (lambda g, a: -unit(g - (a @ g) / (a @ a) * a), "right but for the sign"),
        (lambda g, a: unit(g - a), "expected was"),
        (lambda g, a: unit(np.array([-a[1], a[0]])), "Its shape is (2,)"),
    ],
    "jacobians-11": [
        (lambda P, P_bar: P * (1 - P) * P_bar, "lowers all others"),
        (lambda P, P_bar: P * P_bar, "the denominator moves, too"),
        (lambda P, P_bar: P * (P_bar - (P * P_bar).sum()), "over the whole batch"),
        (lambda P, P_bar: P * (P_bar - (P * P_bar).sum(axis=0)), "down the columns"),
        (lambda P, P_bar: P * (P_bar.T - P_bar.sum(axis=1)).T, "as a weight"),
        (lambda P, P_bar: P_bar - (P * P_bar).sum(axis=1)[:, None], "before them is missing"),
        (lambda P, P_bar: -to_scores(P, P_bar), "right but for the sign"),
        (lambda P, P_bar: P - P_bar, "expected was"),
        (lambda P, P_bar: np.diag(P[0]) - np.outer(P[0], P[0]), "must be (1, 3)"),
    ],
    "jacobians-12": [
        (lambda Ws, x, w: chain_row(Ws, x, w, lambda y: 1), "slopes of tanh are missing"),
        (lambda Ws, x, w: chain_row(Ws, x, w, lambda y: 1 - y), "with a square"),
        (lambda Ws, x, w: chain_row(Ws, x, w, lambda y: 1 - np.tanh(y) ** 2), "one too many"),
        (lambda Ws, x, w: chain_row(Ws, x, w, lambda y: 1 + y**2), "expected was"),
        (lambda Ws, x, w: -chain_row(Ws, x, w), "right but for the sign"),
        (lambda Ws, x, w: chain_row(Ws[::-1], x, w), "expected was"),
        (forwards, "not a row of slopes"),
    ],
    "jacobians-13": [
        (lambda A, b, x, d: A[np.argmax(A @ x + b)] @ d, "ask all that do"),
        (lambda A, b, x, d: (active(A, b, x) @ d).min(), "not the least"),
        (lambda A, b, x, d: (active(A, b, x) @ d).mean(), "A mean of the slopes"),
        (lambda A, b, x, d: (A @ d).max(), "do not count"),
        (lambda A, b, x, d: (A @ (x + d) + b).max() - (A @ x + b).max(), "over all of d"),
        (lambda A, b, x, d: active(A, b, x) @ d, "Its shape is (2,)"),
        (lambda A, b, x, d: (active(A, b, x) @ d).sum(), "expected was"),
    ],
    "jacobians-14": [
        (lambda F_x, F_y, w: -np.linalg.solve(F_y, w) @ F_x, "solved with F_yᵀ"),
        (lambda F_x, F_y, w: -w @ F_y @ F_x, "must be undone"),
        (lambda F_x, F_y, w: -w @ F_x, "F_y is missing"),
        (lambda F_x, F_y, w: -np.linalg.solve(F_y, F_x), "the Jacobian of y"),
        (lambda F_x, F_y, w: np.linalg.solve(F_y.T, w) @ F_x, "right but for the sign"),
    ],
    "jacobians-16": [
        (lambda k: by_halves(k)[::-1], "in the other order"),
        (lambda k: np.subtract(by_halves(k), [1, 0]), "The start is among"),
        (lambda k: by_halves(k, both=True), "do not add to those of the first"),
        (lambda k: by_halves(k, ahead=1), "runs them both"),
        (lambda k: np.subtract(by_halves(k), [0, k]), "A layer alone is run"),
        (lambda k: (k - k // 2 + 2 if k > 1 else 2, k + k // 2), "by halves themselves"),
        (lambda k: by_halves(k)[0], "must be (2,)"),
        (lambda k: (2 + np.log2(k), k * (1 + np.log2(k) / 2)), "expected was"),
    ],
    "jacobians-17": [
        (lambda f, x, k: np.linalg.matrix_power(f.jac(x), k), "taken at x"),
        (lambda f, x, k: rounds(f, x, k, lambda K, J: J @ K), "their order is not"),
        (lambda f, x, k: rounds(f, x, k, np.multiply), "entry by entry"),
        (lambda f, x, k: rounds(f, f(x), k), "one round late"),
        (lambda f, x, k: rounds(f, x, k, lambda K, J: K), "the last factor alone"),
        (lambda f, x, k: iterated(f, x, k), "not its Jacobian"),
        (lambda f, x, k: rounds(f, x, k).T, "the transpose"),
        (lambda f, x, k: rounds(f, x, k + 1), "expected was"),
    ],
}


class TestWrongAnswers(WrongAnswers):
    chapter, table = "jacobians", WRONG


@pytest.mark.parametrize("h", [1e-4, 1e-5, 1e-6])
def test_any_sensible_step_of_a_central_difference_passes(h):
    assert check("jacobians-3", central(h))


DECEIVERS = [
    lambda x: np.linalg.norm(x),
    lambda x: np.real(x[0]) ** 2 + x[1],
    lambda x: (x @ np.conj(x)).real,
    lambda x: 8 * np.real(x[0]) - 6 * np.real(x[1]),  # level along (0.6, 0.8)
    lambda x: x[0] ** 2 if x[0].real > 0 and np.isrealobj(x) else x[0],
]


@pytest.mark.parametrize("f", DECEIVERS)
def test_more_than_one_function_deceives_the_complex_step(f):
    assert check("jacobians-6", f)


def test_what_deceives_companion_is_reported(monkeypatch):
    monkeypatch.setattr("companion.checks._exercises_jacobians.gradient", lambda *args: None)
    assert "deceived companion too" in check("jacobians-6", np.linalg.norm).said


@pytest.mark.parametrize("p", range(11))
def test_by_halves_a_power_of_two_takes_its_exponent_in_results(p):
    assert by_halves(2**p) == (p + 2, 2**p + p * 2**p // 2)

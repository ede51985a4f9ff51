"""Plausible wrong answers to the least-squares chapter's exercises, and what each is told."""

import numpy as np
import pytest
from numpy.linalg import norm, solve
from wrong_answers import WrongAnswers

from companion.checks import check
from companion.checks._exercises_least_squares import _breaks
from companion.least_squares import (
    norm_constrained,
    pseudoinverse_solve,
    qr_solve,
    regularized_solve,
)


def leashed_by(lam):
    """Answers to the second exercise that differ in λ."""
    return lambda b, Delta: (np.clip(b.mean(), -Delta, Delta), lam(b, Delta))


def stacked(A, b, rows, below):
    return qr_solve(np.vstack([A, rows]), np.append(b, below))


def ridge(A, b, alpha):
    """By AᵀA, and so without all the digits."""
    return solve(A.T @ A + alpha * np.eye(A.shape[1]), A.T @ b)


def halved(is_too_long, factor=0.5, rounds=60):
    """λ by bisection."""

    def find_lam(A, b, Delta):
        low, high = 0.0, factor * norm(A.T @ b) / Delta
        for _ in range(rounds):
            lam = (low + high) / 2
            low, high = (lam, high) if is_too_long(A, b, lam, Delta) else (low, lam)
        return lam

    return find_lam


def too_long(A, b, lam, Delta):
    return norm(regularized_solve(A, b, lam)) > Delta


def ball(A, b, epsilon, momentum, steps):
    """Right; the wrong ones below differ from it in a line."""
    path = np.zeros((steps + 1, A.shape[1]))
    for k in range(steps):
        x, before = path[k], path[max(k - 1, 0)]
        path[k + 1] = x - epsilon * A.T @ (A @ x - b) + momentum * (x - before)
    return path


def ball_overwritten(A, b, epsilon, momentum, steps):
    x = before = np.zeros(A.shape[1])
    path = [x]
    for _ in range(steps):
        before = x
        x = x - epsilon * A.T @ (A @ x - b) + momentum * (x - before)
        path.append(x)
    return np.array(path)


def nesterov(A, b, epsilon, momentum, steps):
    path = np.zeros((steps + 1, A.shape[1]))
    for k in range(steps):
        ahead = path[k] + momentum * (path[k] - path[max(k - 1, 0)])
        path[k + 1] = ahead - epsilon * A.T @ (A @ ahead - b)
    return path


def ball_in_place(A, b, epsilon, momentum, steps):
    x, path = np.zeros(A.shape[1]), []
    for _ in range(steps + 1):
        path.append(x)
        x -= epsilon * A.T @ (A @ x - b)
    return np.array(path)


def errors(A, b, new_A, new_b, radii):
    return [norm(new_A @ norm_constrained(A, b, Delta).x - new_b) for Delta in radii]


def left_over(R1, c1, rest1, R2, c2, rest2, x=None):
    A, b = np.vstack([R1, R2]), np.append(c1, c2)
    x = qr_solve(A, b) if x is None else x
    return norm(A @ x - b) ** 2 + rest1**2 + rest2**2


def added(R1, c1, rest1, R2, c2, rest2):
    return left_over(R1, c1, rest1, R2, c2, rest2, solve(R1 + R2, c1 + c2))


def averaged(R1, c1, rest1, R2, c2, rest2):
    x = (solve(R1, c1) + solve(R2, c2)) / 2
    return left_over(R1, c1, rest1, R2, c2, rest2, x)


def fading(factor, of_c=None):
    """One triangle with b beside it, which fades by that factor before each block."""

    def answer(A, b, fade):
        T = np.zeros((0, A.shape[2] + 1))
        for A_k, b_k in zip(A, b, strict=True):
            faded = factor(fade) * T
            if of_c:
                faded[:, -1] = of_c(fade) * T[:, -1]
            T = np.linalg.qr(np.vstack([faded, np.column_stack([A_k, b_k])]), mode="r")
        return qr_solve(T[:, :-1], T[:, -1])

    return answer


def miss(A, b, a, of=None, join=lambda h: np.sqrt(1 + h)):
    """How far the next reading is from the line, where h is aᵀ(AᵀA)⁻¹a."""
    tau = norm(A @ qr_solve(A, b) - b) / np.sqrt(of or len(A) - len(A.T))
    return tau * join(a @ solve(A.T @ A, a))


def each_alone(A, b, a):
    """As if the errors of the coefficients did not depend on each other."""
    spread = np.diag(np.linalg.inv(A.T @ A))
    return miss(A, b, a, join=lambda h: np.sqrt(1 + spread @ a**2))


def refitted(A, b):
    """Row after row left out, in as many fits."""
    keep = ~np.eye(len(b), dtype=bool)
    return np.array([A[i] @ qr_solve(A[keep[i]], b[keep[i]]) - b[i] for i in range(len(b))])


def with_leverage(change):
    def answer(A, b):
        return (A @ qr_solve(A, b) - b) * change(1 - np.diag(A @ np.linalg.pinv(A)))

    return answer


def directions(A, b, D, seen=None, last=None, far=None):
    """The points along directions that are conjugate as `seen` sees them, to the `last` before."""
    seen, far = A if seen is None else seen, A if far is None else far
    x, path, P = np.zeros(len(D)), [np.zeros(len(D))], []
    for d in D.T:
        for q in P[len(P) - (len(P) if last is None else last) :]:
            d = d - (seen @ q) @ (seen @ d) / norm(seen @ q) ** 2 * q
        x = x + (A @ d) @ (b - A @ x) / norm(far @ d) ** 2 * d
        P.append(d)
        path.append(x)
    return np.array(path)


# name: [(answer, words of the verdict)]
WRONG = {
    "least_squares-2": [
        (leashed_by(lambda b, Delta: len(b) * max(0, abs(b.mean()) / Delta - 1)), "is twice"),
        (leashed_by(lambda b, Delta: max(0, abs(b.mean()) / Delta - 1) / 2), "the m is missing"),
        (leashed_by(lambda b, Delta: len(b) / 2 * max(0, b.mean() / Delta - 1)), "expected was"),
        (leashed_by(lambda b, Delta: len(b) / 2 * (b.mean() / Delta - 1)), "its size |mean|"),
        (leashed_by(lambda b, Delta: len(b) / 2 * (1 - abs(b.mean()) / Delta)), "wrong sign"),
        (lambda b, Delta: (b.mean(), 0.0), "too long for the leash"),
        (
            lambda b, Delta: (Delta, len(b) / 2 * (abs(b.mean()) / Delta - 1)),
            "x has lost its sign",
        ),
        (
            lambda b, Delta: (
                Delta * np.sign(b.mean()),
                len(b) / 2 * (abs(b.mean()) / Delta - 1),
            ),
            "A negative λ is never a solution",
        ),
        (lambda b, Delta: np.clip(b.mean(), -Delta, Delta), "λ is missing"),
    ],
    "least_squares-3": [
        (lambda A, b, w: qr_solve(w[:, None] * A, w * b), "weights w²"),
        (lambda A, b, w: qr_solve(np.sqrt(w)[:, None] * A, b), "those of b do not"),
        (lambda A, b, w: qr_solve(A, np.sqrt(w) * b), "the rows of A do not"),
        (lambda A, b, w: qr_solve(A, b), "Each mean counts alike"),
        (lambda A, b, w: A @ qr_solve(np.sqrt(w)[:, None] * A, np.sqrt(w) * b) - b, "the residual"),
        (lambda A, b, w: qr_solve(A / np.sqrt(w)[:, None], b / np.sqrt(w)), "weights 1/w"),
        (lambda A, b, w: qr_solve(np.sqrt(w) * A, np.sqrt(w) * b), "raised ValueError in line"),
        (lambda A, b, w: solve(A.T @ np.diag(w) @ A, A.T @ b), "expected was"),
    ],
    "least_squares-4": [
        (
            lambda A, b, a: stacked(A, b, a * np.eye(A.shape[1]), np.zeros(A.shape[1])),
            "√penalty, not the penalty itself",
        ),
        (lambda A, b, a: regularized_solve(A, b, a), "twice the penalty"),
        (lambda A, b, a: regularized_solve(A, b, a / 4), "half the penalty"),
        (lambda A, b, a: pseudoinverse_solve(A, b), "without it"),
        (lambda A, b, a: stacked(A, b, np.eye(len(A.T)), np.zeros(len(A.T))), "expected was"),
        (
            lambda A, b, a: stacked(A, b, np.sqrt(a) * np.ones((1, A.shape[1])), [0.0]),
            "the sum of x",
        ),
        (lambda A, b, a: stacked(A, b, np.sqrt(a) * np.eye(A.shape[1]), 0), "raised ValueError"),
        (ridge, "Has AᵀA been formed"),
    ],
    "least_squares-5": [
        (lambda A, b, Delta: 2 * norm_constrained(A, b, Delta).lam, "ridge's penalty"),
        (halved(lambda A, b, lam, Delta: norm(ridge(A, b, lam)) > Delta, 1.0), "ridge's penalty"),
        (
            halved(lambda A, b, lam, Delta: norm(regularized_solve(A, b, lam)) ** 2 > Delta),
            "‖x‖² is Δ",
        ),
        (halved(lambda A, b, lam, Delta: too_long(A, b, lam, 1.0), 1.0), "for the radius 1"),
        (halved(lambda A, b, lam, Delta: not too_long(A, b, lam, Delta)), "expected was"),
        (halved(lambda *inputs: True), "upper end of the interval"),
        (halved(lambda *inputs: False), "move the lower end"),
        (halved(too_long, rounds=8), "Go on halving"),
        (lambda A, b, Delta: norm_constrained(A, b, Delta).x, "This is x(λ)"),
        (lambda A, b, Delta: norm_constrained(A, b, Delta).lam / 2, "half of what is asked"),
    ],
    "least_squares-6": [
        (ball_overwritten, "Is the point before overwritten"),
        (nesterov, "Nesterov's method"),
        (lambda A, b, e, m, k: ball(A, b, e, -m, k), "should be x − before"),
        (lambda A, b, e, m, k: ball(A, b, e * (1 - m), m, k), "1 − momentum"),
        (lambda A, b, e, m, k: ball(A, b, 2 * e, m, k), "twice too large"),
        (lambda A, b, e, m, k: ball(A, b, -e, m, k), "this climbs"),
        (lambda *inputs: ball(*inputs)[-1], "the last point alone"),
        (lambda *inputs: ball(*inputs)[1:], "where it starts, is missing"),
        (lambda *inputs: ball(*inputs).T, "the transpose"),
        (ball_in_place, "expected was"),
    ],
    "least_squares-7": [
        (lambda tiny: np.array([[1, 1], [tiny, 0], [0, 1]]), "does not refuse it"),
        (lambda tiny: np.array([[1, 1], [tiny, tiny], [0, 0]]), "qr_solve refuses it, too"),
        (lambda tiny: np.array([[1, 1 + tiny], [1, 1], [0, 0]]), "Its entries must be"),
        (lambda tiny: np.array([[1, tiny, 0], [1, 0, tiny]]), "must be (3, 2)"),
        (lambda tiny: np.zeros((3, 2)), "qr_solve refuses it, too"),
        (lambda tiny: np.array([[1, 1], [-tiny, 0], [0, tiny]]), "one of them is"),
    ],
    "least_squares-8": [
        (
            lambda A, b, new_A, new_b, radii: radii[np.argmin(errors(A, b, A, b, radii))],
            "the fit votes for more",
        ),
        (lambda *inputs: np.argmin(errors(*inputs)), "place of the radius"),
        (lambda *inputs: min(errors(*inputs)), "the error, not the radius"),
        (
            lambda A, b, new_A, new_b, radii: (
                min(errors(A, b, new_A, new_b, radii)) / len(new_b) ** 0.5
            ),
            "root of the mean square",
        ),
        (
            lambda A, b, new_A, new_b, radii: radii[np.argmin(errors(new_A, new_b, A, b, radii))],
            "changed places",
        ),
        (lambda *inputs: inputs[-1][np.argmax(errors(*inputs))], "largest error"),
        (
            lambda A, b, new_A, new_b, radii: (
                norm_constrained(
                    A, b, radii[np.argmin(errors(A, b, new_A, new_b, radii))]
                ).lam
            ),
            "the λ of the best radius",
        ),
        (lambda *inputs: inputs[-1][len(inputs[-1]) // 2], "expected was"),
    ],
    "least_squares-10": [
        (lambda R1, c1, r1, R2, c2, r2: left_over(R1, c1, 0, R2, c2, 0), "rests are missing"),
        (lambda R1, c1, r1, R2, c2, r2: r1**2 + r2**2, "an x of its own"),
        (
            lambda R1, c1, r1, R2, c2, r2: left_over(R1, c1, 0, R2, c2, 0) + r1 + r2,
            "The rests are lengths",
        ),
        (lambda *inputs: np.sqrt(left_over(*inputs)), "asked for is its square"),
        (
            lambda R1, c1, r1, R2, c2, r2: left_over(R1, c1, r1, R2, c2, r2, solve(R1, c1)),
            "the first block alone",
        ),
        (added, "Squares add up, triangles do not"),
        (averaged, "the mean of the two x"),
        (lambda *inputs: left_over(*inputs) / 2, "half of what is asked"),
    ],
    "least_squares-11": [
        (fading(lambda fade: fade), "Take √fade"),
        (
            lambda A, b, fade: fading(np.sqrt)(A[::-1], b[::-1], fade),
            "the newest rows count least",
        ),
        (fading(lambda fade: 1.0), "Nothing has faded"),
        (lambda A, b, fade: qr_solve(A[-1], b[-1]), "the newest block alone"),
        (fading(np.sqrt, lambda fade: 1.0), "R has faded, and c has not"),
        (lambda A, b, fade: fading(np.sqrt)(A, b, fade) / 2, "half of what is asked"),
    ],
    "least_squares-12": [
        (lambda A, b, a: miss(A, b, a, join=np.sqrt), "the new reading errs, too"),
        (lambda A, b, a: miss(A, b, a, join=lambda h: 1), "the line errs, too"),
        (lambda A, b, a: miss(A, b, a, join=lambda h: 1 + np.sqrt(h)), "not the sizes"),
        (lambda A, b, a: miss(A, b, a, of=len(A)), "divide by m − n"),
        (lambda A, b, a: miss(A, b, a, of=1), "is not divided by"),
        (each_alone, "depend on each other"),
        (lambda A, b, a: miss(A, b, a) ** 2, "take the root"),
        (lambda A, b, a: miss(A, b, a, of=len(A) - 1), "expected was"),
        (lambda A, b, a: a @ qr_solve(A, b), "expected was"),
    ],
    "least_squares-13": [
        (lambda A, b: A @ qr_solve(A, b) - b, "each row had its share"),
        (with_leverage(lambda room: room), "Divide by 1"),
        (with_leverage(lambda room: room**-0.5), "not its root"),
        (lambda A, b: refitted(A, b) + b, "take b from them"),
        (lambda A, b: -refitted(A, b), "right but for the sign"),
    ],
    "least_squares-14": [
        (lambda A, b, D: directions(A, b, D, last=0), "as they are"),
        (lambda A, b, D: directions(A, b, D, seen=np.eye(len(D))), "as A sees them"),
        (lambda A, b, D: directions(A, b, D, last=1), "not to all"),
        (lambda A, b, D: directions(A, b, D, far=np.eye(len(D))), "A is missing below"),
        (lambda A, b, D: directions(A, b, D.T), "its rows"),
        (lambda A, b, D: directions(A, b, D)[-1], "the last point alone"),
        (lambda A, b, D: directions(A, b, D).T, "the transpose"),
        (lambda A, b, D: directions(A, b, D)[1:], "expected was"),
    ],
}  # fmt: skip


class TestWrongAnswers(WrongAnswers):
    chapter, table = "least_squares", WRONG


# More than one way is right

RIGHT = {
    "least_squares-2": lambda b, Delta: np.array(
        [np.clip(b.mean(), -Delta, Delta), max(0.0, len(b) / 2 * (abs(b.mean()) / Delta - 1))]
    ),
    "least_squares-3": lambda A, b, w: solve(A.T @ (w[:, None] * A), A.T @ (w * b)),
    "least_squares-4": lambda A, b, a: regularized_solve(A, b, a / 2),
    "least_squares-5": halved(too_long),
    "least_squares-6": ball,
    "least_squares-7": lambda tiny: np.array([[tiny, 0], [1, 1], [0, 0]]),
    "least_squares-8": lambda *inputs: float(inputs[-1][int(np.argmin(errors(*inputs)))]),
    "least_squares-10": left_over,
    "least_squares-11": fading(np.sqrt),
    "least_squares-12": miss,
    "least_squares-13": refitted,
    "least_squares-14": directions,
}


@pytest.mark.parametrize("name", RIGHT)
def test_another_right_answer_passes(name):
    verdict = check(name, RIGHT[name])
    assert verdict.passed, verdict


def test_nothing_is_said_of_a_condition_that_an_input_does_not_have():
    said = check("least_squares-4", lambda A, b, a: regularized_solve(A, b, 0.501 * a)).said
    assert "relative error" in said
    assert "κ > 10⁶" not in said


def test_a_matrix_that_qr_cannot_solve_well_either_is_told():
    said = _breaks(None, np.array([[1.0, 1.0], [1e-15, 0.0], [0.0, 0.0]]), 1e-15)
    assert "qr_solve" in said

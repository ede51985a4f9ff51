"""Plausible wrong answers to the exercises on constraints, and what each is told."""

import numpy as np
import pytest
from wrong_answers import WrongAnswers

from companion.checks import _judge, check
from companion.checks._exercises_constrained import _covariances
from companion.constrained import (
    minimize_constrained,
    project_box,
    project_simplex,
    projected_gradient,
)
from companion.problems import ConstrainedProblem

norm = np.linalg.norm


def kkt_system(H, c, A, b):
    K = np.block([[H, A.T], [A, np.zeros((len(b), len(b)))]])
    return np.linalg.solve(K, np.concatenate([-c, b]))


def minus_in_the_lagrangian(H, c, A, b):
    K = np.block([[H, -A.T], [A, np.zeros((len(b), len(b)))]])
    return np.linalg.solve(K, np.concatenate([-c, b]))


def row_for_column(H, c, A, b):
    K = np.block([[H, A], [A.T, np.zeros((len(b), len(b)))]])
    return np.linalg.solve(K, np.concatenate([-c, b]))


def by_penalty(H, c, A, b):
    x = np.linalg.solve(H + 1e3 * A.T @ A, 1e3 * A.T @ b - c)
    return np.append(x, 1e3 * (A @ x - b))


def portfolio(C, r, least, *, half=1.0, ineq=None, eq=None):
    """A portfolio as the solver gives it, with rules of one's own."""
    problem = ConstrainedProblem(
        lambda w: half * w @ C @ w,
        lambda w: 2 * half * C @ w,
        eq=eq or (lambda w: np.array([w.sum() - 1])),
        ineq=ineq or (lambda w: np.array([least - r @ w, *-w])),
    )
    end = minimize_constrained(problem, np.ones(len(r)) / len(r))
    return np.append(end.x, end.mu[0])


def in_deviation(C, r, least):
    w = portfolio(C, r, least)
    w[-1] /= 2 * np.sqrt(w[:-1] @ C @ w[:-1])
    return w


def met_exactly(C, r, least):
    def eq(w):
        return np.array([w.sum() - 1, least - r @ w])

    problem = ConstrainedProblem(lambda w: w @ C @ w, lambda w: 2 * C @ w, eq, ineq=lambda w: -w)
    end = minimize_constrained(problem, np.ones(len(r)) / len(r))
    return np.append(end.x, end.lam[1])


def descent(project=project_simplex, *, sign=1, steps=800):
    """Projected gradient descent on ½‖Aw − b‖², by hand."""

    def answer(A, b):
        w, step = np.ones(A.shape[1]) / A.shape[1], sign / norm(A, 2) ** 2
        for _ in range(steps):
            w = project(w - step * A.T @ (A @ w - b))
        return w

    return answer


def least_squares(A, b):
    return np.linalg.lstsq(A, b, rcond=None)[0]


def clipped(A, b):
    w = np.maximum(least_squares(A, b), 0)
    return w / w.sum()


def bound(H, c, A, b, mu):
    x = np.linalg.solve(H, -c - A.T @ mu)
    return c @ x + x @ H @ x / 2 + mu @ (A @ x - b)


def lagrangian_at(find):
    """What L is at a point that is found in one way or another."""

    def answer(H, c, A, b, mu):
        x = find(H, c, A, mu)
        return c @ x + x @ H @ x / 2 + mu @ (A @ x - b)

    return answer


def street(half=1.0, hinge=lambda z: np.maximum(0, z), price=lambda C: C, at=lambda b: b):
    """The smallest gap, with other halves, another hinge or C, or at another b."""

    def answer(X, s, C, mu):
        w = mu @ (s[:, None] * X)
        places = np.atleast_1d(at(s - X @ w))
        costs = [price(C) * hinge(1 - s * (X @ w + b)).sum() for b in places]
        return half * (w @ w) + min(costs) - mu.sum()

    return answer


def as_on_the_page(X, s, C, mu):
    """With b from the rows that have a price between."""
    free = (mu > 0) & (mu < C)
    w = mu @ (s[:, None] * X)
    b = (s - X @ w)[free].mean()
    return street(at=lambda _: b)(X, s, C, mu)


def rounds_of(change=lambda rho: rho, first=0, step=lambda k: k):
    """The augmented Lagrangian with another change of λ, or another number of rounds."""

    def answer(H, c, A, b, rho, rounds):
        lam, x = first + np.zeros(len(b)), np.zeros(len(c))
        for _ in range(step(rounds)):
            x = np.linalg.solve(H + rho * A.T @ A, A.T @ (rho * b - lam) - c)
            lam = lam + change(rho) * (A @ x - b)
        return np.append(x, lam)

    return answer


def penalty_only(H, c, A, b, rho, rounds):
    lam = np.zeros(len(b))
    for _ in range(rounds):
        x = np.linalg.solve(H + rho * A.T @ A, rho * A.T @ b - c)
        lam = rho * (A @ x - b)
    return np.append(x, lam)


def sqp_on_the_circle(size):
    """The step with the Hessian size · I."""

    def answer(theta):
        x = np.array([np.cos(theta), np.sin(theta)])
        K = np.block([[size * np.eye(2), 2 * x[:, None]], [2 * x[None], np.zeros((1, 1))]])
        return np.linalg.solve(K, [1 - 4 * x[0], -4 * x[1], 0])[:2]

    return answer


# name: [(answer, words of the verdict)]
WRONG = {
    "constrained-2": [
        (lambda a, Delta: np.append(Delta * a, -norm(a) / 2 / Delta) / 1.0, "expected was"),
        (lambda a, Delta: np.append(Delta * a / norm(a), -norm(a) / Delta / 2), "highest point"),
        (lambda a, Delta: np.append(-Delta * a / norm(a), -norm(a) / Delta / 2), "wrong sign"),
        (lambda a, Delta: np.append(Delta * a / norm(a), norm(a) / Delta / 2), "uphill"),
        (lambda a, Delta: np.append(-Delta * a / norm(a), norm(a) / Delta), "is 2x, not x"),
        (lambda a, Delta: np.append(-Delta * a / norm(a), norm(a)), "price of Δ"),
        (lambda a, Delta: np.append(-a / norm(a), norm(a) / 2), "Δ is forgotten"),
        (lambda a, Delta: np.append(-Delta * a / norm(a), norm(a) / 2), "that of the unit ball"),
        (lambda a, Delta: np.append(-(Delta**2) * a / norm(a), norm(a) / Delta**2 / 2), "not Δ²"),
        (lambda a, Delta: -Delta * a / norm(a), "λ is missing"),
        (lambda a, Delta: (-Delta * a / norm(a), norm(a) / 2 / Delta), "numbers are expected"),
    ],
    "constrained-3": [
        (lambda x: x[0] + x[1] - 1, "there is a λ, -0.5:"),
        (lambda x: 10 * (x[0] + x[1] - 1), "there is a λ, -0.05:"),
        (lambda x: np.exp(1 - x[0] - x[1]) - 1, "there is a λ, 0.5:"),
        (lambda x: abs(x[0] + x[1] - 1), "a kink"),
        (lambda x: np.cbrt(x[0] + x[1] - 1), "grow without end"),
        (lambda x: np.sqrt(abs(x[0] + x[1] - 1)), "grow without end"),
        (lambda x: (x[0] + x[1]) ** 2 - 1, "there is a λ, -0.25:"),
        (lambda x: (x[0] - x[1]) ** 2, "lies on the line, where eq must be 0"),
        (lambda x: x @ x - 0.5, "lies on the line, where eq must be 0"),
        (lambda x: 0.0, "eq must not be 0"),
        (lambda x: (x[0] + x[1] - 1) * (x[0] + x[1]), "eq must not be 0"),
        (lambda x: x + x - 1, "It should be one number"),
        (lambda x: (x[0] + x[1] - 1) * (x[0] - 0.5), "beside the line too"),
        (lambda x: ((x[0] + x[1] - 1) * (x[0] - 0.54)) ** 2, "It is zero at (0.54, "),
        (lambda x: (x.sum() - 1) ** 2 * ((x[0] - 2) ** 2 + (x[1] + 3) ** 2), "at (2, -3) too"),
        (lambda x: 1 - np.cos(3 * (x.sum() - 1)), "It is zero at ("),
        (lambda x: 1 - np.cos(0.3 * (x.sum() - 1)), "It is zero at ("),
        (lambda x: (x.sum() - 1.01) ** 2, "lies on the line, where eq must be 0"),
    ],
    "constrained-4": [
        (lambda z, a, b: z - (a @ z - b) / (a @ a) * a, "was moved"),
        (lambda z, a, b: z - max(0, a @ z - b) / norm(a) * a, "divided by ‖a‖ once"),
        (lambda z, a, b: z - max(0, a @ z - b) * a, "not divided by aᵀa"),
        (lambda z, a, b: z + max(0, (a @ z - b) / (a @ a)) * a, "μ of the wrong sign"),
        (lambda z, a, b: z - min(0, (a @ z - b) / (a @ a)) * a, "not min"),
        (lambda z, a, b: z - max(0, a @ z / (a @ a)) * a, "b is forgotten"),
        (lambda z, a, b: max(0, (a @ z - b) / (a @ a)), "This is μ"),
        (lambda z, a, b: z - max(0, (a @ z - b) / (a @ a)) / 2 * a, "Half of the way"),
        (lambda z, a, b: z if a @ z <= b else b * a / (a @ a), "expected was"),
        (lambda z, a, b: z, "expected was"),
        (lambda z, a, b: z, "This leaves z where it is"),
    ],
    "constrained-5": [
        (minus_in_the_lagrangian, "λ has the wrong sign"),
        (row_for_column, "raised ValueError in line"),
        (lambda H, c, A, b: kkt_system(H, -c, A, b), "sign of c"),
        (lambda H, c, A, b: kkt_system(H, c, A, -b), "sign of b"),
        (lambda H, c, A, b: kkt_system(2 * H, c, A, b), "2Hx is that of xᵀHx"),
        (lambda H, c, A, b: kkt_system(H, 0 * c, A, b), "c is forgotten"),
        (lambda H, c, A, b: np.linalg.solve(H, -c), "the constraint is forgotten"),
        (lambda H, c, A, b: np.roll(kkt_system(H, c, A, b), len(b)), "λ stands first"),
        (lambda H, c, A, b: kkt_system(H, c, A, b)[: len(c)], "λ is missing"),
        (by_penalty, "relative error"),
    ],
    "constrained-7": [
        (lambda C, r, least: portfolio(C, r, least, half=0.5), "half of that"),
        (
            lambda C, r, least: portfolio(C, r, least) * ([1] * len(r) + [-1]),
            "price has the wrong sign",
        ),
        (in_deviation, "price in standard deviation"),
        (
            lambda C, r, least: portfolio(C, r, least, ineq=lambda w: np.array([least - r @ w])),
            "A weight is negative",
        ),
        (
            lambda C, r, least: portfolio(C, r, least, eq=lambda w: np.zeros(0)),
            "do not add up to 1",
        ),
        (met_exactly, "met exactly"),
        (lambda C, r, least: portfolio(C, r, 0), "the return is not asked for"),
        (lambda C, r, least: portfolio(C, r, least)[:-1], "is missing behind the weights"),
        (lambda C, r, least: np.append(np.eye(len(r))[np.argmax(r)], 0), "expected was"),
    ],
    "constrained-8": [
        (least_squares, "the projection is forgotten"),
        (lambda A, b: project_simplex(least_squares(A, b)), "projected. It is feasible"),
        (clipped, "cut off and the rest scaled"),
        (descent(lambda w: w + (1 - w.sum()) / len(w)), "The sum is 1, but a weight is negative"),
        (descent(lambda w: np.maximum(w, 0)), "but the sum is not 1"),
        (descent(lambda w: project_box(w, 0, 1)), "but the sum is not 1"),
        (descent(steps=0), "Does the loop run?"),
        (descent(sign=-1), "the sign of the gradient is turned"),
        (descent(steps=150), "Has the descent converged?"),
        (lambda A, b: A.T @ b, "expected was"),
        (lambda A, b: project_simplex(A @ least_squares(A, b) - b), "Its shape is (20,)"),
    ],
    "constrained-10": [
        (lambda H, c, A, b, mu: bound(H, c, A, 0 * b, mu) - 0 * mu.sum(), "b is forgotten"),
        (lambda H, c, A, b, mu: bound(H, c, A, -b, mu), "sign of b"),
        (lambda H, c, A, b, mu: bound(H, c, A, b, -mu), "with a plus"),
        (lambda H, c, A, b, mu: bound(H, 0 * c, A, b, mu), "c is forgotten."),
        (
            lambda H, c, A, b, mu: (
                bound(H, c, A, b, mu) - mu @ (A @ np.linalg.solve(H, -c - A.T @ mu) - b)
            ),
            "is missing",
        ),
        (lagrangian_at(lambda H, c, A, mu: np.linalg.solve(H, -c)), "where f is lowest"),
        (lagrangian_at(lambda H, c, A, mu: np.linalg.solve(H, -A.T @ mu)), "is sought"),
        (lagrangian_at(lambda H, c, A, mu: np.linalg.solve(2 * H, -c - A.T @ mu)), "2Hx is"),
        (lambda H, c, A, b, mu: -bound(H, c, A, b, mu), "but for the sign"),
        (lambda H, c, A, b, mu: np.linalg.solve(H, -c - A.T @ mu), "Its shape is"),
        (lambda H, c, A, b, mu: kkt_system(H, c, A, b)[: len(c)] @ c, "expected was"),
    ],
    "constrained-11": [
        (street(half=0.5), "occurs twice"),
        (street(half=0), "has cancelled"),
        (street(hinge=lambda z: z), "never negative"),
        (street(price=lambda C: 1.0), "C is forgotten"),
        (street(at=lambda b: -b), "b has the wrong sign"),
        (street(at=lambda b: 0), "at b = 0"),
        (street(at=np.mean), "This takes the mean of sᵢ"),
        (as_on_the_page, "Only at the best prices"),
        (lambda X, s, C, mu: street(half=0.5)(X, s, C, mu) + mu.sum(), "This is the least cost"),
        (lambda X, s, C, mu: mu.sum() - np.sum((X.T @ (mu * s)) ** 2) / 2, "This is the bound"),
        (lambda X, s, C, mu: -street()(X, s, C, mu), "but for the sign"),
        (lambda X, s, C, mu: street()(X, 1 + 0 * s, C, mu), "expected was"),
        (street(at=max), "expected was"),
        (street(at=np.median), "expected was"),
    ],
    "constrained-12": [
        (penalty_only, "λ is forgotten where x is sought"),
        (rounds_of(lambda rho: -rho), "the wrong way"),
        (rounds_of(lambda rho: rho / 2), "the ½ of the penalty"),
        (rounds_of(lambda rho: 2 * rho), "not ρ"),
        (rounds_of(lambda rho: 1), "the weight is forgotten"),
        (rounds_of(step=lambda k: k + 1), "one round too many"),
        (rounds_of(step=lambda k: k - 1), "one round too few"),
        (lambda H, c, A, b, rho, rounds: kkt_system(H, c, A, b), "This is the solution"),
        (
            lambda H, c, A, b, rho, rounds: rounds_of()(H, c, A, b, rho, rounds)[: len(c)],
            "λ is missing",
        ),
        (rounds_of(first=1), "expected was"),
    ],
    "constrained-13": [
        (sqp_on_the_circle(4), "the Hessian of f"),
        (sqp_on_the_circle(7), "λ has the wrong sign"),
        (
            lambda theta: sqp_on_the_circle(1)(theta) + np.array([np.cos(theta), np.sin(theta)]),
            "This is x + d",
        ),
        (
            lambda theta: np.array([1 - 4 * np.cos(theta), -4 * np.sin(theta)]),
            "tangent is forgotten",
        ),
        (lambda theta: np.array([1 - np.cos(theta), -np.sin(theta)]), "SQP does not know it"),
        (lambda theta: -sqp_on_the_circle(1)(theta), "but for the sign"),
        (lambda theta: 2 * sqp_on_the_circle(1)(theta), "twice what is asked"),
    ],
}


class TestWrongAnswers(WrongAnswers):
    chapter, table = "constrained", WRONG


BAD = [
    lambda x: (x[0] + x[1] - 1) ** 2,
    lambda x: (x[0] + x[1] - 1) ** 3,
    lambda x: 1 - np.exp(-((x.sum() - 1) ** 2)),
    lambda x: np.exp((x.sum() - 1) ** 2) - 1,
    lambda x: (x[0] + x[1] - 1) ** 2 * (1 + x @ x),
    lambda x: abs(x[0] + x[1] - 1) ** 1.5,
    lambda x: (x.sum() - 1) ** 4,
    lambda x: 1e-12 * (x.sum() - 1) ** 2,
    lambda x: np.sinh(x.sum() - 1) - (x.sum() - 1),
    lambda x: (x.sum() - 1) ** 2 * np.exp(-x @ x),
    lambda x: (x.sum() - 1) ** 2 * ((x[0] - 2) ** 2 + (x[1] - 2) ** 2 + 0.01),
]


@pytest.mark.parametrize("eq", BAD)
def test_more_than_one_function_describes_the_line_badly(eq):
    assert check("constrained-3", eq)


@pytest.mark.no_cover
def test_a_portfolio_passes_in_any_method(monkeypatch):
    monkeypatch.setattr(_judge, "LIMIT", 30.0)  # other work may share the processor

    def answer(C, r, least):
        n = len(r)
        problem = ConstrainedProblem(
            lambda w: w @ C @ w,
            lambda w: 2 * C @ w,
            eq=lambda w: np.array([w.sum() - 1]),
            ineq=lambda w: np.array([least - r @ w, *-w]),
        )
        end = minimize_constrained(problem, np.eye(n)[0], method="augmented-lagrangian")
        return np.append(end.x, end.mu[0])

    assert check("constrained-7", answer)
    C = _covariances([0.05, 0.12, 0.2], 0.2)
    np.testing.assert_allclose(np.sqrt(np.diag(C)), [0.05, 0.12, 0.2])
    assert C[0, 2] == pytest.approx(0.2 * 0.05 * 0.2)


def test_weights_pass_whichever_way_they_are_found():
    def solved(A, b):
        return projected_gradient(
            lambda w: np.sum((A @ w - b) ** 2) / 2,
            lambda w: A.T @ (A @ w - b),
            project_simplex,
            np.eye(A.shape[1])[0],
            1.9 / norm(A, 2) ** 2,
        ).x

    assert check("constrained-8", descent())
    assert check("constrained-8", descent(steps=5000))
    assert check("constrained-8", solved)

"""The exercises of the chapter on constraints that check themselves."""

import numpy as np

from companion.checks._judge import Exercise, Mistake, few_digits
from companion.constrained import minimize_constrained, project_simplex
from companion.datasets import load
from companion.problems import ConstrainedProblem

HALF = np.array([0.5, 0.5])  # the point of the line x₁ + x₂ = 1 nearest to 0
# From there, along the line and away from it.
ALONG, AWAY = np.linspace(-6, 6, 49), np.geomspace(0.03, 18, 29)


def _linear(x, lam):
    """A right or wrong answer to constrained-2, from formulas for x and λ."""
    return lambda a, Delta: np.append(
        x(a / np.linalg.norm(a), Delta), lam(np.linalg.norm(a), Delta)
    )


def _has_a_price(eq, value, x):
    """None where eq is zero on the line x₁ + x₂ = 1 alone, and has the gradient 0 at (½, ½)."""
    if value.ndim:
        return f"It should be one number; its shape is {value.shape}."
    along, normal = np.array([1.0, -1.0]) / np.sqrt(2), np.array([1.0, 1.0]) / np.sqrt(2)

    def at(t, s):
        """eq where one has gone t along the line from x, and s away from it."""
        return np.float64(eq(x + t * along + s * normal))

    def is_zero(t):
        return abs(at(t, 0.0)) <= 1e-5 * max(abs(at(t, 1e-3)), abs(at(t, -1e-3)))

    on_line = abs(x.sum() - 1) < 1e-12
    if on_line and value and not is_zero(0):
        return "This point lies on the line, where eq must be 0."
    if not on_line and value == 0:
        return "This point does not lie on the line, and eq must not be 0."
    if not np.array_equal(x, HALF):
        return None
    # Near the line eq is about |s|ᵖ: p > 1 has the gradient 0, p < 1 has none.
    powers = [np.log10(abs(at(0, s) / at(0, s / 1e3))) / 3 for s in (1e-2, -1e-2)]
    if is_zero(0) and min(powers) < 0.98:
        return "eq has no gradient at (½, ½): its difference quotients grow without end."
    if not all(map(is_zero, ALONG)):
        return "There are points on the line at which eq is not 0."
    slope, back = at(0, 1e-6) / 1e-6, -at(0, -1e-6) / 1e-6
    if min(powers) < 1.02 and slope * back < 0:
        return "eq has a kink at (½, ½), so no gradient. It should be smooth."
    if min(powers) < 1.02:
        return (
            f"At (½, ½) there is a λ, {-np.sqrt(0.5) / slope:.4g}: the gradient of eq is not zero "
            "there, and it lies along g."
        )
    for side in (-1, 1):
        table = np.array([[at(t, side * s) for s in AWAY] for t in ALONG])
        if (np.sign(table) != np.sign(table[0, 0] or 1)).any():
            return "It is zero beside the line too, and must be zero on the line alone."
        zero = _touches_zero(lambda t, s, side=side: abs(at(t, side * s)), np.abs(table))
        if zero:
            x1, x2 = HALF + zero[0] * along + side * zero[1] * normal
            return f"It is zero at ({x1:.4g}, {x2:.4g}) too, and must be zero on the line alone."
    return None


def _touches_zero(size, table):
    """A point (t, s) off the line s = 0 at which size, never negative, is zero; or None.

    From low places of its table to ever lower ones: along the line, where each distance s has a
    size of its own to compare with, since near the line all are small; and away from it.
    """

    def among_equals(t, s):
        return size(t, s) / max(size(end, s) for end in (ALONG[0], 0.1, ALONG[-1]))

    level = table / table.max(axis=0)
    low = np.argwhere(level[1:-1] < (1 - 1e-9) * np.minimum(level[:-2], level[2:])) + np.array(
        [1, 0]
    )
    lower = np.argwhere(table[:, 1:-1] < np.minimum(table[:, :-2], table[:, 2:])) + np.array([0, 1])
    for places, values, measure in ((low, level, among_equals), (lower, table, size)):
        for i, j in sorted(places, key=lambda place: values[tuple(place)])[:6]:
            start = (t, s) = ALONG[i], AWAY[j]
            dt, ds = ALONG[1] - ALONG[0], AWAY[1] / AWAY[0]
            for _ in range(60):
                beside = [(t, s), (t - dt, s), (t + dt, s), (t, s / ds), (t, s * ds)]
                t, s = min(beside, key=lambda place: measure(*place))
                dt, ds = 0.7 * dt, ds**0.7
            inside = ALONG[0] < t < ALONG[-1] and AWAY[0] / 2 < s < 2 * AWAY[-1]
            if inside and measure(t, s) <= 1e-9 * measure(*start):
                return t, s
    return None


def _halfspace(mu):
    """A right or wrong answer to constrained-4, from a formula for μ."""
    return lambda z, a, b: z - mu(z, a, b) * a


def _qp(H, c, A, b):
    K = np.block([[H, A.T], [A, np.zeros((len(b), len(b)))]])
    return np.linalg.solve(K, np.concatenate([-c, b]))


def _signed_lam(H, c, A, b):
    z = _qp(H, c, A, b)
    return np.append(z[: len(c)], -z[len(c) :])


def _covariances(deviations, correlation):
    n = len(deviations)
    return (correlation + (1 - correlation) * np.eye(n)) * np.outer(deviations, deviations)


def _portfolio(C, r, least, *, may_be_short=False, adds_up=True, exactly=False):
    """The weights of least variance wᵀCw, and the price of their return."""
    n = len(r)
    # In units in which variances are near 1.
    unit = np.trace(C) / n
    rows = [*([] if exactly else [-r]), *([] if may_be_short else -np.eye(n))]
    G, h = np.array(rows).reshape(-1, n), np.zeros(len(rows))
    if not exactly:
        h[0] = least
    E, e = [np.ones(n)] * adds_up + [-r] * exactly, [-1.0] * adds_up + [least] * exactly
    E, e = np.array(E).reshape(-1, n), np.array(e)
    problem = ConstrainedProblem(
        lambda w: w @ C @ w / unit,
        lambda w: 2 * C @ w / unit,
        **({"eq": lambda w: E @ w + e, "eq_jac": lambda w: E} if len(E) else {}),
        **({"ineq": lambda w: G @ w + h, "ineq_jac": lambda w: G} if len(G) else {}),
    )
    end = minimize_constrained(problem, np.ones(n) / n)
    return np.append(end.x, unit * (end.lam[-1] if exactly else end.mu[0]))


def _price_as(price):
    """The right portfolio with another price, from a formula of its price and its variance."""

    def answer(C, r, least):
        *w, mu = _portfolio(C, r, least)
        return np.array([*w, price(mu, np.array(w) @ C @ w)])

    return answer


def _mean_of_months(months, rows):
    """The sea's temperature in some months, and in December, without the means."""
    sea = load("el_nino")
    X, y = sea.X[rows][:, months], sea.y[rows]
    return {"A": X - X.mean(axis=0), "b": y - y.mean()}


def _fitted(A, b, *, not_negative=True, adds_up=True):
    """Weights w that minimize ½‖Aw − b‖²."""
    n = A.shape[1]
    rules = {}
    if adds_up:
        rules |= {"eq": lambda w: np.array([w.sum() - 1]), "eq_jac": lambda w: np.ones((1, n))}
    if not_negative:
        rules |= {"ineq": lambda w: -w, "ineq_jac": lambda w: -np.eye(n)}
    problem = ConstrainedProblem(
        lambda w: np.sum((A @ w - b) ** 2) / 2, lambda w: A.T @ (A @ w - b), **rules
    )
    # To the nine decimals that the solver can be trusted with, so that 0 is 0.
    return minimize_constrained(problem, np.ones(n) / n).x.round(9) + 0.0


def _least_squares(A, b):
    return np.linalg.lstsq(A, b, rcond=None)[0]


def _climbed(A, b):
    """Where projected steps along the gradient lead from equal weights."""
    w, step = np.ones(A.shape[1]) / A.shape[1], 1 / np.linalg.norm(A, 2) ** 2
    for _ in range(200):
        w = project_simplex(w + step * A.T @ (A @ w - b))
    return w


def _clipped(A, b):
    w = np.maximum(_least_squares(A, b), 0)
    return w / w.sum()


def _linear_on_a_ball(rng):
    a = few_digits(rng, rng.integers(1, 5))
    return {"a": a if a.any() else a + 1, "Delta": float(abs(few_digits(rng)) + 0.1)}


def _point_and_halfspace(rng):
    n = rng.integers(1, 5)
    z, a = few_digits(rng, 2, n)
    return {"z": z, "a": a if a.any() else a + 1, "b": float(few_digits(rng))}


def _quadratic_program(rng):
    """A convex one, with fewer constraints than variables or as many."""
    while True:
        n = rng.integers(1, 5)
        p = rng.integers(1, n + 1)
        A, M = few_digits(rng, p, n), few_digits(rng, n, n)
        if np.linalg.cond(A) < 100:
            H = (M @ M.T + np.eye(n)).round(2)
            return {"H": H, "c": few_digits(rng, n), "A": A, "b": few_digits(rng, p)}


def _assets(rng):
    """Two to four, of which none is asked to give all of the return."""
    n = rng.integers(2, 5)
    deviations, r = rng.uniform(0.5, 2, n).round(2), rng.uniform(0.2, 1, n).round(2)
    least = np.average([r.min(), r.max()], weights=[1, rng.uniform(0.2, 4)])
    return {"C": _covariances(deviations, 0.2), "r": r, "least": float(least.round(2))}


def _readings(rng):
    m, n = rng.integers(8, 13), rng.integers(2, 5)
    A = few_digits(rng, m, n)
    A[0] = 0.0
    return {"A": A, "b": (A @ rng.uniform(-0.3, 1, n)).round(1)}


def _bound(H, c, A, b, mu, *, at=None, value=None):
    """What L is where it is lowest; or another value there, or at another point."""
    x = np.linalg.solve(H, -c - A.T @ mu) if at is None else at(H, c, A, mu)
    f = c @ x + x @ H @ x / 2
    return f + mu @ (A @ x - b) if value is None else value(f, mu, A @ x, b)


def _priced_program(rng):
    """A quadratic program with inequalities, and prices."""
    program = _quadratic_program(rng)
    return program | {"mu": np.abs(few_digits(rng, len(program["b"])))}


def _gap_at(places, hinge=lambda short: np.maximum(0, short)):
    """A right or wrong answer to constrained-11: the smallest gap at some places b.

    They follow from where each row stands on its edge, and from which have a price between.
    """

    def answer(X, s, C, mu):
        w = X.T @ (mu * s)
        b = places(s - X @ w, (mu > 0) & (mu < C))
        short = hinge(1 - s * (X @ w + np.reshape(b, (-1, 1))))
        return w @ w + C * short.sum(axis=1).min() - mu.sum()

    return answer


def _gap(cost):
    """A right or wrong answer to constrained-11, from ½wᵀw, the least Σξ, C and Σμ."""

    def answer(X, s, C, mu):
        w = X.T @ (mu * s)
        xi = np.maximum(0, 1 - s * (X @ w + (s - X @ w)[:, None])).sum(axis=1)
        return cost(w @ w / 2, xi.min(), C, mu.sum())

    return answer


def _rows_and_prices(rng):
    """A few rows of two classes, with prices that add up to the same in both: 0, C and between."""
    m, n, more = rng.integers(2, 5), rng.integers(1, 4), rng.integers(0, 4)
    X, s = few_digits(rng, 2 * m + more, n), np.repeat([1.0, -1.0, 1.0], [m, m, more])
    C = round(rng.uniform(0.4, 2), 1)
    mu = np.array([C / 2, *rng.choice([0, C / 4, C], m - 1)])
    order = np.concatenate([np.arange(m), m + rng.permutation(m)])
    return {"X": X, "s": s, "C": C, "mu": np.append(np.tile(mu, 2)[order], np.zeros(more))}


def _rounds(H, c, A, b, rho, rounds, *, sign=1.0, weight=1.0, keeps=True):
    """x and λ of so many rounds of the augmented Lagrangian."""
    lam, x = np.zeros(len(b)), np.zeros(len(c))
    for _ in range(rounds):
        x = np.linalg.solve(H + rho * A.T @ A, rho * A.T @ b - c - A.T @ lam * keeps)
        lam = lam * keeps + sign * weight * rho * (A @ x - b)
    return np.append(x, lam)


def _program_by_rounds(rng):
    more = {"rho": round(rng.uniform(0.5, 20), 1), "rounds": int(rng.integers(1, 5))}
    return _quadratic_program(rng) | more


def _tangent_step(theta):
    return np.sin(theta) * np.array([np.sin(theta), -np.cos(theta)])


def _on_circle(theta):
    return np.array([np.cos(theta), np.sin(theta)])


EXERCISES = {
    "constrained-2": Exercise(
        asks="the lowest point of aᵀx on the ball xᵀx ≤ Δ², and behind it λ, shape (n + 1,)",
        tries=[
            {"a": np.array([3.0, 4.0]), "Delta": 4.0},
            {"a": np.array([1.0, -2.0, 2.0]), "Delta": 0.7},
            {"a": np.array([-5.0]), "Delta": 2.0},
        ],
        draw=_linear_on_a_ball,
        right=_linear(lambda e, Delta: -Delta * e, lambda size, Delta: size / (2 * Delta)),
        mistakes=[
            Mistake(
                "This is the highest point: there the wall would have to pull.",
                _linear(lambda e, Delta: Delta * e, lambda size, Delta: -size / (2 * Delta)),
            ),
            Mistake(
                "λ has the wrong sign. L = f + λ(xᵀx − Δ²), with a plus, and λ ≥ 0.",
                _linear(lambda e, Delta: -Delta * e, lambda size, Delta: -size / (2 * Delta)),
            ),
            Mistake(
                "x points the wrong way: uphill.",
                _linear(lambda e, Delta: Delta * e, lambda size, Delta: size / (2 * Delta)),
            ),
            Mistake(
                "λ is twice what it should be: the gradient of xᵀx is 2x, not x.",
                _linear(lambda e, Delta: -Delta * e, lambda size, Delta: size / Delta),
            ),
            Mistake(
                "This λ is the price of Δ; that of Δ², which stands in the constraint, is asked.",
                _linear(lambda e, Delta: -Delta * e, lambda size, Delta: size),
            ),
            Mistake(
                "This is the answer on the unit ball: Δ is forgotten.",
                _linear(lambda e, Delta: -e, lambda size, Delta: size / 2),
            ),
            Mistake(
                "x is right; λ is that of the unit ball.",
                _linear(lambda e, Delta: -Delta * e, lambda size, Delta: size / 2),
            ),
            Mistake(
                "‖x‖² = Δ² on the rim, so ‖x‖ = Δ, not Δ².",
                _linear(
                    lambda e, Delta: -(Delta**2) * e, lambda size, Delta: size / (2 * Delta**2)
                ),
            ),
            Mistake("λ is missing behind x.", lambda a, Delta: -Delta * a / np.linalg.norm(a)),
        ],
    ),
    "constrained-3": Exercise(
        asks="a function of x, shape (2,), zero just where x₁ + x₂ = 1, without a λ at (½, ½)",
        tries=[
            {"x": np.array(x)}
            for x in ([2.0, -1.0], [0.0, 0.0], [-3.0, 4.0], [0.6, 0.5], [2.0, 1.0], HALF)
        ],
        requires=_has_a_price,
    ),
    "constrained-4": Exercise(
        asks="the point x with aᵀx ≤ b that is nearest to z, shape (n,)",
        tries=[
            {"z": np.array([2.4, 0.9]), "a": np.array([1.0, 1.0]), "b": 1.5},
            {"z": np.array([0.3, 0.2]), "a": np.array([1.0, 1.0]), "b": 1.5},
            {"z": np.array([1.0, 1.0, 1.0]), "a": np.array([2.0, -1.0, 2.0]), "b": -3.0},
            {"z": np.array([2.0, -1.0]), "a": np.array([1.0, 1.0]), "b": 1.0},  # on the wall
        ],
        draw=_point_and_halfspace,
        right=_halfspace(lambda z, a, b: max(0, (a @ z - b) / (a @ a))),
        mistakes=[
            Mistake(
                "This z is feasible, and was moved. Where nothing is violated, μ = 0.",
                _halfspace(lambda z, a, b: (a @ z - b) / (a @ a)),
            ),
            Mistake(
                "The step is divided by ‖a‖ once; μ needs aᵀa, since a is not of length 1.",
                _halfspace(lambda z, a, b: max(0, (a @ z - b) / np.linalg.norm(a))),
            ),
            Mistake(
                "The step is not divided by aᵀa. Then it is right for an a of length 1 only.",
                _halfspace(lambda z, a, b: max(0, a @ z - b)),
            ),
            Mistake(
                "μ of the wrong sign: this goes away from the halfspace.",
                _halfspace(lambda z, a, b: -max(0, (a @ z - b) / (a @ a))),
            ),
            Mistake("This leaves z where it is. Where aᵀz > b, it must move.", lambda z, a, b: z),
            Mistake(
                "This moves the feasible points and leaves the others: max(0, …), not min.",
                _halfspace(lambda z, a, b: min(0, (a @ z - b) / (a @ a))),
            ),
            Mistake(
                "b is forgotten: this is the wall through the origin.",
                _halfspace(lambda z, a, b: max(0, (a @ z) / (a @ a))),
            ),
            Mistake(
                "This is μ. The point itself is z − μa.",
                lambda z, a, b: max(0, (a @ z - b) / (a @ a)),
            ),
            Mistake(
                "Half of the way: (x − z)ᵀ(x − z)/2 has the gradient x − z.",
                _halfspace(lambda z, a, b: max(0, (a @ z - b) / (a @ a)) / 2),
            ),
        ],
    ),
    "constrained-5": Exercise(
        asks="x and λ of: minimize ½xᵀHx + cᵀx subject to Ax = b, shape (n + p,)",
        tries=[
            {
                "H": np.array([[2.0, 0.0], [0.0, 4.0]]),
                "c": np.array([1.0, -3.0]),
                "A": np.array([[1.0, 2.0]]),
                "b": np.array([5.0]),
            },
            {
                "H": np.array([[3.0, 1.0, 0.0], [1.0, 2.0, -1.0], [0.0, -1.0, 4.0]]),
                "c": np.array([1.0, 0.0, -2.0]),
                "A": np.array([[1.0, 1.0, 1.0], [1.0, -1.0, 2.0]]),
                "b": np.array([1.0, 3.0]),
            },
            {
                # Not convex, but for the constraint.
                "H": np.array([[0.0, 1.0], [1.0, 0.0]]),
                "c": np.array([0.0, 1.0]),
                "A": np.array([[1.0, -1.0]]),
                "b": np.array([2.0]),
            },
        ],
        draw=_quadratic_program,
        right=_qp,
        mistakes=[
            Mistake(
                "λ has the wrong sign. L = f + λᵀ(Ax − b), with a plus: Hx + Aᵀλ = −c.", _signed_lam
            ),
            Mistake("The sign of c is turned: Hx + Aᵀλ = −c.", lambda H, c, A, b: _qp(H, -c, A, b)),
            Mistake("The sign of b is turned.", lambda H, c, A, b: _qp(H, c, A, -b)),
            Mistake(
                "The gradient of ½xᵀHx is Hx; 2Hx is that of xᵀHx.",
                lambda H, c, A, b: _qp(2 * H, c, A, b),
            ),
            Mistake("c is forgotten.", lambda H, c, A, b: _qp(H, 0 * c, A, b)),
            Mistake(
                "This solves Hx = −c: the constraint is forgotten.",
                lambda H, c, A, b: np.linalg.solve(H, -c),
            ),
            Mistake(
                "λ stands first. It belongs behind x.",
                lambda H, c, A, b: np.roll(_qp(H, c, A, b), len(b)),
            ),
            Mistake("λ is missing behind x.", lambda H, c, A, b: _qp(H, c, A, b)[: len(c)]),
        ],
    ),
    "constrained-7": Exercise(
        asks="the weights w of least variance, and behind them the price of the return, (n + 1,)",
        tries=[
            {
                "C": _covariances([0.05, 0.12, 0.2], 0.2),
                "r": np.array([0.04, 0.07, 0.1]),
                "least": 0.075,
            },
            {
                "C": _covariances([0.05, 0.12, 0.2], 0.2),
                "r": np.array([0.04, 0.07, 0.1]),
                "least": 0.094,
            },
            {
                "C": _covariances([0.06, 0.08, 0.15, 0.18], 0.3),
                "r": np.array([0.05, 0.03, 0.08, 0.09]),
                "least": 0.04,
            },
            {
                # One that rises when the others fall.
                "C": _covariances([0.5, 1.2, 2.0], 0.2) * np.outer([1, -1, 1], [1, -1, 1]),
                "r": np.array([0.3, 0.5, 0.9]),
                "least": 0.5,
            },
            {
                "C": _covariances([0.5, 1.2], 0.2),
                "r": np.array([-0.6, -0.1]),
                "least": -0.2,
            },
        ],
        draw=_assets,
        draws=4,
        patience=8,
        right=_portfolio,
        mistakes=[
            Mistake(
                "You minimized ½wᵀCw: the price is half of that of the variance.",
                _price_as(lambda mu, variance: mu / 2),
            ),
            Mistake(
                "The price has the wrong sign. An inequality is ineq(w) ≤ 0, here least − rᵀw.",
                _price_as(lambda mu, variance: -mu),
            ),
            Mistake(
                "This is the price in standard deviation, the root of the variance.",
                _price_as(lambda mu, variance: mu / (2 * np.sqrt(variance))),
            ),
            Mistake(
                "A weight is negative: −w ≤ 0 is missing.",
                lambda C, r, least: _portfolio(C, r, least, may_be_short=True),
            ),
            Mistake(
                "The weights do not add up to 1.",
                lambda C, r, least: _portfolio(C, r, least, adds_up=False) if least > 0 else None,
            ),
            Mistake(
                "The return is met exactly. More is allowed, and here more has less variance.",
                lambda C, r, least: _portfolio(C, r, least, exactly=True),
            ),
            Mistake(
                "This has the least variance of all mixes; the return is not asked for.",
                lambda C, r, least: _portfolio(C, r, r.min()) if least > 0 else None,
            ),
            Mistake(
                "The price of the return is missing behind the weights.",
                lambda C, r, least: _portfolio(C, r, least)[:-1],
            ),
        ],
        tol=1e-4,
    ),
    "constrained-8": Exercise(
        asks="w ≥ 0 with the sum 1 that minimizes ½‖Aw − b‖², shape (n,)",
        tries=[
            # Light: some 50, 160 and 60 steps of 1/‖A‖² do. In the second, October takes all.
            _mean_of_months([0, 1, 2, 7], slice(20)),
            _mean_of_months([2, 3, 4, 8, 9], slice(40, 61)),
            _mean_of_months([0, 2, 8], slice(30)),
        ],
        draw=_readings,
        draws=2,
        patience=12,
        right=_fitted,
        mistakes=[
            Mistake(
                "A weight is negative and the sum is not 1: the projection is forgotten.",
                _least_squares,
            ),
            Mistake(
                "This is the best w without rules, with negative weights cut off and the rest "
                "scaled. It is feasible, and not the lowest: project after each step.",
                _clipped,
            ),
            Mistake(
                "This is the best w without rules, projected. It is feasible, and not the lowest: "
                "project after each step, not at the end.",
                lambda A, b: project_simplex(_least_squares(A, b)),
            ),
            Mistake(
                "The sum is 1, but a weight is negative.",
                lambda A, b: _fitted(A, b, not_negative=False),
            ),
            Mistake(
                "No weight is negative, but the sum is not 1.",
                lambda A, b: w if (w := _fitted(A, b, adds_up=False)).max() < 1 else None,
            ),
            Mistake(
                "These are equal weights, where you may have started. Does the loop run?",
                lambda A, b: np.ones(A.shape[1]) / A.shape[1],
            ),
            Mistake(
                "This maximizes along the way: the sign of the gradient is turned.",
                _climbed,
            ),
        ],
        tol=1e-3,
        close="Has the descent converged? Take more steps, or longer ones, below 2/‖A‖².",
    ),
    "constrained-10": Exercise(
        asks="q(μ), the lowest value of ½xᵀHx + cᵀx + μᵀ(Ax − b) over all x, a number",
        tries=[
            {
                "H": np.array([[2.0, 0.0], [0.0, 4.0]]),
                "c": np.array([1.0, -3.0]),
                "A": np.array([[1.0, 2.0]]),
                "b": np.array([5.0]),
                "mu": np.array([0.5]),
            },
            {
                "H": np.array([[3.0, 1.0, 0.0], [1.0, 2.0, -1.0], [0.0, -1.0, 4.0]]),
                "c": np.array([1.0, 0.0, -2.0]),
                "A": np.array([[1.0, 1.0, 1.0], [1.0, -1.0, 2.0]]),
                "b": np.array([1.0, 3.0]),
                "mu": np.array([2.0, 0.0]),
            },
        ],
        draw=_priced_program,
        right=_bound,
        mistakes=[
            Mistake(
                "This is f where L is lowest. The bound is L there: μᵀ(Ax − b) is missing.",
                lambda *of: _bound(*of, value=lambda f, mu, Ax, b: f),
            ),
            Mistake(
                "The sign of b is turned: the wall is Ax − b ≤ 0.",
                lambda *of: _bound(*of, value=lambda f, mu, Ax, b: f + mu @ (Ax + b)),
            ),
            Mistake(
                "b is forgotten.", lambda *of: _bound(*of, value=lambda f, mu, Ax, b: f + mu @ Ax)
            ),
            Mistake(
                "The walls are subtracted. L = f + μᵀ(Ax − b), with a plus.",
                lambda H, c, A, b, mu: _bound(H, c, A, b, -mu),
            ),
            Mistake(
                "This is L where f is lowest. Only the lowest L is a bound.",
                lambda *of: _bound(*of, at=lambda H, c, A, mu: np.linalg.solve(H, -c)),
            ),
            Mistake(
                "c is forgotten where the lowest point of L is sought: Hx = −c − Aᵀμ.",
                lambda *of: _bound(*of, at=lambda H, c, A, mu: np.linalg.solve(H, -A.T @ mu)),
            ),
            Mistake("c is forgotten.", lambda H, c, A, b, mu: _bound(H, 0 * c, A, b, mu)),
            Mistake(
                "The gradient of ½xᵀHx is Hx; 2Hx is that of xᵀHx.",
                lambda *of: _bound(
                    *of, at=lambda H, c, A, mu: np.linalg.solve(2 * H, -c - A.T @ mu)
                ),
            ),
        ],
    ),
    "constrained-11": Exercise(
        asks="the least, over b, of what w = Σ μᵢsᵢxᵢ costs, less what μ proves, a number",
        tries=[
            {
                "X": np.array([[1.0, 1.0], [2.0, 0.0], [-1.0, 0.0], [0.0, -2.0]]),
                "s": np.array([1.0, 1.0, -1.0, -1.0]),
                "C": 2.0,
                "mu": np.array([1.0, 0.0, 0.5, 0.5]),
            },
            {
                "X": np.array([[3.0], [1.0], [2.0], [-1.0]]),
                "s": np.array([1.0, -1.0, 1.0, -1.0]),
                "C": 0.4,
                "mu": np.array([0.4, 0.4, 0.1, 0.1]),
            },
        ],
        draw=_rows_and_prices,
        right=_gap(lambda half, xi, C, total: 2 * half + C * xi - total),
        mistakes=[
            Mistake(
                "This is the least cost. The gap is the cost less the bound.",
                _gap(lambda half, xi, C, total: half + C * xi),
            ),
            Mistake(
                "This is the bound. The gap is the cost less the bound.",
                _gap(lambda half, xi, C, total: total - half),
            ),
            Mistake(
                "½wᵀw occurs twice: in the cost, and with a minus in the bound.",
                _gap(lambda half, xi, C, total: half + C * xi - total),
            ),
            Mistake(
                "½wᵀw has cancelled. In the bound it has a minus, so it counts twice.",
                _gap(lambda half, xi, C, total: C * xi - total),
            ),
            Mistake("C is forgotten.", _gap(lambda half, xi, C, total: 2 * half + xi - total)),
            Mistake(
                "This is the gap at b = 0. Another b costs less.", _gap_at(lambda bends, free: 0.0)
            ),
            Mistake(
                "This takes the mean of b over the rows with 0 < μ < C. Only at the best prices do "
                "these stand on the edges, and agree.",
                _gap_at(lambda bends, free: bends[free].mean()),
            ),
            Mistake(
                "This takes the mean of sᵢ − wᵀxᵢ for b. The cost is lowest at one of these.",
                _gap_at(lambda bends, free: bends.mean()),
            ),
            Mistake(
                "b has the wrong sign: row i stands on its edge where b = sᵢ − wᵀxᵢ.",
                _gap_at(lambda bends, free: -bends),
            ),
            Mistake(
                "A row that is beyond its edge costs nothing: ξ is max(0, …), never negative.",
                _gap_at(lambda bends, free: bends, hinge=lambda short: short),
            ),
        ],
    ),
    "constrained-12": Exercise(
        asks="x and λ after so many rounds of the augmented Lagrangian, shape (n + p,)",
        tries=[
            {
                "H": np.array([[2.0, 0.0], [0.0, 4.0]]),
                "c": np.array([1.0, -3.0]),
                "A": np.array([[1.0, 2.0]]),
                "b": np.array([5.0]),
                "rho": 2.0,
                "rounds": 3,
            },
            {
                "H": np.array([[3.0, 1.0, 0.0], [1.0, 2.0, -1.0], [0.0, -1.0, 4.0]]),
                "c": np.array([1.0, 0.0, -2.0]),
                "A": np.array([[1.0, 1.0, 1.0], [1.0, -1.0, 2.0]]),
                "b": np.array([1.0, 3.0]),
                "rho": 10.0,
                "rounds": 1,
            },
        ],
        draw=_program_by_rounds,
        right=_rounds,
        mistakes=[
            Mistake(
                "λ is forgotten where x is sought: each round solves the first one's problem.",
                lambda *of: _rounds(*of, keeps=False) if of[-1] > 1 else None,
            ),
            Mistake(
                "λ goes the wrong way: a violation must raise it.",
                lambda *of: _rounds(*of, sign=-1.0),
            ),
            Mistake(
                "λ changes by ρ(Ax − b); the ½ of the penalty is gone in its gradient.",
                lambda *of: _rounds(*of, weight=0.5),
            ),
            Mistake(
                "λ changes by twice what it should. The penalty has the weight ρ/2, not ρ.",
                lambda *of: _rounds(*of, weight=2.0),
            ),
            Mistake(
                "λ changes by Ax − b: the weight is forgotten.",
                lambda *of: _rounds(*of, weight=1 / of[4]),
            ),
            Mistake("This is one round too many.", lambda *of: _rounds(*of[:-1], of[-1] + 1)),
            Mistake(
                "This is one round too few.",
                lambda *of: _rounds(*of[:-1], of[-1] - 1) if of[-1] > 1 else None,
            ),
            Mistake("λ is missing behind x.", lambda *of: _rounds(*of)[: len(of[1])]),
            Mistake(
                "This is the solution. Asked for is what so many rounds give.",
                lambda H, c, A, b, rho, rounds: _qp(H, c, A, b),
            ),
        ],
    ),
    "constrained-13": Exercise(
        asks="the step d from the point (cos θ, sin θ), shape (2,)",
        tries=[{"theta": 0.1}, {"theta": 2.0}, {"theta": -0.7}],
        draw=lambda rng: {"theta": round(rng.uniform(0.1, 3), 2)},
        right=_tangent_step,
        mistakes=[
            Mistake(
                "This is a step with the Hessian of f, 4I. That of L is 4I + 2λI = I.",
                lambda theta: _tangent_step(theta) / 4,
            ),
            Mistake(
                "λ has the wrong sign in the Hessian of L: with −3/2 it is I, with 3/2 it is 7I.",
                lambda theta: _tangent_step(theta) / 7,
            ),
            Mistake(
                "This is x + d. Asked for is d.",
                lambda theta: _on_circle(theta) + _tangent_step(theta),
            ),
            Mistake(
                "This is −∇f: the wall's tangent is forgotten.",
                lambda theta: np.array([1.0, 0.0]) - 4 * _on_circle(theta),
            ),
            Mistake(
                "This step leads to the answer itself. SQP does not know it.",
                lambda theta: np.array([1.0, 0.0]) - _on_circle(theta),
            ),
        ],
    ),
}

"""The exercises of the least-squares chapter that check themselves."""

import numpy as np
from numpy.linalg import norm

from companion.checks._judge import Exercise, Mistake, few_digits
from companion.datasets import load
from companion.least_squares import norm_constrained, normal_equations, qr_solve

LINE_A = np.column_stack([np.ones(4), np.arange(4.0)])
LINE_B = np.array([1.0, 3.0, 2.0, 5.0])


def _random(seed, m, n):
    rng = np.random.default_rng(seed)
    return {"A": rng.standard_normal((m, n)), "b": rng.standard_normal(m)}


def _fit(A, b):
    return np.linalg.lstsq(A, b)[0]


# The mean on a leash


def _leashed_mean(b, Delta, *, rows=None, size=abs, keeps=True):
    """x and λ; with other arguments, a mistake's."""
    mean, rows = b.mean(), rows or len(b)
    if keeps and abs(mean) <= Delta:
        return mean, 0.0
    return Delta * np.sign(mean), rows / 2 * (size(mean) / Delta - 1)


def _taut(*factors, **mistake):
    """A mistake in the x and λ of a leash that is taut; where it is slack, it does not tell."""
    return lambda b, Delta: (
        np.multiply(_leashed_mean(b, Delta, **mistake), factors) if abs(b.mean()) > Delta else None
    )


# Weights and penalties


def _weighted(A, b, w):
    return _fit(np.sqrt(w)[:, None] * A, np.sqrt(w) * b)


def _ridge(A, b, penalty):
    n = A.shape[1]
    return _fit(np.vstack([A, np.sqrt(penalty) * np.eye(n)]), np.append(b, np.zeros(n)))


def _nearly_equal_columns(tiny):
    return np.array([[1.0, 1.0], [tiny, 0.0], [0.0, tiny]])


# The leash


def _lam(A, b, Delta):
    return norm_constrained(A, b, Delta).lam


def _within(A, b, radius, Delta):
    """The λ of another radius, if it lies in the interval that is halved for Δ."""
    lam = _lam(A, b, radius)
    return lam if 0 < lam < norm(A.T @ b) / (2 * Delta) else None


def _x(A, b, Delta):
    return norm_constrained(A, b, Delta).x


# The descent with a memory


def _heavy_ball(A, b, epsilon, momentum, steps, *, ahead=False, early=False):
    path = np.zeros((steps + 1, A.shape[1]))
    x, step = path[0], 0.0
    for k in range(steps):
        at = x + momentum * step if ahead else x
        g = A.T @ (A @ at - b)
        step = momentum * step - (epsilon * (1 - momentum) if early else epsilon) * g
        x = path[k + 1] = x + step
    return path


# Conjugate directions


def _ATA(A):
    return A.T @ A


def _unseen(A):
    """What makes `_along` take directions that are perpendicular, not conjugate."""
    return np.eye(len(A.T))


def _along(A, b, D, *, seen=_ATA, length=_ATA, last=None):
    """The points of the descent along the columns of D, each made conjugate to the `last` ones."""
    x, path, before = np.zeros(len(D)), [np.zeros(len(D))], []
    for d in D.T:
        p = d
        for q in before if last is None else before[len(before) - last :]:
            p = p - (q @ seen(A) @ d) / (q @ seen(A) @ q) * q
        x = x + p @ A.T @ (b - A @ x) / (p @ length(A) @ p) * p
        before.append(p)
        path.append(x)
    return np.array(path)


def _lowest(A, b, D):
    """The lowest points in reach of the first columns of D: of none, of one, and so on."""
    reach = [D[:, :k] @ _fit(A @ D[:, :k], b) for k in range(1, len(D) + 1)]
    return np.array([np.zeros(len(D)), *reach])


# Two columns that are nearly equal


def _breaks(answer, A, tiny):
    """None where AᵀA is too coarse for the matrix and QR is not."""
    if A.shape != (3, 2):
        return f"Its shape is {A.shape}, and must be (3, 2)."
    strange = A[~np.isin(A, [0.0, 1.0, tiny])]
    if strange.size:
        return f"Its entries must be 0, 1 or tiny, and one of them is {strange[0]:g}."
    try:
        x = qr_solve(A, A.sum(axis=1))
    except ValueError:
        return "qr_solve refuses it, too: its columns are multiples of each other."
    if norm(x - 1) > 1e-6:
        return f"qr_solve is wrong by {norm(x - 1):.1e}; at most 1e-6 is allowed."
    try:
        normal_equations(A, A.sum(axis=1))
    except ValueError:
        return None
    return (
        "normal_equations does not refuse it. In AᵀA as it is stored, is there anything left of "
        "what makes the columns differ?"
    )


# The radius, chosen


def _errors(A, b, new_A, new_b, radii):
    fits = [norm_constrained(A, b, Delta).x for Delta in radii]
    return np.array([norm(new_A @ x - new_b) for x in fits])


def _chosen(A, b, new_A, new_b, radii):
    return radii[_errors(A, b, new_A, new_b, radii).argmin()]


def _sea(months, past, choice):
    sea = load("el_nino")
    X, y = sea.X[:, :months], sea.y
    A = (X - X[past].mean(axis=0)) / X[past].std(axis=0)
    b = y - y[past].mean()
    radii = np.arange(2, 31) / 20
    return {
        "A": A[past], "b": b[past], "new_A": A[choice], "new_b": b[choice], "radii": radii
    }  # fmt: skip


# Triangles of blocks


def _joint(R1, c1, R2, c2):
    return np.vstack([R1, R2]), np.append(c1, c2)


def _misfit(A, b, x):
    return norm(A @ x - b) ** 2


def _left_over(R1, c1, rest1, R2, c2, rest2, *, x=None):
    """‖Ax − b‖² over all rows, at the best x or at another one."""
    A, b = _joint(R1, c1, R2, c2)
    return _misfit(A, b, _fit(A, b) if x is None else x) + rest1**2 + rest2**2


def _fading(A, b, fade, *, of_b=True):
    """The x for which the rows of block k have the weight fade^(K − 1 − k)."""
    roots = np.sqrt(fade) ** np.arange(len(A) - 1, -1, -1)
    b = roots[:, None] * b if of_b else b
    return _fit(np.concatenate(roots[:, None, None] * A), b.ravel())


# What a fit says of itself


def _miss(A, b, a, *, of=None, own=1.0, join=np.hypot, see=lambda C: C):
    """τ √(1 + aᵀ(AᵀA)⁻¹a), where τ² is ‖r‖² over m − n; with other arguments, a mistake's."""
    m, n = A.shape
    tau = norm(A @ _fit(A, b) - b) / np.sqrt(of or m - n)
    return tau * join(own, np.sqrt(a @ see(np.linalg.inv(A.T @ A)) @ a))


def _left_out(A, b, *, power=-1.0):
    P = A @ np.linalg.pinv(A)
    return (P @ b - b) * (1 - np.diag(P)) ** power


# Random inputs


def _equations(rng, most=4):
    """A, with at least as many rows as columns and not nearly singular, and b."""
    while True:
        n = rng.integers(1, most)
        m = n + rng.integers(0, 4)
        A = few_digits(rng, m, n)
        if np.linalg.cond(A) < 100:
            return {"A": A, "b": few_digits(rng, m)}


def _readings(rng):
    b = few_digits(rng, rng.integers(1, 7)) + float(few_digits(rng))
    return {"b": b.round(2), "Delta": float(abs(few_digits(rng)) + 0.1)}


def _weighted_equations(rng):
    data = _equations(rng)
    return data | {"w": rng.integers(1, 10, len(data["b"])).astype(float)}


def _penalty(rng):
    """For a matrix of any shape."""
    m, n = rng.integers(1, 5, 2)
    penalty = float(f"{10 ** rng.uniform(-2, 1):.2g}")
    return {"A": few_digits(rng, m, n), "b": few_digits(rng, m), "penalty": penalty}


def _radius(rng):
    data = _equations(rng)
    share = rng.uniform(0.2, 1.2)
    return data | {"Delta": float((share * norm(_fit(**data))).round(3) + 1e-3)}


def _descent(rng):
    data = _equations(rng)
    epsilon, momentum = rng.uniform(0.02, 0.2, 2).round(2)
    return data | {
        "epsilon": float(epsilon),
        "momentum": float(5 * momentum - 0.1),
        "steps": int(rng.integers(0, 6)),
    }


def _triangle(rng, n):
    """R, c and rest of a block; R is not nearly singular."""
    R = np.triu(few_digits(rng, n, n), 1) + np.diag(rng.uniform(0.3, 2, n).round(2))
    return R, few_digits(rng, n), float(abs(few_digits(rng)) + 0.1)


def _two_triangles(rng):
    n = rng.integers(1, 4)
    letters = ("R1", "c1", "rest1", "R2", "c2", "rest2")
    return dict(zip(letters, (*_triangle(rng, n), *_triangle(rng, n)), strict=True))


def _blocks(rng):
    """Blocks of rows of which each determines x, and how fast the old ones fade."""
    K, n = rng.integers(2, 4, 2)
    while True:
        A = few_digits(rng, K, n + 2, n)
        if np.linalg.cond(A).max() < 20:
            b = few_digits(rng, K, n + 2)
            return {"A": A, "b": b, "fade": round(rng.uniform(0.1, 0.9), 2)}


def _tall_equations(rng):
    """More rows than columns, and none that alone decides its fit."""
    while True:
        n = rng.integers(1, 4)
        A, b = few_digits(rng, n + 3, n), few_digits(rng, n + 3)
        if np.linalg.cond(A) < 20 and np.diag(A @ np.linalg.pinv(A)).max() < 0.95:
            return {"A": A, "b": b}


def _new_row(rng):
    data = _tall_equations(rng)
    return data | {"a": few_digits(rng, len(data["A"].T))}


def _directions(rng):
    """As many directions as columns, none nearly a combination of the others."""
    data = _tall_equations(rng)
    n = len(data["A"].T)
    while True:
        D = few_digits(rng, n, n)
        if np.linalg.cond(D) < 20:
            return data | {"D": D}


def _held_out(rng):
    """Two sets of rows, and radii of which one is clearly the best."""
    radii = np.arange(1, 7) / 4
    while True:
        A, new_A = few_digits(rng, 2, 6, 2)
        b, new_b = few_digits(rng, 2, 6)
        first, second = np.sort(_errors(A, b, new_A, new_b, radii))[:2]
        if second - first > 1e-3:
            return {"A": A, "b": b, "new_A": new_A, "new_b": new_b, "radii": radii}


EXERCISES = {
    "least_squares-2": Exercise(
        asks="the best x with x² ≤ Δ², for a column of ones, and its λ: two numbers",
        tries=[
            {"b": np.array([1.0, 3.0, 2.0, 5.0]), "Delta": 2.0},
            {"b": np.array([-4.0, -1.0, -7.0]), "Delta": 1.5},
            {"b": np.array([1.0, -3.0, 2.0, 5.0, 0.5]), "Delta": 3.0},
        ],
        draw=_readings,
        right=_leashed_mean,
        mistakes=[
            Mistake(
                "Your λ is twice what it should be: the derivative of λx² is 2λx.",
                _taut(1, 2),
            ),
            Mistake(
                "In your λ the m is missing: AᵀA is the number of readings, not 1.",
                _taut(1, 1, rows=1),
            ),
            Mistake(
                "This is the mean; here it is too long for the leash.",
                lambda b, Delta: (b.mean(), 0.0),
            ),
            Mistake(
                "x has lost its sign. The mean is negative, and so is the nearest feasible x.",
                lambda b, Delta: np.abs(_leashed_mean(b, Delta)) if abs(b.mean()) > Delta else None,
            ),
            Mistake(
                "In your λ stands the mean itself; its size |mean| is meant.",
                _taut(1, 1, size=float),
            ),
            Mistake(
                "The mean is short enough: keep it, with λ = 0. A negative λ is never a solution.",
                lambda b, Delta: _leashed_mean(b, Delta, keeps=False),
            ),
            Mistake(
                "Your λ has the wrong sign: it pushes x inwards, and is positive.",
                _taut(1, -1),
            ),
            Mistake(
                "λ is missing: return both x and λ.", lambda b, Delta: _leashed_mean(b, Delta)[0]
            ),
        ],
    ),
    "least_squares-3": Exercise(
        asks="the x of all readings, where bᵢ is the mean of wᵢ of them, shape (n,)",
        tries=[
            {"A": LINE_A, "b": LINE_B, "w": np.array([1.0, 4.0, 9.0, 2.0])},
            _random(3, 7, 3) | {"w": np.array([5.0, 20.0, 30.0, 1.0, 50.0, 15.0, 7.0])},
        ],
        draw=_weighted_equations,
        right=_weighted,
        mistakes=[
            Mistake(
                "The factor of a row is squared with it: this has the weights w². Take √w.",
                lambda A, b, w: _fit(w[:, None] * A, w * b),
            ),
            Mistake(
                "The rows of A have their factors, those of b do not.",
                lambda A, b, w: _fit(np.sqrt(w)[:, None] * A, b),
            ),
            Mistake(
                "b has its factors, the rows of A do not.", lambda A, b, w: _fit(A, np.sqrt(w) * b)
            ),
            Mistake(
                "These are the weights 1/w: a mean of few readings counts more than one of many.",
                lambda A, b, w: _weighted(A, b, 1 / w),
            ),
            Mistake(
                "Each mean counts alike here, whether of one reading or of many.",
                lambda A, b, w: _fit(A, b),
            ),
            Mistake(
                "This is the residual Ax − b; asked for is x.",
                lambda A, b, w: A @ _weighted(A, b, w) - b if len(A) > len(A.T) else None,
            ),
        ],
    ),
    "least_squares-4": Exercise(
        asks="the x that minimizes ‖Ax − b‖² + penalty · xᵀx, shape (n,)",
        tries=[
            {"A": LINE_A, "b": LINE_B, "penalty": 1.4},
            _random(4, 3, 5) | {"penalty": 0.3},
            {"A": _nearly_equal_columns(1e-6), "b": np.array([2.0, 1e-6, 3e-6]), "penalty": 1e-12},
        ],
        draw=_penalty,
        right=_ridge,
        mistakes=[
            Mistake(
                "What stands beneath A is squared with it: √penalty, not the penalty itself.",
                lambda A, b, penalty: _ridge(A, b, penalty**2),
            ),
            Mistake(
                "This is the x for twice the penalty. The penalty is 2λ: is it in the place of λ?",
                lambda A, b, penalty: _ridge(A, b, 2 * penalty),
            ),
            Mistake(
                "This is the x for half the penalty. Neither of these squares carries a ½.",
                lambda A, b, penalty: _ridge(A, b, penalty / 2),
            ),
            Mistake(
                "The penalty does nothing here: this is least squares without it.",
                lambda A, b, penalty: _fit(A, b),
            ),
            Mistake(
                "What is squared is the sum of x here: beneath A belongs √penalty times I, n rows.",
                lambda A, b, penalty: _fit(
                    np.vstack([A, np.full(A.shape[1], np.sqrt(penalty))]), np.append(b, 0)
                ),
            ),
        ],
        tol=1e-7,
        close="Has AᵀA been formed? Its κ is that of A, squared.",
    ),
    "least_squares-5": Exercise(
        asks="the λ for which ‖x(λ)‖ = Δ, or 0 if ‖A⁺b‖ ≤ Δ: a number",
        tries=[
            {"A": LINE_A, "b": LINE_B, "Delta": 0.5},
            {"A": LINE_A, "b": LINE_B, "Delta": 2.0},
            _random(5, 6, 3) | {"Delta": 0.1},
            # λ is close to the upper end of its interval.
            {"A": np.array([[0.3], [0.5]]), "b": np.array([2.0, 1.0]), "Delta": 0.1},
            {"A": np.array([[0.1]]), "b": np.array([1.0]), "Delta": 5.0},
        ],
        draw=_radius,
        patience=2,
        right=_lam,
        mistakes=[
            Mistake(
                "This is 2λ, ridge's penalty. In (AᵀA + 2λI) the 2 is there already.",
                lambda A, b, Delta: 2 * _lam(A, b, Delta),
            ),
            Mistake(
                "For this λ, ‖x‖² is Δ. Compare the norm with Δ, or xᵀx with Δ².",
                lambda A, b, Delta: _within(A, b, np.sqrt(Delta), Delta),
            ),
            Mistake(
                "This is the λ for the radius 1.", lambda A, b, Delta: _within(A, b, 1.0, Delta)
            ),
            Mistake(
                "This is the upper end of the interval. If x(λ) is too short, move the upper end.",
                lambda A, b, Delta: norm(A.T @ b) / (2 * Delta),
            ),
            Mistake(
                "This is twice the upper end of the interval, and no x(λ) has been looked at.",
                lambda A, b, Delta: norm(A.T @ b) / Delta,
            ),
            Mistake(
                "The answer is 0 where it should not be. If x(λ) is too long, move the lower end.",
                lambda A, b, Delta: 0.0,
            ),
            Mistake("This is x(λ); asked for is λ.", _x),
        ],
        tol=1e-6,
        close="Go on halving.",
    ),
    "least_squares-6": Exercise(
        asks="the points of the descent with momentum, from x = 0, shape (steps + 1, n)",
        tries=[
            {"A": LINE_A, "b": LINE_B, "epsilon": 0.1, "momentum": 0.4, "steps": 4},
            _random(6, 5, 3) | {"epsilon": 0.05, "momentum": 0.7, "steps": 7},
        ],
        draw=_descent,
        right=_heavy_ball,
        mistakes=[
            Mistake(
                "This is plain descent. Is the point before overwritten before it is used?",
                lambda A, b, epsilon, momentum, steps: _heavy_ball(A, b, epsilon, 0.0, steps),
            ),
            Mistake(
                "The memory pulls back: it should be x − before, with a plus in front.",
                lambda A, b, epsilon, momentum, steps: _heavy_ball(A, b, epsilon, -momentum, steps),
            ),
            Mistake(
                "The gradient was taken at the point after the memory's part of the step: that is "
                "Nesterov's method. Here it is taken at x.",
                lambda *inputs: _heavy_ball(*inputs, ahead=True),
            ),
            Mistake(
                "The gradient's part is multiplied by 1 − momentum: a mean, not a memory added.",
                lambda *inputs: _heavy_ball(*inputs, early=True),
            ),
            Mistake(
                "The gradient is twice too large: with ½‖Ax − b‖² it is Aᵀ(Ax − b).",
                lambda A, b, epsilon, *rest: _heavy_ball(A, b, 2 * epsilon, *rest),
            ),
            Mistake(
                "The sign of the gradient is turned: this climbs.",
                lambda A, b, epsilon, *rest: _heavy_ball(A, b, -epsilon, *rest),
            ),
            Mistake(
                "This is the last point alone; asked for are all of them.",
                lambda *inputs: _heavy_ball(*inputs)[-1],
            ),
            Mistake(
                "The point x = 0, where it starts, is missing from the rows.",
                lambda *inputs: _heavy_ball(*inputs)[1:],
            ),
        ],
    ),
    "least_squares-7": Exercise(
        asks="a matrix with entries 0, 1 or tiny that only QR can handle, shape (3, 2)",
        tries=[{"tiny": 1e-8}, {"tiny": 2e-9}],
        draw=lambda rng: {"tiny": float(f"{rng.uniform(1e-9, 1e-8):.2g}")},
        draws=3,
        requires=_breaks,
    ),
    "least_squares-8": Exercise(
        asks="the one of the radii whose fit to A, b has the least error on new_A, new_b",
        tries=[
            _sea(11, slice(0, 35), slice(35, 48)),
            _sea(10, slice(0, 35), slice(35, 48)),
            _sea(4, slice(0, 40), slice(40, 61)),
        ],
        draw=_held_out,
        draws=6,
        patience=2,
        right=_chosen,
        mistakes=[
            Mistake(
                "This radius has the least error on A, b themselves: the fit votes for more.",
                lambda A, b, new_A, new_b, radii: _chosen(A, b, A, b, radii),
            ),
            Mistake(
                "This is the place of the radius in the list; asked for is the radius.",
                lambda A, b, new_A, new_b, radii: _errors(A, b, new_A, new_b, radii).argmin(),
            ),
            Mistake(
                "This is the error, not the radius that has it.",
                lambda A, b, new_A, new_b, radii: _errors(A, b, new_A, new_b, radii).min(),
            ),
            Mistake(
                "This is the root of the mean square error, not the radius that has it.",
                lambda A, b, new_A, new_b, radii: (
                    _errors(A, b, new_A, new_b, radii).min() / np.sqrt(len(new_b))
                ),
            ),
            Mistake(
                "The two sets have changed places: fit on A, b, look at new_A, new_b.",
                lambda A, b, new_A, new_b, radii: _chosen(new_A, new_b, A, b, radii),
            ),
            Mistake(
                "This radius has the largest error.",
                lambda A, b, new_A, new_b, radii: radii[
                    _errors(A, b, new_A, new_b, radii).argmax()
                ],
            ),
            Mistake(
                "This is the λ of the best radius.",
                lambda A, b, new_A, new_b, radii: _lam(A, b, _chosen(A, b, new_A, new_b, radii)),
            ),
        ],
    ),
    "least_squares-10": Exercise(
        asks="the least ‖Ax − b‖² over the rows of both blocks: a number",
        tries=[
            {
                "R1": np.array([[2.0, 3.0], [0.0, 1.0]]),
                "c1": np.array([4.0, 1.0]),
                "rest1": 1.0,
                "R2": np.array([[1.0, 1.0], [0.0, 2.0]]),
                "c2": np.array([3.0, 5.0]),
                "rest2": 2.0,
            },
            _two_triangles(np.random.default_rng(10)),
        ],
        draw=_two_triangles,
        right=_left_over,
        mistakes=[
            Mistake(
                "The rests are missing: what no x can change counts, too.",
                lambda R1, c1, rest1, R2, c2, rest2: _left_over(R1, c1, 0, R2, c2, 0),
            ),
            Mistake(
                "These are the rests alone, as if each block had an x of its own.",
                lambda R1, c1, rest1, R2, c2, rest2: rest1**2 + rest2**2,
            ),
            Mistake(
                "The rests are lengths: square them before you add.",
                lambda R1, c1, rest1, R2, c2, rest2: (
                    _left_over(R1, c1, 0, R2, c2, 0) + rest1 + rest2
                ),
            ),
            Mistake(
                "This is the length; asked for is its square.",
                lambda *inputs: np.sqrt(_left_over(*inputs)),
            ),
            Mistake(
                "This is for the x of the first block alone.",
                lambda R1, c1, *rest: _left_over(R1, c1, *rest, x=_fit(R1, c1)),
            ),
            Mistake(
                "R1 and R2 have been added. Squares add up, triangles do not: stack them.",
                lambda R1, c1, rest1, R2, c2, rest2: _left_over(
                    R1, c1, rest1, R2, c2, rest2, x=np.linalg.pinv(R1 + R2) @ (c1 + c2)
                ),
            ),
            Mistake(
                "This is for the mean of the two x. The blocks do not weigh the same in all "
                "directions: stack the triangles.",
                lambda R1, c1, rest1, R2, c2, rest2: _left_over(
                    R1, c1, rest1, R2, c2, rest2, x=(_fit(R1, c1) + _fit(R2, c2)) / 2
                ),
            ),
        ],
    ),
    "least_squares-11": Exercise(
        asks="the x for which old blocks have faded, shape (n,)",
        tries=[
            {
                "A": np.array(
                    [[[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]], [[1.0, 3.0], [1.0, 4.0], [1.0, 5.0]]]
                ),
                "b": np.array([[1.0, 2.0, 3.0], [2.0, 1.0, 1.0]]),
                "fade": 0.25,
            },
            _blocks(np.random.default_rng(11)),
        ],
        draw=_blocks,
        right=_fading,
        mistakes=[
            Mistake(
                "The factor of a row is squared with it: this fades by fade². Take √fade.",
                lambda A, b, fade: _fading(A, b, fade**2),
            ),
            Mistake(
                "Here the newest rows count least: it is the triangle so far that fades.",
                lambda A, b, fade: _fading(A[::-1], b[::-1], fade),
            ),
            Mistake(
                "Nothing has faded: this is the x of all rows alike.",
                lambda A, b, fade: _fading(A, b, 1.0),
            ),
            Mistake(
                "This is the x of the newest block alone.",
                lambda A, b, fade: _fit(A[-1], b[-1]),
            ),
            Mistake(
                "R has faded, and c has not.", lambda A, b, fade: _fading(A, b, fade, of_b=False)
            ),
        ],
    ),
    "least_squares-12": Exercise(
        asks="the standard deviation of aᵀx less the new reading: a number",
        tries=[
            {"A": LINE_A, "b": LINE_B, "a": np.array([1.0, 10.0])},
            _random(12, 9, 3) | {"a": np.array([1.0, -2.0, 0.5])},
        ],
        draw=_new_row,
        right=_miss,
        mistakes=[
            Mistake(
                "So far does the line miss the true one; the new reading errs, too.",
                lambda A, b, a: _miss(A, b, a, own=0.0),
            ),
            Mistake(
                "So far errs the new reading alone; the line errs, too.",
                lambda A, b, a: _miss(A, b, 0 * a),
            ),
            Mistake(
                "Of errors that do not depend on each other add the squares, not the sizes.",
                lambda A, b, a: _miss(A, b, a, join=np.add),
            ),
            Mistake(
                "τ² is estimated by ‖r‖²/m here, which is too small: divide by m − n.",
                lambda A, b, a: _miss(A, b, a, of=len(A)),
            ),
            Mistake("‖r‖ is not divided by √(m − n).", lambda A, b, a: _miss(A, b, a, of=1)),
            Mistake(
                "The errors of the coefficients depend on each other: all of aᵀCa counts, not its "
                "diagonal alone.",
                lambda A, b, a: (
                    _miss(A, b, a, see=lambda C: np.diag(np.diag(C))) if len(a) > 1 else None
                ),
            ),
            Mistake("This is the variance: take the root.", lambda A, b, a: _miss(A, b, a) ** 2),
        ],
    ),
    "least_squares-13": Exercise(
        asks="for each row, what the fit to the others predicts for it, less its b: shape (m,)",
        tries=[{"A": LINE_A, "b": LINE_B}, _random(13, 8, 3)],
        draw=_tall_equations,
        right=_left_out,
        mistakes=[
            Mistake(
                "These are the residuals of the one fit, in which each row had its share.",
                lambda A, b: _left_out(A, b, power=0.0),
            ),
            Mistake(
                "Divide by 1 − Pᵢᵢ: an honest residual is the longer one.",
                lambda A, b: _left_out(A, b, power=1.0),
            ),
            Mistake(
                "The divisor is 1 − Pᵢᵢ, not its root.",
                lambda A, b: _left_out(A, b, power=-0.5),
            ),
            Mistake(
                "These are the predictions; take b from them.",
                lambda A, b: _left_out(A, b) + b,
            ),
        ],
    ),
    "least_squares-14": Exercise(
        asks="the points along the conjugate directions, from x = 0, shape (n + 1, n)",
        tries=[
            {"A": LINE_A, "b": LINE_B, "D": np.eye(2)},
            _random(14, 8, 4) | {"D": np.random.default_rng(3).standard_normal((4, 4))},
        ],
        draw=_directions,
        right=_lowest,
        mistakes=[
            Mistake(
                "These go along the columns of D as they are: a later one spoils what an earlier "
                "one had settled.",
                lambda A, b, D: _along(A, b, D, last=0) if len(D) > 1 else None,
            ),
            Mistake(
                "The directions are perpendicular here; make them so as A sees them.",
                lambda A, b, D: _along(A, b, D, seen=_unseen) if len(D) > 1 else None,
            ),
            Mistake(
                "Each direction is conjugate to the one before it, and not to all.",
                lambda A, b, D: _along(A, b, D, last=1) if len(D) > 2 else None,
            ),
            Mistake(
                "The lowest point along p is pᵀAᵀ(b − Ax) over ‖Ap‖² away; A is missing below.",
                lambda A, b, D: _along(A, b, D, length=_unseen),
            ),
            Mistake(
                "The directions are the columns of D; these are its rows.",
                lambda A, b, D: _lowest(A, b, D.T) if len(D) > 1 else None,
            ),
            Mistake(
                "This is the last point alone; asked for are all of them.",
                lambda A, b, D: _lowest(A, b, D)[-1],
            ),
        ],
    ),
}

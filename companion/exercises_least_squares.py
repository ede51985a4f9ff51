"""The exercises of the least-squares chapter that check themselves."""

import numpy as np
from numpy.linalg import norm

from companion.datasets import load
from companion.least_squares import norm_constrained, normal_equations, qr_solve
from companion.verdicts import Exercise

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


EXERCISES = {
    "least_squares-2": Exercise(
        asks="the best x with x² ≤ Δ², for a column of ones, and its λ: two numbers",
        tries=[
            {"b": np.array([1.0, 3.0, 2.0, 5.0]), "Delta": 2.0},
            {"b": np.array([-4.0, -1.0, -7.0]), "Delta": 1.5},
            {"b": np.array([1.0, -3.0, 2.0, 5.0, 0.5]), "Delta": 3.0},
        ],
        right=_leashed_mean,
        mistakes={
            "Your λ is twice what it should be: the derivative of λx² is 2λx.": (
                lambda b, Delta: np.multiply(_leashed_mean(b, Delta), [1, 2])
            ),
            "In your λ the m is missing: AᵀA is the number of readings, not 1.": (
                lambda b, Delta: _leashed_mean(b, Delta, rows=1)
            ),
            "This is the mean; here it is too long for the leash.": (
                lambda b, Delta: (b.mean(), 0.0)
            ),
            "x has lost its sign. The mean is negative, and so is the nearest feasible x.": (
                lambda b, Delta: np.multiply(_leashed_mean(b, Delta), [np.sign(b.mean()), 1])
            ),
            "In your λ stands the mean itself; its size |mean| is meant.": (
                lambda b, Delta: _leashed_mean(b, Delta, size=float)
            ),
            "The mean is short enough: keep it, with λ = 0. A negative λ is never a solution.": (
                lambda b, Delta: _leashed_mean(b, Delta, keeps=False)
            ),
            "Your λ has the wrong sign: it pushes x inwards, and is positive.": (
                lambda b, Delta: np.multiply(_leashed_mean(b, Delta), [1, -1])
            ),
            "λ is missing: return both x and λ.": lambda b, Delta: _leashed_mean(b, Delta)[0],
        },
    ),
    "least_squares-3": Exercise(
        asks="the x that minimizes Σ wᵢ (Ax − b)ᵢ², shape (n,)",
        tries=[
            {"A": LINE_A, "b": LINE_B, "w": np.array([1.0, 4.0, 9.0, 0.25])},
            _random(3, 7, 3) | {"w": np.array([0.5, 2.0, 3.0, 0.1, 5.0, 1.5, 0.7])},
        ],
        right=_weighted,
        mistakes={
            "The factor of a row is squared with it: this has the weights w². Take √w.": (
                lambda A, b, w: _fit(w[:, None] * A, w * b)
            ),
            "The rows of A have their factors, those of b do not.": (
                lambda A, b, w: _fit(np.sqrt(w)[:, None] * A, b)
            ),
            "b has its factors, the rows of A do not.": lambda A, b, w: _fit(A, np.sqrt(w) * b),
            "These are the weights 1/w, as if w were variances.": (
                lambda A, b, w: _weighted(A, b, 1 / w)
            ),
            "The weights change nothing here: this is the solution without them.": (
                lambda A, b, w: _fit(A, b)
            ),
            "This is the residual Ax − b; asked for is x.": (
                lambda A, b, w: A @ _weighted(A, b, w) - b
            ),
        },
    ),
    "least_squares-4": Exercise(
        asks="the x that minimizes ‖Ax − b‖² + penalty · xᵀx, shape (n,)",
        tries=[
            {"A": LINE_A, "b": LINE_B, "penalty": 1.4},
            _random(4, 3, 5) | {"penalty": 0.3},
            {"A": _nearly_equal_columns(1e-6), "b": np.array([2.0, 1e-6, 3e-6]), "penalty": 1e-12},
        ],
        right=_ridge,
        mistakes={
            "What stands beneath A is squared with it: √penalty, not the penalty itself.": (
                lambda A, b, penalty: _ridge(A, b, penalty**2)
            ),
            "This is the x for twice the penalty. The penalty is 2λ: is it in the place of λ?": (
                lambda A, b, penalty: _ridge(A, b, 2 * penalty)
            ),
            "This is the x for half the penalty. Neither of these squares carries a ½.": (
                lambda A, b, penalty: _ridge(A, b, penalty / 2)
            ),
            "The penalty does nothing here: this is least squares without it.": (
                lambda A, b, penalty: _fit(A, b)
            ),
            "What is squared is the sum of x here: beneath A belongs √penalty times I, n rows.": (
                lambda A, b, penalty: _fit(
                    np.vstack([A, np.full(A.shape[1], np.sqrt(penalty))]), np.append(b, 0)
                )
            ),
        },
        tol=1e-7,
        close="A has κ > 10⁶ here. Has AᵀA been formed, with κ² > 10¹²?",
    ),
    "least_squares-5": Exercise(
        asks="the λ for which ‖x(λ)‖ = Δ, or 0 if ‖A⁺b‖ ≤ Δ: a number",
        tries=[
            {"A": LINE_A, "b": LINE_B, "Delta": 0.5},
            {"A": LINE_A, "b": LINE_B, "Delta": 2.0},
            _random(5, 6, 3) | {"Delta": 0.1},
        ],
        right=_lam,
        mistakes={
            "This is 2λ, ridge's penalty. In (AᵀA + 2λI) the 2 is there already.": (
                lambda A, b, Delta: 2 * _lam(A, b, Delta)
            ),
            "For this λ, ‖x‖² is Δ. Compare the norm with Δ, or xᵀx with Δ².": (
                lambda A, b, Delta: _lam(A, b, np.sqrt(Delta))
            ),
            "This is the λ for the radius 1.": lambda A, b, Delta: _lam(A, b, 1.0),
            "This is the upper end of the interval. If x(λ) is too short, move the upper end.": (
                lambda A, b, Delta: norm(A.T @ b) / (2 * Delta)
            ),
            "This is twice the upper end of the interval, and no x(λ) has been looked at.": (
                lambda A, b, Delta: norm(A.T @ b) / Delta
            ),
            "The answer is 0 where it should not be. If x(λ) is too long, move the lower end.": (
                lambda A, b, Delta: 0.0
            ),
            "This is x(λ); asked for is λ.": _x,
        },
        tol=1e-6,
        close="Go on halving.",
    ),
    "least_squares-6": Exercise(
        asks="the points of the descent with momentum, from x = 0, shape (steps + 1, n)",
        tries=[
            {"A": LINE_A, "b": LINE_B, "epsilon": 0.1, "momentum": 0.4, "steps": 4},
            _random(6, 5, 3) | {"epsilon": 0.05, "momentum": 0.7, "steps": 7},
        ],
        right=_heavy_ball,
        mistakes={
            "This is plain descent. Is the point before overwritten before it is used?": (
                lambda A, b, epsilon, momentum, steps: _heavy_ball(A, b, epsilon, 0.0, steps)
            ),
            "The memory pulls back: it should be x − before, with a plus in front.": (
                lambda A, b, epsilon, momentum, steps: _heavy_ball(A, b, epsilon, -momentum, steps)
            ),
            "The gradient was taken at the point after the memory's part of the step: that is "
            "Nesterov's method. Here it is taken at x.": (
                lambda *inputs: _heavy_ball(*inputs, ahead=True)
            ),
            "The gradient's part is multiplied by 1 − momentum: a mean, not a memory added.": (
                lambda *inputs: _heavy_ball(*inputs, early=True)
            ),
            "The gradient is twice too large: with ½‖Ax − b‖² it is Aᵀ(Ax − b).": (
                lambda A, b, epsilon, *rest: _heavy_ball(A, b, 2 * epsilon, *rest)
            ),
            "The sign of the gradient is turned: this climbs.": (
                lambda A, b, epsilon, *rest: _heavy_ball(A, b, -epsilon, *rest)
            ),
            "This is the last point alone; asked for are all of them.": (
                lambda *inputs: _heavy_ball(*inputs)[-1]
            ),
            "The point x = 0, where it starts, is missing from the rows.": (
                lambda *inputs: _heavy_ball(*inputs)[1:]
            ),
        },
    ),
    "least_squares-7": Exercise(
        asks="a matrix with entries 0, 1 or tiny that only QR can handle, shape (3, 2)",
        tries=[{"tiny": 1e-8}, {"tiny": 2e-9}],
        requires=_breaks,
    ),
    "least_squares-8": Exercise(
        asks="the one of the radii whose fit to A, b has the least error on new_A, new_b",
        tries=[
            _sea(11, slice(0, 35), slice(35, 48)),
            _sea(10, slice(0, 35), slice(35, 48)),
            _sea(4, slice(0, 40), slice(40, 61)),
        ],
        right=_chosen,
        mistakes={
            "This radius has the least error on A, b themselves: the fit votes for more.": (
                lambda A, b, new_A, new_b, radii: _chosen(A, b, A, b, radii)
            ),
            "This is the place of the radius in the list; asked for is the radius.": (
                lambda A, b, new_A, new_b, radii: _errors(A, b, new_A, new_b, radii).argmin()
            ),
            "This is the error, not the radius that has it.": (
                lambda A, b, new_A, new_b, radii: _errors(A, b, new_A, new_b, radii).min()
            ),
            "This is the root of the mean square error, not the radius that has it.": (
                lambda A, b, new_A, new_b, radii: (
                    _errors(A, b, new_A, new_b, radii).min() / np.sqrt(len(new_b))
                )
            ),
            "The two sets have changed places: fit on A, b, look at new_A, new_b.": (
                lambda A, b, new_A, new_b, radii: _chosen(new_A, new_b, A, b, radii)
            ),
            "This radius has the largest error.": (
                lambda A, b, new_A, new_b, radii: radii[_errors(A, b, new_A, new_b, radii).argmax()]
            ),
            "This is the λ of the best radius.": (
                lambda A, b, new_A, new_b, radii: _lam(A, b, _chosen(A, b, new_A, new_b, radii))
            ),
        },
    ),
}

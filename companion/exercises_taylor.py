"""The exercises of the third chapter that check themselves."""

from math import factorial

import numpy as np

from companion.datasets import load
from companion.problems import himmelblau, rosenbrock
from companion.verdicts import Exercise

ETA = 1e-4  # the fraction of the slope's promise that a step must deliver


def _enough(x, tol):
    n = 0
    while abs(x) ** (n + 1) / factorial(n + 1) > tol:
        n += 1
    return n


def _model(f0, g, H, epsilon):
    return f0 - epsilon * (g @ g) + epsilon**2 * (g @ H @ g) / 2


def _best(g, H, Delta):
    alpha, most = g @ H @ g, Delta / np.linalg.norm(g)
    return min(g @ g / alpha, most) if alpha > 0 else most


def _search(f, x, d, promise):
    """x + td for the first t among 1, ½, ¼, … with f(x + td) <= f(x) + t promise."""
    t = 1.0
    while f(x + t * d) > f(x) + t * promise and t > 1e-12:
        t /= 2
    return x + t * d


def _safe(f, grad, hess, x):
    g = grad(x)
    d = -np.linalg.solve(hess(x), g)
    d = d if g @ d < 0 else -g
    return _search(f, x, d, ETA * (g @ d))


def _unsafe(f, grad, hess, x):
    return x - np.linalg.solve(hess(x), grad(x))


def _newton_or_nothing(f, grad, hess, x):
    g = grad(x)
    d = -np.linalg.solve(hess(x), g)
    return _search(f, x, d, ETA * (g @ d))


def _descent(f, grad, hess, x):
    g = grad(x)
    return _search(f, x, -g, -ETA * (g @ g))


def _uphill(f, grad, hess, x):
    return x + np.linalg.solve(hess(x), grad(x))


def _partial(x, degree):
    return sum(x**k / factorial(k) for k in range(degree + 1))


def _hessian(w, A, nu):
    p = 1 / (1 + np.exp(-A @ w))
    return A.T @ ((p * (1 - p))[:, None] * A) / len(A) + nu * np.eye(len(w))


def _largest(H):
    return np.linalg.eigvalsh(H)[-1]


def _measurements(columns):
    X = load("breast_cancer").X[:, columns]
    return (X - X.mean(axis=0)) / X.std(axis=0)


def _too_slow(two_steps, steps, smallest, largest):
    """None where two steps in turn do better than two of the best constant ones."""
    if steps.shape != (2,):
        return f"It should be a pair of numbers; its shape is {steps.shape}."
    lam = np.linspace(smallest, largest, 1001)
    both = np.abs((1 - steps[0] * lam) * (1 - steps[1] * lam))
    constant = ((largest - smallest) / (largest + smallest)) ** 2
    worst = lam[both.argmax()]
    if both.max() < constant * (1 - 1e-9):
        return None
    said = f"With eigenvalues from {smallest:g} to {largest:g}, the direction of λ = {worst:.4g} "
    said += f"is multiplied by {both.max():.4f}, and by {constant:.4f} with the best constant step."
    if np.allclose(steps, 2 / (smallest + largest)):
        said += " These are the best constant steps."
    elif both.max() >= 1:
        said += " It does not shrink at all."
    return said


EXERCISES = {
    "taylor-2": Exercise(
        asks="the point to which one exact step leads from (κ, 1), shape (2,)",
        tries=[{"kappa": kappa} for kappa in (10.0, 3.0, 250.0)],
        right=lambda kappa: (kappa - 1) / (kappa + 1) * np.array([kappa, -1]),
        mistakes={
            "This goes uphill: the step is −εg.": (
                lambda kappa: np.array([kappa, 1]) + 2 * kappa / (1 + kappa)
            ),
            "This is the step 1/λ_max. It is ε* in the worst case only.": (
                lambda kappa: np.array([kappa - 1, 0])
            ),
            "Half of it is missing: ε* = gᵀg/gᵀHg has no ½.": (
                lambda kappa: np.array([kappa, 1]) - kappa / (1 + kappa)
            ),
            "This is the step −ε*g, not the point to which it leads.": (
                lambda kappa: np.full(2, -2 * kappa / (1 + kappa))
            ),
            "The gradient is (κ, κ): its second entry is κx₂.": (
                lambda kappa: (
                    np.array([kappa, 1])
                    - (kappa**2 + 1) / (kappa**2 + kappa) * np.array([kappa, 1])
                )
            ),
            "This is the point after two steps.": (
                lambda kappa: ((kappa - 1) / (kappa + 1)) ** 2 * np.array([kappa, 1])
            ),
            "The second entry changes its sign: the step jumps across the valley.": (
                lambda kappa: (kappa - 1) / (kappa + 1) * np.array([kappa, 1])
            ),
        },
    ),
    "taylor-3": Exercise(
        asks="the least degree n with |x|ⁿ⁺¹/(n + 1)! at most tol",
        tries=[
            {"x": np.pi, "tol": 5e-7},
            {"x": 10.0, "tol": 1e-3},
            {"x": -7.0, "tol": 1e-12},
            {"x": 0.5, "tol": 0.9},
        ],
        right=_enough,
        mistakes={
            "This is n + 1. The polynomial stops one term before the one that bounds it.": (
                lambda x, tol: _enough(x, tol) + 1
            ),
            "This is n − 1: one term short.": lambda x, tol: _enough(x, tol) - 1,
            "The bound is about |x|: a negative x makes every second power negative.": (
                lambda x, tol: 0 if x < 0 else _enough(x, tol)
            ),
            "This is the number of the sine's terms, of odd powers; asked is the degree.": (
                lambda x, tol: (_enough(x, tol) + 1) // 2
            ),
        },
    ),
    "taylor-4": Exercise(
        asks="the model's value after the step ε, a number",
        tries=[
            {
                "f0": 3.8125,
                "g": np.array([-0.5, 2.5]),
                "H": np.array([[-1.0, 2.0], [2.0, 2.0]]),
                "epsilon": 0.3,
            },
            {
                "f0": -2.0,
                "g": np.array([1.0, 2.0, -1.0]),
                "H": np.diag([1.0, -3.0, 0.5]),
                "epsilon": 1.7,
            },
        ],
        right=_model,
        mistakes={
            "A ½ is missing in the correction: ½ ε² gᵀHg.": lambda f0, g, H, epsilon: (
                f0 - epsilon * (g @ g) + epsilon**2 * (g @ H @ g)
            ),
            "The promise has the wrong sign: a step −εg falls by ε gᵀg at first.": (
                lambda f0, g, H, epsilon: f0 + epsilon * (g @ g) + epsilon**2 * (g @ H @ g) / 2
            ),
            "The correction has the wrong sign: two minuses, from dᵀ and from d, make a plus.": (
                lambda f0, g, H, epsilon: f0 - epsilon * (g @ g) - epsilon**2 * (g @ H @ g) / 2
            ),
            "The correction goes with ε², as d occurs twice in it.": lambda f0, g, H, epsilon: (
                f0 - epsilon * (g @ g) + epsilon * (g @ H @ g) / 2
            ),
            "An ε is used twice: the promise goes with ε, not with ε².": (
                lambda f0, g, H, epsilon: f0 - epsilon**2 * (g @ g) + epsilon**2 * (g @ H @ g) / 2
            ),
            "The promise is ε gᵀg, the square of the norm, not the norm.": (
                lambda f0, g, H, epsilon: (
                    f0 - epsilon * np.linalg.norm(g) + epsilon**2 * (g @ H @ g) / 2
                )
            ),
            "This is the slope alone, without what the curvature takes back.": (
                lambda f0, g, H, epsilon: f0 - epsilon * (g @ g)
            ),
            "The value f(x₀) is missing.": lambda f0, g, H, epsilon: (
                -epsilon * (g @ g) + epsilon**2 * (g @ H @ g) / 2
            ),
        },
    ),
    "taylor-5": Exercise(
        asks="the ε at which the model is lowest along −g within the radius Δ",
        tries=[
            {"g": np.array([-0.5, 2.5]), "H": np.array([[-1.0, 2.0], [2.0, 2.0]]), "Delta": 9.0},
            {"g": np.array([-0.5, 2.5]), "H": np.array([[-1.0, 2.0], [2.0, 2.0]]), "Delta": 0.5},
            {"g": np.array([3.0, 4.0]), "H": np.diag([1.0, -2.0]), "Delta": 20.0},
            {"g": np.array([1.0, -1.0, 0.5]), "H": np.zeros((3, 3)), "Delta": 0.3},
        ],
        right=_best,
        mistakes={
            "This is 1/ε*: gᵀg is above, gᵀHg below.": lambda g, H, Delta: g @ H @ g / (g @ g),
            "This is 2ε*, where the model is back at f(x₀).": (
                lambda g, H, Delta: 2 * (g @ g) / (g @ H @ g)
            ),
            "This is 1/λ_max, the worst case. The gradient does not lie along that eigenvector.": (
                lambda g, H, Delta: 1 / _largest(H)
            ),
            "The radius is ignored.": (
                lambda g, H, Delta: (
                    g @ g / (g @ H @ g) if g @ H @ g > 0 else Delta / np.linalg.norm(g)
                )
            ),
            "The larger of the two is taken; the step must obey both.": (
                lambda g, H, Delta: (
                    max(g @ g / (g @ H @ g), Delta / np.linalg.norm(g))
                    if g @ H @ g > 0
                    else Delta / np.linalg.norm(g)
                )
            ),
            "Δ is the length of the step, ε‖g‖. So ε is at most Δ/‖g‖, not Δ.": (
                lambda g, H, Delta: min(g @ g / (g @ H @ g), Delta) if g @ H @ g > 0 else Delta
            ),
            "The length of the step is ε‖g‖, not ε gᵀg.": (
                lambda g, H, Delta: (
                    min(g @ g / (g @ H @ g), Delta / (g @ g)) if g @ H @ g > 0 else Delta / (g @ g)
                )
            ),
            "Where gᵀHg < 0, gᵀg/gᵀHg is where the model is highest, and it lies behind you.": (
                lambda g, H, Delta: (
                    min(g @ g / (g @ H @ g), Delta / np.linalg.norm(g)) if g @ H @ g else 0.0
                )
            ),
            "Turning the sign of gᵀHg does not help: where it is negative, no ε* exists.": (
                lambda g, H, Delta: (
                    min(abs(g @ g / (g @ H @ g)), Delta / np.linalg.norm(g)) if g @ H @ g else 0.0
                )
            ),
            "Where gᵀHg is not positive, the model falls all the way to the radius: go there.": (
                lambda g, H, Delta: _best(g, H, Delta) if g @ H @ g > 0 else 0.0
            ),
        },
    ),
    "taylor-6": Exercise(
        asks="the next point, shape (n,)",
        tries=[
            {"f": f, "grad": f.grad, "hess": f.hess, "x": np.array(x)}
            for f, x in (
                (rosenbrock(steepness=1), [-0.5, 1.5]),
                (himmelblau(), [0.5, -0.5]),
                (himmelblau(), [4.0, 4.0]),
                (rosenbrock(), [-1.2, 1.0]),
                (rosenbrock(), [-1.17528, 1.38067]),
            )
        ],
        right=_safe,
        mistakes={
            "This is the bare Newton step. Where f did not fall enough, t must be halved.": _unsafe,
            "This goes against Newton's step: d = −H⁻¹g.": _uphill,
            "This always goes along −g.": _descent,
            "Here gᵀd > 0: Newton's step points uphill, and no t helps. Take d = −g.": (
                _newton_or_nothing
            ),
            "It has not moved: t was halved to nothing. Ask for 10⁻⁴ of gᵀd, not for all of it.": (
                lambda f, grad, hess, x: x
            ),
        },
        tol=1e-6,
    ),
    "taylor-7": Exercise(
        asks="exp(x), summed by its series to ten digits or more",
        tries=[{"x": x} for x in (2.0, -12.0, 25.0, -30.0, 0.0)],
        right=lambda x: np.exp(x),
        mistakes={
            "Too few terms: they grow until k is about |x|, and are needed far beyond.": (
                lambda x: _partial(x, 20)
            ),
            "This is exp(|x|): turn it over for a negative x.": lambda x: np.exp(abs(x)),
            "This is exp(−x).": lambda x: np.exp(-x),
        },
        tol=1e-10,
        close="For a negative x terms of both signs cancel, and their rounding errors stay.",
    ),
    "taylor-8": Exercise(
        asks="the bound 2/λ_max of the Hessian at w, a number",
        tries=[
            {"w": np.array([0.5, -1.0]), "A": _measurements([0, 1]), "nu": 0.3},
            {"w": np.zeros(4), "A": _measurements([0, 1, 4, 20]), "nu": 0.01},
            {"w": np.array([-1.0, 0.2, -0.7]), "A": _measurements([0, 7, 23]), "nu": 0.1},
        ],
        right=lambda w, A, nu: 2 / _largest(_hessian(w, A, nu)),
        mistakes={
            "This is λ_max, not 2/λ_max.": lambda w, A, nu: _largest(_hessian(w, A, nu)),
            "This is 2/λ_min: the steepest direction decides, not the flattest.": (
                lambda w, A, nu: 2 / np.linalg.eigvalsh(_hessian(w, A, nu))[0]
            ),
            "This is the bound at w = 0, where p(1 − p) = ¼; it changes with w.": (
                lambda w, A, nu: 2 / _largest(_hessian(0 * w, A, nu))
            ),
            "The weight decay is missing: ν is added to every eigenvalue.": (
                lambda w, A, nu: 2 / _largest(_hessian(w, A, 0.0))
            ),
            "The Hessian of ½ν wᵀw is νI, not ½νI.": (
                lambda w, A, nu: 2 / _largest(_hessian(w, A, nu / 2))
            ),
            "The Hessian of ½ν wᵀw is νI, not 2νI.": (
                lambda w, A, nu: 2 / _largest(_hessian(w, A, 2 * nu))
            ),
            "The mean is missing: this is the sum of the losses.": (
                lambda w, A, nu: 2 / _largest(len(A) * _hessian(w, A, 0.0) + nu * np.eye(len(w)))
            ),
            "D is missing: each row counts with p(1 − p).": (
                lambda w, A, nu: 2 / _largest(A.T @ A / len(A) + nu * np.eye(len(w)))
            ),
            "This is the trace, the sum of all eigenvalues, in the place of the largest.": (
                lambda w, A, nu: 2 / np.trace(_hessian(w, A, nu))
            ),
        },
    ),
    "taylor-9": Exercise(
        asks="two steps, to be taken in turn, as a pair",
        tries=[
            {"smallest": 1.0, "largest": 10.0},
            {"smallest": 0.5, "largest": 1.5},
            {"smallest": 1.0, "largest": 1000.0},
        ],
        requires=_too_slow,
    ),
}

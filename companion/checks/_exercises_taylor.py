"""The exercises of the third chapter that check themselves."""

import tracemalloc
from math import factorial

import numpy as np

from companion.checks._judge import Exercise, Mistake, apart, few_digits
from companion.datasets import load
from companion.problems import Problem, himmelblau, rosenbrock

ETA = 1e-4  # the fraction of the slope's promise that a step must deliver


def _enough(x, tol):
    n = 0
    while abs(x) ** (n + 1) / factorial(n + 1) > tol:
        n += 1
    return n


def _turn(f0, g, d, f1):
    return -(g @ d) / (2 * (f1 - f0 - g @ d))


def _reach(g, Delta):
    """The longest ε that moves no variable by more than its Δ."""
    return np.min(Delta[g != 0] / np.abs(g[g != 0]))


def _best(g, H, Delta):
    alpha, most = g @ H @ g, _reach(g, Delta)
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


def _stays(f, grad, hess, x):
    """x, if f nowhere falls by all that the slope promises, as where it curves upward."""
    g = grad(x)
    d = -np.linalg.solve(hess(x), g)
    d = d if g @ d < 0 else -g
    falls = any(f(x + t * d) < f(x) + t * (g @ d) for t in 2.0 ** -np.arange(20))
    return None if falls else x


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
    if both.max() < constant * (1 - 1e-12):
        return None
    if np.allclose(steps, 2 / (smallest + largest), rtol=1e-9, atol=0):
        return "These are the best constant steps."
    yours, theirs = apart(both.max(), constant)
    said = f"With eigenvalues from {smallest:g} to {largest:g}, the direction of λ = {worst:.4g} "
    said += f"is multiplied by {yours}, and by {theirs} with the best constant step."
    if both.max() >= 1:
        said += " It does not shrink at all."
    return said


def _ahead(step, beta):
    """r with r² − (1 − ελ)(1 + β) r + (1 − ελ)β = 0."""
    return np.roots([1, -(1 - step) * (1 + beta), (1 - step) * beta])


def _ball(step, beta):
    """r with r² − (1 + β − ελ) r + β = 0."""
    return np.roots([1, -(1 + beta - step), beta])


def _ends(epsilon, smallest, largest):
    """What √β must be, at least, for the window to hold one end of the spectrum and the other."""
    return 1 - np.sqrt(epsilon * smallest), np.sqrt(epsilon * largest) - 1


def _spread(G):
    return ((G - G.mean(axis=0)) ** 2).sum() / len(G)


def _enough_rows(G, most, *, spread=_spread, less=1):
    """The least size of a batch whose variance, with m − less for its divisor, is at most this."""
    sizes = np.arange(1, len(G) + 1)
    off = spread(G) / sizes * (len(G) - sizes) / (len(G) - less)
    return int(sizes[off <= most][0])


def _length(G):
    return G.mean(axis=0) @ G.mean(axis=0)


def _level(L, gap, epsilon, N):
    return np.sqrt(gap / (N * epsilon * (1 - epsilon * L / 2)))


def _jump(k, epsilon, beta):
    return epsilon * (1 - beta) / (1 + beta) * (1 - (-beta) ** k) / (1 - beta**k)


def _bfgs(S, Y, *, swap=False, last=True):
    """B from I, by one pair after the other."""
    n = S.shape[1]
    B = np.eye(n)
    for s, y in zip(S, Y, strict=True):
        V = np.eye(n) - np.outer(s, y) / (y @ s)
        B = (V.T @ B @ V if swap else V @ B @ V.T) + last * np.outer(s, s) / (y @ s)
    return B


def _makes_a_matrix(times, value, S, Y, g):
    """None where the answer makes do with vectors; asked where a matrix would stand out."""
    if len(g) < 100:
        return None
    running = tracemalloc.is_tracing()
    tracemalloc.start()
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    times(S, Y, g)
    most = tracemalloc.get_traced_memory()[1] - before
    if not running:
        tracemalloc.stop()
    if most < g.nbytes * len(g) / 2:
        return None
    return "That is right, but on the way an n × n matrix was made. Vectors are enough."


def _cubic(a, b, c):
    """f = −ad + ½bd² + cd³ on the line, with d = x − 1, to be left from 1."""
    return Problem(
        f"−{a:g}d + {b / 2:g}d² + {c:.6g}d³ with d = x − 1",
        lambda x: float(-a * (x[0] - 1) + b * (x[0] - 1) ** 2 / 2 + c * (x[0] - 1) ** 3),
        _named("grad", lambda x: np.array([-a + b * (x[0] - 1) + 3 * c * (x[0] - 1) ** 2])),
        _named("hess", lambda x: np.array([[b + 6 * c * (x[0] - 1)]])),
        x0=np.ones(1),
        minimizers=np.zeros((0, 1)),
    )


def _named(name, function):
    function.__name__ = name
    return function


def _at(f, x):
    return {"f": f, "grad": f.grad, "hess": f.hess, "x": np.array(x, dtype=float)}


def _somewhere(rng):
    """A point of Rosenbrock's or Himmelblau's function, or where a cubic is to be left."""
    kind = rng.integers(3)
    if kind == 2:
        a, b = np.abs(few_digits(rng, 2)) + 0.01
        return _at(_cubic(a, rng.choice([-1, 1]) * b, 3 * float(few_digits(rng))), [1.0])
    return _at([himmelblau, rosenbrock][kind](), 2 * few_digits(rng, 2))


def _nearly_enough(a, b, t, share):
    """A cubic that falls at t by this share of the 10⁻⁴ of the slope's promise that is asked."""
    step = t * a / b  # along −H⁻¹g = a/b, and gᵀ times that is −a²/b
    return _cubic(a, b, (a * step - b * step**2 / 2 - share * ETA * t * a**2 / b) / step**3)


# Just enough and not quite, at t = 1 and at ½; and what would not do if a tenth were asked.
_NARROW = [
    _nearly_enough(a, 2, t, share)
    for a, t, share in (
        *((3, 1, 1.05), (3, 1, 0.95), (3, 0.5, 1.05), (3, 0.5, 0.95), (3, 1, 500)),
        *((0.3, 1, 1.05), (0.3, 1, 0.95), (0.3, 1, -1)),
    )
]
# Here gᵀd is 0, so that it is to go along −g.
_LEVEL = Problem(
    name="x₁ + x₂ + ½x₁² − ½x₂²",
    f=lambda x: float(x[0] + x[1] + x[0] ** 2 / 2 - x[1] ** 2 / 2),
    grad=_named("grad", lambda x: np.array([1 + x[0], 1 - x[1]])),
    hess=_named("hess", lambda x: np.diag([1.0, -1.0])),
    x0=np.zeros(2),
    minimizers=np.zeros((0, 2)),
)


def _point_and_error(rng):
    x, tol = rng.choice([-1, 1]) * 10 ** rng.uniform(-1, 1.3), 10 ** rng.uniform(-12, 0.5)
    return {"x": float(f"{x:.2g}"), "tol": float(f"{tol:.2g}")}


def _symmetric(rng, n):
    A = few_digits(rng, n, n)
    return A + A.T


def _trial(rng):
    """A trial that lies above the tangent, for a step that goes down at first."""
    n = rng.integers(1, 5)
    g, d = few_digits(rng, 2, n) + 0.01
    d, f0 = -np.sign(g @ d) * d, float(few_digits(rng))
    return {"f0": f0, "g": g, "d": d, "f1": float(f0 + g @ d + np.exp(few_digits(rng)).round(2))}


def _model_and_box(rng):
    n = rng.integers(1, 5)
    g = few_digits(rng, n) * rng.integers(0, 5, n).clip(0, 1)
    Delta = np.abs(few_digits(rng, n)) + 0.1
    return {"g": g + (not g.any()), "H": _symmetric(rng, n), "Delta": Delta}


def _patients(rng):
    m, n = rng.integers(1, 9), rng.integers(1, 4)
    nu = float(f"{10 ** rng.uniform(-2, 0):.2g}")
    return {"w": few_digits(rng, n), "A": few_digits(rng, m, n), "nu": nu}


def _spectrum(rng):
    smallest, length = np.exp(2 * few_digits(rng, 2)) + 0.01
    return {
        "smallest": float(f"{smallest:.3g}"),
        "largest": float(f"{1.1 * smallest + length:.3g}"),
    }


def _step_and_spectrum(rng):
    spectrum = _spectrum(rng)
    return {"epsilon": float(rng.uniform(0.05, 3.9) / spectrum["largest"])} | spectrum


def _drawn_row(rng):
    m, n = rng.integers(2, 6), rng.integers(1, 4)
    p = rng.integers(1, 10, m)
    return {"G": few_digits(rng, m, n), "p": p / p.sum(), "i": int(rng.integers(m))}


def _rows_and_share(rng):
    m, n = rng.integers(5, 40), rng.integers(1, 4)
    G = few_digits(rng, m, n) + 0.3
    return {"G": G, "theta": round(rng.uniform(0.2, 1.5), 2)}


def _licensed(rng):
    L, gap = np.exp(few_digits(rng, 2)).round(2) + 0.01
    share = round(rng.uniform(0.05, 1.9), 2)
    return {
        "L": float(L),
        "gap": float(gap),
        "epsilon": float(share / L),
        "N": int(rng.integers(1, 500)),
    }


def _pairs(k, n, seed):
    """Steps, the changes of the gradient of a bowl along them, and a vector."""
    rng = np.random.default_rng(seed)
    a = rng.uniform(0.5, 3, n).round(2)
    u, S = few_digits(rng, n), few_digits(rng, k, n) + 0.01
    return {"S": S, "Y": S * a + np.outer(S @ u, u), "g": few_digits(rng, n)}


EXERCISES = {
    "taylor-2": Exercise(
        asks="the point to which one exact step leads from (κ, 1), shape (2,)",
        tries=[{"kappa": kappa} for kappa in (10.0, 3.0, 250.0)],
        draw=lambda rng: {"kappa": float(f"{1.1 + 10 ** rng.uniform(-1, 3):.3g}")},
        right=lambda kappa: (kappa - 1) / (kappa + 1) * np.array([kappa, -1]),
        mistakes=[
            Mistake(
                "This goes uphill: the step is −εg.",
                lambda kappa: np.array([kappa, 1]) + 2 * kappa / (1 + kappa),
            ),
            Mistake(
                "This is the step 1/λ_max. It is ε* in the worst case only.",
                lambda kappa: np.array([kappa - 1, 0]),
            ),
            Mistake(
                "Half of it is missing: ε* = gᵀg/gᵀHg has no ½.",
                lambda kappa: np.array([kappa, 1]) - kappa / (1 + kappa),
            ),
            Mistake(
                "This is the step −ε*g, not the point to which it leads.",
                lambda kappa: np.full(2, -2 * kappa / (1 + kappa)),
            ),
            Mistake(
                "The gradient is (κ, κ): its second entry is κx₂.",
                lambda kappa: (
                    np.array([kappa, 1])
                    - (kappa**2 + 1) / (kappa**2 + kappa) * np.array([kappa, 1])
                ),
            ),
            Mistake(
                "This is the point after two steps.",
                lambda kappa: ((kappa - 1) / (kappa + 1)) ** 2 * np.array([kappa, 1]),
            ),
            Mistake(
                "The second entry changes its sign: the step jumps across the valley.",
                lambda kappa: (kappa - 1) / (kappa + 1) * np.array([kappa, 1]),
            ),
        ],
    ),
    "taylor-3": Exercise(
        asks="the least degree n with |x|ⁿ⁺¹/(n + 1)! at most tol",
        tries=[
            {"x": np.pi, "tol": 5e-7},
            {"x": 10.0, "tol": 1e-3},
            {"x": -7.0, "tol": 1e-12},
            {"x": 0.5, "tol": 0.9},
            {"x": 0.0, "tol": 1e-3},
            {"x": 1.0, "tol": 0.5},  # equal to the bound of n = 1, and of n = 0
            {"x": -2.0, "tol": 2.0},
        ],
        draw=_point_and_error,
        right=_enough,
        mistakes=[
            Mistake(
                "This is n + 1. The polynomial stops one term before the one that bounds it.",
                lambda x, tol: _enough(x, tol) + 1 if tol < 1 else None,
            ),
            Mistake(
                "This is n − 1: one term short.",
                lambda x, tol: _enough(x, tol) - 1 if _enough(x, tol) else None,
            ),
            Mistake(
                "The bound is about |x|: a negative x makes every second power negative.",
                lambda x, tol: 0 if x < 0 else _enough(x, tol),
            ),
            Mistake(
                "This is the number of the sine's terms, of odd powers; asked is the degree.",
                lambda x, tol: (_enough(x, tol) + 1) // 2,
            ),
        ],
    ),
    "taylor-4": Exercise(
        asks="the t at which the parabola through the trial is lowest, a number",
        tries=[
            {
                "f0": 3.8125,
                "g": np.array([-0.5, 2.5]),
                "d": np.array([0.5, -2.5]),
                "f1": 2.0,
            },
            {
                "f0": -2.0,
                "g": np.array([1.0, 2.0, -1.0]),
                "d": np.array([-3.0, 1.0, 1.0]),
                "f1": 4.0,
            },
        ],
        draw=_trial,
        right=_turn,
        mistakes=[
            Mistake(
                "This is twice as far: the parabola is back at f0 there.",
                lambda f0, g, d, f1: 2 * _turn(f0, g, d, f1),
            ),
            Mistake(
                "The slope's promise is missing in what the curvature takes back: f1 − f0 − gᵀd.",
                lambda f0, g, d, f1: -(g @ d) / (2 * (f1 - f0)) if f1 != f0 else None,
            ),
            Mistake(
                "In f1 − f0 − gᵀd the slope has the wrong sign.",
                lambda f0, g, d, f1: (
                    -(g @ d) / (2 * (f1 - f0 + g @ d)) if f1 - f0 + g @ d else None
                ),
            ),
            Mistake(
                "This is for a step along −g. Along d the slope is gᵀd.",
                lambda f0, g, d, f1: g @ g / (2 * (f1 - f0 + g @ g)),
            ),
            Mistake(
                "This is the point, or the displacement td; asked is t.",
                lambda f0, g, d, f1: _turn(f0, g, d, f1) * d,
            ),
        ],
    ),
    "taylor-5": Exercise(
        asks="the ε at which the model is lowest along −g within the box",
        tries=[
            {
                "g": np.array([-0.5, 2.5]),
                "H": np.array([[-1.0, 2.0], [2.0, 2.0]]),
                "Delta": np.array([9.0, 9.0]),
            },
            {
                "g": np.array([-0.5, 2.5]),
                "H": np.array([[-1.0, 2.0], [2.0, 2.0]]),
                "Delta": np.array([0.1, 0.9]),
            },
            {
                "g": np.array([3.0, 0.0]),
                "H": np.diag([-1.0, 2.0]),
                "Delta": np.array([6.0, 0.1]),
            },
            {
                "g": np.array([1.0, -1.0, 0.5]),
                "H": np.zeros((3, 3)),
                "Delta": np.array([0.3, 0.2, 0.3]),
            },
        ],
        draw=_model_and_box,
        right=_best,
        mistakes=[
            Mistake(
                "This is 1/ε*: gᵀg is above, gᵀHg below.", lambda g, H, Delta: g @ H @ g / (g @ g)
            ),
            Mistake(
                "This is 2ε*, where the model is back at f(x₀).",
                lambda g, H, Delta: 2 * (g @ g) / (g @ H @ g),
            ),
            Mistake(
                "This is 1/λ_max, the worst case: a gradient along that eigenvector.",
                lambda g, H, Delta: 1 / _largest(H),
            ),
            Mistake(
                "The box is ignored.",
                lambda g, H, Delta: g @ g / (g @ H @ g) if g @ H @ g > 0 else None,
            ),
            Mistake(
                "This goes to the wall, even where the model rises again before it.",
                lambda g, H, Delta: _reach(g, Delta),
            ),
            Mistake(
                "The larger of the two is taken; the step must obey both.",
                lambda g, H, Delta: (
                    max(g @ g / (g @ H @ g), _reach(g, Delta)) if g @ H @ g > 0 else None
                ),
            ),
            Mistake(
                "Variable i moves by ε|gᵢ|. So ε is at most Δᵢ/|gᵢ|, not Δᵢ.",
                lambda g, H, Delta: (
                    min(g @ g / (g @ H @ g), Delta.min()) if g @ H @ g > 0 else None
                ),
            ),
            Mistake(
                "This holds the length of the step, as a ball would. Each variable has a Δ here.",
                lambda g, H, Delta: (
                    min(g @ g / (g @ H @ g), np.linalg.norm(Delta) / np.linalg.norm(g))
                    if g @ H @ g > 0
                    else None
                ),
            ),
            Mistake(
                "The first wall that is met bounds ε: take the least Δᵢ/|gᵢ|.",
                lambda g, H, Delta: (
                    min(g @ g / (g @ H @ g), np.max(Delta[g != 0] / np.abs(g[g != 0])))
                    if g @ H @ g > 0
                    else np.max(Delta[g != 0] / np.abs(g[g != 0]))
                ),
            ),
            Mistake(
                "Where gᵀHg < 0, gᵀg/gᵀHg is where the model is highest, and it lies behind you.",
                lambda g, H, Delta: (
                    min(g @ g / (g @ H @ g), _reach(g, Delta)) if g @ H @ g else None
                ),
            ),
            Mistake(
                "Turning the sign of gᵀHg does not help: where it is negative, no ε* exists.",
                lambda g, H, Delta: (
                    min(abs(g @ g / (g @ H @ g)), _reach(g, Delta)) if g @ H @ g else None
                ),
            ),
            Mistake(
                "Where gᵀHg is not positive, the model falls all the way to the wall: go there.",
                lambda g, H, Delta: _best(g, H, Delta) if g @ H @ g > 0 else 0.0,
            ),
        ],
    ),
    "taylor-6": Exercise(
        asks="the next point, shape (n,)",
        tries=[
            _at(rosenbrock(steepness=1), [-0.5, 1.5]),
            _at(himmelblau(), [0.5, -0.5]),
            _at(himmelblau(), [4.0, 4.0]),
            _at(rosenbrock(), [-1.2, 1.0]),
            _at(rosenbrock(), [-1.17528, 1.38067]),
            *(_at(f, [1.0]) for f in _NARROW),
            _at(_LEVEL, [0.0, 0.0]),
            _at(himmelblau(), [3.0, 2.0]),  # a minimum: nothing to do
        ],
        draw=_somewhere,
        right=_safe,
        mistakes=[
            Mistake(
                "This is the bare Newton step. Where f did not fall enough, t must be halved.",
                _unsafe,
            ),
            Mistake("This goes against Newton's step: d = −H⁻¹g.", _uphill),
            Mistake("This always goes along −g.", _descent),
            Mistake(
                "Here gᵀd > 0: Newton's step points uphill, and no t helps. Take d = −g.",
                _newton_or_nothing,
            ),
            Mistake(
                "It has not moved. Was t halved to nothing? Ask for 10⁻⁴ of gᵀd, not all of it.",
                _stays,
            ),
        ],
        tol=1e-6,
    ),
    "taylor-7": Exercise(
        asks="exp(x), summed by its series to ten digits or more",
        tries=[{"x": x} for x in (2.0, -8.8, 25.0, -30.0, 0.0, -0.1)],
        draw=lambda rng: {"x": round(rng.uniform(-30, 30), 2)},
        right=lambda x: np.exp(x),
        mistakes=[
            Mistake(
                "Too few terms: they grow until k is about |x|, and are needed far beyond.",
                lambda x: _partial(x, 20),
            ),
            Mistake("This is exp(|x|): turn it over for a negative x.", lambda x: np.exp(abs(x))),
            # Below −12 a sum at x has too few digits left to tell.
            Mistake("This is exp(−x).", lambda x: np.exp(-x) if x > -12.5 else None),
        ],
        tol=1e-10,
        close="Too few terms leave such an error, and so does rounding where terms of both signs "
        "cancel, as for a negative x.",
    ),
    "taylor-8": Exercise(
        asks="the bound 2/λ_max of the Hessian at w, a number",
        tries=[
            {"w": np.array([0.5, -1.0]), "A": _measurements([0, 1]), "nu": 0.3},
            {"w": np.zeros(4), "A": _measurements([0, 1, 4, 20]), "nu": 0.01},
            {"w": np.array([-1.0, 0.2, -0.7]), "A": _measurements([0, 7, 23]), "nu": 0.1},
        ],
        draw=_patients,
        right=lambda w, A, nu: 2 / _largest(_hessian(w, A, nu)),
        mistakes=[
            Mistake("This is λ_max, not 2/λ_max.", lambda w, A, nu: _largest(_hessian(w, A, nu))),
            Mistake(
                "This is 2/λ_min: the steepest direction decides, not the flattest.",
                lambda w, A, nu: 2 / np.linalg.eigvalsh(_hessian(w, A, nu))[0],
            ),
            Mistake(
                "This is the bound at w = 0, where p(1 − p) = ¼; it changes with w.",
                lambda w, A, nu: 2 / _largest(_hessian(0 * w, A, nu)),
            ),
            Mistake(
                "The weight decay is missing: ν is added to every eigenvalue.",
                lambda w, A, nu: 2 / _largest(_hessian(w, A, 0.0)),
            ),
            Mistake(
                "The Hessian of ½ν wᵀw is νI, not ½νI.",
                lambda w, A, nu: 2 / _largest(_hessian(w, A, nu / 2)),
            ),
            Mistake(
                "The Hessian of ½ν wᵀw is νI, not 2νI.",
                lambda w, A, nu: 2 / _largest(_hessian(w, A, 2 * nu)),
            ),
            Mistake(
                "The mean is missing: this is the sum of the losses.",
                lambda w, A, nu: 2 / _largest(len(A) * _hessian(w, A, 0.0) + nu * np.eye(len(w))),
            ),
            Mistake(
                "D is missing: each row counts with p(1 − p).",
                lambda w, A, nu: 2 / _largest(A.T @ A / len(A) + nu * np.eye(len(w))),
            ),
            Mistake(
                "This is the trace, the sum of all eigenvalues, in the place of the largest.",
                lambda w, A, nu: 2 / np.trace(_hessian(w, A, nu)),
            ),
        ],
    ),
    "taylor-9": Exercise(
        asks="two steps, to be taken in turn, as a pair",
        tries=[
            {"smallest": 1.0, "largest": 10.0},
            {"smallest": 0.5, "largest": 1.5},
            {"smallest": 1.0, "largest": 1000.0},
        ],
        draw=_spectrum,
        requires=_too_slow,
    ),
    "taylor-10": Exercise(
        asks="the factor a step in the long run of Nesterov's variant, where ελ is step",
        tries=[
            {"step": 0.5, "beta": 0.9},
            {"step": 0.001, "beta": 0.9},
            {"step": 1.3, "beta": 0.9},
            {"step": 1.6, "beta": 0.4},
            {"step": 1.5, "beta": 0.0},
        ],
        draw=lambda rng: {
            "step": round(rng.uniform(0.01, 2), 2),
            "beta": round(rng.uniform(0.01, 0.99), 2),
        },
        right=lambda step, beta: np.abs(_ahead(step, beta)).max(),
        mistakes=[
            Mistake(
                "This is the factor of the ball, whose gradient is taken where it stands. Here "
                "1 − ελ multiplies all of y.",
                lambda step, beta: np.abs(_ball(step, beta)).max(),
            ),
            Mistake(
                "That holds where the two roots are a complex pair; elsewhere one is larger.",
                lambda step, beta: np.sqrt(abs(beta * (1 - step))),
            ),
            Mistake(
                "This is |1 − ελ|, the factor without momentum.",
                lambda step, beta: abs(1 - step),
            ),
            Mistake(
                "This is the smaller of the two |r|; in the long run the larger one is left.",
                lambda step, beta: np.abs(_ahead(step, beta)).min(),
            ),
            Mistake(
                "This is the larger real part. What counts is how large r is, as a complex number.",
                lambda step, beta: np.abs(_ahead(step, beta).real).max(),
            ),
            Mistake(
                "The last term of the equation is +(1 − ελ)β, as β zₖ₋₁ is subtracted.",
                lambda step, beta: np.abs(
                    np.roots([1, -(1 - step) * (1 + beta), (step - 1) * beta])
                ).max(),
            ),
            Mistake(
                "This is the product of the two roots.", lambda step, beta: abs(beta * (1 - step))
            ),
        ],
        tol=1e-6,  # a double root is right to half of the digits
    ),
    "taylor-11": Exercise(
        asks="the best β for this ε and eigenvalues from smallest to largest, a number",
        tries=[
            {"epsilon": 0.01, "smallest": 1.0, "largest": 100.0},
            {"epsilon": 0.035, "smallest": 1.0, "largest": 100.0},
            {"epsilon": 0.8, "smallest": 0.5, "largest": 4.0},
            {"epsilon": 1.5, "smallest": 1.0, "largest": 2.0},
        ],
        draw=_step_and_spectrum,
        right=lambda *a: max(_ends(*a)) ** 2,
        mistakes=[
            Mistake(
                "This is √β, the factor. Square it.",
                lambda *a: max(_ends(*a)),
            ),
            Mistake(
                "This suits the flattest direction. The steepest may stick out on the right.",
                lambda *a: _ends(*a)[0] ** 2,
            ),
            Mistake(
                "This suits the steepest direction. The flattest may stick out on the left.",
                lambda *a: _ends(*a)[1] ** 2,
            ),
            Mistake(
                "This is the lesser of two demands: with it one end of the bar sticks out.",
                lambda *a: min(_ends(*a), key=abs) ** 2,
            ),
            Mistake(
                "This is the β of the best pair. It goes with one ε only, and yours is another.",
                lambda epsilon, smallest, largest: (
                    (
                        (np.sqrt(largest) - np.sqrt(smallest))
                        / (np.sqrt(largest) + np.sqrt(smallest))
                    )
                    ** 2
                ),
            ),
            Mistake(
                "The ends of the window are squares: compare with the root of ελ.",
                lambda epsilon, smallest, largest: (
                    max(1 - epsilon * smallest, epsilon * largest - 1) ** 2
                ),
            ),
        ],
    ),
    "taylor-12": Exercise(
        asks="an unbiased estimate of the mean of G's rows from row i alone, shape (n,)",
        tries=[
            {"G": np.array([[4.0, 0.0], [0.0, 8.0]]), "p": np.array([0.25, 0.75]), "i": 1},
            {
                "G": np.array(
                    [[1.0, 2.0, 3.0], [-1.0, 0.0, 5.0], [2.0, 2.0, 2.0], [0.0, 1.0, 0.0]]
                ),
                "p": np.array([0.1, 0.2, 0.3, 0.4]),
                "i": 0,
            },
        ],
        draw=_drawn_row,
        right=lambda G, p, i: G[i] / (len(G) * p[i]),
        mistakes=[
            Mistake(
                "This is row i as it is. Rows that are drawn more often would count more.",
                lambda G, p, i: G[i],
            ),
            Mistake(
                "This is unbiased for the sum of all rows; asked is their mean.",
                lambda G, p, i: G[i] / p[i],
            ),
            Mistake(
                "A row that is drawn twice as often must count half as much: divide by p.",
                lambda G, p, i: len(G) * p[i] * G[i],
            ),
            Mistake(
                "This takes the mean over all rows. The estimate may look at row i only.",
                lambda G, p, i: G.mean(axis=0),
            ),
            Mistake(
                "This is an average with the weights p, not what one draw gives.",
                lambda G, p, i: p @ G,
            ),
            Mistake(
                "Where is the m of the mean? Here is 1/p too few.", lambda G, p, i: G[i] / len(G)
            ),
        ],
    ),
    "taylor-13": Exercise(
        asks="the least number of rows whose batches are off by θ‖ḡ‖ at most, a whole number",
        tries=[
            {"G": np.array([[1.0, 0.0], [3.0, 0.0], [0.0, 4.0], [2.0, -2.0]]), "theta": 0.8},
            {"G": np.array([[0.0], [2.0]]), "theta": 1.0},  # one row is just enough
            {"G": np.array([[1.0], [-1.0], [2.0], [-2.0]]), "theta": 0.5},  # ḡ = 0
            {"G": np.array([[2.0, 1.0]] * 3), "theta": 0.5},  # one is as good as all
        ],
        draw=_rows_and_share,
        right=lambda G, theta: _enough_rows(G, theta**2 * _length(G)),
        mistakes=[
            Mistake(
                "This is for rows drawn with replacement. What has been dealt is not dealt again.",
                lambda G, theta: (
                    max(1.0, np.ceil(_spread(G) / theta**2 / _length(G))) if _length(G) else None
                ),
            ),
            Mistake(
                "The divisor is m − 1, not m: a batch of all rows but one is not the whole.",
                lambda G, theta: _enough_rows(G, theta**2 * _length(G), less=0),
            ),
            Mistake(
                "The mean of the gradients was not subtracted.",
                lambda G, theta: _enough_rows(
                    G, theta**2 * _length(G), spread=lambda G: (G**2).sum() / len(G)
                ),
            ),
            Mistake(
                "The formula is for the square of the error: compare it with the square of θ‖ḡ‖.",
                lambda G, theta: _enough_rows(G, theta * np.sqrt(_length(G))),
            ),
            Mistake(
                "The θ must be squared as well as ‖ḡ‖.",
                lambda G, theta: _enough_rows(G, theta * _length(G)),
            ),
            Mistake(
                "This asks for an error of θ. Asked is a share θ of the gradient.",
                lambda G, theta: _enough_rows(G, theta**2),
            ),
            Mistake(
                "This is one row too few.",
                lambda G, theta: _enough_rows(G, theta**2 * _length(G)) - 1,
            ),
            Mistake(
                "One row fewer is enough.",
                lambda G, theta: _enough_rows(G, theta**2 * _length(G)) + 1,
            ),
        ],
    ),
    "taylor-14": Exercise(
        asks="the bound on the least ‖g‖ among the first N gradients, a number",
        tries=[
            {"L": 4.0, "gap": 3.0, "epsilon": 0.25, "N": 100},
            {"L": 4.0, "gap": 3.0, "epsilon": 0.05, "N": 100},
            {"L": 0.5, "gap": 10.0, "epsilon": 3.0, "N": 7},
        ],
        draw=_licensed,
        right=_level,
        mistakes=[
            Mistake("This is its square: take the root.", lambda *a: _level(*a) ** 2),
            Mistake(
                "This is the bound for ε = 1/L. Another ε gains less at each step.",
                lambda L, gap, epsilon, N: _level(L, gap, 1 / L, N),
            ),
            Mistake(
                "A ½ is missing: a step gains ε(1 − εL/2) gᵀg at least.",
                lambda L, gap, epsilon, N: (
                    _level(2 * L, gap, epsilon, N) if epsilon * L < 1 else None
                ),
            ),
            Mistake(
                "This takes the slope at its word, a gain of ε gᵀg; curvature takes a part back.",
                lambda L, gap, epsilon, N: _level(0.0, gap, epsilon, N),
            ),
            Mistake(
                "An ε is missing: a step gains ε(1 − εL/2) gᵀg at least.",
                lambda L, gap, epsilon, N: _level(L, gap, epsilon, N) * np.sqrt(epsilon),
            ),
            Mistake(
                "N is missing: the least square is at most the mean of N.",
                lambda L, gap, epsilon, N: _level(L, gap, epsilon, 1),
            ),
        ],
    ),
    "taylor-15": Exercise(
        asks="how long Adam's k-th step is where the gradient is g, −g, g and so on, a number",
        tries=[
            {"k": 1, "epsilon": 0.1, "beta": 0.9},
            {"k": 2, "epsilon": 0.1, "beta": 0.9},
            {"k": 3, "epsilon": 0.1, "beta": 0.9},
            {"k": 400, "epsilon": 0.02, "beta": 0.9},
            {"k": 5, "epsilon": 1.0, "beta": 0.0},
        ],
        draw=lambda rng: {
            "k": int(rng.integers(1, 30)),
            "epsilon": round(rng.uniform(0.01, 1), 2),
            "beta": round(rng.uniform(0.05, 0.95), 2),
        },
        right=_jump,
        mistakes=[
            Mistake(
                "This is the step for a gradient that stays the same.",
                lambda k, epsilon, beta: epsilon,
            ),
            Mistake(
                "That is what it tends to. The first steps are longer, as they remember less.",
                lambda k, epsilon, beta: epsilon * (1 - beta) / (1 + beta),
            ),
            Mistake(
                "The mean m begins at 0, and is too small at first: divide by 1 − βᵏ.",
                lambda k, epsilon, beta: _jump(k, epsilon, beta) * (1 - beta**k),
            ),
            Mistake(
                "That is the ball's step, a sum. Adam's m is a mean: its gradients count 1 − β.",
                lambda k, epsilon, beta: epsilon * (1 - (-beta) ** k) / (1 + beta),
            ),
            Mistake(
                "The correction is 1 − βᵏ for step k = 1, 2, …; this is for another count.",
                lambda k, epsilon, beta: (
                    _jump(k, epsilon, beta) * (1 - beta**k) / (1 - beta ** (k + 1))
                ),
            ),
            Mistake(
                "Every other step is negative here. Asked is its length.",
                lambda k, epsilon, beta: (-1) ** k * _jump(k, epsilon, beta),
            ),
        ],
    ),
    "taylor-16": Exercise(
        asks="Bg, with the B that BFGS has learnt from the pairs in S and Y, shape (n,)",
        tries=[
            _pairs(1, 2, 0),
            _pairs(3, 4, 1),
            {"S": np.zeros((0, 2)), "Y": np.zeros((0, 2)), "g": np.array([3.0, -1.0])},
            _pairs(4, 300, 2),
        ],
        draw=lambda rng: _pairs(rng.integers(1, 4), rng.integers(2, 5), rng),
        right=lambda S, Y, g: _bfgs(S, Y) @ g,
        requires=_makes_a_matrix,
        mistakes=[
            Mistake(
                "The pairs were taken the other way round: the newest is the last row.",
                lambda S, Y, g: _bfgs(S[::-1], Y[::-1]) @ g,
            ),
            Mistake(
                "Only the newest pair counts here. What B knew before is the B of the others.",
                lambda S, Y, g: _bfgs(S[-1:], Y[-1:]) @ g,
            ),
            Mistake(
                "s and y have changed places: this is for the Hessian, with Bs = y. "
                "Asked is its inverse.",
                lambda S, Y, g: _bfgs(Y, S) @ g,
            ),
            Mistake(
                "The last term, ρ s sᵀg, is missing.",
                lambda S, Y, g: _bfgs(S, Y, last=False) @ g,
            ),
            Mistake(
                "The two brackets have changed places: I − ρ y sᵀ comes to g first.",
                lambda S, Y, g: _bfgs(S, Y, swap=True) @ g,
            ),
        ],
    ),
}

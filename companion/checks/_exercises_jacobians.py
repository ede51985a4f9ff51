"""The exercises of the first chapter that check themselves."""

import warnings
from itertools import pairwise

import numpy as np

from companion.checks._judge import OURS, Exercise, Mistake, few_digits
from companion.datasets import load
from companion.jacobians import gradient
from companion.problems.maps import Map, bend, polar


def _screw(t):
    return np.stack([np.cos(2 * t[0]), np.sin(2 * t[0]), t[0] ** 3])


def _screw_jac(t):
    return np.array([[-2 * np.sin(2 * t[0])], [2 * np.cos(2 * t[0])], [3 * t[0] ** 2]])


def _waves(x):
    return np.stack([np.sin(x[0] * x[1]), np.exp(x[2] - x[0])])


def _waves_jac(x):
    c, e = np.cos(x[0] * x[1]), np.exp(x[2] - x[0])
    return np.array([[x[1] * c, x[0] * c, 0], [-e, 0, e]])


screw = Map("f(t) = (cos 2t, sin 2t, t³)", _screw, _screw_jac)
waves = Map("f(x, y, z) = (sin xy, exp(z − x))", _waves, _waves_jac)


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


def _measurements(columns, rows):
    """Standardized measurements of cell nuclei, and whether the mass was malignant."""
    data = load("breast_cancer")
    X = data.X[:rows, columns]
    return {"A": (X - X.mean(axis=0)) / X.std(axis=0), "y": data.y[:rows]}


def _deceives(f, value, x):
    """None where f has a slope at x, the complex step gives another, and nothing is raised."""
    if value.ndim:
        return f"It should be one number; its shape is {value.shape}."
    if _names(f) & {"abs", "absolute", "fabs", "__abs__"}:
        return "It calls abs. Without it: what else is not analytic?"
    deceived = False
    for v in np.array([[0.6, 0.8], [1.0, 0.0], [0.0, 1.0]]):
        wide, narrow = ((f(x + h * v) - f(x - h * v)) / (2 * h) for h in (1e-5, 1e-6))
        ahead, behind = ((f(x + h * v) - f(x)) / h for h in (1e-6, -1e-6))
        size = max(1.0, abs(wide))
        for one, other, tol in ((wide, narrow, 1e-4), (ahead, behind, 1e-2)):
            if not abs(one - other) <= tol * size:
                return f"f has no slope here: difference quotients give {one:.6g} and {other:.6g}."
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", np.exceptions.ComplexWarning)
                lifted = f(x + 1e-20j * v)
        except Exception as error:
            return f"Given a complex x, it raises {type(error).__name__}: that is saying so."
        if not np.isfinite(lifted):
            return "Given a complex x, it returns what is not finite: that is saying so."
        typed_in = np.imag(lifted) / 1e-20
        deceived |= abs(typed_in - wide) > 1e-4 * size
    if not deceived:
        return (
            f"The complex step is right about it: along v = [0, 1] it gives {typed_in:.6g}, "
            f"and difference quotients {wide:.6g}; no worse along [1, 0]. What is not analytic?"
        )
    try:
        gradient(f, x, "complex-step")
    except ValueError:
        return None
    return "You have deceived companion too: please report it."


def _names(f):
    """The names that the code of a function uses, and the reader's functions that it calls."""
    seen, names, codes = set(), set(), _code(f)
    while codes:
        code, known = codes.pop()
        if code in seen:
            continue
        seen.add(code)
        called = [known.get(name) for name in code.co_names]
        names |= {*code.co_names, *(getattr(each, "__name__", "") for each in called)}
        codes += [(each, known) for each in code.co_consts if hasattr(each, "co_names")]
        codes += [pair for each in called for pair in _code(each)]
    return names


def _code(f):
    """The code of a function of the reader's, and the names that it can look up."""
    code = getattr(f, "__code__", None)
    return [(code, f.__globals__)] if code and not code.co_filename.startswith(OURS) else []


def _somewhere(rng):
    """A point of R¹ to R⁴, of any size, and not the origin."""
    x = few_digits(rng, rng.integers(1, 5))
    return {"x": (x if x.any() else x + 1) * 10.0 ** rng.integers(-3, 4)}


def _some_map(rng, *shape):
    """A map that bends gently, and a point; its numbers of outputs and inputs are 1 to 4."""
    m, n = shape or rng.integers(1, 5, 2)
    A, B = few_digits(rng, m, n), 0.3 * few_digits(rng, m, n)
    f = Map(
        f"f(x) = Ax + sin Bx with random {m} × {n} matrices",
        lambda x: A @ x + np.sin(B @ x),
        lambda x: A + np.cos(B @ x)[:, None] * B,
    )
    return {"f": f, "x": few_digits(rng, n)}


def _rounds(rng):
    """A map of Rⁿ, n from 1 to 3, a point, and a number of rounds."""
    n = rng.integers(1, 4)
    return _some_map(rng, n, n) | {"k": int(rng.integers(1, 5))}


def _repeated(f, x, k, times=np.matmul, start=lambda shape: np.eye(shape[0])):
    """The Jacobian of k rounds of f at x, and where they lead."""
    J = start((len(x), len(x)))
    for _ in range(k):
        J, x = times(f.jac(x), J), f(x)
    return J, x


def _sizes(rng, *letters):
    """u of single or double precision, and numbers of both signs and of all sizes."""
    numbers = rng.choice([-1, 1], len(letters)) * 10 ** rng.uniform(-2, 2, len(letters))
    u = 2.0 ** -rng.choice([24, 53])
    return {"u": u} | {key: float(f"{x:.3g}") for key, x in zip(letters, numbers, strict=True)}


def _dual_numbers(rng):
    a, b, c, d = map(float, few_digits(rng, 4))
    return {"a": a, "b": b, "c": c + np.copysign(0.5, c), "d": d}


def _patients(rng):
    m, n = rng.integers(1, 7), rng.integers(1, 4)
    y = rng.integers(0, 2, m).astype(float)
    return {"w": few_digits(rng, n), "A": few_digits(rng, m, n), "y": y}


def _two_gradients(rng):
    """Two vectors of R² to R⁵ of any sizes, neither zero nor parallel."""
    n = rng.integers(2, 6)
    g, a = few_digits(rng, n), few_digits(rng, n) * 10.0 ** rng.integers(-2, 3)
    if n == 2:
        g = g + np.array([-a[1], a[0]])
    return {"g": g, "a": a}


def _unit(d):
    return d / np.linalg.norm(d)


def _two_powers(rng):
    """Two numbers above 1, below and above 2."""
    p, q = map(float, 1 + rng.uniform(0.1, 3, 2).round(1))
    return {"p": p, "q": q}


def _arm(rng):
    """Angles and lengths of an arm of one to five links."""
    n = rng.integers(1, 6)
    return {"theta": few_digits(rng, n), "lengths": rng.uniform(0.5, 2, n).round(2)}


def _links(theta, lengths):
    """The links of an arm as vectors, one a column."""
    phi = np.cumsum(theta)
    return lengths * np.array([np.cos(phi), np.sin(phi)])


def _beyond(links):
    """The sum of the columns from each to the last."""
    return links[:, ::-1].cumsum(axis=1)[:, ::-1]


def _turned(levers):
    """Each column turned by a right angle to the left."""
    return np.array([-levers[1], levers[0]])


def _attention(rng):
    """Rows of probabilities, none of them 0, and adjoints of the same shape."""
    k, m = rng.integers(1, 5), rng.integers(2, 6)
    counts = 1 + rng.multinomial(20 - m, np.ones(m) / m, size=k)
    return {"P": counts / 20, "P_bar": few_digits(rng, k, m)}


def _chain_row(Ws, x, w, slopes=lambda x, y: 1 - y**2):
    passed = []
    for W in Ws:
        passed.append((W, x, y := np.tanh(W @ x)))
        x = y
    for W, x, y in reversed(passed):
        w = (w * slopes(x, y)) @ W
    return w


def _outputs(Ws, x):
    for W in Ws:
        x = np.tanh(W @ x)
    return x


def _some_chain(rng):
    sizes = rng.integers(1, 5, rng.integers(2, 6))
    Ws = [few_digits(rng, m, n) for n, m in pairwise(sizes)]
    return {"Ws": Ws, "x": few_digits(rng, sizes[0]), "w": few_digits(rng, sizes[-1])}


def _by_halves(k, least=(2, 1), keep=lambda first, second: second + 1, ahead=lambda k: k // 2):
    """Results kept, at most, and layers run, where a chain of k layers is swept by halves."""
    if k == 1:
        return np.array(least)
    first, second = (_by_halves(j, least, keep, ahead) for j in (k // 2, k - k // 2))
    return np.array([keep(first[0], second[0]), ahead(k) + first[1] + second[1]])


def _ahead(choose):
    """What `choose` makes of the slopes along d of the rows that attain the maximum."""

    def slope(A, b, x, d):
        z = A @ x + b
        return choose(A[z == z.max()] @ d)

    return slope


def _tied_rows(rng):
    """Whole numbers, with a tie of one to three rows at x."""
    m, n = rng.integers(2, 6), rng.integers(1, 4)
    A = rng.integers(-5, 6, (m, n)).astype(float)
    x, d = rng.integers(-3, 4, (2, n)).astype(float)
    height = rng.permutation(np.minimum(rng.integers(1, 4) - np.arange(m), 1)).astype(float)
    return {"A": A, "b": height - A @ x, "x": x, "d": d}


def _equation(rng):
    n, k = rng.integers(1, 4), rng.integers(1, 5)
    F_y = few_digits(rng, n, n) + 3 * np.eye(n)
    return {"F_x": few_digits(rng, n, k), "F_y": F_y, "w": few_digits(rng, n)}


EXERCISES = {
    "jacobians-1": Exercise(
        asks="the power of h by which the largest error falls",
        tries=[{"p": 3.0, "q": 4.0}, {"p": 5.0, "q": 2.0}, {"p": 2.0, "q": 1.5}],
        draw=_two_powers,
        right=min,
        mistakes=[
            Mistake(
                "Of two parts that fall, the slower one is what is left for small h.",
                max,
            ),
            Mistake(
                "The theorem promises 2 or more, where second derivatives are continuous. "
                "What is left out here, and are they?",
                lambda p, q: 2,
            ),
            Mistake(
                "The theorem promises 2 where second derivatives are continuous. Are they at 0?",
                lambda p, q: max(2, min(p, q)),
            ),
            Mistake(
                "The theorem gives a bound; with no second-order terms the error is less.",
                lambda p, q: min(2, p, q),
            ),
            Mistake("The two errors are not multiplied.", lambda p, q: p + q),
        ],
    ),
    "jacobians-2": Exercise(
        asks="the gradient of ‖x‖ at x, shape (n,)",
        tries=[{"x": np.array(x)} for x in ([3.0, 4.0], [1.0, -2.0, 2.0], [1e-3, 5e-4, 2e-3])],
        draw=_somewhere,
        right=lambda x: x / np.linalg.norm(x),
        mistakes=[
            Mistake("This is the gradient of ‖x‖², the norm squared.", lambda x: 2 * x),
            Mistake(
                "This is the gradient of ½‖x‖²; the root is still to be differentiated.",
                lambda x: x,
            ),
            Mistake("The norm divides twice: it should be ‖x‖, not ‖x‖².", lambda x: x / (x @ x)),
            Mistake(
                "The ½ of the root is there; the 2 of the squares under it is not.",
                lambda x: x / (2 * np.linalg.norm(x)),
            ),
            Mistake(
                "This is the slope of the root alone; by the chain rule times 2x.",
                lambda x: 1 / (2 * np.linalg.norm(x)),
            ),
            Mistake("This is f itself, not its gradient.", np.linalg.norm),
        ],
    ),
    "jacobians-3": Exercise(
        asks="the Jacobian of f at x by central differences, shape (m, n)",
        tries=[
            {"f": bend, "x": np.array([2.0, 0.5])},
            {"f": waves, "x": np.array([0.7, 1.9, 0.4])},
            {"f": screw, "x": np.array([1.3])},
            {"f": bend, "x": np.array([0.0, 1.0])},
        ],
        draw=_some_map,
        right=lambda f, x: f.jac(x),
        mistakes=[
            Mistake(
                "This is Jᵀ. A row belongs to an output, a column to an input.",
                lambda f, x: f.jac(x).T,
            ),
            Mistake("This is 2J: x + h and x − h lie 2h apart, not h.", lambda f, x: 2 * f.jac(x)),
            Mistake(
                "This is ½J. Do you divide by 2h where the two points lie h apart?",
                lambda f, x: f.jac(x) / 2,
            ),
            Mistake("This is −J: f(x + h) comes first.", lambda f, x: -f.jac(x)),
            Mistake(
                "This is Jv for v = (1, …, 1): one input should move at a time.",
                lambda f, x: f.jac(x).sum(axis=1),
            ),
            Mistake("This is the diagonal of J alone.", lambda f, x: np.diag(f.jac(x))),
        ],
        tol=1e-8,
        close="A forward difference leaves such an error, and so does an h that is far from 1e-5.",
    ),
    "jacobians-4": Exercise(
        asks="the best step h* of the central difference",
        tries=[
            {"u": 2.0**-53, "f": 0.2, "f3": -0.2304},
            {"u": 2.0**-53, "f": -7.0, "f3": 30.0},
            {"u": 2.0**-24, "f": 1.0, "f3": 1.0},
        ],
        draw=lambda rng: _sizes(rng, "f", "f3"),
        right=lambda u, f, f3: np.cbrt(3 * u * abs(f) / abs(f3)),
        mistakes=[
            Mistake(
                "The sizes |f| and |f‴| are meant; a step is positive.",
                lambda u, f, f3: np.cbrt(3 * u * f / f3),
            ),
            Mistake(
                "This is the best step of the forward difference, with a square root.",
                lambda u, f, f3: 2 * np.sqrt(u * abs(f / f3)),
            ),
            Mistake(
                "The 3 is missing: what is left out is h²|f‴|/6, and its slope h|f‴|/3.",
                lambda u, f, f3: np.cbrt(u * abs(f / f3)),
            ),
            Mistake(
                "This makes the two errors equal. Their sum is least where h|f‴|/3 = u|f|/h².",
                lambda u, f, f3: np.cbrt(6 * u * abs(f / f3)),
            ),
            Mistake(
                "A cube root is needed: h³ = 3u|f|/|f‴|.",
                lambda u, f, f3: np.sqrt(3 * u * abs(f / f3)),
            ),
        ],
    ),
    "jacobians-5": Exercise(
        asks="(a + bϵ)/(c + dϵ) as the pair (its value, its slope)",
        tries=[
            {"a": 3.0, "b": 2.0, "c": 5.0, "d": -7.0},
            {"a": 1.0, "b": 0.0, "c": 5.0, "d": 4.0},
            {"a": -2.0, "b": 1.5, "c": 0.5, "d": 0.25},
        ],
        draw=_dual_numbers,
        right=lambda a, b, c, d: (a / c, (b * c - a * d) / c**2),
        mistakes=[
            Mistake(
                "The sign of the slope is turned: it is (bc − ad)/c².",
                lambda a, b, c, d: (a / c, (a * d - b * c) / c**2),
            ),
            Mistake(
                "The slope must be divided by c², not by c.",
                lambda a, b, c, d: (a / c, (b * c - a * d) / c),
            ),
            Mistake(
                "This is the product, not the quotient.", lambda a, b, c, d: (a * c, a * d + b * c)
            ),
            Mistake(
                "A quotient's slope is not the quotient of the slopes.",
                lambda a, b, c, d: (a / c, b / d if d else np.inf),
            ),
            Mistake(
                "The slope has a plus where it needs a minus: (bc − ad)/c².",
                lambda a, b, c, d: (a / c, (b * c + a * d) / c**2),
            ),
            Mistake(
                "The slope leaves out that the divisor moves too: (bc − ad)/c².",
                lambda a, b, c, d: (a / c, b / c),
            ),
        ],
    ),
    "jacobians-6": Exercise(
        asks="a function of x, shape (2,), with a slope that the complex step gets wrong",
        tries=[{"x": np.array([1.0, 0.5])}, {"x": np.array([2.0, -1.0])}],
        requires=_deceives,
    ),
    "jacobians-7": Exercise(
        asks="the Jacobian of the hand of an arm with n links, shape (2, n)",
        tries=[
            {"theta": np.array([0.3, 1.2]), "lengths": np.array([1.0, 1.0])},
            {"theta": np.array([-0.5, 0.8, 0.4]), "lengths": np.array([2.0, 1.0, 0.5])},
        ],
        draw=_arm,
        right=lambda theta, lengths: _turned(_beyond(_links(theta, lengths))),
        mistakes=[
            Mistake(
                "A joint turns all links beyond it, not only the next one.",
                lambda theta, lengths: _turned(_links(theta, lengths)),
            ),
            Mistake(
                "These levers lead from the shoulder; that of a joint leads from it to the hand.",
                lambda theta, lengths: _turned(_links(theta, lengths).cumsum(axis=1)),
            ),
            Mistake(
                "These are the levers. Their ends move at right angles to them.",
                lambda theta, lengths: _beyond(_links(theta, lengths)),
            ),
            Mistake(
                "An angle is measured from the link before: add up all that come before it, too.",
                lambda theta, lengths: _turned(_beyond(_links(np.diff(theta, prepend=0), lengths))),
            ),
            Mistake(
                "All joints have the lever of the shoulder: where does each of them stand?",
                lambda theta, lengths: np.tile(
                    _turned(_beyond(_links(theta, lengths)))[:, :1], len(lengths)
                ),
            ),
        ],
    ),
    "jacobians-8": Exercise(
        asks="the gradient of the logistic loss at w, shape (n,)",
        tries=[
            {"w": np.array([0.5, -1.0]), **_measurements([0, 1], 60)},
            {"w": np.zeros(3), **_measurements([0, 1, 4], 569)},
            {"w": np.array([2.0, 0.3, -1.0, 0.1]), **_measurements([20, 21, 24, 27], 569)},
        ],
        draw=_patients,
        right=lambda w, A, y: A.T @ (_sigmoid(A @ w) - y),
        mistakes=[
            Mistake(
                "The sign is turned: this points downhill.",
                lambda w, A, y: A.T @ (y - _sigmoid(A @ w)),
            ),
            Mistake(
                "This is the mean over the rows; the loss is their sum.",
                lambda w, A, y: A.T @ (_sigmoid(A @ w) - y) / len(y),
            ),
            Mistake(
                "The sigmoid is missing: this is the gradient of ½‖Aw − y‖².",
                lambda w, A, y: A.T @ (A @ w - y),
            ),
            Mistake("The term −yᵀAw is missing.", lambda w, A, y: A.T @ _sigmoid(A @ w)),
            Mistake(
                "The sigmoid of −Aw stands where that of Aw should.",
                lambda w, A, y: A.T @ (_sigmoid(-A @ w) - y),
            ),
            Mistake(
                "This has an entry for each row of A: the loss's slopes in Aw. One chain more.",
                lambda w, A, y: _sigmoid(A @ w) - y,
            ),
        ],
    ),
    "jacobians-10": Exercise(
        asks="the unit vector d with aᵀd = 0 and the largest gᵀd, shape (n,)",
        tries=[
            {"g": np.array([3.0, 4.0]), "a": np.array([2.0, 0.0])},
            {"g": np.array([1.0, 2.0, -1.0]), "a": np.array([1.0, 1.0, 1.0])},
            {"g": np.array([1.0, 0.5]), "a": np.array([-10.0, 3.0])},
        ],
        draw=_two_gradients,
        right=lambda g, a: _unit(g - (a @ g) / (a @ a) * a),
        mistakes=[
            Mistake(
                "aᵀd = 0, but d is not of length 1.",
                lambda g, a: g - (a @ g) / (a @ a) * a,
            ),
            Mistake("This is the steepest d of all; aᵀd is not 0.", lambda g, a: _unit(g)),
            Mistake(
                "This is the part of g along a: aᵀd should be 0.",
                lambda g, a: _unit((a @ g) * a),
            ),
            Mistake(
                "What lies along a is (aᵀg/aᵀa) a; aᵀa is missing.",
                lambda g, a: _unit(g - (a @ g) * a),
            ),
            Mistake(
                "What lies along a is (aᵀg/aᵀa) a: divide by aᵀa, not by ‖a‖.",
                lambda g, a: _unit(g - (a @ g) / np.linalg.norm(a) * a),
            ),
        ],
    ),
    "jacobians-11": Exercise(
        asks="the adjoint of Z, in the shape of P",
        tries=[
            {"P": np.array([[0.5, 0.3, 0.2]]), "P_bar": np.array([[1.0, -2.0, 3.0]])},
            {
                "P": np.array([[0.25, 0.75], [0.5, 0.5], [0.9, 0.1]]),
                "P_bar": np.array([[1.0, 2.0], [-1.0, 3.0], [0.5, 0.0]]),
            },
        ],
        draw=_attention,
        right=lambda P, P_bar: P * (P_bar - (P * P_bar).sum(axis=1, keepdims=True)),
        mistakes=[
            Mistake(
                "A score changes not only its own probability: it lowers all others.",
                lambda P, P_bar: P * (1 - P) * P_bar,
            ),
            Mistake(
                "This is the slope of the numerator; the denominator moves, too.",
                lambda P, P_bar: P * P_bar,
            ),
            Mistake(
                "The sum runs along each row; yours runs over the whole batch.",
                lambda P, P_bar: P * (P_bar - (P * P_bar).sum()),
            ),
            Mistake(
                "The sum runs along each row; yours runs down the columns.",
                lambda P, P_bar: P * (P_bar - (P * P_bar).sum(axis=0)),
            ),
            Mistake(
                "In the sum each adjoint of P has its probability as a weight.",
                lambda P, P_bar: P * (P_bar - P_bar.sum(axis=1, keepdims=True)),
            ),
            Mistake(
                "What stands in the brackets is right; the probability before them is missing.",
                lambda P, P_bar: P_bar - (P * P_bar).sum(axis=1, keepdims=True),
            ),
        ],
    ),
    "jacobians-12": Exercise(
        asks="wᵀJ of the chain of layers tanh(Wx), shape (n,)",
        tries=[
            {
                "Ws": [np.array([[1.0, -0.5], [0.5, 2.0]]), np.array([[0.5, 1.0], [-1.0, 0.5]])],
                "x": np.array([0.5, 1.0]),
                "w": np.array([1.0, -2.0]),
            },
            {
                "Ws": [np.array([[0.5, 1.0, -1.0], [1.0, 0.0, 0.5]]), np.array([[2.0, -1.0]])],
                "x": np.array([0.2, -0.4, 0.3]),
                "w": np.array([3.0]),
            },
            {"Ws": [np.array([[0.5], [2.0]])], "x": np.array([0.7]), "w": np.array([1.0, 1.0])},
        ],
        draw=_some_chain,
        right=_chain_row,
        mistakes=[
            Mistake(
                "The slopes of tanh are missing.",
                lambda Ws, x, w: _chain_row(Ws, x, w, slopes=lambda x, y: 1),
            ),
            Mistake(
                "The slope of tanh is 1 − y², with a square.",
                lambda Ws, x, w: _chain_row(Ws, x, w, slopes=lambda x, y: 1 - y),
            ),
            Mistake(
                "The slope of tanh is 1 − y² = 1 − tanh², taken once: tanh of y is one too many.",
                lambda Ws, x, w: _chain_row(Ws, x, w, slopes=lambda x, y: 1 - np.tanh(y) ** 2),
            ),
            Mistake(
                "These are the outputs of the chain, not a row of slopes.",
                lambda Ws, x, w: _outputs(Ws, x),
            ),
        ],
    ),
    "jacobians-13": Exercise(
        asks="the one-sided slope f′(x; d), a number",
        tries=[
            {
                "A": np.array([[1.0], [-1.0]]),
                "b": np.array([0.0, 0.0]),
                "x": np.array([0.0]),
                "d": np.array([d]),
            }
            for d in (1.0, -1.0)
        ]
        + [
            {
                "A": np.array([[1.0, 0.0], [0.0, 2.0], [9.0, 9.0]]),
                "b": np.array([1.0, 0.0, -50.0]),
                "x": np.array([3.0, 2.0]),
                "d": np.array([1.0, 2.0]),
            },
        ],
        draw=_tied_rows,
        right=_ahead(np.max),
        mistakes=[
            Mistake(
                "One row that attains the maximum is not enough: ask all that do.",
                _ahead(lambda slopes: slopes[0]),
            ),
            Mistake(
                "Of the rows that attain the maximum the one that climbs most wins, not the least.",
                _ahead(np.min),
            ),
            Mistake(
                "A mean of the slopes is a convention; a step follows the row that climbs most.",
                _ahead(np.mean),
            ),
            Mistake(
                "Rows below the maximum at x do not count for a short step.",
                lambda A, b, x, d: (A @ d).max(),
            ),
            Mistake(
                "This is the change of f over all of d; its limit for short steps is asked.",
                lambda A, b, x, d: (A @ (x + d) + b).max() - (A @ x + b).max(),
            ),
        ],
    ),
    "jacobians-14": Exercise(
        asks="wᵀJ of the solution y by x, shape of a row of F_x",
        tries=[
            {
                "F_x": np.array([[1.0, 0.0, 2.0], [0.0, 1.0, -1.0]]),
                "F_y": np.array([[2.0, 1.0], [0.0, 1.0]]),
                "w": np.array([1.0, 3.0]),
            },
            {"F_x": np.array([[-1.0]]), "F_y": np.array([[2.63]]), "w": np.array([1.0])},
        ],
        draw=_equation,
        right=lambda F_x, F_y, w: -np.linalg.solve(F_y.T, w) @ F_x,
        mistakes=[
            Mistake(
                "The system is to be solved with F_yᵀ: w stands on the left of F_y⁻¹.",
                lambda F_x, F_y, w: -np.linalg.solve(F_y, w) @ F_x,
            ),
            Mistake(
                "F_y multiplies here; it must be undone.",
                lambda F_x, F_y, w: -w @ F_y @ F_x,
            ),
            Mistake("F_y is missing.", lambda F_x, F_y, w: -w @ F_x),
            Mistake(
                "This is the Jacobian of y; its product with w is asked.",
                lambda F_x, F_y, w: -np.linalg.solve(F_y, F_x),
            ),
        ],
    ),
    "jacobians-16": Exercise(
        asks="two numbers: the results kept at one time, at most, and the layers run",
        tries=[{"k": k} for k in (1, 2, 3, 64)],
        draw=lambda rng: {"k": int(rng.integers(4, 500))},
        right=_by_halves,
        mistakes=[
            Mistake("These two are right, in the other order.", lambda k: _by_halves(k)[::-1]),
            Mistake(
                "The start is among the results that are kept; yours has one less.",
                lambda k: _by_halves(k, least=(1, 1)),
            ),
            Mistake(
                "What the second half began with is dropped before the first is swept: nothing "
                "stays of the second half, and its numbers do not add to those of the first.",
                lambda k: _by_halves(k, keep=lambda first, second: first + second),
            ),
            Mistake(
                "Only the first half is run on the way to the second; yours runs them both.",
                lambda k: _by_halves(k, ahead=lambda k: k),
            ),
            Mistake(
                "A layer alone is run, too: its output is dropped on the way there.",
                lambda k: _by_halves(k, least=(2, 0)),
            ),
            Mistake(
                "The halves have to be swept by halves themselves.",
                lambda k: (1 + k - k // 2 + 1, k + k // 2) if k > 1 else None,
            ),
        ],
    ),
    "jacobians-17": Exercise(
        asks="the Jacobian at x of f applied k times in a row, shape (n, n)",
        tries=[
            {"f": bend, "x": np.array([0.5, 0.2]), "k": 2},
            {"f": polar, "x": np.array([1.5, 0.3]), "k": 3},
            {"f": bend, "x": np.array([1.0, -0.5]), "k": 1},
        ],
        draw=_rounds,
        right=lambda f, x, k: _repeated(f, x, k)[0],
        mistakes=[
            Mistake(
                "All factors are taken at x. From the second on each belongs where f has led.",
                lambda f, x, k: np.linalg.matrix_power(f.jac(x), k),
            ),
            Mistake(
                "The factors are right, their order is not: what happens first stands last.",
                lambda f, x, k: _repeated(f, x, k, lambda J, K: K @ J)[0],
            ),
            Mistake(
                "The factors are multiplied entry by entry; a product of matrices is asked.",
                lambda f, x, k: _repeated(f, x, k, np.multiply, np.ones)[0],
            ),
            Mistake(
                "Each factor is taken one round late: the first belongs at x itself.",
                lambda f, x, k: _repeated(f, f(x), k)[0],
            ),
            Mistake(
                "This is the last factor alone.",
                lambda f, x, k: f.jac(_repeated(f, x, k - 1)[1]),
            ),
            Mistake(
                "This is f applied k times, not its Jacobian.",
                lambda f, x, k: _repeated(f, x, k)[1],
            ),
        ],
    ),
}

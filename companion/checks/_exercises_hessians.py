"""The exercises of the chapter on Hessians that check themselves."""

import numpy as np

from companion.checks._judge import Exercise, Mistake, apart, few_digits
from companion.datasets import load

# Of the two coordinates of a point, by a few roundings, each by another number of them.
SHIFTS = np.finfo(float).eps * np.array([(k, (7 * k + 12) % 25 - 12) for k in range(-12, 13)])


def _nuclei(columns, rows):
    """Standardized measurements of cell nuclei, with a column of ones."""
    X = load("breast_cancer").X[:rows, columns]
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    return np.hstack([Z, np.ones((len(Z), 1))])


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


def _hvp(w, v, A, weight):
    """(1/m) Aᵀ D A v with some function of the probabilities on the diagonal of D."""
    return A.T @ (weight(_sigmoid(A @ w)) * (A @ v)) / len(A)


def _variance(p):
    return p * (1 - p)


def _two_hollows(x, diagonal=12, beside=-4):
    return np.array([[diagonal * x[0] ** 2, beside], [beside, diagonal * x[1] ** 2]])


def _decay(U, k, *, four=4, grows=False):
    """The root γ of k(γ − 1/γ) = U inside the unit circle, or outside it."""
    large = U + np.sign(U) * np.sqrt(U**2 + four * k**2)  # nothing cancels
    return large / (2 * k) if grows else -four * k / (2 * large)


def _pivots(a, b, sigma, *, square=2, shift=1):
    """The pivots of elimination on H − σI; with another square or shift, a mistake's."""
    q = [a[0] - sigma]
    for a_i, b_i in zip(a[1:], b, strict=True):
        q.append(a_i - shift * sigma - b_i**square / q[-1])
    return np.array(q)


def _count_negative(q):
    return int((q < 0).sum())


def _is_flat(answer, d, H):
    """None where d is a unit vector along which H has no curvature."""
    if d.shape != (len(H),):
        return f"Its shape is {d.shape}, and must be {(len(H),)}."
    length, (lam, Q) = np.linalg.norm(d), np.linalg.eigh(H)
    if abs(length - 1) > 1e-8:
        return "Its length is {}, and must be {}.".format(*apart(length, 1.0))
    curvature = d @ H @ d
    if abs(curvature) <= 1e-8 * np.abs(lam).max():
        return None
    said = f"Along it dᵀHd = {curvature:.6g}, not 0."
    low, high = np.abs(Q[:, 0] @ d), np.abs(Q[:, -1] @ d)
    share = lam[-1] / (lam[-1] - lam[0])  # the weight that belongs on the smallest
    for mistake, shares in {
        "It lies half-way between two eigenvectors; there the curvature is the mean of theirs.": (
            0.5
        ),
        "The two weights have changed places: the larger |λ| needs the smaller weight.": 1 - share,
    }.items():
        if np.allclose([low, high], np.sqrt([shares, 1 - shares]), atol=1e-6):
            return f"{said} {mistake}"
    if np.allclose(low, share, atol=1e-6) or np.allclose(low / high, share / (1 - share)):
        return f"{said} The weights are squares of the components: take the root."
    if np.max(np.abs(Q.T @ d)) > 1 - 1e-8:
        return f"{said} This is an eigenvector: its curvature is its eigenvalue."
    return said


def _factor(margins, bound, *, of=np.min):
    """The factor on a margin with which its loss, log(1 + exp(−factor · margin)), is `bound`."""
    return -np.log(np.expm1(bound)) / of(margins)


def _ignores_the_units(flatness, value, H, w):
    """None where flatness(H, w) is positive, doubles with H, and is the same at (ca, v/c)."""
    if value.ndim:
        return f"It should be one number; its shape is {value.shape}."
    for c in (2.0, 0.125):
        units = np.array([c, 1 / c])
        there = flatness(H / np.outer(units, units), units * w)
        if abs(there - value) > 1e-8 * abs(value):
            return (
                f"At (ca, v/c) with c = {c:g}, where the function is the same, it is {there:.6g}."
            )
    twice = flatness(2 * H, w)
    if not 0 < value < np.inf or abs(twice - 2 * value) > 1e-8 * value:
        return f"For 2H it is {twice:.6g}. It must be positive, and double with H."
    return None


def _pretends(f, value, origin):
    """None where f has a minimum at 0 along every line, and none at 0."""
    if value.ndim:
        return f"It should be one number; its shape is {value.shape}."
    valleys, near = {}, []
    for r in (0.1, 0.03, 0.01, 0.003, 0.001):
        valleys[r] = _lowest_on_circle(f, r, value, near)
        near = [t for t, _ in valleys[r]]
    lowest = {r: min(low for _, low in valley) for r, valley in valleys.items()}
    told = [r for r, low in lowest.items() if _is_told(low, value)]
    radius = (told or [0.1])[-1]
    # Where f is lowest on a small circle there is a line along which it may fall, too; known to
    # so many digits that it is the line only to some distance.
    lines = [(np.radians(degrees), 40) for degrees in range(0, 360, 5)]
    for t, halvings in lines + [(t, 20) for t, _ in valleys[radius]]:
        fall = _falls_at_once(f, value, t, halvings)
        if fall:
            return f"Along the line at {np.degrees(t):.4g}° it falls at once: {fall}"
    if told and all(lowest[r] < value for r in told[-2:]):
        return None
    return (
        f"At the distance {radius:g} no value was found below that at the origin, all the way "
        "round: the origin looks like a minimum."
    )


def _is_told(low, value):
    """Whether two values differ by more than rounding may make of them."""
    return abs(low - value) > 8 * np.finfo(float).eps * abs(value)


def _falls_at_once(f, value, t, halvings):
    """Whether f is below f(0) at all points of a ray that are near enough; if so, where."""
    distances = 2.0 ** -np.arange(5, halvings)
    d = np.array([np.cos(t), np.sin(t)]).round(12)  # 180° is along the axis
    values = [_told(f, r * d, value) for r in distances]
    told = [(r, f_r) for r, f_r in zip(distances, values, strict=True) if _is_told(f_r, value)]
    if len(told) > 2 and all(f_r < value for _, f_r in told[-3:]):
        r, f_r = told[-1]
        return f"{value - f_r:.3g} lower at a distance of {r:.2g}. No minimum along this line."
    return None


def _told(f, x, value):
    """f(x), but where it is below `value` the highest of some neighbours: a fall by rounding is not
    in all of them.
    """
    if not f(x) < value:
        return f(x)
    return max(f(x * (1 + shift)) for shift in SHIFTS)


def _lowest_on_circle(f, r, value, near):
    """The angles of the lowest local minima of f on a circle, and its values there.

    Sampled at each degree, and finer near some angles; then narrowed down: between two curves that
    touch, f may be low over a millionth of the circle.
    """

    def at(t):
        return f(r * np.array([np.cos(t), np.sin(t)]))

    finer = np.add.outer(near, np.radians(np.linspace(-2, 2, 161))).ravel()
    angles = np.unique([*np.radians(np.arange(360)), *finer % (2 * np.pi)])
    around, count = [at(t) for t in angles], len(angles)
    deepest = [k for k in range(count) if around[k - 1] > around[k] <= around[(k + 1) % count]]
    found = [(0.0, _told(f, r * np.array([1.0, 0.0]), value))]
    for k in sorted(deepest, key=lambda k: around[k])[:6]:
        low = angles[k - 1] - 2 * np.pi * (k == 0)
        high = angles[(k + 1) % count] + 2 * np.pi * (k == count - 1)
        for _ in range(80):
            third = (high - low) / 3
            if at(low + third) <= at(high - third):
                high -= third
            else:
                low += third
        t = min((angles[k], low, high), key=at)
        found.append((t, _told(f, r * np.array([np.cos(t), np.sin(t)]), value)))
    return found


def _fourth_root(factor):
    return lambda u, f, f4: (factor * u * abs(f / f4)) ** (1 / 4)


def _softmax(J, z, v, H_out_u=None):
    """Jᵀ H_out J v for the softmax of z, or with something else that p makes of u = Jv."""
    p, u = np.exp(z) / np.exp(z).sum(), J @ v
    return J.T @ (H_out_u(p, u) if H_out_u else p * u - p * (p @ u))


def _ritz(a, b):
    """The eigenvalues of T and its eigenvectors."""
    return np.linalg.eigh(np.diag(a) + np.diag(b[:-1], -1))


_INDEFINITE = [
    np.array([[6.0, 12.0], [12.0, 6.0]]),
    np.array([[1.0, 0.0], [0.0, -9.0]]),
    np.array([[2.0, -1.0, 0.5], [-1.0, 0.0, 3.0], [0.5, 3.0, 1.0]]),
]

# The first tells all the mistakes below apart; the second is a chain of beads, three of them odd.
_TRIDIAGONAL = [
    {
        "a": np.array([1.5, 2.5, 1.0, 0.5, -0.5, -1.5, -3.0, -1.5, 0.0]),
        "b": np.array([-2.0, -2.0, -1.6, -0.8, -2.0, -0.4, 1.6, 0.8]),
        "sigma": 1.95,
    },
    {
        "a": np.array([2.25, 2.5, -0.5, 2.5, 2.5, 11.5, 2.5, -0.5, 2.25]),
        "b": np.full(8, -0.25),
        "sigma": 0.1,
    },
    {"a": np.array([1.0, 5.0]), "b": np.array([3.0]), "sigma": 6.8},
    {"a": np.array([-1.0]), "b": np.zeros(0), "sigma": 0.5},
]


def _sizes(rng):
    f, f4 = rng.choice([-1, 1], 2) * 10 ** rng.uniform(-2, 2, 2)
    return {"u": 2.0 ** -rng.choice([24, 53]), "f": float(f"{f:.3g}"), "f4": float(f"{f4:.3g}")}


def _bead(rng):
    U, k = few_digits(rng, 2)
    return {"U": float(3 * U + np.copysign(0.01, U)), "k": float(abs(k) + 0.01)}


def _square(rng):
    n = rng.integers(1, 5)
    return {"A": few_digits(rng, n, n)}


def _indefinite(rng):
    """A symmetric matrix with eigenvalues well on either side of zero."""
    while True:
        A = few_digits(rng, *2 * [rng.integers(2, 5)])
        lam = np.linalg.eigvalsh(A + A.T)
        if lam[0] < -0.1 and lam[-1] > 0.1:
            return {"H": A + A.T}


def _tridiagonal(rng):
    """A tridiagonal matrix of 1 to 8 rows, and a σ at which no pivot is near zero."""
    while True:
        n = rng.integers(1, 9)
        a, b, sigma = 2 * few_digits(rng, n), 2 * few_digits(rng, n - 1), float(few_digits(rng))
        with np.errstate(all="ignore"):
            if np.abs(_pivots(a, b, sigma)).min() > 1e-2:
                return {"a": a, "b": b, "sigma": sigma}


def _patients(rng):
    m, n = rng.integers(1, 7), rng.integers(1, 5)
    return {"w": few_digits(rng, n), "v": few_digits(rng, n), "A": few_digits(rng, m, n)}


def _separated(rng):
    margins = rng.uniform(0.1, 5, rng.integers(1, 7)).round(2) * 10.0 ** -rng.integers(0, 4)
    return {"margins": margins, "bound": float(10.0 ** rng.uniform(-6, -0.2))}


def _unit(rng):
    """At a minimum, av = 1, of the mean of (v max(0, ax) − x)²/2; q is the mean of x²."""
    a, q = rng.uniform(0.3, 3), rng.uniform(0.1, 5)
    return {"H": q * np.array([[1 / a**2, 1], [1, a**2]]), "w": np.array([a, 1 / a])}


def _classes(rng):
    """The Jacobian of 2 to 5 outputs by 1 to 4 weights, the outputs and a direction."""
    K, n = rng.integers(2, 6), rng.integers(1, 5)
    return {"J": few_digits(rng, K, n), "z": few_digits(rng, K), "v": few_digits(rng, n)}


def _lanczos(rng):
    k = rng.integers(1, 6)
    return {"a": few_digits(rng, k), "b": np.abs(few_digits(rng, k)) + 0.1}


def _two_heights(rng):
    a, A, B = few_digits(rng, 3)
    return {"a": a, "A": A, "b": round(a + rng.choice([-1, 1]) * rng.uniform(0.3, 3), 2), "B": B}


def _bends(a, A, b, B, *, share=6, power=2):
    """p″(a) and p″(b) of the cubic that is level at a and b, at the heights A and B."""
    at_b = share * (A - B) / abs(b - a) ** power
    return np.array([-at_b, at_b])


def _two_parts(x, *, order=-1, weight=_variance, slope=lambda p: p - 1):
    """G and S of log(1 + e⁻ᶻ) with z = x₁x₂, by the weight of JᵀJ and the slope."""
    p, J = _sigmoid(x[0] * x[1]), x[::order]
    return np.array([weight(p) * np.outer(J, J), slope(p) * (1 - np.eye(2))])


EXERCISES = {
    "hessians-1": Exercise(
        asks="the Hessian of ½ xᵀAx as a function of A, shape (n, n)",
        tries=[
            {"A": np.array([[1.0, 4.0], [0.0, 1.0]])},
            {"A": np.array([[2.0, -1.0, 0.5], [3.0, 0.0, 1.5], [-2.0, 4.0, -1.0]])},
        ],
        draw=_square,
        right=lambda A: (A + A.T) / 2,
        mistakes=[
            Mistake("This is A, which need not be symmetric. A Hessian is.", lambda A: A),
            Mistake("This is Aᵀ, which need not be symmetric. A Hessian is.", lambda A: A.T),
            Mistake("This is the Hessian of xᵀAx: the ½ in front is missing.", lambda A: A + A.T),
            Mistake(
                "This is the diagonal alone: mixed terms x_i x_j have second derivatives too.",
                lambda A: np.diag(np.diag(A)),
            ),
            Mistake("This is AᵀA, the Hessian of ½‖Ax‖².", lambda A: A.T @ A),
        ],
    ),
    "hessians-2": Exercise(
        asks="the Hessian of x₁⁴ + x₂⁴ − 4x₁x₂ at x, shape (2, 2)",
        tries=[{"x": np.array(x)} for x in ([2.0, 0.5], [0.0, 0.0], [-1.0, 3.0])],
        draw=lambda rng: {"x": few_digits(rng, 2)},
        right=_two_hollows,
        mistakes=[
            Mistake(
                "The mixed derivative of −4x₁x₂ is −4, off the diagonal.",
                lambda x: _two_hollows(x, beside=0),
            ),
            Mistake(
                "The sign of the mixed derivative is turned: it is −4.",
                lambda x: _two_hollows(x, beside=4),
            ),
            Mistake(
                "The mixed derivative is shared out: −4 belongs at (1, 2), and −4 at (2, 1).",
                lambda x: _two_hollows(x, beside=-2),
            ),
            Mistake(
                "Differentiate x⁴ twice: 4x³, then 12x².", lambda x: _two_hollows(x, diagonal=4)
            ),
            Mistake(
                "This is the gradient. Differentiate each of its two components once more.",
                lambda x: 4 * x**3 - 4 * x[::-1],
            ),
            Mistake(
                "On the diagonal stands 4x³, from the gradient: one more derivative, 12x².",
                lambda x: np.array([[4 * x[0] ** 3, -4], [-4, 4 * x[1] ** 3]]),
            ),
        ],
    ),
    "hessians-3": Exercise(
        asks="the best step h* of the central second difference",
        tries=[
            {"u": 2.0**-53, "f": 0.8415, "f4": 0.8415},
            {"u": 2.0**-53, "f": -7.0, "f4": 30.0},
            {"u": 2.0**-24, "f": 1.0, "f4": -0.2},
        ],
        draw=_sizes,
        right=_fourth_root(48),
        mistakes=[
            Mistake(
                "The sizes |f| and |f⁗| are meant; a step is positive.",
                lambda u, f, f4: np.sign(f / f4) * (48 * u * abs(f / f4)) ** (1 / 4),
            ),
            Mistake(
                "Rounding is up to 4u|f|, not u|f|: three values round, and one counts twice.",
                _fourth_root(12),
            ),
            Mistake(
                "The middle value counts twice: rounding is up to 4u|f|, not 3u|f|.",
                _fourth_root(36),
            ),
            Mistake("What is left out is h²|f⁗|/12: twice h⁴|f⁗|/24, over h².", _fourth_root(96)),
            Mistake(
                "A fourth root is needed: h⁴ = 48u|f|/|f⁗|.",
                lambda u, f, f4: np.sqrt(48 * u * abs(f / f4)),
            ),
            Mistake(
                "A cube root belongs to the first derivative. Here rounding is divided by h².",
                lambda u, f, f4: np.cbrt(48 * u * abs(f / f4)),
            ),
        ],
    ),
    "hessians-4": Exercise(
        asks="the γ with |γ| < 1 that belongs to the odd bead's U and the spring k",
        tries=[{"U": -3.0, "k": 0.25}, {"U": 9.0, "k": 0.25}, {"U": 1.5, "k": 2.0}],
        draw=_bead,
        right=_decay,
        mistakes=[
            *(
                Mistake(
                    "This one grows away from the bead, |γ| > 1. Take the other root.",
                    lambda U, k, sign=sign: _decay(U, k, grows=True) if U * sign > 0 else None,
                )
                for sign in (1, -1)
            ),
            Mistake("The sign is turned: it is opposite to that of U.", lambda U, k: -_decay(U, k)),
            Mistake("Under the root stands U² + 4k².", lambda U, k: _decay(U, k, four=1)),
            Mistake("The 2 of 2k is missing in the denominator.", lambda U, k: 2 * _decay(U, k)),
            Mistake(
                "This is λ. Asked for is γ.",
                lambda U, k: 2 + 2 * k + np.sign(U) * np.sqrt(U**2 + 4 * k**2),
            ),
        ],
    ),
    "hessians-5": Exercise(
        asks="a unit vector d with dᵀHd = 0, shape (n,)",
        tries=[{"H": H} for H in _INDEFINITE],
        draw=_indefinite,
        requires=_is_flat,
    ),
    "hessians-6": Exercise(
        asks="how many eigenvalues of the tridiagonal H are below σ",
        tries=_TRIDIAGONAL,
        draw=_tridiagonal,
        draws=40,
        right=lambda a, b, sigma: _count_negative(_pivots(a, b, sigma)),
        mistakes=[
            Mistake(
                "These are the eigenvalues above σ.",
                lambda a, b, sigma: int((_pivots(a, b, sigma) > 0).sum()),
            ),
            Mistake(
                "q₁ counts too.", lambda a, b, sigma: _count_negative(_pivots(a, b, sigma)[1:])
            ),
            Mistake(
                "b is squared in the formula: −b²/q.",
                lambda a, b, sigma: _count_negative(_pivots(a, b, sigma, square=1)),
            ),
            Mistake(
                "σ is to be subtracted from every a_i, not from the first alone.",
                lambda a, b, sigma: _count_negative(_pivots(a, b, sigma, shift=0)),
            ),
            Mistake(
                "This is how many a_i are below σ: what stands beside the diagonal is left out.",
                lambda a, b, sigma: int((a < sigma).sum()),
            ),
            Mistake(
                "This is how many are negative: σ is left out.",
                lambda a, b, sigma: _count_negative(_pivots(a, b, 0.0)),
            ),
        ],
    ),
    "hessians-7": Exercise(
        asks="f(x), one number, x of shape (2,): at 0 a minimum along every line, and yet none",
        tries=[{"x": np.zeros(2)}],
        requires=_pretends,
    ),
    "hessians-8": Exercise(
        asks="Hv for the mean logistic loss, (1/m) Aᵀ D A v, shape (n,)",
        tries=[
            {"w": np.array([0.5, -1.0, 0.2]), "v": np.array([1.0, 2.0, -1.0])}
            | {"A": _nuclei([0, 1], 60)},
            {"w": np.zeros(4), "v": np.array([0.3, 0.0, -2.0, 1.0])}
            | {"A": _nuclei([0, 1, 4], 569)},
        ],
        draw=_patients,
        right=lambda w, v, A: _hvp(w, v, A, _variance),
        mistakes=[
            Mistake(
                "This is the sum over the rows; the loss is their mean: divide by m.",
                lambda w, v, A: len(A) * _hvp(w, v, A, _variance),
            ),
            Mistake(
                "It is divided by n, not by m, the number of rows.",
                lambda w, v, A: len(A) / len(w) * _hvp(w, v, A, _variance),
            ),
            Mistake("D is missing: this is AᵀAv/m.", lambda w, v, A: _hvp(w, v, A, np.ones_like)),
            Mistake(
                "On the diagonal of D stands p(1 − p), not p.",
                lambda w, v, A: _hvp(w, v, A, lambda p: p),
            ),
            Mistake(
                "On the diagonal of D stands p(1 − p), not its square.",
                lambda w, v, A: _hvp(w, v, A, lambda p: (p * (1 - p)) ** 2),
            ),
            Mistake(
                "On the diagonal of D stands p(1 − p), not its root.",
                lambda w, v, A: _hvp(w, v, A, lambda p: np.sqrt(p * (1 - p))),
            ),
            Mistake(
                "This is DAv/m, with an entry for each row of A. Aᵀ is still to come.",
                lambda w, v, A: _variance(_sigmoid(A @ w)) * (A @ v) / len(A),
            ),
            Mistake(
                "This is vᵀHv, one number; asked for is the vector Hv.",
                lambda w, v, A: v @ _hvp(w, v, A, _variance),
            ),
            Mistake(
                "p belongs to w: here it was taken at v.", lambda w, v, A: _hvp(v, v, A, _variance)
            ),
        ],
    ),
    "hessians-9": Exercise(
        asks="the smallest factor c with which no term log(1 + exp(−c m_i)) is above the bound",
        tries=[
            {"margins": np.array([2.0, 0.5, 3.0]), "bound": 0.1},
            {"margins": np.array([0.01, 4.0]), "bound": 1e-5},
        ],
        draw=_separated,
        right=_factor,
        mistakes=[
            Mistake(
                "This belongs to the largest margin. The smallest has the largest term.",
                lambda margins, bound: _factor(margins, bound, of=np.max),
            ),
            Mistake(
                "This belongs to the mean margin. The smallest has the largest term.",
                lambda margins, bound: _factor(margins, bound, of=np.mean),
            ),
            Mistake(
                "log(1 + e⁻ᵗ) is below e⁻ᵗ: this factor is enough, but a smaller one is, too.",
                lambda margins, bound: -np.log(bound) / margins.min(),
            ),
            Mistake(
                "This is what the smallest margin becomes. By which factor does it?",
                lambda margins, bound: -np.log(np.expm1(bound)),
            ),
        ],
    ),
    "hessians-10": Exercise(
        asks="one number, of H and w = (a, v): positive, twice as large for 2H, and the same for "
        "(ca, v/c) as for (a, v)",
        tries=[
            {"H": np.array([[1.75, 1.75], [1.75, 1.75]]), "w": np.array([1.0, 1.0])},
            {"H": np.array([[0.125, 0.5], [0.5, 2.0]]), "w": np.array([2.0, 0.5])},
        ],
        draw=_unit,
        requires=_ignores_the_units,
    ),
    "hessians-11": Exercise(
        asks="Gv = Jᵀ H_out J v for softmax with cross-entropy, shape (n,)",
        tries=[
            {"J": np.array([[1.0, 2.0], [-1.0, 0.5], [0.0, 3.0]])}
            | {"z": np.array([0.5, -1.0, 2.0]), "v": np.array([1.0, -2.0])},
            {"J": np.array([[2.0, -1.0], [0.5, 1.0]])}
            | {"z": np.array([1.0, -0.5]), "v": np.array([0.5, 1.5])},
        ],
        draw=_classes,
        right=_softmax,
        mistakes=[
            Mistake(
                "H_out is missing: this is JᵀJv.",
                lambda J, z, v: _softmax(J, z, v, lambda p, u: u),
            ),
            Mistake(
                "ppᵀ is missing: raising one output lowers the other probabilities.",
                lambda J, z, v: _softmax(J, z, v, lambda p, u: p * u),
            ),
            Mistake(
                "p(1 − p) is the diagonal of H_out alone: off it stands −p_i p_j.",
                lambda J, z, v: _softmax(J, z, v, lambda p, u: p * (1 - p) * u),
            ),
            Mistake(
                "ppᵀ is subtracted, not added.",
                lambda J, z, v: _softmax(J, z, v, lambda p, u: p * u + p * (p @ u)),
            ),
            Mistake(
                "On the diagonal of the first term stands p, not 1.",
                lambda J, z, v: _softmax(J, z, v, lambda p, u: u - p * (p @ u)),
            ),
            Mistake(
                "This is H_out J v, an entry for each output. Jᵀ is still to come.",
                lambda J, z, v: _softmax(np.eye(len(z)), z, J @ v),
            ),
            Mistake(
                "This is vᵀGv, one number; asked for is the vector Gv.",
                lambda J, z, v: v @ _softmax(J, z, v),
            ),
        ],
    ),
    "hessians-12": Exercise(
        asks="the residuals b_k |s_k| of all k Ritz values, smallest value first, shape (k,)",
        tries=[
            {"a": np.array([0.5, -1.0, 2.0, 0.3]), "b": np.array([1.0, 0.7, 0.4, 0.2])},
            {"a": np.array([2.0]), "b": np.array([0.5])},
            {"a": np.array([1.0, -0.5]), "b": np.array([0.8, 0.3])},
        ],
        draw=_lanczos,
        right=lambda a, b: b[-1] * np.abs(_ritz(a, b)[1][-1]),
        mistakes=[
            Mistake(
                "b_k is missing: these are the sizes of the last entries.",
                lambda a, b: np.abs(_ritz(a, b)[1][-1]),
            ),
            Mistake(
                "These are made of the first entries of the eigenvectors, not of the last.",
                lambda a, b: b[-1] * np.abs(_ritz(a, b)[1][0]),
            ),
            Mistake(
                "This is one eigenvector, all its entries. Asked for is the last entry of each.",
                lambda a, b: b[-1] * np.abs(_ritz(a, b)[1][:, -1]),
            ),
            Mistake(
                "This is made with b_{k−1}, which stands in T. The last b leads out of the basis.",
                lambda a, b: b[-2] * np.abs(_ritz(a, b)[1][-1]) if len(b) > 1 else None,
            ),
            Mistake("These are the squares.", lambda a, b: (b[-1] * _ritz(a, b)[1][-1]) ** 2),
            Mistake("These are the Ritz values themselves.", lambda a, b: _ritz(a, b)[0]),
        ],
    ),
    "hessians-14": Exercise(
        asks="G and S, stacked, at x = (x₁, x₂): shape (2, 2, 2)",
        tries=[{"x": np.array([0.5, 2.0])}, {"x": np.array([-1.0, 0.7])}, {"x": np.zeros(2)}],
        draw=lambda rng: {"x": few_digits(rng, 2)},
        right=_two_parts,
        mistakes=[
            Mistake(
                "J is ∂z/∂x: by x₁ the product x₁x₂ has the slope x₂.",
                lambda x: _two_parts(x, order=1),
            ),
            Mistake(
                "H_out is missing: the first is JᵀJ.",
                lambda x: _two_parts(x, weight=lambda p: 1),
            ),
            Mistake(
                "H_out is p(1 − p), the second derivative by z, not p.",
                lambda x: _two_parts(x, weight=lambda p: p),
            ),
            Mistake(
                "The slope by z is p − 1: the loss falls as z grows.",
                lambda x: _two_parts(x, slope=lambda p: 1 - p),
            ),
            Mistake(
                "The slope by z is p − 1, as the patient is malignant; p would be a benign one's.",
                lambda x: _two_parts(x, slope=lambda p: p),
            ),
            Mistake(
                "In S stands the slope by z, not the second derivative.",
                lambda x: _two_parts(x, slope=_variance),
            ),
            Mistake("This is G + S. Return the two.", lambda x: _two_parts(x).sum(axis=0)),
            Mistake("G comes first, then S.", lambda x: _two_parts(x)[::-1]),
        ],
    ),
    "hessians-15": Exercise(
        asks="p″(a) and p″(b) of the cubic that is level there, with p(a) = A and p(b) = B",
        tries=[
            {"a": 0.0, "A": 4.0, "b": 2.0, "B": -2.0},
            {"a": 1.5, "A": -1.0, "b": -1.0, "B": 0.5},
        ],
        draw=_two_heights,
        right=_bends,
        mistakes=[
            Mistake(
                "This is a parabola's, level at one point and as high as asked at the other.",
                lambda a, A, b, B: np.full(2, _bends(a, A, b, B, share=-2)[1]),
            ),
            Mistake(
                "From a to b the integral of (x − a)(x − b) is −(b − a)³/6; here it was /3.",
                lambda a, A, b, B: _bends(a, A, b, B, share=3),
            ),
            Mistake(
                "A bend is a height over the square of a distance; here is the distance itself.",
                lambda a, A, b, B: _bends(a, A, b, B, power=1),
            ),
            Mistake(
                "These have one sign. Level at two points, a cubic is a cup at one, a cap at the "
                "other.",
                lambda a, A, b, B: np.abs(_bends(a, A, b, B)),
            ),
            Mistake(
                "This is the factor c of p′ = c (x − a)(x − b), twice. p″ has two terms.",
                lambda a, A, b, B: np.full(2, _bends(a, A, b, B)[1] / (b - a)),
            ),
        ],
    ),
}

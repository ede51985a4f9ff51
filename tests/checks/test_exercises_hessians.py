"""Plausible wrong answers to the exercises on Hessians, and what each is told."""

import numpy as np
import pytest
from scipy.interpolate import CubicHermiteSpline
from wrong_answers import WrongAnswers

from companion.checks import EXERCISES, check
from companion.hessians import hessian


def eigen_direction(combine):
    """d from the eigenvalues and the two outermost eigenvectors of H."""

    def answer(H):
        lam, Q = np.linalg.eigh(H)
        return combine(lam[0], lam[-1], Q[:, 0], Q[:, -1])

    return answer


def flat(low, high, q, p):
    share = high / (high - low)
    return np.sqrt(share) * q + np.sqrt(1 - share) * p


def pivots(count=lambda q: q < 0, *, square=2, sign=-1):
    """Sylvester's count, with one thing wrong."""

    def answer(a, b, sigma):
        q = a[0] - sigma
        total = int(count(q))
        for a_i, b_i in zip(a[1:], b, strict=True):
            q = a_i - sigma + sign * b_i**square / q
            total += int(count(q))
        return total

    return answer


def first_alone(a, b, sigma):
    return pivots()(np.append(a[0], a[1:] + sigma), b, sigma)


def by_index(square):
    """Sylvester's count in a loop over the rows, with something else for b²."""

    def answer(a, b, sigma):
        q, total = a[0] - sigma, int(a[0] < sigma)
        for i in range(1, len(a)):
            q = a[i] - sigma - square(b, i) / q
            total += int(q < 0)
        return total

    return answer


def off_by_one(a, b, sigma):
    q, total = a[0] - sigma, int(a[0] < sigma)
    for i in range(1, len(a) - 1):
        q = a[i] - sigma - b[i - 1] ** 2 / q
        total += int(q < 0)
    return total


def parabolas(x, one=1.0, three=3.0):
    return (x[1] - one * x[0] ** 2) * (x[1] - three * x[0] ** 2)


def turned(f, angle=0.4):
    c, s = np.cos(angle), np.sin(angle)
    return lambda x: f(np.array([c * x[0] + s * x[1], c * x[1] - s * x[0]]))


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def spread(p):
    return p * (1 - p)


def parts(weight=spread, slope=lambda p: p - 1, *, swapped=True):
    """Both parts of the Hessian of log(1 + e⁻ᶻ), z = x₁x₂, with one thing wrong."""

    def answer(x):
        p, J = sigmoid(x[0] * x[1]), x[::-1] if swapped else x
        return np.array([weight(p) * np.outer(J, J), slope(p) * np.array([[0, 1], [1, 0]])])

    return answer


def covariance(p):
    return np.diag(p) - np.outer(p, p)


def softmax(H_out):
    """Jᵀ H_out J v, with H_out(p) a matrix."""

    def answer(J, z, v):
        return J.T @ H_out(np.exp(z) / np.exp(z).sum()) @ (J @ v)

    return answer


def ritz(combine):
    """Something of θ, S and the last b; T written in full."""

    def answer(a, b):
        T = np.diag(a) + np.diag(b[:-1], 1) + np.diag(b[:-1], -1)
        return combine(*np.linalg.eigh(T), b)

    return answer


def bends(at_b):
    """Opposite bends, from the heights and the distance d = b − a."""

    def answer(a, A, b, B):
        bend = at_b(A, b - a, B)
        return np.array([-bend, bend])

    return answer


# name: [(answer, words of the verdict)]
WRONG = {
    "hessians-1": [
        (lambda A: A, "This is A, which need not be symmetric"),
        (lambda A: A.T, "This is Aᵀ"),
        (lambda A: A + A.T, "the ½ in front is missing"),
        (lambda A: (A - A.T) / 2, "expected was"),
        (lambda A: np.diag(np.diag(A)), "the diagonal alone"),
        (lambda A: np.linalg.eigvals(A), "For A = "),
        (lambda A: -(A + A.T) / 2, "right but for the sign"),
    ],
    "hessians-2": [
        (lambda x: np.diag(12 * x**2), "mixed derivative of −4x₁x₂"),
        (lambda x: np.diag(12 * x**2) - 2 * np.array([[0, 1], [1, 0]]), "is shared out"),
        (lambda x: np.diag(12 * x**2) + 4 * np.array([[0, 1], [1, 0]]), "sign of the mixed"),
        (lambda x: np.diag(4 * x**3) - 4 * np.array([[0, 1], [1, 0]]), "one more derivative"),
        (lambda x: 4 * x**3 - 4 * x[::-1], "This is the gradient"),
        (lambda x: np.diag(12 * x**2) - 4, "expected was"),
        (lambda x: np.diag(4 * x**2) - 4 * np.array([[0, 1], [1, 0]]), "Differentiate x⁴ twice"),
    ],
    "hessians-3": [
        (lambda u, f, f4: (48 * u * f / f4) ** (1 / 4), "should not be complex"),
        (lambda u, f, f4: np.sign(f * f4) * (48 * u * abs(f / f4)) ** 0.25, "The sizes |f|"),
        (lambda u, f, f4: (12 * u * abs(f / f4)) ** (1 / 4), "one counts twice"),
        (lambda u, f, f4: (36 * u * abs(f / f4)) ** (1 / 4), "not 3u|f|"),
        (lambda u, f, f4: (96 * u * abs(f / f4)) ** (1 / 4), "What is left out is h²|f⁗|/12"),
        (lambda u, f, f4: np.cbrt(3 * u * abs(f / f4)), "expected was"),
        (lambda u, f, f4: np.sqrt(48 * u * abs(f / f4)), "A fourth root is needed"),
        (lambda u, f, f4: np.cbrt(48 * u * abs(f / f4)), "A cube root belongs"),
        (lambda u, f, f4: u**0.25, "expected was"),
    ],
    "hessians-4": [
        (lambda U, k: (U + np.sqrt(U**2 + 4 * k**2)) / (2 * k), "For U = 9, k = 0.25"),
        (lambda U, k: (U - np.sqrt(U**2 + 4 * k**2)) / (2 * k), "grows away from the bead"),
        (
            lambda U, k: (-U + np.sign(U) * np.sqrt(U**2 + 4 * k**2)) / (2 * k),
            "opposite to that of U",
        ),
        (lambda U, k: (U - np.sign(U) * np.sqrt(U**2 + k**2)) / (2 * k), "U² + 4k²"),
        (lambda U, k: (U - np.sign(U) * np.sqrt(U**2 + 4 * k**2)) / k, "2 of 2k is missing"),
        (lambda U, k: 2 + 2 * k + np.sign(U) * np.sqrt(U**2 + 4 * k**2), "This is λ"),
    ],
    "hessians-5": [
        (eigen_direction(lambda low, high, q, p: q), "its curvature is its eigenvalue"),
        (eigen_direction(lambda low, high, q, p: (q + p) / np.sqrt(2)), "half-way"),
        (eigen_direction(lambda low, high, q, p: flat(-high, -low, q, p)), "changed places"),
        (eigen_direction(lambda low, high, q, p: 2 * flat(low, high, q, p)), "Its length is 2"),
        (
            eigen_direction(lambda low, high, q, p: (1 + 1e-7) * flat(low, high, q, p)),
            "Its length is 1.0000001, and must be 1.",
        ),
        (
            eigen_direction(lambda low, high, q, p: high * q - low * p),
            "Its length is",
        ),
        (
            eigen_direction(
                lambda low, high, q, p: (high * q - low * p) / np.hypot(high, low),
            ),
            "take the root",
        ),
        (lambda H: np.eye(len(H))[0], "Along it dᵀHd = 6, not 0."),
        (eigen_direction(lambda low, high, q, p: flat(low, high, q, p)[:, None]), "Its shape is"),
    ],
    "hessians-6": [
        (pivots(lambda q: q > 0), "above σ"),
        (pivots(square=1), "b is squared"),
        (pivots(sign=1), "expected was"),
        (off_by_one, "expected was"),
        (lambda a, b, sigma: int(np.sum(a < sigma)), "how many a_i"),
        (lambda a, b, sigma: pivots()(a, b, 0.0), "how many are negative"),
        (lambda a, b, sigma: pivots()(a, b, sigma) - int(a[0] < sigma), "q₁ counts too"),
        (first_alone, "from every a_i, not from the first alone"),
        (lambda a, b, sigma: pivots()(a[:-1], b, sigma), "raised ValueError"),
        (by_index(lambda b, i: abs(b[i - 1])), "expected was"),
        (by_index(lambda b, i: b[i - 2] ** 2), "expected was"),
        (by_index(lambda b, i: b[min(i, len(b) - 1)] ** 2), "expected was"),
    ],
    "hessians-7": [
        (lambda x: x @ x, "looks like a minimum"),
        (lambda x: x[0] ** 2 - x[1] ** 2, "No minimum along this line"),
        (lambda x: x[0] ** 3 - 3 * x[0] * x[1] ** 2, "No minimum along this line"),
        (lambda x: -(x @ x), "No minimum along this line"),
        (lambda x: (x[1] - x[0] ** 2) ** 2, "looks like a minimum"),
        (lambda x: x**2, "It should be one number"),
        (lambda x: x[1] - x[0] ** 2, "No minimum along this line"),
        (turned(lambda x: x[1] ** 2 - x[0] ** 4), "No minimum along this line"),
        (turned(lambda x: 5 + x[1] ** 2 - x[0] ** 4), "No minimum along this line"),
        (lambda x: x @ x - 10 * (x @ x) ** 2, "looks like a minimum"),
        (lambda x: 0.0, "looks like a minimum"),
        # Squares, in which rounding leaves less than 0.
        (lambda x: x[0] ** 2 - 2 * x[0] * x[1] + x[1] ** 2, "looks like a minimum"),
        (lambda x: x[1] ** 2 - 4 * x[0] ** 2 * x[1] + 4 * x[0] ** 4, "looks like a minimum"),
        (lambda x: parabolas(x) + x[0] ** 4, "looks like a minimum"),
    ],
    "hessians-8": [
        (lambda w, v, A: A.T @ (spread(sigmoid(A @ w)) * (A @ v)), "divide by m"),
        (lambda w, v, A: A.T @ (A @ v) / len(A), "D is missing"),
        (lambda w, v, A: A.T @ (sigmoid(A @ w) * (A @ v)) / len(A), "not p."),
        (lambda w, v, A: A.T @ (spread(sigmoid(A @ v)) * (A @ v)) / len(A), "taken at v"),
        (lambda w, v, A: A.T @ (spread(sigmoid(A @ w)) ** 2 * (A @ v)) / len(A), "not its square"),
        (lambda w, v, A: A.T @ (spread(sigmoid(A @ w)) ** 0.5 * (A @ v)) / len(A), "not its root"),
        (lambda w, v, A: spread(sigmoid(A @ w)) * (A @ v) / len(A), "Aᵀ is still to come"),
        (lambda w, v, A: v @ A.T @ (spread(sigmoid(A @ w)) * (A @ v)) / len(A), "one number"),
        (lambda w, v, A: A.T @ (spread(sigmoid(A @ w)) * (A @ v)) / len(w), "not by m"),
        (lambda w, v, A: A.T @ (spread(sigmoid(A @ w))[:, None] * A) / len(A), "Its shape is"),
    ],
    "hessians-9": [
        (lambda m, bound: -np.log(np.expm1(bound)) / m.max(), "the largest margin"),
        (lambda m, bound: -np.log(np.expm1(bound)) / m.mean(), "the mean margin"),
        (lambda m, bound: np.log(1 / bound) / m.min(), "a smaller one is, too"),
        (lambda m, bound: -np.log(np.expm1(bound)), "By which factor does it?"),
        (lambda m, bound: np.log(np.expm1(bound)) / m.min(), "right but for the sign"),
        (lambda m, bound: 8.0, "expected was"),
        (lambda m, bound: -np.log(np.expm1(bound)) / m, "Its shape is"),
    ],
    "hessians-10": [
        (lambda H, w: np.linalg.eigvalsh(H)[-1], "At (ca, v/c) with c = 2"),
        (lambda H, w: np.trace(H), "At (ca, v/c) with c = 2"),
        (lambda H, w: w**2 @ np.diag(H) / (w @ w), "At (ca, v/c) with c = 2"),
        (lambda H, w: np.linalg.det(H), "For 2H it is 0."),
        (lambda H, w: 1.0, "For 2H it is 1."),
        (lambda H, w: -(w @ H @ w), "It must be positive"),
        (lambda H, w: (w @ H @ w) ** 2, "double with H"),
        (lambda H, w: w**2 * np.diag(H), "It should be one number"),
    ],
    "hessians-11": [
        (lambda J, z, v: J.T @ (J @ v), "H_out is missing"),
        (softmax(np.diag), "ppᵀ is missing"),
        (softmax(lambda p: np.diag(p * (1 - p))), "the diagonal of H_out alone"),
        (softmax(lambda p: np.diag(p) + np.outer(p, p)), "not added"),
        (softmax(lambda p: np.eye(len(p)) - np.outer(p, p)), "stands p, not 1"),
        (lambda J, z, v: softmax(covariance)(np.eye(len(z)), z, J @ v), "Jᵀ is still to come"),
        (lambda J, z, v: v @ softmax(covariance)(J, z, v), "one number"),
        (lambda J, z, v: -softmax(covariance)(J, z, v), "right but for the sign"),
        (lambda J, z, v: J.T @ (z * (J @ v)), "expected was"),
    ],
    "hessians-12": [
        (ritz(lambda theta, S, b: np.abs(S[-1])), "b_k is missing"),
        (ritz(lambda theta, S, b: b[-1] * np.abs(S[0])), "the first entries"),
        (ritz(lambda theta, S, b: b[-1] * np.abs(S[:, -1])), "one eigenvector"),
        (ritz(lambda theta, S, b: b[-2:][0] * np.abs(S[-1])), "made with b_{k−1}"),
        (ritz(lambda theta, S, b: (b[-1] * S[-1]) ** 2), "the squares"),
        (ritz(lambda theta, S, b: theta), "the Ritz values themselves"),
        (ritz(lambda theta, S, b: b[-1] * np.abs(S[-1])[::-1]), "expected was"),
        (ritz(lambda theta, S, b: b[-1] * np.abs(S[-1, [0, -1]])), "Its shape is"),
    ],
    "hessians-14": [
        (parts(swapped=False), "has the slope x₂"),
        (parts(lambda p: 1), "H_out is missing"),
        (parts(lambda p: p), "not p."),
        (parts(slope=lambda p: 1 - p), "falls as z grows"),
        (parts(slope=lambda p: p), "a benign one's"),
        (parts(slope=spread), "not the second derivative"),
        (lambda x: parts()(x).sum(axis=0), "Return the two"),
        (lambda x: parts()(x)[::-1], "G comes first"),
        (parts(slope=lambda p: 0), "expected was"),
        (lambda x: parts()(x)[0], "Its shape is"),
    ],
    "hessians-15": [
        (lambda a, A, b, B: np.full(2, 2 * (B - A) / (b - a) ** 2), "a parabola's"),
        (bends(lambda A, d, B: 3 * (A - B) / d**2), "here it was /3"),
        (bends(lambda A, d, B: 6 * (A - B) / abs(d)), "the distance itself"),
        (lambda a, A, b, B: np.full(2, 6 * abs(A - B) / (b - a) ** 2), "one sign"),
        (lambda a, A, b, B: np.full(2, 6 * (A - B) / (b - a) ** 3), "the factor c"),
        (bends(lambda A, d, B: 6 * (B - A) / d**2), "right but for the sign"),
        (bends(lambda A, d, B: 12 * (A - B) / d**2), "expected was"),
        (lambda a, A, b, B: 6 * (A - B) / (b - a) ** 2, "Its shape is"),
    ],
}


class TestWrongAnswers(WrongAnswers):
    chapter, table = "hessians", WRONG


def test_the_counts_are_those_of_the_eigenvalues():
    exercise = EXERCISES["hessians-6"]
    for a, b, sigma in (tried.values() for tried in exercise.tries):
        lam = np.linalg.eigvalsh(np.diag(a) + np.diag(b, 1) + np.diag(b, -1))
        assert exercise.right(a, b, sigma) == (lam < sigma).sum()
        assert np.abs(lam - sigma).min() > 1e-3


def test_the_decay_makes_an_eigenvector():
    exercise = EXERCISES["hessians-4"]
    for U, k in (tried.values() for tried in exercise.tries):
        gamma = exercise.right(U, k)
        y = gamma ** np.abs(np.arange(-300, 301))
        diagonal = np.full(601, 2 + 2 * k)
        diagonal[300] += U
        Hy = diagonal * y - k * (np.append(y[1:], 0) + np.append(0, y[:-1]))
        lam = 2 + 2 * k + np.sign(U) * np.sqrt(U**2 + 4 * k**2)
        np.testing.assert_allclose(Hy, lam * y, atol=1e-12 * abs(lam))


def test_the_two_parts_are_those_of_a_hessian():
    exercise = EXERCISES["hessians-14"]
    for (x,) in (tried.values() for tried in exercise.inputs):
        G, S = exercise.right(x)
        H = hessian(lambda x: np.log(1 + np.exp(-x[0] * x[1])), x)
        np.testing.assert_allclose(G + S, H, atol=1e-5 * (1 + np.abs(H).max()))
        np.testing.assert_allclose(np.linalg.det(G), 0, atol=1e-12)
        np.testing.assert_array_equal(np.diag(S), 0)


def test_the_bends_are_those_of_the_cubic_with_these_heights():
    exercise = EXERCISES["hessians-15"]
    for a, A, b, B in (tried.values() for tried in exercise.inputs):
        p = CubicHermiteSpline(*np.array(sorted([(a, A, 0), (b, B, 0)])).T)
        np.testing.assert_allclose(exercise.right(a, A, b, B), p([a, b], 2), rtol=1e-6, atol=1e-9)


FLAT = [
    eigen_direction(flat),
    eigen_direction(lambda low, high, q, p: flat(low, high, -q, p)),
    eigen_direction(lambda low, high, q, p: -flat(low, high, q, p)),
]


@pytest.mark.parametrize("answer", FLAT)
def test_more_than_one_direction_is_flat(answer):
    assert check("hessians-5", answer)


def test_the_factor_makes_the_largest_term_the_bound():
    exercise = EXERCISES["hessians-9"]
    for margins, bound in (tried.values() for tried in exercise.inputs):
        terms = np.logaddexp(0, -exercise.right(margins, bound) * margins)
        assert terms.max() == pytest.approx(bound, rel=1e-8)
        assert (margins > 0).all()
        assert 0 < bound < np.log(2)


FLATNESSES = [
    lambda H, w: w**2 @ np.diag(H),
    lambda H, w: w @ H @ w,
    lambda H, w: np.abs(w) @ np.abs(H) @ np.abs(w),
    lambda H, w: np.sqrt(H[0, 0] * H[1, 1]),
    lambda H, w: np.linalg.eigvalsh(H * np.outer(w, w))[-1],
]


@pytest.mark.parametrize("flatness", FLATNESSES)
def test_more_than_one_flatness_does_not_see_how_a_unit_is_written(flatness):
    assert check("hessians-10", flatness)


def test_the_hessians_of_the_unit_are_those_of_minima():
    exercise = EXERCISES["hessians-10"]
    for H, w in (tried.values() for tried in exercise.inputs):
        assert w[0] * w[1] == pytest.approx(1)
        q = H[0, 1]  # the mean of x²
        np.testing.assert_allclose(H, q * np.array([[w[1] ** 2, 1], [1, w[0] ** 2]]))
        np.testing.assert_allclose(H @ (w * [1, -1]), 0, atol=1e-12 * q)  # along av = 1


PRETENDERS = [
    parabolas,
    lambda x: 5 + parabolas(x, 1, 2),
    lambda x: (x[0] - x[1] ** 2) * (x[0] - 4 * x[1] ** 2),
    lambda x: (x[1] - x[0] ** 2) * (x[1] - 2 * x[0] ** 2),
    lambda x: 100 * parabolas(x, -1, -3),
    lambda x: (x[1] - x[0] ** 3) * (x[1] - 2 * x[0] ** 3),
    lambda x: parabolas(x, 1, 1.01),
    lambda x: (x[1] - x[0] ** 4) * (x[1] - 3 * x[0] ** 2),
    lambda x: (x[1] - x[0] ** 2) * (x[1] - 3 * x[0] ** 4),
    lambda x: parabolas(x, 1000, 3000),
    lambda x: 1e-8 * parabolas(x),
    lambda x: parabolas(x) + 100 * x[0] ** 6,
    lambda x: x[1] ** 2 - 4 * x[0] ** 2 * x[1] + 3 * x[0] ** 4,
    turned(parabolas),
    turned(lambda x: (x[1] - x[0] ** 3) * (x[1] - 2 * x[0] ** 3)),
    lambda x: parabolas(x) + 0.99 * x[0] ** 4,
    lambda x: -1.0 if x[0] ** 2 < x[1] < 3 * x[0] ** 2 else 0.0,
    lambda x: -1.0 if x[0] ** 2 < x[1] < 3 * x[0] ** 2 else x @ x,
    lambda x: -1.0 if x[1] ** 2 < x[0] < 1.5 * x[1] ** 2 else x @ x,
]


@pytest.mark.parametrize("sign", [1, -1])
def test_sign_changes_and_plus_b_squared_are_no_mistake_that_they_are_not(sign):
    said = check("hessians-6", by_index(lambda b, i: -(b[i - 1] ** 2) if sign > 0 else b[i])).said
    assert "squared" not in said
    assert "left out" not in said


@pytest.mark.parametrize("f", PRETENDERS)
def test_more_than_one_function_pretends_to_have_a_minimum(f):
    assert check("hessians-7", f)

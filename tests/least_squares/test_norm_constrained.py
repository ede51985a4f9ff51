"""Certificates first: every method on every kind of matrix, then independent solutions."""

import warnings

import numpy as np
import pytest
from cost import calls
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.linalg import norm
from scipy.optimize import minimize
from scipy.sparse import csr_array, random_array
from scipy.sparse.linalg import LinearOperator, aslinearoperator

from companion.digits import common_digits, digits_left
from companion.least_squares import NormConstrained, norm_constrained, pseudoinverse_solve
from companion.results import Status

METHODS = ("newton", "dual-ascent", "golub-kahan")


def matrix(m, n, *, rank=None, cond=10.0, seed=0):
    """A random matrix of the given rank, with singular values from 1 to 1/cond."""
    rng = np.random.default_rng(seed)
    U, s, Vt = np.linalg.svd(rng.standard_normal((m, n)), full_matrices=False)
    s = np.geomspace(1, 1 / cond, rank or len(s))
    return U[:, : len(s)] * s @ Vt[: len(s)]


MATRICES = {
    "tall": matrix(12, 5),
    "wide": matrix(5, 12),
    "square": matrix(7, 7),
    "tall, rank 3": matrix(12, 6, rank=3),
    "wide, rank 3": matrix(6, 12, rank=3),
    "cond 1e6": matrix(20, 6, cond=1e6),
    "one row": matrix(1, 6),
    "one column": matrix(6, 1),
    "one number": np.array([[3.0]]),
    "repeated singular values": np.eye(6, 4),
    "integers": np.array([[2, 0], [0, 1], [1, 1]]),
}


def right_hand_side(A, seed=1):
    return np.random.default_rng(seed).standard_normal(len(A))


def stationarity(A, b, solution):
    x = solution.x
    return norm(A.T @ A @ x - A.T @ b + 2 * solution.lam * x) / norm(A.T @ b)


def certify(A, b, radius, solution, tol):
    """The optimality conditions, computed here."""
    assert solution.converged, solution
    assert stationarity(A, b, solution) <= tol
    assert norm(solution.x) <= radius * (1 + tol)
    assert solution.lam >= 0
    assert solution.lam * (radius - norm(solution.x)) <= tol * solution.lam * radius
    assert solution.active == (solution.lam > 0)
    assert solution.fun == pytest.approx(0.5 * norm(A @ solution.x - b) ** 2, rel=1e-12, abs=1e-28)
    assert solution.path.shape == (solution.n_iter + 1, 2)
    np.testing.assert_allclose(solution.path[-1], [solution.lam, norm(solution.x)], rtol=1e-9)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", MATRICES)
@pytest.mark.parametrize("fraction", [1e-6, 0.1, 0.5, 0.999, 1.0, 1.001, 1e60])
def test_every_method_proves_its_answer_on_every_matrix(method, name, fraction):
    A = MATRICES[name]
    b = right_hand_side(A)
    shortest = pseudoinverse_solve(A, b)
    radius = fraction * norm(shortest)
    solution = norm_constrained(A, b, radius, method=method)
    certify(A, b, radius, solution, 1e-9)
    if fraction > 1:
        assert not solution.active
        assert solution.lam == 0
    if fraction >= 1:
        np.testing.assert_allclose(solution.x, shortest, rtol=0, atol=1e-8 * norm(shortest))
    if fraction < 1:
        assert solution.active


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("A", "b"),
    [
        (np.ones((3, 2)), np.zeros(3)),
        (np.zeros((3, 2)), np.ones(3)),
        (np.zeros((1, 1)), np.zeros(1)),
        (np.array([[1.0], [1.0]]), np.array([1.0, -1.0])),  # b is orthogonal to the range of A
        (matrix(6, 2), np.linalg.qr(matrix(6, 2), mode="complete")[0][:, 5]),  # but for rounding
    ],
)
def test_where_the_gradient_at_zero_vanishes_the_answer_is_zero(method, A, b):
    solution = norm_constrained(A, b, method=method)
    assert solution.converged
    assert not solution.active
    assert norm(solution.x) <= 1e-13


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    m=st.integers(1, 15),
    n=st.integers(1, 15),
    rank=st.integers(1, 15),
    exponent=st.floats(0, 6),
    fraction=st.floats(1e-3, 2.0),
    scale=st.floats(-30, 30),
    seed=st.integers(0, 2**32 - 1),
)
def test_random_problems_are_solved_by_all_methods_alike(
    m, n, rank, exponent, fraction, scale, seed
):
    A = matrix(m, n, rank=min(rank, m, n), cond=10**exponent, seed=seed) * 10**scale
    b = right_hand_side(A, seed)
    radius = fraction * norm(pseudoinverse_solve(A, b))
    reference = norm_constrained(A, b, radius)
    # Relative to ‖Aᵀb‖, a long x leaves more rounding.
    size = norm(A, 2) * (norm(A, 2) * norm(reference.x) + norm(b)) / norm(A.T @ b)
    certify(A, b, radius, reference, 1e-14 * size)
    for method in METHODS[1:]:
        other = norm_constrained(A, b, radius, method=method)
        certify(A, b, radius, other, 1e-9 + 1e-14 * size)
        gap = abs(other.fun - reference.fun)
        assert gap <= 1e-8 * norm(A.T @ b) * norm(reference.x) + 1e-12 * norm(b) ** 2


def test_newton_agrees_with_a_general_optimizer():
    A = MATRICES["tall"]
    b = right_hand_side(A)
    radius = 0.5 * norm(pseudoinverse_solve(A, b))
    other = minimize(
        lambda x: 0.5 * norm(A @ x - b) ** 2,
        np.zeros(5),
        jac=lambda x: A.T @ (A @ x - b),
        constraints={
            "type": "ineq",
            "fun": lambda x: radius**2 - x @ x,
            "jac": lambda x: -2 * x,
        },
        method="SLSQP",
        tol=1e-12,
    )
    solution = norm_constrained(A, b, radius)
    np.testing.assert_allclose(solution.x, other.x, atol=1e-6)
    assert solution.fun <= other.fun + 1e-10


@pytest.mark.parametrize("method", METHODS)
def test_the_multiplier_is_the_price_of_the_radius(method):
    # The optimal value F(r²) has dF/d(r²) = −λ.
    A = MATRICES["square"]
    b = right_hand_side(A)
    r2, h = 0.3 * norm(pseudoinverse_solve(A, b)) ** 2, 1e-6
    above, below = (
        norm_constrained(A, b, np.sqrt(r2 + d), method=method, tol=1e-12).fun for d in (h, -h)
    )
    lam = norm_constrained(A, b, np.sqrt(r2), method=method).lam
    assert (above - below) / (2 * h) == pytest.approx(-lam, rel=1e-5)


def test_the_answer_is_ridge_regression_with_penalty_two_lambda():
    A = MATRICES["tall"]
    b = right_hand_side(A)
    solution = norm_constrained(A, b, 0.4)
    penalty = 2 * solution.lam
    ridge = np.linalg.solve(A.T @ A + penalty * np.eye(5), A.T @ b)
    np.testing.assert_allclose(solution.x, ridge, rtol=1e-12)


def test_a_unit_radius_is_the_default():
    A, b = np.eye(2), np.array([3.0, 4.0])
    solution = norm_constrained(A, b)
    np.testing.assert_allclose(solution.x, [0.6, 0.8], rtol=1e-15)
    assert solution.lam == pytest.approx(2.0, rel=1e-15)  # 1 + 2λ = 5


def test_newton_takes_a_handful_of_steps_and_dual_ascent_many():
    for fraction in (0.01, 0.5, 0.99):
        A = matrix(40, 15, cond=1e3)
        b = right_hand_side(A)
        radius = fraction * norm(pseudoinverse_solve(A, b))
        newton, ascent = (norm_constrained(A, b, radius, method=m) for m in METHODS[:2])
        assert newton.n_iter <= 8
        assert ascent.n_iter >= 2 * newton.n_iter
        assert newton.lam == pytest.approx(ascent.lam, rel=1e-12)


def test_newton_approaches_from_the_left_and_never_passes():
    A = matrix(40, 15, cond=1e4)
    b = right_hand_side(A)
    radius = 0.02 * norm(pseudoinverse_solve(A, b))
    lam, norms = norm_constrained(A, b, radius).path.T
    assert len(lam) > 3
    assert (np.diff(lam) > 0).all()
    assert (norms >= radius * (1 - 1e-14)).all()


@pytest.mark.parametrize("A", [np.array([[1.0, 2.0, 2.0]]), 3 * np.eye(3)[:, :1]])
def test_with_one_singular_value_newton_starts_at_the_root(A):
    # ‖x(λ)‖ = 3|c|/(9 + 2λ)
    b = np.full(len(A), 6.0)
    solution = norm_constrained(A, b, 0.5)
    assert solution.lam == pytest.approx(13.5, rel=1e-14)
    assert solution.n_iter == 0


def test_dual_ascent_that_is_stopped_beyond_the_top_is_no_success():
    A, b = np.diag([1.0, 0.1]), np.ones(2)
    beyond = 0
    for max_iter in range(1, 25):
        solution = norm_constrained(A, b, 0.7, method="dual-ascent", max_iter=max_iter)
        assert solution.converged == (abs(norm(solution.x) - 0.7) <= 1e-13)
        beyond += norm(solution.x) < 0.7 - 1e-6
    assert beyond > 0


def test_dual_ascent_starts_at_zero_and_climbs_the_dual_function():
    A = matrix(40, 15, cond=1e2)
    b = right_hand_side(A)
    radius = 0.3 * norm(pseudoinverse_solve(A, b))
    path = norm_constrained(A, b, radius, method="dual-ascent").path
    assert path[0, 0] == 0
    assert path[0, 1] == pytest.approx(norm(pseudoinverse_solve(A, b)), rel=1e-12)
    # The first step is 1/|d²L/dλ²|: Newton's on the derivative, which is convex, so it falls short.
    assert path[1, 0] > 0
    assert path[1, 1] > radius
    slope = path[0, 1] ** 2 - radius**2
    h = 1e-7
    nearby = np.linalg.solve(A.T @ A + 2 * h * np.eye(15), A.T @ b)
    curvature = (path[0, 1] ** 2 - norm(nearby) ** 2) / h
    assert path[1, 0] == pytest.approx(slope / curvature, rel=1e-2)


def test_stationarity_on_a_large_problem_is_a_few_rounding_errors():
    rng = np.random.default_rng(0)
    A, b = rng.standard_normal((600, 150)), rng.standard_normal(600)
    for fraction in (0.1, 0.999):
        radius = fraction * norm(pseudoinverse_solve(A, b))
        solution = norm_constrained(A, b, radius)
        assert stationarity(A, b, solution) <= 1e-14
        assert norm(solution.x) == pytest.approx(radius, rel=1e-14)


def test_no_digits_are_lost_to_the_square_of_A_near_the_unconstrained_norm():
    A = matrix(30, 8, cond=1e8, seed=3)
    truth = np.random.default_rng(4).standard_normal(8)
    b = A @ truth
    # So close to ‖truth‖ the constraint moves x by about a part in 10⁹.
    radius = norm(truth) * (1 - 1e-9)
    solution = norm_constrained(A, b, radius)
    assert solution.converged
    assert common_digits(solution.x, truth, 1e8) == digits_left(1e8)


def test_what_the_square_of_A_cannot_tell_apart_is_told_apart():
    delta, truth = 2.0**-27, np.array([2.0, 1.0])
    A = np.array([[1, 1], [delta, 0], [0, delta]])
    b = A @ truth
    # Rounded, AᵀA is four ones and Aᵀb twice the same: of truth no trace is left but its sum.
    assert (A.T @ A == 1).all()
    assert (A.T @ b == 3).all()
    solution = norm_constrained(A, b, norm(truth) * (1 - 1e-9))
    assert solution.converged
    assert common_digits(solution.x, truth, 1 / delta) == digits_left(1 / delta)


def test_a_rank_deficient_matrix_at_its_boundary_shows_no_noise():
    A = matrix(20, 10, rank=4)
    b = right_hand_side(A)
    shortest = pseudoinverse_solve(A, b)
    for nudge in (-1e-15, 0, 1e-15):
        solution = norm_constrained(A, b, norm(shortest) * (1 + nudge))
        assert solution.converged
        np.testing.assert_allclose(solution.x, shortest, atol=1e-13)


@pytest.mark.parametrize("method", METHODS)
def test_too_few_iterations_are_admitted(method):
    A = matrix(30, 20, cond=1e4)
    b = right_hand_side(A)
    radius = 0.05 * norm(pseudoinverse_solve(A, b))
    solution = norm_constrained(A, b, radius, method=method, max_iter=2)
    assert solution.status is Status.MAX_ITER
    assert solution.n_iter == 2
    assert len(solution.path) == 3


@pytest.mark.parametrize("method", METHODS)
def test_an_impossible_tolerance_is_not_claimed(method):
    A = matrix(30, 20, cond=1e4)
    b = right_hand_side(A)
    radius = 0.5 * norm(pseudoinverse_solve(A, b))
    solution = norm_constrained(A, b, radius, method=method, tol=1e-25, max_iter=50)
    assert solution.status in (Status.STALLED, Status.MAX_ITER)
    assert stationarity(A, b, solution) <= 1e-9


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("tol", [1e-3, 1e-6, 1e-11])
def test_a_tolerance_is_kept_and_saves_work(method, tol):
    A = matrix(60, 40, cond=30)
    b = right_hand_side(A)
    radius = 0.3 * norm(pseudoinverse_solve(A, b))
    solution = norm_constrained(A, b, radius, method=method, tol=tol)
    certify(A, b, radius, solution, tol)
    assert solution.n_iter <= norm_constrained(A, b, radius, method=method, tol=1e-12).n_iter


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", MATRICES)
@pytest.mark.parametrize("fraction", [0.1, 0.999, 1e3])
def test_powers_of_two_as_units_change_no_bit(method, name, fraction):
    A = MATRICES[name].astype(float)
    b = right_hand_side(A)
    radius = fraction * norm(pseudoinverse_solve(A, b))
    for options in ({}, {"tol": 1e-6}, {"max_iter": 2}):
        plain = norm_constrained(A, b, radius, method=method, **options)
        for p, q in [(-200, 100), (-3, -300), (7, 0), (250, 400)]:
            solution = norm_constrained(
                np.ldexp(A, p), np.ldexp(b, q), np.ldexp(radius, q - p), method=method, **options
            )
            assert solution.status is plain.status
            np.testing.assert_array_equal(solution.x, np.ldexp(plain.x, q - p))
            np.testing.assert_array_equal(solution.path, np.ldexp(plain.path, [2 * p, q - p]))
            assert solution.lam == np.ldexp(plain.lam, 2 * p)
            assert solution.fun == np.ldexp(plain.fun, 2 * q)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(alpha=st.floats(-120, 120), beta=st.floats(-120, 120), seed=st.integers(0, 2**32 - 1))
def test_other_factors_change_neither_status_nor_answer(alpha, beta, seed):
    A = matrix(9, 5, cond=100, seed=seed)
    b = right_hand_side(A, seed)
    a, beta = 10.0**alpha, 10.0**beta
    for method in METHODS:
        for radius in (0.3, 1e4):
            plain = norm_constrained(A, b, radius, method=method)
            solution = norm_constrained(A * a, b * beta, radius * beta / a, method=method)
            assert solution.status is plain.status is Status.CONVERGED
            np.testing.assert_allclose(solution.x * a / beta, plain.x, rtol=0, atol=1e-8)
            assert solution.lam / a**2 == pytest.approx(plain.lam, rel=1e-7)


def optimal_line(u, b):
    """The least ½‖Ax − b‖² for the columns 1 and u, however far u is shifted."""
    C = np.column_stack([np.ones(len(u)), u])
    return norm(C @ np.linalg.lstsq(C, b)[0] - b) ** 2 / 2


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("offset", 10.0 ** np.arange(8))
@pytest.mark.parametrize("seed", range(3))
def test_a_column_with_an_offset_is_no_excuse_for_a_poor_fit(method, offset, seed):
    rng = np.random.default_rng(seed)
    u = rng.random(50)
    b = 1 + 2 * u + 0.01 * rng.standard_normal(50)
    least = optimal_line((offset + u) - offset, b)
    for tol in (None, 1e-4, 1e-9):
        solution = norm_constrained(
            np.column_stack([np.ones(50), offset + u]), b, 10 * offset, method=method, tol=tol
        )
        # κ is 3 offset², and where that is beyond 1e-9 / EPS, golub-kahan says that digits lack.
        if solution.converged:
            assert solution.fun <= least * (1 + 1e-4)
        else:
            assert solution.status is Status.STALLED
            assert tol is not None or method == "golub-kahan"
        if tol is None and (method != "golub-kahan" or offset <= 1e2):
            assert solution.converged


@pytest.mark.parametrize("small", [1e-3, 1e-5, 1e-7])
@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_golub_kahan_waits_for_directions_that_no_product_has_shown(small, noise):
    rng = np.random.default_rng(0)
    U, _, Vt = np.linalg.svd(rng.standard_normal((150, 100)), full_matrices=False)
    A = U * np.r_[np.linspace(1, 2, 50), small * np.linspace(1, 2, 50)] @ Vt
    b = A @ rng.standard_normal(100) + noise * rng.standard_normal(150)
    x = pseudoinverse_solve(A, b)
    for fraction in (0.5, 10):
        solution = norm_constrained(A, b, fraction * norm(x), method="golub-kahan")
        reference = norm_constrained(A, b, fraction * norm(x))
        assert solution.converged or small < 1e-5
        assert norm(solution.x - reference.x) <= 1e-7 * norm(x)


@pytest.mark.parametrize("part", [1e-3, 1e-8, 1e-13])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("tol", [None, 1e-6])
def test_b_may_be_nearly_orthogonal_to_the_columns(part, method, tol):
    Q, _ = np.linalg.qr(matrix(9, 9))
    A, b = Q[:, :3] * [1, 2, 3], Q[:, 5] + part * Q[:, :3].sum(axis=1)
    x = part / np.array([1, 2, 3])
    for fraction in (0.5, 2):
        solution = norm_constrained(A, b, fraction * norm(x), method=method, tol=tol)
        assert solution.converged
        assert solution.active == (fraction < 1)
        if fraction > 1:
            assert norm(solution.x - x) <= 1e-5 * norm(x) + 1e-15


def sparse_problem():
    rng = np.random.default_rng(0)
    A = random_array((3000, 400), density=0.01, rng=rng, format="csr")
    return A, rng.standard_normal(3000)


def test_golub_kahan_takes_sparse_matrices_and_operators():
    A, b = sparse_problem()
    dense = A.toarray()
    radius = 0.3 * norm(pseudoinverse_solve(dense, b))
    reference = norm_constrained(dense, b, radius)
    for operator in (A, A.tocsc(), aslinearoperator(A), csr_array(A * 7).astype(int) * (1 / 7) + A):
        solution = norm_constrained(operator, b, radius, method="golub-kahan")
        assert solution.converged
        assert solution.n_iter < 60
    solution = norm_constrained(A, b, radius, method="golub-kahan")
    assert stationarity(dense, b, solution) <= 1e-9
    np.testing.assert_allclose(solution.x, reference.x, atol=1e-8 * radius)
    assert solution.lam == pytest.approx(reference.lam, rel=1e-7)


def test_golub_kahan_counts_its_products():
    A, b = sparse_problem()
    count = [0, 0]

    def times(x):
        count[0] += 1
        return A @ x

    def times_transposed(x):
        count[1] += 1
        return A.T @ x

    operator = LinearOperator(A.shape, matvec=times, rmatvec=times_transposed, dtype=float)
    solution = norm_constrained(operator, b, 0.1, method="golub-kahan")
    # One pair at the door, Aᵀb to begin with, one pair a step and one more to judge the last; and
    # the certificate.
    assert count == [solution.n_iter + 3, solution.n_iter + 5]


def test_golub_kahan_starts_each_search_where_the_last_one_ended():
    A, b = sparse_problem()

    def cost(radius, max_iter):
        return calls(
            lambda: norm_constrained(A, b, radius, method="golub-kahan", max_iter=max_iter)
        )

    # Of the costs of as many steps, that without a bound on x needs no search.
    n_iter = norm_constrained(A, b, 3.0, method="golub-kahan").n_iter
    assert n_iter > 8
    assert cost(3.0, n_iter) <= 1.4 * cost(1e3, n_iter)


def test_golub_kahan_norms_grow_with_the_space_and_so_do_the_multipliers():
    A, b = sparse_problem()
    path = norm_constrained(A, b, 1e3, method="golub-kahan").path
    assert (path[:, 0] == 0).all()
    assert (np.diff(path[:, 1]) >= -1e-14 * path[-1, 1]).all()
    path = norm_constrained(A, b, 3.0, method="golub-kahan").path
    assert path[-1, 0] > 0
    assert (np.diff(path[:, 0]) >= -1e-14 * path[-1, 0]).all()


def test_the_report_is_short_and_says_what_counts():
    solution = norm_constrained(np.eye(2), np.array([3.0, 4.0]))
    assert isinstance(solution, NormConstrained)
    text = repr(solution)
    assert text.startswith("NormConstrained: CONVERGED after 1 iteration.")
    assert "lam = 2" in text
    assert "active = True" in text


@pytest.mark.parametrize("method", METHODS)
def test_inputs_stay_as_they_were_and_nothing_warns(method, capsys):
    A, b = matrix(6, 4), np.ones(6)
    before = A.copy(), b.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        norm_constrained(A, b, 1e-3, method=method)
    np.testing.assert_array_equal(A, before[0])
    np.testing.assert_array_equal(b, before[1])
    assert capsys.readouterr().out == ""


EYE, ONES = np.eye(3), np.ones(3)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((EYE[0], ONES), {}, r"A must have 2 axes; its shape is \(3,\)"),
        ((EYE * np.nan, ONES), {}, "A must be finite"),
        ((np.zeros((0, 3)), []), {}, "A must not be empty"),
        ((EYE * 1j, ONES), {}, "A must hold real numbers"),
        ((EYE, [1, 2]), {}, "b must have length 3; its length is 2"),
        ((EYE, [1, 2, np.inf]), {}, "b must be finite"),
        ((EYE, ONES * 1e-160), {}, "b must be rescaled: ½‖b‖² is out of the range of doubles"),
        ((EYE * 1e-160, ONES, 1e155), {}, "A must be rescaled: λ is out of the range of doubles"),
        ((EYE * 1e-200, ONES * 1e120, 1e300), {}, "A must be rescaled: λ is out of the range"),
        ((EYE, ONES, 0), {}, "radius must be positive; it is 0"),
        ((EYE, ONES, np.nan), {}, "radius must be finite"),
        ((EYE, ONES, 1e-60), {}, "radius must be rescaled"),
        ((EYE, ONES), {"tol": 0}, "tol must be positive"),
        ((EYE, ONES), {"max_iter": 0}, "max_iter must be an integer of at least 1"),
        ((EYE, ONES), {"method": "svd"}, "method must be one of 'newton', 'dual-ascent', 'golub"),
        ((csr_array(EYE), ONES), {}, "A must be a dense array .* use method='golub-kahan'"),
        ((aslinearoperator(EYE), ONES), {"method": "dual-ascent"}, "A must be a dense array"),
        ((csr_array(EYE), [1]), {"method": "golub-kahan"}, "b must have length 3"),
        ((csr_array(EYE * np.nan), ONES), {"method": "golub-kahan"}, r"A\.T @ x must return fin"),
        (
            (csr_array(EYE * 1j), ONES),
            {"method": "golub-kahan"},
            "A must hold real numbers; its dt",
        ),
    ],
)
def test_bad_input_is_named(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        norm_constrained(*arguments, **options)


def test_a_list_and_a_radius_of_numpy_are_as_good():
    solution = norm_constrained([[1, 0], [0, 1]], [3, 4], np.float64(1))
    assert type(solution.lam) is float
    assert type(solution.fun) is float
    assert type(solution.active) is bool

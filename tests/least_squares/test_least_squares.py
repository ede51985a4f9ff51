"""Every way to the least squares solution: identities, exact arithmetic, digits that get lost."""

import re
import warnings
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.linalg import cond, norm
from scipy.sparse import csc_array, csr_array, csr_matrix, random_array
from scipy.sparse.linalg import LinearOperator, aslinearoperator

from companion.datasets import load
from companion.digits import common_digits, digits_left
from companion.least_squares import (
    _regularized_solve,
    accurate_solve,
    conjugate_gradient,
    gradient_descent,
    norm_constrained,
    normal_equations,
    pseudoinverse_solve,
    qr_solve,
    regularized_solve,
)
from companion.results import Status

FULL_RANK = (normal_equations, qr_solve, accurate_solve, pseudoinverse_solve)


def system(m, n, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((m, n)), rng.standard_normal(m)


def exact_solution(A, b, lam=0):
    """(AᵀA + 2λI)⁻¹Aᵀb in rational arithmetic, by Gaussian elimination."""
    A = [[Fraction(a) for a in row] for row in np.asarray(A, float).tolist()]
    b = [Fraction(value) for value in np.asarray(b, float).tolist()]
    n = len(A[0])
    H = [[sum(row[i] * row[j] for row in A) for j in range(n)] for i in range(n)]
    rows = []
    for i in range(n):
        H[i][i] += 2 * Fraction(lam)
        rows.append([*H[i], sum(row[i] * value for row, value in zip(A, b, strict=True))])
    for i in range(n):
        for k in range(n):
            if k != i:
                factor = rows[k][i] / rows[i][i]
                rows[k] = [p - factor * q for p, q in zip(rows[k], rows[i], strict=True)]
    return [rows[i][n] / rows[i][i] for i in range(n)]


def digits(x, true):
    """Correct significant digits in the worst entry; 17 if all are right."""
    errors = [
        abs((Fraction(float(a)) - Fraction(t)) / Fraction(t)) for a, t in zip(x, true, strict=True)
    ]
    return -np.log10(max(1e-17, float(max(errors))))


def condition_number(A, b, x, lam=0):
    """Of x as a function of A and b: κ(1 + κ‖r‖/(σ‖x‖)), where σ is A's largest singular value.

    L. N. Trefethen and D. Bau, Numerical Linear Algebra (SIAM, 1997), theorem 18.1; with λ, of A
    above √(2λ) I.
    """
    s = np.hypot(np.linalg.svd(A, compute_uv=False), np.sqrt(2 * lam))
    kappa = s[0] / s[-1]
    return kappa * (1 + kappa * norm(A @ x - b) / (s[0] * norm(x)))


def keeps_its_digits(x, true, cond):
    return common_digits(x, np.array(true, float), cond) == digits_left(cond)


# Identities


@pytest.mark.parametrize("solve", FULL_RANK)
@pytest.mark.parametrize("shape", [(9, 4), (5, 5), (6, 1), (1, 1)])
def test_the_gradient_vanishes_at_the_solution(solve, shape):
    A, b = system(*shape)
    x = solve(A, b)
    assert x.shape == (shape[1],)
    assert norm(A.T @ (A @ x - b)) <= 1e-13 * norm(A) * norm(b)
    np.testing.assert_allclose(x, np.linalg.lstsq(A, b)[0], rtol=1e-9)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    m=st.integers(1, 12),
    n=st.integers(1, 12),
    rank=st.integers(1, 12),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_pseudoinverse_gives_the_shortest_minimizer(m, n, rank, seed):
    rng = np.random.default_rng(seed)
    rank = min(m, n, rank)
    A = rng.standard_normal((m, rank)) @ rng.standard_normal((rank, n))
    b = rng.standard_normal(m)
    x = pseudoinverse_solve(A, b)
    scale = norm(A, 2) * (norm(A, 2) * norm(x) + norm(b))
    assert norm(A.T @ (A @ x - b)) <= 1e-13 * scale
    # Shortest: no part of x lies in the null space of A.
    null = np.linalg.svd(A)[2][rank:]
    assert norm(null @ x) <= 1e-11 * norm(x)
    np.testing.assert_allclose(x, np.linalg.lstsq(A, b, rcond=1e-13)[0], atol=1e-8 * norm(x))


def test_rcond_decides_what_counts_as_zero():
    A, b = np.diag([1.0, 1e-3]), np.ones(2)
    np.testing.assert_allclose(pseudoinverse_solve(A, b), [1, 1000], rtol=1e-15)
    np.testing.assert_allclose(pseudoinverse_solve(A, b, rcond=1e-2), [1, 0], rtol=1e-15)
    np.testing.assert_allclose(pseudoinverse_solve(A, b, rcond=0), [1, 1000], rtol=1e-15)


@pytest.mark.parametrize("shape", [(9, 4), (4, 9), (5, 5), (1, 6), (6, 1)])
@pytest.mark.parametrize("lam", [1e-4, 0.5, 30.0])
def test_regularized_solve_satisfies_its_equation(shape, lam):
    A, b = system(*shape)
    x = regularized_solve(A, b, lam)
    np.testing.assert_allclose(
        (A.T @ A + 2 * lam * np.eye(shape[1])) @ x, A.T @ b, atol=1e-13 * norm(A.T @ b)
    )
    # The same from least squares with √(2λ) I beneath A.
    stacked = np.vstack([A, np.sqrt(2 * lam) * np.eye(shape[1])])
    np.testing.assert_allclose(x, qr_solve(stacked, [*b, *np.zeros(shape[1])]), rtol=1e-10)


def test_regularized_solve_tends_to_the_shortest_minimizer():
    rng = np.random.default_rng(0)
    A = rng.standard_normal((7, 3)) @ rng.standard_normal((3, 5))
    b = rng.standard_normal(7)
    shortest = pseudoinverse_solve(A, b)
    assert (regularized_solve(A, b, 0) == shortest).all()
    gaps = [norm(regularized_solve(A, b, lam) - shortest) for lam in (1e-3, 1e-4, 1e-5)]
    np.testing.assert_allclose(np.log10(np.array(gaps[:-1]) / gaps[1:]), 1, atol=0.02)
    assert norm(regularized_solve(A, b, 1e-300) - shortest) <= 1e-12


@pytest.mark.parametrize("lam", [0, 5e-324, 1e-300, 1e-40, 1e-20, 1e-14, 1e-10])
@pytest.mark.parametrize("wrap", [np.asarray, csr_array])
def test_singular_values_that_are_rounding_stay_out_however_small_lambda_is(lam, wrap):
    B = np.array([[2.04, -2.56, 0.42, -0.57], [-0.45, -0.22, -2.02, -0.23]])
    x = regularized_solve(wrap(np.r_[B, B]), [1, 2, 3, 5], lam)
    # By symmetry b may be averaged over equal rows, and BBᵀ is well conditioned.
    shortest = B.T @ np.linalg.solve(B @ B.T, [2, 3.5])
    np.testing.assert_allclose(x, shortest, rtol=1e-9)
    rng = np.random.default_rng(0)
    A = rng.standard_normal((9, 4)) @ rng.standard_normal((4, 7))
    b = rng.standard_normal(9)
    np.testing.assert_allclose(regularized_solve(wrap(A), b, lam), np.linalg.pinv(A) @ b, rtol=1e-7)


def test_regularized_solve_keeps_the_digits_of_a_small_singular_value():
    rng = np.random.default_rng(5)
    A = rng.standard_normal((8, 3))
    A[:, 2] = A[:, 1] + 1e-7 * A[:, 2]
    b = rng.standard_normal(8)
    lam = 1e-15
    x = regularized_solve(A, b, lam)
    assert keeps_its_digits(x, exact_solution(A, b, lam), condition_number(A, b, x, lam))


def test_regularized_solve_keeps_what_the_square_of_A_loses():
    delta = 2.0**-27
    A, b, lam = (
        np.array([[1, 1], [delta, 0], [0, delta]]),
        delta * np.array([0, 1, -1]),
        delta**2 / 2,
    )
    assert (A.T @ A + 2 * lam * np.eye(2) == 1).all()  # δ² and 2λ are less than half a last digit
    assert keeps_its_digits(regularized_solve(A, b, lam), [0.5, -0.5], 1 / delta)


# Units


@settings(deadline=None, derandomize=True, max_examples=25)
@given(
    p=st.lists(st.integers(-300, 300), min_size=4, max_size=4),
    q=st.integers(-500, 500),
    seed=st.integers(0, 2**32 - 1),
)
def test_powers_of_two_as_units_of_each_column_change_no_bit(p, q, seed):
    A, b = system(9, 4, seed)
    for solve in (normal_equations, qr_solve, accurate_solve):
        x = solve(np.ldexp(A, p), np.ldexp(b, q))
        np.testing.assert_array_equal(np.ldexp(x, np.array(p) - q), solve(A, b))


@pytest.mark.parametrize(("p", "q"), [(-300, -400), (-31, 10), (5, -3), (333, 400)])
@pytest.mark.parametrize("shape", [(9, 4), (4, 9), (6, 6)])
@pytest.mark.parametrize("wrap", [np.asarray, csr_array])
def test_powers_of_two_as_units_change_no_bit(p, q, shape, wrap):
    A, b = system(*shape)
    a = 2.0**p
    scaled = wrap(A * a), np.ldexp(b, q)
    for lam in (0, 0.3):
        x = regularized_solve(*scaled, lam * a**2)
        np.testing.assert_array_equal(np.ldexp(x, p - q), regularized_solve(wrap(A), b, lam))
    if wrap is np.asarray:
        x = pseudoinverse_solve(*scaled)
        np.testing.assert_array_equal(np.ldexp(x, p - q), pseudoinverse_solve(A, b))
    x0 = np.arange(1.0, shape[1] + 1)
    for epsilon, start in [(None, None), (None, x0), (0.02, x0), (0.5, x0)]:
        plain = gradient_descent(wrap(A), b, epsilon, x0=start, max_iter=300)
        result = gradient_descent(
            *scaled,
            epsilon and epsilon / a**2,
            x0=None if start is None else np.ldexp(start, q - p),
            max_iter=300,
        )
        assert result.status is plain.status
        np.testing.assert_array_equal(np.ldexp(result.path, p - q), plain.path)
        assert result.fun == np.ldexp(plain.fun, 2 * q)


@pytest.mark.parametrize(("p", "q"), [(-500, 500), (450, -450), (5, -3), (333, 400)])
@pytest.mark.parametrize("size", [0.0, 3.0])
def test_where_b_is_perpendicular_to_the_columns_the_unit_is_that_of_the_start(p, q, size):
    A, _ = system(9, 4)
    A[-1] = 0.0
    b, x0 = size * np.eye(9)[-1], np.arange(1.0, 5.0)
    plain = gradient_descent(A, b, x0=x0, max_iter=300)
    result = gradient_descent(np.ldexp(A, p), np.ldexp(b, q), x0=np.ldexp(x0, q - p), max_iter=300)
    assert result.status is plain.status
    np.testing.assert_array_equal(np.ldexp(result.path, p - q), plain.path)


@settings(deadline=None, derandomize=True, max_examples=25)
@given(
    alpha=st.floats(-120, 120),
    beta=st.floats(-120, 120),
    far=st.sampled_from([0, 1, 1e3, 1e6]),
    seed=st.integers(0, 2**32 - 1),
)
def test_gradient_descent_in_any_units_from_near_and_far(alpha, beta, far, seed):
    rng = np.random.default_rng(seed)
    Q, _ = np.linalg.qr(rng.standard_normal((9, 4)))
    A, b = Q * [1, 2, 3, 5] @ np.linalg.qr(rng.standard_normal((4, 4)))[0], rng.standard_normal(9)
    x = np.linalg.lstsq(A, b)[0]
    a, beta = 10.0**alpha, 10.0**beta
    result = gradient_descent(A * a, b * beta, x0=(x + far * norm(x) * Q[0]) * beta / a)
    assert result.converged
    assert norm(result.x * a / beta - x) <= 2e-10 * norm(x)


@pytest.mark.parametrize("part", [1, 1e-4, 1e-8, 1e-12])
@pytest.mark.parametrize("start", [0, 1, 1e6])
def test_gradient_descent_where_b_is_nearly_orthogonal_to_the_columns(part, start):
    # Aᵀb is right to rounding of its terms only, and x no better.
    A, _ = np.linalg.qr(system(9, 4)[0], mode="complete")
    A, b = A[:, :4] * [1, 2, 3, 4], A[:, 5] + part * A[:, :4].sum(axis=1)
    result = gradient_descent(A, b, x0=np.full(4, start))
    assert result.converged
    x = part / np.arange(1, 5)
    assert norm(result.x - x) <= 2e-10 * norm(x) + 1e-14


def test_gradient_descent_claims_no_more_than_it_knows():
    b = np.ones(4)
    for kappa in 10.0 ** np.arange(1, 9):
        A = np.diag(np.geomspace(1, 1 / kappa, 4))
        result = gradient_descent(A, b, max_iter=5000)
        assert result.converged == (kappa < 30)
        if result.converged:
            assert norm(result.x - 1 / A.diagonal()) <= 2e-10 * norm(result.x)


@pytest.mark.parametrize("offset", [1, 10, 100, 1e3, 1e4])
def test_gradient_descent_does_not_take_a_flat_valley_for_its_floor(offset):
    rng = np.random.default_rng(0)
    u = rng.random(50)
    b = 3 + 2 * u + 0.01 * rng.standard_normal(50)
    least = gradient_descent(np.column_stack([np.ones(50), u]), b).fun
    result = gradient_descent(np.column_stack([np.ones(50), offset + u]), b, max_iter=4000)
    assert result.converged == (offset == 1)
    assert result.fun <= 1.001 * least or not result.converged


def test_gradient_descent_waits_for_what_the_gradient_hardly_shows():
    # Half of the singular values are tiny, and b = Ax hides their part of x almost entirely.
    rng = np.random.default_rng(0)
    U, _, Vt = np.linalg.svd(rng.standard_normal((30, 20)), full_matrices=False)
    A = U * np.r_[np.linspace(1, 2, 10), np.linspace(1e-6, 2e-6, 10)] @ Vt
    assert not gradient_descent(A, A @ rng.standard_normal(20), max_iter=2000).converged


def test_gradient_descent_that_starts_at_the_solution_takes_no_step():
    A, b = system(9, 4)
    for x in (accurate_solve(A, b), 1e-30 * accurate_solve(A, b)):
        assert gradient_descent(A, A @ x, x0=x).n_iter <= 1
        assert gradient_descent(A, A @ x, x0=x).converged


SCALES = (-322, -310, -300, -160, 0, 160, 300)


@pytest.mark.parametrize("alpha", SCALES)
@pytest.mark.parametrize("beta", SCALES)
def test_near_the_end_of_the_range_an_answer_is_right_or_refused(alpha, beta):
    B, c = np.array([[3.0, 1.0], [1.0, 4.0], [2.0, 2.0]]), np.array([1.0, 2.0, 4.0])
    A, b = B * 10.0**alpha, c * 10.0**beta
    # In exact arithmetic, from the numbers as stored, which may be denormal.
    true = np.array(exact_solution(A, b))
    for name, solve in SOLVERS.items():
        try:
            x = solve(A, b)
        except ValueError as error:
            said = str(error)
        else:
            said = ""
        if said:
            assert re.match(r"(A|b|A or b|A, b or x0|radius|A or lam) must be rescaled", said)
            assert abs(alpha) + abs(beta) > 150, name
            continue
        if name not in ("regularized_solve", "norm_constrained"):
            x = getattr(x, "x", x)
            assert max(abs(Fraction(v) / t - 1) for v, t in zip(x, true, strict=True)) < 1e-8
        else:
            x = getattr(x, "x", x)
            assert np.isfinite(x).all()
            assert x.any()


def test_columns_of_very_different_size():
    A, b = system(9, 3)
    x = accurate_solve(A, b)
    D = np.array([1e-290, 1.0, 1e290])
    for solve in (normal_equations, qr_solve, accurate_solve):
        np.testing.assert_allclose(solve(A * D, b) * D, x, rtol=1e-12)
    with pytest.raises(ValueError, match="A or b must be rescaled: x is out of the range"):
        qr_solve(A * D, b * 1e200)


@pytest.mark.parametrize("rows", [1000, 200_000])
def test_time_stamps_have_a_slope(rows):
    # Nanoseconds since 1970, read every 128 of them, and a clock that gains 5 at every reading.
    t = 1e18 + 128 * np.arange(rows)
    A, b = np.column_stack([np.ones(rows), t]), 3.0 + 5 * np.arange(rows)
    s = np.linalg.svd(A / norm(A, axis=0), compute_uv=False)
    assert s[0] / s[1] > 1e10
    x = accurate_solve(A, b)
    assert x[1] == 5 / 128
    assert x[0] == 3 - 5 / 128 * 1e18
    assert qr_solve(A, b)[1] == pytest.approx(5 / 128, rel=1e-2)


@pytest.mark.parametrize("rows", [10, 1000, 200_000])
def test_dependent_columns_are_told_however_many_rows_there_are(rows):
    t = 1e9 + np.arange(rows)
    for A in (
        np.column_stack([np.ones(rows), np.full(rows, 3.0)]),
        np.column_stack([t, 1.7 * t]),
        np.column_stack([np.ones(rows), t, 2.3 * t + 0.7]),
    ):
        with pytest.raises(ValueError, match="A must have full column rank"):
            qr_solve(A, t)


# Sparse matrices and operators


def sparse_system(m=300, n=60):
    rng = np.random.default_rng(0)
    A = random_array((m, n), density=0.1, rng=rng, format="csr")
    return A, rng.standard_normal(m)


@pytest.mark.parametrize(
    "wrap",
    [csr_array, csc_array, csr_matrix, aslinearoperator, lambda A: A.tolil(), lambda A: A.tocoo()],
)
def test_what_is_known_by_products_is_solved_by_products(wrap):
    A, b = sparse_system()
    for lam in (0, 1e-12, 1e-3, 1, 1e6):
        x = regularized_solve(A.toarray(), b, lam)
        np.testing.assert_allclose(
            regularized_solve(wrap(A), b, lam), x, rtol=0, atol=1e-11 * norm(x)
        )
    result, dense = (gradient_descent(M, b, tol=1e-6) for M in (wrap(A), A.toarray()))
    assert result.converged
    assert abs(result.n_iter - dense.n_iter) <= 0.02 * dense.n_iter
    np.testing.assert_allclose(result.x, dense.x, rtol=1e-4)
    assert gradient_descent(wrap(A), b, 1e3).status is Status.DIVERGED
    assert gradient_descent(wrap(A), b, 1e300).status is Status.DIVERGED


@pytest.mark.parametrize("shape", [(60, 40), (40, 60), (50, 50)])
@pytest.mark.parametrize("cond", [1.0, 1e3, 1e6])
@pytest.mark.parametrize("rank", [40, 15])
def test_regularized_solve_by_products_agrees_with_singular_values(shape, cond, rank):
    rng = np.random.default_rng(0)
    U, _, Vt = np.linalg.svd(rng.standard_normal(shape), full_matrices=False)
    A = U[:, :rank] * np.geomspace(1, 1 / cond, rank) @ Vt[:rank]
    for b in (rng.standard_normal(shape[0]), A @ rng.standard_normal(shape[1])):
        for lam in (0, 1e-9, 1e-3):
            x = regularized_solve(A, b, lam)
            other = regularized_solve(csr_array(A), b, lam)
            assert norm(other - x) <= 1e-12 * cond * norm(x) * 100


def test_what_no_product_has_shown_yet_is_waited_for():
    # Half of the singular values are tiny, and b = Ax hides their part of x almost entirely.
    rng = np.random.default_rng(0)
    U, _, Vt = np.linalg.svd(rng.standard_normal((150, 100)), full_matrices=False)
    A = U * np.r_[np.linspace(1, 2, 50), np.linspace(1e-6, 2e-6, 50)] @ Vt
    x = rng.standard_normal(100)
    assert norm(regularized_solve(csr_array(A), A @ x, 0) - x) <= 1e-7 * norm(x)


def test_a_krylov_space_that_does_not_suffice_is_admitted(monkeypatch):
    A, b = sparse_system()
    monkeypatch.setattr(_regularized_solve, "most_vectors", lambda A: 5)
    with pytest.raises(ValueError, match="A must be better conditioned, or lam larger: after 5 pr"):
        regularized_solve(A, b, 0)
    assert regularized_solve(A, b, 1e6).shape == (60,)


def test_the_default_step_by_products_is_that_of_the_singular_values():
    for seed in range(20):
        rng = np.random.default_rng(seed)
        A = rng.standard_normal((40, 25)) * np.geomspace(1, 1e-3, 25)
        by_products = gradient_descent(csr_array(A), A.sum(axis=1), max_iter=1).x
        dense = gradient_descent(A, A.sum(axis=1), max_iter=1).x
        np.testing.assert_allclose(by_products, dense, rtol=1e-2)
    result = gradient_descent(csr_array((4, 3)), np.ones(4))
    assert result.converged
    assert not result.x.any()


@pytest.mark.parametrize("solve", [normal_equations, qr_solve, accurate_solve, pseudoinverse_solve])
@pytest.mark.parametrize("wrap", [csr_array, csr_matrix, aslinearoperator])
def test_what_needs_entries_says_what_does_not(solve, wrap):
    with pytest.raises(
        ValueError, match=r"A must be a dense array here; .* gradient_descent or regularized_solve"
    ):
        solve(wrap(csr_array(np.eye(3))), np.ones(3))


def test_an_operator_without_a_transpose_is_named():
    A = LinearOperator((3, 2), matvec=lambda x: np.ones(3), dtype=float)
    for solve in (gradient_descent, lambda A, b: regularized_solve(A, b, 1)):
        with pytest.raises(ValueError, match=r"A\.T @ x must be implemented"):
            solve(A, np.ones(3))


@pytest.mark.parametrize("solve", [*FULL_RANK, lambda A, b: regularized_solve(A, b, 0.5)])
def test_integers_and_lists_are_welcome_and_inputs_stay_as_they_were(solve):
    A, b = np.array([[1, 0], [1, 1], [1, 2]]), np.array([1, 3, 5])
    x = solve(A, b)
    np.testing.assert_allclose(x, solve(A.astype(float).tolist(), b.tolist()))
    np.testing.assert_array_equal(A, [[1, 0], [1, 1], [1, 2]])
    np.testing.assert_array_equal(b, [1, 3, 5])


# Digits


@pytest.mark.parametrize(
    ("name", "bar"),
    [
        ("norris", 13),
        ("longley", 14),
        ("wampler1", 14.5),
        ("wampler2", 13),
        ("wampler3", 14.5),
        ("wampler4", 14.5),
        ("wampler5", 14.5),
    ],
)
def test_certified_digits_of_nist(name, bar):
    data = load(name)
    assert digits(accurate_solve(data.A, data.y), data.certified.x) >= bar


@pytest.mark.parametrize("name", ["norris", "longley", "wampler2", "wampler5"])
def test_accurate_solve_is_right_to_the_last_digit_for_the_data_as_stored(name):
    data = load(name)
    assert digits(accurate_solve(data.A, data.y), exact_solution(data.A, data.y)) >= 15.9


@pytest.mark.parametrize("name", ["norris", "longley", "wampler2", "wampler5"])
def test_what_each_method_keeps_follows_from_the_condition_number(name):
    data = load(name)
    size = norm(data.A, axis=0)  # units do no harm
    true = size * np.array(exact_solution(data.A, data.y), float)
    kappa = cond(data.A / size)
    by_qr = condition_number(data.A / size, data.y, true)
    for solve, promise in (
        (normal_equations, kappa * by_qr),
        (qr_solve, by_qr),
        (accurate_solve, 1),
    ):
        assert keeps_its_digits(size * solve(data.A, data.y), true, promise)


def test_normal_equations_have_lost_what_does_not_fit_into_the_square():
    t = 10**8 + np.arange(3)
    A = np.column_stack([np.ones(3), t])
    # Σt² ends with a 5, and doubles of its size are multiples of 4. In whatever order the three
    # squares are added, and rounded before or after, 4 comes out; the determinant should be 6.
    stored = int((A.T @ A)[1, 1])
    assert stored == sum(k**2 for k in t.tolist()) - 1
    assert 3 * stored - sum(t.tolist()) ** 2 == 3
    assert keeps_its_digits(qr_solve(A, 2 * t)[1], 2, cond(A / norm(A, axis=0)))
    assert keeps_its_digits(accurate_solve(A, 2 * t)[1], 2, 1)


@pytest.mark.parametrize("noise", [0, 1e-8, 1.0, 1e6])
def test_accurate_solve_wins_back_what_qr_loses_to_conditioning(noise):
    t = np.linspace(-9, -3, 30)
    A = t[:, None] ** np.arange(8)  # condition number 10⁷, once its columns are scaled
    b = np.sin(t) + noise * np.random.default_rng(0).standard_normal(30)
    true = exact_solution(A, b)
    assert digits(accurate_solve(A, b), true) >= 15.9
    size = norm(A, axis=0)
    true = size * np.array(true, float)
    assert keeps_its_digits(size * qr_solve(A, b), true, condition_number(A / size, b, true))


def test_accurate_solve_with_a_condition_number_of_1e13():
    i = np.arange(10.0)
    H = 1 / (i[:, None] + i + 1)
    b = np.random.default_rng(0).standard_normal(10)
    true = exact_solution(H, b)
    assert digits(accurate_solve(H, b), true) >= 15.9
    assert keeps_its_digits(qr_solve(H, b), true, cond(H))


def test_accurate_solve_finds_small_entries_beside_large_ones():
    # With x rounded to doubles after each correction, half of these lose more than 0.3 digits.
    reached = []
    for seed in range(30):
        A = np.random.default_rng(seed).standard_normal((6, 3))
        A[:, 2] = A[:, 0] + A[:, 1] + 1e-12 * A[:, 2]
        b = A @ [1, 1e-6, 1]
        reached.append(digits(accurate_solve(A, b), exact_solution(A, b)))
    assert np.median(reached) >= 15.9
    assert min(reached) >= digits_left()


@settings(deadline=None, derandomize=True, max_examples=25)
@given(
    m=st.integers(1, 8),
    n=st.integers(1, 4),
    scale=st.integers(-300, 300),
    seed=st.integers(0, 2**32 - 1),
)
def test_accurate_solve_at_any_scale(m, n, scale, seed):
    n = min(m, n)
    rng = np.random.default_rng(seed)
    A, b = rng.standard_normal((m, n)) * 10.0**scale, rng.standard_normal(m) * 10.0**scale
    assert digits(accurate_solve(A, b), exact_solution(A, b)) >= 15.5


def test_accurate_solve_where_the_solution_is_zero():
    A = np.array([[1.0, 2.0], [1.0, 3.0], [1.0, 4.0]])
    b = np.array([1.0, -2.0, 1.0])  # orthogonal to both columns
    assert norm(accurate_solve(A, b)) <= 1e-30
    assert (accurate_solve(A, np.zeros(3)) == 0).all()


def test_norm_constrained_and_regularized_solve_share_a_lambda():
    A, b = system(8, 4)
    solution = norm_constrained(A, b, 0.2)
    true = exact_solution(A, b, solution.lam)
    assert digits(solution.x, true) >= 13
    assert digits(regularized_solve(A, b, solution.lam), true) >= 13


# Gradient descent


def test_gradient_descent_takes_the_steps_of_the_algorithm():
    A, b = system(8, 3)
    x0, epsilon = np.array([1.0, -2.0, 3.0]), 0.02
    path = gradient_descent(A, b, epsilon, x0=x0, max_iter=5).path
    assert path.shape == (6, 3)
    np.testing.assert_array_equal(path[0], x0)
    for x, beta in pairwise(path):
        np.testing.assert_allclose(beta, x - epsilon * (A.T @ A @ x - A.T @ b), rtol=1e-12)


@pytest.mark.parametrize("shape", [(9, 4), (4, 9), (5, 5), (1, 6), (6, 1)])
def test_gradient_descent_converges_to_the_shortest_minimizer_and_proves_it(shape):
    A, b = system(*shape)
    result = gradient_descent(A, b, tol=1e-11)
    assert result.converged
    assert norm(A.T @ A @ result.x - A.T @ b) <= 1e-11 * norm(A.T @ b)
    assert result.fun == pytest.approx(0.5 * norm(A @ result.x - b) ** 2, rel=1e-12)
    assert result.path.shape == (result.n_iter + 1, shape[1])
    np.testing.assert_array_equal(result.path[-1], result.x)
    # It stops at the first iterate that is good enough.
    errors = norm(result.path - np.linalg.pinv(A) @ b, axis=1) / norm(result.x)
    assert errors[-1] <= 1.5e-11
    assert result.n_iter == 0 or errors[-2] >= 0.5e-11


def test_the_step_may_be_anything_below_two_over_the_largest_curvature():
    A, b = system(9, 4)
    L = norm(A, 2) ** 2
    for fraction, status in [(0.1, "CONVERGED"), (1.98, "CONVERGED"), (2.02, "DIVERGED")]:
        assert gradient_descent(A, b, fraction / L).status.name == status
    default, given = gradient_descent(A, b), gradient_descent(A, b, 1 / L)
    np.testing.assert_allclose(default.x, given.x, rtol=1e-12)


def test_iterations_grow_like_the_condition_number_squared():
    b = np.ones(2)
    n_iter = [gradient_descent(np.diag([1, 1 / cond]), b).n_iter for cond in (3, 30)]
    assert n_iter[1] / n_iter[0] == pytest.approx(100, rel=0.2)


def test_divergence_stops_early_with_a_finite_path():
    A, b = system(9, 4)
    for epsilon in (3 / norm(A, 2) ** 2, 1e10, 1e300):
        result = gradient_descent(A, b, epsilon)
        assert result.status is Status.DIVERGED
        assert result.n_iter < 100
        assert np.isfinite(result.path).all()
        np.testing.assert_array_equal(result.path[-1], result.x)
    # Told by growth alone where the steps run out before the iterates run away.
    result = gradient_descent(A, b, 2.2 / norm(A, 2) ** 2, max_iter=20)
    assert result.status is Status.DIVERGED
    assert result.n_iter == 20


def test_running_out_of_steps_is_no_success():
    A, b = system(9, 4)
    result = gradient_descent(A, b, max_iter=3)
    assert result.status is Status.MAX_ITER
    assert result.n_iter == 3
    assert gradient_descent(A, b, max_iter=3, tol=0.9).converged


def test_a_step_that_changes_nothing_stalls():
    A, b = system(9, 4)
    assert gradient_descent(A, b, 1e-300, x0=np.ones(4)).status is Status.STALLED


@pytest.mark.parametrize(
    ("A", "b"), [(np.ones((3, 2)), np.zeros(3)), (np.zeros((3, 2)), np.ones(3))]
)
def test_nothing_to_do_is_done_at_once(A, b):
    result = gradient_descent(A, b)
    assert result.converged
    assert result.n_iter == 0
    assert (result.x == 0).all()


def test_gradient_descent_keeps_what_it_was_given(capsys):
    A, b = system(9, 4)
    x0 = np.ones(4, dtype=int)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gradient_descent(A, b, 1e200, x0=x0)
    assert x0.dtype == int
    assert (x0 == 1).all()
    assert capsys.readouterr().out == ""


# Errors

SOLVERS = {
    "gradient_descent": gradient_descent,
    "conjugate_gradient": conjugate_gradient,
    "normal_equations": normal_equations,
    "qr_solve": qr_solve,
    "pseudoinverse_solve": pseudoinverse_solve,
    "accurate_solve": accurate_solve,
    "regularized_solve": lambda A, b: regularized_solve(A, b, 1.0),
    "norm_constrained": norm_constrained,
}


@pytest.mark.parametrize("name", SOLVERS)
@pytest.mark.parametrize(
    ("A", "b", "message"),
    [
        ([[1.0, np.nan]], [1.0], "A must be finite"),
        ([[1.0], [2.0]], [1.0, np.nan], "b must be finite"),
        ([[1.0], [2.0]], [1.0, np.inf], "b must be finite"),
        ([[1.0], [2.0]], [1.0, 2.0, 3.0], "b must have length 2; its length is 3"),
        ([[1.0], [2.0]], [[1.0], [2.0]], r"b must have 1 axes; its shape is \(2, 1\)"),
        ([1.0, 2.0], [1.0, 2.0], "A must have 2 axes"),
        (np.zeros((0, 2)), [], "A must not be empty"),
        ([[1j]], [1.0], "A must hold real numbers"),
        ([["one"]], [1.0], "A must hold real numbers"),
    ],
)
def test_bad_systems_are_named(name, A, b, message):
    with pytest.raises(ValueError, match=message):
        SOLVERS[name](A, b)


@pytest.mark.parametrize("solve", [normal_equations, qr_solve, accurate_solve])
def test_rank_deficiency_is_named_with_advice(solve):
    rng = np.random.default_rng(0)
    A = rng.standard_normal((8, 3))
    deficient = [
        np.column_stack([A, A @ [1.0, 2.0, 3.0]]),
        np.column_stack([A, np.zeros(8)]),
        np.column_stack([A, A[:, 0] * (1 + 1e-17)]) * [1, 1e9, 1e-9, 1],
        np.zeros((8, 2)),
    ]
    for matrix in deficient:
        with pytest.raises(
            ValueError, match=r"A must have full column rank; .*pseudoinverse_solve"
        ):
            solve(matrix, np.ones(8))
    with pytest.raises(ValueError, match=r"A must have at least as many rows .*\(3, 8\): use pseu"):
        solve(A.T, np.ones(3))


def test_normal_equations_admit_a_singular_square():
    A = np.array([[1.0, 1.0], [1e-9, 0.0], [0.0, 1e-9]])  # AᵀA rounds to ones
    with pytest.raises(ValueError, match="AᵀA is singular; use qr_solve"):
        normal_equations(A, np.ones(3))
    np.testing.assert_allclose(qr_solve(A, [2.0, 1e-9, 1e-9]), [1, 1], rtol=1e-6)


@pytest.mark.parametrize("n", range(2, 17))
def test_all_digits_of_a_hilbert_matrix_or_a_refusal(n):
    # Condition numbers from 19 to 10²⁰.
    i = np.arange(float(n))
    H = 1 / (i[:, None] + i + 1)
    b = np.random.default_rng(0).standard_normal(n)
    refusal = ""
    try:
        x = accurate_solve(H, b)
    except ValueError as error:
        refusal = str(error)
    if refusal:
        assert refusal.startswith("A must have full column rank")
        assert n > 10
    else:
        assert keeps_its_digits(x, exact_solution(H, b), 1)
        assert n < 15


@pytest.mark.parametrize("seed", [354, 824, 1272])
def test_refinement_survives_a_correction_that_is_small_by_chance(seed):
    # Columns dependent but for some 10⁻¹⁵: corrections shrink slowly, and not one by one.
    rng = np.random.default_rng(seed)
    n = rng.integers(1, 5)
    m = n + rng.integers(0, 3)
    A = rng.standard_normal((m, n))
    A[:, -1] = A[:, :-1] @ rng.standard_normal(n - 1)
    A[:, -1] += 10 ** rng.uniform(-16.5, -13) * rng.standard_normal(m)
    b = rng.standard_normal(m)
    assert digits(accurate_solve(A, b), exact_solution(A, b)) >= 15.5


def test_other_bad_arguments_are_named():
    A, b = system(4, 2)
    for options, message in [
        ({"epsilon": 0}, "epsilon must be positive; it is 0"),
        ({"epsilon": -1.0}, "epsilon must be positive; it is -1"),
        ({"epsilon": np.nan}, "epsilon must be finite"),
        ({"tol": 0.0}, "tol must be positive"),
        ({"max_iter": 0}, "max_iter must be an integer of at least 1"),
        ({"x0": np.ones(3)}, "x0 must have length 2; its length is 3"),
        ({"x0": np.ones(2) * np.nan}, "x0 must be finite"),
        (
            {"x0": np.ones(2) * 1e120},
            r"x0 must be nearer to the solution; it is \[1e\+120, 1e\+120\]",
        ),
    ]:
        with pytest.raises(ValueError, match=message):
            gradient_descent(A, b, **options)
    with pytest.raises(ValueError, match=r"lam must not be negative; it is -1"):
        regularized_solve(A, b, -1)
    with pytest.raises(ValueError, match="lam must be finite"):
        regularized_solve(A, b, np.inf)
    with pytest.raises(ValueError, match="rcond must not be negative"):
        pseudoinverse_solve(A, b, rcond=-1e-3)

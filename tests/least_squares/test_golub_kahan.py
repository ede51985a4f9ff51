"""The bidiagonalization's defining identities, and its small problem against a dense solution."""

import numpy as np
import pytest
from numpy.linalg import norm
from scipy.sparse import csr_array, csr_matrix
from scipy.sparse.linalg import aslinearoperator

from companion.least_squares._golub_kahan import Bidiagonalization, solve_in_krylov

SHAPES = [(12, 7), (7, 12), (8, 8)]


def system(m, n):
    rng = np.random.default_rng(m)
    return rng.standard_normal((m, n)), rng.standard_normal(m)


def grown(A, b, k):
    basis = Bidiagonalization(A, b)
    for _ in range(k):
        basis.grow()
    return basis


def lower_bidiagonal(basis):
    k = basis.k
    B = np.zeros((k + 1, k))
    B[range(k), range(k)] = basis.alphas[:k]
    B[range(1, k + 1), range(k)] = basis.betas[1:]
    return B


@pytest.mark.parametrize("shape", SHAPES)
def test_the_basis_is_orthonormal_and_carries_A_to_B(shape):
    A, b = system(*shape)
    basis = grown(A, b, 5)
    V, B = basis.V, lower_bidiagonal(basis)
    assert V.shape == (shape[1], 5)
    np.testing.assert_allclose(V.T @ V, np.eye(5), atol=1e-14)
    np.testing.assert_allclose(V.T @ A.T @ A @ V, B.T @ B, atol=1e-12)
    # Aᵀb = α₁ β₁ v₁
    np.testing.assert_allclose(A.T @ b, basis.norm_Atb * V[:, 0], atol=1e-13)


@pytest.mark.parametrize("lam", [0.0, 0.3, 50.0])
@pytest.mark.parametrize("k", [1, 2, 6])
def test_solve_minimizes_the_small_problem(lam, k):
    basis = grown(*system(12, 7), k)
    B = lower_bidiagonal(basis)
    y, q = basis.solve(lam)
    H = B.T @ B + 2 * lam * np.eye(k)
    np.testing.assert_allclose(H @ y, basis.betas[0] * B[0], atol=1e-12)
    assert norm(q) ** 2 == pytest.approx(y @ np.linalg.solve(H, y), rel=1e-12)


@pytest.mark.parametrize("lam", [0.0, 0.3, 50.0])
@pytest.mark.parametrize("k", [1, 3, 6])
def test_residual_is_the_stationarity_of_the_whole_problem(lam, k):
    A, b = system(12, 7)
    basis = grown(A, b, k)
    y, _ = basis.solve(lam)
    x = basis.V @ y
    whole = norm(A.T @ (A @ x - b) + 2 * lam * x)
    assert basis.residual(y) == pytest.approx(whole, abs=1e-12)
    assert whole > 1e-6 or k == 6


def test_the_norm_estimate_is_a_lower_bound_of_the_right_size():
    A, b = system(12, 7)
    assert Bidiagonalization(A, b).norm_A() == 0
    assert 0.5 * norm(A, 2) < grown(A, b, 7).norm_A() <= norm(A, 2) * (1 + 1e-14)


def test_more_than_eight_vectors_are_kept():
    basis = grown(*system(40, 30), 20)
    np.testing.assert_allclose(basis.V.T @ basis.V, np.eye(20), atol=1e-14)


def test_it_stays_orthonormal_where_rounding_would_undo_it():
    # Ritz values that have converged, as the large one does here, destroy orthogonality.
    rng = np.random.default_rng(0)
    Q, _ = np.linalg.qr(rng.standard_normal((60, 60)))
    A = Q * np.geomspace(1, 1e-6, 60)
    basis = grown(A, rng.standard_normal(60), 50)
    np.testing.assert_allclose(basis.V.T @ basis.V, np.eye(50), atol=1e-13)


def test_zero_b_and_invariant_spaces_end_it_without_nan():
    basis = Bidiagonalization(np.eye(3), np.zeros(3))
    assert basis.norm_Atb == 0
    basis = grown(np.eye(3), np.array([3.0, 0.0, 4.0]), 1)
    y, _ = basis.solve(0.0)
    assert basis.residual(y) <= 1e-14 * basis.norm_Atb
    np.testing.assert_allclose(basis.V @ y, [3, 0, 4], atol=1e-14)


@pytest.mark.parametrize("wrap", [csr_array, csr_matrix, aslinearoperator])
def test_operators_give_what_the_array_gives(wrap):
    A, b = system(12, 7)
    dense, other = grown(A, b, 4), grown(wrap(A), b, 4)
    np.testing.assert_allclose(other.alphas, dense.alphas, rtol=1e-12)
    np.testing.assert_allclose(other.betas, dense.betas, rtol=1e-12)


def test_bad_products_are_named():
    b = np.ones(3)
    with pytest.raises(ValueError, match=r"A\.T @ x must return finite values"):
        Bidiagonalization(csr_array(np.diag([1.0, np.nan, 1.0])), b)
    with pytest.raises(ValueError, match=r"A\.T @ x must return real numbers"):
        Bidiagonalization(csr_array(np.eye(3) * 1j), b)


def test_the_inverse_curvature_is_a_bound_no_more_than_k_times_too_large():
    for lam in (0.0, 0.3, 50.0):
        for k in (1, 2, 6):
            basis = grown(*system(12, 7), k)
            B = lower_bidiagonal(basis)
            exact = norm(np.linalg.inv(B.T @ B + 2 * lam * np.eye(k)), 2)
            assert exact * (1 - 1e-12) <= basis.inverse_curvature(lam) <= k * exact * (1 + 1e-12)


@pytest.mark.parametrize("lam", [0.0, 0.3])
def test_the_misfit_is_what_is_minimized(lam):
    A, b = system(12, 7)
    basis = grown(A, b, 4)
    y, _ = basis.solve(lam)
    x = basis.V @ y
    whole = np.sqrt(norm(A @ x - b) ** 2 + 2 * lam * norm(x) ** 2)
    assert basis.misfit(y, lam) == pytest.approx(whole, rel=1e-13)


def test_the_largest_singular_value_is_near_after_a_few_steps_from_a_random_start():
    A, b = system(60, 50)
    found = grown(A, b, 25).largest_singular_value()
    assert (1 - 1e-3) * norm(A, 2) <= found <= norm(A, 2) * (1 + 1e-14)


def test_a_space_that_is_complete_is_left_as_it_is():
    # Rank 3: the fourth vector is rounding, and goes again.
    rng = np.random.default_rng(0)
    A = rng.standard_normal((9, 3)) @ rng.standard_normal((3, 7))
    b = rng.standard_normal(9)
    basis = Bidiagonalization(A, b)
    y, error, complete = solve_in_krylov(basis, lambda basis: (basis.solve(0.0)[0], 0.0), 1e-12, 7)
    assert basis.k == len(y) == 3
    assert complete
    assert error < 1e-13
    np.testing.assert_allclose(basis.V @ y, np.linalg.pinv(A) @ b, atol=1e-12)


def test_vectors_beyond_the_last_are_zero():
    basis = grown(*system(7, 4), 4)
    assert basis.alphas[-1] <= 1e-15
    assert basis.residual(basis.solve(0.0)[0]) <= 1e-15


def test_too_few_vectors_are_admitted():
    A, b = system(40, 30)
    basis = Bidiagonalization(A, b)
    y, error, complete = solve_in_krylov(basis, lambda basis: (basis.solve(0.0)[0], 0.0), 1e-12, 5)
    assert len(y) == basis.k == 5
    assert not complete
    # An estimate from the curvatures that were seen.
    x = np.linalg.pinv(A) @ b
    assert 0.1 * norm(basis.V @ y - x) <= error * norm(x) <= 100 * norm(x)

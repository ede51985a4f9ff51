"""x(λ) from singular values: its equations, its norm's derivative, its ends."""

import numpy as np
import pytest
from numpy.linalg import norm

from companion.least_squares._regularized import RegularizedLeastSquares

SHAPES = [(9, 4), (4, 9), (5, 5), (6, 1), (1, 6), (1, 1)]


def system(m, n, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((m, n)), rng.standard_normal(m)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("lam", [1e-3, 0.7, 1e4])
def test_x_satisfies_the_stationarity_equation(shape, lam):
    A, b = system(*shape)
    x = RegularizedLeastSquares(A, b).x(lam)
    assert x.shape == (shape[1],)
    assert norm(A.T @ A @ x - A.T @ b + 2 * lam * x) <= 1e-13 * norm(A.T @ b)


@pytest.mark.parametrize("shape", SHAPES)
def test_y_has_the_norm_of_x_and_q_is_its_rate_of_fall(shape):
    problem = RegularizedLeastSquares(*system(*shape))
    lam, h = 0.7, 1e-5
    y, q = problem.solve(lam)
    assert norm(y) == pytest.approx(norm(problem.x(lam)), rel=1e-14)
    # d‖x‖²/dλ = −4‖q‖²
    slope = (norm(problem.x(lam + h)) ** 2 - norm(problem.x(lam - h)) ** 2) / (2 * h)
    assert slope == pytest.approx(-4 * norm(q) ** 2, rel=1e-7)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_basis_is_that_of_the_svd(shape):
    A, b = system(*shape)
    problem = RegularizedLeastSquares(A, b)
    s = np.linalg.svd(A, compute_uv=False)
    np.testing.assert_allclose(problem.s, s, rtol=1e-13)
    assert problem.norm_A == pytest.approx(norm(A, 2), rel=1e-14)
    np.testing.assert_allclose(problem.V.T @ problem.V, np.eye(len(s)), atol=1e-14)
    np.testing.assert_allclose(problem.V.T @ A.T @ b, problem.s * problem.c, atol=1e-13)


def test_singular_values_that_are_rounding_errors_are_left_out():
    rng = np.random.default_rng(1)
    A = rng.standard_normal((8, 2)) @ rng.standard_normal((2, 6))
    b = rng.standard_normal(8)
    problem = RegularizedLeastSquares(A, b)
    assert len(problem.s) == 2
    np.testing.assert_allclose(problem.x(0.0), np.linalg.pinv(A) @ b, atol=1e-13)


@pytest.mark.parametrize("m", [10, 1000, 100_000])
def test_small_singular_values_are_kept_however_many_rows_there_are(m):
    A = np.column_stack([np.ones(m), 1e10 + np.arange(m) / m]) * [1e10, 1]
    assert len(RegularizedLeastSquares(A, np.ones(m)).s) == 2
    twice = np.column_stack([A, A.sum(axis=1)])
    assert len(RegularizedLeastSquares(twice, np.ones(m)).s) == 2


def test_rcond_sets_the_threshold():
    A, b = np.diag([1.0, 1e-3]), np.ones(2)
    assert len(RegularizedLeastSquares(A, b, rcond=1e-4).s) == 2
    assert len(RegularizedLeastSquares(A, b, rcond=1e-2).s) == 1


def test_a_zero_matrix_gives_zero():
    problem = RegularizedLeastSquares(np.zeros((4, 3)), np.ones(4))
    assert (problem.x(0.0) == 0).all()
    assert (problem.x(1.0) == 0).all()

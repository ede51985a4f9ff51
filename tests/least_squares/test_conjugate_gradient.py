"""Conjugate gradients: as many steps as the rank, LSQR's iterates, a bound at each step."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.linalg import norm
from scipy.sparse import csc_array, csr_array, random_array
from scipy.sparse.linalg import LinearOperator, aslinearoperator, lsqr

from companion.least_squares import conjugate_gradient, gradient_descent
from companion.results import Status


def system(m, n, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((m, n)), rng.standard_normal(m)


def with_singular_values(m, s, seed=0):
    rng = np.random.default_rng(seed)
    Q, _ = np.linalg.qr(rng.standard_normal((m, len(s))))
    V, _ = np.linalg.qr(rng.standard_normal((len(s), len(s))))
    return Q * s @ V.T


@settings(deadline=None, derandomize=True, max_examples=60)
@given(m=st.integers(1, 8), n=st.integers(1, 8), rank=st.integers(1, 8), seed=st.integers(0, 10**6))
def test_as_many_steps_as_the_rank_lead_to_the_shortest_minimizer(m, n, rank, seed):
    rng = np.random.default_rng(seed)
    rank = min(m, n, rank)
    U, _ = np.linalg.qr(rng.standard_normal((m, rank)))
    V, _ = np.linalg.qr(rng.standard_normal((n, rank)))
    A, b = U * rng.uniform(1, 3, rank) @ V.T, rng.standard_normal(m)
    result = conjugate_gradient(A, b)
    x = np.linalg.pinv(A, rcond=1e-10) @ b
    assert result.converged
    assert result.n_iter <= rank
    assert norm(result.x - x) <= 1e-10 * norm(x)
    assert norm(A.T @ (A @ result.x - b)) <= 1e-9 * norm(A, 2) * norm(b)
    assert result.fun == pytest.approx(norm(A @ result.x - b) ** 2 / 2, rel=1e-10, abs=1e-28)
    np.testing.assert_array_equal(result.path[-1], result.x)
    assert result.path.shape == (result.n_iter + 1, n)


def test_steps_are_as_many_as_there_are_different_singular_values():
    A = with_singular_values(30, np.repeat([1.0, 2.0, 5.0], 6))
    result = conjugate_gradient(A, np.random.default_rng(1).standard_normal(30))
    assert result.converged
    assert result.n_iter == 3


@pytest.mark.parametrize("shape", [(40, 20), (20, 40), (30, 30)])
def test_the_iterates_are_those_of_lsqr(shape):
    rng = np.random.default_rng(0)
    A, b = rng.standard_normal(shape) + 3 * np.eye(*shape), rng.standard_normal(shape[0])
    path = conjugate_gradient(A, b, max_iter=6).path
    for k in range(1, 7):
        x = lsqr(A, b, atol=0, btol=0, conlim=0, iter_lim=k)[0]
        np.testing.assert_allclose(path[k], x, rtol=0, atol=1e-11 * norm(x))


def test_directions_are_conjugate_and_gradients_orthogonal():
    A, b = system(12, 5)
    path = conjugate_gradient(A, b).path
    steps = np.diff(path, axis=0)
    steps /= norm(A @ steps.T, axis=0)[:, None]
    np.testing.assert_allclose(steps @ A.T @ A @ steps.T, np.eye(5), atol=1e-10)
    S = (b - path[:-1] @ A.T) @ A
    S /= norm(S, axis=1)[:, None]
    np.testing.assert_allclose(S @ S.T, np.eye(5), atol=1e-10)


@pytest.mark.parametrize("kappa", [2, 10, 100])
def test_the_error_is_within_its_bound_at_each_step(kappa):
    A = with_singular_values(60, np.linspace(1, kappa, 40))
    b = np.random.default_rng(2).standard_normal(60)
    x = np.linalg.lstsq(A, b)[0]
    path = conjugate_gradient(A, b, max_iter=400).path
    errors = norm((path - x) @ A.T, axis=1)
    bound = 2 * ((kappa - 1) / (kappa + 1)) ** np.arange(len(errors)) * errors[0]
    # Beside what rounding leaves of A x.
    assert (errors <= bound + 1e-13 * kappa * norm(A @ x)).all()
    assert (np.diff(errors) <= 1e-13 * kappa * norm(A @ x)).all()  # each is the lowest so far


def test_it_takes_steps_like_kappa_where_descent_takes_its_square():
    b = np.random.default_rng(0).standard_normal(80)
    A = with_singular_values(80, np.linspace(1, 30, 60))
    by_cg, by_gd = conjugate_gradient(A, b, tol=1e-6), gradient_descent(A, b, tol=1e-6)
    assert by_cg.converged
    assert by_gd.converged
    assert by_cg.n_iter < by_gd.n_iter / 30


@pytest.mark.parametrize("wrap", [csr_array, csc_array, aslinearoperator])
def test_a_matrix_may_be_known_by_its_products(wrap):
    rng = np.random.default_rng(0)
    A = random_array((300, 60), density=0.1, rng=rng, format="csr")
    b = rng.standard_normal(300)
    result, dense = (conjugate_gradient(M, b) for M in (wrap(A), A.toarray()))
    assert result.converged
    assert dense.converged
    x = np.linalg.lstsq(A.toarray(), b)[0]
    assert norm(result.x - x) <= 1e-10 * norm(x)
    assert abs(result.n_iter - dense.n_iter) <= 2


@pytest.mark.parametrize("kappa", 10.0 ** np.arange(0, 10))
@pytest.mark.parametrize("noise", [0.0, 1e-3, 1.0])
def test_converged_is_as_close_as_it_says_however_ill_conditioned(kappa, noise):
    for seed in range(3):
        A = with_singular_values(30, np.geomspace(1, 1 / kappa, 10), seed)
        rng = np.random.default_rng(seed)
        x = rng.standard_normal(10)
        r = rng.standard_normal(30)
        Q, _ = np.linalg.qr(A)
        b = A @ x + noise * (r - Q @ (Q.T @ r))
        for tol in (1e-4, 1e-7, 1e-10):
            result = conjugate_gradient(A, b, tol=tol)
            if result.converged:
                # What rounding A and b does to x comes on top.
                rounding = 1e-15 * kappa * (1 + kappa * noise)
                assert norm(result.x - x) <= (2 * tol + 10 * rounding) * norm(x)
            if kappa <= 100:
                assert result.converged


def test_where_b_is_in_the_range_a_small_residual_is_a_certificate_too():
    """With κ = 10⁴, ‖s‖/σ² is κ² units of rounding at best, ‖r‖/σ only κ of them."""
    for seed in range(5):
        A = with_singular_values(30, np.geomspace(1, 1e-4, 10), seed)
        assert conjugate_gradient(A, A @ np.ones(10)).converged


def test_where_rounding_stops_it_it_says_so():
    A = with_singular_values(30, np.geomspace(1, 1e-7, 10))
    b = np.random.default_rng(0).standard_normal(30)
    result = conjugate_gradient(A, b, max_iter=10_000)
    assert result.status is Status.STALLED
    assert result.n_iter < 10_000


def test_it_waits_for_what_the_gradient_hardly_shows():
    rng = np.random.default_rng(0)
    U, _, Vt = np.linalg.svd(rng.standard_normal((30, 20)), full_matrices=False)
    A = U * np.r_[np.linspace(1, 2, 10), np.linspace(1e-6, 2e-6, 10)] @ Vt
    x = rng.standard_normal(20)
    result = conjugate_gradient(A, A @ x)
    assert not result.converged or norm(result.x - x) <= 2e-10 * norm(x)


@pytest.mark.parametrize("offset", [1, 10, 100, 1e3, 1e4])
def test_it_does_not_take_a_flat_valley_for_its_floor(offset):
    rng = np.random.default_rng(0)
    u = rng.random(50)
    A, b = np.column_stack([np.ones(50), offset + u]), 3 + 2 * u + 0.01 * rng.standard_normal(50)
    result = conjugate_gradient(A, b)
    least = np.linalg.lstsq(A, b)[1][0] / 2
    assert result.fun <= 1.001 * least


@pytest.mark.parametrize("far", [1, 1e3, 1e6, 1e12])
def test_from_far_away_it_begins_anew_until_it_is_near(far):
    A, b = system(9, 4)
    x = np.linalg.lstsq(A, b)[0]
    result = conjugate_gradient(A, b, x0=far * np.ones(4))
    assert result.converged
    assert norm(result.x - x) <= 2e-10 * norm(x)
    np.testing.assert_array_equal(result.path[0], far * np.ones(4))


def test_a_start_at_the_solution_takes_no_step():
    A, b = system(9, 4)
    result = conjugate_gradient(A, b, x0=np.linalg.lstsq(A, b)[0])
    assert result.converged
    assert result.n_iter == 0


def test_a_start_keeps_what_lies_in_the_null_space():
    A, b = system(3, 6)
    null = np.linalg.svd(A)[2][3:]
    result = conjugate_gradient(A, b, x0=null[0])
    np.testing.assert_allclose(result.x - null[0], np.linalg.pinv(A) @ b, atol=1e-12)


@pytest.mark.parametrize(("p", "q"), [(-300, -400), (-31, 10), (5, -3), (333, 400)])
@pytest.mark.parametrize("shape", [(9, 4), (4, 9), (6, 6)])
@pytest.mark.parametrize("wrap", [np.asarray, csr_array])
def test_powers_of_two_as_units_change_no_bit(p, q, shape, wrap):
    A, b = system(*shape)
    for start in (None, np.arange(1.0, shape[1] + 1)):
        plain = conjugate_gradient(wrap(A), b, x0=start)
        result = conjugate_gradient(
            wrap(np.ldexp(A, p)),
            np.ldexp(b, q),
            x0=None if start is None else np.ldexp(start, q - p),
        )
        assert result.status is plain.status
        np.testing.assert_array_equal(np.ldexp(result.path, p - q), plain.path)
        assert result.fun == np.ldexp(plain.fun, 2 * q)


def test_nothing_to_do_is_done_at_once():
    A = np.array([[1.0, 2.0], [1.0, 3.0], [1.0, 4.0]])
    for matrix, b in (
        (np.zeros((3, 2)), np.ones(3)),
        (csr_array((3, 2)), np.ones(3)),
        (A, np.zeros(3)),
        (A, np.array([1.0, -2.0, 1.0])),  # orthogonal to both columns
    ):
        result = conjugate_gradient(matrix, b)
        assert result.converged
        assert result.n_iter == 0
        assert not result.x.any()
        assert result.fun == pytest.approx(b @ b / 2, rel=1e-15)


def test_a_right_hand_side_that_is_orthogonal_but_for_rounding():
    Q, _ = np.linalg.qr(system(9, 5)[0])
    A, b = Q[:, :4] * [1, 2, 3, 4], Q[:, 4]
    for x0 in (None, np.ones(4)):
        assert norm(conjugate_gradient(A, b, x0=x0).x) <= 1e-14
    result = conjugate_gradient(A, np.zeros(9), x0=np.ones(4))
    assert result.converged
    assert norm(result.x) <= 1e-14


def test_running_out_of_steps_is_no_success():
    A, b = system(9, 4)
    result = conjugate_gradient(A, b, max_iter=2)
    assert result.status is Status.MAX_ITER
    assert result.n_iter == 2
    assert conjugate_gradient(A, b, max_iter=4).converged


def test_inputs_stay_as_they_were():
    A, b, x0 = np.array([[1, 0], [1, 1], [1, 2]]), np.array([1, 3, 5]), np.array([1, 1])
    result = conjugate_gradient(A, b, x0=x0)
    np.testing.assert_allclose(result.x, [1, 2])
    np.testing.assert_array_equal(A, [[1, 0], [1, 1], [1, 2]])
    np.testing.assert_array_equal(x0, [1, 1])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tol": 0.0}, "tol must be positive"),
        ({"max_iter": 0}, "max_iter must be an integer of at least 1"),
        ({"x0": np.ones(3)}, "x0 must have length 2; its length is 3"),
        ({"x0": np.ones(2) * 1e120}, "x0 must be nearer to the solution"),
    ],
)
def test_bad_arguments_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        conjugate_gradient(*system(4, 2), **options)


def test_an_operator_without_a_transpose_is_named():
    A = LinearOperator((3, 2), matvec=lambda x: np.ones(3), dtype=float)
    with pytest.raises(ValueError, match=r"A\.T @ x must be implemented"):
        conjugate_gradient(A, np.ones(3))

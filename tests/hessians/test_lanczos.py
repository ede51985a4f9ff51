"""Extreme eigenvalues: certificates first, then scipy; clusters, repetitions, small n, restarts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.linalg import LinearOperator, eigsh

from companion.hessians import _lanczos as lanczos
from companion.hessians import extreme_eigenvalues
from companion.results import Status

RNG = np.random.default_rng(0)
CLUSTER = np.concatenate(
    [1 + 1e-7 * RNG.standard_normal(480), [2, 2, 2 + 1e-9, -5, -5, -5 + 1e-10, 0, 0]]
)


def of_diagonal(d, **options):
    return extreme_eigenvalues(lambda v: d * v, len(d), **options)


@given(st.integers(1, 30), st.integers(0, 2**31))
@settings(deadline=None, derandomize=True, max_examples=50)
def test_small_matrices_are_solved_completely(n, seed):
    A = np.random.default_rng(seed).standard_normal((n, n))
    H = A + A.T
    found = extreme_eigenvalues(lambda v: H @ v, n, tol=1e-13)
    eigenvalues = np.linalg.eigvalsh(H)
    assert found.converged
    assert found.smallest == pytest.approx(eigenvalues[0], abs=1e-12)
    assert found.largest == pytest.approx(eigenvalues[-1], abs=1e-12)
    assert found.n_iter <= n


@pytest.mark.parametrize(
    "d",
    [
        np.linspace(-1, 3, 2000),
        np.linspace(-1, 3, 2000) ** 3,
        np.logspace(-8, 0, 500),
        CLUSTER,
        np.repeat([1.0, 3.0, -2.0], [500, 400, 100]),
        np.ones(300),
        -np.arange(1.0, 400.0),
        1e-200 * np.linspace(1, 2, 300),
        1e200 * np.linspace(1, 2, 300),
    ],
)
@pytest.mark.parametrize("tol", [1e-6, 1e-10])
def test_converged_is_a_certificate_and_the_answer_is_right(d, tol):
    found, size = of_diagonal(d, tol=tol), np.abs(d).max()
    assert found.status is Status.CONVERGED
    assert (found.residuals <= tol * size).all()
    assert abs(found.smallest - d.min()) <= tol * size
    assert abs(found.largest - d.max()) <= tol * size


def test_agrees_with_scipy():
    A = RNG.standard_normal((300, 300))
    H = A + A.T
    found = extreme_eigenvalues(lambda v: H @ v, 300, tol=1e-9)
    theirs = eigsh(LinearOperator(H.shape, lambda v: H @ v), k=2, which="BE")[0]
    np.testing.assert_allclose([found.smallest, found.largest], theirs, rtol=1e-8)


def test_zero_is_symmetric_too():
    found = of_diagonal(np.zeros(40))
    assert found.converged
    assert (found.smallest, found.largest) == (0, 0)


def test_the_laplacian_by_its_formula():
    n = 200

    def laplacian(v):
        w = 2 * v
        w[1:] -= v[:-1]
        w[:-1] -= v[1:]
        return w

    found = extreme_eigenvalues(laplacian, n, tol=1e-12)
    assert found.converged
    assert found.smallest == pytest.approx(2 - 2 * np.cos(np.pi / (n + 1)), abs=1e-11)
    assert found.largest == pytest.approx(2 + 2 * np.cos(np.pi / (n + 1)), abs=1e-11)


@pytest.mark.parametrize("room", [8, 20, 50])
def test_a_basis_that_is_full_restarts(monkeypatch, room):
    d = np.concatenate([[-1.05, -1.04], np.linspace(-1, 1, 996), [1.04, 1.05]])
    monkeypatch.setattr(lanczos, "BASIS_BYTES", room * 8 * len(d))
    found = of_diagonal(d, tol=1e-9)
    assert found.converged
    assert found.n_iter > 60
    assert found.smallest == pytest.approx(-1.05, abs=1e-9)
    assert found.largest == pytest.approx(1.05, abs=1e-9)


def test_running_out_is_reported_with_true_residuals():
    d = 2 - 2 * np.cos(np.pi * np.arange(1, 2001) / 2001)
    found = of_diagonal(d, max_iter=30)
    assert found.status is Status.MAX_ITER
    assert found.n_iter == 30
    # H has an eigenvalue within each residual.
    for theta, residual in zip((found.smallest, found.largest), found.residuals, strict=True):
        assert np.abs(d - theta).min() <= residual
    assert "MAX_ITER after 30 iterations" in repr(found)


def test_rounding_is_reported_as_a_stall():
    assert of_diagonal(np.linspace(-1, 3, 200), tol=1e-17).status is Status.STALLED


def test_differences_of_gradients_are_good_enough():
    d = np.linspace(0.5, 3, 100)

    def hvp(v):
        noise = 1e-8 * np.sin(1e5 * v)
        return d * v + noise

    found = extreme_eigenvalues(hvp, 100, tol=1e-5)
    assert found.converged
    assert found.largest == pytest.approx(3, abs=1e-4)


def test_the_same_seed_gives_the_same_answer():
    d = np.linspace(-1, 3, 300)
    first, again, other = of_diagonal(d), of_diagonal(d), of_diagonal(d, seed=1)
    assert first.smallest == again.smallest
    assert first.smallest != other.smallest


def test_a_product_that_reuses_its_memory_does_no_harm():
    d, out = np.linspace(-1, 3, 50), np.empty(50)

    def hvp(v):
        np.multiply(d, v, out=out)
        return out

    assert extreme_eigenvalues(hvp, 50).largest == pytest.approx(3, abs=1e-6)
    assert extreme_eigenvalues(lambda v: v, 50).largest == pytest.approx(1)


@pytest.mark.parametrize(
    "H", [np.array([[1.0, 2], [0, 1]]), np.triu(np.ones((40, 40))), np.array([[0.0, 1], [-1, 0]])]
)
def test_a_product_that_is_not_symmetric_is_refused(H):
    with pytest.raises(ValueError, match="hvp must be symmetric, uᵀHv = vᵀHu; for two vectors"):
        extreme_eigenvalues(lambda v: H @ v, len(H))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"hvp": 1}, "hvp must be callable"),
        ({"n": 0}, "n must be an integer of at least 1"),
        ({"n": 2.0}, "n must be an integer"),
        ({"tol": 0}, "tol must be positive"),
        ({"max_iter": 0}, "max_iter must be an integer of at least 1"),
        ({"hvp": lambda v: v[:1]}, r"hvp must return an array of shape \(3,\)"),
        ({"hvp": lambda v: v * np.nan}, "hvp must return finite values"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        extreme_eigenvalues(**{"hvp": lambda v: v, "n": 3} | arguments)

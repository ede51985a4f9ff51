"""Stochastic gradients: unbiased, as noisy as theory says, certified by all rows or not at all."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.descent import gradient_descent, stochastic_gradient_descent
from companion.results import Status


def norm(v, axis=None):
    return np.linalg.norm(v, axis=axis)


class LeastSquares:
    """f(x) = ½ mean (Ax − b)², and the rows that its gradient is asked for."""

    def __init__(self, m=24, n=3, *, noise=1.0, seed=0):
        rng = np.random.default_rng(seed)
        self.A, self.n_rows = rng.standard_normal((m, n)), m
        self.b = self.A @ np.ones(n) + noise * rng.standard_normal(m)
        self.x = np.linalg.lstsq(self.A, self.b)[0]
        self.x0, self.asked = np.zeros(n), []

    def f(self, x):
        return np.mean((self.A @ x - self.b) ** 2) / 2

    def grad(self, x, rows):
        self.asked.append(rows)
        A = self.A[rows]
        return A.T @ (A @ x - self.b[rows]) / len(rows)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(m=st.integers(1, 40), batch_size=st.integers(1, 50), seed=st.integers(0, 10**6))
def test_an_epoch_deals_each_row_once_and_its_weighted_mean_is_the_gradient(m, batch_size, seed):
    p = LeastSquares(m, seed=seed)
    stochastic_gradient_descent(p.grad, m, p.x0, 0.01, batch_size=batch_size, epochs=3, seed=seed)
    per_epoch = -(-m // batch_size)
    dealt = list(p.asked)
    assert len(dealt) == 3 * per_epoch
    x = np.random.default_rng(seed).standard_normal(3)
    whole = p.grad(x, np.arange(m))
    for k in range(3):
        batches = dealt[k * per_epoch : (k + 1) * per_epoch]
        assert {len(rows) for rows in batches[:-1]} <= {batch_size}
        assert sorted(np.concatenate(batches)) == list(range(m))
        mean = sum(len(rows) / m * p.grad(x, rows) for rows in batches)
        np.testing.assert_allclose(mean, whole, atol=1e-13 * (1 + norm(whole)))


def test_every_row_is_as_likely_in_every_batch():
    """Also in a last one that is smaller: then each gradient is unbiased, whatever its size."""
    m, epochs = 7, 1000
    p = LeastSquares(m)
    stochastic_gradient_descent(p.grad, m, p.x0, 1e-3, batch_size=3, epochs=epochs)
    for place, size in enumerate((3, 3, 1)):
        counts = np.bincount(np.concatenate(p.asked[place::3]), minlength=m)
        share = size / m
        # Five standard deviations.
        assert abs(counts / epochs - share).max() < 5 * np.sqrt(share * (1 - share) / epochs)


def test_each_step_goes_against_the_gradient_of_its_batch():
    p = LeastSquares(10)
    result = stochastic_gradient_descent(
        p.grad, 10, p.x0, lambda k: 0.1 / (k + 1), batch_size=4, epochs=2, f=p.f
    )
    assert result.n_iter == 6
    assert result.path.shape == (7, 3)
    for k, rows in enumerate(list(p.asked)):
        x, after = result.path[k : k + 2]
        np.testing.assert_array_equal(after, x - 0.1 / (k + 1) * p.grad(x, rows))
    np.testing.assert_array_equal(result.path[-1], result.x)
    assert result.fun == p.f(result.x)
    assert result.status is Status.MAX_ITER


@pytest.mark.parametrize("epsilon", [0.05, 0.5, 1e-30, 10.0, 1e60])
@pytest.mark.parametrize("batch_size", [24, 1000])
def test_with_all_rows_in_a_batch_it_is_gradient_descent(epsilon, batch_size):
    p = LeastSquares()

    def grad(x):
        return p.grad(x, np.arange(p.n_rows))

    options = {"f": p.f, "batch_size": batch_size, "epochs": 200}
    result = stochastic_gradient_descent(p.grad, 24, p.x0, epsilon, tol=1e-6, **options)
    plain = gradient_descent(p.f, grad, p.x0, epsilon, tol=1e-6, max_iter=200)
    np.testing.assert_array_equal(result.path, plain.path)
    assert (result.status, result.n_iter, result.fun) == (plain.status, plain.n_iter, plain.fun)
    without = stochastic_gradient_descent(p.grad, 24, p.x0, epsilon, **options)
    np.testing.assert_array_equal(without.path[: len(result.path)], result.path)


def excess(epsilon, m, epochs, *, seeds):
    """The mean of f − min f over the later half of the steps, from the minimizer on."""
    p = LeastSquares(m, 2)
    paths = [
        stochastic_gradient_descent(
            p.grad, m, p.x, epsilon, batch_size=1, epochs=epochs, seed=seed
        ).path
        for seed in range(seeds)
    ]
    H = p.A.T @ p.A / m
    D = np.concatenate([path[len(path) // 2 :] for path in paths]) - p.x
    return np.mean(((D @ H) * D).sum(axis=1)) / 2


def test_the_noise_floor_is_proportional_to_the_step_where_epochs_are_long():
    """E f − min f → (ε/4) Σ of the variances of ∇fᵢ, for ε small beside 1/λ (λ ≈ 1 here)."""
    p = LeastSquares(3000, 2)
    gradients = p.A * (p.A @ p.x - p.b)[:, None]
    theory = (gradients**2).mean(axis=0).sum() / 4
    floors = {epsilon: excess(epsilon, 3000, 2, seeds=5) for epsilon in (0.08, 0.04)}
    for epsilon, floor in floors.items():
        assert floor / (epsilon * theory) == pytest.approx(1, abs=0.35)
    assert floors[0.08] / floors[0.04] == pytest.approx(2, abs=0.6)


def test_the_noise_floor_is_lower_where_epochs_are_short():
    """What one batch has too much of, the rest of its epoch lacks."""
    p = LeastSquares(20, 2)
    theory = ((p.A * (p.A @ p.x - p.b)[:, None]) ** 2).mean(axis=0).sum() / 4
    assert excess(0.01, 20, 100, seeds=5) < 0.01 * theory / 3


def test_steps_that_shrink_remove_the_floor():
    p = LeastSquares(64, 2)
    constant, shrinking = (
        [
            norm(
                stochastic_gradient_descent(
                    p.grad, 64, p.x0, epsilon, batch_size=1, epochs=30, seed=seed
                ).x
                - p.x
            )
            for seed in range(4)
        ]
        for epsilon in (0.1, lambda k: 0.1 / (1 + k / 40))
    )
    assert np.mean(shrinking) < np.mean(constant) / 5


def test_where_all_rows_agree_a_constant_step_converges_with_a_certificate():
    p = LeastSquares(noise=0.0)
    result = stochastic_gradient_descent(
        p.grad, 24, p.x0, 0.1, f=p.f, tol=1e-6, batch_size=4, epochs=500
    )
    assert result.converged
    assert norm(result.x - p.x) <= 1.5e-6 * norm(p.x)
    assert result.n_iter % 6 == 0
    assert result.n_iter < 3000


@pytest.mark.parametrize("batch_size", [1, 5])
def test_noise_is_not_taken_for_convergence(batch_size):
    for seed in range(5):
        p = LeastSquares(seed=seed)
        result = stochastic_gradient_descent(
            p.grad, 24, p.x0, 0.05, tol=1e-4, batch_size=batch_size, epochs=60, seed=seed
        )
        assert result.status is Status.MAX_ITER
        assert norm(result.x - p.x) > 1e-4 * norm(p.x)


def test_a_start_at_the_minimizer_takes_no_step_with_a_tolerance():
    y = np.array([-1.0, 1.0, -2.0, 2.0])
    result = stochastic_gradient_descent(
        lambda x, rows: x - y[rows].mean(), 4, [0.0], 0.1, tol=1e-8
    )
    assert result.converged
    assert result.n_iter == 0
    p = LeastSquares()
    result = stochastic_gradient_descent(p.grad, 24, p.x, 0.1, tol=1e-8)  # but for rounding
    assert result.converged
    assert result.n_iter == 0


def test_steps_that_move_nothing_are_reported():
    p = LeastSquares()
    result = stochastic_gradient_descent(p.grad, 24, p.x0 + 1, 1e-30, tol=1e-6, batch_size=4)
    assert result.status is Status.STALLED
    assert result.n_iter == 6  # an epoch


def test_without_a_tolerance_all_rows_are_never_asked_for():
    p = LeastSquares()
    result = stochastic_gradient_descent(p.grad, 24, p.x0, 0.1, batch_size=5, epochs=2)
    assert max(map(len, p.asked)) == 5
    assert result.status is Status.MAX_ITER
    assert np.isnan(result.fun)
    p = LeastSquares()
    stochastic_gradient_descent(p.grad, 24, p.x0, 1e-9, tol=1e-6, batch_size=5, epochs=2)
    assert [len(rows) for rows in p.asked].count(24) <= 3 + 2


def test_the_same_seed_gives_the_same_bits():
    p = LeastSquares()

    def path(seed):
        return stochastic_gradient_descent(p.grad, 24, p.x0, 0.1, batch_size=5, seed=seed).path

    np.testing.assert_array_equal(path(3), path(3))
    assert not np.array_equal(path(3), path(4))


def test_divergence_is_data_with_a_finite_path():
    p = LeastSquares()
    for epsilon in (3.0, 1e100, 1e300):
        for options in ({}, {"tol": 1e-6}, {"tol": 1e-6, "f": p.f}):
            result = stochastic_gradient_descent(
                p.grad, 24, p.x0, epsilon, batch_size=1, epochs=200, **options
            )
            assert result.status is Status.DIVERGED
            assert np.isfinite(result.path).all()
            np.testing.assert_array_equal(result.path[-1], result.x)
    # Overflow, far away.
    for options in ({}, {"tol": 1e-6}):
        for batch_size in (1, 4):
            result = stochastic_gradient_descent(
                lambda x, rows: 2 * x * np.exp(x @ x),
                4,
                [5.0],
                1.0,
                batch_size=batch_size,
                **options,
            )
            assert result.status is Status.DIVERGED
            assert np.isfinite(result.path).all()


def test_nan_at_an_ordinary_point_is_an_error_that_gives_it():
    def grad(x, rows):
        return x / 2 if x[0] > 0.9 else x * np.nan

    for options in ({}, {"tol": 1e-6}):
        with pytest.raises(
            ValueError, match=r"grad must return finite values; at x = \[0\.711914\]"
        ):
            stochastic_gradient_descent(grad, 4, [3.0], 0.5, batch_size=1, **options)
        with pytest.raises(
            ValueError, match=r"grad must have a value at x = \[3\]; it raised Zero"
        ):
            stochastic_gradient_descent(lambda x, rows: x * (1 / 0), 4, [3.0], 0.5, **options)


@pytest.mark.parametrize("k", [-12, 7, 100])
def test_powers_of_two_as_units_change_no_bit(k):
    p, u = LeastSquares(), 2.0**k
    for tol in (None, 1e-3):
        options = {"tol": tol, "batch_size": 24, "epochs": 60}
        plain = stochastic_gradient_descent(p.grad, 24, p.x0 + 1, 0.3, **options)
        result = stochastic_gradient_descent(
            lambda x, rows: 8 / u * p.grad(x / u, rows),
            24,
            u * (p.x0 + 1),
            0.3 * u * u / 8,
            **options,
        )
        assert (result.status, result.n_iter) == (plain.status, plain.n_iter)
        np.testing.assert_array_equal(result.path / u, plain.path)


def test_what_is_handed_over_may_be_written_on():
    p = LeastSquares(noise=0.0)
    x0 = np.zeros(3)

    def grad(x, rows):
        g = p.grad(x, rows.copy())
        x += 5
        rows[:] = 0
        return g

    options = {"tol": 1e-6, "batch_size": 5, "epochs": 200}
    result = stochastic_gradient_descent(grad, 24, x0, 0.1, **options)
    plain = stochastic_gradient_descent(p.grad, 24, x0, 0.1, **options)
    assert result.converged
    np.testing.assert_array_equal(result.path, plain.path)
    assert not x0.any()


P = LeastSquares()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"grad": 1}, "grad must be callable"),
        ({"n_rows": 0}, "n_rows must be an integer of at least 1; it is 0"),
        ({"n_rows": 24.0}, "n_rows must be an integer"),
        ({"x0": []}, "x0 must not be empty"),
        ({"x0": [np.nan] * 3}, "x0 must be finite"),
        ({"epsilon": 0}, "epsilon must be positive; it is 0"),
        ({"epsilon": np.inf}, "epsilon must be finite"),
        ({"epsilon": "armijo"}, "epsilon must hold real numbers"),
        ({"epsilon": lambda k: 0.1 - 0.05 * k}, r"epsilon\(2\) must be positive; it is 0"),
        ({"epsilon": lambda k: None}, r"epsilon\(0\) must hold real numbers"),
        ({"epsilon": lambda k: [0.1]}, r"epsilon\(0\) must have 0 axes"),
        ({"f": 3}, "f must be callable"),
        ({"f": lambda x: x}, "f must return an array of shape"),
        ({"f": lambda x: np.nan}, "f must return finite values; at x = "),
        ({"tol": 0}, "tol must be positive"),
        ({"batch_size": 0}, "batch_size must be an integer of at least 1"),
        ({"batch_size": 2.5}, "batch_size must be an integer"),
        ({"epochs": 0}, "epochs must be an integer of at least 1"),
        ({"seed": -1}, "seed must be an integer of at least 0"),
        ({"seed": None}, "seed must be an integer"),
        ({"grad": lambda x, rows: 1.0}, r"grad must return an array of shape \(3,\)"),
        ({"grad": lambda x, rows: x * 1j}, "grad must return real numbers"),
        (
            {"grad": lambda x, rows: x * np.nan},
            r"grad must return finite values; at x = \[0, 0, 0\]",
        ),
        ({"grad": lambda x, rows: x / (len(rows) < 24), "tol": 1e-3}, "grad must return finite"),
    ],
)
def test_bad_arguments_are_named(changes, message):
    arguments = {"grad": P.grad, "n_rows": 24, "x0": P.x0, "epsilon": 0.1, "batch_size": 5}
    with pytest.raises(ValueError, match=message):
        stochastic_gradient_descent(**arguments | changes)

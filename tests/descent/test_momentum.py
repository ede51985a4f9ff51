"""The heavy ball: a recursion of two terms, its rate, and where it ends."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from units import assert_same_path, scaled

from companion.descent import gradient_descent
from companion.problems import bowl, himmelblau, rosenbrock
from companion.results import Status


def norm(v, axis=None):
    return np.linalg.norm(v, axis=axis)


def best(kappa):
    """ε and β for eigenvalues from 1 to κ, and the factor by which the error shrinks."""
    root = np.sqrt(kappa)
    rate = (root - 1) / (root + 1)
    return 4 / (root + 1) ** 2, rate**2, rate


def quadratic(eigenvalues):
    return lambda x: x @ (eigenvalues * x) / 2, lambda x: eigenvalues * x


def test_each_step_keeps_a_part_of_the_last():
    p, beta = himmelblau(), 0.7
    path = gradient_descent(p.f, p.grad, p.x0, 0.01, momentum=beta, max_iter=50).path
    np.testing.assert_array_equal(path[1], path[0] - 0.01 * p.grad(path[0]))  # from rest
    for before, x, after in zip(path, path[1:], path[2:], strict=False):
        np.testing.assert_array_equal(after, x - 0.01 * p.grad(x) + beta * (x - before))


@pytest.mark.parametrize("epsilon", [0.001, 0.5, "armijo", "optimal"])
def test_without_momentum_nothing_changes(epsilon):
    p = rosenbrock()
    plain = gradient_descent(p.f, p.grad, p.x0, epsilon, max_iter=60)
    zero = gradient_descent(p.f, p.grad, p.x0, epsilon, momentum=0, max_iter=60)
    assert_same_path(zero, plain)
    path = [plain.path[0]]
    if epsilon == 0.001:
        for _ in range(60):
            path.append(path[-1] - epsilon * p.grad(path[-1]))
        np.testing.assert_array_equal(plain.path, path)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(share=st.floats(0.01, 0.99), beta=st.floats(0.05, 0.95))
def test_in_one_variable_it_is_a_sum_of_two_powers(share, beta):
    """xₖ₊₁ = (1 + β − ελ) xₖ − β xₖ₋₁: xₖ = a z₁ᵏ + b z₂ᵏ, with z² − (1 + β − ελ) z + β = 0."""
    lam = 3.0
    epsilon = share * 2 * (1 + beta) / lam
    z = np.roots([1, -(1 + beta - epsilon * lam), beta]).astype(complex)
    if abs(z[0] - z[1]) < 1e-3:
        return
    a = np.linalg.solve([[1, 1], z], [1, 1 - epsilon * lam])
    path = gradient_descent(*quadratic(lam), [1.0], epsilon, momentum=beta, max_iter=25).path[:, 0]
    expected = (a * z ** np.arange(len(path))[:, None]).sum(axis=1).real
    np.testing.assert_allclose(path, expected, atol=1e-12 / abs(z[0] - z[1]))
    assert max(abs(z)) < 1


@pytest.mark.parametrize("kappa", [10, 100, 1000])
def test_the_best_momentum_shrinks_the_error_by_the_root_of_kappa(kappa):
    """Like k rateᵏ at both ends of the spectrum, where the two roots coincide."""
    epsilon, beta, rate = best(kappa)
    eigenvalues = np.geomspace(1, kappa, 7)
    steps = int(20 * np.sqrt(kappa))
    result = gradient_descent(
        *quadratic(eigenvalues), np.ones(7), epsilon, momentum=beta, tol=1e-300, max_iter=steps
    )
    errors = norm(result.path, axis=1)
    late = np.arange(len(errors) // 2, min(len(errors), int(30 / -np.log(rate))))
    slope = np.polyfit(late, np.log(errors[late] / late), 1)[0]
    assert slope == pytest.approx(np.log(rate), rel=0.03)
    plain = np.log((kappa - 1) / (kappa + 1))
    assert slope < 1.5 * plain


@pytest.mark.no_cover
def test_steps_grow_like_the_root_of_kappa_and_not_like_kappa():
    kappas = np.array([50, 200, 800])
    n_iter = []
    for kappa in kappas:
        epsilon, beta, _ = best(kappa)
        f, x0 = quadratic(np.array([1.0, kappa])), [1.0, 1.0]
        heavy = gradient_descent(*f, x0, epsilon, momentum=beta, tol=1e-6, max_iter=100_000)
        plain = gradient_descent(*f, x0, 2 / (1 + kappa), tol=1e-6, max_iter=100_000)
        assert heavy.converged
        assert plain.converged
        n_iter.append([heavy.n_iter, plain.n_iter])
    powers = np.polyfit(np.log(kappas), np.log(n_iter), 1)[0]
    np.testing.assert_allclose(powers, [0.5, 1], atol=0.12)


@pytest.mark.parametrize("beta", [0.0, 0.3, 0.9])
def test_it_diverges_where_the_step_is_twice_one_plus_beta_over_the_top_eigenvalue(beta):
    eigenvalues = np.array([1.0, 8.0])
    limit = 2 * (1 + beta) / 8

    def run(epsilon):
        return gradient_descent(*quadratic(eigenvalues), [1.0, 1.0], epsilon, momentum=beta)

    assert run(0.9 * limit).converged
    assert run(1.2 * limit).status is Status.DIVERGED
    assert np.isfinite(run(1.2 * limit).path).all()


def test_at_the_limit_it_swings_forever():
    # 1 + β − ελ = −(1 + β): roots −1 and −β. From rest, 1, −2, 5/2, −11/4, … tends to ±3.
    result = gradient_descent(*quadratic(1.0), [1.0], 3.0, momentum=0.5, max_iter=40)
    assert result.status is Status.MAX_ITER
    assert result.path[:4, 0].tolist() == [1, -2, 2.5, -2.75]
    np.testing.assert_allclose(abs(result.path[-2:, 0]), 3, rtol=1e-9)


def test_a_path_that_rests_where_it_turns_has_not_stalled():
    # On ½x², from 1, by ε = 3/2 to −½; there ε g = −¾ = β(−½ − 1), and x stays for a step.
    result = gradient_descent(*quadratic(1.0), [1.0], 1.5, momentum=0.5)
    assert result.path[:3, 0].tolist() == [1, -0.5, -0.5]
    assert result.converged
    assert abs(result.x[0]) <= 1e-8
    p = rosenbrock()
    result = gradient_descent(p.f, p.grad, p.x0, 1e-30, momentum=0.9)
    assert result.status is Status.STALLED


@pytest.mark.no_cover
@pytest.mark.parametrize("factor", [1, 1e5])
@pytest.mark.parametrize("tol", [1e-4, 1e-8])
def test_converged_is_as_close_as_it_says(tol, factor):
    for kappa in (10, 300):
        p = bowl([1, kappa], center=[1.0, -2.0])
        x0 = factor * p.x0
        for epsilon, beta in (
            best(kappa)[:2],
            (1 / kappa, 0.5),
            (1 / kappa, 0.9),
            (3 / kappa, 0.9),
        ):
            result = gradient_descent(p.f, p.grad, x0, epsilon, momentum=beta, tol=tol)
            size = max(norm(result.x), norm(result.x - x0))
            assert result.converged
            assert norm(result.x - [1, -2]) <= 1.5 * tol * size


def test_at_a_minimizer_it_takes_no_step():
    p = himmelblau()
    result = gradient_descent(p.f, p.grad, p.minimizers[0], 0.01, momentum=0.9)
    assert result.converged
    assert result.n_iter == 0


@pytest.mark.parametrize(("s", "u"), [(2.0**31, 1.0), (1.0, 2.0**-23), (2.0**-9, 2.0**40)])
def test_powers_of_two_as_units_change_no_bit(s, u):
    for p in (himmelblau(), rosenbrock()):
        q = scaled(p, s, u)
        result = gradient_descent(q.f, q.grad, q.x0, 1e-3 * u * u / s, momentum=0.9, max_iter=500)
        plain = gradient_descent(p.f, p.grad, p.x0, 1e-3, momentum=0.9, max_iter=500)
        assert_same_path(result, plain, u)


@pytest.mark.parametrize(
    ("epsilon", "momentum", "message"),
    [
        (0.1, 1.0, "momentum must be less than 1; it is 1"),
        (0.1, -0.1, "momentum must not be negative; it is -0.1"),
        (0.1, np.nan, "momentum must be finite"),
        (0.1, "0.9", "momentum must hold real numbers"),
        (0.1, [0.9], "momentum must have 0 axes"),
        ("armijo", 0.9, "momentum must be 0 where epsilon is 'armijo'; it is 0.9"),
        ("optimal", 0.5, "momentum must be 0 where epsilon is 'optimal'; it is 0.5"),
    ],
)
def test_bad_momentum_is_named(epsilon, momentum, message):
    with pytest.raises(ValueError, match=message):
        gradient_descent(*quadratic(1.0), [1.0], epsilon, momentum=momentum)

"""Every way to the least squares solution: identities, exact arithmetic, digits that get lost."""

import warnings
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.linalg import norm

from companion import least_squares
from companion.datasets import load
from companion.least_squares import (
    accurate_solve,
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


def test_regularized_solve_uses_singular_values_that_lambda_lifts_above_rounding():
    x = regularized_solve(np.diag([1.0, 1e-20]), np.array([1e-10, 1.0]), 1e-20)
    np.testing.assert_allclose(x, [1e-10, 0.5], rtol=1e-14)


def test_regularized_solve_keeps_the_digits_of_a_small_singular_value():
    rng = np.random.default_rng(5)
    A = rng.standard_normal((8, 3))
    A[:, 2] = A[:, 1] + 1e-7 * A[:, 2]
    b = rng.standard_normal(8)
    lam = 1e-15
    true = exact_solution(A, b, lam)
    assert digits(regularized_solve(A, b, lam), true) >= 7
    assert digits(np.linalg.solve(A.T @ A + 2 * lam * np.eye(3), A.T @ b), true) <= 3


@pytest.mark.parametrize("solve", [normal_equations, qr_solve, accurate_solve])
def test_units_do_not_matter(solve):
    A, b = system(10, 3)
    D = 2.0 ** np.array([-30, 0, 20])
    np.testing.assert_allclose(D * solve(A * D, b), solve(A, b), rtol=1e-7)


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


def test_normal_equations_lose_twice_the_digits_of_qr():
    data = load("longley")
    true = exact_solution(data.A, data.y)
    lost = {solve: 16 - digits(solve(data.A, data.y), true) for solve in FULL_RANK}
    assert lost[normal_equations] >= 7
    assert lost[qr_solve] <= 5.5
    assert lost[accurate_solve] <= 0.1


@pytest.mark.parametrize("noise", [0, 1e-8, 1.0, 1e6])
def test_accurate_solve_wins_back_what_qr_loses_to_conditioning(noise):
    t = np.linspace(-9, -3, 30)
    A = t[:, None] ** np.arange(8)  # condition number 10⁷, once its columns are scaled
    b = np.sin(t) + noise * np.random.default_rng(0).standard_normal(30)
    true = exact_solution(A, b)
    assert digits(accurate_solve(A, b), true) >= 15.9
    assert digits(qr_solve(A, b), true) <= 13


def test_accurate_solve_with_a_condition_number_of_1e13():
    i = np.arange(10.0)
    H = 1 / (i[:, None] + i + 1)
    b = np.random.default_rng(0).standard_normal(10)
    true = exact_solution(H, b)
    assert digits(accurate_solve(H, b), true) >= 15.9
    assert digits(qr_solve(H, b), true) <= 6


def test_accurate_solve_finds_small_entries_beside_large_ones():
    # With x rounded to doubles after each correction, half of these lose more than 0.3 digits.
    reached = []
    for seed in range(30):
        A = np.random.default_rng(seed).standard_normal((6, 3))
        A[:, 2] = A[:, 0] + A[:, 1] + 1e-12 * A[:, 2]
        b = A @ [1, 1e-6, 1]
        reached.append(digits(accurate_solve(A, b), exact_solution(A, b)))
    assert np.median(reached) >= 15.9
    assert min(reached) >= 14.5


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
    np.testing.assert_allclose(result.x, np.linalg.pinv(A) @ b, atol=1e-7)
    assert result.fun == pytest.approx(0.5 * norm(A @ result.x - b) ** 2, rel=1e-12)
    assert result.path.shape == (result.n_iter + 1, shape[1])
    np.testing.assert_array_equal(result.path[-1], result.x)
    # It stops at the first iterate that is good enough.
    if result.n_iter > 0:
        x = result.path[-2]
        assert norm(A.T @ A @ x - A.T @ b) > 1e-11 * norm(A.T @ b)


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


def test_refinement_that_does_not_contract_is_no_solution(monkeypatch):
    i = np.arange(16.0)
    H = 1 / (i[:, None] + i + 1)
    b = np.random.default_rng(0).standard_normal(16)
    with pytest.raises(ValueError, match="A must have full column rank"):
        accurate_solve(H, b)
    # Even if the check at the door let it pass.
    monkeypatch.setattr(least_squares, "_require_full_column_rank", lambda A: None)
    with pytest.raises(ValueError, match="A must have full column rank"):
        accurate_solve(H, b)


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


@pytest.mark.parametrize("solve", [gradient_descent, normal_equations, norm_constrained])
@pytest.mark.parametrize("scale", [1e60, 1e-60])
def test_squares_out_of_range_are_refused(solve, scale):
    A, b = system(4, 2)
    with pytest.raises(ValueError, match="A must be rescaled"):
        solve(A * scale, b)
    with pytest.raises(ValueError, match="b must be rescaled"):
        solve(A, b * scale)


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
        ({"x0": np.ones(2) * 1e80}, "x0 must be rescaled"),
    ]:
        with pytest.raises(ValueError, match=message):
            gradient_descent(A, b, **options)
    with pytest.raises(ValueError, match=r"lam must not be negative; it is -1"):
        regularized_solve(A, b, -1)
    with pytest.raises(ValueError, match="lam must be finite"):
        regularized_solve(A, b, np.inf)
    with pytest.raises(ValueError, match="rcond must not be negative"):
        pseudoinverse_solve(A, b, rcond=-1e-3)

"""What the text of the least-squares chapter claims, and neither a cell nor a figure shows."""

from itertools import combinations

import numpy as np
import pytest
from numpy.linalg import norm, qr, solve

from companion._shared.blocks import reduce_blocks
from companion.datasets import load
from companion.digits import digits_left
from companion.least_squares import (
    accurate_solve,
    gradient_descent,
    norm_constrained,
    normal_equations,
    pseudoinverse_solve,
    qr_solve,
    regularized_solve,
    tsqr,
)
from companion.problems.maps import two_link_arm

A = np.column_stack([np.ones(4), np.arange(4.0)])
B = np.array([1.0, 3.0, 2.0, 5.0])


def x_of(lam):
    return solve(A.T @ A + 2 * lam * np.eye(2), A.T @ B)


def test_the_normal_equations_of_the_four_points_are_two_for_two_unknowns():
    np.testing.assert_array_equal(A.T @ A, [[4, 6], [6, 14]])
    np.testing.assert_array_equal(A.T @ B, [11, 22])
    np.testing.assert_allclose(solve(A.T @ A, A.T @ B), [1.1, 1.1])


def test_what_a_line_misses_is_what_the_best_misses_and_how_far_it_is_from_that():
    best, other = x_of(0.0), np.array([4.0, 0.0])
    sides = norm(A @ other - B) ** 2, norm(A @ best - B) ** 2, norm(A @ (other - best)) ** 2
    np.testing.assert_allclose(sides, [15, 2.7, 12.3])


def test_a_leash_shortens_each_singular_direction_and_not_each_coefficient():
    _, _, V = np.linalg.svd(A)
    parts = np.array([V @ x_of(lam) for lam in np.linspace(0, 20, 41)])
    assert (np.diff(np.abs(parts), axis=0) < 0).all()
    free, leashed = x_of(0.0), x_of(0.7)
    assert leashed[1] > free[1]  # 1.10 to 1.12
    np.testing.assert_allclose([free[1], leashed[1]], [1.10, 1.12], atol=0.005)


def test_near_the_end_a_climb_multiplies_its_error_by_its_step_times_the_steepness():
    end = norm_constrained(A, B)
    slope = -2 * solve(A.T @ A + 2 * end.lam * np.eye(2), end.x)
    limit = -1 / (end.x @ slope)
    assert limit == pytest.approx(12.2, abs=0.05)
    for step in (1.0, limit / 2, 0.99 * limit, 1.01 * limit):
        off = 1e-5
        x = x_of(end.lam + off)
        left = (off + step * (x @ x - 1)) / off
        assert left == pytest.approx(1 - 2 * step / limit, abs=1e-4)


@pytest.mark.parametrize("seed", range(10))
def test_the_factors_of_A_correct_both_unknowns_of_the_augmented_equations(seed):
    rng = np.random.default_rng(seed)
    A, p, q = (rng.standard_normal(size) for size in ((6, 3), 6, 3))
    Q, R = qr(A)
    dx = solve(R, Q.T @ p - solve(R.T, q))
    dr = p - A @ dx
    np.testing.assert_allclose(A.T @ dr, q, atol=1e-10)


def test_stopping_early_risks_at_most_1_69_times_the_penalty_and_the_penalty_has_no_such_bound():
    s = np.geomspace(1e-6, 1e3, 100_001)  # σ²/(2λ) = kεσ²
    of_noise = ((1 - np.exp(-s)) / (s / (1 + s))) ** 2
    of_signal = (np.exp(-s) * (1 + s)) ** 2
    assert 1.68 < of_noise.max() < 1.69
    assert of_signal.max() <= 1
    assert 1 / of_signal[s < 10].min() > 1e6


def test_neighbouring_months_are_much_alike_and_distant_ones_are_not():
    months = np.corrcoef(load("el_nino").X[:35, :10].T)
    neighbours = np.diag(months, 1)
    assert (neighbours.min().round(2), neighbours.max().round(2)) == (0.76, 0.97)
    assert months[0, 9] == pytest.approx(0.31, abs=0.005)


def test_lambda_of_a_leash_may_be_tiny_beside_its_first_interval():
    valley, target = np.diag([1, 1e-5]), np.array([1.0, 1e-5])
    lam = norm_constrained(valley, target, 0.99 * norm(regularized_solve(valley, target, 0.0))).lam
    assert lam < 1e-11 * norm(valley.T @ target)


@pytest.mark.parametrize("lam", [0.01, 0.7, 20.0])
def test_no_direction_of_a_leashed_fit_errs_by_more_than_a_bound_that_knows_lambda_alone(lam):
    A = np.diag(np.append(np.geomspace(1e-4, 1e3, 200), np.sqrt(2 * lam)))
    errors = norm(solve(A.T @ A + 2 * lam * np.eye(201), A.T), axis=1)  # of τ = 1
    assert errors.max() == pytest.approx(1 / np.sqrt(8 * lam), rel=1e-12)


@pytest.mark.parametrize("K", [1, 2, 3, 7, 8, 9, 400])
def test_of_K_blocks_a_row_goes_through_the_logarithm_of_K_joins(K):
    joins = reduce_blocks(lambda k, block: 0, lambda a, b: max(a, b) + 1, range(K))
    assert joins == np.ceil(np.log2(K))


def test_a_triangle_of_two_costs_ten_thirds_of_n_cubed():
    """LAPACK's count for m × n, 2n²(m − n/3), at m = 2n."""
    for n in (3, 50):
        assert 2 * n**2 * (2 * n - n / 3) == pytest.approx(10 / 3 * n**3)


def test_the_weakest_direction_of_two_million_rows_is_known_to_plus_minus_seven():
    m, kappa = 2_000_000, 1e4
    assert kappa / np.sqrt(m) == pytest.approx(7, abs=0.1)
    assert 1 / np.sqrt(m) == pytest.approx(0.0007, abs=5e-5)  # and the strongest


@pytest.mark.parametrize("c", [1, 4])
def test_two_squared_normals_exceed_c_with_probability_e_to_minus_half_c(c):
    one, two = np.random.default_rng(0).standard_normal((2, 200_000))
    assert np.mean(one**2 + two**2 > c) == pytest.approx(np.exp(-c / 2), abs=0.005)
    assert np.mean(abs(one) < 1) == pytest.approx(0.68, abs=0.01)


def test_columns_can_be_left_out_of_a_triangle():
    rng = np.random.default_rng(0)
    A, b = rng.standard_normal((40, 4)), rng.standard_normal(40)
    tall, kept = tsqr([(A[:9], b[:9]), (A[9:], b[9:])]), [0, 1, 3]
    x, y = qr_solve(A[:, kept], b), qr_solve(tall.R[:, kept], tall.c)
    np.testing.assert_allclose(x, y, atol=1e-13)


def test_least_sizes_cost_a_quarter_more_where_the_noise_is_gaussian():
    """For the mean and the median of many readings, the simplest fits of the two kinds."""
    readings = np.random.default_rng(0).standard_normal((4000, 401))
    ratio = np.median(readings, axis=1).std() / readings.mean(axis=1).std()
    assert np.sqrt(np.pi / 2) == pytest.approx(1.25, abs=0.005)
    assert ratio == pytest.approx(np.sqrt(np.pi / 2), rel=0.04)


def scaled(data):
    """The condition number with columns of length 1, and the parts of x in Ax, of length 1."""
    size = norm(data.A, axis=0)
    parts = size * data.certified.x
    return np.linalg.cond(data.A / size), parts / norm(parts)


def test_digits_are_lost_of_x_as_a_whole_and_more_of_a_part_that_is_small():
    kappa, parts = scaled(load("norris"))
    assert abs(parts[0]) == pytest.approx(1 / 2000, rel=0.05)
    assert 3 < -np.log10(abs(parts[0])) < 3.5
    for name in ("norris", "wampler1", "wampler2"):  # the residual is small or zero
        data = load(name)
        kappa, parts = scaled(data)
        for way, loss in ((qr_solve, kappa), (normal_equations, kappa**2)):
            off = parts * (way(data.A, data.y) / data.certified.x - 1)
            assert norm(off) <= 10.0 ** -digits_left(10 * loss), (name, way)


def test_the_wampler_sets_have_one_matrix_and_growing_residuals():
    sets = [load(f"wampler{k}") for k in range(1, 6)]
    shares = [norm(d.A @ d.certified.x - d.y) / norm(d.y) for d in sets]
    assert all((d.A == sets[0].A).all() for d in sets)
    assert sets[0].A.shape[1] == 6
    assert load("norris").A.shape[1] == 2
    np.testing.assert_allclose(shares, [0, 0, 0.002, 0.17, 1.0], rtol=0.13, atol=1e-15)


def lines_through_two(t, b):
    """The sums of the sizes of their residuals, and the lines. One of them has the least sum."""
    i, j = np.transpose(list(combinations(range(len(t)), 2)))
    slopes = (b[j] - b[i]) / (t[j] - t[i])
    lines = np.column_stack([b[i] - slopes * t[i], slopes])
    sums = np.abs(lines[:, :1] + lines[:, 1:] * t - b).sum(axis=1)
    order = sums.argsort()
    return sums[order], lines[order]


@pytest.mark.parametrize("error", [0, 30, 1000])
def test_the_line_of_least_sizes_is_one_and_stays_however_far_a_reading_is_raised(error):
    t = np.arange(21.0)
    b = 1 + t + np.random.default_rng(3).standard_normal(21)
    sums, lines = lines_through_two(t, b)
    assert b[20] > lines[0] @ [1, 20]  # the last lies above it
    sums, lines = lines_through_two(t, b + error * (t == 20))
    np.testing.assert_allclose(lines[0], [0.480, 1.017], atol=5e-4)
    assert sums[1] > sums[0] + 0.005  # no other corner is as low, so no other line


@pytest.mark.parametrize("kappa", [3, 10, 30, 100])
def test_the_steps_of_the_valley_are_counted_to_four_digits_of_x(kappa):
    valley, x = np.diag([1, 1 / kappa]), np.array([1.0, kappa**2])
    run = gradient_descent(valley, valley @ x, tol=1e-4)
    assert 0.5e-4 < norm(run.x - x) / norm(x) <= 1e-4
    assert norm(run.path[-2] - x) / norm(x) > norm(run.x - x) / norm(x)


def test_where_the_arm_rests_no_joint_moves_the_hand_along_the_gap():
    hand, cup = two_link_arm(), np.array([2.0, 1.0])
    theta = np.array([np.arctan2(1, 2), 0.0])
    np.testing.assert_allclose(hand(theta), 2 * cup / norm(cup))
    np.testing.assert_allclose(hand.jac(theta).T @ (cup - hand(theta)), 0, atol=1e-14)


def test_each_name_of_the_leash_has_its_own_parameter():
    """PyTorch's decay ν beside the mean of squares, and τ, ω of the likeliest x."""
    lam, m, tau = 0.7, 4, 1.3
    x = x_of(lam)
    squares, decay = A.T @ (A @ x - B), 4 * lam / m
    np.testing.assert_allclose(2 / m * squares + decay * x, 0, atol=1e-14)
    omega = tau / np.sqrt(2 * lam)
    np.testing.assert_allclose(squares / tau**2 + x / omega**2, 0, atol=1e-14)


def test_squaring_costs_four_digits_of_longley():
    data = load("longley")
    right = {}
    for way in (normal_equations, qr_solve, pseudoinverse_solve):
        right[way] = -np.log10(np.abs(way(data.A, data.y) / data.certified.x - 1).max())
    assert right[normal_equations] == pytest.approx(7, abs=1.5)
    assert right[qr_solve] == pytest.approx(11, abs=1)
    assert right[pseudoinverse_solve] == pytest.approx(11, abs=1)


def test_of_longley_the_normal_equations_and_the_accurate_way_share_some_seven_digits():
    data = load("longley")
    loose, tight = normal_equations(data.A, data.y), accurate_solve(data.A, data.y)
    assert -np.log10(np.abs(loose / tight - 1).max()) == pytest.approx(7, abs=1.5)
    low, lower = norm(data.A @ loose - data.y), norm(data.A @ tight - data.y)
    assert abs(low / lower - 1) < 1e-10


def test_the_residual_is_the_noise_less_its_shadow_and_leverages_add_up_to_n():
    P = A @ np.linalg.inv(A.T @ A) @ A.T
    e = np.random.default_rng(0).standard_normal(4)
    b = A @ [1.0, 1.0] + e
    np.testing.assert_allclose(A @ qr_solve(A, b) - b, (P - np.eye(4)) @ e, atol=1e-13)
    np.testing.assert_allclose((np.eye(4) - P) @ (np.eye(4) - P), np.eye(4) - P, atol=1e-14)
    assert np.trace(P) == pytest.approx(2)


def test_the_shortest_of_a_plane_and_where_descent_ends_in_it():
    row, nine = np.array([[1.0, 2.0, 2.0]]), np.array([9.0])
    np.testing.assert_allclose(pseudoinverse_solve(row, nine), [1, 2, 2])
    run = gradient_descent(row, nine, x0=[1, 0, 0])
    np.testing.assert_allclose(run.x, [1 + 8 / 9, 16 / 9, 16 / 9])


def test_of_the_steps_of_the_arm_eleven_are_kept_and_thirteen_halve_the_radius():
    assert 0.5 / 2**12 > 1e-4 >= 0.5 / 2**13
    hand, cup = two_link_arm(), np.array([2.0, 1.0])
    theta, Delta, kept = np.array([0.3, 0.5]), 0.5, 0
    while Delta > 1e-4:
        d = norm_constrained(hand.jac(theta), cup - hand(theta), Delta).x
        if norm(cup - hand(theta + d)) < norm(cup - hand(theta)):
            theta, kept = theta + d, kept + 1
        else:
            Delta = Delta / 2
    assert kept == 11


def test_twice_the_price_leaves_more_than_half_of_each_term():
    sigma, lam = np.meshgrid(np.geomspace(1e-3, 1e3, 61), np.geomspace(1e-3, 1e3, 61))
    assert (sigma / (sigma**2 + 4 * lam) > 0.5 * sigma / (sigma**2 + 2 * lam)).all()
    assert norm_constrained(A, 2 * B).lam > 2 * norm_constrained(A, B).lam


def test_the_residual_of_wampler5_is_eighteen_times_as_long_as_ax():
    data = load("wampler5")
    fitted = data.A @ data.certified.x
    assert norm(data.y - fitted) / norm(fitted) == pytest.approx(18, abs=0.5)

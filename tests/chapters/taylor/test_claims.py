"""What the text of the Taylor chapter claims, and neither a cell nor a figure shows."""

from collections import Counter

import numpy as np
import pytest
from solutions import defined

from companion.datasets import load
from companion.descent import gradient_descent, newton
from companion.problems import bowl, rosenbrock

# Momentum


def roots(step, beta):
    """Those of r² − (1 + β − ελ) r + β, for ελ = step."""
    return np.roots([1, -(1 + beta - step), beta])


def factor(step, beta):
    half = (1 + beta - step) / 2
    root = np.sqrt(half**2 - beta + 0j)
    return np.maximum(abs(half + root), abs(half - root))


@pytest.mark.parametrize("beta", [0.1, 0.49, 0.9])
def test_a_direction_creeps_left_of_the_window_swings_inside_and_jumps_right_of_it(beta):
    low, high = (1 - np.sqrt(beta)) ** 2, (1 + np.sqrt(beta)) ** 2
    bound = 2 * (1 + beta)
    for step in np.linspace(0, low, 12)[1:-1]:
        assert (roots(step, beta) > 0).all()  # and real
    for step in np.linspace(low, high, 12)[1:-1]:
        assert (roots(step, beta).imag != 0).all()
    for step in np.linspace(high, bound, 12)[1:-1]:
        assert (roots(step, beta) < 0).all()
        assert np.sqrt(beta) < factor(step, beta) < 1
    assert factor(1.001 * bound, beta) > 1


@pytest.mark.parametrize("kappa", [25, 333, 1e4])
@pytest.mark.parametrize("beta", [0, 0.3, 0.9, 0.99])
def test_the_best_step_with_momentum_is_a_little_less_than_where_the_run_blows_up(kappa, beta):
    share = np.linspace(0, 1, 200_001)[1:]  # of 2(1 + β)/λ_max
    step = share * 2 * (1 + beta)
    factors = np.maximum(factor(step, beta), factor(step / kappa, beta))
    low, high = (1 - np.sqrt(beta)) ** 2, (1 + np.sqrt(beta)) ** 2
    if high < kappa * low:  # the bar does not fit
        assert share[factors.argmin()] == pytest.approx(kappa / (kappa + 1), abs=1e-5)
    else:
        best = step[factors <= np.sqrt(beta) * (1 + 1e-9)]
        assert (best[0], best[-1]) == pytest.approx((kappa * low, high), rel=1e-3, abs=2e-5)


def test_with_beta_0_9_the_window_ends_at_99_9_percent_of_the_bound():
    share = (1 + np.sqrt(0.9)) ** 2 / (2 * (1 + 0.9))
    assert f"{share:.1%}" == "99.9%"


def test_half_the_step_inside_the_window_leaves_the_factor_and_a_smaller_beta_lowers_it():
    window = (1 - 0.81**0.5) ** 2, (1 + 0.81**0.5) ** 2
    assert window == pytest.approx((0.01, 3.61))
    for share in (1, 0.5):
        steps = share * np.linspace(0.05, 1, 50)
        np.testing.assert_allclose(factor(steps, 0.81), 0.9)
        assert factor(steps, 0.72).max() < 0.9
    assert factor(0.002, 0.81) < factor(0.001, 0.81)  # left of it, half the step is slower


# Noise


def test_a_layer_does_two_operations_with_each_weight_for_each_row_of_a_batch():
    done = Counter()

    class Number:
        def __mul__(self, other):
            done["times"] += 1
            return self

        def __add__(self, other):
            done["plus"] += 1
            return self

    def objects(*shape):
        return np.array([Number() for _ in range(np.prod(shape))]).reshape(shape)

    W, bias = objects(3, 4), objects(3, 1)
    for rows, operations in ((1, 2), (64, 128)):
        done.clear()
        W @ objects(4, rows) + bias
        assert done.total() / W.size == pytest.approx(operations)


@pytest.fixture(scope="module")
def falls():
    """f(wₖ) − f* of noisy steps, averaged about a hundred passes, for some seeds; the floor of an
    ε; the steps of a hundred passes. Rows, loss and batches are those of the page, with seed 0.
    """
    data, nu, size = load("breast_cancer"), 0.1, 16
    X = (data.X - data.X.mean(axis=0)) / data.X.std(axis=0)
    A, s = np.hstack([np.ones((len(X), 1)), X]), 2 * data.y - 1
    m, j = len(A), 100 * len(A) // size

    def f(w):
        return np.logaddexp(0, -s * (w @ A.T)).mean(axis=-1) + nu / 2 * (w**2).sum(axis=-1)

    def pulls(w, rows):
        """The gradients of these rows, without weight decay; for each w its own."""
        z = s[rows] * np.einsum("...ij,...j->...i", A[rows], w)
        return -A[rows] * (s[rows] / (1 + np.exp(z)))[..., None]

    def grad(w):
        return pulls(w, np.arange(m)).mean(axis=0) + nu * w

    best = gradient_descent(f, grad, np.zeros(31), "armijo", tol=1e-10)
    trace = pulls(best.x, np.arange(m)).var(axis=0).sum()

    def fall(steps, seeds=1):
        draws = [np.random.default_rng(seed) for seed in range(seeds)]
        w, gaps = np.zeros((seeds, 31)), []
        for k, eps in enumerate(steps(np.arange(j + j // 4))):
            if k >= j - j // 4:
                gaps.append(f(w) - best.fun)
            rows = np.array([rng.integers(m, size=size) for rng in draws])
            w = w - eps * (pulls(w, rows).mean(axis=1) + nu * w)
        return np.mean(gaps, axis=0)

    return fall, lambda eps: eps / 4 * trace / size, j


def test_a_schedule_too_steep_for_the_curvature_ends_18_times_as_high(falls):
    fall, _, _ = falls
    steep, schedule = (fall(lambda k, K=K: 0.4 / (1 + k / K))[0] for K in (2.5, 50))
    assert f"{steep:.1e}" == "8.7e-04"
    assert steep / schedule == pytest.approx(18, abs=0.5)


def test_steps_like_one_over_the_root_follow_the_floor_of_the_step_reached(falls):
    fall, floor, j = falls
    root = fall(lambda k: 0.4 / np.sqrt(1 + k), seeds=12)
    assert f"{floor(0.4 / np.sqrt(1 + j)):.1e}" == "5.8e-05"
    assert f"{root[0]:.1e}" == "5.7e-05"
    assert f"{root.mean():.1e}" == "6.5e-05"


def test_the_schedule_is_half_after_50_steps_and_its_square_stops_on_the_way():
    k = np.arange(10**7)
    step = 0.4 / (1 + k / 50)
    np.testing.assert_allclose(step[[50, 450]], [0.2, 0.04])
    square = 0.4 * (step / 0.4) ** 2
    assert f"{square.sum():.0f}" == "20"
    kept = np.prod(1 - 0.1 * square)  # of a direction of curvature ν
    assert f"{kept:.0%}" == "13%"
    assert kept == pytest.approx(np.exp(-2), rel=0.05)


def test_a_long_step_is_on_its_floor_after_some_20_steps_and_a_short_one_after_a_hundred():
    page, arrivals = defined("taylor/schedule"), []
    for seed in range(12):
        for eps in (0.4, 0.1):
            rng, path = np.random.default_rng(seed), [np.zeros(31)]
            for _ in range(3000):
                rows = rng.integers(page["m"], size=16)
                path.append(path[-1] - eps * page["grad"](path[-1], rows))
            gap = page["f"](np.array(path)) - page["f_best"]
            arrivals.append(np.argmax(gap <= gap[1000:].mean()))
    long, short = np.median(np.reshape(arrivals, (12, 2)), axis=0)
    assert 15 < long < 25
    assert 80 < short < 120


# Newton's step


def test_the_best_step_each_time_arrives_after_some_6800_and_the_line_search_after_hundreds():
    p, options = rosenbrock(), {"tol": 1e-6, "max_iter": 20_000}
    counts = {}
    for epsilon in ("optimal", "armijo"):
        run = gradient_descent(p, p.grad, p.x0, epsilon, hvp=lambda x, v: p.hess(x) @ v, **options)
        assert run.status.name == "CONVERGED"
        counts[epsilon] = run.n_iter
    assert counts["optimal"] == pytest.approx(6800, rel=0.02)
    assert 100 < counts["armijo"] < 500  # its rounding counts: 180 to 250


# Between descent and Newton


@pytest.fixture(scope="module")
def columns():
    """A 1 and the raw columns of the breast masses; their signs; the same standardized."""
    data = load("breast_cancer")
    ones = np.ones((len(data.y), 1))
    scaled = (data.X - data.X.mean(axis=0)) / data.X.std(axis=0)
    return np.hstack([ones, data.X]), 2 * data.y - 1, np.hstack([ones, scaled])


def test_adam_divides_by_c_what_the_hessian_has_squared(columns):
    raw, sign, _ = columns

    def at_zero(A):
        """g and diag H of the logistic loss at w = 0."""
        return -(A.T @ sign) / 2 / len(A), (A**2).mean(axis=0) / 4

    c = np.ones(31)
    c[7] = 1000
    (g, h), (other_g, other_h) = at_zero(raw), at_zero(raw * c)
    np.testing.assert_allclose(other_g, c * g)
    np.testing.assert_allclose(other_h, c**2 * h)
    assert np.abs(g).max() / np.abs(g).min() > 1e5  # orders of magnitude


def test_half_of_the_units_goes_with_1_over_c_and_the_mean_with_standardizing_alone(columns):
    raw, _, scaled = columns
    c = np.sqrt((raw**2).mean(axis=0))
    kappa = [np.linalg.cond(A.T @ A) for A in (raw, raw / np.sqrt(c), raw / c, scaled)]
    np.testing.assert_allclose(kappa, [2.4e12, 4.9e7, 3.3e6, 1.0e5], rtol=0.05)


def steps_to_a_tenth(path):
    return np.argmax(np.linalg.norm(path, axis=1) < 0.1)


@pytest.mark.parametrize(("degrees", "slow", "quick"), [(0, 61, 49), (45, 692, 127)])
def test_adam_creeps_across_the_axes_as_it_remembers_the_way_down(degrees, slow, quick):
    adam, p = defined("taylor/scalings")["adam"], bowl([1, 100], angle=np.radians(degrees))
    turn = (1 + 0.6j) * np.exp(1j * np.radians(degrees))
    start = np.array([turn.real, turn.imag])
    assert steps_to_a_tenth(adam(p.grad, start, 0.02, 800)) == slow
    assert steps_to_a_tenth(adam(p.grad, start, 0.02, 800, beta_2=0.9)) == quick
    descent = gradient_descent(p, p.grad, start, 2 / 101, max_iter=800)
    assert steps_to_a_tenth(descent.path) == 123


def test_told_the_curvatures_at_the_minimum_momentum_needs_no_more_steps_than_bfgs():
    page = defined("taylor/bfgs")
    f, grad, start = page["f"], page["grad"], np.zeros(31)
    best = newton(f, grad, page["hess"], start)
    H = page["hess"](best.x)
    low, high = np.sqrt(np.linalg.eigvalsh(H)[[0, -1]])
    step, beta = (2 / (low + high)) ** 2, ((high - low) / (high + low)) ** 2
    run = gradient_descent(f, grad, start, step, momentum=beta, max_iter=300)
    assert 1 + np.flatnonzero([f(w) - best.fun > 1e-6 for w in run.path])[-1] == 31
    root = np.diag(np.diag(H) ** -0.5)
    assert [round(np.linalg.cond(K)) for K in (H, root @ H @ root)] == [22, 25]

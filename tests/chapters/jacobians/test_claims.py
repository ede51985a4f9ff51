"""What the Jacobians chapter says and no cell of it shows."""

import re

import numpy as np
import pytest
from solutions import BOOK, cells

from companion.jacobians import METHODS, check_gradient, gradient, vjp
from companion.problems.maps import two_link_arm


def prose(page):
    """The text of a page of the chapter."""
    found = cells(BOOK / f"jacobians/{page}.ipynb", "markdown")
    return "\n".join(cell["source"] for cell in found)


def test_a_slope_takes_less_than_a_hundred_values_and_a_comparison_ten_a_component():
    def values(n):
        points = []

        def f(x):
            points.append(x)
            return np.sum(np.exp(x) - x)

        assert check_gradient(f, lambda x: np.exp(x) - 1, np.linspace(0.1, 1, n)).passed
        return len(points)

    few, many = values(20), values(100)
    each = (many - few) / 80
    assert 8 <= each <= 12
    assert few - 20 * each < 100


@pytest.mark.parametrize(("error", "passed"), [(5e-6, True), (5e-5, False)])
def test_an_error_below_a_hundred_thousandth_passes_with_a_slope_of_1(error, passed):
    names = {"np": np}
    for cell in cells(BOOK / "jacobians/gradient_check.ipynb")[1:3]:
        exec(cell["source"], names)
    z = np.array([0.5, -1.0, 0.2, 2.0, -0.3])
    report = check_gradient(names["loss"], lambda x: (1 + error) * names["grad"](x), z)
    assert report.passed == passed
    assert f"{report.slope:.2f}" == "1.00"


@pytest.mark.parametrize("method", ["forward-mode", "reverse-mode"])
def test_of_two_branches_both_modes_see_the_one_that_ran(method):
    def square(x):
        return 0 * x[0] + 4 if x[0] == 2 else x[0] ** 2

    assert square(np.array([2.0])) == 4
    np.testing.assert_array_equal(gradient(square, np.array([2.0]), method), [0])
    np.testing.assert_allclose(gradient(square, np.array([2.5]), method), [5])


def test_two_rows_through_sixty_random_layers_come_out_alike():
    rng = np.random.default_rng(0)
    angles = []
    for _ in range(50):
        rows = rng.standard_normal((2, 16))
        for W in rng.standard_normal((60, 16, 16)) / 4:
            rows = rows @ W
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        angles.append(abs(rows[0] @ rows[1]))
    assert np.median(angles) > 0.95


@pytest.mark.parametrize(("above", "slope"), [(np.greater, -1), (np.greater_equal, 1)])
def test_which_branch_ran_at_the_kink_decides_what_reverse_mode_says(above, slope):
    def size(x):
        return np.where(above(x[0], 0), x[0], -x[0])

    np.testing.assert_array_equal(gradient(size, np.zeros(1), "reverse-mode"), [slope])


def relu(z):
    return np.maximum(z, 0)


def test_bare_differences_of_the_relu_at_0_answer_1_and_a_half_where_all_methods_say_kink():
    for h in (1e-2, 1e-6, 1e-10):
        assert (relu(h) - relu(0)) / h == 1
        assert (relu(h) - relu(-h)) / (2 * h) == 1 / 2
    for method in METHODS:
        with pytest.raises(ValueError, match="kink"):
            gradient(lambda x: relu(x[0]), np.zeros(1), method)


def two_layers(rng):
    """Those of the page: their gradients by W1 and W2."""
    X, Y = rng.standard_normal((64, 20)), np.eye(5)[rng.integers(5, size=64)]

    def gradients(W1, W2):
        A = np.tanh(X @ W1)
        E = np.exp(A @ W2)
        Z_bar = (E / E.sum(axis=1, keepdims=True) - Y) / 64
        return X.T @ (Z_bar @ W2.T * (1 - A**2)), A.T @ Z_bar

    return gradients


def test_from_weights_of_zero_training_never_moves():
    by_W1, by_W2 = two_layers(np.random.default_rng(0))(np.zeros((20, 12)), np.zeros((12, 5)))
    assert not by_W1.any()
    assert not by_W2.any()


def test_two_hidden_units_that_start_alike_stay_alike():
    rng = np.random.default_rng(0)
    gradients = two_layers(rng)
    W1, W2 = rng.standard_normal((20, 12)) / 4, rng.standard_normal((12, 5)) / 4
    W1[:, 1], W2[1] = W1[:, 0], W2[0]
    start = W1[:, 0].copy()
    for _ in range(200):
        by_W1, by_W2 = gradients(W1, W2)
        W1, W2 = W1 - by_W1 / 2, W2 - by_W2 / 2
    assert np.linalg.norm(W1[:, 0] - start) > 0.5
    np.testing.assert_allclose(W1[:, 1], W1[:, 0], atol=1e-6)
    np.testing.assert_allclose(W2[1], W2[0], atol=1e-6)


def test_weights_of_variance_1_over_m_leave_last_width_over_first_however_deep():
    rng = np.random.default_rng(0)
    widths = rng.integers(20, 80, 41)
    widths[[0, -1]] = 20, 60
    gains = []
    for _ in range(300):
        row = rng.standard_normal(60)
        before = np.mean(row**2)
        for m, n in zip(widths[-2::-1], widths[:0:-1], strict=True):
            row = row @ (rng.standard_normal((n, m)) / np.sqrt(m))
        gains.append(np.mean(row**2) / before)
    error = np.std(gains) / np.sqrt(300)
    assert abs(np.mean(gains) - 60 / 20) < 4 * error < 2


def test_a_sigmoid_takes_fifteen_sixteenths_of_the_mean_square_or_more():
    rng = np.random.default_rng(0)
    z, w = rng.standard_normal((2, 1000)) / 100
    row = vjp(lambda z: 1 / (1 + np.exp(-z)), z, w)
    assert 0.999 / 16 < np.sum(row**2) / np.sum(w**2) < 1 / 16  # near 0, where it is steepest
    row = vjp(lambda z: 1 / (1 + np.exp(-z)), 300 * z, w)
    assert np.sum(row**2) / np.sum(w**2) < 0.5 / 16


def test_near_the_cup_a_wrong_entry_leaves_a_two_hundredth_of_the_gap():
    hand, cup = two_link_arm(), np.array([0.5, 1.4])
    for entry in np.eye(4).reshape(4, 2, 2):
        theta, gaps = np.array([0.0, 1.2]), []
        for _ in range(7):
            gap = cup - hand(theta)
            gaps.append(np.linalg.norm(gap))
            theta = theta + np.linalg.solve(hand.jac(theta) * (1 + 0.01 * entry), gap)
        assert gaps[-1] / gaps[-2] == pytest.approx(1 / 200, rel=0.1)


def test_the_step_of_the_solution_is_lost_beside_what_it_says_and_not_before():
    (told,) = re.findall(r"try it at \$x = 10\^{(\d+)}\$", prose("solutions"))
    x = 10.0 ** int(told)
    assert x + 1e-5 == x == x - 1e-5
    assert 1e10 + 1e-5 > 1e10


def test_each_exercise_names_its_page():
    pages = re.findall(r"^\| \[(.+?)\]\((\w+)\.ipynb\)", prose("index"), re.MULTILINE)
    named = re.findall(
        r"^From the page \[(.+?)\]\((\w+)\.ipynb\)", prose("exercises"), re.MULTILINE
    )
    assert len(named) == prose("exercises").count("{exercise}")
    assert {name for _, name in named} <= {name for _, name in pages}


def test_most_deep_chains_end_below_the_root_of_the_mean_square():
    # A row of Gaussian weights makes of each layer an independent share χ²₆₄ / 64 of the square.
    rng = np.random.default_rng(0)
    squares = (rng.chisquare(64, size=(10_000, 60)) / 64).prod(axis=1)
    assert squares.mean() == pytest.approx(1, abs=0.1)
    assert 0.7 < (squares < 1).mean() < 0.8

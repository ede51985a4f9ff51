"""What the Jacobians chapter says and no cell of it shows."""

import numpy as np
import pytest

from companion.jacobians import check_gradient, gradient


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

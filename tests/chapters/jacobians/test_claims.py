"""What the Jacobians chapter says and no cell of it shows."""

import numpy as np

from companion.jacobians import check_gradient


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

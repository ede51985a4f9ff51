"""What the text of the chapter on constraints claims, and neither a cell nor a figure shows."""

import numpy as np
import pytest
import scipy.optimize

from companion.constrained import (
    kkt_residuals,
    minimize_constrained,
    project_ball,
    projected_gradient,
)
from companion.problems import ConstrainedProblem, bowl

ANCHORS = np.array([[-1.0, 1], [0, 1], [1, 1]])
LENGTH = np.linalg.norm(ANCHORS, axis=1)
LOAD = 100 / np.sqrt(2) * np.array([1.0, -1.0])


def displacement(x):
    B = (ANCHORS / LENGTH[:, None]).T
    return np.linalg.solve((B * (21 * x[[0, 1, 0]] / LENGTH)) @ B.T, LOAD)


def limits(x):
    d = displacement(x)
    return np.abs([*(210 / LENGTH**2 * (ANCHORS @ d)), d[0]])


@pytest.fixture
def designs():
    return np.random.default_rng(0).uniform(0.5, 12, (1000, 2, 2))


def test_the_joint_moves_by_reciprocals_of_linear_functions(designs):
    for x, _ in designs[:50]:
        aside, down = displacement(x) / displacement(np.ones(2))
        assert aside == pytest.approx(1 / x[0])
        assert down == pytest.approx((1 + np.sqrt(2)) / (x[0] + np.sqrt(2) * x[1]))


def test_the_truss_is_a_convex_problem_once_a_row_that_never_binds_is_dropped(designs):
    for x, y in designs:
        middle, mean = limits((x + y) / 2), (limits(x) + limits(y)) / 2
        assert (middle <= mean * (1 + 1e-12))[[0, 1, 3]].all()
        assert limits(x)[2] <= limits(x)[0]


def test_a_solution_need_not_be_lowest_in_x_for_its_own_multiplier():
    # The example of the gap: (x² − 1)² subject to x = ½ has L'' = 12x² − 4 = −1 there.
    gap = ConstrainedProblem(
        lambda x: (x[0] ** 2 - 1) ** 2, lambda x: 4 * x * (x**2 - 1), eq=lambda x: x - 0.5
    )
    assert minimize_constrained(gap, [0.3]).x == pytest.approx(0.5)
    assert 12 * 0.5**2 - 4 == -1


def test_three_walls_of_the_plane_may_have_a_unique_set_of_multipliers_or_many():
    def others(normals, g):
        """The least and the largest of each μ ≥ 0 with Jᵀμ = −g."""
        J, sides = np.array(normals, float), []
        for c in [*np.eye(3), *-np.eye(3)]:
            end = scipy.optimize.linprog(c, A_eq=J.T, b_eq=-np.array(g), bounds=(0, None))
            sides.append(end.fun)
        return np.array(sides[:3]), -np.array(sides[3:])

    low, high = others([(1, 0), (0, 1), (1, 1)], [-1.0, 0.0])
    np.testing.assert_allclose(low, high, atol=1e-9)  # weight cannot be shifted
    low, high = others([(1, 0), (0, 1), (1, 1)], [-1.0, -1.0])
    np.testing.assert_allclose(high - low, 1, atol=1e-9)


def test_the_lowest_point_on_the_edge_of_a_square_may_be_flat():
    edge = ConstrainedProblem(
        lambda x: x[0] ** 2,
        lambda x: np.array([2 * x[0], 0.0]),
        ineq=lambda x: np.concatenate([-x, x - 1]),
    )
    # No critical point inside, and the gradient is zero all along the edge x₁ = 0.
    assert kkt_residuals(edge, [0.0, 0.5], None, np.zeros(4)).max == 0


@pytest.mark.parametrize("seed", range(20))
def test_projected_steps_below_two_over_the_largest_curvature_arrive(seed):
    rng = np.random.default_rng(seed)
    f = bowl([1, rng.uniform(1, 9)], angle=rng.uniform(0, 3), center=2 * rng.standard_normal(2))
    largest = np.linalg.eigvalsh(f.hess(np.zeros(2)))[-1]
    end = projected_gradient(f, f.grad, project_ball, rng.standard_normal(2), 1.9 / largest)
    assert end.converged


def test_on_the_circle_a_convex_function_has_two_valleys_in_whatever_variables():
    f = bowl([1, 4], angle=0, center=[0.5, 0.1])
    assert (np.linalg.eigvalsh(f.hess(np.zeros(2))) > 0).all()
    circle = ConstrainedProblem(f.f, f.grad, eq=lambda x: np.array([x @ x - 1]))
    ends = [minimize_constrained(circle, [side, 0.0]).fun for side in (1.0, -1.0)]
    np.testing.assert_allclose(ends, [0.1222, 1.1130], atol=1e-4)

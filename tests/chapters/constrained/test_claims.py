"""What the text of the chapter on constraints claims, and neither a cell nor a figure shows."""

import numpy as np
import pytest
import scipy.optimize
from solutions import defined

from companion.checks._exercises_constrained import EXERCISES
from companion.constrained import (
    kkt_residuals,
    minimize_constrained,
    project_ball,
    projected_gradient,
)
from companion.datasets import load
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


def test_the_tilted_well_has_its_other_valley_higher_than_the_wall():
    def f(x):
        return (x**2 - 1) ** 2 - x / 2

    x = np.linspace(-3, 0.5, 350_001)
    assert x[f(x).argmin()] == pytest.approx(0.5)
    assert f(0.5) == 0.3125
    left = x[x < 0]
    assert left[f(left).argmin()] == pytest.approx(-0.93, abs=0.005)
    assert f(left).min() == pytest.approx(0.48, abs=0.005)


def test_five_digits_cost_a_penalty_a_weight_of_two_hundred_thousand():
    # The fifth round of the augmented Lagrangian leaves a violation of 4.2e-6; a penalty's is μ/ρ.
    far, rho = bowl([1, 4], angle=0, center=[2.4, 0.9]), 2.4e5
    x = np.array([0.8, 0.6]) * (1 + 1 / rho / 2)  # to first order its lowest point's distance
    H = far.hess(x) + 2 * np.eye(2) + 4 * rho * np.outer(x, x)
    assert x @ x - 1 == pytest.approx(4.2e-6, rel=0.02)
    assert 1.5e5 < np.linalg.cond(H) < rho


@pytest.mark.parametrize("rho", [0.01, 1, 100])
def test_with_the_right_price_the_augmented_lagrangian_is_lowest_at_the_answer(rho):
    augmented = defined("constrained/method_of_multipliers")["augmented"]
    right, none = (
        minimize_constrained(augmented(mu, rho), np.zeros(2), tol=1e-10).x for mu in (1.0, 0.0)
    )
    np.testing.assert_allclose(right, [0.8, 0.6], atol=1e-7)
    assert none @ none > 1 + 0.5 * min(1, 1 / rho)  # and without a price it is not


@pytest.mark.parametrize(("rho", "exact"), [(0.9, False), (1.1, True)])
def test_a_penalty_with_a_kink_is_exact_once_its_weight_exceeds_the_price(rho, exact):
    far = bowl([1, 4], angle=0, center=[2.4, 0.9])  # the disc's price is 1
    grid = np.stack(np.meshgrid(np.linspace(0.5, 1.2, 701), np.linspace(0.3, 0.9, 601)))
    bent = far(grid) + rho * np.maximum(0, (grid**2).sum(axis=0) - 1)
    lowest = grid[:, *np.unravel_index(bent.argmin(), bent.shape)]
    assert (np.linalg.norm(lowest - [0.8, 0.6]) < 1e-9) == exact


def test_where_the_problem_is_not_convex_a_finite_weight_makes_a_valley():
    # Minimize −x₁² + x₂² on the line x₁ = 1: L has the curvatures −2 along the wall's normal, 2.
    for rho, valley in ((1.0, False), (3.0, True)):
        curvatures = np.linalg.eigvalsh(np.diag([-2.0, 2]) + rho * np.outer([1, 0], [1, 0]))
        assert (curvatures.min() > 0) == valley


def two_columns():
    data = load("breast_cancer")
    two = [data.columns.index(name) for name in ("worst_radius", "worst_concave_points")]
    X = (data.X[:, two] - data.X[:, two].mean(axis=0)) / data.X[:, two].std(axis=0)
    return X, 2 * data.y - 1


def widest_street(X, s):
    A = s[:, None] * np.column_stack([X, np.ones(len(s))])
    street = ConstrainedProblem(
        lambda z: z[:2] @ z[:2] / 2, lambda z: z * [1, 1, 0], ineq=lambda z: 1 - A @ z
    )
    solved = minimize_constrained(street, np.zeros(3))
    return 2 / np.linalg.norm(solved.x[:2]), solved.mu


def test_the_street_of_the_hard_margin_is_narrow_because_of_one_malignant_row():
    X, s = (columns[::12] for columns in two_columns())
    _, mu = widest_street(X, s)
    (odd,) = np.flatnonzero((mu > 0) & (s == 1))
    keep = np.arange(len(s)) != odd
    assert widest_street(X[keep], s[keep])[0] == pytest.approx(0.954, abs=5e-4)


def test_the_three_on_the_edges_can_take_over_the_load_of_26_of_the_81():
    X, s = two_columns()
    sX = s[:, None] * X
    solved = projected_gradient(
        lambda mu: np.sum((mu @ sX) ** 2) / 2 - mu.sum(),
        lambda mu: sX @ (mu @ sX) - 1,
        lambda z: onto_box_and_plane(z, s),
        np.full(len(s), 0.5),
        "armijo",
        tol=1e-10,
    )
    mu = solved.x
    A = s[:, None] * np.column_stack([X, np.ones(len(s))])  # Aᵀμ = (w, 0) must stay
    free, full = (mu > 0) & (mu < 1), np.flatnonzero(mu == 1)
    assert (free.sum(), len(full)) == (3, 81)
    # With w and b every other row stays where it is, at 0 or at C = 1: only these three can give.
    after = mu[free] + np.linalg.solve(A[free].T, A[full].T).T
    can = ((after >= 0) & (after <= 1)).all(axis=1)
    assert can.sum() == 26
    assert can[full == 340]


def test_the_least_cost_of_a_street_over_all_b_is_at_the_edge_of_a_row():
    exercise = EXERCISES["constrained-11"]
    for X, s, C, mu in map(dict.values, exercise.inputs):
        w, m = X.T @ (mu * s), len(s)
        # Over b and ξ ≥ 0: minimize Σξ subject to 1 − ξᵢ − sᵢ(wᵀxᵢ + b) ≤ 0.
        least = scipy.optimize.linprog(
            np.append(0, np.ones(m)),
            A_ub=np.column_stack([-s, -np.eye(m)]),
            b_ub=s * (X @ w) - 1,
            bounds=[(None, None), *m * [(0, None)]],
        )
        right = w @ w + C * least.fun - mu.sum()
        assert exercise.right(X, s, C, mu) == pytest.approx(right, rel=1e-7)
        assert right > 0


def onto_box_and_plane(z, s):
    tau = scipy.optimize.brentq(lambda t: s @ np.clip(z - t * s, 0, 1), -1e3, 1e3, xtol=1e-14)
    return np.clip(z - tau * s, 0, 1)


def test_the_price_of_a_row_is_what_its_demand_costs():
    X, s = (columns[::15] for columns in two_columns())
    m = len(s)
    G = np.block([[-s[:, None] * X, -s[:, None], -np.eye(m)], [np.zeros((m, 3)), -np.eye(m)]])
    weight = np.concatenate([np.ones(2), np.zeros(m + 1)])

    def least(demand):
        h = np.concatenate([demand, np.zeros(m)])
        return minimize_constrained(
            ConstrainedProblem(
                lambda z: weight @ z**2 / 2 + z[3:].sum(),
                lambda z: weight * z + np.repeat([0.0, 1.0], [3, m]),
                ineq=lambda z: G @ z + h,
                ineq_jac=lambda z: G,
            ),
            np.zeros(m + 3),
        )

    solved = least(np.ones(m))
    mu, t = solved.mu[:m], 1e-3
    for i in (mu.argmax(), mu.argmin(), np.abs(mu - 0.5).argmin()):
        fall = solved.fun - least(np.ones(m) - t * (np.arange(m) == i)).fun
        assert fall == pytest.approx(mu[i] * t, abs=1e-5)


def test_a_good_step_raises_both_what_a_judge_looks_at():
    def f(x):
        return 2 * (x @ x - 1) - x[0]

    for theta in (0.03, 0.3, 1.0):
        x = np.array([np.cos(theta), np.sin(theta)])
        d = np.sin(theta) * np.array([np.sin(theta), -np.cos(theta)])
        assert f(x + d) - f(x) == pytest.approx(np.sin(theta) ** 2)
        assert (x + d) @ (x + d) - 1 == pytest.approx(np.sin(theta) ** 2)
        before, after = np.linalg.norm([x - [1, 0], x + d - [1, 0]], axis=1)
        assert after == pytest.approx(before**2 / 2, rel=0.01 + theta**2)


def test_on_the_circle_the_rail_holds_four_points_from_the_side_on_which_a_wall_cannot():
    near = bowl([1, 4], angle=0, center=[0.5, 0.1])

    def point(angle):
        return np.array([np.cos(angle), np.sin(angle)])

    def slope(angle):
        return near.grad(point(angle)) @ [-np.sin(angle), np.cos(angle)]

    told = ((7, -0.25), (101, -1.80), (171, -0.75), (262, -2.20))
    for degrees, number in told:
        around = np.radians([degrees - 1, degrees + 1])
        x = point(scipy.optimize.brentq(slope, *around, xtol=1e-14))
        lam = -near.grad(x) @ x / 2
        assert lam == pytest.approx(number, abs=0.005)
        np.testing.assert_allclose(near.grad(x), -2 * lam * x, atol=1e-12)
        assert -near.grad(x) @ x < 0  # into the circle


def test_the_path_of_steepest_descent_meets_the_wall_above_the_answer():
    far = bowl([1, 4], angle=0, center=[2.4, 0.9])

    def path(t):  # from (−0.6, 0.75): x′ = −∇f, each coordinate on its own
        return np.array([2.4 - 3 * np.exp(-t), 0.9 - 0.15 * np.exp(-4 * t)])

    np.testing.assert_allclose(path(0), [-0.6, 0.75])
    t = scipy.optimize.brentq(lambda t: path(t) @ path(t) - 1, 0.1, 2)
    np.testing.assert_allclose((path(t + 1e-6) - path(t - 1e-6)) / 2e-6, -far.grad(path(t)))
    assert far(path(t)) == pytest.approx(1.837, abs=5e-4)


def test_one_of_the_four_saddles_on_the_circle_is_the_answer_of_both_orders():
    near = bowl([1, 4], angle=0, center=[0.5, 0.1])
    H, rng = np.diag([1.0, 4.0]), np.random.default_rng(0)
    angle = np.linspace(0, 2 * np.pi, 100_001)
    circle = np.array([np.cos(angle), np.sin(angle)])
    named = []
    for degrees, lam in ((6.6, -0.2484), (101.1, -1.7962), (170.8, -0.7533), (261.6, -2.2022)):
        x = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
        np.testing.assert_allclose(near.grad(x) + 2 * lam * x, 0, atol=0.02)
        if np.linalg.eigvalsh(H + 2 * lam * np.eye(2))[0] > 0:
            named.append(degrees)
            bottom = np.linalg.solve(H + 2 * lam * np.eye(2), H @ [0.5, 0.1])
            lowest = near(bottom) + lam * (bottom @ bottom - 1)  # max min is no less than that,
            least = near(circle).min()  # which is min max
            assert lowest == pytest.approx(least, abs=1e-6)
            for other in rng.normal(size=(50, 2)):
                assert near(other) + lam * (other @ other - 1) >= lowest - 1e-12
    assert named == [6.6]


@pytest.fixture
def sixty_people():
    W = np.triu(np.random.default_rng(0).choice([-1.0, 1.0], (60, 60)), 1)
    return W + W.T


def test_to_move_one_person_changes_the_sum_by_four_times_what_he_bears(sixty_people):
    W, rng = sixty_people, np.random.default_rng(1)
    for i in range(60):
        x = rng.choice([-1.0, 1.0], 60)
        moved = np.where(np.arange(60) == i, -x, x)
        assert moved @ W @ moved - x @ W @ x == -4 * x[i] * (W @ x)[i]


def test_no_split_of_sixty_people_is_below_the_bound_and_unequal_bids_lift_it(sixty_people):
    W, x, lam = sixty_people, np.random.default_rng(1).standard_normal((1000, 60)), np.zeros(60)
    assert np.all(np.sum((np.sign(x) @ W) * np.sign(x), axis=1) > -871.2)
    bounds = []
    for k in range(800):
        eigenvalues, vectors = np.linalg.eigh(W + np.diag(lam))
        lam -= eigenvalues[0]  # the same bid more for all: the matrix bends nowhere down, barely
        bounds.append(-lam.sum())
        lam += (60 * vectors[:, 0] ** 2 - 1) * 2 / (10 + k)
    assert -871.3 < bounds[0] < -871.2
    assert max(bounds) > -800


def test_walls_that_are_linear_close_the_gap_though_no_point_is_inside_of_them():
    """Minimize x²/2 + x subject to x ≤ 0 and −x ≤ 0: the answer is 0, and so is q(0, 1)."""
    x = np.linspace(-2, 2, 4001)
    assert np.min(x**2 / 2 + x + 0 * x + 1 * -x) == pytest.approx(0)


def test_around_the_pond_the_tips_of_the_bays_pass_too_and_are_tops_along_the_shore():
    fountain = np.array([0.2, 0.1])
    walk = ConstrainedProblem(
        lambda x: (x - fountain) @ (x - fountain) / 2,
        lambda x: x - fountain,
        ineq=lambda x: np.array([1 + 0.3 * np.cos(5 * np.arctan2(x[1], x[0])) - np.hypot(*x)]),
    )

    def shore(t):
        return (1 + 0.3 * np.cos(5 * t)) * np.array([np.cos(t), np.sin(t)])

    def slope(t):
        r, out = 1 + 0.3 * np.cos(5 * t), shore(t)
        along = -1.5 * np.sin(5 * t) * out / r + np.array([-out[1], out[0]])
        return (out - fountain) @ along

    angle = 0.01 + np.linspace(0, 2 * np.pi, 721)
    value = np.array([slope(t) for t in angle])
    tops, bottoms = [], []
    for k in np.flatnonzero(value[:-1] * value[1:] < 0):
        x = shore(scipy.optimize.brentq(slope, angle[k], angle[k + 1], xtol=1e-14))
        turn = 5 * np.arctan2(x[1], x[0])  # ∇ineq there, by hand
        across = -1.5 * np.sin(turn) * np.array([-x[1], x[0]]) / (x @ x) - x / np.hypot(*x)
        mu = -(walk.grad(x) @ across) / (across @ across)
        assert kkt_residuals(walk, x, None, [mu]).max < 1e-8
        (tops if value[k] > 0 else bottoms).append((mu, np.hypot(*x)))
    assert (len(tops), len(bottoms)) == (5, 5)
    mu, r = np.transpose(tops)
    np.testing.assert_allclose([mu.min(), mu.max()], [1.10, 1.52], atol=0.005)
    np.testing.assert_allclose(r, 1.3, atol=0.005)  # of the bays


TRIANGLE_H, TRIANGLE_C = np.array([[1.0, -2], [-2, 1]]), np.array([0.4, 1.0])


def test_at_a_corner_that_does_not_pass_both_edges_lead_down_and_through_no_wall():
    x, J = np.array([0.0, 3.0]), np.array([[-1.0, 0], [1, 1]])
    g = TRIANGLE_H @ x + TRIANGLE_C
    assert np.linalg.solve(J.T, -g).max() < 0
    for d in ([0.0, -1.0], [1.0, -1.0]):
        assert g @ d < 0
        assert (J @ d).max() <= 0


def test_the_corner_at_zero_passes_and_is_a_local_minimum_only():
    def f(x):
        return x @ TRIANGLE_H @ x / 2 + TRIANGLE_C @ x

    np.testing.assert_allclose(TRIANGLE_C, [0.4, 1.0])  # ∇f there, which the two walls balance
    near_by = np.random.default_rng(0).uniform(0, 0.2, (1000, 2))
    assert min(map(f, near_by)) > f(np.zeros(2)) == 0
    assert f(np.array([1.6, 1.4])) == pytest.approx(-0.18)


def test_one_per_cent_of_a_limit_is_worth_ten_or_three_hundredths_of_a_kilogram():
    weight = 0.785 * np.array([2 * np.sqrt(2), 1])
    caps = np.array([160.0, 160, 160, 0.9])
    truss = ConstrainedProblem(
        lambda x: weight @ x,
        lambda x: weight,
        ineq=lambda x: np.append(limits(x) - caps, 0.5 - x),
    )
    by_stress, by_sway = (caps * minimize_constrained(truss, [10.0, 10.0]).mu[:4] / 100)[[0, 3]]
    np.testing.assert_allclose([by_stress, by_sway], [0.10, 0.03], atol=0.005)


@pytest.mark.parametrize("b", [-0.5, 0.5, 2.0])
def test_a_convex_problem_never_saves_more_than_its_price_promises(b):
    far, x, mu = bowl([1, 4], angle=0, center=[2.4, 0.9]), np.array([0.8, 0.6]), 1.0
    z = np.random.default_rng(0).uniform(-2, 2, (2, 2000))
    z = z[:, (z**2).sum(axis=0) - 1 <= b]
    L = far(z) + mu * ((z**2).sum(axis=0) - 1)
    assert (far(z) >= L - mu * b).all()
    assert (far(x) <= L).all()


@pytest.mark.parametrize("seed", range(10))
def test_a_solution_on_equalities_is_a_saddle_of_the_lagrangian(seed):
    rng = np.random.default_rng(seed)
    H, J = rng.standard_normal((4, 4)), rng.standard_normal((2, 4))
    both = np.linalg.eigvalsh(np.block([[H @ H.T, J.T], [J, np.zeros((2, 2))]]))
    assert both[0] < 0 < both[-1]


def test_the_lagrangian_of_a_support_vector_machine_is_sorted_by_its_variables():
    rng = np.random.default_rng(0)
    X, s, C = rng.standard_normal((6, 2)), np.array([1, -1, 1, 1, -1, -1]), 0.7
    w, b = rng.standard_normal(2), 0.3
    xi, mu, nu = rng.uniform(size=(3, 6))
    walls = mu @ (1 - xi - s * (X @ w + b)) - nu @ xi
    terms = -w @ (mu * s @ X) - b * (mu @ s) + (C - mu - nu) @ xi + mu.sum()
    assert w @ w / 2 + terms == pytest.approx(w @ w / 2 + C * xi.sum() + walls)


def test_of_the_four_cases_by_hand_one_passes():
    two_walls = ConstrainedProblem(
        lambda x: (x[0] - 2) ** 2 + (x[1] - 1) ** 2,
        lambda x: 2 * (x - np.array([2, 1])),
        ineq=lambda x: np.array([x[0] + x[1] - 2, x[0] ** 2 - x[1]]),
    )
    end = minimize_constrained(two_walls, [0.0, 0.0])
    np.testing.assert_allclose(end.x, [1, 1], atol=1e-7)
    np.testing.assert_allclose(end.mu, [2 / 3, 2 / 3], atol=1e-6)
    root = scipy.optimize.brentq(lambda t: 2 * t**3 - t - 2, 1, 2)
    assert root == pytest.approx(1.165, abs=5e-4)
    second = np.array([root, root**2])
    assert second.sum() == pytest.approx(2.523, abs=5e-4)
    cases = [
        ([2, 1], [0, 0], False),
        ([1.5, 0.5], [1, 0], False),
        (second, [0, 2 * (root**2 - 1)], False),
        ([-2, 4], [-32 / 3, -14 / 3], False),
        ([1, 1], [2 / 3, 2 / 3], True),
    ]
    for x, mu, passes in cases:
        left = kkt_residuals(two_walls, x, None, mu)
        assert left.stationarity < 1e-7  # each solves the first condition
        assert (left.max < 1e-7) == passes

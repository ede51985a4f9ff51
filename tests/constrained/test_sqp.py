import numpy as np
import pytest

from companion.constrained import kkt_residuals
from companion.constrained._linearization import Local
from companion.constrained._sqp import sqp
from companion.constrained._sqp_step import Model, first_sigma
from companion.problems import ConstrainedProblem, hs71
from companion.results import Status


def circle(f, grad):
    return ConstrainedProblem(
        f, grad, eq=lambda x: np.array([x @ x - 1]), eq_jac=lambda x: 2 * x[None]
    )


def quadratic_program():
    """minimize ½‖x‖² − 3x₁ − x₂ subject to x₁ + x₂ ≤ 1, x₁ ≥ 0, x₂ ≥ 0: the minimum is (1, 0)."""
    A, b = np.array([[1.0, 1], [-1, 0], [0, -1]]), np.array([1.0, 0, 0])
    return ConstrainedProblem(
        lambda x: x @ x / 2 - 3 * x[0] - x[1],
        lambda x: x - [3, 1],
        ineq=lambda x: A @ x - b,
        ineq_jac=lambda x: A,
    )


# ---------------------------------------------------------------------------------------------
# The model and its step


def test_the_model_of_a_quadratic_program_is_the_program_itself():
    problem = quadratic_program()
    step = Model(Local(problem, np.array([5.0, -7])), np.zeros(3)).minimize(rho=100.0, sigma=0.0)
    np.testing.assert_allclose(step.d, [1 - 5, 0 + 7], atol=1e-6)
    np.testing.assert_allclose(step.y, [2, 0, 1], atol=1e-6)
    assert step.left == pytest.approx(0, abs=1e-9)


def test_a_larger_sigma_makes_a_shorter_step():
    model = Model(Local(hs71(), hs71().x0), np.zeros(10))
    lengths = [np.linalg.norm(model.minimize(1e3, sigma).d) for sigma in (0.1, 1, 10, 1e3, 1e6)]
    assert sorted(lengths, reverse=True) == lengths
    assert lengths[-1] < 2e-2 * lengths[0]


def test_a_larger_rho_leaves_less_violation():
    model = Model(Local(hs71(), np.array([1.0, 4, 4, 2])), np.zeros(10))
    left = [model.minimize(rho, 1.0).left for rho in (1e-2, 1, 1e2, 1e4)]
    assert sorted(left, reverse=True) == left
    assert left[-1] < 1e-6 * left[0]


def test_steering_raises_rho_until_the_violation_is_halved():
    problem = circle(lambda x: 1e3 * x[0], lambda x: np.array([1e3, 0]))
    model = Model(Local(problem, np.array([3.0, 1])), np.zeros(1))
    assert model.minimize(1.0, 1.0).left > model.violation / 2
    step = model.steer(1.0, 1.0)
    assert step.left <= model.violation / 2
    assert step.rho > 1


def test_steering_leaves_rho_alone_where_no_price_helps():
    contradictory = ConstrainedProblem(
        lambda x: x[0], np.ones_like, ineq=lambda x: np.array([x[0], 1 - x[0]])
    )
    model = Model(Local(contradictory, np.array([0.5])), np.zeros(2))
    assert model.steer(10.0, 1.0).rho == 10


def test_the_step_taken_lowers_the_merit():
    here = Local(hs71(), hs71().x0)
    model = Model(here, np.zeros(10))
    there, step, _, visible = model.take(model.steer(1.0, first_sigma(here)))

    def merit(at):
        return at.f + step.rho * np.abs(at.v).sum()

    assert merit(there) < merit(here)
    assert visible


def test_what_the_model_of_a_quadratic_program_foresees_comes_true():
    # Then the ratio of the gains is 1, and the next step is bolder: a tenth of σ.
    for problem in (
        ConstrainedProblem(lambda x: x @ x / 2, lambda x: x),
        ConstrainedProblem(
            lambda x: x @ x / 2, lambda x: x, lambda x: x[:1] - 5, lambda x: np.eye(2)[:1]
        ),
    ):
        here = Local(problem, np.array([1.0, 2]))
        model = Model(here, np.zeros(len(here.c)))
        step = model.minimize(rho=3.0, sigma=1.0)
        there, taken, sigma, _ = model.take(step)
        assert taken is step
        assert sigma == step.sigma / 10
        np.testing.assert_array_equal(there.x, here.x + step.d)


def test_the_step_is_shortened_until_it_is_inside_the_domain():
    problem = ConstrainedProblem(lambda x: x[0] - np.log(x[0]), lambda x: 1 - 1 / x)
    model = Model(Local(problem, np.array([100.0])), np.zeros(0))
    step = model.minimize(1.0, 1e-6)
    assert model.here.x + step.d < 0
    there, taken, _, _ = model.take(step)
    assert taken is step
    assert there.x[0] > 0
    assert there.f < model.here.f
    assert np.log2(step.d / (there.x - model.here.x)) % 1 == 0  # halved, some times


def test_no_step_is_taken_where_none_is_good():
    # The gradient is a lie: f grows along −g.
    problem = ConstrainedProblem(lambda x: x[0], lambda x: -np.ones(1))
    model = Model(Local(problem, np.array([1.0])), np.zeros(0))
    assert model.take(model.minimize(1.0, 1.0))[0] is None


def test_a_step_along_a_curved_constraint_is_corrected():
    # Maratos: at a feasible point the full step raises both f and the violation.
    problem = circle(lambda x: 2 * (x @ x - 1) - x[0], lambda x: 4 * x - np.array([1.0, 0]))
    x = np.array([np.cos(0.3), np.sin(0.3)])
    here = Local(problem, x)
    model = Model(here, np.array([-1.5]))
    step = model.minimize(rho=10.0, sigma=0.0)
    plain = here.at(x + step.d)
    assert plain.f > here.f
    assert np.abs(plain.v) > np.abs(here.v)
    there, taken, _, _ = model.take(step)
    # It is taken all the same, at full length.
    assert taken is step
    assert there.f < here.f


# ---------------------------------------------------------------------------------------------
# The method


def test_a_quadratic_program_takes_a_step_or_two():
    result = sqp(quadratic_program(), np.array([5.0, -7]), 1e-8, 200)
    assert result.converged
    np.testing.assert_allclose(result.x, [1, 0], atol=1e-8)
    np.testing.assert_allclose(result.mu, [2, 0, 1], atol=1e-7)
    assert result.mu[1] == 0
    assert result.n_iter <= 5


def test_convergence_is_fast_close_to_a_solution():
    result = sqp(hs71(), hs71().x0, 1e-12, 200)
    error = np.linalg.norm(result.path - result.x, axis=1)
    assert result.n_iter <= 10
    assert error[-3] < 1e-1
    assert error[-2] < 1e-2


def test_a_start_where_the_constraints_have_no_slope_is_left():
    problem = circle(lambda x: x.sum(), np.ones_like)
    result = sqp(problem, np.zeros(2), 1e-8, 200)
    assert result.converged
    np.testing.assert_allclose(result.x, -np.sqrt(0.5), atol=1e-6)


def test_a_start_at_a_maximum_of_the_violation_is_left():
    problem = circle(lambda x: 0.0, np.zeros_like)
    result = sqp(problem, np.zeros(2), 1e-8, 200)
    assert result.converged
    assert np.linalg.norm(result.x) == pytest.approx(1, abs=1e-7)


def test_waechter_and_bieglers_example_is_solved():
    # Line-search methods with linearized constraints alone get stuck on this one.
    problem = ConstrainedProblem(
        f=lambda x: x[0],
        grad=lambda x: np.array([1.0, 0, 0]),
        eq=lambda x: np.array([x[0] ** 2 - x[1] - 1, x[0] - x[2] - 0.5]),
        eq_jac=lambda x: np.array([[2 * x[0], -1, 0], [1, 0, -1.0]]),
        ineq=lambda x: -x[1:],
        ineq_jac=lambda x: -np.eye(3)[1:],
    )
    result = sqp(problem, np.array([-2.0, 3, 1]), 1e-8, 200)
    assert result.converged
    np.testing.assert_allclose(result.x, [1, 0, 0.5], atol=1e-8)


def test_a_kkt_point_need_not_be_a_minimum():
    # The start is the maximum: the conditions hold there, and that is all that is claimed.
    problem = circle(lambda x: x[0], lambda x: np.array([1.0, 0]))
    result = sqp(problem, np.array([1.0, 0]), 1e-8, 200)
    assert result.converged
    assert result.n_iter == 0
    np.testing.assert_allclose(result.lam, [-0.5])


def test_a_high_price_is_found_and_a_low_one_too():
    for slope in (1e-6, 1.0, 1e6):
        problem = circle(lambda x, s=slope: s * x[0], lambda x, s=slope: s * np.array([1.0, 0]))
        result = sqp(problem, np.array([-0.7, 0.9]), 1e-9, 200)
        assert result.converged
        np.testing.assert_allclose(result.lam, [slope / 2], rtol=1e-8)


def test_a_price_that_proves_too_high_is_lowered_again():
    # HS26: the multiplier tends to 0, and with ρ = 1 for good the steps stay short.
    problem = ConstrainedProblem(
        f=lambda x: (x[0] - x[1]) ** 2 + (x[1] - x[2]) ** 4,
        grad=lambda x: np.array(
            [
                2 * (x[0] - x[1]),
                -2 * (x[0] - x[1]) + 4 * (x[1] - x[2]) ** 3,
                -4 * (x[1] - x[2]) ** 3,
            ]
        ),
        eq=lambda x: np.array([(1 + x[1] ** 2) * x[0] + x[2] ** 4 - 3]),
        eq_jac=lambda x: np.array([[1 + x[1] ** 2, 2 * x[0] * x[1], 4 * x[2] ** 3]]),
    )
    result = sqp(problem, np.array([-2.6, 2, 2]), 1e-8, 200)
    assert result.converged
    assert result.n_iter < 25


def test_a_contradiction_is_noticed_at_once():
    problem = ConstrainedProblem(
        lambda x: x[0] ** 2,
        lambda x: 2 * x,
        ineq=lambda x: np.array([x[0], 1 - x[0]]),
        ineq_jac=lambda x: np.array([[1.0], [-1]]),
    )
    result = sqp(problem, np.array([5.0]), 1e-8, 200)
    assert result.status is Status.INFEASIBLE
    assert result.n_iter <= 3
    np.testing.assert_allclose(result.x, 0.5, atol=1e-8)
    np.testing.assert_allclose(result.mu, np.sqrt(0.5), atol=1e-8)


def test_where_every_way_is_barred_it_stalls():
    problem = ConstrainedProblem(
        lambda x: x[0],
        lambda x: -np.ones(1),  # wrong, so that no step is good
        ineq=lambda x: x - 10,
        ineq_jac=lambda x: np.eye(1),
    )
    result = sqp(problem, np.zeros(1), 1e-8, 200)
    assert result.status is Status.STALLED
    assert result.residuals == kkt_residuals(problem, result.x, result.lam, result.mu)


def test_restarts_come_to_an_end():
    # Feasible points exist, where the least violation leads; the false gradient of f leads away.
    problem = ConstrainedProblem(
        lambda x: 0.0,
        np.zeros_like,
        eq=lambda x: np.array([np.arctan(x[0]) + 0.1]),
        eq_jac=lambda x: -np.eye(1) / (1 + x[0] ** 2),
    )
    result = sqp(problem, np.ones(1), 1e-8, 200)
    assert result.status in (Status.STALLED, Status.MAX_ITER, Status.INFEASIBLE)
    assert not result.converged


def test_divergence_is_reported():
    # f falls ever more slowly; its infimum, 0, is at infinity, and tol is out of reach.
    problem = ConstrainedProblem(lambda x: 1 / x[0], lambda x: -1 / x**2)
    result = sqp(problem, np.ones(1), 1e-200, 200)
    assert result.status is Status.DIVERGED

import warnings
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy import cos, exp, log, sin, sqrt
from scipy.optimize import LinearConstraint, linprog, minimize
from units import assert_same_path, scaled

import companion.constrained
from companion.constrained import KKTResult, kkt_residuals, minimize_constrained, minimize_on_circle
from companion.constrained._linearization import Local
from companion.constrained._minimize_constrained import METHODS
from companion.jacobians import jacobian
from companion.problems import ConstrainedProblem, hs71, rosenbrock
from companion.problems.hock_schittkowski import PROBLEMS
from companion.results import Status

SEEDS = st.integers(0, 2**32 - 1)
BOTH = pytest.mark.parametrize("method", METHODS)


# ---------------------------------------------------------------------------------------------
# The problems of Hock and Schittkowski, Test Examples for Nonlinear Programming Codes (1981)


# Problems whose start leads to another point where the KKT conditions hold, or, 13, without one.
ELSEWHERE = {2, 13, 15, 16, 33}
HS = {number: problem for number, problem in PROBLEMS.items() if number not in ELSEWHERE}


def complex_step(f, x):
    """The gradient of a function that is analytic, or the Jacobian, exact to rounding."""
    columns = [np.imag(f(x + 1e-30j * e)) / 1e-30 for e in np.eye(len(x))]
    return np.array(columns).T


@pytest.mark.no_cover
@BOTH
@pytest.mark.parametrize("number", HS)
def test_it_solves_hock_and_schittkowskis_problems_from_their_starts(number, method):
    printed = HS[number]
    result = minimize_constrained(printed.problem(), np.array(printed.x0), method=method)
    assert result.converged
    assert result.fun == pytest.approx(printed.least, rel=1e-6, abs=1e-7)
    check_certificate(printed, result)


@BOTH
@pytest.mark.parametrize("number", ELSEWHERE - {13})
def test_from_other_starts_it_ends_at_another_point_or_the_same_but_always_certified(
    number, method
):
    printed = PROBLEMS[number]
    result = minimize_constrained(printed.problem(), np.array(printed.x0), method=method)
    assert result.converged
    assert result.fun >= printed.least - 1e-6 * max(1, abs(printed.least))
    check_certificate(printed, result)


def check_certificate(printed, result):
    """The KKT conditions from the printed functions, each beside the terms that cancel in it."""
    x, y = result.x, np.concatenate([result.lam, result.mu])
    size = np.maximum(np.abs(x), np.abs(x - printed.x0))
    g, eq, ineq = complex_step(printed.objective, x), printed.equalities(x), printed.inequalities(x)
    c = np.concatenate([eq, ineq])
    J = np.vstack(
        [complex_step(c, x).reshape(-1, len(x)) for c in (printed.equalities, printed.inequalities)]
    )
    H = jacobian(lambda x: complex_step(printed.objective, x), x, step=1e-5)
    forces = np.linalg.norm(g) + np.abs(y) @ np.linalg.norm(J, axis=1)
    forces = max(forces, np.linalg.norm(np.abs(H) @ size))
    assert np.linalg.norm(g + y @ J) <= 1e-8 * forces
    violation = np.concatenate([np.abs(eq), np.maximum(ineq, 0)])
    assert (violation <= 1e-8 * (np.linalg.norm(J * size, axis=1) + 1e-12)).all()
    assert (result.mu >= 0).all()
    assert (np.abs(y * c) <= 1e-8 * forces * np.linalg.norm(size)).all()
    assert result.residuals.max <= 1e-8


# ---------------------------------------------------------------------------------------------
# Curvatures far apart


def hidden(function):
    """The function, where derivatives cannot be traced through it."""
    return lambda x: np.array([float(value) for value in function(x)])


@pytest.mark.no_cover
@BOTH
@pytest.mark.parametrize("seen", [lambda function: function, hidden])
@pytest.mark.parametrize("angle", [0, 0.5])
@pytest.mark.parametrize("steep", [1e8, 1e12])
@pytest.mark.parametrize("rows", [0, 1])
def test_the_gentle_direction_is_not_forgotten_for_the_steep_one(method, seen, angle, steep, rows):
    # ½(u·x − 3)² + ½ steep (v·x)², on the plane x₃ = 1: the minimizer is 3u there.
    u, v = np.array([[cos(angle), sin(angle), 0], [-sin(angle), cos(angle), 0]])
    problem = ConstrainedProblem(
        f=lambda x: (u @ x - 3) ** 2 / 2 + steep * (v @ x) ** 2 / 2 + (x[2] - 1) ** 2 / 2,
        grad=seen(lambda x: (u @ x - 3) * u + steep * (v @ x) * v + (x[2] - 1) * np.eye(3)[2]),
        eq=(lambda x: x[2:] - 1) if rows else None,
        eq_jac=(lambda x: np.eye(3)[2:]) if rows else None,
    )
    result = minimize_constrained(problem, [1, 1, 1], method=method)
    there = np.linalg.norm(result.x - 3 * u - np.eye(3)[2]) <= 1e-6
    assert there or not result.converged
    assert result.converged or seen is hidden


@pytest.mark.no_cover
@BOTH
@pytest.mark.parametrize("seen", [lambda function: function, hidden])
@pytest.mark.parametrize("t", [1e-2, 1e-4, 1e-8])
def test_beside_a_wall_a_slope_along_it_is_not_forgotten(method, seen, t):
    center, curvatures = np.array([2.4, 0.9]), np.array([1.0, 4.0])

    def f(x):
        return curvatures @ (x - center) ** 2 / 2 - t * log(1 - x @ x)

    def grad(x):
        return curvatures * (x - center) + 2 * t / (1 - x @ x) * x

    problem, limit = ConstrainedProblem(f, seen(grad)), 60 if method == "sqp" else 3
    for start in ([0.1, -0.3], [0, -0.9], [0, 0]):
        result = minimize_constrained(problem, start, method=method, max_iter=limit)
        # No curvature is below 1, so ‖x − x*‖ ≤ ‖∇f‖, and rounding x moves ∇f by the greatest.
        greatest = 4 + 2 * t / (1 - result.x @ result.x) + 4 * t / (1 - result.x @ result.x) ** 2
        away = np.linalg.norm(grad(result.x))
        assert away <= 1e-7 + 1e-15 * greatest or not result.converged


@BOTH
@pytest.mark.parametrize("seen", [lambda function: function, hidden])
@pytest.mark.parametrize(
    ("center", "start"), [([0.7, 1.6], [-0.3, 0.2]), ([-1.3, -1.1], [-0.4, 0.2])]
)
def test_beyond_a_pole_where_f_falls_to_minus_infinity_nothing_is_solved(
    method, seen, center, start
):
    # The first step from within leaps over the wall 0.1/(1 − xᵀx); f falls back to it from beyond.
    def f(x):
        return (x - center) @ (x - center) / 2 + 0.1 / (1 - x @ x)

    def grad(x):
        return x - center + 0.2 * x / (1 - x @ x) ** 2

    limit = 40 if method == "sqp" else 3
    problem = ConstrainedProblem(f, seen(grad))
    result = minimize_constrained(problem, start, method=method, max_iter=limit)
    assert not result.converged or np.linalg.norm(grad(result.x)) <= 1e-6


# ---------------------------------------------------------------------------------------------
# The same problems in other units


@cache
def solved(number, method, s=1.0, u=1.0, power=None):
    """The result for the problem in other units, each row multiplied by a power of its own."""
    printed = PROBLEMS[number]
    problem, x0 = printed.problem(), np.array(printed.x0, dtype=float)
    rng = np.random.default_rng(number)
    eq, ineq = (
        1.0 if power is None or c is None else power ** rng.integers(-20, 21, len(c(x0)))
        for c in (problem.eq, problem.ineq)
    )
    with np.errstate(over="ignore"):
        other = scaled(problem, s, u, eq=eq, ineq=ineq)
    return minimize_constrained(other, u * x0, method=method)


# 9 and 12 start at 0, which gives x no unit; 13 has no solution in multipliers.
@pytest.mark.no_cover
@BOTH
@pytest.mark.parametrize("number", PROBLEMS.keys() - {9, 12})
def test_powers_of_two_as_units_change_no_bit_of_the_path(number, method):
    k = number % 7
    s, u = 2.0 ** (11 * (k - 3) + 1), 2.0 ** (9 * (3 - k) - 2)
    assert_same_path(solved(number, method, s, u, 2.0), solved(number, method), u)


@pytest.mark.no_cover
@BOTH
@pytest.mark.parametrize("s", [1e-6, 1e6])
@pytest.mark.parametrize("number", PROBLEMS.keys() - {13})
def test_other_units_of_f_and_of_rows_change_no_answer(number, method, s):
    plain, other = solved(number, method), solved(number, method, s, 1.0, 10.0 ** np.sign(s - 1))
    assert other.status is plain.status is Status.CONVERGED
    least = 1e-6 * max(1, abs(plain.fun))
    assert other.fun / s == pytest.approx(plain.fun, abs=least)


@pytest.mark.no_cover
@BOTH
def test_of_the_copies_with_other_units_slsqp_solves_no_more(method):
    @np.errstate(over="ignore", invalid="ignore")
    def is_solved(printed, x):
        eq, ineq = printed.equalities(x), printed.inequalities(x)
        violation = max(np.abs(eq).max(initial=0), ineq.max(initial=0))
        close = abs(printed.objective(x) - printed.least) <= 1e-6 * max(1, abs(printed.least))
        return np.isfinite(x).all() and violation <= 1e-6 and close

    ours = {n for n, printed in PROBLEMS.items() if is_solved(printed, solved(n, method).x)}
    for s in (1.0, 1e6, 1e-6):
        theirs = {n for n, printed in PROBLEMS.items() if is_solved(printed, slsqp(printed, s))}
        assert len(ours) >= len(theirs)


def slsqp(printed, s):
    """Where SLSQP ends from the printed start, with f multiplied by s, asked for all digits."""
    problem, x0 = printed.problem(), np.array(printed.x0, dtype=float)
    constraints = [
        {"type": kind, "fun": lambda x, c=c, t=t: t * c(x), "jac": lambda x, J=J, t=t: t * J(x)}
        for kind, c, J, t in (
            ("eq", problem.eq, problem.eq_jac, 1),
            ("ineq", problem.ineq, problem.ineq_jac, -1),
        )
        if c is not None
    ]
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        end = minimize(
            lambda x: s * problem.f(x),
            x0,
            jac=lambda x: s * problem.grad(x),
            method="SLSQP",
            constraints=constraints,
            options={"ftol": 1e-14, "maxiter": 1000},
        )
    return end.x


UNITS = {
    "f small": ConstrainedProblem(
        lambda x: 1e-9 * (x[0] - 3) ** 2, lambda x: 2e-9 * (x - 3), ineq=lambda x: x - 2
    ),
    "f large": ConstrainedProblem(
        lambda x: 1e12 * (x[0] - 3) ** 2, lambda x: 2e12 * (x - 3), ineq=lambda x: x - 2
    ),
    "a row small": ConstrainedProblem(
        lambda x: x[0] ** 2, lambda x: 2 * x, eq=lambda x: 1e-9 * (x - 2)
    ),
    "x large": ConstrainedProblem(
        lambda x: (x[0] / 1e9 - 3) ** 2, lambda x: 2e-9 * (x / 1e9 - 3), ineq=lambda x: x - 2
    ),
}


@pytest.mark.no_cover
@BOTH
@pytest.mark.parametrize("name", UNITS)
@pytest.mark.parametrize("start", [0.0, 1.0, -1e3, 1e6])
def test_small_numbers_are_no_small_errors(name, start, method):
    result = minimize_constrained(UNITS[name], [start], method=method)
    assert result.converged
    np.testing.assert_allclose(result.x, [2], rtol=1e-8)


@BOTH
@pytest.mark.parametrize("s", [1e-4, 1.0, 1e8])
def test_a_flat_top_is_not_a_solution(s, method):
    problem = ConstrainedProblem(
        lambda x: s * np.sin(x[0]), lambda x: s * np.cos(x), ineq=lambda x: x - 10
    )
    result = minimize_constrained(problem, [1], method=method)
    assert result.converged
    np.testing.assert_allclose(result.x, [-np.pi / 2], rtol=1e-8)


@BOTH
def test_a_contradiction_among_some_variables_is_not_hidden_by_a_large_other_one(method):
    problem = ConstrainedProblem(
        lambda x: -x[0] - x[1],
        lambda x: -np.ones(2),
        ineq=lambda x: np.array([-x[0], x[0] + 1]),
        ineq_jac=lambda x: np.array([[-1.0, 0], [1, 0]]),
    )
    assert minimize_constrained(problem, [0, 0], method=method).status is Status.INFEASIBLE


@pytest.mark.no_cover
@BOTH
def test_the_search_for_feasible_points_stays_where_f_is_defined(method):
    a = np.arange(4.0)
    entropy = ConstrainedProblem(
        lambda x: x @ np.log(x),
        lambda x: np.log(x) + 1,
        eq=lambda x: np.array([x.sum() - 1, a @ x - 0.1]),
        ineq=lambda x: -x,
    )
    result = minimize_constrained(entropy, np.full(4, 0.25), method=method)
    assert result.converged
    # x_i is proportional to qⁱ, where the mean of i is 0.1.
    np.testing.assert_allclose(result.x[1:] / result.x[:-1], result.x[1] / result.x[0], rtol=1e-7)
    assert a @ result.x == pytest.approx(0.1, rel=1e-9)


def test_where_the_penalty_leads_astray_from_afar_the_feasible_points_are_looked_for():
    # ψ falls forever along y(1 − x) = 1, whatever the weight.
    problem = ConstrainedProblem(
        lambda x: -x[1],
        lambda x: np.array([0.0, -1.0]),
        ineq=lambda x: np.array([x[0], x[1] * (1 - x[0]) - 1]),
        ineq_jac=lambda x: np.array([[1.0, 0.0], [-x[1], 1 - x[0]]]),
    )
    result = minimize_constrained(problem, [0.9, 5], method="augmented-lagrangian")
    assert result.converged
    np.testing.assert_allclose(result.x, [0, 1], atol=1e-8)


@pytest.mark.no_cover
@BOTH
@pytest.mark.parametrize("unit", [1, 1e-6, 1e5])
@given(seed=SEEDS, n=st.integers(2, 5), f=st.sampled_from(["level", "slope", "bowl"]))
@settings(max_examples=10, deadline=None)
def test_it_leaves_the_centre_of_an_ellipse_where_the_violation_is_level(method, unit, seed, n, f):
    rng = np.random.default_rng(seed)
    B, centre, a = rng.normal(size=(n, n)), unit * rng.normal(size=n), rng.normal(size=n) / unit
    M = (B @ B.T / n + np.eye(n) / 10) / unit**2
    value, grad = {
        "level": (lambda x: 0.0, np.zeros_like),
        "slope": (lambda x: a @ x, lambda x: a.copy()),
        "bowl": (lambda x: (x - centre) @ (x - centre), lambda x: 2 * (x - centre)),
    }[f]
    ellipse = ConstrainedProblem(
        value,
        grad,
        eq=lambda x: np.array([(x - centre) @ M @ (x - centre) - 1]),
        eq_jac=lambda x: 2 * (M @ (x - centre))[None],
    )
    assert minimize_constrained(ellipse, centre, method=method).converged


@pytest.mark.no_cover
@BOTH
def test_no_point_above_a_feasible_start_is_called_solved(method):
    rng = np.random.default_rng(0)
    for _ in range(10):
        a = rng.normal(size=(3, 2))
        problem = ConstrainedProblem(
            lambda x, a=a: np.sin(3 * a[0] @ x) + np.cos(2 * a[1] @ x) + x @ x / 10,
            lambda x, a=a: (
                3 * np.cos(3 * a[0] @ x) * a[0] - 2 * np.sin(2 * a[1] @ x) * a[1] + x / 5
            ),
            ineq=lambda x, a=a: np.array([a[2] @ x - 1, x @ x - 9]),
        )
        x0 = rng.uniform(-0.3, 0.3, 2)
        result = minimize_constrained(problem, x0, method=method)
        assert not result.converged or result.fun <= problem.f(x0) + 1e-12


@BOTH
def test_a_number_of_constraints_that_changes_on_the_way_is_an_error(method):
    problem = ConstrainedProblem(
        lambda x: (x[0] - 3) ** 2,
        lambda x: 2 * (x - 3),
        ineq=lambda x: x - 5 if x[0] < 2 else np.concatenate([x, x]) - 5,
        ineq_jac=lambda x: np.ones((1, 1)),
    )
    with pytest.raises(ValueError, match=r"ineq must return an array of shape \(1,\)"):
        minimize_constrained(problem, [0.0], method=method)


def test_what_has_no_derivative_names_the_jacobian_that_is_missing():
    kink = ConstrainedProblem(
        lambda x: x.sum(), np.ones_like, ineq=lambda x: np.array([abs(float(x[0]) - 1)])
    )
    with pytest.raises(ValueError, match=r"ineq_jac must be given: .*at x = \[1, 1\]"):
        minimize_constrained(kink, [1.0, 1.0])
    ragged = ConstrainedProblem(lambda x: x.sum(), np.ones_like, eq=lambda x: [x, [1.0]])
    with pytest.raises(ValueError, match="eq must return real numbers"):
        minimize_constrained(ragged, [1.0, 1.0])


# ---------------------------------------------------------------------------------------------
# Other problems that have a solution


def quadratic(H, g, **constraints):
    H, g = np.array(H, dtype=float), np.array(g, dtype=float)
    return ConstrainedProblem(lambda x: x @ H @ x / 2 + g @ x, lambda x: H @ x + g, **constraints)


def linear(g, **constraints):
    return quadratic(np.zeros((len(g), len(g))), g, **constraints)


def affine(A, b):
    """c(x) = Ax − b and its Jacobian, to be used as **affine constraints."""
    A, b = np.atleast_2d(np.array(A, dtype=float)), np.atleast_1d(np.array(b, dtype=float))
    return lambda x: A @ x - b, lambda x: A


@BOTH
def test_no_constraints_is_allowed(method):
    f = rosenbrock()
    problem = ConstrainedProblem(f.f, f.grad)
    result = minimize_constrained(problem, f.x0, method=method)
    assert result.converged
    np.testing.assert_allclose(result.x, [1, 1], atol=1e-6)
    assert result.lam.shape == result.mu.shape == (0,)
    assert kkt_residuals(problem, result.x, None, []).max <= 1e-8


@BOTH
def test_constraints_may_be_repeated_or_more_than_variables(method):
    A, b = [[1, 1], [2, 2], [1, 1]], [1, 2, 1]
    eq, eq_jac = affine(A, b)
    result = minimize_constrained(
        quadratic(np.eye(2), [0, 0], eq=eq, eq_jac=eq_jac), [5, 3], method=method
    )
    assert result.converged
    np.testing.assert_allclose(result.x, [0.5, 0.5], atol=1e-7)
    assert np.array([1, 2, 1]) @ result.lam == pytest.approx(-0.5)


@BOTH
def test_many_consistent_equalities_in_few_variables(method):
    problem = quadratic(
        np.eye(2),
        [0, 0],
        eq=lambda x: np.array([x[0] - 1, x[1] - 2, x[0] + x[1] - 3, x[0] * x[1] - 2]),
    )
    result = minimize_constrained(problem, [5, 3], method=method)
    assert result.converged
    np.testing.assert_allclose(result.x, [1, 2], atol=1e-7)


@BOTH
def test_a_weakly_active_constraint_has_a_price_near_zero(method):
    ineq, ineq_jac = affine([-1, 0], -1)
    problem = quadratic(np.eye(2), [-1, -1], ineq=ineq, ineq_jac=ineq_jac)
    result = minimize_constrained(problem, [5, -3], method=method)
    assert result.converged
    np.testing.assert_allclose(result.x, [1, 1], atol=1e-4)
    np.testing.assert_allclose(result.mu, 0, atol=1e-4)


@pytest.mark.no_cover
@BOTH
def test_missing_jacobians_are_computed(method):
    full = hs71()
    bare = ConstrainedProblem(full.f, full.grad, eq=full.eq, ineq=full.ineq)
    result = minimize_constrained(bare, full.x0, method=method)
    assert result.converged
    assert kkt_residuals(full, result.x, result.lam, result.mu).max <= 1e-7


@BOTH
def test_the_domain_may_have_an_edge(method):
    entropy = ConstrainedProblem(
        f=lambda x: x @ np.log(x),
        grad=lambda x: 1 + np.log(x),
        eq=lambda x: x.sum(keepdims=True) - 1,
        eq_jac=lambda x: np.ones((1, 3)),
    )
    result = minimize_constrained(entropy, [1e-6, 0.9, 3], method=method)
    assert result.converged
    np.testing.assert_allclose(result.x, 1 / 3, atol=1e-6)
    np.testing.assert_allclose(result.lam, log(3) - 1, atol=1e-6)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@BOTH
def test_the_units_of_a_constraint_do_not_matter(method, scale):
    problem = linear(
        [1, 1],
        eq=lambda x: scale * np.array([x @ x - 1]),
        eq_jac=lambda x: scale * 2 * x[None],
    )
    result = minimize_constrained(problem, [1, 0.5], method=method)
    assert result.converged
    np.testing.assert_allclose(result.x, -sqrt(0.5), rtol=1e-8)
    np.testing.assert_allclose(scale * result.lam, sqrt(0.5), rtol=1e-8)


@BOTH
@given(seed=SEEDS)
@settings(deadline=None, derandomize=True, max_examples=8)
def test_linear_programs_agree_with_scipy(method, seed):
    rng = np.random.default_rng(seed)
    A, g = rng.normal(size=(5, 3)), rng.normal(size=3)
    # A box keeps it bounded, and the origin feasible.
    A, b = np.vstack([A, np.eye(3), -np.eye(3)]), np.r_[rng.exponential(size=5), np.ones(6)]
    ineq, ineq_jac = affine(A, b)
    result = minimize_constrained(
        linear(g, ineq=ineq, ineq_jac=ineq_jac), np.zeros(3), method=method
    )
    oracle = linprog(g, A_ub=A, b_ub=b, bounds=(None, None))
    assert result.converged
    assert result.fun == pytest.approx(oracle.fun, abs=1e-7)
    np.testing.assert_allclose(result.mu, -oracle.ineqlin.marginals, atol=1e-6)


@BOTH
@given(seed=SEEDS)
@settings(deadline=None, derandomize=True, max_examples=8)
def test_convex_problems_agree_with_scipy(method, seed):
    rng = np.random.default_rng(seed)
    n = 4
    R, A = rng.normal(size=(n, n)), rng.normal(size=(2, n))
    H, g = R @ R.T + np.eye(n), 3 * rng.normal(size=n)
    b = A @ rng.normal(size=n) / 10
    eq, eq_jac = affine(A, b)
    problem = quadratic(
        H,
        g,
        eq=eq,
        eq_jac=eq_jac,
        ineq=lambda x: np.array([x @ x - 1]),
        ineq_jac=lambda x: 2 * x[None],
    )
    result = minimize_constrained(problem, rng.normal(size=n), method=method)
    oracle = minimize(
        problem.f,
        np.zeros(n),
        jac=problem.grad,
        method="SLSQP",
        constraints=[
            LinearConstraint(A, b, b),
            {"type": "ineq", "fun": lambda x: 1 - x @ x, "jac": lambda x: -2 * x},
        ],
        options={"ftol": 1e-12},
    )
    assert result.converged
    np.testing.assert_allclose(result.x, oracle.x, atol=1e-4)


# ---------------------------------------------------------------------------------------------
# Multipliers are prices


@BOTH
def test_the_least_value_changes_by_minus_the_multipliers(method):
    def solve(b_eq, b_ineq):
        problem = quadratic(
            np.diag([1, 2, 3]),
            [-1, -4, 1],
            eq=lambda x: np.array([x.sum() - 1 - b_eq]),
            eq_jac=lambda x: np.ones((1, 3)),
            ineq=lambda x: np.array([x @ x - 1 - b_ineq, -x[0] - 5]),
            ineq_jac=lambda x: np.array([2 * x, [-1, 0, 0]]),
        )
        return minimize_constrained(problem, np.ones(3), method=method)

    h, here = 1e-4, solve(0, 0)
    dF_eq = (solve(h, 0).fun - solve(-h, 0).fun) / (2 * h)
    dF_ineq = (solve(0, h).fun - solve(0, -h).fun) / (2 * h)
    assert here.lam[0] > 0.1
    assert here.mu[0] > 0.1
    assert here.mu[1] == 0
    assert dF_eq == pytest.approx(-here.lam[0], rel=1e-5)
    assert dF_ineq == pytest.approx(-here.mu[0], rel=1e-5)


@pytest.mark.no_cover
@BOTH
def test_maximizing_on_the_circle_finds_the_opposite_point(method):
    def circle(sign):
        return linear([sign, sign], eq=lambda x: np.array([x @ x - 1]))

    least = minimize_constrained(circle(1), [-1, -0.5], method=method)
    greatest = minimize_constrained(circle(-1), [1, 0.5], method=method)
    np.testing.assert_allclose(greatest.x, -least.x, atol=1e-7)
    # ∇f = −λ∇eq: both gradients have turned around, and λ has not.
    np.testing.assert_allclose(greatest.lam, least.lam, atol=1e-7)


# ---------------------------------------------------------------------------------------------
# Problems on which a solver must fail, and say so


def contradiction(A, b):
    ineq, ineq_jac = affine(A, b)
    return linear([1.0] * np.shape(A)[1], ineq=ineq, ineq_jac=ineq_jac)


INFEASIBLE = {
    "x >= 1 and x <= 0": (contradiction([[-1], [1]], [-1, 0]), [5]),
    "x² + 1 = 0": (linear([1], eq=lambda x: x**2 + 1, eq_jac=lambda x: 2 * x[None]), [3]),
    "x² + 1 <= 0": (linear([1], ineq=lambda x: x**2 + 1, ineq_jac=lambda x: 2 * x[None]), [3]),
    "two discs apart": (
        linear(
            [1, 1],
            ineq=lambda x: np.array([x @ x - 1, (x[0] - 3) ** 2 + x[1] ** 2 - 1]),
            ineq_jac=lambda x: 2 * np.array([x, x - [3, 0]]),
        ),
        [3, 2],
    ),
    "two parallel lines": (
        quadratic(np.eye(2), [0, 0], eq=affine([[1, 1]] * 2, [1, 2])[0]),
        [3, 2],
    ),
    "a circle and a line past it": (
        linear([0, 1], eq=lambda x: np.array([x @ x - 1, x[0] - 2])),
        [0.3, 0.2],
    ),
    "sin x = 2": (linear([1], eq=lambda x: np.sin(x) - 2, eq_jac=lambda x: np.cos(x)[None]), [0.3]),
}


@pytest.mark.no_cover
@BOTH
@pytest.mark.parametrize("name", INFEASIBLE)
def test_contradictory_constraints_are_infeasible_and_proved_to_be(name, method):
    problem, x0 = INFEASIBLE[name]
    result = minimize_constrained(problem, x0, method=method)
    assert result.status is Status.INFEASIBLE
    assert result.residuals.primal > 0.1
    # The certificate: y prices violations, y·c > 0, and no step as long as x lowers that visibly.
    here, y = Local(problem, result.x), np.concatenate([result.lam, result.mu])
    assert (np.sign(y) == np.sign(here.v)).all()
    assert np.linalg.norm(y) == pytest.approx(1)
    assert np.linalg.norm(here.J.T @ y) * np.linalg.norm(here.x) <= 1e-4 * (y @ here.c)


UNBOUNDED = {
    "-x, x >= 0": (linear([-1], ineq=affine([-1], 0)[0]), [1]),
    "x, free": (linear([1]), [1]),
    "-x², y = 0": (quadratic([[-1, 0], [0, 1]], [0, 0], eq=affine([0, 1], 0)[0]), [1, 1]),
    "along the line x = y": (linear([-1, -1], eq=affine([1, -1], 0)[0]), [1, 2]),
    "along a strip": (linear([-1, -1], ineq=affine([[1, -1], [-1, 1]], [1, 1])[0]), [0, 0]),
    "-exp x": (
        ConstrainedProblem(lambda x: -np.exp(x[0]), lambda x: -np.exp(x), ineq=lambda x: -x),
        [1],
    ),
}


@pytest.mark.no_cover
@BOTH
@pytest.mark.parametrize("name", UNBOUNDED)
def test_an_objective_that_falls_forever_is_unbounded(name, method):
    problem, x0 = UNBOUNDED[name]
    result = minimize_constrained(problem, x0, method=method)
    assert result.status is Status.UNBOUNDED
    assert result.fun < problem.f(np.array(x0, dtype=float))
    assert result.n_iter < 50


def test_an_unbounded_objective_on_a_curve_is_not_called_solved():
    problem = linear([-1, 0], eq=lambda x: np.array([x[1] - x[0] ** 2]))
    result = minimize_constrained(problem, [1, 2], max_iter=30)
    assert result.status in (Status.MAX_ITER, Status.DIVERGED, Status.UNBOUNDED)


def cusp(x):
    return np.array([x[1] ** 2 - x[0] ** 3])


def cusp_jac(x):
    return np.array([[-3 * x[0] ** 2, 2 * x[1]]])


CUSPS = {
    "x, y² <= x³": (linear([1, 0], ineq=cusp, ineq_jac=cusp_jac), [1, 1], [0, 0]),
    "x, y² = x³": (linear([1, 0], eq=cusp, eq_jac=cusp_jac), [1, 1], [0, 0]),
    "x, x² <= 0": (linear([1], ineq=lambda x: x**2, ineq_jac=lambda x: 2 * x[None]), [1], [0]),
    "HS13": (
        quadratic(
            2 * np.eye(2),
            [-4, 0],
            ineq=lambda x: np.array([x[1] - (1 - x[0]) ** 3, -x[0], -x[1]]),
            ineq_jac=lambda x: np.array([[3 * (1 - x[0]) ** 2, 1], [-1, 0], [0, -1]]),
        ),
        [-2, -2],
        [1, 0],
    ),
}


@pytest.mark.no_cover
@BOTH
@pytest.mark.parametrize("name", CUSPS)
def test_at_a_cusp_where_there_are_no_multipliers_it_stalls_nearby(name, method):
    problem, x0, minimizer = CUSPS[name]
    result = minimize_constrained(problem, x0, method=method)
    assert result.status is Status.STALLED
    np.testing.assert_allclose(result.x, minimizer, atol=0.05)
    certificate = kkt_residuals(problem, result.x, result.lam, result.mu)
    assert certificate.dual == result.residuals.dual == 0
    # Multipliers grow without bound on the way to such a point.
    assert max(np.abs([*result.lam, *result.mu])) > 100


@BOTH
def test_a_kink_is_not_called_solved(method):
    problem = ConstrainedProblem(lambda x: abs(x[0]) + x[0] / 2, lambda x: np.sign(x) + 0.5)
    result = minimize_constrained(problem, [1], method=method)
    assert not result.converged
    assert abs(result.x[0]) < 1e-3


@BOTH
def test_too_few_iterations_are_reported(method):
    result = minimize_constrained(hs71(), hs71().x0, method=method, max_iter=1)
    assert result.status is Status.MAX_ITER
    assert result.n_iter == 1
    assert result.residuals.max > 1e-8


@BOTH
@given(seed=SEEDS)
@settings(deadline=None, derandomize=True, max_examples=12)
def test_whatever_the_problem_converged_means_that_the_kkt_conditions_hold(method, seed):
    rng = np.random.default_rng(seed)
    n, p, q = rng.integers(1, 4), rng.integers(0, 3), rng.integers(0, 4)
    A, b = rng.normal(size=(n, n)), rng.normal(size=n)
    C, D = rng.normal(size=(p + q, n)), rng.normal(size=(p + q, n, n)) / 4
    e = rng.normal(size=p + q)

    def constraints(x):
        return C @ x + e + D @ x @ x

    def jacobian(x):
        return C + (D + D.transpose(0, 2, 1)) @ x

    problem = ConstrainedProblem(
        f=lambda x: b @ x + x @ A @ x / 2 + (x**4).sum() / 10,
        grad=lambda x: b + (A + A.T) @ x / 2 + 0.4 * x**3,
        eq=lambda x: constraints(x)[:p],
        eq_jac=lambda x: jacobian(x)[:p],
        ineq=lambda x: constraints(x)[p:],
        ineq_jac=lambda x: jacobian(x)[p:],
    )
    result = minimize_constrained(problem, rng.normal(size=n), method=method)
    certificate = kkt_residuals(problem, result.x, result.lam, result.mu)
    assert result.status in (Status.CONVERGED, Status.INFEASIBLE, Status.STALLED)
    assert certificate.max <= 1e-8 if result.converged else certificate.max > 0
    assert result.lam.shape == (p,)
    assert result.mu.shape == (q,)
    assert (result.mu >= 0).all()


# ---------------------------------------------------------------------------------------------
# What the docstring promises


@BOTH
def test_the_result_is_what_it_says(method):
    x0 = np.array([1, 5, 5, 1])
    result = minimize_constrained(hs71(), x0, method=method)
    assert isinstance(result, KKTResult)
    assert x0.tolist() == [1, 5, 5, 1]
    assert result.path.shape == (result.n_iter + 1, 4)
    np.testing.assert_array_equal(result.path[0], x0)
    np.testing.assert_array_equal(result.path[-1], result.x)
    assert result.fun == hs71().f(result.x)
    assert result.lam.shape == (1,)
    assert result.mu.shape == (9,)
    assert "stationarity" in repr(result)
    np.testing.assert_allclose(result.x, hs71().minimizers[0], atol=1e-6)


@BOTH
def test_a_solution_for_a_start_takes_no_steps_or_few(method):
    first = minimize_constrained(hs71(), hs71().x0, method=method)
    again = minimize_constrained(hs71(), first.x, method=method)
    assert again.converged
    assert again.n_iter < 10


def test_a_tolerance_can_be_met_that_is_tighter_than_the_default():
    result = minimize_constrained(hs71(), hs71().x0, tol=1e-13)
    assert result.converged
    assert result.residuals.max <= 1e-13


def test_a_tolerance_beyond_rounding_is_not_claimed():
    result = minimize_constrained(hs71(), hs71().x0, tol=1e-18)
    assert not result.converged
    assert result.residuals.max < 1e-12


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"problem": 3}, "problem must be a ConstrainedProblem; it is 3"),
        ({"x0": [1, 2, np.nan, 4]}, "x0 must be finite"),
        ({"x0": [[1, 2, 3, 4]]}, "x0 must have 1 axes"),
        ({"x0": []}, "x0 must not be empty"),
        ({"method": "simplex"}, "method must be one of 'sqp', 'augmented-lagrangian'"),
        ({"tol": 0}, "tol must be positive"),
        ({"max_iter": 0}, "max_iter must be an integer of at least 1"),
    ],
)
def test_bad_arguments_are_named(change, message):
    arguments = {"problem": hs71(), "x0": [1, 5, 5, 1]} | change
    with pytest.raises(ValueError, match=message):
        minimize_constrained(**arguments)


@BOTH
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"f": lambda x: np.nan}, r"f must return finite values; at x = \[1, 2\] it returned nan"),
        ({"f": lambda x: x}, r"f must return an array of shape \(\)"),
        ({"f": lambda x: 1j}, "f must return real numbers"),
        ({"grad": lambda x: x[:1]}, r"grad must return an array of shape \(2,\)"),
        ({"grad": lambda x: x + np.inf}, "grad must return finite values"),
        ({"eq": lambda x: x.sum()}, "eq must return an array with 1 axis"),
        ({"eq": lambda x: x * np.nan}, "eq must return finite values"),
        (
            {"eq": lambda x: x, "eq_jac": lambda x: x},
            r"eq_jac must return an array of shape \(2, 2\)",
        ),
        ({"ineq": lambda x: x * 1j}, "ineq must return real numbers"),
        (
            {"ineq": lambda x: x, "ineq_jac": lambda x: np.full((2, 2), np.nan)},
            "ineq_jac must return finite values",
        ),
    ],
)
def test_bad_functions_are_named_with_the_point(change, message, method):
    functions = {"f": lambda x: x @ x, "grad": lambda x: 2 * x} | change
    with pytest.raises(ValueError, match=message):
        minimize_constrained(ConstrainedProblem(**functions), [1, 2], method=method)


def test_the_contract_is_all_there():
    for name in companion.constrained.__all__:
        assert hasattr(companion.constrained, name)


# ---------------------------------------------------------------------------------------------
# The circle


@given(SEEDS)
@settings(deadline=None, derandomize=True, max_examples=25)
def test_a_quadratic_form_on_the_circle_is_least_along_its_last_eigenvector(seed):
    A = np.random.default_rng(seed).normal(size=(2, 2))
    A = A + A.T
    w, V = np.linalg.eigh(A)
    result = minimize_on_circle(lambda x: x @ A @ x)
    assert result.converged
    assert result.fun == pytest.approx(w[0], abs=1e-12 * np.abs(w).max())
    # sin of the angle between the two lines
    assert abs(np.linalg.det([result.x, V[:, 0]])) < 1e-9 * np.abs(w).max() / (w[1] - w[0])


@given(st.floats(0, 2 * np.pi), st.floats(-3, 3))
@settings(deadline=None, derandomize=True, max_examples=30)
def test_a_linear_function_is_least_opposite_to_its_gradient(theta, magnitude):
    g = 10**magnitude * np.array([cos(theta), sin(theta)])
    result = minimize_on_circle(lambda x: g @ x)
    assert result.converged
    np.testing.assert_allclose(result.x, -g / np.linalg.norm(g), atol=1e-10)
    assert np.linalg.norm(result.x) == pytest.approx(1, abs=1e-15)


def test_the_angle_is_found_to_more_digits_than_values_of_f_can_tell():
    # Values alone: f is flat to rounding within 1e-8 of the minimum, and within 1e-5 for this one.
    result = minimize_on_circle(lambda x: 1e5 + (x[0] - 0.6) ** 2 + (x[1] - 0.8) ** 2, tol=1e-13)
    assert np.linalg.norm(result.x - [0.6, 0.8]) < 1e-8


def test_the_lowest_of_many_minima_is_found():
    def f(x):
        theta = np.arctan2(x[1], x[0])
        return sin(5 * theta) + 0.1 * cos(theta - 2)

    result = minimize_on_circle(f)
    dense = np.linspace(0, 2 * np.pi, 100_001)
    assert result.converged
    assert result.fun <= min(f(np.array([cos(t), sin(t)])) for t in dense) + 1e-12


def test_a_narrow_minimum_is_found_although_its_samples_are_not_the_lowest():
    center = 32.5 * 2 * np.pi / 64

    def f(x):
        distance = np.arctan2(*(x[::-1])) % (2 * np.pi) - center
        return -x[0] - 3 * exp(-((distance / 0.05) ** 2))

    result = minimize_on_circle(f)
    assert result.fun < -1.9
    assert result.converged


@pytest.mark.parametrize("constant", [0.0, 3.0])
def test_a_constant_is_least_anywhere(constant):
    result = minimize_on_circle(lambda x: constant)
    assert result.converged
    assert result.fun == constant


def test_at_a_kink_the_lowest_point_is_found_but_not_certified():
    result = minimize_on_circle(lambda x: abs(x[0] - 0.3) + x[1] / 10)
    assert result.status is Status.STALLED
    np.testing.assert_allclose(result.x, [0.3, -sqrt(1 - 0.09)], atol=1e-10)


def test_a_minimum_between_few_samples_is_missed_as_documented():
    def f(x):
        return -exp(-1e4 * ((x[0] - cos(0.5)) ** 2 + (x[1] - sin(0.5)) ** 2)) + 0.01 * x[0]

    assert minimize_on_circle(f, samples=8).fun > -0.1
    assert minimize_on_circle(f, samples=512).fun < -0.9


def test_the_path_stays_on_the_circle():
    result = minimize_on_circle(lambda x: x[0] ** 3 + x[1])
    assert result.path.shape == (result.n_iter + 1, 2)
    np.testing.assert_allclose(np.linalg.norm(result.path, axis=1), 1)
    np.testing.assert_array_equal(result.path[-1], result.x)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"f": 1}, "f must be callable"),
        ({"f": lambda x: x}, r"f must return an array of shape \(\)"),
        ({"f": lambda x: np.log(x[0])}, "f must return finite values; at x = "),
        ({"samples": 2}, "samples must be an integer of at least 3"),
        ({"tol": -1}, "tol must be positive"),
    ],
)
def test_bad_arguments_of_the_circle_are_named(change, message):
    arguments = {"f": lambda x: x[0]} | change
    with pytest.raises(ValueError, match=message):
        minimize_on_circle(**arguments)


@BOTH
def test_constraints_may_fill_the_same_array_and_write_on_their_argument(method):
    buffer = np.empty(1)

    def eq(x):
        buffer[0] = x[0] + x[1] - 1
        x += 5
        return buffer

    def grad(x):
        g = 2 * x
        x *= 0
        return g

    problem = ConstrainedProblem(lambda x: x @ x, grad, eq=eq, eq_jac=lambda x: np.ones((1, 2)))
    result = minimize_constrained(problem, [1.0, 2.0], method=method)
    assert result.converged
    np.testing.assert_allclose(result.x, [0.5, 0.5], atol=1e-7)

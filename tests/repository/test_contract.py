"""The names and signatures that callers outside this repository rely on."""

import importlib
import inspect
from dataclasses import fields

import pytest

SIGNATURES = """\
jacobians.jacobian(f, x, method='central', *, step=None, vectorized=False, bounds=None, sparsity=None)
jacobians.gradient(f, x, method='central', *, step=None, vectorized=False, bounds=None)
jacobians.jvp(f, x, v)
jacobians.vjp(f, x, w)
jacobians.check_gradient(f, grad, x, *, seed=0)
hessians.hessian(f, x, *, grad=None, method='central', vectorized=False)
hessians.hessian_vector_product(grad, x, v, *, method='central')
hessians.directional_curvature(hvp, d)
hessians.extreme_eigenvalues(hvp, n, *, tol=1e-06, max_iter=None, seed=0)
hessians.classify_critical_point(g, H, *, tol=1e-08)
taylor.taylor_coefficients(f, a, order, *, radius=None)
taylor.quadratic_model(f0, g, H)
taylor.analyze_step(f0, g, Hg)
taylor.validity_radius(f, x0, g, Hg, *, tol=0.1)
descent.gradient_descent(f, grad, x0, epsilon, *, momentum=0.0, hvp=None, tol=1e-08, max_iter=10000)
descent.stochastic_gradient_descent(grad, n_rows, x0, epsilon, *, f=None, tol=None, batch_size=32, epochs=10, seed=0)
descent.sum_over_blocks(term, blocks)
descent.newton(f, grad, hess, x0, *, tol=1e-10, max_iter=50)
constrained.project_ball(x, radius=1.0)
constrained.project_box(x, lower, upper)
constrained.project_simplex(x, total=1.0)
constrained.projected_gradient(f, grad, project, x0, epsilon, *, tol=1e-08, max_iter=10000)
constrained.minimize_on_circle(f, *, samples=64, tol=1e-10)
constrained.lagrangian(problem, x, lam, mu)
constrained.kkt_residuals(problem, x, lam, mu)
constrained.minimize_constrained(problem, x0, *, method='sqp', tol=1e-08, max_iter=200)
least_squares.gradient_descent(A, b, epsilon=None, *, x0=None, tol=1e-10, max_iter=100000)
least_squares.conjugate_gradient(A, b, *, x0=None, tol=1e-10, max_iter=None)
least_squares.normal_equations(A, b)
least_squares.qr_solve(A, b)
least_squares.pseudoinverse_solve(A, b, *, rcond=None)
least_squares.accurate_solve(A, b)
least_squares.regularized_solve(A, b, lam)
least_squares.norm_constrained(A, b, radius=1.0, *, method='newton', tol=None, max_iter=None)
least_squares.tsqr(blocks)
datasets.load(name)
""".splitlines()  # noqa: E501

FIELDS = """\
results.Result: x fun status n_iter path
problems.Problem: name f grad hess x0 minimizers
problems.ConstrainedProblem: f grad eq eq_jac ineq ineq_jac
constrained.ConstrainedProblem: f grad eq eq_jac ineq ineq_jac
jacobians.GradientCheck: passed slope worst analytic numeric relative_error
jacobians.SparseJacobian: rows cols values shape
hessians.ExtremeEigenvalues: smallest largest residuals status n_iter
hessians.CriticalPoint: kind eigenvalues
taylor.StepAnalysis: f0 slope alpha optimal_epsilon predicted_decrease
constrained.KKTResiduals: stationarity primal dual complementarity
constrained.KKTResult: x fun lam mu residuals status n_iter path
least_squares.TallQR: R c rest n_rows
least_squares.NormConstrained: x lam fun active status n_iter path
""".splitlines()


def find(path):
    module, name = path.split(".")
    return getattr(importlib.import_module(f"companion.{module}"), name)


@pytest.mark.parametrize("line", SIGNATURES)
def test_signature(line):
    path, arguments = line.split("(", 1)
    assert str(inspect.signature(find(path))) == f"({arguments}"


@pytest.mark.parametrize("line", FIELDS)
def test_fields(line):
    path, names = line.split(": ")
    result = find(path)
    assert [field.name for field in fields(result)][: len(names.split())] == names.split()
    if "status" in names:
        assert isinstance(result.converged, property)


def test_the_methods_of_jacobian():
    names = " ".join(find("jacobians.METHODS"))
    assert names == "forward central richardson complex-step forward-mode reverse-mode"


def test_the_statuses():
    names = " ".join(status.name for status in find("results.Status"))
    assert names == "CONVERGED MAX_ITER STALLED DIVERGED INFEASIBLE UNBOUNDED"

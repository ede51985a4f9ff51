"""The same problem in other units, and what its solvers must then return."""

from dataclasses import replace

import numpy as np

from companion.problems import Problem


def scaled(problem, s=1.0, u=1.0, *, eq=1.0, ineq=1.0):
    """The problem with f multiplied by s, x by u, and each row of eq and ineq by a factor.

    f̃(x) = s f(x/u), and so on; the start and the minimizers go along. Where s, u and the factors
    are powers of two, all values are those of the problem, scaled, to the last bit.
    """
    changes = {
        "f": lambda x: s * problem.f(x / u),
        "grad": lambda x: s / u * problem.grad(x / u),
    }
    if isinstance(problem, Problem):
        changes["hess"] = lambda x: s / u / u * problem.hess(x / u)
    else:
        for name, factor in (("eq", eq), ("ineq", ineq)):
            changes |= _rows(problem, name, np.asarray(factor), u)
    for name in ("x0", "minimizers"):
        if getattr(problem, name) is not None:
            changes[name] = u * getattr(problem, name)
    return replace(problem, **changes)


def lifted(problem, constant):
    """The problem with a constant added to f."""
    return replace(problem, f=lambda x: problem.f(x) + constant)


def farther(problem, factor):
    """The problem from a start that lies in the same direction, `factor` times as far from 0."""
    return replace(problem, x0=factor * problem.x0)


def assert_same_path(result, plain, u=1.0):
    """Status and number of steps are equal, and so is the path, scaled back, to the last bit."""
    assert (result.status, result.n_iter) == (plain.status, plain.n_iter)
    np.testing.assert_array_equal(result.path / u, plain.path)
    np.testing.assert_array_equal(result.x / u, plain.x)


def _rows(problem, name, factor, u):
    """The constraint `name`, each row multiplied by its factor, and its Jacobian."""
    c, J = getattr(problem, name), getattr(problem, f"{name}_jac")
    changes = {}
    if c is not None:
        changes[name] = lambda x: factor * c(x / u)
    if J is not None:
        changes[f"{name}_jac"] = lambda x: factor[..., None] / u * J(x / u)
    return changes

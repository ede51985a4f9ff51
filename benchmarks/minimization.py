"""Descent on problems with known answers, and Taylor coefficients of entire functions."""

from math import factorial

import numpy as np

from companion.constrained import project_box, projected_gradient
from companion.descent import gradient_descent, newton
from companion.problems import UNCONSTRAINED
from companion.taylor import taylor_coefficients

from measure import Bar


def bars():
    table = solve_all()
    false = sum(cell["outcome"] == "false success" for row in table for cell in row["cells"])
    yield Bar("Descent", "problems with known answers", len(table), ">=", 10)
    yield Bar("Descent", "CONVERGED although the gradient is not 0", false, "<=", 0)
    for i, method in enumerate(METHODS):
        solved = sum(row["cells"][i]["outcome"] == "certified" for row in table)
        yield Bar("Descent", f"{method}: certified, of {len(table)}", solved)
    yield from taylor()


METHODS = {
    "gradient_descent, Armijo": lambda p: gradient_descent(p.f, p.grad, p.x0, "armijo"),
    "gradient_descent, optimal": lambda p: gradient_descent(p.f, p.grad, p.x0, "optimal"),
    "newton": lambda p: newton(p.f, p.grad, p.hess, p.x0),
    "projected_gradient in a box": lambda p: projected_gradient(
        p.f, p.grad, lambda x: project_box(x, p.x0 - 1e3, p.x0 + 1e3), p.x0, "armijo"
    ),
}


def solve_all():
    """One row a problem: for each method whether it is certified, and where it ended."""
    table = []
    for make in UNCONSTRAINED:
        problem = make()
        row = {"problem": problem.name, "n": len(problem.x0), "cells": []}
        for method, solve in METHODS.items():
            result = solve(problem)
            slope = np.linalg.norm(problem.grad(result.x)) / max(
                1.0, np.linalg.norm(problem.grad(problem.x0))
            )
            outcome = "certified" if result.converged else result.status.name.lower()
            at_bound = (np.abs(result.x - problem.x0) >= 1e3).any() and "box" in method
            if result.converged and slope > 1e-6 and not at_bound:
                outcome = "false success"
            row["cells"].append({"method": method, "outcome": outcome, "n_iter": result.n_iter})
        table.append(row)
    return table


ENTIRE = {
    "exp": (np.exp, lambda a, k: np.exp(a)),
    "sin": (np.sin, lambda a, k: np.sin(a + k * np.pi / 2)),
    "cos 2z": (lambda z: np.cos(2 * z), lambda a, k: 2**k * np.cos(2 * a + k * np.pi / 2)),
    "z³ exp(−z)": (
        lambda z: z**3 * np.exp(-z),
        lambda a, k: sum(
            binomial(k, j) * falling(j) * a ** max(3 - j, 0) * (-1) ** (k - j) * np.exp(-a)
            for j in range(min(k, 3) + 1)
        ),
    ),
}


def binomial(k, j):
    return factorial(k) // factorial(j) // factorial(k - j)


def falling(j):
    return factorial(3) // factorial(3 - j)


def taylor():
    order = 20
    for name, (f, derivative) in ENTIRE.items():
        worst = 0.0
        for a in (0.0, 1.5, -3.0, 0.5 + 2j):
            found = taylor_coefficients(f, a, order)
            exact = np.array([derivative(a, k) / factorial(k) for k in range(order + 1)])
            # Relative where a coefficient is not 0, else to max|f|/rᵏ on a circle of radius 5.
            ring = np.abs(f(a + 5 * np.exp(2j * np.pi * np.arange(64) / 64))).max()
            floor = ring / 5.0 ** np.arange(order + 1)
            zero = np.abs(exact) <= 1e-14 * floor
            size = np.where(zero, floor, np.abs(exact))
            worst = max(worst, float(np.max(np.abs(found - exact) / size)))
        yield Bar("Taylor", f"coefficients of {name} to order 20: worst error", worst, "<=", 1e-12)

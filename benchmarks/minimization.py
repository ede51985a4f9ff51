"""Descent on problems with known answers, and Taylor coefficients of entire functions."""

from math import comb, factorial, perm

import numpy as np

from companion.constrained import project_box, projected_gradient
from companion.descent import gradient_descent, newton
from companion.hessians import classify_critical_point
from companion.problems import UNCONSTRAINED
from companion.taylor import taylor_coefficients

from measure import Figure, race

HALF_WIDTH = 1e3  # of the box around the start
METHODS = {
    "gradient_descent, Armijo": lambda p: gradient_descent(p.f, p.grad, p.x0, "armijo"),
    "gradient_descent, optimal": lambda p: gradient_descent(p.f, p.grad, p.x0, "optimal"),
    "newton": lambda p: newton(p.f, p.grad, p.hess, p.x0),
    "projected_gradient in a box": lambda p: projected_gradient(
        p.f,
        p.grad,
        lambda x: project_box(x, p.x0 - HALF_WIDTH, p.x0 + HALF_WIDTH),
        p.x0,
        "armijo",
    ),
}


def figures(tables):
    table = tables["descent"] = solve_all()
    yield Figure("Descent", "problems with known answers", len(table), "problems", ">=", 10)
    # At a wall of the box the gradient need not be 0.
    wrong = sum(
        cell["status"] == "CONVERGED" and cell["kind"] != "at a wall" and cell["slope"] > 1e-6
        for row in table
        for cell in row["cells"]
    )
    name = "CONVERGED although the gradient is more than 1e-6 of that at the start"
    yield Figure("Descent", name, wrong, "runs", "<=", 0)
    yield from taylor()


def solve_all():
    """One row a problem: how each method ended, after how many steps, and at what kind of point."""
    return [
        {
            "problem": problem.name,
            "n": len(problem.x0),
            "cells": [
                {"method": method} | judge(problem, solve(problem))
                for method, solve in METHODS.items()
            ],
        }
        for problem in (make() for make in UNCONSTRAINED)
    ]


def judge(problem, result):
    """The kind is that of the Hessian, where the method says that the gradient is 0."""
    kind = None
    if result.converged:
        at_wall = (np.abs(result.x - problem.x0) >= HALF_WIDTH).any()
        H = problem.hess(result.x)
        kind = "at a wall" if at_wall else classify_critical_point(np.zeros(len(H)), H).kind
    slope = np.linalg.norm(problem.grad(result.x)) / np.linalg.norm(problem.grad(problem.x0))
    return {
        "status": result.status.name,
        "kind": kind,
        "n_iter": result.n_iter,
        "slope": float(slope),
    }


ENTIRE = {
    "exp": (np.exp, lambda a, k: np.exp(a)),
    "sin": (np.sin, lambda a, k: np.sin(a + k * np.pi / 2)),
    "cos 2z": (lambda z: np.cos(2 * z), lambda a, k: 2**k * np.cos(2 * a + k * np.pi / 2)),
    "z³ exp(−z)": (
        lambda z: z**3 * np.exp(-z),
        lambda a, k: sum(
            comb(k, j) * perm(3, j) * a ** (3 - j) * (-1) ** (k - j) * np.exp(-a)
            for j in range(min(k, 3) + 1)
        ),
    ),
}
ORDER = 20
CENTERS = (0.0, 1.5, -3.0, 0.5 + 2j)


def taylor():
    for name, (f, derivative) in ENTIRE.items():
        error = worst_error(f, derivative)
        title = f"coefficients of {name} to order {ORDER}"
        found = error(coefficients(taylor_coefficients, f))
        yield Figure("Taylor", f"{title}: worst error", found, "relative error", "<=", 1e-12)
        for against, theirs in rivals().items():
            yield race(
                "Taylor",
                title,
                against,
                lambda f=f: coefficients(taylor_coefficients, f),
                lambda f=f, theirs=theirs: coefficients(theirs, f),
                error,
            )


def rivals():
    """numdifftools searches for a radius, as ours does; 7 is what suits all four best."""
    from numdifftools import fornberg  # not needed by what else is here

    def circle(f, a, order):
        values = f(a + 7 * np.exp(2j * np.pi * np.arange(64) / 64))
        return np.fft.fft(values)[: order + 1] / 64 / 7.0 ** np.arange(order + 1)

    return {
        "numdifftools.fornberg, as it comes": (
            lambda f, a, order: fornberg.taylor(f, a, n=order)[: order + 1]
        ),
        "one circle of radius 7, as typed": circle,
    }


def coefficients(method, f):
    return [method(f, a, ORDER) for a in CENTERS]


def worst_error(f, derivative):
    """Relative where a coefficient is not 0, else to max|f|/rᵏ on a circle of radius 5."""
    orders = np.arange(ORDER + 1)
    exact, sizes = [], []
    for a in CENTERS:
        exact.append(np.array([derivative(a, k) / factorial(k) for k in orders.tolist()]))
        ring = np.abs(f(a + 5 * np.exp(2j * np.pi * np.arange(64) / 64))).max()
        floor = ring / 5.0**orders
        sizes.append(np.where(np.abs(exact[-1]) <= 1e-14 * floor, floor, np.abs(exact[-1])))

    def error(found):
        gaps = (np.abs(c - e) / s for c, e, s in zip(found, exact, sizes, strict=True))
        return float(max(gap.max() for gap in gaps))

    return error

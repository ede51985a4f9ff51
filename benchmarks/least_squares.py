"""Least squares beside LAPACK, scipy's lsmr, cvxpy and statsmodels."""

import time

import cvxpy
import numpy as np
import scipy.sparse as sp
import statsmodels.api as sm
from scipy.sparse.linalg import lsmr

from companion.datasets import load
from companion.least_squares import (
    accurate_solve,
    norm_constrained,
    normal_equations,
    qr_solve,
)

from measure import Bar, compare, quartiles, times_faster

TO_THE_END = {"atol": 1e-12, "btol": 1e-12, "maxiter": 10**5}
NIST = {"norris": 13, "longley": 14, "wampler1": 14.5, "wampler2": 13}


def bars():
    yield from dense()
    yield from ill_conditioned()
    yield from sparse()
    yield from nist()


def dense():
    m, n = 2000, 500
    rng = np.random.default_rng(0)
    A, b = rng.standard_normal((m, n)), rng.standard_normal(m)
    radius = np.linalg.norm(np.linalg.lstsq(A, b)[0]) / 2
    name = "norm_constrained, 2000 × 500"
    yield compare(
        "Least squares, dense",
        f"{name}: time of numpy.linalg.lstsq",
        lambda: norm_constrained(A, b, radius),
        lambda: np.linalg.lstsq(A, b),
        "<=",
        1.5,
        seconds=6.0,
    )

    def by_cvxpy():
        x = cvxpy.Variable(n)
        misfit = cvxpy.Minimize(cvxpy.sum_squares(A @ x - b) / 2)
        cvxpy.Problem(misfit, [cvxpy.sum_squares(x) <= radius**2]).solve()
        return x.value

    yield times_faster(
        "Least squares, dense",
        f"{name}: times faster than cvxpy",
        lambda: norm_constrained(A, b, radius),
        by_cvxpy,
        40,
    )
    solution = norm_constrained(A, b, radius)
    residual = A.T @ (A @ solution.x - b) + 2 * solution.lam * solution.x
    size = np.linalg.norm(A, 2) * np.linalg.norm(b)
    stationarity = np.linalg.norm(residual) / size
    yield Bar(
        "Least squares, dense",
        f"{name}: stationarity, relative to ‖A‖‖b‖",
        stationarity,
        "<=",
        1e-14,
    )
    theirs = by_cvxpy()
    gap = np.linalg.norm(solution.x - theirs) / np.linalg.norm(theirs)
    yield Bar("Least squares, dense", f"{name}: distance from cvxpy's x, relative", gap)


def ill_conditioned():
    m, n = 200, 50
    rng = np.random.default_rng(3)
    U, V = (np.linalg.qr(rng.standard_normal((k, n)))[0] for k in (m, n))
    s, y = np.logspace(0, -8, n), rng.standard_normal(n)
    A, exact = U * s @ V.T, V @ y
    b = A @ exact
    radius = np.linalg.norm(exact) * (1 - 1e-10)
    x = norm_constrained(A, b, radius).x
    error = np.linalg.norm(x - exact) / np.linalg.norm(exact)
    yield Bar(
        "Least squares, dense",
        "norm_constrained, cond 1e8, radius near: error in x",
        error,
        "<=",
        1e-7,
    )
    by_normal = np.linalg.solve(A.T @ A + 1e-20 * np.eye(n), A.T @ b)
    error = np.linalg.norm(by_normal - exact) / np.linalg.norm(exact)
    yield Bar("Least squares, dense", "the same through AᵀA: error in x", error)


def sparse():
    m, n = 200_000, 20_000
    rng = np.random.default_rng(0)
    A = sp.random_array(
        (m, n), density=5e-4, rng=rng, format="csr", data_sampler=rng.standard_normal
    )
    x = rng.standard_normal(n)
    for name, decades, share in (
        ("columns alike, half the norm", 0, 0.5),
        ("columns alike, a tenth of the norm", 0, 0.1),
        ("columns over 1 decade, half the norm", 1, 0.5),
        ("columns over 2 decades, half the norm", 2, 0.5),
    ):
        B = (A @ sp.diags_array(np.logspace(0, -decades, n))).tocsr()
        b = B @ x + 0.1 * rng.standard_normal(m)
        own, other = [], []
        for _ in range(5 if decades < 2 else 2):
            begun = time.perf_counter()
            free, _, products = lsmr(B, b, **TO_THE_END)[:3]
            other.append(time.perf_counter() - begun)
            radius = share * np.linalg.norm(free)
            begun = time.perf_counter()
            solution = norm_constrained(B, b, radius, method="golub-kahan")
            own.append(time.perf_counter() - begun)
        low, figure, high = quartiles(np.divide(own, other).tolist())
        times = {"ours": float(np.median(own)), "theirs": float(np.median(other))}
        title = f"golub-kahan, {name}: time of lsmr"
        yield Bar("Least squares, sparse", title, figure, "<=", 0.2, low, high, times)
        title = f"golub-kahan, {name}: products with A, to lsmr's"
        yield Bar("Least squares, sparse", title, (solution.n_iter + 2) / products)
        residual = B.T @ (B @ solution.x - b) + 2 * solution.lam * solution.x
        stationarity = float(np.linalg.norm(residual) / np.linalg.norm(B.T @ b))
        title = f"golub-kahan, {name}: stationarity"
        yield Bar("Least squares, sparse", title, stationarity, "<=", 1e-9)


def nist():
    """Correct digits of the worst coefficient, and a table of them."""
    for name, bar in NIST.items():
        data = load(name)
        title = f"accurate_solve, {name}: certified digits"
        yield Bar(
            "Certified digits", title, digits(accurate_solve(data.A, data.y), data), ">=", bar
        )


def nist_table():
    """For each set the correct digits by each way to solve it."""
    ways = {
        "accurate_solve": accurate_solve,
        "qr_solve": qr_solve,
        "numpy lstsq": lambda A, b: np.linalg.lstsq(A, b)[0],
        "statsmodels OLS": lambda A, b: sm.OLS(b, A).fit().params,
        "normal_equations": normal_equations,
    }
    table = {}
    for name in NIST:
        data = load(name)
        table[name] = {way: digits(solve(data.A, data.y), data) for way, solve in ways.items()}
    return table


def digits(x, data):
    """Correct significant digits in the worst coefficient, at most 15."""
    error = np.max(np.abs(x / data.certified.x - 1))
    return float(min(15.0, -np.log10(max(error, 1e-16))))

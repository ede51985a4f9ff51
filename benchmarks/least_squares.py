"""Least squares beside LAPACK, scipy's lsmr, cvxpy and statsmodels."""

from functools import partial

import cvxpy
import numpy as np
import scipy.optimize
import scipy.sparse as sp
import statsmodels.api as sm
from scipy.sparse.linalg import lsmr

from companion.datasets import load
from companion.least_squares import accurate_solve, norm_constrained, normal_equations, qr_solve

from measure import Figure, clock, race

NIST = {"norris": 13, "longley": 14, "wampler1": 14.5, "wampler2": 13}


def figures(tables):
    yield from dense()
    yield from ill_conditioned()
    yield from sparse()
    tables["nist"] = nist_table()
    for name, bar in NIST.items():
        found = tables["nist"][name]["accurate_solve"]["digits"]
        title = f"accurate_solve, {name}: certified digits"
        yield Figure("Certified digits", title, found, "digits", ">=", bar)


def dense():
    m, n = 2000, 500
    rng = np.random.default_rng(0)
    A, b = rng.standard_normal((m, n)), rng.standard_normal(m)
    radius = np.linalg.norm(np.linalg.lstsq(A, b)[0]) / 2
    section, name = "Least squares, dense", "norm_constrained, 2000 × 500"

    def ours():
        return norm_constrained(A, b, radius)

    found = ours()
    residual = A.T @ (A @ found.x - b) + 2 * found.lam * found.x
    stationarity = np.linalg.norm(residual) / (np.linalg.norm(A, 2) * np.linalg.norm(b))
    of = "of ‖A‖‖b‖"
    yield Figure(section, f"{name}: stationarity", stationarity, of, "<=", 1e-14)
    error = error_of(A, b, radius)

    yield race(
        section,
        name,
        "floor: numpy.linalg.lstsq, without the constraint",
        ours,
        lambda: np.linalg.lstsq(A, b),
        (lambda found: error(found.x), None),
        "<=",
        1.5,
        seconds=6.0,
    )
    rivals = {
        "singular values and brentq, as typed": lambda: by_singular_values(A, b, radius),
        "cvxpy, as typed": lambda: by_cvxpy(A, b, radius),
        "cvxpy on R of QR": lambda: by_cvxpy(*reduced(A, b), radius),
        "cvxpy on R of QR, SCS, eps 1e-10": lambda: by_cvxpy(
            *reduced(A, b), radius, solver="SCS", eps=1e-10
        ),
    }
    for against, theirs in rivals.items():
        yield race(section, name, against, ours, theirs, (lambda found: error(found.x), error))


def error_of(A, b, radius):
    """The larger of two shares, of the gradient of the Lagrangian and of the norm, as a function.

    Of x alone, with the λ that suits it best, so that nobody's x is the measure of another's.
    """
    start = np.linalg.norm(A.T @ b)

    def error(x):
        g = A.T @ (A @ x - b)
        twice_lam = -(x @ g) / (x @ x)
        return max(np.linalg.norm(g + twice_lam * x) / start, abs(np.linalg.norm(x) / radius - 1))

    return error


def by_singular_values(A, b, radius):
    U, s, Vt = np.linalg.svd(A, full_matrices=False)
    c = s * (U.T @ b)

    def gap(lam):
        return np.linalg.norm(c / (s**2 + 2 * lam)) - radius

    lam = scipy.optimize.brentq(gap, 0, np.linalg.norm(c) / radius, xtol=1e-300, rtol=1e-15)
    return Vt.T @ (c / (s**2 + 2 * lam))


def reduced(A, b):
    Q, R = np.linalg.qr(A)
    return R, Q.T @ b


def by_cvxpy(A, b, radius, **options):
    x = cvxpy.Variable(A.shape[1])
    misfit = cvxpy.Minimize(cvxpy.sum_squares(A @ x - b) / 2)
    cvxpy.Problem(misfit, [cvxpy.norm(x) <= radius]).solve(**options)
    return x.value


def ill_conditioned():
    m, n = 200, 50
    rng = np.random.default_rng(3)
    U, V = (np.linalg.qr(rng.standard_normal((k, n)))[0] for k in (m, n))
    s, y = np.logspace(0, -8, n), rng.standard_normal(n)
    A, exact = U * s @ V.T, V @ y
    b = A @ exact
    radius = np.linalg.norm(exact) * (1 - 1e-10)

    def error(x):
        return np.linalg.norm(x - exact) / np.linalg.norm(exact)

    section, name = "Least squares, dense", "cond 1e8, a radius that is all but reached: error in x"
    for way, x, bar in (
        ("norm_constrained", norm_constrained(A, b, radius).x, ("<=", 1e-7)),
        ("singular values and brentq", by_singular_values(A, b, radius), ()),
        ("through AᵀA", np.linalg.solve(A.T @ A + 1e-20 * np.eye(n), A.T @ b), ()),
    ):
        yield Figure(section, f"{way}, {name}", float(error(x)), "relative error", *bar)


def sparse():
    m, n = 200_000, 20_000
    rng = np.random.default_rng(0)
    A = sp.random_array(
        (m, n), density=5e-4, rng=rng, format="csr", data_sampler=rng.standard_normal
    )
    x = rng.standard_normal(n)
    section = "Least squares, sparse"
    for name, decades, share in (
        ("columns alike, half the norm", 0, 0.5),
        ("columns alike, a tenth of the norm", 0, 0.1),
        ("columns over 1 decade, half the norm", 1, 0.5),
        ("columns over 2 decades, half the norm", 2, 0.5),
    ):
        B = (A @ sp.diags_array(np.logspace(0, -decades, n))).tocsr()
        b = B @ x + 0.1 * rng.standard_normal(m)
        radius = share * np.linalg.norm(lsmr(B, b, atol=1e-12, btol=1e-12, maxiter=10**5)[0])

        def ours(B=B, b=b, radius=radius):
            found = norm_constrained(B, b, radius, method="golub-kahan")
            return found.x, found.lam, found.n_iter + 2

        error_of_x = error_of(B, b, radius)

        def error(found, error_of_x=error_of_x):
            return error_of_x(found[0])

        x_lam = ours()
        name = f"golub-kahan, {name}"
        yield Figure(section, f"{name}: error", float(error(x_lam)), "relative error", "<=", 1e-9)
        for against, theirs in (
            ("lsmr in a search for λ", lambda B=B, b=b, r=radius: by_search(B, b, r)),
            (
                "lsmr, told λ",
                lambda B=B, b=b, lam=x_lam[1]: damped(B, b, lam),
            ),
        ):
            yield race(section, name, against, ours, theirs, error)
            products = x_lam[2] / theirs()[2]
            yield Figure(section, f"{name}: products with A", products, "of its", against=against)


def damped(A, b, lam):
    """x(λ) by lsmr, as stationary as ours, λ, and the number of products with A."""
    tight = {"atol": 1e-11, "btol": 1e-11, "conlim": 0, "maxiter": 10**5}
    x, _, products = lsmr(A, b, damp=np.sqrt(2 * lam), **tight)[:3]
    return x, lam, products + 1


def by_search(A, b, radius):
    """What one would write who has read the chapter: secants for radius/‖x(λ)‖ = 1, which is nearly
    straight. The first is at λ = 0: it tells whether the constraint holds x back.
    """
    found = []

    def gap(lam):
        found.append(damped(A, b, max(lam, 0.0)))
        return radius / np.linalg.norm(found[-1][0]) - 1

    mean_square = (A.data**2).sum() / A.shape[1]
    scipy.optimize.root_scalar(gap, method="secant", x0=0.0, x1=mean_square, rtol=1e-10)
    x, lam, _ = found[-1]
    return x, lam, sum(products for _, _, products in found)


WAYS = {
    "accurate_solve": accurate_solve,
    "qr_solve": qr_solve,
    "numpy lstsq": lambda A, b: np.linalg.lstsq(A, b)[0],
    "numpy lstsq, columns of length 1": lambda A, b: (
        np.linalg.lstsq(A / np.linalg.norm(A, axis=0), b)[0] / np.linalg.norm(A, axis=0)
    ),
    "statsmodels OLS": lambda A, b: sm.OLS(b, A).fit().params,
    "statsmodels OLS, QR": lambda A, b: sm.OLS(b, A).fit(method="qr").params,
    "numpy Polynomial.fit": lambda A, b: (
        np.polynomial.Polynomial.fit(A[:, 1], b, A.shape[1] - 1).convert().coef
    ),
    "normal_equations": normal_equations,
}


def nist_table():
    """For each set and each way the correct digits of the worst coefficient, and the seconds."""
    table = {}
    for name in NIST:
        data = load(name)
        A, y = data.A, data.y
        polynomial = np.array_equal(A, np.vander(A[:, 1], A.shape[1], True))
        table[name] = {}
        for way, solve in WAYS.items():
            if polynomial or "Polynomial" not in way:
                x, *times = [solve(A, y), *(clock(partial(solve, A, y)) for _ in range(20))]
                table[name][way] = {"digits": digits(x, data), "seconds": min(times)}
    return table


def digits(x, data):
    """Correct significant digits in the worst coefficient, at most 15."""
    error = np.max(np.abs(x / data.certified.x - 1))
    return float(min(15.0, -np.log10(max(error, 1e-16))))

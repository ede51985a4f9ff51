"""Hessians beside two batched gradients, products beside gradients, eigenvalues beside ARPACK."""

import tracemalloc

import numpy as np
from scipy.sparse.linalg import LinearOperator, eigsh

from companion.hessians import extreme_eigenvalues, hessian, hessian_vector_product

from measure import Figure, race, relative

EPS = np.finfo(float).eps


def gradients(n):
    """Gradients of functions of n variables, that broadcast, and their Hessians at x."""
    W = np.random.default_rng(1).standard_normal((n, n)) / np.sqrt(n)

    def chain(x):
        g, gap = np.zeros(x.shape), x[1:] - x[:-1] ** 2
        g[:-1] = -400 * x[:-1] * gap - 2 * (1 - x[:-1])
        g[1:] += 200 * gap
        return g

    def chain_hessian(x):
        d = np.zeros(n)
        d[:-1] = 1200 * x[:-1] ** 2 - 400 * x[1:] + 2
        d[1:] += 200
        side = -400 * x[:-1]
        return np.diag(d) + np.diag(side, 1) + np.diag(side, -1)

    return {
        "chain": (chain, chain_hessian),
        "elementwise": (
            lambda x: np.exp(-x / 2) * (1 - x / 2) + np.cos(x),
            lambda x: np.diag(np.exp(-x / 2) * (x / 4 - 1) - np.sin(x)),
        ),
        "layer": (
            lambda x: W.T @ np.tanh(W @ x),
            lambda x: (W.T * (1 - np.tanh(W @ x) ** 2)) @ W,
        ),
    }


def figures(tables):
    for n in (100, 1000):
        x = np.random.default_rng(0).uniform(0.5, 2, n)
        unit, h = np.eye(n), EPS ** (1 / 3) * x

        def two_gradients(grad, x=x, unit=unit, h=h):
            return grad(x[:, None] + h * unit), grad(x[:, None] - h * unit)

        def typed(grad, two_gradients=two_gradients, h=h):
            ahead, behind = two_gradients(grad)
            H = (ahead - behind) / (2 * h)
            return (H + H.T) / 2

        for name, (grad, H) in gradients(n).items():
            error = relative(H(x))
            for against, theirs, judged, bar in (
                ("floor: two batched gradients", two_gradients, None, ("<=", 1.5)),
                ("the formula as typed", typed, error, ()),
            ):
                yield race(
                    "Hessians",
                    f"Hessian, {name}, n = {n}",
                    against,
                    lambda x=x, grad=grad: hessian(None, x, grad=grad, vectorized=True),
                    lambda theirs=theirs, grad=grad: theirs(grad),
                    (error, judged),
                    *bar,
                )
    yield from products()
    yield from eigenvalues()


def products():
    n = 10**6
    x, v = np.random.default_rng(0).uniform(0.5, 2, (2, n))

    def grad(x):
        return np.cos(x) + x**3

    def typed():
        h = EPS ** (1 / 3) * np.linalg.norm(x) / np.linalg.norm(v)
        return (grad(x + h * v) - grad(x - h * v)) / (2 * h)

    error = relative((3 * x**2 - np.sin(x)) * v)
    for against, theirs, judged, bar in (
        ("floor: one gradient", lambda: grad(x), None, ("<=", 3.2)),
        ("the formula as typed", typed, error, ()),
    ):
        yield race(
            "Products H v",
            "Hv, n = 1 000 000",
            against,
            lambda: hessian_vector_product(grad, x, v),
            theirs,
            (error, judged),
            *bar,
            seconds=4.0,
        )
    tracemalloc.start()
    hessian_vector_product(grad, x, v)
    peak = tracemalloc.get_traced_memory()[1] / x.nbytes
    tracemalloc.stop()
    name = "Hv, n = 1 000 000: memory at the peak"
    yield Figure("Products H v", name, peak, "vectors", "<=", 7)


def eigenvalues():
    n = 2000
    rng = np.random.default_rng(2)
    spread = np.linspace(1, 2, n - 6)
    for name, ends in (
        ("apart", [-3, 0, 0.5, 2.5, 3, 5]),
        ("clustered", [-3, -3 + 1e-7, -3 + 2e-7, 5 - 2e-7, 5 - 1e-7, 5]),
        ("repeated", [-3, -3, -3, 5, 5, 5]),
    ):
        eigenvalues = rng.permutation(np.concatenate([spread, ends]))
        d = rng.standard_normal(n)
        d /= np.linalg.norm(d)

        def hvp(v, eigenvalues=eigenvalues, d=d):
            reflected = v - 2 * d * (d @ v)  # H = QΛQ with a reflection Q
            product = eigenvalues * reflected
            return product - 2 * d * (d @ product)

        yield from at_both_ends(f"{name}, n = 2000", hvp, n, (-3, 5), 1e-10)
    n = 10**6
    diagonal = np.linspace(1, 2, n)
    diagonal[:2] = -1, 4
    yield from at_both_ends("diagonal, n = 1 000 000", lambda v: diagonal * v, n, (-1, 4), 1e-6)


def at_both_ends(name, hvp, n, ends, tol):
    """Ours beside ARPACK, asked for the same, and for all that it can."""
    H = LinearOperator((n, n), matvec=lambda v: hvp(v.ravel()), dtype=float)

    def ours():
        found = extreme_eigenvalues(hvp, n, tol=tol)
        return (found.smallest, found.largest) if found.converged else (np.nan, np.nan)

    def error(found):
        return np.abs(np.sort(found) - ends).max() / np.abs(ends).max()

    name, section = f"extreme eigenvalues, {name}", "Extreme eigenvalues"
    asked = f"asked for {tol:g}"
    yield Figure(section, f"{name}, {asked}: error", error(ours()), "relative error", "<=", tol)
    for setting, theirs_tol in ((asked, tol), ("to the last digit", 0)):
        yield race(
            section,
            f"{name}, {asked}",
            f"scipy eigsh, both ends, {setting}",
            ours,
            lambda tol=theirs_tol: eigsh(H, 2, which="BE", tol=tol, return_eigenvectors=False),
            error,
        )

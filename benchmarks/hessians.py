"""Hessians beside two batched gradients, products beside one, and eigenvalues beside LAPACK."""

import tracemalloc

import numpy as np

from companion.hessians import extreme_eigenvalues, hessian, hessian_vector_product

from measure import Bar, compare


def gradients(n):
    """Gradients of functions of n variables, that broadcast."""
    W = np.random.default_rng(1).standard_normal((n, n)) / np.sqrt(n)

    def chain(x):
        g, gap = np.zeros(x.shape), x[1:] - x[:-1] ** 2
        g[:-1] = -400 * x[:-1] * gap - 2 * (1 - x[:-1])
        g[1:] += 200 * gap
        return g

    return {
        "chain": chain,
        "elementwise": lambda x: np.exp(-x / 2) * (1 - x / 2) + np.cos(x),
        "layer": lambda x: W.T @ np.tanh(W @ x),
    }


def bars():
    for n in (100, 1000):
        x = np.random.default_rng(0).uniform(0.5, 2, n)
        unit, h = np.eye(n), 6e-6 * x
        for name, grad in gradients(n).items():
            yield compare(
                "Hessians",
                f"central, {name}, n = {n}: time of two batched gradients",
                lambda x=x, grad=grad: hessian(None, x, grad=grad, vectorized=True),
                lambda x=x, grad=grad, unit=unit, h=h: (
                    grad(x[:, None] + h * unit),
                    grad(x[:, None] - h * unit),
                ),
                "<=",
                1.5,
            )
    yield from products()
    yield from eigenvalues()


def products():
    n = 10**6
    x, v = np.random.default_rng(0).uniform(0.5, 2, (2, n))

    def grad(x):
        return np.cos(x) + x**3

    yield compare(
        "Products H v",
        "Hv, n = 1 000 000: gradient evaluations' time",
        lambda: hessian_vector_product(grad, x, v),
        lambda: grad(x),
        "<=",
        3.2,
        seconds=4.0,
    )
    tracemalloc.start()
    hessian_vector_product(grad, x, v)
    peak = tracemalloc.get_traced_memory()[1] / x.nbytes
    tracemalloc.stop()
    yield Bar("Products H v", "Hv, n = 1 000 000: vectors of memory at the peak", peak, "<=", 7)


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

        found = extreme_eigenvalues(hvp, n, tol=1e-10)
        error = max(abs(found.smallest + 3), abs(found.largest - 5)) / 5
        name = f"extreme eigenvalues, {name}, n = {n}, asked for 1e-10: error"
        yield Bar("Extreme eigenvalues", name, error if found.converged else np.inf, "<=", 1e-10)
    n = 10**6
    diagonal = np.linspace(1, 2, n)
    diagonal[:2] = -1, 4
    found = extreme_eigenvalues(lambda v: diagonal * v, n, tol=1e-6)
    error = max(abs(found.smallest + 1), abs(found.largest - 4)) / 4
    honest = error <= 1e-6 if found.converged else max(found.residuals) > 0
    yield Bar(
        "Extreme eigenvalues", "extreme eigenvalues, n = 1 000 000: honest", float(honest), ">=", 1
    )

"""Jacobians beside the plain formula, numdifftools, scipy.differentiate, autograd and jax."""

import tracemalloc

import autograd
import autograd.numpy as anp
import jax
import jax.numpy as jnp
import numdifftools
import numpy as np
import scipy.differentiate

from companion.jacobians import color_columns, jacobian

from measure import Bar, clock, compare, times_faster

EPS = np.finfo(float).eps
jax.config.update("jax_enable_x64", True)


def functions(n, xp=np):
    """Three functions of n variables, that broadcast: cheap, elementwise, and a layer."""
    W = np.random.default_rng(1).standard_normal((n, n)) / np.sqrt(n)
    return {
        "chain": lambda x: 100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2,
        "elementwise": lambda x: xp.exp(-x / 2) * x + xp.sin(x[::-1]),
        "layer": lambda x: xp.tanh(xp.dot(W, x)),
    }


def point(n):
    return np.random.default_rng(0).uniform(0.5, 2, n)


def plain(f, x, method, rows=0):
    """The formula as one would type it: one full-width call for each side of the difference.

    For Richardson's table, as many rows as ours took to settle.
    """
    unit, column = np.eye(len(x)), x[:, None]
    if method == "forward":
        h = EPS ** (1 / 2) * np.abs(x)
        return (f(column + h * unit) - f(column)) / h
    if method == "complex-step":
        return np.imag(f(column + 1e-20j * unit)) / 1e-20
    if method == "central":
        return central(f, column, EPS ** (1 / 3) * np.abs(x), unit)
    table = []
    for k in range(rows):
        row = [central(f, column, 0.2 * np.abs(x) / 2**k, unit)]
        for order, coarser in enumerate(table[-1] if table else [], start=1):
            row.append(row[-1] + (row[-1] - coarser) / (4**order - 1))
        table.append(row)
    return table[-1][-1]


def rows_taken(f, x):
    """How many rows of Richardson's table our Jacobian of f takes."""
    columns = []

    def counted(X):
        columns.append(X.shape[1])
        return f(X)

    jacobian(counted, x, "richardson", vectorized=True)
    return round(sum(columns) / (2 * len(x)))


def central(f, column, h, unit):
    return (f(column + h * unit) - f(column - h * unit)) / (2 * h)


def bars():
    for n, bar in ((100, 1.6), (1000, 1.0)):
        x = point(n)
        for name, f in functions(n).items():
            rows = rows_taken(f, x)
            for method in ("forward", "central", "richardson", "complex-step"):
                yield compare(
                    "Differences",
                    f"{method}, {name}, n = {n}: time of the plain formula",
                    lambda f=f, x=x, method=method: jacobian(f, x, method, vectorized=True),
                    lambda f=f, x=x, method=method, rows=rows: plain(f, x, method, rows),
                    "<=",
                    bar,
                    seconds=0.5 if method != "richardson" else 1.0,
                )
    yield from against_difference_packages()
    yield from against_autograd()
    yield from against_jax()
    yield from sparse()
    yield from accuracy()


def against_difference_packages():
    n = 1000
    x, own = point(n), functions(n)
    # numdifftools takes seconds; both take minutes with a full matrix.
    for package, name, theirs in (
        ("numdifftools", "elementwise", lambda f: numdifftools.Jacobian(f)(x)),
        ("scipy.differentiate", "chain", lambda f: scipy.differentiate.jacobian(f, x)),
        ("scipy.differentiate", "elementwise", lambda f: scipy.differentiate.jacobian(f, x)),
    ):
        f = own[name]
        yield times_faster(
            "Differences",
            f"central, {name}, n = {n}: times faster than {package}",
            lambda f=f: jacobian(f, x, vectorized=True),
            lambda f=f, theirs=theirs: theirs(f),
            200,
            rounds=2,
        )


def against_autograd():
    for n in (100, 1000):
        x = point(n)
        for (name, f), g in zip(functions(n).items(), functions(n, anp).values(), strict=True):
            theirs = autograd.jacobian(g)
            yield compare(
                "Forward mode",
                f"forward-mode, {name}, n = {n}: time of autograd.jacobian",
                lambda f=f, x=x: jacobian(f, x, "forward-mode"),
                lambda theirs=theirs, x=x: theirs(x),
                "<=",
                0.1,
            )
        J, exact = jacobian(f, x, "forward-mode"), theirs(x)
        gap = float(np.abs(J - exact).max() / np.abs(exact).max())
        yield Bar(
            "Forward mode", f"forward-mode, layer, n = {n}: gap to autograd", gap, "<=", 1e-14
        )


def against_jax():
    for n in (100, 1000):
        x = point(n)
        for (name, f), g in zip(functions(n).items(), functions(n, jnp).values(), strict=True):
            theirs = jax.jit(jax.jacfwd(g))
            yield compare(
                "Forward mode",
                f"forward-mode, {name}, n = {n}: time of jax.jacfwd, compiled",
                lambda f=f, x=x: jacobian(f, x, "forward-mode"),
                lambda theirs=theirs, x=x: theirs(x).block_until_ready(),
                seconds=0.5,
            )


def banded(x):
    """A discretized reaction and diffusion: each value depends on three neighbours."""
    y = -2 * x + np.sin(x)
    y[1:] += x[:-1]
    y[:-1] += x[1:] ** 2
    return y


def sparse():
    n = 100_000
    x, pattern = point(n), band(n)
    coloring = color_columns(pattern, (n, n))
    for name, call, bar in (
        ("coloring a band, n = 100 000: seconds", lambda: color_columns(pattern, (n, n)), 0.5),
        (
            "its Jacobian with central differences: seconds",
            lambda: jacobian(banded, x, vectorized=True, sparsity=coloring),
            0.1,
        ),
    ):
        times = [clock(call, 1) for _ in range(7)]
        low, figure, high = np.quantile(times, [0.25, 0.5, 0.75]).tolist()
        yield Bar("Sparse Jacobians", name, figure, "<=", bar, low, high, {"ours": figure})
    name = "memory for a nonzero when there are 4 times as many, relative"
    yield Bar("Sparse Jacobians", name, memory(n) / memory(n // 4), "<=", 1.1)


def band(n):
    rows, cols = np.indices((3, n))
    rows = rows + cols - 1
    inside = (rows >= 0) & (rows < n)
    return rows[inside], cols[inside]


def memory(n):
    """Bytes at the peak for each nonzero, coloring included."""
    x, pattern = point(n), band(n)
    tracemalloc.start()
    jacobian(banded, x, vectorized=True, sparsity=pattern)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / len(pattern[0])


def accuracy():
    """The worst relative error where components of x are of very different size."""
    x = np.array([1e-8, 1e10, 3.0, 1e-3, 0.0])
    weights = np.array([1e-8, 1e10, 1.0, 1e-3, 1e10])

    def f(x):
        return np.sin(x / weights[:, None] if x.ndim == 2 else x / weights)

    exact = np.cos(x / weights) / weights
    for method, bar in (("central", 1e-8), ("richardson", 1e-11), ("complex-step", 1e-14)):
        J = jacobian(f, x, method, vectorized=True)
        error = float(np.abs(np.diag(J) / exact - 1).max())
        yield Bar(
            "Steps that suit x",
            f"{method}, x from 1e-8 to 1e10 and 0: relative error",
            error,
            "<=",
            bar,
        )
    J = jacobian(np.log, [1e-12], bounds=(0, np.inf))
    error = abs(J[0, 0] * 1e-12 - 1)
    yield Bar(
        "Steps that suit x",
        "central, log at 1e-12 within bounds: relative error",
        error,
        "<=",
        1e-8,
    )

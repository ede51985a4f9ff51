"""Jacobians beside the formula as typed, and beside six libraries, each at several settings."""

import time
import tracemalloc

import autograd
import autograd.numpy as anp
import jax
import jax.numpy as jnp
import numdifftools
import numdifftools.nd_statsmodels
import numpy as np
import scipy.differentiate
import scipy.optimize
import scipy.sparse
from scipy.optimize._numdiff import approx_derivative, group_columns
from statsmodels.tools.numdiff import approx_fprime_cs

from companion.jacobians import color_columns, jacobian

from measure import Figure, clock, race, relative

EPS = np.finfo(float).eps
jax.config.update("jax_enable_x64", True)


def weights(n):
    return np.random.default_rng(1).standard_normal((n, n)) / np.sqrt(n)


def functions(n, xp=np):
    """Three functions of n variables, that broadcast: cheap, elementwise, and a layer."""
    W = weights(n)

    return {
        "chain": lambda x: 100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2,
        "elementwise": lambda x: xp.exp(-x / 2) * x + xp.sin(x[::-1]),
        "layer": lambda x: xp.tanh(xp.dot(W, x)),
    }


def exact(name, x):
    """Their Jacobians, worked out by hand."""
    n = len(x)
    if name == "chain":
        gap = x[1:] - x[:-1] ** 2
        J = np.zeros((n - 1, n))
        np.fill_diagonal(J, -400 * x[:-1] * gap - 2 * (1 - x[:-1]))
        np.fill_diagonal(J[:, 1:], 200 * gap)
        return J
    if name == "elementwise":
        return np.diag(np.exp(-x / 2) * (1 - x / 2)) + np.fliplr(np.diag(np.cos(x[::-1])))
    W = weights(n)
    return (1 - np.tanh(W @ x) ** 2)[:, None] * W


def point(n):
    return np.random.default_rng(0).uniform(0.5, 2, n)


def typed(f, x, method, rows=0):
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


def figures(tables):
    yield from against_the_formula()
    yield from against_difference_packages()
    yield from against_autograd()
    yield from against_jax()
    yield from sparse()
    yield from accuracy()


def against_the_formula():
    for n, bar in ((100, 1.6), (1000, 1.0)):
        x = point(n)
        for name, f in functions(n).items():
            rows = rows_taken(f, x)
            for method in ("forward", "central", "richardson", "complex-step"):
                yield race(
                    "Differences",
                    f"{method}, {name}, n = {n}",
                    "the formula as typed",
                    lambda f=f, x=x, method=method: jacobian(f, x, method, vectorized=True),
                    lambda f=f, x=x, method=method, rows=rows: typed(f, x, method, rows),
                    relative(exact(name, x)),
                    "<=",
                    bar,
                    seconds=0.7,
                )


# Each as its manual has it, and set to take the one step that is known to suit here.
PACKAGES = {
    "scipy.optimize, approx_fprime": (
        "forward",
        lambda f, x: scipy.optimize.approx_fprime(x, f),
    ),
    "numdifftools.nd_statsmodels, central": (
        "central",
        lambda f, x: numdifftools.nd_statsmodels.Jacobian(f, method="central")(x),
    ),
    "scipy.differentiate, order 2, one step": (
        "central",
        lambda f, x: (
            scipy.differentiate.jacobian(
                f, x, order=2, maxiter=1, initial_step=EPS ** (1 / 3) * x
            ).df
        ),
    ),
    "numdifftools, as it comes": (
        "richardson",
        lambda f, x: numdifftools.Jacobian(f)(x),
    ),
    "scipy.differentiate, as it comes": (
        "richardson",
        lambda f, x: scipy.differentiate.jacobian(f, x).df,
    ),
    "scipy.differentiate, order 8, one step": (
        "richardson",
        lambda f, x: scipy.differentiate.jacobian(f, x, maxiter=1, initial_step=0.1).df,
    ),
    "numdifftools, complex": (
        "complex-step",
        lambda f, x: numdifftools.Jacobian(f, method="complex")(x),
    ),
    "statsmodels, approx_fprime_cs": (
        "complex-step",
        lambda f, x: approx_fprime_cs(x, f),
    ),
}


def against_difference_packages():
    n = 1000
    x = point(n)
    for name in ("chain", "elementwise"):  # a full matrix takes some of them minutes
        f = functions(n)[name]
        for package, (method, theirs) in PACKAGES.items():
            yield race(
                "Packages of differences",
                f"{method}, {name}, n = {n}",
                package,
                lambda f=f, method=method: jacobian(f, x, method, vectorized=True),
                lambda f=f, theirs=theirs: theirs(f, x),
                relative(exact(name, x)),
            )


def against_autograd():
    for n in (100, 1000):
        x = point(n)
        for (name, f), g in zip(functions(n).items(), functions(n, anp).values(), strict=True):
            pushed = autograd.make_jvp(g)(x)
            for way, theirs, bar in (
                ("autograd.jacobian", autograd.jacobian(g), ("<=", 0.1)),
                ("autograd.make_jvp, n times", by_columns(pushed), ()),
            ):
                yield race(
                    "Forward mode",
                    f"forward-mode, {name}, n = {n}",
                    way,
                    lambda f=f, x=x: jacobian(f, x, "forward-mode"),
                    lambda theirs=theirs, x=x: theirs(x),
                    relative(exact(name, x)),
                    *bar,
                )
        error = relative(exact("layer", x))(jacobian(f, x, "forward-mode"))
        yield Figure(
            "Forward mode",
            f"forward-mode, layer, n = {n}: error",
            float(error),
            "relative error",
            "<=",
            1e-14,
        )


def by_columns(push):
    def jacobian_of_pushed(x):
        return np.stack([push(unit)[1] for unit in np.eye(len(x))], axis=1)

    return jacobian_of_pushed


def against_jax():
    for n in (100, 1000):
        x = point(n)
        there = jnp.asarray(x)
        for (name, f), g in zip(functions(n).items(), functions(n, jnp).values(), strict=True):
            theirs = jax.jit(jax.jacfwd(g))
            begun = time.perf_counter()
            theirs(there).block_until_ready()
            compiled = time.perf_counter() - begun
            yield race(
                "Forward mode",
                f"forward-mode, {name}, n = {n}",
                "jax.jacfwd, compiled",
                lambda f=f, x=x: jacobian(f, x, "forward-mode"),
                lambda theirs=theirs, there=there: theirs(there).block_until_ready(),
                relative(exact(name, x)),
            )
            yield Figure(
                "Forward mode", f"jax.jacfwd, {name}, n = {n}: to compile it", compiled, "seconds"
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
        ("coloring a band, n = 100 000", lambda: color_columns(pattern, (n, n)), 0.5),
        (
            "its Jacobian with central differences",
            lambda: jacobian(banded, x, vectorized=True, sparsity=coloring),
            0.1,
        ),
    ):
        shortest = min(clock(call) for _ in range(9))
        yield Figure("Sparse Jacobians", f"{name}: at best", shortest, "seconds", "<=", bar)
    yield from against_sparse_differences(x, pattern, coloring)
    name = "memory for a nonzero when there are 4 times as many"
    yield Figure("Sparse Jacobians", name, memory(n) / memory(n // 4), "times", "<=", 1.1)


def against_sparse_differences(x, pattern, coloring):
    """scipy's, which its least_squares uses; it has no public name."""
    n = len(x)
    matrix = scipy.sparse.csr_array((np.ones(len(pattern[0])), pattern), shape=(n, n))
    groups = group_columns(matrix)
    slopes = scipy.sparse.diags_array(
        [np.ones(n - 1), np.cos(x) - 2, 2 * x[1:]], offsets=[-1, 0, 1], format="csr"
    )

    def ours(J):
        return theirs(scipy.sparse.csr_array((J.values, (J.rows, J.cols)), shape=(n, n)))

    def theirs(J):
        return abs(J - slopes).max() / abs(slopes).max()

    for name, own, other in (
        ("coloring and Jacobian", pattern, matrix),
        ("Jacobian, coloring given", coloring, (matrix, groups)),
    ):
        yield race(
            "Sparse Jacobians",
            f"{name}, a band, n = 100 000",
            "scipy.optimize, 3-point",
            lambda own=own: jacobian(banded, x, vectorized=True, sparsity=own),
            lambda other=other: approx_derivative(banded, x, method="3-point", sparsity=other),
            (ours, theirs),
        )


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
        name = f"{method}, x from 1e-8 to 1e10 and 0: error"
        yield Figure("Steps that suit x", name, error, "relative error", "<=", bar)
    J = jacobian(np.log, [1e-12], bounds=(0, np.inf))
    error = float(abs(J[0, 0] * 1e-12 - 1))
    name = "central, log at 1e-12 within bounds: error"
    yield Figure("Steps that suit x", name, error, "relative error", "<=", 1e-8)

"""How the functions of numpy.linalg act on arrays with derivatives: a table, and its rules.

Factorizations read their line of ``MATRIX`` in ``_derivative_rules``. What A does not determine, as
the eigenvectors of a repeated eigenvalue, is drawn at random, with random derivatives: what depends
on it has no derivative; what does not, as the sum of the eigenvalues, has one (see ``_runs``).
"""

from functools import reduce

import numpy as np

from companion._shared.floats import EPS
from companion.autodiff._derivative_rules import MATRIX
from companion.autodiff._linear_maps import (
    Operand,
    Scale,
    SolveMatrix,
    TracingError,
    derive,
    value_of,
)
from companion.autodiff._traced_reductions import axes_of, sum_of_slopes
from companion.results import describe

# ---------------------------------------------------------------- factorizations


def by_table(function, a, *values, **given):
    """The values, with the derivatives that the table of rules gives for them."""
    changes = MATRIX[function](a - a.value, a.value, *values, **given)
    changes = changes if isinstance(changes, tuple) else (changes,)
    return [
        derive(value, (change, Scale(1, value.shape)))
        for value, change in zip(values, changes, strict=True)
    ]


def inv(a):
    return by_table(np.linalg.inv, a, np.linalg.inv(a.value))[0]


def cholesky(a, *, upper=False):
    """Numpy reads one triangle of a symmetric matrix."""
    if upper:
        return np.linalg.cholesky(a.mT).mT
    return by_table(np.linalg.cholesky, symmetric(a), np.linalg.cholesky(a.value))[0]


def qr(a, mode="reduced"):
    m, n = a.shape[-2:]
    if mode not in ("reduced", "complete", "r"):
        raise TracingError(f"np.linalg.qr with mode={mode!r} is not traced: use 'reduced'")
    result = np.linalg.qr(a.value, "complete" if mode == "complete" else "reduced")
    k = min(m, n)
    Q, R = result.Q[..., :k], result.R[..., :k, :]
    pivots = np.diagonal(R, 0, -2, -1)
    largest = np.abs(R).max((-2, -1), initial=0.0)[..., None]
    if (np.abs(pivots) <= max(m, n) * EPS * largest).any():
        raise ValueError(
            f"np.linalg.qr has no derivative where the first {k} columns of its matrix are "
            f"linearly dependent; at x = {describe(a.run.x)} R has the diagonal {describe(pivots)}"
        )
    Q, R = by_table(np.linalg.qr, a, Q, R)
    if mode == "r":
        return R
    if mode == "complete" and m > n:
        Q = completed(Q, result.Q, a, "np.linalg.qr (the columns that complete Q)")
        R = np.concatenate([R, result.R[..., k:, :]], -2)
    return result._make((Q, R))


def completed(U, full, a, name):
    """The columns of an orthogonal matrix, of which A determines the first, U, and no others.

    UᵀW = 0 for the others, W, so that dW = −U·dUᵀ·W + W·Ω, where Ω is skew, and random.
    """
    k = U.shape[-1]
    W, dU = full[..., k:], U - U.value
    change = -(U.value @ (dU.mT @ W))
    if W.shape[-1] > 1:
        K = a.run.draw(name, (W.shape[-1],) * 2)
        rise = np.sum(a.run.draw(name, a.shape) * (a - a.value), (-2, -1), keepdims=True)
        size = np.abs(a.value).max((-2, -1), keepdims=True)
        change = change + W @ (K - K.T) * (rise / np.where(size > 0, size, 1.0))
    return np.concatenate([U, derive(W, (change, Scale(1, W.shape)))], -1)


def eigh(a, UPLO="L"):
    result = np.linalg.eigh(a.value, UPLO)
    w = result.eigenvalues
    size = np.abs(w).max(-1, keepdims=True, initial=0.0)
    gap, Q = gaps(w, size, a.run, "np.linalg.eigh (eigenvalues that coincide)")
    V = result.eigenvectors @ Q
    return result._make(by_table(np.linalg.eigh, symmetric(a, UPLO), w, V, gap=gap))


def svd(a, full_matrices=True, compute_uv=True):
    m, n = a.shape[-2:]
    full = np.linalg.svd(a.value, full_matrices and compute_uv)
    s, k = full.S, min(m, n)
    run, name = a.run, "np.linalg.svd (singular values that coincide, or vanish)"
    largest = s.max(-1, keepdims=True, initial=0.0)
    gap, Q = gaps(s, largest, run, name)
    total = s[..., None, :] + s[..., :, None] + np.diag(np.full(s.shape[-1], np.inf))
    size, sign = s[..., None, :], np.ones(s.shape)
    zero = s <= max(m, n) * EPS * largest
    if zero.any():  # there, s is the absolute value of a smooth function
        largest = np.where(largest > 0, largest, 1.0)
        drawn = run.draw(name, s.shape)
        sign = np.where(zero, drawn, 1.0)
        size = np.where(zero, largest * drawn, s)[..., None, :]
        pairs = zero[..., None, :] & zero[..., :, None]
        total = np.where(
            pairs, (drawn[..., None, :] + drawn[..., :, None]) * largest[..., None], total
        )
    given = {"gap": gap, "total": total, "size": size, "sign": sign}
    U, Vt = full.U[..., :k] @ Q, Q.mT @ full.Vh[..., :k, :]
    U, s, Vt = by_table(np.linalg.svd, a, U, s, Vt, **given)
    if not compute_uv:
        return s
    name = "np.linalg.svd (the columns that complete U or V)"
    if full.U.shape[-1] > k:
        U = completed(U, full.U, a, name)
    if full.Vh.shape[-2] > k:
        Vt = completed(Vt.mT, full.Vh.mT, a, name).mT
    return full._make((U, s, Vt))


def gaps(v, size, run, name):
    """v_j − v_i for all pairs, ∞ for i = j; and a turn of the vectors whose values coincide.

    Values of that size coincide if they differ by no more than rounding. The turn, and the gap
    that takes the place of 0, are random: any vectors that span the same space do as well.
    """
    n = v.shape[-1]
    gap = v[..., None, :] - v[..., :, None] + np.diag(np.full(n, np.inf))
    same = np.abs(gap) <= n * EPS * size[..., None]
    if not same.any():
        return gap, np.eye(n)
    K = run.draw(name, gap.shape)
    K = np.where(same, K - K.mT, 0.0)
    Q = np.linalg.solve(np.eye(n) + K, np.eye(n) - K)  # orthogonal, since K is skew
    unit = np.where(size > 0, size, 1.0)[..., None]
    return np.where(same, unit * K, gap), Q


def symmetric(a, UPLO="L"):
    """The symmetric matrix with that triangle of A, of which numpy's functions read no other."""
    half = np.tril(a) if UPLO.upper() == "L" else np.triu(a)
    return half + (half - half * np.eye(a.shape[-1])).mT


def pinv(a, rcond=None, hermitian=False, *, rtol=None):
    if hermitian:
        return np.linalg.pinv(symmetric(a), rcond, rtol=rtol)
    keywords = {} if rtol is None else {"rtol": rtol}
    Y = np.linalg.pinv(a.value, rcond, **keywords)
    (result,) = by_table(np.linalg.pinv, a, Y)
    return derive(Y, (result + drop_of_rank(a, Y), Scale(1, Y.shape)))


def drop_of_rank(a, Y):
    """0 where the rank of A stays; where it may rise, no derivative: a random multiple.

    The part of dA between the null spaces of Aᵀ and A, (I − AY)·dA·(I − YA), raises the rank.
    """
    m, n = a.shape[-2:]
    rank = np.rint(np.trace(Y @ a.value, 0, -2, -1))
    if (np.linalg.matrix_rank(a.value) > rank).any():
        raise TracingError(
            "np.linalg.pinv and np.linalg.lstsq are traced where rcond drops singular values that "
            "are rounding alone: use np.linalg.svd, and drop them"
        )
    if (rank == min(m, n)).all():
        return np.zeros(Y.shape)
    rises = (np.eye(n) - Y @ a.value) @ (a - a.value).mT @ (np.eye(m) - a.value @ Y)
    size = np.square(Y).sum((-2, -1), keepdims=True) + (Y == 0).all((-2, -1), keepdims=True)
    return size * a.run.draw("np.linalg.pinv (the rank changes)", ()) * rises


def lstsq(a, b, rcond=None):
    """x = A⁺b, and the squares of its residuals; the singular values are those of svd."""
    A, B = np.asarray(value_of(a), float), np.asarray(value_of(b), float)
    x, squares, rank, s = np.linalg.lstsq(A, B, rcond)
    if isinstance(a, Operand):
        Y = np.linalg.pinv(A, EPS * max(A.shape) if rcond is None else max(rcond, EPS))
        solution = (by_table(np.linalg.pinv, a, Y)[0] + drop_of_rank(a, Y)) @ b
        s = np.linalg.svdvals(a)
    else:
        solution = np.linalg.pinv(A, EPS * max(A.shape) if rcond is None else max(rcond, EPS)) @ b
    x = derive(x, (solution, Scale(1, x.shape)))
    if squares.size:
        sums = np.reshape(np.sum((b - a @ x) ** 2, 0), squares.shape)
        squares = derive(squares, (sums, Scale(1, squares.shape)))
    return x, squares, rank, s


# ---------------------------------------------------------------- equations, determinants


def solve(A, b):
    """AX = B gives A·dX = dB − dA·X."""
    if np.ndim(b) == 1:
        return np.linalg.solve(A, np.expand_dims(b, 1))[..., 0]
    X = np.linalg.solve(value_of(A), value_of(b))
    return derive(X, (b - A @ X, SolveMatrix(value_of(A))))


def det(a):
    """∂det A/∂A_ij is the cofactor of A_ij; A = UΣVᵀ gives them all, for a singular A too."""
    U, s, Vt = np.linalg.svd(a.value)
    others = np.where(np.eye(s.shape[-1]) == 1, 1.0, s[..., None, :]).prod(axis=-1)
    signs = np.linalg.det(U) * np.linalg.det(Vt)
    cofactors = signs[..., None, None] * (U * others[..., None, :]) @ Vt
    return sum_of_slopes(np.linalg.det(a.value), a, cofactors, axes_of(a, (-2, -1)), False)


def slogdet(a):
    """∂log|det A|/∂A is the inverse of Aᵀ."""
    result = np.linalg.slogdet(a.value)
    slopes = np.swapaxes(np.linalg.inv(a.value), -1, -2)
    logabsdet = sum_of_slopes(result.logabsdet, a, slopes, axes_of(a, (-2, -1)), False)
    return result._replace(logabsdet=logabsdet)


# ---------------------------------------------------------------- norms


def norm(x, ord=None, axis=None, *, keepdims=False):
    axes = axes_of(x, axis)
    if len(axes) == 1:
        return np.linalg.vector_norm(x, axis=axis, keepdims=keepdims, ord=2 if ord is None else ord)
    if ord is None and len(axes) != 2:
        return np.sqrt(np.sum(x * x, axis, keepdims=keepdims))
    result = np.linalg.matrix_norm(
        np.moveaxis(x, axes, (-2, -1)), ord="fro" if ord is None else ord
    )
    return np.expand_dims(result, tuple(sorted(axes))) if keepdims else result


def vector_norm(x, *, axis=None, keepdims=False, ord=2):
    if ord == 2:
        return np.sqrt(np.sum(x * x, axis, keepdims=keepdims))
    if ord in (np.inf, -np.inf):
        return (np.max if ord > 0 else np.min)(np.abs(x), axis, keepdims=keepdims)
    if isinstance(ord, str) or ord < 1:
        raise TracingError(
            f"np.linalg.norm with ord={ord!r} is not traced for vectors: use ord >= 1"
        )
    return np.sum(np.abs(x) ** ord, axis, keepdims=keepdims) ** (1 / ord)


def matrix_norm(x, *, keepdims=False, ord="fro"):
    if ord not in MATRIX_NORMS:
        raise TracingError(
            f"np.linalg.norm with ord={ord!r} is not traced for matrices; "
            f"use one of {', '.join(map(repr, MATRIX_NORMS))}"
        )
    result = MATRIX_NORMS[ord](x)
    return result[..., None, None] if keepdims else result


MATRIX_NORMS = {
    "fro": lambda A: np.sqrt(np.sum(A * A, (-2, -1))),
    "nuc": lambda A: np.sum(np.linalg.svdvals(A), -1),
    1: lambda A: np.max(np.sum(np.abs(A), -2), -1),
    2: lambda A: np.linalg.svdvals(A)[..., 0],
    np.inf: lambda A: np.max(np.sum(np.abs(A), -1), -1),
}


def cond(x, p=None):
    if p in (None, 2):
        s = np.linalg.svdvals(x)
        return s[..., 0] / s[..., -1]
    return np.linalg.matrix_norm(x, ord=p) * np.linalg.matrix_norm(np.linalg.inv(x), ord=p)


def matrix_power(a, n):
    if n < 0:
        return np.linalg.matrix_power(np.linalg.inv(a), -n)
    eye = np.broadcast_to(np.eye(a.shape[-1]), a.shape)
    return reduce(np.matmul, [a] * n) if n else eye


# ---------------------------------------------------------------- the table

LINALG = {
    np.linalg.inv: inv,
    np.linalg.pinv: pinv,
    np.linalg.cholesky: cholesky,
    np.linalg.qr: qr,
    np.linalg.eigh: eigh,
    np.linalg.eigvalsh: lambda a, UPLO="L": np.linalg.eigh(a, UPLO).eigenvalues,
    np.linalg.svd: svd,
    np.linalg.svdvals: lambda x: np.linalg.svd(x, compute_uv=False),
    np.linalg.lstsq: lstsq,
    np.linalg.solve: solve,
    np.linalg.det: det,
    np.linalg.slogdet: slogdet,
    np.linalg.norm: norm,
    np.linalg.vector_norm: vector_norm,
    np.linalg.matrix_norm: matrix_norm,
    np.linalg.cond: cond,
    np.linalg.matrix_power: matrix_power,
    np.linalg.multi_dot: lambda arrays: reduce(np.dot, arrays),
}

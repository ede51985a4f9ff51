"""The functions of numpy.linalg, in both modes: differences, identities, what is not determined."""

import numpy as np
import pytest
from tracing import (
    JACOBIANS,
    A,
    M,
    Q,
    S,
    assert_derivatives_match_differences,
    assert_values_are_those_of_numpy,
    c,
    each_case,
    square,
    x0,
)

from companion.autodiff import TracingError, forward_jacobian, jvp, vjp
from companion.autodiff._derivative_rules import MATRIX
from companion.autodiff._traced_linalg import LINALG

rng = np.random.default_rng(4)

tall, wide = rng.normal(size=(5, 3)), rng.normal(size=(3, 5))
stack = rng.normal(size=(2, 4, 3))


def P(x):
    """A positive definite matrix, shape (3, 3)."""
    return Q(x) @ Q(x).T + np.eye(3)


def T(x):
    """A tall matrix, shape (5, 3)."""
    return tall + np.outer(np.sin(np.append(x[:3], x[:2])), x[3:])


def W(x):
    """A wide matrix, shape (3, 5)."""
    return wide + np.outer(np.cos(x[3:]), np.append(x[:3], x[1:3]))


def B(x):
    """A stack of two tall matrices, shape (2, 4, 3)."""
    return stack + M(x)[:, None, :] * np.arange(4)[:, None]


def E(x):
    """A stack of symmetric matrices, shape (2, 3, 3)."""
    return B(x).mT @ B(x)


def low_rank(x):
    """Rank 2 for all x, shape (5, 3)."""
    return np.outer(tall[:, 0] + np.append(x[:3], x[:2]), x[3:]) + np.outer(tall[:, 1], x[:3])


def svd(a, **options):
    """The factors, with the signs that make the largest entry of each column of U positive."""
    U, s, Vt = np.linalg.svd(a, full_matrices=False)
    value = getattr(U, "value", U)
    row = np.abs(value).argmax(-2)[..., None, :]
    sign = np.sign(np.take_along_axis(value, row, -2))
    return U * sign, s, Vt * sign.mT


def eigh(a, *options):
    w, V = np.linalg.eigh(a, *options)
    value = getattr(V, "value", V)
    row = np.abs(value).argmax(-2)[..., None, :]
    return w, V * np.sign(np.take_along_axis(value, row, -2))


def ravel(parts):
    return np.concatenate([np.ravel(part) for part in parts])


CASES = {
    np.linalg.solve: [
        lambda x: np.linalg.solve(square, x[:3]),
        lambda x: np.linalg.solve(Q(x), c[:3]),
        lambda x: np.linalg.solve(Q(x), M(x).T),
        lambda x: np.linalg.solve(S(x), M(x)[:, :2, None]),
        lambda x: np.linalg.solve(S(x), x[:2]),
        lambda x: np.linalg.solve(2 * np.eye(2), S(x)),
    ],
    np.linalg.inv: [lambda x: np.linalg.inv(Q(x)), lambda x: np.linalg.inv(S(x))],
    np.linalg.det: [
        lambda x: np.linalg.det(Q(x)),
        lambda x: np.linalg.det(S(x)),
        lambda x: np.linalg.det(Q(x)[[1, 0, 2]]),
        lambda x: np.linalg.det(M(x)[:, :1] * np.ones(2)),
        lambda x: np.linalg.det(np.outer(x[:3], x[:3]) + np.diag([1.0, 0.0, 0.0])),
    ],
    np.linalg.slogdet: [
        lambda x: np.linalg.slogdet(Q(x))[1],
        lambda x: np.linalg.slogdet(-S(x)).logabsdet,
        lambda x: np.linalg.slogdet(Q(x)).sign * x,
    ],
    np.linalg.norm: [
        lambda x: np.linalg.norm(x),
        lambda x: np.linalg.norm(x, 2),
        lambda x: np.linalg.norm(x, 1),
        lambda x: np.linalg.norm(x, np.inf),
        lambda x: np.linalg.norm(x, 3),
        lambda x: np.linalg.norm(M(x)),
        lambda x: np.linalg.norm(M(x), "fro", keepdims=True),
        lambda x: np.linalg.norm(M(x), axis=1),
        lambda x: np.linalg.norm(M(x), 1, axis=0),
        lambda x: np.linalg.norm(S(x), axis=(1, 2)),
    ],
    np.linalg.multi_dot: [
        lambda x: np.linalg.multi_dot([M(x), A, M(c), x[:3]]),
        lambda x: np.linalg.multi_dot([x[:2], M(x), x[3:]]),
    ],
    np.linalg.cholesky: [
        lambda x: np.linalg.cholesky(P(x)),
        lambda x: np.linalg.cholesky(E(x)),
        lambda x: np.linalg.cholesky(np.tril(P(x))),
        lambda x: np.linalg.cholesky(np.triu(P(x)), upper=True),
        lambda x: np.linalg.cholesky(P(x)[:1, :1]),
    ],
    np.linalg.qr: [
        lambda x: ravel(np.linalg.qr(T(x))),
        lambda x: ravel(np.linalg.qr(Q(x))),
        lambda x: ravel(np.linalg.qr(W(x))),
        lambda x: ravel(np.linalg.qr(W(x), "complete")),
        lambda x: np.linalg.qr(T(x), mode="r"),
        lambda x: np.linalg.qr(T(x), mode="complete").R,
        lambda x: (q := np.linalg.qr(T(x), mode="complete").Q[:, 3:]) @ q.T,
        lambda x: np.linalg.qr(B(x), mode="complete").Q[:, :, 3],
        lambda x: ravel(np.linalg.qr(B(x))),
        lambda x: np.linalg.qr(x[:, None]).Q,
    ],
    np.linalg.eigh: [
        lambda x: ravel(eigh(P(x))),
        lambda x: ravel(eigh(np.triu(P(x)), "U")),
        lambda x: ravel(eigh(np.tril(P(x)))),
        lambda x: ravel(eigh(E(x))),
        lambda x: eigh(-P(x))[1][:, 1] ** 2,
    ],
    np.linalg.eigvalsh: [
        lambda x: np.linalg.eigvalsh(P(x)),
        lambda x: np.linalg.eigvalsh(E(x)),
        lambda x: np.linalg.eigvalsh(np.triu(E(x)), "U")[:, -1],
    ],
    np.linalg.svd: [
        lambda x: ravel(svd(T(x))),
        lambda x: ravel(svd(Q(x))),
        lambda x: ravel(svd(W(x))),
        lambda x: ravel(svd(B(x))),
        lambda x: ravel(svd(B(x).mT)),
        lambda x: np.linalg.svd(Q(x))[1],
        lambda x: np.linalg.svd(T(x))[1],
        lambda x: (r := np.linalg.svd(T(x))).U[:, :3] * r.S @ r.Vh,
        lambda x: np.outer(u := np.linalg.svd(B(x))[0][0, :, 3], u),
        lambda x: (U := np.linalg.svd(T(x))[0][:, 3:]) @ U.T,
        lambda x: (V := np.linalg.svd(W(x)).Vh[3:]).T @ V,
        lambda x: np.linalg.svd(W(x), compute_uv=False),
        lambda x: np.abs(np.linalg.svd(x[:, None], full_matrices=False).U),
        lambda x: svd(low_rank(x))[0][:, :2],
    ],
    np.linalg.svdvals: [
        lambda x: np.linalg.svdvals(T(x)),
        lambda x: np.linalg.svdvals(B(x))[:, 1],
        lambda x: np.linalg.svdvals(low_rank(x))[:2],
    ],
    np.linalg.pinv: [
        lambda x: np.linalg.pinv(T(x)),
        lambda x: np.linalg.pinv(W(x)),
        lambda x: np.linalg.pinv(Q(x)),
        lambda x: np.linalg.pinv(B(x)),
        lambda x: np.linalg.pinv(x[:, None]),
        lambda x: np.linalg.pinv(P(x), hermitian=True),
        lambda x: np.linalg.pinv(low_rank(x)),
        lambda x: np.linalg.pinv(low_rank(x).T, rtol=1e-10),
        lambda x: np.linalg.pinv(np.stack([low_rank(x), T(x)]), rcond=1e-10),
    ],
    np.linalg.lstsq: [
        lambda x: np.linalg.lstsq(T(x), tall[:, 0])[0],
        lambda x: np.linalg.lstsq(tall, x[:5])[0],
        lambda x: np.linalg.lstsq(T(x), x[1:])[0],
        lambda x: np.linalg.lstsq(T(x), np.outer(x[:5], x[:2]))[0],
        lambda x: np.linalg.lstsq(W(x), x[:3])[0],
        lambda x: np.linalg.lstsq(W(x), wide[:, :2])[0],
        lambda x: np.linalg.lstsq(T(x), x[1:])[1],
        lambda x: np.linalg.lstsq(tall, np.outer(x[:5], x[:2]))[1],
        lambda x: np.linalg.lstsq(T(x), tall)[3],
        lambda x: np.linalg.lstsq(low_rank(x), x[:5])[0],
        lambda x: x * np.linalg.lstsq(T(x), x[:5], rcond=1e-12)[2],
    ],
    np.linalg.vector_norm: [
        lambda x: np.linalg.vector_norm(M(x)),
        lambda x: np.linalg.vector_norm(M(x), axis=1, keepdims=True),
        lambda x: np.linalg.vector_norm(M(x), ord=3),
        lambda x: np.linalg.vector_norm(x, ord=-np.inf),
    ],
    np.linalg.matrix_norm: [
        lambda x: np.linalg.matrix_norm(B(x)),
        lambda x: np.linalg.matrix_norm(B(x), ord="nuc", keepdims=True),
        lambda x: np.linalg.norm(M(x), 2),
        lambda x: np.linalg.norm(M(x), "nuc"),
        lambda x: np.linalg.norm(M(x), 1),
        lambda x: np.linalg.norm(B(x), np.inf, axis=(1, 0)),
        lambda x: np.linalg.norm(B(x), 2, axis=(0, 2), keepdims=True),
        lambda x: np.linalg.norm(B(x)),
    ],
    np.linalg.cond: [
        lambda x: np.linalg.cond(Q(x)),
        lambda x: np.linalg.cond(B(x)),
        lambda x: np.linalg.cond(Q(x), 1),
        lambda x: np.linalg.cond(Q(x), "fro"),
    ],
    np.linalg.matrix_power: [
        lambda x: np.linalg.matrix_power(Q(x), 3),
        lambda x: np.linalg.matrix_power(S(x), -2),
        lambda x: np.linalg.matrix_power(Q(x), 0) * x[0],
    ],
}


@each_case(CASES)
def test_derivatives_match_differences(f):
    assert_derivatives_match_differences(f)


@each_case(CASES)
def test_values_are_those_of_numpy(f):
    assert_values_are_those_of_numpy(f)


def test_every_function_of_the_table_has_a_case():
    assert {*LINALG} - {*CASES} == set()
    assert {*MATRIX} <= {*LINALG}


@pytest.mark.parametrize("jacobian", JACOBIANS)
def test_determinants_have_slopes_where_they_vanish(jacobian):
    A = np.diag([2.0, 3.0, 0.0])
    J = jacobian(lambda x: np.linalg.det(x.reshape(3, 3)), A.ravel())
    np.testing.assert_allclose(J.reshape(3, 3), np.diag([0.0, 0.0, 6.0]), atol=1e-15)


# Each pair is the same function of x, so that their Jacobians are.
IDENTITIES = {
    "L Lᵀ = A": (lambda x: (L := np.linalg.cholesky(P(x))) @ L.T, P),
    "Uᵀ U = A": (lambda x: (U := np.linalg.cholesky(E(x), upper=True)).mT @ U, E),
    "Q R = A": (lambda x: np.matmul(*np.linalg.qr(T(x))), T),
    "Q R = A, wide": (lambda x: np.matmul(*np.linalg.qr(W(x))), W),
    "QᵀQ = I": (lambda x: (q := np.linalg.qr(B(x)).Q).mT @ q, lambda x: np.array([np.eye(3)] * 2)),
    "R is triangular": (lambda x: np.tril(np.linalg.qr(T(x)).R, -1), lambda x: np.zeros((3, 3))),
    "V W Vᵀ = A": (lambda x: (r := np.linalg.eigh(P(x)))[1] * r[0] @ r[1].T, P),
    "VᵀV = I": (lambda x: (V := np.linalg.eigh(P(x))[1]).T @ V, lambda x: np.eye(3)),
    "A V = V W": (
        lambda x: P(x) @ (r := np.linalg.eigh(P(x)))[1] - r[1] * r[0],
        lambda x: np.zeros((3, 3)),
    ),
    "U S Vᵀ = A": (
        lambda x: (r := np.linalg.svd(T(x), full_matrices=False))[0] * r[1] @ r[2],
        T,
    ),
    "U S Vᵀ = A, stacked and wide": (
        lambda x: (r := np.linalg.svd(B(x).mT, full_matrices=False)).U * r.S[:, None, :] @ r.Vh,
        lambda x: B(x).mT,
    ),
    "UᵀU = I": (
        lambda x: (U := np.linalg.svd(T(x), full_matrices=False)[0]).T @ U,
        lambda x: np.eye(3),
    ),
    "UᵀU = I, complete": (
        lambda x: x[0] * (U := np.linalg.svd(T(x))[0]).T @ U,
        lambda x: x[0] * np.eye(5),
    ),
    "Q R = A, complete": (lambda x: np.matmul(*np.linalg.qr(T(x), "complete")), T),
    "QᵀQ = I, complete": (
        lambda x: (q := np.linalg.qr(T(x), "complete")[0]).T @ q * x[1],
        lambda x: x[1] * np.eye(5),
    ),
    "V Vᵀ = I": (lambda x: (V := np.linalg.svd(Q(x))[2]) @ V.T, lambda x: np.eye(3)),
    "Σ s² = ‖A‖²": (lambda x: np.sum(np.linalg.svdvals(T(x)) ** 2), lambda x: np.sum(T(x) ** 2)),
    "Π w = det A": (
        lambda x: np.prod(np.linalg.eigvalsh(E(x)), -1),
        lambda x: np.linalg.det(E(x)),
    ),
    "A A⁺ A = A": (lambda x: low_rank(x) @ np.linalg.pinv(low_rank(x)) @ low_rank(x), low_rank),
    "A⁺ = (AᵀA)⁻¹ Aᵀ": (
        lambda x: np.linalg.pinv(T(x)),
        lambda x: np.linalg.solve(T(x).T @ T(x), T(x).T),
    ),
    "lstsq is A⁺ b": (
        lambda x: np.linalg.lstsq(W(x), x[:3])[0],
        lambda x: np.linalg.pinv(W(x)) @ x[:3],
    ),
    "the residual of lstsq": (
        lambda x: np.linalg.lstsq(T(x), x[:5])[1][0],
        lambda x: np.sum((x[:5] - T(x) @ np.linalg.solve(T(x).T @ T(x), T(x).T @ x[:5])) ** 2),
    ),
    "2-norm² of a vector as a matrix": (
        lambda x: np.linalg.norm(x[:, None], 2) ** 2,
        lambda x: x @ x,
    ),
}


@pytest.mark.parametrize("jacobian", JACOBIANS)
@pytest.mark.parametrize(("f", "g"), IDENTITIES.values(), ids=IDENTITIES)
def test_identities(f, g, jacobian):
    x = np.array([0.3, 1.2, -0.7, 0.5, 1.1, -0.4])
    size = 1 + np.abs(forward_jacobian(lambda x: np.ravel(T(x)), x)).max() ** 2
    np.testing.assert_allclose(jacobian(f, x), jacobian(g, x), rtol=1e-10, atol=1e-12 * size)


def sym(x):
    """A symmetric matrix of three entries of x, shape (2, 2)."""
    return np.block([[x[0], x[1]], [x[1], x[2]]])


def matrix(x):
    return x.reshape(2, 2)


def double(x):
    """At 0, a matrix with the eigenvalues 1, 1 and 4, not diagonal, shape (3, 3)."""
    n = np.array([2.0, -1, 2]) / 3
    return np.eye(3) + 3 * np.outer(n, n) + x.reshape(3, 3) + x.reshape(3, 3).T


# What is differentiable although values coincide or vanish, with the derivative along v.
rotation = np.array([[0.6, -0.8], [0.8, 0.6]])
v9 = np.arange(9.0) - 3
n3 = np.array([2.0, -1, 2]) / 3
D = v9.reshape(3, 3) + v9.reshape(3, 3).T
turn = np.outer(D @ n3 - n3 * (n3 @ D @ n3), n3) / 3
INVARIANT = {
    "trace": (lambda x: np.sum(np.linalg.eigvalsh(sym(x))), [1, 0, 1], [2, 3, 5], 7),
    "norm": (lambda x: np.sum(np.linalg.eigvalsh(sym(x)) ** 2), [2, 0, 2], [2, 3, 5], 28),
    "det": (lambda x: np.prod(np.linalg.eigvalsh(sym(x))), [2, 0, 2], [2, 3, 5], 14),
    "of 0": (lambda x: np.sum(np.linalg.eigvalsh(sym(x))), [0, 0, 0], [2, 3, 5], 7),
    "the single one": (lambda x: np.linalg.eigvalsh(double(x))[2], np.zeros(9), v9, n3 @ D @ n3),
    "its projector": (
        lambda x: np.outer(v := np.linalg.eigh(double(x))[1][:, 2], v),
        np.zeros(9),
        v9,
        turn + turn.T,
    ),
    "the other projector": (
        lambda x: (V := np.linalg.eigh(double(x))[1][:, :2]) @ V.T,
        np.zeros(9),
        v9,
        -turn - turn.T,
    ),
    "polar factor": (
        lambda x: np.matmul(*np.linalg.svd(matrix(x))[::2]),
        rotation.ravel(),
        [1, 2, 3, 5],
        (
            matrix(np.array([1, 2, 3, 5.0]))
            - rotation @ matrix(np.array([1, 2, 3, 5.0])).T @ rotation
        )
        / 2,
    ),
    "nuclear norm": (
        lambda x: np.linalg.norm(matrix(x), "nuc"),
        [1, 0, 0, 1],
        [1, 2, 3, 5],
        6,
    ),
    "the large singular value": (
        lambda x: np.linalg.norm(matrix(x), 2),
        [3, 0, 0, 0],
        [1, 2, 3, 5],
        1,
    ),
    "squares of all": (
        lambda x: np.sum(np.linalg.svdvals(matrix(x)) ** 2),
        [3, 0, 0, 0],
        [1, 2, 3, 5],
        6,
    ),
    "pinv that keeps its rank": (
        lambda x: np.linalg.pinv(np.outer(x[:2], x[2:])) @ x[:2],
        [3, 0, 0, 1],
        [0, 0, 1, 5],
        [1, -5],
    ),
}


@pytest.mark.parametrize(("f", "x", "v", "Jv"), INVARIANT.values(), ids=INVARIANT)
def test_what_does_not_depend_on_the_basis_is_differentiable(f, x, v, Jv):
    np.testing.assert_allclose(jvp(f, x, v), Jv, rtol=1e-12, atol=1e-12)
    w = rng.normal(size=np.shape(Jv))
    wJ = vjp(f, x, w)
    np.testing.assert_allclose(wJ @ np.asarray(v, float), np.sum(w * Jv), rtol=1e-11, atol=1e-12)


def product(U, s, Vt):
    return (U * s) @ Vt


def root(S):
    w, V = np.linalg.eigh(S)
    return product(V, np.sqrt(w), V.T)


@pytest.mark.parametrize("jacobian", JACOBIANS)
@pytest.mark.parametrize(
    ("f", "x", "message"),
    [
        (lambda x: np.linalg.eigvalsh(sym(x)), [1, 0, 1], "np.linalg.eigh .eigenvalues that coin"),
        (lambda x: np.linalg.eigvalsh(sym(x))[0], [0, 0, 0], "np.linalg.eigh .eigenvalues that"),
        (lambda x: np.linalg.eigh(sym(x))[1], [1e-9, 0, 1e-9], "np.linalg.eigh .eigenvalues that"),
        (lambda x: np.linalg.eigh(double(x))[1][0, 0], np.zeros(9), "eigenvalues that coincide"),
        (lambda x: root(sym(x))[0, 1], [1, 0, 1], "eigenvalues that coincide"),
        (lambda x: product(*np.linalg.svd(matrix(x)))[0, 1], [1, 0, 0, 1], "that coincide"),
        (lambda x: product(*np.linalg.svd(matrix(x)))[0, 1], [0, 0, 0, 0], "that coincide"),
        (lambda x: np.linalg.norm(matrix(x), 2), [1, 0, 0, 1], "singular values that coincide"),
        (
            lambda x: np.linalg.norm(matrix(x), "nuc"),
            [1, 2, 2, 4],
            "singular values that .* vanish",
        ),
        (lambda x: np.linalg.svdvals(matrix(x))[1], [1e9, 0, 0, 0], "singular values that"),
        (lambda x: np.linalg.svdvals(x[:, None])[0], [0, 0], "singular values that"),
        (lambda x: np.linalg.svd(matrix(x))[0], [0, 1, 1, 0], "singular values that coincide"),
        (lambda x: np.linalg.svd(x[:, None])[0], [3, 0, 4], "the columns that complete U or V"),
        (lambda x: np.linalg.svd(x[None])[2][1], [3, 0, 4], "the columns that complete U or V"),
        (lambda x: np.linalg.qr(x[:, None], "complete")[0], [3, 0, 4], "that complete Q"),
        (lambda x: np.linalg.pinv(matrix(x)), [1, 2, 2, 4], "np.linalg.pinv .the rank changes"),
        (lambda x: np.linalg.pinv(matrix(x)), [0, 0, 0, 0], "np.linalg.pinv .the rank changes"),
        (
            lambda x: np.linalg.lstsq(matrix(x), [1.0, 1.0])[0],
            [1, 2, 2, 4],
            "np.linalg.pinv .the rank changes",
        ),
        (lambda x: np.linalg.cholesky(sym(x)), [1, 1, 1], "positive definite"),
        (lambda x: np.linalg.cholesky(sym(x)), [0, 0, 0], "positive definite"),
        (lambda x: np.linalg.qr(matrix(x)), [1, 2, 2, 4], "np.linalg.qr has no derivative where"),
        (lambda x: np.linalg.qr(matrix(x)).R, [0, 0, 0, 1], "np.linalg.qr has no derivative where"),
        (lambda x: np.linalg.inv(matrix(x)), [1, 2, 2, 4], "[Ss]ingular"),
    ],
)
def test_what_is_not_differentiable_says_so(f, x, message, jacobian):
    with pytest.raises(ValueError, match=message):
        jacobian(f, x)


@pytest.mark.parametrize("jacobian", JACOBIANS)
@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda x: np.linalg.svd(Q(x), hermitian=True)[1], r"np\.linalg\.svd is traced as"),
        (lambda x: np.linalg.qr(T(x), "raw")[0], r"np\.linalg\.qr with mode='raw'"),
        (lambda x: np.linalg.pinv(T(x), rcond=0.9), "where rcond drops singular values"),
        (lambda x: np.linalg.lstsq(T(x), x[:5], rcond=0.9)[0], "where rcond drops singular values"),
        (lambda x: np.linalg.eig(Q(x))[0], r"np\.linalg\.eig is not traced\. Use np\.linalg\.eigh"),
        (lambda x: np.linalg.norm(M(x), -2), r"np\.linalg\.norm with ord=-2 is not traced for mat"),
        (lambda x: np.linalg.norm(x, 0.5), r"np\.linalg\.norm with ord=0\.5 is not traced for vec"),
    ],
)
def test_what_is_not_traced_is_named_with_what_to_use_instead(f, message, jacobian):
    with pytest.raises(TracingError, match=message):
        jacobian(f, x0)


@pytest.mark.parametrize("jacobian", JACOBIANS)
def test_scale_does_not_decide_what_coincides(jacobian):
    for unit in (1e-150, 1e-12, 1.0, 1e12, 1e150):
        J = jacobian(lambda x, c=unit: np.linalg.eigvalsh(c * sym(x)) / c, [1.0, 1e-3, 1.0])
        np.testing.assert_allclose(J, [[0.5, -1, 0.5], [0.5, 1, 0.5]], rtol=1e-9)
        s = jacobian(lambda x, c=unit: np.linalg.svdvals(c * matrix(x)) / c, [2.0, 0, 0, 1e-3])
        np.testing.assert_allclose(s, [[1, 0, 0, 0], [0, 0, 0, 1]], atol=1e-9)


@pytest.mark.parametrize("jacobian", JACOBIANS)
def test_empty_matrices(jacobian):
    def f(x):
        A = x[2:, None] * x[2:]  # of shape (0, 0)
        return x[0] + np.sum(np.linalg.solve(A, x[2:])) + np.linalg.det(A)

    np.testing.assert_allclose(jacobian(f, [1.0, 2.0]), [1, 0])

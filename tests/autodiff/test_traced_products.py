"""Products of arrays, in both modes, against differences."""

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
    cube,
    each_case,
    x0,
)

from companion.autodiff import TracingError
from companion.autodiff._traced_products import PRODUCT_UFUNCS, PRODUCTS

CASES = {
    np.matmul: [
        lambda x: M(x) @ A,
        lambda x: A @ M(x),
        lambda x: M(x) @ M(x).T,
        lambda x: A.T @ x[:3],
        lambda x: M(x) @ np.array([1.0, 2.0, 3.0]),
        lambda x: M(x) @ x[:3],
        lambda x: x[:3] @ A,
        lambda x: x[:3] @ Q(x),
        lambda x: x[:3] @ x[3:],
        lambda x: x @ c,
        lambda x: c @ x,
        lambda x: cube @ x[:4],
        lambda x: x[:3] @ cube,
        lambda x: x[:2] @ S(x) @ x[:2],
        lambda x: cube @ x[:4, None],
        lambda x: M(x) @ cube,
        lambda x: S(x) @ M(x),
        lambda x: M(x).T @ S(x),
        lambda x: S(x) @ S(x[::-1]),
        lambda x: x.reshape(2, 1, 1, 3) @ cube,
    ],
    np.vecdot: [lambda x: np.vecdot(M(x), M(c)), lambda x: np.vecdot(x, x)],
    np.matvec: [lambda x: np.matvec(S(x), M(x)[:, :2]), lambda x: np.matvec(M(c), x[:3])],
    np.vecmat: [lambda x: np.vecmat(M(x)[:, :2], S(x))],
    np.dot: [
        lambda x: np.dot(x, x),
        lambda x: x.dot(c),
        lambda x: np.dot(c, x),
        lambda x: np.dot(A, M(x)),
        lambda x: np.dot(M(x), A),
        lambda x: np.dot(x[0], M(x)),
        lambda x: np.dot(M(x), 2.0),
        lambda x: np.dot(M(x), cube),
        lambda x: np.dot(S(x), x[:2]),
        lambda x: A.T.dot(x[:3]),
    ],
    np.vdot: [lambda x: np.vdot(M(x), M(c)), lambda x: np.vdot(M(x).T, M(x))],
    np.inner: [
        lambda x: np.inner(x, x),
        lambda x: np.inner(M(x), M(c)),
        lambda x: np.inner(x[0], x),
        lambda x: np.inner(M(c), M(x)),
    ],
    np.outer: [
        lambda x: np.outer(x, x),
        lambda x: np.outer(c[:2], M(x)),
        lambda x: np.outer(x, 2.0),
    ],
    np.tensordot: [
        lambda x: np.tensordot(M(x), cube),
        lambda x: np.tensordot(M(x), M(c), 0),
        lambda x: np.tensordot(M(x), cube, ([0, 1], [0, 1])),
        lambda x: np.tensordot(M(x), M(x), (0, 0)),
        lambda x: np.tensordot(cube, M(x), (1, -1)),
    ],
    np.kron: [
        lambda x: np.kron(x[:2], x[2:]),
        lambda x: np.kron(M(x), A),
        lambda x: np.kron(A, x[:2]),
        lambda x: np.kron(x[:2], cube),
        lambda x: np.kron(2.0, M(x)),
    ],
    np.einsum: [
        lambda x: np.einsum("ij,jk->ik", M(x), A),
        lambda x: np.einsum("ij,jk", M(x), A),
        lambda x: np.einsum("ij,ij->", M(x), M(x)),
        lambda x: np.einsum("i,j,ij->ij", x[:2], x[3:], M(x)),
        lambda x: np.einsum("ii->i", Q(x)),
        lambda x: np.einsum("ii", Q(x)),
        lambda x: np.einsum("ij->ji", M(x)),
        lambda x: np.einsum("ij->j", M(x)),
        lambda x: np.einsum("iij,k->jk", S(x), x),
        lambda x: np.einsum("iji,i->j", S(x), c[:2]),
        lambda x: np.einsum("ij,k->k", M(c), x),
        lambda x: np.einsum("ij,jk->ik", x[:2, None], M(c)[:1]),
        lambda x: np.einsum("ij,kj->ik", M(x)[:, :1], M(c)),
        lambda x: np.einsum("aij, j -> ai", S(x), x[:2]),
        lambda x: np.einsum("...i->...", M(x)),
        lambda x: np.einsum("...ij,...j", S(x), x[:2]),
        lambda x: np.einsum("i...,...->...i", M(x), x[:3]),
        lambda x: np.einsum("...ij,jk->ik...", cube, M(x)[:, :2].repeat(2, 0)),
        lambda x: np.einsum("...,...", x, M(x)[:, :1]),
    ],
    np.cross: [
        lambda x: np.cross(x[:3], x[3:]),
        lambda x: np.cross(M(x), [1.0, 2.0, 3.0]),
        lambda x: np.cross(M(c), M(x)),
    ],
}


@each_case(CASES)
def test_derivatives_match_differences(f):
    assert_derivatives_match_differences(f)


@each_case(CASES)
def test_values_are_those_of_numpy(f):
    assert_values_are_those_of_numpy(f)


def test_every_product_has_a_case():
    assert {*PRODUCTS, *PRODUCT_UFUNCS} == {*CASES}


@pytest.mark.parametrize("jacobian", JACOBIANS)
@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda x: np.einsum(M(x), [0, 1]), r"np\.einsum is traced with a letter"),
        (lambda x: np.cross(x[:2], x[2:4]), r"np\.cross is traced for vectors of three entries"),
    ],
)
def test_what_is_not_traced_is_named_with_what_to_use_instead(f, message, jacobian):
    with pytest.raises(TracingError, match=message):
        jacobian(f, x0)

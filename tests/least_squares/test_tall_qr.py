"""Rows in blocks: the triangle is that of all rows, and any method gives from it what they give."""

import subprocess
import sys
import weakref
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.linalg import norm
from scipy.sparse import csr_array

from companion.digits import common_digits, digits_left
from companion.least_squares import (
    TallQR,
    accurate_solve,
    conjugate_gradient,
    gradient_descent,
    norm_constrained,
    normal_equations,
    pseudoinverse_solve,
    qr_solve,
    regularized_solve,
    tsqr,
)


def system(m, n, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((m, n)), rng.standard_normal(m)


def cut(A, b, ends):
    return zip(np.split(A, ends), np.split(b, ends), strict=True)


def assert_reduces(tall, A, b):
    """The identities, for any A, to the rounding of a QR factorization."""
    m, n = A.shape
    k = min(m, n)
    assert isinstance(tall, TallQR)
    assert tall.n_rows == m
    assert (tall.R.shape, tall.c.shape, type(tall.rest)) == ((k, n), (k,), float)
    np.testing.assert_array_equal(tall.R, np.triu(tall.R))
    assert not np.signbit(np.tril(tall.R)).any()  # nor does it print as −0
    small = 1e-13 * (1 + np.log2(m))
    np.testing.assert_allclose(tall.R.T @ tall.R, A.T @ A, atol=small * norm(A) ** 2)
    np.testing.assert_allclose(tall.R.T @ tall.c, A.T @ b, atol=small * norm(A) * norm(b))
    assert np.hypot(norm(tall.c), tall.rest) == pytest.approx(norm(b), rel=small)
    rng = np.random.default_rng(0)
    for x in (np.zeros(n), rng.standard_normal(n), np.linalg.lstsq(A, b)[0]):
        reduced = np.hypot(norm(tall.R @ x - tall.c), tall.rest)
        assert abs(reduced - norm(A @ x - b)) <= small * (norm(A) * norm(x) + norm(b))


@settings(deadline=None, derandomize=True, max_examples=80)
@given(
    m=st.integers(1, 60),
    n=st.integers(1, 6),
    rank=st.integers(1, 6),
    ends=st.lists(st.integers(0, 60), max_size=8),
    seed=st.integers(0, 10**6),
)
def test_any_blocks_of_any_rank_reduce_to_the_triangle(m, n, rank, ends, seed):
    """Empty blocks, blocks of a row, fewer rows than columns among them."""
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((m, n))
    if rank < n:
        A = A[:, :rank] @ rng.standard_normal((rank, n))
    b = rng.standard_normal(m)
    ends = sorted(min(end, m) for end in ends)
    assert_reduces(tsqr(cut(A, b, ends)), A, b)


@pytest.mark.parametrize("m", [2000, 2001])
@pytest.mark.parametrize("size", [1, 7, 500, 5000])
def test_one_block_and_many_have_the_same_triangle(m, size):
    A, b = system(m, 5)
    tall, one = tsqr(cut(A, b, range(size, m, size))), tsqr([(A, b)])
    assert_reduces(tall, A, b)
    np.testing.assert_allclose(tall.R, one.R, atol=1e-12 * norm(A))
    np.testing.assert_allclose(tall.c, one.c, atol=1e-12 * norm(b))
    np.testing.assert_allclose(tall.R, np.linalg.cholesky(A.T @ A).T, atol=1e-11 * norm(A))


SOLVERS = {
    "normal_equations": normal_equations,
    "qr_solve": qr_solve,
    "accurate_solve": accurate_solve,
    "pseudoinverse_solve": pseudoinverse_solve,
    "regularized_solve": lambda A, b: regularized_solve(A, b, 0.3),
    "norm_constrained": lambda A, b: norm_constrained(A, b, 0.1).x,
    "dual-ascent": lambda A, b: norm_constrained(A, b, 0.1, method="dual-ascent").x,
    "golub-kahan": lambda A, b: norm_constrained(A, b, 0.1, method="golub-kahan").x,
    "gradient_descent": lambda A, b: gradient_descent(A, b).x,
    "conjugate_gradient": lambda A, b: conjugate_gradient(A, b).x,
}
OF_FULL_RANK = ("normal_equations", "qr_solve", "accurate_solve")


@pytest.mark.parametrize("name", SOLVERS)
@pytest.mark.parametrize("shape", [(90, 4), (5, 4), (4, 4), (3, 7)])
def test_every_method_takes_R_and_c_in_the_place_of_A_and_b(name, shape):
    A, b = system(*shape)
    tall = tsqr(cut(A, b, [2, 3]))
    if shape[0] < shape[1] and name in OF_FULL_RANK:
        with pytest.raises(ValueError, match=r"as many rows as columns; its shape is \(3, 7\)"):
            SOLVERS[name](tall.R, tall.c)
    else:
        x = SOLVERS[name](A, b)
        np.testing.assert_allclose(SOLVERS[name](tall.R, tall.c), x, rtol=0, atol=1e-8 * norm(x))


def test_a_rank_deficient_triangle_is_told_and_has_a_shortest_solution():
    A, b = system(50, 4)
    A[:, 3] = A[:, :3] @ [1, 2, 3]
    tall = tsqr(cut(A, b, [10, 30]))
    with pytest.raises(ValueError, match="A must have full column rank"):
        qr_solve(tall.R, tall.c)
    x = pseudoinverse_solve(A, b)
    np.testing.assert_allclose(pseudoinverse_solve(tall.R, tall.c), x, atol=1e-11 * norm(x))


@pytest.mark.parametrize("size", [3, 50, 2000])
@pytest.mark.parametrize("kappa", [1e1, 1e5, 1e8])
def test_digits_are_those_of_one_factorization(size, kappa):
    """Of x, which QR leaves with the condition number κ where b = Ax."""
    rng = np.random.default_rng(0)
    Q, _ = np.linalg.qr(rng.standard_normal((2000, 6)))
    V, _ = np.linalg.qr(rng.standard_normal((6, 6)))
    A = Q * np.geomspace(1, 1 / kappa, 6) @ V.T
    # b = Ax to more digits than doubles have, then rounded.
    x = np.arange(1.0, 7)
    exact = [sum(Fraction(a) * Fraction(v) for a, v in zip(row, x, strict=True)) for row in A]
    b = np.array(exact, float)
    tall = tsqr(cut(A, b, range(size, 2000, size)))
    assert common_digits(qr_solve(tall.R, tall.c), x, 10 * kappa) == digits_left(10 * kappa)
    assert tall.rest <= 1e-14 * norm(b)


@pytest.mark.parametrize("tiny", [1e-6, 1e-12])
def test_the_rest_does_not_cancel(tiny):
    """‖b‖² − ‖c‖² would have no digit below 10⁻⁸ ‖b‖."""
    Q, _ = np.linalg.qr(system(400, 6)[0])
    A, b = Q[:, :5] * [1, 2, 3, 4, 5], Q[:, :5].sum(axis=1) + tiny * Q[:, 5]
    rest = tsqr(cut(A, b, range(30, 400, 30))).rest
    assert abs(rest - tiny) <= 1e-14 * norm(b)


@pytest.mark.parametrize(("p", "q"), [(-300, -400), (-31, 10), (300, 400)])
def test_powers_of_two_as_units_of_each_column_change_no_bit(p, q):
    A, b = system(300, 4)
    units = np.array([p, p + 7, p - 3, p])
    plain = tsqr(cut(A, b, [100, 101]))
    tall = tsqr(cut(np.ldexp(A, units), np.ldexp(b, q), [100, 101]))
    np.testing.assert_array_equal(np.ldexp(tall.R, -units), plain.R)
    np.testing.assert_array_equal(np.ldexp(tall.c, -q), plain.c)
    assert np.ldexp(tall.rest, -q) == plain.rest


def test_the_same_blocks_give_the_same_bits():
    A, b = system(500, 5)
    one, other = (tsqr(cut(A, b, [100, 130, 400])) for _ in range(2))
    np.testing.assert_array_equal(one.R, other.R)
    np.testing.assert_array_equal(one.c, other.c)
    assert one.rest == other.rest


def test_one_block_is_in_memory_at_a_time():
    """None of those before it is there when a block is made, not even the first one."""
    alive, most = set(), 0

    class Block(np.ndarray):
        pass

    def make(seed):
        nonlocal most
        most = max(most, len(alive))
        A, b = system(50, 3, seed)
        A = A.view(Block)
        alive.add(seed)
        weakref.finalize(A, alive.discard, seed)
        return A, b

    assert tsqr(map(make, range(20))).n_rows == 1000
    assert most == 0


def test_files_and_lists_and_integers_do(tmp_path):
    A, b = np.arange(12).reshape(6, 2) ** 2, np.arange(6)
    np.save(tmp_path / "A.npy", A)
    mapped = np.load(tmp_path / "A.npy", mmap_mode="r")
    for blocks in (
        [(mapped[:4], b[:4]), (mapped[4:], b[4:])],
        [[A.tolist(), b.tolist()]],
        iter([(A.astype(np.float32), b)]),
    ):
        assert_reduces(tsqr(blocks), A.astype(float), b.astype(float))
    np.testing.assert_array_equal(A, np.arange(12).reshape(6, 2) ** 2)


A, B = np.ones((3, 2)), np.ones(3)
NAN = np.where(np.eye(3, 2) > 0, np.nan, 1.0)


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ([], "blocks must hold at least one block; there is none"),
        (iter([]), "blocks must hold at least one block"),
        ([(A[:0], B[:0])], "blocks must hold at least one row; all of them are empty"),
        (3, r"blocks must be an iterable of pairs \(A_k, b_k\); it is a int"),
        ((A, B), r"blocks must be pairs \(A_k, b_k\); block 0 is a ndarray"),
        ([(A, B), (A, B, B)], "block 1 is a tuple of length 3"),
        ([(A, B), None], "block 1 is a NoneType"),
        ([(A, B), (A, B), (NAN, B)], "A in block 2 must be finite"),
        ([(A, B), (A, [1, np.inf, 0])], "b in block 1 must be finite"),
        ([(A, B), (A, B[:2])], "b in block 1 must have length 3; its length is 2"),
        ([(A, B), (A, B[:, None])], "b in block 1 must have 1 axes"),
        ([(A, B), (A[0], B)], "A in block 1 must have 2 axes"),
        (
            [(A, B), (np.ones((3, 4)), B)],
            "A must have the same number of columns in each block; 2 in block 0, 4 in block 1",
        ),
        ([(A, B), (np.ones((0, 4)), [])], "2 in block 0, 4 in block 1"),
        ([(A[:0], B[:0]), (A[:, :1], B)], "2 in block 0, 1 in block 1"),
        ([(A, B), (A, B), (A[:, :1], B), (A, B)], "1 in block 2, 2 in block 3"),
        ([(A, B)] * 4 + [(A[:, :1], B)] * 4, "2 in block 0, 1 in block 4"),
        ([(A[:0], B)], "A in block 0 must not be empty"),
        ([(A, B), ([[1.0, 2.0], [3.0]], B[:2])], "A in block 1 must hold real numbers"),
        ([(A * 1j, B)], "A in block 0 must hold real numbers"),
        ([(csr_array(A), B)], "A in block 0 must be a dense array"),
        ([(np.ma.array(A, mask=A > 0), B)], "A in block 0 must not be masked"),
    ],
)
def test_bad_blocks_are_named(blocks, message):
    with pytest.raises(ValueError, match=message):
        tsqr(blocks)


@pytest.mark.parametrize(
    ("blocks", "k"),
    [
        ([(A, B), (A * 1.5e308, B)], "1"),
        ([(A, B), (A, B), (A, B * 1.5e308)], "2"),
        ([(A[:1] * 5e307, B[:1])] * 16, ""),  # each by itself is in range
    ],
)
def test_lengths_out_of_range_are_no_triangle(blocks, k):
    with pytest.raises(ValueError, match=f"A or b must be rescaled: .* overflows at block {k}"):
        tsqr(blocks)


def test_what_a_block_raises_is_passed_on():
    def blocks():
        yield A, B
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        tsqr(blocks())


# On Dask


def test_dask_is_not_imported_unless_its_objects_are_passed():
    code = (
        "import sys, numpy as np; from companion.least_squares import tsqr; "
        "tsqr([(np.ones((3, 2)), np.ones(3))]); print('dask' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.fixture(params=["synchronous", "threads"])
def dask(request):
    dask = pytest.importorskip("dask")
    pytest.importorskip("dask.array")
    with dask.config.set(scheduler=request.param):
        yield dask


@pytest.mark.parametrize("ends", [[], [100], [0, 1, 100, 100, 250], range(20, 300, 20)])
def test_delayed_blocks_give_the_bits_that_they_give_here(dask, ends):
    A, b = system(300, 4)
    for blocks in (
        [dask.delayed(block) for block in cut(A, b, ends)],
        [(dask.delayed(A), dask.delayed(b)) for A, b in cut(A, b, ends)],
        (dask.delayed(block) for block in cut(A, b, ends)),
    ):
        tall = tsqr(blocks)
        assert_reduces(tall, A, b)
        here = tsqr(cut(A, b, ends))
        np.testing.assert_array_equal(tall.R, here.R)
        np.testing.assert_array_equal(tall.c, here.c)
        assert tall.rest == here.rest


@pytest.mark.parametrize("chunks", [(300, 4), (70, 4), (70, 3), (25, 1)])
@pytest.mark.parametrize("rows", [300, 50])
def test_a_pair_of_dask_arrays_is_cut_along_its_rows(dask, chunks, rows):
    A, b = system(300, 4)
    lazy = dask.array.from_array(A, chunks=chunks), dask.array.from_array(b, chunks=rows)
    assert_reduces(tsqr(lazy), A, b)


def test_dask_arrays_of_unknown_lengths(dask):
    A, b = system(300, 4)
    lazy, c = (dask.array.from_array(v, chunks=(70, -1)[: v.ndim]) for v in (A, b))
    kept = c > 0
    tall = tsqr((lazy[kept], c[kept]))
    assert_reduces(tall, A[b > 0], b[b > 0])
    with pytest.raises(ValueError, match="b must have as many blocks as A; they have 5 and 300"):
        tsqr((lazy.rechunk((1, 4))[dask.array.ones(300, chunks=1) > 0], c[kept]))


def test_bad_blocks_on_dask_are_named(dask):
    def gone():
        raise OSError("the disk is gone")

    good, bad = dask.delayed((A, B)), dask.delayed((NAN, B))
    with pytest.raises(ValueError, match="A in block 2 must be finite"):
        tsqr([good, good, bad, good])
    with pytest.raises(ValueError, match="2 in block 2, 4 in block 3"):
        tsqr([good, good, good, dask.delayed((np.ones((3, 4)), B))])
    with pytest.raises(ValueError, match="block 1 is Dask's, block 0 is not"):
        tsqr([(A, B), good])
    with pytest.raises(OSError, match="the disk is gone"):
        tsqr([good, dask.delayed(gone)()])
    ones, bag = dask.array.ones, pytest.importorskip("dask.bag").from_sequence([(A, B)])
    for pair, message in (
        ((ones((3, 2)), ones(4)), "b must have length 3; its length is 4"),
        ((ones(3), ones(3)), r"A must have 2 axes and b 1; their shapes are \(3,\) and \(3,\)"),
        ((ones((3, 2)), B), "A and b must both be arrays of Dask; b is a ndarray"),
        ((A, ones(3)), "A and b must both be arrays of Dask; A is a ndarray"),
        ((bag, bag), "A and b must both be arrays of Dask; A is a Bag"),
        (ones((3, 2)), "blocks must be an iterable of pairs .*; it is a Array, which is lazy"),
        (dask.delayed([(A, B)]), "it is a Delayed.*, which is lazy"),
    ):
        with pytest.raises(ValueError, match=message):
            tsqr(pair)

"""Blocks on a cluster of processes: what one process gives, also where a worker ends midway."""

import os
import signal
import sys
import warnings

import numpy as np
import pytest

from companion.descent import sum_over_blocks
from companion.least_squares import tsqr

distributed = pytest.importorskip("distributed")
delayed = pytest.importorskip("dask").delayed


@pytest.fixture(scope="module")
def client():
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def block(k, m=400):
    rng = np.random.default_rng(k)
    return rng.standard_normal((m, 5)), rng.standard_normal(m)


def slope(x, A, b):
    return A.T @ (A @ x - b)


def assert_same(tall, one):
    np.testing.assert_allclose(tall.R, one.R, rtol=0, atol=1e-12 * np.linalg.norm(one.R))
    np.testing.assert_allclose(tall.c, one.c, rtol=0, atol=1e-12 * np.linalg.norm(one.R))
    assert tall.rest == pytest.approx(one.rest, rel=1e-12)
    assert tall.n_rows == one.n_rows


def test_a_cluster_gives_what_one_process_gives(client):
    blocks = [delayed(block)(k) for k in range(20)]
    assert_same(tsqr(blocks), tsqr(map(block, range(20))))
    x = np.arange(5.0)
    here = sum_over_blocks(slope, [block(k) for k in range(20)])(x)
    kept = client.persist(blocks)
    np.testing.assert_allclose(sum_over_blocks(slope, kept)(x), here, rtol=0, atol=1e-9)


def test_a_bad_block_gives_its_error_with_its_number(client):
    blocks = [delayed(block)(k) for k in range(6)]
    blocks[4] = delayed((np.full((3, 5), np.nan), np.ones(3)))
    with pytest.raises(ValueError, match="A in block 4 must be finite"):
        tsqr(blocks)
    blocks[4] = delayed((np.ones((3, 4)), np.ones(3)))
    with pytest.raises(ValueError, match="4 in block 4, 5 in block 5"):
        tsqr(blocks)


def gone(k):
    raise OSError(f"file {k} is gone")


def test_what_a_block_raises_on_a_worker_arrives_here_with_its_number(client):
    blocks = [delayed(block)(k) for k in range(6)]
    blocks[3] = delayed(gone)("c")
    for reduced in (tsqr, lambda blocks: sum_over_blocks(slope, blocks)(np.zeros(5))):
        with pytest.raises(OSError, match="file c is gone") as caught:
            reduced(blocks)
        assert caught.value.__notes__ == ["This was block 3."]


def test_so_does_what_is_raised_by_what_is_done_with_it(client):
    blocks = [delayed(block)(k) for k in range(6)]
    blocks[3] = delayed((np.ones((2, 4)), np.ones(2)))
    with pytest.raises(ValueError, match="matmul") as caught:
        sum_over_blocks(slope, blocks)(np.zeros(5))
    assert caught.value.__notes__ == ["This was block 3."]


def most_memory():
    resource = pytest.importorskip("resource")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (
        1 if sys.platform == "darwin" else 1024
    )


def test_a_worker_holds_few_blocks_at_a_time(client):
    m, count = 100_000, 100
    blocks = [delayed(block)(k, m) for k in range(count)]
    tsqr(blocks[:4])  # imports, and what else is there for good
    before = client.run(most_memory)
    assert tsqr(blocks).n_rows == count * m
    after = client.run(most_memory)
    size = 8 * m * 6
    assert len(after) == 2
    for worker in after:  # all blocks are 100 sizes; one block with what is made of it takes five
        assert after[worker] - before[worker] < 20 * size


def ended_once(k, flag):
    """Block k; the first process that makes it ends."""
    if k == 7 and not os.path.exists(flag):
        open(flag, "w").close()
        os.kill(os.getpid(), signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    return block(k)


def test_a_worker_that_ends_midway_changes_nothing(client, tmp_path):
    flag = tmp_path / "ended"
    blocks = [delayed(ended_once)(k, str(flag)) for k in range(20)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tall = tsqr(blocks)
    assert flag.exists()
    assert_same(tall, tsqr(map(block, range(20))))

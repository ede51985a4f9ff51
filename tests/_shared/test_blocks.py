"""What blocks give is put together two by two: the same tree here and on Dask."""

import pytest

from companion._shared.blocks import reduce_blocks


def depth(tree):
    return 1 + max(map(depth, tree)) if isinstance(tree, tuple) else 0


def leaves(tree):
    return [k for part in tree for k in leaves(part)] if isinstance(tree, tuple) else [tree]


def joined(left, right):
    return left, right


def tree(blocks):
    return reduce_blocks(lambda k, block: k, joined, blocks)


@pytest.mark.parametrize("count", [1, 2, 3, 6, 7, 33, 1000])
def test_each_block_goes_through_as_few_joins_as_can_be(count):
    """So do its rounding errors: they grow with the logarithm of the number of blocks."""
    assert leaves(tree(range(count))) == list(range(count))
    assert depth(tree(range(count))) == (count - 1).bit_length()


@pytest.mark.parametrize("count", [1, 2, 3, 6, 7, 33])
def test_dask_puts_the_same_parts_together(count):
    dask = pytest.importorskip("dask")
    assert tree([dask.delayed(k) for k in range(count)]) == tree(range(count))


def test_few_parts_are_kept_at_a_time():
    alive, most = 0, 0

    class Part:
        def __init__(self, *_):
            nonlocal alive, most
            alive += 1
            most = max(most, alive)

        def __del__(self):
            nonlocal alive
            alive -= 1

    reduce_blocks(Part, Part, range(1000))
    assert most <= 10 + 2  # of 2, 4, … 512 blocks one each, and the two that make a new one


def test_what_is_raised_in_a_block_has_its_number_in_a_note():
    def gone():
        yield from range(5)
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone") as caught:
        tree(gone())
    assert caught.value.__notes__ == ["This was block 5."]
    with pytest.raises(ZeroDivisionError) as caught:
        reduce_blocks(lambda k, block: 1 / block, joined, [3, 2, 0, 1])
    assert caught.value.__notes__ == ["This was block 2."]


def test_so_has_what_is_raised_by_a_leaf_on_dask():
    dask = pytest.importorskip("dask")
    with pytest.raises(ZeroDivisionError) as caught:
        reduce_blocks(lambda k, block: 1 / block, joined, [dask.delayed(n) for n in (3, 2, 0, 1)])
    assert caught.value.__notes__ == ["This was block 2."]

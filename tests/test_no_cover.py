"""Where lines are not to be counted nothing counts them, in a worker of pytest-xdist neither."""

import sys

import pytest


@pytest.mark.no_cover
def test_nothing_counts_lines_where_none_are_to_be_counted():
    assert sys.gettrace() is None

"""A function that does not come back is ended, in whatever thread, and nothing stays behind."""

import threading
import time
from contextlib import suppress

import numpy as np
import pytest

from companion.checks._time_limit import TimeIsUp, run_within


def on_one_line():
    while True: pass  # fmt: skip # noqa: E701


def with_numpy():
    A = np.eye(50)
    while np.linalg.norm(A) > 0:
        A = A @ A


def swallowing_exceptions():
    with suppress(Exception):
        with_numpy()


def swallowing_everything_once():
    with suppress(BaseException):
        with_numpy()
    with_numpy()


LOOPS = [on_one_line, with_numpy, swallowing_exceptions, swallowing_everything_once]
each_loop = pytest.mark.parametrize("loop", LOOPS)


def ended(loop):
    """Whether it was ended, and soon."""
    start = time.monotonic()
    with pytest.raises(TimeIsUp):
        run_within(0.1, loop)
    return time.monotonic() - start < 1.5


@each_loop
def test_endless_loops_end(loop):
    assert ended(loop)


@each_loop
def test_they_end_in_another_thread_too(loop):
    seen = []
    thread = threading.Thread(target=lambda: seen.append(ended(loop)), daemon=True)
    thread.start()
    thread.join(10)
    assert seen == [True]


def test_what_comes_back_in_time_is_returned():
    assert run_within(5.0, lambda x, y: x - y, 3, 2) == 1


def test_an_exception_passes_through():
    with pytest.raises(ZeroDivisionError):
        run_within(5.0, lambda: 1 / 0)


def test_no_thread_and_no_exception_stays_behind():
    before = threading.active_count()
    for _ in range(200):
        with suppress(TimeIsUp):  # it comes back at about the moment when time is up
            run_within(0.001, time.sleep, 0.001)
    time.sleep(0.05)
    assert threading.active_count() == before

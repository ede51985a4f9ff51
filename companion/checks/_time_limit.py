"""Runs a function that may never come back, and ends it after a while."""

import ctypes
import threading
import time

AGAIN = 0.02  # seconds until the next attempt, where the function has swallowed one


class TimeIsUp(BaseException):
    """Ends the function; no ``Exception``, so that ``except Exception`` in a loop lets it pass."""


def run_within(seconds, function, *inputs):
    """Call function(\\*inputs), and end it if it has not come back after so many seconds.

    A second thread looks at the clock, and raises `TimeIsUp` in this one: on every system, and in a
    notebook as in a test. It is heard between two steps of Python, so not inside a single call of
    compiled code, nor by a bare ``except:`` around all that a loop does.

    Parameters
    ----------
    seconds : float
        How long it may run, positive.
    function : callable
        What to run.
    *inputs
        What to call it with.

    Returns
    -------
    object
        What `function` returned.

    Raises
    ------
    TimeIsUp
        If it was ended.

    Examples
    --------
    >>> from companion.checks._time_limit import TimeIsUp, run_within
    >>> run_within(1.0, pow, 2, 3)
    8
    >>> def forever():
    ...     while True:
    ...         pass
    >>> try:
    ...     run_within(0.01, forever)
    ... except TimeIsUp:
    ...     print("ended")
    ended
    """
    reader, done, ended = threading.get_ident(), threading.Lock(), []
    done.acquire()

    def watch():
        pause = seconds
        while not done.acquire(timeout=pause):
            _raise_in(reader, TimeIsUp)
            pause = AGAIN
        ended.append(True)

    try:
        threading.Thread(target=watch, daemon=True).start()
        return function(*inputs)
    finally:
        # One more may arrive in here. An Event, a join or a `with` might be left half done by it.
        quiet = False
        while not quiet:
            try:
                if done.locked():
                    done.release()
                while not ended:
                    time.sleep(0)
                time.sleep(0)  # what was raised before the end arrives now, if it has not yet
                quiet = True
            except TimeIsUp:
                pass


def _raise_in(thread, exception):
    """Raise an exception in another thread, between two steps of Python."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(exception))

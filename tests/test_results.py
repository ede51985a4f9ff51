"""Statuses, results and histories."""

from dataclasses import FrozenInstanceError, dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.results import History, Report, Result, Status, describe


def make_result(**changes):
    parts = {
        "x": np.array([1.0, 2.0]),
        "fun": 0.5,
        "status": Status.CONVERGED,
        "n_iter": 1,
        "path": np.array([[0.0, 0.0], [1.0, 2.0]]),
    }
    return Result(**{**parts, **changes})


# ---- Status


def test_the_statuses_of_the_contract():
    names = "CONVERGED MAX_ITER STALLED DIVERGED INFEASIBLE UNBOUNDED"
    assert [status.name for status in Status] == names.split()


@pytest.mark.parametrize("status", Status)
def test_a_message_is_made_of_sentences(status):
    assert status.message[0].isupper()
    assert status.message.endswith(".")
    # Every failure says what to try next.
    assert (status is Status.CONVERGED) or status.message.count(". ") == 1


def test_messages_differ():
    assert len({status.message for status in Status}) == len(Status)


# ---- Result


@pytest.mark.parametrize("status", Status)
def test_only_converged_is_converged(status):
    assert make_result(status=status).converged == (status is Status.CONVERGED)


def test_the_repr_reads_as_a_report():
    assert repr(make_result()) == (
        "Result: CONVERGED after 1 iteration. "
        "The optimality residual at the returned point is within tolerance.\n"
        "  x = [1, 2]\n"
        "  fun = 0.5"
    )


def test_the_repr_counts_iterations():
    assert "after 0 iterations." in repr(make_result(n_iter=0))
    assert "after 2 iterations." in repr(make_result(n_iter=2, path=np.zeros((3, 2))))


def test_the_repr_says_when_the_path_is_thinned():
    result = make_result(n_iter=9, path=np.zeros((4, 2)))
    assert "  path: 4 of 10 iterates, evenly spaced" in repr(result)
    assert "path" not in repr(make_result())


def test_a_result_type_of_its_own_reports_its_fields():
    @dataclass(frozen=True, repr=False)
    class Fitted(Report):
        slope: float
        status: Status
        n_iter: int

    report = repr(Fitted(1 / 3, Status.MAX_ITER, 7))
    assert report == f"Fitted: MAX_ITER after 7 iterations. {Status.MAX_ITER.message}\n" + (
        "  slope = 0.333333"
    )


def test_results_are_frozen_and_compared_by_identity():
    result = make_result()
    with pytest.raises(FrozenInstanceError):
        result.fun = 1.0
    assert result == result
    assert result != make_result()


# ---- describe


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1 + 0.2, "0.3"),
        (np.float64(1e-300), "1e-300"),
        (7, "7"),
        ("saddle", "saddle"),
        (None, "None"),
        (np.array([1.0, np.nan]), "[1, nan]"),
        (np.array([[1, 2], [3, 4]]), "[[1, 2],\n [3, 4]]"),
        (np.arange(100.0), "[0, 1, 2, ..., 97, 98, 99]"),
    ],
)
def test_describe(value, text):
    assert describe(value) == text


# ---- History


def history_of(count, limit, n=1):
    history = History(limit=limit)
    for k in range(count):
        history.append(np.full(n, float(k)))
    return history


def test_everything_is_kept_below_the_limit():
    path = history_of(1000, limit=1000 * 8 + 8).array()
    assert np.array_equal(path.ravel(), np.arange(1000))


def test_the_limit_is_100_megabytes():
    assert History().limit == 100_000_000


@settings(deadline=None, derandomize=True, max_examples=200)
@given(count=st.integers(1, 400), room=st.integers(3, 60), n=st.integers(1, 3))
def test_thinning_is_even_and_keeps_both_ends(count, room, n):
    history = history_of(count, limit=room * n * 8, n=n)
    path = history.array()
    kept = path[:, 0].astype(int)
    assert path.shape == (len(kept), n)
    assert np.array_equal(path, np.repeat(kept[:, None], n, axis=1))
    assert kept[0] == 0
    assert kept[-1] == count - 1
    assert path.nbytes <= history.limit
    spacing = np.diff(kept)
    # Even, but for the way from the last regular one to the end.
    assert (spacing[:-1] == history.stride).all()
    assert (spacing[-1:] <= history.stride).all()
    # No more is thrown away than the limit asks for.
    assert len(kept) == count or 2 * len(kept) + 2 >= min(count, room)


@settings(deadline=None, derandomize=True, max_examples=50)
@given(count=st.integers(1, 50), limit=st.integers(0, 24))
def test_however_small_the_limit_both_ends_are_kept(count, limit):
    kept = history_of(count, limit).array().ravel()
    assert kept[0] == 0
    assert kept[-1] == count - 1
    assert len(kept) <= 3


def test_a_history_may_be_read_as_it_grows():
    history = history_of(5, limit=3 * 8)
    assert history.array()[-1] == 4
    history.append(np.array([5.0]))
    assert history.array()[-1] == 5


def test_a_history_keeps_copies():
    x = np.zeros(2)
    history = History()
    history.append(x)
    x[:] = 1
    history.append(x)
    x[:] = 2
    assert history.array().tolist() == [[0, 0], [1, 1]]

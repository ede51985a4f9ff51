"""The line that says what has passed: what is in it, and what changes it."""

import hashlib

import numpy as np
import pytest
from solutions import SOLUTIONS, cells

from companion.checks import _report, check, read_report, report

ADA = "Ada Lovelace: 1 of 2 passed: jacobians-2"
LINE = f"{ADA} [{hashlib.sha256(ADA.encode()).hexdigest()[:8]}]"


@pytest.fixture(autouse=True)
def fresh_session(monkeypatch):
    monkeypatch.setattr(_report, "RESULTS", {})


def unit(x):
    return x / np.linalg.norm(x)


def test_it_names_what_has_passed_of_what_was_checked():
    check("jacobians-3", ...)
    check("jacobians-2", unit)
    assert repr(report("Ada Lovelace")) == LINE


def test_before_any_check_nothing_has_passed():
    assert repr(report("Ada")).startswith("Ada: 0 of 0 passed [")


def test_what_has_passed_once_has_passed():
    for answer in (..., unit, lambda x: 2 * x):
        check("jacobians-2", answer)
    done = report("Ada")
    assert (done.passed, done.tried) == (("jacobians-2",), 1)


def test_a_wrong_answer_has_not_passed():
    check("jacobians-2", lambda x: 2 * x)
    assert report("Ada").passed == ()


@pytest.mark.parametrize(
    "student", ["Ada Lovelace", " Ada\tLovelace ", "李: 1 of 2 passed: x", "[]"]
)
@pytest.mark.parametrize("answers", [{}, {"jacobians-3": ...}, {"jacobians-2": unit}])
def test_a_line_reads_back(student, answers):
    for name, answer in answers.items():
        check(name, answer)
    done = report(student)
    assert read_report(repr(done)) == done
    assert read_report(f"  {repr(done).replace(' ', '  ')}\n") == done


@pytest.mark.parametrize(
    ("part", "other"),
    [("Ada", "Eve"), ("1 of 2", "2 of 2"), ("jacobians-2", "jacobians-3"), ("[", "[0"), ("]", "")],
)
def test_a_line_that_was_changed_is_refused(part, other):
    assert read_report(LINE).student == "Ada Lovelace"
    with pytest.raises(ValueError, match=r"^line must be "):
        read_report(LINE.replace(part, other, 1))


@pytest.mark.parametrize("line", ["", "Ada", "Ada: none [00000000]", None, LINE + LINE])
def test_what_is_no_line_is_refused(line):
    with pytest.raises(ValueError, match=r"^line must be "):
        read_report(line)


@pytest.mark.parametrize("student", ["", "  ", "Ada\nLovelace", None, ...])
def test_a_name_is_a_text_of_one_line(student):
    with pytest.raises(ValueError, match=r"^student must be a name"):
        report(student)


@pytest.mark.parametrize("solved", SOLUTIONS, ids=lambda path: path.parent.name)
def test_a_chapters_exercises_end_with_it(solved):
    *_, last = cells(solved.parent / "exercises.ipynb", "code")
    assert last["source"] == 'report("Your name")'
    (output,) = last["outputs"]
    (line,) = output["data"]["text/plain"]
    assert read_report(line).passed == ()
    assert read_report(line).tried > 5

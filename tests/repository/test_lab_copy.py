"""`make lab` opens a copy: answers and an update of the course do not meet."""

import runpy
from pathlib import Path

import pytest

update = runpy.run_path(str(Path(__file__).parents[2] / "tools" / "lab.py"))["update"]


@pytest.fixture
def course(tmp_path):
    """A course of two notebooks, and the reader's copy of it."""
    (tmp_path / "book" / "taylor").mkdir(parents=True)
    for name in ("step", "trust"):
        (tmp_path / "book" / "taylor" / f"{name}.ipynb").write_text(f"{name}, first")
    source, copy = tmp_path / "book", tmp_path / "my-course"
    assert list(update(source, copy)) == []
    return source / "taylor", copy / "taylor"


def again(course):
    return list(update(course[0].parent, course[1].parent))


def test_the_copy_is_the_course(course):
    source, copy = course
    for path in source.iterdir():
        assert (copy / path.name).read_text() == path.read_text()
    assert again(course) == []


def test_what_was_answered_stays_and_the_update_is_laid_beside_it(course):
    source, copy = course
    (copy / "step.ipynb").write_text("step, answered")
    for name in ("step", "trust"):
        (source / f"{name}.ipynb").write_text(f"{name}, second")
    assert again(course) == [("taylor/step.ipynb", "taylor/step (2).ipynb")]
    assert (copy / "step.ipynb").read_text() == "step, answered"
    assert (copy / "step (2).ipynb").read_text() == "step, second"
    assert (copy / "trust.ipynb").read_text() == "trust, second"
    assert again(course) == []


def test_what_was_answered_in_the_update_stays_too(course):
    source, copy = course
    for k, name in enumerate(("step", "step (2)", "step (3)")):
        (copy / f"{name}.ipynb").write_text(f"{name}, answered")
        (source / "step.ipynb").write_text(f"step, version {k}")
        assert again(course) == [("taylor/step.ipynb", f"taylor/step ({k + 2}).ipynb")]
    for name in ("step", "step (2)", "step (3)"):
        assert (copy / f"{name}.ipynb").read_text() == f"{name}, answered"


def test_what_was_answered_stays_where_the_course_is_the_same(course):
    _, copy = course
    (copy / "step.ipynb").write_text("step, answered")
    assert again(course) == []
    assert (copy / "step.ipynb").read_text() == "step, answered"
    assert not (copy / "step (2).ipynb").exists()


def test_a_notebook_that_is_gone_comes_back(course):
    _, copy = course
    (copy / "step.ipynb").unlink()
    assert again(course) == []
    assert (copy / "step.ipynb").read_text() == "step, first"

"""Every exercise of the course: its reference solution passes, its classic mistakes are named.

What is plausible and wrong in a chapter's exercises stands in tests/test_exercises_<chapter>.py.
"""

import json
import re
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from companion import checks, verdicts
from companion.checks import EXERCISES, check

BOOK = Path(__file__).parents[1] / "book"
SOLUTIONS = sorted(BOOK.glob("solutions/*.ipynb"))
CHAPTERS = [BOOK / path.name for path in SOLUTIONS]

each_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
each_exercise = pytest.mark.parametrize("name", list(EXERCISES))


def cells(path, kind="code"):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    found = [cell for cell in notebook["cells"] if cell["cell_type"] == kind]
    return [cell | {"source": "".join(cell["source"])} for cell in found]


def checked(cell):
    return re.findall(r'check\(\s*"([^"]+)"', cell["source"])


@pytest.fixture(scope="session")
def reference():
    """{name: answer}: what the notebooks of solutions hand to `check`."""
    answers = {}
    with pytest.MonkeyPatch.context() as patch, np.printoptions():
        patch.setattr(checks, "check", answers.__setitem__)
        patch.setattr("builtins.print", lambda *args, **options: None)
        for path in SOLUTIONS:
            names = {}
            for cell in cells(path):
                exec(compile(cell["source"], path.stem, "exec"), names)
    return answers


# The table and the notebooks


def test_names_are_of_a_chapter_and_a_number():
    for name in EXERCISES:
        chapter, number = name.rsplit("-", 1)
        assert (BOOK / f"{chapter}.ipynb").exists()
        assert number.isdigit()


@each_chapter
def test_starter_cells_stand_beneath_their_exercises_and_say_not_yet(chapter):
    notebook = json.loads(chapter.read_text(encoding="utf-8"))["cells"]
    found = []
    for before, cell in pairwise(notebook):
        cell = cell | {"source": "".join(cell["source"])}
        for name in checked(cell) if cell["cell_type"] == "code" else []:
            found.append(name)
            assert f":label: {name}\n" in "".join(before["source"]), f"{name} is not right above"
            (output,) = cell["outputs"]
            said = " ".join("".join(output["data"]["text/plain"]).split())
            assert said == f"{name}: not yet. Asked for: {EXERCISES[name].asks}."
    assert found == [name for name in EXERCISES if name.startswith(f"{chapter.stem}-")]
    assert found, "no exercise of this chapter checks itself"


@each_chapter
def test_a_chapter_has_six_exercises_or_more_each_with_its_solution(chapter):
    text = "\n".join(cell["source"] for cell in cells(chapter, "markdown"))
    exercises = re.findall(r"\{exercise\}.*\n:label: (.+)", text)
    assert exercises == [f"{chapter.stem}-{k + 1}" for k in range(len(exercises))]
    assert len(exercises) >= 6
    assert re.findall(r"\{solution\} (.+)\n:class: dropdown\n", text) == exercises
    solutions = cells(BOOK / "solutions" / chapter.name, "markdown")
    text = "\n".join(cell["source"] for cell in solutions)
    assert [f"({name}-solution)=" for name in exercises] == re.findall(r"^\(.*\)=$", text, re.M)


@each_exercise
def test_the_reference_solution_passes(reference, name, monkeypatch):
    monkeypatch.setattr(verdicts, "LIMIT", 30.0)  # other work may share the processor
    answer = reference[name]
    start = time.process_time()
    verdict = check(name, answer)
    assert verdict.passed, verdict
    assert time.process_time() - start < 1.5  # five times as long as without coverage


def test_no_solution_is_of_an_unknown_exercise(reference):
    assert sorted(reference) == sorted(EXERCISES)


# Answers of all kinds to all of them


MISTAKES = [(name, words) for name, exercise in EXERCISES.items() for words in exercise.mistakes]


@pytest.mark.parametrize(("name", "words"), MISTAKES)
def test_a_classic_mistake_is_named(name, words):
    verdict = check(name, EXERCISES[name].mistakes[words])
    assert not verdict.passed
    assert words in verdict.said
    assert "expected was" in verdict.said


@each_exercise
@pytest.mark.parametrize("answer", [..., None, lambda *inputs: ..., lambda *inputs: None])
def test_an_unfinished_answer_is_not_yet(name, answer):
    verdict = check(name, answer)
    assert not verdict.passed
    assert "not yet" in verdict.said


def raises(*inputs):
    return {}["key"]


def never_ends(*inputs):
    while True:
        np.sin(0.5)


HOSTILE = {
    "raised KeyError in line": raises,
    "not all of it is finite": lambda *inputs: np.full(3, np.nan),
    "numbers are expected": lambda *inputs: [np.array, "text"],
    "(7, 5, 2)": lambda *inputs: np.ones((7, 5, 2)),
    "yours is a list": [1.0, 2.0],
    "that fails": lambda: 0.0,
}


@each_exercise
@pytest.mark.parametrize("words", HOSTILE)
def test_whatever_the_answer_does_is_told(name, words):
    verdict = check(name, HOSTILE[words])
    assert not verdict.passed
    assert "not right" in verdict.said
    assert words in verdict.said


@each_exercise
def test_an_answer_that_never_comes_back_is_told(name, monkeypatch):
    monkeypatch.setattr(verdicts, "LIMIT", 0.1)
    assert "had not come back" in check(name, never_ends).said


@each_exercise
def test_an_answer_that_writes_on_its_input_is_told(reference, name):
    def answer(*inputs):
        value = reference[name](*inputs)
        for each in inputs:
            if isinstance(each, np.ndarray):
                each += 1.0
        return value

    inputs = EXERCISES[name].tries[0]
    if not any(isinstance(value, np.ndarray) for value in inputs.values()):
        pytest.skip("its inputs are numbers")
    assert "changed its input" in check(name, answer).said


def test_an_endless_loop_is_ended_within_two_seconds():
    start = time.monotonic()
    assert "after 1.5 seconds" in check("jacobians-3", never_ends).said
    assert time.monotonic() - start < 2.0


@pytest.mark.parametrize("name", ["jacobians-99", "", None, ["jacobians-3"], 3])
def test_an_unknown_name_is_refused_and_the_known_are_listed(name):
    with pytest.raises(
        ValueError, match=r"name must be one of 'jacobians-2', 'jacobians-3'.*; it is"
    ):
        check(name, lambda x: x)

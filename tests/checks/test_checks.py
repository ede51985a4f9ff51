"""Every exercise of the course: its reference solution passes, its classic mistakes are named.

What is plausible and wrong in a chapter's exercises stands in test_exercises_<chapter>.py.
"""

import json
import re
import time
from itertools import pairwise

import numpy as np
import pytest
from solutions import BOOK, SOLUTIONS, answers, cells

from companion.checks import EXERCISES, check
from companion.checks import _judge as verdicts

CHAPTERS = [path.parent for path in SOLUTIONS]

each_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda folder: folder.name)
each_exercise = pytest.mark.parametrize("name", list(EXERCISES))


def checked(cell):
    return re.findall(r'check\(\s*"([^"]+)"', cell["source"])


@pytest.fixture(scope="session")
def reference():
    return answers()


# The table and the notebooks


def test_names_are_of_a_chapter_and_a_number():
    for name in EXERCISES:
        chapter, number = name.rsplit("-", 1)
        assert BOOK / chapter in CHAPTERS
        assert number.isdigit()


@each_chapter
def test_starter_cells_stand_beneath_their_exercises_and_say_not_yet(chapter):
    notebook = json.loads((chapter / "exercises.ipynb").read_text(encoding="utf-8"))["cells"]
    found = []
    for before, cell in pairwise(notebook):
        cell = cell | {"source": "".join(cell["source"])}
        for name in checked(cell) if cell["cell_type"] == "code" else []:
            found.append(name)
            assert f":label: {name}\n" in "".join(before["source"]), f"{name} is not right above"
            (output,) = cell["outputs"]
            said = " ".join("".join(output["data"]["text/plain"]).split())
            assert said == f"{name}: not yet. Asked for: {EXERCISES[name].asks}."
    assert found == [name for name in EXERCISES if name.startswith(f"{chapter.name}-")]
    assert found, "no exercise of this chapter checks itself"


@each_chapter
def test_a_chapter_has_six_exercises_or_more_each_with_its_solution(chapter):
    text = "\n".join(cell["source"] for cell in cells(chapter / "exercises.ipynb", "markdown"))
    exercises = re.findall(r"\{exercise\}.*\n:label: (.+)", text)
    assert exercises == [f"{chapter.name}-{k + 1}" for k in range(len(exercises))]
    assert len(exercises) >= 6
    assert re.findall(r"\{solution\} (.+)\n:class: dropdown\n", text) == exercises
    solutions = cells(chapter / "solutions.ipynb", "markdown")
    text = "\n".join(cell["source"] for cell in solutions)
    told = re.findall(r"^\((.*)-solution\)=$", text, re.MULTILINE)
    assert told == exercises


@each_exercise
def test_the_reference_solution_passes(reference, name, monkeypatch):
    monkeypatch.setattr(verdicts, "LIMIT", 30.0)  # other work may share the processor
    answer = reference[name]
    start = time.process_time()
    verdict = check(name, answer)
    assert verdict.passed, verdict
    allowed = 1.5 * EXERCISES[name].patience  # with coverage
    assert time.process_time() - start < allowed


def test_no_solution_is_of_an_unknown_exercise(reference):
    assert sorted(reference) == sorted(EXERCISES)


# Answers of all kinds to all of them


MISTAKES = [
    pytest.param(name, mistake, id=f"{name}: {mistake.says}")
    for name, exercise in EXERCISES.items()
    for mistake in exercise.mistakes
]


@pytest.mark.no_cover
@pytest.mark.parametrize(("name", "mistake"), MISTAKES)
def test_a_classic_mistake_is_named(name, mistake):
    """By whoever is right where the mistake does not tell."""

    def answer(*inputs):
        given = mistake.gives(*inputs)
        return EXERCISES[name].right(*inputs) if given is None else given

    verdict = check(name, answer)
    assert not verdict.passed
    assert mistake.says in verdict.said
    assert "expected was" in verdict.said


@each_exercise
def test_a_mistake_shows_on_two_inputs_and_no_other_gives_the_same(name):
    exercise, differ = EXERCISES[name], verdicts._error
    with np.errstate(all="ignore"):
        given = [[m.gives(*x.values()) for x in exercise.inputs] for m in exercise.mistakes]
    for one in given:
        told = [(x, right) for x, right in zip(one, exercise.rights, strict=True) if x is not None]
        assert sum(differ(x, right) > verdicts.LOOSE for x, right in told) >= 2
        for other in given:
            both = [(x, y) for x, y in zip(one, other, strict=True) if not (x is None or y is None)]
            assert other is one or not both or any(differ(x, y) > verdicts.LOOSE for x, y in both)


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
        ValueError, match=r"name must be one of 'jacobians-1', 'jacobians-2'.*; it is"
    ):
        check(name, lambda x: x)

"""The course for a class: no solution in it, no link that leads to one, exercises that check."""

import ast
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import student
import take_along

from companion.checks import EXERCISES

ROOT = Path(__file__).parents[2]
TABLES = sorted(ROOT.glob("companion/checks/_exercises_*.py"))


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class") / "course"
    student.main(folder)
    return folder


def markdown(folder):
    """{page: its text}, of all pages of a book."""
    pages = {path: path.read_text("utf-8") for path in folder.glob("book/**/*.md")}
    for path in folder.glob("book/**/*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
        pages[path] = "\n\n".join(texts)
    return {path.relative_to(folder).as_posix(): text for path, text in pages.items()}


def labels(text):
    """What a page can be linked by: its labels, and those of its equations and exercises."""
    return set(re.findall(r"^\(([\w-]+)\)=$|^\$\$ \((eq:[\w-]+)\)$|^:label: (\S+)$", text, re.M))


def test_solutions_and_ideas_have_gone_and_exercises_have_not(course):
    before, after = markdown(ROOT), markdown(course)
    gone = {f"book/{path.stem.removeprefix('_exercises_')}/solutions.ipynb" for path in TABLES}
    assert set(before) - set(after) == gone | {"book/teaching.md"}
    for page, text in after.items():
        assert "{solution}" not in text
        assert text.count("{exercise}") == before[page].count("{exercise}")
        assert labels(text) == labels(before[page])
    assert sum(text.count("{exercise}") for text in after.values()) > 70


def test_nothing_leads_to_what_has_gone(course):
    before, after = markdown(ROOT), markdown(course)
    gone = [page for page in before if page not in after]
    lost = {name for page in gone for found in labels(before[page]) for name in found if name}
    assert len(lost) > 70
    for page, text in after.items():
        assert not lost.intersection(re.findall(r"\{\w+\}`(?:[^`<]*<)?([^`>]+)>?`", text)), page
        assert not lost.intersection(re.findall(r"\]\(#?([\w-]+)\)", text)), page
        for link in re.findall(r"\]\(([^():]+\.ipynb)\)", text):
            assert (course / page).parent.joinpath(link).resolve().exists(), (page, link)
    toc = re.findall(r"(?:file|root): (\S+)", (course / "_toc.yml").read_text(encoding="utf-8"))
    assert set(toc) == {page.rpartition(".")[0] for page in after}


def test_a_sentence_that_leads_to_them_goes_and_its_neighbours_stay():
    text = "Try. The [solutions](solutions.ipynb), a page, help; later. Then **go** on.\n\nNext"
    assert student.without_solutions(text, "page") == "Try. Then **go** on.\n\nNext"
    row = "| [exercises](exercises.ipynb), [solutions](solutions.ipynb) | |"
    assert student.without_solutions(row, "page") == "| [exercises](exercises.ipynb) | |"
    for same in ("", "A line\n", "{eq}`eq:ls-solution`. Two solutions.", "[x](other.ipynb)"):
        assert student.without_solutions(same, "page") == same


LINKS = [
    "[Solutions](solutions.ipynb)",
    "{ref}`taylor-1-solution`",
    "[this](#taylor-1-solution)",
    "{doc}`../taylor/solutions`",
]


@pytest.mark.parametrize("text", LINKS)
def test_a_link_that_stands_in_no_sentence_is_refused_with_its_page(text):
    with pytest.raises(SystemExit, match=r"page\.md.* leads to the solutions"):
        student.without_solutions(text, "page.md")


def test_no_reference_answer_can_be_read(course):
    """No function of a table stands in the copy."""
    files = [path for path in course.rglob("*") if path.suffix in (".py", ".md", ".ipynb")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    assert "def judge(" in text
    for table in TABLES:
        source = table.read_text(encoding="utf-8")
        functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
        assert len(functions) > 5
        for function in functions:
            answer = ast.get_source_segment(source, function)
            assert len(answer) < 100 or answer not in text, function.name


def test_what_is_said_of_mistakes_cannot_be_read(course):
    files = course.glob("companion/checks/_exercises_*.py")
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    for name, exercise in EXERCISES.items():
        for words in (name, exercise.asks, *(mistake.says for mistake in exercise.mistakes)):
            assert words not in text


def test_the_wheel_checks_as_before_and_holds_no_answer(course, tmp_path):
    wheel = take_along.make_wheel(course, tmp_path)
    with zipfile.ZipFile(wheel) as file:
        assert (
            file.read("companion/checks/_exercises_taylor.py")
            == (course / "companion/checks/_exercises_taylor.py").read_bytes()
        )
    code = """
import companion, numpy as np
from companion.checks import EXERCISES, check
print(companion.__file__, len(EXERCISES))
print(check("jacobians-2", lambda x: x / np.linalg.norm(x)))
print(check("jacobians-2", lambda x: 2 * x))
"""
    said = {}
    for place in (ROOT, wheel):
        run = [sys.executable, "-c", code]
        environment = os.environ | {"PYTHONPATH": str(place)}
        done = subprocess.run(
            run, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True
        )
        said[place] = done.stdout.replace(str(place), "")
    assert said[ROOT] == said[wheel]
    assert "This is the gradient of" in said[ROOT]

"""What a class is given: the plan, and the environment for Binder and JupyterHub."""

import re
import tomllib
from pathlib import Path

import pytest
import sessions
import yaml
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[2]
CHAPTERS = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))["parts"][0]["chapters"]
INDEXES = [ROOT / f"{chapter['file']}.ipynb" for chapter in CHAPTERS]


@pytest.fixture(scope="module")
def firsts():
    """The pages with which the sessions of the plan begin."""
    text = (ROOT / "book/teaching.md").read_text(encoding="utf-8")
    return re.search(r"^```\{sessions\}\n(.*?)^```$", text, re.M | re.S)[1].split()


# The plan


def test_the_plan_has_each_main_line_in_sessions_of_less_than_an_hour(firsts):
    plan = sessions.sessions(INDEXES, firsts)
    places = [[page.place.split("/")[0] for page in session] for session in plan]
    assert [len(set(chapters)) for chapters in places] == [1] * 11
    in_turn = [index.parent.name for index in INDEXES for _ in range(2 + (index == INDEXES[2]))]
    assert [chapters[0] for chapters in places] == in_turn
    for session in plan:
        assert 30 < sum(page.minutes for page in session) < 60


def test_the_plan_and_the_table_of_deeper_pages_have_every_page(firsts):
    plan = sessions.sessions(INDEXES, firsts)
    for index, chapter in zip(INDEXES, CHAPTERS, strict=True):
        told = [page for session in plan for page in session]
        told = [page for page in told if page.place.startswith(f"{index.parent.name}/")]
        told += sessions.deeper(index)
        teaching = [page["file"] for page in chapter["sections"][:-2]]
        assert [f"book/{page.place}" for page in told] == teaching


def test_the_minutes_are_those_of_the_maps(firsts):
    plan = sessions.sessions(INDEXES, firsts)
    _, _, *rows = sessions.table("session", enumerate(plan, start=1))
    assert "[How long should the step be?](taylor/step.ipynb) 14, " in rows[4]
    for row in rows:
        assert sum(map(int, re.findall(r"\.ipynb\) (\d+)", row))) == minutes(row)
    assert 450 < sum(map(minutes, rows)) < 550  # about eight and a half hours


def test_the_deeper_pages_have_a_row_for_each_chapter():
    _, _, *rows = sessions.table("chapter", enumerate(map(sessions.deeper, INDEXES), start=1))
    assert rows[2].startswith("| 3 | {doc}`taylor/index`: [Where it works, and the reason why](")
    assert len(rows) == 5
    assert 300 < sum(map(minutes, rows)) < 400  # about six and a half hours


def minutes(row):
    return int(re.search(r" \| (\d+) \|$", row)[1])


def test_a_session_that_begins_with_no_page_is_refused(firsts):
    with pytest.raises(ValueError, match="no main line"):
        sessions.sessions(INDEXES, [*firsts, "taylor/not_there"])
    with pytest.raises(ValueError, match="no main line"):
        sessions.sessions(INDEXES, [*firsts, "least_squares/leap"])


def test_the_lines_of_a_class_are_counted_as_the_page_says(tmp_path, monkeypatch, capsys):
    text = (ROOT / "book/teaching.md").read_text(encoding="utf-8")
    line = re.search(r"^Ada Lovelace: .*$", text, re.MULTILINE)[0]
    (tmp_path / "lines.txt").write_text(f"{line}\n{line}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    exec(re.search(r"^```python\n(.*?)^```$", text, re.M | re.S)[1], {})
    assert capsys.readouterr().out == "[('jacobians-2', 2), ('jacobians-3', 2)]\n"


# The environment


def test_binder_installs_what_make_installs_with_a_python_that_fits():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    version = re.fullmatch(r"python-(3\.\d+)\n", (ROOT / "binder/runtime.txt").read_text())[1]
    assert version in SpecifierSet(project["requires-python"])
    lines = (ROOT / "binder/requirements.txt").read_text(encoding="utf-8").splitlines()
    first, *others = [line for line in lines if not line.startswith("#")]
    assert first == "-r ../requirements.txt"
    assert all(re.fullmatch(r"[\w-]+==[\d.]+", line) for line in others)


def test_its_notebook_is_of_the_same_year_as_the_jupyterlab_of_the_pins():
    """Notebook 7.k is made of JupyterLab 4.k."""
    lines = (ROOT / "binder/requirements.txt").read_text(encoding="utf-8")
    lines += (ROOT / "requirements.txt").read_text(encoding="utf-8")
    (notebook,) = re.findall(r"^notebook==7\.(\d+)\.\d+$", lines, re.M)
    (lab,) = re.findall(r"^jupyterlab==4\.(\d+)\.", lines, re.M)
    assert notebook == lab

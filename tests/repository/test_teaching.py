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


def test_the_plan_has_every_page_in_ten_sessions_of_less_than_an_hour(firsts):
    plan = sessions.sessions(INDEXES, firsts)
    assert len(plan) == 10
    teaching = [page["file"] for chapter in CHAPTERS for page in chapter["sections"][:-2]]
    assert [f"book/{page.place}" for session in plan for page in session] == teaching
    for session in plan:
        assert len({page.place.split("/")[0] for page in session}) == 1
        assert 30 < sum(page.minutes for page in session if not page.deeper) < 60


def test_its_minutes_are_those_of_the_maps(firsts):
    _, _, *rows = sessions.table(sessions.sessions(INDEXES, firsts))
    assert "[How long should the step be?](taylor/step.ipynb) 9, " in rows[4]
    for row in rows:
        main, deeper = re.search(r" \| (\d+) \| (\d*) \|$", row).groups()
        each = re.findall(r"\.ipynb\) (\d+)", row)
        assert sum(map(int, each)) == int(main) + int(deeper or 0)
    total = sum(int(re.search(r" \| (\d+) \| \d* \|$", row)[1]) for row in rows)
    assert 250 < total < 400  # about six hours


def test_a_session_that_begins_with_no_page_is_refused(firsts):
    with pytest.raises(ValueError, match="no map has"):
        sessions.sessions(INDEXES, [*firsts, "taylor/not_there"])


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

"""How the build draws: a notebook's cells up to its last figure, once for as long as they stay."""

import importlib
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def extension(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "book/_ext")
    return importlib.import_module


def code(source, **metadata):
    return {"cell_type": "code", "source": source.splitlines(keepends=True), "metadata": metadata}


LINE = """\
import matplotlib.pyplot as plt
from companion import plots
print("not to be seen")
_ = plt.plot([0, 1], [0, 1], color=plots.STEP)"""
ALT = {"image": {"alt": "a line"}}


def test_what_comes_after_the_last_figure_is_not_run(extension, tmp_path):
    cells = [code("x = 1"), code(LINE, figure="line", mystnb=ALT), code("1 / 0")]
    text = {"cell_type": "markdown", "source": "text", "metadata": {}}
    (tmp_path / "page.ipynb").write_text(json.dumps({"cells": [text, *cells]}), encoding="utf-8")
    found = extension("pictures").drawing_cells(tmp_path / "page.ipynb")
    assert found == [("x = 1", None, None), (LINE, "line", "a line")]
    (tmp_path / "page.ipynb").write_text(json.dumps({"cells": [text, *cells[::2]]}))
    assert extension("pictures").drawing_cells(tmp_path / "page.ipynb") == []


def test_cells_are_run_and_their_figures_described(extension, monkeypatch, capsys):
    monkeypatch.setattr("companion.widgets.slider", None)  # is replaced, and then as before
    slider = ('from companion.widgets import slider\nslider("step")', None, None)
    drawn = extension("pictures").pictures("page", [slider, (LINE, "line", "a line")])
    assert list(drawn) == ["line"]
    assert drawn["line"].startswith('<div class="pictures" role="img" aria-label="a line"><svg ')
    assert "var(--plot-step,#0072b2)" in drawn["line"]
    assert capsys.readouterr().out == ""


def test_a_cell_that_fails_is_no_picture(extension, monkeypatch):
    monkeypatch.setattr("companion.widgets.slider", None)
    with pytest.raises(ZeroDivisionError):
        extension("pictures").pictures("page", [("1 / 0", None, None), (LINE, "line", "a line")])


def test_a_figure_that_fails_is_not_in_the_way_of_others(extension, monkeypatch):
    monkeypatch.setattr("companion.widgets.slider", None)
    fraction = LINE + '\n_ = plt.title(r"$\\frac{1}{2}$")'
    with pytest.raises(ValueError, match="which text cannot show"):
        extension("pictures").pictures("page", [(fraction, "half", "a half")])
    assert list(extension("pictures").pictures("page", [(LINE, "line", "a line")])) == ["line"]


def test_what_was_drawn_is_kept(extension, tmp_path):
    calls = []

    def draw(name):
        calls.append(name)
        return {name: "é"}

    keep = extension("drawing").keep
    file = tmp_path / "one.json"
    assert keep(file, draw, "one") == keep(file, draw, "one") == {"one": "é"}
    assert calls == ["one"]
    assert [path.name for path in tmp_path.iterdir()] == ["one.json"]

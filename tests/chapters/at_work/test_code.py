"""The page "The same at work". What it shows in JAX and PyTorch is run by ``make bench``."""

import ast
import importlib.util
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def at_work():
    path = ROOT / "benchmarks/at_work.py"
    spec = importlib.util.spec_from_file_location("at_work", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sections(at_work):
    """[[(library, code)]] below each of the page's cells that compute, but for the first."""
    cells = json.loads(at_work.PAGE.read_text(encoding="utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    return [found for found in map(at_work.FENCE.findall, texts) if found]


def test_each_idea_is_there_in_each_library(at_work):
    found = sections(at_work)
    assert len(found) == 6
    for fences in found:
        assert tuple(library for library, _ in fences) == at_work.LIBRARIES
        for _, code in fences:
            ast.parse(code)


def test_what_is_shown_in_scipy_gives_what_ours_gives(at_work):
    assert len(list(at_work.compared(["SciPy"]))) == 6


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("w @ jacobian(F, x).df", "2 * w @ jacobian(F, x).df"),
        ("1 - x @ x", "1.001 - x @ x"),
        ("np.sqrt(2 * lam)", "np.sqrt(lam)"),
        ("leashed = at(lam)", "leashed = at(2 * lam)"),
        ("least = found.x", "minimum = found.x"),
    ],
)
def test_another_answer_or_none_is_not_passed(at_work, monkeypatch, tmp_path, right, wrong):
    text = at_work.PAGE.read_text(encoding="utf-8")
    before, _, after = text.rpartition(right)
    monkeypatch.setattr(at_work, "PAGE", tmp_path / "page.ipynb")
    at_work.PAGE.write_text(before + wrong + after, encoding="utf-8")
    with pytest.raises(AssertionError):
        list(at_work.compared(["SciPy"]))

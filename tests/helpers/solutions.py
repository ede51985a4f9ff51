"""Notebooks run for tests: what a page defines, and the answers that solutions hand to `check`."""

import json
import re
from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
import pytest

from companion import checks

BOOK = Path(__file__).parents[2] / "book"
SOLUTIONS = sorted(BOOK.glob("*/solutions.ipynb"))


def cells(path, kind="code"):
    """The cells of a notebook of one kind, each with its source in one piece."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    found = [cell for cell in notebook["cells"] if cell["cell_type"] == kind]
    return [cell | {"source": "".join(cell["source"])} for cell in found]


@cache
def defined(page):
    """What the cells of a page ("taylor/scalings") import and define."""
    found = {}
    with matplotlib.rc_context(), np.printoptions():
        for cell in cells(BOOK / f"{page}.ipynb"):
            if cell["source"].startswith(("import", "from", "def ")):
                exec(compile(cell["source"], page, "exec"), found)
    return found


@cache
def answers():
    """{exercise: the answer}, from one run of all notebooks of solutions."""
    found = {}
    style = matplotlib.rc_context()
    with pytest.MonkeyPatch.context() as patch, style, np.printoptions():
        patch.setattr(checks, "check", found.__setitem__)
        patch.setattr("builtins.print", lambda *args, **options: None)
        for path in SOLUTIONS:
            names = {}
            for cell in cells(path):
                exec(compile(cell["source"], path.parent.name, "exec"), names)
    return found


def source(exercise):
    """The code that a solution shows for its answer, a function."""
    solutions = BOOK / exercise.rsplit("-", 1)[0] / "solutions.ipynb"
    code = [cell["source"] for cell in cells(solutions)]
    (name,) = re.findall(rf'^check\("{exercise}", (\w+)\)', "\n".join(code), re.M)
    (text,) = [each for each in code if re.search(rf"^def {name}\(", each, re.M)]
    return text

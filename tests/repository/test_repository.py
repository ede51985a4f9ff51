"""What holds of the repository as a whole: its notebooks, its pins, the order of its imports."""

import ast
import functools
import hashlib
import importlib
import inspect
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]

# What readers import from: packages, and modules without an underscore beside them.
PUBLIC = [
    "companion.results",
    "companion.digits",
    "companion.problems",
    "companion.problems.maps",
    "companion.problems.hock_schittkowski",
    "companion.datasets",
    "companion.autodiff",
    "companion.jacobians",
    "companion.hessians",
    "companion.taylor",
    "companion.descent",
    "companion.constrained",
    "companion.least_squares",
    "companion.checks",
    "companion.plots",
    "companion.widgets",
    "companion.source",
]
PACKAGES = sorted(path.parent for path in ROOT.glob("companion/*/__init__.py"))
NOTEBOOKS = [
    path for path in sorted(ROOT.glob("book/**/*.ipynb")) if ".ipynb_checkpoints" not in path.parts
]

THE_COURSE, *_ = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["parts"]
# {chapter: its pages, in order}: index, the pages that teach, exercises, solutions.
CHAPTERS = {
    Path(chapter["file"]).parent.name: [
        ROOT / f"{page['file']}.ipynb" for page in [chapter, *chapter["sections"]]
    ]
    for chapter in THE_COURSE["chapters"]
}
TEACHING = [page for pages in CHAPTERS.values() for page in pages[1:-2]]


def place(path):
    """Where a notebook stands in the book: taylor/step."""
    return path.relative_to(ROOT / "book").with_suffix("").as_posix()


each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=place)
each_page = pytest.mark.parametrize("path", TEACHING, ids=place)
each_chapter = pytest.mark.parametrize("chapter", CHAPTERS)
each_package = pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)


def read_notebook(path):
    return json.loads(path.read_text(encoding="utf-8"))


def code_cells(path):
    """The code cells of a notebook that are not empty, their source joined."""
    cells = [cell for cell in read_notebook(path)["cells"] if cell["cell_type"] == "code"]
    cells = [cell | {"source": "".join(cell["source"])} for cell in cells]
    return [cell for cell in cells if cell["source"].strip()]


def tags(cell):
    return set(cell["metadata"].get("tags", []))


# Notebooks


@each_notebook
def test_cells_were_run_in_order_from_a_fresh_kernel(path):
    counts = [cell["execution_count"] for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1)), "run `make notebooks`"


@each_notebook
def test_nothing_that_varies_is_stored(path):
    notebook = read_notebook(path)
    assert "widgets" not in notebook["metadata"], "widget state: run `make notebooks`"
    outputs = [output for cell in code_cells(path) for output in cell["outputs"]]
    kinds = {kind for output in outputs for kind in output.get("data", {})}
    assert "application/vnd.jupyter.widget-view+json" not in kinds, "run `make notebooks`"


@each_notebook
def test_no_cell_writes_to_stderr(path):
    for cell in code_cells(path):
        assert not [out for out in cell["outputs"] if out.get("name") == "stderr"], cell["source"]


def sets_up(cell):
    """Is this a hidden cell that shows nothing: imports, and what is repeated from other pages?"""
    return "hide-input" in tags(cell) and not cell["outputs"]


@each_notebook
def test_no_cell_is_long(path):
    for cell in code_cells(path):
        assert len(cell["source"].splitlines()) <= 15, cell["source"]


HIDDEN = {"hide-input", "remove-input", "remove-cell"}  # their lines are wrapped, or not there


@each_notebook
def test_no_line_of_code_or_of_its_output_is_cut_at_the_edge_of_a_page(path):
    """77 characters fit into a page at a width of 1280."""
    for cell in code_cells(path):
        shown = [] if tags(cell) & HIDDEN else cell["source"].splitlines()
        assert [line for line in shown if len(line) > 77] == []
        texts = ["".join(output.get("text", "")) for output in cell["outputs"]]
        assert [line for text in texts for line in text.splitlines() if len(line) > 77] == []


@each_chapter
def test_most_cells_are_short(chapter):
    """But for what sets a page up, hidden and silent."""
    *pages, solutions = CHAPTERS[chapter]
    for paths in (pages, [solutions]):
        cells = [cell for path in paths for cell in code_cells(path)]
        lengths = [len(cell["source"].splitlines()) for cell in cells if not sets_up(cell)]
        assert statistics.median(lengths) <= 4


@each_notebook
def test_a_cell_that_escapes_comparison_says_why(path):
    for cell in code_cells(path):
        escapes = tags(cell) & {"nbval-skip", "nbval-ignore-output"}
        escapes |= set(re.findall(r"# *(NBVAL_SKIP|NBVAL_IGNORE_OUTPUT)", cell["source"]))
        reason = cell["metadata"].get("nbval-reason", "")
        assert not escapes or len(reason) > 20, f"give nbval-reason in the metadata: {cell}"


@each_notebook
def test_figures_have_alt_text_and_hide_their_code(path):
    for cell in code_cells(path):
        kinds = {kind for output in cell["outputs"] for kind in output.get("data", {})}
        if any(kind.startswith("image/") for kind in kinds):
            alt = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "")
            assert len(alt) > 20, f"no alt text: {cell['source']}"
            assert "hide-input" in tags(cell), cell["source"]


@each_notebook
def test_every_figure_has_a_name_and_a_test(path):
    chapter = place(path).split("/")[0]
    file = ROOT / "tests/chapters" / chapter / "test_figures.py"
    for cell in code_cells(path):
        kinds = {kind for output in cell["outputs"] for kind in output.get("data", {})}
        if any(kind.startswith("image/") for kind in kinds):
            name, tests = cell["metadata"]["figure"], file.read_text(encoding="utf-8")
            assert f'"{name}"' in tests, f"no test of what the figure {name} claims"


# Pages


def prose(path):
    """The text of a notebook."""
    cells = read_notebook(path)["cells"]
    return "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


def words_and_formulas(path):
    """The numbers of a page's words and displayed formulas, but for what is folded away."""
    text = re.sub(r"^:::\{dropdown\}.*?^:::$", "", prose(path), flags=re.M | re.S)
    text, n_formulas = re.subn(r"^\$\$$.*?^\$\$.*?$", "", text, flags=re.M | re.S)
    return len(text.split()), n_formulas


def n_minutes(path):
    """How long a page takes: a minute for 100 words, 2 displayed formulas, 7 lines of code seen.

    (Fitted to what three readers said of the pages on Hessians.)
    """
    n_words, n_formulas = words_and_formulas(path)
    cells = [cell for cell in code_cells(path) if not tags(cell) & HIDDEN]
    n_lines = sum(len(cell["source"].splitlines()) for cell in cells)
    return n_words / 100 + n_formulas / 2 + n_lines / 7


@each_notebook
def test_the_number_of_an_equation_has_no_parentheses_but_its_own(path):
    assert "({eq}" not in prose(path)


@each_page
def test_a_page_can_be_read_in_a_sitting(path):
    n_words, _ = words_and_formulas(path)
    assert n_words <= 1200
    assert len(code_cells(path)) <= 25


@each_page
def test_a_page_is_set_up_by_hidden_cells_at_its_top(path):
    """What is imported or repeated from the pages before is not in the reader's way."""
    title, first, *_ = read_notebook(path)["cells"]
    assert re.match(r"(\(.+\)=\n)?# ", "".join(title["source"]))
    assert first["cell_type"] == "code"
    assert sets_up(first)
    assert "import numpy as np" in "".join(first["source"])


@each_page
def test_a_page_ends_with_where_to_go_next(path):
    *_, last = read_notebook(path)["cells"]
    *_, paragraph = "".join(last["source"]).split("\n\n")
    assert re.match(r"\*\*Next:\*\* .*\[.+\]\(.+\.ipynb\)", paragraph), paragraph


@each_chapter
def test_the_map_of_a_chapter_names_its_pages_in_order_with_their_minutes(chapter):
    index, *pages, exercises, solutions = CHAPTERS[chapter]
    assert [path.stem for path in (index, exercises, solutions)] == [
        "index",
        "exercises",
        "solutions",
    ]
    text = prose(index)
    rows = re.findall(r"^\| \[(.+?)\]\((\w+)\.ipynb\)(.*) \| .+ \| (\d+) \|$", text, re.MULTILINE)
    assert [name for _, name, _, _ in rows] == [path.stem for path in pages]
    for path, (title, _, mark, minutes) in zip(pages, rows, strict=True):
        assert f"# {title}\n" in prose(path)
        assert (mark == " (*deeper*)") == ("{admonition} Deeper: can be left out" in prose(path))
        assert abs(int(minutes) - n_minutes(path)) <= 2, path.stem
    deeper = [mark == " (*deeper*)" for _, _, mark, _ in rows]
    assert deeper == sorted(deeper)  # they stand after the main line
    minutes = [int(minutes) for _, _, _, minutes in rows]
    assert minutes_told(chapter) == (sum(minutes[: deeper.index(True)]), sum(minutes))


@each_page
def test_a_page_that_can_be_left_out_says_when_to_read_it(path):
    """And names no pages that follow: it stands after the main line."""
    for box in re.findall(r"\{admonition\} Deeper: can.*?^:::$", prose(path), re.M | re.S):
        assert re.search(r"\b[Rr]ead (it|this)\b", box), box
        assert not re.search(r"after this one|that follow", box), box


def minutes_told(chapter):
    """By the index of a chapter: those of its main line, and of all."""
    told = r"^\*\*Time:\*\* about (\d+) minutes, (\d+) with the deeper pages;"
    (minutes,) = re.findall(told, prose(CHAPTERS[chapter][0]), re.MULTILINE)
    return tuple(map(int, minutes))


# Questions


@each_page
def test_every_page_asks_questions_with_one_right_choice(path):
    asked = questions(prose(path))
    assert asked, "the page ends without a question"
    for question in asked:
        choices = re.findall(r"^:::\{dropdown\} (.+)\n(\*.+)\n:::$", question, re.MULTILINE)
        assert question.count("{dropdown}") == len(choices) >= 3, question
        verdicts = [feedback.split(maxsplit=1)[0] for _, feedback in choices]
        assert verdicts.count("**Right.**") == 1, question
        assert verdicts.count("*No.*") == len(choices) - 1, question
        assert min(len(feedback) for _, feedback in choices) > 60, "say why"


def questions(text):
    """The bodies of the admonitions of class quiz."""
    return re.findall(r"^::::\{admonition\} [^\n]+\n:class: quiz\n(.*?)^::::$", text, re.M | re.S)


# Solutions


@each_chapter
def test_a_solution_begins_its_cell(chapter):
    """So that none takes along, when it moves, the end of the one before it."""
    *_, exercises, solutions = CHAPTERS[chapter]
    heads = re.findall(r"^\(([\w-]+)-solution\)=$", prose(solutions), re.MULTILINE)
    cells = ["".join(cell["source"]) for cell in read_notebook(solutions)["cells"]]
    begun = [re.match(r"\(([\w-]+)-solution\)=\n## ", source) for source in cells]
    assert [match[1] for match in begun if match] == heads
    assert heads == re.findall(r"^:label: ([\w-]+)$", prose(exercises), re.MULTILINE)


# Equations


@pytest.fixture(scope="module")
def equations():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "book/_ext")
        return importlib.import_module("equations")


@each_chapter
def test_every_labelled_equation_is_held_by_a_test_that_names_it(chapter, equations):
    pages = equations.displayed(ROOT / "book")
    labels = {label for path in CHAPTERS[chapter] for label in pages.get(place(path), ())}
    text = "\n".join(map(prose, CHAPTERS[chapter]))
    assert labels == set(re.findall(r"\$\$ \((eq:[^)]*)\)", text))
    assert labels
    assert sorted(labels - set(equations.marked(ROOT / "tests"))) == []


def test_no_test_and_no_docstring_names_an_unknown_equation(equations):
    known = {label for labels in equations.displayed(ROOT / "book").values() for label in labels}
    assert sorted(set(equations.marked(ROOT / "tests")) - known) == []
    assert sorted(set(equations.named(ROOT / "companion")) - known) == []


def test_no_two_equations_share_a_label(equations):
    labels = [label for some in equations.displayed(ROOT / "book").values() for label in some]
    assert len(labels) == len(set(labels))


def test_an_equation_that_code_implements_is_tried_on_that_code(equations):
    """By a test that uses something of companion, itself or in a function of its file."""
    marked = equations.marked(ROOT / "tests")
    tried = {label for label, tests in marked.items() if any(map(calls_companion, tests))}
    assert sorted(set(equations.named(ROOT / "companion")) - tried) == []


@functools.cache
def parsed(file):
    return ast.parse((ROOT / file).read_text(encoding="utf-8"))


def calls_companion(test):
    tree = parsed(test.file)
    places = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    names = {
        alias.asname or alias.name
        for node in places
        if node.module.split(".")[0] == "companion"
        for alias in node.names
    }
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    used = names_in(functions[test.name])
    used |= {name for called in used & set(functions) for name in names_in(functions[called])}
    return bool(used & names)


def names_in(tree):
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def test_what_is_displayed_named_and_marked_is_found(equations, tmp_path):
    source = "Look:\n\n$$\ny\n$$\n\n$$\nx = 1\n$$ (eq:one)\n\nand $$ y $$, "
    source += "and\n\n$$\n\\begin{aligned}\nz\n$$ (eq:two)"
    cell = {"cell_type": "markdown", "source": source.splitlines(keepends=True)}
    (tmp_path / "numbers").mkdir()
    (tmp_path / "numbers/whole.ipynb").write_text(json.dumps({"cells": [cell]}))
    found = equations.displayed(tmp_path)
    assert found == {"numbers/whole": {"eq:one": "x = 1", "eq:two": "\\begin{aligned}\nz"}}

    code = (
        '"""Ones (eq:one)."""\n\nx = 1\n"""Also (eq:one)."""\n\ndef f():\n    """Two (eq:two)."""\n'
    )
    (tmp_path / "numbers.py").write_text(code + '    class C:\n        """(eq:one)"""\n')
    names = equations.named(tmp_path)
    package = f"{tmp_path.name}.numbers"
    assert names == {
        "eq:one": [package, f"{package}.x", f"{package}.f.C"],
        "eq:two": [f"{package}.f"],
    }

    test = '@pytest.mark.equation("eq:one")\n@pytest.mark.equation("eq:two")\n'
    test += "def test_it():\n    pass\n"
    (tmp_path / "test_numbers.py").write_text(test)
    marked = equations.marked(tmp_path)
    assert sorted(marked) == ["eq:one", "eq:two"]
    assert marked["eq:two"][0].name == "test_it"
    assert marked["eq:two"][0].source == test.strip()


# The package


def imports(path):
    """The modules that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "companion is imported by its full name"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_a_private_module_is_imported_in_its_package_only():
    for path in ROOT.glob("companion/**/*.py"):
        for name in imports(path):
            package, *rest = name.removeprefix("companion.").split(".")
            if name.startswith("companion.") and any(part.startswith("_") for part in rest):
                assert package in path.parts, f"{path}: {name} is private to companion.{package}"


def test_books_and_benchmarks_import_what_is_public():
    for path in [*NOTEBOOKS, ROOT / "README.md", *ROOT.glob("benchmarks/*.py")]:
        for module in re.findall(r"from (companion[\w.]*) import", path.read_text("utf-8")):
            assert module in ["companion", *PUBLIC], f"{path.name}: {module}"


def test_examples_import_what_is_there():
    for path in ROOT.glob("companion/**/*.py"):
        for module in re.findall(r">>> from (companion[\w.]*) import", path.read_text("utf-8")):
            place = ROOT.joinpath(*module.split("."))
            assert place.is_dir() or place.with_suffix(".py").exists(), f"{path.name}: {module}"


@each_package
def test_a_package_says_in_which_order_to_read_its_modules(package, reference):
    modules = sorted(path.stem for path in package.glob("*.py") if path.stem != "__init__")
    assert sorted(reference.reading_order(package)) == modules


@pytest.fixture(scope="module")
def reference():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "book/_ext")
        return importlib.import_module("reference")


def python(code, *options):
    """Run code in a fresh interpreter; what it wrote to stdout and stderr."""
    return subprocess.run(
        [sys.executable, *options, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.mark.parametrize("module", PUBLIC)
def test_every_public_name_has_a_docstring(module):
    loaded = importlib.import_module(module)
    assert loaded.__doc__
    for name in getattr(loaded, "__all__", vars(loaded)):
        value = getattr(loaded, name)
        is_own = getattr(value, "__module__", "").startswith(module)
        if is_own and not name.startswith("_") and callable(value):
            assert inspect.getdoc(value), f"{name} would not appear in the reference"


@pytest.mark.timed
def test_the_jacobians_cost_no_more_to_import_than_numpy():
    def ratio():
        report = python("import numpy, companion.jacobians", "-X", "importtime").stderr
        found = re.findall(r"^import time: +\d+ \| +(\d+) \| (numpy|companion)\b", report, re.M)
        ours, numpys = (
            sum(int(time) for time, name in found if name == package)
            for package in ("companion", "numpy")
        )
        return ours / numpys

    assert min(ratio() for _ in range(7)) <= 1


# The pages


def toc_files(node):
    """All entries of the table of contents."""
    if isinstance(node, list):
        return [file for item in node for file in toc_files(item)]
    if not isinstance(node, dict):
        return []
    own = [node[key] for key in ("root", "file") if key in node]
    return own + [file for value in node.values() for file in toc_files(value)]


def test_everything_public_has_its_page_in_the_reference():
    pages = [path for path in ROOT.glob("book/reference/*.md") if path.stem != "index"]
    found = {path: re.findall(r"automodule:: (\S+)", path.read_text("utf-8")) for path in pages}
    assert sorted(module for some in found.values() for module in some) == sorted(PUBLIC)
    listed = toc_files(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8")))
    index = (ROOT / "book/reference/index.md").read_text(encoding="utf-8")
    for page, (module,) in found.items():
        assert f"book/reference/{page.stem}" in listed
        assert re.search(rf"^ *{module}$", index, re.MULTILINE), module


def test_every_page_is_in_the_table_of_contents():
    listed = toc_files(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8")))
    pages = [*ROOT.glob("book/**/*.md"), *NOTEBOOKS]
    files = [path.relative_to(ROOT).with_suffix("").as_posix() for path in pages]
    assert sorted(listed) == sorted(files)


def test_the_examples_of_the_readme_run():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    examples = re.findall(r"^```python\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    assert examples
    for example in examples:
        exec(compile(example, "README.md", "exec"), {})


def test_the_door_says_how_long_the_chapters_take_as_they_do():
    door = (ROOT / "book/index.md").read_text(encoding="utf-8")
    for chapter in CHAPTERS:
        (card,) = re.findall(rf":link: {chapter}/index\n.*?\n:::\n", door, re.DOTALL)
        main, total = minutes_told(chapter)
        assert f"*{main} minutes, {total} with the deeper pages.*" in card
    main, total = map(sum, zip(*map(minutes_told, CHAPTERS), strict=True))
    assert "about eight and a half hours of reading, six and a half more" in door
    assert (round(main / 30), round((total - main) / 30)) == (17, 13)


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 100


# Set-up


def pins():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    lines = [line.split("  # via")[0].strip() for line in lines]
    return [line for line in lines if line and not line.startswith("#") and line != "-e ."]


def test_every_requirement_is_pinned_and_names_no_host():
    assert len(pins()) > 50
    for pin in pins():
        assert re.fullmatch(r"[a-z0-9._-]+==[0-9][a-z0-9.!+]*( ; .+)?", pin), pin
        assert "://" not in pin


def test_the_pins_hold_what_the_project_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project, build = project["project"], project["build-system"]["requires"]
    asked = sum(project["optional-dependencies"].values(), project["dependencies"] + build)
    pinned = {}
    for pin in map(Requirement, pins()):
        (version,) = [specifier.version for specifier in pin.specifier]
        pinned.setdefault(pin.name, []).append(version)
    others = (r for r in map(Requirement, asked) if r.name != project["name"])
    for requirement in others:
        for version in pinned[requirement.name]:
            assert version in requirement.specifier, f"{requirement}: {version} is pinned"


def test_vendored_files_have_their_recorded_sums():
    lines = (ROOT / "tools/vendor.sha256").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 5
    for line in lines:
        digest, place = line.split()
        content = (ROOT / place).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest, place


def test_a_change_of_the_package_or_the_pins_makes_all_pictures_be_drawn_again(
    tmp_path, monkeypatch
):
    monkeypatch.syspath_prepend(ROOT / "book/_ext")
    digest = importlib.import_module("drawing").digest
    (tmp_path / "companion/datasets/data").mkdir(parents=True)
    files = ["requirements.txt", "companion/results.py", "companion/datasets/data/longley.csv"]
    for file in files:
        (tmp_path / file).write_text("before")
    seen = [digest(tmp_path), digest(tmp_path)]
    for file in files:
        (tmp_path / file).write_text("after")
        seen.append(digest(tmp_path))
    assert seen[0] == seen[1]
    assert len(set(seen)) == 1 + len(files)


def test_a_widget_other_than_a_slider_of_the_course_is_known(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "book/_ext")
    is_widget = importlib.import_module("sliders").is_widget
    assert is_widget("IntSlider(value=3)")
    assert is_widget("VBox(children=(SelectionSlider(")
    assert not is_widget("StepAnalysis(f0=3)")
    assert not is_widget("")


def test_a_port_in_use_is_reported_in_one_line_before_the_build(tmp_path):
    built = tmp_path / "built"
    build = [sys.executable, "-c", f"open({str(built)!r}, 'w')"]
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        serve = [sys.executable, ROOT / "tools/serve.py", str(port), *build]
        done = subprocess.run(serve, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"Port {port} cannot be used" in done.stderr
    assert not built.exists()


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
def test_a_missing_or_old_python_is_reported_in_one_line(tmp_path):
    for file in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / file, tmp_path)
    old = tmp_path / "python-too-old"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = subprocess.run(
        ["make", "--no-print-directory", "book", f"PYTHON={old} python-not-there"],
        cwd=tmp_path,
        env={key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode != 0
    said = [line for line in done.stderr.splitlines() if not line.startswith("make: ***")]
    assert len(said) == 1
    assert "Python 3.11, 3.12 or 3.13 is needed" in said[0]
    assert not (tmp_path / ".venv").exists()


def test_a_kernel_that_the_processor_cannot_run_is_said_so(monkeypatch, capsys):
    monkeypatch.syspath_prepend(ROOT / "tools")
    portable = importlib.import_module("portable")
    monkeypatch.setattr(portable, "KERNELS", ("NoSuchKernel",))
    rows = portable.kernel_rows(portable.kernel_of({}))
    assert portable.run("NoSuchKernel", rows["NoSuchKernel"])
    assert capsys.readouterr().out.split(maxsplit=1)[1] == "OpenBLAS does not run it here\n"

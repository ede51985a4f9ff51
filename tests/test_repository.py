"""What holds of the repository as a whole: its notebooks, its pins, the order of its imports."""

import ast
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

import nbformat
import pytest
import yaml
from myst_nb.core.utils import coalesce_streams
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]

# Each module imports only what stands before it.
# fmt: off
ORDER = [
    "results", "validation",
    "problems", "hock_schittkowski", "maps", "datasets",
    "linear_maps", "derivative_rules", "traced_functions", "traced_array", "forward_mode",
    "reverse_mode",
    "extrapolation", "finite_differences", "complex_step", "line_check", "sampling",
    "sparse_jacobians",
    "differentiation", "gradient_check", "jacobians",
    "lanczos", "second_differences", "hessians", "cauchy", "taylor", "iterates", "descent",
    "local_model", "kkt", "quadratic_programming", "sqp_step", "augmented_lagrangian", "sqp",
    "projections", "constrained",
    "double_double", "golub_kahan", "regularized", "norm_constrained", "least_squares",
    "time_limit", "verdicts", "exercises_jacobians", "exercises_hessians", "exercises_taylor",
    "exercises_constrained", "exercises_least_squares", "checks",
    "listings", "plots", "frames", "widgets",
]
# fmt: on
# These draw or show; the others need numpy alone.
SHOWING = {"plots", "frames", "widgets"}
# Without a page in the reference: checks of arguments, numpy's own functions on our arrays, and the
# tables of exercises, which give the answers away.
INTERNAL = {"validation", "traced_functions"} | {
    module for module in ORDER if module.startswith("exercises_")
}

MODULES = sorted(path.stem for path in ROOT.glob("companion/*.py") if path.stem != "__init__")
NOTEBOOKS = [
    path for path in sorted(ROOT.glob("book/**/*.ipynb")) if ".ipynb_checkpoints" not in path.parts
]

THE_COURSE, *_ = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["parts"]
CHAPTERS = [ROOT / f"{chapter['file']}.ipynb" for chapter in THE_COURSE["chapters"]]

each_notebook = pytest.mark.parametrize(
    "path", NOTEBOOKS, ids=lambda path: path.relative_to(ROOT / "book").with_suffix("").as_posix()
)
each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
each_module = pytest.mark.parametrize("module", MODULES)


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


@each_notebook
def test_cells_are_short(path):
    lengths = {cell["source"]: len(cell["source"].splitlines()) for cell in code_cells(path)}
    longest = max(lengths, key=lengths.get)
    assert lengths[longest] <= 15, longest
    assert statistics.median(lengths.values()) <= 4


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
    tests = (ROOT / "tests" / f"test_figures_{path.stem}.py").read_text(encoding="utf-8")
    for cell in code_cells(path):
        kinds = {kind for output in cell["outputs"] for kind in output.get("data", {})}
        if any(kind.startswith("image/") for kind in kinds):
            name = cell["metadata"]["figure"]
            assert f'"{name}"' in tests, f"no test of what the figure {name} claims"


# Questions at the end of a section


@each_chapter
def test_every_section_asks_a_question_with_one_right_choice(path):
    cells = read_notebook(path)["cells"]
    text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    _, *sections = re.split(r"^## ", text, flags=re.MULTILINE)
    for section in sections:
        title = section.splitlines()[0]
        if title not in ("Exercises", "What to keep"):
            assert questions(section), f"the section {title} ends without a question"
        for question in questions(section):
            choices = re.findall(r"^:::\{dropdown\} (.+)\n(\*.+)\n:::$", question, re.MULTILINE)
            assert question.count("{dropdown}") == len(choices) >= 3, question
            verdicts = [feedback.split(maxsplit=1)[0] for _, feedback in choices]
            assert verdicts.count("**Right.**") == 1, question
            assert verdicts.count("*No.*") == len(choices) - 1, question
            assert min(len(feedback) for _, feedback in choices) > 60, "say why"


def questions(section):
    """The bodies of the admonitions of class quiz."""
    return re.findall(r"^::::\{admonition\} .+\n:class: quiz\n(.*?)^::::$", section, re.M | re.S)


# Equations


@pytest.fixture(scope="module")
def equations():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "book/_ext")
        return importlib.import_module("equations")


@each_chapter
def test_every_labelled_equation_is_held_by_a_test_that_names_it(path, equations):
    labels = equations.displayed(ROOT / "book")[path.stem]
    text = path.read_text(encoding="utf-8")
    assert len(labels) == len(set(re.findall(r"\$\$ \((eq:[^)]*)\)", text))) > 0
    assert sorted(set(labels) - set(equations.marked(ROOT / "tests"))) == []


def test_no_test_and_no_docstring_names_an_unknown_equation(equations):
    known = {label for labels in equations.displayed(ROOT / "book").values() for label in labels}
    assert sorted(set(equations.marked(ROOT / "tests")) - known) == []
    assert sorted(set(equations.named(ROOT / "companion")) - known) == []


def test_no_two_equations_share_a_label(equations):
    labels = [label for some in equations.displayed(ROOT / "book").values() for label in some]
    assert len(labels) == len(set(labels))


def test_what_is_displayed_named_and_marked_is_found(equations, tmp_path):
    source = "Look:\n\n$$\ny\n$$\n\n$$\nx = 1\n$$ (eq:one)\n\nand $$ y $$, "
    source += "and\n\n$$\n\\begin{aligned}\nz\n$$ (eq:two)"
    cell = {"cell_type": "markdown", "source": source.splitlines(keepends=True)}
    (tmp_path / "numbers.ipynb").write_text(json.dumps({"cells": [cell]}))
    found = equations.displayed(tmp_path)
    assert found == {"numbers": {"eq:one": "x = 1", "eq:two": "\\begin{aligned}\nz"}}

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


def test_every_chapter_has_its_solutions():
    solutions = [path.name for path in NOTEBOOKS if path.parent.name == "solutions"]
    assert solutions == sorted(path.name for path in CHAPTERS)


# The package


def test_every_module_has_its_place_in_the_order():
    assert sorted(ORDER) == MODULES


@each_module
def test_imports_run_one_way(module):
    tree = ast.parse((ROOT / "companion" / f"{module}.py").read_text(encoding="utf-8"))
    earlier = set(ORDER[: ORDER.index(module)])
    assert imported(tree) <= earlier, "a module imports only what stands before it in ORDER"


def imported(tree):
    """The modules of companion that a syntax tree imports, anywhere in it."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "companion is imported by its full name"
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    parts = [name.split(".") for name in names if name.startswith("companion.")]
    return {part[1] for part in parts} & set(MODULES)


def python(code, *options):
    """Run code in a fresh interpreter; what it wrote to stdout and stderr."""
    return subprocess.run(
        [sys.executable, *options, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )


def test_the_numerics_need_numpy_alone():
    numerics = [f"companion.{module}" for module in MODULES if module not in SHOWING]
    loaded = python(f"import sys, {', '.join(numerics)}; print(*sys.modules)").stdout.split()
    packages = {name.split(".")[0] for name in loaded}
    assert "numpy" in packages
    assert not packages & {"matplotlib", "ipywidgets", "IPython", "scipy", "PIL"}


def test_importing_companion_costs_at_most_50_ms_beyond_numpy():
    def microseconds():
        report = python("import numpy, companion", "-X", "importtime").stderr
        return int(re.search(r"\| +(\d+) \| companion$", report, re.MULTILINE)[1])

    assert min(microseconds() for _ in range(5)) <= 50_000


@pytest.mark.parametrize("module", sorted(set(MODULES) - INTERNAL))
def test_every_public_name_has_a_docstring(module):
    loaded = importlib.import_module(f"companion.{module}")
    assert loaded.__doc__
    for name, value in vars(loaded).items():
        is_own = getattr(value, "__module__", None) == loaded.__name__
        if is_own and not name.startswith("_") and callable(value):
            assert inspect.getdoc(value), f"{name} would not appear in the reference"


# The pages


def toc_files(node):
    """All entries of the table of contents."""
    if isinstance(node, list):
        return [file for item in node for file in toc_files(item)]
    if not isinstance(node, dict):
        return []
    own = [node[key] for key in ("root", "file") if key in node]
    return own + [file for value in node.values() for file in toc_files(value)]


def test_every_module_has_its_page_in_the_reference():
    pages = {path.stem: path for path in ROOT.glob("book/reference/*.md") if path.stem != "index"}
    assert sorted(pages) == sorted(set(MODULES) - INTERNAL)
    listed = toc_files(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8")))
    for module, page in pages.items():
        assert f"automodule:: companion.{module}\n   :members:" in page.read_text(encoding="utf-8")
        assert f"book/reference/{module}" in listed
        index = (ROOT / "book/reference/index.md").read_text(encoding="utf-8")
        assert re.search(rf"^ *companion\.{module}$", index, re.MULTILINE), module


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
    for requirement in map(Requirement, asked):
        for version in pinned[requirement.name]:
            assert version in requirement.specifier, f"{requirement}: {version} is pinned"


def test_vendored_scripts_have_their_recorded_sums():
    lines = (ROOT / "tools/vendor.sha256").read_text(encoding="utf-8").splitlines()
    assert len(lines) > 20
    for line in lines:
        digest, place = line.split()
        content = (ROOT / place).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest, place


def test_a_change_of_the_package_or_the_pins_empties_the_cache_of_runs(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "book/_ext")
    digest = importlib.import_module("fresh_runs").digest
    (tmp_path / "companion/data").mkdir(parents=True)
    (tmp_path / "benchmarks").mkdir()
    files = ["requirements.txt", "companion/taylor.py", "companion/data/longley.csv"]
    files.append("benchmarks/results.json")
    for file in files:
        (tmp_path / file).write_text("before")
    seen = [digest(tmp_path), digest(tmp_path)]
    for file in files:
        (tmp_path / file).write_text("after")
        seen.append(digest(tmp_path))
    assert seen[0] == seen[1]
    assert len(set(seen)) == 1 + len(files)


def test_a_line_that_is_printed_in_parts_stays_a_line(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "book/_ext")
    utils = importlib.import_module("jupyter_cache.executors.utils")
    monkeypatch.setattr(utils, "executenb", utils.executenb)  # put back at the end
    importlib.import_module("whole_lines").setup(None)
    source = "print('one', end=' ', flush=True)\nprint('line', flush=True)\nprint('two')"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    utils.single_nb_execution(notebook, cwd=None, timeout=60, allow_errors=False)
    (output,) = coalesce_streams(notebook.cells[0].outputs)
    assert output["text"] == "one line\ntwo\n"


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

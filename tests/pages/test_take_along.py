"""The course in one file: complete, in order, and running without the repository."""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import PurePosixPath

import pytest
from built_site import ROOT, SITE, show

from companion.datasets import SETS

PAGE = "book/take_along.html"
FOLDER = SITE / "take_along"
CHAPTERS = ("jacobians", "hessians", "taylor", "constrained", "least_squares")


@pytest.fixture(scope="module")
def course():
    """What is in the zip: {name: bytes}."""
    with zipfile.ZipFile(FOLDER / "gradient-course.zip") as file:
        assert file.testzip() is None
        return {name.removeprefix("gradient-course/"): file.read(name) for name in file.namelist()}


@pytest.fixture(scope="module")
def wheel():
    (wheel,) = FOLDER.glob("*.whl")
    return wheel


def sources(notebook, kind):
    cells = json.loads(notebook)["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == kind]


def test_it_is_small():
    assert (FOLDER / "gradient-course.zip").stat().st_size < 10e6


def test_its_notebooks_are_the_downloads_in_reading_order(course):
    toc = re.findall(r"file: book/(\w+/\w+)$", (ROOT / "_toc.yml").read_text("utf-8"), re.MULTILINE)
    pages = [page for page in toc if page.startswith(CHAPTERS)]
    notebooks = [name for name in course if name.endswith(".ipynb")]
    assert [re.sub(r"\d+_", "", name) for name in notebooks] == [f"{p}.ipynb" for p in pages]
    assert notebooks == sorted(notebooks)
    for name, page in zip(notebooks, pages, strict=True):
        download = SITE / "_sources" / "book" / f"{page}.ipynb"
        _, *code = sources(download.read_bytes(), "code")  # the first is for one that is alone
        assert sources(course[name], "code") == code


def test_its_links_lead_to_notebooks_in_it(course):
    count = 0
    for name in course:
        for text in sources(course[name], "markdown") if name.endswith(".ipynb") else []:
            for link in re.findall(r"\]\(([^():]+\.ipynb)\)", text):
                target = os.path.normpath(PurePosixPath(name).parent / link).replace(os.sep, "/")
                assert target in course, (name, link)
                count += 1
    assert count > 100


def test_its_package_is_the_wheel_of_the_site(course, wheel):
    assert course[wheel.name] == wheel.read_bytes()
    assert f"./{wheel.name}[notebooks]" in course["requirements.txt"].decode()
    pins = course["pins.txt"].decode()
    assert not re.search(r"^-e", pins, re.MULTILINE)
    assert re.search(r"^numpy==", pins, re.MULTILINE)
    start = course["START.md"].decode()
    assert "pip install -r requirements.txt" in start
    assert f'pip install "./{wheel.name}[notebooks]"' in start
    assert re.findall(r"href=|\]\((?!https://)", start) == []  # what leads out of the folder


@pytest.mark.parametrize("page", [PAGE, *(f"book/{name}/index.html" for name in CHAPTERS)])
def test_the_page_gives_the_line_that_installs_it(tab, address, wheel, page):
    show(tab, page)
    line = tab.locator("pre[data-wheel]").text_content()
    assert line == f'pip install "gradient-course[notebooks] @ {address}take_along/{wheel.name}"'
    assert tab.request.get(f"{address}take_along/{wheel.name}").body() == wheel.read_bytes()


def guard():
    """The first cell of every notebook that a page gives."""
    pages = (SITE / "_sources" / "book").rglob("*.ipynb")
    (first,) = {sources(page.read_bytes(), "code")[0] for page in pages}
    return first


def test_a_notebook_that_is_alone_says_how_to_install_the_wheel(wheel):
    bare = [sys.executable, "-I", "-S", "-c", guard()]  # without what is installed
    error = subprocess.run(bare, capture_output=True, text=True).stderr.splitlines()[-1]
    assert error.startswith(f"ImportError: Put {wheel.name} (page Take it along) beside this")
    assert error.endswith(f'Run in a cell: %pip install "./{wheel.name}[notebooks]"')


def test_with_the_wheel_alone_each_notebook_finds_what_it_imports(course, wheel, tmp_path):
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--quiet"]
    subprocess.run([*pip, "--target", tmp_path / "installed", wheel], check=True)
    lines = [f"import sys; sys.path.insert(0, {str(tmp_path / 'installed')!r})"]
    for name in course:
        for text in sources(course[name], "code") if name.endswith(".ipynb") else []:
            lines += re.findall(r"^(?:from \S+ )?import (?:\([^)]*\)|.*)$", text, re.MULTILINE)
    lines += [
        guard(),
        "from companion.datasets import load",
        f"for name in {tuple(SETS)!r}: load(name)",
        "import companion; print(companion.__file__)",
    ]
    found = subprocess.run(
        [sys.executable, "-I", "-c", "\n".join(lines)],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert found.strip() == str(tmp_path / "installed" / "companion" / "__init__.py")

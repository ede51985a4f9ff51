"""The course to take along: a wheel of the package, and a zip of all that a reader needs.

They are made when the book is built and lie beside its pages, in ``take_along/``. In the zip the
notebooks stand in reading order, in the plain Markdown of their downloads.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from docutils import nodes
from downloads import ALONE, FOLDER, Markdown, notebook_of, wheel_name
from drawing import digest
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

ZIP, PAGE = "gradient-course.zip", "book/take_along"
PACKAGE = ("companion", "pyproject.toml", "README.md", "LICENSE")
EPOCH = "315532800"  # 1980, the first year that a zip can tell: the same bytes at every build


def setup(app):
    app.add_directive("take-along", TakeAlong)
    app.connect("html-page-context", add_script)
    app.connect("build-finished", write, priority=600)  # when the downloads have been written
    return {"parallel_read_safe": True, "parallel_write_safe": False}


class TakeAlong(SphinxDirective):
    """``{take-along} zip`` is a link to the zip, ``{take-along} line`` the line for pip."""

    required_arguments = 1

    def run(self):
        folder = relative_uri(self.env.docname + ".html", FOLDER + "/")
        if self.arguments[0] == "zip":
            text = f'<p><a href="{folder}{ZIP}" download>{ZIP}</a></p>'
            markdown = f"`{ZIP}`"
        else:
            name = wheel_name(Path(self.env.srcdir))
            line = f'pip install "./{name}[notebooks]"'
            text = f'<pre data-wheel="{folder}{name}">{line}</pre>\n'
            text += f'<p>(<a href="{folder}{name}" download>{name}</a>)</p>'
            markdown = f"```text\n{line}\n```\n\n({name})"
        return [nodes.raw("", text, format="html", markdown=markdown)]


def add_script(app, docname, template, context, doctree):
    if "data-wheel" in context.get("body", ""):
        app.add_js_file("take_along.js", loading_method="defer")


def write(app, exception):
    if exception or app.builder.name != "html":
        return
    folder = Path(app.outdir, FOLDER)
    folder.mkdir(exist_ok=True)
    wheel = make_wheel(Path(app.srcdir), Path(app.outdir).parent)
    shutil.copy(wheel, folder)
    pins = Path(app.srcdir, "requirements.txt").read_text(encoding="utf-8")
    wanted = f"-c pins.txt\n./{wheel.name}[notebooks]\njupyterlab\n"
    start = Markdown(app, PAGE).block(app.env.get_and_resolve_doctree(PAGE, app.builder))
    texts = {"START.md": start, "requirements.txt": wanted}
    texts["pins.txt"] = re.sub(r"^-e .*\n", "", pins, flags=re.MULTILINE)
    with zipfile.ZipFile(folder / ZIP, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in (texts | dict(notebooks(app))).items():
            file.writestr(entry(name), text.encode(), zipfile.ZIP_DEFLATED)
        file.writestr(entry(wheel.name), wheel.read_bytes())


def entry(name):
    return zipfile.ZipInfo(f"gradient-course/{name}", date_time=(1980, 1, 1, 0, 0, 0))


def make_wheel(root, beside):
    """The wheel of the package, built or as it was kept: from a copy, which leaves no trace."""
    kept = beside / ".wheel" / digest(root)
    if not kept.is_dir():
        shutil.rmtree(kept.parent, ignore_errors=True)
        with tempfile.TemporaryDirectory() as copy:
            for name in PACKAGE:
                copy_of = shutil.copytree if (root / name).is_dir() else shutil.copy
                copy_of(root / name, Path(copy, name))
            pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", copy]
            options = ["--no-build-isolation", "--disable-pip-version-check", "-w", kept]
            subprocess.run(
                [*pip, *options], check=True, env=os.environ | {"SOURCE_DATE_EPOCH": EPOCH}
            )
    return kept / wheel_name(root)


def notebooks(app):
    """The chapters' notebooks, named by their place in the course, with links that fit."""
    chapters = app.env.toctree_includes[app.config.root_doc]
    places = {}
    for number, index in enumerate((c for c in chapters if c.endswith("/index")), start=1):
        chapter = index.split("/")[1]
        pages = app.env.toctree_includes.get(index, [])
        if not notebook_of(app, index):
            continue  # the reference
        for place, docname in enumerate([index, *pages]):
            name = docname.split("/")[-1]
            places[docname] = f"{number}_{chapter}/{place:02d}_{name}.ipynb"
    for docname, place in places.items():
        text = Path(app.outdir, "_sources", f"{docname}.ipynb").read_text(encoding="utf-8")
        notebook = json.loads(text)
        notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] != ALONE]
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell |= {"outputs": [], "execution_count": None}
            else:
                cell["source"] = [relinked(line, docname, places) for line in cell["source"]]
        yield place, json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def relinked(line, docname, places):
    """A line whose links lead to where the notebooks stand in the zip, where they do."""

    def place(link):
        text, target = link.groups()
        there = os.path.normpath(Path(docname).parent / target).removesuffix(".ipynb")
        there = places.get(there.replace(os.sep, "/"))
        return f"[{text}]({relative_uri(places[docname], there)})" if there else text

    return re.sub(r"(?<!\\)\[((?:[^\]\\]|\\.)*)\]\(([^():]+\.ipynb)\)", place, line)

"""Notebooks to take along: what a page's download button gives is written in plain Markdown.

The repository's notebooks are written in MyST. Only Jupyter Book understands its roles and
directives; JupyterLab, VS Code and viewers print them as they stand. So each Markdown cell is
written anew from what Sphinx made of it: with numbers in the places of labels, links to the other
notebooks, and answers and solutions folded. Code cells are those of the repository; one before them
says what to do where their package is missing.
"""

import json
import os
import re
import tomllib
from html import escape
from pathlib import Path, PurePosixPath
from textwrap import indent

from docutils import nodes

FOLDER = "take_along"  # where the site has the package
ALONE = "alone"  # the id of a cell for a notebook that has left the course
GUARD = """try:
    import companion.widgets
except ImportError:
    raise ImportError({advice!r}) from None"""
LINES = 10_000  # MyST-NB numbers the lines of a page's k-th cell from k times that


def setup(app):
    app.connect("doctree-resolved", translate)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": False}


def notebook_of(app, docname):
    """The path of the notebook that a page is; None if it is none."""
    path = app.env.doc2path(docname)
    return path if path.endswith(".ipynb") else None


def translate(app, doctree, docname):
    """Keep, for a notebook, the Markdown of its cells: {index: text}."""
    if app.builder.name != "html" or not notebook_of(app, docname):
        return
    writer = Markdown(app, docname)
    cells = {}
    for line, block in blocks(doctree, 0):
        if text := writer.block(block):
            cells.setdefault(line // LINES - 1, []).append(text)
    app.downloads = getattr(app, "downloads", {}) | {docname: cells}


def blocks(node, line):
    """The blocks of a page in its order, titles among them, each with its line."""
    for child in node.children:
        line = next((part.line for part in child.findall() if part.line), line)
        if isinstance(child, nodes.section) and "exercise-content" not in child["classes"]:
            yield from blocks(child, line)
        else:
            yield line, child


def wheel_name(root):
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return f"{project['name'].replace('-', '_')}-{project['version']}-py3-none-any.whl"


def alone(app):
    """The cell that says how to install what the notebook imports."""
    wheel, address = wheel_name(Path(app.srcdir)), app.config.html_baseurl
    if address:
        start = ""
        wanted = f"gradient-course[notebooks] @ {address.rstrip('/')}/{FOLDER}/{wheel}"
    else:
        start = f"Put {wheel} (page Take it along) beside this notebook. "
        wanted = f"./{wheel}[notebooks]"
    advice = f'{start}Run in a cell: %pip install "{wanted}"'
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": ALONE,
        "metadata": {},
        "outputs": [],
        "source": GUARD.format(advice=advice).splitlines(keepends=True),
    }


def write(app, exception):
    """Write the notebooks beside the pages, in the place of copies of the repository's."""
    for docname, cells in {} if exception else getattr(app, "downloads", {}).items():
        notebook = json.loads(Path(app.env.doc2path(docname)).read_text(encoding="utf-8"))
        for index, cell in enumerate(notebook["cells"]):
            if cell["cell_type"] == "markdown":
                cell["source"] = "\n\n".join(cells.get(index, [])).splitlines(keepends=True)
        notebook["cells"].insert(1, alone(app))
        target = Path(app.outdir, "_sources", f"{docname}.ipynb")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", "utf-8")


class Markdown:
    """Writes the nodes of a page as Markdown that any viewer of notebooks understands."""

    def __init__(self, app, docname):
        self.app, self.docname = app, docname

    def block(self, node):
        """A block; empty for what a notebook has no use for."""
        return self._by_kind(node, "block", nodes.Invisible, self._blocks)

    def inline(self, node):
        """What stands within a line."""
        return self._by_kind(node, "inline", nodes.Invisible, self._inlines)

    def _by_kind(self, node, what, nothing, otherwise):
        for kind in type(node).__mro__:
            if method := getattr(self, f"{what}_{kind.__name__}", None):
                return method(node)
        return "" if isinstance(node, nothing) else otherwise(node)

    def _blocks(self, node):
        return "\n\n".join(filter(None, map(self.block, node.children)))

    def _inlines(self, node):
        return "".join(map(self.inline, node.children))

    # Blocks

    def block_container(self, node):
        return "" if "cell" in node["classes"] else self._blocks(node)

    def block_title(self, node):
        depth, section = 0, node.parent
        while isinstance(section, nodes.section):
            depth, section = depth + 1, section.parent
        return f"{'#' * depth} {self._inlines(node)}"

    def block_paragraph(self, node):
        return self._inlines(node).strip()

    def block_math_block(self, node):
        number = ""
        if node.get("number"):
            number = f"\n\\tag{{{self._number('displaymath', node)}}}"
        return f"$$\n{node.astext().strip()}{number}\n$$"

    def block_literal_block(self, node):
        return f"```{node.get('language', '')}\n{node.astext().rstrip()}\n```"

    def block_raw(self, node):
        html = node.astext() if "html" in node["format"].split() else ""
        return node.get("markdown", html)

    def block_toctree(self, node):
        return ""

    block_compound = block_toctree

    def block_bullet_list(self, node):
        return "\n".join(indented("- ", self._blocks(item)) for item in node.children)

    def block_enumerated_list(self, node):
        first = node.get("start", 1)
        items = (self._blocks(item) for item in node.children)
        return "\n".join(indented(f"{first + k}. ", item) for k, item in enumerate(items))

    def block_block_quote(self, node):
        return quoted(self._blocks(node))

    def block_table(self, node):
        rows = [
            [self._blocks(entry).replace("|", r"\|").replace("\n", " ") for entry in row.children]
            for row in node.findall(nodes.row)
        ]
        rows.insert(1, ["---"] * len(rows[0]))
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)

    def block_admonition(self, node):
        title, *body = node.children
        return quoted(f"**{self._inlines(title)}**", *map(self.block, body))

    def block_exercise_enumerable_node(self, node):
        title, *body = node.children
        said = f"**Exercise {self._number('exercise', node)}{self._inlines(title)}**"
        return "\n\n".join([said, *map(self.block, body)])

    def _number(self, kind, node):
        number = self.app.env.toc_fignumbers[self.docname][kind][node["ids"][0]]
        return ".".join(map(str, number))

    def block_solution_node(self, node):
        title, *body = node.children
        summary = Summary(self.app, self.docname).inline(title)
        parts = [f"<details>\n<summary>{summary}</summary>", *map(self.block, body), "</details>"]
        return "\n\n".join(parts)

    block_dropdown_main = block_solution_node

    # Within a line

    def inline_raw(self, node):
        return ""  # the arrow of a fold

    def inline_Text(self, node):
        return re.sub(r"([\\`*_$<\[])", r"\\\1", node.astext()).replace("\n", " ")

    def inline_math(self, node):
        return f"${node.astext().strip()}$"

    def inline_emphasis(self, node):
        return f"*{self._inlines(node)}*"

    def inline_strong(self, node):
        return f"**{self._inlines(node)}**"

    def inline_literal(self, node):
        text = node.astext()
        ticks = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
        return f"{ticks}{text}{ticks}"

    def inline_reference(self, node):
        text, target = self._inlines(node), node.get("refuri", "")
        if not re.match(r"\w+:", target):
            target = self._elsewhere(target)
        return f"[{text}]({target})" if target else text

    def _elsewhere(self, target):
        """The notebook of another page, or the page where the site has an address."""
        path = target.partition("#")[0]
        if not path:
            return ""
        page = PurePosixPath(os.path.normpath(PurePosixPath(self.docname).parent / path))
        if notebook_of(self.app, str(page.with_suffix(""))):
            return str(PurePosixPath(path).with_suffix(".ipynb"))
        address = self.app.config.html_baseurl
        return f"{address.rstrip('/')}/{page}" if address else ""


class Summary(Markdown):
    """The same for the title of a fold, where Markdown is not understood, but HTML is."""

    def inline_Text(self, node):
        return escape(node.astext().replace("\n", " "), quote=False)

    def inline_emphasis(self, node):
        return f"<em>{self._inlines(node)}</em>"

    def inline_strong(self, node):
        return f"<strong>{self._inlines(node)}</strong>"

    def inline_literal(self, node):
        return f"<code>{escape(node.astext(), quote=False)}</code>"

    def inline_reference(self, node):
        return self._inlines(node)


def quoted(*blocks):
    return "\n".join(f"> {line}".rstrip() for line in "\n\n".join(blocks).splitlines())


def indented(mark, text):
    return mark + indent(text, " " * len(mark)).lstrip()

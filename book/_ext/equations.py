"""The page that lists every equation, with what implements it and the tests that hold it.

Nothing on it is written by hand. An equation stands in a chapter, with its label. A function that
implements it says so in its docstring, "(eq:hessian)". A test that holds it carries the mark
``@pytest.mark.equation("eq:hessian")``.
"""

import ast
import json
import re
from dataclasses import dataclass
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

DISPLAYED = re.compile(r"^\$\$\n([^$]+)\n\$\$ \((eq:[\w-]+)\)$", re.MULTILINE)
TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
NAMED = re.compile(r"\((eq:[\w-]+)\)")


@dataclass(frozen=True)
class Test:
    """A test function: where it stands, and its source."""

    file: str
    name: str
    source: str


def displayed(book):
    """{chapter: {label: TeX}} of the notebooks directly under `book` that have labels."""
    found = {}
    for path in sorted(Path(book).glob("*.ipynb")):
        labels = {label: tex for tex, label in DISPLAYED.findall(prose(path))}
        if labels:
            found[path.stem] = labels
    return found


def prose(path):
    """The text of a notebook."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


def named(package):
    """{label: [what names it in its docstring]}: modules, classes, functions, methods, data."""
    found = {}
    for path in sorted(Path(package).glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for name, docstring in docstrings(tree, f"{path.parent.name}.{path.stem}"):
            for label in dict.fromkeys(NAMED.findall(docstring)):
                found.setdefault(label, []).append(name)
    return found


def docstrings(node, name):
    """(full name, docstring) of a syntax tree and of what is defined in it, private or not."""
    if ast.get_docstring(node):
        yield name, ast.get_docstring(node)
    for child, after in zip(node.body, [*node.body[1:], None], strict=True):
        if isinstance(child, ast.ClassDef | ast.FunctionDef):
            yield from docstrings(child, f"{name}.{child.name}")
        elif isinstance(child, ast.Assign) and isinstance(after, ast.Expr):
            value = getattr(after.value, "value", None)  # a text below data is its docstring
            if isinstance(value, str):
                yield f"{name}.{child.targets[0].id}", value


def marked(tests):
    """{label: [Test]}: the tests that carry the mark, by label."""
    found = {}
    for path in sorted(Path(tests).glob("test_*.py")):
        source = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)):
            for label in marks(node):
                first = node.decorator_list[0].lineno
                lines = source.splitlines()[first - 1 : node.end_lineno]
                test = Test(f"{path.parent.name}/{path.name}", node.name, "\n".join(lines))
                found.setdefault(label, []).append(test)
    return found


def marks(node):
    """The labels of the marks on a function."""
    for decorator in getattr(node, "decorator_list", []):
        if ast.unparse(decorator).startswith("pytest.mark.equation("):
            yield from (argument.value for argument in decorator.args)


def is_public(name):
    return not any(part.startswith("_") for part in name.split("."))


class Equations(SphinxDirective):
    """The list itself, as Markdown, chapter by chapter."""

    def run(self):
        root = Path(self.env.srcdir)
        self.code, self.tests = named(root / "companion"), marked(root / "tests")
        for pattern in ("book/*.ipynb", "companion/*.py", "tests/test_*.py"):
            for path in root.glob(pattern):
                self.env.note_dependency(str(path))
        chapters = displayed(root / "book")
        lines = []
        for chapter in sorted(chapters, key=self.place):
            lines += [f"## {TITLE.search(prose(root / 'book' / f'{chapter}.ipynb'))[1]}", ""]
            for label, tex in chapters[chapter].items():
                lines += [*self.entry(label, tex), ""]
        place = nodes.Element()
        text = StringList("\n".join(lines).splitlines(), source=self.env.doc2path(self.env.docname))
        self.state.nested_parse(text, self.content_offset, place, match_titles=True)
        return place.children

    def place(self, chapter):
        """Where a chapter stands in the table of contents."""
        order = list(self.env.app.config.external_site_map)
        return order.index(f"book/{chapter}")

    def entry(self, label, tex):
        """One equation, what implements it, and what holds it."""
        code = [name for name in self.code.get(label, []) if is_public(name)]
        code = [f"{{py:obj}}`~{name}`" for name in code] or ["the cells of the chapter"]
        yield from [f"**{{eq}}`{label}`** `{label}`, in code: {', '.join(code)}.", ""]
        yield from ["$$", tex, "$$", ""]
        for test in self.tests.get(label, []):
            words = test.name.removeprefix("test_").replace("_", " ")
            yield from [f"::::{{dropdown}} Held by: {words}", f"`{test.file}`", ""]
            yield from ["```python", test.source, "```", "::::", ""]


def setup(app):
    app.add_directive("equations", Equations)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""The pages that list every equation, with what implements it and the tests that hold it.

Nothing on them is written by hand. An equation stands in a chapter, with its label. A function that
implements it says so in its docstring, "(eq:hessian)". A test that holds it carries the mark
``@pytest.mark.equation("eq:hessian")``.
"""

import ast
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

DISPLAYED = re.compile(r"^\$\$\n([^$]+)\n\$\$ \((eq:[\w-]+)\)$", re.MULTILINE)
AUTOMODULE = re.compile(r"automodule:: (\S+)")
NAMED = re.compile(r"\((eq:[\w-]+)\)")


@dataclass(frozen=True)
class Test:
    """A test function: where it stands, and its source."""

    file: str
    name: str
    source: str


@cache
def displayed(book):
    """{page: {label: TeX}} of the notebooks in the chapters' folders that have labels."""
    found = {}
    for path in sorted(Path(book).glob("*/*.ipynb")):
        labels = {label: tex for tex, label in DISPLAYED.findall(prose(path))}
        if labels:
            found[f"{path.parent.name}/{path.stem}"] = labels
    return found


def prose(path):
    """The text of a notebook."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


@cache
def named(package):
    """{label: [what names it in its docstring]}: modules, classes, functions, methods, data."""
    found = {}
    package = Path(package)
    for path in sorted(package.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        module = ".".join([package.name, *path.relative_to(package).with_suffix("").parts])
        for name, docstring in docstrings(tree, module.removesuffix(".__init__")):
            for label in dict.fromkeys(NAMED.findall(docstring)):
                found.setdefault(label, []).append(public_name(name, package))
    return found


def public_name(name, package):
    """A full name as readers import it: from the package whose ``__all__`` has it, if one does."""
    parts = name.split(".")
    for k in range(2, len(parts)):
        face = package.joinpath(*parts[1:k], "__init__.py")
        if face.exists() and k < len(parts) - 1 and f'"{parts[k + 1]}",' in face.read_text("utf-8"):
            return ".".join(parts[:k] + parts[k + 1 :])
    return name


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


@cache
def marked(tests):
    """{label: [Test]}: the tests that carry the mark, by label."""
    found = {}
    for path in sorted(Path(tests).rglob("test_*.py")):
        source = path.read_text(encoding="utf-8")
        place = path.parent.relative_to(Path(tests).parent).as_posix()
        for node in ast.walk(ast.parse(source)):
            for label in marks(node):
                first = node.decorator_list[0].lineno
                lines = source.splitlines()[first - 1 : node.end_lineno]
                test = Test(f"{place}/{path.name}", node.name, "\n".join(lines))
                found.setdefault(label, []).append(test)
    return found


def marks(node):
    """The labels of the marks on a function."""
    for decorator in getattr(node, "decorator_list", []):
        if ast.unparse(decorator).startswith("pytest.mark.equation("):
            yield from (argument.value for argument in decorator.args)


class Equations(SphinxDirective):
    """The list of a chapter's equations, as Markdown, in the order of the pages."""

    required_arguments = 1

    def run(self):
        (chapter,) = self.arguments
        root = Path(self.env.srcdir)
        self.code, self.tests = named(root / "companion"), marked(root / "tests")
        reference = [path.read_text("utf-8") for path in root.glob("book/reference/*.md")]
        self.documented = {name for page in reference for name in AUTOMODULE.findall(page)}
        for pattern in (f"book/{chapter}/*.ipynb", "companion/**/*.py", "tests/**/test_*.py"):
            for path in root.glob(pattern):
                self.env.note_dependency(str(path))
        pages = displayed(root / "book")
        its = [page for page in pages if page.startswith(f"{chapter}/")]
        lines = []
        for page in sorted(its, key=self.place):
            for label, tex in pages[page].items():
                lines += [*self.entry(page, label, tex), ""]
        place = nodes.Element()
        text = StringList("\n".join(lines).splitlines(), source=self.env.doc2path(self.env.docname))
        self.state.nested_parse(text, self.content_offset, place)
        return place.children

    def place(self, page):
        """Where a page stands in the table of contents."""
        order = list(self.env.app.config.external_site_map)
        return order.index(f"book/{page}")

    def entry(self, page, label, tex):
        """One equation, what implements it, and what holds it."""
        code = map(self.link, self.code.get(label, []))
        code = list(dict.fromkeys(code)) or [f"the cells of {{doc}}`/book/{page}`"]
        yield from [f"**{{eq}}`{label}`** `{label}`, in code: {', '.join(code)}.", ""]
        yield from ["$$", tex, "$$", ""]
        for test in self.tests.get(label, []):
            words = test.name.removeprefix("test_").replace("_", " ")
            yield from [f"::::{{dropdown}} Held by: {words}", f"`{test.file}`", ""]
            yield from ["```text", test.source, "```", "::::", ""]

    def link(self, name):
        """A name that leads to its page in the reference, or to the source where it stands."""
        root, parts = Path(self.env.srcdir), name.split(".")
        module = list(parts)  # of companion, in which the name is defined or passed on
        place = root.joinpath(*module)
        while not (place.is_dir() or place.with_suffix(".py").exists()):
            module.pop()
            place = place.parent
        inside = parts[len(module) :]
        if inside and ".".join(module) in self.documented and not inside[-1].startswith("_"):
            return f"{{py:obj}}`~{name}`"
        page = f"../../_modules/{'/'.join(module)}.html"
        return f'<a class="reference internal" href="{page}"><code>{parts[-1]}</code></a>'


def setup(app):
    app.add_directive("equations", Equations)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Amends to the pages that autodoc and viewcode make from the docstrings."""

import ast
import re
from enum import Enum
from pathlib import Path

from docutils import nodes
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective


def setup(app):
    app.connect("autodoc-process-signature", drop_enum_signature)
    app.connect("autodoc-skip-member", keep_enum_members)
    app.connect("autodoc-process-docstring", link_equations)
    app.connect("env-updated", lead_listings_home)
    app.connect("html-page-context", nest_modules)
    app.add_directive("sources", Sources)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def drop_enum_signature(app, what, name, thing, options, signature, returns):
    """Show an enumeration without the signature of Python's machinery behind it."""
    if isinstance(thing, type) and issubclass(thing, Enum):
        return "", None


def keep_enum_members(app, what, name, thing, skip, options):
    """Show the members of an enumeration, whose values say what they mean."""
    return False if isinstance(thing, Enum) else None


def link_equations(app, what, name, thing, options, lines):
    """Let "(eq:hessian)" in a docstring lead to that equation in its chapter."""
    lines[:] = [re.sub(r"\((eq:[\w-]+)\)", r":eq:`\1`", line) for line in lines]


def lead_listings_home(app, env):
    """List the source of every module, and let [docs] in it lead to the page of its package."""
    package = Path(app.srcdir) / "companion"
    listed = env._viewcode_modules = getattr(env, "_viewcode_modules", {})
    pages = {path.stem for path in Path(app.srcdir).glob("book/reference/*.md")}
    for path in sorted(package.rglob("*.py")):
        if gives_answers(path.stem):
            continue
        parts = path.relative_to(package.parent).with_suffix("").parts
        module = ".".join(parts).removesuffix(".__init__")
        analyzer = ModuleAnalyzer.for_module(module)
        analyzer.find_tags()
        page = next((name for name in (parts[-1], parts[1]) if name in pages), "index")
        names = (listed.get(module) or (0, 0, {}, 0))[2]
        home = dict.fromkeys(names, f"book/reference/{page}")
        # Anchors there begin with what readers import from.
        face = module if page == parts[-1] else f"companion.{parts[1]}"
        listed[module] = analyzer.code, analyzer.tags, home, face


def nest_modules(app, page, template, context, doctree):
    """Put the list of a package's modules, which viewcode sets beside its item, inside it."""
    if page == "_modules/index":
        body = context["body"].replace("</li>\n<ul>", "\n<ul>")
        context["body"] = re.sub("</ul>(?=<li>|</ul>)", "</ul></li>\n", body)


class Sources(SphinxDirective):
    """The modules of a package, in the order in which to read them, each with its first line.

    The order is that in which the docstring of the package names them.
    """

    required_arguments = 1

    def run(self):
        package = self.arguments[0]
        folder = Path(self.env.srcdir) / package.replace(".", "/")
        up = "../" * (self.env.docname.count("/"))
        items = []
        for name in reading_order(folder):
            if gives_answers(name):
                continue
            module = f"{package}.{name}"
            said = ast.get_docstring(ast.parse((folder / f"{name}.py").read_text("utf-8")))
            link = nodes.reference("", "", internal=True)
            link["refuri"] = f"{up}_modules/{module.replace('.', '/')}.html"
            link += nodes.literal(text=name)
            line = nodes.paragraph("", "", link, nodes.Text(f": {said.splitlines()[0]}"))
            items.append(nodes.list_item("", line))
        return [nodes.bullet_list("", *items)]


def gives_answers(module):
    """Whether a module is a table of exercises: their answers are no reading."""
    return module.startswith("_exercises_")


def reading_order(folder):
    """The names of a package's modules, in the order in which its docstring names them."""
    said = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))
    names = [name.rpartition(".")[2] for name in re.findall(r"``([\w.]+)``", said)]
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    return [name for name in dict.fromkeys(names) if name in modules]

"""The links at the foot of a page lead along the main line, as its last sentence does.

Pages that go deeper stand after the main line in the table of contents, and are come to from the
text: none of them is the next page of another, nor has one.
"""

from pathlib import Path

import sessions


def setup(app):
    app.connect("html-page-context", lead)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def lead(app, page, _template, context, _doctree):
    folder, _, name = page.rpartition("/")
    index = Path(app.srcdir, folder, "index.ipynb")
    if not index.exists():
        return
    pages = {Path(row.place).name: row.deeper for row in sessions.pages(index)}
    *_, last = (name for name, deeper in pages.items() if not deeper)
    if pages.get(name):
        context |= {"prev": None, "next": None}
    elif name == last:
        context["next"] = link(app, page, f"{folder}/exercises")
    elif name == "exercises":
        context["prev"] = link(app, page, f"{folder}/{last}")


def link(app, page, other):
    """What the theme's template takes."""
    title = app.builder.render_partial(app.env.titles[other])["title"]
    return {"link": app.builder.get_relative_uri(page, other), "title": title}

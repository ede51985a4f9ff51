"""A plan for a class: the pages of each session, with the minutes that the chapters' maps give."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

ROW = re.compile(r"^\| \[(.+?)\]\((\w+)\.ipynb\)(.*) \| .+ \| (\d+) \|$", re.MULTILINE)


def setup(app):
    app.add_directive("sessions", Sessions)
    app.add_directive("deeper-pages", DeeperPages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


@dataclass(frozen=True)
class Page:
    """A row of the map of a chapter."""

    place: str  # taylor/step
    title: str
    minutes: int
    deeper: bool  # it can be left out


class Table(SphinxDirective):
    """A table that is made of the maps of the chapters."""

    def lines(self, indexes):
        """In Markdown."""
        raise NotImplementedError

    def run(self):
        book = Path(self.env.srcdir, "book")
        indexes = [
            Path(self.env.doc2path(page))
            for page in self.env.app.config.external_site_map  # in the order of the course
            if re.fullmatch(r"book/\w+/index", page) and page != "book/reference/index"
        ]
        for index in indexes:
            self.env.note_dependency(str(index))
        text = StringList([*self.lines(indexes)], source=str(book))
        place = nodes.Element()
        self.state.nested_parse(text, self.content_offset, place)
        return place.children


class Sessions(Table):
    """The main line in sessions; each line of the content is the page with which one begins."""

    has_content = True

    def lines(self, indexes):
        return table("session", enumerate(sessions(indexes, self.content), start=1))


class DeeperPages(Table):
    """What each chapter has beside its main line."""

    def lines(self, indexes):
        return table("chapter", enumerate(map(deeper, indexes), start=1))


def sessions(indexes, firsts):
    """The main lines of the chapters, divided where sessions begin: a list of pages for each."""
    divided = []
    for page in (page for index in indexes for page in pages(index) if not page.deeper):
        if page.place in firsts:
            divided.append([])
        divided[-1].append(page)
    if [session[0].place for session in divided] != list(firsts):
        raise ValueError(f"a session begins with a page of no main line: {list(firsts)}")
    return divided


def deeper(index):
    """The pages of a chapter that can be left out."""
    return [page for page in pages(index) if page.deeper]


def pages(index):
    """The pages of a chapter, as its map has them."""
    cells = json.loads(index.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells)
    for title, name, mark, minutes in ROW.findall(text):
        yield Page(f"{index.parent.name}/{name}", title, int(minutes), "deeper" in mark)


def table(what, groups):
    """The lines of the table, in Markdown: one for each number and its pages."""
    yield from [f"| {what} | pages, with their minutes | minutes |", "|---|---|---|"]
    for number, group in groups:
        chapter = group[0].place.split("/")[0]
        links = ", ".join(f"[{page.title}]({page.place}.ipynb) {page.minutes}" for page in group)
        minutes = sum(page.minutes for page in group)
        yield f"| {number} | {{doc}}`{chapter}/index`: {links} | {minutes} |"

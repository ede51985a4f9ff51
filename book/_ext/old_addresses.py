"""Lead the addresses of before, when each chapter was one page, to where things are now.

For each chapter, and for its solutions, a page is written at the old address. It knows on which
page each section, equation and exercise stands now, and goes there at once; without JavaScript it
goes to the chapter's first page. No link of the site leads to these pages.
"""

import json
import re
from html import escape
from pathlib import Path

CHAPTERS = ("jacobians", "hessians", "taylor", "constrained", "least_squares")

# Sections whose titles, and with them their addresses, have changed: the page to go to.
RETITLED = {
    "exercises": "exercises",
    "what-to-keep": "index",
    "in-use": "solver",
    "project-the-direction": "along_the_wall",
    "in-use-why-you-put-your-data-on-one-scale": "one_scale",
    "where-a-top-a-costs-everything": "leap",
}

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<link rel="canonical" href="{first}">
<script>
const places = {places};
const place = places[decodeURIComponent(location.hash.slice(1))];
location.replace(place === undefined ? "{first}" : place);
</script>
<noscript><meta http-equiv="refresh" content="0; url={first}"></noscript>
</head>
<body>
<main><h1>{title}</h1><p>This stands <a href="{first}">on pages of its own</a> now.</p></main>
</body>
</html>
"""


def setup(app):
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write(app, exception):
    if exception or app.builder.format != "html":
        return
    book = Path(app.outdir) / "book"
    pages = list(app.config.external_site_map)  # in the order of the table of contents
    for chapter in CHAPTERS:
        names = [Path(page).name for page in pages if Path(page).parent.name == chapter]
        places = {}
        for name in names:
            for anchor in anchors(app.env.get_doctree(f"book/{chapter}/{name}")):
                places.setdefault(anchor, f"{chapter}/{name}.html#{anchor}")
        for anchor, name in RETITLED.items():
            if name in names:
                places.setdefault(anchor, f"{chapter}/{name}.html")
        title = app.env.titles[f"book/{chapter}/index"].astext()
        redirect(book / f"{chapter}.html", title, f"{chapter}/index.html", places)
        solved = {
            anchor: f"../{place}" for anchor, place in places.items() if "/solutions" in place
        }
        if solved:  # a class has none
            book.joinpath("solutions").mkdir(exist_ok=True)
            title = app.env.titles[f"book/{chapter}/solutions"].astext()
            first = f"../{chapter}/solutions.html"
            redirect(book / f"solutions/{chapter}.html", title, first, solved)


def anchors(doctree):
    """The names of all places in a page, but those which are only numbered."""
    for node in doctree.findall():
        for anchor in getattr(node, "attributes", {}).get("ids", ()):
            if not re.fullmatch(r"id\d+", anchor):
                yield anchor


def redirect(path, title, first, places):
    """Write a page that leads on."""
    text = json.dumps(places, indent=0).replace("<", "\\u003c")
    path.write_text(PAGE.format(title=escape(title), first=first, places=text), encoding="utf-8")

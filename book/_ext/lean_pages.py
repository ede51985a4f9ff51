"""Have the pages load what they need, and in the order in which they need it.

The theme's eleven style sheets become one, of the rules that some page can match. Its icon fonts
are cut down to the icons in these, its scripts wait until the page stands, and the index of the
search until there is something to search. What no page asks for is left out of the site.
"""

import re
from pathlib import Path

import fonts
import styles
from docutils import nodes

SHEETS = ["basic.css", "styles/pydata-sphinx-theme.css"]  # which the theme loads by itself
SHEET = "site.css"
ICONS = ["solid-900", "regular-400"]
LONGEST = 160  # characters of a description that search engines show

NEEDLESS = [
    "*.map",
    "*.po",
    "*.mo",
    "scripts/fontawesome.js*",
    "vendor/fontawesome/webfonts/*.ttf",
    "vendor/fontawesome/webfonts/fa-brands-*",
]


# Names, punctuation and blanks have the colour of the text, and are most of all code.
PLAIN = re.compile(r'<span class="[npw]">([^<]*)</span>|(?<=<pre>)<span></span>')


def setup(app):
    app.connect("html-page-context", head, priority=900)
    app.connect("html-page-context", body, priority=900)
    app.connect("build-finished", lighten, priority=900)  # the theme has written its sheets
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def head(app, page, template, context, doctree):
    """What stands in the head of a page."""
    context["css_files"] = []
    context["description"] = description(doctree) or app.config.html_title
    if page == "search":
        app.add_js_file("excerpts.js", defer="defer")  # after the tools of the search
    else:
        context["script_files"] = [late(script) for script in context["script_files"]]
        context["script_files"] = [script for script in context["script_files"] if script]


def body(app, page, template, context, doctree):
    """What stands in the body of a page, with a third fewer elements where there is much code."""
    if "body" in context:
        context["body"] = PLAIN.sub(r"\1", context["body"])


def late(script):
    """The script, to be run when the page stands; options that only the search asks for go."""
    if script.filename:
        attributes = script.attributes | {"defer": "defer"}
        return type(script)(script.filename, priority=script.priority, **attributes)
    return None if "DOCUMENTATION_OPTIONS" in script.attributes.get("body", "") else script


def description(doctree):
    """The first paragraph that is text alone, as far as it is shown."""
    if doctree is None:
        return None
    for paragraph in doctree.findall(nodes.paragraph):
        text = " ".join(paragraph.astext().split())
        if len(text) > 40 and not next(paragraph.findall(nodes.math), None):
            return text if len(text) <= LONGEST else text[: text.rfind(" ", 0, LONGEST)] + " …"


def lighten(app, exception):
    if exception or app.builder.format != "html":
        return
    site = Path(app.outdir)
    static = site / "_static"
    if not static.joinpath(SHEETS[0]).exists():
        return  # no page is new, so that no file was copied
    site.joinpath(".nojekyll").touch()
    sheets = SHEETS + [sheet.filename.removeprefix("_static/") for sheet in app.builder._css_files]
    sheet = "\n".join(moved(static, name) for name in dict.fromkeys(sheets))
    sheet = styles.needed(sheet, classes(site))
    static.joinpath(SHEET).write_text(sheet, encoding="utf-8")
    for name in sheets:
        static.joinpath(name).unlink(missing_ok=True)
    icons = {chr(int(code, 16)) for code in re.findall(r'"\\(f[0-9a-f]{3})"', sheet)}
    icons |= set(re.findall("[\ue000-\uf8ff]", sheet))  # some stand there as themselves
    for name in ICONS:
        fonts.cut(static / f"vendor/fontawesome/webfonts/fa-{name}.woff2", icons)
    for pattern in NEEDLESS:
        for file in static.rglob(pattern):
            file.unlink()


def moved(static, name):
    """A sheet whose links to pictures and fonts lead there from the folder of the one sheet."""
    text = static.joinpath(name).read_text(encoding="utf-8")
    folder = Path(name).parent
    link = re.compile(r'url\((["\']?)(?!data:|["\'])([^)"\']+)\1\)')
    return link.sub(lambda found: f'url("{normal(folder / found[2])}")', text)


def normal(path):
    """The path without "..", as it is written in links."""
    parts = []
    for part in path.parts:
        parts = parts[:-1] if part == ".." else [*parts, part]
    return "/".join(parts)


def classes(site):
    """The classes of all elements, and all words of scripts, which may make classes of some."""
    found = set()
    for page in site.rglob("*.html"):
        for value in re.findall(r'\sclass="([^"]*)"', page.read_text(encoding="utf-8")):
            found.update(value.split())
    for script in site.joinpath("_static").rglob("*.js"):
        found.update(re.findall(r"[\w-]+", script.read_text(encoding="utf-8")))
    return found

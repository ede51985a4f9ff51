"""What other sites ask for, where `_config.yml` names this one's address (`html: {baseurl: …}`).

Search engines read a list of the pages, and whoever links to a page shows a picture beside it.
"""

import base64
import json
from html import escape
from pathlib import Path

PICTURE = ("book/hessians/sketch", "landscape")  # the page, and the figure's name there
PREVIEW = "_static/preview.png"


def setup(app):
    if app.config.html_baseurl:
        app.connect("html-page-context", head)
        app.connect("build-finished", publish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def address(app, path):
    return f"{app.config.html_baseurl.rstrip('/')}/{path}"


def head(app, page, template, context, doctree):
    context["preview"] = address(app, PREVIEW)


def publish(app, exception):
    if exception or app.builder.format != "html":
        return
    pages = [address(app, app.builder.get_target_uri(page)) for page in sorted(app.env.found_docs)]
    lines = [f"<url><loc>{escape(page)}</loc></url>" for page in pages]
    opening = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    sitemap = "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', opening, *lines, "</urlset>\n"])
    Path(app.outdir, "sitemap.xml").write_text(sitemap, encoding="utf-8")
    Path(app.outdir, PREVIEW).write_bytes(base64.b64decode(picture(Path(app.srcdir), *PICTURE)))


def picture(root, page, name):
    """The figure of that name, as its notebook holds it."""
    notebook = json.loads((root / f"{page}.ipynb").read_text(encoding="utf-8"))
    (cell,) = [cell for cell in notebook["cells"] if cell["metadata"].get("figure") == name]
    (output,) = cell["outputs"]
    return output["data"]["image/png"]

"""Leave out of the site what its pages do not need.

The theme loads Font Awesome twice, as fonts and as a script of 1.5 MB that draws the same icons,
and brings source maps and fonts in a second format.
"""

import re
from pathlib import Path

SCRIPT = re.compile(r'<script defer src="[^"]*/fontawesome\.js[^"]*"></script>')
NEEDLESS = ["*.map", "scripts/fontawesome.js*", "vendor/fontawesome/webfonts/*.ttf"]


def setup(app):
    app.connect("build-finished", strip)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def strip(app, exception):
    if exception or app.builder.format != "html":
        return
    site = Path(app.outdir)
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        if SCRIPT.search(text):
            page.write_text(SCRIPT.sub("", text), encoding="utf-8")
    for pattern in NEEDLESS:
        for file in site.joinpath("_static").rglob(pattern):
            file.unlink()

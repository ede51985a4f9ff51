"""Print the built book into one file: ``python tools/pdf.py SITE FILE``."""

import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

from browser import launch
from playwright.sync_api import sync_playwright

TOOLS = Path(__file__).parent
FIRST = "http://the.book/book/index.html"  # no host: the pages are read from the folder

FOOT = "width: 100%; text-align: center; font-size: 9px"
SCALE, WIDTH, MARGIN = 0.8, 174, 18  # the text is that wide, in millimetres, on A4
PAPER = {
    "format": "A4",
    "scale": SCALE,
    "margin": dict.fromkeys(("left", "right", "top", "bottom"), f"{MARGIN}mm"),
    "print_background": True,
    "display_header_footer": True,
    "header_template": "<span></span>",
    "footer_template": f'<p class="pageNumber" style="{FOOT}"></p>',
    "outline": True,
    "tagged": True,  # without tags no outline
}


def main(site, file):
    with sync_playwright() as playwright:
        browser = launch(playwright) or sys.exit("There is no Chromium, nor Chrome, to print with.")
        page = browser.new_page()
        arrange(page, Path(site))
        page.pdf(path=file, **PAPER)
        browser.close()
    print(f"The book is in {file}")


def arrange(page, site):
    """Make of all pages of a site the one that is printed, in a page of the browser."""

    def read(route):
        route.fulfill(path=site / unquote(urlsplit(route.request.url).path).lstrip("/"))

    page.route("**", read)
    page.set_viewport_size({"width": round(WIDTH / 25.4 * 96 / SCALE), "height": 900})
    page.emulate_media(media="print")
    page.goto(FIRST)
    page.add_style_tag(path=TOOLS / "pdf.css")
    page.evaluate((TOOLS / "pdf.js").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""The place, below the title of a page with cells, of the button that runs them.

A host of files alone runs nothing: there it says what to do instead. `make serve` adds the script
that puts the button into it (webassets/run.js).
"""

from html import escape

PAGE = "book/take_along"
PLACE = """<details class="run"><summary>Run this page</summary>
<p>To change its cells and run them, {ways}.</p></details>"""


def setup(app):
    app.connect("html-page-context", add_place, priority=900)  # the theme has made its links
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def add_place(app, page, template, context, doctree):
    if '<div class="cell' in context.get("body", ""):
        services = [
            (button["text"], button["url"])
            for group in context.get("header_buttons", [])
            if group.get("label") == "launch-buttons"
            for button in group["buttons"]
        ]
        place = place_of(context["pathto"](PAGE), services)
        context["body"] = context["body"].replace("</h1>", f"</h1>\n{place}", 1)


def place_of(take_along, services):
    """What a page says, with links to the services (name, address) that `_config.yml` names."""
    ways = [f'<a href="{take_along}">take the course along</a>']
    ways += [f'open it on <a href="{escape(url)}">{escape(name)}</a>' for name, url in services]
    ways += ["or type <code>make serve</code> in a clone of the course"]
    return PLACE.format(ways=", ".join(ways))

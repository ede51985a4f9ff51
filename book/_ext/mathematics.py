"""Set mathematics when the book is built, as MathML, which browsers draw by themselves.

The font is cut down to the signs that the pages have.
"""

import re
import unicodedata
from base64 import b64encode
from html import unescape
from pathlib import Path

import fonts
from docutils import nodes
from math_core import LatexError
from sphinx.locale import _
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from tex import mathml

SHEET = "style.css"
FONT = "fonts/stix-two-math.woff2"  # as the sheet names it

# {letter: the same, in mathematical italics}
ITALIC = [*range(0x1D434, 0x1D455), 0x210E, *range(0x1D456, 0x1D468), *range(0x1D6E2, 0x1D71C)]
ITALIC = {chr(int(unicodedata.decomposition(chr(c)).split()[1], 16)): chr(c) for c in ITALIC}


def setup(app):
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_display, None))
    app.add_post_transform(TakeWhatIsAttached)
    app.connect("build-finished", put_font)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class TakeWhatIsAttached(SphinxPostTransform):
    """Give a formula the letters and signs on either side of it, up to a blank.

    A browser may break a line between a formula and the comma that follows it.
    """

    default_priority = 900
    formats = ("html",)

    def run(self):
        for node in self.document.findall(nodes.math):
            place = node.parent.index(node)
            for key, neighbour, attached in (
                ("before", place - 1, r"\S+$"),
                ("after", place + 1, r"^\S+"),
            ):
                text = node.parent[neighbour] if 0 <= neighbour < len(node.parent) else None
                found = isinstance(text, nodes.Text) and re.search(attached, text)
                if found:
                    node[key] = found[0]
                    node.parent[neighbour] = nodes.Text(re.sub(attached, "", text))


def visit_inline(writer, node):
    before, after = (writer.encode(node.get(key, "")) for key in ("before", "after"))
    formula = writer.starttag(node, "span", "", CLASS="math") + before + converted(node)
    writer.body.append(f"{formula}{after}</span>")
    raise nodes.SkipNode


def visit_display(writer, node):
    writer.body.append(writer.starttag(node, "div", "", CLASS="math"))
    if node["number"]:
        writer.body.append(f'<span class="eqno">({get_node_equation_number(writer, node)})')
        writer.add_permalink_ref(node, _("Link to this equation"))
        writer.body.append("</span>")
    writer.body.append(f'<div class="formula">{converted(node)}</div></div>\n')
    raise nodes.SkipNode


def converted(node):
    """The MathML of a node; where that fails, a warning and nothing."""
    try:
        return mathml(node.astext(), display=isinstance(node, nodes.math_block))
    except LatexError as error:
        message = "the formula %r cannot be set: %s"
        logging.getLogger(__name__).warning(message, node.astext(), error, location=node)
        return ""


def put_font(app, exception):
    """Put the font into the style sheet, with the signs of all formulas.

    One that came after the sheet would set every formula anew, and move the text around it.
    """
    if exception or app.builder.format != "html":
        return
    font = Path(app.outdir, "_static", FONT)
    if not font.exists():
        return  # no page is new, so that no file was copied
    pages = (page.read_text(encoding="utf-8") for page in Path(app.outdir).rglob("*.html"))
    formulas = (formula for page in pages for formula in re.findall(r"<math\b.*?</math>", page))
    fonts.cut(font, set().union(*map(signs, formulas)))
    data = f"data:font/woff2;base64,{b64encode(font.read_bytes()).decode()}"
    sheet = Path(app.outdir, "_static", SHEET)
    text = sheet.read_text(encoding="utf-8")
    sheet.write_text(text.replace(f'url("{FONT}")', f'url("{data}")'), encoding="utf-8")
    font.unlink()


def signs(formula):
    """The characters of a formula, with those that browsers draw for a root or a single letter."""
    if "<msqrt>" in formula or "<mroot>" in formula:
        yield "√"
    for text in map(unescape, re.findall(r">([^<]+)", formula)):
        yield from text + ITALIC.get(text, "")

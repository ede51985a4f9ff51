"""Set mathematics when the book is built, as MathML, which browsers draw by themselves.

math-core converts a formula, a little differently from TeX in places. What it does not know is
rewritten in TeX before, what it gives that browsers set badly is put right in MathML afterwards.
The font is cut down to the signs that the pages have.
"""

import re
import unicodedata
from html import unescape
from pathlib import Path

import fonts
from docutils import nodes
from math_core import LatexError, LatexToMathML
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

FONT = "fonts/stix-two-math.woff2"
CONVERTER = LatexToMathML(fancy_error=False)

BEFORE = [
    # The distance after the end of a row: it would be printed, and rows are far enough apart.
    (r"\\\\\s*\[[\d.]+\s*[a-z]+\]", r"\\\\"),
    (r"\{split\}", "{aligned}"),
    # Sphinx numbers equations.
    (r"(\\(?:begin|end)\{(?:align|alignat|equation|gather|multline))\}", r"\1*}"),
]
AFTER = [
    # The sign at the beginning of a row stands between two terms, the first of them a row above.
    (r'(padding-left: 0;"><mo)(>[+−±∓]</mo>)', r'\1 form="infix"\2'),
    # A tall bracket with an exponent is as tall as without.
    (r"(<msu[bp]{1,2}>|<msubsup>)(<mo [^>]*minsize[^>]*>[^<]*</mo>)", r"\1<mrow>\2</mrow>"),
    # A line above, of which Chromium knows how long it is to be.
    ('<mo stretchy="true">\u0332</mo>', '<mo stretchy="true">\u203e</mo>'),
]

# {letter: the same, in mathematical italics}
ITALIC = [*range(0x1D434, 0x1D455), 0x210E, *range(0x1D456, 0x1D468), *range(0x1D6E2, 0x1D71C)]
ITALIC = {chr(int(unicodedata.decomposition(chr(c)).split()[1], 16)): chr(c) for c in ITALIC}

ENVIRONMENT = re.compile(r"\\begin\{(\w+\*?)\}(?:(?!\\begin\{).)*?\\end\{\1\}", re.DOTALL)


def setup(app):
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_display, None))
    app.connect("build-finished", cut_font)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def mathml(tex, display=False):
    """The MathML of a formula."""
    for pattern, replacement in BEFORE:
        tex = re.sub(pattern, replacement, tex)
    if r"\\" in outside_environments(tex):
        tex = rf"\begin{{aligned}}{tex}\end{{aligned}}"
    text = CONVERTER.convert_with_local_state(tex, displaystyle=display)
    for pattern, replacement in AFTER:
        text = re.sub(pattern, replacement, text)
    return text


def outside_environments(tex):
    """A formula without the environments in it."""
    found = 1
    while found:
        tex, found = ENVIRONMENT.subn("", tex)
    return tex


def visit_inline(writer, node):
    formula = writer.starttag(node, "span", "", CLASS="math") + converted(node) + "</span>"
    writer.body.append(formula)
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


def cut_font(app, exception):
    """Leave in the font the signs of all formulas."""
    if exception or app.builder.format != "html":
        return
    pages = (page.read_text(encoding="utf-8") for page in Path(app.outdir).rglob("*.html"))
    formulas = (formula for page in pages for formula in re.findall(r"<math\b.*?</math>", page))
    fonts.cut(Path(app.outdir, "_static", FONT), set().union(*map(signs, formulas)))


def signs(formula):
    """The characters of a formula, with those that browsers draw for a root or a single letter."""
    if "<msqrt>" in formula or "<mroot>" in formula:
        yield "√"
    for text in map(unescape, re.findall(r">([^<]+)", formula)):
        yield from text + ITALIC.get(text, "")

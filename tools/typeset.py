"""Markdown and TeX as HTML: a page that is run sets neither by itself."""

from html import escape

from markdown_it import MarkdownIt
from math_core import LatexError
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound
from tex import mathml


def typeset(data):
    """What an object shows, {kind: text}, with HTML where it has Markdown or TeX instead."""
    text = data.get("text/markdown")
    if text is None and (text := data.get("text/latex")):
        text = text if text.lstrip().startswith("$") else f"$$\n{text}\n$$"
    return data if text is None else {"text/html": MARKDOWN.render(text)} | data


def formula(tex, options):
    display = options["display_mode"]
    try:
        text = mathml(tex, display)
    except LatexError:
        return f"<code>{escape(tex)}</code>"
    return f'<div class="formula">{text}</div>' if display else text


def fence(renderer, tokens, index, options, env):
    language = tokens[index].info.strip() or "text"
    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        lexer = get_lexer_by_name("text")
    text = highlight(tokens[index].content, lexer, HtmlFormatter())
    return f'<div class="highlight-{escape(language)} notranslate">{text}</div>'


MARKDOWN = MarkdownIt().enable("table")
MARKDOWN.use(dollarmath_plugin, renderer=formula)
MARKDOWN.add_render_rule("fence", fence)

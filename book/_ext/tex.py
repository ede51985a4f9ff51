"""A formula in TeX as MathML.

math-core converts it, a little differently from TeX in places. What it does not know is rewritten
in TeX before, what it gives that browsers set badly is put right in MathML afterwards.
"""

import re

from math_core import LatexToMathML

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

ENVIRONMENT = re.compile(r"\\begin\{(\w+\*?)\}(?:(?!\\begin\{).)*?\\end\{\1\}", re.DOTALL)


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

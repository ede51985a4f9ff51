"""How a formula in TeX becomes MathML, and what the font keeps."""

import importlib
import logging
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXTENSIONS = ROOT / "book/_ext"
FONT = ROOT / "book/webassets/fonts/stix-two-math.woff2"


@pytest.fixture(scope="module")
def mathematics():
    sys.path.insert(0, str(EXTENSIONS))
    yield importlib.import_module("mathematics")
    sys.path.remove(str(EXTENSIONS))


@pytest.fixture(scope="module")
def tree(mathematics):
    """tree(tex): the elements of a displayed formula."""
    return lambda tex: ET.fromstring(mathematics.mathml(tex, display=True))


def words(element):
    return "".join(element.itertext())


def test_a_formula_in_a_line_and_one_that_is_displayed(mathematics):
    assert mathematics.mathml("x") == "<math><mi>x</mi></math>"
    assert mathematics.mathml("x", display=True) == '<math display="block"><mi>x</mi></math>'


def test_the_distance_between_two_rows_is_not_printed(tree):
    assert words(tree(r"\begin{gathered} a \\[4pt] b \\ [1.5 em] c \end{gathered}")) == "abc"


def test_an_interval_at_the_beginning_of_a_row_stays(tree):
    assert words(tree(r"\begin{gathered} x \in \\ {[0, 1]} \end{gathered}")) == "x∈[0,1]"


@pytest.mark.parametrize(
    "tex",
    [
        r"a &= b \\ &= c",  # what Sphinx puts into a split
        r"\begin{split} a &= b \\ &= c \end{split}",
        r"\begin{aligned} a &= b \\ &= c \end{aligned}",
        r"\begin{align} a &= b \\ &= c \end{align}",
        r"\begin{align*} a &= b \\ &= c \end{align*}",
    ],
)
def test_rows_are_aligned_and_have_no_number_of_their_own(tree, tex):
    formula = tree(tex)
    assert [words(row) for row in formula.iter("mtr")] == ["a=b", "=c"]


def test_a_matrix_alone_is_no_break_of_rows(tree):
    assert len(list(tree(r"\begin{pmatrix} a \\ b \end{pmatrix} = c").iter("mtable"))) == 1
    nested = r"\begin{cases} \begin{pmatrix} a \\ b \end{pmatrix} \\ c \end{cases}"
    assert len(list(tree(nested).iter("mtable"))) == 2


def test_a_row_that_begins_with_a_sign_goes_on_with_a_sum(tree):
    sign = r"\begin{aligned} a &= b \\ &%s c \end{aligned}"
    for tex in ("+", "-", r"\pm", r"\mp"):
        assert list(tree(sign % tex).iter("mo"))[-1].get("form") == "infix"


def test_a_sign_in_a_matrix_belongs_to_its_number(tree):
    signs = tree(r"\begin{pmatrix} 1 & -2 \\ -3 & 4 \end{pmatrix}").iter("mo")
    assert [sign.get("form") for sign in signs if sign.text == "−"] == [None, None]


@pytest.mark.parametrize("script", ["^2", "_i", "^2_i"])
def test_a_tall_bracket_with_a_script_is_tall(tree, script):
    (bracket,) = tree(rf"\Bigl( x \Bigr){script}").findall("./*/mrow/mo")
    assert bracket.text == ")"
    assert "minsize" in bracket.attrib


def test_a_line_above_is_one_that_stretches(tree):
    (line,) = tree(r"\overline{xy}").iter("mo")
    assert (line.text, line.get("stretchy")) == ("‾", "true")


def test_a_formula_that_fails_is_a_warning_that_names_it(mathematics, caplog):
    from docutils import nodes

    node = nodes.math_block(r"\unknown{x}", r"\unknown{x}")
    with caplog.at_level(logging.WARNING):
        handler = caplog.handler
        logging.getLogger("sphinx").addHandler(handler)
        try:
            assert mathematics.converted(node) == ""
        finally:
            logging.getLogger("sphinx").removeHandler(handler)
    assert "unknown" in caplog.text


def test_signs_of_a_formula_are_those_that_are_drawn(mathematics):
    formula = mathematics.mathml(r"\sqrt{x} < \sin h")
    drawn = set(mathematics.signs(formula))
    assert {"√", "𝑥", "<", "s", "i", "n", "ℎ"} <= drawn
    assert not {"𝑠", "&", ";"} & drawn


def test_the_font_is_cut_to_what_is_used_and_keeps_its_table_of_mathematics(mathematics, tmp_path):
    import fonts
    from fontTools.ttLib import TTFont

    whole, cut = TTFont(FONT), tmp_path / "font.woff2"
    cut.write_bytes(FONT.read_bytes())
    fonts.cut(cut, "𝑥√(′")
    font = TTFont(cut)
    assert set(map(chr, font.getBestCmap())) == set("𝑥√()′")  # a bracket keeps its mirror image
    assert cut.stat().st_size < 10_000
    variants = font["MATH"].table.MathVariants
    taller = dict(
        zip(variants.VertGlyphCoverage.glyphs, variants.VertGlyphConstruction, strict=True)
    )
    assert {font.getBestCmap()[ord(sign)] for sign in "√("} <= set(taller)
    root = taller[font.getBestCmap()[ord("√")]].MathGlyphVariantRecord
    assert len(root) > 1
    assert len({font["hmtx"][record.VariantGlyph][0] for record in root}) == 1
    # Of the size of an exponent, a prime is as large, and as high, as one in a line of text.
    constants = whole["MATH"].table.MathConstants
    scale, up = constants.ScriptPercentScaleDown / 100, constants.SuperscriptShiftUp.Value
    before = whole["glyf"][whole.getBestCmap()[ord("′")]]
    after = font["glyf"][font.getBestCmap()[ord("′")]]
    for side in ("yMin", "yMax"):
        assert abs(up + scale * getattr(after, side) - getattr(before, side)) <= 1


def test_a_font_is_cut_alike_each_time(mathematics, tmp_path):
    import fonts

    for name in ("a.woff2", "b.woff2"):
        (tmp_path / name).write_bytes(FONT.read_bytes())
        fonts.cut(tmp_path / name, "𝑥√(′")
    assert (tmp_path / "a.woff2").read_bytes() == (tmp_path / "b.woff2").read_bytes()


def test_each_formula_of_the_book_can_be_set_in_the_font(mathematics):
    from fontTools.ttLib import TTFont

    there = set(map(chr, TTFont(FONT).getBestCmap()))
    found = 0
    for path in ROOT.glob("book/*/*.ipynb"):
        text = path.read_text(encoding="utf-8").replace("\\\\", "\\")
        for tex in re.findall(r"(?<!\$)\$([^$\n]+)\$(?!\$)", text):
            assert set(mathematics.signs(mathematics.mathml(tex))) <= there, tex
            found += 1
    assert found > 1000

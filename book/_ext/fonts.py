"""Cut fonts down to the signs that the book uses."""

from fontTools.misc.transform import Scale, Transform
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

PRIMES = "′″‴⁗"
ROOT = "√"


def cut(path, signs):
    """Leave in a font these signs and what they are built of, in WOFF2."""
    with TTFont(path, recalcTimestamp=False) as font:
        if "MATH" in font:
            set_primes(font)
            narrow_roots(font)
        subsetter = Subsetter(Options(hinting=False))
        subsetter.populate(unicodes=map(ord, signs))
        subsetter.subset(font)
        font.flavor = "woff2"
        font.save(path)


def set_primes(font):
    """Make primes that, set as exponents, look as they do in a line of text.

    TeX sets primes as exponents, which are made smaller and raised. Browsers do that with a sign
    that is small and raised already: so it is drawn larger and lower here by just as much.
    """
    constants = font["MATH"].table.MathConstants
    scale = constants.ScriptPercentScaleDown / 100
    as_exponent = Transform(scale, 0, 0, scale, 0, constants.SuperscriptShiftUp.Value)
    for name in {font.getBestCmap()[ord(prime)] for prime in PRIMES}:
        redraw(font, name, as_exponent.inverse())


def narrow_roots(font):
    """Make tall root signs as narrow as the usual one.

    Chromium leaves room after a root for the widest sign that there is.
    """
    variants = font["MATH"].table.MathVariants
    usual = font.getBestCmap()[ord(ROOT)]
    built = variants.VertGlyphConstruction[variants.VertGlyphCoverage.glyphs.index(usual)]
    tall = {record.VariantGlyph for record in built.MathGlyphVariantRecord}
    tall |= {part.glyph for part in built.GlyphAssembly.PartRecords}
    for name in tall - {usual}:
        redraw(font, name, Scale(font["hmtx"][usual][0] / font["hmtx"][name][0], 1))


def redraw(font, name, transform):
    """Draw a glyph through a linear map."""
    drawing, pen = DecomposingRecordingPen(font.getGlyphSet()), TTGlyphPen(None)
    font.getGlyphSet()[name].draw(drawing)
    drawing.replay(TransformPen(pen, transform))
    font["glyf"][name] = pen.glyph()
    width, bearing = font["hmtx"][name]
    font["hmtx"][name] = round(transform[0] * width), round(transform[0] * bearing)

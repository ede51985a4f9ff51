"""A figure as SVG: a picture for each column of its panels, in the colours of the page around it.

matplotlib draws, on a renderer that writes each mark down. Every colour is a variable of the page,
so that a picture is light or dark as the page is; text is text, in the font of the page. Lengths
are whole tenths of a point, and no mark has a name, so that pictures are small and the same each
time.
"""

import base64
import io
import re
from dataclasses import dataclass
from html import escape

import numpy as np
from matplotlib import colors
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_mixed import MixedModeRenderer
from matplotlib.path import Path
from PIL import Image

from companion.plots import _style
from companion.plots._style import ink

UNITS = 10  # in a point
PIXELS = 4 / 3  # of a page, in a point
DOTS = 200  # an inch, of what is not drawn in lines
PAD = 3  # points around a picture
SMALLEST = 0.8  # of the size of a text, what is written above or below its line

NAMED = ("TRUTH", "MODEL", "STEP", "GRADIENT", "FEASIBLE", "QUIET")
FULL = {getattr(_style, name).lower(): name.lower() for name in NAMED}
VARIABLES = FULL | {colors.to_hex(ink(color)): f"{name}-ink" for color, name in FULL.items()}
VARIABLES |= {_style.OPTIMUM: "ink", "#ffffff": "paper"}
GROUND = 'path fill="var(--plot-paper,#ffffff)"'


@dataclass(frozen=True)
class Mark:
    """One element of a picture: its tag with attributes, what it holds, and where it is cut off.

    Attributes
    ----------
    tag : str
        As in ``path stroke="…"``.
    body : str
        The data of a path, the inside of any other element.
    window : tuple of int, or None
        Left, top, width and height outside of which nothing of it is seen.
    """

    tag: str
    body: str
    window: tuple | None = None


@dataclass(frozen=True)
class Picture:
    """A column of panels: its box (left, top, width, height), and its marks from back to front."""

    box: tuple
    marks: tuple

    def svg(self, inside=None):
        """The picture, or something else in its box."""
        left, top, width, height = self.box
        pixels = [round(PIXELS / UNITS * length) for length in (width, height)]
        return (
            f'<svg viewBox="{left} {top} {width} {height}" width="{pixels[0]}" height="{pixels[1]}"'
            ' fill="none" stroke-linecap="square" stroke-linejoin="round"'
            f' style="max-width:100%;height:auto">{inside or written(self.marks)}</svg>'
        )


def described(pictures, text):
    """Pictures as one, as HTML, with the text that stands for them."""
    return f'<div class="pictures" role="img" aria-label="{escape(text)}">{"".join(pictures)}</div>'


def written(marks):
    """The marks as SVG. Lines of one style that follow each other are one element."""
    joined = []
    for mark in marks:
        last = joined[-1] if joined else None
        if last and is_line(mark) and (mark.tag, mark.window) == (last.tag, last.window):
            joined[-1] = Mark(mark.tag, last.body + mark.body, mark.window)
        else:
            joined.append(mark)
    parts, window = [], None
    for mark in [*joined, Mark("", "")]:
        if mark.window != window:
            parts.append("</svg>" if window else "")
            window = mark.window
            parts.append(
                '<svg x="{0}" y="{1}" width="{2}" height="{3}" viewBox="{0} {1} {2} {3}">'.format(
                    *window
                )
                if window
                else ""
            )
        if mark.tag.startswith("path"):
            parts.append(f'<{mark.tag} d="{mark.body}"/>')
        elif mark.tag:
            parts.append(f"<{mark.tag}>{mark.body}</{mark.tag.split()[0]}>")
    return "".join(parts)


def is_line(mark):
    """Is this a line, opaque and without a fill, to which others can be joined?"""
    return mark.tag.startswith("path stroke=") and not re.search("fill=|opacity=", mark.tag)


def pictures(figure):
    """A figure as pictures, one for each column of its panels, from left to right."""
    before = figure.dpi
    figure.dpi = 72
    try:
        if figure.get_layout_engine():
            figure.get_layout_engine().execute(figure)
        pens = [_drawn(figure, panels) for panels in _columns(figure.axes)]
    finally:
        figure.dpi = before
    top, bottom = min(pen.box[1] for pen in pens), max(pen.box[3] for pen in pens)
    return [
        Picture((pen.box[0], top, pen.box[2] - pen.box[0], bottom - top), tuple(pen.marks))
        for pen in pens
    ]


def _columns(panels):
    """The panels in groups: those above each other belong together."""
    columns = []
    for axes in sorted(panels, key=lambda axes: axes.get_position().x0):
        place = axes.get_position()
        if columns and place.x0 < columns[-1][0].get_position().x1 - 0.01:
            columns[-1].append(axes)
        else:
            columns.append([axes])
    return columns


def _drawn(figure, panels):
    """What is written when some panels of a figure are drawn."""
    width, height = figure.get_size_inches()
    pen = Pen(72 * width, 72 * height)
    renderer = MixedModeRenderer(figure, width, height, DOTS, pen)
    for artist in [*panels, *figure.legends, *figure.texts]:
        before = len(pen.marks)
        artist.draw(renderer)
        if artist in panels and [mark.tag for mark in pen.marks[before:][:1]] == [GROUND]:
            del pen.marks[before]  # the page has its own
    return pen


def units(*points):
    """Lengths in points, as whole units."""
    return tuple(round(UNITS * float(length)) for length in points)


class Pen(RendererBase):
    """Writes down the marks of a figure of this size, in points; y goes downwards."""

    def __init__(self, width, height):
        super().__init__()
        self.width, self.height = width, height
        self.marks, self.box = [], (width * UNITS, height * UNITS, 0, 0)

    def write(self, gc, tag, body, low, high):
        """A mark that reaches from one corner to the other, in points."""
        box, window = gc.get_clip_rectangle(), None
        if box:
            left, right, bottom, top = box.x0, box.x1, self.height - box.y0, self.height - box.y1
            low, high = np.maximum(low, (left, top)), np.minimum(high, (right, bottom))
            window = units(left, top, right - left, bottom - top)
        corners = units(*np.subtract(low, PAD)), units(*np.add(high, PAD))
        self.box = (*map(min, self.box[:2], corners[0]), *map(max, self.box[2:], corners[1]))
        self.marks.append(Mark(tag, body, window))

    def get_canvas_width_height(self):
        return self.width, self.height

    def get_image_magnification(self):
        return DOTS / 72

    def draw_path(self, gc, path, transform, rgbFace=None):
        paint = painted(gc, rgbFace)
        if not paint:
            return
        box, edge = gc.get_clip_rectangle(), 2 * gc.get_linewidth()
        clip = box and (box.x0 - edge, box.y0 - edge, box.x1 + edge, box.y1 + edge)
        is_curved = path.codes is not None and np.isin(path.codes, [Path.CURVE3, Path.CURVE4]).any()
        path = path.cleaned(
            transform,
            remove_nans=True,
            clip=None if rgbFace is not None or is_curved else clip,
            simplify=not is_curved,
            curves=True,
        )
        points = path.vertices * [1, -1] + [0, self.height]
        ends = points[(path.codes != Path.STOP) & (path.codes != Path.CLOSEPOLY)]
        if len(ends):
            body = data(points, path.codes)
            self.write(gc, f"path {paint}", body, ends.min(axis=0), ends.max(axis=0))

    def draw_markers(self, gc, marker_path, marker_trans, path, trans, rgbFace=None):
        paint = painted(gc, rgbFace)
        marker = marker_path.transformed(marker_trans)
        shape = marker.vertices * [1, -1]
        reach = abs(shape).max()
        places = trans.transform(path.vertices)
        places = places[np.isfinite(places).all(axis=1)]
        if box := gc.get_clip_rectangle():
            inside = (places > box.min - reach) & (places < box.max + reach)
            places = places[inside.all(axis=1)]
        if not paint or not len(places):
            return
        places = places * [1, -1] + [0, self.height]
        if marker_path is Path.unit_circle():
            body = "".join(circle(*place, reach) for place in places)
        else:
            body = "".join(data(shape + place, marker.codes) for place in places)
        low, high = places.min(axis=0) + shape.min(axis=0), places.max(axis=0) + shape.max(axis=0)
        self.write(gc, f"path {paint}", body, low, high)

    def draw_image(self, gc, x, y, im, transform=None):
        size = np.array(im.shape[1::-1]) * 72 / DOTS
        low = np.array([x, self.height - y - size[1]])
        file = io.BytesIO()
        image = Image.fromarray(np.asarray(im)[::-1])
        image.save(file, "webp", quality=80, method=5)  # 6: 50 times the time, 3 % fewer bytes
        source = base64.b64encode(file.getvalue()).decode("ascii")
        place = 'x="{}" y="{}" width="{}" height="{}"'.format(*units(*low, *size))
        tag = f'image {place} href="data:image/webp;base64,{source}"'
        self.write(gc, tag, "", low, low + size)

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        width, height, descent = self.get_text_width_height_descent(s, prop, ismath)
        along = np.array([np.cos(np.radians(angle)), -np.sin(np.radians(angle))])
        up = np.array([along[1], -along[0]])
        start = np.array([x, y])
        corners = [
            start + right * along + above * up
            for right in (0, width)
            for above in (-descent, height - descent)
        ]
        # A text that turns about its corner keeps its middle, whatever the font of the page.
        is_turned = angle and not (mtext and mtext.get_rotation_mode() == "anchor")
        side = "center" if mtext is None or is_turned else mtext.get_ha()
        anchor, share = {"left": ("start", 0), "center": ("middle", 0.5), "right": ("end", 1)}[side]
        x, y = units(*(start + share * width * along))
        size = f"{UNITS * prop.get_size_in_points():g}"
        color = gc.get_rgb()[:3]
        if colors.to_hex(color) in FULL:
            color = ink(color)  # full colours are for lines: letters in them are hard to read
        tag = f'text x="{x}" y="{y}" font-size="{size}" fill="{variable(color)}"'
        if anchor != "start":
            tag += f' text-anchor="{anchor}"'
        if angle:
            tag += f' transform="rotate({-angle:.4g} {x} {y})"'
        body = self.formula(s, prop) if ismath else escape(s, quote=False)
        body = body.replace("  ", "\N{NO-BREAK SPACE}" * 2)
        self.write(gc, tag, body, np.min(corners, axis=0), np.max(corners, axis=0))

    def formula(self, s, prop):
        """A formula as pieces of text, slanted, smaller, higher or lower."""
        parsed = self._text2path.mathtext_parser.parse(s, 72, prop)
        if parsed.rects:
            raise ValueError(f"{s} has a rule, as of a fraction, which text cannot show")
        full = prop.get_size_in_points()
        spans, here = [], 0.0
        level = next((y for _, size, *_, y in parsed.glyphs if size == full), 0.0)
        for font, size, code, _, x, y in parsed.glyphs:
            font.set_size(size, 72)
            is_slanted = "Oblique" in font.style_name or "Italic" in font.style_name
            style = (is_slanted, max(size, SMALLEST * full), y)
            gap = x - here if spans and abs(x - here) >= 0.12 * size else 0.0
            if spans and not gap and spans[-1][0] == style:
                spans[-1][-1].append(chr(code))
            else:
                spans.append((style, gap, level - y, [chr(code)]))
                level = y
            here = x + font.load_char(code).linearHoriAdvance / 65536
        return "".join(span(*piece, full) for piece in spans)


def span(style, right, down, text, full):
    """A piece of a formula."""
    slanted, size, _ = style
    look = {
        "font-style": "italic" if slanted else "",
        "font-size": f"{UNITS * size:.3g}" if size != full else "",
        "dx": f"{UNITS * right:.0f}" if right else "",
        "dy": f"{UNITS * down:.0f}" if down else "",
    }
    look = "".join(f' {key}="{value}"' for key, value in look.items() if value)
    text = escape("".join(text), quote=False)
    return f"<tspan{look}>{text}</tspan>" if look else text


def painted(gc, face):
    """How a path is stroked and filled, as attributes; nothing if it is not seen."""
    forced = gc.get_alpha() if gc.get_forced_alpha() else None
    look = {}
    if gc.get_linewidth() > 0 and gc.get_rgb()[3] > 0:
        look["stroke"] = variable(gc.get_rgb())
        look["stroke-width"] = f"{UNITS * gc.get_linewidth():.3g}"
        look["stroke-opacity"] = opacity(gc.get_rgb()[3] if forced is None else forced)
        cap = {"projecting": "", "butt": "butt", "round": "round"}[gc.get_capstyle()]
        look["stroke-linecap"] = cap
        offset, dashes = gc.get_dashes()
        if dashes is not None:
            look["stroke-dasharray"] = " ".join(f"{UNITS * dash:.0f}" for dash in dashes)
            look["stroke-dashoffset"] = f"{UNITS * offset:.0f}" if offset else ""
    if face is not None:
        alpha = forced if forced is not None else (face[3] if len(face) == 4 else 1)
        if alpha:
            look["fill"] = variable(face)
            look["fill-opacity"] = opacity(alpha)
    return " ".join(f'{key}="{value}"' for key, value in look.items() if value)


def opacity(alpha):
    return "" if alpha == 1 else f"{alpha:.3g}"


def variable(color):
    """The variable of the page that holds a colour of the course, with what it is without."""
    plain = colors.to_hex(color[:3])
    if plain not in VARIABLES:
        raise ValueError(f"{plain} is none of the colours of companion.plots")
    return f"var(--plot-{VARIABLES[plain]},{plain})"


def circle(x, y, radius):
    """The data of a circle, in points."""
    r = round(UNITS * radius)
    x, y = units(x, y)
    return f"M{x - r} {y}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0-{2 * r} 0"


def data(vertices, codes):
    """The data of a path, with steps from point to point in whole units."""
    text, letter = [], ""
    points = np.rint(UNITS * vertices).astype(int).tolist()
    if codes is None:
        codes = [Path.MOVETO] + [Path.LINETO] * (len(points) - 1)
    here = start = (0, 0)
    pending = []  # the control points of a curve

    def write(command, numbers):
        nonlocal letter
        text.append("" if command == letter else command)
        for k, number in enumerate(numbers):
            lead = "" if number < 0 or (k == 0 and text[-1]) else " "
            text.append(f"{lead}{number}")
        letter = command

    for point, code in zip(points, np.asarray(codes).tolist(), strict=True):
        if code == Path.MOVETO:
            write("M", point)
            letter, here, start = "", point, point
        elif code == Path.LINETO:
            step = (point[0] - here[0], point[1] - here[1])
            if step != (0, 0):
                write("l", step)
            here = point
        elif code in (Path.CURVE3, Path.CURVE4):
            pending += [point[0] - here[0], point[1] - here[1]]
            if len(pending) == {Path.CURVE3: 4, Path.CURVE4: 6}[code]:
                write({Path.CURVE3: "q", Path.CURVE4: "c"}[code], pending)
                pending, here = [], point
        elif code == Path.CLOSEPOLY:
            write("z", ())
            letter, here = "", start
    return "".join(text)

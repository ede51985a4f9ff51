"""Pictures of results, each on the Axes it is given, and figures as SVG.

Colours are the Okabe–Ito palette, and each has one meaning throughout the course: they stand in
``_style``, the pictures in ``_drawings``. ``_svg`` writes a figure for a page.
"""

from companion.plots._drawings import (
    arm,
    arrow,
    cells,
    contours,
    curve,
    dome,
    grid_lines,
    label,
    loglog,
    neighbourhood,
    optimum,
    path,
    region,
    step_parts,
    surface,
)
from companion.plots._style import (
    FEASIBLE,
    GRADIENT,
    MODEL,
    OPTIMUM,
    QUIET,
    SHADES,
    STEP,
    STYLE,
    TRUTH,
    WIDE,
    ink,
    use_style,
)
from companion.plots._svg import Mark, Picture, described, pictures, written

__all__ = [
    "FEASIBLE",
    "GRADIENT",
    "MODEL",
    "OPTIMUM",
    "QUIET",
    "SHADES",
    "STEP",
    "STYLE",
    "TRUTH",
    "WIDE",
    "Mark",
    "Picture",
    "arm",
    "arrow",
    "cells",
    "contours",
    "curve",
    "described",
    "dome",
    "grid_lines",
    "ink",
    "label",
    "loglog",
    "neighbourhood",
    "optimum",
    "path",
    "pictures",
    "region",
    "step_parts",
    "surface",
    "use_style",
    "written",
]

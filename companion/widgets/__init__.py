"""Sliders over pictures that are drawn beforehand, so that they move with a kernel and without one.

``slider`` (``_slider``) shows one of ``SLIDERS`` (``_table``); with a function or data of your own
the same picture of that, drawn by the kernel as you drag. What a picture is of, and the axes that
fit it, are its scene (``_scene``). The frames are drawn by
``_pictures_jacobians``, ``_pictures_hessians``, ``_pictures_taylor``, ``_pictures_constrained``
and ``_pictures_least_squares``. To add one, write its frame, add its entry, and call
``slider(name)`` in a chapter.
"""

from companion.widgets._slider import frame, frames, plain, slider
from companion.widgets._table import SLIDERS, Slider

__all__ = [
    "SLIDERS",
    "Slider",
    "frame",
    "frames",
    "plain",
    "slider",
]

"""Sliders: the frame shown is that of the value chosen, and says so in its alt text."""

import base64
import io
import re
from html import unescape

import matplotlib.pyplot as plt
import numpy as np
import pytest
from ipywidgets.embed import dependency_state
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from PIL import Image

from companion.plots import GRADIENT, MODEL, STEP, STYLE
from companion.widgets import SLIDERS, frame, slider, webp


@pytest.fixture(scope="module", params=SLIDERS)
def built(request):
    spec = SLIDERS[request.param]
    handle, stack = slider(request.param).children
    return spec, handle, stack


def test_there_is_a_frame_for_each_value(built):
    spec, handle, stack = built
    assert len(stack.children) == len(handle.options) == len(spec.values) >= 31
    assert len({child.value for child in stack.children}) == len(spec.values)


def test_the_readouts_tell_the_values_apart(built):
    spec, handle, _ = built
    assert len(set(handle.options)) == len(spec.values)
    assert handle.options[0] == spec.readout.format(spec.values[0])


def test_the_slider_starts_on_the_same_value_in_handle_and_picture(built):
    spec, handle, stack = built
    assert handle.index == stack.selected_index == spec.start
    assert 5 < spec.start < len(spec.values) - 6


def test_handle_and_picture_are_joined_in_the_browser(built):
    _, handle, stack = built
    state = dependency_state([handle, stack])
    (link,) = (model["state"] for model in state.values() if model["model_name"] == "LinkModel")
    assert link["source"] == [f"IPY_MODEL_{handle.model_id}", "index"]
    assert link["target"] == [f"IPY_MODEL_{stack.model_id}", "selected_index"]


def test_every_frame_is_a_picture_with_an_alt_text_of_its_own(built):
    spec, handle, stack = built
    alts = [unescape(re.search(r'alt="([^"]*)"', child.value)[1]) for child in stack.children]
    assert len(set(alts)) == len(alts)
    assert handle.description
    data = re.search(r"base64,([^\"]*)", stack.children[spec.start].value)[1]
    picture = Image.open(io.BytesIO(base64.b64decode(data)))
    assert picture.format == "WEBP"
    assert picture.width >= 600


def test_the_frames_of_a_slider_weigh_little(built):
    _, _, stack = built
    assert sum(len(child.value) for child in stack.children) < 1_200_000


def test_the_axes_do_not_move_and_hold_the_picture(built):
    spec, _, _ = built
    places = []
    for value in [*spec.values[::6], spec.values[-1]]:
        with plt.rc_context(STYLE):
            figure = Figure()
            alt = spec.draw(figure, value)
            figure.canvas.draw()
        assert len(alt) > 20
        assert figure.get_figwidth() <= 6.4  # so that its letters are large
        places.append([[*axes.get_position().bounds, *axes.axis()] for axes in figure.axes])
    np.testing.assert_allclose(places, [places[0]] * len(places), atol=2e-3)


def test_labels_tell_the_sliders_apart():
    assert len({spec.label for spec in SLIDERS.values()}) == len(SLIDERS)


def test_colours_keep_their_meaning_in_the_packed_picture():
    pixels = np.array([[to_rgba(color) for color in (STEP, MODEL, GRADIENT, "#ffffff")]]) * 255
    packed = np.asarray(Image.open(io.BytesIO(webp(pixels.astype("uint8")))).convert("RGB"))
    assert abs(packed.astype(int) - pixels[:, :, :3]).max() <= 8.5
    assert (packed[0, -1] == 255).all()


def test_a_frame_is_drawn_the_same_each_time():
    assert frame("neighbourhood", 0.5) == frame("neighbourhood", 0.5)


def test_an_unknown_slider_is_an_error_that_lists_the_known():
    with pytest.raises(ValueError, match="name must be one of 'neighbourhood'"):
        slider("neighborhood")

"""Sliders: the frame shown is that of the value chosen, and says so in its alt text."""

import base64
import io
import re
from html import unescape

import numpy as np
import pytest
from ipywidgets.embed import dependency_state
from matplotlib.figure import Figure
from PIL import Image

from companion.maps import bend, magnify
from companion.widgets import SLIDERS, frame, slider


@pytest.fixture(scope="module", params=SLIDERS)
def built(request):
    spec = SLIDERS[request.param]
    handle, frames = slider(request.param).children
    return spec, handle, frames


def test_there_is_a_frame_for_each_value(built):
    spec, handle, frames = built
    assert len(frames.children) == len(handle.options) == len(spec.values) >= 31
    assert len({child.value for child in frames.children}) == len(spec.values)


def test_the_readouts_tell_the_values_apart(built):
    spec, handle, _ = built
    assert len(set(handle.options)) == len(spec.values)
    assert handle.options[0] == spec.readout.format(spec.values[0])


def test_the_slider_starts_on_the_same_value_in_handle_and_picture(built):
    spec, handle, frames = built
    assert handle.index == frames.selected_index == spec.start
    assert 5 < spec.start < len(spec.values) - 6


def test_handle_and_picture_are_joined_in_the_browser(built):
    _, handle, frames = built
    state = dependency_state([handle, frames])
    (link,) = (model["state"] for model in state.values() if model["model_name"] == "LinkModel")
    assert link["source"] == [f"IPY_MODEL_{handle.model_id}", "index"]
    assert link["target"] == [f"IPY_MODEL_{frames.model_id}", "selected_index"]


def test_every_frame_is_a_picture_with_an_alt_text_of_its_own(built):
    spec, handle, frames = built
    alts = [unescape(re.search(r'alt="([^"]*)"', child.value)[1]) for child in frames.children]
    assert len(set(alts)) == len(alts)
    assert handle.description
    data = re.search(r"base64,([^\"]*)", frames.children[spec.start].value)[1]
    picture = Image.open(io.BytesIO(base64.b64decode(data)))
    assert picture.format == "WEBP"
    assert picture.width >= 600


def test_the_frames_of_a_slider_weigh_little(built):
    _, _, frames = built
    assert sum(len(child.value) for child in frames.children) < 1_200_000


@pytest.mark.parametrize("h", SLIDERS["neighbourhood"].values[[0, 34, -1]])
def test_the_neighbourhood_frame_tells_its_numbers(h):
    x = np.array([2.0, 0.5])
    gap = magnify(bend, bend.jac(x), x, h).gap
    figure = Figure()
    alt = SLIDERS["neighbourhood"].draw(figure, h)
    assert f"h = {h:.3g}:" in alt
    assert f"at most {gap:.2g} apart, which is {gap / h:.2g} times h" in alt
    domain, image = figure.axes
    assert domain.get_title() == f"half-width h = {h:.3g}"
    assert image.get_title() == f"error {gap:.2g} = {gap / h:.2g} h"
    square = np.array([line.get_xdata() for line in domain.lines[:7]])
    assert np.ptp(square) == pytest.approx(2 * h)


def test_the_axes_of_the_neighbourhood_do_not_move():
    limits = set()
    for h in SLIDERS["neighbourhood"].values[[0, -1]]:
        figure = Figure()
        SLIDERS["neighbourhood"].draw(figure, h)
        limits.add(tuple((axes.get_xlim(), axes.get_ylim()) for axes in figure.axes))
        for axes in figure.axes:
            for line in axes.lines:
                assert axes.get_xlim()[0] <= min(line.get_xdata())
                assert max(line.get_xdata()) <= axes.get_xlim()[1]
    assert len(limits) == 1


def test_a_frame_is_drawn_the_same_each_time():
    assert frame("neighbourhood", 0.5) == frame("neighbourhood", 0.5)


def test_an_unknown_slider_is_an_error_that_lists_the_known():
    with pytest.raises(ValueError, match="name must be one of 'neighbourhood'"):
        slider("neighborhood")

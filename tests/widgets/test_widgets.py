"""Sliders: the frame shown is that of the value chosen, and says so in its alt text."""

import re
from functools import cache
from html import unescape
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest
from ipywidgets.embed import dependency_state
from matplotlib.figure import Figure

from companion.plots import STYLE
from companion.widgets import SLIDERS, frame, frames, slider
from companion.widgets._slider import _drawn


# The tests of one slider follow each other: its frames are drawn once.
@pytest.fixture(scope="module", params=SLIDERS)
def name(request):
    return request.param


@cache
def built(name):
    """A slider of the table, its handle, and its frames."""
    return SLIDERS[name], *slider(name).children


@cache
def overlaid(name):
    """A slider of the table, and its frames laid over each other."""
    return SLIDERS[name], frames(name)


@pytest.mark.no_cover
def test_there_is_a_frame_for_each_value(name):
    spec, handle, stack = built(name)
    assert len(stack.children) == len(handle.options) == len(spec.values) >= 31
    assert len({child.value for child in stack.children}) == len(spec.values)


def test_the_readouts_tell_the_values_apart(name):
    spec, handle, _ = built(name)
    assert len(set(handle.options)) == len(spec.values)
    assert handle.options[0] == spec.readout.format(spec.values[0])


def test_the_slider_starts_on_the_same_value_in_handle_and_picture(name):
    spec, handle, stack = built(name)
    assert handle.index == stack.selected_index == spec.start
    assert 5 < spec.start < len(spec.values) - 6


def test_handle_and_picture_are_joined_in_the_browser(name):
    _, handle, stack = built(name)
    state = dependency_state([handle, stack])
    (link,) = (model["state"] for model in state.values() if model["model_name"] == "LinkModel")
    assert link["source"] == [f"IPY_MODEL_{handle.model_id}", "index"]
    assert link["target"] == [f"IPY_MODEL_{stack.model_id}", "selected_index"]


def test_every_frame_is_a_picture_with_an_alt_text_of_its_own(name):
    spec, handle, stack = built(name)
    alts = [ElementTree.fromstring(child.value).get("aria-label") for child in stack.children]
    assert len(set(alts)) == len(alts)
    assert min(map(len, alts)) > 20
    assert handle.description
    picture = ElementTree.fromstring(stack.children[spec.start].value)
    assert picture.get("role") == "img"
    assert {panel.tag for panel in picture} == {"svg"}


def test_the_frames_of_a_slider_weigh_little(name):
    _, _, stack = built(name)
    assert sum(len(child.value) for child in stack.children) < 1_000_000


def drawn(element):
    """What is to be seen of an element, one string each: lines of one style count one by one."""
    if element.get("display") == "none":
        return
    if element.tag == "path":
        look = {key: value for key, value in element.items() if key != "d"}
        yield from (f"{look} {line}" for line in re.findall("M[^M]*", element.get("d")))
    elif element.tag == "text":
        yield ElementTree.tostring(element, "unicode")
    for child in element:
        yield from drawn(child)


def test_the_groups_of_a_value_and_what_all_share_are_its_frame(name):
    spec, html = overlaid(name)
    picture = ElementTree.fromstring(html)
    stacks = [group for group in picture.iter("g") if group.get("class") == "values"]
    words = [(unescape(g.get("data-value")), unescape(g.get("data-text"))) for g in stacks[0]]
    assert [value for value, _ in words] == [spec.readout.format(value) for value in spec.values]
    for index in (0, spec.start, len(spec.values) - 1):
        for stack in stacks:
            assert len(stack) == len(spec.values)
            for place, group in enumerate(stack):
                group.attrib.pop("display", None)
                if place != index:
                    group.set("display", "none")
        alone = ElementTree.fromstring(frame(name, spec.values[index]))
        assert words[index][1] == alone.get("aria-label")
        assert list(drawn(picture)) == list(drawn(alone))  # in the same order, back to front


def test_the_starting_value_is_shown_first(name):
    spec, html = overlaid(name)
    picture = ElementTree.fromstring(html)
    for stack in (group for group in picture.iter("g") if group.get("class") == "values"):
        shown = [index for index, group in enumerate(stack) if group.get("display") != "none"]
        assert shown == [spec.start]


def test_frames_laid_over_each_other_weigh_little(name):
    _, html = overlaid(name)
    assert len(html) < 150_000
    assert len(re.findall("<[a-z]", html)) < 1000


def test_the_axes_do_not_move_and_hold_the_picture(name):
    spec, _, _ = built(name)
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


def test_a_frame_is_drawn_the_same_each_time():
    first = frame("neighbourhood", 0.5)
    _drawn.cache_clear()
    assert frame("neighbourhood", 0.5) == first


def test_an_unknown_slider_is_an_error_that_lists_the_known():
    with pytest.raises(ValueError, match="name must be one of 'neighbourhood'"):
        slider("neighborhood")

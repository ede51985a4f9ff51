"""The pictures of every page: light and dark as it is, legible on a phone, the same each time."""

import re
import subprocess
import sys
from itertools import pairwise

import pytest
from built_site import PAGES, PHONE, ROOT, SITE, WITH_PICTURES, open_tab, unavailable
from visit import COLOURS

# A second row of panels begins where one does not fit beside the others.
WITH_PANELS = [
    page
    for page in WITH_PICTURES
    if re.search(r"</svg><svg viewBox", (SITE / page).read_text("utf-8"))
]
each_with_pictures = pytest.mark.parametrize("seen", WITH_PICTURES, indirect=True, scope="session")


def luminance(color):
    """The relative luminance of rgb(…), as in WCAG 2.2."""
    channels = [int(number) / 255 for number in re.findall(r"\d+", color)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(color, ground):
    dark, light = sorted(map(luminance, (color, ground)))
    return (light + 0.05) / (dark + 0.05)


def test_there_are_pictures():
    if not PAGES:
        unavailable("there is no built book: run `make book`")
    assert len(WITH_PICTURES) > 30
    assert len(WITH_PANELS) > 15


@each_with_pictures
def test_colours_are_the_themes(seen):
    light, dark = seen.light, seen.dark
    assert light["fixed"] == dark["fixed"] == []
    assert light["ground"] != dark["ground"]
    assert [name for name, color in light["seen"].items() if dark["seen"][name] == color] == []
    for looks in (light, dark):
        for name, color in looks["seen"].items():
            if name.startswith("text") and name != "text --plot-paper":  # that is on a colour
                assert contrast(color, looks["ground"]) >= 4.5, name


@each_with_pictures
def test_letters_can_be_read_on_a_phone(seen):
    assert seen.letters
    assert [(text, size) for size, text in seen.letters if size < 11] == []


@pytest.mark.parametrize("seen", WITH_PANELS, indirect=True, scope="session")
def test_panels_stand_beside_each_other_and_on_a_phone_under_each_other(seen):
    for panels in seen.panels:
        for one, next_one in pairwise(panels):
            assert next_one["left"] >= one["right"] - 1
            assert next_one["top"] == pytest.approx(one["top"], abs=1)
    for panels in seen.panels_on_a_phone:
        for panel in panels:
            assert panel["left"] >= 0
            assert panel["right"] <= PHONE["width"]
        for one, next_one in pairwise(panels):
            assert next_one["top"] >= one["bottom"] - 1 or next_one["left"] >= one["right"] - 1
    assert max(len({panel["top"] for panel in panels}) for panels in seen.panels_on_a_phone) > 1


def test_without_javascript_pictures_have_the_ground_and_ink_of_the_page(browser, address):
    with open_tab(browser, address, java_script_enabled=False) as tab:
        tab.goto("book/taylor/step.html")
        looks = tab.evaluate(COLOURS)
        for name, color in looks["seen"].items():
            if name.startswith("text"):
                assert contrast(color, looks["ground"]) >= 4.5, name


# Lines, surfaces, sliders.
AGAIN = [
    ("book/taylor/step", "step"),
    ("book/hessians/derivative_tests", None),
    ("book/constrained/circle", "circle"),
]

DRAW = """
import sys
from pathlib import Path
sys.path.insert(0, "book/_ext")
from companion.widgets import frames
from pictures import drawing_cells, pictures
page, name = sys.argv[1:]
cells = drawing_cells(Path(page + ".ipynb"))
drawn = [*pictures(page, cells).values(), *([frames(name)] if name else [])]
sys.stdout.buffer.write("\\n\\n".join(drawn).encode())
"""


@pytest.mark.parametrize(("page", "name"), AGAIN)
def test_drawn_again_a_picture_is_the_same_byte_for_byte(page, name):
    if not PAGES:
        unavailable("there is no built book: run `make book`")
    again = [sys.executable, "-c", DRAW, page, name or ""]
    drawn = subprocess.run(again, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    built = (SITE / f"{page}.html").read_text(encoding="utf-8")
    for picture in drawn.split("\n\n"):
        assert picture in built

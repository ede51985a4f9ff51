"""Links from before, when each chapter was one page, lead to where things are now."""

import json
import re
from pathlib import Path
from urllib.parse import urljoin

import pytest
from built_site import OLD, SITE, anchors, open_tab, unavailable

# {page: the fragments that it had}
GIVEN_OUT = (Path(__file__).parent / "old_addresses.txt").read_text(encoding="utf-8")
ADDRESSES = {
    page: [fragment.removeprefix("#") for fragment in fragments]
    for page, *fragments in (block.split() for block in re.split(r"\n(?=\S)", GIVEN_OUT))
}

each_page = pytest.mark.parametrize("page", ADDRESSES)


def test_each_old_page_is_there():
    if not OLD:
        unavailable("there is no built book: run `make book`")
    assert sorted(ADDRESSES) == OLD


@each_page
def test_every_old_address_leads_to_a_place_that_is_there(page, address):
    text = (SITE / page).read_text(encoding="utf-8")
    places = json.loads(re.search(r"const places = (\{.*?\});", text, re.DOTALL)[1])
    first = re.search(r'rel="canonical" href="(.+)"', text)[1]
    lost = []
    for fragment in ADDRESSES[page]:
        target, _, anchor = urljoin(page, places.get(fragment, "?")).partition("#")
        if not (SITE / target).is_file() or (anchor and anchor not in anchors(target)):
            lost.append(fragment)
        assert anchor in (fragment, ""), fragment
    assert lost == []
    assert (SITE / urljoin(page, first)).is_file()
    assert "://" not in text


@pytest.mark.parametrize(
    ("old", "now"),
    [
        ("taylor.html", "taylor/index.html"),
        ("taylor.html#newtons-step", "taylor/newtons_step.html#newtons-step"),
        ("taylor.html#equation-eq-step", "taylor/step.html#equation-eq-step"),
        ("taylor.html#taylor-6", "taylor/exercises.html#taylor-6"),
        ("taylor.html#nothing-of-that-name", "taylor/index.html"),
        ("constrained.html#in-use", "constrained/solver.html"),
        ("jacobians.html#in-use", "jacobians/reaching_hand.html#in-use"),
        ("solutions/taylor.html#taylor-6-solution", "taylor/solutions.html#taylor-6-solution"),
        ("solutions/taylor.html", "taylor/solutions.html"),
    ],
)
def test_a_browser_follows(tab, address, old, now):
    tab.goto("book/index.html")
    tab.goto(f"book/{old}")
    tab.wait_for_url(f"{address}book/{now}")
    tab.go_back()
    assert tab.url == f"{address}book/index.html", "the old address is in the way back"


def test_without_javascript_it_leads_to_the_chapter(browser, address):
    with open_tab(browser, address, java_script_enabled=False) as tab:
        tab.goto("book/taylor.html#newtons-step")
        tab.wait_for_url("**/book/taylor/index.html*")

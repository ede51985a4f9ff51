"""What the tests of the pages share: the built site, and how to open it in a browser."""

import functools
import os
import re
import time
from contextlib import contextmanager
from html import unescape
from pathlib import Path

import numpy as np
import pytest

from companion.widgets import SLIDERS, frame

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
PAGES = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))
# Neither the front door, which leads on to book/index.html, nor the theme's own files.
PAGES = [page for page in PAGES if page != "index.html" and not page.startswith("_static/")]
WRITTEN = [page for page in PAGES if page.startswith("book/")]

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}


def sliders_of(page):
    """The names, in companion.widgets.SLIDERS, of the sliders in a page: found by their labels."""
    labels = re.findall(r'<label for="slider-\d+">(.*?)</label>', (SITE / page).read_text("utf-8"))
    names = {spec.label: name for name, spec in SLIDERS.items()}
    return [names[unescape(label)] for label in labels]


IN_PAGES = [(page, name) for page in PAGES for name in sliders_of(page)]
WITH_SLIDERS = sorted({page for page, _ in IN_PAGES})


@functools.cache
def drawn(name, index):
    """The alt text and the source, bytes included, of the frame that companion draws."""
    image = frame(name, SLIDERS[name].values[index])
    source, alt = re.match(r'<img src="([^"]*)" alt="([^"]*)"', image).groups()
    return unescape(alt), source


def unavailable(reason):
    """Skip what needs a browser, or fail where one is required."""
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(f"{reason}, and REQUIRE_BROWSER=1")
    pytest.skip(reason)


@contextmanager
def open_tab(browser, address, **options):
    context = browser.new_context(base_url=address, **{"viewport": DESKTOP} | options)
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def show(tab, page):
    """Open a page and wait until its mathematics stands."""
    tab.goto(page)
    tab.evaluate("async () => { await window.MathJax?.startup?.promise }")


def slowness():
    """How many times longer than its work a computation takes now: 1 on an idle machine."""
    wall, work = time.perf_counter(), time.thread_time()
    while time.thread_time() - work < 0.05:
        pass
    return (time.perf_counter() - wall) / (time.thread_time() - work)


def best(measure, rounds):
    """The least of some times, each divided by the slowness of the machine around it.

    Other work on the machine makes a time longer, never shorter, so the least is the truest; and
    where this process gets but a share of a processor, time counts by that share. What `measure`
    returns may be an array of times.
    """
    times = []
    for _ in range(rounds):
        before = slowness()
        taken = measure()
        times.append(taken / min(before, slowness()))
    return np.min(times, axis=0)

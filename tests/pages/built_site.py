"""What the tests of the pages share: the built site, and how to open it in a browser."""

import functools
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from html import unescape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest

from companion.widgets import SLIDERS, frame

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
PAGES = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))
# Where a chapter and its solutions stood when they were one page each, which leads on.
OLD = [
    page
    for page in PAGES
    if re.fullmatch(r"book/(solutions/)?\w+\.html", page)
    and "const places = " in (SITE / page).read_text(encoding="utf-8")
]
# Neither these nor the front door, which leads on to book/index.html, nor the theme's own files.
PAGES = [page for page in PAGES if page not in ("index.html", *OLD)]
PAGES = [page for page in PAGES if not page.startswith("_static/")]
WRITTEN = [page for page in PAGES if page.startswith("book/")]
WITH_PICTURES = [
    page for page in PAGES if '<div class="pictures"' in (SITE / page).read_text("utf-8")
]

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
    """The text and the marks, in their order, of the frame that companion draws."""
    picture = ElementTree.fromstring(frame(name, SLIDERS[name].values[index]))
    marks = []
    for mark in picture.iter():
        if mark.tag == "path":
            look = f"{mark.get('stroke')} {mark.get('fill')}"
            marks += [f"{look} {line}" for line in re.findall("M[^M]*", mark.get("d"))]
        elif mark.tag == "text":
            marks.append(f"{mark.get('x')} {mark.get('y')} {''.join(mark.itertext())}")
    return picture.get("aria-label"), marks


# The same of a picture in a browser: what of it is to be seen.
MARKS = """picture => [...picture.querySelectorAll("path, text")].flatMap((mark) => {
  const of = (name) => mark.getAttribute(name) ?? "None";
  if (!mark.getClientRects().length) return [];
  if (mark.tagName === "text") return [`${of("x")} ${of("y")} ${mark.textContent}`];
  return of("d").match(/M[^M]*/g).map((line) => `${of("stroke")} ${of("fill")} ${line}`);
})"""


@functools.cache
def anchors(page):
    """The names of all places in a page."""
    return set(re.findall(r'\sid="([^"]+)"', (SITE / page).read_text(encoding="utf-8")))


def unavailable(reason):
    """Skip what needs a browser, or fail where one is required."""
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(f"{reason}, and REQUIRE_BROWSER=1")
    pytest.skip(reason)


# What a reader's own configuration may say: none of it is to be seen in a page that is run.
OWN = {
    "jupyter/jupyter_server_config.py": "open('read', 'w')",
    "ipython/profile_default/startup/own.py": "open('read', 'w')",
    "ipython/profile_default/ipython_config.py": "open('read', 'w')",
    "own.py": "open('read', 'w')",
}


@contextmanager
def served(home, **settings):
    """`make serve` of what is built: its address, token and process, and its home.

    The settings are constants of tools/serve.py, as Python.
    """
    for name, text in OWN.items():
        home.joinpath(name).parent.mkdir(parents=True, exist_ok=True)
        home.joinpath(name).write_text(text.replace("read", str(home / "read")), encoding="utf-8")
    own = {
        "HOME": home,
        "JUPYTER_CONFIG_DIR": home / "jupyter",
        "IPYTHONDIR": home / "ipython",
        "PYTHONSTARTUP": home / "own.py",
        "JUPYTER_TOKEN": "known",
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tools'}",
    }
    lines = ["import serve", *(f"serve.{name} = {value}" for name, value in settings.items())]
    lines.append("serve.main('0', serve.sys.executable, '-c', '')")
    process = subprocess.Popen(
        [sys.executable, "-c", "\n".join(lines)],
        env=os.environ | {name: str(value) for name, value in own.items()},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        address, token = re.search(r"(http://\S+/)#token=(\S+)", process.stdout.readline()).groups()
        yield SimpleNamespace(address=address, token=token, process=process, home=home)
    finally:
        process.terminate()  # and its kernels with it
        process.wait(timeout=20)
        process.stdout.close()


@contextmanager
def host(folder):
    """The address of a host of files alone."""

    class Files(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    own = functools.partial(Files, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), own) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def open_tab(browser, address, **options):
    """A tab; the tests' own scripts are let into pages that admit no others."""
    options = {"viewport": DESKTOP, "bypass_csp": True} | options
    context = browser.new_context(base_url=address, **options)
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def show(tab, page):
    """Open a page and wait until its letters stand."""
    tab.goto(page)
    tab.evaluate("async () => { await document.fonts.ready }")


# A fixed piece of a browser's work (text, layout, arithmetic), and its milliseconds on the machine
# for which the bounds on times were set.
WORK = """() => {
  const start = performance.now();
  const box = document.createElement("div");
  box.innerHTML = "<p>x<sup>2</sup> + <i>y</i></p>".repeat(500);
  document.body.append(box);
  for (let k = 0, x = 0; k < 1e5 + box.offsetHeight; k++) x += Math.sqrt(k);
  box.remove();
  return performance.now() - start;
}"""
USUAL = 175


def least(measure, browser, bound, rounds=4):
    """The least of some times, as a machine of the usual speed would take them.

    Other work on the machine makes a time longer, never shorter, so the least is the truest, and
    once it is within its bound no more are taken; where a fixed piece of work takes longer than
    usual, just before and after, a time is shortened alike.
    What `measure` returns may be an array of times.
    """
    with open_tab(browser, None) as tab:
        found = np.inf
        for _ in range(rounds):
            before = tab.evaluate(WORK)
            taken = measure()
            taken = taken / max(1.0, min(before, tab.evaluate(WORK)) / USUAL)
            found = np.minimum(found, taken)
            if np.all(found <= bound):
                break
    return found

"""The built pages, in a real browser that is cut off from the network.

The book is built by `make book`. Without a browser, or without a built book, these tests are
skipped, except where REQUIRE_BROWSER=1: there they fail.
"""

import os
import re
import shutil
import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import sync_playwright

SITE = Path(__file__).parents[1] / "_build" / "html"
PAGES = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))
# Neither the front door, which leads on to book/index.html, nor the theme's own files.
PAGES = [page for page in PAGES if page != "index.html" and not page.startswith("_static/")]
WRITTEN = [page for page in PAGES if page.startswith("book/")]
WITH_SLIDERS = [
    page for page in PAGES if "jupyter.widget-view" in (SITE / page).read_text(encoding="utf-8")
]
WITH_QUESTIONS = [
    page for page in PAGES if "quiz admonition" in (SITE / page).read_text(encoding="utf-8")
]

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}

# What a console may say, and why it is let pass.
ACCEPTED = {
    r"strict mode: use allowUnionTypes": "the widget library's own schema, checked in its own way",
}

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]

each_page = pytest.mark.parametrize("page", PAGES)


def unavailable(reason):
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(f"{reason}, and REQUIRE_BROWSER=1")
    pytest.skip(reason)


@pytest.fixture(scope="module")
def address():
    """Where the built site is served."""
    if "book/index.html" not in PAGES:
        unavailable("there is no built book: run `make book`")

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=SITE)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser():
    """The system's Chromium or Chrome (or $CHROMIUM), else the one that Playwright installed."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    with sync_playwright() as playwright:
        found = [path for path in map(shutil.which, names) if path]
        found += [path for path in [playwright.chromium.executable_path] if Path(path).exists()]
        if not found:
            unavailable("there is no Chromium")
        browser = playwright.chromium.launch(executable_path=found[0], args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def open_tab(browser, address):
    context = browser.new_context(base_url=address, viewport=DESKTOP)
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def tab(browser, address):
    with open_tab(browser, address) as tab:
        yield tab


def show(tab, page):
    """Open a page and wait until its mathematics and its sliders stand."""
    tab.goto(page)
    tab.evaluate("async () => { await window.MathJax?.startup?.promise }")
    if urlsplit(page).path.lstrip("/") in WITH_SLIDERS:
        tab.locator(".noUi-handle[aria-label]").first.wait_for()


LOOK = r"""() => {
  const untypeset = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.parentElement.closest("pre, code, script, style, mjx-container")) continue;
    if (/\$\$|\\begin|\\\(|\\\[|\\frac/.test(node.textContent)) untypeset.push(node.textContent);
  }
  const all = (selector) => [...document.querySelectorAll(selector)];
  return {
    untypeset,
    wrong: all("mjx-merror, mjx-mtext[style*='red']").map((error) =>
      error.closest("mjx-container").textContent),
    formulas: all(".math").length,
    typeset: all(".math").filter((formula) => formula.querySelector("mjx-container")).length,
    ids: all("[id]").map((element) => element.id),
    links: all("a[href]").map((link) => link.href),
    unnamed: all("img:not([alt])").map((image) => image.outerHTML.slice(0, 200)),
  };
}"""


@pytest.fixture(scope="module")
def seen(browser, address):
    """Every page, visited once: what it asked for, what its console said, what stands in it."""
    now, pages = SimpleNamespace(), {}
    with open_tab(browser, address) as tab:
        tab.on("request", lambda request: now.requests.append(request.url))
        tab.on("response", lambda response: now.answers.append((response.status, response.url)))
        tab.on("pageerror", lambda error: now.errors.append(str(error)))
        tab.on("console", lambda message: now.console.append((message.type, message.text)))
        for page in PAGES:
            now.requests, now.answers, now.errors, now.console = [], [], [], []
            show(tab, page)
            look = tab.evaluate(LOOK)
            tab.set_viewport_size(PHONE)
            look["width_on_a_phone"] = tab.evaluate("document.documentElement.scrollWidth")
            tab.set_viewport_size(DESKTOP)
            pages[page] = SimpleNamespace(**vars(now), **look)
    return pages


@each_page
def test_the_console_is_quiet(seen, page):
    complaints = [text for kind, text in seen[page].console if kind in ("error", "warning")]
    complaints = [text for text in complaints if not any(re.match(ok, text) for ok in ACCEPTED)]
    assert complaints + seen[page].errors == []


@each_page
def test_nothing_is_asked_of_another_host_and_nothing_is_missing(seen, page, address):
    asked = [url for url in seen[page].requests if not url.startswith(("data:", "blob:"))]
    assert [url for url in asked if not url.startswith(address)] == []
    assert [url for status, url in seen[page].answers if status >= 400] == []


@each_page
def test_all_mathematics_is_typeset(seen, page):
    assert seen[page].untypeset == []
    assert seen[page].wrong == []
    assert seen[page].typeset == seen[page].formulas


@each_page
def test_every_image_has_alt_text(seen, page):
    assert seen[page].unnamed == []


@each_page
def test_the_page_does_not_scroll_sideways_on_a_phone(seen, page):
    assert seen[page].width_on_a_phone <= PHONE["width"]


@each_page
def test_every_internal_link_and_anchor_resolves(seen, page, address):
    broken = []
    for link in seen[page].links:
        if not link.startswith(address):
            continue
        parts = urlsplit(link)
        target = unquote(parts.path.lstrip("/")) or "index.html"
        exists = target in seen or (SITE / target).is_file()
        anchor = unquote(parts.fragment)
        if not exists or (anchor and anchor not in seen[target].ids):
            broken.append(link)
    assert broken == []


# Sliders


def shown(slider):
    """The one visible frame that belongs to a slider: its alt text and its bytes."""
    frames = slider.locator("xpath=..").locator("img:visible")
    assert frames.count() == 1
    return frames.get_attribute("alt"), frames.get_attribute("src")


def changed(slider, before):
    """The frame that a slider shows once it is another than `before`."""
    frame = slider.locator("xpath=..").locator("img:visible")
    for _ in range(100):
        if frame.count() == 1 and frame.get_attribute("alt") != before[0]:
            break
        slider.page.wait_for_timeout(10)
    after = shown(slider)
    assert after[0] != before[0], "the alt text is still that of the frame before"
    assert after[1] != before[1], "the picture is still that of the frame before"
    return after


def test_the_first_chapter_has_its_slider():
    assert "book/jacobians.html" in WITH_SLIDERS or not PAGES


def sliders(tab, page):
    show(tab, page)
    found = tab.locator(".widget-slider").all()
    assert found
    for slider in found:
        slider.scroll_into_view_if_needed()
        yield slider, slider.locator(".noUi-handle")


@pytest.mark.parametrize("page", WITH_SLIDERS)
def test_sliders_say_their_name_and_value(tab, page):
    for slider, handle in sliders(tab, page):
        label = slider.locator(".widget-label").inner_text()
        assert label
        assert handle.get_attribute("aria-label") == label
        for key in ("ArrowRight", "Home"):
            before = shown(slider)
            handle.press(key)
            changed(slider, before)
            readout = slider.locator(".widget-readout").inner_text()
            assert readout
            assert handle.get_attribute("aria-valuetext") == readout


@pytest.mark.parametrize("page", WITH_SLIDERS)
def test_sliders_obey_the_keyboard(tab, page):
    for slider, handle in sliders(tab, page):
        start = shown(slider)
        handle.press("ArrowRight")
        right = changed(slider, start)
        handle.press("ArrowLeft")
        assert changed(slider, right) == start
        handle.press("Home")
        home = changed(slider, start)
        handle.press("End")
        end = changed(slider, home)
        assert len({start, right, home, end}) == 4


@pytest.mark.parametrize("page", WITH_SLIDERS)
def test_sliders_obey_the_mouse(tab, page):
    for slider, handle in sliders(tab, page):
        handle.press("Home")
        tab.wait_for_timeout(50)
        home = shown(slider)
        track = slider.locator(".noUi-base").bounding_box()
        box = handle.bounding_box()
        y = box["y"] + box["height"] / 2
        tab.mouse.move(box["x"] + box["width"] / 2, y)
        tab.mouse.down()
        tab.mouse.move(track["x"] + track["width"] / 2, y, steps=4)
        half = changed(slider, home)
        tab.mouse.move(track["x"] + track["width"] + 30, y, steps=4)
        end = changed(slider, half)
        tab.mouse.up()
        handle.press("Home")
        changed(slider, end)
        handle.press("End")
        assert changed(slider, home) == end


# Questions


@pytest.mark.parametrize("page", WITH_QUESTIONS)
def test_questions_answer_at_once_to_keyboard_and_mouse(tab, page):
    show(tab, page)
    for question in tab.locator(".quiz").all():
        said = []
        for number, choice in enumerate(question.locator("details").all()):
            head, feedback = choice.locator("summary"), choice.locator("p").first
            assert not feedback.is_visible()
            head.press("Enter") if number % 2 else head.click()
            assert feedback.is_visible()
            said.append(feedback.inner_text().split()[0])
        assert sorted(said) == ["No."] * (len(said) - 1) + ["Right."]


def test_the_first_chapter_has_its_questions():
    assert "book/jacobians.html" in WITH_QUESTIONS or not PAGES


# Around the pages


def test_the_front_door_leads_to_the_course(tab):
    tab.goto("index.html")
    tab.wait_for_url("**/book/index.html")


@pytest.mark.parametrize("page", WRITTEN)
def test_the_source_can_be_downloaded_and_looked_at(tab, page):
    tab.goto(page)
    source = next(Path(SITE / "_sources" / page).parent.glob(Path(page).stem + ".*"))
    place = source.relative_to(SITE / "_sources").as_posix()
    assert tab.locator(f"a.btn-download-source-button[href$='_sources/{place}']").count() == 1
    assert tab.locator(f"a.btn-source-file-button[href*='/blob/main/{place}']").count() == 1


def test_search_finds_a_term(tab):
    show(tab, "book/index.html")
    tab.keyboard.press("Control+k")
    tab.keyboard.type("Jacobian")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/search.html?q=Jacobian")
    tab.locator("#search-results a[href*='book/jacobians.html']").first.wait_for()


def test_the_theme_switch_works(tab):
    show(tab, "book/index.html")
    switch = tab.locator(".theme-switch-button:visible").first
    looks = {}
    for _ in range(3):
        switch.click()
        theme = tab.evaluate("document.documentElement.dataset.theme")
        looks[theme] = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert set(looks) == {"light", "dark"}
    assert looks["light"] != looks["dark"]

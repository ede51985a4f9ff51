"""Every built page: what it asks for, says and weighs, how it reads on a phone, and for whom."""

import functools
import gzip
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import Request, urlopen

import numpy as np
import pytest
from built_site import (
    DESKTOP,
    PAGES,
    PHONE,
    SITE,
    WITH_SLIDERS,
    WRITTEN,
    anchors,
    least,
    open_tab,
    show,
)
from fontTools.ttLib import TTFont
from playwright.sync_api import expect
from serve import SCRIPT
from visit import PHONE_LOOK

# What a console may say, and why it is let pass.
ACCEPTED = {}

WITH_QUESTIONS = [
    page for page in PAGES if "quiz admonition" in (SITE / page).read_text(encoding="utf-8")
]

# In bytes, as hosts send them, compressed; and the elements of a page.
HEAVIEST = {"before it stands": 150_000, "all it loads": 300_000, "elements": 5_000}
HEAVIEST_SITE = 20_000_000  # uncompressed


def test_the_console_is_quiet(seen):
    complaints = [text for kind, text in seen.console if kind in ("error", "warning")]
    complaints = [text for text in complaints if not any(re.match(ok, text) for ok in ACCEPTED)]
    assert complaints + seen.errors == []


def test_nothing_is_asked_of_another_host_and_nothing_is_missing(seen, address):
    asked = [url for url in seen.requests if not url.startswith(("data:", "blob:"))]
    assert [url for url in asked if not url.startswith(address)] == []
    assert [url for status, url in seen.answers if status >= 400] == []


def test_all_mathematics_is_typeset(seen):
    assert seen.untypeset == []
    assert seen.wrong == []
    assert seen.unset == []
    if "<math" in (SITE / seen.name).read_text(encoding="utf-8"):
        assert any("STIX Two Math" in font for font in seen.fonts)


@functools.cache
def icons():
    fonts = SITE.glob("_static/vendor/fontawesome/webfonts/*.woff2")
    return set().union(*(TTFont(font).getBestCmap() for font in fonts))


def test_every_icon_is_in_the_fonts_that_were_cut(seen):
    assert set(map(ord, seen.icons)) <= icons()


def test_nothing_is_attached_to_a_formula_but_within_its_box():
    for page in WRITTEN:
        text = (SITE / page).read_text(encoding="utf-8")
        assert re.findall(r'[^\s>](?=<span class="math">)|(?<=</math></span>)[^\s<]', text) == [], (
            page
        )


# How far below or above a formula in a line the letter stands that follows it without a blank.
FARTHEST = """() => Math.max(...[...document.querySelectorAll("p .math math")].map((formula) => {
  const walker = document.createTreeWalker(formula.closest("p"), NodeFilter.SHOW_TEXT);
  walker.currentNode = formula;
  let letter;
  do letter = walker.nextNode(); while (letter && formula.contains(letter));
  if (!letter || !letter.data.trim() || /^\\s/.test(letter.data)) return 0;
  const range = document.createRange();
  range.setStart(letter, 0);
  range.setEnd(letter, 1);
  const middle = (box) => (box.top + box.bottom) / 2;
  return Math.abs(middle(range.getBoundingClientRect()) - middle(formula.getBoundingClientRect()));
}))"""


@pytest.mark.parametrize("width", range(320, 400, 16))
def test_a_comma_stays_on_the_line_of_its_formula(browser, address, width):
    with open_tab(browser, address, viewport={"width": width, "height": 844}) as tab:
        show(tab, "book/hessians/gauss_newton.html")
        assert 0 < tab.evaluate(FARTHEST) < 15


def test_no_script_sets_mathematics(seen):
    assert [url for url in seen.requests if "mathjax" in url.lower()] == []
    assert "MathJax" not in (SITE / seen.name).read_text(encoding="utf-8")


def test_only_a_formula_that_scrolls_is_a_stop_of_the_keyboard(seen):
    assert seen.stops == []


def test_every_image_has_alt_text(seen):
    assert seen.unnamed == []


def test_what_the_notebooks_draw_is_no_bitmap(seen):
    assert seen.bitmaps == 0


def test_no_line_of_a_cell_is_cut_on_a_desk(seen):
    assert seen.cut_code == []


def test_the_page_does_not_scroll_sideways_on_a_phone(seen):
    assert seen.width_on_a_phone <= PHONE["width"]
    assert seen.cut == []


def test_every_displayed_formula_fits_a_phone(seen):
    if seen.name.startswith("book/") and not seen.name.startswith("book/reference/"):
        assert "DIV formula" not in seen.scrolling


def test_wide_equations_code_and_tables_scroll_in_their_own_box_on_a_phone(tab):
    tab.set_viewport_size(PHONE | {"width": 320})
    for page, box in [
        ("book/constrained/support_vectors.html", "DIV formula"),
        ("book/hessians/hessian_check.html", "SPAN math"),
        ("book/jacobians/linear_map.html", "PRE "),
        ("book/notation.html", "DIV pst-scrollable-table-container"),
    ]:
        show(tab, page)
        seen = tab.evaluate(PHONE_LOOK)
        assert box in seen["scrolling"]
        assert seen["unreached"] == []
    tab.set_viewport_size(DESKTOP)


EQUATION = re.compile(r'id="(equation-[\w-]+)">\s*<span class="eqno">(\([\d.]+\))')
TO_EQUATION = re.compile(r'href="[^"]*#(equation-[\w-]+)">(\([\d.]+\))</a>')


def test_a_link_to_an_equation_says_its_number():
    texts = [(SITE / page).read_text(encoding="utf-8") for page in WRITTEN]
    numbers = dict(pair for text in texts for pair in EQUATION.findall(text))
    links = [pair for text in texts for pair in TO_EQUATION.findall(text)]
    assert len(numbers) == len(set(numbers.values())) > 80
    assert {place for place, _ in links} == set(numbers)  # the pages of equations link to each
    assert [(place, number) for place, number in links if numbers[place] != number] == []


def test_every_internal_link_and_anchor_resolves(seen, address):
    broken = []
    for link in seen.links:
        if not link.startswith(address):
            continue
        parts = urlsplit(link)
        target = unquote(parts.path.lstrip("/")) or "index.html"
        anchor = unquote(parts.fragment)
        if not (SITE / target).is_file() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_the_source_can_be_downloaded(seen):
    page = SITE / "_sources" / seen.name
    sources = [source.relative_to(SITE).as_posix() for source in page.parent.glob(f"{page.stem}.*")]
    assert len(sources) == (seen.name in WRITTEN)
    assert not any("/blob/" in link for link in seen.links)  # there is no public repository yet
    for source in sources:
        assert any(link.endswith(f"/{source}") for link in seen.links)


# For readers who see little, or hear the page. All rules of axe, also those of good practice; of
# another theme it looks at colours, of a narrow page at all else.
COLORS = ["color-contrast", "link-in-text-block"]
ONLY_COLORS = {"runOnly": {"type": "rule", "values": COLORS}}
NO_COLORS = {"rules": {rule: {"enabled": False} for rule in COLORS}}

# What is folded away in the text is unfolded meanwhile, and what fades in is there at once; with
# the next frame the page hears of its boxes' new sizes. Of what axe can load beforehand, its rules
# need media alone: the style sheets are for an experimental one.
AXE = """async (rules) => {
  const folded = document.querySelectorAll("article details:not([open])");
  folded.forEach((details) => { details.open = true; });
  document.getAnimations().forEach((animation) => animation.finish());
  for (const _ of [1, 2]) await new Promise(requestAnimationFrame);
  const options = { resultTypes: ["violations"], preload: { assets: ["media"] } };
  const { violations } = await axe.run({ ...rules, ...options });
  folded.forEach((details) => { details.open = false; });
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => [id, target.join(" "), failureSummary]));
}"""


def violations(tab, axe, theme, rules=None):
    """What axe finds in an open page."""
    tab.add_script_tag(url=axe)
    tab.emulate_media(color_scheme=theme, reduced_motion="reduce")
    tab.wait_for_function("theme => document.documentElement.dataset.theme === theme", arg=theme)
    return tab.evaluate(AXE, rules or {})


# One page of each kind: of these axe looks at the dark theme and at a phone's width, too.
KINDS = [
    "book/index.html",
    "book/taylor/index.html",
    "book/taylor/step.html",
    "book/constrained/circle.html",
    "book/hessians/exercises.html",
    "book/hessians/solutions.html",
    "book/equations/taylor.html",
    "book/glossary.html",
    "book/benchmarks.html",
    "book/reference/jacobians.html",
    "_modules/index.html",
    "_modules/companion/descent/_newton.html",
    "search.html",
]
# The other listings of sources are like that one.
TO_AXE = [page for page in PAGES if page in KINDS or not page.startswith("_modules/")]


@pytest.mark.parametrize("seen", TO_AXE, indirect=True, scope="session")
def test_axe_finds_nothing(seen, axe):
    assert violations(seen.tab, axe, "light") == []
    if seen.name in KINDS:
        assert violations(seen.tab, axe, "dark", ONLY_COLORS) == []


# The theme looks at the width when a page is loaded.
@pytest.mark.parametrize("page", KINDS)
def test_axe_finds_nothing_on_a_phone(tab, axe, page):
    tab.set_viewport_size(PHONE)
    show(tab, page)
    assert violations(tab, axe, "light", NO_COLORS) == []
    tab.set_viewport_size(DESKTOP)


# What the pages weigh


@functools.cache
def size(url):
    """The bytes that a host sends of a file of the site: texts compressed."""
    path = SITE / unquote(urlsplit(url).path.lstrip("/"))
    if not path.is_file():
        return 0
    content = path.read_bytes()
    return len(gzip.compress(content, 6) if path.suffix in (".html", ".css", ".js") else content)


def test_the_page_is_light(seen, printed):
    loaded = {url.partition("#")[0] for url in seen.requests if url.startswith("http")}
    first = [url for url in loaded if urlsplit(url).path.endswith((".html", ".css", ".woff2"))]
    weight = {
        "before it stands": sum(map(size, first)),
        "all it loads": sum(map(size, loaded)),
        "elements": seen.elements,
    }
    if seen.name in WITH_SLIDERS:
        shown = ", ".join(f"{kind} {amount:_}" for kind, amount in weight.items())
        printed("weight of the pages", f"{seen.name:30} {shown}")
    if seen.name in WRITTEN and not seen.name.startswith("book/reference/"):
        assert [kind for kind in weight if weight[kind] > HEAVIEST[kind]] == []


@pytest.mark.parametrize("encoding", ["gzip, br", "identity"])
@pytest.mark.parametrize("file", ["book/index.html", "_static/site.css", "_static/favicon.svg"])
def test_texts_are_sent_compressed_to_whoever_can_read_that(address, file, encoding):
    asked = Request(address + file, headers={"Accept-Encoding": encoding})
    with urlopen(asked) as answer:
        content, coding = answer.read(), answer.headers["Content-Encoding"]
    assert coding == ("gzip" if "gzip" in encoding else None)
    content = gzip.decompress(content) if coding else content
    assert content.replace(SCRIPT, b"") == (SITE / file).read_bytes()


def test_the_site_is_light(printed):
    weight = sum(path.stat().st_size for path in SITE.rglob("*") if path.is_file())
    printed("weight of the pages", f"{'the site':30} {weight / 1e6:.2f} MB")
    assert weight <= HEAVIEST_SITE


# How soon a page stands on a phone: a slow network and a slow processor, as the browser emulates
# them. Blocking is the part of each long task beyond 50 ms, shift what moves when it stood already.
WATCH = """() => {
  const watched = window.watched = { paint: 0, largest: 0, blocking: 0, shift: 0 };
  const watch = (type, note) => new PerformanceObserver((list) =>
    list.getEntries().forEach(note)).observe({ type, buffered: true });
  watch("paint", ({ startTime }) => { watched.paint = startTime; });
  watch("largest-contentful-paint", ({ startTime }) => { watched.largest = startTime; });
  watch("longtask", ({ duration }) => { watched.blocking += duration - 50; });
  watch("layout-shift", ({ value }) => { watched.shift += value; });
}"""
SLOW_4G = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1.6e6 / 8,
    "uploadThroughput": 0.75e6 / 8,
}
SLOWEST = {"paint": 1500, "largest": 2000, "blocking": 100}
MOST_SHIFT = 0.02  # no time: it is the same on a slow machine


@pytest.mark.timed
@pytest.mark.parametrize(
    "page",
    [
        "book/index.html",
        "book/taylor/index.html",
        "book/constrained/four_conditions.html",
        "book/jacobians/layer.html",
    ],
)
def test_a_page_stands_soon_on_a_phone(browser, address, page, printed):
    shifts = []

    def measure():
        with open_tab(browser, address, viewport=PHONE, device_scale_factor=2) as tab:
            session = tab.context.new_cdp_session(tab)
            session.send("Network.enable")
            session.send("Network.emulateNetworkConditions", SLOW_4G)
            session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
            tab.add_init_script(f"({WATCH})()")
            tab.goto(page)
            tab.wait_for_timeout(1000)
            watched = tab.evaluate("watched")
            shifts.append(watched["shift"])
            return np.array([watched[kind] for kind in SLOWEST])

    taken = least(measure, browser, list(SLOWEST.values()))
    taken = dict(zip(SLOWEST, taken, strict=True))
    shown = ", ".join(f"{kind} {amount:.4g}" for kind, amount in taken.items())
    printed("a phone on slow 4G (ms)", f"{page:40} {shown}, shift {max(shifts):.2g}")
    assert [kind for kind in SLOWEST if taken[kind] > SLOWEST[kind]] == []
    assert max(shifts) <= MOST_SHIFT


# Code

COLOR = """code => {
  const name = document.createElement("span");
  name.className = "n";
  code.append(name);
  const colors = [code, name].map((element) => getComputedStyle(element).color);
  name.remove();
  return colors;
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_plain_parts_of_code_have_its_colour_and_are_no_elements(tab, theme):
    tab.emulate_media(color_scheme=theme)
    show(tab, "book/constrained/solver.html")
    code = tab.locator(".cell_input pre").first
    plain, name = code.evaluate(COLOR)
    assert plain == name
    assert code.locator("span").count() > 1
    assert code.locator(".n, .p, .w, :empty").count() == 0
    tab.emulate_media(color_scheme="light")


def test_a_page_whose_font_does_not_come_is_shown_all_the_same(browser, address):
    with open_tab(browser, address) as tab:
        tab.add_init_script("document.fonts.load = () => new Promise(() => {})")
        tab.goto("book/notation.html")
        expect(tab.locator("article h1")).to_be_visible()


# Questions

FOLD = "document.querySelectorAll('.quiz details').forEach((choice) => { choice.open = false; })"


@pytest.mark.parametrize("seen", WITH_QUESTIONS, indirect=True, scope="session")
def test_questions_answer_at_once_to_keyboard_and_mouse(seen):
    for question in seen.tab.locator(".quiz").all():
        said = []
        for number, choice in enumerate(question.locator("details").all()):
            head, feedback = choice.locator("summary"), choice.locator("p").first
            assert not feedback.is_visible()
            head.press("Enter") if number % 2 else head.click()
            assert feedback.is_visible()
            said.append(feedback.inner_text().split()[0])
        assert sorted(said) == ["No."] * (len(said) - 1) + ["Right."]
    seen.tab.evaluate(FOLD)


def test_every_page_of_a_chapter_has_its_questions():
    around = ("index", "exercises", "solutions")
    pages = [page for page in WRITTEN if page.count("/") == 2 and Path(page).stem not in around]
    pages = [page for page in pages if not page.startswith(("book/reference/", "book/equations/"))]
    assert ["book/at_work.html", *pages] == WITH_QUESTIONS


# Around the pages


SIDES = ("left-prev", "right-next")


@pytest.mark.parametrize("page", [p for p in WRITTEN if re.match(r"book/(?!reference|eq)\w+/", p)])
def test_the_foot_of_a_page_leads_where_its_text_does(page):
    """Along the main line; what goes deeper is beside it."""
    text = (SITE / page).read_text(encoding="utf-8")
    before, after = (re.findall(rf'class="{side}"\s+href="(.*?)"', text) for side in SIDES)
    said = re.findall(r'<strong>Next:</strong>.*?href="([^"#]*)', text)
    if "Deeper: can be left out" in text:
        assert before == after == []
    elif said and "exercises" not in page and "solutions" not in page:
        assert (len(before), after) == (1, said)


def test_the_front_door_leads_to_the_course(tab):
    tab.goto("index.html")
    tab.wait_for_url("**/book/index.html")


def test_search_finds_a_term(tab):
    show(tab, "book/index.html")
    tab.keyboard.press("Control+k")
    tab.keyboard.type("Jacobian")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/search.html?q=Jacobian")
    tab.locator("#search-results a[href*='book/jacobians/']").first.wait_for()


def test_search_finds_a_term_where_it_is_explained_and_shows_the_text_there(tab):
    tab.goto("search.html?q=Lagrange+multiplier")
    results = tab.locator("#search-results li")
    for page in ("book/constrained/index", "book/constrained/one_function", "book/glossary"):
        found = results.filter(has=tab.locator(f"a[href*='{page}.html']"))
        excerpt = found.locator(".context").inner_text()
        assert "multiplier" in excerpt
        assert not re.search(r"\\|\$|Contents|Search|Previous|\(4\.\d+\)", excerpt)
    titles = results.locator("a").all_inner_texts()
    assert not any(re.search(r"[\\$<]", title) for title in titles)


def test_the_index_of_the_search_has_no_mathematics_in_titles():
    index = (SITE / "searchindex.js").read_text(encoding="utf-8")
    titles = re.search(r'"?alltitles"?:\s*\{(.*?)\}', index)[1]
    assert len(titles) > 1000
    assert not re.search(r"\\\\[a-z]|\^|<math", titles)


def test_what_the_search_alone_needs_is_loaded_by_its_page_alone(seen):
    loaded = any("searchindex.js" in url for url in seen.requests)
    assert loaded == (seen.name == "search.html")


def test_the_magnifier_does_not_stand_on_a_letter(tab):
    show(tab, "search.html")
    icon, field = tab.locator(".bd-search i").last, tab.locator(".bd-search input").last
    icon, field = icon.bounding_box(), field.bounding_box()
    assert icon["x"] + icon["width"] <= field["x"]


def test_every_page_says_what_it_is_about_and_loads_one_sheet(seen):
    text = (SITE / seen.name).read_text(encoding="utf-8")
    (said,) = re.findall(r'<meta name="description" content="([^"]*)"', text)
    assert 20 < len(said) < 400
    assert not re.search(r"[\\$]", said)
    assert len(re.findall('rel="stylesheet"', text)) == 1
    assert re.findall("<script src=", text) == [] or seen.name == "search.html"


def test_menus_and_hints_come_when_they_are_asked_for(browser, address):
    with open_tab(browser, address) as tab:
        asked = []
        tab.on("request", lambda request: asked.append(urlsplit(request.url).path))
        show(tab, "book/taylor/step.html")
        tab.wait_for_load_state("networkidle")
        assert not any("bootstrap" in path for path in asked)
        menu = tab.locator(".dropdown-download-buttons")
        menu.locator("button").first.dispatch_event("click")  # before anything points there
        assert menu.locator(".dropdown-menu").is_hidden()
        tab.keyboard.press("Shift")
        expect(menu.locator(".dropdown-menu")).to_be_visible()
        tab.locator(".theme-switch-button:visible").first.hover()
        expect(tab.get_by_role("tooltip")).to_have_text("Color mode")
        assert sum("bootstrap" in path for path in asked) == 1


# Each control that the keyboard comes to shows it by an outline, a slider by that of its handle.
FOCUSED = """() => {
  const control = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(control);
  const seen = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
  if (control === document.body) return null;
  return [seen || control.matches(".slider input"), control.outerHTML.slice(0, 160)];
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("page", ["book/index.html", "book/hessians/exercises.html", "search.html"])
def test_the_focus_is_seen_on_every_control(tab, page, theme):
    tab.emulate_media(color_scheme=theme)
    show(tab, page)
    tab.evaluate("document.activeElement.blur()")
    found = []
    while len(found) < 60:
        tab.keyboard.press("Tab")
        control = tab.evaluate(FOCUSED)
        if control is None:
            break
        found.append(control)
    assert len(found) > 15
    assert [html for seen, html in found if not seen] == []


def test_paper_is_white_and_solutions_are_folded_on_it(tab):
    tab.emulate_media(color_scheme="dark")
    show(tab, "book/hessians/exercises.html")
    dark = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    tab.emulate_media(color_scheme="dark", media="print")
    tab.wait_for_function("document.documentElement.dataset.theme === 'light'")
    ink = tab.evaluate("getComputedStyle(document.body).color")
    red, green, blue = map(int, re.findall(r"\d+", ink)[:3])
    assert max(red, green, blue) < 100  # dark letters
    assert tab.locator(".solution .section").first.is_hidden()
    tab.emulate_media(color_scheme="dark", media="screen")
    tab.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == dark
    show(tab, "book/taylor/step.html")
    tab.emulate_media(media="print")
    slider = tab.locator(".slider").first
    assert slider.locator("input").is_hidden()
    assert slider.locator("label").is_visible()
    assert slider.locator(".pictures svg").first.is_visible()
    tab.emulate_media(media="screen")


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

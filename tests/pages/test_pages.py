"""Every built page: what it asks for, says and weighs, how it reads on a phone, and for whom."""

import functools
import re
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

import pytest
from built_site import DESKTOP, PAGES, PHONE, SITE, WITH_SLIDERS, WRITTEN, show

# What a console may say, and why it is let pass.
ACCEPTED = {}

WITH_QUESTIONS = [
    page for page in PAGES if "quiz admonition" in (SITE / page).read_text(encoding="utf-8")
]

# In bytes, uncompressed.
HEAVIEST = {"html": 2_500_000, "all it loads": 6_000_000, "the site": 25_000_000}

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
    links: all("a[href]").map((link) => link.href),
    unnamed: all("img:not([alt])").map((image) => image.outerHTML.slice(0, 200)),
  };
}"""

# On a phone: boxes that are wider than they look, and what is cut off at the right edge.
PHONE_LOOK = r"""() => {
  const scrolls = (box) => ["auto", "scroll"].includes(getComputedStyle(box).overflowX);
  const boxes = [...document.querySelectorAll("article, article *")].filter(scrolls);
  const slid = (box) => {
    box.scrollLeft = 10;
    const moved = box.scrollLeft > 0;
    box.scrollLeft = 0;
    return moved;
  };
  const drawn = "article :not(mjx-assistive-mml, mjx-assistive-mml *)";
  const cut = [...document.querySelectorAll(drawn)].filter((element) => {
    const inside = boxes.some((box) => box !== element && box.contains(element));
    const { left, right, width } = element.getBoundingClientRect();
    return !inside && width > 1 && (left < -1 || right > innerWidth + 1);
  });
  return {
    width_on_a_phone: document.documentElement.scrollWidth,
    scrolling: boxes.filter(slid).map((box) => box.tagName),
    cut: cut.map((element) => element.outerHTML.slice(0, 200)),
  };
}"""


# A page is visited once, and its tests follow each other.
@pytest.fixture(scope="module", params=PAGES)
def seen(tab, request):
    """What a page asked for, what its console said, and what stands in it."""
    page = SimpleNamespace(name=request.param, requests=[], answers=[], errors=[], console=[])
    listeners = {
        "request": lambda request: page.requests.append(request.url),
        "response": lambda response: page.answers.append((response.status, response.url)),
        "pageerror": lambda error: page.errors.append(str(error)),
        "console": lambda message: page.console.append((message.type, message.text)),
    }
    for event, listener in listeners.items():
        tab.on(event, listener)
    tab.emulate_media(color_scheme="light")
    show(tab, page.name)
    vars(page).update(tab.evaluate(LOOK))
    tab.set_viewport_size(PHONE)
    vars(page).update(tab.evaluate(PHONE_LOOK))
    tab.set_viewport_size(DESKTOP)
    yield page
    for event, listener in listeners.items():
        tab.remove_listener(event, listener)


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
    assert seen.typeset == seen.formulas


def test_every_image_has_alt_text(seen):
    assert seen.unnamed == []


def test_the_page_does_not_scroll_sideways_on_a_phone(seen):
    assert seen.width_on_a_phone <= PHONE["width"]
    assert seen.cut == []


def test_wide_equations_code_and_tables_scroll_in_their_own_box_on_a_phone(tab):
    tab.set_viewport_size(PHONE)
    for page, box in [
        ("book/equations.html", "MJX-CONTAINER"),
        ("book/jacobians.html", "PRE"),
        ("book/notation.html", "DIV"),
    ]:
        show(tab, page)
        assert box in tab.evaluate(PHONE_LOOK)["scrolling"]
    tab.set_viewport_size(DESKTOP)


@functools.cache
def anchors(page):
    return set(re.findall(r'\sid="([^"]+)"', (SITE / page).read_text(encoding="utf-8")))


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


def test_the_source_can_be_downloaded_and_looked_at(seen):
    page = SITE / "_sources" / seen.name
    sources = [source.relative_to(SITE).as_posix() for source in page.parent.glob(f"{page.stem}.*")]
    assert len(sources) == (seen.name in WRITTEN)
    for source in sources:
        place = source.removeprefix("_sources/")
        assert any(link.endswith(f"/{source}") for link in seen.links)
        assert any(f"/blob/main/{place}" in link for link in seen.links)


# For readers who see little, or hear the page. All rules of axe, also those of good practice; of
# another theme it looks at colours, of a narrow page at all else.
COLORS = ["color-contrast", "link-in-text-block"]
ONLY_COLORS = {"runOnly": {"type": "rule", "values": COLORS}}
NO_COLORS = {"rules": {rule: {"enabled": False} for rule in COLORS}}

# What is folded away in the text is unfolded, and what fades in is there at once.
AXE = """async (rules) => {
  document.querySelectorAll("article details").forEach((details) => { details.open = true; });
  document.getAnimations().forEach((animation) => animation.finish());
  const { violations } = await axe.run({ ...rules, resultTypes: ["violations"] });
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => [id, target.join(" "), failureSummary]));
}"""


def violations(tab, theme, rules=None):
    """What axe finds in an open page."""
    tab.add_script_tag(path=Path(__file__).parent / "axe-core" / "axe.min.js")
    tab.emulate_media(color_scheme=theme, reduced_motion="reduce")
    tab.wait_for_function("theme => document.documentElement.dataset.theme === theme", arg=theme)
    return tab.evaluate(AXE, rules or {})


def test_axe_finds_nothing(seen, tab):
    assert violations(tab, "light") == []
    assert violations(tab, "dark", ONLY_COLORS) == []


# The pages of the reference are alike: one stands for all. The theme looks at the width when a page
# is loaded.
@pytest.mark.parametrize(
    "page", [page for page in WRITTEN if re.match("book/(?!reference/(?!jacobians))", page)]
)
def test_axe_finds_nothing_on_a_phone(tab, page):
    tab.set_viewport_size(PHONE)
    show(tab, page)
    assert violations(tab, "light", NO_COLORS) == []
    tab.set_viewport_size(DESKTOP)


# What the pages weigh


def size(url):
    """The bytes of what a page loads from the site."""
    path = SITE / unquote(urlsplit(url).path.lstrip("/"))
    return path.stat().st_size if path.is_file() else 0


def test_the_page_is_light(seen, printed):
    loaded = {url.partition("#")[0] for url in seen.requests if url.startswith("http")}
    weight = {"html": size(seen.name), "all it loads": sum(map(size, loaded))}
    if seen.name in WITH_SLIDERS:
        shown = (f"{kind} {bytes / 1e6:.2f} MB" for kind, bytes in weight.items())
        printed("weight of the pages", f"{seen.name:30} {', '.join(shown)}")
    assert [kind for kind in weight if weight[kind] > HEAVIEST[kind]] == []


def test_the_site_is_light(printed):
    weight = sum(path.stat().st_size for path in SITE.rglob("*") if path.is_file())
    printed("weight of the pages", f"{'the site':30} {weight / 1e6:.2f} MB")
    assert weight <= HEAVIEST["the site"]


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


def test_every_chapter_has_its_questions():
    chapters = ("jacobians", "hessians", "taylor", "constrained", "least_squares")
    assert {f"book/{chapter}.html" for chapter in chapters} <= set(WITH_QUESTIONS) or not PAGES


# Around the pages


def test_the_front_door_leads_to_the_course(tab):
    tab.goto("index.html")
    tab.wait_for_url("**/book/index.html")


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

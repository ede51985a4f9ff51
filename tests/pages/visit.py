"""One visit to a page: what it asks for and says, and how it looks on a desk and on a phone."""

from contextlib import contextmanager
from types import SimpleNamespace

from built_site import DESKTOP, PHONE, WITH_PICTURES, show

LOOK = r"""() => {
  const untypeset = [];
  const mathml = "http://www.w3.org/1998/Math/MathML";
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.parentElement.closest("pre, code, script, style")) continue;
    if (/\$\$|\\[a-zA-Z]+|\\[()[\]]/.test(node.textContent)) untypeset.push(node.textContent);
  }
  const all = (selector) => [...document.querySelectorAll(selector)];
  return {
    untypeset,
    wrong: all("merror, math :not(mtext) script").map((error) => error.outerHTML),
    // A formula is one <math>, all of whose parts are MathML, set in the font of the book.
    unset: all(".math").filter((formula) => {
      const parts = [...formula.querySelectorAll("math, math *")];
      return !parts.length || parts.some((part) => part.namespaceURI !== mathml);
    }).map((formula) => formula.outerHTML),
    fonts: [...document.fonts].filter((one) => one.status === "loaded").map((one) => one.family),
    stops: all(".math, .math *:not(a)").filter((part) =>
      part.tabIndex >= 0 && part.scrollWidth <= part.clientWidth).map((part) => part.outerHTML),
    elements: all("*").length,
    links: all("a[href]").map((link) => link.href),
    unnamed: all("img:not([alt]), [role=img]:not([aria-label]), article svg:not([aria-hidden])")
      .filter((image) => !image.closest("button"))
      .filter((image) => !image.parentElement.closest("[role=img][aria-label]"))
      .map((image) => image.outerHTML.slice(0, 200)),
    bitmaps: all(".cell_output img").length,
    cut_code: all("article .cell pre").filter((code) => {
      const fold = code.closest("details:not([open])");
      if (fold) fold.open = true;
      const cut = code.scrollWidth > code.clientWidth;
      if (fold) fold.open = false;
      return cut;
    }).map((code) => code.textContent),
    icons: all("*").flatMap((element) => ["::before", "::after"].map((part) =>
      getComputedStyle(element, part).content)).join("").match(/[\ue000-\uf8ff]/g) ?? [],
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
  const cut = [...document.querySelectorAll("article :not(svg *)")].filter((element) => {
    const inside = boxes.some((box) => box !== element && box.contains(element));
    const { left, right, width } = element.getBoundingClientRect();
    return !inside && width > 1 && (left < -1 || right > innerWidth + 1);
  });
  return {
    width_on_a_phone: document.documentElement.scrollWidth,
    scrolling: boxes.filter(slid).map((box) => `${box.tagName} ${box.className}`),
    unreached: boxes.filter((box) => slid(box) && box.matches(".formula, span.math")
      && box.checkVisibility() && box.tabIndex < 0).map((box) => box.outerHTML),
    cut: cut.map((element) => element.outerHTML.slice(0, 200)),
  };
}"""

# Of pictures: what a theme makes of their colours, {name of the variable: [its colour, on what
# ground]}, and which colours are no variables.
COLOURS = """() => {
  const seen = {}, fixed = [];
  for (const mark of document.querySelectorAll(".pictures :is(path, text, tspan, rect)")) {
    for (const kind of ["fill", "stroke"]) {
      const said = mark.getAttribute(kind);
      if (said === null) continue;
      const name = said.match(/^var\\((--plot-[a-z-]+),#[0-9a-f]{6}\\)$/)?.[1];
      if (!name) fixed.push(said);
      seen[`${mark.tagName === "text" ? "text" : kind} ${name}`] = getComputedStyle(mark)[kind];
    }
  }
  const grounds = [];
  for (let box = document.querySelector(".pictures"); box; box = box.parentElement)
    grounds.push(getComputedStyle(box).backgroundColor);
  return { seen, fixed, ground: grounds.find((color) => !/, 0\\)$/.test(color)) };
}"""

LETTERS = """() => [...document.querySelectorAll(".pictures :is(text, tspan)")]
  .filter((text) => text.checkVisibility())
  .map((text) => {
    const scale = text.closest("svg").getScreenCTM();
    return [parseFloat(getComputedStyle(text).fontSize) * Math.hypot(scale.a, scale.b),
            text.textContent];
  })"""

PANELS = """() => [...document.querySelectorAll(".pictures")].map((picture) =>
  [...picture.children].map((panel) => {
    const { left, right, top, bottom } = panel.getBoundingClientRect();
    return { left, right, top, bottom };
  }))"""


@contextmanager
def visited(tab, name):
    """A page, open in a tab, and what was seen of it; of its pictures in either theme."""
    page = SimpleNamespace(name=name, tab=tab, requests=[], answers=[], errors=[], console=[])
    listeners = {
        "request": lambda request: page.requests.append(request.url),
        "response": lambda response: page.answers.append((response.status, response.url)),
        "pageerror": lambda error: page.errors.append(str(error)),
        "console": lambda message: page.console.append((message.type, message.text)),
    }
    for event, listener in listeners.items():
        tab.on(event, listener)
    tab.emulate_media(color_scheme="light", reduced_motion="reduce")
    show(tab, name)
    vars(page).update(tab.evaluate(LOOK))
    if name in WITH_PICTURES:
        page.light, page.panels = tab.evaluate(COLOURS), tab.evaluate(PANELS)
        tab.emulate_media(color_scheme="dark")
        tab.wait_for_function("document.documentElement.dataset.theme === 'dark'")
        page.dark = tab.evaluate(COLOURS)
    tab.set_viewport_size(PHONE)
    vars(page).update(tab.evaluate(PHONE_LOOK))
    if name in WITH_PICTURES:
        page.letters, page.panels_on_a_phone = tab.evaluate(LETTERS), tab.evaluate(PANELS)
    tab.set_viewport_size(DESKTOP)
    yield page
    for event, listener in listeners.items():
        tab.remove_listener(event, listener)

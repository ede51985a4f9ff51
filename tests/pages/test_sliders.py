"""Every slider of every page: whatever moves it, the picture is the one for its value, at once."""

from pathlib import Path

import numpy as np
import pytest
from built_site import (
    IN_PAGES,
    MARKS,
    PAGES,
    PHONE,
    drawn,
    least,
    open_tab,
    show,
    sliders_of,
    unavailable,
)
from playwright.sync_api import expect

from companion.widgets import SLIDERS

# In milliseconds; of ticks, with the processor slowed fourfold.
TICK_MEDIAN, TICK_P95, FIRST_MOVE = 20, 30, 2000

DOOR = "book/index.html"
NAMES = [f"{Path(page).stem}-{name}" for page, name in IN_PAGES]


class OnPage:
    """A slider in an open page, found by the name that it announces."""

    def __init__(self, tab, page, name):
        if not tab.url.endswith(f"/{page}"):  # a page with several sliders is loaded once
            show(tab, page)
        self.tab, self.page, self.name = tab, page, name
        self.spec = SLIDERS[name]
        self.last = len(self.spec.values) - 1
        self.handle = tab.get_by_role("slider", name=self.spec.label, exact=True)
        self.box = self.handle.locator("xpath=..")
        self.handle.scroll_into_view_if_needed()

    def value(self):
        return int(self.handle.input_value())

    def shows(self, index):
        """Assert that handle, readout and picture are those of a value."""
        text, marks = drawn(self.name, index)
        said = self.spec.readout.format(self.spec.values[index])
        picture = self.box.locator("[role=img]")
        expect(picture).to_have_attribute("aria-label", text)  # waits, and wants exactly one
        assert picture.evaluate(MARKS) == marks
        assert self.box.locator(".value").inner_text() == said
        assert self.handle.get_attribute("aria-valuetext") == said
        assert self.value() == index

    def point(self, share):
        """Where the middle of the handle is when it stands at a share of its way."""
        track, handle = self.handle.bounding_box(), 24
        x = track["x"] + handle / 2 + share * (track["width"] - handle)
        return x, track["y"] + track["height"] / 2


# The tests of one slider follow each other: its frames are drawn in one worker, its page is loaded
# once on a desk and once on a phone.
@pytest.fixture(scope="module", params=IN_PAGES, ids=NAMES)
def place(request):
    """The page of a slider, and its name."""
    return request.param


@pytest.fixture(scope="module")
def slider(tab, place):
    return OnPage(tab, *place)


@pytest.fixture(scope="module")
def phone(browser, address):
    options = {"viewport": PHONE, "has_touch": True, "is_mobile": True}
    with open_tab(browser, address, **options) as tab:
        yield tab


@pytest.fixture(scope="module")
def touched(phone, place):
    return OnPage(phone, *place)


def test_every_slider_stands_in_a_chapter_once_and_one_at_the_door():
    if not PAGES:
        unavailable("there is no built book: run `make book`")
    assert sorted(name for page, name in IN_PAGES if page != DOOR) == sorted(SLIDERS)
    assert [name for page, name in IN_PAGES if page == DOOR] == ["step"]


def test_it_starts_where_its_table_says(slider):
    slider.shows(slider.spec.start)


def test_it_obeys_the_keyboard(slider):
    keys = [
        ("Home", 0),
        ("ArrowRight", 1),
        ("ArrowUp", 2),
        ("ArrowLeft", 1),
        ("ArrowDown", 0),
        ("End", slider.last),
        ("ArrowLeft", slider.last - 1),
    ]
    for key, index in keys:
        slider.handle.press(key)
        slider.shows(index)
    for key, end, way in [("PageUp", "Home", 1), ("PageDown", "End", -1)]:
        slider.handle.press(end)
        before = slider.value()
        slider.handle.press(key)
        assert 2 <= way * (slider.value() - before) <= slider.last / 2
        slider.shows(slider.value())


def test_it_obeys_the_mouse(slider):
    slider.handle.press("Home")
    mouse = slider.tab.mouse
    mouse.move(*slider.point(0))
    mouse.down()
    mouse.move(*slider.point(0.5), steps=4)
    assert abs(slider.value() - slider.last / 2) <= 1
    slider.shows(slider.value())
    mouse.move(*slider.point(1.05), steps=4)
    slider.shows(slider.last)
    mouse.up()
    mouse.move(*slider.point(0.2))
    slider.shows(slider.last)


@pytest.mark.parametrize("off", [-20, 0, 20])
def test_it_obeys_a_thumb_anywhere_in_44_px(touched, phone, off):
    begin = touched.value() / touched.last
    fingers = phone.context.new_cdp_session(phone)

    def touch(kind, share=None):
        points = []
        if share is not None:
            x, y = touched.point(share)
            points = [{"x": x, "y": y + off}]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", begin)
    for step in range(1, 6):
        touch("touchMove", begin * (1 - step / 5))
    touched.shows(0)
    for step in range(1, 6):
        touch("touchMove", 0.6 * step / 5)
    touch("touchEnd")
    assert abs(touched.value() - 0.6 * touched.last) <= 1
    touched.shows(touched.value())


def test_it_has_the_whole_width_of_a_phone(touched):
    box = touched.handle.bounding_box()
    assert box["height"] >= 44
    assert box["width"] >= PHONE["width"] - 40


def test_its_focus_is_visible(slider):
    slider.handle.blur()
    unfocused = slider.handle.screenshot()
    slider.tab.keyboard.press("Tab")  # so that the focus is the keyboard's
    slider.handle.focus()
    assert slider.handle.screenshot() != unfocused


def test_without_javascript_the_starting_frame_is_seen(browser, address, place):
    page, name = place
    with open_tab(browser, address, java_script_enabled=False) as tab:
        tab.goto(page)
        spec = SLIDERS[name]
        box = tab.locator(".slider").filter(has=tab.get_by_text(spec.label, exact=True))
        picture = box.locator("[role=img]")
        assert picture.count() == 1
        shown = picture.get_attribute("aria-label"), picture.evaluate(MARKS)
        assert shown == drawn(name, spec.start)
        expect(box.locator(".value")).to_have_text(spec.readout.format(spec.values[spec.start]))
        expect(box.locator("input")).to_be_hidden()


# How fast

# After each press of a key on the handle, window.tick is a promise of the time until the frame in
# which another picture is painted: a message that is sent from a frame's callback arrives after it.
TICKS = """handle => {
  const groups = [...handle.parentElement.querySelector(".values").children];
  const seen = () => groups.find((group) => !group.hasAttribute("display"));
  handle.addEventListener("keydown", (event) => {
    const before = seen();
    window.tick = new Promise((resolve) => {
      const painted = new MessageChannel();
      painted.port1.onmessage = () => resolve(performance.now() - event.timeStamp);
      const look = () => {
        const now = seen();
        if (now && now !== before) painted.port2.postMessage("");
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });
  }, { capture: true });
}"""


def tick_times(slider):
    """The milliseconds of the steps from one end to the other: median, and 95 % of them."""
    slider.handle.press("Home")
    times = []
    for _ in range(slider.last):
        slider.tab.keyboard.press("ArrowRight")
        times.append(slider.tab.evaluate("window.tick"))
    return np.quantile(times, [0.5, 0.95])


@pytest.mark.timed
def test_the_picture_follows_a_key_at_once(slider, browser, printed):
    slider.handle.evaluate(TICKS)
    session = slider.tab.context.new_cdp_session(slider.tab)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    median, p95 = least(lambda: tick_times(slider), browser, [TICK_MEDIAN, TICK_P95])
    session.detach()  # and with it the slowness
    printed(
        "sliders: from key press to changed picture",
        f"{slider.page:26} {slider.spec.label:40} {slider.last + 1:3} values"
        f"   median {median:4.1f} ms   95 % {p95:4.1f} ms",
    )
    assert median <= TICK_MEDIAN
    assert p95 <= TICK_P95


# The time from the start of navigation until the frame in which a picture has changed.
FIRST = """() => {
  const moved = [...document.querySelectorAll(".slider")].some((slider) =>
    slider.querySelector("input").getAttribute("value")
      !== String([...slider.querySelector(".values").children].findIndex(
        (group) => !group.hasAttribute("display"))));
  return moved && performance.now();
}"""


@pytest.mark.timed
def test_it_answers_soon_after_the_page_is_asked_for(browser, address, place, printed):
    page, name = place
    number = sliders_of(page).index(name) + 1

    def first_move():
        with open_tab(browser, address) as tab:  # a browser that knows no page yet
            tab.goto(page, wait_until="commit")
            tab.locator(f"#slider-{number}").press("ArrowRight")
            return tab.wait_for_function(FIRST).json_value()

    milliseconds = least(first_move, browser, FIRST_MOVE)
    printed(
        "sliders: from the start of navigation to the first changed picture",
        f"{page:26} {SLIDERS[name].label:40} {milliseconds:5.0f} ms",
    )
    assert milliseconds <= FIRST_MOVE

"""Cells that run in their page: what they show, who may run them, and what may go wrong."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from urllib.parse import urlsplit

import nbformat
import notebooks
import numpy as np
import psutil
import pytest
from built_site import DESKTOP, PAGES, PHONE, ROOT, SITE, host, least, open_tab, served, show
from jupyter_client.manager import start_new_kernel
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from playwright.sync_api import expect
from run_here import place_of
from test_pages import NO_COLORS, violations

PAGE, EXERCISES = "book/constrained/one_function.html", "book/taylor/exercises.html"
SLOW = 20_000  # milliseconds, of a kernel that starts beside other work
WITH_CELLS = [page for page in PAGES if '<details class="run">' in (SITE / page).read_text("utf-8")]


class Running:
    """An open page whose cells run: what a reader does there, and is told."""

    def __init__(self, tab, server, page, token=None):
        self.tab = tab
        self.complaints = []
        tab.on("console", lambda message: self.complain(message.type, message.text))
        tab.on("pageerror", lambda error: self.complain("error", str(error)))
        tab.goto(f"{page}#token={token or server.token}")

    def complain(self, kind, text):
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def button(self, name):
        return self.tab.get_by_role("button", name=name, exact=True)

    def begin(self):
        self.button("Run this page").click()
        self.told("Ready: ")
        return self

    def told(self, text, timeout=SLOW):
        status = self.tab.locator("div.run [role=status]")
        try:
            status.filter(has_text=text).wait_for(timeout=timeout)
        except PlaywrightTimeout as error:
            error.add_note(f"the page says: {status.inner_text()}")
            raise

    def code(self, number):
        return self.tab.get_by_label(f"Code of cell {number}", exact=True)

    def output(self, number):
        cell = self.tab.locator("div.cell").filter(has=self.code(number))
        return cell.locator(".cell_output")

    def run(self, number, code=None):
        """Run a cell, of other code perhaps, and wait until it has run."""
        if code is not None:
            self.code(number).fill(code)
        self.code(number).press("Control+Enter")
        self.told(f"Cell {number}")
        self.told(" ran.")
        return self.output(number)


@pytest.fixture
def running(browser, server):
    """running(page): a page in a tab of its own, under its policy, with a kernel."""
    with open_tab(browser, server.address, bypass_csp=False) as tab:
        yield lambda page, **options: Running(tab, server, page, **options)


# What a page shows


LOOK = """() => [...document.querySelectorAll("article div.cell")].map((cell) => ({
  texts: [...cell.querySelectorAll(".cell_output pre")].map((output) => output.textContent.trim()),
  tables: [...cell.querySelectorAll(".output table")].map((table) => table.innerText),
  pictures: [...cell.querySelectorAll(".pictures")].map((picture) => ({
    text: picture.getAttribute("aria-label"),
    marks: [...picture.querySelectorAll("path, text")].map((mark) => mark.outerHTML),
  })),
  labels: [...cell.querySelectorAll("label, .value")].map((label) => label.textContent),
  images: cell.querySelectorAll("img").length,
}))"""

# A page of each chapter, among them one of each kind of output; hidden, removed and folded cells.
RUN = [
    "book/jacobians/linear_map.html",
    "book/hessians/sketch.html",
    "book/taylor/step.html",
    "book/constrained/circle.html",
    "book/least_squares/all_digits.html",
    "book/taylor/exercises.html",
    "book/benchmarks.html",
]


@pytest.mark.parametrize("page", RUN)
def test_all_cells_run_and_show_what_the_page_showed(running, page):
    page = running(page)
    built = page.tab.evaluate(LOOK)
    page.begin()
    page.button("Run all").click()
    page.told("cells ran in", timeout=60_000)
    assert page.tab.evaluate(LOOK) == built
    assert page.complaints == []


def test_an_exercise_is_not_yet_done_then_wrong_then_right(running):
    page = running(EXERCISES).begin()
    expect(page.run(2)).to_contain_text("taylor-2: not yet. Asked for: the point")
    answer = "def next_point(kappa):\n    return {}\n\n\ncheck('taylor-2', next_point)"
    expect(page.run(2, answer.format("np.array([kappa, 1])"))).to_contain_text("not right. For")
    right = "np.array([kappa, -1]) * (kappa - 1) / (kappa + 1)"
    expect(page.run(2, answer.format(right))).to_contain_text("taylor-2: passed.")


def test_code_is_changed_where_it_stands_line_by_line(running):
    page = running(PAGE).begin()
    fold = page.tab.locator("div.cell details").first
    assert fold.get_attribute("open") is None
    source = json.loads((ROOT / "book/constrained/one_function.ipynb").read_text("utf-8"))["cells"]
    first = "".join(next(cell for cell in source if cell["cell_type"] == "code")["source"])
    assert page.code(1).input_value() == first  # read in a closed fold
    code = page.code(3)
    code.fill("")
    code.press_sequentially('for k in range(2):\nprint("line", k)  # <b>\n')
    code.press("Shift+Enter")
    assert code.input_value() == 'for k in range(2):\n    print("line", k)  # <b>\n    '
    expect(page.output(3).locator("pre")).to_have_text("line 0\nline 1\n")
    seen = page.tab.locator("div.cell .editor").nth(2).locator("> span")
    assert seen.text_content() == code.input_value() + "\n"
    assert seen.locator(".c1").inner_text() == "# <b>"
    expect(page.code(4)).to_be_focused()


def test_errors_are_shown_and_end_a_run(running):
    page = running(PAGE).begin()
    page.code(3).fill("print('before')\n1 / 0")
    page.button("Run all").click()
    page.told("Cell 3: ZeroDivisionError.")
    expect(page.output(3)).to_contain_text("before")
    assert re.search(
        r"line 2\n.*ZeroDivisionError: division by zero", page.output(3).inner_text(), re.S
    )
    assert "\x1b" not in page.output(3).text_content()
    expect(page.button("Run cell 4")).to_be_visible()  # it waits no more


def test_a_name_from_above_is_missed_until_all_above_has_run(running):
    page = running(PAGE).begin()
    page.code(3).press("Control+Enter")
    page.told("Cell 3: NameError. Perhaps a cell above has to run first: Run all above.")
    page.button("Run all above cell 3").click()
    page.told("2 cells ran in")
    page.run(3)
    page.button("Start again").click()
    page.told("Ready: ")
    page.code(3).press("Control+Enter")
    page.told("Cell 3: NameError.")


def test_cells_that_the_page_does_not_show_run_before_the_next_that_it_does(running):
    page = running("book/benchmarks.html").begin()
    page.tab.evaluate(
        "document.querySelectorAll('article details').forEach((d) => { d.open = true; })"
    )
    page.code(8).press("Control+Enter")
    page.told("A cell that is not shown: NameError. Perhaps a cell above has to run first")
    for number in range(2, 9):
        page.run(number)
    page.run(2, "print(levels([0], 1), duration(2))")  # of cells that were removed
    expect(page.output(2)).to_have_text("[0] 2 s\n")


def test_pictures_have_the_colours_of_either_theme_and_keep_their_text(running):
    page = running(PAGE)
    built = page.tab.locator("[role=img]").last.get_attribute("aria-label")
    page.begin()
    number = page.tab.get_by_label("Code of cell").count()
    page.button("Run all").click()
    page.told("cells ran in", timeout=60_000)
    picture = page.output(number).locator("[role=img]")
    assert picture.get_attribute("aria-label") == built
    text = picture.locator("text").first
    inks, ground = [], page.output(number).locator(".output")
    for theme in ("light", "dark"):
        page.tab.emulate_media(color_scheme=theme)
        page.tab.locator(f"html[data-theme={theme}]").wait_for()
        inks.append(text.evaluate("text => getComputedStyle(text).fill"))
        expect(ground).to_have_css("background-color", "rgba(0, 0, 0, 0)")  # the page's
    assert inks[0] != inks[1]
    page.tab.locator("div.cell details summary").last.click()
    page.run(number, page.code(number).input_value() + "\nplt.title('other')")
    assert picture.get_attribute("aria-label").endswith(f"Before: {built}")
    foreign = "import matplotlib.pyplot as plt\nplt.plot([1, 2], color='#ff00ff');"
    image = page.run(3, foreign).locator("img")
    assert image.get_attribute("src").startswith("data:image/png;base64,")
    assert image.get_attribute("alt") == "What the cell above draws"


def test_a_slider_of_your_own_function_is_drawn_as_it_is_dragged(running):
    page = running(PAGE).begin()
    own = "slider('step', f=lambda x: x[0] ** 2 + 3 * x[1] ** 2, x0=[1, 2])"
    slider = page.run(3, f"from companion.widgets import slider\n{own}").locator(".slider")
    handles, picture = slider.locator("input"), slider.locator("[role=img]")
    expect(picture).to_have_attribute("aria-label", re.compile("which is 13 − "))
    handles.nth(0).press("End")
    best = slider.locator(".value").first
    expect(picture).to_have_attribute("aria-label", re.compile("^ε = 0.4073: "))
    expect(best).to_have_text("0.4073")
    for _ in range(3):
        handles.nth(1).press("ArrowLeft")
    x1 = float(handles.nth(1).input_value())
    assert x1 < 1
    expect(picture).to_have_attribute("aria-label", re.compile(f"which is {x1**2 + 12:.4g} − "))
    assert page.complaints == []


def test_an_output_can_be_cleared_and_changed(running):
    page = running(PAGE).begin()
    code = "from IPython.display import clear_output, display\nprint('one')\n{}\nprint('two')"
    expect(page.run(3, code.format("clear_output()")).locator("pre")).to_have_text("two\n")
    last = code.format("clear_output(wait=True)") + "\nclear_output(wait=True)"
    expect(page.run(3, last).locator("pre")).to_have_text("two\n")  # for nothing came after it
    one = page.run(3, "shown = display(1, display_id=True)\nprint('between')")
    expect(one.locator("pre")).to_have_text(["1\n", "between\n"])
    page.run(4, "shown.update(2)")
    expect(one.locator("pre")).to_have_text(["2\n", "between\n"])
    assert page.complaints == []


def test_what_a_cell_asks_for_is_written_beneath_it(running):
    page = running(PAGE).begin()
    page.code(3).fill(
        "print(input('Name? ') * 2)\nfrom getpass import getpass\nprint(len(getpass()))"
    )
    page.code(3).press("Control+Enter")
    field = page.output(3).get_by_label("Name?")
    expect(field).to_be_focused()
    page.tab.keyboard.type("Ada")
    page.tab.keyboard.press("Enter")
    secret = page.output(3).get_by_label("What the cell asks for")
    expect(secret).to_have_attribute("type", "password")
    secret.fill("hidden")
    secret.press("Enter")
    expect(page.output(3)).to_have_text("Name? Ada\nAdaAda\n\n6\n")
    page.told("Cell 3 ran.")  # until then it cannot run again
    page.code(3).press("Control+Enter")
    expect(field).to_be_focused()
    page.button("Stop cell 3").click()
    page.told("Cell 3 was stopped.")
    expect(page.output(3).locator("input")).to_have_count(0)
    assert page.complaints == []


def test_what_a_cell_asks_for_stands_below_what_it_wrote(running):
    page = running(PAGE).begin()
    late = "import sys, threading, time\nthreading.Timer(1, lambda: print('late')).start()\n"
    page.code(3).fill(f"{late}print('early')\ninput('? ')\nprint('after')")
    page.code(3).press("Control+Enter")
    expect(page.output(3).locator("pre")).to_have_text(["early\nlate\n", "? "])
    page.tab.keyboard.type("now")
    page.tab.keyboard.press("Enter")
    expect(page.output(3).locator("pre")).to_have_text("early\nlate\n? now\nafter\n")


SET = """from IPython.display import Latex, Markdown, Math, display
display(Markdown("**a** $x^2$\\n\\n$$y$$\\n\\n```python\\nreturn 1\\n```"), Math("x^3"))
display(Latex(r"\\begin{align} z &= 1 \\\\ &= 2 \\end{align}"), Markdown("$\\\\nonsense{$"))"""


def test_markdown_and_formulas_are_set(running):
    shown = running(PAGE).begin().run(3, SET)
    expect(shown.locator("strong")).to_have_text("a")
    expect(shown.locator("math")).to_have_text(["x2", "y", "x3", re.compile("z=1=2")])
    assert shown.locator("math msup").count() == 2
    expect(shown.locator(".formula math")).to_have_count(2)
    expect(shown.locator(".highlight .k")).to_have_text("return")
    expect(shown.locator("p code")).to_have_text("\\nonsense{")


def test_text_is_shown_without_its_colours_and_what_is_written_over(running):
    page = running(PAGE).begin()
    bar = "for k in range(3):\n    print(f'\\r{k} of 3', end='', flush=True)\n"
    expect(page.run(3, f"{bar}print('\\n\\x1b[31mred')")).to_have_text("2 of 3\nred\n")
    warned = page.run(3, "import sys\nprint('take care', file=sys.stderr)").locator(".stderr")
    expect(warned).to_have_text("take care\n")


def test_what_is_known_of_a_name_is_shown(running):
    expect(running(PAGE).begin().run(3, "bowl?")).to_contain_text("Docstring:")


def test_other_widgets_are_shown_as_text(running):
    page = running(PAGE).begin()
    boxed = "from ipywidgets import IntSlider, VBox\nVBox([IntSlider()])"
    expect(page.run(3, boxed)).to_have_text("VBox(children=(IntSlider(value=0),))\n")


def test_a_page_is_run_by_the_keyboard_alone(running):
    page = running(EXERCISES)
    page.button("Run this page").focus()
    page.tab.keyboard.press("Enter")
    page.told("Ready: ")
    expect(page.button("Run all")).to_be_focused()
    while not page.code(2).evaluate("area => area === document.activeElement"):
        page.tab.keyboard.press("Tab")
    page.tab.keyboard.press("Control+A")
    page.tab.keyboard.press("Delete")
    page.tab.keyboard.type("print(6 * 7)")
    page.tab.keyboard.press("Tab")  # out of the code: it is no trap
    page.tab.keyboard.press("Tab")
    expect(page.button("Run cell 2")).to_be_focused()
    page.tab.keyboard.press("Enter")
    expect(page.output(2)).to_have_text("42\n")


@pytest.mark.parametrize("viewport", [None, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_in_a_page_that_is_run(browser, server, axe, viewport):
    options = {"viewport": viewport} if viewport else {}
    with open_tab(browser, server.address, **options) as tab:
        page = Running(tab, server, PAGE).begin()
        page.button("Run all").click()
        page.told("cells ran in", timeout=60_000)
        page.code(3).fill("1 / 0")
        page.code(3).press("Control+Enter")
        page.told("Cell 3: ")
        assert violations(tab, axe, "light", NO_COLORS if viewport else None) == []
        if not viewport:
            assert violations(tab, axe, "dark") == []
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")


# Who may run it


def answer(server, method, path, body=None, **headers):
    """(status, text, headers) of the answer to what is asked as it stands, without a browser."""
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(server.address).port, timeout=20)
    connection.putrequest(method, path, skip_host=True)
    headers = {"Host": urlsplit(server.address).netloc} | headers
    if body:
        headers["Content-Length"] = str(len(body))
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders(body.encode() if body else None)
    found = connection.getresponse()
    text = "" if found.status == 101 else found.read().decode("utf-8", "replace")
    connection.close()
    return found.status, text, found.headers


SOCKET = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec_WebSocket_Version": "13",
    "Sec_WebSocket_Key": "MDEyMzQ1Njc4OWFiY2RlZg==",
}


@pytest.fixture(scope="module")
def kernel(server):
    """The path of a kernel that has been started by who may."""
    status, text, _ = answer(server, "POST", "/jupyter/api/kernels", "{}", **right(server))
    assert status == 201
    path = f"/jupyter/api/kernels/{json.loads(text)['id']}"
    yield path
    assert answer(server, "DELETE", path, **right(server))[0] == 204


def right(server):
    return {"Authorization": f"token {server.token}", "Origin": server.address.rstrip("/")}


# What is wrong about a request; PORT is the server's own.
WRONG = {
    "no token": {"Authorization": ""},
    "a wrong token": {"Authorization": "token wrong"},
    "the token of the user's own server": {"Authorization": "token known"},
    "another port": {"Origin": "http://127.0.0.1:1"},
    "another name": {"Origin": "http://localhost:PORT"},
    "another scheme": {"Origin": "https://127.0.0.1:PORT"},
    "a foreign page": {"Origin": "https://example.org"},
    "a page without an origin": {"Origin": "null"},
    "a foreign host": {"Host": "example.org:PORT"},
    "a local host": {"Host": "localhost:PORT"},
    "a host without its port": {"Host": "127.0.0.1"},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_who_may_not_run_cells_is_refused(server, kernel, wrong, printed):
    port = str(urlsplit(server.address).port)
    given = {name: value.replace("PORT", port) for name, value in WRONG[wrong].items()}
    headers = right(server) | given
    asked = [("GET", kernel), ("POST", "/jupyter/api/kernels"), ("POST", f"{kernel}/interrupt")]
    answers = [answer(server, *one, **headers)[0] for one in [*asked, ("DELETE", kernel)]]
    token = headers.pop("Authorization").removeprefix("token ")
    channel = f"{kernel}/channels?token={token}"
    answers.append(answer(server, "GET", channel, **headers, **SOCKET)[0])
    printed("who may not run cells", f"{wrong:40} {answers}")
    assert answers == [403] * 5


def test_who_may_run_cells_can(server, kernel):
    assert answer(server, "GET", kernel, **right(server))[0] == 200
    channel = f"{kernel}/channels?token={server.token}"
    origin = {"Origin": right(server)["Origin"]}
    assert answer(server, "GET", channel, **origin, **SOCKET)[0] == 101


@pytest.mark.parametrize(
    "path",
    [
        "/jupyter/",
        "/jupyter/api",
        "/jupyter/api/contents",
        "/jupyter/api/contents/README.md",
        "/jupyter/api/kernelspecs",
        "/jupyter/api/sessions",
        "/jupyter/api/terminals",
        "/jupyter/files/README.md",
        "/jupyter/lab",
        "/jupyter/login",
        "/api/kernels",
        "/api/contents",
        "/../../README.md",
        "/%2e%2e/%2e%2e/README.md",
        "/_static/../../../README.md",
        "/..%2f..%2fREADME.md",
        "/book/index.html%00",
        "//etc/passwd",
        "/book/",
    ],
)
def test_nothing_else_is_served(server, path, printed):
    status, text, _ = answer(server, "GET", path, **right(server))
    printed("what is not served", f"{path:40} {status}")
    assert status in (403, 404)
    assert "Gradient" not in text


PROBE = """async ([address, token]) => {
  const said = [];
  const headers = { Authorization: `token ${token}` };
  for (const [method, path] of [["GET", ""], ["POST", ""]]) {
    const answer = fetch(`${address}jupyter/api/kernels${path}`, { method, headers });
    said.push(await answer.then(({ status }) => status, () => "refused"));
  }
  said.push(await new Promise((resolve) => {
    const id = "00000000-0000-0000-0000-000000000000";
    const host = address.replace("http", "ws");
    const socket = new WebSocket(`${host}jupyter/api/kernels/${id}/channels?token=${token}`);
    socket.onopen = () => resolve("open");
    socket.onerror = () => resolve("refused");
  }));
  return said;
}"""


def test_a_browser_on_a_page_of_another_port_is_refused_though_it_knows_the_token(browser, server):
    with host(SITE) as other, open_tab(browser, other) as tab:
        tab.goto("book/glossary.html")
        assert tab.evaluate(PROBE, [server.address, server.token]) == ["refused"] * 3


def test_a_browser_that_was_led_here_by_a_foreign_name_is_refused(launch, server):
    browser = launch("--host-resolver-rules=MAP * 127.0.0.1")
    for name in ("localhost", "example.org"):
        own = server.address.replace("127.0.0.1", name)
        with open_tab(browser, own) as tab:
            assert tab.goto(f"book/index.html#token={server.token}").status == 403
            assert f"The book is at {server.address}"[:-1] in tab.content()
            assert tab.evaluate(PROBE, [own, server.token]) == [403, 403, "refused"]
    browser.close()


def test_no_cookie_is_set_and_the_token_leaves_the_address(running, server):
    page = running("")
    page.tab.wait_for_url(f"{server.address}book/index.html")  # the front door, without a fragment
    assert page.tab.evaluate("localStorage.getItem('token')") == server.token
    page.tab.goto(PAGE)
    page.begin()
    assert page.tab.context.cookies() == []
    assert page.tab.url == f"{server.address}{PAGE}"


def test_the_front_door_of_a_plain_host_leads_to_the_same_page():
    assert "url=book/index.html" in (SITE / "index.html").read_text("utf-8")


def test_the_users_own_configuration_is_not_read(running, server):
    page = running(PAGE).begin()
    expect(page.run(3, "__import__('os').environ['IPYTHONDIR']")).not_to_contain_text(
        str(server.home)
    )
    assert not (server.home / "read").exists()


@pytest.mark.skipif(os.name != "posix", reason="there are no sockets among its files")
def test_a_kernel_listens_at_no_port(running):
    told = "from ipykernel.connect import get_connection_info\n"
    told += "print(get_connection_info(unpack=True)['transport'])"
    expect(running(PAGE).begin().run(3, told)).to_have_text("ipc\n")


def test_what_a_cell_shows_runs_no_script_and_asks_no_other_host(running):
    page = running(PAGE).begin()
    html = (
        "<script>document.title = 'taken'</script>"
        "<img src='/none' onerror='document.title = `taken`'>"
        "<img src='https://example.org/picture'><iframe src='https://example.org'></iframe>"
    )
    page.run(3, f"from IPython.display import HTML\nHTML({html!r})")
    page.tab.wait_for_timeout(500)
    assert page.tab.title() != "taken"
    for kind in ("img-src", "frame-src", "script-src"):
        assert any(kind in text for text in page.complaints)


# What may go wrong: the reader is told within seconds, and can go on.


def test_an_endless_loop_is_stopped(running):
    page = running(PAGE).begin()
    page.code(3).fill("while True:\n    pass")
    page.code(3).press("Control+Enter")
    page.told("Cell 3 runs")
    page.code(4).press("Control+Enter")
    page.button("Stop cell 3").click()
    page.told("Cell 3 was stopped.")
    expect(page.output(3)).to_contain_text("KeyboardInterrupt")
    expect(page.button("Run cell 4")).to_be_visible()
    expect(page.run(3, "6 * 7")).to_have_text("42\n")


def test_a_loop_that_does_not_stop_is_ended_by_starting_again(running):
    page = running(PAGE).begin()
    deaf = "from signal import *\nsignal(SIGINT, SIG_IGN)\nwhile True: pass"
    page.code(3).fill(deaf)
    page.code(3).press("Control+Enter")
    page.told("Cell 3 runs")
    page.button("Stop").click()
    page.told("It does not stop.")
    page.button("Start again").click()
    page.told("Ready: ")
    expect(page.button("Run cell 3")).to_be_visible()
    page.run(3, "1")


def test_a_flood_of_text_is_cut_off(running):
    page = running(PAGE).begin()
    text = page.run(3, "for k in range(100_000): print('line', k)").text_content()
    assert 100_000 < len(text) < 250_000


MANY = """kernel = get_ipython().kernel
for k in range(2700):
    kernel.send_response(kernel.iopub_socket, "clear_output", {{"wait": False}})
open({!r}, "w").close()
print("end")"""


def test_nothing_is_lost_though_the_server_is_slow(running, server, tmp_path):
    page, done = running(PAGE).begin(), tmp_path / "done"
    page.code(3).fill(f"import time\ntime.sleep(1)\n{MANY.format(str(done))}")
    page.code(3).press("Control+Enter")
    page.told("Cell 3 runs")
    server.process.send_signal(signal.SIGSTOP)
    try:
        while not done.exists():
            time.sleep(0.1)
    finally:
        server.process.send_signal(signal.SIGCONT)
    page.told("Cell 3 ran.")
    expect(page.output(3)).to_have_text("end\n")


def test_two_tabs_share_no_kernel(browser, server, running):
    one = running(PAGE).begin()
    with open_tab(browser, server.address) as tab:
        other = Running(tab, server, PAGE).begin()
        own = "import os\nos.getpid()"
        assert one.run(3, own).inner_text() != other.run(3, own).inner_text()
        one.run(3, "shared = 1")
        expect(other.run(3, "print('shared' in globals())")).to_have_text("False\n")


def pid_of(page):
    return int(page.run(3, "__import__('os').getpid()").inner_text())


def ends(pid):
    """Wait until there is no such process."""
    for _ in range(100):
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return
        except psutil.NoSuchProcess:
            return
        time.sleep(0.1)
    raise TimeoutError(f"{pid} has not ended")


def test_a_kernel_ends_with_its_page(running):
    page = running(PAGE).begin()
    pid = pid_of(page)
    page.tab.goto("about:blank")
    ends(pid)
    page.tab.go_back()
    page.button("Run this page").or_(page.button("Start again")).click()
    page.told("Ready: ")


@pytest.mark.parametrize("code", ["os.kill(os.getpid(), 9)", "os._exit(3)"])
def test_a_kernel_that_breaks_down_is_told(running, code):
    page = running(PAGE).begin()
    page.code(3).fill(f"import os\n{code}")
    page.code(3).press("Control+Enter")
    page.told("The kernel broke down", timeout=10_000)
    page.button("Run cell 3").click()
    expect(page.button("Run cell 3")).to_be_visible()  # it does not wait for nobody
    page.told("The kernel broke down")
    page.button("Start again").click()
    page.told("Ready: ")
    page.run(3, "1")
    assert page.complaints == []


EARLY = """import builtins, os, runpy, signal
def load(name, *rest, load=builtins.__import__):
    if name != "ipykernel.kernelapp":
        return load(name, *rest)
    os.kill(os.getpid(), signal.SIGINT)
    raise SystemExit("not interrupted")
builtins.__import__ = load
runpy.run_path({!r}, run_name="__main__")"""


@pytest.mark.skipif(os.name != "posix", reason="no signal interrupts a kernel")
def test_a_kernel_whose_page_is_left_while_it_starts_prints_no_traceback():
    code = EARLY.format(str(ROOT / "tools/kernel.py"))
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stderr == "not interrupted\n"


DEAF = """import os, pathlib, time
pathlib.Path(__file__).with_name("pid").write_text(str(os.getpid()))
time.sleep(99)"""


def test_a_kernel_that_does_not_answer_is_told_and_ended(browser, tmp_path):
    kernel, pid = (tmp_path / "tools" / name for name in ("kernel.py", "pid"))
    kernel.parent.mkdir()
    kernel.write_text(DEAF, encoding="utf-8")
    root = f"serve.Path({str(tmp_path)!r})"
    with served(tmp_path, ROOT=root) as server, open_tab(browser, server.address) as tab:
        tab.clock.install()
        page = Running(tab, server, PAGE)
        with tab.expect_websocket():
            page.button("Run this page").click()
        while not (pid.exists() and pid.read_text()):
            tab.wait_for_timeout(50)
        tab.clock.fast_forward(30_000)
        page.told("The kernel does not answer.")
        ends(int(pid.read_text()))


def test_a_kernel_that_idles_is_ended_and_that_is_told(browser, tmp_path):
    with served(tmp_path, IDLE=8) as server, open_tab(browser, server.address) as tab:
        page = Running(tab, server, PAGE).begin()
        ends(pid_of(page))
        page.code(3).press("Control+Enter")
        page.told("The kernel has ended", timeout=10_000)
        expect(page.button("Run cell 3")).to_be_visible()


SOCKETS = """window.sockets = [];
window.WebSocket = class extends WebSocket {
  constructor(address) { super(address); window.sockets.push(this); }
};"""


def test_a_connection_that_breaks_off_is_made_again(running):
    page = running(PAGE)
    page.tab.add_init_script(SOCKETS)
    page.tab.reload()
    page.begin()
    page.run(3, "kept = 41")
    page.code(3).fill("import time\ntime.sleep(2)\nkept + 1")
    page.code(3).press("Control+Enter")
    page.told("Cell 3 runs")
    page.tab.evaluate("sockets.at(-1).close()")  # while it runs
    expect(page.output(3)).to_have_text("42\n")
    page.tab.evaluate("sockets.at(-1).close()")  # while nothing does
    page.tab.wait_for_function("() => sockets.at(-1).readyState === WebSocket.OPEN")
    expect(page.run(3, "kept")).to_have_text("41\n")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_server_ends_with_its_kernels_and_that_is_told(browser, tmp_path, how):
    with served(tmp_path) as server, open_tab(browser, server.address) as tab:
        page = Running(tab, server, PAGE).begin()
        pid = pid_of(page)
        page.code(3).fill("while True: pass")
        page.code(3).press("Control+Enter")
        page.told("Cell 3 runs")
        server.process.send_signal(how)
        page.told("The server has ended.", timeout=10_000)
        expect(page.button("Run cell 3")).to_be_visible()
        ends(pid)
        page.button("Start again").click()
        page.told("The server has ended.", timeout=10_000)


def test_a_page_that_knows_the_token_of_an_earlier_server_says_so(running, server):
    page = running(PAGE, token="stale")
    page.button("Run this page").click()
    page.told("The server was started anew. Open the address that it printed.")
    page.tab.goto(f"#token={server.token}")
    page.tab.goto("book/taylor/zigzag.html")
    page.begin()


def test_a_page_without_a_token_asks_for_it_and_nothing_of_the_server(browser, address):
    with open_tab(browser, address) as tab:
        requests = []
        tab.on("request", lambda request: requests.append(request.url))
        tab.goto(PAGE)
        tab.get_by_role("button", name="Run this page").click()
        expect(tab.get_by_role("status")).to_contain_text(
            "Open the address that make serve printed"
        )
        assert [url for url in requests if "/jupyter/" in url] == []


def test_a_new_build_is_seen_at_once(browser, tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    page = site / "page.html"
    with served(tmp_path, SITE=f"serve.Path({str(site)!r})") as server:
        with open_tab(browser, server.address) as tab:
            for text in ("one", "two", "six"):  # as long, and within one second
                page.write_text(f"<head></head><p>{text}</p>", encoding="utf-8")
                os.utime(page, (1e9, 1e9))
                tab.goto("page.html")
                assert tab.locator("p").inner_text() == text
        etag = answer(server, "GET", "/page.html")[2]["ETag"]
        assert answer(server, "GET", "/page.html", If_None_Match=etag)[0] == 304
        before = {"If_Modified_Since": "Sun, 29 Nov 2099 00:00:00 GMT"}  # of a server before
        assert answer(server, "GET", "/page.html", **before)[0] == 200


# Where nothing runs


@pytest.mark.parametrize("kind", ["host", "file"])
def test_where_nothing_runs_the_page_says_what_to_do_and_asks_for_nothing(browser, kind):
    with host(SITE) as address, open_tab(browser, None) as tab:
        said, failed = [], []
        tab.on("console", lambda message: said.append((message.type, message.text)))
        tab.on("pageerror", lambda error: said.append(("error", str(error))))
        tab.on("requestfailed", lambda request: failed.append(request.url))
        tab.on("response", lambda answer: answer.status >= 400 and failed.append(answer.url))
        tab.goto((address if kind == "host" else f"{SITE.as_uri()}/") + PAGE)
        place = tab.locator("details.run")
        place.locator("summary").press("Enter")
        expect(place).to_contain_text("make serve")
        place.get_by_role("link", name="take the course along").click()
        expect(tab).to_have_title(re.compile("Take it along"))
        assert [text for level, text in said if level in ("error", "warning")] == []
        assert failed == []


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE])
def test_the_button_that_runs_a_page_moves_nothing(browser, address, viewport):
    """Where no cell can be run, its place is as high: the text below stands where it stood."""
    tops = []
    with host(SITE) as files:
        for served in (files, address):
            with open_tab(browser, served, viewport=viewport) as tab:
                show(tab, PAGE)
                below = tab.locator(".run + *")
                expect(tab.locator("div.run")).to_have_count(int(served == address))
                tops.append(below.bounding_box()["y"])
    assert tops[0] == tops[1]


def test_every_page_with_cells_has_the_place_once_and_loads_no_script_for_it():
    with_cells = [page for page in PAGES if '<div class="cell' in (SITE / page).read_text("utf-8")]
    assert with_cells == WITH_CELLS
    assert len(WITH_CELLS) > 60
    for page in PAGES:
        text = (SITE / page).read_text("utf-8")
        assert text.count('class="run"') == (page in WITH_CELLS)
        assert "run.js" not in text
    assert (SITE / "_static/run.js").stat().st_size < 20_000


def test_the_place_names_the_services_that_the_configuration_names():
    assert "Binder" not in place_of("take_along.html", [])
    place = place_of("take_along.html", [("Binder", "https://mybinder.org/v2/a?b&c")])
    assert 'open it on <a href="https://mybinder.org/v2/a?b&amp;c">Binder</a>' in place


# How fast, in seconds

FIRST_OUTPUT, CHECK, RUN_ALL = 4.0, 0.5, 1.3


@pytest.fixture
def timed(browser, server):
    """timed(page, *acts): the seconds that each act on the page takes, one after the other."""

    def timed(page, *acts):
        with open_tab(browser, server.address) as tab:
            page, taken = Running(tab, server, page), []
            for act in acts:
                start = time.perf_counter()
                act(page)
                taken.append(time.perf_counter() - start)
            return np.array(taken)

    return timed


@pytest.mark.timed
def test_the_first_output_comes_soon(timed, browser, printed):
    (seconds,) = least(lambda: timed(EXERCISES, Running.begin), browser, FIRST_OUTPUT)
    printed("cells that run (s)", f"{'from the button to the first output':45} {seconds:.2f}")
    assert seconds <= FIRST_OUTPUT


@pytest.mark.timed
def test_check_answers_as_soon_as_in_a_notebook(timed, browser, printed):
    right = "check('taylor-2', lambda k: np.array([k, -1]) * (k - 1) / (k + 1))"
    manager, client = start_new_kernel(cwd=str(ROOT / "book/taylor"))
    client.execute_interactive(code_of(EXERCISES)[0])
    start = time.perf_counter()
    client.execute_interactive(right)
    before = time.perf_counter() - start
    client.stop_channels()
    manager.shutdown_kernel(now=True)

    def check():
        return timed(EXERCISES, Running.begin, lambda page: page.run(2, right))[1]

    seconds = least(check, browser, before + CHECK)
    printed("cells that run (s)", f"{'check':45} {seconds:.2f}, in a notebook {before:.2f}")
    assert seconds <= before + CHECK


def code_of(page):
    notebook = json.loads((ROOT / page).with_suffix(".ipynb").read_text(encoding="utf-8"))
    return ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]


SAID = """said => document.querySelector("div.run [role=status]").textContent.includes(said)"""


def run_all(page):
    """Without the waits of a click, and those between two looks: a locator looks twice a second."""
    for button, said in (("Run this page", "Ready: "), ("Run all", "cells ran in")):
        page.button(button).dispatch_event("click")
        page.tab.wait_for_function(SAID, arg=said, timeout=60_000)


@pytest.mark.timed
@pytest.mark.parametrize("page", RUN[1:3])
def test_a_page_runs_as_fast_as_its_notebook(timed, page, printed):
    path = (ROOT / page).with_suffix(".ipynb")
    before = seconds = np.inf
    for _ in range(3):
        start = time.perf_counter()
        notebooks.run(nbformat.read(path, as_version=4), path.parent)
        before = min(before, time.perf_counter() - start)
    for _ in range(3):
        seconds = min(seconds, *timed(page, run_all))
        if seconds <= RUN_ALL * before:
            break
    printed("cells that run (s)", f"{page:45} {seconds:.2f}, by nbclient {before:.2f}")
    assert seconds <= RUN_ALL * before

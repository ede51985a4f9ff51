"""A notebook in JupyterLab: it runs in full, its sliders move their pictures, its MyST is set."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import pytest
from built_site import MARKS, ROOT, drawn, open_tab
from playwright.sync_api import expect

from companion.widgets import SLIDERS

PAGE = "jacobians/linear_map"
SLIDER = "neighbourhood"

# What a reader adds below the page, and a test looks at.
OWN = """from companion.widgets import slider

slider("step", f=lambda x: x[0] ** 2 + 3 * x[1] ** 2, x0=[1, 2])"""

# The news would ask other hosts; with the whole notebook in the page, all of it can be looked at.
CONFIG = {
    "labconfig/page_config.json": {
        "disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}
    },
    "lab/user-settings/@jupyterlab/notebook-extension/tracker.jupyterlab-settings": {
        "windowingMode": "none"
    },
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab on a copy of the notebooks, with nothing of the user's own."""
    home = tmp_path_factory.mktemp("lab")
    shutil.copytree(ROOT / "book", home / "book")
    unrun(home / "book" / f"{PAGE}.ipynb")
    for place, content in CONFIG.items():
        (home / place).parent.mkdir(parents=True, exist_ok=True)
        (home / place).write_text(json.dumps(content), encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "HOME")
    options = ["--no-browser", "--allow-root", f"--port={port}", "--IdentityProvider.token="]
    with open(home / "log", "w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", home / "book", *options],
            env=os.environ | {"PYTHONPATH": str(ROOT)} | {name: str(home) for name in own},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield wait_for(f"http://127.0.0.1:{port}/", server, home / "log")
    finally:
        server.terminate()  # and its kernels with it
        server.wait(timeout=20)


def unrun(path):
    """Take the outputs out of a notebook, so that those to be seen are new, and add a cell."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"].append({"cell_type": "code", "id": "own", "metadata": {}, "source": OWN})
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    path.write_text(json.dumps(notebook), encoding="utf-8")


def wait_for(address, server, log):
    for _ in range(300):
        try:
            build_opener(ProxyHandler({})).open(address + "api", timeout=5).close()
            return address
        except (URLError, ConnectionError):
            assert server.poll() is None, log.read_text()
            time.sleep(0.1)
    raise TimeoutError(log.read_text())


@pytest.fixture(scope="module")
def notebook(browser, lab):
    """The page in JupyterLab, all its cells run; .asked is what it asked for."""
    with open_tab(browser, lab) as tab:
        tab.set_default_timeout(60_000)
        tab.asked = []
        tab.on("request", lambda request: tab.asked.append(request.url))
        tab.goto(f"lab/tree/{PAGE}.ipynb")
        tab.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
        tab.get_by_role("menuitem", name="Run", exact=True).click()
        tab.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        code = tab.locator(".jp-CodeCell")
        tab.locator(f".jp-InputArea-prompt:text-is('[{code.count()}]:')").wait_for()
        yield tab


def test_the_page_runs_in_full(notebook):
    code = notebook.locator(".jp-CodeCell .jp-InputArea-prompt").all_inner_texts()
    assert code == [f"[{number}]:" for number in range(1, len(code) + 1)]
    for kind in ("error", "stderr"):
        complaints = notebook.locator(f"[data-mime-type='application/vnd.jupyter.{kind}']")
        assert complaints.all_inner_texts() == []


def test_the_slider_moves_the_picture(notebook):
    spec = SLIDERS[SLIDER]
    slider = notebook.locator(".widget-slider").first
    handle = slider.locator(".noUi-handle")
    picture = slider.locator("xpath=..").locator(".pictures:visible")

    def shows(index):
        text, marks = drawn(SLIDER, index)
        expect(picture).to_have_attribute("aria-label", text)
        assert picture.evaluate(MARKS) == marks
        expect(slider.locator(".widget-readout")).to_have_text(
            spec.readout.format(spec.values[index])
        )

    handle.scroll_into_view_if_needed()
    shows(spec.start)
    drag(notebook, slider, 0.5)
    index = round(float(handle.get_attribute("aria-valuenow")))
    assert abs(index - (len(spec.values) - 1) / 2) <= 1
    shows(index)


def test_a_slider_of_your_own_function_is_drawn_as_it_is_dragged(notebook):
    own = notebook.locator(".jp-CodeCell").last
    epsilon, x1, x2 = (own.locator(".widget-slider").nth(number) for number in range(3))
    picture = own.locator(".pictures")
    picture.scroll_into_view_if_needed()
    x0 = [1, 2]

    def tells(number, value):
        """Wait until the text has this number: the step, or f(x₀) of x₁² + 3x₂²."""
        for _ in range(300):
            text = picture.get_attribute("aria-label")
            found = re.match(r"ε = ([\d.]+): .* which is ([\d.]+) − ", text)[number]
            if float(found) == pytest.approx(value, rel=0.02):
                return
            time.sleep(0.1)
        raise AssertionError(f"{value} is not told by {text}")

    def readout(slider):
        return float(slider.locator(".widget-readout").inner_text().replace("−", "-"))

    tells(2, 13)
    drag(notebook, epsilon, 0.9)
    assert readout(epsilon) > 148 / 872  # the best, as g = (2, 12) and gᵀHg = 872
    tells(1, readout(epsilon))
    tells(2, 13)  # from where it was
    for entry, (slider, share) in enumerate(((x1, 0.2), (x2, 0.95))):
        drag(notebook, slider, share)
        assert readout(slider) != x0[entry]
        x0[entry] = readout(slider)
        tells(2, x0[0] ** 2 + 3 * x0[1] ** 2)
        tells(1, readout(epsilon))


def drag(tab, slider, share):
    """Drag the handle of a slider to a share of its track, in steps."""
    handle = slider.locator(".noUi-handle").bounding_box()
    track = slider.locator(".noUi-base").bounding_box()
    y = handle["y"] + handle["height"] / 2
    tab.mouse.move(handle["x"] + handle["width"] / 2, y)
    tab.mouse.down()
    tab.mouse.move(track["x"] + share * track["width"], y, steps=8)
    tab.mouse.up()


def test_its_myst_is_rendered(notebook):
    text = notebook.locator(".jp-MarkdownCell .myst")
    assert text.locator("aside.myst-admonition").count() > 0
    assert text.locator("[id^='eq-'] :is(mjx-container, .katex, math)").count() > 0
    reference = text.locator("a[href='#eq-linearization'].hover-link").first
    assert re.fullmatch(r"\(\d+\)", reference.text_content())
    left = [text for text in text.all_inner_texts() if re.search(r"\$\$|:::|\{eq\}|\\begin", text)]
    assert left == []


def test_it_asks_no_other_host(notebook, lab):
    asked = [url for url in notebook.asked if not url.startswith(("data:", "blob:"))]
    assert asked
    assert [url for url in asked if not url.startswith(lab)] == []

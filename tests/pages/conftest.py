"""A browser that is cut off from the network, and the built site."""

from pathlib import Path

import browser as tools
import pytest
from built_site import PAGES, host, open_tab, served, unavailable
from playwright.sync_api import sync_playwright
from visit import visited


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The built site as `make serve` serves it, in a home with a configuration that is not read."""
    if "book/index.html" not in PAGES:
        unavailable("there is no built book: run `make book`")
    with served(tmp_path_factory.mktemp("home")) as server:
        yield server


@pytest.fixture(scope="session")
def address(server):
    """Where the built site is served."""
    return server.address


@pytest.fixture(scope="session")
def axe():
    """Where its script stands: one that has an address is compiled once, and not for each page."""
    with host(Path(__file__).parent / "axe-core") as address:
        yield f"{address}axe.min.js"


@pytest.fixture(scope="session")
def launch():
    """launch(*flags): a browser."""
    with sync_playwright() as playwright:
        yield lambda *flags: tools.launch(playwright, *flags) or unavailable("there is no Chromium")


@pytest.fixture(scope="session")
def browser(launch):
    browser = launch()
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def tab(browser, address):
    with open_tab(browser, address) as tab:
        yield tab


@pytest.fixture(scope="session")
def visitor(browser, address):
    with open_tab(browser, address) as tab:
        yield tab


# A page is visited once, and the tests of all modules that look at it follow each other: they leave
# it, in `seen.tab`, as they found it.
@pytest.fixture(scope="session", params=PAGES)
def seen(visitor, request):
    """What a page asked for, what its console said, and what stands in it."""
    with visited(visitor, request.param) as page:
        yield page

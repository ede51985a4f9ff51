"""A browser that is cut off from the network, the built site, and what is printed at the end."""

import threading
from functools import partial
from http.server import ThreadingHTTPServer

import pytest
from browser import launch
from built_site import PAGES, SITE, open_tab, unavailable
from playwright.sync_api import sync_playwright
from serve import Pages

TABLE = "table: "  # marks what tests record to be printed


@pytest.fixture(scope="session")
def address():
    """Where the built site is served."""
    if "book/index.html" not in PAGES:
        unavailable("there is no built book: run `make book`")

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Pages, directory=SITE)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        browser = launch(playwright) or unavailable("there is no Chromium")
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def tab(browser, address):
    with open_tab(browser, address) as tab:
        yield tab


@pytest.fixture
def printed(record_property):
    """printed(table, line): a line of a table that is printed when all tests have run."""
    return lambda table, line: record_property(TABLE + table, line)


def pytest_terminal_summary(terminalreporter):
    tables = {}
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, line in report.user_properties:
            if name.startswith(TABLE):
                tables.setdefault(name.removeprefix(TABLE), []).append(line)
    for table, lines in tables.items():
        terminalreporter.section(table, "-")
        for line in sorted(lines):
            terminalreporter.write_line(line)

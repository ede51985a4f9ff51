"""A browser that is cut off from the network, the built site, and what is printed at the end."""

import browser as tools
import pytest
from built_site import PAGES, open_tab, served, unavailable
from playwright.sync_api import sync_playwright

TABLE = "table: "  # marks what tests record to be printed


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

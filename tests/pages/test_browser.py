"""The browser that prints the book, and in which its pages are tried."""

import psutil


def test_all_that_playwright_switches_off_stays_off(browser):
    """Of several lists of features a browser takes the last."""
    lines = [child.cmdline() for child in psutil.Process().children(recursive=True)]
    (line,) = [line for line in lines if "--remote-debugging-pipe" in line]
    lists = [part.split("=")[1].split(",") for part in line if "--disable-features" in part]
    assert len(lists) > 1
    assert set(lists[0]) <= set(lists[-1])


def test_nothing_opens_but_the_tab_that_is_asked_for(browser):
    context = browser.new_context()
    context.new_page()
    seen = browser.new_browser_cdp_session().send("Target.getTargets", {"filter": [{}]})
    assert "browser_ui" not in {target["type"] for target in seen["targetInfos"]}
    context.close()

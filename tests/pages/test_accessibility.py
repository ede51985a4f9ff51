"""axe-core finds nothing on any page, in the light and the dark theme."""

from pathlib import Path

import pytest
from built_site import DESKTOP, PAGES, PHONE, WRITTEN, show

AXE = Path(__file__).parent / "axe-core" / "axe.min.js"

# What is folded away in the text is unfolded, and what fades in is there at once.
RUN = """async (rules) => {
  document.querySelectorAll("article details").forEach((details) => { details.open = true; });
  document.getAnimations().forEach((animation) => animation.finish());
  const { violations } = await axe.run({ ...rules, resultTypes: ["violations"] });
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => [id, target.join(" "), failureSummary]));
}"""


# All rules, also those of good practice; a second theme can but break those about colours.
EVERY = {}
COLORS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}

# Scripts of the theme look at the width when a page is loaded.
CASES = [(page, DESKTOP, {"light": EVERY, "dark": COLORS}) for page in PAGES]
CASES += [(page, PHONE, {"dark": EVERY}) for page in WRITTEN]


@pytest.mark.parametrize(
    ("page", "size", "themes"), CASES, ids=[f"{page}-{size['width']}" for page, size, _ in CASES]
)
def test_axe_finds_nothing(tab, page, size, themes):
    tab.set_viewport_size(size)
    tab.emulate_media(reduced_motion="reduce")
    show(tab, page)
    tab.add_script_tag(path=AXE)
    for theme, rules in themes.items():
        tab.emulate_media(color_scheme=theme)
        tab.wait_for_function(
            "theme => document.documentElement.dataset.theme === theme", arg=theme
        )
        assert tab.evaluate(RUN, rules) == []

"""axe-core finds nothing on any page, in the light and the dark theme."""

from pathlib import Path

import pytest
from built_site import DESKTOP, PAGES, PHONE, WRITTEN, show

AXE = Path(__file__).parent / "axe-core" / "axe.min.js"

# All rules, also those of good practice. What is folded away in the text is unfolded for it.
RUN = """async () => {
  document.querySelectorAll("article details").forEach((details) => { details.open = true; });
  const { violations } = await axe.run({ resultTypes: ["violations"] });
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => [id, target.join(" "), failureSummary]));
}"""


# Scripts of the theme look at the width when a page is loaded.
CASES = [(page, DESKTOP, ["light", "dark"]) for page in PAGES]
CASES += [(page, PHONE, ["dark"]) for page in WRITTEN]


@pytest.mark.parametrize(
    ("page", "size", "themes"), CASES, ids=[f"{page}-{size['width']}" for page, size, _ in CASES]
)
def test_axe_finds_nothing(tab, page, size, themes):
    tab.set_viewport_size(size)
    tab.emulate_media(reduced_motion="reduce")
    show(tab, page)
    tab.add_script_tag(path=AXE)
    for theme in themes:
        tab.emulate_media(color_scheme=theme)
        tab.wait_for_function(
            "theme => document.documentElement.dataset.theme === theme", arg=theme
        )
        assert tab.evaluate(RUN) == []

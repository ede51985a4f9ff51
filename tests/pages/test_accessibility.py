"""axe-core finds nothing on any page, in the light and the dark theme, on a desktop and a phone."""

from pathlib import Path

import pytest
from built_site import DESKTOP, PHONE, each_page, show

AXE = Path(__file__).parent / "axe-core" / "axe.min.js"

# All rules, also those of good practice. What is folded away in the text is unfolded for it.
RUN = """async () => {
  document.querySelectorAll("article details").forEach((details) => { details.open = true; });
  const { violations } = await axe.run({ resultTypes: ["violations"] });
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => [id, target.join(" "), failureSummary]));
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@each_page
def test_axe_finds_nothing(tab, page, theme):
    tab.emulate_media(color_scheme=theme, reduced_motion="reduce")
    show(tab, page)
    assert tab.evaluate("document.documentElement.dataset.theme") == theme
    tab.add_script_tag(path=AXE)
    findings = []
    for size in (PHONE, DESKTOP):
        tab.set_viewport_size(size)
        findings += tab.evaluate(RUN)
    assert findings == []

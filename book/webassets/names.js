// Amends to what the theme writes, so that a screen reader hears of each part of a page what an eye
// sees of it. Each was found by axe-core; its rule stands in brackets.

{
  const all = (selector) => document.querySelectorAll(selector);

  // The sidebar is a part of the page like header and main, but says so nowhere. [region]
  const sidebar = document.querySelector("#pst-primary-sidebar");
  sidebar?.setAttribute("role", "complementary");
  sidebar?.setAttribute("aria-label", "The book");

  // These say what they do; the theme names them otherwise. [label-content-name-mismatch]
  all(".search-button-field, details.hide > summary").forEach((element) =>
    element.removeAttribute("aria-label"));

  // An arrow in the sidebar is named after the page whose subpages it shows. [summary-name]
  all(".bd-sidebar-primary summary").forEach((summary) => {
    const page = summary.closest("li").querySelector("a").textContent.trim();
    summary.setAttribute("aria-label", `Pages of ${page}`);
  });

  // What scrolls can be reached by the keyboard, and what does not is no stop on the way. The theme
  // knows that of code and tables, not of formulas; and it asks and writes by turns, for which the
  // page is laid out again and again. Here all is asked first; the theme finds nothing to change.
  // [scrollable-region-focusable]
  const formulas = ":is(span.math, .formula)";
  const boxes = ":is(pre, .cell_output > .output, .pst-scrollable-table-container)";
  const sizes = new ResizeObserver((sized) => {
    const found = sized.map(({ target }) => target.closest(`${formulas}, ${boxes}`));
    const scrolls = found.map((box) => box.scrollWidth > box.clientWidth
      || (box.matches(boxes) && box.scrollHeight > box.clientHeight));
    found.forEach((box, number) => {
      if (scrolls[number]) box.tabIndex = 0;
      else if (box.matches(boxes)) box.tabIndex = -1;
      else box.removeAttribute("tabindex");
    });
  });
  all(`${formulas}, ${formulas} > math, ${boxes}`).forEach((part) => sizes.observe(part));

  // The role that docutils gives to an entry of a bibliography is out of use.
  // [aria-deprecated-role, aria-allowed-role, aria-required-children]
  all("[role=doc-biblioentry]").forEach((entry) => entry.setAttribute("role", "listitem"));
}

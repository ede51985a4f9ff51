// A slider shows the groups that belong to its value, and says the value with its unit. The sliders
// that a cell shows when it is run come later than this script.

{
  const show = (handle) => {
    const slider = handle.closest(".slider");
    const stacks = [...slider.querySelectorAll(".values")].map((stack) => [...stack.children]);
    const shown = stacks[0].findIndex((group) => !group.hasAttribute("display"));
    const { value, text } = stacks[0][handle.value].dataset;
    for (const groups of stacks) {
      groups[shown].setAttribute("display", "none");
      groups[handle.value].removeAttribute("display");
    }
    slider.querySelector(".pictures").setAttribute("aria-label", text);
    slider.querySelector(".value").textContent = value;
    handle.setAttribute("aria-valuetext", value);
  };
  document.addEventListener("input", ({ target }) => {
    if (target.matches(".slider:not([data-own]) input")) show(target);
  });
  document.querySelectorAll(".slider input").forEach(show);
}

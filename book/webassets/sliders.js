// A slider shows the groups that belong to its value, and says the value with its unit.

for (const slider of document.querySelectorAll(".slider")) {
  const handle = slider.querySelector("input");
  const picture = slider.querySelector(".pictures");
  const stacks = [...slider.querySelectorAll(".values")].map((stack) => stack.children);
  let shown = Number(handle.defaultValue);
  const show = () => {
    const { value, text } = stacks[0][handle.value].dataset;
    for (const groups of stacks) {
      groups[shown].setAttribute("display", "none");
      groups[handle.value].removeAttribute("display");
    }
    shown = Number(handle.value);
    picture.setAttribute("aria-label", text);
    slider.querySelector(".value").textContent = value;
    handle.setAttribute("aria-valuetext", value);
  };
  handle.addEventListener("input", show);
  show();
}

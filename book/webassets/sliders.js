// Three amends to the widget library (embed.js), on pages that have widgets.

// It asks for typesetting in the words of MathJax 2; the pages have MathJax 3.
document.addEventListener("DOMContentLoaded", () => {
  if (window.MathJax?.typesetPromise && !window.MathJax.Hub) {
    window.MathJax.Hub = {
      Queue: ([, , element]) => window.MathJax.typesetPromise([element]),
    };
  }
});

// The handle that it draws has no name and announces an index. It gets the slider's own label as
// its name, and the readout, which holds the value with its unit, as its value. The readout itself
// can be typed into, to no effect: it shall be passed by.
function describeSlider(slider) {
  const label = slider.querySelector(".widget-label");
  const readout = slider.querySelector(".widget-readout");
  const handle = slider.querySelector(".noUi-handle");
  if (!label || !readout || !handle || handle.hasAttribute("aria-label")) return;
  handle.setAttribute("aria-label", label.textContent.trim());
  const announce = () => {
    const value = readout.textContent.trim();
    readout.contentEditable = "false";
    if (handle.getAttribute("aria-valuetext") !== value) {
      handle.setAttribute("aria-valuetext", value);
    }
  };
  const watcher = new MutationObserver(announce);
  watcher.observe(readout, { childList: true, characterData: true, subtree: true });
  watcher.observe(handle, { attributeFilter: ["aria-valuetext"] });
  announce();
}

new MutationObserver(() => {
  document.querySelectorAll(".widget-slider").forEach(describeSlider);
}).observe(document.documentElement, { childList: true, subtree: true });

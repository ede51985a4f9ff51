// A slider shows the frame that belongs to its value, and says the value with its unit.

for (const slider of document.querySelectorAll(".slider")) {
  const handle = slider.querySelector("input");
  const frames = slider.querySelectorAll(".frame");
  const show = () => {
    frames.forEach((frame, index) => { frame.hidden = index !== Number(handle.value); });
    const { value } = frames[handle.value].dataset;
    slider.querySelector(".value").textContent = value;
    handle.setAttribute("aria-valuetext", value);
  };
  handle.addEventListener("input", show);
  show();
}

// Has MathJax set a page in steps, so that its sliders answer meanwhile: all at once, the formulas
// of a chapter keep the browser busy for a second or more.

async function setInSteps() {
  const formulas = [...document.querySelectorAll(".math, .output_area")];
  const turn = new MessageChannel();
  while (formulas.length) {
    await window.MathJax.typesetPromise(formulas.splice(0, 4));
    await new Promise((next) => {
      turn.port1.onmessage = next;
      turn.port2.postMessage("");
    });
  }
}

window.MathJax = { ...window.MathJax, startup: { pageReady: setInSteps } };

// The line that installs the package, with the address from which this page came.
for (const line of document.querySelectorAll("pre[data-wheel]")) {
  const wheel = new URL(line.dataset.wheel, document.baseURI);
  if (wheel.protocol.startsWith("http")) {
    line.textContent = `pip install "gradient-course[notebooks] @ ${wheel}"`;
  }
}

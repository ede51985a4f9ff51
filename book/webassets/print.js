// Paper is white, so a page is printed in the light theme, whichever is on the screen.

matchMedia("print").addEventListener("change", ({ matches: printing }) => {
  const { dataset } = document.documentElement;
  if (printing) {
    dataset.onScreen = dataset.theme;
    dataset.theme = "light";
  } else {
    dataset.theme = dataset.onScreen;
  }
});

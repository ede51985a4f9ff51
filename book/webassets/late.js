// Bootstrap unfolds the menu of downloads, shows hints on buttons and the way back up. It is the
// largest script of a page, and comes when the reader first points, types or scrolls.

{
  const address = new URL("scripts/bootstrap.js", document.currentScript.src).href;
  const signs = ["pointerover", "focusin", "keydown", "scroll"];
  let menu; // which was clicked before it came
  const ask = ({ target }) => { menu = target.closest('[data-bs-toggle="dropdown"]'); };
  const load = () => {
    signs.forEach((sign) => removeEventListener(sign, load));
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => {
      removeEventListener("click", ask, true);
      menu?.click();
    };
    document.head.append(script);
  };
  signs.forEach((sign) => addEventListener(sign, load));
  addEventListener("click", ask, true);
}

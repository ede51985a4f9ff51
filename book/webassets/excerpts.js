// What the search shows of a page is taken from its text: not from the menus around it, nor from its
// code and what that prints. A formula is written in one line there.

const SCRIPTS = { msup: ["^"], msub: ["_"], msubsup: ["_", "^"], mfrac: ["/"], munder: ["_"], munderover: ["_", "^"] };

function inLine(node) {
  const parts = [...node.children];
  if (!parts.length) return node.textContent;
  const texts = parts.map(inLine);
  const signs = SCRIPTS[node.localName];
  if (!signs) return texts.join("");
  const braced = texts.map((text) => text.length > 1 ? `(${text})` : text);
  braced[0] = node.localName === "mfrac" ? braced[0] : texts[0];
  return braced.map((text, index) => index ? signs[index - 1] + text : text).join("");
}

Search.htmlToText = (html, anchor) => {
  const page = new DOMParser().parseFromString(html, "text/html");
  const around = ".headerlink, .eqno, .run, .cell, pre, script, style, svg";
  page.querySelectorAll(around).forEach((part) => part.remove());
  page.querySelectorAll("math").forEach((formula) => formula.replaceWith(inLine(formula)));
  const article = page.querySelector("article");
  return ((anchor && article?.querySelector(anchor)) || article)?.textContent ?? "";
};

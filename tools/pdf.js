// Makes of all pages of the site, in their order, the one that is printed. Links lead within it, and
// what answers a question stands at its end. It is run in the page that comes first.

async () => {
  const home = new URL(location);
  const make = (name, attributes, ...content) => {
    const element = Object.assign(document.createElement(name), attributes);
    element.append(...content);
    return element;
  };

  // A place in the book: "book/taylor/step", or "book/taylor/step:equation-eq-step".
  const place = (url) => {
    const page = url.pathname.slice(1).replace(/\.html$/, "");
    return url.hash ? `${page}:${decodeURIComponent(url.hash.slice(1))}` : page;
  };

  // In the order of the table of contents, of which a page shows the part that is beneath it.
  const pages = [];
  const visit = async (url, level) => {
    if (pages.some(({ name }) => name === place(url))) return;
    const text = await (await fetch(url)).text();
    const page = new DOMParser().parseFromString(text, "text/html");
    pages.push({ url, name: place(url), article: page.querySelector("article"), answers: [] });
    for (const link of page.querySelectorAll(`nav.bd-links .toctree-l${level} > a`)) {
      await visit(new URL(link.getAttribute("href"), url), level + 1);
    }
  };
  await visit(home, 1);
  const names = new Set(pages.map((page) => page.name));

  // Numbers a question, and has it and its answer lead to each other.
  let count = 0;
  const answer = (page, question, content) => {
    const number = `${++count}`;
    const there = { id: `question-${number}`, href: `#answer-${number}`, className: "to-answer" };
    question.append(" ", make("a", there, `Answer ${number}`));
    const back = make("a", { href: `#question-${number}`, className: "to-question" }, number);
    page.answers.push(make("div", { id: `answer-${number}`, className: "answer" }, back, ...content));
  };

  const forScreens = `.headerlink, .viewcode-link, .sd-summary-state-marker, .toctree-wrapper, script, input,
    .slider [display=none], details.above-input, .above-output > summary`;

  for (const { url, name, article, ...page } of pages) {
    const all = (selector) => [...article.querySelectorAll(selector)];
    for (const element of all(forScreens)) element.remove();
    for (const image of all("img")) image.src = new URL(image.getAttribute("src"), url);

    // What leads to a page that is not printed is text.
    for (const link of all("a[href]")) {
      const target = new URL(link.getAttribute("href"), url);
      const [there] = place(target).split(":");
      if (target.origin !== home.origin) continue;
      if (names.has(there)) link.href = `#${encodeURIComponent(place(target))}`;
      else link.replaceWith(...link.childNodes);
    }
    for (const element of all("[id]")) element.id = `${name}:${element.id}`;
    article.id = name;

    for (const quiz of all(".quiz")) {
      const choices = [...quiz.querySelectorAll("details")].map((choice) => {
        const text = choice.querySelector(".sd-summary-text");
        const said = make("div", {}, ...choice.querySelector(".sd-card-body").childNodes);
        said.prepend(make("p", { className: "choice" }, text.cloneNode(true)));
        choice.replaceWith(make("p", { className: "choice" }, text));
        return said;
      });
      answer(page, quiz.lastElementChild, choices);
    }
    for (const idea of all(".solution.dropdown")) {
      answer(page, idea.previousElementSibling, [idea]);
    }
    for (const fold of all("details")) {
      const [summary, ...content] = fold.children;
      const text = make("p", { className: "fold" }, ...summary.childNodes);
      fold.replaceWith(text);
      if (name === "book/index") answer(page, text, content);
      else if (!name.startsWith("book/equations/")) text.after(...content);
    }

    // An outline takes a description of each element: with one for each sign of formulas and of code
    // the file is three times as large.
    for (const formula of all("math")) formula.ariaHidden = "true";
    for (const token of all("pre span:not([class^=c])")) {
      token.replaceWith(...token.childNodes);
    }
    article.normalize();

    // A chapter is of the first level, and so is what stands beside it; a page is of the second.
    const deeper = name.split("/").length > 2 && !name.endsWith("/index");
    for (const heading of deeper ? all("h1, h2, h3, h4") : []) {
      const { id, className } = heading;
      const level = Number(heading.tagName[1]) + 1;
      heading.replaceWith(make(`h${level}`, { id, className }, ...heading.childNodes));
    }
  }

  const title = (page) => [...page.article.querySelector("h1, h2").cloneNode(true).childNodes];
  const contents = make("nav", {}, make("h1", {}, "Contents"));
  const book = make("main", {}, contents);
  const answers = make("section", { id: "answers" }, make("h1", {}, "Answers"));
  for (const page of pages) {
    const line = make("a", { href: `#${encodeURIComponent(page.name)}` }, ...title(page));
    const level = page.article.querySelector("h1") ? "chapter" : "page";
    contents.append(make("p", { className: level }, line));
    (page.name.endsWith("/solutions") ? answers : book).append(page.article);
    if (page.answers.length) answers.append(make("h2", {}, ...title(page)), ...page.answers);
  }
  book.append(answers);
  document.body.replaceChildren(book);
  document.documentElement.dataset.theme = "light";
  document.title = title(pages[0]).map((node) => node.textContent).join("");
  await document.fonts.ready;
}

// Cells that are changed and run where they stand. `make serve` puts this script into its pages, and
// starts kernels for whoever has its token. That comes in the fragment of the address which it prints,
// is kept here, and goes out in a header. A kernel belongs to one tab, and ends with it.

const KERNELS = "/jupyter/api/kernels";
const LONGEST = 200_000; // characters that a cell may print
const PATIENCE = 30_000; // milliseconds until a kernel that starts must have answered

const TEXTS = {
  begin: "Ready: change a cell, and run it with Ctrl and Enter.",
  token: "Open the address that make serve printed, with its token, to run this page.",
  server: "The server has ended. Type make serve again, and open the address that it prints.",
  stale: "The server was started anew. Open the address that it printed.",
  kernel: "The kernel has ended, as it does after ten idle minutes, or with its page. Start again.",
  died: "The kernel broke down, and what was computed is lost. Start again.",
  silent: "The kernel does not answer. Start again.",
  endless: "It does not stop. Start again ends it, and what was computed is lost.",
  above: " Perhaps a cell above has to run first: Run all above.",
};

const token = /^#token=([\w-]+)$/.exec(location.hash)?.[1];
if (token) {
  localStorage.setItem("token", token);
  history.replaceState(null, "", location.pathname + location.search);
}

class Problem extends Error {} // to be told to the reader

async function ask(method, path = "", body = undefined) {
  const answer = await fetch(KERNELS + path, {
    method,
    body: body && JSON.stringify(body),
    headers: { Authorization: `token ${localStorage.getItem("token")}` },
    keepalive: method === "DELETE",
    signal: AbortSignal.timeout(10_000),
  }).catch(() => { throw new Problem(TEXTS.server); });
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  const known = { 403: TEXTS.stale, 404: TEXTS.kernel };
  throw new Problem(known[answer.status] ?? `The server cannot do that (${answer.status}).`);
}

class Kernel {
  session = crypto.randomUUID();
  runs = new Map();

  // `lost` is told the problem by which the kernel ends.
  constructor(lost) {
    this.lost = lost;
  }

  async start() {
    const path = location.pathname.replace(/^\/|[^/]*$/g, "");
    this.id = (await ask("POST", "", { name: "python3", path })).id;
    if (this.isOver) this.drop();
    this.late = setTimeout(() => this.end(new Problem(TEXTS.silent)), PATIENCE);
    await this.connect();
    this.watch = setInterval(() => this.runs.size && this.look(), 2000);
  }

  connect() {
    const query = new URLSearchParams({ session_id: this.session, token: localStorage.getItem("token") });
    this.socket = new WebSocket(`ws://${location.host}${KERNELS}/${this.id}/channels?${query}`);
    this.socket.onmessage = ({ data }) => typeof data === "string" && this.hear(JSON.parse(data));
    return new Promise((resolve, reject) => {
      this.socket.onopen = resolve;
      this.socket.onclose = () => {
        reject(new Problem(TEXTS.silent));
        if (!this.isOver) this.look().then(() => this.isOver || this.connect()).catch(this.end);
      };
    });
  }

  // Is it still there? What it says while nobody listens is kept by the server.
  look() {
    return ask("GET", `/${this.id}`).catch(this.end);
  }

  run(code, show, mayAsk = false) {
    const content = { code, silent: false, store_history: true, user_expressions: {}, allow_stdin: mayAsk };
    return new Promise((resolve, reject) => {
      if (this.socket?.readyState !== WebSocket.OPEN) this.end(new Problem(TEXTS.silent));
      if (this.isOver) return reject(this.problem);
      this.runs.set(this.send("shell", "execute_request", content), { show, resolve, reject });
    });
  }

  send(channel, type, content) {
    const { session } = this;
    const header = { msg_id: crypto.randomUUID(), msg_type: type, session, username: "", version: "5.3" };
    this.socket.send(JSON.stringify({ channel, header, parent_header: {}, metadata: {}, content }));
    return header.msg_id;
  }

  hear({ header: { msg_type: type }, parent_header: { msg_id: id }, content }) {
    const run = this.runs.get(id);
    const state = type === "status" && content.execution_state;
    if (state === "dead") {
      this.id = null; // the server knows
      this.end(new Problem(TEXTS.died));
    }
    if (!run) return;
    clearTimeout(this.late);
    if (state) run.isIdle = state === "idle";
    else if (type !== "execute_reply") run.show(type, content);
    else {
      run.reply = content; // of `name?` it brings the text
      content.payload?.forEach(({ data }) => data && run.show("display_data", { data }));
    }
    if (!run.reply || !run.isIdle) return;
    this.runs.delete(id);
    run.resolve(run.reply);
  }

  end = (problem = new Problem(TEXTS.kernel)) => {
    if (this.isOver) return;
    Object.assign(this, { problem, isOver: true });
    clearInterval(this.watch);
    this.socket?.close();
    if (this.id) this.drop();
    this.runs.forEach(({ reject }) => reject(problem));
    this.lost(problem);
  };

  drop() {
    ask("DELETE", `/${this.id}`).catch(() => {});
  }
}

function make(tag, className = "", text = "", attributes = {}) {
  const element = Object.assign(document.createElement(tag), { className, textContent: text });
  Object.entries(attributes).forEach((pair) => element.setAttribute(...pair));
  return element;
}

function button(text, act, label = text) {
  const made = make("button", "", text, { type: "button", "aria-label": label });
  made.onclick = act;
  return made;
}

// The code of a cell: a text area, whose letters are not seen, lies over the coloured code.

const WORDS = "False|None|True|and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for"
  + "|from|global|if|import|in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|with|yield";
const TOKENS = new RegExp([
  /(?<c1>#.*)/,
  /(?<s2>[bfru]{0,2}(?:"""[^]*?(?:"""|$)|'''[^]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?))/,
  /(?<mi>\b\d[\w.]*)/,
].map(({ source }) => source).join("|") + `|(?<k>\\b(?:${WORDS})\\b)|\\w+|[^]`, "g");

function coloured(code) {
  return [...code.matchAll(TOKENS)].map(({ 0: text, groups }) => {
    const kind = Object.keys(groups).find((name) => groups[name]);
    return kind ? make("span", kind, text) : text;
  });
}

function editor(pre, code, label) {
  const seen = make("span");
  const built = [...pre.childNodes];
  const area = make("textarea", "", "", { "aria-label": label, rows: 1, spellcheck: "false", autocapitalize: "off" });
  area.value = code;
  seen.append(...built);
  pre.classList.add("editor");
  pre.append(seen, area);
  area.addEventListener("input", () => {
    seen.replaceChildren(...(area.value === code ? built : [...coloured(area.value), "\n"]));
  });
  area.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    const line = area.value.slice(0, area.selectionStart).split("\n").pop();
    const indent = /^ */.exec(line)[0] + (/:\s*(#.*)?$/.test(line) ? "    " : "");
    document.execCommand("insertText", false, `\n${indent}`); // which can be undone
  });
  return area;
}

// What a cell shows

// What scrolls can be reached by the keyboard.
const sizes = new ResizeObserver((sized) => sized.forEach(({ target }) => {
  if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
  else target.removeAttribute("tabindex");
}));

const DRAWN = new Set(["stream", "error", "display_data", "execute_result"]);

// Text without its colours, and without what a line writes over.
function plain(text) {
  const lines = text.replace(/\x1b\[[\d;]*[A-Za-z]/g, "").split("\n");
  return lines.map((line) => line.slice(line.lastIndexOf("\r", line.length - 2) + 1)).join("\n");
}

function printed(kind, text) {
  const output = make("div", `output ${kind} highlight-myst-ansi notranslate`);
  const highlight = make("div", "highlight");
  const pre = make("pre", "", plain(text));
  sizes.observe(pre);
  highlight.append(pre);
  output.append(highlight);
  return output;
}

function shown(data, alt) {
  const image = ["image/png", "image/jpeg", "image/svg+xml"].find((kind) => data[kind]);
  if (data["text/html"]) {
    const output = make("div", "output text_html");
    output.innerHTML = data["text/html"];
    if (alt) output.querySelector(":scope > .pictures")?.setAttribute("aria-label", alt);
    return output;
  }
  if (!image) return printed("text_plain", `${data["text/plain"] ?? ""}\n`);
  const coded = image.endsWith("xml") ? `,${encodeURIComponent(data[image])}` : `;base64,${data[image]}`;
  return make("img", "", "", { src: `data:${image}${coded}`, alt: alt ?? "What the cell above draws" });
}

function show(output, alt, type, content) {
  const isCleared = type === "clear_output" ? !content.wait : DRAWN.has(type) && "clear" in output.dataset;
  if (isCleared) {
    output.replaceChildren();
    delete output.dataset.clear;
  }
  const display = content.transient?.display_id;
  if (type === "clear_output") {
    if (content.wait) output.dataset.clear = ""; // when the next comes
  } else if (type === "stream") {
    const last = output.lastElementChild;
    const isLast = last?.dataset.stream === content.name;
    const stream = isLast ? last : printed(content.name === "stderr" ? "stderr" : "stream", "");
    const pre = stream.querySelector("pre");
    const room = LONGEST - pre.textContent.length;
    if (room > 0) pre.append(content.text.length < room ? content.text : `${content.text.slice(0, room)} …\n`);
    if (/[\r\x1b]/.test(content.text)) pre.textContent = plain(pre.textContent);
    stream.dataset.stream = content.name;
    output.append(stream);
  } else if (type === "error") {
    output.append(printed("traceback", content.traceback.join("\n")));
  } else if (type === "display_data" || type === "execute_result") {
    output.append(handled(shown(content.data, alt), display));
  } else if (type === "update_display_data") {
    document.querySelectorAll(`[data-display="${CSS.escape(display)}"]`).forEach((before) => {
      before.replaceWith(handled(shown(content.data, alt), display));
    });
  }
}

// A line in which the reader writes what a cell asks for.
function asking({ prompt, password }, answer) {
  const line = printed("stream", prompt);
  const type = password ? "password" : "text";
  const field = make("input", "", "", { type, "aria-label": prompt.trim() || "What the cell asks for" });
  field.onkeydown = ({ key, isComposing }) => {
    if (key === "Enter" && !isComposing) answer(field.value, `${prompt}${password ? "" : field.value}\n`);
  };
  line.querySelector("pre").append(field);
  return line;
}

// An output with a name, by which the kernel may change it.
function handled(element, display) {
  if (display) element.dataset.display = display;
  return element;
}

// A cell of the notebook. One whose code the page does not show runs before the next one that it does,
// and leaves the page as it is.

class Cell {
  constructor({ source, metadata }, element, number, page) {
    const pre = element?.querySelector(".cell_input pre");
    Object.assign(this, { element, number, built: [source].flat().join(""), alt: metadata.mystnb?.image?.alt });
    this.isShown = Boolean(pre);
    if (!pre) return;
    this.area = editor(pre, this.built, `Code of cell ${number}`);
    this.area.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey || event.shiftKey)) return;
      event.preventDefault();
      page.run([this]);
      if (event.shiftKey) page.after(this)?.area.focus();
    });
    this.button = button("Run", () => this.isBusy ? page.stop() : page.run([this]));
    this.state = make("span");
    const above = button("Run all above", () => page.run(page.above(this)), `Run all above cell ${number}`);
    const bar = make("div", "run-cell");
    bar.append(this.button, ...(number > 1 ? [above] : []), this.state);
    element.querySelector(".cell_input").append(bar);
    this.say("");
  }

  say(state, isBusy = false) {
    this.isBusy = isBusy;
    if (!this.isShown) return;
    this.state.textContent = state;
    this.element.classList.toggle("busy", isBusy);
    this.button.textContent = isBusy ? "Stop" : "Run";
    this.button.setAttribute("aria-label", `${this.button.textContent} cell ${this.number}`);
  }

  async run(kernel) {
    const code = this.area?.value ?? this.built;
    const start = performance.now();
    const alt = this.alt && (code === this.built ? "" : "Drawn by code that was changed. Before: ") + this.alt;
    const before = this.element?.querySelector(".cell_output");
    const output = make("div", "cell_output docutils container");
    this.say("runs", true);
    let line;
    const ask = (content) => asking(content, (value, text) => {
      line = line.remove();
      show(output, alt, "stream", { name: "stdout", text });
      kernel.send("stdin", "input_reply", { value });
    });
    const reply = await kernel.run(code, (type, content) => {
      line?.remove();
      if (type === "input_request") line = ask(content);
      else show(output, alt, type, content);
      if (line) output.append(line); // below what was written before, and comes later
      if (this.isShown && !output.isConnected && output.hasChildNodes()) {
        if (before) before.replaceWith(output);
        else this.element.append(output);
      }
      line?.querySelector("input").focus();
    }, this.isShown).finally(() => line?.remove());
    if (this.isShown && !output.isConnected) before?.remove();
    this.isDone ||= reply.status === "ok";
    this.say(reply.status === "ok" ? `ran in ${since(start)}` : reply.ename ?? "");
    return reply;
  }
}

const since = (start) => `${((performance.now() - start) / 1000).toFixed(1)} s`;

// The page: its cells, its kernel, and the bar at its top

class Page {
  queue = [];

  constructor(place) {
    this.bar = make("div", "run", "", { role: "group", "aria-label": "Run this page" });
    this.status = make("span", "", "", { role: "status" });
    this.bar.append(button("Run this page", () => this.start()), this.status);
    place.replaceWith(this.bar);
    addEventListener("pagehide", () => this.kernel?.end());
    document.addEventListener("input", ({ target }) => this.move(target.closest("[data-own]")));
  }

  say(text) {
    this.status.textContent = text;
  }

  async start() {
    if (!localStorage.getItem("token")) return this.say(TEXTS.token);
    this.kernel?.end();
    const kernel = this.kernel = new Kernel(({ message }) => kernel === this.kernel && this.say(message));
    this.clear();
    this.say("Starting …");
    try {
      await kernel.start();
      await (this.reading ??= this.read());
    } catch (problem) {
      if (!this.cells) this.reading = null;
      return kernel.end(problem);
    }
    if (kernel !== this.kernel) return;
    this.cells.forEach((cell) => { cell.isDone = false; });
    if (await this.run(this.cells.slice(0, 1))) this.say(TEXTS.begin);
  }

  // The notebook has all cells, and one for when it is alone; the page has those that are not removed,
  // in the same order.
  async read() {
    const link = document.querySelector("a.btn-download-source-button[href$='.ipynb']");
    const { cells } = await (await fetch(link.href)).json();
    const elements = [...document.querySelectorAll("article div.cell")];
    let number = 0;
    this.cells = cells.filter(({ cell_type: type, id }) => type === "code" && id !== "alone").map((cell) => {
      const element = cell.metadata.tags?.includes("remove-cell") ? null : elements.shift();
      return new Cell(cell, element, element?.querySelector(".cell_input pre") ? number += 1 : 0, this);
    });
    const all = button("Run all", () => this.run(this.cells));
    this.bar.firstChild.replaceWith(all, button("Stop", () => this.stop()), button("Start again", () => this.start()));
    all.focus({ preventScroll: true });
  }

  above(cell) {
    return this.cells.slice(0, this.cells.indexOf(cell));
  }

  after(cell) {
    return this.cells.slice(this.cells.indexOf(cell) + 1).find(({ isShown }) => isShown);
  }

  // Run some cells, each with those right above it that are not shown and have not run. Did all go well?
  async run(cells) {
    const { kernel } = this;
    for (const cell of cells) {
      const above = this.above(cell);
      const hidden = above.slice(above.findLastIndex(({ isShown }) => isShown) + 1);
      for (const one of [...hidden.filter(({ isDone }) => !isDone), cell]) {
        if (!this.queue.includes(one)) this.queue.push(one);
        if (!one.isBusy) one.say("waits", true);
      }
    }
    if (this.working === kernel) return false;
    this.working = kernel;
    const start = performance.now();
    let reply, cell, count = 0;
    try {
      while (kernel === this.kernel && this.queue.length) {
        cell = this.queue[0];
        if (cell.isShown) this.say(`Cell ${cell.number} runs …`);
        reply = await cell.run(kernel);
        if (kernel !== this.kernel) return false;
        count += cell.isShown;
        this.queue.shift();
        if (reply.status !== "ok") this.clear();
      }
      this.say(count === 1 ? `Cell ${cell.number} ran.` : `${count} cells ran in ${since(start)}.`);
      if (reply.status !== "ok") this.say(this.reason(cell, reply));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (kernel !== this.kernel) return false;
      this.clear();
      this.say(problem.message);
    } finally {
      if (this.working === kernel) this.working = null;
    }
    return reply?.status === "ok";
  }

  reason(cell, { ename }) {
    const name = cell.isShown ? `Cell ${cell.number}` : "A cell that is not shown";
    if (ename === "KeyboardInterrupt") return `${name} was stopped.`;
    const isMissing = ename === "NameError" && this.above(cell).some(({ isDone }) => !isDone);
    return `${name}: ${ename}.${isMissing ? TEXTS.above : ""}`;
  }

  clear() {
    this.queue.forEach((cell) => cell.isBusy && cell.say(""));
    this.queue = [];
  }

  async stop() {
    const { kernel, queue: [cell, ...others] } = this;
    others.forEach((one) => one.say(""));
    this.queue.length = Math.min(this.queue.length, 1);
    if (!cell) return;
    this.say("Stopping …");
    await ask("POST", `/${kernel.id}/interrupt`).catch(kernel.end);
    setTimeout(() => {
      if (kernel === this.kernel && !kernel.isOver && this.queue[0] === cell) this.say(TEXTS.endless);
    }, 4000);
  }

  // A slider of the reader's own function is drawn by the kernel, for where its handles stand last.
  async move(slider) {
    if (!slider || slider.isMoving) return;
    const places = () => [...slider.querySelectorAll("input")].map(({ value }) => value).join();
    slider.isMoving = true;
    let drawn;
    while (drawn !== places() && !this.kernel.isOver) {
      drawn = places();
      await this.kernel.run(`__import__("page").move("${slider.dataset.own}", ${drawn})`, (type, { data }) => {
        if (!data?.["text/html"]) return;
        slider.querySelector(".frame").innerHTML = data["text/html"];
        const values = data["text/plain"].split("\n");
        slider.querySelectorAll(".value").forEach((value, k) => { value.textContent = values[k]; });
        slider.querySelectorAll("input").forEach((input, k) => input.setAttribute("aria-valuetext", values[k]));
      }).catch(() => {});
    }
    slider.isMoving = false;
  }
}

const place = document.querySelector("details.run");
if (place) new Page(place);

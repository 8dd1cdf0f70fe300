// The page's side of the cells: buttons, editors and outputs. worker.mjs has Python.

import { openEditor } from "../pyodide/editor.js";

const INTERACTIVE = new URL("../interactive/", import.meta.url);
const COLUMNS = /^ |\S {2,}\S/m; // as in markup.py: they keep in line, and scroll
const LONG = 30; // seconds, after which a cell that still runs is mentioned
const UNFETCHED = _("Python has not been fetched: check the network, and run the cell again.");
// Why Python has ended, by what its last message holds.
const CAUSES = [
  [/fetch|network|integrity|importing/i, UNFETCHED], // as Chromium, Firefox and Safari put it
  [/memory/i, _("Python has ended: there was not enough memory.")],
  [/call stack|recursion/i, _("Python has ended: functions called each other too deeply.")],
  [/exit|abort/i, _("Python has ended: the code has ended the whole process.")],
];

/** A phrase with values in its places. */
const fill = (phrase, values) => phrase.replace(/\{(\w+)\}/g, (_, name) => values[name]);

const element = (name, attributes = {}, ...content) => {
  const made = Object.assign(document.createElement(name), attributes);
  made.append(...content);
  return made;
};

/** What the reader has changed on this page, by the code that the page has; kept on the device. */
class Changes {
  constructor(key) {
    this.key = key;
  }

  read() {
    try {
      return new Map(JSON.parse(localStorage.getItem(this.key)) ?? []);
    } catch {
      return new Map();
    }
  }

  get(original) {
    return this.read().get(original);
  }

  set(original, code) {
    const codes = this.read(); // another tab may have added to it
    if (code === original) codes.delete(original);
    else codes.set(original, code);
    try {
      if (codes.size) localStorage.setItem(this.key, JSON.stringify([...codes]));
      else localStorage.removeItem(this.key);
    } catch {
      // Site data is blocked, or full: the changes last as long as the page.
    }
  }
}

/** A cell that can run. */
class Cell {
  constructor(bar, original, cells) {
    this.bar = bar;
    this.number = Number(bar.dataset.cell);
    this.original = original;
    this.cells = cells;
    this.box = bar.closest(".cell");
    this.output = this.box.querySelector(".cell_output");
    this.stored = this.output && [...this.output.childNodes];
    this.name = bar.dataset.name;
    this.addControls();
    this.nameOutput();
    this.openEditor();
  }

  addControls() {
    const make = (word, whole, action) => {
      const button = element("button", { type: "button", hidden: true }, word);
      button.ariaLabel = fill(whole, { name: this.name });
      button.addEventListener("click", action);
      return button;
    };
    this.stop = make(_("Stop"), _("Stop {name}"), () => this.cells.stop(this.number));
    this.reset = make(_("Reset"), _("Reset {name}"), () => this.restore());
    this.status = this.bar.querySelector(".cell-status");
    this.bytes = element("span", { className: "cell-bytes", ariaHidden: "true" });
    this.status.before(this.stop, this.reset);
    this.status.after(this.bytes);
  }

  nameOutput() {
    this.output?.setAttribute("role", "region");
    this.output?.setAttribute("aria-label", fill(_("Output of {name}"), { name: this.name }));
  }

  openEditor() {
    const block = this.box.querySelector(".cell_input pre");
    const kept = this.cells.changes.get(this.original);
    const host = element("div", { className: "cell-editor" });
    // The page has keys of its own, such as "/" for the search.
    host.addEventListener("keydown", (event) => event.ctrlKey || event.stopPropagation());
    this.editor = openEditor(host.attachShadow({ mode: "open" }), kept ?? this.original, {
      run: () => this.cells.run(this.number),
      changed: (code) => this.changed(code, block),
    });
    block.after(host);
    block.hidden = true; // the button that copies still reads it
    if (kept !== undefined) this.changed(kept, block);
  }

  get code() {
    return this.editor.code;
  }

  get edited() {
    return this.code !== this.original;
  }

  changed(code, block) {
    block.textContent = code;
    this.cells.changes.set(this.original, code);
    this.box.classList.toggle("cell-edited", this.edited);
    this.reset.hidden = !this.edited && !this.ran;
  }

  /** Bring back the page's code and output. */
  restore() {
    if (this.cells.waiting.includes(this.number)) this.cells.stop(this.number);
    this.editor.code = this.original;
    if (this.stored) {
      this.provideOutput();
      this.output.replaceChildren(...this.stored);
    } else this.removeOutput();
    this.ran = false;
    const focused = document.activeElement === this.reset;
    this.reset.hidden = true;
    if (focused) this.bar.querySelector(".cell-run").focus();
    this.say(_("Back as it was."));
  }

  say(text) {
    this.status.textContent = text;
    this.bytes.textContent = "";
  }

  provideOutput() {
    if (this.output) return;
    this.output = element("div", { className: "cell_output docutils container" });
    this.box.append(this.output);
    this.nameOutput();
  }

  removeOutput() {
    this.output?.remove();
    this.output = null;
  }

  /** Make room for what the cell is about to show; the page keeps its height until then. */
  start() {
    this.ran = true;
    this.reset.hidden = false;
    this.provideOutput();
    this.output.style.minHeight = `${this.output.offsetHeight}px`;
    this.output.replaceChildren();
    this.text = null;
    this.figures = 0;
  }

  finish() {
    if (!this.output) return;
    this.output.style.minHeight = "";
    if (!this.output.hasChildNodes()) this.removeOutput();
  }

  show(kind, ...content) {
    const box = element("div", { className: `output ${kind}` }, ...content);
    this.output.append(box);
    return box;
  }

  addText(text) {
    if (!this.text) {
      this.text = element("pre");
      this.show(
        "stream highlight-myst-ansi notranslate",
        element("div", { className: "highlight" }, this.text),
      );
    }
    this.text.append(text);
    this.text.closest(".output").classList.toggle("columns", COLUMNS.test(this.text.textContent));
  }

  addError(text) {
    this.text = null;
    this.show("cell-error", element("pre", {}, text));
  }

  addHtml(html) {
    this.text = null;
    const box = this.show("text_html");
    box.innerHTML = html;
    for (const script of box.querySelectorAll("script")) script.remove(); // the site has it as a file
    for (const { localName } of box.querySelectorAll(".softmax-live")) {
      import(new URL(`${localName.replace("softmax-", "")}.mjs`, INTERACTIVE));
    }
  }

  /** Show a drawing: with the page's caption and alternative text, if nothing has been changed. */
  addFigure(light, dark) {
    this.text = null;
    const stored = this.stored?.filter((node) => node.querySelector?.("img"))[this.figures++];
    const own = this.cells.untouchedUpTo(this.number) && stored;
    const place = own ? stored.cloneNode(true) : element("figure");
    const alt = own ? place.querySelector("img").alt : _("What the changed code draws.");
    const pictures = [
      ["figure-light", light],
      ["figure-dark", dark],
    ].map(([kind, svg]) =>
      element("img", {
        className: `${kind} dark-light`,
        src: `data:image/svg+xml,${encodeURIComponent(svg)}`,
        alt,
      }),
    );
    for (const old of place.querySelectorAll("img")) old.remove();
    place.prepend(...pictures);
    this.output.append(place);
  }
}

/** All cells of the page, and the Python that runs them. */
class Cells {
  constructor({ codes, data }, key) {
    this.codes = codes;
    this.data = data;
    this.changes = new Changes(key);
    this.waiting = [];
    this.cells = new Map();
    for (const bar of document.querySelectorAll(".cell-bar[data-cell]")) {
      const number = Number(bar.dataset.cell);
      this.cells.set(number, new Cell(bar, codes[number], this));
    }
  }

  /** Run a cell as soon as those that were asked for before it are done. */
  run(number) {
    const cell = this.cells.get(number);
    const [running] = this.waiting;
    if (this.waiting.includes(number) && (running !== number || this.sent[number] === cell.code)) {
      return;
    }
    this.waiting.push(number);
    cell.stop.hidden = false;
    if (this.waiting.length === 1) this.next();
    else cell.say(running === number ? _("Runs again, changed, after this.") : _("Waits for its turn."));
  }

  /** Put the cursor into a cell, at a point of the window if one is given. */
  edit(number, point) {
    this.cells.get(number).editor.focus(point);
  }

  untouchedUpTo(number) {
    return [...this.cells.values()].every((cell) => cell.number > number || !cell.edited);
  }

  next() {
    const [number] = this.waiting;
    if (number === undefined) return;
    if (!this.worker) {
      this.worker = new Worker(new URL("worker.mjs", import.meta.url), { type: "module" });
      this.worker.onmessage = ({ data: { kind, values } }) => this[kind](...values);
      this.worker.onerror = ({ message }) => this.dead(message);
    }
    this.sent = this.codes.map((code, i) => this.cells.get(i)?.code ?? code);
    this.failed = false;
    this.result = "";
    this.pressed.say(_("Starting."));
    const { lang } = document.documentElement;
    const words = { ...Documentation.TRANSLATIONS };
    this.worker.postMessage({ codes: this.sent, number, data: this.data, lang, words });
  }

  get pressed() {
    return this.cells.get(this.waiting[0]);
  }

  // What the worker says.

  loading(loaded, total) {
    const cell = this.pressed;
    const text = _("Fetching what it needs, once for all pages.");
    if (cell.status.textContent !== text) cell.say(text);
    const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
    const sizes = { loaded: megabytes(loaded), total: megabytes(total) };
    cell.bytes.textContent = fill(_("{loaded} of {total} MB"), sizes);
  }

  loaded() {
    this.pressed.say(_("Running."));
    this.clock = setTimeout(() => {
      const still = _("Still running after {n} seconds. Is there a loop without end? Stop ends it.");
      this.pressed.say(fill(still, { n: LONG }));
    }, LONG * 1000);
  }

  start(number) {
    this.current?.finish();
    this.current = this.cells.get(number);
    this.current?.start();
  }

  text(text) {
    this.current?.addText(text);
  }

  html(html) {
    this.current?.addHtml(html);
  }

  /** The result in a line, such as the verdict on an exercise. */
  said(line) {
    this.result = ` ${line}`;
  }

  figure(light, dark) {
    this.current?.addFigure(light, dark);
  }

  error(text) {
    this.failed = true;
    this.current?.addError(text);
    if (this.current !== this.pressed) {
      const name = this.current ? this.current.name : _("a cell that the page does not show");
      this.pressed.say(fill(_("Needs {name}, which stopped with an error."), { name }));
    }
  }

  done() {
    const { pressed, failed, current } = this;
    if (!failed) this.end(`${_("Done.")}${this.result}`);
    else this.end(current === pressed ? _("Stopped with an error.") : pressed.status.textContent);
    this.next();
  }

  /** Python has ended by itself; a worker that could not be fetched does not say why. */
  dead(message = "fetch") {
    console.warn(message);
    this.forget();
    const [, cause] = CAUSES.find(([words]) => words.test(message)) ?? [];
    if (cause === UNFETCHED) this.end(cause);
    else this.end(`${cause ?? _("Python has ended.")} ${_("What ran before is lost; Run starts again.")}`);
    this.next();
  }

  /** Take a cell out of the queue; end Python, whatever it does, if that is what runs. */
  stop(number) {
    if (number !== this.waiting[0]) {
      this.waiting.splice(this.waiting.lastIndexOf(number), 1);
      this.settle(this.cells.get(number), _("Not run."));
      return;
    }
    this.forget();
    this.end(_("Stopped. What earlier cells had computed is lost; they run again when needed."));
    this.next();
  }

  forget() {
    if (!this.worker) return;
    this.worker.onmessage = null; // it may have said more than one thing
    this.worker.terminate();
    this.worker = null;
  }

  end(words) {
    clearTimeout(this.clock);
    const { current } = this;
    this.current = null;
    current?.finish();
    const cell = this.cells.get(this.waiting.shift());
    if (cell) this.settle(cell, words);
  }

  settle(cell, words) {
    if (this.waiting.includes(cell.number)) return;
    if (document.activeElement === cell.stop) cell.bar.querySelector(".cell-run").focus();
    cell.stop.hidden = true;
    cell.say(words);
  }
}

/** Make the page's cells ready to be changed and run. */
export async function open(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  const page = await answer.json();
  return new Cells(page, `cells:${address.pathname}`);
}

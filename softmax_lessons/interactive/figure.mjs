/* A figure with sliders: what the live figures have in common beside their arithmetic. */
import { BAR_STYLE } from "./bars.mjs";
import { Live, _, dress, el, keepKeys } from "./dom.mjs";
import { show } from "./math.mjs";

/** A subclass has a `title`, says `build()` once and `draw()` after each change. `draw` returns
    the sentence that a screen reader speaks when the hand rests. */
export class Figure extends Live {
  begin() {
    dress(BAR_STYLE);
    dress(FIGURE_STYLE);
    const { title } = this.constructor;
    this.sliders = [];
    this.status = el("p", { role: "status", class: "unseen" });
    const reset = el("button", { type: "button" }, _("Reset"));
    const head = el("div", { class: "head" }, el("strong", {}, title), reset);
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", title);
    this.form = el("form", {}, head);
    this.build();
    const hint = _("Arrow keys move a slider; with Shift they move it by its last digit.");
    this.form.append(el("p", { class: "hint" }, hint), this.status);
    this.replaceChildren(this.form);
    keepKeys(this);
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("input", () => this.refresh());
    reset.addEventListener("click", () => {
      this.form.reset();
      this.refresh();
    });
    this.refresh(true);
  }

  refresh(quiet = false) {
    for (const tell of this.sliders) tell();
    const sentence = this.draw();
    clearTimeout(this.pause);
    if (!quiet) this.pause = setTimeout(() => (this.status.textContent = sentence), 500);
  }

  /** A labelled slider in a row of its own. Arrow keys move it by `coarse`, Page keys by ten. It
      shows its value, or what `read` makes of it. */
  slider(name, value, { min, max, digits = 2, coarse = 0.1, read }) {
    const fine = 10 ** -digits;
    const input = el("input", { type: "range", min, max, step: fine, value });
    const keys = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 10, PageDown: -10 };
    input.addEventListener("keydown", (event) => {
      if (!(event.key in keys) || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      const step = keys[event.key] * (event.shiftKey ? fine : coarse);
      input.value = (input.valueAsNumber + step).toFixed(digits);
      input.dispatchEvent(new Event("input", { bubbles: true }));
    });
    // An <output> is a live region, and would speak each step again after the slider itself.
    const output = el("output", { "aria-live": "off" });
    this.sliders.push(() => {
      output.textContent = (read ?? show)(input.valueAsNumber, digits);
      if (read) input.setAttribute("aria-valuetext", output.textContent);
    });
    const row = el("div", { class: "slider" }, el("label", {}, el("span", {}, name), input), output);
    this.form.append(row);
    return { input, row };
  }

  /** A slider for each score, with a cell beside it for what becomes of the score. */
  scores() {
    const { labels, scores, limit } = this.config;
    this.inputs = [];
    this.cells = labels.map((name, i) => {
      const { input, row } = this.slider(name, scores[i], { min: -limit, max: limit });
      const cell = el("div", { class: `result class${i}` });
      row.append(cell);
      this.inputs.push(input);
      return cell;
    });
  }

  /** A slider for the temperature; the ends are those of _values.py. */
  temperatureSlider() {
    const { temperature } = this.config;
    return this.slider(_("temperature"), temperature, { min: 0.1, max: 5 }).input;
  }

  /** A choice of one of several names. */
  choice(title, names, start = 0) {
    this.radios = names.map((name, i) => el("input", { type: "radio", name: "choice", value: i }));
    this.radios[start].setAttribute("checked", ""); // what a reset goes back to
    const choices = this.radios.map((input, i) =>
      el("label", { class: "tick" }, input, el("span", {}, names[i])),
    );
    this.form.append(el("fieldset", { class: "choice" }, el("legend", {}, title), ...choices));
  }

  /** The choice of the true class. */
  targets() {
    this.choice(_("The picture shows"), this.config.labels, this.config.target);
  }

  get z() {
    return this.inputs.map((input) => input.valueAsNumber);
  }

  get chosen() {
    return this.radios.findIndex((radio) => radio.checked);
  }
}

/** A table cell; a heading if `scope` is given. */
export const cell = (text, scope = "") =>
  el(scope ? "th" : "td", scope ? { scope } : {}, typeof text === "number" ? show(text) : text);

/** "seal 24.9 percent, panda 66.4 percent": probabilities to speak. */
export const spoken = (labels, p) =>
  labels.map((name, i) => _("{name} {number} percent", { name, number: show(100 * p[i], 1) })).join(", ");

const FIGURE_STYLE = `
.softmax-live {
  font-variant-numeric: tabular-nums;
  .head { display: flex; justify-content: space-between; margin-block-end: 0.25rem; }
  .hint { font-size: 0.85em; }
  .unseen {
    position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%);
  }
  .slider {
    display: grid; grid-template-columns: minmax(0, 1.2fr) 3.5rem minmax(0, 1fr); gap: 1rem;
    align-items: center;
  }
  .slider label { display: grid; grid-template-columns: 6.5rem minmax(0, 1fr); align-items: center; }
  .slider label span { overflow-wrap: anywhere; }
  input[type="range"] {
    inline-size: 100%; min-inline-size: 0; block-size: 2rem; margin: 0; accent-color: var(--accent);
  }
  output { padding: 0; text-align: end; }
  .choice { display: flex; flex-wrap: wrap; gap: 0 1rem; align-items: center; }
  .choice legend { float: inline-start; margin-inline-end: 1rem; }
  table { margin: 0.5rem 0; border-collapse: collapse; font-size: 0.95em; }
  th, td { padding: 0.2rem 0.5rem; text-align: end; background: none; color: inherit; }
  tr { background: none; border-block-end: 1px solid color-mix(in srgb, var(--ink) 25%, var(--ground)); }
  th:first-child, caption { text-align: start; }
  caption { caption-side: top; padding: 0; color: inherit; }
  @container (max-width: 34rem) {
    .slider { grid-template-columns: minmax(0, 1fr) 3.5rem; gap: 0 0.5rem; }
    .result { grid-column: 1 / -1; margin-block-end: 0.5rem; }
  }
}`;

/* The normalizer gallery: move the scores, watch each candidate break its requirement. */
import { _, define, el } from "./dom.mjs";
import { Figure, cell } from "./figure.mjs";
import { softmax, sum } from "./math.mjs";

const bySum = (x) => {
  const total = sum(x);
  return x.map((part) => part / total);
};

export const candidates = {
  "by sum": bySum,
  "by absolute value": (z) => bySum(z.map((s) => Math.abs(s))),
  "by square": (z) => bySum(z.map((s) => s * s)),
  "clipped, by sum": (z) => bySum(z.map((s) => Math.max(s, 0))),
  "min-max": (z) => {
    const low = Math.min(...z);
    const range = Math.max(...z) - low;
    return z.map((s) => (s - low) / range);
  },
  softmax: (z) => softmax(z),
};

const close = (a, b) => Math.abs(a - b) <= 1e-8 + 1e-5 * Math.abs(b);

/** The requirements that f breaks on z, as the page on normalization numbers them. */
export function broken(f, z) {
  const p = f(z);
  if (!p.every(Number.isFinite)) return ["R3"];
  const q = f(z.map((s) => s + 1));
  const ordered = (i, j) => Math.sign(z[i] - z[j]) === Math.sign(p[i] - p[j]);
  const holds = {
    R1: p.every((x) => x >= 0),
    R2: close(sum(p), 1),
    R4: z.every((_, i) => z.every((_, j) => ordered(i, j))),
    R5: p.every((x, i) => close(x, q[i])),
    R6: p.every((x) => x !== 0),
  };
  return Object.keys(holds).filter((name) => !holds[name]);
}

/** What the candidates are called on the page. */
const names = () => ({
  "by sum": _("by sum"),
  "by absolute value": _("by absolute value"),
  "by square": _("by square"),
  "clipped, by sum": _("clipped, by sum"),
  "min-max": _("min-max"),
  softmax: "softmax",
});

class Normalizers extends Figure {
  static get title() {
    return _("Normalizer gallery");
  }

  build() {
    const { labels, limit, scores, vectors } = this.config;
    const buttons = Object.entries(vectors).map(([name, vector]) => {
      const button = el("button", { type: "button" }, name);
      button.addEventListener("click", () => this.start(vector));
      return button;
    });
    const legend = el("legend", {}, _("Start from"));
    this.form.append(el("fieldset", { class: "starts" }, legend, ...buttons));
    const range = { min: -limit, max: limit };
    this.inputs = labels.map((name, i) => this.slider(name, scores[i], range).input);
    this.level = this.slider(_("added to all"), 0, { min: -3, max: 3 }).input;
    this.body = el("tbody");
    const head = [_("candidate"), ...labels, _("sum")].map((name) => cell(name, "col"));
    const requirements = _(
      "R1: nothing is negative. R2: the sum is 1. R3: there is an answer. R4: the order stays. " +
      "R5: the level does not matter. R6: no probability is exactly 0."
    );
    this.form.append(
      el("table", {}, el("thead", {}, el("tr", {}, ...head)), this.body),
      el("p", {}, requirements),
    );
  }

  start(vector) {
    this.inputs.forEach((input, i) => (input.value = vector[i]));
    this.level.value = 0;
    this.refresh();
  }

  draw() {
    const c = this.level.valueAsNumber;
    const z = this.z.map((s) => Number((s + c).toFixed(2))); // 0.1 + 0.2 is 0.3 here
    const said = [];
    const rows = Object.entries(names()).map(([key, name]) => {
      const f = candidates[key];
      const p = f(z);
      const faults = broken(f, z);
      const breaks = (comma) => _("breaks {what}", { what: faults.join(comma) || _("nothing") });
      said.push(`${name} ${breaks(", ")}`);
      const verdict = `${faults.length ? "✗" : "✓"} ${breaks(" ")}`;
      const heading = cell(name, "row");
      heading.append(" ", el("span", {}, verdict));
      return el("tr", {}, heading, ...p.map((x) => cell(x)), cell(sum(p)));
    });
    this.body.replaceChildren(...rows);
    return `${said.join("; ")}.`;
  }
}

define("softmax-normalizers", Normalizers, `
softmax-normalizers.softmax-live {
  .starts { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; margin-block-end: 0.5rem; }
  .starts legend { float: inline-start; margin-inline-end: 0.5rem; }
  .starts button { padding: 0 0.5rem; }
  .slider { grid-template-columns: minmax(0, 1fr) 3.5rem; }
  th span { display: block; font-weight: 400; }
  table { inline-size: 100%; }
  @container (max-width: 34rem) {
    table { font-size: 0.85em; }
    table :is(th, td) { padding-inline: 0.15rem; }
  }
}`);

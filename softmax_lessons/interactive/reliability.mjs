/* The reliability view: held-out examples sorted by confidence, while the temperature moves. */
import { _, define, el, svg } from "./dom.mjs";
import { Figure, cell } from "./figure.mjs";
import { logSumExp, show, softmax, sum } from "./math.mjs";

/** "2 150 90 0": the label, and how far each score lies behind the highest, in hundredths. */
export const parse = (rows) =>
  rows.split(";").map((row) => {
    const [label, ...behind] = row.split(" ").map(Number);
    return { label, z: behind.map((n) => (0 - n) / 100) };
  });

/** Accuracy, mean confidence, calibration error, log-likelihood, Brier score, and the bins. */
export function measure(examples, temperature, bins) {
  const kept = Array.from({ length: bins }, () => ({ count: 0, said: 0, right: 0 }));
  const inner = Array.from({ length: bins - 1 }, (_, i) => (i + 1) / bins);
  const losses = [];
  const squares = [];
  for (const { label, z } of examples) {
    const p = softmax(z, temperature);
    const confidence = Math.max(...p);
    const bin = kept[inner.filter((edge) => edge < confidence).length]; // it holds its upper edge
    bin.count += 1;
    bin.said += confidence;
    bin.right += Number(p.indexOf(confidence) === label);
    const scaled = z.map((s) => s / temperature);
    losses.push(logSumExp(scaled) - scaled[label]);
    squares.push(sum(p.map((each, i) => (each - (i === label)) ** 2)));
  }
  const mean = (values) => sum(values) / examples.length;
  return {
    accuracy: mean(kept.map(({ right }) => right)),
    confidence: mean(kept.map(({ said }) => said)),
    error: mean(kept.map(({ said, right }) => Math.abs(said - right))),
    loss: mean(losses),
    brier: mean(squares),
    bins: kept,
  };
}

const measures = () => ({
  accuracy: _("accuracy"),
  confidence: _("mean confidence"),
  error: _("expected calibration error"),
  loss: _("negative log-likelihood"),
  brier: _("Brier score"),
});
const [left, top, side, strip] = [36, 8, 240, 44]; // the diagram, and the counts below it
const x = (value) => left + side * value;
const y = (value) => top + side * (1 - value);
/** The marks of a bin: its bar, its line, its count. */
function marks({ count, said, right }, i, bins, most) {
  if (!count) return [];
  const [start, width] = [x(i / bins) + 0.5, side / bins - 1];
  const rect = (kind, upper, height) =>
    svg("rect", { class: kind, x: start, y: upper, width, height });
  const at = y(said / count);
  return [
    rect("bar-right", y(right / count), (side * right) / count),
    svg("path", { class: "said", d: `M${start - 0.5} ${at}h${width + 1}` }),
    rect("held", top + side + strip + 16 - (strip * count) / most, (strip * count) / most),
  ];
}

class Reliability extends Figure {
  static get title() {
    return _("Reliability view");
  }

  build() {
    const { rows, bins } = this.config;
    this.examples = parse(rows);
    this.temperature = this.temperatureSlider();
    this.bins = this.slider(_("bins"), bins, { min: 1, max: 50, digits: 0, coarse: 1 }).input;
    const text = (word, attributes) => svg("text", attributes, word);
    const ticks = [0, 0.5, 1].flatMap((value) => [
      text(String(value), { x: left - 6, y: y(value) + 4, "text-anchor": "end" }),
      text(String(value), { x: x(value), y: top + side + 14, "text-anchor": "middle" }),
    ]);
    const frame = svg("path", { class: "frame", d: `M${left} ${top}v${side}h${side}` });
    const even = svg("path", { class: "even", d: `M${x(0)} ${y(0)}L${x(1)} ${y(1)}` });
    this.marks = svg("g");
    this.svg = svg("svg", { viewBox: `0 0 ${left + side + 8} ${top + side + strip + 20}`, role: "img" });
    this.svg.append(this.marks, frame, even, ...ticks);
    this.body = el("tbody");
    this.now = cell("", "col");
    const head = el("tr", {}, cell(_("measure"), "col"), cell("T = 1.00", "col"), this.now);
    const table = el("table", {}, el("thead", {}, head), this.body);
    const legend = _(
      "Bars: how often the choices of a bin are right. Lines: how sure they are. A line above its " +
      "bar is too sure. Dashed: where both agree. Below: how many examples a bin holds."
    );
    this.form.append(el("div", { class: "both" }, this.svg, table), el("p", { class: "hint" }, legend));
  }

  draw() {
    const temperature = this.temperature.valueAsNumber;
    const bins = this.bins.valueAsNumber;
    const plain = measure(this.examples, 1, bins);
    const now = measure(this.examples, temperature, bins);
    const most = Math.max(...now.bins.map(({ count }) => count));
    const names = measures();
    this.marks.replaceChildren(...now.bins.flatMap((bin, i) => marks(bin, i, bins, most)));
    this.now.textContent = `T = ${show(temperature, 2)}`;
    this.body.replaceChildren(
      ...Object.entries(names).map(([key, name]) =>
        el("tr", {}, cell(name, "row"), cell(plain[key]), cell(now[key])),
      ),
    );
    const full = now.bins.filter(({ count }) => count);
    const each = full.map(({ count, said, right }) => {
      const values = { sure: show(said / count, 2), right: show(right / count, 2), count };
      return _("sure {sure}, right {right}, {count} examples", values);
    });
    const at = { temperature: show(temperature, 2), bins };
    const title = _("Reliability diagram at temperature {temperature}.", at);
    this.svg.setAttribute("aria-label", `${title} ${each.join("; ")}.`);
    const said = Object.entries(names).map(([key, name]) => `${name} ${show(now[key])}`);
    return `${_("At temperature {temperature}, with {bins} bins:", at)} ${said.join(", ")}.`;
  }
}

define("softmax-reliability", Reliability, `
softmax-reliability.softmax-live {
  .slider { grid-template-columns: minmax(0, 1fr) 3.5rem; }
  .both { display: flex; flex-wrap: wrap; gap: 0 2rem; align-items: center; }
  svg { flex: 1 1 16rem; min-inline-size: 0; max-inline-size: 24rem; margin: 0.5rem 0; }
  svg text { fill: var(--ink); font-size: 12px; }
  svg path { fill: none; stroke: var(--ink); }
  .even { stroke-dasharray: 4 4; }
  .said { stroke: var(--ink); stroke-width: 3; }
  .bar-right { fill: #029e73; stroke: color-mix(in srgb, #029e73, var(--ink) 50%); }
  .held { fill: var(--edge); }
  thead th:not(:first-child) { white-space: nowrap; }
  @media (forced-colors: active) { .bar-right { fill: Canvas; stroke: CanvasText; } }
}`);

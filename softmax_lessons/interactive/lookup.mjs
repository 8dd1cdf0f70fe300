/* The look-up: attention of one query to a few keys, arrows that the reader moves. */
import { stack } from "./bars.mjs";
import { _, define, el, svg } from "./dom.mjs";
import { Figure, cell, spoken } from "./figure.mjs";
import { show, softmax, sum } from "./math.mjs";

/** Scores, weights and the weighted mean of the values. */
export function attend(query, keys, values, scaled) {
  const scores = keys.map((key) => sum(key.map((x, i) => x * query[i])));
  const divided = scaled ? scores.map((score) => score / Math.sqrt(2)) : scores;
  const weights = softmax(divided);
  const mean = values[0].map((_, j) => sum(weights.map((weight, i) => weight * values[i][j])));
  return { scores: divided, weights, mean };
}

const [wide, high] = [150, 100]; // from the middle of the picture to its edges
const entry = (value) => {
  const numbers = value.map((x) => show(x, 2)).join(", ");
  return value.length > 1 ? `(${numbers})` : numbers;
};

/** An arrow from the middle, with a name and a place to take hold of it. */
class Arrow {
  constructor(name, kind) {
    this.line = svg("path", { class: "line" });
    this.tip = svg("g", {}, svg("path", { d: "M3 0L-9 -6V6Z", class: "tip" }));
    this.weight = svg("circle", { class: "weight" });
    this.name = svg("text", { "text-anchor": "middle" }, name);
    this.hand = svg("circle", { r: 22, class: "hand" }); // large enough for a finger
    this.group = svg("g", { class: `arrow ${kind}` });
    this.group.append(this.line, this.weight, this.tip, this.name, this.hand);
  }

  put([x, y], weight) {
    const place = `translate(${x} ${y})`;
    const length = Math.hypot(x, y) || 1;
    const within = (z, far) => Math.max(-far, Math.min(far, z + (20 * z) / length));
    this.line.setAttribute("d", `M0 0L${x} ${y}`);
    this.tip.setAttribute("transform", `${place}rotate(${(Math.atan2(y, x) * 180) / Math.PI})`);
    this.weight.setAttribute("r", 20 * Math.sqrt(weight)); // its area says how much
    for (const node of [this.weight, this.hand]) node.setAttribute("transform", place);
    this.name.setAttribute("x", within(x, wide - 30));
    this.name.setAttribute("y", within(y, high - 10) + 4);
  }
}

class Lookup extends Figure {
  static get title() {
    return _("Look-up");
  }

  build() {
    const { labels, query, scaled, limit } = this.config;
    this.names = [_("query"), ...labels];
    this.choice(_("Move"), this.names);
    this.axes = [1.5 * limit, limit].map(
      (max, i) => this.slider("xy"[i], query[i], { min: -max, max }).input,
    );
    this.scaled = el("input", { type: "checkbox", ...(scaled && { checked: "" }) });
    this.form.append(el("label", { class: "tick" }, this.scaled, _("Divide the scores by √2")));
    this.start();
    this.addEventListener("reset", () => this.start());
    this.form.append(el("div", { class: "both" }, this.plane(), this.table()));
  }

  start() {
    this.points = [this.config.query, ...this.config.keys].map((point) => [...point]);
    this.held = 0; // the one that the sliders stand for
  }

  plane() {
    this.arrows = this.names.map((name, i) => new Arrow(name, i ? `class${i - 1}` : "query"));
    this.arrows.forEach(({ hand }, i) => {
      hand.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        hand.setPointerCapture(event.pointerId);
      });
      hand.addEventListener("pointermove", (event) => {
        if (hand.hasPointerCapture(event.pointerId)) this.drag(i, event);
      });
    });
    const cross = svg("path", { class: "axes", d: `M${-wide} 0H${wide}M0 ${-high}V${high}` });
    this.reach = svg("path", { class: "reach" });
    const viewBox = `${-wide} ${-high} ${2 * wide} ${2 * high}`;
    this.svg = svg("svg", { viewBox, role: "img" });
    this.svg.append(cross, this.reach, ...this.arrows.map(({ group }) => group).reverse());
    return this.svg;
  }

  table() {
    this.whole = el("div");
    this.body = el("tbody");
    this.score = cell("", "col");
    const head = [cell(_("key"), "col"), this.score, cell(_("weight"), "col"), cell(_("value"), "col")];
    const table = el("table", {}, el("thead", {}, el("tr", {}, ...head)), this.body);
    return el("div", {}, this.whole, table);
  }

  /** Bring an arrow's tip under the pointer. */
  drag(i, event) {
    const toPicture = this.svg.getScreenCTM().inverse();
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(toPicture);
    const unit = high / this.config.limit;
    this.radios[i].checked = true;
    this.held = i;
    [x, 0 - y].forEach((z, axis) => (this.axes[axis].value = (z / unit).toFixed(2)));
    this.refresh();
  }

  refresh(quiet) {
    if (this.held === this.chosen) {
      this.points[this.held] = this.axes.map((input) => input.valueAsNumber);
    } else {
      this.held = this.chosen;
      this.axes.forEach((input, axis) => (input.value = this.points[this.held][axis]));
    }
    this.axes.forEach((input, axis) => {
      input.labels[0].firstChild.textContent = `${this.names[this.held]}, ${"xy"[axis]}`;
    });
    super.refresh(quiet);
  }

  draw() {
    const { labels, values, limit } = this.config;
    const [query, ...keys] = this.points;
    const { scores, weights, mean } = attend(query, keys, values, this.scaled.checked);
    const unit = high / limit;
    const places = this.points.map(([x, y]) => [x * unit, 0 - y * unit]);
    this.arrows.forEach((arrow, i) => arrow.put(places[i], i ? weights[i - 1] : 0));
    this.reach.setAttribute("d", feet(places));
    stack(weights.map((weight, i) => [weight, `class${i}`]), this.whole);
    this.score.textContent = `q · k${this.scaled.checked ? " / √2" : ""}`;
    const row = (head, ...cells) => el("tr", {}, head, ...cells.map((each) => cell(each)));
    const rows = labels.map((name, i) => {
      const head = cell(name, "row");
      head.prepend(el("span", { class: `fill swatch class${i}` }));
      return row(head, scores[i], weights[i], entry(values[i]));
    });
    this.body.replaceChildren(...rows, row(cell(_("mean"), "row"), "", sum(weights), entry(mean)));
    const sentence = _("Weights: {list}. Weighted mean of the values: {mean}.", {
      list: spoken(labels, weights),
      mean: entry(mean),
    });
    const where = this.points.map((p, i) => _("{name} at {at}", { name: this.names[i], at: entry(p) }));
    const all = _("Arrows in a plane: {list}.", { list: where.join(", ") });
    this.svg.setAttribute("aria-label", `${all} ${sentence}`);
    return sentence;
  }
}

/** The line along the query, and from each key the way to it: a score is how far along it lies. */
function feet([[x, y], ...keys]) {
  const length = Math.hypot(x, y);
  if (!length) return "M0 0";
  const [a, b] = [x / length, y / length];
  const ways = keys.map(([u, v]) => {
    const along = u * a + v * b;
    return `M${u} ${v}L${along * a} ${along * b}`;
  });
  const far = 2 * high;
  return `M${-far * a} ${-far * b}L${far * a} ${far * b}${ways.join("")}`;
}

define("softmax-lookup", Lookup, `
softmax-lookup.softmax-live {
  .slider { grid-template-columns: minmax(0, 1fr) 3.5rem; }
  .both { display: flex; flex-wrap: wrap; gap: 0 2rem; align-items: center; }
  svg { flex: 1 1 14rem; min-inline-size: 0; max-inline-size: 18rem; margin-inline: auto; }
  .both > div { flex: 1 1 17rem; min-inline-size: 0; }
  svg text {
    fill: var(--ink); font-size: 14px; paint-order: stroke; stroke: var(--ground); stroke-width: 4px;
  }
  .axes, .reach { stroke: var(--edge); fill: none; }
  .reach { stroke-dasharray: 2 3; }
  .line { stroke: var(--hue); stroke-width: 2; }
  .query { --hue: var(--ink); }
  .query .line { stroke-width: 3; }
  .tip, .weight { fill: var(--hue); }
  .weight { fill-opacity: 0.4; }
  .hand { fill: transparent; cursor: grab; touch-action: none; }
  table { inline-size: 100%; }
  table :is(th, td) { padding: 0.05rem 0.15rem; }
  td { white-space: nowrap; }
  tbody th { min-inline-size: 4.5rem; font-weight: 400; overflow-wrap: anywhere; }
  .swatch { display: inline-block; inline-size: 0.8rem; block-size: 0.8rem; margin-inline-end: 0.4rem; }
  tr:last-child > * { font-weight: 700; }
  @media (forced-colors: active) { .arrow { --hue: CanvasText; } }
}`);

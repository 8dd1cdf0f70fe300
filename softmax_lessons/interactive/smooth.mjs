/* The smooth maximum: one score moves through the others, and the corner of max is round. */
import { _, define, el, svg } from "./dom.mjs";
import { Figure, cell } from "./figure.mjs";
import { logSumExp, show, softmax } from "./math.mjs";

/** T ln sum exp(z / T), which lies above max z by T ln K at most. */
export const smoothMax = (z, temperature) => temperature * logSumExp(z.map((s) => s / temperature));

/** The same scores, but for score i. */
const put = (z, i, score) => z.map((each, j) => (j === i ? score : each));

/** The slope of f for score i, found by a nudge to both sides. */
export function slope(f, z, i, nudge = 1e-4) {
  return (f(put(z, i, z[i] + nudge)) - f(put(z, i, z[i] - nudge))) / (2 * nudge);
}

/** A number to read where smaller ones than 0.001 are rounding. */
const three = (x) => show(Math.round(1000 * x) / 1000);

/** The slope of max for score i, to the left of it and to the right: 0 and 1 at the corner. */
export function sidesOfMax(z, i) {
  const corner = Math.max(...put(z, i, -Infinity));
  return [Number(z[i] > corner), Number(z[i] >= corner)];
}

// Where the two pictures lie: the values above, their slopes below.
const [left, wide, above, high, below, low] = [24, 288, 6, 168, 196, 56];
const heightOf = (p) => below + low * (1 - p);
const samples = Array.from({ length: 161 }, (_, i) => i / 80 - 1);
const join = (points) => `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;

class Smooth extends Figure {
  static get title() {
    return _("Smooth maximum");
  }

  build() {
    const { labels, scores, moved, reach, hottest, temperature } = this.config;
    this.corner = Math.max(...put(scores, moved, -Infinity));
    const ends = [this.corner - reach, this.corner + reach].map((x) => Number(x.toFixed(2)));
    const range = { min: ends[0], max: ends[1] };
    this.score = this.slider(labels[moved], scores[moved], range).input;
    this.temperature = this.slider(_("temperature"), temperature, { min: 0.1, max: hottest }).input;
    this.picture();
    this.body = el("tbody");
    const head = ["", _("maximum"), _("smooth")].map((name) => (name ? cell(name, "col") : el("td")));
    const table = el("table", {}, el("thead", {}, el("tr", {}, ...head)), this.body);
    this.line = el("p");
    this.form.append(el("div", { class: "both" }, this.svg, el("div", {}, table, this.line)));
  }

  x(score) {
    return left + wide * (0.5 + (score - this.corner) / (2 * this.config.reach));
  }

  y(value) {
    return above + high * (0.86 - (value - this.corner) / (1.4 * this.config.reach));
  }

  picture() {
    const { reach } = this.config;
    const curve = (kind) => svg("path", { class: kind });
    const dot = (kind) => svg("circle", { class: kind, r: 5 });
    const text = (word, x, y, anchor = "middle") =>
      svg("text", { x, y, "text-anchor": anchor }, word);
    const [x0, x1, x2] = [-reach, 0, reach].map((d) => this.x(this.corner + d));
    const [y0, y1] = [this.corner, this.corner + reach].map((value) => this.y(value));
    const max = svg("path", { class: "hard", d: `M${x0} ${y0}H${x1}L${x2} ${y1}` });
    const steps = `M${x0} ${heightOf(0)}H${x1}M${x1} ${heightOf(1)}H${x2}`;
    const frame = `M${left} ${above}v${high}h${wide}M${left} ${below}v${low}h${wide}`;
    const first = Math.ceil(this.corner - reach);
    const ticks = Array.from({ length: 2 * reach + 1 }, (_, i) => first + i)
      .filter((n) => n % Math.ceil(reach / 4) === 0 && n <= this.corner + reach)
      .map((n) => text(String(n).replace("-", "−"), this.x(n), below + low + 15));
    this.guide = curve("guide");
    [this.soft, this.slope, this.tangent] = ["soft", "soft", "tangent"].map(curve);
    this.dots = ["hard", "soft", "hard", "hard", "soft"].map(dot);
    this.name = text(_("smooth"), left + 5, 0, "start");
    this.svg = svg("svg", { viewBox: `0 0 320 ${below + low + 20}`, role: "img" });
    this.svg.append(
      svg("path", { class: "frame", d: frame }), this.guide, max,
      svg("path", { class: "hard", d: steps }), this.soft, this.slope, this.tangent, ...this.dots,
      text(_("value"), left + 5, above + 12, "start"), text(_("slope"), left + 5, heightOf(1) + 4, "start"),
      text(_("maximum"), left + 5, y0 + 15, "start"), this.name, ...ticks,
      text("argmax", x2, heightOf(1) - 6, "end"), text("softmax", x2, heightOf(0) - 7, "end"),
      text("0", left - 5, heightOf(0) + 4, "end"), text("1", left - 5, heightOf(1) + 4, "end"),
    );
  }

  draw() {
    const { labels, scores, moved, reach } = this.config;
    const [s, temperature] = [this.score, this.temperature].map((input) => input.valueAsNumber);
    const z = put(scores, moved, s);
    const soft = (x) => smoothMax(x, temperature);
    const [top, value, rise] = [Math.max(...z), soft(z), slope(soft, z, moved)];
    const sides = [...new Set(sidesOfMax(z, moved))];
    const p = softmax(z, temperature)[moved];

    const along = samples.map((part) => put(scores, moved, this.corner + reach * part));
    const curve = (f) => join(along.map((each) => [this.x(each[moved]), f(each)]));
    this.soft.setAttribute("d", curve((each) => this.y(soft(each))));
    this.slope.setAttribute("d", curve((each) => heightOf(softmax(each, temperature)[moved])));
    const ends = [-0.35 * reach, 0.35 * reach];
    this.tangent.setAttribute("d", join(ends.map((d) => [this.x(s + d), this.y(value + d * rise)])));
    const slopes = [sides[0], sides.at(-1), p].map(heightOf);
    const heights = [this.y(top), this.y(value), ...slopes];
    this.dots.forEach((dot, i) => {
      dot.setAttribute("cx", this.x(s));
      dot.setAttribute("cy", heights[i]);
    });
    this.guide.setAttribute("d", `M${this.x(s)} ${heights[1]}V${below + low}`);
    this.name.setAttribute("y", this.y(soft(along[0])) - 6);

    const hard = sides.join(_(" or "));
    const row = (name, ...cells) =>
      el("tr", {}, cell(name, "row"), ...cells.map((each) => cell(each)));
    this.body.replaceChildren(
      row(_("value"), top, value),
      row(_("slope"), hard, three(rise)),
      row(_("{name} gets", { name: labels[moved] }), `argmax ${hard}`, `softmax ${three(p)}`),
    );
    const most = `T ln ${z.length} = ${show(temperature * Math.log(z.length))}`;
    this.line.textContent = _("Smooth lies {gap} above, at most {most}.", {
      gap: three(value - top),
      most: most.replaceAll(" ", "\u00a0"),
    });
    const sentence = _(
      "{name} at {score}, temperature {temperature}: the maximum is {top} with slope {hard}, " +
      "the smooth one {value} with slope {rise}; softmax gives {p}.",
      {
        name: labels[moved], score: show(s, 2), temperature: show(temperature, 2), top: show(top),
        hard, value: show(value), rise: three(rise), p: three(p),
      },
    );
    const title = _("The maximum, the smooth maximum and their slopes.");
    this.svg.setAttribute("aria-label", `${title} ${sentence}`);
    return sentence;
  }
}

define("softmax-smooth", Smooth, `
softmax-smooth.softmax-live {
  .slider { grid-template-columns: minmax(0, 1fr) 3.5rem; }
  .both { display: flex; flex-wrap: wrap; gap: 0 2rem; align-items: center; }
  svg {
    flex: 1 1 16rem; min-inline-size: 0; max-inline-size: 24rem; margin: 0.5rem auto 0;
    overflow: visible;
  }
  .both > div { flex: 1 1 15rem; min-inline-size: 0; }
  svg text {
    fill: var(--ink); font-size: 14px; paint-order: stroke; stroke: var(--ground); stroke-width: 4px;
  }
  svg path { fill: none; stroke: var(--edge); }
  svg path.hard { stroke: var(--ink); stroke-width: 2; stroke-dasharray: 6 4; }
  svg path.soft { stroke: var(--accent); stroke-width: 3; }
  svg .tangent { stroke: var(--ink); stroke-width: 2; }
  svg .guide { stroke-dasharray: 2 3; }
  circle.hard { fill: var(--ground); stroke: var(--ink); stroke-width: 2; }
  circle.soft { fill: var(--accent); stroke: var(--ground); stroke-width: 1.5; }
  table { inline-size: 100%; }
  table :is(th, td) { padding: 0.1rem 0.2rem; }
  tr:nth-child(n + 2) td { font-weight: 700; }
}`);

/* The code tree: how long a message gets if its code was made for other probabilities. */
import { stack } from "./bars.mjs";
import { _, define, el, svg } from "./dom.mjs";
import { Figure } from "./figure.mjs";
import { show, sum } from "./math.mjs";

/** The bits for each class in a code made for p, their mean where y holds, and its two parts. */
export function measure(y, p) {
  const bits = p.map((each) => 0 - Math.log2(each));
  const come = y.map((_, i) => i).filter((i) => y[i] > 0); // 0 log 0 counts as 0
  return {
    bits,
    mean: sum(come.map((i) => y[i] * bits[i])),
    entropy: sum(come.map((i) => 0 - y[i] * Math.log2(y[i]))),
    excess: sum(come.map((i) => y[i] * Math.log2(y[i] / p[i]))),
  };
}

/** The classes in the order of the tree: the most frequent first, the first of equal ones. */
export const ordered = (p) => p.map((_, i) => i).sort((i, j) => p[j] - p[i] || i - j);

/** The code words, if all lengths are whole: 0, 10 and 11. */
export function words(bits, order) {
  if (!bits.every(Number.isInteger)) return null;
  return bits.map((_, i) => ["0", "10", "11"][order.indexOf(i)]);
}

const parts = (counts) => counts.map((count) => count / sum(counts));
const whole = (p, box) => stack(p.map((each, i) => [each, `class${i}`]), box);
const [left, unit, rows, last] = [10, 44, [26, 66, 106], 150];
const x = (bits) => left + unit * bits;
const longest = 5; // bits, as far as the picture goes; the sliders stop at 4.64

class Tree extends Figure {
  static get title() {
    return _("Code tree");
  }

  build() {
    const { labels, counts, truth, most } = this.config;
    this.y = parts(truth);
    this.form.append(el("p", {}, _("The code is made for")));
    const read = (count) => _("{n} of {all}", { n: count, all: sum(this.z) });
    const range = { min: 1, max: most, digits: 0, coarse: 1, read };
    this.inputs = labels.map((name, i) => this.slider(name, counts[i], range).input);
    this.made = el("div");
    const come = whole(this.y);
    const bars = [el("span", {}, _("code for")), this.made, el("span", {}, _("come by")), come];
    this.picture();
    this.line = el("p");
    this.note = el("p", { class: "hint" });
    this.form.append(el("div", { class: "bars" }, ...bars), this.svg, this.line, this.note);
  }

  picture() {
    const text = (attributes, word = "") => svg("text", attributes, word);
    const marks = Array.from({ length: longest + 1 }, (_, n) => n);
    const grid = marks.map((n) => `M${x(n)} 8V${last + 16}`).join("");
    const ticks = marks.map((n) => text({ x: x(n), y: last + 32, "text-anchor": "middle" }, String(n)));
    this.forks = svg("path", { class: "forks" });
    this.leaves = this.config.labels.map((name, i) => {
      const leaf = { line: svg("path"), dot: svg("circle"), word: text({ class: "word", x: 0 }) };
      const at = { x: x(longest) + 10 };
      leaf.bits = text({ ...at, y: 12 });
      leaf.group = svg("g", { class: `class${i}` }, leaf.line, leaf.dot, leaf.word);
      leaf.group.append(text({ ...at, y: -4 }, name), leaf.bits);
      return leaf;
    });
    const block = (kind) => svg("rect", { class: kind, y: last - 10, height: 20 });
    [this.entropy, this.excess] = ["entropy", "excess"].map(block);
    this.mean = text({ x: x(longest) + 10, y: last + 12 });
    this.svg = svg("svg", { viewBox: `0 0 320 ${last + 36}`, role: "img" });
    this.svg.append(
      svg("path", { class: "grid", d: grid }), this.forks, ...this.leaves.map(({ group }) => group),
      this.entropy, this.excess, text({ x: left, y: last - 15 }, _("entropy")), this.mean, ...ticks,
      text({ x: x(longest) + 10, y: last - 4 }, _("average")),
      text({ x: x(longest) + 10, y: last + 32 }, _("bits")),
    );
  }

  draw() {
    const { labels } = this.config;
    const p = parts(this.z);
    const { bits, mean, entropy, excess } = measure(this.y, p);
    const order = ordered(p);
    const code = words(bits, order);
    const fork = x(0 - Math.log2(p[order[1]] + p[order[2]]));
    const between = (rows[1] + rows[2]) / 2;
    this.forks.setAttribute(
      "d",
      `M${left} ${rows[0]}V${between}H${fork}M${fork} ${rows[1]}V${rows[2]}`,
    );
    whole(p, this.made);
    order.forEach((i, row) => {
      const { group, line, dot, word, bits: text } = this.leaves[i];
      group.setAttribute("transform", `translate(0 ${rows[row]})`);
      line.setAttribute("d", `M${row ? fork : left} 0H${x(bits[i])}`);
      dot.setAttribute("cx", x(bits[i]));
      dot.setAttribute("r", 12 * Math.sqrt(this.y[i])); // its area says how much comes by
      word.textContent = code ? code[i] : "";
      word.setAttribute("x", (row ? fork : left) + 8);
      word.setAttribute("y", -6);
      text.textContent = show(bits[i]);
    });
    this.entropy.setAttribute("x", left);
    this.entropy.setAttribute("width", unit * entropy);
    this.excess.setAttribute("x", x(entropy));
    this.excess.setAttribute("width", unit * Math.max(excess, 0));
    this.mean.textContent = show(mean);

    const b = (number) => el("b", {}, show(number));
    const rest = b(Math.round(1000 * excess) / 1000); // 0 where only rounding is left
    const said = [_("bits on average"), _("entropy"), _("too many")];
    const numbers = [b(mean), ` ${said[0]} = `, b(entropy), ` ${said[1]} + `, rest, ` ${said[2]}`];
    this.line.replaceChildren(...numbers);
    const come = labels.map((name, i) => `${name} ${show(this.y[i])}`).join(", ");
    const near = _("No code words have these lengths. Over long messages a code comes near them.");
    const often = _("Large dots come by often: {list}.", { list: come });
    this.note.textContent = `${often} ${code ? "" : near}`;
    const lengths = labels.map((name, i) => `${name} ${show(bits[i])}${code ? ` (${code[i]})` : ""}`);
    const bitsOf = _("Bits: {list}.", { list: lengths.join(", ") });
    const sentence = `${bitsOf} ${this.line.textContent}.`;
    this.svg.setAttribute("aria-label", `${_("Tree of a code.")} ${sentence}`);
    return sentence;
  }
}

define("softmax-tree", Tree, `
softmax-tree.softmax-live {
  .slider { grid-template-columns: minmax(0, 1fr) 5rem; }
  .bars { display: grid; grid-template-columns: 6.5rem minmax(0, 1fr); gap: 0.4rem 0; align-items: center; }
  svg {
    display: block; inline-size: 100%; max-inline-size: 24rem; margin: 0.5rem auto 0;
    overflow: visible;
  }
  svg text {
    fill: var(--ink); font-size: 14px; paint-order: stroke; stroke: var(--ground); stroke-width: 4px;
  }
  svg .word { font-weight: 700; }
  svg path { fill: none; stroke: var(--hue); stroke-width: 4; }
  svg circle { fill: var(--hue); stroke: var(--ground); }
  svg .forks { stroke: var(--ink); stroke-width: 2; }
  svg .grid { stroke: var(--edge); stroke-width: 1; stroke-dasharray: 1 4; }
  .entropy { fill: var(--edge); }
  .excess { fill: none; stroke: var(--ink); stroke-width: 2; stroke-dasharray: 4 2; }
  @media (forced-colors: active) { g[class] { --hue: CanvasText; } }
}`);

/* The gradient view: the loss, p - y and the Jacobian of softmax, while the scores move. */
import { bars } from "./bars.mjs";
import { _, define, el } from "./dom.mjs";
import { Figure, cell } from "./figure.mjs";
import { crossEntropy, crossEntropyGradient, show, softmax, sum } from "./math.mjs";

/** J[i][j], the slope of probability i for score j. A row sums to 0, and so the diagonal follows. */
export function jacobian(z) {
  const p = softmax(z);
  return p.map((a, i) => {
    const row = p.map((b, j) => (i === j ? 0 : 0 - a * b));
    row[i] = 0 - sum(row);
    return row;
  });
}

/** A cell with its number; the tint says sign and size once more. */
function heat(x, most) {
  const node = el("td", { class: x < 0 ? "below" : "above" }, show(x));
  node.style.setProperty("--strength", `${(50 * Math.abs(x)) / most}%`);
  return node;
}

class Gradient extends Figure {
  static get title() {
    return _("Gradient view");
  }

  build() {
    const { labels } = this.config;
    this.scores();
    this.targets();
    this.loss = el("p");
    this.slopes = el("tbody");
    this.matrix = el("tbody");
    const table = (caption, head, body) => {
      const row = el("tr", {}, ...head.map((name) => cell(name, "col")));
      return el("table", {}, el("caption", {}, caption), el("thead", {}, row), body);
    };
    const left = table(_("Gradient of the loss"), [_("class"), "p", "y", "p − y"], this.slopes);
    const caption = _("Jacobian: slope of each p (row) for each score (column)");
    const right = table(caption, [_("p of"), ...labels], this.matrix);
    this.form.append(this.loss, el("div", { class: "tables" }, left, right));
  }

  draw() {
    const { labels } = this.config;
    const z = this.z;
    const p = softmax(z);
    const t = this.chosen;
    const loss = _("Loss: −ln p of {name} = {loss}.", {
      name: labels[t],
      loss: show(crossEntropy(z, t)),
    });
    const slopes = crossEntropyGradient(z, t);
    const row = (i, ...cells) => el("tr", {}, cell(labels[i], "row"), ...cells);
    this.cells.forEach((box, i) => bars(box, [[p[i]]]));
    this.loss.textContent = loss;
    this.slopes.replaceChildren(
      ...slopes.map((g, i) => row(i, cell(p[i]), cell(i === t ? "1" : "0"), heat(g, 1))),
    );
    this.matrix.replaceChildren(
      ...jacobian(z).map((line, i) => row(i, ...line.map((slope) => heat(slope, 0.25)))),
    );
    const each = labels.map((name, i) => `${name} ${show(slopes[i])}`);
    const all = _("p minus y: {list}.", { list: each.join(", ") });
    return `${loss} ${all}`;
  }
}

define("softmax-gradient", Gradient, `
softmax-gradient.softmax-live {
  .tables { display: flex; flex-wrap: wrap; gap: 0 2rem; align-items: end; }
  .tables caption { max-inline-size: 17rem; }
  table { font-size: 0.9em; }
  table :is(th, td) { padding-inline: 0.3rem; }
  td { inline-size: 4.8rem; }
  td:nth-child(3):not([class]) { inline-size: 2rem; }
  .above { background: color-mix(in srgb, #0173b2 var(--strength), var(--ground)); }
  .below { background: color-mix(in srgb, #d55e00 var(--strength), var(--ground)); }
}`);

/* Entmax in the triangle of all probabilities: from softmax to sparsemax and beyond. */
import { bars } from "./bars.mjs";
import { _, define, el, svg } from "./dom.mjs";
import { Figure, spoken } from "./figure.mjs";
import { show, softmax, sum } from "./math.mjs";
import { TRIANGLE_STYLE, line, move, triangle } from "./triangle.mjs";

/** Entmax. The threshold that makes the sum 1 is found by halving: the package's own way is
    Newton's, for long rows. */
export function entmax(z, alpha) {
  if (alpha === 1) return softmax(z);
  const top = Math.max(...z);
  const x = z.map((s) => (alpha - 1) * (s - top));
  const above = (t) => x.map((each) => Math.max(each - t, 0) ** (1 / (alpha - 1)));
  let [low, high] = [-1, 0]; // at -1 the largest alone has 1
  for (let i = 0; i < 60; i += 1) {
    const middle = (low + high) / 2;
    if (sum(above(middle)) > 1) low = middle;
    else high = middle;
  }
  const p = above(low);
  return p.map((each) => each / sum(p));
}

class Entmax extends Figure {
  static get title() {
    return _("Entmax view");
  }

  build() {
    const { alpha, labels } = this.config;
    this.scores();
    this.alpha = this.slider("alpha", alpha, { min: 1, max: 3 }).input;
    this.path = svg("path", { class: "path" });
    this.soft = svg("circle", { r: 4 });
    this.point = svg("g", { class: "point" }, svg("circle", { r: 8 }));
    this.svg = triangle(labels, this.path, this.point, this.soft);
    const legend = _(
      "The curve joins what the scores give when they are multiplied by any number, from 0 " +
      "upwards. The small point is softmax. On a side, the class at the opposite corner has " +
      "exactly 0."
    );
    this.form.append(this.svg, el("p", { class: "hint" }, legend));
  }

  draw() {
    const { labels } = this.config;
    const z = this.z;
    const alpha = this.alpha.valueAsNumber;
    const p = entmax(z, alpha);
    this.cells.forEach((cell, i) => bars(cell, [[p[i]]]));
    const times = Array.from({ length: 121 }, (_, i) => 10 ** (i / 30 - 2));
    const path = times.map((factor) => entmax(z.map((s) => factor * s), alpha));
    this.path.setAttribute("d", line([[1 / 3, 1 / 3, 1 / 3], ...path]));
    move(this.point, p);
    move(this.soft, softmax(z));
    const sentence = _("At alpha {alpha}: {list}.", {
      alpha: show(alpha, 2),
      list: spoken(labels, p),
    });
    this.svg.setAttribute("aria-label", `${_("Triangle with a class at each corner.")} ${sentence}`);
    return sentence;
  }
}

define("softmax-entmax", Entmax, `
softmax-entmax.softmax-live {${TRIANGLE_STYLE}
}`);

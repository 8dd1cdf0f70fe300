/* The simplex view: three scores as a point in the triangle of all probabilities. */
import { bars } from "./bars.mjs";
import { _, define, el, svg } from "./dom.mjs";
import { Figure, spoken } from "./figure.mjs";
import { show, softmax, sum } from "./math.mjs";
import { TRIANGLE_STYLE, line, move, probabilities, scoresFor, triangle } from "./triangle.mjs";

const marks = [0.25, 0.5, 1, 2, 4];

/** All scores as far apart as z, in every direction: one closed curve for each temperature. */
function ring(z, temperature) {
  const mean = sum(z) / 3;
  const spread = Math.hypot(...z.map((s) => s - mean));
  const angles = Array.from({ length: 121 }, (_, i) => (i * Math.PI) / 60);
  return angles.map((angle) => {
    const a = (spread * Math.cos(angle)) / Math.SQRT2;
    const b = (spread * Math.sin(angle)) / Math.sqrt(6);
    return softmax([a + b, b - a, -2 * b], temperature);
  });
}

class Simplex extends Figure {
  static get title() {
    return _("Simplex view");
  }

  build() {
    const { labels } = this.config;
    this.scores();
    this.temperature = this.temperatureSlider();
    this.rings = marks.map(() => svg("path", { class: "ring" }));
    this.own = svg("path", { class: "ring own" });
    this.path = svg("path", { class: "path" });
    this.dots = marks.map((mark) => {
      const text = svg("text", { x: 7, y: 4, class: "degree" }, String(mark));
      return svg("g", {}, svg("circle", { r: 3 }), text);
    });
    const hand = svg("circle", { r: 22, class: "hand" }); // large enough for a finger
    this.point = svg("g", { class: "point" }, hand, svg("circle", { r: 8 }));
    this.svg = triangle(labels, ...this.rings, this.own, this.path, ...this.dots);
    this.svg.append(this.point);
    this.svg.addEventListener("click", (event) => this.follow(event));
    this.point.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      this.point.setPointerCapture(event.pointerId);
    });
    this.point.addEventListener("pointermove", (event) => {
      if (this.point.hasPointerCapture(event.pointerId)) this.follow(event);
    });
    const legend = _(
      "You can drag the large point, too. Small points: the same scores at other temperatures. " +
      "Rings: all scores that lie as far apart. The bold ring is at your temperature."
    );
    this.form.append(this.svg, el("p", { class: "hint" }, legend));
  }

  /** Move the scores so that the point comes under the pointer. */
  follow(event) {
    const toPicture = this.svg.getScreenCTM().inverse();
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(toPicture);
    const z = scoresFor(probabilities([x, y]), this.temperature.valueAsNumber);
    this.inputs.forEach((input, i) => (input.value = z[i].toFixed(2)));
    this.refresh();
  }

  draw() {
    const { labels } = this.config;
    const z = this.z;
    const temperature = this.temperature.valueAsNumber;
    const p = softmax(z, temperature);
    this.cells.forEach((cell, i) => bars(cell, [[p[i]]]));
    marks.forEach((mark, i) => {
      this.rings[i].setAttribute("d", line(ring(z, mark)));
      move(this.dots[i], softmax(z, mark));
    });
    this.own.setAttribute("d", line(ring(z, temperature)));
    const path = Array.from({ length: 101 }, (_, i) => softmax(z, 10 ** (i / 25 - 2)));
    this.path.setAttribute("d", line([...path, [1 / 3, 1 / 3, 1 / 3]]));
    move(this.point, p);
    const sentence = _("At temperature {temperature}: {list}.", {
      temperature: show(temperature, 2),
      list: spoken(labels, p),
    });
    this.svg.setAttribute("aria-label", `${_("Triangle with a class at each corner.")} ${sentence}`);
    return sentence;
  }
}

define("softmax-simplex", Simplex, `
softmax-simplex.softmax-live {${TRIANGLE_STYLE}
  svg .degree { font-size: 11px; paint-order: stroke; stroke: var(--ground); stroke-width: 4px; }
  svg .ring { stroke-dasharray: 2 3; }
  svg .own { stroke: var(--ink); stroke-width: 2; stroke-dasharray: none; }
  .point { cursor: grab; touch-action: none; }
  .point .hand { fill: transparent; stroke: none; }
}`);

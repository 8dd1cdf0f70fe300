/* The softmax explorer: move three to six scores and the temperature, watch the probabilities. */
import { define, el } from "./dom.mjs";
import { Figure, bar, spoken } from "./figure.mjs";
import { show, sigmoid, softmax, sum } from "./math.mjs";

class Explorer extends Figure {
  static title = "Softmax explorer";

  build() {
    this.scores();
    this.temperature = this.temperatureSlider();
    this.beside = el("input", { type: "checkbox" });
    this.total = el("p", {});
    const tick = el("label", { class: "tick" }, this.beside, "Show a separate sigmoid of each score");
    this.form.append(tick, this.total);
  }

  draw() {
    const { labels } = this.config;
    const z = this.z;
    const p = softmax(z, this.temperature.valueAsNumber);
    const s = z.map(sigmoid);
    const beside = this.beside.checked;
    this.cells.forEach((cell, i) => {
      cell.replaceChildren(bar(p[i]), ...(beside ? [bar(s[i], "open")] : []));
    });
    const sums = [`Sum of softmax: ${show(sum(p))}.`];
    if (beside) sums.push(`Sum of the sigmoids (dashed): ${show(sum(s))}.`);
    this.total.textContent = sums.join(" ");
    const separate = beside ? ` Sigmoids: ${spoken(labels, s)}.` : "";
    return `Softmax: ${spoken(labels, p)}.${separate} ${sums.join(" ")}`;
  }
}

define("softmax-explorer", Explorer);

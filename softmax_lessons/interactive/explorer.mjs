/* The softmax explorer: move three to six scores and the temperature, watch the probabilities. */
import { bars, stack } from "./bars.mjs";
import { _, define, el } from "./dom.mjs";
import { Figure, spoken } from "./figure.mjs";
import { show, sigmoid, softmax, sum } from "./math.mjs";

class Explorer extends Figure {
  static get title() {
    return _("Softmax explorer");
  }

  build() {
    this.scores();
    this.temperature = this.temperatureSlider();
    this.beside = el("input", { type: "checkbox" });
    this.whole = el("div");
    this.total = el("p", {});
    const tick = el("label", { class: "tick" }, this.beside, _("Show a separate sigmoid of each score"));
    this.form.append(this.whole, this.total, tick);
  }

  draw() {
    const { labels } = this.config;
    const z = this.z;
    const p = softmax(z, this.temperature.valueAsNumber);
    const s = z.map(sigmoid);
    const beside = this.beside.checked;
    this.cells.forEach((cell, i) => bars(cell, beside ? [[p[i]], [s[i], "open"]] : [[p[i]]]));
    stack(p.map((each, i) => [each, `class${i}`]), this.whole);
    this.lend(p);
    const sums = [_("Sum of softmax: {sum}.", { sum: show(sum(p)) })];
    if (beside) sums.push(_("Sum of the sigmoids (dashed): {sum}.", { sum: show(sum(s)) }));
    this.total.textContent = sums.join(" ");
    const sigmoids = _("Sigmoids: {list}.", { list: spoken(labels, s) });
    const softmaxes = _("Softmax: {list}.", { list: spoken(labels, p) });
    return [softmaxes, ...(beside ? [sigmoids] : []), ...sums].join(" ");
  }

  /** Let the page draw the first two boundaries of the bar, wherever it likes to. */
  lend(p) {
    const { style } = document.documentElement;
    style.setProperty("--softmax-first", `${100 * p[0]}%`);
    style.setProperty("--softmax-second", `${100 * (p[0] + p[1])}%`);
  }
}

const EXPLORER_STYLE = `
softmax-explorer.softmax-live {
  > form > .stack { margin-block: 0.75rem 0.25rem; }
  > form > .stack .fill { block-size: 2rem; }
  /* Where there is room, as on the front page, it is large. */
  @container (min-width: 46rem) {
    .head strong { font-size: 1.1em; }
    .slider { grid-template-columns: minmax(0, 1.15fr) 3.5rem minmax(0, 1fr); min-block-size: 3rem; }
    .bar .fill { block-size: 1.5rem; }
    .bar b { font-size: 1.25em; }
    > form > .stack .fill { block-size: 3rem; }
  }
}`;

define("softmax-explorer", Explorer, EXPLORER_STYLE);

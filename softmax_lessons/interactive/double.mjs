/* The double softmax: the gradient of the loss for the scores, with one softmax and with two. */
import { _, define, el } from "./dom.mjs";
import { Figure } from "./figure.mjs";
import { crossEntropy, crossEntropyGradient, show, softmax, sum } from "./math.mjs";

/** The gradient for z of the cross-entropy that takes p as if it were scores: g, its gradient for p,
    goes back through the inner softmax. That is p_i (g_i - sum p_j g_j); in differences of g it
    loses no digits. */
export function twice(z, t) {
  const p = softmax(z);
  const g = crossEntropyGradient(p, t);
  return p.map((each, i) => each * sum(p.map((other, j) => other * (g[i] - g[j]))));
}

/** A bar to the left or to the right of a middle that stands for 0, and its number. */
function signed(name, value, kind) {
  const fill = el("span", { class: `fill ${kind}` });
  fill.style.inlineSize = `${50 * Math.abs(value)}%`;
  fill.style.marginInlineStart = `${50 + 50 * Math.min(value, 0)}%`;
  const track = el("span", { class: "middle" }, fill);
  return el("div", { class: "signed" }, el("span", {}, name), track, el("b", {}, show(value)));
}

class Double extends Figure {
  static get title() {
    return _("Double softmax");
  }

  build() {
    this.scores();
    this.targets();
    this.size = el("p");
    this.loss = el("p");
    this.form.append(this.size, this.loss);
  }

  draw() {
    const { labels } = this.config;
    const z = this.z;
    const t = this.chosen;
    const single = crossEntropyGradient(z, t);
    const doubled = twice(z, t);
    this.cells.forEach((cell, i) =>
      cell.replaceChildren(signed(_("once"), single[i], ""), signed(_("twice"), doubled[i], "open")),
    );
    const [a, b] = [Math.hypot(...single), Math.hypot(...doubled)];
    const sizes = { one: show(a), two: show(b), ratio: show(a / b, 1) };
    const size =
      b > 0
        ? _(
            "Size of the gradient: {one} with one softmax, {two} with two: {ratio} times as large " +
            "with one.",
            sizes,
          )
        : _("Size of the gradient: {one} with one softmax, {two} with two.", sizes);
    const losses = { one: show(crossEntropy(z, t)), two: show(crossEntropy(softmax(z), t)) };
    this.size.textContent = size;
    this.loss.textContent = _("Loss: {one} with one, {two} with two.", losses);
    const each = labels.map((name, i) =>
      _("{name} {one} and {two}", { name, one: show(single[i]), two: show(doubled[i]) }),
    );
    const all = _("For each score, once and twice: {list}.", { list: each.join(", ") });
    return `${size} ${all}`;
  }
}

define("softmax-double", Double, `
softmax-double.softmax-live {
  @container (min-width: 34rem) {
    .slider { grid-template-columns: minmax(0, 1fr) 3.5rem minmax(0, 1.5fr); }
  }
  .signed {
    display: grid; grid-template-columns: 2.75rem minmax(0, 1fr) 4.75rem; gap: 0.5rem;
    align-items: center; text-align: end;
  }
  .signed span:first-child { text-align: start; font-size: 0.9em; }
  .middle { background: linear-gradient(var(--edge), var(--edge)) center / 1px 100% no-repeat; }
  .middle .fill { block-size: 0.85rem; border-inline-start-width: 1px; border-inline-start-style: inherit; }
}`);

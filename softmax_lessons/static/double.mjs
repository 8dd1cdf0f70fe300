/* The double softmax: the gradient of the loss for the scores, with one softmax and with two. */
import { define, el, othersThanTop, shift, show, softmax, sum } from "./core.mjs";
import { Figure } from "./figure.mjs";

/** Minus the logarithm of the probability that softmax of z gives to class t. */
const loss = (z, t) => Math.log1p(othersThanTop(z)) - shift(z)[t];

/** p - y. At the true class p - 1 would cancel, so there it is minus the shares of the others. */
export function once(z, t) {
  const p = softmax(z);
  return p.map((share, i) => (i === t ? 0 - sum(p.filter((_, j) => j !== t)) : share));
}

/** The same where the loss is given p, as if p were scores: back through the inner softmax.
    That is p_i (g_i - sum p_j g_j); in differences of g it loses no digits. */
export function twice(z, t) {
  const p = softmax(z);
  const g = once(p, t);
  return p.map((share, i) => share * sum(p.map((other, j) => other * (g[i] - g[j]))));
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
  static title = "Double softmax";

  build() {
    const { labels, target } = this.config;
    this.scores();
    this.radios = labels.map((_, i) => el("input", { type: "radio", name: "target", value: i }));
    this.radios[target].setAttribute("checked", ""); // what a reset goes back to
    const choices = this.radios.map((radio, i) =>
      el("label", { class: "tick" }, radio, el("span", {}, labels[i])),
    );
    const legend = el("legend", {}, "The picture shows");
    this.form.append(el("fieldset", { class: "target" }, legend, ...choices));
    this.size = el("p");
    this.loss = el("p");
    this.form.append(this.size, this.loss);
  }

  draw() {
    const { labels } = this.config;
    const z = this.z;
    const t = this.radios.findIndex((radio) => radio.checked);
    const single = once(z, t);
    const doubled = twice(z, t);
    this.cells.forEach((room, i) =>
      room.replaceChildren(signed("once", single[i], ""), signed("twice", doubled[i], "open")),
    );
    const [a, b] = [Math.hypot(...single), Math.hypot(...doubled)];
    const ratio = b > 0 ? `: ${show(a / b, 1)} times as large with one.` : ".";
    const size = `Size of the gradient: ${show(a)} with one softmax, ${show(b)} with two${ratio}`;
    const both = `${show(loss(z, t))} with one, ${show(loss(softmax(z), t))} with two`;
    this.size.textContent = size;
    this.loss.textContent = `Loss: ${both}.`;
    const each = labels.map((name, i) => `${name} ${show(single[i])} and ${show(doubled[i])}`);
    return `${size} For each score, once and twice: ${each.join(", ")}.`;
  }
}

define("softmax-double", Double, `
softmax-double.softmax-live {
  @container (min-width: 34rem) {
    .slider { grid-template-columns: minmax(0, 1fr) 3.5rem minmax(0, 1.5fr); }
  }
  .target { display: flex; flex-wrap: wrap; gap: 0 1rem; align-items: center; }
  .target legend { float: inline-start; margin-inline-end: 1rem; }
  .signed {
    display: grid; grid-template-columns: 2.75rem minmax(0, 1fr) 4.75rem; gap: 0.5rem;
    align-items: center; text-align: end;
  }
  .signed span:first-child { text-align: start; font-size: 0.9em; }
  .middle { background: linear-gradient(var(--edge), var(--edge)) center / 1px 100% no-repeat; }
  .middle .fill { block-size: 0.85rem; border-inline-start-width: 1px; border-inline-start-style: inherit; }
}`);

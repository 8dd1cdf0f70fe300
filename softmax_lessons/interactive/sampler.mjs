/* The sampler: the words that may come next, while temperature, top-k, top-p and min-p move. */
import { stack } from "./bars.mjs";
import { _, define, el } from "./dom.mjs";
import { Figure, cell, spoken } from "./figure.mjs";
import { show, softmax, sum } from "./math.mjs";

/** "0 1555 20": how far each logit lies behind the one before it, in thousandths. */
export function parse(text) {
  let behind = 0;
  return text.split(" ").map((step) => (0 - (behind += Number(step))) / 1000);
}

/** How many of the logits, which fall, are left after top-k, after top-p too, after min-p too. */
export function left(z, { k, p, least }) {
  const byK = Math.min(k, z.length);
  const byP = p < 1 ? crossing(softmax(z.slice(0, byK)), p) : byK;
  const isBelow = (s, i) => i >= byP || s - z[0] < Math.log(least);
  const byMinP = z.findIndex(isBelow);
  return [byK, byP, byMinP < 0 ? z.length : byMinP];
}

/** How many of the probabilities it takes to reach p; the one that crosses p counts. */
function crossing(probabilities, p) {
  let total = 0;
  const last = probabilities.findIndex((each) => (total += each) >= p);
  return last < 0 ? probabilities.length : last + 1;
}

/** The filter that drops word i. */
const dropper = (counts, i) => ["top-k", "top-p", "min-p"][counts.findIndex((n) => i >= n)];

class Sampler extends Figure {
  static get title() {
    return _("Sampler");
  }

  build() {
    const { contexts, numbers, top_k, top_p, min_p } = this.config;
    this.logits = contexts.map(({ behind }) => parse(behind));
    if (contexts.length > 1) this.choice(_("After"), contexts.map(({ word }) => word));
    this.temperature = this.temperatureSlider();
    const [all, read] = [numbers.length, (i) => String(numbers[i] ?? _("all"))];
    this.k = this.slider("top-k", top_k, { min: 0, max: all, digits: 0, coarse: 1, read }).input;
    this.p = this.slider("top-p", top_p, { min: 0.01, max: 1, coarse: 0.05 }).input;
    this.least = this.slider("min-p", min_p, { min: 0, max: 1, coarse: 0.05 }).input;
    this.whole = el("div");
    this.line = el("p");
    this.body = el("tbody");
    const head = [cell(_("next word"), "col"), el("td"), cell(_("before"), "col"), cell(_("after"), "col")];
    this.form.append(this.line, this.whole);
    this.form.append(el("table", {}, el("thead", {}, el("tr", {}, ...head)), this.body));
  }

  draw() {
    const chosen = this.radios ? this.chosen : 0;
    const { word, words } = this.config.contexts[chosen];
    const temperature = this.temperature.valueAsNumber;
    const z = this.logits[chosen].map((s) => s / temperature);
    const [k, p, least] = [this.k, this.p, this.least].map((input) => input.valueAsNumber);
    const counts = left(z, { k: this.config.numbers[k] ?? Infinity, p, least });
    const n = counts.at(-1);
    const before = softmax(z);
    const after = softmax(z.slice(0, n));
    const mass = sum(before.slice(0, n));

    const others = z.length - words.length;
    const names = others ? [...words, _("{n} others", { n: others })] : words;
    this.body.replaceChildren(
      ...names.map((name, i) => {
        const to = i < words.length ? i + 1 : z.length;
        const [was, kept, is] = [before, before.slice(0, n), after].map((p) => sum(p.slice(i, to)));
        return row(name, i, was, kept, is, dropper(counts, i));
      }),
    );
    const [first, second = 0] = before.slice(0, n);
    const parts = [first, second, mass - first - second].map((size, i) => [size, `class${i}`]);
    stack([...parts, [1 - mass, "open cut"]], this.whole);
    const kept = _("Words left: {n} of {all}.", { n, all: z.length });
    const had = _("Before the filters they had {mass} of the probability.", { mass: show(mass) });
    this.line.textContent = `${kept} ${had}`;
    const list = spoken(words.slice(0, Math.min(n, 3)), after);
    const last = [this.line.textContent, _("Likeliest: {list}.", { list })];
    return [...(word ? [_("After {word}:", { word })] : []), ...last].join(" ");
  }
}

/** A word: what it had and what it gained, or which filter drops it. Of several words, `kept` is
    what those had that are left. */
function row(name, i, was, kept, is, by) {
  const parts = by ? [[was, "open cut"]] : [[kept, ""], [is - kept, "gain"]];
  return el("tr", { class: `class${Math.min(i, 2)}${by ? " dropped" : ""}` },
    cell(name, "row"), el("td", {}, stack(parts)), cell(was), cell(by ? `✗ ${by}` : is));
}

define("softmax-sampler", Sampler, `
softmax-sampler.softmax-live {
  .slider { grid-template-columns: minmax(0, 1fr) 3.5rem; }
  table { inline-size: 100%; }
  table :is(th, td) { padding: 0.05rem 0.25rem; white-space: nowrap; }
  tbody th { max-inline-size: 9rem; overflow: hidden; text-overflow: ellipsis; }
  td:nth-child(2) { inline-size: 60%; }
  tr > :last-child { inline-size: 4.5rem; }
  tr { border: 0; }
  tbody th { font-weight: 400; }
  .dropped th { text-decoration: line-through; }
  .fill.cut {
    --hue: var(--edge);
    background: repeating-linear-gradient(45deg, var(--hue) 0 1px, transparent 1px 4px);
  }
  .gain {
    background: repeating-linear-gradient(135deg, var(--hue) 0 2px, var(--ground) 2px 5px);
  }
}`);

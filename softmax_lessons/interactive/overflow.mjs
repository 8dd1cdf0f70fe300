/* The overflow lab: lift all scores, see the naive form overflow while the shifted one holds. */
import { _, define, el } from "./dom.mjs";
import { Figure, cell } from "./figure.mjs";
import { show } from "./math.mjs";

/** How each format rounds the result of every single step, and its largest number. */
export const formats = {
  float32: { round: Math.fround, largest: 3.4028234663852886e38 },
  float64: { round: (x) => x, largest: Number.MAX_VALUE },
};

/** exp, sum, divide, each result rounded to the format. */
export function naive(z, { round }) {
  const powers = z.map((s) => round(Math.exp(s)));
  const total = powers.reduce((sum, power) => round(sum + power), 0);
  return { z, powers, total, p: powers.map((power) => round(power / total)) };
}

/** The same after subtracting the maximum. */
export function shifted(z, format) {
  const top = Math.max(...z);
  return naive(z.map((s) => format.round(s - top)), format);
}

/** What happened to the naive form, in a sentence. */
export function story(plain, safe, { largest }) {
  const { z, powers, total, p } = plain;
  const far = p.some((each, i) => !(Math.abs(each - safe.p[i]) <= 1e-4));
  const top = show(Math.max(...z), 2);
  if (powers.includes(Infinity)) {
    return _(
      "exp({top}) is above {largest}, the largest number, and becomes inf. inf / inf is nan, all " +
      "else / inf is 0.",
      { top, largest: show(largest) },
    );
  }
  if (total === Infinity) return _("Each power fits, their sum does not: all else / inf is 0.");
  if (total === 0) {
    return _("exp({top}) is below the smallest number and becomes 0. 0 / 0 is nan.", { top });
  }
  if (far) {
    return _("The powers are so small that they have lost digits, and the probabilities are wrong.");
  }
  return _("Both forms agree.");
}

class Overflow extends Figure {
  static get title() {
    return _("Overflow lab");
  }

  build() {
    const { lift } = this.config;
    this.lift = this.slider(_("added to all"), lift, { min: -1000, max: 1000, coarse: 1 }).input;
    this.parts = Object.entries(formats).map(([name, format]) => {
      const part = { name, format, body: el("tbody"), story: el("p") };
      const head = [name, ...this.config.labels].map((label) => cell(label, "col"));
      const table = el("table", {}, el("thead", {}, el("tr", {}, ...head)), part.body);
      part.box = el("div", {}, table, part.story);
      return part;
    });
    this.form.append(el("div", { class: "formats" }, ...this.parts.map(({ box }) => box)));
  }

  draw() {
    const scores = this.config.scores.map((s) => s + this.lift.valueAsNumber);
    const said = this.parts.map(({ name, format, body, story: line }) => {
      const z = scores.map(format.round);
      const plain = naive(z, format);
      const safe = shifted(z, format);
      const rows = (form, { z, powers, total, p }) => [
        el("tr", { class: "form" }, el("th", { scope: "rowgroup", colspan: z.length + 1 }, form)),
        el("tr", {}, cell(_("score"), "row"), ...z.map((s) => el("td", {}, show(s, 2)))),
        el("tr", {}, cell("exp", "row"), ...powers.map((x) => cell(x))),
        el("tr", {}, cell(_("sum"), "row"), el("td", { colspan: z.length }, show(total))),
        el("tr", { class: "result" }, cell("p", "row"), ...p.map((x) => cell(x))),
      ];
      body.replaceChildren(...rows(_("naive"), plain), ...rows(_("maximum subtracted"), safe));
      line.textContent = `${name}: ${story(plain, safe, format)}`;
      const list = (p) => p.map((x) => show(x)).join(", ");
      const both = { name, naive: list(plain.p), shifted: list(safe.p) };
      return `${line.textContent} ${_("In {name}: naive {naive}, shifted {shifted}.", both)}`;
    });
    return said.join(" ");
  }
}

define("softmax-overflow", Overflow, `
softmax-overflow.softmax-live {
  .slider { grid-template-columns: minmax(0, 1fr) 5rem; }
  .formats { display: grid; grid-template-columns: repeat(auto-fit, minmax(17.5rem, 1fr)); gap: 0 2rem; }
  table { inline-size: 100%; font-size: 0.9em; }
  table :is(th, td) { padding-inline: 0.2rem; }
  .form th { padding-block-start: 0.6rem; }
  .result td { font-weight: 700; }
}`);

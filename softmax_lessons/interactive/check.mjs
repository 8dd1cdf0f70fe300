/* A quick check: a question with options or a number to answer, and feedback on each mistake. */
import { Live, _, define, el, keepKeys } from "./dom.mjs";

/** 0.25, 0,25, -1e-3 and −2 are numbers; anything else is NaN. */
export function parse(text) {
  const plain = text.trim().replace("−", "-").replace(/^([^.,]*),([^.,]*)$/, "$1.$2");
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
}

/** A text in pieces, of which what stands *between asterisks* is emphasized; 2 * 3 is not. */
export function emphasized(text) {
  const pieces = text.split(/(?<![\w*])\*(?=[^\s*])([^*]+)(?<=\S)\*(?![\w*])/);
  return pieces.map((piece, i) => (i % 2 ? el("em", {}, piece) : piece));
}

class Check extends Live {
  begin() {
    this.status = el("p", { role: "status" });
    this.form = el("form");
    const { question, options } = this.config;
    const button = el("button", { type: "submit" }, _("Check"));
    const answer = options ? this.choice(question, options) : this.field(question);
    this.form.append(answer, button, this.status);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.judge();
    });
    // A form submits itself on Enter, but not inside JupyterLab.
    this.form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !event.target.matches("input")) return;
      event.preventDefault();
      this.judge();
    });
    // What is said of one answer must not stand beside another.
    this.form.addEventListener("input", () => this.say(""));
    const answers = this.querySelector("details");
    for (const one of answers.querySelectorAll("p, dd")) {
      const last = one.lastChild; // after the answer, in bold, what is said of it
      last.replaceWith(...emphasized(last.textContent));
    }
    this.replaceChildren(this.form, answers);
    keepKeys(this);
  }

  choice(question, options) {
    const radio = (i) => el("input", { type: "radio", name: "answer", value: i });
    const labels = options.map(([text], i) =>
      el("label", { class: "tick" }, radio(i), el("span", {}, text)),
    );
    return el("fieldset", {}, el("legend", {}, question), ...labels);
  }

  field(question) {
    const settings = { type: "text", inputmode: "decimal", autocomplete: "off", size: 8 };
    const input = el("input", { name: "answer", ...settings });
    return el("label", { class: "field" }, el("span", {}, question), input);
  }

  judge() {
    const { value } = this.form.elements.answer;
    const { options } = this.config;
    if (!value.trim()) this.say(options ? _("Choose an answer first.") : _("Write a number first."));
    else if (options) this.judgeChoice(Number(value));
    else this.judgeNumber(parse(value));
  }

  judgeChoice(i) {
    const { options, answer } = this.config;
    this.verdict(i === answer, options[i][1]);
  }

  judgeNumber(x) {
    const { answer, tolerance, feedback, wrong, hint } = this.config;
    const matches = (value) => Math.abs(x - value) <= tolerance;
    const mistake = wrong.find(([value]) => matches(value));
    if (Number.isNaN(x)) {
      this.say(_("That is not a number. Write it in digits, such as 0.25 or 0,25."));
    } else if (matches(answer)) this.verdict(true, feedback);
    else if (mistake) this.verdict(false, mistake[1]);
    else this.verdict(false, `${x > answer ? _("Too large.") : _("Too small.")} ${hint}`);
  }

  verdict(right, feedback) {
    const mark = right ? `✓ ${_("Right.")}` : `✗ ${_("Not yet.")}`;
    this.say(`${mark} ${feedback}`, right ? "right" : "wrong");
  }

  say(text, kind = "") {
    this.status.className = kind;
    this.status.replaceChildren(...emphasized(text));
  }
}

define("softmax-check", Check, `
softmax-check.softmax-live {
  fieldset legend, .field span { display: block; font-weight: 600; margin-block-end: 0.25rem; }
  /* Answers are as large as a finger, side by side where they are short. */
  fieldset { display: flex; flex-wrap: wrap; gap: 0.5rem; margin-block: 0.25rem 0.75rem; }
  fieldset legend { inline-size: 100%; margin-block-end: 0.5rem; }
  fieldset .tick {
    min-block-size: 2.75rem; padding: 0.3rem 0.9rem; border: 1px solid var(--edge); border-radius: 0.5rem;
    line-height: 1.35; cursor: pointer;
  }
  fieldset .tick:has(:checked) { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); }
  .field { display: block; }
  input[type="text"] {
    min-block-size: 2rem; padding: 0 0.5rem; border: 1px solid var(--edge); border-radius: 0.25rem;
    background: var(--ground); color: var(--ink); font: inherit;
  }
  form button { margin-block: 0.25rem; }
  [role="status"]:empty { display: none; }
  [role="status"] { padding-inline-start: 0.75rem; border-inline-start: 0.25rem solid var(--edge); }
  .right { border-color: #029e73; }
  .wrong { border-color: #d55e00; border-inline-start-style: double; }
}
.softmax-live details { margin-block-start: 0.5rem; }
.softmax-live summary { inline-size: fit-content; min-block-size: 1.75rem; cursor: pointer; }`);

/* What the live figures and the quick checks share: the arithmetic of softmax_lessons, numbers to
   read, and elements in the colours of the page. */

// --- arithmetic: the operations of softmax_lessons, in the same order -----------------------

export const sum = (values) => values.reduce((total, value) => total + value, 0);

/** (z - max z) / temperature: 0 at the maximum, below 0 elsewhere. */
export function shift(z, temperature = 1) {
  const top = Math.max(...z);
  if (temperature === 1) return z.map((s) => s - top);
  if (temperature < 1) return z.map((s) => (s - top) / temperature);
  return z.map((s) => (s / 2 - top / 2) / (temperature / 2)); // s - top could overflow
}

export function softmax(z, temperature = 1) {
  const powers = shift(z, temperature).map((d) => Math.exp(d));
  const total = sum(powers);
  return powers.map((power) => power / total);
}

/** The sum of exp(z - max z) without one maximal term, which is 1 and would swallow the rest. */
export function othersThanTop(z) {
  const d = shift(z);
  const top = d.indexOf(0);
  return sum(d.map((x, i) => (i === top ? 0 : Math.exp(x))));
}

export function logSumExp(z) {
  const top = Math.max(...z);
  return Number.isFinite(top) ? top + Math.log1p(othersThanTop(z)) : top;
}

export function sigmoid(x) {
  const e = Math.exp(-Math.abs(x));
  return (x < 0 ? e : 1) / (1 + e);
}

// --- numbers to read ------------------------------------------------------------------------

/** 0.249, −1.250, 4.54e−5, inf, nan: as `_show` in interactive.py writes them. */
export function show(x, digits = 3) {
  if (Number.isNaN(x)) return "nan";
  if (Math.abs(x) === Infinity) return x > 0 ? "inf" : "−inf";
  const plain = x === 0 || (Math.abs(x) >= 0.5 * 10 ** -digits && Math.abs(x) < 1e4);
  const text = plain ? (x || 0).toFixed(digits) : x.toExponential(2);
  return text.replaceAll("-", "−").replace("+", "");
}

// --- elements -------------------------------------------------------------------------------
// They stand in the page itself, not in a shadow tree, so that focus rings, find in page, forced
// colours and checkers of accessibility reach them. All text goes in as text, none as HTML.

/** A new element; "svg:path" is one of SVG. */
export function el(name, attributes = {}, ...content) {
  const node = name.startsWith("svg:")
    ? document.createElementNS("http://www.w3.org/2000/svg", name.slice(4))
    : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...content);
  return node;
}

/** Keep the keys of the controls from JupyterLab, which takes arrows and Enter as shortcuts. */
export function keepKeys(element) {
  const controls = element.querySelectorAll("input, button, summary");
  for (const control of controls) control.dataset.lmSuppressShortcuts = "true";
}

/** An element that builds its `form` in `begin`, once all of its content has been read. */
export class Live extends HTMLElement {
  connectedCallback() {
    const read = document.readyState !== "loading" || this.nextSibling;
    if (read && !this.form) this.begin(); // not again when it is moved within the page
  }
}

/** Every cell brings its own copy of the code. The first copy on a page serves them all. The others
    wake the element before them, which may have been half read when the first one ran. */
export function define(name, type, css = "") {
  if (!customElements.get(name)) {
    dress(SHARED_STYLE);
    dress(css);
    customElements.define(name, type);
  }
  for (const element of document.querySelectorAll(name)) element.connectedCallback();
}

export function dress(css) {
  if (document.adoptedStyleSheets.some((sheet) => sheet.softmaxLive === css)) return;
  const sheet = new CSSStyleSheet();
  sheet.softmaxLive = css;
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}

// The colours of the book's theme, else JupyterLab's, else the browser's. The second rule takes
// back the light panel that the theme lays under HTML outputs in dark mode.
const SHARED_STYLE = `
.softmax-live {
  --ink: var(--pst-color-text-base, var(--jp-content-font-color1, CanvasText));
  --ground: var(--pst-color-background, var(--jp-layout-color0, Canvas));
  --edge: color-mix(in srgb, var(--ink) 55%, var(--ground));
  --accent: var(--pst-color-primary, var(--jp-brand-color1, Highlight));
  display: block; container-type: inline-size; margin: 0.5rem 0; padding: 0.75rem 1rem;
  border: 1px solid var(--edge); border-radius: 0.5rem;
  background: var(--ground); color: var(--ink); line-height: 1.4;

  p { margin: 0.5rem 0 0; }
  button {
    min-block-size: 2rem; padding: 0 0.75rem; border: 1px solid var(--edge); border-radius: 0.25rem;
    background: var(--ground); color: var(--ink); font: inherit; cursor: pointer;
  }
  :is(button, input, summary):focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
  fieldset { border: 0; margin: 0; padding: 0; min-inline-size: 0; }
  legend { float: none; inline-size: auto; margin: 0; padding: 0; font: inherit; }
  label, label input { margin: 0; }
  @media (forced-colors: active) {
    --ink: CanvasText; --ground: Canvas; --edge: CanvasText; --accent: Highlight;
  }
  label.tick {
    display: flex; gap: 0.5rem; align-items: center; min-block-size: 2rem; inline-size: fit-content;
  }
}
html[data-theme] .bd-content div.cell_output .text_html.text_html:has(> .softmax-live) {
  background: none; color: inherit; padding: 0;
}`;

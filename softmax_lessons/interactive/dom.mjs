/* What the live figures and the quick checks are on a page: elements in its colours. They stand in
   the page itself, not in a shadow tree, so that focus rings, find in page, forced colours and
   checkers of accessibility reach them. All text goes in as text, none as HTML. */

function fill(node, attributes, content) {
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...content);
  return node;
}

// What the figures say in another language than English, by the English phrases: each element brings
// those of its own script; see _live.py.
const phrases = {};

/** A phrase in the language of the page, with values where it has names in braces. */
export function _(phrase, values = {}) {
  return (phrases[phrase] ?? phrase).replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}

/** A new element of HTML. */
export const el = (name, attributes = {}, ...content) =>
  fill(document.createElement(name), attributes, content);

/** A new element of SVG. */
export const svg = (name, attributes = {}, ...content) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, content);

/** Keep the keys of the controls from JupyterLab, which takes arrows and Enter as shortcuts. */
export function keepKeys(element) {
  const controls = element.querySelectorAll("input, button, summary");
  for (const control of controls) control.dataset.lmSuppressShortcuts = "true";
}

/** An element that builds its `form` in `begin`, once the browser has read all that stands in it. */
export class Live extends HTMLElement {
  connectedCallback() {
    if (this.form) return; // it has only been moved within the page
    if (!isRead(this)) {
      waitFor(this);
      return;
    }
    this.config = JSON.parse(this.getAttribute("config"));
    Object.assign(phrases, this.config.phrases);
    this.begin();
  }
}

/** Whether the parser is past the end of an element: then something follows it or its parents. */
function isRead(element) {
  if (document.readyState !== "loading") return true;
  for (let node = element; node; node = node.parentNode) if (node.nextSibling) return true;
  return false;
}

// A page arrives in pieces, and a module may run before the end of an element has come. Looking
// again each time the page grows builds the element before it is painted, and nothing jumps.
const halfRead = new Set();
let growth;

function waitFor(element) {
  halfRead.add(element);
  if (growth) return;
  growth = new MutationObserver(beginAllRead);
  growth.observe(document, { childList: true, subtree: true });
  document.addEventListener("DOMContentLoaded", beginAllRead, { once: true });
}

function beginAllRead() {
  for (const element of [...halfRead].filter(isRead)) {
    halfRead.delete(element);
    element.connectedCallback();
  }
  if (document.readyState !== "loading") growth.disconnect();
}

/** In a notebook every cell brings its own copy of the code. The first copy serves all elements. */
export function define(name, type, css = "") {
  if (customElements.get(name)) return;
  dress(SHARED_STYLE);
  dress(css);
  customElements.define(name, type);
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

/* Probabilities as bars: one for each, or all of them end to end. A class has its colour and its hatch,
   those of the figures on paper: the first plain, the second with lines, the third with dots. */
import { el } from "./dom.mjs";
import { show } from "./math.mjs";

/** Show numbers from 0 to 1 in a box, each with its bar: pairs of a number and a kind. Bars that
    are there already move to their new length, and do not jump. */
export function bars(box, pairs) {
  const boxes = keep(box, pairs.length, () =>
    el("div", { class: "bar" }, el("span", { class: "track" }, el("span")), el("b")),
  );
  pairs.forEach(([value, kind = ""], i) => {
    const [track, number] = boxes[i].children;
    lay(track.firstChild, value, kind);
    number.textContent = show(value);
  });
}

/** Parts of 1, laid end to end in a box: pairs of a size and a kind. */
export function stack(parts, box = el("div")) {
  box.className = "stack";
  const pieces = keep(box, parts.length, () => el("span"));
  parts.forEach(([size, kind], i) => {
    lay(pieces[i], size, kind);
    pieces[i].style.border = size < 5e-4 ? "0" : ""; // else a part of 0 would show as a line
  });
  return box;
}

function lay(fill, size, kind) {
  fill.className = `fill ${kind}`;
  fill.style.inlineSize = `${100 * size}%`;
}

/** Let a box have so many children, and return them. */
function keep(box, count, make) {
  while (box.children.length > count) box.lastChild.remove();
  while (box.children.length < count) box.append(make());
  return box.children;
}

export const BAR_STYLE = `
.softmax-live {
  --hue: var(--edge); --hatch: none;
  .class0 { --hue: #0173b2; } .class1 { --hue: #de8f05; } .class2 { --hue: #029e73; }
  .class3 { --hue: #d55e00; } .class4 { --hue: #cc78bc; } .class5 { --hue: #ca9161; }
  .class1 { --hatch: repeating-linear-gradient(135deg, #fff9 0 1px, transparent 1px 7px); }
  .class2 { --hatch: radial-gradient(#fffc 1px, transparent 1.5px) 0 0 / 7px 7px; }

  .bar {
    display: grid; grid-template-columns: minmax(0, 1fr) 4.75rem; gap: 0.5rem;
    align-items: center; text-align: end;
  }
  .track { border-inline-start: 1px solid var(--edge); }
  .fill {
    display: block; block-size: 1rem; background: var(--hatch), var(--hue);
    transition: inline-size 120ms ease-out;
    border: 1px solid color-mix(in srgb, var(--hue), var(--ink) 50%); border-inline-start: 0;
  }
  .fill.open { background: none; border-style: dashed; }
  .stack { display: flex; }
  .stack .fill { flex: none; box-sizing: border-box; }

  @media (prefers-reduced-motion: reduce) { .fill { transition: none; } }
  @media (forced-colors: active) {
    .fill { background: CanvasText; border-color: CanvasText; }
    .fill.open { background: Canvas; }
    .stack { gap: 2px; }
    .stack .fill { flex-shrink: 1; }
  }
}`;

/* The triangle of all probabilities of three classes, which several figures draw. */
import { svg } from "./dom.mjs";
import { sum } from "./math.mjs";

const corners = [[30, 262], [160, 36.8], [290, 262]];

/** Where probabilities lie in the picture. */
export const place = (p) =>
  [0, 1].map((axis) => sum(p.map((each, i) => each * corners[i][axis])));

/** The probabilities at a place, none below 0.001; outside, those of a place nearby. */
export function probabilities([x, y]) {
  const [[left, bottom], [, top], [right]] = corners;
  const up = (bottom - y) / (bottom - top);
  const across = (x - left) / (right - left) - up / 2;
  const p = [1 - up - across, up, across].map((each) => Math.max(each, 0.001));
  return p.map((each) => each / sum(p));
}

/** The scores that softmax turns into p at a temperature, with a mean of 0. */
export function scoresFor(p, temperature) {
  const logs = p.map((each) => Math.log(each));
  return logs.map((log) => temperature * (log - sum(logs) / 3));
}

/** The path that joins probabilities. */
export const line = (points) =>
  `M${points.map((p) => place(p).map((x) => x.toFixed(1)).join(" ")).join("L")}`;

/** Move a node to the place of probabilities. */
export const move = (node, p) => node.setAttribute("transform", `translate(${place(p).join(" ")})`);

/** The picture: its sides, what stands in it, and the names of its corners. */
export function triangle(labels, ...content) {
  const edge = `M${corners.map((corner) => corner.join(" ")).join("L")}Z`;
  const names = labels.map((label, i) => {
    const x = corners[i][0] + [-24, 0, 24][i];
    const y = corners[i][1] + [22, -12, 22][i];
    return svg("text", { x, y, "text-anchor": ["start", "middle", "end"][i] }, label);
  });
  const picture = svg("svg", { viewBox: "0 0 320 290", role: "img" });
  picture.append(svg("path", { d: edge, class: "edge" }), ...content, ...names);
  return picture;
}

export const TRIANGLE_STYLE = `
  svg { display: block; inline-size: 100%; max-inline-size: 26rem; margin: 0.5rem auto 0; overflow: visible; }
  svg text { fill: var(--ink); font-size: 14px; }
  svg path { fill: none; stroke: var(--edge); }
  svg .edge { stroke: var(--ink); stroke-width: 1.5; }
  svg .path { stroke: var(--accent); stroke-width: 1.5; }
  svg circle { fill: var(--ink); }
  .point circle { fill: var(--accent); stroke: var(--ground); stroke-width: 2; }`;

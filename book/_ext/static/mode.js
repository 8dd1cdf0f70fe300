// Sets the colour mode before anything is drawn, so that a dark page does not start white. The theme's
// own script takes over once the page has been read. Also says whether the layout of what is far from
// the first screen may be deferred, and asks for the typeface.
(() => {
  let stored = null;
  try {
    stored = localStorage.getItem("mode");
  } catch {
    // Site data is blocked: follow the system.
  }
  const mode = ["light", "dark"].includes(stored) ? stored : "auto";
  const dark = mode === "auto" ? matchMedia("(prefers-color-scheme: dark)").matches : mode === "dark";
  const root = document.documentElement;
  // See course.css and layout.js. Readers who come back to a page, or follow a link into the middle of
  // one, need the true heights of everything above.
  const [visit] = performance.getEntriesByType("navigation");
  if (visit?.type === "navigate" && !location.hash) root.dataset.layout = "near";
  // The typeface is asked for before the style sheet names it. On the disk a browser refuses that.
  if (location.protocol !== "file:") {
    const face = { rel: "preload", as: "font", type: "font/woff2", crossOrigin: "anonymous" };
    const { face: href } = document.currentScript.dataset;
    document.head.append(Object.assign(document.createElement("link"), { ...face, href }));
  }
  root.dataset.mode = mode;
  root.dataset.theme = dark ? "dark" : "light";
})();

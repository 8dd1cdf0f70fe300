// Sets the colour mode before anything is drawn, so that a dark page does not start white, and lets
// wait what is far from the first screen.
// The theme's own script takes over when the page is read.
(() => {
  let stored = null;
  try {
    stored = localStorage.getItem("mode");
  } catch {
    // Site data are blocked: follow the system.
  }
  const mode = ["light", "dark"].includes(stored) ? stored : "auto";
  const dark = mode === "auto" ? matchMedia("(prefers-color-scheme: dark)").matches : mode === "dark";
  const root = document.documentElement;
  // See course.css and layout.js. Who comes back, or to a place within the page, needs the true
  // heights of all that stands above.
  const [visit] = performance.getEntriesByType("navigation");
  if (visit?.type === "navigate" && !location.hash) root.dataset.layout = "near";
  root.dataset.mode = mode;
  root.dataset.theme = dark ? "dark" : "light";
})();

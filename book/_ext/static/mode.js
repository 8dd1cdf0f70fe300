// Sets the colour mode before anything is drawn, so that a dark page does not start white.
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
  root.dataset.layout = "near"; // until layout.js has laid out the rest
  root.dataset.mode = mode;
  root.dataset.theme = dark ? "dark" : "light";
})();

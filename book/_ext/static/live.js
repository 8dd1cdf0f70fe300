// Loads the modules of a page's live figures before the first paint, like a style sheet: a figure is
// higher or lower than its table. Not so where the address names a section: Chromium, when scripts block
// the rendering of a long page, often forgets to scroll there.
for (const module of document.currentScript.dataset.modules.split(" ")) {
  const script = document.createElement("script");
  script.type = "module";
  script.src = module;
  if (!location.hash) script.setAttribute("blocking", "render");
  document.head.append(script);
}

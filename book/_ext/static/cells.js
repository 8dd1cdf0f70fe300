// Loads what runs the page's cells: with the first press of a "Run" or on a cell's code, or when the
// reader has changed a cell of this page before.
(() => {
  const bar = document.querySelector(".cell-bar[data-code]");
  if (!bar) return;
  const module = new URL("cells/page.mjs", document.currentScript.src);
  const code = new URL(bar.dataset.code, location);
  let cells;
  const open = () => (cells ??= import(module).then(({ open }) => open(code)));
  document.addEventListener("click", async ({ target }) => {
    const bar = target.closest(".cell")?.querySelector(":scope > .cell-bar[data-cell]");
    if (!bar) return;
    const number = Number(bar.dataset.cell);
    if (target.closest(".cell-run")) (await open()).run(number);
    else if (target.closest(".cell_input pre") && getSelection().isCollapsed) (await open()).edit(number);
  });
  try {
    if (localStorage.getItem(`cells:${code.pathname}`)) open();
  } catch {
    // Site data is blocked: nothing was kept.
  }
})();

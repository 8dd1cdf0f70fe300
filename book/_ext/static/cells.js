// Loads what runs the page's cells, with the first press of a "Run", or when the reader has changed a
// cell of this page before.
(() => {
  const bar = document.querySelector(".cell-bar[data-code]");
  if (!bar) return;
  const module = new URL("cells/page.mjs", document.currentScript.src);
  const code = new URL(bar.dataset.code, location);
  let cells;
  const open = () => (cells ??= import(module).then(({ open }) => open(code)));
  document.addEventListener("click", async ({ target }) => {
    const number = target.closest(".cell-run")?.parentElement.dataset.cell;
    if (number) (await open()).run(Number(number));
  });
  try {
    if (localStorage.getItem(`cells:${code.pathname}`)) open();
  } catch {
    // Site data is blocked: nothing was kept.
  }
})();

// Loads what runs the page's cells: with the first press of a "Run" or on a cell's code, or when the
// reader has changed a cell of this page before.
(() => {
  const bar = document.querySelector(".cell-bar[data-code]");
  if (!bar) return;
  const module = new URL("cells/page.mjs", document.currentScript.src);
  const code = new URL(bar.dataset.code, location);
  const onDisk = location.protocol === "file:";
  let cells;
  const open = () =>
    (cells ??= import(module)
      .then(({ open }) => open(code))
      .catch((error) => {
        cells = null; // the next press tries again
        throw error;
      }));
  document.addEventListener("click", ({ target, clientX, clientY }) => {
    const bar = target.closest(".cell")?.querySelector(":scope > .cell-bar[data-cell]");
    const run = target.closest(".cell-run");
    const edit =
      target.closest(".cell-edit") ||
      (target.closest(".cell_input pre") && getSelection().isCollapsed);
    if (!bar || !(run || edit)) return;
    const status = bar.querySelector(".cell-status");
    const number = Number(bar.dataset.cell);
    if (onDisk) {
      status.textContent = _(
        "A page opened from the disk cannot run code, because browsers load Python from servers " +
        "alone: open the book with start.py of the bundle, or with make serve."
      );
      return;
    }
    const starting = _("Starting.");
    if (!cells) status.textContent = starting;
    open().then(
      (cells) => {
        if (run) return cells.run(number);
        if (status.textContent === starting) status.textContent = "";
        cells.edit(number, { x: clientX, y: clientY });
      },
      () => {
        status.textContent = _(
          "What runs the code could not be fetched: check the network, and try again."
        );
      },
    );
  });
  try {
    if (!onDisk && localStorage.getItem(`cells:${code.pathname}`)) open().catch(() => {});
  } catch {
    // Site data is blocked: nothing was kept.
  }
})();

// Who has no mouse scrolls code, output and tables with the arrow keys, and must reach them with Tab.
// A box that all of its content fits into is no stop. Each is measured when it comes up, and when it
// or what stands in it changes its size: a font may come later.
(() => {
  const boxes = "pre, .cell_output > .output, .pst-scrollable-table-container";
  const watch = new ResizeObserver((entries) => {
    const around = entries.flatMap(({ target }) => [target, target.parentElement]);
    const found = [...new Set(around)].filter((element) => element.matches(boxes));
    const scrolls = found.map(
      (box) => box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight,
    );
    found.forEach((box, i) => {
      if (scrolls[i]) box.tabIndex = 0;
      else if (box !== document.activeElement) box.removeAttribute("tabindex"); // keep the focus
    });
  });
  for (const box of document.querySelectorAll(boxes)) {
    for (const one of [box, ...box.children]) watch.observe(one);
  }
})();

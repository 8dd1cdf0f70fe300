// Readers without a mouse scroll code, output and tables with the arrow keys, and reach them with Tab.
// A box whose content fits is not a stop. Each box is measured when it first appears, and whenever it
// or its content changes size, for instance because a font arrives late.
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

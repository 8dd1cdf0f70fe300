// Readers without a mouse scroll code, output and tables with the arrow keys, and reach them with Tab.
// The theme measures these boxes when it starts and when the window changes. This notices whatever
// else changes the size of a box or of its content: a fold that opens, a font that arrives late.
(() => {
  const boxes = "pre, .cell_output > .output, .pst-scrollable-table-container";
  const watch = new ResizeObserver((entries) => {
    const around = entries.flatMap(({ target }) => [target, target.parentElement]);
    const found = [...new Set(around)].filter((element) => element?.matches(boxes));
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

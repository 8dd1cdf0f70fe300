// Who has no mouse scrolls a box with the arrow keys, and must reach it with Tab. A box that all of
// its content fits into is no stop. Each is measured when it comes up and when its size changes.
(() => {
  const watch = new ResizeObserver((entries) => {
    const boxes = entries.map(({ target }) => target);
    const scrolls = boxes.map(
      (box) => box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight,
    );
    boxes.forEach((box, i) => {
      if (scrolls[i]) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    });
  });
  const boxes = "pre, .cell_output > .output, .pst-scrollable-table-container";
  for (const box of document.querySelectorAll(boxes)) watch.observe(box);
})();

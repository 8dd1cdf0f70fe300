// Readers without a mouse scroll code, output and tables with the arrow keys, and reach them with Tab.
// The theme measures these boxes when it starts and when the window changes. This notices whatever
// else changes the size of a box or of its content: a fold that opens, a font that arrives late, a
// cell that runs.
(() => {
  const boxes = "pre, .cell_output > .output, .pst-scrollable-table-container";
  const measure = (elements) => {
    const found = [...new Set(elements)].filter((element) => element?.matches?.(boxes));
    const scrolls = found.map(
      (box) => box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight,
    );
    found.forEach((box, i) => {
      if (scrolls[i]) box.tabIndex = 0;
      else if (box !== document.activeElement) box.removeAttribute("tabindex"); // keep the focus
    });
  };
  const sizes = new ResizeObserver((entries) =>
    measure(entries.flatMap(({ target }) => [target, target.parentElement])),
  );
  const watch = (root) => {
    for (const box of root.querySelectorAll(boxes)) {
      for (const one of [box, ...box.children]) sizes.observe(one);
    }
  };
  watch(document);
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      if (target.matches(boxes)) measure([target]);
      else watch(target);
    }
  }).observe(document.body, { childList: true, subtree: true });
})();

// Once the page has loaded, lays out what course.css defers, a few milliseconds at a time, so that a
// slow phone can respond in between. What is ready is then shown, a few elements at a time.
// The page keeps its `data-layout`: removing it would make the browser restyle everything.
//
// The theme's scripts come last. They ask where boxes are, and which ones scroll: earlier, the browser
// would have to lay out the whole page at once to answer that.
(() => {
  const late = ["sphinx-book-theme", "bootstrap", "pydata-sphinx-theme"].map((name) => {
    const src = new URL(`scripts/${name}.js`, document.currentScript.src);
    return Object.assign(document.createElement("script"), { src, async: false });
  });
  const finish = () => document.head.append(...late);
  if (!document.documentElement.dataset.layout) return finish();

  const far = ".bd-article section section > :not(section, h2, h3, h4, h5, h6)";
  const waiting = [...document.querySelectorAll(far)];
  let ready = 0;
  const layOut = () => {
    const end = performance.now() + 5;
    while (ready < waiting.length && performance.now() < end) {
      // To say where a child is, the browser must lay out its parent.
      waiting[ready++].firstElementChild?.getBoundingClientRect();
    }
    if (ready < waiting.length) setTimeout(layOut);
    else requestAnimationFrame(show);
  };
  const show = () => {
    for (const element of waiting.splice(0, 20)) element.style.contentVisibility = "visible";
    if (waiting.length) requestAnimationFrame(show);
    else setTimeout(finish);
  };
  addEventListener("load", () => setTimeout(layOut));
})();

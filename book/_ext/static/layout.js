// Lays out what course.css lets wait, once the page is loaded: for a few milliseconds at a time, so
// that a slow phone can answer its reader in between. What is ready is shown a piece at a time too.
// The page keeps its `data-layout`: without it, the browser would style the whole page anew.
(() => {
  if (!document.documentElement.dataset.layout) return;
  const far = ".bd-article section section > :not(section, h2, h3, h4, h5, h6)";
  const waiting = [...document.querySelectorAll(far)];
  let ready = 0;
  const layOut = () => {
    const end = performance.now() + 5;
    while (ready < waiting.length && performance.now() < end) {
      // To say where a child stands, the browser must lay out what it stands in.
      waiting[ready++].firstElementChild?.getBoundingClientRect();
    }
    if (ready < waiting.length) setTimeout(layOut);
    else requestAnimationFrame(show);
  };
  const show = () => {
    for (const element of waiting.splice(0, 20)) element.style.contentVisibility = "visible";
    if (waiting.length) requestAnimationFrame(show);
  };
  addEventListener("load", () => setTimeout(layOut));
})();

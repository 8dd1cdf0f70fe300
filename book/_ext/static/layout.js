// Lays out the paragraphs that course.css lets wait, five a frame, once the first ones are in sight:
// fewer would take longer altogether, more would keep a slow phone from answering.
(() => {
  const waiting = ".bd-article section section > :is(p, ul, ol, dl, div.math, .admonition)";
  const rest = [...document.querySelectorAll(waiting)];
  const some = () => {
    for (const element of rest.splice(0, 5)) element.style.contentVisibility = "visible";
    if (rest.length) requestAnimationFrame(some);
    else delete document.documentElement.dataset.layout;
  };
  if (document.documentElement.dataset.layout) requestAnimationFrame(some);
})();

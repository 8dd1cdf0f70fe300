// Lays out the paragraphs that course.css lets wait, a few a frame, once the first ones are in sight.
(() => {
  const waiting = ".bd-article section section > :is(p, ul, ol, dl, div.math, .admonition)";
  const rest = [...document.querySelectorAll(waiting)];
  const some = () => {
    for (const element of rest.splice(0, 20)) element.style.contentVisibility = "visible";
    if (rest.length) requestAnimationFrame(some);
    else delete document.documentElement.dataset.layout;
  };
  requestAnimationFrame(some);
})();

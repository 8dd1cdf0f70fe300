// The contents: of the page, beside it, and of the book.
(() => {
  // Scrolls a box until a link in it can be seen, if it cannot be seen already.
  const bringIntoSight = (link, box) => {
    const { top, bottom } = link.getBoundingClientRect();
    const frame = box.getBoundingClientRect();
    if (top < frame.top || bottom > Math.min(frame.bottom, innerHeight)) {
      box.scrollTop += top - frame.top - box.clientHeight / 3;
    }
  };

  // Marks, in the contents of the page, the section that is being read: the last one whose heading
  // stands above a third of the window. At the end of a page, where the last headings never come so
  // high, it is the one that the address names. This takes the place of the theme's own marker,
  // which listens to headings that pass and is wrong after every jump; see templates/page-toc.html.
  addEventListener("DOMContentLoaded", () => {
    const nav = document.getElementById("page-contents");
    const sections = [...(nav?.querySelectorAll("a[href^='#']") ?? [])].flatMap((link) => {
      const section = document.getElementById(decodeURIComponent(link.hash.slice(1)));
      const heading = section?.querySelector("h1, h2, h3, h4, h5, h6");
      return heading ? [{ link, heading, section }] : [];
    });
    if (!sections.length) return;
    const box = nav.closest(".bd-sidebar-secondary");
    let marked;

    const named = () => {
      const place = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
      return place && sections.findLast(({ section }) => section.contains(place));
    };
    const current = () => {
      const height = innerHeight;
      const end = scrollY + height >= document.documentElement.scrollHeight - 2;
      const goal = end && named();
      const top = goal && goal.heading.getBoundingClientRect().top;
      if (goal && 0 <= top && top < height) return goal;
      return sections.findLast(({ heading }) => {
        const { top, height: shown } = heading.getBoundingClientRect();
        return shown && top < height / 3;
      });
    };
    const mark = () => {
      const link = current()?.link;
      if (link === marked) return;
      marked = link;
      for (const one of nav.querySelectorAll(".active")) one.classList.remove("active");
      for (const one of nav.querySelectorAll("[aria-current]")) one.removeAttribute("aria-current");
      if (!link) return;
      link.classList.add("active");
      link.setAttribute("aria-current", "true");
      for (let one = link.closest(".toc-entry"); one; one = one.parentElement.closest(".toc-entry")) {
        one.classList.add("active");
      }
      bringIntoSight(link, box);
    };
    let waiting = false;
    const later = () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => {
        waiting = false;
        mark();
      });
    };
    addEventListener("scroll", later, { passive: true });
    addEventListener("hashchange", later);
    new ResizeObserver(later).observe(document.querySelector(".bd-article")); // folds, late fonts, the window
  });

  // The contents of the book stay where the reader left them, unless the page would be out of sight in
  // them, as after a search. The theme's script comes late, see layout.js: it finds here what to restore.
  addEventListener("DOMContentLoaded", () => {
    const name = "sidebar-scroll-top";
    const link = [...document.querySelectorAll(".bd-docs-nav .active > a")].at(-1);
    const box = link?.closest(".bd-sidebar");
    if (!box) return;
    requestAnimationFrame(() => {
      box.scrollTop = Number(sessionStorage.getItem(name));
      bringIntoSight(link, box);
      const keep = () => sessionStorage.setItem(name, box.scrollTop);
      keep();
      box.addEventListener("scroll", keep, { passive: true });
    });
  });
})();

// The "#" beside headings, equations, figures, exercises and cells leads to its place, as any link,
// and copies the address of the place; what cannot be copied stands in the address bar then.
// Tab stops at the "#" of headings alone: from there the arrow keys lead to those that follow.
addEventListener("DOMContentLoaded", () => {
  const links = [...document.querySelectorAll("article a.headerlink")];
  if (!links.length) return;
  const published = document.querySelector("link[rel=canonical]")?.href;
  const status = Object.assign(document.createElement("p"), { className: "link-status" });
  status.setAttribute("role", "status");
  document.querySelector("article").append(status);
  for (const link of links) {
    link.setAttribute("aria-label", _("Copy link"));
    link.title = link.title.replace(/^(Permal|L)ink/, _("Copy the link"));
    if (!link.closest("h1, h2, h3, h4, h5, h6")) link.tabIndex = -1;
  }

  // Where the browser gives no access to the clipboard, the older way does: what is copied is ours.
  const older = (text) => {
    const write = (event) => {
      event.preventDefault();
      event.clipboardData.setData("text/plain", text);
    };
    document.addEventListener("copy", write, { once: true });
    const done = document.execCommand("copy");
    document.removeEventListener("copy", write);
    return done;
  };
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return older(text);
    }
  };
  let hiding;
  const say = (words) => {
    clearTimeout(hiding);
    status.textContent = words;
    hiding = setTimeout(() => (status.textContent = ""), 3000);
  };

  addEventListener("click", async (event) => {
    const link = event.target.closest?.("article a.headerlink");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const address = new URL(link.hash, published ?? location.href).href;
    status.textContent = ""; // so that the same words are announced again
    say((await copy(address)) ? _("Link copied") : _("The link stands in the address bar"));
  });
  addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const at = links.indexOf(document.activeElement);
    if (!step || at < 0) return;
    event.preventDefault();
    let next = at + step; // those in a closed fold cannot take the focus
    while (links[next] && !links[next].checkVisibility()) next += step;
    links[next]?.focus();
  });

  // A place in a closed fold opens it.
  const unfold = () => {
    const place = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!place) return;
    for (let fold = place.closest("details:not([open])"); fold; fold = fold.parentElement.closest("details:not([open])")) {
      fold.open = true;
    }
    const solution = place.closest(".toggle-hidden");
    if (!solution || solution === place) return;
    solution.querySelector(".toggle-button")?.click();
    place.scrollIntoView();
  };
  addEventListener("hashchange", unfold);
  addEventListener("load", () => setTimeout(unfold));
});

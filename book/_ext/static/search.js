// Opens the search: with the buttons, with Ctrl+K (Cmd+K on a Mac), and with "/". What it searches
// with is loaded then, and not before. The theme has keys and buttons for its own search, and Sphinx
// one for "/": this listens before them.
(() => {
  const home = new URL("..", document.currentScript.src); // the root of the site
  const dialog = document.getElementById("search-dialog");
  const field = document.querySelector("main .search-form")?.closest(".search-box");
  const isMac = /^(Mac|iPhone|iPad)/.test(navigator.platform);
  let loading;
  const script = (file) =>
    new Promise((done, fail) => {
      const element = document.createElement("script");
      element.src = new URL(`_static/search/${file}`, home);
      element.onload = done;
      element.onerror = fail;
      document.head.append(element);
    });
  const load = () =>
    (loading ??= Promise.all([
      new Promise((done) => (globalThis.bookSections = done)),
      script("search.js"),
      script("sections.js"),
    ])
      .then(([sections]) => bookSearch.open(sections, home))
      .catch((error) => {
        loading = null; // the next try may have a network
        throw error;
      }));
  const attached = new Set();
  const attach = (box) => {
    if (attached.has(box)) return;
    attached.add(box);
    const form = box.querySelector(".search-form");
    const status = box.querySelector(".search-status");
    let entered = false;
    const wait = (event) => {
      event.preventDefault();
      entered = true;
    };
    form.addEventListener("submit", wait);
    status.textContent = _("Loading.");
    load()
      .finally(() => form.removeEventListener("submit", wait))
      .then(
        (search) => {
          search.attach(box);
          if (entered) form.requestSubmit();
        },
        () => {
          attached.delete(box);
          status.textContent = _("The search could not be fetched: check the network, and try again.");
        },
      );
  };
  const open = () => {
    const box = field ?? dialog;
    if (box === dialog && !dialog.open) dialog.showModal();
    const input = box.querySelector("input");
    input.focus();
    input.select();
    attach(box);
  };

  const isOurs = (event) => {
    const target = event.composedPath()[0]; // the editor of a cell stands in a shadow tree
    if (event.altKey || event.shiftKey) return event.key === "/" && !isTyping(target);
    if (event.key.toLowerCase() === "k") return isMac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
    return event.key === "/" && !event.ctrlKey && !event.metaKey && !isTyping(target);
  };
  const isTyping = (target) =>
    target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
  addEventListener(
    "keydown",
    (event) => {
      if (!isOurs(event)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (dialog?.open && event.key !== "/") dialog.close();
      else open();
    },
    true,
  );
  dialog?.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault(); // else the first press only empties the field
    dialog.close();
  });
  document.addEventListener(
    "click",
    (event) => {
      if (event.target === dialog) return dialog.close(); // beside it
      if (!event.target.closest(".search-button__button")) return;
      event.stopPropagation();
      open();
    },
    true,
  );
  if (isMac) for (const key of document.querySelectorAll(".search-key")) key.textContent = "⌘";
  if (field) {
    const input = field.querySelector("input");
    input.value = new URLSearchParams(location.search).get("q") ?? "";
    input.focus();
    if (input.value) attach(field);
    else input.addEventListener("input", () => attach(field), { once: true });
  }
})();

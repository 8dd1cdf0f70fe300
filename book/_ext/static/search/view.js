// The list of results: under a field, in the dialog of every page and on the page of the search.
bookSearch.open = async (sections, home) => {
  const index = await new bookSearch.Index(sections).fill(() => new Promise((done) => setTimeout(done)));
  const KINDS = { te: _("Glossary"), en: _("Package"), ex: _("Exercise"), sy: _("Symptom") };
  const FIRST = 10; // results that are shown at once

  const element = (tag, className, ...children) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    made.append(...children);
    return made;
  };
  // Text is text, whatever it holds.
  const marks = (pieces) => pieces.map(([text, hit]) => (hit ? element("mark", "", text) : text));
  const link = (address, ...children) => {
    const made = element("a", "", ...children);
    made.href = new URL(address, home);
    return made;
  };

  function card({ address, way, kind, title, sentence, code, words }) {
    const lines = [];
    const around = [KINDS[kind], ...way].filter(Boolean).join(" › ");
    if (around) lines.push(element("span", "search-way", around));
    lines.push(element("span", "search-title", ...marks(title)));
    if (sentence.length) {
      lines.push(element("span", code ? "search-sentence search-code" : "search-sentence", ...marks(sentence)));
    }
    if (words.length) lines.push(element("span", "search-way", `${_("Found as:")} `, ...marks(words)));
    return element("li", "", link(address, ...lines));
  }

  function nothing(query) {
    const { symptoms, glossary, package: names } = sections.help;
    return element(
      "p", "search-nothing",
      `${_("No section has “{query}”.").replace("{query}", () => query)} `,
      `${_("Is something wrong with a model?")} `, link(symptoms, _("Look through the symptoms")), ". ",
      `${_("Or look for a word in the")} `, link(glossary, _("glossary")), ", ",
      `${_("or for a function in the")} `, link(names, _("package")), ".",
    );
  }

  function attach(box) {
    const form = box.querySelector(".search-form");
    const input = form.querySelector("input");
    const status = box.querySelector(".search-status");
    const list = box.querySelector(".search-results");
    let last; // the query whose results are shown, and how many at the most
    let shown;
    let waiting;

    function draw(most = FIRST) {
      const query = input.value.trim();
      if (query === last && most === shown) return;
      if (query !== last) most = FIRST;
      last = query;
      shown = most;
      const results = query ? index.find(query) : [];
      const cards = results.slice(0, most).map((one) => card(index.show(one)));
      list.replaceChildren(...cards);
      box.querySelector(".search-nothing")?.remove();
      box.querySelector(".search-more")?.remove();
      list.hidden = !cards.length;
      const quoted = query.length > 60 ? `${query.slice(0, 60)} …` : query;
      const found = results.length === 1 ? _("1 place for “{query}”") : _("{n} places for “{query}”");
      const said = found.replace("{n}", results.length).replace("{query}", () => quoted);
      status.textContent = !query ? "" : results.length ? said : _("Nothing found");
      if (query && !results.length) list.after(nothing(quoted));
      if (results.length > most) {
        const more = element("button", "search-more", _("Show {n} more").replace("{n}", results.length - most));
        more.type = "button";
        more.onclick = () => {
          draw(results.length);
          list.children[most].firstChild.focus();
        };
        list.after(more);
      }
      list.scrollTop = 0;
    }

    input.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(draw, 80);
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      clearTimeout(waiting);
      draw();
      list.querySelector("a")?.click();
    });
    // Arrows go through the results, and back into the field.
    box.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      clearTimeout(waiting);
      draw(shown); // what was typed last, before the focus goes there
      const stops = [input, ...list.querySelectorAll("a")];
      const at = stops.indexOf(document.activeElement);
      const next = stops[at + (event.key === "ArrowDown" ? 1 : -1)];
      if (at < 0 || !next) return;
      event.preventDefault();
      next.focus();
    });
    // A link into the page that is shown loads nothing: the dialog has to make way.
    list.addEventListener("click", (event) => {
      if (event.target.closest("a") && box.open) box.close();
    });
    draw();
  }
  return { attach };
};

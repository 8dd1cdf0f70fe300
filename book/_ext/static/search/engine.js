// What the search finds, and in which order: nothing here needs a page, so tests run it in Node.
// MiniSearch finds sections by their words. On top of it come what it cannot know: names in code and
// their parts, phrases, how many of the words are there, and which pages go first.
globalThis.bookSearch = (() => {
  // The rows of sections.js, see row_of in search.py.
  const [PAGE, KIND, ANCHOR, TITLE, ABOVE, TEXT, CODE, WORDS] = [0, 1, 2, 3, 4, 5, 6, 7];
  const FIELDS = { title: 6, words: 5, above: 1, page: 1, text: 1, code: 0.7 };
  const KINDS = { pa: 1.3, se: 1, te: 1, en: 1, ex: 0.5, sy: 1.1 };
  const STOP = new Set(
    ("a about all am an and any are as at be been between but by can did do does doesn't don't for isn't from get getting gets give given goes had has have " +
      "how i if in into is it its itself just like me mean means my of on one or our should so some than that the their them then " +
      "there these they this to too up use used using very vs was we what when where which who why will with without would you your").split(" "),
  );
  const MOST = 30;

  const even = (text) =>
    text
      .normalize("NFKC")
      .replace(/[\u2010-\u2015\u2212]/g, "-")
      .replace(/[\u2018\u2019]/g, "'")
      .replace(/[\u201c\u201d]/g, '"');

  // The text with single spaces, and none around signs: "p − y" and "p-y" are the same.
  const squash = (text) =>
    even(text)
      .toLowerCase()
      .replace(/["'`?!]/g, "")
      .replace(/\s+/g, " ")
      .replace(/ ?([-+*/=^()[\]{},:;·<>|]) ?/g, "$1")
      .trim();

  const ENDINGS = /(?:ations?|ions?|ings?|edly|ed|es|e|s|ly)$/;
  function stem(word) {
    if (word.length < 4 || /\d/.test(word)) return word;
    let short = word.replace(/ies$/, "y").replace(/(ss|us|is)$/, "$1\0");
    if (!short.endsWith("\0")) short = short.replace(ENDINGS, "");
    short = short.replace("\0", "").replace(/([bdgmnprt])\1$/, "$1");
    return short.length > 2 ? short : word;
  }

  // A word, a number, or a name of code; a name comes apart at "_", ".", "-" and capitals.
  const WORD = /\d+(?:\.\d+)?(?:e[-+]?\d+)?|[\p{L}\d]+(?:[._'-][\p{L}\d]+)*/giu;
  const known = new Map(); // the same words come again and again
  function variants(word) {
    if (/^[\d.]+(?:e[-+]?\d+)?$/i.test(word)) return { whole: word.toLowerCase(), parts: [], last: "" };
    const pieces = word.replace(/'s$/i, "").split(/[._'-]/);
    const humps = pieces.flatMap((piece) => piece.split(/(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/));
    const clean = (text) => stem(text.toLowerCase());
    const parts = humps.length > 1 ? humps.map(clean).filter(Boolean) : [];
    return { whole: clean(pieces.join("")), parts, last: clean(word.split(".").pop().replace(/[_'-]/g, "")) };
  }
  function termsOf(word) {
    let terms = known.get(word);
    if (!terms) {
      const { whole, parts, last } = variants(word);
      terms = [...new Set([whole, ...parts, last])].filter(Boolean);
      known.set(word, terms);
    }
    return terms;
  }
  function tokens(text) {
    const found = [];
    for (const word of even(text).match(WORD) ?? []) found.push(...termsOf(word));
    return found;
  }

  // What is looked for: a list of words, each with its parts and with what means the same.
  function understand(query, synonyms, numbers = []) {
    const words = even(query).match(WORD) ?? [];
    const groups = words.map((word) => ({ word, ...variants(word) }));
    const telling = groups.filter(({ word }) => !STOP.has(word.toLowerCase()));
    const kept = telling.length ? telling : groups;
    for (const group of kept) {
      group.same = [...(synonyms.get(group.whole) ?? [])];
      // Readers copy more digits, or fewer, than a page shows.
      if (/^\d+\.\d+$/.test(group.word)) {
        for (const number of numbers) if (rounds(number, group.word)) group.same.push([number]);
      }
    }
    return kept;
  }

  // Whether two numbers are the same to as many digits as the shorter has, two of them at least.
  function rounds(one, other) {
    const digits = Math.min(...[one, other].map((text) => text.length - text.indexOf(".") - 1));
    const short = [one, other].map((text) => Number(text).toFixed(digits));
    return one !== other && digits + (short[0] >= 10) > 1 && short[0] === short[1];
  }

  // A word with two neighbouring letters exchanged, in each of the ways.
  function exchanged(word) {
    const ways = [];
    for (let i = 1; i < word.length; i++) ways.push(word.slice(0, i - 1) + word[i] + word[i - 1] + word.slice(i + 1));
    return ways;
  }

  const DIGITS = /^\d/;
  const NAME = /[a-z][._][a-z]|[a-z][A-Z]/;
  function queryOf({ whole, parts, last, same }) {
    return {
      combineWith: "OR",
      queries: [
        {
          queries: [whole],
          prefix: (term) => term.length > 2 && (!DIGITS.test(term) || term.includes(".")),
          fuzzy: (term) => (term.length < 5 || DIGITS.test(term) ? false : term.length < 8 ? 1 : 2),
        },
        ...(last && last !== whole ? [{ queries: [last], prefix: false, fuzzy: false }] : []),
        ...(parts.length > 1 ? [{ combineWith: "AND", queries: parts, prefix: false, fuzzy: false }] : []),
        ...same.map((terms) => ({ combineWith: "AND", queries: terms, prefix: false, fuzzy: false })),
      ],
    };
  }

  class Index {
    constructor(data) {
      this.data = data;
      this.rows = data.sections;
      this.mini = new MiniSearch({
        fields: Object.keys(FIELDS),
        tokenize: tokens,
        processTerm: (term) => term,
        extractField: (row, field) =>
          field === "id" ? row.id
          : field === "page" ? data.pages[row.row[PAGE]][1]
          : row.row[{ title: TITLE, words: WORDS, above: ABOVE, text: TEXT, code: CODE }[field]],
        searchOptions: {
          tokenize: (text) => [text],
          boost: FIELDS,
          weights: { prefix: 0.3, fuzzy: 0.2 },
          bm25: { k: 1.2, b: 0.6, d: 0.3 },
          boostDocument: (id) => this.weight(id),
        },
      });
      this.synonyms = new Map();
      this.numbers = new Set(JSON.stringify(this.rows).match(/(?<![\d.])\d+\.\d+(?![\d.e])/g));
      for (const group of data.synonyms) {
        const terms = group.map((phrase) => (even(phrase).match(WORD) ?? []).map((one) => variants(one).whole));
        for (const one of terms) {
          if (one.length > 1) continue;
          const others = terms.filter((other) => other !== one);
          this.synonyms.set(one[0], [...(this.synonyms.get(one[0]) ?? []), ...others]);
        }
      }
    }

    // Takes a moment, so a page gets to answer in between.
    async fill(pause) {
      for (let i = 0; i < this.rows.length; i += 40) {
        this.mini.addAll(this.rows.slice(i, i + 40).map((row, j) => ({ id: i + j, row })));
        await pause?.();
      }
      this.plain = this.rows.map((row) => ({
        title: ` ${squash(row[TITLE])} `,
        names: (even(row[TITLE]).match(WORD) ?? []).filter((one) => !STOP.has(one.toLowerCase())).map((one) => variants(one).whole),
        words: row[WORDS].split("\n").map((line) => ` ${squash(line)} `),
        text: ` ${squash(`${row[TEXT]}\n${row[CODE]}`)} `,
      }));
      return this;
    }

    weight(id) {
      const row = this.rows[id];
      return this.data.pages[row[PAGE]][2] * KINDS[row[KIND]];
    }

    // The best sections first, each with the terms of its that matched.
    find(query) {
      const groups = understand(query, this.synonyms, this.numbers);
      const phrase = squash(query);
      if (!/[a-z\d]|[^\x00-\x7f]/.test(phrase)) return []; // signs alone, but for those of mathematics
      const found = new Map();
      let whole = 0;
      for (const group of groups) {
        let hits = this.mini.search(queryOf(group));
        if (!hits.length && group.whole.length > 4) {
          hits = this.mini.search({ combineWith: "OR", queries: exchanged(group.whole), prefix: false, fuzzy: false });
        }
        const rarity = Math.log(1 + this.rows.length / (hits.length + 1)); // a rare word says more
        whole += rarity;
        for (const { id, score, terms } of hits) {
          const hit = found.get(id) ?? { id, score: 0, share: 0, terms: new Set() };
          hit.score += score;
          hit.share += rarity;
          for (const term of terms) hit.terms.add(term);
          found.set(id, hit);
        }
      }
      for (const hit of found.values()) {
        hit.score *= (hit.share / whole) ** 2 * (1 + this.covered(hit));
      }
      this.addPhrases(phrase, groups, found);
      // A page goes first for its subject, by which its file is named.
      const top = Math.max(...[...found.values()].map((hit) => hit.score), 1);
      this.rows.forEach((row, id) => {
        if (row[KIND] !== "pa" || subject(this.data.pages[row[PAGE]][0]) !== subject(query)) return;
        found.set(id, { id, terms: new Set(), ...found.get(id), score: 1.1 * top });
      });
      // A name as it stands in code is looked up first of all.
      const names = new Set(groups.filter(({ word }) => NAME.test(word)).map(({ word }) => word.split(".").pop()));
      if (names.size) {
        for (const hit of found.values()) {
          const row = this.rows[hit.id];
          if (row[KIND] === "en" && names.has(row[TITLE].split(".").pop())) hit.score *= 4;
        }
      }
      const ranked = [...found.values()].sort((a, b) => b.score - a.score || a.id - b.id);
      const best = ranked[0]?.score ?? 0;
      const seen = new Set();
      const results = [];
      for (const hit of ranked) {
        const address = this.address(hit.id);
        if (hit.score < best / 20 || results.length === MOST) break;
        if (seen.has(address)) continue;
        seen.add(address);
        results.push({ ...hit, address });
      }
      return results;
    }

    // How much of a title the query says.
    covered({ id, terms }) {
      const { names } = this.plain[id];
      return names.length ? names.filter((term) => terms.has(term)).length / names.length : 0;
    }

    // What has the words as they were typed, or pairs of them, goes up.
    addPhrases(phrase, groups, found) {
      const whole = bounded(phrase);
      const several = /\P{L}/u.test(phrase);
      const pairs = [];
      const typed = phrase.split(" ");
      for (let i = 1; i < typed.length && typed.length > 2; i++) pairs.push(bounded(`${typed[i - 1]} ${typed[i]}`));
      const top = Math.max(...[...found.values()].map((hit) => hit.score), 1);
      this.plain.forEach(({ title, words, text }, id) => {
        let bonus = 0;
        if (title.trim() === phrase) bonus += 1.2;
        else if (several && whole.test(title)) bonus += 0.7;
        if (words.some((line) => line.trim() === phrase)) bonus += 1.2;
        else if (several && words.some((line) => whole.test(line))) bonus += 0.8;
        if (several && whole.test(text)) bonus += 0.4;
        if (!bonus && !found.has(id)) return;
        if (pairs.length) {
          const share = (where) => pairs.filter((pair) => pair.test(where)).length / pairs.length;
          bonus += 0.6 * share(title) + 0.5 * share(words.join("\n")) + 0.4 * share(text);
        }
        if (!bonus) return;
        const hit = found.get(id) ?? { id, score: 0, terms: new Set() };
        hit.score += bonus * top * this.weight(id);
        hit.phrase = phrase;
        for (const { whole, parts } of groups) [whole, ...parts].forEach((term) => hit.terms.add(term));
        found.set(id, hit);
      });
    }

    address(id) {
      const [page, kind, anchor] = this.rows[id];
      if (kind === "sy") return anchor;
      const [file] = this.data.pages[page];
      return anchor ? `${file}#${anchor}` : file;
    }

    // What a reader sees of a result: the way to it, its title, and the sentence that matched, each
    // as a list of [text, whether it matched].
    show({ id, terms, address, phrase }) {
      const row = this.rows[id];
      const [, page] = this.data.pages[row[PAGE]];
      const mark = (text) => marked(text, terms);
      const way = row[KIND] === "pa" ? [] : [page, row[ABOVE]].filter(Boolean);
      return { address, way, kind: row[KIND], title: mark(row[TITLE]), ...this.sentence(row, terms, phrase) };
    }

    // The best sentence or line of code; and the hidden words, where they say more of what was typed.
    sentence(row, terms, phrase) {
      const worth = (text) => {
        let score = phrase && squash(text).includes(phrase) ? 3 : 0;
        for (const term of new Set(tokens(text))) {
          if (terms.has(term)) score += STOP.has(term) || term.length < 2 ? 0.2 : 1;
        }
        return score;
      };
      let best = { score: -1, text: "", code: false };
      const look = (text, code) => {
        const score = worth(text) - (code ? 0.5 : 0);
        if (score > best.score) best = { text, code, score };
      };
      for (const line of row[TEXT].split("\n")) {
        for (const one of line.match(row[KIND] === "sy" ? /.+/gu : /.+?(?:[.?!](?=\s)|$)/gu) ?? []) {
          if (row[KIND] !== "te" || !/^\s*See /.test(one)) look(one.trim(), false); // a term's own words
        }
      }
      if (row[KIND] !== "pa") for (const line of row[CODE].split("\n")) if (line) look(line, true); // a page's are imports
      const words = row[WORDS].split(/\n|, /).map((text) => ({ text, score: worth(text) }));
      const known = words.reduce((one, other) => (other.score > one.score ? other : one));
      const seen = Math.max(best.score, worth(row[TITLE]));
      return {
        sentence: best.text ? marked(around(best.text, terms), terms) : [],
        code: best.code,
        words: known.score > seen ? marked(known.text, terms) : [],
      };
    }
  }

  function subject(text) {
    const name = even(text).toLowerCase().split("/").pop().replace(/\.html$/, "");
    return name.trim().split(/[\s-]+/).map(stem).join(" ");
  }

  function bounded(phrase) {
    const safe = phrase.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
    const start = /^[\p{L}\d]/u.test(phrase) ? "(?<![\\p{L}\\d._])" : "";
    const end = /[\p{L}\d]$/u.test(phrase) ? "(?![\\p{L}\\d]|\\.\\d)" : "";
    return new RegExp(start + safe + end, "u");
  }

  function marked(text, terms) {
    const pieces = [];
    let end = 0;
    for (const { 0: word, index } of text.matchAll(WORD)) {
      if (!tokens(word).some((term) => terms.has(term) && !(STOP.has(term) && terms.size > 1))) continue;
      if (index > end) pieces.push([text.slice(end, index), false]);
      pieces.push([word, true]);
      end = index + word.length;
    }
    if (end < text.length) pieces.push([text.slice(end), false]);
    return pieces;
  }

  // A long sentence is cut around its first match.
  const LONGEST = 220;
  function around(text, terms) {
    if (text.length <= LONGEST) return text;
    const [[before, hit], match] = marked(text, terms);
    const at = match && !hit ? before.length : 0; // where the first match begins
    const start = at < LONGEST - 60 ? 0 : text.lastIndexOf(" ", at - 60) + 1;
    const stop = start + LONGEST >= text.length ? text.length : text.lastIndexOf(" ", start + LONGEST);
    return `${start ? "… " : ""}${text.slice(start, stop > start ? stop : start + LONGEST)}${stop < text.length ? " …" : ""}`;
  }

  return { Index, tokens, stem, squash, understand };
})();

/* Makes one document of all pages, for paper. tools/pdf.py calls these functions in the browser. */

const GONE = ".headerlink, .cell-bar, .copy-bar, .figure-dark, .identity-test, .on-paper, .start, script, style";
const MOVES = "button, .hint, [role=status], input[type=range], label:has(input[type=checkbox])";

const make = (html) => {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
};
const text = (words) => Object.assign(document.createElement("p"), { textContent: words }).innerHTML;
const slug = (...parts) => parts.filter(Boolean).join("--").replace(/[^\w-]+/g, "-");
const pageOf = (id) => `<span class="page-of" data-of="${id}"></span>`;
const entry = (id, words) => `<a href="#${id}">${text(words)}</a>${pageOf(id)}`;

/** Put all of the book into this document; `parts` are pairs of a caption and its pages. */
export async function assemble(parts, front) {
  const book = document.querySelector("#book");
  const names = parts.flatMap(([, pages]) => pages);
  const pages = new Map();
  const read = await Promise.all(names.map((name) => fetchPage(name)));
  read.forEach((page, i) => pages.set(names[i], page));
  const solutions = document.createElement("section");
  for (const page of pages.values()) {
    tidy(page, pages);
    solutions.append(...takeSolutions(page));
  }

  const contents = [];
  const body = [];
  for (const [caption, own] of parts) {
    const inside = own.map((name) => pages.get(name));
    if (caption) {
      const id = slug("part", caption);
      const list = inside.map(({ id, title, about }) => `<li>${entry(id, title)}<p>${text(about)}</p></li>`);
      contents.push(`<li class="of-part">${entry(id, caption)}</li>`);
      body.push(make(`<section class="part"><h1 id="${id}">${text(caption)}</h1><ul>${list.join("")}</ul></section>`));
    }
    contents.push(...inside.map(({ id, title }) => `<li class="${caption ? "of-page" : "of-part"}">${entry(id, title)}</li>`));
    for (const { article } of inside) {
      if (caption) lower(article);
      body.push(article);
    }
  }
  contents.push(`<li class="of-part">${entry("solutions", "Solutions")}</li>`);
  solutions.className = "solutions bd-article";
  solutions.prepend(make('<h1 id="solutions">Solutions</h1>'));
  book.append(make(front), make(`<nav class="contents"><h1 id="contents">Contents</h1><ul>${contents.join("")}</ul></nav>`));
  book.append(...body, solutions);
  dropDeadLinks(book);
  addHeads(pages);
  await drawFigures(book);
  await document.fonts.ready;
}

async function fetchPage(name) {
  const answer = await fetch(`/${name}.html`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const article = page.querySelector("article");
  const heading = article.querySelector("h1").cloneNode(true);
  for (const link of heading.querySelectorAll(".headerlink")) link.remove();
  return {
    name,
    article,
    id: slug(name),
    title: heading.textContent,
    about: page.querySelector("meta[name=description]").content,
    home: page.querySelector("link[rel=canonical]")?.href,
  };
}

/** Remove what does nothing on paper, and make addresses and names good for the whole book. */
function tidy({ name, id, home, article }, pages) {
  for (const node of article.querySelectorAll(GONE)) node.remove();
  for (const node of article.querySelectorAll("[id]")) node.id = slug(id, node.id);
  article.id = id;
  const here = new URL(`/${name}.html`, location);
  for (const image of article.querySelectorAll("img")) {
    image.src = new URL(image.getAttribute("src"), here);
    image.loading = "eager";
  }
  for (const link of article.querySelectorAll("a[href]")) {
    const url = new URL(link.getAttribute("href"), here);
    const target = pages.get(url.pathname.slice(1).replace(/\.html$/, ""));
    if (url.origin !== location.origin) continue;
    if (target) link.setAttribute("href", `#${slug(target.id, decodeURIComponent(url.hash.slice(1)))}`);
    else if (home) link.href = new URL(link.getAttribute("href"), home);
    else link.replaceWith(...link.childNodes);
  }
  // In a PDF the picture is the figure; one around it would have no text of its own.
  for (const figure of article.querySelectorAll("figure")) figure.setAttribute("role", "group");
  for (const cell of article.querySelectorAll("div.cell")) foldCode(cell);
  for (const formula of article.querySelectorAll(".katex")) {
    formula.setAttribute("role", "img");
    formula.setAttribute("aria-label", formula.querySelector("annotation").textContent);
    formula.querySelector(".katex-mathml").remove();
    formula.querySelector(".katex-html").removeAttribute("aria-hidden"); // else the name is lost
  }
  // Few of the many pieces of code differ in print, and each is a burden to the PDF.
  for (const piece of article.querySelectorAll("pre span:not([class^=k], [class^=c]), code span")) {
    piece.replaceWith(...piece.childNodes);
  }
  article.normalize();
}

/** Of folded code, that of a figure goes; the rest is shown. */
function foldCode(cell) {
  const fold = cell.querySelector(":scope > details");
  if (!fold) return;
  if (cell.querySelector("figure, .softmax-live")) fold.remove();
  else fold.replaceWith(...fold.querySelectorAll(":scope > div"));
}

/** Take solutions and answers out of a page, and return what stands at the end of the book. */
function takeSolutions({ id, title, article }) {
  const taken = [];
  for (const check of article.querySelectorAll("softmax-check")) {
    const own = slug(id, `check-${taken.length}`);
    const answer = check.querySelector("details");
    const question = document.createElement("div");
    answer.querySelector("summary").remove();
    question.className = "check";
    question.id = own;
    question.append(...check.querySelectorAll(":scope > p, :scope > ul"), answerLink("Answer", `${own}-answer`));
    taken.push(solution(`${own}-answer`, own, "Quick check", answer.childNodes, question.querySelector("p").textContent));
    check.replaceWith(question);
  }
  for (const box of article.querySelectorAll(".solution")) {
    const link = box.querySelector(".admonition-title a");
    const exercise = article.querySelector(link.getAttribute("href"));
    const content = box.querySelector(":scope > section");
    taken.push(solution(box.id, exercise.id, link.textContent.trim(), content.childNodes));
    exercise.append(answerLink("Solution", box.id));
    box.remove();
  }
  if (taken.length) taken.unshift(make(`<h2>${text(title)}</h2>`));
  return taken;
}

const answerLink = (word, id) => make(`<p class="to-solution"><a href="#${id}">${word}</a>, page ${pageOf(id)}</p>`);

function solution(id, exercise, name, content, question = "") {
  const asked = question && `<p><em>${text(question)}</em></p>`;
  const whole = make(`<div class="solved" id="${id}"><h3><a href="#${exercise}">${text(name)}</a></h3>${asked}</div>`);
  whole.firstChild.append(...content);
  return whole;
}

/** Make room for the headings of parts. */
function lower(article) {
  for (const heading of [...article.querySelectorAll("h1, h2, h3, h4")].reverse()) {
    const lowered = document.createElement(`h${Number(heading.tagName[1]) + 1}`);
    lowered.append(...heading.childNodes);
    heading.replaceWith(lowered);
  }
}

/** A link whose target has gone with a button is none any more. */
function dropDeadLinks(book) {
  for (const link of book.querySelectorAll('a[href^="#"]')) {
    if (!document.getElementById(link.hash.slice(1))) link.replaceWith(...link.childNodes);
  }
}

/** Print a page's title above each of its sheets. */
function addHeads(pages) {
  const rules = [...pages.values()].map(
    ({ id, title }) =>
      `#${id} { page: ${id}; } @page ${id} { @top-right { content: ${JSON.stringify(title)}; } }`,
  );
  document.head.append(make(`<style>${rules.join("\n")}</style>`));
}

/** Draw the live figures as they stand when a page opens, and take away what moves them. */
async function drawFigures(book) {
  const live = [...book.querySelectorAll(".softmax-live")];
  const modules = new Set(live.map((figure) => figure.localName.replace("softmax-", "")));
  await Promise.all([...modules].map((name) => import(`/_static/interactive/${name}.mjs`)));
  for (const figure of live) {
    for (const part of figure.querySelectorAll(MOVES)) part.remove();
    for (const choice of figure.querySelectorAll("input[type=radio]")) {
      choice.closest("label").classList.toggle("chosen", choice.checked);
      choice.remove();
    }
  }
}

/** Make what is wider than a page as wide as the page; return what still is not. */
export function fit() {
  const wide = [...document.querySelectorAll(".katex-display, table, pre")];
  const ratios = wide.map((one) => one.parentElement.clientWidth / Math.max(one.scrollWidth, one.offsetWidth));
  wide.forEach((one, i) => {
    if (ratios[i] > 0 && ratios[i] < 0.995) one.style.zoom = ratios[i]; // once all is measured
  });
  const edge = document.documentElement.clientWidth + 1;
  const outside = [...document.querySelectorAll("#book :not(svg, svg *)")].filter((one) => one.getBoundingClientRect().right > edge);
  const outermost = outside.filter((one) => !outside.includes(one.parentElement));
  return outermost.map((one) => `${one.closest("[id]").id}: ${one.textContent.slice(0, 80)}`);
}

/** Write the numbers of pages; `found` has them by the names of their targets. */
export function number(found) {
  const book = document.querySelector("#book");
  for (const place of book.querySelectorAll(".page-of")) {
    place.textContent = found[place.dataset.of] ?? "000";
  }
  // Else Chromium keeps some of the last layout, and two prints of one text break it differently.
  book.style.display = "none";
  book.getBoundingClientRect();
  book.style.display = "";
}

/** The headings in their order, as the outline has them. */
export const headings = () =>
  [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].map((heading) => heading.textContent.trim());

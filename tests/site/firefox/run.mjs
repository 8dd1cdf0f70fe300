// Run a cell and check an exercise in Firefox, and print what was seen as JSON.
//
// Usage: node run.mjs FIREFOX ADDRESS CELL EXERCISE SOLUTION

import puppeteer from "puppeteer-core";

const [executablePath, address, cellNumber, exerciseNumber, solution] = process.argv.slice(2);
const TIMEOUT = 180_000;
const browser = await puppeteer.launch({ browser: "firefox", executablePath, headless: true });
const complaints = [];
const page = await browser.newPage();
// Firefox may lay out a formula of which only the first half has come.
const half = /^Error: Invalid markup: Incorrect number of children/;
page.on("console", (line) => {
  if (line.type() !== "log" && !half.test(line.text())) complaints.push(line.text());
});
page.on("pageerror", (error) => complaints.push(String(error)));
page.on("request", (request) => {
  const own = [new URL(address).origin, "data:"];
  if (!own.some((start) => request.url().startsWith(start))) complaints.push(request.url());
});
await page.goto(address, { waitUntil: "load" });

const run = async (number) => {
  const bar = `.cell-bar[data-cell="${number}"]`;
  await page.$eval(`${bar} .cell-run`, (button) => button.click());
  await page.waitForFunction(
    (bar) => /^(Done|Stopped|Needs|Python)/.test(document.querySelector(`${bar} [role=status]`)?.textContent),
    { timeout: TIMEOUT },
    bar,
  );
  return page.$eval(bar, (bar) => ({
    status: bar.querySelector("[role=status]").textContent,
    output: bar.closest(".cell").querySelector(".cell_output").textContent,
  }));
};

const first = await run(cellNumber);
await page.$eval(
  `.cell-bar[data-cell="${exerciseNumber}"]`,
  (bar) => bar.closest(".cell").querySelector(".cell-editor").shadowRoot.querySelector(".cm-content").focus(),
);
const control = async (key) => {
  await page.keyboard.down("Control");
  await page.keyboard.press(key);
  await page.keyboard.up("Control");
};
await control("a");
for (const [i, line] of solution.split("\n").entries()) {
  if (i) await page.keyboard.press("Enter");
  await page.keyboard.type(line);
}
const exercise = await run(exerciseNumber);
console.log(JSON.stringify({ first, exercise, complaints }));
await browser.close();

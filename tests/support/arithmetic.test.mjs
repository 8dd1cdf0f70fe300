/* Calls the modules of the live figures as the file of cases says, and compares what comes back.
   test_live_arithmetic.py writes that file, with what Python calculates, and runs this one. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { pathToFileURL } from "node:url";

// All that a module asks of a browser while it loads: what elements derive from, and their names.
globalThis.HTMLElement = class {};
globalThis.customElements = { get: () => true };

const signs = { "#nan": NaN, "#inf": Infinity, "#-inf": -Infinity }; // JSON has none for these
const { folder, cases } = JSON.parse(readFileSync(process.env.CASES, "utf8"), (_, value) =>
  Object.hasOwn(signs, value) ? signs[value] : value,
);

/** Numbers may differ by the tolerance that stands in the same place; all else is the same. */
function compare(actual, expected, tolerance) {
  if (Array.isArray(expected)) {
    assert.equal(actual.length, expected.length);
    expected.forEach((value, i) => compare(actual[i], value, tolerance?.[i] ?? tolerance));
  } else if (typeof expected === "number" && Math.abs(actual - expected) <= tolerance) {
    return;
  } else {
    assert.deepEqual(actual, expected);
  }
}

for (const { name, module, expression, calls } of cases) {
  test(name, async () => {
    const m = await import(pathToFileURL(`${folder}/${module}.mjs`));
    const call = new Function("m", "x", `return ${expression};`);
    for (const { x, expected, tolerance } of calls) {
      try {
        compare(call(m, x), expected, tolerance);
      } catch (error) {
        error.message = `${expression} with x = ${JSON.stringify(x)}: ${error.message}`;
        throw error;
      }
    }
  });
}

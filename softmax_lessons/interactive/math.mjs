/* The arithmetic that several figures share, the operations of softmax_lessons in the same order,
   and numbers to read. Nothing here needs a page. */

export const sum = (values) => values.reduce((total, value) => total + value, 0);

/** (z - max z) / temperature: 0 at the maximum, below 0 elsewhere. */
export function shift(z, temperature = 1) {
  const top = Math.max(...z);
  if (temperature === 1) return z.map((s) => s - top);
  if (temperature < 1) return z.map((s) => (s - top) / temperature);
  return z.map((s) => (s / 2 - top / 2) / (temperature / 2)); // s - top could overflow
}

export function softmax(z, temperature = 1) {
  const powers = shift(z, temperature).map((d) => Math.exp(d));
  const total = sum(powers);
  return powers.map((power) => power / total);
}

/** The sum of exp(z - max z) without one maximal term, which is 1 and would swallow the rest. */
function othersThanTop(z) {
  const d = shift(z);
  const top = d.indexOf(0);
  return sum(d.map((x, i) => (i === top ? 0 : Math.exp(x))));
}

export function logSumExp(z) {
  const top = Math.max(...z);
  return Number.isFinite(top) ? top + Math.log1p(othersThanTop(z)) : top;
}

export function sigmoid(x) {
  const e = Math.exp(-Math.abs(x));
  return (x < 0 ? e : 1) / (1 + e);
}

/** Minus the logarithm of the probability of class t, with all its digits. */
export function crossEntropy(z, t) {
  return Math.log1p(othersThanTop(z)) - shift(z)[t];
}

/** p - y, the gradient of the cross-entropy for z. At class t p - 1 would cancel, so there it is
    minus the sum of the other probabilities. */
export function crossEntropyGradient(z, t) {
  const p = softmax(z);
  return p.map((each, i) => (i === t ? 0 - sum(p.filter((_, j) => j !== t)) : each));
}

/** 0.249, −1.250, 4.54e−5, inf, nan: as `show` in _figure.py writes them. */
export function show(x, digits = 3) {
  if (Number.isNaN(x)) return "nan";
  if (Math.abs(x) === Infinity) return x > 0 ? "inf" : "−inf";
  const plain = x === 0 || (Math.abs(x) >= 0.5 * 10 ** -digits && Math.abs(x) < 1e4);
  const text = plain ? (x || 0).toFixed(digits) : x.toExponential(2);
  return text.replaceAll("-", "−").replace("+", "");
}

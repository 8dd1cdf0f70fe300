"""The benchmark compares like with like, and says so when a goal is missed. Nothing is timed."""

import json
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose

for library in ("mpmath", "scipy.special", "torch"):
    pytest.importorskip(library)

import benchmarks.__main__ as bench  # noqa: E402
from benchmarks import (  # noqa: E402
    accuracy,
    contenders,
    memory,
    products,
    speed,
    startup,
    timing,
    tricks,
)
from benchmarks.rows import Goal, Row, line, summary  # noqa: E402

TINY = [(5,), (3, 4)]


def dawdle():
    return sum(range(100_000))


def everything(label):
    return True


def few(label):  # mpmath takes its time
    return "ordinary" not in label and "float64" not in label


@pytest.fixture(autouse=True)
def _hasty(monkeypatch):
    monkeypatch.setattr(timing, "LEAST_NS", 1000)
    monkeypatch.setattr(speed, "apart", lambda measure: measure())  # forks take their time


@pytest.mark.parametrize(("name", "case", "shape", "axis", "dtype"), list(speed.cases(TINY)))
def test_all_contenders_compute_the_same(name, case, shape, axis, dtype):
    calls = speed.FUNCTIONS[name](speed.scores(shape, dtype), axis)
    del calls["limit"]
    results = {who: call() for who, call in calls.items()}
    for who, result in results.items():
        several = result if isinstance(result, tuple) else (result,)
        ours = results["ours"] if isinstance(results["ours"], tuple) else (results["ours"],)
        for got, expected in zip(several, ours, strict=True):
            got = got.detach().numpy() if hasattr(got, "detach") else np.asarray(got)
            assert got.dtype == np.asarray(expected).dtype == dtype, who
            assert_allclose(got, expected, rtol=1e-4, atol=1e-6, err_msg=who)


@pytest.mark.parametrize("n", [1, 3, 40])
def test_all_ways_to_multiply_compute_the_same(n):
    results = {way: call() for way, call in products.contenders(n).items()}
    for way, result in results.items():
        assert_allclose(result, results["ours"], rtol=1e-10, atol=1e-15, err_msg=way)


def test_products_measures_each_length(monkeypatch):
    monkeypatch.setattr(products, "apart", lambda measure: measure())
    rows = list(products.rows(everything, [2, 3], seconds=0))
    assert [row.case for row in rows] == ["2", "3"]
    assert all(set(row.values) == {"numpy", "matrix", "given"} for row in rows)


def test_every_part_measures_something():
    parts = {
        "speed": speed.rows(everything, TINY, seconds=0),
        "memory": memory.rows(everything, TINY),
        "accuracy": accuracy.rows(few, length=50),
    }
    for part, rows in parts.items():
        rows = list(rows)
        assert len(rows) >= 9, part
        assert all(np.isfinite(v) and v >= 0 for row in rows for v in row.values.values())
        assert json.loads(bench.as_text({}, rows))["rows"] == [row.as_json() for row in rows]


def test_a_row_is_measured_in_a_process_of_its_own():
    seen = []
    assert timing.apart(lambda: [seen.append(1), len(seen)][1]) == 1
    assert not seen


def test_an_error_in_a_row_stops_everything(capfd):
    with pytest.raises(RuntimeError, match="a measurement broke off; its error is printed above"):
        timing.apart(lambda: 1 / 0)
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_words_select_rows():
    rows = list(speed.rows(lambda label: "softmax_vjp" in label, TINY, seconds=0))
    assert {row.name for row in rows} == {"softmax_vjp"}
    assert not list(startup.rows(lambda label: False))


def test_a_slow_function_misses_its_goal(monkeypatch):
    def slow(x, axis):
        return {"ours": dawdle, "scipy": lambda: None}

    monkeypatch.setattr(speed, "FUNCTIONS", {"softmax": slow})
    rows = list(speed.rows(everything, TINY[:1], seconds=0))
    assert len(rows) == 2
    for row in rows:
        assert row.missed
        assert line(row).endswith("scipy >= 1.5     MISSED")
    assert summary(rows).startswith("0 of 2 goals reached.")
    assert summary(rows).endswith(line(rows[1]))


def test_a_quick_function_reaches_its_goal(monkeypatch):
    def quick(x, axis):
        return {"ours": lambda: None, "scipy": dawdle}

    monkeypatch.setattr(speed, "FUNCTIONS", {"softmax": quick})
    rows = list(speed.rows(everything, TINY[:1], seconds=0))
    assert [line(row).split()[-1] for row in rows] == ["ok", "ok"]
    assert summary(rows) == "2 of 2 goals reached."


@pytest.mark.parametrize(
    ("goal", "value", "missed"),
    [
        (Goal("scipy", at_least=2), 2, False),
        (Goal("scipy", at_least=2), 1.999, True),
        (Goal("scipy", at_most=1.1), 1.1, False),
        (Goal("scipy", at_most=1.1), 1.101, True),
        (Goal("scipy", at_most=1.1), np.nan, True),
        (None, 0, False),
    ],
)
def test_a_goal_is_a_bound_that_counts_as_reached(goal, value, missed):
    assert Row("speed", "softmax", "", {"scipy": value}, goal=goal).missed is missed


def test_memory_counts_the_result_and_what_is_held_meanwhile():
    assert memory.peak(lambda: np.empty(10**6, np.uint8)) == pytest.approx(10**6, rel=0.01)
    assert memory.peak(lambda: np.zeros(10**6, np.uint8) + 1) == pytest.approx(2e6, rel=0.01)


def test_memory_that_is_too_much_misses_the_goal(monkeypatch):
    def greedy(x, axis):
        return {"ours": lambda: (x.copy(), x.copy())}

    monkeypatch.setattr(memory, "FUNCTIONS", {**speed.FUNCTIONS, "softmax": greedy})
    rows = list(
        memory.rows(lambda label: "softmax (1000, 1000) last float64" in label, [(1000,) * 2])
    )
    assert [row.missed for row in rows if row.name == "softmax"] == [True]


def test_a_wrong_digit_misses_the_goal(monkeypatch):
    right = contenders.sl.log_softmax
    monkeypatch.setattr(contenders.sl, "log_softmax", lambda x, axis: right(x, axis) * (1 + 1e-5))
    rows = list(accuracy.rows(few, length=50))
    assert {row.missed for row in rows if row.name == "log_softmax"} == {True}
    assert {row.missed for row in rows if row.name != "log_softmax"} == {False}


def test_the_import_is_compared_with_numpy(monkeypatch):
    monkeypatch.setattr(startup, "MODULES", {"ours": "numpy.linalg"})  # part of import numpy
    (row,) = startup.rows(everything, rounds=1)
    assert 0 < row.values["ours"] < 100


def test_a_trick_can_be_taken_out_of_a_copy_of_the_package():
    loaded = {n: m for n, m in sys.modules.items() if n.startswith("softmax_lessons")}
    trick = tricks.Trick(
        "no maximum", {"as_floats": lambda x: (np.zeros(3), np.dtype(float))}, None, (3,)
    )
    plain = tricks.without(trick)
    assert_allclose(plain.softmax([0.0, 0.0, 50.0]), [1 / 3] * 3)
    assert_allclose(contenders.sl.softmax([0.0, 0.0, 50.0]), [0, 0, 1], atol=1e-6)
    assert {n: m for n, m in sys.modules.items() if n.startswith("softmax_lessons")} == loaded


def test_a_trick_is_compared_with_the_package_without_it():
    trick = tricks.Trick("tiles", {"TILE": 2**40}, lambda package, x: package.softmax(x), (3, 4))
    (row,) = tricks.rows(everything, [trick], seconds=0)
    assert row.values["without"] > 0


def test_every_trick_can_be_taken_out_and_changes_no_result():
    for trick in tricks.TRICKS:
        x = speed.scores(tuple(min(n, 7) for n in trick.shape), trick.dtype)
        expected, got = trick.call(contenders.sl, x), trick.call(tricks.without(trick), x)
        for a, b in zip(np.atleast_1d(got), np.atleast_1d(expected), strict=True):
            assert_allclose(a, b, rtol=1e-5, err_msg=trick.name)


def test_a_trick_that_is_gone_is_named():
    with pytest.raises(AttributeError, match=r"old trick: there is no tiles_of_old in _numerics"):
        tricks.without(tricks.Trick("old trick", {"tiles_of_old": 1}, None, (3,)))


def test_the_stored_results_have_the_rows_and_goals_of_today():
    expected = {
        ("speed", name, case): speed.goal(name, shape, axis)
        for name, case, shape, axis, _ in speed.cases(speed.SHAPES)
    } | {
        ("memory, in inputs", name, case): memory.goal(name, np.empty(shape, dtype), axis)
        for name, case, shape, axis, dtype in speed.cases(memory.SHAPES)
    }
    expected |= {("speed", products.NAME, str(n)): None for n in products.LENGTHS}
    stored = json.loads(bench.RESULTS.read_text(encoding="utf-8"))["rows"]
    goals = {(row["part"], row["name"], row["case"]): row["goal"] for row in stored}
    for row, goal in expected.items():
        assert goals[row] == (goal and str(goal)), row
    parts = {part for part, _, _ in expected}
    assert {row for row in goals if row[0] in parts} == set(expected)
    tricks_stored = {name for part, name, _ in goals if part == "tricks"}
    assert tricks_stored == {trick.name for trick in tricks.TRICKS}

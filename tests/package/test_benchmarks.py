"""The benchmark compares like with like, and says so when a goal is missed. Nothing is timed."""

import json
import re

import numpy as np
import pytest
from numpy.testing import assert_allclose

for library in ("mpmath", "numba", "scipy.special", "torch"):
    pytest.importorskip(library)

import benchmarks.__main__ as bench  # noqa: E402
from benchmarks import (  # noqa: E402
    accuracy,
    contenders,
    driver,
    memory,
    products,
    speed,
    startup,
    timing,
    twins,
    watching,
)
from benchmarks.rows import Goal, Row, line, means, summary  # noqa: E402
from softmax_lessons import _blockwise  # noqa: E402

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
    for part in (speed, twins):
        monkeypatch.setattr(part, "apart", lambda measure: measure())  # forks take their time


@pytest.mark.parametrize(("name", "case", "shape", "axis", "dtype"), list(speed.cases(TINY)))
def test_all_contenders_compute_the_same(name, case, shape, axis, dtype):
    assert_the_same(speed.FUNCTIONS[name](speed.scores(shape, dtype), axis), dtype)


@pytest.mark.parametrize("name", twins.NAMES)
@pytest.mark.parametrize("shape", TINY)
def test_all_contenders_of_the_twins_compute_the_same(name, shape):
    x = speed.scores(shape, np.float64)
    assert_the_same(contenders.in_place_of(name, x, -1), np.float64)


def copied(result):
    """Out of the array that the next one writes to."""
    if isinstance(result, tuple):
        return tuple(map(copied, result))
    return np.array(result.detach().numpy() if hasattr(result, "detach") else result)


def assert_the_same(calls, dtype):
    del calls["limit"]
    results = {who: copied(call()) for who, call in calls.items()}
    for who, result in results.items():
        several = result if isinstance(result, tuple) else (result,)
        ours = results["ours"] if isinstance(results["ours"], tuple) else (results["ours"],)
        for got, expected in zip(several, ours, strict=True):
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
    assert all(list(row.values) == ["matrix", "given", "ours"] for row in rows)


@pytest.mark.parametrize("name", watching.STEPS)
def test_the_steps_that_are_watched_have_the_findings_that_they_say(name):
    for case, count in (("nothing found", 0), ("one finding", 1)):
        with watching.watch() as report:
            watching.step(name, case)()
        assert len(report.findings) == count


def test_a_watched_step_is_measured_in_time_and_memory(monkeypatch):
    monkeypatch.setattr(watching, "apart", lambda measure: measure())
    rows = list(watching.rows(everything, ["network"], seconds=0))
    assert [(row.part, row.case) for row in rows] == [
        (part, case) for part in (watching.TIME, watching.MEMORY) for case in watching.CASES
    ]
    assert all(row.values["watched"] > 0 for row in rows[:2])
    assert all(0.1 < row.values["step"] < 10 for row in rows[2:])


def test_every_part_measures_something():
    parts = {
        "speed": speed.rows(everything, TINY, seconds=0),
        "twins": twins.rows(everything, TINY, TINY, seconds=0),
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
        assert line(row).endswith("scipy >= 0.7     MISSED")
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


# --- blocks of rows -----------------------------------------------------------------------------


def test_each_block_of_rows_has_its_mean():
    goal = Goal("scipy", at_least=2)
    rows = [
        Row("speed", "logsumexp", str(i), {"scipy": value}, block=block, block_goal=goal)
        for i, (value, block) in enumerate([(1, "small"), (4, "small"), (1, "long"), (3.9, "long")])
    ]
    rows.append(Row("accuracy", "logsumexp", "", {"ours": 1}))
    small, long = means(rows)
    assert (small.part, small.name, small.case) == ("speed, mean", "logsumexp", "small (2 rows)")
    assert small.values["scipy"] == pytest.approx(2)
    assert not small.missed
    assert long.values["scipy"] == pytest.approx(3.9**0.5)
    assert long.missed


def test_functions_are_not_averaged_with_each_other():
    rows = [Row("speed", name, "", {"scipy": 1}, block="small") for name in ("softmax", "sigmoid")]
    assert [(row.name, row.case) for row in means(rows)] == [
        ("softmax", "small (1 rows)"), ("sigmoid", "small (1 rows)"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("shape", "axis", "block"),
    [
        ((1000,), -1, "small"),
        ((64, 10), 0, "small"),
        ((60000, 10), -1, "short rows"),
        ((60000, 10), 0, "first axis"),
        ((256, 50257), -1, "long rows"),
    ],
)
def test_the_block_of_a_row(shape, axis, block):
    assert speed.block(shape, axis) == block


def test_softmax_has_goals_in_each_row_and_block():
    rows = list(speed.rows(lambda label: " softmax (" in label, TINY, seconds=0))
    assert {str(row.goal) for row in rows} == {"scipy >= 0.7"}
    assert {str(row.goal) for row in means(rows)} == {"scipy >= 1"}


@pytest.mark.parametrize("name", ["softmax_vjp", "softmax, T = 2"])
def test_small_arrays_take_three_times_as_long_as_one_line_at_most(name):
    goal = speed.goal(name, (64, 10), -1)
    assert goal.value == "numpy"
    assert goal.at_least == pytest.approx(1 / 3)


# --- the driver ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", driver.DECISIONS)
def test_a_decision_of_the_driver_can_be_taken_back(name, monkeypatch):
    constant, off, shape, axis = driver.DECISIONS[name]
    x = speed.scores(tuple(min(length, 70) for length in shape), np.float64)
    expected = contenders.sl.softmax(x, axis)
    monkeypatch.setattr(_blockwise, constant, off)
    assert_allclose(contenders.sl.softmax(x, axis), expected, rtol=1e-12)


def test_a_decision_is_compared_with_the_package_without_it(monkeypatch):
    seen = []
    on, off = _blockwise.BLOCK_BYTES, driver.DECISIONS["blocks"][1]

    def softmax(x, axis):
        seen.append(_blockwise.BLOCK_BYTES)

    monkeypatch.setattr(_blockwise, "BLOCK_BYTES", on)  # and puts it back
    monkeypatch.setattr(driver, "apart", lambda measure: measure())
    monkeypatch.setattr(contenders.sl, "softmax", softmax)
    (row,) = driver.rows(lambda label: label.startswith("driver blocks"), seconds=0)
    assert row.values["without"] > 0
    assert set(seen) == {on, off}


# --- what is written ----------------------------------------------------------------------------

MACHINE = {"commit": "0123abc", "numpy": "2.4.6", "processor": "Some Processor @ 2.50GHz"}


def times():
    values = {"matrix": 1234.56, "given": 0.51, "ours": 7}
    rows = [Row(products.PART, "", str(n), values) for n in products.LENGTHS]
    return [Row("speed", "softmax", "(2,)", {"scipy": 1}), *rows]


def test_only_a_run_of_everything_is_written(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(bench, "ROOT", tmp_path)
    monkeypatch.setattr(bench, "RESULTS", tmp_path / "_build" / "benchmarks.json")
    monkeypatch.setattr(bench, "TABLE", tmp_path / "speed.json")
    twin = Row(twins.PART, "softmax", "(2,)", {"torch": 1.5})
    monkeypatch.setattr(bench, "_measure", lambda wanted: [*times(), twin])
    monkeypatch.setattr(bench, "machine", lambda: MACHINE)
    bench.main(["softmax"])
    assert not bench.RESULTS.parent.exists()
    assert not bench.TABLE.exists()
    bench.main([])
    assert json.loads(bench.TABLE.read_text())["rows"] == [twin.as_json()]
    assert json.loads(bench.RESULTS.read_text())["machine"] == MACHINE
    assert (
        "On commit 0123abc: see _build/benchmarks.json and speed.json." in capsys.readouterr().out
    )


def test_the_results_say_on_which_commit_and_machine():
    machine = bench.machine()
    assert re.fullmatch(r"[0-9a-f]{7,}(-dirty)?", machine["commit"])
    assert machine["processor"]
    assert machine["numpy"] == np.__version__

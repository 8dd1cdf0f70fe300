"""The compiled twins: the tests of the NumPy functions, exp, threads, memory, the first call."""

import importlib
import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

pytest.importorskip("numba")

from support.docstrings import run_examples, undocumented
from support.twins import TWINS, twin_tests

import softmax_lessons
from softmax_lessons import compiled

loops = importlib.import_module("softmax_lessons._loops")

FILES = [
    *("test_accuracy", "test_conventions", "test_edges", "test_errors", "test_examples"),
    *("test_properties", "test_losses", "test_losses_left_out", "test_gradients"),
    "test_hard_cases",
]
# They compare bits. A compiled row has the bits of its neighbours in memory: vector code adds it in
# lanes, and takes what is left over one by one. The tests below say how far the results may differ.
OTHER_BITS = {
    "test_a_batch_is_its_rows",
    "test_a_row_left_out_is_as_if_it_were_not_there",
    "test_the_same_bits_by_whichever_way_it_is_passed",
}
# These hold a loss to 4 ulp, which the lanes miss by one.
OTHER_DIGITS = {"test_losses_of_sure_and_right_answers"}
# These take a minute; lengths, layouts and large arrays have tests of their own below.
LONG = {
    "test_arrays_around_the_size_of_the_cache",
    "test_every_layout_gives_the_same",
    "test_every_layout_of_out",
    "test_out_over_a_shifted_part_of_the_input",
    "test_rows_of_any_length",
}
for file in FILES:
    for name, test in twin_tests(file):
        if name not in OTHER_BITS | OTHER_DIGITS | LONG:
            globals()[f"{name}_of_{file.removeprefix('test_')}"] = test

DTYPES = [np.float32, np.float64]
NUMPY = {name: getattr(softmax_lessons, name) for name in TWINS}


@pytest.fixture
def small_blocks():
    """The driver has blocks, the loops have none: nothing to make small."""


def test_there_are_twins_and_tests_of_them():
    assert set(TWINS) == {
        *("softmax", "log_softmax", "logsumexp", "sigmoid"),
        *("cross_entropy_and_grad", "softmax_vjp"),
    }
    assert sum(name.startswith("test_") for name in globals()) > 80


# --- exp --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dtype", "lowest"), [(np.float32, -103.9), (np.float64, -745.1)])
def test_exp_is_right_to_2_ulp_down_to_the_smallest_number(dtype, lowest):
    x = np.concatenate([np.linspace(lowest, 0, 100_000), -np.geomspace(1e-30, 1, 5000)])
    x = x.astype(dtype)
    got = np.empty_like(x)
    loops.exp_of_all(x, got)
    exact = np.exp(x.astype(np.longdouble))
    assert (abs(got - exact) / np.spacing(exact.astype(dtype))).max() <= 2
    edges = np.array([0, -0.0, -np.inf, np.nan, -1e30], dtype)
    loops.exp_of_all(edges, edges)
    assert_array_equal(edges, [1, 1, 0, np.nan, 0])


@pytest.mark.parametrize(("dtype", "gap"), [(np.float32, 40), (np.float64, 300.3)])
@pytest.mark.parametrize("n", [2, 33, 5000, 140_000, 1_000_000])
def test_the_loss_of_a_sure_answer_is_right_to_16_ulp(n, dtype, gap):
    x = np.full((3, n), -gap, dtype)
    exact = (n - 1) * np.exp(np.longdouble(x[0, 0]))  # log1p of it is the same to the last digit
    x[:, n // 2] = 0
    for axis, logits in [(-1, x), (0, x.T.copy())]:
        labels = np.full(3, n // 2)
        loss, _ = compiled.cross_entropy_and_grad(logits, labels, axis, reduction="none")
        assert (abs(loss - exact) <= 16 * np.spacing(dtype(exact))).all()


# --- shapes, threads, memory ------------------------------------------------------------------


def arguments_of(name, x, axis):
    random = np.random.default_rng(1)
    if name == "sigmoid":
        return (x,)
    if name == "cross_entropy_and_grad":
        rows = np.delete(x.shape, axis)
        return x, random.integers(0, x.shape[axis], rows), axis
    if name == "softmax_vjp":
        return softmax_lessons.softmax(x, axis), random.standard_normal(x.shape), axis
    return x, axis


def assert_alike(name, got, expected, dtype):
    pairs = zip(got, expected, strict=True) if isinstance(got, tuple) else [(got, expected)]
    for one, other in pairs:
        assert (type(one), one.dtype, one.shape) == (type(other), other.dtype, other.shape)
        scale = abs(other).max(initial=0) if name == "softmax_vjp" else 0
        eps = np.finfo(dtype).eps
        assert_allclose(one, other, rtol=64 * eps, atol=4 * eps * max(scale, 1e-3))


@pytest.mark.parametrize("name", TWINS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("shape", "axis"),
    [((7,), 0), ((3, 5000), 1), ((300, 10), 1), ((20, 300), 0), ((4, 50, 6), 1), ((2, 0, 3), 2)],
)
def test_the_answers_of_numpy_for_every_kind_of_rows(name, dtype, shape, axis):
    x = (3 * np.random.default_rng(0).standard_normal(shape)).astype(dtype)
    arguments = arguments_of(name, x, axis)
    expected = NUMPY[name](*arguments)
    assert_alike(name, TWINS[name](*arguments), expected, dtype)


@pytest.mark.parametrize("name", ["softmax", "cross_entropy_and_grad"])
@pytest.mark.parametrize(
    ("shape", "axis"), [((900, 500), 1), ((1, 300, 1500), 1), ((9, 10, 5000), 1)]
)
def test_threads_change_nothing(name, shape, axis, monkeypatch):
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    started, start = [], threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", lambda t: (started.append(t), start(t)))
    results = []
    for n in (1, 3):
        monkeypatch.setattr(compiled, "_num_threads", n)
        results.append(TWINS[name](*arguments_of(name, x, axis)))
    assert len(started) == 2
    if name == "softmax":
        results = [(p,) for p in results]
    for one, other in zip(*results, strict=True):
        assert_array_equal(one, other)


def test_the_number_of_threads_comes_from_the_caller_or_the_environment(monkeypatch):
    monkeypatch.setattr(compiled, "_num_threads", 0)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert compiled.get_num_threads() == 3
    compiled.set_num_threads(2)
    assert compiled.get_num_threads() == 2
    monkeypatch.setattr(compiled, "_num_threads", 0)
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    assert compiled.get_num_threads() >= 1
    with pytest.raises(ValueError, match="n must be 1 or more, got 0"):
        compiled.set_num_threads(0)


@pytest.mark.parametrize("axis", [-1, 0])
def test_a_small_array_is_done_at_once_and_what_does_not_fit_is_checked(axis):
    x, out = np.random.default_rng(0).standard_normal((2, 64, 10))
    compiled.softmax(x, axis, out=out)
    assert compiled.is_done("softmax", axis, x, out)
    assert_allclose(out, softmax_lessons.softmax(x, axis), rtol=1e-14)
    for other in (out[:5], out.T, out.astype(np.float32), x, out[0]):
        assert not compiled.is_done("softmax", axis, x, other)
    for other in (1, -2, True, (axis,), np.int64(axis)):
        assert not compiled.is_done("softmax", other, x, out)
    large, nothing = np.zeros((2, 4000, 10)), np.zeros((2, 0, 10))
    assert not compiled.is_done("softmax", axis, *large)
    assert not compiled.is_done("softmax", axis, *nothing)
    with pytest.raises(ValueError, match=r"out must have shape \(64, 10\), got \(5, 10\)"):
        compiled.softmax(x, out=out[:5])
    x.flags.writeable = False
    assert compiled.is_done("softmax", axis, x, out)
    out.flags.writeable = False
    assert not compiled.is_done("softmax", axis, x, out)
    with pytest.raises(ValueError, match="out must be writable, got a read-only array"):
        compiled.softmax(x, axis, out=out)


@pytest.mark.parametrize("axis", [-1, 0])
@pytest.mark.parametrize("shift", [-7680, -129, -1, 1, 129, 7680])
def test_a_small_array_that_shares_memory_with_out_is_not_done_at_once(axis, shift):
    x, out = np.empty((2, 30, 256))
    compiled.softmax(x, axis, out=out)
    memory = np.random.default_rng(0).standard_normal(3 * x.size)
    x, out = (memory[start : start + x.size].reshape(x.shape) for start in (x.size, x.size + shift))
    apart = abs(shift) == x.size
    expected = softmax_lessons.softmax(x, axis)
    assert compiled.is_done("softmax", axis, x, out) == apart
    assert_allclose(compiled.softmax(x, axis, out=out), expected, rtol=1e-14)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "sigmoid", "softmax_vjp"])
def test_the_bits_are_the_same_wherever_the_arrays_lie_in_memory(name, dtype):
    rng = np.random.default_rng(0)
    memory = np.empty(1000, dtype)

    def result_with_gap(gap, x, *others):
        first, out = memory[: x.size], memory[x.size + gap : 2 * x.size + gap]
        first[...] = x
        return getattr(compiled, name)(first, *others, out=out).copy()

    for n in range(2, 70):
        x = rng.normal(scale=9, size=n).astype(dtype)
        arrays = [NUMPY["softmax"](x), x] if name == "softmax_vjp" else [x]
        far = result_with_gap(500, *arrays)
        for gap in (0, 1, 16):
            assert_array_equal(result_with_gap(gap, *arrays), far)


@pytest.mark.parametrize("n_classes", [5, 50])
@pytest.mark.parametrize("axis", [-1, 0])
def test_scores_of_nan_in_a_row_that_is_ignored_do_not_matter(axis, n_classes):
    x = np.random.default_rng(0).standard_normal((4, n_classes))
    x[1] = np.nan
    labels = np.array([2, -100, 0, 1])
    x = x if axis == -1 else x.T.copy()
    for reduction in ("none", "mean"):
        settings = {"ignore_index": -100, "reduction": reduction}
        got = compiled.cross_entropy_and_grad(x, labels, axis, **settings)
        expected = softmax_lessons.cross_entropy_and_grad(x, labels, axis, **settings)
        for ours, theirs in zip(got, expected, strict=True):
            assert np.isfinite(theirs).all()
            assert_allclose(ours, theirs, rtol=1e-13)


@pytest.mark.parametrize("kind", ["rows", "columns"])
def test_arrays_that_can_be_written_and_others_are_taken_by_the_same_loop(kind):
    x = np.random.default_rng(0).standard_normal((300, 200))
    labels, axis = np.arange(300) % 200, -1
    if kind == "columns":
        x, axis = x.T.copy(), 0
    for _ in range(2):
        compiled.logsumexp(x, axis)
        compiled.cross_entropy_and_grad(x, labels, axis)
        x.flags.writeable = labels.flags.writeable = False
    for name in ("logsumexp", "loss"):
        signatures = getattr(loops, f"{name}_{kind}").signatures
        assert len(set(map(as_if_read_only, signatures))) == len(signatures)


def as_if_read_only(signature):
    return tuple(one.copy(readonly=True) if hasattr(one, "layout") else one for one in signature)


# --- import, the first call, the cache --------------------------------------------------------


def run(code, **env):
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | env)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_numba_is_imported_by_the_first_call_alone():
    code = """
import sys
from softmax_lessons import compiled
print("numba" in sys.modules)
compiled.sigmoid([0.0])
print("numba" in sys.modules)
"""
    assert run(code) == ["False", "True"]


def test_a_missing_numba_is_named_with_its_extra():
    code = """
import sys
sys.modules["numba"] = None
from softmax_lessons import compiled
try:
    compiled.sigmoid([0.0])
except ImportError as error:
    print(error)
"""
    expected = 'softmax_lessons.compiled needs numba: pip install "softmax-lessons[compiled]"'
    assert " ".join(run(code)) == expected


def test_it_works_where_nothing_can_be_stored():
    """As in a package that is read-only, for a user without a home that can be written."""
    code = """
from numba.core import caching
for locator in caching.CacheImpl._locator_classes:
    locator.from_function = classmethod(lambda *_: None)
from softmax_lessons import compiled
print(compiled.sigmoid([0.0])[0])
"""
    assert run(code) == ["0.5"]


def test_docstrings_and_examples():
    assert run_examples(compiled) == set(compiled.__all__)
    for name in compiled.__all__:
        lacking = undocumented(getattr(compiled, name))
        assert lacking == []
    for name, twin in TWINS.items():
        assert twin.__doc__.replace("softmax_lessons.compiled", "softmax_lessons") == (
            NUMPY[name].__doc__
        )

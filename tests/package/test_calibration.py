"""Calibration: against scikit-learn, SciPy and plain Python, as properties, at the edges."""

import inspect
import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.exceptions import AxisError
from numpy.testing import assert_allclose, assert_array_equal
from support.docstrings import run_examples

from softmax_lessons import calibration, check_grad, cross_entropy, logsumexp, one_hot, softmax
from softmax_lessons.calibration import (
    ReliabilityCurve,
    brier_score,
    classwise_calibration_error,
    expected_calibration_error,
    fit_temperature,
    log_loss,
    maximum_calibration_error,
    reliability_curve,
)

MEASURES = {
    "brier_score": brier_score,
    "classwise_calibration_error": classwise_calibration_error,
    "expected_calibration_error": expected_calibration_error,
    "log_loss": log_loss,
    "maximum_calibration_error": maximum_calibration_error,
    "reliability_curve": reliability_curve,
}
BINNED = [
    reliability_curve,
    expected_calibration_error,
    maximum_calibration_error,
    classwise_calibration_error,
]
SCORES = [brier_score, log_loss]
FUNCTIONS = {**MEASURES, "fit_temperature": fit_temperature}
every_measure = pytest.mark.parametrize("measure", MEASURES.values(), ids=list(MEASURES))
every_function = pytest.mark.parametrize("function", FUNCTIONS.values(), ids=list(FUNCTIONS))
STRATEGIES = ["uniform", "quantile"]
BINS = [1, 2, 5, 10, 15, 37]

P = np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.3, 0.7]])
LABELS = np.array([0, 1, 0, 1])


def example(seed=0, n=500, classes=4, scale=3.0):
    """Logits and labels of a classifier that is too sure: its true temperature is 2."""
    rng = np.random.default_rng(seed)
    z = rng.normal(scale=scale, size=(n, classes))
    return z, drawn(softmax(z, temperature=2), rng)


def drawn(p, rng):
    """Labels with the probabilities ``p``."""
    return (rng.random((len(p), 1)) > p.cumsum(axis=-1)[:, :-1]).sum(axis=-1)


eighths = st.integers(-80, 80).map(lambda k: k / 8)


@st.composite
def batches(draw, elements=eighths, least=1):
    """Logits and labels."""
    shape = draw(st.integers(least, 12)), draw(st.integers(2, 6))  # one column is of two classes
    z = draw(hnp.arrays(np.float64, shape, elements=elements))
    return z, draw(hnp.arrays(np.intp, shape[0], elements=st.integers(0, shape[1] - 1)))


# --- the module -------------------------------------------------------------------------------


def test_the_package_does_not_import_it_and_it_needs_numpy_alone():
    code = """
import sys, softmax_lessons
print("softmax_lessons.calibration" in sys.modules)
import softmax_lessons.calibration
print([m for m in ("torch", "scipy", "sklearn", "matplotlib", "numpy.ma") if m in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["False", "[]"]


def test_every_public_name_has_an_example_that_runs():
    assert run_examples(calibration) == set(calibration.__all__)


@every_function
def test_docstrings_are_complete(function):
    text = inspect.getdoc(function)
    for section in ["Parameters", "Returns", "Raises", "See Also", "Notes", "References"]:
        assert f"\n{section}\n{'-' * len(section)}\n" in text
    for parameter in inspect.signature(function).parameters:
        assert f"\n{parameter} : " in text


# --- measures ---------------------------------------------------------------------------------


def bins_by_hand(p, labels, bins):
    """Mean confidence, accuracy and count of bins of equal width, in plain Python."""
    inside = {}
    for row, label in zip(p.tolist(), labels.tolist(), strict=True):
        confidence = max(row)
        place = next(k for k in range(1, bins + 1) if confidence <= k / bins or k == bins)
        inside.setdefault(place, []).append((confidence, row.index(confidence) == label))
    rows = [inside[place] for place in sorted(inside)]
    return [
        (math.fsum(c for c, _ in row) / len(row), sum(r for _, r in row) / len(row), len(row))
        for row in rows
    ]


@pytest.mark.parametrize("bins", BINS)
def test_the_curve_and_the_error_are_those_of_plain_python(bins):
    z, y = example()
    p = softmax(z)
    expected = bins_by_hand(p, y, bins)
    curve = reliability_curve(p, y, bins=bins)
    assert_allclose(np.transpose(curve), expected, rtol=1e-12)
    error = sum(n / 500 * abs(accuracy - confidence) for confidence, accuracy, n in expected)
    assert_allclose(expected_calibration_error(p, y, bins=bins), error, rtol=1e-12)


@pytest.mark.parametrize("bins", BINS)
@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("scale", [0.3, 3.0, 100.0])  # at 100, most confidences are exactly 1
def test_the_curve_is_that_of_scikit_learn(bins, strategy, scale):
    sklearn = pytest.importorskip("sklearn.calibration")
    z, y = example(scale=scale)
    p = softmax(z)
    right = p.argmax(axis=-1) == y
    accuracy, confidence = sklearn.calibration_curve(
        right, p.max(axis=-1), n_bins=bins, strategy=strategy
    )
    curve = reliability_curve(p, y, bins=bins, strategy=strategy)
    assert_allclose(curve.accuracy, accuracy, rtol=1e-12)
    assert_allclose(curve.confidence, confidence, rtol=1e-12)
    assert curve.counts.sum() == 500


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_scores_are_those_of_scikit_learn(classes):
    metrics = pytest.importorskip("sklearn.metrics")
    z, y = example(classes=classes)
    p = softmax(z)
    expected = metrics.brier_score_loss(
        y, p if classes > 2 else p[:, 1], labels=range(classes), scale_by_half=False
    )
    assert_allclose(brier_score(p, y), expected, rtol=1e-12)
    assert_allclose(cross_entropy(z, y), metrics.log_loss(y, p), rtol=1e-12)


@given(batches())
def test_the_brier_score_is_its_formula(batch):
    z, y = batch
    p = softmax(z)
    expected = math.fsum(
        (probability - (i == label)) ** 2
        for row, label in zip(p.tolist(), y.tolist(), strict=True)
        for i, probability in enumerate(row)
    ) / len(y)
    assert_allclose(brier_score(p, y), expected, rtol=1e-12, atol=1e-300)


def test_the_ends_of_the_measures():
    sure = np.eye(3)
    assert brier_score(sure, [0, 1, 2]) == expected_calibration_error(sure, [0, 1, 2]) == 0
    assert brier_score(sure, [1, 2, 0]) == 2
    assert expected_calibration_error(sure, [1, 2, 0]) == 1


def test_an_edge_belongs_to_the_bin_below_it():
    p = [[0.5, 0.5], [0.75, 0.25], [0.875, 0.125], [1.0, 0.0]]
    assert_array_equal(reliability_curve(p, [0] * 4, bins=4).counts, [1, 1, 2])


@pytest.mark.parametrize("bins", [25, 50, 100])
def test_an_edge_is_compared_and_not_calculated(bins):
    # 0.56 * 25 is 14.000000000000002
    p = [[0.555, 0.445], [0.56, 0.44]]
    assert_array_equal(reliability_curve(p, [0] * 2, bins=bins).counts, [2])


def test_the_error_is_that_of_the_diagram_unless_bins_say_otherwise():
    z, y = example()
    p = softmax(z)
    curve = reliability_curve(p, y)
    gaps = np.abs(curve.accuracy - curve.confidence)
    assert_allclose(expected_calibration_error(p, y), curve.counts @ gaps / 500, rtol=1e-12)
    assert expected_calibration_error(p, y) == expected_calibration_error(p, y, bins=10)


def test_equal_confidences_share_a_bin_of_equal_mass():
    p = np.tile([0.7, 0.3], (100, 1))
    p[:30] = 0.6, 0.4
    curve = reliability_curve(p, np.zeros(100, int), bins=5, strategy="quantile")
    assert_array_equal(curve.counts, [30, 70])


def test_ties_choose_the_first_class():
    assert reliability_curve([[0.5, 0.5]], [0]).accuracy == 1
    assert reliability_curve([[0.5, 0.5]], [1]).accuracy == 0


@given(batches(), st.integers(1, 20), st.sampled_from(STRATEGIES))
def test_the_curve_sums_up_the_batch(batch, bins, strategy):
    z, y = batch
    p = softmax(z)
    curve = reliability_curve(p, y, bins=bins, strategy=strategy)
    assert curve.counts.sum() == len(y)
    assert 0 < len(curve.counts) <= bins
    assert (curve.counts > 0).all()
    assert (np.diff(curve.confidence) > 0).all()
    assert_allclose(curve.counts @ curve.confidence, p.max(axis=-1).sum(), rtol=1e-12)
    assert_allclose(curve.counts @ curve.accuracy, (p.argmax(axis=-1) == y).sum(), rtol=1e-12)
    error = expected_calibration_error(p, y, bins=bins, strategy=strategy)
    assert 0 <= error <= 1
    gaps = np.abs(curve.accuracy - curve.confidence)
    assert_allclose(error, curve.counts @ gaps / len(y), rtol=1e-12, atol=1e-16)


@given(batches(), st.integers(1, 10), st.integers(2, 5), st.sampled_from(STRATEGIES))
def test_splitting_bins_never_lowers_the_error(batch, bins, parts, strategy):
    z, y = batch
    p = softmax(z)
    coarse = expected_calibration_error(p, y, bins=bins, strategy=strategy)
    fine = expected_calibration_error(p, y, bins=bins * parts, strategy=strategy)
    assert fine >= coarse - 1e-12


@given(batches())
def test_one_bin_compares_two_means(batch):
    z, y = batch
    p = softmax(z)
    gap = np.mean(p.argmax(axis=-1) == y) - p.max(axis=-1).mean()
    assert_allclose(expected_calibration_error(p, y, bins=1), abs(gap), rtol=1e-12, atol=1e-15)


def test_the_shares_of_the_classes_are_calibrated_and_know_nothing():
    y = np.repeat([0, 1, 2], [5, 3, 2])
    p = np.tile([0.5, 0.3, 0.2], (10, 1))
    for bins in BINS:
        for strategy in STRATEGIES:
            error = expected_calibration_error(p, y, bins=bins, strategy=strategy)
            assert_allclose(error, 0, atol=1e-15)
    better = 0.8 * one_hot(y, 3) + 0.2 / 3
    assert expected_calibration_error(better, y) > 0.1
    assert brier_score(better, y) < 0.1 * brier_score(p, y)


def test_calibration_is_what_the_bins_measure():
    rng = np.random.default_rng(1)
    p = softmax(rng.normal(scale=2, size=(200_000, 3)))
    y = drawn(p, rng)
    curve = reliability_curve(p, y)
    deviation = np.sqrt(curve.confidence * (1 - curve.confidence) / curve.counts)
    assert_array_equal(np.abs(curve.accuracy - curve.confidence) < 4 * deviation, True)
    assert expected_calibration_error(p, y) < 0.005
    assert expected_calibration_error(p[:100], y[:100]) > 0.02  # the bias of few examples


@given(st.integers(0, 1000))
def test_the_expected_brier_score_is_the_distance_plus_what_no_model_can_change(seed):
    p, q = softmax(np.random.default_rng(seed).normal(scale=2, size=(2, 4)))
    expected = sum(q[k] * brier_score(p[None], [k]) for k in range(4))
    assert_allclose(expected, np.sum((p - q) ** 2) + 1 - np.sum(q**2), rtol=1e-12)
    at_truth = sum(q[k] * brier_score(q[None], [k]) for k in range(4))
    assert at_truth <= expected + 1e-15


@every_measure
@pytest.mark.parametrize("axis", [0, 1, (0, 1), (0, 2), -2])
def test_classes_along_any_axis(measure, axis):
    rng = np.random.default_rng(2)
    shape = 2, 3, 4
    axes = {a % 3 for a in np.atleast_1d(axis)}
    p = softmax(rng.normal(size=shape), axis=axis)
    rest = [n for i, n in enumerate(shape) if i not in axes]
    n_classes = math.prod(n for i, n in enumerate(shape) if i in axes)
    labels = rng.integers(n_classes, size=rest)
    lines = np.moveaxis(p, sorted(axes), range(-len(axes), 0)).reshape(-1, n_classes)
    for ours, expected in zip(
        np.atleast_1d(measure(p, labels, axis=axis)),
        np.atleast_1d(measure(lines, labels.ravel())),
        strict=True,
    ):
        assert_array_equal(ours, expected)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_measures_are_float64_whatever_the_dtype(dtype):
    z, y = example(n=200)
    p = softmax(z.astype(dtype))
    wide = p.astype(np.float64)
    for measure in (brier_score, expected_calibration_error):
        assert type(measure(p, y)) is np.float64
        assert_allclose(measure(p, y), measure(wide, y), rtol=1e-12)
    curve, expected = reliability_curve(p, y), reliability_curve(wide, y)
    assert curve.confidence.dtype == curve.accuracy.dtype == np.float64
    assert curve.counts.dtype == np.intp
    for ours, theirs in zip(curve, expected, strict=True):
        assert_allclose(ours, theirs, rtol=1e-12)


@every_measure
@pytest.mark.parametrize("p", [[[1, 0], [0, 1]], np.eye(2, dtype=np.uint8), np.eye(2, dtype=bool)])
def test_whole_numbers_become_float64(measure, p):
    result = np.atleast_1d(measure(p, [0, 0]))[0]
    assert result.dtype == np.float64


@every_function
@pytest.mark.parametrize("order", ["C", "F"])
def test_nothing_is_changed(function, order):
    z, y = example(n=50)
    p = np.asarray(softmax(z), order=order)
    before = p.copy(), y.copy()
    p.flags.writeable = y.flags.writeable = False
    if function is fit_temperature:
        z.flags.writeable = False  # an assignment would raise
        function(z, y)
    else:
        function(p, y)
    assert_array_equal(p, before[0])
    assert_array_equal(y, before[1])


# --- what is refused --------------------------------------------------------------------------


@every_measure
@pytest.mark.parametrize(
    ("p", "message"),
    [
        ([[0.25, -0.8]], r"p must hold probabilities, 0 or above, got -0.8: for logits pass softm"),
        ([[2.0, 1.0]], r"p must sum to 1 along axis, got a row with the sum 3.0: for logits pass"),
        ([[0.5, np.nan]], r"p must hold probabilities, 0 or above, got nan"),
        ([[0.5, 0.4]], r"p must sum to 1 along axis, got a row with the sum 0.9"),
        (np.ones((0, 2)), r"p must hold at least one row, got shape \(0, 2\)"),
    ],
)
def test_what_is_no_probability(measure, p, message):
    with pytest.raises(ValueError, match=message):
        measure(p, np.zeros(len(p), int))


@every_function
@pytest.mark.parametrize(
    ("p", "labels", "error", "message"),
    [
        (P, [0, 1, 0], ValueError, r"must have the shape of \w+ without axis, \(4,\), got \(3,\)"),
        (P, P, ValueError, r"without axis, \(4,\), got \(4, 2\)"),
        (P, [0, 1, 0, 2], IndexError, "labels must be 0 or above and below 2, .* got 2"),
        (P, [0, 1, 0, -1], IndexError, "labels must be 0 or above and below 2, .* got -1"),
        (P, [0.0, 1.0, 0.0, 1.0], TypeError, r"labels must hold integers, got dtype float64"),
        (P, np.ma.array(LABELS), TypeError, r"labels is a masked array: pass labels.filled"),
        (P * 1j, LABELS, TypeError, r"must hold real numbers, got dtype complex128"),
        (np.ma.array(P), LABELS, TypeError, r"is a masked array: pass \w+.filled\(value\)"),
        (P.astype(str), LABELS, TypeError, r"pass numpy.asarray\(\w+, dtype=float\)"),
        (0.5, 0, AxisError, "axis -1 is out of bounds"),
    ],
)
def test_wrong_arguments(function, p, labels, error, message):
    with pytest.raises(error, match=message) as caught:
        function(p, labels)
    if p is not P and error is TypeError:  # the argument is called by its name
        assert str(caught.value).startswith("logits" if function is fit_temperature else "p ")


def test_torch_tensors_are_refused_with_a_hint():
    torch = pytest.importorskip("torch")
    with pytest.raises(TypeError, match=r"p is a torch tensor: pass p.detach\(\).numpy\(\)"):
        expected_calibration_error(torch.tensor(P), LABELS)
    with pytest.raises(TypeError, match=r"labels is a torch tensor: pass labels.detach\(\)"):
        fit_temperature(P, torch.tensor(LABELS))


@pytest.mark.parametrize("function", BINNED)
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"bins": 0}, ValueError, "bins must be 1 or more, got 0"),
        ({"bins": 2.5}, TypeError, "bins must be an integer, got 2.5"),
        ({"bins": None}, TypeError, "bins must be an integer, got None"),
        (
            {"strategy": "width"},
            ValueError,
            "strategy must be 'uniform' or 'quantile', got 'width'",
        ),
    ],
)
def test_wrong_bins(function, arguments, error, message):
    with pytest.raises(error, match=message):
        function(P, LABELS, **arguments)


# --- the temperature --------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_the_temperature_is_where_scipy_finds_it(seed, unit):
    optimize = pytest.importorskip("scipy.optimize")
    z, y = example(seed)
    z *= unit

    def loss(log_t):
        return cross_entropy(z / math.exp(log_t), y)

    start = math.log(unit)
    found = optimize.minimize_scalar(loss, bracket=(start, start + 2), options={"xtol": 1e-10})
    t = fit_temperature(z, y)
    assert_allclose(t, math.exp(found.x), rtol=1e-6)
    assert cross_entropy(z / t, y) <= found.fun * (1 + 1e-14)
    assert 1.5 * unit < t < 2.5 * unit  # the labels were drawn at 2


@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_inverse_of_the_weight_of_logistic_regression(seed):
    # With two classes and the lead as the only feature, T is 1 / w.
    linear = pytest.importorskip("sklearn.linear_model")
    z, y = example(seed, classes=2)
    model = linear.LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-12)
    model.fit((z[:, 1] - z[:, 0])[:, None], y)
    assert_allclose(fit_temperature(z, y), 1 / model.coef_[0, 0], rtol=1e-6)


@pytest.mark.parametrize("lead", [1e-100, 1e-3, 1.0, 10.0, 1e100, 1e305])
@pytest.mark.parametrize("right", [51, 60, 90, 99])
def test_two_scores_that_are_right_so_often(lead, right):
    z = np.tile([lead, 0.0], (100, 1))
    labels = np.repeat([0, 1], [right, 100 - right])
    assert_allclose(fit_temperature(z, labels), lead / math.log(right / (100 - right)), rtol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_temperature_of_scikit_learn(seed):
    sklearn = pytest.importorskip("sklearn")
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.frozen import FrozenEstimator

    class Echo(sklearn.base.ClassifierMixin, sklearn.base.BaseEstimator):
        """A classifier whose input is its scores."""

        def fit(self, x, y):
            self.classes_ = np.unique(y)
            return self

        def decision_function(self, x):
            return x

        def predict(self, x):
            return x.argmax(axis=-1)

    z, y = example(seed)
    model = CalibratedClassifierCV(FrozenEstimator(Echo().fit(z, y)), method="temperature")
    theirs = model.fit(z, y).predict_proba(z)
    assert_allclose(softmax(z, temperature=fit_temperature(z, y)), theirs, rtol=1e-4)


def test_the_slope_of_the_loss_is_the_mean_score_minus_that_of_the_label():
    z, y = example(n=50)

    def slope(b):
        p = softmax(b[0] * z)
        return np.array([np.mean((p * z).sum(axis=-1) - z[np.arange(50), y])])

    for b in (0.1, 0.5, 2.0):
        assert check_grad(lambda b: cross_entropy(b[0] * z, y), slope, np.array([b]))


def test_the_curvature_of_the_loss_is_the_variance_of_the_scores():
    z, y = example(n=50)
    for b in (0.1, 0.5, 2.0):
        p = softmax(b * z)
        mean = (p * z).sum(axis=-1, keepdims=True)
        variance = (p * (z - mean) ** 2).sum(axis=-1).mean()
        h = 1e-3
        around = [cross_entropy((b + d) * z, y) for d in (-h, 0, h)]
        assert_allclose((around[0] - 2 * around[1] + around[2]) / h**2, variance, rtol=1e-5)


@given(batches(least=2))
def test_the_loss_is_the_log_sum_exp_minus_the_score_at_each_inverse_temperature(batch):
    z, y = batch
    for b in (0.25, 1.0, 3.0):
        each = logsumexp(b * z) - b * z[np.arange(len(y)), y]
        assert_allclose(cross_entropy(z / (1 / b), y), each.mean(), rtol=1e-12, atol=1e-12)


def fitted(z, y):
    """The temperature, or the way in which there is none."""
    try:
        return fit_temperature(z, y)
    except ValueError as error:
        return str(error)


@given(batches())
def test_there_is_a_best_temperature_or_a_reason_why_not(batch):
    z, y = batch
    own = z[np.arange(len(y)), y]
    t = fitted(z, y)
    if (z == z[:, :1]).all():
        assert t == calibration.ALL_EQUAL
    elif math.fsum(own) * z.shape[1] <= math.fsum(z.ravel()):  # exact: these are eighths
        assert t == calibration.FALLS_WITH_HEAT
    elif (own == z.max(axis=-1)).all():
        assert t == calibration.FALLS_WITH_COLD
    else:
        p = softmax(z, temperature=t)
        spread = np.abs(z - z.max(axis=-1, keepdims=True)).max()
        assert_allclose((p * z).sum(), own.sum(), atol=1e-9 * len(y) * spread)
        best = cross_entropy(z / t, y)
        assert best <= cross_entropy(z / (1.01 * t), y)
        assert best <= cross_entropy(z / (0.99 * t), y)


@given(batches(), st.integers(-12, 12), st.integers(-100, 100))
def test_it_moves_with_the_unit_and_not_with_the_level(batch, power, level):
    z, y = batch
    t = fitted(z, y)
    if isinstance(t, str):
        assert fitted(z * 2.0**power + level, y) == t
    else:
        moved = fit_temperature((z + level) * 2.0**power, y)
        assert_allclose(moved, t * 2.0**power, rtol=1e-9)


@given(batches(elements=st.floats(allow_nan=False, allow_infinity=False)))
def test_floats_of_any_size_get_an_answer_or_an_error(batch):
    t = fitted(*batch)
    if isinstance(t, str):
        assert t.startswith(("there is no best temperature: ", "the best temperature lies beyond"))
        halves = batch[0] / 2  # the smallest difference of two floats may get lost
        assert (t == calibration.ALL_EQUAL) == (halves == halves[:, :1]).all()
    else:
        assert type(t) is float
        assert 0 < t < math.inf


def test_it_takes_few_steps(monkeypatch):
    calls = []
    slopes = calibration.slopes
    monkeypatch.setattr(calibration, "slopes", lambda *a: calls.append(a) or slopes(*a))
    for seed in range(200):
        rng = np.random.default_rng(seed)
        z = rng.normal(size=(40, 5)) * 10.0 ** rng.normal(scale=2, size=(40, 1))
        y = np.where(rng.random(40) < rng.random(), z.argmax(axis=-1), rng.integers(5, size=40))
        calls.clear()
        fitted(z, y)
        assert len(calls) < 60


def test_it_keeps_every_choice_and_mends_the_confidence():
    z, y = example(n=5000)
    before, after = softmax(z), softmax(z, temperature=fit_temperature(z, y))
    assert_array_equal(before.argmax(axis=-1), after.argmax(axis=-1))
    assert expected_calibration_error(after, y) < 0.3 * expected_calibration_error(before, y)
    assert brier_score(after, y) < brier_score(before, y)


@pytest.mark.parametrize(
    ("logits", "labels", "message"),
    [
        ([[2, 0], [0, 1]], [0, 1], "every label has the highest score of its row, so the loss on"),
        ([[2, 2, 0], [0, 1, 0]], [1, 1], "every label has the highest score of its row"),
        ([[2, 0], [0, 1]], [1, 0], "on average the score of the label is no higher than the mean"),
        ([[2, 0], [2, 0]], [0, 1], "Do the labels belong to these logits"),
        ([[1, 1], [3, 3]], [0, 1], "all scores of each row are equal, so every temperature gives"),
        (np.zeros((4, 3)), [0, 1, 2, 0], "all scores of each row are equal"),
        (np.tile([0.1, 0.2, 0.6], (3, 1)), [0, 1, 2], "on average the score of the label is no"),
        ([[5], [7]], [0, 0], "on average the score of the label is no higher"),
        ([[5], [7]], [1, 1], "every label has the highest score of its row"),
        ([[0], [0]], [0, 1], "all scores of each row are equal"),
        ([[1e308, -1e308]] * 3, [0, 0, 1], "the best temperature lies beyond the range of floats"),
        ([[1e-310, 0]] * 3, [0, 0, 1], r"pass logits of an ordinary size, got scores up to 1e-310"),
        ([[1, np.inf]], [0], "logits must be finite, got inf"),
        ([[1, 2], [np.nan, 0]], [0, 0], "logits must be finite, got nan"),
        ([[-np.inf, 2]], [0], "logits must be finite, got -inf"),
        (np.ones((0, 3)), np.ones(0, int), r"logits must hold at least one row, got shape \(0, 3"),
    ],
)
def test_where_there_is_no_temperature(logits, labels, message):
    with pytest.raises(ValueError, match=message):
        fit_temperature(logits, labels)


def test_scores_of_very_different_sizes():
    z = [[1e308, 0], [1e-10, 0], [0, 1e-10], [1e-10, 0]]
    assert_allclose(fit_temperature(z, [0, 0, 1, 1]), 1e-10 / math.log(2), rtol=1e-9)


def test_where_newton_alone_would_leave_the_bracket():
    # The slope is 0 where exp(-b) is 0.5e-150. A little above, the curvature is all but 0.
    t = fit_temperature([[1.0, 0.0], [1e-150, 0.0]], [0, 1])
    assert_allclose(t, 1 / math.log(2e150), rtol=1e-11)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble, np.int16])
def test_the_temperature_is_a_float_whatever_the_logits(dtype):
    z, y = example()
    z = (10 * z).astype(dtype)
    t = fit_temperature(z, y)
    assert type(t) is float
    assert_allclose(t, fit_temperature(z.astype(float), y), rtol=1e-9)


def test_the_temperature_along_another_axis():
    z, y = example(n=60)
    assert fit_temperature(z.T, y, axis=0) == fit_temperature(z, y)
    grid = z.reshape(6, 10, 2, 2)
    assert fit_temperature(grid, y.reshape(6, 10), axis=(2, 3)) == fit_temperature(z, y)


def test_the_curve_has_names():
    curve = reliability_curve(P, LABELS)
    assert isinstance(curve, ReliabilityCurve)
    assert curve._fields == ("confidence", "accuracy", "counts")


# --- edges of bins ----------------------------------------------------------------------------


def test_bins_that_split_others_have_their_edges():
    p = [[0.2 + 0.4, 0.4], [0.63, 0.37]]  # 0.6000000000000001
    coarse = expected_calibration_error(p, [1, 0], bins=5)
    assert expected_calibration_error(p, [1, 0], bins=15) >= coarse


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("bins", [3, 5, 7, 10, 15])
@pytest.mark.parametrize("parts", [2, 3, 10])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_confidences_on_edges_and_beside_them(dtype, bins, parts, strategy):
    edges = (np.arange(1, bins) / bins).astype(dtype)
    c = np.concatenate([np.nextafter(edges, dtype(0)), edges, np.nextafter(edges, dtype(1))])
    y = np.arange(c.size) % 2
    coarse = reliability_curve(c, y, bins=bins, strategy=strategy)
    fine = reliability_curve(c, y, bins=bins * parts, strategy=strategy)
    if strategy == "uniform":  # the edge and what is just below it, with what is above the last
        assert_array_equal(coarse.counts, [2, *[3] * (bins - 2), 1])
    assert set(coarse.counts.cumsum()) <= set(fine.counts.cumsum()), "no fine bin lies across"


@pytest.mark.parametrize("measure", BINNED)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_float32_and_float64_sort_the_same_numbers_alike(measure, strategy):
    p = np.array([[0.6, 0.4], [0.55, 0.45], [0.7, 0.3], [0.1, 0.9], [0.8, 0.2]])
    y = [0, 1, 0, 0, 1]
    for bins in (2, 3, 5, 10, 20):
        wide = measure(p, y, bins=bins, strategy=strategy)
        for dtype, tolerance in ((np.float32, 1e-6), (np.float16, 1e-3)):
            short = measure(p.astype(dtype), y, bins=bins, strategy=strategy)
            for ours, expected in zip(np.atleast_1d(short), np.atleast_1d(wide), strict=True):
                assert_allclose(ours, expected, atol=tolerance)


def test_the_two_rows_that_float32_told_apart():
    p = np.array([[0.6, 0.4], [0.55, 0.45]])
    for dtype in (np.float32, np.float64):
        assert_allclose(expected_calibration_error(p.astype(dtype), [0, 1]), 0.075, rtol=1e-5)


def test_where_the_bins_are_not_those_of_scikit_learn():
    c, y = np.linspace(0.55, 0.95, 4), np.arange(4) % 2
    assert_array_equal(reliability_curve(c, y, bins=3, strategy="quantile").counts, [2, 1, 1])
    # as the docstring says
    sklearn = pytest.importorskip("sklearn.calibration")
    assert len(sklearn.calibration_curve(y, c, n_bins=3, strategy="quantile")[0]) == 2
    assert "2, 1 and 1 here" in reliability_curve.__doc__


@pytest.mark.parametrize("bins", BINS)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_one_column_is_what_scikit_learn_takes(bins, strategy):
    sklearn = pytest.importorskip("sklearn.calibration")
    rng = np.random.default_rng(3)
    for _ in range(20):
        n = rng.integers(20, 400)
        while strategy == "quantile" and math.gcd(n - 1, bins) > 1:  # an edge would lie on one
            n += 1
        p = rng.random(n)
        y = (rng.random(p.size) < p).astype(int)
        accuracy, confidence = sklearn.calibration_curve(y, p, n_bins=bins, strategy=strategy)
        for column in (p, p[:, None]):
            curve = reliability_curve(column, y, bins=bins, strategy=strategy)
            assert_allclose(curve.accuracy, accuracy, rtol=1e-12, atol=1e-15)
            assert_allclose(curve.confidence, confidence, rtol=1e-12)


# --- probabilities in one column --------------------------------------------------------------

COLUMN, IS_ONE = np.array([0.2, 0.7, 0.9, 0.4]), np.array([0, 1, 1, 1])


@pytest.mark.parametrize("labels", [IS_ONE, IS_ONE[:, None]], ids=["flat", "column"])
@pytest.mark.parametrize("score", SCORES)
def test_scores_of_one_column_are_those_of_two(score, labels):
    two = np.stack([1 - COLUMN, COLUMN], axis=-1)
    assert_allclose(score(COLUMN, IS_ONE), score(two, IS_ONE), rtol=1e-12)
    assert_allclose(score(COLUMN[:, None], labels), score(two, IS_ONE), rtol=1e-12)
    each = score(COLUMN[:, None], labels, reduction="none")
    assert each.shape == labels.shape
    assert_allclose(each.ravel(), score(two, IS_ONE, reduction="none"), rtol=1e-12)


@pytest.mark.parametrize("measure", BINNED)
def test_one_column_has_one_meaning_in_any_shape(measure):
    expected = measure(COLUMN, IS_ONE)
    for p, labels, axis in (
        (COLUMN[:, None], IS_ONE, -1),
        (COLUMN[:, None], IS_ONE[:, None], -1),
        (COLUMN[None, :], IS_ONE, 0),
        (COLUMN.reshape(2, 2, 1), IS_ONE.reshape(2, 2), -1),
        (COLUMN.tolist(), IS_ONE.tolist(), -1),
    ):
        for ours, theirs in zip(
            np.atleast_1d(measure(p, labels, axis)), np.atleast_1d(expected), strict=True
        ):
            assert_array_equal(ours, theirs)


def test_the_errors_of_one_column_are_of_class_one():
    gaps = np.abs(COLUMN - IS_ONE)  # each in a bin of its own
    assert_allclose(expected_calibration_error(COLUMN, IS_ONE), gaps.mean(), rtol=1e-12)
    assert_allclose(maximum_calibration_error(COLUMN, IS_ONE), gaps.max(), rtol=1e-12)
    assert_allclose(classwise_calibration_error(COLUMN, IS_ONE), gaps.mean(), rtol=1e-12)


def test_the_log_loss_of_a_tiny_probability_in_one_column():
    assert_allclose(log_loss([1e-20], [0]), 1e-20, rtol=1e-12)
    assert log_loss([1.0, 0.0], [1, 0]) == 0
    assert log_loss([1.0], [0]) == log_loss([0.0], [1]) == np.inf


def test_the_temperature_of_one_column_is_that_of_two():
    z, y = example(classes=2)
    lead = z[:, 1] - z[:, 0]
    for column in (lead, lead[:, None]):
        assert_allclose(fit_temperature(column, y), fit_temperature(z, y), rtol=1e-9)


@every_measure
@pytest.mark.parametrize("bad", [-0.1, 1.1, np.nan, 3.0])
def test_what_is_no_probability_of_class_one(measure, bad):
    message = f"from 0 to 1, got {bad}: for logits pass sigmoid"
    with pytest.raises(ValueError, match=message):
        measure([0.5, bad], [0, 1])
    with pytest.raises(ValueError, match=message):
        measure([[0.5], [bad]], [0, 1])


@every_measure
def test_labels_of_another_shape_than_the_column(measure):
    message = r"labels must have the shape of p, \(4,\), which is one column, got "
    with pytest.raises(ValueError, match=message + r"\(3,\)$"):
        measure(COLUMN, IS_ONE[:3])
    with pytest.raises(ValueError, match=message + r"\(1, 4\): pass numpy.reshape\(labels, \(4,\)"):
        measure(COLUMN, IS_ONE[None])


@every_measure
def test_labels_of_one_column_are_0_and_1(measure):
    with pytest.raises(IndexError, match="labels must be 0 or above and below 2"):
        measure([0.5, 0.2], [0, 2])


# --- the largest distance, and that of each class ---------------------------------------------


@given(batches(), st.integers(1, 20), st.sampled_from(STRATEGIES))
def test_the_maximum_error_is_the_largest_gap_of_the_curve(batch, bins, strategy):
    z, y = batch
    p = softmax(z)
    curve = reliability_curve(p, y, bins=bins, strategy=strategy)
    largest = maximum_calibration_error(p, y, bins=bins, strategy=strategy)
    assert_allclose(largest, np.abs(curve.accuracy - curve.confidence).max(), rtol=1e-12)
    assert largest >= expected_calibration_error(p, y, bins=bins, strategy=strategy) - 1e-15


@given(batches(), st.integers(1, 20), st.sampled_from(STRATEGIES))
def test_the_classwise_error_is_the_mean_over_columns(batch, bins, strategy):
    z, y = batch
    p = softmax(z)
    each = [
        expected_calibration_error(p[:, k], (y == k).astype(int), bins=bins, strategy=strategy)
        for k in range(p.shape[1])
    ]
    ours = classwise_calibration_error(p, y, bins=bins, strategy=strategy)
    assert_allclose(ours, np.mean(each), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("bins", BINS)
def test_the_classwise_error_is_that_of_scikit_learn_and_numpy(bins):
    sklearn = pytest.importorskip("sklearn.calibration")
    z, y = example()
    p = softmax(z)
    errors = []
    for k in range(4):
        accuracy, confidence = sklearn.calibration_curve(y == k, p[:, k], n_bins=bins)
        counts, _ = np.histogram(p[:, k], np.linspace(0, 1, bins + 1))
        errors.append(counts[counts > 0] @ np.abs(accuracy - confidence) / len(y))
    assert_allclose(classwise_calibration_error(p, y, bins=bins), np.mean(errors), rtol=1e-9)


def test_the_classwise_error_sees_what_the_largest_probabilities_hide():
    p = np.tile([0.5, 0.4, 0.1], (10, 1))
    y = np.repeat([0, 2], 5)  # the first class is right half the time
    assert expected_calibration_error(p, y) == 0
    assert_allclose(classwise_calibration_error(p, y), (0 + 0.4 + 0.4) / 3, rtol=1e-12)


# --- by row -----------------------------------------------------------------------------------


@given(batches())
def test_the_log_loss_is_the_cross_entropy_of_the_logits(batch):
    z, y = batch
    for reduction in ("mean", "sum", "none"):
        ours = log_loss(softmax(z), y, reduction=reduction)
        assert_allclose(ours, cross_entropy(z, y, reduction=reduction), rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_the_log_loss_is_that_of_scikit_learn(classes):
    metrics = pytest.importorskip("sklearn.metrics")
    z, y = example(classes=classes)
    p = softmax(z)
    assert_allclose(log_loss(p, y), metrics.log_loss(y, p), rtol=1e-12)
    if classes == 2:
        assert_allclose(log_loss(p[:, 1], y), metrics.log_loss(y, p[:, 1]), rtol=1e-9)
        half = metrics.brier_score_loss(y, p[:, 1])
        assert_allclose(brier_score(p[:, 1], y), 2 * half, rtol=1e-12)


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_scores_by_row(score, dtype):
    z, y = example(n=60)
    p = softmax(z.astype(dtype))
    each = score(p, y, reduction="none")
    assert each.shape == (60,)
    assert each.dtype == np.float64
    assert_allclose(score(p, y), each.mean(), rtol=1e-12)
    assert_allclose(score(p, y, reduction="sum"), each.sum(), rtol=1e-12)
    for i in (0, 7):
        assert_allclose(score(p[i], y[i]), each[i], rtol=1e-12)
    grid = score(p.reshape(6, 10, 4), y.reshape(6, 10), reduction="none")
    assert_array_equal(grid, each.reshape(6, 10))
    first = score(p.T, y, axis=0, reduction="none")
    assert_array_equal(first, each)


@pytest.mark.parametrize("score", SCORES)
def test_a_reduction_that_is_unknown(score):
    message = "reduction must be 'none', 'mean' or 'sum', got 'median'"
    with pytest.raises(ValueError, match=message):
        score(P, LABELS, reduction="median")


def test_a_label_of_probability_zero():
    assert log_loss([[1.0, 0.0]], [1]) == np.inf
    assert str(log_loss([[1.0, 0.0]], [0])) == "0.0"


@every_function
def test_nothing_warns(function):
    z, y = example(n=30)
    p = softmax(1000 * z)
    with np.errstate(all="raise"):
        if function is fit_temperature:
            assert function(1e150 * z, y) > 0
        else:
            function(p, y)
            function([[1.0, 1e-200]], [0])
            function([1e-200, 1.0], [0, 0])


# --- arguments that are something else --------------------------------------------------------


@every_function
@pytest.mark.parametrize("rows", [P, P[:, 1]], ids=["two columns", "one column"])
def test_arguments_in_the_order_of_scikit_learn(function, rows):
    message = (
        "holds whole numbers, and labels holds fractions: these two arguments seem to be swapp"
    )
    with pytest.raises(ValueError, match=message):
        function(LABELS, rows)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("classes", [2, 5])
def test_probabilities_for_logits(dtype, classes):
    z, y = example(classes=classes)
    p = softmax(z.astype(dtype))
    with pytest.raises(ValueError, match="the logits look like probabilities: each row sums to 1"):
        fit_temperature(p, y)
    # Both ways that the message names work.
    assert_allclose(fit_temperature(np.log(softmax(z)), y), fit_temperature(z, y), rtol=1e-9)
    assert fit_temperature(p + 1, y) > 0
    with pytest.raises(ValueError, match="look like probabilities: all lie between 0 and 1"):
        fit_temperature(p[:, 1], (y == 1).astype(int))


LONG = np.finfo(np.longdouble).maxexp > 1024  # on some machines, longdouble is float64


@pytest.mark.parametrize("power", ["400", "-400"] if LONG else ["308", "-308"])
def test_longdouble_scores_beyond_float64(power):
    z, y = example(n=50)
    with pytest.raises(ValueError, match="the best temperature lies beyond the range of floats"):
        fit_temperature(z.astype(np.longdouble) * np.longdouble(f"1e{power}"), y)
    large = np.longdouble("1e400" if LONG else "1e300")
    mixed = np.array([[large, 0], [2, 0], [0, 2], [2, 0]], np.longdouble)
    assert_allclose(fit_temperature(mixed, [0, 0, 0, 0]), 2 / math.log(2), rtol=1e-9)


@pytest.mark.parametrize(
    "labels",
    [[0, 1, 1], ["seal", "panda", "panda"], np.array(["b", "a", "a"], object)],
    ids=["numbers", "text", "objects"],
)
@pytest.mark.parametrize("logits", [[[2.0, 1.0], [0.0, 3.0], [1.0, 0.0]], [[0.5, 1.5]] * 3])
def test_swapped_arguments_are_named(labels, logits):
    with pytest.raises(ValueError, match=r"seem to be swapped. Pass logits first, then labels$"):
        fit_temperature(labels, logits)


def test_labels_in_a_column_are_not_taken_for_swapped():
    with pytest.raises(ValueError, match=r"pass numpy.reshape\(labels, \(3,\)\)$"):
        fit_temperature([0.0, 1.0, 1.0], [[0.0], [1.0], [1.0]])


def test_scores_as_text_are_not_taken_for_labels():
    with pytest.raises(TypeError, match=r"pass numpy.asarray\(logits, dtype=float\)$"):
        fit_temperature([["1", "2"], ["3", "4"]], [0, 1])

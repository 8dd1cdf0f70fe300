"""Whoever does what an error says succeeds: the advice is run, not read."""

import datetime
import re
from fractions import Fraction

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from support.family import Z

from softmax_lessons import (
    binary_cross_entropy,
    cross_entropy,
    cross_entropy_and_grad,
    hardmax,
    log_softmax,
    logsumexp,
    one_hot,
    sigmoid,
    softmax,
    softmax_jacobian,
    softmax_vjp,
)
from softmax_lessons.calibration import (
    brier_score,
    expected_calibration_error,
    fit_temperature,
    reliability_curve,
)

TAKES_SCORES = {
    "x": [softmax, log_softmax, logsumexp, hardmax, sigmoid, softmax_jacobian],
    "logits": [lambda logits: cross_entropy(logits, 0)],
    "p": [lambda p: softmax_vjp(p, Z)],
}
TAKES_LABELS = {
    "target": [cross_entropy, cross_entropy_and_grad],
    "labels": [brier_score, expected_calibration_error, reliability_curve],
}
P = softmax([Z, Z[::-1], np.square(Z)])


def message_of(call, *arguments, **keywords):
    """What the error says that the call must raise."""
    with pytest.raises((TypeError, ValueError)) as caught:
        call(*arguments, **keywords)
    return str(caught.value)


def follow(code, message, **names):
    """Run the advice, which stands in the message word for word."""
    assert code in message
    return eval(code, {"numpy": np, **names})


def cases(table):
    return [
        pytest.param(name, f, id=f"{name}{i}") for name in table for i, f in enumerate(table[name])
    ]


# --- numbers that NumPy does not hold as numbers ----------------------------------------------


@pytest.mark.parametrize(("name", "function"), cases(TAKES_SCORES))
@pytest.mark.parametrize(
    ("value", "code"),
    [
        ([1 + 0j, 2, 3], "numpy.real({0})"),
        (np.array([1 + 0j, 2, 3]), "numpy.abs({0})"),
        (np.array([1, 2, 3], object), "numpy.asarray({0}, dtype=float)"),
        ([Fraction(1, 2), 2, 10**30], "numpy.asarray({0}, dtype=float)"),
        ([1.0, None, 2.0], "numpy.asarray({0}, dtype=float)"),
        (["1", "2", "3e5"], "numpy.asarray({0}, dtype=float)"),
        ([b"1", b"2", b"3"], "numpy.asarray({0}, dtype=float)"),
        (np.array(["1", "2", "3"], np.dtypes.StringDType()), "numpy.asarray({0}, dtype=float)"),
        ({"a": 1.0, "b": 2.0, "c": 3.0}, "numpy.array(list({0}.values()), dtype=float)"),
        ({1.0, 2.0, 3.0}, "numpy.array(list({0}), dtype=float)"),
        ({"a": 1.0, "b": 2.0, "c": 3.0}.values(), "numpy.array(list({0}), dtype=float)"),
        (iter([1.0, 2.0, 3.0]), "numpy.array(list({0}), dtype=float)"),
        (
            np.array(["2024-01-01", "2024-01-03", "2024-01-02"], "M8[D]"),
            "numpy.subtract({0}, numpy.min({0})) / numpy.timedelta64(1, 's')",
        ),
        (
            [np.datetime64("2024-01"), np.datetime64("2025-02"), np.datetime64("2024-12")],
            "numpy.subtract({0}, numpy.min({0})) / numpy.timedelta64(1, 'M')",
        ),
        ([np.timedelta64(1, "h")] * 3, "numpy.divide({0}, numpy.timedelta64(1, 's'))"),
        (np.array([1, 2, 3], "m8[Y]"), "numpy.divide({0}, numpy.timedelta64(1, 'Y'))"),
    ],
)
def test_what_can_be_made_numbers(name, function, value, code):
    message = message_of(function, value)
    if isinstance(value, type(iter([]))):
        value = iter([1.0, 2.0, 3.0])
    numbers = follow(code.format(name), message, **{name: value})
    assert numbers.dtype == np.float64
    function(numbers)


@pytest.mark.parametrize(
    ("value", "numbers"),
    [
        ({0: 5.0, 1: 2.0, 2: 0.0}, [5, 2, 0]),
        ({0: "5", 1: "2", 2: "0"}, [5, 2, 0]),
        ({"1": 5.0, "0": 2.0, "2": 0.0}, [5, 2, 0]),
        ({0.5: 5.0, 0.25: 2.0, 3.0: 0.0}, [5, 2, 0]),
    ],
)
def test_a_mapping_is_its_values(value, numbers):
    for name, functions in TAKES_SCORES.items():
        code = f"numpy.array(list({name}.values()), dtype=float)"
        fixed = follow(code, message_of(functions[0], value), **{name: value})
        assert_array_equal(functions[0](fixed), functions[0](numbers))


@pytest.mark.parametrize("weight", [{0: 10.0, 1: 1.0, 2: 2.0}, {2: 2.0, 0: 10.0, 1: 1.0}])
def test_class_weights_by_their_class_number(weight):
    message = message_of(cross_entropy, P, [0, 1, 2], weight=weight)
    fixed = follow(message.rpartition("pass ")[2], message, weight=weight)
    expected = cross_entropy(P, [0, 1, 2], weight=[10, 1, 2])
    assert cross_entropy(P, [0, 1, 2], weight=fixed) == expected


def test_records():
    import numpy.lib.recfunctions  # noqa: F401, for the advice

    records = np.array([(1.0, 2.0)], "f4,f4")
    code = "numpy.lib.recfunctions.structured_to_unstructured(x)"
    numbers = follow(code, message_of(softmax, records), x=records)
    assert_allclose(softmax(numbers), softmax([[1.0, 2.0]]), rtol=1e-6)


def test_an_object_array_of_even_rows():
    rows = np.empty(2, object)
    rows[:] = [[1.0, 2.0], [3.0, 4.0]]
    numbers = follow("numpy.array(list(x), dtype=float)", message_of(softmax, rows), x=rows)
    assert_array_equal(softmax(numbers), softmax([[1.0, 2.0], [3.0, 4.0]]))


@pytest.mark.parametrize("dtype", ["bfloat16", "float8_e4m3fn", "float8_e5m2", "int4"])
def test_short_floats_that_are_not_numpys(dtype):
    ml_dtypes = pytest.importorskip("ml_dtypes")
    x = np.array([1, 2, 3], getattr(ml_dtypes, dtype))
    for name, functions in TAKES_SCORES.items():
        for function in functions:
            code = f"numpy.asarray({name}).astype(numpy.float32)"
            numbers = follow(code, message_of(function, x), **{name: x})
            assert numbers.dtype == np.float32
            function(numbers)


@pytest.mark.parametrize("value", [object(), "text", ["a", "b"], [None, "a"], [datetime.date.min]])
def test_what_cannot_be_made_numbers_gets_no_advice_that_fails(value):
    message = message_of(softmax, value)
    assert message.startswith("x must hold real numbers, got dtype ")
    assert ", such as " in message
    assert "pass" not in message


# --- sparse, uneven, masked -------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["csr_matrix", "csr_array", "coo_array", "dok_matrix"])
def test_sparse_matrices(kind):
    sparse = pytest.importorskip("scipy.sparse")
    x = getattr(sparse, kind)(np.array([Z, Z]))
    for name, functions in TAKES_SCORES.items():
        message = message_of(functions[0], x)
        assert message == f"{name} is a sparse matrix: pass {name}.toarray()"
    assert_array_equal(softmax(x.toarray()), softmax([Z, Z]))
    labels = getattr(sparse, kind)(np.array([[0], [2]]))
    message = message_of(cross_entropy, [Z, Z], labels)
    fixed = follow("target.toarray().ravel()", message, target=labels)
    assert cross_entropy([Z, Z], fixed) == cross_entropy([Z, Z], [0, 2])
    assert "where is a sparse matrix" in message_of(softmax, [Z, Z], where=x)


UNEVEN = np.empty(2, object)
UNEVEN[:] = [[1.0, 2.0, 3.0], [4.0, 5.0]]


@pytest.mark.parametrize(
    "rows",
    [[[1.0, 2.0, 3.0], [4.0, 5.0]], UNEVEN, [np.ones(3), np.ones(2)]],
    ids=["list", "object", "arrays"],
)
def test_rows_of_different_lengths(rows):
    message = message_of(softmax, rows)
    assert "x has rows of different lengths: pad them to one length, and pass where=mask" in message
    padded, mask = np.zeros((2, 3)), np.zeros((2, 3), bool)
    for i, row in enumerate(rows):
        padded[i, : len(row)], mask[i, : len(row)] = row, True
    p = softmax(padded, where=mask)
    for i, row in enumerate(rows):
        assert_allclose(p[i, : len(row)], softmax(row), rtol=1e-15)
    padded[~mask] = -np.inf  # for functions without where
    assert_allclose(cross_entropy(padded, [1, 0], reduction="none")[1], cross_entropy(rows[1], 0))


@pytest.mark.parametrize(
    ("x", "labels"),
    [(np.ma.masked_less(Z, 0), 0), (np.ma.array(Z), 0), (Z, np.ma.array(1, mask=True))],
    ids=["scores", "no mask", "label"],
)
def test_masked_arrays_in_every_argument(x, labels):
    message = message_of(cross_entropy, x, labels)
    if isinstance(labels, np.ma.MaskedArray):
        fixed = follow("target.filled(value)", message, target=labels, value=2)
        assert cross_entropy(x, fixed) == cross_entropy(x, 2)
    else:
        fixed = follow("logits.filled(value)", message, logits=x, value=-np.inf)
        assert np.isfinite(cross_entropy(fixed, labels))
        p = softmax(x.data, where=~x.mask)
        assert_allclose(p, softmax(fixed), rtol=1e-15)


# --- masks ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "code"),
    [
        ([1, 0, 1], "numpy.not_equal(where, 0)"),
        (np.array([1.0, 0.0, 1.0]), "numpy.not_equal(where, 0)"),
        ([0.0, -np.inf, 0.0], "numpy.equal(where, 0)"),
        (np.array([0.0, -1e9, 0.0]), "numpy.equal(where, 0)"),
    ],
)
def test_masks_of_numbers(where, code):
    message = message_of(softmax, Z, where=where)
    fixed = follow(code, message, where=where)
    assert_array_equal(softmax(Z, where=fixed), softmax(Z, where=[True, False, True]))


def test_masks_of_objects():
    where = np.array([True, False, True], object)
    message = message_of(softmax, Z, where=where)
    fixed = follow("numpy.asarray(where, dtype=bool)", message, where=where)
    assert_array_equal(softmax(Z, where=fixed), softmax(Z, where=[True, False, True]))


# --- answers and choices ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "target", [np.array([0, 1, 1], object), ["0", "1", "1"], np.array([False, True, True], object)]
)
def test_answers_of_objects_and_text(target):
    message = message_of(binary_cross_entropy, Z, target)
    fixed = follow("numpy.asarray(target, dtype=float)", message, target=target)
    assert binary_cross_entropy(Z, fixed) == binary_cross_entropy(Z, [0, 1, 1])


@pytest.mark.parametrize("reduction", [np.array(["mean", "sum"]), np.array("mean"), None, ["mean"]])
def test_a_choice_that_is_no_text(reduction):
    message = message_of(cross_entropy, P, [0, 1, 2], reduction=reduction)
    assert message.startswith("reduction must be 'none', 'mean' or 'sum', got ")


# --- labels -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "function"), cases(TAKES_LABELS))
@pytest.mark.parametrize(
    ("value", "code", "labels"),
    [
        (["seal", "duck", "panda"], "numpy.unique({0}, return_inverse=True)[1]", [2, 0, 1]),
        (np.array(["b", "a", "b"], object), "numpy.unique({0}, return_inverse=True)[1]", [1, 0, 1]),
        ([b"b", b"a", b"a"], "numpy.unique({0}, return_inverse=True)[1]", [1, 0, 0]),
        (
            np.array(["2024-01-02", "2024-01-01", "2024-01-02"], "M8[D]"),
            "numpy.unique({0}, return_inverse=True)[1]",
            [1, 0, 1],
        ),
        ([0.0, 2.0, 1.0], "numpy.asarray({0}, dtype=int)", [0, 2, 1]),
        (np.float32([0, 2, 1]), "numpy.asarray({0}, dtype=int)", [0, 2, 1]),
        ([True, False, True], "numpy.asarray({0}, dtype=int)", [1, 0, 1]),
        ([0j, 1, 2], "numpy.real({0}).astype(int)", [0, 1, 2]),
        ([[0], [2], [1]], "numpy.reshape({0}, (3,))", [0, 2, 1]),
    ],
)
def test_labels(name, function, value, code, labels):
    message = message_of(function, P, value)
    fixed = follow(code.format(name), message, **{name: value})
    assert_array_equal(fixed, labels)
    for ours, expected in zip(
        np.atleast_1d(
            function(P, fixed)[0] if function is cross_entropy_and_grad else function(P, fixed)
        ),
        np.atleast_1d(
            function(P, labels)[0] if function is cross_entropy_and_grad else function(P, labels)
        ),
        strict=True,
    ):
        assert_array_equal(ours, expected)


@pytest.mark.parametrize(
    "labels",
    [
        np.array([0, 2, 2], object),
        np.array([0.0, 2.0, 2.0], object),
        np.array([False, True, True], object),
        np.array([True, True, True], object),
        np.array([Fraction(0), 2, 2], object),
        ["0", "2", "2"],
        np.array(["0", "2", "2"], np.dtypes.StringDType()),
    ],
)
def test_labels_that_are_integers_keep_their_numbers(labels):
    for name, functions in TAKES_LABELS.items():
        message = message_of(functions[0], P, labels)
        fixed = follow(f"numpy.asarray({name}, dtype=int)", message, **{name: labels})
        assert_array_equal(fixed, [int(label) for label in labels])


def test_objects_keep_the_label_that_marks_a_gap():
    labels = np.array([0, -100, 2], object)
    message = message_of(cross_entropy, P, labels, ignore_index=-100)
    fixed = follow("numpy.asarray(target, dtype=int)", message, target=labels)
    assert cross_entropy(P, fixed, ignore_index=-100) == cross_entropy(P[[0, 2]], [0, 2])


def test_objects_with_fractions_are_no_labels():
    message = message_of(cross_entropy, P, np.array([0, 0.5, 1], object))
    assert message.endswith("labels are whole numbers, from 0 on, and 0.5 is none")


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (set, "list({0})"),
        (iter, "list({0})"),
        (lambda labels: dict(enumerate(labels)).values(), "list({0})"),
        (lambda labels: dict(enumerate(labels)), "list({0}.values())"),
        (lambda labels: dict(zip("cba", labels, strict=True)), "list({0}.values())"),
        (lambda labels: {i: labels[i] for i in (1, 2, 0)}, "[{0}[i] for i in sorted({0})]"),
    ],
)
def test_labels_in_a_set_an_iterator_or_a_mapping(make, code):
    for name, functions in TAKES_LABELS.items():
        message = message_of(functions[0], P, make([0, 1, 2]))
        fixed = follow(code.format(name), message, **{name: make([0, 1, 2])})
        assert_array_equal(fixed, [0, 1, 2])


def test_probabilities_that_are_objects():
    message = message_of(cross_entropy, P, P.astype(object))
    fixed = follow("numpy.asarray(target, dtype=float)", message, target=P.astype(object))
    assert cross_entropy(P, fixed) == cross_entropy(P, P)


@pytest.mark.parametrize(("name", "function"), cases(TAKES_LABELS))
@pytest.mark.parametrize("labels", [[0.0, np.nan, 1.0], np.float32([0, np.inf, 1])])
def test_labels_with_gaps(name, function, labels):
    message = message_of(function, P, labels)
    keep = follow(f"numpy.isfinite(numpy.asarray({name}))", message, **{name: labels})
    fixed = follow(f"numpy.asarray({name})[keep].astype(int)", message, keep=keep, **{name: labels})
    assert_array_equal(fixed, [0, 1])
    function(P[keep], fixed)


def test_labels_with_gaps_that_are_marked():
    target = [0.0, np.nan, 1.0]
    message = message_of(cross_entropy, P, target)
    assert message.endswith("and ignore_index=-100")
    fixed = follow("numpy.nan_to_num(target, nan=-100).astype(int)", message, target=target)
    assert cross_entropy(P, fixed, ignore_index=-100) == cross_entropy(P[[0, 2]], [0, 1])


@pytest.mark.parametrize("labels", [[0, None, 1], ["a", None, "b"], [0, "a", None]])
def test_labels_with_none(labels):
    for functions in TAKES_LABELS.values():
        assert "leave out the rows that have no label" in message_of(functions[0], P, labels)


@pytest.mark.parametrize(
    ("labels", "kept"),
    [
        ([0, None, 2], [0, 2]),
        (np.array([0, np.nan, 2], object), [0, 2]),
        (["b", None, "a"], [1, 0]),
        (np.array(["b", np.nan, "a"], object), [1, 0]),
        (np.array(["2024-01-02", "NaT", "2024-01-01"], "M8[D]"), [1, 0]),
        (np.array(["b", None, "a"], np.dtypes.StringDType(na_object=None)), [1, 0]),
        (np.array(["b", np.nan, "a"], np.dtypes.StringDType(na_object=np.nan)), [1, 0]),
    ],
)
def test_what_leaves_out_the_rows_without_a_label(labels, kept):
    for name, functions in TAKES_LABELS.items():
        check_what_leaves_out(name, functions[0], labels, kept)


def check_what_leaves_out(name, function, labels, kept, **names):
    """Follow both parts of the advice, and compare with the rows and labels that are left."""
    message = message_of(function, P, labels)
    keep, found, rest = (
        message.partition("; or ")[0]
        .rpartition("With keep = ")[2]
        .partition(" they are x[keep] and ")
    )
    assert found
    keep = follow(keep, message, **{name: labels}, **names)
    assert_array_equal(keep, [True, False, True])
    fixed = follow(rest, message, keep=keep, **{name: labels})
    assert_array_equal(fixed, kept)
    assert_array_equal(function(P[keep], fixed), function(P[[0, 2]], kept))


def test_labels_of_pandas_with_gaps():
    pd = pytest.importorskip("pandas")
    for labels, kept in [
        (pd.Series([0, np.nan, 2], dtype=object), [0, 2]),
        (pd.Series([0, None, 2], dtype="Int64"), [0, 2]),
        (pd.Series(["b", None, "a"], dtype="string"), [1, 0]),
        (pd.Series(["b", None, "a"]), [1, 0]),
        (pd.Series(["b", None, "a"], dtype="category"), [1, 0]),
        (pd.Series(["b", pd.NA, "a"], dtype=object), [1, 0]),
        (pd.Series(pd.to_datetime(["2024-01-02", None, "2024-01-01"])), [1, 0]),
    ]:
        for name, functions in TAKES_LABELS.items():
            check_what_leaves_out(name, functions[0], labels, kept, pandas=pd)


def test_one_hot_labels_where_class_numbers_are_meant():
    y = one_hot([0, 2, 1], 3, dtype=int)
    for function in (brier_score, expected_calibration_error, reliability_curve):
        message = message_of(function, P, y)
        assert_array_equal(follow("numpy.argmax(labels, axis=-1)", message, labels=y), [0, 2, 1])
    message = message_of(cross_entropy, P, y)
    fixed = follow("numpy.asarray(target, dtype=float)", message, target=y)
    assert cross_entropy(P, fixed) == pytest.approx(cross_entropy(P, [0, 2, 1]))
    message = message_of(cross_entropy, P, y.astype(bool))
    fixed = follow("numpy.asarray(target, dtype=float)", message, target=y.astype(bool))
    assert cross_entropy(P, fixed) == pytest.approx(cross_entropy(P, [0, 2, 1]))


@pytest.mark.parametrize("shape", [(2, 3, 4, 4), (2, 3, 5), (5, 3, 2, 4, 6)])
def test_classes_along_another_axis(shape):
    rng = np.random.default_rng(0)
    z = rng.normal(size=shape)
    labels = z.argmax(axis=1)
    labels.flat[::4] = (labels.flat[::4] + 1) % 3
    for function, name in ((cross_entropy, "target"), (fit_temperature, "labels")):
        message = message_of(function, z, labels)
        assert message.endswith(". With the classes along axis 1, pass axis=1")
        assert name in message
        assert function(z, labels, axis=1) > 0


# --- pandas -----------------------------------------------------------------------------------


def test_pandas():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"seal": [0.2, 1.0], "panda": [1.0, 2.0]})
    assert_array_equal(softmax(frame), softmax(frame.to_numpy()))
    for dtype in ("Int64", "Float64"):
        gaps = pd.Series([1, None, 3], dtype=dtype)
        assert np.isnan(softmax(np.asarray(gaps, float))).all()
    animals = pd.Series(["seal", "panda"])
    for labels in (animals, animals.astype("category"), animals.astype("string")):
        message = message_of(cross_entropy, frame, labels)
        code = "numpy.unique(target, return_inverse=True)[1]"
        assert_array_equal(follow(code, message, target=labels), [1, 0])
    message = message_of(softmax, pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}))
    assert "pass" not in message
    column = pd.DataFrame({"label": [1, 0]})
    message = message_of(cross_entropy, frame, column)
    assert_array_equal(follow("numpy.reshape(target, (2,))", message, target=column), [1, 0])


# --- arrays of other libraries ----------------------------------------------------------------


def test_torch_tensors_in_every_argument():
    torch = pytest.importorskip("torch")
    z, labels = torch.tensor([Z, Z], dtype=torch.float64), torch.tensor([0, 2])
    tensors = {
        "x.detach().numpy()": z.clone().requires_grad_(),
        "x.detach().float().numpy()": z.to(torch.bfloat16),
        "x.detach().to_dense().numpy()": z.to_sparse(),
        "x.detach().to_dense().float().numpy()": z.to(torch.bfloat16).to_sparse(),
    }
    for code, x in tensors.items():
        message = message_of(softmax, x)
        assert message == f"x is a torch tensor: pass {code}, or use torch.softmax & co."
        assert_allclose(softmax(follow(code, message, x=x)), softmax([Z, Z]), rtol=1e-2)
    message = message_of(cross_entropy, [Z, Z], labels)
    fixed = follow("target.detach().numpy()", message, target=labels)
    assert cross_entropy([Z, Z], fixed) == cross_entropy([Z, Z], [0, 2])
    where = z > 0
    message = message_of(softmax, [Z, Z], where=where)
    fixed = follow("where.detach().numpy()", message, where=where)
    assert_array_equal(softmax([Z, Z], where=fixed), softmax([Z, Z], where=np.greater([Z, Z], 0)))
    out = torch.empty(2, 3, dtype=torch.float64)
    message = message_of(softmax, [Z, Z], out=out)
    assert message.startswith("out must be a NumPy array, got Tensor: pass ")
    softmax([Z, Z], out=follow("out.detach().numpy()", message, out=out))
    assert_array_equal(out.numpy(), softmax([Z, Z]))


@pytest.mark.filterwarnings("ignore")  # torch has deprecated quantized and nested tensors
def test_torch_tensors_however_they_are_stored():
    torch = pytest.importorskip("torch")
    z = torch.tensor([Z, Z], dtype=torch.float32)
    exact = z.round()
    imaginary = torch.complex(exact, exact)
    nested = torch.nested.nested_tensor([z[0], z[1, :2]], layout=torch.jagged)
    padded = np.float32([Z, [*Z[:2], -np.inf]])
    for code, x, expected in [
        ("x.detach().float().numpy()", exact.to(torch.float8_e5m2), exact),
        (
            "x.detach().dequantize().numpy()",
            torch.quantize_per_tensor(exact, 1, 0, torch.qint8),
            exact,
        ),
        ("x.detach().resolve_conj().numpy()", imaginary.conj(), imaginary.conj().resolve_conj()),
        ("x.detach().resolve_neg().numpy()", imaginary.conj().imag, -exact),
        ("x.detach().to_padded_tensor(-numpy.inf).numpy()", nested, padded),
        (
            "x.detach().to_padded_tensor(-numpy.inf).numpy()",
            torch.nested.nested_tensor([z[0], z[1, :2]]),
            padded,
        ),
    ]:
        assert_array_equal(follow(code, message_of(softmax, x), x=x), expected)
    message = message_of(softmax, z.to("meta"))
    assert message == "x is a torch tensor on the device meta, where there are no numbers"
    message = message_of(softmax, Z, out=torch.zeros(3, dtype=torch.bfloat16))
    assert message == "out must be a NumPy array, got Tensor"


def test_lists_of_torch_tensors():
    torch = pytest.importorskip("torch")
    z = torch.tensor(np.round(Z))
    assert_array_equal(softmax([z, z]), softmax(np.round([Z, Z])))
    for code, x in [
        ("torch.stack(x).detach().float().numpy()", [z.to(torch.bfloat16)]),
        ("torch.stack(x).detach().float().numpy()", (z.to(torch.bfloat16),) * 2),
        ("torch.stack(x).detach().numpy()", [z.clone().requires_grad_(), z]),
        ("torch.stack(x).detach().float().numpy()", [z.to(torch.float8_e5m2)]),
    ]:
        fixed = follow(code, message_of(softmax, x), x=x, torch=torch)
        assert_array_equal(fixed, np.round([Z] * len(x)))


@pytest.mark.parametrize("kind", ["csr_matrix", "coo_array"])
def test_lists_of_sparse_matrices(kind):
    sparse = pytest.importorskip("scipy.sparse")
    x = [getattr(sparse, kind)(np.array([Z])), getattr(sparse, kind)(np.array([Z[::-1]]))]
    code = "numpy.array([entry.toarray() for entry in x])"
    assert_array_equal(follow(code, message_of(softmax, x), x=x), [[Z], [Z[::-1]]])


def test_lists_of_masked_arrays():
    x = [np.ma.masked_less(Z, 0), np.ma.array(Z)]
    message = message_of(softmax, x)
    fixed = follow("numpy.ma.array(x).filled(value)", message, x=x, value=-np.inf)
    assert_array_equal(fixed, [np.where(np.less(Z, 0), -np.inf, Z), Z])
    data, mask = (
        follow(code, message, x=x)
        for code in message[message.index("numpy.ma.array(x).d") :].split(" with where=")
    )
    assert_array_equal(softmax(data, where=mask), softmax(fixed))
    target = [np.ma.array([2, 1], mask=[True, False]), np.ma.array([2, 0])]
    message = message_of(cross_entropy, np.stack([P[:2], P[1:]]), target)
    fixed = follow("numpy.ma.array(target).filled(value)", message, target=target, value=-100)
    assert_array_equal(fixed, [[-100, 1], [2, 0]])
    assert "pass numpy.ma.array(where).filled(False)" in message_of(
        softmax, [Z, Z], where=[np.ma.array([True] * 3)] * 2
    )


def test_a_tensor_on_another_device():
    fake = type(
        "Tensor", (), {"__module__": "torch", "device": "cuda:0", "dtype": "torch.bfloat16"}
    )
    assert "pass x.detach().float().cpu().numpy()" in message_of(softmax, fake())


def test_an_object_that_offers_an_array():
    class Offers:
        def __array__(self, dtype=None, copy=None):
            return np.array(Z)

    assert_array_equal(softmax(Offers()), softmax(Z))
    assert_array_equal(cross_entropy([Z], np.array([1])), cross_entropy([Offers()], [1]))


def test_an_error_of_the_object_itself_comes_through():
    class Refuses:
        def __array__(self, dtype=None, copy=None):
            raise ValueError("use .get()")

    assert message_of(softmax, Refuses()) == "use .get()"


def test_no_advice_names_another_argument():
    for name, functions in TAKES_SCORES.items():
        for value in ([1j, 2, 3], ["1", "2", "3"], {1.0, 2.0}, np.array([1, 2], "m8[s]")):
            message = message_of(functions[0], value)
            named = set(re.findall(r"\((\w+)[,)]", message)) - {"1", "list"}
            assert named <= {name}, message

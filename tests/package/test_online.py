"""The maximum and the sum that merge: any split, any order, against exact numbers."""

import pickle
import warnings

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from support.exact import exact_log_softmax
from support.family import FLOATS, Z, whole

from softmax_lessons import OnlineSoftmax, attention, log_softmax, logsumexp, softmax

inf, nan = np.inf, np.nan


def in_some_order(parts, draw):
    """Merge values two at a time, in an order that is drawn."""
    parts = list(parts)
    while len(parts) > 1:
        one = parts.pop(draw(st.integers(0, len(parts) - 1)))
        i = draw(st.integers(0, len(parts) - 1))
        parts[i] += one
    return parts[0]


def cut(length, draw):
    """Cut a row into pieces; some may be empty."""
    ends = sorted(draw(st.lists(st.integers(0, length), max_size=8)))
    return list(zip([0, *ends], [*ends, length], strict=True))


def exact_rest(row):
    """The sum of exp(x - maximum) without one maximal term."""
    others = sorted(map(float, row))[:-1]
    return mpmath.fsum(mpmath.exp(mpmath.mpf(x) - float(max(row))) for x in others)


def assert_same(one, two):
    for name in ("maximum", "rest", "weighted"):
        assert_array_equal(getattr(one, name), getattr(two, name))


# --- any split, any order ---------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@given(data=st.data())
def test_any_split_in_any_order_gives_the_exact_rest(dtype, data):
    scores = st.integers(-20 * 64, 20 * 64)
    row = np.array(data.draw(st.lists(scores, min_size=1, max_size=40))) / 64
    row[data.draw(st.integers(0, len(row) - 1))] += data.draw(st.sampled_from([0, 40, 400]))
    row = row.astype(dtype)
    pieces = cut(len(row), data.draw)
    seen = in_some_order([OnlineSoftmax.of(row[i:j]) for i, j in pieces], data.draw)
    assert seen.maximum == row.max()
    assert seen.rest.dtype == np.float64
    exact = exact_rest(row)
    u, v = (np.finfo(t).eps / 2 for t in (seen.maximum.dtype, np.float64))
    far = float(row.max()) - float(row.min())
    bound = (4 + min(far, 745)) * u + 3 * len(pieces) * v
    assert abs(mpmath.mpf(float(seen.rest[0])) - exact) <= bound * exact + 5e-324 + (
        # below what the dtype of a piece can hold
        len(row) * float(np.finfo(seen.maximum.dtype).smallest_normal)
    )


@given(data=st.data())
def test_any_split_in_any_order_gives_the_results_of_the_whole(data):
    x = data.draw(st.sampled_from([1.0, 30.0])) * np.random.default_rng(
        data.draw(st.integers(0, 99))
    ).standard_normal((3, 7, 4))
    axis = data.draw(st.sampled_from([0, 1, 2, -1, (0, 2), (1, -1), (2, 0, 1), (1,)]))
    along = data.draw(st.sampled_from(axis if isinstance(axis, tuple) else (axis,)))
    pieces = [x.take(range(i, j), along) for i, j in cut(x.shape[along], data.draw)]
    seen = in_some_order([OnlineSoftmax.of(piece, axis) for piece in pieces], data.draw)
    assert_allclose(seen.logsumexp(), logsumexp(x, axis), rtol=2e-15, atol=1e-15)
    kept = seen.logsumexp(keepdims=True)
    assert kept.shape == logsumexp(x, axis, keepdims=True).shape
    assert_array_equal(kept.ravel(), np.ravel(seen.logsumexp()))
    for method, whole_row in [(seen.softmax, softmax), (seen.log_softmax, log_softmax)]:
        got = np.concatenate([method(piece) for piece in pieces], along)
        assert_allclose(got, whole_row(x, axis), rtol=4e-15, atol=0)


@given(data=st.data())
def test_attention_in_blocks_of_any_size_in_any_order(data):
    random = np.random.default_rng(data.draw(st.integers(0, 99)))
    q, k, v = (random.standard_normal(s) for s in [(2, 3, 4), (2, 9, 4), (1, 9, 5)])
    k *= data.draw(st.sampled_from([1, 20]))
    mask = random.random((2, 3, 9)) < data.draw(st.sampled_from([0.1, 0.8]))
    scores = q @ k.mT / 2
    parts = [
        OnlineSoftmax.of(scores[..., i:j], where=mask[..., i:j], values=v[:, i:j])
        for i, j in cut(9, data.draw)
    ]
    got = in_some_order(parts, data.draw).mean()
    expected, _ = attention(q, k, np.broadcast_to(v, (2, 9, 5)), mask=mask)
    assert_allclose(got, expected, rtol=1e-13, atol=1e-14)


def test_a_million_pieces_lose_no_digits_in_float32():
    """Added one by one in float32, the last of these terms would no longer count."""
    piece = OnlineSoftmax.of(np.zeros(40, np.float32))
    seen = OnlineSoftmax()
    for _ in range(20):  # 2**20 pieces, one half of them in one loop of additions
        seen, piece = seen.merge(piece), piece + piece
    assert seen.total == 40 * (2**20 - 1)
    small = OnlineSoftmax.of(np.full(1, -17.0, np.float32))
    seen = OnlineSoftmax.of(np.zeros(1, np.float32)).merge(*[small] * 10_000)
    assert_allclose(seen.rest, 1e4 * np.exp(-17.0), rtol=2e-7)


def test_a_dominated_row_keeps_its_digits():
    seen = OnlineSoftmax.of([0.0]).update([-40.0]).update([-50.0])
    assert_allclose(seen.log_softmax([0.0]), -np.exp(-40.0) - np.exp(-50.0), rtol=1e-15)
    lse = OnlineSoftmax.of([-50.0]).update([0.0]).update([-40.0]).logsumexp()
    assert_allclose(lse, np.exp(-40.0) + np.exp(-50.0), rtol=1e-15)
    single = OnlineSoftmax.of(np.float32([-30])).update(np.float32([0]))
    assert_allclose(single.log_softmax(np.float32([0])), -np.exp(-30.0), rtol=1e-6)


def test_the_second_pass_is_as_right_as_the_first():
    row = np.random.default_rng(0).integers(-8 * 64, 8 * 64, 30) / 64
    seen = OnlineSoftmax().merge(*(OnlineSoftmax.of(row[i : i + 7]) for i in range(0, 30, 7)))
    exact = exact_log_softmax(row)
    for got, true in zip(seen.log_softmax(row), exact, strict=True):
        assert abs(mpmath.mpf(float(got)) - true) <= 4 * np.spacing(abs(float(true)))


# --- edges ------------------------------------------------------------------------------------

ROWS = [
    [0.0, 1.0],
    [-inf, 1.0, -inf],
    [-inf, -inf],
    [inf, 0.0, 1.0],
    [-inf, inf],
    [inf, inf, 2.0],
    [nan, 0.0],
    [nan, inf, -inf],
    [3.0],
    [],
]


@pytest.mark.parametrize("row", ROWS, ids=str)
@pytest.mark.parametrize("at", range(4))
def test_infinities_nan_and_nothing_as_in_the_family(row, at):
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        for one, two in [(row[:at], row[at:]), (row[at:], row[:at])]:
            seen = OnlineSoftmax.of(one) + OnlineSoftmax.of(two)
            assert_allclose(seen.logsumexp(), logsumexp(row), rtol=1e-15)
            assert_allclose(seen.softmax(row), softmax(row), rtol=1e-15)
            assert_allclose(seen.log_softmax(row), log_softmax(row), rtol=1e-15)


def test_of_nothing():
    assert OnlineSoftmax().logsumexp() == -inf
    assert OnlineSoftmax().total == 0
    assert OnlineSoftmax.of([]).logsumexp() == -inf
    assert_array_equal(OnlineSoftmax.of(np.zeros((2, 0))).logsumexp(), [-inf, -inf])
    assert OnlineSoftmax.of(np.zeros((0, 3))).logsumexp().shape == (0,)
    part = OnlineSoftmax.of(Z, values=np.eye(3))
    assert OnlineSoftmax() + part is part
    assert part + OnlineSoftmax(axis=0) is part
    assert part.merge() is part


@pytest.mark.parametrize("dtype", FLOATS)
def test_results_come_back_in_the_dtype_of_the_scores(dtype):
    x = np.linspace(-3, 3, 12).reshape(2, 6).astype(dtype)
    seen = OnlineSoftmax.of(x[:, :2]).update(x[:, 2:])
    for got, expected in [
        (seen.logsumexp(), logsumexp(x)),
        (seen.softmax(x), softmax(x)),
        (seen.log_softmax(x), log_softmax(x)),
    ]:
        assert got.dtype == dtype
        assert_allclose(got, expected, rtol=4 * np.finfo(dtype).eps)
    assert seen.maximum.dtype == np.promote_types(dtype, np.float32)
    assert seen.rest.dtype == np.promote_types(dtype, np.float64)
    mean = OnlineSoftmax.of(x, values=np.ones((6, 1), np.float16)).mean()
    assert mean.dtype == dtype
    assert OnlineSoftmax.of(x, values=np.ones((6, 1))).mean().dtype == np.result_type(dtype, float)


def test_float16_is_calculated_in_float32_and_integers_in_float64():
    seen = OnlineSoftmax.of(np.zeros(70_000, np.float16))
    assert seen.total == 70_000
    assert seen.logsumexp() == np.float16(np.log(70_000))
    seen = OnlineSoftmax.of(np.uint8([1, 2])).update(np.int8([-128]))
    assert seen.dtype == np.float64
    assert_array_equal(seen.logsumexp(), logsumexp([1, 2, -128]))
    mixed = OnlineSoftmax.of(np.float32([0.5])).update(np.float64([0.1]))
    assert mixed.dtype == np.float64
    assert_allclose(mixed.softmax([0.5, 0.1]), softmax([0.5, 0.1]), rtol=1e-15)
    assert mixed.softmax(np.float32([0.5])).dtype == np.float32


def test_masks():
    x = np.array([[1.0, nan, 3.0], [nan, inf, -inf]])
    mask = np.array([[True, False, True], [False, False, False]])
    seen = OnlineSoftmax.of(x[:, :1], where=mask[:, :1]).update(x[:, 1:], where=mask[:, 1:])
    assert_allclose(seen.logsumexp(), logsumexp(x, where=mask), rtol=1e-15)
    assert_allclose(seen.softmax(x, where=mask), softmax(x, where=mask), rtol=1e-15)
    assert_allclose(seen.log_softmax(x, where=mask), log_softmax(x, where=mask), rtol=1e-15)


def test_values_matter_only_to_those_who_count_them():
    values = np.array([[nan, 1.0], [inf, 2.0], [-inf, 4.0], [3.0, 8.0]])
    means = []
    for mask in ([False, True, False, True], [False, False, False, True], [False] * 4, [True] * 4):
        for order in (slice(None), slice(None, None, -1)):
            seen = OnlineSoftmax()
            for i in range(4)[order]:
                piece = slice(i, i + 1)
                # 800 between neighbours: the weights of the lower ones are 0
                scores = 800.0 * np.arange(4)[piece]
                seen = seen.update(scores, where=mask[piece], values=values[piece])
            means.append(seen.mean())
    assert_array_equal(means[0], [inf, 8])
    assert_array_equal(means[2], [3, 8])
    assert_array_equal(means[4], [0, 0])
    assert_array_equal(means[6], [nan, 8])
    assert_array_equal(means[::2], means[1::2])
    assert_array_equal(OnlineSoftmax.of([-inf, 0.0], values=[[nan], [2.0]]).mean(), [2])
    assert_array_equal(OnlineSoftmax.of([-inf, -inf], values=[[1.0], [2.0]]).mean(), [0])
    for row in ([nan, 0.0], [inf, 0.0]):
        assert_array_equal(OnlineSoftmax.of(row, values=[[1.0], [2.0]]).mean(), [nan])


def test_nothing_changes_and_out_takes_the_result():
    x, more = np.array([Z, Z]), np.array([[5.0], [-5.0]])
    seen = OnlineSoftmax.of(x, values=np.eye(3))
    before = pickle.loads(pickle.dumps(seen))
    after = seen.update(more, values=np.ones((1, 3)))
    assert_same(seen, before)
    assert not np.shares_memory(after.maximum, seen.maximum)
    out = np.empty_like(x)
    for method in (after.softmax, after.log_softmax):
        assert method(x, out=out) is out
        assert_array_equal(out, method(x))
        assert_array_equal(method(x, where=True, out=out), method(x))
    with pytest.raises(AttributeError):
        seen.rest = seen.rest + 1


# --- errors -----------------------------------------------------------------------------------

SEEN = OnlineSoftmax.of(np.zeros((2, 3)))


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda: SEEN.update(np.zeros((3, 4))),
            ValueError,
            "pieces of the same rows merge, got axis -1 and -1, with rows of shape (2, 1) and "
            "(3, 1)",
        ),
        (
            lambda: SEEN + OnlineSoftmax.of(np.zeros((1, 2)), axis=0),
            ValueError,
            "pieces of the same rows merge, got axis -1 and 0, with rows of shape (2, 1) and "
            "(1, 2)",
        ),
        (
            lambda: SEEN.merge(1),
            TypeError,
            "only values of OnlineSoftmax merge, got int",
        ),
        (
            lambda: SEEN.merge(OnlineSoftmax.of(np.zeros((2, 1)), values=[[1.0]])),
            ValueError,
            "pieces with values do not merge with pieces without: pass them each time",
        ),
        (
            lambda: OnlineSoftmax.of([0.0], values=[[1.0]]).update([0.0], values=[[1.0, 2.0]]),
            ValueError,
            "values must have the same length along the last axis, got [1, 2]",
        ),
        (
            lambda: OnlineSoftmax.of(np.zeros((2, 3)), axis=0, values=np.zeros((2, 1))),
            ValueError,
            "values go with the last axis of the scores, got axis 0: pass "
            "numpy.moveaxis(scores, 0, -1)",
        ),
        (
            lambda: OnlineSoftmax.of(np.zeros(3), values=np.zeros(3)),
            ValueError,
            "values must have two axes or more, got shape (3,): pass numpy.expand_dims(values, -1)",
        ),
        (
            lambda: OnlineSoftmax.of(np.zeros((4, 3)), values=np.zeros((4, 1))),
            ValueError,
            "values of shape (4, 1) do not fit scores of shape (4, 3): they must have shape "
            "(3, e), a row for each entry",
        ),
        (
            lambda: OnlineSoftmax.of(np.zeros((4, 3)), values=np.zeros((2, 3, 1))),
            ValueError,
            "values of shape (2, 3, 1) do not fit scores of shape (4, 3): they must have shape "
            "(3, e), a row for each entry",
        ),
        (
            lambda: SEEN.mean(),
            ValueError,
            "there is no mean without values: pass them with each piece",
        ),
        (
            lambda: SEEN.softmax(np.zeros((3, 2))),
            ValueError,
            "x must have the rows that were seen, shape (2, n), got (3, 2)",
        ),
        (
            lambda: OnlineSoftmax.of(Z).log_softmax([Z]),
            ValueError,
            "x must have the rows that were seen, shape (n,), got (1, 3)",
        ),
        (
            lambda: SEEN.softmax([[0.0, -1.0], [-1.0, 0.5]]),
            ValueError,
            "x has the score 0.5, above all that were seen of its row: update with all pieces "
            "before the second pass",
        ),
        (
            lambda: OnlineSoftmax().softmax(Z),
            ValueError,
            "nothing was seen yet: update with all pieces before the second pass",
        ),
        (
            lambda: OnlineSoftmax.of(Z, axis=1),
            np.exceptions.AxisError,
            "axis 1 is out of bounds for array of dimension 1",
        ),
        (
            lambda: OnlineSoftmax.of([1j]),
            TypeError,
            "x must hold real numbers, got dtype complex128: pass numpy.real(x) or numpy.abs(x)",
        ),
    ],
)
def test_errors_quote_what_was_passed_and_say_what_would_work(call, error, text):
    with pytest.raises(error, match=whole(text)):
        call()


def test_what_is_no_value_cannot_be_added():
    with pytest.raises(TypeError, match="unsupported operand"):
        SEEN + 1

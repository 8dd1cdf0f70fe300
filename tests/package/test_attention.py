"""Attention against a loop and against exact numbers; its properties, edges and errors."""

import itertools
import math
import warnings

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from support.exact import exact_softmax
from support.family import whole

from softmax_lessons import attention, softmax

inf, nan = np.inf, np.nan


def arrays(seed=0, lead=(), L=3, S=5, d=4, e=2, dtype=np.float64):
    random = np.random.default_rng(seed)
    shapes = ((*lead, L, d), (*lead, S, d), (*lead, S, e))
    return [random.normal(size=shape).astype(dtype) for shape in shapes]


def by_loop(q, k, v, counts, *, bias=None, scale=None, softcap=None, sink=False):
    """Attention as one would explain it: a query, a key and a feature at a time."""
    scale = 1 / math.sqrt(q.shape[1]) if scale is None else scale
    bias = np.zeros(counts.shape) if bias is None else bias
    output, weights = np.zeros((len(q), v.shape[1])), np.zeros(counts.shape)
    for i, query in enumerate(q):
        terms = {}
        for j, key in enumerate(k):
            if counts[i, j] and bias[i, j] > -inf:
                score = scale * sum(a * b for a, b in zip(query, key, strict=True))
                score = score if softcap is None else softcap * math.tanh(score / softcap)
                terms[j] = math.exp(score + bias[i, j])
        total = math.fsum([*terms.values(), 1.0 if sink else 0.0])
        for j, term in terms.items():
            weights[i, j] = term / total
            output[i] += weights[i, j] * v[j]
    return output, weights


def assert_same(got, expected, rtol=1e-12):
    for a, b in zip(got, expected, strict=True):
        assert_allclose(a, b, rtol=rtol, atol=1e-14)


# --- references -------------------------------------------------------------------------------


@pytest.mark.parametrize("sink", [False, True])
@pytest.mark.parametrize("softcap", [None, 0.7])
@pytest.mark.parametrize("scale", [None, 3.0])
@pytest.mark.parametrize("seed", range(3))
def test_the_same_as_a_loop(seed, scale, softcap, sink):
    q, k, v = arrays(seed)
    random = np.random.default_rng(seed)
    everything, some = np.ones((3, 5), bool), random.random((3, 5)) < 0.6
    options = {"scale": scale, "softcap": softcap, "sink": sink}
    assert_same(attention(q, k, v, **options), by_loop(q, k, v, everything, **options))
    assert_same(attention(q, k, v, mask=some, **options), by_loop(q, k, v, some, **options))
    bias = np.where(some, random.normal(size=(3, 5)), -inf)
    expected = by_loop(q, k, v, everything, bias=bias, **options)
    assert_same(attention(q, k, v, mask=bias, **options), expected)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("level", [0, 1000])
def test_weights_of_exact_scores(level, dtype):
    """With whole scores nothing is lost before softmax, however large they are."""
    random = np.random.default_rng(level)
    scores = level + random.integers(-3, 4, (6, 9))
    v = random.integers(-5, 6, (9, 2)).astype(dtype)
    q, k = scores.astype(dtype), np.eye(9, dtype=dtype)  # one feature a key
    output, weights = attention(q, k, v, scale=1)
    assert output.dtype == weights.dtype == dtype
    u = float(np.finfo(dtype).eps)
    for row, got, mean in zip(scores, weights, output, strict=True):
        exact = exact_softmax(row)
        assert max(abs(mpmath.mpf(float(g)) - e) / e for g, e in zip(got, exact, strict=True)) < (
            16 * max(u, float(np.finfo(np.float64).eps))
        )
        for feature, m in zip(v.T, mean, strict=True):
            expected = mpmath.fsum(e * float(x) for e, x in zip(exact, feature, strict=True))
            assert abs(mpmath.mpf(float(m)) - expected) < 100 * max(u, 2e-16)


@pytest.mark.parametrize("n_features", [3, 7, 64])
def test_the_default_scale_has_the_digits_of_the_dtype(n_features):
    q, k, v = arrays(d=n_features, dtype=np.longdouble)
    exact = [
        mpmath.fsum(mpmath.mpf(float(a)) * float(b) for a, b in zip(q[0], key, strict=True))
        / mpmath.sqrt(n_features)
        for key in k
    ]
    total = mpmath.fsum(map(mpmath.exp, exact))
    for got, score in zip(attention(q, k, v)[1][0], exact, strict=True):
        head = float(got)  # what is left of a longdouble beyond a float
        number = mpmath.mpf(head) + mpmath.mpf(float(got - np.longdouble(head)))
        assert abs(number * total / mpmath.exp(score) - 1) < 20 * float(np.finfo(q.dtype).eps)


# --- properties -------------------------------------------------------------------------------


@given(st.integers(0, 2**32 - 1), st.booleans())
def test_the_order_of_keys_with_their_values_does_not_matter(seed, sink):
    q, k, v = arrays(seed)
    order = np.random.default_rng(seed).permutation(5)
    output, weights = attention(q, k, v, sink=sink)
    moved = attention(q, k[order], v[order], sink=sink)
    assert_same(moved, (output, weights[:, order]))


@given(st.integers(0, 2**32 - 1), st.floats(-50, 50))
def test_a_shift_of_all_scores_matters_with_a_sink_alone(seed, shift):
    q, k, v = arrays(seed)
    plain, shifted = attention(q, k, v), attention(q, k, v, mask=np.full((3, 5), shift))
    assert_same(shifted, plain)
    _, weights = attention(q, k, v, mask=np.full((3, 5), shift), sink=True)
    e = np.exp(q @ k.T / 2 + shift)
    assert_allclose(weights, e / (1 + e.sum(axis=1, keepdims=True)), rtol=1e-9)


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(1, 6))
def test_is_causal_is_the_mask_that_ends_at_the_last_key(seed, L, S):
    q, k, v = arrays(seed, L=L, S=S)
    mask = np.array([[j - S <= i - L for j in range(S)] for i in range(L)])
    output, weights = attention(q, k, v, is_causal=True)
    assert_array_equal(weights, attention(q, k, v, mask=mask)[1])
    assert_array_equal(weights > 0, mask)
    assert_same((output, weights), by_loop(q, k, v, mask))


@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_new_queries_with_a_cache_get_what_they_get_in_the_whole(seed, new):
    q, k, v = arrays(seed, L=5, S=5)
    output, weights = attention(q, k, v, is_causal=True)
    assert_same(attention(q[-new:], k, v, is_causal=True), (output[-new:], weights[-new:]))


@pytest.mark.parametrize("mask", [None, np.array([True, True, False, True, True])])
def test_leading_axes_broadcast(mask):
    q, k, v = arrays(lead=(2, 4))
    shared, heads = k[:, :1], attention(q, k[:, :1], v[:1], mask=mask)
    assert heads[0].shape == (2, 4, 3, 2)
    assert heads[1].shape == (2, 4, 3, 5)
    for b, h in np.ndindex(2, 4):
        assert_same([a[b, h] for a in heads], attention(q[b, h], shared[b, 0], v[0, h], mask=mask))
    padding = np.arange(5) < np.array([5, 2])[:, None]
    _, weights = attention(q, k, v, mask=padding[:, None, None])
    assert_array_equal(weights > 0, np.broadcast_to(padding[:, None, None], (2, 4, 3, 5)))


def test_the_weights_are_those_of_softmax():
    q, k, v = arrays(lead=(2,), S=40)
    _, weights = attention(q, k, v, scale=1)
    assert_array_equal(weights, softmax(q @ k.mT))


def test_the_cap_comes_before_the_mask():
    """After it, -inf would become -softcap, and what is left out would have weight."""
    q, k, v = arrays()
    some = np.array([True, False, True, True, False])
    for mask in (some, np.where(some, 0.0, -inf)):
        _, weights = attention(100 * q, k, v, mask=mask, softcap=2.0)
        assert_array_equal(weights[:, ~some], 0)
        assert weights[:, some].min() > math.exp(-4) / 3
        bias = np.where(some, 100.0, 0.0)  # a bias is not capped
    assert attention(q, k, v, mask=bias, softcap=2.0)[1][:, ~some].max() < 1e-40


@pytest.mark.parametrize("d", [1, 2, 4])
def test_the_variance_of_a_product_is_the_number_of_features(d):
    """Over all vectors of signs, whose entries have the mean 0 and the variance 1."""
    signs = np.array(list(itertools.product([-1.0, 1.0], repeat=d)))
    products = signs @ signs.T
    assert products.mean() == 0
    assert products.var() == d
    assert np.log(attention(signs, signs, signs)[1]).var() == pytest.approx(1)


# --- edges ------------------------------------------------------------------------------------


@pytest.mark.parametrize("sink", [False, True])
@pytest.mark.parametrize("mask", [[[True] * 5, [False] * 5, [True] * 5], [[0.0], [-inf], [0.0]]])
def test_a_query_that_sees_no_key_gets_0(mask, sink):
    q, k, v = arrays()
    output, weights = attention(q, k, v, mask=mask, sink=sink)
    assert_array_equal(weights[1], np.zeros(5))
    assert_array_equal(output[1], np.zeros(2))
    assert_same((output[::2], weights[::2]), attention(q[::2], k, v, sink=sink))


def test_more_queries_than_keys():
    """The first of them see nothing, as the queries are counted from the last."""
    q, k, v = arrays(L=5, S=2)
    _, weights = attention(q, k, v, is_causal=True)
    assert_array_equal(weights > 0, [[0, 0], [0, 0], [0, 0], [1, 0], [1, 1]])


def test_one_key_and_no_keys():
    q, k, v = arrays(S=1)
    assert_array_equal(attention(q, k, v)[1], np.ones((3, 1)))
    assert_allclose(attention(q, k, v)[0], np.repeat(v, 3, axis=0), rtol=1e-15)
    for sink in (False, True):
        output, weights = attention(q, k[:0], v[:0], sink=sink)
        assert_array_equal(output, np.zeros((3, 2)))
        assert weights.shape == (3, 0)
    assert attention(q[:0], k, v)[0].shape == (0, 2)
    assert attention(q, k, v[:, :0])[0].shape == (3, 0)


@pytest.mark.parametrize("bad", [nan, inf, -inf])
@pytest.mark.parametrize("added", [False, True])
def test_what_is_left_out_does_not_matter(bad, added):
    q, k, v = arrays()
    sees = np.ones((3, 5), bool)
    sees[:2, 3] = False  # the last query alone sees the key
    clean = attention(q, k, v, mask=sees)
    k[3], v[3] = bad, bad
    output, weights = attention(q, k, v, mask=np.where(sees, 0.0, -inf) if added else sees)
    assert_array_equal(weights[:2], clean[1][:2])
    assert_allclose(output[:2], clean[0][:2], rtol=1e-15)
    assert np.isnan(weights[2]).all()
    assert np.isnan(output[2]).all()


@pytest.mark.parametrize("bad", [nan, inf, -inf])
def test_a_value_that_is_not_finite_reaches_those_who_see_it(bad):
    q, k, v = arrays()
    v[3, 0] = bad
    output, weights = attention(q, k, v, is_causal=True)  # the second query is the first to see it
    assert_array_equal(output[:, 0], [(weights @ np.nan_to_num(v))[0, 0], bad, bad])
    assert_allclose(output[:, 1], weights @ v[:, 1], rtol=1e-15)
    v[4, 0] = -bad
    assert np.isnan(attention(q, k, v)[0][:, 0]).all()  # inf - inf


def test_a_bad_query_stays_alone():
    q, k, v = arrays()
    clean = attention(q, k, v)
    q[1] = nan
    output, weights = attention(q, k, v)
    assert np.isnan(output[1]).all()
    assert np.isnan(weights[1]).all()
    assert_same((output[::2], weights[::2]), [a[::2] for a in clean])


@pytest.mark.parametrize("level", [0.0, 3.0, 700.0, -700.0, 1e300])
def test_a_sink_is_shifted_with_the_scores(level):
    """Shifted without its score of 0, [8, 1, 1] would keep half of the weight, not .9997."""
    _, weights = attention([[1.0]], [[8.0], [1.0], [1.0]], np.eye(3), scale=1, sink=True)
    e = np.exp([8.0, 1.0, 1.0])
    assert_allclose(weights, [e / (1 + e.sum())], rtol=1e-15)
    assert 0.9996 < weights.sum() < 0.9998
    _, far = attention([[level]], [[1.0]], [[1.0]], scale=1, sink=True)
    assert_allclose(far, 1 / (1 + np.exp(-level)) if level > -700 else np.exp(-700), rtol=1e-13)


def test_float16_does_not_overflow():
    """The product of 64 features of 40 is 102,400, beyond float16; a row of values sums beyond."""
    q = np.full((2, 64), 40, np.float16)
    k = np.concatenate([q, -q, q])
    v = np.full((6, 1), 60000, np.float16)
    output, weights = attention(q, k, v)
    assert output.dtype == weights.dtype == np.float16
    assert_array_equal(weights, np.tile(np.float16([0.25, 0.25, 0, 0, 0.25, 0.25]), (2, 1)))
    assert_array_equal(output, np.full((2, 1), 60000))


def test_the_scale_comes_before_the_product_overflows():
    q = np.full((1, 4), 1e19, np.float32)
    k = np.stack([q[0], 0.5 * q[0]])
    assert_array_equal(attention(q, k, k[:, :1])[1], [[1, 0]])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("number", [1e-310, 1e-50, 1e50, 1e300])
def test_a_scale_or_a_cap_beyond_float32(number, dtype):
    """As a float32 it would be 0 or inf, and 0 / 0 or 0 * inf is NaN."""
    q, k, v = arrays(dtype=dtype)
    q[0] = 0
    plain = attention(q, k, v)[1]
    equal = np.full((3, 5), 0.2, dtype)
    _, capped = attention(q, k, v, softcap=number)
    assert capped.dtype == dtype
    assert_allclose(capped, plain if number > 1 else equal, rtol=4 * np.finfo(dtype).eps)
    _, scaled = attention(q, k, v, scale=number)
    one = np.eye(5)[(q.astype(float) @ k.T.astype(float)).argmax(axis=1)]
    one[0] = 0.2  # its scores are all 0
    assert_allclose(scaled, one if number > 1 else equal, rtol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize(
    ("dtypes", "expected"),
    [
        ((np.float16, np.float16, np.float16), np.float16),
        ((np.float16, np.float32, np.float16), np.float32),
        ((np.float32, np.float32, np.float64), np.float64),
        ((np.float32, np.float32, np.int8), np.float64),
        ((np.uint8, np.bool_, np.int64), np.float64),
        ((">f4", "<f4", ">f4"), np.float32),
    ],
)
def test_dtypes(dtypes, expected):
    q, k, v = (np.ones((2, 3)).astype(dtype) for dtype in dtypes)
    for result in attention(q, k, v, mask=np.zeros((2, 2)), softcap=3):
        assert result.dtype == expected
        assert result.dtype.isnative


def test_integers_do_not_wrap_around():
    q, k = np.array([[200]], np.uint8), np.array([[200], [201]], np.uint8)
    _, weights = attention(q, k, [[1], [2]], scale=0.01)
    assert_allclose(weights, [[1 / (1 + math.exp(2)), 1 / (1 + math.exp(-2))]], rtol=1e-12)


def test_nothing_warns_and_nothing_is_changed():
    q, k, v = arrays()
    q[0], k[1], v[2] = inf, nan, -inf
    before = [a.copy() for a in (q, k, v)]
    with warnings.catch_warnings(), np.errstate(all="warn"):
        warnings.simplefilter("error")
        attention(q, k, v, softcap=1.0, mask=np.full((3, 5), -inf), sink=True)
        attention(1e300 * q, 1e300 * k, v, is_causal=True)
    for a, b in zip((q, k, v), before, strict=True):
        assert_array_equal(a, b)


# --- errors -----------------------------------------------------------------------------------


def ones(*shape):
    return np.ones(shape)


MISFITS = [
    ((ones(4), ones(5, 4), ones(5, 2)),
     "q must have two axes or more, got shape (4,): pass numpy.expand_dims(q, 0)"),
    ((ones(3, 4), ones(5, 4), ones(5)),
     "v must have two axes or more, got shape (5,): pass numpy.expand_dims(v, -1)"),
    ((1.0, ones(5, 4), ones(5, 2)), "q must have two axes or more, got shape ()"),
    ((ones(3, 4), ones(5, 6), ones(5, 2)),
     "q of shape (3, 4) and k of shape (5, 6) must have one length, above 0, along the last axis"),
    ((ones(3, 4), ones(4, 5), ones(5, 2)),
     "q of shape (3, 4) and k of shape (4, 5) must have one length, above 0, along the last axis: "
     "pass numpy.swapaxes(k, -1, -2)"),
    ((ones(3, 0), ones(5, 0), ones(5, 2)),
     "q of shape (3, 0) and k of shape (5, 0) must have one length, above 0, along the last axis"),
    ((ones(3, 4), ones(5, 4), ones(6, 2)),
     "k of shape (5, 4) and v of shape (6, 2) must have the same length along axis -2: a value for "
     "each key"),
    ((ones(8, 3, 4), ones(2, 5, 4), ones(2, 5, 2)),
     "q of shape (8, 3, 4) and k of shape (2, 5, 4) do not broadcast before the last two axes: "
     "pass numpy.repeat(k, 4, axis=-3)"),
    ((ones(2, 8, 3, 4), ones(3, 8, 5, 4), ones(3, 8, 5, 2)),
     "q of shape (2, 8, 3, 4) and k of shape (3, 8, 5, 4) do not broadcast before the last two "
     "axes"),
    ((ones(2, 8, 3, 4), ones(3, 2, 5, 4), ones(3, 2, 5, 2)),  # more heads would not help
     "q of shape (2, 8, 3, 4) and k of shape (3, 2, 5, 4) do not broadcast before the last two "
     "axes"),
    ((ones(8, 3, 4), ones(1, 2, 5, 4), ones(1, 2, 5, 2)),
     "q of shape (8, 3, 4) and k of shape (1, 2, 5, 4) do not broadcast before the last two axes: "
     "pass numpy.repeat(k, 4, axis=-3)"),
    ((ones(0, 3, 4), ones(2, 5, 4), ones(2, 5, 2)),
     "q of shape (0, 3, 4) and k of shape (2, 5, 4) do not broadcast before the last two axes"),
    ((ones(3, 4), ones(2, 5, 4), ones(3, 5, 2)),
     "k of shape (2, 5, 4) and v of shape (3, 5, 2) do not broadcast before the last two axes"),
]  # fmt: skip


@pytest.mark.parametrize(("qkv", "message"), MISFITS)
def test_shapes_that_do_not_fit(qkv, message):
    with pytest.raises(ValueError, match=whole(message)):
        attention(*qkv)


MASKS = [
    (np.ones((3, 5), int), TypeError,
     "mask must be boolean, got dtype int64: pass a comparison, such as numpy.not_equal(mask, 0)"),
    (np.where(np.eye(3, 5), 0, -10000), TypeError,
     "mask must be boolean, got dtype int64: pass a comparison, such as numpy.equal(mask, 0)"),
    (np.ones((5, 3), bool), ValueError,
     "mask of shape (5, 3) does not broadcast to the shape of the scores, (2, 3, 5)"),
    (np.zeros((5, 3)), ValueError,
     "mask of shape (5, 3) does not broadcast to the shape of the scores, (2, 3, 5)"),
    (np.ones((2, 5), bool), ValueError,
     "mask of shape (2, 5) does not broadcast to the shape of the scores, (2, 3, 5): pass "
     "numpy.expand_dims(mask, (1,))"),
    (np.ones((2, 3), bool), ValueError,
     "mask of shape (2, 3) does not broadcast to the shape of the scores, (2, 3, 5): pass "
     "numpy.expand_dims(mask, (2,))"),
    (np.ma.masked_less(np.zeros(5), 1), TypeError,
     "mask is a masked array: pass mask.filled(-numpy.inf)"),
    (np.ma.array(np.ones(5, bool)), TypeError, "mask is a masked array: pass mask.filled(False)"),
    (np.array([True] * 5, object), TypeError,
     "mask must be boolean, got dtype object: pass numpy.asarray(mask, dtype=bool)"),
]  # fmt: skip


@pytest.mark.parametrize(("mask", "error", "message"), MASKS)
def test_masks_that_do_not_fit(mask, error, message):
    q, k, v = arrays(lead=(2,))
    with pytest.raises(error, match=whole(message)):
        attention(q, k, v, mask=mask)


@pytest.mark.parametrize("mask", [np.ones((3, 5), bool), np.zeros((3, 5))])
def test_a_mask_and_is_causal_are_joined_as_the_error_says(mask):
    q, k, v = arrays()
    mask[:, 0] = False if mask.dtype == bool else -inf
    with pytest.raises(ValueError, match="mask and is_causal cannot be passed together") as error:
        attention(q, k, v, mask=mask, is_causal=True)
    joined = eval(str(error.value).partition("mask=")[2], {"numpy": np, "mask": mask})
    _, weights = attention(q, k, v, mask=joined)
    assert_array_equal(weights > 0, np.tri(3, 5, 2) * [0, 1, 1, 1, 1])


@pytest.mark.parametrize("name", ["scale", "softcap"])
@pytest.mark.parametrize("number", [0, -1.5, nan, inf])
def test_a_scale_or_a_cap_is_finite_and_above_0(name, number):
    message = f"{name} must be above 0 and finite, got {number!r}"
    with pytest.raises(ValueError, match=whole(message)):
        attention(*arrays(), **{name: number})
    with pytest.raises(TypeError, match=f"{name} must be one real number, got '1'"):
        attention(*arrays(), **{name: "1"})


@pytest.mark.parametrize("name", ["q", "k", "v"])
def test_the_argument_is_named(name):
    qkv = dict(zip("qkv", arrays(), strict=True))
    with pytest.raises(TypeError, match=f"^{name} must hold real numbers, got dtype complex128"):
        attention(**{**qkv, name: qkv[name] + 1j})

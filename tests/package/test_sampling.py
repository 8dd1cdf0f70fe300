"""Top-k, top-p, min-p and draws: against loops, PyTorch and theory, at the edges, and errors."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from support.family import FLOATS, Z, inf, nan, whole

from softmax_lessons import log_softmax, min_p, sample, softmax, top_k, top_p

FILTERS = {
    "top_k": partial(top_k, k=2),
    "top_p": partial(top_p, p=0.6),
    "min_p": partial(min_p, p=0.3),
}
filters = pytest.mark.parametrize("keep", FILTERS.values(), ids=FILTERS)

# Multiples of 1/8, so that scores tie, and shifting by whole numbers is exact.
eighths = st.integers(-40, 40).map(lambda n: n / 8)
rows_of_scores = st.lists(eighths, min_size=1, max_size=30).map(np.array)


# --- references: what the papers say, as loops ---------------------------------------------------


def highest_first(x):
    """The classes from the highest score to the lowest, equal ones in their order."""
    return sorted(range(len(x)), key=lambda i: (-x[i], i))


def left(x, kept):
    return np.array([score if i in kept else -inf for i, score in enumerate(x)])


def top_k_by_loop(x, k):
    return left(x, highest_first(x)[:k])


def top_p_by_loop(x, p):
    probabilities, kept, total = softmax(x), [], 0.0
    for i in highest_first(x):
        if total >= p and p < 1:
            break
        kept.append(i)
        total += probabilities[i]
    return left(x, kept)


def min_p_by_loop(x, p):
    largest = max(x)
    return left(x, [i for i, score in enumerate(x) if score - largest >= np.log(p)])


@given(rows_of_scores, st.integers(1, 35))
def test_top_k_is_what_a_loop_keeps(x, k):
    assert_array_equal(top_k(x, k), top_k_by_loop(x, k))


@given(rows_of_scores, st.floats(0.001, 1))
def test_top_p_is_what_a_loop_keeps(x, p):
    assert_array_equal(top_p(x, p), top_p_by_loop(x, p))


@given(rows_of_scores, st.floats(0.001, 1))
def test_min_p_is_what_a_loop_keeps(x, p):
    assert_array_equal(min_p(x, p), min_p_by_loop(x, p))


@given(rows_of_scores, st.floats(0.001, 1))
def test_min_p_is_what_the_probabilities_say(x, p):
    probabilities = softmax(x)
    quotient = probabilities / (p * probabilities.max())
    clear = abs(quotient - 1) > 1e-12  # of the rest, rounding decides
    assert_array_equal(np.isfinite(min_p(x, p))[clear], (quotient >= 1)[clear])


# --- properties ----------------------------------------------------------------------------------


@given(rows_of_scores, st.floats(0.001, 0.999))
def test_top_p_reaches_p_and_needs_its_last_class_for_it(x, p):
    probabilities = softmax(x)
    is_kept = np.isfinite(top_p(x, p))
    total, last = probabilities[is_kept].sum(), probabilities[is_kept].min()
    assert total >= p - 1e-12
    assert total - last < p + 1e-12
    assert last >= probabilities[~is_kept].max(initial=0)


@given(st.lists(st.integers(1, 30), min_size=2, max_size=9), st.data())
def test_where_a_sum_is_p_rounding_drops_none_that_is_needed(counts, data):
    """Of 5, 3, 1 and 1 the first two have 0.8: with p = 0.8 these stay, by rounding one more."""
    counts = np.sort(counts)[::-1]
    n = data.draw(st.integers(1, len(counts) - 1))
    for dtype in FLOATS[1:]:
        kept = top_p(np.log(counts).astype(dtype), counts[:n].sum() / counts.sum())
        assert np.isfinite(kept).sum() in (n, n + 1)


def test_a_p_at_a_sum_and_next_to_it():
    """The sum itself is reached; the next number above it is not."""
    x = np.random.default_rng(8).normal(size=200)
    for dtype in (np.float32, np.float64):
        sums = np.cumsum(-np.sort(-softmax(x.astype(dtype))), dtype=np.float64)
        for n, p in enumerate(sums[:150], start=1):
            stay = [(np.nextafter(p, 0), n), (p, n), (np.nextafter(p, 1), n + 1)]
            for each, expected in stay:
                assert np.isfinite(top_p(x.astype(dtype), each)).sum() == expected


@given(rows_of_scores, st.permutations([*FILTERS.values()]))
def test_filters_in_any_order_leave_something_to_draw(x, order):
    for keep in order:
        x = keep(x)
    assert np.isfinite(x[sample(x, 50, rng=0)]).all()


@given(rows_of_scores, st.integers(-8, 8))
def test_the_level_of_the_scores_does_not_matter(x, shift):
    for keep in FILTERS.values():
        assert_array_equal(keep(x + shift), keep(x) + shift)
    assert_array_equal(sample(x + shift, 20, rng=0), sample(x, 20, rng=0))


@given(st.permutations(range(12)))
def test_classes_in_another_order_are_kept_alike(order):
    x = np.linspace(-2, 1, 12)
    for keep in FILTERS.values():
        assert_array_equal(keep(x[order]), keep(x)[order])


@filters
def test_what_stays_is_unchanged_and_so_is_the_input(keep):
    x = np.random.default_rng(0).normal(size=(50, 40))
    before = x.copy()
    kept = keep(x)
    assert_array_equal(x, before)
    assert not np.shares_memory(kept, x)
    is_kept = kept > -inf
    assert_array_equal(kept[is_kept], x[is_kept])
    assert 0 < is_kept.sum() < x.size
    assert is_kept.any(axis=1).all()


@filters
def test_one_filter_twice_keeps_no_less_than_the_highest(keep):
    x = np.random.default_rng(1).normal(size=(50, 40))
    again = keep(keep(x))
    assert_array_equal(again.max(axis=1), x.max(axis=1))
    assert ((again == x) <= (keep(x) == x)).all()


def test_top_k_and_min_p_commute_and_top_p_does_not():
    x = np.log([0.4, 0.3, 0.15, 0.1, 0.05])
    assert_array_equal(min_p(top_k(x, 3), 0.3), top_k(min_p(x, 0.3), 3))
    # 0.4 + 0.3 is below 0.75; 0.4 / 0.85 + 0.3 / 0.85 is above.
    assert np.isfinite(top_p(top_k(x, 3), 0.75)).sum() == 2
    assert np.isfinite(top_k(top_p(x, 0.75), 3)).sum() == 3


def test_a_temperature_before_a_filter_or_after_it():
    x = np.array([3.0, 2.0, 1.0, 0.0])
    assert np.isfinite(top_p(x, 0.85)).sum() == 2
    assert np.isfinite(top_p(x / 4, 0.85)).sum() == 4
    assert_array_equal(np.isfinite(top_k(x, 2)), np.isfinite(top_k(x / 4, 2)))
    for temperature in (0.5, 3.0):
        before = np.isfinite(min_p(x / temperature, 0.1))
        assert_array_equal(before, np.isfinite(min_p(x, 0.1**temperature)))


# --- equal scores and edges ----------------------------------------------------------------------


def test_of_equal_scores_the_first_stay():
    assert_array_equal(top_k([1, 5, 5, 5], 2), [-inf, 5, 5, -inf])
    assert_array_equal(top_k([0, 0, 0], 1), [0, -inf, -inf])
    assert_array_equal(top_k([-0.0, 0.0], 1), [-0.0, -inf])
    assert_array_equal(top_p([0, 0, 0, 0], 0.5), [0, 0, -inf, -inf])
    assert_array_equal(top_p([0, 7, 7], 0.3), [-inf, 7, -inf])
    assert_array_equal(min_p([0, 7, 7], 1), [-inf, 7, 7])


def test_more_than_there_are_keeps_all():
    assert_array_equal(top_k(Z, 3), Z)
    assert_array_equal(top_k(Z, 4), Z)
    assert_array_equal(top_k(Z, 10**30), Z)
    assert_array_equal(top_k([[0, -inf]], 2), [[0, -inf]])


def test_the_class_that_crosses_p_stays():
    x = np.log([0.5, 0.3, 0.2])
    assert np.isfinite(top_p(x, 0.7)).tolist() == [True, True, False]
    assert np.isfinite(top_p(x, 0.49)).tolist() == [True, False, False]
    assert np.isfinite(top_p([9.0, 0.0, 0.0], 0.5)).tolist() == [True, False, False]


@pytest.mark.parametrize("p", [1e-300, 5e-324, np.float32(1e-45)])
def test_a_tiny_p_keeps_the_highest_under_top_p_and_all_under_min_p(p):
    assert_array_equal(top_p(Z, p), [-inf, 1.23, -inf])
    assert_array_equal(min_p(Z, p), Z)


@pytest.mark.parametrize("p", [1, 1.0, True, np.float32(1), np.int8(1)])
def test_a_p_of_1(p):
    x = np.array([0.0, 100.0, -800.0, 100.0, -inf])  # softmax: 0.5 and 0.5, and next to nothing
    assert_array_equal(top_p(x, p), x)
    assert_array_equal(min_p(x, p), [-inf, 100, -inf, 100, -inf])


def test_min_p_of_0_keeps_all():
    x = [[0.0, -1e308, 1e308, -inf], [0.0, 0.0, -800.0, 800.0]]
    assert_array_equal(min_p(x, 0), x)


def test_min_p_of_1_keeps_no_neighbour_of_the_largest():
    x = np.array([1.0, np.nextafter(1.0, 0)])
    assert_array_equal(min_p(x, 1), [1, -inf])


@filters
def test_one_class(keep):
    assert_array_equal(keep([3.0]), [3.0])
    assert_array_equal(keep([[3.0], [-1e300]]), [[3.0], [-1e300]])


@filters
@pytest.mark.parametrize("batch", [1, 2000])
def test_infinite_and_missing_scores(keep, batch):
    rows = [
        ([-inf, -inf, -inf], [-inf, -inf, -inf]),  # there is nothing to keep
        ([-inf, 4, -inf], [-inf, 4, -inf]),
        ([0, nan, 1], [nan, nan, nan]),
        ([0, inf, 1], [nan, nan, nan]),  # as softmax of it is
        ([inf, inf, nan], [nan, nan, nan]),
        ([-inf, nan, -inf], [nan, nan, nan]),
    ]
    for x, expected in rows:
        assert_array_equal(keep([x] * batch), [expected] * batch)


@filters
def test_huge_scores(keep):
    assert_array_equal(keep([1e308, -1e308, 0]), keep([9e5, -9e5, 0]) * (1e308 / 9e5))


@filters
def test_empty_arrays(keep):
    assert keep(np.zeros((2, 0), np.float32)).shape == (2, 0)
    assert keep(np.zeros((0, 3))).shape == (0, 3)


@filters
@pytest.mark.parametrize("dtype", FLOATS)
def test_floats_come_back_as_they_went_in(keep, dtype):
    x = np.array([Z, [5, 5, 5]], dtype)
    kept = keep(x)
    assert kept.dtype == dtype
    assert_array_equal(kept, np.where(np.isfinite(keep(x.astype(float))), x, -inf))


@filters
@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint8, np.int64])
def test_integers_become_float64(keep, dtype):
    x = np.array([1, 0, 1, 1], dtype)
    assert keep(x).dtype == np.float64
    assert_array_equal(keep(x), keep(x.astype(float)))


@filters
@pytest.mark.parametrize("axis", [0, 1, 2, -3, (0, 2), (2, 1), (0, 1, 2)])
@pytest.mark.parametrize("shape", [(4, 3, 5), (40, 30, 50)])
def test_any_axis_is_what_each_row_gives_alone(keep, axis, shape):
    x = np.random.default_rng(2).integers(-8, 8, shape) / 4  # with equal scores
    axes = np.atleast_1d(axis) % 3
    rows = np.moveaxis(x, sorted(axes), range(-len(axes), 0))
    flat = rows.reshape(-1, np.prod([shape[i] for i in axes]))
    expected = np.array([keep(row) for row in flat]).reshape(rows.shape)
    got = np.moveaxis(keep(x, axis=axis), sorted(axes), range(-len(axes), 0))
    assert_array_equal(got, expected)


@filters
def test_no_axes_and_an_axis_that_is_not_there(keep):
    assert_array_equal(keep([1.0, 2.0], axis=()), [1, 2])
    with pytest.raises(np.exceptions.AxisError, match="out of bounds"):
        keep(2.0)


# --- many classes --------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cumulative_sums_over_100_000_classes(dtype):
    """Equal classes: how many reach p is known. One by one in float32, the sum is off by 1 %."""
    x = np.zeros(100_000, dtype)
    for p in (0.1, 0.5, 0.9, 0.99):
        assert np.isfinite(top_p(x, p)).sum() == pytest.approx(100_000 * p, abs=1)
    assert np.isfinite(top_p(x, 1)).all()
    in_float32 = np.cumsum(softmax(np.float32(x)))
    assert abs(in_float32[-1] - 1) > 3e-5  # more than the probability of three classes


def test_a_long_tail_is_cut_where_exact_sums_cut_it():
    x = -1.1 * np.log(np.arange(1, 100_001))  # Zipf
    exact = np.cumsum(np.exp(x, dtype=np.longdouble) / np.exp(x, dtype=np.longdouble).sum())
    for p in (0.2, 0.9, 0.999):
        n = int(np.searchsorted(exact, p)) + 1
        for dtype, slack in [(np.float64, 0), (np.float32, n * 2e-6)]:
            kept = np.isfinite(top_p(x.astype(dtype), p))
            assert kept.sum() == pytest.approx(n, abs=slack)


# --- draws ---------------------------------------------------------------------------------------


def chi_square(draws, p):
    """Pearson's statistic; its mean is the number of classes less one."""
    expected = len(draws) * np.asarray(p)
    counts = np.bincount(draws, minlength=len(expected))
    return ((counts - expected) ** 2 / expected).sum()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_draws_have_the_probabilities_of_softmax(seed, temperature):
    x = np.linspace(-3, 2, 11)
    draws = sample(x, 100_000, temperature=temperature, rng=seed)
    p = softmax(x, temperature=temperature)
    assert chi_square(draws, p) < 29.6  # one in a thousand of 10 degrees of freedom is above
    assert chi_square(draws, softmax(x, temperature=1.2 * temperature)) > 500


@pytest.mark.parametrize("seed", range(5))
def test_draws_of_rows_have_their_own_probabilities(seed):
    x = np.random.default_rng(7).normal(size=(6, 5))
    draws = sample(x, 20_000, axis=0, rng=seed)
    assert draws.shape == (20_000, 5)
    for j in range(5):
        assert chi_square(draws[:, j], softmax(x[:, j])) < 20.6  # 5 degrees of freedom
    together = np.corrcoef(draws.T)[~np.eye(5, dtype=bool)]
    assert abs(together).max() < 0.04  # the rows do not share their random numbers


@pytest.mark.parametrize("seed", range(5))
def test_draws_as_pytorch_makes_them(seed):
    torch = pytest.importorskip("torch")
    x = np.linspace(-2, 2, 9)
    generator = torch.Generator().manual_seed(seed)
    p = torch.softmax(torch.from_numpy(x), dim=0)
    theirs = torch.multinomial(p, 50_000, replacement=True, generator=generator).numpy()
    ours = sample(x, 50_000, rng=seed)
    both = np.array([np.bincount(d, minlength=9) for d in (ours, theirs)])
    statistic = ((both[0] - both[1]) ** 2 / both.sum(axis=0)).sum()
    assert statistic < 26.1  # one in a thousand of 8 degrees of freedom is above


@pytest.mark.parametrize("seed", range(5))
def test_the_highest_score_with_gumbel_noise_is_a_draw(seed):
    x = np.linspace(-3, 2, 11)
    u = np.random.default_rng(seed).random((100_000, 11))
    assert chi_square(np.argmax(x - np.log(-np.log(u)), axis=1), softmax(x)) < 29.6
    assert chi_square(np.argmax(x - np.log(u), axis=1), softmax(x)) > 500  # not any noise will do


@pytest.mark.parametrize("seed", range(5))
def test_drafts_are_accepted_as_often_as_two_distributions_overlap(seed):
    x, y = np.random.default_rng(10).normal(0, 2, (2, 8))
    p, q = softmax(x), softmax(y)
    rng = np.random.default_rng(seed)
    draft = sample(y, 100_000, rng=rng)
    accepted = rng.random(100_000) < p[draft] / q[draft]
    assert accepted.mean() == pytest.approx(np.minimum(p, q).sum(), abs=0.006)
    second = sample(np.log(np.maximum(p - q, 1e-300)), 100_000, rng=rng)
    assert chi_square(np.where(accepted, draft, second), p) < 24.4  # 7 degrees of freedom
    wrong = np.where(accepted, draft, sample(x, 100_000, rng=rng))
    assert chi_square(wrong, p) > 500


def test_what_is_dropped_is_never_drawn():
    x = np.array([2.0, 1.0, 0.5, 0.4, -1.0])
    for keep, classes in [(top_k(x, 2), {0, 1}), (top_p(x, 0.6), {0, 1}), (min_p(x, 0.9), {0})]:
        assert set(sample(keep, 2000, rng=0).tolist()) == classes
    assert set(sample([-inf, 0, -inf, 0, -inf], 2000, rng=0).tolist()) == {1, 3}


class Fixed:
    """A bit generator gives numbers from 0 to below 1; these are the first and the last of them."""

    def __init__(self, u):
        self.u = u

    def random(self, shape):
        return np.full(shape, self.u)


@pytest.mark.parametrize(("u", "drawn"), [(0.0, 1), (1 - 2**-53, 3)])
def test_the_ends_of_the_cumulative_sum(u, drawn, monkeypatch):
    monkeypatch.setattr("softmax_lessons.sampling.as_generator", lambda rng, name: Fixed(u))
    x = np.array([-inf, 0.1, 0.3, 0.7, -inf])
    for dtype in FLOATS:
        assert sample(x.astype(dtype), rng=0) == drawn
    many = np.r_[-inf, np.linspace(-1, 1, 100_000), -inf]
    assert sample(many, rng=0) == (1 if u == 0 else 100_000)


def test_shapes_of_draws():
    x = np.zeros((2, 3, 4))
    assert sample(x, rng=0).shape == (2, 3)
    assert sample(x, axis=1, rng=0).shape == (2, 4)
    assert sample(x, 5, axis=(0, 2), rng=0).shape == (5, 3)
    assert sample(x, (5, 6), rng=0).shape == (5, 6, 2, 3)
    assert sample(x, (), rng=0).shape == (2, 3)
    assert sample(x, [0, 7], rng=0).shape == (0, 7, 2, 3)
    assert sample(np.zeros((0, 3)), rng=0).shape == (0,)
    assert sample(x, axis=(), rng=0).tolist() == np.zeros((2, 3, 4), int).tolist()
    assert type(sample(Z, rng=0)) is np.intp
    assert sample(Z, 3, rng=0).dtype == np.intp
    assert sample(3.0, axis=(), rng=0) == 0


def test_several_axes_number_their_classes_in_c_order():
    x = np.full((2, 3, 4), -inf)
    x[1, 0, 2], x[0, 1, 3], x[1, 2, 1] = 0, 0, 0
    assert_array_equal(sample(x, axis=(0, 2), rng=0), [6, 3, 5])
    assert_array_equal(sample(x, axis=(2, 0), rng=0), [6, 3, 5])


def test_one_class_is_always_drawn():
    assert_array_equal(sample(np.full((3, 1), -1e300), 4, rng=0), np.zeros((4, 3)))


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_short_floats_are_drawn_like_long_ones(dtype):
    x = np.random.default_rng(3).integers(-16, 16, 50) / 8
    assert (sample(x.astype(dtype), 1000, rng=0) == sample(x, 1000, rng=0)).mean() > 0.99
    thin = sample(np.zeros(70_000, dtype), 20_000, rng=0)
    assert 0.49 < (thin < 35_000).mean() < 0.51


def test_a_cold_draw_is_the_maximum_and_a_hot_one_any():
    assert_array_equal(sample([Z, [3, 1, 2]], 50, temperature=1e-3, rng=0), [[1, 0]] * 50)
    assert chi_square(sample(Z, 30_000, temperature=1e6, rng=0), [1 / 3] * 3) < 13.8


def test_a_seed_begins_again_and_a_generator_goes_on():
    x = np.zeros(1000)
    assert_array_equal(sample(x, 9, rng=5), sample(x, 9, rng=5))
    rng = np.random.default_rng(5)
    first, second = sample(x, 9, rng=rng), sample(x, 9, rng=rng)
    assert_array_equal(first, sample(x, 9, rng=5))
    assert (first != second).any()
    for seed in ([1, 2], np.random.SeedSequence(3), np.int64(4)):
        assert sample(x, 9, rng=seed).shape == (9,)


def test_no_warning_even_where_the_caller_asks_for_errors():
    wild = [[1e308, -1e308, -inf], [-800, 0, 800]]
    wilder = [*wild, [nan, inf, 0], [-inf, -inf, -inf]]
    kept = [keep(wilder) for keep in FILTERS.values()]
    with np.errstate(all="raise"):
        assert_array_equal(sample(wild, rng=0), [0, 2])
        for keep, expected in zip(FILTERS.values(), kept, strict=True):
            assert_array_equal(keep(wilder), expected)


# --- errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("p", "error", "message"),
    [
        (0, ValueError, "above 0 and at most 1, got 0: top_k(logits, 1) keeps the best alone"),
        (-0.1, ValueError, "above 0 and at most 1, got -0.1"),
        (nan, ValueError, "above 0 and at most 1, got nan"),
        (90, ValueError, "above 0 and at most 1, got 90: a percentage is divided by 100, 0.9"),
        (1.01, ValueError, "above 0 and at most 1, got 1.01: a percentage is divided by 100"),
        (1000, ValueError, "above 0 and at most 1, got 1000"),
        ("0.9", TypeError, "one real number, got '0.9'"),
        (None, TypeError, "one real number, got None"),
    ],
)
def test_a_p_of_top_p_that_is_none(p, error, message):
    with pytest.raises(error, match=rf"^p must be {whole(message)[1:-1]}"):
        top_p(Z, p)


@pytest.mark.parametrize(
    ("p", "message"),
    [
        (5, "p must be from 0 to 1, got 5: a percentage is divided by 100, 0.05"),
        (-1, "p must be from 0 to 1, got -1"),
        (inf, "p must be from 0 to 1, got inf"),
    ],
)
def test_a_p_of_min_p_that_is_none(p, message):
    with pytest.raises(ValueError, match=whole(message)):
        min_p(Z, p)


@pytest.mark.parametrize(
    ("k", "error", "message"),
    [
        (0, ValueError, "k must be 1 or more, got 0: to keep all, leave top_k out"),
        (-1, ValueError, "k must be 1 or more, got -1: to keep all, leave top_k out"),
        (2.0, TypeError, "k must be an integer, got 2.0"),
        (None, TypeError, "k must be an integer, got None"),
    ],
)
def test_a_k_that_is_none(k, error, message):
    with pytest.raises(error, match=whole(message)):
        top_k(Z, k)


@pytest.mark.parametrize(
    ("logits", "got"),
    [
        ([-inf, -inf], "a row of -inf alone"),
        ([[0, 0], [0, nan]], "a row with nan"),
        ([[0, inf], [0, 0]], "a row with inf"),
        (np.zeros((2, 0)), "no classes, shape (2, 0)"),
        ([], "no classes, shape (0,)"),
    ],
)
def test_nothing_to_draw(logits, got):
    message = f"logits must hold something to draw in each row, got {got}"
    with pytest.raises(ValueError, match=whole(message)):
        sample(logits, rng=0)


@pytest.mark.parametrize(
    ("rng", "error", "advice"),
    [
        (None, TypeError, ": pass numpy.random.default_rng()"),
        ("1", TypeError, ": pass numpy.random.default_rng(seed)"),
        (1.5, TypeError, ": pass numpy.random.default_rng(seed)"),
        (-1, ValueError, ": a seed is an integer of 0 or more"),
    ],
)
def test_an_rng_that_is_none(rng, error, advice):
    message = f"rng must be a numpy.random.Generator or a seed, got {rng!r}{advice}"
    with pytest.raises(error, match=whole(message)):
        sample(Z, rng=rng)


def test_an_rng_must_be_named():
    with pytest.raises(TypeError, match="rng"):
        sample(Z)
    assert sample(Z, rng=np.random.default_rng()) in (0, 1, 2)


@pytest.mark.parametrize(
    ("size", "error", "message"),
    [
        (1.5, TypeError, "size must be an integer or a tuple of integers, got 1.5"),
        ("3", TypeError, "size must be an integer or a tuple of integers, got '3'"),
        ("", TypeError, "size must be an integer or a tuple of integers, got ''"),
        ({3}, TypeError, "size must be an integer or a tuple of integers, got {3}"),
        ((2, 0.5), TypeError, "size must be an integer or a tuple of integers, got (2, 0.5)"),
        (-1, ValueError, "size must hold lengths of 0 or more, got -1"),
        ((2, -1), ValueError, "size must hold lengths of 0 or more, got (2, -1)"),
    ],
)
def test_a_size_that_is_none(size, error, message):
    with pytest.raises(error, match=whole(message)):
        sample(Z, size, rng=0)


@pytest.mark.parametrize("temperature", [0, -1, inf, nan])
def test_a_temperature_out_of_range(temperature):
    with pytest.raises(ValueError, match="temperature must be"):
        sample(Z, temperature=temperature, rng=0)


@pytest.mark.parametrize(
    "function", [*FILTERS.values(), partial(sample, rng=0)], ids=[*FILTERS, "sample"]
)
def test_logits_that_are_no_real_numbers(function):
    message = "logits must hold real numbers, got dtype complex128: "
    with pytest.raises(TypeError, match=f"^{message}"):
        function([1 + 2j])
    with pytest.raises(TypeError, match="axis must be an integer or a tuple"):
        function(Z, axis=None)


def test_the_logits_may_be_log_probabilities():
    """Softmax of them are the probabilities again, so what is kept and drawn is the same."""
    x = np.random.default_rng(4).normal(size=30)
    for keep in FILTERS.values():
        assert_allclose(softmax(keep(log_softmax(x))), softmax(keep(x)), rtol=1e-12)
    assert_array_equal(sample(log_softmax(x), 100, rng=1), sample(x, 100, rng=1))

"""The museum of misuse: one test an exhibit, which guards its cure and shows that it is needed.

The page on misuse links to these tests, and its numbers come from one seed. Here are others.
"""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from support.checking import check_in_process

import softmax_lessons as sl

torch = pytest.importorskip("torch")
pytest.importorskip("sklearn")

import torch.nn.functional as F  # noqa: E402
from sklearn.datasets import load_digits  # noqa: E402
from sklearn.naive_bayes import MultinomialNB  # noqa: E402
from sklearn.neighbors import NearestNeighbors  # noqa: E402

from softmax_lessons.pytorch import SoftmaxRegression, fit  # noqa: E402

every_seed = pytest.mark.parametrize("seed", [1, 2, 3])


def split(seed):
    """Handwritten digits in random order: pictures and answers, 1000 to train on, 797 new."""
    digits = load_digits()
    order = np.random.default_rng(seed).permutation(len(digits.target))
    pictures = torch.tensor(digits.data[order] / 16)
    answers = torch.tensor(digits.target[order])
    return pictures[:1000], answers[:1000], pictures[1000:], answers[1000:]


def start(seed, n_classes=10):
    torch.manual_seed(seed)
    return SoftmaxRegression(64, n_classes).double()


def size_and_accuracy(loss_fn, seed, steps=100):
    """The size of the first gradient, and the accuracy on new pictures after training."""
    x, y, x_new, y_new = split(seed)
    model = start(seed)
    loss_fn(model(x), y).backward()
    size = torch.cat([w.grad.flatten() for w in model.parameters()]).norm().item()
    fit(model, x, y, loss_fn=loss_fn, steps=steps)
    return size, (model(x_new).argmax(dim=-1) == y_new).double().mean().item()


# --- a loss that stays at ln K ---------------------------------------------------------------


def test_ten_pictures_tell_faults_in_the_code_from_faults_in_the_data():
    x, y, *_ = split(seed=1)
    labels = y[torch.tensor(np.random.default_rng(1).permutation(1000))]

    def loss_after(y, n, **settings):
        return fit(start(seed=1), x[:n], y[:n], steps=300, **settings)[-1]

    assert loss_after(labels, 1000) > 2
    assert max(loss_after(y, 10), loss_after(labels, 10)) < 0.1
    assert loss_after(y, 10, learning_rate=0.0001) > 2
    doubled = loss_after(y, 10, loss_fn=lambda z, y: F.cross_entropy(z.softmax(dim=-1), y))
    assert np.log(1 + 9 / np.e) < doubled < 1.6


# --- the loss ---------------------------------------------------------------------------------


@every_seed
def test_logits_go_into_the_loss(seed):
    size, accuracy = size_and_accuracy(F.cross_entropy, seed)
    doubled, slow = size_and_accuracy(lambda z, y: F.cross_entropy(z.softmax(dim=-1), y), seed)
    assert size > 8 * doubled  # about K times
    assert accuracy > 0.9
    assert slow < accuracy - 0.2


def test_log_softmax_twice_is_log_softmax_once():
    z = np.random.default_rng(0).normal(scale=5, size=(100, 10))
    once = F.log_softmax(torch.tensor(z), dim=-1)
    assert_allclose(F.log_softmax(once, dim=-1), once, rtol=1e-12, atol=1e-14)
    assert_allclose(sl.log_softmax(sl.log_softmax(z)), sl.log_softmax(z), rtol=1e-12)
    p = sl.softmax(z)
    assert (sl.softmax(p).max(axis=-1) < p.max(axis=-1)).all()


@every_seed
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_log_softmax_keeps_the_loss_finite(seed, dtype):
    x, y, x_new, y_new = split(seed)
    weights, losses, right = {}, {}, {}
    for name, log_p in {
        "log(softmax)": lambda z: z.softmax(dim=-1).log(),
        "log_softmax": lambda z: F.log_softmax(z, dim=-1),
    }.items():
        model = start(seed).to(dtype)
        x_raw, new_raw = (16 * x).to(dtype), (16 * x_new).to(dtype)
        losses[name] = fit(
            model, x_raw, y, loss_fn=lambda z, y, f=log_p: F.nll_loss(f(z), y), steps=100
        )
        weights[name] = model.linear.weight
        right[name] = (model(new_raw).argmax(dim=-1) == y_new).double().mean().item()
    assert np.isfinite(losses["log_softmax"]).all()
    assert right["log_softmax"] > 0.85
    assert not np.isfinite(losses["log(softmax)"]).all()
    assert weights["log(softmax)"].isnan().all()


@every_seed
def test_nll_loss_takes_log_probabilities(seed):
    size, accuracy = size_and_accuracy(lambda z, y: F.nll_loss(F.log_softmax(z, dim=-1), y), seed)
    assert (size, accuracy) == pytest.approx(size_and_accuracy(F.cross_entropy, seed))
    small, slow = size_and_accuracy(lambda z, y: F.nll_loss(z.softmax(dim=-1), y), seed)
    assert size > 8 * small
    assert slow < accuracy - 0.2


@every_seed
def test_a_loss_with_slopes_moves_what_argmax_leaves_still(seed):
    def mistakes(z, y):
        return (z.argmax(dim=-1) != y).double().mean()

    x, y, _, _ = split(seed)
    with pytest.raises(RuntimeError, match="does not require grad"):
        fit(start(seed), x, y, loss_fn=mistakes)
    forced, model = start(seed), start(seed)
    fit(forced, x, y, loss_fn=lambda z, y: mistakes(z, y).requires_grad_())
    assert torch.equal(forced.linear.weight, start(seed).linear.weight)
    before = mistakes(model(x), y)
    fit(model, x, y)
    assert mistakes(model(x), y) < before / 5


# --- the axis ---------------------------------------------------------------------------------


@every_seed
def test_probabilities_over_the_classes_do_not_depend_on_the_batch(seed):
    x, y, x_new, y_new = split(seed)
    model = start(seed)
    fit(model, x, y, steps=200)
    z = model(x_new).detach()

    def right(dim, size):
        p = torch.cat([batch.softmax(dim=dim) for batch in z.split(size)])
        return (p.argmax(dim=-1) == y_new).double().mean().item()

    assert {right(-1, size) for size in (1, 10, 797)} == {right(-1, 100)}
    assert right(-1, 1) > 0.9
    assert right(0, 1) < 0.2
    assert right(0, 1) < right(0, 10) < right(0, 797) < right(-1, 797)


@pytest.mark.parametrize("shape", [(5,), (4, 5), (3, 4, 5), (2, 3, 4, 5)])
def test_the_last_dim_holds_the_classes_whatever_the_shape(shape):
    z = torch.tensor(np.random.default_rng(0).normal(size=shape))
    assert_allclose(z.softmax(dim=-1).sum(dim=-1), 1, rtol=1e-14)
    assert_allclose(z.softmax(dim=-1), sl.softmax(z.numpy()), rtol=1e-13)
    with pytest.warns(UserWarning, match="Implicit dimension choice"):
        guessed = F.softmax(z)
    assert torch.allclose(guessed, z.softmax(dim=-1)) == (len(shape) < 3)


# --- masks ------------------------------------------------------------------------------------

KEEP = torch.tensor([[1, 1, 1, 0], [1, 1, 0, 0], [0, 0, 0, 0]], dtype=torch.bool)


def test_a_row_with_nothing_left_gives_zeros_and_finite_gradients():
    rng = np.random.default_rng(0)
    scores, words = torch.tensor(rng.normal(size=(3, 4))), torch.tensor(rng.normal(size=(4, 2)))
    some = KEEP.any(dim=-1, keepdim=True)
    cured = scores.masked_fill(~KEEP & some, -torch.inf).softmax(dim=-1) * some
    wrong = scores.masked_fill(~KEEP, -torch.inf).softmax(dim=-1)
    assert_allclose(cured, sl.softmax(scores.numpy(), where=KEEP.numpy()), rtol=1e-14)
    assert (cured[2] == 0).all()
    assert wrong[2].isnan().all()
    keys = torch.eye(4, dtype=torch.float64)  # so that the products are the scores
    fused = F.scaled_dot_product_attention(scores, keys, words, attn_mask=KEEP, scale=1.0)
    assert_allclose(fused, cured @ words, rtol=1e-12, atol=1e-15)
    for weights, finite in [(cured, True), (wrong, False)]:
        table = torch.eye(2, dtype=torch.float64, requires_grad=True)
        (weights @ (words @ table))[:2].sum().backward()  # the masked row has no part in it
        assert table.grad.isfinite().all() == finite


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_a_boolean_mask_does_not_depend_on_the_format(dtype):
    scores = torch.tensor(np.random.default_rng(0).normal(size=(3, 4)))
    some = KEEP.any(dim=-1, keepdim=True)
    lowest = torch.finfo(dtype).min
    cured = scores.to(dtype).masked_fill(~KEEP, lowest).softmax(dim=-1) * some
    exact = sl.softmax(scores.numpy(), where=KEEP.numpy())
    assert_allclose(cured.double(), exact, rtol=8 * torch.finfo(dtype).eps)
    added = (scores.to(dtype) + (1 - KEEP.to(dtype)) * -1e6).softmax(dim=-1)
    assert added[2].isnan().all() == (dtype == torch.float16)


# --- small floats -----------------------------------------------------------------------------


@pytest.mark.parametrize("n", [4096, 70_000])
def test_long_rows_of_float16_sum_to_one(n):
    zeros = np.zeros(n, dtype=np.float16)
    probability = np.float16(1 / n)
    for p in (sl.softmax(zeros), torch.tensor(zeros).softmax(dim=-1).numpy()):
        assert p.dtype == np.float16
        assert_array_equal(p, probability)
    total = np.float16(0)
    for power in np.exp(zeros):
        total += power
    assert total == 2048  # half of what it should be, or less


@every_seed
def test_the_maximum_is_subtracted_whatever_its_sign(seed):
    x, y, x_new, y_new = (part.numpy() for part in split(seed))
    z = MultinomialNB().fit(x * 16, y).predict_joint_log_proba(x_new * 16)
    p = sl.softmax(z)
    assert_allclose(p.sum(axis=-1), 1, rtol=1e-12)
    assert (p.argmax(axis=-1) == y_new).mean() > 0.85
    with np.errstate(invalid="ignore"):
        e = np.exp(z - np.maximum(0, z.max(axis=-1, keepdims=True)))
        wrong = e / e.sum(axis=-1, keepdims=True)
    assert np.isnan(wrong).any(axis=-1).mean() > 0.99


def test_probabilities_are_not_rounded():
    z = np.random.default_rng(0).normal(scale=4, size=(1000, 10))
    p, rounded = sl.softmax(z), np.round(sl.softmax(z), 2)
    assert_allclose(p.sum(axis=-1), 1, rtol=1e-14)
    assert (p > 0).all()
    assert (np.abs(rounded.sum(axis=-1) - 1) > 1e-8).mean() > 0.1
    assert (rounded == 0).any()


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.int64])
def test_whole_numbers_give_what_the_same_floats_give(dtype):
    info = np.iinfo(np.int8 if dtype != np.uint8 else np.uint8)
    z = np.array([[info.min, info.max, 0], [1, 2, 3]], dtype=dtype)
    assert_array_equal(sl.softmax(z), sl.softmax(z.astype(float)))
    assert_array_equal(sl.log_softmax(z), sl.log_softmax(z.astype(float)))
    with pytest.raises(NotImplementedError, match="not implemented for"):
        torch.tensor(z).softmax(dim=-1)
    assert_allclose(torch.tensor(z).double().softmax(dim=-1), sl.softmax(z), rtol=1e-14)


# --- meaning ----------------------------------------------------------------------------------


@every_seed
def test_sigmoids_can_say_yes_three_times(seed):
    x, y, x_new, y_new = split(seed)
    attributes = torch.tensor(  # even, a closed loop, above four
        [[k in (0, 2, 4, 6, 8), k in (0, 6, 8, 9), k > 4] for k in range(10)], dtype=torch.float64
    )
    right, eights = {}, {}
    for name, loss_fn, to_p in [
        ("softmax", F.cross_entropy, lambda z: z.softmax(dim=-1)),
        ("sigmoid", F.binary_cross_entropy_with_logits, torch.sigmoid),
    ]:
        model = start(seed, 3)
        fit(model, x, attributes[y], loss_fn=loss_fn, steps=300)
        yes = to_p(model(x_new).detach()) > 0.5
        right[name] = (yes == attributes[y_new].bool()).all(dim=-1).double().mean().item()
        eights[name] = yes[y_new == 8].all(dim=-1).double().mean().item()
    assert right["sigmoid"] > right["softmax"] + 0.2
    assert eights["softmax"] == 0  # three probabilities above one half would sum to more than 1
    assert eights["sigmoid"] > 0.3


@every_seed
def test_distance_stops_the_noise_that_confidence_lets_through(seed):
    x, y, x_new, _ = split(seed)
    noise = torch.tensor(np.random.default_rng(seed).integers(0, 17, size=(1000, 64)) / 16)
    torch.manual_seed(seed)
    model = torch.nn.Sequential(
        torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10)
    ).double()
    fit(model, x, y, steps=800)

    def confident(pictures):
        p = model(pictures).detach().softmax(dim=-1)
        return (p.max(dim=-1).values > 0.9).double().mean().item()

    assert confident(x_new) > 0.8
    assert confident(noise) > 0.15

    seen = NearestNeighbors(n_neighbors=1).fit(x)

    def distance(pictures):
        return seen.kneighbors(pictures)[0][:, 0]

    limit = np.quantile(distance(x_new[:400]), 0.95)
    assert (distance(x_new[400:]) <= limit).mean() > 0.9
    assert (distance(noise) <= limit).mean() == 0


def test_the_quiet_ones_are_quiet():
    z = torch.tensor(np.random.default_rng(0).normal(size=(6, 3)), requires_grad=True)
    y = torch.tensor([0, 1, 2, 0, 1, 2])
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        F.cross_entropy(z.softmax(dim=-1), y)
        F.cross_entropy(z.softmax(dim=0), y)
        F.nll_loss(z.softmax(dim=-1), y)
        F.cross_entropy(z, torch.ones_like(z))  # attributes: no row sums to 1
        torch.full((2, 3), -torch.inf).softmax(dim=-1)
    assert said == []


def test_labels_that_do_not_fit_are_loud():
    z = torch.zeros(2, 3)
    with pytest.raises(IndexError, match=r"^Target 3 is out of bounds"):
        F.cross_entropy(z, torch.tensor([0, 3]))
    narrow = torch.tensor([0, 2], dtype=torch.int32)
    with pytest.raises(RuntimeError, match="Int"):
        F.cross_entropy(z, narrow)
    assert F.cross_entropy(z, narrow.long()).item() == pytest.approx(np.log(3))


def a_step(loss_fn):
    """A training step in PyTorch, as the exercise asks for one."""

    def train_step(W, x, labels, rate):
        W = torch.tensor(W, requires_grad=True)
        loss_fn(torch.tensor(x) @ W.T, torch.tensor(labels)).backward()
        return (W - rate * W.grad).detach().numpy()

    return train_step


@pytest.mark.parametrize(
    ("loss_fn", "mistake"),
    [
        (F.cross_entropy, ""),
        (lambda z, y: F.nll_loss(z.log_softmax(-1), y), ""),
        (lambda z, y: F.nll_loss(z.softmax(-1), y), "a logarithm is missing"),
        (lambda z, y: F.nll_loss(z.log_softmax(0), y), "along axis 0"),
        (lambda z, y: F.cross_entropy(z.softmax(-1), y), "Softmax stands before a loss"),
        (lambda z, y: F.cross_entropy(z, y, reduction="sum"), "N times too long"),
    ],
)
def test_a_step_in_pytorch_is_checked(loss_fn, mistake):
    report = check_in_process("train_step", a_step(loss_fn))
    assert mistake in report.mistake
    assert bool(report) == (not mistake)

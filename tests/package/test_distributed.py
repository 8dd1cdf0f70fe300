"""Softmax over two processes: one launch answers for many tests, beside PyTorch and ourselves."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from softmax_lessons import cross_entropy_and_grad, softmax

torch = pytest.importorskip("torch")

import torch.distributed as dist  # noqa: E402

from softmax_lessons.pytorch.distributed import (  # noqa: E402
    launch,
    own_classes,
    parallel_cross_entropy,
    token_mean,
)

K = 11  # no multiple of two: the ranks have six and five classes
TOKENS = 8
rng = np.random.default_rng(0)
Z = rng.normal(scale=3, size=(TOKENS, K)).astype(np.float32)
Y = rng.integers(K, size=TOKENS)
Y[2] = -100
HARD = np.array([[1000, -1000, 0, 999], [-np.inf, 2, -np.inf, 1], [0, 0, -np.inf, -np.inf]])
HARD_Y = np.array([3, 1, 0])
OPTIONS = [
    {"label_smoothing": smoothing, "reduction": reduction}
    for smoothing in (0.0, 0.1)
    for reduction in ("mean", "sum", "none")
]
UNEVEN = [np.array([1.0, 2.0, 4.0, 8.0, 100.0]), np.array([3.0])]
COUNTED = [np.array([True] * 4 + [False]), np.array([True])]


def with_grad(loss_of, logits):
    """Return a loss, summed up, and its gradient."""
    z = torch.as_tensor(logits).clone().requires_grad_()
    loss = loss_of(z)
    loss.sum().backward()
    return loss.detach().numpy(), z.grad.numpy()


def error_of(work):
    """Return the text of an error."""
    try:
        work()
    except (ValueError, IndexError) as error:
        return f"{type(error).__name__}: {error}"


def work_of_a_rank():
    """Run all of the tests' calls on one rank."""
    own, y = own_classes(K), torch.tensor(Y)
    shard = torch.tensor(Z[:, own])

    def loss(z, options):
        return parallel_cross_entropy(z, y, K, **options)

    answers = {"own": [own_classes(n) for n in (11, 4, 3, 1)]}
    answers["options"] = [with_grad(lambda z, o=o: loss(z, o), shard) for o in OPTIONS]
    answers["float16"] = with_grad(lambda z: loss(z, {}), shard.half())
    hard = torch.tensor(HARD[:, own_classes(4)])
    answers["hard"] = with_grad(
        lambda z: parallel_cross_entropy(z, torch.tensor(HARD_Y), 4, reduction="none"), hard
    )
    answers["one class"] = with_grad(
        lambda z: parallel_cross_entropy(z, torch.tensor([0]), 1),
        torch.ones(1, 1)[:, own_classes(1)],
    )
    answers["DTensor"] = by_pytorch()
    answers["gathered"] = error_of(lambda: loss(torch.tensor(Z), {}))
    answers["no class"] = error_of(lambda: parallel_cross_entropy(shard, y + 11, K))
    rank = dist.get_rank()
    weight = torch.ones(1, requires_grad=True)
    part = token_mean(weight * torch.tensor(UNEVEN[rank]), torch.tensor(COUNTED[rank]))
    part.backward()
    dist.all_reduce(weight.grad)
    answers["slope"] = weight.grad.item() / dist.get_world_size()
    answers["part"] = part.item()
    return answers


def by_pytorch():
    """Return the loss and the gradient of PyTorch's own loss over cut classes."""
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.tensor import Shard, distribute_tensor
    from torch.distributed.tensor.parallel import loss_parallel

    mesh = init_device_mesh("cpu", (dist.get_world_size(),))
    z = distribute_tensor(torch.tensor(Z), mesh, [Shard(-1)]).requires_grad_()
    with loss_parallel():
        loss = torch.nn.functional.cross_entropy(z, torch.tensor(Y))
        loss.backward()
    return loss.full_tensor().item(), z.grad.to_local().numpy()


@pytest.fixture(scope="module")
def ranks():
    return launch(work_of_a_rank)


def joined(answers):
    """Return a loss, which must be the same on all ranks, and the gradients side by side."""
    losses, gradients = zip(*answers, strict=True)
    np.testing.assert_array_equal(*losses)
    return losses[0], np.concatenate(gradients, axis=-1)


def test_the_classes_are_cut_as_pytorch_cuts_them(ranks):
    for i, n in enumerate((11, 4, 3, 1)):
        pieces = [list(range(n))[rank["own"][i]] for rank in ranks]
        assert [p for p in pieces if p] == [c.tolist() for c in torch.arange(n).chunk(2)]


@pytest.mark.parametrize(
    "number", range(len(OPTIONS)), ids=[str(list(o.values())) for o in OPTIONS]
)
def test_two_ranks_give_the_loss_and_the_gradient_of_one(ranks, number):
    loss, gradient = joined(rank["options"][number] for rank in ranks)
    alone = with_grad(
        lambda z: torch.nn.functional.cross_entropy(z, torch.tensor(Y), **OPTIONS[number]), Z
    )
    assert_allclose(loss, alone[0], rtol=1e-6, atol=1e-6)
    assert_allclose(gradient, alone[1], atol=1e-6)
    ours = cross_entropy_and_grad(Z, Y, ignore_index=-100, **OPTIONS[number])
    assert_allclose(loss, ours[0], rtol=1e-6, atol=1e-6)
    assert_allclose(gradient, ours[1], atol=1e-6)


def test_pytorch_over_dtensor_gives_the_same(ranks):
    ours, gradient = joined(rank["options"][0] for rank in ranks)
    theirs, its_gradient = joined(rank["DTensor"] for rank in ranks)
    assert_allclose(ours, theirs, rtol=1e-6)
    assert_allclose(gradient, its_gradient, atol=1e-6)


def test_half_precision_is_calculated_in_single(ranks):
    loss, gradient = joined(rank["float16"] for rank in ranks)
    expected = cross_entropy_and_grad(Z.astype(np.float16).astype(np.float32), Y, ignore_index=-100)
    assert loss.dtype == np.float32
    assert gradient.dtype == np.float16
    assert_allclose(loss, expected[0], rtol=1e-6)
    assert_allclose(gradient, expected[1], atol=1e-3)


def test_large_scores_and_shards_of_minus_infinity(ranks):
    loss, gradient = joined(rank["hard"] for rank in ranks)
    expected = cross_entropy_and_grad(HARD, HARD_Y, reduction="none")
    assert_allclose(loss, expected[0])
    assert_allclose(gradient, softmax(HARD) - np.eye(4)[HARD_Y], atol=1e-15)


def test_a_rank_may_have_no_class(ranks):
    loss, gradient = joined(rank["one class"] for rank in ranks)
    assert loss == 0
    assert gradient.tolist() == [[0]]


def test_gathered_logits_are_refused_with_the_part_to_pass(ranks):
    message = "ValueError: shard must have {} classes on this rank, got shape (8, 11): these are "
    message += "the logits of all ranks, pass shard[..., {}]"
    told = [rank["gathered"] for rank in ranks]
    assert told == [message.format(6, "0:6"), message.format(5, "6:11")]


def test_a_target_beyond_the_classes_is_named(ranks):
    wrong = (Y + 11)[0]
    expected = f"IndexError: target must be from 0 to 10, got {wrong}: to leave a token out, "
    assert [rank["no class"] for rank in ranks] == [expected + "pass ignore_index=-100"] * 2


def test_ranks_with_few_tokens_do_not_count_more(ranks):
    tokens = np.concatenate([u[c] for u, c in zip(UNEVEN, COUNTED, strict=True)])
    assert np.mean([rank["part"] for rank in ranks]) == pytest.approx(tokens.mean())
    assert [rank["slope"] for rank in ranks] == [pytest.approx(tokens.mean())] * 2
    mean_of_means = np.mean([u[c].mean() for u, c in zip(UNEVEN, COUNTED, strict=True)])
    assert not math.isclose(tokens.mean(), mean_of_means, rel_tol=0.01)


def fails_on_one_rank():
    if dist.get_rank() == 1:
        raise ValueError("no such word: 'panda'")
    dist.barrier()


def test_the_error_of_a_rank_is_quoted_and_the_others_stop():
    with pytest.raises(RuntimeError, match="rank 1 failed: ValueError: no such word: 'panda'"):
        launch(fails_on_one_rank)


def test_no_ranks_are_refused():
    with pytest.raises(ValueError, match="ranks must be 1 or more, got 0"):
        launch(len, ranks=0)


@pytest.fixture
def alone():
    """A group of this process alone."""
    dist.init_process_group("gloo", rank=0, world_size=1, store=dist.HashStore())
    yield
    dist.destroy_process_group()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_classes": 0}, "n_classes must be 1 or more, got 0"),
        ({"n_classes": 4}, r"shard must have 4 classes on this rank, got shape \(2, 3\)$"),
        ({"target": torch.tensor([1])}, r"one row for each target, got shard of shape \(2, 3\)"),
        ({"label_smoothing": 2}, "label_smoothing must be from 0 to 1, got 2"),
        ({"reduction": "average"}, "reduction must be 'mean', 'sum' or 'none', got 'average'"),
    ],
)
def test_wrong_arguments_are_quoted(alone, change, message):
    right = {"shard": torch.zeros(2, 3), "target": torch.tensor([0, 2]), "n_classes": 3}
    assert parallel_cross_entropy(**right) == pytest.approx(np.log(3))
    with pytest.raises(ValueError, match=message):
        parallel_cross_entropy(**right | change)


def test_counts_of_another_shape_are_refused(alone):
    with pytest.raises(ValueError, match=r"the shape of losses, got \(3,\) and \(2,\)"):
        token_mean(torch.ones(2), torch.ones(3, dtype=torch.bool))

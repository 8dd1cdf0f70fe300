"""Agreement of the losses and gradients with PyTorch where it is right."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from support.family import Z, by_name

from softmax_lessons import entropy, kl_divergence, log_softmax, softmax
from softmax_lessons.exercises.catalog import EXERCISES
from softmax_lessons.gradients import (
    check_grad,
    log_softmax_vjp,
    softmax_jacobian,
    softmax_jvp,
    softmax_vjp,
)
from softmax_lessons.losses import (
    binary_cross_entropy,
    binary_cross_entropy_and_grad,
    cross_entropy,
    cross_entropy_and_grad,
    one_hot,
)

torch = pytest.importorskip("torch")
F = torch.nn.functional

RANDOM = np.random.default_rng(2)
SHAPES = [(5,), (6, 5), (4, 5, 3), (2, 5, 3, 7)]  # torch has the classes at axis 1, or 0 if alone
PROBABILITIES = {s: softmax(RANDOM.normal(0, 2, s), axis=min(1, len(s) - 1)) for s in SHAPES}
LOGITS = {s: RANDOM.normal(0, 3, s) for s in SHAPES}


def theirs(x, target, **arguments):
    t = torch.from_numpy(x).requires_grad_()
    loss = F.cross_entropy(t, torch.from_numpy(np.asarray(target)), **arguments)
    loss.sum().backward()
    return loss.detach().numpy(), t.grad.numpy()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", ["labels", "probabilities"])
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("smoothing", [0.0, 0.15, 0.9])
def test_the_same_as_torch(dtype, shape, kind, reduction, smoothing):
    axis = min(1, len(shape) - 1)
    x, y = LOGITS[shape].astype(dtype), PROBABILITIES[shape].astype(dtype)
    target = y if kind == "probabilities" else y.argmax(axis=axis)
    arguments = {"reduction": reduction, "label_smoothing": smoothing}
    loss, grad = cross_entropy_and_grad(x, target, axis, **arguments)
    expected = theirs(x, target, **arguments)
    eps = np.finfo(dtype).eps
    assert loss.dtype == expected[0].dtype
    assert_allclose(loss, expected[0], rtol=20 * eps, atol=2 * eps)  # theirs loses digits near 0
    assert_allclose(grad, expected[1], rtol=50 * eps, atol=2 * eps)
    assert_array_equal(cross_entropy(x, target, axis, **arguments), loss)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weight", [[0, 1, 1], [0, 0, 0]])
@pytest.mark.parametrize("labels", [[0, 0], [0, -100], [-100, -100]])
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_labels_that_all_weigh_nothing(dtype, smoothing, weight, labels, reduction):
    x = np.array([Z, [0.0, 1.0, 0.0]], dtype)
    arguments = {"reduction": reduction, "label_smoothing": smoothing}
    w = np.array(weight, dtype)
    expected = theirs(x, labels, weight=torch.from_numpy(w), **arguments)
    got = cross_entropy_and_grad(x, labels, weight=w, ignore_index=-100, **arguments)
    for ours, torchs in zip(got, expected, strict=True):
        assert_allclose(ours, torchs, rtol=50 * np.finfo(dtype).eps, atol=np.finfo(dtype).eps)
    assert np.isnan(got[0]).all() == (reduction == "mean")


def tensors(arguments):
    return {
        n: torch.from_numpy(v) if isinstance(v, np.ndarray) else v for n, v in arguments.items()
    }


@pytest.mark.parametrize("seed", range(200))
def test_weights_and_ignored_labels_are_those_of_torch(seed):
    random = np.random.default_rng(seed)
    dtype = random.choice([np.float32, np.float64])
    n_classes = int(random.integers(1, 7))
    shape = [(n_classes,), (int(random.integers(1, 6)), n_classes), (2, n_classes, 3)][seed % 3]
    axis = min(1, len(shape) - 1)
    rows = tuple(np.delete(shape, axis))
    x = random.normal(0, 3, shape).astype(dtype)
    arguments = {
        "reduction": str(random.choice(["none", "mean", "sum"])),
        "label_smoothing": float(random.choice([0, 0.1, 0.9])),
    }
    if random.random() < 0.7:
        arguments["weight"] = (random.random(n_classes) + 0.1).astype(dtype)
    if random.random() < 0.4:
        target = softmax(random.normal(0, 2, shape), axis).astype(dtype)
    else:
        target = random.integers(0, n_classes, rows)
        if random.random() < 0.6:
            arguments["ignore_index"] = int(random.choice([-100, 0, n_classes - 1]))
            target = np.where(random.random(rows) < 0.3, arguments["ignore_index"], target)
    loss, grad = cross_entropy_and_grad(x, target, axis, **arguments)
    expected = theirs(x, target, **tensors(arguments))
    eps = np.finfo(dtype).eps
    assert_allclose(loss, expected[0], rtol=30 * eps, atol=4 * eps)
    assert_allclose(grad, expected[1], rtol=100 * eps, atol=4 * eps)
    assert_array_equal(cross_entropy(x, target, axis, **arguments), loss)


@pytest.mark.parametrize("seed", range(200))
def test_the_binary_loss_is_that_of_torch(seed):
    random = np.random.default_rng(seed)
    dtype = random.choice([np.float32, np.float64])
    shape = [(), (5,), (4, 3), (2, 3, 4)][seed % 4]
    x = np.asarray(random.normal(0, 5, shape)).astype(dtype)
    y = np.asarray(random.choice([0, 1, 0.3, 0.75], shape)).astype(dtype)
    arguments = {"reduction": str(random.choice(["none", "mean", "sum"]))}
    if random.random() < 0.6:
        arguments["pos_weight"] = np.asarray(3 * random.random(shape[-1:])).astype(dtype)
    if random.random() < 0.6:
        of_shape = shape if random.random() < 0.5 else shape[-1:]
        arguments["weight"] = np.asarray(random.random(of_shape)).astype(dtype)
    t = torch.from_numpy(x).requires_grad_()
    expected = F.binary_cross_entropy_with_logits(t, torch.from_numpy(y), **tensors(arguments))
    expected.sum().backward()
    loss, grad = binary_cross_entropy_and_grad(x, y, **arguments)
    eps = np.finfo(dtype).eps
    assert_allclose(loss, expected.detach().numpy(), rtol=30 * eps, atol=4 * eps)
    assert_allclose(grad, t.grad.numpy(), rtol=30 * eps, atol=4 * eps)
    assert_array_equal(binary_cross_entropy(x, y, **arguments), loss)


def test_where_the_binary_loss_of_torch_gives_nan():
    x, y = np.array([np.inf, -np.inf]), np.array([1.0, 0.0])
    lost = F.binary_cross_entropy_with_logits(torch.from_numpy(x), torch.from_numpy(y))
    assert lost.isnan()
    assert binary_cross_entropy(x, y) == 0


def test_entropy_and_divergence_are_those_of_torch():
    x, y = LOGITS[6, 5], np.random.default_rng(3).normal(size=(6, 5))
    p, q = (torch.distributions.Categorical(logits=torch.from_numpy(a)) for a in (x, y))
    assert_allclose(entropy(x, logits=True), p.entropy().numpy(), rtol=1e-12)
    expected = torch.distributions.kl_divergence(p, q).numpy()
    assert_allclose(kl_divergence(x, y, logits=True), expected, rtol=1e-11)
    log_q, target = torch.from_numpy(log_softmax(y)), torch.from_numpy(softmax(x))
    expected = F.kl_div(log_q, target, reduction="none").sum(dim=-1).numpy()
    assert_allclose(kl_divergence(softmax(x), softmax(y)), expected, rtol=1e-11)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_the_step_backward_through_log_softmax_is_that_of_torch(dtype, axis):
    log_p = log_softmax(LOGITS[2, 5, 3, 7], axis).astype(dtype)
    g = np.random.default_rng(3).normal(size=log_p.shape).astype(dtype)
    expected = torch._log_softmax_backward_data(
        torch.from_numpy(g), torch.from_numpy(log_p), axis, torch.from_numpy(log_p).dtype
    ).numpy()
    eps = np.finfo(dtype).eps
    assert_allclose(log_softmax_vjp(log_p, g, axis), expected, rtol=100 * eps, atol=8 * eps)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_an_empty_batch_gives_what_torch_gives(reduction):
    x, labels = np.zeros((0, 3)), np.zeros(0, np.int64)
    loss, grad = cross_entropy_and_grad(x, labels, reduction=reduction)
    expected = theirs(x, labels, reduction=reduction)
    assert_array_equal(loss, expected[0])
    assert_array_equal(grad, expected[1])


def test_one_hot_is_that_of_torch():
    labels = RANDOM.integers(0, 4, (3, 5))
    assert_array_equal(one_hot(labels, 4), F.one_hot(torch.from_numpy(labels), 4).numpy())


def test_where_torch_loses_the_digits():
    x = np.array([[0.0, 40.0]])
    loss, grad = cross_entropy_and_grad(x, [1])
    lost = theirs(x, np.array([1]))
    assert lost[0] == lost[1][0, 1] == 0
    assert_allclose([loss, -grad[0, 1]], np.exp(-40), rtol=1e-15)


def test_where_torch_gives_nan():
    x, y = np.array([[0.0, -np.inf]]), np.array([[1.0, 0.0]])
    assert np.isnan(theirs(x, y)[0])
    assert cross_entropy(x, y) == 0


class OurLoss(torch.autograd.Function):
    """Our cross-entropy as a torch function, so that gradcheck can try it."""

    @staticmethod
    def forward(context, x, target, reduction, smoothing):
        loss, grad = cross_entropy_and_grad(
            x.detach().numpy(), target, 1, reduction=reduction, label_smoothing=smoothing
        )
        context.save_for_backward(torch.from_numpy(grad))
        return torch.from_numpy(np.asarray(loss))

    @staticmethod
    def backward(context, g):
        (grad,) = context.saved_tensors
        return grad * (g.unsqueeze(1) if g.ndim else g), None, None, None


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("kind", ["labels", "probabilities"])
def test_gradcheck_of_the_loss(reduction, kind):
    x = torch.from_numpy(LOGITS[4, 5, 3]).requires_grad_()
    y = PROBABILITIES[4, 5, 3]
    target = y if kind == "probabilities" else y.argmax(axis=1)
    for smoothing in [0.0, 0.2]:
        assert torch.autograd.gradcheck(OurLoss.apply, (x, target, reduction, smoothing))


class OurSoftmax(torch.autograd.Function):
    """Our softmax with our way back."""

    @staticmethod
    def forward(context, x, axis):
        p = torch.from_numpy(softmax(x.detach().numpy(), axis))
        context.axis = axis
        context.save_for_backward(p)
        return p

    @staticmethod
    def backward(context, g):
        (p,) = context.saved_tensors
        return torch.from_numpy(softmax_vjp(p.numpy(), g.numpy(), context.axis)), None


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_gradcheck_of_the_step_backward(axis):
    x = torch.from_numpy(LOGITS[4, 5, 3]).requires_grad_()
    assert torch.autograd.gradcheck(lambda t: OurSoftmax.apply(t, axis), x)


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_the_step_forward_is_that_of_autograd(axis):
    x, v = LOGITS[4, 5, 3], RANDOM.normal(size=(4, 5, 3))
    _, moved = torch.autograd.functional.jvp(
        lambda t: torch.softmax(t, axis), torch.from_numpy(x), torch.from_numpy(v)
    )
    assert_allclose(softmax_jvp(softmax(x, axis), v, axis), moved.numpy(), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_products_are_those_of_torch(dtype, axis):
    p = softmax(LOGITS[2, 5, 3, 7], axis).astype(dtype)
    g = np.random.default_rng(3).normal(size=p.shape).astype(dtype)
    expected = torch._softmax_backward_data(
        torch.from_numpy(g), torch.from_numpy(p), axis, torch.from_numpy(p).dtype
    ).numpy()
    eps = np.finfo(dtype).eps
    assert_allclose(softmax_vjp(p, g, axis), expected, rtol=100 * eps, atol=2 * eps)


def test_the_jacobian_is_that_of_autograd():
    expected = torch.autograd.functional.jacobian(
        lambda t: torch.softmax(t, -1), torch.tensor(Z, dtype=torch.float64)
    )
    assert_allclose(softmax_jacobian(Z), expected.numpy(), rtol=1e-13)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_check_grad_takes_a_function_that_goes_through_torch(reduction):
    y = PROBABILITIES[6, 5]

    def f(x):
        return F.cross_entropy(torch.from_numpy(x), torch.from_numpy(y), reduction=reduction)

    report = check_grad(
        f, lambda x: cross_entropy_and_grad(x, y, reduction=reduction)[1], LOGITS[6, 5]
    )
    assert report, str(report)
    assert report.method == "central differences"


@pytest.mark.parametrize("function", [cross_entropy, cross_entropy_and_grad], ids=by_name)
def test_tensors_are_refused(function):
    with pytest.raises(TypeError, match="logits is a torch tensor"):
        function(torch.tensor(Z), 1)
    with pytest.raises(TypeError, match="target is a torch tensor"):
        function(Z, torch.tensor(1))


# --- what exercises say of PyTorch ----------------------------------------------------------------


@pytest.mark.parametrize(
    "shape", [args[0] for s in EXERCISES["targets_shape"].stages for args in s.cases]
)
def test_targets_have_the_shape_that_the_exercise_says(shape):
    logits = torch.zeros(shape)
    targets = torch.zeros(*EXERCISES["targets_shape"].right(shape), dtype=torch.int64)
    assert F.cross_entropy(logits, targets, reduction="none").shape == targets.shape


@pytest.mark.parametrize(("n", "k"), [(1, 3), (3, 2)])
def test_the_table_of_a_batch_has_the_pattern_that_the_exercise_says(n, k):
    logits = torch.from_numpy(RANDOM.normal(size=(n, k)))
    table = torch.autograd.functional.jacobian(lambda z: torch.softmax(z, dim=-1), logits)
    assert_array_equal(table.numpy() != 0, EXERCISES["jacobian_pattern"].right(n, k))


@pytest.mark.parametrize("lead", [0.0, -5.0, 3.0])
def test_the_slopes_of_the_label_are_those_of_torch(lead):
    target, found = torch.tensor([1]), []
    for loss in (
        F.cross_entropy,
        lambda z, y: F.cross_entropy(torch.softmax(z, dim=-1), y),
        lambda z, y: F.nll_loss(torch.softmax(z, dim=-1), y),
    ):
        z = torch.tensor([[0.5, lead, 0.0, -1.0]], dtype=torch.float64, requires_grad=True)
        loss(z, target).backward()
        found.append(z.grad[0, 1].item())
    assert_allclose(EXERCISES["label_slopes"].right(z.detach().numpy()[0], 1), found, rtol=1e-12)

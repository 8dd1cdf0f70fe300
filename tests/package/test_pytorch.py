"""The classifier and the training loop of the PyTorch lessons."""

import re
from functools import partial
from itertools import islice

import numpy as np
import pytest
from numpy.testing import assert_allclose
from support.family import P, Z

from softmax_lessons import check_grad, cross_entropy_and_grad, logsumexp, sigmoid, softmax

torch = pytest.importorskip("torch")

from softmax_lessons.pytorch import History, SoftmaxRegression, fit, minibatches  # noqa: E402

cross_entropy = torch.nn.functional.cross_entropy


@pytest.fixture
def clusters():
    """Three clusters of points in the plane, well apart."""
    generator = torch.Generator().manual_seed(0)
    y = torch.arange(3).repeat(30)
    centres = torch.tensor([[0.0, 3.0], [-3.0, -2.0], [3.0, -2.0]])
    return centres[y] + 0.5 * torch.randn(90, 2, generator=generator), y


@pytest.fixture
def model():
    """A model whose logits are the running example for any input."""
    model = SoftmaxRegression(n_features=2, n_classes=3)
    with torch.no_grad():
        model.linear.weight.zero_()
        model.linear.bias.copy_(torch.tensor(Z))
    return model


def test_forward_returns_logits(model):
    assert model(torch.ones(4, 2)).tolist() == [pytest.approx(Z)] * 4


def test_predict_proba_returns_probabilities_without_gradient(model):
    p = model.predict_proba(torch.ones(4, 2))
    assert p.tolist() == [pytest.approx(P, rel=1e-6)] * 4
    assert not p.requires_grad
    assert model(torch.ones(1, 2)).requires_grad


def test_parameters_are_one_linear_layer():
    shapes = {k: tuple(v.shape) for k, v in SoftmaxRegression(10, 3).named_parameters()}
    assert shapes == {"linear.weight": (3, 10), "linear.bias": (3,)}


def test_fit_learns_three_clusters(clusters, model):
    x, y = clusters
    losses = fit(model, x, y)
    assert len(losses) == 201
    assert all(isinstance(loss, float) for loss in losses)
    assert losses[-1] < 0.05 * losses[0]
    assert (model.predict_proba(x).argmax(dim=1) == y).all()


def test_fit_is_gradient_descent_step_by_step(clusters, model):
    x, y = clusters
    twin = SoftmaxRegression(2, 3)
    twin.load_state_dict(model.state_dict())
    losses = fit(model, x, y, steps=3, learning_rate=0.1)
    expected = []
    for _ in range(3):
        loss = torch.nn.functional.cross_entropy(twin(x), y)
        expected.append(loss.item())
        gradients = torch.autograd.grad(loss, list(twin.parameters()))
        with torch.no_grad():
            for parameter, gradient in zip(twin.parameters(), gradients, strict=True):
                parameter -= 0.1 * gradient
    expected.append(torch.nn.functional.cross_entropy(twin(x), y).item())
    assert losses == pytest.approx(expected, rel=1e-6)
    assert torch.allclose(model.linear.weight, twin.linear.weight)


def test_fit_takes_any_model_and_loss():
    x = torch.linspace(-1, 1, 20)[:, None]
    losses = fit(
        torch.nn.Linear(1, 1), x, 2 * x + 1, loss_fn=torch.nn.functional.mse_loss, steps=300
    )
    assert losses[-1] < 1e-6


def test_fit_with_no_steps_measures_the_loss(clusters, model):
    before = model.linear.weight.clone()
    assert len(fit(model, *clusters, steps=0)) == 1
    assert torch.equal(model.linear.weight, before)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"steps": -1}, ValueError, "steps must be 0 or more, got -1"),
        ({"steps": 1.5}, TypeError, "'float' object cannot be interpreted as an integer"),
        ({"learning_rate": 0}, ValueError, "learning_rate must be finite and above 0, got 0"),
        ({"learning_rate": -0.5}, ValueError, "learning_rate must be finite and above 0, got -0.5"),
        ({"learning_rate": float("nan")}, ValueError, "finite and above 0, got nan"),
        ({"learning_rate": float("inf")}, ValueError, "finite and above 0, got inf"),
        ({"batch_size": 0}, ValueError, "batch_size must be 1 or more, got 0"),
        ({"batch_size": 2.5}, TypeError, "'float' object cannot be interpreted as an integer"),
    ],
)
def test_fit_refuses_bad_settings(clusters, model, arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        fit(model, *clusters, **arguments)


def test_the_call_of_the_first_lessons_still_returns_a_plain_list_of_losses(clusters, model):
    losses = fit(model, *clusters, loss_fn=cross_entropy, steps=2, learning_rate=0.1)
    assert isinstance(losses, list)
    assert losses == [losses[0], losses[1], losses[2]]
    assert losses.held_out_loss == losses.held_out_accuracy == []


# --- mini-batches -----------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "size"), [(7, 3), (6, 3), (1, 1), (5, 8)])
def test_an_epoch_takes_every_row_once(n, size):
    n_batches = -(-n // size)
    batches = list(islice(minibatches(n, size), 3 * n_batches))
    for start in range(0, len(batches), n_batches):
        epoch = batches[start : start + n_batches]
        assert sorted(torch.cat(epoch).tolist()) == list(range(n))
        assert [len(rows) for rows in epoch[:-1]] == [size] * (n_batches - 1)


def test_the_seed_decides_the_order_and_nothing_else_does():
    def order(seed):
        return torch.cat(list(islice(minibatches(50, 10, seed=seed), 10))).tolist()

    torch.manual_seed(1)
    first = order(0)
    torch.manual_seed(2)
    assert order(0) == first
    assert order(1) != first
    assert first[:50] != first[50:], "each epoch has an order of its own"


def test_the_mean_of_the_batches_of_an_epoch_is_that_of_all_rows():
    values = torch.arange(12.0)
    means = [values[rows].mean() for rows in islice(minibatches(12, 4), 3)]
    assert torch.stack(means).mean() == values.mean()


@pytest.mark.parametrize("arguments", [(0, 1), (-3, 1)])
def test_minibatches_refuse_no_rows(arguments):
    with pytest.raises(ValueError, match=f"n_rows must be 1 or more, got {arguments[0]}"):
        minibatches(*arguments)


def test_fit_takes_the_rows_of_the_minibatches(clusters, model):
    x, y = clusters
    twin = SoftmaxRegression(2, 3)
    twin.load_state_dict(model.state_dict())
    losses = fit(model, x, y, steps=5, learning_rate=0.1, batch_size=40, seed=3)
    expected = []
    for rows in islice(minibatches(90, 40, seed=3), 5):
        loss = cross_entropy(twin(x[rows]), y[rows])
        expected.append(loss.item())
        gradients = torch.autograd.grad(loss, list(twin.parameters()))
        with torch.no_grad():
            for parameter, gradient in zip(twin.parameters(), gradients, strict=True):
                parameter -= 0.1 * gradient
    expected.append(cross_entropy(twin(x), y).item())
    assert losses == pytest.approx(expected, rel=1e-6)
    assert torch.allclose(model.linear.weight, twin.linear.weight)


def test_a_batch_of_all_rows_gives_the_steps_of_no_batches(clusters, model):
    twin = SoftmaxRegression(2, 3)
    twin.load_state_dict(model.state_dict())
    by_batches = fit(model, *clusters, steps=4, batch_size=90)
    assert by_batches == pytest.approx(fit(twin, *clusters, steps=4), rel=1e-5)


def test_rows_must_belong_together(clusters, model):
    x, y = clusters
    with pytest.raises(ValueError, match="x and y must have one row an example, got 90 and 89"):
        fit(model, x, y[:-1], batch_size=10)


# --- history and progress ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "measured_after"),
    [
        ({"steps": 7, "batch_size": 30}, [0, 3, 6]),
        ({"steps": 2, "batch_size": 30}, [0]),
        ({"steps": 8, "batch_size": 25}, [0, 4, 8]),
        ({"steps": 3}, [0, 1, 2, 3]),
        ({"steps": 0}, [0]),
    ],
)
def test_the_held_out_set_is_measured_once_an_epoch(clusters, model, settings, measured_after):
    x, y = clusters
    start, new = model.state_dict(), (x[::2] + 0.3, y[::2])
    start = {name: value.clone() for name, value in start.items()}
    history = fit(model, x, y, held_out=new, **settings)
    losses, accuracies = [], []
    for steps in measured_after:
        twin = SoftmaxRegression(2, 3)
        twin.load_state_dict(start)
        fit(twin, x, y, **{**settings, "steps": steps})
        losses.append(cross_entropy(twin(new[0]), new[1]).item())
        accuracies.append((twin(new[0]).argmax(dim=1) == new[1]).double().mean().item())
    assert history.held_out_loss == losses
    assert history.held_out_accuracy == accuracies
    assert len(history) == settings["steps"] + 1


def test_the_held_out_set_changes_nothing(clusters, model):
    x, y = clusters
    twin = SoftmaxRegression(2, 3)
    twin.load_state_dict(model.state_dict())
    watched = fit(model, x, y, steps=9, batch_size=30, held_out=(x + 1, y))
    assert watched == fit(twin, x, y, steps=9, batch_size=30)


def test_measuring_happens_in_evaluation_mode_and_leaves_no_trace():
    seen = []

    class Watched(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = torch.nn.Linear(1, 2)
            self.frozen = torch.nn.Dropout().eval()

        def forward(self, x):
            seen.append((self.training, torch.is_grad_enabled()))
            return self.frozen(self.linear(x))

    model, x = Watched(), torch.ones(4, 1)
    fit(model, x, torch.tensor([0, 1, 0, 1]), steps=1, held_out=(x, torch.tensor([0, 1, 0, 1])))
    measured, trained = (False, False), (True, True)
    assert seen == [measured, trained, measured, measured]
    assert (model.training, model.linear.training, model.frozen.training) == (True, True, False)


def test_without_steps_nothing_of_the_model_changes():
    model = torch.nn.Sequential(torch.nn.BatchNorm1d(3), torch.nn.Linear(3, 2))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    fit(model, torch.rand(8, 3), torch.tensor([0, 1] * 4), steps=0)
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_the_last_loss_is_measured_in_evaluation_mode():
    model = torch.nn.Sequential(torch.nn.Dropout(0.9), torch.nn.Linear(3, 2)).double()
    x, y = torch.rand(8, 3, dtype=torch.float64), torch.tensor([0, 1] * 4)
    (last,) = fit(model, x, y, steps=0)
    assert model.training
    assert last == cross_entropy(model.eval()(x), y).item()


def test_the_mode_comes_back_when_a_measurement_fails(clusters, model):
    x, _ = clusters
    with pytest.raises(ZeroDivisionError):
        fit(model, x, x, loss_fn=lambda z, y: 1 / 0, steps=0)
    assert model.training


@pytest.mark.parametrize(
    ("outputs", "targets"),
    [
        ((20, 3), torch.linspace(-1, 1, 20)),  # no class numbers
        ((20, 1), torch.arange(20) % 2),  # one score for yes: its argmax is always 0
        ((20, 3), torch.ones(20, 3, dtype=torch.int64)),  # several labels
        ((20,), torch.arange(20) % 2),
    ],
)
def test_no_accuracy_without_two_logits_and_a_class_number_a_row(outputs, targets):
    class Shaped(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.level = torch.nn.Parameter(torch.zeros(()))

        def forward(self, x):
            return self.level + torch.ones((len(x), *outputs[1:]))

    def loss_fn(z, y):
        return (z.mean() - y.double().mean()).square()

    x = torch.zeros(20, 1)
    history = fit(Shaped(), x, targets, loss_fn=loss_fn, steps=2, held_out=(x, targets))
    assert len(history.held_out_loss) == 3
    assert history.held_out_accuracy == []


def test_no_accuracy_of_sequences():
    x, y = torch.rand(4, 5, 3), torch.arange(20).reshape(4, 5) % 2

    def each(z, y):
        return cross_entropy(z.flatten(0, 1), y.flatten())

    history = fit(SoftmaxRegression(3, 2), x, y, loss_fn=each, steps=1, held_out=(x, y))
    assert len(history.held_out_loss) == 2
    assert history.held_out_accuracy == []


def test_a_history_is_a_list():
    history = History([2.0, 1.0])
    assert history == [2.0, 1.0]
    assert history.held_out_loss == []
    assert History() == []


@pytest.mark.parametrize(
    ("steps", "lines"),
    [
        (20, " 25% of 20 steps\n 50% of 20 steps\n 75% of 20 steps\n100% of 20 steps\n"),
        (3, " 25% of 3 steps\n 50% of 3 steps\n100% of 3 steps\n"),
        (0, ""),
    ],
)
def test_progress_is_the_same_on_every_run(clusters, model, capsys, steps, lines):
    fit(model, *clusters, steps=steps, progress=True)
    assert capsys.readouterr() == (lines, "")
    fit(model, *clusters, steps=steps)
    assert capsys.readouterr() == ("", "")


# --- what is wrong with what was passed -------------------------------------------------------


def advice_of(error, *arguments, model=None, **settings):
    """What fit says that would work: the code after the last "pass"."""
    with pytest.raises(error) as caught:
        fit(model or SoftmaxRegression(2, 3), *arguments, **settings)
    message = str(caught.value)
    assert "pass " in message
    return message, message.rpartition("pass ")[2].partition(", or ")[0]


@pytest.mark.parametrize("batch_size", [None, 8])
@pytest.mark.parametrize(
    "wrong",
    [
        lambda y: y.float(),
        lambda y: y.double(),
        lambda y: y.int(),
        lambda y: y.short(),
        lambda y: y[:, None],
        lambda y: y[:, None].float(),
        lambda y: y[:, None].int(),
        lambda y: torch.nn.functional.one_hot(y),
        lambda y: torch.nn.functional.one_hot(y).int(),
        lambda y: y + 1,
    ],
)
def test_labels_as_people_pass_them(clusters, wrong, batch_size):
    x, y = clusters
    message, code = advice_of((TypeError, ValueError), x, wrong(y), batch_size=batch_size)
    assert message.startswith("y must ") or "is neither class numbers nor probabilities" in message
    fixed = eval(code, {"torch": torch, "y": wrong(y)})
    assert torch.equal(fixed, y)
    assert len(fit(SoftmaxRegression(2, 3), x, fixed, steps=2, batch_size=batch_size)) == 3


def test_labels_with_fractions_or_out_of_range(clusters):
    x, y = clusters
    with pytest.raises(ValueError, match=r"y must hold class numbers, .* with 0\.5"):
        fit(SoftmaxRegression(2, 3), x, y + 0.5)
    with pytest.raises(ValueError, match=r"y must be below 3, the number of outputs, got 7$"):
        fit(SoftmaxRegression(2, 3), x, y + 5)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.int64, torch.uint8])
def test_inputs_of_another_dtype(clusters, dtype):
    x, y = clusters
    message, code = advice_of(TypeError, x.abs().to(dtype), y)
    assert message.startswith(f"x has dtype {dtype}, and the model calculates in torch.float32")
    assert len(fit(SoftmaxRegression(2, 3), eval(code, {"torch": torch, "x": x}), y, steps=1)) == 2
    message, _ = advice_of(TypeError, x, y, model=SoftmaxRegression(2, 3).double())
    assert message.endswith("pass x.to(torch.float64)")


def test_a_model_may_convert_its_inputs_itself(clusters):
    class Converting(SoftmaxRegression):
        def forward(self, x):
            return super().forward(x.float())

    x, y = clusters
    assert len(fit(Converting(2, 3), x.double(), y, steps=1)) == 2


def test_inputs_of_another_shape():
    x, y = torch.rand(6, 2, 2), torch.arange(6) % 3
    message, code = advice_of(ValueError, x, y, model=SoftmaxRegression(4, 3))
    assert message.startswith("the rows of x must have 4 features, got shape (6, 2, 2)")
    assert len(fit(SoftmaxRegression(4, 3), eval(code, {"x": x}), y, steps=1)) == 2
    with pytest.raises(ValueError, match=r"must have 5 features, got shape \(6, 2, 2\)$"):
        fit(SoftmaxRegression(5, 3), x, y)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.ones((4, 2)), np.array([0, 1, 2, 0])),
        ([[1.0, 2.0]] * 4, [0, 1, 2, 0]),
        (np.ones((4, 2), int), ["seal", "duck", "panda", "duck"]),
    ],
)
def test_arrays_and_lists(x, y):
    names = {"torch": torch, "numpy": np, "x": x, "y": y}
    message, code = advice_of(TypeError, x, y)
    assert message.startswith(f"x must be a tensor, got {type(x).__name__}")
    tensor = eval(code, names)
    message, code = advice_of(TypeError, tensor, y)
    assert message.startswith(f"y must be a tensor, got {type(y).__name__}")
    assert len(fit(SoftmaxRegression(2, 3), tensor, eval(code, names), steps=1)) == 2


@pytest.mark.parametrize(
    "x",
    [
        [["1", "2"], ["3", "4"], ["5", "6"]],
        np.array([[1, 2], [3, 4], [5, 6]], object),
        [torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]), torch.tensor([5.0, 6.0])],
        [torch.tensor([1.0, 2.0], requires_grad=True)] * 3,
        {0: [1.0, 2.0], 1: [3.0, 4.0], 2: [5.0, 6.0]},
    ],
    ids=["text", "objects", "tensors", "gradients", "mapping"],
)
def test_inputs_of_text_objects_and_tensors(x):
    names = {"torch": torch, "numpy": np, "x": x}
    if isinstance(x, dict):
        with pytest.raises(TypeError, match=r"pass list\(x.values\(\)\)$"):
            fit(SoftmaxRegression(2, 3), x, torch.arange(3))
        names["x"] = x = list(x.values())
    _, code = advice_of(TypeError, x, torch.arange(3))
    fixed = eval(code, names)
    expected = [
        [float(number) for number in getattr(row, "tolist", lambda row=row: row)()] for row in x
    ]
    assert torch.equal(fixed, torch.tensor(expected))
    assert len(fit(SoftmaxRegression(2, 3), fixed, torch.arange(3), steps=2)) == 3


@pytest.mark.parametrize(
    ("y", "numbers"),
    [
        (np.array([0, 2, 2], object), [0, 2, 2]),
        (["0", "2", "2"], [0, 2, 2]),
        (["b", "c", "a"], [1, 2, 0]),
        ([torch.tensor(0), torch.tensor(2), torch.tensor(2)], [0, 2, 2]),
    ],
)
def test_labels_of_text_objects_and_tensors(y, numbers):
    _, code = advice_of(TypeError, torch.rand(3, 2), y)
    assert eval(code, {"torch": torch, "numpy": np, "y": y}).tolist() == numbers


def test_inputs_and_targets_that_get_no_code():
    x, y = torch.rand(3, 2), torch.arange(3)
    message, _ = advice_of(TypeError, x, None)
    assert (
        message == "y must be a tensor, got NoneType: pass a tensor of targets, such as class "
        "numbers"
    )
    with pytest.raises(TypeError, match=r"x must be a tensor, got list, such as 'a'$"):
        fit(SoftmaxRegression(2, 3), [["a", "b"]] * 3, y)
    with pytest.raises(TypeError, match="got list: leave out the rows that have no label"):
        fit(SoftmaxRegression(2, 3), x, ["a", None, "b"])


@pytest.mark.parametrize("held_out", [torch.rand(2, 2), (torch.rand(2, 2),), (1, 2, 3)])
def test_held_out_is_a_pair(clusters, held_out):
    message, code = advice_of(TypeError, *clusters, held_out=held_out)
    assert message.startswith("held_out must be a pair, got ")
    assert code.startswith("held_out=(x, y)")


def test_every_error_about_the_held_out_rows_names_them(clusters):
    x, y = clusters
    for held_out in [
        (x.double(), y),
        (x, y.float()),
        (x / 0, y),
        (x, y + 1),
        (x, y - 1),
        (x[:, :1], y),
        (x, y.numpy()),
        (x, None),
        (x[:0], y[:0]),
    ]:
        with pytest.raises((TypeError, ValueError), match=r"^held_out: (x|y|the rows of x) "):
            fit(SoftmaxRegression(2, 3), x, y, held_out=held_out)


def test_labels_below_zero(clusters):
    x, y = clusters
    signs = 2 * (y > 0).long() - 1
    message, code = advice_of(ValueError, x, signs)
    assert message.startswith("y must be 0 or above, got -1: for no and yes as 0 and 1 pass ")
    assert torch.equal(eval(code, {"y": signs}), (y > 0).long())
    with pytest.raises(ValueError, match="y must be 0 or above, got -1: leave such rows") as e:
        fit(SoftmaxRegression(2, 3), x, y - 1)
    keep = eval(str(e.value).partition("keep = ")[2], {"y": y - 1})
    assert torch.equal(keep, y > 0)


def test_labels_that_all_mark_a_gap(clusters):
    x, y = clusters
    with pytest.raises(ValueError, match="y has no label that counts: all are -100"):
        fit(SoftmaxRegression(2, 3), x, torch.full_like(y, -100))
    y = torch.where(y == 1, -100, y)
    assert np.isfinite(fit(SoftmaxRegression(2, 3), x, y, steps=2)).all()


def test_labels_with_gaps_as_floats(clusters):
    x, y = clusters
    gaps = torch.where(y == 1, torch.nan, y.double())
    with pytest.raises(ValueError, match=r"^y must be finite, got nan: leave such") as e:
        fit(SoftmaxRegression(2, 3), x, gaps)
    keep = eval(str(e.value).partition("keep = ")[2], {"torch": torch, "y": gaps})
    _, code = advice_of(TypeError, x[keep], gaps[keep])
    assert torch.equal(eval(code, {"y": gaps[keep]}), y[y != 1])


@pytest.mark.parametrize(
    "loss_fn",
    [torch.nn.functional.nll_loss, torch.nn.NLLLoss(), lambda z, y: cross_entropy(z, y)],
)
def test_other_losses_that_take_class_numbers(clusters, loss_fn):
    x, y = clusters
    for wrong in (y.float(), y.int(), y + 1):
        _, code = advice_of((TypeError, ValueError), x, wrong, loss_fn=loss_fn)
        assert torch.equal(eval(code, {"y": wrong}), y)


@pytest.mark.parametrize(
    "loss_fn",
    [
        torch.nn.functional.mse_loss,
        torch.nn.L1Loss(),
        partial(torch.nn.functional.huber_loss, delta=2.0),
    ],
)
def test_a_column_is_not_compared_with_a_row(loss_fn):
    x, y = torch.rand(6, 2), torch.arange(6.0)
    message, code = advice_of(ValueError, x, y, model=torch.nn.Linear(2, 1), loss_fn=loss_fn)
    assert message.startswith("the loss compares entry by entry, got outputs of shape (6, 1) and ")
    fixed = eval(code, {"y": y})
    assert torch.equal(fixed, y[:, None])
    assert len(fit(torch.nn.Linear(2, 1), x, fixed, loss_fn=loss_fn, steps=1)) == 2


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
@pytest.mark.parametrize("steps", [0, 3])
def test_inputs_that_are_not_finite(clusters, bad, steps):
    x, y = clusters
    x = x.clone()
    x[7, 1] = bad
    with pytest.raises(ValueError, match=f"^x must be finite, got {bad}: leave such rows out") as e:
        fit(SoftmaxRegression(2, 3), x, y, steps=steps)
    keep = eval(str(e.value).partition("keep = ")[2], {"torch": torch, "x": x})
    assert keep.sum() == 89
    assert np.isfinite(fit(SoftmaxRegression(2, 3), x[keep], y[keep], steps=3)).all()


def test_a_loss_that_diverges_on_finite_inputs_is_a_loss():
    torch.manual_seed(0)
    x, y = torch.tensor([[1e30], [-1e30]]), torch.tensor([0, 1])
    assert not np.isfinite(fit(SoftmaxRegression(1, 2), x, y, steps=5, learning_rate=1e30)).all()


def test_no_rows():
    with pytest.raises(ValueError, match="x and y must have at least one row, got none"):
        fit(SoftmaxRegression(2, 3), torch.zeros(0, 2), torch.zeros(0, dtype=torch.int64))


def test_rows_must_belong_together_in_one_batch_too(clusters, model):
    x, y = clusters
    with pytest.raises(ValueError, match="x and y must have one row an example, got 90 and 89"):
        fit(model, x, y[:-1])
    with pytest.raises(ValueError, match="held_out: x and y must have one row an example, got 90"):
        fit(model, x, y, held_out=(x, y[:-1]))
    with pytest.raises(TypeError, match="held_out: y must be a tensor, got ndarray: pass"):
        fit(model, x, y, held_out=(x, y.numpy()))


@pytest.mark.parametrize(
    "loss_fn",
    [
        cross_entropy,
        torch.nn.CrossEntropyLoss(),
        partial(cross_entropy, label_smoothing=0.1),
    ],
)
def test_one_output_cannot_be_trained_with_cross_entropy(loss_fn):
    x, y = torch.linspace(-1, 1, 20)[:, None], (torch.arange(20) > 9).long()
    message, _ = advice_of(ValueError, x, y, model=torch.nn.Linear(1, 1), loss_fn=loss_fn)
    assert message.startswith("the model has one output, and the cross-entropy of one class is")
    binary = torch.nn.functional.binary_cross_entropy_with_logits
    assert "loss_fn=torch.nn.functional.binary_cross_entropy_with_logits" in message
    targets = eval(message.rpartition("for y ")[2], {"torch": torch, "y": y})
    losses = fit(torch.nn.Linear(1, 1), x, targets, loss_fn=binary, steps=50)
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("wrong", [lambda y: y.long(), lambda y: y.long()[:, None], lambda y: y])
def test_targets_of_a_yes_or_no_question(wrong):
    x, y = torch.linspace(-1, 1, 20)[:, None], (torch.arange(20) > 9).float()
    binary = torch.nn.functional.binary_cross_entropy_with_logits
    message, code = advice_of(
        (TypeError, ValueError), x, wrong(y), model=torch.nn.Linear(1, 1), loss_fn=binary
    )
    assert message.startswith("the loss does not take y of dtype ")
    fixed = eval(code, {"torch": torch, "y": wrong(y)})
    assert torch.equal(fixed, y[:, None])
    assert len(fit(torch.nn.Linear(1, 1), x, fixed, loss_fn=binary, steps=1)) == 2


def test_an_error_that_is_not_understood_comes_through(clusters):
    def broken(z, y):
        raise RuntimeError("no reason")

    with pytest.raises(RuntimeError, match="no reason"):
        fit(SoftmaxRegression(2, 3), *clusters, loss_fn=broken)


@pytest.mark.parametrize(
    ("sizes", "error", "message"),
    [
        (
            (4, 1),
            ValueError,
            "n_classes must be 2 or more, got 1: the softmax of one score is alwa",
        ),
        ((4, 0), ValueError, "n_classes must be 2 or more, got 0"),
        ((0, 3), ValueError, "n_features must be 1 or more, got 0"),
        ((4, 2.0), TypeError, "'float' object cannot be interpreted as an integer"),
    ],
)
def test_a_model_without_a_choice(sizes, error, message):
    with pytest.raises(error, match=message):
        SoftmaxRegression(*sizes)


def test_what_the_model_of_one_class_should_be():
    with pytest.raises(ValueError, match="For a yes-or-no question") as e:
        SoftmaxRegression(4, 1)
    code = re.search(r"torch\.nn\.Linear\(4, 1\)", str(e.value))[0]
    x, y = torch.rand(10, 4), (torch.arange(10) % 2).float()[:, None]
    binary = torch.nn.functional.binary_cross_entropy_with_logits
    assert len(fit(eval(code, {"torch": torch}), x, y, loss_fn=binary, steps=1)) == 2


# --- what the pages on training and on several labels derive ------------------------------------


@pytest.fixture
def problem():
    """Random inputs, labels, weights and constants in float64: 40 rows, 6 features, 4 classes."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(40, 6)), np.arange(40) % 4, rng.normal(size=(4, 6)), rng.normal(size=4)


def linear(weights, constants):
    """A linear layer that starts from these weights."""
    layer = torch.nn.Linear(weights.shape[1], len(weights), dtype=torch.float64)
    layer.weight.data, layer.bias.data = torch.tensor(weights), torch.tensor(constants)
    return layer


def test_the_slope_of_a_weight_is_the_slope_of_its_score_times_its_input(problem):
    x, y, w, b = problem
    residual = (softmax(x @ w.T + b) - np.eye(4)[y]) / len(x)
    layer = linear(w, b)
    cross_entropy(layer(torch.tensor(x)), torch.tensor(y)).backward()
    assert_allclose(residual.T @ x, layer.weight.grad, rtol=1e-10, atol=1e-15)
    assert_allclose(residual.sum(axis=0), layer.bias.grad, rtol=1e-10, atol=1e-15)


def test_the_gradient_goes_back_through_a_hidden_layer(problem):
    x, y, _, b = problem
    rng = np.random.default_rng(1)
    w1, b1, w2 = rng.normal(size=(5, 6)), rng.normal(size=5), rng.normal(size=(4, 5))
    first, last = linear(w1, b1), linear(w2, b)
    network = torch.nn.Sequential(first, torch.nn.ReLU(), last)
    cross_entropy(network(torch.tensor(x)), torch.tensor(y)).backward()

    a = x @ w1.T + b1
    h = np.maximum(a, 0)
    at_scores = (softmax(h @ w2.T + b) - np.eye(4)[y]) / len(x)
    at_features = (at_scores @ w2) * (a > 0)
    for layer, slopes, inputs in ((last, at_scores, h), (first, at_features, x)):
        assert_allclose(slopes.T @ inputs, layer.weight.grad, rtol=1e-10, atol=1e-15)
        assert_allclose(slopes.sum(axis=0), layer.bias.grad, rtol=1e-10, atol=1e-15)


def test_training_does_not_move_the_sum_of_the_weights_over_the_classes(problem):
    x, y, w, b = problem
    layer = linear(w, b)
    fit(layer, torch.tensor(x), torch.tensor(y), steps=50, batch_size=8)
    assert np.abs(layer.weight.detach().numpy() - w).max() > 0.1
    assert_allclose(layer.weight.detach().sum(dim=0), w.sum(axis=0), rtol=1e-12)
    assert_allclose(layer.bias.detach().sum(), b.sum(), rtol=1e-12)


def test_the_penalty_shrinks_the_weights_in_each_step(problem):
    x, y, w, b = problem
    rate, decay = 0.3, 0.05
    expected = (1 - rate * decay) * w
    expected -= rate * cross_entropy_and_grad(x @ w.T + b, y)[1].T @ x
    penalized, decayed = linear(w, b), linear(w, b)

    def loss_fn(z, y):
        return cross_entropy(z, y) + decay / 2 * penalized.weight.square().sum()

    fit(penalized, torch.tensor(x), torch.tensor(y), loss_fn=loss_fn, steps=1, learning_rate=rate)
    assert_allclose(penalized.weight.detach(), expected, rtol=1e-12)
    optimizer = torch.optim.SGD([decayed.weight], lr=rate, weight_decay=decay)
    cross_entropy(decayed(torch.tensor(x)), torch.tensor(y)).backward()
    optimizer.step()
    assert_allclose(decayed.weight.detach(), expected, rtol=1e-12)


@pytest.mark.parametrize("c", [0.02, 1.0, 30.0])
def test_the_optimum_of_scikit_learn_has_the_decay_of_one_over_c_and_the_rows(problem, c):
    linear_model = pytest.importorskip("sklearn.linear_model")
    x, y, _, _ = problem
    witness = linear_model.LogisticRegression(
        C=c, solver="newton-cholesky", tol=1e-12, max_iter=100
    ).fit(x, y)
    _, slopes = cross_entropy_and_grad(x @ witness.coef_.T + witness.intercept_, y)
    decay = 1 / (c * len(x))
    assert_allclose(slopes.T @ x, -decay * witness.coef_, rtol=1e-6, atol=1e-9)
    assert_allclose(slopes.sum(axis=0), 0, atol=1e-9)  # the constants are not penalized


SCORES = np.array([-800.0, -30.0, -2.5, 0.0, 0.25, 1.23, 30.0, 800.0])


@pytest.mark.parametrize("answer", [0, 1])
def test_the_loss_of_a_yes_or_no_question_is_that_of_two_scores(answer):
    expected = torch.nn.functional.binary_cross_entropy_with_logits(
        torch.tensor(SCORES), torch.full((8,), float(answer)).double(), reduction="none"
    )
    two = np.stack([np.zeros(8), SCORES], axis=-1)
    assert_allclose(logsumexp(two) - answer * SCORES, expected, rtol=1e-12, atol=1e-13)
    ordinary = abs(SCORES) < 30
    p = sigmoid(SCORES[ordinary])
    by_formula = -answer * np.log(p) - (1 - answer) * np.log(1 - p)
    assert_allclose(by_formula, expected[ordinary], rtol=1e-12)


@pytest.mark.parametrize("answer", [0, 1])
def test_the_slope_of_the_loss_of_a_yes_or_no_question(answer):
    z = torch.tensor(SCORES, requires_grad=True)
    target = torch.full((8,), float(answer)).double()
    torch.nn.functional.binary_cross_entropy_with_logits(z, target, reduction="sum").backward()
    assert_allclose(sigmoid(SCORES) - answer, z.grad, rtol=1e-12, atol=1e-15)
    ordinary = SCORES[abs(SCORES) < 30]
    assert check_grad(
        lambda z: np.sum(np.logaddexp(0, z) - answer * z), sigmoid(ordinary) - answer, ordinary
    )


def test_a_group_of_classes_has_the_sum_of_their_shares():
    scores = np.random.default_rng(0).normal(scale=3, size=(50, 10))
    group, rest = scores[:, ::2], scores[:, 1::2]
    by_lead = sigmoid(logsumexp(group) - logsumexp(rest))  # two classes: the group and the rest
    assert_allclose(softmax(scores)[:, ::2].sum(axis=-1), by_lead, rtol=1e-12)


@pytest.mark.parametrize("batch_size", [None, 8])
def test_one_score_learns_at_twice_the_rate_what_two_scores_learn(problem, batch_size):
    x, y, w, b = problem
    inputs, yes = torch.tensor(x), torch.tensor(y % 2)
    two, one = linear(w[:2], b[:2]), linear(w[1:2] - w[:1], b[1:2] - b[:1])
    settings = {"steps": 100, "batch_size": batch_size}

    def one_score(z, y):
        return torch.nn.functional.binary_cross_entropy_with_logits(z[:, 0], y.double())

    losses = fit(two, inputs, yes, learning_rate=0.2, **settings)
    same = fit(one, inputs, yes, loss_fn=one_score, learning_rate=0.4, **settings)
    assert_allclose(same, losses, rtol=1e-10)
    lead = two.weight.detach()[1] - two.weight.detach()[0]
    assert_allclose(one.weight.detach()[0], lead, rtol=1e-9)

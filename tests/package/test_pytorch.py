"""The classifier and the training loop of the PyTorch lessons."""

import re

import pytest
from family import P, Z

torch = pytest.importorskip("torch")

from softmax_lessons.pytorch import SoftmaxRegression, fit  # noqa: E402


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
    ],
)
def test_fit_refuses_bad_settings(clusters, model, arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        fit(model, *clusters, **arguments)

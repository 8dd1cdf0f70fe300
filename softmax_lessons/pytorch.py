"""Softmax regression in PyTorch: a model that returns logits, and a loop that trains it."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable

try:
    import torch
except ImportError as error:
    raise ImportError(
        'softmax_lessons.pytorch needs torch: pip install "softmax-lessons[torch]"'
    ) from error

__all__ = ["SoftmaxRegression", "fit"]


class SoftmaxRegression(torch.nn.Module):
    """One linear layer; softmax turns its logits into probabilities.

    Parameters
    ----------
    n_features : int
        The length of each input row.
    n_classes : int
        The number of classes.

    Attributes
    ----------
    linear : torch.nn.Linear
        The only layer, with weights of shape (n_classes, n_features) and one bias a class.

    Notes
    -----
    Also known as multinomial logistic regression. See Goodfellow, Bengio and Courville, *Deep
    Learning*, MIT Press, 2016, section 6.2.2.3.

    Examples
    --------
    >>> import torch
    >>> from softmax_lessons.pytorch import SoftmaxRegression
    >>> model = SoftmaxRegression(n_features=4, n_classes=3)
    >>> x = torch.zeros(2, 4)
    >>> model(x).shape
    torch.Size([2, 3])
    >>> model.predict_proba(x).sum(dim=-1).allclose(torch.ones(2))
    True
    """

    def __init__(self, n_features: int, n_classes: int) -> None:
        super().__init__()
        self.linear = torch.nn.Linear(n_features, n_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the logits, before any softmax.

        Parameters
        ----------
        x : torch.Tensor, shape (..., n_features)
            The inputs.

        Returns
        -------
        torch.Tensor, shape (..., n_classes)
            One score a class, any real number.

        Notes
        -----
        ``torch.nn.functional.cross_entropy`` applies log-softmax itself. Probabilities from here
        would go through softmax twice, which flattens them and shrinks the gradients.
        """
        logits: torch.Tensor = self.linear(x)
        return logits

    @torch.no_grad()
    def predict_proba(self, x: torch.Tensor) -> torch.Tensor:
        """Return the probability of each class, without recording gradients.

        Parameters
        ----------
        x : torch.Tensor, shape (..., n_features)
            The inputs.

        Returns
        -------
        torch.Tensor, shape (..., n_classes)
            Probabilities between 0 and 1 that sum to 1 along the last axis.
        """
        return torch.softmax(self(x), dim=-1)


def fit(
    model: torch.nn.Module,
    x: torch.Tensor,
    y: torch.Tensor,
    *,
    loss_fn: Callable[
        [torch.Tensor, torch.Tensor], torch.Tensor
    ] = torch.nn.functional.cross_entropy,
    steps: int = 200,
    learning_rate: float = 0.5,
) -> list[float]:
    """Train a model by gradient descent on the whole data set at once.

    Parameters
    ----------
    model : torch.nn.Module
        Any model; its parameters are changed in place.
    x : torch.Tensor
        The inputs, as ``model`` takes them.
    y : torch.Tensor
        The targets, as ``loss_fn`` takes them; for the default, class numbers of dtype int64.
    loss_fn : callable, default torch.nn.functional.cross_entropy
        Takes ``model(x)`` and ``y``, returns a tensor with one number.
    steps : int, default 200
        How many steps to take, 0 or more.
    learning_rate : float, default 0.5
        What the gradient is multiplied by: finite, above 0.

    Returns
    -------
    list of float
        The loss before each step and after the last one: ``steps + 1`` numbers.

    Raises
    ------
    TypeError
        If ``steps`` is no integer.
    ValueError
        If ``steps`` is negative, or ``learning_rate`` is not finite and above 0.

    Examples
    --------
    >>> import torch
    >>> from softmax_lessons.pytorch import SoftmaxRegression, fit
    >>> model = SoftmaxRegression(n_features=1, n_classes=2)
    >>> x = torch.tensor([[-1.0], [1.0]])
    >>> y = torch.tensor([0, 1])
    >>> losses = fit(model, x, y, steps=100)
    >>> len(losses), losses[-1] < losses[0]
    (101, True)
    """
    if operator.index(steps) < 0:
        raise ValueError(f"steps must be 0 or more, got {steps!r}")
    if not 0 < learning_rate < math.inf:
        raise ValueError(f"learning_rate must be finite and above 0, got {learning_rate!r}")
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    losses = []
    for _ in range(steps):
        loss = loss_fn(model(x), y)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    with torch.no_grad():
        losses.append(loss_fn(model(x), y).item())
    return losses

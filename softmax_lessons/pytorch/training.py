"""Softmax regression in PyTorch: a model that returns logits, and a loop that trains it."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice, repeat
from typing import TYPE_CHECKING, Any

import torch

from softmax_lessons._arguments import advice_on_labels, advice_on_numbers, as_array

if TYPE_CHECKING:
    from typing import SupportsIndex

CROSS_ENTROPY = (torch.nn.functional.cross_entropy, torch.nn.CrossEntropyLoss)
# Losses that compare entry by entry, and would compare each row with every target in silence.
ELEMENTWISE = (
    *(torch.nn.functional.mse_loss, torch.nn.MSELoss),
    *(torch.nn.functional.l1_loss, torch.nn.L1Loss),
    *(torch.nn.functional.smooth_l1_loss, torch.nn.SmoothL1Loss),
    *(torch.nn.functional.huber_loss, torch.nn.HuberLoss),
)

__all__ = ["History", "SoftmaxRegression", "fit", "minibatches"]


class SoftmaxRegression(torch.nn.Module):
    """One linear layer; softmax turns its logits into probabilities.

    Parameters
    ----------
    n_features : int
        The length of each input row, 1 or more.
    n_classes : int
        The number of classes, 2 or more.

    Attributes
    ----------
    linear : torch.nn.Linear
        The only layer, with weights of shape (n_classes, n_features) and one bias a class.

    Raises
    ------
    TypeError
        If one of the numbers is no integer.
    ValueError
        If there are no features, or less than two classes: the softmax of one score is always 1.

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
        features, classes = operator.index(n_features), operator.index(n_classes)
        if features < 1:
            raise ValueError(f"n_features must be 1 or more, got {n_features!r}")
        if classes < 2:
            advice = (
                "the softmax of one score is always 1. For a yes-or-no question take a sigmoid of "
                f"one score: torch.nn.Linear({features}, 1), trained with "
                "torch.nn.functional.binary_cross_entropy_with_logits"
            )
            raise ValueError(f"n_classes must be 2 or more, got {n_classes!r}: {advice}")
        self.linear = torch.nn.Linear(features, classes)

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


class History(list[float]):
    """The loss at each step, as a list; beside it, how a held-out set did at each epoch.

    Attributes
    ----------
    held_out_loss : list of float
        The loss on the held-out set, before the first step and after each whole epoch; empty
        without such a set.
    held_out_accuracy : list of float
        The fraction of right choices there, from 0 to 1, at the same times; empty unless the model
        gives one row of two logits or more for each example, and the targets are class numbers.

    See Also
    --------
    fit : Returns one.

    Notes
    -----
    It is a list in all else: ``==`` compares the losses alone, and a slice, a sum or ``copy()`` is
    a plain list. The last loss is of another kind than the others, see ``fit``.

    Examples
    --------
    >>> from softmax_lessons.pytorch import History
    >>> history = History([1.1, 0.9])
    >>> history[-1], history.held_out_loss
    (0.9, [])
    """

    def __init__(self, losses: Iterable[float] = ()) -> None:
        super().__init__(losses)
        self.held_out_loss: list[float] = []
        self.held_out_accuracy: list[float] = []


def minibatches(
    n_rows: SupportsIndex, batch_size: SupportsIndex, *, seed: int = 0
) -> Iterator[torch.Tensor]:
    """Return row numbers for one mini-batch after the other, without end.

    Each epoch takes all rows once, in a new random order. The last batch of an epoch is smaller
    where ``batch_size`` does not divide ``n_rows``.

    Parameters
    ----------
    n_rows : int
        How many rows there are, 1 or more.
    batch_size : int
        How many of them a batch takes, 1 or more.
    seed : int, default 0
        Decides the order; the same seed gives the same batches.

    Returns
    -------
    iterator of torch.Tensor of int64, shape (batch_size,)
        The row numbers of each batch.

    Raises
    ------
    TypeError
        If ``n_rows`` or ``batch_size`` is no integer.
    ValueError
        If ``n_rows`` or ``batch_size`` is below 1.

    See Also
    --------
    fit : Trains on these batches.

    Notes
    -----
    Each batch is a random set of rows, every row as likely as any other: at given weights its mean
    gradient is on average that of all rows. See Bottou, Curtis and Nocedal, *Optimization Methods
    for Large-Scale Machine Learning*, SIAM Review 60, 2018.

    Examples
    --------
    >>> from itertools import islice
    >>> import torch
    >>> from softmax_lessons.pytorch import minibatches
    >>> epoch = list(islice(minibatches(5, 2, seed=0), 3))
    >>> [len(rows) for rows in epoch]
    [2, 2, 1]
    >>> sorted(torch.cat(epoch).tolist())
    [0, 1, 2, 3, 4]
    """
    n, size = operator.index(n_rows), operator.index(batch_size)
    if n < 1:
        raise ValueError(f"n_rows must be 1 or more, got {n_rows!r}")
    if size < 1:
        raise ValueError(f"batch_size must be 1 or more, got {batch_size!r}")
    generator = torch.Generator().manual_seed(seed)
    orders = (torch.randperm(n, generator=generator) for _ in repeat(None))
    return (rows for order in orders for rows in torch.split(order, size))


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
    batch_size: int | None = None,
    seed: int = 0,
    held_out: tuple[torch.Tensor, torch.Tensor] | None = None,
    progress: bool = False,
) -> History:
    """Train a model by gradient descent, on all rows at once or on mini-batches.

    Parameters
    ----------
    model : torch.nn.Module
        Any model; its parameters are changed in place. It is trained in the mode that it is in:
        dropout needs ``model.train()`` first, if somebody has called ``model.eval()``.
    x : torch.Tensor
        The inputs, as ``model`` takes them, one row an example.
    y : torch.Tensor
        The targets, as ``loss_fn`` takes them; for the default, class numbers of dtype int64.
    loss_fn : callable, default torch.nn.functional.cross_entropy
        Takes ``model(x)`` and ``y``, returns a tensor with one number.
    steps : int, default 200
        How many steps to take, 0 or more. On mini-batches an epoch takes as many steps as there
        are batches.
    learning_rate : float, default 0.5
        What the gradient is multiplied by: finite, above 0.
    batch_size : int, optional
        How many rows a step takes, 1 or more. By default every step takes all of them.
    seed : int, default 0
        Decides the order of the rows in mini-batches, as in ``minibatches``.
    held_out : pair of torch.Tensor, optional
        Inputs and targets to measure the model on, in evaluation mode, before the first step and
        after each epoch. It is never trained on them.
    progress : bool, default False
        Whether to print a line of text after each quarter of the steps.

    Returns
    -------
    History
        A list of ``steps + 1`` numbers: the loss before each step on the rows of that step, then
        the loss after the last step on all rows, in evaluation mode. Its attributes hold what was
        measured on ``held_out``.

    Raises
    ------
    TypeError
        If ``steps`` or ``batch_size`` is no integer, if ``x`` or ``y`` is no tensor, if one of
        them has a dtype that the model or the loss does not take, or if ``held_out`` is no pair.
    ValueError
        If ``steps`` is negative, if ``learning_rate`` is not finite and above 0, if
        ``batch_size`` is below 1; if ``x`` and ``y`` have no rows, or not the same number of them,
        or a shape that does not fit; if the loss is NaN because ``x`` or ``y`` holds NaN or
        infinities; or if a model of one output is trained with cross-entropy.

    See Also
    --------
    minibatches : The order of the rows.

    Notes
    -----
    Each step is plain gradient descent, without momentum: w becomes w - learning_rate * gradient.
    See Goodfellow, Bengio and Courville, *Deep Learning*, MIT Press, 2016, section 8.3.1.

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
    >>> history = fit(model, x, y, steps=10, batch_size=1, held_out=(x, y))
    >>> history.held_out_accuracy
    [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    """
    if operator.index(steps) < 0:
        raise ValueError(f"steps must be 0 or more, got {steps!r}")
    if not 0 < learning_rate < math.inf:
        raise ValueError(f"learning_rate must be finite and above 0, got {learning_rate!r}")
    _check_rows(model, x, y)
    if held_out is not None:
        if not isinstance(held_out, tuple | list) or len(held_out) != 2:
            n = f" of {len(held_out)}" if isinstance(held_out, tuple | list) else ""
            message = f"held_out must be a pair, got {type(held_out).__name__}{n}"
            raise TypeError(f"{message}: pass held_out=(x, y), inputs and targets")
        with _about_held_out():
            _check_rows(model, *held_out)
    batches: Iterator[torch.Tensor | slice] = repeat(slice(None))
    epoch = 1
    if batch_size is not None:
        batches = minibatches(len(x), batch_size, seed=seed)
        epoch = -(-len(x) // batch_size)
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    history = History()
    if held_out is not None:
        _measure(history, model, held_out, loss_fn)
    for step, rows in enumerate(islice(batches, steps), 1):
        _, loss = _loss(model, x[rows], y[rows], loss_fn)
        history.append(loss.item())
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        if held_out is not None and step % epoch == 0:
            _measure(history, model, held_out, loss_fn)
        quarters = 4 * step // steps
        if progress and quarters > 4 * (step - 1) // steps:
            print(f"{25 * quarters:3}% of {steps} steps", flush=True)
    with _evaluating(model):
        history.append(_loss(model, x, y, loss_fn)[1].item())
    return history


@contextmanager
def _evaluating(model: torch.nn.Module) -> Iterator[None]:
    """Measure without a trace: no gradients, no dropout, no running means that move."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, mode in modes:  # some may have been frozen
            module.training = mode


def _measure(
    history: History,
    model: torch.nn.Module,
    held_out: tuple[torch.Tensor, torch.Tensor],
    loss_fn: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
) -> None:
    """Note how the model does on rows that it is not trained on."""
    x, y = held_out
    with _evaluating(model), _about_held_out():
        output, loss = _loss(model, x, y, loss_fn)
        history.held_out_loss.append(loss.item())
    one_choice_a_row = output.ndim == 2 and output.shape[1] > 1 and y.shape == output.shape[:1]
    if one_choice_a_row and not y.is_floating_point():
        right = output.argmax(dim=1) == y
        history.held_out_accuracy.append(right.double().mean().item())


# --- what is wrong with what was passed -------------------------------------------------------


@contextmanager
def _about_held_out() -> Iterator[None]:
    """Say of what is wrong that it is wrong with the held-out rows."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise type(error)(f"held_out: {error}") from error


def _check_rows(model: torch.nn.Module, x: object, y: object) -> None:
    """Raise unless ``x`` and ``y`` are tensors of as many rows, one at least."""
    for name, value in (("x", x), ("y", y)):
        if not isinstance(value, torch.Tensor):
            advice = _advice_on_tensors(value, name, _dtype_of(model))
            raise TypeError(f"{name} must be a tensor, got {type(value).__name__}{advice}")
    sizes = [value.shape[0] if value.ndim else 0 for value in (x, y)]  # type: ignore[attr-defined]
    if sizes[0] != sizes[1]:
        message = "x and y must have one row an example, got"
        raise ValueError(f"{message} {sizes[0]} and {sizes[1]}")
    if not sizes[0]:
        raise ValueError("x and y must have at least one row, got none")


def _advice_on_tensors(value: Any, name: str, dtype: torch.dtype) -> str:
    """Return what makes a tensor of the inputs or the targets, after a colon."""
    if value is None:
        kind = "inputs, one row an example" if name == "x" else "targets, such as class numbers"
        return f": pass a tensor of {kind}"
    if isinstance(value, list | tuple) and all(isinstance(row, torch.Tensor) for row in value):
        graph = ".detach()" if any(row.requires_grad for row in value) else ""
        return f": pass torch.stack({name}){graph}" if value else ""
    array = as_array(value, name)
    advice = f": pass numpy.asarray({name})"
    if name == "y" and array.dtype.kind not in "biuf":
        advice = f": {advice_on_labels(array, name)}"
    elif name == "x" and array.dtype.kind not in "biuf":
        advice = advice_on_numbers(value, array, name)
        if array.dtype.kind not in "OSUT":
            return advice
    before, found, code = advice.partition("pass ")
    if not found or before != ": ":
        return advice
    return f": pass torch.as_tensor({code}{f', dtype={dtype}' if name == 'x' else ''})"


def _dtype_of(model: torch.nn.Module) -> torch.dtype:
    """Return the dtype of the numbers that the model calculates with."""
    floats = (p.dtype for p in model.parameters() if p.is_floating_point())
    return next(floats, torch.get_default_dtype())


def _loss(
    model: torch.nn.Module,
    x: torch.Tensor,
    y: torch.Tensor,
    loss_fn: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return what the model makes of ``x``, and the loss; say what is wrong if that fails."""
    try:
        output = model(x)
    except RuntimeError as error:
        _explain_inputs(model, x, error)
        raise
    _check_outputs(output, y, loss_fn)
    try:
        loss = loss_fn(output, y)
    except (RuntimeError, ValueError, IndexError) as error:
        if isinstance(output, torch.Tensor):
            _explain_targets(output, x, y, loss_fn, error)
        raise
    if not torch.isfinite(loss).all():  # it may have diverged, which is not for us to refuse
        _check_finite(x, y)
        if _is_one_of(CROSS_ENTROPY, loss_fn) and (y < 0).all():
            message = f"y has no label that counts: all are {int(y.max())}, which marks a gap"
            raise ValueError(f"{message}: pass rows that have labels")
    return output, loss


def _check_finite(x: torch.Tensor, y: torch.Tensor) -> None:
    """Raise if an input or a target is NaN or infinite."""
    for name, value in (("x", x), ("y", y)):
        if value.is_floating_point() and not torch.isfinite(value).all():
            keep = f"torch.isfinite({name}.flatten(1)).all(dim=1)"
            keep = keep if value.ndim > 1 else f"torch.isfinite({name})"
            bad = value[~torch.isfinite(value)][0]
            advice = f"leave such rows out: x[keep] and y[keep] with keep = {keep}"
            raise ValueError(f"{name} must be finite, got {bad}: {advice}")


def _explain_inputs(model: torch.nn.Module, x: torch.Tensor, error: Exception) -> None:
    """Raise what is wrong with the inputs, if it can be told."""
    dtype = _dtype_of(model)
    if x.dtype != dtype:
        message = f"x has dtype {x.dtype}, and the model calculates in {dtype}"
        raise TypeError(f"{message}: pass x.to({dtype})") from error
    linear = next((m for m in model.modules() if isinstance(m, torch.nn.Linear)), None)
    if linear is not None and x.shape[-1:] != (linear.in_features,):
        message = f"the rows of x must have {linear.in_features} features, got shape {(*x.shape,)}"
        advice = ""
        if math.prod(x.shape[1:]) == linear.in_features:
            advice = f": pass x.reshape(len(x), {linear.in_features})"
        raise ValueError(f"{message}{advice}") from error


def _is_one_of(losses: tuple[Any, ...], loss_fn: Any) -> bool:
    """Tell whether a loss is one of torch's, which are functions and classes."""
    while isinstance(loss_fn, partial):
        loss_fn = loss_fn.func
    return loss_fn in losses or type(loss_fn) in losses


def _check_outputs(output: object, y: torch.Tensor, loss_fn: object) -> None:
    """Raise if the loss of these outputs is a number that means nothing."""
    if not isinstance(output, torch.Tensor):
        return
    if _is_one_of(ELEMENTWISE, loss_fn) and y.shape != output.shape:
        got = f"outputs of shape {(*output.shape,)} and y of shape {(*y.shape,)}"
        fix = f": pass y.reshape({(-1, *output.shape[1:])})" if y.numel() == output.numel() else ""
        raise ValueError(f"the loss compares entry by entry, got {got}{fix}")
    if not _is_one_of(CROSS_ENTROPY, loss_fn):
        return
    if output.ndim > 1 and output.shape[1] == 1:
        raise ValueError(
            "the model has one output, and the cross-entropy of one class is always 0: give it one "
            "output for each class; or for a yes-or-no question pass "
            "loss_fn=torch.nn.functional.binary_cross_entropy_with_logits, and for y "
            f"y.to({output.dtype}).reshape(-1, 1)"
        )


def _explain_targets(
    output: torch.Tensor, x: torch.Tensor, y: torch.Tensor, loss_fn: object, error: Exception
) -> None:
    """Raise what is wrong with the targets, if it can be told."""
    got = f"y of dtype {y.dtype} and shape {(*y.shape,)}"
    # Any other loss that takes class numbers tells by the error: it wants them "Long", or in range.
    by_error = isinstance(error, IndexError) or "to be Long" in str(error)
    if not by_error and not _is_one_of(CROSS_ENTROPY, loss_fn):
        if y.shape == output.shape and y.dtype != output.dtype:
            raise TypeError(f"the loss does not take {got}: pass y.to({output.dtype})") from error
        if y.numel() == output.numel():
            fix = f"y.to({output.dtype}).reshape({(-1, *output.shape[1:])})"
            raise ValueError(f"the loss does not take {got}: pass {fix}") from error
        return
    labels_shape = (*output.shape[:1], *output.shape[2:]) if output.ndim > 1 else ()
    if y.shape == output.shape and not y.is_floating_point():  # one-hot
        message = f"{got} is neither class numbers nor probabilities"
        fix = f"y.argmax(dim=1), or y.to({output.dtype})"
        raise TypeError(f"{message}: pass {fix}") from error
    _check_finite(x, y)
    if y.is_floating_point() and y.shape != output.shape and (y % 1 != 0).any():
        message = f"y must hold class numbers, or probabilities of shape {(*output.shape,)}"
        raise ValueError(f"{message}, got {got} with {y[y % 1 != 0][0]}") from error
    fix = "y"
    if y.shape != labels_shape and y.numel() == math.prod(labels_shape):
        fix += f".reshape({(-1, *labels_shape[1:])})"
    if y.dtype != torch.int64 and y.shape != output.shape:
        fix += ".long()"
    if fix != "y":
        message = f"y must hold class numbers of dtype int64 and shape {labels_shape}"
        raise TypeError(f"{message}, got {got}: pass {fix}") from error
    if y.dtype == torch.int64 and ((y < 0) & (y != -100)).any():
        bad = int(y[(y < 0) & (y != -100)][0])
        advice = "leave such rows out: x[keep] and y[keep] with keep = y >= 0"
        if (y.abs() == 1).all():
            advice = "for no and yes as 0 and 1 pass (y > 0).long()"
        raise ValueError(f"y must be 0 or above, got {bad}: {advice}") from error
    n = output.shape[1] if output.ndim > 1 else output.shape[0]
    if y.dtype == torch.int64 and (y >= n).any():
        message = f"y must be below {n}, the number of outputs, got {int(y.max())}"
        advice = ": classes count from 0, pass y - 1" if y.min() > 0 and y.max() == n else ""
        raise ValueError(f"{message}{advice}") from error

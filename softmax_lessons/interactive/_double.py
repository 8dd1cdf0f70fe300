"""The double softmax: the gradient for the scores, with one softmax and with two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons.activations import softmax
from softmax_lessons.gradients import softmax_vjp
from softmax_lessons.interactive._live import Live
from softmax_lessons.interactive._table import figure
from softmax_lessons.interactive._values import as_class, as_scores, limit
from softmax_lessons.language import _
from softmax_lessons.losses import cross_entropy_and_grad

if TYPE_CHECKING:
    from typing import SupportsIndex

    from numpy.typing import ArrayLike

__all__ = ["double_softmax"]


def double_softmax(scores: ArrayLike, labels: Sequence[str], *, target: SupportsIndex) -> Live:
    """Return the double softmax: the gradient for the scores, with one softmax and with two.

    With two, the probabilities go into a loss that takes softmax itself.

    Parameters
    ----------
    scores : array_like of three to six finite numbers
        The scores (logits) to start from.
    labels : sequence of str
        The names of the classes.
    target : int
        The index of the true class to start from.

    Returns
    -------
    Live
        The figure. The size of a gradient is its Euclidean norm.

    Raises
    ------
    IndexError
        If ``target`` is negative, or not below the number of classes.
    TypeError
        If ``scores`` does not hold real numbers, or ``target`` is no integer.
    ValueError
        If the scores are fewer or more, or not finite, or if a label is missing.

    See Also
    --------
    gradient : The gradient with one softmax, beside the Jacobian.

    Examples
    --------
    >>> from softmax_lessons.interactive import double_softmax
    >>> double_softmax([0.25, 1.23, -0.8], ["seal", "panda", "duck"], target=1)
    Gradient of the loss for each score, with one softmax and with two
    class      p  one softmax  two softmaxes
    seal   0.249        0.249          0.141
    panda  0.664       −0.336         −0.187
    duck   0.087        0.087          0.045
    size                0.427          0.238
    loss                0.410          0.799
    """
    z, names = as_scores(scores, labels, most=6)
    t = as_class(target)
    p = softmax(z)
    loss, once = cross_entropy_and_grad(z, t)
    doubled, inner = cross_entropy_and_grad(p, t)
    twice = softmax_vjp(p, inner)
    rows = [[name, *values] for name, *values in zip(names, p, once, twice, strict=True)]
    return figure(
        "double",
        {"labels": names, "scores": z.tolist(), "limit": limit(z), "target": t},
        _("Gradient of the loss for each score, with one softmax and with two"),
        [_("class"), "p", _("one softmax"), _("two softmaxes")],
        [
            *rows,
            [_("size"), "", np.linalg.norm(once), np.linalg.norm(twice)],
            [_("loss"), "", loss, doubled],
        ],
    )

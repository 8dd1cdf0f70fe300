"""The gradient view: loss, p - y and the Jacobian of softmax."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from softmax_lessons.activations import softmax
from softmax_lessons.gradients import softmax_jacobian
from softmax_lessons.interactive._live import Live
from softmax_lessons.interactive._table import figure, show
from softmax_lessons.interactive._values import as_class, as_scores, limit
from softmax_lessons.language import _
from softmax_lessons.losses import cross_entropy_and_grad

if TYPE_CHECKING:
    from typing import SupportsIndex

    from numpy.typing import ArrayLike

__all__ = ["gradient"]


def gradient(scores: ArrayLike, labels: Sequence[str], *, target: SupportsIndex) -> Live:
    """Return the gradient view: loss, p - y and the Jacobian of softmax while the scores move.

    Parameters
    ----------
    scores : array_like of three finite numbers
        The scores (logits) to start from.
    labels : sequence of three str
        The names of the classes.
    target : int
        The index of the true class to start from.

    Returns
    -------
    Live
        The figure.

    Raises
    ------
    IndexError
        If ``target`` is negative, or not below 3.
    TypeError
        If ``scores`` does not hold real numbers, or ``target`` is no integer.
    ValueError
        If there are not three scores, if one is not finite, or if a label is missing.

    See Also
    --------
    softmax_lessons.cross_entropy_and_grad : The loss and p - y.
    softmax_lessons.softmax_jacobian : The Jacobian.

    Examples
    --------
    >>> from softmax_lessons.interactive import gradient
    >>> gradient([0.25, 1.23, -0.8], ["seal", "panda", "duck"], target=1)
    Gradient view: the loss is 0.410
    class      p  y   p − y  slope for seal  slope for panda  slope for duck
    seal   0.249  0   0.249           0.187           −0.165          −0.022
    panda  0.664  1  −0.336          −0.165            0.223          −0.058
    duck   0.087  0   0.087          −0.022           −0.058           0.080
    """
    z, names = as_scores(scores, labels, most=3)
    t = as_class(target)
    loss, slopes = cross_entropy_and_grad(z, t)
    rows = [
        [name, each, str(int(i == t)), slope, *row]
        for i, (name, each, slope, row) in enumerate(
            zip(names, softmax(z), slopes, softmax_jacobian(z), strict=True)
        )
    ]
    return figure(
        "gradient",
        {"labels": names, "scores": z.tolist(), "limit": limit(z), "target": t},
        _("Gradient view: the loss is {loss}", loss=show(float(loss))),
        [_("class"), "p", "y", "p − y", *(_("slope for {name}", name=name) for name in names)],
        rows,
    )

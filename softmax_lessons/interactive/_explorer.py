"""The softmax explorer: scores and a temperature become probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from softmax_lessons.activations import sigmoid, softmax
from softmax_lessons.interactive._live import Live
from softmax_lessons.interactive._table import figure, show
from softmax_lessons.interactive._values import as_scores, as_slider_temperature, limit
from softmax_lessons.language import _

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from softmax_lessons._arguments import Number

__all__ = ["explorer"]


def explorer(scores: ArrayLike, labels: Sequence[str], *, temperature: Number = 1.0) -> Live:
    """Return the softmax explorer: sliders for scores and temperature, bars for the probabilities.

    A box to tick adds the sigmoid of each score, and the sums tell the two apart.

    Parameters
    ----------
    scores : array_like of three to six finite numbers
        The scores (logits) to start from.
    labels : sequence of str
        The names of the classes.
    temperature : float, default 1.0
        The temperature to start from, from 0.1 to 5. It divides the scores of softmax alone.

    Returns
    -------
    Live
        The figure.

    Raises
    ------
    TypeError
        If ``scores`` does not hold real numbers, or ``temperature`` is not one.
    ValueError
        If the scores are fewer or more, or not finite, if a label is missing, or if the
        temperature is out of range.

    See Also
    --------
    softmax_lessons.softmax : The function behind it.

    Examples
    --------
    >>> from softmax_lessons.interactive import explorer
    >>> explorer([0.25, 1.23, -0.8], ["seal", "panda", "duck"])
    Softmax explorer, at temperature 1.00
    class   score  softmax  sigmoid
    seal    0.250    0.249    0.562
    panda   1.230    0.664    0.774
    duck   −0.800    0.087    0.310
    sum              1.000    1.646
    """
    z, names = as_scores(scores, labels, most=6)
    t = as_slider_temperature(temperature)
    p, s = softmax(z, temperature=t), sigmoid(z)
    rows = [[name, *values] for name, *values in zip(names, z, p, s, strict=True)]
    return figure(
        "explorer",
        {"labels": names, "scores": z.tolist(), "limit": limit(z), "temperature": t},
        _("Softmax explorer, at temperature {temperature}", temperature=show(t, 2)),
        [_("class"), _("score"), "softmax", "sigmoid"],
        [*rows, [_("sum"), "", p.sum(), s.sum()]],
    )

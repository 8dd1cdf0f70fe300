"""The simplex view: three scores as a point in the triangle of all probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from softmax_lessons.activations import softmax
from softmax_lessons.interactive._live import Live
from softmax_lessons.interactive._table import figure, show
from softmax_lessons.interactive._values import (
    TEMPERATURES,
    as_scores,
    as_slider_temperature,
    limit,
)
from softmax_lessons.language import _

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from softmax_lessons._arguments import Number

__all__ = ["simplex"]


def simplex(scores: ArrayLike, labels: Sequence[str], *, temperature: Number = 1.0) -> Live:
    """Return the simplex view: three scores as a point in the triangle of all probabilities.

    A path joins what the scores give at all temperatures, and rings join all scores that lie as
    far apart. Sliders move the point; so does a drag.

    Parameters
    ----------
    scores : array_like of three finite numbers
        The scores (logits) to start from.
    labels : sequence of three str
        The names of the classes: left, top and right corner.
    temperature : float, default 1.0
        The temperature to start from, from 0.1 to 5.

    Returns
    -------
    Live
        The figure. Its table without JavaScript also shows other temperatures.

    Raises
    ------
    TypeError
        If ``scores`` does not hold real numbers, or ``temperature`` is not one.
    ValueError
        If there are not three scores, if one is not finite, if a label is missing, or if the
        temperature is out of range.

    See Also
    --------
    explorer : Bars instead of a triangle, for up to six classes.

    Examples
    --------
    >>> from softmax_lessons.interactive import simplex
    >>> simplex([0.25, 1.23, -0.8], ["seal", "panda", "duck"])
    Simplex view: softmax of 0.25, 1.23, −0.80 at several temperatures
    temperature   seal  panda     duck
    1.00         0.249  0.664    0.087
    0.25         0.019  0.980  2.92e−4
    0.50         0.122  0.863    0.015
    2.00         0.310  0.506    0.183
    4.00         0.328  0.419    0.252
    """
    z, names = as_scores(scores, labels, most=3)
    t = as_slider_temperature(temperature)
    rows = [[show(u, 2), *softmax(z, temperature=u)] for u in dict.fromkeys([t, *TEMPERATURES])]
    return figure(
        "simplex",
        {"labels": names, "scores": z.tolist(), "limit": limit(z), "temperature": t},
        _(
            "Simplex view: softmax of {scores} at several temperatures",
            scores=", ".join(show(s, 2) for s in z),
        ),
        [_("temperature"), *names],
        rows,
    )

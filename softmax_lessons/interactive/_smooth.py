"""The smooth maximum: one score moves through the others, and the corner of max is round."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from softmax_lessons._arguments import as_index
from softmax_lessons.activations import logsumexp, softmax
from softmax_lessons.interactive._live import Live
from softmax_lessons.interactive._table import figure, show
from softmax_lessons.interactive._values import as_scores, as_slider_temperature
from softmax_lessons.language import _

if TYPE_CHECKING:
    from typing import SupportsIndex

    from numpy.typing import ArrayLike

    from softmax_lessons._arguments import FloatArray, Number

__all__ = ["smooth_maximum"]

HOTTEST = 2  # the end of the slider: above it the corner is hard to see
STEPS = [-2.0, -1.0, 0.0, 1.0, 2.0]  # from the corner: where the table looks
NUDGE = 1e-4


def smooth_maximum(
    scores: ArrayLike,
    labels: Sequence[str],
    *,
    moved: SupportsIndex = 0,
    temperature: Number = 1.0,
) -> Live:
    """Return the smooth maximum: one score moves through the others, past a corner made round.

    Above stand the maximum and ``T * logsumexp(z / T)`` with its tangent, below their slopes:
    argmax and softmax. A slider for the temperature sharpens the corner.

    Parameters
    ----------
    scores : array_like of three finite numbers
        The scores (logits) to start from.
    labels : sequence of three str
        The names of the classes.
    moved : int, default 0
        The index of the class whose score the slider moves.
    temperature : float, default 1.0
        The temperature to start from, from 0.1 to 2.

    Returns
    -------
    Live
        The figure. Its table without JavaScript also shows other scores of the class that moves.

    Raises
    ------
    IndexError
        If ``moved`` is negative, or not below 3.
    TypeError
        If ``scores`` does not hold real numbers, ``moved`` is no integer, or ``temperature`` is
        not one number.
    ValueError
        If there are not three scores, if one is not finite, if a label is missing, or if the
        temperature is out of range.

    See Also
    --------
    softmax_lessons.logsumexp : The smooth maximum at temperature 1.

    Notes
    -----
    The slopes are found by a nudge of 1e-4 to both sides, not by softmax: that they agree is for
    the reader to see.

    Examples
    --------
    >>> from softmax_lessons.interactive import smooth_maximum
    >>> smooth_maximum([0.25, 1.23, -0.8], ["seal", "panda", "duck"])
    Smooth maximum: seal moves, panda 1.23 and duck −0.80 stay, at temperature 1.00
    score of seal  maximum   slope  smooth maximum  slope  softmax of seal
    0.25             1.230       0           1.640  0.249            0.249
    −0.77            1.230       0           1.466  0.107            0.107
    0.23             1.230       0           1.635  0.245            0.245
    1.23             1.230  0 or 1           1.987  0.469            0.469
    2.23             2.230       1           2.578  0.706            0.706
    3.23             3.230       1           3.372  0.867            0.867
    """
    z, names = as_scores(scores, labels, most=3)
    i = as_index(moved, "moved")
    if not 0 <= i < z.size:
        raise IndexError(f"moved must be 0 or above and below {z.size}, got {i}")
    t = as_slider_temperature(temperature, HOTTEST)
    others = [j for j in range(z.size) if j != i]
    corner = float(z[others].max())
    stay = _(" and ").join(f"{names[j]} {show(float(z[j]), 2)}" for j in others)
    seen = dict.fromkeys([float(z[i]), *(round(corner + step, 2) for step in STEPS)])
    return figure(
        "smooth",
        {
            "labels": names,
            "scores": z.tolist(),
            "moved": i,
            "reach": max(4, math.ceil(abs(z[i] - corner))),
            "temperature": t,
            "hottest": float(HOTTEST),
        },
        _(
            "Smooth maximum: {name} moves, {others} stay, at temperature {temperature}",
            name=names[i],
            others=stay,
            temperature=show(t, 2),
        ),
        [
            _("score of {name}", name=names[i]),
            _("maximum"),
            _("slope"),
            _("smooth maximum"),
            _("slope"),
            _("softmax of {name}", name=names[i]),
        ],
        [row(np.where(np.arange(z.size) == i, score, z), i, t) for score in seen],
    )


def row(z: FloatArray, i: int, t: float) -> list[Any]:
    """Return a score, the maximum and the smooth one with their slopes for it, and its softmax."""
    corner = np.delete(z, i).max()
    sides = dict.fromkeys(str(int(above)) for above in (z[i] > corner, z[i] >= corner))
    nudge = NUDGE * (np.arange(z.size) == i)
    rise = (smooth_max(z + nudge, t) - smooth_max(z - nudge, t)) / (2 * NUDGE)
    probability = float(softmax(z, temperature=t)[i])
    values = [float(z.max()), _(" or ").join(sides), smooth_max(z, t)]
    return [show(float(z[i]), 2), *values, round(rise, 3), round(probability, 3)]


def smooth_max(z: FloatArray, t: float) -> float:
    """Return ``T * logsumexp(z / T)``."""
    return float(t * logsumexp(z / t))

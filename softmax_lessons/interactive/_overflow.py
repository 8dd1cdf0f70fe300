"""The overflow lab: the naive softmax and the shifted one, while all scores are lifted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from softmax_lessons.activations import softmax
from softmax_lessons.interactive._live import Live
from softmax_lessons.interactive._table import figure
from softmax_lessons.interactive._values import FARTHEST, as_finite, as_scores
from softmax_lessons.language import _

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from softmax_lessons._arguments import FloatArray

__all__ = ["overflow"]


def overflow(scores: ArrayLike, labels: Sequence[str], *, lift: float = 0.0) -> Live:
    """Return the overflow lab: one slider lifts all scores until the naive softmax overflows.

    The naive form divides ``exp(z)`` by its sum. It stands beside the form that subtracts the
    maximum first, in float32 and in float64, each result rounded to the format.

    Parameters
    ----------
    scores : array_like of three finite numbers
        The scores (logits) before they are lifted.
    labels : sequence of three str
        The names of the classes.
    lift : float, default 0.0
        What is added to all scores at the start, from -1000 to 1000.

    Returns
    -------
    Live
        The figure. Its table without JavaScript also shows the lifts 100 and 1000.

    Raises
    ------
    TypeError
        If ``scores`` does not hold real numbers, or ``lift`` is not one.
    ValueError
        If there are not three scores, if one is not finite, if a label is missing, or if
        ``lift`` is out of range.

    See Also
    --------
    softmax_lessons.softmax : Subtracts the maximum, always.

    Examples
    --------
    >>> from softmax_lessons.interactive import overflow
    >>> overflow([0.25, 1.23, -0.8], ["seal", "panda", "duck"], lift=88)
    Overflow lab: probability of each class, naive and with the maximum subtracted
    class, lift  float32 naive  float32 shifted  float64 naive  float64 shifted
    seal, 88             0.000            0.249          0.249            0.249
    panda, 88              nan            0.664          0.664            0.664
    duck, 88             0.000            0.087          0.087            0.087
    seal, 100              nan            0.249          0.249            0.249
    panda, 100             nan            0.664          0.664            0.664
    duck, 100              nan            0.087          0.087            0.087
    seal, 1000             nan            0.249            nan            0.249
    panda, 1000            nan            0.664            nan            0.664
    duck, 1000             nan            0.087            nan            0.087
    """
    z, names = as_scores(scores, labels, most=3)
    start = round(as_finite(lift, "lift"), 2)
    if not -FARTHEST <= start <= FARTHEST:
        raise ValueError(f"lift must be from {-FARTHEST} to {FARTHEST}, got {lift!r}")
    rows: list[list[Any]] = []
    for c in dict.fromkeys([start, 100.0, float(FARTHEST)]):
        columns: list[FloatArray] = []
        for dtype in (np.float32, np.float64):
            lifted = (z + c).astype(dtype)
            with np.errstate(all="ignore"):
                powers = np.exp(lifted)
                columns += [powers / powers.sum(), softmax(lifted)]
        p = np.stack(columns, axis=-1)
        rows += [[f"{name}, {c:g}", *row] for name, row in zip(names, p, strict=True)]
    forms = (_("naive"), _("shifted"))
    kinds = [f"{dtype} {form}" for dtype in ("float32", "float64") for form in forms]
    return figure(
        "overflow",
        {"labels": names, "scores": z.tolist(), "lift": start},
        _("Overflow lab: probability of each class, naive and with the maximum subtracted"),
        [_("class, lift"), *kinds],
        rows,
    )

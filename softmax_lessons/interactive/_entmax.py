"""The entmax view: three scores in the triangle of all probabilities, from softmax to sparsemax."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from softmax_lessons._arguments import as_alpha
from softmax_lessons.alternatives import entmax as entmax_of
from softmax_lessons.interactive._live import Live
from softmax_lessons.interactive._table import figure, show
from softmax_lessons.interactive._values import as_scores, limit
from softmax_lessons.language import _

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from softmax_lessons._arguments import Number

__all__ = ["entmax"]

ALPHAS = [1.0, 1.25, 1.5, 2.0, 3.0]  # those that the table shows
LARGEST = 3.0  # the end of the slider


def entmax(scores: ArrayLike, labels: Sequence[str], *, alpha: Number = 1.5) -> Live:
    """Return the entmax view: three scores in the triangle of all probabilities.

    A slider moves alpha, from softmax at 1 to sparsemax at 2 and beyond. A curve joins what the
    scores give when they are multiplied by any number.

    Parameters
    ----------
    scores : array_like of three finite numbers
        The scores (logits) to start from.
    labels : sequence of three str
        The names of the classes: left, top and right corner.
    alpha : float, default 1.5
        The alpha to start from, from 1 to 3.

    Returns
    -------
    Live
        The figure. Its table without JavaScript also shows other alphas.

    Raises
    ------
    TypeError
        If ``scores`` does not hold real numbers, or ``alpha`` is not one.
    ValueError
        If there are not three scores, if one is not finite, if a label is missing, or if alpha is
        out of range.

    See Also
    --------
    simplex : The same triangle for softmax, with a temperature.

    Examples
    --------
    >>> from softmax_lessons.interactive import entmax
    >>> entmax([0.25, 1.23, -0.8], ["seal", "panda", "duck"])
    Entmax view: 0.25, 1.23, −0.80 at several alphas
    alpha   seal  panda   duck
    1.50   0.175  0.825  0.000
    1.00   0.249  0.664  0.087
    1.25   0.220  0.748  0.032
    2.00   0.010  0.990  0.000
    3.00   0.000  1.000  0.000
    """
    z, names = as_scores(scores, labels, most=3)
    a = as_alpha(alpha, "alpha")
    if a > LARGEST:
        message = f"alpha must be from 1 to {LARGEST:g}, as far as its slider goes"
        raise ValueError(f"{message}, got {alpha!r}")
    a = round(a, 2)
    rows = [[show(u, 2), *entmax_of(z, alpha=u)] for u in dict.fromkeys([a, *ALPHAS])]
    return figure(
        "entmax",
        {"labels": names, "scores": z.tolist(), "limit": limit(z), "alpha": a},
        _("Entmax view: {scores} at several alphas", scores=", ".join(show(s, 2) for s in z)),
        ["alpha", *names],
        rows,
    )

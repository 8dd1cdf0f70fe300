"""The normalizer gallery: candidates side by side, and the requirements that they break."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons.activations import softmax
from softmax_lessons.interactive._live import Live
from softmax_lessons.interactive._table import figure, show
from softmax_lessons.interactive._values import as_scores, limit
from softmax_lessons.language import _
from softmax_lessons.normalizers import (
    min_max,
    normalize_by_abs,
    normalize_by_relu,
    normalize_by_square,
    normalize_by_sum,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from softmax_lessons._arguments import FloatArray

__all__ = ["normalizers"]

CANDIDATES: dict[str, Callable[[ArrayLike], FloatArray]] = {
    "by sum": normalize_by_sum,
    "by absolute value": normalize_by_abs,
    "by square": normalize_by_square,
    "clipped, by sum": normalize_by_relu,
    "min-max": min_max,
    "softmax": softmax,
}


def normalizers(vectors: Mapping[str, ArrayLike], labels: Sequence[str]) -> Live:
    """Return the normalizer gallery: candidates side by side, and the requirements they break.

    The candidates are those of ``softmax_lessons``, and softmax. What a function from scores to
    probabilities must do: R1, nothing is negative; R2, the sum is 1; R3, there is an answer; R4,
    the order stays; R5, the level of the scores does not matter; R6, no probability is exactly 0.

    Parameters
    ----------
    vectors : mapping from str to array_like of three finite numbers
        Scores by name, each with a button that starts from them. The first is there at once.
    labels : sequence of three str
        The names of the classes.

    Returns
    -------
    Live
        The figure.

    Raises
    ------
    TypeError
        If ``vectors`` is no mapping, or one of them does not hold real numbers.
    ValueError
        If there is no vector, if one is not three finite numbers, or if a label is missing.

    See Also
    --------
    softmax_lessons.normalize_by_sum : The first candidate.

    Examples
    --------
    >>> from softmax_lessons.interactive import normalizers
    >>> normalizers({"z1": [0.25, 1.23, -0.8]}, ["seal", "panda", "duck"])
    Normalizer gallery: z1 = 0.25, 1.23, −0.80
    candidate           seal  panda    duck    sum   breaks
    by sum             0.368  1.809  −1.176  1.000    R1 R5
    by absolute value  0.110  0.539   0.351  1.000    R4 R5
    by square          0.028  0.683   0.289  1.000    R4 R5
    clipped, by sum    0.169  0.831   0.000  1.000    R5 R6
    min-max            0.517  1.000   0.000  1.517    R2 R6
    softmax            0.249  0.664   0.087  1.000  nothing
    """
    if not isinstance(vectors, Mapping):
        raise TypeError(f"vectors must be a mapping from name to scores, got {vectors!r}")
    if not vectors:
        raise ValueError("vectors must hold at least one vector of scores, got none")
    names = [str(name) for name in vectors]
    checked = [as_scores(vector, labels, most=3) for vector in vectors.values()]
    scores = [z for z, _ in checked]
    z, classes = checked[0]
    rows = []
    for name, candidate in CANDIDATES.items():
        with np.errstate(all="ignore"):
            p = candidate(z)
            total = p.sum()
        rows.append([_(name), *p, total, " ".join(broken(candidate, z)) or _("nothing")])
    config = {
        "labels": classes,
        "scores": z.tolist(),
        "limit": max(map(limit, scores)),
        "vectors": {name: v.tolist() for name, v in zip(names, scores, strict=True)},
    }
    return figure(
        "normalizers",
        config,
        _(
            "Normalizer gallery: {name} = {scores}",
            name=names[0],
            scores=", ".join(show(s, 2) for s in z),
        ),
        [_("candidate"), *classes, _("sum"), _("breaks")],
        rows,
    )


def broken(candidate: Callable[[ArrayLike], FloatArray], z: FloatArray) -> list[str]:
    """Return the requirements that a candidate breaks on ``z``, of R1 to R6."""
    with np.errstate(all="ignore"):
        p, q = candidate(z), candidate(z + 1)
    if not np.isfinite(p).all():
        return ["R3"]
    holds = {
        "R1": (p >= 0).all(),
        "R2": np.isclose(p.sum(), 1),
        "R4": np.array_equal(np.sign(z[:, None] - z), np.sign(p[:, None] - p)),
        "R5": np.allclose(p, q),
        "R6": (p != 0).all(),
    }
    return [name for name, kept in holds.items() if not kept]

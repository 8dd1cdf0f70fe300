"""The code tree: how long a message gets if its code was made for other probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from softmax_lessons.information import entropy, kl_divergence
from softmax_lessons.interactive._live import Live
from softmax_lessons.interactive._table import figure, show
from softmax_lessons.interactive._values import as_names, as_row
from softmax_lessons.language import _

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["code_tree"]

MOST = 12  # of one class, as far as its slider goes


def code_tree(counts: ArrayLike, labels: Sequence[str], *, truth: ArrayLike) -> Live:
    """Return the code tree: how long a message gets if its code was made for other probabilities.

    Sliders say how many there are of each class where the code was made. A class that has the
    share p there gets ``-log2(p)`` bits: its depth in the tree. The mean of the bits, where the
    shares are those of ``truth``, is the cross-entropy: the entropy, and what is too many.

    Parameters
    ----------
    counts : array_like of three integers
        How many of each class there are where the code was made, from 1 to 12: to start from.
    labels : sequence of three str
        The names of the classes.
    truth : array_like of three numbers, 0 or above
        How many of each class really come: numbers, or their probabilities.

    Returns
    -------
    Live
        The figure.

    Raises
    ------
    TypeError
        If ``counts`` or ``truth`` do not hold real numbers, or ``labels`` no strings.
    ValueError
        If there are not three of each, if a count is not an integer from 1 to 12, if ``truth``
        has a negative number or only zeros, or if a label is missing.

    See Also
    --------
    softmax_lessons.entropy : The first part, in nats.
    softmax_lessons.kl_divergence : The second part, in nats.

    Examples
    --------
    >>> from softmax_lessons.interactive import code_tree
    >>> code_tree([1, 1, 2], ["seal", "panda", "duck"], truth=[0.5, 0.25, 0.25])
    Code tree: 1.750 bits on average = 1.500 entropy + 0.250 too many
    class       really  code made for   bits  really × bits
    seal         0.500          0.250  2.000          1.000
    panda        0.250          0.250  2.000          0.500
    duck         0.250          0.500  1.000          0.250
    on average   1.000          1.000                 1.750
    entropy                                           1.500
    too many                                          0.250
    """
    n, t = as_row(counts, "counts", 3), as_row(truth, "truth", 3)
    names = as_names(labels, 3, "counts")
    if not (np.isin(n, np.arange(1, MOST + 1))).all():
        message = f"counts must be integers from 1 to {MOST}, as far as their sliders go"
        raise ValueError(f"{message}, got {n.tolist()}")
    if (t < 0).any() or not t.any():
        raise ValueError(f"truth must be 0 or above, and not all 0, got {t.tolist()}")
    p, y = n / n.sum(), t / t.sum()
    bits = -np.log2(p)
    mean, least = float(y @ bits), float(entropy(y) / np.log(2))
    excess = round(float(kl_divergence(y, p) / np.log(2)), 3)
    rows: list[list[Any]] = [
        [name, *row] for name, *row in zip(names, y, p, bits, y * bits, strict=True)
    ]
    rows += [
        [_("on average"), 1.0, 1.0, "", mean],
        [_("entropy"), "", "", "", least],
        [_("too many"), "", "", "", excess],
    ]
    return figure(
        "tree",
        {"labels": names, "counts": n.astype(int).tolist(), "truth": t.tolist(), "most": MOST},
        _(
            "Code tree: {mean} bits on average = {entropy} entropy + {excess} too many",
            mean=show(mean),
            entropy=show(least),
            excess=show(excess),
        ),
        [_("class"), _("really"), _("code made for"), _("bits"), _("really × bits")],
        rows,
    )

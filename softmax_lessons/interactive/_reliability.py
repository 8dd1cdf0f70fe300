"""The reliability view: held-out examples sorted by confidence, at any temperature."""

from __future__ import annotations

from typing import TYPE_CHECKING

from softmax_lessons.activations import softmax
from softmax_lessons.calibration import brier_score, expected_calibration_error
from softmax_lessons.interactive._live import Live
from softmax_lessons.interactive._table import figure, show
from softmax_lessons.interactive._values import (
    TEMPERATURES,
    as_examples,
    as_slider_bins,
    as_slider_temperature,
)
from softmax_lessons.language import _
from softmax_lessons.losses import cross_entropy

if TYPE_CHECKING:
    from typing import SupportsIndex

    from numpy.typing import ArrayLike

    from softmax_lessons._arguments import Number

__all__ = ["reliability"]


def reliability(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    temperature: Number = 1.0,
    bins: SupportsIndex = 10,
) -> Live:
    """Return the reliability view: the diagram of held-out examples while the temperature moves.

    Sliders move the temperature and the number of bins. Beside the diagram stand accuracy, mean
    confidence, expected calibration error, negative log-likelihood and Brier score.

    Parameters
    ----------
    logits : array_like of finite numbers, of shape (n, k)
        The scores of n examples, from 1 to 1000: they are written into the page. Only the
        distances of a row from its highest score count; they are rounded to two digits.
    labels : array_like of integers, of shape (n,)
        The right classes.
    temperature : float, default 1.0
        The temperature to start from, from 0.1 to 5.
    bins : int, default 10
        The number of bins to start from, 1 to 50.

    Returns
    -------
    Live
        The figure. Its table without JavaScript shows several temperatures.

    Raises
    ------
    IndexError
        If a label is negative, or not below the number of classes.
    TypeError
        If ``logits`` does not hold real numbers, if ``labels`` are not integers, if
        ``temperature`` is not one real number, or ``bins`` no integer.
    ValueError
        If the logits are no table, too many, not finite or too far apart, if ``labels`` has
        another length, or if ``temperature`` or ``bins`` is out of range.

    See Also
    --------
    softmax_lessons.calibration.fit_temperature : Where the log-likelihood is best.
    softmax_lessons.calibration.expected_calibration_error : The number beside the diagram.

    Examples
    --------
    >>> from softmax_lessons.interactive import reliability
    >>> reliability([[3.0, 0.0], [4.0, 0.0], [0.0, 3.0]], [0, 1, 1])
    Reliability view: 3 examples in 10 bins (ECE: calibration error, NLL: −log-likelihood)
    temperature  accuracy  confidence    ECE    NLL  Brier score
    1.00            0.667       0.962  0.296  1.372        0.646
    0.25            0.667       1.000  0.333  5.333        0.667
    0.50            0.667       0.998  0.332  2.668        0.666
    2.00            0.667       0.839  0.172  0.843        0.562
    4.00            0.667       0.696  0.458  0.696        0.494
    """
    behind, y = as_examples(logits, labels)
    t, n_bins = as_slider_temperature(temperature), as_slider_bins(bins)
    z = -behind / 100
    rows = []
    for each in dict.fromkeys([t, *TEMPERATURES]):
        p = softmax(z, temperature=each)
        rows.append(
            [
                show(each, 2),
                float((p.argmax(axis=-1) == y).mean()),
                float(p.max(axis=-1).mean()),
                float(expected_calibration_error(p, y, bins=n_bins)),
                float(cross_entropy(z / each, y)),
                float(brier_score(p, y)),
            ]
        )
    text = ";".join(" ".join(map(str, [label, *row])) for label, row in zip(y, behind, strict=True))
    return figure(
        "reliability",
        {"rows": text, "temperature": t, "bins": n_bins},
        _(
            "Reliability view: {n} examples in {bins} bins "
            "(ECE: calibration error, NLL: −log-likelihood)",
            n=len(y),
            bins=n_bins,
        ),
        [_("temperature"), _("accuracy"), _("confidence"), "ECE", "NLL", _("Brier score")],
        rows,
    )

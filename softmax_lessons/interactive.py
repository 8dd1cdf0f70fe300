"""Live figures and quick checks for notebooks: they move on a web page too, with no kernel behind.

Each function returns an object that a notebook shows: a custom element of HTML, its JavaScript
beside it, and in it a plain table of the same numbers, calculated here, for readers without
JavaScript. In a terminal the object prints that table. The same call gives the same bytes, so
stored outputs can be compared. Whatever text is passed is shown as text, never read as HTML.

Classes are named by ``labels``. Scores are rounded to two digits after the point, the steps of
the sliders.
"""

from __future__ import annotations

import json
import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from softmax_lessons._arguments import as_count, as_floats, as_labelled_rows, as_temperature
from softmax_lessons.activations import sigmoid, softmax
from softmax_lessons.calibration import (
    brier_score,
    expected_calibration_error,
)
from softmax_lessons.gradients import softmax_jacobian, softmax_vjp
from softmax_lessons.losses import cross_entropy, cross_entropy_and_grad
from softmax_lessons.normalizers import (
    min_max,
    normalize_by_abs,
    normalize_by_relu,
    normalize_by_square,
    normalize_by_sum,
)

if TYPE_CHECKING:
    from typing import SupportsIndex

    from numpy.typing import ArrayLike

    from softmax_lessons._arguments import FloatArray, Number

__all__ = [
    "Live",
    "choice",
    "double_softmax",
    "explorer",
    "gradient",
    "normalizers",
    "number",
    "overflow",
    "reliability",
    "simplex",
]

COOLEST, HOTTEST = 0.1, 5.0  # the ends of the sliders
FARTHEST = 1000
TEMPERATURES = [0.25, 0.5, 1.0, 2.0, 4.0]
MANY, FINEST = 1000, 50  # examples that a page can carry, bins
CANDIDATES: dict[str, Callable[[ArrayLike], FloatArray]] = {
    "by sum": normalize_by_sum,
    "by absolute value": normalize_by_abs,
    "by square": normalize_by_square,
    "clipped, by sum": normalize_by_relu,
    "min-max": min_max,
    "softmax": softmax,
}


@dataclass(frozen=True, repr=False)
class Live:
    """A live figure or a quick check, as a notebook shows it.

    Parameters
    ----------
    html : str
        The custom element, what stands in it without JavaScript, and its script.
    text : str
        What a terminal prints.

    Examples
    --------
    >>> from softmax_lessons.interactive import Live
    >>> Live("<p>1 + 1 = 2</p>", "1 + 1 = 2")
    1 + 1 = 2
    """

    html: str
    text: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        """Return the text, without its HTML."""
        return self.text


# --- live figures -----------------------------------------------------------------------------


def explorer(scores: ArrayLike, labels: Sequence[str], *, temperature: Number = 1.0) -> Live:
    """Return the softmax explorer: sliders for scores and temperature, bars for the shares.

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
    z, names = _as_scores(scores, labels, most=6)
    t = _as_slider_temperature(temperature)
    p, s = softmax(z, temperature=t), sigmoid(z)
    rows = [[name, *values] for name, *values in zip(names, z, p, s, strict=True)]
    return _figure(
        "softmax-explorer",
        {"labels": names, "scores": z.tolist(), "limit": _limit(z), "temperature": t},
        f"Softmax explorer, at temperature {_show(t, 2)}",
        ["class", "score", "softmax", "sigmoid"],
        [*rows, ["sum", "", p.sum(), s.sum()]],
    )


def normalizers(vectors: Mapping[str, ArrayLike], labels: Sequence[str]) -> Live:
    """Return the normalizer gallery: candidates side by side, and the requirements they break.

    The candidates are those of ``softmax_lessons``, and softmax. What a function from scores to
    shares must do: R1, nothing is negative; R2, the sum is 1; R3, there is an answer; R4, the
    order stays; R5, the level of the scores does not matter; R6, no share is exactly 0.

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
    checked = [_as_scores(vector, labels, most=3) for vector in vectors.values()]
    scores = [z for z, _ in checked]
    z, classes = checked[0]
    rows = []
    for name, candidate in CANDIDATES.items():
        with np.errstate(all="ignore"):
            p = candidate(z)
            total = p.sum()
        rows.append([name, *p, total, " ".join(_broken(candidate, z)) or "nothing"])
    config = {
        "labels": classes,
        "scores": z.tolist(),
        "limit": max(map(_limit, scores)),
        "vectors": {name: v.tolist() for name, v in zip(names, scores, strict=True)},
    }
    return _figure(
        "softmax-normalizers",
        config,
        f"Normalizer gallery: {names[0]} = {', '.join(_show(s, 2) for s in z)}",
        ["candidate", *classes, "sum", "breaks"],
        rows,
    )


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
    Overflow lab: share of each class, by the naive form and with the maximum subtracted
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
    z, names = _as_scores(scores, labels, most=3)
    start = round(_as_finite(lift, "lift"), 2)
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
        shares = np.stack(columns, axis=-1)
        rows += [[f"{name}, {c:g}", *row] for name, row in zip(names, shares, strict=True)]
    kinds = [f"{dtype} {form}" for dtype in ("float32", "float64") for form in ("naive", "shifted")]
    return _figure(
        "softmax-overflow",
        {"labels": names, "scores": z.tolist(), "lift": start},
        "Overflow lab: share of each class, by the naive form and with the maximum subtracted",
        ["class, lift", *kinds],
        rows,
    )


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
    z, names = _as_scores(scores, labels, most=3)
    t = _as_slider_temperature(temperature)
    rows = [[_show(u, 2), *softmax(z, temperature=u)] for u in dict.fromkeys([t, *TEMPERATURES])]
    return _figure(
        "softmax-simplex",
        {"labels": names, "scores": z.tolist(), "limit": _limit(z), "temperature": t},
        f"Simplex view: softmax of {', '.join(_show(s, 2) for s in z)} at several temperatures",
        ["temperature", *names],
        rows,
    )


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
    z, names = _as_scores(scores, labels, most=3)
    t = _as_class(target)
    loss, slopes = cross_entropy_and_grad(z, t)
    rows = [
        [name, share, str(int(i == t)), slope, *row]
        for i, (name, share, slope, row) in enumerate(
            zip(names, softmax(z), slopes, softmax_jacobian(z), strict=True)
        )
    ]
    return _figure(
        "softmax-gradient",
        {"labels": names, "scores": z.tolist(), "limit": _limit(z), "target": t},
        f"Gradient view: the loss is {_show(loss)}",
        ["class", "p", "y", "p − y", *(f"slope for {name}" for name in names)],
        rows,
    )


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
    z, names = _as_scores(scores, labels, most=6)
    t = _as_class(target)
    p = softmax(z)
    loss, once = cross_entropy_and_grad(z, t)
    doubled, inner = cross_entropy_and_grad(p, t)
    twice = softmax_vjp(p, inner)
    rows = [[name, *values] for name, *values in zip(names, p, once, twice, strict=True)]
    return _figure(
        "softmax-double",
        {"labels": names, "scores": z.tolist(), "limit": _limit(z), "target": t},
        "Gradient of the loss for each score, with one softmax and with two",
        ["class", "p", "one softmax", "two softmaxes"],
        [
            *rows,
            ["size", "", np.linalg.norm(once), np.linalg.norm(twice)],
            ["loss", "", loss, doubled],
        ],
    )


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
    z, y, _ = as_labelled_rows(logits, labels, ("logits", "labels"), -1)
    if np.ndim(logits) != 2 or len(z) > MANY:
        message = f"logits must be a table of at most {MANY} rows, one an example"
        raise ValueError(f"{message}, got shape {np.shape(logits)}")
    with np.errstate(invalid="ignore"):
        far = z.max(axis=-1, keepdims=True) - z
    if not (far <= FARTHEST).all():
        message = f"logits must be finite and within {FARTHEST} of the highest of their row"
        raise ValueError(f"{message}, got one {far[~(far <= FARTHEST)][0]:g} behind")
    t, n_bins = _as_slider_temperature(temperature), as_count(bins, "bins", 1)
    if n_bins > FINEST:
        raise ValueError(
            f"bins must be from 1 to {FINEST}, as far as its slider goes, got {n_bins}"
        )
    behind = np.rint(100 * far).astype(int)
    rows = []
    for each in dict.fromkeys([t, *TEMPERATURES]):
        p = softmax(-behind / 100, temperature=each)
        rows.append(
            [
                _show(each, 2),
                float((p.argmax(axis=-1) == y).mean()),
                float(p.max(axis=-1).mean()),
                float(expected_calibration_error(p, y, bins=n_bins)),
                float(cross_entropy(-behind / 100 / each, y)),
                float(brier_score(p, y)),
            ]
        )
    text = ";".join(" ".join(map(str, [label, *row])) for label, row in zip(y, behind, strict=True))
    return _figure(
        "softmax-reliability",
        {"rows": text, "temperature": t, "bins": n_bins},
        f"Reliability view: {len(y)} examples in {n_bins} bins "
        "(ECE: calibration error, NLL: −log-likelihood)",
        ["temperature", "accuracy", "confidence", "ECE", "NLL", "Brier score"],
        rows,
    )


def _broken(candidate: Callable[[ArrayLike], FloatArray], z: FloatArray) -> list[str]:
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


# --- quick checks -----------------------------------------------------------------------------


def _equal(option: Any, answer: Any) -> bool:
    """Tell whether two answers are equal; NumPy 2.0's array_equal stumbles over text and number."""
    return np.shape(option) == np.shape(answer) and bool(np.all(np.asarray(option) == answer))


def choice(question: str, options: Mapping[Any, str], *, answer: Any) -> Live:
    """Return a question with options to choose from, and feedback on each.

    Without JavaScript the options are a list, and the answer can be unfolded.

    Parameters
    ----------
    question : str
        The question.
    options : mapping from answer to str
        What can be chosen, written by ``str``, and what to say to whoever chooses it: to the
        right answer why it is right, to every other one where it goes wrong.
    answer : object
        The right answer. Calculate it: it must equal one of the options, so a question that no
        longer fits its numbers is an error.

    Returns
    -------
    Live
        The quick check.

    Raises
    ------
    TypeError
        If ``options`` is no mapping to strings.
    ValueError
        If there are fewer than two options, if two are written alike, if one has no feedback, or
        if ``answer`` is none of them.

    See Also
    --------
    number : The same for an answer that is a number to write.

    Examples
    --------
    >>> import numpy as np
    >>> from softmax_lessons.interactive import choice
    >>> animals = ["seal", "panda"]
    >>> choice(
    ...     "Which animal has the larger score in [0.25, 1.23]?",
    ...     {"seal": "0.25 is below 1.23.", "panda": "Its score is 1.23."},
    ...     answer=animals[np.argmax([0.25, 1.23])],
    ... )
    Which animal has the larger score in [0.25, 1.23]?
    - seal
    - panda
    """
    if not isinstance(options, Mapping) or not all(isinstance(f, str) for f in options.values()):
        raise TypeError(f"options must be a mapping from answer to feedback, got {options!r}")
    names = [str(option) for option in options]
    if len(set(names)) < max(2, len(names)):
        raise ValueError(f"options must be two or more, all written differently, got {names}")
    for name, feedback in zip(names, options.values(), strict=True):
        if not feedback.strip():
            raise ValueError(f"option {name!r} has no feedback: say why it is right or wrong")
    right = [i for i, option in enumerate(options) if _equal(option, answer)]
    if len(right) != 1:
        raise ValueError(f"answer must be one of the options {list(options)}, got {answer!r}")
    pairs = list(zip(names, options.values(), strict=True))
    wrong = [pair for i, pair in enumerate(pairs) if i != right[0]]
    return _check(
        {"question": question, "options": pairs, "answer": right[0]},
        [f"- {name}" for name in names],
        _list(names) + _folded(*pairs[right[0]], wrong),
    )


def number(
    question: str,
    feedback: str,
    *,
    answer: Number,
    tolerance: Number,
    wrong: Mapping[Any, str] | None = None,
    hint: str = "",
) -> Live:
    """Return a question to answer with a number, and feedback on the mistakes people make.

    The reader may write a decimal comma. Without JavaScript the answer can be unfolded.

    Parameters
    ----------
    question : str
        The question.
    feedback : str
        What to say to the right answer: why it is right.
    answer : float
        The right answer. Calculate it.
    tolerance : float
        How far off an answer may be.
    wrong : mapping from float to str, optional
        Common mistakes, and what to say to each. Calculate them too.
    hint : str, optional
        What to say to all other answers, after *too large* or *too small*.

    Returns
    -------
    Live
        The quick check.

    Raises
    ------
    TypeError
        If ``answer``, ``tolerance`` or a mistake is not one real number, or ``wrong`` no mapping
        to strings.
    ValueError
        If a number is not finite, if ``tolerance`` is negative, if ``feedback`` is empty, or if
        two answers with different feedback are so close that one reply could mean both.

    See Also
    --------
    choice : The same with options to choose from.

    Examples
    --------
    >>> from softmax_lessons import softmax
    >>> from softmax_lessons.interactive import number
    >>> number(
    ...     "Two classes have equal scores. What does softmax give to each?",
    ...     "Equal scores get equal shares of 1.",
    ...     answer=softmax([7.0, 7.0])[0],
    ...     tolerance=0.001,
    ...     wrong={1: "That would make 2 in all."},
    ... )
    Two classes have equal scores. What does softmax give to each?
    """
    mistakes = {} if wrong is None else wrong
    if not isinstance(mistakes, Mapping) or not all(isinstance(f, str) for f in mistakes.values()):
        raise TypeError(f"wrong must be a mapping from number to feedback, got {wrong!r}")
    if not all(text.strip() for text in (feedback, *mistakes.values())):
        raise ValueError("feedback must not be empty: say why the answer is right or wrong")
    reach = _as_finite(tolerance, "tolerance")
    if reach < 0:
        raise ValueError(f"tolerance must be 0 or above, got {tolerance!r}")
    known = [_as_finite(answer, "answer"), *(_as_finite(x, "a wrong answer") for x in mistakes)]
    for i, x in enumerate(known):
        for y in known[:i]:
            if abs(x - y) <= 2 * reach:
                message = f"{x:.4g} and {y:.4g} cannot be told apart with a tolerance of {reach:g}"
                raise ValueError(f"{message}: make it smaller")
    said = list(zip(known[1:], mistakes.values(), strict=True))
    config = {"answer": known[0], "tolerance": reach, "feedback": feedback, "wrong": said}
    listed = [(f"{x:.4g}", text) for x, text in said]
    return _check(
        {"question": question, **config, "hint": hint},
        [],
        _folded(f"{known[0]:.4g}", feedback, listed),
    )


# --- arguments --------------------------------------------------------------------------------


def _as_scores(scores: ArrayLike, labels: Sequence[str], most: int) -> tuple[FloatArray, list[str]]:
    """Return the scores in steps of the sliders, and the labels as strings."""
    z = as_floats(scores, "x")[0].astype(np.float64)
    number = "three" if most == 3 else "three to six"
    if z.ndim != 1 or not 3 <= z.size <= most:
        raise ValueError(f"scores must be {number} numbers in a row, got shape {z.shape}")
    if not np.isfinite(z).all():
        raise ValueError(f"scores must be finite, got {z.tolist()}")
    names = _as_labels(labels, z.size)
    return np.round(z, 2) + 0.0, names  # -0.0 + 0.0 is 0.0


def _as_labels(labels: Sequence[str], n: int) -> list[str]:
    if isinstance(labels, str) or not all(isinstance(label, str) for label in labels):
        raise TypeError(f"labels must be a sequence of strings, got {labels!r}")
    if len(labels) != n:
        raise ValueError(f"labels must name each of the {n} scores, got {len(labels)} labels")
    if not all(label.strip() for label in labels):
        raise ValueError(f"labels must not be empty: they name the sliders, got {labels!r}")
    return list(labels)


def _as_class(target: SupportsIndex) -> int:
    try:
        return operator.index(target)
    except TypeError:
        raise TypeError(f"target must be the index of a class, got {target!r}") from None


def _as_slider_temperature(temperature: Number) -> float:
    t = as_temperature(temperature, "temperature")
    if not COOLEST <= t <= HOTTEST:
        message = f"temperature must be from {COOLEST} to {HOTTEST}, as far as its slider goes"
        raise ValueError(f"{message}, got {temperature!r}")
    return round(t, 2)


def _as_finite(x: object, name: str) -> float:
    """Return a number in ten digits: another processor may differ in the last one."""
    if not isinstance(x, Real):
        raise TypeError(f"{name} must be one real number, got {x!r}")
    if not math.isfinite(x):
        raise ValueError(f"{name} must be finite, got {x!r}")
    return float(f"{float(x):.10g}")


def _limit(z: FloatArray) -> int:
    """Return how far the sliders go to both sides."""
    return max(5, math.ceil(float(np.abs(z).max())))


# --- HTML -------------------------------------------------------------------------------------


@cache
def _script(module: str) -> str:
    """Return a module of ``static`` with all that it imports, as one script without imports.

    It is a module still, so its names stay its own: several copies on a page do not clash.
    """
    sources: dict[str, str] = {}

    def read(name: str) -> None:
        if name not in sources:
            text = files("softmax_lessons").joinpath("static", name).read_text(encoding="utf-8")
            for needed in re.findall(r'^import .* from "\./(.+)";$', text, re.MULTILINE):
                read(needed)
            sources[name] = re.sub(r"^import .*\n|^export ", "", text, flags=re.MULTILINE)

    read(f"{module}.mjs")
    return "\n".join(sources.values())


def _element(tag: str, config: dict[str, Any], content: str) -> str:
    """Return a custom element with its content and, after it, its script."""
    module = tag.partition("-")[2]
    attribute = escape(json.dumps(config, ensure_ascii=False))
    # With `async` it runs at once, before the first paint, and nothing on the page jumps.
    return (
        f'<{tag} class="softmax-live" config="{attribute}">\n{content}\n</{tag}>\n'
        f'<script type="module" async>\n{_script(module)}</script>'
    )


def _figure(
    tag: str, config: dict[str, Any], caption: str, head: list[str], rows: list[list[Any]]
) -> Live:
    """Return a live figure whose content, without JavaScript, is a table."""
    shown = [[value if isinstance(value, str) else _show(value) for value in row] for row in rows]
    headings = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    lines = [
        f'<tr><th scope="row">{escape(first)}</th>'
        + "".join(f"<td>{escape(value)}</td>" for value in rest)
        + "</tr>"
        for first, *rest in shown
    ]
    body = "\n".join(lines)
    table = (
        f"<table>\n<caption>{escape(caption)}</caption>\n"
        f"<thead><tr>{headings}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"
    )
    return Live(_element(tag, config, table), "\n".join([caption, *_columns(head, shown)]))


def _check(config: dict[str, Any], lines: list[str], content: str) -> Live:
    """Return a quick check whose content, without JavaScript, can be read and unfolded."""
    question = config["question"]
    if not question.strip():
        raise ValueError("question must not be empty")
    html = f"<p>{escape(question)}</p>\n{content}"
    return Live(_element("softmax-check", config, html), "\n".join([question, *lines]))


def _list(items: list[str]) -> str:
    return "<ul>\n" + "".join(f"<li>{escape(item)}</li>\n" for item in items) + "</ul>\n"


def _folded(answer: str, feedback: str, wrong: list[tuple[str, str]]) -> str:
    """Return the answer and what is wrong with the others, to unfold."""
    entries = "".join(f"<dt>{escape(x)}</dt><dd>{escape(text)}</dd>\n" for x, text in wrong)
    others = f"\n<dl>\n{entries}</dl>" if wrong else ""
    return (
        "<details>\n<summary>Show the answer</summary>\n"
        f"<p><strong>{escape(answer)}</strong>: {escape(feedback)}</p>{others}\n</details>"
    )


def _columns(head: list[str], rows: list[list[str]]) -> list[str]:
    """Return the lines of a table for a terminal."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [
        [first.ljust(widths[0]), *(v.rjust(w) for v, w in zip(rest, widths[1:], strict=True))]
        for first, *rest in [head, *rows]
    ]
    return ["  ".join(line).rstrip() for line in lines]


def _show(x: float, digits: int = 3) -> str:
    """Return a number to read: 0.249, −1.250, 4.54e−5, inf or nan, as ``show`` in core.mjs."""
    if not math.isfinite(x):
        return f"{x:.0f}".replace("-", "−")
    if x == 0 or 0.5 * 10**-digits <= abs(x) < 1e4:
        text = f"{x + 0.0:.{digits}f}"
    else:
        mantissa, exponent = f"{x:.2e}".split("e")
        text = f"{mantissa}e{int(exponent)}"
    return text.replace("-", "−")

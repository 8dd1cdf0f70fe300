"""Checks of what figures and quick checks take, and how far their sliders go."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from softmax_lessons._arguments import (
    as_count,
    as_floats,
    as_labelled_rows,
    as_real,
    as_temperature,
)

if TYPE_CHECKING:
    from typing import SupportsIndex

    from numpy.typing import ArrayLike, NDArray

    from softmax_lessons._arguments import FloatArray, Number

COOLEST, HOTTEST = 0.1, 5.0  # the ends of the temperature's slider
FARTHEST = 1000
MANY, FINEST = 1000, 50  # examples that a page can carry, bins
TEMPERATURES = [0.25, 0.5, 1.0, 2.0, 4.0]  # those that a table shows


def as_scores(scores: ArrayLike, labels: Sequence[str], most: int) -> tuple[FloatArray, list[str]]:
    """Return the scores in steps of the sliders, and the labels as strings."""
    z = as_row(scores, "scores", most)
    names = as_names(labels, z.size)
    return np.round(z, 2) + 0.0, names  # -0.0 + 0.0 is 0.0


def as_row(x: ArrayLike, name: str, most: int) -> FloatArray:
    """Return three finite numbers, or up to ``most``."""
    row: FloatArray = as_floats(x, name)[0].astype(np.float64)
    number = "three" if most == 3 else "three to six"
    if row.ndim != 1 or not 3 <= row.size <= most:
        raise ValueError(f"{name} must be {number} numbers in a row, got shape {row.shape}")
    check_finite(row, name)
    return row


def check_finite(array: FloatArray, name: str) -> None:
    """Raise unless all numbers are finite."""
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, got {array.tolist()}")


def as_names(labels: Sequence[str], n: int, named: str = "scores") -> list[str]:
    """Return the names of n classes, or of as many other things."""
    check_texts(labels, "labels")
    if len(labels) != n:
        raise ValueError(f"labels must name each of the {n} {named}, got {len(labels)} labels")
    if not all(label.strip() for label in labels):
        raise ValueError(f"labels must not be empty: they name the sliders, got {labels!r}")
    return list(labels)


def check_texts(texts: object, name: str) -> None:
    """Raise unless each of ``texts`` is a string, and they are not one string themselves."""
    if (
        isinstance(texts, str)
        or not isinstance(texts, Sequence)
        or not all(isinstance(text, str) for text in texts)
    ):
        raise TypeError(f"{name} must be a sequence of strings, got {texts!r}")


def as_class(target: SupportsIndex) -> int:
    """Return the index of the true class; the loss checks that there is such a class."""
    try:
        return operator.index(target)
    except TypeError:
        raise TypeError(f"target must be the index of a class, got {target!r}") from None


def as_slider_temperature(temperature: Number, hottest: float = HOTTEST) -> float:
    """Return a temperature that its slider can show."""
    t = as_temperature(temperature, "temperature")
    if not COOLEST <= t <= hottest:
        message = f"temperature must be from {COOLEST} to {hottest}, as far as its slider goes"
        raise ValueError(f"{message}, got {temperature!r}")
    return round(t, 2)


def as_slider_bins(bins: SupportsIndex) -> int:
    """Return a number of bins that its slider can show."""
    n = as_count(bins, "bins", 1)
    if n > FINEST:
        raise ValueError(f"bins must be from 1 to {FINEST}, as far as its slider goes, got {n}")
    return n


def as_examples(logits: ArrayLike, labels: ArrayLike) -> tuple[NDArray[np.int_], NDArray[Any]]:
    """Return how far each logit lies behind the highest of its row, in hundredths, and labels."""
    z, y, _ = as_labelled_rows(logits, labels, ("logits", "labels"), -1)
    if np.ndim(logits) != 2 or len(z) > MANY:
        message = f"logits must be a table of at most {MANY} rows, one an example"
        raise ValueError(f"{message}, got shape {np.shape(logits)}")
    with np.errstate(invalid="ignore"):
        far = z.max(axis=-1, keepdims=True) - z
    if not (far <= FARTHEST).all():
        message = f"logits must be finite and within {FARTHEST} of the highest of their row"
        raise ValueError(f"{message}, got one {far[~(far <= FARTHEST)][0]:g} behind")
    return np.rint(100 * far).astype(int), y


def as_finite(x: object, name: str) -> float:
    """Return a number in ten digits: another processor may differ in the last one."""
    number = as_real(x, name)
    if not math.isfinite(number):
        raise ValueError(f"{name} must be finite, got {x!r}")
    return float(f"{number:.10g}")


def limit(z: FloatArray) -> int:
    """Return how far the sliders of the scores go to both sides."""
    return max(5, math.ceil(float(np.abs(z).max())))

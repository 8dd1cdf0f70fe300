"""What every right result of a kind has; each rule says what a result violates, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

__all__ = ["at_least_zero", "at_most_zero", "finite", "probabilities", "sums_to_zero"]

from softmax_lessons.language import _

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array


def finite(result: Array) -> str:
    """Results are numbers.

    Parameters
    ----------
    result : numpy.ndarray
        What a solution returned, or what it should return.

    Returns
    -------
    str
        What it violates, or "".

    See Also
    --------
    Rule : How to write one.

    Notes
    -----
    NaN and infinities violate it.

    Examples
    --------
    >>> import numpy as np
    >>> from softmax_lessons.exercises import rules
    >>> rules.finite(np.array([1.0, np.inf]))
    'The result is infinite.'
    """
    if np.isnan(result).any():
        return _("The result has NaN, which is no number.")
    return _("The result is infinite.") if np.isinf(result).any() else ""


def probabilities(result: Array) -> str:
    """Probabilities are at least 0, at most 1, and sum to 1.

    Parameters
    ----------
    result : numpy.ndarray
        What a solution returned, or what it should return.

    Returns
    -------
    str
        What it violates, or "".

    See Also
    --------
    Rule : How to write one.

    Notes
    -----
    The classes lie along the last axis. Sums may be off by 1e-10.

    Examples
    --------
    >>> import numpy as np
    >>> from softmax_lessons.exercises import rules
    >>> rules.probabilities(np.array([0.5, 0.6]))
    'The probabilities of a row sum to 1.1, not to 1.'
    """
    if (result < 0).any():
        return _("A probability is negative.")
    if (result > 1).any():
        return _("A probability is above 1.")
    total = result.sum(axis=-1)
    off = np.abs(total - 1)
    if (off > 1e-10).any():
        worst = float(np.ravel(total)[np.argmax(off)])
        return _("The probabilities of a row sum to {total}, not to 1.", total=f"{worst:.12g}")
    return ""


def at_least_zero(result: Array) -> str:
    """Losses and entropies are not negative.

    Parameters
    ----------
    result : numpy.ndarray
        What a solution returned, or what it should return.

    Returns
    -------
    str
        What it violates, or "".

    See Also
    --------
    Rule : How to write one.

    Notes
    -----
    NaN does not violate it.

    Examples
    --------
    >>> import numpy as np
    >>> from softmax_lessons.exercises import rules
    >>> rules.at_least_zero(np.array(-0.1))
    'The result is negative, which it can never be.'
    """
    return _("The result is negative, which it can never be.") if (result < 0).any() else ""


def at_most_zero(result: Array) -> str:
    """Logarithms of probabilities are not positive.

    Parameters
    ----------
    result : numpy.ndarray
        What a solution returned, or what it should return.

    Returns
    -------
    str
        What it violates, or "".

    See Also
    --------
    Rule : How to write one.

    Notes
    -----
    NaN does not violate it.

    Examples
    --------
    >>> import numpy as np
    >>> from softmax_lessons.exercises import rules
    >>> rules.at_most_zero(np.array(0.1))
    'The logarithm of a probability is above 0.'
    """
    return _("The logarithm of a probability is above 0.") if (result > 0).any() else ""


def sums_to_zero(result: Array) -> str:
    """Probabilities sum to 1, so their derivatives sum to 0.

    Parameters
    ----------
    result : numpy.ndarray
        What a solution returned, or what it should return.

    Returns
    -------
    str
        What it violates, or "".

    See Also
    --------
    Rule : How to write one.

    Notes
    -----
    Sums along the last axis may be off by 1e-9.

    Examples
    --------
    >>> import numpy as np
    >>> from softmax_lessons.exercises import rules
    >>> rules.sums_to_zero(np.array([0.5, -0.25]))
    'A row sums to 0.25, not to 0.'
    """
    worst = float(np.abs(result.sum(axis=-1)).max())
    return _("A row sums to {total}, not to 0.", total=f"{worst:.4g}") if worst > 1e-9 else ""

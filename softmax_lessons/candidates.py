"""Cross-entropy over a sample of the classes, where all of them would be too many.

The conventions that all functions share stand in the docstring of the package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from softmax_lessons._arguments import (
    as_candidates,
    as_floats,
    as_labels,
    as_log_q,
    check_score_table,
)
from softmax_lessons.activations import no_warnings
from softmax_lessons.losses import cross_entropy, cross_entropy_and_grad

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from softmax_lessons._arguments import FloatArray, FloatDtype
    from softmax_lessons.losses import Reduction

__all__ = ["sampled_cross_entropy", "sampled_cross_entropy_and_grad"]


@no_warnings
def sampled_cross_entropy(
    logits: ArrayLike,
    target: ArrayLike,
    *,
    log_q: ArrayLike | None = None,
    candidates: ArrayLike | None = None,
    reduction: Reduction = "mean",
) -> Any:
    """Return the cross-entropy of softmax over sampled classes, ``softmax(logits - log_q)``.

    Parameters
    ----------
    logits : array_like of real numbers, shape (N, M)
        The scores of N examples for M candidates.
    target : array_like of integers, shape (N,)
        The column of each example's right answer. Where a batch is its own sample, row i has its
        answer in column i: ``numpy.arange(N)``.
    log_q : array_like of real numbers, optional
        The logarithm of how many times a candidate is expected in the sample, in a shape that
        broadcasts to that of ``logits``. For m independent draws it is ``log(m * q)``; the m can
        be left out if all candidates were drawn. A candidate that is always there has 0. None
        leaves the scores as they are.
    candidates : array_like of integers, shape (M,) or (N, M), optional
        Which class stands in each column. Where the class of the right answer stands in another
        column too, that one is left out: it is no wrong answer. None means that no class stands
        twice.
    reduction : {"mean", "sum", "none"}, default "mean"
        Whether to return the mean over the examples, their sum, or the loss of each.

    Returns
    -------
    ndarray or scalar
        The loss, in nats; of shape (N,) for "none".

    Raises
    ------
    IndexError
        If an entry of ``target`` is no column.
    TypeError
        If ``target`` or ``candidates`` do not hold integers.
    ValueError
        If the shapes do not fit, or ``log_q`` is NaN or infinite.

    See Also
    --------
    cross_entropy : Over all classes.

    Notes
    -----
    With the correction, training moves the scores towards the logarithms of the probabilities p
    of the classes, up to a constant. Without it they end at ``log(p) - log_q``: classes that are
    often in the sample are scored too low. With the wrong sign they end at
    ``log(p) - 2 * log_q``. For a batch that is its own sample, all this is exact without
    ``candidates``; leaving out accidental hits favours frequent classes a little.

    Where the right answer has ``log_q`` 0, and m classes beside it were drawn with ``log(m * q)``,
    the sum over the columns that count is an unbiased estimate of the sum over all classes. Its
    logarithm is too small on average, by about half the relative variance of the sum. So is the
    loss.

    Where a batch is its own sample, it is usual to correct the right answer like all others (Yi
    et al.).

    References
    ----------
    S. Jean, K. Cho, R. Memisevic and Y. Bengio, "On using very large target vocabulary for neural
    machine translation", *Annual Meeting of the Association for Computational Linguistics*, 2015,
    1-10, section 3.

    X. Yi et al., "Sampling-bias-corrected neural modeling for large corpus item recommendations",
    *ACM Conference on Recommender Systems*, 2019, 269-277.

    Examples
    --------
    A batch of three, two of them with the same answer, class 7:

    >>> import numpy as np
    >>> from softmax_lessons import sampled_cross_entropy
    >>> logits = [[2.0, 0.0, 2.0], [0.0, 1.0, 0.0], [2.0, 0.0, 2.0]]
    >>> sampled_cross_entropy(logits, np.arange(3), candidates=[7, 4, 7]).round(4)
    np.float64(0.2684)
    >>> q = np.array([0.4, 0.2, 0.4])
    >>> sampled_cross_entropy(
    ...     logits, np.arange(3), candidates=[7, 4, 7], log_q=np.log(q)
    ... ).round(4)
    np.float64(0.2641)
    """
    z, dtype, columns, is_rival = corrected(logits, target, log_q, candidates)
    return cross_entropy(z, columns, where=is_rival, reduction=reduction).astype(dtype)


@no_warnings
def sampled_cross_entropy_and_grad(
    logits: ArrayLike,
    target: ArrayLike,
    *,
    log_q: ArrayLike | None = None,
    candidates: ArrayLike | None = None,
    reduction: Reduction = "mean",
) -> tuple[Any, FloatArray]:
    """Return the cross-entropy over sampled classes and its gradient.

    Parameters
    ----------
    logits : array_like of real numbers, shape (N, M)
        The scores of N examples for M candidates.
    target : array_like of integers, shape (N,)
        The column of each example's right answer.
    log_q : array_like of real numbers, optional
        The logarithm of how many times a candidate is expected in the sample.
    candidates : array_like of integers, shape (M,) or (N, M), optional
        Which class stands in each column.
    reduction : {"mean", "sum", "none"}, default "mean"
        Whether to return the mean over the examples, their sum, or the loss of each.

    Returns
    -------
    loss : ndarray or scalar
        What ``sampled_cross_entropy`` returns.
    grad : ndarray of shape (N, M)
        The gradient with respect to ``logits``: ``softmax(logits - log_q)`` minus 1 in the column
        of the right answer, divided by N for "mean". What is left out has 0.

    Raises
    ------
    IndexError, TypeError, ValueError
        As for ``sampled_cross_entropy``, whose parameters are described there at more length.

    See Also
    --------
    sampled_cross_entropy : The loss alone.

    Notes
    -----
    The same class may stand in several columns, if it was drawn more than once. Its gradient is
    the sum over them: ``numpy.add.at`` adds them up.

    Examples
    --------
    >>> import numpy as np
    >>> from softmax_lessons import sampled_cross_entropy_and_grad
    >>> loss, grad = sampled_cross_entropy_and_grad([[2.0, 0.0, 0.0]], [0], log_q=[0.0, 1.0, -1.0])
    >>> grad.round(3)
    array([[-0.295,  0.035,  0.259]])
    """
    z, dtype, columns, is_rival = corrected(logits, target, log_q, candidates)
    loss, grad = cross_entropy_and_grad(z, columns, where=is_rival, reduction=reduction)
    return loss.astype(dtype), grad.astype(dtype, copy=False)


def corrected(
    logits: ArrayLike, target: ArrayLike, log_q: ArrayLike | None, candidates: ArrayLike | None
) -> tuple[FloatArray, FloatDtype, NDArray[np.intp], NDArray[np.bool_] | None]:
    """Return the corrected scores, their dtype, the columns of the answers, and which count.

    Scores in float16 stay in float32 here: log q would lose its digits beside them.
    """
    z, dtype = as_floats(logits, "logits")
    columns = as_labels(target, "target", check_score_table(z, "logits"), "columns")
    if columns.shape != z.shape[:1]:
        advice = "one column for each row of logits"
        raise ValueError(f"target must have shape {z.shape[:1]}, {advice}, got {columns.shape}")
    if log_q is not None:
        z = z - as_log_q(log_q, "log_q", z.shape).astype(z.dtype, copy=False)
    if candidates is None:
        return z, dtype, columns, None
    classes = as_candidates(candidates, "candidates", z.shape)
    rows = np.arange(len(z))
    is_answer = classes == classes[rows, columns][:, np.newaxis]
    is_answer[rows, columns] = False
    return z, dtype, columns, ~is_answer

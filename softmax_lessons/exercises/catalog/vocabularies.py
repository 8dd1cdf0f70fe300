"""Exercises on very many classes: a sampled loss, real or drawn, Huffman's tree, chunks."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons import cross_entropy_and_grad, entropy, log_sigmoid, logsumexp, sigmoid
from softmax_lessons.exercises._exercise import Exercise, KnownMistake, Stage
from softmax_lessons.exercises.catalog._shared import (
    NINE_DIGITS,
    array,
    labels,
    without_last_class,
)
from softmax_lessons.exercises.rules import at_least_zero

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array

ORDER = 180  # among the chapters

# The tables are laid out by hand: a known mistake is its sentence, its hint and its formula.
# fmt: off

# --- the loss of a sample -------------------------------------------------------------------------


def over_sample(own: Array, others: Array) -> Array:
    """Return the loss of the right answer among the others."""
    return np.asarray(logsumexp(np.column_stack([own, others]), axis=1) - own)


OWN = array(0.4, -1.2, 2.1)
OTHERS = array([0.3, 1.1, -0.6, 0.2], [-0.4, 0.9, 1.6, -2.0], [1.3, -0.8, 0.5, 1.9])
EVEN = np.log(4 * array(0.25, 0.25, 0.25, 0.25))
FREQUENCIES = np.log(4 * array(0.5, 0.02, 0.2, 0.004))
FEW = np.log(2 * array(0.3, 0.001))
FAR = array(800.0, -900.0, 0.0)
FAR_OTHERS = array([790.0, 0.0, 805.0, -3.0], [-905.0, -890.0, -2000.0, -901.0],
    [1000.0, 999.0, -5.0, 0.0])

SAMPLED_LOSS = Exercise(
    "Correct a sample",
    "sampled_loss(own, others, log_kq)",
    "`own` holds the score of the right answer of each of N examples, `others` the scores of the k "
    "drawn classes, N rows and k columns, and `log_kq` for each drawn class the logarithm of how "
    "often it is expected in the sample. Return the loss of each example, in nats: subtract "
    "`log_kq` from the scores of the drawn classes, and take minus the logarithm of the "
    f"probability that softmax gives the right answer among them. {NINE_DIGITS}",
    right=lambda own, others, log_kq: over_sample(own, others - log_kq),
    stages=(
        Stage("each class expected once", "It is not the loss of the right answer.",
            "log-sum-exp over the right answer and the others, less the score of the right answer.",
            ((OWN, OTHERS, EVEN), (OWN[:2], OTHERS[:2], EVEN), (OWN, OTHERS[:, :1], EVEN[:1]))),
        Stage("drawn by frequency", "With different log k q it is not right.",
            "Subtract `log_kq` from each row of `others`, and nothing from `own`.",
            ((OWN, OTHERS, FREQUENCIES), (OWN, OTHERS[:, :2], FEW), (OWN, -OTHERS, FREQUENCIES))),
        Stage("large scores", "It overflows.",
            "Subtract the maximum of the row before `np.exp`, or use `logsumexp`.",
            ((FAR, FAR_OTHERS, FREQUENCIES), (FAR, FAR_OTHERS, EVEN),
                (30 * FAR, 30 * FAR_OTHERS, FREQUENCIES), (1e297 * FAR, 1e297 * FAR_OTHERS, EVEN)),
            hard=True),
    ),
    mistakes=(
        KnownMistake("It adds log k q.", "Subtract it: what is drawn often counts less.",
            lambda own, others, q: over_sample(own, others + q)),
        KnownMistake("It leaves out log k q.", "Subtract it from the scores of the drawn classes.",
            lambda own, others, q: over_sample(own, others)),
        KnownMistake("It subtracts k q, not its logarithm.", "`log_kq` is subtracted as it is.",
            lambda own, others, q: over_sample(own, others - np.exp(q))),
        KnownMistake("It divides the scores, not their exponentials.",
            "A quotient of exponentials is a difference of scores.",
            lambda own, others, q: over_sample(own, others / np.exp(q))),
        KnownMistake("The right answer is missing from the sum.",
            "Softmax runs over the right answer and the drawn classes.",
            lambda own, others, q: logsumexp(others - q, axis=1) - own),
        KnownMistake("It averages over the drawn classes.",
            "The k is in `log_kq` already: take the sum.",
            lambda own, others, q: over_sample(own, others - q - np.log(others.shape[1]))),
        KnownMistake("It corrects the right answer, too, by the first drawn class.",
            "The right answer is always there: nothing is subtracted.",
            lambda own, others, q: over_sample(own - q[0], others - q)),
        KnownMistake("It has the wrong sign.", "A loss is not below 0.",
            lambda own, others, q: -over_sample(own, others - q)),
        KnownMistake("It is the probability, not its logarithm.", "Take minus the logarithm.",
            lambda own, others, q: np.exp(-over_sample(own, others - q))),
        KnownMistake("It is the logarithm of the sum alone.",
            "Subtract the score of the right answer.",
            lambda own, others, q: over_sample(own, others - q) + own),
        KnownMistake("It is the mean over the examples.", "Return the loss of each example.",
            lambda own, others, q: float(over_sample(own, others - q).mean())),
    ),
    rules=(at_least_zero,),
    logarithmic=True,
)

# --- real or drawn --------------------------------------------------------------------------------


def questions(real: Array, drawn: Array) -> Array:
    """Return the summed loss of one yes and many no."""
    return np.asarray(-log_sigmoid(real) - log_sigmoid(-drawn).sum(axis=1))


OWN_EVEN = np.zeros(3)
OWN_FREQUENCIES = np.log(4 * array(0.1, 0.5, 0.002))

NCE_LOSS = Exercise(
    "Ask real or drawn",
    "nce_loss(own, others, own_log_kq, log_kq)",
    "`own` holds the score of the right answer of each of N examples, `others` the scores of the k "
    "drawn classes, N rows and k columns. `own_log_kq` (N numbers) and `log_kq` (k numbers) hold "
    "the logarithm of how often the class is expected in the sample. Subtract it; sigmoid then "
    "gives the probability that a class is the real one. Return for each example the sum of k + 1 "
    f"losses, in nats: one for the right answer and one for each drawn class. {NINE_DIGITS}",
    right=lambda own, others, own_q, q: questions(own - own_q, others - q),
    stages=(
        Stage("each class expected once", "It is not the sum of the losses with yes or no.",
            "-ln sigmoid(z) for the right answer, -ln(1 - sigmoid(z)) for each drawn class.",
            ((OWN, OTHERS, OWN_EVEN, EVEN), (OWN[:2], OTHERS[:2], OWN_EVEN[:2], EVEN),
                (OWN, OTHERS[:, :1], OWN_EVEN, EVEN[:1]))),
        Stage("drawn by frequency", "With different log k q it is not right.",
            "Subtract `own_log_kq` from `own`, and `log_kq` from each row of `others`.",
            ((OWN, OTHERS, OWN_FREQUENCIES, FREQUENCIES),
                (OWN, OTHERS[:, :2], OWN_FREQUENCIES[::-1], FEW),
                (OWN, OTHERS, OWN_EVEN, FREQUENCIES))),
        Stage("large scores", "It gives infinity, or loses all digits.",
            "Use `log_sigmoid`: the logarithm of a sigmoid that has become 0 is -inf.",
            ((FAR, FAR_OTHERS, OWN_FREQUENCIES, FREQUENCIES), (FAR, FAR_OTHERS, OWN_EVEN, EVEN),
                (-FAR, array([-60.0], [50.0], [-45.0]), OWN_EVEN, EVEN[:1]),
                (30 * FAR, 30 * FAR_OTHERS, OWN_EVEN, EVEN),
                (1e296 * FAR, 1e296 * FAR_OTHERS, OWN_EVEN, EVEN)), hard=True),
    ),
    mistakes=(
        KnownMistake("It adds log k q.", "Subtract it.",
            lambda own, others, own_q, q: questions(own + own_q, others + q)),
        KnownMistake("It leaves out log k q.", "Subtract it from all scores.",
            lambda own, others, own_q, q: questions(own, others)),
        KnownMistake("It does not correct the right answer.",
            "Its odds are p to k q, like those of the others.",
            lambda own, others, own_q, q: questions(own, others - q)),
        KnownMistake("It corrects the right answer alone.",
            "The odds of the drawn classes are p to k q, too.",
            lambda own, others, own_q, q: questions(own - own_q, others)),
        KnownMistake("It counts the drawn classes as real.",
            "For them the answer is no: sigmoid(-z).",
            lambda own, others, own_q, q: questions(own - own_q, q - others)),
        KnownMistake("It has yes and no the wrong way round.",
            "Yes for the right answer, no for the drawn classes.",
            lambda own, others, own_q, q: questions(own_q - own, q - others)),
        KnownMistake("It is the loss of the right answer alone.", "Add those of the drawn classes.",
            lambda own, others, own_q, q: -log_sigmoid(own - own_q)),
        KnownMistake("It averages the losses of the drawn classes.", "Take their sum.",
            lambda own, others, own_q, q: -log_sigmoid(own - own_q)
                - log_sigmoid(q - others).mean(axis=1)),
        KnownMistake("It averages all k + 1 losses.", "Take their sum.",
            lambda own, others, own_q, q: questions(own - own_q, others - q)
                / (others.shape[1] + 1)),
        KnownMistake("It is softmax over the right answer and the drawn classes.",
            "Each class has a question of its own: use sigmoid.",
            lambda own, others, own_q, q: over_sample(own - own_q, others - q)),
        KnownMistake("It sums the probabilities of a wrong answer, not their logarithms.",
            "Take minus the logarithm of each.",
            lambda own, others, own_q, q: sigmoid(own_q - own)
                + sigmoid(others - q).sum(axis=1)),
        KnownMistake("It has the wrong sign.", "A loss is not below 0.",
            lambda own, others, own_q, q: -questions(own - own_q, others - q)),
        KnownMistake("It is the mean over the examples.", "Return the loss of each example.",
            lambda own, others, own_q, q: float(questions(own - own_q, others - q).mean())),
    ),
    rules=(at_least_zero,),
    logarithmic=True,
)

# --- Huffman's tree -------------------------------------------------------------------------------


def joined(counts: Array) -> list[float]:
    """Return the count of each inner node, the root last."""
    heap = [float(count) for count in counts]
    heapq.heapify(heap)
    nodes = []
    while len(heap) > 1:
        nodes.append(heapq.heappop(heap) + heapq.heappop(heap))
        heapq.heappush(heap, nodes[-1])
    return nodes


def decisions(counts: Array) -> float:
    """Return the mean length of a path in Huffman's tree."""
    return sum(joined(counts)) / float(counts.sum())


def from_the_top(counts: Array) -> float:
    """Return the sum of the path lengths if the words are halved as evenly as can be."""
    if len(counts) == 1:
        return 0.0
    counts = np.sort(counts)[::-1]
    above = np.cumsum(counts)[:-1]
    cut = int(np.argmin(np.abs(2 * above - counts.sum()))) + 1
    return float(counts.sum()) + from_the_top(counts[:cut]) + from_the_top(counts[cut:])


def one_by_one(counts: Array) -> float:
    """Return the mean length if each word is joined to all before it, the rarest first."""
    return float(np.cumsum(np.sort(counts))[1:].sum() / counts.sum())


HALVES = labels(1, 8, 2, 4, 1)
COUNTS = labels(7, 5, 12, 3, 3, 9, 1)
CLASSIC = labels(15, 7, 6, 6, 5)  # cut from the top, 2.31; joined from below, 2.23
STEEP = labels(1000, 300, 120, 60, 35, 22, 15, 11, 8, 6)

HUFFMAN_DECISIONS = Exercise(
    "Count the decisions",
    "huffman_decisions(counts)",
    "`counts` holds how often each of K words occurs, K being at least 2. In Huffman's tree the "
    "two rarest words are joined to one node, which from then on counts as a word that occurs as "
    "often as both together, until one node is left. Return how many nodes are above a word, on "
    f"average over the whole text. {NINE_DIGITS}",
    right=decisions,
    stages=(
        Stage("powers of two", "It is not the mean number of decisions.",
            "Draw the tree of the counts 2, 1, 1: one decision for the first word, two for the "
            "others, 1.5 on average.", ((HALVES,), (labels(2, 1, 1),), (labels(1, 1, 1, 1),))),
        Stage("any counts", "Powers of two are right, other counts are not.",
            "Each join puts one decision above all words below it: add up the joined counts, and "
            "divide by the sum of all counts.",
            ((COUNTS,), (STEEP,), (STEEP[::-1],), (CLASSIC,), (labels(5, 5, 5, 5, 5),))),
        Stage("two words", "Two words have one decision.", "There is one join, at the root.",
            ((labels(3, 1),), (labels(1, 1),)), hard=True),
        Stage("a word that never occurs", "A count of 0 breaks it.",
            "It is joined like the others, and adds nothing to the mean.",
            ((labels(0, 3, 4),), (labels(5, 0, 0, 2, 9),)), hard=True),
    ),
    mistakes=(
        KnownMistake("It is the entropy in bits, which no tree falls below.",
            "Build the tree: paths have whole lengths.",
            lambda n: float(entropy(n / n.sum()) / np.log(2))),
        KnownMistake("It is the logarithm of the number of words.",
            "Frequent words have shorter paths.",
            lambda n: float(np.log2(len(n)))),
        KnownMistake("It is the depth of a balanced tree.", "Frequent words have shorter paths.",
            lambda n: float(np.ceil(np.log2(len(n))))),
        KnownMistake("It is the sum over the text, not the mean.",
            "Divide by the sum of the counts.",
            lambda n: sum(joined(n))),
        KnownMistake("It divides by the number of words in the vocabulary.",
            "Divide by the sum of the counts.", lambda n: sum(joined(n)) / len(n)),
        KnownMistake("It joins the two most frequent.", "The rarest are joined first.",
            lambda n: -decisions(-n)),
        KnownMistake("It joins each word to all before it.",
            "The new node goes back among the others: it need not be one of the two rarest.",
            one_by_one),
        KnownMistake("It divides the words from the top, into halves as even as possible.",
            "That tree, Shannon's and Fano's, can be worse. Join the two rarest, from below.",
            lambda n: from_the_top(n) / float(n.sum())),
        KnownMistake("It leaves out the root.", "The root is a decision, too.",
            lambda n: sum(joined(n)[:-1]) / float(n.sum())),
        KnownMistake("It counts the leaf as a decision.", "A word is where the decisions end.",
            lambda n: decisions(n) + 1),
        KnownMistake("It is the mean over the vocabulary, each word counted once.",
            "A word that occurs often counts often.",
            lambda n: decisions(np.ones(len(n)))),
    ),
)

# --- chunks ---------------------------------------------------------------------------------------


def slopes(h: Array, w: Array, y: Array) -> Array:
    """Return the slopes of the mean loss for the scores."""
    return cross_entropy_and_grad(h @ w.T, y)[1]


def by_chunks(h: Array, w: Array, y: Array, size: int) -> list[Array]:
    """Return for each chunk the slopes of its own mean loss, with respect to W."""
    parts = [slice(a, a + size) for a in range(0, len(y), size)]
    return [slopes(h[part], w, y[part]).T @ h[part] for part in parts]


def weighted(h: Array, w: Array, y: Array, size: int) -> Array:
    """Return the mean of the chunks, each weighted by how many rows it has."""
    sizes = np.minimum(size, len(y) - np.arange(0, len(y), size))
    return np.asarray(np.einsum("i,ijk->jk", sizes / len(y), by_chunks(h, w, y, size)))


FEATURES = array([0.5, -1.0, 0.3], [1.2, 0.4, -0.7], [-0.6, 0.9, 1.5], [0.1, -0.2, 0.8],
    [-1.1, 0.6, 0.2], [0.7, 1.3, -0.4])
WEIGHTS = array([0.2, 0.9, -0.5], [1.1, -0.3, 0.4], [-0.8, 0.5, 0.6], [0.3, 0.3, -1.2])
RIGHT_WORDS = labels(2, 0, 3, 1, 1, 0)
MANY_ROWS = np.resize(array(0.5, -1.0, 0.3, 1.2, 0.4, -0.7, 0.9), (600, 2))
MANY_CLASSES = np.resize(array(0.2, 0.9, -0.5), (60, 2))
MANY_WORDS = np.resize(labels(2, 0, 41, 3, 1, 1, 0, 59, 44, 5, 30), 600)
HALF_A_TABLE = MANY_ROWS.itemsize * len(MANY_ROWS) * len(MANY_CLASSES) // 2

CHUNKED_GRAD = Exercise(
    "Cut before the product",
    "chunked_grad(H, W, y, size)",
    "`H` holds the features of N examples, one row each, `W` a row for each of K classes, and `y` "
    "the classes of the right answers. Return the slopes, with respect to W, of the mean "
    "cross-entropy of the scores `H @ W.T`: K rows. Go through the examples in chunks of `size` "
    "rows, and never have the scores of more than one chunk. The last chunk may be shorter. "
    f"{NINE_DIGITS}",
    right=weighted,
    stages=(
        Stage("one chunk", "These are not the slopes with respect to W.",
            "The slopes of the scores are p - y, divided by N; those of W are their transpose, "
            "times H.", ((FEATURES, WEIGHTS, RIGHT_WORDS, 6), (FEATURES[:4], WEIGHTS,
                RIGHT_WORDS[:4], 4), (FEATURES[:1], WEIGHTS, labels(3), 1))),
        without_last_class((FEATURES[:2], WEIGHTS, labels(0, 1), 2),
            (FEATURES[:1], WEIGHTS, labels(0), 1)),
        Stage("equal chunks", "With more than one chunk it is not right.",
            "Add up the sums of all chunks, and divide once by N.",
            ((FEATURES, WEIGHTS, RIGHT_WORDS, 3), (FEATURES, WEIGHTS, RIGHT_WORDS, 2),
                (FEATURES, WEIGHTS, RIGHT_WORDS, 1))),
        Stage("a shorter last chunk", "A last chunk that is shorter is left out, or has too much "
            "weight.", "Divide by the number of all rows, once.",
            ((FEATURES, WEIGHTS, RIGHT_WORDS, 4), (FEATURES[:5], WEIGHTS, RIGHT_WORDS[:5], 2),
                (FEATURES, WEIGHTS, RIGHT_WORDS, 5)), hard=True),
        Stage("a chunk longer than the batch", "A `size` above N breaks it.",
            "A slice may reach past the end.", ((FEATURES, WEIGHTS, RIGHT_WORDS, 50),), hard=True),
        Stage("large scores", "It overflows.",
            "Subtract the maximum of each row before `np.exp`, or use `softmax`.",
            ((1000 * FEATURES, WEIGHTS, RIGHT_WORDS, 4),
                (FEATURES, -2000 * WEIGHTS, RIGHT_WORDS, 2),
                (1e3 * FEATURES, 1e3 * WEIGHTS, RIGHT_WORDS, 3)), hard=True),
        Stage("no table", "The numbers are right, but it holds more memory than half the table of "
            "all scores.", "Is there an array with all rows of H and a column for each class? Cut "
            "`H` before the product, and make what else you need from the rows of one chunk.",
            ((MANY_ROWS, MANY_CLASSES, MANY_WORDS, 20),), hard=True, memory=HALF_A_TABLE),
    ),
    mistakes=(
        KnownMistake("It adds up the means of the chunks: too large by the number of chunks.",
            "Add sums, and divide once by N.", lambda h, w, y, size: sum(by_chunks(h, w, y, size))),
        KnownMistake("It takes the mean of the means: a shorter chunk has too much weight.",
            "Add sums, and divide once by N.",
            lambda h, w, y, size: np.mean(by_chunks(h, w, y, size), axis=0)),
        KnownMistake("It leaves out a last chunk that is shorter.",
            "`range(0, len(y), size)` starts one there, too.",
            lambda h, w, y, size: sum(g * size for g in by_chunks(h, w, y, size)[:len(y) // size])
                / len(y)),
        KnownMistake("It keeps the last chunk alone.", "Add up: `+=`.",
            lambda h, w, y, size: by_chunks(h, w, y, size)[-1]),
        KnownMistake("It divides by the number of chunks times `size`.",
            "Divide by the number of all rows.",
            lambda h, w, y, size: slopes(h, w, y).T @ h * len(y)
                / (size * -(-len(y) // size))),
        KnownMistake("It is the slope of the sum of the losses.", "Divide by the number of rows.",
            lambda h, w, y, size: slopes(h, w, y).T @ h * len(y)),
        KnownMistake("The classes count from 1.", "Class 0 is the first row of W.",
            lambda h, w, y, size: slopes(h, w, (y - 1) % len(w)).T @ h),
        KnownMistake("It is transposed.", "One row for each class, like W.",
            lambda h, w, y, size: h.T @ slopes(h, w, y)),
        KnownMistake("These are the slopes for H.",
            "With respect to W: the transpose of the slopes of "
            "the scores, times H.", lambda h, w, y, size: slopes(h, w, y) @ w),
        KnownMistake("It has the wrong sign.", "The slopes of the scores are p - y, not y - p.",
            lambda h, w, y, size: -slopes(h, w, y).T @ h),
        KnownMistake("It leaves out the right answers: p in place of p - y.",
            "Subtract 1 at the right answer.",
            lambda h, w, y, size: (slopes(h, w, y) + np.eye(len(w))[y] / len(y)).T @ h),
    ),
)

# --- the first loss -------------------------------------------------------------------------------

FIRST_NCE_LOSS = Exercise(
    "Predict the first loss",
    "first_nce_loss(k)",
    "Noise contrastive estimation asks of each example k + 1 questions: of the right word, and of "
    "k words drawn by their frequency q. Before training the score of each word c is ln q_c. "
    "Return the sum of the k + 1 losses, in nats, as one number, for a whole number k above 0. "
    f"{NINE_DIGITS}",
    right=lambda k: np.log1p(k) + k * np.log1p(1 / k),
    stages=(
        Stage("a few drawn words", "It is not the first loss.",
            "Subtract ln(k q_c) from the score ln q_c: what is left goes into the sigmoid.",
            ((1,), (2,), (5,), (20,))),
        Stage("many drawn words", "With many drawn words it is wrong.",
            "1 / (k + 1) is close to 0: take `np.log1p(1 / k)` for the drawn ones.",
            ((1000,), (10**6,), (10**12,)), hard=True),
    ),
    mistakes=(
        KnownMistake("It takes all questions for open, with a loss of ln 2 each.",
            "The score left is -ln k, the same for all words, and not 0.",
            lambda k: (k + 1) * np.log(2)),
        KnownMistake("It is ln(k + 1), the loss of the right word alone.",
            "Add the k drawn ones.", lambda k: np.log1p(k)),
        KnownMistake("It is the loss of the k drawn words alone.", "Add that of the right one.",
            lambda k: k * np.log1p(1 / k)),
        KnownMistake("It is the mean of the k + 1 losses.", "Add them up.",
            lambda k: (np.log1p(k) + k * np.log1p(1 / k)) / (k + 1)),
        KnownMistake("The drawn words count as one.", "There are k of them.",
            lambda k: np.log1p(k) + np.log1p(1 / k)),
        KnownMistake("All k + 1 words have the loss of the right one, ln(k + 1).",
            "The answer for a drawn word is no, and -ln(1 - 1 / (k + 1)) is small.",
            lambda k: (k + 1) * np.log1p(k)),
        KnownMistake("It is the loss if the odds are turned round, k to 1.",
            "A word is real once for k times that it is drawn: the score left is -ln k.",
            lambda k: np.log1p(1 / k) + k * np.log1p(k)),
        KnownMistake("It is in bits.", "`np.log` is the natural logarithm.",
            lambda k: np.log2(1 + k) + k * np.log2(1 + 1 / k)),
        KnownMistake("It takes the logarithm of a rounded probability: 1 + 1 / k has lost digits.",
            "`np.log1p(1 / k)` keeps them.",
            lambda k: np.log(1 + k) + k * np.log(1 + 1 / k)),
    ),
    rules=(at_least_zero,),
    logarithmic=True,
)

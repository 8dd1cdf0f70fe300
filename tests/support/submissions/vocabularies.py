"""Right and wrong submissions to the exercises of the chapter "vocabularies"."""

import heapq

import numpy as np


def sampled_loss(own, others, log_kq):
    z = np.column_stack([own, others - log_kq])
    top = z.max(axis=1, keepdims=True)
    return top[:, 0] + np.log(np.exp(z - top).sum(axis=1)) - own


def sampled_loss_by_loop(own, others, log_kq):
    return np.array(
        [
            np.logaddexp.reduce([a, *(z - q for z, q in zip(row, log_kq, strict=True))]) - a
            for a, row in zip(own, others, strict=True)
        ]
    )


def sampled_loss_that_overflows(own, others, log_kq):
    return -np.log(np.exp(own) / (np.exp(own) + np.exp(others - log_kq).sum(axis=1)))


def sampled_loss_without_its_own(own, others, log_kq):
    return np.logaddexp.reduce(others - log_kq, axis=1) - own


def nce_loss(own, others, own_log_kq, log_kq):
    drawn = np.logaddexp(0, others - log_kq)
    return np.logaddexp(0, own_log_kq - own) + drawn.sum(axis=1)


def nce_loss_by_loop(own, others, own_log_kq, log_kq):
    losses = []
    for i in range(len(own)):
        loss = np.logaddexp(0, -(own[i] - own_log_kq[i]))
        for j in range(len(log_kq)):
            loss += np.logaddexp(0, others[i, j] - log_kq[j])
        losses.append(loss)
    return np.array(losses)


def nce_loss_from_probabilities(own, others, own_log_kq, log_kq):
    real = 1 / (1 + np.exp(own_log_kq - own))
    drawn = 1 / (1 + np.exp(log_kq - others))
    return -np.log(real) - np.log(1 - drawn).sum(axis=1)


def nce_loss_of_softmax(own, others, own_log_kq, log_kq):
    return sampled_loss(own - own_log_kq, others, log_kq)


def huffman_decisions(counts):
    heap = list(counts)
    heapq.heapify(heap)
    total = 0
    while len(heap) > 1:
        both = heapq.heappop(heap) + heapq.heappop(heap)
        total += both
        heapq.heappush(heap, both)
    return total / sum(counts)


def huffman_decisions_by_depth(counts):
    groups = [(int(n), [c]) for c, n in enumerate(counts)]
    depth = np.zeros(len(counts))
    while len(groups) > 1:
        groups.sort(key=lambda group: group[0])
        (a, first), (b, second), *groups = groups
        depth[first + second] += 1
        groups.append((a + b, first + second))
    return (depth * counts).sum() / np.sum(counts)


def huffman_decisions_in_a_row(counts):
    return np.cumsum(np.sort(counts))[1:].sum() / np.sum(counts)


def huffman_decisions_from_the_top(counts):
    def total(part):
        if len(part) < 2:
            return 0
        cuts = range(1, len(part))
        cut = min(cuts, key=lambda i: abs(sum(part[:i]) - sum(part[i:])))
        return sum(part) + total(part[:cut]) + total(part[cut:])

    return total(sorted(counts, reverse=True)) / sum(counts)


def entropy_in_bits(counts):
    p = counts[counts > 0] / np.sum(counts)
    return -(p * np.log2(p)).sum()


def chunked_grad(H, W, y, size):
    dW = np.zeros_like(W)
    for a in range(0, len(y), size):
        h, target = H[a : a + size], y[a : a + size]
        z = h @ W.T
        p = np.exp(z - z.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        p[np.arange(len(target)), target] -= 1
        dW += p.T @ h
    return dW / len(y)


def chunked_grad_by_weights(H, W, y, size):
    parts = np.array_split(np.arange(len(y)), range(size, len(y), size))
    return sum(chunked_grad(H[i], W, y[i], len(i)) * len(i) for i in parts) / len(y)


def chunked_grad_of_means(H, W, y, size):
    parts = np.array_split(np.arange(len(y)), range(size, len(y), size))
    return np.mean([chunked_grad(H[i], W, y[i], len(i)) for i in parts], axis=0)


def chunked_grad_summed_means(H, W, y, size):
    parts = np.array_split(np.arange(len(y)), range(size, len(y), size))
    return sum(chunked_grad(H[i], W, y[i], len(i)) for i in parts)


def chunked_grad_by_row(H, W, y, size):
    dW = np.zeros(W.shape)
    for a in range(0, len(y), size):
        for h, target in zip(H[a : a + size], y[a : a + size], strict=True):
            e = [np.exp(z) for z in (W @ h) - (W @ h).max()]
            for c in range(len(W)):
                dW[c] += (e[c] / sum(e) - (c == target)) * h / len(y)
    return dW


def chunked_grad_uncut(H, W, y, size):
    return chunked_grad(H, W, y, len(y))


def chunked_grad_cut_after(H, W, y, size):
    Z, dW = H @ W.T, np.zeros_like(W)
    for a in range(0, len(y), size):
        z = Z[a : a + size]
        p = np.exp(z - z.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        p[np.arange(len(p)), y[a : a + size]] -= 1
        dW += p.T @ H[a : a + size]
    return dW / len(y)


def chunked_grad_in_float32(H, W, y, size):
    return chunked_grad(H, W, y, size).astype(np.float32)


def chunked_grad_that_overflows(H, W, y, size):
    e = np.exp(H @ W.T)
    p = e / e.sum(axis=1, keepdims=True)
    p[np.arange(len(y)), y] -= 1
    return p.T @ H / len(y)


def first_loss_by_questions(k):
    real, drawn = -np.log(1 / (1 + k)), np.log1p(1 / k)
    return real + k * drawn


RIGHT = [
    ("sampled_loss", sampled_loss),
    ("sampled_loss", sampled_loss_by_loop),
    ("nce_loss", nce_loss),
    ("nce_loss", nce_loss_by_loop),
    ("huffman_decisions", huffman_decisions),
    ("huffman_decisions", huffman_decisions_by_depth),
    ("chunked_grad", chunked_grad),
    ("chunked_grad", chunked_grad_by_weights),
    ("chunked_grad", chunked_grad_by_row),
    ("first_nce_loss", first_loss_by_questions),
    ("first_nce_loss", lambda k: np.logaddexp(0, np.log(k)) + k * np.logaddexp(0, -np.log(k))),
]

WRONG = [
    ("sampled_loss", sampled_loss_that_overflows, "It overflows."),
    (
        "sampled_loss",
        sampled_loss_without_its_own,
        "The right answer is missing from the sum.",
    ),
    ("sampled_loss", lambda own, z, q: sampled_loss(own, z, -q), "It adds log k q."),
    ("sampled_loss", lambda own, z, q: sampled_loss(own, z, 0 * q), "It leaves out log k q."),
    ("nce_loss", nce_loss_from_probabilities, "It gives infinity, or loses all digits."),
    ("nce_loss", nce_loss_of_softmax, "It is softmax over the right answer"),
    (
        "nce_loss",
        lambda own, z, own_q, q: nce_loss(own, z, 0 * own_q, q),
        "It does not correct the right answer.",
    ),
    ("nce_loss", lambda own, z, own_q, q: nce_loss(own, -z, own_q, -q), "It counts the drawn"),
    ("huffman_decisions", huffman_decisions_in_a_row, "It joins each word to all before it."),
    ("huffman_decisions", huffman_decisions_from_the_top, "It divides the words from the top"),
    ("huffman_decisions", entropy_in_bits, "It is the entropy in bits"),
    ("huffman_decisions", lambda n: huffman_decisions(n) * sum(n), "It is the sum over the text"),
    ("chunked_grad", chunked_grad_of_means, "It takes the mean of the means"),
    ("chunked_grad", chunked_grad_summed_means, "It adds up the means of the chunks"),
    ("chunked_grad", chunked_grad_that_overflows, "It overflows."),
    ("chunked_grad", chunked_grad_uncut, "more memory than half the table"),
    ("chunked_grad", chunked_grad_cut_after, "more memory than half the table"),
    ("chunked_grad", chunked_grad_in_float32, "The numbers are right to about 7 digits"),
    ("chunked_grad", lambda H, W, y, size: chunked_grad(H, W, y, size).T, "It is transposed."),
    ("first_nce_loss", lambda k: (k + 1) * np.log(2), "all questions for open"),
    ("first_nce_loss", lambda k: np.log(k + 1), "the loss of the right word alone"),
    ("first_nce_loss", lambda k: np.log(k), "It is not the first loss."),
    ("first_nce_loss", lambda k: first_loss_by_questions(k) / (k + 1), "the mean of the k + 1"),
    ("first_nce_loss", lambda k: (k + 1) * np.log(k + 1), "All k + 1 words have the loss"),
    ("first_nce_loss", lambda k: np.log(1 + k) - k * np.log(k / (1 + k)), "With many drawn words"),
    ("first_nce_loss", lambda k: -first_loss_by_questions(k), "Every number has the wrong sign"),
    ("first_nce_loss", lambda k: np.log(1 + k) + 1, "It is not the first loss."),
]

"""How people misuse the types, and use them well: a type checker reads it, nobody runs it.

Each line that ends in `# wrong` must be an error, and no other line may be one.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from softmax_lessons import (
    binary_cross_entropy,
    cross_entropy,
    cross_entropy_and_grad,
    entropy,
    hardmax,
    kl_divergence,
    log_sigmoid,
    log_softmax,
    logsumexp,
    sigmoid,
    softmax,
    softmax_jacobian,
    softplus,
)

rows: NDArray[np.float32] = np.ones((2, 3), np.float32)

# Elementwise: a number gives a number, an array an array.
a1: str = sigmoid(0.5)  # wrong
a2: str = softplus(rows)  # wrong
a3: NDArray[np.float64] = log_sigmoid(1)  # wrong
a4 = sigmoid(0.5)[0]  # wrong
a5: float = sigmoid(0.5)
a6: np.float32 = sigmoid(np.float32(0.5))
a7 = sigmoid([0.5, 1.0]).shape[0] + softplus(rows)[0].sum()
a8: str = sigmoid(rows, out=rows)  # wrong
a9 = sigmoid(rows, out="rows")  # wrong

# Along an axis.
b0: list[float] = hardmax(rows)  # wrong
b1: str = softmax(rows)  # wrong
b11: str = log_softmax(rows)  # wrong
b2: int = softmax_jacobian(rows)  # wrong
b3: str = logsumexp([0.5, 1.0])  # wrong
b4: str = logsumexp(rows)  # wrong
b5: float = logsumexp([0.5, 1.0])
b6 = logsumexp(rows)[0] + logsumexp(rows, keepdims=True).shape[0]
b7: str = logsumexp(rows, keepdims=True)  # wrong
b8: str = entropy([0.5, 0.5])  # wrong
b9: str = kl_divergence(rows, rows)  # wrong
b10 = softmax(rows, axis="last")  # wrong

# Losses: the reduction says what comes back.
c1: str = cross_entropy(rows, [0, 1])  # wrong
c2: str = cross_entropy(rows, [0, 1], reduction="none")  # wrong
c3 = cross_entropy(rows, [0, 1], reduction="none")[0]
c4 = cross_entropy(rows, [0, 1])[0]  # wrong
c5 = cross_entropy(rows, [0, 1], reduction="average")  # wrong
c6, c7 = cross_entropy_and_grad(rows, [0, 1], reduction="sum")
c8: float = float(c6) + float(c7[0, 0])
c9: str = c6  # wrong
c10: str = binary_cross_entropy(rows, rows, reduction="sum")  # wrong


def of_anything(x: ArrayLike) -> None:
    """Pass what NumPy takes."""
    d1: str = sigmoid(x)  # wrong
    d2: str = logsumexp(x)  # wrong
    print(d1, d2, sigmoid(x) + 1, float(logsumexp(x)))

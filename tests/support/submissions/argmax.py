"""Right and wrong submissions to the exercises of the chapter "argmax"."""

from support.submissions._formulas import hard

RIGHT = [
    ("hardmax", hard),
    ("accuracy", lambda z, y: sum(r.argmax() == k for r, k in zip(z, y, strict=True)) / len(y)),
]

WRONG = [
    ("hardmax", lambda z: (z == z.max()) * 1, "It marks only the maximum of the whole batch."),
    ("hardmax", lambda z: (z == z.max(-1, keepdims=True)) * 1, "It marks all ties."),
]

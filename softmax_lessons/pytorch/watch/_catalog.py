"""The misuses: what each is in a sentence, its cure as code, and the exhibit that shows it."""

from __future__ import annotations

from dataclasses import dataclass

MUSEUM = "3-pytorch/misuse.html"


@dataclass(frozen=True)
class Misuse:
    """What is said of a misuse, whatever the numbers of the step."""

    sentence: str
    cure: str
    exhibit: str  # the nearest place of the course


def _exhibit(anchor: str) -> str:
    return f"{MUSEUM}#misuse-{anchor}"


CATALOG = {
    # --- exhibits of the museum -----------------------------------------------------------------
    "softmax-first": Misuse(
        "Probabilities go into a loss that takes logits and applies softmax itself.",
        "drop the softmax before the loss: loss = F.cross_entropy(logits, y)",
        _exhibit("softmax-first"),
    ),
    "log-softmax-twice": Misuse(
        "Softmax is applied to what has been through softmax.",
        "apply it once: drop one of the two",
        _exhibit("log-softmax-twice"),
    ),
    "log-of-softmax": Misuse(
        "The logarithm is taken of probabilities, which may have underflowed to 0.",
        "log_p = F.log_softmax(logits, dim=-1)",
        _exhibit("log-of-softmax"),
    ),
    "nll-of-p": Misuse(
        "A loss that takes log-probabilities gets probabilities.",
        "log_p = F.log_softmax(logits, dim=-1), and that into the loss",
        _exhibit("nll-of-p"),
    ),
    "argmax-in-the-loss": Misuse(
        "The loss is made by argmax, rounding or a comparison: it has no slopes, "
        "and nothing is learned from it.",
        "loss = F.cross_entropy(logits, y); count mistakes beside it, under torch.no_grad()",
        _exhibit("argmax-in-the-loss"),
    ),
    "wrong-dim": Misuse(
        "Softmax runs along another dimension than the classes.",
        "put the classes along the dim of softmax: torch.softmax(logits, dim=-1)",
        _exhibit("wrong-dim"),
    ),
    "no-dim": Misuse(
        "Softmax is called without dim, so the number of dimensions decides which one it takes.",
        "say it: torch.softmax(logits, dim=-1), torch.nn.Softmax(dim=-1)",
        _exhibit("no-dim"),
    ),
    "empty-row": Misuse(
        "A row of scores is masked altogether: softmax of nothing but -inf is NaN.",
        "some = keep.any(dim=-1, keepdim=True); "
        "p = scores.masked_fill(~keep & some, -torch.inf).softmax(dim=-1) * some",
        _exhibit("empty-row"),
    ),
    "minus-a-million": Misuse(
        "Scores are masked by adding a large negative number, which does not suit their format.",
        "scores = scores.masked_fill(~keep, torch.finfo(scores.dtype).min)",
        _exhibit("minus-a-million"),
    ),
    "float16-sums": Misuse(
        "A sum over many numbers is kept in float16, which ends at 65,504.",
        "add in float32: torch.softmax(scores, dim=-1, dtype=torch.float32)",
        _exhibit("float16-sums"),
    ),
    "max-from-0": Misuse(
        "The exponentials of a softmax by hand all underflow to 0: the maximum was not subtracted.",
        "torch.softmax(scores, dim=-1), which subtracts the maximum whatever its sign",
        _exhibit("max-from-0"),
    ),
    "rounding": Misuse(
        "Probabilities are rounded, and the rounded ones are calculated with.",
        "round what is printed, and pass the probabilities on as they are",
        _exhibit("rounding"),
    ),
    "whole-numbers": Misuse(
        "Softmax gets whole numbers.",
        "turn them into floats first: torch.softmax(scores.float(), dim=-1)",
        _exhibit("whole-numbers"),
    ),
    "independent-labels": Misuse(
        "Softmax is used for labels that do not exclude each other: examples have several.",
        "loss = F.binary_cross_entropy_with_logits(logits, y.float())",
        _exhibit("independent-labels"),
    ),
    # --- relatives of the exhibits --------------------------------------------------------------
    "sigmoid-first": Misuse(
        "The output of a sigmoid goes into a loss that takes logits.",
        "drop the sigmoid: loss = F.binary_cross_entropy_with_logits(logits, y)",
        _exhibit("softmax-first"),
    ),
    "kl-of-p": Misuse(
        "KLDivLoss takes the logarithm of the model's probabilities, and gets something else.",
        "F.kl_div(F.log_softmax(logits, dim=-1), target_p, reduction='batchmean')",
        _exhibit("nll-of-p"),
    ),
    "nll-of-logits": Misuse(
        "A loss that takes log-probabilities gets logits: nothing normalizes them, "
        "and the loss has no lower bound.",
        "log_p = F.log_softmax(logits, dim=-1), and that into the loss",
        _exhibit("nll-of-p"),
    ),
    "padded-means": Misuse(
        "Means over different numbers of tokens are added, or padding is averaged over: "
        "tokens do not count alike.",
        "F.cross_entropy(logits, y, ignore_index=PAD, reduction='sum') / (y != PAD).sum(), "
        "over all tokens of the step",
        "4-work/language.html",
    ),
    "ignored-labels": Misuse(
        "Labels equal ignore_index, and the loss leaves them out.",
        "keep ignore_index outside of the classes: the default is -100",
        "2-mathematics/cross-entropy.html",
    ),
    "one-class": Misuse(
        "Softmax over a single score is always 1, whatever the score.",
        "one score and loss = F.binary_cross_entropy_with_logits(logits, y.float()), "
        "or one score a class",
        _exhibit("independent-labels"),
    ),
    "relu-before-loss": Misuse(
        "The logits pass through a ReLU before the loss: none can be negative, "
        "and those at 0 learn nothing.",
        "leave the last layer linear",
        _exhibit("softmax-first"),
    ),
    "dropout-on-logits": Misuse(
        "Dropout sets logits to 0 right before the loss: a class at 0 is not a class left out.",
        "put the dropout before the last layer",
        _exhibit("softmax-first"),
    ),
    "no-slopes": Misuse(
        "The loss that backward() starts from was made anew: no slope leads to the weights.",
        "leave out torch.tensor(loss), .item(), .detach() and requires_grad_()",
        _exhibit("argmax-in-the-loss"),
    ),
    "unshifted-exp": Misuse(
        "A softmax by hand takes the exponential of scores without subtracting their maximum.",
        "torch.softmax(scores, dim=-1)",
        "2-mathematics/stability.html",
    ),
    "mask-after-softmax": Misuse(
        "Attention is masked after softmax: what is left over does not sum to 1.",
        "mask the scores: scores.masked_fill(~keep, -torch.inf).softmax(dim=-1)",
        "4-work/attention.html",
    ),
    "mask-hides-nothing": Misuse(
        "A mask of 0 and 1 is added to the scores of attention, or multiplied into them: "
        "what it should hide keeps its weight.",
        "mask the scores: scores.masked_fill(~keep, -torch.inf).softmax(dim=-1)",
        "4-work/attention.html",
    ),
    "scale-after-softmax": Misuse(
        "The weights of attention are divided by the root of the head's size, not the scores.",
        "weights = torch.softmax(scores / d**0.5, dim=-1)",
        "4-work/attention.html",
    ),
    "inverted-mask": Misuse(
        "The mask of attention is upside down: each query sees what comes after it alone.",
        "pass is_causal=True; in scaled_dot_product_attention True means look, "
        "in nn.MultiheadAttention it means leave out",
        "4-work/attention.html",
    ),
    "view-not-permute": Misuse(
        "A reshape mixes the scores of several places into one row.",
        "logits.movedim(1, -1).reshape(-1, n_classes), or the logits as they are: "
        "the loss takes (N, C, ...)",
        _exhibit("wrong-dim"),
    ),
    "log-p-as-p": Misuse(
        "Log-probabilities are taken for probabilities.",
        "torch.distributions.Categorical(logits=log_p)",
        _exhibit("nll-of-p"),
    ),
}

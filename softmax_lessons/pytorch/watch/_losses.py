"""What goes into the losses, and into attention: the places where a misuse shows."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import torch

from softmax_lessons.pytorch.watch import _numbers
from softmax_lessons.pytorch.watch._marks import Mark
from softmax_lessons.pytorch.watch._places import Site, from_categorical, here
from softmax_lessons.pytorch.watch._watcher import Call, Mean, Pending, Watcher

ZEROING = {  # what sets logits to 0: its misuse, and what else is said of them
    "relu": ("relu-before-loss", ", and get no gradient"),
    "dropout": ("dropout-on-logits", ""),
}


def _rows_sum(p: torch.Tensor) -> str:
    """Say what the rows sum to."""
    sums = p.sum(dim=-1)
    low, high = float(sums.min()), float(sums.max())
    return f"{low:.3g}" if f"{low:.3g}" == f"{high:.3g}" else f"{low:.3g} to {high:.3g}"


def _class_dim(x: torch.Tensor) -> int:
    return 1 if x.ndim > 1 else 0


def wrong_dim(w: Watcher, mark: Mark, x: torch.Tensor, dim: int, what: str) -> None:
    """Report that softmax took one dimension, and that another one is read."""
    with _numbers.unseen():
        p, _ = _numbers.rows(x, dim)
        p = p.exp() if mark.kind == "log_softmax" else p
        sums = _rows_sum(p)
    w.find(
        "wrong-dim",
        "wrong",
        f"shape {tuple(x.shape)}: softmax ran along {mark.merged or f'dim {mark.dim}'}, "
        f"{what} along dim {dim}, where the probabilities sum to {sums}",
        site=mark.site,
        also=here(),
        cure=f"torch.{mark.kind}(..., dim={dim - x.ndim})",
    )


def _ran_elsewhere(w: Watcher, mark: Mark, x: torch.Tensor, dim: int) -> bool:
    """Tell whether softmax ran along another dimension than the one a loss reads; report it."""
    if mark.kind not in {"softmax", "log_softmax"} or mark.dim == dim:
        return False
    if mark.dim is None and not mark.merged:
        return False
    with _numbers.unseen():
        p, _ = _numbers.rows(x, dim)
        p = p.exp() if mark.kind == "log_softmax" else p
        if _numbers.are_probabilities(p, x.dtype):
            return False
    wrong_dim(w, mark, x, dim, "the loss reads")
    return True


# --- losses that take logits ------------------------------------------------------------------


def cross_entropy(w: Watcher, call: Call) -> None:
    """Cross-entropy: logits go in, and labels or probabilities."""
    x, y = call.get(0, "input"), call.get(1, "target")
    if not isinstance(x, torch.Tensor) or not isinstance(y, torch.Tensor) or not x.numel():
        return
    dim = _class_dim(x)
    mark = w.marks.get(x)
    size = x.shape[dim]
    if size == 1:
        w.find("one-class", "wrong", f"scores of shape {tuple(x.shape)}: the loss is always 0")
        return
    if mark is not None:
        _look_at_reshape(w, mark, x, size)
    if mark is None or not _look_at_history(w, mark, x, dim):
        _look_at_logits(w, call, x, y, dim, mark)
    if y.is_floating_point():
        _look_for_several_labels(w, x, y, dim)
    else:
        _look_at_labels(w, call, x, y)
    _look_down_the_batch(w, x, y)
    half_sums(w, x, call.out)


def _look_at_history(w: Watcher, mark: Mark, x: torch.Tensor, dim: int) -> bool:
    """Look whether logits come from where none can; tell whether that says all about them."""
    if mark.rounded is not None:
        rounded(w, mark, x, "they go into the loss")
    if _ran_elsewhere(w, mark, x, dim):
        if mark.kind == "softmax":
            evidence = f"the loss applies softmax along dim {dim} itself"
            w.find("softmax-first", "wrong", evidence, site=mark.site, also=here())
        return True
    if mark.kind == "sigmoid" and mark.factor == 1:
        with _numbers.unseen():
            p, _ = _numbers.rows(x, dim)
            evidence = f"{p.numel()} scores lie {_numbers.span(p)}"
        w.find(
            "sigmoid-first",
            "wrong",
            evidence,
            site=mark.site,
            also=here(),
            cure="drop the sigmoid: loss = F.cross_entropy(logits, y)",
        )
        return True
    if mark.kind in ZEROING:
        _zeroed(w, mark, x)
        return True
    return False


def _look_at_logits(
    w: Watcher, call: Call, x: torch.Tensor, y: torch.Tensor, dim: int, mark: Mark | None
) -> None:
    """Look whether they are logits."""
    softmax = mark if mark is not None and mark.kind == "softmax" else None
    if softmax is not None and w.knows("softmax-first", softmax.site):
        return  # an earlier step has shown it
    with _numbers.unseen():
        p, labels = _numbers.rows(x, dim, y)
        if softmax is not None and softmax.whole:
            p = p / softmax.factor
        probabilities = _numbers.are_probabilities(p, x.dtype)
        if softmax is not None and softmax.whole:  # in a small format, padded
            probabilities |= bool(((p.sum(dim=-1) - 1).abs() < 0.05).all())
        log_probabilities = not probabilities and _numbers.are_log_probabilities(p, x.dtype)
    if probabilities:
        site = softmax.site if softmax is not None else here()
        evidence = _softmax_first(p, labels, call.out, x.shape[dim])
        w.find("softmax-first", "wrong", evidence, site=site, also=here())
    elif log_probabilities and mark is not None and mark.kind == "log_softmax":
        log_softmax_twice(w, mark)


def log_softmax_twice(w: Watcher, mark: Mark) -> None:
    """Report log-probabilities that go through log-softmax once more."""
    evidence = "log-softmax of log-probabilities changes nothing and costs time"
    w.find("log-softmax-twice", "note", evidence, site=mark.site, also=here())


def _softmax_first(p: torch.Tensor, labels: torch.Tensor | None, loss: Any, n_classes: int) -> str:
    """Return what a second softmax costs in this step."""
    with _numbers.unseen():
        parts = [f"{len(p)} of {len(p)} rows of {n_classes} sum to 1"]
        targets = _numbers.one_hot(labels, p) if labels is not None else None
        if targets is not None:
            twice = _numbers.through_softmax(p, p.softmax(dim=-1) - targets)
            parts.append(_numbers.times_smaller(p - targets, twice))
        least = math.log1p((n_classes - 1) / math.e)
        parts.append(f"the loss of a label cannot fall below {least:.3g}")
        if isinstance(loss, torch.Tensor) and loss.numel() == 1:
            parts[-1] += f", and is {float(_numbers.plain(loss).mean()):.3g}"
    return "; ".join(part for part in parts if part)


def _zeroed(w: Watcher, mark: Mark, x: torch.Tensor) -> None:
    """Report logits that a ReLU or dropout has set to 0."""
    misuse, more = ZEROING[mark.kind]
    with _numbers.unseen():
        zeros = _numbers.zeros(x)
    if zeros:
        evidence = f"{zeros} of {x.numel()} logits are 0{more}"
        w.find(misuse, "suspicious", evidence, site=mark.site, also=here())


def _look_at_reshape(w: Watcher, mark: Mark, x: torch.Tensor, size: int) -> None:
    """Look whether a reshape kept the classes of a place together."""
    shape = mark.shape
    if x.ndim != 2 or len(shape) < 3 or shape[-1] == size or not shape[-1]:
        return
    if (
        shape[1] == size
        and math.prod(shape[1:]) != size
        and shape[0] * math.prod(shape[2:]) == x.shape[0]
    ):
        w.find(
            "view-not-permute",
            "wrong",
            f"shape {shape} becomes {tuple(x.shape)}: each row holds {size} neighbours "
            f"of the last dimension, of size {shape[-1]}, not the {size} classes of dim 1",
            site=mark.site,
            also=here(),
        )


def _look_for_several_labels(w: Watcher, x: torch.Tensor, y: torch.Tensor, dim: int) -> None:
    """Look whether examples have several labels."""
    if y.shape != x.shape:
        return
    with _numbers.unseen():
        targets, _ = _numbers.rows(y, dim)
        binary = bool(((targets == 0) | (targets == 1)).all())
        several = int((targets.sum(dim=-1) > 1.5).sum())
    if binary and several:
        evidence = f"{several} of {len(targets)} examples have several labels"
        w.find("independent-labels", "wrong", evidence)


def _look_at_labels(w: Watcher, call: Call, x: torch.Tensor, y: torch.Tensor) -> None:
    """Look which labels the loss leaves out."""
    ignored = call.get(4, "ignore_index", -100)
    reduction = call.get(6, "reduction", "mean")
    if not isinstance(reduction, str):  # the operator of aten counts them
        reduction = {0: "none", 1: "mean", 2: "sum"}.get(reduction, "mean")
    with _numbers.unseen():
        labels = _numbers.plain(y)
        out = _numbers.count(lambda piece: piece == ignored, labels)
        total = labels.numel()
    counted = total - out
    if out == total and reduction == "mean":
        w.find(
            "ignored-labels",
            "wrong",
            f"all {total} labels are {ignored}, and the mean of nothing is NaN",
            cure="loss = F.cross_entropy(logits, y, reduction='sum') / (y != -100).sum().clamp(1)",
        )
        return
    if out and 0 <= ignored < x.shape[_class_dim(x)]:
        _accident(w, x, y, labels, ignored, out)
    if reduction == "none":
        tokens = _of_tokens(w, x, y)
        w.marks.set(call.out, Mark("losses", here(), counts=(counted, total), whole=tokens))
        return
    # Means of several questions, with gaps where nobody answered, are another thing.
    tokens = 0 <= ignored < x.shape[_class_dim(x)] or _of_tokens(w, x, y)
    if reduction == "mean" and call.out.requires_grad and tokens:
        _note_mean(w, call, x, Mean(counted, out))


def _of_tokens(w: Watcher, x: torch.Tensor, y: torch.Tensor) -> bool:
    """Tell whether the losses are those of tokens in sentences, as far as can be seen."""
    flattened = [mark for mark in (w.marks.get(y), w.marks.get(x)) if mark and len(mark.shape) > 1]
    return y.ndim == 2 or any(m.kind == "reshaped" or m.shape for m in flattened)


def _accident(
    w: Watcher, x: torch.Tensor, y: torch.Tensor, labels: torch.Tensor, ignored: int, out: int
) -> None:
    """Tell a class that is left out from padding at the ends of sentences."""
    shape = tuple(y.shape)
    mark, mark_x = w.marks.get(y), w.marks.get(x)
    if mark is not None and mark.kind == "reshaped" and len(mark.shape) > 1:
        shape = mark.shape
    elif y.ndim == 1 and mark_x is not None and mark_x.shape and len(mark_x.shape) > 2:
        return  # how the sentences lay nobody knows
    if (mark is not None and mark.kind == "piece") or len(shape) > 2 or x.ndim > 3:
        return  # a step of sentences; or pictures: a class for what nobody labelled
    total = labels.numel()
    if len(shape) == 2:
        with _numbers.unseen():
            hits = (labels.reshape(shape) == ignored).long()
            from_left = hits.cumprod(dim=1).sum()
            from_right = hits.flip(1).cumprod(dim=1).sum()
            whole = hits.prod(dim=1).sum() * shape[1]
            inside = int(hits.sum() - from_left - from_right + whole)
        if not inside:
            return
        evidence = f"{out} of {total} labels are {ignored}, {inside} of them inside sentences"
    else:
        evidence = f"{out} of {total} examples have class {ignored} and count nothing"
    w.find("ignored-labels", "suspicious", evidence)


def _note_mean(w: Watcher, call: Call, x: torch.Tensor, mean: Mean) -> None:
    """Remember a mean: another one of the same call may be over another number of tokens.

    What both are multiplied by, such as their numbers of tokens, shows by the end of the step.
    """
    site = here()
    key = (site.file, site.call, site.line, site.library, x.shape[_class_dim(x)])
    means = w.means.setdefault(key, [])
    means.append(mean)
    if w.marks.get(call.out) is None:
        w.marks.set(call.out, Mark("mean", site, means=(mean,)))

    def find(_: int) -> None:
        used = [one for one in means if abs(one.weight) > 0]  # and not NaN
        counts = [one.counted for one in used]
        weights = [abs(one.weight) / max(one.counted, 1) for one in used]
        padded = any(one.left_out for one in used) and min(counts) < max(counts)
        if padded and max(weights) > 1.001 * min(weights):
            evidence = f"{len(used)} means of one line, over {min(counts)} to {max(counts)} tokens "
            evidence += f"each: a token of one weighs {max(weights) / min(weights):.3g} times as "
            evidence += "much as a token of another"
            w.find("padded-means", "suspicious", evidence, site=site, also=site)

    if len(means) == 2:
        w.ask_later(Pending(1, find, object()))


def weigh_mean(w: Watcher, call: Call, mark: Mark, factor: float | None) -> None:
    """Follow what a mean loss is multiplied by; nobody knows what where it is ``None``."""
    outs = call.out if isinstance(call.out, list | tuple) else [call.out]
    if any(out.requires_grad for out in outs):  # not a copy that is summed up to be printed
        for mean in mark.means:
            mean.weight *= math.nan if factor is None else factor
            if not abs(mean.weight - mean.share) > 1e-3 * mean.share:  # or NaN
                w.cancelled.add(mean.token)
        for out in outs:
            w.marks.set(out, mark)


def mask_of_losses(w: Watcher, call: Call, mark: Mark, mask: torch.Tensor) -> None:
    """Count what a mask leaves of the losses."""
    if not mark.whole:
        w.marks.set(call.out, None)
        return
    with _numbers.unseen():
        values = _numbers.plain(mask).broadcast_to(_numbers.plain(call.out).shape)
        ones, zeros = _numbers.count(lambda keep: keep == 1, values), _numbers.zeros(values)
    keeps = ones + zeros == values.numel()
    w.marks.set(call.out, replace(mark, counts=(ones, values.numel())) if keeps else None)


def mean_of_losses(w: Watcher, call: Call, mark: Mark) -> None:
    """Look at a mean over all tokens, which may include padding, and be divided by its share."""
    counted, total = mark.counts
    mean, site = Mean(counted, total - counted), here()
    if counted == total or not call.out.requires_grad:  # or it is only shown
        w.marks.set(call.out, None)
        return

    def find(_: int) -> None:
        w.find(
            "padded-means",
            "suspicious",
            f"the mean is over {total} tokens, and {counted} of them count: "
            f"the loss is {mean.share:.3g} times too small",
            site=site,
            also=site,
            cure="losses.sum() / keep.sum()",
        )

    w.marks.set(call.out, Mark("mean", site, means=(mean,)))
    w.ask_later(Pending(1, find, mean.token))


def _look_down_the_batch(w: Watcher, x: torch.Tensor, y: torch.Tensor) -> None:
    """Look whether a softmax on the way here ran down the examples of this loss."""
    n = y.shape[0] if y.ndim else 0
    if n < 2 or not x.requires_grad:
        return
    for site, shape in w.down_the_batch:
        if shape[0] == n and n not in shape[1:] and not w.knows("wrong-dim", site):
            w.find(
                "wrong-dim",
                "suspicious",
                f"shape {tuple(shape)}: softmax ran along dim 0, and the loss has {n} examples: "
                "they compete with each other",
                site=site,
                also=here(),
                cure=f"torch.softmax(..., dim={-1 if shape[-1] > 1 else -2})",
            )
    w.down_the_batch.clear()


def binary_with_logits(w: Watcher, call: Call) -> None:
    """Binary cross-entropy from logits."""
    x, y = call.get(0, "input"), call.get(1, "target")
    mark = w.marks.get(x)
    if not isinstance(x, torch.Tensor) or not isinstance(y, torch.Tensor) or mark is None:
        return
    if mark.kind == "sigmoid" and mark.factor == 1:
        with _numbers.unseen():
            evidence = f"{x.numel()} scores lie {_numbers.span(_numbers.plain(x))}"
            if x.ndim and x.shape == y.shape:
                p, t = _numbers.rows(x, None)[0], _numbers.rows(y, None)[0]
                got = (p.sigmoid() - t) * p * (1 - p)
                evidence += "; " + _numbers.times_smaller(p - t, got)
        w.find("sigmoid-first", "wrong", evidence.rstrip("; "), site=mark.site, also=here())
    elif mark.kind == "softmax" and mark.factor == 1:
        several = _several(y, mark.dim) if mark.whole and y.shape == x.shape else ""
        w.find(
            "independent-labels" if several else "softmax-first",
            "wrong",
            several or f"{x.numel()} probabilities of a softmax are taken for logits",
            site=mark.site,
            also=here(),
            cure="loss = F.binary_cross_entropy_with_logits(logits, y)",
        )
    elif mark.kind in ZEROING:
        _zeroed(w, mark, x)


def _several(y: torch.Tensor, dim: int | None) -> str:
    """Say how many examples have several labels, if any do."""
    with _numbers.unseen():
        targets, _ = _numbers.rows(y, dim)
        if not bool(((targets == 0) | (targets == 1)).all()):
            return ""
        across = bool((targets.sum(dim=0) > 0).sum() > 1)  # not one class that all have
        several = int((targets.sum(dim=-1) > 1).sum()) if across else 0
    return f"{several} of {len(targets)} examples have several labels" if several else ""


# --- losses that take probabilities or their logarithms ---------------------------------------


def nll(w: Watcher, call: Call) -> None:
    """Negative log-likelihood: log-probabilities go in."""
    x, y = call.get(0, "input"), call.get(1, "target")
    if not isinstance(x, torch.Tensor) or not isinstance(y, torch.Tensor) or not x.numel():
        return
    dim = _class_dim(x)
    mark = w.marks.get(x)
    if mark is not None:
        _look_at_reshape(w, mark, x, x.shape[dim])
        if mark.rounded is not None:
            rounded(w, mark, x, "they go into the loss")
        if _ran_elsewhere(w, mark, x, dim) and mark.kind == "log_softmax":
            return
    _takes_log_probabilities(w, call, x, y, dim, mark)
    _look_at_labels(w, call, x, y)
    _look_down_the_batch(w, x, y)
    half_sums(w, x, call.out)


def _takes_log_probabilities(
    w: Watcher, call: Call, x: torch.Tensor, y: torch.Tensor | None, dim: int, mark: Mark | None
) -> None:
    """Look at what goes into NLLLoss or CTCLoss."""
    kind = mark.kind if mark is not None else ""
    with _numbers.unseen():
        p, labels = _numbers.rows(x, dim, y)
        probabilities = _numbers.are_probabilities(p, x.dtype) or (
            kind in {"softmax", "sigmoid"} and mark is not None and mark.factor > 0
        )
        above = off = 0
        if not probabilities and kind != "log_softmax":
            above = int((p > 1e-3).any(dim=-1).sum())
            off = int((p.logsumexp(dim=-1).abs() > 0.1).sum())
        evidence = ""
        if probabilities:
            targets = _numbers.one_hot(labels, p) if labels is not None else None
            sums = _rows_sum(p)
            evidence = f"{len(p)} rows of {p.shape[-1]} numbers from 0 to 1 sum to {sums}"
            if targets is not None:
                smaller = _numbers.times_smaller(
                    p - targets, (p * targets).sum(dim=-1, keepdim=True) * (p - targets)
                )
                evidence += f"; {smaller}" if smaller else ""
            if isinstance(call.out, torch.Tensor) and call.out.numel() == 1:
                loss = float(_numbers.plain(call.out).mean())
                evidence += f"; the loss is {loss:.3g}" if math.isfinite(loss) else ""
    if probabilities:
        site = mark.site if mark is not None and kind in {"softmax", "sigmoid"} else here()
        w.find("nll-of-p", "wrong", evidence, site=site, also=here())
    elif above and off > 0.9 * len(p):
        evidence = f"{above} of {len(p)} rows hold numbers above 0, the largest "
        evidence += f"{float(p.max()):.3g}: no logarithm of a probability is"
        w.find("nll-of-logits", "wrong", evidence)


def ctc(w: Watcher, call: Call) -> None:
    """CTC: log-probabilities go in, of shape (T, N, C) or (T, C)."""
    x = call.get(0, "log_probs")
    if isinstance(x, torch.Tensor) and x.numel():
        dim, mark = x.ndim - 1, w.marks.get(x)
        if mark is not None and mark.kind == "log_softmax" and _ran_elsewhere(w, mark, x, dim):
            return
        _takes_log_probabilities(w, call, x, None, dim, mark)


def binary(w: Watcher, call: Call) -> None:
    """Binary cross-entropy from probabilities."""
    x, y = call.get(0, "input"), call.get(1, "target")
    mark = w.marks.get(x)
    if not isinstance(x, torch.Tensor) or not isinstance(y, torch.Tensor) or mark is None:
        return
    if mark.rounded is not None:
        rounded(w, mark, x, "they go into the loss")
    _look_for_steps(w, mark, x)
    if mark.kind != "softmax" or not mark.whole or y.shape != x.shape:
        return
    if mark.size == 1:
        evidence = f"probabilities of shape {tuple(x.shape)}: all are 1"
        w.find("one-class", "wrong", evidence, site=mark.site, also=here())
        return
    several = _several(y, mark.dim)
    if several and (mark.dim is None or mark.dim == x.ndim - 1 or x.ndim > 2):
        w.find("independent-labels", "wrong", several, site=mark.site, also=here())
    else:
        _against_targets(w, mark, x, y)


def _look_for_steps(w: Watcher, mark: Mark | None, x: torch.Tensor) -> None:
    """Look whether a loss gets what was rounded: the way back is there, and all slopes are 0."""
    if mark is not None and mark.kind == "flat" and x.requires_grad:
        evidence = f"{x.numel()} rounded numbers go into the loss: their slopes are 0 everywhere"
        cure = "pass them on as they are; round beside the loss, under torch.no_grad()"
        w.find("argmax-in-the-loss", "wrong", evidence, site=mark.site, also=here(), cure=cure)


def squares(w: Watcher, call: Call) -> None:
    """Losses that compare entry by entry."""
    x, y = call.get(0, "input"), call.get(1, "target")
    if not isinstance(x, torch.Tensor) or not isinstance(y, torch.Tensor):
        return
    for one, other in ((x, y), (y, x)):
        mark = w.marks.get(one)
        _look_for_steps(w, mark, one)
        if mark is None or mark.kind != "softmax" or not mark.whole:
            continue
        if mark.rounded is not None:
            rounded(w, mark, one, "they go into the loss")
        if mark.size == 1 and not mark.attention and one.requires_grad:
            evidence = f"probabilities of shape {tuple(one.shape)}: all are 1"
            w.find("one-class", "wrong", evidence, site=mark.site, also=here())
        elif not _against_targets(w, mark, one, other) and one.shape == other.shape:
            several = _several(other, mark.dim)
            if several:
                w.find("independent-labels", "wrong", several, site=mark.site, also=here())


def _against_targets(w: Watcher, mark: Mark, x: torch.Tensor, y: torch.Tensor) -> bool:
    """Look whether the targets sum to 1 along another dimension than the probabilities."""
    if x.shape != y.shape or mark.dim is None or x.ndim < 2 or w.marks.get(y) is not None:
        return False
    with _numbers.unseen():
        along, _ = _numbers.rows(y, mark.dim)
        if _numbers.are_probabilities(along, y.dtype):
            return False
        for dim in range(x.ndim):
            targets, _ = _numbers.rows(y, dim)
            if dim != mark.dim and _numbers.are_probabilities(targets, y.dtype):
                break
        else:
            return False
    wrong_dim(w, mark, x, dim, "the targets sum to 1")
    return True


def kl(w: Watcher, call: Call) -> None:
    """KLDivLoss: log-probabilities of the model, probabilities of the target."""
    x, y = call.get(0, "input"), call.get(1, "target")
    if not isinstance(x, torch.Tensor) or not isinstance(y, torch.Tensor) or x.ndim < 1:
        return
    mark, target = w.marks.get(x), w.marks.get(y)
    log_target = bool(call.get(5, "log_target", False))
    known = [m.dim for m in (mark, target) if m is not None and m.dim is not None]
    dim = known[0] if known else x.ndim - 1
    if x.shape != y.shape or x.shape[dim] < 2:
        return
    with _numbers.unseen():
        p, q = _numbers.rows(x, dim)[0], _numbers.rows(y, dim)[0]
        fine = _numbers.are_log_probabilities(p, x.dtype)
        probabilities = _numbers.are_probabilities(p, x.dtype)
        above = int((p > 1e-3).sum())
        target_p = _numbers.are_probabilities(q, y.dtype)
        below = int((q < 0).sum())
        loss = float(_numbers.plain(call.out).mean())
    if probabilities:
        evidence = f"the input's {len(p)} rows sum to 1: they are probabilities; "
        evidence += f"the loss is {loss:.3g}"
        site = mark.site if mark is not None and mark.kind == "softmax" else None
        w.find("kl-of-p", "wrong", evidence, site=site, also=here())
    elif not fine and above and (mark is None or mark.kind != "log_softmax"):
        evidence = f"{above} of {p.numel()} numbers of the input are above 0, which no logarithm "
        evidence += f"of a probability is; the loss is {loss:.3g}"
        w.find("kl-of-p", "wrong", evidence)
    if not log_target and below and not target_p:
        evidence = f"{below} of {q.numel()} numbers of the target are below 0"
        w.find(
            "kl-of-p",
            "wrong",
            evidence,
            sentence="KLDivLoss takes the target's probabilities, and gets something else.",
            cure="pass target_logits.softmax(dim=-1), or log-probabilities and log_target=True",
        )
    elif log_target and target_p:
        w.find(
            "kl-of-p",
            "wrong",
            f"the target's {len(q)} rows sum to 1: they are probabilities",
            sentence="log_target=True promises the target's logarithm, and probabilities come.",
            cure="leave out log_target, or pass F.log_softmax(target_logits, dim=-1)",
        )
    _both_along_one_dim(w, mark, target, x)


def _both_along_one_dim(w: Watcher, mark: Mark | None, target: Mark | None, x: Any) -> None:
    """Look whether both sides of a divergence sum to 1 along the same dimension."""
    if mark is None or target is None or mark.dim is None or target.dim is None:
        return
    if mark.kind == "log_softmax" and mark.dim != target.dim and x.ndim > 1:
        wrong_dim(w, mark, x, target.dim, "the target sums to 1")


def one_score(w: Watcher, x: torch.Tensor, site: Site) -> None:
    """Report a softmax over the only output of a layer."""
    w.find("one-class", "wrong", f"scores of shape {tuple(x.shape)}: all become 1", site=site)


def by_distribution(w: Watcher, x: torch.Tensor, mark: Mark | None) -> None:
    """Look at what Categorical(probs=...) divides by its sum."""
    if mark is not None and mark.rounded is not None:
        rounded(w, mark, x, "classes are drawn from them")
    with _numbers.unseen():
        values = _numbers.plain(x)
        if x.ndim and x.shape[-1] > 1 and bool(values.max() <= 0):
            evidence = f"{x.numel()} probabilities lie {_numbers.span(values)}, and "
            evidence += "divided by their sum the least likely class gets the most"
            w.find("log-p-as-p", "wrong", evidence)


def logsumexp(w: Watcher, call: Call) -> None:
    """Find what is normalized twice: Categorical(logits=probabilities), and losses by hand."""
    x = call.get(0, "input")
    mark = w.marks.get(x)
    if mark is None or mark.kind != "softmax" or not mark.whole or mark.factor != 1:
        return
    site = here()
    if from_categorical() or x.requires_grad:
        with _numbers.unseen():
            p, _ = _numbers.rows(x, mark.dim)
            top, again = float(p.amax(-1).mean()), float(p.softmax(-1).amax(-1).mean())
        evidence = f"{len(p)} rows of {p.shape[-1]} sum to 1; the largest is {top:.3g} on average, "
        evidence += f"and {again:.3g} after the second softmax"
        w.find(
            "softmax-first",
            "wrong",
            evidence,
            site=mark.site,
            also=site,
            cure="pass the logits themselves; probabilities go by their name: Categorical(probs=p)",
        )


def multinomial(w: Watcher, call: Call) -> None:
    """Draws from rounded probabilities."""
    x = call.get(0, "input")
    mark = w.marks.get(x)
    if mark is None:
        return
    if mark.rounded is not None:
        rounded(w, mark, x, "classes are drawn from them")
    if mark.kind == "softmax" and mark.whole and mark.dim not in (None, x.ndim - 1):
        wrong_dim(w, mark, x, x.ndim - 1, "classes are drawn")


def rounded(w: Watcher, mark: Mark, x: torch.Tensor, what: str) -> None:
    """Report rounded probabilities that are calculated with."""
    with _numbers.unseen():
        parts = [f"{_numbers.zeros(x)} of {x.numel()} probabilities are rounded to 0"]
        if mark.whole:
            p, _ = _numbers.rows(x, mark.dim)
            odd = int(((p.sum(dim=-1) - 1).abs() > 1e-4).sum())
            parts.append(f"{odd} of {len(p)} rows do not sum to 1")
    parts.append(what)
    w.find("rounding", "wrong", "; ".join(parts), site=mark.rounded, also=here())


# --- sums and softmax by hand -----------------------------------------------------------------


def half_sums(w: Watcher, x: torch.Tensor, out: Any) -> None:
    """Look whether a sum left float16, although all its addends are finite."""
    if not isinstance(out, torch.Tensor) or x.dtype != torch.float16:
        return
    with _numbers.unseen():
        left = _numbers.count(torch.isinf, out)
        if not left or _numbers.count(lambda piece: ~piece.isfinite(), x):
            return
    evidence = f"{x.numel()} finite numbers of float16 go in, and infinity comes out"
    w.find("float16-sums", "wrong", evidence)


def softmax_by_hand(
    w: Watcher, call: Call, e: Any, s: Any, left: Mark | None, right: Mark | None
) -> None:
    """Look whether exp(z) / exp(z).sum() left the format."""
    out = call.out
    if right is None or right.kind not in {"exp_sum", "exp"} or left is None:
        w.marks.set(out, None)
        return
    with _numbers.unseen():
        powers, sums = _numbers.plain(e), _numbers.plain(s)
        too_large = _numbers.count(torch.isinf, powers)
        infinite, zero = _numbers.count(torch.isinf, sums), _numbers.zeros(sums)
        half = powers.dtype in _numbers.HALF
        off = 0.0
        if half and not infinite and not zero and out.ndim:
            p, _ = _numbers.rows(out, out.ndim - 1)
            off = float((p.sum(dim=-1) - 1).abs().max())
    dtype = str(powers.dtype).removeprefix("torch.")
    if too_large:
        evidence = f"{too_large} of {powers.numel()} exponentials are infinite in {dtype}"
        w.find("unshifted-exp", "wrong", evidence, site=left.site, also=here())
    elif infinite:
        evidence = f"{infinite} of {sums.numel()} sums are infinite in {dtype}"
        w.find("float16-sums", "wrong", evidence, site=right.site, also=here())
    elif zero:
        evidence = f"{zero} of {sums.numel()} sums of exponentials are 0, and 0 / 0 is NaN"
        w.find("max-from-0", "wrong", evidence, site=left.site, also=here())
    elif off > 0.05:
        evidence = f"the probabilities sum to {1 + off:.3g} in {dtype}"
        w.find("float16-sums", "wrong", evidence, site=right.site, also=here())
    size = out.shape[-1] if out.ndim else 0
    probabilities = False
    if out.ndim:
        with _numbers.unseen():
            p, _ = _numbers.rows(out, out.ndim - 1)
            probabilities = _numbers.are_probabilities(p, out.dtype)
    dim = out.ndim - 1 if probabilities else None
    w.marks.set(out, Mark("softmax", left.site, dim, size, attention=left.attention))


# --- attention --------------------------------------------------------------------------------


def zeros_of_mask(other: Any, out: torch.Tensor) -> str:
    """Say how many zeros a factor of scores or weights has, if it is a mask of the keys."""
    if not isinstance(other, torch.Tensor) or other.ndim < 2 or other.requires_grad:
        return ""
    if other.shape[-1] != out.shape[-1] or other.shape[-1] < 2:
        return ""
    with _numbers.unseen():
        return _numbers.zeros_and_ones(other)


def not_hidden(mark: Mark, x: torch.Tensor, out: torch.Tensor, dim: int) -> str:
    """Say what weight those keys got whose scores a mask has set to 0."""
    if not mark.zeroed or dim != x.ndim - 1:
        return ""
    with _numbers.unseen():
        hidden = _numbers.rows(x, dim)[0] == 0
        p = _numbers.rows(out, dim)[0] * hidden
        some = hidden.any(dim=-1) & ~hidden.all(dim=-1)  # a query of padding may see anything
        most = float(p.sum(dim=-1)[some].max()) if bool(some.any()) else 0.0
    return f"{mark.zeroed}; scores of 0 get up to {most:.3g} of a row" if most > 1e-3 else ""


def late_mask(mark: Mark, other: Any, out: Any) -> str:
    """Say what a mask that comes after softmax leaves of the rows, if it is one."""
    if mark.dim != out.ndim - 1 or not zeros_of_mask(other, out):
        return ""
    with _numbers.unseen():
        p, _ = _numbers.rows(out, out.ndim - 1)
        sums = p.sum(dim=-1)
        left_over = (sums > 1e-6) & (sums < 0.999)
        n = int(left_over.sum())
        least = float(sums[left_over].min()) if n else 1.0
    return f"{n} of {len(p)} rows of weights sum to less than 1, one to {least:.3g}" if n else ""


def matmul(w: Watcher, call: Call) -> None:
    """Products of activations are scores; weights times values are the end of attention."""
    if call.name == "einsum":
        _einsum(w, call)
        return
    index = 1 if call.name == "baddbmm" else 0
    a, b = call.get(index, "input"), call.get(index + 1, "other")
    if not isinstance(a, torch.Tensor) or not isinstance(b, torch.Tensor):
        return
    mark = w.marks.get(a)
    for means in (mark, w.marks.get(b)):
        if means is not None and means.kind == "mean":
            weigh_mean(w, call, means, None)
    if mark is not None and mark.kind == "softmax" and mark.attention and a.ndim > 1:
        _weights(w, mark, a, a.ndim - 1)
    if a.ndim > 1 and b.ndim > 1 and not _is_parameter(a) and not _is_parameter(b):
        w.marks.set(call.out, Mark("product", here(), attention=a.shape[-1]))


def _is_parameter(x: torch.Tensor) -> bool:
    """Tell whether a tensor is a weight, or a view of one."""
    weight = torch.nn.Parameter
    return isinstance(x, weight) or (x._is_view() and isinstance(x._base, weight))


def _weights(w: Watcher, mark: Mark, a: torch.Tensor, contracted: int) -> None:
    """Look at weights of attention that meet their values."""
    if mark.whole and mark.dim is not None and mark.dim != contracted and a.ndim > 2:
        wrong_dim(w, mark, a, contracted, "the weighted sum is taken")
    if mark.zeroed:
        w.find("mask-hides-nothing", "wrong", mark.zeroed, site=mark.site, also=here())
    if mark.masked:
        w.find("mask-after-softmax", "wrong", mark.masked, site=mark.site, also=here())
    root = mark.attention**-0.5
    if mark.attention > 1 and not mark.scaled and math.isclose(mark.factor, root, rel_tol=1e-3):
        evidence = f"each row of weights sums to {mark.factor:.3g}, one over the root of "
        evidence += f"{mark.attention}"
        w.find("scale-after-softmax", "wrong", evidence, site=mark.site, also=here())


def _einsum(w: Watcher, call: Call) -> None:
    """Look at products that are written with letters."""
    equation = call.args[0]
    operands = call.args[1:]
    if len(operands) == 1 and isinstance(operands[0], list | tuple):
        operands = tuple(operands[0])
    if not isinstance(equation, str) or len(operands) != 2:
        return
    inputs, _, result = equation.replace(" ", "").partition("->")
    letters = inputs.split(",")
    if len(letters) != 2 or not result:
        return
    gone = [c for c in letters[0] if c.isalpha() and c in letters[1] and c not in result]
    if len(gone) != 1:
        return
    for x, names in zip(operands, letters, strict=True):
        mark = w.marks.get(x)
        if mark is not None and mark.kind == "softmax" and mark.attention and x.ndim > 2:
            _weights(w, mark, x, _place(gone[0], names, x))
    if not any(_is_parameter(x) for x in operands):
        size = operands[0].shape[_place(gone[0], letters[0], operands[0])]
        w.marks.set(call.out, Mark("product", here(), attention=size))


def _place(letter: str, names: str, x: torch.Tensor) -> int:
    """Return which dimension a letter of einsum names; dots stand for any number of them."""
    before, _, after = names.partition("...")
    return before.index(letter) if letter in before else x.ndim - len(after) + after.index(letter)


def sdpa(w: Watcher, call: Call) -> None:
    """Fused attention: its mask."""
    q, mask = call.get(0, "query"), call.get(3, "attn_mask")
    if not isinstance(mask, torch.Tensor) or not isinstance(q, torch.Tensor) or not mask.numel():
        return
    _added(w, mask, "attn_mask=keep.bool(), True to look at")
    with _numbers.unseen():
        m = _numbers.plain(mask)
        some = m.any(dim=-1) if m.dtype == torch.bool else m.amax(dim=-1) > -torch.inf
        n = some.numel() - int(some.sum())
        spoiled = int(_numbers.plain(call.out).amax(dim=-1).isnan().sum()) if n else 0
    if n and spoiled:
        w.find(
            "empty-row",
            "wrong",
            f"{n} of {some.numel()} rows of the mask leave nothing to look at, "
            f"and {spoiled} rows of the output are NaN",
        )
    if m.dtype == torch.bool:
        _upside_down(w, m)
    if m.ndim == 4 and m.shape[1] == m.shape[2] == 1:
        with _numbers.unseen():
            m = m[:, 0, 0]
            keep = m if m.dtype == torch.bool else m > -torch.inf
        _padding_upside_down(w, keep, "attn_mask=keep[:, None, None], True to look at")


def _added(w: Watcher, mask: torch.Tensor, cure: str) -> None:
    """Look whether a mask is added that was meant to choose: its numbers are 0 and 1."""
    if mask.is_floating_point() and not mask.requires_grad:
        with _numbers.unseen():
            zeros = _numbers.zeros_and_ones(mask)
        if zeros:
            evidence = f"{zeros}, and the others 1: one that is added makes a place "
            evidence += f"{math.e:.3g} times as heavy, and hides none"
            w.find("mask-hides-nothing", "wrong", evidence, cure=cure)


def _padding_upside_down(w: Watcher, keep: torch.Tensor, cure: str) -> None:
    """Look whether the words are left out, and the padding at their end is looked at.

    Padding at the front looks the same, but then the longest sentence has all its words.
    """
    with _numbers.unseen():
        seen = keep.any(dim=-1)
        n, rest = int((~seen).sum()), keep[seen]
        at_their_end = bool((~rest[:, 0]).all() and (rest[:, 1:] >= rest[:, :-1]).all())
    if n and at_their_end:
        evidence = f"{n} of {len(keep)} sentences are left out altogether"
        w.find(
            "inverted-mask",
            "suspicious",
            evidence + (", and of the others the beginning" if len(rest) else ""),
            sentence="The padding mask of attention is upside down: it leaves out the words.",
            cure=cure,
        )


def _upside_down(w: Watcher, mask: torch.Tensor, *, leaves_out: bool = False) -> None:
    """Look whether each query sees what comes after it, and nothing before."""
    if mask.ndim < 2 or mask.shape[-1] != mask.shape[-2] or mask.shape[-1] < 3:
        return
    side = math.isqrt(_numbers.MOST)  # the first places tell
    with _numbers.unseen():
        square = _numbers.plain(mask)
        square = square[(0,) * (square.ndim - 2)][:side, :side]
        square = square if square.dtype == torch.bool else square > -torch.inf
        square = ~square if leaves_out else square
        ones = torch.ones_like(square)
        before, after = ones.tril(-1), ones.triu(1)
        seen_before, seen_after = int((square & before).sum()), int((square & after).sum())
    total = int(after.sum())
    if not seen_before and seen_after == total:
        evidence = f"0 of {total} earlier places can be seen, and {total} of {total} later ones"
        w.find("inverted-mask", "suspicious", evidence)


def multi_head(w: Watcher, call: Call) -> None:
    """nn.MultiheadAttention: its two masks, where True means leave out."""
    query, key = call.get(0, "query"), call.get(1, "key")
    padding = call.get(15, "key_padding_mask")
    mask = call.get(17, "attn_mask")
    if not isinstance(query, torch.Tensor) or not isinstance(key, torch.Tensor):
        return
    for one, name in ((padding, "key_padding_mask"), (mask, "attn_mask")):
        if isinstance(one, torch.Tensor):
            _added(w, one, f"{name}=~keep.bool(), True to leave out")
    if isinstance(mask, torch.Tensor):
        _upside_down(w, mask, leaves_out=mask.dtype == torch.bool)
    if not isinstance(padding, torch.Tensor):
        return
    with _numbers.unseen():
        p = _numbers.plain(padding)
        left_out = p if p.dtype == torch.bool else p == -torch.inf
        gone = left_out.all(dim=-1)
        n = int(gone.sum())
        spoiled = bool(torch.isnan(_numbers.plain(call.out[0])).any()) if n else False
    if n and spoiled:
        evidence = f"{n} of {gone.numel()} sentences are padding altogether, and become NaN"
        w.find("empty-row", "wrong", evidence)
    if p.ndim == 2:
        _padding_upside_down(w, ~left_out, "key_padding_mask=~keep, True to leave out")


# --- the way back -----------------------------------------------------------------------------


def backward(w: Watcher, call: Call) -> None:
    """Look whether a slope leads from the loss to the weights."""
    roots = call.args[0] if call.args else call.kwargs.get("tensors", call.kwargs.get("outputs"))
    for loss in roots if isinstance(roots, list | tuple) else [roots]:
        if not isinstance(loss, torch.Tensor):
            continue
        mark = w.marks.get(loss)
        value = ""
        if loss.numel() == 1:
            with _numbers.unseen():
                value = f"the loss is {float(_numbers.plain(loss).sum()):.3g}, and "
        if mark is not None and mark.kind == "flat" and loss.grad_fn is None:
            evidence = value + "no weight gets a gradient from it"
            w.find("argmax-in-the-loss", "wrong", evidence, site=mark.site, also=here())
        elif mark is not None and mark.kind == "part":
            evidence = value + "the part that starts here adds nothing to any gradient"
            w.find("argmax-in-the-loss", "suspicious", evidence, site=mark.site, also=here())
        elif loss.is_leaf and loss.requires_grad and not isinstance(loss, torch.nn.Parameter):
            w.find("no-slopes", "wrong", value + "it is a leaf: nothing leads further back")
        elif not loss.requires_grad and torch.is_grad_enabled():
            w.find("no-slopes", "wrong", value + "it needs no gradient: nothing leads back")

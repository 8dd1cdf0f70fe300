"""What each operation does to the history of its tensors; the losses have a file of their own."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import torch

from softmax_lessons.pytorch.watch import _losses, _numbers
from softmax_lessons.pytorch.watch._marks import Mark, moved, thinned
from softmax_lessons.pytorch.watch._places import TORCH, Site, from_categorical, here
from softmax_lessons.pytorch.watch._watcher import Call, Pending, Watcher

Handler = Callable[[Watcher, Call], None]
LARGE = -1e3  # from here on down an addend is a mask


def handlers(func: Any) -> tuple[Handler | None, Handler | None]:
    """Return what looks at an operation before it runs, and after."""
    name = str(getattr(func, "__name__", ""))
    if name == "__get__":
        name = str(getattr(getattr(func, "__self__", None), "__name__", ""))
        return (None, AFTER[name]) if name in {"T", "mT", "H", "mH", "data"} else (None, None)
    if name == "__set__":
        grad = getattr(getattr(func, "__self__", None), "__name__", "") == "grad"
        return (None, starts_anew) if grad else (None, None)
    if name in LEAVES_NOTHING:
        return None, None
    name = name.partition(".")[0]
    name = ALIASES.get(name, name)
    if name not in AFTER and not name.startswith("__"):
        name = name.rstrip("_") if name.rstrip("_") in AFTER else name
    before = BEFORE.get(name)
    return before, AFTER.get(name, unknown if before is None else None)


LEAVES_NOTHING = {
    *("size", "dim", "stride", "numel", "is_floating_point", "element_size", "item", "tolist"),
    *("__len__", "__repr__", "__format__", "_set_grad_enabled", "storage_offset"),
    *("is_contiguous", "get_device", "data_ptr", "untyped_storage", "register_hook", "__hash__"),
    *("numpy", "__array__", "is_complex", "ndimension", "nelement", "__bool__", "__float__"),
    *("__int__", "__index__", "retain_grad", "is_inference", "_is_view"),
}
ALIASES = {
    **{"_softmax": "softmax", "_log_softmax": "log_softmax", "special_softmax": "softmax"},
    **{"special_log_softmax": "log_softmax", "_safe_softmax": "softmax", "softmin": "softmax"},
    **{"special_expit": "sigmoid", "special_logsumexp": "logsumexp", "__add__": "add"},
    **{"__radd__": "add", "__iadd__": "add", "__mul__": "mul", "__rmul__": "mul", "__sub__": "sub"},
    **{"multiply": "mul", "divide": "div", "true_divide": "div", "subtract": "sub"},
    **{"__truediv__": "div", "__div__": "div"},
    **{"__matmul__": "matmul", "__rmatmul__": "matmul", "mm": "matmul", "bmm": "matmul"},
    **{"__eq__": "eq", "__ne__": "ne", "__gt__": "gt", "__lt__": "lt", "__ge__": "ge"},
    **{"__le__": "le", "clip": "clamp", "clamp_min": "clamp", "relu6": "relu"},
    **{"swapaxes": "transpose", "swapdims": "transpose", "moveaxis": "movedim"},
}


# --- helpers ----------------------------------------------------------------------------------


def tensors_of(values: Iterable[Any]) -> list[torch.Tensor]:
    """Return the tensors among some arguments, those in lists too."""
    found: list[torch.Tensor] = []
    for value in values:
        if isinstance(value, torch.Tensor):
            found.append(value)
        elif isinstance(value, list | tuple):
            found += [one for one in value if isinstance(one, torch.Tensor)]
    return found


def dim_of(dim: int, x: torch.Tensor) -> int:
    """Return a dimension counted from the front."""
    return dim + x.ndim if dim < 0 else dim


def implicit_dim(x: torch.Tensor) -> int:
    """Return the dimension that softmax takes when nobody says one."""
    return 0 if x.ndim in (0, 1, 3) else 1


def number(value: Any, wait: bool = False) -> float | None:
    """Return a Python number, or a tensor of one that needs no gradient, as a float.

    One on another device is read only where it is worth to ``wait`` for it.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, torch.Tensor) and not value.ndim and not value.requires_grad:
        with _numbers.unseen():
            plain = _numbers.plain(value)
            here_already = wait or plain.device.type == "cpu"
            return float(plain) if not plain.ndim and here_already else None
    return None


def flat_of(w: Watcher, call: Call) -> Mark | None:
    """Return the mark of an argument without slopes, if what came out has none either."""
    out = call.out
    if not isinstance(out, torch.Tensor) or out.requires_grad:
        return None
    for one in tensors_of((*call.args, *call.kwargs.values())):
        mark = w.marks.get(one)
        if mark is not None and mark.kind == "flat":
            return mark
    return None


def spread_flat(w: Watcher, call: Call) -> None:
    """Let the lack of slopes go through every operation."""
    if w.marks.get(call.out) is None:
        flat = flat_of(w, call)
        if flat is not None:
            w.marks.set(call.out, flat)


def unknown(w: Watcher, call: Call) -> None:
    """Drop the history."""
    if not len(w.marks):
        return
    marks = [w.marks.get(one) for one in tensors_of((*call.args, *call.kwargs.values()))]
    known = next((mark for mark in marks if mark is not None), None)
    if known is not None and isinstance(call.out, torch.Tensor):
        w.marks.set(call.out, None)
        if known.kind == "mean":
            _losses.weigh_mean(w, call, known, None)
        if known.kind in {"softmax", "log_softmax"}:
            w.report.lost += 1


def starts_anew(w: Watcher, call: Call) -> None:
    """Start the sums of losses anew: a gradient is set back to nothing, or handed out."""
    w.means.clear()


def overwritten(w: Watcher, call: Call) -> None:
    """Square brackets on the left, and zeros for all, which start the sums of losses anew."""
    mark = w.marks.get(call.first)
    if mark is not None and mark.kind in {"softmax", "log_softmax", "sigmoid"}:
        w.marks.set(call.first, None)
    if call.name == "zero":
        starts_anew(w, call)


# --- softmax itself ---------------------------------------------------------------------------


def before_softmax(w: Watcher, call: Call) -> None:
    """Whole numbers: torch refuses them, and says it in other words."""
    x = call.first
    dtype = call.get(3, "dtype") if call.func in _FUNCTIONAL else call.get(2, "dtype")
    whole = isinstance(x, torch.Tensor) and not x.is_floating_point() and not x.is_complex()
    if whole and not (isinstance(dtype, torch.dtype) and dtype.is_floating_point):
        w.find("whole-numbers", "wrong", f"scores of {x.dtype}, shape {tuple(x.shape)}")


_FUNCTIONAL = (torch.nn.functional.softmax, torch.nn.functional.log_softmax)


def softmax(w: Watcher, call: Call) -> None:
    """Mark probabilities and log-probabilities, and look at the scores."""
    x, out = call.get(0, "input"), call.out
    if not isinstance(x, torch.Tensor) or not isinstance(out, torch.Tensor) or not x.ndim:
        return
    log = "log" in call.name
    said = call.get(1, "dim")
    dim = implicit_dim(x) if said is None else dim_of(said, x)
    site, token = here(), object()
    size = x.shape[dim]
    prior = w.marks.get(x)
    if said is None:
        last = dim == x.ndim - 1
        evidence = f"shape {tuple(x.shape)}: it takes dim={dim}"
        evidence += ", the last" if last else ", not the last"
        w.find("no-dim", "wrong" if x.ndim == 3 else "suspicious", evidence)
    if prior is not None and prior.kind == "one" and dim == x.ndim - 1 and size == 1:
        _losses.one_score(w, x, site)
    elif prior is not None:
        _softmax_of_marked(w, prior, x, dim, log)
    if x.is_floating_point() and size > 1:
        _look_for_empty_rows(w, x, dim, prior, site, token)
        if log and x.dtype == torch.float16 and size > 2048:
            _losses.half_sums(w, x, out)
    if dim == 0 and x.ndim > 1 and x.shape[0] > 1 and x.requires_grad:
        w.down_the_batch.append((site, x.shape))
    product = prior if prior is not None and prior.kind == "product" else None
    attention = product.attention if product is not None else 0
    zeroed = _losses.not_hidden(product, x, out, dim) if product is not None and not log else ""
    scaled = prior is not None and prior.scaled
    down = dim == 0 and x.ndim > 1 and x.requires_grad and not x.is_leaf
    if log and down and 1 < x.shape[0] not in x.shape[1:] and x.shape[-1] > 1:
        _look_down(w, x.shape, site, token)
    kind = "log_softmax" if log else "softmax"
    mark = Mark(kind, site, dim, size, attention=attention, scaled=scaled, token=token)
    w.marks.set(out, replace(mark, zeroed=zeroed))


def _softmax_of_marked(w: Watcher, prior: Mark, x: torch.Tensor, dim: int, log: bool) -> None:
    """Softmax of what is no score: of probabilities, of log-probabilities."""
    same = prior.whole and (prior.dim is None or prior.dim == dim) and x.shape[dim] > 1
    if prior.kind == "softmax" and same:
        with _numbers.unseen():
            p, _ = _numbers.rows(x, dim)
            top = float(p.amax(dim=-1).mean())
            again = float(p.softmax(dim=-1).amax(dim=-1).mean())
        evidence = f"the largest of {x.shape[dim]} probabilities is {top:.3g} on average"
        evidence += f", after the second softmax {again:.3g}"
        misuse = "softmax-first" if log else "log-softmax-twice"
        w.find(misuse, "wrong", evidence, site=prior.site, also=here())
    elif prior.kind == "log_softmax" and same and log:
        _losses.log_softmax_twice(w, prior)
    elif prior.kind == "sigmoid" and log:
        w.find("sigmoid-first", "suspicious", "scores between 0 and 1", site=prior.site)


def _look_down(w: Watcher, shape: torch.Size, site: Site, token: object) -> None:
    """Ask, when the step is over, whether a log-softmax down the rows was meant."""

    def find(_: int) -> None:
        if not w.knows("wrong-dim", site):
            evidence = f"shape {tuple(shape)}: log-softmax ran along dim 0, so the {shape[0]} "
            evidence += f"rows compete, and the {shape[-1]} columns do not"
            cure = "torch.log_softmax(logits, dim=-1)"
            w.find("wrong-dim", "suspicious", evidence, site=site, also=site, cure=cure)

    w.ask_later(Pending(1, find, token))


def _look_for_empty_rows(
    w: Watcher, x: torch.Tensor, dim: int, prior: Mark | None, site: Site, token: object
) -> None:
    """Ask, when the step is over, whether rows were masked altogether."""
    if prior is not None and prior.added and prior.fill and math.isfinite(prior.fill):
        _look_at_added_mask(w, x, dim, prior.fill, site, token)
        return
    with _numbers.unseen():
        top = _numbers.plain(x).amax(dim=dim - x.ndim)
        empty, total = (top == -torch.inf).sum(), top.numel()
    size = x.shape[dim]

    def find(count: int) -> None:
        w.find(
            "empty-row",
            "wrong",
            f"{count} of {total} rows of {size} scores are -inf throughout, and become NaN",
            site=site,
            also=site,
        )

    w.ask_later(Pending(empty, find, token))


def _look_at_added_mask(
    w: Watcher, x: torch.Tensor, dim: int, fill: float, site: Site, token: object
) -> None:
    """Ask, when the step is over, what a large negative number did that was added to scores."""
    half = x.dtype in _numbers.HALF
    if not half and fill < -1e30:
        return
    dtype, lowest = str(x.dtype).removeprefix("torch."), torch.finfo(x.dtype).min
    with _numbers.unseen():
        low = _numbers.plain(x).amax(dim=dim - x.ndim) < max(fill / 2, lowest / 2)
        # A query of padding may see nothing; an example that sees nothing at all is another.
        per_example = low.reshape(low.shape[0], -1).all(dim=1) if low.ndim else low
        empty, n_examples = per_example.sum(), per_example.numel()

    def blame(count: int) -> None:
        reach = f"{dtype} ends at {lowest:.6g}" if half and fill < lowest else ""
        rows = f"{count} of {n_examples} examples are masked altogether" if count else ""
        step = "" if reach or not half else "scores near it are rounded to steps of 8"
        parts = [f"{fill:.6g} is added to scores of {dtype}", reach, rows, step]
        w.find(
            "minus-a-million",
            "wrong" if count and half else "suspicious",
            "; ".join(part for part in parts if part),
            site=site,
            also=site,
        )

    w.ask_later(Pending(empty, blame, token, always=x.dtype == torch.float16))


def sigmoid(w: Watcher, call: Call) -> None:
    """Mark what a sigmoid returns."""
    prior = w.marks.get(call.get(0, "input"))
    if prior is not None and prior.kind == "sigmoid" and prior.factor == 1:
        with _numbers.unseen():
            evidence = f"sigmoid of a sigmoid lies {_numbers.span(_numbers.plain(call.out))}"
        w.find(
            "log-softmax-twice",
            "wrong",
            evidence,
            site=prior.site,
            also=here(),
            sentence="A sigmoid is applied to what has been through a sigmoid.",
        )
    w.mark(call, "sigmoid")


def linear(w: Watcher, call: Call) -> None:
    """Mark the only output of a layer, over which no softmax makes sense."""
    if isinstance(call.out, torch.Tensor) and call.out.ndim and call.out.shape[-1] == 1:
        w.mark(call, "one")


def relu(w: Watcher, call: Call) -> None:
    """Mark what a ReLU returns."""
    w.mark(call, "relu")


def dropout(w: Watcher, call: Call) -> None:
    """Keep the history; what has none is marked, if something may have been dropped."""
    prior = w.marks.get(call.get(0, "input"))
    if prior is not None:
        w.marks.set(call.out, prior)
    elif call.get(2, "training", True) and call.get(1, "p", 0.5) and call.out.requires_grad:
        w.mark(call, "dropout")


# --- views and casts --------------------------------------------------------------------------


def view(w: Watcher, call: Call) -> None:
    """Follow the dimension of the classes through a reshape; remember how labels lay before."""
    x = call.first
    mark = w.marks.get(x)
    if isinstance(call.out, list | tuple):
        for one in call.out:
            if mark is not None and isinstance(one, torch.Tensor):
                w.marks.set(one, moved(mark, x.shape, one.shape))
        return
    if not isinstance(call.out, torch.Tensor) or not isinstance(x, torch.Tensor):
        return
    if mark is not None:
        new = moved(mark, x.shape, call.out.shape)
        if new.kind in {"reshaped", "product"} and not new.shape:
            new = replace(new, shape=tuple(x.shape))
        w.marks.set(call.out, new)
    elif x.shape != call.out.shape:
        w.mark(call, "reshaped", shape=tuple(x.shape))


def same(w: Watcher, call: Call) -> None:
    """Keep the history: casts, copies, moves to a device."""
    x = call.first
    mark = w.marks.get(x)
    out = call.out
    if not isinstance(out, torch.Tensor) or out is x:
        return
    if x.is_floating_point() and not out.is_floating_point():
        integer(w, call)
        return
    narrowed = out.dtype == torch.float16 and x.dtype in (torch.float32, torch.float64)
    if mark is None and narrowed and not x.requires_grad:
        with _numbers.unseen():
            low = float(_numbers.plain(x).min()) if x.numel() else 0.0
        if -math.inf < low < -65504:
            w.mark(call, "mask", fill=low, added=True)
    if mark is not None:
        w.marks.set(out, mark)


def permuted(w: Watcher, call: Call) -> None:
    """Follow the classes to where a permutation takes them."""
    x = call.first
    mark = w.marks.get(x)
    if mark is None or not isinstance(call.out, torch.Tensor):
        return
    if mark.kind == "reshaped":
        w.marks.set(call.out, None)
        return
    if mark.dim is not None:
        # Strides tell nothing where sizes repeat: ask a small tensor that cannot be mistaken.
        probe = torch.empty(tuple(range(2, 2 + x.ndim)), device="meta")
        with torch._C.DisableTorchFunction():
            out = call.func(probe, *call.args[1:], **call.kwargs)
        mark = replace(mark, dim=list(out.shape).index(mark.dim + 2))
    w.marks.set(call.out, mark)


def with_new_dim(w: Watcher, call: Call) -> None:
    """Count the dimensions anew after one has come or gone."""
    x = call.first
    mark = w.marks.get(x)
    if mark is not None and isinstance(call.out, torch.Tensor):
        w.marks.set(call.out, moved(mark, x.shape, call.out.shape))


def picked(w: Watcher, call: Call) -> None:
    """Look whether all classes are still there."""
    x = call.first
    mark = w.marks.get(x)
    if mark is None or mark.kind == "losses" or not isinstance(x, torch.Tensor):
        return
    if mark.kind == "mean" and x.ndim:  # one of several
        _losses.weigh_mean(w, call, mark, None)
        return
    outs = call.out if isinstance(call.out, list | tuple) else [call.out]
    for out in outs:
        if isinstance(out, torch.Tensor):
            w.marks.set(out, thinned(mark, x.shape, out.shape))


def gather(w: Watcher, call: Call) -> None:
    """Look whether entries are picked along the dimension of the classes."""
    x, index = call.get(0, "input"), call.get(2, "index")
    mark = w.marks.get(x)
    if mark is None or not isinstance(index, torch.Tensor):
        return
    dim = dim_of(call.get(1, "dim", -1), x)
    reads = mark.kind in {"softmax", "log_softmax"} and mark.whole and mark.dim is not None
    if reads and dim == mark.dim:
        _cancel(w, mark)
    if reads and dim != mark.dim and dim == x.ndim - 1 and index.shape[dim] == 1:
        _losses.wrong_dim(w, mark, x, dim, "one entry is picked")
    w.marks.set(call.out, replace(mark, whole=dim != mark.dim))


def indexed(w: Watcher, call: Call) -> None:
    """Square brackets."""
    x, out = call.args[0], call.out
    if w.marks.get(x) is not None:
        picked(w, call)
    elif not x.is_floating_point() and isinstance(out, torch.Tensor) and 0 < out.ndim < x.ndim:
        w.mark(call, "piece")


# --- arithmetic -------------------------------------------------------------------------------


def add(w: Watcher, call: Call) -> None:
    """Follow sums: scores and masks, a small number beside probabilities, parts of a loss."""
    a, b = call.get(0, "input"), call.get(1, "other")
    left, right = w.marks.get(a), w.marks.get(b)
    out = call.out
    if left is None and right is None:
        _constant_mask(w, call, a, b)
        return
    sign = -1 if call.name in {"sub", "rsub", "__rsub__", "subtract", "__sub__"} else 1
    flat = flat_of(w, call)
    if flat is not None:
        w.marks.set(out, flat)
        return
    kinds = {mark.kind for mark in (left, right) if mark is not None}
    if kinds & {"flat", "part"} and out.requires_grad and not out.ndim:
        guilty = next(m for m in (left, right) if m is not None and m.kind in {"flat", "part"})
        w.marks.set(out, replace(guilty, kind="part"))
        return
    if "mean" in kinds and out.requires_grad:
        both = [mark for mark in (left, right) if mark is not None and mark.kind == "mean"]
        means = sum((mark.means for mark in both), ())
        w.marks.set(out, replace(both[0], means=means) if len(means) < 1000 else None)
        return
    for mark, scores in ((left, right), (right, left)):
        if mark is not None and mark.kind == "mask":
            base = scores if scores is not None else Mark("scores", here())
            w.marks.set(out, replace(base, fill=mark.fill, added=True))
            return
    for mark, other in ((left, b), (right, a)):
        if mark is None:
            continue
        if mark.kind in {"product", "scores", "exp_sum"}:
            low = number(other)
            if low is None and isinstance(other, torch.Tensor) and not other.requires_grad:
                low = _lowest(other)
            if low is not None and low * sign < LARGE:
                mark = replace(mark, fill=low * sign, added=True)
            w.marks.set(out, mark)
            return
        if mark.kind == "exp" and isinstance(other, torch.Tensor | int | float):
            w.marks.set(out, replace(mark, kind="exp_sum"))
            return
        small = number(other)
        if mark.kind in {"softmax", "sigmoid"} and small is not None and sign > 0:
            if 0 < small < 0.01:
                w.marks.set(out, replace(mark, padded=True))
            elif not small:
                w.marks.set(out, mark)
            return
    w.marks.set(out, None)


def _constant_mask(w: Watcher, call: Call, a: Any, b: Any) -> None:
    """Scores without a history, plus a tensor that may be a mask."""
    out = call.out
    if not isinstance(out, torch.Tensor) or not out.is_floating_point():
        return
    if not isinstance(a, torch.Tensor) or not isinstance(b, torch.Tensor):
        return
    scores, mask = (a, b) if a.requires_grad else (b, a)
    if not scores.requires_grad or mask.requires_grad or scores.ndim < 2 or mask.ndim < 2:
        return
    if mask.shape[-1] != scores.shape[-1] or mask.numel() > scores.numel():
        return
    low = _lowest(mask)
    if low is not None and low < LARGE:
        w.mark(call, "scores", fill=low, added=True)


def _lowest(mask: torch.Tensor) -> float | None:
    """Return the lowest number of what may be a mask: of 0 and one large negative number."""
    if not mask.is_floating_point() or not mask.numel():
        return None
    with _numbers.unseen():
        values = _numbers.plain(mask)
        low = float(values.min())
        return low if -math.inf < low < LARGE and float(values.max()) <= 0 else None


def mul(w: Watcher, call: Call) -> None:
    """Products: masks in the making, scales, and masks that come too late."""
    a, b = call.get(0, "input"), call.get(1, "other")
    left, right = w.marks.get(a), w.marks.get(b)
    out = call.out
    divides = call.name in {"div", "true_divide", "__truediv__", "divide", "__div__"}
    factor = number(b) if number(b) is not None and isinstance(a, torch.Tensor) else number(a)
    if divides and isinstance(b, torch.Tensor) and b.ndim and from_categorical():
        _losses.by_distribution(w, a, left)
    if left is None and right is None:
        constant = isinstance(out, torch.Tensor) and not out.requires_grad
        if constant and factor is not None and -math.inf < factor < LARGE:
            w.mark(call, "mask", fill=factor, added=True)
        return
    flat = flat_of(w, call)
    if flat is not None:
        w.marks.set(out, flat)
        return
    if left is not None and right is not None and not divides:
        for p, q in ((left, right), (right, left)):
            both = p.kind == "softmax" and q.kind == "log_softmax" and p.whole and q.whole
            known = both and p.dim is not None and q.dim is not None and a.shape == b.shape
            if known and p.dim != q.dim:
                assert p.dim is not None
                _losses.wrong_dim(w, q, a if q is left else b, p.dim, "the other factor sums to 1")
    mark, other = (left, b) if left is not None else (right, a)
    assert mark is not None
    if divides and mark.kind == "exp":
        _losses.softmax_by_hand(w, call, a, b, left, right)
        return
    if mark.kind in {"product", "scores", "mask", "exp_sum", "part"}:
        scaled = mark.kind == "product" and not (isinstance(other, torch.Tensor) and other.ndim)
        zeroed = _losses.zeros_of_mask(other, out) if mark.kind == "product" else ""
        new = replace(mark, scaled=mark.scaled or scaled, zeroed=mark.zeroed or zeroed)
        w.marks.set(out, new)
        return
    if mark.kind == "mean":
        factor = number(other, wait=True)
        divides = divides and mark is left
        _losses.weigh_mean(w, call, mark, 1 / factor if divides and factor else factor)
        return
    if mark.kind == "losses" and isinstance(other, torch.Tensor):
        _losses.mask_of_losses(w, call, mark, other)
        return
    if mark.kind in {"softmax", "log_softmax", "sigmoid"}:
        if factor is not None:
            by = 1 / factor if divides and factor else factor
            if divides and mark is right:
                w.marks.set(out, None)
                return
            masked = mark.masked if by <= 1 else ""  # scaled up: dropout by hand
            w.marks.set(out, replace(mark, factor=mark.factor * by, masked=masked))
            return
        if mark.kind == "softmax" and mark.attention and not divides:
            late = _losses.late_mask(mark, other, out)
            if late:
                w.marks.set(out, replace(mark, zeroed="", masked=late))
                return
    w.marks.set(out, None)


def filled(w: Watcher, call: Call) -> None:
    """masked_fill and where: a mask in the right place, or one that is too low for its format."""
    x = call.args[0]
    values = [x, *call.args[1:], *call.kwargs.values()]
    numbers = [n for n in map(number, values) if n is not None]
    low = min(numbers, default=0.0)
    marks = [m for m in (w.marks.get(one) for one in values) if m is not None]
    if not isinstance(call.out, torch.Tensor):
        return
    flat = flat_of(w, call)
    if flat is not None:
        w.marks.set(call.out, flat)
    elif low < LARGE and math.isfinite(low):
        base = next((m for m in marks if m.kind in {"product", "scores"}), None)
        if base is None and not call.out.requires_grad:
            w.mark(call, "mask", fill=low, added=True)
        elif base is not None:
            w.marks.set(call.out, replace(base, fill=low, added=False))
    elif marks and marks[0].kind in {"product", "scores"}:
        w.marks.set(call.out, marks[0])
    elif marks and marks[0].kind in {"softmax", "log_softmax"} and low >= 0:
        _cancel(w, marks[0])
        late = _losses.late_mask(marks[0], call.args[1], call.out) if marks[0].attention else ""
        w.marks.set(call.out, replace(marks[0], zeroed="", masked=late))
    else:
        w.marks.set(call.out, None)


def _cancel(w: Watcher, mark: Mark) -> None:
    """Take back the questions about a softmax: somebody has seen to them."""
    if mark.token is not None:
        w.cancelled.add(mark.token)


def without_nan(w: Watcher, call: Call) -> None:
    """nan_to_num: the empty rows are seen to, if the scores were filled and not added to."""
    mark = w.marks.get(call.get(0, "input"))
    if mark is not None:
        _cancel(w, mark)
        w.marks.set(call.out, mark)


def clamp(w: Watcher, call: Call) -> None:
    """Note a floor under probabilities."""
    mark = w.marks.get(call.get(0, "input"))
    if mark is not None:
        w.marks.set(call.out, flat_of(w, call) or replace(mark, padded=True))


def large_constant(w: Watcher, call: Call) -> None:
    """torch.full and torch.tensor of a large negative number."""
    out = call.out
    if not isinstance(out, torch.Tensor) or not out.is_floating_point() or out.requires_grad:
        return
    value = number(call.get(1, "fill_value")) if "full" in call.name else number(call.args[0])
    if value is not None and -math.inf < value < LARGE:
        w.mark(call, "mask", fill=value, added=True)


# --- logarithms, exponentials, sums -------------------------------------------------------------


def log(w: Watcher, call: Call) -> None:
    """Look at the logarithm of probabilities."""
    x = call.get(0, "input")
    mark = w.marks.get(x)
    if mark is None:
        return
    if mark.rounded is not None and mark.kind == "softmax":
        _losses.rounded(w, mark, x, "their logarithm is taken")
    if mark.kind == "sigmoid":
        with _numbers.unseen():
            zeros = _numbers.zeros(x)
        if zeros:
            w.find(
                "log-of-softmax",
                "wrong",
                f"{zeros} of {x.numel()} probabilities are 0, and their logarithm is -inf",
                cure="F.logsigmoid(logits), or F.binary_cross_entropy_with_logits",
            )
        return
    if mark.kind != "softmax":
        w.marks.set(call.out, flat_of(w, call))
        return
    if not mark.padded and not here().caller.startswith(TORCH):
        with _numbers.unseen():
            zeros = _numbers.zeros(x)
            least = float(_numbers.plain(x).min()) if x.numel() else 1.0
        if zeros:
            evidence = f"{zeros} of {x.numel()} probabilities are 0, and their logarithm is -inf"
            w.find("log-of-softmax", "wrong", evidence, also=mark.site)
        elif x.requires_grad:
            evidence = f"the smallest of {x.numel()} probabilities is {least:.2g}; "
            evidence += "0 is the next step down"
            w.find("log-of-softmax", "suspicious", evidence, also=mark.site)
    w.marks.set(call.out, replace(mark, kind="log_softmax"))


def exp(w: Watcher, call: Call) -> None:
    """Probabilities from log-probabilities; or a softmax by hand begins."""
    mark = w.marks.get(call.get(0, "input"))
    if mark is not None and mark.kind == "log_softmax":
        w.marks.set(call.out, replace(mark, kind="softmax"))
    elif isinstance(call.out, torch.Tensor) and call.out.is_floating_point() and call.out.ndim:
        if mark is not None and mark.kind in {"losses", "flat"}:
            w.marks.set(call.out, flat_of(w, call))
        else:
            attention = mark.attention if mark is not None else 0
            w.mark(call, "exp", attention=attention)


def total(w: Watcher, call: Call) -> None:
    """Follow sums and means."""
    x = call.get(0, "input")
    mark = w.marks.get(x)
    if mark is None:
        return
    out = call.out
    if not isinstance(out, torch.Tensor):
        return
    if x.dtype == torch.float16 and mark.kind in {"losses", "softmax", "log_softmax"}:
        _losses.half_sums(w, x, out)
    if mark.kind == "exp":
        w.marks.set(out, replace(mark, kind="exp_sum"))
    elif mark.kind == "losses" and call.name == "mean":
        _losses.mean_of_losses(w, call, mark)
    else:
        keeps = mark.kind == "part"
        w.marks.set(out, flat_of(w, call) or (mark if keeps else None))


def rounds(w: Watcher, call: Call) -> None:
    """Follow rounding: to those who read them, rounded probabilities are still some."""
    x = call.get(0, "input")
    mark = w.marks.get(x)
    if mark is not None and mark.kind == "softmax":
        w.marks.set(call.out, replace(mark, rounded=here()))
        return
    if isinstance(x, torch.Tensor) and x.requires_grad:
        w.mark(call, "flat")
    elif mark is not None and mark.kind == "flat":
        w.marks.set(call.out, mark)


# --- without slopes ---------------------------------------------------------------------------


def integer(w: Watcher, call: Call) -> None:
    """Casts to whole numbers, comparisons, places: what comes out has no slopes."""
    x = call.first
    out = call.out
    mark = w.marks.get(x)
    graded = isinstance(x, torch.Tensor) and x.requires_grad
    flat = mark if mark is not None and mark.kind == "flat" else None
    if flat is None:
        for one in tensors_of(call.args[1:]):
            other = w.marks.get(one)
            flat = other if other is not None and other.kind == "flat" else flat
            graded = graded or one.requires_grad
    if graded or flat is not None:
        w.marks.set(out, flat or Mark("flat", here()))


def argmax(w: Watcher, call: Call) -> None:
    """Look whether the largest is sought along the dimension of the classes."""
    x = call.get(0, "input")
    dim = call.get(1, "dim")
    mark = w.marks.get(x)
    if mark is not None and isinstance(dim, int) and mark.kind in {"softmax", "log_softmax"}:
        dim = dim_of(dim, x)
        if mark.whole and mark.dim not in (None, dim):
            _losses.wrong_dim(w, mark, x, dim, "the largest is looked for")
    out = call.out
    if isinstance(out, torch.Tensor):
        integer(w, call)
    elif isinstance(out, tuple) and len(out) == 2 and isinstance(x, torch.Tensor):
        flat = mark is not None and mark.kind == "flat"
        if x.requires_grad or flat:
            w.marks.set(out[1], Mark("flat", here()))
        if mark is not None and mark.kind in {"softmax", "log_softmax"}:
            w.marks.set(out[0], replace(mark, whole=False, dim=None))


def largest(w: Watcher, call: Call) -> None:
    """torch.max: of two tensors, of all, or along a dimension."""
    if isinstance(call.out, tuple):
        argmax(w, call)
    else:
        unknown(w, call)


def top_k(w: Watcher, call: Call) -> None:
    """Topk and sort: values and places; no dimension is wrong for them."""
    x = call.get(0, "input")
    mark = w.marks.get(x)
    if isinstance(call.out, tuple) and isinstance(x, torch.Tensor):
        if x.requires_grad:
            w.marks.set(call.out[1], Mark("flat", here()))
        if mark is not None and mark.kind in {"softmax", "log_softmax"}:
            w.marks.set(call.out[0], replace(mark, whole=False, dim=None))


def flattens(w: Watcher, call: Call) -> None:
    """one_hot and its like: flat goes in, flat comes out."""
    w.marks.set(call.out, flat_of(w, call))


def joined(w: Watcher, call: Call) -> None:
    """Cat and stack: what all have in common."""
    parts = call.get(0, "tensors")
    if not isinstance(parts, list | tuple) or not parts:
        return
    marks = [w.marks.get(one) for one in parts]
    first = marks[0]
    if first is None or any(mark is None or mark.kind != first.kind for mark in marks):
        return
    if first.kind == "reshaped":
        return
    if first.kind == "mean":
        first = replace(first, means=tuple(mean for mark in marks if mark for mean in mark.means))
    dim = first.dim
    if dim is not None and first.kind in {"softmax", "log_softmax"}:
        along = dim_of(call.get(1, "dim", 0), call.out)
        stacked = call.out.ndim > parts[0].ndim
        if stacked:
            dim += along <= dim
        elif along == dim:
            return
    w.marks.set(call.out, replace(first, dim=dim))


def _table() -> dict[str, Handler]:
    table: dict[str, Handler] = {}

    def use(handler: Handler, names: str) -> None:
        table.update(dict.fromkeys(names.split(), handler))

    use(softmax, "softmax log_softmax gumbel_softmax")
    use(sigmoid, "sigmoid")
    use(relu, "relu")
    use(linear, "linear")
    use(starts_anew, "grad")
    use(overwritten, "__setitem__ zero_")
    use(dropout, "dropout dropout1d dropout2d alpha_dropout feature_alpha_dropout")
    use(view, "view reshape flatten unflatten view_as reshape_as ravel _unsafe_view")
    use(same, "to float double half bfloat16 type type_as contiguous clone cuda cpu detach data")
    use(same, "requires_grad identity alias _to_copy pin_memory")
    use(permuted, "permute transpose t T mT H mH movedim adjoint")
    use(with_new_dim, "squeeze unsqueeze expand expand_as broadcast_to")
    use(picked, "index_select narrow select split chunk unbind tensor_split masked_select take")
    use(picked, "index split_with_sizes diagonal unfold")
    use(indexed, "__getitem__")
    use(gather, "gather take_along_dim")
    use(add, "add sub rsub __rsub__")
    use(mul, "mul div")
    use(filled, "masked_fill where")
    use(without_nan, "nan_to_num")
    use(clamp, "clamp")
    use(large_constant, "full tensor full_like new_full scalar_tensor")
    use(log, "log log2 log10")
    use(exp, "exp")
    use(total, "sum mean nansum cumsum")
    use(rounds, "round floor ceil trunc sign fix")
    use(integer, "eq ne gt lt ge le long int short bool argsort")
    use(argmax, "argmax argmin")
    use(largest, "max min")
    use(top_k, "topk sort")
    use(flattens, "one_hot")
    use(joined, "cat stack concat concatenate")
    use(_losses.cross_entropy, "cross_entropy cross_entropy_loss")
    use(_losses.nll, "nll_loss nll_loss_nd nll_loss2d")
    use(_losses.binary, "binary_cross_entropy")
    use(_losses.binary_with_logits, "binary_cross_entropy_with_logits multilabel_soft_margin_loss")
    use(_losses.kl, "kl_div")
    use(_losses.ctc, "ctc_loss")
    use(_losses.squares, "mse_loss l1_loss smooth_l1_loss huber_loss")
    use(_losses.logsumexp, "logsumexp")
    use(_losses.matmul, "matmul baddbmm einsum")
    use(_losses.sdpa, "scaled_dot_product_attention")
    use(_losses.multi_head, "multi_head_attention_forward")
    use(_losses.multinomial, "multinomial")
    return table


AFTER = _table()
BEFORE: dict[str, Handler] = {
    "softmax": before_softmax,
    "log_softmax": before_softmax,
    "backward": _losses.backward,
    "grad": _losses.backward,
}

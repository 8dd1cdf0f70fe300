"""Softmax over several processes: classes cut over ranks, tokens shared out, and a way to start."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, TypeAlias

import torch
import torch.distributed as dist

__all__ = ["launch", "own_classes", "parallel_cross_entropy", "token_mean"]

Group: TypeAlias = "dist.ProcessGroup | None"  # None is the group of all ranks


def own_classes(n_classes: int, *, group: Group = None) -> slice:
    """Return which classes this rank holds, when the classes are cut over the ranks.

    Parameters
    ----------
    n_classes : int
        How many classes there are on all ranks together, 1 or more.
    group : torch.distributed.ProcessGroup, optional
        The ranks that share the classes; by default all.

    Returns
    -------
    slice
        From the first class of this rank to the first of the next. Each rank has
        ``ceil(n_classes / ranks)`` classes; the last ones have fewer, or none.

    Raises
    ------
    ValueError
        If ``n_classes`` is below 1.

    Notes
    -----
    ``torch.chunk`` and ``torch.distributed.tensor.Shard`` cut in the same way.

    Examples
    --------
    >>> import torch.distributed as dist
    >>> from softmax_lessons.pytorch.distributed import own_classes
    >>> dist.init_process_group("gloo", rank=0, world_size=1, store=dist.HashStore())
    >>> own_classes(10)  # one rank has them all
    slice(0, 10, None)
    >>> dist.destroy_process_group()
    """
    if n_classes < 1:
        raise ValueError(f"n_classes must be 1 or more, got {n_classes!r}")
    width = -(-n_classes // dist.get_world_size(group))
    first = min(width * dist.get_rank(group), n_classes)
    return slice(first, min(first + width, n_classes))


class _ParallelCrossEntropy(torch.autograd.Function):
    """The loss of each token, from the classes of this rank and three all-reduces.

    ``here`` is True where the target is a class of this rank, ``column`` which one of them.
    """

    @staticmethod
    def forward(
        ctx: Any,
        z: torch.Tensor,
        here: torch.Tensor,
        column: torch.Tensor,
        smoothing: tuple[float, float],  # of the target, and of each class
        group: Group,
    ) -> torch.Tensor:
        least = z.new_full((*z.shape[:-1], 1), -torch.inf)  # of a rank without classes
        m = z.amax(dim=-1, keepdim=True) if z.shape[-1] else least
        dist.all_reduce(m, dist.ReduceOp.MAX, group=group)
        shifted = z - m
        own = z.new_zeros(here.shape)  # the target's score; with smoothing, the mean under it
        own[here] = smoothing[0] * shifted[here, column[here]]
        if smoothing[1]:
            own += smoothing[1] * shifted.sum(dim=-1)
        exponentials = shifted.exp_()
        total = exponentials.sum(dim=-1)
        dist.all_reduce(total, group=group)
        dist.all_reduce(own, group=group)
        ctx.save_for_backward(exponentials.div_(total[..., None]), here, column)
        ctx.smoothing = smoothing
        return total.log() - own

    @staticmethod
    def backward(
        ctx: Any, *slopes: torch.Tensor
    ) -> tuple[torch.Tensor, None, None, None, None]:  # nothing is sent
        p, here, column = ctx.saved_tensors
        gradient = p - ctx.smoothing[1]
        gradient[here, column[here]] -= ctx.smoothing[0]
        return gradient.mul_(slopes[0][..., None]), None, None, None, None


def parallel_cross_entropy(
    shard: torch.Tensor,
    target: torch.Tensor,
    n_classes: int,
    *,
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
    reduction: Literal["mean", "sum", "none"] = "mean",
    group: Group = None,
) -> torch.Tensor:
    """Return the cross-entropy of logits whose classes are cut over the ranks.

    No rank ever has the scores of another. All ranks get the same loss, and its gradient in their
    own classes.

    Parameters
    ----------
    shard : torch.Tensor, shape (..., own classes)
        The logits of ``own_classes(n_classes)``, of a floating dtype. float16 and bfloat16 are
        calculated in float32.
    target : torch.Tensor of int64, shape (...)
        The right class of each token, from 0 to ``n_classes - 1``; the same on all ranks.
    n_classes : int
        How many classes there are on all ranks together.
    ignore_index : int, default -100
        Tokens with this target have a loss of 0 and do not count in the mean.
    label_smoothing : float, default 0.0
        How much of the target is spread evenly over all classes of all ranks, from 0 to 1.
    reduction : {"mean", "sum", "none"}, default "mean"
        What to return: the mean over the tokens that count, their sum, or each loss.
    group : torch.distributed.ProcessGroup, optional
        The ranks that share the classes; by default all.

    Returns
    -------
    torch.Tensor, shape () or (...)
        The loss in nats, in the dtype it is calculated in.

    Raises
    ------
    ValueError
        If ``shard`` has another number of classes than this rank holds, if its other axes are not
        those of ``target``, if ``label_smoothing`` is not from 0 to 1, or if ``reduction`` is no
        choice.
    IndexError
        If a target is no class.

    See Also
    --------
    own_classes : Which classes a rank holds.

    Notes
    -----
    Three all-reduces of one number a token: the largest score, the sum of the exponentials, and
    the score of the target. The backward pass sends nothing. See Shoeybi et al., *Megatron-LM*,
    2019, section 3.

    Logits that have been gathered are refused: counted once by each rank, their sum would be too
    large by the number of ranks, and the loss by its logarithm.

    Examples
    --------
    >>> import torch
    >>> import torch.distributed as dist
    >>> from softmax_lessons.pytorch.distributed import parallel_cross_entropy
    >>> dist.init_process_group("gloo", rank=0, world_size=1, store=dist.HashStore())
    >>> logits = torch.tensor([[0.25, 1.23, -0.8]])
    >>> f"{parallel_cross_entropy(logits, torch.tensor([1]), 3).item():.4f}"
    '0.4099'
    >>> dist.destroy_process_group()
    """
    own = own_classes(n_classes, group=group)
    _check_shard(shard, target, n_classes, own)
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"label_smoothing must be from 0 to 1, got {label_smoothing!r}")
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction must be 'mean', 'sum' or 'none', got {reduction!r}")
    counts = target != ignore_index
    wrong = target[counts & ((target < 0) | (target >= n_classes))]
    if wrong.numel():
        message = f"target must be from 0 to {n_classes - 1}, got {int(wrong.flatten()[0])}"
        raise IndexError(f"{message}: to leave a token out, pass ignore_index={ignore_index}")
    z = shard.float() if shard.dtype in (torch.float16, torch.bfloat16) else shard
    here = (target >= own.start) & (target < own.stop)
    smoothing = (1 - label_smoothing, label_smoothing / n_classes)
    arguments = (z, here, target - own.start, smoothing, group)
    loss: torch.Tensor = _ParallelCrossEntropy.apply(*arguments)  # type: ignore[no-untyped-call]
    loss = torch.where(counts, loss, 0)
    if reduction == "none":
        return loss
    return loss.sum() / counts.sum() if reduction == "mean" else loss.sum()


def _check_shard(shard: torch.Tensor, target: torch.Tensor, n_classes: int, own: slice) -> None:
    """Raise unless ``shard`` holds the classes of this rank, a row for each target."""
    width = own.stop - own.start
    if shard.shape[-1:] != (width,):
        message = f"shard must have {width} classes on this rank, got shape {(*shard.shape,)}"
        advice = ""
        if shard.shape[-1:] == (n_classes,):
            advice = f": these are the logits of all ranks, pass shard[..., {own.start}:{own.stop}]"
        raise ValueError(f"{message}{advice}")
    if shard.shape[:-1] != target.shape:
        got = f"shard of shape {(*shard.shape,)} and target of shape {(*target.shape,)}"
        raise ValueError(f"shard must have one row for each target, got {got}")


def token_mean(
    losses: torch.Tensor, counts: torch.Tensor | None = None, *, group: Group = None
) -> torch.Tensor:
    """Return this rank's part of the mean loss, when ranks have different numbers of tokens.

    The mean over the ranks of what is returned is the mean over all tokens. So gradients that are
    averaged over the ranks, as ``DistributedDataParallel`` does, are those of that mean.

    Parameters
    ----------
    losses : torch.Tensor, any shape
        The loss of each token of this rank.
    counts : torch.Tensor of bool, same shape, optional
        Where a token counts; by default everywhere.
    group : torch.distributed.ProcessGroup, optional
        The ranks that share the tokens; by default all.

    Returns
    -------
    torch.Tensor, shape ()
        The sum of this rank's losses, times the number of ranks, divided by the number of tokens
        on all ranks. NaN if no token counts on any rank.

    Raises
    ------
    ValueError
        If ``counts`` has another shape than ``losses``.

    Notes
    -----
    One number is sent. A mean of the ranks' own means gives each rank the same weight, however
    few tokens it has.

    Examples
    --------
    >>> import torch
    >>> import torch.distributed as dist
    >>> from softmax_lessons.pytorch.distributed import token_mean
    >>> dist.init_process_group("gloo", rank=0, world_size=1, store=dist.HashStore())
    >>> token_mean(torch.tensor([1.0, 2.0, 9.0]), torch.tensor([True, True, False]))
    tensor(1.5000)
    >>> dist.destroy_process_group()
    """
    if counts is None:
        counts = torch.ones_like(losses, dtype=torch.bool)
    if counts.shape != losses.shape:
        got = f"{(*counts.shape,)} and {(*losses.shape,)}"
        raise ValueError(f"counts must have the shape of losses, got {got}")
    tokens = counts.sum()
    dist.all_reduce(tokens, group=group)
    return torch.where(counts, losses, 0).sum() * dist.get_world_size(group) / tokens


# --- starting the ranks -----------------------------------------------------------------------


def launch(function: Callable[..., Any], *arguments: Any, ranks: int = 2) -> list[Any]:
    """Run a function in several processes that can talk to each other, as ``torchrun`` does.

    Parameters
    ----------
    function : callable
        What each rank runs; it may come from a cell of a notebook. The default group of
        ``torch.distributed`` is there already, over gloo, which needs no GPU.
    *arguments : object
        What it is called with, the same on each rank.
    ranks : int, default 2
        How many processes to start, 1 or more.

    Returns
    -------
    list
        What the function returned on each rank, in their order.

    Raises
    ------
    ValueError
        If ``ranks`` is below 1.
    RuntimeError
        If a rank failed: the text quotes its error. The others are stopped.

    Notes
    -----
    It starts ``torchrun --standalone --nproc-per-node=RANKS``. One process alone waits at most a
    minute for the others. What ranks print is not shown: return it.

    Examples
    --------
    >>> import torch.distributed as dist
    >>> from softmax_lessons.pytorch.distributed import launch
    >>> launch(dist.get_rank)
    [0, 1]
    """
    import cloudpickle  # type: ignore[import-untyped] # pickles functions of notebooks, too

    if ranks < 1:
        raise ValueError(f"ranks must be 1 or more, got {ranks!r}")
    with TemporaryDirectory() as folder:
        Path(folder, "job").write_bytes(cloudpickle.dumps((function, arguments)))
        torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
        torchrun += ["--local-addr=localhost", f"--nproc-per-node={ranks}"]
        done = subprocess.run(
            [*torchrun, "-m", __name__, folder],
            env={"OMP_NUM_THREADS": "1", **os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=False,
        )
        failed = Path(folder, "failed")
        if failed.exists():
            raise RuntimeError(failed.read_text())
        if done.returncode:
            raise RuntimeError(f"the ranks did not finish: {done.stderr.strip()}")
        return [pickle.loads(Path(folder, f"rank-{i}").read_bytes()) for i in range(ranks)]


def _run_rank(folder: str) -> None:
    """Run the job in a folder as one rank, and leave the answer there."""
    import cloudpickle

    function, arguments = pickle.loads(Path(folder, "job").read_bytes())
    dist.init_process_group("gloo", timeout=timedelta(minutes=1))
    rank = dist.get_rank()
    try:
        Path(folder, f"rank-{rank}").write_bytes(cloudpickle.dumps(function(*arguments)))
    except Exception as error:
        # The first to fail says why: its end is what the others complain about.
        with suppress(FileExistsError), Path(folder, "failed").open("x") as file:
            file.write(f"rank {rank} failed: {type(error).__name__}: {error}")
        raise
    finally:
        dist.destroy_process_group()


if __name__ == "__main__":
    _run_rank(sys.argv[1])

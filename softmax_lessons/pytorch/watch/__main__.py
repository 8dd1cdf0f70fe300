"""Run a script unchanged, and watch its first steps.

``python -m softmax_lessons.pytorch.watch [--steps N] train.py ...`` runs ``train.py`` as
``python train.py ...`` would. It prints what it finds when the optimizer has taken its first N
steps, by default 3, or when the script ends; from then on the script runs by itself.
"""

from __future__ import annotations

import argparse
import runpy
import sys
from contextlib import ExitStack
from pathlib import Path

from torch.optim.optimizer import register_optimizer_step_post_hook

from softmax_lessons.pytorch.watch._mode import step_taken, watching
from softmax_lessons.pytorch.watch._report import Report


def main(arguments: list[str]) -> None:
    """Watch the script that the arguments name."""
    parser = argparse.ArgumentParser(
        prog="python -m softmax_lessons.pytorch.watch",
        description="Run a training script unchanged, and name the misuse of softmax in it.",
    )
    parser.add_argument("--steps", type=int, default=3, help="how many steps to watch (3)")
    parser.add_argument("script", help="the script, followed by its own arguments")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.steps < 1:
        parser.error(f"--steps must be 1 or more, got {asked.steps}")
    if not Path(asked.script).is_file():
        parser.error(f"there is no file {asked.script}")
    report, left, off = Report(), asked.steps, ExitStack()

    def stop() -> None:
        off.close()
        print(report, file=sys.stderr, flush=True)

    def one_more(*_: object) -> None:
        nonlocal left
        left -= 1
        step_taken(watcher)
        if left == 0:
            stop()

    sys.argv = [asked.script, *asked.arguments]
    sys.path[0] = str(Path(asked.script).resolve().parent)
    watcher = off.enter_context(watching(report, steps=False))
    hook = register_optimizer_step_post_hook(one_more)  # it cannot go while it runs
    try:
        runpy.run_path(asked.script, run_name="__main__")
    finally:
        hook.remove()
        if left > 0:
            stop()


if __name__ == "__main__":
    main(sys.argv[1:])

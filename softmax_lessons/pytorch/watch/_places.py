"""Where in the reader's code something happens: file, line, and the module's path in the model."""

from __future__ import annotations

import os
import sys
import sysconfig
import weakref
from dataclasses import dataclass
from types import FrameType

import torch

TORCH = os.path.dirname(torch.__file__) + os.sep
OVERRIDES = torch.overrides.__file__
CATEGORICAL = os.path.join(TORCH, "distributions", "categorical.py")
OURS = os.path.dirname(os.path.dirname(__file__)) + os.sep
STANDARD = sysconfig.get_paths()["stdlib"] + os.sep
INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
CALL_OF_A_MODULE = torch.nn.Module._call_impl.__code__
STEP_OF_AN_OPTIMIZER = torch.optim.Optimizer.profile_hook_step(len).__code__
_of_readers: dict[str, bool] = {}


@dataclass(frozen=True)
class Site:
    """A place in the reader's code, and the modules that were running there, outermost first."""

    file: str
    line: int
    call: int  # which call of the line
    caller: str  # the file that called torch, or that of torch that did
    library: str  # the innermost file that is neither torch's nor the reader's
    modules: tuple[weakref.ref[torch.nn.Module], ...]

    @property
    def module(self) -> str:
        """The path of the innermost module, such as ``Net.head.1``; empty outside of any."""
        alive = [module for module in (ref() for ref in self.modules) if module is not None]
        running = [module for module in alive if type(module).__name__ != "OptimizedModule"]
        if not running:
            return ""
        root, inner = running[0], running[-1]
        path = next((name for name, module in root.named_modules() if module is inner), None)
        if path is None:  # called from a model that does not own it
            return type(inner).__name__
        return type(root).__name__ + (f".{path}" if path else "")


def is_of_reader(file: str) -> bool:
    """Tell the reader's files from those of torch, of Python, of this package and of libraries."""
    known = _of_readers.get(file)
    if known is None:
        library = file.startswith((TORCH, OURS, STANDARD, "<frozen", "<eval_with_key"))
        known = _of_readers[file] = not library and not any(part in file for part in INSTALLED)
    return known


def from_categorical() -> bool:
    """Tell whether it is torch.distributions.Categorical that calls torch."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith((OURS, OVERRIDES)):
        frame = frame.f_back
    return frame is not None and frame.f_code.co_filename == CATEGORICAL


def in_an_optimizer() -> bool:
    """Tell whether it is an optimizer that calls torch."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code is not STEP_OF_AN_OPTIMIZER:
        frame = frame.f_back
    return frame is not None


def here() -> Site:
    """Return the place of the call that is being watched."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(OURS):
        frame = frame.f_back
    while frame is not None and frame.f_code.co_filename == OVERRIDES:
        frame = frame.f_back
    caller = reader = library = frame
    while library is not None and library.f_code.co_filename.startswith((TORCH, OURS)):
        library = library.f_back
    while reader is not None and not is_of_reader(reader.f_code.co_filename):
        reader = reader.f_back
    reader = reader or library or caller  # all of it may be a library's
    modules: list[weakref.ref[torch.nn.Module]] = []
    while frame is not None:
        if frame.f_code is CALL_OF_A_MODULE:
            module = frame.f_locals.get("self")
            if module is not None and not (modules and modules[-1]() is module):
                modules.append(weakref.ref(module))
        frame = frame.f_back
    if reader is None or caller is None:
        return Site("", 0, 0, "", "", ())
    return Site(
        file=reader.f_code.co_filename,
        line=reader.f_lineno,
        call=reader.f_lasti,
        caller=caller.f_code.co_filename,
        library=library.f_code.co_filename if library and library is not reader else "",
        modules=tuple(reversed(modules)),
    )

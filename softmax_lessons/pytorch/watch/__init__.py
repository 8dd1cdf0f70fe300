"""Watch a training step, and name the misuse of softmax in it.

``watch`` follows where tensors come from while a step runs, and reports what goes wrong on the way
from the scores to the loss, with file, line and the numbers of this very step. The step itself runs
as it would without: the same results, gradients and random numbers.
"""

from softmax_lessons.pytorch.watch._report import Finding, MisuseError, Report
from softmax_lessons.pytorch.watch._watch import watch

__all__ = ["Finding", "MisuseError", "Report", "watch"]

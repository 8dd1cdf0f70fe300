"""What the lessons share in PyTorch; what trains a model can be imported from here."""

try:
    import torch  # noqa: F401
except ImportError as error:
    raise ImportError(
        'softmax_lessons.pytorch needs torch: pip install "softmax-lessons[torch]"'
    ) from error

from softmax_lessons.pytorch.training import History, SoftmaxRegression, fit, minibatches

__all__ = ["History", "SoftmaxRegression", "fit", "minibatches"]

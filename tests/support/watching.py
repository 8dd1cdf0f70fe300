"""What several tests of `watch` need: steps of a model, and a softmax with its own way back."""

import torch

from softmax_lessons.pytorch.watch import watch


def found_in_steps(model, loss, back=True):
    """Train ``model`` for a step on ``loss()``, then evaluate it; return the findings of both."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    model.train()
    with watch() as trained:
        value = loss()
        if back:
            value.backward()
            optimizer.step()
    assert trained.operations > 5
    model.eval()
    with watch() as evaluated, torch.no_grad():
        loss()
    return [*trained.findings, *evaluated.findings]


class Backward(torch.autograd.Function):
    """The way back through softmax, for those who write a way forward and keep its result."""

    @staticmethod
    def backward(ctx, slopes):
        (p,) = ctx.saved_tensors
        return p * (slopes - (p * slopes).sum(dim=-1, keepdim=True))

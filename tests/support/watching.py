"""Steps of a model that are watched, for the lane of `watch`."""

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

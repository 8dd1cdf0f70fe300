"""A step of a model that must be silent, for the lane of `watch`."""

import torch

from softmax_lessons.pytorch.watch import watch


def silent_step(model, loss, back=True):
    """Train ``model`` for a step on ``loss()``, in training and in evaluation; nothing is found."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    model.train()
    with watch() as report:
        value = loss()
        if back:
            value.backward()
            optimizer.step()
    assert not report.findings, report
    assert report.operations > 5
    model.eval()
    with watch() as report, torch.no_grad():
        loss()
    assert not report.findings, report

"""Each misuse, as people write it, is found; with variants of how a tensor gets to the loss."""

import warnings
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402
from support.watching import Backward  # noqa: E402
from torch import nn  # noqa: E402
from torch.utils.checkpoint import checkpoint  # noqa: E402

from softmax_lessons.pytorch.watch import _mode, watch  # noqa: E402
from softmax_lessons.pytorch.watch._catalog import CATALOG  # noqa: E402

N, K = 16, 5


@pytest.fixture(autouse=True)
def strict(monkeypatch):
    """Let an error of the tool itself be one."""
    monkeypatch.setattr(_mode, "STRICT", True)
    torch.manual_seed(0)


class Net(nn.Module):
    """A linear classifier with something after it."""

    def __init__(self, after, n_out=K):
        super().__init__()
        self.body = nn.Linear(8, n_out)
        self.after = after

    def forward(self, x):
        return self.after(self.body(x))


class Function(nn.Module):
    """A function as a module."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, z):
        return self.function(z)


def batch(n=N):
    return torch.randn(n, 8), torch.arange(n) % K


def findings(step):
    """What is found in a step."""
    report = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with watch() as report:
                step()
        except RuntimeError:
            pass
    for finding in report.findings:
        assert finding.file == __file__, finding
        assert finding.line > 0
        assert finding.sentence.endswith(".")
        assert finding.cure
        assert "nan" not in finding.evidence.lower().replace("nan.", "")[:5]
    return report.findings


def found(step):
    """The level of each misuse that is found in a step."""
    return {finding.misuse: finding.level for finding in findings(step)}


def step(after, loss_fn=F.cross_entropy, target=None, n_out=K):
    """A training step of a model that ends with ``after``."""

    def run():
        x, y = batch()
        model = Net(Function(after), n_out)
        loss = loss_fn(model(x), y if target is None else target(y))
        loss.backward()

    return run


def several(y):
    """Targets with several ones a row."""
    return (torch.arange(K) <= y[:, None]).float()


def hot(y):
    return F.one_hot(y, K).float()


def attention(weights, shape=(2, 6, 4)):
    """Attention by hand, with ``weights(scores, keep)``; the last two keys are padding."""

    def run():
        q, k, v = (torch.randn(shape, requires_grad=True) for _ in range(3))
        keep = torch.ones(shape[0], 1, shape[1], dtype=torch.bool)
        keep[..., -2:] = False
        out = weights(q @ k.transpose(-2, -1), keep) @ v
        out.square().mean().backward()

    return run


def sentences(lengths=(7, 7)):
    """Scores of two sentences, of shape (2, K, 7), and labels, padded with -100."""
    y = torch.randint(K, (len(lengths), 7))
    y[torch.arange(7) >= torch.tensor(lengths)[:, None]] = -100
    return torch.randn(len(lengths), K, 7, requires_grad=True), y


def sum_of_means():
    z, y = sentences((3, 7))
    losses = [F.cross_entropy(z[i : i + 1], y[i : i + 1]) for i in range(2)]
    sum(losses).backward()


class ByHand(Backward):
    """Softmax with a way back of its own."""

    @staticmethod
    def forward(ctx, z):
        p = z.softmax(dim=-1)
        ctx.save_for_backward(p)
        return p


def several_models_at_once():
    models = [nn.Linear(8, K) for _ in range(3)]
    weights, _ = torch.func.stack_module_state(models)

    def loss(weights, x, y):
        return F.nll_loss(5 * torch.func.functional_call(models[0], weights, x), y)

    torch.func.vmap(torch.func.grad(loss), in_dims=(0, None, None))(weights, *batch())


def padding_on_the_left():
    x = nn.Linear(8, 8)(torch.randn(2, 6, 8))
    keep = torch.arange(6) >= torch.tensor([[0], [2]])
    with torch.autocast("cpu", torch.bfloat16):
        seen = keep[:, None] & torch.ones(6, 6).tril().bool()
        scores = (x @ x.mT).masked_fill(~seen, -torch.inf)
        (scores.softmax(dim=-1) @ x).float().sum().backward()


def distilled_pictures():
    student, teacher = torch.randn(2, K, 4, 4, requires_grad=True), torch.randn(2, K, 4, 4)
    losses = F.kl_div(student.softmax(dim=1), teacher.softmax(dim=1), reduction="none")
    (losses * torch.ones(2, 1, 4, 4)).sum().backward()


def accumulated_means():
    model = nn.Linear(8, K)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for length in (3, 7):
        _, y = sentences((length,))
        (F.cross_entropy(model(torch.randn(1, 7, 8)).view(-1, K), y.view(-1)) / 2).backward()
    optimizer.step()


def means_by_sentences():
    z, y = sentences((3, 7))
    total = 0.0
    for i in range(2):
        total = total + F.cross_entropy(z[i : i + 1], y[i : i + 1]) * len(y[i : i + 1])
    (total / len(y)).backward()


def means_of_steps():
    loss_fn, y = nn.CrossEntropyLoss(ignore_index=0), torch.tensor([[3, 4, 0], [3, 4, 2]])
    z = torch.randn(2, 3, K, requires_grad=True)
    sum(loss_fn(z[:, t], y[:, t]) for t in range(3)).backward()


def masked_to_nothing(fill):
    """Scores of two sentences, one of them all padding."""

    def run(dtype=torch.float32):
        scores = torch.randn(2, 6, 6, dtype=dtype, requires_grad=True)
        keep = torch.ones(2, 1, 6, dtype=torch.bool)
        keep[1] = False
        fill(scores, keep).softmax(dim=-1).sum().backward()

    return run


SOFTMAX_FIRST = {
    "function": lambda z: F.softmax(z, dim=1),
    "torch": lambda z: torch.softmax(z, -1),
    "method": lambda z: z.softmax(dim=-1),
    "module": nn.Softmax(dim=-1),
    "aten": lambda z: torch.ops.aten.softmax(z, -1),
    "view": lambda z: z.softmax(-1).view(N, K).contiguous(),
    "permuted": lambda z: z.T.softmax(0).T,
    "cast": lambda z: z.double().softmax(-1).float(),
    "half": lambda z: z.bfloat16().softmax(-1).float(),
    "rows": lambda z: torch.stack([row.softmax(-1) for row in z]),
    "cat": lambda z: torch.cat([part.softmax(-1) for part in z.chunk(4)]),
    "clamped": lambda z: z.softmax(-1).clamp(1e-7, 1 - 1e-7),
    "eps": lambda z: z.softmax(-1) + 1e-8,
    "by hand": lambda z: z.exp() / z.exp().sum(-1, keepdim=True),
    "normalized": lambda z: z.relu().add(0.1) / z.relu().add(0.1).sum(-1, keepdim=True),
    "checkpoint": lambda z: checkpoint(lambda t: t.softmax(-1), z, use_reentrant=False),
    "reentrant": lambda z: checkpoint(lambda t: t.softmax(-1), z, use_reentrant=True),
    "dropout": lambda z: F.dropout(z.softmax(-1), 0.0),
    "gumbel": lambda z: F.gumbel_softmax(z, dim=-1),
    "log-softmax of softmax": lambda z: F.log_softmax(z.softmax(-1), -1),
    "temperature afterwards": lambda z: z.softmax(-1) / 0.5,
    "with a way back of its own": ByHand.apply,
    "compiled": lambda z: torch.compile(lambda t: t.softmax(-1), backend="eager")(z),
}


@pytest.mark.parametrize("name", SOFTMAX_FIRST)
def test_softmax_before_the_loss(name):
    assert found(step(SOFTMAX_FIRST[name])).get("softmax-first") == "wrong"


def smooth(z, y):
    return nn.CrossEntropyLoss(label_smoothing=0.1)(z, y)


def by_parts(z, y):
    return F.nll_loss(F.log_softmax(z, dim=-1), y)


def by_categorical(z, y):
    return -torch.distributions.Categorical(logits=z).log_prob(y).mean()


def by_logsumexp(z, y):
    return (z.logsumexp(-1) - z.gather(1, y[:, None])[:, 0]).mean()


@pytest.mark.parametrize("loss", [nn.CrossEntropyLoss(), smooth, by_parts, by_categorical,
                                  by_logsumexp])  # fmt: skip
def test_softmax_before_losses_of_all_kinds(loss):
    assert found(step(nn.Softmax(dim=-1), loss))["softmax-first"] == "wrong"


def test_softmax_before_the_loss_of_pictures_and_under_transforms():
    def pictures():
        z = torch.randn(2, K, 4, 4, requires_grad=True)
        F.cross_entropy(z.softmax(dim=1), torch.randint(K, (2, 4, 4))).backward()

    def autocast():
        x, y = batch()
        with torch.autocast("cpu", torch.bfloat16):
            F.cross_entropy(Net(nn.Softmax(-1))(x), y).backward()

    def grad():
        x, y = batch()
        w = torch.randn(8, K)
        torch.func.grad(lambda w: F.cross_entropy((x @ w).softmax(-1), y))(w)

    def vmap():
        x, y = batch()
        w = torch.randn(8, K)
        one = torch.func.grad(lambda w, x, y: F.cross_entropy((x @ w).softmax(-1), y))
        torch.func.vmap(one, in_dims=(None, 0, 0))(w, x, y)

    def functional_call():
        x, y = batch()
        net = Net(nn.Softmax(-1))
        F.cross_entropy(torch.func.functional_call(net, dict(net.named_parameters()), x), y)

    def evaluation():
        x, y = batch()
        with torch.no_grad():
            F.cross_entropy(Net(nn.Softmax(-1)).eval()(x), y)

    for run in (pictures, autocast, grad, vmap, functional_call, evaluation):
        assert found(run)["softmax-first"] == "wrong", run.__name__


def test_the_finding_says_where_and_how_much():
    model = nn.Sequential(nn.Linear(8, 10), nn.Sequential(nn.Softmax(dim=-1)))
    x = torch.randn(64, 8)
    y = torch.arange(64) % 10
    with watch() as report:
        z = model(x)  # here
        F.cross_entropy(z, y).backward()
    [finding] = report.findings
    lines = Path(__file__).read_text().splitlines()
    assert lines[finding.line - 1].endswith("z = model(x)  # here")
    assert finding.module == "Sequential.1.0"
    assert f"{finding.line + 1}" in finding.also
    assert "64 of 64 rows of 10 sum to 1" in finding.evidence
    assert "1.46" in finding.evidence  # ln(e + 9) - 1
    assert "times smaller" in finding.evidence
    logits = model[0](x).detach().requires_grad_()
    right = torch.autograd.grad(F.cross_entropy(logits, y), logits)[0].norm()
    twice = torch.autograd.grad(F.cross_entropy(logits.softmax(-1), y), logits)[0].norm()
    assert f"{right / twice:.2g} times" in finding.evidence


def mean_with_padding():
    z, y = sentences((3, 7))
    losses = F.cross_entropy(z, y.clamp(min=0), reduction="none")
    (losses * (y >= 0)).mean().backward()


def without_a_label():
    z, y = sentences((0, 0))
    F.cross_entropy(z, y).backward()


def zeros(z):
    """Scores of which a ReLU has set the first three of each row to 0."""
    return (z * 0 + torch.tensor([-1.0, -1, -1, 1, 2])).relu()


def far_apart(z, y):
    return F.nll_loss((z * 0 + torch.tensor([0.0, 0, 0, 0, 1000])).softmax(dim=-1).log(), y)


# What is said of a step, with numbers counted by hand.
SAID = [
    (masked_to_nothing(lambda scores, keep: scores.masked_fill(~keep, -torch.inf)),
     "empty-row", "6 of 12 rows of 6 scores are -inf throughout"),
    (without_a_label, "ignored-labels", "all 14 labels are -100"),
    (sum_of_means, "padded-means", "2 means of one line, over 3 to 7 tokens each: "
     "a token of one weighs 2.33 times as much as a token of another"),
    (mean_with_padding, "padded-means", "the mean is over 14 tokens, and 10 of them count: "
     "the loss is 1.4 times too small"),
    (attention(lambda s, keep: ((s * 0 + 1) * keep).softmax(-1)), "mask-hides-nothing",
     "4 of 12 numbers of the mask are 0; scores of 0 get up to 0.155 of a row"),  # 2 / (4 e + 2)
    (step(nn.Identity(), F.cross_entropy, several),
     "independent-labels", "12 of 16 examples have several labels"),
    (step(nn.Softmax(dim=-1), F.nll_loss),
     "nll-of-p", "16 rows of 5 numbers from 0 to 1 sum to 1"),
    (step(nn.Softmax(dim=-1), nn.KLDivLoss(reduction="batchmean"), hot),
     "kl-of-p", "the input's 16 rows sum to 1"),
    (step(zeros), "relu-before-loss", "48 of 80 logits are 0"),
    (step(nn.Identity(), far_apart), "log-of-softmax", "64 of 80 probabilities are 0"),
]  # fmt: skip


@pytest.mark.parametrize(("run", "misuse", "expected"), SAID)
def test_the_evidence_counts_what_is_there(run, misuse, expected):
    said = {finding.misuse: finding.evidence for finding in findings(run)}
    assert expected in said[misuse]


PADDED = torch.arange(4) < torch.tensor([[4], [2], [1]])  # True where there are words
MISUSES = {
    "softmax twice": (step(lambda z: z.softmax(-1).softmax(-1).log(), F.nll_loss),
                      "log-softmax-twice", "wrong"),
    "log_softmax twice": (step(nn.LogSoftmax(dim=-1)), "log-softmax-twice", "note"),
    "log_softmax and again": (step(lambda z: z.log_softmax(-1).log_softmax(-1), F.nll_loss),
                              "log-softmax-twice", "note"),
    "sigmoid twice": (step(lambda z: z.sigmoid().sigmoid(), F.binary_cross_entropy, hot),
                      "log-softmax-twice", "wrong"),
    "log of softmax": (step(lambda z: z.softmax(-1).log(), F.nll_loss),
                       "log-of-softmax", "suspicious"),
    "log of softmax, underflow": (step(lambda z: (200 * z).softmax(-1).log(), F.nll_loss),
                                  "log-of-softmax", "wrong"),
    "log of the true one": (
        step(lambda z: z.softmax(-1), lambda p, y: -p.gather(1, y[:, None]).log().mean()),
        "log-of-softmax", "suspicious"),
    "log of the true one by index": (
        step(lambda z: z.softmax(-1), lambda p, y: -torch.log(p[torch.arange(N), y]).mean()),
        "log-of-softmax", "suspicious"),
    "nll of p": (step(nn.Softmax(dim=-1), nn.NLLLoss()), "nll-of-p", "wrong"),
    "nll of p, view": (step(lambda z: z.softmax(-1).view(-1, K), F.nll_loss), "nll-of-p", "wrong"),
    "nll of sigmoid": (step(nn.Sigmoid(), F.nll_loss), "nll-of-p", "wrong"),
    "nll of logits": (step(lambda z: 3 * z, F.nll_loss), "nll-of-logits", "wrong"),
    "nll of logits, several models at once": (several_models_at_once, "nll-of-logits", "wrong"),
    "kl of p, pictures": (distilled_pictures, "kl-of-p", "wrong"),
    "empty row, padding on the left": (padding_on_the_left, "empty-row", "wrong"),
    "the last step, log-softmax over the batch": (
        lambda: F.nll_loss(torch.randn(7, N, K, requires_grad=True).log_softmax(dim=1)[-1],
                           torch.arange(N) % K).backward(), "wrong-dim", "wrong"),
    "ctc of logits": (
        lambda: F.ctc_loss(torch.randn(12, 2, K, requires_grad=True), torch.ones(2, 3).long(),
                           torch.tensor([12, 12]), torch.tensor([3, 3])).backward(),
        "nll-of-logits", "wrong"),
    "ctc of p": (
        lambda: F.ctc_loss(torch.randn(12, 2, K, requires_grad=True).softmax(-1),
                           torch.ones(2, 3).long(), torch.tensor([12, 12]),
                           torch.tensor([3, 3])).backward(),
        "nll-of-p", "wrong"),
    "argmax, error": (step(lambda z: z.argmax(-1), lambda c, y: (c != y).double().mean()),
                      "argmax-in-the-loss", "wrong"),
    "argmax, forced": (
        step(lambda z: z, lambda z, y: (z.argmax(-1) != y).double().mean().requires_grad_()),
        "argmax-in-the-loss", "wrong"),
    "argmax, mse": (
        step(lambda z: z.max(1)[1], lambda c, y: F.mse_loss(c.float(), y.float())
             .requires_grad_(True)), "argmax-in-the-loss", "wrong"),
    "argmax, one_hot": (
        step(lambda z: z, lambda z, y: F.l1_loss(F.one_hot(z.argmax(1), K).float(), hot(y))),
        "argmax-in-the-loss", "wrong"),
    "argmax, a part": (
        step(lambda z: z, lambda z, y: F.cross_entropy(z, y)
             + 0.5 * (z.argmax(-1) != y).float().mean()), "argmax-in-the-loss", "suspicious"),
    "threshold": (
        step(lambda z: (z.sigmoid() > 0.5).float(), lambda p, y: F.mse_loss(p, hot(y))),
        "argmax-in-the-loss", "wrong"),
    "rounded sigmoid, bce": (
        step(lambda z: z.sigmoid().round(), F.binary_cross_entropy, hot),
        "argmax-in-the-loss", "wrong"),
    "rounded sigmoid, mse": (
        step(lambda z: z.sigmoid().round().view(-1), lambda p, y: F.mse_loss(p, hot(y).view(-1))),
        "argmax-in-the-loss", "wrong"),
    "loss made anew": (
        step(lambda z: z, lambda z, y: torch.tensor(F.cross_entropy(z, y).item(),
                                                    requires_grad=True)), "no-slopes", "wrong"),
    "loss detached": (step(lambda z: z, lambda z, y: F.cross_entropy(z, y).detach()),
                      "no-slopes", "wrong"),
    "log_softmax down": (step(nn.LogSoftmax(dim=0), F.nll_loss), "wrong-dim", "wrong"),
    "log_softmax over time, flattened": (
        lambda: F.nll_loss(torch.randn(2, 7, K, requires_grad=True).log_softmax(1).view(-1, K),
                           torch.randint(K, (14,))).backward(), "wrong-dim", "wrong"),
    "pooling down the batch": (
        lambda: (lambda h: F.cross_entropy((h[..., :1].softmax(dim=0) * h).sum(dim=1),
                                           torch.arange(N) % K).backward())(
            2 * torch.randn(N, 7, K, requires_grad=True)), "wrong-dim", "suspicious"),
    "softmax down, mse": (step(nn.Softmax(dim=0), F.mse_loss, hot), "wrong-dim", "wrong"),
    "softmax down, bce": (step(nn.Softmax(dim=0), F.binary_cross_entropy, hot),
                          "wrong-dim", "wrong"),
    "softmax down, before the loss": (step(nn.Softmax(dim=0)), "wrong-dim", "wrong"),
    "softmax down, argmax": (
        lambda: torch.randn(N, K).softmax(dim=0).argmax(dim=1), "wrong-dim", "wrong"),
    "softmax over time": (
        lambda: F.nll_loss(torch.randn(2, 7, K, requires_grad=True).log_softmax(1)
                           .permute(0, 2, 1), torch.randint(K, (2, 7))).backward(),
        "wrong-dim", "wrong"),
    "weights down": (attention(lambda s, keep: s.softmax(dim=1)), "wrong-dim", "wrong"),
    "weights down, einsum with dots": (
        lambda: (lambda q: torch.einsum(
            "...qk,...kd->...qd", torch.einsum("q...d,...kd->...qk", q, q.movedim(0, -2))
            .softmax(-2), q.movedim(0, -2)).sum().backward())(
            torch.randn(6, 2, 3, 4, requires_grad=True)), "wrong-dim", "wrong"),
    "inside, down the batch": (
        step(lambda z: z * z.softmax(dim=0)), "wrong-dim", "suspicious"),
    "gather elsewhere": (
        step(lambda z: z.log_softmax(0), lambda p, y: -p.gather(1, y[:, None]).mean()),
        "wrong-dim", "wrong"),
    "no dim, matrix": (step(lambda z: F.log_softmax(z), F.nll_loss), "no-dim", "suspicious"),
    "no dim, module": (step(nn.LogSoftmax(), F.nll_loss), "no-dim", "suspicious"),
    "no dim, three": (lambda: F.softmax(torch.zeros(2, 3, 4)), "no-dim", "wrong"),
    "empty row": (masked_to_nothing(lambda s, keep: s.masked_fill(~keep, -torch.inf)),
                  "empty-row", "wrong"),
    "empty row, where": (
        masked_to_nothing(lambda s, keep: torch.where(keep, s, torch.tensor(-torch.inf))),
        "empty-row", "wrong"),
    "empty row, added": (
        masked_to_nothing(lambda s, keep: s + torch.zeros(2, 1, 6).masked_fill(~keep, -torch.inf)),
        "empty-row", "wrong"),
    "empty row, MultiheadAttention": (
        lambda: nn.MultiheadAttention(8, 2, batch_first=True)(
            *3 * [torch.randn(2, 4, 8)],
            key_padding_mask=torch.tensor([[False] * 4, [True] * 4]))[0].sum().backward(),
        "empty-row", "wrong"),
    "a million added": (masked_to_nothing(lambda s, keep: s + -1e6 * (~keep).float()),
                        "minus-a-million", "suspicious"),
    "a million in half": (
        lambda: masked_to_nothing(lambda s, keep: s + (-1e6 * (~keep).half()))(torch.float16),
        "minus-a-million", "wrong"),
    "a mask cast to half": (
        lambda: masked_to_nothing(lambda s, keep: s + (-1e9 * (~keep).float()).half())(
            torch.float16), "minus-a-million", "wrong"),
    "ten thousand in half": (
        attention(lambda s, keep: (s.half() + (1 - keep.half()) * -10000.0).softmax(-1).float()),
        "minus-a-million", "suspicious"),
    "float16 sum": (
        lambda: (lambda e: e / e.sum())(torch.zeros(70_000, dtype=torch.float16).exp()),
        "float16-sums", "wrong"),
    "float16 loss": (
        lambda: F.cross_entropy(torch.zeros(1, 70_000, dtype=torch.float16, requires_grad=True),
                                torch.tensor([0])), "float16-sums", "wrong"),
    "float16 sum of losses": (
        lambda: F.cross_entropy(torch.zeros(70_000, K, requires_grad=True).half(),
                                torch.zeros(70_000).long(), reduction="none").sum(),
        "float16-sums", "wrong"),
    "maximum from 0": (
        lambda: (lambda e: e / e.sum(-1, keepdim=True))(torch.exp(torch.randn(3, 4) - 1000)),
        "max-from-0", "wrong"),
    "exp overflows": (
        lambda: (lambda e: e / e.sum(-1, keepdim=True))(torch.exp(100 * torch.ones(3, 4))),
        "unshifted-exp", "wrong"),
    "rounded": (step(lambda z: z.softmax(-1).round(decimals=2).log(), F.nll_loss),
                "rounding", "wrong"),
    "rounded by hand": (
        step(lambda z: ((z.softmax(-1) * 100).round() / 100).clamp(1e-6), F.binary_cross_entropy,
             hot), "rounding", "wrong"),
    "drawn from rounded": (
        lambda: torch.multinomial((torch.randn(4, K).softmax(-1) * 100).round() / 100, 1),
        "rounding", "wrong"),
    "whole numbers": (lambda: torch.softmax(torch.ones(2, 3, dtype=torch.int8), -1),
                      "whole-numbers", "wrong"),
    "whole numbers, function": (lambda: F.log_softmax(torch.ones(2, 3, dtype=torch.long), 1),
                                "whole-numbers", "wrong"),
    "several labels": (step(lambda z: z, F.cross_entropy, several), "independent-labels", "wrong"),
    "several labels, bce": (step(nn.Softmax(-1), F.binary_cross_entropy, several),
                            "independent-labels", "wrong"),
    "several labels, logits": (
        step(nn.Softmax(-1), F.binary_cross_entropy_with_logits, several),
        "independent-labels", "wrong"),
    "sigmoid first": (step(nn.Sigmoid(), F.binary_cross_entropy_with_logits, hot),
                      "sigmoid-first", "wrong"),
    "sigmoid first, squeezed": (
        step(lambda z: z.sigmoid().squeeze(1), nn.BCEWithLogitsLoss(), lambda y: (y > 1).float(),
             n_out=1), "sigmoid-first", "wrong"),
    "sigmoid, cross-entropy": (step(lambda z: torch.sigmoid(z)), "sigmoid-first", "wrong"),
    "softmax, bce with logits": (
        step(nn.Softmax(-1), F.binary_cross_entropy_with_logits, hot), "softmax-first", "wrong"),
    "kl of p": (
        step(nn.Softmax(-1), lambda p, y: F.kl_div(p, torch.randn(N, K).softmax(-1))),
        "kl-of-p", "wrong"),
    "kl of logits": (
        step(lambda z: z, lambda z, y: nn.KLDivLoss(reduction="batchmean")(
            z, torch.randn(N, K).softmax(-1))), "kl-of-p", "wrong"),
    "kl, log target": (
        step(nn.LogSoftmax(-1), lambda z, y: F.kl_div(z, torch.randn(N, K).log_softmax(-1))),
        "kl-of-p", "wrong"),
    "kl, log_target of p": (
        step(nn.LogSoftmax(-1), lambda z, y: F.kl_div(z, torch.randn(N, K).softmax(-1),
                                                      log_target=True)), "kl-of-p", "wrong"),
    "mean over padding": (
        step(lambda z: z, lambda z, y: F.cross_entropy(
            z, y.masked_fill(y > 2, -100), reduction="none").mean()),
        "padded-means", "suspicious"),
    "mean of masked losses": (
        lambda: (F.cross_entropy(*sentences(), reduction="none") * (torch.arange(7) < 4)).mean()
        .backward(), "padded-means", "suspicious"),
    "sum of means": (sum_of_means, "padded-means", "suspicious"),
    "accumulated means": (accumulated_means, "padded-means", "suspicious"),
    "means by sentences": (means_by_sentences, "padded-means", "suspicious"),
    "a mean a step of a decoder": (means_of_steps, "padded-means", "suspicious"),
    "log-probabilities drawn from": (
        lambda: torch.distributions.Categorical(probs=torch.randn(4, K).log_softmax(-1)),
        "log-p-as-p", "wrong"),
    "mask after softmax, filled": (
        attention(lambda s, keep: s.softmax(-1).masked_fill(~keep, 0.0)),
        "mask-after-softmax", "wrong"),
    "one score, attention": (
        step(lambda z: torch.randn(N, 1) * z.softmax(-1), F.mse_loss,
             lambda y: y.float()[:, None], n_out=1), "one-class", "wrong"),
    "several labels, mse": (step(nn.Softmax(-1), F.mse_loss, several),
                            "independent-labels", "wrong"),
    "log-softmax down, by hand": (
        step(lambda z: z.log_softmax(0), lambda p, y: (p + torch.randn(N, K)).logsumexp(-1).mean()),
        "wrong-dim", "suspicious"),
    "soft targets along another dim": (
        lambda: -(torch.randn(2, N, K).softmax(-1)
                  * torch.randn(2, N, K, requires_grad=True).log_softmax(1)).sum(-1).mean(),
        "wrong-dim", "wrong"),
    "a class ignored": (
        step(lambda z: z, nn.CrossEntropyLoss(ignore_index=0)), "ignored-labels", "suspicious"),
    "all ignored": (
        step(lambda z: z, F.cross_entropy, lambda y: torch.full_like(y, -100)),
        "ignored-labels", "wrong"),
    "one class": (step(lambda z: z, F.cross_entropy, torch.zeros_like, n_out=1),
                  "one-class", "wrong"),
    "one class, bce": (
        step(nn.Softmax(-1), F.binary_cross_entropy, lambda y: (y > 1).float()[:, None], n_out=1),
        "one-class", "wrong"),
    "relu": (step(nn.ReLU()), "relu-before-loss", "suspicious"),
    "dropout": (step(nn.Dropout(0.5)), "dropout-on-logits", "suspicious"),
    "mask after softmax": (attention(lambda s, keep: s.div(2).softmax(-1) * keep),
                           "mask-after-softmax", "wrong"),
    "mask times scores": (attention(lambda s, keep: (s * keep / 2).softmax(-1)),
                          "mask-hides-nothing", "wrong"),
    "mask times scores, dropout": (
        attention(lambda s, keep: F.dropout((keep.float() * s.div(2)).softmax(-1), 0.1)),
        "mask-hides-nothing", "wrong"),
    "mask added": (
        lambda: F.scaled_dot_product_attention(
            *3 * [torch.randn(3, 2, 4, 8)], attn_mask=PADDED[:, None, None].float()),
        "mask-hides-nothing", "wrong"),
    "mask added, MultiheadAttention": (
        lambda: nn.MultiheadAttention(8, 2, batch_first=True)(
            *3 * [torch.randn(2, 4, 8)], attn_mask=torch.ones(4, 4).triu(1)),
        "mask-hides-nothing", "wrong"),
    "padding added": (
        lambda: nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)(
            torch.randn(3, 4, 8), src_key_padding_mask=(~PADDED).float()),
        "mask-hides-nothing", "wrong"),
    "scale after softmax, in place": (
        attention(lambda s, keep: s.softmax(-1).clone().div_(4**0.5)),
        "scale-after-softmax", "wrong"),
    "scale after softmax": (attention(lambda s, keep: s.softmax(-1) / 4**0.5),
                            "scale-after-softmax", "wrong"),
    "scale after softmax, einsum": (
        lambda: torch.einsum(
            "bqk,bkd->bqd",
            torch.einsum("bqd,bkd->bqk", *2 * [torch.randn(2, 6, 4, requires_grad=True)])
            .softmax(-1) * 0.5, torch.randn(2, 6, 4)).sum().backward(),
        "scale-after-softmax", "wrong"),
    "mask upside down": (
        lambda: F.scaled_dot_product_attention(
            *3 * [torch.randn(1, 2, 6, 4)], attn_mask=torch.ones(6, 6).triu(0).bool()),
        "inverted-mask", "suspicious"),
    "mask upside down, MultiheadAttention": (
        lambda: nn.MultiheadAttention(8, 2, batch_first=True)(
            *3 * [torch.randn(2, 4, 8)], attn_mask=torch.ones(4, 4).tril(0).bool()),
        "inverted-mask", "suspicious"),
    "padding upside down, MultiheadAttention": (
        lambda: nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)(
            torch.randn(3, 4, 8), src_key_padding_mask=PADDED), "inverted-mask", "suspicious"),
    "padding upside down": (
        lambda: F.scaled_dot_product_attention(
            *3 * [torch.randn(3, 2, 4, 8)], attn_mask=~PADDED[:, None, None]),
        "inverted-mask", "suspicious"),
    "view, not permute": (
        lambda: F.cross_entropy(torch.randn(2, K, 4, 4, requires_grad=True).view(-1, K),
                                torch.randint(K, (32,))).backward(), "view-not-permute", "wrong"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISUSES)
def test_misuse(name):
    run, misuse, level = MISUSES[name]
    assert found(run).get(misuse) == level


@pytest.mark.parametrize(
    "late", [lambda p, keep: p * keep, lambda p, keep: p.masked_fill(~keep, 0.0)]
)
def test_what_is_masked_before_and_after_softmax_is_hidden(late):
    run = attention(lambda s, keep: late((s * keep).softmax(-1), keep))
    assert found(run) == {"mask-after-softmax": "wrong"}


# The code in each cure that can be run as it stands.
CURES = {
    "softmax-first": "loss = F.cross_entropy(logits, y)",
    "log-of-softmax": "log_p = F.log_softmax(logits, dim=-1)",
    "nll-of-p": "log_p = F.log_softmax(logits, dim=-1)",
    "argmax-in-the-loss": "loss = F.cross_entropy(logits, y)",
    "wrong-dim": "torch.softmax(logits, dim=-1)",
    "no-dim": "torch.softmax(logits, dim=-1)",
    "empty-row": "some = keep.any(dim=-1, keepdim=True); "
    "p = scores.masked_fill(~keep & some, -torch.inf).softmax(dim=-1) * some",
    "minus-a-million": "scores = scores.masked_fill(~keep, torch.finfo(scores.dtype).min)",
    "float16-sums": "torch.softmax(scores, dim=-1, dtype=torch.float32)",
    "whole-numbers": "torch.softmax(scores.float(), dim=-1)",
    "independent-labels": "loss = F.binary_cross_entropy_with_logits(logits, y.float())",
    "kl-of-p": "F.kl_div(F.log_softmax(logits, dim=-1), target_p, reduction='batchmean')",
    "padded-means": "F.cross_entropy(logits, y, ignore_index=PAD, reduction='sum') / "
    "(y != PAD).sum()",
    "unshifted-exp": "torch.softmax(scores, dim=-1)",
    "mask-after-softmax": "scores.masked_fill(~keep, -torch.inf).softmax(dim=-1)",
    "mask-hides-nothing": "scores.masked_fill(~keep, -torch.inf).softmax(dim=-1)",
    "scale-after-softmax": "weights = torch.softmax(scores / d**0.5, dim=-1)",
    "view-not-permute": "logits.movedim(1, -1).reshape(-1, n_classes)",
    "log-p-as-p": "torch.distributions.Categorical(logits=log_p)",
}


@pytest.mark.parametrize("misuse", CURES)
def test_the_code_of_a_cure_runs_and_is_no_misuse(misuse):
    code = CURES[misuse]
    assert code in CATALOG[misuse].cure
    logits, labels = torch.randn(N, K, requires_grad=True), torch.arange(N) % K
    keep = torch.ones(2, 1, 6, dtype=torch.bool)
    keep[..., -2:] = False
    keep[1] &= misuse != "empty-row"  # there nothing is left of the second
    names = {
        "torch": torch,
        "F": F,
        "logits": torch.randn(N, K, 4) if misuse == "view-not-permute" else logits,
        "y": several(labels) if misuse == "independent-labels" else labels,
        "scores": torch.randn(2, 6, 6),
        "keep": keep,
        "target_p": hot(labels),
        "log_p": torch.randn(N, K).log_softmax(-1),
        "d": 6,
        "n_classes": K,
        "PAD": -100,
    }
    with watch() as report:
        exec(code if " = " in code else f"result = {code}", names)
    assert report.findings == []
    tensors = [value for value in names.values() if isinstance(value, torch.Tensor)]
    assert all(bool(tensor.isfinite().all()) for tensor in tensors)

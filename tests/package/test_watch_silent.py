"""Right uses of softmax that look wrong, and small correct programs: nothing is found in them."""

import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402
from support.watching import Backward  # noqa: E402
from torch import nn  # noqa: E402
from torch.distributions import Categorical  # noqa: E402
from torch.utils.checkpoint import checkpoint  # noqa: E402

from softmax_lessons.pytorch.watch import _mode, watch  # noqa: E402

N, T, D, K = 8, 6, 16, 5


@pytest.fixture(autouse=True)
def strict(monkeypatch):
    """Let an error of the tool itself be one."""
    monkeypatch.setattr(_mode, "STRICT", True)
    torch.manual_seed(0)


def x_and_y(n_classes=K):
    return torch.randn(N, D), torch.arange(N) % n_classes


def sentences():
    """Words, their labels, and which of them are real; sentences of different lengths."""
    lengths = torch.tensor([6, 5, 4, 6, 3, 6, 2, 1])
    keep = torch.arange(T) < lengths[:, None]
    return torch.randn(N, T, D), torch.randint(1, K, (N, T)), keep


def mlp(n_out=K):
    return nn.Sequential(nn.Linear(D, D), nn.ReLU(), nn.Dropout(0.1), nn.Linear(D, n_out))


class Experts(nn.Module):
    """A mixture of experts: softmax routes, its probabilities weigh the experts."""

    def __init__(self, n=4, k=2):
        super().__init__()
        self.router = nn.Linear(D, n)
        self.experts = nn.ModuleList(nn.Linear(D, D) for _ in range(n))
        self.k = k

    def forward(self, x):
        p = self.router(x).softmax(dim=-1)
        weights, places = p.topk(self.k, dim=-1)
        weights = weights / weights.sum(dim=-1, keepdim=True)
        out = torch.stack([expert(x) for expert in self.experts], dim=1)
        picked = out.gather(1, places[..., None].expand(-1, -1, D))
        used = F.one_hot(places, p.shape[-1]).float().mean(dim=(0, 1))
        return (weights[..., None] * picked).sum(dim=1), (used * p.mean(dim=0)).sum()


class Attention(nn.Module):
    """Attention by hand, with a mask in the right place."""

    def __init__(self, heads=2, fill=-torch.inf):
        super().__init__()
        self.qkv = nn.Linear(D, 3 * D)
        self.heads, self.fill = heads, fill

    def forward(self, x, keep):
        n, t, _ = x.shape
        q, k, v = self.qkv(x).view(n, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
        scores = scores.masked_fill(~keep[:, None, None, :], self.fill)
        return (F.dropout(scores.softmax(dim=-1), 0.1) @ v).transpose(1, 2).reshape(n, t, -1)


def classifier():
    x, y = x_and_y()
    model = nn.Sequential(mlp(), nn.Identity())
    optimizer = torch.optim.Adam(model.parameters())
    for _ in range(2):
        optimizer.zero_grad()
        F.cross_entropy(model(x), y, label_smoothing=0.1).backward()
        optimizer.step()
    with torch.no_grad():
        p = model.eval()(x).softmax(dim=-1)
        (p.argmax(dim=-1) == y).float().mean().item()


def by_parts():
    x, y = x_and_y()
    nn.NLLLoss()(mlp()(x).log_softmax(dim=-1), y).backward()


def router():
    x, y = x_and_y()
    experts, head = Experts(), nn.Linear(D, K)
    out, balance = experts(x)
    (F.cross_entropy(head(out), y) + 0.01 * balance).backward()


def gate_before_a_layer():
    x, y = x_and_y()
    F.cross_entropy(nn.Linear(D, K)(nn.Linear(D, D)(x).softmax(dim=-1)), y).backward()


def squeeze_and_excite():
    x = torch.randn(2, 8, 4, 4)
    gate = nn.Sequential(nn.Linear(8, 8), nn.Sigmoid())(x.mean(dim=(2, 3)))
    y = torch.randint(2, (2, 8, 4, 4)).float()
    z = nn.Conv2d(8, 8, 1)(x) * gate[..., None, None]
    F.binary_cross_entropy_with_logits(z, y).backward()


def policy_gradient():
    x, _ = x_and_y()
    policy = Categorical(probs=mlp()(x).softmax(dim=-1))
    action = policy.sample()
    loss = -(policy.log_prob(action) * torch.randn(N)).mean() - 0.01 * policy.entropy().mean()
    loss.backward()


def policy_from_logits():
    x, _ = x_and_y()
    z = mlp()(x)
    policy = Categorical(logits=z)
    ratio = (policy.log_prob(policy.sample()) - torch.randn(N)).exp()
    clipped = torch.min(ratio * 0.5, ratio.clamp(0.8, 1.2) * 0.5)
    (-clipped.mean() + policy.probs.square().mean()).backward()


def gaussian_policy():
    x, _ = x_and_y()
    policy = torch.distributions.Normal(nn.Linear(D, 2)(x), nn.Parameter(torch.zeros(2)).exp())
    (-policy.log_prob(policy.sample()).sum(dim=-1) * torch.randn(N)).mean().backward()


def mixture_density():
    x, _ = x_and_y()
    mean = nn.Linear(D, 3)(x)
    parts = Categorical(nn.Linear(D, 3)(x).softmax(dim=-1))
    normal = torch.distributions.Normal(mean, torch.ones_like(mean))
    mixture = torch.distributions.MixtureSameFamily(parts, normal)
    (-mixture.log_prob(torch.randn(N))).mean().backward()


def soft_targets():
    x, _ = x_and_y()
    with torch.no_grad():
        teacher = mlp()(x).softmax(dim=-1)
    F.cross_entropy(mlp()(x), teacher).backward()


def distillation():
    x, y = x_and_y()
    student, teacher, t = mlp()(x), mlp()(x).detach(), 4.0
    soft = F.kl_div((student / t).log_softmax(dim=-1), (teacher / t).softmax(dim=-1),
                    reduction="batchmean") * t**2  # fmt: skip
    soft = soft + F.kl_div(student.log_softmax(-1), teacher.log_softmax(-1), log_target=True,
                           reduction="batchmean")  # fmt: skip
    (0.5 * soft + 0.5 * F.cross_entropy(student, y)).backward()


def entropy_and_focal():
    x, y = x_and_y()
    z = mlp()(x)
    log_p = z.log_softmax(dim=-1)
    entropy = -(log_p.exp() * log_p).sum(dim=-1).mean()
    ce = F.cross_entropy(z, y, reduction="none")
    ((1 - (-ce).exp()) ** 2 * ce).mean().sub(0.01 * entropy).backward()


def entropy_with_eps():
    x, y = x_and_y()
    z = mlp()(x)
    p = z.softmax(dim=-1)
    (F.cross_entropy(z, y) - 0.1 * -(p * (p + 1e-8).log()).sum(dim=-1).mean()).backward()


def contrastive():
    a, b = (F.normalize(nn.Linear(D, D)(torch.randn(N, D)), dim=-1) for _ in range(2))
    z = a @ b.T / 0.07
    y = torch.arange(N)
    (F.cross_entropy(z, y) + F.cross_entropy(z.T, y)).backward()


def supervised_contrastive():
    x, y = x_and_y()
    f = F.normalize(nn.Linear(D, D)(x), dim=-1)
    z = (f @ f.T / 0.1).masked_fill(torch.eye(N, dtype=torch.bool), -torch.inf)
    same = (y[:, None] == y).float().fill_diagonal_(0)
    log_p = z - z.logsumexp(dim=1, keepdim=True)
    (-(log_p.masked_fill(same == 0, 0.0)).sum(1) / same.sum(1).clamp(min=1)).mean().backward()


def attention():
    x, y, keep = sentences()
    out = nn.Linear(D, K)(Attention()(x, keep))
    F.cross_entropy(out.flatten(0, 1), y.masked_fill(~keep, -100).flatten()).backward()


def attention_filled_with_the_lowest():
    x, y, keep = sentences()
    keep = keep.clone()
    keep[-1] = False  # a sentence of padding alone
    out = nn.Linear(D, K)(Attention(fill=torch.finfo(torch.float32).min)(x, keep))
    F.cross_entropy(out.transpose(1, 2), y.masked_fill(~keep, -100)).backward()


def attention_of_half():
    x, _, keep = sentences()
    with torch.autocast("cpu", torch.bfloat16):
        out = Attention(fill=torch.finfo(torch.bfloat16).min)(x, keep)
    out.float().square().mean().backward()


def attention_with_an_added_mask():
    x, _, keep = sentences()
    mask = (1.0 - keep[:, None, :].float()) * -1e9
    q = nn.Linear(D, D)(x)
    ((q @ q.mT / 4 + mask).softmax(dim=-1) @ q).sum().backward()


def empty_row_seen_to():
    x, _, keep = sentences()
    keep = keep.clone()
    keep[0] = False
    q = nn.Linear(D, D)(x)
    some = keep.any(dim=-1)[:, None, None]
    scores = (q @ q.mT / 4).masked_fill(~keep[:, None, :] & some, -torch.inf)
    zeros = scores.softmax(dim=-1) * some @ q
    scores = (q @ q.mT / 4).masked_fill(~keep[:, None, :], -torch.inf)
    (zeros + scores.softmax(dim=-1).nan_to_num(0.0) @ q).sum().backward()


def fused_attention():
    x, _, keep = sentences()
    q = nn.Linear(D, D)(x)[:, None]
    causal = torch.ones(T, T, dtype=torch.bool).tril()
    masks = keep[:, None, None], causal, causal & keep[:, None, None]
    out = sum(F.scaled_dot_product_attention(q, q, q, attn_mask=mask) for mask in masks)
    (out + F.scaled_dot_product_attention(q, q, q, is_causal=True)).sum().backward()


def transformer():
    x, y, keep = sentences()
    layer = nn.TransformerEncoderLayer(D, 2, 32, batch_first=True)
    model = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
    causal = nn.Transformer.generate_square_subsequent_mask(T)
    h = model(x, mask=causal, src_key_padding_mask=(~keep).float().masked_fill(~keep, -torch.inf))
    z = nn.Linear(D, K)(h)
    F.cross_entropy(z.view(-1, K), y.view(-1)).backward()
    model.eval()
    with torch.no_grad():
        model(x)


def padding_is_ignored():
    x, y, keep = sentences()
    y = y.masked_fill(~keep, 0)
    z = nn.Linear(D, K)(x)
    F.cross_entropy(z.view(-1, K), y.view(-1), ignore_index=0).backward()
    losses = F.cross_entropy(z.mT, y, ignore_index=0, reduction="none")
    z = nn.Linear(D, K)(x)
    losses = F.cross_entropy(z.mT, y, reduction="none")
    ((losses * keep).sum() / keep.sum()).backward()


def means_divided_by_the_share_of_words():
    x, y, keep = sentences()
    layer = nn.Linear(D, K)

    def losses():
        return F.cross_entropy(layer(x).mT, y, reduction="none") * keep

    (losses().mean() / keep.float().mean()).backward()
    (torch.mean(losses()) * keep.numel() / keep.sum() / 4).backward()
    (losses().mean(dim=1) / keep.float().mean(dim=1)).mean().backward()
    with torch.no_grad():
        losses().mean() / keep.float().mean()


def dropout_by_hand():
    x = nn.Linear(D, D)(torch.randn(N, T, D))
    weights = (x @ x.mT / D**0.5).softmax(dim=-1)
    (weights * (torch.rand(N, T, T) < 0.9) / 0.9 @ x).sum().backward()


def masks_of_zeros_and_ones():
    """Multiplied into scores that are masked in another way, too; and one that is learned."""
    x, _, keep = sentences()
    x, keep = nn.Linear(D, D)(x), keep[:, None].float()
    scores, bias = x @ x.mT, nn.Parameter(torch.eye(T))
    weights = (scores * keep).softmax(dim=-1) * keep
    several = (
        weights / (weights.sum(dim=-1, keepdim=True) + 1e-13),
        (scores * keep - 1e4 * (1 - keep)).softmax(dim=-1),
        (scores * keep).masked_fill(keep == 0, -torch.inf).softmax(dim=-1),
        (scores * keep.mT.expand(N, T, T)).softmax(dim=-1),  # a query of padding looks anywhere
        scores * torch.ones(T, T).tril(),
    )
    outs = [weights @ x for weights in several]
    sum(outs, F.scaled_dot_product_attention(x, x, x, bias)).sum().backward()


def changed_in_place():
    x, y, keep = sentences()
    loss = (F.cross_entropy(nn.Linear(D, K)(x).mT, y, reduction="none") * keep).mean()
    loss /= keep.float().mean()
    loss.backward()
    with torch.no_grad():
        labels = torch.ones(N, D)
        for change in (
            lambda p: p.sub_(0.5),
            lambda p: p.zero_(),
            lambda p: p.__setitem__(slice(None), x[:, 0]),
        ):
            p = x[:, 0].softmax(dim=-1)
            change(p)
            F.binary_cross_entropy_with_logits(p, labels)


class Words(nn.Module):
    """Scores of the next word, and sentences of so many words, padded."""

    def __init__(self):
        super().__init__()
        self.words, self.head = nn.Embedding(K, D), nn.Linear(D, K)

    def forward(self, ids):
        return self.head(self.words(ids)).flatten(0, 1)

    @staticmethod
    def batch(n):
        ids = torch.randint(K, (2, T))
        return ids, ids.masked_fill(torch.arange(T) >= n, -100).flatten()


def accumulated_by_tokens():
    model, batches = Words(), [Words.batch(n) for n in (2, 6)]
    total = sum((y != -100).sum() for _, y in batches)
    for ids, y in batches:
        loss = F.cross_entropy(model(ids), y) + 0.0 * model.head.bias.square().sum()
        (loss * (y != -100).sum() / total).backward()
        loss.detach() * (y != -100).sum()  # to be shown
    model.zero_grad()
    counts = [int((y != -100).sum()) for _, y in batches]
    losses = [F.cross_entropy(model(ids), y) for ids, y in batches]
    (sum(n * loss for n, loss in zip(counts, losses, strict=True)) / total).backward()


def accumulated_by_tensors_of_weights():
    model, batches = Words(), [Words.batch(n) for n in (2, 4, 6)]
    shares = torch.tensor([2 / 12, 4 / 12, 6 / 12])
    for weigh in (
        lambda losses: (losses * shares).sum(),
        lambda losses: torch.dot(losses, shares),
        lambda losses: shares @ losses,
        lambda losses: sum(losses[i] * shares[i] for i in range(3)),
        lambda losses: sum(loss * share for loss, share in zip(losses, shares, strict=True)),
    ):
        weigh(torch.stack([F.cross_entropy(model(ids), y) for ids, y in batches])).backward()
        model.zero_grad()


def some_losses_count_nothing():
    model = Words()
    for n, weight in ((2, 1.0), (6, 0.0)):
        ids, y = Words.batch(n)
        (F.cross_entropy(model(ids), y) * weight).backward()
    model.zero_grad()
    for n in (2, 1):  # the last batch has fewer sentences, none of them padded
        ids, y = Words.batch(T)
        F.cross_entropy(model(ids[:n]), y.view(2, T)[:n].flatten()).backward()


def descent_by_hand():
    model = Words()
    for n in (2, 6, 4):
        ids, y = Words.batch(n)
        slopes = torch.autograd.grad(F.cross_entropy(model(ids), y), list(model.parameters()))
        with torch.no_grad():
            for weight, slope in zip(model.parameters(), slopes, strict=True):
                weight -= 0.1 * slope


def inner_steps():
    model, weights = Words(), dict(Words().named_parameters())

    def loss(weights, ids, y):
        return F.cross_entropy(torch.func.functional_call(model, weights, ids), y)

    def after_steps(weights):
        for n in (2, 5):
            slopes = torch.func.grad(loss)(weights, *Words.batch(n))
            weights = {name: weights[name] - 0.1 * slopes[name] for name in weights}
        return loss(weights, *Words.batch(6))

    torch.func.grad(after_steps)({name: weight.detach() for name, weight in weights.items()})


def slot_attention():
    x = torch.randn(N, T, D)
    slots = torch.randn(N, 3, D)
    q, k, v = nn.Linear(D, D)(slots), nn.Linear(D, D)(x), nn.Linear(D, D)(x)
    weights = (k @ q.mT / 4).softmax(dim=-1) + 1e-8  # the slots compete
    weights = weights / weights.sum(dim=1, keepdim=True)
    (weights.mT @ v).square().mean().backward()


def pooling_by_clusters():
    x = torch.randn(N, T, D)
    assigned = nn.Linear(D, 3)(x).softmax(dim=-1)
    (assigned.mT @ x).square().mean().backward()


def time_first():
    states, y = torch.randn(T, 3, D), torch.arange(3)
    weights = nn.Linear(D, 1)(nn.LSTM(D, D)(states)[0]).softmax(dim=0)
    F.cross_entropy(nn.Linear(D, K)((weights * states).sum(dim=0)), y).backward()


def several_labels():
    x, y = x_and_y()
    y = (torch.arange(K) <= y[:, None]).float()
    z = mlp()(x)
    (F.binary_cross_entropy_with_logits(z, y) + F.binary_cross_entropy(z.sigmoid(), y)).backward()


def mixup():
    x, y = x_and_y()
    y = F.one_hot(y, K).float()
    F.cross_entropy(mlp()(x), 0.7 * y + 0.3 * y.flip(0)).backward()


def straight_through():
    x, _ = x_and_y()
    p = mlp()(x).softmax(dim=-1)
    hard = F.one_hot(p.argmax(dim=-1), K).float() - p.detach() + p
    F.mse_loss(nn.Linear(K, D)(hard), x).backward()
    F.mse_loss(nn.Linear(K, D)(F.gumbel_softmax(mlp()(x), hard=True)), x).backward()


def brier_score():
    x, y = x_and_y()
    F.mse_loss(mlp()(x).softmax(dim=-1), F.one_hot(y, K).float()).backward()


def mixture_of_logs():
    x, y = x_and_y()
    log_w, log_p = nn.Linear(D, 2)(x).log_softmax(-1), nn.Linear(D, 2 * K)(x).view(N, 2, K)
    log_p = (log_w[..., None] + log_p.log_softmax(-1)).logsumexp(dim=1)
    F.nll_loss(log_p, y).backward()


def pointer():
    x, y = x_and_y()
    p, copy = mlp()(x).softmax(-1), mlp()(x).softmax(-1)
    gate = nn.Linear(D, 1)(x).sigmoid()
    F.nll_loss((gate * p + (1 - gate) * copy).log(), y).backward()


def speech():
    log_p = nn.Linear(D, K)(torch.randn(12, 2, D)).log_softmax(dim=2)
    lengths = torch.tensor([12, 10])
    F.ctc_loss(log_p, torch.randint(1, K, (2, 3)), lengths, torch.tensor([3, 2])).backward()


def segmentation():
    z = nn.Conv2d(3, K, 3, padding=1)(torch.randn(2, 3, 8, 8))
    y = torch.randint(K, (2, 8, 8))
    y[:, :2] = 255
    loss = F.cross_entropy(z, y, ignore_index=255)
    p = z.softmax(dim=1)
    hot = F.one_hot(y.clamp(max=K - 1), K).permute(0, 3, 1, 2).float()
    dice = 1 - (2 * (p * hot).sum((2, 3)) / (p + hot).sum((2, 3)).clamp(min=1e-6)).mean()
    (loss + dice).backward()
    F.cross_entropy(z.permute(0, 2, 3, 1).reshape(-1, K), y.reshape(-1), ignore_index=255)


def sampling():
    with torch.no_grad():
        z = mlp()(x_and_y()[0]) / 0.8
        z = z.masked_fill(z < z.topk(3).values[:, -1:], -torch.inf)
        p = z.softmax(dim=-1)
        torch.multinomial(p, 1)
        (p.cumsum(dim=-1) > 0.9).sum()
        torch.multinomial(p / p.sum(dim=-1, keepdim=True), 1)


def two_losses_of_one_model():
    x, y = x_and_y()
    z = mlp()(x)
    sum(F.cross_entropy(z, labels) for labels in (y, y.flip(0))).backward()


def checkpointed():
    x, y = x_and_y()
    model = mlp()
    F.cross_entropy(checkpoint(model, x, use_reentrant=False), y).backward()
    y = y.masked_fill(y == 1, -100)
    F.cross_entropy(checkpoint(model, x, use_reentrant=False), y).backward()


def transforms():
    x, y = x_and_y()
    w = torch.randn(D, K)
    one = torch.func.grad(lambda w, x, y: F.cross_entropy(x @ w, y))
    torch.func.vmap(one, in_dims=(None, 0, 0))(w, x, y)
    torch.func.jacrev(lambda z: z.softmax(-1))(torch.randn(K))
    torch.func.jacrev(torch.func.grad(lambda z: F.cross_entropy(z, y[0])))(torch.randn(K))


def hard_examples():
    x, y = x_and_y()
    losses = F.cross_entropy(mlp()(x), y, reduction="none")
    losses.topk(4).values.mean().backward()


def small_format():
    x, y = x_and_y()
    model = mlp().to(torch.bfloat16)
    F.cross_entropy(model(x.bfloat16()).float(), y).backward()
    p = model(x.bfloat16()).softmax(dim=-1, dtype=torch.float32)
    (p * torch.randn(K)).sum().backward()


class Gate(Backward):
    """Softmax with a way back of its own."""

    @staticmethod
    def forward(ctx, z):
        e = (z - z.max(dim=-1, keepdim=True).values).exp()
        p = e / e.sum(dim=-1, keepdim=True)
        ctx.save_for_backward(p)
        return p


def gate_of_its_own():
    x, y = x_and_y()
    F.cross_entropy(nn.Linear(D, K)(x * Gate.apply(nn.Linear(D, D)(x))), y).backward()


def codes_by_sinkhorn():
    z = nn.Linear(D, K, bias=False)(F.normalize(nn.Linear(D, D)(torch.randn(N, D)), dim=1))
    with torch.no_grad():
        q = (z / 0.05).exp().T
        for _ in range(3):
            q = q / q.sum(dim=1, keepdim=True) / K
            q = q / q.sum(dim=0, keepdim=True) / N
        q = (q * N).T
    (-(q * (z / 0.1).log_softmax(dim=1)).sum(dim=1)).mean().backward()


def softmax_both_ways():
    """A text finds its picture, and the picture its text, in one product."""
    z = F.normalize(nn.Linear(D, D)(torch.randn(N, D)), dim=1)
    z = z @ z.T * 20
    z = z * (z / 5).softmax(dim=0) * N
    (-z.log_softmax(dim=-1).diag()).mean().backward()


def soft_experts():
    x = nn.Linear(D, D)(torch.randn(2, T, D))
    z = torch.einsum("btd,des->btes", x, nn.Parameter(torch.randn(D, 2, 3)))
    slots = torch.einsum("btd,btes->besd", x, z.softmax(dim=1)).flatten(1, 2)
    torch.einsum("bsd,bts->btd", slots, z.flatten(2).softmax(dim=-1)).sum().backward()


def attention_in_linear_time():
    q, k, v = (nn.Linear(D, D)(torch.randn(2, T, D)).view(2, T, 2, 8).mT for _ in range(3))
    (q.softmax(dim=-2).mT @ (k.softmax(dim=-1) @ v.mT)).sum().backward()


def mixed_with_uniform():
    p = 0.99 * nn.Linear(D, K)(torch.randn(N, D)).softmax(dim=-1) + 0.01 / K
    one, other = Categorical(logits=p.log()), Categorical(logits=p.log().detach())
    torch.distributions.kl_divergence(one, other).mean().backward()


def temperature_fitted():
    z, y = torch.randn(32, K), torch.arange(32) % K
    temperature = nn.Parameter(torch.tensor([1.5]))
    optimizer = torch.optim.LBFGS([temperature], max_iter=3)

    def closure():
        optimizer.zero_grad()
        loss = F.cross_entropy(z / temperature, y)
        loss.backward()
        return loss

    optimizer.step(closure)


def classes_in_a_tree():
    x, y = x_and_y(12)
    branch = nn.Linear(D, 3)(x).log_softmax(-1)
    leaf = nn.Linear(D, 12)(x).view(N, 3, 4).log_softmax(-1)
    first = branch.gather(1, (y // 4)[:, None]).squeeze(1)
    (-(first + leaf[torch.arange(N), y // 4, y % 4])).mean().backward()
    nn.AdaptiveLogSoftmaxWithLoss(D, 20, [5, 10])(x, y).loss.backward()


def actions_that_are_not_allowed():
    x, _ = x_and_y()
    allowed = torch.arange(K) <= torch.arange(N)[:, None]
    policy = Categorical(logits=torch.where(allowed, nn.Linear(D, K)(x), torch.tensor(-1e8)))
    entropy = -(policy.logits * policy.probs * allowed).sum(dim=-1).mean()
    (-policy.log_prob(policy.sample()).mean() - 0.01 * entropy).backward()


def a_mean_for_each_sentence():
    x, y, keep = sentences()
    log_p = nn.Linear(D, K)(x).log_softmax(-1).gather(-1, y[..., None]).squeeze(-1)
    with torch.no_grad():
        before = nn.Linear(D, K)(x).log_softmax(-1).gather(-1, y[..., None]).squeeze(-1)
    far = (before - log_p).exp() - (before - log_p) - 1
    losses = -((log_p - log_p.detach()).exp() * torch.randn(N, 1) - 0.04 * far)
    ((losses * keep).sum(dim=1) / keep.sum(dim=1)).mean().backward()


def chains():
    x, y, keep = sentences()
    z, steps = nn.Linear(D, K)(x), nn.Parameter(torch.randn(K, K))
    total = z[:, 0]
    for t in range(1, T):
        new = (total[:, :, None] + steps + z[:, t, None]).logsumexp(dim=1)
        total = torch.where(keep[:, t, None], new, total)
    paths = (z.gather(2, y[..., None]).squeeze(2) * keep).sum(dim=1)
    paths = paths + (steps[y[:, :-1], y[:, 1:]] * keep[:, 1:]).sum(dim=1)
    (total.logsumexp(dim=1) - paths).mean().backward()


def returns_as_classes():
    x, _ = x_and_y()
    p = nn.Linear(D, 2 * 11)(x).view(N, 2, 11).softmax(dim=-1)
    action = (p * torch.linspace(-5, 5, 11)).sum(dim=-1).argmax(dim=1)
    log_p = p[torch.arange(N), action].clamp(1e-5, 1 - 1e-5).log()
    (-(log_p / 11).sum(dim=1)).mean().backward()


PROGRAMS = [
    *(classifier, by_parts, router, gate_before_a_layer, squeeze_and_excite, policy_gradient),
    *(
        policy_from_logits,
        gaussian_policy,
        mixture_density,
        soft_targets,
        distillation,
        entropy_and_focal,
        entropy_with_eps,
    ),
    *(contrastive, supervised_contrastive, attention, attention_filled_with_the_lowest),
    *(attention_of_half, attention_with_an_added_mask, empty_row_seen_to, fused_attention),
    *(transformer, padding_is_ignored, slot_attention, pooling_by_clusters, time_first),
    *(means_divided_by_the_share_of_words, dropout_by_hand, masks_of_zeros_and_ones),
    changed_in_place,
    *(accumulated_by_tokens, accumulated_by_tensors_of_weights, some_losses_count_nothing),
    *(descent_by_hand, inner_steps),
    *(several_labels, mixup, straight_through, brier_score, mixture_of_logs, pointer, speech),
    *(segmentation, sampling, two_losses_of_one_model, checkpointed, transforms),
    *(hard_examples, small_format, gate_of_its_own, codes_by_sinkhorn, softmax_both_ways),
    *(soft_experts, attention_in_linear_time, mixed_with_uniform, temperature_fitted),
    *(classes_in_a_tree, actions_that_are_not_allowed, a_mean_for_each_sentence, chains),
    *(returns_as_classes,),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_nothing_is_found_in_a_correct_program(program):
    with watch() as report:
        program()
    assert not report.findings, report
    assert report.operations > 0


RIGHT = torch.arange(T) >= torch.tensor([[T], [2], [4]])  # True where there is padding
MORE = torch.arange(T) >= torch.tensor([[5], [2], [4]])
EMPTY = torch.arange(T) >= torch.tensor([[5], [0], [4]])
FULL = torch.arange(T) >= torch.tensor([[T], [0], [4]])
PADDINGS = {
    "right": RIGHT,
    "right, one empty": EMPTY,
    "left": RIGHT.flip(1),
    "left, more of it": MORE.flip(1),
    "left, one empty": FULL.flip(1),
    "holes": FULL | (torch.arange(T) % 4 == 0),
    "none": torch.zeros_like(RIGHT),
}


@pytest.mark.parametrize("name", PADDINGS)
def test_padding_on_either_side_is_not_upside_down(name):
    padding, q = PADDINGS[name], torch.randn(3, T, D)
    layer = nn.MultiheadAttention(D, 2, batch_first=True)
    with watch() as report:
        layer(q, q, q, key_padding_mask=padding)
        q = q[:, None]
        F.scaled_dot_product_attention(q, q, q, attn_mask=~padding[:, None, None])
    assert "inverted-mask" not in {finding.misuse for finding in report.findings}

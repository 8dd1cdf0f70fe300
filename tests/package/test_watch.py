"""How watch is used, and that it leaves no trace."""

import gc
import subprocess
import sys
import threading
import warnings
import weakref
from contextlib import nullcontext
from html import escape

import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402
from torch._subclasses import FakeTensorMode  # noqa: E402
from torch.multiprocessing.reductions import StorageWeakRef  # noqa: E402
from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402
from torch.utils.checkpoint import checkpoint  # noqa: E402

from softmax_lessons import _pytest  # noqa: E402
from softmax_lessons.pytorch.watch import MisuseError, Report, _mode, _numbers, watch  # noqa: E402
from softmax_lessons.pytorch.watch.__main__ import main  # noqa: E402


@pytest.fixture(autouse=True)
def strict(monkeypatch):
    """Let an error of the tool itself be one."""
    monkeypatch.setattr(_mode, "STRICT", True)
    torch.manual_seed(0)


def data():
    generator = torch.Generator().manual_seed(1)
    return torch.randn(16, 8, generator=generator), torch.arange(16) % 4


class Net(nn.Module):
    """Something of everything: normalization, dropout, attention, a checkpoint, a softmax."""

    def __init__(self, last=None):
        super().__init__()
        self.first = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU())
        self.drop = nn.Dropout(0.3)
        self.attend = nn.MultiheadAttention(16, 2, dropout=0.1, batch_first=True)
        self.head = nn.Linear(16, 4)
        self.last = last or nn.Identity()

    def forward(self, x):
        h = self.drop(self.first(x)).view(4, 4, 16)
        h = h + self.attend(h, h, h, need_weights=False)[0]
        h = h + (h @ h.mT).softmax(dim=-1) @ h
        h = checkpoint(self.drop, h, use_reentrant=False)
        return self.last(self.head(h).view(16, 4))


def misuse(x, y):
    return F.cross_entropy(nn.Linear(8, 4)(x).softmax(dim=-1), y)


def bits(value):
    """The same, with the bytes of each tensor in its place."""
    if isinstance(value, torch.Tensor):
        return value.dtype, value.detach().clone().view(-1).view(torch.uint8).tolist()
    if isinstance(value, dict):
        return {key: bits(one) for key, one in value.items()}
    return [bits(one) for one in value] if isinstance(value, list | tuple) else value


# --- three ways, and a fourth -----------------------------------------------------------------


def test_a_block():
    with watch() as report:
        misuse(*data()).backward()
    assert [f.misuse for f in report.findings] == ["softmax-first"]
    assert not report
    assert report.operations > 3
    misuse(*data()).backward()
    assert len(report.findings) == 1


def test_a_block_twice():
    block = watch()
    with block as first:
        misuse(*data())
    with block as second:
        pass
    assert first.findings
    assert not second.findings


def test_a_function(capsys):
    @watch
    def step(x, y):
        """Take a step."""
        return misuse(x, y)

    for _ in range(5):
        assert step(*data()) > 0
    assert (step.__name__, step.__doc__) == ("step", "Take a step.")
    assert [f.misuse for f in step.report.findings] == ["softmax-first"]
    told = capsys.readouterr()
    assert told.err.count("[softmax-first]") == 1
    assert not told.out


def test_a_function_is_watched_for_some_steps_only():
    seen = []

    @watch(steps=2)
    def step():
        seen.append(torch._C._len_torch_function_stack())

    for _ in range(4):
        step()
    assert seen == [1, 1, 0, 0]


def test_one_step_leaves_the_model_as_it_was():
    model, (x, y) = Net(nn.Softmax(dim=-1)), data()
    model.drop.eval()
    before = bits([model.state_dict(), torch.get_rng_state()])
    modes = [module.training for module in model.modules()]
    report = watch(model, nn.CrossEntropyLoss(), x, y)
    assert [(f.misuse, f.module) for f in report.findings] == [("softmax-first", "Net.last")]
    assert bits([model.state_dict(), torch.get_rng_state()]) == before
    assert all(p.grad is None for p in model.parameters())
    assert [module.training for module in model.modules()] == modes


def test_one_step_finds_a_loss_without_slopes():
    def mistakes(z, y):
        return (z.argmax(dim=-1) != y).float().mean()

    report = watch(nn.Linear(8, 4), mistakes, *data())
    assert [f.misuse for f in report.findings] == ["argmax-in-the-loss"]


@pytest.mark.parametrize("args", [(nn.Linear(2, 2),), (1,), (nn.Linear(2, 2), F.cross_entropy)])
def test_other_arguments_are_refused(args):
    with pytest.raises(TypeError, match=r"with watch\(\) as report"):
        watch(*args)


def test_steps_are_counted_from_one():
    with pytest.raises(ValueError, match="steps must be 1 or more, got 0"):
        watch(steps=0)


def test_a_script(tmp_path, monkeypatch, capsys):
    script = tmp_path / "train.py"
    script.write_text(
        "import sys\nimport torch\nfrom torch import nn\n\n"
        "assert __name__ == '__main__'\nprint(sys.argv)\n"
        "model = nn.Sequential(nn.Linear(8, 4), nn.Softmax(dim=-1))\n"
        "optimizer = torch.optim.SGD(model.parameters(), lr=0.1)\n"
        "for step in range(5):\n"
        "    x, y = torch.randn(16, 8), torch.arange(16) % 4\n"
        "    optimizer.zero_grad()\n"
        "    nn.functional.cross_entropy(model(x), y).backward()\n"
        "    optimizer.step()\n"
        "    print(step, torch._C._len_torch_function_stack())\n"
    )
    monkeypatch.setattr(sys, "argv", [])
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    main(["--steps", "2", str(script), "--lr", "3"])
    told = capsys.readouterr()
    assert told.out.splitlines()[0] == str([str(script), "--lr", "3"])
    assert told.out.splitlines()[1:] == ["0 1", "1 0", "2 0", "3 0", "4 0"]
    assert f"{script}:12" in told.err
    assert told.err.count("[softmax-first]") == 1


def test_a_script_that_fails(tmp_path):
    script = tmp_path / "train.py"
    script.write_text("import torch\ntorch.softmax(torch.ones(2, 2).int(), -1)\n")
    command = [sys.executable, "-m", "softmax_lessons.pytorch.watch", str(script)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert "not implemented for" in done.stderr
    assert "[whole-numbers]" in done.stderr


# --- the report -------------------------------------------------------------------------------


def test_check_raises_what_was_found():
    with watch() as report:
        misuse(*data())
    with pytest.raises(MisuseError, match="softmax-first") as error:
        report.check()
    assert __file__ in str(error.value)
    with pytest.raises(ValueError, match="wrong, suspicious, note, got 'bad'"):
        report.check("bad")


def test_notes_raise_only_when_asked():
    with watch() as report:
        F.cross_entropy(
            torch.randn(4, 3, requires_grad=True).log_softmax(-1), torch.zeros(4).long()
        )
    report.check()
    with pytest.raises(MisuseError):
        report.check("note")


def test_text_and_table():
    with watch() as report:
        misuse(*data())
    text, table = str(report), report._repr_html_()
    [finding] = report.findings
    assert "return F.cross_entropy(nn.Linear(8, 4)(x).softmax(dim=-1), y)" in text
    for part in (finding.sentence, finding.evidence, finding.cure, finding.exhibit, finding.misuse):
        assert part in " ".join(text.split())
        assert escape(part) in table
    assert table.count("<tr>") == 2


def test_text_in_the_table_is_escaped():
    class Odd(nn.Module):
        def forward(self, z):
            return z.softmax(dim=-1)

    Odd.__name__ = "<img src=x>"
    model = Odd()
    with watch() as report:
        F.cross_entropy(model(torch.randn(4, 3)), torch.zeros(4).long())
    assert "<img" in str(report)
    assert "<img" not in report._repr_html_()


def test_nothing_found():
    with watch() as report:
        F.cross_entropy(torch.randn(4, 3, requires_grad=True), torch.zeros(4).long()).backward()
    assert str(report).startswith("watch: nothing found.")
    assert "<table" not in report._repr_html_()
    report.check("note")


def test_the_worst_comes_first_and_each_place_once():
    with watch() as report:
        z = torch.randn(4, 3, requires_grad=True)
        y = torch.zeros(4).long()
        F.cross_entropy(z.log_softmax(-1), y)
        for _ in range(3):
            F.cross_entropy(z.softmax(-1), y)
    assert [f.level for f in report.findings] == ["wrong", "note"]


def test_an_error_carries_the_findings():
    with pytest.raises(RuntimeError) as error, watch():
        F.softmax(torch.ones(2, 3).long(), dim=-1)
    assert "whole-numbers" in "".join(error.value.__notes__)


def test_the_fixture_of_pytest(softmax_watch):
    with softmax_watch() as report:
        torch.softmax(torch.zeros(2, 3), dim=-1)
    assert report.operations


def test_the_fixture_fails_a_test_at_its_end():
    test = _pytest.watched()
    with next(test)() as report:
        misuse(*data())
    assert report.findings
    with pytest.raises(MisuseError, match="softmax-first"):
        next(test)


# --- no trace ---------------------------------------------------------------------------------


def trained(around, last=None, dtype=torch.float32):
    """Everything that two steps leave behind, to the last bit."""
    torch.manual_seed(3)
    model, (x, y) = Net(last).to(dtype), data()
    x = x.to(dtype)
    optimizer = torch.optim.Adam(model.parameters())
    losses = []
    with around() if around else torch.enable_grad():
        for _ in range(2):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            grads = [p.grad.clone() for p in model.parameters() if p.grad is not None]
            optimizer.step()
            losses.append(loss.item())
    modes = [module.training for module in model.modules()]
    return bits([losses, grads, model.state_dict(), optimizer.state_dict(), modes,
                 torch.get_rng_state()])  # fmt: skip


@pytest.mark.parametrize("last", [None, nn.Softmax(dim=-1), nn.LogSoftmax(dim=0)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_a_step_is_the_same_to_the_last_bit(last, dtype):
    assert trained(watch, last, dtype) == trained(None, last, dtype)


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_fast_paths_are_taken_as_without():
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    model = nn.TransformerEncoder(layer, 2).eval()
    x = torch.randn(3, 5, 8)
    padding = torch.arange(5) >= torch.tensor([[5], [3], [2]])
    with torch.no_grad():
        plain = model(x, src_key_padding_mask=padding)
        with watch():
            watched = model(x, src_key_padding_mask=padding)
    assert torch.equal(plain, watched)


def test_one_step_brings_back_buffers_that_a_model_binds_anew():
    class Counting(nn.Linear):
        def __init__(self):
            super().__init__(8, 4)
            self.register_buffer("seen", torch.tensor(0))

        def forward(self, x):
            self.seen = self.seen + len(x)
            self.register_buffer("mean", x.mean(dim=0))
            return super().forward(x)

    model = Counting()
    before = bits(model.state_dict())
    watch(model, F.cross_entropy, *data())
    assert bits(model.state_dict()) == before


def test_nothing_is_left_when_it_is_over():
    has = torch.overrides.has_torch_function
    hooks = [
        torch.nn.modules.module._global_forward_hooks,
        torch.nn.modules.module._global_forward_pre_hooks,
        torch.optim.optimizer._global_optimizer_post_hooks
        if hasattr(torch.optim, "optimizer")
        else sys.modules["torch.optim.optimizer"]._global_optimizer_post_hooks,
    ]
    sizes = [len(hook) for hook in hooks]
    with pytest.raises(KeyError), watch():
        raise KeyError
    assert torch.overrides.has_torch_function is has
    assert [len(hook) for hook in hooks] == sizes
    assert torch._C._len_torch_function_stack() == 0


def test_a_step_that_fails_does_not_end_the_watching():
    class Failing(torch.optim.SGD):
        def step(self):
            raise KeyError

    model, (x, y) = Net(nn.Softmax(dim=-1)), data()
    with watch() as report:
        with pytest.raises(KeyError):
            Failing(model.parameters()).step()
        F.cross_entropy(model(x), y)
    assert [f.misuse for f in report.findings] == ["softmax-first"]


@pytest.mark.parametrize("around", [lambda: torch.device("meta"), FakeTensorMode])
def test_tensors_without_numbers_are_left_alone(around):
    with watch() as report:
        with around():
            misuse(*data()).backward()
        torch.full((2, 3), -torch.inf).softmax(dim=-1)
    assert ([f.misuse for f in report.findings], report.lost) == (["empty-row"], 0)


def test_no_tensor_lives_longer():
    gone = []
    with watch():
        z = torch.randn(64, 8, requires_grad=True)
        p = z.softmax(dim=-1)
        loss = F.cross_entropy(p, torch.zeros(64).long())
        kept = [weakref.ref(p), weakref.ref(loss)]
        del p, loss
        gone = [ref() is None for ref in kept]
    assert gone == [True, True]


def lives(around, grad):
    """Which activations and gradients of two steps are alive, asked after each statement."""
    torch.manual_seed(3)
    model, (x, y) = Net(nn.Softmax(dim=-1)), data()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    known, diary = [], []

    def note(*tensors):
        known.extend((weakref.ref(one), StorageWeakRef(one.untyped_storage())) for one in tensors)
        diary.append([(one() is not None, not kept.expired()) for one, kept in known])

    def step():
        h = model.first(x)
        note(h)
        if grad:
            h.register_hook(note)
        h = model.drop(h).view(4, 4, 16)
        note(h)
        h = model.attend(h, h, h, need_weights=False)[0]
        note(h)
        weights = (h @ h.mT).masked_fill(torch.eye(4) > 0, -1e9).softmax(dim=-1)
        note(weights)
        h = weights @ h
        del weights
        note(h)
        h = model.last(model.head(h).view(16, 4).relu())
        note(h)
        loss = F.cross_entropy(h, y) + F.nll_loss(h.log(), y) + (h.argmax(-1) != y).float().mean()
        del h
        note(loss)
        if grad:
            loss.backward()
            note(*(p.grad for p in model.parameters() if p.grad is not None))
            optimizer.step()
        note()
        optimizer.zero_grad()
        note()

    gc.collect()
    gc.disable()
    try:
        with torch.set_grad_enabled(grad), around():
            step()
            step()
        note()
    finally:
        gc.enable()
    return diary


@pytest.mark.parametrize("grad", [True, False])
def test_each_tensor_is_freed_where_it_would_be(grad):
    plain, watched = lives(nullcontext, grad), lives(watch, grad)
    assert watched == plain
    assert not any(alive or kept for alive, kept in watched[-1])


class Seen(TorchDispatchMode):
    """Notes the operations of a step."""

    def __init__(self):
        super().__init__()
        self.names = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.names.append(func.name())
        return func(*args, **(kwargs or {}))


def test_others_who_look_at_a_step_see_it_as_it_is():
    names = []
    for around in (nullcontext, watch):
        with around(), Seen() as seen:
            misuse(*data()).backward()
        names.append(seen.names)
    assert names[0] == names[1]
    assert len(names[0]) > 10


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
def test_a_traced_model_is_traced_as_it_is():
    model, (x, _) = nn.Sequential(nn.Linear(8, 4), nn.Softmax(dim=-1)), data()
    plain = torch.jit.trace(model, x)
    with watch():
        watched = torch.jit.trace(model, x)
    assert [node.kind() for node in watched.inlined_graph.nodes()] == [
        node.kind() for node in plain.inlined_graph.nodes()
    ]


class Largest(TorchDispatchMode):
    """Knows the largest new tensor that is made while it is on, in numbers."""

    numbers = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        given = {one.untyped_storage().data_ptr() for one in args if isinstance(one, torch.Tensor)}
        for one in out if isinstance(out, list | tuple) else [out]:
            if isinstance(one, torch.Tensor) and one.untyped_storage().data_ptr() not in given:
                self.numbers = max(self.numbers, one.numel())
        return out


def masked(z, y):
    p = (z @ z.mT).softmax(dim=-1) * (torch.arange(64) < 60).expand(64, 64)
    return (p @ z).sum()


WIDE = {
    "cross-entropy": lambda z, y: F.cross_entropy(z, y),
    "softmax first": lambda z, y: F.cross_entropy(z.softmax(-1), y),
    "twice": lambda z, y: F.cross_entropy(z.log_softmax(-1), y),
    "down": lambda z, y: F.cross_entropy(z.softmax(0), y),
    "relu": lambda z, y: F.cross_entropy(z.relu(), y),
    "dropout": lambda z, y: F.cross_entropy(F.dropout(z), y),
    "log": lambda z, y: F.nll_loss(z.softmax(-1).log(), y),
    "nll": lambda z, y: F.nll_loss(z.softmax(-1), y),
    "logits": lambda z, y: F.nll_loss(z, y),
    "sigmoid": lambda z, y: z.sigmoid().log().sum(),
    "sigmoid first": lambda z, y: F.binary_cross_entropy_with_logits(z.sigmoid(), 1.0 * (z > 0)),
    "several": lambda z, y: F.binary_cross_entropy(z.softmax(-1), 1.0 * (z > 0)),
    "rounded": lambda z, y: F.nll_loss(z.softmax(-1).round(decimals=2).log(), y),
    "kl": lambda z, y: F.kl_div(z.softmax(-1), z.softmax(-1), reduction="none").sum(),
    "by hand": lambda z, y: (z.exp() / z.exp().sum(-1, keepdim=True)).sum(),
    "half": lambda z, y: F.cross_entropy(z.half() * 0, y),
    "categorical": lambda z, y: torch.distributions.Categorical(z.softmax(-1)).probs.sum(),
    "losses": lambda z, y: (F.cross_entropy(z[None].expand(32, -1, -1).mT, y.expand(32, -1),
                                            reduction="none") * (y < 30)).mean(),
    "masked": masked,
    "fused": lambda z, y: F.scaled_dot_product_attention(z, z, z, z.new_ones(64, 64) > 0).sum(),
    "fused, added": lambda z, y: F.scaled_dot_product_attention(z, z, z, z.new_zeros(64, 64)).sum(),
    "fused, nothing to look at": lambda z, y: F.scaled_dot_product_attention(
        z[None, None], z[None, None], z[None, None], z.new_zeros(64, 64) > 0).sum(),
    "heads": lambda z, y: nn.MultiheadAttention(512, 8)(
        z, z, z, attn_mask=z.new_zeros(64, 64) > 0)[0].sum(),
}  # fmt: skip


@pytest.mark.parametrize("name", WIDE)
def test_no_check_makes_a_large_tensor(name, monkeypatch):
    most, largest = 1024, Largest()
    monkeypatch.setattr(_numbers, "MOST", most)
    enter, leave = _numbers.unseen.__enter__, _numbers.unseen.__exit__

    def entered(check):
        enter(check)
        largest.__enter__()

    def left(check, *error):
        largest.__exit__(*error)
        leave(check, *error)

    monkeypatch.setattr(_numbers.unseen, "__enter__", entered)
    monkeypatch.setattr(_numbers.unseen, "__exit__", left)
    with watch():
        WIDE[name](torch.randn(64, 512, requires_grad=True), torch.arange(64)).backward()
    assert 0 < largest.numbers <= most


def test_questions_do_not_pile_up():
    with watch() as report, _mode.watching(Report()) as watcher:
        for _ in range(5000):
            torch.zeros(2, 3).softmax(dim=-1).nan_to_num()
        assert len(watcher.pending) <= 1000
        assert len(watcher.cancelled) <= 1000
    assert not report.findings


def test_questions_are_asked_when_the_optimizer_takes_its_step():
    model, (x, y) = nn.Linear(8, 4), data()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watch() as report:
        F.cross_entropy(model(x), y).backward()
        model(x).fill_(-torch.inf).softmax(dim=-1)
        assert not report.findings
        optimizer.step()
        assert [f.misuse for f in report.findings] == ["empty-row"]


def test_the_table_of_marks_shrinks_with_its_tensors():
    with _mode.watching(Report()) as watcher:
        for _ in range(50):
            torch.randn(4, 3).softmax(dim=-1)
        gc.collect()
        assert len(watcher.marks) < 5


def test_a_program_that_does_not_run_under_modes_still_does():
    """A subclass of tensors with rules of its own."""

    class Tagged(torch.Tensor):
        pass

    x = torch.randn(4, 3).as_subclass(Tagged)
    with watch() as report:
        z = x.softmax(dim=-1)
        F.cross_entropy(z, torch.zeros(4).long())
    assert type(z) is Tagged
    assert [f.misuse for f in report.findings] == ["softmax-first"]


def test_an_error_inside_the_tool_is_counted_and_not_raised(monkeypatch):
    monkeypatch.setattr(_mode, "STRICT", False)
    from softmax_lessons.pytorch.watch import _watcher

    monkeypatch.setattr(_watcher.Watcher, "find", lambda *_, **__: 1 / 0)
    with watch() as report:
        loss = misuse(*data())
    assert loss.isfinite()
    assert report.lost > 0
    assert "could not be followed" in str(report)


def test_what_cannot_be_followed_is_left_alone():
    with watch() as report:
        p = torch.randn(4, 3).softmax(dim=-1)
        F.cross_entropy(torch.fft.rfft(p).real, torch.zeros(4).long())
    assert not report.findings
    assert report.lost == 1


def test_optimizers_are_not_watched_but_what_they_call_is():
    model, (x, y) = nn.Linear(8, 4), data()
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=1)

    def closure():
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x).softmax(dim=-1), y)
        loss.backward()
        return loss

    with watch() as report:
        optimizer.step(closure)
    assert report.findings
    adam = torch.optim.Adam(model.parameters())
    with watch() as report:
        adam.step()
        seen = report.operations
        misuse(x, y)
    assert seen < 5
    assert report.findings


def test_other_threads_are_not_watched():
    with watch() as report:
        thread = threading.Thread(target=lambda: misuse(*data()))
        thread.start()
        thread.join()
    assert not report.findings


def test_compiled_modules_run_as_they_are_written():
    model = torch.compile(nn.Sequential(nn.Linear(8, 4), nn.Softmax(dim=-1)), backend="eager")
    x, y = data()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = model(x)
        with watch() as report:
            F.cross_entropy(model(x), y)
        assert torch.equal(model(x), before)
    assert [f.misuse for f in report.findings] == ["softmax-first"]

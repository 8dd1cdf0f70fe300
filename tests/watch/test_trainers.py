"""The callbacks, each in the trainer that it was made for."""

import logging
import sys
import warnings

import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402
from torch.utils.data import DataLoader, TensorDataset  # noqa: E402

from softmax_lessons.pytorch.watch import trainers  # noqa: E402


@pytest.fixture(autouse=True)
def warnings_of_trainers_are_theirs():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def depth():
    """How many modes of torch are on."""
    return torch._C._len_torch_function_stack()


def data():
    return TensorDataset(torch.randn(32, 6), torch.arange(32) % 3)


# --- Hugging Face -----------------------------------------------------------------------------


class Classifier(nn.Module):
    """What Trainer asks of a model: a dictionary with the loss; counts the modes of each step."""

    fails = 0

    def __init__(self, last):
        super().__init__()
        self.body, self.last, self.depths = nn.Linear(6, 3), last, []

    def forward(self, x, labels):
        if self.training:
            self.depths.append(depth())
        z = self.last(self.body(x))
        if len(self.depths) == self.fails:
            raise ArithmeticError
        return {"loss": F.cross_entropy(z, labels), "logits": z}


def trained_by_hugging_face(tmp_path, last, callback, **settings):
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("accelerate")
    torch.manual_seed(0)
    model = Classifier(last)
    settings = {"max_steps": 5, "per_device_train_batch_size": 4, "save_strategy": "no", "seed": 3,
                "report_to": [], "disable_tqdm": True, "use_cpu": True} | settings  # fmt: skip
    transformers.Trainer(
        model=model,
        args=transformers.TrainingArguments(output_dir=str(tmp_path), **settings),
        train_dataset=[{"x": x, "labels": y} for x, y in data()],
        eval_dataset=[{"x": x, "labels": y} for x, y in data()],
        callbacks=[callback] if callback else [],
    ).train()
    return model


def test_hugging_face_watches_the_first_steps(tmp_path, capsys):
    pytest.importorskip("transformers")
    callback = trainers.hugging_face(steps=2)
    model = trained_by_hugging_face(tmp_path, nn.Softmax(dim=-1), callback)
    assert [f.misuse for f in callback.report.findings] == ["softmax-first"]
    assert callback.report.findings[0].file == __file__
    assert callback.report.findings[0].module == "Classifier.last"
    assert model.depths == [1, 1, 0, 0, 0]
    assert capsys.readouterr().err.count("[softmax-first]") == 1


def test_hugging_face_counts_steps_of_the_optimizer(tmp_path):
    pytest.importorskip("transformers")
    callback = trainers.hugging_face(steps=2)
    model = trained_by_hugging_face(
        tmp_path, nn.Identity(), callback, gradient_accumulation_steps=2, max_steps=3,
        eval_strategy="steps", eval_steps=1,
    )  # fmt: skip
    assert model.depths == [1, 1, 1, 1, 0, 0]
    assert callback.report.operations > 10
    assert not callback.report.findings


def test_hugging_face_trains_to_the_same_weights(tmp_path):
    plain = trained_by_hugging_face(tmp_path, nn.Softmax(dim=-1), None)
    watched = trained_by_hugging_face(tmp_path, nn.Softmax(dim=-1), trainers.hugging_face())
    assert depth() == 0
    assert torch.equal(plain.body.weight, watched.body.weight)


def test_hugging_face_leaves_nothing_behind_when_the_model_fails(tmp_path, monkeypatch, capsys):
    pytest.importorskip("transformers")
    monkeypatch.setattr(Classifier, "fails", 2)
    callback = trainers.hugging_face()
    with pytest.raises(ArithmeticError):
        trained_by_hugging_face(tmp_path, nn.Softmax(dim=-1), callback)
    assert depth() == 0
    assert "[softmax-first]" in capsys.readouterr().err


# --- Lightning --------------------------------------------------------------------------------


@pytest.fixture(params=["lightning.pytorch", "pytorch_lightning"])
def pl(request, monkeypatch):
    """Lightning under each of its names, as if the other one were not imported."""
    library = pytest.importorskip(request.param)
    other = {"lightning.pytorch": "pytorch_lightning"}.get(request.param, "lightning.pytorch")
    monkeypatch.delitem(sys.modules, other, raising=False)
    for name in ("lightning.pytorch", "pytorch_lightning"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return library


def lit(pl, last, fails=False):
    """A module of Lightning, which counts the modes of each batch."""

    class Lit(pl.LightningModule):
        def __init__(self):
            super().__init__()
            self.body, self.last = nn.Linear(6, 3), last
            self.depths, self.validated = [], []

        def training_step(self, batch, _):
            x, y = batch
            self.depths.append(depth())
            loss = F.cross_entropy(self.last(self.body(x)), y)
            if fails:
                raise ArithmeticError
            return loss

        def validation_step(self, batch, _):
            self.validated.append(depth())

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.1)

    torch.manual_seed(0)
    return Lit()


def fit(pl, model, callback, tmp_path):
    pl.Trainer(
        max_steps=5, accelerator="cpu", devices=1, logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False, val_check_interval=1,
        limit_val_batches=1, default_root_dir=tmp_path, callbacks=[callback] if callback else [],
    ).fit(model, DataLoader(data(), batch_size=4), DataLoader(data(), batch_size=4))  # fmt: skip


def test_lightning_watches_the_first_batches(pl, tmp_path, capsys):
    callback, model = trainers.lightning(steps=2), lit(pl, nn.Softmax(dim=-1))
    assert isinstance(callback, pl.Callback)
    fit(pl, model, callback, tmp_path)
    [finding] = callback.report.findings
    assert (finding.misuse, finding.file, finding.module) == ("softmax-first", __file__, "Softmax")
    assert model.depths == [1, 1, 0, 0, 0]
    assert set(model.validated) == {0}
    assert capsys.readouterr().err.count("[softmax-first]") == 1


def test_lightning_leaves_nothing_behind_when_training_fails(pl, tmp_path, capsys):
    callback = trainers.lightning()
    with pytest.raises(ArithmeticError):
        fit(pl, lit(pl, nn.Softmax(dim=-1), fails=True), callback, tmp_path)
    assert depth() == 0
    assert "[softmax-first]" in capsys.readouterr().err


def test_lightning_trains_to_the_same_weights(pl, tmp_path):
    plain, watched = (lit(pl, nn.LogSoftmax(dim=-1)) for _ in range(2))
    torch.manual_seed(1)
    fit(pl, plain, None, tmp_path)
    torch.manual_seed(1)
    callback = trainers.lightning()
    fit(pl, watched, callback, tmp_path)
    assert {f.level for f in callback.report.findings} == {"note"}
    assert torch.equal(plain.body.weight, watched.body.weight)

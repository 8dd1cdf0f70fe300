"""Models of timm and torchvision, with random weights: a step of each with its loss is silent."""

import pytest

torch = pytest.importorskip("torch")
timm = pytest.importorskip("timm")
torchvision = pytest.importorskip("torchvision")

import torch.nn.functional as F  # noqa: E402
from support.watching import found_in_steps  # noqa: E402
from timm import loss as losses  # noqa: E402

K = 5
OF_TIMM = {  # and the size of its pictures
    "resnet10t": 64, "seresnet18": 64, "resnest14d": 64, "skresnet18": 64, "efficientnet_b0": 64,
    "mobilenetv3_small_050": 64, "convnext_atto": 64, "regnety_002": 64, "ghostnet_050": 64,
    "vit_tiny_patch16_224": 32, "deit_tiny_distilled_patch16_224": 32, "cait_xxs24_224": 32,
    "mixer_s32_224": 64, "poolformer_s12": 64, "edgenext_xx_small": 64, "mobilevit_xxs": 64,
    "xcit_nano_12_p16_224": 64, "coat_lite_tiny": 64, "swin_tiny_patch4_window7_224": 64,
    "levit_128s": 64, "pit_ti_224": 64, "eva02_tiny_patch14_224": 28, "maxvit_nano_rw_256": 64,
    "lambda_resnet26t": 64, "gmlp_ti16_224": 32, "convit_tiny": 32,
    "vit_tiny_r_s16_p8_224": 64, "fastvit_t8": 64, "repvit_m0_9": 64,
}  # fmt: skip
SIZED = ("vit_", "deit_", "cait_", "mixer_", "xcit_", "swin_", "levit_", "pit_", "eva", "gmlp_",
         "coat_", "maxvit_", "convit_")  # fmt: skip
LOSSES = {
    "cross-entropy": lambda z, y: F.cross_entropy(z, y),
    "smooth": lambda z, y: losses.LabelSmoothingCrossEntropy()(z, y),
    "soft": lambda z, y: losses.SoftTargetCrossEntropy()(z, F.one_hot(y, K).float()),
    "binary": lambda z, y: losses.BinaryCrossEntropy()(z, F.one_hot(y, K).float()),
    "asymmetric": lambda z, y: losses.AsymmetricLossMultiLabel()(z, F.one_hot(y, K).float()),
    "jsd": lambda z, y: losses.JsdCrossEntropy(num_splits=3)(z, y),
}


def batch(size, n=4):
    return torch.randn(n, 3, size, size), torch.arange(n) % K


@pytest.mark.parametrize("name", OF_TIMM)
def test_a_model_of_timm_is_silent(name):
    size = OF_TIMM[name]
    sized = {"img_size": size} if name.startswith(SIZED) else {}
    model = timm.create_model(name, num_classes=K, **sized)
    x, y = batch(size)
    assert found_in_steps(model, lambda: F.cross_entropy(model(x), y)) == []


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_of_timm_is_silent(name):
    model = timm.create_model("resnet10t", num_classes=K)
    x, y = batch(64, n=6)
    y = y[:2] if name == "jsd" else y
    assert found_in_steps(model, lambda: LOSSES[name](model(x), y)) == []


CLASSIFIERS = ["resnet18", "vgg11_bn", "densenet121", "squeezenet1_1", "mobilenet_v2",
               "shufflenet_v2_x0_5", "mnasnet0_5", "regnet_y_400mf", "efficientnet_b0",
               "convnext_tiny", "swin_t", "vit_b_32", "alexnet"]  # fmt: skip


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_classifier_of_torchvision_is_silent(name):
    size = {"vit_b_32": 224, "alexnet": 96, "vgg11_bn": 32}.get(name, 64)
    model = torchvision.models.get_model(name, num_classes=K)
    x, y = batch(size, n=2)
    assert found_in_steps(model, lambda: F.cross_entropy(model(x), y)) == []


def test_inception_with_its_second_loss_is_silent():
    model = torchvision.models.googlenet(num_classes=K, aux_logits=True, init_weights=False)
    x, y = batch(96, n=2)

    def loss():
        out = model(x)
        if not model.training:
            return F.cross_entropy(out, y)
        return F.cross_entropy(out.logits, y) + 0.3 * sum(
            F.cross_entropy(z, y) for z in (out.aux_logits1, out.aux_logits2)
        )

    assert found_in_steps(model, loss) == []


@pytest.mark.parametrize("name", ["fcn_resnet50", "deeplabv3_mobilenet_v3_large",
                                  "lraspp_mobilenet_v3_large"])  # fmt: skip
def test_a_segmenter_is_silent(name):
    model = torchvision.models.get_model(name, num_classes=K, weights_backbone=None)
    x = torch.randn(2, 3, 64, 64)
    y = torch.randint(K, (2, 64, 64))
    y[:, :4] = 255

    def loss():
        return F.cross_entropy(model(x)["out"], y, ignore_index=255)

    assert found_in_steps(model, loss) == []


DETECTORS = ["fasterrcnn_mobilenet_v3_large_320_fpn", "retinanet_resnet50_fpn", "fcos_resnet50_fpn",
             "ssdlite320_mobilenet_v3_large", "maskrcnn_resnet50_fpn"]  # fmt: skip


@pytest.mark.parametrize("name", DETECTORS)
def test_a_detector_is_silent(name):
    small = {} if name.startswith("ssd") else {"min_size": 96, "max_size": 128}  # by default 800
    model = torchvision.models.get_model(name, num_classes=K, weights_backbone=None, **small)
    x = [torch.rand(3, 96, 96) for _ in range(2)]
    boxes = torch.tensor([[5.0, 5, 50, 60], [30, 20, 90, 80]])
    target = {"boxes": boxes, "labels": torch.tensor([1, 3])}
    target["masks"] = torch.ones(2, 96, 96, dtype=torch.uint8)

    def loss():
        if model.training:
            return sum(model(x, [dict(target), dict(target)]).values())
        return model(x)

    assert found_in_steps(model, loss) == []

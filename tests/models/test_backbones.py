"""The trunks against timm's whole models, and timm beside a torchvision of another build."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from networks import close, randomise_batchnorm
from torch import nn

from iqa_cli.models.backbones import (
    EfficientNetLite0,
    InceptionResNetV2Prefix,
    fold_batchnorm,
    import_timm,
    resnet50,
)
from iqa_cli.models.iqt import feature_size
from iqa_cli.models.triq import TRIQ


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


@torch.no_grad()
def test_the_inception_prefix_gives_the_six_maps_of_timms_whole_network(batch):
    whole = randomise_batchnorm(import_timm().create_model("inception_resnet_v2"))
    prefix = InceptionResNetV2Prefix().eval()
    for own, name in zip(prefix.stem, prefix.STEM, strict=True):
        own.load_state_dict(whole.get_submodule(name).state_dict())
    prefix.mixed_5b.load_state_dict(whole.mixed_5b.state_dict())
    prefix.block35.load_state_dict(whole.repeat.state_dict())

    maps = []
    for name in ("mixed_5b", "repeat.1", "repeat.3", "repeat.5", "repeat.7", "repeat.9"):
        whole.get_submodule(name).register_forward_hook(lambda _layer, _input, output: maps.append(output))
    images = batch(128, 144, 2)
    whole.forward_features(images * 2 - 1)
    expected = torch.cat(maps, dim=1)
    assert expected.shape[1] == prefix.CHANNELS == 1920
    close(prefix(images), expected, 1e-6)


def test_the_inception_prefix_starts_from_the_seed_and_nothing_of_it_is_left_uninitialised():
    torch.manual_seed(5)
    first = InceptionResNetV2Prefix().state_dict()
    torch.manual_seed(5)
    second = InceptionResNetV2Prefix().state_dict()
    for name, value in first.items():
        assert value.isfinite().all() and torch.equal(value, second[name]), name


@pytest.mark.parametrize(("crop", "side"), [(128, 13), (192, 21), (224, 25), (256, 29), (288, 33)])
def test_the_side_of_the_feature_map_follows_from_the_crop(crop, side):
    assert feature_size(crop) == side
    images = torch.empty(1, 3, crop, crop, device="meta")  # shapes alone
    assert InceptionResNetV2Prefix().to("meta")(images).shape == (1, 1920, side, side)


@torch.no_grad()
def test_the_stride_may_lie_in_the_first_convolution_with_other_numbers_of_the_same_shape(batch):
    modern, early = randomise_batchnorm(resnet50()), resnet50(stride_in_1x1=True).eval()
    early.load_state_dict(modern.state_dict())
    strides = {
        net: [[getattr(stage[0], conv).stride[0] for conv in ("conv1", "conv2", "conv3")] for stage in
              (net.layer1, net.layer2, net.layer3, net.layer4)]
        for net in (modern, early)
    }  # fmt: skip
    assert strides[modern] == [[1, 1, 1]] + 3 * [[1, 2, 1]]
    assert strides[early] == [[1, 1, 1]] + 3 * [[2, 1, 1]]
    images = batch(64, 96)
    a, b = modern(images), early(images)
    assert a.shape == b.shape == (1, 2048, 2, 3)
    assert (a - b).abs().max() > 0.1 * a.abs().max()


@torch.no_grad()
@pytest.mark.parametrize("build", [InceptionResNetV2Prefix, resnet50, TRIQ], ids=["inception", "resnet50", "triq"])
def test_folding_batchnorm_leaves_none_of_it_and_the_same_output(build, batch):
    model = randomise_batchnorm(build())
    images = batch(96, 80, 2)
    before = model(images)
    fold_batchnorm(model)
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in model.modules())
    after = model(images)
    assert (after - before).abs().max() < 1e-5 * before.abs().max()


BROKEN_TORCHVISION = """
import torch
# What torchvision's Python part does on import; its compiled part would have declared the operators.
for name in ("nms", "qnms"):
    torch.library.register_fake(f"torchvision::{name}")(lambda *arguments: None)
"""


def import_timm_in_a_fresh_process(folder, timm):
    (folder / "timm.py").write_text(timm)
    paths = os.pathsep.join([str(folder), str(Path(__file__).parents[2])])
    code = "from iqa_cli.models.backbones import import_timm; print(import_timm().__name__)"
    return subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True
    )


def test_timm_is_imported_beside_a_torchvision_without_its_compiled_part(tmp_path):
    (tmp_path / "torchvision.py").write_text(BROKEN_TORCHVISION)
    ended = import_timm_in_a_fresh_process(tmp_path, "import torchvision")
    assert ended.stdout == "timm\n", ended.stderr


def test_another_fault_of_timm_is_not_hidden(tmp_path):
    ended = import_timm_in_a_fresh_process(tmp_path, "raise RuntimeError('no such luck')")
    assert ended.returncode == 1 and "no such luck" in ended.stderr


def layers_of(module):
    """What its layers are, by name: kind, numbers, activation."""
    told = {}
    for name, layer in module.named_modules():
        if isinstance(layer, nn.Conv2d):
            same = type(layer).__name__.endswith("Same")
            told[name] = (layer.kernel_size, layer.stride, "same" if same else layer.padding, layer.groups)
        if isinstance(layer, nn.BatchNorm2d):
            act = type(getattr(layer, "act", nn.Identity())).__name__
            told[name] = (layer.num_features, layer.eps, layer.momentum, act)
        if isinstance(layer, nn.MaxPool2d | nn.AvgPool2d):
            told[name] = (layer.kernel_size, layer.stride, layer.padding)
    return told


@torch.no_grad()
@pytest.mark.parametrize("name", ["tf_efficientnet_lite0", "resnet50"])
def test_a_trunk_built_here_is_timms_layer_by_layer_and_bit_for_bit(name, batch):
    whole = randomise_batchnorm(import_timm().create_model(name, num_classes=0, global_pool="")).eval()
    own = (EfficientNetLite0() if name.startswith("tf") else resnet50()).eval()
    kept = {name: value for name, value in whole.state_dict().items() if name in own.state_dict()}
    own.load_state_dict(kept)
    assert layers_of(own).items() <= layers_of(whole).items()
    images = batch(75, 98)
    if name == "resnet50":
        assert torch.equal(own(images), whole(images))
    else:
        last = list(own(images))[-1]
        assert torch.equal(last, whole.blocks(whole.bn1(whole.conv_stem((images * 255 - 127) / 128))))


def test_a_trunk_built_here_starts_as_timms_does():
    torch.manual_seed(3)
    own = resnet50().state_dict()
    torch.manual_seed(3)
    theirs = import_timm().create_model("resnet50", num_classes=0).state_dict()
    assert list(own) == list(theirs)
    assert all(torch.equal(own[name], theirs[name]) for name in own)


def test_a_model_with_weights_scores_without_timm_and_what_it_brings():
    code = (
        "import sys; from iqa_cli import load; scorer = load('{}', device='cpu', crops=1); "
        "print(*sorted({{'timm', 'torchvision', 'sympy', 'torch._dynamo'}} & set(sys.modules)))"
    )
    for name in ("iqt-lite", "triq-lite"):
        ended = subprocess.run([sys.executable, "-c", code.format(name)], capture_output=True, text=True, check=True)
        assert ended.stdout == "\n"

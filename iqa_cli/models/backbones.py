"""The convolutional and ViT trunks, cut to what the models use.

The convolutional ones are built here, so that scoring needs no timm; ImageNet weights and ViTs are timm's. Everything
that touches timm is here: it is imported on first use (it takes longer than torch) and, where torch and torchvision
come from different builds, made importable.
"""

from collections import OrderedDict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from iqa_cli.models.stripes import Chain, Rows, Stripes, rows_of
from iqa_cli.models.trunk_blocks import Block35, Bottleneck, ConvNorm, Inverted, Mixed5b, NormAct, Separable, same_conv


def import_timm():
    """Import timm, also beside a torchvision whose compiled part does not fit this torch.

    A CPU build of torch next to the registry's torchvision is a common mixture. torchvision's own
    operators then stay undeclared and its import fails, though nothing here uses them: declaring
    the two names that its import looks up is enough.
    """
    try:
        import timm
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        _declare_torchvision_operators()
        import timm
    return timm


def _declare_torchvision_operators() -> None:
    import sys

    for name in [n for n in sys.modules if n.split(".")[0] in ("timm", "torchvision")]:
        del sys.modules[name]
    library = torch.library.Library("torchvision", "FRAGMENT")
    for operator in ("nms", "qnms"):
        library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _KEEP_ALIVE.append(library)  # the declarations vanish with the library object


_KEEP_ALIVE: list[torch.library.Library] = []


class InceptionResNetV2Prefix(nn.Module):
    """Inception-ResNet-V2 up to its tenth block35; gives the six maps IQT looks at, concatenated.

    The maps are the outputs of mixed_5b and of block35 number 2, 4, 6, 8 and 10, 320 channels each
    (IQT section 3.1). The rest of the network is not kept, so it is never computed.

    Args:
        pretrained: load timm's ImageNet weights `tf_in1k` (network, or timm's cache).
    """

    CHANNELS = 6 * 320
    STEM = ("conv2d_1a", "conv2d_2a", "conv2d_2b", "maxpool_3a", "conv2d_3b", "conv2d_4a", "maxpool_5a")

    def __init__(self, pretrained: bool = False):
        super().__init__()
        layers = (ConvNorm(3, 32, 3, 2), ConvNorm(32, 32, 3), ConvNorm(32, 64, 3, padding=1), nn.MaxPool2d(3, 2))
        self.stem = nn.Sequential(*layers, ConvNorm(64, 80, 1), ConvNorm(80, 192, 3), nn.MaxPool2d(3, 2))
        self.mixed_5b = Mixed5b()
        self.block35 = nn.Sequential(*(Block35() for _ in range(10)))
        if pretrained:
            whole = import_timm().create_model("inception_resnet_v2.tf_in1k", pretrained=True)
            for layer, name in zip(self.stem, self.STEM, strict=True):
                layer.load_state_dict(whole.get_submodule(name).state_dict())
            self.mixed_5b.load_state_dict(whole.mixed_5b.state_dict())
            self.block35.load_state_dict(whole.repeat.state_dict())

    def forward(self, images: Tensor) -> Tensor:
        """B x 3 x H x W RGB in [0, 1] to B x 1920 x h x w; 256 px give 29 x 29, 192 px give 21 x 21."""
        x = self.mixed_5b(self.stem(images * 2 - 1))
        maps = [x]
        for number, block in enumerate(self.block35, start=1):
            x = block(x)
            if number % 2 == 0:
                maps.append(x)
        return torch.cat(maps, dim=1)


class EfficientNetLite0(nn.Module):
    """EfficientNet-Lite0 up to its sixth stage, and what it sees on the way (Tan and Le 2019; lite: Google 2020).

    ReLU6, no squeeze-and-excitation, TensorFlow's "same" padding: a map of stride s has ceil(side / s) cells a side.

    Args:
        pretrained: load timm's ImageNet weights `in1k` (network, or timm's cache).
        stages: how many stages of blocks are kept, of seven.
    """

    ARCHITECTURE = "tf_efficientnet_lite0"
    CHANNELS = (32, 16, 24, 40, 80, 112, 192, 320)  # of the stem and the stages
    STRIDES = (2, 2, 4, 8, 16, 16, 32, 32)
    REPEATED = ((2, 3, 2), (2, 5, 2), (3, 3, 2), (3, 5, 1), (4, 5, 2), (1, 3, 1))  # blocks, kernel, stride of a stage

    def __init__(self, pretrained: bool = False, stages: int = 7):
        super().__init__()
        stem, *channels = self.CHANNELS
        self.conv_stem, self.bn1 = same_conv(3, stem, 3, 2), NormAct(stem, nn.ReLU6(inplace=True))
        blocks = [nn.Sequential(Separable(stem, channels[0], 3))]
        for before, after, (count, size, stride) in zip(channels, channels[1:], self.REPEATED, strict=False):
            more = (Inverted(after, after, size, 1) for _ in range(count - 1))
            blocks.append(nn.Sequential(Inverted(before, after, size, stride), *more))
        self.blocks = nn.Sequential(*blocks[:stages])
        if pretrained:
            given = import_timm().create_model(f"{self.ARCHITECTURE}.in1k", pretrained=True).state_dict()
            self.load_state_dict({name: given[name] for name in self.state_dict()})

    def forward(self, images: Tensor) -> Iterator[Tensor]:
        """B x 3 x H x W RGB in [0, 1] to the maps of the stem and of each stage, one after the other."""
        x = self.bn1(self.conv_stem(self._normalised(images)))
        yield x
        for stage in self.blocks:
            x = stage(x)
            yield x

    def in_stripes(self, images: Stripes) -> Iterator[tuple[int, Tensor]]:
        """The same maps by rows, as they can be computed: the number of a map, and its next rows."""
        stages: list[Rows] = [Chain((self.conv_stem, self.bn1), images.height)]
        for block in self.blocks:
            stages.append(rows_of(block, stages[-1].height))
        for stripe in images:
            rows = self._normalised(stripe)
            for number, stage in enumerate(stages):
                out = stage(rows)
                if out is None:
                    break
                yield number, (rows := out)

    @staticmethod
    def _normalised(images: Tensor) -> Tensor:
        return (images * 255 - 127) / 128


class ResNet50(nn.Sequential):
    """ResNet-50 to C5, as timm starts it: normal weights by what goes out, and the last BatchNorm of a block at 0."""

    COUNTS = (3, 4, 6, 3)  # blocks of a stage

    def __init__(self) -> None:
        layers: dict[str, nn.Module] = {"conv1": nn.Conv2d(3, 64, 7, 2, 3, bias=False), "bn1": nn.BatchNorm2d(64)}
        layers |= {"act1": nn.ReLU(inplace=True), "maxpool": nn.MaxPool2d(3, 2, 1)}
        inputs = 64
        for stage, count in enumerate(self.COUNTS):
            channels = 64 << stage
            first = Bottleneck(inputs, channels, 1 if stage == 0 else 2)
            inputs = 4 * channels
            layers[f"layer{stage + 1}"] = nn.Sequential(
                first, *(Bottleneck(inputs, channels, 1) for _ in range(count - 1))
            )
        super().__init__(OrderedDict(layers))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if isinstance(module, Bottleneck):
                nn.init.zeros_(module.bn3.weight)


def resnet50(pretrained: bool = False, stride_in_1x1: bool = False) -> nn.Module:
    """ResNet-50 to C5 (B x 2048 x H/32 x W/32), without pooling or classifier.

    Args:
        pretrained: load timm's ImageNet weights.
        stride_in_1x1: put each stage's stride in the first 1x1 convolution (He et al. 2015, Caffe and
            Keras) instead of the 3x3 one (torchvision, timm). The shapes are the same, the numbers not.
    """
    net = ResNet50()
    if pretrained:
        given = import_timm().create_model("resnet50", pretrained=True).state_dict()
        net.load_state_dict({name: given[name] for name in net.state_dict()})
    if stride_in_1x1:
        for stage in (net.layer2, net.layer3, net.layer4):
            first: Any = cast(nn.Sequential, stage)[0]
            first.conv1.stride, first.conv2.stride = first.conv2.stride, first.conv1.stride
    return net


def vision_transformer(tag: str, pretrained: bool = False) -> nn.Module:
    """A ViT of timm without its classifier; `tag` names the weights, such as `vit_base_patch16_384.x`."""
    name = tag if pretrained else tag.split(".")[0]
    return import_timm().create_model(name, pretrained=pretrained, num_classes=0)


def fold_batchnorm(module: nn.Module) -> None:
    """Fold every BatchNorm that directly follows a convolution into it, in place; eval mode only.

    Exact up to float rounding: in eval mode BatchNorm is an affine map per channel.
    """
    for parent, conv_name, bn_name in list(_conv_bn_pairs(module)):
        bn = getattr(parent, bn_name)
        setattr(parent, conv_name, fuse_conv_bn_eval(getattr(parent, conv_name), bn))
        # timm's norm layers carry their activation along; keep that part.
        act = [getattr(bn, part) for part in ("drop", "act") if hasattr(bn, part)]
        setattr(parent, bn_name, nn.Sequential(*act) if act else nn.Identity())


def _conv_bn_pairs(module: nn.Module) -> Iterator[tuple[nn.Module, str, str]]:
    for parent in module.modules():
        children = list(parent.named_children())
        for (conv_name, conv), (bn_name, bn) in pairwise(children):
            if isinstance(conv, nn.Conv2d) and isinstance(bn, nn.BatchNorm2d):
                yield parent, conv_name, bn_name

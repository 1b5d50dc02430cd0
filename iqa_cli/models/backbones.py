"""The convolutional and ViT trunks, from timm, cut to what the models use.

Everything that touches timm is here: it is imported on first use (it takes a second) and, where
torch and torchvision come from different builds, made importable.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from iqa_cli.models.stripes import Chain, Rows, Stripes, rows_of


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
        tag = "inception_resnet_v2.tf_in1k" if pretrained else "inception_resnet_v2"
        # Building on the meta device costs nothing for the nine tenths that are thrown away.
        with torch.device("cpu" if pretrained else "meta"):
            whole = import_timm().create_model(tag, pretrained=pretrained)
        self.stem = nn.Sequential(*(getattr(whole, name) for name in self.STEM))
        self.mixed_5b = whole.mixed_5b
        self.block35 = whole.repeat
        if not pretrained:
            materialise(self)

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

    def __init__(self, pretrained: bool = False, stages: int = 7):
        super().__init__()
        with torch.device("cpu" if pretrained else "meta"):
            whole = import_timm().create_model(
                f"{self.ARCHITECTURE}.in1k" if pretrained else self.ARCHITECTURE, pretrained=pretrained
            )
        self.conv_stem, self.bn1, self.blocks = whole.conv_stem, whole.bn1, whole.blocks[:stages]
        if not pretrained:
            materialise(self)

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


def resnet50(pretrained: bool = False, stride_in_1x1: bool = False) -> nn.Module:
    """ResNet-50 to C5 (B x 2048 x H/32 x W/32), without pooling or classifier.

    Args:
        pretrained: load timm's ImageNet weights.
        stride_in_1x1: put each stage's stride in the first 1x1 convolution (He et al. 2015, Caffe and
            Keras) instead of the 3x3 one (torchvision, timm). The shapes are the same, the numbers not.
    """
    net = import_timm().create_model("resnet50", pretrained=pretrained, num_classes=0, global_pool="")
    if stride_in_1x1:
        for stage in (net.layer2, net.layer3, net.layer4):
            stage[0].conv1.stride, stage[0].conv2.stride = stage[0].conv2.stride, stage[0].conv1.stride
    return net


def vision_transformer(tag: str, pretrained: bool = False) -> nn.Module:
    """A ViT of timm without its classifier; `tag` names the weights, such as `vit_base_patch16_384.x`."""
    name = tag if pretrained else tag.split(".")[0]
    return import_timm().create_model(name, pretrained=pretrained, num_classes=0)


def materialise(module: nn.Module) -> None:
    """Give a module built on the meta device real memory and its layers' own random start."""
    module.to_empty(device="cpu")
    for layer in module.modules():
        if hasattr(layer, "reset_parameters"):
            cast(Any, layer).reset_parameters()


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

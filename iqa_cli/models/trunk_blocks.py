"""The blocks that the convolutional trunks are made of, with timm's names, so that its weights fit.

Built here, not by timm, which imports two hundred networks and with torchvision half of what torch is compiled with
before it builds one: longer than torch's own import.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

EPSILON = 1e-3  # of BatchNorm, in what TensorFlow trained


class NormAct(nn.BatchNorm2d):
    """BatchNorm with the activation that follows it."""

    def __init__(self, channels: int, act: nn.Module):
        super().__init__(channels, eps=EPSILON)
        self.act = act

    def forward(self, x: Tensor) -> Tensor:
        """B x C x H x W to the same."""
        return self.act(super().forward(x))


class SyncNormAct(nn.SyncBatchNorm):
    """The same with statistics of several processes."""

    def __init__(self, of: NormAct):
        super().__init__(of.num_features, eps=of.eps)
        self.act = of.act
        self.weight, self.bias = of.weight, of.bias  # the same: an optimiser knows them, and some are frozen
        for name, statistic in of.named_buffers(recurse=False):
            setattr(self, name, statistic)
        self.training = of.training

    def forward(self, x: Tensor) -> Tensor:
        """B x C x H x W to the same."""
        return self.act(super().forward(x))


class ConvNorm(nn.Module):
    """Convolution, BatchNorm and ReLU."""

    def __init__(self, inputs: int, outputs: int, size: int, stride: int = 1, padding: int = 0):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, size, stride, padding, bias=False)
        self.bn = NormAct(outputs, nn.ReLU(inplace=True))

    def forward(self, x: Tensor) -> Tensor:
        """B x inputs x H x W to B x outputs x h x w."""
        return self.bn(self.conv(x))


class Mixed5b(nn.Module):
    """The first Inception module of Inception-ResNet-V2 (Szegedy et al. 2017): 192 to 320 channels."""

    def __init__(self) -> None:
        super().__init__()
        self.branch0 = ConvNorm(192, 96, 1)
        self.branch1 = nn.Sequential(ConvNorm(192, 48, 1), ConvNorm(48, 64, 5, padding=2))
        self.branch2 = nn.Sequential(
            ConvNorm(192, 64, 1), ConvNorm(64, 96, 3, padding=1), ConvNorm(96, 96, 3, padding=1)
        )
        self.branch3 = nn.Sequential(nn.AvgPool2d(3, 1, 1, count_include_pad=False), ConvNorm(192, 64, 1))

    def forward(self, x: Tensor) -> Tensor:
        """B x 192 x H x W to B x 320 x H x W."""
        return torch.cat((self.branch0(x), self.branch1(x), self.branch2(x), self.branch3(x)), 1)


class Block35(nn.Module):
    """Inception-ResNet-A, whose branches are added to what they see, scaled by 0.17."""

    SCALE = 0.17

    def __init__(self) -> None:
        super().__init__()
        self.branch0 = ConvNorm(320, 32, 1)
        self.branch1 = nn.Sequential(ConvNorm(320, 32, 1), ConvNorm(32, 32, 3, padding=1))
        self.branch2 = nn.Sequential(
            ConvNorm(320, 32, 1), ConvNorm(32, 48, 3, padding=1), ConvNorm(48, 64, 3, padding=1)
        )
        self.conv2d = nn.Conv2d(128, 320, 1)
        self.act = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """B x 320 x H x W to the same."""
        out = self.conv2d(torch.cat((self.branch0(x), self.branch1(x), self.branch2(x)), 1))
        return self.act(out * self.SCALE + x)


class Conv2dSame(nn.Conv2d):
    """A convolution with TensorFlow's "same" padding: ceil(side / stride) cells a side, the odd pixel behind."""

    def forward(self, x: Tensor) -> Tensor:
        """B x C x H x W to B x c x ceil(H / stride) x ceil(W / stride)."""
        sides = zip(x.shape[-2:], self.kernel_size, self.stride, strict=True)
        height, width = (max((-(-side // stride) - 1) * stride + size - side, 0) for side, size, stride in sides)
        x = F.pad(x, (width // 2, width - width // 2, height // 2, height - height // 2))
        return F.conv2d(x, self.weight, self.bias, self.stride, 0, self.dilation, self.groups)


def same_conv(inputs: int, outputs: int, size: int, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    """A convolution without bias and with "same" padding; with a stride of 1 that is one of fixed padding."""
    if stride == 1:
        return nn.Conv2d(inputs, outputs, size, padding=size // 2, groups=groups, bias=False)
    return Conv2dSame(inputs, outputs, size, stride, groups=groups, bias=False)


class Separable(nn.Module):
    """A convolution of each channel by itself, then one across channels: EfficientNet's first stage."""

    def __init__(self, inputs: int, outputs: int, size: int):
        super().__init__()
        self.conv_dw = same_conv(inputs, inputs, size, groups=inputs)
        self.bn1 = NormAct(inputs, nn.ReLU6(inplace=True))
        self.conv_pw = same_conv(inputs, outputs, 1)
        self.bn2 = NormAct(outputs, nn.Identity())

    def forward(self, x: Tensor) -> Tensor:
        """B x inputs x H x W to B x outputs x H x W."""
        return self.bn2(self.conv_pw(self.bn1(self.conv_dw(x))))


class Inverted(nn.Module):
    """An inverted residual block (Sandler et al. 2018): six times the channels, each by itself, and fewer again."""

    def __init__(self, inputs: int, outputs: int, size: int, stride: int):
        super().__init__()
        wide = 6 * inputs
        self.has_skip = stride == 1 and inputs == outputs
        self.conv_pw = same_conv(inputs, wide, 1)
        self.bn1 = NormAct(wide, nn.ReLU6(inplace=True))
        self.conv_dw = same_conv(wide, wide, size, stride, groups=wide)
        self.bn2 = NormAct(wide, nn.ReLU6(inplace=True))
        self.conv_pwl = same_conv(wide, outputs, 1)
        self.bn3 = NormAct(outputs, nn.Identity())

    def forward(self, x: Tensor) -> Tensor:
        """B x inputs x H x W to B x outputs x h x w."""
        out = self.bn2(self.conv_dw(self.bn1(self.conv_pw(x))))
        out = self.bn3(self.conv_pwl(out))
        return out + x if self.has_skip else out


class Bottleneck(nn.Module):
    """A bottleneck of ResNet (He et al. 2016): 1x1, 3x3 with the stride, 1x1 to four times the channels."""

    def __init__(self, inputs: int, channels: int, stride: int):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inputs, channels, 1, bias=False), nn.BatchNorm2d(channels)
        self.act1 = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, 1, bias=False)
        self.bn2, self.act2 = nn.BatchNorm2d(channels), nn.ReLU(inplace=True)
        self.conv3, self.bn3 = nn.Conv2d(channels, 4 * channels, 1, bias=False), nn.BatchNorm2d(4 * channels)
        self.act3 = nn.ReLU(inplace=True)
        changes = stride != 1 or inputs != 4 * channels
        self.downsample = _narrowed(inputs, 4 * channels, stride) if changes else None

    def forward(self, x: Tensor) -> Tensor:
        """B x inputs x H x W to B x 4 channels x h x w."""
        out = self.act2(self.bn2(self.conv2(self.act1(self.bn1(self.conv1(x))))))
        out = self.bn3(self.conv3(out))
        out += x if self.downsample is None else self.downsample(x)
        return self.act3(out)


def _narrowed(inputs: int, outputs: int, stride: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

"""What tests of networks compare and prepare."""

from dataclasses import replace

import torch
from torch import nn

from iqa_cli.models.iqt import IQT_C

TINY = replace(IQT_C, crop=128, dim=16, heads=2, ffn=32, head=8)


def close(a, b, tolerance=1e-5):
    torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance)


def parameters_beside_the_backbone(model):
    return sum(p.numel() for name, p in model.named_parameters() if not name.startswith("backbone."))


@torch.no_grad()
def randomise_batchnorm(model):
    """Eval mode, with statistics and scales as training leaves them, far from those of a new layer."""
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.running_mean.normal_(0, 0.1)
            layer.running_var.uniform_(0.5, 2)
            layer.weight.uniform_(0.5, 1.5)
            layer.bias.normal_(0, 0.1)
    return model.eval()

"""Which parameters decay, and the learning rate of each step."""

import math

import torch
from torch import nn

from iqa_cli.training.recipe import Recipe, Stage

LEARNT_TOKENS = ("tokens", "cls_token", "pos_embed")  # ours, and timm's
BACKBONES = ("backbone.", "trunk.")


def make_optimiser(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """AdamW over the recipe's parameter groups; `set_learning_rate` gives it its rate at each step."""
    return torch.optim.AdamW(parameter_groups(model, recipe), lr=0.0)


def parameter_groups(model: nn.Module, recipe: Recipe) -> list[dict]:
    """Matrices and kernels decay, biases, norms and tokens do not; the backbone is apart for its own rate."""
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        decays = parameter.ndim > 1 and not any(part in name for part in LEARNT_TOKENS)
        groups.setdefault((name.startswith(BACKBONES), decays), []).append(parameter)
    return [
        {"params": params, "weight_decay": recipe.weight_decay if decays else 0.0, "backbone": backbone}
        for (backbone, decays), params in groups.items()
    ]


def set_learning_rate(optimiser: torch.optim.Optimizer, stage: Stage, step: int) -> float:
    """Linear warm-up, then a cosine to 1 % of the stage's rate; returns the rate of the non-backbone part."""
    warm = min(1.0, (step + 1) / max(stage.warmup, 1))
    progress = max(0, step - stage.warmup) / max((stage.schedule or stage.steps) - stage.warmup, 1)
    factor = warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress)))
    for group in optimiser.param_groups:
        rate = stage.backbone_lr if group["backbone"] and stage.backbone_lr is not None else stage.lr
        group["lr"] = rate * factor
    return stage.lr * factor

"""Which parameters decay, and the learning rate of each step."""

import torch
from torch import nn

from iqa_cli.training.recipe import Recipe, Stage

LEARNT_TOKENS = ("quality", "positions", "cls_token", "pos_embed")  # ours, and timm's
BACKBONES = ("backbone.", "trunk.")


def make_optimiser(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """AdamW or Adam over the recipe's parameter groups; `set_learning_rate` gives it its rate at each step."""
    groups = parameter_groups(model, recipe.weight_decay if recipe.optimiser == "adamw" else 0.0)
    kind = torch.optim.AdamW if recipe.optimiser == "adamw" else torch.optim.Adam
    return kind(groups, lr=0.0)


def parameter_groups(model: nn.Module, weight_decay: float) -> list[dict]:
    """Matrices and kernels decay, biases, norms and tokens do not; the backbone is apart for its own rate."""
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            decays = parameter.ndim > 1 and name.split(".")[-1] not in LEARNT_TOKENS
            groups.setdefault((name.startswith(BACKBONES), decays), []).append(parameter)
    return [
        {"params": params, "weight_decay": weight_decay if decays else 0.0, "backbone": backbone}
        for (backbone, decays), params in groups.items()
    ]


def set_learning_rate(optimiser: torch.optim.Optimizer, stage: Stage, step: int) -> float:
    """Give every group its rate at `step` of the stage; returns that of the non-backbone part."""
    factor = stage.rate(step)
    for group in optimiser.param_groups:
        rate = stage.backbone_lr if group["backbone"] and stage.backbone_lr is not None else stage.lr
        group["lr"] = rate * factor
    return stage.lr * factor

"""What moves the weights: which parameters decay, the learning rate of each step, and the average over training."""

from typing import Any

import torch
from torch import Tensor, nn

from iqa_cli.training.recipe import Recipe
from iqa_cli.training.recipe_parts import Stage

LEARNT_TOKENS = ("quality", "positions", "cls_token", "pos_embed")  # ours, and timm's
BACKBONES = ("backbone.", "trunk.")


def make_optimiser(model: nn.Module, recipe: Recipe, beside: nn.Module | None = None) -> torch.optim.Optimizer:
    """AdamW or Adam over the recipe's parameter groups; `set_learning_rate` gives it its rate at each step.

    What learns `beside` the model has groups of its own.
    """
    decay = recipe.weight_decay if recipe.optimiser == "adamw" else 0.0
    groups = [*parameter_groups(model, decay), *(parameter_groups(beside, decay) if beside else [])]
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


class Average:
    """Exponential moving average of a model's floating-point state, buffers (BatchNorm) included.

    The decay grows from 0 with the number of updates, so that a short run is not held back by its start.
    """

    def __init__(self, model: nn.Module, decay: float):
        self.decay = decay
        self.updates = 0
        self.state = {name: value.detach().clone().float() for name, value in self._floats(model)}

    @staticmethod
    def _floats(model: nn.Module) -> list[tuple[str, Tensor]]:
        return [(name, value) for name, value in model.state_dict().items() if value.is_floating_point()]

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Take one step towards the model's present state."""
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        values = [value.detach().float() for _, value in self._floats(model)]
        torch._foreach_lerp_(list(self.state.values()), values, 1 - decay)

    def copy_to(self, model: nn.Module) -> None:
        """Overwrite the model's weights with the average."""
        model.load_state_dict({**model.state_dict(), **self.state})

    def state_dict(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"updates": self.updates, "state": self.state}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """From a checkpoint, onto the device of the model's state."""
        self.updates = saved["updates"]
        self.state = {name: value.to(self.state[name].device) for name, value in saved["state"].items()}

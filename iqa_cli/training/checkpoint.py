"""Checkpoints that survive a kill at any moment, and the average of the weights over training."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn


def save(path: Path, state: dict[str, Any]) -> None:
    """Write `state` beside `path`, then move it in: the file is always either the old or the new one."""
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)


def load(path: Path) -> dict[str, Any]:
    """Read what `save` wrote; tensors on the CPU, nothing executed."""
    return torch.load(path, map_location="cpu", weights_only=True)


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

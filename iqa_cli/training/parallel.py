"""Several processes, one run: what `torchrun` starts, joined by PyTorch's DistributedDataParallel."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
from torch import Tensor, nn
from torch import distributed as dist
from torch.nn.parallel import DistributedDataParallel

PATIENCE = timedelta(hours=2)  # the others wait while the first one validates


@dataclass(frozen=True)
class Process:
    """One of `world` processes, number `rank`."""

    rank: int = 0
    world: int = 1

    @property
    def first(self) -> bool:
        """Whether this process writes files and speaks."""
        return self.rank == 0

    def sum(self, value: Tensor) -> Tensor:
        """The sum of `value` over all processes."""
        if self.world > 1:
            dist.all_reduce(value)
        return value

    def together(self, objective: nn.Module, device: torch.device) -> nn.Module:
        """The module, its gradients averaged over the processes.

        On GPUs BatchNorm's statistics are of the whole batch; PyTorch has no such thing for CPUs, where
        each process has those of its part.
        """
        if self.world == 1:
            return objective
        if device.type == "cuda":
            objective = synchronised(objective)
        return DistributedDataParallel(objective, device_ids=[device] if device.type == "cuda" else None)

    def collect(self, value: Any) -> list[Any]:
        """Every process's value, by rank, in the first one; nothing in the others."""
        if self.world == 1:
            return [value]
        found = [None] * self.world if self.first else None
        dist.gather_object(value, found, dst=0)
        return found or []

    def share_buffers(self, module: nn.Module) -> None:
        """The first process's buffers, such as BatchNorm's statistics, in every process."""
        if self.world > 1:
            for buffer in module.buffers():
                dist.broadcast(buffer, src=0)

    def wait(self) -> None:
        """Until all processes are here."""
        if self.world > 1:
            dist.barrier()

    def tell(self, value: float) -> float:
        """The first process's number, in every process; the others wait for it here."""
        if self.world > 1:
            told = torch.tensor([value], dtype=torch.float64)
            device = "cuda" if dist.get_backend() == "nccl" else "cpu"
            dist.broadcast(told := told.to(device), src=0)
            return told.item()
        return value


def synchronised(module: nn.Module) -> nn.Module:
    """The module with BatchNorm over all processes; layers that have their activation inside keep it."""
    from iqa_cli.models.trunk_blocks import NormAct, SyncNormAct

    if isinstance(module, NormAct):
        return SyncNormAct(module)
    if not any(isinstance(part, NormAct) for part in module.modules()):
        return _synchronised_by_timm(module)
    for name, part in module.named_children():
        setattr(module, name, synchronised(part))
    return module


def _synchronised_by_timm(module: nn.Module) -> nn.Module:
    """By timm, whose own layers have activations inside, too."""
    from iqa_cli.models.backbones import import_timm

    import_timm()
    from timm.layers import convert_sync_batchnorm

    return convert_sync_batchnorm(module)


def started_by_torchrun() -> bool:
    """Whether the environment says so."""
    return int(os.environ.get("WORLD_SIZE", 1)) > 1


def is_first() -> bool:
    """Whether this is the process that speaks, also before they are joined."""
    return int(os.environ.get("RANK", 0)) == 0


def local_device(device: torch.device) -> torch.device:
    """Each process's own GPU where `device` is a GPU."""
    if device.type == "cuda" and started_by_torchrun():
        return torch.device("cuda", int(os.environ["LOCAL_RANK"]))
    return device


@contextmanager
def joined(device: torch.device) -> Iterator[Process]:
    """This process among those that `torchrun` started: NCCL between GPUs, gloo between CPUs."""
    if not started_by_torchrun():
        yield Process()
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=PATIENCE)
    try:
        yield Process(dist.get_rank(), dist.get_world_size())
    finally:
        dist.destroy_process_group()

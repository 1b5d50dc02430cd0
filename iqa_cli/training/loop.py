"""The training loop: read top to bottom, one step is one batch of the recipe."""

import csv
import math
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader

from iqa_cli.errors import UsageError
from iqa_cli.registry import find_model
from iqa_cli.models.base import FullReference, mean_level
from iqa_cli.training import checkpoint, objective, validation
from iqa_cli.training.batches import Batches
from iqa_cli.training.pictures import is_held_out, read, read_labels, read_photographs
from iqa_cli.training.recipe import Recipe, Stage

HELD_OUT_AT_MOST = 24  # photographs looked at in the middle of training; `evaluate` takes all


@dataclass
class Data:
    """Pictures in memory: what is learnt from, and what is held out."""

    photographs: list[np.ndarray]
    photographs_held_out: list[np.ndarray]
    rated: list[np.ndarray]
    scores: list[float]
    rated_held_out: list[np.ndarray]
    scores_held_out: list[float]


def gather(recipe: Recipe, folders: dict[str, Path]) -> Data:
    """Read everything a recipe needs into memory.

    Raises:
        UsageError: a folder or file is missing.
    """
    photographs = [read_photographs(recipe.photographs, folders, recipe.holdout, out) for out in (False, True)]
    rated = {False: [], True: []}
    if recipe.rated:
        for path, score in read_labels(recipe.rated, folders):
            rated[is_held_out(path, recipe.holdout)].append((path, score))
    images = {out: read([path for path, _ in rows]) for out, rows in rated.items()}
    scores = {out: [score for _, score in rows] for out, rows in rated.items()}
    return Data(*photographs, images[False], scores[False], images[True], scores[True])


def train(
    recipe: Recipe,
    folders: dict[str, Path],
    out: Path,
    *,
    resume: bool = False,
    init: Path | None = None,
    device: str = "cpu",
    workers: int = 1,
    compiled: bool = False,
    report: Callable[[str], None] = print,
) -> nn.Module:
    """Train `recipe.model` and return its averaged weights; checkpoints and a CSV log go to `out`.

    A run that was stopped goes on with `resume`: batches are a function of the step, and the
    checkpoint holds model, optimiser, average and step. `compiled` spends minutes at the start to make
    every step faster.
    """
    torch.manual_seed(recipe.seed)
    place = torch.device(device)
    data = gather(recipe, folders)
    report(
        f"{len(data.photographs)} photographs and {len(data.rated)} rated to learn from, "
        f"{len(data.photographs_held_out)} and {len(data.rated_held_out)} held out"
    )
    model = find_model(recipe.model).build(pretrained=recipe.pretrained)
    if init:
        report(initialise(model, init))
    model = model.to(place, memory_format=torch.channels_last).train()
    optimiser = torch.optim.AdamW(parameter_groups(model, recipe), lr=0.0)
    average = checkpoint.Average(model, recipe.ema)
    start = 0
    out.mkdir(parents=True, exist_ok=True)
    last = out / "last.pt"
    if resume and last.is_file():
        state = checkpoint.load(last)
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        average.load_state_dict(state["average"])
        start = state["step"]
        report(f"resumed at step {start} of {recipe.steps}")
    elif last.exists():
        raise UsageError(f"{last} is there already: add --resume, or give another --out")

    batches = DataLoader(
        Batches(recipe, data.photographs, data.rated, data.scores),
        sampler=range(start, recipe.steps),
        batch_size=None,
        num_workers=workers,
        prefetch_factor=4 if workers else None,
    )
    run = torch.compile(objective.outputs, dynamic=False) if compiled else None
    log = Log(out / "log.csv", report, recipe.steps, start)
    for step, batch in enumerate(batches, start):
        stage, stage_step = recipe.stage_at(step)
        lr = set_learning_rate(optimiser, stage, stage_step)
        torch.manual_seed(recipe.seed * 1_000_003 + step)  # dropout, too, is a function of the step
        with torch.autocast(place.type, torch.bfloat16, enabled=recipe.precision == "bf16"):
            predicted = objective.predict(model, batch, place, run)
        loss = objective.loss(model, predicted, batch.score.to(place), recipe.rated.spread if recipe.rated else 0.7)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        optimiser.step()
        average.update(model)
        done = step + 1
        log.step(done, loss.item(), lr, len(batch.distorted))
        if done % recipe.validate_every == 0 or done == recipe.steps:
            log.validated(done, evaluate(model, average, stage, data, recipe, HELD_OUT_AT_MOST))
        if done % recipe.save_every == 0 or done == recipe.steps:
            checkpoint.save(last, {"step": done, "model": model.state_dict(), "optimiser": optimiser.state_dict(), "average": average.state_dict()})  # fmt: skip
    average.copy_to(model)
    return model.eval()


def parameter_groups(model: nn.Module, recipe: Recipe) -> list[dict]:
    """Matrices and kernels decay, biases, norms and tokens do not; the backbone is apart for its own rate."""
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        decays = parameter.ndim > 1 and "tokens" not in name
        groups.setdefault((name.startswith("backbone."), decays), []).append(parameter)
    return [
        {"params": params, "weight_decay": recipe.weight_decay if decays else 0.0, "backbone": backbone}
        for (backbone, decays), params in groups.items()
    ]


def set_learning_rate(optimiser: torch.optim.Optimizer, stage: Stage, step: int) -> float:
    """Linear warm-up, then a cosine to 1 % of the stage's rate; returns the rate of the non-backbone part."""
    warm = min(1.0, (step + 1) / max(stage.warmup, 1))
    progress = max(0, step - stage.warmup) / max(stage.steps - stage.warmup, 1)
    factor = warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress)))
    for group in optimiser.param_groups:
        rate = stage.backbone_lr if group["backbone"] and stage.backbone_lr is not None else stage.lr
        group["lr"] = rate * factor
    return stage.lr * factor


def initialise(model: nn.Module, path: Path) -> str:
    """Take over every tensor of a safetensors file whose name and shape fit; says how many did."""
    from safetensors.torch import load_file

    own = model.state_dict()
    fitting = {k: v.float() for k, v in load_file(path).items() if k in own and own[k].shape == v.shape}
    model.load_state_dict({**own, **fitting})
    return f"{len(fitting)} of {len(own)} tensors taken from {path}"


@torch.no_grad()
def evaluate(
    model: nn.Module, average: checkpoint.Average | None, stage: Stage, data: Data, recipe: Recipe, most: int
) -> validation.Agreement:
    """How the averaged weights agree with the labels of held-out pictures of the stage's kind."""
    judge = deepcopy(model)
    if average:
        average.copy_to(judge)
    judge.eval()
    place = next(judge.parameters()).device

    def predict(batch):
        with torch.autocast(place.type, torch.bfloat16, enabled=recipe.precision == "bf16"):
            predicted = objective.predict(judge, batch, place)
        return predicted if isinstance(judge, FullReference) else mean_level(predicted.float().softmax(-1))

    if stage.kind == "synthetic":
        pictures = data.photographs_held_out[:: max(1, len(data.photographs_held_out) // most)][:most]
        return validation.agreement(validation.synthetic_pairs(pictures, stage.crop), predict)
    step = max(1, len(data.rated_held_out) // (10 * most))
    return validation.agreement(
        validation.rated_images(data.rated_held_out[::step], data.scores_held_out[::step]), predict
    )


class Log:
    """`log.csv` and the lines a person watches."""

    def __init__(self, path: Path, report: Callable[[str], None], steps: int, start: int):
        self.path, self.report, self.steps, self.start = path, report, steps, start
        self.began, self.images, self.losses, self.lr = time.monotonic(), 0, [], 0.0

    def step(self, done: int, loss: float, lr: float, images: int) -> None:
        """Count one step; a line every 50."""
        self.images += images
        self.losses = [*self.losses[-99:], loss]
        self.lr = lr
        if done % 50 == 0:
            self.report(self._line(done))

    def validated(self, done: int, agreement: validation.Agreement) -> None:
        """Write one row of the CSV log and tell it."""
        srocc, plcc = agreement.srocc(), agreement.plcc()
        self.report(f"{self._line(done)}  held out: SROCC {srocc:.4f} PLCC {plcc:.4f}")
        new = not self.path.exists()
        with self.path.open("a", newline="") as stream:
            writer = csv.writer(stream)
            if new:
                writer.writerow(["step", "loss", "lr", "srocc", "plcc", "images_per_second"])
            writer.writerow([done, f"{np.mean(self.losses):.6f}", f"{self.lr:.3g}", f"{srocc:.5f}", f"{plcc:.5f}", f"{self._rate():.2f}"])  # fmt: skip

    def _rate(self) -> float:
        return self.images / max(time.monotonic() - self.began, 1e-9)

    def _line(self, done: int) -> str:
        left = (time.monotonic() - self.began) / max(done - self.start, 1) * (self.steps - done)
        return (
            f"step {done}/{self.steps}  loss {np.mean(self.losses):.4f}  lr {self.lr:.2e}  "
            f"{self._rate():.1f} images/s  {left / 60:.0f} min left"
        )

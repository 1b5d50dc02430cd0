"""The training loop: read top to bottom, one step is one batch of the recipe."""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader

from iqa_cli.errors import UsageError
from iqa_cli.registry import find_model
from iqa_cli.training import checkpoint, objective
from iqa_cli.training.batches import Batches
from iqa_cli.training.data import Data
from iqa_cli.training.evaluation import evaluate
from iqa_cli.training.log import Log
from iqa_cli.training.optimiser import make_optimiser, set_learning_rate
from iqa_cli.training.recipe import Recipe
from iqa_cli.weights import read_checkpoint

GLANCE = 8  # held-out photographs looked at in the middle of training; all of them at its end


def train(
    recipe: Recipe,
    data: Data,
    out: Path,
    *,
    resume: bool = False,
    init: Path | None = None,
    device: torch.device,
    workers: int = 1,
    report: Callable[[str], None] = print,
) -> nn.Module:
    """Train `recipe.model` and return it with its averaged weights; checkpoints and a CSV log go to `out`.

    A run that was stopped goes on with `resume`: batches and dropout are functions of the step, and
    the checkpoint holds model, optimiser, average and step.

    Raises:
        UsageError: `out` holds a run already and `resume` is not set, or the run of another recipe.
    """
    torch.manual_seed(recipe.seed)
    model = find_model(recipe.model).build(pretrained=recipe.pretrained)
    if init:
        report(initialise(model, init))
    model = model.to(device, memory_format=torch.channels_last).train()
    optimiser = make_optimiser(model, recipe)
    average = checkpoint.Average(model, recipe.ema)
    parts = {"model": model, "optimiser": optimiser, "average": average}
    start = _start(out / "last.pt", parts, repr(recipe), resume)
    report(f"steps {start} to {recipe.steps}")

    batches = DataLoader(
        Batches(recipe, data.photographs, data.rated, data.scores),
        sampler=range(start, recipe.steps),
        batch_size=None,
        num_workers=workers,
        prefetch_factor=4 if workers else None,
    )
    log = Log(out / "log.csv", report, recipe.steps, start)
    for done, batch in enumerate(batches, start + 1):
        stage, stage_step = recipe.stage_at(done - 1)
        lr = set_learning_rate(optimiser, stage, stage_step)
        torch.manual_seed(recipe.seed * 1_000_003 + done - 1)
        with torch.autocast(device.type, torch.bfloat16, enabled=recipe.precision == "bf16"):
            predicted = objective.predict(model, batch, device)
        loss = objective.loss(model, predicted, batch.score.to(device), recipe.spread)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        optimiser.step()
        average.update(model)
        log.step(done, loss.item(), lr, len(batch.distorted))
        if done % recipe.validate_every == 0 or done == recipe.steps:
            log.validated(done, evaluate(model, average, stage, data, recipe, GLANCE))
        if done % recipe.save_every == 0 or done == recipe.steps:
            states = {name: part.state_dict() for name, part in parts.items()}
            checkpoint.save(out / "last.pt", {"step": done, "recipe": repr(recipe), **states})
    average.copy_to(model)
    return model.eval()


def _start(last: Path, parts: dict, recipe: str, resume: bool) -> int:
    """Bring every part to the last checkpoint, if there is one to go on from; the number of steps done."""
    last.parent.mkdir(parents=True, exist_ok=True)
    if not last.is_file():
        return 0
    if not resume:
        raise UsageError(f"{last} is there already: add --resume, or give another --out")
    state = checkpoint.load(last)
    if state["recipe"] != recipe:
        raise UsageError(f"{last} was made by another recipe: give that one, or another --out")
    for name, part in parts.items():
        part.load_state_dict(state[name])
    return state["step"]


def initialise(model: nn.Module, path: Path) -> str:
    """Take over every tensor of a weight file whose name and shape fit; says how many did."""
    own = model.state_dict()
    tensors, _ = read_checkpoint(path)
    fitting = {name: t for name, t in tensors.items() if name in own and own[name].shape == t.shape}
    model.load_state_dict({**own, **fitting})
    return f"{len(fitting)} of {len(own)} tensors taken from {path}"

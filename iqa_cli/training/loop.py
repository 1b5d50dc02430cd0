"""The training loop: one step is one batch of the recipe; SIGTERM and Ctrl-C are heard at the end of a step."""

import math
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from threading import current_thread, main_thread
from typing import cast

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader

from iqa_cli.errors import IqaError, UsageError
from iqa_cli.training.batches import Batch, Batches
from iqa_cli.training.checkpoint import LAST, Run
from iqa_cli.training.gather import Data
from iqa_cli.training.logbook import Log
from iqa_cli.training.optimiser import set_learning_rate
from iqa_cli.training.parallel import Process
from iqa_cli.training.picture_files import steps_an_epoch
from iqa_cli.training.pretrained import initialise
from iqa_cli.training.recipe import Recipe
from iqa_cli.training.recipe_parts import Stage
from iqa_cli.training.validation import evaluate


class Interrupt:
    """Whether somebody asked to stop."""

    asked = False

    def __call__(self, *_) -> None:
        """Take note of a signal."""
        if self.asked:  # a second Ctrl-C does not wait for the step
            raise KeyboardInterrupt
        self.asked = True


@contextmanager
def listening() -> Iterator[Interrupt]:
    """Hear both signals while the context lasts; then whoever heard them before hears them again."""
    interrupt = Interrupt()
    if current_thread() is not main_thread():  # only the main thread may set handlers
        yield interrupt
        return
    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interrupt
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def train(
    recipe: Recipe,
    data: Data,
    out: Path,
    *,
    resume: bool = False,
    overwrite: bool = False,
    init: Sequence[Path] = (),
    device: torch.device,
    process: Process = Process(),
    workers: int = 1,
    tensorboard: bool = False,
    report: Callable[[str], None] = print,
) -> nn.Module:
    """Train `recipe.model` and return it with its resulting weights; checkpoints and a CSV log go to `out`.

    A run that was stopped goes on with `resume`: batches and dropout are functions of the step, and the checkpoint
    holds model, optimiser, average, position and the pictures that are optimised. SIGTERM and Ctrl-C end the step at
    hand, write a checkpoint and raise KeyboardInterrupt.

    Raises:
        UsageError: `out` holds a run already and neither `resume` nor `overwrite` is set, or the run of another
            recipe or of other data.
    """
    recipe = in_steps(recipe, data)
    if process.world > min(stage.batch for stage in recipe.stages):
        raise UsageError(f"{process.world} processes cannot share a batch of fewer pictures")
    run = Run(recipe, data, out, device, process)
    for path in init:
        report(initialise(run.model, path, recipe.fresh))
    run.start(resume, overwrite)
    report(f"steps {run.position.step} to {recipe.steps}")
    log = Log(out if process.first else None, recipe.steps, run.position.step, report=report, tensorboard=tensorboard)
    with listening() as interrupt:
        while run.position.step < recipe.steps:
            _train_on(run, log, interrupt, workers)
    log.close()
    return run.result()


def _train_on(run: Run, log: Log, interrupt: Interrupt, workers: int) -> None:
    """From the present position to the end of the run, or to where a stage ends early."""
    recipe, process = run.recipe, run.process
    batches = DataLoader(
        Batches(recipe, run.data, process.rank, process.world),
        sampler=range(run.position.step, recipe.steps),
        batch_size=None,
        num_workers=workers,
        prefetch_factor=4 if workers else None,
        worker_init_fn=_leave_signals,
    )
    for batch in batches:
        stage, stage_step = run.stage
        if stage_step == 0:
            run.begin_stage()
        optimised = None
        if stage.fooled and run.optimised:
            optimised = run.optimised.next(stage.fooled, run.model, batch, run.position.step, run.device)
        run.training_mode()
        lr = set_learning_rate(run.optimiser, stage, stage_step)
        torch.manual_seed((recipe.seed * 1_000_003 + run.position.step) * 1009 + process.rank)
        loss = step(run, batch, stage.accumulate, optimised)
        run.position.step += 1
        done = run.position.step
        ends = stage_step + 1 == stage.steps
        sums = process.sum(torch.tensor([loss, float(interrupt.asked)], device=run.device)).tolist()
        log.step(done, sums[0], lr, batch.total)
        if ends or done % recipe.validate_every == 0:
            _validate(run, stage, log)
            if not ends and recipe.patience and run.position.since >= recipe.patience:
                log.report(f"no better SROCC in {recipe.patience} validations: this stage ends at step {done}")
                run.position.step += stage.steps - stage_step - 1
                run.save()
                _stop_if(sums[1], log, done)
                return
        if ends or sums[1] or done % recipe.save_every == 0:
            run.save()
        _stop_if(sums[1], log, done)


def _stop_if(asked: float, log: Log, done: int) -> None:
    if asked:
        log.report(f"stopped after step {done}: the same command with --resume goes on")
        raise KeyboardInterrupt


def step(run: Run, batch: Batch, parts: int, optimised: Batch | None = None) -> float:
    """One step of the optimiser, the batch in so many parts; this process's share of the loss.

    Optimised pictures come last, and leave BatchNorm's statistics as the others made them.
    """
    run.optimiser.zero_grad(set_to_none=True)
    total = 0.0
    parts = min(parts, len(batch.score) if batch.reference is None else len(batch.reference))
    batches = [*(batch.part(number, parts) for number in range(parts)), *([optimised] if optimised else [])]
    for number, part in enumerate(batches):
        last = number == len(batches) - 1
        if part is optimised:
            run.training_mode(learn_statistics=False)
        alone = last or run.process.world == 1
        with nullcontext() if alone else cast(DistributedDataParallel, run.objective).no_sync():
            with torch.autocast(run.device.type, torch.bfloat16, enabled=run.recipe.precision == "bf16"):
                loss = run.objective(part, run.device)
            (loss * run.process.world).backward()  # DistributedDataParallel takes the mean over processes
        total += loss.item()
    length = nn.utils.clip_grad_norm_(run.objective.parameters(), run.recipe.clip or math.inf)
    if not length.isfinite():  # in every process: it is of the sum of all
        kept = f"; {run.out} has the last checkpoint" if (run.out / LAST).is_file() else ""
        raise IqaError(
            f"step {run.position.step + 1}: the gradient is not finite, and no weight was changed by it{kept}. "
            'Try a lower lr or precision = "fp32" in another --out'
        )
    run.optimiser.step()
    if run.average:
        run.average.update(run.model)
    return total


def _validate(run: Run, stage: Stage, log: Log) -> None:
    """Judge the model; every process then knows the SROCC."""
    srocc = float("nan")
    if run.process.first:
        found = evaluate(run.model, run.average, stage, run.data, run.recipe, run.recipe.glance or None)
        srocc = found.srocc()
        log.validated(run.position.step, found)
    if run.position.validated(run.process.tell(srocc)) and run.recipe.needs_best:
        run.save_best()


def in_steps(recipe: Recipe, data: Data) -> Recipe:
    """The recipe with its epochs, and what happens once an epoch, counted in steps."""

    def an_epoch(stage: Stage) -> int:
        fitting = [e for e in data.rated if e.image.fits(stage.crop)]
        return steps_an_epoch([() if stage.crop else e.image.size for e in fitting], stage.batch)

    epochs = [an_epoch(stage) if stage.kind == "rated" else stage.steps for stage in recipe.stages]
    stages = tuple(stage.in_steps(epoch) for stage, epoch in zip(recipe.stages, epochs, strict=True))
    once = max(epochs[0], 1)
    return replace(
        recipe, stages=stages, validate_every=recipe.validate_every or once, save_every=recipe.save_every or once
    )


def _leave_signals(_: int) -> None:
    """Signals go to every process of the terminal or job: workers leave them to the one that trains."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)

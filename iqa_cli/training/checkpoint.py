"""What a training run carries from step to step, and its way to and from checkpoints that survive a kill."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn

from iqa_cli.errors import UsageError
from iqa_cli.ground.atomic import atomically, forget_partial
from iqa_cli.models.base import Model
from iqa_cli.registry import find_model
from iqa_cli.training.distillation import Distillation, told_of_guide
from iqa_cli.training.fooled import OptimisedPairs
from iqa_cli.training.gather import Data
from iqa_cli.training.objective import Objective
from iqa_cli.training.optimiser import Average, make_optimiser
from iqa_cli.training.parallel import Process
from iqa_cli.training.pretrained import build
from iqa_cli.training.recipe import Recipe
from iqa_cli.training.recipe_parts import Stage

LAST, BEST = "last.pt", "best.pt"
OPTIMISED = "optimised"  # in a checkpoint, the stores of all processes


@dataclass
class Position:
    """The number of the next step, and what early stopping knows.

    best: highest SROCC on what is held out; since: validations without a better one in this stage.
    """

    step: int = 0
    best: float = float("-inf")
    since: int = 0

    def validated(self, srocc: float) -> bool:
        """Take note of a validation; whether it is the best so far. A NaN never is."""
        if srocc > self.best:
            self.best, self.since = srocc, 0
            return True
        self.since += 1
        return False

    def state_dict(self) -> dict:
        """For a checkpoint."""
        return dict(vars(self))

    def load_state_dict(self, saved: dict) -> None:
        """From a checkpoint."""
        vars(self).update(saved)


class Run:
    """The model, its optimiser, the average of its weights, and how far they have come."""

    def __init__(self, recipe: Recipe, data: Data, out: Path, device: torch.device, process: Process):
        torch.manual_seed(recipe.seed)
        model = cast(Model, build(find_model(recipe.model), recipe.pretrained))
        _known_parts(model, (*recipe.frozen, *recipe.fresh))
        for part in recipe.frozen:
            model.get_submodule(part).requires_grad_(False)
        self.recipe, self.data, self.out, self.device, self.process = recipe, data, out, device, process
        self.model: Model = cast(Any, model).to(device, memory_format=torch.channels_last)
        self.distillation = Distillation(recipe.distilled_from, model) if recipe.distilled_from else None
        if self.distillation:
            cast(Any, self.distillation).to(device, memory_format=torch.channels_last)
        self.optimiser = make_optimiser(model, recipe, self.distillation)
        self.average = Average(model, recipe.ema) if recipe.ema else None
        self.position = Position()
        self.objective: nn.Module = Objective(model, recipe.plcc, recipe.fidelity, self.distillation)
        teachers = data.teachers if recipe.learns_against_being_fooled else None
        self.optimised = OptimisedPairs(teachers, recipe.seed, process) if teachers else None

    @property
    def stage(self) -> tuple[Stage, int]:
        """The stage of the next step, and the step's number within it."""
        number, step = self.recipe.stage_at(self.position.step)
        return self.recipe.stages[number], step

    def start(self, resume: bool, overwrite: bool = False) -> None:
        """Go on from the last checkpoint, if there is one, or with `overwrite` begin anew in its place."""
        self.out.mkdir(parents=True, exist_ok=True)
        if self.process.first:
            for name in (LAST, BEST):
                forget_partial(self.out / name)  # each is as large as a whole one
                if overwrite:
                    (self.out / name).unlink(missing_ok=True)
        if (self.out / LAST).is_file() and not overwrite:
            if not resume:
                raise UsageError(
                    f"{self.out / LAST} is there already: add --resume to go on from it, --overwrite to begin anew, "
                    "or give another --out"
                )
            state = load_state(self.out / LAST)
            if state["run"] != self._identity():
                others = "another recipe, by another guide" if self.distillation else "another recipe"
                raise UsageError(f"{self.out / LAST} was made by {others} or of other data: give another --out")
            try:
                for name, part in self._parts().items():
                    part.load_state_dict(state[name])
            except torch.OutOfMemoryError:
                raise
            except (KeyError, RuntimeError, ValueError) as error:  # what load_state_dict raises where names differ
                raise UsageError(
                    f"{self.out / LAST} was written by another version of iqa, which kept other things: go on with "
                    "that version, or add --overwrite to begin anew"
                ) from error
            stores = state.get(OPTIMISED, [])[self.process.rank :]
            if self.optimised and stores:  # a process more than before begins its own anew
                self.optimised.load_state_dict(stores[0])
        self.objective = self.process.together(self.objective, self.device)

    def begin_stage(self) -> None:
        """At the first step of a stage: patience begins anew, and so does the best of another kind of score."""
        number, _ = self.recipe.stage_at(self.position.step)
        stage = self.recipe.stages[number]
        self.position.since = 0
        if self.optimised:
            self.optimised.clear()
        if stage.from_best:
            self.restore_best()
        if number and self.recipe.stages[number - 1].synthetic != stage.synthetic:
            self.position.best = float("-inf")

    def save(self) -> None:
        """Write the checkpoint, which has what each process keeps of its own."""
        own = {OPTIMISED: self.process.collect(self.optimised.state_dict())} if self.optimised else {}
        if self.process.first:
            states = own | {name: part.state_dict() for name, part in self._parts().items()}
            save_state(self.out / LAST, {"run": self._identity(), **states})

    def save_best(self) -> None:
        """Keep the weights as they are now judged."""
        if self.process.first:
            beside = {"distillation": self.distillation.state_dict()} if self.distillation else {}
            save_state(self.out / BEST, {"model": self._judged(), **beside})

    def restore_best(self) -> None:
        """Go on from the best weights so far, and their average from there."""
        self.process.wait()  # for the first one to have written them
        if (self.out / BEST).is_file():
            best = load_state(self.out / BEST)
            self.model.load_state_dict(best["model"])
            if self.distillation and "distillation" in best:  # earlier versions kept the model alone
                self.distillation.load_state_dict(best["distillation"])
            if self.average:
                self.average = Average(self.model, self.recipe.ema)

    def result(self) -> nn.Module:
        """The model with the weights that the recipe keeps."""
        if self.recipe.keep == "best" and self.position.best > float("-inf"):
            self.restore_best()
        else:
            self.model.load_state_dict(self._judged())
        return self.model.eval()

    def training_mode(self, learn_statistics: bool = True) -> None:
        """Learn, but for frozen parts, whose BatchNorm keeps its statistics; where told, so does every other."""
        self.model.train()
        for module in self.model.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm) and not learn_statistics:
                module.eval()
        for part in self.recipe.frozen:
            self.model.get_submodule(part).eval()

    def _judged(self) -> dict:
        return {**self.model.state_dict(), **(self.average.state if self.average else {})}

    def _parts(self) -> dict:
        parts = {"model": self.model, "optimiser": self.optimiser, "position": self.position}
        beside = {"average": self.average, "distillation": self.distillation}
        return parts | {name: part for name, part in beside.items() if part}

    def _identity(self) -> str:
        guide = self.recipe.distilled_from and told_of_guide(self.recipe.distilled_from)
        return f"{self.recipe!r} {self.data.fingerprint()} {guide}".rstrip()


def _known_parts(model: nn.Module, parts: Sequence[str]) -> None:
    known = [name for name, _ in model.named_children()]
    for part in parts:
        if part not in known:
            raise UsageError(f"the model has no part {part!r}: its parts are {', '.join(known)}")


def save_state(path: Path, state: dict[str, Any]) -> None:
    """Write `state` in one step: the file is always either the old or the new one, also after a kill.

    Raises:
        OSError: the file cannot be written; it names it.
    """
    with atomically(path) as partial, partial.open("wb") as stream:
        torch.save(state, stream)  # to a path it would hide the reason, such as a full disk


def load_state(path: Path) -> dict[str, Any]:
    """Read what `save_state` wrote; tensors on the CPU, nothing executed."""
    return torch.load(path, map_location="cpu", weights_only=True)

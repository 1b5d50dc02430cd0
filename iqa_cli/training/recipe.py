"""A recipe: all that decides a training run, as frozen data. `recipe_files.py` reads it from TOML."""

import math
from dataclasses import dataclass, replace

from iqa_cli.registry import find_model
from iqa_cli.training.sources import Photographs, Rated

KINDS = ("synthetic", "rated")
OPTIMISERS = ("adamw", "adam")


@dataclass(frozen=True)
class Stage:
    """Part of a run: one kind of batch, with its own schedule.

    Attributes:
        kind: "synthetic" distorts photographs on the fly, "rated" takes rated images.
        batch: pictures in a batch: photographs, or rated images.
        steps, epochs: length; an epoch passes every rated image once, so only rated stages have epochs.
        crop: side in px of the random crops; 0 takes images whole, a batch then has one size.
        versions: distorted forms of each photograph in a synthetic batch.
        lr: learning rate after warm-up; backbone_lr: that of the backbone, where it differs.
        warmup, hold: steps (epochs in a stage of epochs) of linear warm-up, and at the full rate after it.
        final: what the cosine ends at, as a share of the rate; 1 keeps the rate constant.
        schedule: steps the cosine is laid over, where the stage ends before it does.
        accumulate: parts in which a batch passes the model, for less memory.
        from_best: start from the best weights so far instead of the last.
        distorted: synthetically distorted photographs that join each rated batch, so that a model does
            not forget there what it has learnt of distortions that rated photographs seldom show.
        degraded: share of the rated photographs that are distorted on top of what they have; their score
            falls in the proportion in which people's does for a pristine photograph.
        degraded_types: distortion types this is done by, all when empty; one named twice comes twice as often.
        grid: rated crops are put together from grid x grid windows, one from each cell of a grid over the
            photograph, so that one crop has seen more of what its score is about.
    """

    kind: str
    crop: int
    batch: int
    steps: int = 0
    epochs: int = 0
    versions: int = 1
    lr: float = 3e-4
    backbone_lr: float | None = None
    warmup: int = 0
    hold: int = 0
    final: float = 0.01
    schedule: int | None = None
    accumulate: int = 1
    from_best: bool = False
    distorted: int = 0
    degraded: float = 0.0
    degraded_types: tuple[int, ...] = ()
    grid: int = 1

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"a stage's kind is {' or '.join(KINDS)}, not {self.kind!r}")
        for name in ("batch", "versions", "accumulate", "grid"):
            if not isinstance(getattr(self, name), int) or getattr(self, name) < 1:
                raise ValueError(f"{name} of a stage is a number from 1, not {getattr(self, name)!r}")
        if (self.steps < 1) == (self.epochs < 1) or min(self.steps, self.epochs) < 0:
            raise ValueError("a stage has steps, or epochs: one of them, from 1")
        if self.epochs and self.kind == "synthetic":
            raise ValueError("a synthetic stage has steps: photographs can be distorted without end")
        if self.kind == "synthetic" and not self.crop:
            raise ValueError("a synthetic stage needs a crop")

    def in_steps(self, steps_an_epoch: int) -> "Stage":
        """The same stage with its epochs counted in steps."""
        if not self.epochs:
            return self
        counted = {name: getattr(self, name) * steps_an_epoch for name in ("warmup", "hold")}
        return replace(self, steps=self.epochs * steps_an_epoch, epochs=0, **counted)

    def rate(self, step: int) -> float:
        """The learning rate at `step` (from 0) as a share of `lr`: warm-up, hold, cosine to `final`."""
        warm = min(1.0, (step + 1) / max(self.warmup, 1))
        before = self.warmup + self.hold
        progress = max(0, step - before) / max((self.schedule or self.steps) - before, 1)
        return warm * (self.final + (1 - self.final) * 0.5 * (1 + math.cos(math.pi * min(progress, 1.0))))


@dataclass(frozen=True)
class Recipe:
    """One training run.

    Attributes:
        holdout: share of the pictures kept out of training, unless a `Rated` says otherwise.
        optimiser: "adamw" or "adam" (whose weight decay is none).
        clip: largest norm of the gradient; 0 does not clip.
        ema: decay of the exponential average of the weights, which is then what is judged and saved; 0 has none.
        precision: "bf16" autocast, or "fp32".
        pretrained: start from timm's ImageNet weights.
        frozen: parts of the model (`backbone`, `embed`, ...) that stay as they are, in eval mode.
        fresh: parts that begin at random though a weight file of `--init` has them.
        plcc: weight of 1 - PLCC within the batch, beside the loss of each image (no-reference models).
        content: how much of a cell's spread the labels of synthetic pairs show (training/content.py).
        validate_every, save_every: in steps; 0 is once an epoch.
        glance: held-out photographs (ten times as many rated ones) judged while training; 0 judges all.
        keep: "last" or "best": which weights are the result, best by SROCC on what is held out.
        patience: validations without a better SROCC after which a stage ends early; 0 never does.
    """

    model: str
    stages: tuple[Stage, ...]
    photographs: tuple[Photographs, ...] = ()
    rated: tuple[Rated, ...] = ()
    name: str = ""
    about: str = ""
    licence: str = "of the data it was trained on"
    holdout: float = 0.1
    seed: int = 0
    optimiser: str = "adamw"
    weight_decay: float = 0.05
    clip: float = 1.0
    ema: float = 0.998
    precision: str = "bf16"
    pretrained: bool = False
    frozen: tuple[str, ...] = ()
    fresh: tuple[str, ...] = ()
    plcc: float = 0.0
    content: float = 0.0
    validate_every: int = 500
    save_every: int = 250
    glance: int = 8
    keep: str = "last"
    patience: int = 0

    def __post_init__(self):
        spec = find_model(self.model)
        if not spec.trained:
            raise ValueError(f"{self.model} has nothing to learn")
        if not self.stages:
            raise ValueError("a recipe needs at least one [[stage]]")
        for value, known in ((self.optimiser, OPTIMISERS), (self.precision, ("bf16", "fp32")),
                             (self.keep, ("last", "best"))):  # fmt: skip
            if value not in known:
                raise ValueError(f"{value!r} is none of {', '.join(known)}")
        for stage in self.stages:
            if spec.crop and not 0 < stage.crop <= spec.crop:
                raise ValueError(f"{self.model} learns from crops of at most {spec.crop} px")

    @property
    def steps(self) -> int:
        """Steps of all stages together; epochs must have been counted in steps."""
        return sum(stage.steps for stage in self.stages)

    @property
    def needs_best(self) -> bool:
        """Whether the best weights so far are to be kept."""
        return self.keep == "best" or any(stage.from_best for stage in self.stages)

    @property
    def smallest_photograph(self) -> int:
        """Side in px that every photograph must have: some stage must be able to crop it."""
        return min((s.crop for s in self.stages if s.kind == "synthetic" or s.distorted), default=0)

    @property
    def smallest_rated(self) -> int:
        """Side in px that every rated image must have."""
        return min((stage.crop for stage in self.stages if stage.kind == "rated"), default=0)

    def stage_at(self, step: int) -> tuple[int, int]:
        """Number of the stage that the global `step` (from 0) falls into, and the step's number within it."""
        for number, stage in enumerate(self.stages):
            if step < stage.steps:
                return number, step
            step -= stage.steps
        raise IndexError("step lies beyond the recipe's last stage")

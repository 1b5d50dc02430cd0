"""The parts of a recipe: where its pictures come from, and the stages of a run, as frozen data."""

import math
import re
from dataclasses import dataclass, replace

KINDS = ("synthetic", "rated", "distilled")
SPLITS = ("name", "reference", "stratified")


@dataclass(frozen=True)
class Photographs:
    """Pristine pictures to distort on the fly.

    Attributes:
        data: name of a folder given as `--data NAME=DIR`.
        match: glob below that folder.
        scale: Lanczos factor applied on reading; halving removes a JPEG's own artefacts.
    """

    data: str
    match: str = "**/*"
    scale: float = 1.0


@dataclass(frozen=True)
class Rated:
    """Images that people have rated.

    Attributes:
        data: name given as `--data NAME=PATH`: the folder of a data set, or a manifest CSV.
        dataset: which data set lies there (`iqa_cli.datasets`); the value of `data` when left out.
        low, high: ends of the MOS scale, mapped to 1 and 5; the data set's own when left out.
        split: what is held out: "name", by a hash of the name of its group (its own, where a manifest gives one; else
            the file name of the reference, or of the image);
            "reference", whole references at random; "stratified", at random within two classes of spatial
            information times five of MOS (TRIQ).
        holdout: share that is held out; the recipe's when left out.
        follows: other data whose split this one takes over, file name by file name.
        spread: standard deviation, in levels, of one image's ratings where the data set gives none.
        source: a regular expression for what in a file name tells several sources in one data set apart, such as
            "^ss.." for BIQ2021's three; all images are one source when empty. Correlation (`plcc`) and order
            (`fidelity`) are learnt within a source.
    """

    data: str
    dataset: str = ""
    low: float | None = None
    high: float | None = None
    split: str = "name"
    holdout: float | None = None
    follows: str = ""
    spread: float = 0.7
    source: str = ""

    def __post_init__(self):
        try:
            re.compile(self.source)
        except re.error as error:
            raise ValueError(f"source is a regular expression, which {self.source!r} is not: {error}") from None
        if self.split not in SPLITS:
            raise ValueError(f"split is one of {', '.join(SPLITS)}, not {self.split!r}")


@dataclass(frozen=True)
class Fooled:
    """Learning against being fooled, beside a synthetic stage's batches (training/fooled.py).

    Attributes:
        weight: of the mean loss of these pictures; that of the batch has 1.
        pairs: taken from the store at each step, by each process.
        steps: of Adam, by which their distorted images go on up the model's own score.
        longest: steps after which a pair makes room for one of the batch at hand.
        kept: pairs in the store.
        rate: lowest and highest step of Adam, in shares of the range of a sample; each pair has its own.
    """

    weight: float = 1.0
    pairs: int = 4
    steps: int = 3
    longest: int = 15
    kept: int = 48
    rate: tuple[float, float] = (0.004, 0.013)

    def __post_init__(self):
        for name in ("pairs", "steps", "longest", "kept"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} of fooled is a number from 1, not {getattr(self, name)!r}")
        if self.weight <= 0:
            raise ValueError("weight of fooled is a number above 0: leave fooled out where it is not wanted")
        if self.kept < self.pairs:
            raise ValueError(f"fooled keeps {self.kept} pairs, of which it cannot take {self.pairs} at each step")
        if self.longest < self.steps:
            raise ValueError(f"fooled takes {self.steps} steps at a time, so longest is at least {self.steps}")
        rate = self.rate if isinstance(self.rate, tuple) else ()
        if not (len(rate) == 2 and all(isinstance(r, int | float) for r in rate) and 0 < rate[0] <= rate[1]):
            raise ValueError(f"rate of fooled is two numbers above 0, the lower one first, not {self.rate!r}")


@dataclass(frozen=True)
class Stage:
    """Part of a run: one kind of batch, with its own schedule.

    Attributes:
        kind: "synthetic" distorts photographs on the fly, "rated" takes rated images, "distilled" takes both without
            their labels, for what the recipe's `distilled_from` makes of them.
        batch: pictures in a batch: photographs, or rated images.
        steps, epochs: length; an epoch passes every rated image once, so only rated stages have epochs.
        crop: side in px of the random crops; 0 takes images whole, a batch then has one size.
        versions: distorted forms of each photograph in a synthetic batch; crops of each picture in a distilled one.
        lr: learning rate after warm-up; backbone_lr: that of the backbone, where it differs.
        warmup, hold: steps (epochs in a stage of epochs) of linear warm-up, and at the full rate after it.
        final: what the cosine ends at, as a share of the rate; 1 keeps the rate constant.
        schedule: steps the cosine is laid over, where the stage ends before it does.
        accumulate: parts in which a batch passes the model, for less memory.
        from_best: start from the best weights so far instead of the last.
        distorted: synthetically distorted photographs that join each rated batch, so that a model does
            not forget there what it has learnt of distortions that rated photographs seldom show.
        degraded: share of the rated photographs that are distorted on top of what they have; their score
            falls in the proportion in which people's does for a pristine photograph. In a distilled stage the share
            of all pictures that are distorted.
        degraded_types: distortion types this is done by, all when empty; one named twice comes twice as often.
        beyond: share of the distorted photographs that get a level between 5 and 8, stronger than people were asked
            about, of the types whose scores can be followed there (training/cells.py).
        grid: rated crops are put together from grid x grid windows, one from each cell of a grid over the
            photograph, so that one crop has seen more of what its score is about.
        fooled: learn against being fooled; of synthetic stages of models with a reference.
        distil: weight of the distillation loss, beside the labels' in a rated stage, alone in a distilled one.
        shrink: smallest factor by which a picture of a distilled stage is reduced before it is cropped.
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
    beyond: float = 0.0
    grid: int = 1
    fooled: Fooled | None = None
    distil: float = 0.0
    shrink: float = 1.0

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"a stage's kind is {', '.join(KINDS[:-1])} or {KINDS[-1]}, not {self.kind!r}")
        for name in ("batch", "versions", "accumulate", "grid"):
            if not isinstance(getattr(self, name), int) or getattr(self, name) < 1:
                raise ValueError(f"{name} of a stage is a number from 1, not {getattr(self, name)!r}")
        if (self.steps < 1) == (self.epochs < 1) or min(self.steps, self.epochs) < 0:
            raise ValueError("a stage has steps, or epochs: one of them, from 1")
        if self.epochs and self.kind != "rated":
            raise ValueError(f"a {self.kind} stage has steps: photographs can be distorted without end")
        if self.kind != "rated" and not self.crop:
            raise ValueError(f"a {self.kind} stage needs a crop")
        if self.kind == "distilled" and (self.distorted or self.grid > 1):
            raise ValueError(
                "a distilled stage has neither distorted nor grid: its share of distorted pictures is degraded"
            )
        if max(self.degraded, self.beyond) > 1:
            raise ValueError("degraded and beyond are shares, from 0 to 1")
        if self.kind == "synthetic" and self.distil:
            raise ValueError("distil is for rated and distilled stages")
        if not 0 < self.shrink <= 1 or (self.shrink < 1 and self.kind != "distilled"):
            raise ValueError("shrink of a distilled stage is a factor above 0 and at most 1; no other stage has one")
        if self.fooled and self.kind != "synthetic":
            raise ValueError(
                "fooled is for synthetic stages: metrics can say what became of a picture only beside its reference"
            )

    @property
    def synthetic(self) -> bool:
        """Whether its model is judged by photographs distorted on the fly, not by rated images."""
        return self.kind == "synthetic"

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

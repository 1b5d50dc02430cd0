"""A recipe: all that decides a training run, read from TOML.

Shipped recipes lie beside this file in `recipes/` and are called by name; any other is a path.
"""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from iqa_cli.errors import UsageError
from iqa_cli.registry import find_model

RECIPES = Path(__file__).with_name("recipes")
KINDS = ("synthetic", "rated")


@dataclass(frozen=True)
class Photographs:
    """Pristine pictures to distort on the fly.

    Attributes:
        data: name of a folder given as `--data NAME=DIR`.
        match: glob below that folder.
        scale: Lanczos factor applied once on reading; halving removes a JPEG's own artefacts.
    """

    data: str
    match: str = "**/*"
    scale: float = 1.0


@dataclass(frozen=True)
class Rated:
    """Photographs with a MOS: `data` names the folder, `labels` a CSV with columns image, mos in it.

    `low` and `high` are the ends of the MOS scale, mapped to 1 and 5; `spread` is the standard
    deviation (in levels) assumed for one photograph's ratings where the data set gives none.
    """

    data: str
    labels: str = "mos.csv"
    images: str = "images"
    low: float = 0.0
    high: float = 1.0
    spread: float = 0.7


@dataclass(frozen=True)
class Stage:
    """Part of a run: one kind of batch, with its own warm-up and cosine.

    A batch holds `references` pictures (or rated photographs), each in `versions` distorted forms
    where `kind` is "synthetic". `crop` 0 takes the picture whole.

    Attributes:
        distorted: synthetically distorted photographs that join each rated batch, so that a model does
            not forget there what it has learnt of distortions that rated photographs seldom show.
        backbone_lr: where the backbone learns slower than the rest.
        schedule: steps the cosine is laid over, where the stage ends before it does.
    """

    kind: str  # of KINDS
    steps: int
    crop: int
    references: int
    versions: int = 1
    lr: float = 3e-4
    warmup: int = 200
    backbone_lr: float | None = None
    distorted: int = 0
    schedule: int | None = None

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"a stage's kind is {' or '.join(KINDS)}, not {self.kind!r}")
        for name in ("steps", "references", "versions"):
            if not isinstance(getattr(self, name), int) or getattr(self, name) < 1:
                raise ValueError(f"{name} of a stage is a number from 1, not {getattr(self, name)!r}")


@dataclass(frozen=True)
class Recipe:
    """One training run."""

    model: str
    stages: tuple[Stage, ...]
    photographs: tuple[Photographs, ...] = ()
    rated: Rated | None = None
    holdout: float = 0.1  # share of the photographs kept out of training, chosen by file name
    seed: int = 0
    weight_decay: float = 0.05
    clip: float = 1.0
    ema: float = 0.998
    precision: str = "bf16"
    pretrained: bool = False  # start from timm's ImageNet weights
    validate_every: int = 500
    save_every: int = 250
    about: str = ""

    def __post_init__(self):
        spec = find_model(self.model)
        if not spec.trained:
            raise ValueError(f"{self.model} has nothing to learn")
        if not self.stages:
            raise ValueError("a recipe needs at least one [[stage]]")
        for stage in self.stages:
            if spec.crop and not (stage.kind == "synthetic" and 0 < stage.crop <= spec.crop):
                raise ValueError(f"{self.model} learns from synthetic crops of at most {spec.crop} px")

    @property
    def steps(self) -> int:
        """Steps of all stages together."""
        return sum(stage.steps for stage in self.stages)

    @property
    def spread(self) -> float:
        """Standard deviation, in levels, of the label distribution that a score stands for."""
        return self.rated.spread if self.rated else Rated.spread

    def largest_crop(self, kind: str) -> int:
        """Side in px that every picture for stages of this kind must have."""
        return max((stage.crop for stage in self.stages if stage.kind == kind), default=0)

    def stage_at(self, step: int) -> tuple[Stage, int]:
        """The stage that the global `step` (from 0) falls into, and the step's number within it."""
        for stage in self.stages:
            if step < stage.steps:
                return stage, step
            step -= stage.steps
        raise IndexError("step lies beyond the recipe's last stage")


def names() -> list[str]:
    """Names of the shipped recipes."""
    return sorted(path.stem for path in RECIPES.glob("*.toml"))


def load_recipe(name_or_path: str) -> Recipe:
    """Read a shipped recipe by name, or any TOML file by path.

    Raises:
        UsageError: no such recipe, not TOML, or a key that recipes do not have.
    """
    path = RECIPES / f"{name_or_path}.toml"
    if not path.is_file():
        path = Path(name_or_path)
    if not path.is_file():
        raise UsageError(f"no recipe {name_or_path!r}: give a TOML file, or one of {', '.join(names())}")
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return Recipe(
            stages=tuple(_build(Stage, t) for t in table.pop("stage", [])),
            photographs=tuple(_build(Photographs, t) for t in table.pop("photographs", [])),
            rated=_build(Rated, table.pop("rated")) if "rated" in table else None,
            **_known(Recipe, table),
        )
    except (tomllib.TOMLDecodeError, TypeError, ValueError) as error:
        raise UsageError(f"{path}: {error}") from None


def _build(kind: type, table: dict[str, Any]) -> Any:
    return kind(**_known(kind, table))


def _known(kind: type, table: dict[str, Any]) -> dict[str, Any]:
    unknown = table.keys() - {f.name for f in fields(kind)}
    if unknown:
        raise ValueError(f"unknown key {', '.join(sorted(unknown))} in {kind.__name__.lower()}")
    return table

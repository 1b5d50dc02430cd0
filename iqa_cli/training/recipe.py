"""A recipe: all that decides a training run, as frozen data, and how it is read from TOML.

The shipped ones lie beside this file in `recipes/` and are called by name.
"""

import tomllib
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, cast, get_type_hints

from iqa_cli.errors import UsageError
from iqa_cli.registry import SPECS, find_model
from iqa_cli.training.cells import Shares, shares_by_type
from iqa_cli.training.recipe_parts import Fooled, Photographs, Rated, Stage

RECIPES = Path(__file__).with_name("recipes")
TABLES = {"stage": ("stages", Stage), "photographs": ("photographs", Photographs), "rated": ("rated", Rated)}
TABLE_IN_TABLE = {"fooled": Fooled}
OPTIMISERS = ("adamw", "adam")
WEIGHTS = ("timm", "wheel")
METRICS = ("haarpsi", "mdsi", "vsi", "fsim", "gmsd")


@dataclass(frozen=True)
class Recipe:
    """One training run.

    Attributes:
        holdout: share of the pictures kept out of training, unless a `Rated` says otherwise.
        optimiser: "adamw" or "adam" (whose weight decay is none).
        clip: largest norm of the gradient; 0 does not clip.
        ema: decay of the exponential average of the weights, which is then what is judged and saved; 0 has none.
        precision: "bf16" autocast, or "fp32".
        pretrained: whose ImageNet weights the backbone starts from: "timm" fetches them from its hub (`true` means
            the same), "wheel" takes those of EfficientNet-Lite0 in the extra `train`; at random when empty.
        frozen: parts of the model (`backbone`, `embed`, ...) that stay as they are, in eval mode.
        distilled_from: a model whose features and opinions of the same pictures this one learns, where a stage says so
            (training/distillation.py).
        fresh: parts that begin at random though a weight file of `--init` has them.
        plcc: weight of 1 - PLCC within each source of the batch, beside the loss of each image.
        fidelity: weight of the fidelity loss of the pairs of images that come from one source (training/objective.py).
        content: how much of a cell's spread the labels of synthetic pairs show, where `metrics` place an image within
            its cell of type and level (training/teachers.py). One share for all types, a table of shares by type
            (`others` for the rest), 25 numbers, or "kadid10k", what is published of each type (training/cells.py).
        consensus: share of these labels that comes from the `metrics` on people's scale, whatever the distortion, and
            not from people's mean of its type and level; written like `content`.
        metrics: those that teach, of piq: haarpsi, mdsi, vsi, fsim, gmsd.
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
    pretrained: str = ""
    frozen: tuple[str, ...] = ()
    fresh: tuple[str, ...] = ()
    distilled_from: str = ""
    plcc: float = 0.0
    fidelity: float = 0.0
    content: Shares = ()
    consensus: Shares = ()
    metrics: tuple[str, ...] = ("haarpsi", "mdsi")
    validate_every: int = 500
    save_every: int = 250
    glance: int = 8
    keep: str = "last"
    patience: int = 0

    def __post_init__(self):
        spec = find_model(self.model)
        if not spec.trained:
            raise ValueError(f"{self.model} has nothing to learn")
        for key in ("content", "consensus"):
            object.__setattr__(self, key, shares_by_type(getattr(self, key)))
        if max(cast(tuple[float, ...], self.consensus), default=0) > 1:
            raise ValueError("consensus is a share, from 0 to 1")
        if isinstance(self.pretrained, bool):
            object.__setattr__(self, "pretrained", "timm" if self.pretrained else "")
        for value, known in ((self.optimiser, OPTIMISERS), (self.precision, ("bf16", "fp32")),
                             (self.keep, ("last", "best")), (self.pretrained or "timm", WEIGHTS),
                             *((metric, METRICS) for metric in self.metrics)):  # fmt: skip
            if value not in known:
                raise ValueError(f"{value!r} is none of {', '.join(known)}")
        if not self.stages:
            raise ValueError("a recipe needs at least one [[stage]]")
        if not isinstance(self.distilled_from, str):
            raise ValueError(f"distilled_from is the name of a model, not {self.distilled_from!r}")
        if self.distilled_from and not (spec.guided and find_model(self.distilled_from).guides):
            of = {what: ", ".join(s.name for s in SPECS if getattr(s, what)) for what in ("guided", "guides")}
            raise ValueError(f"{of['guided']} can be distilled, from {of['guides']}")
        for stage in self.stages:
            if spec.crop and not 0 < stage.crop <= spec.crop:
                raise ValueError(f"{self.model} learns from crops of at most {spec.crop} px")
            if bool(stage.distil) != bool(self.distilled_from):
                raise ValueError("with distilled_from every stage needs distil, a weight, and without it none has one")
            if spec.full_reference and stage.kind == "rated" and (stage.distorted or stage.degraded or stage.grid > 1):
                raise ValueError(
                    f"rated stages of {self.model} have neither distorted, degraded nor grid: they need pairs"
                )
            if stage.fooled and not spec.full_reference:
                raise ValueError(f"fooled is for models with a reference, which {self.model} has not")

    @property
    def steps(self) -> int:
        """Steps of all stages together; epochs must have been counted in steps."""
        return sum(stage.steps for stage in self.stages)

    @property
    def needs_best(self) -> bool:
        """Whether the best weights so far are to be kept."""
        return self.keep == "best" or any(stage.from_best for stage in self.stages)

    @property
    def learns_against_being_fooled(self) -> bool:
        """Whether some stage does."""
        return any(stage.fooled for stage in self.stages)

    @property
    def needs_teachers(self) -> bool:
        """Whether metrics say something of the labels."""
        return bool(self.content or self.consensus) or self.learns_against_being_fooled

    @property
    def smallest_photograph(self) -> int:
        """Side in px that every photograph must have: some stage must be able to crop it."""
        return min((s.crop for s in self.stages if s.kind != "rated" or s.distorted), default=0)

    @property
    def smallest_rated(self) -> int:
        """Side in px that every rated image must have."""
        return min((stage.crop for stage in self.stages if stage.kind != "synthetic"), default=0)

    def stage_at(self, step: int) -> tuple[int, int]:
        """Number of the stage that the global `step` (from 0) falls into, and the step's number within it."""
        for number, stage in enumerate(self.stages):
            if step < stage.steps:
                return number, step
            step -= stage.steps
        raise IndexError("step lies beyond the recipe's last stage")


def names() -> list[str]:
    """Names of the shipped recipes."""
    return sorted(path.stem for path in RECIPES.glob("*.toml"))


def load_recipe(name_or_path: str, **changed: Any) -> Recipe:
    """Read a shipped recipe by name, or any TOML file by path; `changed` replaces fields of it.

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
        parts = {field: tuple(_build(kind, t) for t in _tables(table, key)) for key, (field, kind) in TABLES.items()}
        return Recipe(**{"name": path.stem, **_known(Recipe, table), **parts, **changed})
    except (TypeError, ValueError, AttributeError, RecursionError) as error:
        raise UsageError(f"{path}: {error}") from None


def _tables(table: dict[str, Any], key: str) -> list[dict[str, Any]]:
    tables = table.pop(key, [])
    if not isinstance(tables, list):
        raise ValueError(f"write [[{key}]] instead of [{key}]: there may be several")
    return tables


def _build(kind: type, table: dict[str, Any]) -> Any:
    return kind(**_known(kind, table))


def _known(kind: type, table: dict[str, Any]) -> dict[str, Any]:
    unknown = table.keys() - {f.name for f in fields(kind)}
    if unknown:
        raise ValueError(f"unknown key {', '.join(sorted(unknown))} in {kind.__name__.lower()}")
    kinds = get_type_hints(kind)
    for key in TABLE_IN_TABLE.keys() & table.keys():
        if not isinstance(table[key], dict):
            raise ValueError(f"{key} is a table, as {key} = {{ weight = 1.0 }}, not {table[key]!r}")
        table = {**table, key: _build(TABLE_IN_TABLE[key], table[key])}
    for key, value in table.items():
        wanted = kinds[key]
        if wanted in (int, float) and (isinstance(value, bool) or not isinstance(value, int | wanted)):
            raise ValueError(f"{key} is a {'whole number' if wanted is int else 'number'}, not {value!r}")
        if wanted in (int, float) and value < 0:
            raise ValueError(f"{key} is {value!r}: give a number from 0")
    missing = [f.name for f in fields(kind) if f.default is MISSING and f.name not in table and f.name != "stages"]
    if missing:
        raise ValueError(f"{kind.__name__.lower()} lacks {', '.join(missing)}")
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}

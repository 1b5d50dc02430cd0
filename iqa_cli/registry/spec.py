"""What is declared of a model. No torch is imported until one is built."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from importlib import import_module
from importlib.util import find_spec
from shutil import which
from typing import TYPE_CHECKING, Any

from iqa_cli.errors import MissingExtraError, UsageError
from iqa_cli.records import ScoreRange

if TYPE_CHECKING:
    from iqa_cli.models.base import Model
    from iqa_cli.models.formula import Formula

FULL, NONE = "full-reference", "no-reference"
LEVELS = ScoreRange(1, 5)
MOST_CROPS = 20  # of an image where nobody says how many: what the public re-implementations of IQT take
FIRST = {FULL: "iqt-lite", NONE: "triq-lite"}

# Groups of models, in the order of `iqa models`: the word that stands for all of them, and their heading.
GROUPS = {
    "trained": "trained here",
    "classical": "classical",
    "metrics": "published metrics",
    "learned": "published metrics with weights",
    "programs": "external programs",
    "plugins": "plug-ins",
}


@dataclass(frozen=True)
class Spec:
    """One model.

    Attributes:
        name: what the user types.
        title: what a table prints.
        kind: "full-reference" or "no-reference".
        builder: "module:class", below `home`; the class takes a config and `pretrained`.
        config: "module:name" of the frozen dataclass instance or class that the builder gets, below `home`.
        range: where its scores lie unless its weights say otherwise, and which end is the good one.
        minimum: smallest side in px that can be scored, a border that is cut not counted.
        crop: side in px of the square crops the model looks at; None for the whole image.
        overlap: share of their side that neighbouring crops have in common at least, unless a number of crops is asked
            for: what benchmarks/crops_agreement.py found to lose no agreement with people.
        maps: whether it can show where it looked: its class is `iqa_cli.models.attention.Attentive`.
        masks: whether pixels can be weighed by a mask: of a model with crops these by their share of it, else
            `compare` takes it as a third argument.
        trained: whether it needs weights that `weights.toml` or a file of the user's has.
        paper: where it is described.
        variant: what must be said of an implementation when more than one exists.
        group: one of `GROUPS`.
        extra: the extra of this package that brings `module`, without which it cannot score.
        module: what is imported when it is built.
        program: what must be on the PATH.
        origin: where that program is to be had.
        fetches: addresses of weights of another package; before one the folder where that is not torch.hub's.
        guides: whether others can be distilled from it: its class is `iqa_cli.models.base.Hinting`.
        guided: whether it can be distilled from another: its class is `iqa_cli.models.base.Student`.
        exports: whether `iqa export` can write it as a file that other programs run: see `iqa_cli.exporting.networks`.
        gradient: whether a gradient reaches the images.
        formula: "module:class", below `home`, of the `iqa_cli.models.formula.Formula` that gives the same scores of
            NumPy arrays: on a CPU the engine computes that, and imports no torch for it. The class takes a config.
        home: the package that `builder` and `config` start from.
    """

    name: str
    title: str
    kind: str
    builder: str
    config: str
    range: ScoreRange
    minimum: int
    paper: str
    crop: int | None = None
    overlap: float = 1 / 4
    trained: bool = True
    maps: bool = False
    masks: bool = False
    variant: str = ""
    group: str = "trained"
    extra: str = ""
    module: str = ""
    program: str = ""
    origin: str = ""
    fetches: tuple[str, ...] = ()
    guides: bool = False
    guided: bool = False
    exports: bool = False
    gradient: bool = True
    formula: str = ""
    home: str = "iqa_cli.models"

    @property
    def full_reference(self) -> bool:
        """Whether the model needs a reference image."""
        return self.kind == FULL

    @property
    def first(self) -> bool:
        """Whether it is the one to take of its kind where none is named."""
        return FIRST[self.kind] == self.name

    @property
    def takes_luma(self) -> bool:
        """Whether a luma rule and a border to cut apply: its config is a `ClassicConfig`."""
        return self.config.endswith("luma:ClassicConfig")

    @property
    def missing(self) -> str | None:
        """The package or program that must be installed before it can score; None where all is there."""
        if self.module and not _can_be_found(self.module):
            return f"iqa-cli[{self.extra}]" if self.extra else self.module
        return self.program if self.program and which(self.program) is None else None

    def default_config(self) -> Any:
        """The configuration the paper describes (a frozen dataclass)."""
        found = self._resolve(self.config)
        return found() if isinstance(found, type) else found

    def config_with(self, **options: Any) -> Any:
        """The configuration with those of `options` that it has a field for."""
        default = self.default_config()
        known = {field.name for field in fields(default)}
        return replace(default, **{name: value for name, value in options.items() if name in known})

    def build(self, config: Any = None, **options: Any) -> Model:
        """The model with random weights; see `iqa_cli.weights` for trained ones.

        Raises:
            MissingExtraError: an optional package is not installed.
            UsageError: a program is not on the PATH.
        """
        self.check_installed()
        return self._resolve(self.builder)(config or self.default_config(), **options)

    def build_formula(self, config: Any = None) -> Formula:
        """What `formula` names, where it names one."""
        return self._resolve(self.formula)(config or self.default_config())

    def check_installed(self) -> None:
        """Raises MissingExtraError or UsageError where something is missing that must be installed."""
        if self.missing and self.extra:
            raise MissingExtraError(self.name, self.extra)
        if self.missing and self.program:
            raise UsageError(f"{self.name} needs the program {self.program} on the PATH, of {self.origin}")
        if self.missing:
            raise UsageError(f"{self.name} needs the Python package {self.missing}, which is not installed")

    def _resolve(self, path: str) -> Any:
        module, name = path.split(":")
        return getattr(import_module(f"{self.home}.{module}" if self.home else module), name)


def _can_be_found(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ImportError:  # of the package that it would lie in
        return False

"""Every model, declared once, as data. No torch is imported here: `iqa models` answers at once.

A builder is named as "module:class" and imported when a model is built. Whatever is declared here
is scored, listed and tested because it is declared.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, Any

from iqa_cli.errors import UsageError
from iqa_cli.records import ScoreRange

if TYPE_CHECKING:
    from iqa_cli.models.base import Model


@dataclass(frozen=True)
class Spec:
    """One model.

    Attributes:
        name: what the user types.
        title: what a table prints.
        kind: "full-reference" or "no-reference".
        builder: "module:class", below iqa_cli.models; the class takes a config and `pretrained`.
        config: "module:name" of the frozen dataclass instance or class that the builder gets.
        range: where its scores lie unless its weights say otherwise, and which end is the good one.
        minimum: smallest side in px that can be scored, a border that is cut not counted.
        crop: side in px of the square crops the model looks at; None for the whole image.
        maps: whether it can show where it looked: its class is `iqa_cli.models.attention.Attentive`.
        trained: whether it needs weights; one that does not is classical, and takes a luma rule and a
            border to cut (`ClassicConfig`).
        paper: where it is described.
        variant: what must be said of an implementation when more than one exists.
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
    trained: bool = True
    maps: bool = False
    variant: str = ""

    @property
    def full_reference(self) -> bool:
        """Whether the model needs a reference image."""
        return self.kind == "full-reference"

    @property
    def first(self) -> bool:
        """Whether it is the one to take of its kind where none is named."""
        return FIRST[self.kind] == self.name

    def default_config(self) -> Any:
        """The configuration the paper describes (a frozen dataclass)."""
        found = _resolve(self.config)
        return found() if isinstance(found, type) else found

    def build(self, config: Any = None, **options: Any) -> Model:
        """The model with random weights; see `iqa_cli.weights` for trained ones."""
        return _resolve(self.builder)(config or self.default_config(), **options)


def _resolve(path: str) -> Any:
    module, name = path.split(":")
    return getattr(import_module(f"iqa_cli.models.{module}"), name)


_IQT = "Cheon et al., Perceptual Image Quality Assessment with Transformers, CVPRW 2021, arXiv 2104.14730"
_TRIQ = "You and Korhonen, Transformer for Image Quality Assessment, ICIP 2021, arXiv 2101.01097"
_SSIM = "Wang et al., Image Quality Assessment: From Error Visibility to Structural Similarity, IEEE TIP 2004"
_MS_SSIM = "Wang et al., Multi-scale Structural Similarity for Image Quality Assessment, Asilomar 2003"
FULL, NONE = "full-reference", "no-reference"
LEVELS = ScoreRange(1, 5)
FIRST = {FULL: "iqt-lite", NONE: "triq-lite"}

SPECS: tuple[Spec, ...] = (
    Spec("iqt", "IQT", FULL, "iqt:IQT", "iqt:IQTConfig", LEVELS, minimum=32, crop=256, paper=_IQT, maps=True),
    Spec("iqt-c", "IQT-C", FULL, "iqt:IQT", "iqt:IQT_C", LEVELS, minimum=32, crop=192, paper=_IQT, maps=True),
    Spec(
        "iqt-lite",
        "IQT-lite",
        FULL,
        "iqt:IQTLite",
        "iqt:IQTLiteConfig",
        LEVELS,
        minimum=32,
        crop=256,
        paper=f"ours: IQT's wiring on EfficientNet-Lite features; IQT: {_IQT}",
        maps=True,
    ),
    Spec(
        "triq-lite",
        "TRIQ-lite",
        NONE,
        "triq:TRIQLite",
        "triq:TRIQLiteConfig",
        LEVELS,
        minimum=32,
        paper=f"ours: TRIQ's head on EfficientNet-Lite features; TRIQ: {_TRIQ}",
        maps=True,
    ),
    Spec("triq", "TRIQ", NONE, "triq:TRIQ", "triq:TRIQConfig", LEVELS, minimum=32, paper=_TRIQ, maps=True),
    Spec("vit-iqa", "ViT-IQA", NONE, "vit_iqa:ViTIQA", "vit_iqa:VIT_IQA", LEVELS, minimum=32, paper=_TRIQ),
    Spec(
        "r50-vit-iqa",
        "R50-ViT-IQA",
        NONE,
        "vit_iqa:ViTIQA",
        "vit_iqa:R50_VIT_IQA",
        LEVELS,
        minimum=32,
        paper=_TRIQ,
    ),
    Spec(
        "psnr",
        "PSNR",
        FULL,
        "psnr:PSNR",
        "luma:ClassicConfig",
        ScoreRange(0, None),
        minimum=1,
        trained=False,
        paper="",
        variant="peak 1.0; dB; infinite for equal images",
    ),
    Spec(
        "ssim",
        "SSIM",
        FULL,
        "ssim:SSIM",
        "luma:ClassicConfig",
        ScoreRange(-1, 1),
        minimum=11,
        trained=False,
        paper=_SSIM,
        variant="gaussian 11x11 sigma 1.5, valid windows, no downsampling",
    ),
    Spec(
        "ms-ssim",
        "MS-SSIM",
        FULL,
        "ssim:MSSSIM",
        "luma:ClassicConfig",
        ScoreRange(0, 1),
        minimum=161,
        trained=False,
        paper=_MS_SSIM,
        variant="gaussian 11x11 sigma 1.5, valid windows, five scales by 2x2 averages, negative terms set to 0",
    ),
)


def names() -> list[str]:
    """Names of all models, in the order of the registry."""
    return [spec.name for spec in SPECS]


def first_model(full_reference: bool) -> Spec:
    """The model to take where none is named: with a reference, or without."""
    return find_model(FIRST[FULL if full_reference else NONE])


def find_model(name: str) -> Spec:
    """The model of that name.

    Raises:
        UsageError: there is none; the message proposes the closest name.
    """
    for spec in SPECS:
        if spec.name == name.lower():
            return spec
    close = get_close_matches(name.lower(), names(), n=1, cutoff=0.4)
    hint = f"did you mean {close[0]!r}?" if close else f"see 'iqa models' for {', '.join(names())}"
    raise UsageError(f"no model {name!r}: {hint}")

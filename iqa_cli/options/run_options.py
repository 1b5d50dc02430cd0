"""How a run scores: everything a user can choose that changes a score or where it is computed.

The command line takes its defaults from here, so nothing heavy is imported before a value is checked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iqa_cli.errors import UsageError
from iqa_cli.ground.frame_names import FIRST_FRAME, frame_number
from iqa_cli.options.protocols import find_protocol
from iqa_cli.registry import BUILT_IN, Spec

if TYPE_CHECKING:
    from iqa_cli.images.loader import ImagePolicy
    from iqa_cli.options.crops import CropRule

AUTO = "auto"  # crops: the fewest that overlap as the model needs it, up to MOST_CROPS
ENGINES = ("torch", "onnx")
PRECISIONS = ("fp32", "bf16")
LUMAS = ("rgb", "bt601", "full", "rgb2ycbcr")


@dataclass(frozen=True)
class EngineOptions:
    """Options of the commands that score, by the names of their flags. No torch is imported to check them.

    `luma` and `crop_border` are None where nobody said them: "rgb" and 0, or what the protocol says.

    Raises:
        UsageError: a value that is not among those a flag takes.
    """

    crops: str = AUTO
    crop_seed: int | None = None
    luma: str | None = None
    crop_border: int | None = None
    colour: str = "convert"
    max_pixels: int = 64_000_000
    raw: str = "develop"
    frame: str = FIRST_FRAME
    on_size_mismatch: str = "error"
    view_size: int | None = None
    weights: Mapping[str, Path] = field(default_factory=dict)
    offline: bool = False
    device: str = "auto"
    precision: str = "fp32"
    batch_size: int | None = None
    threads: int | None = None
    protocol: str | None = None
    engine: str = "torch"

    def __post_init__(self):
        from iqa_cli.decoders.developed import RAW_RULES
        from iqa_cli.images.loader import COLOUR_RULES
        from iqa_cli.images.sizes import SIZE_RULES

        for flag, value, known in (
            ("--on-size-mismatch", self.on_size_mismatch, SIZE_RULES),
            ("--precision", self.precision, PRECISIONS),
            ("--engine", self.engine, ENGINES),
            ("--colour", self.colour, COLOUR_RULES),
            ("--raw", self.raw, RAW_RULES),
            ("--luma", self.luma or LUMAS[0], LUMAS),
        ):
            if value not in known:
                raise UsageError(f"{flag} {value}: choose {', '.join(known)}")
        frame_number(self.frame)
        if self.view_size is not None and self.view_size < 1:
            raise UsageError(f"--view-size {self.view_size}: give the pixels of the longer side, such as 1920")
        if self.protocol is not None:
            find_protocol(self.protocol, self.luma, self.crop_border)
        if self.engine == "onnx" and (self.device not in ("auto", "cpu") or self.precision != "fp32"):
            raise UsageError("--engine onnx computes in fp32 on the CPU: leave out --device and --precision")
        if self.crops not in (AUTO, "all") and not (self.crops.isdecimal() and int(self.crops) > 0):
            raise UsageError(f"--crops {self.crops}: give a number from 1, auto or all")
        if self.crops == "all" and self.crop_seed is not None:
            raise UsageError("--crops all covers the whole image: there is nothing for --crop-seed to choose")

    def for_models(self, specs: Sequence[Spec]) -> "EngineOptions":
        """Itself.

        Raises:
            UsageError: ONNX Runtime or rules of classical models are asked for, and no model of a run is for them; no
                image would have a score.
        """
        if self.engine == "onnx" and specs and not any(map(self.in_onnx, specs)):
            able = ", ".join(spec.name for spec in BUILT_IN if spec.exports)
            raise UsageError(f"--engine onnx: no model of this run is among those it is for, {able}")
        if specs and not any(spec.takes_luma for spec in specs):
            self._check_rules()
        largest = max(specs, key=lambda spec: spec.minimum, default=None)
        if self.view_size is not None and largest is not None and self.view_size < largest.minimum:
            raise UsageError(
                f"--view-size {self.view_size}: {largest.name} scores images of {largest.minimum} px a side and more"
            )
        return self

    def _check_rules(self) -> None:
        """Raises UsageError for a rule of classical models that says otherwise than what is done without one."""
        rules = {"--protocol": self.protocol, "--luma": self.luma, "--crop-border": self.crop_border}
        for flag, told in rules.items():
            if told not in (None, LUMAS[0], 0):
                able = ", ".join(spec.name for spec in BUILT_IN if spec.takes_luma)
                raise UsageError(f"{flag} {told}: says how {able} are taken; no model of this run is one of them")

    def in_onnx(self, spec: Spec) -> bool:
        """Whether ONNX Runtime scores with a model; what it is not asked for, or cannot, is left to torch and NumPy."""
        return self.engine == "onnx" and spec.exports

    @property
    def policy(self) -> "ImagePolicy":
        """How files become pixels."""
        from iqa_cli.images.loader import ImagePolicy

        return ImagePolicy(self.colour, self.max_pixels, self.raw, frame_number(self.frame))

    @property
    def reading(self) -> dict[str, Any]:
        """What of how images are read a run must tell; what nobody asked for is left out, as runs from before did."""
        told = {"raw": self.raw, "frame": self.frame, "view_size": self.view_size}
        return {name: value for name, value in told.items() if value != getattr(EngineOptions, name)}

    @property
    def measured(self) -> dict[str, Any]:
        """Luma rule, border and windows of the classical models: those of the protocol, where there is one."""
        if self.protocol is None:
            return {"luma": self.luma or LUMAS[0], "crop_border": self.crop_border or 0, "ssim": "gaussian"}
        found = find_protocol(self.protocol, self.luma, self.crop_border)
        return {"luma": found.luma, "crop_border": found.border, "ssim": found.ssim}

    def crop_rule(self, spec: "Spec") -> "CropRule":
        """Where the crops lie of a model."""
        from iqa_cli.options.crops import CropRule

        return CropRule.of(self.crops, self.crop_seed, spec.overlap)

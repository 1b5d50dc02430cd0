"""The options of the engine, which every command that scores images takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from inspect import Parameter
from typing import Annotated, Any, ClassVar

from typer import Option

from iqa_cli.command_options.option_groups import OptionGroup
from iqa_cli.command_options.parsing import files_per_model
from iqa_cli.command_options.shared_options import INPUT
from iqa_cli.options.engine_keywords import COMPARING, SCORING, colour_rule
from iqa_cli.options.protocols import SPELT
from iqa_cli.options.run_options import EngineOptions
from iqa_cli.output import constants
from iqa_cli.registry import BUILT_IN, Spec

HOW, WHERE = "How it is scored", "Where it runs"
CROPPED = ", ".join(spec.name for spec in BUILT_IN if spec.crop)
CLASSICAL = ", ".join(spec.name for spec in BUILT_IN if spec.takes_luma)


@dataclass(frozen=True)
class Engine(OptionGroup):
    """By the names of the fields of EngineOptions, which have the defaults."""

    LEFT_OUT: ClassVar[frozenset[str]] = frozenset()  # options that a command has no use for

    on_size_mismatch: Annotated[
        str,
        Option(
            "--on-size-mismatch",
            help="error; crop to the common top left; or resize the distorted image.",
            rich_help_panel=INPUT,
        ),
    ] = EngineOptions.on_size_mismatch
    view_size: Annotated[
        int | None,
        Option(
            "--view-size",
            min=1,
            metavar="PX",
            help="Score larger images as a screen shows them, the longer side averaged down to PX; of pairs both.",
            rich_help_panel=HOW,
        ),
    ] = EngineOptions.view_size
    crops: Annotated[
        str,
        Option(
            "--crops",
            help=f"Crops that {CROPPED} average: auto (few, by size), N, or all.",
            rich_help_panel=HOW,
        ),
    ] = EngineOptions.crops
    crop_seed: Annotated[
        int | None,
        Option(
            "--crop-seed",
            min=0,
            help="Random crops, as in the paper, instead of the even grid: 20, or --crops N.",
            rich_help_panel=HOW,
        ),
    ] = EngineOptions.crop_seed
    luma: Annotated[
        str | None,
        Option(
            "--luma",
            show_default="rgb",
            help=f"{CLASSICAL} on rgb, bt601 (studio-range Y, as MATLAB) or full (full-range Y).",
            rich_help_panel=HOW,
        ),
    ] = EngineOptions.luma
    crop_border: Annotated[
        int | None,
        Option(
            "--crop-border",
            min=0,
            show_default="0",
            help=f"Pixels cut off all around for {CLASSICAL}.",
            rich_help_panel=HOW,
        ),
    ] = EngineOptions.crop_border
    protocol: Annotated[
        str | None,
        Option(
            "--protocol",
            metavar="NAME",
            help=f"PSNR and SSIM as published code takes them: {SPELT} (N: px cut off all around).",
            rich_help_panel=HOW,
        ),
    ] = EngineOptions.protocol
    colour: Annotated[
        str | None,
        Option(
            "--colour",
            show_default=EngineOptions.colour,
            help="convert: to sRGB, by profile or tags; ignore: pixels as they are.",
            rich_help_panel=HOW,
        ),
    ] = None
    icc: Annotated[bool | None, Option("--icc/--no-icc", hidden=True, help="As --colour was called before.")] = None
    max_pixels: Annotated[int, Option("--max-pixels", min=1, help="Refuse larger images.", rich_help_panel=HOW)] = (
        EngineOptions.max_pixels
    )
    raw: Annotated[
        str,
        Option(
            "--raw", help="develop raw photographs, or take the preview inside, which is small.", rich_help_panel=INPUT
        ),
    ] = EngineOptions.raw
    frame: Annotated[
        str,
        Option(
            "--frame",
            metavar="first|N|all",
            help="Of GIF, TIFF, HEIC, ... with several: the first, number N from 0, or all (a row each).",
            rich_help_panel=INPUT,
        ),
    ] = EngineOptions.frame
    weights: Annotated[
        list[str] | None,
        Option("--weights", metavar="[MODEL=]FILE", help="Use this weight file; no network.", rich_help_panel=WHERE),
    ] = None
    offline: Annotated[
        bool, Option("--offline", envvar="IQA_OFFLINE", help="Never download weights.", rich_help_panel=WHERE)
    ] = EngineOptions.offline
    device: Annotated[str, Option("--device", help="auto, cpu, cuda or cuda:N.", rich_help_panel=WHERE)] = (
        EngineOptions.device
    )
    precision: Annotated[
        str, Option("--precision", help="fp32, or bf16 for trained models: faster.", rich_help_panel=WHERE)
    ] = EngineOptions.precision
    engine: Annotated[
        str,
        Option("--engine", help="torch; or onnx: trained models in ONNX Runtime, faster.", rich_help_panel=WHERE),
    ] = EngineOptions.engine
    batch_size: Annotated[
        int | None,
        Option("--batch-size", min=1, help="Crops or images a batch; by size when left out.", rich_help_panel=WHERE),
    ] = EngineOptions.batch_size
    threads: Annotated[
        int | None,
        Option(
            "--threads",
            min=1,
            help="Threads of models on a CPU, and of decoding; by the cores when left out.",
            rich_help_panel=WHERE,
        ),
    ] = EngineOptions.threads

    def constants(self, specs: Sequence[Spec]) -> dict[str, str | int]:
        """What holds for every row with these models; nothing is imported for it."""
        return constants(specs, self.luma, self.crop_border, self.protocol)

    def options(self, specs: Sequence[Spec], **instead: Any) -> EngineOptions:
        """The options for these models, checked; `instead` has values that the command itself found.

        Raises UsageError for a value that will not do.
        """
        weights = files_per_model("--weights", self.weights, specs)
        given = {**vars(self), "weights": weights, "colour": colour_rule(self.icc, self.colour), **instead}
        return EngineOptions(**{name: value for name, value in given.items() if name != "icc"}).for_models(specs)

    @classmethod
    def parameters(cls) -> list[Parameter]:
        """The options as Typer wants them, in the order they are declared, but for those that a command left out."""
        return [option for option in super().parameters() if option.name not in cls.LEFT_OUT]


@dataclass(frozen=True)
class EngineAlone(Engine):
    """The same of a command that compares with no reference: options that could do nothing there are not offered."""

    LEFT_OUT = COMPARING


@dataclass(frozen=True)
class EngineEncoding(Engine):
    """The same of a command that encodes references: options that change nothing of these are not offered."""

    LEFT_OUT = SCORING

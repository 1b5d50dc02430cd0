"""What a row holds, whatever format it is written in."""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from iqa_cli.errors import UsageError
from iqa_cli.explaining.explanation import words_of
from iqa_cli.options.protocols import check_windows, find_protocol
from iqa_cli.records import Job, Record
from iqa_cli.registry import Spec

OUTCOME = ("status", "error", "notes")


def reserved_columns(models: Iterable[str], constants: Iterable[str]) -> tuple[str, ...]:
    """The names no manifest column may take, for `build_plan`."""
    return (*models, *constants, *OUTCOME, "details")


def constants(
    specs: Collection[Spec], luma: str | None, crop_border: int | None, protocol: str | None = None
) -> dict[str, str | int]:
    """What holds for every row of a run with these models: of classical ones, luma rule and border.

    Args:
        specs: the models.
        luma: the rule, as typed; None where it was not.
        crop_border: px, as typed; None where they were not.
        protocol: its name; where there is one, rule and border are its own, and SSIM's windows are told, too.

    Raises:
        UsageError: there is no such protocol, or luma, border or windows of a model contradict it.
    """
    if not any(spec.takes_luma for spec in specs):
        return {}
    if protocol is not None:
        found = find_protocol(protocol, luma, crop_border)
        check_windows(found, (spec.name for spec in specs))
        return {"protocol": protocol, "luma": found.luma, "crop_border": found.border, "ssim_windows": found.ssim}
    return {"luma": luma or "rgb", "crop_border": crop_border or 0}


def flaws_column(model: str) -> str:
    """What the column is called that has the flaws which a model sees."""
    return f"{model}.flaws"


@dataclass(frozen=True)
class Columns:
    """The columns of a run, in order: paths, manifest columns, models, constants, status, error, notes.

    `paired` runs name a reference and a distorted image, others one image.
    `extra` are the manifest's own columns; None leaves it to the first row to tell.
    `constants` hold for the whole run (luma, crop_border) and are written in every row, so that
    a row taken out of its file still says how it was scored. `folders` are no columns: where results
    come from several, each has a mean of its own. `numbers` names those of `extra` that are
    numbers in JSON, Parquet and Python, and text elsewhere. `explained` are the models that also say
    which flaws they see, in a column of their own.
    """

    paired: bool
    extra: tuple[str, ...] | None
    models: tuple[str, ...]
    constants: Mapping[str, str | int] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    explained: tuple[str, ...] = ()

    @property
    def head(self) -> tuple[str, ...]:
        """The columns that name the input."""
        return ("reference", "distorted") if self.paired else ("image",)

    @property
    def tail(self) -> tuple[str, ...]:
        """The columns that hold the outcome."""
        return (*self.models, *map(flaws_column, self.explained), *self.constants, *OUTCOME)

    @property
    def names(self) -> tuple[str, ...]:
        """Every column, in order."""
        return (*self.head, *(self.extra or ()), *self.tail)

    def for_job(self, job: Job) -> "Columns":
        """These columns with `extra` known. Raises UsageError when `job` brings a column of its own."""
        if self.extra is None:
            return replace(self, extra=tuple(job.extra))
        for name in job.extra:
            if name not in self.extra:
                raise UsageError(
                    f"{job.image}: manifest column {name!r} has no place under the columns already written; "
                    "give every row the same columns, or choose another FILE"
                )
        return self


def flat_row(record: Record, columns: Columns) -> dict[str, Any]:
    """One plain value a column: a score is finite, `inf` (PSNR of equal images) or None; notes are joined."""
    columns = columns.for_job(record.job)
    paths = (record.job.reference, record.job.image) if columns.paired else (record.job.image,)
    return {
        **dict(zip(columns.head, paths, strict=True)),
        **{name: record.job.extra.get(name) for name in columns.extra or ()},
        **{model: record.number(model) for model in columns.models},
        **{flaws_column(model): _flaws(record, model) for model in columns.explained},
        **columns.constants,
        "status": record.status,
        "error": record.error,
        "notes": "; ".join(record.notes),
    }


def _flaws(record: Record, model: str) -> str | None:
    score = record.scores.get(model)
    return None if score is None else words_of(score.details)


def typed_row(record: Record, columns: Columns) -> dict[str, Any]:
    """As `flat_row`, with what `columns.numbers` names as numbers, None where there is none."""
    row = flat_row(record, columns)
    return row | {name: _number(row[name]) for name in columns.numbers}


def _number(text: str | None) -> int | float | None:
    return None if not text else int(text) if text.isdecimal() else float(text)


def nested_row(record: Record, columns: Columns) -> dict[str, Any]:
    """The same columns as strict JSON values, then `details` by model: its status and what it tells."""
    details = {model: {"status": score.status, **score.details} for model, score in record.scores.items()}
    return strict({**typed_row(record, columns), "notes": record.notes, "details": details})


def strict(value: Any) -> Any:
    """`value` as JSON can hold it: plain containers, and null for the NaN and infinity it has no word for."""
    if isinstance(value, Mapping):
        return {key: strict(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [strict(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value

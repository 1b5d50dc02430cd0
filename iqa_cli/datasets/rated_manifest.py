"""Rated images of one's own, from a CSV or JSON Lines manifest."""

from collections.abc import Mapping
from pathlib import Path

from iqa_cli.datasets.items import Item
from iqa_cli.errors import UsageError
from iqa_cli.ground.wording import first_few
from iqa_cli.plan.manifests import plan_manifest_file
from iqa_cli.records import EMPTY, Job
from iqa_cli.storage.names import name_of


def read_manifest(path: str | Path, called: Mapping[str, str] = EMPTY) -> list[Item]:
    """The rows of a manifest with columns `reference,distorted,mos` or `image,mos`.

    Columns `std`, `count`, `type`, `group`, `mask` and `box` are taken where there are any, others are
    passed over. Paths are relative to the folder of the manifest. Higher MOS is better. An empty `mos` is NaN, an
    empty `group` the path of the reference, or of the image where there is none. `called` has the
    table's names of columns by ours.

    Raises:
        UsageError: the file cannot be read, its columns will not do, rows are bad, or a `mos`, `std`
            or `count` is no number.
    """
    jobs = tuple(plan_manifest_file(name_of(path), full_reference=False, called=called).jobs)
    if "mos" not in jobs[0].extra:
        raise UsageError(f"{path}: no column mos; say which it is: --column mos=NAME")
    wrong = [f"{job.extra[column]!r} for {job.image}" for job in jobs for column in _not_numbers(job)]
    if wrong:
        raise UsageError(f"{path}: mos, std and count must be numbers, found {first_few(wrong)}")
    return [_item(job) for job in jobs]


def _item(job: Job) -> Item:
    mos, std = _number(job, "mos"), _number(job, "std")
    return Item(
        image=Path(job.image),
        reference=None if job.reference is None else Path(job.reference),
        mos=float("nan") if mos is None else mos,
        std=std,
        type=job.extra.get("type", "").strip(),
        group=job.extra.get("group", "").strip() or job.reference or job.image,
        mask=None if job.mask is None else Path(job.mask),
        box=job.box,
        count=_number(job, "count"),
    )


def _number(job: Job, column: str) -> float | None:
    """The cell as a number, None where it is empty or there is no such column."""
    cell = job.extra.get(column, "").strip()
    return float(cell) if cell else None


def _not_numbers(job: Job) -> list[str]:
    wrong = []
    for column in ("mos", "std", "count"):
        try:
            _number(job, column)
        except ValueError:
            wrong.append(column)
    return wrong

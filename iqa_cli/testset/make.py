"""The run: references first, so that bad photographs are told early, then every distortion of the good ones."""

import csv
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from functools import partial
from pathlib import Path

from iqa_cli.errors import UsageError
from iqa_cli.ground.atomic import atomically
from iqa_cli.ground.reading import good_rows
from iqa_cli.guard import check_not_both
from iqa_cli.storage.tables import read_table
from iqa_cli.testset.design import Design, Outcome, Row, write_distorted, write_reference
from iqa_cli.testset.selection import Photo
from iqa_cli.testset.workers import workers

MANIFEST = "manifest.csv"
COLUMNS = tuple(field.name for field in fields(Row))


def make_test_set(design: Design, photos: Sequence[Photo], jobs: int) -> Generator[Outcome, None, None]:
    """Make all images in `jobs` processes. Outcomes come photograph by photograph, in their order; errors come first.

    The images do not depend on `jobs` or on what else is made. All rows are recorded in the
    manifest, also of a run that ends early: close this generator to end it.

    Raises:
        UsageError: the folder holds images that this run would make otherwise.
        OSError: the disk is full.
    """
    with _manifest(design.folder) as rows, workers(min(jobs, len(photos) * len(design.types))) as run:
        good = []
        for photo, error in zip(photos, run(partial(write_reference, design), ((p,) for p in photos)), strict=True):
            if error is None:
                good.append(photo)
            else:
                yield Outcome(len(design.types) * len(design.levels), errors=(error,))
        tasks = ((photo, type) for photo in good for type in design.types)
        for made in run(partial(write_distorted, design), tasks):
            rows.update({row.distorted: row for row in made.rows})
            yield made


def check_folder(folder: Path, resume: bool, overwrite: bool = False) -> None:
    """See to it that a test set is not mixed with another one by accident.

    Raises:
        UsageError: the folder holds a test set, which is neither to be gone on with nor to be replaced; or both.
    """
    check_not_both(resume, overwrite)
    held = [name for name in (MANIFEST, "references", "distorted") if (folder / name).exists()]
    if held and not resume and not overwrite:
        raise UsageError(
            f"{folder / held[0]} exists already: --resume keeps what is there and makes the rest, --overwrite makes "
            "all of it anew; or choose another --out"
        )


def remove_test_set(folder: Path) -> None:
    """Remove the images that the manifest of a folder names, and the manifest; what else lies there stays.

    Raises:
        UsageError: the file of that name is no manifest of `iqa distort`.
    """
    root = folder.resolve()
    for row in read_manifest(folder / MANIFEST):
        for path in ((folder / name).resolve() for name in (row.reference, row.distorted)):
            if path.is_relative_to(root):
                path.unlink(missing_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)


def read_manifest(path: Path) -> list[Row]:
    """The rows of an earlier run; none when there is no such file.

    Raises:
        UsageError: the file is not a manifest of `iqa distort`.
    """
    if not path.exists():
        return []
    table = read_table(path, "manifest")
    if table.columns != COLUMNS:
        raise UsageError(f"{path}: not a manifest of iqa distort, which has the columns {','.join(COLUMNS)}")
    return [Row(**cells) for cells in good_rows(table, str(path))]


def write_manifest(path: Path, rows: Iterable[Row]) -> None:
    """Write all rows; the file is whole at any time."""
    with atomically(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)


@contextmanager
def _manifest(folder: Path) -> Iterator[dict[str, Row]]:
    """The rows by distorted file, those of earlier runs included; they are written however the block ends."""
    path = folder / MANIFEST
    rows = {row.distorted: row for row in read_manifest(path)}
    try:
        yield rows
    finally:
        for partial_file in folder.rglob(".*.partial"):  # of a process that was stopped, now or earlier
            partial_file.unlink(missing_ok=True)
        if rows:
            write_manifest(path, rows.values())

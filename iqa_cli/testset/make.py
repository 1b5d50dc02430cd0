"""The run: references first, so that bad photographs are told early, then every distortion of the good ones."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from iqa_cli.errors import UsageError
from iqa_cli.testset.manifest import Row, read_manifest, write_manifest
from iqa_cli.testset.photos import Photo
from iqa_cli.testset.pictures import Recipe, write_distorted, write_reference
from iqa_cli.testset.workers import workers

MANIFEST = "manifest.csv"


@dataclass(frozen=True)
class Outcome:
    """What came of some of the images: their rows, or why there are none. `images` counts both."""

    images: int
    rows: tuple[Row, ...] = ()
    error: str | None = None


def make_test_set(recipe: Recipe, photos: Sequence[Photo], jobs: int) -> Iterator[Outcome]:
    """Make all images in `jobs` processes. Outcomes come photograph by photograph, in their order; errors come first.

    The images do not depend on `jobs` or on what else is made. All rows are recorded in the
    manifest, also of a run that ends early: close this generator to end it.

    Raises:
        UsageError: the folder holds images that this run would make otherwise.
    """
    with _manifest(recipe.folder) as rows, workers(min(jobs, len(photos) * len(recipe.types))) as run:
        good = []
        for photo, error in zip(photos, run(partial(write_reference, recipe), ((p,) for p in photos)), strict=True):
            if error is None:
                good.append(photo)
            else:
                yield Outcome(len(recipe.types) * len(recipe.levels), error=error)
        tasks = ((photo, type) for photo in good for type in recipe.types)
        for made in run(partial(write_distorted, recipe), tasks):
            rows.update({row.distorted: row for row in made})
            yield Outcome(len(made), made)


def check_folder(folder: Path, resume: bool) -> None:
    """See to it that a test set is not mixed with another one by accident.

    Raises:
        UsageError: the folder holds a test set and `resume` is off.
    """
    held = [name for name in (MANIFEST, "references", "distorted") if (folder / name).exists()]
    if held and not resume:
        raise UsageError(
            f"{folder / held[0]} exists already: --resume keeps what is there and makes the rest; "
            "or choose another --out"
        )


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

"""What of each image is scored: a mask or a box for all, or masks of a folder, called as the images are."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from iqa_cli.errors import UsageError
from iqa_cli.ground.box import Box
from iqa_cli.ground.filenames import name_key
from iqa_cli.plan.inputs import check_existence
from iqa_cli.records import Job
from iqa_cli.registry import Spec, check_masks
from iqa_cli.storage.access import is_folder
from iqa_cli.storage.folder_listing import listing
from iqa_cli.storage.names import joined

MASK, BOX = "mask", "box"  # columns of a manifest, and of the rows


@dataclass(frozen=True)
class Areas:
    """What the user typed: a picture or a folder of pictures, and x,y,w,h.

    Raises UsageError for a mask that is not there and for a box that is none.
    """

    mask: str | None = None
    box: str | None = None

    def __post_init__(self):
        if self.mask is not None:
            check_existence([self.mask])
        if self.box is not None:
            Box.parse(self.box)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that every row has of it."""
        return tuple(name for name, given in ((MASK, self.mask), (BOX, self.box)) if given is not None)


def with_areas(jobs: Iterable[Job], areas: Areas, specs: Sequence[Spec]) -> Iterable[Job]:
    """The jobs with what of their images is scored, which stands in their columns mask and box, too.

    A mask of a folder is called like the reference of a job, else like its image, whatever the extension; where
    subfolders tell more, they count. A job without one keeps a name that is not there, and fails by itself.

    Raises:
        UsageError: a model takes no mask; the manifest has masks or boxes of its own; no mask is called like any
            image, or two masks like one. Of a generator of jobs it raises when these are asked for.
    """
    if areas.mask is not None:
        check_masks(specs)
    find = _finder(areas.mask)
    given = _given(jobs, areas, specs, find)
    if not isinstance(jobs, list | tuple):
        return given
    found = tuple(given)
    if found and areas.mask is not None and all(str(job.mask).endswith(".*") for job in found):
        raise UsageError(
            f"--mask {areas.mask}: no mask is called like any of the images, such as {Path(found[0].image).name}; "
            "it has the name of the reference, or of the image, with any extension"
        )
    return found


def _given(jobs: Iterable[Job], areas: Areas, specs: Sequence[Spec], find: "_Finder | None") -> Iterator[Job]:
    box = None if areas.box is None else Box.parse(areas.box)
    for job in jobs:
        if twice := [name for name in areas.columns if name in job.extra]:
            raise UsageError(f"--{twice[0]}: the manifest has a column {twice[0]} of its own; leave one of them out")
        if job.mask is not None:
            check_masks(specs)
        mask = job.mask if find is None else find(job)
        more = {MASK: mask, BOX: None if box is None else str(box)}
        extra = {**job.extra, **{name: str(more[name]) for name in areas.columns}}
        yield replace(job, extra=extra, mask=mask, box=box or job.box)


class _Finder:
    """The mask of a job: the one file, or the one of the folder that is called like its reference or its image."""

    def __init__(self, path: str):
        self.path = path
        self.files: dict[tuple[str, ...], list[str]] | None = None
        if not is_folder(path):
            return
        self.files = {}
        for name in listing(path, recursive=True).pictures:
            self.files.setdefault(_key(name), []).append(name.as_posix())
        for names in self.files.values():
            if len(names) > 1:
                raise UsageError(f"--mask {path}: {' and '.join(names)} have one name; keep one file per stem")

    def __call__(self, job: Job) -> str:
        if self.files is None:
            return self.path
        images = [Path(image) for image in (job.reference, job.image) if image is not None]
        for image in images:
            key = _key(image)
            for start in range(len(key)):
                if key[start:] in self.files:
                    return joined(self.path, self.files[key[start:]][0])
        return joined(self.path, f"{images[0].stem}.*")


def _finder(path: str | None) -> _Finder | None:
    return None if path is None else _Finder(path)


def _key(name: PurePath) -> tuple[str, ...]:
    return tuple(name_key(part) for part in name.with_suffix("").parts)

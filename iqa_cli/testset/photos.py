"""The photographs of a test set, each with a name of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from iqa_cli.errors import UsageError
from iqa_cli.plan.paths import plan_single_images
from iqa_cli.plan.types import Inputs


@dataclass(frozen=True)
class Photo:
    """A photograph, and the name that its files get in the test set."""

    path: str
    name: str

    @property
    def stem(self) -> str:
        """The name of the file itself, without its suffix. Undecodable bytes become question marks."""
        return Path(self.path).stem.encode("utf-8", "replace").decode()


def find_photos(paths: Sequence[str], recursive: bool, folder: Path) -> tuple[Photo, ...]:
    """The files named and the images of the folders named, each once, in order.

    Images inside `folder`, the test set itself, are left out. A photograph is called by its stem;
    where another has that name already it gets a number: `cat`, `cat-2`, ... Names differ by more
    than case, as some file systems need.

    Raises:
        UsageError: a path does not exist, or there is no image.
    """
    files: dict[Path, str] = {}
    for job in plan_single_images(Inputs(tuple(paths), recursive=recursive)).jobs:
        files.setdefault(Path(job.image).resolve(), job.image)
    chosen = [path for file, path in files.items() if folder.resolve() not in file.parents]
    if not chosen:
        raise UsageError(f"no photographs but those of the test set {folder} itself: give others")
    photos: list[Photo] = []
    taken: set[str] = set()
    for path in chosen:
        stem = name = Photo(path, "").stem
        number = 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.casefold())
        photos.append(Photo(path, name))
    return tuple(photos)

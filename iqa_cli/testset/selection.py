"""What was asked for, as typed on the command line: photographs, each with a name of its own, types and levels."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path

from iqa_cli.distortions import DISTORTIONS
from iqa_cli.distortions.scale import LEVELS
from iqa_cli.errors import UsageError
from iqa_cli.plan.inputs import Inputs
from iqa_cli.plan.paths import plan_single_images

_LONGEST = (
    200  # bytes of a name: file systems allow 255, and type, level, suffix and an unfinished file's mark come on top
)


@dataclass(frozen=True)
class Photo:
    """A photograph, and the name that its files get in the test set."""

    path: str
    name: str

    @property
    def stem(self) -> str:
        """The name of the file itself, without its suffix. Undecodable bytes become question marks."""
        return Path(self.path).stem.encode("utf-8", "replace").decode()

    @property
    def drawn_as(self) -> str:
        """What its draws depend on: its stem or, where another photograph has that, its name."""
        return self.stem if self.name == _fitting(self.stem) else self.name

    @property
    def why_renamed(self) -> str:
        """Why the name is not the stem."""
        return f"there is another {self.stem}" if len(self.stem.encode()) <= _LONGEST else "its name is too long"


def find_photos(
    paths: Sequence[str], recursive: bool, folder: Path, warn: Callable[[str], None] = lambda message: None
) -> tuple[Photo, ...]:
    """The files named and the images of the folders named, each once, in order.

    Images inside `folder`, the test set itself, are left out. A photograph is called by its stem;
    where another has that name already it gets a number: `cat`, `cat-2`, ... Names differ by more
    than case, as some file systems need; what is too long for a file's name ends in a hash of it. What a folder
    holds beside its images is told by `warn`.

    Raises:
        UsageError: a path does not exist, or there is no image.
    """
    files: dict[Path, str] = {}
    plan = plan_single_images(Inputs(tuple(paths), recursive=recursive))
    for message in plan.messages:
        warn(message)
    for job in plan.jobs:
        files.setdefault(Path(job.image).resolve(), job.image)
    chosen = [path for file, path in files.items() if folder.resolve() not in file.parents]
    if not chosen:
        raise UsageError(f"no photographs but those of the test set {folder} itself: give others")
    photos: list[Photo] = []
    taken: set[str] = set()
    for path in chosen:
        stem = name = _fitting(Photo(path, "").stem)
        number = 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.casefold())
        photos.append(Photo(path, name))
    return tuple(photos)


def _fitting(stem: str) -> str:
    """The stem, or as much of it as the name of a file holds and a hash of the whole."""
    if len(stem.encode()) <= _LONGEST:
        return stem
    digest = sha256(stem.encode()).hexdigest()[:8]
    return f"{stem.encode()[: _LONGEST - 9].decode(errors='ignore')}-{digest}"


def types_chosen(texts: Sequence[str] | None) -> tuple[int, ...]:
    """KADID-10k's numbers for `1,jpeg`, `"white noise"`, ...: each once, in order; all 25 where none is given.

    Raises:
        UsageError: there is no such number or name; the message proposes the closest name.
    """
    if not texts:
        return tuple(DISTORTIONS)
    return tuple(sorted({_type(text) for text in _pieces("--types", texts)}))


def levels_chosen(texts: Sequence[str] | None) -> tuple[float, ...]:
    """The levels in `1,2.5`, ...: each once, in order; 1, 2, 3, 4 and 5 where none is given.

    Raises:
        UsageError: one is no number from 1 to 5.
    """
    if not texts:
        return tuple(map(float, LEVELS))
    return tuple(sorted({_level(text) for text in _pieces("--levels", texts)}))


def _pieces(option: str, texts: Iterable[str]) -> list[str]:
    pieces = [piece.strip() for text in texts for piece in text.split(",")]
    if "" in pieces:
        raise UsageError(f"{option} {' '.join(texts)}: nothing between two commas; write for example 1,2,5")
    return pieces


def _type(text: str) -> int:
    if text.isdecimal() and int(text) in DISTORTIONS:
        return int(text)
    by_name = {_plain(distortion.name): distortion for distortion in DISTORTIONS.values()}
    if _plain(text) in by_name:
        return by_name[_plain(text)].type
    close = get_close_matches(_plain(text), by_name, n=1)
    hint = f"did you mean {by_name[close[0]].name!r}?" if close else "'iqa distort --list' shows all 25"
    raise UsageError(f"--types {text}: no such distortion: {hint}")


def _plain(name: str) -> str:
    """A name without case, spaces, hyphens and the spelling of colour."""
    return "".join(filter(str.isalnum, name.casefold())).replace("color", "colour")


def _level(text: str) -> float:
    try:
        level = float(text)
    except ValueError:
        level = 0.0
    if not LEVELS[0] <= level <= LEVELS[-1]:  # nan, too, is not
        raise UsageError(f"--levels {text}: a level is a number from 1 to 5, for example 2.5")
    return level

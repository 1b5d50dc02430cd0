"""One photograph to its reference, and a reference to its distorted images. All files are 8-bit RGB PNG."""

import errno
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo

from iqa_cli.decoders.pillow_limit import PILLOW_LIMIT_LIFTED
from iqa_cli.distortions import DISTORTIONS, distort
from iqa_cli.errors import ImageError, UsageError
from iqa_cli.ground.atomic import atomically
from iqa_cli.ground.pixels import from_pillow, to_pillow
from iqa_cli.images import ImagePolicy, load_image
from iqa_cli.testset.selection import Photo

_STAMP = "Comment"  # the PNG keyword under which an image says how it was made
_COMPRESSION = 3  # half the time of Pillow's default for files 4 % larger


_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)  # what every further file would meet, too


@dataclass(frozen=True)
class Row:
    """One distorted image. Paths are relative to the manifest, with forward slashes on every system."""

    reference: str
    distorted: str
    type: str  # KADID-10k's name of it
    level: str
    mos: str  # expected human score, 1 very annoying to 5 imperceptible
    spread: str  # how far the scores of single images scatter around it (not of one image's ratings: that is std)


@dataclass(frozen=True)
class Outcome:
    """What came of some of the images: their rows, and why others have none. `images` counts both."""

    images: int
    rows: tuple[Row, ...] = ()
    errors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Design:
    """What is made of every photograph, and where."""

    folder: Path
    types: tuple[int, ...]
    levels: tuple[float, ...]
    seed: int = 0
    max_side: int | None = None  # px; larger photographs are reduced
    max_pixels: int = ImagePolicy.max_pixels
    overwrite: bool = False  # make images that are there anew

    def reference(self, photo: Photo) -> Path:
        """The file of a photograph as it was before distortion."""
        return self.folder / "references" / f"{photo.name}.png"

    def distorted(self, photo: Photo, type: int, level: float) -> Path:
        """The file of a distorted image: `distorted/STEM_TT_L.png`, as KADID-10k names them."""
        return self.folder / "distorted" / f"{photo.name}_{type:02}_{plain(level)}.png"


def plain(level: float) -> str:
    """A level as people write it: 2 and 2.5."""
    return str(level).removesuffix(".0")


def write_reference(design: Design, photo: Photo) -> str | None:
    """Write the photograph as reference; gives what is wrong where it cannot be read, or the reference not written.

    Raises:
        UsageError: an earlier run wrote another picture under that name.
    """
    try:
        picture = to_pillow(load_image(photo.path, ImagePolicy(max_pixels=design.max_pixels)).pixels)
    except ImageError as error:
        return str(error)
    if design.max_side is not None:
        picture.thumbnail((design.max_side, design.max_side), Image.Resampling.LANCZOS, reducing_gap=None)
    target = design.reference(photo)
    try:
        if design.overwrite or not target.exists():
            _save(picture, target)
        elif not np.array_equal(np.asarray(_read(target)), np.asarray(picture)):
            raise UsageError(
                f"{target} is not {photo.path} as this run would have it: "
                "repeat the photographs and the --max-side of the first run, or choose another --out"
            )
    except OSError as error:
        return _told(error, target)
    return None


def write_distorted(design: Design, photo: Photo, type: int) -> Outcome:
    """Write the reference with one type of distortion at every level; files that are there already stay.

    A file that cannot be made or written costs its own row. What is distorted is the reference as it was written, so
    that the pixels of a pair belong together.

    Raises:
        UsageError: an earlier run made one of the files with another seed.
    """
    paths = {level: design.distorted(photo, type, level) for level in design.levels}
    stamps = {level: f"iqa distort: {DISTORTIONS[type].name}, level {plain(level)}, seed {design.seed}"
              for level in paths}  # fmt: skip
    missing = [level for level, path in paths.items() if design.overwrite or not _is_made(path, stamps[level])]
    errors = {}
    if missing:
        try:
            reference = from_pillow(_read(design.reference(photo)))
        except OSError as error:
            return Outcome(len(paths), errors=(_told(error, design.reference(photo)),))
        for level in missing:
            try:
                distorted = distort(reference, type, level, _rng(design.seed, photo, type, level))
                _save(to_pillow(distorted), paths[level], stamps[level])
            except (ImageError, OSError) as error:
                errors[level] = _told(error, paths[level])
    rows = (_row(design, photo, type, level) for level in paths if level not in errors)
    return Outcome(len(paths), tuple(rows), tuple(errors.values()))


def _row(design: Design, photo: Photo, type: int, level: float) -> Row:
    distortion = DISTORTIONS[type]
    return Row(
        reference=design.reference(photo).relative_to(design.folder).as_posix(),
        distorted=design.distorted(photo, type, level).relative_to(design.folder).as_posix(),
        type=distortion.name,
        level=plain(level),
        mos=f"{distortion.expected_score(level):.4f}",
        spread=f"{distortion.expected_std(level):.4f}",
    )


def _rng(seed: int, photo: Photo, type: int, level: float) -> np.random.Generator:
    """The same for the same cell of the same photograph, whatever else a run makes, and in which order."""
    cell = f"{seed}/{photo.drawn_as}/{type}/{plain(level)}"
    return np.random.default_rng(int.from_bytes(sha256(cell.encode()).digest()))


def _is_made(path: Path, stamp: str) -> bool:
    if not path.is_file():
        return False
    try:
        with PILLOW_LIMIT_LIFTED, Image.open(path) as picture:
            found = picture.info.get(_STAMP, "not by iqa distort")
    except UnidentifiedImageError:
        found = "no picture"
    if found != stamp:
        raise UsageError(
            f"{path} was made otherwise ({found}): repeat the --seed of the first run, or choose another --out"
        )
    return True


def _read(path: Path) -> Image.Image:
    with PILLOW_LIMIT_LIFTED, Image.open(path) as picture:
        return picture.convert("RGB")


def _save(picture: Image.Image, path: Path, stamp: str | None = None) -> None:
    about = PngInfo()
    if stamp:
        about.add_text(_STAMP, stamp)
    with atomically(path) as partial:
        picture.save(partial, format="PNG", compress_level=_COMPRESSION, pnginfo=about)


def _told(error: ImageError | OSError, path: Path) -> str:
    """What is wrong with one file. A full disk, which every further file would meet, is raised again instead."""
    number, words = (error.errno, error.strerror) if isinstance(error, OSError) else (None, None)
    if number in _NO_ROOM:
        raise OSError(number, words, str(path)) from error
    return f"{path}: cannot be made: {words or error}"

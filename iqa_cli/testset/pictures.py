"""One photograph to its reference, and a reference to its distorted images. All files are 8-bit RGB PNG."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from iqa_cli.distortions import DISTORTIONS, distort
from iqa_cli.distortions.pillow import from_pillow, to_pillow
from iqa_cli.errors import ImageError, UsageError
from iqa_cli.ground.atomic import atomically
from iqa_cli.images import ImagePolicy, load_image
from iqa_cli.testset.manifest import Row
from iqa_cli.testset.photos import Photo

_STAMP = "Comment"  # the PNG keyword under which an image says how it was made
_COMPRESSION = 3  # half the time of Pillow's default for files 4 % larger


@dataclass(frozen=True)
class Recipe:
    """What is made of every photograph, and where."""

    folder: Path
    types: tuple[int, ...]
    levels: tuple[float, ...]
    seed: int = 0
    max_side: int | None = None  # px; larger photographs are reduced
    max_pixels: int = ImagePolicy.max_pixels

    def reference(self, photo: Photo) -> Path:
        """The file of a photograph as it was before distortion."""
        return self.folder / "references" / f"{photo.name}.png"

    def distorted(self, photo: Photo, type: int, level: float) -> Path:
        """The file of a distorted image: `distorted/STEM_TT_L.png`, as KADID-10k names them."""
        return self.folder / "distorted" / f"{photo.name}_{type:02}_{plain(level)}.png"


def plain(level: float) -> str:
    """A level as people write it: 2 and 2.5."""
    return str(level).removesuffix(".0")


def write_reference(recipe: Recipe, photo: Photo) -> str | None:
    """Write the photograph as reference; gives what is wrong where it cannot be read.

    Raises:
        UsageError: an earlier run wrote another picture under that name.
    """
    try:
        picture = to_pillow(load_image(photo.path, ImagePolicy(max_pixels=recipe.max_pixels)).pixels)
    except ImageError as error:
        return str(error)
    if recipe.max_side is not None:
        picture.thumbnail((recipe.max_side, recipe.max_side), Image.Resampling.LANCZOS, reducing_gap=None)
    target = recipe.reference(photo)
    if not target.exists():
        _save(picture, target)
    elif not np.array_equal(_read(target), picture):
        raise UsageError(
            f"{target} is not {photo.path} as this run would have it: "
            "repeat the photographs and the --max-side of the first run, or choose another --out"
        )
    return None


def write_distorted(recipe: Recipe, photo: Photo, type: int) -> tuple[Row, ...]:
    """Write the reference with one type of distortion at every level; files that are there already stay.

    What is distorted is the reference as it was written, so that the pixels of a pair belong together.

    Raises:
        UsageError: an earlier run made one of the files with another seed.
    """
    stamps = {level: f"iqa distort: {DISTORTIONS[type].name}, level {plain(level)}, seed {recipe.seed}"
              for level in recipe.levels}  # fmt: skip
    missing = [level for level, stamp in stamps.items() if not _is_made(recipe.distorted(photo, type, level), stamp)]
    if missing:
        reference = from_pillow(_read(recipe.reference(photo)))
        for level in missing:
            distorted = distort(reference, type, level, _rng(recipe.seed, photo, type, level))
            _save(to_pillow(distorted), recipe.distorted(photo, type, level), stamps[level])
    return tuple(_row(recipe, photo, type, level) for level in recipe.levels)


def _row(recipe: Recipe, photo: Photo, type: int, level: float) -> Row:
    distortion = DISTORTIONS[type]
    return Row(
        reference=recipe.reference(photo).relative_to(recipe.folder).as_posix(),
        distorted=recipe.distorted(photo, type, level).relative_to(recipe.folder).as_posix(),
        type=distortion.name,
        level=plain(level),
        mos=f"{distortion.expected_score(level):.4f}",
        spread=f"{distortion.expected_std(level):.4f}",
    )


def _rng(seed: int, photo: Photo, type: int, level: float) -> np.random.Generator:
    """The same for the same cell of the same photograph, whatever else a run makes, and in which order."""
    cell = f"{seed}/{photo.stem}/{type}/{plain(level)}"
    return np.random.default_rng(int.from_bytes(sha256(cell.encode()).digest()))


def _is_made(path: Path, stamp: str) -> bool:
    if not path.exists():
        return False
    with Image.open(path) as picture:
        found = picture.info.get(_STAMP, "not by iqa distort")
    if found != stamp:
        raise UsageError(
            f"{path} was made otherwise ({found}): repeat the --seed of the first run, or choose another --out"
        )
    return True


def _read(path: Path) -> Image.Image:
    with Image.open(path) as picture:
        return picture.convert("RGB")


def _save(picture: Image.Image, path: Path, stamp: str | None = None) -> None:
    about = PngInfo()
    if stamp:
        about.add_text(_STAMP, stamp)
    with atomically(path) as partial:
        picture.save(partial, format="PNG", compress_level=_COMPRESSION, pnginfo=about)

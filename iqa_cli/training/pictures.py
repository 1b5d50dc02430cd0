"""Pictures held in memory for training, and which of them are held out."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from pathlib import Path

import numpy as np
from PIL import Image

from iqa_cli.errors import UsageError
from iqa_cli.images import IMAGE_SUFFIXES
from iqa_cli.training.recipe import Photographs, Rated, Stage


def is_held_out(path: Path, share: float) -> bool:
    """Whether a picture is kept out of training: decided by its file name alone, so it never moves."""
    digest = blake2b(os.fsencode(path.stem), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64 < share


def find(source: Photographs, folders: dict[str, Path]) -> list[Path]:
    """The files of one source, sorted.

    Raises:
        UsageError: the folder was not given, or holds no such picture.
    """
    folder = folder_of(source.data, folders)
    paths = sorted(p for p in folder.glob(source.match) if p.suffix.lower() in IMAGE_SUFFIXES)
    if not paths:
        raise UsageError(f"{folder}: no picture matches {source.match!r}")
    return paths


def folder_of(name: str, folders: dict[str, Path]) -> Path:
    """The folder given as `--data name=DIR`."""
    if name not in folders:
        raise UsageError(f"this recipe needs --data {name}=DIR")
    if not folders[name].is_dir():
        raise UsageError(f"--data {name}={folders[name]}: no such folder")
    return folders[name]


def read(paths: Sequence[Path], scale: float = 1.0, at_least: int = 0) -> list[np.ndarray]:
    """Decode to H x W x 3 uint8, scaled by `scale` with Lanczos.

    Raises:
        UsageError: a picture cannot be read, or has less than `at_least` px on a side.
    """

    def one(path: Path) -> np.ndarray:
        try:
            with Image.open(path) as image:
                rgb = image.convert("RGB")
        except OSError as error:
            raise UsageError(f"{path}: cannot be read ({error}): mend or remove it") from None
        if scale != 1:
            rgb = rgb.resize([round(side * scale) for side in rgb.size], Image.Resampling.LANCZOS)
        if min(rgb.size) < at_least:
            raise UsageError(f"{path}: too small, this recipe takes crops of {at_least} px: remove it")
        return np.asarray(rgb)

    with ThreadPoolExecutor() as pool:
        return list(pool.map(one, paths))


def read_photographs(
    sources: Sequence[Photographs], folders: dict[str, Path], holdout: float, held_out: bool, at_least: int = 0
) -> list[np.ndarray]:
    """All pictures of `sources`: those held out, or those that are not."""
    chosen = []
    for source in sources:
        paths = [p for p in find(source, folders) if is_held_out(p, holdout) == held_out]
        chosen += read(paths, source.scale, at_least)
    return chosen


def read_labels(rated: Rated, folders: dict[str, Path]) -> list[tuple[Path, float]]:
    """(file, score on 1..5) of every rated photograph, in the order of the labels' file."""
    import pandas

    folder = folder_of(rated.data, folders)
    if not (folder / rated.labels).is_file():
        raise UsageError(f"{folder / rated.labels}: no such file; --data {rated.data} must hold it")
    table = pandas.read_csv(folder / rated.labels)
    if not {"image", "mos"} <= set(table.columns):
        raise UsageError(f"{folder / rated.labels}: needs columns image and mos, found {', '.join(table.columns)}")
    scale = 4 / (rated.high - rated.low)
    return [
        (folder / rated.images / str(name), 1 + (float(mos) - rated.low) * scale)
        for name, mos in zip(table["image"], table["mos"], strict=True)
    ]


def fits(picture: np.ndarray, stage: Stage) -> bool:
    """Whether a picture (H x W x 3) holds one crop of the stage."""
    return min(picture.shape[:2]) >= stage.crop

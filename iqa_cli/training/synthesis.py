"""Crops of pictures, and distorted ones with the score that people would give them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from iqa_cli.distortions import DISTORTIONS, STRONGEST, distort, expected_score
from iqa_cli.training.cells import FIFTH, DistortionCell, cell_score, goes_beyond
from iqa_cli.training.recipe_parts import Stage

# An undistorted picture got 4.6 in KADID-10k, the mildest distortions 4.61: identity must stand above them.
PRISTINE_SCORE = 4.8
PRISTINE_SHARE = 0.03


@dataclass(frozen=True)
class Version:
    """A crop (h x w x 3 uint8), its score in 1..5, and the cell it was distorted by; None for an undistorted one."""

    pixels: np.ndarray
    score: float
    cell: DistortionCell | None


def versions_of(photograph: np.ndarray, stage: Stage, rng: np.random.Generator) -> tuple[np.ndarray, list[Version]]:
    """A random crop of a photograph, and `stage.versions` distortions of it of random type and level."""
    # Distort a little more than the crop, so that block grids do not always start at its corner.
    margin = min(8, min(photograph.shape[:2]) - stage.crop)
    patch = turn(random_crop(photograph, stage.crop + margin, rng), rng)
    pixels = patch.astype(np.float32) / 255
    top, left = rng.integers(margin + 1, size=2)
    window = np.s_[top : top + stage.crop, left : left + stage.crop]
    versions = []
    for _ in range(stage.versions):
        if rng.random() < PRISTINE_SHARE:
            versions.append(Version(patch[window], PRISTINE_SCORE, None))
        else:
            cell = random_cell(rng, beyond=stage.beyond)
            distorted = to_uint8(distort(pixels, *cell, rng))[window]
            versions.append(Version(distorted, cell_score(*cell), cell))
    return patch[window], versions


def random_cell(
    rng: np.random.Generator, types: Sequence[int] = tuple(DISTORTIONS), beyond: float = 0.0
) -> DistortionCell:
    """One of the types, and a level from 1 to 5; in a share of `beyond` above it, where the type goes there."""
    type, level = types[int(rng.integers(len(types)))], float(rng.uniform(1, FIFTH))
    if beyond and rng.random() < beyond and goes_beyond(type):
        level = float(rng.uniform(FIFTH, STRONGEST))
    return type, level


def degrade(
    crop: np.ndarray, score: float, rng: np.random.Generator, types: Sequence[int] = ()
) -> tuple[np.ndarray, float]:
    """A rated crop (h x w x 3 uint8) with one more distortion, and the score it then has.

    What is left of the way from 1 to the score is what people leave of it for a pristine photograph.
    """
    cell = random_cell(rng, types or tuple(DISTORTIONS))
    kept = min(1.0, (expected_score(*cell) - 1) / (PRISTINE_SCORE - 1))
    return _distorted(crop, cell, rng), 1 + (score - 1) * kept


def unlabelled(image: np.ndarray, stage: Stage, rng: np.random.Generator) -> np.ndarray:
    """A crop of a picture reduced by a factor from `stage.shrink` to 1, in a share of `stage.degraded` distorted."""
    factor = float(rng.uniform(stage.shrink, 1))
    window = min(round(stage.crop / factor), *image.shape[:2])
    crop = random_crop(image, window, rng)
    if window > stage.crop:
        crop = np.asarray(Image.fromarray(crop).resize((stage.crop, stage.crop), Image.Resampling.BICUBIC))
    if rng.random() < 0.5:
        crop = crop[:, ::-1]
    if rng.random() < stage.degraded:
        cell = random_cell(rng, stage.degraded_types or tuple(DISTORTIONS), stage.beyond)
        crop = _distorted(crop, cell, rng)
    return np.ascontiguousarray(crop)


def _distorted(crop: np.ndarray, cell: DistortionCell, rng: np.random.Generator) -> np.ndarray:
    return to_uint8(distort(crop.astype(np.float32) / 255, *cell, rng))


def random_crop(image: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """A size x size window at a random place; the whole image when size is 0."""
    if not size:
        return image
    top, left = (rng.integers(side - size + 1) for side in image.shape[:2])
    return image[top : top + size, left : left + size]


def mosaic(image: np.ndarray, size: int, grid: int, rng: np.random.Generator) -> np.ndarray:
    """A size x size crop made of grid x grid windows at random places, each of its own cell of the image.

    `size` 0 gives the whole image.
    """
    if grid == 1 or not size:
        return random_crop(image, size, rng)
    rows, columns = (np.array_split(np.arange(side), grid) for side in image.shape[:2])
    return np.vstack([np.hstack([random_crop(image[np.ix_(y, x)], size // grid, rng) for x in columns]) for y in rows])


def turn(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One of the eight flips and quarter turns."""
    image = np.rot90(image, int(rng.integers(4)))
    return image[:, ::-1] if rng.random() < 0.5 else image


def to_uint8(pixels: np.ndarray) -> np.ndarray:
    """[0, 1] floats as 8-bit values, halves to the even one.

    `ground.pixels.to_uint8` rounds halves upwards, as files are written. The weights that are published
    were trained on these values, which differ by one level at exact halves (quantization has some).
    """
    return np.rint(pixels * 255).astype(np.uint8)


def to_tensor(images: list[np.ndarray]) -> Tensor:
    """H x W x 3 arrays of one size to one N x 3 x H x W tensor, laid out channels last."""
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)

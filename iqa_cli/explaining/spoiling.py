"""Photographs with known flaws: what heads learn from and are measured on."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from iqa_cli.distortions import distort
from iqa_cli.distortions.scale import LEVELS, Effect
from iqa_cli.distortions.tone import brighten, darken, mean_shift
from iqa_cli.explaining.flaws import Flaw, Way
from iqa_cli.ground.pixels import from_pillow, to_pillow

FILTERS = (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)


def spoil(image: np.ndarray, flaws: Sequence[Flaw], rng: np.random.Generator) -> np.ndarray:
    """A photograph with these flaws, each by a way and at a level that `rng` draws.

    `image` is H x W x 3 RGB in [0, 1], floating point; the result is float32 of the same shape and range. No flaw
    leaves the image as it is. Between two flaws the values are rounded to 8 bits, as files hold them.
    """
    for flaw in sorted(flaws, key=lambda flaw: flaw.stage):
        shares = np.array([way.share for way in flaw.ways])
        way = flaw.ways[rng.choice(len(shares), p=shares / shares.sum())]
        image = applied(image, way, float(rng.uniform(way.low, way.high)), rng)
    return image.astype(np.float32, copy=False)


def applied(image: np.ndarray, way: Way, level: float, rng: np.random.Generator) -> np.ndarray:
    """The image as one way makes it at a level of its own scale; float32 in 256 steps."""
    if isinstance(way.what, int):
        spoiled = distort(image, way.what, level, rng)
    else:
        effect, parameters = COMPOSED[way.what]
        spoiled = effect(image, float(np.interp(level, LEVELS, parameters)), rng)
    return np.rint(np.clip(spoiled, 0, 1) * 255).astype(np.float32) / np.float32(255)


def exposure_up(image: np.ndarray, stops: float, rng: np.random.Generator) -> np.ndarray:
    """More light by so many stops: what gets brighter than white is lost."""
    return _encoded(_linear(image) * 2**stops)


def exposure_down(image: np.ndarray, stops: float, rng: np.random.Generator) -> np.ndarray:
    """Less light by so many stops."""
    return _encoded(_linear(image) / 2**stops)


def haze(image: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Every value brought nearer to a grey, in the middle or lighter, by a share of `strength`."""
    grey = rng.uniform(0.35, 0.75)
    return mean_shift(image * (1 - strength), strength * grey, rng)


def cast(image: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """A hue of light: one or two of R, G and B brightened, the others darkened, half of the time warm or cold."""
    if rng.random() < 0.5:
        lifts = np.array([1, rng.uniform(-0.2, 0.4), -1]) * rng.choice((-1, 1))
    else:
        lifts = rng.permutation([1, rng.uniform(-1, 1), -1])
    channels = [
        brighten(channel, strength * lift, rng) if lift > 0 else darken(channel, -strength * lift, rng)
        for channel, lift in zip(np.moveaxis(image, -1, 0), lifts, strict=True)
    ]
    return np.stack(channels, axis=-1)


def enlargement(image: np.ndarray, factor: float, rng: np.random.Generator) -> np.ndarray:
    """Reduced by a factor with antialiasing, then brought back to its size by interpolation."""
    height, width = image.shape[:2]
    small = max(round(width / factor), 1), max(round(height / factor), 1)
    picture = to_pillow(image).resize(small, FILTERS[rng.integers(1, len(FILTERS))])
    return from_pillow(picture.resize((width, height), FILTERS[rng.integers(len(FILTERS))]))


def _linear(image: np.ndarray) -> np.ndarray:
    return np.where(image <= 0.04045, image / 12.92, ((image + 0.055) / 1.055) ** 2.4)


def _encoded(light: np.ndarray) -> np.ndarray:
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


# What `iqa distort` has no type of, by name, with its parameters at levels 1 to 5.
COMPOSED: dict[str, tuple[Effect, tuple[float, ...]]] = {
    "exposure up": (exposure_up, (0.4, 0.8, 1.2, 1.7, 2.4)),
    "exposure down": (exposure_down, (0.6, 1.2, 1.9, 2.7, 3.8)),
    "haze": (haze, (0.15, 0.3, 0.45, 0.6, 0.75)),
    "cast": (cast, (0.08, 0.16, 0.26, 0.38, 0.55)),
    "enlargement": (enlargement, (1.5, 2, 2.7, 3.5, 5)),
}

"""Make the example images again: python examples/make_examples.py

Needs scikit-image (part of `iqa-cli[test]`), which ships the photographs. Nothing here is left to chance:
the noise has a fixed seed, so that the same versions of Pillow and NumPy write the same files.
"""

from pathlib import Path

import numpy as np
from PIL import Image
from skimage import data

from iqa_cli.distortions.noise import white_noise
from iqa_cli.distortions.sharpness import gaussian_blur

HERE = Path(__file__).parent
SQUARE, WIDE = (384, 384), (384, 256)  # width, height in px: no smaller than the largest crop, IQT's 256


def main() -> None:
    """Write every image of this folder."""
    astronaut = photograph("astronaut", SQUARE)
    save_png(astronaut, "astronaut.png")
    save_jpeg(astronaut, "astronaut-jpeg-mild.jpg", quality=85)
    save_jpeg(astronaut, "astronaut-jpeg.jpg", quality=10)
    save_png(distorted(astronaut, gaussian_blur, 2.0), "astronaut-blur.png")  # sigma in px
    save_png(distorted(astronaut, white_noise, 0.01), "astronaut-noise.png")  # variance, of values in [0, 1]

    save_png(photograph("coffee", (480, 320)), "coffee.png")

    for name, size, quality in (("camera", (256, 256), 30), ("chelsea", WIDE, 20), ("rocket", WIDE, 10)):
        picture = photograph(name, size)
        save_png(picture, f"references/{name}.png")
        save_jpeg(picture, f"distorted/{name}.jpg", quality)


def photograph(name: str, size: tuple[int, int]) -> Image.Image:
    """A photograph of scikit-image, its middle at that size."""
    picture = Image.fromarray(getattr(data, name)())
    width, height = size
    scale = min(picture.width / width, picture.height / height)
    left, top = (picture.width - scale * width) / 2, (picture.height - scale * height) / 2
    box = (left, top, left + scale * width, top + scale * height)
    return picture.resize(size, Image.Resampling.LANCZOS, box)


def distorted(picture: Image.Image, distortion, strength: float) -> Image.Image:
    """The picture after one of `iqa_cli.distortions`, rounded to 8 bits."""
    pixels = np.asarray(picture, np.float32) / 255
    pixels = distortion(pixels, strength, np.random.default_rng(0))
    return Image.fromarray((pixels.clip(0, 1) * 255 + 0.5).astype(np.uint8))


def save_png(picture: Image.Image, name: str) -> None:
    """Without loss, and small."""
    path = HERE / name
    path.parent.mkdir(exist_ok=True)
    picture.save(path, optimize=True)


def save_jpeg(picture: Image.Image, name: str, quality: int) -> None:
    """With libjpeg's quality, 1 to 100."""
    path = HERE / name
    path.parent.mkdir(exist_ok=True)
    picture.save(path, quality=quality)


if __name__ == "__main__":
    main()

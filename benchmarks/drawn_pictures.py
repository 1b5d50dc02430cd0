"""Draws the pictures that are learnt from beside photographs: text, charts, screenshots, gradients, renderings.

    python benchmarks/drawn_pictures.py FOLDER

writes 360 PNG files of 512 x 512 px, the same ones each time with the same releases of numpy, scipy, Pillow and
matplotlib (whose fonts it takes). Put them beside the photographs that a recipe calls `photos`.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import gaussian_filter

COUNT, SIDE, SEED = 360, 512, 77
FONTS = sorted(Path(matplotlib.get_data_path(), "fonts", "ttf").glob("DejaVu*.ttf"))
SAID = (
    "the of quality image reference distorted score people say model light field open river stone window garden music "
    "letter market season paper number house silver green mountain winter simple yellow machine"
)
WORDS = SAID.split()
SIZES, SHARES = [9, 11, 12, 14, 16, 20, 28, 44], [0.1, 0.15, 0.2, 0.2, 0.15, 0.1, 0.07, 0.03]  # of letters, in px
LIGHT = np.array([-0.5, -0.6, 0.62])  # where it comes from
ROWS, COLUMNS = np.mgrid[0:SIDE, 0:SIDE].astype(float)

Colour = tuple[int, ...]


def colour(rng: np.random.Generator, low: int = 0, high: int = 256) -> Colour:
    """Any, its samples from `low` to `high` - 1."""
    return tuple(int(sample) for sample in rng.integers(low, high, 3))


def font(rng: np.random.Generator, size: int) -> ImageFont.FreeTypeFont:
    """One of the fonts."""
    return ImageFont.truetype(str(FONTS[rng.integers(len(FONTS))]), size)


def gradient(rng: np.random.Generator) -> Image.Image:
    """From one colour to another, half of them darker away from a point."""
    angle = rng.uniform(0, 2 * np.pi)
    along = COLUMNS * np.cos(angle) + ROWS * np.sin(angle)
    along = (along - along.min()) / np.ptp(along)
    first, last = np.array(colour(rng)), np.array(colour(rng))
    pixels = first + (last - first) * along[..., None]
    if rng.random() < 0.5:
        distance = np.hypot(COLUMNS / SIDE - rng.random(), ROWS / SIDE - rng.random())
        pixels = pixels * (1 - 0.6 * np.clip(distance, 0, 1)[..., None])
    return as_image(pixels + rng.uniform(0, 1, (SIDE, SIDE, 1)))


def text(rng: np.random.Generator) -> Image.Image:
    """Lines of words in letters of many sizes, dark on light or light on dark."""
    ground = colour(rng, 200) if rng.random() < 0.6 else colour(rng, 0, 70)
    ink = colour(rng, 0, 90) if sum(ground) > 380 else colour(rng, 180)
    image = Image.new("RGB", (SIDE, SIDE), ground)
    draw, top = ImageDraw.Draw(image), 6
    while top < SIDE:
        size = int(rng.choice(SIZES, p=SHARES))
        line, place = " ".join(rng.choice(WORDS, 18)), (int(rng.integers(2, 30)), top)
        draw.text(place, line, font=font(rng, size), fill=ink if rng.random() < 0.85 else colour(rng))
        top += int(size * rng.uniform(1.15, 1.8))
    return image


def shapes(rng: np.random.Generator) -> Image.Image:
    """Rectangles, ellipses, lines and triangles over each other."""
    image = gradient(rng) if rng.random() < 0.5 else Image.new("RGB", (SIDE, SIDE), colour(rng))
    draw = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(5, 60))):
        (x, y), (width, height) = rng.integers(-40, SIDE, 2).tolist(), rng.integers(5, 220, 2).tolist()
        box, fill, kind = (x, y, x + width, y + height), colour(rng), rng.integers(4)
        if kind == 0:
            draw.rectangle(box, fill=fill, outline=colour(rng))
        elif kind == 1:
            draw.ellipse(box, fill=fill)
        elif kind == 2:
            draw.line(box, fill=fill, width=int(rng.integers(1, 8)))
        else:
            draw.polygon([tuple(rng.integers(0, SIDE, 2).tolist()) for _ in range(3)], fill=fill)
    return image


def screen(rng: np.random.Generator) -> Image.Image:
    """A window with a title bar, a list of words, and six panels of curves, bars and text."""
    image = Image.new("RGB", (SIDE, SIDE), colour(rng, 225))
    draw, letters = ImageDraw.Draw(image), font(rng, 12)
    draw.rectangle((0, 0, SIDE, 34), fill=colour(rng, 20, 160))
    draw.rectangle((0, 34, 120, SIDE), fill=colour(rng, 190, 240))
    for line in range(12):
        draw.text((8, 44 + line * 24), str(rng.choice(WORDS)), font=letters, fill=(30, 30, 40))
    for number in range(6):
        x, y = 130 + number % 2 * 190, 46 + number // 2 * 155
        draw.rectangle((x, y, x + 180, y + 145), fill=(255, 255, 255), outline=(200, 200, 205))
        PANELS[rng.integers(len(PANELS))](draw, x, y, letters, rng)
    return image


def curve(draw: ImageDraw.ImageDraw, x: int, y: int, letters: ImageFont.FreeTypeFont, rng: np.random.Generator) -> None:
    """A line through eleven points."""
    points = [(x + 10 + step * 16, y + 135 - int(rng.integers(5, 110))) for step in range(11)]
    draw.line(points, fill=colour(rng, 0, 200), width=2)


def bars(draw: ImageDraw.ImageDraw, x: int, y: int, letters: ImageFont.FreeTypeFont, rng: np.random.Generator) -> None:
    """Nine bars."""
    for left in range(x + 10, x + 172, 18):
        top = y + 135 - int(rng.integers(5, 120))
        draw.rectangle((left, top, left + 12, y + 135), fill=colour(rng, 0, 220))


def lines(draw: ImageDraw.ImageDraw, x: int, y: int, letters: ImageFont.FreeTypeFont, rng: np.random.Generator) -> None:
    """Eight lines of four words."""
    for line in range(8):
        draw.text((x + 6, y + 6 + line * 16), " ".join(rng.choice(WORDS, 4)), font=letters, fill=(50, 50, 55))


PANELS = (curve, bars, lines)


def rendering(rng: np.random.Generator) -> Image.Image:
    """Shaded spheres above a chequered floor."""
    size, horizon = rng.integers(8, 40), rng.integers(180, 400)
    chequers = (((COLUMNS + 0.4 * ROWS) // size + ROWS // size) % 2)[..., None]
    floor = chequers * np.array(colour(rng)) + (1 - chequers) * np.array(colour(rng))
    pixels = np.where((horizon < ROWS)[..., None], floor, np.array(gradient(rng), float))
    for _ in range(int(rng.integers(2, 9))):
        column, row, radius = rng.integers(0, SIDE), rng.integers(60, 480), rng.integers(20, 120)
        across, down = (COLUMNS - column) / radius, (ROWS - row) / radius
        towards = np.sqrt(np.clip(1 - across**2 - down**2, 0, 1))
        lit = np.clip(across * LIGHT[0] + down * LIGHT[1] + towards * LIGHT[2], 0, 1)
        gloss = lit ** rng.integers(8, 60) * 255
        pattern = np.ones_like(lit)
        if rng.random() < 0.5:
            pattern = 0.75 + 0.25 * np.sin(across * rng.integers(5, 40) + 3 * np.sin(down * rng.integers(3, 20)))
        sphere = ((0.2 + 0.8 * lit) * pattern)[..., None] * np.array(colour(rng, 60)) + 0.6 * gloss[..., None]
        pixels = np.where((across**2 + down**2 < 1)[..., None], sphere, pixels)
    return as_image(pixels)


def texture(rng: np.random.Generator) -> Image.Image:
    """Coloured noise of five sizes."""
    noise = np.zeros((SIDE, SIDE, 3))
    for sigma in (1, 3, 8, 20, 60):
        white = rng.standard_normal(noise.shape)
        noise += rng.uniform(0.2, 1) * sigma * gaussian_filter(white, (sigma, sigma, 0), mode="wrap")
    noise = (noise - noise.min()) / np.ptp(noise)
    return as_image(255 * noise ** rng.uniform(0.5, 2))


def as_image(pixels: np.ndarray) -> Image.Image:
    """H x W x 3 samples from 0 to 255 as an image, what is beyond cut off."""
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


KINDS: tuple[Callable[[np.random.Generator], Image.Image], ...] = (
    gradient, text, shapes, screen, rendering, texture, text, rendering,
)  # fmt: skip

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(COUNT):
        draw_one = KINDS[number % len(KINDS)]
        draw_one(np.random.default_rng([SEED, number])).save(folder / f"{draw_one.__name__}_{number:03d}.png")

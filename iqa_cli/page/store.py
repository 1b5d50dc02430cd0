"""Pixels and maps as files a browser shows, inside the page while they are few, else beside it."""

import base64
import glob
import io
import os
import secrets
import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import Self
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from iqa_cli.errors import UsageError
from iqa_cli.ground.folders import PAGE_MARK
from iqa_cli.ground.locks import alone_with
from iqa_cli.ground.pixels import to_uint8

THUMB = 160  # px of the longer side
MAP_SIDE = 192  # px of the longer side: attention is smooth, its grid has 29 cells a crop
WEBP_SIDE = 16_383  # the format's limit
PART = ".part"  # stands in the name of a folder that is no page's yet
MEDIA = {"webp": "image/webp", "png": "image/png", "jpg": "image/jpeg"}

# From low to high, even steps. Attention: inferno, as in `iqa score --map`. Quality: red, yellow, blue, which people
# who see no red or green can tell apart too.
PALETTES = {
    "attention": ("#000004", "#1f0c48", "#550f6d", "#88226a", "#ba3655", "#e35933", "#f98e09", "#f9cb35", "#fcffa4"),
    "quality": ("#a50026", "#d73027", "#f46d43", "#fdae61", "#fee090", "#abd9e9", "#74add1", "#4575b4", "#313695"),
}

Pixels = NDArray[np.float32]


class PictureStore:
    """Where the pictures of one page go: into it up to `most` bytes in all, beyond that into a folder beside it.

    `put` gives a dict entry its address, at once or in `finish`: which of the two it is depends on all of them.
    The folder is called as the page with `_files`. It is made under another name, and takes the place of an earlier
    page's in `publish`. As a context, the store is the only one of its page, and removes what was never published, of
    runs that were killed too.

    Raises UsageError, as a context, where another process writes the page.
    """

    def __init__(self, page: Path, most: int):
        self.folder = folder_of(page)
        self._fresh = self.folder.with_name(f"{self.folder.name}{PART}{secrets.token_hex(4)}")
        self._alone = ExitStack()
        self._most, self._size, self._count = most, 0, 0
        self._held: list[tuple[dict, str, str, bytes]] | None = []

    def __enter__(self) -> Self:
        self._alone.enter_context(alone_with(self.folder))
        for left in self.folder.parent.glob(f"{glob.escape(self.folder.name)}{PART}*"):
            if (left / PAGE_MARK).is_file():
                shutil.rmtree(left, ignore_errors=True)
        return self

    def __exit__(self, *_: object) -> None:
        with self._alone:
            shutil.rmtree(self._fresh, ignore_errors=True)

    def put(self, entry: dict, key: str, suffix: str, data: bytes) -> None:
        """Keep one picture, whose address becomes `entry[key]`."""
        if self._held is None:
            entry[key] = self._linked(suffix, data)
            return
        self._size += len(data)
        self._held.append((entry, key, suffix, data))
        if self._size > self._most:
            self._fresh.mkdir()
            (self._fresh / PAGE_MARK).touch()
            held, self._held = self._held, None
            for picture in held:
                self.put(*picture)

    def finish(self) -> None:
        """Give every picture its address."""
        for entry, key, suffix, data in self._held or ():
            entry[key] = f"data:{MEDIA[suffix]};base64,{base64.b64encode(data).decode()}"

    def publish(self) -> None:
        """Put the new folder, if there is one, in the place of an earlier page's."""
        if (self.folder / PAGE_MARK).is_file():
            shutil.rmtree(self.folder)
        if self._fresh.is_dir():
            self._fresh.replace(self.folder)

    def _linked(self, suffix: str, data: bytes) -> str:
        self._count += 1
        name = f"{self._count:06}.{suffix}"
        (self._fresh / name).write_bytes(data)
        return f"{quote(os.fsencode(self.folder.name))}/{name}"


def folder_of(page: Path) -> Path:
    """The folder beside a page that holds the pictures it has no room for."""
    return page.with_name(f"{page.stem}_files")


def check_page(page: Path) -> None:
    """Raises UsageError where the folder of a page's pictures would take the place of something else."""
    folder = folder_of(page)
    if folder.exists() and not (folder / PAGE_MARK).is_file():
        raise UsageError(f"{folder}: is there already and no folder of an earlier page; give --html another name")


def whole(image: Image.Image) -> tuple[str, bytes]:
    """Suffix and bytes of an 8-bit picture, lossless: what is judged must not change."""
    if max(image.size) > WEBP_SIDE:
        return "png", encoded(image, "PNG", compress_level=4)
    return "webp", encoded(image, "WEBP", lossless=True, method=0, quality=20)


def thumb(image: Image.Image) -> tuple[str, bytes]:
    """Suffix and bytes of a small picture of an 8-bit one, which stays as it is."""
    small = image.copy()
    small.thumbnail((THUMB, THUMB), Image.Resampling.LANCZOS)
    return "jpg", encoded(small, "JPEG", quality=82)


def shrunk(values: Pixels) -> Pixels:
    """A map H x W at the size it is drawn in: means of its pixels, NaN where most of them are."""
    height, width = values.shape
    scale = min(1.0, MAP_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    seen, summed = np.isfinite(values).astype(np.float32), np.nan_to_num(values)
    share, mean = (np.asarray(Image.fromarray(part).resize(size, Image.Resampling.BOX)) for part in (seen, summed))
    return np.divide(mean, share, out=np.full_like(mean, np.nan), where=share > 0.5)


def coloured(values: Pixels, kind: str, low: float, high: float) -> tuple[str, bytes]:
    """Suffix and bytes of a map H x W in the colours of its kind; transparent where it is NaN."""
    seen = np.isfinite(values)
    stops = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in PALETTES[kind]])
    place = np.clip((np.nan_to_num(values) - low) / max(high - low, 1e-9), 0, 1) * (len(stops) - 1)
    channels = [np.interp(place, np.arange(len(stops)), stops[:, k]) for k in range(3)]
    rgba = to_uint8(np.stack([*channels, 255 * seen], axis=-1) / 255)
    return "png", encoded(Image.fromarray(rgba), "PNG", optimize=True)


def encoded(image: Image.Image, format: str, **options: int | bool) -> bytes:
    """The bytes of a picture in one of Pillow's formats."""
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()

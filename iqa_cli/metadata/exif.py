"""EXIF: how to turn the image, and which colours its numbers mean. Everything else in it may be as it likes.

Source: Exif 2.32 (CIPA DC-008), DCF 2.0 (CIPA DC-009) for the interoperability index.
"""

import re
from dataclasses import dataclass
from typing import cast

import numpy as np

from iqa_cli.colours.primaries import ADOBE_RGB, Chromaticities, Colour, measured
from iqa_cli.metadata.tiff import EXIF, ORIENTATION, Directory, TiffFile

_COLOUR_SPACE, _GAMMA, _INTEROPERABILITY, _INDEX = 0xA001, 0xA500, 0xA005, 1
_WHITE_POINT, _PRIMARIES = 318, 319
_SRGB, _ADOBE_RGB, _UNCALIBRATED = 1, 2, 0xFFFF  # 2 is not in the standard, but some cameras write it

_XMP_ORIENTATION = re.compile(rb"""tiff:Orientation(?:=["']|>)([1-8])""")


@dataclass(frozen=True)
class Exif:
    """What EXIF data say: orientation 1 (upright) to 8, 0 where they do not; the colour; notes."""

    orientation: int = 0
    colour: Colour | None = None
    notes: tuple[str, ...] = ()


def read_exif(block: bytes | None) -> Exif:
    """EXIF data, with or without the header `Exif`; damaged ones say nothing and earn a note."""
    if not block:
        return Exif()
    while block.startswith(b"Exif\0\0"):
        block = block[6:]
    try:
        tiff = TiffFile(block)
    except ValueError:
        return Exif(notes=("EXIF data unreadable, orientation not applied",))
    return told_by(tiff, tiff.directory(tiff.first) or Directory(0))


def told_by(tiff: TiffFile, *directories: Directory) -> Exif:
    """What the tags of a directory say; where one is silent, the next is asked."""
    orientations = (tiff.number(directory, ORIENTATION) for directory in directories)
    colours = (_colour(tiff, directory) for directory in directories)
    orientation = next((number for number in orientations if 1 <= number <= 8), 0)
    return Exif(orientation, next((colour for colour in colours if colour), None))


def orientation_in(xmp: bytes | str | None) -> int:
    """The orientation that XMP tells, 0 where it tells none."""
    found = _XMP_ORIENTATION.search(xmp.encode() if isinstance(xmp, str) else xmp or b"")
    return int(found[1]) if found else 0


def turned(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """H x W x 3 pixels upright, C-contiguous: orientations 5 to 8 exchange rows and columns, then some are reversed."""
    if orientation == 1:
        return pixels
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels.copy()


def _colour(tiff: TiffFile, directory: Directory) -> Colour | None:
    details = next(iter(tiff.below(directory, EXIF)), Directory(0))
    space = tiff.number(details, _COLOUR_SPACE)
    if space == _SRGB:
        return None
    index = [tiff.value(inner, _INDEX)[:3] for inner in tiff.below(details, _INTEROPERABILITY)]
    if space == _ADOBE_RGB or b"R03" in index:
        return Colour(f"{ADOBE_RGB.name} (EXIF)", ADOBE_RGB.primaries, ADOBE_RGB.gamma)
    white, primaries = tiff.numbers(directory, _WHITE_POINT), tiff.numbers(directory, _PRIMARIES)
    gamma = next(iter(tiff.numbers(details, _GAMMA)), None)
    own = cast(Chromaticities, (*primaries, *white)) if (len(primaries), len(white)) == (6, 2) else None
    if own or gamma:
        told = measured(own, gamma or None, "EXIF")
        if told:
            return told
    return Colour("uncalibrated colour (EXIF)", unknown=True) if space == _UNCALIBRATED else None

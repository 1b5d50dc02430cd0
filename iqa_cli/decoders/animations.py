"""Animations that are gone through frame by frame: kept open, for a frame is a change to the one before.

Each thread keeps its own, the last two: a reference and a distorted one.
"""

import io
import threading

from PIL import Image

_KEPT = 2


class _Kept(threading.local):
    def __init__(self) -> None:
        self.files: list[tuple[bytes, Image.Image]] = []


_kept = _Kept()


def opened(data: bytes, formats: tuple[str, ...], number: int) -> Image.Image:
    """The image of a file: the animation that is kept, if it has not gone beyond a frame, else opened anew.

    Pillow's errors come through.
    """
    for kept, image in _kept.files:
        if kept == data and image.tell() <= number:
            return image
    return Image.open(io.BytesIO(data), formats=formats)


def at_frame(data: bytes, image: Image.Image, number: int) -> None:
    """Go to a frame, counted from 0, of an image that `opened` gave, and keep it for those that follow."""
    others = [file for file in _kept.files if file[0] != data]
    _kept.files = []  # not for a file that turns out to be damaged
    image.seek(number)
    image.load()
    _kept.files = [*others[-(_KEPT - 1) :], (data, image)]

"""A rectangle of an image, as people name it: `x,y,w,h` in pixels of the image as seen, upright."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from iqa_cli.errors import UsageError

FORM = "x,y,w,h in whole pixels of the image as seen, w and h from 1"


class Box(NamedTuple):
    """Left, top, width and height in pixels, after any EXIF rotation."""

    x: int
    y: int
    width: int
    height: int

    @classmethod
    def parse(cls, text: str) -> "Box":
        """The box that `10,20,64,48` names; blanks and the brackets of JSON do not matter.

        Raises:
            UsageError: it names none.
        """
        cells = re.split(r"\s*[,;]\s*|\s+", text.strip().strip("[]()").strip())
        if len(cells) == 4 and all(cell.isascii() and cell.isdecimal() for cell in cells):
            box = cls(*map(int, cells))
            if box.width and box.height:
                return box
        raise UsageError(f"box {text!r}: give {FORM}")

    @classmethod
    def of(cls, given: "str | Iterable[int]") -> "Box":
        """The box of four numbers, or of a text as `parse` takes it. Raises UsageError."""
        return cls.parse(given if isinstance(given, str) else ",".join(map(str, given)))

    def __str__(self) -> str:
        return ",".join(map(str, self))

"""What an image file says beside its pixels."""

from dataclasses import dataclass

from iqa_cli.colours.primaries import Colour
from iqa_cli.metadata.exif import Exif, orientation_in

GAIN_MAP_IGNORED = "gain map ignored"


@dataclass(frozen=True)
class Facts:
    """What scoring needs to know of a file beside its pixels, read leniently, and the file as Pillow gets it.

    Args:
        data: the file without the metadata that Pillow would parse, and refuse the image for.
        orientation: 1 (upright) to 8, as EXIF counts; 0 where the file's module leaves it to Pillow's metadata.
        profile: the ICC profile.
        colour: what R, G and B mean where the file tells it otherwise than by a profile.
        clear: the samples, in the file's depth, that stand for transparent: of grey or of red, green and blue.
        alpha_declared: whether the file says what its fourth channel is. Else zeros throughout mean nothing.
        notes: what the row tells.
        frames: how many pictures there are, any of which could be scored; 0 leaves it to the decoder to count them.
    """

    data: bytes
    orientation: int = 1
    profile: bytes | None = None
    colour: Colour | None = None
    clear: tuple[int, ...] | None = None
    alpha_declared: bool = True
    notes: tuple[str, ...] = ()
    frames: int = 0


def facts(data: bytes, exif: Exif, xmp: bytes | str | None = None, **others) -> Facts:
    """With orientation and colour of EXIF data, or of XMP where they have none; `others` comes first."""
    orientation = exif.orientation or orientation_in(xmp) or 1
    applied = (f"EXIF orientation {orientation} applied",) if orientation > 1 else ()
    notes = (*others.pop("notes", ()), *applied, *exif.notes)
    colour = others.pop("colour", None) or exif.colour
    return Facts(data, orientation, colour=colour, notes=notes, **others)

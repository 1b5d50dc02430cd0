"""Images that Pillow has opened or made, by the rules of files: the pixels of their file, as far as Pillow tells."""

from PIL import Image

from iqa_cli.decoders.depth import is_wide_grey, stored_bits
from iqa_cli.decoders.raster import Raster, check_size
from iqa_cli.errors import ImageError
from iqa_cli.images.loader import ImagePolicy, LoadedImage, reason, to_rgb
from iqa_cli.metadata.facts import Facts

_ORIENTATION = 0x0112  # the EXIF tag


def load_pillow(image: Image.Image, policy: ImagePolicy = ImagePolicy()) -> LoadedImage:
    """What `load_image` makes of the file of such an image, its current frame.

    Raises `ImageError`, one line with the reason: its file is damaged, over `policy.max_pixels`, or samples without an
    agreed white level.
    """
    name = f"Pillow image of {image.width}x{image.height} px"
    try:
        check_size(*image.size, policy.max_pixels)
        raster = _raster(image)
        pixels, notes = to_rgb(raster, policy)
    except Exception as error:  # of a lazy image whose file is damaged, Pillow's decoders raise almost anything
        raise ImageError(f"{name}: cannot be read: {reason(error)}") from error
    return LoadedImage(pixels, tuple(raster.notes + notes))


def _raster(image: Image.Image) -> Raster:
    image.load()  # before its orientation is asked for: a TIFF is turned now
    if image.mode == "I" and image.format is None:
        raise ImageError("mode I, and no file says which integer is white: give mode I;16, or F with samples in [0, 1]")
    return Raster(image, _bits(image), Facts(b"", _orientation(image)))


def _bits(image: Image.Image) -> int:
    """Bits of a sample, as far as what comes depends on them."""
    if image.format == "TIFF":
        return stored_bits(image, b"")
    return 16 if is_wide_grey(image) else 8


def _orientation(image: Image.Image) -> int:
    packs_jpeg = getattr(image, "jpeg", False)
    if image.format == "JXL" and not packs_jpeg:
        return 1  # upright by its codestream, whatever its EXIF data repeat
    try:
        told = int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # of the rest of its metadata nothing is needed
        return 1
    return told if 1 <= told <= 8 else 1

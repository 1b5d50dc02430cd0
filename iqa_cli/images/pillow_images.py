"""Images that Pillow has opened or made, by the rules of files: the pixels of their file, as far as Pillow tells."""

from PIL import Image, TiffImagePlugin

from iqa_cli.colours.primaries import Colour
from iqa_cli.decoders.depth import is_wide_grey, stored_bits
from iqa_cli.decoders.heif import colour_of
from iqa_cli.decoders.raster import Raster, check_size, where_opaque
from iqa_cli.errors import ImageError
from iqa_cli.images.loader import ImagePolicy, LoadedImage, reason, to_rgb
from iqa_cli.metadata.exif import Exif, read_exif
from iqa_cli.metadata.facts import Facts, facts
from iqa_cli.metadata.png import measured_in_png

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
    if image.format == "TIFF" and not hasattr(image, "tag_v2"):
        image = image.copy()  # one that was pickled, or copied whole: its tags are lost, and Pillow would ask for them
    if image.mode == "I" and image.format is None:
        raise ImageError("mode I, and no file says which integer is white: give mode I;16, or F with samples in [0, 1]")
    told, bits, opaque, clear = _facts(image), _bits(image), None, _clear(image)
    if clear:
        image = image.copy()
        image.info.pop("transparency")  # Pillow would compare it with pixels of 8 bits
        opaque = where_opaque(image, clear, bits)
    return Raster(image, bits, told, opaque, list(told.notes))


def _bits(image: Image.Image) -> int:
    """Bits of a sample, as far as what comes depends on them."""
    if image.format == "TIFF":
        return stored_bits(image, b"")
    key = image.info.get("transparency")
    if image.format == "PNG" and image.mode == "L" and isinstance(key, int):
        # Pillow scales the samples of 2 and 4 bits to 255, but not the key.
        used = [value for value, count in enumerate(image.histogram()) if count]
        few = (bits for bits in (2, 4) if key < 2**bits and not any(value % (255 // (2**bits - 1)) for value in used))
        return next(few, 8)
    return 16 if is_wide_grey(image) else 8


def _clear(image: Image.Image) -> tuple[int, ...] | None:
    """The colour declared transparent where there is no palette, in the depth of the file."""
    key = image.info.get("transparency")
    if image.mode == "RGB" and isinstance(key, tuple) and len(key) == 3:
        return tuple(value >> 8 for value in key) if max(key) > 255 else key  # of 16 bits, Pillow keeps the upper 8
    if image.mode in ("1", "L", "I;16") and isinstance(key, int):
        return (min(key, 1) if image.mode == "1" else key,)
    return None


def _facts(image: Image.Image) -> Facts:
    declared = image.format != "BMP"
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        declared = any(value in (1, 2) for value in image.tag_v2.get(TiffImagePlugin.EXTRASAMPLES, ()))
    return facts(b"", Exif(_orientation(image), _exif_colour(image)), colour=_colour(image), alpha_declared=declared)


def _colour(image: Image.Image) -> Colour | None:
    """What HEIC and PNG tell otherwise than by a profile."""
    info = image.info
    if "nclx_profile" in info:
        return colour_of(info["nclx_profile"])
    if "srgb" in info:
        return Colour("sRGB")
    return measured_in_png(round(100_000 * info.get("gamma", 0)), info.get("chromaticity", ()))


def _exif_colour(image: Image.Image) -> Colour | None:
    if image.format in ("AVIF", "HEIF") or _is_plain_jxl(image):
        return None  # boxes tell it, not EXIF data
    try:
        return read_exif(image.info.get("exif") or image.getexif().tobytes()).colour
    except Exception:
        return None


def _orientation(image: Image.Image) -> int:
    if _is_plain_jxl(image):
        return 1  # upright by its codestream, whatever its EXIF data repeat
    try:
        told = int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # of the rest of its metadata nothing is needed
        return 1
    return told if 1 <= told <= 8 else 1


def _is_plain_jxl(image: Image.Image) -> bool:
    return image.format == "JXL" and not getattr(image, "jpeg", False)  # of a packed JPEG the plug-in gives that

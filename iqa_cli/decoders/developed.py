"""Raw photographs by rawpy, which is an extra: LibRaw develops them, by one rule for all cameras.

White balance as the camera set it (daylight's where it tells none), sRGB in colours and curve, no automatic
brightening and no highlights rescued (white is where the sensor ends, whatever the picture shows), demosaicing by
AHD, 16 bits. So a score does not hang on what a converter guesses. The preview inside is another picture: small,
sharpened, compressed; it is taken only where it is asked for, and told.
"""

import io
from dataclasses import replace
from typing import Any

from iqa_cli.decoders.printing import SILENCE
from iqa_cli.decoders.raster import Raster, check_size, of_samples
from iqa_cli.errors import ImageError
from iqa_cli.ground.picture_formats import RAW
from iqa_cli.ground.wording import said
from iqa_cli.metadata.facts import Facts

DEVELOP, PREVIEW = "develop", "preview"
RAW_RULES = (DEVELOP, PREVIEW)
_SRGB_CURVE = (2.4, 12.92)
_TURNS = {3: 3, 5: 8, 6: 6}  # LibRaw's turns as EXIF counts them


def develop(data: bytes, kind: str, max_pixels: int) -> Raster:
    """The photograph, upright, 16 bits.

    Args:
        data: the file.
        kind: what its format is called.
        max_pixels: how many it may have.

    Raises ImageError where rawpy is not installed, LibRaw does not know the camera, or it is too large.
    """
    import numpy as np

    rawpy = _rawpy(kind)
    with SILENCE, _opened(data, kind, rawpy) as raw:
        sizes = raw.sizes
        check_size(sizes.iwidth, sizes.iheight, max_pixels)
        try:
            balanced = min(raw.camera_whitebalance[:3]) > 0  # where it is not, LibRaw would guess from the picture
            samples = raw.postprocess(
                use_camera_wb=balanced,
                output_color=rawpy.ColorSpace.sRGB,
                gamma=_SRGB_CURVE,
                no_auto_bright=True,
                adjust_maximum_thr=0.0,
                output_bps=16,
            )
        except rawpy.LibRawError as error:
            raise ImageError(f"a raw photograph ({kind}) that is damaged or truncated: {_said(error)}") from None
        white = "camera white balance" if balanced else "white balance of daylight, for the file has none"
        turned = ["orientation of the camera applied"] if sizes.flip else []
    note = f"raw ({kind}) developed: {white}, sRGB, no auto-brightening"
    colour = samples[..., 0] if samples.shape[-1] < 3 else samples[..., :3]  # a sensor without colours gives grey
    return of_samples(np.ascontiguousarray(colour), 16, Facts(data), [note, *turned])


def preview(data: bytes, kind: str, max_pixels: int) -> "tuple[bytes | Raster, int, str]":
    """The largest picture that the camera put beside the raw data: a JPEG, or pixels; how to turn it; the note.

    The turn, 1 to 8 as EXIF counts, is for a picture that says nothing itself and lies as the sensor does.

    Raises ImageError as `develop`, and where there is none.
    """
    rawpy = _rawpy(kind)
    with SILENCE, _opened(data, kind, rawpy) as raw:
        try:
            found = raw.extract_thumb()
        except rawpy.LibRawError:
            raise ImageError(f"a raw photograph ({kind}) without a preview: take --raw develop") from None
        turn = _TURNS.get(raw.sizes.flip, 1)
        note = f"embedded preview, not the raw ({kind})"
        if found.format == rawpy.ThumbFormat.JPEG:
            return bytes(found.data), turn, note
        height, width = found.data.shape[:2]
        check_size(width, height, max_pixels)
        return of_samples(found.data.copy(), 8, Facts(b""), []), turn, note


def upright(raster: Raster, turn: int, note: str) -> Raster:
    """A preview with its note; turned by what the raw file says where it says nothing itself."""
    told = raster.facts
    if told.orientation in (0, 1) and turn > 1:
        told = replace(told, orientation=turn)
    return replace(raster, facts=told, notes=[note, *raster.notes])


def raw_size(path: str | io.BytesIO) -> tuple[int, int]:
    """Width and height of the photograph, by its header alone."""
    import rawpy

    with SILENCE, rawpy.imread(path) as raw:
        return raw.sizes.iwidth, raw.sizes.iheight


def _rawpy(kind: str) -> Any:
    try:
        import rawpy
    except ImportError as error:
        raise ImageError(f"a raw photograph ({kind}): {RAW.unusable(error)}") from None
    return rawpy


def _opened(data: bytes, kind: str, rawpy: Any) -> Any:
    try:
        return rawpy.imread(io.BytesIO(data))
    except rawpy.LibRawError as error:
        raise ImageError(
            f"a raw photograph ({kind}) that LibRaw does not develop ({_said(error)}):"
            " export it from a raw converter as TIFF or PNG"
        ) from None


def _said(error: Exception) -> str:
    return said(error.args[0] if error.args else "")

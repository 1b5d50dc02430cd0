"""One file of every format and aspect, by real encoders, with known pixels; docs/formats.md has its matrix from them.

`python tests/picture_samples.py` writes that matrix anew.
"""

import io
import os
import re
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from extra_files import dng, heif, heif_images, jxl, jxl_of_jpeg, srgb_encoded
from image_files import encode, png
from PIL import Image

from iqa_cli.errors import ImageError
from iqa_cli.ground.picture_formats import PICTURE_FORMATS, PictureFormat
from iqa_cli.images import ImagePolicy, load_image

PAGE = Path(__file__).parents[1] / "docs/formats.md"
BLOCK = re.compile(r"(?<=<!-- matrix -->\n).*?(?=<!-- end -->)", re.DOTALL)
EXTRAS = ("pillow_heif", "pillow_jxl", "rawpy", "av")
COLOUR, DEEP, ALPHA, TURNED, SEVERAL = ASPECTS = ("8 bits", "more bits", "transparent", "turned", "one of several")

# A picture of 256 colours, so that palettes can hold it, in fields of 4 pixels: 64 high, 96 wide.
_Y, _X = (axis // 4 for axis in np.indices((64, 96)))
PIXELS = np.stack([_Y * 17, _X % 16 * 17, (_Y + _X % 16) * 8], axis=-1).astype(np.uint8)
SIXTEEN = np.stack([np.linspace(0, 65535, 96)[None].repeat(64, 0)] * 3, axis=-1).round().astype(np.uint16)
SIXTEEN[..., 1] = SIXTEEN[:, ::-1, 1]
CLEAR = np.where(_X < 12, 0, 255).astype(np.uint8)  # the left half
OVER_WHITE = np.where(CLEAR[..., None] == 0, 255, PIXELS) / 255
THREE = [PIXELS[:, ::-1].copy(), PIXELS[::-1].copy(), PIXELS]
ORIENTATION = 6
UPRIGHT = np.rot90(PIXELS, -1) / 255
SCENE = np.broadcast_to(np.linspace(0.2, 0.8, 96)[None, :, None], (64, 96, 3))  # linear light
DEVELOPED = srgb_encoded(SCENE)
EXACT, NEAR = 1e-6, 0.035


class Sample(NamedTuple):
    """A file of a format that tries one aspect of it.

    `make` gives the file, `pixels` is what it shows, `within` how near that comes; `frame` is which of its pictures.
    """

    format: str
    aspect: str
    what: str
    make: Callable[[], bytes]
    pixels: np.ndarray
    within: float = EXACT
    frame: int | None = None

    @property
    def named(self) -> str:
        """For the name of a test."""
        return f"{self.format}, {self.what}"


def _picture(form: str, **options) -> Callable[[], bytes]:
    return lambda: encode(Image.fromarray(PIXELS), form, **options)


def _clear(form: str, **options) -> Callable[[], bytes]:
    return lambda: encode(Image.fromarray(np.dstack([PIXELS, CLEAR])), form, **options)


def _turned(form: str, **options) -> Callable[[], bytes]:
    return lambda: encode(Image.fromarray(PIXELS), form, exif=_exif(), **options)


def _several(form: str, **options) -> Callable[[], bytes]:
    first, *others = [Image.fromarray(pixels) for pixels in THREE]
    return lambda: encode(first, form, save_all=True, append_images=others, **options)


def _avif_of_10_bits() -> bytes:
    # Of root the encoder makes the thread that calls it a real-time one, and so all that this starts from then on:
    # torch's threads waiting for each other then leave nothing of two cores to any other process.
    with ThreadPoolExecutor(1) as apart:
        return apart.submit(_coded_by_svt).result()


def _coded_by_svt() -> bytes:
    os.environ.setdefault("SVT_LOG", "0")  # else the encoder tells its settings on stderr
    import av

    file = io.BytesIO()
    with av.open(file, "w", format="avif") as container:
        stream = container.add_stream("libsvtav1")
        stream.height, stream.width = SIXTEEN.shape[:2]
        stream.pix_fmt, stream.options = "yuv420p10le", {"crf": "2", "preset": "8"}
        frame = av.VideoFrame.from_ndarray(SIXTEEN, format="rgb48le")
        frame = frame.reformat(format=stream.pix_fmt, dst_colorspace=1, dst_color_range=1)
        for told in (stream.codec_context, frame):
            told.colorspace, told.color_range, told.color_primaries, told.color_trc = 1, 1, 1, 13
        for packet in [*stream.encode(frame), *stream.encode()]:
            container.mux(packet)
    return file.getvalue()


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = ORIENTATION
    return exif


_OF_8, _OF_16 = PIXELS / 255, SIXTEEN / 65535
_BEST = {"quality": 100, "subsampling": "4:4:4"}
_LOSSLESS = {"lossless": True}

SAMPLES = (
    Sample("JPEG", COLOUR, "lossy", _picture("JPEG", **_BEST), _OF_8, NEAR),
    Sample("JPEG", TURNED, "EXIF", _turned("JPEG", **_BEST), UPRIGHT, NEAR),
    Sample("JPEG", SEVERAL, "MPO", _several("MPO", **_BEST), _OF_8, NEAR, frame=2),
    Sample("PNG", COLOUR, "RGB", _picture("PNG"), _OF_8),
    Sample("PNG", DEEP, "RGB of 16", lambda: png(SIXTEEN, 16, 2), _OF_16),
    Sample("PNG", ALPHA, "alpha", _clear("PNG"), OVER_WHITE),
    Sample("PNG", TURNED, "EXIF", _turned("PNG"), UPRIGHT),
    Sample("PNG", SEVERAL, "APNG", _several("PNG"), _OF_8, frame=2),
    Sample("WebP", COLOUR, "lossless", _picture("WEBP", **_LOSSLESS), _OF_8),
    Sample("WebP", ALPHA, "alpha", _clear("WEBP", **_LOSSLESS), OVER_WHITE),
    Sample("WebP", TURNED, "EXIF", _turned("WEBP", **_LOSSLESS), UPRIGHT),
    Sample("WebP", SEVERAL, "animation", _several("WEBP", **_LOSSLESS), _OF_8, frame=2),
    Sample("AVIF", COLOUR, "lossy", _picture("AVIF", **_BEST), _OF_8, NEAR),
    Sample("AVIF", DEEP, "RGB of 10", _avif_of_10_bits, _OF_16, NEAR),
    Sample("AVIF", ALPHA, "alpha", _clear("AVIF", **_BEST), OVER_WHITE, NEAR),
    Sample("AVIF", TURNED, "irot", _turned("AVIF", **_BEST), UPRIGHT, NEAR),
    Sample("AVIF", SEVERAL, "sequence", _several("AVIF", **_BEST), _OF_8, NEAR, frame=2),
    Sample("TIFF", COLOUR, "RGB", _picture("TIFF", compression="tiff_lzw"), _OF_8),
    Sample("TIFF", DEEP, "grey of 16", lambda: encode(Image.fromarray(SIXTEEN[..., 0]), "TIFF"), _OF_16[..., :1]),
    Sample("TIFF", ALPHA, "alpha", _clear("TIFF"), OVER_WHITE),
    Sample("TIFF", TURNED, "tag", _turned("TIFF"), UPRIGHT),
    Sample("TIFF", SEVERAL, "pages", _several("TIFF"), _OF_8, frame=2),
    Sample("BMP", COLOUR, "RGB", _picture("BMP"), _OF_8),
    Sample("GIF", COLOUR, "palette", _picture("GIF"), _OF_8),
    Sample("GIF", SEVERAL, "animation", _several("GIF"), _OF_8, frame=2),
    Sample("JPEG 2000", COLOUR, "lossless", _picture("JPEG2000"), _OF_8),
    Sample("JPEG 2000", DEEP, "grey of 16", lambda: encode(Image.fromarray(SIXTEEN[..., 0]), "JPEG2000"),
           _OF_16[..., :1]),
    Sample("JPEG 2000", ALPHA, "alpha", _clear("JPEG2000"), OVER_WHITE),
    Sample("PPM", COLOUR, "RGB", _picture("PPM"), _OF_8),
    Sample("PPM", DEEP, "RGB of 16", lambda: b"P6 96 64 65535\n" + SIXTEEN.astype(">u2").tobytes(), _OF_16),
    Sample("HEIC", COLOUR, "lossless", lambda: heif(PIXELS), _OF_8),
    Sample("HEIC", DEEP, "RGB of 12", lambda: heif(SIXTEEN >> 4, 12), (SIXTEEN >> 4) / 4095),
    Sample("HEIC", ALPHA, "alpha", lambda: heif(np.dstack([PIXELS, CLEAR])), OVER_WHITE),
    Sample("HEIC", TURNED, "irot", lambda: heif(PIXELS, exif=_exif().tobytes()), UPRIGHT),
    Sample("HEIC", SEVERAL, "burst", lambda: heif_images(*THREE), _OF_8, NEAR, frame=2),
    Sample("JPEG XL", COLOUR, "lossless", lambda: jxl(PIXELS), _OF_8),
    Sample("JPEG XL", ALPHA, "alpha", lambda: jxl(np.dstack([PIXELS, CLEAR]), "RGBA"), OVER_WHITE),
    Sample("JPEG XL", TURNED, "packed JPEG", lambda: jxl_of_jpeg(_turned("JPEG", **_BEST)()), UPRIGHT, NEAR),
    Sample("camera raw", DEEP, "12-bit DNG", lambda: dng(SCENE), DEVELOPED, 0.02),
    Sample("camera raw", TURNED, "tag", lambda: dng(SCENE, ORIENTATION), np.rot90(DEVELOPED, -1), 0.02),
)  # fmt: skip


@contextmanager
def without_extras() -> Iterator[None]:
    """As if none of them were installed."""
    kept = {name: sys.modules.get(name) for name in EXTRAS}
    sys.modules.update(dict.fromkeys(EXTRAS))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name, module in kept.items():
            sys.modules.pop(name)
            if module is not None:
                sys.modules[name] = module


def outcome(file: bytes, sample: Sample) -> str:
    """What becomes of a sample's file: how near to what it shows, or what there is to install."""
    try:
        loaded = load_image(file, ImagePolicy(frame=sample.frame))
    except ImageError as error:
        return _remedy(str(error)) or "refused"
    off = np.abs(loaded.pixels - np.broadcast_to(sample.pixels, loaded.pixels.shape)).max()
    near = "exact" if off <= EXACT else "near" if off <= sample.within else "wrong"
    return next((f"8 bits, {_remedy(note)}" for note in loaded.notes if "read as 8-bit" in note), near)


def matrix() -> str:
    """The matrix in Markdown, of what is read now."""
    lines = [f"| format | {' | '.join(ASPECTS)} | without the extra |", f"|{'---|' * (len(ASPECTS) + 2)}"]
    return "\n".join(lines + [_row(form) for form in PICTURE_FORMATS]) + "\n"


def _row(form: PictureFormat) -> str:
    cells, lacking = [], []
    for aspect in ASPECTS:
        told = []
        for sample in SAMPLES:
            if (sample.format, sample.aspect) == (form.name, aspect):
                file = sample.make()
                told.append(f"{sample.what}: {outcome(file, sample)}")
                with without_extras():
                    alone = outcome(file, sample)
                if not told[-1].endswith(alone):
                    lacking.append(alone)
        cells.append("; ".join(told) or "–")
    suffixes = " ".join(f"`{suffix}`" for suffix in form.suffixes[:4]) + (" ..." if form.suffixes[4:] else "")
    return f"| {form.name} ({suffixes}) | {' | '.join(cells)} | {'; '.join(dict.fromkeys(lacking)) or 'the same'} |"


def _remedy(text: str) -> str:
    found = re.search(r"pip install 'iqa-cli\[\w+\]'", text)
    return f"`{found[0]}`" if found else ""


if __name__ == "__main__":
    PAGE.write_text(BLOCK.sub(lambda _: matrix(), PAGE.read_text(encoding="utf-8")), encoding="utf-8")

"""The seed corpus: a small file of every kind that `iqa` reads, by real encoders and by the specifications."""

import struct
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from clip_files import save_clip
from extra_files import dng, heif, jxl
from image_files import BYTE, LONG, SHORT, UNDEFINED, chunk, encode, exif, page, png, tiff, with_chunks, with_segment
from picture_samples import PIXELS, SAMPLES, SCENE, SIXTEEN
from profiles import DISPLAY_P3, black_ink_profile, grey_profile, rgb_profile

PICTURE, GREY = Image.fromarray(PIXELS), Image.fromarray(PIXELS).convert("L")
XMP = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
TIFF_CODECS = ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "lzma", "zstd")
_NAMES = {"WEBP": "WebP", "JPEG2000": "JPEG 2000"}  # as messages call what Pillow calls otherwise
_SUFFIXES = {"JPEG XL": "jxl", "JPEG 2000": "jp2", "camera raw": "dng", "HEIC": "heic"}


class Seed(NamedTuple):
    """A sound file: its format, what is special about it, and its bytes."""

    format: str
    what: str
    data: bytes

    @property
    def suffix(self) -> str:
        """As files of its format are called."""
        return "." + (self.what if self.format == "clip" else _SUFFIXES.get(self.format, self.format.lower()))


def seed_corpus() -> list[Seed]:
    """All seeds, in an order that stays."""
    makers: tuple[Callable[[], Iterator[Seed]], ...] = (
        _of_samples, _jpegs, _pngs, _tiffs, _webps, _bmps, _gifs, _ppms, _jpegs_2000, _extras, _clips,
    )  # fmt: skip
    return [seed for make in makers for seed in make()]


def _of_samples() -> Iterator[Seed]:
    for sample in SAMPLES:
        yield Seed(sample.format, sample.what, sample.make())


def _saved(form: str, what: str, image: Image.Image = PICTURE, **options) -> Seed:
    return Seed(_NAMES.get(form, form), what, encode(image, form, **options))


def _jpegs() -> Iterator[Seed]:
    profile = rgb_profile(DISPLAY_P3, 2.2)
    yield _saved("JPEG", "progressive", progressive=True)
    yield _saved("JPEG", "4:2:0 with restart markers", restart_marker_blocks=2)
    yield _saved("JPEG", "grey with a profile", image=GREY, icc_profile=grey_profile(1.8))
    yield _saved("JPEG", "CMYK", image=PICTURE.convert("CMYK"), icc_profile=black_ink_profile())
    told = {"icc_profile": profile, "exif": exif({274: (SHORT, (6,)), 34665: {0xA001: (SHORT, (65535,))}})}
    yield _saved("JPEG", "profile, EXIF and XMP", xmp=XMP, **told)
    plain = encode(PICTURE, "JPEG", quality=95)
    yield Seed("JPEG", "gain map", with_segment(plain, 0xE2, b"urn:iso:std:iso:ts:21496:-1\0\0\0\0\0"))


def _pngs() -> Iterator[Seed]:
    sixteen = SIXTEEN[..., :1]
    yield Seed("PNG", "grey of 16", png(sixteen, 16, 0))
    yield Seed("PNG", "grey and alpha of 16", png(SIXTEEN[..., :2], 16, 4))
    yield Seed("PNG", "RGBA of 16", png(np.concatenate([SIXTEEN, sixteen], axis=-1), 16, 6))
    yield Seed("PNG", "RGB of 16, a clear colour", png(SIXTEEN, 16, 2, chunk(b"tRNS", SIXTEEN[0, 0].tobytes())))
    yield Seed("PNG", "two levels", png(PIXELS[..., :1] >> 7, 1, 0))
    yield _saved("PNG", "palette", PICTURE.quantize(200), transparency=3)
    yield Seed("PNG", "interlaced", _interlaced(PIXELS))
    plain = encode(PICTURE, "PNG")
    gamma = struct.pack(">I", 55555), struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
    yield Seed("PNG", "gAMA and cHRM", with_chunks(plain, chunk(b"gAMA", gamma[0]), chunk(b"cHRM", gamma[1])))
    yield Seed("PNG", "cICP of PQ", with_chunks(plain, chunk(b"cICP", bytes((9, 16, 0, 1)))))
    profile = b"p3\0\0" + zlib.compress(rgb_profile(DISPLAY_P3, 2.2))
    text = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(XMP)
    yield Seed("PNG", "profile and XMP", with_chunks(plain, chunk(b"iCCP", profile), chunk(b"iTXt", text)))


def _interlaced(pixels: np.ndarray) -> bytes:
    """Adam7 (PNG, section 8.2), which Pillow does not write."""
    height, width = pixels.shape[:2]
    steps = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
    passes = (pixels[y::down, x::right] for y, x, down, right in steps)
    lines = b"".join(b"\0" + line.tobytes() for lines in passes for line in lines)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


def _tiffs() -> Iterator[Seed]:
    for codec in TIFF_CODECS:
        yield _saved("TIFF", codec, compression=codec)
    for codec in ("group3", "group4"):
        yield _saved("TIFF", codec, GREY.convert("1"), compression=codec)
    for mode in ("CMYK", "LAB", "YCbCr", "F", "I", "P"):
        source = GREY.point(lambda value: value // 255) if mode in "FI" else PICTURE
        yield _saved("TIFF", f"mode {mode}", source.convert(mode))
    yield Seed("TIFF", "RGB of 16, big endian", tiff(page(SIXTEEN.astype(">u2")), order=">"))
    yield Seed("TIFF", "BigTIFF", tiff(page(PIXELS), big=True))
    planes = np.ascontiguousarray(SIXTEEN.transpose(2, 0, 1))
    strips = {"pixels": planes.tobytes(), 284: (SHORT, (2,))}
    yield Seed("TIFF", "planes apart", _planes(tiff(page(SIXTEEN) | strips), planes.nbytes))
    alpha = np.concatenate([SIXTEEN, SIXTEEN[..., :1]], axis=-1)
    yield Seed("TIFF", "premultiplied of 16", tiff(page(alpha, t338=(SHORT, (1,)))))
    small = page(PIXELS[::4, ::4].copy(), t254=(LONG, (1,)))
    yield Seed("TIFF", "photograph below", tiff(small | {330: [page(PIXELS)]}))
    told = {"t34675": (UNDEFINED, rgb_profile(DISPLAY_P3, 2.2)), "t700": (BYTE, XMP)}
    yield Seed("TIFF", "profile, EXIF and XMP", tiff(page(PIXELS, t34665={0xA001: (SHORT, (65535,))}, **told)))


def _planes(file: bytes, size: int) -> bytes:
    """Its one strip as three."""
    third, start = size // 3, 8
    places = struct.pack("<3I", *(start + third * k for k in range(3))), struct.pack("<3I", *(third,) * 3)
    changed = bytearray(file + b"".join(places))
    for tag, place in ((273, len(file)), (279, len(file) + 12)):
        at = changed.index(struct.pack("<HHI", tag, LONG, 1))
        struct.pack_into("<HHII", changed, at, tag, LONG, 3, place)
    return bytes(changed)


def _webps() -> Iterator[Seed]:
    told = {"icc_profile": rgb_profile(DISPLAY_P3, 2.2), "exif": exif({274: (SHORT, (6,))}), "xmp": XMP}
    yield _saved("WEBP", "lossy with profile, EXIF and XMP", **told)


def _bmps() -> Iterator[Seed]:
    yield _saved("BMP", "palette", PICTURE.quantize(200))
    yield _saved("BMP", "two levels", GREY.convert("1"))
    profile, pixels = rgb_profile(DISPLAY_P3, 2.2), np.dstack([PIXELS[::-1, :, ::-1], PIXELS[..., :1] * 0])
    header = struct.pack("<IiiHHIIiiII", 124, 96, 64, 1, 32, 3, pixels.size, 2835, 2835, 0, 0)
    header += struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000) + b"DEBM" + bytes(48)
    header += struct.pack("<IIII", 4, 124 + pixels.size, len(profile), 0)
    file = b"BM" + struct.pack("<IHHI", 138 + pixels.size + len(profile), 0, 0, 138) + header
    yield Seed("BMP", "version 5 with a profile", file + pixels.tobytes() + profile)
    run = b"".join(bytes((48, line % 7, 48, 3, 0, 0)) for line in range(64)) + b"\0\1"
    header = struct.pack("<IiiHHIIiiII", 40, 96, 64, 1, 8, 1, len(run), 2835, 2835, 8, 0)
    palette = bytes(range(32))
    yield Seed("BMP", "RLE8", b"BM" + struct.pack("<IHHI", 86 + len(run), 0, 0, 86) + header + palette + run)


def _gifs() -> Iterator[Seed]:
    yield _saved("GIF", "interlaced, a clear colour", PICTURE.quantize(200), interlace=1, transparency=3)


def _ppms() -> Iterator[Seed]:
    yield _saved("PPM", "grey", GREY)
    yield _saved("PPM", "two levels", GREY.convert("1"))
    yield _saved("PPM", "floats", GREY.convert("F").point(lambda value: value / 255))
    yield Seed("PPM", "text", b"P3 4 2 255\n" + b" ".join(b"%d" % value for value in range(0, 240, 10)))


def _jpegs_2000() -> Iterator[Seed]:
    yield _saved("JPEG2000", "bare, tiled", no_jp2=True, tile_size=(32, 32))
    yield _saved("JPEG2000", "lossy", irreversible=True, quality_layers=[20, 5])


def _extras() -> Iterator[Seed]:
    yield Seed("HEIC", "profile", heif(PIXELS, icc_profile=rgb_profile(DISPLAY_P3, 2.2)))
    yield Seed("JPEG XL", "in a container", jxl(PIXELS, container=True))
    yield Seed("JPEG XL", "grey of 16", jxl(np.ascontiguousarray(SIXTEEN[..., 0]), "I;16"))
    yield Seed("camera raw", "DNG with a preview", dng(SCENE, preview=encode(PICTURE, "JPEG")))


def _clips() -> Iterator[Seed]:
    kinds = (
        ("mp4", {}), ("mkv", {"codec": "libvpx-vp9", "pixels": "yuv420p"}),
        ("avi", {"codec": "mjpeg", "pixels": "yuvj420p"}),
        ("mov", {"codec": "mpeg4", "pixels": "yuv420p"}), ("ts", {"codec": "mpeg2video", "pixels": "yuv420p"}),
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        for suffix, options in kinds:
            yield Seed(
                "clip", suffix, Path(save_clip(Path(folder) / f"clip.{suffix}", 8, (96, 64), **options)).read_bytes()
            )

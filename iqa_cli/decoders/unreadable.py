"""Names by contents: raw photographs, picture formats that are known but not read, rare insides of those that are."""

import struct

from iqa_cli.decoders import libtiff
from iqa_cli.metadata import iso_boxes, jpeg, tiff
from iqa_cli.metadata.tiff import Directory, TiffFile
from iqa_cli.metadata.tiff_pages import raw_in_tiff

_EXPORT = "save it as PNG or TIFF first"
_EXPORT_DEEP = "save it as 16-bit PNG or TIFF first"
_RAW_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"FUJIFILMCCD-RAW", "Fujifilm RAF"),
    (b"IIRO", "Olympus ORF"),
    (b"IIRS", "Olympus ORF"),
    (b"MMOR", "Olympus ORF"),
    (b"IIU\0", "Panasonic RW2"),
    (b"\0MRM", "Minolta MRW"),
    (b"FOVb", "Sigma X3F"),
    (b"II\x1a\0\0\0HEAPCCDR", "Canon CRW"),
)
_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"II\xbc", "JPEG XR"),
    (b"8BPS", "a Photoshop document (PSD)"),
    (b"v/1\x01", "OpenEXR"),
    (b"#?RADIANCE", "Radiance HDR"),
    (b"#?RGBE", "Radiance HDR"),
    (b"DDS ", "DDS"),
    (b"%PDF", "PDF"),
    (b"%!PS", "PostScript (EPS)"),
    (b"\xc5\xd0\xd3\xc6", "PostScript (EPS)"),
    (b"<svg", "SVG"),
    (b"gimp xcf", "a GIMP document (XCF)"),
    (b"\0\0\1\0", "an icon (ICO)"),
    (b"icns", "an icon (ICNS)"),
    (b"\x8aMNG", "MNG"),
    (b"SIMPLE  =", "FITS"),
)
_CANON_CR3 = b"crx "
_HEIF_CODECS = {b"avci": "AVC", b"avcs": "AVC", b"vvic": "VVC", b"vvis": "VVC", b"j2ki": "JPEG 2000", b"jpeg": "JPEG"}

_TIFF_CODECS = {
    6: "old-style JPEG", 7: "JPEG", 9: "JBIG (T.85)", 10: "JBIG (T.43)", 32766: "NeXT", 32809: "ThunderScan",
    33003: "JPEG 2000", 33004: "JPEG 2000", 33005: "JPEG 2000", 33007: "JPEG 2000", 34661: "JBIG", 34676: "SGI LogLuv",
    34677: "SGI LogLuv 24", 34712: "JPEG 2000", 34887: "LERC", 34892: "lossy JPEG (DNG)", 34925: "LZMA",
    34933: "PNG", 34934: "JPEG XR", 50000: "Zstandard", 50001: "WebP", 50002: "JPEG XL", 52546: "JPEG XL",
    22610: "JPEG XR", 32895: "IT8", 32896: "IT8", 32897: "IT8", 32898: "IT8", 32908: "PIXAR", 32909: "PIXAR",
    32947: "DCS", 34926: "Zstandard", 34927: "WebP",
}  # fmt: skip
_TIFF_KINDS = {1: "unsigned integers", 2: "signed integers", 3: "floats", 5: "complex integers", 6: "complex floats"}
_ALWAYS_DECODED = {1, 2, 3, 4, 5, 8, 32773, 32946}  # what every libtiff has: then the file is damaged
_BMP_CODECS = {4: "JPEG", 5: "PNG", 6: "bit fields with alpha", 11: "CMYK", 12: "CMYK, RLE8", 13: "CMYK, RLE4"}
_JPEG_PROCESSES = {0xC3: "lossless", 0xC5: "hierarchical", 0xC6: "hierarchical", 0xC7: "hierarchical lossless"} | {
    0xCB: "lossless, arithmetic", 0xCD: "hierarchical", 0xCE: "hierarchical", 0xCF: "hierarchical lossless",
}  # fmt: skip


def foreign(data: bytes) -> str | None:
    """What a file is that is a picture, but of a format that is not read here, and the remedy; None where unknown."""
    kind = next((name for start, name in _STARTS if data.startswith(start)), None)
    if codec := _HEIF_CODECS.get(iso_boxes.brand(data)):
        kind = f"HEIF with {codec} inside"
    return None if kind is None else f"{kind}, a format that is not read: {_EXPORT}"


def raw_kind(data: bytes) -> str | None:
    """What the raw format of a camera is called, by the contents of a file; None of what is no raw photograph."""
    if iso_boxes.brand(data) == _CANON_CR3:
        return "Canon CR3"
    kind = next((name for start, name in _RAW_STARTS if data.startswith(start)), None)
    if kind is not None or data[:2] not in (b"II", b"MM"):
        return kind
    try:
        return raw_in_tiff(data)
    except (ValueError, struct.error):
        return None


def unusual(data: bytes, opened: bool) -> str | None:
    """What is inside a file of a format that is read, where the inside is not; None where the file is just damaged.

    `opened` is whether Pillow knew the layout of the pixels, and failed to decode them.
    """
    if data.startswith(jpeg.SIGNATURE):
        found = _jpeg(data)
    elif data.startswith(b"BM"):
        found = _bmp(data)
    elif data[:2] in (b"II", b"MM"):
        found = _tiff(data, opened)
    else:
        found = None
    return found


def _unsupported(found: str, bits: int = 8) -> str:
    """With the remedy, which keeps the depth of the samples as far as a file that is read can."""
    return f"{found}, which is not supported: {_EXPORT_DEEP if bits > 8 else _EXPORT}"


def _jpeg(data: bytes) -> str | None:
    if b"\xff\xf7" in data[:4096] and jpeg.frame(data) is None:
        return _unsupported("JPEG-LS")
    process, bits = jpeg.frame(data) or (0, 8)
    if process in _JPEG_PROCESSES:
        return _unsupported(f"{_JPEG_PROCESSES[process]} JPEG", bits)
    return _unsupported(f"{bits}-bit JPEG", bits) if bits != 8 else None


def _bmp(data: bytes) -> str | None:
    codec = int.from_bytes(data[30:34], "little") if data[14:18] != b"\x0c\0\0\0" else 0
    return _unsupported(f"BMP with {_BMP_CODECS[codec]} inside") if codec in _BMP_CODECS else None


def _tiff(data: bytes, opened: bool) -> str | None:
    try:
        file = TiffFile(data)
    except ValueError:
        return None
    page = file.directory(file.first)
    if page is None:
        return None
    if file.big and file.end == ">":
        return _unsupported("big-endian BigTIFF")
    codec = file.number(page, tiff.COMPRESSION, 1)
    if codec not in _ALWAYS_DECODED and not (opened and libtiff.decodes(codec)):
        return _unsupported(f"TIFF with {_TIFF_CODECS.get(codec, 'unknown')} compression (code {codec})")
    return None if opened else _tiff_layout(file, page)


def _tiff_layout(file: TiffFile, page: Directory) -> str | None:
    """Samples a pixel, their bits and kind, in words; None where the header makes no sense."""
    bits = [int(number) for number in file.numbers(page, tiff.BITS)] or [1]
    kind = _TIFF_KINDS.get(file.number(page, tiff.SAMPLE_FORMAT, 1))
    count = file.number(page, tiff.SAMPLES, len(bits))
    if kind is None or not 1 <= count <= 64 or not all(1 <= depth <= 128 for depth in bits):
        return None
    depths = " and ".join(str(depth) for depth in sorted(set(bits)))
    samples = "sample" if count == 1 else "samples"
    return _unsupported(f"TIFF of {count} {samples} a pixel, {depths}-bit {kind}", max(bits))

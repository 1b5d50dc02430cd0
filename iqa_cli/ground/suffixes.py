"""Suffixes of picture files: those that can be read, and those that are known and cannot."""

# fmt: off
IMAGE_SUFFIXES = frozenset({
    ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".avif", ".tif", ".tiff", ".bmp",
    ".gif", ".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx", ".ppm", ".pgm", ".pbm", ".pnm", ".pfm",
})
"""Lower-case suffixes by which images are found in a folder; a named file may have any suffix."""

_RAW = (
    ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".gpr", ".iiq", ".kdc", ".mef", ".mos",
    ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f",
)
_OTHERS = (
    "EXR", "HDR", "PSD", "PSB", "XCF", "KRA", "SVG", "SVGZ", "EPS", "TGA", "DDS", "ICO", "PCX", "QOI", "BPG", "FLIF",
    "SGI", "XPM", "DPX",
)
# fmt: on

UNREADABLE: dict[str, str] = {
    **dict.fromkeys((".heic", ".heif", ".hif", ".avci"), "HEIC"),
    **dict.fromkeys((".jxl",), "JPEG XL"),
    **dict.fromkeys((".jxr", ".wdp", ".hdp"), "JPEG XR"),
    **dict.fromkeys(_RAW, "camera raw"),
    **{f".{name.lower()}": name for name in _OTHERS},
}
"""By lower-case suffix: what the formats of pictures are called that are known and not read."""

REMEDY = "convert them, for example to PNG"

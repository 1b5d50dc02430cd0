"""Formats of pictures, declared once: their suffixes, what reads them, and those that are known and not read."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec

from iqa_cli.errors import lacking_extra
from iqa_cli.ground.wording import together


@dataclass(frozen=True)
class PictureFormat:
    """A format that is read.

    Attributes:
        name: what messages call it.
        suffixes: in lower case; by them files are found in a folder. What a file is, its contents tell.
        extra: the optional dependency that reads it; empty where Pillow does.
        package: what the extra brings, as it is imported.
        several: what one of several pictures in a file is called; empty where there is but one.
    """

    name: str
    suffixes: tuple[str, ...]
    extra: str = ""
    package: str = ""
    several: str = ""

    @property
    def missing(self) -> bool:
        """Whether the package that reads it is not installed."""
        return bool(self.package) and find_spec(self.package) is None

    @property
    def needed(self) -> str:
        """What there is to do where it is missing."""
        return f"{self.name} {lacking_extra(self.extra)}"

    def unusable(self, error: ImportError) -> str:
        """What there is to do where `package` was not imported."""
        return f"{self.name} {lacking_extra(self.extra, error)}"


# fmt: off
_RAW = (
    ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".gpr", ".iiq", ".kdc", ".mef", ".mos",
    ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f",
)
_OTHERS = (
    "EXR", "HDR", "PSD", "PSB", "XCF", "KRA", "SVG", "SVGZ", "EPS", "TGA", "DDS", "ICO", "PCX", "QOI", "BPG", "FLIF",
    "SGI", "XPM", "DPX",
)
# fmt: on

HEIF = PictureFormat("HEIC", (".heic", ".heif", ".hif"), "heif", "pillow_heif", several="image")
JXL = PictureFormat("JPEG XL", (".jxl",), "jxl", "pillow_jxl")
RAW = PictureFormat("camera raw", _RAW, "raw", "rawpy")

PICTURE_FORMATS = (
    PictureFormat("JPEG", (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"), several="image"),
    PictureFormat("PNG", (".png", ".apng"), several="frame"),
    PictureFormat("WebP", (".webp",), several="frame"),
    PictureFormat("AVIF", (".avif",), several="frame"),
    PictureFormat("TIFF", (".tif", ".tiff"), several="page"),
    PictureFormat("BMP", (".bmp",)),
    PictureFormat("GIF", (".gif",), several="frame"),
    PictureFormat("JPEG 2000", (".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx")),
    PictureFormat("PPM", (".ppm", ".pgm", ".pbm", ".pnm", ".pfm")),
    HEIF,
    JXL,
    RAW,
)

_BY_SUFFIX = {suffix: format for format in PICTURE_FORMATS for suffix in format.suffixes}
IMAGE_SUFFIXES = frozenset(_BY_SUFFIX)
"""Lower-case suffixes by which images are found in a folder; a named file may have any suffix."""

SEVERAL_SUFFIXES = frozenset(suffix for suffix, format in _BY_SUFFIX.items() if format.several)
"""Of formats that can hold several pictures."""

_UNREADABLE: dict[str, str] = {
    ".avci": "HEIF with H.264 inside",
    **dict.fromkeys((".jxr", ".wdp", ".hdp"), "JPEG XR"),
    **{f".{name.lower()}": name for name in _OTHERS},
}
PICTURE_SUFFIXES = IMAGE_SUFFIXES | _UNREADABLE.keys()
"""With those of formats that are known and not read."""

ALL = "iqa-cli[formats]"
"""The extra that brings what all formats need."""

REMEDY = "convert them, for example to PNG"


def is_read(suffix: str) -> bool:
    """Whether pictures of a lower-case suffix can be read here: their format is read, and its extra is installed."""
    return suffix in _BY_SUFFIX and not _BY_SUFFIX[suffix].missing


def remedies(suffixes: Iterable[str]) -> str:
    """What to do about pictures with suffixes that cannot be read, in their order: what to install, or to convert.

    Where more than one extra is needed, the one that brings them all is named, once.
    """
    suffixes = list(dict.fromkeys(suffixes))
    lacking = list(dict.fromkeys(_BY_SUFFIX[suffix] for suffix in suffixes if suffix in _BY_SUFFIX))
    kinds = list(dict.fromkeys(_UNREADABLE[suffix] for suffix in suffixes if suffix in _UNREADABLE))
    told = [lacking[0].needed] if lacking else []
    if len(lacking) > 1:
        told = [f"{together([format.name for format in lacking])} need optional packages: pip install '{ALL}'"]
    return "; ".join([*told, *([f"{together(kinds)} cannot be read: {REMEDY}"] if kinds else [])])

"""TIFF: which of its pictures is the photograph, and what its tags say. Raw photographs are told from it."""

from iqa_cli.errors import ImageError
from iqa_cli.metadata import tiff
from iqa_cli.metadata.exif import told_by
from iqa_cli.metadata.facts import Facts, facts
from iqa_cli.metadata.tiff import Directory, TiffFile

_REDUCED, _MASK = 1, 4  # bits of NewSubfileType
_OLD_REDUCED = 2  # of SubfileType
_PALETTE, _CFA, _LINEAR_RAW = 3, 32803, 34892  # photometric interpretations
_DNG_VERSION, _CFA_PATTERN = 50706, 33422
_RAW_CODECS = {32767, 32769, 32770, 32772, 34713, 65000, 65535}  # of Sony, Epson, Samsung, Nikon, Kodak, Pentax
_MAKERS = {"NIKON": "NEF", "SONY": "ARW", "PENTAX": "PEF", "RICOH": "PEF", "SAMSUNG": "SRW", "CANON": "CR2"} | {
    "HASSELBLAD": "3FR", "PHASE ONE": "IIQ", "KODAK": "DCR", "EASTMAN": "DCR", "MAMIYA": "MEF", "LEAF": "MOS",
}  # fmt: skip


def read_tiff(data: bytes, number: int | None = None) -> Facts:
    """What a TIFF says of its photograph. Tags that decoding does not need are dropped: they may be damaged.

    Args:
        data: the file.
        number: which of its pages, from 0, reduced copies and masks not counted; None for the photograph.

    Raises ImageError where there is no directory.
    """
    file = TiffFile(data)
    pages = list(file.pages())
    if not pages:
        raise ImageError("damaged or truncated: no directory of tags where the header says")
    page, notes = photograph(file, pages)
    whole = whole_pages(file, pages)
    if number is not None and number < len(whole):
        page, notes = whole[number], notes if whole[number] == page else []
    colours = file.numbers(page, tiff.COLOUR_MAP)
    small_map: tuple[int, ...] = ()
    is_palette = file.number(page, tiff.PHOTOMETRIC) == _PALETTE and len(file.value(page, tiff.COLOUR_MAP)) > 8
    if is_palette and max(colours) < 256 and 2 * len(colours) == len(file.value(page, tiff.COLOUR_MAP)):
        small_map = tuple(257 * int(value) for value in colours)  # as libtiff does; they should reach 65535
        notes = [*notes, "colour map of 8-bit values"]
    telling = (page, *_telling(file, pages, page))
    profile, xmp = (
        next((value for directory in telling if (value := file.value(directory, tag))), None)
        for tag in (tiff.ICC, tiff.XMP)
    )
    declared = any(value in (1, 2) for value in file.numbers(page, tiff.EXTRA_SAMPLES))
    return facts(
        file.only(page, small_map),
        told_by(file, *telling),
        xmp,
        profile=profile,
        alpha_declared=declared,
        notes=tuple(notes),
        frames=len(whole) if page in whole else 1,
    )


def photograph(file: TiffFile, pages: list[Directory]) -> tuple[Directory, list[str]]:
    """The first picture that is neither a reduced copy of another nor a mask, and the notes it earns.

    Where a page has larger pictures below it, as in TIFF/EP, it is the largest of them.
    """
    whole = whole_pages(file, pages)
    below = [inner for page in pages for inner in file.below(page) if _is_whole(file, inner)]
    first = whole[0] if whole else None
    largest = max(below, key=lambda inner: _area(file, inner), default=None)
    if largest is not None and (first is None or _area(file, largest) > _area(file, first)):
        return largest, ["read from a sub-directory: the page that holds it is a smaller copy"]
    if first is None:
        return pages[0], ["marked as a reduced-resolution copy, but there is no other picture in the file"]
    notes = []
    if first is not pages[0]:
        notes.append(f"page {pages.index(first) + 1} of the file: those before it are reduced copies or masks")
    return first, notes


def whole_pages(file: TiffFile, pages: list[Directory]) -> list[Directory]:
    """Those that are neither reduced copies nor masks."""
    return [page for page in pages if _is_whole(file, page)]


def _telling(file: TiffFile, pages: list[Directory], page: Directory) -> list[Directory]:
    """Which directory tells of a picture where its own is silent: the page above it, or the copy before it.

    All other pages are pictures of their own: a page without an orientation is upright, however the first one lies.
    """
    if page not in pages:
        return [above for above in pages if page in file.below(above)]
    whole = whole_pages(file, pages)
    return pages[:1] if page != pages[0] and page in whole[:1] else []


def _is_whole(file: TiffFile, page: Directory) -> bool:
    if file.number(page, tiff.NEW_SUBFILE_TYPE) & (_REDUCED | _MASK):
        return False
    return file.number(page, tiff.SUBFILE_TYPE) != _OLD_REDUCED and _area(file, page) > 0


def _area(file: TiffFile, page: Directory) -> int:
    return file.number(page, tiff.WIDTH) * file.number(page, tiff.HEIGHT)


def raw_in_tiff(data: bytes) -> str | None:
    """The name of a camera's raw format, by its contents; None for other TIFF files. Raises ValueError for none."""
    file = TiffFile(data)
    pages = list(file.pages())
    if not pages:
        return None
    first = pages[0]
    if file.data[8:10] == b"CR" and not file.big:
        return "CR2"
    if _DNG_VERSION in first.entries:
        return "DNG"
    every = [*pages, *(inner for page in pages for inner in file.below(page))]
    for page in every:
        photometric, codec = (file.number(page, tag) for tag in (tiff.PHOTOMETRIC, tiff.COMPRESSION))
        if photometric in (_CFA, _LINEAR_RAW) or codec in _RAW_CODECS or _CFA_PATTERN in page.entries:
            maker = file.value(first, tiff.MAKE).decode("latin-1").upper()
            return next((kind for name, kind in _MAKERS.items() if name in maker), "of a camera")
    return None

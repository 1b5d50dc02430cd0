"""Pictures that cannot be read, and those that can be read but not learnt from."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from iqa_cli.datasets import Item, Kind, Problem
from iqa_cli.training.pictures import Picture

Probed = Mapping[Picture, Picture | str]  # itself with its size, or what is wrong with it


def misfit_photographs(photographs: Iterable[Picture], probed: Probed, crop: int) -> Iterator[Problem]:
    """Photographs that cannot be read or do not hold a crop of side `crop`."""
    for picture in photographs:
        yield from _misfit(probed[picture], picture.path, crop)


def misfit_items(items: Iterable[Item], probed: Probed, crop: int, paired: bool) -> Iterator[Problem]:
    """Rated images that cannot be read or do not fit; with `paired`, references too. Missing files are the audit's."""
    for item in items:
        image = probed[Picture(item.image)]
        if item.image.is_file():
            yield from _misfit(image, item.image, crop)
        if not (paired and item.reference and item.reference.is_file()):
            continue
        reference = probed[Picture(item.reference)]
        if isinstance(reference, str):
            yield Problem(Kind.UNREADABLE, item.reference, reference)
        elif isinstance(image, Picture) and reference.size != image.size:
            yield Problem(Kind.SIZES_DIFFER, item.image, f"{item.image} and {item.reference}")


def _misfit(probed: Picture | str, path: Path, crop: int) -> Iterator[Problem]:
    if isinstance(probed, str):
        yield Problem(Kind.UNREADABLE, path, probed)
    elif not probed.fits(crop):
        width, height = probed.size
        yield Problem(Kind.TOO_SMALL, path, f"{path} has {width}x{height} px, crops are {crop} px")

"""Which row of a score file, or line of a list, belongs to which image, when both name files in their own way."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import takewhile
from pathlib import Path

from iqa_cli.errors import UsageError
from iqa_cli.ground.filenames import path_parts
from iqa_cli.ground.wording import counted, first_few


def match(images: Sequence[Path], names: Sequence[str]) -> list[int | None]:
    """The place in `names` of each image, None where it has none.

    An image and a name belong together when their file names agree, in any case and spelling. Where several do, each
    takes the other whose path agrees in full, else in the most folders before the name: so
    `jp2k/img1.bmp` finds its own though LIVE has five images called img1.bmp.

    Args:
        images: paths of the images, each once.
        names: paths or file names, each once, with either slash.

    Raises UsageError when several names would fit an image, or several images a name, equally well.
    """
    of_images, of_rows = ([path_parts(str(path), any_case=True) for path in paths] for paths in (images, names))
    rows_called, images_called = _by_name(of_rows), _by_name(of_images)
    rows_of = [_closest(parts, rows_called[parts[-1]], of_rows) for parts in of_images]
    images_of = [_closest(parts, images_called[parts[-1]], of_images) for parts in of_rows]
    # An image without a row of its own may look to another's, which does not look back.
    found = [[row for row in rows if image in images_of[row]] for image, rows in enumerate(rows_of)]

    claimed = Counter(row for rows in found for row in rows)
    doubtful = [
        f"{image}: {first_few([names[row] for row in rows], ' or ', 2)}"
        for image, rows in zip(images, found, strict=True)
        if len(rows) > 1 or any(claimed[row] > 1 for row in rows)
    ]
    if doubtful:
        raise UsageError(
            f"the names of {counted(len(doubtful), 'image')} are ambiguous ({first_few(doubtful, '; ', 3)}); "
            "name them by paths, not by file names alone"
        )
    return [rows[0] if rows else None for rows in found]


def shortest_names(images: Iterable[Path], among: Iterable[Path]) -> list[str]:
    """Each image by its file name, after as few folders as tell it from all others, so that `match` finds it again."""
    parts = {path: path_parts(str(path), any_case=True) for path in among}
    ends = Counter(own[-length:] for own in parts.values() for length in range(1, len(own) + 1))
    names = []
    for path in images:
        telling = (length for length in range(1, len(parts[path])) if ends[parts[path][-length:]] == 1)
        names.append(Path(*path.parts[-next(telling, 0) :]).as_posix())  # of 0 parts: the whole path
    return names


def _by_name(paths: Sequence[tuple[str, ...]]) -> dict[str, list[int]]:
    """Places by file name."""
    places = defaultdict(list)
    for place, parts in enumerate(paths):
        places[parts[-1]].append(place)
    return places


def _closest(parts: tuple[str, ...], candidates: Sequence[int], paths: Sequence[tuple[str, ...]]) -> list[int]:
    """Those of the candidates that agree best; several when they agree equally well."""
    agreements = [_agreement(parts, paths[place]) for place in candidates]
    return [place for place, one in zip(candidates, agreements, strict=True) if one == max(agreements)]


def _agreement(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[bool, int]:
    """Whether two paths are the same, and in how many parts they agree from the end."""
    pairs = zip(reversed(one), reversed(other), strict=False)
    return one == other, len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))

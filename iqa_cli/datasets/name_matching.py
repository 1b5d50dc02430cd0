"""Which row of a score file, or line of a list, belongs to which image, when both name files in their own way."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
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
    of_images, of_rows = (_Paths([path_parts(str(path), any_case=True) for path in paths]) for paths in (images, names))
    rows_of = [of_rows.closest(parts) for parts in of_images.parts]
    images_of = [of_images.closest(parts) for parts in of_rows.parts]
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


def listed(images: Iterable[Path], names: Iterable[str]) -> dict[str, Path | None]:
    """The image that each name of a list means, found as by `match`; None where it means none. Two may mean the same.

    Raises UsageError when a name could be that of several images.
    """
    images = list(dict.fromkeys(images))
    there = _Paths([path_parts(str(path), any_case=True) for path in images])
    found = {name: there.closest(path_parts(name, any_case=True)) for name in names}
    doubtful = [
        f"{name}: {first_few([str(images[place]) for place in places], ' or ', 2)}"
        for name, places in found.items()
        if len(places) > 1
    ]
    if doubtful:
        told = f"{counted(len(doubtful), 'name')} of the list could be that of several images"
        raise UsageError(f"{told} ({first_few(doubtful, '; ', 3)}); list these with their folders")
    return {name: images[places[0]] if places else None for name, places in found.items()}


def shortest_names(images: Iterable[Path], among: Iterable[Path]) -> list[str]:
    """Each image by its file name, after as few folders as tell it from all others, so that `match` finds it again."""
    parts = {path: path_parts(str(path), any_case=True) for path in among}
    ends = Counter(own[-length:] for own in parts.values() for length in range(1, len(own) + 1))
    names = []
    for path in images:
        telling = (length for length in range(1, len(parts[path])) if ends[parts[path][-length:]] == 1)
        names.append(Path(*path.parts[-next(telling, 0) :]).as_posix())  # of 0 parts: the whole path
    return names


class _Paths:
    """Paths as their parts, in which others are looked up from the end."""

    def __init__(self, parts: Sequence[tuple[str, ...]]):
        self.parts = parts
        self._called: dict[str, list[int]] = defaultdict(list)
        for place, own in enumerate(parts):
            self._called[own[-1]].append(place)
        self._ends: dict[str, dict[tuple[str, ...], list[int]]] = {}  # of names that several have

    def closest(self, parts: tuple[str, ...]) -> list[int]:
        """The places that agree best with a path: in full, else in most parts from the end; several where equally."""
        places = self._called.get(parts[-1], [])
        if len(places) < 2:
            return places
        if parts[-1] not in self._ends:
            known = defaultdict(list)
            for place in places:
                for length in range(1, len(self.parts[place]) + 1):
                    known[self.parts[place][-length:]].append(place)
            self._ends[parts[-1]] = known
        ends = self._ends[parts[-1]]
        agreeing = next(ends[parts[-length:]] for length in range(len(parts), 0, -1) if parts[-length:] in ends)
        return [place for place in agreeing if self.parts[place] == parts] or agreeing

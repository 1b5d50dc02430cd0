"""What the files of maps are called, and which of them are there already."""

import os
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path

from iqa_cli.explaining.flaws import NAMES, flaw_kind
from iqa_cli.ground.folders import MAP
from iqa_cli.records import Job
from iqa_cli.registry import Spec

KINDS = ("attention", "quality", *map(flaw_kind, NAMES))
LONGEST = 200  # bytes of a name before `.r50-vit-iqa.attention.png.partial`


class MapNames:
    """Names of a run's maps: NAME.MODEL.KIND, without suffix.

    NAME is the image's path with its folders joined by `__`; where two images of a run would share it, the second's
    ends in `~2`, and one that is too long for a file ends in `~` and a hash instead of in full.
    """

    def __init__(self) -> None:
        self._names: dict[str, str] = {}  # by image
        self._taken: set[str] = set()

    def of(self, image: str, model: str, kind: str) -> str:
        """The name of one map."""
        if image not in self._names:
            joined = "__".join(part for part in Path(image).parts if part not in ("/", "..", "."))
            names = (joined, *(f"{joined}~{number}" for number in range(2, len(self._taken) + 3)))
            self._names[image] = next(name for name in map(_shortened, names) if name not in self._taken)
            self._taken.add(self._names[image])
        return f"{self._names[image]}.{model}.{kind}"


def maps_there(folder: Path, jobs: Iterable[Job] | None, specs: Sequence[Spec]) -> list[Path]:
    """The maps in a folder that a run may draw anew: those of `jobs`, or any where jobs are still to be named."""
    if not folder.is_dir():
        return []
    there = {path.name for path in folder.iterdir()}
    if jobs is None:
        return [folder / name for name in sorted(there) if MAP.fullmatch(name)]
    names, models = MapNames(), [spec.name for spec in specs if spec.maps]
    may = (f"{names.of(job.image, model, kind)}.png" for job in jobs for model in models for kind in KINDS)
    return [folder / name for name in dict.fromkeys(may) if name in there]


def _shortened(name: str) -> str:
    """A name that fits into 255 bytes with any ending of ours: the start of a longer one, and a hash of all of it."""
    data = os.fsencode(name)
    if len(data) <= LONGEST:
        return name
    mark = f"~{sha256(data).hexdigest()[:12]}"
    return data[: LONGEST - len(mark)].decode("utf-8", "ignore") + mark

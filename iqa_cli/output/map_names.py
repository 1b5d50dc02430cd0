"""What the files of maps are called, which of them are there already, and whether there can be any."""

import os
import re
from collections.abc import Iterable, Sequence
from hashlib import sha256
from itertools import chain, count
from pathlib import Path

from iqa_cli.errors import UsageError
from iqa_cli.explaining.flaws import NAMES, flaw_kind
from iqa_cli.ground.filenames import name_key
from iqa_cli.ground.folders import MAP
from iqa_cli.records import Job
from iqa_cli.registry import Spec, all_models

KINDS = ("attention", "quality", *map(flaw_kind, NAMES))
REFUSED = re.compile(r'[\x00-\x1f:*?"<>|\\]')  # by file systems of Windows, wherever they are mounted
LONGEST = 200  # bytes of a name before `.r50-vit-iqa.attention.png.partial`


class MapNames:
    """Names of a run's maps: NAME.MODEL.KIND, without suffix.

    NAME is the image's path with its folders joined by `__`, with `_` for what not every file system takes and then `~`
    and a hash at its end; where two jobs of a run would share it, for their images are called alike but for case or are
    one image against two references or under two masks or boxes, the second's ends in `~2`, and one that is too long
    for a file ends in `~` and a hash instead of in full.

    Names are given to `jobs` in their order, where it is known: a run that goes on then calls maps as the first did.
    """

    def __init__(self, jobs: Iterable[Job] = ()) -> None:
        self._names: dict[tuple, str] = {}  # by what is looked at
        self._taken: set[str] = set()  # in any case, for which most disks of macOS and Windows have one file
        for job in jobs:
            self._of(job)

    def of(self, job: Job, model: str, kind: str) -> str:
        """The name of one map."""
        return f"{self._of(job)}.{model}.{kind}"

    def _of(self, job: Job) -> str:
        seen = job.image, job.reference, job.mask, job.box
        if seen not in self._names:
            path = Path(job.image)  # whose anchor would make a path of the name that leads out of the folder
            joined = _accepted("__".join(p for p in path.parts if p not in (path.anchor, "..", ".")))
            names = chain([joined], (f"{joined}~{number}" for number in count(2)))
            self._names[seen] = next(n for n in map(_shortened, names) if name_key(n, any_case=True) not in self._taken)
            self._taken.add(name_key(self._names[seen], any_case=True))
        return self._names[seen]


def check_maps(folder: Path | None, arrays: bool, specs: Iterable[Spec]) -> None:
    """Raises UsageError where there is nothing to draw, or nowhere to: `arrays` are wanted, too, but no `folder` is."""
    if folder is None and arrays:
        raise UsageError("--map-data needs --map DIR: the arrays lie beside the pictures")
    if folder is not None and not any(spec.maps for spec in specs):
        able = ", ".join(spec.name for spec in all_models() if spec.maps)
        raise UsageError(f"--map: none of these models can show where it looked; these can: {able}")


def maps_there(folder: Path, jobs: Iterable[Job] | None, specs: Sequence[Spec]) -> list[Path]:
    """The maps in a folder that a run may draw anew: those of `jobs`, or any where jobs are still to be named."""
    if not folder.is_dir():
        return []
    there = {path.name for path in folder.iterdir()}
    if jobs is None:
        return [folder / name for name in sorted(there) if MAP.fullmatch(name)]
    names, models = MapNames(), [spec.name for spec in specs if spec.maps]
    may = (f"{names.of(job, model, kind)}.png" for job in jobs for model in models for kind in KINDS)
    return [folder / name for name in dict.fromkeys(may) if name in there]


def _accepted(name: str) -> str:
    """A name that all file systems take, which no other name becomes: whichever run has that other one."""
    taken = REFUSED.sub("_", name)
    return name if taken == name else f"{taken}~{sha256(os.fsencode(name)).hexdigest()[:6]}"


def _shortened(name: str) -> str:
    """A name that fits into 255 bytes with any ending of ours: the start of a longer one, and a hash of all of it."""
    data = os.fsencode(name)
    if len(data) <= LONGEST:
        return name
    mark = f"~{sha256(data).hexdigest()[:12]}"
    return data[: LONGEST - len(mark)].decode("utf-8", "ignore") + mark

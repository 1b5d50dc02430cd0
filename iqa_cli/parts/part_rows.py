"""The rows of a folder of parts, for whoever goes on with them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from iqa_cli.errors import UsageError
from iqa_cli.ground.wording import counted, first_few
from iqa_cli.output import ROW_FORMATS
from iqa_cli.parts.part_files import parts_of_success
from iqa_cli.parts.part_names import RUN, SUCCESS, Part
from iqa_cli.parts.part_run import PartsRun, read_run_of
from iqa_cli.parts.shards import Shard
from iqa_cli.storage.folder import open_folder


@dataclass(frozen=True)
class Parts:
    """The parts of a folder.

    Attributes:
        name: of the folder, as it was given.
        run: what makes their scores (`run.facts`, with `models` by name), and their columns.
        parts: by shard.
        whole: whether the rows of all shards are there.
    """

    name: str
    run: PartsRun
    parts: tuple[Part, ...]
    whole: bool

    @property
    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows as dicts of `run.columns`, and with `details` where the format has them; shard by shard, each read
        when its turn comes. A score is a number, None where there is none, or where it is infinite in JSON Lines."""
        folder = open_folder(self.name)
        decode = ROW_FORMATS[self.run.rows].load("decoder")
        for part in self.parts:
            name = folder.called(part.name)
            data = folder.read(part.name)
            if data is None:
                raise UsageError(f"{name}: is not there any more: a run goes on in this folder, wait for its end")
            try:
                yield from decode(data, name)
            except ValueError as error:
                raise UsageError(f"{name}: no rows of ours; remove it and run again") from error


def is_parts_folder(name: str) -> bool:
    """Whether a path or a URL is a folder that a run has begun to write parts to."""
    return open_folder(name).read(RUN) is not None


def read_parts(name: str, whole: bool = True) -> Parts:
    """The parts that a run has written to a folder; rows are read when they are asked for.

    Args:
        name: a path, or a URL.
        whole: refuse a folder in which some are missing.

    Raises:
        UsageError: no run has written parts there, or some are missing.
    """
    folder = open_folder(name)
    run = read_run_of(folder)
    if run is None:
        raise UsageError(f"{folder.name}/: no folder of parts, as iqa score -o FOLDER/ writes them (there is no {RUN})")
    there = {part.name: part for part in map(Part.parse, folder.names()) if part and part.facts == run.digest}
    done = parts_of_success(folder.read(SUCCESS))
    if done is not None and all(name in there for name in done):
        return Parts(name, run, tuple(there[each] for each in done), whole=True)
    found = sorted((part for part in there.values() if part.shard.of == run.shards), key=lambda part: part.shard)
    if whole:
        shards = {part.shard for part in found}
        told = f"{len(shards)} of {counted(run.shards, 'part')} and no {SUCCESS}"
        if missing := [each for index in range(run.shards) if (each := Shard(index, run.shards)) not in shards]:
            told += f"; missing: {first_few(missing)}"
        raise UsageError(f"{folder.name}/: is not whole, it has {told}; the same iqa score again goes on")
    return Parts(name, run, tuple(found), whole=False)

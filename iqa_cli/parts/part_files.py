"""Parts, chunks and what lies beside them: written by whoever has a shard, here, in a job or in a cluster."""

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any

from iqa_cli.ground.json_text import json_value
from iqa_cli.output import ROW_FORMATS, Columns
from iqa_cli.output.rows import strict
from iqa_cli.parts.outage import Outage, check_reached
from iqa_cli.parts.part_names import ROWS, RUN, RUNS, SUCCESS, Part, is_ours
from iqa_cli.parts.part_run import PartsRun
from iqa_cli.parts.shards import names_digest
from iqa_cli.records import Record
from iqa_cli.storage.folder import Folder

ROWS_PER_CHUNK = 256
SECONDS_PER_CHUNK = 10.0
AT_ONCE = 16  # small files read at the same time


class Chunks:
    """Rows of a shard under way, on their way into its folder: a kill costs the ones since the last chunk.

    Each chunk is a whole file of JSON Lines, whatever the format of parts, for these have details.
    """

    def __init__(self, folder: Folder, part: Part, columns: Columns, clock: Callable[[], float] = monotonic):
        self._folder, self._part, self._columns, self._clock = folder, part, columns, clock
        self._token, self._number = secrets.token_hex(4), 0
        self._rows: list[Record] = []
        self._since, self._outage = clock(), Outage()

    def add(self, record: Record) -> None:
        """Take a row, and write a chunk when it is full or old. Raises IqaError in an outage; its rows are not kept."""
        self._outage.see(record)
        self._rows += [] if record.unreachable else [record]
        if len(self._rows) >= ROWS_PER_CHUNK or self._clock() - self._since >= SECONDS_PER_CHUNK:
            self.flush()

    def flush(self) -> None:
        """Write what has not been written. Raises IqaError where that cannot be."""
        if self._rows:
            self._number += 1
            data = ROW_FORMATS["jsonl"].load("encoder")(self._rows, self._columns, {})
            self._folder.write(self._part.chunk(self._token, self._number), data)
        self._rows, self._since = [], self._clock()


def write_part(
    folder: Folder,
    run: PartsRun,
    part: Part,
    columns: Columns,
    records: Sequence[Record],
    told: Mapping[str, Any] | None = None,
) -> None:
    """Write the rows of a shard, whole, and remove what it is made of: its chunks, and older parts of the shard.

    Two who do this at once write the same.

    Args:
        folder: of the parts; `run.begin(folder)` went before.
        run: what its parts have in common.
        part: of this shard and this input, by `run.part`.
        columns: of the rows.
        records: a row for each job of the shard, in their order.
        told: further facts for the file that tells how the part came about: when, where, how long it took.

    Raises:
        UsageError: the folder has become that of another run meanwhile.
        IqaError: it cannot be written to, or no image of the shard could be reached.
    """
    check_reached(records)
    run.begin(folder)
    _forget_success(folder)
    failed = sum(record.error is not None for record in records)
    data = ROW_FORMATS[run.rows].load("encoder")(records, columns, run.facts)
    names = names_digest(record.job for record in records)
    document = strict({"rows": len(records), "failed": failed, "bytes": len(data), "names": names, **(told or {})})
    writes = [(part.told_in, (json.dumps(document, ensure_ascii=False) + "\n").encode()), (part.name, data)]
    # What is told never makes older rows count that a kill has left: of a part that is there it comes last.
    for name, content in reversed(writes) if part.name in folder.names() else writes:
        folder.write(name, content)
    _forget_success(folder)  # one that another process has made meanwhile, of what was told before
    tidy(folder, part)


def _forget_success(folder: Folder) -> None:
    """It tells how many rows failed, and of a part that is written anew these may be more or fewer."""
    if folder.read(SUCCESS) is not None:
        folder.remove(SUCCESS)


def tidy(folder: Folder, part: Part) -> None:
    """Remove what a part that is there has been made of: chunks of its shard, and older parts, of another input."""
    for name in folder.names():
        if part.replaces(older := Part.parse(name)) and older is not None:
            folder.remove(name)
            folder.remove(older.told_in)
    for name in folder.names(ROWS):
        if part.has_chunk(name):
            folder.remove(name)


@dataclass(frozen=True)
class Progress:
    """How far a run into parts has come.

    Attributes:
        parts: those that there are to be, one a shard.
        missing: those of them that are not there yet.
    """

    parts: Sequence[Part]
    missing: Sequence[Part]


def progress_of(folder: Folder, run: PartsRun, inputs: Sequence[str]) -> Progress:
    """Which parts are there and which are missing; `inputs` are the digests of all shards, see `shards.Cut`."""
    parts = [run.part(index, digest) for index, digest in enumerate(inputs)]
    there = set(folder.names())
    return Progress(parts, [part for part in parts if part.name not in there])


def conclude(folder: Folder, run: PartsRun, inputs: Sequence[str]) -> bool:
    """Write `_SUCCESS` where all parts of the input are there, and remove one of another input; whether they are.

    Whoever comes last writes it. Each looks after its own part was written, so one of two that end at the same moment
    sees both parts; where both do, they write the same.

    Raises:
        IqaError: the folder cannot be read or written to.
    """
    before = folder.read(SUCCESS)  # first: one that another process writes from here on is true
    now = progress_of(folder, run, inputs)
    names = [part.name for part in now.parts]
    if now.missing:
        if before is not None:
            folder.remove(SUCCESS)
        return False
    if before is None or parts_of_success(before) != names:
        with ThreadPoolExecutor(AT_ONCE) as pool:  # at a URL each takes its time
            told = list(pool.map(partial(told_of, folder), now.parts))
        rows, failed = (sum(each[name] for each in told) for name in ("rows", "failed"))
        document = {"images": rows, "failed": failed, "parts": names}
        folder.write(SUCCESS, (json.dumps(document, indent=2) + "\n").encode())
    return True


def told_of(folder: Folder, part: Part) -> dict[str, Any]:
    """What is told of a part: at least `rows` and `failed`; counted where the file that tells it has been lost."""
    if (told := read_told(folder, part)) is not None:
        return told
    format = next(format for format in ROW_FORMATS.values() if format.suffix == f".{part.suffix}")
    rows = format.load("decoder")(folder.read(part.name) or b"", folder.called(part.name))
    return {"rows": len(rows), "failed": sum(row["status"] != "ok" for row in rows)}


def read_told(folder: Folder, part: Part) -> dict[str, Any] | None:
    """The same, where the file that tells it is there."""
    try:
        told = json_value(folder.read(part.told_in) or b"")
        if isinstance(told["rows"], int) and isinstance(told["failed"], int):
            return told
    except (ValueError, KeyError, TypeError):
        pass
    return None


def clear(folder: Folder) -> None:
    """Remove all that a run has written there, `_run.json` at last; files of others stay."""
    names = [*folder.names(), *folder.names(ROWS), *folder.names(RUNS)]
    for name in sorted(filter(is_ours, names), key=lambda name: (name == RUN, name != SUCCESS)):
        folder.remove(name)


def parts_of_success(success: bytes | None) -> list[str] | None:
    """The names of the parts that a `_SUCCESS` tells; None where it is not there, or not ours."""
    try:
        return list(json_value(success or b"")["parts"])
    except (ValueError, KeyError, TypeError):
        return None

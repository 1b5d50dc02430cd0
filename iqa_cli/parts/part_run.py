"""What all parts of a folder have in common, in its file `_run.json`: no models and no options are ever mixed there.

    {"format": 1, "shards": 2, "rows": "jsonl", "columns": [...], "facts": {...}}

It is written before the first row, and says nothing of when and where: who begins at the same moment writes the same.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from iqa_cli.errors import UsageError
from iqa_cli.ground.filenames import escaped
from iqa_cli.ground.json_text import json_value
from iqa_cli.output import ROW_FORMATS
from iqa_cli.output.run_facts import are_facts, check_columns, check_facts, digest_of
from iqa_cli.parts.part_names import RUN, Part
from iqa_cli.parts.shards import WRITTEN, Shard
from iqa_cli.storage.folder import Folder

FORMAT = 1
ELSEWHERE = "name another folder, or score all anew by --overwrite"


@dataclass(frozen=True)
class PartsRun:
    """What a run into parts is.

    Attributes:
        shards: into how many its input is cut.
        rows: the format of its parts.
        columns: of its rows, in order.
        facts: what makes its scores, as `iqa_cli.output.run_facts.facts_of` has them.
    """

    shards: int
    rows: str
    columns: Sequence[str]
    facts: Mapping[str, Any]

    @cached_property
    def digest(self) -> str:
        """8 hexadecimal digits of facts and columns, for names of parts."""
        return digest_of(self.facts, self.columns)[:WRITTEN]

    def part(self, index: int, input: str) -> Part:
        """The part of a shard, whose jobs have the digest `input`."""
        return Part(Shard(index, self.shards), input, self.digest, ROW_FORMATS[self.rows].suffix[1:])

    def goes_with(self, other: "PartsRun") -> bool:
        """Whether parts of both may lie in one folder: what only describes models, such as a path, may differ."""
        return (self.shards, self.rows, self.digest) == (other.shards, other.rows, other.digest)

    def check(self, folder: Folder, before: "PartsRun") -> None:
        """Raises UsageError, which names what differs, where a folder was begun with other options than this run's."""
        check_layout(folder, before, self.shards, self.rows)
        check_columns(f"{folder.name}/", before.columns, self.columns, ELSEWHERE)
        check_facts(f"{folder.name}/", before.facts, self.facts, ELSEWHERE)

    def begin(self, folder: Folder) -> None:
        """See to it that the folder is one of this run, and says so.

        Raises:
            UsageError: it is another one's.
            IqaError: it cannot be written to.
        """
        if (before := read_run_of(folder)) is None:
            folder.write(RUN, (escaped(json.dumps(self._document, ensure_ascii=False, indent=2)) + "\n").encode())
            before = read_run_of(folder)
        if before is not None:
            self.check(folder, before)

    @property
    def _document(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "shards": self.shards,
            "rows": self.rows,
            "columns": list(self.columns),
            "facts": self.facts,
        }


def check_layout(folder: Folder, before: PartsRun, shards: int, rows: str | None) -> None:
    """Raises UsageError where a folder was begun with another number of shards, or another format if one is asked for.

    Nothing is imported for it.
    """
    if before.shards != shards:
        how = "no --shard" if before.shards == 1 else f"--shard I/{before.shards}"
        raise UsageError(
            f"{folder.name}/: its input was cut into {before.shards}, now {shards}: give {how}, {ELSEWHERE}"
        )
    if rows is not None and before.rows != rows:
        raise UsageError(f"{folder.name}/: its parts are {before.rows}, now {rows}: give -f {before.rows}, {ELSEWHERE}")


def read_run_of(folder: Folder) -> PartsRun | None:
    """What the parts of a folder have in common; None where no run has begun there.

    Raises:
        UsageError: a file of that name is there, and not ours.
    """
    data = folder.read(RUN)
    if data is None:
        return None
    try:
        told = json_value(data)
        columns = tuple(map(str, told["columns"]))
        if told["format"] <= FORMAT and told["rows"] in ROW_FORMATS and are_facts(told["facts"]):
            return PartsRun(int(told["shards"]), told["rows"], columns, told["facts"])
    except (ValueError, KeyError, TypeError):
        pass
    raise UsageError(f"{folder.called(RUN)}: tells of no run that this version knows; name another folder")

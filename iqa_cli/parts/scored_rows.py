"""Rows of scores that are there already, in a file or in a folder of parts, with what is told of how they were made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iqa_cli.errors import IqaError
from iqa_cli.ground.json_text import json_value
from iqa_cli.ground.parquet import MAGIC, parquet_metadata
from iqa_cli.ground.reading import Table, as_cells, decoded, good_rows
from iqa_cli.output.run_facts import NOT_TOLD, facts_of
from iqa_cli.output.run_file import SUFFIX
from iqa_cli.parts.part_rows import read_parts
from iqa_cli.storage.access import is_folder, read_bytes
from iqa_cli.storage.names import is_url
from iqa_cli.storage.tables import read_table

DESCRIBED = (".json", ".parquet")  # what may tell of itself, by its name


@dataclass(frozen=True)
class ScoredRows:
    """Scores of an earlier run.

    Attributes:
        name: of the file or the folder, as it was given.
        columns: in order.
        rows: by column, as text; an empty cell where there is nothing, `inf` for an infinite score in all formats.
        facts: what makes the scores, as `iqa_cli.output.run_facts.facts_of` has it; empty where nothing tells.
        ordered: whether rows are in the order of their input; those of several parts are in that of their shards.
    """

    name: str
    columns: Sequence[str]
    rows: Sequence[Mapping[str, str]]
    facts: Mapping[str, Any]
    ordered: bool = True

    @property
    def table(self) -> Table:
        """The rows as a table that has just been read."""
        return Table(1, tuple(self.columns), ((line, dict(row)) for line, row in enumerate(self.rows, start=2)))


def read_scored_rows(name: str, what: str = "score file") -> ScoredRows:
    """The rows of a table, which may be a pipe, or of a folder of parts, which has to be whole.

    Args:
        name: a path, or a URL.
        what: what a file is called in a message.

    Raises:
        UsageError: it cannot be read, or parts are missing.
        MissingExtraError: an extra would read it.
    """
    if is_folder(name):
        parts = read_parts(name)
        rows = [_with_infinity(as_cells(row)) for row in parts.rows]
        return ScoredRows(name, tuple(parts.run.columns), rows, parts.run.facts, len(parts.parts) == 1)
    table = read_table(name, what)
    rows = [_with_infinity(row) for row in good_rows(table, name)]
    return ScoredRows(name, table.columns, rows, _facts_in(name + SUFFIX) or _facts_in(name))


def _with_infinity(row: dict[str, str]) -> dict[str, str]:
    """The row with the infinite scores that its details tell, for which JSON has no word."""
    if '"infinite"' not in row.get("details", ""):
        return row
    try:
        told = {model for model, details in json_value(row["details"]).items() if details["status"] == "infinite"}
    except (ValueError, KeyError, TypeError, AttributeError):  # another toolkit's column
        return row
    return row | {model: "inf" for model in told if row.get(model) == ""}


def _facts_in(name: str) -> Mapping[str, Any]:
    """The facts that a JSON document or the metadata of a Parquet file hold; none where nothing does."""
    if not (Path(name).is_file() or (is_url(name) and name.endswith(DESCRIBED))):
        return {}  # nothing there, or a pipe, which has been read
    try:
        data = read_bytes(name)
        text = parquet_metadata(data).get("iqa", "") if data.startswith(MAGIC) else decoded(data, name)
        document = json_value(text)
        told = document.get("meta") or document.get("facts") or document
        return facts_of(told) if told["iqa"] != NOT_TOLD and isinstance(told["models"], dict) else {}
    except (OSError, IqaError, ValueError, KeyError, TypeError, AttributeError):
        return {}

"""The one table of the formats that rows are written in. A new one is a module beside this, and a line here."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from iqa_cli.ground import formats
from iqa_cli.ground.formats import Format

ODD_NAMES = "backslashreplace"  # bytes of file names that are not UTF-8, as JSON escapes them


@dataclass(frozen=True)
class RowFormat(Format):
    """A format of rows: who writes it, and who reads its rows again.

    Attributes:
        writer: `module:class`, imported when asked for (pyarrow and Rich take their time). It is called with a text
            stream, or with the path where the format is binary, and with columns, meta and models; see `Writer`.
        reader: `module:function` from the path to the rows that a run left there, as dicts, also after a kill;
            empty where rows cannot be read again.
        parts: what is appended to the name of a file for the folder of its unfinished rows.
        details: whether its rows have what each model tells of its score.
        encoder: `module:function` from records, columns and facts to the bytes of a whole file; formats that have it
            are those of parts.
        decoder: `module:function` from such bytes and the name of their file to the rows, as dicts.
        odd_names: how bytes of file names that are not UTF-8 are encoded.
    """

    writer: str = ""
    reader: str = ""
    parts: str = ""
    details: bool = False
    encoder: str = ""
    decoder: str = ""
    odd_names: str = ODD_NAMES

    def load(self, what: str) -> Any:
        """The writer, the reader, the encoder or the decoder."""
        module, name = getattr(self, what).split(":")
        return getattr(import_module(module), name)


HERE = "iqa_cli.output"
ROW_FORMATS = {
    format.name: format
    for format in (
        RowFormat("table", ".txt", writer=f"{HERE}.table_rows:TableWriter"),
        RowFormat(
            "csv",
            ".csv",
            writer=f"{HERE}.csv_rows:CsvWriter",
            reader=f"{HERE}.csv_rows:read_rows",
            odd_names="surrogateescape",
        ),
        RowFormat(
            "json",
            ".json",
            writer=f"{HERE}.json_rows:JsonWriter",
            reader=f"{HERE}.json_rows:read_document",
            details=True,
        ),
        RowFormat(
            "jsonl",
            ".jsonl",
            writer=f"{HERE}.json_rows:JsonlWriter",
            reader=f"{HERE}.json_rows:read_lines",
            encoder=f"{HERE}.json_rows:encode_lines",
            decoder=f"{HERE}.json_rows:decode_lines",
            details=True,
        ),
        RowFormat(
            "parquet",
            ".parquet",
            package="pyarrow",
            extra="parquet",
            binary=True,
            writer=f"{HERE}.parquet_rows:ParquetWriter",
            reader=f"{HERE}.parquet_rows:read_rows",
            encoder=f"{HERE}.parquet_rows:encode_rows",
            decoder=f"{HERE}.parquet_rows:decode_rows",
            parts=".parts",
        ),
    )
}


def choose_format(
    explicit: str | None, path: Path | None, stdout_is_tty: bool, known: Mapping[str, Format] | None = None
) -> str:
    """Which of the formats of rows, or of those `known`, is meant: see `iqa_cli.ground.formats.choose_format`."""
    return formats.choose_format(explicit, path, stdout_is_tty, known or ROW_FORMATS)

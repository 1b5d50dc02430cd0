"""From records to output: a table, CSV, JSON, JSONL or Parquet, streamed in input order."""

from iqa_cli.output.means import Means
from iqa_cli.output.resume import has_rows, job_key, read_kept, remaining
from iqa_cli.output.row_formats import ROW_FORMATS, choose_format
from iqa_cli.output.rows import Columns, constants, reserved_columns
from iqa_cli.output.writer import Writer, open_writer

__all__ = [
    "ROW_FORMATS",
    "Columns",
    "Means",
    "Writer",
    "choose_format",
    "constants",
    "has_rows",
    "job_key",
    "open_writer",
    "read_kept",
    "remaining",
    "reserved_columns",
]

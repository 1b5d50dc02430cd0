"""From records to output: a table, CSV, JSON, JSONL or Parquet, streamed in input order."""

from iqa_cli.output.formats import FORMATS, check_writable, choose_format
from iqa_cli.output.resume import job_key, read_kept, remaining
from iqa_cli.output.rows import Columns, constants, reserved_columns
from iqa_cli.output.writer import Writer, open_writer

__all__ = [
    "FORMATS",
    "Columns",
    "Writer",
    "check_writable",
    "choose_format",
    "constants",
    "job_key",
    "open_writer",
    "read_kept",
    "remaining",
    "reserved_columns",
]

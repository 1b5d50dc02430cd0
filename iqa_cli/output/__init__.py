"""From records to output: a table, CSV, JSON, JSONL or Parquet, streamed in input order."""

from iqa_cli.output.kept_rows import kept_rows
from iqa_cli.output.left_rows import forget_rows, has_rows, state_of
from iqa_cli.output.means import Means
from iqa_cli.output.resume import by_jobs, job_key, read_kept, remaining
from iqa_cli.output.row_formats import ROW_FORMATS, choose_format
from iqa_cli.output.rows import Columns, constants, reserved_columns
from iqa_cli.output.tally import Tally
from iqa_cli.output.target import Target, choose_targets, files_of, resumable_files
from iqa_cli.output.writer import Writer, open_writer

__all__ = [
    "ROW_FORMATS",
    "Columns",
    "Means",
    "Tally",
    "Target",
    "Writer",
    "by_jobs",
    "choose_format",
    "choose_targets",
    "constants",
    "files_of",
    "forget_rows",
    "has_rows",
    "job_key",
    "kept_rows",
    "open_writer",
    "read_kept",
    "remaining",
    "reserved_columns",
    "resumable_files",
    "state_of",
]

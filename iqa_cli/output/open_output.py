"""An output of a run while it is written: its failures name its file."""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from iqa_cli.output.arranging import Described
from iqa_cli.output.rows import Columns
from iqa_cli.output.target import Target
from iqa_cli.output.writer import Writer, cannot_write, moved, open_writer
from iqa_cli.records import Record


@dataclass(frozen=True)
class Output:
    """An open writer of a target."""

    target: Target
    writer: Writer

    def write(self, record: Record) -> None:
        """Write one row. Raises IqaError, which names the file, where that is not possible."""
        self.check()
        try:
            self.writer.write(record)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise cannot_write(self.target.path, error) from error

    def check(self) -> None:
        """Raises IqaError where rows would go into a file that nobody finds by its name: a system says nothing then."""
        stream = getattr(self.writer, "stream", None)
        if self.target.path is None or stream is None:  # Parquet opens its files anew, and looks itself
            return
        written = os.fstat(stream.fileno())
        try:
            there = self.target.path.stat()
        except FileNotFoundError:
            there = None
        if stat.S_ISREG(written.st_mode) and (there is None or not os.path.samestat(written, there)):
            raise moved(self.target.path)


@contextmanager
def open_output(target: Target, columns: Columns, session: Described, kept: Sequence[Record]) -> Iterator[Output]:
    """The writer of a target, complete when the context is left, however that is.

    Args:
        target: the output.
        columns: of the rows.
        session: of the run.
        kept: rows of an earlier run, which come first.

    Raises:
        UsageError: the file cannot be opened.
        IqaError: it cannot be written any more.
    """
    passing = None  # what went wrong in between is not this file's fault
    try:
        with open_writer(target.format, target.path, columns, session.meta, session.models, kept) as writer:
            output = Output(target, writer)
            try:
                yield output
                output.check()
            except BaseException as error:
                passing = error
                raise
    except BrokenPipeError:
        raise
    except OSError as error:
        if error is passing:
            raise
        raise cannot_write(target.path, error) from error

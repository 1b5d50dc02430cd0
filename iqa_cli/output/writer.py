"""From format and target to an open writer."""

import errno
import io
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol, TextIO, runtime_checkable

from iqa_cli.errors import IqaError, UsageError
from iqa_cli.ground.atomic import atomically
from iqa_cli.output.row_formats import ROW_FORMATS, RowFormat
from iqa_cli.output.rows import Columns
from iqa_cli.records import ModelInfo, Record

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # nobody typed that wrong


class Writer(Protocol):
    """Takes records in the order they are to appear.

    One of a text format is a `TextWriter`; a binary one gets the kept rows at once.
    """

    def write(self, record: Record) -> None:
        """Write one row."""

    def finish(self) -> None:
        """Complete the document; `open_writer` calls this."""


@runtime_checkable
class TellsOfAPart(Protocol):
    """A writer that says so where rows are missing at its end."""

    def cut_short(self) -> None:
        """The run ends early; `finish` comes next."""


class TextWriter(Writer, Protocol):
    """A writer of text, whose stream may be exchanged between two rows."""

    stream: TextIO


@contextmanager
def open_writer(
    format: str,
    path: Path | None,
    columns: Columns,
    meta: Mapping[str, Any],
    models: Sequence[ModelInfo],
    kept: Sequence[Record] = (),
    stdout: TextIO | None = None,
) -> Iterator[Writer]:
    """Write to `path`, or to `stdout` when it is None.

    Leaving the context completes the document, also when an exception leaves it.
    An existing file is overwritten. `kept` are the rows to keep of it (see `read_kept`): they come
    first, in the order they had, and are back in the file before the first new row.
    Raises UsageError when the file cannot be written.
    """
    known = ROW_FORMATS[format]
    with ExitStack() as stack:
        with opening(path):
            start = partial(_started, known, columns, meta, models)
            if known.binary:
                writer = known.load("writer")(path, columns, meta, models, kept)
            elif path is None:
                writer = start(_as_utf8(stdout or sys.stdout, known.odd_names))
            else:
                writer = stack.enter_context(_writing_to_file(path, start, kept, known.odd_names))
        stack.callback(writer.finish)
        try:
            yield writer
        except BaseException:
            if isinstance(writer, TellsOfAPart):
                writer.cut_short()
            raise


@contextmanager
def opening(path: Path | None) -> Iterator[None]:
    """What goes wrong in the block is told as the fault of who named the file, unless the disk is full."""
    try:
        yield
    except BrokenPipeError:
        raise  # not the file's fault: stdout has lost its reader
    except OSError as error:
        if error.errno in FULL:
            raise
        raise UsageError(f"{path or 'stdout'}: cannot be written ({error.strerror}); choose another FILE") from error


def cannot_write(path: Path | None, error: OSError) -> IqaError:
    """What to raise for an output that was begun and cannot be gone on with."""
    return IqaError(f"{path or 'stdout'}: cannot be written any more ({error.strerror}); what stands there is kept")


def moved(path: Path) -> IqaError:
    """What to raise where rows would go into a file or a folder that nobody finds by its name any more."""
    return IqaError(
        f"{path}: was moved, removed or replaced while it was being written; put it back and go on with --resume, or "
        "begin anew"
    )


def _started(
    format: RowFormat, columns: Columns, meta: Mapping[str, Any], models: Sequence[ModelInfo], stream: TextIO
) -> TextWriter:
    return format.load("writer")(stream, columns, meta, models)


@contextmanager
def _writing_to_file(
    path: Path, start: Callable[[TextIO], TextWriter], kept: Sequence[Record], errors: str
) -> Iterator[Writer]:
    def open_utf8(target: Path, mode: Literal["w", "a"]) -> TextIO:
        return target.open(mode, encoding="utf-8", errors=errors, newline="\n")

    if not kept:
        with open_utf8(path, "w") as stream:
            yield start(stream)
        return

    # The old file stays until the kept rows stand in the new one: a kill at any moment loses none.
    with atomically(path) as part, open_utf8(part, "w") as stream:
        writer = start(stream)
        for record in kept:
            writer.write(record)
    with open_utf8(path, "a") as writer.stream:
        yield writer


def _as_utf8(stream: TextIO, errors: str) -> TextIO:
    if isinstance(stream, io.TextIOWrapper):  # whatever the locale says
        stream.reconfigure(encoding="utf-8", errors=errors, newline="\n")
    return stream

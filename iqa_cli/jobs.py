"""The one scoring run, whoever asks for it: jobs in, records out; written, counted and told on the way."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iqa_cli.errors import IqaError
from iqa_cli.output import Columns, Target, open_writer, remaining
from iqa_cli.output.json_rows import JsonWriter
from iqa_cli.output.writer import Writer
from iqa_cli.records import Job, Record
from iqa_cli.terminal import Terminal, silent

if TYPE_CHECKING:
    from iqa_cli.engine.session import Session
    from iqa_cli.output.map_files import MapWriter


@dataclass(frozen=True)
class Rows:
    """Where the rows of a run go: their columns, the outputs, and the rows of an earlier run that these keep."""

    columns: Columns
    targets: Sequence[Target] = ()
    kept: Sequence[Record] = ()


def score_jobs(
    session: "Session",
    jobs: Iterable[Job],
    rows: Rows | None = None,
    *,
    streaming: bool = False,
    maps: "MapWriter | None" = None,
    terminal: Terminal | None = None,
    conclude: Callable[[], Mapping[str, Any]] = dict,
) -> Generator[Record, None, None]:
    """Score what no earlier run has scored: one record a job, in order, each written before it is given.

    Close this iterator (`contextlib.closing`) when it may be left early: every output is complete then, too.

    Args:
        session: the models.
        jobs: what to score.
        rows: where the rows are written; nowhere without it. Jobs that have a row among `kept` are left out.
        streaming: jobs arrive over time and are not counted; a record never waits for a job not yet named.
        maps: draws where the models looked.
        terminal: for the progress bar and for what failed; nothing is said without it.
        conclude: asked for further members of a JSON document when the last record has been taken.

    Raises:
        UsageError: an output cannot be opened; a bad line of a stream of jobs.
        IqaError: an output cannot be written any more.
    """
    terminal = terminal or silent()
    rows = rows or Rows(Columns(False, None, ()))
    todo: Iterable[Job] = remaining(jobs, rows.kept)
    total = None
    if not streaming:
        todo = list(todo)
        total = len(todo)
    on_screen = any(target.path is None and target.streams for target in rows.targets)
    with ExitStack() as stack:
        outputs = [stack.enter_context(_opened(target, rows, session)) for target in rows.targets]
        with terminal.progress(total, "scoring", rows_on_screen=on_screen) as advance:
            for record in session.run(todo, streaming=streaming, seen=maps.draw if maps else None):
                for output in outputs:
                    output.write(record)
                advance(1)
                if record.error:
                    terminal.error(record.error)
                yield record
        members = conclude()
        for output in outputs:
            if isinstance(output.writer, JsonWriter):
                output.writer.conclusion.update(members)


@dataclass(frozen=True)
class _Output:
    """An open writer whose failures name its file."""

    target: Target
    writer: Writer

    def write(self, record: Record) -> None:
        try:
            self.writer.write(record)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise _cannot_write(self.target, error) from error


@contextmanager
def _opened(target: Target, rows: Rows, session: "Session") -> Iterator[_Output]:
    """The writer of a target, complete when the context is left, however that is."""
    passing = None  # what went wrong in between is not this file's fault
    try:
        with open_writer(target.format, target.path, rows.columns, session.meta, session.models, rows.kept) as writer:
            try:
                yield _Output(target, writer)
            except BaseException as error:
                passing = error
                raise
    except BrokenPipeError:
        raise
    except OSError as error:
        if error is passing:
            raise
        raise _cannot_write(target, error) from error


def _cannot_write(target: Target, error: OSError) -> IqaError:
    return IqaError(
        f"{target.path or 'stdout'}: cannot be written any more ({error.strerror}); what stands there is kept"
    )

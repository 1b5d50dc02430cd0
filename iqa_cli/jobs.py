"""The one scoring run, whoever asks for it: jobs in, records out; written, counted and told on the way."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from iqa_cli.errors import UsageError
from iqa_cli.ground.locks import alone_with
from iqa_cli.output import (
    Columns,
    Tally,
    Target,
    files_of,
    forget_rows,
    has_rows,
    kept_rows,
    remaining,
    resumable_files,
    state_of,
)
from iqa_cli.output.arranging import Arrange, write_arranged
from iqa_cli.output.error_lines import ErrorLines
from iqa_cli.output.json_rows import JsonWriter
from iqa_cli.output.open_output import open_output
from iqa_cli.output.run_facts import check_facts, facts_of
from iqa_cli.output.run_file import RunFile, read_run, run_file
from iqa_cli.output.writer import opening
from iqa_cli.records import Job, Record
from iqa_cli.references.fitting import check_references, with_references_checked
from iqa_cli.terminal import Terminal, silent

if TYPE_CHECKING:
    from iqa_cli.engine.session import Observer, Session
    from iqa_cli.output.map_files import MapWriter


class Taker(Protocol):
    """Takes the rows of a run, beside its outputs: a part, which is written when all of its rows are known."""

    def opened(self, session: "Session") -> AbstractContextManager["TakesRows"]:
        """Ready for rows; complete when the context is left well, and when it is not, what was taken is kept."""


class TakesRows(Protocol):
    """What is written to."""

    def write(self, record: Record) -> None:
        """Take one row."""


@dataclass(frozen=True)
class Rows:
    """Where the rows of a run go.

    Attributes:
        columns: of the rows.
        targets: the outputs.
        kept: the rows of an earlier run that these keep.
        resumed: the files that these are from.
        tally: filled while the run goes on.
        arrange: puts the rows in another order, which all outputs have when the run ends: until then files that can be
            resumed have rows as they are scored, and others none. Without it rows stay in the order of the jobs.
        takers: what else takes the rows that are scored.
        found: each file as it was when its rows were read; what has been written since is not replaced.
        remarks: what a person should hear of rows that were there and are not kept.
    """

    columns: Columns
    targets: Sequence[Target] = ()
    kept: Sequence[Record] = ()
    resumed: Sequence[Path] = ()
    tally: Tally = field(default_factory=Tally)
    arrange: Arrange | None = None
    takers: Sequence[Taker] = ()
    found: Mapping[Path, tuple] = field(default_factory=dict)
    remarks: Sequence[str] = ()

    @classmethod
    def of(
        cls,
        columns: Columns,
        targets: Sequence[Target],
        resume: bool,
        tally: Tally | None = None,
        jobs: Sequence[Job] = (),
    ) -> "Rows":
        """The rows of a run that begins anew, or with `resume` goes on from what is there: see `kept_rows`.

        Where its `jobs` are known they say which labels stand in the rows: see `relabelled`.
        """
        tally = tally or Tally()
        found = {target.path: state_of(target.path, target.format) for target in targets if target.path is not None}
        if not resume:
            return cls(columns, targets, tally=tally, found=found)
        there = [t.path for t in targets if t.path is not None and t.resumable and has_rows(t.path, t.format)]
        return cls(columns, targets, kept_rows(targets, columns, jobs), there, tally, found=found)


def score_jobs(
    session: "Session",
    jobs: Iterable[Job],
    rows: Rows | None = None,
    *,
    streaming: bool = False,
    maps: "MapWriter | None" = None,
    seen: "Observer | None" = None,
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
        seen: is shown the pixels of each job once it is scored, in a run that draws no maps.
        terminal: for the progress bar and for what failed; nothing is said without it.
        conclude: asked for further members of a JSON document when the last record has been taken.

    Raises:
        UsageError: an output cannot be opened, is written by another process, or has rows that were made otherwise;
            a bad line of a stream of jobs, or encoded references in it that were made otherwise.
        IqaError: an output cannot be written any more.
    """
    terminal = terminal or silent()
    rows = rows or Rows(Columns(False, None, ()))
    tally, errors = rows.tally, ErrorLines(terminal)
    todo: Iterable[Job] = remaining(jobs if streaming else tuple(jobs), rows.kept)
    total = None
    if not streaming:
        todo = list(todo)
        total = len(todo)
    streamed = [target for target in rows.targets if rows.arrange is None or target.resumable]
    on_screen = any(target.path is None and target.streams for target in streamed)
    records, members = list(rows.kept), dict[str, Any]()
    if session.executors:
        specs, described = [executor.spec for executor in session.executors], session.meta["models"]
        if streaming:
            todo = with_references_checked(todo, specs, described)
        else:
            check_references(todo, specs, described)
    with ExitStack() as stack:
        stack.callback(errors.end)
        for target in rows.targets:
            if target.path is not None:
                stack.enter_context(alone_with(target.path))
                _check_unchanged(target.path, target.format, rows.found)
        run_files = _run_files(rows, session, terminal)
        tally.begin(rows.columns, rows.kept, total)
        stack.enter_context(_leaving_nothing_empty(tally, files_of(rows.targets)))
        stack.enter_context(_ending(tally, run_files))
        stack.enter_context(_arranging(rows, session, records, members))
        outputs = [stack.enter_context(open_output(target, rows.columns, session, rows.kept)) for target in streamed]
        takers = [*outputs, *(stack.enter_context(taker.opened(session)) for taker in rows.takers)]
        with terminal.progress(total, "scoring", rows_on_screen=on_screen) as advance:
            observer = maps.draw if maps else seen
            alone = bool(rows.takers)  # a row is the same whichever share of an input it is scored with
            for record in session.run(todo, streaming=streaming, seen=observer, maps=maps is not None, alone=alone):
                for taker in takers:
                    taker.write(record)
                tally.see(record)
                records += [record] if rows.arrange else []
                advance(1)
                if record.error:
                    errors.tell(record.error)
                yield record
        members |= conclude()
        for output in outputs:
            if isinstance(output.writer, JsonWriter):
                output.writer.conclusion.update(members)


def _check_unchanged(path: Path, format: str, found: Mapping[Path, tuple]) -> None:
    """Raises UsageError where another process has written rows since this run looked for some."""
    if path in found and state_of(path, format) != found[path]:
        raise UsageError(f"{path}: another process has written it meanwhile; give the command again")


@contextmanager
def _arranging(rows: Rows, session: "Session", records: Sequence[Record], members: Mapping[str, Any]) -> Iterator[None]:
    """When the run ends, early or not, all outputs get their rows in the order that is wanted, if one is."""
    try:
        yield
    except BaseException:
        if rows.arrange and records:
            write_arranged(rows.targets, rows.columns, session, records, rows.arrange, members, whole=False)
        raise
    if rows.arrange:
        write_arranged(rows.targets, rows.columns, session, records, rows.arrange, members, whole=True)


def _run_files(rows: Rows, session: "Session", terminal: Terminal) -> list[RunFile]:
    """The files beside the rows, begun; rows that were made otherwise are refused before any is written."""
    earlier = {path: read_run(path) for path in resumable_files(rows.targets)}
    for path in rows.resumed:
        if told := earlier[path]:
            check_facts(path, told["facts"], facts_of(session.meta))
        elif rows.kept:
            terminal.warn(
                f"{path}: nothing tells with which weights and options its rows were made; they are kept as "
                "if it had been these"
            )
    for target in rows.targets:
        if target.path in earlier and target.path not in rows.resumed:
            with opening(target.path):
                forget_rows(target.path, target.format)
    return [RunFile(path, session.meta, told if path in rows.resumed else None) for path, told in earlier.items()]


@contextmanager
def _leaving_nothing_empty(tally: Tally, files: Sequence[Path]) -> Iterator[None]:
    """A run that ends before its first row leaves no file that it made: it would only stand in the way of the next."""
    made = [path for path in files if not path.exists()]
    try:
        yield
    except BaseException:
        for path in made if not tally.rows else ():
            path.unlink(missing_ok=True)
            run_file(path).unlink(missing_ok=True)
        raise


@contextmanager
def _ending(tally: Tally, run_files: Sequence[RunFile]) -> Iterator[None]:
    """However the run ends, its tally is closed, and what lies beside the rows says so."""
    try:
        yield
    except BaseException:
        tally.end(complete=False)
        for file in run_files:
            with suppress(OSError):  # a full disk has been told with the file of rows
                file.end(tally)
        raise
    tally.end(complete=True)
    for file in run_files:
        file.end(tally)

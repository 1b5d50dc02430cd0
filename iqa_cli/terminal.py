"""The terminal's two streams: data alone on stdout, messages and progress on stderr."""

import io
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import TextIO

from rich.console import Console
from rich.text import Text

from iqa_cli.errors import ExitCode
from iqa_cli.process import forget_stdout


@dataclass
class Terminal:
    """Where a command speaks to a person. Tests pass their own streams.

    `quiet` silences everything but errors and what else must be heard (`even_quiet`). Messages are printed as they
    are: no markup, no wrapping, control characters escaped, so a file name always comes back whole.
    """

    quiet: bool = False
    stdout: TextIO = field(default_factory=lambda: sys.stdout)
    stderr: TextIO = field(default_factory=lambda: sys.stderr)
    _warned: set[str] = field(default_factory=set, init=False, repr=False)

    @property
    def interactive(self) -> bool:
        """Whether a person looks. Both must be terminals, or a bar would glue itself to piped data."""
        return self.stdout.isatty() and self.stderr.isatty()

    def info(self, message: str) -> None:
        """Say something useful that nobody depends on."""
        if not self.quiet:
            self._print(Text(printable(message)))

    def warn(self, message: str, even_quiet: bool = False) -> None:
        """Say something that may change how the results are read, or what a pass is worth: that `even_quiet`."""
        if even_quiet or not self.quiet:
            self._print(Text.assemble(("warning: ", "yellow"), printable(message)))

    def warn_once(self, key: str, message: str) -> None:
        """Like `warn`, but only the first time for each `key`."""
        if key not in self._warned:
            self._warned.add(key)
            self.warn(message)

    def error(self, message: str) -> None:
        """Say what failed; shown even when quiet."""
        self._print(Text.assemble(("error: ", "bold red"), printable(message)))

    def command(self, line: str) -> None:
        """A line for the program that runs this one and reads its messages; shown even when quiet."""
        self.stderr.write(printable(line) + "\n")
        self.stderr.flush()

    @contextmanager
    def progress(
        self, total: int | None, description: str, *, rows_on_screen: bool = False
    ) -> Iterator[Callable[[int], None]]:
        """Show a bar with rate and time left; yields `advance(n)`, to call as items are done.

        No bar is drawn when quiet, when not interactive, or when `rows_on_screen` says that rows
        already stream to the same screen. `total` is None when the number of items is unknown.
        Leave this context before a table is printed: the bar then clears itself away.
        """
        if self.quiet or rows_on_screen or not self.interactive:
            yield _nothing
            return

        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}", markup=False),
            TextColumn("{task.fields[left]}", markup=False),
        )
        with Progress(*columns, console=self._console, transient=True, redirect_stdout=False) as bar:
            task = bar.add_task(printable(description), total=total, rate="", left="")

            def advance(n: int = 1) -> None:
                bar.advance(task, n)
                now = bar.tasks[0]
                # Over all that is done: items come in batches, and within one they take no time at all.
                speed = now.completed / now.elapsed if now.elapsed else 0
                left = "" if total is None or not speed else str(timedelta(seconds=int(now.remaining or 0) // speed))
                bar.update(task, rate=f"{speed:.1f}/s" if speed else "", left=left)

            yield advance

    @cached_property
    def _console(self) -> Console:
        return Console(file=self.stderr)

    def _print(self, text: Text) -> None:
        self._console.print(text, soft_wrap=True)


def silent(kind: type[Terminal] = Terminal) -> Terminal:
    """A terminal that nobody listens to, for scoring from Python."""
    return kind(quiet=True, stdout=io.StringIO(), stderr=io.StringIO())


def printable(text: str) -> str:
    r"""Escape what a terminal would obey or refuse: control characters (but `\n`) and undecodable bytes."""
    return "".join(
        char.encode("unicode_escape").decode() if unicodedata.category(char) in {"Cc", "Cs"} and char != "\n" else char
        for char in text
    )


UNLIMITED = 10_000  # characters a line may have where no terminal sets a width


def told_already(stream: TextIO) -> bool:
    """Whether what went to stderr stands on the same screen as what goes to `stream`."""
    return stream.isatty() and sys.stderr.isatty()


def open_console(stream: TextIO) -> Console:
    """A console for tables: as wide as the terminal, or without limit in a pipe or file."""
    return Console(file=stream, width=None if stream.isatty() else UNLIMITED)


@contextmanager
def quiet_on_closed_pipe() -> Iterator[None]:
    """End the program quietly, with exit code 0, when the reader of stdout has left (`iqa ... | head`).

    Click and Rich answer a broken pipe with SystemExit(1); it is known by the error it arose from.
    """
    try:
        yield
    except (BrokenPipeError, SystemExit) as leaving:
        if not isinstance(leaving, BrokenPipeError) and not isinstance(leaving.__context__, BrokenPipeError):
            raise
        forget_stdout()
        raise SystemExit(ExitCode.OK) from None


def _nothing(n: int = 1) -> None:
    """The progress that nobody sees."""

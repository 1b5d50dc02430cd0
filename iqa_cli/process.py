"""What the system gives to a process and sends it: arguments, streams that may be closed, signals.

Nothing heavy is imported here: this runs first.
"""

import io
import os
import re
import shlex
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from iqa_cli.errors import UsageError

HOME = re.compile(r"(?P<before>(?:.*=)?)(?P<path>~[^/=]*(?:/.*)?)", re.DOTALL)
LONGEST = 400  # characters of a command that is printed again; a glob of the shell may have made thousands
SCORING = ("score", "compare", "eval", "rank")  # commands that may have rows of an earlier run
UNBEGUN = "interrupted before anything was scored"

_typed: list[str] = []  # the words after the program's name, as the shell gave them
_left: list[bool] = []  # not empty once a run tells itself how it ends


def remember_arguments(arguments: Sequence[str]) -> None:
    """Keep what the program was called with, for messages that name a command to go on with."""
    _typed[:] = arguments
    _left.clear()


def typed() -> list[str]:
    """The words that the program was called with, after its name."""
    return list(_typed)


def go_on_as_typed() -> str:
    """The line that gives a command once more, just as it was: it had not begun to change anything."""
    command = shlex.join(["iqa", *_typed])
    return f"go on with: {command if len(command) <= LONGEST else 'the same command'}"


def left_to_the_run() -> None:
    """From here on the run says itself what there is when it is stopped."""
    _left.append(True)


def tell_unbegun() -> None:
    """Of a command that scores and was stopped before it came to that, say so: rows that were there are there still.

    Nothing is imported for it, for that is what the command may have been doing.
    """
    if not _left and not {"-q", "--quiet"} & set(_typed) and _typed[:1] and _typed[0] in SCORING:
        told = go_on_as_typed().encode("ascii", "backslashreplace").decode()
        sys.stderr.write(f"{UNBEGUN}\n{told}\n")
        sys.stderr.flush()


class Terminated(BaseException):
    """SIGTERM: from Slurm, `timeout`, `docker stop`. Files are closed on its way out, as with Ctrl-C."""


@contextmanager
def heeding_sigterm() -> Iterator[None]:
    """Let SIGTERM raise `Terminated` in the main thread, once; whoever heard it before hears it again afterwards."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return

    def hear(*_: object) -> NoReturn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one must not leave a file half closed
        raise Terminated

    signal.signal(signal.SIGTERM, hear)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def expanded(arguments: Sequence[str]) -> list[str]:
    """Arguments with `~` for the home folder where the shell leaves it: `--root=~/x`, `kadid10k=~/x`, "~/x".

    What exists under that very name stays as it is.
    """
    return [_expanded(argument) for argument in arguments]


def _expanded(argument: str) -> str:
    found = HOME.fullmatch(argument)
    words = argument.split("=")
    names = ("=".join(words[start:]) for start in range(len(words)))  # `--root=a=~/x` may mean `a=~/x` or `~/x`
    if not found or any(map(os.path.exists, names)):
        return argument
    return found["before"] + os.path.expanduser(found["path"])  # noqa: PTH111 (a trailing slash stays)


def open_streams() -> None:
    """Put something in the place of standard streams that are closed (`iqa ... >&-`).

    Their descriptors are taken, or the next file that is opened would get one, and everything that a library prints.
    What was to be read or printed there is an error only when that is tried.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDONLY if descriptor == 0 else os.O_WRONLY)  # the lowest one that is free
    if sys.stdin is None:
        sys.stdin = _Closed("standard input is closed: nothing can be read from it; give --manifest FILE")
    if sys.stdout is None:
        sys.stdout = _Closed("standard output is closed: nothing can be printed; name a file with -o FILE")
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 (as long as the process)
    if isinstance(sys.stdout, io.TextIOWrapper):  # data are UTF-8, whatever the locale says; names as they are
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")


def forget_stdout() -> None:
    """Drop what is still buffered and cannot be written: it would raise once more when the interpreter ends."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):  # no real stream
        return


class _Closed(io.TextIOBase):
    """A stream that says so when it is used."""

    def __init__(self, message: str):
        self._message = message

    def _refuse(self, *_: Any) -> NoReturn:
        raise UsageError(self._message)

    write = read = readline = readlines = __next__ = _refuse

    @property
    def buffer(self) -> NoReturn:
        """The bytes below, which are closed as well."""
        self._refuse()

"""The last line of a run on stderr: what there is now, and how an interrupted run goes on."""

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from iqa_cli.errors import UsageError
from iqa_cli.ground.wording import first_few
from iqa_cli.guard import holds
from iqa_cli.output import Tally
from iqa_cli.process import LONGEST, UNBEGUN, Terminated, go_on_as_typed, left_to_the_run, typed
from iqa_cli.terminal import Terminal

SAME = "the same command with --resume"


@contextmanager
def closing_line(
    terminal: Terminal, tally: Tally, files: Sequence[object], keeps: Sequence[object] = (), resumes: bool = True
) -> Iterator[None]:
    """Tell at the end of the block how many rows there are, how many failed, how long it took, and where they are.

    A run that ends early says what is kept and which command goes on from it. Without a file there is nothing to
    say of a run that went well.

    Args:
        terminal: where it is said.
        tally: of the run.
        files: all that there are at the end.
        keeps: those that an interrupted run goes on from.
        resumes: whether it takes `--resume` to do so.
    """
    left_to_the_run()
    try:
        yield
        if files:
            terminal.info(f"{tally.in_words() if tally.begun else 'written'}: {_listed(files)}")
    except (KeyboardInterrupt, Terminated):
        _tell_interrupted(terminal, tally, keeps, resumes)
        raise
    except BrokenPipeError:
        raise
    except Exception as error:
        refused = isinstance(error, UsageError) and tally.rows == tally.kept  # before the first row of its own
        if tally.rows and keeps and not refused:
            _tell_interrupted(terminal, tally, keeps, resumes)
        raise


def _tell_interrupted(terminal: Terminal, tally: Tally, keeps: Sequence[object], resumes: bool) -> None:
    there = [place for place in keeps if not isinstance(place, Path) or holds(place)]
    if not tally.begun:
        terminal.info(UNBEGUN)
        if there:
            terminal.info(go_on_as_typed())
        return
    unnamed = ", as no file of rows was named" if tally.noun == "row" else ""
    nothing = f"nothing stands in {_listed(keeps)}" if keeps else f"nothing is kept{unnamed}"
    where = f": kept in {_listed(there)}" if there else f"; {nothing}"
    terminal.info(f"interrupted after {tally.in_words()}{where if tally.rows else ''}")
    if there and tally.rows:
        terminal.info(f"go on with: {again(resumes)}")


def _listed(files: Sequence[object]) -> str:
    return first_few(files, limit=8)


def again(resumes: bool = True) -> str:
    """The command that goes on from what is kept; it is the same one where nothing need be said to do so."""
    words = typed()
    end = words.index("--") if "--" in words else len(words)  # of the options: what comes after it are paths
    options = [word for word in words[:end] if word not in ("--overwrite", "--resume")]
    command = shlex.join(["iqa", *options, *(["--resume"] if resumes else []), *words[end:]])
    return command if len(command) <= LONGEST else SAME if resumes else "the same command"

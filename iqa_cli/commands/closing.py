"""The last line of a run on stderr: what there is now, and how an interrupted run goes on."""

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from iqa_cli.ground.wording import first_few
from iqa_cli.output import Tally, Target, files_of
from iqa_cli.process import Terminated, typed
from iqa_cli.terminal import Terminal

SAME = "the same command with --resume"
LONGEST = 400  # characters of a command that is printed again; a glob of the shell may have made thousands


@contextmanager
def closing_line(
    terminal: Terminal, tally: Tally, targets: Sequence[Target], more: Sequence[Path] = ()
) -> Iterator[None]:
    """Tell at the end of the block how many rows there are, how many failed, how long it took, and where they are.

    A run that ends early says what is kept and which command goes on from it. Without a file there is nothing to
    say of a run that went well.

    Args:
        terminal: where it is said.
        tally: of the run.
        targets: where its rows go.
        more: further files that it writes when all rows are there.
    """
    try:
        yield
    except (KeyboardInterrupt, Terminated):
        _tell_interrupted(terminal, tally, targets)
        raise
    except BrokenPipeError:
        raise
    except Exception:
        if tally.rows and any(target.resumable for target in targets):
            _tell_interrupted(terminal, tally, targets)
        raise
    if files := [*files_of(targets), *more]:
        terminal.info(f"{tally.in_words() if tally.begun else 'written'}: {_listed(files)}")


def _tell_interrupted(terminal: Terminal, tally: Tally, targets: Sequence[Target]) -> None:
    if not tally.begun:
        terminal.info("interrupted before anything was scored")
        return
    resumable = [target.path for target in targets if target.path is not None and target.resumable]
    where = f": kept in {_listed(resumable)}" if resumable else "; none is kept, as no file of rows was named"
    terminal.info(f"interrupted after {tally.in_words()}{where if tally.rows else ''}")
    if resumable and tally.rows:
        terminal.info(f"go on with: {again()}")


def _listed(files: Sequence[Path]) -> str:
    return first_few(files, limit=8)


def again() -> str:
    """The command that goes on from what is kept."""
    words = [word for word in typed() if word not in ("--overwrite", "--resume")]
    command = shlex.join(["iqa", *words, "--resume"])
    return command if len(command) <= LONGEST else SAME

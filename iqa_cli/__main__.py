"""The entry point: errors become one line on stderr and an exit code."""

import sys
import traceback
import warnings

from iqa_cli.errors import ExitCode, IqaError
from iqa_cli.executing.cores import let_threads_sleep
from iqa_cli.process import (
    Terminated,
    expanded,
    forget_stdout,
    heeding_sigterm,
    open_streams,
    remember_arguments,
    tell_unbegun,
)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; always ends with SystemExit.

    `--debug`, anywhere among the arguments, puts its traceback before an error; exit codes stay.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in arguments
    remember_arguments(arguments)
    if not debug:
        warnings.filterwarnings("ignore", module=r"PIL\.")  # of damaged files, whose own line on stderr is enough
    warnings.filterwarnings("ignore", message="plug-in ")  # a command says it as a line of its own
    open_streams()
    let_threads_sleep()
    try:
        with heeding_sigterm():
            _run([argument for argument in expanded(arguments) if argument != "--debug"], debug)
    except (KeyboardInterrupt, Terminated) as stopped:
        if debug:
            traceback.print_exc()
        tell_unbegun()
        sys.exit(ExitCode.TERMINATED if isinstance(stopped, Terminated) else ExitCode.INTERRUPTED)


def _run(arguments: list[str], debug: bool) -> None:
    # Imported here, so that Ctrl-C during a slow import ends like any other.
    from iqa_cli.app import app
    from iqa_cli.terminal import quiet_on_closed_pipe

    try:
        with quiet_on_closed_pipe():
            try:
                app(args=arguments, prog_name="iqa", obj=debug)
            except SystemExit as leaving:
                _hint(leaving, arguments)
                if leaving.code == ExitCode.INTERRUPTED:
                    tell_unbegun()
                raise
            finally:
                sys.stdout.flush()  # or a full disk would be told by the interpreter, at its end
    except (IqaError, OSError) as error:
        forget_stdout()
        if debug:
            traceback.print_exc()
        _say(error)
        sys.exit(error.exit_code if isinstance(error, IqaError) else ExitCode.SOME_FAILED)


def _hint(leaving: SystemExit, arguments: list[str]) -> None:
    """Where an option is unknown that is the name of a file, how to give that file."""
    from pathlib import Path

    from iqa_cli.terminal import Terminal

    if type(leaving.__context__).__name__ != "NoSuchOption":
        return
    for name in arguments:
        if name.startswith("-") and Path(name).exists():
            Terminal().error(f"{name} is a file, but reads as an option: write ./{name}, or -- before the paths")


def _say(error: Exception) -> None:
    from iqa_cli.terminal import Terminal

    if isinstance(error, OSError) and error.strerror:  # a full disk, a folder without permission
        Terminal().error(f"{error.filename or 'output'}: {error.strerror}")
    else:
        Terminal().error(str(error))


if __name__ == "__main__":
    main()

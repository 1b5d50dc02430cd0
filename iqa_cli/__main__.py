"""The entry point: errors become one line on stderr and an exit code."""

import sys
import warnings
from io import TextIOWrapper


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; always ends with SystemExit.

    `--debug`, anywhere among the arguments, lets an error keep its traceback.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in arguments
    if not debug:
        warnings.filterwarnings("ignore", module=r"PIL\.")  # of damaged files, whose own line on stderr is enough
    if isinstance(sys.stdout, TextIOWrapper):  # data are UTF-8, whatever the locale says
        sys.stdout.reconfigure(encoding="utf-8")
    try:
        # Imported here, so that Ctrl-C during a slow import ends like any other.
        from iqa_cli.app import app
        from iqa_cli.errors import ExitCode, IqaError
        from iqa_cli.terminal import quiet_on_closed_pipe

        try:
            with quiet_on_closed_pipe():
                app(args=[a for a in arguments if a != "--debug"], prog_name="iqa")
        except (IqaError, OSError) as error:
            if debug:
                raise
            _say(error)
            sys.exit(error.exit_code if isinstance(error, IqaError) else ExitCode.SOME_FAILED)
    except KeyboardInterrupt:
        if debug:
            raise
        sys.exit(130)


def _say(error: Exception) -> None:
    from iqa_cli.terminal import Terminal

    if isinstance(error, OSError) and error.strerror:  # a full disk, a folder without permission
        Terminal().error(f"{error.filename or 'output'}: {error.strerror}")
    else:
        Terminal().error(str(error))


if __name__ == "__main__":
    main()

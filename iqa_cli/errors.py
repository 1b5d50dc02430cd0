"""What can go wrong, each kind with the exit code it ends the command with."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every `iqa` command."""

    OK = 0
    SOME_FAILED = 1
    USAGE = 2
    BELOW_THRESHOLD = 3
    WEIGHTS = 4
    INTERRUPTED = 130
    TERMINATED = 143


class IqaError(Exception):
    """A failure the user can act on: one clear line naming the thing and the remedy.

    The command line prints the message on stderr and leaves with `exit_code`; a traceback
    is shown before it only with `--debug`.
    """

    exit_code = ExitCode.SOME_FAILED


class UsageError(IqaError):
    """The command was asked for something it cannot do (unknown name, unpaired files, ...)."""

    exit_code = ExitCode.USAGE


class ImageError(IqaError):
    """One image cannot be read or scored. It costs its own row, never the run."""


class WeightsError(IqaError):
    """Trained weights are missing, damaged or do not fit the model."""

    exit_code = ExitCode.WEIGHTS


class MissingExtraError(IqaError):
    """An optional dependency is not installed; the message names the extra to install."""

    exit_code = ExitCode.USAGE

    def __init__(self, purpose: str, extra: str):
        super().__init__(f"{purpose} needs an optional package: pip install 'iqa-cli[{extra}]'")

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


NEEDS_EXTRA = "needs an optional package: pip install"
NEEDS_MENDING = "needs a package of "


def lacking_extra(extra: str, error: ImportError | None = None) -> str:
    """What to do without the package of an extra, after what needs it.

    Args:
        extra: that brings the package.
        error: of its import. One that is installed and breaks is not mended by installing it: then its reason is told.
    """
    if error is None or (isinstance(error, ModuleNotFoundError) and "." not in (error.name or "")):
        return f"{NEEDS_EXTRA} 'iqa-cli[{extra}]'"
    reason = " ".join(str(error).split())
    return f"{NEEDS_MENDING}iqa-cli[{extra}] that is installed but cannot be imported: {reason}"


class MissingExtraError(IqaError):
    """An optional dependency cannot be imported; the message names the extra to install, or why it breaks."""

    exit_code = ExitCode.USAGE

    def __init__(self, purpose: str, extra: str, error: ImportError | None = None):
        super().__init__(f"{purpose} {lacking_extra(extra, error)}")

"""A format of output by its name and suffix, and which one is meant."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from iqa_cli.errors import MissingExtraError, UsageError


@dataclass(frozen=True)
class Format:
    """What every table of formats says: a name for `--format`, and the suffix of its files.

    `package` is what the format needs and `extra` the optional dependency that brings it. `binary` formats are
    written to a file of their own and never to standard output.
    """

    name: str
    suffix: str
    package: str = ""
    extra: str = ""
    binary: bool = False


def choose_format(explicit: str | None, path: Path | None, stdout_is_tty: bool, known: Mapping[str, Format]) -> str:
    """The name of the format asked for, else of the file's suffix, else a table for a person and CSV for a pipe.

    Raises:
        UsageError: the format or suffix is not among `known`, or a binary one is to go to standard output.
        MissingExtraError: what the format needs cannot be imported.
    """
    by_suffix = {format.suffix: format for format in known.values()}
    if explicit is not None:
        if explicit not in known:
            raise UsageError(f"unknown format {explicit!r}; use one of {', '.join(known)}")
        format = known[explicit]
    elif path is not None:
        if path.suffix.lower() not in by_suffix:
            raise UsageError(f"{path}: unknown suffix; use one of {', '.join(by_suffix)}, or give --format")
        format = by_suffix[path.suffix.lower()]
    else:
        format = known["table" if stdout_is_tty else "csv"]
    if format.binary and path is None:
        raise UsageError(f"{format.name.capitalize()} is not for stdout: name a file with -o FILE")
    if format.package:
        try:
            import_module(format.package)  # to find it is not enough: one that breaks would, once all is scored
        except ImportError as error:
            raise MissingExtraError(f"{format.name.capitalize()} output", format.extra, error) from error
    return format.name

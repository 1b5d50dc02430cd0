"""What is said of where a cluster is, and how a word of the command line is told from a path; no Ray is imported."""

import re
from collections.abc import Sequence

from iqa_cli.errors import UsageError

OPTION = "--ray"
HERE = "here"  # the address of a cluster on this machine, which begins and ends with the run
CLIENT = "ray://"  # before the address of a cluster that this process is no part of
_ADDRESS = re.compile(r"auto|ray://\S+|[\w.-]+:\d+")


def is_address(word: str) -> bool:
    """Whether a word is the address of a cluster: `auto`, `ray://HOST:PORT` or `HOST:PORT`.

    A file that is called so is given as `./auto`.
    """
    return _ADDRESS.fullmatch(word) is not None


def with_address(arguments: Sequence[str]) -> list[str]:
    """Arguments in which `--ray` has a value: the address that follows, if one does, else `HERE`.

    So it may stand anywhere, also before a path.
    """
    told: list[str] = []
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word == "--":  # what follows are paths
            return [*told, word, *rest]
        if word == OPTION:
            word = f"{OPTION}={rest.pop(0) if rest and is_address(rest[0]) else HERE}"
        told.append(word)
    return told


def check_address(address: str) -> None:
    """Raises UsageError for what is no address."""
    if address != HERE and not is_address(address):
        raise UsageError(
            f"{OPTION} {address}: give auto, ray://HOST:PORT or HOST:PORT, or no address for a cluster on this machine"
        )

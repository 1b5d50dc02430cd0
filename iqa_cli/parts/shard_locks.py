"""Who has a shard: one process of a machine at a time, by a lock beside its part. At URLs there are no locks."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from iqa_cli.errors import UsageError
from iqa_cli.ground.locks import alone_with, is_held
from iqa_cli.parts.part_files import clear
from iqa_cli.parts.part_names import ANY_PART, Part, place_of
from iqa_cli.parts.shards import Shard
from iqa_cli.storage.folder import Folder


@contextmanager
def alone(folder: Folder, part: Part) -> Iterator[None]:
    """No other process of this machine has the shard, and what one that was killed left half written is gone.

    Raises:
        UsageError: another process has it, or the folder cannot be made.
    """
    with ExitStack() as stack:
        if folder.path is not None:
            try:
                folder.path.mkdir(parents=True, exist_ok=True)
                stack.enter_context(alone_with(folder.path / part.place))
            except OSError as error:
                why = f"cannot be made ({error.strerror}); name another folder"
                raise UsageError(f"{folder.name}/: {why}") from error
            except UsageError:
                raise _busy(folder, part.shard) from None
            for beginning in (part.place, part.numbers):
                folder.forget_unfinished(f"{beginning}-")
        yield


def check_free(folder: Folder, shard: Shard) -> None:
    """Raises UsageError where another process of this machine has a shard.

    Nothing is taken: of two that begin at the same moment both find it free, and the first to take it keeps it.
    """
    if folder.path is not None and is_held(folder.path / place_of(shard)):
        raise _busy(folder, shard)


def clear_alone(folder: Folder, own: Part | None = None) -> None:
    """Remove all that runs have written into a folder, while no process of this machine is at work on any shard.

    Args:
        folder: of the parts.
        own: of the shard that this process has already; None where it has none.

    Raises:
        UsageError: another process has a shard.
        IqaError: what is there cannot be removed.
    """
    with ExitStack() as stack:
        for lock in sorted(folder.path.glob(f".{ANY_PART}.lock")) if folder.path is not None else ():
            place = lock.with_name(lock.name[1:].removesuffix(".lock"))
            if own is None or place.name != own.place:
                stack.enter_context(alone_with(place))
        clear(folder)


def _busy(folder: Folder, shard: Shard) -> UsageError:
    told = f"shard {shard} is being scored by another process; wait for it, or take another one"
    return UsageError(f"{folder.name}/: {told}")

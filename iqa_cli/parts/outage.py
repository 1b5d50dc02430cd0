"""An outage while a shard is scored: no rights, no connection. Its rows would stand as if the images were at fault."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from iqa_cli.errors import IqaError, UsageError
from iqa_cli.records import Record

IN_A_ROW = 32  # images that cannot be reached, and none that can between them, before a run into parts ends
REMEDY = "mend the access, and the same command goes on"


class Outage:
    """Sees the rows of a shard, and ends the run where none of its images can be reached any more."""

    def __init__(self) -> None:
        self._in_a_row = 0

    def see(self, record: Record) -> None:
        """Take in a row. Raises IqaError where it is one too many."""
        self._in_a_row = self._in_a_row + 1 if record.unreachable else 0
        if self._in_a_row >= IN_A_ROW:
            raise IqaError(f"{record.error}; so are {IN_A_ROW} images in a row: no part is written; {REMEDY}")


def check_reached(records: Sequence[Record]) -> None:
    """Raises IqaError where no image of a shard could be reached: these rows make no part."""
    if records and all(record.unreachable for record in records):
        told = f"so are all images of the share: no part is written; {REMEDY}"
        raise IqaError(f"{records[-1].error}; {told}")


@contextmanager
def before_scoring() -> Iterator[None]:
    """A folder at a URL that cannot be read or written to before anything is scored is wrong use, as one here is."""
    try:
        yield
    except IqaError as error:
        if type(error) is IqaError:
            raise UsageError(str(error)) from error
        raise

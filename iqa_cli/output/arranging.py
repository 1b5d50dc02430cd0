"""Rows in another order than that of the jobs: they are written again when all are known."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from iqa_cli.errors import UsageError
from iqa_cli.ground.filenames import natural
from iqa_cli.ground.wording import alternatives
from iqa_cli.output.json_rows import JsonWriter
from iqa_cli.output.rows import Columns
from iqa_cli.output.target import Target
from iqa_cli.output.writer import TellsOfAPart, cannot_write, open_writer
from iqa_cli.records import ModelInfo, Record

Arrange = Callable[[Sequence[Record], Target], Sequence[Record]]
"""From the rows of a run to those of one output, in its order."""

ORDERS = ("best", "worst", "name")


class Described(Protocol):
    """What the writers must know of a run beside its rows: a session."""

    @property
    def meta(self) -> Mapping[str, Any]:
        """How its scores come about."""

    @property
    def models(self) -> Sequence[ModelInfo]:
        """What gives them."""


def check_order(order: str | None) -> None:
    """Raises UsageError for an order of rows that there is not."""
    if order not in (None, *ORDERS):
        raise UsageError(f"--sort {order}: rows come by {alternatives(list(ORDERS))}")


def by_score(records: Sequence[Record], model: ModelInfo, worst_first: bool = False) -> list[Record]:
    """Records by the score of a model, the best first; equal ones as they came, those without a score last."""
    scored = [record for record in records if record.number(model.name) is not None]
    rest = [record for record in records if record.number(model.name) is None]
    descending = model.higher_is_better != worst_first
    return [*sorted(scored, key=lambda record: record.number(model.name) or 0.0, reverse=descending), *rest]


def sorting(order: str, models: Sequence[ModelInfo]) -> Arrange:
    """Rows by `best` or `worst` first, as the first model says, or by the `name` of their image, numbers as numbers."""
    if order == "name":
        return lambda records, target: sorted(records, key=lambda record: natural(record.job.image))
    return lambda records, target: by_score(records, models[0], order == "worst")


def write_arranged(
    targets: Sequence[Target],
    columns: Columns,
    session: Described,
    records: Sequence[Record],
    arrange: Arrange,
    members: Mapping[str, Any],
    whole: bool,
) -> None:
    """Write all rows of a run to its outputs, in their order. What a file has is there until all of it is.

    Args:
        targets: the outputs.
        columns: of the rows.
        session: of the run.
        records: the rows.
        arrange: puts them in order.
        members: further members of a JSON document.
        whole: whether none is missing.

    Raises:
        IqaError: an output cannot be written.
    """
    for target in targets:
        arranged = arrange(records, target)
        kept = arranged if target.resumable else ()
        try:
            with open_writer(target.format, target.path, columns, session.meta, session.models, kept) as writer:
                for record in arranged if not kept else ():
                    writer.write(record)
                if isinstance(writer, JsonWriter):
                    writer.conclusion.update(members)
                if not whole and isinstance(writer, TellsOfAPart):
                    writer.cut_short()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise cannot_write(target.path, error) from error

"""Scores for batches of columns: what Ray, Daft, Spark and other engines of data call on their workers."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, Unpack

from iqa_cli.errors import UsageError
from iqa_cli.ground.column_batches import check_free, rows_of, with_columns
from iqa_cli.ground.filenames import at_home
from iqa_cli.ground.named_bytes import NamedBytes
from iqa_cli.ground.python_words import in_python, speaks_python
from iqa_cli.options.engine_keywords import EngineKeywords, options_of, shows_engine_keywords
from iqa_cli.records import Job, Record
from iqa_cli.registry import first_model
from iqa_cli.weights.ready import find_models

if TYPE_CHECKING:
    from iqa_cli.engine.session import Session

STATUS, ERROR = "status", "error"  # the columns that tell of each row, as in `iqa score`
KEPT = 2  # sessions of a process, for functions that are unpickled anew for each batch
_sessions: dict[tuple, Session] = {}
_of_parent: tuple = ()  # what a forked process has of those it was forked from
_at_work = Lock()  # a session runs one batch at a time, whichever thread brings it


def _begin_anew() -> None:
    """In a process that was forked: no thread that could be at work came along, nor those of the models.

    The models of the process that forked are kept as they are: to close some waits for their threads.
    """
    global _sessions, _at_work, _of_parent
    _of_parent, _sessions, _at_work = (_sessions, _of_parent), {}, Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)


class BatchScorer:
    """Scores for batches of columns: called with one, it gives the same columns, and scores, status and error.

    It can be pickled, and opens its models at the first call in each process, where they serve all scorers that are
    alike; until then nothing is imported or read. A row that cannot be scored has its reason in `error`.

    Attributes:
        models: the names of the models, which are those of the columns with their scores.
    """

    @speaks_python()
    @shows_engine_keywords
    def __init__(
        self,
        models: str | Sequence[str] | None = None,
        *,
        image: str = "image",
        reference: str | None = None,
        **engine: Unpack[EngineKeywords],
    ):
        """Check what can be checked.

        Args:
            models: a model of `iqa models`, or several; when left out the first of the kind that fits.
            image: the column of the images to judge: names (paths, on the machine that scores; URLs; members of tars),
                or the bytes of files.
            reference: that of what they are compared with, alike; None for models that judge an image alone.
            engine: crops, luma, weights, device, threads ... as `iqa_cli.score` has them.

        Raises:
            UsageError: no such model or keyword, a value that will not do, a reference that is missing or not needed.
        """
        named = [models] if isinstance(models, str) else models
        names = [part.strip() for name in named or () for part in name.split(",")]
        specs = find_models(names) if names else [first_model(reference is not None)]
        comparing = [spec.name for spec in specs if spec.full_reference]
        if comparing and reference is None:
            raise UsageError(f"{comparing[0]} compares: say which column has the references, --reference NAME")
        if reference is not None and not comparing:
            raise UsageError(f"{specs[0].name} judges each image alone: leave out --reference")
        self.models = tuple(spec.name for spec in specs)
        self._image, self._reference = image, reference
        self._options = options_of(engine, specs)

    def __repr__(self) -> str:
        columns = f"image={self._image!r}" + (f", reference={self._reference!r}" if self._reference else "")
        return f"BatchScorer({list(self.models)!r}, {columns})"

    @speaks_python()
    def __call__(self, batch: Any) -> Any:
        """Score a batch.

        Args:
            batch: a mapping of columns (lists or one-dimensional arrays), a pandas frame, an Arrow table or record
                batch, of any number of rows.

        Returns:
            A batch of the same kind with all its columns, in the same order of rows; for each model its score (float64;
            none, in arrays and frames NaN, where there is none), and `status` ("ok" or "error") and `error`.

        Raises:
            UsageError: another container, a column not there or of another length, or one called like the outcome.
            WeightsError: a model has no trained weights.
        """
        check_free(batch, (*self.models, STATUS, ERROR))
        names = [self._image] if self._reference is None else [self._image, self._reference]
        given = [_job(row, names) for row in rows_of(batch, names)]
        records = iter(self._records([job for job in given if isinstance(job, Job)]))
        found = [next(records) if isinstance(job, Job) else Record(Job(""), error=job) for job in given]
        return with_columns(
            batch,
            {model: [record.number(model) for record in found] for model in self.models},
            {
                STATUS: [record.status for record in found],
                ERROR: [record.error and in_python(record.error) for record in found],
            },
        )

    def _records(self, jobs: Sequence[Job]) -> list[Record]:
        if not jobs:
            return []
        from iqa_cli.jobs import score_jobs

        with _at_work:
            return list(score_jobs(self._session(), jobs))

    def _session(self) -> Session:
        """The models, opened once in a process."""
        from iqa_cli.engine.session import open_session

        key = self.models, repr(self._options)
        if key not in _sessions:
            while len(_sessions) >= KEPT:
                del _sessions[next(iter(_sessions))]
            _sessions[key] = open_session(find_models(self.models), self._options)
        return _sessions[key]


def _job(cells: Sequence[Any], names: Sequence[str]) -> Job | str:
    """What is scored of a row, or why there is nothing."""
    inputs: list[str] = []
    for cell, name in zip(cells, names, strict=True):
        if isinstance(cell, bytes | bytearray | memoryview) and len(cell):
            inputs.append(NamedBytes(bytes(cell)))
        elif isinstance(cell, str | os.PathLike) and str(cell):
            inputs.append(at_home(cell))
        elif _is_missing(cell):
            return f"column {name!r} has nothing here: give the name of a file or its bytes"
        else:
            return f"column {name!r} has a {type(cell).__name__} here: give the name of a file or its bytes"
    return Job(inputs[0], inputs[1] if len(inputs) > 1 else None)


def _is_missing(cell: Any) -> bool:
    """Whether it is empty, or one of the values that stand for nothing."""
    if isinstance(cell, float):
        return math.isnan(cell)
    return cell is None or type(cell).__name__ == "NAType" or (hasattr(cell, "__len__") and not len(cell))

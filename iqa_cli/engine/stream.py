"""The run: jobs in, records out, in the order of the jobs and as soon as they are ready."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from iqa_cli.engine.decode_ahead import DecodedJob, DecodedQueue, DecodeOptions, decoding
from iqa_cli.executing.pieces import Sample
from iqa_cli.explaining.explanation import doubt
from iqa_cli.ground.wording import masked
from iqa_cli.records import Job, Record, Score

if TYPE_CHECKING:
    from iqa_cli.executing.executor import Executor
    from iqa_cli.executing.formula_executor import FormulaExecutor
    from iqa_cli.executing.onnx_executor import OnnxExecutor

CHUNK_JOBS = 16  # small images scored together; of large ones as many as fill a batch


Observer = Callable[[Job, Sample, dict[str, Score]], None]


def run(
    jobs: Iterable[Job],
    executors: "Sequence[Executor | FormulaExecutor | OnnxExecutor]",
    options: DecodeOptions,
    streaming: bool,
    observe: Observer = lambda job, sample, scores: None,
    alone: bool = False,
) -> Iterator[Record]:
    """Score every job with every model.

    A job that cannot be decoded or scored gives a record with its error; the run goes on. With
    `streaming` (jobs that arrive over time) a record never waits for a job not yet named. `observe` is
    shown the pixels of each job once it is scored.

    References are encoded anew in every run: a process that lives long may find another file under the same name.

    What is in a batch together moves scores in their last digit. On a CPU, where a batch of several images gains
    nothing, and with `alone` wherever it is, each job is scored by itself, and no score depends on its neighbours.
    """
    most = 1 if alone or all(executor.alone for executor in executors) else CHUNK_JOBS
    for executor in executors:
        executor.forget()
    paired = [executor.spec.name for executor in executors if executor.spec.full_reference]
    with decoding(jobs, options) as decoded:
        for chunk in _chunks(decoded, streaming, most, executors[0].full_batch):
            ready = [_unshared(item.sample, alone) for item in chunk if item.sample is not None]
            columns = {executor.spec.name: iter(executor.score(ready)) for executor in executors}
            for item in chunk:
                scores = {} if item.sample is None else {name: next(column) for name, column in columns.items()}
                if item.sample is not None:
                    observe(item.job, item.sample, scores)
                yield _record(item, scores, paired)


def _unshared(sample: Sample, alone: bool) -> Sample:
    """The sample; under a mask without the crops of its reference that jobs with other masks have encoded."""
    return replace(sample, reference_key=None) if alone and sample.mask is not None else sample


def _chunks(decoded: DecodedQueue, streaming: bool, most: int, most_pixels: int) -> Iterator[list[DecodedJob]]:
    chunk: list[DecodedJob] = []
    pixels = 0
    try:
        for item in decoded:
            chunk.append(item)
            pixels += 0 if item.sample is None else item.sample.image.size // 3
            if len(chunk) == most or pixels >= most_pixels or (streaming and not decoded.ready()):
                yield chunk
                chunk, pixels = [], 0
    except Exception:  # a bad line on standard input must not cost the rows before it
        yield chunk
        raise
    yield chunk


def _record(item: DecodedJob, scores: dict[str, Score], paired: Sequence[str]) -> Record:
    failures = [f"{name}: {s.details['reason']}" for name, s in scores.items() if s.status == "error"]
    failures += [f"{name}: the score is not a finite number" for name, s in scores.items() if s.status == "not finite"]
    padded = [f"{name}: {s.details['padded']}" for name, s in scores.items() if "padded" in s.details]
    error = item.error or ("; ".join(failures) and f"{item.job.image}: {'; '.join(failures)}") or None
    shares = {s.details["mask_share"] for s in scores.values() if "mask_share" in s.details}
    areas = [masked(share) for share in shares]
    asked = [doubt(scores[name].value, scores[name].details) for name in paired if name in scores]
    notes = (*item.notes, *areas, *padded, *filter(None, asked))
    return Record(item.job, scores, error, notes, item.unreachable)

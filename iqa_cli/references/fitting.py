"""Whether what a file has of references fits a run; no torch is imported for it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from iqa_cli.errors import UsageError
from iqa_cli.ground.wording import first_few
from iqa_cli.records import Job
from iqa_cli.references.contents import Maker, container_of, read_contents
from iqa_cli.registry import Spec


def check_references(jobs: Iterable[Job], specs: Sequence[Spec], described: Mapping[str, Mapping[str, Any]]) -> None:
    """See to it that references of which there are features alone were encoded by the model of the run, and alike.

    Args:
        jobs: whose references may be in files of `iqa encode`.
        specs: the models of the run.
        described: what the facts of the run tell of each model.

    Raises:
        UsageError: a file is damaged, they were not, or another model of the run, or masks and boxes of all of its
            jobs, need the images themselves.
    """
    files: dict[str, list[Job]] = {}
    for job in jobs:
        if (file := _file_of(job)) is not None:
            files.setdefault(file, []).append(job)
    for file, against in files.items():
        maker = read_contents(file).maker
        _check_maker(file, maker, specs, described)
        if maker.model in described and all(job.mask is not None or job.box is not None for job in against):
            raise UsageError(f"{file}: has features of whole images; masks and boxes need the references themselves")


def with_references_checked(
    jobs: Iterable[Job], specs: Sequence[Spec], described: Mapping[str, Mapping[str, Any]]
) -> Iterator[Job]:
    """Jobs that arrive over time, each file of references checked as by `check_references` when the first names it.

    A file that cannot be read, and a mask or a box, cost the rows of the jobs that have them.
    """
    seen: set[str] = set()
    for job in jobs:
        if (file := _file_of(job)) is not None and file not in seen:
            seen.add(file)
            try:
                maker = read_contents(file).maker
            except UsageError:
                pass  # `load_encoded` tells it in the row
            else:
                _check_maker(file, maker, specs, described)
        yield job


def _file_of(job: Job) -> str | None:
    """The file of encoded references that a job compares with one of, if it does."""
    file = None if job.reference is None else container_of(job.reference)
    return None if file == job.reference else file


def _check_maker(file: str, maker: Maker, specs: Sequence[Spec], described: Mapping[str, Mapping[str, Any]]) -> None:
    others = [spec.name for spec in specs if spec.full_reference and spec.name != maker.model]
    if others:
        raise UsageError(
            f"{file}: has what {maker.model} made of the references; {first_few(others)} cannot use that: "
            f"of models with a reference choose -m {maker.model} alone, or give the images"
        )
    if maker.model not in described:
        return  # models without a reference look at no file of them
    told = described[maker.model]
    if told["sha256"] != maker.sha256:
        raise UsageError(
            f"{file}: was made with the weights {maker.weights} ({maker.sha256[:12]}), but this run has "
            f"{told['weights']} ({told['sha256'][:12]}): run iqa encode again, or give --weights"
        )
    if told["crops"] != maker.crops:
        raise UsageError(
            f"{file}: its crops are {maker.crops}, those of this run {told['crops']}: give the same --crops, "
            "or run iqa encode again"
        )

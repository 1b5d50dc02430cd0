"""Whether what a file has of references fits a run; no torch is imported for it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from iqa_cli.errors import UsageError
from iqa_cli.ground.wording import first_few
from iqa_cli.records import Job
from iqa_cli.references.contents import container_of, read_contents
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
        if job.reference is not None and (file := container_of(job.reference)) != job.reference:
            files.setdefault(file, []).append(job)
    for file, against in files.items():
        maker = read_contents(file).maker
        others = [spec.name for spec in specs if spec.full_reference and spec.name != maker.model]
        if others:
            raise UsageError(
                f"{file}: has what {maker.model} made of the references; {first_few(others)} cannot use that: "
                f"of models with a reference choose -m {maker.model} alone, or give the images"
            )
        if maker.model not in described:
            continue  # models without a reference look at no file of them
        if all(job.mask is not None or job.box is not None for job in against):
            raise UsageError(f"{file}: has features of whole images; masks and boxes need the references themselves")
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

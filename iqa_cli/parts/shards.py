"""Which images belong to which shard: by the hash of their names, so that it stays when others come and go."""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from iqa_cli.errors import UsageError
from iqa_cli.ground.filenames import name_key
from iqa_cli.plan import Inputs
from iqa_cli.records import Job
from iqa_cli.storage.names import is_url

SLURM = "slurm"
# What a job array tells, and what a job step; the latter also stands in every task of an array, of which it is one.
ARRAY = ("SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_COUNT")
STEP = ("SLURM_PROCID", "SLURM_NTASKS")
WRITTEN = 8  # hexadecimal digits of a hash in a name


@dataclass(frozen=True, order=True)
class Shard:
    """One of `of` shares of an input, by its `index` from 0. An input that is not cut is one shard."""

    index: int = 0
    of: int = 1

    @classmethod
    def parse(cls, text: str, environment: Mapping[str, str] = os.environ) -> "Shard":
        """`0/4`, or `slurm` for what the scheduler tells each task.

        Raises:
            UsageError: it is neither, or no task of Slurm runs here.
        """
        if text == SLURM:
            return _of_slurm(environment)
        index, slash, of = text.partition("/")
        if not (slash and index.isdecimal() and of.isdecimal() and int(index) < int(of)):
            raise UsageError(f"--shard {text}: give I/N with I from 0 to N-1, such as 0/4, or slurm")
        return cls(int(index), int(of))

    def __str__(self) -> str:
        return f"{self.index}/{self.of}"


@dataclass(frozen=True)
class Cut:
    """An input, cut into shards.

    Attributes:
        shards: the jobs of each, in the order of the input.
        digests: of each, 8 hexadecimal digits of what its jobs are and in which order.
    """

    shards: Sequence[Sequence[Job]]
    digests: Sequence[str]

    @property
    def jobs(self) -> int:
        """How many there are in all."""
        return sum(map(len, self.shards))


def cut(jobs: Sequence[Job], roots: Sequence[str], shards: int) -> Cut:
    """Cut an input: each job goes to the shard that its key says, and stays in order there.

    Args:
        jobs: all of the input.
        roots: what keys are relative to, see `roots_of`.
        shards: how many there are, from 1.
    """
    parted: list[list[Job]] = [[] for _ in range(shards)]
    hashes = [hashlib.sha256() for _ in range(shards)]
    for job in jobs:
        key = key_of(job, roots)
        shard = shard_of(key, shards)
        parted[shard].append(job)
        columns = json.dumps([key, sorted((name, str(cell)) for name, cell in job.extra.items())])  # ASCII
        hashes[shard].update(f"{columns}\n".encode())
    return Cut(parted, [each.hexdigest()[:WRITTEN] for each in hashes])


def shard_of(key: str, shards: int) -> int:
    """The shard of a key: its SHA-256, as a number, modulo the number of shards."""
    return int.from_bytes(hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()) % shards


def key_of(job: Job, roots: Sequence[str]) -> str:
    """What a job is called wherever its folder lies: its image relative to the root; of a pair the reference before it.

    Names that differ in spelling alone, of accents, are one. Images that are frames keep their numbers.
    """
    names = (job.image,) if job.reference is None else (job.reference, job.image)
    return "\0".join(name_key(_relative(name, roots)) for name in names)


def names_digest(jobs: Iterable[Job]) -> str:
    """8 hexadecimal digits of what jobs are called in full, in order, by which one folder is told from another."""
    digest = hashlib.sha256()
    for job in jobs:
        digest.update(f"{full_key(job)}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:WRITTEN]


def full_key(job: Job) -> str:
    """What a job is called as it was given, by which rows are told apart."""
    return key_of(job, ())


def roots_of(inputs: Inputs) -> tuple[str, ...]:
    """What the keys of jobs are relative to: the folders, files and tars that were given, or the manifest's folder."""
    if inputs.manifest is not None:
        return (_folder(inputs.manifest),)
    return tuple(dict.fromkeys(given if is_url(given) else str(Path(given)) for given in inputs.paths))


def _relative(name: str, roots: Sequence[str]) -> str:
    name = name.replace(os.sep, "/")
    roots = [root.replace(os.sep, "/").rstrip("/") for root in roots if root not in ("", ".")]
    if any(name == root or name.startswith(f"{root}#") for root in roots):  # an image that was named itself
        return name.rpartition("/")[2]
    return name[max((len(root) + 1 for root in roots if name.startswith(f"{root}/")), default=0) :]


def _folder(manifest: str) -> str:
    return manifest.rpartition("/")[0] if is_url(manifest) else str(Path(manifest).parent)


def _of_slurm(environment: Mapping[str, str]) -> Shard:
    array, step = ([environment.get(name, "") for name in names] for names in (ARRAY, STEP))
    try:
        tasks = int(step[1]) if step[1] else 1
        task = int(step[0]) if step[0] else 0
        if all(array):
            number, lowest, count = map(int, array)
            maximum = int(environment.get("SLURM_ARRAY_TASK_MAX", lowest + count - 1))
            stride = int(environment.get("SLURM_ARRAY_TASK_STEP", 1))
            if maximum != lowest + (count - 1) * stride:
                raise UsageError(
                    "--shard slurm: the array has gaps, and its tasks leave out shares: give --array=0-N, or I/N"
                )
            return Shard((number - lowest) // stride * tasks + task, count * tasks)
        if all(step):
            return Shard(task, tasks)
    except ValueError as error:
        raise UsageError(f"--shard slurm: a number of Slurm's cannot be read ({error}); give I/N") from error
    told = f"{'/'.join(STEP)} or {ARRAY[0]}"
    raise UsageError(f"--shard slurm: this is no task of Slurm, which would tell {told}; use srun, or give I/N")

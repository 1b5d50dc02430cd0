"""What goes into planning and what comes out of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from iqa_cli.records import Job

DEFAULT_MATCH = "{stem}"


@dataclass(frozen=True)
class Inputs:
    """What the user typed after `iqa score`."""

    paths: tuple[str, ...] = ()
    manifest: str | None = None  # a CSV or JSONL file; "-" is standard input
    recursive: bool = False  # look into the subfolders of a folder
    match: str = DEFAULT_MATCH  # the distorted file's stem for a reference's stem
    allow_missing: bool = False  # skip images without a partner instead of stopping


@dataclass(frozen=True)
class Plan:
    """The jobs to run, in order."""

    jobs: Iterable[Job]  # a tuple when known in advance, a generator for standard input
    total: int | None  # None when not known in advance
    paired: bool  # rows carry reference and distorted (True) or image (False)
    messages: tuple[str, ...] = ()  # for stderr: what was left out

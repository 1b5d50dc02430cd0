"""The reports of `--report`, each declared once: written whole, after the last row."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from iqa_cli.errors import IqaError, UsageError
from iqa_cli.gate.account import Account
from iqa_cli.gate.digest import digest
from iqa_cli.gate.github import STEP_SUMMARY, annotations
from iqa_cli.gate.junit import junit
from iqa_cli.gate.summary import summary
from iqa_cli.ground.atomic import write_whole
from iqa_cli.ground.filenames import escaped
from iqa_cli.guard import holds
from iqa_cli.terminal import Terminal

GITHUB = "github"


@dataclass(frozen=True)
class Kind:
    """A report: how it is written, and how it begins, by which one of an earlier run is known."""

    write: Callable[[Account], str]
    begins: bytes


BY_SUFFIX = {
    ".xml": Kind(junit, b'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="iqa score"'),
    ".json": Kind(summary, b'{\n "iqa_summary":'),
    ".md": Kind(digest, b"### iqa "),
}


@dataclass(frozen=True)
class Reports:
    """Where to report: files, by whose suffix they are written, and GitHub Actions."""

    files: tuple[Path, ...] = ()
    github: bool = False

    @classmethod
    def of(cls, values: Sequence[str]) -> "Reports":
        """The values of `--report`. Raises UsageError for one that is neither `github` nor a file of a known suffix."""
        files = tuple(Path(value) for value in values if value != GITHUB)
        for file in files:
            if file.suffix.lower() not in BY_SUFFIX:
                raise UsageError(
                    f"--report {file}: name FILE.xml (JUnit), FILE.json or FILE.md, or {GITHUB} for annotations"
                )
        return cls(files, GITHUB in values)

    def __bool__(self) -> bool:
        return bool(self.files) or self.github

    def forget_earlier(self, inputs: Iterable[str | Path | None]) -> None:
        """Remove reports of an earlier run, before anything can fail: they must not pass for those of this one.

        Nothing is checked yet, so what is no report, or is one of the `inputs`, stays.
        """
        read = [path for path in inputs if path is not None and os.path.exists(path)]  # noqa: PTH110 (any word)
        for file in self.files:
            if file.is_file() and not any(file.samefile(path) for path in read) and _is_report(file):
                file.unlink()

    def refuse_foreign(self) -> None:
        """Raises UsageError for a file that holds something else than a report, for a run that replaces reports."""
        for file in self.files:
            if holds(file) and not _is_report(file):
                raise UsageError(f"--report {file}: is there already, and is no report of iqa; name another file")

    def forget(self) -> None:
        """Remove what an earlier run reported: it must not pass for this one's, should that be interrupted."""
        for file in self.files:
            if file.is_file():
                file.unlink()

    def write(self, account: Account, terminal: Terminal) -> None:
        """Write all of them. Raises IqaError, after all others are written, for one that cannot be."""
        lost = []
        for file in self.files:
            try:
                write_whole(file, escaped(BY_SUFFIX[file.suffix.lower()].write(account)))
            except OSError as error:
                lost.append(f"{file}: the report cannot be written ({error.strerror})")
        if self.github:
            for line in annotations(account, os.environ):
                terminal.command(line)
            if place := os.environ.get(STEP_SUMMARY):
                try:
                    with Path(place).open("a", encoding="utf-8", errors="backslashreplace") as stream:
                        stream.write(digest(account))
                except OSError as error:
                    lost.append(f"{place}: the summary of the step cannot be written ({error.strerror})")
        if lost:
            raise IqaError("; ".join(lost))


def _is_report(file: Path) -> bool:
    """Whether a file begins as the reports of its suffix do."""
    begins = BY_SUFFIX[file.suffix.lower()].begins
    with file.open("rb") as stream:
        return stream.read(len(begins)) == begins

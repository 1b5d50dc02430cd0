"""The reports of `--report`, each declared once: written whole, after the last row."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from iqa_cli.errors import IqaError, UsageError
from iqa_cli.gate.account import Account
from iqa_cli.gate.digest import digest
from iqa_cli.gate.github import STEP_SUMMARY, annotations
from iqa_cli.gate.junit import junit
from iqa_cli.gate.summary import summary
from iqa_cli.ground.atomic import write_whole
from iqa_cli.terminal import Terminal

GITHUB = "github"
BY_SUFFIX: dict[str, Callable[[Account], str]] = {".xml": junit, ".json": summary, ".md": digest}


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
                write_whole(file, BY_SUFFIX[file.suffix.lower()](account))
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

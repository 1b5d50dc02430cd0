"""What GitHub Actions show of a run: annotations, which are lines of output, and the summary of the step, a file."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from iqa_cli.gate.account import Account, Finding, findings_of
from iqa_cli.ground.wording import counted

SHOWN = 10  # annotations of a kind that GitHub shows of a step
WORKSPACE, STEP_SUMMARY = "GITHUB_WORKSPACE", "GITHUB_STEP_SUMMARY"


def annotations(account: Account, environment: Mapping[str, str]) -> Iterator[str]:
    """Lines `::error file=...,title=...::...`, the first ten reasons; the last tells how many more there are."""
    found = list(findings_of(account.verdict))
    workspace = environment.get(WORKSPACE)
    shown = found if len(found) <= SHOWN else found[: SHOWN - 1]
    for finding in shown:
        yield _line(finding, workspace)
    if len(found) > len(shown):
        yield f"::error title=iqa::{counted(len(found) - len(shown), 'further finding')}, see the summary of this step"


def _line(finding: Finding, workspace: str | None) -> str:
    title = f"title={_property(f'iqa {finding.model}'.strip())}"
    where = f"file={_property(_in_repository(finding.job.image, workspace))}," if finding.job else ""
    return f"::error {where}{title}::{_data(finding.text)}"


def _in_repository(path: str, workspace: str | None) -> str:
    """Relative to the checkout, as annotations have it; a file elsewhere keeps its name."""
    whole = Path(os.path.abspath(path))  # noqa: PTH100 (links stay)
    return whole.relative_to(workspace).as_posix() if workspace and whole.is_relative_to(workspace) else path


def _data(text: str) -> str:
    """As the runner takes it back: a message may have any sign."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """A property ends at a comma, and all of them at a colon."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")

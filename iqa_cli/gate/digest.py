"""The report for people who read Markdown: a table of the models, what is wrong, what was not compared."""

from iqa_cli.gate.account import Account, Finding, findings_of
from iqa_cli.gate.drops import Change
from iqa_cli.gate.telling import remarks
from iqa_cli.ground.wording import counted
from iqa_cli.records import ModelInfo
from iqa_cli.tables.grid import Cell, Column, Grid
from iqa_cli.tables.markdown import markdown_table, markdown_text

LISTED = 50  # findings; the files of rows have them all


def digest(account: Account) -> str:
    """The whole document. A step of GitHub may take a mebibyte of it; this is a hundred times smaller."""
    verdict = account.verdict
    rows, failed = counted(len(verdict.records), "image"), len(verdict.failed)
    title = f"iqa {account.meta['iqa']}: {'passed' if account.passed else 'failed'}"
    caption = f"{rows}, {failed} failed, {account.seconds:.1f} s, exit code {account.exit_code:d}"
    parts = [markdown_table(Grid.of(title, caption, _columns(account)))]
    found = list(findings_of(verdict))
    lines = [f"- {markdown_text(_whole(finding))}\n" for finding in found[:LISTED]]
    if len(found) > LISTED:
        lines.append(f"- and {len(found) - LISTED} more\n")
    lines += [f"- {markdown_text(line)}\n" for line in remarks(verdict)]
    return "\n".join([*parts, "".join(lines)]).rstrip("\n") + "\n"


def _whole(finding: Finding) -> str:
    """With the image, which an error names itself."""
    return finding.text if finding.job is None or finding.kind == "error" else f"{finding.job.image}: {finding.text}"


def _columns(account: Account) -> list[tuple[Column, list[Cell]]]:
    models = account.verdict.models
    columns = [
        (Column("model", numeric=False), [Cell(f"{model.name} {model.range.arrow}") for model in models]),
    ]
    for mean in account.means:
        name = f"mean of {mean['folder']}" if mean["folder"] else "mean"
        columns.append((Column(name), [_mean(mean["mean"], model) for model in models]))
    if any(model.threshold is not None for model in models):
        misses = account.verdict.misses
        columns.append((Column("below threshold"), [_missed(model, len(misses[model.name])) for model in models]))
    if against := account.verdict.against:
        columns.append((Column("mean then → now"), [_change(against.means.get(model.name)) for model in models]))
        columns.append((Column("dropped"), [Cell(str(len(against.drops.get(model.name, ())))) for model in models]))
        columns.append((Column("compared"), [Cell(against.share(model.name)) for model in models]))
    return columns


def _mean(means: dict[str, float | None], model: ModelInfo) -> Cell:
    mean = means[model.name]
    return Cell("–" if mean is None else f"{mean:.4f}")


def _missed(model: ModelInfo, count: int) -> Cell:
    return Cell("–" if model.threshold is None else f"{count} {model.range.beyond} {model.threshold:g}")


def _change(mean: Change | None) -> Cell:
    return Cell("–" if mean is None else mean.text)

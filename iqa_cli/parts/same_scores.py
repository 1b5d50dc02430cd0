"""Whether scores of several runs mean the same: no models and no options are mixed where rows come together."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from iqa_cli.errors import UsageError
from iqa_cli.output.run_facts import Difference, differences
from iqa_cli.parts.scored_rows import ScoredRows
from iqa_cli.registry import Spec

RULES = {"luma": "rgb", "crop_border": "0", "ssim_windows": "gaussian"}  # of classical models, as rows tell them


def check_same_scores(sources: Sequence[ScoredRows], specs: Sequence[Spec]) -> None:
    """See to it that scores of one model were made alike, wherever they are.

    Args:
        sources: files and folders of rows; where nothing tells how rows were made, what they themselves tell counts.
        specs: the models that are asked for, of which a source may have only some.

    Raises:
        UsageError: it names the first two that do not go together, and every difference.
    """
    for place, source in enumerate(sources):
        for first in sources[:place]:
            shared = [spec for spec in specs if spec.name in first.columns and spec.name in source.columns]
            if changed := list(_changes(first, source, shared)) if shared else []:
                what = "; ".join(f"{name} {before} and {now}" for name, before, now in changed)
                raise UsageError(
                    f"{first.name} and {source.name} were scored otherwise, so their scores do not go together: "
                    f"{what}. Score one of them anew, with the options of the other"
                )


def facts_about(source: ScoredRows, specs: Sequence[Spec]) -> dict[str, Any]:
    """What makes the scores of some of its models."""
    models = {spec.name: source.facts["models"].get(spec.name, {}) for spec in specs}
    return {**source.facts, "models": models}


def rules_in(source: ScoredRows) -> Mapping[str, str]:
    """How classical models scored, as the rows tell it."""
    row = source.rows[0] if source.rows else {}
    return {name: row.get(name) or default for name, default in RULES.items()}


def _changes(first: ScoredRows, source: ScoredRows, shared: Sequence[Spec]) -> Iterator[Difference]:
    if first.facts and source.facts:
        yield from differences(facts_about(first, shared), facts_about(source, shared))
    elif any(spec.takes_luma for spec in shared) and {"luma"} <= set(first.columns) & set(source.columns):
        before, now = rules_in(first), rules_in(source)
        yield from ((name.replace("_", " "), before[name], now[name]) for name in RULES if before[name] != now[name])

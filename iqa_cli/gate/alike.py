"""How the scores of an earlier run were made, as far as its files tell, and whether this run makes them alike."""

from collections.abc import Mapping, Sequence
from typing import Any

from iqa_cli.errors import UsageError
from iqa_cli.parts.scored_rows import ScoredRows
from iqa_cli.registry import MOST_CROPS

# What makes scores of one model differ on the same pixels. Versions and devices may differ: they move no score that
# these leave alone, but for rounding.
MODEL_FACTS = ("sha256", "precision", "crops", "luma", "crop_border", "ssim_windows", "view_size")
COLUMNS = ("luma", "crop_border", "ssim_windows")  # of classical models, in every row
OWN_SIZE = "the images' own"
WINDOWS = "gaussian"  # of classical models where no protocol says otherwise, and nothing is told of them

Facts = Mapping[str, Mapping[str, str]]


def run_facts(scored: ScoredRows, models: Sequence[str]) -> Facts:
    """The facts by model of rows that are there, as far as they are told, or else stand in the rows."""
    described = scored.facts.get("models", {})
    found = {model: model_facts(described.get(model, {})) for model in models}
    rows = scored.rows
    constants = model_facts({name: rows[0][name] for name in COLUMNS if rows and rows[0].get(name)})
    return {model: facts or constants for model, facts in found.items()}


def model_facts(description: Mapping[str, Any]) -> dict[str, str]:
    """What counts of the description of one model, as text."""
    untold = {"ssim_windows": WINDOWS} if "luma" in description else {}
    untold |= {"view_size": OWN_SIZE} if "kind" in description else {}
    told = {**untold, **description}
    return {name: str(told[name]) for name in MODEL_FACTS if told.get(name) is not None}


def check_alike(path: str, before: Facts, described: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse an earlier run whose scores mean something else.

    Args:
        path: its file, for messages.
        before: its facts.
        described: the models of this run, as the metadata of a session have them.

    Raises:
        UsageError: a fact is known on both sides and differs.
    """
    for model, facts in before.items():
        now = model_facts(described.get(model, {}))
        for name in facts.keys() & now.keys():
            if facts[name] != now[name]:
                then, today = (text[:12] if name == "sha256" else text for text in (facts[name], now[name]))
                raise UsageError(
                    f"--baseline {path}: {model} was scored with {name} {then}, this run has {today}: these scores "
                    "do not compare; give the same options, or score the baseline anew"
                )


def untold(
    path: str, before: Facts, described: Mapping[str, Mapping[str, Any]], crops_by_default: bool = True
) -> str | None:
    """A warning where nothing tells how trained models scored in an earlier run; None where their files do.

    Args:
        path: its file.
        before: its facts.
        described: as in `check_alike`.
        crops_by_default: nobody says how many crops this run takes, or which.
    """
    now = {model: model_facts(described.get(model, {})) for model in before}
    lacking = [model for model, facts in before.items() if {"sha256", "crops"} & now[model].keys() - facts.keys()]
    if not lacking:
        return None
    cropped = any("crops" in now[model] for model in lacking)
    what = "crops, weights and options" if cropped else "weights and options"
    told = (
        f"--baseline {path}: does not tell with which {what} {', '.join(lacking)} scored, taken to be those of this run"
    )
    if cropped and crops_by_default:
        return f"{told}; the crops by default have changed: where it has those of before, give --crops {MOST_CROPS}"
    return told

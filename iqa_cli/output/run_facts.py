"""What makes the scores of a run, and whether rows that are there were made alike: one rule for files and for parts."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from iqa_cli.errors import UsageError
from iqa_cli.options.run_options import EngineOptions
from iqa_cli.output.rows import strict

# Of a session's `meta`; these may change between two runs over a file.
MACHINE = ("numpy", "torch", "onnxruntime", "device")
# What an entry of a model says beside what makes its scores, or says again.
DESCRIBES = {"kind", "range", "higher_is_better", "paper", "pooling", "identity", "weights"}
SHOWN = 12  # digits of a hash
NOT_TOLD = "unknown"  # the version of a run of which nothing tells
Difference = tuple[str, str, str]  # what differs, as it was and as it is
UNTOLD = {name: getattr(EngineOptions, name) for name in ("engine", "raw", "frame")}  # told only where it was asked for


def facts_of(meta: Mapping[str, Any]) -> dict[str, Any]:
    """What makes the scores of a run: the `meta` of its session without the machine."""
    facts = {name: value for name, value in meta.items() if name not in MACHINE}
    return json.loads(json.dumps(strict({**facts, "iqa": generation(meta["iqa"])})))


def are_facts(told: Any) -> bool:
    """Whether what a file tells has the form of facts: one mapping, with one for each model."""
    models = told.get("models") if isinstance(told, dict) else None
    return isinstance(models, dict) and all(isinstance(facts, dict) for facts in models.values())


def generation(version: str) -> str:
    """The part of a version in which all releases give the same scores: up to the first number that is not 0.

    >>> generation("0.4.2"), generation("3.1.0")
    ('0.4', '3')
    """
    numbers = version.split(".")
    first = next((place for place, number in enumerate(numbers) if number != "0"), len(numbers) - 1)
    return ".".join(numbers[: first + 1])


def check_facts(
    rows: object,
    earlier: Mapping[str, Any],
    facts: Mapping[str, Any],
    remedy: str = "name another FILE, or score all anew by --overwrite",
) -> None:
    """See to it that rows which are there were made as those to come.

    Args:
        rows: where they are, for the message.
        earlier: their facts.
        facts: of this run, as `facts_of` has them.
        remedy: what to do, beside giving the same options.

    Raises:
        UsageError: it names every difference.
    """
    told = [f"{name} {before}, now {now}" for name, before, now in differences(earlier, facts)]
    if told:
        raise UsageError(f"{rows}: its rows were made otherwise: {'; '.join(told)}. Give the same options, {remedy}")


def check_columns(
    rows: object,
    names: Sequence[str],
    expected: Sequence[str],
    remedy: str = "choose another FILE, or --overwrite this one",
) -> None:
    """Raises UsageError where rows that are there have other columns than those to come."""
    if tuple(names) != tuple(expected):
        raise UsageError(
            f"{rows}: has the columns {', '.join(names)}, but this run writes {', '.join(expected)}; "
            f"ask for the same models and manifest columns, {remedy}"
        )


def digest_of(facts: Mapping[str, Any], columns: Sequence[str]) -> str:
    """64 hexadecimal digits that are the same where rows of these columns go together with those of other facts."""
    told = {name: value for name, value in facts.items() if value != UNTOLD.get(name)}
    told["models"] = {
        model: {name: value for name, value in described.items() if name not in DESCRIBES and value != UNTOLD.get(name)}
        for model, described in facts["models"].items()
    }
    return hashlib.sha256(json.dumps([told, list(columns)], sort_keys=True).encode()).hexdigest()


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    """What makes the scores of one run and not of another, as `facts_of` has them; of models those of the new one."""
    models = "models"
    told = list(_changed({**old, models: None}, {**new, models: None}))
    yield from told
    for model, facts in new[models].items():  # each repeats what of the run makes its scores: told once, for all
        changed = _changed(old.get(models, {}).get(model, {}), facts)
        yield from ((f"{model} {name}", was, now) for name, was, now in changed if (name, was, now) not in told)


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    for name in dict.fromkeys((*old, *new)):
        before, now = (told.get(name, UNTOLD.get(name)) for told in (old, new))
        if before == now or name in DESCRIBES:
            continue
        if name == "sha256":
            name, before, now = "weights", _weights(old), _weights(new)
        yield name.replace("_", " "), _shown(before), _shown(now)


def _weights(facts: Mapping[str, Any]) -> str:
    return f"{facts.get('weights', 'unknown')} (sha256 {str(facts.get('sha256'))[:SHOWN]})"


def _shown(value: Any) -> str:
    if value is None:
        return "not given"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

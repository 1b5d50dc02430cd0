"""What a run was, in a file beside its rows: `scores.csv.run.json`, for `--resume` and for scripts.

    {"format": 1, "rows": "scores.csv", "facts": {...}, "runs": [{...}], "summary": {...}}

`facts` make the scores and hold for all rows: options and, by model, weights, crops, precision, rules. `runs` has when
each run over this file began and ended, what it wrote, and on what machine; `summary` is the tally of all rows,
null while a run goes on and after a kill. See docs/scoring.md.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from iqa_cli.errors import UsageError
from iqa_cli.ground.atomic import write_whole
from iqa_cli.options.run_options import EngineOptions
from iqa_cli.output.rows import strict
from iqa_cli.output.tally import Tally

FORMAT = 1
SUFFIX = ".run.json"
# Of a session's `meta`; these may change between two runs over a file.
MACHINE = ("numpy", "torch", "onnxruntime", "device")
# What an entry of a model says beside what makes its scores, or says again.
DESCRIBES = {"kind", "range", "higher_is_better", "paper", "pooling", "identity", "weights"}
SHOWN = 12  # digits of a hash
UNTOLD = {name: getattr(EngineOptions, name) for name in ("engine", "raw", "frame")}  # told only where it was asked for


def run_file(rows: Path) -> Path:
    """The file that tells of the run whose rows are in `rows`."""
    return rows.with_name(rows.name + SUFFIX)


def read_run(rows: Path) -> dict[str, Any] | None:
    """What is told of the run whose rows are there; None where nothing is.

    Raises:
        UsageError: a file of that name is there, and not ours.
    """
    path = run_file(rows)
    if not path.exists():
        return None
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        known = document["format"] <= FORMAT and isinstance(document["facts"], dict) and bool(document["runs"])
    except (OSError, ValueError, KeyError, TypeError):
        known = False
    if not known:
        raise UsageError(f"{path}: tells of no run that this version knows; remove it, or name another FILE")
    return document


def facts_of(meta: Mapping[str, Any]) -> dict[str, Any]:
    """What makes the scores of a run: the `meta` of its session without the machine."""
    facts = {name: value for name, value in meta.items() if name not in MACHINE}
    return json.loads(json.dumps(strict({**facts, "iqa": generation(meta["iqa"])})))


def generation(version: str) -> str:
    """The part of a version in which all releases give the same scores: up to the first number that is not 0.

    >>> generation("0.4.2"), generation("3.1.0")
    ('0.4', '3')
    """
    numbers = version.split(".")
    first = next((place for place, number in enumerate(numbers) if number != "0"), len(numbers) - 1)
    return ".".join(numbers[: first + 1])


def check_facts(rows: Path, earlier: Mapping[str, Any], meta: Mapping[str, Any]) -> None:
    """Raises UsageError, which names every difference, where earlier rows were made otherwise than those to come."""
    told = list(_differences(earlier["facts"], facts_of(meta)))
    if told:
        raise UsageError(
            f"{rows}: its rows were made otherwise: {'; '.join(told)}. Give the same options, name another FILE, or "
            "score all anew by --overwrite"
        )


class RunFile:
    """The file beside one file of rows, written when a run begins and when it ends; whole at any time."""

    def __init__(self, rows: Path, meta: Mapping[str, Any], earlier: Mapping[str, Any] | None):
        self._path = run_file(rows)
        self._run: dict[str, Any] = {"started": _now(), "ended": None}
        self._document: dict[str, Any] = {
            "format": FORMAT,
            "rows": rows.name,
            "facts": facts_of(meta),
            "runs": [*(earlier or {}).get("runs", ()), self._run],
            "summary": None,
        }
        self._run |= {"iqa": meta["iqa"], **{name: meta[name] for name in MACHINE if name in meta}}
        self._write()

    def end(self, tally: Tally) -> None:
        """The run has ended, early or not."""
        self._run |= {
            "ended": _now(),
            "complete": tally.complete,
            "rows": tally.rows - tally.kept,
            "seconds": round(tally.seconds, 3),
        }
        self._document["summary"] = tally.to_document()
        self._write()

    def _write(self) -> None:
        write_whole(self._path, json.dumps(strict(self._document), ensure_ascii=False, indent=2) + "\n")


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    models = "models"
    told = list(_changed({**old, models: None}, {**new, models: None}))
    yield from told
    for name, facts in new[models].items():  # each repeats what of the run makes its scores: told once, for all
        changed = _changed(old.get(models, {}).get(name, {}), facts)
        yield from (f"{name} {change}" for change in changed if change not in told)


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name in dict.fromkeys((*old, *new)):
        before, now = (told.get(name, UNTOLD.get(name)) for told in (old, new))
        if before == now or name in DESCRIBES:
            continue
        if name == "sha256":
            name, before, now = "weights", _weights(old), _weights(new)
        yield f"{name.replace('_', ' ')} {_shown(before)}, now {_shown(now)}"


def _weights(facts: Mapping[str, Any]) -> str:
    return f"{facts.get('weights', 'unknown')} (sha256 {str(facts.get('sha256'))[:SHOWN]})"


def _shown(value: Any) -> str:
    if value is None:
        return "not given"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

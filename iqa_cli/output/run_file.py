"""What a run was, in a file beside its rows: `scores.csv.run.json`, for `--resume` and for scripts.

    {"format": 1, "rows": "scores.csv", "facts": {...}, "runs": [{...}], "summary": {...}}

`facts` make the scores and hold for all rows: options and, by model, weights, crops, precision, rules. `runs` has when
each run over this file began and ended, what it wrote, and on what machine; `summary` is the tally of all rows,
null while a run goes on and after a kill. See docs/scoring.md.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from iqa_cli.errors import UsageError
from iqa_cli.ground.atomic import forget_partial, write_whole
from iqa_cli.ground.filenames import escaped
from iqa_cli.ground.json_text import json_value
from iqa_cli.output.rows import strict
from iqa_cli.output.run_facts import MACHINE, are_facts, facts_of
from iqa_cli.output.tally import Tally

FORMAT = 1
SUFFIX = ".run.json"


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
        document = json_value(path.read_text(encoding="utf-8", errors="surrogateescape"))  # as it was written once
        known = document["format"] <= FORMAT and are_facts(document["facts"]) and isinstance(document["runs"], list)
    except (OSError, ValueError, KeyError, TypeError):
        known = False
    if not known:
        raise UsageError(f"{path}: tells of no run that this version knows; remove it, or name another FILE")
    return document


class RunFile:
    """The file beside one file of rows, written when a run begins and when it ends; whole at any time."""

    def __init__(self, rows: Path, meta: Mapping[str, Any], earlier: Mapping[str, Any] | None):
        self._path = run_file(rows)
        forget_partial(self._path)
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
        """The run has ended, early or not. A folder that is gone, with the rows, is not made again."""
        if not self._path.parent.is_dir():
            return
        self._run |= {
            "ended": _now(),
            "complete": tally.complete,
            "rows": tally.rows - tally.kept,
            "seconds": round(tally.seconds, 3),
        }
        self._document["summary"] = tally.to_document()
        self._write()

    def _write(self) -> None:
        write_whole(self._path, escaped(json.dumps(strict(self._document), ensure_ascii=False, indent=2)) + "\n")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

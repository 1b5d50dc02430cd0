"""The catalogue: every set of trained weights this package knows of, as `weights.toml` lists them."""

import tomllib
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from iqa_cli.errors import UsageError, WeightsError
from iqa_cli.ground.wording import said
from iqa_cli.meaning import Percentiles
from iqa_cli.records import ScoreRange


@dataclass(frozen=True)
class Result:
    """A measured figure, and the command that measures it again."""

    figure: str
    command: str


@dataclass(frozen=True)
class Weight:
    """One entry of the catalogue.

    Attributes:
        name: what the user types.
        model: the model it belongs to, a name of the registry.
        sha256: hash of the file, 64 hexadecimal digits.
        size: length of the file in bytes.
        licence: terms under which the weights may be used.
        training_data: what they were trained on.
        file: name of the file inside the package; None when it is downloaded.
        urls: where it is downloaded from, tried in turn.
        range: where scores lie and which end is the good one; `low`, `high` and `higher_is_better` in the file.
        identity: score of an image against itself, on average over photographs; None without a reference.
        results: what was measured with these weights.
        default: whether the model takes these when none are named.
        percentiles: what the model says of the photographs it was trained on; None where it is not told.
        explains: of a head by which `--explain` tells flaws, the `sha256` of the weights whose features it reads.
    """

    name: str
    model: str
    sha256: str
    size: int
    licence: str
    training_data: str
    file: str | None = None
    urls: tuple[str, ...] = ()
    range: ScoreRange = field(default_factory=ScoreRange)
    identity: float | None = None
    results: tuple[Result, ...] = ()
    default: bool = False
    percentiles: Percentiles | None = None
    explains: str | None = None


def catalogue_path(package: Path = Path(__file__).parent) -> Path:
    """`weights.toml`: inside `package` where a wheel has put it, else at the top of the checkout."""
    installed = package / "weights.toml"
    return installed if installed.is_file() else package.parents[1] / "weights.toml"


def catalogue() -> tuple[Weight, ...]:
    """All entries, in the order of the file."""
    path = catalogue_path()
    try:
        return tuple(_weight(entry) for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("weight", []))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise WeightsError(f"{path} is no list of weights ({said(error)}): install the package again") from error


def _weight(entry: dict[str, Any]) -> Weight:
    if odd := [name for name in ("name", "model", "sha256", "licence") if not isinstance(entry.get(name), str)]:
        raise TypeError(f"an entry has no text as its {odd[0]}")
    urls = tuple(entry.pop("urls", ()))
    results = tuple(Result(**result) for result in entry.pop("results", ()))
    range = ScoreRange(**{name: entry.pop(name) for name in ("low", "high", "higher_is_better") if name in entry})
    if told := entry.pop("percentiles", None):
        entry["percentiles"] = Percentiles(told["photographs"], tuple(map(float, told["scores"])))
    return Weight(**entry, urls=urls, results=results, range=range)


def default_weight(model: str) -> Weight | None:
    """The weights `model` takes when the user names none; None when there are none."""
    return next((weight for weight in catalogue() if weight.model == model and weight.default), None)


def find_weight(name: str) -> Weight:
    """The entry of that name.

    Raises:
        UsageError: there is none; the message proposes the closest name.
    """
    known = {weight.name: weight for weight in catalogue()}
    if name in known:
        return known[name]
    close = get_close_matches(name, known, n=1, cutoff=0.4)
    hint = f"did you mean {close[0]!r}?" if close else "see 'iqa weights list'"
    raise UsageError(f"no weights {name!r}: {hint}")

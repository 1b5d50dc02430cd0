"""Which distortions and levels were asked for, as typed on the command line."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from iqa_cli.distortions import DISTORTIONS
from iqa_cli.distortions.scale import LEVELS
from iqa_cli.errors import UsageError


def types_chosen(texts: Sequence[str] | None) -> tuple[int, ...]:
    """KADID-10k's numbers for `1,jpeg`, `"white noise"`, ...: each once, in order; all 25 where none is given.

    Raises:
        UsageError: there is no such number or name; the message proposes the closest name.
    """
    if not texts:
        return tuple(DISTORTIONS)
    return tuple(sorted({_type(text) for text in _pieces("--types", texts)}))


def levels_chosen(texts: Sequence[str] | None) -> tuple[float, ...]:
    """The levels in `1,2.5`, ...: each once, in order; 1, 2, 3, 4 and 5 where none is given.

    Raises:
        UsageError: one is no number from 1 to 5.
    """
    if not texts:
        return tuple(map(float, LEVELS))
    return tuple(sorted({_level(text) for text in _pieces("--levels", texts)}))


def _pieces(option: str, texts: Iterable[str]) -> list[str]:
    pieces = [piece.strip() for text in texts for piece in text.split(",")]
    if "" in pieces:
        raise UsageError(f"{option} {' '.join(texts)}: nothing between two commas; write for example 1,2,5")
    return pieces


def _type(text: str) -> int:
    if text.isdecimal() and int(text) in DISTORTIONS:
        return int(text)
    by_name = {_plain(distortion.name): distortion for distortion in DISTORTIONS.values()}
    if _plain(text) in by_name:
        return by_name[_plain(text)].type
    close = get_close_matches(_plain(text), by_name, n=1)
    hint = f"did you mean {by_name[close[0]].name!r}?" if close else "'iqa distort --list' shows all 25"
    raise UsageError(f"--types {text}: no such distortion: {hint}")


def _plain(name: str) -> str:
    """A name without case, spaces, hyphens and the spelling of colour."""
    return "".join(filter(str.isalnum, name.casefold())).replace("color", "colour")


def _level(text: str) -> float:
    try:
        level = float(text)
    except ValueError:
        level = 0.0
    if not LEVELS[0] <= level <= LEVELS[-1]:  # nan, too, is not
        raise UsageError(f"--levels {text}: a level is a number from 1 to 5, for example 2.5")
    return level

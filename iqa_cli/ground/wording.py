"""Lists and counts as they are worded in messages."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

_SHARE = re.compile(r"(?:; )?mask: ([\d.]+) % of the image counts")


NOT_THERE = "no such file or folder"
CHECK_SPELLING = "check the spelling"


def refusal(error: OSError) -> str:
    """Why the system does not open a file, in the words that a path on the command line gets where nothing is there."""
    if isinstance(error, FileNotFoundError):  # of which a kind of its own says more: no such bucket
        what = NOT_THERE if type(error) is FileNotFoundError else error.strerror or NOT_THERE
        return f"{what}; {CHECK_SPELLING}"
    return error.strerror or str(error)


def said(by: object) -> str:
    """What an error of a library says, which may run over several lines and hold bytes of a damaged file, as one."""
    text = by.decode(errors="replace") if isinstance(by, bytes) else str(by)
    return " ".join(text.split())


def shortened(text: str, limit: int = 40) -> str:
    """At most `limit` characters of what a file says of itself, which may be as long as its writer liked."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def first_few(items: Sequence[object], separator: str = ", ", limit: int = 5) -> str:
    """The first `limit` items joined, and how many more there are: `a, b and 3 more`."""
    shown = separator.join(str(item) for item in items[:limit])
    hidden = len(items) - limit
    return f"{shown} and {hidden} more" if hidden > 0 else shown


def counted(number: int, noun: str) -> str:
    """A number with its noun: `1 image`, `2 images`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def alternatives(words: Sequence[str]) -> str:
    """Words to choose from: `csv`, `csv or json`, `csv, json or jsonl`."""
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def together(words: Sequence[str]) -> str:
    """Words that belong together: `csv`, `csv and json`, `csv, json and jsonl`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def masked(share: float) -> str:
    """The note of an image of which a mask counts that share, in [0, 1]."""
    return f"mask: {100 * share:.1f} % of the image counts"


def told_once(notes: Iterable[str]) -> Iterator[str]:
    """The notes of many rows, joined by `; ` in each, with the number of rows: `3 × first frame of 2`.

    Shares of masks are each image's own, and so told once for all: `9 × mask: 4.5 % to 12 % of the image counts`.
    """
    notes = list(notes)
    for note, count in Counter(_SHARE.sub("", note).removeprefix("; ") for note in notes).items():
        if note:
            yield f"{count} × {note}"
    if shares := [float(share) for note in notes for share in _SHARE.findall(note)]:
        low, high = min(shares), max(shares)
        yield f"{len(shares)} × mask: {f'{low:g} %' if low == high else f'{low:g} % to {high:g} %'} of the image counts"

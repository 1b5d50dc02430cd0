"""Lists and counts as they are worded in messages."""

from collections.abc import Sequence


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

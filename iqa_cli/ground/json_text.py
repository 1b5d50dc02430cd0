"""JSON from files that others may have written or damaged: one kind of error for all that can be wrong with it."""

import json
from collections.abc import Iterable
from typing import Any

NESTED = "nested too deeply"


def json_value(text: str | bytes) -> Any:
    """The value of JSON text. Raises ValueError for what is none, bytes that are no text, and what nests too deeply."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError(NESTED) from None


def halved(texts: Iterable[str]) -> str | None:
    """The first that has half of a character, as JSON can name it (`\\ud800`) and no file can hold it; else None."""
    for text in texts:
        try:
            text.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            return text
    return None

"""JSON from files that others may have written or damaged: one kind of error for all that can be wrong with it."""

import json
from typing import Any

NESTED = "nested too deeply"


def json_value(text: str | bytes) -> Any:
    """The value of JSON text. Raises ValueError for what is none, bytes that are no text, and what nests too deeply."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError(NESTED) from None

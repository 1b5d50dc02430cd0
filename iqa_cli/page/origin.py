"""Where the scores of a page come from: versions, weights by their hash, crops, precision."""

from collections.abc import Mapping
from typing import Any

from iqa_cli.comparison.method_grids import rules_text
from iqa_cli.tables.grid import MISSING, Cell, Column, Grid


def origin_grid(meta: Mapping[str, Any]) -> Grid:
    """One row a model, from what a session tells of itself: whoever has the page can make its scores again.

    Scores that are there already tell of no device, and some of nothing: what is not told is not made up.
    """
    models = meta["models"]
    device = f" on {meta['device']}" if "device" in meta else ""
    columns = {
        "Model": list(models),
        "Looks at": [_looked_at(facts) for facts in models.values()],
        "Computed in": [facts.get("precision", MISSING) for facts in models.values()],
        "Weights": [facts.get("weights", MISSING) for facts in models.values()],
        "SHA-256": [facts.get("sha256", MISSING) for facts in models.values()],
    }
    return Grid.of(
        "How it was scored",
        f"iqa {meta.get('iqa', '')}{device}.",
        [(Column(name, numeric=False), [Cell(text) for text in texts]) for name, texts in columns.items()],
    )


def _looked_at(facts: Mapping[str, Any]) -> str:
    if "crop" in facts:
        return f"crops of {facts['crop']} px, {facts['crops']}"
    if "luma" in facts:
        return f"the whole image, {rules_text(facts)}"
    return "the whole image" if "kind" in facts else "not told"

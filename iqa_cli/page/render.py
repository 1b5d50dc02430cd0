"""The page of a comparison as text: its tables, the sentences of its answer, and the data of its pictures."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from iqa_cli.page.shell import fill
from iqa_cli.tables.grid import Grid

SCRIPTS = (
    "base.js",
    "state.js",
    "controls.js",
    "table.js",
    "zoom.js",
    "zoom_controls.js",
    "maps.js",
    "canvas.js",
    "stages.js",
    "wipe.js",
    "layout.js",
    "dialog.js",
    "viewer.js",
    "main.js",
)  # one module, in order
STYLES = ("page.css",)


@dataclass(frozen=True)
class Page:
    """What a page shows: tables, notes and the sentences of the answer as they are, and `data`, pictures and scores.

    `data` is strict JSON: "methods", "models", "maps", "images" with one candidate a method, and "single", whether
    there is but one image, shown at once. state.js reads it.
    """

    title: str
    caption: str
    grids: tuple[Grid, ...]
    notes: tuple[str, ...]
    data: Mapping[str, Any]
    version: str
    answer: tuple[str, ...] = ()


def render(page: Page) -> str:
    """The whole HTML file as text that UTF-8 can hold. Raises ValueError where `data` has a NaN or an infinity."""
    return fill("page.html.j2", SCRIPTS, STYLES, page.data, page=page, title=page.title, version=page.version)

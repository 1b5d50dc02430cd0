"""From tables and pictures to the text of one HTML file that needs nothing else.

Names come from people's files: the template escapes them, the data is JSON that cannot end its script element, and
the policy in the page's head lets only our own script and style run, should either ever fail.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from iqa_cli.tables.grid import Grid

THEME_SCRIPT = "theme.js"  # in the head, so that a page in the dark never flashes white
SCRIPTS = (
    "state.js",
    "controls.js",
    "table.js",
    "zoom.js",
    "maps.js",
    "stages.js",
    "wipe.js",
    "layout.js",
    "viewer.js",
    "main.js",
)  # one module, in order


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
    theme, script, style = _read(THEME_SCRIPT), "".join(map(_read, SCRIPTS)), _read("page.css")
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src {_hash(theme)} {_hash(script)}",
            f"style-src {_hash(style)}",
            "img-src data: 'self' file:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    text = _template().render(
        page=page,
        data=dict(page.data),
        policy=policy,
        theme=Markup(theme),
        script=Markup(script),
        style=Markup(style),
    )
    # A file name that is not UTF-8 holds half characters, which would make the file impossible to write.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.policies["json.dumps_kwargs"] = {"allow_nan": False, "separators": (",", ":")}
    return environment.from_string(_read("page.html.j2"))


@cache
def _read(name: str) -> str:
    return files("iqa_cli.page").joinpath("assets", name).read_text(encoding="utf-8")


def _hash(source: str) -> str:
    """The source expression by which a content security policy allows just this inline text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"
